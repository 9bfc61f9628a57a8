"""Which versions a build follows: what study.yaml names, where they come from, what is written."""

from __future__ import annotations

import hashlib
import platform
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.errors import SourceError, SpecError

STANDARDS = "  sdtm_ct: 2025-03-28\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own store, with an imported terminology: the shipped one under another date."""
    monkeypatch.setenv("MG_CDISC_STORE", str(tmp_path / "store"))
    shipped = files("mg_cdisc.standards").joinpath("data", "ct", "sdtm-2025-03-28.tsv")
    text = shipped.read_text(encoding="utf-8").replace("2025-03-28", "2025-09-26", 1)
    (tmp_path / "store" / "ct").mkdir(parents=True)
    (tmp_path / "store" / "ct" / "sdtm-2025-09-26.tsv").write_text(text, encoding="utf-8")
    return tmp_path / "store"


def test_what_a_build_uses_of_the_users_store_is_an_input_with_a_hash(
    study: Any, store: Path
) -> None:
    study.change("study.yaml", "2025-03-28", "2025-09-26")
    built = study.build()
    assert not built.stopped
    inputs = study.output("manifest.json")["inputs"]
    held = (store / "ct" / "sdtm-2025-09-26.tsv").read_bytes()
    assert inputs["store/ct/sdtm-2025-09-26.tsv"] == {"sha256": hashlib.sha256(held).hexdigest()}
    assert [name for name in inputs if name.startswith("store/")] == [
        "store/ct/sdtm-2025-09-26.tsv"
    ]


def test_the_manifest_says_what_else_made_the_bytes(study: Any) -> None:
    study.build()
    manifest = study.output("manifest.json")
    program = manifest["program"]
    assert program["python"] == platform.python_version()
    readers = {"jinja2", "lxml", "numpy", "pyarrow", "pyreadstat", "python-calamine", "pyyaml"}
    assert readers <= set(program)
    # no analysis datasets: nothing follows ADaMIG
    assert manifest["standards"] == {"sdtmig": "3.4", "sdtm_ct": "2025-03-28"}


def test_a_define_terminology_that_is_not_known_is_a_mistake(study: Any) -> None:
    study.change("study.yaml", STANDARDS, f"{STANDARDS}  define_ct: 1999-01-01\n")
    built = study.build()
    assert [(each.kind, each.where.line) for each in study.open(built)] == [
        ("unknown-terminology", 9)
    ]


def test_a_define_terminology_that_is_known_stands_in_define_xml(study: Any) -> None:
    study.change("study.yaml", STANDARDS, f"{STANDARDS}  define_ct: 2025-03-28\n")
    built = study.build()
    assert not built.stopped
    package = built.packages[0]
    assert [(each.publishing_set, each.version) for each in package.standards[1:]] == [
        ("SDTM", "2025-03-28"), ("DEFINE-XML", "2025-03-28"),
    ]  # fmt: skip


@pytest.mark.parametrize("damage", [b"\xff\xfe\x00\x9d" * 50, b""], ids=["bytes", "empty"])
def test_a_damaged_file_of_the_store_is_told(study: Any, store: Path, damage: bytes) -> None:
    file = store / "ct" / "sdtm-2025-09-26.tsv"
    file.write_bytes(damage)
    study.change("study.yaml", "2025-03-28", "2025-09-26")
    built = study.build()
    assert [(each.kind, each.where.file) for each in study.open(built)] == [
        ("damaged-file", str(file))
    ]


def test_a_damaged_standard_of_the_store_is_told(study: Any, store: Path) -> None:
    (store / "ig").mkdir()
    file = store / "ig" / "sdtmig-3.9.tsv"
    file.write_bytes(b"\x80\x81\x82")
    study.change("study.yaml", '"3.4"', '"3.9"')
    built = study.build()
    assert [(each.kind, each.where.file) for each in study.open(built)] == [
        ("damaged-file", str(file))
    ]


def test_a_row_changed_by_hand_is_told_where_the_codelist_is_used(study: Any, store: Path) -> None:
    file = store / "ct" / "sdtm-2025-09-26.tsv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\tC16576\tF\t", "\tC16576 F "), encoding="utf-8")
    study.change("study.yaml", "2025-03-28", "2025-09-26")
    try:
        found = study.open(study.build())
    except (SourceError, SpecError) as error:
        found = list(error.findings)
    assert [each.kind for each in found] == ["damaged-file"]
