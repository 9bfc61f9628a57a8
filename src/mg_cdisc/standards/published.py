"""Reads a table as CDISC or NCI EVS publish it: CSV, or tab-delimited text, with a header row.

Every fault of the file is collected, each with its row, and raised together as ``SourceError``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from mg_cdisc.errors import Finding, Location, SourceError, nearest

AGAIN = "Download the file again."


@dataclass(slots=True)
class Faults:
    """Collects the findings of one file, so that a person sees all of them at once."""

    file: Path
    findings: list[Finding] = field(default_factory=list)

    def add(
        self, kind: str, what: str, todo: str, *, row: int = 0, column: str = "", count: int = 1
    ) -> None:
        where = Location(str(self.file), row=row, column=column)
        self.findings.append(Finding(where, kind, what, todo, count=count))

    def fail(self, kind: str, what: str, todo: str, *, row: int = 0) -> NoReturn:
        """Raise what was collected, with this last one: nothing after it could be trusted."""
        self.add(kind, what, todo, row=row)
        raise SourceError(self.findings)

    def stop(self) -> None:
        """Raise what was collected, if anything was."""
        if self.findings:
            raise SourceError(self.findings)


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row: its number as a person counts (the header is row 1), its cells by column name."""

    row: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read_published(
    file: Path, required: Sequence[str], faults: Faults, what: str
) -> list[PublishedRow]:
    """The rows of a published table, blanks around cells removed, empty lines left out.

    A file that cannot be read, is empty, is not UTF-8 or lacks a column stops at once, since
    nothing after it could be trusted. Rows with too few or too many cells are collected.
    """
    lines = _cells(_text(file, faults, what), faults)
    header = next(lines, None)
    if header is None:
        faults.fail("empty-file", f"the file is empty; {what} expected", AGAIN)
    names = header[1]
    for column in required:
        if column not in names:
            hint = nearest(column, names) or f"Its columns are: {', '.join(names)}."
            faults.add("missing-column", f"{what} needs the column {column!r}", hint, row=1)
    for column in sorted({n for n in names if names.count(n) > 1}):
        faults.add("duplicate-column", f"the column {column!r} stands twice", AGAIN, row=1)
    faults.stop()
    rows = []
    for number, cells in lines:
        if len(cells) != len(names):
            kind = "truncated-row" if len(cells) < len(names) else "long-row"
            told = f"the row has {len(cells)} cells, the header {len(names)}"
            faults.add(kind, told, AGAIN, row=number)
            continue
        rows.append(PublishedRow(number, dict(zip(names, cells, strict=True))))
    if not rows:
        faults.add("empty-file", f"there are no rows; {what} expected", AGAIN)
    faults.stop()
    return rows


def _text(file: Path, faults: Faults, what: str) -> str:
    if not file.is_file():
        faults.fail("missing-file", f"there is no such file; {what} expected", "Check the path.")
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        faults.fail(
            "wrong-encoding",
            f"the text is not UTF-8 (byte {raw[bad.start]:#04x})",
            "Download the file again, or save it as UTF-8.",
            row=raw.count(b"\n", 0, bad.start) + 1,
        )


def _cells(text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Row number and stripped cells of each row that is not empty."""
    first = text.split("\n", 1)[0]
    if "\t" in first:
        # NCI EVS text files quote nothing: a quotation mark is a character like any other.
        rows: Iterator[list[str]] = (line.rstrip("\r").split("\t") for line in text.split("\n"))
    else:
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(rows, None)
        except csv.Error as bad:
            faults.fail("truncated-file", f"the CSV text breaks off ({bad})", AGAIN, row=number)
        if cells is None:
            return
        if any(cells):
            yield number, [cell.strip() for cell in cells]


def check_one_line(row: PublishedRow, columns: Iterable[str], faults: Faults) -> None:
    """Our own files hold one fact a line, cells parted by tabs: no cell may hold either."""
    for column in columns:
        if any(mark in row[column] for mark in "\t\r\n"):
            faults.add(
                "line-break",
                f"{column} holds a line break or a tab",
                "Remove it from the file.",
                row=row.row,
                column=column,
            )
