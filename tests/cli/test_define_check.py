"""``mg-cdisc define check``, ``show`` and ``validate`` on transport files and Dataset-JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mg_cdisc.cli.app import app
from mg_cdisc.pipeline import Options, build_study

BASE = Path(__file__).parent.parent / "bad_specs" / "base"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study in two formats."""
    options = Options(formats=("xpt", "dataset-json"))
    built = build_study(BASE, tmp_path_factory.mktemp("out"), options, shown="study")
    assert built.folder is not None
    return built.folder / "m5/datasets/demo-01/tabulations/sdtm"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_nothing_to_find(package: Path) -> None:
    result = run("define", "check", str(package / "define.xml"), "--data", str(package))
    assert result.exit_code == 0, result.output
    assert "No findings in" in result.output


def test_a_mistake_and_its_line(package: Path, tmp_path: Path) -> None:
    text = (package / "define.xml").read_text(encoding="utf-8")
    line = next(n for n, each in enumerate(text.splitlines(), 1) if 'Name="AGE"' in each)
    path = tmp_path / "define.xml"
    path.write_text(text.replace('Name="AGE"', 'Name="AGES"', 1), encoding="utf-8")
    told = tmp_path / "findings.json"
    result = run("define", "check", str(path), "--data", str(package), "--json", str(told))
    assert result.exit_code == 1
    assert f"define.xml:{line}: error[field-name]" in result.output
    found = json.loads(told.read_text(encoding="utf-8"))["findings"]
    assert {"field-name", "missing-variable", "undescribed-variable"} <= {
        each["class"] for each in found
    }


def test_warnings_stop_only_where_asked(package: Path, tmp_path: Path) -> None:
    text = (package / "define.xml").read_text(encoding="utf-8")
    assert ' KeySequence="1"' in text
    path = tmp_path / "define.xml"
    path.write_text(text.replace(' KeySequence="1"', ' KeySequence="8"', 1), encoding="utf-8")
    assert run("define", "check", str(path)).exit_code == 0
    assert run("define", "check", str(path), "--fail-on", "warning").exit_code == 1


def test_wrong_use(package: Path, tmp_path: Path) -> None:
    assert run("define", "check", str(tmp_path / "none.xml")).exit_code == 2
    no_folder = run("define", "check", str(package / "define.xml"), "--data", str(tmp_path / "no"))
    assert no_folder.exit_code == 2


def test_show_reads_dataset_json(package: Path) -> None:
    one, other = (run("show", str(package / f"dm.{ending}")) for ending in ("xpt", "json"))
    assert one.exit_code == other.exit_code == 0
    assert one.output == other.output


def test_validate_reads_dataset_json(package: Path, tmp_path: Path) -> None:
    for path in package.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    alone = run("validate", str(tmp_path), "--fail-on", "error")
    count = len(list(package.glob("*.json")))
    assert f"in {count} datasets" in alone.output
    assert "not-dataset-json" not in alone.output


def test_build_in_formats(tmp_path: Path) -> None:
    result = run("build", str(BASE), "--outputs", str(tmp_path), "-q", "--format", "xpt,ndjson")
    assert result.exit_code == 0, result.output
    assert list(tmp_path.rglob("*.ndjson"))
    assert run("build", str(BASE), "--format", "csv").exit_code == 2
    assert run("build", str(BASE), "--format", "xpt,xpt8").exit_code == 2
