"""Choosing one row of each group: the first or last in an order, and the ties that leave it open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mg_cdisc.derive.base import Run
from mg_cdisc.frame import Column, Frame, Index, Mask, group_codes, merged_key, sort_order, take

Take = Literal["only", "first", "last"]
TIE = "tie"
TIE_TODO = "Add a key to order: that tells them apart."


@dataclass(frozen=True, slots=True)
class Choice:
    """For each group the row chosen (-1: none) and its size; ``tied`` are all rows, by position,
    that are equal to a chosen one in the whole order, the chosen one among them."""

    rows: Index
    sizes: Index
    tied: Index

    def held(self) -> Index:
        """The rows chosen, in their own order."""
        return np.sort(self.rows[self.rows >= 0])


def choose_rows(groups: Index, keys: Sequence[Index], count: int, which: Take) -> Choice:
    """The first (or last) row of each group 0 to ``count`` - 1 in the order of ``keys``.

    Rows equal in every key stand as they stood; they are given as ties, so that a caller can say
    whether the choice among them matters.
    """
    key = merged_key(keys) if which != "only" else None
    if key is not None:
        return _extreme(groups, key, count, last=which == "last")
    position = sort_order([groups, *keys], len(groups))
    ordered = groups[position]
    chosen = np.full(count, -1, np.int64)
    if which == "last":
        chosen[ordered] = position  # of equal indices the last one stays
    else:
        chosen[ordered[::-1]] = position[::-1]
    sizes = np.bincount(groups, minlength=count)
    if which == "only" or not keys or not (sizes > 1).any():
        return Choice(chosen, sizes, np.zeros(0, np.int64))
    return Choice(chosen, sizes, _tied(ordered, [key[position] for key in keys], position, chosen))


def _extreme(groups: Index, key: Index, count: int, *, last: bool) -> Choice:
    """The choice by one key, without a sort."""
    bound = np.iinfo(np.int64)
    best = np.full(count, bound.min if last else bound.max)
    (np.maximum if last else np.minimum).at(best, groups, key)
    rows = np.flatnonzero(key == best[groups])
    of = groups[rows]
    chosen = np.full(count, -1, np.int64)
    if last:
        chosen[of] = rows  # of equal indices the last one stays
    else:
        chosen[of[::-1]] = rows[::-1]
    sizes = np.bincount(groups, minlength=count)
    tied = np.flatnonzero((np.bincount(of, minlength=count) > 1)[of])
    return Choice(chosen, sizes, rows[tied[np.argsort(of[tied], kind="stable")]])


def _tied(groups: Index, keys: list[Index], position: Index, chosen: Index) -> Index:
    same: Mask = groups[1:] == groups[:-1]
    for key in keys:
        same &= key[1:] == key[:-1]
    if not same.any():
        return np.zeros(0, np.int64)
    run = np.concatenate([np.zeros(1, np.int64), np.cumsum(~same)])
    run_of_row = np.empty(len(run), np.int64)
    run_of_row[position] = run
    wanted = np.zeros(int(run[-1]) + 1, bool)
    wanted[run_of_row[chosen[chosen >= 0]]] = True
    several = np.bincount(run) > 1
    return position[(wanted & several)[run]]


def matter(groups: Index, rows: Index, columns: Sequence[Column]) -> Mask:
    """Of tied ``rows`` with their ``groups``, those whose group differs in some column."""
    given: list[Column] = [groups.astype(np.float64)]
    group, count = group_codes(given, len(rows))
    whole, _ = group_codes([*given, *(take(column, rows) for column in columns)], len(rows))
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, np.int64)
    np.minimum.at(low, group, whole)
    np.maximum.at(high, group, whole)
    return (low != high)[group]


def report_ties(frame: Frame, groups: Index, choice: Choice, which: Take, run: Run) -> None:
    """A finding for records of which any could have been chosen, and which are not alike."""
    if not len(choice.tied):
        return
    alike = [column for key, column in frame.columns.items() if not key.startswith("@")]
    differ = choice.tied[matter(groups[choice.tied], choice.tied, alike)]
    if len(differ):
        run.notes(frame).report(
            TIE,
            differ,
            None,
            f"this record ties with another for the {which} of its group",
            TIE_TODO,
        )
