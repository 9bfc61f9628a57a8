"""Where records come from: the source rows of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mg_cdisc.frame.text import Index, Mask, positions


@dataclass(frozen=True)
class Origins:
    """For every record, the identities of its primary source records.

    ``ids`` holds ``source number * 2**40 + row``; the ids of record ``i`` are
    ``ids[offsets[i]:offsets[i + 1]]``. ``offsets`` is None where every record has exactly one.
    """

    ids: Index
    offsets: Index | None = None

    SHIFT = 40

    @classmethod
    def none(cls, rows: int) -> Origins:
        """Records that come from no source row."""
        return cls(np.empty(0, np.int64), np.zeros(rows + 1, np.int64))

    @classmethod
    def of_source(cls, number: int, rows: Index) -> Origins:
        """One source row per record; ``rows`` are the row numbers a person would count."""
        return cls(np.add(rows, number << cls.SHIFT, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.ids) if self.offsets is None else len(self.offsets) - 1

    @property
    def bounds(self) -> Index:
        """The offsets, written out where they are implied."""
        return np.arange(len(self.ids) + 1) if self.offsets is None else self.offsets

    def take(self, rows: Index | Mask) -> Origins:
        """The origins of the picked records."""
        if self.offsets is None:
            return Origins(self.ids[rows])
        picked = positions(rows)
        return self.gather(picked, np.arange(len(picked) + 1))

    def slice(self, start: int, stop: int) -> Origins:
        """The origins of the records from one position up to another."""
        if self.offsets is None:
            return Origins(self.ids[start:stop])
        offsets = self.offsets[start : stop + 1]
        return Origins(self.ids[offsets[0] : offsets[-1]], offsets - offsets[0])

    def gather(self, rows: Index, groups: Index) -> Origins:
        """Origins of new records, record ``g`` made from ``rows[groups[g]:groups[g + 1]]``."""
        bounds = self.bounds
        starts, lengths = bounds[rows], bounds[rows + 1] - bounds[rows]
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        positions = np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])
        return Origins(self.ids[positions], ends[groups])

    @staticmethod
    def stack(parts: Sequence[Origins]) -> Origins:
        """Origins of records stacked in this order."""
        ids = np.concatenate([part.ids for part in parts])
        if all(part.offsets is None for part in parts):
            return Origins(ids)
        shifted = [np.zeros(1, np.int64)]
        total = 0
        for part in parts:
            shifted.append(part.bounds[1:] + total)
            total += len(part.ids)
        return Origins(ids, np.concatenate(shifted))

    def first(self) -> Index:
        """The first source id of each record, -1 where it has none."""
        if self.offsets is None:
            return self.ids
        has = self.offsets[1:] > self.offsets[:-1]
        result = np.full(len(self), -1, np.int64)
        result[has] = self.ids[self.offsets[:-1][has]]
        return result
