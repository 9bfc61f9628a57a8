"""The clause: every way of consulting other records, beside plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from harness import Study, refusals, run, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import (
    NUMBERS,
    PARTIALS,
    TEXTS,
    Key,
    Row,
    comparable,
    is_missing,
    number,
    ordered,
    same,
    shown,
    table_of,
    take,
)
from scalar import Partial, compare

SPEC = """
dataset: ADXX
class: BDS
keys: [USUBJID]
steps:
  - records: {{from: a, set: {{_i: number(I), _g: G, _n: number(N), _p: iso(P)}}}}
  - _made: {value}
  - _row: _i
---
dataset: ADYY
class: BDS
keys: [USUBJID]
steps:
  - records: {{from: b, set: {{_j: number(J), _h: H, _m: number(M), _q: iso(Q), _hi: number(HI)}}}}
"""


@cache
def study(value: str) -> Study:
    return Study(SPEC.format(value=value), a="SUBJ I G N P", b="SUBJ J H M Q HI")


def records(rows: Sequence[Sequence[str]]) -> list[Row]:
    return [
        {"USUBJID": s, "_i": number(i), "_g": g, "_n": number(n), "_p": Partial(p)}
        for s, i, g, n, p in rows
    ]


def others(rows: Sequence[Sequence[str]]) -> list[Row]:
    return [
        {
            "USUBJID": s, "_j": number(j), "_h": h, "_m": number(m), "_q": Partial(q),
            "_hi": number(hi),
        }
        for s, j, h, m, q, hi in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A clause in YAML, and what it means."""

    yaml: str
    take: str  # only, first, last or all
    holds: Callable[[Row, Row], bool | None] = lambda this, that: True
    keys: Callable[[Row], list[Key]] = lambda this: []
    value: Callable[[Row, Any], Any] = lambda this, that: that["_j"]
    by: tuple[tuple[str, str], ...] = (("USUBJID", "USUBJID"),)
    own: bool = False


def asc(name: str) -> Key:
    return (lambda row: row[name], "asc")


def desc(name: str) -> Key:
    return (lambda row: row[name], "desc")


def away(this: Row) -> Key:
    return (
        lambda row: (
            None if row["_m"] is None or this["_n"] is None else abs(row["_m"] - this["_n"])
        ),
        "asc",
    )


def held(rows: list[Row], name: str) -> list[Any]:
    return [row[name] for row in rows if not is_missing(row[name])]


def inside(this: Row, that: Row) -> bool:
    n, low, high = this["_n"], that["_m"], that["_hi"]
    return n is not None and (low is None or low <= n) and (high is None or n <= high)


CASES = {
    "one record by two keys, one renamed": Case(
        "{from: ADYY, by: [USUBJID, {_g: _h}], value: _j}",
        "only",
        by=(("USUBJID", "USUBJID"), ("_g", "_h")),
    ),
    "a missing number matches nothing": Case(
        "{from: ADYY, by: [USUBJID, {_n: _m}], value: _j}",
        "only",
        by=(("USUBJID", "USUBJID"), ("_n", "_m")),
    ),
    "a blank date matches nothing": Case(
        "{from: ADYY, by: [{_p: _q}], order: _j, take: first, value: _j}",
        "first",
        keys=lambda this: [asc("_j")],
        by=(("_p", "_q"),),
    ),
    "across subjects": Case(
        "{from: ADYY, by: [], order: [_m, _j], take: last, value: _j}",
        "last",
        keys=lambda this: [asc("_m"), asc("_j")],
        by=(),
    ),
    "the first by an order that may tie": Case(
        "{from: ADYY, order: [_m, _h], take: first, value: _hi}",
        "first",
        keys=lambda this: [asc("_m"), asc("_h")],
        value=lambda this, that: that["_hi"],
    ),
    "the last, missing last": Case(
        "{from: ADYY, order: [_m missing last, _j desc], take: last, value: _j}",
        "last",
        keys=lambda this: [(lambda row: row["_m"], "last"), desc("_j")],
    ),
    "descending by a partial date": Case(
        "{from: ADYY, order: [_q desc, _j], take: first, value: _q}",
        "first",
        keys=lambda this: [desc("_q"), asc("_j")],
        value=lambda this, that: that["_q"],
    ),
    "candidates alone": Case(
        "{from: ADYY, where: _m >= 1 or _h = '', order: _j, take: first, value: _j}",
        "first",
        holds=lambda this, that: that["_h"] == "" or (that["_m"] is not None and that["_m"] >= 1),
        keys=lambda this: [asc("_j")],
    ),
    "candidates beside the record": Case(
        "{from: ADYY, where: _h != 'b' and _m < this._n, order: [_m desc, _j], take: first, value: _j}",
        "first",
        holds=lambda this, that: that["_h"] != "b" and compare("<", that["_m"], this["_n"]),
        keys=lambda this: [desc("_m"), asc("_j")],
    ),
    "partial dates beside each other": Case(
        "{from: ADYY, where: _q <= this._p, order: [_q, _j], take: last, value: _j}",
        "last",
        holds=lambda this, that: compare("<=", that["_q"], this["_p"]),
        keys=lambda this: [asc("_q"), asc("_j")],
    ),
    "nearest to a target, the earlier and then the lower of equals": Case(
        "{from: ADYY, order: [abs(_m - this._n) missing last, _q, _j], take: first, value: _j}",
        "first",
        keys=lambda this: [(away(this)[0], "last"), asc("_q"), asc("_j")],
    ),
    "between with open ends": Case(
        "{from: ADYY, between: {_n: [_m, _hi]}, order: _j, take: first, value: _j}",
        "first",
        holds=inside,
        keys=lambda this: [asc("_j")],
    ),
    "between and where, and only one may fit": Case(
        "{from: ADYY, where: _h = this._g, between: {_n: [_m, _hi]}, value: _j}",
        "only",
        holds=lambda this, that: that["_h"] == this["_g"] and inside(this, that),
    ),
    "a value of both records": Case(
        "{from: ADYY, order: _j, take: last, value: this._n - _m}",
        "last",
        keys=lambda this: [asc("_j")],
        value=lambda this, that: (
            None if this["_n"] is None or that["_m"] is None else this["_n"] - that["_m"]
        ),
    ),
    "own records": Case(
        "{by: [USUBJID, _g], where: _n > 0, order: [_n, _i], take: first, value: _i}",
        "first",
        holds=lambda this, that: that["_n"] is not None and that["_n"] > 0,
        keys=lambda this: [asc("_n"), asc("_i")],
        value=lambda this, that: that["_i"],
        by=(("USUBJID", "USUBJID"), ("_g", "_g")),
        own=True,
    ),
    "own records beside the record": Case(
        "{where: _i != this._i and _g = this._g, order: [_p desc, _i], take: first, value: _i}",
        "first",
        holds=lambda this, that: that["_i"] != this["_i"] and that["_g"] == this["_g"],
        keys=lambda this: [desc("_p"), asc("_i")],
        value=lambda this, that: that["_i"],
        own=True,
    ),
    "own records before this": Case(
        "{where: not missing(_g), order: [_n, _i], take: last, before: this, value: _i}",
        "last",
        holds=lambda this, that: that["_g"] != "" and stands_before(that, this),
        keys=lambda this: [asc("_n"), asc("_i")],
        value=lambda this, that: that["_i"],
        own=True,
    ),
    "a count": Case("{from: ADYY, value: count()}", "all", value=lambda this, rows: len(rows)),
    "a count of what is there": Case(
        "{from: ADYY, value: count(_m)}", "all", value=lambda this, rows: len(held(rows, "_m"))
    ),
    "a count by a key that may be missing": Case(
        "{from: ADYY, by: [USUBJID, {_n: _m}], value: count()}",
        "all",
        value=lambda this, rows: len(rows),
        by=(("USUBJID", "USUBJID"), ("_n", "_m")),
    ),
    "a sum": Case(
        "{from: ADYY, where: _h != 'a', value: sum(_m)}",
        "all",
        holds=lambda this, that: that["_h"] != "a",
        value=lambda this, rows: sum(held(rows, "_m")) if held(rows, "_m") else None,
    ),
    "the latest date": Case(
        "{from: ADYY, value: max(_q)}",
        "all",
        value=lambda this, rows: max(held(rows, "_q"), key=lambda q: order_of(q), default=""),
    ),
    "an aggregate beside the record": Case(
        "{from: ADYY, where: _m < this._n, value: max(_m) - this._n}",
        "all",
        holds=lambda this, that: compare("<", that["_m"], this["_n"]),
        value=lambda this, rows: max(held(rows, "_m")) - this["_n"] if rows else None,
    ),
    "an aggregate of both records": Case(
        '{from: ADYY, value: "if(count(_m > this._n) > 0, sum(_m - this._n), 0)"}',
        "all",
        value=lambda this, rows: (
            sum(m - this["_n"] for m in held(rows, "_m"))
            if this["_n"] is not None and any(m > this["_n"] for m in held(rows, "_m"))
            else 0
        ),
    ),
    "an aggregate of own records before this": Case(
        "{order: [_n, _i], before: this, value: count()}",
        "all",
        holds=lambda this, that: stands_before(that, this),
        value=lambda this, rows: len(rows),
        own=True,
    ),
    "a distinct count across subjects": Case(
        "{from: ADYY, by: [], value: count_distinct(_h)}",
        "all",
        value=lambda this, rows: len(set(held(rows, "_h"))),
        by=(),
    ),
}


def order_of(text: Partial) -> Any:
    return comparable(text)


def stands_before(one: Row, other: Row) -> bool:
    keys = [asc("_n"), asc("_i")]
    return one is not other and ordered([other, one], keys)[0] is one


def expected(case: Case, mine: list[Row], theirs: list[Row]) -> tuple[list[str], set[str]]:
    """The value of each record, and the classes of findings."""
    values: list[str] = []
    faults: set[str] = set()
    for this in mine:
        rows = [
            that
            for that in (mine if case.own else theirs)
            if all(same(this[own], that[other]) for own, other in case.by)
            and case.holds(this, that) is True
        ]
        if case.take == "all":
            values.append(shown(case.value(this, rows)))
            continue
        if case.take == "only":
            if len(rows) > 1:
                faults.add("several-matches")
            values.append(shown(case.value(this, rows[0])) if len(rows) == 1 else "")
            continue
        row, tied = take(rows, case.keys(this), case.take)
        if row is None:
            values.append("")
            continue
        given_values = {shown(case.value(this, each)) for each in tied}
        if len(given_values) > 1:
            faults.add("tie")
            values.append("tied")
        else:
            values.append(given_values.pop())
    return values, faults


A = table_of(G=TEXTS, N=NUMBERS, P=PARTIALS)
B = table_of(H=TEXTS, M=NUMBERS, Q=PARTIALS, HI=NUMBERS)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=15, deadline=None)
@given(a=A, b=B, partitions=st.sampled_from([1, 3, 7]))
def test_a_clause_gives_what_plain_python_gives(
    name: str, a: list[list[str]], b: list[list[str]], partitions: int
) -> None:
    case = CASES[name]
    out = study(case.yaml).run(partitions=partitions, a=a, b=b)
    values, faults = expected(case, records(a), others(b))
    made = {row[0]: row[1] for row in out.table("_row _made")}
    for row, value in zip(a, values, strict=True):
        if value != "tied":
            assert made[row[1]] == value
    assert {finding.kind for finding in out.findings} == faults


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=8, deadline=None)
@given(data=st.data(), a=A, b=B)
def test_the_order_of_rows_does_not_matter(
    name: str, data: st.DataObject, a: list[list[str]], b: list[list[str]]
) -> None:
    bound = study(CASES[name].yaml)
    first = bound.run(a=a, b=b)
    again = bound.run(a=data.draw(st.permutations(a)), b=data.draw(st.permutations(b)))
    kinds = {finding.kind for finding in first.findings}
    assert {finding.kind for finding in again.findings} == kinds
    if "tie" not in kinds:
        assert sorted(again.table("_row _made")) == sorted(first.table("_row _made"))


# hand-made edges


def test_a_tie_is_a_finding_at_the_record_that_asks() -> None:
    out = run(
        """
  - records: {from: a}
  - _x: {from: b, order: N, take: first, value: T}
""",
        a="""
SUBJ
01
02
""",
        b="""
SUBJ N T
01   1 x
01   1 y
02   1 x
02   1 x
""",
    )
    assert out.column("_x") == ["x", "x"]
    assert [str(each) for each in out.findings] == [
        "a row 1 (subject 01): error[tie] ADXX._x: several records of b tie for first and "
        "their values differ\n  Add a key to order: that tells them apart (study/adam/adxx.yaml:6)."
    ]


def test_several_matches_are_a_finding_and_give_no_value() -> None:
    out = run(
        """
  - records: {from: a}
  - _x: {from: b, value: T}
""",
        a="""
SUBJ
01
02
03
""",
        b="""
SUBJ T
01   x
01   x
02   y
""",
    )
    assert out.column("_x") == ["", "y", ""]
    assert [str(each) for each in out.findings] == [
        "a row 1 (subject 01): error[several-matches] ADXX._x: several records of b match, "
        "and one is needed\n  Narrow where:, add a key to by:, or give order: and take: "
        "(study/adam/adxx.yaml:6)."
    ]


def test_no_match_is_a_finding_where_the_spec_says_so() -> None:
    out = run(
        """
  - records: {from: a}
  - _x: {from: b, none: error, value: T}
""",
        a="""
SUBJ
01
02
""",
        b="""
SUBJ T
01   x
""",
    )
    assert [str(each) for each in out.findings] == [
        "a row 2 (subject 02): error[no-match] ADXX._x: no record of b matches\n"
        "  Correct the data or the keys, or write what happens with none: (study/adam/adxx.yaml:6)."
    ]


def test_when_keeps_what_it_leaves_out_from_being_at_fault() -> None:
    spec = """
  - records: {from: a}
  - _x: {from: b, none: error, value: T, when: W = 'Y'}
  - _y: {from: b, order: T, take: first, value: number(T), when: W = 'Y'}
  - _z: {first_of: [W, {from: b, value: T}]}
"""
    tables = {
        "a": """
SUBJ W
01   Y
02   N
03   N
""",
        "b": """
SUBJ T
01   1
02   2
02   3
03   x
""",
    }
    out = run(spec, **tables)
    assert out.findings == []
    assert out.table("_x _y _z") == table("""
_x _y _z
1  1  Y
.  .  N
.  .  N
""")


def test_a_guard_in_where_protects_what_stands_behind_it() -> None:
    out = run(
        """
  - records: {from: a}
  - _x: {from: b, where: KIND = this.KIND and number(T) > 1, value: count()}
""",
        a="""
SUBJ KIND
01   N
""",
        b="""
SUBJ KIND T
01   N    2
01   C    x
""",
    )
    assert out.findings == []
    assert out.column("_x") == ["1"]


def test_before_this_leaves_out_records_at_the_same_place() -> None:
    out = run(
        """
  - records: {from: a, set: {_n: number(N)}}
  - _x: {where: _n != 2, order: _n, before: this, value: count()}
""",
        a="""
SUBJ N
01   1
01   1
01   2
01   3
01   3
02   2
""",
    )
    assert out.column("_x") == ["0", "0", "2", "2", "2", "0"]


def test_a_clause_on_nothing() -> None:
    spec = """
  - records: {from: a}
  - _x: {from: b, value: T}
  - _y: {from: b, value: count()}
  - _z: {from: b, where: T = this.SUBJ, value: max(T)}
"""
    out = run(spec, a="SUBJ\n01\n", b="SUBJ T\n")
    assert out.table("_x _y _z") == [["", "0", ""]]
    assert run(spec, a="SUBJ\n", b="SUBJ T\n01 x\n".replace(" x", "   x")).table("_x") == []


def test_a_table_is_read_whole_without_keys() -> None:
    bound = Study(
        """
  - records: {from: a, set: {_n: number(N)}}
  - _x: {from: windows, between: {_n: [lo, hi]}, value: label}
""",
        tables={
            "windows": """
columns: [lo number, hi number, label]
rows: [["", 0, before], [1, 7, week 1], [8, "", later]]
"""
        },
        a="SUBJ N",
    )
    out = bound.run(a=[["01", n] for n in ("-5", "0", "0.5", "1", "7", "8", "99", "")])
    assert out.column("_x") == [
        "before", "before", "", "week 1", "week 1", "later", "later", "",
    ]  # fmt: skip


def test_rows_of_a_table_are_candidates_by_condition_and_order() -> None:
    bound = Study(
        """
  - records: {from: a, set: {_n: number(N)}}
  - _x: {from: windows, where: lo > 0, order: lo desc, take: first, value: label}
  - _y: {from: windows, where: lo > this._n, order: lo, take: first, value: label}
  - _z: {from: windows, where: "label in ('x', 'z')", value: count()}
""",
        tables={"windows": "columns: [lo number, label]\nrows: [['', x], [1, y], [8, z]]\n"},
        a="SUBJ N",
    )
    for partitions in (1, 2):
        out = bound.run(partitions=partitions, a=[["01", "0"], ["02", "5"], ["03", ""]])
        assert out.table("_x _y _z") == table("""
_x _y _z
z  y  2
z  z  2
z  .  2
""")


def test_source_and_variable_of_one_name_are_told_apart() -> None:
    out = run(
        """
  - records: {from: a}
  - AVALC: upper(source.AVALC)
  - _x: {value: source.AVALC, where: source.AVALC = lower(this.AVALC)}
""",
        a="""
SUBJ AVALC
01   x
""",
    )
    assert out.table("AVALC _x") == [["X", "x"]]


BASE = "  - records: {from: a, set: {_n: number(N), _p: iso(P), _t: T}}\n  - _x: "


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("{from: b, take: first, value: U}", "[no-order] _x.take: "),
        ("{from: b, order: U, value: U}", "[no-take] _x.order: "),
        ("{order: T, before: this, from: a, value: T}", "[bad-expression] _x.before: "),
        ("{before: this, value: count()}", "[no-order] _x.before: "),
        ("{from: b, order: U, take: last, value: max(U)}", "[bad-expression] _x.take: "),
        ("{from: b, none: error, value: count()}", "[bad-expression] _x.none: "),
        ("{from: b, none: exclude, value: U}", "[bad-expression] _x.none: "),
        ("{from: b, value: U = 'x'}", "[wrong-type] _x.value: a condition is no value"),
        ("{from: b, value: any(U = 'x')}", "[wrong-type] _x.value: a condition is no value"),
        ("{from: b, value: count() + number(U)}", "[not-aggregated] _x.value: U can differ"),
        ("{from: b, by: {_n: U}, value: U}", "[bad-expression] _x.by: "),
        ("{from: c, by: {_n: J}, value: J}", "[unknown-table] _x.from: "),
        ("{from: b, by: {_n: V}, value: U}", "[unknown-variable] _x.by: b has no variable V"),
        ("{from: b, where: this.U = 'x', value: U}", "[unknown-variable] _x.where: "),
        ("{from: b, where: this.U = 'x', between: {_t: [U, U]}, value: U}",
         "[unknown-variable] _x.where: "),
        ("{from: b, between: {_n: [U, U]}, value: U}", "[bad-expression] _x.between: "),
        ("{from: b, where: number(U), value: U}", "[bad-expression] _x.where: "),
        ("{from: b, value: V}", "[unknown-variable] _x.value: b has no variable V"),
        ("{from: b, value: U, take: best}", "[bad-value] _x.take: "),
    ],
)  # fmt: skip
def test_refused(value: str, fault: str) -> None:
    found = refusals(BASE + value + "\n", a="SUBJ N P T", b="SUBJ U")
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_this_means_nothing_outside_a_clause() -> None:
    found = refusals(BASE + "this._n + 1\n", a="SUBJ N P T")
    assert len(found) == 1
    assert found[0].startswith("[bad-expression] _x: this._n: this. is only for clauses")


def test_own_records_of_a_form_and_of_a_dataset_are_of_the_same_subjects() -> None:
    out = run(
        """
dataset: VS
keys: [USUBJID]
steps:
  - records: {from: a}
  - VSTESTCD: {hardcode: PULSE}
  - VSSTRESN: number(N)
---
  - records: {from: a, set: {AVAL: number(N)}}
  - records: {from: VS, set: {AVAL: VSSTRESN * 10}}
  - _n: {by: USUBJID, value: count()}
  - _max: {by: USUBJID, order: AVAL, take: last, value: AVAL}
""",
        a="""
SUBJ N
01   1
02   2
""",
    )
    assert out.table("USUBJID AVAL _n _max") == table("""
USUBJID AVAL _n _max
01      1    2  10
02      2    2  20
01      10   2  10
02      20   2  20
""")
