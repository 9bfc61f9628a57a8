"""Recoding: codelists, lists written in place, decodes."""

from __future__ import annotations

from functools import cache

import pytest
from harness import Study, refusals, run, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import table_of

TERMINOLOGY = """
SEX: {map: {Male: M, f: F, "": U}}
GRADE:
  label: Grade
  terms: {MILD: Mild, SEVERE: Severe, NONE: ""}
  map: {"1": MILD}
"""
DM = """
dataset: DM
keys: [USUBJID]
steps:
  - records: {{from: a}}
  - SEX: {}
"""


@cache
def study(step: str) -> Study:
    return Study(DM.format(step), terminology=TERMINOLOGY, a="SUBJ I T")


VERBATIM = st.sampled_from(["Male", "f", "F", "M", "male", "U", "x", ""])
KNOWN = {"Male": "M", "f": "F", "F": "F", "M": "M", "U": "U", "": "U"}


@settings(max_examples=40, deadline=None)
@given(table_of(T=VERBATIM))
def test_assign_ct_maps_then_keeps_terms_and_finds_fault_with_the_rest(
    rows: list[list[str]],
) -> None:
    out = study("{assign_ct: T}").run(a=rows)
    assert out.column("SEX", "DM") == [KNOWN.get(row[2], "") for row in rows]
    assert out.kinds == [
        f"unmapped-term a:{at}" for at, row in enumerate(rows, 1) if row[2] not in KNOWN
    ]


@pytest.mark.parametrize(("word", "left"), [("keep", "male"), ("missing", "")])
def test_assign_ct_keeps_or_blanks_the_rest_where_said(word: str, left: str) -> None:
    out = study(f"{{assign_ct: T, else: {word}}}").run(a=[["01", "1", "male"], ["02", "2", "f"]])
    assert out.column("SEX", "DM") == [left, "F"]
    assert out.findings == []


def test_an_unmapped_term_says_what_to_do() -> None:
    out = study("{assign_ct: T}").run(a=[["01", "1", "male"]])
    assert [str(each) for each in out.findings] == [
        "a row 1 (subject 01): error[unmapped-term] SEX = 'male' is not in codelist SEX and has "
        "no mapping\n  Add it to terminology.yaml, or query the site."
    ]


def test_assign_ct_is_at_fault_only_where_its_condition_holds() -> None:
    out = study("{assign_ct: T, when: T != 'male'}").run(a=[["01", "1", "male"], ["02", "2", "f"]])
    assert out.column("SEX", "DM") == ["", "F"]
    assert out.findings == []


def test_a_list_of_the_sponsor_and_its_decodes() -> None:
    bound = Study(
        """
  - records: {from: a}
  - _g: {assign_ct: T, codelist: GRADE}
  - _d: {decode: _g, codelist: GRADE}
  - _l: _g
""",
        terminology=TERMINOLOGY,
        a="SUBJ T",
    )
    out = bound.run(a=[["01", "1"], ["01", "SEVERE"], ["01", "NONE"], ["01", ""], ["01", "9"]])
    assert out.table("_l _d") == table("""
_l     _d
MILD   Mild
SEVERE Severe
NONE   .
.      .
.      .
""")
    assert out.kinds == ["unmapped-term a:5"]


def test_decode_of_a_published_test_code() -> None:
    out = run(
        """
dataset: VS
keys: [USUBJID]
steps:
  - records: {from: a}
  - VSTESTCD: source.T
  - VSTEST: {decode: VSTESTCD}
""",
        a="""
SUBJ T
01   WEIGHT
01   SYSBP
01   WGT
""",
    )
    assert out.column("VSTEST", "VS") == ["Weight", "Systolic Blood Pressure", ""]
    assert out.kinds == ["unknown-term a:3"]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("_x: {assign_ct: T}", "[no-codelist] _x"),
        ("_x: {assign_ct: T, codelist: SEXX}", "[unknown-codelist] _x.codelist"),
        ("AVAL: {assign_ct: T, codelist: SEX}", "[wrong-type] AVAL"),
        ("_x: {assign_ct: T = 'x', codelist: SEX}", "[bad-expression] _x.assign_ct"),
        ("_x: {decode: T = 'x', codelist: SEX}", "[bad-expression] _x"),
        ("_x: {assign_ct: T, codelist: SEX, else: drop}", "[bad-value] _x.else"),
    ],
)
def test_assign_ct_refused(step: str, fault: str) -> None:
    found = refusals(f"  - records: {{from: a}}\n  - {step}\n", a="SUBJ T")
    assert len(found) == 1
    assert found[0].startswith(fault)


MAPPED = {"a": "1", "b": "2.5", "c": ""}
FROM_LIST = st.sampled_from(["a", "b", "c", "d", "5", ""])


@cache
def mapped(step: str) -> Study:
    return Study(f"  - records: {{from: a}}\n  - {step}\n", a="SUBJ I T")


@settings(max_examples=30, deadline=None)
@given(table_of(T=FROM_LIST))
def test_map_recodes_by_its_list(rows: list[list[str]]) -> None:
    listed = '{a: "1", b: "2.5", c: ""}'
    texts = [row[2] for row in rows]
    unlisted = [at for at, text in enumerate(texts, 1) if text not in MAPPED and text]

    out = mapped(f"AVALC: {{map: T, to: {listed}}}").run(a=rows)
    assert out.column("AVALC") == [MAPPED.get(text, "") for text in texts]
    assert out.kinds == [f"unmapped-value a:{at}" for at in unlisted]

    out = mapped(f"AVALC: {{map: T, to: {listed}, else: keep}}").run(a=rows)
    assert out.column("AVALC") == [MAPPED.get(text, text) for text in texts]
    assert out.findings == []

    out = mapped(f"AVAL: {{map: T, to: {listed}, else: missing}}").run(a=rows)
    assert out.column("AVAL") == [MAPPED.get(text, "") for text in texts]
    assert out.findings == []


def test_map_into_a_number_keeps_only_numbers() -> None:
    out = mapped('AVAL: {map: T, to: {a: "1"}, else: keep}').run(
        a=[["01", "1", "a"], ["01", "2", "5"], ["01", "3", "d"], ["01", "4", ""]]
    )
    assert out.column("AVAL") == ["1", "5", "", ""]
    assert out.kinds == ["not-a-number a:3"]


def test_map_of_a_number_goes_by_its_shortest_decimal() -> None:
    out = mapped('AVALC: {map: number(T), to: {"1": one, "2.5": more}}').run(
        a=[["01", "1", "1.0"], ["01", "2", "2.50"], ["01", "3", ""]]
    )
    assert out.column("AVALC") == ["one", "more", ""]


def test_map_may_list_blank() -> None:
    out = mapped('AVALC: {map: T, to: {"": none}, else: keep}').run(
        a=[["01", "1", ""], ["01", "2", "x"]]
    )
    assert out.column("AVALC") == ["none", "x"]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("AVAL: {map: T, to: {a: high}}", "[wrong-type] AVAL.to"),
        ("ADT: {map: T, to: {a: 2025-01-01}}", "[wrong-type] ADT"),
        ("_x: {map: T = 'x', to: {a: b}}", "[bad-expression] _x.map"),
        ("_x: {map: T}", "[missing-key] _x"),
    ],
)
def test_map_refused(step: str, fault: str) -> None:
    found = refusals(f"  - records: {{from: a}}\n  - {step}\n", a="SUBJ T")
    assert len(found) == 1
    assert found[0].startswith(fault)
