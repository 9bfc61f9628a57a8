"""Expressions, constants and the study's own functions as values."""

from __future__ import annotations

import pytest
from harness import Study, refusals, run, table

from mg_cdisc.errors import SpecError

FROM = "  - records: {from: a}\n"


def test_assign_is_an_expression_bare_or_written_out() -> None:
    out = run(
        """
  - records: {from: a}
  - AVAL: number(N) * 2
  - AVALC: {assign: "concat(T, '-', text(AVAL))"}
  - PARAMCD: {assign: T, when: AVAL > 2}
""",
        a="""
SUBJ N T
01   1 a
01   2 b
01   . c
""",
    )
    assert out.table("AVAL AVALC PARAMCD") == table("""
AVAL AVALC PARAMCD
2    a-2   .
4    b-4   b
.    c-    .
""")


def test_text_becomes_a_date_in_a_variable_for_dates_and_is_checked() -> None:
    out = run(
        """
dataset: LB
keys: [USUBJID]
steps:
  - records: {from: a}
  - LBDTC: source.D
  - LBENDTC: {first_of: [{hardcode: ""}, {map: source.D, to: {}, else: keep}]}
""",
        a="""
SUBJ D
01   2025-01
01   01JAN2025
01   .
""",
    )
    assert out.table("LBDTC LBENDTC", "LB") == table("""
LBDTC   LBENDTC
2025-01 2025-01
.       .
.       .
""")
    assert out.kinds == ["not-iso8601 a:2", "not-iso8601 a:2"]


def test_a_numeric_date_becomes_iso_text() -> None:
    out = run(
        """
dataset: LB
keys: [USUBJID]
steps:
  - records: {from: a}
  - LBDTC: date(iso(source.D)) + 1
""",
        a="""
SUBJ D
01   2025-02-28
01   2025-02
""",
    )
    assert out.column("LBDTC", "LB") == ["2025-03-01", ""]


def test_hardcode_is_the_same_in_every_record() -> None:
    out = run(
        """
  - records: {from: a}
  - PARAMCD: {hardcode: HEIGHT}
  - AVAL: {hardcode: 1.50}
  - AVALC: {hardcode: "", when: N = 'x'}
  - ADT: {hardcode: ""}
  - _x: {hardcode: "no 'quotes'", when: N = '1'}
""",
        a="""
SUBJ N
01   1
02   2
""",
    )
    assert out.table("PARAMCD AVAL AVALC ADT _x") == [
        ["HEIGHT", "1.5", "", "", "no 'quotes'"],
        ["HEIGHT", "1.5", "", "", ""],
    ]


def test_hardcode_of_a_controlled_variable_is_one_of_its_terms() -> None:
    spec = "dataset: DM\nkeys: [USUBJID]\nsteps:\n  - records: {{from: a}}\n  - SEX: {{hardcode: {}}}\n"
    assert refusals(spec.format("F"), a="SUBJ") == []
    (said,) = refusals(spec.format("f"), a="SUBJ")
    assert said.startswith("[unknown-term] SEX")
    assert "'f' is not a term of codelist SEX" in said


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("AVAL: T", "[wrong-type] AVAL: AVAL is a number variable and its value here is a text"),
        ("AVALC: number(T)", "[wrong-type] AVALC: AVALC is a text variable and its value here is a number"),
        ("ADT: number(T)", "[wrong-type] ADT: ADT is a date variable and its value here is a number"),
        ("ADT: iso(T)", "[wrong-type] ADT: ADT is a date variable and its value here is a partial date"),
        ("ADTM: date(iso(T))", "[wrong-type] ADTM: ADTM is a datetime variable and its value here is a date"),
        ("AVALC: date(iso(T))", "[wrong-type] AVALC: AVALC is a text variable and its value here is a date"),
        ("AVALC: T = 'x'", "[wrong-type] AVALC: a condition is no value"),
        ("_x: T = 'x'", "[wrong-type] _x: a condition is no value"),
        ("AVAL: {hardcode: high}", "[wrong-type] AVAL"),
        ("ADT: {hardcode: 2025-01-01}", "[wrong-type] ADT: '2025-01-01' is hardcoded into a date variable"),
        ("_x: _y", "[unknown-variable] _x: there is no variable or source column _y"),
        ("_x: {assign: T, hardcode: T}", "[two-values] _x"),
        ("_x: {assing: T}", "[unknown-key] _x.assing"),
        ("_x: {assign: T, if: T}", "[unknown-key] _x.if"),
        ("_x: {assign: T, when: number(T)}", "[bad-expression] _x.when: a condition is needed here"),
    ],
)  # fmt: skip
def test_refused(step: str, fault: str) -> None:
    found = refusals(f"{FROM}  - {step}\n", a="SUBJ T")
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_a_date_may_stand_in_a_variable_for_numbers() -> None:
    out = run(f"{FROM}  - AVAL: date(iso(D))\n", a="SUBJ D\n01   1960-01-03\n")
    assert out.column("AVAL") == ["1960-01-03"]


PYTHON = """
import numpy as np
import pandas as pd

def total(data):
    assert list(data.columns) == ["_n", "T"]
    return data["_n"] + data["T"].str.len()

def words(data):
    return data["T"].where(data["T"] != "", None)

def short(data):
    return [1.0]

def fails(data):
    return data["nothing"]
"""


def test_python_gets_its_inputs_and_gives_one_value_a_row() -> None:
    study = Study(
        """
  - records: {from: a, set: {_n: number(N)}}
  - _x: {python: "functions.py:total", inputs: [_n, T], method: The sum., gives: number}
  - AVALC: {python: "functions.py:words", inputs: [T], method: The same., when: _n = 1}
""",
        functions=PYTHON,
        a="SUBJ N T",
    )
    out = study.run(a=[["01", "1", "ab"], ["01", "", "c"], ["01", "3", ""], ["01", "1", ""]])
    assert out.table("_x AVALC") == table("""
_x AVALC
3  ab
.  .
3  .
1  .
""")


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ('{python: "functions.py:total", inputs: [Z], method: m}', "[unknown-variable] _x.inputs"),
        ('{python: "functions.py:nothing", inputs: [T], method: m}', "[python] _x.python"),
        ('{python: "other.py:total", inputs: [T], method: m}', "[python] _x.python"),
        ('{python: "../x.py:total", inputs: [T], method: m}', "[python] _x.python"),
        ('{python: "functions.py:total", inputs: [T]}', "[missing-key] _x"),
        (
            '{python: "functions.py:total", inputs: [T], method: m, gives: partial}',
            "[bad-value] _x",
        ),
    ],
)
def test_python_refused(step: str, fault: str) -> None:
    found = refusals(f"{FROM}  - _x: {step}\n", a="SUBJ T", functions=PYTHON)
    assert len(found) == 1
    assert found[0].startswith(fault)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("short", "functions.py:short returned 1 values for 2 records"),
        ("fails", "functions.py:fails fails in line 16: KeyError: 'nothing'"),
    ],
)
def test_python_that_fails_is_a_mistake_of_the_spec(function: str, said: str) -> None:
    step = f'_x: {{python: "functions.py:{function}", inputs: [T], method: m}}'
    study = Study(f"{FROM}  - {step}\n", functions=PYTHON, a="SUBJ T")
    with pytest.raises(SpecError) as caught:
        study.run(a=[["01", "x"], ["01", "y"]])
    assert [each.what for each in caught.value.findings] == [f"_x: {said}"]
