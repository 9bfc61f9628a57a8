"""Values against data types: every format, from ODM 1.3.2 and ISO 8601."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.define.values import Described, check_values
from mg_cdisc.frame import Text


def kinds(values: list[str] | list[float], data_type: str, **more: object) -> list[str]:
    described = Described(
        data_type,
        more.get("length"),  # type: ignore[arg-type]
        more.get("digits"),  # type: ignore[arg-type]
        more.get("codes"),  # type: ignore[arg-type]
    )
    is_text = all(isinstance(value, str) for value in values)
    column = Text.of(values) if is_text else np.array(values)  # type: ignore[arg-type]
    return [kind for kind, _ in check_values(column, described, "utf-8")]


@pytest.mark.parametrize(
    ("data_type", "good", "bad"),
    [
        ("date", ["2025-02-28"], ["2025-02", "2025-2-28", "2025-13-01", "28-02-2025", "20250228"]),
        ("partialDate", ["2025", "2025-02", "2025-02-28"], ["25", "2025-", "2025---28", "2025-00"]),
        ("time", ["10:30:00", "23:59:59.5", "10:30:00Z"], ["10:30", "24:00:00", "1030"]),
        ("partialTime", ["10", "10:30", "10:30:15"], ["T10", "10:60", "10:3"]),
        (
            "datetime",
            ["2025-02-28T10:30:00", "2025-02-28T10:30:00+08:00"],
            ["2025-02-28", "2025-02-28T10:30", "2025-02-28 10:30:00"],
        ),
        (
            "partialDatetime",
            ["2025", "2025-02", "2025-02-28", "2025-02-28T10", "2025-02-28T10:30"],
            ["2025-02T10", "2025---28", "T10:30", "2025-02-28T"],
        ),
        (
            "incompleteDatetime",
            [
                "2025",
                "2025---28",
                "--12-15",
                "2025-02-28T-:30",
                "-----T10:30",
                "2025-02-28T10:30:00",
            ],
            ["2025--28", "28FEB2025", "2025-02-30T25"],
        ),
        (
            "durationDatetime",
            ["P1Y", "P2M", "P10W", "PT30M", "-P1D", "P1Y2M10DT2H30M", "PT0.5S"],
            ["1Y", "P1X", "30M"],
        ),
        ("integer", ["0", "-5", "+12"], ["1.0", "1e3", "", " 1"][:2]),
    ],
)
def test_text_of_a_data_type(data_type: str, good: list[str], bad: list[str]) -> None:
    assert kinds(good, data_type) == []
    for value in bad:
        assert kinds([value], data_type) == ["value-type"], value


def test_floats_in_text_have_the_decimals_said() -> None:
    assert kinds(["1", "1.5", "-0.25", ".5", "2."], "float", digits=2) == []
    for value in ("1.255", "<1", "1e3", "NaN", "1,5", "--1", "."):
        assert kinds([value], "float", digits=2) == ["value-type"], value


def test_blank_is_never_wrong() -> None:
    for data_type in ("date", "integer", "float", "text"):
        assert kinds(["", ""], data_type, length=1, codes=("Y",)) == []
    assert kinds([np.nan], "integer", length=1, codes=("1",)) == []


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_a_number_of_so_many_decimals_is_a_float_of_them(whole: int, digits: int) -> None:
    number = float(f"{whole}e-{digits}")
    assert kinds([number], "float", digits=digits) == []
    shown = f"{number:.{digits}f}"
    assert kinds([shown], "float", digits=digits) == []
    if digits and whole % 10:
        assert kinds([number], "float", digits=digits - 1) == ["value-type"]


@given(st.integers(0, 10**9))
def test_digits_of_a_whole_number(number: int) -> None:
    digits = len(str(number))
    for signed in (number, -number):
        assert kinds([float(signed)], "integer", length=digits) == []
        if number >= 10:
            assert kinds([float(signed)], "integer", length=digits - 1) == ["value-length"]


def test_numbers_are_compared_with_codes_as_numbers() -> None:
    assert kinds([1.0, 2.5, np.nan], "float", digits=1, codes=("1", "2.50", "n/a")) == []
    assert kinds([3.0], "integer", codes=("1", "2", "x")) == ["value-not-in-codelist"]


def test_numbers_described_as_text() -> None:
    assert kinds([1.0], "text", length=8) == ["value-type"]


def test_absurd_descriptions_are_survived() -> None:
    assert kinds(["1.5"], "float", digits=999_999_999) == []
    assert kinds([1.5], "float", digits=999_999_999, length=999_999_999) == []
    assert kinds(["x"], "text", length=0) == ["value-length"]
