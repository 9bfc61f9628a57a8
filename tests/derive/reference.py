"""What derivations should give, in plain Python on rows that are dicts.

Missing is None for a number and '' for a text or partial date. Nothing of the package is used but
the independent comparison of partial dates that the expression tests have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from scalar import Partial, span

Row = dict[str, Any]
Key = tuple[Callable[[Row], Any], str]
"""A sort key: its value of a row, and asc, desc, or either with `last` or `first` for missing."""


def is_missing(value: Any) -> bool:
    """Whether a value is not there."""
    return value is None or value == ""


def comparable(value: Any) -> Any:
    """A value that sorts as the language sorts it: text by bytes, partial dates by their start."""
    if isinstance(value, Partial):
        return (span(value)[0], len(value))
    return value.encode() if isinstance(value, str) else value


def ordered(rows: Iterable[Row], keys: Sequence[Key]) -> list[Row]:
    """Rows in order of the keys, equal ones as they stood."""
    made = list(rows)
    for value_of, how in reversed(keys):
        there = [row for row in made if not is_missing(value_of(row))]
        gone = [row for row in made if is_missing(value_of(row))]
        there.sort(key=lambda row: comparable(value_of(row)), reverse="desc" in how)
        last = "last" in how or ("desc" in how and "first" not in how)
        made = there + gone if last else gone + there
    return made


def alike(one: Row, other: Row, keys: Sequence[Key]) -> bool:
    """Whether two rows are equal in the whole order."""
    for value_of, _ in keys:
        left, right = value_of(one), value_of(other)
        if is_missing(left) or is_missing(right):
            if is_missing(left) != is_missing(right):
                return False
        elif comparable(left) != comparable(right):
            return False
    return True


def take(rows: Sequence[Row], keys: Sequence[Key], which: str) -> tuple[Row | None, list[Row]]:
    """The row taken, and all rows that tie with it (itself among them)."""
    if not rows:
        return None, []
    row = ordered(rows, keys)[0 if which == "first" else -1]
    return row, [each for each in rows if alike(each, row, keys)]


def same(one: Any, other: Any) -> bool:
    """Whether two keys match: a missing number or date equals nothing."""
    if isinstance(one, Partial) or isinstance(other, Partial):
        return one == other != ""
    return one is not None and one == other


def number(text: str) -> float | None:
    """The number that a cell holds."""
    return float(text) if text else None


def shown(value: Any) -> str:
    """A value as the harness shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    return format(Decimal(repr(float(value) + 0.0)), "f").removesuffix(".0")


SUBJECTS = ["01", "02", "03"]
NUMBERS = st.sampled_from(["", "0", "1", "2", "2.5", "-1", "10"])
TEXTS = st.sampled_from(["", "a", "b", "B"])
PARTIALS = st.sampled_from(
    ["", "2025", "2025-01", "2025-01-15", "2025-02-01", "2025-01-15T10:30", "2024-12-31"]
)


def table_of(**columns: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    """Tables of up to eight rows: SUBJ, a number of the row, and these columns."""
    row = st.tuples(st.sampled_from(SUBJECTS), *columns.values())
    return st.lists(row, max_size=8).map(
        lambda rows: [[row[0], str(place), *row[1:]] for place, row in enumerate(rows, 1)]
    )
