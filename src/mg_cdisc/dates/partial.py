"""Complete and partial ISO 8601 dates and times, as --DTC holds them.

Missing parts at the end are left off; a missing part before a known one is a single hyphen in its
place: ``2025---15`` is the 15th of some month of 2025, ``2025-03-15T-:30`` half past some hour,
``-----T07:15`` quarter past seven of some day. A value wholly unknown is blank.
Rule: SDTMIG 3.4 section 4.4.1 (formats) and 4.4.2 (precision).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.dates.civil import SECOND, YEAR, Fields, Mask, possible
from mg_cdisc.dates.memory import remembered
from mg_cdisc.dates.shapes import Shapes, from_raw, plain, unknown_fields

PRECISIONS: Final = ("year", "month", "day", "hour", "minute", "second")

_ZONE = "[+-]00:00|Z"
_DATE_TIME = (
    r"(?P<year>0000|-)(?:-(?P<month>00|-)(?:-(?P<day>00|-)"
    r"(?:T(?P<hour>00|-)(?::(?P<minute>00|-)(?::(?P<second>00|-)(?P<fraction>\.0+)?)?)?"
    rf"(?P<zone>{_ZONE})?)?)?)?"
)
_SHAPE = re.compile(_DATE_TIME.encode())
_SIFT = re.sub(r"\?P<\w+>", "?:", _DATE_TIME)

_COUNT = r"0+(?:\.0+)?"
_CALENDAR = f"(?:{_COUNT}Y)?(?:{_COUNT}M)?(?:{_COUNT}D)?"
_CLOCK = f"(?:{_COUNT}H)?(?:{_COUNT}M)?(?:{_COUNT}S)?"
_DURATION = rf"P(?:{_COUNT}W|{_CALENDAR}(?:T{_CLOCK})?)"
# nothing counted, a T with no clock after it, or a decimal that is not the last count
_NO_DURATION = r"^-?P$|T$|\.0+[A-Z]T?0"


@dataclass(frozen=True)
class Parts:
    """The parts of ISO 8601 values: -1 in ``fields`` is unknown, in ``micros`` no fraction.

    ``valid`` is false for text that is no date or time, whose parts are all unknown; a blank is
    not valid either. An offset from UTC is allowed but not kept: dates and times are local.
    """

    fields: Fields
    micros: npt.NDArray[np.int32]
    valid: Mask

    def take(self, rows: Mask) -> Parts:
        """The parts of some of the values."""
        return Parts(self.fields[:, rows], self.micros[rows], self.valid[rows])


@remembered
def parse(values: pa.Array) -> Parts:
    """The parts of complete or partial ISO 8601 dates and times; intervals are not valid here.

    >>> parse(pa.array(["2025---15", "2025-02-30"])).fields.T.tolist()
    [[2025, -1, 15, -1, -1, -1], [-1, -1, -1, -1, -1, -1]]
    """
    shapes = Shapes.of(plain(values), fold_case=False)
    fields = unknown_fields(len(values))
    micros = np.full(len(values), -1, np.int32)
    valid = np.zeros(len(values), bool)
    spans = {code: _spans(kind) for code, kind in shapes.like(_SIFT)}
    for code, rows in shapes.groups([code for code, found in spans.items() if found]):
        found = spans[code]
        for part, name in enumerate(PRECISIONS):
            if name in found:
                start, stop = found[name]
                fields[part, rows] = shapes.number(rows, start, stop - start)
        good = possible(fields[:, rows])
        if "fraction" in found:
            start, stop = found["fraction"]
            width = min(stop - start - 1, 6)
            micros[rows] = shapes.number(rows, start + 1, width) * 10 ** (6 - width)
        if "zone" in found:
            start, stop = found["zone"]
            if stop - start > 1:
                good &= shapes.number(rows, start + 1, 2) <= 23
                good &= shapes.number(rows, start + 4, 2) <= 59
        valid[rows] = good
    fields[:, ~valid] = -1
    micros[~valid] = -1
    for made in (fields, micros, valid):
        made.flags.writeable = False
    return Parts(fields, micros, valid)


def _spans(shape: bytes) -> dict[str, tuple[int, int]]:
    """Where each known part stands in a shape; nothing where hyphens stand that must not."""
    match = _SHAPE.fullmatch(shape)
    if match is None:
        return {}
    written = [name for name in PRECISIONS if match[name] is not None]
    known = [name for name in written if match[name] != b"-"]
    # what is missing at the end is left off, not hyphenated
    if written[-1] not in known:
        return {}
    extra = [name for name in ("fraction", "zone") if match[name] is not None]
    return {name: match.span(name) for name in known + extra}


_TENS = (np.arange(100) // 10 + 48).astype(np.uint8)
_UNITS = (np.arange(100) % 10 + 48).astype(np.uint8)
_SEPARATOR = (b"", b"-", b"-", b"T", b":", b":")


def render(fields: Fields, tail: pa.StringArray | None = None) -> pa.StringArray:
    """ISO 8601 text of parts, the unknown ones left off at the end and hyphens elsewhere.

    ``tail`` is written behind: a decimal fraction, an offset from UTC.

    >>> parts = np.array([[2025, -1, 15, -1, -1, -1], [-1, -1, -1, 7, 5, -1]], np.int32)
    >>> render(parts.T).to_pylist()
    ['2025---15', '-----T07:05']
    """
    rows = fields.shape[1]
    known = np.zeros(rows, np.uint8)
    for part in range(6):
        known |= (fields[part] >= 0).astype(np.uint8) << np.uint8(part)
    patterns = np.flatnonzero(np.bincount(known, minlength=64)).tolist()
    templates = {pattern: _template(pattern) for pattern in patterns}
    width = np.zeros(64, np.int32)
    for pattern, template in templates.items():
        width[pattern] = sum(1 if isinstance(piece, bytes) else piece[1] for piece in template)
    offsets = np.zeros(rows + 1, np.int32)
    np.cumsum(width[known], out=offsets[1:])
    data = np.empty(offsets[-1], np.uint8)
    for pattern, template in templates.items():
        chosen = np.flatnonzero(known == pattern) if len(patterns) > 1 else slice(None)
        at = offsets[:-1][chosen].copy()
        for piece in template:
            if isinstance(piece, bytes):
                data[at] = piece[0]
                at += 1
                continue
            numbers = fields[piece[0]][chosen]
            if piece[1] == 4:
                century = numbers // 100
                data[at], data[at + 1] = _TENS[century], _UNITS[century]
                at += 2
                numbers = numbers - century * 100
            data[at], data[at + 1] = _TENS[numbers], _UNITS[numbers]
            at += 2
    text = from_raw(data, offsets)
    return text if tail is None else pc.binary_join_element_wise(text, tail, "")


def _template(pattern: int) -> list[bytes | tuple[int, int]]:
    """Single bytes, and (part, width) where a number goes, for a set of known parts."""
    last = pattern.bit_length() - 1
    if last < 0:
        return []
    pieces: list[bytes | tuple[int, int]] = []
    for part in range(last + 1):
        if _SEPARATOR[part]:
            pieces.append(_SEPARATOR[part])
        pieces.append((part, 4 if part == YEAR else 2) if pattern >> part & 1 else b"-")
    return pieces


def truncate(values: pa.Array, precision: str) -> pa.StringArray:
    """The values with no part finer than ``precision`` (``year`` to ``second``).

    ``truncate(x, "day")`` is the date part. Text that is no date or time, and intervals, give
    blank; values that are no finer stay as they are. Rule: SDTMIG 3.4 section 4.4.4.

    >>> truncate(pa.array(["2025-03-15T10:30", "2025-03", "x"]), "day").to_pylist()
    ['2025-03-15', '2025-03', '']
    """
    finest = PRECISIONS.index(precision)
    text = plain(values)
    parts = parse(text)
    fields = parts.fields.copy()
    fields[finest + 1 :] = -1
    cut = (parts.fields[finest + 1 :] >= 0).any(axis=0)
    cut |= (parts.micros >= 0) & (finest <= SECOND)
    cut |= ~parts.valid
    return pc.if_else(pa.array(cut), render(fields), text)


def parse_intervals(values: pa.StringArray) -> tuple[npt.NDArray[np.int64], Parts, Parts]:
    """The rows that hold an interval, and the parts of its start and of its end.

    A side that is a duration has no known part. Rule: SDTMIG 3.4 sections 4.4.2 and 4.4.3.2.
    """
    slashes = pc.count_substring(values, "/").to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(slashes == 1)
    if not len(rows):
        return rows, _nothing(), _nothing()
    halves = pc.extract_regex(values.take(pa.array(rows)), "^(?P<start>[^/]*)/(?P<end>[^/]*)$")
    before, after = pc.struct_field(halves, "start"), pc.struct_field(halves, "end")
    start, end = parse(before), parse(after)
    good = (start.valid & end.valid) | (start.valid & is_duration(after))
    good |= is_duration(before) & end.valid
    return rows[good], start.take(good), end.take(good)


@cache
def _nothing() -> Parts:
    """The parts of no value."""
    return parse(pa.array([], pa.string()))


def is_iso8601(values: pa.Array) -> Mask:
    """Whether each value is a date or time as --DTC may hold it; a blank is not one.

    Complete and partial values, and intervals: two dates, a date and a duration, or a duration
    and a date, joined by a solidus. The calendar must allow the value; lower case, spaces, the
    basic format, week dates and hour 24 are not allowed.
    Rule: SDTMIG 3.4 sections 4.4.1, 4.4.2 and 4.4.3.2; CORE CG0011.

    >>> is_iso8601(pa.array(["2003---15", "2003-12-01/2003-12-10", "20031215"])).tolist()
    [True, True, False]
    """
    text = plain(values)
    good = parse(text).valid.copy()
    rows, _, _ = parse_intervals(text)
    good[rows] = True
    return good


def is_duration(values: pa.Array, *, signed: bool = False) -> Mask:
    """Whether each value is an ISO 8601 duration as --DUR may hold it; a blank is not one.

    Weeks stand alone, only the last count may have decimals, and a decimal has a leading zero.
    ``signed`` allows a hyphen in front, as --ELTM has it for a time before the reference.
    Rule: SDTMIG 3.4 section 4.4.3.1.

    >>> is_duration(pa.array(["P3M14D", "PT0.5H", "P", "P1.5Y2M", "P1W2D"])).tolist()
    [True, True, False, False, False]
    """
    shapes = Shapes.of(plain(values), fold_case=False)
    fits = pc.match_substring_regex(shapes.kinds, f"^{'-?' if signed else ''}{_DURATION}$")
    fails = pc.match_substring_regex(shapes.kinds, _NO_DURATION)
    good = pc.and_(fits, pc.invert(fails)).to_numpy(zero_copy_only=False)
    return np.asarray(good, bool)[shapes.codes]
