"""Workbooks: typed cells to text, rows under the sheet's own numbers."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mg_cdisc.sources import SourceDeclaration, SourceTable, read_source


def workbook(fill: Callable[[Any, Any], None], name: str = "Data") -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    fill(book, book.add_worksheet(name))
    book.close()
    return out.getvalue()


def column(table: SourceTable, name: str) -> list[str]:
    return table.frame.text(name).to_list()


def test_typed_cells(read: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        date = book.add_format({"num_format": "dd-mmm-yyyy"})
        clock = book.add_format({"num_format": "hh:mm"})
        elapsed = book.add_format({"num_format": "[h]:mm:ss"})
        percent = book.add_format({"num_format": "0.0%"})
        sheet.write_string("A1", "VAL")
        sheet.write_string("A2", "007")
        sheet.write_number("A3", 7)
        sheet.write_number("A4", 0.1)
        sheet.write_number("A5", 1e-7)
        sheet.write_number("A6", 0.25, percent)
        sheet.write_boolean("A7", True)
        sheet.write_boolean("A8", False)
        sheet.write_datetime("A9", dt.datetime(2020, 1, 2), date)
        sheet.write_datetime("A10", dt.datetime(2020, 1, 2, 8, 30), date)
        sheet.write_datetime("A11", dt.datetime(2020, 1, 2, 8, 30, 5), date)
        sheet.write_datetime("A12", dt.time(8, 5), clock)
        sheet.write_datetime("A13", dt.time(8, 5, 30), clock)
        sheet.write_number("A14", 1.5, elapsed)
        sheet.write_string("A15", " NA ")
        sheet.write_formula("A16", "=A3*2", None, 14)
        sheet.write_string("A17", "#N/A")
        sheet.write_number("A18", 12345678901)

    table = read("a.xlsx", workbook(fill))
    assert dict(zip(table.row_numbers.tolist(), column(table, "VAL"), strict=True)) == {
        2: "007",
        3: "7",
        4: "0.1",
        5: "0.0000001",
        6: "0.25",
        7: "TRUE",
        8: "FALSE",
        9: "2020-01-02",
        10: "2020-01-02T08:30",
        11: "2020-01-02T08:30:05",
        12: "08:05",
        13: "08:05:30",
        14: "36:00",
        15: " NA ",
        16: "14",
        17: "#N/A",
        18: "12345678901",
    }


def test_a_formula_whose_result_is_an_empty_text_is_a_blank(read: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", ["A", "B"])
        sheet.write_formula("A2", '=""', None, "")
        sheet.write_number("B2", 1)

    # Excel marks such a cell as text, the library that writes it here doesn't
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(fill))) as made, zipfile.ZipFile(out, "w") as book:
        for name in made.namelist():
            book.writestr(name, made.read(name).replace(b'<c r="A2">', b'<c r="A2" t="str">'))
    table = read("a.xlsx", out.getvalue())
    assert (column(table, "A"), column(table, "B")) == ([""], ["1"])


def test_rows_keep_the_numbers_of_the_sheet(read: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.merge_range("B1:D1", "Laboratory results")  # a title may be merged
        sheet.write_row("B3", ["SUBJ", "VAL", 2020])
        sheet.write_row("B4", ["01", 1, "x"])
        sheet.write_row("C7", [2])
        sheet.write_blank("B9", None, book.add_format({"bold": True}))

    table = read("a.xlsx", workbook(fill), header_row=3)
    assert table.columns == ("SUBJ", "VAL", "2020")
    assert table.row_numbers.tolist() == [4, 7]
    assert (column(table, "SUBJ"), column(table, "2020")) == (["01", ""], ["x", ""])


def test_an_empty_column_without_a_name_is_no_column(read: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", ["A", None, "B"])
        sheet.write_row("A2", [1, None, 2])

    assert read("a.xlsx", workbook(fill)).columns == ("A", "B")


def test_a_sheet_by_name_and_a_header_alone(read: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write("A1", "OTHER")
        book.add_worksheet("AE & more").write_row("A1", ["X", "Y"])

    table = read("a.xlsx", workbook(fill), sheet="AE & more")
    assert (table.columns, table.frame.rows) == (("X", "Y"), 0)
    assert [found.kind for found in table.findings] == ["source-no-rows"]


def test_chart_sheets_are_no_sheets(read: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_column("A1", ["A", 1])
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Data!$A$2:$A$2"})
        book.add_chartsheet("Plot").set_chart(chart)

    assert column(read("a.xlsx", workbook(fill)), "A") == ["1"]


def test_faulty_cells_above_the_header_or_on_another_sheet_do_no_harm(read: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_formula("A1", "=1/0", None, "#DIV/0!")
        sheet.write_column("A2", ["A", "x"])
        book.add_worksheet("Other").write_formula("A3", "=1/0", None, "#DIV/0!")

    assert column(read("a.xlsx", workbook(fill), sheet="Data", header_row=2), "A") == ["x"]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=8)
MOMENTS = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
CELLS = (
    TEXT
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**15), 10**15)
    | st.booleans()
    | MOMENTS
)


def expected(cell: Any) -> str:
    """What the declared rules make of a value, one cell at a time."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, dt.datetime):
        text = cell.isoformat().removesuffix(":00")
        return text.removesuffix("T00:00")
    text = format(Decimal(repr(cell)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6))
def test_any_cells(read: Any, rows: list[list[Any]]) -> None:
    for cell in (cell for row in rows for cell in row):
        if isinstance(cell, float):
            assume(float(f"{cell:.16G}") == cell)  # what the writer stores
        if isinstance(cell, str):
            assume("_x" not in cell)  # the escape of characters in sheets

    def fill(book: Any, sheet: Any) -> None:
        date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        writers = {str: sheet.write_string, bool: sheet.write_boolean}
        sheet.write_row("A1", ["A", "B"])
        for number, row in enumerate(rows, 1):
            for position, cell in enumerate(row):
                if isinstance(cell, dt.datetime):
                    sheet.write_datetime(number, position, cell, date)
                else:
                    writers.get(type(cell), sheet.write_number)(number, position, cell)

    table = read("h.xlsx", workbook(fill))
    filled = [
        (number, row) for number, row in enumerate(rows, 2) if any(cell != "" for cell in row)
    ]
    assert table.row_numbers.tolist() == [number for number, _ in filled]
    for position, name in enumerate(table.columns):
        assert column(table, name) == [expected(row[position]) for _, row in filled]


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("biff8.xls", {"SUBJ": ["007", "008"], "VAL": ["0.1", "861"], "NOTE": ["x", ""]}),
        ("sheet.ods", {"SUBJ": ["007"], "DAY": ["2020-01-02"], "VAL": ["0.1"]}),
    ],
)
def test_other_workbooks_are_read_with_a_warning(
    data: Path, file: str, columns: dict[str, list[str]]
) -> None:
    table = read_source(SourceDeclaration(file=file), data)
    assert {name: column(table, name) for name in table.columns} == columns
    # the last cell of the xls holds #DIV/0!, which its reader gives as a blank
    assert [(f.kind, f.level) for f in table.findings] == [("source-unchecked", "warning")]


def test_an_old_workbook_under_a_new_name_is_read(read: Any, data: Path) -> None:
    table = read("named.xlsx", (data / "biff8.xls").read_bytes())
    assert table.row_numbers.tolist() == [2, 4]
