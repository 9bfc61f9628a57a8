"""What is known of an array is found once, and forgotten with the array."""

from __future__ import annotations

import gc

import pyarrow as pa
import pytest

from mg_cdisc import dates
from mg_cdisc.dates.memory import remembered


def test_found_once_for_an_array_and_again_for_another() -> None:
    asked: list[list[str]] = []

    @remembered
    def length(values: pa.Array) -> int:
        asked.append(values.to_pylist())
        return len(values)

    one, alike, other = pa.array(["a"]), pa.array(["a"]), pa.array(["b", "c"])
    assert [length(each) for each in (one, other, one, other, one)] == [1, 2, 1, 2, 1]
    assert asked == [["a"], ["b", "c"]]
    assert length(alike) == 1
    assert len(asked) == 3


def test_forgotten_with_the_array() -> None:
    held = []

    class Big:
        def __del__(self) -> None:
            held.append("gone")

    @remembered
    def find(values: pa.Array) -> Big:
        return Big()

    values = pa.array(["a"])
    find(values)
    assert not held
    del values
    gc.collect()
    assert held == ["gone"]


def test_what_is_shared_cannot_be_changed() -> None:
    low, high, precision = dates.bounds(pa.array(["2025-03"]))
    for part in (low, high, precision):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 0


def test_results_stay_after_whatever_else_was_asked() -> None:
    values = pa.array(["2025-03-01", "2025-03-01/2025-03-02", "x"])
    before = [part.tolist() for part in dates.bounds(values)]
    assert dates.is_iso8601(values).tolist() == [True, True, False]
    dates.order_key(values)
    dates.to_date(values)
    assert dates.is_iso8601(values).tolist() == [True, True, False]
    assert [part.tolist() for part in dates.bounds(values)] == before
