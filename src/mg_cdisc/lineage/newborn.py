"""What is in doubt of the records that a step makes: from sources, of groups, in a grid, SUPP--."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mg_cdisc.derive import SOURCE, SUBJECT
from mg_cdisc.expression import Type
from mg_cdisc.frame import Frame, Index, Mask, Text, group_codes, match_codes
from mg_cdisc.lineage.cells import Deaf
from mg_cdisc.lineage.doubt import Doubt, View, taken
from mg_cdisc.lineage.record import PLACE, Absent, Chose, Done, Grouped, Recorder, Sheet
from mg_cdisc.spec.catalog import SUPP_FIELD

if TYPE_CHECKING:
    from mg_cdisc.derive.part import Part
    from mg_cdisc.derive.tracer import Tracer
    from mg_cdisc.lineage.impact import Impact


class Newborn:
    """The records after a step that adds some, or makes one of several."""

    def __init__(self, impact: Impact, done: Done, before: View) -> None:
        self.impact, self.done, self.before = impact, done, before
        self.recorder = impact.recorder
        self.turn = impact.turn[done.dataset]
        self.sheet = self.recorder.sheets[done.after]
        self.made = Doubt(done.frame.rows, more=set(before.doubt.more))
        old = before.rows
        for key, mask in before.doubt.cells.items():
            self.made.set(key, np.concatenate([mask, np.zeros(self.made.rows - old, bool)]))
        self.made.gone[:old] = before.doubt.gone

    def doubt(self) -> Doubt:
        """What is in doubt of all of them."""
        if self.done.step.label == "supplemental":
            self._supplemental()
        elif any(isinstance(event, Absent) for event in self.done.events):
            self._filled()
        else:
            assert self.sheet.parents is not None
            first = self.sheet.parents.first() >> 40
            for sheet in list(self.recorder.sheets.values()):
                if sheet.part is not None and (sheet.name, sheet.turn) == (
                    self.done.dataset,
                    self.turn,
                ):
                    rows = np.flatnonzero(first == sheet.number)
                    self._part(sheet, sheet.part, rows[rows >= self.before.rows])
        return self.made

    def _add(self, key: str, rows: Index, found: Mask) -> None:
        mask = self.made.of([key])
        mask[rows] = found
        self.made.set(key, mask)

    # records of a source or dataset

    def _part(self, sheet: Sheet, part: Part, rows: Index) -> None:
        brought = self._brought(sheet, part)
        if part.summarised:
            self._groups(part, brought, rows)
            return
        new = self.new_rows(brought, rows)
        gone = brought.doubt.gone.copy()
        for event in self.done.events:
            if isinstance(event, Grouped) and _of(event.frame, sheet):
                unsure = self.impact.event(self.done, event, "", brought)
                assert event.chosen is not None
                self.made.more |= brought.subjects(unsure & ~event.chosen)
                gone |= unsure
        self.made.gone[rows] = gone[brought.places(new.ids)]
        for name, value in part.values.items():
            found = self.impact.value(self.done, name, value, new, new=True)
            new.doubt.set(name, found)
            new.frame = new.frame.with_columns({name: self.done.frame.take(rows)[name]})
            new.types = {**new.types, name: value.type}
        for key in self.done.frame.columns:
            if key in part.values:
                found = new.doubt.of([key])
            elif key in part.kept:
                found = new.doubt.of([part.kept[key][0]])
            elif key in part.constants:
                continue
            elif key in part.trace.types:
                found = new.doubt.of(part.trace.reads)
            elif not part.passes(key):
                continue
            else:
                found = new.doubt.of([key])
            self._add(key, rows, found)

    def new_rows(self, brought: View, rows: Index) -> View:
        """The records brought of which new ones were made, in the order of these."""
        assert self.sheet.parents is not None
        return taken(brought, brought.places(self.sheet.parents.first()[rows]))

    def _brought(self, sheet: Sheet, part: Part) -> View:
        """The rows that a source brings, less those that are left out."""
        there = self.before if part.name is None else self.impact.asked(part.name, self.done)
        run = _Then(self.recorder, self.done)
        frame = self.before.frame
        records, tests = part.gather(frame, run)
        types: Mapping[str, Type] = {**dict.fromkeys(records.columns, Type.TEXT), **part.columns}
        types = {
            key: types[key]
            if types[key].stored_as_text == isinstance(column, Text)
            else (Type.TEXT if isinstance(column, Text) else Type.NUMBER)
            for key, column in records.columns.items()
        }
        doubt = Doubt(records.rows)
        if there is not None:
            self.made.more |= there.doubt.more
            at = there.places(records.origins.first())
            doubt.gone = there.doubt.gone[at]
            how = part.step.unpivot
            for key in records.columns:
                doubt.set(key, self._column(key, part, there, at, tests, run))
            if how is not None:
                for key in how.values:
                    doubt.set(key, self._column(key, part, there, at, tests, run))
        view = View(records, doubt, types, records.origins.first(), self.recorder.translations)
        if part.where is not None and records.rows:
            held = view.truth(part.where.node).true
            unsure = view.in_doubt(part.where.node)
            self.made.more |= view.subjects(~held & unsure)
            doubt.gone |= unsure
            view = taken(view, np.flatnonzero(held))
        assert view.rows == sheet.rows
        view.ids = (sheet.number << 40) + np.arange(sheet.rows)
        return view

    def _column(
        self, key: str, part: Part, there: View, at: Index, tests: Index | None, run: _Then
    ) -> Mask:
        how = part.step.unpivot
        if how is not None and key in how.values and tests is not None:
            named = run.table(how.table).text(how.values[key]).to_list()
            found = np.zeros(len(at), bool)
            for number, column in enumerate(named):
                held = there.doubt.of([SOURCE + column, column]) if column else None
                if held is not None and held.any():
                    found |= (tests == number) & held[at]
            return found
        if key == "USUBJID" and key not in there.frame:
            key = SUBJECT
        return there.doubt.of([key])[at]

    def _groups(self, part: Part, brought: View, rows: Index) -> None:
        """One record for each group: in doubt where a member is, or could join."""
        doubt = brought.doubt
        codes, count = group_codes([brought.frame[key] for key in part.by], brought.rows)
        by = doubt.of(part.by)
        loose = by | doubt.gone
        sure = np.zeros(count, bool)
        sure[codes[~loose]] = True
        joined = np.zeros(count, bool)
        joined[codes[loose]] = True
        for row in np.flatnonzero(by).tolist():
            known = [brought.frame[k] for k in part.by if not doubt.of([k])[row]]
            alike, _ = group_codes(known, brought.rows)
            joined[codes[alike == alike[row]]] = True
        self.made.more |= brought.subjects(loose)
        joined[codes[brought.of_subjects(doubt.more)]] = True
        assert self.sheet.parents is not None
        of = codes[brought.places(self.sheet.parents.first()[rows])]
        self.made.gone[rows] = ~sure[of]
        frame = self.done.frame.take(rows)
        types = self.impact.types(self.done.dataset, frame)
        view = View(
            Frame({}, len(rows)), Doubt(len(rows)), {}, self.sheet.parents.first()[rows],
            self.recorder.translations,
        )  # fmt: skip
        for name, _ in zip(part.by_names, part.by, strict=True):
            view.frame = view.frame.with_columns({name: frame[name]})
        for name in part.step.set:
            if name in part.aggregates:
                typed = part.aggregates[name]
                inner = [key for key in typed.reads if key in brought.frame]
                member = np.zeros(count, bool)
                member[codes[doubt.of(inner)]] = True
                found = (member | joined)[of] | view.doubt.of(typed.reads)
            else:
                found = self.impact.value(self.done, name, part.values[name], view, new=True)
            view.doubt.set(name, found)
            view.frame = view.frame.with_columns({name: frame[name]})
            view.types = {key: types[key] for key in view.frame.columns}
        for key, mask in view.doubt.cells.items():
            self._add(key, rows, mask)

    # rows of a grid

    def _filled(self) -> None:
        done, before = self.done, self.before
        event = next(each for each in done.events if isinstance(each, Absent))
        rows = np.arange(before.rows, self.made.rows)
        absent = event.rows
        matched = [key for key in absent.columns if key in before.frame]
        there = before
        loose = before.doubt.of(matched) | before.doubt.gone
        for consult in done.step.consults:
            found = self.impact.asked(consult.name, done)
            if found is not None and consult.name in self.recorder.steps:
                there = found
                open_ = found.doubt.of(consult.columns) | found.doubt.gone
                self.made.more |= found.subjects(open_) | found.doubt.more
        self.made.more |= before.subjects(loose) | before.doubt.more
        whose = before.subjects(loose) | before.doubt.more | self.made.more
        copies = [each for each in done.events if isinstance(each, Chose) and not each.name]
        frame = done.frame.take(rows)
        new = View(frame, Doubt(len(rows)), self.impact.types(done.dataset, frame),
                   np.arange(len(rows)), self.recorder.translations)  # fmt: skip
        self.made.gone[rows] = self._could_be_there(new, before, matched, loose, whose, there)
        clause = next(
            (each for each in copies if each.asked is not None and each.asked.rows == absent.rows),
            None,
        )
        if clause is not None:
            asking = View(absent, Doubt(absent.rows), new.types, np.arange(absent.rows),
                          self.recorder.translations)  # fmt: skip
            unsure = self.impact.event(done, clause, "", asking)
            held = clause.picked >= 0
            self.made.more |= asking.subjects(unsure & ~held)
            self.made.gone[rows] |= unsure[held]
            at = before.places(clause.records.origins.first()[clause.picked[held]])
            for key in before.frame.columns:
                if key not in absent.columns:
                    new.doubt.set(key, unsure[held] | before.doubt.of([key])[at])
        for name, value in done.step.values.items():
            new.doubt.set(name, self.impact.value(done, name, value, new, new=True))
        for key, mask in new.doubt.cells.items():
            self._add(key, rows, mask)

    def _could_be_there(
        self,
        new: View,
        before: View,
        matched: list[str],
        loose: Mask,
        whose: set[str],
        groups: View,
    ) -> Mask:
        """Cells of the grid that a record in doubt could fill, or whose group could be gone."""
        found = new.of_subjects(before.doubt.more)
        for row in np.flatnonzero(loose).tolist():
            known = [key for key in matched if not before.doubt.of([key])[row]]
            left, right, _ = match_codes(
                [new.frame[key] for key in known], [before.frame[key] for key in known],
                new.rows, before.rows,
            ) if known else (np.zeros(new.rows), np.zeros(before.rows), 1)  # fmt: skip
            found |= left == right[row]
        if "USUBJID" in groups.frame:
            unsure = groups.doubt.gone | groups.doubt.of(["USUBJID"])
            found |= new.of_subjects(groups.subjects(unsure))
        return found

    # supplemental qualifiers

    def _supplemental(self) -> None:
        there = self.impact.asked(next(iter(self.done.asked)), self.done)
        assert there is not None
        assert self.sheet.parents is not None
        frame = self.done.frame
        at = there.places(self.sheet.parents.first())
        qnam, idvar = frame.text("QNAM").to_list(), frame.text("IDVAR").to_list()
        rows = np.arange(self.made.rows)
        value, number = np.zeros(self.made.rows, bool), np.zeros(self.made.rows, bool)
        for row, (name, key) in enumerate(zip(qnam, idvar, strict=True)):
            value[row] = (
                there.doubt.of([SUPP_FIELD + name])[at[row]] if there.doubt.cells else False
            )
            number[row] = bool(key) and there.doubt.of([key])[at[row]]
        self._add("QVAL", rows, value)
        self._add("IDVARVAL", rows, number)
        self._add("USUBJID", rows, there.doubt.of(["USUBJID"])[at])
        self.made.gone = there.doubt.gone[at] | value
        fields = [key for key in there.doubt.cells if key.startswith(SUPP_FIELD)]
        self.made.more |= there.subjects(there.doubt.of(fields)) | there.doubt.more


class _Then(Deaf):
    """A run that answers as the tables stood when a step ran, and forgets."""

    def table(self, name: str) -> Frame:
        engine = self.engine
        if engine.steps.get(name) and name in self.done.asked:
            return engine.steps[name][self.done.asked[name][1]].frame
        return engine.table(name, 0)

    @property
    def tracer(self) -> Tracer | None:
        return self  # a part then says of which tests its rows are


def _of(frame: Frame, sheet: Sheet) -> bool:
    return bool(frame.rows) and int(frame.origins.first()[0]) >> 40 == sheet.number


__all__ = ["PLACE", "Newborn", "Recorder"]
