"""Whether the records of a transport file are those of a frame: every value, without a second frame.

Each distinct value has one form in the file: its bytes are decoded as a reader does and have to give
the value. Then every record has to be, byte by byte, the forms of its values side by side. So no
record's values are decoded, hashed or kept, which takes a tenth of the time of reading the file into
a frame. Numbers of which most are different are decoded record by record. Whoever is told that
something differs reads the file to say what.

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mg_cdisc.frame import Codes, Frame, Mask, Numbers, Text, coded_numbers
from mg_cdisc.transport.header import CARD
from mg_cdisc.transport.ibm import ibm_to_ieee, ieee_to_ibm, out_of_range
from mg_cdisc.transport.library import Library, Stored
from mg_cdisc.transport.missing import missing_letters
from mg_cdisc.transport.text import Bytes, Encoding, decode, encode, fixed, lengths
from mg_cdisc.transport.xpt import NUMBER_BYTES

_CHUNK_BYTES = 1 << 20  # as read and as meant, what stays in the processor's cache
_TABLE_BYTES = 1 << 18


def same_records(library: Library, stored: Stored, frame: Frame, encoding: Encoding) -> bool:
    """Whether the first records of a member, as many as the frame has, hold just its values.

    A member that begins among them is a difference, too: whoever reads the file would end there.

    Text is compared without trailing blanks: the frame's has none. Special missings have to have
    their letter. The frame has the member's variables; one of another type is a difference.
    """
    member, rows, width = stored.member, frame.rows, stored.member.width
    forms: list[_Forms] = []
    plain: list[tuple[int, Numbers]] = []
    for variable, position in zip(member.variables, member.positions, strict=True):
        column = frame[variable.name]
        made: _Forms | None
        if variable.is_text and isinstance(column, Text):
            made = _of_text(column, position, variable.length, encoding)
        elif isinstance(column, Text) or variable.is_text or variable.length != NUMBER_BYTES:
            return False
        elif (found := coded_numbers(column)) is None:
            plain.append((position, column))
            continue
        else:
            made = _of_numbers(*found, position)
        if made is None:
            return False
        forms.append(made)
    if not rows:
        return True
    # a multiple of the bytes of a card, so that every part begins with one
    chunk = min(rows, max(1, _CHUNK_BYTES // width // CARD) * CARD)
    read, meant = np.empty(chunk * width, np.uint8), np.zeros(chunk * width, np.uint8)
    fields = [
        (each, _place(meant, each.table.dtype, each.position, width)) for each in _joined(forms)
    ]
    numbers = [
        (column, _place(read, ">u8", position, width), _place(meant, ">u8", position, width))
        for position, column in plain
    ]
    for start in range(0, rows, chunk):
        stop = min(rows, start + chunk)
        count = stop - start
        part = read[: count * width]
        library.read(stored.start + start * width, part)
        if library.may_begin(part):  # the reader looks closer
            return False
        for each, place in fields:
            place[:count] = each.table.take(each.codes[start:stop])
        for column, here, place in numbers:
            if not _same_numbers(np.ascontiguousarray(here[:count]), column[start:stop]):
                return False
            place[:count] = here[:count]
        if not _same_bytes(part, meant[: count * width]):
            return False
    return True


@dataclass(frozen=True)
class _Forms:
    """Bytes of one variable, or of several that lie side by side: a code per record, a form per code."""

    position: int
    codes: Codes
    table: NDArray[np.void]

    @property
    def end(self) -> int:
        return self.position + self.table.dtype.itemsize


def _of_text(column: Text, position: int, length: int, encoding: Encoding) -> _Forms | None:
    """The forms of a text variable, None where one cannot be or is not read as what is meant."""
    column = column.compact()
    encoded, bad = encode(column.values, encoding)
    if bad.any() or (len(encoded) and int(lengths(encoded).max()) > length):
        return None
    table = fixed(encoded, length)
    stored = pa.Array.from_buffers(pa.binary(length), len(table), [None, pa.py_buffer(table)])
    text, wrong, _ = decode(stored, encoding)
    if wrong.any() or not text.equals(column.values):
        return None
    return _Forms(position, column.codes, table)


def _of_numbers(codes: Codes, values: Numbers, position: int) -> _Forms | None:
    """The forms of a numeric variable of few values, None where one is not read as what is meant."""
    if out_of_range(values).any():
        return None
    words = ieee_to_ibm(values).astype(">u8")
    return _Forms(position, codes, words.view("V8")) if _same_numbers(words, values) else None


def _joined(forms: list[_Forms]) -> list[_Forms]:
    """The same forms, those of neighbours together where all their combinations are few.

    One look-up of a wide form takes little longer than one of a narrow one.
    """
    joined: list[_Forms] = []
    for each in forms:
        last = joined[-1] if joined else None
        if last is None or last.end != each.position:
            joined.append(each)
            continue
        one, other = len(last.table), len(each.table)
        width = each.end - last.position
        if last.codes is each.codes:
            codes, left, right = last.codes, last.table, each.table
        elif one == 1 or other == 1:
            codes = each.codes if one == 1 else last.codes
            left, right = last.table.repeat(other), each.table.repeat(one)
        elif one * other * width <= _TABLE_BYTES:
            codes = np.multiply(last.codes, np.int32(other), dtype=np.int32, casting="unsafe")
            codes += each.codes
            left, right = last.table.repeat(other), np.tile(each.table, one)
        else:
            joined.append(each)
            continue
        parts = [table.view(np.uint8).reshape(len(table), -1) for table in (left, right)]
        table = np.ascontiguousarray(np.hstack(parts)).reshape(-1).view(f"V{width}")
        joined[-1] = _Forms(last.position, codes, table)
    return joined


def _place(matrix: Bytes, kind: Any, position: int, width: int) -> NDArray[Any]:
    """A field of every record of a matrix of bytes."""
    return np.ndarray((len(matrix) // width,), kind, matrix, position, (width,))


def _same_bytes(one: Bytes, other: Bytes) -> bool:
    kind = np.uint64 if len(one) % 8 == 0 else np.uint8
    return bool((one.view(kind) == other.view(kind)).all())


def _same_numbers(words: NDArray[np.uint64], meant: Numbers) -> bool:
    """Whether stored words are read as just these numbers."""
    read = ibm_to_ieee(words)
    if len(read.unknown):
        return False
    if np.array_equal(read.values.view(np.int64), meant.view(np.int64)):
        return True
    return not (
        different_numbers(read.values, meant).any() or different_letters(read.values, meant).any()
    )


def different_numbers(one: Numbers, other: Numbers) -> Mask:
    """Where numbers differ; all missings are alike."""
    different: Mask = (one != other) & ~(np.isnan(one) & np.isnan(other))
    return different


def different_letters(one: Numbers, other: Numbers) -> Mask:
    """Where numbers are missing in another way."""
    different: Mask = missing_letters(one) != missing_letters(other)
    return different
