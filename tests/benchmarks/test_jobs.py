"""The vital signs and adverse events jobs, with few subjects: they build, and ask what they say."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.pipeline import build_study
from mg_cdisc.transport import read_xpt

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lays out a job's study; the folder with its transport files after the build."""
    monkeypatch.syspath_prepend(str(ROOT))

    def build(name: str, inherits: bool, *size: int) -> Path:
        folder = tmp_path / name
        if inherits:
            ignored = shutil.ignore_patterns("lb.yaml")
            shutil.copytree(ROOT / "benchmarks" / "lb" / "spec", folder, ignore=ignored)
        shutil.copytree(ROOT / "benchmarks" / name / "spec", folder, dirs_exist_ok=True)
        (folder / "source").mkdir()
        importlib.import_module(f"benchmarks.{name}.generate").generate(folder / "source", *size)
        built = build_study(folder, tmp_path / "outputs")
        assert {finding.level for finding in built.findings} <= {"note"}
        return tmp_path / f"outputs/bench-{name}/m5/datasets/bench-{name}/tabulations/sdtm"

    return build


def test_each_wide_row_gives_six_vital_signs(study: Any) -> None:
    subjects = 260  # four sites, one of which measures in Fahrenheit
    frame = read_xpt(study("vs", True, subjects) / "vs.xpt").frame
    assert frame.rows == subjects * 13 * 3 * 6
    assert frame.text("VSTESTCD").used() == ["DIABP", "OXYSAT", "PULSE", "RESP", "SYSBP", "TEMP"]
    assert "F" in frame.text("VSORRESU").used()
    assert "F" not in frame.text("VSSTRESU").used()
    assert frame.text("VSSTAT").used() == ["", "NOT DONE"]
    assert frame.text("VSLOBXFL").used() == ["", "Y"]
    assert {len(moment) for moment in frame.text("VSDTC").used()} == {10, 16}


def test_each_adverse_event_gives_a_record(study: Any) -> None:
    frame = read_xpt(study("ae", False, 20, 500) / "ae.xpt").frame
    assert frame.rows == 500
    assert {len(moment) for moment in frame.text("AESTDTC").used()} == {4, 7, 10}
    assert frame.text("AEENRTPT").used() == ["", "ONGOING"]
    assert frame.text("AESER").used() == ["N", "Y"]
