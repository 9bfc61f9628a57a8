"""Every function: its own example, and what it does with missing and odd values."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal

import numpy as np
import pytest
from calculator import evaluate, one
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.expression import Type
from mg_cdisc.expression.functions import FUNCTIONS
from mg_cdisc.expression.values import (
    combinations,
    number_text,
    parse_numbers,
    read_number,
    round_number,
)
from mg_cdisc.frame import Text

# functions without an example of their own: they read many records
AGGREGATES = {
    "count",
    "count_distinct",
    "sum",
    "mean",
    "median",
    "std",
    "min",
    "max",
    "list",
    "any",
    "every",
}

# function, expression, cells, expected: by what the function says of itself
CASES: list[tuple[str, str, dict[str, object], object]] = [
    ("if", "if(N = 1, 'a')", {"N": 2}, ""),
    ("coalesce", "coalesce(N, M)", {"N": None, "M": None}, None),
    ("missing", "missing(T)", {"T": " "}, False),
    ("missing", "missing(N)", {"N": None}, True),
    ("missing", "missing(P)", {"P": ""}, True),
    ("undecided", "undecided(N = 1)", {"N": None}, True),
    ("undecided", "undecided(P = '2025-01-01')", {"P": "2025-01-01"}, False),
    ("concat", "concat(T, '-', U)", {"T": "", "U": "b"}, "-b"),
    ("concat", "concat(T)", {"T": "a"}, "a"),
    ("upper", "upper(T)", {"T": "café 疼痛"}, "CAFÉ 疼痛"),
    ("lower", "lower(T)", {"T": "ÄB"}, "äb"),
    ("propcase", "propcase(T)", {"T": "DRUG-INDUCED liver/kidney (ACUTE)"},
     "Drug-Induced Liver/Kidney (Acute)"),
    ("propcase", "propcase(T)", {"T": ""}, ""),
    ("trim", "trim(T)", {"T": "\t a  b \n"}, "a  b"),
    ("translate", "translate(T)", {"T": " a b"}, " a b"),
    ("translate", "translate(T)", {"T": ""}, ""),
    ("squeeze", "squeeze(T)", {"T": "  a \t  b  "}, "a b"),
    ("squeeze", "squeeze(T)", {"T": "   "}, ""),
    ("substr", "substr(T, 3)", {"T": "abcd"}, "cd"),
    ("substr", "substr(T, 3, 9)", {"T": "abcd"}, "cd"),
    ("substr", "substr(T, 9)", {"T": "abcd"}, ""),
    ("substr", "substr(T, 2, 1)", {"T": "疼痛"}, "痛"),
    ("substr", "substr(T, 2, 0)", {"T": "abcd"}, ""),
    ("word", "word(T, '-', 1)", {"T": "a-b-c"}, "a"),
    ("word", "word(T, '-', 3)", {"T": "a-b-c"}, "c"),
    ("word", "word(T, '-', 4)", {"T": "a-b-c"}, ""),
    ("word", "word(T, '-', -3)", {"T": "a-b-c"}, "a"),
    ("word", "word(T, '-', -4)", {"T": "a-b-c"}, ""),
    ("word", "word(T, '-', 1)", {"T": ""}, ""),
    ("word", "word(T, '--', 2)", {"T": "a--b-c"}, "b-c"),
    ("word", "word(T, '.', 2)", {"T": "a.b"}, "b"),
    ("piece", "piece(T, 1)", {"T": "a" * 120 + " " + "b" * 120}, "a" * 120),
    ("piece", "piece(T, 2)", {"T": "a" * 120 + " " + "b" * 120}, "b" * 120),
    ("piece", "piece(T, 3)", {"T": "a" * 120 + " " + "b" * 120}, ""),
    ("piece", "piece(T, 1)", {"T": "疼" * 70}, "疼" * 66),
    ("piece", "piece(T, 1)", {"T": " a "}, " a "),
    ("piece", "piece(T, 2)", {"T": ""}, ""),
    ("replace", "replace(T, 'aa', 'b')", {"T": "aaa"}, "ba"),
    ("replace", "replace(T, '.', '')", {"T": "1.2.3"}, "123"),
    ("extract", "extract(T, '[0-9]+')", {"T": "no digits"}, ""),
    ("extract", "extract(T, 'V(?P<n>[0-9]+)')", {"T": "V12 V13"}, "12"),
    ("extract", "extract(T, '(?:a|b)c')", {"T": "xbc"}, "bc"),
    ("pad", "pad(T, 3)", {"T": ""}, ""),
    ("pad", "pad(T, 3)", {"T": " 7 "}, "007"),
    ("pad", "pad(T, 3)", {"T": "1234"}, "1234"),
    ("length", "length(T)", {"T": "疼痛"}, 2.0),
    ("length", "length(T)", {"T": ""}, 0.0),
    ("contains", "contains(T, '.')", {"T": "ab"}, False),
    ("contains", "contains(T, 'B')", {"T": "abc"}, False),
    ("starts_with", "starts_with(T, 'b')", {"T": "abc"}, False),
    ("ends_with", "ends_with(T, 'c')", {"T": "abc"}, True),
    ("matches", "matches(T, '[0-9]+')", {"T": "12x"}, False),
    ("matches", "matches(T, 'a|bc')", {"T": "abc"}, False),
    ("matches", "matches(T, '.*')", {"T": ""}, True),
    ("number", "number(T)", {"T": ""}, None),
    ("number", "number(T)", {"T": " -1.5e2 "}, -150.0),
    ("number", "number(T)", {"T": "+.5"}, 0.5),
    ("is_number", "is_number(T)", {"T": ""}, False),
    ("is_number", "is_number(T)", {"T": "1,5"}, False),
    ("is_number", "is_number(T)", {"T": "nan"}, False),
    ("is_number", "is_number(T)", {"T": "5."}, True),
    ("text", "text(N)", {"N": None}, ""),
    ("text", "text(N)", {"N": 0.1 + 0.2}, "0.30000000000000004"),
    ("text", "text(N)", {"N": 1e15}, "1000000000000000"),
    ("text", "text(N)", {"N": -1e-7}, "-0.0000001"),
    ("text", "text(N)", {"N": -0.0}, "0"),
    ("text", "text(N, 2)", {"N": 2.675}, "2.68"),
    ("text", "text(N, 2)", {"N": -0.001}, "0.00"),
    ("text", "text(N, 0)", {"N": 2.5}, "3"),
    ("text", "text(N, 1)", {"N": None}, ""),
    ("abs", "abs(N)", {"N": None}, None),
    ("floor", "floor(N)", {"N": None}, None),
    ("ceil", "ceil(N)", {"N": -1.5}, -1.0),
    ("round", "round(N)", {"N": -2.5}, -3.0),
    ("round", "round(N, 1, 'half even')", {"N": 0.25}, 0.2),
    ("round", "round(N, 1, 'half even')", {"N": 0.35}, 0.4),
    ("round", "round(N, 1, 'up')", {"N": -0.21}, -0.3),
    ("round", "round(N, 1, 'down')", {"N": -0.29}, -0.2),
    ("round", "round(N, -2)", {"N": 1250}, 1300.0),
    ("round", "round(N, 2)", {"N": None}, None),
    ("signif", "signif(N, 3)", {"N": 1234567}, 1230000.0),
    ("signif", "signif(N, 3)", {"N": 9.996}, 10.0),
    ("signif", "signif(N, 3)", {"N": -0.00012345}, -0.000123),
    ("signif", "signif(N, 1)", {"N": 0.25}, 0.3),
    ("signif", "signif(N, 2)", {"N": 0}, 0.0),
    ("signif", "signif(N, 2)", {"N": None}, None),
    ("sqrt", "sqrt(N)", {"N": -1}, None),
    ("sqrt", "sqrt(N)", {"N": None}, None),
    ("power", "power(N, 2)", {"N": -3}, 9.0),
    ("power", "power(N, 0.5)", {"N": -3}, None),
    ("power", "power(N, 0)", {"N": None}, None),
    ("power", "power(N, M)", {"N": 1, "M": None}, None),
    ("power", "power(0, -1)", {}, None),
    ("exp", "exp(N)", {"N": 1000}, None),
    ("exp", "exp(N)", {"N": None}, None),
    ("log", "log(N)", {"N": 0}, None),
    ("log", "log(exp(N))", {"N": 1}, 1.0),
    ("log10", "log10(N)", {"N": -1}, None),
    ("log10", "log10(N)", {"N": 0.01}, -2.0),
    ("least", "least(N, M)", {"N": None, "M": 2}, 2.0),
    ("least", "least(N, M)", {"N": None, "M": None}, None),
    ("greatest", "greatest(N, M)", {"N": 1, "M": None}, 1.0),
    ("greatest", "iso(greatest(D, E))", {"D": "2025-01-01", "E": "2025-01-02"}, "2025-01-02"),
    ("iso", "iso(T)", {"T": ""}, ""),
    ("iso", "iso(D)", {"D": "2025-01-31"}, "2025-01-31"),
    ("iso", "iso(DTM)", {"DTM": "2025-01-31T07:08"}, "2025-01-31T07:08:00"),
    ("iso", "iso(TM)", {"TM": "07:08"}, "07:08:00"),
    ("iso", "iso(P)", {"P": "2025---15"}, "2025---15"),
    ("date", "iso(date(P))", {"P": "2025-01-31T07:08"}, "2025-01-31"),
    ("date", "date(P)", {"P": "2025-01"}, None),
    ("date", "date(P)", {"P": "2025---15"}, None),
    ("date", "iso(date(DTM))", {"DTM": "1959-12-31T23:59:59"}, "1959-12-31"),
    ("datetime", "datetime(P)", {"P": "2025-01-31"}, None),
    ("datetime", "iso(datetime(P))", {"P": "2025-01-31T07:08"}, "2025-01-31T07:08:00"),
    ("datetime", "iso(datetime(D))", {"D": "2025-01-31"}, "2025-01-31T00:00:00"),
    ("time", "iso(time(DTM))", {"DTM": "1959-12-31T23:59:59"}, "23:59:59"),
    ("time", "time(P)", {"P": "2025-01-31"}, None),
    ("time", "iso(time(P))", {"P": "2025-01-31T07:08"}, "07:08:00"),
    ("date_part", "date_part(P)", {"P": "2025-01"}, "2025-01"),
    ("date_part", "date_part(DTM)", {"DTM": "2025-01-31T07:08"}, "2025-01-31"),
    ("date_part", "date_part(P)", {"P": "2025---15"}, "2025---15"),
    ("date_part", "date_part(P)", {"P": "2025-01-31T-:30"}, "2025-01-31"),
    ("date_part", "date_part(P)", {"P": "-----T07:15"}, ""),
    ("study_day", "study_day(P, Q)", {"P": "2025-03-02", "Q": "2025-03-02"}, 1.0),
    ("study_day", "study_day(P, Q)", {"P": "2025-03-03T01:00", "Q": "2025-03-02T23:00"}, 2.0),
    ("study_day", "study_day(P, Q)", {"P": "2025-03", "Q": "2025-03-02"}, None),
    ("study_day", "study_day(P, Q)", {"P": "2025-03-02", "Q": "2025-03"}, None),
    ("study_day", "study_day(D, E)", {"D": "2025-03-01", "E": "2025-03-02"}, -1.0),
    ("age", "age(P, Q)", {"P": "1960-03-02", "Q": "2025-03-01"}, 64.0),
    ("age", "age(P, Q)", {"P": "1960-03-02", "Q": "2025-03-02"}, 65.0),
    ("age", "age(P, Q)", {"P": "1960-03", "Q": "2025-03-15"}, None),
    ("age", "age(P, Q)", {"P": "", "Q": "2025-03-15"}, None),
    ("months", "months(D, E)", {"D": "2025-01-01", "E": "2025-01-31"}, 30 / 30.4375),
    ("months", "months(D, E, 30)", {"D": "2025-01-31", "E": "2025-01-01"}, -1.0),
    ("year", "year(P)", {"P": ""}, None),
    ("year", "year(D)", {"D": "0001-01-01"}, 1.0),
    ("month", "month(P)", {"P": "2025---15"}, None),
    ("month", "month(P)", {"P": "2025-12-31T23:00"}, 12.0),
    ("day", "day(P)", {"P": "2025---15"}, 15.0),
    ("day", "day(P)", {"P": "2025-03"}, None),
    ("data_cut", "iso(data_cut())", {}, "2025-03-31"),  # the day that the tests' names know
    ("data_cut", "iso(least(D, data_cut()))", {"D": "2025-04-01"}, "2025-03-31"),
    ("data_cut", "data_cut() >= '2025-03-31'", {}, True),
    ("precision", "precision(P)", {"P": ""}, ""),
    ("precision", "precision(P)", {"P": "2025"}, "year"),
    ("precision", "precision(P)", {"P": "2025---15"}, "year"),
    ("precision", "precision(P)", {"P": "2025-03-15T10"}, "hour"),
    ("precision", "precision(P)", {"P": "2025-03-15T10:00:01"}, "second"),
    ("precision", "precision(P)", {"P": "2025-03-15T10:00:01.25"}, "second"),
]  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_is_described_and_does_what_its_example_says(name: str) -> None:
    function = FUNCTIONS[name]
    assert function.doc
    assert not function.doc.endswith(".")
    if name in AGGREGATES:
        assert function.aggregate
        assert function.example is None
        return
    assert not function.aggregate
    assert function.example is not None
    text, expected = function.example
    assert re.search(rf"\b{name}\(", text), "the example calls the function"
    assert one(text) == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_reads_as_english_with_every_number_of_arguments(name: str) -> None:
    function = FUNCTIONS[name]
    parts = [f"part{number}" for number in range(len(function.takes))]
    for left_out in range(function.optional + 1):
        given_parts = parts[: len(parts) - left_out]
        said = function.sentence(given_parts)
        assert "{" not in said
        for part in given_parts:
            assert part in said


def test_every_function_has_cases_here() -> None:
    assert {name for name, *_ in CASES} | AGGREGATES == set(FUNCTIONS)


@pytest.mark.parametrize(("name", "text", "cells", "expected"), CASES)
def test_cases(name: str, text: str, cells: dict[str, object], expected: object) -> None:
    assert f"{name}(" in text
    assert one(text, **cells) == expected  # type: ignore[arg-type]


def test_a_function_of_a_repeated_text_gives_each_row_its_own() -> None:
    assert evaluate("upper(T)", T=["a", "b", "a", "A"]) == ["A", "B", "A", "A"]
    assert evaluate("concat(T, U)", T=["a", "ab"], U=["bc", "c"]) == ["abc", "abc"]


MODES = {
    "half away": ROUND_HALF_UP,
    "half even": ROUND_HALF_EVEN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
}


@pytest.mark.parametrize("mode", MODES)
@given(
    digits=st.integers(-3, 6),
    number=st.builds(  # fourteen digits, the point anywhere
        lambda units, places: Decimal(units).scaleb(-places),
        st.integers(-(10**14), 10**14),
        st.integers(0, 10),
    ),
)
def test_rounding_is_that_of_decimals(mode: str, digits: int, number: Decimal) -> None:
    given_number = float(number)
    unit = Decimal(1).scaleb(-digits)
    # the shortest decimal that the double stands for, which is what a person reads
    expected = float(Decimal(repr(given_number)).quantize(unit, MODES[mode]))
    assert float(round_number(np.array([given_number]), digits, mode)[0]) == expected


@given(
    digits=st.integers(1, 12),
    number=st.builds(
        lambda units, places: Decimal(units).scaleb(-places),
        st.integers(-(10**13), 10**13).filter(bool),
        st.integers(0, 14),
    ),
)
def test_significant_digits_are_those_of_decimals(digits: int, number: Decimal) -> None:
    held = Decimal(repr(float(number)))
    unit = Decimal(1).scaleb(held.adjusted() + 1 - digits)
    expected = float(held.quantize(unit, ROUND_HALF_UP))
    assert one(f"signif(N, {digits})", N=float(number)) == expected


@pytest.mark.parametrize("mode", MODES)
def test_rounding_leaves_very_large_numbers_alone(mode: str) -> None:
    given_numbers = np.array([1e300, -1e17, 2.0**52 + 1, np.nan, 4503599627370495.5])
    made = round_number(given_numbers, 12, mode)
    assert np.array_equal(made, given_numbers, equal_nan=True)


def test_rounding_forgives_what_a_calculation_loses() -> None:
    computed = np.array([0.1 + 0.2 + 0.15, 1.1 * 1.1 * 50, (0.1 + 0.7) * 10 / 16])
    # 0.45, 60.5, 0.5: none of the three is held exactly
    assert round_number(computed, 1, "half away").tolist() == [0.5, 60.5, 0.5]
    assert round_number(computed, 0, "half away").tolist() == [0.0, 61.0, 1.0]
    # 5.2 as some transport files hold it: a step of a quarter of the range
    difference = np.array([(5.199999999999999 - 5.0) / (0.5 * (5.5 - 3.9))])
    assert round_number(difference, 1, "half away").tolist() == [0.3]
    assert round_number(np.array([0.1 * 3]), 1, "up").tolist() == [0.3]
    assert round_number(np.array([0.7 / 0.1]), 0, "down").tolist() == [7.0]


def test_rounding_gives_no_minus_zero() -> None:
    made = round_number(np.array([-0.2, -0.0]), 0, "half away")
    assert not np.signbit(made).any()


@given(st.lists(st.floats(-1e18, 1e18), max_size=5))
def test_numbers_as_text_read_back_the_same(numbers: list[float]) -> None:
    texts = number_text(np.array(numbers, np.float64)).to_list()
    assert [float(text) for text in texts] == [number + 0.0 for number in numbers]
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", text) for text in texts)


@given(st.from_regex(r"[ ]?[-+]?[0-9.]{1,6}([eE][-+]?[0-9]{1,2})?[ ]?", fullmatch=True))
def test_texts_as_numbers(text: str) -> None:
    import pyarrow as pa

    numbers, bad = parse_numbers(pa.array([text]))
    try:
        expected = float(text)
    except ValueError:
        assert bad[0]
        assert np.isnan(read_number(text))
        return
    assert not bad[0]
    assert numbers[0] == expected == read_number(text)


@pytest.mark.parametrize("text", ["1e400", "-1e999", "inf", "NaN", "0x10", "1_000", "１２", "--1"])
def test_what_is_no_number(text: str) -> None:
    import pyarrow as pa

    numbers, bad = parse_numbers(pa.array([text]))
    assert bad[0]
    assert np.isnan(numbers[0])


@given(st.data())
def test_combinations_are_those_that_occur(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 8))
    texts = [Text.of([data.draw(st.sampled_from("abc")) for _ in range(rows)]) for _ in range(3)]
    joint, picks = combinations(texts)
    for text, pick in zip(texts, picks, strict=True):
        held = text.values.to_pylist()
        assert [held[code] for code in pick[joint]] == text.to_list()
    occurring = set(zip(*(text.to_list() for text in texts), strict=True))
    assert len(picks[0]) == len(occurring)


def test_many_distinct_texts_can_be_joined() -> None:
    # 6 columns of 20,000 texts each: more combinations than a 64-bit number can tell apart
    rows = 20_000
    texts = [
        Text.of([f"{column}{(row * 7919 + column) % rows}" for row in range(rows)])
        for column in range(6)
    ]
    joint, picks = combinations(texts)
    assert len(set(joint.tolist())) == rows
    for text, pick in zip(texts, picks, strict=True):
        assert np.array_equal(pick[joint], text.codes)


def test_types_are_named_as_people_say() -> None:
    assert [str(kind) for kind in Type] == [
        "text", "number", "date", "datetime", "time", "partial date", "condition",
    ]  # fmt: skip
