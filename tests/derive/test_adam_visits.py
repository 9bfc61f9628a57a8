"""Windows, baseline, change, shift, criteria, analysis flags and carried-forward rows of a BDS.

One spec, and the same rules read row by row in plain Python; then the edges by hand.
"""

from __future__ import annotations

from functools import cache

from harness import Study, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import SUBJECTS, Row, shown

SPEC = """
dataset: ADXX
class: BDS
keys: [USUBJID, PARAMCD, AVISITN, ADY, DTYPE]
tables:
  windows:
    columns: [AVISITN number, AWTARGET number, AWLO number, AWHI number]
    rows:
      - ["0", "1", "", "1"]
      - ["2", "14", "2", "21"]
      - ["4", "28", "22", ""]
steps:
  - records:
      from: a
      set: {PARAMCD: P, ADY: number(D), AVAL: number(V), BASETYPE: B, _n: number(I)}
  - lookup:  {from: windows, between: {ADY: [AWLO, AWHI]}, keep: [AVISITN, AWTARGET, AWLO, AWHI]}
  - AWTDIFF: abs(ADY - AWTARGET)
  - ABLFL:   {flag: ADY <= 1 and not missing(AVAL), by: [USUBJID, PARAMCD, BASETYPE], order: [ADY, _n], take: last}
  - ANL01FL:
      flag: not missing(AVISITN) and not missing(AVAL)
      by: [USUBJID, PARAMCD, BASETYPE, AVISITN]
      order: [AWTDIFF, ADY desc, _n desc]
      take: first
  - DTYPE:   {hardcode: ""}
  - fill:
      by: [USUBJID, PARAMCD, BASETYPE]
      grid: {from: windows, where: AVISITN > 0, keep: [AVISITN, AWTARGET, AWLO, AWHI]}
      on: AVISITN
      copy: {where: ANL01FL = 'Y' and AVISITN < this.AVISITN, order: AVISITN, take: last}
      set: {DTYPE: {hardcode: LOCF}, ABLFL: {hardcode: ""}, AWTDIFF: number('')}
  - BASE:    {by: [USUBJID, PARAMCD, BASETYPE], where: ABLFL = 'Y', value: AVAL}
  - CHG:     {assign: AVAL - BASE, when: ADY > 1}
  - PCHG:    {assign: "round(100 * CHG / BASE, 1)", when: ADY > 1}
  - CRIT1FL: {flag: CHG <= -2, else: N, when: not missing(CHG)}
  - ANRIND:  {cases: {"": missing(AVAL), LOW: AVAL < 3, NORMAL: else}}
  - BNRIND:  {by: [USUBJID, PARAMCD, BASETYPE], where: ABLFL = 'Y', value: ANRIND}
  - SHIFT1:  {assign: "concat(BNRIND, ' to ', ANRIND)", when: "ADY > 1 and BNRIND != '' and ANRIND != ''"}
"""
SHOWN = (
    "USUBJID PARAMCD BASETYPE ADY AVAL AVISITN AWTDIFF ABLFL ANL01FL DTYPE BASE CHG PCHG CRIT1FL "
    "ANRIND SHIFT1"
)
WINDOWS = [(0, 1, -(10**9), 1), (2, 14, 2, 21), (4, 28, 22, 10**9)]


@cache
def study() -> Study:
    return Study(SPEC, a="SUBJ I P B D V")


def rounded(value: float) -> float:
    """One decimal, half away from zero; the values here have few decimals."""
    tenths = abs(value) * 10
    whole = int(tenths + 0.5 + 1e-9)
    return (whole if value >= 0 else -whole) / 10


def expected(rows: list[list[str]]) -> list[list[str]]:
    made: list[Row] = []
    for subject, i, p, b, d, v in rows:
        row: Row = {"s": subject, "p": p, "b": b, "n": int(i), "dtype": "", "abl": "", "anl": ""}
        row["ady"] = int(d) if d else None
        row["aval"] = float(v) if v else None
        fits = [w for w in WINDOWS if row["ady"] is not None and w[2] <= row["ady"] <= w[3]]
        row["visit"], row["target"] = (fits[0][0], fits[0][1]) if fits else (None, None)
        row["away"] = abs(row["ady"] - row["target"]) if fits else None
        made.append(row)
    for row in made:
        group = [r for r in made if (r["s"], r["p"], r["b"]) == (row["s"], row["p"], row["b"])]
        early = [
            r for r in group if r["aval"] is not None and r["ady"] is not None and r["ady"] <= 1
        ]
        if early and max(early, key=lambda r: (r["ady"], r["n"])) is row:
            row["abl"] = "Y"
        window = [r for r in group if r["visit"] == row["visit"] and r["aval"] is not None]
        if row["visit"] is not None and window:
            nearest = min(window, key=lambda r: (r["away"], -r["ady"], -r["n"]))
            row["anl"] = "Y" if nearest is row else ""
    added: list[Row] = []
    for key in dict.fromkeys((r["s"], r["p"], r["b"]) for r in made):
        group = [r for r in made if (r["s"], r["p"], r["b"]) == key]
        for visit, target, _, _ in WINDOWS[1:]:
            before = [
                r for r in group
                if r["anl"] == "Y" and r["visit"] < visit
            ]  # fmt: skip
            if before and not any(r["visit"] == visit for r in group):
                last = max(before, key=lambda r: r["visit"])
                new = {"visit": visit, "target": target, "dtype": "LOCF", "abl": "", "away": None}
                added.append(last | new)
    told = []
    for row in made + added:
        base = next(
            (r for r in made
             if r["abl"] and (r["s"], r["p"], r["b"]) == (row["s"], row["p"], row["b"])), None,
        )  # fmt: skip
        post = row["ady"] is not None and row["ady"] > 1
        both = base is not None and row["aval"] is not None and post
        change = row["aval"] - base["aval"] if both and base is not None else None
        percent = None
        if change is not None and base is not None and base["aval"] != 0:
            percent = rounded(100 * change / base["aval"])
        met = "" if change is None else "Y" if change <= -2 else "N"

        def state(value: float | None) -> str:
            return "" if value is None else "LOW" if value < 3 else "NORMAL"

        shift = ""
        if post and base is not None and row["aval"] is not None:
            shift = f"{state(base['aval'])} to {state(row['aval'])}"
        told.append([
            row["s"], row["p"], row["b"], shown(row["ady"]), shown(row["aval"]),
            shown(row["visit"]), shown(row["away"]), row["abl"], row["anl"], row["dtype"],
            shown(base["aval"] if base else None), shown(change), shown(percent), met,
            state(row["aval"]), shift,
        ])  # fmt: skip
    return told


ROWS = st.lists(
    st.tuples(
        st.sampled_from(SUBJECTS[:2]),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["FIRST", "LAST"]),
        st.sampled_from(["", "-3", "1", "2", "12", "14", "16", "21", "22", "28", "90"]),
        st.sampled_from(["", "0", "1", "2.5", "4", "7"]),
    ),
    max_size=10,
).map(lambda rows: [[r[0], str(n), *r[1:]] for n, r in enumerate(rows, 1)])


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, partitions=st.sampled_from([1, 2]))
def test_a_bds_as_read_row_by_row(rows: list[list[str]], partitions: int) -> None:
    out = study().run(partitions=partitions, a=rows)
    assert sorted(out.table(SHOWN)) == sorted(expected(rows))
    assert not out.findings


def by_hand(rows: str, columns: str) -> list[list[str]]:
    return study().run(a=rows).table(columns)


def test_the_ends_of_a_window_belong_to_it_and_a_blank_end_is_open() -> None:
    assert by_hand(
        """
SUBJ I P B D   V
01   1 A F -90 5
01   2 A F 1   5
01   3 A F 2   5
01   4 A F 21  5
01   5 A F 22  5
01   6 A F 999 5
01   7 A F .   5
""",
        "ADY AVISITN AWTDIFF",
    ) == table("""
ADY AVISITN AWTDIFF
-90 0       91
1   0       0
2   2       12
21  2       7
22  4       6
999 4       971
.   .       .
""")


def test_of_two_as_near_the_later_day_and_of_one_day_the_later_record() -> None:
    assert by_hand(
        """
SUBJ I P B D  V
01   1 A F 12 5
01   2 A F 16 6
01   3 A F 16 7
01   4 A F 14 .
""",
        "ADY AVAL AWTDIFF ANL01FL DTYPE",
    ) == table("""
ADY AVAL AWTDIFF ANL01FL DTYPE
12  5    2       .       .
16  6    2       .       .
16  7    2       Y       .
14  .    0       .       .
16  7    .       Y       LOCF
""")


def test_no_baseline_no_change_and_no_shift() -> None:
    assert by_hand(
        """
SUBJ I P B D  V
01   1 A F 14 5
01   2 A F 28 4
02   1 A F 0  .
02   2 A F 14 4
""",
        "USUBJID BASE CHG PCHG CRIT1FL SHIFT1 DTYPE",
    ) == table("""
USUBJID BASE CHG PCHG CRIT1FL SHIFT1 DTYPE
01      .    .   .    .       .      .
01      .    .   .    .       .      .
02      .    .   .    .       .      .
02      .    .   .    .       .      .
02      .    .   .    .       .      LOCF
""")


def test_a_baseline_of_zero_has_a_change_and_no_percent_change() -> None:
    assert by_hand(
        """
SUBJ I P B D  V
01   1 A F 1  0
01   2 A F 14 4
01   3 A F 28 4
""",
        "BASE CHG PCHG SHIFT1",
    ) == table("""
BASE CHG PCHG SHIFT1
0    .   .    .
0    4   .    LOW to NORMAL
0    4   .    LOW to NORMAL
""")


def test_each_basetype_has_its_own_baseline() -> None:
    assert by_hand(
        """
SUBJ I P B     D  V
01   1 A FIRST -3 2
01   2 A FIRST 14 6
01   3 A FIRST 28 6
01   4 A LAST  1  4
01   5 A LAST  14 6
01   6 A LAST  28 1
""",
        "BASETYPE ADY ABLFL BASE CHG CRIT1FL",
    ) == table("""
BASETYPE ADY ABLFL BASE CHG CRIT1FL
FIRST    -3  Y     2    .   .
FIRST    14  .     2    4   N
FIRST    28  .     2    4   N
LAST     1   Y     4    .   .
LAST     14  .     4    2   N
LAST     28  .     4    -3  Y
""")


def test_only_a_baseline_is_carried_as_far_as_the_grid_goes() -> None:
    assert by_hand(
        """
SUBJ I P B D V
01   1 A F 1 5
02   1 A F . 5
""",
        "USUBJID AVISITN AVAL DTYPE ADY CHG",
    ) == table("""
USUBJID AVISITN AVAL DTYPE ADY CHG
01      0       5    .     1   .
02      .       5    .     .   .
01      2       5    LOCF  1   .
01      4       5    LOCF  1   .
""")
