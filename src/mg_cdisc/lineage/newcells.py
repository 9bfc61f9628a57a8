"""Cells of records that a step made or let through."""

from __future__ import annotations

from mg_cdisc.derive import SOURCE, SUBJECT
from mg_cdisc.derive.part import Part
from mg_cdisc.frame import Origins
from mg_cdisc.lineage.asking import Asking
from mg_cdisc.lineage.cells import Cell, Inputs, Made
from mg_cdisc.lineage.record import FIRST_SHEET, Done, Sheet
from mg_cdisc.spec.catalog import SUPP_FIELD


class NewCells(Asking):
    """How the cells of new records came about."""

    # records that a step made or let through

    def _of_new_rows(self, cell: Cell, sheet: Sheet, done: Done, turn: int) -> Made:
        held = self.recorder.sheets.get(done.before)
        old = held.rows if held is not None else 0
        parents = self.recorder.parents(cell.identity)
        step = done.step
        if step.effect in ("filters", "chooses"):
            (before,) = parents
            if cell.key in step.makes:
                return self._valued(cell, before, done, turn)
            return self._passed(cell, before, done, turn)
        if cell.row < old:
            return self._passed(cell, sheet_identity(held, cell.row), done, turn, kept=True)
        if step.label == "supplemental":
            return self._supplemental(cell, parents[0], done)
        first = self.recorder.sheets.get(parents[0] >> Origins.SHIFT) if parents else None
        if first is not None and first.kind == "made" and first.turn == turn:
            assert first.part is not None
            return self._from_part(cell, first, first.part, parents, done, turn)
        return self._filled(cell, parents, done, turn)

    def _passed(
        self, cell: Cell, before: int, done: Done, turn: int, *, kept: bool = False
    ) -> Made:
        """A record that was there before: of its being there the step's conditions are inputs."""
        if cell.key or kept:
            found = self.made(Cell(before, cell.key, turn - 1))
            return Made(cell, found.done, found.sentence, found.inputs, found.choices, found.absent)
        inputs = Inputs()
        inputs.include("row", before, [""], turn - 1)
        inputs.include("choice", before, done.step.reads, turn - 1)
        self._asked(inputs, before, "", done, turn, "choice")
        return inputs.of(cell, done, done.step.sentence)

    def _supplemental(self, cell: Cell, parent: int, done: Done) -> Made:
        inputs = Inputs()
        name = next(iter(done.asked))
        there = done.asked[name][1]
        frame = done.frame
        qnam = frame.text("QNAM")
        key = SUPP_FIELD + str(qnam.values[int(qnam.codes[cell.row])].as_py())
        if cell.key in ("QVAL", ""):
            inputs.include(
                "value" if cell.key else "row", parent, [key, ""][: 1 if cell.key else 2], there
            )
        elif cell.key == "USUBJID":
            inputs.include("value", parent, ["USUBJID"], there)
        elif cell.key == "IDVARVAL":
            idvar = frame.text("IDVAR")
            named = str(idvar.values[int(idvar.codes[cell.row])].as_py())
            inputs.include("value", parent, [named] if named else [], there)
        return inputs.of(cell, done, done.step.sentence)

    def _from_part(
        self, cell: Cell, sheet: Sheet, part: Part, parents: list[int], done: Done, turn: int
    ) -> Made:
        """A record that a records step brought."""
        inputs = Inputs()
        key, one = cell.key, parents[0]
        value = part.values.get(key)
        if not key:
            for each in parents:
                inputs.include("row", each, [""], turn)
                inputs.include("choice", each, part.by if part.summarised else (), turn)
            if not part.summarised:
                self._asked(inputs, one, "", done, turn, "choice")
            return inputs.of(cell, done, part.sentence)
        if key in part.aggregates:
            typed = part.aggregates[key]
            for each in parents:
                inner = [name for name in typed.reads if sheet.frame and name in sheet.frame]
                inputs.include("value", each, inner, turn)
                inputs.include("row", each, [""], turn)
            return inputs.of(cell, done, done.step.values[key].told)
        if value is not None:
            before = list(part.values)[: list(part.values).index(key)]
            for name in value.reads:
                of_new = part.summarised or name in before
                inputs.include("value", cell.identity if of_new else one, [name], turn)
            self._asked(inputs, cell.identity if part.summarised else one, key, done, turn, "value")
            return inputs.of(cell, done, value.told)
        if key in part.kept:
            inputs.include("value", one, [part.kept[key][0]], turn)
        elif part.summarised:
            pairs = dict(zip(part.by_names, part.by, strict=True))
            inputs.include("value", one, [pairs[key]] if key in pairs else [], turn)
        elif key in part.trace.types:
            inputs.include("value", one, part.trace.reads if key == "SRCSEQ" else (), turn)
        elif sheet.frame is not None and key in sheet.frame and key not in part.constants:
            inputs.include("value", one, [key], turn)
        told = done.step.values.get(key)
        return inputs.of(cell, done, told.told if told is not None else part.sentence)

    def _brought(self, cell: Cell, sheet: Sheet) -> Made:
        """A column of the rows that a records step is about to use: of a source or a dataset."""
        done = self.recorder.steps[sheet.name][self._turn_of(sheet)]
        part = sheet.part
        assert part is not None
        turn = self._turn_of(sheet)
        there = done.asked[part.name][1] if part.name in done.asked else turn - 1
        (parent,) = self.recorder.parents(cell.identity)[:1]
        inputs = Inputs()
        how = part.step.unpivot
        if not cell.key:
            inputs.include("row", parent, [""], there)
            reads = part.where.reads if part.where is not None else ()
            inputs.include("choice", cell.identity, reads, turn)
            return inputs.of(cell, done, part.sentence)
        if how is not None and sheet.tests is not None and part.unpivoted is not None:
            test = int(sheet.tests[cell.row])
            table = (self.recorder.sheet_of[how.table] << Origins.SHIFT) + test
            named = {name if name.isupper() else f"_{name}": name for name in part.unpivoted.types}
            if cell.key in how.values:
                column = str(self.value(Cell(table, how.values[cell.key])))
                source = SOURCE + column if parent >> Origins.SHIFT < FIRST_SHEET else column
                inputs.include("choice", table, [how.values[cell.key]], -1)
                inputs.include("value", parent, [source] if column else [], there)
                return inputs.of(cell, done, f"column {column} of the row")
            if cell.key in named:
                inputs.include("value", table, [named[cell.key]], -1)
                return inputs.of(cell, done, f"as table {how.table} of the spec has it")
            if cell.key == how.row:
                inputs.include("row", parent, [""], there)
                return inputs.of(cell, done, "the row of the form")
        key = cell.key
        if parent >> Origins.SHIFT < FIRST_SHEET and key == "USUBJID":
            key = SUBJECT
        inputs.include("value", parent, [key], there)
        return inputs.of(cell, None, "")

    def _turn_of(self, sheet: Sheet) -> int:
        """The turn of the step that made a sheet, among the steps of its dataset."""
        return sheet.turn

    def _filled(self, cell: Cell, parents: list[int], done: Done, turn: int) -> Made:
        """A row that a fill step added."""
        inputs = Inputs()
        step = done.step
        value = step.values.get(cell.key)
        inputs.absent.append("no such record was there")
        if value is not None:
            inputs.include(
                "value", cell.identity, [key for key in value.reads if key != cell.key], turn
            )
            return inputs.of(cell, done, value.told)
        copied = bool(parents)
        if copied:
            inputs.include("row" if not cell.key else "value", parents[0], [cell.key], turn - 1)
        return inputs.of(cell, done, step.sentence)


def sheet_identity(sheet: Sheet | None, row: int) -> int:
    """The identity of a record of a sheet."""
    assert sheet is not None
    return sheet.identity(row)
