"""ADRS against FA: the investigator's answers by visit and overall, missing kept apart from no."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

Facts = Any  # conftest.Facts: tests are no package
Row = dict[str, Any]
ASKED = ("MGWORSE", "MGRELAPS", "MGMINMAN")


@pytest.fixture
def improved(facts: Facts) -> dict[str, date]:
    """The day of the first MG-ADL reduction of at least 2 points."""
    return {s: min(days) for s in facts.start if (days := facts.reduced(s, "MG-ADL", 2))}


@pytest.fixture
def answers(facts: Facts, improved: dict[str, date]) -> dict[tuple[str, str], list[Row]]:
    """The investigator's records of a treated subject; of relapse only after an improvement."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in facts.table("FA"):
        subject, when = row["USUBJID"], facts.day_of(row["FADTC"])
        if row["FACAT"] != "MG STATUS" or subject not in facts.start:
            continue
        assert when is not None
        late = subject in improved and when > improved[subject]
        if row["FATESTCD"] != "MGRELAPS" or late:
            day = facts.study_day(when, facts.start[subject])
            found[subject, row["FATESTCD"]].append(row | {"day": day, "when": when})
    return found


def counted(facts: Facts, rows: list[Row]) -> dict[int, Row]:
    """The answered record of each window that is nearest to its target."""
    windows: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        name = facts.window(row["day"])
        if name is not None and row["FASTRESC"]:
            windows[name].append(row)
    return {
        name: min(each, key=lambda r: (abs(r["day"] - name), -r["day"], -r["VISITNUM"]))
        for name, each in windows.items()
    }


def planned(facts: Facts, subject: str, test: str, improved: dict[str, date]) -> list[int]:
    """The visits that were due; of relapse those whose window begins after the improvement."""
    due: list[int] = facts.due(subject)
    if test != "MGRELAPS":
        return due
    if subject not in improved:
        return []
    day = facts.study_day(improved[subject], facts.start[subject])
    return [each for each in due if facts.windows[each][0] > day]


def test_answers_at_visits(facts: Facts, answers: Any, improved: dict[str, date]) -> None:
    rows = [row for row in facts.table("ADRS") if row["PARAMCD"] in ASKED]
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        assert row["PARCAT1"] == "AT VISIT"
        found[row["USUBJID"], row["PARAMCD"]].append(row)
    for subject in facts.start:
        for test in ASKED:
            mine = found[subject, test]
            told = answers[subject, test]
            collected = {row["SRCSEQ"]: row for row in mine if row["DTYPE"] == ""}
            assert set(collected) == {row["FASEQ"] for row in told}
            best = {row["FASEQ"] for row in counted(facts, told).values()}
            for row in told:
                made = collected[row["FASEQ"]]
                assert made["AVALC"] == row["FASTRESC"]
                facts.same(made["AVISITN"], facts.window(row["day"]), row)
                assert made["ANL01FL"] == ("Y" if row["FASEQ"] in best else "")
                assert (made["SRCDOM"], made["SRCVAR"]) == ("FA", "FASTRESC")
            held = {facts.window(row["day"]) for row in told}
            added = [row["AVISITN"] for row in mine if row["DTYPE"] == "PHANTOM"]
            wanted = [v for v in planned(facts, subject, test, improved) if v not in held]
            assert sorted(added) == wanted, (subject, test)
            assert all(row["AVALC"] == "" for row in mine if row["DTYPE"] == "PHANTOM")


@pytest.mark.parametrize(
    ("test", "strict", "observed", "hit"),
    [
        ("MGWORSE", "NOWORSE", "NOWORSEO", "N"),
        ("MGRELAPS", "NORELAP", "NORELAPO", "N"),
        ("MGMINMAN", "MINMAN", "MINMANO", "Y"),
    ],
)
def test_overall(
    facts: Facts, answers: Any, improved: dict[str, date],
    test: str, strict: str, observed: str, hit: str,
) -> None:  # fmt: skip
    rows = facts.table("ADRS")
    every = {row["USUBJID"]: row for row in rows if row["PARAMCD"] == strict}
    seen = {row["USUBJID"]: row for row in rows if row["PARAMCD"] == observed}
    miss = "Y" if hit == "N" else "N"
    for subject in facts.start:
        told = [row for row in answers[subject, test] if facts.window(row["day"]) is not None]
        said = [row for row in told if row["FASTRESC"]]
        yes = [row["when"] for row in said if row["FASTRESC"] == "Y"]
        due = planned(facts, subject, test, improved)
        if said:
            assert seen[subject]["AVALC"] == (hit if yes else miss), subject
            facts.same(seen[subject]["ADT"], facts.sas(min(yes)) if yes else None, subject)
        else:
            assert subject not in seen
        if told or due:
            held = {facts.window(row["day"]) for row in said}
            asked = set(due) | {facts.window(row["day"]) for row in told}
            whole = asked <= held
            expected = hit if yes else miss if whole else ""
            assert every[subject]["AVALC"] == expected, (subject, strict)
        else:
            assert subject not in every
    if strict == "NORELAP":
        assert set(seen) <= set(improved)  # a relapse needs an improvement before it
        assert set(every) <= set(improved)


def test_values_and_answers_agree(facts: Facts) -> None:
    for row in facts.table("ADRS"):
        facts.same(row["AVAL"], {"Y": 1, "N": 0, "": None}[row["AVALC"]], row)


def test_the_stories(committed: Facts) -> None:
    rows = committed.table("ADRS")
    dead = {r["PARAMCD"]: r["AVALC"] for r in rows if r["USUBJID"] == "HN2301-03-003"}
    assert dead["NOWORSE"] == ""  # missing after death is not "without worsening"
    relapsed = {r["USUBJID"][7:]: r["AVALC"] for r in rows if r["PARAMCD"] == "NORELAPO"}
    assert relapsed["01-002"] == "N"
    assert relapsed["02-008"] == "N"
    assert "01-008" not in relapsed
    assert "03-003" not in relapsed


def test_minimal_manifestations_are_the_investigators_only(facts: Facts) -> None:
    """What MG-ADL says is another parameter: the two need not agree, and here they do not."""
    said = {
        (row["USUBJID"], row["AVISITN"]): row["AVALC"]
        for row in facts.table("ADRS")
        if row["PARAMCD"] == "MGMINMAN" and row["ANL01FL"] == "Y"
    }
    scored = {
        (row["USUBJID"], row["AVISITN"]): row["AVALC"]
        for row in facts.table("ADQS")
        if row["PARAMCD"] == "MGADLMSE"
    }
    assert any(said[key] != scored[key] for key in set(said) & set(scored))
