"""What a package must hold before a define.xml can be made of it.

Everything found is a fault of the spec (a text that XML cannot carry, a where-clause about a
variable that is not there), told together and by dataset and variable, before anything is written.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator

from mg_cdisc.dataset import Dataset, ItemFacts, Package, RangeCheck, Variable
from mg_cdisc.define.displays import check_displays
from mg_cdisc.errors import Finding, Location, nearest, one_of

# XML 1.0 section 2.2: Char excludes most control characters, surrogates and two non-characters
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DEFINE = Location("define.xml")


def check_package(package: Package) -> Iterator[Finding]:
    """Findings that keep a define.xml from being made."""
    yield from _check_standards(package)
    names = [dataset.name for dataset in package.datasets]
    for name, count in Counter(names).items():
        if count > 1:
            yield Finding(
                _DEFINE,
                "duplicate-dataset",
                f"{count} datasets are named {name}",
                "Give each dataset its own name.",
                dataset=name,
            )
    for dataset in package.datasets:
        yield from _check_dataset(package, dataset)
    yield from check_displays(package)


def illegal_characters(text: str) -> list[str]:
    """The characters of a text that XML cannot carry, as code points.

    >>> illegal_characters("a\\x02b")
    ['U+0002']
    """
    return sorted({f"U+{ord(char):04X}" for char in _ILLEGAL.findall(text)})


def check_texts(package: Package) -> Iterator[Finding]:
    """Findings about texts that XML cannot carry, wherever they stand in a package."""
    places: list[tuple[object, str, str]] = [(package, "", "")]
    places += [(tuple(sorted(package.comments.items())), "", "")]
    for dataset in package.datasets:
        places.append((dataset, dataset.name, ""))
        places += [(variable, dataset.name, variable.name) for variable in dataset.variables]
    for part, dataset_name, variable_name in places:
        for text in sorted({text for text in _texts(part) if _ILLEGAL.search(text)}):
            shown = "".join(char if char.isprintable() else "?" for char in text[:60])
            found = one_of(illegal_characters(text))
            yield Finding(
                _DEFINE,
                "illegal-character",
                f"{_place(dataset_name, variable_name)}: '{shown}' holds {found},"
                " which XML cannot carry",
                "Remove the character in the spec, or query the source value.",
                dataset=dataset_name,
                variable=variable_name,
            )


def _texts(part: object) -> Iterator[str]:
    """Every text in a metadata object, whatever its depth."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from _texts(each)
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            if field.name not in ("frame", "datasets", "variables"):
                yield from _texts(getattr(part, field.name))


def _check_standards(package: Package) -> Iterator[Finding]:
    if any(dataset.standard for dataset in package.datasets) and not any(
        standard.type == "IG" for standard in package.standards
    ):
        yield Finding(
            _DEFINE,
            "missing-standard",
            "datasets follow a standard, but the package names no implementation guide",
            "Name the implementation guide and its version in study.yaml.",
        )


def _check_dataset(package: Package, dataset: Dataset) -> Iterator[Finding]:
    for key in dataset.keys:
        if all(variable.name != key for variable in dataset.variables):
            yield _missing_variable(dataset, "keys", key, dataset)
    for variable in dataset.variables:
        yield from _check_facts(package, dataset, variable, variable.facts)
        for level in variable.value_levels:
            yield from _check_facts(package, dataset, variable, level.facts)
            if not level.checks:
                yield Finding(
                    _DEFINE,
                    "empty-where",
                    f"{dataset.name}.{variable.name}: a value level has no condition",
                    "Say for which test, parameter or QNAM it holds.",
                    dataset=dataset.name,
                    variable=variable.name,
                )
            for check in level.checks:
                yield from _check_where(package, dataset, variable, check)


def _check_facts(
    package: Package, dataset: Dataset, variable: Variable, facts: ItemFacts
) -> Iterator[Finding]:
    place = f"{dataset.name}.{variable.name}"
    codelist = facts.codelist
    if codelist is not None and codelist.ct is not None:
        known = [(each.publishing_set, each.version) for each in package.standards]
        if codelist.ct not in known:
            yield Finding(
                _DEFINE,
                "missing-standard",
                f"{place}: codelist {codelist.name} is of terminology {' '.join(codelist.ct)},"
                " which is not among the standards of the package",
                "Add the terminology package to the study's standards.",
                dataset=dataset.name,
                variable=variable.name,
            )
    if any(origin.pages for origin in facts.origins) and package.annotated_crf is None:
        yield Finding(
            _DEFINE,
            "missing-crf",
            f"{place}: the origin names pages of an annotated CRF, and the package has none",
            "Name the file with annotated_crf: in study.yaml, or take pages: out of the specs.",
            dataset=dataset.name,
            variable=variable.name,
        )


def _check_where(
    package: Package, dataset: Dataset, variable: Variable, check: RangeCheck
) -> Iterator[Finding]:
    name, _, other = check.variable.rpartition(".")
    target = next((each for each in package.datasets if each.name == name), None)
    target = target if name else dataset
    if target is None or all(each.name != other for each in target.variables):
        yield _missing_variable(dataset, variable.name, check.variable, target or dataset)
    if not check.values or (check.comparator not in ("IN", "NOTIN") and len(check.values) > 1):
        yield Finding(
            _DEFINE,
            "where-values",
            f"{dataset.name}.{variable.name}: {check.variable} {check.comparator} has"
            f" {len(check.values)} values",
            "Give one value, or one or more with IN and NOTIN.",
            dataset=dataset.name,
            variable=variable.name,
        )


def _missing_variable(dataset: Dataset, user: str, name: str, target: Dataset) -> Finding:
    return Finding(
        _DEFINE,
        "unknown-variable",
        f"{_place(dataset.name, user)}: {name} is not a variable of {target.name}",
        nearest(name, [variable.name for variable in target.variables])
        or "Name a variable of the dataset.",
        dataset=dataset.name,
        variable=user if user != "keys" else name,
    )


def _place(dataset: str, variable: str) -> str:
    return ".".join(part for part in (dataset, variable) if part) or "study"
