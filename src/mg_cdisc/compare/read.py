"""The datasets of one side of a comparison: a folder or a file, in any of the formats we read.

Only descriptions are read at first; the records of a dataset when it is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyreadstat

from mg_cdisc.define.read import attribute, children, read_define
from mg_cdisc.errors import Finding, Location, TransportError, UseError
from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import (
    Encoding,
    XptVariable,
    describe_json,
    describe_xpt,
    is_json,
    read_json,
    read_xpt,
    special_missing,
)
from mg_cdisc.transport.missing import LETTERS

MANIFEST = "manifest.json"
FORMATS = ("xpt", "json", "ndjson", "sas7bdat", "csv")
"""Endings of files with datasets; of several files of one dataset the first of these is read."""
NUMBER_BYTES = 8


@dataclass(frozen=True)
class Member:
    """A dataset that is there. ``described`` is false of CSV, which says nothing but names."""

    name: str
    label: str
    variables: tuple[XptVariable, ...]
    path: Path
    format: str
    described: bool = True

    def read(self, encoding: Encoding) -> Frame:
        """Its records, variables by their names in capitals.

        Raises UseError where they cannot be read.
        """
        try:
            match self.format:
                case "xpt":
                    frame = read_xpt(self.path, encoding=encoding, member=self.name).frame
                case "json" | "ndjson":
                    frame = read_json(self.path, encoding=encoding).frame
                case "sas7bdat":
                    frame = _read_sas(self.path)
                case _:
                    frame = _read_csv(self.path)
        except TransportError as error:
            raise UseError(error.findings) from error
        return frame.rename({name: name.upper() for name in frame.columns})


@dataclass(frozen=True)
class Side:
    """One side: its datasets by name, the keys that its define.xml names, and its build.

    ``build`` is the folder with the build's ``manifest.json``, None where it is no build of ours.
    """

    shown: str
    members: Mapping[str, Member]
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    build: Path | None = None
    notes: tuple[str, ...] = ()


def read_side(path: Path, encoding: Encoding = "ascii") -> Side:
    """Look at a folder and all below it, or at a single file.

    Raises UseError where there is no dataset, where a file cannot be read, and where two files of
    one format hold the same dataset.
    """
    single = path.is_file()
    found: dict[str, Member] = {}
    wrong: list[Finding] = []
    for file, ending in [(path, _ending(path))] if single else _listed(path):
        try:
            for member in _describe(file, ending, encoding):
                there = found.get(member.name)
                if there is None:
                    found[member.name] = member
                elif there.format == member.format:
                    what = f"{member.name} stands in {_within(there.path, path)} too"
                    wrong.append(Finding(Location(_within(file, path)), "duplicate-dataset", what,
                                         "Compare folders that have each dataset once.",
                                         dataset=member.name))  # fmt: skip
        except TransportError as error:
            # a folder has other JSON files too
            if single or error.findings[0].kind != "not-dataset-json":
                wrong += error.findings
    if not found and not wrong:
        what = "there is no dataset here" if not single else "this is no file of a dataset"
        wrong.append(Finding(Location(path.as_posix()), "no-datasets", what, "Name a folder or file "
                             "of XPT, Dataset-JSON, SAS7BDAT or CSV."))  # fmt: skip
    if wrong:
        raise UseError(wrong)
    keys: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    for folder in sorted({member.path.parent for member in found.values()}):
        if (folder / "define.xml").is_file():
            keys |= _defined(folder / "define.xml", notes)
    return Side(path.as_posix(), dict(sorted(found.items())), keys, build_of(path), tuple(notes))


def build_of(path: Path) -> Path | None:
    """The build that a folder, or a folder or file inside, belongs to."""
    for folder in (path, *path.resolve().parents):
        if (folder / MANIFEST).is_file():
            return folder
    return None


def _within(file: Path, folder: Path) -> str:
    return file.as_posix() if folder not in file.parents else file.relative_to(folder).as_posix()


def _ending(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def _listed(folder: Path) -> list[tuple[Path, str]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    ended = [(path, _ending(path)) for path in files]
    return sorted(
        (each for each in ended if each[1] in FORMATS), key=lambda each: FORMATS.index(each[1])
    )


def _describe(path: Path, ending: str, encoding: Encoding) -> Iterator[Member]:
    if is_json(path):
        name, label, columns = describe_json(path)
        told = tuple(
            XptVariable(each.name.upper(), each.label, each.is_text, each.length or 0, each.format)
            for each in columns
        )
        yield Member(name.upper(), label, told, path, ending)
    elif ending == "xpt":
        for each in describe_xpt(path, encoding=encoding)[0]:
            yield Member(each.name.upper(), each.label, _upper(each.variables), path, ending)
    elif ending == "sas7bdat":
        meta = _sas(path, metadataonly=True)[1]
        name = (meta.table_name or path.stem).upper()
        yield Member(name, meta.file_label or "", _sas_variables(meta), path, ending)
    elif ending == "csv":
        names = _csv(path).column_names
        plain = tuple(XptVariable(name.upper(), "", True, 0) for name in names)
        yield Member(path.stem.upper(), "", plain, path, ending, described=False)


def _upper(variables: tuple[XptVariable, ...]) -> tuple[XptVariable, ...]:
    return tuple(
        XptVariable(each.name.upper(), each.label, each.is_text, each.length, each.format)
        for each in variables
    )


def _refused(path: Path, what: str, todo: str) -> TransportError:
    return TransportError([Finding(Location(path.as_posix()), "unreadable-file", what, todo)])


def _sas(path: Path, *, metadataonly: bool = False) -> Any:
    try:
        return pyreadstat.read_sas7bdat(
            path, metadataonly=metadataonly, user_missing=True, disable_datetime_conversion=True,
            output_format="dict",
        )  # fmt: skip
    except (pyreadstat.ReadstatError, UnicodeDecodeError) as fault:
        raise _refused(path, f"the SAS data set cannot be read: {fault}", "Export it again, or as "
                       "XPT.") from fault  # fmt: skip


def _sas_variables(meta: Any) -> tuple[XptVariable, ...]:
    made = []
    for name, label in zip(meta.column_names, meta.column_labels, strict=True):
        is_text = meta.readstat_variable_types[name] == "string"
        length = int(meta.variable_storage_width[name])
        format_ = meta.original_variable_types.get(name) or ""
        # without a format pyreadstat says BEST or $, as SAS does
        format_ = "" if format_ in ("BEST", "$", "NULL") else format_
        made.append(XptVariable(name.upper(), label or "", is_text, length, format_))
    return tuple(made)


def _read_sas(path: Path) -> Frame:
    columns, meta = _sas(path)
    made: dict[str, Column] = {}
    for name in meta.column_names:
        values = columns[name]
        if meta.readstat_variable_types[name] == "string":
            made[name] = Text.encode(pa.array(values, pa.string()))
        elif str in set(map(type, values)):  # special missings come as letters
            special = {letter: special_missing(letter) for letter in LETTERS}
            made[name] = np.array(
                [special[each] if isinstance(each, str) else each for each in values], np.float64
            )
        else:
            made[name] = np.array(values, np.float64)
    return Frame(made, len(made[meta.column_names[0]]) if made else 0)


def _csv(path: Path) -> pa.Table:
    """Every value as text."""
    try:
        with pacsv.open_csv(path) as stream:
            names = stream.schema.names
        return pacsv.read_csv(
            path,
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as fault:
        what = f"the CSV file cannot be read: {str(fault).splitlines()[0]}"
        raise _refused(path, what, "Write it as UTF-8 with commas and one header line.") from fault


def _read_csv(path: Path) -> Frame:
    table = _csv(path)
    columns = {
        name: Text.encode(column.combine_chunks()).map(lambda values: pa.compute.utf8_rtrim(values, " "))
        for name, column in zip(table.column_names, table.columns, strict=True)
    }  # fmt: skip
    return Frame(dict(columns), table.num_rows)


def _defined(path: Path, notes: list[str]) -> dict[str, tuple[str, ...]]:
    """The keys of each dataset as a define.xml numbers them."""
    define, findings = read_define(path)
    if define is None:
        notes.append(f"{path.as_posix()} is not used for keys: {findings[0].what}")
        return {}
    made: dict[str, tuple[str, ...]] = {}
    for group in define.all("odm:ItemGroupDef"):
        numbered = []
        for item in children(group, "odm:ItemRef"):
            number, found = attribute(item, "KeySequence"), attribute(item, "ItemOID")
            held = define.find("odm:ItemDef", found)
            if number.isdecimal() and held is not None:
                numbered.append((int(number), attribute(held, "Name").upper()))
        if numbered:
            made[attribute(group, "Name").upper()] = tuple(name for _, name in sorted(numbered))
    return made
