"""SAS dates, datetimes and times from --DTC and back, against Python's datetime."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.dates import from_date, from_datetime, from_time, to_date, to_datetime, to_time

EPOCH = dt.datetime(1960, 1, 1)
NAN = float("nan")


def same(found: np.ndarray, expected: list[float]) -> bool:
    return np.array_equal(found, np.array(expected, float), equal_nan=True)


TABLE = [
    # --DTC                    date     time
    ("1960-01-01", 0, NAN),
    ("1959-12-31T23:59:59", -1, 86399),
    ("2000-03-01T07:15", 14670, 26100),
    ("2000-03-01T07", 14670, NAN),
    ("2000-03-01T-:15", 14670, NAN),
    ("2000-03-01T07:-:10", 14670, NAN),
    ("2000-03-01T00:00:00.25", 14670, 0.25),
    ("2000-03-01T07:15:00+08:00", 14670, 26100),
    ("2000-03", NAN, NAN),
    ("2000", NAN, NAN),
    ("2000---01", NAN, NAN),
    ("--03-01", NAN, NAN),
    ("2000-03--T07:15", NAN, 26100),
    ("-----T07:15", NAN, 26100),
    ("2000-03-01/2000-03-02", NAN, NAN),
    ("2000-02-30", NAN, NAN),
    ("UNK", NAN, NAN),
    ("", NAN, NAN),
]


def test_numbers_of_complete_and_partial_values() -> None:
    texts = pa.array([text for text, _, _ in TABLE])
    assert same(to_date(texts), [day for _, day, _ in TABLE])
    assert same(to_time(texts), [time for _, _, time in TABLE])
    assert same(to_datetime(texts), [day * 86_400 + time for _, day, time in TABLE])


def test_a_time_may_stand_alone() -> None:
    assert same(
        to_time(pa.array(["07:15", "07:15:30", "23:59:60", "7:15"])), [26100, 26130, NAN, NAN]
    )


@settings(deadline=None)
@given(st.lists(st.datetimes()))
def test_moments_round_trip(moments: list[dt.datetime]) -> None:
    moments = [moment.replace(microsecond=0) for moment in moments]
    texts = [moment.isoformat() for moment in moments]
    iso = pa.array(texts, pa.string())
    elapsed = [(moment - EPOCH) / dt.timedelta(seconds=1) for moment in moments]
    assert same(to_datetime(iso), elapsed)
    assert from_datetime(np.array(elapsed, float)).to_pylist() == texts
    assert from_date(to_date(iso)).to_pylist() == [text[:10] for text in texts]
    assert from_time(to_time(iso)).to_pylist() == [text[11:] for text in texts]


@settings(deadline=None)
@given(st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))))
def test_milliseconds_round_trip(moments: list[dt.datetime]) -> None:
    moments = [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in moments]
    elapsed = np.array([(moment - EPOCH) / dt.timedelta(seconds=1) for moment in moments], float)
    texts = [
        moment.isoformat(timespec="milliseconds").rstrip("0")
        if moment.microsecond
        else moment.isoformat()
        for moment in moments
    ]
    assert from_datetime(elapsed).to_pylist() == texts
    assert same(to_datetime(pa.array(texts, pa.string())), elapsed.tolist())


def test_missing_and_fractions() -> None:
    numbers = np.array([NAN, 0.5, 86_399.9999999, -0.25])
    assert from_datetime(numbers).to_pylist() == [
        "",
        "1960-01-01T00:00:00.5",
        "1960-01-02T00:00:00",
        "1959-12-31T23:59:59.75",
    ]
    assert from_date(np.array([NAN, 0.9, -0.1])).to_pylist() == ["", "1960-01-01", "1959-12-31"]
    assert from_time(np.array([NAN, 0.5, 26_100])).to_pylist() == ["", "00:00:00.5", "07:15:00"]


def test_numbers_that_are_no_dates_are_refused() -> None:
    with pytest.raises(ValueError, match="a date lies in the years 1 to 9999"):
        from_date(np.array([5e6]))
    with pytest.raises(ValueError, match="a date lies in the years 1 to 9999"):
        from_datetime(np.array([-1e12]))
    with pytest.raises(ValueError, match="a time of day is 0 to 86399"):
        from_time(np.array([86_400.0]))
    with pytest.raises(ValueError, match="a time of day is 0 to 86399"):
        from_time(np.array([-1.0]))
