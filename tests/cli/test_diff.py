"""``mg-cdisc diff`` as a person runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mg_cdisc.cli import app
from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt


def write(path: Path, columns: Mapping[str, Sequence[str] | Sequence[float]]) -> None:
    """A transport file of AE."""
    path.parent.mkdir(exist_ok=True)
    made = {
        name: Text.of(map(str, held)) if isinstance(held[0], str) else np.array(held, np.float64)
        for name, held in columns.items()
    }
    variables = tuple(
        XptVariable(name, name, isinstance(column, Text), 20 if isinstance(column, Text) else 8)
        for name, column in made.items()
    )
    dataset = XptDataset("AE", "", variables, Frame.of(made))
    write_xpt(path, dataset, timestamp=datetime(2025, 1, 1), encoding="ascii")


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old", tmp_path / "new"
    columns = {"USUBJID": ["S-1", "S-2"], "AESEQ": [1.0, 1.0], "AETERM": ["COUGH", "FEVER"]}
    write(old / "ae.xpt", columns)
    write(new / "ae.xpt", {**columns, "AETERM": ["COUGH", "HIGH FEVER"]})
    return old, new


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["diff", *map(str, words)])
    return done.exit_code, done.output


def test_what_differs_is_printed_and_ends_with_1(sides: tuple[Path, Path]) -> None:
    code, text = run(*sides, "--keys", "usubjid,aeseq")
    assert code == 1
    assert "AE  by USUBJID, AESEQ (--keys)" in text
    assert "AETERM  1 value changed of 1 subject" in text
    assert "USUBJID S-2, AESEQ 1: FEVER -> HIGH FEVER" in text
    assert text.endswith("Different: 1 dataset differs, 1 value changed\n")


def test_the_same_ends_with_0(sides: tuple[Path, Path]) -> None:
    code, text = run(sides[0], sides[0])
    assert code == 0
    assert "Same: 1 dataset compared, nothing differs" in text


def test_keys_of_the_specs(sides: tuple[Path, Path], tmp_path: Path) -> None:
    study = Path(__file__).parents[1] / "golden" / "tiny2"
    write(tmp_path / "old" / "ae.xpt", {"USUBJID": ["S-1"], "AETERM": ["COUGH"]})
    code, text = run(*sides, "--spec", study)
    assert code == 1  # the study has no AE, and its keys are found
    assert "found" in text


def test_files_are_written(sides: tuple[Path, Path], tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("x.json", "x.xlsx", "x.html")]
    code, _ = run(*sides, "--json", files[0], "--excel", files[1], "--html", files[2])
    assert code == 1
    data = json.loads(files[0].read_text())
    assert data["datasets"][0]["groups"][0]["variable"] == "AETERM"
    assert files[1].read_bytes().startswith(b"PK")
    assert "HIGH FEVER" in files[2].read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--keys", "AE="), "names no keys"),
        (("--keys", "AESPID"), "AESPID"),
        (("--relative", "-1"), "is no tolerance"),
        (("--absolute", "nan"), "is no tolerance"),
        (("--only", "LB"), "neither side has a dataset LB"),
        (("--examples", "many"), "--examples"),
    ],
)
def test_wrong_use_ends_with_2(
    sides: tuple[Path, Path], words: tuple[str, ...], message: str
) -> None:
    code, text = run(*sides, *words)
    assert code == 2
    assert message in text


def test_a_damaged_file_is_no_difference(sides: tuple[Path, Path]) -> None:
    (sides[1] / "ae.xpt").write_bytes((sides[1] / "ae.xpt").read_bytes()[:900])
    code, text = run(*sides)
    assert code == 2
    assert "ae.xpt" in text
