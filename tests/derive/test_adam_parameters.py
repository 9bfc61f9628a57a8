"""Parameters derived from other parameters: sum, mean, prorated score, ratio, peak, best and worst,
responder. Each against its rule read subject by subject in plain Python; then the edges by hand."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cache

from harness import Study, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import SUBJECTS, shown

SPEC = """
dataset: ADXX
class: BDS
keys: [USUBJID, PARAMCD, AVISITN]
work:
  scores:                        # one row for each visit: items there, their sum, the items apart
    steps:
      - records:
          from: a
          where: not missing(number(V))
          by: [USUBJID, visit: W]
          set:
            n: count(number(V))
            total: sum(number(V))
            numerator: max(if(P = 'I1', number(V)))
            denominator: max(if(P = 'I2', number(V)))
steps:
  - records: {from: a, set: {PARAMCD: P, AVISITN: number(W), AVAL: number(V)}}
  # the sum needs every item, the mean any, the prorated score at least three of four
  - records: {from: scores, where: n = 4, set: {PARAMCD: {hardcode: SUM}, AVISITN: number(visit), AVAL: total}}
  - records: {from: scores, set: {PARAMCD: {hardcode: MEAN}, AVISITN: number(visit), AVAL: "round(total / n, 3)"}}
  - records: {from: scores, where: n >= 3, set: {PARAMCD: {hardcode: PRORATED}, AVISITN: number(visit), AVAL: "round(total * 4 / n, 1)"}}
  - records: {from: scores, where: not missing(numerator / denominator), set: {PARAMCD: {hardcode: RATIO}, AVISITN: number(visit), AVAL: "round(numerator / denominator, 2)"}}
  # the peak after visit 0, the earliest on ties; its time; the best (lowest) and the worst
  - records:
      where: PARAMCD = 'SUM' and AVISITN > 0
      by: USUBJID
      order: [AVAL desc, AVISITN]
      take: first
      set: {PARAMCD: {hardcode: PEAK}}
  - records: {where: PARAMCD = 'PEAK', set: {PARAMCD: {hardcode: TPEAK}, AVAL: AVISITN}}
  - records: {where: PARAMCD = 'SUM' and AVISITN > 0, by: USUBJID, order: [AVAL, AVISITN], take: first, set: {PARAMCD: {hardcode: BEST}}}
  - records: {where: PARAMCD = 'SUM' and AVISITN > 0, by: USUBJID, set: {PARAMCD: {hardcode: WORST}, AVAL: max(AVAL)}}
  - BASE:    {by: [USUBJID, PARAMCD], where: AVISITN = 0, value: AVAL}
  # a responder: any reduction of the sum by two; asked only where baseline and a visit are known
  - records:
      where: PARAMCD = 'SUM' and AVISITN > 0 and not missing(AVAL - BASE)
      by: USUBJID
      set: {PARAMCD: {hardcode: RESP}, AVALC: "if(any(AVAL - BASE <= -2), 'Y', 'N')"}
  - revise:  {where: PARAMCD = 'RESP', set: {AVAL: "if(AVALC = 'Y', 1, 0)"}}
"""
ITEMS = ["I1", "I2", "I3", "I4"]


@cache
def study() -> Study:
    return Study(SPEC, a="SUBJ P W V")


def rounded(value: float, decimals: int) -> float:
    """Half away from zero, by whole numbers of the smallest unit."""
    units = abs(value) * 10**decimals
    whole = math.floor(units + 0.5 + 1e-9)
    return math.copysign(whole, value) / 10**decimals if whole else 0.0


def expected(rows: list[list[str]]) -> list[list[str]]:
    made: list[tuple[str, str, float, float]] = []
    visits: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for subject, item, visit, value in rows:
        if value:
            visits[subject, int(visit)][item] = float(value)
    for (subject, visit), items in visits.items():
        n, total = len(items), sum(items.values())
        if n == 4:
            made.append((subject, "SUM", visit, total))
        made.append((subject, "MEAN", visit, rounded(total / n, 3)))
        if n >= 3:
            made.append((subject, "PRORATED", visit, rounded(total * 4 / n, 1)))
        if "I1" in items and items.get("I2"):
            made.append((subject, "RATIO", visit, rounded(items["I1"] / items["I2"], 2)))
    for subject in dict.fromkeys(key[0] for key in visits):
        sums = {v: total for s, code, v, total in made if s == subject and code == "SUM"}
        after = {v: total for v, total in sums.items() if v > 0}
        if not after:
            continue
        peak = min(v for v in after if after[v] == max(after.values()))
        best = min(v for v in after if after[v] == min(after.values()))
        made += [(subject, "PEAK", peak, after[peak]), (subject, "TPEAK", peak, peak)]
        made.append((subject, "BEST", best, after[best]))
        made.append((subject, "WORST", math.nan, max(after.values())))
        if 0 in sums:
            hit = any(total - sums[0] <= -2 for total in after.values())
            made.append((subject, "RESP", math.nan, float(hit)))
    return [[s, c, "" if math.isnan(v) else shown(v), shown(a)] for s, c, v, a in made]


ROWS = st.dictionaries(
    st.tuples(
        st.sampled_from(SUBJECTS[:2]), st.sampled_from(ITEMS), st.sampled_from(["0", "1", "2"])
    ),
    st.sampled_from(["", "0", "1", "2", "3", "3", "1"]),
    max_size=24,
).map(lambda cells: [[*key, value] for key, value in cells.items()])


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, partitions=st.sampled_from([1, 2]))
def test_derived_parameters_as_read_subject_by_subject(
    rows: list[list[str]], partitions: int
) -> None:
    out = study().run(partitions=partitions, a=rows)
    found = [row for row in out.table("USUBJID PARAMCD AVISITN AVAL") if row[1] not in ITEMS]
    assert sorted(found) == sorted(expected(rows))
    assert not out.findings


def derived(rows: str, *codes: str) -> list[list[str]]:
    out = study().run(a=rows)
    return [row for row in out.table("USUBJID PARAMCD AVISITN AVAL AVALC") if row[1] in codes]


FULL = """
SUBJ P  W V
01   I1 0 3
01   I2 0 1
01   I3 0 2
01   I4 0 2
01   I1 1 3
01   I2 1 0
01   I3 1 .
01   I4 1 2
"""


def test_an_item_left_blank_takes_the_sum_and_not_the_prorated_score() -> None:
    # visit 1: 3 + 0 + 2 of three items: 5 * 4 / 3 = 6.67
    assert derived(FULL, "SUM", "PRORATED", "MEAN") == table("""
USUBJID PARAMCD  AVISITN AVAL  AVALC
01      SUM      0       8     .
01      MEAN     0       2     .
01      MEAN     1       1.667 .
01      PRORATED 0       8     .
01      PRORATED 1       6.7   .
""")


def test_a_ratio_to_zero_is_no_record() -> None:
    assert derived(FULL, "RATIO") == table("""
USUBJID PARAMCD AVISITN AVAL AVALC
01      RATIO   0       3    .
""")


def test_without_a_visit_after_baseline_there_is_no_peak_and_no_responder() -> None:
    assert derived(FULL, "PEAK", "TPEAK", "BEST", "WORST", "RESP") == []


def both(first: int, second: int, subject: str = "01", base: int | None = 8) -> list[list[str]]:
    values = {"1": first, "2": second} | ({"0": base} if base is not None else {})
    return [
        [subject, item, visit, str(value if item == "I1" else 0)]
        for visit, value in values.items()
        for item in ITEMS
    ]


def test_the_earliest_of_equal_peaks() -> None:
    out = study().run(a=both(9, 9))
    found = [
        row for row in out.table("PARAMCD AVISITN AVAL") if row[0] in ("PEAK", "TPEAK", "BEST")
    ]
    assert found == [["PEAK", "1", "9"], ["TPEAK", "1", "1"], ["BEST", "1", "9"]]


def test_a_responder_needs_a_baseline_to_be_asked() -> None:
    rows = both(6, 9) + both(7, 8, "02") + both(1, 1, "03", None)
    out = study().run(a=rows)
    found = [row for row in out.table("USUBJID PARAMCD AVALC AVAL") if row[1] == "RESP"]
    assert found == [["01", "RESP", "Y", "1"], ["02", "RESP", "N", "0"]]
