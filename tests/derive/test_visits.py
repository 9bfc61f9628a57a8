"""``visit`` and ``spelling``: planned visits by their labels, unscheduled ones between them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from harness import Study, refusals
from hypothesis import given, settings
from hypothesis import strategies as st

TABLES = {
    "schedule": """
columns: [form, lab, VISITNUM, VISIT, VISITDY]
rows:
  - [Screening, SCR, "1", SCREENING, "-7"]
  - [Day 1, D1, "2", DAY 1, "1"]
  - [Week 2, "", "3", WEEK 2, "14"]
  - [End of Study, EOS, "9", END OF STUDY, ""]
  - [Extra, UNS, "", UNSCHEDULED, ""]
"""
}
SV = """
dataset: SV
keys: [USUBJID, VISITNUM]
steps:
  - records: {from: v}
  - SVSTDTC: iso(S)
  - SVENDTC: iso(E)
  - visit: {of: VISIT}
---
dataset: VS
keys: [USUBJID]
steps:
  - records: {from: a}
  - VSDTC: iso(D)
  - visit: {of: L, on: VSDTC, match: [form, lab]}
"""
VISITS = "SUBJ VISIT S E"
RECORDS = "SUBJ L D"
_STUDIES: dict[str, Study] = {}


def study(spec: str = SV) -> Study:
    if spec not in _STUDIES:
        _STUDIES[spec] = Study(spec, tables=TABLES, v=VISITS, a=RECORDS)
    return _STUDIES[spec]


def variant(options: str) -> Study:
    return study(SV.replace("{of: VISIT}", f"{{of: VISIT, {options}}}"))


SHOWN = "VISITNUM VISIT VISITDY"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Day 1", ["2", "DAY 1", "1"]),
        ("DAY 1", ["2", "DAY 1", "1"]),
        (" day  1 ", ["2", "DAY 1", "1"]),
        ("Day1", ["2", "DAY 1", "1"]),
        ("Day\u00a01", ["2", "DAY 1", "1"]),
        ("d1", ["2", "DAY 1", "1"]),  # the laboratory's own code
        ("week 2", ["3", "WEEK 2", "14"]),
        ("eos", ["9", "END OF STUDY", ""]),
        ("Day-1", ["", "", ""]),
        ("Day 10", ["", "", ""]),
        ("", ["", "", ""]),  # a blank label is not the blank code of week 2
    ],
)
def test_planned_visits_by_label(label: str, expected: list[str]) -> None:
    out = study().run(a=[["01", label, "2025-01-10"]])
    assert out.table(SHOWN, "VS") == [expected]
    found = [] if expected[0] else ["unknown-visit a:1"]
    assert out.kinds == found


def test_a_label_that_is_not_known_is_shown() -> None:
    (found,) = study().run(a=[["01", "Dya 1", "2025-01-10"]]).findings
    assert found.what == "does not hold: the visit stands in schedule (L = 'Dya 1')"


def test_unscheduled_visits_are_numbered_between() -> None:
    out = study().run(
        v=[
            ["01", "Extra", "2025-01-20", ""],
            ["01", "Screening", "2025-01-01", "2025-01-03"],
            ["01", "Extra", "2025-01-01T10:00", ""],  # on the day of a planned one: behind it
            ["01", "extra", "2024-12-30", ""],  # before any
            ["01", "Day 1", "2025-01-08", ""],
            ["01", "Week 2", "", ""],  # missed
            ["01", "EXTRA", "2025-01-12", "2025-01-13"],
            ["01", "End of Study", "2025-02-01", ""],
            ["02", "Extra", "2025-03-01", ""],
        ],
        a=[
            ["01", "Extra", "2025-01-20"],
            ["01", "UNS", "2025-01-13T08:00"],
            ["01", "Day 1", "2025-01-20"],
            ["02", "Extra", "2025-03-01"],
        ],
    )
    assert out.findings == []
    assert out.table(SHOWN, "SV") == [
        ["2.2", "UNSCHEDULED 2.2", ""],
        ["1", "SCREENING", "-7"],
        ["1.1", "UNSCHEDULED 1.1", ""],
        ["0.1", "UNSCHEDULED 0.1", ""],
        ["2", "DAY 1", "1"],
        ["3", "WEEK 2", "14"],
        ["2.1", "UNSCHEDULED 2.1", ""],
        ["9", "END OF STUDY", ""],
        ["0.1", "UNSCHEDULED 0.1", ""],
    ]
    assert out.table(SHOWN, "VS") == [
        ["2.2", "UNSCHEDULED 2.2", ""],
        ["2.1", "UNSCHEDULED 2.1", ""],
        ["2", "DAY 1", "1"],
        ["0.1", "UNSCHEDULED 0.1", ""],
    ]


def test_an_unscheduled_visit_that_sv_does_not_have() -> None:
    out = study().run(
        v=[
            ["01", "Extra", "2025-01-20", ""],
            ["01", "Extra", "2025-01-20", ""],
            ["02", "Extra", "2025-01", ""],
        ],
        a=[
            ["01", "Extra", "2025-01-21"],
            ["01", "Extra", "2025-01-20"],  # which of the two?
            ["01", "Extra", "2025-01"],
            ["02", "Extra", "2025-01-20"],
            ["03", "Extra", "2025-01-20"],
        ],
    )
    unknown = [f"unknown-visit a:{row}" for row in range(1, 6)]
    # what VS finds nowhere, two visits of one day that nothing tells apart, and one without a day
    assert out.kinds == [*unknown, "tie v:1", "tie v:2", "unknown-visit v:3"]
    assert out.table(SHOWN, "VS") == [["", "UNSCHEDULED", ""]] * 5
    assert out.table(SHOWN, "SV")[2] == ["", "UNSCHEDULED", ""]


DAYS = st.integers(0, 12)
LABELS = st.sampled_from(["Screening", "Day 1", "End of Study", "Extra", "Extra"])
HELD = st.lists(st.tuples(st.sampled_from(["01", "02"]), LABELS, DAYS), max_size=16)


@settings(max_examples=60, deadline=None)
@given(held=HELD, partitions=st.sampled_from([1, 2]))
def test_numbers_follow_the_days(held: list[tuple[str, str, int]], partitions: int) -> None:
    first = date(2025, 1, 1)
    rows = [[s, label, (first + timedelta(day)).isoformat(), ""] for s, label, day in held]
    out = study().run(v=rows, partitions=partitions, a=[])
    number = {"Screening": 1, "Day 1": 2, "End of Study": 9}
    expected = []
    for place, (subject, label, day) in enumerate(held):
        if label != "Extra":
            expected.append(float(number[label]))
            continue
        planned = [(d, number[n]) for s, n, d in held if s == subject and n != "Extra" and d <= day]
        base = max(planned)[1] if planned else 0
        gap = []
        for at, (other, name, on) in enumerate(held):
            if (other, name) == (subject, "Extra"):
                before = [
                    (d, number[n]) for s, n, d in held if (s, n != "Extra") == (subject, True)
                ]
                last = max((each for each in before if each[0] <= on), default=(0, 0))[1]
                gap += [(on, at)] if last == base else []
        position = sorted(gap).index((day, place)) + 1
        expected.append(round(base + position / (100 if len(gap) > 9 else 10), 2))
    by_row = {int(o[0][2:]): float(v) for o, v in zip(
        out.origins("SV"), out.column("VISITNUM", "SV"), strict=True)}  # fmt: skip
    assert [by_row[row] for row in range(1, len(held) + 1)] == expected


def test_more_than_nine_between() -> None:
    rows = [["01", "Extra", f"2025-01-{day:02d}", ""] for day in range(1, 12)]
    out = study().run(v=rows)
    assert out.column("VISITNUM", "SV") == [
        "0.01", "0.02", "0.03", "0.04", "0.05", "0.06", "0.07", "0.08", "0.09", "0.1", "0.11",
    ]  # fmt: skip
    assert out.column("VISIT", "SV")[-1] == "UNSCHEDULED 0.11"


REPEATED = [
    ["01", "Day 1", "2025-01-08", ""],
    ["01", "Day 1", "2025-01-10", "2025-01-11"],
    ["01", "Week 2", "2025-01-20", ""],
    ["01", "End of Study", "", ""],
    ["01", "Extra", "2025-01-09", ""],
    ["01", "Extra", "2025-01-12", ""],
]


def test_repeats_keep_their_number() -> None:
    out = study().run(v=REPEATED)
    assert out.column("VISITNUM", "SV") == ["2", "2", "3", "9", "2.1", "2.2"]


def test_repeats_as_one_record() -> None:
    out = variant("repeats: true").run(v=REPEATED)
    assert out.table("VISITNUM SVSTDTC SVENDTC", "SV") == [
        ["2", "2025-01-08", "2025-01-11"],
        ["3", "2025-01-20", ""],
        ["9", "", ""],
        ["2.1", "2025-01-09", ""],
        ["2.2", "2025-01-12", ""],
    ]
    (account,) = [each for each in out.result.accounts if each.name == "v"]
    assert dict(account.excluded) == {
        "the same visit on another day: one record from its first day to its last": 1
    }


def test_planned_visits_that_the_form_has_not() -> None:
    spec = SV.replace("{of: VISIT}", "{of: VISIT, fill: VISITNUM < 9}").replace(
        "---", "  - SVOCCUR: {hardcode: \"N\", when: _filled = 'Y'}\n---"
    )
    out = study(spec).run(v=[["01", "Day 1", "2025-01-08", ""], ["02", "Extra", "2025-01-08", ""]])
    assert sorted(out.table("USUBJID VISITNUM VISITDY SVOCCUR", "SV")) == [
        ["01", "1", "-7", "N"],
        ["01", "2", "1", ""],
        ["01", "3", "14", "N"],
        ["02", "0.1", "", ""],
        ["02", "1", "-7", "N"],
        ["02", "2", "1", "N"],
        ["02", "3", "14", "N"],
    ]


def test_records_that_stand_at_no_visit() -> None:
    spec = SV.replace(
        "match: [form, lab]}", "match: [form, lab], where: VSDTC != iso('2025-01-11')}"
    )
    out = study(spec).run(
        v=[["01", "Extra", "2025-01-11", ""]],
        a=[
            ["01", "Day 1", "2025-01-10"],
            ["01", "Day 1", "2025-01-11"],
            ["01", "Extra", "2025-01-11"],
            ["01", "?", "2025-01-11"],
        ],
    )
    assert out.table(SHOWN, "VS") == [["2", "DAY 1", "1"], *[["", "", ""]] * 3]
    assert out.findings == []


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("visit: {of: L}", "[missing-key] visit: on: is needed"),
        ("visit: {of: L, on: VSDTC, repeats: true}", "[bad-expression] visit.repeats"),
        ("visit: {of: L, on: VSDTC, fill: VISITNUM < 9}", "[bad-expression] visit.fill"),
        ("visit: {of: L, on: VSDTC, match: []}", "[bad-expression] visit.match"),
        ("visit: {of: L, on: VSDTC, table: visits}", "[unknown-table]"),
        ("visit: {of: Z, on: VSDTC}", "[unknown-variable]"),
        ("visit: {of: L, on: VSDTC, match: flow}", "[unknown-variable]"),
    ],
)
def test_refused(step: str, fault: str) -> None:
    spec = SV.replace("visit: {of: L, on: VSDTC, match: [form, lab]}", step)
    found = refusals(spec, tables=TABLES, v=VISITS, a=RECORDS)
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_in_sv_the_date_is_svstdtc() -> None:
    spec = SV.replace("{of: VISIT}", "{of: VISIT, on: SVENDTC}")
    assert refusals(spec, tables=TABLES, v=VISITS, a=RECORDS)[0].startswith(
        "[bad-expression] visit.on"
    )


@settings(max_examples=80, deadline=None)
@given(
    text=st.text(" \tabAB\u3000É", max_size=5),
    other=st.text(" \tabAB\u3000É", max_size=5),
    number=st.sampled_from(["", "1", "2"]),
)
def test_spelling_is_case_and_blanks(text: str, other: str, number: str) -> None:
    name = "spelling"
    if name not in _STUDIES:
        _STUDIES[name] = Study(
            "  - records: {from: a, set: {_t: T, _u: U, _n: number(N)}}\n"
            "  - _many: {by: {_t: _u}, spelling: any, value: count()}\n"
            "  - _exact: {by: {_t: _u}, value: count()}\n",
            a="SUBJ T U N",
        )
    out = _STUDIES[name].run(a=[["01", text, other, number]])
    alike = "".join(text.split()).lower() == "".join(other.split()).lower()
    blank = not text.split()
    assert out.table("_many _exact") == [[str(int(alike and not blank)), str(int(text == other))]]
