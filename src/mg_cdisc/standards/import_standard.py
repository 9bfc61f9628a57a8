"""Imports a CDISC Library CSV export of an implementation guide's variables into a store."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from mg_cdisc.standards.facts import CORES, TYPES, Core, DatasetFact, Kind, Type, VariableFact
from mg_cdisc.standards.form import DatasetBlock, write_form
from mg_cdisc.standards.load import file_name
from mg_cdisc.standards.published import AGAIN, Faults, PublishedRow, check_one_line, read_published
from mg_cdisc.standards.store import held_text, write_once


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the CDISC Library calls a fact in the export of one kind of guide."""

    dataset: str
    group: str
    values: str
    cls: str
    order: str
    # In the file of datasets or structures:
    label: str
    structure: str


_COLUMNS: dict[Kind, _Columns] = {
    "SDTM": _Columns(
        dataset="Dataset Name",
        group="Role",
        values="Value List",
        cls="Class",
        order="Variable Order",
        label="Dataset Label",
        structure="Structure",
    ),
    "ADaM": _Columns(
        dataset="Data Structure Name",
        group="Variable Set",
        values="Value List Value",
        cls="",
        order="",
        label="Data Structure Description",
        structure="CDISC Notes",
    ),
}
_CODES = "CDISC CT Codelist Code(s)"
_DESCRIBED = "Described Value Domain(s)"
_SHARED = ("Version", "Variable Name", "Variable Label", "Type", "Core", _CODES, _DESCRIBED)
_VERSION = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9 -]*?) v(?P<version>[0-9][A-Za-z0-9.-]*)")
_CODE = re.compile("C[0-9]+")
# The ADaM exports call a structure in the variables' file by its description.
_STRUCTURE_NAMES = {
    "Subject-Level Analysis Dataset": "ADSL",
    "Basic Data Structure": "BDS",
    "Occurrence Data Structure": "OCCDS",
}


def import_standard(variables: Path, store: Path, datasets: Path | None = None) -> str:
    """Import an implementation guide into ``store``; gives its name, ``SDTMIG 3.4``.

    ``variables`` is the CDISC Library's CSV export of an SDTMIG's or ADaMIG's variables,
    ``datasets`` the export of its datasets or structures: without it class (SDTM), names and
    variables are known, but labels and structures of the datasets are not. Name and version
    come from the file. A fault in either file is a ``SourceError`` with a finding for each, and
    the store is left as it was.
    """
    name, version, text = convert_standard(variables, datasets)
    what, relative = f"{name} {version}", file_name(name, version)
    known = held_text(store, relative) if datasets is None else None
    # of a version that is known whole, the variables alone say nothing new
    if known is None or _variable_lines(known) != _variable_lines(text):
        write_once(store, relative, text, what)
    return what


def _variable_lines(text: str) -> list[str]:
    """The lines of a standard's text that are about variables, and not about datasets."""
    return sorted(line for line in text.split("\n") if line.startswith("\t"))


def convert_standard(variables: Path, datasets: Path | None = None) -> tuple[str, str, str]:
    """Name, version and the project's own text form of a published guide."""
    faults = Faults(variables)
    rows = read_published(variables, _SHARED, faults, "the variables of a guide")
    kind: Kind = "ADaM" if _COLUMNS["ADaM"].dataset in rows[0].cells else "SDTM"
    columns = _COLUMNS[kind]
    needed = (columns.dataset, columns.group, columns.values, columns.cls, columns.order)
    for column in needed:
        if column and column not in rows[0].cells:
            what = f"the variables of an {kind} guide need the column {column!r}"
            faults.add("missing-column", what, AGAIN, row=1)
    faults.stop()
    name, version = _version(rows, faults)
    blocks = _blocks(rows, kind, columns, faults)
    faults.stop()
    if datasets is not None:
        blocks = _with_datasets(blocks, datasets, kind, columns, (name, version))
    else:
        blocks = [_named(d, v, _STRUCTURE_NAMES.get(d.name, d.name)) for d, v in blocks]
    return name, version, write_form(kind, name, version, blocks)


def _version(rows: list[PublishedRow], faults: Faults) -> tuple[str, str]:
    """Name and version of the guide, which each row of a file repeats."""
    stated = rows[0]["Version"]
    for row in rows:
        if row["Version"] != stated:
            what = f"Version is {row['Version']!r} here and {stated!r} in the first row"
            faults.add("mixed-versions", what, "Import one version at a time.", row=row.row)
    met = _VERSION.fullmatch(stated)
    if met is None:
        what = f"Version is {stated!r}; a name and a version like 'SDTMIG v3.4' were expected"
        faults.fail("unknown-version", what, AGAIN, row=rows[0].row)
    return met["name"], met["version"]


def _blocks(
    rows: list[PublishedRow], kind: Kind, columns: _Columns, faults: Faults
) -> list[DatasetBlock]:
    """Dataset by dataset as the file has them; ADaM's class comes from the other file."""
    found: dict[str, dict[str, VariableFact]] = {}
    classes: dict[str, str] = {}
    for row in rows:
        dataset = row[columns.dataset]
        classes.setdefault(dataset, row[columns.cls] if columns.cls else "")
        variables = found.setdefault(dataset, {})
        fact = _variable(row, dataset, kind, columns, len(variables) + 1, faults)
        if fact.name in variables:
            what = f"{dataset} has the variable {fact.name} twice"
            faults.add("duplicate-variable", what, AGAIN, row=row.row)
        variables[fact.name] = fact
    return [
        (DatasetFact(name, classes[name], name), tuple(variables.values()))
        for name, variables in found.items()
    ]


def _variable(
    row: PublishedRow, dataset: str, kind: Kind, columns: _Columns, order: int, faults: Faults
) -> VariableFact:
    for column in (columns.dataset, "Variable Name", "Variable Label"):
        if not row[column]:
            faults.add("missing-value", f"{column} is blank", AGAIN, row=row.row, column=column)
    for column, allowed in (("Type", TYPES), ("Core", CORES)):
        if row[column] not in allowed:
            what = f"{column} is {row[column]!r}; one of {', '.join(allowed)} was expected"
            faults.add("unknown-value", what, AGAIN, row=row.row, column=column)
    if columns.order and row[columns.order] != str(order):
        what = f"{columns.order} is {row[columns.order]!r}; {order} was expected in {dataset}"
        faults.add("broken-order", what, AGAIN, row=row.row, column=columns.order)
    codes = _parts(row[_CODES])
    for code in codes:
        if not _CODE.fullmatch(code):
            what = f"{code!r} is not a codelist's C-code"
            faults.add("unknown-value", what, AGAIN, row=row.row, column=_CODES)
    kept = ("Variable Name", "Variable Label", columns.group, columns.values, _DESCRIBED)
    check_one_line(row, (columns.dataset, columns.cls, *kept), faults)
    return VariableFact(
        dataset=dataset,
        order=order,
        name=row["Variable Name"],
        label=_plain(row["Variable Label"]),
        type=cast("Type", row["Type"]),
        core=cast("Core", row["Core"]),
        role=row[columns.group] if kind == "SDTM" else "",
        variable_set=row[columns.group] if kind == "ADaM" else "",
        codelists=codes,
        values=_parts(row[columns.values]),
        described=row[_DESCRIBED],
    )


def _with_datasets(
    blocks: list[DatasetBlock],
    file: Path,
    kind: Kind,
    columns: _Columns,
    guide: tuple[str, str],
) -> list[DatasetBlock]:
    """The blocks with their datasets' facts filled in, in the order of the datasets' file."""
    faults = Faults(file)
    required = ("Version", "Class", columns.dataset, columns.label, columns.structure)
    rows = read_published(file, required, faults, "the datasets of a guide")
    stated = _version(rows, faults)
    if stated != guide:
        what = f"the file is about {' '.join(stated)}, the variables about {' '.join(guide)}"
        faults.add("mixed-versions", what, "Import the two files of one version.")
    pending = {_key(d.name): (d.name, variables) for d, variables in blocks}
    result: list[DatasetBlock] = []
    for row in rows:
        check_one_line(row, ("Class", columns.dataset, columns.label, "Subclass"), faults)
        for column in ("Class", columns.dataset, columns.label):
            if not row[column]:
                faults.add("missing-value", f"{column} is blank", AGAIN, row=row.row)
        name, label, subclass = row[columns.dataset], row[columns.label], row["Subclass"]
        _, variables = pending.pop(_key(label if kind == "ADaM" else name), ("", ()))
        if not variables and not subclass:
            what = f"{name} has no variables in the other file"
            faults.add("missing-variables", what, AGAIN, row=row.row)
        structure = row[columns.structure]
        if kind == "ADaM":
            structure = _record_sentence(structure, row["Class"], [d for d, _ in result])
        fact = DatasetFact(name, row["Class"], label, structure, subclass)
        result.append(_named(fact, variables, name))
    for name, _ in pending.values():
        faults.add("missing-dataset", f"{name} has variables but no row here", AGAIN)
    faults.stop()
    return result


def _record_sentence(notes: str, cls: str, others: list[DatasetFact]) -> str:
    """What one record of an ADaM structure is: the first sentence of its notes, if it says so.

    A subclass says what it is for instead, and has the records of its class.
    """
    if notes.startswith("One "):
        return notes.partition(". ")[0].removesuffix(".")
    return next((d.structure for d in others if d.cls == cls), "")


def _key(name: str) -> str:
    """ADaM's two files agree in a structure's description but for its last word."""
    return name.removesuffix(" Structure")


def _named(fact: DatasetFact, variables: tuple[VariableFact, ...], name: str) -> DatasetBlock:
    return replace(fact, name=name), tuple(replace(v, dataset=name) for v in variables)


def _plain(cell: str) -> str:
    r"""A cell without the escapes ``\n`` that some labels of the Library's exports end with."""
    return " ".join(cell.replace("\\n", " ").split())


def _parts(cell: str) -> tuple[str, ...]:
    """The members of a cell that lists several: ``C78734; C111114``."""
    return tuple(part.strip() for part in cell.split(";") if part.strip())
