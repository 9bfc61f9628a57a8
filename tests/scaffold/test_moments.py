"""Date formats told from values, and those that are asked for."""

from __future__ import annotations

import pytest

from mg_cdisc.frame import Frame, Index, Text
from mg_cdisc.scaffold.material import Material
from mg_cdisc.scaffold.moments import Dates, dates_of
from mg_cdisc.sources import FormField, SourceDeclaration, SourceTable


def dates(values: list[str], data_type: str = "") -> Dates:
    import numpy as np

    numbers: Index = np.arange(len(values), dtype=np.int64)
    frame = Frame.of({"D": Text.of(values)})
    table = SourceTable("a.csv", frame, ("D",), {}, {}, numbers, "", 0)
    declaration = SourceDeclaration(file="a.csv")
    return dates_of(Material("a", "A", declaration, (FormField("D", "", data_type),), table))


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["2025-01-31", "2025-02"], ("yyyy-MM-dd",)),
        (["2025-01-31T08:30", "2025-02-01"], ("yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd")),
        (["31-JAN-2025", "UN-FEB-2025", "UNK", ""], ("dd-MMM-yyyy",)),
        (["31-JAN-2025", "2025-02"], ("dd-MMM-yyyy", "yyyy-MM-dd")),
        (["1 Jan 2025", "12 Feb 2025"], ("d MMM yyyy",)),
        (["2025/01/31"], ("yyyy/MM/dd",)),
        (["31JAN2025"], ("ddMMMyyyy",)),
    ],
)
def test_a_format_without_doubt_is_taken(values: list[str], formats: tuple[str, ...]) -> None:
    found = dates(values)
    assert (found.formats, found.asked, found.columns) == (formats, (), ("D",))


@pytest.mark.parametrize(
    "values", [["01/02/2025"], ["31/01/2025", "30/01/2025"], ["01.31.2025"], ["3-4-2025"]]
)
def test_the_order_of_day_and_month_is_never_guessed(values: list[str]) -> None:
    found = dates(values)
    assert found.formats == ()
    assert len(found.asked) == 1
    assert "MM" in found.asked[0]


def test_years_of_two_digits_are_asked_about() -> None:
    assert dates(["01-Jan-25"]).asked == (
        "D: years of two digits, as in 01-Jan-25: which century?",
    )


@pytest.mark.parametrize(
    "values", [["12", "2025"], ["2025", "2024"], ["high", "2025-01-01", "low"], [], ["12345678"]]
)
def test_other_columns_are_no_dates(values: list[str]) -> None:
    assert dates(values) == Dates((), (), ())


@pytest.mark.parametrize(
    ("data_type", "formats"),
    [
        ("date", ("yyyy-MM-dd",)),
        ("partialDate", ("yyyy-MM-dd",)),
        ("date_dmy", ("yyyy-MM-dd",)),
        ("datetime_dmy", ("yyyy-MM-dd HH:mm",)),
        ("datetime_seconds_ymd", ("yyyy-MM-dd HH:mm:ss",)),
    ],
)
def test_odm_and_redcap_say_it_themselves(data_type: str, formats: tuple[str, ...]) -> None:
    """ODM 1.3.2 section 2.14: dates in ISO 8601. REDCap exports validated dates as Y-M-D always."""
    assert dates([], data_type).formats == formats


def test_the_latest_date_is_that_of_full_dates() -> None:
    assert dates(["2025-01-31", "2025-12", "2024-12-31T10:00"]).latest == "2025-01-31"
