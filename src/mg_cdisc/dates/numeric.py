"""Dates and times as SAS numbers, from --DTC text and back.

A date is days from 1960-01-01, a datetime seconds from 1960-01-01T00:00:00, a time seconds from
midnight; missing is NaN. Offsets from UTC are not applied.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.dates.civil import (
    DAY_SECONDS,
    EARLIEST_DAY,
    HOUR,
    LATEST_DAY,
    MINUTE,
    SECOND,
    Mask,
    Numbers,
    Whole,
    civil,
    day_number,
)
from mg_cdisc.dates.partial import Parts, parse, render
from mg_cdisc.dates.shapes import plain, unknown_fields


def to_date(values: pa.Array) -> Numbers:
    """The date part of --DTC as SAS days; missing unless year, month and day are known.

    >>> to_date(pa.array(["1960-01-02T10:30", "1960-01", "1960---15"])).tolist()
    [1.0, nan, nan]
    """
    return date_of(parse(plain(values)))


def to_datetime(values: pa.Array) -> Numbers:
    """--DTC as SAS seconds; missing unless the date, the hour and the minute are known.

    Seconds that are not there count as 0 (ADaM asks for no flag where they are never collected;
    ``impute`` flags them where they are); a fraction of a second is kept.
    Rule: ADaMIG 1.3 section 3.1.3.

    >>> to_datetime(pa.array(["1960-01-01T00:01", "1960-01-01T10", "1960-01-01"])).tolist()
    [60.0, nan, nan]
    """
    parts = parse(plain(values))
    return date_of(parts) * DAY_SECONDS + time_of(parts)


def to_time(values: pa.Array) -> Numbers:
    """The time part of --DTC, or a time by itself, as seconds from midnight.

    Missing unless hour and minute are known; seconds that were not collected count as 0. The date
    may be partial.

    >>> to_time(pa.array(["1960-01-01T00:01:30", "-----T07:15", "07:15", "07"])).tolist()
    [90.0, 26100.0, 26100.0, nan]
    """
    text = plain(values)
    alone = pc.and_(pc.match_substring(text, ":"), pc.invert(pc.match_substring(text, "T")))
    return time_of(parse(pc.if_else(alone, pc.binary_join_element_wise("-----T", text, ""), text)))


def date_of(parts: Parts) -> Numbers:
    """SAS days of parsed values."""
    known = (parts.fields[:HOUR] >= 0).all(axis=0)
    year, month, day = np.where(known, parts.fields[:HOUR], 1)
    return np.where(known, day_number(year, month, day), np.nan)


def time_of(parts: Parts) -> Numbers:
    """Seconds from midnight of parsed values."""
    fields = parts.fields
    known = (fields[HOUR] >= 0) & (fields[MINUTE] >= 0)
    seconds = fields[HOUR] * 3600.0 + fields[MINUTE] * 60.0 + np.maximum(fields[SECOND], 0)
    return np.where(known, seconds + np.maximum(parts.micros, 0) / 1e6, np.nan)


def from_date(days: Numbers) -> pa.StringArray:
    """SAS days as ISO 8601 dates, missing as blank; decimals of a day are left off.

    Raises ValueError for days outside the years 1 to 9999.

    >>> from_date(np.array([0.0, np.nan])).to_pylist()
    ['1960-01-01', '']
    """
    known = ~np.isnan(days)
    fields = unknown_fields(len(days))
    fields[:HOUR, known] = civil(_days(np.floor(days[known])))
    return render(fields)


def from_datetime(seconds: Numbers) -> pa.StringArray:
    """SAS seconds as ISO 8601 dates and times to the second, missing as blank.

    A fraction of a second is written to the microsecond, without zeros at its end.
    Raises ValueError for moments outside the years 1 to 9999.

    >>> from_datetime(np.array([90.0, 0.25])).to_pylist()
    ['1960-01-01T00:01:30', '1960-01-01T00:00:00.25']
    """
    known = ~np.isnan(seconds)
    fields = unknown_fields(len(seconds))
    whole, micros = _whole_seconds(seconds[known])
    days = np.floor_divide(whole, DAY_SECONDS)
    fields[:HOUR, known] = civil(_days(days))
    fields[HOUR:, known] = _clock(whole - days * DAY_SECONDS)
    return render(fields, _fraction(known, micros))


def from_time(seconds: Numbers) -> pa.StringArray:
    """Seconds from midnight as ISO 8601 times, missing as blank.

    Raises ValueError for times outside 0 to 23:59:59.

    >>> from_time(np.array([26100.0, np.nan])).to_pylist()
    ['07:15:00', '']
    """
    known = ~np.isnan(seconds)
    fields = unknown_fields(len(seconds))
    whole, micros = _whole_seconds(seconds[known])
    if ((whole < 0) | (whole >= DAY_SECONDS)).any():
        raise ValueError("a time of day is 0 to 86399 seconds from midnight")
    fields[HOUR:, known] = _clock(whole)
    return pc.replace_substring(render(fields, _fraction(known, micros)), "-----T", "")


def _days(days: Numbers) -> Whole:
    if ((days < EARLIEST_DAY) | (days > LATEST_DAY)).any():
        raise ValueError("a date lies in the years 1 to 9999")
    return days.astype(np.int64)


def _whole_seconds(seconds: Numbers) -> tuple[Numbers, Whole]:
    """Whole seconds, and the microseconds behind them."""
    whole = np.floor(seconds)
    micros = np.rint((seconds - whole) * 1e6).astype(np.int64)
    carried = micros >= 1_000_000
    return whole + carried, np.where(carried, 0, micros)


def _clock(seconds: Numbers) -> Whole:
    whole = seconds.astype(np.int64)
    return np.stack([whole // 3600, whole // 60 % 60, whole % 60])


def _fraction(known: Mask, micros: Whole) -> pa.StringArray | None:
    """``.25`` for the rows that have microseconds; None where none has."""
    if not micros.any():
        return None
    digits = pc.utf8_lpad(pa.array(micros).cast(pa.string()), 6, "0")
    trimmed = pc.binary_join_element_wise(".", pc.ascii_rtrim(digits, "0"), "")
    place = np.zeros(len(known), np.int64)
    place[known] = np.where(micros > 0, np.arange(1, len(micros) + 1), 0)
    return pa.concat_arrays([pa.array([""], pa.string()), trimmed]).take(pa.array(place))
