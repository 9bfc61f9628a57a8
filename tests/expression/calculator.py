"""Expressions written as text, bound to a few columns and evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from mg_cdisc import dates
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    Name,
    Translations,
    Truth,
    Type,
    Typed,
    bind,
    bind_order,
    parse,
    parse_order,
)
from mg_cdisc.frame import Column, Index, Mask, Text

Cell = str | float | bool | None

# the columns that expressions in these tests may name
COLUMNS: Mapping[str, Type] = {
    "T": Type.TEXT,
    "U": Type.TEXT,
    "N": Type.NUMBER,
    "M": Type.NUMBER,
    "K": Type.NUMBER,
    "P": Type.PARTIAL,
    "Q": Type.PARTIAL,
    "D": Type.DATE,
    "E": Type.DATE,
    "DTM": Type.DATETIME,
    "TM": Type.TIME,
}


class Known:
    """The names of these tests."""

    data_cut = date(2025, 3, 31)

    def resolve(self, name: Name) -> tuple[str, Type]:
        """The column of that name."""
        if name.name not in COLUMNS:
            raise ExpressionError(f"there is no {name}")
        return name.name, COLUMNS[name.name]


@dataclass
class Notebook:
    """Notes down what is reported."""

    reports: list[tuple[str, list[int], list[str], str]] = field(default_factory=list)
    translations: Translations | None = None

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Keep class, rows, the texts at fault and the message; nothing where no row is."""
        at = np.flatnonzero(rows) if rows.dtype == bool else rows
        if len(at):
            shown = [] if values is None else values.take(at).to_list()
            self.reports.append((kind, at.tolist(), shown, what))


def typed(text: str) -> Typed:
    """An expression bound to the columns of these tests."""
    return bind(parse(text), Known())


def refusal(text: str, *, order: bool = False) -> str:
    """What is said of a wrong expression: ``what | todo``."""
    try:
        if order:
            bind_order(parse_order(text), Known())
        else:
            typed(text)
    except ExpressionError as error:
        return f"{error.what} | {error.todo}"
    return ""


def column(kind: Type, cells: Sequence[Cell]) -> Column:
    """A column from cells; None and '' are missing; dates may be written as ISO 8601."""
    if kind.stored_as_text:
        return Text.of(["" if cell is None else str(cell) for cell in cells])
    return np.array([_number(kind, cell) for cell in cells], np.float64)


def _number(kind: Type, cell: Cell) -> float:
    if cell is None or cell == "":
        return float("nan")
    if isinstance(cell, str):
        import pyarrow as pa

        read = {Type.DATE: dates.to_date, Type.DATETIME: dates.to_datetime}.get(kind, dates.to_time)
        return float(read(pa.array([cell]))[0])
    return float(cell)


def env(rows: int, notes: Notebook | None = None, **cells: Sequence[Cell]) -> Env:
    """Columns to evaluate on."""
    columns = {name: column(COLUMNS[name], given) for name, given in cells.items()}
    return Env(columns, rows, notes if notes is not None else Notebook())


def plain(value: Column | Truth) -> list[Cell]:
    """Text as str, numbers as float or None, conditions as True, False or None."""
    if isinstance(value, Truth):
        return [
            True if yes else False if no else None
            for yes, no in zip(value.true.tolist(), value.false.tolist(), strict=True)
        ]
    if isinstance(value, Text):
        return list(value.to_list())
    return [None if np.isnan(number) else number for number in np.asarray(value).tolist()]


def evaluate(text: str, **cells: Sequence[Cell]) -> list[Cell]:
    """The value of an expression for each row; a constant one for a single row."""
    rows = len(next(iter(cells.values()))) if cells else 1
    return plain(typed(text).compute(env(rows, **cells)))


def one(text: str, **cells: Cell) -> Cell:
    """The value of an expression for one row."""
    return evaluate(text, **{name: [cell] for name, cell in cells.items()})[0]
