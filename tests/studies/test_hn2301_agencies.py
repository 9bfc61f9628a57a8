"""The example for each agency, whole: in Chinese for the NMPA, in English and ASCII for others."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import dsjframe
import numpy as np
import pyarrow as pa
import pyreadstat
import pytest
from pypdf import PdfReader

from mg_cdisc.define.check import check_define
from mg_cdisc.pipeline import Options, build_study
from mg_cdisc.transport import Encoding, read_xpt

STUDY = Path(__file__).resolve().parents[2] / "mapping_specs/hn2301"
SAS_ZERO = date(1960, 1, 1)
PLACES = ("tabulations/sdtm", "analysis/adam/datasets")


@pytest.mark.parametrize(
    ("agency", "encoding"),
    [("FDA", "ascii"), ("PMDA", "ascii"), ("NMPA", "utf-8"), ("NMPA", "gb18030")],
)
def test_both_packages_are_built_and_described(
    tmp_path: Path, agency: str, encoding: Encoding
) -> None:
    options = Options(agency=agency, encoding=encoding, formats=("xpt", "dataset-json"))
    built = build_study(STUDY, tmp_path, options, shown="hn2301")
    assert not built.stopped, [each for each in built.findings if each.level == "error"]
    assert not [each for each in built.findings if each.kind == "untranslated-label"]
    assert built.folder is not None
    chinese = agency == "NMPA"
    for place in PLACES:
        folder = built.folder / "m5/datasets/hn2301" / place
        assert check_define(folder / "define.xml", folder, encoding) == ()
        for path in sorted(folder.glob("*.xpt")):
            read = read_xpt(path, encoding=encoding)
            labels = [read.label, *(each.label for each in read.variables)]
            assert all(label.isascii() is not chinese for label in labels), path.name
    for place, kind in zip(PLACES, ("csdrg", "adrg"), strict=True):
        with PdfReader(built.folder / "m5/datasets/hn2301" / place / f"{kind}.pdf") as guide:
            text = "".join(page.extract_text() for page in guide.pages)
        assert ("1 引言" in text, "[待撰写：" in text) == (chinese, chinese)
        assert ("1 Introduction" in text, "[To be written: " in text) == (not chinese, not chinese)
        assert "[待翻译]" not in text  # guide.yaml has the Chinese of every text
    manifest = json.loads((built.folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["agency"], manifest["encoding"]) == (agency, encoding)
    assert set(manifest["outputs"]) == {
        path.relative_to(built.folder).as_posix()
        for path in built.folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    if agency == "FDA":
        for path in sorted((built.folder / "m5").rglob("*.xpt")):
            assert_the_same_values(path)


def assert_the_same_values(path: Path) -> None:
    """The transport file by pyreadstat, its Dataset-JSON by dsjframe and the standard library.

    dsjframe has 32 bits for a number with decimals; the standard library reads all of it.
    """
    columns, _ = pyreadstat.read_xport(path, output_format="dict", disable_datetime_conversion=True)
    table = dsjframe.read_dataset(path.with_suffix(".json"), empty_to_null=False)
    rows = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["rows"]
    assert table.column_names == list(columns)
    for place, (name, values) in enumerate(columns.items()):
        given = [None if each != each or each == "" else each for each in values]
        read = [None if each == "" else number(each) for each in table[name].to_pylist()]
        if table[name].type == pa.float32():
            assert [row[place] for row in rows] == given, (path.name, name)
            given = [None if each is None else float(np.float32(each)) for each in given]
        assert read == given, (path.name, name)


def number(value: Any) -> Any:
    """A date as SAS counts it."""
    if isinstance(value, datetime):
        since = value.replace(tzinfo=None) - datetime.combine(SAS_ZERO, time())
        return since / timedelta(seconds=1)
    return (value - SAS_ZERO) / timedelta(days=1) if isinstance(value, date) else value
