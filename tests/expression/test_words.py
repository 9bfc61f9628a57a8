"""Expressions as sentences and as Define-XML range checks."""

from __future__ import annotations

import pytest
import scalar
from calculator import COLUMNS, Known, typed
from hypothesis import given, settings

from mg_cdisc.expression import (
    Name,
    Type,
    bind,
    english,
    english_order,
    parse,
    parse_order,
    range_checks,
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("AGE", "AGE"),
        ("'Y'", '"Y"'),
        ("''", "blank"),
        ("1.50", "1.5"),
        ("0.0000001", "0.0000001"),
        ("this.ADT", "the record's ADT"),
        ("data_cut()", "the data cut"),
        ("source.SEX", "the collected SEX"),
        ("AGE >= 18", "AGE is at least 18"),
        ("AGE < 18", "AGE is less than 18"),
        ("SEX = 'F'", 'SEX is "F"'),
        ("SEX != ''", "SEX is not blank"),
        ("ADT <= TRTSDT", "ADT is on or before TRTSDT"),
        ("EXSTDTC > '2025-01-01'", 'EXSTDTC is after "2025-01-01"'),
        ("ADTM < this.TRTSDTM", "ADTM is before the record's TRTSDTM"),
        ("SEX in ('F', 'M')", 'SEX is one of "F", "M"'),
        ("VISITNUM not in (1, -2)", "VISITNUM is not one of 1, -2"),
        ("A = 1 and B = 2 and C = 3", "A is 1 and B is 2 and C is 3"),
        ("A = 1 or B = 2 and C = 3", "A is 1 or (B is 2 and C is 3)"),
        ("(A = 1 or B = 2) and C = 3", "(A is 1 or B is 2) and C is 3"),
        ("not A = 1", "it is not so that A is 1"),
        ("not (A = 1 and B = 2)", "it is not so that (A is 1 and B is 2)"),
        ("not missing(A)", "A is not missing"),
        ("missing(A)", "A is missing"),
        ("A + B * C", "A + B * C"),
        ("(A + B) * C", "(A + B) * C"),
        ("A - (B - C)", "A - (B - C)"),
        ("A - B + C", "A - B + C"),
        ("A / (B * C)", "A / (B * C)"),
        ("A * B / C", "A * B / C"),
        ("-1 * A", "-1 * A"),
        ("2 * if(A = 1, B, C)", "2 * (B if A is 1, otherwise C)"),
        ("if(A = 1, B, if(A = 2, C, 0))", "B if A is 1, otherwise C if A is 2, otherwise 0"),
        ("number('')", "missing"),
        ("min(date(EXSTDTC))", "the earliest date of EXSTDTC"),
        ("max(if(A = 'Y', ADT))", 'the latest ADT where A is "Y"'),
        ("-(A + B)", "minus (A + B)"),
        ("round(A / B, 2)", "(A / B) rounded to 2 decimals (half away from zero)"),
        ("round(A)", "A rounded to a whole number (half away from zero)"),
        ("round(A, 1, 'half even')", "A rounded to 1 decimal (half even)"),
        ("if(A = 1, B, C)", "B if A is 1, otherwise C"),
        ("if(A = 1, B)", "B if A is 1, otherwise missing"),
        ("coalesce(A, B, 'x')", 'the first non-missing of A, B, "x"'),
        ("concat(A, '-', B)", 'A, "-", B concatenated'),
        ("substr(A, 2)", "the characters of A from 2 on"),
        ("substr(A, 2, 3)", "the characters of A from 2, length 3"),
        ("text(A)", "A as text"),
        ("text(A, 1)", "A as text with 1 decimal"),
        ("study_day(A, B)", "the study day of A relative to B (day 1 on that date; no day 0)"),
        ("months(A, B)", "the months from A to B (days divided by 30.4375)"),
        ("months(A, B, 30)", "the months from A to B (days divided by 30)"),
        ("count()", "the number of records"),
        ("count(AVAL)", "the number of records with AVAL"),
        ("count(AVAL > 5)", "the number of records where AVAL is greater than 5"),
        ("count(missing(AVAL))", "the number of records where AVAL is missing"),
        ("max(ADT)", "the latest ADT"),
        ("min(AVAL)", "the smallest AVAL"),
        ("any(AVAL > 5)", "AVAL is greater than 5 for at least one record"),
        ("every(AVAL > 5)", "AVAL is greater than 5 for every record"),
        ("undecided(A < B)", "it is not known whether A is less than B"),
        ("abs(A - B)", "the absolute value of (A - B)"),
    ],
)
def test_sentences(text: str, sentence: str) -> None:
    assert english(parse(text)) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ADT", "ADT"),
        ("ADT desc", "ADT descending"),
        ("AVAL missing last", "AVAL with missing last"),
        ("abs(ADY - 8) desc missing first", "the absolute value of (ADY - 8) descending with missing first"),
    ],
)  # fmt: skip
def test_orders(text: str, sentence: str) -> None:
    assert english_order(parse_order(text)) == sentence


def test_the_data_cut_is_told_with_its_day_once_it_is_known() -> None:
    assert (
        english(typed("least(D, data_cut())").node)
        == "the smallest of D, the data cut (2025-03-31)"
    )
    bound = typed("D <= data_cut()").node
    assert english(bound) == "D is on or before the data cut (2025-03-31)"
    assert english(bind(bound, Known()).node) == english(bound)


def test_dates_read_as_dates_once_their_type_is_known() -> None:
    assert english(typed("D >= '2025-01-31'").node) == "D is on or after 2025-01-31"
    assert english(typed("DTM < '2025-01-31T10:00'").node) == "DTM is before 2025-01-31T10:00:00"
    assert english(typed("P < '2025-01'").node) == 'P is before "2025-01"'


@settings(max_examples=100, deadline=None)
@given(scalar.conditions(3) | scalar.numbers(3) | scalar.texts(3))
def test_every_expression_has_a_sentence(tree: scalar.Tree) -> None:
    said = english(typed(scalar.write(tree)).node)
    assert said
    for name in COLUMNS:
        if f"('name', '{name}')" in str(tree):
            assert name in said


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("LBTESTCD = 'ALB'", ((("LBTESTCD", "EQ", ("ALB",)),),)),
        ("LBTESTCD != 'ALB'", ((("LBTESTCD", "NE", ("ALB",)),),)),
        (
            "A = 'x' and B in (1, 2.5) and C >= 3",
            ((("A", "EQ", ("x",)), ("B", "IN", ("1", "2.5")), ("C", "GE", ("3",))),),
        ),
        ("A = 'x' and (B = 'y' and C = 'z')",
         ((("A", "EQ", ("x",)), ("B", "EQ", ("y",)), ("C", "EQ", ("z",))),)),
        ("A = 'x' or B not in ('y')", ((("A", "EQ", ("x",)),), (("B", "NOTIN", ("y",)),))),
        ("A = 'x' or (B = 'y' and C < 1)",
         ((("A", "EQ", ("x",)),), (("B", "EQ", ("y",)), ("C", "LT", ("1",))))),
        ("A = 'x' or (B = 'y' or C <= 1)",
         ((("A", "EQ", ("x",)),), (("B", "EQ", ("y",)),), (("C", "LE", ("1",)),))),
        ("5 < A", ((("A", "GT", ("5",)),),)),
        ("5 >= A", ((("A", "LE", ("5",)),),)),
        ("'x' = A", ((("A", "EQ", ("x",)),),)),
        ("A = 123456789.125", ((("A", "EQ", ("123456789.125",)),),)),
        # what no range check can say
        ("A = B", None),
        ("A + 1 = 2", None),
        ("not A = 'x'", None),
        ("missing(A)", None),
        ("A = ''", None),
        ("A = 'x' and (B = 'y' or C = 'z')", None),
        ("A = 'x' or missing(B)", None),
        ("this.A = 'x'", None),
        ("source.A = 'x'", None),
        ("upper(A) in ('x')", None),
    ],
)  # fmt: skip
def test_range_checks(text: str, checks: object) -> None:
    assert range_checks(parse(text)) == checks


class _Source:
    def resolve(self, name: Name) -> tuple[str, Type]:
        return f"source.{name.name}", Type.TEXT


def test_a_source_column_is_no_range_check() -> None:
    assert range_checks(bind(parse("A = 'x'"), _Source()).node) is None


def test_a_numeric_date_is_checked_against_its_number() -> None:
    # 2025-01-01 is day 23742 of SAS
    assert range_checks(typed("D >= '2025-01-01'").node) == ((("D", "GE", ("23742",)),),)
    assert range_checks(typed("P >= '2025-01'").node) == ((("P", "GE", ("2025-01",)),),)
