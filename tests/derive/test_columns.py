"""``lookup``, ``revise`` and variables: what they bring and change, and what they refuse."""

from __future__ import annotations

from functools import cache

import pytest
from harness import Outcome, Study, refusals, run, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, TEXTS, number, shown, table_of

PARTITIONS = st.sampled_from([1, 3, 7])
FROM = "  - records: {from: a, set: {_n: number(N), _g: G}}\n"


@cache
def study(step: str) -> Study:
    return Study(f"{FROM}  - {step}\n  - _i: I\n", a="SUBJ I N G", b="SUBJ J M H")


A = table_of(N=NUMBERS, G=TEXTS)
B = table_of(M=NUMBERS, H=TEXTS)


def matches(row: list[str], others: list[list[str]]) -> list[list[str]]:
    return [each for each in others if each[0] == row[0] and each[3] == row[3]]


def excluded(out: Outcome) -> dict[str, int]:
    return dict(next(each for each in out.result.accounts if each.name == "a").excluded)


@pytest.mark.parametrize("none", ["missing", "error", "exclude"])
@settings(max_examples=30, deadline=None)
@given(a=A, b=B, partitions=PARTITIONS)
def test_lookup_brings_what_the_one_match_has(
    none: str, a: list[list[str]], b: list[list[str]], partitions: int
) -> None:
    step = (
        "lookup: {from: b, by: [USUBJID, {_g: H}], keep: [AVALC: M, _j: J], "
        f"set: {{AVAL: number(M) * 2, DTYPE: {{hardcode: LOCF}}, _k: {{assign: J, when: M != ''}}}}, none: {none}}}"
    )
    expected, kinds, gone = [], [], 0
    for place, row in enumerate(a, 1):
        found = matches(row, b)
        if not found and none == "exclude":
            gone += 1
            continue
        if len(found) > 1:
            kinds.append(f"several-matches a:{place}")
        if not found and none == "error":
            kinds.append(f"no-match a:{place}")
        if len(found) == 1:
            _, j, m, _ = found[0]
            value = number(m)
            twice = shown(value * 2) if value is not None else ""
            expected.append([row[1], m, j, twice, "LOCF", j if m else ""])
        else:
            expected.append([row[1], "", "", "", "", ""])
    out = study(step).run(partitions=partitions, a=a, b=b)
    assert sorted(out.table("_i AVALC _j AVAL DTYPE _k")) == sorted(expected)
    assert sorted(out.kinds) == sorted(kinds)
    assert excluded(out) == ({"no matching record in b": gone} if gone else {})
    # each record still comes from its own row
    assert [[f"a:{row[0]}"] for row in out.table("_i")] == out.origins()


def test_lookup_of_text_into_a_date_is_checked() -> None:
    spec = """
dataset: LB
keys: [USUBJID]
steps:
  - records: {from: a}
  - lookup: {from: b, keep: [LBDTC: D], set: {LBENDTC: D}}
"""
    out = Study(spec, a="SUBJ", b="SUBJ D").run(
        a=[["01"], ["02"], ["03"]], b=[["01", "2025-01"], ["02", "UNK"]]
    )
    assert out.table("LBDTC LBENDTC", "LB") == [["2025-01", "2025-01"], ["", ""], ["", ""]]
    assert set(out.kinds) == {"not-iso8601 a:2"}


def test_a_blank_text_matches_a_blank_text_and_a_missing_number_nothing() -> None:
    spec = """
dataset: ADXX
class: BDS
keys: [USUBJID]
steps:
  - records: {from: a, set: {_n: number(N), _g: G}}
  - lookup: {from: others, by: _g, keep: [_word: _w]}
  - lookup: {from: others, by: _n, keep: [_found: _w]}
work:
  others:
    steps:
      - records: {from: b, set: {_n: number(N), _g: G, _w: W}}
"""
    out = Study(spec, a="SUBJ N G", b="SUBJ N G W").run(
        a=[["01", "", ""], ["02", "1", "x"]],
        b=[["03", "", "", "blank"], ["04", "1", "x", "known"]],
    )
    assert out.table("_word _found") == [["blank", ""], ["known", "known"]]


CHANGED = (
    "revise: {where: _n > 0, set: {_n: _n + 1, _g: {assign: upper(_g), when: _n > 1}, _m: _n}}"
)


@settings(max_examples=40, deadline=None)
@given(rows=A, partitions=PARTITIONS)
def test_revise_changes_only_where_its_condition_is_true(
    rows: list[list[str]], partitions: int
) -> None:
    bound = _revising()
    expected, changed = [], 0
    for _, i, n_text, g in rows:
        n = number(n_text)
        new = (n, g, None)
        if n is not None and n > 0:
            # all new values are made of the record as it stood
            new = (n + 1, g.upper() if n > 1 else "", n)
            changed += 1
        expected.append([i, shown(new[0]), new[1], shown(new[2])])
    out = bound.run(partitions=partitions, a=rows)
    assert sorted(out.table("_i _number _group _old")) == sorted(expected)
    (log,) = [each for each in out.result.log if each.step == "revise"]
    assert log.facts.get("changed", 0) == changed


@cache
def _revising() -> Study:
    return Study(
        f"{FROM}  - _m: number('')\n  - {CHANGED}\n  - _i: I\n  - _number: _n\n  - _group: _g\n  - _old: _m\n",
        a="SUBJ I N G",
    )


def test_revise_counts_values_that_really_change() -> None:
    out = run(
        """
  - records: {from: a, set: {AVALC: T}}
  - revise: {set: {AVALC: upper(AVALC)}}
""",
        a="""
SUBJ T
01   a
01   A
01   .
""",
    )
    (log,) = [each for each in out.result.log if each.step == "revise"]
    assert log.facts["changed"] == 1


def test_revise_by_other_records_and_codelists() -> None:
    out = run(
        """
  - records: {from: a, set: {AVAL: number(N), AVALC: T}}
  - revise: {where: missing(AVAL), set: {AVAL: {where: not missing(AVAL), value: mean(AVAL)}}}
  - revise: {where: AVALC = 'x', set: {AVALC: {map: AVALC, to: {x: X}}}}
""",
        a="""
SUBJ N T
01   1 x
01   3 y
01   . x
02   . .
""",
    )
    assert out.table("AVAL AVALC") == table("""
AVAL AVALC
1    X
3    y
2    X
.    .
""")
    assert out.findings == []


def test_a_variable_uses_what_was_made_before_it() -> None:
    out = run(
        """
  - records: {from: a}
  - AVAL: number(N)
  - BASE: {where: AVAL > 0, order: AVAL, take: first, value: AVAL}
  - CHG: AVAL - BASE
""",
        a="""
SUBJ N
01   2
01   5
""",
    )
    assert out.column("CHG") == ["0", "3"]


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ("  - lookup: {from: c, keep: J}", "[unknown-table] lookup.from"),
        ("  - lookup: {from: b, keep: [_x: Z]}", "[unknown-variable] lookup.keep"),
        ("  - lookup: {from: b, keep: [_n: M]}", "[made-twice] lookup.keep"),
        ("  - lookup: {from: b, keep: [AVAL: M]}", "[wrong-type] lookup.keep"),
        ("  - lookup: {from: b, set: {AVAL: {hardcode: high}}}", "[wrong-type] lookup.set"),
        ("  - lookup: {from: b, set: {_x: {map: M, to: {}}}}", "[bad-expression] lookup.set"),
        ("  - lookup: {from: b, set: {_x: M = 'x'}}", "[wrong-type] lookup.set"),
        ("  - lookup: {from: b, keep: [_x: M], none: drop}", "[bad-value] lookup.none"),
        ("  - lookup: {from: b, keep: [_x: M], order: M}", "[no-take] lookup.order"),
        ("  - revise: {set: {_z: N}}", "[unknown-variable] revise.set"),
        ("  - revise: {set: {_n: N}}", "[wrong-type] revise.set"),
        ("  - revise: {set: {_g: number(N)}}", "[wrong-type] revise.set"),
        ("  - revise: {where: N, set: {_g: N}}", "[bad-expression] revise.where"),
        ("  - _d: date(iso(N))\n  - revise: {set: {_d: number(N)}}", "[wrong-type] revise.set"),
        ("  - _d: date(iso(N))\n  - revise: {set: {_d: {impute: iso(N), date_flag: _f}}}",
         "[bad-expression] revise.set"),
        ("  - revise: {set: {_later: N}}\n  - _later: N", "[used-before-made] revise.set"),
        ("  - _x: _later\n  - _later: N", "[used-before-made] _x"),
        ("  - _x: N\n  - _x: N", "[made-twice] _x"),
    ],
)  # fmt: skip
def test_refused(steps: str, fault: str) -> None:
    found = refusals(FROM + steps + "\n", a="SUBJ N G", b="SUBJ J M")
    assert len(found) == 1
    assert found[0].startswith(fault)
