"""Rows of sources that changed, came or went between two builds, and whose records they made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mg_cdisc.compare.inputs import Array, Inputs, SourceRows
from mg_cdisc.compare.match import match_records
from mg_cdisc.compare.model import Cause
from mg_cdisc.frame import Index, Origins
from mg_cdisc.report.digests import mixed


@dataclass(frozen=True)
class RowChange:
    """A row of a source that differs: in these columns, or (none) it is on one side alone.

    ``subjects`` are those it is of, before and after; none where it is nobody's.
    """

    cause: Cause
    source: str
    subjects: tuple[str, ...]
    columns: frozenset[str]


@dataclass(frozen=True)
class Side:
    """Of one build: for each record where its origins begin, for each origin the change of its row
    (-1: none), and per record a number that is equal in both builds where its rows are the same."""

    starts: Index
    change: Index
    same: NDArray[np.uint64]

    def changed(self, rows: Index) -> list[tuple[int, ...]]:
        """The changes of the source rows of each record."""
        touched = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.change >= 0)])
        some = touched[self.starts[rows + 1]] > touched[self.starts[rows]]
        made: list[tuple[int, ...]] = [()] * len(rows)
        for number in np.flatnonzero(some).tolist():
            held = self.change[self.starts[rows[number]] : self.starts[rows[number] + 1]]
            made[number] = tuple(dict.fromkeys(held[held >= 0].tolist()))
        return made


class RowChanges:
    """Every row of a source that differs between two builds.

    Rows that differ while their files are the same were read or cut otherwise: they are no cause,
    but what reads and cuts them may be one of theirs. ``differing`` are the sources with such rows
    or with others that differ.
    """

    def __init__(self, old: Inputs, new: Inputs) -> None:
        self.builds = (old, new)
        self.all: list[RowChange] = []
        self.differing: set[str] = set()
        # of each source, per row of either build: its change, and the row that it is in NEW
        self._change: tuple[dict[str, Index], dict[str, Index]] = ({}, {})
        self._as_new: tuple[dict[str, Index], dict[str, Index]] = ({}, {})
        for name in dict.fromkeys([*new.sources, *old.sources]):
            one, other = old.sources.get(name), new.sources.get(name)
            if one is not None and other is not None:
                self._compare(one, other)

    def _compare(self, one: SourceRows, other: SourceRows) -> None:
        old, new = self.builds
        alike, pairs, removed, added = _paired(one, other)
        before, after = np.full(len(one.row), -1), np.full(len(other.row), -1)
        names = _columns_by_pair(one, other, pairs)
        if len(pairs) or len(removed) or len(added):
            self.differing.add(one.name)
        for number, (first, second) in enumerate(pairs.tolist()):
            if self._same_file(one, first) and self._same_file(other, second):
                continue
            columns = names[number]
            what = f"{', '.join(sorted(columns))} changed" if columns else "changed"
            subjects = (_subject(one, first, old.subjects), _subject(other, second, new.subjects))
            before[first] = after[second] = len(self.all)
            self._add(other.place(second), what, other.name, subjects,
                      columns or frozenset(other.columns))  # fmt: skip
        for place in removed.tolist():
            if self._same_file(one, place):
                continue
            before[place] = len(self.all)
            of = (_subject(one, place, old.subjects),)
            self._add(one.place(place), "only in OLD", one.name, of, frozenset())
        for place in added.tolist():
            if self._same_file(other, place):
                continue
            after[place] = len(self.all)
            of = (_subject(other, place, new.subjects),)
            self._add(other.place(place), "only in NEW", one.name, of, frozenset())
        as_new = -1 - np.arange(len(one.row))
        for each in (alike, pairs):
            as_new[each[:, 0]] = each[:, 1]
        self._change[0][one.name], self._change[1][one.name] = before, after
        self._as_new[0][one.name] = as_new
        self._as_new[1][one.name] = np.arange(len(other.row))

    def _same_file(self, rows: SourceRows, position: int) -> bool:
        """Whether the file of a row is the same in both builds."""
        old, new = (build.manifest["inputs"].get(rows.file(position)) for build in self.builds)
        return old is not None and old == new

    def _add(
        self, where: str, what: str, source: str, subjects: Sequence[str], columns: frozenset[str]
    ) -> None:
        told = tuple(dict.fromkeys(each for each in subjects if each))
        self.all.append(RowChange(Cause("source", where, what), source, told, columns))

    def of_records(self, dataset: str) -> tuple[Side | None, Side | None]:
        """The changes of the source rows of each record of a dataset, in either build."""
        return self._side(0, dataset), self._side(1, dataset)

    def _side(self, number: int, dataset: str) -> Side | None:
        build = self.builds[number]
        found = build.origins(dataset)
        if found is None:
            return None
        ids, starts = found
        change, as_new = np.full(len(ids), -1), np.zeros(len(ids), np.int64)
        numbers = ids >> Origins.SHIFT
        for source, (name, rows) in enumerate(sorted(build.sources.items())):
            mine = np.flatnonzero(numbers == build.plan["sources"][name]["number"])
            if not len(mine):
                continue
            place = np.searchsorted(rows.row, ids[mine] & ((1 << Origins.SHIFT) - 1))
            if name in self._change[number]:
                change[mine] = self._change[number][name][place]
                as_new[mine] = self._as_new[number][name][place]
            else:
                as_new[mine] = place
            as_new[mine] += source << Origins.SHIFT
        total = np.concatenate(
            [np.zeros(1, np.uint64), np.cumsum(mixed(as_new.astype(np.uint64)), dtype=np.uint64)]
        )
        return Side(starts, change, total[starts[1:]] - total[starts[:-1]])


def _subject(rows: SourceRows, position: int, subjects: Sequence[str]) -> str:
    place = int(rows.subject[position])
    return subjects[place] if place >= 0 else ""


def _paired(one: SourceRows, other: SourceRows) -> tuple[Index, Index, Index, Index]:
    """Pairs of rows that are alike, pairs that are the same row and differ, and what is over.

    Rows that are alike are the same, wherever they stand; of the others those with one key, else
    those that have one row number.
    """
    alike, left, right = _matched(one.digest, other.digest)
    if one.key is not None and other.key is not None:
        ties, removed, added = _matched(one.key[left], other.key[right])
    else:
        ties, removed, added = _matched(one.row[left], other.row[right])
    pairs = np.stack([left[ties[:, 0]], right[ties[:, 1]]], axis=1)
    return alike, pairs, left[removed], right[added]


def _matched(one: Array, other: Array) -> tuple[Index, Index, Index]:
    """Pairs of positions with equal numbers, the first with the first, and what is over."""
    codes = np.unique(np.concatenate([one, other]), return_inverse=True)[1].astype(np.float64)
    made = match_records([codes[: len(one)]], [codes[len(one) :]], len(one), len(other))
    return np.stack([made.old, made.new], axis=1), made.removed, made.added


def _columns_by_pair(one: SourceRows, other: SourceRows, pairs: Index) -> list[frozenset[str]]:
    """For each pair the columns whose cells differ; none where that is not known."""
    if one.cells is None or other.cells is None or not len(pairs):
        return [frozenset()] * len(pairs)
    common = [name for name in other.columns if name in one.columns]
    first = one.cells[[one.columns.index(name) for name in common]][:, pairs[:, 0]]
    second = other.cells[[other.columns.index(name) for name in common]][:, pairs[:, 1]]
    lone = frozenset(set(one.columns) ^ set(other.columns))
    return [
        lone | frozenset(name for name, each in zip(common, row, strict=True) if each)
        for row in (first != second).T.tolist()
    ]
