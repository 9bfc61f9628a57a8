"""What is done otherwise for few values, and read off Arrow's buffers, is what Arrow itself says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.build.measure import Measured, measure, measure_numbers, measure_text_values
from mg_cdisc.dates.shapes import Shapes
from mg_cdisc.expression import Type
from mg_cdisc.expression.values import parse_numbers, read_number
from mg_cdisc.frame import Text, byte_lengths, merge_values

pa.array([""])  # the first conversion imports pandas, for longer than one example may take

# what UTF-8 can write
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=100)
PLAIN = st.from_regex(r"[+-]?[0-9]{1,6}(\.[0-9]{1,4})?", fullmatch=True)


@given(TEXTS, st.integers(0, 5))
def test_byte_lengths_are_those_that_arrow_counts(texts: list[str], start: int) -> None:
    values = pa.array(texts, pa.string())[start:]
    assert byte_lengths(values).tolist() == pc.binary_length(values).to_pylist()


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_merged_values_are_distinct_and_every_row_keeps_its_text(many: list[list[str]]) -> None:
    texts = [Text.of(each) for each in many]
    values, codes = merge_values(texts)
    assert len(set(values.to_pylist())) == len(values)
    for text, new in zip(texts, codes, strict=True):
        assert values.take(pa.array(new)).to_pylist() == text.values.to_pylist()


@given(TEXTS)
def test_used_values_are_in_the_order_of_their_bytes(texts: list[str]) -> None:
    assert Text.of(texts).used() == sorted(set(texts), key=str.encode)


@given(st.one_of(PLAIN, st.text(st.characters(exclude_categories=["Cs"]), max_size=8)))
def test_a_number_of_the_spec_is_read_as_one_of_a_column(text: str) -> None:
    column = parse_numbers(pa.array([text], pa.string()))[0]
    assert np.array_equal([read_number(text)], column, equal_nan=True)


@given(st.lists(PLAIN, min_size=1, max_size=20))
def test_digits_are_counted_as_they_stand(texts: list[str]) -> None:
    parts = [each.lstrip("+-").partition(".") for each in texts]
    whole, decimals = max(len(p[0]) for p in parts), max(len(p[2]) for p in parts)
    meant = (
        Measured("float", whole + decimals + 1, decimals)
        if decimals
        else Measured("integer", whole)
    )
    assert measure_numbers(pa.array(texts, pa.string())) == meant
    assert measure_text_values(Text.of(texts)) == meant


@given(st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=20))
def test_whole_numbers_are_as_long_as_they_are_written(numbers: list[int]) -> None:
    held = np.array([*map(float, numbers), np.nan])
    longest = max(len(str(abs(int(each)))) for each in held[:-1])
    assert measure(held, Type.NUMBER) == Measured("integer", longest)


def test_texts_are_text_where_one_is_no_number() -> None:
    for texts in (["1", "2", "x"], ["", "x", "1"], ["x", "1"]):
        assert measure_text_values(Text.of(texts)) == Measured("text", 1)
    assert measure_text_values(Text.of(["1" * 400])) == Measured("text", 400)


@given(st.lists(st.from_regex(r"[0-9]{1,4}(-[A-Z]{1,3}){0,2}", fullmatch=True), max_size=150))
def test_few_shapes_are_sifted_as_many(texts: list[str]) -> None:
    shapes = Shapes.of(pa.array(texts, pa.string()), fold_case=False)
    pattern = r"0+-[A-Z]{2}"
    fits = pc.match_substring_regex(shapes.kinds, rf"^(?:{pattern})$").to_pylist()
    meant = [(n, kind.encode()) for n, kind in enumerate(shapes.kinds.to_pylist()) if fits[n]]
    assert shapes.like(pattern) == meant
