"""Entries of a table by code, and numbers by code: every bit of what NumPy would pick."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.frame import Codes, coded_numbers, gather, group_codes

ROWS = 20_000


@pytest.mark.parametrize(
    "kind", [bool, np.int8, np.int32, np.int64, np.float64, "V3", "datetime64[D]"]
)
@pytest.mark.parametrize("codes", [np.int32, np.int64])
def test_gathered_is_what_is_indexed(kind: Any, codes: Any) -> None:
    table = np.frombuffer(bytes(range(1, 241)), np.uint8).view("V3") if kind == "V3" else (
        np.arange(80).astype(kind)
    )  # fmt: skip
    picked: Codes = (np.arange(ROWS) * 7919 % len(table)).astype(codes)
    found = gather(table, picked)
    assert found.dtype == table.dtype
    assert found.tobytes() == table[picked].tobytes()
    assert found.flags.writeable


def test_bits_of_missings_are_kept() -> None:
    table = np.array([np.nan, 1.0])
    table.view(np.int64)[0] |= 0x41
    codes = np.zeros(ROWS, np.int32)
    assert (gather(table, codes).view(np.int64) == table.view(np.int64)[0]).all()


NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 0.1, 1e300, -5.0, np.nan, np.inf])


@given(st.lists(NUMBERS, max_size=40))
def test_numbers_by_code_are_the_numbers(values: list[float]) -> None:
    numbers = np.array(values, np.float64)
    coded = coded_numbers(numbers)
    assert coded is not None
    codes, different = coded
    assert different[codes].tobytes() == numbers.tobytes()
    bits = different.view(np.int64)
    assert len(np.unique(bits)) == len(bits)


def test_numbers_that_are_all_different_are_not_coded() -> None:
    assert coded_numbers(np.arange(5000.0)) is None
    assert coded_numbers(np.arange(5000.0) % 50) is not None


def test_what_was_coded_is_not_told_of_another_column() -> None:
    for last in range(50):  # arrays that are gone leave their place to others
        numbers = np.array([1.0, float(last)])
        coded = coded_numbers(numbers)
        assert coded is not None
        assert coded[1][coded[0]].tolist() == [1.0, float(last)]
        del numbers
        gc.collect(0)


@given(st.integers(1, 9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_groups_of_many_columns_are_those_of_their_rows(width: int, rows: list[int]) -> None:
    columns = [np.array([row >> shift & 7 for row in rows], np.float64) for shift in range(width)]
    codes, count = group_codes(columns, len(rows))
    meant = list(zip(*(column.tolist() for column in columns), strict=True))
    assert count == len(set(meant))
    assert len(set(zip(codes.tolist(), meant, strict=True))) == count
