"""``fill``: the missing rows of a grid, what they copy and where they come from."""

from __future__ import annotations

from functools import cache

import pytest
from harness import Study, refusals, run, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, SUBJECTS, number, ordered, shown, table_of

VISITS = st.sampled_from(["1", "2", "4", ""])
CODES = st.sampled_from(["A", "B"])
PARTITIONS = st.sampled_from([1, 3, 7])
FROM = "  - records: {from: a, keep: [PARAMCD: G], set: {AVISITN: number(V), AVAL: number(N), _i: number(I)}}\n"


@cache
def study(fill: str) -> Study:
    return Study(f"{FROM}  - fill: {fill}\n", a="SUBJ I G V N")


ROWS = table_of(G=CODES, V=VISITS, N=NUMBERS)


def shown_rows(rows: list[list[str]]) -> list[list[object]]:
    return [
        [subject, code, visit, shown(number(value)), "", [f"a:{place}"]]
        for place, (subject, _, code, visit, value) in enumerate(rows, 1)
    ]


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_a_grid_of_constants_with_values_of_its_own(rows: list[list[str]], partitions: int) -> None:
    bound = study(
        "{by: [USUBJID, PARAMCD], grid: {AVISITN: [1, 4]}, set: {DTYPE: {hardcode: PHANTOM}, AVAL: AVISITN * 10}}"
    )
    out = bound.run(partitions=partitions, a=rows)
    expected = shown_rows(rows)
    held = {(row[0], row[2], row[3]) for row in rows}
    for subject, code in dict.fromkeys((row[0], row[2]) for row in rows):
        expected += [
            [subject, code, visit, visit + "0", "PHANTOM", []]
            for visit in ("1", "4")
            if (subject, code, visit) not in held
        ]
    made = out.table("USUBJID PARAMCD AVISITN AVAL DTYPE")
    made = [[*row, origin] for row, origin in zip(made, out.origins(), strict=True)]
    assert sorted(made) == sorted(expected)
    assert set(out.column("STUDYID")) <= {"S1"}


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_a_row_is_copied_from_the_last_before_it(rows: list[list[str]], partitions: int) -> None:
    bound = study(
        "{by: [USUBJID, PARAMCD], grid: {AVISITN: [2, 4]}, "
        "copy: {where: AVISITN < this.AVISITN and not missing(AVAL), order: [AVISITN, _i], take: last}, "
        "set: {DTYPE: {hardcode: LOCF}}}"
    )
    out = bound.run(partitions=partitions, a=rows)
    expected = shown_rows(rows)
    held = {(row[0], row[2], row[3]) for row in rows}
    for subject, code in dict.fromkeys((row[0], row[2]) for row in rows):
        for visit in ("2", "4"):
            before = [
                {"v": number(v), "i": int(i), "n": number(n)}
                for s, i, g, v, n in rows
                if (s, g) == (subject, code) and v and number(v) < number(visit) and n  # type: ignore[operator]
            ]
            if (subject, code, visit) in held or not before:
                continue
            keys = [(lambda row: row["v"], "asc"), (lambda row: row["i"], "asc")]
            last = ordered(before, keys)[-1]
            expected.append([subject, code, visit, shown(last["n"]), "LOCF", [f"a:{last['i']}"]])
    made = out.table("USUBJID PARAMCD AVISITN AVAL DTYPE")
    made = [[*row, origin] for row, origin in zip(made, out.origins(), strict=True)]
    assert sorted(made) == sorted(expected)
    assert out.findings == []


GRID = {
    "plan": "columns: [code, AVISITN number, AVISIT]\nrows: [[A, 1, One], [A, 2, Two], [B, 1, One], [C, 9, '']]\n"
}


@cache
def planned() -> Study:
    return Study(
        f"{FROM}  - AVISIT: if(AVISITN = 1, 'One', '')\n"
        "  - fill: {from: ADYY, by: USUBJID, on: [PARAMCD, AVISITN], "
        "grid: {from: plan, where: code != 'C', keep: [PARAMCD: code, AVISITN, AVISIT]}}\n"
        "---\ndataset: ADYY\nclass: BDS\nkeys: [USUBJID]\nsteps:\n  - records: {from: roster}\n",
        tables=GRID,
        a="SUBJ I G V N",
    )


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, partitions=PARTITIONS)
def test_a_grid_of_a_table_for_every_subject_of_a_dataset(
    rows: list[list[str]], partitions: int
) -> None:
    out = planned().run(partitions=partitions, a=rows, roster=[[each] for each in SUBJECTS])
    cells = [("A", "1", "One"), ("A", "2", "Two"), ("B", "1", "One")]
    held = {(row[0], row[2], row[3]) for row in rows}
    expected = [[row[0], row[2], row[3], "One" if row[3] == "1" else ""] for row in rows]
    expected += [
        [subject, *cell]
        for subject in SUBJECTS
        for cell in cells
        if (subject, *cell[:2]) not in held
    ]
    assert sorted(out.table("USUBJID PARAMCD AVISITN AVISIT")) == sorted(expected)


def test_zero_cells_of_a_complete_grid_across_subjects() -> None:
    spec = """
dataset: ADXX
class: BDS
keys: [USUBJID]
steps:
  - records: {from: cells, set: {USUBJID: {hardcode: "01"}, AVALC: CODE, AVAL: n}}
work:
  people:
    steps:
      - records: {from: a, set: {CODE: C, SEX: S}}
  cells:
    steps:
      - records: {from: people, by: [CODE, SEX], set: {n: count()}}
      - fill: {by: CODE, grid: {SEX: [F, M]}, set: {n: 0}}
"""
    for partitions in (1, 3):
        out = Study(spec.replace("CODE", "PARAMCD").replace("SEX", "PARAM"), a="SUBJ C S").run(
            partitions=partitions, a=[["01", "X", "F"], ["02", "Y", "M"], ["03", "X", "F"]]
        )
        assert sorted(out.table("AVALC AVAL")) == [["X", "0"], ["X", "2"], ["Y", "0"], ["Y", "1"]]


def test_a_row_with_a_missing_key_counts_as_being_there() -> None:
    out = run(
        """
  - records: {from: a, set: {PARAMCD: P, AVISITN: number(V)}}
  - fill: {by: [USUBJID, PARAMCD], grid: {AVISITN: [1]}}
  - fill: {by: [USUBJID, AVISITN], grid: {PARAMCD: [X]}}
""",
        a="""
SUBJ P V
01   . .
01   X 1
""",
    )
    assert sorted(out.table("PARAMCD AVISITN")) == [["", ""], ["", "1"], ["X", ""], ["X", "1"]]


def test_a_copy_with_several_candidates_or_a_tie_is_a_finding() -> None:
    spec = """
  - records: {{from: a, set: {{AVISITN: number(V), AVAL: number(N)}}}}
  - fill: {{by: USUBJID, grid: {{AVISITN: [4]}}, copy: {{{}}}}}
"""
    rows = [["01", "1", "5"], ["01", "1", "6"], ["02", "1", "5"]]
    several = Study(spec.format("where: AVISITN < this.AVISITN"), a="SUBJ V N").run(a=rows)
    assert [each.kind for each in several.findings] == ["several-matches"]
    assert several.table("USUBJID AVISITN AVAL")[3:] == [["02", "4", "5"]]
    tied = Study(spec.format("order: AVISITN, take: last"), a="SUBJ V N").run(a=rows)
    assert [each.kind for each in tied.findings] == ["tie"]
    needed = Study(spec.format("where: AVAL > 5, none: error"), a="SUBJ V N").run(a=rows)
    assert [each.kind for each in needed.findings] == ["no-match"]
    assert needed.table("USUBJID AVISITN AVAL")[3:] == [["01", "4", "6"]]


def test_fill_of_nothing() -> None:
    bound = study("{by: [USUBJID, PARAMCD], grid: {AVISITN: [1, 4]}}")
    assert bound.run().table("USUBJID") == []
    assert planned().run(roster=[["01"]]).table("USUBJID PARAMCD AVISITN AVAL") == table("""
USUBJID PARAMCD AVISITN AVAL
01      A       1       .
01      A       2       .
01      B       1       .
""")


@pytest.mark.parametrize(
    ("fill", "fault"),
    [
        ("{by: USUBJID, grid: {AVISITN: []}}", "[bad-expression] fill.grid"),
        ("{by: USUBJID, grid: {AVISITN: [x]}}", "[wrong-type] fill.grid"),
        ("{by: USUBJID, grid: {AWTARGET: [1]}}", "[unknown-variable] fill.grid"),
        ("{by: USUBJID, grid: {from: nowhere, keep: AVISITN}}", "[unknown-table] fill.grid"),
        ("{by: Z, grid: {AVISITN: [1]}}", "[unknown-variable] fill.by"),
        ("{by: G, grid: {AVISITN: [1]}}", "[unknown-variable] fill.by"),
        ("{by: PARAMCD, grid: {AVISITN: [1]}}", "[no-subject] fill"),
        ("{by: USUBJID, grid: {AVISITN: [1]}, on: AVAL}", "[unknown-variable] fill.on"),
        ("{by: USUBJID, grid: {AVISITN: [1]}, copy: {from: a}}", "[bad-expression] fill.copy"),
        ("{by: USUBJID, grid: {AVISITN: [1]}, copy: {before: this, order: AVAL}}",
         "[bad-expression] fill.copy"),
        ("{by: USUBJID, grid: {AVISITN: [1]}, set: {_x: AVAL}}", "[unknown-variable] fill.set._x"),
        ("{by: USUBJID, grid: {AVISITN: [1]}, set: {AVAL: PARAMCD}}", "[unknown-variable] fill.set.AVAL"),
        ("{by: USUBJID, grid: {AVISITN: [1]}, set: {AVAL: USUBJID}}", "[wrong-type] fill.set.AVAL"),
        ("{by: USUBJID, grid: {AVISITN: [1]}, set: {_x: {value: AVAL}}}", "[bad-expression] fill.set._x"),
        ("{by: USUBJID, grid: {AVISITN: [1]}, set: {_i: USUBJID}}", "[wrong-type] fill"),
    ],
)  # fmt: skip
def test_refused(fill: str, fault: str) -> None:
    found = refusals(f"{FROM}  - fill: {fill}\n", a="SUBJ I G V N")
    assert len(found) == 1
    assert found[0].startswith(fault)
