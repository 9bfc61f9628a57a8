"""Imputation: tables by ADaMIG 3.1.3, and every possible date listed as the reference."""

import calendar
import datetime as dt
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.dates import ImputeError, from_date, from_datetime, impute
from mg_cdisc.dates.impute import Highest, Imputed


def imputed(text: str, **rule: str | pa.Array | None) -> tuple[str, str, str, str, bool]:
    """Date, datetime, date flag, time flag, refused, of one value."""
    made = impute(pa.array([text]), **rule)  # type: ignore[arg-type]
    return shown(made)[0]


def shown(made: Imputed) -> list[tuple[str, str, str, str, bool]]:
    columns = (
        from_date(made.date).to_pylist(),
        from_datetime(made.datetime).to_pylist(),
        made.date_flag.to_pylist(),
        made.time_flag.to_pylist(),
        made.refused.tolist(),
    )
    return list(zip(*columns, strict=True))


# the levels of ADaMIG 1.3 table 3.1.3.1, with every rule
DATES = [
    # --DTC        first         last          mid           02-15         flag
    ("2024-02-29", "2024-02-29", "2024-02-29", "2024-02-29", "2024-02-29", ""),
    ("2024-02", "2024-02-01", "2024-02-29", "2024-02-15", "2024-02-15", "D"),
    ("2023-02", "2023-02-01", "2023-02-28", "2023-02-15", "2023-02-15", "D"),
    ("2023-12", "2023-12-01", "2023-12-31", "2023-12-15", "2023-12-15", "D"),
    ("2023---10", "2023-01-10", "2023-12-10", "2023-06-10", "2023-02-10", "M"),
    ("2023", "2023-01-01", "2023-12-31", "2023-06-30", "2023-02-15", "M"),
    ("2023---31", "2023-01-31", "2023-12-31", "", "", "M"),
    ("--02-10", "", "", "", "", "Y"),
    ("----10", "", "", "", "", "Y"),
    ("", "", "", "", "", ""),
]


@pytest.mark.parametrize("row", DATES)
@pytest.mark.parametrize(("column", "rule"), list(enumerate(["first", "last", "mid", "02-15"], 1)))
def test_dates_by_rule(row: tuple[str, ...], column: int, rule: str) -> None:
    text, expected, flag = row[0], row[column], row[5]
    refused = expected == "" and text != ""
    wanted = (expected, "", "" if refused else flag, "", refused)
    assert imputed(text, date=rule, highest="Y" if text else "M") == wanted


def test_a_lone_day_that_the_month_lacks_becomes_its_last() -> None:
    assert imputed("2023-02", date="06-30")[0] == "2023-02-28"
    assert imputed("2024-02", date="12-31")[0] == "2024-02-29"
    assert imputed("2024-04", date="12-31")[0] == "2024-04-30"


@pytest.mark.parametrize(
    ("text", "highest", "refused"),
    [
        ("2025", "M", False),
        ("2025", "D", True),
        ("2025---15", "D", True),
        ("2025---15", "M", False),
        ("2025-03", "D", False),
        ("2025-03", "", True),
        ("2025-03-15", "", False),
        ("--03-15", "M", True),
        ("", "M", False),
        ("", "Y", True),
        ("UNK", "M", True),
        ("2025-02-30", "M", True),
        ("2025-01-01/2025-02-01", "M", True),
        ("-----T07:15", "M", True),
    ],
)
def test_too_little_known_is_refused(text: str, highest: Highest, refused: bool) -> None:
    date, moment, flag, time_flag, found = imputed(text, highest=highest, time="first")
    assert found == refused
    if refused or not text:
        assert (date, moment, flag, time_flag) == ("", "", "", "")
    else:
        assert date


TIMES = [
    # --DTC, then the datetime by first, last and 12:30:15, and the flag
    ("2025-03-15", "2025-03-15T00:00:00", "2025-03-15T23:59:59", "2025-03-15T12:30:15", "H"),
    ("2025-03-15T10", "2025-03-15T10:00:00", "2025-03-15T10:59:59", "2025-03-15T10:30:15", "M"),
    ("2025-03-15T10:20", "2025-03-15T10:20:00", "2025-03-15T10:20:59", "2025-03-15T10:20:15", "S"),
    ("2025-03-15T10:20:05", *["2025-03-15T10:20:05"] * 3, ""),
    ("2025-03-15T10:20:05.5", *["2025-03-15T10:20:05.5"] * 3, ""),
    ("2025-03-15T-:20", "2025-03-15T00:20:00", "2025-03-15T23:20:59", "2025-03-15T12:20:15", "H"),
    ("2025-03-15T10:-:5", "", "", "", ""),
    ("2025-03-15T10:-:05", *[f"2025-03-15T10:{minute}:05" for minute in ("00", "59", "30")], "M"),
]  # fmt: skip


@pytest.mark.parametrize("row", TIMES)
@pytest.mark.parametrize(("column", "rule"), list(enumerate(["first", "last", "12:30:15"], 1)))
def test_times_by_rule(row: tuple[str, ...], column: int, rule: str) -> None:
    expected = row[column]
    wanted = (expected[:10], expected, "", row[4], expected == "")
    assert imputed(row[0], time=rule) == wanted


def test_times_are_left_alone_unless_asked_for() -> None:
    assert imputed("2025-03-15") == ("2025-03-15", "", "", "", False)
    assert imputed("2025-03-15T10") == ("2025-03-15", "", "", "", False)
    assert imputed("2025-03-15T10:20") == ("2025-03-15", "2025-03-15T10:20:00", "", "", False)
    assert imputed("2025-03--T10:20") == ("2025-03-01", "2025-03-01T10:20:00", "D", "", False)


def test_seconds_never_collected_have_no_flag() -> None:
    made = impute(
        pa.array(["2025-03-15T10:20", "2025-03-15T10", "2025-03-15"]),
        time="first",
        seconds_collected=False,
    )
    assert made.time_flag.to_pylist() == ["", "M", "H"]


def test_date_and_time_are_flagged_together() -> None:
    found = imputed("2025", date="last", time="last")
    assert found == ("2025-12-31", "2025-12-31T23:59:59", "M", "H", False)


LIMITS = [
    # --DTC         rule     not before            not after      date
    ("2025-03", "first", "2025-03-10", "", "2025-03-10"),
    ("2025-03", "first", "2025-02-10", "", "2025-03-01"),
    ("2025-03", "first", "2025-03-01", "", "2025-03-01"),
    ("2025-03", "first", "2025-03-31", "", "2025-03-31"),
    ("2025-03", "first", "2025-04-01", "", "2025-03-01"),
    ("2025-03", "first", "2025-03", "", "2025-03-01"),
    ("2025-03", "first", "2025", "", "2025-03-01"),
    ("2025", "first", "2025-03", "", "2025-03-01"),
    ("2025-03", "first", "", "2025-02-01", "2025-03-01"),
    ("2025-03", "last", "", "2025-03-20", "2025-03-20"),
    ("2025-03", "last", "", "2025-03-20T10:00", "2025-03-20"),
    ("2025-03", "last", "", "2025", "2025-03-31"),
    ("2025", "last", "", "2025-03", "2025-03-31"),
    ("2025-03", "last", "", "2025-02-28", "2025-03-31"),
    ("2025-03", "last", "2025-03-10", "2025-03-20", "2025-03-20"),
    ("2025-03", "mid", "2025-03-10", "2025-03-20", "2025-03-15"),
    ("2025-03", "mid", "2025-03-18", "", "2025-03-18"),
    ("2025-03", "mid", "", "2025-03-12", "2025-03-12"),
    ("2025-03", "first", "2025-03-20", "2025-03-10", "2025-03-01"),
    ("2025-03", "last", "2025-04-05", "2025-03-10", "2025-03-31"),
    ("2025---15", "first", "2025-03-20", "", "2025-04-15"),
    ("2025---15", "first", "2025-03-15", "", "2025-03-15"),
    ("2025---15", "first", "2025-12-16", "", "2025-01-15"),
    ("2025---31", "first", "2025-02-01", "", "2025-03-31"),
    ("2025---15", "last", "", "2025-03-14", "2025-02-15"),
    ("2025---15", "first", "2025-03-16", "2025-04-14", "2025-01-15"),
    ("2025-03-05", "first", "2025-03-10", "", "2025-03-05"),
    ("--03-15", "first", "2025-03-10", "", "2025-03-15"),
    ("--03-15", "first", "2025-03-16", "", "2026-03-15"),
    ("--03", "first", "2025-03-16", "", "2025-03-16"),
    ("--03", "last", "", "2025-02-16", "2024-03-31"),
    ("--02-29", "first", "2025-01-01", "", "2028-02-29"),
    ("--02-29", "first", "1896-03-01", "", "1904-02-29"),
    ("--02-29", "last", "", "1904-02-28", "1896-02-29"),
    ("----15", "last", "", "2025-03-14", "2025-02-15"),
    ("--03-15", "first", "2025-03", "", ""),
    ("--03-15", "last", "2025-03-10", "", ""),
    ("--03-15", "first", "2025-03-20", "2025-03-10", ""),
    ("--03-15", "mid", "2025-03-10", "", ""),
    ("", "first", "2025-03-10", "", "2025-03-10"),
    ("", "last", "", "2025-03-10T10:00", "2025-03-10"),
    ("", "first", "", "2025-03-10", ""),
]


@pytest.mark.parametrize("row", LIMITS)
def test_limits_on_dates(row: tuple[str, str, str, str, str]) -> None:
    text, rule, lower, upper, expected = row
    found = imputed(
        text, date=rule, highest="Y", not_before=pa.array([lower]), not_after=pa.array([upper])
    )
    assert (found[0], found[4]) == (expected, expected == "")


LIMITED_TIMES = [
    # --DTC            rule     not before          not after           datetime
    ("2025-03-10", "first", "2025-03-10T09:30", "", "2025-03-10T09:30:00"),
    ("2025-03-10", "first", "2025-03-10T09:30:15", "", "2025-03-10T09:30:15"),
    ("2025-03-10", "first", "2025-03-11T09:30", "", "2025-03-10T00:00:00"),
    ("2025-03", "first", "2025-03-10T09:30", "", "2025-03-10T09:30:00"),
    ("2025-03", "first", "2025-03-10", "", "2025-03-10T00:00:00"),
    ("2025-03--T08", "first", "2025-03-10T09:30", "", "2025-03-11T08:00:00"),
    ("2025-03--T09", "first", "2025-03-10T09:30", "", "2025-03-10T09:30:00"),
    ("2025-03-10T-:20", "first", "2025-03-10T09:30", "", "2025-03-10T10:20:00"),
    ("2025-03-10T-:20:00", "first", "2025-03-10T09:20:30", "", "2025-03-10T10:20:00"),
    ("2025-03-10T-:20:30", "last", "", "2025-03-10T09:20:00", "2025-03-10T08:20:30"),
    ("2025-03-10T08", "first", "2025-03-10T09:30", "", "2025-03-10T08:00:00"),
    ("2025-03-10T08:10:00", "first", "2025-03-10T09:30", "", "2025-03-10T08:10:00"),
    ("2025-03-10", "last", "", "2025-03-10T09:30", "2025-03-10T09:30:59"),
    ("2025-03", "last", "", "2025-03-10T09:30", "2025-03-10T09:30:59"),
    ("2025-03--T10", "last", "", "2025-03-10T09:30", "2025-03-09T10:59:59"),
    ("2025-03-10", "last", "2025-03-10T11:00", "2025-03-10T09:30", "2025-03-10T23:59:59"),
    ("2025-03--T-:20", "first", "2025-03-10T09:30", "2025-03-10T10:10", "2025-03-01T00:20:00"),
]


@pytest.mark.parametrize("row", LIMITED_TIMES)
def test_limits_on_times(row: tuple[str, str, str, str, str]) -> None:
    text, rule, lower, upper, expected = row
    limits = {"not_before": pa.array([lower]), "not_after": pa.array([upper])}
    assert imputed(text, date=rule, time=rule, **limits)[1] == expected


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"date": "middle"}, "date: middle is not first, last, mid or a day of the year as MM-dd"),
        ({"date": "6-15"}, "date: 6-15 is not first, last, mid or a day of the year as MM-dd"),
        ({"date": "02-29"}, "date: 02-29 is not a day of every year"),
        ({"date": "13-01"}, "date: 13-01 is not a day of every year"),
        ({"date": "00-10"}, "date: 00-10 is not a day of every year"),
        ({"time": "noon"}, "time: noon is not first, last or a time as HH:mm:ss"),
        ({"time": "24:00:00"}, "time: 24:00:00 is not first, last or a time as HH:mm:ss"),
        ({"time": "12:30"}, "time: 12:30 is not first, last or a time as HH:mm:ss"),
        ({"highest": "H"}, "highest: H is not Y, M, D or blank"),
    ],
)
def test_rules_that_cannot_be_meant(rule: dict[str, str], message: str) -> None:
    with pytest.raises(ImputeError) as caught:
        imputed("2025", **rule)
    assert str(caught.value) == message


def test_no_values() -> None:
    none = pa.array([], pa.string())
    assert shown(impute(none, time="last", not_before=none, not_after=none)) == []


def possible(year: int, month: int | None, day: int | None) -> list[dt.date]:
    return [
        dt.date(year, in_month, in_day)
        for in_month in range(1, 13)
        for in_day in range(1, calendar.monthrange(year, in_month)[1] + 1)
        if month in (None, in_month) and day in (None, in_day)
    ]


def text_of(year: int, month: int | None, day: int | None) -> str:
    if day is not None:
        return f"{year:04}-{'-' if month is None else f'{month:02}'}-{day:02}"
    return f"{year:04}" if month is None else f"{year:04}-{month:02}"


Day = TypeVar("Day", dt.date, dt.datetime)


def within(candidates: list[Day], lower: Day | None, upper: Day | None) -> list[Day]:
    """What the limits leave: one that leaves nothing is not applied, nor two that clash."""
    if lower and upper and lower > upper:
        return candidates
    above = [one for one in candidates if lower is None or one >= lower] or candidates
    below = [one for one in candidates if upper is None or one <= upper] or candidates
    return [one for one in above if one in below] or candidates


drawn_dates = st.tuples(
    st.integers(2019, 2021), st.none() | st.integers(1, 12), st.none() | st.integers(1, 31)
).filter(lambda parts: bool(possible(*parts)))
limit_days = st.none() | st.dates(dt.date(2018, 10, 1), dt.date(2022, 3, 1))


@settings(deadline=None)
@given(drawn_dates, limit_days, limit_days, st.sampled_from(["first", "last", "mid", "04-28"]))
def test_the_nearest_possible_date_within_the_limits(
    parts: tuple[int, int | None, int | None],
    lower: dt.date | None,
    upper: dt.date | None,
    rule: str,
) -> None:
    every = possible(*parts)
    _, month, day = parts
    stated = {"mid": (6, 15 if month else 30), "04-28": (4, 28)}
    if rule in stated:
        by_rule = [
            one
            for one in every
            if one.month == (month or stated[rule][0]) and one.day == (day or stated[rule][1])
        ]
    else:
        by_rule = [every[0] if rule == "first" else every[-1]]
    found = imputed(
        text_of(*parts),
        date=rule,
        not_before=pa.array([lower.isoformat() if lower else ""]),
        not_after=pa.array([upper.isoformat() if upper else ""]),
    )
    if not by_rule:
        assert (found[0], found[4]) == ("", True)
        return
    left = within(every, lower, upper) if len(every) > 1 else every
    # by rule where both limits were set aside
    nearest = min(left, key=lambda one: abs(one - by_rule[0]))
    assert found[0] == nearest.isoformat()
    assert found[2] == ("M" if month is None else "D" if day is None else "")


clock_limits = st.none() | st.datetimes(dt.datetime(2020, 1, 25), dt.datetime(2020, 3, 5))


@settings(deadline=None)
@given(
    st.none() | st.integers(1, 29),
    st.none() | st.integers(0, 23),
    st.integers(0, 59),
    clock_limits,
    clock_limits,
    st.sampled_from(["first", "last"]),
    st.sampled_from(["first", "last"]),
)
def test_the_nearest_possible_moment_within_the_limits(
    day: int | None,
    hour: int | None,
    minute: int,
    lower: dt.datetime | None,
    upper: dt.datetime | None,
    date_rule: str,
    time_rule: str,
) -> None:
    every = [
        dt.datetime.combine(one, dt.time(in_hour, minute))
        for one in possible(2020, 2, day)
        for in_hour in range(24)
        if hour in (None, in_hour)
    ]
    lower, upper = (limit and limit.replace(microsecond=0) for limit in (lower, upper))
    text = f"2020-02-{'-' if day is None else f'{day:02}'}T"
    text += f"{'-' if hour is None else f'{hour:02}'}:{minute:02}:00"
    found = imputed(
        text,
        date=date_rule,
        time=time_rule,
        not_before=pa.array([lower.isoformat() if lower else ""]),
        not_after=pa.array([upper.isoformat() if upper else ""]),
    )
    left = within(every, lower, upper)
    moment = dt.datetime.fromisoformat(found[1])
    assert moment in left
    if date_rule == time_rule:
        assert moment == (left[0] if date_rule == "first" else left[-1])


@settings(max_examples=25, deadline=None)
@given(st.lists(drawn_dates, min_size=1))
def test_values_do_not_depend_on_their_neighbours(
    drawn: list[tuple[int, int | None, int | None]],
) -> None:
    texts = [text_of(*parts) for parts in drawn]
    lower = pa.array(["2020-03-10T10:00"] * len(texts))
    together = shown(impute(pa.array(texts), date="mid", time="last", not_before=lower))
    alone = [imputed(text, date="mid", time="last", not_before=lower.slice(0, 1)) for text in texts]
    assert together == alone
    assert np.array_equal([row[4] for row in together], [row[4] for row in alone])
