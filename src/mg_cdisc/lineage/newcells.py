"""Cells of records that a step made or let through."""

from __future__ import annotations

import numpy as np

from mg_cdisc.derive import SOURCE, SUBJECT
from mg_cdisc.derive.part import Part
from mg_cdisc.frame import Frame, Origins, Text
from mg_cdisc.lineage.asking import Asking
from mg_cdisc.lineage.cells import Cell, Inputs, Made
from mg_cdisc.lineage.record import Done, Sheet
from mg_cdisc.spec.catalog import SUPP_FIELD
from mg_cdisc.spec.tree import plain


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
        pairs = dict(zip(part.by_names, part.by, strict=True)) if part.summarised else {}
        if key in part.kept:
            inputs.include("value", one, [part.kept[key][0]], turn)
        elif key in pairs:
            inputs.include("value", one, [pairs[key]], turn)
        elif key in part.constants:
            return inputs.of(cell, done, f"{key} is the same in every record.")
        elif key in part.trace.types:
            inputs.include("value", one, part.trace.reads if key == "SRCSEQ" else (), turn)
        elif (
            sheet.frame is not None
            and key in sheet.frame
            and not part.summarised
            and part.passes(key)
        ):
            inputs.include("value", one, [key], turn)
        else:
            inputs.absent.append(f"nothing gives these records {key}")
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
            if how is not None and sheet.tests is not None:
                inputs.include("row", self._listed(sheet, how.table, cell.row), [""], -1)
            return inputs.of(cell, done, part.sentence)
        if how is not None and sheet.tests is not None and part.unpivoted is not None:
            table = self._listed(sheet, how.table, cell.row)
            named = {name if name.isupper() else f"_{name}": name for name in part.unpivoted.types}
            if cell.key in how.values:
                column = str(self.value(Cell(table, how.values[cell.key])))
                key = SOURCE + column if self._collects(parent) else column
                inputs.include("choice", table, [how.values[cell.key]], -1)
                inputs.include("value", parent, [key] if column else [], there)
                return inputs.of(cell, done, f"column {column} of the row")
            if cell.key in named:
                inputs.include("value", table, [named[cell.key]], -1)
                return inputs.of(cell, done, "")
            if cell.key == how.row:
                inputs.include("row", parent, [""], there)
                return inputs.of(cell, done, "the row of the form")
        key = SUBJECT if cell.key == "USUBJID" and self._collects(parent) else cell.key
        inputs.include("value", parent, [key], there)
        return inputs.of(cell, None, "")

    def _collects(self, row: int) -> bool:
        """Whether a row is of a source, and not of a dataset that is made or given."""
        name = self.recorder.numbers.get(row >> Origins.SHIFT)
        return name is not None and name not in self.recorder.plan.files.given

    def _listed(self, sheet: Sheet, table: str, row: int) -> int:
        """The row of a table of the spec that a row of an unpivoted form stands for."""
        assert sheet.tests is not None
        return (self.recorder.sheet_of[table] << Origins.SHIFT) + int(sheet.tests[row])

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
        before = self.recorder.steps[done.dataset][turn - 1].frame
        if parents:
            inputs.include("row" if not cell.key else "value", parents[0], [cell.key], turn - 1)
        if parents and not cell.key:  # that it is the one to be copied
            inputs.include("choice", parents[0], [k for k in step.reads if k in before], turn - 1)
        if not parents or not cell.key:
            self._of_group(inputs, cell, done, before, turn)
        return inputs.of(cell, done, step.sentence)

    def _of_group(self, inputs: Inputs, cell: Cell, done: Done, before: Frame, turn: int) -> None:
        """The first record of the group that a grid was filled for: without it no row is added."""
        told = plain(self.recorder.plan.datasets[done.dataset].expanded[done.position])
        fill = told["fill"]
        by = [fill["by"]] if isinstance(fill["by"], str) else list(fill["by"])
        there = turn - 1
        if fill.get("from") in done.asked:
            there = done.asked[fill["from"]][1]
            before = self.recorder.steps[fill["from"]][there].frame
        if cell.key not in ("", *by) or any(key not in before for key in by):
            return
        same = np.ones(before.rows, bool)
        for key in by:
            value = self.value(Cell(cell.identity, key, turn))
            column = before[key]
            same &= column.equals(str(value)) if isinstance(column, Text) else column == value
        members = before.origins.first()[same].tolist()
        if any(each.identity in members for each, role in inputs.cells if role == "row"):
            return  # the record that was copied is of the group
        for member in members[:1]:
            inputs.include("value" if cell.key else "row", member, [cell.key], there)
            inputs.include("choice", member, by if not cell.key else [], there)


def sheet_identity(sheet: Sheet | None, row: int) -> int:
    """The identity of a record of a sheet."""
    assert sheet is not None
    return sheet.identity(row)
