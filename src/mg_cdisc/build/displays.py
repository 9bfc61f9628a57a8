"""From endpoints.yaml to the Analysis Results Metadata of a package: its displays and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from mg_cdisc.dataset import (
    AnalysisDataset,
    AnalysisResult,
    Comparator,
    Document,
    Package,
    RangeCheck,
    ResultDisplay,
)
from mg_cdisc.errors import Finding
from mg_cdisc.expression import Env, Node, Type
from mg_cdisc.expression.nodes import Path
from mg_cdisc.spec import Plan
from mg_cdisc.spec.analyses import SUBJECT, bind_filter
from mg_cdisc.spec.endpoints import Analysis, Endpoint, Endpoints, Population
from mg_cdisc.spec.tree import Branch, Tree, locate, render

PARAMETER = "PARAMCD"
PURPOSES = {
    each: f"{each.upper()} OUTCOME MEASURE" for each in ("primary", "secondary", "exploratory")
}
REASONS = {
    "protocol": "SPECIFIED IN PROTOCOL",
    "SAP": "SPECIFIED IN SAP",
    "data": "DATA DRIVEN",
    "agency": "REQUESTED BY REGULATORY AGENCY",
}
"""The terms of Analysis Results Metadata 1.0 for why an analysis is done."""


def displays_of(
    plan: Plan, datasets: Mapping[str, Mapping[str, Type]]
) -> tuple[ResultDisplay, ...]:
    """One display for each endpoint, with those of its results whose datasets are in the package.

    ``datasets`` are the package's datasets with the types of their variables.
    """
    endpoints = plan.files.endpoints
    if endpoints is None:
        return ()
    making = _Making(endpoints, plan.files.endpoints_tree, datasets)
    return tuple(
        each
        for key, endpoint in endpoints.endpoints.items()
        if (each := making.display(key, endpoint)).results
    )


def empty_filters(plan: Plan, package: Package) -> Iterator[Finding]:
    """Warnings about filters of endpoints and populations that no record of a dataset meets."""
    endpoints = plan.files.endpoints
    if endpoints is None:
        return
    filters: list[tuple[Path, str, Node]] = [
        (("populations", name), population.dataset, population.where)
        for name, population in endpoints.populations.items()
    ]
    filters += [
        (("endpoints", key, "results", name), analysis.dataset, analysis.where)
        for key, endpoint in endpoints.endpoints.items()
        for name, analysis in endpoint.results.items()
    ]
    frames = {dataset.name: dataset.frame for dataset in package.datasets}
    for path, dataset, where in filters:
        if dataset not in frames:
            continue
        frame = frames[dataset]
        typed, _ = bind_filter(where, dataset, plan.datasets[dataset].types)
        if not typed.truth(Env(frame.columns, frame.rows)).true.any():
            at, shown = locate(plan.files.endpoints_tree, (*path, "where"))
            what = f"{shown}: no record of {dataset} meets the filter"
            todo = "Check its values; mg-cdisc endpoints cannot compute what it is of."
            yield Finding(at, "endpoint-empty", what, todo, level="warning", dataset=dataset)


class _Making:
    def __init__(
        self, endpoints: Endpoints, tree: Tree, datasets: Mapping[str, Mapping[str, Type]]
    ) -> None:
        self.endpoints, self.tree, self.datasets = endpoints, tree, datasets

    def display(self, key: str, endpoint: Endpoint) -> ResultDisplay:
        said = endpoint.document
        document = (
            Document(said.file, said.title, PurePosixPath(said.file).name)
            if said is not None
            else None
        )
        window = f" ({endpoint.window})" if endpoint.window else ""
        return ResultDisplay(
            key,
            endpoint.display or key,
            f"{endpoint.title}{window}",
            tuple(self.results(key, endpoint)),
            document,
            said.pages if said is not None else (),
        )

    def results(self, key: str, endpoint: Endpoint) -> Iterator[AnalysisResult]:
        for name, analysis in endpoint.results.items():
            population = self.endpoints.populations[analysis.population]
            if analysis.dataset not in self.datasets or population.dataset not in self.datasets:
                continue  # not built, in a build of some datasets
            own = self.dataset(analysis.dataset, analysis.where, _analysed(analysis))
            joined = ""
            members = [own]
            if population.dataset == analysis.dataset:
                also = self.checks(population.dataset, population.where)
                checks = tuple(dict.fromkeys((*own.checks, *also)))
                members = [AnalysisDataset(own.dataset, checks, own.variables)]
            else:
                groups = () if self.endpoints.groups is None else (self.endpoints.groups,)
                members.append(self.dataset(population.dataset, population.where, groups))
                joined = f"{analysis.dataset} is joined with {population.dataset} by {SUBJECT}."
            yield AnalysisResult(
                name,
                analysis.title,
                REASONS[endpoint.reason],
                PURPOSES[endpoint.purpose],
                tuple(members),
                PARAMETER if any(each.variable == PARAMETER for each in own.checks) else "",
                self.documentation(analysis, population),
                joined,
                _code(self.tree, key, name),
            )

    def dataset(self, name: str, where: Node, variables: tuple[str, ...]) -> AnalysisDataset:
        return AnalysisDataset(name, self.checks(name, where), variables)

    def checks(self, dataset: str, where: Node) -> tuple[RangeCheck, ...]:
        found = bind_filter(where, dataset, self.datasets[dataset])[1]
        return tuple(
            RangeCheck(variable, _comparator(comparator), values)
            for variable, comparator, values in found
        )

    def documentation(self, analysis: Analysis, population: Population) -> str:
        """What is computed, in a sentence, then what the study adds."""
        level = f"{self.endpoints.confidence}%"
        by = [*analysis.by, *(analysis.count.across if analysis.count is not None else ())]
        if self.endpoints.groups is not None:
            by.insert(0, self.endpoints.groups)
        lines = f", by {', '.join(by)}" if by else ""
        what = f"{_sentence(analysis, population, level)}{lines}."
        said = (what, analysis.documentation.strip(), self.endpoints.note.strip())
        return " ".join(part if part.endswith(".") else f"{part}." for part in said if part)


def _sentence(analysis: Analysis, population: Population, level: str) -> str:
    exact = f"exact (Clopper-Pearson) {level} confidence limits"
    of = f"subjects ({population.label})"
    if analysis.proportion is not None:
        kind = analysis.proportion
        denominators = {
            "left out": f"{of} with a value of {kind.of}",
            "no": f"all {of}, a missing value counting as no",
        }
        listed = "; and of ".join(denominators[each] for each in kind.missing)
        return (
            f"Proportion of subjects with {kind.of} {' or '.join(kind.yes)}, with {exact}; "
            f"denominator: {listed}"
        )
    if analysis.summary is not None:
        return (
            f"Number, mean with {level} confidence limits (Student's t), standard deviation, median, "
            f"minimum and maximum of {' and '.join(analysis.summary.of)} of {of}"
        )
    if analysis.time_to_event is not None:
        event = analysis.time_to_event
        times = ", ".join(f"{time:g}" for time in event.at)
        at = (
            f", and the proportion with the event at {times} {event.unit}".rstrip() if times else ""
        )
        return (
            f"Kaplan-Meier estimate of {event.time} of {of} (an event where {event.censor} is 0): "
            f"median with {level} confidence limits (Brookmeyer-Crowley, log-log){at}"
        )
    return f"Number and proportion of {of} with a record, with {exact}, and the number of records"


def _analysed(analysis: Analysis) -> tuple[str, ...]:
    """The variables that are analysed: of a count those that it is by, else the subject."""
    names = analysis.values or tuple(analysis.categories) or (SUBJECT,)
    return tuple(dict.fromkeys(names))


def _code(tree: Tree, key: str, name: str) -> str:
    """The definition of a result as endpoints.yaml has it."""
    for part in ("endpoints", key, "results", name):
        tree = tree.items[part] if isinstance(tree, Branch) else tree
    return "\n".join(text for text, _ in render(tree))


def _comparator(text: str) -> Comparator:
    return _COMPARATORS[text]


_COMPARATORS: Mapping[str, Comparator] = {
    "EQ": "EQ", "NE": "NE", "IN": "IN", "NOTIN": "NOTIN", "LT": "LT", "LE": "LE", "GT": "GT",
    "GE": "GE",
}  # fmt: skip
