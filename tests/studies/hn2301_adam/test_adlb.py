"""ADLB against LB and CP: values, ranges, baseline, CTCAE grades, B cells, CAR-T kinetics."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pytest

Facts = Any  # conftest.Facts: tests are no package
Row = dict[str, Any]

WINDOWS = {3: (1, 3), 5: (4, 5), 7: (6, 8), 10: (9, 11), 14: (12, 21), 28: (22, 44), 60: (45, 75),
           90: (76, 135), 180: (136, 225), 270: (226, 315), 360: (316, 10**6)}  # fmt: skip
BELOW = re.compile(r"<[0-9.]+")


@pytest.fixture
def results(facts: Facts) -> dict[tuple[str, str, float], Row]:
    """The results that can be analysed: a number, or below the limit of quantification."""
    found = {}
    for name in ("LB", "CP"):
        for row in facts.table(name):
            told = {each: row.get(f"{name}{each}", "") for each in (
                "TESTCD", "TEST", "STRESN", "STRESC", "STRESU", "STNRLO", "STNRHI", "DTC", "LOBXFL",
                "CAT", "STAT")}  # fmt: skip
            number = not facts.none(told["STRESN"])
            usable = number or BELOW.fullmatch(told["STRESC"])
            if row["USUBJID"] in facts.start and usable and told["STAT"] == "":
                told["value"] = told["STRESN"] if number else float(told["STRESC"][1:]) / 2
                told |= {"below": not number, "VISITNUM": row["VISITNUM"]}
                found[name, row["USUBJID"], row[f"{name}SEQ"]] = told
    return found


@pytest.fixture
def measured(facts: Facts) -> list[Row]:
    return [row for row in facts.table("ADLB") if row["PARAMTYP"] == ""]


def after(facts: Facts, row: Row, told: Row) -> bool:
    """Whether it is known to be after the start of the first infusion."""
    first = facts.first[row["USUBJID"]]
    when = told["DTC"]
    return bool(when[:10] > first[:10] or ("T" in when and when > first))


def test_every_result_is_there_with_its_source(
    facts: Facts, results: Any, measured: list[Row]
) -> None:
    keys = [(row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]) for row in measured]
    assert len(set(keys)) == len(keys)
    assert set(keys) == set(results)
    for row, key in zip(measured, keys, strict=True):
        told = results[key]
        assert row["PARAMCD"] == told["TESTCD"]
        assert row["PARCAT1"] == told["CAT"]
        assert row["SRCVAR"] == f"{key[0]}STRESN"
        facts.same(row["AVAL"], told["value"], row)
        assert row["AVALC"] == (told["STRESC"] if told["below"] else "")
        assert row["DTYPE"] == ("HALFLLOQ" if told["below"] else "")
        facts.same(row["ANRLO"], told["STNRLO"], row)
        facts.same(row["ANRHI"], told["STNRHI"], row)
        facts.same(row["ADT"], facts.sas(facts.day_of(told["DTC"])), row)
        facts.same(row["ADTM"], facts.seconds(facts.moment(told["DTC"])), row)
        day = date.fromisoformat(told["DTC"][:10])
        assert row["ADY"] == facts.study_day(day, facts.start[row["USUBJID"]])
        value, low, high = told["value"], told["STNRLO"], told["STNRHI"]
        indicator = "" if facts.none(low) and facts.none(high) else "NORMAL"
        if not facts.none(low) and value < low:
            indicator = "LOW"
        elif not facts.none(high) and value > high:
            indicator = "HIGH"
        assert row["ANRIND"] == indicator, row
    assert {row["SRCDOM"] for row in measured} == {"LB", "CP"}
    units = {row["PARAMCD"]: row["PARAM"] for row in measured}
    assert units["HGB"] == "Hemoglobin (g/L)"
    assert units["TLSTLY"] == "CAR-Positive T Cells (% of T Cells)"


def test_baseline_change_and_shift(facts: Facts, results: Any, measured: list[Row]) -> None:
    """The last result that can be analysed before the first infusion; SDTM knows what is pre-dose."""
    before: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in measured:
        told = results[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]
        first = facts.first[row["USUBJID"]]
        earlier = told["DTC"][:10] < first[:10] or ("T" in told["DTC"] and told["DTC"] < first)
        if told["LOBXFL"] == "Y" or earlier:
            before[row["USUBJID"], row["PARAMCD"]].append(row | told)
    base = {
        key: max(rows, key=lambda r: (r["LOBXFL"], r["ADT"], r["DTC"], r["VISITNUM"]))
        for key, rows in before.items()
    }
    for row in measured:
        told = results[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]
        mine = base.get((row["USUBJID"], row["PARAMCD"]))
        flagged = mine is not None and mine["SRCSEQ"] == row["SRCSEQ"]
        assert row["ABLFL"] == ("Y" if flagged else ""), row
        if flagged:
            assert (row["AVISIT"], row["AVISITN"], row["ANL01FL"]) == ("Baseline", 0, "Y")
        value = mine["AVAL"] if mine else None
        post = after(facts, row, told)
        facts.same(row["BASE"], value, row)
        change = row["AVAL"] - value if post and mine else None
        facts.same(row["CHG"], change, row)
        percent = facts.percent(change, value) if change is not None and value else None
        facts.same(row["PCHG"], percent, row)
        where = mine["ANRIND"] if mine else ""
        assert row["BNRIND"] == where
        shift = f"{where} to {row['ANRIND']}" if post and where and row["ANRIND"] else ""
        assert row["SHIFT1"] == shift
        for name in ("L", "H"):
            assert row[f"BTOXGR{name}"] == (mine[f"ATOXGR{name}"] if mine else "")


def test_a_word_in_place_of_the_last_result_leaves_the_one_before_as_baseline(
    altered: Facts,
) -> None:
    words = {
        (row["USUBJID"], row["LBTESTCD"])
        for row in altered.table("LB")
        if row["LBLOBXFL"] == "Y" and row["LBSTRESC"] == "haemolysed"
        and row["USUBJID"] in altered.start
    }  # fmt: skip
    based = {
        (r["USUBJID"], r["PARAMCD"]) for r in altered.table("ADLB") if not altered.none(r["BASE"])
    }
    assert words
    assert words <= based


def test_one_record_of_each_window_counts(facts: Facts, results: Any, measured: list[Row]) -> None:
    groups: dict[tuple[str, str, float], list[Row]] = defaultdict(list)
    for row in measured:
        told = results[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]
        if row["ABLFL"] == "Y":
            continue
        name = facts.window(row["ADY"], WINDOWS) if after(facts, row, told) else None
        facts.same(row["AVISITN"], name, row)
        if name is None:
            assert row["ANL01FL"] == row["AVISIT"] == ""
            continue
        low, high = WINDOWS[name]
        assert (row["AWTARGET"], row["AWLO"]) == (name, low)
        facts.same(row["AWHI"], high if high < 10**6 else None, row)
        assert row["AWTDIFF"] == abs(row["ADY"] - name)
        groups[row["USUBJID"], row["PARAMCD"], name].append(row)
    for (_, _, target), rows in groups.items():
        chosen = [row for row in rows if row["ANL01FL"] == "Y"]
        nearest = min(rows, key=lambda r: (
            abs(r["ADY"] - target), -r["ADT"],
            -(0 if facts.none(r["ADTM"]) else r["ADTM"]), -r["VISITNUM"], -r["SRCSEQ"]))  # fmt: skip
        assert chosen == [nearest]


LOWER = {"WBC": (3, 2, 1), "NEUT": (1.5, 1, 0.5), "LYM": (0.8, 0.5, 0.2), "PLAT": (75, 50, 25),
         "HGB": (100, 80), "ALB": (30, 20)}  # fmt: skip
TERMS = {
    "WBC": ("White blood cell decreased", "Leukocytosis"),
    "NEUT": ("Neutrophil count decreased", ""),
    "LYM": ("Lymphocyte count decreased", "Lymphocyte count increased"),
    "PLAT": ("Platelet count decreased", ""),
    "HGB": ("Anemia", "Hemoglobin increased"),
    "ALB": ("Hypoalbuminemia", ""),
    "ALT": ("", "Alanine aminotransferase increased"),
    "AST": ("", "Aspartate aminotransferase increased"),
    "BILI": ("", "Blood bilirubin increased"),
    "CREAT": ("", "Creatinine increased"),
}


def grade_low(facts: Facts, code: str, value: float, low: Any) -> str:
    """CTCAE version 5.0, decreased."""
    for grade in range(len(LOWER[code]), 0, -1):
        if value < LOWER[code][grade - 1]:
            return str(grade + 1)
    return "" if facts.none(low) else "1" if value < low else "0"


def grade_high(facts: Facts, code: str, value: float, high: Any, base: Any, raised: bool) -> str:
    """CTCAE version 5.0, increased; ``base`` only after the first infusion."""
    if code == "LYM":
        return "3" if value > 20 else "2" if value > 4 else "0"
    if code == "WBC":
        return "3" if value > 100 else "0"
    raised = raised and code in ("ALT", "AST", "BILI")
    if facts.none(high) and not raised:
        known = code == "CREAT" and not facts.none(base)
        return ("3" if value > 3 * base else "2" if value > 1.5 * base else "") if known else ""
    if code == "HGB":
        return str(sum(value - high > step for step in (0, 20, 40)))
    if code == "CREAT":
        of_limit = sum(value > times * high for times in (1, 1.5, 3, 6))
        of_base = 0
        if not facts.none(base):
            of_base = 3 if value > 3 * base else 2 if value > 1.5 * base else 0
        return str(max(of_limit, of_base))
    steps = (1, 1.5, 3, 10) if code == "BILI" else (1, 3, 5, 20)
    if not raised:
        return str(sum(value > times * high for times in steps))
    higher = sum(value > times * base for times in steps[1:])
    begins = value > base if code == "BILI" else value >= 1.5 * base
    return str(higher + 1) if higher or begins else "0"


def test_toxicity_grades_in_both_directions(
    facts: Facts, results: Any, measured: list[Row]
) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for row in measured:
        code, value = row["PARAMCD"], row["AVAL"]
        told = results[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]
        low_term, high_term = TERMS.get(code, ("", ""))
        assert (row["ATOXDSCL"], row["ATOXDSCH"]) == (low_term, high_term)
        low = grade_low(facts, code, value, row["ANRLO"]) if low_term else ""
        post = after(facts, row, told)
        base = row["BASE"] if post else None
        raised = post and row["BNRIND"] == "HIGH"
        high = grade_high(facts, code, value, row["ANRHI"], base, raised) if high_term else ""
        assert row["ATOXGRL"] == low, row
        assert row["ATOXGRH"] == high, (code, value, row["ANRHI"], base, raised, row)
        facts.same(row["ATOXGRLN"], float(low) if low else None, row)
        facts.same(row["ATOXGRHN"], float(high) if high else None, row)
        found[f"{code} low"].add(low)
        found[f"{code} high"].add(high)
    if "altered" in str(facts.folder):  # every grade that there is occurs
        assert found["NEUT low"] == {"", "0", "1", "2", "3", "4"}
        assert found["HGB low"] == {"", "0", "1", "2", "3"}
        assert found["ALT high"] == {"", "0", "1", "2", "3", "4"}
        assert found["CREAT high"] == {"", "0", "1", "2", "3", "4"}
        assert found["HGB high"] >= {"0", "3"}
        assert found["LYM high"] == {"0", "2", "3"}
        assert found["WBC high"] == {"0", "3"}


def test_b_cell_depletion_and_recovery(facts: Facts, results: Any, measured: list[Row]) -> None:
    depleted: dict[str, list[str]] = defaultdict(list)
    counts = [row for row in measured if row["PARAMCD"] == "BLYCE"]
    for row in measured:
        told = results[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]
        post = row["PARAMCD"] == "BLYCE" and after(facts, row, told)
        assert row["CRIT1FL"] == (("Y" if row["AVAL"] < 10 else "N") if post else ""), row
        if row["CRIT1FL"] == "Y":
            depleted[row["USUBJID"]].append(told["DTC"])
        assert bool(row["CRIT1"]) == bool(row["CRIT2"]) == (row["PARAMCD"] == "BLYCE")
    assert depleted
    for row in counts:
        if row["CRIT1FL"] == "":
            assert row["CRIT2FL"] == ""
            continue
        when = results[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]["DTC"]
        later = any(  # on a later day, or on the same at a later time
            when[:10] > each[:10] or ("T" in each and "T" in when and when > each)
            for each in depleted[row["USUBJID"]]
        )
        recovered = later and row["AVAL"] >= row["ANRLO"]
        assert row["CRIT2FL"] == ("Y" if recovered else "N"), row
    assert {"Y", "N"} <= {row["CRIT2FL"] for row in counts}
    if "altered" in str(facts.folder):  # depletion and recovery without a time
        mine = [row for row in counts if row["USUBJID"] == "HN2301-01-002" and row["CRIT1FL"]]
        undated = [row for row in mine if facts.none(row["ADTM"])]
        assert {row["CRIT1FL"] for row in mine if row not in undated} == {"N"}
        assert next(row["CRIT1FL"] for row in undated) == "Y"
        assert "Y" in {row["CRIT2FL"] for row in undated}


def test_peak_of_car_t_cells(facts: Facts) -> None:
    infusions = {
        subject: [facts.moment(each["EXSTDTC"]) for each in rows]
        for subject, rows in facts.infusions.items()
    }
    samples: dict[str, list[tuple[float, datetime, float]]] = defaultdict(list)
    for row in facts.table("CP"):
        subject, when = row["USUBJID"], facts.moment(row["CPDTC"])
        if row["CPTESTCD"] != "TLSTLY" or subject not in facts.start or when is None:
            continue
        if when > min(infusions[subject]) and (
            facts.study_day(when.date(), facts.start[subject]) <= 21
        ):
            number = row["CPSTRESN"]
            value = float(row["CPSTRESC"][1:]) / 2 if facts.none(number) else number
            samples[subject].append((value, when, row["CPSEQ"]))
    derived = [r for r in facts.table("ADLB") if r["PARAMTYP"] == "DERIVED"]
    found = {(r["USUBJID"], r["PARAMCD"]): r for r in derived}
    assert len(found) == len(derived)
    kinetic = {subject for subject, row in facts.adsl.items() if row["KINFL"] == "Y"}
    assert {subject for subject, _ in found} == set(samples) & kinetic
    for subject, each in samples.items():
        if subject not in kinetic:
            continue
        value, when, number = min(each, key=lambda sample: (-sample[0], sample[1]))
        facts.same(found[subject, "CARPEAK"]["AVAL"], value, subject)
        for code, since in (("CARTMAX1", min), ("CARTMAX2", max)):
            row = found[subject, code]
            days = (when - since(infusions[subject])).total_seconds() / 86400
            facts.same(row["AVAL"], facts.rounded(days, 2), subject, code)
        for code in ("CARPEAK", "CARTMAX1", "CARTMAX2"):
            row = found[subject, code]
            assert facts.none(row["BASE"])
            assert row["ANL01FL"] == "Y"
            assert row["ABLFL"] == ""
            assert (row["SRCDOM"], row["SRCSEQ"]) == ("CP", number)
            facts.same(row["ADTM"], facts.seconds(when), row)
