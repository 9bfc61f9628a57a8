"""What a source cell reaches: every cell and record that could be otherwise if it held another text.

One walk over the steps of a replayed build, in their order, carries along what is in doubt of every
dataset. Nothing is left out: what is not named stays as it is, whatever the source cell held. What
is named may yet stay, as where another text leads to the same term.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mg_cdisc.derive import SOURCE, SUBJECT, Bound, BoundValue
from mg_cdisc.expression import Type, Typed, names
from mg_cdisc.frame import Frame, Index, Mask, Text
from mg_cdisc.lineage.choices import choice_in_doubt, group_in_doubt, own_reads, their_reads
from mg_cdisc.lineage.doubt import ANYONE, Doubt, View, taken
from mg_cdisc.lineage.newborn import Newborn
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
from mg_cdisc.lineage.trace import Cell


@dataclass(frozen=True)
class Reached:
    """Of one dataset the cells that are reached, by variable; records that could be gone.

    ``more`` are the subjects of whom there could be further records (blank: anyone).
    """

    cells: Mapping[str, Mask]
    gone: Mask
    more: frozenset[str] = field(default_factory=frozenset)

    def rows(self, variable: str) -> Mask:
        """The records of which a variable is reached."""
        return self.cells.get(variable, np.zeros(len(self.gone), bool)) | self.gone


class Impact:
    """One walk for some source cells."""

    def __init__(self, recorder: Recorder, cells: Iterable[Cell]) -> None:
        self.recorder = recorder
        self.plan = recorder.plan
        self.doubts: dict[str, Doubt] = {}
        self.turn: dict[str, int] = dict.fromkeys(recorder.steps, -1)
        self.sources: dict[str, View] = {}
        self._begin(list(cells))
        for name, _ in recorder.order:
            self.turn[name] += 1
            if self.turn[name] < len(recorder.steps[name]):
                self._step(recorder.steps[name][self.turn[name]])

    def reached(self) -> dict[str, Reached]:
        """What is reached of each dataset that is submitted."""
        found = {}
        for name, dataset in self.plan.datasets.items():
            doubt = self.doubts.get(name)
            if dataset.kind == "work" or doubt is None or not doubt.any:
                continue
            frame = self.recorder.steps[name][-1].frame
            cells = {
                key: mask
                for key, mask in doubt.cells.items()
                if key in frame and not key.startswith(("_", "@", SOURCE))
            }
            if cells or doubt.gone.any() or doubt.more:
                found[name] = Reached(cells, doubt.gone, frozenset(doubt.more))
        return found

    # what is asked about

    def _begin(self, cells: list[Cell]) -> None:
        recorder = self.recorder
        for name, source in recorder.sources.items():
            frame = recorder.parts[name][0]
            types = (
                dict(self.plan.catalog.schema(name).types)
                if name in self.plan.files.given
                else dict.fromkeys(frame.columns, Type.TEXT)
            )
            doubt = Doubt(frame.rows)
            ids = frame.origins.first()
            view = View(frame, doubt, types, ids, recorder.translations)
            self.sources[name] = view
            for cell in cells:
                if cell.sheet != source.number:
                    continue
                at = ids == cell.identity
                doubt.set(cell.key, doubt.of([cell.key]) | at)
                self._cut(name, cell, at, doubt)
                if cell.key in self._subject_keys(name):
                    doubt.gone |= at
                    doubt.more.add(ANYONE)
                    doubt.set(SUBJECT if SUBJECT in frame else "USUBJID", at)
        roster = self.plan.files.study.subjects
        of_roster = self.sources[roster].doubt
        if of_roster.gone.any():
            whose = self._named(roster)
            for name, view in self.sources.items():
                if name != roster and recorder.sources[name].partition is not None:
                    view.doubt.gone |= view.of_subjects(whose)
                    view.doubt.more |= of_roster.more

    def _cut(self, source: str, cell: Cell, at: Mask, doubt: Doubt) -> None:
        """What a cut-off could do: leave out the row by its date, change what stands beside its end."""
        files = self.plan.files
        declared = files.sources[source].cut if source in files.sources else None
        if files.cut_off is None or declared is None:
            return
        column = cell.key.removeprefix(SOURCE)
        if column in declared.date:
            doubt.gone |= at
        for beside in declared.ends.get(column, ()):
            key = SOURCE + beside
            doubt.set(key, doubt.of([key]) | at)

    def _subject_keys(self, source: str) -> set[str]:
        """The columns that say whose a row is."""
        if source in self.plan.files.given:
            return {"USUBJID"}
        expression = self.plan.files.sources[source].subject
        return (
            {SOURCE + each.name for each in names(expression)} if expression is not None else set()
        )

    def _named(self, source: str) -> set[str]:
        """The subjects that a source's rows in doubt have now."""
        view = self.sources[source]
        key = SUBJECT if SUBJECT in view.frame else "USUBJID"
        return set(view.frame.text(key).take(np.flatnonzero(view.doubt.gone)).used())

    # views

    def of_dataset(self, name: str, turn: int) -> View:
        """The records of a dataset as they stood after one of its steps."""
        steps = self.recorder.steps[name]
        frame = steps[turn].frame if turn >= 0 else Frame.empty()
        doubt = self.doubts.get(name)
        if doubt is None or doubt.rows != frame.rows:
            doubt = self.doubts[name] = Doubt(frame.rows)
        return View(frame, doubt, self.types(name, frame), frame.origins.first(),
                    self.recorder.translations)  # fmt: skip

    def types(self, name: str, frame: Frame) -> dict[str, Type]:
        """The types of a dataset's columns."""
        known = self.plan.datasets[name].types if name in self.plan.datasets else {}
        return {
            key: known.get(key, Type.TEXT if isinstance(column, Text) else Type.NUMBER)
            for key, column in frame.columns.items()
        }

    def asked(self, name: str, done: Done) -> View | None:
        """The records of a source or dataset that a step asked; None for a table of the spec."""
        if name in self.sources:
            return self.sources[name]
        if not self.recorder.steps.get(name) or name not in done.asked:
            return None
        return self.of_dataset(name, done.asked[name][1])

    # steps

    def _step(self, done: Done) -> None:
        turn = self.turn[done.dataset]
        before = self.of_dataset(done.dataset, turn - 1)
        step = done.step
        if not self._concerned(done, before):
            if step.changes_rows:
                self.doubts[done.dataset] = Doubt(done.frame.rows)
            return
        if not step.changes_rows:
            self._keeps(done, before)
        elif step.effect in ("filters", "chooses"):
            self._filters(done, before)
        else:
            self.doubts[done.dataset] = Newborn(self, done, before).doubt()

    def _concerned(self, done: Done, before: View) -> bool:
        """Whether anything that a step reads or hands on is in doubt."""
        if before.doubt.any:
            return True
        for consult in done.step.consults:
            view = self.asked(consult.name, done)
            if view is not None and view.doubt.any:
                return True
        return any(
            view.doubt.any
            for name, view in self.sources.items()
            if name in {consult.name for consult in done.step.consults}
        )

    def _keeps(self, done: Done, before: View) -> None:
        step = done.step
        changed = np.zeros(before.rows, bool)
        sure = np.zeros(before.rows, bool)
        if step.conditions:
            node = step.conditions[0].node
            changed = before.in_doubt(node)
            sure = before.truth(node).true & ~changed
        made: dict[str, Mask] = {}
        for key in dict.fromkeys((*step.makes, *step.revises)):
            found = self.value(done, key, step.values.get(key), before)
            if key in step.revises:
                old = before.doubt.of([key])
                found = np.where(sure, found, old | changed) if step.conditions else found
            made[key] = found
        for key, found in made.items():
            before.doubt.set(key, found)
        self.doubts[done.dataset] = before.doubt

    def value(
        self, done: Done, key: str, value: BoundValue | None, view: View, *, new: bool = False
    ) -> Mask:
        """The records for which a value that a step makes is in doubt.

        Of ``new`` records what brought them is not asked again.
        """
        found = np.zeros(view.rows, bool)
        told: set[str | None] = set()
        asks: set[str] = set()
        for event in done.events:
            if isinstance(event, Absent) or event.name not in ((key,) if new else ("", key)):
                continue
            if not isinstance(event, Grouped):
                told.add(event.clause.table)
                asks |= set(event.clause.own_reads)
            else:
                asks |= set(done.step.reads)
            found |= self.event(done, event, key, view)
        reads = value.reads if value is not None else ()
        when = value.shape.when if value is not None else ()
        if value is not None and value.shape.expression is not None:
            found |= view.in_doubt(value.shape.expression.node)
        elif value is not None and value.shape.cases:
            found |= _first_case(value.shape.cases, view)
        else:
            if value is not None and value.shape.inner is not None:
                reads = value.shape.inner
            found |= view.doubt.of(each for each in reads if each not in asks)
        consults = value.consults if value is not None else done.step.consults
        for consult in consults:
            if consult.name not in told:
                found |= self._whole(done, consult.name, consult.columns, view)
        for condition in when:
            unsure = view.in_doubt(condition.node)
            found = unsure | (found & view.truth(condition.node).true) if found.any() else unsure
        return found

    def _whole(self, done: Done, name: str, columns: Iterable[str], view: View) -> Mask:
        """The records of the subjects of whom something in another dataset is in doubt."""
        there = self.asked(name, done)
        if there is None or not there.doubt.any:
            return np.zeros(view.rows, bool)
        whose = there.subjects(there.doubt.of(columns) | there.doubt.gone)
        return view.of_subjects(whose | there.doubt.more)

    def event(self, done: Done, event: Event, key: str, view: View) -> Mask:
        """The records of a view for which what was chosen, or is taken of it, is in doubt."""
        none = np.zeros(view.rows, bool)
        if isinstance(event, Absent):
            return none
        frame = event.frame if isinstance(event, Grouped) else event.asked
        at, sure = _aligned(frame, view, self.recorder.sheets)
        if sure and len(at) < frame.rows:
            return none
        asked = taken(view, at) if sure else view
        if isinstance(event, Grouped):
            further = [each for each in done.step.reads if each not in _grouping(event)]
            stays = done.step.effect == "chooses"
            found = group_in_doubt(event, asked, further, stays=stays) if sure else ~none
            if sure and event.chosen is None and self.recorder.registers is not None:
                found = np.isin(event.codes, event.codes[found])
        else:
            if not sure:
                return ~none if self._asked_of(done, event, view).doubt.any else none
            found = self._chosen(done, event, key, asked)
        none[at] = found
        return none

    def _asked_of(self, done: Done, event: Chose | Gathered, view: View) -> View:
        table = event.clause.table
        if table is None:
            return self.of_dataset(done.dataset, self.turn[done.dataset] - 1)
        found = self.asked(table, done)
        return found if found is not None else View(Frame.empty(), Doubt(0), {}, view.ids[:0])

    def _chosen(self, done: Done, event: Chose | Gathered, key: str, asked: View) -> Mask:
        clause = event.clause
        table = self._asked_of(done, event, asked)
        own = asked.doubt.of(
            own_reads(*(typed for typed in _values(event, key)), *(k.typed for k in clause.order))
        )
        if isinstance(event, Gathered):
            return own | choice_in_doubt(clause, asked, table, None, [event.value])
        held = event.picked >= 0
        picked = np.full(len(event.picked), -1, np.int64)
        ids = event.records.origins.first()
        if held.any() and table.rows:
            picked[held] = table.places(ids[event.picked[held]])
        if not table.rows:
            picked[:] = -1
        found = own | choice_in_doubt(clause, asked, table, picked, [])
        of_record = table.doubt.of(their_reads(*_values(event, key))) | table.doubt.gone
        found[picked >= 0] |= of_record[picked[picked >= 0]]
        return found

    def _filters(self, done: Done, before: View) -> None:
        """Records that stay; those that left and could have stayed are further ones."""
        step = done.step
        doubt = before.doubt
        for key in step.makes:
            doubt.set(key, self.value(done, key, step.values.get(key), before))
        unsure = np.zeros(before.rows, bool)
        out = np.zeros(before.rows, bool)
        for condition in step.conditions:
            unknown = before.in_doubt(condition.node)
            out |= before.truth(condition.node).true & ~unknown
            unsure |= unknown
        for event in done.events:
            unsure |= self.event(done, event, "", before)
        stayed = self.recorder.sheets[done.after]
        assert stayed.parents is not None
        rows = stayed.parents.first() & PLACE
        left = np.ones(before.rows, bool)
        left[rows] = False
        made = doubt.take(rows)
        made.gone = (doubt.gone | unsure)[rows]
        made.more = doubt.more | before.subjects(left & unsure & ~out)
        self.doubts[done.dataset] = made


def _first_case(cases: Sequence[Typed], view: View) -> Mask:
    """The records for which it is in doubt which case holds first."""
    found = np.zeros(view.rows, bool)
    open_ = ~found
    for condition in cases:
        unsure = view.in_doubt(condition.node)
        found |= open_ & unsure
        open_ = open_ & (unsure | ~view.truth(condition.node).true)
    return found


def _grouping(event: Grouped) -> set[str]:
    told = set(event.groups.by)
    for each in event.groups.order:
        told |= set(each.typed.reads)
    if event.groups.condition is not None:
        told |= set(event.groups.condition.reads)
    return told


def _values(event: Chose | Gathered, key: str) -> list:  # type: ignore[type-arg]
    if isinstance(event, Gathered):
        return [event.value]
    return [typed for name, typed in event.values if name in ("", key)]


def _aligned(frame: Frame, view: View, sheets: Mapping[int, Sheet]) -> tuple[Index, bool]:
    """The places in a view of the records that asked; whether they can be told."""
    ids = frame.origins.first()
    at = view.places(ids)
    if (at >= 0).all() and len(np.unique(at)) == len(at):
        return at, True
    first = sheets.get(int(ids[0]) >> 40) if len(ids) else None
    if first is not None and first.kind == "made" and (at < 0).all():
        return at[:0], True  # records of another source of the step
    if frame.rows == view.rows:
        return np.arange(view.rows), True
    return np.arange(view.rows), False


__all__ = ["Bound", "Impact", "Reached"]
