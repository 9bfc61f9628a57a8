"""What a partial date can mean: its earliest and latest instant, comparison, and order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mg_cdisc.dates.civil import (
    DAY,
    DAY_SECONDS,
    EARLIEST,
    HOUR,
    LATEST,
    MINUTE,
    MONTH,
    SECOND,
    YEAR,
    Fields,
    Mask,
    Whole,
    day_number,
)
from mg_cdisc.dates.completion import first_completion, last_completion
from mg_cdisc.dates.memory import remembered
from mg_cdisc.dates.partial import Parts, parse, parse_intervals
from mg_cdisc.dates.shapes import plain

Precision = npt.NDArray[np.int8]

# seconds in one unit of a precision; 0 where values are not compared as points: nothing coarser
# than a day, and no fraction of a second, which instants do not keep
_UNIT = np.array([0, 0, 0, DAY_SECONDS, 3600, 60, 1, 0], np.int64)


@remembered
def bounds(values: pa.Array) -> tuple[Whole, Whole, Precision]:
    """First instant, the instant after the last, and precision of --DTC values.

    Instants are seconds from 1960-01-01T00:00:00; the true moment is at or after the first and
    before the second. Precision counts the parts known without a gap from the year on: 0 none,
    1 year, 2 month, 3 day, 4 hour, 5 minute, 6 second, 7 a fraction of a second.

    A value with a missing middle spans from the first to the last moment it can be
    (``2025---15``: 15 January to the end of 15 December, precision 1). An unknown year leaves the
    years 1 to 9999. An interval of two dates spans from the start of the first to the end of the
    second, at precision 0; a side given as a duration is open, and an end before its start leaves
    all open. Blank, and text that is no date, leave all open at precision 0. Offsets
    from UTC are not applied: dates are the subject's own.
    Rule: SDTMIG 3.4 section 4.4.2.

    >>> low, high, precision = bounds(pa.array(["1960-01-02", "1960", "1960---15"]))
    >>> (low // 86400).tolist(), (high // 86400).tolist(), precision.tolist()
    ([1, 0, 14], [2, 366, 350], [3, 1, 1])
    """
    text = plain(values)
    low, high, precision = _spans(parse(text))
    rows, start, end = parse_intervals(text)
    if len(rows):
        first, _, _ = _spans(start)
        _, last, _ = _spans(end)
        low[rows] = np.where(first < last, first, EARLIEST)
        high[rows] = np.where(first < last, last, LATEST)
    for part in (low, high, precision):
        part.flags.writeable = False
    return low, high, precision


def _spans(parts: Parts) -> tuple[Whole, Whole, Precision]:
    fields = parts.fields
    known = fields >= 0
    precision = np.cumprod(known, axis=0, dtype=np.int8).sum(axis=0, dtype=np.int8)
    precision += parts.micros >= 0
    low = _instant(first_completion(fields))
    high = _instant(last_completion(fields)) + 1
    return low, high, precision


def _instant(fields: Fields) -> Whole:
    """Seconds from 1960-01-01 of parts that are all known."""
    seconds = day_number(fields[YEAR], fields[MONTH], fields[DAY]) * DAY_SECONDS
    seconds += fields[HOUR] * 3600 + fields[MINUTE] * 60 + fields[SECOND]
    return seconds


def compare(
    low: Whole,
    high: Whole,
    precision: Precision,
    other_low: Whole,
    other_high: Whole,
    other_precision: Precision,
) -> tuple[Mask, Mask, Mask]:
    """Whether one --DTC value is before another, equal to it, and whether that is decided.

    Takes what ``bounds`` gives for either side. Two values of one precision, day or finer, are
    compared as points of that precision. All others are decided only where no moment of one can
    meet or pass a moment of the other. ``less`` and ``equal`` are false where undecided; decided
    and neither is greater.

    ==================== ==================== =========
    one                  other                outcome
    ==================== ==================== =========
    2025-03-15           2025-03-15           equal
    2025-03-15           2025-03-16           less
    2025-03-15T10:30     2025-03-15T10:30     equal
    2025-03-15           2025-03-15T10:30     undecided
    2025-03-14           2025-03-15T10:30     less
    2025-03              2025-03              undecided
    2025-02              2025-03              less
    2025-02              2025-03-01           less
    2025-03              2025-03-01           undecided
    2025                 2026-01-01T00:00     less
    2025---15            2025-01-14           greater
    2025---15            2025-01-15           undecided
    2025-03-15T-:30      2025-03-15           undecided
    blank                anything             undecided
    ==================== ==================== =========

    >>> one, other = bounds(pa.array(["2025-02"])), bounds(pa.array(["2025-03-01"]))
    >>> [answer.tolist() for answer in compare(*one, *other)]
    [[True], [False], [True]]
    """
    # a value with a gap spans less than one unit of its precision, so is no point
    point = (high - low == _UNIT[precision]) & (precision == other_precision)
    point &= other_high - other_low == _UNIT[other_precision]
    less = high <= other_low
    equal = point & (low == other_low)
    return less, equal, equal | less | (other_high <= low)


def order_key(values: pa.Array) -> Whole:
    """Whole numbers that sort --DTC values in time.

    Values sort by their earliest instant; of those that begin together the less precise comes
    first (``2025``, ``2025-01``, ``2025-01-01``, ``2025-01-01T00:00``). Blank, and text that is
    no date, come before all. Fractions of a second count to the microsecond. The order of partial
    values is a convention: where the choice matters, ask ``compare``.

    >>> texts = pa.array(["2025-01-01", "2025", "", "2024-12-31T23:59"])
    >>> [texts[place].as_py() for place in np.argsort(order_key(texts)).tolist()]
    ['', '2024-12-31T23:59', '2025', '2025-01-01']
    """
    text = plain(values)
    low, _, precision = bounds(text)
    micros = np.maximum(parse(text).micros, 0)
    return (low * 1_000_000 + micros) * 8 + precision
