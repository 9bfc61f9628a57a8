"""The dates and times that a partial value can stand for: the first, the last, the nearest."""

from __future__ import annotations

import numpy as np

from mg_cdisc.dates.civil import (
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    YEAR,
    Fields,
    Mask,
    Whole,
    civil,
    day_number,
    month_length,
)


def first_completion(fields: Fields) -> Fields:
    """The earliest date and time, to the second, that the known parts allow."""
    full = np.where(fields < 0, np.array([[1], [1], [1], [0], [0], [0]], np.int32), fields)
    _leap_day(full, fields, step=1)
    return full


def last_completion(fields: Fields) -> Fields:
    """The latest date and time, to the second, that the known parts allow."""
    full = np.where(fields < 0, np.array([[9999], [12], [0], [23], [59], [59]], np.int32), fields)
    _leap_day(full, fields, step=-1)
    full[DAY] = np.where(fields[DAY] < 0, month_length(full[YEAR], full[MONTH]), full[DAY])
    return full


def _leap_day(full: Fields, fields: Fields, *, step: int) -> None:
    """29 February of an unknown year: the first or last leap year there is."""
    leap_day = (fields[YEAR] < 0) & (fields[MONTH] == 2) & (fields[DAY] == 29)
    full[YEAR, leap_day] = 4 if step > 0 else 9996


def nearest_day(dated: Fields, at: Whole, step: int) -> tuple[Whole, Mask]:
    """The nearest day that the known parts allow, at a day or after (before, with step -1) it."""
    full = np.concatenate([dated, np.full_like(dated, -1)])
    lowest = day_number(*first_completion(full)[:HOUR])
    highest = day_number(*last_completion(full)[:HOUR])
    exists = at <= highest if step > 0 else at >= lowest
    found = np.clip(at, lowest, highest)
    known = dated >= 0
    gap = np.flatnonzero(
        exists & ((known[DAY] & ~known[MONTH]) | (known.any(axis=0) & ~known[YEAR]))
    )
    if len(gap):
        found[gap], exists[gap] = _nearest_with_gap(dated[:, gap], at[gap], step)
    return found, exists


def _nearest_with_gap(dated: Fields, at: Whole, step: int) -> tuple[Whole, Mask]:
    """The same where a known part follows an unknown one: month by month, the nearest first."""
    rows = dated.shape[1]
    best = np.zeros(rows, np.int64)
    exists = np.zeros(rows, bool)
    year, _, _ = civil(at)
    # two leap years are at most eight years apart
    for away in range(9 if (dated[YEAR] < 0).any() else 1):
        for month in range(1, 13) if step > 0 else range(12, 0, -1):
            in_year = np.where(dated[YEAR] < 0, year + step * away, dated[YEAR])
            fits = (dated[YEAR] < 0) | (away == 0)
            fits &= (dated[MONTH] < 0) | (dated[MONTH] == month)
            fits &= (in_year >= 1) & (in_year <= 9999)
            in_year = np.clip(in_year, 1, 9999)
            months = np.full(rows, month)
            length = month_length(in_year, months)
            fits &= dated[DAY] <= length
            first = day_number(in_year, months, np.where(dated[DAY] < 0, 1, dated[DAY]))
            last = day_number(in_year, months, np.where(dated[DAY] < 0, length, dated[DAY]))
            fits &= last >= at if step > 0 else first <= at
            new = fits & ~exists
            best = np.where(new, np.maximum(first, at) if step > 0 else np.minimum(last, at), best)
            exists |= new
    return best, exists


def clock_seconds(fields: Fields, rule: tuple[int, int, int]) -> Whole:
    """Seconds from midnight with the unknown parts from the rule."""
    hour, minute, second = (
        np.where(fields[part] < 0, number, fields[part]).astype(np.int64)
        for part, number in zip((HOUR, MINUTE, SECOND), rule, strict=True)
    )
    return hour * 3600 + minute * 60 + second


def nearest_time(fields: Fields, at: Whole, step: int) -> tuple[Whole, Mask]:
    """The nearest time that the known parts allow, at a time of day or after (before) it.

    Parts agree with ``at`` up to one that is passed, and from there on are as small (as great)
    as can be; the longer they agree, the nearer.
    """
    goal = np.stack([at // 3600, at // 60 % 60, at % 60])
    clock = fields[HOUR:].astype(np.int64)
    extreme = (0, 0, 0) if step > 0 else (23, 59, 59)
    best = np.zeros_like(at)
    exists = np.zeros(len(at), bool)
    for agree in range(3, -1, -1):
        fits = ((clock[:agree] < 0) | (clock[:agree] == goal[:agree])).all(axis=0)
        made = np.where(clock < 0, np.array(extreme)[:, None], clock)
        made[:agree] = goal[:agree]
        if agree < 3:
            passed = goal[agree] + step
            own = clock[agree] >= 0
            fits &= np.where(own, (clock[agree] - goal[agree]) * step > 0, True)
            fits &= own | ((passed >= 0) & (passed <= (23, 59, 59)[agree]))
            made[agree] = np.where(own, clock[agree], passed)
        seconds = made[0] * 3600 + made[1] * 60 + made[2]
        best = np.where(fits & ~exists, seconds, best)
        exists |= fits
    return best, exists
