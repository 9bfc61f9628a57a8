"""Version 8 of the transport format: long names, labels and text, as another program sees them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, list_members, read_xpt, write_xpt
from mg_cdisc.transport.verify import verify_xpt

MOMENT = datetime(2026, 3, 31)
NAME = "TREATMENT_EMERGENT_FLAG_OF_EVENT"  # 32 characters
LONG = "x" * 200 + " and further " + "y" * 300


def dataset(rows: int = 3, *, label: str = "Label") -> XptDataset:
    variables = (
        XptVariable(NAME, "L" * 256, True, len(LONG)),
        XptVariable("AGE", label, False, 8, "8.1"),
        XptVariable("A_SECOND_VARIABLE", "l" * 41, True, 3, "$CHAR3.", "$CHAR3."),
    )
    frame = Frame.of(
        {
            NAME: Text.of([LONG, "", "short"] * (rows // 3)),
            "AGE": np.array([1.5, np.nan, -0.1] * (rows // 3)),
            "A_SECOND_VARIABLE": Text.of(["", "b", ""] * (rows // 3)),
        }
    )
    return XptDataset("ADVERSE_EVENTS_ANALYSIS", "Adverse Events", variables, frame)


@pytest.mark.parametrize("rows", [3, 60_000])  # read whole, and in windows
def test_round_trip_by_two_readers(tmp_path: Path, rows: int) -> None:
    path, made = tmp_path / "adae.xpt", dataset(rows)
    write_xpt(path, made, timestamp=MOMENT, version=8)
    verify_xpt(path, made)
    read = read_xpt(path)
    assert read.name == "ADVERSE_EVENTS_ANALYSIS"
    assert read.variables == made.variables
    assert read.frame.text(NAME).to_list() == made.frame.text(NAME).to_list()
    np.testing.assert_array_equal(read.frame.number("AGE"), made.frame.number("AGE"))


def test_pyreadstat_reads_names_labels_and_text(tmp_path: Path) -> None:
    path = tmp_path / "adae.xpt"
    write_xpt(path, dataset(), timestamp=MOMENT, version=8)
    frame, header = pyreadstat.read_xport(path)
    assert header.table_name == "ADVERSE_EVENTS_ANALYSIS"
    assert header.column_names == [NAME, "AGE", "A_SECOND_VARIABLE"]
    assert header.column_labels == ["L" * 256, "Label", "l" * 41]
    assert frame[NAME].tolist() == [LONG, "", "short"]
    assert frame["AGE"].tolist()[0] == 1.5


def test_what_pyreadstat_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.xpt"
    data = pd.DataFrame({"A_LONG_VARIABLE_NAME": ["v" * 250, "w"], "N": [1.0, 2.5]})
    pyreadstat.write_xport(
        data, path, table_name="LONG_TABLE_NAME", file_format_version=8,
        column_labels=["l" * 100, "short"],
    )  # fmt: skip
    assert list_members(path) == ("LONG_TABLE_NAME",)
    read = read_xpt(path)
    assert [(each.name, each.label) for each in read.variables] == [
        ("A_LONG_VARIABLE_NAME", "l" * 100),
        ("N", "short"),
    ]
    assert read.frame.text("A_LONG_VARIABLE_NAME").to_list() == ["v" * 250, "w"]


def test_blank_records_at_the_end_are_counted(tmp_path: Path) -> None:
    """Version 8 says how many records there are: blank ones are not taken for padding."""
    path = tmp_path / "x.xpt"
    made = XptDataset(
        "X", "", (XptVariable("A", "", True, 1),), Frame.of({"A": Text.of(["a", "", ""])})
    )
    write_xpt(path, made, timestamp=MOMENT, version=8)
    assert read_xpt(path).frame.text("A").to_list() == ["a", "", ""]
    assert read_xpt(path).notes == ()


def test_chinese_labels_keep_whole_characters(tmp_path: Path) -> None:
    """The first 40 bytes of a label stand in the description: never half a character."""
    path, label = tmp_path / "x.xpt", "不良事件的首选术语及其系统器官分类名称"  # 57 bytes in UTF-8
    made = XptDataset(
        "X", "不良事件", (XptVariable("A", label, True, 1),), Frame.of({"A": Text.of(["a"])})
    )
    write_xpt(path, made, timestamp=MOMENT, encoding="utf-8", version=8)
    verify_xpt(path, made, encoding="utf-8")
    assert read_xpt(path, encoding="utf-8").variables[0].label == label


@pytest.mark.parametrize(
    ("name", "label", "length", "kind", "what"),
    [
        ("N" * 33, "", 8, "variable-name", "has 33 characters; version 8 holds 32"),
        ("X", "L" * 257, 8, "variable-label", "has 257 bytes; version 8 holds 256"),
        ("X", "", 32768, "stored-length", "X has a stored length of 32768 bytes"),
    ],
)
def test_limits(tmp_path: Path, name: str, label: str, length: int, kind: str, what: str) -> None:
    made = XptDataset(
        "X", "", (XptVariable(name, label, True, length),), Frame.of({name: Text.of(["a"])})
    )
    with pytest.raises(TransportError) as caught:
        write_xpt(tmp_path / "x.xpt", made, timestamp=MOMENT, version=8)
    found = caught.value.findings[0]
    assert found.kind == kind
    assert what in found.what
    assert not (tmp_path / "x.xpt").exists()


@pytest.mark.parametrize("at", range(720, 1280, 40))
def test_a_file_cut_in_its_header_is_a_finding(tmp_path: Path, at: int) -> None:
    path = tmp_path / "x.xpt"
    write_xpt(path, dataset(), timestamp=MOMENT, version=8)
    path.write_bytes(path.read_bytes()[:at])
    with pytest.raises(TransportError) as caught:
        read_xpt(path)
    assert caught.value.findings[0].kind == "damaged"
