"""ISO 8601 from what was collected, and imputed dates with their flags."""

from __future__ import annotations

import calendar
from datetime import date
from functools import cache

import pytest
from harness import Study, refusals, run, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import table_of
from scalar import Partial, span

SDTM = "dataset: LB\nkeys: [USUBJID]\nsteps:\n  - records: {from: a}\n"


def test_one_column_in_its_format_as_precise_as_collected() -> None:
    out = run(
        SDTM + "  - LBDTC: {iso8601: D, format: dd-MMM-yyyy}\n",
        a="""
SUBJ D
01   05-MAR-2025
01   UN-MAR-2025
01   UN-UNK-2025
01   .
01   31-FEB-2025
01   2025-03-05
""",
    )
    assert out.column("LBDTC", "LB") == ["2025-03-05", "2025-03", "2025", "", "", ""]
    assert out.kinds == ["bad-date a:5", "bad-date a:6"]
    assert "'31-FEB-2025' is no date in the format dd-MMM-yyyy" in str(out.findings[0])


def test_several_formats_and_a_time_of_its_own() -> None:
    out = run(
        SDTM + "  - LBDTC: {iso8601: D, format: [dd-MMM-yyyy, yyyy-MM-dd], time: T}\n",
        a="""
SUBJ D           T
01   05-MAR-2025 07:05
01   2025-03-05  07:05:30
01   2025-03     .
01   .           07:05
01   2025-03-05  25:00
""",
    )
    assert out.column("LBDTC", "LB") == [
        "2025-03-05T07:05", "2025-03-05T07:05:30", "2025-03", "-----T07:05", "",
    ]  # fmt: skip
    assert out.kinds == ["bad-date a:5"]


def test_parts_and_a_time_of_its_own() -> None:
    out = run(
        SDTM + "  - LBDTC: {iso8601: [Y, M, D], time: T}\n",
        a="""
SUBJ Y    M   D  T
01   2025 3   5  07:05
01   2025 Mar .  .
01   2025 .   15 .
01   .    .   .  .
01   2025 2   30 .
01   25   2   3  .
""",
    )
    assert out.column("LBDTC", "LB") == [
        "2025-03-05T07:05", "2025-03", "2025---15", "", "", "",
    ]  # fmt: skip
    assert out.kinds == ["bad-date a:5", "bad-date a:6"]


def test_the_formats_of_the_source_where_none_is_written() -> None:
    bound = Study(SDTM + "  - LBDTC: {iso8601: D}\n", dates={"a": "[dd/MM/yyyy]"}, a="SUBJ D")
    out = bound.run(a=[["01", "05/03/2025"], ["01", "03.05.2025"]])
    assert out.column("LBDTC", "LB")[0] == "2025-03-05"
    assert out.kinds == ["bad-date a:2"]


def test_a_date_is_at_fault_only_where_its_condition_holds() -> None:
    out = run(
        SDTM + "  - LBDTC: {iso8601: D, format: yyyy-MM-dd, when: F = 'Y'}\n",
        a="""
SUBJ D          F
01   unknown    N
01   2025-01-01 Y
""",
    )
    assert out.column("LBDTC", "LB") == ["", "2025-01-01"]
    assert out.findings == []


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("LBDTC: {iso8601: D}", "[no-format] LBDTC"),
        ("LBDTC: {iso8601: D, format: DD.MM.YY}", "[bad-format] LBDTC.format"),
        ("LBDTC: {iso8601: D, format: HH:mm}", "[bad-format] LBDTC.format"),
        ("LBDTC: {iso8601: D, format: yyyy-MM-dd, time: D, time_format: yyyy}",
         "[bad-format] LBDTC.time_format"),
        ("LBDTC: {iso8601: number(D), format: yyyy}", "[bad-expression] LBDTC.iso8601"),
        ("LBDTC: {iso8601: [D, D, D, D, D, D, D]}", "[bad-expression] LBDTC.iso8601"),
        ("LBSTRESN: {iso8601: D, format: yyyy}", "[wrong-type] LBSTRESN"),
        ("LBDTC: {iso8601: [D, Z]}", "[unknown-variable] LBDTC.iso8601"),
    ],
)  # fmt: skip
def test_iso8601_refused(step: str, fault: str) -> None:
    found = refusals(f"{SDTM}  - {step}\n", a="SUBJ D")
    assert len(found) == 1
    assert found[0].startswith(fault)


PARTIALS = st.sampled_from(
    ["", "2024", "2024-02", "2023-02", "2024-02-10", "2024-02-10T09:30", "2024-12", "2025"]
)
LIMITS = st.sampled_from(["", "2024-02-15", "2024-06-30", "2023-12-31"])


@cache
def imputed(options: str) -> Study:
    return Study(
        f"""
  - records: {{from: a, set: {{_p: iso(P), _l: iso(L)}}}}
  - ADT: {{impute: _p, date_flag: ADTF, {options}}}
""",
        a="SUBJ I P L",
    )


def last_day(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def by_rule(text: str, rule: str, highest: str) -> tuple[date | None, str]:
    """The date and flag that ADaM's rules give, without limits."""
    if not text:
        return None, ""
    year, month, day = int(text[:4]), text[5:7], text[8:10]
    if day:
        return date.fromisoformat(text[:10]), ""
    flag = "D" if month else "M"
    if flag == "M" and highest == "D":
        return None, ""
    if month:
        number = int(month)
        days = {"first": 1, "last": last_day(year, number), "mid": 15, "03-20": 20}
        return date(year, number, days[rule]), flag
    full = {
        "first": date(year, 1, 1), "last": date(year, 12, 31), "mid": date(year, 6, 30),
        "03-20": date(year, 3, 20),
    }  # fmt: skip
    return full[rule], flag


@pytest.mark.parametrize("rule", ["first", "last", "mid", "03-20"])
@pytest.mark.parametrize("highest", ["D", "M"])
@settings(max_examples=20, deadline=None)
@given(rows=table_of(P=PARTIALS, L=LIMITS))
def test_imputing_by_a_rule(rule: str, highest: str, rows: list[list[str]]) -> None:
    out = imputed(f"date: {rule}, highest: {highest}").run(a=rows)
    expected = [by_rule(row[2], rule, highest) for row in rows]
    assert out.table("ADT ADTF") == [
        [made.isoformat() if made else "", flag] for made, flag in expected
    ]
    assert out.findings == []


@settings(max_examples=60, deadline=None)
@given(rows=table_of(P=PARTIALS, L=LIMITS))
def test_an_imputed_date_stays_on_the_right_side_of_its_limit(rows: list[list[str]]) -> None:
    early = imputed("date: first, not_before: _l").run(a=rows)
    late = imputed("date: last, not_after: _l").run(a=rows)
    for row, after, before in zip(rows, early.column("ADT"), late.column("ADT"), strict=True):
        text, limit = row[2], row[3]
        first, _ = by_rule(text, "first", "M")
        last, _ = by_rule(text, "last", "M")
        if first is None or last is None:
            assert after == before == ""
            continue
        low, high = (moment.date() for moment in span(Partial(text)))
        wall = date.fromisoformat(limit) if limit else None
        inside = wall is not None and low <= wall <= high and len(text) < 10
        assert after == (wall if inside else first).isoformat()  # type: ignore[union-attr]
        assert before == (wall if inside else last).isoformat()  # type: ignore[union-attr]


def test_times_are_imputed_with_their_flags() -> None:
    out = run(
        """
  - records: {from: a}
  - ADTM: {impute: iso(P), date: first, time: last, date_flag: ADTF, time_flag: ATMF}
""",
        a="""
SUBJ P
01   2024-02-10T09:30:15
01   2024-02-10T09:30
01   2024-02-10
01   2024-02
01   .
""",
    )
    assert out.table("ADTM ADTF ATMF") == table("""
ADTM                ADTF ATMF
2024-02-10T09:30:15 .    .
2024-02-10T09:30:59 .    S
2024-02-10T23:59:59 .    H
2024-02-01T23:59:59 D    H
.                   .    .
""")


def test_a_time_alone_may_be_imputed_and_seconds_be_nothing_to_flag() -> None:
    out = run(
        """
  - records: {from: a}
  - ADTM: {impute: iso(P), highest: none, time: first, time_flag: ATMF, seconds_collected: false}
""",
        a="""
SUBJ P
01   2024-02-10T09:30
01   2024-02-10T09
01   2024-02-10
01   2024-02
""",
    )
    assert out.table("ADTM ATMF") == table("""
ADTM                ATMF
2024-02-10T09:30:00 .
2024-02-10T09:00:00 M
2024-02-10T00:00:00 H
.                   .
""")


def test_flags_are_guarded_with_their_date() -> None:
    out = run(
        """
  - records: {from: a}
  - ADT: {impute: iso(P), date_flag: ADTF, when: F = 'Y'}
""",
        a="""
SUBJ P       F
01   2024-02 Y
01   2024-02 N
""",
    )
    assert out.table("ADT ADTF") == [["2024-02-01", "D"], ["", ""]]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("ADT: {impute: P}", "[bad-expression] ADT.impute"),
        ("ADT: {impute: iso(P), date: middle}", "[bad-expression] ADT.date"),
        ("ADT: {impute: iso(P), date: 02-30}", "[bad-expression] ADT.date"),
        ("ADTM: {impute: iso(P), time: noon}", "[bad-expression] ADTM.time"),
        ("ADTM: {impute: iso(P)}", "[wrong-type] ADTM"),
        ("ADT: {impute: iso(P), time: last}", "[wrong-type] ADT"),
        ("ADT: {impute: iso(P), time_flag: ATMF}", "[bad-expression] ADT.time_flag"),
        ("ADT: {impute: iso(P), highest: H}", "[bad-value] ADT.highest"),
        ("ADT: {impute: iso(P), highest: none}", "[bad-expression] ADT.highest"),
        ("ADT: {impute: iso(P), not_before: P}", "[bad-expression] ADT.not_before"),
        ("AVALC: {impute: iso(P)}", "[wrong-type] AVALC"),
    ],
)
def test_impute_refused(step: str, fault: str) -> None:
    found = refusals(f"  - records: {{from: a}}\n  - {step}\n", a="SUBJ P")
    assert len(found) == 1
    assert found[0].startswith(fault)
