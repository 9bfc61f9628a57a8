"""What is and is not a --DTC value or a duration; the tables of SDTMIG 3.4 sections 4.4.1-4.4.3."""

import datetime as dt

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.dates import is_duration, is_iso8601, truncate

VALID_TEXT = """
2003-12-15T13:14:17.123 2003-12-15T13:14:17 2003-12-15T13:14 2003-12-15T13 2003-12-15 2003-12 2003
2003-12-15T10:00/2003-12-15T10:30 2003-01-01/2003-02-15 2003/2004 2003-12/2004
2003-12-15T-:15 2003-12-15T13:-:17 2003---15 --12-15 -----T07:15
2003-12-15T-:-:17 --12 ----15 2003-12--T13:15 2003----T13 --12-15T13 -----T-:15 -----T07
2003-12-15T13:14:17Z 2003-12-15T13:14:17.5+08:00 2003-12-15T13:14-05:30 2003-12-15T13+01:00
2024-02-29 2000-02-29 --02-29 0001-01-01 9999-12-31T23:59:59
2003-12-15/P3D P3D/2003-12-15 2003-12-15T10:00/PT0.5H
"""
VALID = VALID_TEXT.split()

INVALID = [
    "", "-", "--", "---", "2003-", "2003--", "2003-12-", "2003-12--", "2003--15", "2003-12-15T",
    "2003-12-15T-", "2003-12-15T13:-", "2003-12-15T13:14:-", "2003T13", "2003-12T13", "T07:15",
    "2003-12-15T13:14:17.", "2003-12-15T13:14.5", "2003-12-15T13:14:-.5", "2003-12-15T-:-",
    "2003-13-01", "2003-00-01", "2003-02-29", "1900-02-29", "2003-04-31", "2003---32", "--02-30",
    "2003-12-00", "0000-01-01", "2003-12-15T24:00", "2003-12-15T23:60", "2003-12-15T23:59:60",
    "20031215", "2003-350", "2003-W50", "03-12-15", "2003-1-5", "15-DEC-2003", "UNK", "2003/12/15",
    "2003-12-15 13:14", " 2003", "2003\n", "2003-12-15t13:14", "2003-12-15T13:14z", "2003-12-15Z",
    "2003-12-15T13:14+0800", "2003-12-15T13:14+24:00", "2003-12-15T13:14+08:60", "２００３",
    "---15T13", "2003/", "/2003", "/", "2003/2004/2005", "2003/x", "P3D/P4D", "P3D",
    "2003-02-30/2003-03-01",
]  # fmt: skip


def test_values_that_a_dtc_may_hold() -> None:
    assert [text for text in VALID if not is_iso8601(pa.array([text]))[0]] == []
    assert is_iso8601(pa.array(VALID)).all()


def test_values_that_a_dtc_may_not_hold() -> None:
    assert [text for text in INVALID if is_iso8601(pa.array([text]))[0]] == []
    assert not is_iso8601(pa.array(INVALID)).any()


def test_null_and_no_values() -> None:
    assert is_iso8601(pa.array([None, "2003"])).tolist() == [False, True]
    assert is_iso8601(pa.array([], pa.string())).tolist() == []
    assert is_duration(pa.array([], pa.string())).tolist() == []


DURATIONS = """P2Y P10W P3M14D P3D P6M17DT3H P14DT7H57M PT42M18S PT0.5H P5DT12.25H P4.5W
P1Y2M3DT4H5M6.7S PT0S P0D P1.5Y"""
NO_DURATIONS = """P PT P1DT 1D P1 P.5D P1,5D P1W2D P1D2M P1.5Y2M PT1.5H3M P1.5DT2H -P1D p1d P1H PT1D
P-1D P1D/P2D 2003 P1DT2"""


def test_durations() -> None:
    good = DURATIONS.split()
    bad = NO_DURATIONS.split()
    bad += ["", " P1D", "P1D "]
    assert [text for text in good if not is_duration(pa.array([text]))[0]] == []
    assert [text for text in bad if is_duration(pa.array([text]))[0]] == []
    signed = pa.array(["-PT15M", "PT15M", "-P", "--P1D"])
    assert is_duration(signed, signed=True).tolist() == [True, True, False, False]


def test_truncation_never_adds_and_never_keeps_a_trailing_hyphen() -> None:
    texts = ["2003-12-15T13:14:17.123Z", "2003-12-15T-:15", "2003---15T10:00", "2003-12", "--12-15"]
    expected = {
        "year": ["2003", "2003", "2003", "2003", ""],
        "month": ["2003-12", "2003-12", "2003", "2003-12", "--12"],
        "day": ["2003-12-15", "2003-12-15", "2003---15", "2003-12", "--12-15"],
        "hour": ["2003-12-15T13", "2003-12-15", "2003---15T10", "2003-12", "--12-15"],
        "minute": [
            "2003-12-15T13:14", "2003-12-15T-:15", "2003---15T10:00", "2003-12", "--12-15",
        ],
        "second": [
            "2003-12-15T13:14:17", "2003-12-15T-:15", "2003---15T10:00", "2003-12", "--12-15",
        ],
    }  # fmt: skip
    for precision, shown in expected.items():
        assert truncate(pa.array(texts), precision).to_pylist() == shown
    odd = pa.array(["", None, "x", "2003/2004", "-----T07:15"])
    assert truncate(odd, "day").to_pylist() == ["", "", "", "", ""]


@settings(deadline=None)
@given(st.lists(st.tuples(st.datetimes(), st.sampled_from([4, 7, 10, 13, 16, 19, 26]))))
def test_every_right_truncation_of_a_moment_is_valid(drawn: list[tuple[dt.datetime, int]]) -> None:
    texts = [moment.isoformat(timespec="microseconds")[:length] for moment, length in drawn]
    assert is_iso8601(pa.array(texts, pa.string())).all()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))))
def test_dates_are_valid_as_the_calendar_says(drawn: list[tuple[int, int, int]]) -> None:
    def exists(year: int, month: int, day: int) -> bool:
        try:
            dt.date(year, month, day)
        except ValueError:
            return False
        return True

    texts = pa.array([f"{year:04}-{month:02}-{day:02}" for year, month, day in drawn], pa.string())
    assert is_iso8601(texts).tolist() == [exists(*parts) for parts in drawn]
