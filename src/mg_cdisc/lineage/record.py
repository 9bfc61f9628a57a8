"""A build run again with everything remembered: which record came from which, and who was asked.

Before each step every record gets an identity of its own, in place of the source rows that it comes
from: the number of a sheet and its place there. The engine carries identities through all that it
does with records, as it does source rows; afterwards they say from which records of which sheet
each new one was made. What else a step looks at it tells its tracer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mg_cdisc.build import Engine
from mg_cdisc.build.running import RunningStep
from mg_cdisc.frame import Frame, Index, Mask, Origins, Text

if TYPE_CHECKING:
    from mg_cdisc.build.faults import Faults
    from mg_cdisc.build.running import StepLog
    from mg_cdisc.derive import Bound
    from mg_cdisc.derive.consult import BoundClause
    from mg_cdisc.derive.numbering import Known, Register
    from mg_cdisc.derive.part import Part
    from mg_cdisc.derive.tracer import Grouping, Tracer
    from mg_cdisc.errors import Location
    from mg_cdisc.expression import Notes, Translations, Typed
    from mg_cdisc.sources.table import SourceTable
    from mg_cdisc.spec import Plan
    from mg_cdisc.spec.plan import BoundDataset

FIRST_SHEET = 2048
"""Identities of sheets begin above those of sources."""
PLACE = (1 << Origins.SHIFT) - 1


@dataclass(frozen=True)
class Sheet:
    """Records that stay the same records: those of a dataset until a step changes its rows.

    ``kind`` is ``dataset``, ``made`` (rows that a step is about to make records of), ``table``.
    ``parents`` are the identities that each record was made of, ``tests`` the rows of an
    unpivoted table, ``frame`` the columns of a table or of rows about to be made.
    """

    number: int
    kind: str
    name: str
    rows: int
    parents: Origins | None = None
    tests: Index | None = None
    frame: Frame | None = None
    turn: int = -1
    part: Part | None = None

    def identity(self, row: int) -> int:
        """The identity of a record."""
        return (self.number << Origins.SHIFT) + row


@dataclass
class Chose:
    """A clause that took one record, or none, for each record that asked; what was taken of it."""

    name: str
    clause: BoundClause
    asked: Frame
    records: Frame
    picked: Index
    values: list[tuple[str, Typed]] = field(default_factory=list)


@dataclass(frozen=True)
class Gathered:
    """A clause whose candidates were all aggregated."""

    name: str
    clause: BoundClause
    asked: Frame
    records: Frame
    value: Typed


@dataclass(frozen=True)
class Grouped:
    """Records in groups, what makes these, and those chosen (None: all were numbered)."""

    name: str
    frame: Frame
    codes: Index
    groups: Grouping
    chosen: Mask | None

    @property
    def candidates(self) -> Mask:
        """The records among which one of each group is chosen, or that are numbered."""
        return self.groups.candidates


@dataclass(frozen=True)
class Absent:
    """New rows of a grid."""

    rows: Frame


Event = Chose | Gathered | Grouped | Absent


@dataclass
class Done:
    """One step as it was run.

    ``before`` and ``after`` are the sheets of its dataset, ``frame`` the records after it,
    ``asked`` of each table the sheet and the position of the last step that it had run.
    """

    dataset: str
    position: int
    step: Bound
    before: int
    after: int
    frame: Frame
    events: list[Event] = field(default_factory=list)
    asked: dict[str, tuple[int, int]] = field(default_factory=dict)


class Recorder(Engine):
    """An engine that remembers every step; its findings and accounts mean nothing."""

    def __init__(
        self, plan: Plan, tables: Mapping[str, SourceTable], *, subjects: tuple[str, ...] = ()
    ) -> None:
        super().__init__(plan, tables, subjects=subjects)
        # nothing dies: working variables and collected columns stay to be asked for
        self.last_use = {name: dict.fromkeys(last, 1 << 30) for name, last in self.last_use.items()}
        self.sheets: dict[int, Sheet] = {}
        self.steps: dict[str, list[Done]] = {name: [] for name in plan.datasets}
        self.sheet_of: dict[str, int] = {}
        self.handed: dict[str, Frame] = {}

    def replay(self) -> None:
        """Run every step."""
        for name, position in self.order:
            dataset = self.plan.datasets[name]
            self._run_step(dataset, position, dataset.steps[position])

    # what the engine does for each step

    def _one(
        self, dataset: BoundDataset, position: int, step: Bound, frame: Frame, part: int | None,
        log: StepLog, faults: Faults,
    ) -> Frame:  # fmt: skip
        before = self.sheet_of.get(dataset.name, -1)
        done = Done(dataset.name, position, step, before, before, frame)
        self.steps[dataset.name].append(done)
        result = super()._one(dataset, position, step, frame, part, log, faults)
        if step.changes_rows:
            sheet = self.new_sheet(
                "dataset",
                dataset.name,
                result.rows,
                result.origins,
                turn=len(self.steps[dataset.name]) - 1,
            )
            done.after = self.sheet_of[dataset.name] = sheet.number
            result = identified(result, sheet)
        done.frame = result
        return result

    def running(
        self, dataset: BoundDataset, step: Bound, part: int | None, log: StepLog, faults: Faults
    ) -> RunningStep:
        """A step that is listened to."""
        return Listening(self, dataset, step, part, log, faults)

    def table(self, name: str, part: int | None) -> Frame:
        """Records of a source, dataset or table, each with its identity."""
        frame = super().table(name, part)
        if name in self.frames or name in self.parts:
            return frame
        if name not in self.handed:
            sheet = self.new_sheet("table", name, frame.rows, None, frame=frame)
            self.handed[name] = identified(frame, sheet)
            self.sheet_of[name] = sheet.number
        return self.handed[name]

    def new_sheet(
        self, kind: str, name: str, rows: int, parents: Origins | None, *,
        tests: Index | None = None, frame: Frame | None = None, turn: int = -1,
        part: Part | None = None,
    ) -> Sheet:  # fmt: skip
        """A sheet with the next number."""
        number = FIRST_SHEET + len(self.sheets)
        sheet = self.sheets[number] = Sheet(
            number, kind, name, rows, parents, tests, frame, turn, part
        )
        return sheet

    # identities

    def source_rows(self, identity: int) -> Iterator[int]:
        """The source rows that a record comes from, each once."""
        open_, seen = [identity], {identity}
        while open_:
            each = open_.pop(0)
            sheet = self.sheets.get(each >> Origins.SHIFT)
            if sheet is None:
                yield each
                continue
            for parent in self.parents(each):
                if parent not in seen:
                    seen.add(parent)
                    open_.append(parent)

    def parents(self, identity: int) -> list[int]:
        """The identities that a record was made of."""
        sheet = self.sheets[identity >> Origins.SHIFT]
        if sheet.parents is None:
            return []
        return of_record(sheet.parents, identity & PLACE)

    def locate(self, identity: int) -> Location:
        """The first source row of a record."""
        row = next(self.source_rows(int(identity)), None)
        if row is None:
            from mg_cdisc.errors import Location

            return Location()
        return super().locate(row)

    def true_origins(self, origins: Origins) -> Origins:
        """The source rows of records, in the place of their identities."""
        bounds = origins.bounds
        found = [
            [row for each in origins.ids[start:stop].tolist() for row in self.source_rows(each)]
            for start, stop in pairwise(bounds.tolist())
        ]
        offsets = np.concatenate([[0], np.cumsum([len(rows) for rows in found])]).astype(np.int64)
        ids = np.array([row for rows in found for row in dict.fromkeys(rows)], np.int64)
        return Origins(ids, offsets)


def identified(frame: Frame, sheet: Sheet) -> Frame:
    """The records of a sheet with their identities."""
    rows = np.arange(frame.rows)
    return Frame(frame.columns, frame.rows, Origins.of_source(sheet.number, rows))


def of_record(origins: Origins, row: int) -> list[int]:
    """The identities of one record."""
    if origins.offsets is None:
        return [int(origins.ids[row])]
    return [int(each) for each in origins.ids[origins.offsets[row] : origins.offsets[row + 1]]]


class Listening(RunningStep):
    """A running step whose tracer remembers, and whose findings are left to the build."""

    engine: Recorder

    def __init__(self, engine: Recorder, *rest: Any) -> None:
        super().__init__(engine, *rest)
        self.done = engine.steps[self.dataset.name][-1]
        self.name = ""

    @property
    def tracer(self) -> Tracer | None:
        return self

    def table(self, name: str) -> Frame:
        frame = super().table(name)
        engine = self.engine
        if engine.steps.get(name):
            self.done.asked[name] = (engine.sheet_of.get(name, -1), len(engine.steps[name]) - 1)
        return frame

    def notes(self, frame: Frame) -> Notes:
        return _Unheard(self.engine.translations)

    def excluded(self, reason: str, frame: Frame, rows: Mask) -> None:
        """The build has accounted for them."""

    def consulted(self, name: str | None, frame: Frame, rows: Index | Mask) -> None:
        """The build has accounted for them."""

    def register(self) -> Register | None:
        found = super().register()
        return None if found is None else _Unchanged(found, self.engine)

    # as tracer

    def making(self, name: str) -> None:
        self.name = name

    def chose(self, clause: BoundClause, asked: Frame, records: Frame, picked: Index) -> None:
        self.done.events.append(Chose(self.name, clause, asked, records, picked))

    def took(self, value: Typed, asked: Frame) -> None:
        last = next(each for each in reversed(self.done.events) if isinstance(each, Chose))
        last.values.append((self.name, value))

    def gathered(self, clause: BoundClause, asked: Frame, records: Frame, value: Typed) -> None:
        self.done.events.append(Gathered(self.name, clause, asked, records, value))

    def grouped(self, frame: Frame, codes: Index, groups: Grouping, chosen: Mask | None) -> None:
        self.done.events.append(Grouped(self.name, frame, codes, groups, chosen))

    def renewed(self, part: Part, records: Frame, tests: Index | None) -> Frame:
        sheet = self.engine.new_sheet(
            "made", self.dataset.name, records.rows, records.origins, tests=tests, frame=records,
            turn=len(self.engine.steps[self.dataset.name]) - 1, part=part,
        )  # fmt: skip
        return identified(records, sheet)

    def absent(self, rows: Frame) -> None:
        self.done.events.append(Absent(rows))


@dataclass
class _Unheard:
    """What is wrong with records has been told by the build."""

    translations: Translations | None

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Nobody is told again."""


@dataclass(frozen=True)
class _Unchanged:
    """The numbers of records, which are read and not given again."""

    inner: Register
    engine: Recorder

    @property
    def known(self) -> Known:
        return self.inner.known

    def source_keys(self, origins: Origins) -> Text:
        return self.inner.source_keys(self.engine.true_origins(origins))

    def give(self, subjects: Text, keys: Text, numbers: Any, new: int) -> None:
        """They have their numbers."""
