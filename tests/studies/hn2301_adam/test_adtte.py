"""ADTTE against QS, FA, CM, PR and ADSL: event, what pre-empts it, censoring, source record."""

from __future__ import annotations

import math
import shutil
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.pipeline import Options, build_study

Facts = Any  # conftest.Facts: tests are no package
Row = dict[str, Any]
STUDY = Path(__file__).resolve().parents[3] / "mapping_specs" / "hn2301"
LEFT = {"COMPLETED": 1, "DISCONTINUED": 6, "ONGOING": 7}


def by_subject(facts: Facts, code: str) -> dict[str, Row]:
    rows = [row for row in facts.table("ADTTE") if row["PARAMCD"] == code]
    found = {row["USUBJID"]: row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture
def rescue(facts: Facts) -> dict[str, list[date]]:
    found: dict[str, list[date]] = defaultdict(list)
    for name, category in (("CM", "RESCUE MEDICATION"), ("PR", "RESCUE TREATMENT")):
        for row in facts.table(name):
            when = facts.day_of(row[f"{name}STDTC"])
            if row[f"{name}CAT"] == category and when and when >= facts.start[row["USUBJID"]]:
                found[row["USUBJID"]].append(when)
    return found


def test_time_to_the_first_reduction_of_mg_adl(facts: Facts, rescue: dict[str, list[date]]) -> None:
    found = by_subject(facts, "TTMGADL")
    assert set(found) == set(facts.start)
    for subject, first in facts.start.items():
        base = facts.baselines.get((subject, "MG-ADL"))
        after = [each for each in facts.totals[subject, "MG-ADL"] if each[0] > first]
        events = [
            when for when, _, score in after
            if base is not None and facts.study_day(when, first) >= 11 and base - score >= 2
        ]  # fmt: skip
        death = facts.adsl[subject]["DTHDT"]
        ends = [(when, 0, 0) for when in events] + [(when, 1, 2) for when in rescue[subject]]
        if not facts.none(death):
            ends.append((facts.date_of(death), 2, 3))
        if base is None or base < 2:
            when, status = first, 5
        elif ends:
            when, _, status = min(ends)
        elif after:
            when, status = max(each[0] for each in after), LEFT[facts.adsl[subject]["EOSSTT"]]
        else:
            when, status = first, 4
        row = found[subject]
        assert (row["ADT"], row["CNSR"]) == (facts.sas(when), status), subject
        assert row["STARTDT"] == facts.sas(first)


def test_the_stories_of_time_to_reduction(committed: Facts) -> None:
    found = {subject[7:]: row for subject, row in by_subject(committed, "TTMGADL").items()}
    status = {subject: int(row["CNSR"]) for subject, row in found.items()}
    assert status["03-005"] == 2  # rescue before any response
    assert found["03-005"]["EVNTDESC"] == "Rescue therapy before the event"
    assert found["03-005"]["SRCDOM"] == "PR"
    assert status["01-002"] == 0  # rescue only after the response
    assert status["01-007"] == 5  # no baseline
    assert status["02-007"] == 5  # baseline below 2
    assert status["03-003"] == 3  # died without a response
    assert status["01-003"] == 6  # withdrawn, with that reason
    assert found["01-003"]["EVNTDESC"] == "Left the study without the event: WITHDRAWAL BY SUBJECT"
    assert found["01-003"]["CNSDTDSC"] == "Last MG-ADL assessment"
    assert status["01-008"] == 1
    assert status["03-007"] == 0
    assert 90 < found["03-007"]["ADY"] <= 190
    assert "02-002" not in found
    assert "03-006" not in found
    worse = {subject[7:]: row for subject, row in by_subject(committed, "TTWORSE").items()}
    assert worse["01-004"]["EVNTDESC"] == "Left the study without the event: LOST TO FOLLOW-UP"
    assert worse["03-004"]["CNSR"] == 7  # still in the study at the data cut


@pytest.mark.parametrize(
    ("code", "test"),
    [("TTWORSE", "MGWORSE"), ("TTMINMAN", "MGMINMAN"), ("TTRELAPS", "MGRELAPS")],
)
def test_investigators_answers_as_time_to_event(facts: Facts, code: str, test: str) -> None:
    answers: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in facts.table("FA"):
        when, subject = facts.day_of(row["FADTC"]), row["USUBJID"]
        answered = row["FATESTCD"] == test and row["FASTRESC"] != ""
        if answered and when and subject in facts.start and when > facts.start[subject]:
            answers[subject].append((when, row["FASTRESC"]))
    improved = {s: min(days) for s in facts.start if (days := facts.reduced(s, "MG-ADL", 2))}
    relapse = test == "MGRELAPS"
    found = by_subject(facts, code)
    assert set(found) == (set(improved) if relapse else set(facts.start))
    for subject, row in found.items():
        origin = improved[subject] if relapse else facts.start[subject]
        told = [each for each in answers[subject] if not relapse or each[0] > origin]
        ends = [(facts.sas(when), 0) for when, answer in told if answer == "Y"]
        if not facts.none(facts.adsl[subject]["DTHDT"]):
            ends.append((facts.adsl[subject]["DTHDT"], 3))
        last = max((when for when, _ in told), default=None)
        censored = LEFT[facts.adsl[subject]["EOSSTT"]]
        expected = (
            min(ends) if ends
            else (facts.sas(last), censored) if last else (facts.sas(origin), 4)
        )  # fmt: skip
        assert (row["ADT"], row["CNSR"]) == expected, (subject, code)
        assert row["STARTDT"] == facts.sas(origin)


def test_time_to_the_first_steroid_reduction(facts: Facts) -> None:
    found = by_subject(facts, "TTSTER")
    on = {subject for subject, row in facts.adsl.items()
          if row["BSTERFL"] == "Y" and subject in facts.start}  # fmt: skip
    assert set(found) == on
    visits: dict[str, list[Row]] = defaultdict(list)
    for row in facts.table("ADCM"):
        if row["ABLFL"] == "":
            visits[row["USUBJID"]].append(row)
    for subject, row in found.items():
        ends = [(r["ADT"], 0) for r in visits[subject] if r["CRIT1FL"] == "Y"]
        if not facts.none(facts.adsl[subject]["DTHDT"]):
            ends.append((facts.adsl[subject]["DTHDT"], 3))
        last = max((r["ADT"] for r in visits[subject]), default=None)
        censored = (last, LEFT[facts.adsl[subject]["EOSSTT"]])
        expected = min(ends) if ends else censored if last else (facts.sas(facts.start[subject]), 4)
        assert (row["ADT"], row["CNSR"]) == expected, subject


def test_every_time_is_described_and_sourced(facts: Facts) -> None:
    tables: dict[str, dict[tuple[str, float], Row]] = {}
    for name, number in (("ADQS", "ASEQ"), ("ADRS", "ASEQ"), ("ADCM", "ASEQ"), ("FA", "FASEQ"),
                         ("CM", "CMSEQ"), ("PR", "PRSEQ")):  # fmt: skip
        tables[name] = {(row["USUBJID"], row[number]): row for row in facts.table(name)}
    for row in facts.table("ADTTE"):
        days = row["ADT"] - row["STARTDT"] + 1
        assert days >= 1
        facts.same(row["AVAL"], facts.rounded(days / 30.4375, 2), row)
        first = facts.start[row["USUBJID"]]
        assert row["ADY"] == facts.study_day(facts.date_of(row["ADT"]), first)
        assert row["EVNTDESC"]
        assert bool(row["CNSDTDSC"]) == (row["CNSR"] > 0)
        if row["SRCDOM"] == "ADSL":
            source = facts.adsl[row["USUBJID"]]
            assert facts.none(row["SRCSEQ"])
        else:
            source = tables[row["SRCDOM"]][row["USUBJID"], row["SRCSEQ"]]
            assert source.get("DTYPE", "") == ""  # never an imputed record
        value = source[row["SRCVAR"]]
        assert (facts.sas(facts.day_of(value)) if isinstance(value, str) else value) == row["ADT"]


def test_no_record_before_the_start_counts(facts: Facts) -> None:
    assert all(row["ADT"] >= row["STARTDT"] for row in facts.table("ADTTE"))
    assert not any(math.isnan(row["AVAL"]) for row in facts.table("ADTTE"))


@pytest.mark.parametrize("written", ["UN-Jun-2025", ""])
def test_a_death_without_a_complete_date_is_an_error(tmp_path: Path, written: str) -> None:
    """It would end no time to event, and be missed in silence."""
    copy = tmp_path / "hn2301"
    shutil.copytree(STUDY, copy, ignore=shutil.ignore_patterns("generate_source", "__pycache__"))
    source = copy / "source" / "disposition.csv"
    rows = source.read_text(encoding="utf-8")
    died = "30-Jun-2025,30-Jun-2025,crc031"  # the death, the last contact, who typed it
    assert rows.count(died) == 1
    source.write_text(
        rows.replace(died, f"{written},30-Jun-2025,crc031"), encoding="utf-8", newline=""
    )
    built = build_study(copy, tmp_path / "out", Options(only=("DM",)))
    told = [
        each for each in built.findings
        if each.kind == "check" and each.dataset == "DM" and not each.reason
    ]  # fmt: skip
    assert [each.level for each in told] == ["error"]
    assert "the day of death of a subject who died is known" in told[0].what
