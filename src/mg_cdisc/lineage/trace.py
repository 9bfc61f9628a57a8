"""Of every cell of a replayed build: the step that made it, and the cells that it was made of.

A cell is a variable of a record as it stood after some step of its dataset. Its inputs have roles:
``value`` (its content entered), ``choice`` (it decided which record was taken or which case held),
``row`` (the record is there because of it), ``rival`` (it was looked at and lost: with another
content the choice might have been another).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from mg_cdisc.derive import SOURCE, SUBJECT
from mg_cdisc.expression import names
from mg_cdisc.frame import Origins
from mg_cdisc.lineage.cells import GROUP, Cell, Choice, Inputs, Made, Role
from mg_cdisc.lineage.newcells import NewCells
from mg_cdisc.lineage.record import FIRST_SHEET, Done, Sheet


class Trace(NewCells):
    """Answers how cells of a replayed build came about; every answer is remembered."""

    # asking

    def last(self, dataset: str, row: int, variable: str) -> Cell:
        """A variable of a record as it leaves its dataset; ``row`` is its place before sorting."""
        done = self.recorder.steps[dataset][-1]
        turn = len(self.recorder.steps[dataset]) - 1
        return Cell((done.after << Origins.SHIFT) + row, variable, turn)

    def made(self, cell: Cell) -> Made:
        """How a cell came about."""
        found = self.known.get(cell)
        if found is None:
            found = self.known[cell] = self._made(cell)
        return found

    # one cell

    def _made(self, cell: Cell) -> Made:
        sheet = self.recorder.sheets.get(cell.sheet)
        if sheet is None:
            return self._collected(cell)
        if cell.key.startswith(GROUP):
            return self._group(cell)
        if sheet.kind == "table":
            return Made(cell, None, f"as table {sheet.name} of the spec has it")
        if sheet.kind == "made":
            return self._brought(cell, sheet)
        return self._of_dataset(cell, sheet)

    def _collected(self, cell: Cell) -> Made:
        """A source cell; a row is read where the roster has its subject."""
        inputs = Inputs()
        name = self.recorder.numbers[cell.sheet]
        files = self.recorder.plan.files
        source = self.recorder.sources[name]
        if cell.key == SUBJECT:
            expression = files.sources[name].subject
            assert expression is not None
            inputs.include(
                "value",
                cell.identity,
                (SOURCE + each.name for each in names(expression) if each.name != "STUDYID"),
                -1,
            )
            return inputs.of(cell, None, "the subject of the row")
        key = next((each for each in (SUBJECT, "USUBJID") if each in source.frame), "")
        if cell.key or source.partition is None or not key:
            return inputs.of(cell, None, "as collected")
        inputs.include("row", cell.identity, [key], -1)
        if name != files.study.subjects:
            row = self._roster.get(str(self.value(Cell(cell.identity, key))))
            inputs.include("row", row, [""], -1) if row is not None else None
        return inputs.of(cell, None, "as collected")

    @cached_property
    def _roster(self) -> dict[str, int]:
        """Of each subject the first row of the roster."""
        roster = self.recorder.sources[self.recorder.plan.files.study.subjects]
        key = SUBJECT if SUBJECT in roster.frame else "USUBJID"
        found: dict[str, int] = {}
        rows = zip(roster.frame.text(key).to_list(), roster.table.row_numbers.tolist(), strict=True)
        for subject, row in rows:
            found.setdefault(subject, (roster.number << Origins.SHIFT) + row)
        return found

    def _of_dataset(self, cell: Cell, sheet: Sheet) -> Made:
        """The last step up to the turn that made or changed the variable, or the record."""
        steps = self.recorder.steps[sheet.name]
        turns = self._makers[sheet.name].get(cell.key, ())
        at = bisect_right(turns, cell.turn) - 1
        if at >= 0 and turns[at] > sheet.turn:
            turn = turns[at]
            if cell.key in steps[turn].step.revises:
                return self._revised(cell, steps[turn], turn)
            return self._valued(cell, cell.identity, steps[turn], turn)
        return self._of_new_rows(cell, sheet, steps[sheet.turn], sheet.turn)

    @cached_property
    def _makers(self) -> dict[str, dict[str, list[int]]]:
        """Of each dataset and variable the turns of the steps that make or change it in place."""
        made: dict[str, dict[str, list[int]]] = {}
        for name, steps in self.recorder.steps.items():
            of = made.setdefault(name, {})
            for turn, done in enumerate(steps):
                if not done.step.changes_rows:
                    for key in dict.fromkeys((*done.step.makes, *done.step.revises)):
                        of.setdefault(key, []).append(turn)
        return made

    def _revised(self, cell: Cell, done: Done, turn: int) -> Made:
        inputs = Inputs()
        before = Cell(cell.identity, cell.key, turn - 1)
        value = done.step.values[cell.key]
        if self.same(cell, before):
            inputs.include("value", cell.identity, [cell.key], turn - 1)
            reads = [key for key in done.step.reads if key != cell.key]
            inputs.include("choice", cell.identity, reads, turn - 1)
            self._asked(inputs, cell.identity, cell.key, done, turn, "choice")
            return inputs.of(cell, done, "left as it was")
        self._read(inputs, cell.identity, value, done, turn)
        others = [k for k in done.step.reads if k not in value.reads and k not in done.step.revises]
        inputs.include("choice", cell.identity, others, turn - 1)
        self._asked(inputs, cell.identity, cell.key, done, turn, "value")
        return inputs.of(cell, done, value.told)


def leaves(trace: Trace, cell: Cell, roles: Iterable[Role]) -> Iterator[Cell]:
    """The source cells, table cells and constants that a cell goes back to by these roles."""
    wanted = frozenset(roles)
    open_, seen = [cell], {cell}
    while open_:
        each = open_.pop()
        made = trace.made(each)
        following = [other for other, role in made.inputs if role in wanted]
        if made.done is None and each.key and each.sheet < FIRST_SHEET:
            following.append(Cell(each.identity, ""))  # a cell is read where its row is
            yield each
        if not following:
            yield each
        for other in following:
            if other not in seen:
                seen.add(other)
                open_.append(other)


__all__ = ["GROUP", "Cell", "Choice", "Made", "Role", "Trace", "leaves"]
