"""A report of CORE as a workbook: its sheets as the sections of the JSON report.

The columns are told by their place, as CORE writes them; the sheet of the run has a label and a value
in each row.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import python_calamine as calamine

_COLUMNS = {
    "Dataset_Details": ("filename", "label", "path", "modification_date", "size_kb", "length"),
    "Issue_Summary": ("dataset", "core_id", "message", "issues"),
    "Issue_Details": (
        "core_id", "message", "executability", "dataset", "USUBJID", "row", "SEQ", "variables",
        "values",
    ),
}  # fmt: skip
_RULES = ("core_id", "version", "cdisc_rule_id", "fda_rule_id", "message", "status")
_RULES_BEFORE = (*_RULES[:4], "pmda_rule_id", *_RULES[4:])
"""Earlier versions had a column for PMDA."""
_ABOUT = {
    "coreengineversion": "CORE_Engine_Version",
    "standard": "Standard",
    "version": "Version",
}
MOST = 1 << 30
"""Bytes of a workbook unpacked; CORE lists no more than some thousand issues a sheet."""


def workbook_sections(data: bytes) -> dict[str, Any] | None:
    """The sections of a report; None where the workbook is damaged or is no report."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST:
                return None
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = {each.replace(" ", "_").casefold(): each for each in book.sheet_names}
        wanted = ("Conformance_Details", *_COLUMNS, "Rules_Report")
        if any(each.casefold() not in names for each in wanted):
            return None
        sheets = {each: _rows(book, names[each.casefold()]) for each in wanted}
    except BaseException as fault:
        # a panic in calamine's Rust is not an Exception and has no name to import
        damage = (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError)
        if not isinstance(fault, damage) and type(fault).__name__ != "PanicException":
            raise
        return None
    made: dict[str, Any] = {"Conformance_Details": _about(sheets.pop("Conformance_Details"))}
    made["Rules_Report"] = [_rule(row) for row in sheets.pop("Rules_Report")[1:] if any(row)]
    for name, rows in sheets.items():
        held = [row for row in rows[1:] if any(row)]
        made[name] = [dict(zip(_COLUMNS[name], row, strict=False)) for row in held]
    return made


def _rows(book: calamine.CalamineWorkbook, name: str) -> list[list[Any]]:
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _about(rows: list[list[Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for row in rows:
        label = "".join(each for each in str(row[0]).casefold() if each.isalpha()) if row else ""
        if label in _ABOUT and len(row) > 1:
            made.setdefault(_ABOUT[label], row[1])
    return made


def _rule(row: list[Any]) -> dict[str, Any]:
    last = max(number for number, value in enumerate(row) if value)
    return dict(zip(_RULES if last < len(_RULES) else _RULES_BEFORE, row, strict=False))
