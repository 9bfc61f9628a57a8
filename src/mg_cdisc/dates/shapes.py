"""The shapes of texts: what stays of a value when every digit is written 0.

A million dates have a handful of shapes. What a shape means is decided once, by a regular
expression on the shape; the numbers are then read from the bytes of all values of that shape
together. Text that is no date may have as many shapes as values, so shapes are sifted as a column
before any is looked at by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.dates.civil import Fields, Whole

_FEW = 64
"""So many shapes are looked at sooner one by one than as a column."""
_EXACT = np.arange(256, dtype=np.uint8)
_EXACT[ord("0") : ord("9") + 1] = ord("0")
_FOLDED = _EXACT.copy()
_FOLDED[ord("a") : ord("z") + 1] = np.arange(ord("A"), ord("Z") + 1)


def plain(values: pa.Array) -> pa.StringArray:
    """A text array without nulls; null and blank are one."""
    if values.type != pa.string():
        values = values.cast(pa.string())
    return pc.fill_null(values, "") if values.null_count else values


def raw(values: pa.StringArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """The bytes of a text array without nulls, and where each value starts (and the last ends)."""
    if not len(values):
        return np.empty(0, np.uint8), np.zeros(1, np.int32)
    _, offsets_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int32)
    offsets = offsets[values.offset : values.offset + len(values) + 1]
    data = np.empty(0, np.uint8) if data_buffer is None else np.frombuffer(data_buffer, np.uint8)
    return data[offsets[0] : offsets[-1]], offsets - offsets[0]


def from_raw(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32]) -> pa.StringArray:
    """A text array from its bytes and the places where values start."""
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


@dataclass(frozen=True)
class Shapes:
    """Texts seen by shape: the distinct shapes (``kinds``) and each value's ``code`` among them."""

    values: pa.StringArray
    data: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int32]
    kinds: pa.StringArray
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, values: pa.StringArray, *, fold_case: bool) -> Shapes:
        """Shapes of texts without nulls; with ``fold_case`` small ASCII letters become capitals.

        >>> Shapes.of(pa.array(["5-Mar-2025", "6-MAR-2024"]), fold_case=True).kinds.to_pylist()
        ['0-MAR-0000']
        """
        data, offsets = raw(values)
        folded = (_FOLDED if fold_case else _EXACT)[data]
        encoded = from_raw(folded, offsets).dictionary_encode()
        codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int32)
        return cls(values, data, offsets[:-1], encoded.dictionary, codes)

    def like(self, pattern: str) -> list[tuple[int, bytes]]:
        """Code and bytes of each shape that a regular expression matches from end to end."""
        if len(self.kinds) <= _FEW:
            fits = _pattern(pattern).fullmatch
            shapes = enumerate(self.kinds.to_pylist())
            return [(code, kind.encode()) for code, kind in shapes if fits(kind)]
        fitting = pc.match_substring_regex(self.kinds, rf"^(?:{pattern})$")
        found = np.flatnonzero(fitting.to_numpy(zero_copy_only=False))
        kinds = self.kinds.take(pa.array(found)).cast(pa.binary()).to_pylist()
        return list(zip(found.tolist(), kinds, strict=True))

    def groups(self, wanted: Collection[int]) -> Iterator[tuple[int, Whole]]:
        """The rows of each wanted shape, rows ascending."""
        place = np.full(len(self.kinds), -1, np.int32)
        codes = np.fromiter(wanted, np.int64, len(wanted))
        if not len(codes):
            return
        place[codes] = np.arange(len(codes))
        # NumPy sorts 16-bit integers by radix
        small = np.int16 if len(codes) <= np.iinfo(np.int16).max else np.int32
        placed: npt.NDArray[np.signedinteger] = place[self.codes].astype(small)
        order = np.argsort(placed, kind="stable")
        counts = np.bincount(placed[placed >= 0], minlength=len(codes))
        start = len(order) - int(counts.sum())
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            yield code, order[start : start + count]
            start += count

    def number(self, rows: Whole, start: int, width: int) -> npt.NDArray[np.int32]:
        """The number written in these bytes, which the shape says are digits."""
        at = self.starts[rows] + np.int32(start)
        total = self.data[at].astype(np.int32) - 48
        for place in range(1, width):
            total = total * 10 + (self.data[at + np.int32(place)].astype(np.int32) - 48)
        return total

    def piece(self, rows: Whole, start: int, stop: int) -> pa.StringArray:
        """These bytes of the rows, as text."""
        cut = pc.binary_slice(self.values.take(pa.array(rows)).cast(pa.binary()), start, stop)
        return cut.cast(pa.string())


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def unknown_fields(rows: int) -> Fields:
    """Six parts for each of so many values, none of them known."""
    return np.full((6, rows), -1, np.int32)
