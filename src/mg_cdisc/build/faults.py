"""Faults of records, gathered over all partitions and then told at their source rows.

What is told does not depend on how the records were divided: a fault of one source row, or of one
subject where a record comes from no row, is told once with the number of its records, in the order
of the sources; what goes beyond a limit is added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from mg_cdisc.errors import Finding, Level, Location
from mg_cdisc.frame import Frame, Index, Numbers, Text, group_codes, sort_order, stack

LISTED = 100
"""Faults that one step lists one by one under one message; the rest is counted."""
OF_A_CLAUSE = {"several-matches": 10, "tie": 10, "no-match": LISTED}
"""Faults of a clause, which say whose it is: more of them than these are told as one, since it is
the spec that is wrong."""
OWNER = "@owner"
"""The subjects of records of which some come from no source row."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One message of a step: ``{value}`` in ``what`` stands for the text at fault.

    ``then`` is what happens to the value.
    """

    kind: str
    level: str
    what: str
    todo: str
    then: str


class Faults:
    """What the records of one step have wrong."""

    def __init__(self) -> None:
        self.heard: dict[Fault, list[Frame]] = {}

    def add(self, fault: Fault, frame: Frame, rows: Index, values: Text | None) -> None:
        """Records at fault, with the text of each."""
        if not len(rows):
            return
        at = frame.origins.first()[rows]
        nobody = Text.constant("", len(rows))
        key = next((key for key in ("USUBJID", OWNER) if key in frame), None)
        owner = frame.text(key).take(rows).compact() if key is not None else nobody
        if key is not None and (at >= 0).any():  # who that is stands in the source
            owner = _blanked(owner, at >= 0)
        text = values.take(rows).compact() if values is not None else nobody
        frame = Frame({"at": at.astype(np.float64), "owner": owner, "text": text}, len(rows))
        self.heard.setdefault(fault, []).append(_counted(frame))

    def tell(
        self, dataset: str, label: str, step: Location, locate: Callable[[int], Location]
    ) -> Iterator[Finding]:
        """The findings, sources in order; ``locate`` finds the source row of an identity."""
        for fault, parts in self.heard.items():
            frame = _merged(stack(parts))
            at, records = frame.number("at"), frame.number("records")
            order = sort_order(
                [np.where(at < 0, 1, 0), at.astype(np.int64), frame.text("owner").ranks,
                 frame.text("text").ranks], frame.rows,
            )  # fmt: skip

            def place(row: int, frame: Frame = frame, at: Numbers = at) -> Location:
                identity = int(at[row])
                if identity >= 0:
                    return locate(identity)
                return replace(step, subject=_text(frame, "owner", row))

            if len(order) > OF_A_CLAUSE.get(fault.kind, len(order)):
                told = f"{int(records.sum())} records, the first {place(int(order[0]))}"
                what = f"{fill(fault.what, '...')}: {told}"
                yield _finding(fault, step, what, dataset, label, int(records.sum()))
                continue
            for row in order[:LISTED].tolist():
                where = place(row)
                what = fill(fault.what, _text(frame, "text", row))
                yield _finding(fault, where, what, dataset, label, int(records[row]))
            rest = int(records[order[LISTED:]].sum())
            if rest:
                what = (
                    f"{rest} more records of {dataset} have this fault: {fill(fault.what, '...')}"
                )
                yield _finding(fault, step, what, dataset, label, rest)


def _finding(
    fault: Fault, where: Location, what: str, dataset: str, label: str, count: int
) -> Finding:
    level = cast("Level", fault.level)
    return Finding(where, fault.kind, what, fault.todo, level, dataset, label, count,
                   then=fault.then)  # fmt: skip


def _blanked(owner: Text, rows: np.ndarray) -> Text:
    listed = [*owner.values.to_pylist(), ""]
    codes = np.where(rows, len(listed) - 1, owner.codes)
    return Text.of(listed).expand(codes)


def _counted(frame: Frame) -> Frame:
    """Each fault once, with the number of its records."""
    codes, count = group_codes(list(frame.columns.values()), frame.rows)
    first = np.zeros(count, np.int64)
    first[codes[::-1]] = np.arange(frame.rows)[::-1]
    records = np.bincount(codes, minlength=count).astype(np.float64)
    return frame.take(first).with_columns({"records": records})


def _merged(frame: Frame) -> Frame:
    """Each fault once: what was heard of it again is of the same records, evaluated again."""
    keys = [frame[key] for key in ("at", "owner", "text")]
    codes, count = group_codes(keys, frame.rows)
    if count == frame.rows:
        return frame
    first = np.zeros(count, np.int64)
    first[codes[::-1]] = np.arange(frame.rows)[::-1]
    most = np.zeros(count)
    np.maximum.at(most, codes, frame.number("records"))
    return frame.take(first).with_columns({"records": most})


def _text(frame: Frame, column: str, row: int) -> str:
    text = frame.text(column)
    return str(text.values[int(text.codes[row])].as_py())


def fill(what: str, value: str) -> str:
    """The message with the value in its place; other braces stay as they are."""
    return what.replace("{value!r}", repr(value)).replace("{value}", value)
