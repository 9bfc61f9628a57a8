"""Grouping, sorting and choosing, beside plain Python on the rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.frame import (
    Column,
    Frame,
    Origins,
    Text,
    by_appearance,
    choose,
    concat_columns,
    distinct,
    group_codes,
    match_codes,
    order_key,
    rows_by_group,
    sort_order,
)

TEXTS = st.sampled_from(["", "a", "b", "B", "aa", "é", "10", "9"])
NUMBERS = st.sampled_from([math.nan, 0.0, -0.0, 1.0, -1.0, 2.5, 1e300, -1e300, math.inf, -math.inf])
WHOLE = st.sampled_from([math.nan, 0.0, -0.0, 1.0, 2.0, -7.0, 1e6])
DECIMAL = st.sampled_from(
    [math.nan, -0.0, 0.1, 0.3, 0.1 + 0.2, -0.3, 2.5, 36.64, 1.005, 1e12 + 0.1]
)


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[Column], list[list[Any]]]:
    """Up to four columns of one length, and their rows as Python has them."""
    rows = draw(st.integers(0, 30))
    made: list[Column] = []
    plain: list[list[Any]] = []
    for kind in draw(
        st.lists(st.sampled_from([TEXTS, NUMBERS, WHOLE, DECIMAL]), min_size=1, max_size=4)
    ):
        values: list[Any] = draw(st.lists(kind, min_size=rows, max_size=rows))
        plain.append(values)
        made.append(Text.of(values) if kind is TEXTS else np.array(values, np.float64))
    return made, plain


def alike(value: Any) -> Any:
    """Equal for values that are one group: every missing, zeros of both signs."""
    if isinstance(value, str):
        return value
    return "missing" if math.isnan(value) else value + 0.0


def place(value: Any) -> tuple[int, Any]:
    """Missing first, then by bytes or size."""
    if isinstance(value, str):
        return (int(value != ""), value.encode())
    return (0, 0.0) if math.isnan(value) else (1, value)


@given(columns())
@settings(max_examples=300)
def test_rows_are_one_group_where_all_columns_are_alike(
    given_: tuple[list[Column], list[list[Any]]],
) -> None:
    made, plain = given_
    rows = len(plain[0])
    groups, count = group_codes(made, rows)
    keys = [tuple(alike(column[row]) for column in plain) for row in range(rows)]
    assert count == len(set(keys))
    assert sorted(set(groups.tolist())) == list(range(count))
    for one in range(rows):
        for other in range(one):
            assert (groups[one] == groups[other]) == (keys[one] == keys[other])
    appeared = by_appearance(groups, count).tolist()
    assert appeared == [list(dict.fromkeys(keys)).index(key) for key in keys]


def test_more_combinations_than_a_table_holds() -> None:
    """Six columns of 1,000 values each: 10**18 combinations, at most 2,500 of them there."""
    random = np.random.default_rng(1)
    values = [f"v{i}" for i in range(1000)]
    parts = [random.integers(0, 1000, 5000) for _ in range(6)]
    for part in parts:
        part[2500:] = part[:2500]
    texts = [Text.of(values).expand(part) for part in parts]
    groups, count = group_codes(texts, 5000)
    assert count == len(set(zip(*(part.tolist() for part in parts), strict=True)))
    assert (groups[:2500] == groups[2500:]).all()


@given(columns())
@settings(max_examples=300)
def test_rows_are_sorted_as_python_sorts_them(
    given_: tuple[list[Column], list[list[Any]]],
) -> None:
    made, plain = given_
    rows = len(plain[0])
    expected = sorted(range(rows), key=lambda row: [place(column[row]) for column in plain])
    assert sort_order([order_key(column) for column in made], rows).tolist() == expected


@given(columns(), st.booleans(), st.sampled_from([None, False, True]))
@settings(max_examples=300)
def test_descending_and_where_missing_stands(
    given_: tuple[list[Column], list[list[Any]]], descending: bool, missing_last: bool | None
) -> None:
    made, plain = given_
    rows = len(plain[0])
    last = descending if missing_last is None else missing_last
    keys = order_key(made[0], descending=descending, missing_last=missing_last)
    order = sort_order([keys], rows).tolist()
    gone = [row for row in range(rows) if not place(plain[0][row])[0]]
    held = [row for row in range(rows) if place(plain[0][row])[0]]
    # Python's reverse keeps equal rows as they stood, too
    held.sort(key=lambda row: place(plain[0][row]), reverse=descending)
    assert order == (held + gone if last else gone + held)


def test_keys_too_far_apart_for_one_number() -> None:
    low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    first = np.array([high, low, 0, low])
    second = np.array([2**61, 5, 2**61, 4])
    third = np.array([1, 0, 0, 0])
    assert sort_order([first, second, third], 4).tolist() == [3, 1, 2, 0]


@given(st.lists(NUMBERS, max_size=30))
def test_distinct_numbers(values: list[float]) -> None:
    codes, found = distinct(np.array(values, np.float64))
    assert [alike(value) for value in found.tolist()] == list(dict.fromkeys(map(alike, values)))
    assert [alike(found[code]) for code in codes] == [alike(value) for value in values]


@given(st.lists(st.tuples(st.booleans(), TEXTS, TEXTS), max_size=30))
def test_choosing_between_texts(rows: list[tuple[bool, str, str]]) -> None:
    condition = np.array([row[0] for row in rows], bool)
    yes, no = Text.of(row[1] for row in rows), Text.of(row[2] for row in rows)
    chosen = [row[1] if row[0] else row[2] for row in rows]
    made = choose(condition, yes, no)
    assert isinstance(made, Text)
    assert made.to_list() == chosen
    constant = choose(condition, yes, Text.constant("z", len(rows)))
    assert isinstance(constant, Text)
    assert constant.to_list() == [row[1] if row[0] else "z" for row in rows]
    assert len(set(constant.values.to_pylist())) == len(constant.values)


def test_text_and_numbers_are_not_mixed() -> None:
    with pytest.raises(TypeError, match="text and numbers cannot be mixed"):
        choose(np.array([True]), Text.of(["a"]), np.array([1.0]))
    with pytest.raises(TypeError, match="text and numbers cannot be stacked"):
        concat_columns([Text.of(["a"]), np.array([1.0])])


@given(st.lists(TEXTS, max_size=20), st.lists(TEXTS, max_size=20))
def test_keys_match_across_frames(left: list[str], right: list[str]) -> None:
    one, other, count = match_codes([Text.of(left)], [Text.of(right)], len(left), len(right))
    assert count == len({*left, *right})
    for row, value in enumerate(left):
        assert [bool(each) for each in other == one[row]] == [each == value for each in right]


@given(st.lists(TEXTS, min_size=1, max_size=20), st.data())
def test_values_that_occur(values: list[str], data: st.DataObject) -> None:
    text = Text.of(["unused", *values]).take(np.arange(1, len(values) + 1))
    picked = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=10))
    part = text.take(np.array(picked, np.int64))
    shown = [values[row] for row in picked]
    assert part.to_list() == shown
    assert sorted(part.held.to_pylist()) == sorted(set(shown))
    assert part.used() == sorted(set(shown), key=str.encode)
    assert part.compact().to_list() == shown
    assert len(part.compact().values) == len(set(shown))


def test_a_constant_stays_one_when_rows_are_taken() -> None:
    text = Text.constant("x", 1_000_000)
    for part in (text.take(np.arange(500_000)), text.take(np.ones(1_000_000, bool))):
        assert part.codes.strides == (0,)
        assert part.values.to_pylist() == ["x"]
    assert len(text.take(np.zeros(1_000_000, bool))) == 0


@given(st.data())
def test_a_slice_is_what_taking_the_rows_gives(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 12))
    counts = data.draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(counts, np.int64))])
    origins = data.draw(
        st.sampled_from(
            [Origins(np.arange(int(offsets[-1])), offsets), Origins(np.arange(rows) + 5)]
        )
    )
    made: dict[str, Column] = {
        "T": Text.of([f"t{row % 3}" for row in range(rows)]),
        "N": np.arange(rows, dtype=np.float64) / 2,
    }
    frame = Frame(made, rows, origins)
    start = data.draw(st.integers(0, rows))
    stop = data.draw(st.integers(start, rows))
    one, other = frame.slice(start, stop), frame.take(np.arange(start, stop))
    assert one.rows == other.rows == len(one.origins) == len(other.origins)
    assert one.text("T").to_list() == other.text("T").to_list()
    assert one.number("N").tolist() == other.number("N").tolist()
    assert one.origins.bounds.tolist() == other.origins.bounds.tolist()
    assert one.origins.ids.tolist() == other.origins.ids.tolist()


@given(st.lists(TEXTS, max_size=20), st.lists(TEXTS, max_size=20))
def test_keys_match_where_values_do_not_all_occur(left: list[str], right: list[str]) -> None:
    unused = Text.of(["unused", *left]).take(np.arange(1, len(left) + 1))
    one, other, count = match_codes([unused], [Text.of(right)], len(left), len(right))
    assert all(0 <= group < count for group in (*one.tolist(), *other.tolist()))
    for row, value in enumerate(left):
        assert [bool(each) for each in other == one[row]] == [each == value for each in right]


@pytest.mark.parametrize("count", [1, 3, 300, 70_000])
def test_rows_of_each_group_as_they_stand(count: int) -> None:
    groups = np.random.default_rng(count).integers(0, count, 500)
    rows, starts = rows_by_group(groups, count)
    assert len(starts) == count + 1
    for group in np.unique(groups).tolist():
        found = rows[starts[group] : starts[group + 1]].tolist()
        assert found == [row for row, each in enumerate(groups.tolist()) if each == group]
    assert sorted(rows.tolist()) == list(range(500))


@given(st.lists(TEXTS, min_size=1, max_size=20), st.booleans())
def test_recoding_keeps_each_row(values: list[str], merges: bool) -> None:
    text = Text.of(values)
    recode = pc.utf8_lower if merges else (lambda each: pc.binary_join_element_wise(each, "x", "-"))
    made = text.map(recode)
    assert made.to_list() == [each.lower() if merges else f"{each}-x" for each in values]
    assert len(set(made.values.to_pylist())) == len(made.values)
    # columns that share their codes are still columns of their own
    both = Frame.of({"one": text, "other": made}).take(np.arange(len(values))[::-1])
    assert both.text("one").to_list() == values[::-1]
    assert both.text("other").to_list() == made.to_list()[::-1]
