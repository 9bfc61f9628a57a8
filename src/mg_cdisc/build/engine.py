"""The engine: every step in order, subject partition by subject partition.

Steps that look within a record or a subject run on each partition; steps that look across subjects
run once on all of them together. The result does not depend on the number of partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from mg_cdisc.build.account import FormAccount, Ledger, close, readings, split_ids
from mg_cdisc.build.sources import Subjects, prepare
from mg_cdisc.derive import SOURCE, Bound, Reach
from mg_cdisc.errors import Finding, Location, SpecError
from mg_cdisc.expression import ExpressionError, Notes
from mg_cdisc.frame import Frame, Index, Mask, Text, stack
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.bind import BoundDataset, Plan

LISTED = 100
"""Rows that one step lists one by one under one kind of finding; the rest is counted."""


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
    """Final frames of every dataset, unsorted, and everything noticed on the way."""

    frames: Mapping[str, Frame]
    findings: tuple[Finding, ...]
    accounts: tuple[FormAccount, ...]
    log: tuple[StepLog, ...]
    subjects: Subjects


class Engine:
    """Runs a plan over sources.

    ``only`` limits the datasets (with what they need); ``stop_after`` is (dataset, position of
    its step) to end at, for a preview: its collected and working columns are then all kept; ``progress`` is told each step as it begins.
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
    ) -> None:
        self.plan = plan
        self.findings: list[Finding] = []
        self.sources, self.subjects = prepare(plan, tables, partitions, subjects, self.findings)
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
        frames = {
            name: stack(parts) if self.plan.datasets[name].by_subject else parts[0]
            for name, parts in self.frames.items()
        }
        for name, frame in frames.items():
            if self.plan.datasets[name].kind != "work":
                self._use(frame)
        accounts = close(self.ledgers, self.partial, self.findings)
        # as the specs have the steps, and not as the order between datasets made them run
        begun = list(dict.fromkeys(name for name, _ in self.logs))
        told = sorted(self.logs, key=lambda node: (begun.index(node[0]), node[1]))
        log = tuple(self.logs[node] for node in told)
        return Result(frames, tuple(self.findings), accounts, log, self.subjects)

    def _use(self, frame: Frame) -> None:
        for number, rows in split_ids(frame.origins.ids).items():
            self.ledgers[self.numbers[number]].use(rows)

    def _run_step(self, dataset: BoundDataset, position: int, step: Bound) -> None:
        count = self.subjects.partitions if dataset.by_subject else 1
        frames = self.frames.setdefault(dataset.name, [Frame.empty()] * count)
        log = StepLog(dataset.name, step.label, str(step.where))
        self.logs[dataset.name, position] = log
        log.records_in = sum(frame.rows for frame in frames)
        if not dataset.by_subject:
            frames[0] = self._one(dataset, position, step, frames[0], None, log)
        elif step.reach is Reach.STUDY and count > 1:
            whole = self._one(dataset, position, step, stack(frames), None, log)
            # records of subjects that the study does not have stay together, in the first
            owner = np.maximum(self.subjects.partition_of(whole.text("USUBJID")), 0)
            frames[:] = [whole.take(owner == each) for each in range(count)]
        else:
            for number in range(count):
                frames[number] = self._one(dataset, position, step, frames[number], number, log)
        log.records_out = sum(frame.rows for frame in frames)

    def _one(
        self,
        dataset: BoundDataset,
        position: int,
        step: Bound,
        frame: Frame,
        part: int | None,
        log: StepLog,
    ) -> Frame:
        run = _Run(self, dataset, step, part, log)
        try:
            if step.changes_rows:
                result = step.run(frame, run)
            else:
                given = frame.select(key for key in step.reads if key in frame)
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

    def locate(self, identity: int, step: Bound) -> Location:
        """The source row of an identity, or the step where a record comes from no row."""
        if identity < 0:
            return step.where
        number, row = identity >> 40, identity & ((1 << 40) - 1)
        return self.sources[self.numbers[int(number)]].locate(int(row))


def _faults(error: ExpressionError, dataset: BoundDataset, step: Bound) -> Iterator[Finding]:
    for each in error.each():
        what = f"{step.label.removeprefix('supp.')}: {each.what}"
        yield Finding(step.where, each.kind, what, each.todo, dataset=dataset.name)


class _Run:
    """What a running step may ask (see ``derive.Run``)."""

    def __init__(
        self, engine: Engine, dataset: BoundDataset, step: Bound, part: int | None, log: StepLog
    ) -> None:
        self.engine, self.dataset, self.step = engine, dataset, step
        self.part, self.log = part, log
        self.declared = {consult.name: consult.columns for consult in step.consults}

    def table(self, name: str) -> Frame:
        frame = self.engine.table(name, self.part)
        keep = set(self.declared.get(name, ()))
        if name in self.engine.sources and self.step.label == "records":
            # a source's columns stay readable in the dataset made of it
            keep |= set(self.engine.last_use[self.dataset.name])
        return frame.select(key for key in frame.columns if key in keep)

    def notes(self, frame: Frame) -> Notes:
        return _Notes(self, frame)

    def excluded(self, reason: str, frame: Frame, rows: Mask) -> None:
        number = int(np.count_nonzero(rows))
        self.log.excluded[reason] = self.log.excluded.get(reason, 0) + number
        if number:
            for source, ids in split_ids(frame.origins.take(rows).ids).items():
                self.engine.ledgers[self.engine.numbers[source]].exclude(ids, reason)

    def consulted(self, name: str | None, frame: Frame, rows: Index | Mask) -> None:
        if name in self.engine.sources:
            ids = frame.origins.take(rows).ids
            for source, numbers in split_ids(ids).items():
                self.engine.ledgers[self.engine.numbers[source]].use(numbers)

    def count(self, fact: str, number: int) -> None:
        self.log.facts[fact] = self.log.facts.get(fact, 0) + number


class _Notes:
    """Turns faults of records into findings at their source rows."""

    def __init__(self, run: _Run, frame: Frame) -> None:
        self.run, self.frame = run, frame

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        positions = np.flatnonzero(rows) if rows.dtype == bool else rows
        if not len(positions):
            return
        engine, step = self.run.engine, self.run.step
        first = self.frame.origins.first()
        level = "error"
        if kind.startswith("check:"):
            kind, _, level = kind.partition(":")
        label = step.label.removeprefix("supp.")
        for position in positions[:LISTED].tolist():
            text = ""
            if values is not None:
                text = str(values.values[int(values.codes[position])].as_py())
            engine.findings.append(
                Finding(
                    engine.locate(int(first[position]), step),
                    kind,
                    fill(what, text),
                    todo,
                    level,  # type: ignore[arg-type]
                    self.run.dataset.name,
                    label,
                )
            )
        if len(positions) > LISTED:
            engine.findings.append(
                Finding(
                    step.where, kind, f"{len(positions) - LISTED} more records of {self.run.dataset.name}"
                    f" have this fault: {fill(what, '...')}", todo, level,  # type: ignore[arg-type]
                    self.run.dataset.name, label, len(positions) - LISTED,
                )
            )  # fmt: skip


def fill(what: str, value: str) -> str:
    """The message with the value in its place; other braces stay as they are."""
    return what.replace("{value!r}", repr(value)).replace("{value}", value)


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
