"""The example study's analysis datasets against its SDTM transport files, computed row by row.

Nothing here uses the engine: the SDTM files of the same build are read, and every expected value
follows from them by the rules of the study, in plain Python with loops. That the SDTM files agree
with the source is for test_hn2301_build.py.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from mg_cdisc.transport import read_xpt

Example = Any  # conftest.Example: tests are no package
Row = dict[str, Any]
Tables = Callable[[str], list[Row]]

WRITTEN = {"ADAE", "ADCM", "ADLB", "ADQS", "ADRS", "ADSL", "ADTTE"}
ZERO = date(1960, 1, 1)
TARGETS = {7: (2, 10), 14: (11, 21), 28: (22, 44), 60: (45, 75), 90: (76, 135), 180: (136, 225),
           270: (226, 315), 360: (316, 10**6)}  # fmt: skip
LAB = {3: (1, 3), 5: (4, 5), 7: (6, 8), 10: (9, 11), 14: (12, 21), 28: (22, 44), 60: (45, 75),
       90: (76, 135), 180: (136, 225), 270: (226, 315), 360: (316, 10**6)}  # fmt: skip
ITEMS = {"MG-ADL": 8, "QMG": 13, "MGC": 10, "MG-QOL15R": 15}
TOTAL = {"MG-ADL": "MGADLT", "QMG": "QMGT", "MGC": "MGCT", "MG-QOL15R": "MGQOLT"}
NEEDED = {"MG-ADL": 2, "QMG": 3, "MGC": 3}
STEM = {"MG-ADL": "MGADL", "QMG": "QMG", "MGC": "MGC"}
SYSTEMIC = {"PREDNISONE": 1, "PREDNISOLONE": 1, "METHYLPREDNISOLONE": 5 / 4}
PER_DAY = {"QD": 1.0, "QOD": 0.5, "BID": 2.0}


def none(value: Any) -> bool:
    return value == "" or value is None or (isinstance(value, float) and math.isnan(value))


def sas(when: date | None) -> Any:
    return None if when is None else float((when - ZERO).days)


def same(found: Any, expected: Any, *what: Any) -> None:
    if none(expected):
        assert none(found), (found, expected, what)
    elif isinstance(expected, str):
        assert found == expected, (found, expected, what)
    else:
        assert found == pytest.approx(float(expected), abs=1e-9), (found, expected, what)


def rounded(value: float, decimals: int) -> float:
    """Half away from zero, as SAS's ROUND."""
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def day_of(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if len(text) >= 10 and "--" not in text else None


def moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if "T" in text else None


def study_day(when: date, first: date) -> int:
    return (when - first).days + (1 if when >= first else 0)


def window(day: int, windows: dict[int, tuple[int, int]]) -> int | None:
    return next((name for name, (low, high) in windows.items() if low <= day <= high), None)


@pytest.fixture(scope="module")
def tables(example: Example) -> Tables:
    """The records of a dataset, SDTM or ADaM, as read from its transport file."""
    root = example.folder / "m5/datasets/hn2301"
    kept: dict[str, list[Row]] = {}

    def records(name: str) -> list[Row]:
        if name not in kept:
            (file,) = root.rglob(f"{name.lower()}.xpt")
            kept[name] = read_xpt(file).frame.to_pandas().to_dict("records")
        return kept[name]

    return records


@pytest.fixture(scope="module")
def start(tables: Tables) -> dict[str, date]:
    """The day of the first infusion of each treated subject."""
    found: dict[str, date] = {}
    for row in tables("EX"):
        when = day_of(row["EXSTDTC"])
        assert when is not None
        found[row["USUBJID"]] = min(when, found.get(row["USUBJID"], when))
    return found


@pytest.fixture(scope="module")
def adsl(tables: Tables) -> dict[str, Row]:
    return {row["USUBJID"]: row for row in tables("ADSL")}


@pytest.fixture(scope="module")
def totals(tables: Tables) -> dict[tuple[str, str], list[tuple[date, float, float]]]:
    """(day, VISITNUM, total) of each form with all items, by subject and instrument, in order."""
    forms: dict[tuple[str, str, str, float], list[float]] = defaultdict(list)
    for row in tables("QS"):
        if not row["QSTESTCD"].endswith("TOT"):
            key = (row["USUBJID"], row["QSCAT"], row["QSDTC"], row["VISITNUM"])
            forms[key].append(row["QSSTRESN"])
    found: dict[tuple[str, str], list[tuple[date, float, float]]] = defaultdict(list)
    for (subject, instrument, when, visit), scores in forms.items():
        if not any(none(score) for score in scores):
            assert len(scores) == ITEMS[instrument]
            found[subject, instrument].append((date.fromisoformat(when), visit, sum(scores)))
    return {key: sorted(value) for key, value in found.items()}


@pytest.fixture(scope="module")
def baselines(totals: Any, start: dict[str, date]) -> dict[tuple[str, str], float]:
    """The last total before the day of the first infusion."""
    return {
        (subject, instrument): before[-1][2]
        for (subject, instrument), each in totals.items()
        if subject in start and (before := [one for one in each if one[0] < start[subject]])
    }


def test_the_analysis_datasets_are_written(example: Example) -> None:
    folder = example.folder / "m5/datasets/hn2301/analysis/adam/datasets"
    assert {path.stem.upper() for path in folder.glob("*.xpt")} == WRITTEN
    assert (folder / "define.xml").is_file()


def test_every_parameter_has_one_code_and_one_name(tables: Tables) -> None:
    for name in WRITTEN - {"ADSL", "ADAE"}:
        pairs = {(row["PARAMCD"], row["PARAM"]) for row in tables(name)}
        assert len({code for code, _ in pairs}) == len({text for _, text in pairs}) == len(pairs)


def test_asequence_numbers_count_within_the_subject(tables: Tables) -> None:
    for name in ("ADCM", "ADLB", "ADQS", "ADRS", "ADTTE"):
        numbers: dict[str, list[float]] = defaultdict(list)
        for row in tables(name):
            numbers[row["USUBJID"]].append(row["ASEQ"])
        for each in numbers.values():
            assert sorted(each) == list(range(1, len(each) + 1))


# ADSL


def test_subjects_with_treatment_and_populations(
    tables: Tables, adsl: dict[str, Row], start: dict[str, date], baselines: Any, totals: Any
) -> None:
    dm = {row["USUBJID"]: row for row in tables("DM")}
    assert set(adsl) == set(dm)
    infusions: dict[str, list[Row]] = defaultdict(list)
    for row in tables("EX"):
        infusions[row["USUBJID"]].append(row)
    enrolled = {
        row["USUBJID"]: row["DSSTDTC"]
        for row in tables("DS")
        if row["DSDECOD"] == "ELIGIBILITY CRITERIA MET"
    }
    quantified = {
        row["USUBJID"]
        for row in tables("CP")
        if row["CPTESTCD"] == "TLSTLY" and not none(row["CPSTRESN"])
        and row["USUBJID"] in start
        and row["CPDTC"] > min(each["EXSTDTC"] for each in infusions[row["USUBJID"]])
    }  # fmt: skip
    for subject, row in adsl.items():
        given = infusions[subject]
        for name in ("SITEID", "AGE", "SEX", "RACE", "ARM", "ACTARM", "DTHFL"):
            same(row[name], dm[subject][name], subject, name)
        same(row["TRT01P"], dm[subject]["ARM"], subject)
        same(row["TRTSDT"], sas(start.get(subject)), subject)
        ends = [date.fromisoformat(each["EXENDTC"][:10]) for each in given]
        same(row["TRTEDT"], sas(max(ends)) if ends else None, subject)
        same(row["CUMDOSE"], sum(each["EXDOSE"] for each in given) if given else None, subject)
        assert row["NINFUS"] == len(given)
        same(row["ENRLDT"], sas(day_of(enrolled.get(subject, ""))), subject)
        assert row["ENRLFL"] == ("Y" if subject in enrolled else "N")
        assert row["SAFFL"] == row["FASFL"] == ("Y" if given else "N")
        after = [
            each for each in totals.get((subject, "MG-ADL"), ())
            if given and study_day(each[0], start[subject]) >= 11
        ]  # fmt: skip
        evaluable = bool(given) and (subject, "MG-ADL") in baselines and bool(after)
        assert row["EFFFL"] == ("Y" if evaluable else "N"), subject
        assert row["KINFL"] == ("Y" if subject in quantified else "N"), subject
        age = row["AGE"]
        assert row["AGEGR1"] == ("<40" if age < 40 else "40-59" if age < 60 else ">=60")
        for instrument, name in zip(TOTAL, ("BMGADL", "BQMG", "BMGC", "BMGQOL"), strict=True):
            same(row[name], baselines.get((subject, instrument)), subject, name)


def test_disposition_death_and_last_contact(
    tables: Tables, adsl: dict[str, Row], start: dict[str, date]
) -> None:
    ends = {row["USUBJID"]: row for row in tables("DS") if row["DSSCAT"] == "STUDY PARTICIPATION"}
    seen: dict[str, list[date]] = defaultdict(list)
    for name in ("AE", "CM", "CP", "EC", "FA", "IS", "LB", "PR", "QS", "RS", "SV", "VS"):
        for row in tables(name):
            for variable in (f"{name}DTC", f"{name}STDTC"):
                when = day_of(row.get(variable, ""))
                if when is not None:
                    seen[row["USUBJID"]].append(when)
    for subject, row in adsl.items():
        end = ends.get(subject)
        if row["ENRLFL"] == "N":
            assert row["EOSSTT"] == row["DCSREAS"] == ""
            assert none(row["EOSDT"])
        elif end is None:
            assert row["EOSSTT"] == "ONGOING"
            assert none(row["EOSDT"])
        else:
            completed = end["DSDECOD"] == "COMPLETED"
            assert row["EOSSTT"] == ("COMPLETED" if completed else "DISCONTINUED")
            assert row["DCSREAS"] == ("" if completed else end["DSDECOD"])
            same(row["EOSDT"], sas(day_of(end["DSSTDTC"])), subject)
        last = max(seen[subject])
        if end is not None and end["DSDECOD"] == "DEATH":
            last = day_of(end["DSSTDTC"]) or last
            same(row["DTHDT"], sas(last), subject)
        else:
            assert none(row["DTHDT"])
            if end is not None and end["DSDECOD"] != "LOST TO FOLLOW-UP":
                last = max(last, day_of(end["DSSTDTC"]) or last)
        same(row["LSTALVDT"], sas(last), subject)
        if subject in start:
            months = ((last - start[subject]).days + 1) / 30.4375
            same(row["FUPMON"], rounded(months, 2), subject)


def test_the_disease_at_screening(tables: Tables, adsl: dict[str, Row]) -> None:
    for row in tables("RS"):
        assert adsl[row["USUBJID"]]["MGFACL"] == row["RSSTRESC"]
    status: dict[str, dict[str, str]] = defaultdict(dict)
    for row in tables("IS"):
        if row["ISCAT"] == "AUTOANTIBODY STATUS":
            status[row["USUBJID"]][row["ISBDAGNT"][:6]] = row["ISSTRESC"]
    short = {"ACETYL": "ACHR", "MUSCLE": "MUSK", "LOW-DE": "LRP4"}
    for subject, found in status.items():
        positive = [short[agent] for agent, result in found.items() if result == "POSITIVE"]
        expected = f"{positive[0]} POSITIVE" if positive else "SERONEGATIVE"
        assert len(positive) < 2
        assert adsl[subject]["ABSTAT"] == expected
    for row in tables("MH"):
        if row["MHCAT"] == "PRIMARY DIAGNOSIS":
            parts = row["MHSTDTC"].split("-")
            flag = {3: "", 2: "D", 1: "M"}[len(parts)]
            middle = {3: [], 2: ["15"], 1: ["06", "30"]}[len(parts)]
            when = date.fromisoformat("-".join([*parts, *middle]))
            told = adsl[row["USUBJID"]]
            assert told["DIAGDTF"] == flag
            same(told["DIAGDT"], sas(when), row["USUBJID"], row["MHSTDTC"])
    prior = {row["USUBJID"] for row in tables("PR") if row["PRDECOD"] == "THYMECTOMY"}
    assert {subject for subject, row in adsl.items() if row["THYMFL"] == "Y"} == prior


# ADQS


def pick(rows: Iterable[Row], target: int) -> Row:
    """The nearest to the target day, then the later, then the higher visit."""
    return min(rows, key=lambda r: (abs(r["ADY"] - target), -r["ADT"], -r["VISITNUM"]))


def test_totals_are_computed_from_items_and_compared_with_baseline(
    tables: Tables, start: dict[str, date], totals: Any, baselines: Any
) -> None:
    expected = {
        (subject, TOTAL[instrument], sas(when), visit): (instrument, when, score)
        for (subject, instrument), each in totals.items() if subject in start
        for when, visit, score in each
    }  # fmt: skip
    found = [row for row in tables("ADQS") if row["PARCAT2"] == "TOTAL" and row["DTYPE"] == ""]
    assert len(found) == len(expected)
    for row in found:
        subject = row["USUBJID"]
        instrument, when, score = expected[subject, row["PARAMCD"], row["ADT"], row["VISITNUM"]]
        day, base = study_day(when, start[subject]), baselines.get((subject, instrument))
        assert row["AVAL"] == score
        assert row["ADY"] == day
        same(row["BASE"], base, row)
        after = base is not None and day >= 1
        same(row["CHG"], score - base if after else None, row)
        same(row["PCHG"], rounded(100 * (score - base) / base, 1) if after and base else None, row)
        wanted = ("Y" if base - score >= NEEDED[instrument] else "N") if (
            after and instrument in NEEDED) else ""  # fmt: skip
        assert row["CRIT1FL"] == wanted, row


def test_collected_totals_and_items_stand_beside(tables: Tables, start: dict[str, date]) -> None:
    expected = {
        (row["USUBJID"], row["QSSEQ"]): (row["QSTESTCD"], row["QSSTRESN"])
        for row in tables("QS")
        if row["USUBJID"] in start and not none(row["QSSTRESN"])
    }
    found = {
        (row["USUBJID"], row["SRCSEQ"]): (row["PARAMCD"], row["AVAL"])
        for row in tables("ADQS")
        if row["PARCAT2"] in ("ITEM", "TOTAL AS COLLECTED")
    }
    assert found == expected


def test_windows_and_the_record_that_counts(tables: Tables, start: dict[str, date]) -> None:
    groups: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
    for row in tables("ADQS"):
        if row["PARCAT2"] == "RESPONSE" or row["DTYPE"] != "":
            continue
        if row["ABLFL"] == "Y":
            assert row["AVISIT"] == "Baseline"
            assert row["ANL01FL"] == "Y"
            assert row["ADY"] < 1
            continue
        name = window(int(row["ADY"]), TARGETS) if row["ADY"] >= 1 else None
        same(row["AVISITN"], name, row)
        if name is None:
            assert row["ANL01FL"] == ""
            assert none(row["AWTARGET"])
        else:
            assert row["AWTARGET"] == name
            assert row["AWTDIFF"] == abs(row["ADY"] - name)
            assert row["AWLO"] == TARGETS[name][0]
            groups[row["USUBJID"], row["PARAMCD"], name].append(row)
    for (_, _, name), rows in groups.items():
        chosen = [row for row in rows if row["ANL01FL"] == "Y"]
        assert chosen == [pick(rows, name)]


def test_missed_visits_carry_the_last_value_after_baseline_forward(
    tables: Tables, adsl: dict[str, Row], start: dict[str, date]
) -> None:
    totals = [row for row in tables("ADQS") if row["PARCAT2"] == "TOTAL"]
    chosen: dict[tuple[str, str], dict[int, Row]] = defaultdict(dict)
    for row in totals:
        if row["DTYPE"] == "" and row["ANL01FL"] == "Y" and row["ABLFL"] == "":
            chosen[row["USUBJID"], row["PARAMCD"]][int(row["AVISITN"])] = row
    expected = {}
    for (subject, code), visits in chosen.items():
        last = adsl[subject]["LSTALVDT"] - sas(start[subject]) + 1
        for target in (14, 28, 60, 90, 180, 270, 360):
            earlier = [name for name in visits if name < target]
            if target not in visits and earlier and target <= last:
                expected[subject, code, target] = visits[max(earlier)]
    found = {(r["USUBJID"], r["PARAMCD"], r["AVISITN"]): r for r in totals if r["DTYPE"] == "LOCF"}
    assert set(found) == set(expected)
    assert ("HN2301-02-003", "MGADLT", 270) in found  # Month 9 was missed
    for key, row in found.items():
        for name in ("AVAL", "ADT", "ADY", "VISITNUM", "SRCDOM", "BASE", "CHG"):
            same(row[name], expected[key][name], key, name)
        assert row["ANL01FL"] == ""
        assert row["ANL02FL"] == "Y"


def test_responses_by_visit_ever_and_sustained(
    tables: Tables, adsl: dict[str, Row], start: dict[str, date]
) -> None:
    rows = tables("ADQS")
    for instrument, stem in STEM.items():
        observed: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row["PARAMCD"] == TOTAL[instrument] and row["DTYPE"] == "" and row["CRIT1FL"]:
                observed[row["USUBJID"]].append(row)
        visit: Row = {}
        ever: Row = {}
        sustained: Row = {}
        for subject, each in observed.items():
            answers = [(row["ADT"], row["CRIT1FL"]) for row in each]
            counted = sorted((r["AVISITN"], r["CRIT1FL"]) for r in each if r["ANL01FL"] == "Y")
            visit |= {(subject, name): answer for name, answer in counted}
            ever[subject] = "Y" if any(answer == "Y" for _, answer in answers) else "N"
            inside = [answer for _, answer in counted]
            kept = "".join(inside[inside.index("Y") :]) if "Y" in inside else ""
            sustained[subject] = "Y" if len(kept) >= 2 and "N" not in kept else "N"
        full = [subject for subject, row in adsl.items() if row["FASFL"] == "Y"]
        due = {
            (subject, target)
            for subject in full for target in (14, 28, 60, 90, 180, 270, 360)
            if adsl[subject]["EOSSTT"] != "ONGOING"
            or target <= adsl[subject]["LSTALVDT"] - sas(start[subject]) + 1
        }  # fmt: skip
        wanted: dict[str, Any] = {
            f"{stem}RV": visit,
            f"{stem}RVN": {**dict.fromkeys(due, "N"), **visit},
            f"{stem}RE": ever,
            f"{stem}REN": {**dict.fromkeys(full, "N"), **ever},
            f"{stem}RS": sustained,
            f"{stem}RSN": {**dict.fromkeys(full, "N"), **sustained},
        }
        for code, answers in wanted.items():
            found = {
                (r["USUBJID"], r["AVISITN"]) if "RV" in code else r["USUBJID"]: r["AVALC"]
                for r in rows if r["PARAMCD"] == code
            }  # fmt: skip
            assert found == answers, code
    symptoms = {
        (row["USUBJID"], row["AVISITN"]): "Y" if row["AVAL"] <= 1 else "N"
        for row in rows
        if row["PARAMCD"] == "MGADLT" and row["ANL01FL"] == "Y" and row["ABLFL"] == ""
    }
    found = {(r["USUBJID"], r["AVISITN"]): r["AVALC"] for r in rows if r["PARAMCD"] == "MGADLMSE"}
    assert found == symptoms
    assert ("HN2301-01-006", 360) in found


# ADTTE


def test_time_to_the_first_reduction_of_mg_adl(
    tables: Tables, adsl: dict[str, Row], start: dict[str, date], totals: Any, baselines: Any
) -> None:
    rescue: dict[str, list[date]] = defaultdict(list)
    for name, category in (("CM", "RESCUE MEDICATION"), ("PR", "RESCUE TREATMENT")):
        for row in tables(name):
            when = day_of(row[f"{name}STDTC"])
            if row[f"{name}CAT"] == category and when and when >= start[row["USUBJID"]]:
                rescue[row["USUBJID"]].append(when)
    found = {row["USUBJID"]: row for row in tables("ADTTE") if row["PARAMCD"] == "TTMGADL"}
    assert set(found) == set(start)
    for subject, first in start.items():
        base = baselines.get((subject, "MG-ADL"))
        after = [each for each in totals[subject, "MG-ADL"] if each[0] >= first]
        events = [
            when for when, _, score in after
            if base is not None and study_day(when, first) >= 11 and base - score >= 2
        ]  # fmt: skip
        death = adsl[subject]["DTHDT"]
        ends = [(when, 0, 0) for when in events] + [(when, 1, 2) for when in rescue[subject]]
        if not none(death):
            ends.append((ZERO + timedelta(days=int(death)), 2, 3))
        if base is None or base < 2:
            when, status = first, 5
        elif ends:
            when, _, status = min(ends)
        elif after:
            when, status = max(each[0] for each in after), 1
        else:
            when, status = first, 4
        row = found[subject]
        assert (row["ADT"], row["CNSR"]) == (sas(when), status), subject
        assert row["STARTDT"] == sas(first)
        assert row["AVAL"] == rounded(((when - first).days + 1) / 30.4375, 2)
        assert row["EVNTDESC"]
        assert bool(row["CNSDTDSC"]) == (status > 0)


def test_the_stories_of_time_to_reduction(tables: Tables) -> None:
    found = {row["USUBJID"][7:]: row for row in tables("ADTTE") if row["PARAMCD"] == "TTMGADL"}
    status = {subject: int(row["CNSR"]) for subject, row in found.items()}
    assert status["03-005"] == 2  # rescue before any response
    assert status["01-002"] == 0  # rescue only after the response
    assert status["01-007"] == 5
    assert status["02-007"] == 5
    assert status["03-003"] == 3  # died without a response
    assert status["01-003"] == 1
    assert status["01-008"] == 1
    assert status["03-007"] == 0
    assert 90 < found["03-007"]["ADY"] <= 190
    assert "02-002" not in found
    assert "03-006" not in found


def test_investigators_answers_as_time_to_event(
    tables: Tables, adsl: dict[str, Row], start: dict[str, date]
) -> None:
    answers: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
    for row in tables("FA"):
        when = day_of(row["FADTC"])
        subject = row["USUBJID"]
        if row["FACAT"] == "MG STATUS" and row["FASTRESC"] and when and when >= start[subject]:
            answers[subject, row["FATESTCD"]].append((when, row["FASTRESC"]))
    improved: dict[str, float] = {}
    for row in tables("ADQS"):
        if row["PARAMCD"] == "MGADLT" and row["CRIT1FL"] == "Y" and row["DTYPE"] == "":
            subject = row["USUBJID"]
            improved[subject] = min(row["ADT"], improved.get(subject, math.inf))
    for code, test in (("TTWORSE", "MGWORSE"), ("TTMINMAN", "MGMINMAN"), ("TTRELAPS", "MGRELAPS")):
        found = {row["USUBJID"]: row for row in tables("ADTTE") if row["PARAMCD"] == code}
        relapse = test == "MGRELAPS"
        assert set(found) == (set(improved) if relapse else set(start))
        for subject, row in found.items():
            origin = improved[subject] if relapse else sas(start[subject])
            told = [
                (sas(when), answer) for when, answer in answers[subject, test]
                if not relapse or sas(when) > origin
            ]  # fmt: skip
            ends = [(when, 0) for when, answer in told if answer == "Y"]
            if not none(adsl[subject]["DTHDT"]):
                ends.append((adsl[subject]["DTHDT"], 3))
            last = max((when for when, _ in told), default=None)
            expected = min(ends) if ends else (last, 1) if last else (origin, 4)
            assert (row["ADT"], row["CNSR"]) == expected, (subject, code)
            assert row["STARTDT"] == origin


# ADCM and ADRS


@pytest.fixture(scope="module")
def doses(tables: Tables) -> Callable[[str, date], float]:
    """Prednisone-equivalent milligrams of a subject on a day, every course looked at by itself."""
    courses: dict[str, list[tuple[date, date, float]]] = defaultdict(list)
    for row in tables("CM"):
        wanted = row["CMDECOD"] in SYSTEMIC and row["CMROUTE"] == "ORAL"
        if not wanted or row["CMCAT"] == "PREMEDICATION":
            continue
        parts = row["CMSTDTC"].split("-")
        begun = date.fromisoformat("-".join([*parts, *["01"] * (3 - len(parts))]))
        ended = day_of(row["CMENDTC"]) or date.max
        amount = row["CMDOSE"] * SYSTEMIC[row["CMDECOD"]] * PER_DAY[row["CMDOSFRQ"]]
        courses[row["USUBJID"]].append((begun, ended, amount))

    def dose(subject: str, day: date) -> float:
        return sum(amount for begun, ended, amount in courses[subject] if begun <= day <= ended)

    return dose


def test_daily_steroid_dose_before_each_visit(
    tables: Tables, start: dict[str, date], doses: Callable[[str, date], float], adsl: Any
) -> None:
    visits = {
        (row["USUBJID"], sas(when)): when
        for row in tables("SV")
        if (when := day_of(row["SVSTDTC"])) and row["SVOCCUR"] != "N" and row["USUBJID"] in start
        and study_day(when, start[row["USUBJID"]]) >= 11
    }  # fmt: skip
    visits |= {(subject, sas(first)): first for subject, first in start.items()}
    found = tables("ADCM")
    assert {(row["USUBJID"], row["ADT"]) for row in found} == set(visits)
    assert len(found) == len(visits)

    def mean(subject: str, when: date) -> float:
        week = [doses(subject, when - timedelta(days=back)) for back in range(1, 8)]
        return rounded(sum(week) / 7, 3)

    for row in found:
        subject, when = row["USUBJID"], visits[row["USUBJID"], row["ADT"]]
        base = mean(subject, start[subject])
        same(row["AVAL"], mean(subject, when), row)
        same(row["BASE"], base, row)
        assert adsl[subject]["BSTERFL"] == ("Y" if base > 0 else "N")
        if row["ABLFL"] == "":
            same(row["CHG"], rounded(mean(subject, when) - base, 3), row)
            reduced = "Y" if mean(subject, when) < base else "N"
            assert row["CRIT1FL"] == (reduced if base > 0 else ""), row


def test_the_stories_of_steroids(tables: Tables, adsl: dict[str, Row]) -> None:
    assert adsl["HN2301-02-006"]["BSTERDD"] == 0  # never on steroids
    assert adsl["HN2301-01-007"]["BSTERDD"] == 7.5  # 15 mg every other day
    assert adsl["HN2301-03-007"]["BSTERDD"] == 20  # 10 mg twice a day
    assert adsl["HN2301-02-008"]["BSTERDD"] == 50  # 40 mg of methylprednisolone
    last = {row["USUBJID"]: row["AVALC"] for row in tables("ADRS") if row["PARAMCD"] == "STERREDL"}
    assert "HN2301-02-006" not in last
    assert last["HN2301-03-005"] == "N"
    assert last["HN2301-03-001"] == "Y"
    assert last["HN2301-01-008"] == "N"  # raised


def test_responses_by_the_investigator(
    tables: Tables, adsl: dict[str, Row], start: dict[str, date]
) -> None:
    rows = tables("ADRS")
    for row in rows:
        same(row["AVAL"], {"Y": 1, "N": 0, "": None}[row["AVALC"]], row)
    visits: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for row in rows:
        if row["PARCAT1"] == "AT VISIT" and row["ANL01FL"] == "Y":
            visits[row["USUBJID"], row["PARAMCD"]][int(row["AVISITN"])] = row["AVALC"]
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in tables("FA"):
        if row["FACAT"] == "MG STATUS" and row["USUBJID"] in start and row["FASTRESC"]:
            told[row["USUBJID"], row["FATESTCD"]].append(row["FASTRESC"])
    for test, observed, strict, hit in (
        ("MGWORSE", "NOWORSEO", "NOWORSE", "N"), ("MGMINMAN", "MINMANO", "MINMAN", "Y"),
    ):  # fmt: skip
        seen = {row["USUBJID"]: row["AVALC"] for row in rows if row["PARAMCD"] == observed}
        full = {row["USUBJID"]: row["AVALC"] for row in rows if row["PARAMCD"] == strict}
        miss = "Y" if hit == "N" else "N"
        for subject, first in start.items():
            answers = told[subject, test]
            assert seen[subject] == (hit if "Y" in answers else miss), (subject, test)
            last = adsl[subject]["LSTALVDT"] - sas(first) + 1
            due = [
                target for target in (14, 28, 60, 90, 180, 270, 360)
                if adsl[subject]["EOSSTT"] != "ONGOING" or target <= last
            ]  # fmt: skip
            whole = all(target in visits[subject, test] for target in due)
            assert full[subject] == (hit if "Y" in answers else miss if whole else ""), subject
    dead = {r["PARAMCD"]: r["AVALC"] for r in rows if r["USUBJID"] == "HN2301-03-003"}
    assert dead["NOWORSE"] == ""  # missing after death is not "without worsening"
    relapsed = {r["USUBJID"][7:]: r["AVALC"] for r in rows if r["PARAMCD"] == "NORELAPO"}
    assert relapsed["01-002"] == "N"
    assert relapsed["02-008"] == "N"
    assert "01-008" not in relapsed
    assert "03-003" not in relapsed


# ADAE


def test_adverse_events_of_the_primary_endpoint(
    tables: Tables, start: dict[str, date], adsl: dict[str, Row]
) -> None:
    events = {(row["USUBJID"], row["AESEQ"]): row for row in tables("AE")}
    first = {
        subject: min(r["EXSTDTC"] for r in tables("EX") if r["USUBJID"] == subject)
        for subject in start
    }
    grades = {
        (row["USUBJID"], row["FALNKID"]): row["FASTRESN"]
        for row in tables("FA") if row["FATESTCD"] == "ASTCTGR"
    }  # fmt: skip
    interest = {
        (row["USUBJID"], float(row["IDVARVAL"])): row["QVAL"]
        for row in tables("SUPPAE") if row["QNAM"] == "AEINTRST"
    }  # fmt: skip
    queries = {"CRS": "CQ01NAM", "ICANS": "CQ02NAM", "INFECTION": "CQ03NAM", "CYTOPENIA": "CQ04NAM"}
    found = tables("ADAE")
    assert {(row["USUBJID"], row["AESEQ"]) for row in found} == set(events)
    once: set[tuple[str, ...]] = set()
    for row in sorted(found, key=lambda r: (r["USUBJID"], r["AESEQ"])):
        subject, key = row["USUBJID"], (row["USUBJID"], row["AESEQ"])
        event, begin = events[key], start[subject]
        text = event["AESTDTC"]
        if len(text) == 7:
            begun = max(date.fromisoformat(f"{text}-01"), begin) if (
                text == begin.isoformat()[:7]) else date.fromisoformat(f"{text}-01")  # fmt: skip
            assert row["ASTDTF"] == "D"
        else:
            begun = date.fromisoformat(text[:10])
            assert row["ASTDTF"] == ""
        same(row["ASTDT"], sas(begun), key)
        day = study_day(begun, begin)
        assert row["ASTDY"] == day
        emergent = begun > begin or (begun == begin and not ("T" in text and text < first[subject]))
        assert row["TRTEMFL"] == ("Y" if emergent else ""), key
        related = event["AEREL"] in ("POSSIBLE", "PROBABLE", "DEFINITE")
        assert row["AREL"] == ("RELATED" if related else "NOT RELATED")
        assert row["ATOXGR"] == event["AETOXGR"]
        assert row["ATOXGRN"] == int(event["AETOXGR"])
        assert row["AE3MFL"] == ("Y" if emergent and day <= 90 else "")
        again = (subject, event["AETERM"], text, event["AEENDTC"])
        assert row["ANL01FL"] == ("" if again in once else "Y")
        primary = emergent and day <= 90 and related and again not in once
        once.add(again)
        assert row["PRIMFL"] == ("Y" if primary else "")
        same(row["ASTCTGRN"], grades.get((subject, event["AELNKID"])), key)
        named = {name for name in queries.values() if row[name]}
        assert named == ({queries[interest[key]]} if key in interest else set()), key
    for flag, group, condition in (
        ("AOCCFL", (), "TRTEMFL"), ("AOCCSFL", ("AEBODSYS",), "TRTEMFL"),
        ("AOCCPFL", ("AEDECOD",), "TRTEMFL"),
    ):  # fmt: skip
        seen: set[tuple[Any, ...]] = set()
        for row in sorted(found, key=lambda r: (r["USUBJID"], r["ASTDT"], r["AESEQ"])):
            mine = (row["USUBJID"], *(row[name] for name in group))
            counts = row[condition] == "Y" and row["ANL01FL"] == "Y"
            assert row[flag] == ("Y" if counts and mine not in seen else ""), (flag, row)
            if counts:
                seen.add(mine)
    for flag, group, condition in (
        ("AOCCIFL", (), "TRTEMFL"), ("AOCC01FL", (), "PRIMFL"), ("AOCC02FL", ("AEDECOD",), "PRIMFL"),
    ):  # fmt: skip
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in found:
            if row[condition] == "Y" and row["ANL01FL"] == "Y":
                groups[(row["USUBJID"], *(row[name] for name in group))].append(row)
        worst = [
            min(each, key=lambda r: (-r["ATOXGRN"], r["ASTDT"], r["AESEQ"]))
            for each in groups.values()
        ]
        assert sum(row[flag] == "Y" for row in found) == len(worst)
        assert all(row[flag] == "Y" for row in worst), flag


# ADLB


def test_laboratory_values_ranges_and_baseline(tables: Tables, start: dict[str, date]) -> None:
    source = {
        ("LB", r["USUBJID"], r["LBSEQ"]): (r, "LB") for r in tables("LB") if r["LBSTAT"] == ""
    } | {("CP", r["USUBJID"], r["CPSEQ"]): (r, "CP") for r in tables("CP")}  # fmt: skip
    found = [row for row in tables("ADLB") if row["PARAMTYP"] == ""]
    expected = {
        key: (row, d) for key, (row, d) in source.items()
        if row["USUBJID"] in start
        and (not none(row[f"{d}STRESN"]) or re.fullmatch(r"<[0-9.]+", row[f"{d}STRESC"]))
    }  # fmt: skip
    assert {(row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]) for row in found} == set(expected)
    first = {
        subject: min(r["EXSTDTC"] for r in tables("EX") if r["USUBJID"] == subject)
        for subject in start
    }
    values: dict[tuple[str, str], tuple[float, str]] = {}
    kept = []
    for row in found:
        told, d = expected[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]
        text = told[f"{d}STRESC"]
        below = none(told[f"{d}STRESN"])
        value = float(text[1:]) / 2 if below else told[f"{d}STRESN"]
        same(row["AVAL"], value, row)
        assert row["AVALC"] == (text if below else "")
        assert row["DTYPE"] == ("HALFLLOQ" if below else "")
        low, high = row["ANRLO"], row["ANRHI"]
        if d == "LB":
            same(low, told["LBSTNRLO"], row)
            same(high, told["LBSTNRHI"], row)
        ranged = not (none(low) and none(high))
        where = "" if not ranged else "NORMAL"
        if ranged and not none(low) and value < low:
            where = "LOW"
        elif ranged and not none(high) and value > high:
            where = "HIGH"
        assert row["ANRIND"] == where, row
        assert row["ABLFL"] == told[f"{d}LOBXFL"]
        if row["ABLFL"] == "Y":
            values[row["USUBJID"], row["PARAMCD"]] = (value, where)
        kept.append((row, told[f"{d}DTC"], value, where))
    for row, when, value, where in kept:
        subject = row["USUBJID"]
        timed = "T" in when
        post = when[:10] > first[subject][:10] or (
            when[:10] == first[subject][:10] and timed and when > first[subject])  # fmt: skip
        base, base_where = values.get((subject, row["PARAMCD"]), (None, ""))
        same(row["BASE"], base, row)
        same(row["CHG"], value - base if post and base is not None else None, row)
        assert row["BNRIND"] == base_where
        shift = f"{base_where} to {where}" if post and base_where and where else ""
        assert row["SHIFT1"] == shift
        if row["ABLFL"] == "":
            day = study_day(date.fromisoformat(when[:10]), start[subject])
            same(row["AVISITN"], window(day, LAB) if post else None, row)
        if row["PARAMCD"] == "BLYCE" and post:
            assert row["CRIT1FL"] == ("Y" if value < 10 else "N")


def test_one_record_of_each_laboratory_window_counts(tables: Tables) -> None:
    groups: dict[tuple[str, str, float], list[Row]] = defaultdict(list)
    for row in tables("ADLB"):
        if row["PARAMTYP"] == "" and not none(row["AVISITN"]) and row["AVISITN"] > 0:
            groups[row["USUBJID"], row["PARAMCD"], row["AVISITN"]].append(row)
    for (_, _, target), rows in groups.items():
        chosen = [row for row in rows if row["ANL01FL"] == "Y"]
        assert len(chosen) == 1
        nearest = min((abs(row["ADY"] - target), -row["ADT"]) for row in rows)
        assert (chosen[0]["AWTDIFF"], -chosen[0]["ADT"]) == nearest


def test_toxicity_grades_in_both_directions(tables: Tables) -> None:
    """CTCAE version 5.0, the limits in the standard units of the study."""
    below = {"WBC": (3, 2, 1), "NEUT": (1.5, 1, 0.5), "LYM": (0.8, 0.5, 0.2),
             "PLAT": (75, 50, 25), "HGB": (100, 80, -1), "ALB": (30, 20, -1)}  # fmt: skip
    for row in tables("ADLB"):
        code, value = row["PARAMCD"], row["AVAL"]
        if code in below:
            limits = (row["ANRLO"], *below[code])
            grade = sum(value < limit for limit in limits)
            # grade 1 needs a value below the limit of normal only; deeper limits decide alone
            deeper = [n for n, limit in enumerate(limits, 1) if n > 1 and value < limit]
            assert row["ATOXGRL"] == str(max([*deeper, grade and 1])), row
            assert row["ATOXGRLN"] == float(row["ATOXGRL"])
        else:
            assert row["ATOXGRL"] == ""
        if code in ("ALT", "AST", "BILI"):
            post = not none(row["CHG"])
            raised = post and row["BNRIND"] == "HIGH"
            reference = row["BASE"] if raised else row["ANRHI"]
            times = (1, 1.5, 3, 10) if code == "BILI" else (1.5 if raised else 1, 3, 5, 20)
            assert row["ATOXGRH"] == str(sum(value > each * reference for each in times)), row


def test_peak_of_car_t_cells(tables: Tables, start: dict[str, date]) -> None:
    infusions: dict[str, list[datetime]] = defaultdict(list)
    for row in tables("EX"):
        when = moment(row["EXSTDTC"])
        assert when is not None
        infusions[row["USUBJID"]].append(when)
    samples: dict[str, list[tuple[float, datetime]]] = defaultdict(list)
    for row in tables("CP"):
        subject, when = row["USUBJID"], moment(row["CPDTC"])
        if row["CPTESTCD"] != "TLSTLY" or subject not in start or when is None:
            continue
        if when > min(infusions[subject]) and study_day(when.date(), start[subject]) <= 21:
            number = row["CPSTRESN"]
            value = float(row["CPSTRESC"][1:]) / 2 if none(number) else number
            samples[subject].append((value, when))
    found = {(r["USUBJID"], r["PARAMCD"]): r for r in tables("ADLB") if r["PARAMTYP"] == "DERIVED"}
    assert {subject for subject, _ in found} == set(samples)
    for subject, each in samples.items():
        value, when = min(each, key=lambda pair: (-pair[0], pair[1]))
        same(found[subject, "CARPEAK"]["AVAL"], value, subject)
        for code, since in (("CARTMAX1", min), ("CARTMAX2", max)):
            days = (when - since(infusions[subject])).total_seconds() / 86400
            same(found[subject, code]["AVAL"], rounded(days, 2), subject, code)
            assert none(found[subject, code]["BASE"])
