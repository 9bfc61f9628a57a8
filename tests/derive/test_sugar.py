"""Short forms: what they expand into, and what comes of it."""

from __future__ import annotations

from datetime import date

import pytest
from harness import Study, refusals, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import PARTIALS, SUBJECTS, table_of

DM = """
dataset: DM
keys: [USUBJID]
steps:
  - records: {from: d}
  - RFSTDTC: {assign: iso(R)}
  - RFXSTDTC: {assign: iso(X)}
"""
_BOUND: dict[str, Study] = {}


def bound(name: str, spec: str, **sources: str) -> Study:
    if name not in _BOUND:
        _BOUND[name] = Study(spec, **sources)  # type: ignore[arg-type]
    return _BOUND[name]


def day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if len(text) >= 10 else None


@settings(max_examples=30, deadline=None)
@given(rows=table_of(S=PARTIALS, E=PARTIALS), references=st.lists(PARTIALS, min_size=3, max_size=3))
def test_study_days_of_dates(rows: list[list[str]], references: list[str]) -> None:
    study = bound(
        "days",
        DM
        + """
  - study_day: {of: RFXSTDTC, reference: RFSTDTC}
---
dataset: AE
keys: [USUBJID]
steps:
  - records: {from: a}
  - AESTDTC: iso(S)
  - AEENDTC: iso(E)
  - study_day: [AESTDTC, AEENDTC]
""".replace("  - study_day: {of: RFXSTDTC, reference: RFSTDTC}\n", ""),
        a="SUBJ I S E",
        d="SUBJ R X",
    )
    known = dict(zip(SUBJECTS, references, strict=True))
    out = study.run(a=rows, d=[[subject, text, ""] for subject, text in known.items()])
    for row, made in zip(rows, out.table("AESTDY AEENDY", "AE"), strict=True):
        for text, shown in zip(row[2:], made, strict=True):
            one, other = day(text), day(known[row[0]])
            if one is None or other is None:
                assert shown == ""
            else:
                days = (one - other).days
                assert int(shown) == days + (days >= 0)


SE = (
    DM
    + """
---
dataset: SE
keys: [USUBJID, SESEQ]
steps:
  - records: {from: e}
  - SESTDTC: iso(S)
  - SEENDTC: iso(E)
  - EPOCH: {assign_ct: W}
  - SESEQ: {sequence: SESTDTC}
---
dataset: VS
keys: [USUBJID]
steps:
  - records: {from: a}
  - VSDTC: iso(D)
  - epoch: VSDTC
"""
)


@pytest.mark.parametrize(
    ("collected", "epoch"),
    [
        ("2025-01-01", "SCREENING"),
        ("2025-01-09T23:59", "SCREENING"),
        ("2025-01-10", "TREATMENT"),  # the boundary day without a time: the later element
        ("2025-01-10T08:59", "SCREENING"),
        ("2025-01-10T09:00", "TREATMENT"),
        ("2025-01-20", "FOLLOW-UP"),
        ("2025-01-19T10:00", "TREATMENT"),
        ("2026-01-01", "FOLLOW-UP"),  # the last element has no end
        ("2024-12-31", ""),
        ("2025-01", ""),
        ("", ""),
    ],
)
def test_epoch_of_a_date(collected: str, epoch: str) -> None:
    study = bound("epoch", SE, a="SUBJ D", d="SUBJ R X", e="SUBJ S E W")
    out = study.run(
        a=[["01", collected], ["02", collected]],
        d=[["01", "", ""]],
        e=[
            ["01", "2025-01-01", "2025-01-10T09:00", "SCREENING"],
            ["01", "2025-01-10T09:00", "2025-01-20", "TREATMENT"],
            ["01", "2025-01-20", "", "FOLLOW-UP"],
            ["02", "", "", "TREATMENT"],
        ],
    )
    assert out.column("EPOCH", "VS") == [epoch, ""]
    assert out.findings == []


LOBXFL = (
    DM
    + """
---
dataset: LB
keys: [USUBJID, LBSEQ]
steps:
  - records: {from: a}
  - LBTESTCD: T
  - LBDTC: iso(D)
  - LBSTRESC: V
  - LBSEQ: {sequence: number(I)}
  - last_before_exposure: {by: LBTESTCD}
"""
)
DATES = st.sampled_from(
    [
        "",
        "2025-01",
        "2025-01-09",
        "2025-01-10",
        "2025-01-10T08:00",
        "2025-01-10T09:00",
        "2025-02-01",
    ]
)
EXPOSED = st.sampled_from(["2025-01-10T09:00", "2025-01-10", ""])


@settings(max_examples=60, deadline=None)
@given(
    rows=table_of(T=st.sampled_from(["ALB", "BILI"]), D=DATES, V=st.sampled_from(["5", "", "<1"])),
    exposed=st.lists(EXPOSED, min_size=3, max_size=3),
    partitions=st.sampled_from([1, 3]),
)
def test_the_last_result_before_exposure(
    rows: list[list[str]], exposed: list[str], partitions: int
) -> None:
    from scalar import Partial, compare

    study = bound("lobxfl", LOBXFL, a="SUBJ I T D V", d="SUBJ R X")
    first = dict(zip(SUBJECTS, exposed, strict=True))
    flagged = set()
    for key in {(row[0], row[2]) for row in rows}:
        before = [
            row
            for row in rows
            if (row[0], row[2]) == key
            and row[4] != ""
            and compare("<", Partial(row[3]), Partial(first[key[0]])) is True
        ]
        if before:
            # dates sort by their start, the less precise first
            last = max(before, key=lambda row: (row[3].ljust(16, "!"), int(row[1])))
            flagged.add(last[1])
    out = study.run(
        partitions=partitions, a=rows, d=[[subject, "", text] for subject, text in first.items()]
    )
    made = [
        origin[0][2:]
        for origin, flag in zip(out.origins("LB"), out.column("LBLOBXFL", "LB"), strict=True)
        if flag == "Y"
    ]
    assert sorted(made) == sorted(flagged)
    assert set(out.column("LBLOBXFL", "LB")) <= {"Y", ""}


SCALE = """
instrument: A scale of one's own
category: OWN SCALE
domain: QS
direction: {published: higher is worse}
ranges: {published: {low: "0", high: "4"}}
answers:
  worse:
    columns: [code, text, score]
    rows: [["1", NEVER, "0"], ["2", OFTEN, "2"], ["3", ALWAYS, "2"]]
items:
  columns: [code, name, column, answers]
  rows: [[OWN01, Own 01, Q1, worse], [OWN02, Own 02, Q2, worse]]
totals:
  - {code: OWNTOT, name: Own Total, column: TOTAL}
"""


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("study_day: [QSDTC, QSORRES]", "[bad-expression] study_day"),
        ("instruments: {from: {other: a}}", "[unknown-name] instruments"),
        ("instruments: {form: {own: a}}", "[unknown-key] instruments"),
        ("last_before_exposure: {order: QSDTC}", "[missing-key] last_before_exposure"),
        ("studyday: QSDTC", "[unknown-step] studyday"),
    ],
)
def test_refused(step: str, fault: str) -> None:
    spec = f"dataset: QS\nkeys: [USUBJID]\nsteps:\n  - records: {{from: a}}\n  - {step}\n"
    found = refusals(spec, instruments={"own": SCALE}, a="SUBJ D")
    assert any(each.startswith(fault) for each in found)


def test_each_repeats_its_steps() -> None:
    out = Study(
        """
  - records: {from: a}
  - each:
      of: [{name: _x, column: T, times: 2}, {name: _y, column: U, times: 3}]
      do:
        - $name: number($column) * $times
""",
        a="SUBJ T U",
    ).run(a=[["01", "1", "1"], ["01", "2", ""]])
    assert out.table("_x _y") == table("""
_x _y
2  3
4  .
""")
