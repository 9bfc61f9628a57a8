"""Rules of ADaM about baselines, changes, ranges, criteria and derived records (BDS).

Rule: ADaMIG 1.3 section 3.3.4 (analysis parameter variables) and 3.3.8 (indicators).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from mg_cdisc.checks.adam.study import AnalysisRecords, adsl_of, differs, first_rows
from mg_cdisc.checks.against import against_record, against_values
from mg_cdisc.checks.conditions import subject_rows
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records, matched, picked
from mg_cdisc.checks.tables import rarest_first, varies
from mg_cdisc.frame import Index, Mask, Numbers, Text, distinct_numbers, group_codes, missing

CLOSE = 1e-6
"""The part of a value by which a computed one may differ."""
DECIMALS = 6
BASELINE_OF = (
    ("BASE", "AVAL"), ("BASEC", "AVALC"), ("BNRIND", "ANRIND"), ("BTOXGR", "ATOXGR"),
    ("BTOXGRN", "ATOXGRN"), ("BTOXGRL", "ATOXGRL"), ("BTOXGRH", "ATOXGRH"),
)  # fmt: skip
GROUP = ("USUBJID", "PARAMCD", "BASETYPE?")
CARRIED = ("LOCF", "WOCF", "BOCF", "BLOCF", "LOV", "WOV", "BOC")


def baseline_rows(records: Records) -> Index | None:
    """Per record the record with ABLFL Y of its subject, parameter and BASETYPE, -1 for none."""
    assert isinstance(records, AnalysisRecords)
    flag, groups = records.text("ABLFL"), records.groups(*GROUP)
    if flag is None or groups is None:
        return None
    codes, count = groups
    return first_rows(codes, count, np.flatnonzero(flag.equals("Y")))[codes]


def treatment_start(records: Records) -> Numbers | None:
    """TRTSDT of each record's subject: the dataset's own, or ADSL's."""
    own = records.number("TRTSDT")
    if own is not None:
        return np.asarray(own)
    subjects = adsl_of(records.study)
    start = subjects.number("TRTSDT") if subjects is not None else None
    if subjects is None or start is None or "USUBJID" not in records or "USUBJID" not in subjects:
        return None
    return np.asarray(picked(start, subject_rows(records, subjects)))


def check_baseline(records: Records) -> Iterator[Fault]:
    """BASE is AVAL of the baseline record; so are BASEC, BNRIND, BTOXGR of AVALC, ANRIND, ATOXGR."""
    rows = baseline_rows(records)
    if rows is None:
        return
    for base, value in _pairs(records):
        known = ~missing(records[base]) & (rows >= 0)
        bad = known & differs(records[base], picked(records[value], rows))
        if bad.any():
            keys = [name for name in ("ADT", "ASEQ") if name in records]
            told = against_record(records, rows, (value, *keys))
            yield Fault(records, bad, (base,), f"{base} is not {value} of the record with ABLFL Y",
                        against=told)  # fmt: skip


def _pairs(records: Records) -> Iterator[tuple[str, str]]:
    for base, value in BASELINE_OF:
        if base in records and value in records:
            yield base, value
    for name in records.frame.columns:
        met = re.fullmatch(r"B([1-9][0-9]?)IND", name)
        if met is not None and f"A{met[1]}IND" in records:
            yield name, f"A{met[1]}IND"


def check_no_baseline(records: Records) -> Iterator[Fault]:
    """BASE is filled where no record of the parameter is the baseline."""
    rows = baseline_rows(records)
    for base in ("BASE", "BASEC"):
        if rows is not None and base in records:
            bad = ~missing(records[base]) & (rows < 0)
            if bad.any():
                yield Fault(records, bad, (base,))


def check_baseline_missing(records: Records) -> Iterator[Fault]:
    """BASE is blank though the parameter has a baseline record with a value, before or here."""
    rows, date = baseline_rows(records), records.number("ADT")
    if rows is None or "BASE" not in records or "AVAL" not in records or date is None:
        return
    there = (rows >= 0) & ~missing(picked(records["AVAL"], rows))
    # of what was before the baseline nothing is asked
    reached = date >= np.asarray(picked(date, rows))
    bad = there & reached & missing(records["BASE"])
    if bad.any():
        told = against_values(records, "BASE", picked(records["AVAL"], rows))
        yield Fault(records, bad, ("BASE",), against=told)


def check_several_baselines(records: Records) -> Iterator[Fault]:
    """Several baseline records of a subject and parameter that BASETYPE does not tell apart."""
    assert isinstance(records, AnalysisRecords)
    flag, groups = records.text("ABLFL"), records.groups(*GROUP)
    if flag is None or groups is None:
        return
    codes, count = groups
    marked = flag.equals("Y")
    several = np.bincount(codes[marked], minlength=count) > 1
    bad = marked & several[codes]
    if bad.any():
        yield Fault(records, bad, ("ABLFL", "BASETYPE"))


def check_basetype(records: Records) -> Iterator[Fault]:
    """Where BASETYPE is used for a parameter, all its records with BASE or BASEC have it."""
    assert isinstance(records, AnalysisRecords)
    kind, groups = records.text("BASETYPE"), records.groups("PARAMCD")
    if kind is None or groups is None:
        return
    codes, count = groups
    used = np.bincount(codes[~kind.blank], minlength=count) > 0
    based = np.zeros(records.rows, bool)
    for name in ("BASE", "BASEC"):
        if name in records:
            based |= ~missing(records[name])
    bad = kind.blank & used[codes] & based
    if bad.any():
        yield Fault(records, bad, ("BASETYPE",))


def _ratio(top: Numbers, bottom: Numbers) -> Numbers:
    made = np.full(len(top), np.nan)
    np.divide(top, bottom, out=made, where=~np.isnan(bottom) & (bottom != 0))
    return made


ARITHMETIC: dict[str, tuple[str, Callable[[Numbers, Numbers], Numbers]]] = {
    "CHG": ("BASE", lambda value, base: value - base),
    "PCHG": ("BASE", lambda value, base: 100 * _ratio(value - base, base)),
    "R2BASE": ("BASE", _ratio),
    "BCHG": ("BASE", lambda value, base: base - value),
    "PBCHG": ("BASE", lambda value, base: 100 * _ratio(base - value, value)),
}
"""How a variable is computed from AVAL and another one."""


def check_arithmetic(name: str) -> Callable[[Records], Iterator[Fault]]:
    """A check that a variable, where it is filled, is what AVAL and BASE make it."""
    other, compute = ARITHMETIC[name]

    def check(records: Records) -> Iterator[Fault]:
        yield from _compare(records, name, other, compute, rounded=name not in ("CHG", "BCHG"))

    return check


def check_limit_ratio(records: Records) -> Iterator[Fault]:
    """R2AyLO and R2AyHI are AVAL divided by AyLO and AyHI."""
    for name in records.frame.columns:
        met = re.fullmatch(r"R2A([1-9][0-9]?)(LO|HI)", name)
        if met is not None:
            yield from _compare(records, name, f"A{met[1]}{met[2]}", _ratio)


def _half_step(told: Numbers) -> float:
    """Half of the last decimal that values are told to: what rounding may take or add."""
    told = told[~np.isnan(told)]
    for decimals in range(DECIMALS):
        if np.allclose(told, np.round(told, decimals), rtol=0, atol=1e-9):
            return float(0.5 * 10.0**-decimals) + CLOSE
    return CLOSE


def _compare(
    records: Records, name: str, other: str, compute: Callable[[Numbers, Numbers], Numbers], *,
    rounded: bool = True,
) -> Iterator[Fault]:  # fmt: skip
    """What a variable is against what it should be; a ratio may be ``rounded``, as all of it is."""
    value, base, told = (records.number(each) for each in ("AVAL", other, name))
    if value is None or base is None or told is None:
        return
    expected = compute(value, base)
    # a blank beside two values is another rule's; a value that cannot be computed is at fault
    bad = ~np.isnan(told) & (told != expected)
    if not bad.any():
        return
    near = _half_step(distinct_numbers(told)) if rounded else CLOSE
    at = np.flatnonzero(bad)
    bad[at] = ~np.isclose(told[at], expected[at], rtol=CLOSE, atol=near)
    if bad.any():
        told_of = against_values(records, name, expected)
        yield Fault(records, bad, (name, "AVAL", other), against=told_of)


def check_change_missing(records: Records) -> Iterator[Fault]:
    """A change of a parameter is told of some records after baseline and not of others."""
    assert isinstance(records, AnalysisRecords)
    rows, groups = baseline_rows(records), records.groups("PARAMCD")
    value, base, date = (records.number(name) for name in ("AVAL", "BASE", "ADT"))
    if rows is None or groups is None or value is None or base is None or date is None:
        return
    codes, count = groups
    after = (rows >= 0) & (date > np.asarray(picked(date, rows)))
    start = treatment_start(records)
    if start is not None:  # of that day nobody knows what was before the treatment
        after &= ~(date <= start)
    for name in ("CHG", "PCHG"):
        change = records.number(name)
        if change is None:
            continue
        used = np.bincount(codes[~np.isnan(change)], minlength=count) > 0
        computable = ~np.isnan(value) & ~np.isnan(base) & ((base != 0) | (name == "CHG"))
        bad = after & used[codes] & computable & np.isnan(change)
        if bad.any():
            yield Fault(records, bad, ("AVAL", "BASE"), f"{name} is blank", name)


_RANGES = (("ANRIND", "ANRLO", "ANRHI"),)


def check_range(records: Records) -> Iterator[Fault]:
    """ANRIND and AyIND say LOW, NORMAL or HIGH as AVAL lies to the range that is given."""
    value = records.number("AVAL")
    numbered = [
        (name, f"A{met[1]}LO", f"A{met[1]}HI")
        for name in records.frame.columns
        if (met := re.fullmatch(r"A([1-9][0-9]?)IND", name))
    ]
    for name, low_name, high_name in (*_RANGES, *numbered):
        told = records.text(name)
        low, high = records.number(low_name), records.number(high_name)
        if told is None or value is None or low is None or high is None:
            continue
        below, above = value < low - CLOSE, value > high + CLOSE
        bad = _is(told, "NORMAL", "N") & (below | above)
        bad |= _is(told, "LOW", "L") & (value >= low + CLOSE)
        bad |= _is(told, "HIGH", "H") & (value <= high - CLOSE)
        if bad.any():
            yield Fault(records, bad, (name, "AVAL", low_name, high_name))


def _is(text: Text, *values: str) -> Mask:
    found = text.equals(values[0])
    for value in values[1:]:
        found = found | text.equals(value)
    return np.asarray(found)


def check_criterion(records: Records) -> Iterator[Fault]:
    """Where CRITyFL is filled, CRITy says what it answers."""
    for name in records.frame.columns:
        met = re.fullmatch(r"(M?CRIT[1-9][0-9]?)(FL|ML)", name)
        flag = records.text(name) if met is not None else None
        if met is None or flag is None:
            continue
        text = records.text(met[1])
        if text is None:
            yield Fault(records, None, (name,), f"{records.name} has {name} and no {met[1]}")
            continue
        bad = ~flag.blank & text.blank
        if bad.any():
            yield Fault(records, bad, (name, met[1]))


def check_one_criterion(records: Records) -> Iterator[Fault]:
    """A parameter with several texts of one CRITy; the rarer stands first."""
    parameter = records.text("PARAMCD")
    for name in records.frame.columns:
        text = records.text(name) if re.fullmatch(r"M?CRIT[1-9][0-9]?", name) else None
        if text is None or parameter is None:
            continue
        rows = np.flatnonzero(~text.blank)
        bad = rows[varies(parameter, text, [], rows)] if len(rows) else rows
        if len(bad):
            yield Fault(records, rarest_first([parameter, text], bad), (name, "PARAMCD"))


SHIFTED = (("BNRIND", "ANRIND"), ("BTOXGR", "ATOXGR"), ("BTOXGRL", "ATOXGRL"), ("BTOXGRH", "ATOXGRH"),
           ("BASECAT1", "AVALCAT1"), ("BASEC", "AVALC"))  # fmt: skip


def check_shift(records: Records) -> Iterator[Fault]:
    """SHIFTy that does not name both categories, where nearly all records' does.

    Which pair a SHIFTy is of is told by its values: each has the one and the other with words
    between, as ``NORMAL to HIGH``.
    """
    for name in records.frame.columns:
        told = records.text(name) if re.fullmatch("SHIFT[1-9][0-9]?", name) else None
        if told is None:
            continue
        fewest: tuple[Index, str, str] | None = None
        for base, value in SHIFTED:
            if base not in records or value not in records:
                continue
            before, after = records.plain(base), records.plain(value)
            rows = np.flatnonzero(~told.blank & ~before.blank & ~after.blank)
            codes, count = group_codes(
                [each.take(rows) for each in (told, before, after)], len(rows)
            )
            first = np.zeros(count, np.int64)
            first[codes[::-1]] = rows[::-1]
            shown = [each.take(first).to_list() for each in (told, before, after)]
            named = np.array([
                text.startswith(one) and text.endswith(other)
                for text, one, other in zip(*shown, strict=True)
            ], bool)  # fmt: skip
            bad = rows[~named[codes]]
            if len(bad) <= FEW * len(rows) and (fewest is None or len(bad) < len(fewest[0])):
                fewest = bad, base, value
        if fewest is not None and len(fewest[0]):
            yield Fault(records, fewest[0], (name, *fewest[1:]))


FEW = 0.1
"""The share of values that may be wrong where the others tell how they are made."""


def check_carried(records: Records) -> Iterator[Fault]:
    """A value that DTYPE says was carried is one that the subject has otherwise."""
    kind = records.text("DTYPE")
    if kind is None or "AVAL" not in records or "PARAMCD" not in records:
        return
    carried = _is(kind, *CARRIED)
    if not carried.any() or "USUBJID" not in records:
        return
    values = records.joint("USUBJID", "PARAMCD", "AVAL")
    known = values.take(~carried)
    bad = carried & ~missing(records["AVAL"]) & (matched(values, known) < 0)
    if bad.any():
        yield Fault(records, bad, ("AVAL", "DTYPE"))


def check_groups_of_age(records: Records) -> Iterator[Fault]:
    """The ages of two groups (AGEGRy) do not overlap."""
    age = records.number("AGE")
    for name in records.frame.columns:
        group = records.text(name)
        if age is None or group is None or not re.fullmatch(r"AGEGR[1-9]", name):
            continue
        spans = []
        for value in group.used():
            ages = age[group.equals(value) & ~np.isnan(age)]
            if value and len(ages):
                spans.append((float(ages.min()), float(ages.max()), value))
        spans.sort()
        for before, after in pairwise(spans):
            if after[0] <= before[1]:
                bad = (group.equals(before[2]) & (age >= after[0])) | (
                    group.equals(after[2]) & (age <= before[1])
                )
                told = f"'{before[2]}' and '{after[2]}' overlap"
                yield Fault(records, bad, (name, "AGE"), told)
