"""``mg-cdisc number``, and builds as of a day and for an agency."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
Cells = Callable[[str, str], list[list[str]]]
CUT = "  key: [PAT, NO]\n"


def test_numbers_are_written_and_kept(study: Any, run: Run, cells: Cells) -> None:
    made = run("number")
    (row,) = cells(made.stdout, "Dataset")
    assert row[0] == "AE"
    assert row[1] == row[2] == "3"
    assert "numbering.csv: 3 records numbered anew" in made.stdout
    text = (study.path / "numbering.csv").read_text(encoding="utf-8")
    assert text.splitlines()[:2] == ["dataset,subject,key,number", "AE,ABC01-001,events|001|2,1"]
    again = run("number")
    assert "numbering.csv: 0 records numbered anew" in again.stdout
    assert (study.path / "numbering.csv").read_text(encoding="utf-8") == text


def test_nothing_is_numbered_of_a_build_that_stops(study: Any, run: Run) -> None:
    study.spoil()
    made = run("number", code=1)
    assert "error[bad-date]" in made.stderr
    assert not (study.path / "numbering.csv").exists()


def test_as_of_a_day(study: Any, run: Run, cells: Cells) -> None:
    study.change("sources.yaml", CUT, CUT + "  cut: {date: BEGIN}\n")
    made = run("build", "--cut-off", "2025-02-05")
    assert "1 excluded: dated after the cut-off 2025-02-05" in made.stdout
    manifest = json.loads(Path("outputs/abc01/manifest.json").read_text(encoding="utf-8"))
    assert manifest["cut_off"] == "2025-02-05"


def test_a_day_that_is_none_or_too_late(study: Any, run: Run) -> None:
    assert (
        "takes a day such as 2026-01-31" in run("build", "--cut-off", "31.01.2025", code=2).stderr
    )
    made = run("build", "--cut-off", "2026-02-01", code=2)
    assert "2026-02-01 is later than the study's data cut, 2026-01-31" in made.stderr


def test_for_an_agency(study: Any, run: Run) -> None:
    run("build", "--agency", "nmpa")
    manifest = json.loads(Path("outputs/abc01/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["agency"], manifest["encoding"]) == ("NMPA", "utf-8")
    assert "EMA" in run("build", "--agency", "EMA", code=2).stderr
