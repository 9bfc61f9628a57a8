"""A package beside another programmer's SAS data set.

The file is that of ``tests/sources/data``: no Python library writes SAS7BDAT, and it was written by
ReadStat's own C writer. What it holds stands in ``dosing.c`` there, and here again by hand.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from mg_cdisc.compare import Asked, Attribute, Comparison, Settings, compare, read_side
from mg_cdisc.errors import UseError
from mg_cdisc.transport import XptDataset, special_missing, write_xpt

from .packages import Values, dataset

DATA = Path(__file__).parents[1] / "sources" / "data"
DAY = 21915.0  # 2020-01-01: 60 * 365 + 15 leap days from 1960-01-01
DOSING: Mapping[str, Values] = {
    "SUBJ": ["0001", "0002", "0003", "0004", "0005"],
    "DOSE": [0.1, np.nan, 1e22, 1e-7, 0.0],
    "DOSEDT": [DAY, np.nan, -1.0, DAY + 0.5, DAY],
    "DOSEDTM": [DAY * 86400, DAY * 86400 + 3661.25, 1e15, 0.0, 0.0],
    "DOSETM": [0.0, 3723.0, 86399.5, 86399.5, 86399.5],
    "ISODT": [DAY] * 5,
    "BIGTM": [90000.0, 90000.0, -60.0, 90000.0, 90000.0],
    "NOTE": [" leading", "NA", "caf\u00e9", "", ""],
    "AVAL": [1 / 3, 861.0, 123456.789, special_missing("A"), 0.0],
}
LABELS = {
    "SUBJ": "Subject", "DOSE": "Dose (mg)", "DOSEDT": "Date of dose", "DOSEDTM": "Date and time",
    "DOSETM": "Time of dose", "ISODT": "ISO date", "BIGTM": "Elapsed", "NOTE": "Note",
    "AVAL": "Analysis value",
}  # fmt: skip
FORMATS = {"DOSEDT": "DATE9.", "DOSEDTM": "DATETIME20.", "DOSETM": "TIME8.", "ISODT": "E8601DA10."}


def ours(**changed: Values) -> XptDataset:
    """The same as a dataset of ours, but for some values."""
    return dataset("DOSING", {**DOSING, **changed}, LABELS, FORMATS, "Dosing records",
                   {"SUBJ": 12, "NOTE": 40})  # fmt: skip


def beside(tmp_path: Path, made: XptDataset, file: str = "plain.sas7bdat") -> Comparison:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    write_xpt(old / "dosing.xpt", made, timestamp=datetime(2025, 1, 1), encoding="utf-8")
    shutil.copy(DATA / file, new / "dosing.sas7bdat")
    settings = Settings(asked=Asked({"": ("SUBJ",)}), encodings=("utf-8", "utf-8"))
    return compare(read_side(old, "utf-8"), read_side(new), settings)


@pytest.mark.parametrize("file", ["plain.sas7bdat", "compressed.sas7bdat"])
def test_the_same_values(tmp_path: Path, file: str) -> None:
    (found,) = beside(tmp_path, ours(), file).datasets
    assert found.groups == ()
    assert (found.matched, found.keys) == (5, ("SUBJ",))
    assert not [each for each in found.attributes if each.what in ("variable", "type", "label")]


def test_each_other_value_is_told_and_nothing_else(tmp_path: Path) -> None:
    """A number in its last digits, a date, a text, and a special missing that is another."""
    after = float(np.nextafter(1 / 3, 1))
    made = ours(
        AVAL=[after, 861.0, 123456.789, special_missing("B"), 0.0],
        DOSEDT=[DAY + 1, np.nan, -1.0, DAY + 0.5, DAY],
        NOTE=[" leading", "NA", "cafe", "", ""],
    )
    (found,) = beside(tmp_path, made).datasets
    told = {
        (group.variable, each.keys[0], each.old, each.new)
        for group in found.groups
        for each in group.examples
        if group.variable != "AVAL" or each.keys != ("0001",)
    }
    assert told == {
        ("AVAL", "0004", ".B", ".A"),
        ("DOSEDT", "0001", "2020-01-02", "2020-01-01"),
        ("NOTE", "0003", "cafe", "caf\u00e9"),
    }
    assert sum(group.records for group in found.groups) == 4


def test_attributes_are_those_of_the_sas_data_set(tmp_path: Path) -> None:
    made = dataset("DOSING", DOSING, {**LABELS, "DOSE": "Dose"}, {**FORMATS, "DOSEDT": "YYMMDD10."},
                   "Dosing records", {"SUBJ": 12, "NOTE": 40})  # fmt: skip
    (found,) = beside(tmp_path, made).datasets
    assert Attribute("DOSE", "label", "Dose", "Dose (mg)") in found.attributes
    formats = [
        each for each in found.attributes if (each.variable, each.what) == ("DOSEDT", "format")
    ]
    assert [each.old for each in formats] == ["YYMMDD10."]
    assert formats[0].new.startswith("DATE9")


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    whole = (DATA / "plain.sas7bdat").read_bytes()
    (tmp_path / "dosing.sas7bdat").write_bytes(whole[:200])
    with pytest.raises(UseError, match="SAS data set cannot be read"):
        read_side(tmp_path)
