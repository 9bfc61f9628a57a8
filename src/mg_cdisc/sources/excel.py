"""Excel workbooks and their relatives (xlsx, xlsm, xlsb, xls, ods): typed cells to text."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import python_calamine as calamine
from lxml import etree

from mg_cdisc.errors import Finding, Location, SourceError, nearest, one_of
from mg_cdisc.frame import Mask, Text
from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.files import OLE_MAGIC, ZIP_MAGIC, SourceFile
from mg_cdisc.sources.table import Rows, check_header, listed
from mg_cdisc.sources.values import FALSE, TRUE, number_text
from mg_cdisc.sources.workbook_xml import CellFaults, cell_faults

_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_97: Final = bytes.fromhex("0908100000060500")  # BIFF8 BOF of the workbook's globals
_FILE_PASS: Final = 0x2F
# what calamine, zipfile and lxml raise for a workbook that is not sound
_DAMAGE: Final = (
    calamine.CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    etree.XMLSyntaxError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
)


def read_excel(file: SourceFile, declaration: SourceDeclaration) -> Rows:
    """Read one sheet; the row number is the sheet's own, and rows wholly empty are no rows.

    Numbers become the shortest decimal that round-trips, dates and times ISO 8601 (a date where
    the time is midnight, seconds where they are not zero), conditions ``TRUE`` and ``FALSE``;
    text stays as it stands. Raises SourceError for a workbook that has a password or is damaged,
    for an unknown sheet, and for what a value cannot be told from: error values such as
    ``#DIV/0!``, formulas never calculated, merged cells.
    """
    head = declaration.header_row
    try:
        name, grid, merged = _grid(file, declaration.sheet)
        faults = cell_faults(file.data, name, head) if file.data.startswith(ZIP_MAGIC) else None
    except BaseException as fault:
        # a panic in calamine's Rust comes as an exception that has no name to import and is not
        # an Exception; anything else that is not damage goes on
        if not isinstance(fault, _DAMAGE) and type(fault).__name__ != "PanicException":
            raise
        raise _damaged(file) from None
    if not grid:
        raise file.error(
            "source-empty", f"the sheet {name} is empty", "Export it again, or name another sheet."
        )
    _check_merged(file, [area for area in merged if area.bottom >= head])
    findings = _check_faults(file, faults)
    cells = [list(column) for column in zip(*grid[head - 1 :], strict=True)]
    if not cells:
        raise file.error(
            "source-header",
            f"row {head}, which should be the header, is not there: the sheet {name} has "
            f"{len(grid)} rows",
            "Declare as header_row the row that holds the column names.",
        )
    names = [cell_texts(column[:1]).to_list()[0] for column in cells]
    if not any(name.strip() for name in names):
        raise file.error(
            "source-header",
            f"row {head}, which should be the header, is blank",
            "Declare as header_row the row that holds the column names.",
        )
    texts = [cell_texts(column[1:]) for column in cells]
    used = [
        bool(name.strip()) or not text.blank.all() for name, text in zip(names, texts, strict=True)
    ]
    last = max(number for number, use in enumerate(used) if use)
    kept = [number for number in range(last + 1) if used[number]]
    check_header(
        [names[number] for number in kept],
        file.name,
        head,
        place=lambda position: column_letters(kept[position - 1]),
    )
    filled = ~np.logical_and.reduce([texts[number].blank for number in kept])
    numbers = np.flatnonzero(filled).astype(np.int64) + head + 1
    columns = {names[number]: texts[number].take(filled) for number in kept}
    return Rows(columns, numbers, {}, findings)


def sheet_names(file: SourceFile) -> list[str]:
    """The worksheets of a workbook in their order, charts left out."""
    try:
        workbook = _workbook(file)
        return _sheets(workbook)
    except BaseException as fault:  # as in read_excel
        if not isinstance(fault, _DAMAGE) and type(fault).__name__ != "PanicException":
            raise
        raise _damaged(file) from None


def column_letters(position: int) -> str:
    """A sheet's name of a column, from its position (the first is 0).

    >>> [column_letters(position) for position in (0, 25, 26, 701, 702)]
    ['A', 'Z', 'AA', 'ZZ', 'AAA']
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True)
class _Area:
    """Merged cells: their name, and their last row (the first of the sheet is 1)."""

    name: str
    bottom: int


def _grid(file: SourceFile, declared: str | None) -> tuple[str, list[list[Any]], list[_Area]]:
    """The name, the cells and the merged cells of the sheet that is meant."""
    workbook = _workbook(file)
    sheets = _sheets(workbook)
    sheet = workbook.get_sheet_by_name(_sheet_name(file, sheets, declared))
    merged = [
        _Area(f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}", bottom + 1)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    ]
    return sheet.name, sheet.to_python(skip_empty_area=False), merged


def _workbook(file: SourceFile) -> calamine.CalamineWorkbook:
    if file.data.startswith(OLE_MAGIC) and _is_encrypted(file.data):
        raise _password(file)
    return calamine.CalamineWorkbook.from_filelike(io.BytesIO(file.data))


def _sheets(workbook: calamine.CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]


def _damaged(file: SourceFile) -> SourceError:
    return file.error(
        "source-truncated",
        "the workbook is cut short or damaged",
        "Open it in Excel and save it as .xlsx, or copy it again.",
    )


def _is_encrypted(data: bytes) -> bool:
    """Whether a compound file holds an encrypted xlsx, or an xls with a password.

    Calamine tells neither from a damaged file. Source: [MS-OFFCRYPTO] 2.3.4.4 (EncryptedPackage
    stream); [MS-XLS] 2.4.117 (a FilePass record among the first of the workbook's).
    """
    if _ENCRYPTED in data:
        return True
    at = data.find(_WORKBOOK_97)
    for _ in range(8):
        if at < 0 or at + 4 > len(data):
            return False
        record, length = struct.unpack_from("<HH", data, at)
        if record == _FILE_PASS:
            return True
        at += 4 + length
    return False


def _password(file: SourceFile) -> SourceError:
    return file.error(
        "source-password", "the workbook is protected by a password", "Save it without one."
    )


def _sheet_name(file: SourceFile, names: list[str], declared: str | None) -> str:
    if declared is None:
        if len(names) == 1:
            return names[0]
        raise file.error(
            "source-sheet",
            f"the workbook has {len(names)} sheets: {one_of(names)}",
            "Say which with sheet.",
        )
    if declared in names:
        return declared
    raise file.error(
        "source-sheet",
        f"the workbook has no sheet {declared}",
        nearest(declared, names) or f"It has {one_of(names)}.",
    )


def _check_merged(file: SourceFile, merged: Sequence[_Area]) -> None:
    """Only the first of merged cells holds their value: the others would read as blank."""
    if merged:
        raise file.error(
            "source-merged",
            f"cells are merged: {listed(area.name for area in merged)}",
            "Unmerge them and fill in every cell: only the first of merged cells holds the value.",
        )


def _check_faults(file: SourceFile, faults: CellFaults | None) -> tuple[Finding, ...]:
    """No cell holds an error; a warning where that cannot be told."""
    if faults is None:
        return (
            Finding(
                Location(file.name),
                "source-unchecked",
                "an error such as #DIV/0! in a workbook of this kind reads as a blank",
                "Save it as .xlsx, in which errors are found.",
                level="warning",
            ),
        )
    findings = []
    if faults.errors:
        findings.append(
            Finding(
                Location(file.name, row=faults.errors[0].row),
                "source-value",
                f"cells hold an error: {listed(f'{f.cell} {f.text}' for f in faults.errors)}",
                "Correct them in the workbook: an error is no value.",
                count=len(faults.errors),
            )
        )
    if faults.uncalculated:
        findings.append(
            Finding(
                Location(file.name, row=faults.uncalculated[0].row),
                "source-value",
                "cells hold a formula that was never calculated: "
                + listed(fault.cell for fault in faults.uncalculated),
                "Open the workbook in Excel and save it.",
                count=len(faults.uncalculated),
            )
        )
    if findings:
        raise SourceError(findings)
    return ()


def cell_texts(cells: Sequence[Any]) -> Text:
    """The cells of one column as text, type by type.

    >>> cell_texts(["007", 7.0, True, dt.date(2020, 1, 2), ""]).to_list()
    ['007', '7', 'TRUE', '2020-01-02', '']
    """
    kinds = list(map(type, cells))
    distinct = set(kinds)
    if distinct <= {str}:
        return Text.encode(pa.array(cells, pa.string()))
    rows = np.array(list(map(_ORDER.__getitem__, kinds)), np.int8)
    values = np.empty(len(cells), object)
    values[:] = cells
    parts: list[pa.StringArray] = []
    codes = np.zeros(len(cells), np.int32)
    total = 0
    for kind, write in _WRITERS.items():
        if kind in distinct:
            here: Mask = rows == _ORDER[kind]
            text = write(values[here].tolist())
            codes[here] = text.codes + total
            parts.append(text.values)
            total += len(text.values)
    return Text.encode(pa.concat_arrays(parts)).expand(codes)


def _spelled(spell: Callable[[Any], str]) -> Callable[[list[Any]], Text]:
    """A writer that spells each distinct value once."""

    def write(values: list[Any]) -> Text:
        spelling = {value: spell(value) for value in dict.fromkeys(values)}
        return Text.of(map(spelling.__getitem__, values))

    return write


def _clock(time: dt.time | dt.datetime) -> str:
    text = time.strftime("%H:%M")
    if time.second or time.microsecond:
        text += time.strftime(":%S")
    if time.microsecond:
        text += f".{time.microsecond:06d}".rstrip("0")
    return text


def _moment(moment: dt.datetime) -> str:
    day = moment.date().isoformat()
    return f"{day}T{_clock(moment)}" if moment.time() != dt.time(0) else day


def _elapsed(span: dt.timedelta) -> str:
    """Hours, minutes and seconds, as the cell shows them."""
    total = abs(span)
    minutes, seconds = divmod(total.days * 86_400 + total.seconds, 60)
    clock = dt.time(0, minutes % 60, seconds, total.microseconds)
    sign = "-" if span < dt.timedelta(0) else ""
    return f"{sign}{minutes // 60:02d}{_clock(clock)[2:]}"


_WRITERS: Final[dict[type, Callable[[list[Any]], Text]]] = {
    str: Text.of,
    float: lambda values: number_text(np.array(values, np.float64)),
    int: _spelled(str),
    bool: _spelled(lambda value: TRUE if value else FALSE),
    dt.date: _spelled(dt.date.isoformat),
    dt.datetime: _spelled(_moment),
    dt.time: _spelled(_clock),
    dt.timedelta: _spelled(_elapsed),
}
_ORDER: Final[dict[type, int]] = {kind: number for number, kind in enumerate(_WRITERS)}
