"""Cells and records in words: their names, values, keys and places."""

from __future__ import annotations

import numpy as np

from mg_cdisc import dates
from mg_cdisc.derive import SOURCE
from mg_cdisc.expression import Type
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Column, Frame, Origins, Text
from mg_cdisc.lineage.cells import Cell, Choice, Made
from mg_cdisc.lineage.trace import Trace

_WRITERS = {
    Type.DATE: dates.from_date,
    Type.DATETIME: dates.from_datetime,
    Type.TIME: dates.from_time,
}


class Words:
    """Says what cells and records are called."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.recorder = trace.recorder
        self.plan = self.recorder.plan

    def name(self, cell: Cell) -> str:
        """``DATASET.VARIABLE``, or ``source.COLUMN``."""
        sheet = self.recorder.sheets.get(cell.sheet)
        owner = sheet.name if sheet is not None else self.recorder.numbers[cell.sheet]
        return f"{owner}.{cell.key.removeprefix(SOURCE).replace('@subject', 'USUBJID')}"

    def shown(self, cell: Cell) -> str:
        """The value as a person reads it: text in quotes, dates in ISO 8601."""
        column, row = self.trace.column(cell)
        return self.in_words(column, row, self.type_of(cell))

    def type_of(self, cell: Cell) -> Type | None:
        """The type of a variable of a dataset."""
        sheet = self.recorder.sheets.get(cell.sheet)
        if sheet is None or sheet.name not in self.plan.datasets:
            return None
        return self.plan.datasets[sheet.name].types.get(cell.key)

    def in_words(self, column: Column, row: int, kind: Type | None) -> str:
        """One value in words; a missing one as ``missing``."""
        if isinstance(column, Text):
            text = str(column.values[int(column.codes[row])].as_py())
            return f"'{text}'" if text else "missing"
        one = np.asarray(column[row : row + 1], np.float64)
        if np.isnan(one[0]):
            return "missing"
        writer = _WRITERS.get(kind) if kind is not None else None
        return str(writer(one)[0].as_py()) if writer is not None else number_text(one).to_list()[0]

    def place(self, cell: Cell, made: Made) -> str:
        """The line of the spec, or the file and row of the source."""
        sheet = self.recorder.sheets.get(cell.sheet)
        if sheet is None:
            return str(self.recorder.locate(cell.identity))
        if sheet.kind == "table":
            return str(self.plan.catalog.written[sheet.name].at(cell.row))
        return str(made.done.step.where) if made.done is not None else ""

    def record(self, cell: Cell) -> str:
        """What tells a record apart from others of its dataset: its keys, as far as they are made."""
        sheet = self.recorder.sheets.get(cell.sheet)
        if sheet is None or sheet.kind == "table":
            return ""
        name = sheet.name
        if sheet.part is not None and sheet.part.name is not None:
            name = sheet.part.name
        if name not in self.plan.datasets:
            return ""
        spec = self.plan.datasets[name].spec
        frame = self._frame_of(sheet.number, cell.turn)
        assert frame is not None
        keys = spec.keys if spec is not None else ("PARAMCD", "QNAM", "IDVARVAL")
        types = self.plan.datasets[name].types
        told = [
            f"{key} {self.in_words(frame[key], cell.row, types.get(key))}"
            for key in keys
            if key in frame and key not in ("STUDYID", "USUBJID")
        ]
        return ", ".join(each for each in told if not each.endswith(" missing"))

    def _table_of(self, choice: Choice) -> tuple[str, Frame | None, int]:
        """The records that a clause looks at: their name, the records, and their sheet."""
        table = choice.clause.table
        if table is None:
            sheet = self.recorder.sheets.get(choice.asked >> Origins.SHIFT)
            if sheet is None:
                return "", None, 0
            return sheet.name, self._frame_of(sheet.number, choice.turn - 1), sheet.number
        steps = self.recorder.steps.get(table)
        if not steps:
            return table, None, 0
        done = steps[choice.there]
        return table, done.frame, done.after

    def _frame_of(self, number: int, turn: int) -> Frame | None:
        sheet = self.recorder.sheets.get(number)
        if sheet is None:
            return None
        if sheet.frame is not None:
            return sheet.frame
        return self.recorder.steps[sheet.name][max(turn, 0)].frame

    def _types(self, name: str, frame: Frame) -> dict[str, Type]:
        known = self.plan.datasets[name].types if name in self.plan.datasets else {}
        return {
            key: known.get(key, Type.TEXT if isinstance(column, Text) else Type.NUMBER)
            for key, column in frame.columns.items()
        }
