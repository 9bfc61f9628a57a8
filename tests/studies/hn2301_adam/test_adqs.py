"""ADQS against QS: items, totals, windows, carried-forward records and responses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

Facts = Any  # conftest.Facts: tests are no package
Row = dict[str, Any]

NEEDED = {"MG-ADL": 2, "QMG": 3, "MGC": 3}
STEM = {"MG-ADL": "MGADL", "QMG": "QMG", "MGC": "MGC"}


def test_totals_are_computed_from_items_and_compared_with_baseline(facts: Facts) -> None:
    expected = {
        (subject, facts.total[instrument], facts.sas(when), visit): (instrument, when, score)
        for (subject, instrument), each in facts.totals.items() if subject in facts.start
        for when, visit, score in each
    }  # fmt: skip
    found = [r for r in facts.table("ADQS") if r["PARCAT2"] == "TOTAL" and r["DTYPE"] == ""]
    assert len(found) == len(expected)
    for row in found:
        subject = row["USUBJID"]
        instrument, when, score = expected[subject, row["PARAMCD"], row["ADT"], row["VISITNUM"]]
        first = facts.start[subject]
        base = facts.baselines.get((subject, instrument))
        assert row["AVAL"] == score
        assert row["PARCAT1"] == instrument
        assert row["ADY"] == facts.study_day(when, first)
        facts.same(row["BASE"], base, row)
        after = base is not None and when > first
        change = score - base if after else None
        facts.same(row["CHG"], change, row)
        percent = facts.percent(change, base) if after and base else None
        facts.same(row["PCHG"], percent, row)
        wanted = ""
        if after and instrument in NEEDED:
            wanted = "Y" if base - score >= NEEDED[instrument] else "N"
        assert row["CRIT1FL"] == wanted, row
        if wanted:
            assert row["CRIT1"] == (
                f"{instrument} reduction of at least {NEEDED[instrument]} points"
            )


def test_items_and_totals_as_collected_stand_beside(facts: Facts) -> None:
    expected = {
        (row["USUBJID"], row["QSSEQ"]): (row["QSTESTCD"], row["QSSTRESN"])
        for row in facts.table("QS")
        if row["USUBJID"] in facts.start and not facts.none(row["QSSTRESN"])
    }
    rows = [r for r in facts.table("ADQS") if r["PARCAT2"] in ("ITEM", "TOTAL AS COLLECTED")]
    found = {(r["USUBJID"], r["SRCSEQ"]): (r["PARAMCD"], r["AVAL"]) for r in rows}
    assert found == expected
    assert len(rows) == len(expected)
    for row in rows:
        collected = row["PARAMCD"].endswith("TOT")
        assert row["PARCAT2"] == ("TOTAL AS COLLECTED" if collected else "ITEM")
        assert (row["SRCDOM"], row["SRCVAR"]) == ("QS", "QSSTRESN")
        assert row["CRIT1FL"] == ""


def test_baseline_is_the_last_value_before_the_day_of_the_first_infusion(facts: Facts) -> None:
    before: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in facts.table("ADQS"):
        if row["PARCAT2"] != "RESPONSE" and row["ADT"] < facts.sas(facts.start[row["USUBJID"]]):
            before[row["USUBJID"], row["PARAMCD"]].append(row)
        else:
            assert row["ABLFL"] == ""
    for rows in before.values():
        last = max(rows, key=lambda r: (r["ADT"], r["VISITNUM"]))
        assert [row for row in rows if row["ABLFL"] == "Y"] == [last]
        assert last["AVISIT"] == "Baseline"
        assert last["AVISITN"] == 0
        assert all(facts.none(row["CHG"]) for row in rows)


def test_windows_and_the_record_that_counts(facts: Facts) -> None:
    groups: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
    names = {7: "Day 7", 14: "Day 14", 28: "Day 28", 60: "Month 2", 90: "Month 3",
             180: "Month 6", 270: "Month 9", 360: "Month 12"}  # fmt: skip
    for row in facts.table("ADQS"):
        if row["PARCAT2"] == "RESPONSE" or row["DTYPE"] != "":
            continue
        if row["ABLFL"] == "Y":
            assert row["ANL01FL"] == row["ANL02FL"] == "Y"
            continue
        name = facts.window(row["ADY"]) if row["ADY"] > 1 else None
        facts.same(row["AVISITN"], name, row)
        if name is None:
            assert row["ANL01FL"] == row["ANL02FL"] == row["AVISIT"] == ""
            assert facts.none(row["AWTARGET"])
        else:
            low, high = facts.windows[name]
            assert row["AVISIT"] == names[name]
            assert row["AWTARGET"] == name
            assert row["AWTDIFF"] == abs(row["ADY"] - name)
            assert row["AWLO"] == low
            facts.same(row["AWHI"], high if high < 10**6 else None, row)
            groups[row["USUBJID"], row["PARAMCD"], name].append(row)
    for (_, _, target), rows in groups.items():
        chosen = [row for row in rows if row["ANL01FL"] == "Y"]
        assert chosen == [nearest(rows, target)]
        assert all(row["ANL02FL"] == row["ANL01FL"] for row in rows)


def nearest(rows: Iterable[Row], target: int) -> Row:
    """The nearest to the target day, then the later, then the higher visit."""
    return min(rows, key=lambda r: (abs(r["ADY"] - target), -r["ADT"], -r["VISITNUM"]))


def test_windows_are_contiguous_and_after_the_infusion(facts: Facts) -> None:
    limits = list(facts.windows.values())
    assert limits[0][0] == 2
    assert all(low == before + 1 for (_, before), (low, _) in pairwise(limits))
    # an early termination visit falls into a window as any other
    early = [r for r in facts.table("ADQS") if r["VISIT"] == "EARLY TERMINATION" and not r["DTYPE"]]
    assert early
    assert all(row["AVISITN"] > 0 for row in early)


def test_missed_visits_carry_the_last_value_after_baseline_forward(facts: Facts) -> None:
    totals = [row for row in facts.table("ADQS") if row["PARCAT2"] == "TOTAL"]
    chosen: dict[tuple[str, str], dict[int, Row]] = defaultdict(dict)
    for row in totals:
        if row["DTYPE"] == "" and row["ANL01FL"] == "Y" and row["ABLFL"] == "":
            chosen[row["USUBJID"], row["PARAMCD"]][int(row["AVISITN"])] = row
    expected = {}
    for (subject, code), visits in chosen.items():
        told = facts.adsl[subject]
        ends = [day for day in (told["LSTALVDT"], told["EOSDT"], told["DTHDT"])
                if not facts.none(day)]  # fmt: skip
        last = min(ends) - facts.sas(facts.start[subject]) + 1
        for target in facts.planned:
            earlier = [name for name in visits if name < target]
            if target not in visits and earlier and target <= last:
                expected[subject, code, target] = visits[max(earlier)]
    found = {(r["USUBJID"], r["PARAMCD"], r["AVISITN"]): r for r in totals if r["DTYPE"] == "LOCF"}
    assert set(found) == set(expected)
    for key, row in found.items():
        for name in ("AVAL", "ADT", "ADY", "VISITNUM", "VISIT", "SRCDOM", "SRCVAR", "SRCSEQ",
                     "BASE", "CHG", "PCHG", "CRIT1FL"):  # fmt: skip
            facts.same(row[name], expected[key][name], key, name)
        assert row["AWTARGET"] == row["AVISITN"] == key[2]
        assert row["ABLFL"] == row["ANL01FL"] == ""
        assert row["ANL02FL"] == "Y"


def test_nothing_is_carried_past_death_or_withdrawal(committed: Facts) -> None:
    for subject, last in (("HN2301-03-003", 90), ("HN2301-01-003", 90), ("HN2301-01-004", 180)):
        visits = {
            row["AVISITN"]
            for row in committed.table("ADQS")
            if row["USUBJID"] == subject and row["PARCAT2"] in ("TOTAL", "ITEM")
            and not committed.none(row["AVISITN"])
        }  # fmt: skip
        assert max(visits) == last, subject
    carried = {
        (row["USUBJID"], row["AVISITN"])
        for row in committed.table("ADQS")
        if row["PARAMCD"] == "MGADLT" and row["DTYPE"] == "LOCF"
    }
    assert ("HN2301-02-003", 270) in carried  # Month 9 was missed


def test_responses_by_visit_ever_and_sustained(facts: Facts) -> None:
    rows = facts.table("ADQS")
    full = [subject for subject, row in facts.adsl.items() if row["FASFL"] == "Y"]
    due = {(subject, target) for subject in full for target in facts.due(subject)}
    for instrument, stem in STEM.items():
        counted: dict[str, list[tuple[int, str]]] = defaultdict(list)
        ever: dict[str, str] = {}
        for row in rows:
            if row["PARAMCD"] == facts.total[instrument] and not row["DTYPE"] and row["CRIT1FL"]:
                subject = row["USUBJID"]
                got = facts.reduced(subject, instrument, NEEDED[instrument])
                ever[subject] = "Y" if got else "N"
                if row["ANL01FL"] == "Y":
                    counted[subject].append((int(row["AVISITN"]), row["CRIT1FL"]))
        visit: Row = {}
        sustained: dict[str, str] = {}
        for subject, answers in counted.items():
            visit |= {(subject, name): answer for name, answer in answers}
            said = "".join(answer for _, answer in sorted(answers))
            kept = said[said.index("Y") :] if "Y" in said else ""
            sustained[subject] = "Y" if len(kept) >= 2 and "N" not in kept else "N"
        wanted: dict[str, Any] = {
            f"{stem}RV": visit,
            f"{stem}RVN": {**dict.fromkeys(due, "N"), **visit},
            f"{stem}RE": ever,
            f"{stem}REN": {**dict.fromkeys(full, "N"), **ever},
            f"{stem}RS": sustained,
            f"{stem}RSN": {**dict.fromkeys(full, "N"), **sustained},
        }
        for code, answers_of in wanted.items():
            mine = [row for row in rows if row["PARAMCD"] == code]
            found = {
                (r["USUBJID"], r["AVISITN"]) if "RV" in code else r["USUBJID"]: r["AVALC"]
                for r in mine
            }
            assert len(found) == len(mine)
            assert found == answers_of, code
            for row in mine:
                key = (row["USUBJID"], row["AVISITN"]) if "RV" in code else row["USUBJID"]
                observed = {"RV": visit, "RE": ever, "RS": sustained}[code[len(stem) :][:2]]
                assert row["DTYPE"] == ("" if key in observed else "PHANTOM"), row
                assert row["AVAL"] == (1 if row["AVALC"] == "Y" else 0)
                assert row["ANL01FL"] == "Y"
                assert row["PARCAT1"] == instrument
        for row in rows:
            if row["PARAMCD"] == f"{stem}RE":
                got = facts.reduced(row["USUBJID"], instrument, NEEDED[instrument])
                facts.same(row["ADT"], facts.sas(min(got)) if got else None, row)


def test_minimal_symptom_expression_is_mg_adl_of_0_or_1(facts: Facts) -> None:
    rows = facts.table("ADQS")
    symptoms = {
        (row["USUBJID"], row["AVISITN"]): "Y" if row["AVAL"] <= 1 else "N"
        for row in rows
        if row["PARAMCD"] == "MGADLT" and row["ANL01FL"] == "Y" and row["ABLFL"] == ""
    }
    found = {(r["USUBJID"], r["AVISITN"]): r["AVALC"] for r in rows if r["PARAMCD"] == "MGADLMSE"}
    assert found == symptoms
    assert {"Y", "N"} == set(found.values())
