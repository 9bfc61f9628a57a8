"""``cases``, ``first_of`` and ``when``: the first that holds, the first that is there."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from harness import Study, refusals, run, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, PARTIALS, TEXTS, number, shown, table_of
from scalar import Partial, compare

FROM = "  - records: {from: a, set: {_n: number(N), _p: iso(P)}}\n"
WITHOUT = (
    "AVALC: {cases: {low: _n < 1, early: _p < iso('2025-01-15'), \"10\": T = 'a', high: _n >= 2.5}}"
)
WITH = WITHOUT.replace("high: _n >= 2.5", "other: else")


@cache
def study(step: str) -> Study:
    return Study(f"{FROM}  - {step}\n", a="SUBJ I N P T")


def conditions(row: list[str]) -> list[tuple[str, bool | None]]:
    n, p = number(row[2]), Partial(row[3])
    return [
        ("low", None if n is None else n < 1),
        ("early", compare("<", p, Partial("2025-01-15"))),
        ("10", row[4] == "a"),
        ("high", None if n is None else n >= 2.5),
    ]


ROWS = table_of(N=NUMBERS, P=PARTIALS, T=TEXTS)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_cases_without_else_stop_at_what_cannot_be_decided(rows: list[list[str]]) -> None:
    expected, unsure = [], []
    for place, row in enumerate(rows, 1):
        made = ""
        for result, holds in conditions(row):
            if holds is None:
                unsure.append(f"undecided-case a:{place}")
            if holds is not False:
                made = result if holds else ""
                break
        expected.append(made)
    out = study(WITHOUT).run(a=rows)
    assert out.column("AVALC") == expected
    assert out.kinds == unsure


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_else_takes_what_no_case_is_known_to_take(rows: list[list[str]]) -> None:
    expected = [
        next((result for result, holds in conditions(row)[:3] if holds), "other") for row in rows
    ]
    out = study(WITH).run(a=rows)
    assert out.column("AVALC") == expected
    assert out.findings == []


def test_cases_of_a_numeric_variable_are_numbers() -> None:
    out = run(
        """
  - records: {from: a}
  - AVAL: {cases: {"1": T = 'a', "2.5": T = 'b', "": T = 'c', "-1": else}}
  - _x: {cases: {"1": T = 'a', "": else}}
""",
        a="""
SUBJ T
01   a
01   b
01   c
01   .
""",
    )
    assert out.table("AVAL _x") == table("""
AVAL _x
1    1
2.5  .
.    .
-1   .
""")


def test_cases_under_when_are_at_fault_only_where_it_holds() -> None:
    out = run(
        """
  - records: {from: a, set: {_n: number(N)}}
  - _x: {cases: {low: _n < 1}, when: T = 'a'}
""",
        a="""
SUBJ N T
01   . a
01   . b
01   0 a
01   5 a
""",
    )
    assert out.column("_x") == ["", "", "low", ""]
    assert out.kinds == ["undecided-case a:1"]
    assert "no case can be decided" in str(out.findings[0])


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("AVALC: {cases: {a: else, b: T = 'x'}}", "[bad-expression] AVALC.cases"),
        ("AVAL: {cases: {low: T = 'x'}}", "[wrong-type] AVAL.cases"),
        ("AVALC: {cases: {low: T}}", "[bad-expression] AVALC.cases"),
        ("AVALC: {cases: {low: T = 1}}", "[bad-expression] AVALC.cases"),
        ("AVALC: {cases: {low: Z = 1}}", "[unknown-variable] AVALC.cases"),
        ("ADT: {cases: {low: T = 'x'}}", "[wrong-type] ADT"),
        ("ADT: {cases: {'5': T = 'x'}}", "[wrong-type] ADT"),
    ],
)
def test_cases_refused(step: str, fault: str) -> None:
    found = refusals(f"  - records: {{from: a}}\n  - {step}\n", a="SUBJ T")
    assert len(found) == 1
    assert found[0].startswith(fault)


FIRST = "AVAL: {first_of: [{assign: _n, when: T != 'b'}, {assign: number(M), when: _n > 1 or missing(_n)}, {hardcode: 9}]}"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_first_of_takes_the_first_that_is_there(data: st.DataObject) -> None:
    rows = data.draw(table_of(N=NUMBERS, M=st.sampled_from(["", "3", "x"]), T=TEXTS))
    bound = _first()
    expected, faults = [], []
    for place, (_, _, n_text, m, t) in enumerate(rows, 1):
        n = number(n_text)
        made: Any = n if t != "b" else None
        if made is None and (n is None or n > 1):
            if m == "x":
                faults.append(f"not-a-number a:{place}")
            else:
                made = number(m)
        expected.append(shown(9.0 if made is None else made))
    out = bound.run(a=rows)
    assert out.column("AVAL") == expected
    assert out.kinds == faults


@cache
def _first() -> Study:
    return Study(
        f"  - records: {{from: a, set: {{_n: number(N)}}}}\n  - {FIRST}\n", a="SUBJ I N M T"
    )


def test_first_of_joins_other_records_and_constants() -> None:
    out = run(
        """
  - records: {from: a}
  - _x: {first_of: [{from: b, where: T = 'y', value: T}, source.OWN, {hardcode: none}]}
""",
        a="""
SUBJ OWN
01   o
02   o
03   .
""",
        b="""
SUBJ T
01   y
02   n
""",
    )
    assert out.column("_x") == ["y", "o", "none"]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("_x: {first_of: [T, number(T)]}", "[bad-expression] _x: first_of mixes text and number"),
        ("_x: {first_of: [date(iso(T)), number(T)]}", "[bad-expression] _x: first_of mixes date and number"),
        ("_x: {first_of: []}", "[bad-expression] _x: "),
        ("_x: {first_of: [{impute: iso(T), date_flag: _f}, date(iso(T))]}", "[bad-expression] _x.first_of"),
        ("_x: {first_of: [Z, T]}", "[unknown-variable] _x.first_of"),
        ("AVAL: {first_of: [number(T), T]}", "[wrong-type] AVAL.first_of"),
    ],
)  # fmt: skip
def test_first_of_refused(step: str, fault: str) -> None:
    found = refusals(f"  - records: {{from: a}}\n  - {step}\n", a="SUBJ T")
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_when_takes_what_is_true() -> None:
    out = run(
        """
  - records: {from: a, set: {_n: number(N)}}
  - _x: {hardcode: yes, when: _n > 1}
  - _y: {hardcode: no, when: not _n > 1}
  - _z: {assign: number(N), when: is_number(N) and _n > 1}
""",
        a="""
SUBJ N
01   2
01   1
01   .
""",
    )
    assert out.table("_x _y _z") == table("""
_x  _y _z
yes .  2
.   no .
.   .  .
""")
