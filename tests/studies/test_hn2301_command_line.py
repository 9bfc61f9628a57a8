"""The example study built as a person builds it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mg_cdisc.cli import app

REPOSITORY = Path(__file__).parents[2]
SOURCES = REPOSITORY / "mapping_specs/hn2301/source"


def test_the_build_accounts_for_every_row_of_every_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    counted = 0
    for path in sorted(SOURCES.glob("*.csv")):
        encoding = "gb18030" if path.stem == "adverse_events" else "utf-8-sig"
        with path.open(encoding=encoding, newline="") as file:
            rows = sum(1 for _ in csv.reader(file)) - 1
        assert account[path.stem][0] == rows
        counted += rows
    assert account["total"][0] == counted + account["flow_cytometry"][0]


@pytest.mark.parametrize("dataset", ["DM", "AE", "QS", "LB", "FA"])
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
