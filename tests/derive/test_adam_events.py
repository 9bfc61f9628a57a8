"""Population flags, imputed dates, study days, durations, treatment emergence, worst and first
occurrence: an OCCDS of events beside an ADSL, against the rules read row by row."""

from __future__ import annotations

import calendar
from datetime import date
from functools import cache

from harness import Study, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import SUBJECTS

SPEC = """
dataset: DM
keys: [USUBJID]
steps:
  - records: {from: d}
  - ARM: A
  - DTHDTC: iso(X)
---
dataset: EX
keys: [USUBJID, EXSEQ]
steps:
  - records: {from: x}
  - EXDOSE: number(V)
  - EXSTDTC: iso(D)
  - EXSEQ: {sequence: [EXSTDTC, EXDOSE]}
---
dataset: AE
keys: [USUBJID, AESEQ]
steps:
  - records: {from: a}
  - AEDECOD: T
  - AETOXGR: G
  - AESTDTC: iso(S)
  - AEENDTC: iso(E)
  - AESEQ: {sequence: number(I)}
---
dataset: ADSL
keys: [STUDYID, USUBJID]
steps:
  - records: {from: DM, keep: [STUDYID, USUBJID, ARM], set: {DTHDT: date(DTHDTC)}}
  - TRTSDT: {from: EX, where: EXDOSE > 0, value: min(date(EXSTDTC))}
  - SAFFL:  {flag: not missing(TRTSDT), else: N}
  - FASFL:  {flag: SAFFL = 'Y' and ARM != '', else: N}
---
dataset: ADAE
class: OCCDS
keys: [USUBJID, AESEQ]
steps:
  - records: {from: AE, keep: [USUBJID, AESEQ, AEDECOD, AETOXGR, AESTDTC, AEENDTC]}
  - lookup:  {from: ADSL, keep: [TRTSDT, SAFFL, DTHDT]}
  - ASTDT:   {impute: AESTDTC, date: first, highest: M, not_before: TRTSDT, date_flag: ASTDTF}
  - AENDT:   {impute: AEENDTC, date: last, highest: M, not_after: DTHDT, date_flag: AENDTF}
  - ASTDY:   study_day(ASTDT, TRTSDT)
  - AENDY:   study_day(AENDT, TRTSDT)
  - ADURN:   {assign: AENDT - ASTDT + 1, when: AENDT >= ASTDT}
  - TRTEMFL: {flag: ASTDT >= TRTSDT}
  - ATOXGRN: number(AETOXGR)
  - AOCCFL:  {flag: TRTEMFL = 'Y', by: USUBJID, order: [ASTDT, AESEQ], take: first}
  - AOCCIFL: {flag: TRTEMFL = 'Y', by: USUBJID, order: [ATOXGRN desc, ASTDT, AESEQ], take: first}
  - AOCCPFL: {flag: TRTEMFL = 'Y', by: [USUBJID, AEDECOD], order: [ASTDT, AESEQ], take: first}
"""
SHOWN = (
    "USUBJID AESEQ ASTDT ASTDTF AENDT AENDTF ASTDY AENDY ADURN TRTEMFL AOCCFL AOCCIFL AOCCPFL SAFFL"
)


@cache
def study() -> Study:
    return Study(SPEC, d="SUBJ A X", x="SUBJ D V", a="SUBJ I T G S E")


def whole(text: str) -> date | None:
    return date.fromisoformat(text) if len(text) == 10 else None


def imputed(text: str, how: str, limit: date | None) -> tuple[date | None, str]:
    """A date of which the month is known; its unknown parts as the first or last, within a limit."""
    if len(text) in (0, 10):
        return whole(text), ""
    if len(text) == 4:
        low, high, flag = date(int(text), 1, 1), date(int(text), 12, 31), "M"
    else:
        year, month = int(text[:4]), int(text[5:])
        low, high, flag = (
            date(year, month, 1),
            date(year, month, calendar.monthrange(year, month)[1]),
            "D",
        )
    made = low if how == "first" else high
    if limit is not None and low <= limit <= high:
        made = limit
    return made, flag


def day(when: date | None, start: date | None) -> str:
    if when is None or start is None:
        return ""
    return str((when - start).days + (1 if when >= start else 0))


def start_of(doses: list[list[str]], subject: str) -> date | None:
    found = [
        when
        for s, d, v in doses
        if s == subject and v and float(v) > 0 and (when := whole(d)) is not None
    ]
    return min(found, default=None)


def expected(
    people: list[list[str]], doses: list[list[str]], events: list[list[str]]
) -> tuple[list[list[str]], list[list[str]]]:
    starts = {s: start_of(doses, s) for s, _, _ in people}
    deaths = {s: whole(x) for s, _, x in people}
    safety = {s: "Y" if starts[s] else "N" for s in starts}
    populations = [[s, safety[s], "Y" if safety[s] == "Y" and arm else "N"] for s, arm, _ in people]
    rows = []
    numbers: dict[str, int] = {}
    for s, _, term, grade, start, end in events:
        numbers[s] = numbers.get(s, 0) + 1
        first = starts.get(s)
        ast, astf = imputed(start, "first", first)
        aen, aenf = imputed(end, "last", deaths.get(s))
        length = str((aen - ast).days + 1) if ast and aen and aen >= ast else ""
        emergent = "Y" if ast and first and ast >= first else ""
        rows.append({
            "s": s, "n": numbers[s], "t": term, "g": int(grade) if grade else -1, "ast": ast,
            "te": emergent, "cells": [
                str(ast or ""), astf, str(aen or ""), aenf, day(ast, first), day(aen, first),
                length, emergent,
            ],
        })  # fmt: skip
    told = []
    for row in rows:
        mine = [r for r in rows if r["s"] == row["s"] and r["te"]]
        same = [r for r in mine if r["t"] == row["t"]]

        def first_of(group, key):  # type: ignore[no-untyped-def]
            return "Y" if group and min(group, key=key) is row else ""  # noqa: B023

        told.append([
            row["s"], str(row["n"]), *row["cells"],
            first_of(mine, lambda r: (r["ast"], r["n"])),
            first_of(mine, lambda r: (-r["g"], r["ast"], r["n"])),
            first_of(same, lambda r: (r["ast"], r["n"])),
            safety.get(row["s"], ""),
        ])  # fmt: skip
    return populations, told


MOMENTS = st.sampled_from(
    [
        "",
        "2025",
        "2024",
        "2025-03",
        "2025-02",
        "2025-03-05",
        "2025-03-10",
        "2025-02-28",
        "2025-04-01",
    ]
)
PEOPLE = st.tuples(*(st.tuples(st.just(s), st.sampled_from(["", "X"]),
                               st.sampled_from(["", "2025-03-20"])) for s in SUBJECTS)).map(
    lambda rows: [list(row) for row in rows])  # fmt: skip
DOSES = st.lists(
    st.tuples(
        st.sampled_from(SUBJECTS[:2]),
        st.sampled_from(["", "2025-03-05", "2025-03-09", "2025-03"]),
        st.sampled_from(["", "0", "10"]),
    ).map(list),
    max_size=4,
)
EVENTS = st.lists(
    st.tuples(st.sampled_from(SUBJECTS), st.sampled_from("AB"), st.sampled_from(["", "1", "3"]),
              MOMENTS, MOMENTS), max_size=8,
).map(lambda rows: [[r[0], str(n), *r[1:]] for n, r in enumerate(rows, 1)])  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(people=PEOPLE, doses=DOSES, events=EVENTS, partitions=st.sampled_from([1, 3]))
def test_subjects_and_events_as_read_row_by_row(
    people: list[list[str]], doses: list[list[str]], events: list[list[str]], partitions: int
) -> None:
    out = study().run(partitions=partitions, d=people, x=doses, a=events)
    populations, rows = expected(people, doses, events)
    assert sorted(out.table("USUBJID SAFFL FASFL", "ADSL")) == populations
    assert sorted(out.table(SHOWN, "ADAE")) == sorted(rows)


PERSON = "SUBJ A X\n01   X ."
DOSED = "SUBJ D          V\n01   2025-03-05 10"


def by_hand(events: str, columns: str, dosed: str = DOSED, person: str = PERSON) -> list[list[str]]:
    return study().run(d=person, x=dosed, a=events).table(columns, "ADAE")


def test_dates_at_each_precision_and_their_flags() -> None:
    assert by_hand(
        """
SUBJ I T G S          E
01   1 A 1 2025-03-10 2025-03-12
01   2 A 1 2025-03    2025-03
01   3 A 1 2025       2025
01   4 A 1 2025-04    2025-04
01   5 A 1 .          .
01   6 A 1 2024       2026
""",
        "ASTDT ASTDTF ASTDY AENDT AENDTF ADURN TRTEMFL",
    ) == table("""
ASTDT      ASTDTF ASTDY AENDT      AENDTF ADURN TRTEMFL
2025-03-10 .      6     2025-03-12 .      3     Y
2025-03-05 D      1     2025-03-31 D      27    Y
2025-03-05 M      1     2025-12-31 M      302   Y
2025-04-01 D      28    2025-04-30 D      30    Y
.          .      .     .          .      .     .
2024-01-01 M      -429  2026-12-31 M      1096  .
""")


def test_the_day_before_the_first_dose_is_minus_one() -> None:
    assert by_hand(
        """
SUBJ I T G S          E
01   1 A 1 2025-03-04 2025-03-04
01   2 A 1 2025-03-05 2025-03-05
01   3 A 1 2025-03-06 2025-03-05
""",
        "ASTDY AENDY ADURN TRTEMFL AOCCFL",
    ) == table("""
ASTDY AENDY ADURN TRTEMFL AOCCFL
-1    -1    1     .       .
1     1     1     Y       Y
2     1     .     Y       .
""")


def test_a_subject_without_a_dose_has_no_day_and_nothing_that_emerged() -> None:
    for dosed in ("SUBJ D          V\n01   2025-03-05 0", "SUBJ D       V\n01   2025-03 10"):
        assert by_hand(
            """
SUBJ I T G S          E
01   1 A 3 2025-03-10 2025-03-12
""",
            "SAFFL ASTDY ADURN TRTEMFL AOCCFL AOCCIFL",
            dosed,
        ) == [["N", "", "3", "", "", ""]]


def test_an_end_is_not_imputed_past_death() -> None:
    assert by_hand(
        """
SUBJ I T G S          E
01   1 A 5 2025-03-10 2025-03
01   2 A 1 2025-02-01 2025-02
01   3 A 1 2025-02-01 2025-05
""",
        "AENDT AENDTF",
        person="SUBJ A X\n01   X 2025-03-20",
    ) == [["2025-03-20", "D"], ["2025-02-28", "D"], ["2025-05-31", "D"]]


def test_events_of_one_day_and_of_one_grade() -> None:
    assert by_hand(
        """
SUBJ I T G S          E
01   1 A 2 2025-03-10 .
01   2 B 3 2025-03-10 .
01   3 B 3 2025-03-10 .
01   4 A . 2025-03-09 .
""",
        "AESEQ AOCCFL AOCCIFL AOCCPFL",
    ) == table("""
AESEQ AOCCFL AOCCIFL AOCCPFL
1     .      .       .
2     .      Y       Y
3     .      .       .
4     Y      .       Y
""")


TIMES = """
  - records: {from: t}
  - ADTM: {impute: iso(D), date: first, time: last, highest: D, date_flag: ADTF, time_flag: ATMF}
  - ADT:  date(iso(D))
"""


def test_times_at_each_precision_and_their_flags() -> None:
    out = Study(TIMES, t="SUBJ D").run(
        t="""
SUBJ D
01   2025-03-10T09:30:15
01   2025-03-10T09:30
01   2025-03-10T09
01   2025-03-10
01   2025-03
01   2025
"""
    )
    assert out.table("ADTM ADTF ATMF ADT") == table("""
ADTM                ADTF ATMF ADT
2025-03-10T09:30:15 .    .    2025-03-10
2025-03-10T09:30:59 .    S    2025-03-10
2025-03-10T09:59:59 .    M    2025-03-10
2025-03-10T23:59:59 .    H    2025-03-10
2025-03-01T23:59:59 D    H    .
.                   .    .    .
""")
