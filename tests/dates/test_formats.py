"""Declared formats: what compiles, what is refused and with which words."""

import pytest

from mg_cdisc.dates import FormatError, check_formats, compile_format

GOOD = [
    "yyyy-MM-dd",
    "dd-MMM-yyyy",
    "MM/dd/yyyy",
    "dd/MM/yyyy HH:mm",
    "yyyyMMdd",
    "yyyyMMddHHmmss",
    "d.M.yyyy",
    "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "HH:mm",
    "h:mm a",
    "yyyy年M月d日",
    "MMM d, yyyy",
    "MMMM yyyy",
    "ddMMMyyyy:HH:mm:ss",
    "yyyy",
]


@pytest.mark.parametrize("pattern", GOOD)
def test_good_patterns_compile(pattern: str) -> None:
    assert compile_format(pattern).pattern == pattern


BAD = {
    "dd-mm-yyyy": "mm is the minute but there is no hour; the month is MM",
    "DD-MM-yyyy": "DD is not a part of a date or time; the day is dd",
    "dd-MM-YYYY": "YYYY is not a part of a date or time; the year is yyyy",
    "dd-MON-yyyy": "O is not a part of a date or time; a month's name is MMM",
    "yyyy-MM-ddTHH:mm": "T is not a part of a date or time; write a literal T in quotes: 'T'",
    "yyyy-MM-dd q": "q is not a part of a date or time; literal letters are written in quotes: "
    "'text'",
    "dd-MMM-yy": "two digits do not tell the century; write yyyy, or name the first year they can "
    "mean as pivot",
    "yyy-MM-dd": "yyy is not known; write yy or yyyy",
    "ddd-MM-yyyy": "ddd is not known; write d or dd",
    "dMyyyy": "the digits of dM can be divided in two ways; write dd, or put a separator between",
    "yyyyMMd": "the digits of MMd can be divided in two ways; write dd, or put a separator between",
    "HHm": "the digits of HHm can be divided in two ways; write mm, or put a separator between",
    "hh:mm": "hh is an hour of 1-12 without AM or PM; write HH, or add a",
    "HH:mm a": "AM or PM goes with an hour of 1-12; write hh or h",
    "yyyy-MM-dd XXX": "an offset from UTC goes with an hour",
    "yyyy-MM-dd'T": "a quote is not closed; a literal is written 'text'",
    "MM/dd": "MM is the month but there is no year",
    "yyyy-dd": "dd is the day but there is no month",
    "HH:ss": "ss is the second but there is no minute",
    "HH:mm.SS": "SS is the decimal of a second but there is no second",
    "yyyy-MM HH:mm": "a time follows a date that has no day",
    "dd-MM-yyyy d": "the day is given twice, as dd and d",
    "MM-MMM-yyyy": "the month is given twice, as MM and MMM",
    "HH:mm h a": "the hour is given twice, as HH and h",
    "20yy": "a digit cannot be literal text",
    "": "no part of a date or time; write it like dd-MMM-yyyy",
    "--": "no part of a date or time; write it like dd-MMM-yyyy",
}


@pytest.mark.parametrize("pattern", BAD)
def test_bad_patterns_say_what_to_write(pattern: str) -> None:
    with pytest.raises(FormatError) as caught:
        compile_format(pattern)
    assert str(caught.value) == f"{pattern}: {BAD[pattern]}"


def test_quotes_hold_letters_and_quotes() -> None:
    texts = [token.text for token in compile_format("'day' d ''M'' yyyy").tokens]
    assert texts == ["day ", "d", " '", "M", "' ", "yyyy"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MM/dd/yyyy", "dd/MM/yyyy"),
        ("d/M/yyyy", "MM/dd/yyyy"),
        ("yyyyMMdd", "ddMMyyyy"),
        ("yyyy-MM-dd", "yyyy-dd-MM"),
        ("yyyyMM", "HHmmss"),
    ],
)
def test_formats_that_read_one_text_differently_clash(one: str, other: str) -> None:
    with pytest.raises(FormatError, match="read the same text differently; declare one of them"):
        check_formats([compile_format(one), compile_format(other)])


def test_a_right_truncated_form_can_clash_too() -> None:
    # 202503 is March 2025 in the first and 20 25 03 in the second
    with pytest.raises(FormatError, match="read the same text differently"):
        check_formats([compile_format("yyyyMMdd"), compile_format("ddMMyy", pivot=1930)])


def test_two_pivots_clash() -> None:
    with pytest.raises(FormatError, match="read the same text differently"):
        check_formats([compile_format("dd-MM-yy", pivot=year) for year in (1930, 1950)])


@pytest.mark.parametrize(
    "patterns",
    [
        ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy"],
        ["dd-MMM-yyyy", "d-MMM-yyyy", "dd/MM/yyyy"],
        ["HH:mm", "h:mm a", "HH:mm:ss"],
    ],
)
def test_formats_that_agree_stand_together(patterns: list[str]) -> None:
    check_formats([compile_format(pattern) for pattern in patterns])
