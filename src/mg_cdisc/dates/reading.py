"""Source dates to partial ISO 8601: by declared formats, from separate parts, date beside time.

A part that the source says is unknown stays unknown; nothing is imputed here. Text that no format
reads, and a date or time that no calendar has, are not ok and give blank: the caller makes a
finding of them. Rule: SDTMIG 3.4 section 4.4.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.dates.civil import HOUR, MINUTE, MONTH, SECOND, YEAR, Fields, Mask, possible
from mg_cdisc.dates.formats import (
    MONTH_NUMBERS,
    UNKNOWN_PARTS,
    DateFormat,
    FormatError,
    check_formats,
)
from mg_cdisc.dates.partial import parse, render
from mg_cdisc.dates.shapes import Shapes, plain, unknown_fields

_LETTERS = "yMdHms"


@dataclass(frozen=True)
class _Layout:
    """What a shape means under a format: where numbers stand, and what is already known."""

    numbers: tuple[tuple[int, int, int], ...]  # part, start, width
    month: int
    half: int | None  # hours to add to an hour of 1-12
    fraction: tuple[int, int] | None
    zone: tuple[int, int] | None
    pivot: int | None
    unknown: frozenset[tuple[int, int]]  # width and value of numbers that mean unknown


def read_dates(values: pa.Array, formats: Sequence[DateFormat]) -> tuple[pa.StringArray, Mask]:
    """Source dates in declared formats to --DTC text, and whether each could be read.

    The first format that a value fits reads it. Space around a value is ignored. Unknown parts
    (``UN``, ``UNK``, ``--``, ``??``; see UNKNOWN_PARTS) give a partial date, as do values that
    leave parts off from the finest on (``MAR-2025`` and ``2025`` for ``dd-MMM-yyyy``). Wholly
    unknown gives blank. Formats of times alone give ``-----T07:15``.

    Blank is ok and stays blank. Not ok, and blank: text that fits no format, 31 February, 29
    February of a common year, month 13, hour 24 or 25.
    Raises FormatError where two of the formats read one text differently.
    Rule: SDTMIG 3.4 section 4.4.2.

    >>> from mg_cdisc.dates.formats import compile_format
    >>> texts = pa.array(["5-mar-2025", "UN-MAR-2025", "15-UNK-2025", "UNK", "31-FEB-2025"])
    >>> iso, ok = read_dates(texts, [compile_format("d-MMM-yyyy")])
    >>> iso.to_pylist(), ok.tolist()
    (['2025-03-05', '2025-03', '2025---15', '', ''], [True, True, True, True, False])
    """
    fields, tail, ok = _read(plain(values), formats)
    return render(fields, tail), ok


def join_date_time(
    dates: pa.Array, times: pa.Array, formats: Sequence[DateFormat]
) -> tuple[pa.StringArray, Mask]:
    """A --DTC from an ISO 8601 date and a time as the source wrote it, row by row.

    A blank or unknown time leaves the date as it is; an unknown date leaves ``-----T07:15``.
    Not ok, and blank: a date that is not ISO 8601, a time that no format reads, a time beside a
    date that has one already. Raises FormatError if a format has a date in it.
    Rule: SDTMIG 3.4 section 4.4.2.

    >>> from mg_cdisc.dates.formats import compile_format
    >>> both = pa.array(["2025-03-15", "2025-03"]), pa.array(["7:05", "UN:UN"])
    >>> join_date_time(*both, [compile_format("H:mm")])[0].to_pylist()
    ['2025-03-15T07:05', '2025-03']
    """
    for form in formats:
        if form.reads("y"):
            raise FormatError(f"{form.pattern}: the format of a time has no date in it")
    text = plain(dates)
    days = parse(text)
    clock, tail, ok = _read(plain(times), formats)
    ok &= days.valid | _blank(text)
    timed = (days.fields[HOUR:] >= 0).any(axis=0)
    ok &= ~(timed & (clock >= 0).any(axis=0))
    fields = np.where(np.arange(6)[:, None] < HOUR, days.fields, clock)
    fields[:, ~ok] = -1
    joined = render(fields, None if tail is None else pc.if_else(pa.array(ok), tail, ""))
    return pc.if_else(pa.array(timed & ok), text, joined), ok


def join_parts(
    year: pa.Array | None,
    month: pa.Array | None = None,
    day: pa.Array | None = None,
    hour: pa.Array | None = None,
    minute: pa.Array | None = None,
    second: pa.Array | None = None,
    *,
    unknown: frozenset[str] = UNKNOWN_PARTS,
) -> tuple[pa.StringArray, Mask]:
    """A --DTC from parts in columns of their own, and whether the parts of a row make a date.

    Years have four digits, other parts one or two; a month may be an English name of three
    letters or in full. A part that is blank, absent or in ``unknown`` is unknown. Not ok, and
    blank: any other text in a part, and a date or time that no calendar has.
    Rule: SDTMIG 3.4 section 4.4.2.

    >>> columns = [pa.array(["2025", "2025"]), pa.array(["Mar", "UNK"]), pa.array(["5", "15"])]
    >>> join_parts(*columns)[0].to_pylist()
    ['2025-03-05', '2025---15']
    """
    given = (year, month, day, hour, minute, second)
    columns = [column for column in given if column is not None]
    if not columns:
        raise ValueError("a date is joined from at least one part")
    folded = sorted({"", *(word.upper() for word in unknown)})
    words = pa.array(folded, pa.string())
    clock_words = pa.array([word for word in folded if not word.isdigit()], pa.string())
    fields = unknown_fields(len(columns[0]))
    ok = np.ones(len(columns[0]), bool)
    for part, column in enumerate(given):
        if column is not None:
            allowed = words if part < HOUR else clock_words
            fields[part], good = _part_numbers(plain(column), part, allowed)
            ok &= good
    ok &= possible(fields)
    fields[:, ~ok] = -1
    return render(fields), ok


def _part_numbers(
    column: pa.StringArray, part: int, words: pa.StringArray
) -> tuple[npt.NDArray[np.int32], Mask]:
    """The numbers of one part, -1 where it is unknown, and whether its text is allowed."""
    encoded = column.dictionary_encode()
    texts = pc.utf8_upper(pc.utf8_trim_whitespace(encoded.dictionary))
    digits = "[0-9]{4}" if part == YEAR else "[0-9]{1,2}"
    written = pc.match_substring_regex(texts, f"^{digits}$")
    gone = np.asarray(pc.is_in(texts, value_set=words))
    numbers = pc.if_else(written, texts, "-1").cast(pa.int32()).to_numpy(zero_copy_only=False)
    if part == MONTH:
        names = pa.array(list(MONTH_NUMBERS), pa.string())
        place = pc.fill_null(pc.index_in(texts, value_set=names), -1).to_numpy()
        of_name = np.array([*MONTH_NUMBERS.values(), -1], np.int32)
        numbers = np.where(place >= 0, of_name[place], numbers)
    good = gone | (numbers >= 0)
    numbers = np.where(gone, -1, numbers)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    return numbers.astype(np.int32)[codes], good[codes]


def _blank(text: pa.StringArray) -> Mask:
    return np.asarray(pc.equal(text, "").to_numpy(zero_copy_only=False), bool)


def _read(
    values: pa.StringArray, formats: Sequence[DateFormat]
) -> tuple[Fields, pa.StringArray | None, Mask]:
    """Parts, decimals and offsets behind them, and whether each value could be read."""
    check_formats(formats)
    text = pc.utf8_trim_whitespace(values)
    shapes = Shapes.of(text, fold_case=True)
    fields = unknown_fields(len(text))
    ok = _blank(text)
    layouts: dict[int, _Layout] = {}
    for form in formats:
        for code, shape in shapes.like(form.sift):
            if code not in layouts and (match := form.match(shape)):
                layouts[code] = _layout(match, form)
    tails: list[tuple[npt.NDArray[np.int64], pa.StringArray]] = []
    for code, rows in shapes.groups(layouts):
        layout = layouts[code]
        made, good = _numbers(shapes, rows, layout)
        good &= possible(made)
        if layout.fraction:
            good &= made[SECOND] >= 0
        made[:, ~good] = -1
        fields[:, rows], ok[rows] = made, good
        if layout.fraction or layout.zone:
            tails.append((rows, _tail(shapes, rows, layout, made)))
    return fields, _spread(tails, len(text)), ok


def _layout(match: re.Match[bytes], form: DateFormat) -> _Layout:
    """The meaning of a shape, from how a format divides it."""
    found = {name: (match.span(name), text.decode()) for name, text in match.groupdict().items()}
    numbers = []
    for name, ((start, stop), text) in found.items():
        if name in _LETTERS and text.startswith("0"):
            numbers.append((_LETTERS.index(name), start, stop - start))
    _, month = found.get("M", (None, ""))
    _, half = found.get("a", (None, ""))
    (first, last), _ = found.get("y", ((0, 0), ""))
    return _Layout(
        numbers=tuple(numbers),
        month=MONTH_NUMBERS.get(month, -1),
        half={"A": 0, "P": 12}.get(half[:1]),
        fraction=found["S"][0] if "S" in found else None,
        zone=found["X"][0] if "X" in found else None,
        pivot=form.pivot if last - first == 2 else None,
        unknown=frozenset((len(word), int(word)) for word in form.unknown if word.isdigit()),
    )


def _numbers(shapes: Shapes, rows: npt.NDArray[np.int64], layout: _Layout) -> tuple[Fields, Mask]:
    """The parts of the values of one shape, and whether hours of 1-12 and offsets are in range."""
    made = unknown_fields(len(rows))
    good = np.ones(len(rows), bool)
    made[MONTH] = layout.month
    for part, start, width in layout.numbers:
        numbers = shapes.number(rows, start, width)
        if part == YEAR and width == 2 and layout.pivot is not None:
            numbers = layout.pivot + (numbers - layout.pivot) % 100
        elif part == HOUR and layout.half is not None:
            good &= (numbers >= 1) & (numbers <= 12)
            numbers = numbers % 12 + layout.half
        if part < HOUR:
            for _, number in (word for word in layout.unknown if word[0] == width):
                numbers = np.where(numbers == number, np.int32(-1), numbers)
        made[part] = numbers
    if layout.zone and layout.zone[1] - layout.zone[0] > 1:
        good &= shapes.number(rows, layout.zone[0] + 1, 2) <= 23
        good &= shapes.number(rows, layout.zone[0] + 4, 2) <= 59
    return made, good


def _tail(
    shapes: Shapes, rows: npt.NDArray[np.int64], layout: _Layout, made: Fields
) -> pa.StringArray:
    """Decimals of a second, and the offset from UTC where any part of the time is known."""
    fraction = zone = pa.repeat("", len(rows))
    if layout.fraction:
        written = pc.binary_join_element_wise(".", shapes.piece(rows, *layout.fraction), "")
        fraction = pc.if_else(pa.array(made[SECOND] >= 0), written, "")
    if layout.zone:
        timed = (made[HOUR : MINUTE + 1] >= 0).any(axis=0)
        written = pc.ascii_upper(shapes.piece(rows, *layout.zone))
        zone = pc.if_else(pa.array(timed), written, "")
    return pc.binary_join_element_wise(fraction, zone, "")


def _spread(
    pieces: Sequence[tuple[npt.NDArray[np.int64], pa.StringArray]], rows: int
) -> pa.StringArray | None:
    """Texts given to their rows, blank elsewhere; None where there are none at all."""
    if not pieces:
        return None
    place = np.zeros(rows, np.int64)
    start = 1
    for at, _ in pieces:
        place[at] = np.arange(start, start + len(at))
        start += len(at)
    return pa.concat_arrays([pa.array([""], pa.string()), *(texts for _, texts in pieces)]).take(
        pa.array(place)
    )
