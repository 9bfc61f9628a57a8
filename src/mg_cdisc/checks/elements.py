"""Rules about subject elements and visits, beside the trial design."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mg_cdisc import dates
from mg_cdisc.checks.against import against_record
from mg_cdisc.checks.alike import alike
from mg_cdisc.checks.conditions import joined
from mg_cdisc.checks.rule import Against, Fault
from mg_cdisc.checks.study import Records, Study, as_text, cell, joint, matched
from mg_cdisc.errors import one_of
from mg_cdisc.expression.values import combinations
from mg_cdisc.frame import Index, Mask, Numbers, Text, group_codes, missing, order_key, sort_order

DAY_SECONDS = 86_400
DAY = 3
"""The precision of a date that is known to the day."""


def _in_time(records: Records, name: str) -> tuple[Index, Text, Mask] | None:
    """Records by subject and date, the subject of each, and whether the next is of the same."""
    subject, start = records.text("USUBJID"), records.text(name)
    if subject is None or start is None:
        return None
    number = records.number(records.full("--SEQ"))
    keys = [order_key(subject), start.spread(dates.order_key(start.values))]
    order = sort_order([*keys, *([] if number is None else [order_key(number)])], records.rows)
    sorted_ = subject.take(order)
    same = np.append(sorted_.codes[1:] == sorted_.codes[:-1], False)
    return order, sorted_, same


def check_contiguous(records: Records) -> Iterator[Fault]:
    """An element ends when the next one of the subject begins."""
    found, end = _in_time(records, "SESTDTC"), records.text("SEENDTC")
    start = records.text("SESTDTC")
    if found is None or end is None or start is None:
        return
    order, _, same = found
    at = order[np.flatnonzero(same)]
    after = order[np.flatnonzero(same) + 1]
    low, high, precision = dates.bounds(end.values)
    begin, begun, known_to = dates.bounds(start.values)
    _, equal, known = dates.compare(
        low[end.codes[at]], high[end.codes[at]], precision[end.codes[at]],
        begin[start.codes[after]], begun[start.codes[after]], known_to[start.codes[after]],
    )  # fmt: skip
    bad = at[known & ~equal & ~end.blank[at]]
    if len(bad):
        following = np.full(records.rows, -1, np.int64)
        following[at] = after
        yield Fault(
            records, np.sort(bad), ("SEENDTC", "ETCD"), "the next element begins at another time",
            against=against_record(records, following, ("SESTDTC", "ETCD")),
        )  # fmt: skip


def check_open_end(records: Records) -> Iterator[Fault]:
    """Only the last element of a subject may have no end."""
    found, end = _in_time(records, "SESTDTC"), records.text("SEENDTC")
    if found is None or end is None:
        return
    order, _, same = found
    bad = order[same & end.blank[order]]
    if len(bad):
        yield Fault(records, np.sort(bad), ("SEENDTC", "ETCD"))


def check_sequence(records: Records) -> Iterator[Fault]:
    """--SEQ follows the dates within a subject."""
    name = records.full("--SEQ")
    found, number = _in_time(records, records.full("--STDTC")), records.number(name)
    if found is None or number is None:
        return
    order, _, same = found
    falls = np.flatnonzero(same)[
        number[order[np.flatnonzero(same) + 1]] < number[order[np.flatnonzero(same)]]
    ]
    if len(falls):
        yield Fault(records, np.sort(order[falls + 1]), (name, records.full("--STDTC")))


def check_element_arm(study: Study) -> Iterator[Fault]:
    """TAETORD, ETCD and EPOCH of an element are those that TA plans for the subject's arm."""
    elements, arms, subjects = study.one("SE"), study.one("TA"), study.one("DM")
    if elements is None or arms is None or subjects is None or "ACTARMCD" not in subjects:
        return
    names = ["TAETORD", "ETCD", "EPOCH"]
    if any(name not in elements or name not in arms for name in names) or "USUBJID" not in elements:
        return
    arm = joined(elements, subjects, "ACTARMCD")
    planned = "ARMCD" in arms
    if not planned or not isinstance(arm, Text):
        return
    here = np.flatnonzero(~arm.blank & ~missing(elements["TAETORD"]))
    mine = joint([arm, *(elements[name] for name in names)])
    theirs = joint([arms["ARMCD"], *(arms[name] for name in names)])
    rows = here[matched(mine.take(here), theirs) < 0]
    if len(rows):
        yield Fault(elements, rows, ("ETCD", "TAETORD", "EPOCH"))


def check_epochs(study: Study) -> Iterator[Fault]:
    """EPOCH of a record dated within one element is the element's.

    A record on the day when one element ends and the next begins may be of either; a partial date
    that could be in several elements may be of each of them.
    """
    elements = study.one("SE")
    parts = _elements(elements) if elements is not None else None
    if elements is None or parts is None:
        return
    for records in study:
        epoch, subject = records.text("EPOCH"), records.text("USUBJID")
        if records.domain == "DS":  # there EPOCH is that which the disposition ends
            continue
        names = ("--STDTC", "--DTC") if records.general or records.domain == "SV" else ()
        called = next(
            (name for each in names if records.text(name := records.full(each)) is not None), ""
        )
        if epoch is None or subject is None or not called or records is elements:
            continue
        few = alike(records, ("USUBJID", "EPOCH", called))
        here = records if few is None else few.records
        rows = _outside(parts, *(here.frame.text(each) for each in ("USUBJID", called, "EPOCH")))
        rows = rows if few is None else few.spread(rows)
        if rows.any():
            shown = ("EPOCH", records.full("--STDTC"), records.full("--DTC"))
            yield Fault(records, rows, shown, against=_elements_of(elements, subject))


def _elements_of(elements: Records, subject: Text) -> Against:
    """The subject's elements, with the days between which each lies."""

    def told(rows: Index) -> list[list[tuple[str, str]]]:
        theirs, found = elements.text("USUBJID"), []
        for row in rows.tolist():
            assert theirs is not None
            mine = np.flatnonzero(theirs.equals(cell(subject, row))).tolist()
            found.append([
                (f"SE {elements.shown('EPOCH', each) or 'without EPOCH'}",
                 f"{elements.shown('SESTDTC', each)}/{elements.shown('SEENDTC', each)}")
                for each in mine
            ])  # fmt: skip
        return found

    return told


Elements = tuple[Text, Text, Text, Text]


def _elements(records: Records) -> Elements | None:
    found = [records.text(name) for name in ("USUBJID", "SESTDTC", "SEENDTC", "EPOCH")]
    if any(each is None for each in found):
        return None
    return tuple(each for each in found if each is not None)  # type: ignore[return-value]


def _outside(parts: Elements, subject: Text, date: Text, epoch: Text) -> Mask:
    """Records that may be in some element, and in none of their own EPOCH."""
    # many records of a subject have the same moment: each is looked at once
    joint, picks = combinations([subject, date, epoch])
    alike = [Text(p, each.values) for p, each in zip(picks, (subject, date, epoch), strict=True)]
    return _outside_each(parts, *alike)[joint]


def _outside_each(parts: Elements, subject: Text, date: Text, epoch: Text) -> Mask:
    subjects, start, end, names = parts
    low, high, precision = dates.bounds(date.values)
    begin = dates.bounds(start.values)[0][start.codes]
    finish = np.where(end.blank, np.iinfo(np.int64).max, dates.bounds(end.values)[1][end.codes])
    known = (precision[date.codes] >= DAY) & ~epoch.blank
    position = {value: at for at, value in enumerate(subjects.values.to_pylist())}
    element_of = np.array([position.get(each, -1) for each in subject.values.to_pylist()], np.int64)
    mine = element_of[subject.codes] if len(element_of) else np.full(len(subject), -1, np.int64)
    bad = np.zeros(len(subject), bool)
    rows = np.flatnonzero(known & (mine >= 0))
    if not len(rows):
        return bad
    order = np.argsort(subjects.codes, kind="stable")
    sorted_codes = subjects.codes[order]
    first = np.searchsorted(sorted_codes, mine[rows], "left")
    count = np.searchsorted(sorted_codes, mine[rows], "right") - first
    pair_row = np.repeat(rows, count)
    offset = np.arange(len(pair_row)) - np.repeat(np.cumsum(count) - count, count)
    element = order[np.repeat(first, count) + offset]
    inside = (low[date.codes[pair_row]] < finish[element]) & (
        high[date.codes[pair_row]] > begin[element]
    )
    same = _same(epoch, names, pair_row, element)
    some = np.zeros(len(subject), bool)
    good = np.zeros(len(subject), bool)
    some[pair_row[inside]] = True
    good[pair_row[inside & same]] = True
    bad |= some & ~good
    return bad


def _same(one: Text, other: Text, left: Index, right: Index) -> Mask:
    place = {value: at for at, value in enumerate(other.values.to_pylist())}
    code = np.array([place.get(each, -1) for each in one.values.to_pylist()], np.int64)
    return np.asarray(code[one.codes[left]] == other.codes[right])


def check_visit_elements(records: Records) -> Iterator[Fault]:
    """TAETORD of a visit is that of an element during which it began."""
    elements = records.study.one("SE")
    order, subject, date = (
        records.number("TAETORD"),
        records.text("USUBJID"),
        records.text("SVSTDTC"),
    )
    if elements is None or order is None or subject is None or date is None:
        return
    if "TAETORD" not in elements:
        return
    found = [elements.text(name) for name in ("USUBJID", "SESTDTC", "SEENDTC")]
    if any(each is None for each in found):
        return
    subjects, start, end = (each for each in found if each is not None)
    rows = _outside(
        (subjects, start, end, as_text(elements["TAETORD"])), subject, date, as_text(order)
    )
    if rows.any():
        yield Fault(records, rows, ("TAETORD", "SVSTDTC"))


def check_visit_days(records: Records) -> Iterator[Fault]:
    """VISITDY of a planned visit is that of TV."""
    plan = records.study.one("TV")
    number, day = records.number("VISITNUM"), records.number("VISITDY")
    if plan is None or number is None or day is None:
        return
    planned, days = plan.number("VISITNUM"), plan.number("VISITDY")
    if planned is None or days is None:
        return
    mine = records.joint("VISITNUM", "VISITDY")
    known = matched(records.plain("VISITNUM"), plan.plain("VISITNUM")) >= 0
    rows = known & ~np.isnan(day) & (matched(mine, plan.joint("VISITNUM", "VISITDY")) < 0)
    if rows.any():
        at = matched(records.plain("VISITNUM"), plan.plain("VISITNUM"))
        told = against_record(plan, at, ("VISITDY", "VISIT"))
        yield Fault(records, rows, ("VISITDY", "VISITNUM", "VISIT"), against=told)


def check_subject_visits(records: Records) -> Iterator[Fault]:
    """A subject's record at a visit has that visit in SV."""
    visits = records.study.one("SV")
    subject, number = records.text("USUBJID"), records.number("VISITNUM")
    if visits is None or subject is None or number is None or records is visits:
        return
    held = visits.text("USUBJID"), visits.number("VISITNUM")
    if held[0] is None or held[1] is None:
        return
    rows = ~np.isnan(number) & (
        matched(records.joint("USUBJID", "VISITNUM"), visits.joint("USUBJID", "VISITNUM")) < 0
    )
    if rows.any():
        yield Fault(records, rows, ("VISITNUM",))


def check_visit_dates(records: Records) -> Iterator[Fault]:
    """A result of a visit is dated on the days of that visit of the subject in SV.

    Asked where SV has the visit once and all three dates are known to the day.
    """
    visits, date = records.study.one("SV"), records.text(records.full("--DTC"))
    if visits is None or date is None or "USUBJID" not in records or "VISITNUM" not in records:
        return
    start, end = visits.text("SVSTDTC"), visits.text("SVENDTC")
    if start is None or end is None or not visits.rows:
        return
    if "VISITNUM" not in visits or "USUBJID" not in visits:
        return
    theirs = visits.joint("USUBJID", "VISITNUM")
    once = np.bincount(theirs.codes, minlength=len(theirs.values))[theirs.codes] == 1
    at = matched(records.joint("USUBJID", "VISITNUM"), theirs)
    known = (at >= 0) & ~missing(records["VISITNUM"])
    known &= once[np.maximum(at, 0)]
    first, day, last = (_days(text) for text in (start, date, end))
    rows = known & ((day < first[at]) | (day > last[at]))
    if rows.any():
        told = against_record(visits, at, ("SVSTDTC", "SVENDTC"))
        shown = (records.full("--DTC"), "VISIT", "VISITNUM")
        yield Fault(records, rows, shown, against=told)


def _days(text: Text) -> Numbers:
    """The day of each date that is known to the day; missing of others."""
    low, _, precision = dates.bounds(text.values)
    days = np.where(precision >= DAY, low // DAY_SECONDS, np.nan)
    return np.asarray(days[text.codes])


def check_reference_start(study: Study) -> Iterator[Fault]:
    """No study day can be told of a subject whose RFSTDTC is missing or partial."""
    subjects = study.one("DM")
    start = subjects.text("RFSTDTC") if subjects is not None else None
    mine = subjects.text("USUBJID") if subjects is not None else None
    if subjects is None or start is None or mine is None:
        return
    open_ = start.spread(dates.bounds(start.values)[2] < DAY)
    counted = np.zeros(subjects.rows, bool)
    where = []
    for records in study if open_.any() else ():
        theirs = records.text("USUBJID")
        if theirs is None or records is subjects:
            continue
        for name in map(records.full, ("--DY", "--STDY", "--ENDY")):
            day = records.number(name)
            if day is not None:
                found = open_ & (matched(mine, theirs.take(~np.isnan(day))) >= 0)
                where += [f"{records.name} ({name})"] * bool(found.any())
                counted |= found
    if counted.any():
        yield Fault(subjects, counted, ("RFSTDTC",), f"of records in {one_of(where)}")


def check_element_names(study: Study) -> Iterator[Fault]:
    """SE and TA call an element as TE does."""
    defined = study.one("TE")
    if defined is None or "ETCD" not in defined or "ELEMENT" not in defined:
        return
    known = defined.joint("ETCD", "ELEMENT")
    for records in (*study.of("SE"), *study.of("TA")):
        if "ETCD" not in records or "ELEMENT" not in records:
            continue
        code, name = as_text(records["ETCD"]), as_text(records["ELEMENT"])
        named = (matched(code, as_text(defined["ETCD"])) >= 0) & ~name.blank
        rows = named & (matched(records.joint("ETCD", "ELEMENT"), known) < 0)
        if rows.any():
            yield Fault(records, rows, ("ETCD", "ELEMENT"))


def check_treated_elements(study: Study) -> Iterator[Fault]:
    """A subject with an actual arm has elements in SE."""
    elements, subjects = study.one("SE"), study.one("DM")
    if elements is None or subjects is None:
        return
    arm, mine, theirs = (
        subjects.text("ACTARMCD"),
        subjects.text("USUBJID"),
        elements.text("USUBJID"),
    )
    if arm is None or mine is None or theirs is None:
        return
    rows = ~arm.blank & (matched(mine, theirs) < 0)
    if rows.any():
        yield Fault(subjects, rows, ("ACTARMCD",))


def check_missed_visit(study: Study) -> Iterator[Fault]:
    """No result is collected at a visit that did not occur."""
    visits = study.one("SV")
    if visits is None or "VISITNUM" not in visits or "USUBJID" not in visits:
        return
    occurred = visits.text("SVOCCUR")
    if occurred is None:
        return
    missed = occurred.equals("N")
    theirs = visits.joint("USUBJID", "VISITNUM")
    lost = theirs.take(missed & (matched(theirs, theirs.take(~missed)) < 0))
    for records in study:
        if records is visits or "VISITNUM" not in records or "USUBJID" not in records:
            continue
        done = records.text(records.full("--STAT"))
        rows = matched(records.joint("USUBJID", "VISITNUM"), lost) >= 0
        if done is not None:
            rows &= ~done.equals("NOT DONE")
        if rows.any():
            yield Fault(records, rows, ("VISITNUM",))


def check_repeated_milestones(study: Study) -> Iterator[Fault]:
    """A milestone that TM says occurs once (TMRPT N) stands once in SM."""
    plan, milestones = study.one("TM"), study.one("SM")
    if plan is None or milestones is None:
        return
    once, kinds = plan.text("TMRPT"), plan.text("MIDSTYPE")
    subject, kind = milestones.text("USUBJID"), milestones.text("MIDSTYPE")
    if once is None or kinds is None or subject is None or kind is None:
        return
    single = matched(kind, kinds.take(once.equals("N"))) >= 0
    codes, count = group_codes([subject, kind], milestones.rows)
    rows = single & (np.bincount(codes, minlength=count)[codes] > 1)
    if rows.any():
        yield Fault(milestones, rows, ("MIDSTYPE",))
