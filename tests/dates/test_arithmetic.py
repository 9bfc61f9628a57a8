"""Study days, differences and ages, by hand and by counting one step at a time."""

import calendar
import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.dates import (
    age,
    days_between,
    months_between,
    study_day,
    to_date,
    weeks_between,
    years_between,
)
from mg_cdisc.dates.arithmetic import AgeUnit

EPOCH = dt.date(1960, 1, 1)
NAN = float("nan")
days = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


def numbers(texts: list[str]) -> np.ndarray:
    return to_date(pa.array(texts, pa.string()))


def sas(dates: list[dt.date]) -> np.ndarray:
    return np.array([(date - EPOCH).days for date in dates], float)


def test_study_day_has_no_day_zero() -> None:
    table = [
        # --DTC             RFSTDTC             --DY
        ("2025-03-15", "2025-03-15", 1),
        ("2025-03-16", "2025-03-15", 2),
        ("2025-03-14", "2025-03-15", -1),
        ("2025-03-13", "2025-03-15", -2),
        ("2025-03-15T00:00", "2025-03-15T23:59", 1),
        ("2025-03-14T23:59", "2025-03-15T00:00", -1),
        ("2025-01-01", "2024-12-31", 2),
        ("2024-03-01", "2024-02-28", 3),
        ("2023-03-01", "2023-02-28", 2),
        ("2025-03", "2025-03-15", NAN),
        ("2025-03-15", "2025", NAN),
        ("2025---15", "2025-01-15", NAN),
        ("", "2025-03-15", NAN),
        ("2025-03-15", "", NAN),
    ]
    found = study_day(numbers([row[0] for row in table]), numbers([row[1] for row in table]))
    assert np.array_equal(found, np.array([row[2] for row in table], float), equal_nan=True)


@settings(deadline=None)
@given(st.lists(st.tuples(days, days), min_size=1))
def test_study_day_counts_days_one_by_one(drawn: list[tuple[dt.date, dt.date]]) -> None:
    found = study_day(sas([date for date, _ in drawn]), sas([start for _, start in drawn]))
    for (date, start), day in zip(drawn, found, strict=True):
        assert day != 0
        # undo: day 1 is the start, day -1 the day before it
        assert start + dt.timedelta(days=day - 1 if day > 0 else day) == date


def test_numbers_of_datetimes_count_by_their_days() -> None:
    # the 11th in the evening and the 12th in the morning, as days with decimals
    assert study_day(np.array([11.9]), np.array([12.1])).tolist() == [-1.0]
    assert days_between(np.array([11.9]), np.array([12.1])).tolist() == [1.0]
    assert weeks_between(np.array([0.5]), np.array([14.0])).tolist() == [2.0]


MONTHS = [
    ("2025-01-15", "2025-02-15", 1, 0),
    ("2025-01-15", "2025-02-14", 0, 0),
    ("2025-01-31", "2025-02-28", 0, 0),
    ("2025-01-31", "2025-03-01", 1, 0),
    ("2025-01-31", "2025-03-30", 1, 0),
    ("2025-01-31", "2025-03-31", 2, 0),
    ("2024-02-29", "2025-02-28", 11, 0),
    ("2024-02-29", "2025-03-01", 12, 1),
    ("2024-02-29", "2028-02-29", 48, 4),
    ("2024-12-31", "2025-01-01", 0, 0),
    ("2024-12-31", "2025-12-31", 12, 1),
    ("2024-12-31", "2025-12-30", 11, 0),
    ("1960-05-17", "2025-05-16", 779, 64),
    ("1960-05-17", "2025-05-17", 780, 65),
    ("2025-03-15", "2025-03-15", 0, 0),
]


def test_calendar_months_and_years() -> None:
    start, end = numbers([row[0] for row in MONTHS]), numbers([row[1] for row in MONTHS])
    assert months_between(start, end).tolist() == [row[2] for row in MONTHS]
    assert years_between(start, end).tolist() == [row[3] for row in MONTHS]
    assert months_between(end, start).tolist() == [-row[2] for row in MONTHS]
    assert years_between(end, start).tolist() == [-row[3] for row in MONTHS]


def test_a_stated_divisor() -> None:
    start, end = np.array([0.0, NAN]), np.array([365.25, 1.0])
    assert months_between(start, end, 30.4375)[0] == 365 / 30.4375
    assert years_between(start, end, 365.25)[0] == 365 / 365.25
    assert np.isnan(months_between(start, end, 30.4375)[1])


def test_missing_makes_missing() -> None:
    start, end = np.array([NAN, 1.0, NAN]), np.array([1.0, NAN, NAN])
    for between in (days_between, weeks_between, months_between, years_between, study_day):
        assert np.isnan(between(start, end)).all()


def later_by_months(date: dt.date, months: int) -> dt.date:
    """The day on which so many months are completed."""
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    month += 1
    if date.day <= calendar.monthrange(year, month)[1]:
        return dt.date(year, month, date.day)
    return dt.date(year + month // 12, month % 12 + 1, 1)


@settings(deadline=None)
@given(st.lists(st.tuples(days, st.integers(0, 2000)), min_size=1, max_size=10))
def test_months_are_counted_one_by_one(drawn: list[tuple[dt.date, int]]) -> None:
    ends = [start + dt.timedelta(days=length) for start, length in drawn]
    starts = [start for start, _ in drawn]
    months, years = months_between(sas(starts), sas(ends)), years_between(sas(starts), sas(ends))
    for start, end, month, year in zip(starts, ends, months, years, strict=True):
        count = 0
        while later_by_months(start, count + 1) <= end:
            count += 1
        assert month == count
        assert year == count // 12


AGES = [
    # BRTHDTC        reference            years
    ("1960-05-17", "2025-05-16", 64),
    ("1960-05-17", "2025-05-17", 65),
    ("1960-05-17T23:00", "2025-05-17T01:00", 65),
    ("2000-02-29", "2025-02-28", 24),
    ("2000-02-29", "2025-03-01", 25),
    ("2000-02-29", "2024-02-29", 24),
    ("1960-05", "2025-04-30", 64),
    ("1960-05", "2025-05-01", NAN),
    ("1960-05", "2025-05-30", NAN),
    ("1960-05", "2025-05-31", 65),
    ("1960-05", "2025-06-01", 65),
    ("1960", "2025-06-01", NAN),
    ("1960", "2025-12-31", 65),
    ("1960", "2025-01-01", NAN),
    ("1960", "2025", NAN),
    ("1960-01-01", "2025", 65),
    ("1960-01-02", "2025", NAN),
    ("1960---15", "2025-01-14", 64),
    ("1960---15", "2025-12-15", 65),
    ("1960---15", "2025-12-14", NAN),
    ("--05-17", "2025-05-17", NAN),
    ("", "2025-05-17", NAN),
    ("1960-05-17", "", NAN),
    ("2025-05-18", "2025-05-17", NAN),
    ("2025-05", "2025-05-17", NAN),
    ("2025-05-17", "2025-05-17", 0),
    ("1959-12-01/1960-01-15", "2025-06-01", 65),
]


def test_ages() -> None:
    births, references = (pa.array([row[side] for row in AGES]) for side in (0, 1))
    found = age(births, references)
    for row, years in zip(AGES, found, strict=True):
        assert years == row[2] or (np.isnan(years) and np.isnan(row[2])), row


def test_age_in_other_units() -> None:
    births, references = pa.array(["2025-01-31"] * 2), pa.array(["2025-03-01", "2025-03"])
    assert age(births, references, "months").tolist() == pytest.approx([1, NAN], nan_ok=True)
    assert age(births, references, "weeks").tolist() == pytest.approx([4, NAN], nan_ok=True)
    assert age(births, references, "days").tolist() == pytest.approx([29, NAN], nan_ok=True)
    partial = age(pa.array(["2025-01"]), pa.array(["2025-03-31"]), "months")
    assert partial.tolist() == [2]


def whole(unit: AgeUnit, birth: dt.date, at: dt.date) -> int:
    if unit in ("days", "weeks"):
        return (at - birth).days // (7 if unit == "weeks" else 1)
    had = at.year - birth.year - ((at.month, at.day) < (birth.month, birth.day))
    if unit == "years":
        return had
    return (at.year - birth.year) * 12 + at.month - birth.month - (at.day < birth.day)


def listed(date: dt.date, length: int) -> list[dt.date]:
    """Every day that the date can be when only its first so many characters are known."""
    year = [dt.date(date.year, 1, 1) + dt.timedelta(days=day) for day in range(366)]
    return [day for day in year if day.isoformat()[:length] == date.isoformat()[:length]]


@settings(max_examples=30, deadline=None)
@given(
    days,
    st.integers(0, 1500),
    st.sampled_from([4, 7, 10]),
    st.sampled_from([7, 10]),
    st.sampled_from(["years", "months", "weeks", "days"]),
)
def test_an_age_is_given_where_every_pair_of_days_agrees(
    birth: dt.date, lived: int, known: int, reference_known: int, unit: AgeUnit
) -> None:
    at = birth + dt.timedelta(days=lived)
    texts = birth.isoformat()[:known], at.isoformat()[:reference_known]
    found = age(pa.array([texts[0]]), pa.array([texts[1]]), unit)[0]
    births, references = listed(birth, known), listed(at, reference_known)
    answers = {whole(unit, one, other) for one in births for other in references}
    if len(answers) == 1 and births[-1] <= references[0]:
        assert found == answers.pop()
    else:
        assert np.isnan(found)
