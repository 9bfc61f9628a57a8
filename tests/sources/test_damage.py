"""Whatever happens to a file's bytes, a person gets one finding and never a traceback."""

from __future__ import annotations

import datetime as dt
import io
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.errors import SourceError


@lru_cache
def whole_file(suffix: str) -> bytes:
    data = Path(__file__).parent / "data"
    if suffix == "xlsx":
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        book.set_properties({"created": dt.datetime(2020, 1, 1)})
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["A", "B"])
        sheet.write_row("A2", ["x", 1.5])
        book.close()
        return out.getvalue()
    if suffix == "parquet":
        out = io.BytesIO()
        pq.write_table(pa.table({"A": ["x", "y"], "B": [1.5, None]}), out)
        return out.getvalue()
    if suffix == "csv":
        return 'A,B\n1,"x ""y""\nz"\n2,\u5934\u75db\n'.encode()
    name = {"sas7bdat": "compressed.sas7bdat", "xls": "biff8.xls", "ods": "sheet.ods"}[suffix]
    return (data / name).read_bytes()


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "xls", "ods", "parquet", "sas7bdat"])
@settings(deadline=None, max_examples=40)
@given(given_data=st.data())
def test_one_finding_or_a_table(read: Any, suffix: str, given_data: st.DataObject) -> None:
    damaged = bytearray(whole_file(suffix))
    places = st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255))
    for place, byte in given_data.draw(st.lists(places, max_size=8)):
        damaged[place] = byte
    del damaged[given_data.draw(st.integers(0, len(damaged)) | st.just(len(damaged))) :]
    try:
        table = read(f"damaged.{suffix}", bytes(damaged))
    except SourceError as fault:
        findings = fault.findings
    else:
        assert table.frame.rows == len(table.row_numbers)
        return
    assert len(findings) == 1
    assert findings[0].where.file == f"damaged.{suffix}"
