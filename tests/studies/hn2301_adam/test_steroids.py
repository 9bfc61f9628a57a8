"""ADCM against CM, day by day, and ADRS against FA and ADCM."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

Facts = Any  # conftest.Facts: tests are no package
Row = dict[str, Any]

EQUIVALENT = {"PREDNISONE": 1.0, "PREDNISOLONE": 1.0, "METHYLPREDNISOLONE": 5 / 4}
PER_DAY = {"QD": 1.0, "QOD": 0.5, "BID": 2.0}


@pytest.fixture
def doses(facts: Facts) -> Callable[[str, date], float]:
    """Prednisone-equivalent milligrams of a subject on a day, every course looked at by itself."""
    toxic = {
        (row["USUBJID"], row["AELNKID"])
        for row in facts.table("AE")
        if row["AEDECOD"] in ("Cytokine release syndrome", "Immune effector cell neurotoxicity")
    }
    courses: dict[str, list[tuple[date, date, float]]] = defaultdict(list)
    left_out: set[str] = set()
    for row in facts.table("CM"):
        if row["CMCLASCD"] != "EXC01":
            continue
        if row["CMROUTE"] == "TOPICAL":
            left_out.add("local")
        elif row["CMCAT"] == "PREMEDICATION":
            left_out.add("premedication")
        elif (row["USUBJID"], row["CMLNKID"]) in toxic:
            left_out.add("toxicity")
        else:
            start, end = facts.span(row["CMSTDTC"]), facts.span(row["CMENDTC"])
            amount = row["CMDOSE"] * EQUIVALENT[row["CMDECOD"]] * PER_DAY[row["CMDOSFRQ"]]
            span = (start[0] if start else date.min, end[1] if end else date.max, amount)
            courses[row["USUBJID"]].append(span)
    assert left_out == {"local", "premedication", "toxicity"}  # all three are in the data

    def dose(subject: str, day: date) -> float:
        return sum(amount for begun, ended, amount in courses[subject] if begun <= day <= ended)

    return dose


def test_daily_steroid_dose_before_each_visit(
    facts: Facts, doses: Callable[[str, date], float]
) -> None:
    visits = {
        (row["USUBJID"], facts.sas(when)): when
        for row in facts.table("SV")
        if (when := facts.day_of(row["SVSTDTC"])) and row["SVOCCUR"] != "N"
        and row["USUBJID"] in facts.start
        and facts.study_day(when, facts.start[row["USUBJID"]]) >= 11
    }  # fmt: skip
    visits |= {(subject, facts.sas(first)): first for subject, first in facts.start.items()}
    found = facts.table("ADCM")
    assert {(row["USUBJID"], row["ADT"]) for row in found} == set(visits)
    assert len(found) == len(visits)

    def mean(subject: str, when: date) -> float:
        week = [doses(subject, when - timedelta(days=back)) for back in range(1, 8)]
        exact: float = facts.rounded(sum(week) / 7, 3)
        return exact

    for row in found:
        subject, when = row["USUBJID"], visits[row["USUBJID"], row["ADT"]]
        first = facts.start[subject]
        base, value = mean(subject, first), mean(subject, when)
        facts.same(row["AVAL"], value, row)
        facts.same(row["BASE"], base, row)
        assert row["ADY"] == facts.study_day(when, first)
        facts.same(facts.adsl[subject]["BSTERDD"], base, subject)
        assert facts.adsl[subject]["BSTERFL"] == ("Y" if base > 0 else "N")
        assert row["ABLFL"] == ("Y" if when == first else "")
        if when == first:
            assert (row["AVISIT"], row["CRIT1FL"]) == ("Baseline", "")
            continue
        facts.same(row["CHG"], facts.rounded(value - base, 3), row)
        percent = facts.percent(facts.rounded(value - base, 3), base) if base else None
        facts.same(row["PCHG"], percent, row)
        assert row["CRIT1FL"] == (("Y" if value < base else "N") if base > 0 else ""), row
        assert row["AVISITN"] == facts.window(row["ADY"])


def test_the_visit_that_counts(facts: Facts) -> None:
    groups: dict[tuple[str, float], list[Row]] = defaultdict(list)
    for row in facts.table("ADCM"):
        groups[row["USUBJID"], row["AVISITN"]].append(row)
    for (_, target), rows in groups.items():
        chosen = [row for row in rows if row["ANL01FL"] == "Y"]
        nearest = (
            min(rows, key=lambda r: (abs(r["ADY"] - target), -r["ADT"])) if target else rows[0]
        )
        assert chosen == [nearest]


def test_the_stories_of_steroids(committed: Facts) -> None:
    adsl = committed.adsl
    assert adsl["HN2301-02-006"]["BSTERDD"] == 0  # never on steroids
    assert adsl["HN2301-01-007"]["BSTERDD"] == 7.5  # 15 mg every other day
    assert adsl["HN2301-03-007"]["BSTERDD"] == 20  # 10 mg twice a day
    assert adsl["HN2301-02-008"]["BSTERDD"] == 50  # 40 mg of methylprednisolone
    rows = committed.table("ADRS")
    last = {row["USUBJID"]: row["AVALC"] for row in rows if row["PARAMCD"] == "STERREDL"}
    assert "HN2301-02-006" not in last
    assert last["HN2301-03-005"] == "N"
    assert last["HN2301-03-001"] == "Y"
    assert last["HN2301-01-008"] == "N"  # raised


def test_reduction_ever_and_at_the_last_visit(facts: Facts) -> None:
    rows = facts.table("ADRS")
    asked: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for row in facts.table("ADCM"):
        if row["CRIT1FL"]:
            asked[row["USUBJID"]].append((row["ADT"], row["VISITNUM"], row["CRIT1FL"]))
    visits = {(r["USUBJID"], r["ADT"]): r["AVALC"] for r in rows if r["PARAMCD"] == "STERRED"}
    assert visits == {(s, when): yes for s, each in asked.items() for when, _, yes in each}
    on = {s for s, row in facts.adsl.items() if row["FASFL"] == row["BSTERFL"] == "Y"}
    ever = {r["USUBJID"]: r for r in rows if r["PARAMCD"] == "STERREDE"}
    last = {r["USUBJID"]: r for r in rows if r["PARAMCD"] == "STERREDL"}
    assert set(ever) == set(last) == on
    for subject in on:
        each = sorted(asked[subject])
        yes = [when for when, _, answer in each if answer == "Y"]
        assert ever[subject]["AVALC"] == ("Y" if yes else "N" if each else "")
        facts.same(ever[subject]["ADT"], min(yes) if yes else None, subject)
        assert last[subject]["AVALC"] == (each[-1][2] if each else "")
        facts.same(last[subject]["ADT"], each[-1][0] if each else None, subject)
