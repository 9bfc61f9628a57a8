"""A study replayed on less, or on other, source cells: what becomes of each of its records.

Records of two replays are the same where they were made in the same way: of the same source rows,
by the same steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from mg_cdisc.derive import SOURCE, SUBJECT
from mg_cdisc.frame import Column, Origins, Text, blank_like, choose
from mg_cdisc.lineage import Cell, Recorder, Trace
from mg_cdisc.lineage.record import PLACE, Done, Sheet
from mg_cdisc.pipeline import Options, record_study
from mg_cdisc.sources.table import SourceTable

Key = int
"""A number for each way of being made; the same in every replay."""
_NUMBERED: dict[tuple[object, ...], int] = {}
FIRST_NUMBER = 1 << 60
"""Source rows have lower ones: their identities."""
Place = tuple[str, int, str]
"""A source cell: source, row number, column."""


class Study:
    """A study, bound once and replayed on several sets of tables."""

    def __init__(self, folder: Path, options: Options | None = None) -> None:
        self.base = record_study(folder, options or Options())
        self.plan = self.base.plan
        self.tables = {name: each.table for name, each in self.base.sources.items()}
        self.trace = Trace(self.base)

    def replay(self, tables: Mapping[str, SourceTable]) -> Recorder:
        recorder = Recorder(self.plan, tables)
        recorder.replay()
        return recorder

    def only(self, cells: Iterable[Cell]) -> Recorder:
        """The study replayed on nothing but these source cells: other rows go, others are blank."""
        rows: dict[str, set[int]] = defaultdict(set)
        held: dict[tuple[str, str], set[int]] = defaultdict(set)
        for cell in cells:
            name = self.base.numbers.get(cell.sheet)
            if name is None:
                continue
            rows[name].add(cell.row)
            held[name, cell.key.removeprefix(SOURCE)].add(cell.row)
        tables = {}
        for name, table in self.tables.items():
            keep = np.isin(table.row_numbers, sorted(rows[name]))
            numbers = table.row_numbers[keep]
            frame = table.frame.take(keep)
            columns: dict[str, Column] = {}
            for key, column in frame.columns.items():
                kept = np.isin(numbers, sorted(held[name, key]))
                columns[key] = choose(kept, column, blank_like(column, frame.rows))
            tables[name] = replace(table, frame=frame.with_columns(columns), row_numbers=numbers)
        return self.replay(tables)

    def key(self, source: str, column: str) -> str:
        """How a replay calls a column: those of given datasets by the name of the variable."""
        return column if source in self.plan.files.given else SOURCE + column

    def cell(self, place: Place) -> Cell:
        """A source cell as a replay knows it."""
        name, number, column = place
        identity = (self.base.sources[name].number << Origins.SHIFT) + number
        return Cell(identity, self.key(name, column))

    def with_cell(self, place: Place, value: str | float) -> Recorder:
        """The study replayed with another value in one source cell."""
        name, number, key = place
        table = self.tables[name]
        row = int(np.searchsorted(table.row_numbers, number))
        column = table.frame[key]
        held = list(values_of(column))
        held[row] = value
        made = Text.of(map(str, held)) if isinstance(column, Text) else np.array(held, np.float64)
        frame = table.frame.with_columns({key: made})
        return self.replay({**self.tables, name: replace(table, frame=frame)})


def values_of(column: Column) -> list[str] | list[float]:
    """The values of a column, one by one."""
    return column.to_list() if isinstance(column, Text) else column.tolist()


class Records:
    """The records of a replay by what tells how each was made, sheet by sheet."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.known: dict[int, np.ndarray] = {}

    def of(self, dataset: str) -> list[Key]:
        """Of each record of a dataset as it is submitted."""
        number = self.recorder.steps[dataset][-1].after
        return self.keys(number).tolist() if number in self.recorder.sheets else []

    def key(self, identity: int) -> Key:
        """Of one record."""
        return int(self._many(np.array([identity]))[0])

    def _many(self, identities: np.ndarray) -> np.ndarray:
        """Of several records; source rows are numbered alike in every replay."""
        found = identities.copy()
        sheets = identities >> Origins.SHIFT
        for number in np.unique(sheets).tolist():
            if number in self.recorder.sheets:
                rows = sheets == number
                found[rows] = self.keys(number)[identities[rows] & PLACE]
        return found

    def keys(self, number: int) -> np.ndarray:
        """Of each record of a sheet."""
        if number not in self.known:
            self.known[number] = self._keys(self.recorder.sheets[number])
        return self.known[number]

    def _keys(self, sheet: Sheet) -> np.ndarray:
        rows = range(sheet.rows)
        if sheet.kind == "table":
            return _numbered((sheet.name, row) for row in rows)
        assert sheet.parents is not None
        done = self.recorder.steps[sheet.name][sheet.turn]
        parents = sheet.parents.first()
        if sheet.kind == "made":
            tests = [-1] * sheet.rows if sheet.tests is None else sheet.tests.tolist()
            told = (sheet.name, done.position, id(sheet.part))
            of_parents = self._many(parents).tolist()
            return _numbered((*told, *each) for each in zip(tests, of_parents, strict=True))
        before = self.recorder.sheets.get(done.before)
        old = before.rows if before is not None else 0
        stays = done.step.effect in ("filters", "chooses")
        same = np.full(sheet.rows, True) if stays else np.arange(sheet.rows) < old
        made = np.empty(sheet.rows, np.int64)
        made[same] = self._many(parents[same])
        new = np.flatnonzero(~same)
        made[new] = self._new(sheet, done, new, parents[new])
        return made

    def _new(self, sheet: Sheet, done: Done, rows: np.ndarray, parents: np.ndarray) -> np.ndarray:
        """Of records that a step brought."""
        made = np.empty(len(rows), np.int64)
        told = (sheet.name, done.position)
        for number in np.unique(parents >> Origins.SHIFT).tolist():
            those = (parents >> Origins.SHIFT) == number
            first = self.recorder.sheets.get(number)
            if done.step.label == "supplemental":
                named = _values(done, ["QNAM"], rows[those])
                each = zip(named, self._many(parents[those]).tolist(), strict=True)
                made[those] = _numbered(each)
            elif first is not None and first.kind == "made":
                assert first.part is not None
                if first.part.summarised:
                    named = _values(done, first.part.by_names, rows[those])
                    made[those] = _numbered((*told, id(first.part), *each) for each in named)
                else:
                    of_parents = self._many(parents[those]).tolist()
                    made[those] = _numbered((*told, each) for each in of_parents)
            else:
                absent = next(event for event in done.events if hasattr(event, "rows"))
                named = _values(done, absent.rows.columns, rows[those])
                made[those] = _numbered((*told, *each) for each in named)
        return made


def _numbered(ways: Iterable[tuple[object, ...]]) -> np.ndarray:
    """A number for each way of being made, other than those of source rows."""
    made = [_NUMBERED.setdefault(each, FIRST_NUMBER + len(_NUMBERED)) for each in ways]
    return np.array(made, np.int64)


def _values(done: Done, names: Iterable[str], rows: np.ndarray) -> list[tuple[object, ...]]:
    """Of each of these records the values of some variables, with their names."""
    columns = [
        [(name, _value(column, row)) for row in rows.tolist()]
        for name, column in ((name, done.frame[name]) for name in names)
    ]
    return list(zip(*columns, strict=True)) if columns else [()] * len(rows)


def _value(column: Column, row: int) -> object:
    if isinstance(column, Text):
        return str(column.values[int(column.codes[row])].as_py())
    one = float(column[row])
    return "missing" if one != one else one


def values(recorder: Recorder, dataset: str, variable: str) -> dict[Key, object]:
    """What each record of a dataset has in a variable."""
    frame = recorder.steps[dataset][-1].frame
    if not frame.rows:
        return {}
    column = frame[variable]
    keys = Records(recorder).of(dataset)
    return {key: _value(column, row) for row, key in enumerate(keys)}


__all__ = ["SUBJECT", "Key", "Records", "Study", "values"]


def differences(base: Recorder, other: Recorder) -> tuple[set[tuple[str, int, str]], set[str]]:
    """Cells of ``base`` that are otherwise in ``other``, or gone; datasets with further records.

    A cell is a dataset, the place of its record and a variable.
    """
    changed: set[tuple[str, int, str]] = set()
    further: set[str] = set()
    ours, theirs = _of_base(base), Records(other)
    for name, dataset in base.plan.datasets.items():
        if dataset.kind == "work":
            continue
        keys, others = ours.of(name), theirs.of(name)
        at = {key: row for row, key in enumerate(others)}
        if set(others) - set(keys):
            further.add(name)
        frame, new = base.steps[name][-1].frame, other.steps[name][-1].frame
        there = np.array([at.get(key, -1) for key in keys], np.int64)
        for variable in submitted(frame.columns):
            same = _same(frame[variable], new, variable, there)
            changed |= {(name, int(row), variable) for row in np.flatnonzero(~same)}
    return changed, further


@cache
def _of_base(base: Recorder) -> Records:
    return Records(base)


def submitted(columns: Iterable[str]) -> list[str]:
    return [key for key in columns if not key.startswith(("_", "@", "source."))]


def _same(column: Column, new: object, variable: str, there: np.ndarray) -> np.ndarray:
    held = there >= 0
    same = np.zeros(len(there), bool)
    if not held.any():
        return same
    other = new[variable]
    if isinstance(column, Text):
        mine = np.array(column.to_list(), object)[held]
        same[held] = mine == np.array(other.to_list(), object)[there[held]]
    else:
        one, two = column[held], other[there[held]]
        same[held] = (one == two) | (np.isnan(one) & np.isnan(two))
    return same
