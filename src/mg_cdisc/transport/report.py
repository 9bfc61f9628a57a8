"""Findings on the values of one dataset, with file, record, subject and variable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from mg_cdisc.errors import Finding, Level, Location
from mg_cdisc.frame import Column, Index, Mask, Text

MOST_VALUES = 20
_SHOWN = 60


@dataclass
class Report:
    """Collects findings on one dataset; ``columns`` tell the subject of a record."""

    file: str
    dataset: str
    columns: Mapping[str, Column]
    findings: list[Finding] = field(default_factory=list)

    def add(
        self,
        kind: str,
        what: str,
        todo: str = "",
        variable: str = "",
        record: int | None = None,
        count: int = 1,
        level: Level = "error",
    ) -> None:
        """One finding; ``record`` is a position from 0, shown from 1 as a person counts."""
        where = Location(self.file)
        if record is not None:
            where = Location(self.file, 0, record + 1, self._subject(record), variable)
        self.findings.append(Finding(where, kind, what, todo, level, self.dataset, variable, count))

    def add_values(
        self,
        variable: str,
        column: Text,
        faulty: Mask,
        say: Callable[[str, int], tuple[str, str, str]],
    ) -> None:
        """One finding for each value that occurs and is faulty, at its first record.

        ``faulty`` has one mark per distinct value; ``say`` gives kind, what and what to do for a
        value and its code. Past the first 20 values only their number is told.
        """
        records: Index = np.flatnonzero(faulty[column.codes])
        codes, first, counts = np.unique(
            column.codes[records], return_index=True, return_counts=True
        )
        order = np.argsort(first, kind="stable")
        for i in order[:MOST_VALUES]:
            kind, what, todo = say(column.values[int(codes[i])].as_py(), int(codes[i]))
            self.add(kind, what, todo, variable, int(records[first[i]]), int(counts[i]))
        rest = order[MOST_VALUES:]
        if len(rest):
            self.add_rest(variable, len(rest), int(records[first[rest[0]]]), counts[rest].sum())

    def add_records(
        self, variable: str, records: Index, say: Callable[[int], tuple[str, str, str]]
    ) -> None:
        """One finding for each faulty record; past the first 20 only their number is told."""
        for record in records[:MOST_VALUES]:
            self.add(*say(int(record)), variable, int(record))
        rest = records[MOST_VALUES:]
        if len(rest):
            self.add_rest(variable, len(rest), int(rest[0]), len(rest))

    def add_rest(self, variable: str, values: int, record: int, count: int) -> None:
        """That there are more faulty values than those listed."""
        self.add(
            "more-values",
            f"{variable} has {values} more such values",
            "Correct those listed first.",
            variable,
            record,
            int(count),
        )

    def _subject(self, record: int) -> str:
        subjects = self.columns.get("USUBJID")
        if not isinstance(subjects, Text) or record >= len(subjects):
            return ""
        subject: str = subjects.values[int(subjects.codes[record])].as_py()
        return subject


def shortened(value: str) -> str:
    """A value cut to what a message has room for."""
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."


def shown(value: str) -> str:
    """A value in a message, quoted and cut.

    >>> shown("mild")
    "'mild'"
    """
    return repr(shortened(value))
