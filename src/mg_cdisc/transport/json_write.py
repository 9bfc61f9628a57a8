"""A dataset to Dataset-JSON 1.1, as one JSON object or as lines (NDJSON).

Values are turned into JSON by whole columns, text by its distinct values, and joined to records
some ten thousand at a time. One record stands on one line. The same dataset and header give the
same bytes.

Rule: CDISC Dataset-JSON 1.1, "Dataset-JSON Attributes"; RFC 8259.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Numbers, Text
from mg_cdisc.transport.dataset_json import TO_TEXT, VERSION, JsonColumn, JsonHeader
from mg_cdisc.transport.missing import missing_letters
from mg_cdisc.transport.report import Report
from mg_cdisc.transport.xpt import XptDataset, XptSummary

_ROWS = 1 << 15
_MARKED = '["\\\\\x00-\x1f]'  # what JSON cannot hold as it stands
_WHOLE = 2.0**53

_Cells = Callable[[int, int], pa.StringArray]


def write_json(
    path: Path, dataset: XptDataset, header: JsonHeader, *, lines: bool = False
) -> XptSummary:
    """Write a dataset as Dataset-JSON in UTF-8, with ``\\n`` line ends; ``lines`` as NDJSON.

    ``header`` has one column for each variable, in their order. Text is written without blanks at
    its end, as a transport file has it.

    Errors: ``TransportError`` with everything that the format cannot hold, before the file is
    created: infinite numbers, special missings, decimals where integers are declared.
    """
    report = Report(str(path), dataset.name, dataset.frame.columns)
    for column in header.columns:
        _check(report, column, dataset)
    if report.findings:
        raise TransportError(report.findings)
    said = _header(dataset, header)
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for block in _blocks(dataset, header, said, lines):
            digest.update(block)
            size += file.write(block)
    return XptSummary(dataset.frame.rows, size, digest.hexdigest())


def _check(report: Report, column: JsonColumn, dataset: XptDataset) -> None:
    values = dataset.frame[column.name]
    if isinstance(values, Text):
        return
    name = column.name

    def infinite(record: int) -> tuple[str, str, str]:
        what = f"{name} = {values[record]} cannot be stored"
        return "number-range", what, "JSON knows no infinite numbers; correct it."

    def special(record: int) -> tuple[str, str, str]:
        letter = chr(missing_letters(values[record : record + 1])[0])
        what = f"{name} is missing as .{letter}, and Dataset-JSON knows one missing only"
        return "special-missing", what, "Say the reason in a variable of its own."

    def decimals(record: int) -> tuple[str, str, str]:
        what = f"{name} = {values[record]} is declared as an integer"
        return "stored-type", what, "Declare it as a float."

    report.add_records(name, np.flatnonzero(np.isinf(values)), infinite)
    report.add_records(name, np.flatnonzero(missing_letters(values)), special)
    if column.type == "integer":
        with np.errstate(invalid="ignore"):
            off = (values != np.trunc(values)) & ~np.isnan(values)
        report.add_records(name, np.flatnonzero(off), decimals)


def _header(dataset: XptDataset, header: JsonHeader) -> dict[str, Any]:
    """Everything but the records, in the order of the standard."""
    system = {"name": header.system[0], "version": header.system[1]} if header.system else {}
    said: dict[str, Any] = {
        "datasetJSONCreationDateTime": header.created,
        "datasetJSONVersion": VERSION,
        "fileOID": header.file,
        "dbLastModifiedDateTime": header.modified,
        "originator": header.originator,
        "sourceSystem": system,
        "studyOID": header.study,
        "metaDataVersionOID": header.version,
        "metaDataRef": header.reference,
        "itemGroupOID": header.group,
        "records": dataset.frame.rows,
        "name": dataset.name,
        "label": dataset.label,
        "columns": [_column(column) for column in header.columns],
    }
    needed = ("records", "itemGroupOID", "name", "label")
    return {key: value for key, value in said.items() if value or key in needed}


def _column(column: JsonColumn) -> dict[str, Any]:
    said: Mapping[str, Any] = {
        "itemOID": column.oid,
        "name": column.name,
        "label": column.label,
        "dataType": column.type,
        "targetDataType": column.target,
        "length": column.length,
        "displayFormat": column.format,
        "keySequence": column.key,
    }
    needed = ("itemOID", "name", "label", "dataType")
    return {key: value for key, value in said.items() if value or key in needed}


def _blocks(
    dataset: XptDataset, header: JsonHeader, said: dict[str, Any], lines: bool
) -> Iterator[bytes]:
    text = json.dumps(said, ensure_ascii=False, indent=None if lines else 1)
    if lines:
        yield f"{text}\n".encode()
    else:
        yield f'{text[:-2]},\n "rows": ['.encode()
    rows = dataset.frame.rows
    cells = [_cells(column, dataset) for column in header.columns]
    between = "\n" if lines else ",\n"
    for start in range(0, rows, _ROWS):
        stop = min(rows, start + _ROWS)
        joined = pc.binary_join_element_wise(*(each(start, stop) for each in cells), ",")
        records = pc.binary_join_element_wise("[", joined, "]", "")
        whole = pa.ListArray.from_arrays(pa.array([0, len(records)], pa.int32()), records)
        block = pc.binary_join(whole, between)[0].as_buffer().to_pybytes()
        yield (b"" if lines else b"," if start else b"") + (b"" if lines else b"\n") + block
        if lines:
            yield b"\n"
    if not lines:
        yield b"\n ]\n}\n" if rows else b"]\n}\n"


def _cells(column: JsonColumn, dataset: XptDataset) -> _Cells:
    values = dataset.frame[column.name]
    if isinstance(values, Text):
        few = values.compact()
        trimmed = pc.ascii_rtrim(few.values, characters=" ")
        written = json_texts(trimmed)
        if column.type not in ("string", "URI"):  # no date is blank
            written = pc.if_else(pc.equal(trimmed, ""), "null", written)
        return lambda start, stop: written.take(pa.array(few.codes[start:stop]))
    return lambda start, stop: _numbers(column, values[start:stop])


def json_texts(values: pa.StringArray) -> pa.StringArray:
    """Texts as JSON writes them.

    >>> json_texts(pa.array(["a", 'b"', ""])).to_pylist()
    ['"a"', '"b\\\\""', '""']
    """
    written = pc.binary_join_element_wise('"', values, '"', "")
    marked = pc.match_substring_regex(values, _MARKED)
    if not pc.any(marked).as_py():
        return written
    escaped = [json.dumps(each, ensure_ascii=False) for each in values.filter(marked).to_pylist()]
    return pc.replace_with_mask(written, marked, pa.array(escaped, pa.string()))


def _numbers(column: JsonColumn, numbers: Numbers) -> pa.StringArray:
    """Numbers as JSON: dates in quotes, integers without decimals, others with shortest digits."""
    gone = np.isnan(numbers)
    if column.moment is not None:
        texts = json_texts(TO_TEXT[column.moment](numbers))
    elif column.type == "integer" and not (np.abs(numbers[~gone]) > _WHOLE).any():
        texts = pa.array(np.where(gone, 0.0, numbers).astype(np.int64)).cast(pa.string())
    else:
        texts = pa.array(numbers).cast(pa.string())
        if column.type == "decimal":
            texts = json_texts(texts)
    return pc.if_else(pa.array(gone), "null", texts) if gone.any() else texts
