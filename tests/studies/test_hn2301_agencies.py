"""The example for each agency, whole: in Chinese for the NMPA, in English and ASCII for others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from mg_cdisc.define.check import check_define
from mg_cdisc.pipeline import Options, build_study
from mg_cdisc.transport import Encoding, read_xpt

STUDY = Path(__file__).resolve().parents[2] / "mapping_specs/hn2301"
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
