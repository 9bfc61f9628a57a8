"""Lineage over datasets that are given: what ``why`` and ``impact`` say of the pilot is true.

The leaves are the records of the given transport files.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mg_cdisc.cli.app import app

sys.path.insert(0, str(Path(__file__).parents[1] / "lineage"))

from laws import drawn_cells, filled, mutated, not_given, open_ends, untrue
from replays import Study


@pytest.fixture(scope="module")
def study(pilot: Path) -> Study:
    return Study(pilot)


def run(*arguments: str) -> str:
    made = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return made.output


def test_a_value_ends_at_a_record_of_a_given_file(pilot: Path) -> None:
    told = run("why", "ADTTE.AVAL", "--where", "USUBJID = '01-701-1015'", str(pilot))
    # the first event of the skin of this subject is the first record of ae.xpt
    assert "AE.AESTDTC = '2014-01-03'   sdtm_given/ae.xpt row 1 (subject 01-701-1015)" in told
    assert "SV.SVSTDTC = '2014-01-02'   sdtm_given/sv.xpt row 3 (subject 01-701-1015)" in told


def test_a_record_of_one_of_several_files_of_a_dataset(pilot: Path) -> None:
    told = json.loads(run("impact", "lbch.xpt:3:LBSTRESN", "--json", str(pilot)))
    records = [each for dataset in told for each in dataset["records"]]
    assert {each["dataset"] for each in told} <= {"ADLBC", "ADLBHY"}
    assert {each["keys"]["USUBJID"] for each in records} == {"01-701-1015"}
    assert any("AVAL" in each["variables"] for each in records)


@pytest.mark.parametrize(
    ("number", "seed"), [(5, 61), pytest.param(200, 62, marks=pytest.mark.soak)]
)
def test_the_leaves_alone_give_the_cell(study: Study, number: int, seed: int) -> None:
    assert not untrue(study, number, random.Random(seed))


def test_the_leaves_alone_give_what_was_carried_forward(study: Study) -> None:
    cells = filled(study, 5, random.Random(63))
    assert len(cells) == 5
    assert not not_given(study, cells)


@pytest.mark.parametrize(
    ("number", "seed"), [(3, 71), pytest.param(60, 72, marks=pytest.mark.soak)]
)
def test_what_changes_was_named(study: Study, number: int, seed: int) -> None:
    wrong, _ = mutated(study, drawn_cells(study, number, random.Random(seed)))
    assert not wrong


def test_every_cell_ends_at_what_is_known(study: Study) -> None:
    assert not open_ends(study, 40, random.Random(81))
