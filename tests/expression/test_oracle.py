"""Random expressions: columns at once give what plain Python gives row by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import scalar
from calculator import COLUMNS, Notebook, env, plain, typed
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.expression import parse

SAS_EPOCH = date(1960, 1, 1)


def as_given(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: float((cell - SAS_EPOCH).days) if isinstance(cell, date) else cell
        for name, cell in row.items()
    }


def as_plain(cell: Any) -> Any:
    if isinstance(cell, date):
        return float((cell - SAS_EPOCH).days)
    return str(cell) if isinstance(cell, str) else cell


def agree(tree: scalar.Tree, rows: list[dict[str, Any]]) -> None:
    given_rows = [as_given(row) for row in rows]
    cells = {name: [row[name] for row in given_rows] for name in COLUMNS if name in rows[0]}
    notes = Notebook()
    made = plain(typed(scalar.write(tree)).compute(env(len(rows), notes, **cells)))
    assert made == [as_plain(scalar.value(tree, row)) for row in rows]
    assert notes.reports == []


@settings(max_examples=300, deadline=None)
@given(scalar.conditions(3), scalar.rows())
def test_conditions(tree: scalar.Tree, rows: list[dict[str, Any]]) -> None:
    agree(tree, rows)


@settings(max_examples=200, deadline=None)
@given(scalar.numbers(3), scalar.rows())
def test_numbers(tree: scalar.Tree, rows: list[dict[str, Any]]) -> None:
    agree(tree, rows)


@settings(max_examples=150, deadline=None)
@given(scalar.texts(3) | scalar.dates(3) | scalar.partials(3), scalar.rows())
def test_texts_and_dates(tree: scalar.Tree, rows: list[dict[str, Any]]) -> None:
    agree(tree, rows)


@settings(max_examples=150, deadline=None)
@given(scalar.conditions(3) | scalar.numbers(3), st.data())
def test_blanks_and_parentheses_change_nothing(tree: scalar.Tree, data: st.DataObject) -> None:
    text = scalar.write(tree)
    # a text constant is left as it is; blanks go where they mean nothing
    parts = text.split("'")
    spaced = "'".join(
        part if at % 2 else part.replace("(", " ( ").replace(")", " ) ").replace(",", " , ")
        for at, part in enumerate(parts)
    )
    wrapped = f"({text})" if data.draw(st.booleans()) else spaced
    assert parse(wrapped) == parse(text)


@settings(max_examples=100, deadline=None)
@given(scalar.conditions(3) | scalar.numbers(3) | scalar.texts(3), scalar.rows(), st.data())
def test_a_row_does_not_depend_on_its_neighbours(
    tree: scalar.Tree, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(rows))))
    expression = typed(scalar.write(tree))

    def compute(some: list[dict[str, Any]]) -> list[Any]:
        given_rows = [as_given(row) for row in some]
        cells = {name: [row[name] for row in given_rows] for name in COLUMNS if name in rows[0]}
        return plain(expression.compute(env(len(some), None, **cells)))

    whole = compute(rows)
    assert compute([rows[at] for at in order]) == [whole[at] for at in order]
    assert [compute([row])[0] for row in rows] == whole
