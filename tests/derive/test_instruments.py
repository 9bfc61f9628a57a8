"""``instruments``: records of wide forms, and what does not fit the instrument, beside plain Python."""

from __future__ import annotations

from fractions import Fraction

import pytest
from harness import Outcome, Study
from hypothesis import given, settings
from hypothesis import strategies as st

SCORES = {"1": 0, "2": 0, "3": 5, "4": 7}
SCALE = """
instrument: A scale of one's own
category: OWN SCALE
domain: QS
direction: {published: higher is worse}
ranges: {published: {low: "0", high: "19"}, registered: {low: "2", high: "14"}}
answers:
  weighted:
    columns: [code, text, score]
    rows: [["1", NEVER, "0"], ["2", SELDOM, "0"], ["3", OFTEN, "5"], ["4", ALWAYS, "7"]]
items:
  columns: [code, name, column, answers]
  rows: [[OWN01, Own 01, Q1, weighted], [OWN02, Own 02, Q2, weighted], [OWN03, Own 03, Q3, weighted]]
totals:
  - {code: OWNTOT, name: Own Total, column: TOTAL}
  - {code: OWNNONE, name: Never Collected}
"""
TERMS = "QSCAT: {extend: {OWN SCALE: Own Scale, TWO SCALE: Two Scale}}\n"
QS = """
dataset: QS
keys: [USUBJID]
steps:
  - instruments: {from: {own: a}, done: DONE = 'Y'}
  - QSSTAT: {hardcode: NOT DONE, when: QSORRES = ''}
"""
COLUMNS = "SUBJ DONE Q1 Q2 Q3 TOTAL"
_STUDIES: dict[str, Study] = {}


def study(totals: str = "", spec: str = QS) -> Study:
    """The scale with other totals."""
    if totals + spec not in _STUDIES:
        head = SCALE.partition("totals:\n")[0]
        scale = f"{head}totals:\n{totals}" if totals else SCALE
        made = Study(spec, terminology=TERMS, instruments={"own": scale}, a=COLUMNS)
        _STUDIES[totals + spec] = made
    return _STUDIES[totals + spec]


def told(out: Outcome) -> list[str]:
    """Class, source row and what is shown of each finding."""
    return [
        f"{each.kind} {each.where.row} {each.what.partition(' (')[2].removesuffix(')')}"
        for each in out.findings
    ]


def test_items_and_totals_become_records() -> None:
    out = study().run(a=[["01", "Y", "2", "3", "4", "12"], ["02", "N", "", "", "", ""]])
    assert out.table("USUBJID QSTESTCD QSTEST QSCAT QSORRES QSSTRESC QSSTRESN QSSTAT", "QS") == [
        ["01", "OWN01", "Own 01", "OWN SCALE", "SELDOM", "0", "0", ""],
        ["01", "OWN02", "Own 02", "OWN SCALE", "OFTEN", "5", "5", ""],
        ["01", "OWN03", "Own 03", "OWN SCALE", "ALWAYS", "7", "7", ""],
        ["01", "OWNTOT", "Own Total", "OWN SCALE", "12", "12", "12", ""],
        ["02", "OWN01", "Own 01", "OWN SCALE", "", "", "", "NOT DONE"],
        ["02", "OWN02", "Own 02", "OWN SCALE", "", "", "", "NOT DONE"],
        ["02", "OWN03", "Own 03", "OWN SCALE", "", "", "", "NOT DONE"],
        ["02", "OWNTOT", "Own Total", "OWN SCALE", "", "", "", "NOT DONE"],
    ]
    assert out.origins("QS") == [["a:1"]] * 4 + [["a:2"]] * 4
    assert out.findings == []


def test_each_fault_by_its_name() -> None:
    out = study().run(
        a=[
            ["01", "Y", "3", "", "1", "5"],
            ["01", "Y", "3", "9", "1", "5"],
            ["01", "Y", "3", "1", "1", "6"],
            ["02", "Y", "4", "4", "4", "23"],
            ["02", "Y", "4", "4", "3", "19"],
            ["02", "Y", "1", "1", "1", "0"],
            ["02", "Y", "4", "1", "1", ""],
            ["02", "Y", "1", "4", "1", "many"],
        ]
    )
    assert told(out) == [
        "item-missing 1 QSTESTCD = 'OWN02'",
        "answer-unknown 2 QSTESTCD = 'OWN02', QSORRES = '9'",
        "total-mismatch 3 QSTESTCD = 'OWNTOT', QSORRES = '6', _computed = '5'",
        "outside-range 4 QSORRES = '23', _computed = '21'",
        "outside-registered-range 5 QSORRES = '19'",
        "outside-registered-range 6 QSORRES = '0'",
        "item-missing 7 QSTESTCD = 'OWNTOT'",
        "not-a-number 8 ",
    ]
    levels = {each.kind: each.level for each in out.findings}
    assert levels == {
        "item-missing": "warning",
        "answer-unknown": "error",
        "total-mismatch": "error",
        "outside-range": "error",
        "outside-registered-range": "warning",
        "not-a-number": "error",
    }
    shown = out.table("QSTESTCD QSORRES QSSTRESC QSSTRESN QSSTAT", "QS")
    assert shown[1] == ["OWN02", "", "", "", "NOT DONE"]
    assert shown[5] == ["OWN02", "9", "9", "", ""]
    assert shown[11] == ["OWNTOT", "6", "6", "6", ""]
    assert shown[31] == ["OWNTOT", "many", "many", "", ""]


ANSWERS = st.sampled_from(["1", "2", "3", "4", "9", ""])
TOTALS = st.sampled_from(["", *(str(number) for number in range(-1, 24))])
FORMS = st.lists(
    st.tuples(
        st.sampled_from(["01", "02"]), st.sampled_from("YN"), ANSWERS, ANSWERS, ANSWERS, TOTALS
    ),
    max_size=10,
)
RULES = st.sampled_from(["missing", "prorate", "ignore"])


def computed(answers: tuple[str, ...], rule: str) -> Fraction | None:
    """The total that the published scoring gives."""
    scores = [SCORES[each] for each in answers if each in SCORES]
    if not scores or (rule == "missing" and len(scores) < len(answers)):
        return None
    total = Fraction(sum(scores))
    return total * len(answers) / len(scores) if rule == "prorate" else total


def expected(row: tuple[str, ...], place: int, rule: str) -> list[str]:
    """What is to be found in one row of the form."""
    _, done, *answers, total = row
    found = []
    sums = computed(tuple(answers), rule)
    for number, answer in enumerate(answers, 1):
        if answer == "" and done == "Y":
            found.append(f"item-missing {place} QSTESTCD = 'OWN0{number}'")
        if answer == "9":
            found.append(f"answer-unknown {place} QSTESTCD = 'OWN0{number}', QSORRES = '9'")
    if total == "":
        if sums is not None and done == "Y":
            found.append(f"item-missing {place} QSTESTCD = 'OWNTOT'")
        return found
    apart = Fraction(1, 2) if rule == "prorate" else 0
    if not 0 <= int(total) <= 19:  # no sum of answers, and told once
        return [*found, f"outside-range {place} QSORRES = '{total}'"]
    if sums is not None and abs(int(total) - sums) > apart:
        found.append(f"total-mismatch {place}")
    if not 2 <= int(total) <= 14:
        found.append(f"outside-registered-range {place} QSORRES = '{total}'")
    return found


@settings(max_examples=100, deadline=None)
@given(forms=FORMS, rule=RULES, partitions=st.sampled_from([1, 2]))
def test_findings_of_any_form(forms: list[tuple[str, ...]], rule: str, partitions: int) -> None:
    totals = f"  - {{code: OWNTOT, name: Own Total, column: TOTAL, missing_items: {rule}}}\n"
    out = study(totals).run(a=[list(row) for row in forms], partitions=partitions)
    made = [
        each.partition(" QSTESTCD = 'OWNTOT', ")[0].partition(", _computed")[0]
        for each in told(out)
    ]
    wanted = [each for place, row in enumerate(forms, 1) for each in expected(row, place, rule)]
    assert sorted(made) == sorted(wanted)
    assert len(out.column("QSTESTCD", "QS")) == 4 * len(forms)


PARTS = """\
  - {code: OWNTOT, name: Own Total, column: TOTAL, items: [OWN01, OWN02], ranges: {published: {low: "0", high: "5"}}}
  - {code: OWNREST, name: Own Rest, column: DONE, items: OWN03, missing_items: ignore}
"""


def test_totals_of_some_items() -> None:
    spec = QS.replace(", done: DONE = 'Y'", "")
    out = study(PARTS, spec).run(
        a=[
            ["01", "7", "3", "1", "4", "5"],
            ["01", "0", "3", "3", "4", "10"],  # both are asked of their own items
            ["01", "5", "3", "3", "", "9"],
        ]
    )
    assert told(out) == [
        "outside-range 2 QSORRES = '10', _computed = '10'",
        "total-mismatch 2 QSTESTCD = 'OWNREST', QSORRES = '0', _computed = '7'",
        "item-missing 3 QSTESTCD = 'OWN03'",
        "outside-range 3 QSORRES = '9', _computed = '10'",
    ]


@pytest.mark.parametrize("partitions", [1, 2])
def test_two_instruments_are_summed_apart(partitions: int) -> None:
    other = SCALE.replace("OWN", "TWO").replace("Own", "Two").replace("ONE'S OWN", "")
    spec = QS.replace("{own: a}", "{own: a, two: b}")
    both = Study(
        spec, terminology=TERMS, instruments={"own": SCALE, "two": other}, a=COLUMNS, b=COLUMNS
    )
    out = both.run(
        a=[["01", "Y", "3", "1", "1", "5"], ["02", "Y", "1", "3", "1", "5"]],
        b=[["01", "Y", "4", "1", "1", "7"], ["02", "Y", "1", "4", "1", "5"]],
        partitions=partitions,
    )
    assert [f"{each.kind} {each.where.file}:{each.where.row}" for each in out.findings] == [
        "total-mismatch b:2"
    ]
