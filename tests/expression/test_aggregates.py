"""Aggregates: missing values ignored, empty groups, dates, and plain Python for the rest."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np
import pytest
from calculator import COLUMNS, Cell, Known, Notebook, column, plain
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.expression import Env, bind, parse


def aggregate(text: str, groups: Sequence[int], count: int, **cells: Sequence[Cell]) -> list[Cell]:
    """The value for each of ``count`` groups; ``groups`` is that of each row."""
    rows = len(groups)
    columns = {name: column(COLUMNS[name], given) for name, given in cells.items()}
    inner = Env(columns, rows, Notebook())
    bound = bind(parse(text), Known(), aggregates=True)
    assert bound.aggregates
    codes = np.array(groups, np.int64)
    return plain(bound.compute(Env({}, count, Notebook(), None, inner, codes)))


@pytest.mark.parametrize(
    ("text", "by_group"),
    [
        # group 0: 1, missing, 3; group 1: missing; group 2: 3, 3; group 3: no records
        ("count()", [3, 1, 2, 0]),
        ("count(N)", [2, 0, 2, 0]),
        ("count(N = 3)", [1, 0, 2, 0]),
        ("count(missing(N))", [1, 1, 0, 0]),
        ("count_distinct(N)", [2, 0, 1, 0]),
        ("sum(N)", [4, None, 6, None]),
        ("mean(N)", [2, None, 3, None]),
        ("median(N)", [2, None, 3, None]),
        ("std(N)", [2**0.5, None, 0, None]),
        ("min(N)", [1, None, 3, None]),
        ("max(N)", [3, None, 3, None]),
        ("any(N = 3)", [True, False, True, False]),
        ("every(N = 3)", [False, False, True, False]),
        ("every(missing(N))", [False, True, False, False]),
        ("sum(N * 2) + count()", [11, None, 14, None]),
        ("coalesce(sum(N), 0)", [4, 0, 6, 0]),
        ("if(count(N) >= 2, sum(N) / count(N))", [2, None, 3, None]),
        ("round(mean(N), 0)", [2, None, 3, None]),
        ("max(N) - min(N)", [2, None, 0, None]),
    ],
)
def test_missing_is_ignored_and_empty_groups_are_there(text: str, by_group: list[Cell]) -> None:
    cells = [1, None, 3, None, 3, 3]
    assert aggregate(text, [0, 0, 0, 1, 2, 2], 4, N=cells) == by_group


def test_a_list_has_each_text_once_in_order() -> None:
    texts = ["T02", "", "T01", "T02", "", "a, b"]
    groups = [0, 0, 0, 0, 1, 2]
    assert aggregate("list(T)", groups, 4, T=texts) == ["T01, T02", "", "a, b", ""]
    assert aggregate("list(if(T != 'T02', T))", groups, 3, T=texts) == ["T01", "", "a, b"]
    assert aggregate("list(upper(substr(T, 1, 1)))", groups, 3, T=texts) == ["T", "", "A"]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["", "b", "a", "é", "C"])), max_size=20)
)
def test_a_list_is_that_of_plain_python(cells: list[tuple[int, str]]) -> None:
    wanted = [
        ", ".join(sorted({text for group, text in cells if group == number and text}))
        for number in range(4)
    ]
    texts = [text for _, text in cells]
    assert aggregate("list(T)", [group for group, _ in cells], 4, T=texts) == wanted


def test_text_and_dates() -> None:
    texts = ["b", "", "a", "", "c"]
    assert aggregate("min(T)", [0, 0, 0, 1, 2], 3, T=texts) == ["a", "", "c"]
    assert aggregate("max(T)", [0, 0, 0, 1, 2], 3, T=texts) == ["b", "", "c"]
    assert aggregate("count(T)", [0, 0, 0, 1, 2], 3, T=texts) == [2, 0, 1]
    partial = ["2025-01", "2025-01-01", "", "2024-12-31T10:00"]
    # the less precise of two that begin together is the earlier
    assert aggregate("min(P)", [0, 0, 0, 1], 2, P=partial) == ["2025-01", "2024-12-31T10:00"]
    assert aggregate("max(P)", [0, 0, 0, 1], 2, P=partial) == ["2025-01-01", "2024-12-31T10:00"]
    assert aggregate("iso(max(D))", [0, 0], 1, D=["2025-01-01", None]) == ["2025-01-01"]


def test_no_records_at_all() -> None:
    assert aggregate("count()", [], 2, N=[]) == [0, 0]
    assert aggregate("sum(N)", [], 2, N=[]) == [None, None]
    assert aggregate("max(T)", [], 2, T=[]) == ["", ""]
    assert aggregate("count_distinct(N)", [], 2, N=[]) == [0, 0]
    assert aggregate("any(N = 1)", [], 2, N=[]) == [False, False]
    assert aggregate("mean(N)", [], 0, N=[]) == []


ROWS = st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(-8, 8).map(lambda n: n / 4)))


@settings(deadline=None)
@given(ROWS)
def test_numbers_as_in_plain_python(rows: list[tuple[int, float | None]]) -> None:
    groups, cells = [group for group, _ in rows], [cell for _, cell in rows]
    held = [[c for g, c in rows if g == group and c is not None] for group in range(4)]
    whole = [[c for g, c in rows if g == group] for group in range(4)]
    expected = {
        "count()": [len(each) for each in whole],
        "count(N)": [len(each) for each in held],
        "count_distinct(N)": [len(set(each)) for each in held],
        "sum(N)": [sum(each) if each else None for each in held],
        "mean(N)": [sum(each) / len(each) if each else None for each in held],
        "median(N)": [statistics.median(each) if each else None for each in held],
        "round(std(N), 9)": [
            round(statistics.stdev(each), 9) if len(each) > 1 else None for each in held
        ],
        "min(N)": [min(each, default=None) for each in held],
        "max(N)": [max(each, default=None) for each in held],
        "any(N > 0)": [any(c > 0 for c in each) for each in held],
        "every(N > 0)": [bool(w) and len(w) == len(h) and all(c > 0 for c in h)
                         for w, h in zip(whole, held, strict=True)],
    }  # fmt: skip
    for text, by_group in expected.items():
        assert aggregate(text, groups, 4, N=cells) == by_group


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["", "a", "A", "é", "ab", "10", "9"])))
)
def test_texts_as_in_plain_python(rows: list[tuple[int, str]]) -> None:
    groups, cells = [group for group, _ in rows], [cell for _, cell in rows]
    for text, pick in (("min(T)", min), ("max(T)", max)):
        expected = [
            pick((c for g, c in rows if g == group and c), key=str.encode, default="")
            for group in range(3)
        ]
        assert aggregate(text, groups, 3, T=cells) == expected
    distinct = [len({c for g, c in rows if g == group and c}) for group in range(3)]
    assert aggregate("count_distinct(T)", groups, 3, T=cells) == distinct
