"""What a running step may ask of the build, and what becomes of the faults of its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from mg_cdisc.build.account import split_ids
from mg_cdisc.build.faults import OF_A_CLAUSE, OWNER, Fault, Faults, fill
from mg_cdisc.derive import Bound
from mg_cdisc.derive.numbering import Register
from mg_cdisc.derive.tracer import Tracer
from mg_cdisc.errors import Location
from mg_cdisc.expression import Notes
from mg_cdisc.frame import Frame, Index, Mask, Text, positions
from mg_cdisc.spec.bind import BoundDataset
from mg_cdisc.spec.models import Accepted
from mg_cdisc.spec.outcomes import OUTCOMES, outcome_of

if TYPE_CHECKING:
    from mg_cdisc.build.engine import Engine

_OF_A_VALUE = frozenset({"bad-date", "not-a-date", "not-a-number", "not-iso8601"})
"""Findings of a part of an expression, which does not know what it is a part of."""


@dataclass
class StepLog:
    """What one step did, added up over partitions."""

    dataset: str
    step: str
    where: str
    records_in: int = 0
    records_out: int = 0
    facts: dict[str, int] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)


class RunningStep:
    """What a running step may ask (see ``derive.Run``)."""

    def __init__(
        self, engine: Engine, dataset: BoundDataset, step: Bound, part: int | None, log: StepLog,
        faults: Faults,
    ) -> None:  # fmt: skip
        self.engine, self.dataset, self.step = engine, dataset, step
        self.part, self.log, self.faults = part, log, faults
        self.declared = {consult.name: consult.columns for consult in step.consults}

    @property
    def tracer(self) -> Tracer | None:
        return None

    def table(self, name: str) -> Frame:
        frame = self.engine.table(name, self.part)
        keep = set(self.declared.get(name, ()))
        if name in self.engine.sources and self.step.label == "records":
            # a source's columns stay readable in the dataset made of it
            keep |= set(self.engine.last_use[self.dataset.name])
        return owned(frame.select(key for key in frame.columns if key in keep), frame)

    def notes(self, frame: Frame) -> Notes:
        return _Notes(self, frame)

    def excluded(self, reason: str, frame: Frame, rows: Mask) -> None:
        number = int(np.count_nonzero(rows))
        self.log.excluded[reason] = self.log.excluded.get(reason, 0) + number
        if number:
            for source, ids in split_ids(frame.origins.take(rows).ids).items():
                self.engine.ledgers[self.engine.numbers[source]].exclude(ids, reason)

    def consulted(self, name: str | None, frame: Frame, rows: Index | Mask) -> None:
        if name in self.engine.sources or self._is_work(name):
            ids = frame.origins.take(rows).ids
            for source, numbers in split_ids(ids).items():
                self.engine.ledgers[self.engine.numbers[source]].use(numbers)

    def _is_work(self, name: str | None) -> bool:
        """A helper dataset leaves only in what others take from it."""
        dataset = self.engine.plan.datasets.get(name) if name is not None else None
        return dataset is not None and dataset.kind == "work"

    def kept(self, kind: str, frame: Frame, rows: Mask, values: Text | None, what: str) -> Mask:
        engine = self.engine
        found = np.zeros(frame.rows, bool)
        label = self.step.label.removeprefix("supp.")
        for entry, _ in engine.plan.files.accepted:
            asked = (entry.finding, entry.then) == (kind, "kept")
            if not asked or entry.dataset not in (None, self.dataset.name):
                continue
            if entry.variable in (None, label):
                found |= rows & _accepts(entry, frame, rows, values, what, engine.locate)
        return found

    def register(self) -> Register | None:
        registers = self.engine.registers
        return None if registers is None else registers.of(self.dataset.name)

    def count(self, fact: str, number: int) -> None:
        self.log.facts[fact] = self.log.facts.get(fact, 0) + number


class _Notes:
    """Turns faults of records into findings at their source rows."""

    def __init__(self, run: RunningStep, frame: Frame) -> None:
        self.run, self.frame = run, frame
        self.translations = run.engine.translations

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        places = positions(rows)
        if not len(places):
            return
        kind, _, level = kind.partition(":")  # a check says its level
        if kind in _OF_A_VALUE:
            what = f"{self.run.step.label.removeprefix('supp.')}: {what}"
        if kind in OF_A_CLAUSE:
            # the line is no part of what is wrong: it moves, and the fault is still the same
            label = self.run.step.label.removeprefix("supp.")
            named = f".{label}" if label[0] == "_" or label.isupper() else f", {label}"
            what = f"{self.run.dataset.name}{named}: {what}"
            todo = f"{todo.rstrip('.')} ({self.run.step.where})."
        # a step that chooses keeps the first of several, where a lookup takes none
        chosen = kind == "several-matches" and self.run.step.label in ("pick", "records")
        then = "kept" if chosen else outcome_of(kind)
        fault = Fault(kind, level or "error", what, todo, then)
        if "kept" in OUTCOMES.get(kind, ())[1:]:
            asked = np.zeros(self.frame.rows, bool)
            asked[places] = True
            kept = self.run.kept(kind, self.frame, asked, values, what)[places]
            self.run.faults.add(replace(fault, then="kept"), self.frame, places[kept], values)
            places = places[~kept]
        self.run.faults.add(fault, self.frame, places, values)


def owned(given: Frame, frame: Frame) -> Frame:
    """Columns of a frame, with the subjects where some records come from no source row."""
    if "USUBJID" in given or "USUBJID" not in frame or (frame.origins.first() >= 0).all():
        return given
    return given.with_columns({OWNER: frame["USUBJID"]})


def _accepts(
    entry: Accepted, frame: Frame, rows: Mask, values: Text | None, what: str,
    locate: Callable[[int], Location],
) -> Mask:  # fmt: skip
    """Of the records at fault those that an entry's place and text fit."""
    fits = rows.copy()
    if entry.containing is not None:
        shown = [fill(what, each) for each in values.values.to_pylist()] if values else [what]
        holds = np.array([entry.containing in text for text in shown], bool)
        fits &= holds[values.codes] if values is not None else holds[0]
    if entry.file is not None or entry.row is not None:
        first = frame.origins.first()
        for place in np.flatnonzero(fits).tolist():
            at = locate(int(first[place])) if first[place] >= 0 else Location()
            fits[place] = entry.file in (None, at.file) and entry.row in (None, at.row)
    return fits
