"""A version 5 transport file to a dataset.

Some thousand records at a time are read and their variables gathered. Text is encoded to codes
and distinct values as bytes, and only the distinct values are decoded; numbers are converted by
whole arrays.

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Codes, Column, Frame, Index, Mask, Origins, Text
from mg_cdisc.transport.header import Member
from mg_cdisc.transport.ibm import ibm_to_ieee
from mg_cdisc.transport.library import Library, Stored
from mg_cdisc.transport.report import Report, shortened
from mg_cdisc.transport.text import Bytes, Encoding, decode
from mg_cdisc.transport.xpt import NUMBER_BYTES, XptDataset, XptVariable

DECLARE = "Declare the encoding that the file was written in."
_BLOCK_BYTES = 24 << 20  # what is gathered before it is encoded: bounds the memory of reading
_KNOWN_VALUES = 4096  # up to so many distinct values are put before the next block
_COMPARED_BYTES = 48  # longer values are encoded as quickly as they are compared
_TRIED = 1 << 12  # records that show whether values stand in a row
_CACHE_BYTES = 1 << 19  # what stays in the processor's cache while it is gathered


def list_members(path: Path) -> tuple[str, ...]:
    """The names of the datasets in a transport file, in order.

    Errors: ``TransportError`` if it is not a version 5 transport file.
    """
    with Library(path, "ascii") as library:
        return library.names


def describe_xpt(
    path: Path, *, encoding: Encoding = "ascii"
) -> tuple[tuple[Member, ...], tuple[int, ...]]:
    """The datasets of a transport file as it describes them, without their records, in order.

    Beside them, the bytes at which they begin: with these ``read_xpt`` need not look for them.

    Errors: ``TransportError`` if it is not a version 5 transport file, or a description is damaged
    or not of the encoding.
    """
    with Library(path, encoding) as library:
        members = tuple(library.member(name).member for name in library.names)
        return members, library.starts


def read_xpt(
    path: Path,
    *,
    encoding: Encoding = "ascii",
    member: str | None = None,
    records: int | None = None,
    columns: Collection[str] | None = None,
    starts: tuple[int, ...] | None = None,
    seen: Callable[[bytes | memoryview], object] | None = None,
) -> XptDataset:
    """Read a dataset of a version 5 transport file.

    Text comes without trailing blanks, leading ones stay; special missings keep their letter. A
    file states no encoding, so it is declared; it holds for values and labels. ``member`` names
    the dataset where the file holds several. ``records`` is the number written where it is known;
    ``library`` tells how many are read where it is not. Numbers of fewer than 8 bytes are read.
    ``columns`` are the variables wanted, in upper case: the records then have these alone, and
    values of others are not looked at. ``starts`` is what ``describe_xpt`` told of the file. ``seen``
    is given all bytes of the file in turn, for a digest without reading it again.

    Errors: ``TransportError`` if the file is not of version 5, is damaged or cut short, has no
    room for just ``records`` records, lacks the member, or holds text that is not of the encoding
    or bytes that are no number (each with record and variable).
    """
    with Library(path, encoding, starts) as library:
        stored = library.member(member)
        count = library.count(stored, records)
        blank = library.perhaps_blank(stored, count) if records is None else 0
        placed = [
            (_reader(variable, count), position)
            for variable, position in zip(
                stored.member.variables, stored.member.positions, strict=True
            )
            if columns is None or variable.name.upper() in columns
        ]
        if seen is not None:
            library.pass_bytes(0, stored.start, seen)
        _read_records(library, stored, count, placed, seen)
        if seen is not None:
            library.pass_bytes(stored.start + count * stored.member.width, None, seen)
    readers = [reader for reader, _ in placed]
    read: dict[str, Column] = {}
    report = Report(str(path), stored.member.name, read)
    for reader in readers:
        read[reader.name] = reader.column(encoding)
    for reader in readers:
        reader.check(report, encoding)
    if blank and not any(finding.level == "error" for finding in report.findings):
        what = f"{stored.member.name} may end in up to {blank} blank records more than the {count} read"
        todo = "Nothing tells them from the padding of the file: ask how many records it has."
        report.add("blank-end", what, todo, count=blank, level="note")
    notes = tuple(finding for finding in report.findings if finding.level == "note")
    if len(notes) < len(report.findings):
        raise TransportError(report.findings)
    return XptDataset(
        stored.member.name,
        stored.member.label,
        stored.member.variables,
        Frame(read, count, Origins.none(count)),
        stored.member.created,
        stored.member.modified,
        notes,
    )


def _read_records(
    library: Library,
    stored: Stored,
    count: int,
    placed: list[tuple[_TextReader | _NumberReader, int]],
    seen: Callable[[bytes | memoryview], object] | None,
) -> None:
    """``placed`` are readers, each with the place of its variable in a record."""
    if count == 0:
        return
    width = stored.member.width
    step = min(count, max(1, _CACHE_BYTES // width))
    block = min(count, max(1, _BLOCK_BYTES // width))
    fields = [(reader.gathered(block), position) for reader, position in placed]
    records = np.empty(step * width, np.uint8)
    for start in range(0, count, block):
        stop = min(count, start + block)
        for first in range(start, stop, step):
            last = min(stop, first + step)
            part = records[: (last - first) * width]
            library.read(stored.start + first * width, part)
            if seen is not None:
                seen(part.data)
            for field, position in fields:
                field[first - start : last - start] = np.ndarray(
                    (last - first,), field.dtype, records, position, (width,)
                )
        for reader, _ in placed:
            reader.take(start, stop)


def _reader(variable: XptVariable, records: int) -> _TextReader | _NumberReader:
    return (_TextReader if variable.is_text else _NumberReader)(variable, records)


class _TextReader:
    """Reads one text variable: codes per record, and distinct stored values.

    The distinct values found so far are put before the next block, so that equal values get equal
    codes. Where they are many that would cost too much: then a block has codes of its own, and
    all are merged at the end.
    """

    def __init__(self, variable: XptVariable, records: int) -> None:
        self.name = variable.name
        self._length = variable.length
        # whole words, zeros at the end; a single one is encoded as such: much quicker
        self._size = -(-variable.length // 8) * 8
        self._type = pa.uint64() if self._size == 8 else pa.binary(self._size)
        self._codes: Codes = np.empty(records, np.int32)
        self._values: list[pa.Array] = []
        self._blocks: list[slice] = []
        self._text = Text(self._codes, pa.array([], pa.string()))
        self._bad: Mask = np.zeros(0, bool)

    def gathered(self, records: int) -> NDArray[Any]:
        """Where the bytes of a block are put."""
        self._buffer = np.zeros((_KNOWN_VALUES + records) * self._size, np.uint8)
        start = _KNOWN_VALUES * self._size
        return np.ndarray((records,), f"V{self._length}", self._buffer, start, (self._size,))

    def take(self, start: int, stop: int) -> None:
        """Encode the gathered block of these records."""
        known = self._values[0] if len(self._values) == 1 else pa.array([], self._type)
        if len(known) > _KNOWN_VALUES:
            known = known[:0]
        first = _KNOWN_VALUES - len(known)
        before = self._buffer[first * self._size : _KNOWN_VALUES * self._size]
        before[:] = _raw(known, self._size)
        runs = self._runs(stop - start)
        encoded = stop - start if runs is None else len(runs)
        block = pa.Array.from_buffers(
            self._type,
            len(known) + encoded,
            [None, pa.py_buffer(self._buffer)],
            offset=first,
        ).dictionary_encode()
        codes = block.indices.to_numpy(zero_copy_only=False)[len(known) :]
        if runs is not None:
            codes = codes.repeat(np.diff(runs, append=stop - start))
        self._codes[start:stop] = codes
        if len(known):
            self._values[0] = block.dictionary
            self._blocks[0] = slice(0, stop)
        else:
            self._values.append(block.dictionary)
            self._blocks.append(slice(start, stop))

    def _runs(self, count: int) -> Index | None:
        """Where the records of one value in a row begin, if these are few; their values stand first then.

        Records are sorted by some of their variables as a rule, and a value that stands in a row is
        encoded once.
        """
        if self._size > _COMPARED_BYTES or count < _TRIED:
            return None
        start = _KNOWN_VALUES * self._size
        words = np.frombuffer(self._buffer, np.uint64, count * (self._size // 8), start)
        words = words.reshape(count, -1)
        if np.count_nonzero(_changes(words[:_TRIED])) > _TRIED // 2:
            return None
        runs = np.flatnonzero(_changes(words))
        words[: len(runs)] = words[runs]
        return runs

    def column(self, encoding: Encoding) -> Text:
        """The column, its distinct values decoded."""
        values = self._merged()
        text, self._bad, alike = decode(values, encoding)
        self._text = Text(self._codes, text)
        if alike:
            # several stored forms of one text; the faulty ones are reported by their own form
            return Text.encode(text).expand(self._codes)
        return self._text

    def check(self, report: Report, encoding: Encoding) -> None:
        """Report text that is not of the encoding."""
        if not self._bad.any():
            return

        def say(value: str, _: int) -> tuple[str, str, str]:
            what = f"{self.name} = '{shortened(value)}' is not {encoding} text"
            return "text-encoding", what, DECLARE

        report.add_values(self.name, self._text, self._bad, say)

    def _merged(self) -> pa.FixedSizeBinaryArray:
        """The distinct values of all blocks; the codes are made to fit."""
        if len(self._values) > 1:
            merged = pa.concat_arrays(self._values).dictionary_encode()
            codes = merged.indices.to_numpy(zero_copy_only=False)
            start = 0
            for values, block in zip(self._values, self._blocks, strict=True):
                new = codes[start : start + len(values)]
                self._codes[block] = new[self._codes[block]]
                start += len(values)
            self._values = [merged.dictionary]
        values = self._values[0] if self._values else pa.array([], self._type)
        raw = _raw(values, self._size).reshape(-1, self._size)[:, : self._length]
        buffers = [None, pa.py_buffer(np.ascontiguousarray(raw))]
        return pa.Array.from_buffers(pa.binary(self._length), len(values), buffers)


def _changes(words: NDArray[np.uint64]) -> Mask:
    """Per value, of one word or several, whether it is another one than that before."""
    changed = np.empty(len(words), bool)
    changed[:1] = True
    np.not_equal(words[1:, 0], words[:-1, 0], out=changed[1:])
    for word in range(1, words.shape[1]):
        changed[1:] |= words[1:, word] != words[:-1, word]
    return changed


def _raw(values: pa.Array, size: int) -> Bytes:
    """The bytes of words or fixed-size values; no copying."""
    if len(values) == 0:
        return np.empty(0, np.uint8)
    start = values.offset * size
    return np.frombuffer(values.buffers()[1], np.uint8)[start : start + len(values) * size]


class _NumberReader:
    """Reads one number."""

    def __init__(self, variable: XptVariable, records: int) -> None:
        self.name = variable.name
        self._length = variable.length
        self._values = np.empty(records, np.float64)
        self._unknown: list[Index] = [np.empty(0, np.int64)]
        self._cut: list[Index] = [np.empty(0, np.int64)]

    def gathered(self, records: int) -> NDArray[Any]:
        """Where the bytes of a block are put: shorter numbers lack the last bytes."""
        self._buffer = np.zeros(records, ">u8")
        return np.ndarray((records,), f"V{self._length}", self._buffer, 0, (NUMBER_BYTES,))

    def take(self, start: int, stop: int) -> None:
        """Convert the gathered block of these records."""
        read = ibm_to_ieee(self._buffer[: stop - start], out=self._values[start:stop])
        self._unknown.append(read.unknown + start)
        self._cut.append(read.cut + start)

    def column(self, _: Encoding) -> Column:
        """The column."""
        return self._values

    def check(self, report: Report, _: Encoding) -> None:
        """Report bytes that are no number, and note numbers that a double cannot hold."""

        def say(_: int) -> tuple[str, str, str]:
            what = f"{self.name} holds bytes that are neither a number nor a missing"
            return "damaged", what, "Ask for the file again."

        report.add_records(self.name, np.concatenate(self._unknown), say)
        cut = np.concatenate(self._cut)
        if len(cut):
            report.add(
                "number-cut",
                f"{self.name} has {len(cut)} numbers of more than 53 bits; "
                "the surplus bits (at most 3) were cut",
                "",
                self.name,
                int(cut[0]),
                len(cut),
                "note",
            )
