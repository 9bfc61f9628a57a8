"""Whether the records of a transport file are those of a frame: every value, without a second frame.

The bytes of the first record with a text stand for that text. Every further record with it must
have the same bytes, and at the end the bytes of each text are decoded and compared with it. So
nothing is hashed and nothing kept, which takes a third of the time of reading the file into a
frame. Whoever is told that something differs reads the file to say what.

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mg_cdisc.frame import Frame, Mask, Numbers, Text
from mg_cdisc.transport.ibm import ibm_to_ieee
from mg_cdisc.transport.library import Library, Stored
from mg_cdisc.transport.missing import missing_letters
from mg_cdisc.transport.text import Encoding, decode
from mg_cdisc.transport.xpt import NUMBER_BYTES, XptVariable

_CHUNK_BYTES = 1 << 21  # what stays in the processor's cache while it is looked at


def same_records(library: Library, stored: Stored, frame: Frame, encoding: Encoding) -> bool:
    """Whether the first records of a member, as many as the frame has, hold just its values.

    Text is compared without trailing blanks: the frame's has none. Special missings have to have
    their letter. The frame has the member's variables; one of another type is a difference.
    """
    member, rows, width = stored.member, frame.rows, stored.member.width
    chunk = max(1, min(rows, _CHUNK_BYTES // width))
    checks: list[_TextCheck | _NumberCheck] = []
    for variable in member.variables:
        column = frame[variable.name]
        if variable.is_text and isinstance(column, Text):
            checks.append(_TextCheck(variable, column, chunk))
        elif isinstance(column, Text) or variable.is_text or variable.length != NUMBER_BYTES:
            return False
        else:
            checks.append(_NumberCheck(column, chunk))
    buffer = np.empty(chunk * width, np.uint8)
    places: list[NDArray[Any]] = [
        np.ndarray((chunk,), check.gathered.dtype, buffer, position, (width,))
        for check, position in zip(checks, member.positions, strict=True)
    ]
    for start in range(0, rows, chunk):
        stop = min(rows, start + chunk)
        library.read(stored.start + start * width, buffer[: (stop - start) * width])
        for check, place in zip(checks, places, strict=True):
            check.gathered[: stop - start] = place[: stop - start]
            if not check.agrees(start, stop):
                return False
    return all(check.decoded(encoding) for check in checks)


class _TextCheck:
    """A text variable: one form in the file for each of its values."""

    def __init__(self, variable: XptVariable, column: Text, rows: int) -> None:
        self.column = column
        self.gathered = np.empty(rows, f"V{variable.length}")
        self._forms = np.empty(len(column.values), f"V{variable.length}")
        self._known = np.zeros(len(column.values), bool)
        self._complete = False

    def agrees(self, start: int, stop: int) -> bool:
        """Whether equal values have the same bytes in the gathered records."""
        codes, found = self.column.codes[start:stop], self.gathered[: stop - start]
        if not self._complete:
            new = np.flatnonzero(~self._known[codes])
            self._forms[codes[new]] = found[new]
            self._known[codes[new]] = True
            self._complete = bool(self._known.all())
        if len(self._forms) == 1:
            return bool((found == self._forms[0]).all())
        return np.array_equal(self._forms.take(codes).view(np.uint8), found.view(np.uint8))

    def decoded(self, encoding: Encoding) -> bool:
        """Whether the bytes of each value that occurs say this value."""
        used = np.flatnonzero(self._known)
        forms = self._forms[used]
        kind = pa.binary(forms.dtype.itemsize)
        binary = pa.Array.from_buffers(kind, len(used), [None, pa.py_buffer(forms)])
        text, bad, _ = decode(binary, encoding)
        return not bad.any() and bool(text.equals(self.column.values.take(pa.array(used))))


class _NumberCheck:
    """A numeric variable."""

    def __init__(self, column: Numbers, rows: int) -> None:
        self.column = column
        self.gathered = np.empty(rows, ">u8")

    def agrees(self, start: int, stop: int) -> bool:
        """Whether the gathered records have just these numbers."""
        read, meant = ibm_to_ieee(self.gathered[: stop - start]), self.column[start:stop]
        if len(read.unknown):
            return False
        if np.array_equal(read.values.view(np.int64), meant.view(np.int64)):
            return True
        return not (
            different_numbers(read.values, meant).any()
            or different_letters(read.values, meant).any()
        )

    def decoded(self, _: Encoding) -> bool:
        """Numbers were compared at once."""
        return True


def different_numbers(one: Numbers, other: Numbers) -> Mask:
    """Where numbers differ; all missings are alike."""
    different: Mask = (one != other) & ~(np.isnan(one) & np.isnan(other))
    return different


def different_letters(one: Numbers, other: Numbers) -> Mask:
    """Where numbers are missing in another way."""
    different: Mask = missing_letters(one) != missing_letters(other)
    return different
