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
from mg_cdisc.frame import Column, Text, blank_like, choose
from mg_cdisc.lineage import Cell, Recorder, Trace
from mg_cdisc.lineage.record import of_record
from mg_cdisc.pipeline import record_study
from mg_cdisc.sources.table import SourceTable

Key = int
"""A number for each way of being made; the same in every replay."""
_NUMBERED: dict[tuple[object, ...], int] = {}
Place = tuple[str, int, str]
"""A source cell: source, row number, column."""


class Study:
    """A study, bound once and replayed on several sets of tables."""

    def __init__(self, folder: Path) -> None:
        self.base = record_study(folder)
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

    def with_cell(self, place: Place, text: str) -> Recorder:
        """The study replayed with another text in one source cell."""
        name, number, key = place
        table = self.tables[name]
        row = int(np.searchsorted(table.row_numbers, number))
        texts = table.frame.text(key).to_list()
        texts[row] = text
        frame = table.frame.with_columns({key: Text.of(texts)})
        return self.replay({**self.tables, name: replace(table, frame=frame)})


class Records:
    """The records of a replay by what tells how each was made."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.known: dict[int, Key] = {}
        self.listed: dict[str, list[Key]] = {}

    def of(self, dataset: str) -> list[Key]:
        """Of each record of a dataset as it is submitted."""
        done = self.recorder.steps[dataset][-1]
        sheet = self.recorder.sheets.get(done.after)
        if dataset not in self.listed:
            rows = range(sheet.rows) if sheet else range(0)
            self.listed[dataset] = [self.key(sheet.identity(row)) for row in rows]
        return self.listed[dataset]

    def key(self, identity: int) -> Key:
        found = self.known.get(identity)
        if found is None:
            made = self._key(identity)
            if not isinstance(made, int):
                made = _NUMBERED.setdefault(made, len(_NUMBERED))
            found = self.known[identity] = made
        return found

    def _key(self, identity: int) -> Key | tuple[object, ...]:
        cell = Cell(identity, "")
        recorder = self.recorder
        sheet = recorder.sheets.get(cell.sheet)
        if sheet is None:
            return (recorder.numbers[cell.sheet], cell.row)
        if sheet.kind == "table":
            return (sheet.name, cell.row)
        assert sheet.parents is not None
        parents = of_record(sheet.parents, cell.row)
        done = recorder.steps[sheet.name][sheet.turn]
        if sheet.kind == "made":
            test = -1 if sheet.tests is None else int(sheet.tests[cell.row])
            return (sheet.name, done.position, id(sheet.part), test, self.key(parents[0]))
        before = recorder.sheets.get(done.before)
        if done.step.effect in ("filters", "chooses") or (before and cell.row < before.rows):
            return self.key(parents[0])
        first = recorder.sheets.get(parents[0] >> 40) if parents else None
        if done.step.label == "supplemental":
            return ("QNAM", _value(done.frame["QNAM"], cell.row), self.key(parents[0]))
        if first is not None and first.kind == "made":
            part = first.part
            assert part is not None
            if part.summarised:
                return (
                    sheet.name,
                    done.position,
                    id(part),
                    *self._values(done, part.by_names, cell.row),
                )
            return (sheet.name, done.position, self.key(parents[0]))
        absent = next(event for event in done.events if hasattr(event, "rows"))
        return (sheet.name, done.position, *self._values(done, absent.rows.columns, cell.row))

    def _values(self, done, names: Iterable[str], row: int) -> list[object]:
        return [(name, _value(done.frame[name], row)) for name in names]


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
