"""Digests of whole columns, so that two builds can be compared without keeping their sources.

A digest of a text is a sum over its bytes, each multiplied by a number that belongs to its place,
modulo 2**64; one of a row the sum over its columns. Equal texts have equal digests on every machine.
They tell rows apart and are no protection against anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mg_cdisc.frame import Text

Digests = NDArray[np.uint64]
_AT_ONCE = 1 << 16
_PLACES = 1 << 12
_GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)


def mixed(numbers: Digests) -> Digests:
    """Numbers whose every bit depends on all bits of the given ones (splitmix64)."""
    made = numbers + _GOLDEN
    made = (made ^ (made >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    made = (made ^ (made >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    return made ^ (made >> np.uint64(31))


_WEIGHTS = mixed(np.arange(_PLACES, dtype=np.uint64)) | np.uint64(1)


def text_digests(values: pa.StringArray) -> Digests:
    """A digest of each text; that of the empty text is 0 before it is mixed.

    >>> one, other, again = text_digests(pa.array(["AB", "BA", "AB"]))
    >>> bool(one == again), bool(one == other)
    (True, False)
    """
    parts = [
        _digests(values[start : start + _AT_ONCE]) for start in range(0, len(values), _AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.uint64)


def _digests(values: pa.StringArray) -> Digests:
    plain = values.cast(pa.large_binary())
    offsets = np.frombuffer(plain.buffers()[1], np.int64)[
        plain.offset : plain.offset + len(plain) + 1
    ]
    first, last = int(offsets[0]), int(offsets[-1])
    held = np.frombuffer(plain.buffers()[2] or b"", np.uint8)[first:last] if last > first else b""
    bytes_ = np.asarray(np.frombuffer(held, np.uint8) if isinstance(held, bytes) else held)
    ends = offsets - first
    places = np.arange(len(bytes_)) - np.repeat(ends[:-1], np.diff(ends))
    terms = (bytes_.astype(np.uint64) + np.uint64(1)) * _WEIGHTS[places % _PLACES]
    # the number of a block of places is added, so that a long text's blocks cannot change places
    terms = terms * (np.uint64(2) * (places // _PLACES).astype(np.uint64) + np.uint64(1))
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    return mixed(total[ends[1:]] - total[ends[:-1]])


def row_digests(columns: Mapping[str, Text], rows: int) -> Digests:
    """A digest of each row: of which text stands in which column, whatever the columns' order."""
    total = np.zeros(rows, np.uint64)
    for name, text in columns.items():
        salt = np.uint64(crc32(name.encode()) * 2 + 1)
        total += mixed(text_digests(text.values) * salt)[text.codes]
    return total
