"""The engine: every step in order, subject partition by subject partition.

Steps that look within a record or a subject run on each partition; steps that look across subjects
run once on all of them together. The result does not depend on the number of partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mg_cdisc.build.account import FormAccount, Ledger, close, readings, split_ids
from mg_cdisc.build.faults import Faults
from mg_cdisc.build.numbering import Registers
from mg_cdisc.build.running import RunningStep, StepLog, owned
from mg_cdisc.build.sources import Subjects, prepare
from mg_cdisc.derive import SOURCE, Bound, Reach
from mg_cdisc.errors import Finding, Location, SpecError
from mg_cdisc.expression import ExpressionError, Translations
from mg_cdisc.frame import Frame, Text, stack
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.bind import BoundDataset, Plan


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
        self.few = bool(subjects)
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
        accounts = close(self.ledgers, self.partial, self.findings, self.plan.files.given)
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
            frames[:] = self._together(dataset, position, step, frames, log, faults)
        else:
            for number in range(count):
                frames[number] = self._one(
                    dataset, position, step, frames[number], number, log, faults
                )
        label = step.label.removeprefix("supp.")
        self.findings += faults.tell(dataset.name, label, step.where, self.locate)
        if self.few and dataset.by_subject and step.reach is Reach.STUDY:
            what = f"{label} looks across subjects, and saw only those asked for"
            todo = "Build without --subject for what holds in the whole study."
            self.findings.append(
                Finding(step.where, "across-subjects", what, todo, "note", dataset.name)
            )
        log.records_out = sum(frame.rows for frame in frames)

    def _together(
        self, dataset: BoundDataset, position: int, step: Bound, frames: Sequence[Frame],
        log: StepLog, faults: Faults,
    ) -> list[Frame]:  # fmt: skip
        """The partitions after a step that looks across subjects."""
        if step.changes_rows:
            whole = self._one(dataset, position, step, stack(frames), None, log, faults)
            # records of subjects that the study does not have stay together, in the first
            owner = np.maximum(self.subjects.partition_of(whole.text("USUBJID")), 0)
            return [whole.take(owner == each) for each in range(len(frames))]
        needed = dict.fromkeys(("USUBJID", *step.reads))  # no other is copied
        whole = stack([frame.select(each for each in needed if each in frame) for frame in frames])
        made = self._made(dataset, step, whole, self.running(dataset, step, None, log, faults))
        ends = np.cumsum([frame.rows for frame in frames]).tolist()
        parts = [
            frame.with_columns(made.slice(end - frame.rows, end).columns)
            for frame, end in zip(frames, ends, strict=True)
        ]
        return [self._alive(dataset, position, part) for part in parts]

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
        run = self.running(dataset, step, part, log, faults)
        if step.changes_rows:
            return self._alive(dataset, position, self._ran(dataset, step, frame, run))
        made = self._made(dataset, step, frame, run)
        return self._alive(dataset, position, frame.with_columns(made.columns))

    def _made(self, dataset: BoundDataset, step: Bound, frame: Frame, run: RunningStep) -> Frame:
        """The variables that a step makes or changes, of what it reads alone."""
        given = frame.select(key for key in step.reads if key in frame)
        made = self._ran(dataset, step, owned(given, frame), run)
        return made.select((*step.makes, *step.revises))

    def _ran(self, dataset: BoundDataset, step: Bound, given: Frame, run: RunningStep) -> Frame:
        try:
            return step.run(given, run)
        except ExpressionError as error:  # a function of the study's own went wrong
            raise SpecError([*self.findings, *_faults(error, dataset, step)]) from error

    def _alive(self, dataset: BoundDataset, position: int, result: Frame) -> Frame:
        """Without the variables that no later step reads."""
        if self.stop_after is not None and self.stop_after[0] == dataset.name:
            return result
        last, now = self.last_use[dataset.name], self.turn[dataset.name, position]
        alive = [key for key in result.columns if last.get(key, now + 1) > now]
        return result if len(alive) == len(result.columns) else result.select(alive)

    def running(
        self, dataset: BoundDataset, step: Bound, part: int | None, log: StepLog, faults: Faults
    ) -> RunningStep:
        """What a step of this build may ask."""
        return RunningStep(self, dataset, step, part, log, faults)

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
