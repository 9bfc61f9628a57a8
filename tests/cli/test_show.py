"""``mg-cdisc show``: a transport file in the terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, read_xpt, special_missing, write_xpt

Run = Callable[..., Any]
Cells = Callable[[str, str], list[list[str]]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three records with a date, a special missing, a plain missing and a text with a tab."""
    frame = Frame.of(
        {
            "USUBJID": Text.of(["A-1", "A-2", "A-3"]),
            "PARAM": Text.of(["Weight", "Weight\tkg", ""]),
            "AVAL": np.array([71.5, special_missing("N"), np.nan]),
            # 2025-02-03 is day 23775 from 1960-01-01: 65 years with 17 leap days, 31 + 2 days
            "ADT": np.array([65 * 365 + 17 - 1 + 1 + 31 + 2.0, np.nan, 0.0]),
        }
    )
    variables = (
        XptVariable("USUBJID", "Unique Subject Identifier", True, 3),
        XptVariable("PARAM", "Parameter", True, 9),
        XptVariable("AVAL", "Analysis Value", False, 8, "8.1"),
        XptVariable("ADT", "Analysis Date", False, 8, "DATE9."),
    )
    path = tmp_path / "advs.xpt"
    write_xpt(
        path,
        XptDataset("ADVS", "Vital Signs Analysis", variables, frame),
        timestamp=datetime(2026, 1, 31),
    )
    return path


def test_variables_are_told_with_type_length_format_and_label(
    file: Path, run: Run, cells: Cells
) -> None:
    made = run("show", str(file)).stdout
    assert made.startswith("ADVS  Vital Signs Analysis\n3 records, 4 variables\n")
    assert cells(made, "Variable") == [
        ["USUBJID", "Char", "3", "Unique Subject Identifier"],
        ["PARAM", "Char", "9", "Parameter"],
        ["AVAL", "Num", "8", "8.1", "Analysis Value"],
        ["ADT", "Num", "8", "DATE9.", "Analysis Date"],
    ]


def test_records_show_dates_as_dates_and_each_kind_of_missing(
    file: Path, run: Run, cells: Cells
) -> None:
    assert cells(run("show", str(file)).stdout, "#") == [
        ["1", "A-1", "Weight", "71.5", "2025-02-03"],
        ["2", "A-2", r"Weight\tkg", ".N", "."],
        ["3", "A-3", ".", "1960-01-01"],
    ]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("AVAL > 70", ["1"]),
        ("missing(AVAL)", ["2", "3"]),
        ("USUBJID in ('A-1', 'A-3') and PARAM = ''", ["3"]),
        ("ADT < date(iso('2000-01-01'))", ["3"]),
        ("PARAM = 'none'", []),
    ],
)
def test_the_filter_is_an_expression_over_the_variables(
    file: Path, run: Run, cells: Cells, condition: str, found: list[str]
) -> None:
    made = run("show", str(file), "--where", condition).stdout
    assert f"{len(found)} of 3 records where {condition}" in made
    assert [row[0] for row in (cells(made, "#") if found else [])] == found


def test_rows_and_columns_can_be_chosen(file: Path, run: Run, cells: Cells) -> None:
    made = run("show", str(file), "--rows", "1", "--columns", "aval,USUBJID").stdout
    assert cells(made, "#") == [["1", "71.5", "A-1"]]
    assert [row[0] for row in cells(made, "Variable")] == ["USUBJID", "AVAL"]
    assert "... and 2 more records (--rows all)" in made
    assert len(cells(run("show", str(file), "--rows", "all").stdout, "#")) == 3
    assert "\n#" not in run("show", str(file), "--rows", "0").stdout


def test_a_condition_on_what_is_no_number_says_so_and_goes_on(file: Path, run: Run) -> None:
    made = run("show", str(file), "--where", "number(USUBJID) > 1").stdout
    assert "0 of 3 records" in made
    assert "--where: " in made
    assert "(3 records)" in made


def test_text_of_another_encoding_is_read_as_told(tmp_path: Path, run: Run, cells: Cells) -> None:
    path = tmp_path / "ae.xpt"
    frame = Frame.of({"AETERM": Text.of(["\u5934\u75db", "Grippe"])})
    variables = (XptVariable("AETERM", "Term", True, 6),)
    write_xpt(
        path,
        XptDataset("AE", "Adverse Events", variables, frame),
        timestamp=datetime(2026, 1, 31),
        encoding="utf-8",
    )
    told = run("show", str(path), code=1).stderr
    assert "error[text-encoding]" in told
    assert "--encoding utf-8" in told
    told = cells(run("show", str(path), "--encoding", "utf-8").stdout, "#")
    assert told == [["1", "\u5934\u75db"], ["2", "Grippe"]]


def test_a_long_text_of_another_encoding_is_cut(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "ae.xpt"
    frame = Frame.of({"AETERM": Text.of(["\u00e9" * 100])})
    variables = (XptVariable("AETERM", "Term", True, 200),)
    write_xpt(
        path,
        XptDataset("AE", "Adverse Events", variables, frame),
        timestamp=datetime(2026, 1, 31),
        encoding="utf-8",
    )
    told = run("show", str(path), code=1).stderr
    assert "...' is not ascii text" in told
    assert max(map(len, told.splitlines())) < 200 + len(str(path))


def test_what_the_reader_notes_is_told(tmp_path: Path, run: Run) -> None:
    """A number of 56 bits, as only a mainframe writes it, loses its last three: a note."""
    path = tmp_path / "vs.xpt"
    frame = Frame.of({"VSSEQ": np.array([1.0])})
    variables = (XptVariable("VSSEQ", "Sequence Number", False, 8),)
    write_xpt(
        path, XptDataset("VS", "Vital Signs", variables, frame), timestamp=datetime(2026, 1, 31)
    )
    written = bytearray(path.read_bytes())
    written[-80:-72] = b"\x41" + b"\xff" * 7
    path.write_bytes(bytes(written))
    read = read_xpt(path)
    made = run("show", str(path)).stdout
    assert read.notes
    for note in read.notes:
        assert f"note[{note.kind}] {note.what}" in made


WRONG = {
    "a column that is not there": (["--columns", "AVALL"], "Did you mean AVAL?", 2),
    "a condition that is cut": (["--where", "AVAL >"], "--where: error[bad-expression]", 2),
    "a condition on another name": (["--where", "AVALL > 1"], "Did you mean AVAL?", 2),
    "a value that is no condition": (["--where", "AVAL"], "--where: error[", 2),
    "a number that is none": (["--rows", "few"], "a whole number from 0, or all", 2),
    "a member that is not there": (["--member", "AE"], "ADVS", 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_shown_is_told(file: Path, run: Run, name: str) -> None:
    more, told, code = WRONG[name]
    assert told in run("show", str(file), *more, code=code).stderr


def test_a_file_that_is_none_is_told(tmp_path: Path, run: Run) -> None:
    other = tmp_path / "notes.xpt"
    other.write_text("no transport file", encoding="utf-8")
    assert "error[" in run("show", str(other), code=1).stderr
    assert "does not exist" in run("show", str(tmp_path / "gone.xpt"), code=2).stderr
    assert "directory" in run("show", str(tmp_path), code=2).stderr
