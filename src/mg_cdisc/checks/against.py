"""What a record at fault was compared with: values of other records, and values worked out anew.

Asked only of the few records that a finding lists, so that it may look things up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mg_cdisc.checks.conditions import (
    at_fault,
    expected_of,
    joined_dataset,
    names_of,
    subject_rows,
    value_of,
    variables,
)
from mg_cdisc.checks.rule import Against
from mg_cdisc.checks.study import Records, cell
from mg_cdisc.errors import one_of
from mg_cdisc.frame import Column, Index

TERMS = 6
"""So many different values of a subject's records are told."""
Told = list[list[tuple[str, str]]]


def against_record(other: Records, at: Index, names: Sequence[str]) -> Against:
    """Variables of another record: ``at`` is which it is of each record, -1 for none."""

    def told(rows: Index) -> Told:
        found: Told = []
        for row in at[rows].tolist():
            held = [name for name in names if name in other]
            found.append([(f"{other.name}.{each}", other.shown(each, row)) for each in held if row >= 0])  # fmt: skip
        return found

    return told


def against_values(records: Records, name: str, expected: Column) -> Against:
    """The value that a variable should have, worked out of each record."""

    def told(rows: Index) -> Told:
        shown = [records.as_shown(name, expected, row) for row in rows.tolist()]
        return [[(f"expected {name}", text)] if text else [] for text in shown]

    return told


def together(*parts: Against) -> Against:
    """What several of them tell, in this order."""

    def told(rows: Index) -> Told:
        found = [part(rows) for part in parts]
        return [[pair for each in row for pair in each] for row in zip(*found, strict=True)]

    return told


def against_condition(records: Records, condition: str, blank: frozenset[str]) -> Against:
    """What a condition compares the record with.

    The subject's value in another dataset (``DM.RFSTDTC``), the earliest or latest of its dates
    there, what its records there hold of which the condition asks whether there is some, and what
    ``X != f(...)`` would have had X be.
    """

    def told(rows: Index) -> Told:
        few = replace(records, frame=records.frame.take(rows), cache={})
        found: Told = [[] for _ in rows]
        for name in names_of(condition):
            for row, more in enumerate(_of_name(few, name, blank)):
                found[row] += more
        for row, more in enumerate(_expected(few, condition, blank)):
            found[row] += more
        return found

    return told


def _of_name(few: Records, name: str, blank: frozenset[str]) -> Told:
    if name.startswith("some "):
        domain, _, inner = name[5:].partition(": ")
        return [list(_of_subject(few, row, domain, inner)) for row in range(few.rows)]
    if " in " in name or name.startswith("TS[") or "." not in name:
        return [[] for _ in range(few.rows)]
    if (other := joined_dataset(few, name)) is not None:
        rows = subject_rows(few, other).tolist()
        variable = name.partition(".")[2]
        return [[(name, other.shown(variable, row))] if row >= 0 else [] for row in rows]
    column = value_of(few, name, blank)
    return [[(name, cell(column, row))] for row in range(few.rows)]


def _of_subject(few: Records, row: int, domain: str, condition: str) -> Iterator[tuple[str, str]]:
    """Of a subject's records in a domain those that a condition is true of, else what they hold."""
    subject = few.text("USUBJID")
    for other in few.study.of(domain):
        theirs = other.text("USUBJID")
        if subject is None or theirs is None:
            continue
        mine = np.flatnonzero(theirs.equals(cell(subject, row)))
        names = variables(other, condition)
        held = replace(other, frame=other.frame.take(mine), cache={})
        true = at_fault(held, condition) if len(mine) else None
        which = np.arange(len(mine))
        if true is not None and true.any():
            which = np.flatnonzero(true)
            names = [*(name for name, _ in held.keys(int(which[0])) if name != "USUBJID"), *names]
        for name in dict.fromkeys(names):
            values = dict.fromkeys(held.shown(name, each) for each in which.tolist())
            yield f"{other.name}.{name}", one_of(list(filter(None, values)), TERMS)
        if not len(mine):
            yield f"{other.name} of the subject", "no record"


def _expected(few: Records, condition: str, blank: frozenset[str]) -> Told:
    found: Told = [[] for _ in range(few.rows)]
    for name, column in expected_of(few, condition, blank):
        for row in range(few.rows):
            if text := few.as_shown(name, column, row):
                found[row].append((f"expected {name}", text))
    return found
