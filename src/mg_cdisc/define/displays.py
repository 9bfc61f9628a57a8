"""The Analysis Results Metadata of a package as objects of define.xml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mg_cdisc.dataset import AnalysisDataset, AnalysisResult, Dataset, Package, ResultDisplay
from mg_cdisc.define import model
from mg_cdisc.define.names import slug
from mg_cdisc.define.shared import Shared, prose
from mg_cdisc.errors import Finding, Location, nearest, one_of


def displays_of(package: Package, shared: Shared) -> tuple[model.DisplayDef, ...]:
    """The displays in their order; what their results refer to is among ``shared`` then."""
    return tuple(_display(package, shared, display) for display in package.displays)


def _display(package: Package, shared: Shared, display: ResultDisplay) -> model.DisplayDef:
    name = slug(display.key)
    document = display.document
    return model.DisplayDef(
        oid=shared.names.give(f"RD.{name}", display),
        name=display.name,
        description=prose(display.title),
        leaf=shared.document(document) if document is not None else "",
        pages=model.pages_of(display.pages),
        results=tuple(
            _result(package, shared, result, f"AR.{name}.{slug(result.name)}")
            for result in display.results
        ),
    )


def _result(package: Package, shared: Shared, result: AnalysisResult, oid: str) -> model.ResultDef:
    first = result.datasets[0].dataset
    return model.ResultDef(
        oid=shared.names.give(oid, (oid, result)),
        description=prose(result.title),
        parameter=_item(first, result.parameter) if result.parameter else "",
        reason=result.reason,
        purpose=result.purpose,
        comment=shared.comment(result.joined, _join(result)),
        datasets=tuple(_dataset(package, shared, each) for each in result.datasets),
        documentation=prose(result.documentation),
        code=prose(result.code),
        context=result.context if result.code else "",
    )


def _dataset(package: Package, shared: Shared, used: AnalysisDataset) -> model.AnalysisDatasetDef:
    dataset = package.dataset(used.dataset)
    return model.AnalysisDatasetDef(
        item_group=f"IG.{slug(used.dataset)}",
        where=shared.where(dataset, used.checks) if used.checks else "",
        variables=tuple(_item(used.dataset, name) for name in used.variables),
    )


def _join(result: AnalysisResult) -> str:
    """What names the comment on how datasets are joined: the same for all results of the same."""
    return ".".join(["JOIN", *(slug(each.dataset) for each in result.datasets)])


def _item(dataset: str, variable: str) -> str:
    return f"IT.{slug(dataset)}.{slug(variable)}"


def check_displays(package: Package) -> Iterator[Finding]:
    """Displays that speak of datasets or variables that are not in the package, or say too little."""
    datasets = {dataset.name: dataset for dataset in package.datasets}
    for display in package.displays:
        if not display.results:
            yield _finding(display.key, "empty-display", "has no result", "Add one, or remove it.")
        for result in display.results:
            place = f"{display.key}.{result.name}"
            if not result.datasets:
                what = "names no dataset"
                yield _finding(place, "empty-display", what, "Name the dataset that is analysed.")
            for number, used in enumerate(result.datasets):
                dataset = datasets.get(used.dataset)
                if dataset is None:
                    todo = nearest(used.dataset, datasets) or f"Datasets: {one_of(list(datasets))}."
                    what = f"there is no dataset {used.dataset}"
                    yield _finding(place, "unknown-dataset", what, todo)
                    continue
                named = [*used.variables, *(check.variable for check in used.checks)]
                named += [result.parameter] if result.parameter and number == 0 else []
                yield from _check_variables(place, dataset, named)


def _check_variables(place: str, dataset: Dataset, names: Sequence[str]) -> Iterator[Finding]:
    known = [variable.name for variable in dataset.variables]
    for name in dict.fromkeys(names):
        if name not in known:
            todo = nearest(name, known) or "Name a variable of the dataset."
            what = f"{name} is not a variable of {dataset.name}"
            yield _finding(place, "unknown-variable", what, todo)


def _finding(place: str, kind: str, what: str, todo: str) -> Finding:
    return Finding(Location("define.xml"), kind, f"{place}: {what}", todo)
