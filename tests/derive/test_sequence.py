"""Numbers and flags within groups."""

from __future__ import annotations

from functools import cache

import pytest
from harness import Study, refusals, run, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, TEXTS, Key, Row, number, ordered, table_of, take

FROM = "  - records: {from: a, set: {_n: number(N), _i: number(I), _g: G}}\n"
ROWS = table_of(N=NUMBERS, G=TEXTS)
PARTITIONS = st.sampled_from([1, 3, 7])


@cache
def study(step: str) -> Study:
    return Study(f"{FROM}  - {step}\n  - _row: _i\n", a="SUBJ I N G")


def records(rows: list[list[str]]) -> list[Row]:
    return [
        {"USUBJID": s, "_i": number(i), "_n": number(n), "_g": g, "made": ""} for s, i, n, g in rows
    ]


def by_name(name: str, how: str = "asc") -> Key:
    return (lambda row: row[name], how)


def groups(rows: list[Row], *keys: str) -> list[list[Row]]:
    made: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        made.setdefault(tuple(row[key] for key in keys), []).append(row)
    return list(made.values())


@pytest.mark.parametrize(
    ("step", "keys", "order", "counted"),
    [
        ("ASEQ: {sequence: [_n, _i]}", ("USUBJID",), [("_n", "asc"), ("_i", "asc")], lambda r: True),
        ("ASEQ: {sequence: [_g desc, _n missing last, _i], by: [USUBJID]}", ("USUBJID",),
         [("_g", "desc"), ("_n", "last"), ("_i", "asc")], lambda r: True),
        ("ASEQ: {sequence: [_n desc, _i desc], by: [USUBJID, _g]}", ("USUBJID", "_g"),
         [("_n", "desc"), ("_i", "desc")], lambda r: True),
        ("ASEQ: {sequence: [_n, _i], by: [_n]}", ("_n",), [("_n", "asc"), ("_i", "asc")],
         lambda r: True),
        ("ASEQ: {sequence: [_g, _i], by: []}", (), [("_g", "asc"), ("_i", "asc")], lambda r: True),
        ("ASEQ: {sequence: _i, when: _g != ''}", ("USUBJID",), [("_i", "asc")],
         lambda r: r["_g"] != ""),
    ],
)  # fmt: skip
@settings(max_examples=25, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_sequence_counts_from_one_in_each_group(
    step: str,
    keys: tuple[str, ...],
    order: list[tuple[str, str]],
    counted: object,
    rows: list[list[str]],
    partitions: int,
) -> None:
    mine = records(rows)
    for group in groups([row for row in mine if counted(row)], *keys):  # type: ignore[operator]
        for place, row in enumerate(ordered(group, [by_name(*key) for key in order]), 1):
            row["made"] = str(place)
    out = study(step).run(partitions=partitions, a=rows)
    assert dict(map(tuple, out.table("_row ASEQ"))) == {
        str(int(row["_i"])): row["made"] for row in mine
    }
    assert out.findings == []


KEYED = """
dataset: ADXX
class: BDS
keys: [USUBJID, PARAMCD, AVISITN]
steps:
  - records: {from: a, set: {PARAMCD: T}}
  - AVISITN: number(V)
  - ASEQ: {sequence: D}
"""


def test_records_equal_in_the_order_are_told_apart_by_the_keys() -> None:
    """Key by key, and numbers as numbers: 10 stands behind 9."""
    rows = [["01", "b", "9", "x"], ["01", "a", "10", "x"], ["01", "a", "9", "x"],
            ["01", "c", "1", "w"]]  # fmt: skip
    expected = {("b", "9"): "4", ("a", "10"): "3", ("a", "9"): "2", ("c", "1"): "1"}
    study = Study(KEYED, a="SUBJ T V D")
    for given_rows in (rows, rows[::-1]):
        out = study.run(a=given_rows)
        made = out.table("PARAMCD AVISITN ASEQ")
        assert {(code, visit): number for code, visit, number in made} == expected
        assert out.findings == []


def test_records_equal_in_the_order_and_the_keys_are_a_finding() -> None:
    out = run(
        """
  - records: {from: a}
  - ASEQ: {sequence: T}
""",
        a="""
SUBJ T
01   b
01   a
01   c
01   a
02   a
""",
    )
    assert out.column("ASEQ") == ["3", "1", "4", "2", "1"]
    assert out.kinds == ["tie a:2", "tie a:4"]


def test_only_records_that_are_numbered_can_tie() -> None:
    out = run(
        """
  - records: {from: a}
  - ASEQ: {sequence: T, when: W = 'y'}
""",
        a="""
SUBJ T W
01   a n
01   a y
01   a n
01   b y
01   b y
""",
    )
    assert out.column("ASEQ") == ["", "1", "", "2", "3"]
    assert out.kinds == ["tie a:4", "tie a:5"]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), rows=table_of(V=NUMBERS, T=TEXTS, D=TEXTS))
def test_numbers_depend_on_the_order_of_rows_only_where_that_is_told(
    data: st.DataObject, rows: list[list[str]]
) -> None:
    other = data.draw(st.permutations(rows))
    before, after = keyed().run(a=rows), keyed().run(a=other)
    assert len(before.findings) == len(after.findings)
    if not before.findings:
        assert sorted(before.table("USUBJID _i ASEQ")) == sorted(after.table("USUBJID _i ASEQ"))


@cache
def keyed() -> Study:
    return Study(KEYED + "  - _i: number(I)\n", a="SUBJ I V T D")


@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_flag_says_where_a_condition_holds(rows: list[list[str]]) -> None:
    out = study("_f: {flag: _n > 1, else: N, undecided: U}").run(a=rows)
    assert out.column("_f") == [
        "U" if row["_n"] is None else "Y" if row["_n"] > 1 else "N" for row in records(rows)
    ]
    plain = study("_f: {flag: _n > 1}").run(a=rows)
    assert plain.column("_f") == [
        "Y" if row["_n"] is not None and row["_n"] > 1 else "" for row in records(rows)
    ]


@pytest.mark.parametrize("which", ["first", "last"])
@settings(max_examples=40, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_flag_marks_one_record_of_each_group(
    which: str, rows: list[list[str]], partitions: int
) -> None:
    step = f"_f: {{flag: _n > 0, by: [USUBJID, _g], order: [_n desc, _i], take: {which}, yes: X, else: N}}"
    mine = records(rows)
    candidates = [row for row in mine if row["_n"] is not None and row["_n"] > 0]
    for row in mine:
        row["made"] = "N"
    for group in groups(candidates, "USUBJID", "_g"):
        chosen, _ = take(group, [by_name("_n", "desc"), by_name("_i")], which)
        assert chosen is not None
        chosen["made"] = "X"
    out = study(step).run(partitions=partitions, a=rows)
    assert dict(map(tuple, out.table("_row _f"))) == {
        str(int(row["_i"])): row["made"] for row in mine
    }
    assert out.findings == []


@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_a_flag_that_ties_or_is_not_the_only_one_is_a_finding(rows: list[list[str]]) -> None:
    mine = records(rows)
    tied = set()
    for group in groups([row for row in mine if row["_g"] != ""], "USUBJID"):
        _, alike = take(group, [by_name("_n")], "last")
        if len(alike) > 1:
            tied |= {row["_i"] for row in alike}
    out = study("_f: {flag: _g != '', by: USUBJID, order: _n, take: last}").run(a=rows)
    assert [each.kind for each in out.findings] == ["tie"] * len(tied)
    assert {each.where.row for each in out.findings} == tied

    out = study("_f: {flag: _g != '', by: USUBJID, take: only}").run(a=rows)
    several = {
        row["_i"]
        for group in groups([row for row in mine if row["_g"] != ""], "USUBJID")
        if len(group) > 1
        for row in group
    }
    assert {each.where.row for each in out.findings} == several
    assert {each.kind for each in out.findings} <= {"several-matches"}


def test_flag_under_when_considers_only_those_records() -> None:
    out = run(
        """
  - records: {from: a, set: {_n: number(N)}}
  - _f: {flag: _n > 0, by: USUBJID, order: _n, take: last, when: T = 'a'}
""",
        a="""
SUBJ N T
01   1 a
01   2 a
01   3 b
01   . a
""",
    )
    assert out.column("_f") == ["", "Y", "", ""]


def test_only_candidates_can_be_at_fault_in_the_order() -> None:
    out = run(
        """
  - records: {from: a}
  - _f: {flag: is_number(T), by: USUBJID, order: number(T), take: last}
""",
        a="""
SUBJ T
01   1
01   x
01   2
""",
    )
    assert out.findings == []
    assert out.column("_f") == ["", "", "Y"]


def test_flags_and_numbers_of_nothing() -> None:
    out = run(
        """
  - records: {from: a}
  - _f: {flag: SUBJ = '01', by: USUBJID, order: SUBJ, take: first}
  - ASEQ: {sequence: SUBJ}
""",
        a="SUBJ\n",
    )
    assert out.table("_f ASEQ") == table("_f ASEQ\n")


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("_x: {flag: G = 'a', take: first, by: USUBJID}", "[no-order] _x.take"),
        ("_x: {flag: G = 'a', by: USUBJID}", "[no-take] _x"),
        ("_x: {flag: G}", "[bad-expression] _x.flag"),
        ("_x: {flag: Z = 'a'}", "[unknown-variable] _x.flag"),
        ("_x: {flag: G = 'a', by: Z, order: G, take: first}", "[unknown-variable] _x.by"),
        ("AVAL: {flag: G = 'a'}", "[wrong-type] AVAL"),
        ("AVALC: {sequence: G}", "[wrong-type] AVALC"),
        ("ASEQ: {sequence: G = 'a'}", "[bad-expression] ASEQ.sequence"),
        ("ASEQ: {sequence: Z}", "[unknown-variable] ASEQ.sequence"),
        ("ASEQ: {sequence: G, by: Z}", "[unknown-variable] ASEQ.by"),
    ],
)
def test_refused(step: str, fault: str) -> None:
    found = refusals(f"  - records: {{from: a}}\n  - {step}\n", a="SUBJ G")
    assert len(found) == 1
    assert found[0].startswith(fault)
