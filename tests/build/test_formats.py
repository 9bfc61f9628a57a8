"""The formats that a study is written in: the same values in each, and a manifest of every file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mg_cdisc.define.check import check_define
from mg_cdisc.define.read import attribute, children, read_define
from mg_cdisc.frame import Text
from mg_cdisc.transport import read_json, read_xpt

FORMATS = "formats: [xpt, dataset-json, ndjson]\n"


def data(study: Any) -> Path:
    folder: Path = study.outputs / "demo-01/m5/datasets/demo-01/tabulations/sdtm"
    return folder


def formats(study: Any, said: str) -> None:
    study.change("study.yaml", "subjects: demographics\n", f"subjects: demographics\n{said}")


def test_every_dataset_in_every_format(study: Any) -> None:
    formats(study, FORMATS)
    assert study.open(study.build()) == []
    files = sorted(data(study).glob("*.xpt"))
    assert files
    for path in files:
        expected = read_xpt(path)
        for ending in (".json", ".ndjson"):
            read = read_json(path.with_suffix(ending))
            assert read.label == expected.label
            assert read.variables == expected.variables
            for name, column in expected.frame.columns.items():
                if isinstance(column, Text):
                    assert read.frame.text(name).to_list() == column.to_list()
                else:
                    np.testing.assert_array_equal(read.frame.number(name), column)
    assert check_define(data(study) / "define.xml", data(study)) == ()


def test_plain_json_says_the_same_as_the_transport_file(study: Any) -> None:
    """By the standard library alone: no reader of ours."""
    formats(study, FORMATS)
    study.build()
    said = json.loads((data(study) / "dm.json").read_text(encoding="utf-8"))
    expected = read_xpt(data(study) / "dm.xpt").frame
    names = [each["name"] for each in said["columns"]]
    assert names == list(expected.columns)
    for name, values in zip(names, zip(*said["rows"], strict=True), strict=True):
        column = expected[name]
        if isinstance(column, Text):
            assert ["" if each is None else each for each in values] == column.to_list()
        else:
            assert [np.nan if each is None else each for each in values] == pytest.approx(
                column.tolist(), rel=0, abs=0, nan_ok=True
            )


def test_identifiers_and_keys_are_those_of_define(study: Any) -> None:
    formats(study, FORMATS)
    study.build()
    define, _ = read_define(data(study) / "define.xml")
    assert define is not None
    for group in define.all("odm:ItemGroupDef"):
        path = data(study) / f"{attribute(group, 'Name').lower()}.json"
        said = json.loads(path.read_text(encoding="utf-8"))
        assert said["itemGroupOID"] == attribute(group, "OID")
        assert said["metaDataVersionOID"] == attribute(define.version, "OID")
        refs = children(group, "odm:ItemRef")
        assert [each["itemOID"] for each in said["columns"]] == [
            attribute(ref, "ItemOID") for ref in refs
        ]
        assert [str(each.get("keySequence", "")) for each in said["columns"]] == [
            attribute(ref, "KeySequence") for ref in refs
        ]


def test_its_moment_is_the_data_cut(study: Any) -> None:
    formats(study, FORMATS)
    study.build()
    first = {path: path.read_bytes() for path in data(study).glob("*json")}
    study.build()
    assert {path: path.read_bytes() for path in data(study).glob("*json")} == first
    said = json.loads((data(study) / "dm.json").read_text(encoding="utf-8"))
    cut = json.loads((study.outputs / "demo-01/manifest.json").read_text(encoding="utf-8"))
    assert said["datasetJSONCreationDateTime"] == f"{cut['data_cut']}T00:00:00"


def test_define_names_the_first_format(study: Any) -> None:
    built = study.build(formats=("dataset-json",))
    assert study.open(built) == []
    assert not list(data(study).glob("*.xpt"))
    assert 'xlink:href="dm.json"' in (data(study) / "define.xml").read_text(encoding="utf-8")
    assert check_define(data(study) / "define.xml", data(study)) == ()


def test_the_manifest_covers_every_file(study: Any) -> None:
    formats(study, FORMATS)
    study.build()
    root = study.outputs / "demo-01"
    listed = study.output("manifest.json")["outputs"]
    there = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    assert set(listed) == set(there) - {"manifest.json"}
    for name, said in listed.items():
        content = there[name].read_bytes()
        assert said["bytes"] == len(content)
        assert said["sha256"] == hashlib.sha256(content).hexdigest()


def test_version_8_has_room_for_long_text(study: Any) -> None:
    long = "Nausea, " * 30 + "end"  # 243 bytes
    file = study.folder / "source/adverse_events.csv"
    text = file.read_text(encoding="utf-8")
    assert "Nausea" in text
    file.write_text(text.replace("Nausea", f'"{long}"', 1), encoding="utf-8")
    assert "over-200-bytes" in {each.kind for each in study.build().findings}
    built = study.build(formats=("xpt8",))
    assert "over-200-bytes" not in {each.kind for each in built.findings}


@pytest.mark.parametrize(
    ("said", "kind"),
    [("formats: [xpt, xpt8]\n", "bad-value"), ("formats: [json]\n", ""), ("formats: [xpt, xpt]\n", "bad-value")],
)  # fmt: skip
def test_formats_that_cannot_be(study: Any, said: str, kind: str) -> None:
    formats(study, said)
    built = study.build()
    found = study.open(built)
    assert built.stopped
    assert found[0].where.file == "study/study.yaml"
    assert found[0].todo
    assert not kind or found[0].kind == kind
