"""The example study built as a person builds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import yaml
from typer.testing import CliRunner

from mg_cdisc.cli import app

REPOSITORY = Path(__file__).parents[2]
STUDY = REPOSITORY / "mapping_specs/hn2301"
Rows = Callable[[str], list[dict[str, str]]]


def samples() -> int:
    """The samples in the workbook of the flow laboratory: rows with a sample number."""
    book = openpyxl.load_workbook(STUDY / "source/flow_cytometry.xlsx", read_only=True)
    header, *rows = book["Results"].iter_rows(values_only=True)
    number = header.index("Sample ID")
    count = sum(1 for row in rows if row[number])
    book.close()
    return count


def test_the_build_accounts_for_every_row_of_every_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Rows
) -> None:
    monkeypatch.chdir(REPOSITORY)
    made = CliRunner().invoke(app, ["build", "--outputs", str(tmp_path)])
    assert made.exit_code == 0, made.stdout + made.stderr
    lines = made.stdout.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("Form "))
    account = {}
    for line in lines[start + 1 : lines.index("", start)]:
        if not line.startswith(" "):
            name, *parts = line.split()
            account[name] = [0 if part == "-" else int(part.replace(",", "")) for part in parts]
    for rows, *parts in account.values():
        assert rows == sum(parts)
    forms = list(yaml.safe_load((STUDY / "sources.yaml").read_text(encoding="utf-8")))
    counted = {form: samples() if form == "flow_cytometry" else len(source(form)) for form in forms}
    assert {name: rows for name, (rows, *_) in account.items()} == {
        **counted,
        "total": sum(counted.values()),
    }


@pytest.mark.parametrize("dataset", ["DM", "AE", "CM", "VS", "QS", "LB", "FA"])
def test_a_preview_and_the_shown_spec_of_each_dataset(
    dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    shown = CliRunner().invoke(app, ["spec", "show", dataset])
    assert shown.exit_code == 0, shown.stderr
    assert f"dataset: {dataset}" in shown.stdout
    seen = CliRunner().invoke(app, ["preview", dataset, "--rows", "3"])
    assert seen.exit_code == 0, seen.stderr
    assert "source/" in seen.stdout


def test_a_part_of_the_study_writes_only_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a study with both kinds of dataset, a build of one kind leaves the other's folder out."""
    monkeypatch.chdir(REPOSITORY)
    made = CliRunner().invoke(app, ["build", "--outputs", str(tmp_path), "--only", "DM", "-q"])
    assert made.exit_code == 0, made.output
    written = {path.relative_to(tmp_path / "hn2301-partial") for path in tmp_path.rglob("*.xpt")}
    assert {path.parent.name for path in written} == {"sdtm"}
    assert {"dm.xpt", "suppdm.xpt"} <= {path.name for path in written}
