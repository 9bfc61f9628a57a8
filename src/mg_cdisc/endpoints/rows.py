"""What an analysis computes: tables of lines, told apart by categories, each with statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Column, Frame, Index, Mask, Text

Number = int | float
BLANK = "(missing)"
"""Stands for a value that is missing, where lines are told apart by it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what tells it apart, and its numbers by the name of the statistic."""

    keys: tuple[str, ...]
    numbers: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of one kind; ``keys`` and ``statistics`` name their columns.

    ``across`` is how many of the last keys are meant to stand side by side.
    """

    name: str
    keys: tuple[str, ...]
    statistics: tuple[str, ...]
    rows: tuple[Row, ...]
    across: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """A variable that tells lines apart: the text of each value, and which record has which.

    ``codes`` is -1 where a record's value is not to be shown.
    """

    name: str
    texts: tuple[str, ...]
    codes: Index
    fixed: bool

    def at(self, code: int) -> Mask:
        """The records of one value."""
        return self.codes == code


def category(frame: Frame, name: str, shown: Mapping[str, str], blank: str = BLANK) -> Category:
    """The values of a variable in the order of their lines, as ``by`` of a result says.

    Only the values of ``shown``, if there are any. Else those found, in the order of the variable's
    number (AVISITN of AVISIT) or of the values; missing comes last, under the text ``blank``.
    """
    texts = as_text(frame[name])
    if shown:
        places = {value: number for number, value in enumerate(shown)}
        per_value = [places.get(value, -1) for value in texts.values.to_pylist()]
        return Category(name, tuple(shown.values()), texts.spread(np.array(per_value)), True)
    found = texts.compact()
    order = _order(frame, name, found)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    values = found.values.take(order).to_pylist()
    return Category(name, tuple(value or blank for value in values), found.spread(rank), False)


def as_text(column: Column) -> Text:
    """A column as text: a number as the shortest decimal, a missing one as a blank."""
    return column if isinstance(column, Text) else number_text(column)


def _order(frame: Frame, name: str, found: Text) -> Index:
    """The places of the distinct values, in the order of their lines."""
    column = frame[name]
    by = frame.columns.get(f"{name}N", column)
    count = len(found.values)
    if isinstance(by, Text):
        keys = found.value_ranks.astype(np.float64)
    else:
        keys = np.full(count, np.inf)
        np.minimum.at(keys, found.codes, np.where(np.isnan(by), np.inf, by))
    blank = np.array([not value for value in found.values.to_pylist()], bool)
    return np.lexsort((found.value_ranks, keys, blank))


def lines(categories: Sequence[Category], rows: Mask) -> Iterator[tuple[tuple[str, ...], Mask]]:
    """Each line's texts and its records: every combination that occurs, and those that are listed."""
    if not categories:
        yield (), rows
        return
    first, *rest = categories
    for code, text in enumerate(first.texts):
        held = rows & first.at(code)
        if held.any() or (first.fixed and not any(not each.fixed for each in rest)):
            for texts, inner in lines(rest, held):
                yield (text, *texts), inner
