"""Tabulation datasets that exist already, made by anybody: what their files hold, and their records.

The descriptions of all files are read before specs are bound, since they say which variables there
are and of which type; records only of those datasets that a spec reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from mg_cdisc.errors import Finding, Location, SourceError, TransportError, nearest
from mg_cdisc.frame import Column, Frame, Origins, Text
from mg_cdisc.sources.files import SourceFile, check_format, find
from mg_cdisc.sources.sas_values import kind_of
from mg_cdisc.sources.table import SourceTable, together
from mg_cdisc.sources.xpt import source_error
from mg_cdisc.transport import Encoding, describe_json, describe_xpt, read_json, read_xpt

Kind = Literal["text", "number", "date", "datetime", "time"]


@dataclass(frozen=True, slots=True)
class GivenVariable:
    """A variable as a file describes it; the format of a number tells dates and times."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True)
class GivenFile:
    """One dataset of one file, described and not yet read.

    ``member`` is its name as the file spells it, ``starts`` where the file's datasets begin.
    """

    file: SourceFile
    name: str
    label: str
    variables: tuple[GivenVariable, ...]
    member: str
    starts: tuple[int, ...]


@dataclass(frozen=True)
class GivenDataset:
    """A dataset that is given: its records are those of its files, in their order.

    Files may differ in their variables (one of a split domain may lack a permissible one): what a
    file lacks is missing in its records.
    """

    name: str
    files: tuple[GivenFile, ...]
    encoding: Encoding

    @property
    def label(self) -> str:
        """The label that the first file gives."""
        return self.files[0].label

    @property
    def variables(self) -> Mapping[str, GivenVariable]:
        """All variables of all files, in order; the first file that has one describes it."""
        found: dict[str, GivenVariable] = {}
        for file in self.files:
            for variable in file.variables:
                found.setdefault(variable.name, variable)
        return found

    @property
    def by_subject(self) -> bool:
        """Whether its records are of subjects: in RELREC a USUBJID may be blank."""
        return "USUBJID" in self.variables and self.name != "RELREC"


@dataclass(frozen=True)
class _Format:
    """How a kind of file is described, and how the wanted variables of one dataset are read."""

    describe: Callable[[SourceFile, Encoding], tuple[GivenFile, ...]]
    read: Callable[[GivenFile, Encoding, Set[str]], tuple[Frame, tuple[Finding, ...]]]


def open_tabulation(
    root: Path,
    folder: str,
    named: Mapping[str, Sequence[str]],
    encoding: Encoding,
    findings: list[Finding],
) -> tuple[dict[str, GivenDataset], Set[str]]:
    """Every dataset of a folder and those named beside, by name, and names that could not be read.

    ``root`` is the study's folder; ``folder`` (blank for none) stands in it. ``named`` are datasets
    with their files, relative to ``folder``: these files are no datasets under their own name.
    What is wrong is added to ``findings``: a folder or file that is missing, is no transport file,
    or is damaged, two files of one dataset, and files of one dataset that do not fit together.
    """
    base = f"{folder}/" if folder else ""
    files = {name: [f"{base}{each}" for each in listed] for name, listed in named.items()}
    taken = {each for listed in files.values() for each in listed}
    made: dict[str, GivenDataset] = {}
    broken: set[str] = set()
    for path in _in_folder(root, folder, findings) if folder else ():
        if path in taken:
            continue
        try:
            described = _describe(path, root, encoding)
        except SourceError as error:
            findings += error.findings
            broken.add(Path(path).stem.upper())
            continue
        for each in described:
            if each.name in made:
                first = made[each.name].files[0].file.name
                what = f"it holds {each.name}, and so does {first}"
                todo = f"Say under tabulation: datasets: which files are {each.name}."
                findings.append(Finding(Location(path), "duplicate-dataset", what, todo))
            else:
                made[each.name] = GivenDataset(each.name, (each,), encoding)
    for name, listed in files.items():
        try:
            made[name] = _together(name, listed, root, encoding)
        except SourceError as error:
            findings += error.findings
            broken.add(name)
            made.pop(name, None)
    return made, broken


def read_given(given: GivenDataset, number: int, columns: Set[str]) -> SourceTable:
    """The records of a given dataset with some of its variables, numbers as numbers.

    ``number`` is its place among the sources of the study. The first record of a file is row 1.
    Raises SourceError for every file that cannot be read.
    """
    parts: list[SourceTable] = []
    faults: list[Finding] = []
    wanted = [each for each in given.variables.values() if each.name in columns]
    for each in given.files:
        try:
            frame, notes = _format_of(each.file).read(each, given.encoding, columns)
        except SourceError as error:
            faults += error.findings
            continue
        rows = np.arange(1, frame.rows + 1, dtype=np.int64)
        kept = {one.name: _column(frame, one) for one in wanted}
        origins = Origins.of_source(number, rows)
        parts.append(
            SourceTable(
                each.file.name,
                Frame(kept, frame.rows, origins),
                tuple(kept),
                {one.name: one.label for one in wanted},
                {},
                rows,
                each.file.sha256(),
                each.file.size,
                notes,
            )
        )
    if faults:
        raise SourceError(faults)
    return together(parts, number) if len(parts) > 1 else parts[0]


def _column(frame: Frame, variable: GivenVariable) -> Column:
    """The variable's values; missing throughout where the file lacks it."""
    if variable.name in frame:
        return frame[variable.name]
    if variable.kind == "text":
        return Text.constant("", frame.rows)
    return np.full(frame.rows, np.nan)


def _in_folder(root: Path, folder: str, findings: list[Finding]) -> list[str]:
    """The files of a folder whose suffix is of a known format, by name."""
    path, at = root / folder, Location(folder)
    if not path.resolve().is_relative_to(root.resolve()):
        what = "this link leads" if path.is_symlink() else "the path leads"
        what += " out of the study's folder"
        todo = "A path in a spec stays inside the study's folder: move or copy the datasets there."
        findings.append(Finding(at, "source-path", what, todo))
        return []
    if not path.is_dir():
        beside = sorted(each.name for each in root.iterdir() if each.is_dir())
        what = "this is a file, not a folder" if path.exists() else "the folder is not there"
        todo = nearest(folder, beside) or "Name the folder that holds the SDTM datasets."
        findings.append(Finding(at, "source-missing", what, todo))
        return []
    known = sorted(each.name for each in path.iterdir() if each.suffix.lower() in FORMATS)
    if not known:
        what = "the folder holds no dataset"
        todo = f"Put the datasets there: {' or '.join(FORMATS)} files."
        findings.append(Finding(at, "source-missing", what, todo))
    return [f"{folder}/{name}" for name in known]


def _format_of(file: SourceFile) -> _Format:
    suffix = file.path.suffix.lower()
    if suffix not in FORMATS:
        what = f"a dataset is not read from a file with the suffix {suffix or '(none)'}"
        raise file.error("source-format", what, f"Give one of: {', '.join(FORMATS)}.")
    return FORMATS[suffix]


def _describe(path: str, root: Path, encoding: Encoding) -> tuple[GivenFile, ...]:
    file = find(path, root)
    return _format_of(file).describe(file, encoding)


def _together(name: str, paths: Sequence[str], root: Path, encoding: Encoding) -> GivenDataset:
    """One dataset of several files; each file holds one, or has one of this name."""
    found: list[GivenFile] = []
    faults: list[Finding] = []
    for path in paths:
        try:
            described = _describe(path, root, encoding)
        except SourceError as error:
            faults += error.findings
            continue
        own = [each for each in described if each.name == name] if len(described) > 1 else described
        if own:
            found += own
            continue
        what = f"it holds {len(described)} datasets, and none is {name}"
        faults.append(Finding(Location(path), "source-member", what, "Check the name."))
    faults += _disagreements(found)
    if faults:
        raise SourceError(faults)
    return GivenDataset(name, tuple(found), encoding)


def _disagreements(files: Sequence[GivenFile]) -> Iterator[Finding]:
    """A variable has one type in all files of a dataset."""
    first: dict[str, tuple[Kind, str]] = {}
    for file in files:
        for variable in file.variables:
            kind, where = first.setdefault(variable.name, (variable.kind, file.file.name))
            if kind != variable.kind:
                what = f"{variable.name} is a {variable.kind} here and a {kind} in {where}"
                todo = "Give each file as a dataset of its own."
                yield Finding(Location(file.file.name), "source-columns", what, todo)


def _describe_transport(file: SourceFile, encoding: Encoding) -> tuple[GivenFile, ...]:
    check_format(file, "xpt")
    try:
        members, starts = describe_xpt(file.path, encoding=encoding)
    except TransportError as fault:
        raise source_error(file, fault) from None
    return tuple(
        GivenFile(
            file,
            each.name.upper(),
            each.label,
            tuple(
                GivenVariable(
                    one.name.upper(), one.label, "text" if one.is_text else kind_of(one.format)
                )
                for one in each.variables
            ),
            each.name,
            starts,
        )
        for each in members
    )


def _read_transport(
    given: GivenFile, encoding: Encoding, columns: Set[str]
) -> tuple[Frame, tuple[Finding, ...]]:
    digest = hashlib.sha256()
    try:
        dataset = read_xpt(
            given.file.path, encoding=encoding, member=given.member, columns=columns,
            starts=given.starts, seen=None if given.file.digested else digest.update,
        )  # fmt: skip
    except TransportError as fault:
        raise source_error(given.file, fault) from None
    if not given.file.digested:
        given.file.told(digest.hexdigest())
    frame = dataset.frame
    read = {key.upper(): column for key, column in frame.columns.items()}
    return Frame(read, frame.rows, frame.origins), ()


def _describe_json(file: SourceFile, encoding: Encoding) -> tuple[GivenFile, ...]:
    """Dataset-JSON: one dataset a file, in UTF-8 whatever is declared."""
    try:
        name, label, columns = describe_json(file.path)
    except TransportError as fault:
        raise source_error(file, fault) from None
    variables = tuple(
        GivenVariable(
            one.name.upper(),
            one.label,
            "text" if one.is_text else one.moment or kind_of(one.format),
        )
        for one in columns
    )
    return (GivenFile(file, name.upper(), label, variables, name, ()),)


def _read_json(
    given: GivenFile, encoding: Encoding, columns: Set[str]
) -> tuple[Frame, tuple[Finding, ...]]:
    try:
        dataset = read_json(given.file.path)
    except TransportError as fault:
        raise source_error(given.file, fault) from None
    frame = dataset.frame
    read = {key.upper(): each for key, each in frame.columns.items() if key.upper() in columns}
    return Frame(read, frame.rows, frame.origins), ()


FORMATS: Final[Mapping[str, _Format]] = {
    ".xpt": _Format(_describe_transport, _read_transport),
    ".json": _Format(_describe_json, _read_json),
    ".ndjson": _Format(_describe_json, _read_json),
}
"""How files are read, by their suffix."""

__all__ = ["FORMATS", "GivenDataset", "GivenFile", "GivenVariable", "open_tabulation", "read_given"]
