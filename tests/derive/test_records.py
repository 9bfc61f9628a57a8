"""``records``: stacking, filtering, unpivoting, summarising, copying own rows; and origins."""

from __future__ import annotations

from functools import cache

import pytest
from harness import Study, refusals, run, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, TEXTS, Key, number, shown, table_of, take

PARTITIONS = st.sampled_from([1, 3, 7])
ROWS = table_of(N=NUMBERS, T=TEXTS)


def sums(cells: list[str]) -> str:
    held = [value for cell in cells if (value := number(cell)) is not None]
    return shown(sum(held)) if held else ""


@cache
def stacked() -> Study:
    return Study(
        """
  - records: {from: [a, b], where: T != 'a', keep: [_t: T], set: {_n: number(N), _twice: _n * 2}}
  - records: {from: a, where: number(N) > 1, keep: [_t: I]}
""",
        a="SUBJ I N T",
        b="SUBJ I N T",
    )


@settings(max_examples=30, deadline=None)
@given(a=ROWS, b=ROWS, partitions=PARTITIONS)
def test_sources_are_stacked_filtered_and_known(
    a: list[list[str]], b: list[list[str]], partitions: int
) -> None:
    out = stacked().run(partitions=partitions, a=a, b=b)
    expected = []
    for name, rows in (("a", a), ("b", b)):
        for place, (subject, _, n, t) in enumerate(rows, 1):
            if t != "a":
                value = number(n)
                twice = None if value is None else value * 2
                expected.append([subject, t, shown(value), shown(twice), [f"{name}:{place}"]])
    for place, (subject, i, n, _) in enumerate(a, 1):
        if n and float(n) > 1:
            expected.append([subject, i, "", "", [f"a:{place}"]])
    made = [
        [*row, origin]
        for row, origin in zip(out.table("USUBJID _t _n _twice"), out.origins(), strict=True)
    ]
    assert sorted(made) == sorted(expected)
    if partitions == 1:
        assert made == expected


def test_a_source_without_a_column_leaves_it_missing() -> None:
    out = run(
        """
  - records: {from: a, set: {_n: number(N)}}
  - records: {from: b}
  - _t: U
  - _m: N
""",
        a="""
SUBJ N
01   1
""",
        b="""
SUBJ U
02   x
""",
    )
    assert out.table("USUBJID STUDYID _n _t _m") == table("""
USUBJID STUDYID _n _t _m
01      S1      1  .  1
02      S1      .  x  .
""")


UNPIVOT = {
    "tests": """
columns: [PARAMCD, PARAM, column, unit, order number, kind]
rows:
  - [WT, Weight, W, WU, 2, measured]
  - [HT, Height, H, "", 1, measured]
  - [BM, Body mass, "", "", 3, derived]
"""
}
WIDE = st.sampled_from(["", "1", "2.5", "x"])


@cache
def unpivoted() -> Study:
    return Study(
        """
  - records:
      from: a
      unpivot: {table: tests, values: {AVALC: column, _unit: unit}}
      where: AVALC != '' or _kind = 'derived'
      set: {_o: _order + 1}
""",
        tables=UNPIVOT,
        a="SUBJ I W WU H",
    )


@settings(max_examples=30, deadline=None)
@given(rows=table_of(W=WIDE, WU=TEXTS, H=WIDE), partitions=PARTITIONS)
def test_a_wide_row_becomes_one_record_per_row_of_the_table(
    rows: list[list[str]], partitions: int
) -> None:
    out = unpivoted().run(partitions=partitions, a=rows)
    expected = []
    for place, (subject, _, w, wu, h) in enumerate(rows, 1):
        origin = [f"a:{place}"]
        tests = [
            ["WT", "Weight", w, wu, "3", "measured"],
            ["HT", "Height", h, "", "2", "measured"],
            ["BM", "Body mass", "", "", "4", "derived"],
        ]
        expected += [[subject, *test, origin] for test in tests if test[2] or test[5] == "derived"]
    made = out.table("USUBJID PARAMCD PARAM AVALC _unit _o _kind")
    made = [[*row, origin] for row, origin in zip(made, out.origins(), strict=True)]
    assert sorted(made) == sorted(expected)
    if partitions == 1:
        assert made == expected


def test_a_row_is_copied_for_each_row_of_a_table_that_names_no_column() -> None:
    study = Study(
        """
  - records:
      from: a
      unpivot: {table: params}
      set: {AVAL: "if(PARAMCD = 'ONE', number(D), 2 * number(D))"}
""",
        tables={"params": "columns: [PARAMCD]\nrows: [[ONE], [TWICE]]\n"},
        a="SUBJ D",
    )
    out = study.run(a=[["01", "3"], ["02", ""]])
    assert out.table("USUBJID PARAMCD AVAL") == [
        ["01", "ONE", "3"], ["01", "TWICE", "6"],
        ["02", "ONE", ""], ["02", "TWICE", ""],
    ]  # fmt: skip
    assert out.origins() == [["a:1"], ["a:1"], ["a:2"], ["a:2"]]


def test_rows_left_out_for_a_reason_are_counted_under_it() -> None:
    out = run(
        """
  - records: {from: a, where: T != '', reason: left blank}
  - records: {from: a, where: T = 'x', reason: not asked again}
""",
        a="""
SUBJ T
01   x
01   .
01   y
""",
    )
    (account,) = [each for each in out.result.accounts if each.name == "a"]
    assert (account.rows, account.used, dict(account.excluded)) == (3, 2, {"left blank": 1})
    assert out.origins() == [["a:1"], ["a:3"], ["a:1"]]


def test_a_table_without_rows_makes_no_records() -> None:
    bound = Study(
        "  - records: {from: a, unpivot: {table: none, values: {AVALC: column}}}\n",
        tables={"none": "columns: [PARAMCD, column]\nrows: []\n"},
        a="SUBJ W",
    )
    assert bound.run(a=[["01", "1"]]).table("PARAMCD AVALC") == []


@cache
def summarised() -> Study:
    return Study(
        """
dataset: ADYY
class: BDS
keys: [USUBJID]
steps:
  - records: {from: a, keep: [_t: T], set: {_n: number(N)}}
---
  - records:
      from: ADYY
      where: _t != 'b'
      by: [USUBJID, _t]
      set:
        PARAMCD: {hardcode: SUM}
        AVAL: sum(_n)
        _count: count()
        _mean: if(_count > 1, AVAL / _count)
        _size: {cases: {many: _count > 1, one: else}}
        _shown: {assign: count(), when: AVAL > 1}
""",
        a="SUBJ I N T",
    )


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_one_row_for_each_group(rows: list[list[str]], partitions: int) -> None:
    out = summarised().run(partitions=partitions, a=rows)
    expected = []
    for key in dict.fromkeys((row[0], row[3]) for row in rows if row[3] != "b"):
        group = [(place, row) for place, row in enumerate(rows, 1) if (row[0], row[3]) == key]
        total, count = sums([row[2] for _, row in group]), len(group)
        mean = shown(number(total) / count) if total and count > 1 else ""  # type: ignore[operator]
        size = "many" if count > 1 else "one"
        seen = str(count) if total and float(total) > 1 else ""
        origin = [f"a:{place}" for place, _ in group]
        expected.append([*key, "SUM", total, str(count), mean, size, seen, origin])
    made = out.table("USUBJID _t PARAMCD AVAL _count _mean _size _shown")
    made = [[*row, origin] for row, origin in zip(made, out.origins(), strict=True)]
    assert sorted(made) == sorted(expected)


@cache
def own_sums() -> Study:
    return Study(
        """
  - records: {from: a, keep: [_t: T], set: {AVAL: number(N), PARAMCD: {hardcode: ONE}}}
  - records: {where: AVAL > 0, by: [USUBJID], set: {PARAMCD: {hardcode: SUM}, AVAL: sum(AVAL)}}
  - records: {where: PARAMCD = 'ONE', by: [USUBJID], order: [AVAL desc, _t], take: first,
              set: {PARAMCD: {hardcode: TOP}, _s: USUBJID}}
  - _text: _t
""",
        a="SUBJ I N T",
    )


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_own_rows_are_summed_and_copied(rows: list[list[str]], partitions: int) -> None:
    out = own_sums().run(partitions=partitions, a=rows)
    expected = [[row[0], "ONE", row[3], shown(number(row[2])), "", [f"a:{p}"]]
                for p, row in enumerate(rows, 1)]  # fmt: skip
    order: list[Key] = [(lambda row: row["n"], "desc"), (lambda row: row["t"], "asc")]
    tied = False
    for subject in dict.fromkeys(row[0] for row in rows):
        mine = [(p, row) for p, row in enumerate(rows, 1) if row[0] == subject]
        positive = [(p, row) for p, row in mine if row[2] and float(row[2]) > 0]
        if positive:
            total = sums([row[2] for _, row in positive])
            expected.append([subject, "SUM", "", total, "", [f"a:{p}" for p, _ in positive]])
        top, alike = take(
            [{"n": number(row[2]), "t": row[3], "p": p} for p, row in mine], order, "first"
        )
        assert top is not None
        tied |= len(alike) > 1
        expected.append([subject, "TOP", top["t"], shown(top["n"]), subject, [f"a:{top['p']}"]])
    if tied:
        # equal rows differ in their row number I, which nothing else reads: no tie is seen in it
        expected = [row[:-1] for row in expected]
        assert sorted(out.table("USUBJID PARAMCD _text AVAL _s")) == sorted(expected)
        return
    made = out.table("USUBJID PARAMCD _text AVAL _s")
    made = [[*row, origin] for row, origin in zip(made, out.origins(), strict=True)]
    assert sorted(made) == sorted(expected)
    assert out.findings == []


def test_a_copy_that_ties_is_a_finding_where_the_rows_differ() -> None:
    spec = """
  - records: {from: a, keep: [_t: T]}
  - records: {by: [USUBJID], order: _t, take: first, set: {PARAMCD: {hardcode: X}}}
  - _u: U
"""
    differing = run(spec, a="SUBJ T U\n01   x y\n01   x z\n")
    assert differing.kinds == ["tie a:1", "tie a:2"]
    assert run(spec, a="SUBJ T U\n01   x y\n01   x y\n").findings == []


def test_a_group_of_a_missing_key_is_a_group() -> None:
    out = run(
        """
  - records: {from: a, keep: [_g: G], set: {_n: number(N)}}
  - records: {by: [USUBJID, _g, _n], set: {AVAL: count()}}
  - exclude: {of a row: missing(AVAL)}
  - _group: _g
  - _number: _n
""",
        a="""
SUBJ G N
01   . 1
01   . 1
01   x .
01   x .
01   . .
""",
    )
    assert sorted(out.table("_group _number AVAL")) == [
        ["", "", "1"],
        ["", "1", "2"],
        ["x", "", "2"],
    ]


def test_groups_of_the_whole_study_and_by_country() -> None:
    spec = """
dataset: ADXX
class: BDS
keys: [USUBJID]
steps:
  - records: {from: a}
  - _n: {from: cells, by: {C: C}, value: n}
work:
  cells:
    steps:
      - records: {from: a, by: C, set: {n: count()}}
      - records: {by: [], set: {C: {hardcode: all}, n: sum(n)}}
      - check: {counted: n > 0}
"""
    rows = [["01", "X"], ["02", "Y"], ["03", "X"], ["03", "all"]]
    for partitions in (1, 3):
        out = Study(spec, a="SUBJ C").run(partitions=partitions, a=rows)
        # 'all' is a country here too: it has a row of its own beside the row of the study
        assert sorted(out.table("USUBJID _n")) == [
            ["01", "2"],
            ["02", "1"],
            ["03", ""],
            ["03", "2"],
        ]
        assert out.kinds == ["several-matches a:4"]


def test_rows_of_a_list_for_the_study_are_made_once() -> None:
    spec = """
  - records: {from: pool, set: {USUBJID: who, AVALC: word}}
  - records: {from: a, set: {AVALC: T}}
"""
    tables = {"pool": "columns: [who, word]\nrows: [['01', p], ['03', q], ['99', r]]\n"}
    bound = Study(spec, tables=tables, a="SUBJ T")
    rows = [["01", "x"], ["02", "y"], ["03", "z"]]
    expected = [["01", "p"], ["01", "x"], ["02", "y"], ["03", "q"], ["03", "z"], ["99", "r"]]
    for partitions in (1, 2, 3):
        out = bound.run(partitions=partitions, a=rows)
        assert sorted(out.table("USUBJID AVALC")) == expected


def test_records_of_a_dataset_pass_on_only_by_keep() -> None:
    spec = """
dataset: ADXX
class: BDS
keys: [USUBJID]
steps:
  - records: {from: ADYY, where: AVAL > 1, keep: [AVAL, PARAMCD: AVALC], set: {_b: BASE + AVAL}}
---
dataset: ADYY
class: BDS
keys: [USUBJID]
steps:
  - records: {from: a, set: {AVAL: number(N), AVALC: T, BASE: AVAL * 10}}
"""
    out = Study(spec, a="SUBJ N T").run(a=[["01", "1", "x"], ["02", "2", "y"], ["03", "3", ""]])
    assert out.table("USUBJID AVAL PARAMCD _b") == table("""
USUBJID AVAL PARAMCD _b
02      2    y       22
03      3    .       33
""")
    assert out.origins() == [["a:2"], ["a:3"]]
    assert not {"AVALC", "BASE"} & set(out.result.frames["ADXX"].columns)


def test_copies_of_own_rows_have_only_what_keep_names() -> None:
    spec = """
  - records: {from: a, set: {AVAL: number(N), PARAMCD: T, AVALC: N, _x: T}}
  - records: {where: PARAMCD = 'x', keep: [AVALC, BASE: AVAL], set: {AVAL: AVAL * 10, _y: _x}}
  - records: {where: missing(BASE), by: PARAMCD, order: AVAL, take: last, keep: [_x], set: {AVAL: 0}}
  - PARAM: _x
  - _again: N
"""
    out = Study(spec, a="SUBJ N T").run(a=[["01", "1", "x"], ["02", "2", "y"]])
    assert out.table("USUBJID AVAL PARAMCD AVALC BASE PARAM _y _again") == table("""
USUBJID AVAL PARAMCD AVALC BASE PARAM _y _again
01      1    x       1     .    x     .  1
02      2    y       2     .    y     .  2
01      10   .       1     1    .     x  1
01      0    x       .     .    x     .  1
02      0    y       .     .    y     .  2
""")


def test_no_rows_at_all() -> None:
    for bound, names in (
        (stacked(), "_t _n _twice"),
        (unpivoted(), "AVALC _unit _o"),
        (summarised(), "PARAMCD AVAL _mean _size"),
        (own_sums(), "PARAMCD AVAL _s"),
    ):
        out = bound.run()
        assert out.table(names) == []
        assert out.findings == []


FROM = "  - records: {from: a, set: {_n: number(T)}}\n"


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ("  - records: {from: c}", "[unknown-table] records.from"),
        ("  - records: {from: a, where: T}", "[bad-expression] records.where"),
        ("  - records: {from: a, keep: [_x: Z]}", "[unknown-variable] records.keep"),
        ("  - records: {from: a, keep: [AVAL: T]}", "[wrong-type] records.keep"),
        ("  - records: {from: a, order: T}", "[no-take] records.order"),
        ("  - records: {from: a, take: first, order: T}", "[no-by] records.take"),
        ("  - records: {from: a, take: first, by: USUBJID}", "[no-order] records.take"),
        ("  - records: {from: a, by: [USUBJID, Z], set: {AVAL: count()}}", "[unknown-variable] records.by"),
        ("  - records: {from: a, set: {AVAL: count()}}", "[bad-expression] records.set.AVAL"),
        ("  - records: {from: a, by: USUBJID, set: {AVALC: T}}", "[not-aggregated] records.set.AVALC"),
        ("  - records: {from: a, by: USUBJID, keep: T}", "[not-aggregated] records.keep"),
        ("  - records: {from: a, by: USUBJID, set: {AVALC: count()}}", "[wrong-type] records.set.AVALC"),
        ("  - records: {from: a, by: USUBJID, set: {_x: {map: T, to: {}}}}",
         "[unknown-variable] records.set._x"),
        ("  - records: {from: a, set: {_x: {value: T}}}", "[bad-expression] records.set._x"),
        ("  - records: {from: a, set: {_x: {first_of: [T, {value: T}]}}}", "[bad-expression] records.set._x"),
        ("  - records: {from: a, set: {ADT: {impute: iso(T), date_flag: ADTF}}}",
         "[bad-expression] records.set.ADT"),
        ("  - records: {from: a, unpivot: {table: none, values: {AVALC: column}}}",
         "[unknown-table] records.unpivot"),
        (FROM + "  - records: {from: a, set: {_n: T}}", "[wrong-type] records"),
        (FROM + "  - records: {by: T, set: {AVAL: count()}}", "[no-subject] records"),
        (FROM + "  - records: {from: t, set: {_x: code}}", "[no-subject] records"),
        (FROM + "  - records: {from: [a, t]}", "[no-subject] records"),
        ("  - _x: T", "[no-records] _x"),
    ],
)  # fmt: skip
def test_refused(steps: str, fault: str) -> None:
    tables = {"t": "columns: [code]\nrows: [[x]]\n"}
    found = refusals(steps + "\n", tables=tables, a="SUBJ T")
    assert len(found) == 1
    assert found[0].startswith(fault)
