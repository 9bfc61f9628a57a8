"""The Gregorian calendar on whole columns: month lengths, day numbers, impossible dates.

Days and seconds count from 1960-01-01, as SAS does. A part of a date that is not known is -1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Fields = npt.NDArray[np.int32]
"""Six rows, one for each of the parts below, and one column per value."""

YEAR, MONTH, DAY, HOUR, MINUTE, SECOND = range(6)
UNKNOWN = -1
DAY_SECONDS = 86_400

# 9999 is the last year of four digits; the entry after it also answers for an unknown year (-1),
# in which a 29 February is possible
_YEARS = np.arange(10_001, dtype=np.int64)
LEAP: Mask = (_YEARS % 4 == 0) & ((_YEARS % 100 != 0) | (_YEARS % 400 == 0))
_LEAPS_BEFORE = (_YEARS + 3) // 4 - (_YEARS + 99) // 100 + (_YEARS + 399) // 400
_BEFORE_YEAR = 365 * _YEARS + _LEAPS_BEFORE
_BEFORE_YEAR -= _BEFORE_YEAR[1960]

# entry 0 answers for an unknown month, in which a 31st is possible
_COMMON = np.array([31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_LENGTHS = np.stack([_COMMON, _COMMON + (np.arange(13) == 2)])
_BEFORE_MONTH = np.zeros((2, 13), np.int64)
_BEFORE_MONTH[:, 2:] = np.cumsum(_LENGTHS[:, 1:12], axis=1)

_UNIX_TO_SAS = int((np.datetime64("1970-01-01") - np.datetime64("1960-01-01")).astype(np.int64))

EARLIEST_DAY = int(_BEFORE_YEAR[1])
LATEST_DAY = int(_BEFORE_YEAR[10_000]) - 1
EARLIEST = EARLIEST_DAY * DAY_SECONDS
"""The first second of the year 1: where an interval without a lower end begins."""
LATEST = (LATEST_DAY + 1) * DAY_SECONDS
"""The second after the year 9999: where an interval without an upper end stops."""


def month_length(
    year: npt.NDArray[np.integer], month: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Days of a month; the longest that it can have where the year or month is unknown.

    >>> month_length(np.array([2024, 2023, 1900, -1, 2023]), np.array([2, 2, 2, 2, -1])).tolist()
    [29, 28, 28, 29, 31]
    """
    return _LENGTHS[LEAP[year].astype(np.int8), np.maximum(month, 0)]


def day_number(
    year: npt.NDArray[np.integer],
    month: npt.NDArray[np.integer],
    day: npt.NDArray[np.integer],
) -> Whole:
    """Days from 1960-01-01 to a date whose parts are all known.

    >>> year, month, day = np.array([[1960, 1, 1], [1959, 12, 31], [2000, 3, 1]]).T
    >>> day_number(year, month, day).tolist()
    [0, -1, 14670]
    """
    return _BEFORE_YEAR[year] + _BEFORE_MONTH[LEAP[year].astype(np.int8), month] + (day - 1)


def civil(days: Whole) -> tuple[Whole, Whole, Whole]:
    """Year, month and day of a day number.

    >>> [part.tolist() for part in civil(np.array([0, -1, 14670]))]
    [[1960, 1959, 2000], [1, 12, 3], [1, 31, 1]]
    """
    moments = (days - _UNIX_TO_SAS).astype("datetime64[D]")
    months = moments.astype("datetime64[M]")
    count = months.astype(np.int64) + 1970 * 12
    year = count // 12
    day = (moments - months.astype("datetime64[D]")).astype(np.int64) + 1
    return year, count - year * 12 + 1, day


def possible(fields: Fields) -> Mask:
    """Whether the known parts can belong to one date and time.

    The 31st of an unknown month and the 29 February of an unknown year are possible; hour 24,
    second 60 and year 0 are not. Rule: SDTMIG 3.4 section 4.4.1.
    """
    year, month, day, hour, minute, second = fields
    good = (year != 0) & (month != 0) & (month <= 12) & (day != 0)
    good &= (hour <= 23) & (minute <= 59) & (second <= 59)
    good &= day <= month_length(year, np.minimum(month, 12))
    return good
