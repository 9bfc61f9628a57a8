"""What ``why`` and ``impact`` say is true of the builds of less, and of other, source cells."""

from __future__ import annotations

import random
import statistics
from pathlib import Path

import pytest
from replays import Records, Study, differences, submitted, values

from mg_cdisc.derive import SOURCE
from mg_cdisc.lineage import Cell, Impact, leaves

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "mapping_specs" / "hn2301"
SECOND = ROOT / "tests" / "golden" / "tiny2"


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(EXAMPLE)


@pytest.mark.parametrize(
    ("number", "seed"), [(6, 11), pytest.param(1000, 12, marks=pytest.mark.soak)]
)
def test_the_leaves_alone_give_the_cell(study: Study, number: int, seed: int) -> None:
    wrong = _untrue(study, number, random.Random(seed))
    assert not wrong


def test_the_leaves_alone_give_the_cell_of_the_second_study() -> None:
    assert not _untrue(Study(SECOND), 8, random.Random(5))


def _untrue(study: Study, number: int, drawn: random.Random) -> list[object]:
    """Cells, drawn dataset by dataset, that the source cells named by ``why`` do not give."""
    names = [
        name
        for name, dataset in study.plan.datasets.items()
        if dataset.kind != "work" and study.base.steps[name][-1].frame.rows
    ]
    records, wrong = Records(study.base), []
    for _ in range(number):
        name = drawn.choice(names)
        frame = study.base.steps[name][-1].frame
        row, variable = drawn.randrange(frame.rows), drawn.choice(submitted(frame.columns))
        cell = study.trace.last(name, row, variable)
        there = Cell(cell.identity, "", cell.turn)
        held = [
            leaf
            for each in (cell, there)
            for leaf in leaves(study.trace, each, ("value", "choice", "row"))
        ]
        again = values(study.only(held), name, variable)
        key = records.key(cell.identity)
        want = values(study.base, name, variable)[key]
        if again.get(key, "no such record") != want:
            wrong.append((name, row, variable, want, again.get(key)))
    return wrong


@pytest.mark.parametrize(
    ("number", "seed"), [(5, 21), pytest.param(200, 22, marks=pytest.mark.soak)]
)
def test_what_changes_was_named(study: Study, number: int, seed: int) -> None:
    wrong, ratios = _mutated(study, number, random.Random(seed))
    assert not wrong
    if number >= 200:
        assert statistics.median(ratios) <= 3


def test_what_changes_was_named_in_the_second_study() -> None:
    wrong, _ = _mutated(Study(SECOND), 10, random.Random(7))
    assert not wrong


def _mutated(study: Study, number: int, drawn: random.Random) -> tuple[list[object], list[float]]:
    """Cells that changed and were not named; of each mutation cells named by cells changed."""
    sizes = {n: t.frame.rows * len(t.columns) for n, t in study.tables.items() if t.frame.rows}
    wrong: list[object] = []
    ratios = []
    for _ in range(number):
        source = drawn.choices(list(sizes), list(sizes.values()))[0]
        table = study.tables[source]
        row, column = drawn.randrange(table.frame.rows), drawn.choice(table.columns)
        texts = table.frame.text(column).to_list()
        new = drawn.choice(["", drawn.choice(texts), drawn.choice(texts), texts[row] + "1"])
        if new == texts[row]:
            new = "X" if texts[row] != "X" else "Y"
        place = int(table.row_numbers[row])
        identity = (study.base.sources[source].number << 40) + place
        reached = Impact(study.base, [Cell(identity, SOURCE + column)]).reached()
        named = sum(
            int(each.rows(variable).sum())
            for name, each in reached.items()
            for variable in submitted(study.base.steps[name][-1].frame.columns)
        )
        changed, further = differences(study.base, study.with_cell((source, place, column), new))
        missed = [
            each for each in changed
            if each[0] not in reached or not reached[each[0]].rows(each[2])[each[1]]
        ]  # fmt: skip
        missed += [name for name in further if name not in reached or not reached[name].more]
        if missed:
            wrong.append((source, place, column, texts[row], new, missed[:5]))
        ratios.append(named / len(changed) if changed else 1.0 if not named else float("inf"))
    return wrong, ratios
