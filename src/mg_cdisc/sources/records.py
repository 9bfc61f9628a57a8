"""Where the records of a delimited text begin and end, and on which line a person finds them.

Pyarrow parses the values; what it doesn't tell is the line of a record, which fields are ill
quoted and which records are ragged. A quotation mark opens a field right after a delimiter or
a line end, and closes it right before one (RFC 4180); a doubled one inside stands for itself.
So whether a byte is inside quotes is the parity of the marks before it, and everything here is
counting on whole blocks of bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mg_cdisc.frame import Index

_LF: Final = 10
_CR: Final = 13
_QUOTE: Final = 34
_BLOCK: Final = 1 << 22
_CACHE: Final = 1 << 18  # bytes that stay in the processor's cache while they are looked at

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Records:
    """Every record that is not an empty line: first byte, byte of its line end, and its line."""

    starts: Index
    ends: Index
    lines: Index
    multiline: bool = False
    """Whether a quoted text has a line end in it."""


class QuoteFault(Exception):
    """A quotation mark that no rule explains: the byte where its field opened, and its own.

    ``closed`` is the byte of a mark that closes neither before a delimiter nor a line end, or -1
    where the text ends before any mark closes the field.
    """

    def __init__(self, opened: int, closed: int) -> None:
        super().__init__(opened, closed)
        self.opened = opened
        self.closed = closed


def needs_scan(data: bytes, start: int, *, quoted: bool) -> bool:
    """Whether lines and records may differ by more than empty lines: not without quotes or CR."""
    return (
        data.startswith(b"\n", start)
        or data.find(b"\r", start) >= 0
        or (quoted and data.find(b'"', start) >= 0)
    )


def count_lines(data: bytes, start: int) -> int:
    """Lines from byte ``start``, which end with LF; empty ones too."""
    view: Bytes = np.frombuffer(data, np.uint8)[start:]
    found = sum(
        int(np.count_nonzero(view[begin : begin + _CACHE] == _LF))
        for begin in range(0, len(view), _CACHE)
    )
    return found + int(len(view) > 0 and view[-1] != _LF)


def scan_records(
    data: bytes, start: int, first_line: int, delimiter: str, *, quoted: bool
) -> Records:
    """The records from byte ``start``, which begins line ``first_line``.

    A line ends with LF, CR LF or CR; inside quotes it goes on. Empty lines are no records.
    Raises QuoteFault at the first mark that opens or closes in the middle of a text.
    """
    view: Bytes = np.frombuffer(data, np.uint8)
    crs = data.count(b"\r", start)
    records, followed = _scan(view, start, first_line, delimiter, quoted=quoted, lone_cr=False)
    if followed < crs:
        records, _ = _scan(view, start, first_line, delimiter, quoted=quoted, lone_cr=True)
    return records


def _scan(
    view: Bytes, start: int, first_line: int, delimiter: str, *, quoted: bool, lone_cr: bool
) -> tuple[Records, int]:
    """The records, and how many CR are followed by LF."""
    around = np.zeros(256, bool)
    around[[_LF, _CR, _QUOTE, ord(delimiter)]] = True
    marks = terminators = followed = 0
    ends: list[Index] = []
    ordinals: list[Index] = []
    for begin in range(start, len(view), _BLOCK):
        block = view[begin : begin + _BLOCK]
        found = _line_ends(view, begin, block, lone_cr=lone_cr)
        before = view[np.maximum(begin + found - 1, start)]
        followed += int(np.count_nonzero(before == _CR))
        outside: npt.NDArray[np.intp] | slice = slice(None)
        if quoted:
            quotes = np.flatnonzero(block == _QUOTE)
            if len(quotes):
                _check_marks(view, start, begin + quotes, marks, around)
            inside = (np.searchsorted(quotes, found) + marks) & 1
            outside = np.flatnonzero(inside == 0)
            marks += len(quotes)
        ends.append(begin + found[outside])
        ordinals.append(terminators + np.arange(len(found))[outside])
        terminators += len(found)
    if marks & 1:
        raise QuoteFault(_field_opening(view, start, len(view)), -1)
    ended = np.concatenate(ends)
    made = _records(view, start, first_line, ended, np.concatenate(ordinals))
    return replace(made, multiline=len(ended) < terminators), followed


def _line_ends(view: Bytes, begin: int, block: Bytes, *, lone_cr: bool) -> npt.NDArray[np.intp]:
    hit = block == _LF
    if lone_cr:
        following = np.empty(len(block), np.uint8)
        following[:-1] = block[1:]
        after = begin + len(block)
        following[-1] = view[after] if after < len(view) else 0
        hit |= (block == _CR) & (following != _LF)
    return np.flatnonzero(hit)


def _check_marks(
    view: Bytes, start: int, quotes: Index, before: int, around: npt.NDArray[np.bool_]
) -> None:
    """Opening marks stand after a delimiter, line end or mark; closing ones before one."""
    odd = before & 1
    opening, closing = quotes[odd::2], quotes[1 - odd :: 2]
    good_opening = around[view[opening - 1]]
    if len(opening) and opening[0] == start:
        good_opening[0] = True
    good_closing = around[view[np.minimum(closing + 1, len(view) - 1)]]
    if len(closing) and closing[-1] == len(view) - 1:
        good_closing[-1] = True
    if good_opening.all() and good_closing.all():
        return
    faults = np.concatenate([opening[~good_opening], closing[~good_closing]])
    fault = int(faults.min())
    if fault in opening:
        raise QuoteFault(fault, fault)
    raise QuoteFault(_field_opening(view, start, fault), fault)


def _field_opening(view: Bytes, start: int, before: int) -> int:
    """The last mark before this byte that opens a field, rather than being one of a doubled pair.

    An opening mark right after a closing one is the second half of a doubled mark.
    """
    quotes = start + np.flatnonzero(view[start:before] == _QUOTE)
    opening = quotes[::2]
    doubled = np.zeros(len(opening), bool)
    doubled[1:] = opening[1:] == quotes[1::2][: len(opening) - 1] + 1
    return int(opening[~doubled][-1])


def _records(view: Bytes, start: int, first_line: int, ends: Index, ordinals: Index) -> Records:
    if not len(ends) or ends[-1] < len(view) - 1:  # the last line has no line end
        ends = np.append(ends, len(view))
        ordinals = np.append(ordinals, ordinals[-1] + 1 if len(ordinals) else 0)
    starts = np.concatenate([np.array([start]), ends[:-1] + 1])
    lines = first_line + np.concatenate([np.zeros(1, np.int64), ordinals[:-1] + 1])
    length = ends - starts
    at = np.minimum(starts, len(view) - 1)
    blank = (length == 0) | ((length == 1) & (view[at] == _CR))
    keep = ~blank
    return Records(starts[keep], ends[keep], lines[keep])


def count_fields(data: bytes, records: Records, delimiter: str, *, quoted: bool) -> Index:
    """Fields of each record: one more than its delimiters outside quotes."""
    view: Bytes = np.frombuffer(data, np.uint8)
    start = int(records.starts[0])
    found = start + np.flatnonzero(view[start:] == ord(delimiter))
    if quoted:
        quotes = start + np.flatnonzero(view[start:] == _QUOTE)
        found = found[np.searchsorted(quotes, found) & 1 == 0]
    counted = np.searchsorted(found, records.ends) - np.searchsorted(found, records.starts)
    return counted.astype(np.int64) + 1
