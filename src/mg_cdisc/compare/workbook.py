"""A comparison as an Excel workbook; text is guarded against formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from mg_cdisc.compare import data
from mg_cdisc.compare.model import Comparison
from mg_cdisc.report.findings import SHEET_ROWS, guard

UNDATED = datetime(2000, 1, 1)
"""The time that the workbook bears: the clock is never asked."""
_WIDTHS = {
    "Because of": 60,
    "Keys": 44,
    "OLD": 30,
    "NEW": 30,
    "What": 60,
    "Place": 40,
    "Keys from": 30,
}
CELL = 32_767
"""Characters that Excel has room for in a cell."""


def write_workbook(path: Path, found: Comparison) -> None:
    """Sheets of datasets, groups, attributes, records, values and, of builds, what differs.

    Errors: ``OSError`` as the system gives it.
    """
    target = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
               "in_memory": True, "nan_inf_to_errors": True}  # fmt: skip
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"title": "Comparison", "created": UNDATED})
    bold = book.add_format({"bold": True, "bottom": 1})
    if found.builds:
        _sheet(book, bold, "Builds", data.CHANGES, data.change_rows(found))
    _sheet(book, bold, "Datasets", data.DATASETS, data.dataset_rows(found))
    _sheet(book, bold, "Groups", data.GROUPS, data.group_rows(found))
    _sheet(book, bold, "Attributes", data.ATTRIBUTES, data.attribute_rows(found))
    _sheet(book, bold, "Records", data.RECORDS, data.record_rows(found))
    _sheet(book, bold, "Values", data.VALUES, data.value_rows(found))
    book.close()
    path.write_bytes(target.getvalue())


def _sheet(
    book: Any, bold: Any, name: str, header: Sequence[str], rows: Iterable[data.Row]
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(header):
        sheet.set_column(column, column, _WIDTHS.get(title, 14))
        sheet.write_string(0, column, title, bold)
    last = 0
    for number, row in enumerate(rows, 1):
        if number > SHEET_ROWS:
            break
        last = number
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(number, column, guard(cell)[:CELL])
            else:
                sheet.write_number(number, column, cell)
    if last:
        sheet.autofilter(0, 0, last, len(header) - 1)
