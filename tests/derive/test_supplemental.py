"""Supplemental qualifiers: which records SUPP-- gets, and how they point back."""

from __future__ import annotations

from functools import cache

import pytest
from harness import Study, refusals
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, TEXTS, table_of

SPEC = """
dataset: LB
keys: [USUBJID, LBSEQ]
steps:
  - records: {from: a}
  - LBTESTCD: T
  - LBSEQ: {sequence: number(I)}
supplemental:
  - {QNAM: ONE, QLABEL: The first, assign: A, origin: collected}
  - {QNAM: TWO, QLABEL: The second, when: A = 'a', assign: "concat(A, B)", origin: derived, QEVAL: SPONSOR}
  - {QNAM: THREE, QLABEL: By test, assign: B, idvar: LBTESTCD}
"""


@cache
def study() -> Study:
    return Study(SPEC, a="SUBJ I T A B")


@settings(max_examples=40, deadline=None)
@given(
    rows=table_of(T=st.sampled_from(["ALB", "BILI"]), A=TEXTS, B=NUMBERS),
    partitions=st.sampled_from([1, 3, 7]),
)
def test_a_record_for_each_qualifier_that_is_not_blank(
    rows: list[list[str]], partitions: int
) -> None:
    expected = []
    seen: dict[str, int] = {}
    for place, (subject, _, test, a, b) in enumerate(rows, 1):
        seen[subject] = seen.get(subject, 0) + 1
        by_number = ["S1", "LB", subject, "LBSEQ", str(seen[subject])]
        origin = [f"a:{place}"]
        if a:
            expected.append([*by_number, "ONE", "The first", a, "CRF", "", origin])
        if a == "a":
            expected.append([*by_number, "TWO", "The second", a + b, "Derived", "SPONSOR", origin])
        if b:
            by_test = ["S1", "LB", subject, "LBTESTCD", test]
            expected.append([*by_test, "THREE", "By test", b, "CRF", "", origin])
    out = study().run(partitions=partitions, a=rows)
    made = out.table(
        "STUDYID RDOMAIN USUBJID IDVAR IDVARVAL QNAM QLABEL QVAL QORIG QEVAL", "SUPPLB"
    )
    made = [[*row, origin] for row, origin in zip(made, out.origins("SUPPLB"), strict=True)]
    assert sorted(made) == sorted(expected)


def test_qualifiers_of_dm_name_no_variable() -> None:
    spec = """
dataset: DM
keys: [USUBJID]
steps:
  - records: {from: a}
supplemental:
  - {QNAM: ONE, QLABEL: The first, assign: A}
"""
    out = Study(spec, a="SUBJ A").run(a=[["01", "x"], ["02", ""]])
    assert out.table("USUBJID IDVAR IDVARVAL QNAM QVAL", "SUPPDM") == [["01", "", "", "ONE", "x"]]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("{QNAM: ONE, QLABEL: First, assign: number(A)}", "[wrong-type] "),
        ("{QNAM: ONE, QLABEL: First, assign: date(iso(A))}", "[wrong-type] "),
        ("{QNAM: ONE, QLABEL: First, assign: Z}", "[unknown-variable] "),
    ],
)
def test_refused(entry: str, fault: str) -> None:
    spec = f"dataset: DM\nkeys: [USUBJID]\nsteps:\n  - records: {{from: a}}\nsupplemental:\n  - {entry}\n"
    found = refusals(spec, a="SUBJ A")
    assert len(found) == 1
    assert found[0].startswith(fault)
