"""Which record of one dataset is which of the other: by keys, and where keys repeat by order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mg_cdisc.frame import Column, Index, group_codes, match_codes, rows_by_group


@dataclass(frozen=True)
class Matched:
    """Positions of records in both files, side by side, and of those in one alone.

    ``repeated`` counts in each the records whose keys an earlier record has.
    """

    old: Index
    new: Index
    removed: Index
    added: Index
    repeated: tuple[int, int]


def match_records(
    old: Sequence[Column], new: Sequence[Column], old_rows: int, new_rows: int
) -> Matched:
    """Pair the records whose keys are equal, in the order of the new dataset.

    The first of those with equal keys is paired with the first of the other dataset, the second
    with the second, and so on; what is over is added or removed. Without keys all records count
    as equal.
    """
    one, other, count = (
        match_codes(old, new, old_rows, new_rows) if old else _alike(old_rows, new_rows)
    )
    first, again = _nth(one, count)
    second, too = _nth(other, count)
    if again or too:
        # of equal keys the first, the second ... : a number each, alike in both
        pair = np.concatenate([one, other]).astype(np.float64)
        place = np.concatenate([first, second]).astype(np.float64)
        codes, count = group_codes([pair, place], old_rows + new_rows)
        one, other = codes[:old_rows], codes[old_rows:]
    at = np.full(count, -1, np.int64)
    at[one] = np.arange(old_rows)
    partner = at[other]
    paired = np.flatnonzero(partner >= 0)
    left = np.ones(old_rows, bool)
    left[partner[paired]] = False
    return Matched(
        partner[paired], paired, np.flatnonzero(left), np.flatnonzero(partner < 0), (again, too)
    )


def _alike(old_rows: int, new_rows: int) -> tuple[Index, Index, int]:
    return np.zeros(old_rows, np.int64), np.zeros(new_rows, np.int64), 1


def _nth(codes: Index, count: int) -> tuple[Index, int]:
    """For each record how many before it have its code, and how many records repeat one."""
    counts = np.bincount(codes, minlength=count)
    repeated = len(codes) - int(np.count_nonzero(counts))
    if not repeated:
        return np.zeros(len(codes), np.int64), 0
    rows, starts = rows_by_group(codes, count)
    nth = np.empty(len(codes), np.int64)
    nth[rows] = np.arange(len(codes)) - starts[codes[rows]]
    return nth, repeated
