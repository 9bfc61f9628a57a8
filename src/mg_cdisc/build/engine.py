"""The engine: every step in order, subject partition by subject partition.

Steps that look within a record or a subject run on each partition; steps that look across subjects
run once on all of them together. The result does not depend on the number of partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mg_cdisc.build.account import FormAccount, Ledger, close, readings, split_ids
from mg_cdisc.build.faults import OWNER, Fault, Faults, fill
from mg_cdisc.build.numbering import Registers
from mg_cdisc.build.sources import Subjects, prepare
from mg_cdisc.derive import SOURCE, Bound, Reach
from mg_cdisc.derive.numbering import Register
from mg_cdisc.errors import Finding, Location, SpecError
from mg_cdisc.expression import ExpressionError, Notes, Translations
from mg_cdisc.frame import Frame, Index, Mask, Text, positions, stack
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.spec.models import Accepted
from mg_cdisc.spec.outcomes import OUTCOMES, outcome_of

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


@dataclass(frozen=True)
class Result:
    """Final frames of every dataset, unsorted, and everything noticed on the way.

    ``finish_package`` takes the frames out, so that memory holds one copy of the records.
    """

    frames: dict[str, Frame]
    findings: tuple[Finding, ...]
    accounts: tuple[FormAccount, ...]
    log: tuple[StepLog, ...]
    subjects: Subjects
    translations: Translations | None = None


class Engine:
    """Runs a plan over sources.

    ``only`` limits the datasets (with what they need); ``stop_after`` is (dataset, position of
    its step) to end at, for a preview: its collected and working columns are then all kept; ``progress`` is told each step as it begins;
    ``numbering`` asks for the keys of records even where the study has no numbering.csv.
    """

    def __init__(
        self,
        plan: Plan,
        tables: Mapping[str, SourceTable],
        *,
        partitions: int = 1,
        only: tuple[str, ...] = (),
        subjects: tuple[str, ...] = (),
        stop_after: tuple[str, int] | None = None,
        progress: Callable[[str, str, int, int], None] | None = None,
        numbering: bool = False,
    ) -> None:
        self.plan = plan
        self.findings: list[Finding] = []
        files = plan.files
        self.translations = Translations(files.translations) if files.study.translated else None
        self.sources, self.subjects = prepare(
            plan, tables, partitions, subjects, self.findings, self.translations
        )
        self.partial = bool(only or subjects or stop_after)
        self.order = _needed(plan, only, stop_after)
        self.stop_after = stop_after
        self.progress = progress
        self.numbers = {source.number: name for name, source in self.sources.items()}
        readers = readings(plan, self.sources)[1]
        self.ledgers = {
            name: Ledger.of(source, read=bool(readers[name]))
            for name, source in self.sources.items()
        }
        numbered = numbering or files.numbering is not None
        self.registers = (
            Registers(files, self.sources, lambda name, rows: self.ledgers[name].positions(rows))
            if numbered
            else None
        )
        self.parts = {
            name: [source.part(number) for number in range(self.subjects.partitions)]
            for name, source in self.sources.items()
        }
        self.frames: dict[str, list[Frame]] = {}
        self.logs: dict[tuple[str, int], StepLog] = {}
        self.turn = {node: turn for turn, node in enumerate(self.order)}
        self.last_use = {
            name: _last_use(plan, dataset, self.turn) for name, dataset in plan.datasets.items()
        }

    def run(self) -> Result:
        """Every step in order; findings are collected, never raised."""
        for done, (name, position) in enumerate(self.order):
            dataset = self.plan.datasets[name]
            step = dataset.steps[position]
            if self.progress is not None:
                self.progress(name, step.label, done, len(self.order))
            self._run_step(dataset, position, step)
        frames: dict[str, Frame] = {}
        for name, parts in self.frames.items():  # one dataset after the other: memory for one copy
            whole = self.plan.datasets[name].by_subject
            frames[name] = stack(parts) if whole and len(parts) > 1 else parts[0]
            self.frames[name] = [frames[name]]
        for name, frame in frames.items():
            if self.plan.datasets[name].kind != "work":
                self._use(frame)
        accounts = close(self.ledgers, self.partial, self.findings)
        # as the specs have the steps, and not as the order between datasets made them run
        begun = list(dict.fromkeys(name for name, _ in self.logs))
        told = sorted(self.logs, key=lambda node: (begun.index(node[0]), node[1]))
        log = tuple(self.logs[node] for node in told)
        self.findings += self.registers.notes() if self.registers is not None else []
        findings = tuple(_told_once(self.findings))
        return Result(frames, findings, accounts, log, self.subjects, self.translations)

    def _use(self, frame: Frame) -> None:
        for number, rows in split_ids(frame.origins.ids).items():
            self.ledgers[self.numbers[number]].use(rows)

    def _run_step(self, dataset: BoundDataset, position: int, step: Bound) -> None:
        count = self.subjects.partitions if dataset.by_subject else 1
        frames = self.frames.setdefault(dataset.name, [Frame.empty()] * count)
        log = StepLog(dataset.name, step.label, str(step.where))
        self.logs[dataset.name, position] = log
        log.records_in = sum(frame.rows for frame in frames)
        faults = Faults()
        if not dataset.by_subject:
            frames[0] = self._one(dataset, position, step, frames[0], None, log, faults)
        elif step.reach is Reach.STUDY and count > 1:
            whole = self._one(dataset, position, step, stack(frames), None, log, faults)
            # records of subjects that the study does not have stay together, in the first
            owner = np.maximum(self.subjects.partition_of(whole.text("USUBJID")), 0)
            frames[:] = [whole.take(owner == each) for each in range(count)]
        else:
            for number in range(count):
                frames[number] = self._one(
                    dataset, position, step, frames[number], number, log, faults
                )
        label = step.label.removeprefix("supp.")
        self.findings += faults.tell(dataset.name, label, step.where, self.locate)
        log.records_out = sum(frame.rows for frame in frames)

    def _one(
        self,
        dataset: BoundDataset,
        position: int,
        step: Bound,
        frame: Frame,
        part: int | None,
        log: StepLog,
        faults: Faults,
    ) -> Frame:
        run = _Run(self, dataset, step, part, log, faults)
        try:
            if step.changes_rows:
                result = step.run(frame, run)
            else:
                given = frame.select(key for key in step.reads if key in frame)
                given = _owned(given, frame)
                made = step.run(given, run)
                changed = (*step.makes, *step.revises)
                result = frame.with_columns({key: made[key] for key in changed})
        except ExpressionError as error:  # a function of the study's own went wrong
            raise SpecError([*self.findings, *_faults(error, dataset, step)]) from error
        if self.stop_after is not None and self.stop_after[0] == dataset.name:
            return result
        last, now = self.last_use[dataset.name], self.turn[dataset.name, position]
        alive = [key for key in result.columns if last.get(key, now + 1) > now]
        return result if len(alive) == len(result.columns) else result.select(alive)

    def table(self, name: str, part: int | None) -> Frame:
        """Records of a source, dataset or table; all partitions where ``part`` is None."""
        if name in self.frames:
            parts = self.frames[name]
            if len(parts) == 1:
                return parts[0]
            return stack(parts) if part is None else parts[part]
        if name in self.parts:
            source = self.sources[name]
            if source.partition is None or self.subjects.partitions == 1:
                return self.parts[name][0]
            return stack(self.parts[name]) if part is None else self.parts[name][part]
        if name in self.plan.catalog.tables:
            return self.plan.catalog.tables[name]
        dataset = self.plan.datasets[name]
        columns = {key: _blank(kind.stored_as_text) for key, kind in dataset.types.items()}
        return Frame(columns, 0)

    def locate(self, identity: int) -> Location:
        """The source row of an identity."""
        number, row = identity >> 40, identity & ((1 << 40) - 1)
        return self.sources[self.numbers[int(number)]].locate(int(row))


def _faults(error: ExpressionError, dataset: BoundDataset, step: Bound) -> Iterator[Finding]:
    for each in error.each():
        what = f"{step.label.removeprefix('supp.')}: {each.what}"
        yield Finding(step.where, each.kind, what, each.todo, dataset=dataset.name)


class _Run:
    """What a running step may ask (see ``derive.Run``)."""

    def __init__(
        self, engine: Engine, dataset: BoundDataset, step: Bound, part: int | None, log: StepLog,
        faults: Faults,
    ) -> None:  # fmt: skip
        self.engine, self.dataset, self.step = engine, dataset, step
        self.part, self.log, self.faults = part, log, faults
        self.declared = {consult.name: consult.columns for consult in step.consults}

    def table(self, name: str) -> Frame:
        frame = self.engine.table(name, self.part)
        keep = set(self.declared.get(name, ()))
        if name in self.engine.sources and self.step.label == "records":
            # a source's columns stay readable in the dataset made of it
            keep |= set(self.engine.last_use[self.dataset.name])
        return _owned(frame.select(key for key in frame.columns if key in keep), frame)

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

    def __init__(self, run: _Run, frame: Frame) -> None:
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


def _owned(given: Frame, frame: Frame) -> Frame:
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


def _told_once(findings: list[Finding]) -> Iterator[Finding]:
    """The findings; a text without translation once, however many variables are made from it."""
    told: set[tuple[Location, str]] = set()
    for each in findings:
        if each.kind != "untranslated" or (each.where, each.what) not in told:
            told.add((each.where, each.what))
            yield each


def _blank(text: bool) -> Text | np.ndarray:
    return Text.of([]) if text else np.zeros(0)


def _last_use(
    plan: Plan, dataset: BoundDataset, turn: Mapping[tuple[str, int], int]
) -> dict[str, int]:
    """For columns that are not written: the turn of the last step, of any dataset, to read them."""
    last: dict[str, int] = {}
    for other, position in turn:
        for consult in plan.datasets[other].steps[position].consults:
            if consult.name == dataset.name:
                for key in consult.columns:
                    if key.startswith("_"):
                        last[key] = max(last.get(key, -1), turn[other, position])
    for position, step in enumerate(dataset.steps):
        now = turn.get((dataset.name, position), -1)
        for key in step.reads:
            if key.startswith((SOURCE, "_")):
                last[key] = max(last.get(key, -1), now)
    if dataset.kind == "work":
        return {key: at for key, at in last.items() if key.startswith(SOURCE)}
    return last


def _needed(
    plan: Plan, only: tuple[str, ...], stop_after: tuple[str, int] | None
) -> tuple[tuple[str, int], ...]:
    """The steps to run, in order: all, or those that the asked datasets need."""
    if not only and stop_after is None:
        return plan.order
    wanted: set[tuple[str, int]] = set()
    stack_: list[tuple[str, int]] = []
    for name in only:
        stack_ += [(name, position) for position in range(len(plan.datasets[name].steps))]
        if f"SUPP{name}" in plan.datasets:
            stack_.append((f"SUPP{name}", 0))
    if stop_after is not None:
        stack_.append(stop_after)
    from mg_cdisc.spec.schedule import ready_at

    while stack_:
        node = stack_.pop()
        if node in wanted:
            continue
        wanted.add(node)
        name, position = node
        if position:
            stack_.append((name, position - 1))
        for consult in plan.datasets[name].steps[position].consults:
            other = plan.datasets.get(consult.name)
            if other is not None:
                stack_.append((consult.name, ready_at(other.steps, consult.columns)))
    return tuple(node for node in plan.order if node in wanted)
