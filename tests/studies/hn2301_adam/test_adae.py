"""ADAE against AE, FA and EX: the primary endpoint, event by event."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from typing import Any

import pytest

Facts = Any  # conftest.Facts: tests are no package
Row = dict[str, Any]

QUERIES = {"CRS": "CQ01NAM", "ICANS": "CQ02NAM", "INFECTION": "CQ03NAM", "CYTOPENIA": "CQ04NAM"}
NAMES = {"CQ01NAM": "CYTOKINE RELEASE SYNDROME", "CQ02NAM": "NEUROTOXICITY (ICANS)",
         "CQ03NAM": "INFECTION", "CQ04NAM": "CYTOPENIA"}  # fmt: skip


def begun(facts: Facts, event: Row) -> date | None:
    """The earliest day possible, not before the first infusion where start and end allow that."""
    known = facts.span(event["AESTDTC"])
    if known is None:
        return None
    low, high = known
    first = facts.start[event["USUBJID"]]
    end = facts.span(event["AEENDTC"])
    ends_before = end is not None and end[1] < first
    return first if low < first <= high and not ends_before else low


def ended(facts: Facts, event: Row) -> date | None:
    """The latest day possible, not after the last day known alive where the known parts allow it."""
    known = facts.span(event["AEENDTC"])
    if known is None:
        return None
    low, high = known
    last = facts.date_of(facts.adsl[event["USUBJID"]]["LSTALVDT"])
    return last if low <= last < high else high


def flag_of(text: str) -> str:
    known = re.match(r"\d{4}(-\d{2})?(-\d{2})?", text)
    return {4: "M", 7: "D"}.get(len(known[0]), "") if known else ""


@pytest.fixture
def events(facts: Facts) -> dict[tuple[str, float], Row]:
    return {(row["USUBJID"], row["AESEQ"]): row for row in facts.table("AE")}


def test_every_event_of_a_treated_subject_once(facts: Facts, events: Any) -> None:
    found = facts.table("ADAE")
    assert {(r["USUBJID"], r["AESEQ"]) for r in found} == {k for k in events if k[0] in facts.start}
    assert len({(r["USUBJID"], r["AESEQ"]) for r in found}) == len(found)
    for row in found:
        event = events[row["USUBJID"], row["AESEQ"]]
        for name in set(row) & set(event):
            facts.same(row[name], event[name], name)
        told = facts.adsl[row["USUBJID"]]
        for name in ("SUBJID", "SITEID", "AGE", "SEX", "TRTSDT", "TRTEDT", "TRT01A", "SAFFL"):
            facts.same(row[name], told[name], name)
        assert row["TRTA"] == told["TRT01A"]
        assert row["TRTP"] == told["TRT01P"]


def test_dates_are_imputed_and_flagged(facts: Facts, events: Any) -> None:
    for row in facts.table("ADAE"):
        event = events[row["USUBJID"], row["AESEQ"]]
        first = facts.start[row["USUBJID"]]
        start, end = begun(facts, event), ended(facts, event)
        facts.same(row["ASTDT"], facts.sas(start), event)
        facts.same(row["AENDT"], facts.sas(end), event)
        assert row["ASTDTF"] == flag_of(event["AESTDTC"])
        assert row["AENDTF"] == flag_of(event["AEENDTC"])
        facts.same(row["ASTDY"], facts.study_day(start, first) if start else None, event)
        facts.same(row["AENDY"], facts.study_day(end, first) if end else None, event)
        days = (end - start).days + 1 if start and end and end >= start else None
        facts.same(row["ADURN"], days, event)
        assert row["ADURU"] == ("DAYS" if days else "")


def test_emergent_related_and_in_three_months(facts: Facts, events: Any) -> None:
    once: set[tuple[str, ...]] = set()
    for row in sorted(facts.table("ADAE"), key=lambda r: (r["USUBJID"], r["AESEQ"])):
        subject, event = row["USUBJID"], events[row["USUBJID"], row["AESEQ"]]
        first, moment = facts.start[subject], facts.first[subject]
        start, end, text = begun(facts, event), ended(facts, event), event["AESTDTC"]
        timed = "T" in text and facts.day_of(text) is not None
        before = start is not None and (
            start < first or (start == first and timed and text < moment)
        )
        emergent = not before and not (end is not None and end < first)
        assert row["TRTEMFL"] == ("Y" if emergent else ""), event
        related = event["AEREL"] not in ("NOT RELATED", "UNLIKELY")
        assert row["AREL"] == ("RELATED" if related else "NOT RELATED")
        early = emergent and (start is None or facts.study_day(start, first) <= 90)
        assert row["AE3MFL"] == ("Y" if early else ""), event
        again = (subject, event["AETERM"], event["AEDECOD"], text, event["AEENDTC"])
        assert row["ANL01FL"] == ("" if again in once else "Y")
        assert row["PRIMFL"] == ("Y" if early and related and again not in once else "")
        once.add(again)
        assert row["ATOXGR"] == event["AETOXGR"]
        assert row["ATOXGRN"] == int(event["AETOXGR"])


def test_custom_queries_and_astct_grades(facts: Facts, events: Any) -> None:
    grades = {
        (row["USUBJID"], row["FALNKID"]): row["FASTRESN"]
        for row in facts.table("FA") if row["FATESTCD"] == "ASTCTGR"
    }  # fmt: skip
    interest = {
        (row["USUBJID"], float(row["IDVARVAL"])): row["QVAL"]
        for row in facts.table("SUPPAE") if row["QNAM"] == "AEINTRST"
    }  # fmt: skip
    seen = set()
    for row in facts.table("ADAE"):
        key = (row["USUBJID"], row["AESEQ"])
        grade = grades.get((row["USUBJID"], events[key]["AELNKID"]))
        facts.same(row["ASTCTGRN"], grade, key)
        assert facts.none(grade) or row["CQ01NAM"] or row["CQ02NAM"]  # of CRS and ICANS only
        named = {name for name in NAMES if row[name]}
        assert named == ({QUERIES[interest[key]]} if key in interest else set()), key
        assert all(row[name] == NAMES[name] for name in named)
        seen |= named
    assert seen == set(NAMES)
    assert any(not facts.none(row["ASTCTGRN"]) for row in facts.table("ADAE"))


@pytest.mark.parametrize(
    ("flag", "group"), [("AOCCFL", ()), ("AOCCSFL", ("AEBODSYS",)), ("AOCCPFL", ("AEDECOD",))]
)
def test_first_occurrence(facts: Facts, flag: str, group: tuple[str, ...]) -> None:
    seen: set[tuple[Any, ...]] = set()
    ordered = sorted(
        facts.table("ADAE"),
        key=lambda r: (r["USUBJID"], not facts.none(r["ASTDT"]),
                       0 if facts.none(r["ASTDT"]) else r["ASTDT"], r["AESEQ"]),
    )  # fmt: skip
    for row in ordered:
        mine = (row["USUBJID"], *(row[name] for name in group))
        counts = row["TRTEMFL"] == "Y" and row["ANL01FL"] == "Y"
        assert row[flag] == ("Y" if counts and mine not in seen else ""), (flag, row)
        if counts:
            seen.add(mine)
    assert seen


@pytest.mark.parametrize(
    ("flag", "group", "among"),
    [
        ("AOCCIFL", (), "TRTEMFL"),
        ("AOCCSIFL", ("AEBODSYS",), "TRTEMFL"),
        ("AOCCPIFL", ("AEBODSYS", "AEDECOD"), "TRTEMFL"),
        ("AOCC01FL", (), "PRIMFL"),
        ("AOCC02FL", ("AEDECOD",), "PRIMFL"),
    ],
)
def test_worst_grade(facts: Facts, flag: str, group: tuple[str, ...], among: str) -> None:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    found = facts.table("ADAE")
    for row in found:
        if row[among] == "Y" and row["ANL01FL"] == "Y":
            groups[(row["USUBJID"], *(row[name] for name in group))].append(row)
    worst = [
        min(each, key=lambda r: (-r["ATOXGRN"], not facts.none(r["ASTDT"]),
                                 0 if facts.none(r["ASTDT"]) else r["ASTDT"], r["AESEQ"]))
        for each in groups.values()
    ]  # fmt: skip
    assert worst
    assert sum(row[flag] == "Y" for row in found) == len(worst)
    assert all(row[flag] == "Y" for row in worst)


def test_the_partial_start_in_the_month_of_the_infusion(committed: Facts) -> None:
    """Planted: the month alone is known, and it is that of Day 1."""
    (row,) = [
        row for row in committed.table("ADAE")
        if row["USUBJID"] == "HN2301-02-006" and row["AESTDTC"] == "2025-02"
    ]  # fmt: skip
    assert row["ASTDT"] == row["TRTSDT"]
    assert (row["ASTDTF"], row["ASTDY"], row["TRTEMFL"]) == ("D", 1, "Y")
