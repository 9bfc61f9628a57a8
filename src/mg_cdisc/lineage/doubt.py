"""What may be otherwise: of records and expressions, where some cells are not known.

A cell is in doubt where it could hold something else if the source cell that is asked about did. A
condition is not in doubt where parts of it that are not in doubt settle it already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.derive import SUBJECT
from mg_cdisc.expression import Env, Name, Node, Translations, Truth, Type, bind, bind_condition
from mg_cdisc.expression import names as names_in
from mg_cdisc.expression.nodes import Call, Junction, children
from mg_cdisc.expression.values import Silent
from mg_cdisc.frame import Column, Frame, Index, Mask, Text, missing, take

ANYONE = ""
"""Stands for every subject."""


class Quiet(Silent):
    """What an expression says of single records on the way is not told."""

    def __init__(self, translations: Translations | None = None) -> None:
        self.translations = translations

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Nobody is told."""


@dataclass(frozen=True)
class ByKey:
    """Names that are bound already, by the columns that they stand for."""

    types: Mapping[str, Type]

    def resolve(self, name: Name) -> tuple[str, Type]:
        """The column and its type."""
        return name.key, self.types[name.key]


@dataclass
class Doubt:
    """Of the records of one sheet what is in doubt.

    ``cells`` by variable, ``gone`` whether the record would be there at all; ``more`` are the
    subjects of whom there could be further records.
    """

    rows: int
    cells: dict[str, Mask] = field(default_factory=dict)
    gone: Mask = field(default_factory=lambda: np.zeros(0, bool))
    more: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if len(self.gone) != self.rows:
            self.gone = np.zeros(self.rows, bool)

    @property
    def any(self) -> bool:
        """Whether anything is in doubt."""
        return bool(self.more) or bool(self.gone.any()) or bool(self.cells)

    def of(self, keys: Iterable[str]) -> Mask:
        """The records of which one of these variables is in doubt."""
        found = np.zeros(self.rows, bool)
        for key in keys:
            if key in self.cells:
                found |= self.cells[key]
        return found

    def set(self, key: str, rows: Mask) -> None:
        """What is in doubt of a variable now."""
        if rows.any():
            self.cells[key] = rows
        else:
            self.cells.pop(key, None)

    def take(self, rows: Index) -> Doubt:
        """The same of some of the records."""
        made = Doubt(len(rows), gone=self.gone[rows], more=set(self.more))
        for key, mask in self.cells.items():
            made.set(key, mask[rows])
        return made


@dataclass
class View:
    """Records with what is in doubt of them; ``ids`` are their identities."""

    frame: Frame
    doubt: Doubt
    types: Mapping[str, Type]
    ids: Index
    translations: Translations | None = None

    @property
    def rows(self) -> int:
        """The number of records."""
        return self.frame.rows

    def places(self, ids: Index) -> Index:
        """Where the records with these identities stand; -1 for others."""
        if not self.rows:
            return np.full(len(ids), -1, np.int64)
        order = np.argsort(self.ids, kind="stable")
        at = np.minimum(np.searchsorted(self.ids[order], ids), self.rows - 1)
        found = order[at]
        return np.where(self.ids[found] == ids, found, -1)

    def truth(self, node: Node) -> Truth:
        """A condition of the records as they are."""
        return bind_condition(node, ByKey(self.types)).truth(self._env())

    def column(self, node: Node) -> Column:
        """An expression of the records as they are."""
        return bind(node, ByKey(self.types)).column(self._env())

    def _env(self) -> Env:
        return Env(self.frame.columns, self.rows, Quiet(self.translations))

    def in_doubt(self, node: Node) -> Mask:
        """The records for which the value of an expression is in doubt."""
        none = np.zeros(self.rows, bool)
        if not any(each.key in self.doubt.cells for each in names_in(node)):
            return none
        match node:
            case Name():
                return self.doubt.cells.get(node.key, none)
            case Junction():
                settled, found = none, none
                for part in node.operands:
                    doubt, truth = self.in_doubt(part), self.truth(part)
                    decides = truth.false if node.operator == "and" else truth.true
                    settled, found = settled | (decides & ~doubt), found | doubt
                return found & ~settled
            case Call(function="if"):
                truth = self.truth(node.arguments[0])
                found = self.in_doubt(node.arguments[0])
                found = found | (truth.true & self.in_doubt(node.arguments[1]))
                if len(node.arguments) > 2:
                    found = found | (truth.false & self.in_doubt(node.arguments[2]))
                return found
            case Call(function="coalesce"):
                still, found = ~none, none
                for part in node.arguments:
                    doubt = self.in_doubt(part)
                    found = found | (still & doubt)
                    still = still & (doubt | missing(self.column(part)))
                return found
        found = none
        for part in children(node):
            found = found | self.in_doubt(part)
        return found

    # subjects

    def subjects(self, rows: Mask) -> set[str]:
        """The subjects of some records; anyone's where it is in doubt whose they are."""
        if not rows.any():
            return set()
        key = "USUBJID" if "USUBJID" in self.frame else SUBJECT
        if key not in self.frame or bool((self.doubt.of([key]) & rows).any()):
            return {ANYONE}
        return set(self.frame.text(key).take(np.flatnonzero(rows)).used())

    def of_subjects(self, subjects: set[str]) -> Mask:
        """The records of some subjects."""
        if not subjects:
            return np.zeros(self.rows, bool)
        key = "USUBJID" if "USUBJID" in self.frame else SUBJECT
        if ANYONE in subjects or key not in self.frame:
            return np.ones(self.rows, bool)
        wanted = pa.array(sorted(subjects), pa.string())
        return self.frame.text(key).where(lambda values: pc.is_in(values, wanted))


def taken(view: View, rows: Index) -> View:
    """The view of some of the records."""
    return View(
        view.frame.take(rows), view.doubt.take(rows), view.types, view.ids[rows], view.translations
    )


def beside(theirs: View, their_rows: Index, mine: View, my_rows: Index, prefix: str) -> View:
    """Pairs of records: the one's variables by name, the other's behind a prefix."""
    columns = {key: take(column, their_rows) for key, column in theirs.frame.columns.items()}
    columns |= {prefix + k: take(c, my_rows) for k, c in mine.frame.columns.items()}
    doubt = Doubt(len(my_rows))
    for key, mask in theirs.doubt.cells.items():
        doubt.set(key, mask[their_rows])
    for key, mask in mine.doubt.cells.items():
        doubt.set(prefix + key, mask[my_rows])
    types = dict(theirs.types) | {prefix + key: kind for key, kind in mine.types.items()}
    frame = Frame(columns, len(my_rows))
    return View(frame, doubt, types, my_rows, theirs.translations)


__all__ = ["ANYONE", "ByKey", "Doubt", "Quiet", "View", "beside", "taken"]
