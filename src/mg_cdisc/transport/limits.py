"""What a version of the transport format cannot hold, found before anything is written.

General writers cut labels, names and text silently, turn infinity into a missing and write what
the format forbids; here each such thing is an error that names its place, and all of them are
reported together. A record has no limit of its own: 9999 variables of 200 bytes are far below
what the format can address.

Rule: SAS TS-140; FDA Study Data Technical Conformance Guide, "File Transport Format".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from mg_cdisc.errors import Finding, nearest, one_of
from mg_cdisc.frame import Numbers, Text
from mg_cdisc.transport import text as stored
from mg_cdisc.transport.header import FIRST_YEAR, LAST_YEAR
from mg_cdisc.transport.ibm import out_of_range
from mg_cdisc.transport.report import Report, shown
from mg_cdisc.transport.text import ENCODINGS, Encoding
from mg_cdisc.transport.xpt import (
    DATASET_LABEL_BYTES,
    FORMAT_NAME_BYTES,
    NUMBER_BYTES,
    ROOM,
    Room,
    Version,
    XptDataset,
    XptFormat,
    XptVariable,
)

_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Encoded:
    """A text column ready to be written: one code per record, and each code's bytes."""

    text: Text
    values: pa.BinaryArray


def check(
    file: str, dataset: XptDataset, moment: datetime, encoding: Encoding, version: Version = 5
) -> tuple[list[Finding], dict[str, Encoded]]:
    """Everything that keeps a dataset from being written, and its text in the encoding.

    ``file`` is named in the findings. The encoded columns are complete only if nothing was found.
    """
    report = Report(file, dataset.name, dataset.frame.columns)
    if encoding not in ENCODINGS:
        report.add(
            "unknown-encoding",
            f"{encoding!r} is not an encoding of transport files",
            nearest(encoding, ENCODINGS) or f"Choose one of {one_of(ENCODINGS)}.",
        )
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        report.add(
            "timestamp",
            f"the year {moment.year} cannot be told from its two digits in the header",
            f"Give a time between {FIRST_YEAR} and {LAST_YEAR}.",
        )
    limits = Limits(report, version, encoding)
    _check_dataset(limits, dataset)
    encoded: dict[str, Encoded] = {}
    for variable in dataset.variables:
        _check_variable(limits, variable)
        if not _check_column(report, variable, dataset):
            continue
        column = dataset.frame[variable.name]
        if not isinstance(column, Text):
            _check_numbers(report, variable.name, column)
        elif encoding in ENCODINGS:
            encoded[variable.name] = _check_text(limits, variable, column)
    return report.findings, encoded


@dataclass(frozen=True)
class Limits:
    """Where findings go, and what they are measured by: a version of the format and an encoding."""

    report: Report
    version: Version
    encoding: Encoding

    @property
    def room(self) -> Room:
        """What the version has room for."""
        return ROOM[self.version]

    def name_fault(self, name: str) -> str:
        """What is wrong with a name, or nothing."""
        if len(name) > self.room.name:
            return f"has {len(name)} characters; version {self.version} holds {self.room.name}"
        return "" if _NAME.fullmatch(name) else f"is not a name of version {self.version}"

    @property
    def name_todo(self) -> str:
        """What a name is to be."""
        return (
            f"Use 1 to {self.room.name} upper-case letters, digits and underscores,"
            " not beginning with a digit."
        )

    def check_label(
        self, label: str, what: str, kind: str, variable: str = "", most: int | None = None
    ) -> None:
        """That a label can be written: its characters, and its bytes in the encoding."""
        most = most or self.room.label
        encoding = self.encoding if self.encoding in ENCODINGS else "ascii"
        odd = next((each for each in label if not _encodes(each, encoding)), "")
        unseen = _UNSEEN.search(label)
        if odd or unseen:
            odd = odd or (unseen[0] if unseen else "")
            lack = "printable ASCII" if encoding == "ascii" else f"printable {encoding}"
            self.report.add(
                kind, f"{what} {shown(label)} holds {odd!r}, which is not {lack}",
                "Write it in ASCII." if encoding == "ascii" else "Write it in other characters.",
                variable,
            )  # fmt: skip
        elif (size := len(label.encode(encoding))) > most:
            self.report.add(
                kind,
                f"{what} {label!r} has {size} bytes; version {self.version} holds {most}",
                "Shorten it; it is never cut.",
                variable,
            )


def _check_dataset(limits: Limits, dataset: XptDataset) -> None:
    report, most = limits.report, limits.room.variables
    if fault := limits.name_fault(dataset.name):
        report.add("dataset-name", f"the dataset's name {dataset.name!r} {fault}", limits.name_todo)
    limits.check_label(
        dataset.label, "the dataset's label", "dataset-label", most=DATASET_LABEL_BYTES
    )
    if not dataset.variables:
        report.add("no-variables", "the dataset has no variables", "Declare at least one.")
    if len(dataset.variables) > most:
        report.add(
            "too-many-variables",
            f"the dataset has {len(dataset.variables)} variables; version {limits.version} counts"
            f" up to {most}",
            "Split the dataset.",
        )
    times = Counter(variable.name for variable in dataset.variables)
    for name, count in times.items():
        if count > 1:
            report.add(
                "duplicate-variable",
                f"{name} is declared {count} times",
                "Give each variable its own name.",
                name,
            )
    for name in dataset.frame.columns:
        if name not in times:
            report.add(
                "undeclared-column",
                f"the column {name} is not declared and would be lost",
                "Declare the variable, or drop the column.",
                name,
            )


def _check_variable(limits: Limits, variable: XptVariable) -> None:
    report, name = limits.report, variable.name
    if fault := limits.name_fault(name):
        what = f"the variable's name {name!r} {fault}"
        report.add("variable-name", what, limits.name_todo, name)
    limits.check_label(variable.label, f"the label of {name}", "variable-label", name)
    if not variable.is_text and variable.length != NUMBER_BYTES:
        report.add(
            "stored-length",
            f"{name} is a number of {variable.length} bytes",
            f"Numbers are stored in {NUMBER_BYTES} bytes, so that no digit is lost.",
            name,
        )
    if variable.is_text and not 1 <= variable.length <= limits.room.text:
        report.add(
            "stored-length",
            f"{name} has a stored length of {variable.length} bytes",
            f"Text of version {limits.version} is 1 to {limits.room.text} bytes long.",
            name,
        )
    _check_format(report, variable, "format", variable.format)
    _check_format(report, variable, "informat", variable.informat)


def _check_format(report: Report, variable: XptVariable, what: str, text: str) -> None:
    name = variable.name
    parsed = XptFormat.parse(text)
    if parsed is None:
        report.add(
            "variable-format",
            f"the {what} {text!r} of {name} is not a SAS format of version 5",
            f"Write it as DATE9., 8.2 or $20., its name at most {FORMAT_NAME_BYTES} characters.",
            name,
        )
    elif parsed != XptFormat() and parsed.name.startswith("$") != variable.is_text:
        kind = "text" if variable.is_text else "a number"
        report.add(
            "variable-format",
            f"the {what} {text!r} does not suit {name}, which is {kind}",
            "Formats of text begin with $, those of numbers do not.",
            name,
        )


def _check_column(report: Report, variable: XptVariable, dataset: XptDataset) -> bool:
    """Whether the variable has a column of its type and as long as the frame."""
    name, rows = variable.name, dataset.frame.rows
    column: object = dataset.frame.columns.get(name)
    is_text = isinstance(column, Text)
    is_number = isinstance(column, np.ndarray) and column.dtype == np.float64 and column.ndim == 1
    if column is None:
        fault = f"{name} is declared but has no column"
    elif not (is_text if variable.is_text else is_number):
        wanted = "text" if variable.is_text else "numbers"
        found = "text" if is_text else "numbers" if is_number else _type_of(column)
        fault = f"{name} is declared as {wanted} but its column holds {found}"
    elif isinstance(column, Text | np.ndarray) and len(column) != rows:
        fault = f"{name} has {len(column)} values for {rows} records"
    else:
        return True
    report.add("column", fault, "Make the column as it is declared.", name)
    return False


def _type_of(column: object) -> str:
    kind = getattr(column, "dtype", None)
    return type(column).__name__ if kind is None else f"{type(column).__name__} of {kind}"


def _check_text(limits: Limits, variable: XptVariable, column: Text) -> Encoded:
    report, encoding, most = limits.report, limits.encoding, limits.room.text
    column = column.compact()  # a value that no record has may be longer than the stored length
    encoded, bad = stored.encode(column.values, encoding)
    sizes = stored.lengths(encoded)
    too_long = ~bad & (sizes > min(variable.length, most))
    name = variable.name

    def lacks(value: str, _: int) -> tuple[str, str, str]:
        if "\0" in value:
            what = f"{name} = {shown(value)} holds a NUL character"
            return "text-encoding", what, "Correct the value: readers end a text there."
        odd = next(character for character in value if not _encodes(character, encoding))
        what = f"{name} = {shown(value)} holds {odd!r}, which {encoding} lacks"
        return "text-encoding", what, "Recode the value, or declare another encoding."

    def exceeds(value: str, code: int) -> tuple[str, str, str]:
        what = f"{name} = {shown(value)} takes {sizes[code]} bytes"
        if sizes[code] > most:
            what += f"; version {limits.version} holds {most}"
            todo = "Continue it in supplemental qualifiers, or shorten it; it is never cut."
            return "text-over-200", what, todo
        what += f"; its stored length is {variable.length}"
        todo = "Measure the stored length over all datasets that carry the variable."
        return "text-over-length", what, todo

    if bad.any():
        report.add_values(name, column, bad, lacks)
    if too_long.any():
        report.add_values(name, column, too_long, exceeds)
    return Encoded(column, encoded)


def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _check_numbers(report: Report, name: str, column: Numbers) -> None:
    def exceeds(record: int) -> tuple[str, str, str]:
        what = f"{name} = {column[record]} cannot be stored"
        return "number-range", what, "The format holds 5.4e-79 to 7.2e75 and zero; correct it."

    report.add_records(name, np.flatnonzero(out_of_range(column)), exceeds)
