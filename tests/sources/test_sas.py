"""SAS data sets and transport files: text as stored, numbers as their formats say.

No Python library writes SAS7BDAT. The two files in ``data`` were written by ReadStat's own C
writer (see the README there), so what is read here is a real file, though not one of SAS itself.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest

from mg_cdisc.errors import SourceError
from mg_cdisc.frame import Frame, Text
from mg_cdisc.sources import SourceDeclaration, SourceTable, read_source
from mg_cdisc.sources.sas7bdat import rows_of
from mg_cdisc.transport import XptDataset, XptVariable, special_missing, write_xpt

# what dosing.c puts into the file, by hand: 21915 days from 1960-01-01 are 60 * 365 + 15 leap days
DOSING = {
    "SUBJ": ["0001", "0002", "0003", "0004", "0005"],
    "DOSE": ["0.1", "", "10000000000000000000000", "0.0000001", "0"],
    "DOSEDT": ["2020-01-01", "", "1959-12-31", "2020-01-01T12:00:00", "2020-01-01"],
    "DOSEDTM": [
        "2020-01-01T00:00:00",
        "2020-01-01T01:01:01.25",
        "1000000000000000",
        "1960-01-01T00:00:00",
        "1960-01-01T00:00:00",
    ],
    "DOSETM": ["00:00:00", "01:02:03", "23:59:59.5", "23:59:59.5", "23:59:59.5"],
    "ISODT": ["2020-01-01"] * 5,
    "BIGTM": ["25:00:00", "25:00:00", "-00:01:00", "25:00:00", "25:00:00"],
    "NOTE": [" leading", "NA", "Caf\u00e9".lower(), "", ""],
    "AVAL": ["0.3333333333333333", "861", "123456.789", ".A", "0"],
}


def texts(table: SourceTable) -> dict[str, list[str]]:
    return {name: table.frame.text(name).to_list() for name in table.columns}


@pytest.mark.parametrize("file", ["plain.sas7bdat", "compressed.sas7bdat"])
def test_sas7bdat(data: Path, file: str) -> None:
    table = read_source(SourceDeclaration(file=file), data)
    assert texts(table) == DOSING
    assert table.row_numbers.tolist() == [1, 2, 3, 4, 5]
    assert table.labels["DOSE"] == "Dose (mg)"
    assert table.labels["DOSEDTM"] == "Date and time"


def test_special_missings_are_blanks_if_declared(data: Path) -> None:
    declared = SourceDeclaration(file="plain.sas7bdat", missing=[".A"])
    assert texts(read_source(declared, data))["AVAL"][3] == ""


def test_a_declared_encoding_overrides_that_of_the_file(data: Path) -> None:
    declared = SourceDeclaration(file="plain.sas7bdat", encoding="windows-1252")
    # the file is utf-8: its two bytes of é are two characters of windows-1252
    assert texts(read_source(declared, data))["NOTE"][2] == "caf\u00c3\u00a9"


def test_every_cut_of_a_sas7bdat_is_one_error(read: Any, data: Path) -> None:
    whole = (data / "plain.sas7bdat").read_bytes()
    for size in range(32, len(whole), 61):
        with pytest.raises(SourceError) as raised:
            read("cut.sas7bdat", whole[:size])
        assert [found.kind for found in raised.value.findings] == ["source-truncated"]


def test_what_pyreadstat_hands_over() -> None:
    rows = rows_of(
        {"A": ["x", None], "B": ["A", 1.0], "C": [None, None], "D": [21915.0, "_"]},
        ["A", "B", "C", "D"],
        ["Text", None, "", "Day"],
        {"A": "$8", "B": "BEST12", "C": None, "D": "DATE9"},
        {"A": "string", "B": "double", "C": "double", "D": "double"},
        "x.sas7bdat",
    )
    assert {name: column.to_list() for name, column in rows.columns.items()} == {
        "A": ["x", ""],
        "B": [".A", "1"],
        "C": ["", ""],
        "D": ["2020-01-01", "._"],
    }
    assert rows.labels == {"A": "Text", "D": "Day"}


def test_a_sas7bdat_without_rows() -> None:
    rows = rows_of(
        {"A": [], "B": []}, ["A", "B"], ["", ""], {}, {"A": "string", "B": "double"}, "x"
    )
    assert (list(rows.columns), len(rows.numbers)) == (["A", "B"], 0)


def xpt(path: Path, encoding: str = "utf-8") -> None:
    frame = Frame.of(
        {
            "SUBJ": Text.of(["0001", "0002", " x"]),
            "DAT": np.array([21915.0, np.nan, -1.0]),
            "DTM": np.array([21915 * 86400 + 3661.0, 0.0, np.nan]),
            "TIM": np.array([3723.0, 0.0, 86399.0]),
            "VAL": np.array([0.1, special_missing("B"), 861.0]),
            "NOTE": Text.of(["\u5934\u75db", "", "NA"]),
        }
    )
    variables = (
        XptVariable("SUBJ", "Subject", True, 4),
        XptVariable("DAT", "Date", False, 8, "DATE9."),
        XptVariable("DTM", "", False, 8, "E8601DT19."),
        XptVariable("TIM", "Time", False, 8, "TIME8."),
        XptVariable("VAL", "Value", False, 8, "8.2"),
        XptVariable("NOTE", "Note", True, 8),
    )
    made = XptDataset("EX", "Exposure", variables, frame)
    write_xpt(path, made, timestamp=dt.datetime(2020, 1, 1), encoding=encoding)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_xpt(tmp_path: Path, encoding: str) -> None:
    xpt(tmp_path / "ex.xpt", encoding)
    declared = SourceDeclaration(file="ex.xpt", encoding=encoding)
    table = read_source(declared, tmp_path)
    assert texts(table) == {
        "SUBJ": ["0001", "0002", " x"],
        "DAT": ["2020-01-01", "", "1959-12-31"],
        "DTM": ["2020-01-01T01:01:01", "1960-01-01T00:00:00", ""],
        "TIM": ["01:02:03", "00:00:00", "23:59:59"],
        "VAL": ["0.1", ".B", "861"],
        "NOTE": ["\u5934\u75db", "", "NA"],
    }
    assert table.labels == {
        "SUBJ": "Subject",
        "DAT": "Date",
        "TIM": "Time",
        "VAL": "Value",
        "NOTE": "Note",
    }
    assert table.row_numbers.tolist() == [1, 2, 3]


def test_an_independent_reader_sees_the_same_dates(tmp_path: Path) -> None:
    xpt(tmp_path / "ex.xpt")
    table = read_source(SourceDeclaration(file="ex.xpt"), tmp_path)
    other, _ = pyreadstat.read_xport(tmp_path / "ex.xpt", output_format="dict")
    for name in ("DAT", "DTM", "TIM"):
        expected = [value.isoformat() if value is not None else "" for value in other[name]]
        assert table.frame.text(name).to_list() == expected
