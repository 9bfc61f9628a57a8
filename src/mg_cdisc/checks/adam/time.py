"""Rules of ADaM about dates, imputation, relative days, windows, and time to event.

Rule: ADaMIG 1.3 section 3.1.2 (timing), 3.1.3 (imputation flags), 3.3.6 (windows), and the ADaM
Basic Data Structure for Time-to-Event Analyses 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from mg_cdisc import dates
from mg_cdisc.checks.adam.study import AnalysisRecords
from mg_cdisc.checks.against import against_values, together
from mg_cdisc.checks.rule import Against, Fault
from mg_cdisc.checks.study import Records
from mg_cdisc.frame import Index, Mask, Numbers, Text, missing

DAY_SECONDS = 86400
DAY = 3
_DATE_FORMAT = re.compile(r"[A-Z]*(DATE|YYMM|MMDD|DDMM|E8601|IS8601|B8601|TIME|JULI|WEEK|MON|YEAR)[A-Z]*\d*\.?\d*")  # fmt: skip
_MOMENT_FORMAT = re.compile(r"DATETIME\d*\.?\d*|[EBI][S]?8601DT\d*\.?\d*|DATEAMPM\d*\.?\d*")
_DAY_FORMAT = re.compile(
    r"DATE\d*\.?|(YYMMDD|MMDDYY|DDMMYY)[A-Z]?\d*\.?|[EBI][S]?8601DA\d*\.?|WORDDATE\d*\.?"
)
_ENDS = (("SDTM", "EDTM"), ("SDT", "EDT"))
UNITS = (1.0, 7.0, 30.4375, 365.25, 30.0, 365.0)
"""Days in the units of a time to event."""
TOLERANCE = 0.006


def _pairs(records: Records) -> Iterator[tuple[str, str]]:
    """Start and end of the same, by their names."""
    for one, other in (("ASTDT", "AENDT"), ("ASTDTM", "AENDTM")):
        if one in records and other in records:
            yield one, other
    for name in records.frame.columns:
        for start, end in _ENDS:
            stem = name.removesuffix(start)
            if stem != name and f"{stem}{end}" in records:
                yield name, f"{stem}{end}"


def check_start_end(records: Records) -> Iterator[Fault]:
    """A start is not after its end."""
    for one, other in _pairs(records):
        start, end = records.number(one), records.number(other)
        if start is None or end is None:
            continue
        if (bad := start > end).any():
            yield Fault(records, bad, (one, other))


def check_date_of_datetime(records: Records) -> Iterator[Fault]:
    """A date and its datetime are of the same day."""
    for name in records.frame.columns:
        if not name.endswith("DTM") or name[:-1] not in records:
            continue
        moment, day = records.number(name), records.number(name[:-1])
        if moment is None or day is None:
            continue
        bad = ~np.isnan(moment) & ~np.isnan(day) & (np.floor(moment / DAY_SECONDS) != day)
        if bad.any():
            yield Fault(records, bad, (name, name[:-1]))


def check_dates_whole(records: Records) -> Iterator[Fault]:
    """A numeric date is a whole number of days between the years 1582 and 9999."""
    for name in records.frame.columns:
        day = records.number(name) if name.endswith("DT") else None
        if day is None:
            continue
        bad = ~np.isnan(day) & ((day != np.floor(day)) | (day < -138061) | (day > 2936547))
        if bad.any():
            yield Fault(records, bad, (name,))


def check_day_zero(records: Records) -> Iterator[Fault]:
    """A relative day (--DY) is a whole number and never 0."""
    for name in records.frame.columns:
        day = records.number(name) if name.endswith("DY") else None
        if day is None:
            continue
        bad = ~np.isnan(day) & ((day == 0) | (day != np.floor(day)))
        if bad.any():
            yield Fault(records, bad, (name,))


def check_day_anchor(records: Records) -> Iterator[Fault]:
    """The relative days of a subject's dates count from one day, the same in a dataset."""
    assert isinstance(records, AnalysisRecords)
    groups = records.groups("USUBJID")
    if groups is None:
        return
    codes, count = groups
    for name in ("ADY", "ASTDY", "AENDY"):
        day, date = records.number(name), records.number(f"{name[:-1]}T")
        if day is None or date is None:
            continue
        known = np.flatnonzero(~np.isnan(day) & ~np.isnan(date) & (day != 0))
        if not len(known):
            continue
        anchor = date[known] - day[known] + (day[known] > 0)
        if _alike(codes[known], count, anchor):
            continue
        usual = _usual(codes[known], count, anchor)
        bad = known[usual[codes[known]] != anchor]
        if len(bad):
            first = usual[codes]
            date_of = f"{name[:-1]}T"
            expected = date - first + (date >= first)
            told = together(
                against_values(records, name, expected), _anchors(records, date_of, first)
            )
            yield Fault(records, np.sort(bad), (name, date_of), against=told)


def _anchors(records: Records, date: str, first: Numbers) -> Against:
    """The day that the others of the subject count from."""

    def told(rows: Index) -> list[list[tuple[str, str]]]:
        shown = [records.as_shown(date, first, row) for row in rows.tolist()]
        return [[("day 1 of the subject's others", text)] for text in shown]

    return told


def _alike(codes: Index, count: int, values: Numbers) -> bool:
    """Whether each group has one value."""
    one = np.zeros(count)
    one[codes] = values
    return bool((one[codes] == values).all())


def _usual(codes: Index, count: int, values: Numbers) -> Numbers:
    """Per group the value that most of its records have, of equally frequent ones the least."""
    order = np.lexsort((values, codes))
    group, value = codes[order], values[order]
    starts = np.flatnonzero(np.append(True, (group[1:] != group[:-1]) | (value[1:] != value[:-1])))
    times = np.diff(np.append(starts, len(group)))
    found = np.full(count, np.nan)
    # those that come last win: the most frequent, and of these the least
    last = np.lexsort((-value[starts], times))
    found[group[starts][last]] = value[starts][last]
    return found


def check_date_format(records: Records) -> Iterator[Fault]:
    """A numeric date or time has a display format, where the file tells formats at all."""
    if not any(variable.format for variable in records.variables):
        return
    for variable in records.variables:
        name = variable.name
        if variable.is_text or not re.fullmatch(r".*(DT|DTM|TM)", name) or name.endswith("ELTM"):
            continue
        fact = records.fact(name)
        if fact is None and not name.endswith(("DT", "DTM")):
            continue
        shown = variable.format.upper()
        # a moment shown as a day, or a day as a moment, is another number than meant
        mixed = _MOMENT_FORMAT.fullmatch(shown) is not None if name.endswith("DT") else (
            name.endswith("DTM") and _DAY_FORMAT.fullmatch(shown) is not None
        )  # fmt: skip
        if mixed or not _DATE_FORMAT.fullmatch(shown):
            told = f"{name} has the format '{variable.format}'" if variable.format else f"{name}"
            yield Fault(records, None, (name,), told)


def check_imputed_alone(records: Records) -> Iterator[Fault]:
    """An imputation flag is filled only where its date or time is."""
    for name in records.frame.columns:
        flag = records.text(name) if name.endswith(("DTF", "TMF")) else None
        if flag is None:
            continue
        kinds = ("DT", "DTM") if name.endswith("DTF") else ("TM", "DTM")
        stem = name[:-3]
        dated = [f"{stem}{kind}" for kind in kinds if f"{stem}{kind}" in records]
        if not dated:
            continue
        bad = ~flag.blank & np.logical_and.reduce([missing(records[each]) for each in dated])
        if bad.any():
            yield Fault(records, bad, (name, *dated))


_COLLECTED = (("ADT", "DTC"), ("ASTDT", "STDTC"), ("AENDT", "ENDTC"))


def _sources(records: Records) -> Iterator[tuple[str, str, Text, Numbers]]:
    """A date, the collected text that it comes from, and both their values."""
    assert isinstance(records, AnalysisRecords)
    for name, end in _COLLECTED:
        found = [f"{domain}{end}" for domain, _ in records.sequences if f"{domain}{end}" in records]
        if name == "ADT":
            found += [
                f"{domain}STDTC" for domain, _ in records.sequences
                if f"{domain}STDTC" in records and "ASTDT" not in records and not found
            ]  # fmt: skip
        date = records.number(name)
        text = records.text(found[0]) if len(found) == 1 else None
        if date is not None and text is not None:
            yield name, found[0], text, date


def check_imputed(records: Records) -> Iterator[Fault]:
    """A date completed from a partial one has the flag of what was imputed (D, M, Y).

    A complete date that is taken as it is has none. A date that lies outside of the partial one was
    taken from elsewhere, and is not judged.
    """
    for name, source, text, date in _sources(records):
        low, high, precision = (text.spread(each) for each in dates.bounds(text.values))
        inside = (date * DAY_SECONDS < high) & ((date + 1) * DAY_SECONDS > low) & ~np.isnan(date)
        flag = records.text(f"{name}F")
        flag = flag if flag is not None else Text.constant("", records.rows)
        derived = records.text("DTYPE")
        own = (
            inside
            & ~text.blank
            & (np.ones(records.rows, bool) if derived is None else derived.blank)
        )
        bad = own & (precision == 1) & ~flag.equals("M")
        bad |= own & (precision == 2) & ~flag.equals("D")
        bad |= own & (precision >= DAY) & ~flag.blank
        if bad.any():
            yield Fault(records, bad, (f"{name}F", name, source))


def check_collected_date(records: Records) -> Iterator[Fault]:
    """Where the collected date of the same record is complete, the analysis date is that day."""
    for name, source, text, date in _sources(records):
        day = text.spread(dates.to_date(text.values))
        bad = ~np.isnan(day) & ~np.isnan(date) & (day != date)
        if (derived := records.text("DTYPE")) is not None:
            bad &= derived.blank
        if bad.any():
            yield Fault(records, bad, (name, source))


def check_duration(records: Records) -> Iterator[Fault]:
    """ADURN in days is AENDT - ASTDT + 1, TRTDURD is TRTEDT - TRTSDT + 1."""
    unit = records.text("ADURU")
    days = np.ones(records.rows, bool)
    if unit is not None:
        days = unit.equals("DAYS") | unit.equals("DAY") | unit.equals("D")
    for name, start, end in (("ADURN", "ASTDT", "AENDT"), ("TRTDURD", "TRTSDT", "TRTEDT")):
        told, first, last = (records.number(each) for each in (name, start, end))
        if told is None or first is None or last is None:
            continue
        span = last - first + 1
        bad = ~np.isnan(told) & ~np.isnan(span) & (np.abs(told - span) > CLOSE)
        if name == "ADURN":
            bad &= days
        if bad.any():
            told_of = against_values(records, name, span)
            yield Fault(records, bad, (name, start, end), against=told_of)


CLOSE = 1e-6


def check_window(records: Records) -> Iterator[Fault]:
    """AWLO is not above AWTARGET, nor AWTARGET above AWHI, and the record's day lies between."""
    low, target, high = (records.number(name) for name in ("AWLO", "AWTARGET", "AWHI"))
    day = _window_day(records)
    beyond = np.zeros(records.rows, bool)
    shown = [name for name in ("AWLO", "AWTARGET", "AWHI") if name in records]
    for one, other in ((low, target), (target, high), (low, high)):
        if one is not None and other is not None:
            beyond |= one > other
    if beyond.any():
        yield Fault(records, beyond, shown)
    if day is not None:
        outside = np.zeros(records.rows, bool)
        if low is not None:
            outside |= day < low
        if high is not None:
            outside |= day > high
        if outside.any():
            yield Fault(records, outside, ("ADY", *shown), "ADY lies outside of the window")


def _window_day(records: Records) -> Numbers | None:
    """ADY of what windows in days may be asked of: records that were not derived."""
    day, unit = records.number("ADY"), records.text("AWU")
    if day is None or ("AWTARGET" not in records and "AWLO" not in records):
        return None
    judged = np.ones(records.rows, bool)
    if unit is not None:
        judged &= unit.equals("DAYS") | unit.equals("DAY") | unit.blank
    if (derived := records.text("DTYPE")) is not None:
        judged &= derived.blank
    return np.where(judged, day, np.nan)


def check_window_difference(records: Records) -> Iterator[Fault]:
    """AWTDIFF is the days between ADY and AWTARGET, without a day 0."""
    target, told = records.number("AWTARGET"), records.number("AWTDIFF")
    day = _window_day(records)
    if target is None or told is None or day is None:
        return
    apart = np.abs(day - target)
    crossed = (day < 0) != (target < 0)
    # there is no day 0; a target of 0 or a day counted through 0 is taken as it is
    expected = apart - (crossed & (target != 0))
    bad = ~np.isnan(told) & ~np.isnan(expected) & (np.abs(told) != expected)
    if bad.any():
        told_of = against_values(records, "AWTDIFF", expected)
        yield Fault(records, bad, ("AWTDIFF", "ADY", "AWTARGET"), against=told_of)


def check_time_to_event(records: Records) -> Iterator[Fault]:
    """AVAL is the time from STARTDT to ADT, in one unit and one way of counting per parameter.

    The unit and whether the first day counts are those that most records of the parameter have.
    """
    assert isinstance(records, AnalysisRecords)
    value, start, date = (records.number(name) for name in ("AVAL", "STARTDT", "ADT"))
    parameter = records.text("PARAMCD")
    if value is None or start is None or date is None or parameter is None:
        return
    bad, expected = np.zeros(records.rows, bool), np.full(records.rows, np.nan)
    for code in filter(None, parameter.used()):
        rows = parameter.equals(code) & ~np.isnan(value) & ~np.isnan(start) & ~np.isnan(date)
        fitting, counted = _fits(rows, value, date - start)
        bad |= rows & ~fitting
        expected[rows] = np.round(counted[rows], 2)
    if bad.any():
        told = against_values(records, "AVAL", expected)
        yield Fault(records, bad, ("AVAL", "STARTDT", "ADT"), against=told)


def _fits(rows: Mask, value: Numbers, days: Numbers) -> tuple[Mask, Numbers]:
    """Which values are counted as most are, and the values counted so; unknown without a most."""
    best, counted = np.ones(len(rows), bool), np.full(len(rows), np.nan)
    most = rows.sum() // 2
    for unit in UNITS:
        for first in (1, 0):
            fitting = rows & (np.abs(value - (days + first) / unit) <= TOLERANCE)
            if fitting.sum() > most:
                most, best = int(fitting.sum()), fitting
                counted = (days + first) / unit
    return best, counted
