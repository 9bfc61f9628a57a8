"""Small text tables: how an example's input and result are written, shown and compared."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass


@dataclass(frozen=True)
class TextTable:
    """Named columns of text; a blank cell is a missing value."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls, text: str) -> TextTable:
        """From lines of cells divided by ``|``, the first of which names the columns.

        >>> TextTable.read('A | B\\n1 |').rows
        (('1', ''),)
        """
        lines = [line for line in text.strip().splitlines() if line.strip()]
        cells = [tuple(cell.strip() for cell in line.split("|")) for line in lines]
        if any(len(row) != len(cells[0]) for row in cells):
            raise ValueError(f"rows of different lengths:\n{text}")
        return cls(cells[0], tuple(cells[1:]))

    def csv(self) -> str:
        """As a CSV file."""
        made = io.StringIO()
        writer = csv.writer(made, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return made.getvalue()

    def markdown(self) -> str:
        """As a Markdown table whose columns line up."""
        shown = [tuple(escape(cell) for cell in row) for row in (self.columns, *self.rows)]
        widths = [max(3, *(len(row[i]) for row in shown)) for i in range(len(self.columns))]
        lines = [
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            + " |"
            for row in shown
        ]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)


def escape(text: str) -> str:
    """Text as a cell of a Markdown table."""
    return text.replace("|", "\\|")
