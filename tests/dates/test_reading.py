"""Source dates to partial ISO 8601: hand tables by SDTMIG 4.4.2, and strftime as the reference."""

import calendar
import datetime as dt
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.dates import (
    UNKNOWN_PARTS,
    FormatError,
    compile_format,
    is_iso8601,
    join_date_time,
    join_parts,
    read_dates,
)

NOT_OK = None


def read(texts: Sequence[str | None], *patterns: str, pivot: int | None = None) -> list[str | None]:
    """What each text becomes; None where it is not ok (its text must then be blank)."""
    formats = [compile_format(pattern, pivot=pivot) for pattern in patterns]
    iso, ok = read_dates(pa.array(list(texts), pa.string()), formats)
    assert iso.type == pa.string()
    assert iso.null_count == 0
    assert all(good or text == "" for text, good in zip(iso.to_pylist(), ok, strict=True))
    return [text if good else None for text, good in zip(iso.to_pylist(), ok, strict=True)]


TABLES: dict[str, dict[str, str | None]] = {
    "dd-MMM-yyyy": {
        "15-MAR-2025": "2025-03-15",
        "15-mar-2025": "2025-03-15",
        " 15-March-2025 ": "2025-03-15",
        "01-SEPTEMBER-2025": "2025-09-01",
        "31-DEC-1999": "1999-12-31",
        "29-FEB-2024": "2024-02-29",
        "UN-MAR-2025": "2025-03",
        "un-mar-2025": "2025-03",
        "UNK-MAR-2025": "2025-03",
        "UU-MAR-2025": "2025-03",
        "---MAR-2025": "2025-03",
        "--MAR-2025": "2025-03",
        "??-MAR-2025": "2025-03",
        "XX-MAR-2025": "2025-03",
        "UN-UNK-2025": "2025",
        "??-???-2025": "2025",
        "15-UNK-2025": "2025---15",
        "15-???-2025": "2025---15",
        "15-MAR-UNKN": "--03-15",
        "UN-MAR-UNKN": "--03",
        "UN-UNK-UNKN": "",
        "MAR-2025": "2025-03",
        "2025": "2025",
        "UNK": "",
        "unknown": "",
        "": "",
        "   ": "",
        "31-FEB-2025": NOT_OK,
        "29-FEB-2023": NOT_OK,
        "29-FEB-1900": NOT_OK,
        "31-APR-2025": NOT_OK,
        "00-MAR-2025": NOT_OK,
        "32-MAR-2025": NOT_OK,
        "NA-MAR-2025": NOT_OK,
        "NA": NOT_OK,
        "5-MAR-2025": NOT_OK,
        "15-MARZ-2025": NOT_OK,
        "15-SEPT-2025": NOT_OK,
        "15-03-2025": NOT_OK,
        "15 MAR 2025": NOT_OK,
        "15-MAR-25": NOT_OK,
        "15-MAR-2025 10:00": NOT_OK,
        "15-MAR-0000": NOT_OK,
        "not done": NOT_OK,
        "15-MAR-2025\n16": NOT_OK,
    },
    "yyyy-MM-dd": {
        "2025-03-15": "2025-03-15",
        "2025-03": "2025-03",
        "2025": "2025",
        "2025---15": "2025---15",
        "2025-UN-15": "2025---15",
        "2025-03-UN": "2025-03",
        "2025-03---": "2025-03",
        "2025-XX-XX": "2025",
        "2020-02-60": NOT_OK,
        "2025-13-01": NOT_OK,
        "2025-00-01": NOT_OK,
        "2025-3-1": NOT_OK,
        "2025--03": NOT_OK,
        "20250315": NOT_OK,
        "2025-03-15T10:00": NOT_OK,
    },
    "MM/dd/yyyy": {
        "03/15/2025": "2025-03-15",
        "03/2025": "2025-03",
        "03/UN/2025": "2025-03",
        "UN/15/2025": "2025---15",
        "15/03/2025": NOT_OK,
    },
    "dd/MM/yyyy HH:mm": {
        "15/03/2025 07:05": "2025-03-15T07:05",
        "15/03/2025 07": "2025-03-15T07",
        "15/03/2025": "2025-03-15",
        "03/2025": "2025-03",
        "15/03/2025 UN:UN": "2025-03-15",
        "15/03/2025 --:--": "2025-03-15",
        "15/03/2025 ??:15": "2025-03-15T-:15",
        "15/03/2025 13:UN": "2025-03-15T13",
        "UN/03/2025 13:15": "2025-03--T13:15",
        "UN/UN/2025 13:15": "2025----T13:15",
        "15/03/2025 00:00": "2025-03-15T00:00",
        "15/03/2025 24:00": NOT_OK,
        "15/03/2025 25:00": NOT_OK,
        "15/03/2025 10:60": NOT_OK,
        "15/03/2025  10:30": NOT_OK,
    },
    "yyyyMMdd": {
        "20250315": "2025-03-15",
        "202503": "2025-03",
        "2025": "2025",
        "202503UN": "2025-03",
        "2025UNUN": "2025",
        "2025UN15": "2025---15",
        "2025--15": "2025---15",
        "2025-03": NOT_OK,
        "2025-15": NOT_OK,
        "20250229": NOT_OK,
        "20250300": NOT_OK,
    },
    "d.M.yyyy": {
        "5.3.2025": "2025-03-05",
        "05.03.2025": "2025-03-05",
        "5.12.2025": "2025-12-05",
        "15.3.2025": "2025-03-15",
        "3.2025": "2025-03",
        "0.3.2025": NOT_OK,
    },
    "yyyy-MM-dd'T'HH:mm:ss": {
        "2003-12-15T13:15:17": "2003-12-15T13:15:17",
        "2003-12-15t13:15:17": "2003-12-15T13:15:17",
        "2003-12-15T13:15": "2003-12-15T13:15",
        "2003-12-15T13:??:17": "2003-12-15T13:-:17",
        "2003-12-15T-:15:18": "2003-12-15T-:15:18",
        "2003-12-15": "2003-12-15",
        "2003-12-15T13:15:60": NOT_OK,
    },
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX": {
        "2003-12-15T13:14:17.123+08:00": "2003-12-15T13:14:17.123+08:00",
        "2003-12-15T13:14:17.123Z": "2003-12-15T13:14:17.123Z",
        "2003-12-15T13:14:17-05:30": "2003-12-15T13:14:17-05:30",
        "2003-12-15T13:14z": "2003-12-15T13:14Z",
        "2003-12-15": "2003-12-15",
        "2003-12-15T13:14:UN.123Z": NOT_OK,
        "2003-12-15T13:14:17.123+25:00": NOT_OK,
        "2003-12-15T13:14:17.123": NOT_OK,
    },
    "h:mm a": {
        "7:15 AM": "-----T07:15",
        "7:15 p.m.": "-----T19:15",
        "12:00 AM": "-----T00:00",
        "12:30 pm": "-----T12:30",
        "7 PM": "-----T19",
        "0:30 AM": NOT_OK,
        "13:00 PM": NOT_OK,
        "7:15": NOT_OK,
    },
    "HH:mm": {"07:15": "-----T07:15", "13": "-----T13", "UN:15": "-----T-:15", "UN:UN": ""},
    "yyyy年M月d日": {
        "2025年3月5日": "2025-03-05",
        "2025年12月31日": "2025-12-31",
        "2025年3月": "2025-03",
        "2025年": "2025",
        "2025": "2025",
        "2025年UN月15日": "2025---15",
        "2025年2月30日": NOT_OK,
    },
    "MMM d, yyyy": {
        "March 5, 2025": "2025-03-05",
        "MAR 15, 2025": "2025-03-15",
        "Mar 2025": "2025-03",
        "May, 2025": "2025-05",
    },
    "ddMMMyyyy": {"15MAR2025": "2025-03-15", "UNMAR2025": "2025-03", "UNUNK2025": "2025"},
}


@pytest.mark.parametrize("pattern", TABLES)
def test_values_in_one_format(pattern: str) -> None:
    table = TABLES[pattern]
    found = dict(zip(table, read(list(table), pattern), strict=True))
    assert found == table


@pytest.mark.parametrize("word", sorted(UNKNOWN_PARTS))
def test_every_unknown_word_stands_for_a_day_and_for_all(word: str) -> None:
    assert read([f"{word}/MAR/2025", word, word.lower()], "dd/MMM/yyyy") == ["2025-03", "", ""]


def test_numbers_mean_unknown_only_where_the_source_says_so() -> None:
    told = compile_format("dd/MM/yyyy HH:mm", unknown=UNKNOWN_PARTS | {"00", "9999", "na"})
    texts = pa.array(["00/03/2025", "15/00/2025", "15/03/9999", "NA/03/2025", "15/03/2025 00:00"])
    iso, ok = read_dates(texts, [told])
    assert iso.to_pylist() == ["2025-03", "2025---15", "--03-15", "2025-03", "2025-03-15T00:00"]
    assert ok.all()
    assert read(["00/03/2025"], "dd/MM/yyyy") == [NOT_OK]


def test_two_digit_years_fall_in_the_hundred_that_the_pivot_begins() -> None:
    texts = ["15-MAR-30", "15-MAR-29", "15-MAR-99", "15-MAR-00", "MAR-25", "25"]
    expected = ["1930-03-15", "2029-03-15", "1999-03-15", "2000-03-15", NOT_OK, NOT_OK]
    assert read(texts, "dd-MMM-yy", pivot=1930) == expected


def test_the_first_format_that_fits_reads() -> None:
    texts = ["15-MAR-2025", "2025-03-15 10:30", "03/15/2025", "15/03/2025"]
    expected = ["2025-03-15", "2025-03-15T10:30", "2025-03-15", NOT_OK]
    assert read(texts, "dd-MMM-yyyy", "yyyy-MM-dd HH:mm", "MM/dd/yyyy") == expected


def test_the_first_format_says_what_is_unknown() -> None:
    formats = [
        compile_format("dd/MM/yyyy", unknown=words) for words in (frozenset({"00"}), UNKNOWN_PARTS)
    ]
    iso, ok = read_dates(pa.array(["00/03/2025", "UN/03/2025"]), formats)
    assert (iso.to_pylist(), ok.tolist()) == (["2025-03", "2025-03"], [True, True])
    iso, ok = read_dates(pa.array(["00/03/2025"]), formats[::-1])
    assert (iso.to_pylist(), ok.tolist()) == ([""], [False])


def test_both_orders_of_day_and_month_are_refused() -> None:
    with pytest.raises(FormatError, match="read the same text differently"):
        read(["03/04/2025"], "MM/dd/yyyy", "dd/MM/yyyy")


def test_null_empty_and_sliced_arrays() -> None:
    assert read([None, "2025"], "yyyy") == ["", "2025"]
    assert read([], "yyyy") == []
    sliced = pa.array(["x", "2025-03-15", "2024", "y"]).slice(1, 2)
    iso, ok = read_dates(sliced, [compile_format("yyyy-MM-dd")])
    assert iso.to_pylist() == ["2025-03-15", "2024"]
    assert ok.all()


def test_no_format_reads_only_blanks() -> None:
    assert read(["", "2025"]) == ["", NOT_OK]


PATTERNS = {
    "yyyy-MM-dd'T'HH:mm:ss": "%Y-%m-%dT%H:%M:%S",
    "dd-MMM-yyyy HH:mm:ss": "%d-%b-%Y %H:%M:%S",
    "MMMM dd, yyyy hh:mm:ss a": "%B %d, %Y %I:%M:%S %p",
    "yyyyMMddHHmmss": "%Y%m%d%H%M%S",
    "MM/dd/yyyy HH.mm.ss": "%m/%d/%Y %H.%M.%S",
}
moments = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)


@settings(deadline=None)
@given(st.lists(st.tuples(moments, st.sampled_from(sorted(PATTERNS)), st.booleans())))
def test_what_strftime_writes_is_read_back(drawn: list[tuple[dt.datetime, str, bool]]) -> None:
    texts = [moment.strftime(PATTERNS[pattern]) for moment, pattern, _ in drawn]
    texts = [
        text.upper() if upper else text for text, (_, _, upper) in zip(texts, drawn, strict=True)
    ]
    assert read(texts, *PATTERNS) == [moment.isoformat() for moment, _, _ in drawn]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99)), min_size=1)
)
def test_exactly_the_dates_of_the_calendar_are_read(drawn: list[tuple[int, int, int]]) -> None:
    def expected(year: int, month: int, day: int) -> str | None:
        try:
            return dt.date(year, month, day).isoformat()
        except ValueError:
            return NOT_OK

    texts = [f"{month:02}/{day:02}/{year:04}" for year, month, day in drawn]
    assert read(texts, "MM/dd/yyyy") == [expected(*parts) for parts in drawn]


@settings(deadline=None)
@given(st.lists(st.text("0123456789-/:UNKMARTZXap年 ", max_size=12)))
def test_whatever_is_read_is_iso_8601(texts: list[str]) -> None:
    formats = [
        "dd-MMM-yyyy",
        "yyyy-MM-dd HH:mm",
        "MM/dd/yyyy",
        "yyyyMMdd",
        "yyyy年M月d日",
        "h:mm a",
    ]
    found = [text for text in read(texts, *formats) if text]
    assert is_iso8601(pa.array(found, pa.string())).all()


def parts(*rows: tuple[str, ...]) -> list[pa.Array]:
    return [pa.array(list(column), pa.string()) for column in zip(*rows, strict=True)]


def test_parts_join_to_dates() -> None:
    table = [
        # year month day hour minute second
        (("2025", "3", "5", "7", "5", "9"), "2025-03-05T07:05:09"),
        (("2025", "Mar", "05", "07", "", ""), "2025-03-05T07"),
        (("2025", "SEPTEMBER", " 15 ", "", "", ""), "2025-09-15"),
        (("2025", "12", "", "", "", ""), "2025-12"),
        (("2025", "", "", "", "", ""), "2025"),
        (("2025", "UNK", "15", "", "", ""), "2025---15"),
        (("2025", "--", "UN", "", "", ""), "2025"),
        (("UNKN", "12", "15", "", "", ""), "--12-15"),
        (("", "", "", "07", "15", ""), "-----T07:15"),
        (("2003", "12", "15", "?", "15", ""), NOT_OK),
        (("2003", "12", "15", "??", "15", ""), "2003-12-15T-:15"),
        (("", "", "", "", "", ""), ""),
        (("UNKN", "UNK", "UN", "UN", "UN", ""), ""),
        (("2025", "2", "29", "", "", ""), NOT_OK),
        (("2024", "2", "29", "", "", ""), "2024-02-29"),
        (("", "2", "29", "", "", ""), "--02-29"),
        (("", "2", "30", "", "", ""), NOT_OK),
        (("2025", "13", "1", "", "", ""), NOT_OK),
        (("2025", "0", "1", "", "", ""), NOT_OK),
        (("25", "3", "1", "", "", ""), NOT_OK),
        (("2025.0", "3", "1", "", "", ""), NOT_OK),
        (("2025", "3.0", "1", "", "", ""), NOT_OK),
        (("2025", "3", "1", "24", "00", ""), NOT_OK),
        (("2025", "3", "1", "10", "60", ""), NOT_OK),
        (("2025", "3", "Mar", "", "", ""), NOT_OK),
        (("2025", "NA", "1", "", "", ""), NOT_OK),
    ]
    iso, ok = join_parts(*parts(*(row for row, _ in table)))
    found = [text if good else None for text, good in zip(iso.to_pylist(), ok, strict=True)]
    assert found == [expected for _, expected in table]


def test_parts_may_be_absent() -> None:
    months = pa.array(["3", "UNK"])
    assert join_parts(pa.array(["2025", "2025"]), months)[0].to_pylist() == ["2025-03", "2025"]
    days = pa.array(["", "15"])
    iso, _ = join_parts(pa.array(["2025", "2025"]), None, days)
    assert iso.to_pylist() == ["2025", "2025---15"]
    with pytest.raises(ValueError, match="at least one part"):
        join_parts(None)


def test_numeric_words_are_no_hours() -> None:
    columns = parts(("2025", "03", "00", "00", "00"))
    iso, ok = join_parts(*columns, unknown=UNKNOWN_PARTS | {"00"})
    assert (iso.to_pylist(), ok.tolist()) == (["2025-03--T00:00"], [True])


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(1, 9999),
            st.none() | st.integers(1, 12),
            st.none() | st.integers(1, 31),
            st.booleans(),
        ),
        min_size=1,
    )
)
def test_parts_join_as_the_implementation_guide_writes_them(
    drawn: list[tuple[int | None, int | None, int | None, bool]],
) -> None:
    def expected(year: int | None, month: int | None, day: int | None) -> str | None:
        length = calendar.monthrange(year or 2024, month or 1)[1]
        if day and day > length:
            return NOT_OK
        shown = [
            f"{year:04}" if year else "-",
            f"{month:02}" if month else "-",
            f"{day:02}" if day else "-",
        ]
        while shown and shown[-1] == "-":
            shown.pop()
        return "-".join(shown)

    rows = [
        (
            f"{year:04}" if year else "UNKN",
            (calendar.month_name[month] if named else str(month)) if month else "",
            str(day) if day else "UN",
        )
        for year, month, day, named in drawn
    ]
    iso, ok = join_parts(*parts(*rows))
    found = [text if good else None for text, good in zip(iso.to_pylist(), ok, strict=True)]
    assert found == [expected(*row[:3]) for row in drawn]


def test_a_time_joins_its_date() -> None:
    table = [
        ("2025-03-15", "7:05", "2025-03-15T07:05"),
        ("2025-03-15", "", "2025-03-15"),
        ("2025-03-15", "UNK", "2025-03-15"),
        ("2025-03-15", "13", "2025-03-15T13"),
        ("2025-03-15", "UN:15", "2025-03-15T-:15"),
        ("2025-03", "07:15", "2025-03--T07:15"),
        ("2025---15", "07:15", "2025---15T07:15"),
        ("", "07:15", "-----T07:15"),
        ("", "", ""),
        ("2025-03-15T10:00", "", "2025-03-15T10:00"),
        ("2025-03-15T10:00:00.5Z", "", "2025-03-15T10:00:00.5Z"),
        ("2025-03-15T10:00", "07:15", NOT_OK),
        ("15-MAR-2025", "07:15", NOT_OK),
        ("2025-03-15", "24:00", NOT_OK),
        ("2025-03-15", "noon", NOT_OK),
    ]
    dates, times = (pa.array([row[side] for row in table]) for side in (0, 1))
    iso, ok = join_date_time(dates, times, [compile_format("H:mm")])
    found = [text if good else None for text, good in zip(iso.to_pylist(), ok, strict=True)]
    assert found == [row[2] for row in table]
    assert iso.filter(pa.array(~ok)).to_pylist() == [""] * int(np.count_nonzero(~ok))


def test_decimals_of_a_second_pass_on() -> None:
    dates, times = pa.array(["2025-03-15", "x"]), pa.array(["10:11:12.50", "10:11:12.50"])
    iso, ok = join_date_time(dates, times, [compile_format("HH:mm:ss.SS")])
    assert (iso.to_pylist(), ok.tolist()) == (["2025-03-15T10:11:12.50", ""], [True, False])


def test_a_format_of_times_has_no_date() -> None:
    with pytest.raises(FormatError, match="the format of a time has no date in it"):
        join_date_time(pa.array([""]), pa.array([""]), [compile_format("yyyy-MM-dd HH:mm")])
