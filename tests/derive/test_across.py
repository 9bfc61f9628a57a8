"""The earliest or latest of one kind of variable over all datasets."""

from __future__ import annotations

import pytest
from harness import Study, refusals
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import PARTIALS, SUBJECTS, comparable, table_of
from scalar import Partial

SPEC = """
dataset: DM
keys: [USUBJID]
steps:
  - records: {from: roster}
  - RFPENDTC: {across: [--DTC, --ENDTC], take: latest, without: [VS]}
  - RFICDTC: {across: --DTC, take: earliest, datasets: [LB, VS]}
---
dataset: LB
keys: [USUBJID]
steps:
  - records: {from: a}
  - LBDTC: iso(P)
  - LBENDTC: iso(Q)
---
dataset: VS
keys: [USUBJID]
steps:
  - records: {from: b}
  - VSDTC: iso(P)
---
dataset: CM
keys: [USUBJID]
steps:
  - records: {from: b}
  - CMENDTC: iso(P)
"""


@settings(max_examples=40, deadline=None)
@given(
    a=table_of(P=PARTIALS, Q=PARTIALS), b=table_of(P=PARTIALS), partitions=st.sampled_from([1, 3])
)
def test_latest_and_earliest_of_the_dates_of_a_subject(
    a: list[list[str]], b: list[list[str]], partitions: int
) -> None:
    out = _study().run(partitions=partitions, a=a, b=b, roster=[[each] for each in SUBJECTS])
    for subject, latest, earliest in out.table("USUBJID RFPENDTC RFICDTC", "DM"):
        lb = [row[2] for row in a if row[0] == subject]
        lb_end = [row[3] for row in a if row[0] == subject]
        vs = [row[2] for row in b if row[0] == subject]
        assert latest == pick(max, lb + lb_end + vs)  # CM's dates are those of VS
        assert earliest == pick(min, lb + vs)


def pick(choose: object, texts: list[str]) -> str:
    held = [Partial(text) for text in texts if text]
    return choose(held, key=comparable, default="")  # type: ignore[operator]


def test_numeric_dates_by_their_exact_names() -> None:
    spec = """
dataset: ADXX
class: BDS
keys: [USUBJID]
steps:
  - records: {from: roster}
  - _last: {across: [ADT, ASTDT], take: latest}
  - _first: {across: [ADT, ASTDT], take: earliest, without: ADZZ}
---
dataset: ADYY
class: BDS
keys: [USUBJID]
steps:
  - records: {from: a, set: {ADT: date(iso(P)), ASTDT: date(iso(Q))}}
---
dataset: ADZZ
class: BDS
keys: [USUBJID]
steps:
  - records: {from: a, set: {ADT: date(iso(P)) + 7}}
"""
    out = Study(spec, a="SUBJ P Q").run(
        a=[
            ["01", "2025-01-10", "2025-01-02"],
            ["01", "2025-01-05", ""],
            ["02", "2025-01", "2025-01-20"],
        ],
        roster=[["01"], ["02"], ["03"]],
    )
    assert out.table("USUBJID _last _first") == [
        ["01", "2025-01-17", "2025-01-02"],
        ["02", "2025-01-20", "2025-01-20"],
        ["03", "", ""],
    ]


_BOUND: list[Study] = []


def _study() -> Study:
    if not _BOUND:
        _BOUND.append(Study(SPEC, a="SUBJ I P Q", b="SUBJ I P"))
    return _BOUND[0]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("{across: --STDTC, take: latest}", "[bad-expression] RFPENDTC"),
        ("{across: [--DTC, --SEQ], take: latest}", "[bad-expression] RFPENDTC"),
        ("{across: --ORRES, take: latest}", "[wrong-type] RFPENDTC"),
        ("{across: --SEQ, take: latest}", "[wrong-type] RFPENDTC"),
        ("{across: --DTC, take: last}", "[bad-value] RFPENDTC.take"),
    ],
)
def test_refused(value: str, fault: str) -> None:
    spec = SPEC[: SPEC.index("  - RFPENDTC")] + f"  - RFPENDTC: {value}\n---\n"
    spec += "dataset: LB\nkeys: [USUBJID]\nsteps:\n  - records: {from: a}\n  - LBDTC: iso(P)\n"
    spec += "  - LBORRES: P\n  - LBSEQ: {sequence: P}\n"
    found = refusals(spec, a="SUBJ P")
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_a_tabulation_dataset_reads_no_analysis_dataset() -> None:
    spec = """
dataset: DM
keys: [USUBJID]
steps:
  - records: {from: roster}
  - RFPENDTC: {across: --DTC, take: latest}
---
dataset: LB
keys: [USUBJID]
steps:
  - records: {from: a}
  - LBDTC: iso(P)
---
dataset: ADXX
class: BDS
keys: [USUBJID]
steps:
  - records: {from: LB, keep: [LBDTC]}
  - _end: {from: DM, value: RFPENDTC}
"""
    study = Study(spec, a="SUBJ P")
    assert study.run(a=[["01", "2025-03-01"]]).column("RFPENDTC", "DM") == ["2025-03-01"]
    (read,) = study.plan.datasets["DM"].values()["RFPENDTC"][1].consults
    assert read.name == "LB"
