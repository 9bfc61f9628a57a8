"""Aggregates: one value for each group of records.

Missing values are ignored; an empty count is 0, an empty sum, mean, least or largest is missing.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc import dates
from mg_cdisc.expression.nodes import Type
from mg_cdisc.expression.values import Truth, Value
from mg_cdisc.frame import (
    Codes,
    Column,
    Index,
    Mask,
    Numbers,
    Text,
    blank_like,
    choose,
    group_codes,
    missing,
    positions,
    take,
)


def reduce(
    function: str, value: Value | None, kind: Type | None, codes: Index, count: int
) -> Value:
    """The aggregate of ``value`` over the groups ``codes`` (0 to ``count`` - 1)."""
    if isinstance(value, Truth):
        if function == "count":
            return _counts(codes[value.true], count)
        some = _counts(codes[value.true], count)
        if function == "any":
            return Truth.known(some > 0)
        return Truth.known((some == _counts(codes, count)) & (some > 0))
    if value is None:
        return _counts(codes, count)
    held = ~missing(value)
    match function:
        case "count":
            return _counts(codes[held], count)
        case "count_distinct":
            pair, _ = group_codes(
                [codes[held].astype(np.float64), take(value, held)], int(held.sum())
            )
            _, first = np.unique(pair, return_index=True)
            return _counts(codes[held][first], count)
        case "sum" | "mean":
            return _sum(cast("Numbers", value), held, codes, count, mean=function == "mean")
        case "median":
            return _median(cast("Numbers", value), held, codes, count)
        case "std":
            return _deviation(cast("Numbers", value), held, codes, count)
        case "min" | "max":
            return _extreme(value, kind, held, codes, count, largest=function == "max")
        case "list":
            return _listed(cast("Text", value), held, codes, count)
    raise ValueError(f"no aggregate {function}")


def _counts(codes: Index, count: int) -> Numbers:
    return np.bincount(codes, minlength=count).astype(np.float64)


def _sum(values: Numbers, held: Mask, codes: Index, count: int, *, mean: bool) -> Numbers:
    codes, values = codes[held], values[held]
    if not (np.floor(values) == values).all():
        # decimals are added in the order of their size, so that the order of rows, and with it
        # the number of partitions, does not show in the last digits
        order = np.argsort(values, kind="stable")
        codes, values = codes[order], values[order]
    number = _counts(codes, count)
    total = np.bincount(codes, weights=values, minlength=count)
    result: Numbers = np.full(count, np.nan)
    return np.divide(total, number if mean else 1.0, out=result, where=number > 0)


def _median(values: Numbers, held: Mask, codes: Index, count: int) -> Numbers:
    """The middle value of each group; of an even number of values the mean of the middle two."""
    codes, values = codes[held], values[held]
    values = values[np.lexsort((values, codes))]
    number = np.bincount(codes, minlength=count)
    first = np.cumsum(number) - number
    some = number > 0
    low = (first + (number - 1) // 2)[some]
    high = (first + number // 2)[some]
    result: Numbers = np.full(count, np.nan)
    result[some] = (values[low] + values[high]) / 2
    return result


def _deviation(values: Numbers, held: Mask, codes: Index, count: int) -> Numbers:
    """The standard deviation of each group, with n - 1; missing of fewer than two values."""
    number = _counts(codes[held], count)
    away = values - _sum(values, held, codes, count, mean=True)[codes]
    squares = _sum(away * away, held, codes, count, mean=False)
    result: Numbers = np.full(count, np.nan)
    return np.sqrt(np.divide(squares, number - 1, out=result, where=number > 1))


def _extreme(
    value: Column, kind: Type | None, held: Mask, codes: Index, count: int, *, largest: bool
) -> Column:
    key: Codes | Numbers
    if not isinstance(value, Text):
        key = value
    elif kind is Type.PARTIAL:
        key = value.spread(dates.order_key(value.values)).astype(np.int64)
    else:
        key = value.value_ranks.astype(np.int32)[value.codes]
    rows = positions(held)
    if len(rows) < len(held):
        key, codes = key[rows], codes[rows]
    if not len(rows):
        return blank_like(value, count)
    edge = key.min() if largest else key.max()
    best = np.full(count, edge, key.dtype)
    (np.maximum if largest else np.minimum).at(best, codes, key)
    at = np.flatnonzero(key == best[codes])
    if not largest:  # of equal ones the last, and of the least the first
        at = at[::-1]
    picked = np.zeros(count, np.int64)
    has = np.zeros(count, bool)
    picked[codes[at]], has[codes[at]] = rows[at], True
    return choose(has, take(value, picked), blank_like(value, count))


def _listed(value: Text, held: Mask, codes: Index, count: int) -> Text:
    """The different texts of each group in their order, with a comma and a blank between."""
    rows = positions(held)
    ranks = value.value_ranks.astype(np.int64)[value.codes[rows]]
    span = int(ranks.max(initial=0)) + 1
    pairs, first = np.unique(codes[rows] * span + ranks, return_index=True)
    ends = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(pairs // span, minlength=count), out=ends[1:])
    texts = value.take(rows[first]).to_arrow()
    return Text.encode(pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), texts), ", "))
