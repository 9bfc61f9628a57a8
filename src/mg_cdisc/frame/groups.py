"""Grouping and matching: rows that are alike, by number."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mg_cdisc.frame.column import Column, concat_columns
from mg_cdisc.frame.text import Codes, Index, Numbers, Text, gather, merge_values, seen_codes


def distinct(values: NDArray[Any]) -> tuple[Index, NDArray[Any]]:
    """A code per value and the distinct values, in order of first appearance.

    Zeros of both signs are one value, and so are all missings. Hashing by Arrow is as quick as by
    pandas, which need not be imported for it.
    """
    coded = coded_numbers(values) if values.dtype == np.float64 else None
    if coded is None:
        encoded = pa.array(values).dictionary_encode()
        coded = encoded.indices.to_numpy(), encoded.dictionary.to_numpy()
    codes, found = coded
    if found.dtype == np.float64:
        again = pa.array(_plain(found)).dictionary_encode()
        if len(again.dictionary) < len(found):
            codes = gather(again.indices.to_numpy(), codes)
        found = again.dictionary.to_numpy()
    return codes.astype(np.int64), found


def distinct_numbers(values: Numbers) -> Numbers:
    """The distinct numbers, in order of first appearance; all missings are one."""
    coded = coded_numbers(values)
    found = pc.unique(pa.array(values)).to_numpy() if coded is None else coded[1]
    return cast("Numbers", pc.unique(pa.array(_plain(found))).to_numpy())


_CODED: dict[int, tuple[weakref.ref[Any], tuple[Codes, Numbers] | None]] = {}
_SAMPLED = 2048


def coded_numbers(values: Numbers) -> tuple[Codes, Numbers] | None:
    """Numbers as a text column has its texts: a code per row, and each different number once.

    Different are numbers of other bits: zeros of both signs, and each special missing. None where
    most rows have a number of their own. It is remembered as long as the column is there, whose
    values are never changed: measuring, writing and reading back ask for the same.
    """
    key = id(values)
    known = _CODED.get(key)
    if known is not None and known[0]() is values:
        return known[1]
    made = _coded(values)
    _CODED[key] = weakref.ref(values, lambda _: _CODED.pop(key, None)), made
    return made


def _coded(values: Numbers) -> tuple[Codes, Numbers] | None:
    rows = len(values)
    bits = np.ascontiguousarray(values).view(np.int64)
    sample = bits[:: max(1, rows // _SAMPLED)]
    if rows > _SAMPLED and 2 * len(np.unique(sample)) > len(sample):
        return None
    encoded = pa.array(bits).dictionary_encode()
    if rows > _SAMPLED and 4 * len(encoded.dictionary) > rows:
        return None
    return encoded.indices.to_numpy(), encoded.dictionary.to_numpy().view(np.float64)


def _plain(values: Numbers) -> Numbers:
    """One zero and one missing, whatever their bits."""
    return np.where(np.isnan(values), np.nan, values + 0.0)


def group_codes(columns: Sequence[Column], rows: int) -> tuple[Index, int]:
    """A group number per row and the number of groups.

    The numbers have no gaps; their order means nothing (``by_appearance`` gives them one).
    """
    combined: Codes | None = None
    span = 1
    for column in columns:
        if isinstance(column, Text):
            part, size = column.codes, len(column.values)
        else:
            part, found = distinct(column)
            size = len(found)
        if size < 2:
            continue
        if combined is None:
            combined, span = part, size
            continue
        # numbered while that is cheap, and else as late as it has to be: each time takes as long
        if span <= _room(rows) < span * size or span * size >= 2**62:
            combined, span = _numbered(combined, span)
            if span == rows:  # no two rows are alike as it is
                return combined, rows
        span *= size
        kind = np.int32 if span < 2**31 else np.int64
        combined = np.multiply(combined, size, dtype=kind, casting="unsafe")
        combined += part
    if combined is None:
        return np.zeros(rows, np.int64), min(rows, 1)
    return _numbered(combined, span)


def rows_by_group(groups: Index, count: int) -> tuple[Index, Index]:
    """The rows of each group, one group after the other, as they stand; and where each begins.

    Those of group ``g`` are ``rows[starts[g]:starts[g + 1]]``.

    >>> rows, starts = rows_by_group(np.array([1, 0, 1]), 2)
    >>> rows.tolist(), starts.tolist()
    ([1, 0, 2], [0, 1, 3])
    """
    # numbers of 8 and 16 bits are sorted by counting
    kind = np.uint8 if count <= 2**8 else np.uint16 if count <= 2**16 else np.int64
    rows = np.argsort(groups.astype(kind), kind="stable")
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(groups, minlength=count), out=starts[1:])
    return rows, starts


def by_appearance(groups: Index, count: int) -> Index:
    """Group numbers in the order in which the groups first appear."""
    first = np.zeros(count, np.int64)
    first[groups[::-1]] = np.arange(len(groups) - 1, -1, -1)  # of equal indices the last one stays
    number = np.empty(count, np.int64)
    number[np.argsort(first)] = np.arange(count)
    return number[groups]


def _room(rows: int) -> int:
    """How many codes are still counted in a table with a place for each."""
    return 2 * rows + 64


def _numbered(codes: Codes, span: int) -> tuple[Index, int]:
    """Codes below ``span`` as numbers without gaps, and how many there are."""
    if span > _room(len(codes)):
        number, values = distinct(codes)
        return number, len(values)
    seen = seen_codes(codes, span)
    if seen.all():
        return codes.astype(np.int64), span
    places = np.cumsum(seen, dtype=np.int32)
    count = int(places[-1]) if span else 0
    places -= np.int32(1)
    return gather(places, codes).astype(np.int64), count


def match_codes(
    left: Sequence[Column], right: Sequence[Column], left_rows: int, right_rows: int
) -> tuple[Index, Index, int]:
    """Group numbers that are equal across two frames where the key columns are equal.

    There may be more numbers than groups. By one text (a subject), a row's number is its code.
    """
    if len(left) == 1:
        one, other = left[0], right[0]
        if isinstance(one, Text) and isinstance(other, Text):
            values, (_, new) = merge_values([one, other])
            return one.codes.astype(np.int64), new.astype(np.int64)[other.codes], len(values)
    both = [concat_columns([one, other]) for one, other in zip(left, right, strict=True)]
    codes, count = group_codes(both, left_rows + right_rows)
    return codes[:left_rows], codes[left_rows:], count
