"""Parquet: every type that holds one value a row, and null."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


NOON = dt.datetime(2020, 1, 2, 12, 0)
TYPES: list[tuple[pa.DataType, list[Any], list[str]]] = [
    (pa.string(), ["007", "NA", " x ", ""], ["007", "NA", " x ", ""]),
    (pa.large_string(), ["\u5934\u75db"], ["\u5934\u75db"]),
    (pa.int8(), [1, -5], ["1", "-5"]),
    (pa.int64(), [2**62, 0], [str(2**62), "0"]),
    (pa.uint64(), [2**64 - 1], [str(2**64 - 1)]),
    (pa.float64(), [1.0, 0.1, 1e22, float("nan")], ["1", "0.1", "1" + "0" * 22, ""]),
    (pa.float32(), [0.1, 1e10], ["0.1", "10000000000"]),
    (pa.bool_(), [True, False], ["TRUE", "FALSE"]),
    (pa.decimal128(10, 2), [Decimal("1.50"), Decimal("100.00")], ["1.5", "100"]),
    (pa.decimal128(30, 12), [Decimal("0.000000000001")], ["0.000000000001"]),
    (pa.date32(), [dt.date(2020, 1, 2), dt.date(1, 1, 1)], ["2020-01-02", "0001-01-01"]),
    (pa.date64(), [dt.date(2020, 1, 2)], ["2020-01-02"]),
    (pa.timestamp("s"), [NOON], ["2020-01-02T12:00:00"]),
    (
        pa.timestamp("us"),
        [dt.datetime(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5, 250_000)],
        ["2020-01-02T00:00:00", "2020-01-02T03:04:05.25"],
    ),
    (pa.timestamp("ns"), [NOON], ["2020-01-02T12:00:00"]),
    (pa.timestamp("us", "UTC"), [NOON], ["2020-01-02T12:00:00+00:00"]),
    (pa.timestamp("us", "Asia/Shanghai"), [NOON], ["2020-01-02T20:00:00+08:00"]),
    (pa.time32("s"), [dt.time(8, 5)], ["08:05:00"]),
    (pa.time64("us"), [dt.time(8, 5, 1, 500_000)], ["08:05:01.5"]),
    (pa.dictionary(pa.int8(), pa.string()), ["b", "a", "b"], ["b", "a", "b"]),
    (pa.null(), [None, None], ["", ""]),
]


@pytest.mark.parametrize(("kind", "values", "texts"), TYPES, ids=lambda x: str(x)[:30])
def test_type(read: Any, kind: pa.DataType, values: list[Any], texts: list[str]) -> None:
    array = pa.array([*values, None], kind)
    table = read("t.parquet", parquet(pa.table({"V": array})))
    assert table.frame.text("V").to_list() == [*texts, ""]
    assert table.row_numbers.tolist() == list(range(1, len(values) + 2))


def test_several_row_groups(read: Any) -> None:
    out = io.BytesIO()
    whole = pa.table({"N": [1, None, 3, 1, 2], "D": pa.array(list("abacb")).dictionary_encode()})
    pq.write_table(whole, out, row_group_size=2)
    table = read("g.parquet", out.getvalue(), number=3)
    assert table.frame.text("N").to_list() == ["1", "", "3", "1", "2"]
    assert table.frame.text("D").to_list() == list("abacb")


def test_no_rows(read: Any) -> None:
    table = read("e.parquet", parquet(pa.table({"A": pa.array([], pa.int64())})))
    assert (table.columns, table.frame.rows) == (("A",), 0)
    assert [found.kind for found in table.findings] == ["source-no-rows"]
