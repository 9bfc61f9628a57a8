"""The laboratory job: product and hand-written floor make the same LB from the same source."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.frame import Text
from mg_cdisc.pipeline import build_study
from mg_cdisc.transport import read_xpt

ROOT = Path(__file__).parents[2]
BUILT = "bench-lb/m5/datasets/bench-lb/tabulations/sdtm/lb.xpt"
SUBJECTS = 12


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of the job, which is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.lb.{name}")


@pytest.fixture
def study(tmp_path: Path, job: Any) -> Path:
    """The study with a source of few subjects."""
    folder = tmp_path / "study"
    shutil.copytree(ROOT / "benchmarks" / "lb" / "spec", folder)
    (folder / "source").mkdir()
    job("generate").generate(folder / "source", SUBJECTS * 260)
    return folder


def test_floor_and_product_write_the_same_records(tmp_path: Path, study: Path, job: Any) -> None:
    job("floor").main(study, tmp_path / "floor.xpt")
    built = build_study(study, tmp_path / "outputs")
    assert {finding.level for finding in built.findings} <= {"note"}
    ours, floor = (
        read_xpt(path) for path in (tmp_path / "outputs" / BUILT, tmp_path / "floor.xpt")
    )
    assert ours.variables == floor.variables
    assert ours.frame.rows == floor.frame.rows == SUBJECTS * 260
    for name, column in ours.frame.columns.items():
        if isinstance(column, Text):
            assert column.to_list() == floor.frame.text(name).to_list(), name
        else:
            assert column.tobytes() == floor.frame.number(name).tobytes(), name


def test_the_job_asks_what_it_says(tmp_path: Path, study: Path) -> None:
    """The source has partial moments, results that are no numbers, results not done."""
    build_study(study, tmp_path / "outputs")
    frame = read_xpt(tmp_path / "outputs" / BUILT).frame
    assert {len(moment) for moment in frame.text("LBDTC").used()} == {10, 16}
    assert {"mg/dL", "mmol/L"} <= set(frame.text("LBORRESU").used())
    assert "mg/dL" not in frame.text("LBSTRESU").used()
    assert any(value.startswith("<") for value in frame.text("LBSTRESC").used())
    assert frame.text("LBSTAT").used() == ["", "NOT DONE"]
    assert frame.text("LBLOBXFL").used() == ["", "Y"]
    assert frame.text("EPOCH").used() == ["FOLLOW-UP", "SCREENING", "TREATMENT"]


def test_same_source_twice(tmp_path: Path, job: Any) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        job("generate").generate(tmp_path / name, 1000)
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
