"""Evaluation: three-valued logic, missing values, partial dates, faults in branches not taken."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from calculator import Notebook, env, evaluate, one, plain, typed

from mg_cdisc.expression import parse_order
from mg_cdisc.expression.bind import bind_order

TRUTHS = (True, False, None)
# a condition that is true, false or undecided by the row
CONDITION = {True: 1.0, False: 0.0, None: None}

AND = {
    (True, True): True, (True, False): False, (True, None): None,
    (False, True): False, (False, False): False, (False, None): False,
    (None, True): None, (None, False): False, (None, None): None,
}  # fmt: skip
OR = {
    (True, True): True, (True, False): True, (True, None): True,
    (False, True): True, (False, False): False, (False, None): None,
    (None, True): True, (None, False): None, (None, None): None,
}  # fmt: skip


@pytest.mark.parametrize(("left", "right"), list(itertools.product(TRUTHS, repeat=2)))
def test_truth_tables(left: bool | None, right: bool | None) -> None:
    cells = {"N": CONDITION[left], "M": CONDITION[right]}
    assert one("N = 1 and M = 1", **cells) is AND[left, right]
    assert one("N = 1 or M = 1", **cells) is OR[left, right]


@pytest.mark.parametrize(("given", "opposite"), [(True, False), (False, True), (None, None)])
def test_not_keeps_undecided(given: bool | None, opposite: bool | None) -> None:
    assert one("not N = 1", N=CONDITION[given]) is opposite
    assert one("undecided(N = 1)", N=CONDITION[given]) is (given is None)


def test_three_operands_are_joined_alike() -> None:
    for one_, two, three in itertools.product(TRUTHS, repeat=3):
        cells = {"N": CONDITION[one_], "M": CONDITION[two], "K": CONDITION[three]}
        assert one("N = 1 and M = 1 and K = 1", **cells) is AND[AND[one_, two], three]
        assert one("N = 1 or M = 1 or K = 1", **cells) is OR[OR[one_, two], three]


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
def test_a_missing_number_or_date_is_undecided(operator: str) -> None:
    assert one(f"N {operator} 1", N=None) is None
    assert one(f"1 {operator} N", N=None) is None
    assert one(f"N {operator} M", N=None, M=None) is None
    assert one(f"D {operator} E", D=None, E="2025-01-01") is None
    assert one(f"P {operator} '2025-01-01'", P="") is None
    assert one(f"P {operator} D", P="", D="2025-01-01") is None


def test_a_blank_text_is_a_text() -> None:
    assert one("T = ''", T="") is True
    assert one("T != ''", T="") is False
    assert one("T < 'a'", T="") is True
    assert one("T in ('', 'x')", T="") is True
    assert one("T = U", T="", U="") is True


def test_text_is_compared_exactly_and_sorted_by_bytes() -> None:
    assert one("T = 'a'", T="A") is False
    assert one("T = 'a'", T="a ") is False
    assert one("T < U", T="Z", U="a") is True
    assert one("T < U", T="10", U="9") is True
    assert one("T < U", T="é", U="z") is False  # é is two bytes above any ASCII letter


def test_lists_of_numbers_texts_and_dates() -> None:
    assert evaluate("N in (1, -2)", N=[1, -2, 3, None]) == [True, True, False, None]
    assert evaluate("N not in (1, -2)", N=[1, -2, 3, None]) == [False, False, True, None]
    assert evaluate("T not in ('a')", T=["a", "b", ""]) == [False, True, True]
    assert evaluate("D in ('2025-01-01', '2025-01-02')", D=["2025-01-02", "2025-01-03", None]) == [
        True, False, None,
    ]  # fmt: skip


def test_a_list_of_partial_dates_is_decided_by_known_parts() -> None:
    given = ["2025-01-01", "2025-01", "2024", "", "2025-01-02T10:00"]
    decided = [True, None, False, None, False]
    assert evaluate("P in ('2025-01-01', '2025-06-01')", P=given) == decided
    assert evaluate("P not in ('2025-01-01', '2025-06-01')", P=given) == [
        False, None, True, None, True,
    ]  # fmt: skip


# less, equal: from the definition, --DTC values mean every moment that they can be
PARTIAL = [
    ("2025-03-15", "2025-03-15", False, True),
    ("2025-03-15", "2025-03-16", True, False),
    ("2025-03-15", "2025-03-15T10:30", None, None),
    ("2025-03-14", "2025-03-15T10:30", True, False),
    ("2025-03", "2025-03", None, None),
    ("2025-02", "2025-03-01", True, False),
    ("2025-03", "2025-03-01", None, None),
    ("2025", "2026-01-01T00:00", True, False),
    ("2026", "2025-12-31", False, False),
    ("2025---15", "2025-01-14", False, False),
    ("", "2025-01-01", None, None),
]


@pytest.mark.parametrize(("p", "q", "less", "equal"), PARTIAL)
def test_partial_dates_compare_as_far_as_known(
    p: str, q: str, less: bool | None, equal: bool | None
) -> None:
    greater = None if less is None else not less and not equal
    opposite = {True: False, False: True, None: None}
    cells = {"P": p, "Q": q}
    assert one("P < Q", **cells) is less
    assert one("P = Q", **cells) is equal
    assert one("P > Q", **cells) is greater
    assert one("P >= Q", **cells) is opposite[less]
    assert one("P != Q", **cells) is opposite[equal]
    assert one("P <= Q", **cells) is opposite[greater]
    assert one("Q > P", **cells) is less


def test_dates_datetimes_and_partial_dates_compare_with_each_other() -> None:
    assert one("D = P", D="2025-03-15", P="2025-03-15") is True
    assert one("D < DTM", D="2025-03-15", DTM="2025-03-16T00:00") is True
    assert one("D < DTM", D="2025-03-15", DTM="2025-03-15T10:00") is None
    assert one("DTM >= P", DTM="2025-03-15T10:00", P="2025-02") is True
    assert one("TM < time(P)", TM="07:00", P="2025-03-15T08:00") is True
    assert one("D >= '2025-03-15'", D="2025-03-15") is True
    assert one("'2025-03-15' < D", D="2025-03-16") is True


def test_arithmetic_with_missing_is_missing() -> None:
    for text in ("N + M", "N - M", "N * M", "N / M", "M + N", "-N", "N * 0"):
        assert one(text, N=None, M=2) is None
    assert one("D + N", D="2025-01-01", N=None) is None
    assert one("D - E", D="2025-01-01", E=None) is None


def test_division_by_zero_is_missing() -> None:
    assert one("N / M", N=1, M=0) is None
    assert one("N / M", N=0, M=0) is None
    assert one("N / M", N=1, M=-0.0) is None
    assert one("N / 0", N=1) is None
    assert one("N / M", N=1, M=4) == 0.25


def test_arithmetic_of_dates() -> None:
    assert one("D - E", D="2025-03-01", E="2025-02-28") == 1
    assert one("DTM - DTM", DTM="2025-03-01T10:00") == 0
    assert one("iso(D + 1)", D="2024-02-28") == "2024-02-29"
    assert one("iso(DTM + 90)", DTM="2025-03-01T10:00") == "2025-03-01T10:01:30"


def test_if_takes_what_is_true_and_undecided_gives_missing() -> None:
    assert evaluate("if(N = 1, 'yes', 'no')", N=[1, 2, None]) == ["yes", "no", ""]
    assert evaluate("if(N = 1, 10)", N=[1, 2, None]) == [10, None, None]
    assert evaluate("if(missing(N), 'gone', 'there')", N=[1, None]) == ["there", "gone"]


def test_coalesce_takes_the_first_that_is_there() -> None:
    assert evaluate("coalesce(N, M, 9)", N=[1, None, None], M=[2, 2, None]) == [1, 2, 9]
    assert evaluate("coalesce(T, U)", T=["a", "", ""], U=["b", "b", ""]) == ["a", "b", ""]


def faults(text: str, **cells: list[object]) -> list[tuple[str, list[int], list[str], str]]:
    """What is reported while an expression is evaluated."""
    notes = Notebook()
    rows = len(next(iter(cells.values())))
    typed(text).compute(env(rows, notes, **cells))  # type: ignore[arg-type]
    return notes.reports


NOT_A_NUMBER = "T = {value!r} is not a number"


def test_a_text_that_is_no_number_is_reported_at_its_rows() -> None:
    assert faults("number(T)", T=["1", "x", "", "<5", "x"]) == [
        ("not-a-number", [1, 3, 4], ["x", "<5", "x"], NOT_A_NUMBER)
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("if(T = 'x', 0, number(T))", []),
        ("if(T != 'x', number(T))", []),
        ("if(is_number(T), number(T))", []),
        ("if(T = 'x', number(T), 0)", [1]),
        ("if(N = 1, number(T), 0)", []),  # undecided is not taken
        ("is_number(T) and number(T) > 1", []),
        ("T = 'x' or number(T) > 1", []),
        ("T = 'x' and number(T) > 1", [1]),
        ("coalesce(5, number(T))", []),
        ("coalesce(N, number(T))", [1]),
        ("if(if(T = 'x', 'n', 'y') = 'y', number(T), 0)", []),
        ("T = '1' or T = 'x' or number(T) > 1", []),
        ("(T != 'x' and number(T) > 1) or T = ''", []),
        ("not (T != 'x' and number(T) > 1)", []),
    ],
)
def test_a_fault_in_a_branch_not_taken_is_none(text: str, rows: list[int]) -> None:
    found = faults(text, T=["1", "x"], N=[None, None])
    assert [at for _, at, _, _ in found] == ([rows] if rows else [])


def test_text_that_is_no_date_is_reported_and_blank() -> None:
    given = ["2025-01-01", "2025-02-30", "", "UNK"]
    assert faults("iso(T)", T=given) == [
        ("not-iso8601", [1, 3], ["2025-02-30", "UNK"], "{value!r} is not an ISO 8601 date")
    ]
    assert evaluate("iso(T)", T=given) == ["2025-01-01", "", "", ""]


def test_a_date_in_a_branch_not_taken_is_not_reported() -> None:
    given = {"T": ["UNK", "2025", "x"], "P": ["", "2024", ""]}
    assert [at for _, at, _, _ in faults("if(T = 'UNK', P, iso(T))", **given)] == [[2]]
    assert faults("T = 'UNK' or T = 'x' or iso(T) > '2024'", **given) == []
    assert faults("if(D < '2025-01-01', iso(D + N))", D=["2025-01-01"], N=[1e9]) == []


def test_a_number_that_is_no_date_is_reported_and_blank() -> None:
    assert faults("iso(D + N)", D=["2025-01-01"] * 2, N=[0, 1e9]) == [
        ("not-a-date", [1], ["1000023742"], "{value} is no SAS date of the years 1 to 9999")
    ]
    assert evaluate("D + N > '2025-01-01'", D=["2025-01-01"], N=[1e9]) == [True]
    assert evaluate("year(D + N)", D=["2025-01-01"], N=[1e9]) == [None]
    assert evaluate("P < D + N", D=["2025-01-01"], N=[1e9], P=["2025"]) == [None]


def test_evaluation_of_no_rows() -> None:
    for text in (
        "N + 1", "round(N, 2, 'up')", "concat(T, 'x')", "substr(T, 2, 3)", "word(T, '-', 1)",
        "pad(T, 3)", "text(N, 2)", "if(N = 1, T, 'a')", "coalesce(P, '')", "iso(D)", "age(P, D)",
        "study_day(P, D)", "months(D, E, 30)", "precision(P)", "number(T)", "extract(T, '[0-9]')",
    ):  # fmt: skip
        given = {name: [] for name in ("N", "T", "P", "D", "E")}
        assert plain(typed(text).compute(env(0, **given))) == []  # type: ignore[arg-type]


def order_of(text: str, **cells: list[object]) -> list[int]:
    """Positions of the rows in this order."""
    from calculator import Known

    rows = len(next(iter(cells.values())))
    key = bind_order(parse_order(text), Known()).key(env(rows, **cells))  # type: ignore[arg-type]
    return np.argsort(key, kind="stable").tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("N", [1, 3, 2, 0]),
        ("N desc", [0, 2, 3, 1]),
        ("N missing last", [3, 2, 0, 1]),
        ("N missing first", [1, 3, 2, 0]),
        ("N desc missing first", [1, 0, 2, 3]),
        ("N desc missing last", [0, 2, 3, 1]),
        ("-N", [1, 0, 2, 3]),
    ],
)
def test_missing_sorts_first_and_with_desc_last(text: str, expected: list[int]) -> None:
    assert order_of(text, N=[2, None, 0, -1.5]) == expected


def test_blank_text_and_blank_dates_sort_as_missing() -> None:
    assert order_of("T desc", T=["a", "", "b"]) == [2, 0, 1]
    assert order_of("T missing last", T=["b", "", "a"]) == [2, 0, 1]
    given = ["2025-02", "", "2025-01-31T10:00", "2025", "2024-12-31"]
    assert order_of("P", P=given) == [1, 4, 3, 2, 0]
    assert order_of("P desc", P=given) == [0, 2, 3, 4, 1]
    assert order_of("D", D=["2025-01-02", None, "2024-01-01"]) == [1, 2, 0]


def test_where_a_condition_is_true_by_value_and_by_record() -> None:
    """Few texts in many records are asked by combination; the answer is that of each record."""
    random = np.random.default_rng(1)
    cells = {
        "T": [["", "a", "b"][i] for i in random.integers(0, 3, 500)],
        "U": [["", "b", "2025-01"][i] for i in random.integers(0, 3, 500)],
        "N": [[None, 1.0, 2.0][i] for i in random.integers(0, 3, 500)],
    }
    for text in ("T = U", "missing(T) or U > 'a'", "T = 'a' and N = 1", "not T = U", "1 = 1"):
        for rows in (0, 1, 7, 500):
            given = env(rows, **{name: column[:rows] for name, column in cells.items()})
            condition = typed(text)
            expected = condition.truth(given).true
            assert condition.true_rows(given).tolist() == expected.tolist(), (text, rows)
