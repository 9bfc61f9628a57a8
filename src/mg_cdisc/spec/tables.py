"""Small lists as frames: tables of the study and of its datasets, and what instruments say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mg_cdisc.errors import Location
from mg_cdisc.expression import ExpressionError, Mistakes, Type
from mg_cdisc.expression.values import read_number
from mg_cdisc.frame import Column, Frame, Numbers, Text
from mg_cdisc.spec.models import Instrument, Table
from mg_cdisc.spec.shapes import bare
from mg_cdisc.spec.tree import Tree, locate

Path = tuple[str | int, ...]
"""The way to a place in a tree."""

NUMERIC = ("VISITNUM", "VISITDY", "TAETORD")
"""Variables of the standard that are numbers in a table without a word."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where a table is written: its tree, and in it the path to each row."""

    tree: Tree
    rows: tuple[Path, ...]

    def at(self, row: int) -> Location:
        """File and line of a row."""
        return locate(self.tree, self.rows[row])[0]


def make_table(table: Table) -> tuple[Frame, dict[str, Type]]:
    """Text columns, and numbers where the column says so; a cell that is none is a mistake."""
    columns: dict[str, Column] = {}
    types: dict[str, Type] = {}
    mistakes = Mistakes()
    for position, written in enumerate(table.columns):
        name, _, word = written.partition(" ")
        cells = [row[position] for row in table.rows]
        if word.strip() == "number" or (not word and name in NUMERIC):
            columns[name], types[name] = _numbers(name, cells, mistakes), Type.NUMBER
        else:
            columns[name], types[name] = Text.of(cells), Type.TEXT
    mistakes.done()
    return Frame(columns, len(table.rows)), types


def _numbers(column: str, cells: Sequence[str], mistakes: Mistakes) -> Numbers:
    made = []
    for number, cell in enumerate(cells):
        made.append(read_number(cell))
        with mistakes.at("rows", number):
            if cell.strip() and np.isnan(made[-1]):
                raise ExpressionError(
                    f"{cell!r} in column {column} is not a number",
                    f"Correct it, or call the column {column} text.",
                    "wrong-type",
                )
    return np.array(made, np.float64)


def tests_table(instrument: Instrument) -> Table:
    """An instrument's items and totals that have a source column, to unpivot a form by."""
    domain = instrument.domain
    place = {bare(column): position for position, column in enumerate(instrument.items.columns)}
    rows = [
        (row[place["code"]], row[place["name"]], row[place["column"]], "item")
        for row in instrument.items.rows
    ]
    rows += [(total.code, total.name, total.column, "total") for total in instrument.totals]
    columns = (f"{domain}TESTCD", f"{domain}TEST", "column", "kind")
    return Table(columns=columns, rows=tuple(row for row in rows if row[2]))


def tests_rows(instrument: Instrument) -> tuple[Path, ...]:
    """Where each row of ``tests_table`` is written in the instrument's file."""
    at = [bare(column) for column in instrument.items.columns].index("column")
    items = enumerate(instrument.items.rows)
    totals = enumerate(instrument.totals)
    return (
        *(("items", "rows", number) for number, row in items if row[at]),
        *(("totals", number) for number, total in totals if total.column),
    )


def answers_table(instruments: Sequence[Instrument]) -> Table:
    """Every answer of every item: the code as collected, its text and its score."""
    rows: list[tuple[str, ...]] = []
    for instrument in instruments:
        place = {bare(column): position for position, column in enumerate(instrument.items.columns)}
        for row in instrument.items.rows:
            answers = instrument.answers[row[place["answers"]]]
            at = {bare(column): position for position, column in enumerate(answers.columns)}
            rows += [
                (row[place["code"]], each[at["code"]], each[at["text"]], each[at["score"]])
                for each in answers.rows
            ]
    return Table(columns=("test", "answer", "text", "score"), rows=tuple(rows))


def answers_rows(instruments: Mapping[str, Instrument]) -> tuple[Path, ...]:
    """Where each row of ``answers_table`` is written: the instrument, and the path in its file."""
    made: list[Path] = []
    for name, instrument in instruments.items():
        at = [bare(column) for column in instrument.items.columns].index("answers")
        for row in instrument.items.rows:
            number = len(instrument.answers[row[at]].rows)
            made += [(name, "answers", row[at], "rows", each) for each in range(number)]
    return tuple(made)
