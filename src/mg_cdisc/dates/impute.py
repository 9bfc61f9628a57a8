"""Imputing partial dates and times for analysis, with the flags that say how much was imputed.

--DTC itself is never changed; imputation makes the numeric dates of ADaM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.dates.bounds import bounds
from mg_cdisc.dates.civil import (
    DAY,
    DAY_SECONDS,
    EARLIEST,
    HOUR,
    LATEST,
    MONTH,
    YEAR,
    Fields,
    Mask,
    Numbers,
    Whole,
    day_number,
    month_length,
)
from mg_cdisc.dates.completion import (
    clock_seconds,
    first_completion,
    last_completion,
    nearest_day,
    nearest_time,
)
from mg_cdisc.dates.numeric import time_of
from mg_cdisc.dates.partial import parse
from mg_cdisc.dates.shapes import plain

Highest = Literal["Y", "M", "D", ""]

_LEVELS: Final = ("", "D", "M", "Y")
_TIME_LEVELS: Final = ("", "S", "M", "H")


class ImputeError(ValueError):
    """An imputation rule that cannot be meant; the message says what to write."""


@dataclass(frozen=True)
class Imputed:
    """Imputed dates: SAS ``date`` and ``datetime``, the DTF and TMF flags, and what was refused.

    ``refused`` marks values of which something is known, or whose year was to be imputed, but
    which the rule leaves missing: too little is known, or what is known contradicts the rule.
    """

    date: Numbers
    datetime: Numbers
    date_flag: pa.StringArray
    time_flag: pa.StringArray
    refused: Mask


@dataclass(frozen=True)
class _DateRule:
    kind: str  # first, last, mid, or given
    month: int = 0
    day: int = 0
    lone_day: int = 0  # where only the day is unknown


def impute(
    values: pa.Array,
    *,
    date: str = "first",
    time: str | None = None,
    highest: Highest = "M",
    not_before: pa.Array | None = None,
    not_after: pa.Array | None = None,
    seconds_collected: bool = True,
) -> Imputed:
    """Numeric dates of --DTC values with their unknown parts imputed.

    ``date`` is the rule for unknown months and days: ``first`` or ``last`` of what is possible,
    ``mid`` (30 June, or the 15th where only the day is unknown), or a day of the year as
    ``MM-dd``. What is known is kept: with the month alone unknown (``2025---15``) the rule gives
    the month. Where only the day is unknown, a day that the month lacks becomes its last.
    ``time`` likewise: ``first`` (00:00:00), ``last`` (23:59:59), a time ``HH:mm:ss``, or None to
    leave times alone.

    ``highest`` is the greatest part that may be imputed: ``D`` the day, ``M`` the month, ``Y``
    the year (a blank value included), blank none. A value of which more is unknown is refused.
    A year comes only from a limit: ``first`` with a ``not_before`` or ``last`` with a
    ``not_after`` whose date is complete; else it is refused.

    ``not_before`` and ``not_after`` (--DTC values, one per value) move an imputed date or time to
    the nearest one on the right side of the limit that the known parts allow. A limit never
    overrules what is known: where the known parts lie wholly beyond it, it is not applied, and
    where the two together leave nothing, neither is. Of a partial limit only what it certainly
    says is used.

    The date flag is the greatest part imputed, ``Y``, ``M`` or ``D``; the time flag ``H``, ``M``
    or ``S``; blank where nothing was. ``seconds_collected=False`` leaves ``S`` off, for sources
    that never collect seconds. A value that is refused has neither, and both numbers missing; a
    time not imputed leaves the datetime missing unless hour and minute are known. Blank (unless
    its year may be imputed), intervals, and text that is no date, are missing without flags;
    intervals and other text count as refused.

    Raises ImputeError for a rule that is not one of these.
    Rule: ADaMIG 1.3 section 3.1.3 and table 3.1.3.1.

    >>> made = impute(pa.array(["1960-02", "1960", "1960-02-03T10"]), date="last", time="first")
    >>> made.date.tolist(), made.date_flag.to_pylist(), made.time_flag.to_pylist()
    ([59.0, 365.0, 33.0], ['D', 'M', ''], ['H', 'H', 'M'])
    """
    rule = _date_rule(date)
    clock_rule = None if time is None else _time_rule(time)
    if highest not in _LEVELS:
        raise ImputeError(f"highest: {highest} is not Y, M, D or blank")
    text = plain(values)
    parts = parse(text)
    fields = parts.fields
    blank = np.asarray(pc.equal(text, "").to_numpy(zero_copy_only=False), bool)

    level = _level(fields[:HOUR])
    allowed = (parts.valid | (blank & (highest == "Y"))) & (level <= _LEVELS.index(highest))
    after, before = _limits(not_before, not_after, len(text))
    ruled, made = _by_rule(fields, rule, after, before)
    done = allowed & made
    timed = clock_rule is not None
    days = _limit_days(fields, ruled, done & (level > 0), after, before, timed)
    clock_level = np.zeros(len(text), np.int8)
    seconds = time_of(parts)
    if clock_rule is not None:
        clock_level = _level(fields[HOUR:])
        times = clock_seconds(fields, clock_rule)
        times, clash = _limit_times(fields, times, days, clock_level > 0, after, before)
        days = np.where(clash & (level > 0), ruled, days)
        seconds = times + np.maximum(parts.micros, 0) / 1e6
    dates = np.where(done, days.astype(np.float64), np.nan)
    flagged = done & (seconds_collected | (clock_level > 1))
    return Imputed(
        dates,
        dates * DAY_SECONDS + seconds,
        _flags(np.where(done, level, 0), _LEVELS),
        _flags(np.where(flagged, clock_level, 0), _TIME_LEVELS),
        ~done & ~(blank & (highest != "Y")),
    )


def _flags(levels: npt.NDArray[np.integer], names: tuple[str, ...]) -> pa.StringArray:
    return pa.array(names, pa.string()).take(pa.array(levels.astype(np.int8)))


def _level(fields: Fields) -> npt.NDArray[np.int8]:
    """3 where the first of three parts is unknown, 2 the second, 1 the third, else 0."""
    one, two, three = fields < 0
    return np.select([one, two, three], [3, 2, 1], 0).astype(np.int8)


def _date_rule(text: str) -> _DateRule:
    if text in ("first", "last"):
        return _DateRule(text)
    if text == "mid":
        return _DateRule(text, 6, 30, 15)
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", text)
    if match is None:
        raise ImputeError(f"date: {text} is not first, last, mid or a day of the year as MM-dd")
    month, day = int(match[1]), int(match[2])
    lengths = month_length(np.array([2023]), np.array([min(month, 12)]))
    if not (1 <= month <= 12 and 1 <= day <= lengths[0]):
        raise ImputeError(f"date: {text} is not a day of every year")
    return _DateRule("given", month, day, day)


def _time_rule(text: str) -> tuple[int, int, int]:
    if text in ("first", "last"):
        return (0, 0, 0) if text == "first" else (23, 59, 59)
    match = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])", text)
    if match is None:
        raise ImputeError(f"time: {text} is not first, last or a time as HH:mm:ss")
    return int(match[1]), int(match[2]), int(match[3])


@dataclass(frozen=True)
class _Limit:
    """A limit per value: the day and second of the day, and whether there is one."""

    exists: Mask
    complete: Mask
    day: Whole
    second: Whole

    @classmethod
    def of(cls, values: pa.Array | None, rows: int, *, upper: bool) -> _Limit:
        """The last moment that a limit can be as an upper one, the first as a lower one."""
        if values is None:
            none, zero = np.zeros(rows, bool), np.zeros(rows, np.int64)
            return cls(none, none, zero, zero)
        low, high, precision = bounds(values)
        at = high - 1 if upper else low
        exists = high < LATEST if upper else low > EARLIEST
        day = at // DAY_SECONDS
        return cls(exists, precision >= 3, day, at - day * DAY_SECONDS)

    def where(self, kept: Mask) -> _Limit:
        """The limits that are kept; elsewhere there is none."""
        return _Limit(self.exists & kept, self.complete & kept, self.day, self.second)


def _limits(
    not_before: pa.Array | None, not_after: pa.Array | None, rows: int
) -> tuple[_Limit, _Limit]:
    """Both limits; where the lower is after the upper neither holds."""
    after = _Limit.of(not_before, rows, upper=False)
    before = _Limit.of(not_after, rows, upper=True)
    late = (after.day > before.day) | (after.day == before.day) & (after.second > before.second)
    kept = ~(after.exists & before.exists & late)
    return after.where(kept), before.where(kept)


def _by_rule(fields: Fields, rule: _DateRule, after: _Limit, before: _Limit) -> tuple[Whole, Mask]:
    """The day that the rule alone gives, and whether it gives one."""
    year, month, day = fields[YEAR].copy(), fields[MONTH].copy(), fields[DAY].copy()
    made = year >= 0
    if rule.kind == "first":
        full = first_completion(fields)
    elif rule.kind == "last":
        full = last_completion(fields)
    else:
        lone = (month >= 0) & (day < 0)
        month[month < 0] = rule.month
        day = np.where(fields[DAY] < 0, np.where(lone, rule.lone_day, rule.day), day)
        length = month_length(year, month)
        day = np.where(lone, np.minimum(day, length), day)
        made &= day <= length
        full = np.stack([np.where(made, part, 1) for part in (year, month, day)])
    days = day_number(full[YEAR], full[MONTH], full[DAY])
    if rule.kind in ("first", "last"):
        limit, step = (after, 1) if rule.kind == "first" else (before, -1)
        yearless = np.flatnonzero(~made & limit.complete)
        found, exists = nearest_day(fields[:HOUR, yearless], limit.day[yearless], step)
        days[yearless] = found
        made[yearless] = exists
    return days, made


def _limit_days(
    fields: Fields, days: Whole, imputed: Mask, after: _Limit, before: _Limit, timed: bool
) -> Whole:
    """Imputed days moved to the right side of their limits, where the known parts allow it."""
    wanted = np.flatnonzero(imputed & (after.exists | before.exists))
    if not len(wanted):
        return days
    dated = fields[:HOUR, wanted]
    floor, ceiling = after.day[wanted].copy(), before.day[wanted].copy()
    if timed:
        # a time of day known to be on the wrong side of the limit's own moves the day on
        part = fields[:, wanted]
        floor += clock_seconds(part, (23, 59, 59)) < after.second[wanted]
        ceiling -= clock_seconds(part, (0, 0, 0)) > before.second[wanted]
    has_floor, has_ceiling = after.exists[wanted], before.exists[wanted]
    ruled = days[wanted]
    up, up_exists = nearest_day(dated, np.maximum(ruled, floor), 1)
    moved = np.where(has_floor & (ruled < floor) & up_exists, up, ruled)
    down, down_exists = nearest_day(dated, np.minimum(moved, ceiling), -1)
    lowered = has_ceiling & (moved > ceiling) & down_exists
    result = np.where(lowered, down, moved)
    # the limits contradict each other: a completion meets either, none meets both
    clash = lowered & has_floor & (result < floor) & (moved >= floor)
    days = days.copy()
    days[wanted] = np.where(clash, ruled, result)
    return days


def _limit_times(
    fields: Fields, times: Whole, days: Whole, imputed: Mask, after: _Limit, before: _Limit
) -> tuple[Whole, Mask]:
    """Imputed times moved to the right side of a limit on the same day; where limits clash."""
    on_first, on_last = after.exists & (days == after.day), before.exists & (days == before.day)
    raised, can_rise = nearest_time(fields, after.second, 1)
    rising = imputed & on_first & (times < after.second) & can_rise
    moved = np.where(rising, raised, times)
    lowered, can_fall = nearest_time(fields, before.second, -1)
    falling = imputed & on_last & (moved > before.second) & can_fall
    result = np.where(falling, lowered, moved)
    clash = falling & on_first & (moved >= after.second) & (result < after.second)
    return np.where(clash, times, result), clash
