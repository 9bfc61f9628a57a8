"""Which records satisfy which where-clauses of a value list.

Records are grouped once by the variables that the conditions speak of; conditions are then asked
of one record of each group, so that the cost does not grow with records times clauses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.define.values import as_number
from mg_cdisc.frame import Column, Frame, Index, Mask, Text, group_codes, rows_by_group, take

ANY_NUMBER_OF_VALUES = ("EQ", "IN", "NE", "NOTIN")
ONE_VALUE = ("LT", "LE", "GT", "GE")


@dataclass(frozen=True, slots=True)
class Condition:
    """One RangeCheck: ``column`` is ``VARIABLE``, or ``DATASET.VARIABLE`` of another dataset."""

    column: str
    comparator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Matches:
    """For each record, how many clauses it satisfies; and the records of each clause."""

    counts: Index
    _sorted_rows: Index
    _starts: Index
    _satisfied: Sequence[Mask]

    def rows(self, clause: int) -> Index:
        """Positions of the records that satisfy a clause, ascending."""
        parts = [
            self._sorted_rows[self._starts[group] : self._starts[group + 1]]
            for group in np.flatnonzero(self._satisfied[clause]).tolist()
        ]
        if len(parts) == 1:
            return parts[0]
        return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def match(
    columns: Mapping[str, Column], rows: int, clauses: Sequence[Sequence[Condition]]
) -> Matches:
    """Evaluates clauses (the conditions of each ANDed) on named columns of ``rows`` records.

    >>> columns = {"X": Text.of(["A", "B", "A"])}
    >>> found = match(columns, 3, [[Condition("X", "EQ", ("A",))], [Condition("X", "NE", ("C",))]])
    >>> found.counts.tolist(), found.rows(0).tolist()
    ([2, 1, 2], [0, 2])
    """
    names = sorted({condition.column for clause in clauses for condition in clause})
    groups, count = group_codes([columns[name] for name in names], rows)
    order, starts = rows_by_group(groups, count)
    samples = {name: take(columns[name], order[starts[:-1]]) for name in names}
    satisfied: list[Mask] = []
    totals = np.zeros(count, np.int64)
    for clause in clauses:
        holds = np.ones(count, bool)
        for condition in clause:
            holds &= satisfies(samples[condition.column], condition)
        satisfied.append(holds)
        totals += holds
    return Matches(totals[groups], order, starts, satisfied)


def satisfies(column: Column, condition: Condition) -> Mask:
    """Where one condition holds. Text is compared exactly, by bytes; numbers as numbers.

    >>> satisfies(Text.of(["A", "B", ""]), Condition("X", "NOTIN", ("A",))).tolist()
    [False, True, True]
    >>> satisfies(np.array([1.0, 2.0, np.nan]), Condition("X", "LE", ("1.0",))).tolist()
    [True, False, False]
    """
    comparator, values = condition.comparator, condition.values
    if isinstance(column, Text):
        if comparator in ANY_NUMBER_OF_VALUES:
            known = pa.array(values, pa.string())
            found = column.where(lambda texts: pc.is_in(texts, value_set=known))
            return found if comparator in ("EQ", "IN") else ~found
        limit = pa.scalar(values[0], pa.string())
        tests = {"LT": pc.less, "LE": pc.less_equal, "GT": pc.greater, "GE": pc.greater_equal}
        return column.where(lambda texts: tests[comparator](texts, limit))
    numbers = np.array([as_number(value) for value in values])
    if comparator in ANY_NUMBER_OF_VALUES:
        found = np.isin(column, numbers)
        return found if comparator in ("EQ", "IN") else ~found
    compared = {"LT": np.less, "LE": np.less_equal, "GT": np.greater, "GE": np.greater_equal}
    return compared[comparator](column, numbers[0])


def joined(frame: Frame, other: Frame, name: str, by: str = "USUBJID") -> Column | None:
    """A variable of a dataset with one record per subject, for each record of another.

    None where it cannot be said: no such variable, or several records of a subject.
    """
    keys, target = frame.columns.get(by), other.columns.get(by)
    column = other.columns.get(name)
    if column is None or not isinstance(keys, Text) or not isinstance(target, Text):
        return None
    if len(target.used()) < other.rows:
        return None
    found = pc.fill_null(pc.index_in(keys.values, value_set=target.to_arrow()), other.rows)
    if isinstance(column, Text):
        padded: Column = Text.encode(pa.concat_arrays([column.to_arrow(), pa.array([""])]))
    else:
        padded = np.append(column, np.nan)
    return take(padded, keys.spread(found).astype(np.int64))
