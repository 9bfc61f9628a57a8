"""What is to hold of lineage in any study: of cells drawn at random those of which it does not."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

from replays import Place, Records, Study, differences, submitted, values, values_of

from mg_cdisc.lineage import Cell, Impact, leaves
from mg_cdisc.lineage.cells import Made

SAME = ("STUDYID", "DOMAIN")
OF_SUPP = ("STUDYID", "RDOMAIN", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QORIG", "QEVAL")
"""What the spec of a qualifier says."""


def cells_of(study: Study, number: int, drawn: random.Random) -> Iterator[tuple[str, int, str]]:
    """Cells of SDTM and ADaM, drawn dataset by dataset."""
    names = [
        name
        for name, dataset in study.plan.datasets.items()
        if dataset.kind != "work" and study.base.steps[name][-1].frame.rows
    ]
    for _ in range(number):
        name = drawn.choice(names)
        frame = study.base.steps[name][-1].frame
        yield name, drawn.randrange(frame.rows), drawn.choice(submitted(frame.columns))


def filled(study: Study, number: int, drawn: random.Random) -> list[tuple[str, int, str]]:
    """Cells of records that are there because no other was."""
    found = []
    for name, dataset in study.plan.datasets.items():
        frame = study.base.steps[name][-1].frame
        for row in range(frame.rows) if dataset.kind == "adam" else ():
            if _was_absent(study, name, row):
                found.append((name, row, drawn.choice(submitted(frame.columns))))
    return drawn.sample(found, min(number, len(found)))


def _was_absent(study: Study, name: str, row: int) -> bool:
    made = study.trace.made(study.trace.last(name, row, ""))
    while made.done is not None and made.done.dataset == name:
        if made.absent:
            return True
        rows = [other for other, role in made.inputs if role == "row"]
        if len(rows) != 1:
            return False
        made = study.trace.made(rows[0])
    return False


def untrue(study: Study, number: int, drawn: random.Random) -> list[object]:
    """Cells that the source cells named by ``why`` do not give."""
    return not_given(study, cells_of(study, number, drawn))


def not_given(study: Study, cells: Iterable[tuple[str, int, str]]) -> list[object]:
    """Those of these cells that the source cells named by ``why`` do not give."""
    records, wrong = Records(study.base), []
    for name, row, variable in cells:
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


def open_ends(study: Study, number: int, drawn: random.Random) -> list[object]:
    """What cells go back to that says neither where it stands nor that there was nothing."""
    wrong: list[object] = []
    seen: set[Cell] = set()
    for name, row, variable in cells_of(study, number, drawn):
        cell = study.trace.last(name, row, variable)
        open_ = [cell, Cell(cell.identity, "", cell.turn)]
        while open_:
            each = open_.pop()
            if each in seen:
                continue
            seen.add(each)
            made = study.trace.made(each)
            open_ += [other for other, _ in made.inputs]
            if not made.inputs and not _is_end(study, each, made):
                wrong.append((name, variable, each, made.sentence))
    return wrong


def _is_end(study: Study, cell: Cell, made: Made) -> bool:
    """Whether it is a source cell, a row of a table, a constant of the spec, or a stated absence."""
    sheet = study.base.sheets.get(cell.sheet)
    if sheet is None:
        at = study.base.locate(cell.identity)
        return bool(at.file and at.row)
    if sheet.kind == "table":
        return bool(study.plan.catalog.written[sheet.name].at(cell.row).line)
    if made.absent:
        return True
    if made.done is None or not made.done.step.where.line:
        return False
    value = made.done.step.values.get(cell.key)
    reads = () if value is None else (*value.reads, *value.consults)
    return not reads if value is not None else cell.key in (*SAME, *OF_SUPP)


def drawn_cells(
    study: Study, number: int, drawn: random.Random
) -> Iterator[tuple[Place, str | float]]:
    """Source cells, and for each another value: none, one of the column, or one a little other."""
    sizes = {n: t.frame.rows * len(t.columns) for n, t in study.tables.items() if t.frame.rows}
    for _ in range(number):
        source = drawn.choices(list(sizes), list(sizes.values()))[0]
        table = study.tables[source]
        row, column = drawn.randrange(table.frame.rows), drawn.choice(table.columns)
        held = values_of(table.frame[column])
        yield (source, int(table.row_numbers[row]), column), _another(held, row, drawn)


def _another(held: Sequence[str] | Sequence[float], row: int, drawn: random.Random) -> str | float:
    now = held[row]
    if isinstance(now, str):
        new = drawn.choice(["", drawn.choice(held), drawn.choice(held), now + "1"])
        return new if new != now else "Y" if now == "X" else "X"
    new = drawn.choice([float("nan"), drawn.choice(held), drawn.choice(held), now + 1])
    return 1.0 if new == now or (new != new and now != now) else new


def mutated(
    study: Study, changes: Iterable[tuple[Place, str | float]]
) -> tuple[list[object], list[tuple[int, int]]]:
    """Cells that changed and were not named; of each change the cells named and those changed."""
    wrong: list[object] = []
    counts = []
    for place, new in changes:
        reached = Impact(study.base, [study.cell(place)]).reached()
        named = sum(
            int(each.rows(variable).sum())
            for name, each in reached.items()
            for variable in submitted(study.base.steps[name][-1].frame.columns)
        )
        changed, further = differences(study.base, study.with_cell(place, new))
        missed = [
            each for each in changed
            if each[0] not in reached or not reached[each[0]].rows(each[2])[each[1]]
        ]  # fmt: skip
        missed += [name for name in further if name not in reached or not reached[name].more]
        if missed:
            wrong.append((place, new, missed[:5]))
        counts.append((named, len(changed)))
    return wrong, counts


def ratio(counted: tuple[int, int]) -> float:
    """Cells named by cells changed; 1 where there is neither."""
    named, changed = counted
    return named / changed if changed else float("inf") if named else 1.0
