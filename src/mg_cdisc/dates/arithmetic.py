"""Differences of dates: study day, days, weeks, months, years, and age.

Dates are SAS days (``to_date``), NaN where the date is not complete, and a missing side makes a
missing difference. So a date and a datetime differ by their date parts, and a partial date differs
from nothing. No function counts the first day in: ``+ 1`` is the caller's, where the analysis
counts both ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pyarrow as pa

from mg_cdisc.dates.bounds import bounds
from mg_cdisc.dates.civil import DAY_SECONDS, EARLIEST, LATEST, Mask, Numbers, Whole, civil

AgeUnit = Literal["years", "months", "weeks", "days"]


def study_day(dates: Numbers, reference: Numbers) -> Numbers:
    """--DY: the reference date is day 1, the day before it day -1; there is no day 0.

    Missing where either date is missing or partial. Rule: SDTMIG 3.4 section 4.4.4.

    >>> study_day(np.array([10.0, 11.0, 9.0, np.nan]), np.array([10.0] * 4)).tolist()
    [1.0, 2.0, -1.0, nan]
    """
    days = np.floor(dates) - np.floor(reference)
    return days + (days >= 0)


def days_between(start: Numbers, end: Numbers) -> Numbers:
    """Days from one date to another, negative where the second is earlier.

    >>> days_between(np.array([10.0]), np.array([17.0])).tolist()
    [7.0]
    """
    return np.floor(end) - np.floor(start)


def weeks_between(start: Numbers, end: Numbers) -> Numbers:
    """Weeks from one date to another, with decimals.

    >>> weeks_between(np.array([10.0]), np.array([20.5])).tolist() == [10 / 7]
    True
    """
    return days_between(start, end) / 7


def months_between(start: Numbers, end: Numbers, divisor: float | None = None) -> Numbers:
    """Months from one date to another: days by a stated divisor, or completed calendar months.

    Without a divisor (30.4375 is a usual one) a month is completed when the day of the month
    comes round; where a month is too short for it, on the first of the next. Going backwards
    counts the same months, negative.

    >>> january, march = np.array([21.0]), np.array([80.0])   # 22 January and 21 March 1960
    >>> months_between(january, march).tolist(), months_between(march, january).tolist()
    ([1.0], [-1.0])
    """
    if divisor is not None:
        return days_between(start, end) / divisor
    return _by_calendar(start, end, completed_months)


def years_between(start: Numbers, end: Numbers, divisor: float | None = None) -> Numbers:
    """Years from one date to another: days by a stated divisor, or completed calendar years.

    Without a divisor (365.25 is a usual one) a year is completed on the anniversary; that of a
    29 February in a common year is 1 March. Going backwards counts the same years, negative.

    >>> years_between(np.array([0.0]), np.array([365.0])).tolist()    # 1960 had 366 days
    [0.0]
    """
    if divisor is not None:
        return days_between(start, end) / divisor
    return _by_calendar(start, end, completed_years)


def _by_calendar(
    start: Numbers, end: Numbers, completed: Callable[[Whole, Whole], Whole]
) -> Numbers:
    known = ~(np.isnan(start) | np.isnan(end))
    one, other = (np.floor(np.where(known, side, 0)).astype(np.int64) for side in (start, end))
    first, last = np.minimum(one, other), np.maximum(one, other)
    return np.where(known, np.where(one <= other, 1, -1) * completed(first, last), np.nan)


def completed_months(first: Whole, last: Whole) -> Whole:
    """Calendar months completed from a day number to a later one."""
    year, month, day = civil(first)
    last_year, last_month, last_day = civil(last)
    return (last_year - year) * 12 + (last_month - month) - (last_day < day)


def completed_years(first: Whole, last: Whole) -> Whole:
    """Calendar years completed from a day number to a later one."""
    return completed_months(first, last) // 12


def age(birth: pa.Array, reference: pa.Array, unit: AgeUnit = "years") -> Numbers:
    """AGE: completed years, months, weeks or days from a --DTC birth date to a reference date.

    Of partial dates the age is defined only where every date that either can be gives the same
    answer: born ``1960-05`` is 64 on 2025-04-30 and 65 on 2025-06-01, but not known on
    2025-05-15. Missing where a date is blank, has an unknown year, or the reference can lie
    before the birth. Times of day do not count. A 29 February has its birthday on 1 March in
    common years. Rule: SDTMIG 3.4 section 5.2 (DM, AGE).

    >>> age(pa.array(["1960-05", "1960-05"]), pa.array(["2025-04-30", "2025-05-15"])).tolist()
    [64.0, nan]
    """
    born_first, born_last, born = _days(birth)
    day_first, day_last, known = _days(reference)
    known &= born & (born_last <= day_first)
    counts: dict[AgeUnit, Callable[[Whole, Whole], Whole]] = {
        "years": completed_years,
        "months": completed_months,
        "weeks": lambda first, last: (last - first) // 7,
        "days": lambda first, last: last - first,
    }
    completed = counts[unit]
    # age falls with the birth and rises with the reference, so the two extremes hold all answers
    least = completed(born_last, day_first)
    return np.where(known & (least == completed(born_first, day_last)), least, np.nan)


def _days(values: pa.Array) -> tuple[Whole, Whole, Mask]:
    """The first and last day that a value can be, and whether its year is known."""
    low, high, precision = bounds(values)
    known = (precision > 0) | ((low > EARLIEST) & (high < LATEST))
    return low // DAY_SECONDS, (high - 1) // DAY_SECONDS, known
