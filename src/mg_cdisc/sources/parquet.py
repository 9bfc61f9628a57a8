"""Parquet files: typed columns to text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.errors import Finding, Location, SourceError
from mg_cdisc.frame import Text
from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.files import SourceFile
from mg_cdisc.sources.table import Rows, check_header, listed
from mg_cdisc.sources.values import FALSE, TRUE, decimals, spread_text, trimmed


def read_parquet(file: SourceFile, declaration: SourceDeclaration) -> Rows:
    """Read a Parquet file; the first record is row 1, null is blank.

    Numbers become the shortest decimal that round-trips, dates and times ISO 8601 (a moment in
    a time zone with its offset from UTC), conditions ``TRUE`` and ``FALSE``. Raises SourceError
    for columns that hold lists or other structures, or bytes, and for a damaged file.
    """
    if file.head.startswith(b"PARE"):
        raise file.error(
            "source-password", "the Parquet file is encrypted", "Store it without encryption."
        )
    if not file.data.endswith(b"PAR1"):
        raise file.error(
            "source-truncated",
            "the Parquet file breaks off before its end mark",
            "It was cut short: export or copy it again.",
        )
    import pyarrow.parquet as pq  # only here: few studies have such a file

    try:
        table = pq.ParquetFile(pa.BufferReader(file.data), coerce_int96_timestamp_unit="us").read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise file.error(
            "source-format",
            "the Parquet file cannot be read: it is damaged",
            "Export or copy it again.",
        ) from None
    check_header(table.column_names, file.name)
    foreign = [
        f"{field.name} ({field.type})" for field in table.schema if not _is_single(field.type)
    ]
    if foreign:
        raise SourceError(
            [
                Finding(
                    Location(file.name),
                    "source-type",
                    f"columns do not hold one value a row: {listed(foreign)}",
                    "Export them as text, numbers or dates.",
                )
            ]
        )
    columns = {
        name: _column_text(column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    numbers = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return Rows(columns, numbers, {})


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _is_single(kind: pa.DataType) -> bool:
    """Whether a column of this type holds one value a row that can be written as text."""
    types = pa.types
    if types.is_dictionary(kind):
        return _is_single(kind.value_type)
    tests = (
        _is_text,
        types.is_null,
        types.is_boolean,
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_date,
        types.is_time,
        types.is_timestamp,
    )
    return any(test(kind) for test in tests)


def _column_text(column: pa.ChunkedArray) -> Text:
    if not len(column):
        return Text.of([])
    kind = column.type
    if pa.types.is_null(kind):
        return Text.constant("", len(column))
    if _is_text(kind):
        return Text.encode(column.cast(pa.string()).dictionary_encode())
    encoded = column if pa.types.is_dictionary(kind) else column.dictionary_encode()
    encoded = encoded.unify_dictionaries().combine_chunks()
    if encoded.indices.null_count:
        # a null stands as one more value, so that every row has a code
        values = pa.concat_arrays([encoded.dictionary, pa.nulls(1, encoded.dictionary.type)])
        codes = pc.fill_null(encoded.indices.cast(pa.int32()), len(values) - 1)
        encoded = pa.DictionaryArray.from_arrays(codes, values)
    return spread_text(pc.fill_null(_value_text(encoded.dictionary), ""), encoded)


def _value_text(values: pa.Array) -> pa.StringArray:
    """The distinct values of one column as text; null stays null."""
    kind, types = values.type, pa.types
    if types.is_floating(kind):
        return decimals(values)
    if types.is_boolean(kind):
        return pc.if_else(values, TRUE, FALSE)
    if types.is_decimal(kind):
        return pa.array([None if x is None else _plain(x) for x in values.to_pylist()], pa.string())
    if types.is_date64(kind):
        return values.cast(pa.date32()).cast(pa.string())
    if types.is_time(kind):
        return trimmed(values.cast(pa.string()))
    if types.is_timestamp(kind):
        return _moments(values)
    return values.cast(pa.string())


def _plain(number: object) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moments(values: pa.Array) -> pa.StringArray:
    if values.type.tz is None:
        return trimmed(pc.strftime(values, format="%Y-%m-%dT%H:%M:%S"))
    local = pc.strftime(values, format="%Y-%m-%dT%H:%M:%S|%z")
    parts = pc.split_pattern(local, "|")
    clock = trimmed(pc.list_element(parts, 0))
    offset = pc.replace_substring_regex(pc.list_element(parts, 1), r"^(...)(..)$", r"\1:\2")
    return pc.binary_join_element_wise(clock, offset, "")
