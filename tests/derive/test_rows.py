"""``exclude``, ``pick`` and ``check``: which rows leave, under which reason, and what is at fault."""

from __future__ import annotations

from functools import cache

import pytest
from harness import Outcome, Study, refusals, run
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, TEXTS, Key, number, table_of, take

PARTITIONS = st.sampled_from([1, 3, 7])
FROM = "  - records: {from: a, set: {_n: number(N), _g: G, _i: number(I)}}\n"
ROWS = table_of(N=NUMBERS, G=TEXTS)


@cache
def study(step: str) -> Study:
    return Study(f"{FROM}  - {step}\n  - _row: _i\n", a="SUBJ I N G")


def reasons(out: Outcome) -> dict[str, int]:
    """How many source rows the account counts under each reason."""
    (account,) = [each for each in out.result.accounts if each.name == "a"]
    return dict(account.excluded)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_a_row_leaves_under_the_first_reason_that_is_true(
    rows: list[list[str]], partitions: int
) -> None:
    step = "exclude: {low: _n < 1, no group: _g = '', high: _n > 2}"
    kept, counted = [], {"low": 0, "no group": 0, "high": 0}
    for row in rows:
        n, g = number(row[2]), row[3]
        if n is not None and n < 1:
            counted["low"] += 1
        elif g == "":
            counted["no group"] += 1
        elif n is not None and n > 2:
            counted["high"] += 1
        else:
            kept.append(row[1])
    out = study(step).run(partitions=partitions, a=rows)
    assert sorted(out.column("_row")) == sorted(kept)
    assert reasons(out) == {reason: count for reason, count in counted.items() if count}
    assert [[f"a:{place}"] for place in sorted(map(int, kept))] == sorted(
        out.origins(), key=lambda each: int(each[0][2:])
    )


def test_a_condition_is_not_tried_on_rows_that_have_left() -> None:
    out = run(
        """
  - records: {from: a}
  - exclude: {no number: "not is_number(T)", low: number(T) < 2}
""",
        a="""
SUBJ T
01   x
01   1
01   2
""",
    )
    assert out.findings == []
    assert out.origins() == [["a:3"]]


@pytest.mark.parametrize("which", ["first", "last"])
@settings(max_examples=40, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_one_row_of_each_group_stays(which: str, rows: list[list[str]], partitions: int) -> None:
    step = f"pick: {{by: [USUBJID, _g], where: _g != 'b', order: [_n desc, _i], take: {which}, reason: others}}"
    keys: list[Key] = [(lambda row: row["n"], "desc"), (lambda row: row["i"], "asc")]
    groups: dict[tuple[str, str], list[dict[str, object]]] = {}
    kept = [row[1] for row in rows if row[3] == "b"]
    for subject, i, n, g in rows:
        if g != "b":
            groups.setdefault((subject, g), []).append({"n": number(n), "i": int(i)})
    for group in groups.values():
        row, _ = take(group, keys, which)
        assert row is not None
        kept.append(str(row["i"]))
    out = study(step).run(partitions=partitions, a=rows)
    assert sorted(out.column("_row")) == sorted(kept)
    left = len(rows) - len(kept)
    assert reasons(out) == ({"others": left} if left else {})
    assert out.findings == []


@settings(max_examples=30, deadline=None)
@given(rows=ROWS)
def test_a_pick_that_ties_or_needs_one_and_has_several_is_a_finding(rows: list[list[str]]) -> None:
    groups: dict[str, list[int]] = {}
    for subject, i, _, _ in rows:
        groups.setdefault(subject, []).append(int(i))
    several = {i for group in groups.values() if len(group) > 1 for i in group}
    out = study("pick: {by: USUBJID, reason: others}").run(a=rows)
    assert {each.where.row for each in out.findings} == several
    assert {each.kind for each in out.findings} <= {"several-matches"}
    out = study("pick: {by: USUBJID, order: length(USUBJID), take: first, reason: others}").run(
        a=rows
    )
    assert {each.where.row for each in out.findings} == several
    assert {each.kind for each in out.findings} <= {"tie"}


def test_rows_that_are_alike_in_all_do_not_tie() -> None:
    out = run(
        """
  - records: {from: a}
  - pick: {by: USUBJID, order: T, take: first, reason: the same twice}
""",
        a="""
SUBJ T
01   x
01   x
""",
    )
    assert out.findings == []
    assert reasons(out) == {"the same twice": 1}


@settings(max_examples=30, deadline=None)
@given(rows=ROWS)
def test_a_check_finds_fault_only_where_it_is_false(rows: list[list[str]]) -> None:
    out = study(
        "check: {must: {n is positive: _n > 0, there is a group: _g != ''}, level: warning}"
    ).run(a=rows)
    expected = [f"n is positive {i}" for _, i, n, _ in rows if n and float(n) <= 0] + [
        f"there is a group {i}" for _, i, _, g in rows if g == ""
    ]
    assert sorted(
        f"{each.what.split(': ')[-1]} {each.where.row}" for each in out.findings
    ) == sorted(expected)
    assert {each.level for each in out.findings} <= {"warning"}
    assert len(out.column("_row")) == len(rows)


def test_a_check_says_what_to_do() -> None:
    out = run(
        """
  - records: {from: a}
  - check: {the answer is known: "T in ('Y', 'N')"}
  - check: {must: {the answer is yes: T = 'Y'}, level: note, todo: Ask again.}
""",
        a="""
SUBJ T
01   ?
""",
    )
    assert [str(each) for each in out.findings] == [
        "a row 1 (subject 01): error[check] does not hold: the answer is known\n"
        "  Query the site, or accept it in findings.yaml.",
        "a row 1 (subject 01): note[check] does not hold: the answer is yes\n  Ask again.",
    ]


def test_a_check_has_a_class_of_its_own_and_shows_values() -> None:
    out = run(
        """
  - records: {from: a}
  - _n: number(N)
  - check: {must: {there is little: _n < 2}, finding: too-much, level: warning, shows: [T, _n]}
""",
        a="""
SUBJ T N
01   x 1
01   y 2.50
01   . 3
01   z .
""",
    )
    assert [f"{each.where.row} {each.level}[{each.kind}] {each.what}" for each in out.findings] == [
        "2 warning[too-much] does not hold: there is little (T = 'y', _n = '2.5')",
        "3 warning[too-much] does not hold: there is little (T = '', _n = '3')",
    ]


def test_steps_on_no_rows() -> None:
    for step in (
        "exclude: {low: _n < 1}",
        "pick: {by: USUBJID, order: _n, take: first, reason: others}",
        "check: {n is positive: _n > 0}",
    ):
        out = study(step).run()
        assert out.column("_row") == []
        assert out.findings == []


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("exclude: {low: G}", "[bad-expression] exclude"),
        ("exclude: {low: Z = 'x'}", "[unknown-variable] exclude"),
        ("pick: {by: USUBJID}", "[missing-key] pick"),
        ("pick: {by: Z, reason: r}", "[unknown-variable] pick.by"),
        ("pick: {by: USUBJID, take: last, reason: r}", "[no-order] pick.take"),
        ("check: {must: {fine: G = ''}, shows: Z}", "[unknown-variable] check.shows"),
        ("check: {must: {fine: G = ''}, finding: Too Much}", "[bad-value] check.finding"),
        ("check: {fine: number(G)}", "[bad-expression] check"),
        ("check: {must: {fine: G = ''}, level: fatal}", "[bad-value] check.level"),
    ],
)
def test_refused(step: str, fault: str) -> None:
    found = refusals(f"  - records: {{from: a}}\n  - {step}\n", a="SUBJ G")
    assert len(found) == 1
    assert found[0].startswith(fault)
