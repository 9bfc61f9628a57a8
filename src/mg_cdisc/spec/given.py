"""What is known of the variables of tabulation datasets that exist already.

Name, label and type are those of the file; the standard adds what a file cannot say: which text is an
ISO 8601 date, and codelists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, Protocol

from mg_cdisc.expression import Type
from mg_cdisc.sources.tabulation import GivenDataset, Kind
from mg_cdisc.spec.load import StudyFiles
from mg_cdisc.standards import Standard, VariableFact

_TYPES: Final[Mapping[Kind, Type]] = {
    "text": Type.TEXT,
    "number": Type.NUMBER,
    "date": Type.DATE,
    "datetime": Type.DATETIME,
    "time": Type.TIME,
}


class Known(Protocol):
    """Where the standards and the files of a study are found (see ``StudyCatalog``)."""

    files: StudyFiles
    sdtm: Standard
    adam: Standard


def given_types(known: Known, dataset: str) -> dict[str, Type]:
    """The type of every variable of a given dataset."""
    found: dict[str, Type] = {}
    for name, variable in known.files.given[dataset].variables.items():
        fact = given_fact(known, dataset, name) if variable.kind == "text" else None
        dated = fact is not None and _is_iso8601(fact)
        found[name] = Type.PARTIAL if dated else _TYPES[variable.kind]
    return found


def given_fact(known: Known, dataset: str, variable: str) -> VariableFact | None:
    """A variable as the file has it, with what the standard says beside; None if it has none."""
    given = known.files.given[dataset]
    has = given.variables.get(variable)
    if has is None:
        return None
    kind: Literal["Char", "Num"] = "Char" if has.kind == "text" else "Num"
    fact = _standard_fact(known, given, variable)
    if fact is None or fact.type != kind:
        return VariableFact(dataset, 0, variable, has.label or variable, kind, "Perm",
                            described="ISO 8601 datetime" if _looks_dated(variable) else "")  # fmt: skip
    return replace(fact, label=has.label or fact.label)


def _standard_fact(known: Known, given: GivenDataset, variable: str) -> VariableFact | None:
    """What the standard says of a variable of this name; of a split domain what it says of that."""
    own = known.sdtm.dataset(given.name)
    domain = given.name if own is not None else given.name[:2]
    dataset = known.sdtm.dataset(given.name, domain)
    if dataset is None:
        structure = "ADSL" if given.name == "ADSL" else "BDS"
        return known.adam.match(structure, variable) if given.name.startswith("AD") else None
    fact = known.sdtm.variable(given.name, variable, domain)
    return fact if fact is not None else known.sdtm.qualifier(dataset.cls, variable)


def _is_iso8601(fact: VariableFact) -> bool:
    return "8601 date" in fact.described.lower()


def _looks_dated(variable: str) -> bool:
    """A variable of a custom domain, or of another version of the standard."""
    return variable.endswith("DTC")


__all__ = ["given_fact", "given_types"]
