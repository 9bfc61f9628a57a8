"""Numbers and moments as text, against Python's decimal and datetime."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.sources.sas_values import kind_of, sas_text
from mg_cdisc.sources.values import clock_text, number_text


def plain(number: float) -> str:
    """The digits of Python's repr (the shortest that round-trip), without exponent."""
    text = format(Decimal(repr(number)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_numbers_are_the_shortest_decimals_that_round_trip(numbers: list[float]) -> None:
    text = number_text(np.array(numbers, np.float64)).to_list()
    assert text == [plain(number) for number in numbers]
    assert [float(value) for value in text] == numbers


@settings(deadline=None)
@given(st.lists(st.integers(-(2**53), 2**53) | st.integers(-100, 100), max_size=20))
def test_whole_numbers_have_no_point(numbers: list[int]) -> None:
    assert number_text(np.array(numbers, np.float64)).to_list() == [str(n) for n in numbers]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (861.0, "861"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1 / 3, "0.3333333333333333"),
        (1e22, "1" + "0" * 22),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (np.nan, ""),
        (np.inf, "inf"),
        (12345678901.5, "12345678901.5"),
    ],
)
def test_number(number: float, text: str) -> None:
    assert number_text(np.array([number])).to_list() == [text]


def test_single_precision_keeps_its_own_digits() -> None:
    assert number_text(np.array([0.1, 16777216, 1e10], np.float32)).to_list() == [
        "0.1",
        "16777216",
        "10000000000",
    ]
    assert number_text(np.array([0.1, 2.5, 100], np.float16)).to_list() == ["0.1", "2.5", "100"]


MOMENTS = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59))
START = dt.datetime(1960, 1, 1)


@settings(deadline=None)
@given(st.lists(MOMENTS, max_size=10))
def test_sas_datetimes(moments: list[dt.datetime]) -> None:
    whole = [moment.replace(microsecond=0) for moment in moments]
    seconds = np.array([(moment - START).total_seconds() for moment in whole], np.float64)
    assert sas_text(seconds, "datetime").to_list() == [moment.isoformat() for moment in whole]


@settings(deadline=None)
@given(st.lists(MOMENTS, max_size=10))
def test_sas_dates(moments: list[dt.datetime]) -> None:
    days = np.array([(moment - START).days for moment in moments], np.float64)
    assert sas_text(days, "date").to_list() == [moment.date().isoformat() for moment in moments]


@settings(deadline=None)
@given(st.lists(st.times(), max_size=10))
def test_sas_times(times: list[dt.time]) -> None:
    seconds = [t.hour * 3600 + t.minute * 60 + t.second + t.microsecond / 1e6 for t in times]
    expected = [
        t.isoformat("microseconds").rstrip("0") if t.microsecond else t.isoformat() for t in times
    ]
    assert clock_text(np.array(seconds, np.float64)).to_pylist() == expected


def test_what_iso_8601_cannot_say_stays_a_number() -> None:
    assert sas_text(np.array([3_000_000.0, -800_000, 21915]), "date").to_list() == [
        "3000000",
        "-800000",
        "2020-01-01",
    ]
    assert sas_text(np.array([np.inf]), "datetime").to_list() == ["inf"]


def test_nothing_is_cut_off() -> None:
    # half a day in a date; a moment under the format TOD.
    assert sas_text(np.array([21915.5]), "date").to_list() == ["2020-01-01T12:00:00"]
    moment = (dt.datetime(2020, 1, 1, 8, 30) - START).total_seconds()
    assert sas_text(np.array([moment, 3723.0]), "time").to_list() == [
        "2020-01-01T08:30:00",
        "01:02:03",
    ]


@pytest.mark.parametrize(
    ("kind", "formats"),
    [
        (
            "date",
            "DATE9. DATE DATE11 YYMMDD10. YYMMDDN8. DDMMYYS10. MMDDYY8 E8601DA. E8601DA10 B8601DA8. "
            "IS8601DA MONYY7. JULIAN7. WEEKDATE29. WORDDATX20. YEAR4. NLDATE20. date9. YYQ6. YYMM7",
        ),
        (
            "datetime",
            "DATETIME20. DATETIME22.3 DATETIME E8601DT19. B8601DT. IS8601DT. E8601DN10. DTDATE9. "
            "DATEAMPM22 MDYAMPM25. NLDATM30. E8601DZ25.",
        ),
        (
            "time",
            "TIME8. TIME5 TIME12.3 HHMM5. TOD8. E8601TM8. TIMEAMPM11. MMSS5. HOUR2. NLTIME20.",
        ),
        (
            "number",
            "BEST12. 8.2 F8.2 COMMA10.2 Z4. DOLLAR8. YESNO. DATEFLAG. SEX1F PERCENT8.1 E12.",
        ),
    ],
)
def test_a_format_tells_the_kind(kind: str, formats: str) -> None:
    assert {name: kind_of(name) for name in formats.split()} == dict.fromkeys(formats.split(), kind)


def test_no_rows() -> None:
    assert number_text(np.empty(0)).to_list() == []
    assert sas_text(np.empty(0), "date").to_list() == []
    assert clock_text(np.empty(0)).cast(pa.string()).to_pylist() == []
