"""What a step asked of other records for one of its own: those taken, and those that were not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from mg_cdisc.derive import BoundValue
from mg_cdisc.derive.base import merge_reads
from mg_cdisc.derive.consult import THIS, BoundClause
from mg_cdisc.derive.pairs import Asked
from mg_cdisc.frame import Column, Frame, Index, Origins, Text
from mg_cdisc.lineage.cells import GROUP, Cell, Choice, Deaf, Inputs, Made, Role
from mg_cdisc.lineage.record import (
    PLACE,
    Absent,
    Chose,
    Done,
    Event,
    Gathered,
    Grouped,
    Recorder,
    Sheet,
)


class Asking:
    """Reads the cells of a replay, and what its steps asked."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.known: dict[Cell, Made] = {}
        self._places: dict[int, dict[int, int]] = {}
        self._keyed: dict[int, tuple[Index, Index, Index]] = {}

    def made(self, cell: Cell) -> Made:
        """How a cell came about."""
        raise NotImplementedError

    def value(self, cell: Cell) -> str | float:
        """What stands in a cell."""
        column, row = self.column(cell)
        if isinstance(column, Text):
            return str(column.values[int(column.codes[row])].as_py())
        return float(column[row])

    def column(self, cell: Cell) -> tuple[Column, int]:
        """The column that a cell stands in, and its place there."""
        sheet = self.recorder.sheets.get(cell.sheet)
        if sheet is None:
            name = self.recorder.numbers[cell.sheet]
            source = self.recorder.sources[name]
            row = int(np.searchsorted(source.table.row_numbers, cell.row))
            return source.frame[cell.key], row
        if sheet.frame is not None:
            return sheet.frame[cell.key], cell.row
        return self.recorder.steps[sheet.name][cell.turn].frame[cell.key], cell.row

    def same(self, one: Cell, other: Cell) -> bool:
        """Whether two cells hold the same."""
        left, right = self.value(one), self.value(other)
        return left == right or (left != left and right != right)

    def _valued(self, cell: Cell, identity: int, done: Done, turn: int) -> Made:
        """A variable made by a step that keeps rows; ``identity`` is the record before it."""
        inputs = Inputs()
        value = done.step.values.get(cell.key)
        sentence = value.told if value is not None else done.step.sentence
        if value is not None:
            self._read(inputs, identity, value, done, turn)
        self._asked(inputs, identity, cell.key, done, turn, "value")
        return inputs.of(cell, done, sentence)

    def _read(
        self, inputs: Inputs, identity: int, value: BoundValue, done: Done, turn: int
    ) -> None:
        """The record's own variables that a value reads."""
        asks = {
            key
            for event in done.events
            if isinstance(event, Chose | Gathered)
            for key in event.clause.own_reads
        }
        own = [key for key in value.reads if key not in asks]
        inputs.include("value", identity, own, turn - 1)
        inputs.include("choice", identity, [key for key in value.reads if key in asks], turn - 1)

    # what a step asked of other records

    def _asked(
        self, inputs: Inputs, identity: int, key: str, done: Done, turn: int, role: Role
    ) -> None:
        for event in done.events:
            if isinstance(event, Absent) or event.name not in ("", key):
                continue
            frame = event.frame if isinstance(event, Grouped) else event.asked
            at = self._place(event, frame).get(identity)
            if at is None:
                continue
            match event:
                case Chose():
                    self._chosen(inputs, event, at, identity, key, done, turn, role)
                case Gathered():
                    self._gathered(inputs, event, at, identity, done, turn)
                case Grouped():
                    self._grouped(inputs, event, at, done, turn)
        self._elsewhere(inputs, identity, done, turn)

    def _place(self, event: Event, frame: Frame) -> Mapping[int, int]:
        """Of each identity its place in a frame."""
        found = self._places.get(id(event))
        if found is None:
            ids = frame.origins.first().tolist()
            found = self._places[id(event)] = {each: at for at, each in enumerate(ids)}
        return found

    def _turn_there(self, clause: BoundClause, done: Done, turn: int) -> int:
        """The step that the records consulted had behind them."""
        if clause.table is None or clause.table not in done.asked:
            return turn - 1
        return done.asked[clause.table][1]

    def _chosen(
        self, inputs: Inputs, event: Chose, at: int, identity: int, key: str, done: Done,
        turn: int, role: Role,
    ) -> None:  # fmt: skip
        clause = event.clause
        there = self._turn_there(clause, done, turn)
        inputs.include("choice", identity, self._own(clause), turn - 1)
        picked = int(event.picked[at])
        if picked < 0:
            inputs.absent.append(f"no record: {clause.words}")
            inputs.choices.append(Choice(clause, identity, (), turn, there))
        else:
            taken = int(event.records.origins.first()[picked])
            inputs.include("choice", taken, ["", *clause.candidate_reads], there)
            for name, typed in event.values:
                if name in ("", key):
                    theirs = [each for each in typed.reads if not each.startswith(THIS)]
                    inputs.include(role, taken, theirs, there)
                    own = [each[len(THIS) :] for each in typed.reads if each.startswith(THIS)]
                    inputs.include(role, identity, own, turn - 1)
            inputs.choices.append(Choice(clause, identity, (taken,), turn, there))
        for rival in self._alike(event, at):
            other = int(event.records.origins.first()[rival])
            if rival != picked:
                inputs.include("rival", other, ["", *clause.candidate_reads], there)

    def _own(self, clause: BoundClause) -> list[str]:
        keys = list(clause.mine)
        for typed in clause._typed():
            keys += [each[len(THIS) :] for each in typed.reads if each.startswith(THIS)]
        return list(dict.fromkeys(keys))

    def _alike(self, event: Chose | Gathered, at: int) -> list[int]:
        """The candidates with the keys of one record, in order."""
        known = self._keyed.get(id(event))
        if known is None:
            left, right, _ = event.clause.codes(event.asked, event.records)
            order = np.argsort(right, kind="stable")
            known = self._keyed[id(event)] = left, right[order], order
        left, right, order = known
        first, last = np.searchsorted(right, left[at]), np.searchsorted(right, left[at], "right")
        found: list[int] = order[first:last].tolist()
        return found

    def _gathered(
        self, inputs: Inputs, event: Gathered, at: int, identity: int, done: Done, turn: int
    ) -> None:
        clause = event.clause
        there = self._turn_there(clause, done, turn)
        inputs.include("choice", identity, self._own(clause), turn - 1)
        held = self._candidates(event, at, done)
        ids = event.records.origins.first()
        own = [each[len(THIS) :] for each in event.value.reads if each.startswith(THIS)]
        inputs.include("value", identity, own, turn - 1)
        theirs = [each for each in event.value.reads if not each.startswith(THIS)]
        for place in held:
            inputs.include("value", int(ids[place]), theirs, there)
            inputs.include("choice", int(ids[place]), ["", *clause.candidate_reads], there)
        for place in self._alike(event, at):
            if place not in held:
                inputs.include("rival", int(ids[place]), ["", *clause.candidate_reads], there)
        taken = tuple(int(ids[place]) for place in held)
        inputs.choices.append(Choice(clause, identity, taken, turn, there, all=True))
        if not held:
            inputs.absent.append(f"no record: {clause.words}")

    def _candidates(self, event: Gathered, at: int, done: Done) -> list[int]:
        """The records that one record's aggregate was made of."""
        clause, records = event.clause, event.records
        alike = self._alike(event, at)
        if not clause.pairwise or not alike:
            return alike
        run = Deaf(self.recorder, done)
        small = event.asked.take(np.array([at]))
        ranks = None
        if clause.before:
            rank = clause._ranks(event.asked, run)
            places = self._place(event, event.asked)
            theirs = np.array([places[each] for each in records.origins.first().tolist()])
            ranks = (rank[[at]], rank[theirs])
        asked = Asked(small, np.zeros(1, np.int64), None)
        return [int(each) for each in clause.pairs(small, records, ranks, run, asked).theirs]

    def _grouped(self, inputs: Inputs, event: Grouped, at: int, done: Done, turn: int) -> None:
        """The other candidates of the group, by way of one node that all its members share."""
        if event.candidates[at]:
            node = f"{GROUP}{done.events.index(event)}.{int(event.codes[at])}"
            first = int(np.argmax(event.codes == event.codes[at]))
            inputs.include("choice", int(event.frame.origins.first()[first]), [node], turn)

    def _group(self, cell: Cell) -> Made:
        """The members of one group: candidates decide who is chosen, the others might have been."""
        sheet = self.recorder.sheets[cell.sheet]
        done = self.recorder.steps[sheet.name][cell.turn]
        event, turn = self.group(cell)
        code = cell.key.rpartition(".")[2]
        inputs = Inputs()
        ids = event.frame.origins.first()
        for member in np.flatnonzero(event.codes == int(code)).tolist():
            role: Role = "choice" if event.candidates[member] else "rival"
            inputs.include(role, int(ids[member]), ["", *self._group_reads(sheet, done)], turn)
        return inputs.of(cell, done, done.step.sentence)

    def group(self, cell: Cell) -> tuple[Grouped, int]:
        """The groups that a node is one of, and the turn at which their records stood."""
        sheet = self.recorder.sheets[cell.sheet]
        done = self.recorder.steps[sheet.name][cell.turn]
        event = done.events[int(cell.key.removeprefix(GROUP).partition(".")[0])]
        assert isinstance(event, Grouped)
        # rows about to be made stand at the turn of their step, those of the dataset before it
        return event, cell.turn if sheet.kind == "made" else cell.turn - 1

    def first(self, event: Grouped, cell: Cell) -> int:
        """The place of the first member of the group of a node."""
        return int(np.argmax(event.codes == int(cell.key.rpartition(".")[2])))

    def _group_reads(self, sheet: Sheet, done: Done) -> tuple[str, ...]:
        if sheet.kind == "made" and sheet.part is not None:
            part = sheet.part
            return merge_reads(part.by, *(key.typed.reads for key in part.order))
        return done.step.reads

    def _elsewhere(self, inputs: Inputs, identity: int, done: Done, turn: int) -> None:
        """Tables that a step reads as a whole: of datasets the records of the same subject."""
        told = {event.clause.table for event in done.events if isinstance(event, Chose | Gathered)}
        recorder = self.recorder
        told |= self._brought_from.get((done.dataset, turn), set())
        for consult in done.step.consults:
            if consult.name in told or consult.name not in recorder.steps:
                continue
            at = done.asked.get(consult.name)
            if at is None or at[0] < 0 or not recorder.steps[consult.name]:
                continue
            there = recorder.steps[consult.name][at[1]].frame
            keys = [key for key in consult.columns if key in there]
            for row in self._of_subject(identity, done, turn, there):
                inputs.include("value", (at[0] << Origins.SHIFT) + row, ["", *keys], at[1])

    @cached_property
    def _brought_from(self) -> dict[tuple[str, int], set[str | None]]:
        """Of each step that brings records the tables that they come from."""
        found: dict[tuple[str, int], set[str | None]] = {}
        for sheet in self.recorder.sheets.values():
            if sheet.part is not None:
                found.setdefault((sheet.name, sheet.turn), set()).add(sheet.part.name)
        return found

    def _of_subject(self, identity: int, done: Done, turn: int, there: Frame) -> list[int]:
        """The rows of another dataset that are of a record's subject."""
        if "USUBJID" not in there:
            return list(range(there.rows))
        before = self.recorder.steps[done.dataset][max(turn - 1, 0)].frame
        row = identity & PLACE
        if "USUBJID" not in before or row >= before.rows:
            return list(range(there.rows))
        text = before.text("USUBJID")
        who = str(text.values[int(text.codes[row])].as_py())
        return np.flatnonzero(there.text("USUBJID").equals(who)).tolist()
