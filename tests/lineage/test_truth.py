"""What ``why`` and ``impact`` say is true of the builds of less, and of other, source cells."""

from __future__ import annotations

import random
import statistics
from datetime import date
from pathlib import Path

import pytest
from laws import drawn_cells, filled, mutated, not_given, open_ends, ratio, untrue
from replays import Place, Study

from mg_cdisc.pipeline import Options

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "mapping_specs" / "hn2301"
SECOND = ROOT / "tests" / "golden" / "tiny2"
EARLY = date(2025, 6, 30)
"""A day on which the example was half done."""


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(EXAMPLE)


@pytest.fixture(scope="module")
def early() -> Study:
    """The example as of a day: rows and ends that were not known then are not there."""
    return Study(EXAMPLE, Options(cut_off=EARLY))


@pytest.mark.parametrize(
    ("number", "seed"), [(6, 11), pytest.param(1000, 12, marks=pytest.mark.soak)]
)
def test_the_leaves_alone_give_the_cell(study: Study, number: int, seed: int) -> None:
    wrong = untrue(study, number, random.Random(seed))
    assert not wrong


def test_the_leaves_alone_give_what_was_filled(study: Study) -> None:
    """Records of a grid, which rest on others of their group and on one that is not there."""
    cells = filled(study, 4, random.Random(13))
    assert len(cells) == 4
    assert not not_given(study, cells)


def test_the_leaves_alone_give_the_cell_of_the_second_study() -> None:
    assert not untrue(Study(SECOND), 8, random.Random(5))


@pytest.mark.parametrize(
    ("number", "seed"), [(3, 31), pytest.param(100, 32, marks=pytest.mark.soak)]
)
def test_the_leaves_alone_give_the_cell_as_of_a_day(early: Study, number: int, seed: int) -> None:
    assert not untrue(early, number, random.Random(seed))


@pytest.mark.parametrize(
    ("number", "seed"), [(40, 41), pytest.param(1000, 42, marks=pytest.mark.soak)]
)
def test_every_cell_ends_at_what_is_known(study: Study, number: int, seed: int) -> None:
    assert not open_ends(study, number, random.Random(seed))


def test_every_cell_of_the_second_study_ends_at_what_is_known() -> None:
    assert not open_ends(Study(SECOND), 60, random.Random(43))


@pytest.mark.parametrize(
    ("number", "seed"), [(5, 21), pytest.param(200, 22, marks=pytest.mark.soak)]
)
def test_what_changes_was_named(study: Study, number: int, seed: int) -> None:
    wrong, counts = mutated(study, drawn_cells(study, number, random.Random(seed)))
    assert not wrong
    if number >= 200:
        ratios = [ratio(each) for each in counts]
        moved = [ratio(each) for each in counts if each[1]]
        print(
            f"cells named by cells changed: median {statistics.median(ratios):.2f}; "
            f"{len(moved)} of {number} change something, median {statistics.median(moved):.2f}, "
            f"at most 3 in {sum(each <= 3 for each in moved)} of them"
        )
        assert statistics.median(ratios) <= 3


def test_what_changes_was_named_in_the_second_study() -> None:
    study = Study(SECOND)
    wrong, _ = mutated(study, drawn_cells(study, 10, random.Random(7)))
    assert not wrong


@pytest.mark.parametrize(
    ("number", "seed"), [(3, 51), pytest.param(50, 52, marks=pytest.mark.soak)]
)
def test_what_changes_was_named_as_of_a_day(early: Study, number: int, seed: int) -> None:
    wrong, _ = mutated(early, drawn_cells(early, number, random.Random(seed)))
    assert not wrong


def test_a_date_after_the_cut_off_was_named(early: Study) -> None:
    """A row that is not known any more, a subject who is not, an end and what stands beside it."""
    changes = [
        (_place(early, source, column, row), text)
        for source, column, row, text in (
            ("vital_signs", "VSDAT", 3, "2025-07-01"),
            ("demographics", "RFICDAT", 2, "2025-08-01"),
            ("adverse_events", "AEENDAT", 1, "2025-07-02"),
            ("adverse_events", "AESTDAT", 4, "2025-07-02"),
            ("conmeds", "cmstdat", 5, "02-Jul-2025"),
        )
    ]
    wrong, counts = mutated(early, changes)
    assert not wrong
    assert all(changed for _, changed in counts)


def _place(study: Study, source: str, column: str, row: int) -> Place:
    return source, int(study.tables[source].row_numbers[row]), column
