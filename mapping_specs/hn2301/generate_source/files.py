"""The files that are written, each row as it comes: writers that know the row they are at."""

import csv
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from measures import Cell
from subject import Row

ABOUT = (
    "All data in this file are INVENTED example data for study HN2301.",
    "They describe no person and no laboratory. See README.md beside this file.",
)


class CsvFile:
    """A CSV file with a header; rows count from the header, which is row 1."""

    def __init__(self, path: Path, header: Row, encoding: str = "utf-8") -> None:
        self.file = path.open("w", encoding=encoding, newline="")
        self.writer = csv.writer(self.file, lineterminator="\n")
        self.writer.writerow(header)
        self.name = path.name
        self.row = 1

    def write(self, row: Mapping[str, Cell]) -> int:
        self.writer.writerow(row.values())
        self.row += 1
        return self.row

    def close(self) -> None:
        self.file.close()


class FlowBook:
    """The flow laboratory's workbook, written a row at a time, with fixed properties."""

    def __init__(self, path: Path, header: Mapping[str, Cell]) -> None:
        self.book = xlsxwriter.Workbook(path, {"constant_memory": True})
        self.book.set_properties(
            {
                "title": "Invented example data",
                "comments": ABOUT[0],
                "created": datetime(2025, 1, 1),
            }
        )
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.sheet = self.book.add_worksheet("Results")
        self.book.add_worksheet("About").write_column(0, 0, ABOUT)
        self.sheet.write_row(0, 0, header)
        self.name = path.name
        self.row = 1

    def write(self, row: Mapping[str, Cell]) -> int:
        for column, cell in enumerate(row.values()):
            if isinstance(cell, datetime):
                self.sheet.write_datetime(self.row, column, cell, self.moment)
            elif isinstance(cell, date):
                self.sheet.write_datetime(self.row, column, cell, self.day)
            elif isinstance(cell, str):
                self.sheet.write_string(self.row, column, cell)
            elif cell is not None:
                self.sheet.write_number(self.row, column, cell)
        self.row += 1
        return self.row

    def close(self) -> None:
        self.book.close()
