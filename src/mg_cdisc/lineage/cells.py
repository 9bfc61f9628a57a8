"""Cells of a replayed build, and how one came about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mg_cdisc.frame import Origins
from mg_cdisc.lineage.record import PLACE, Done, Listening, Recorder

if TYPE_CHECKING:
    from mg_cdisc.derive.consult import BoundClause
    from mg_cdisc.derive.tracer import Tracer

GROUP = "@group "
"""Begins the key of a node that stands for the records of one group."""
Role = Literal["value", "choice", "row", "rival"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A variable of a record after some step: ``turn`` counts the steps of its dataset.

    ``identity`` is that of the record, or the source row; ``key`` '' is that the record is there.
    """

    identity: int
    key: str
    turn: int = -1

    @property
    def sheet(self) -> int:
        """The sheet of the record; the number of a source where it is a source row."""
        return self.identity >> Origins.SHIFT

    @property
    def row(self) -> int:
        """The place of the record in its sheet."""
        return self.identity & PLACE


@dataclass(frozen=True)
class Choice:
    """One clause that a record asked: those taken (none where it found nothing).

    ``asked`` is the record, ``turn`` its step; ``there`` is the last step that the records asked
    had behind them; ``all`` says that every candidate was taken.
    """

    clause: BoundClause
    asked: int
    taken: tuple[int, ...]
    turn: int
    there: int
    all: bool = False


@dataclass(frozen=True)
class Made:
    """How one cell came about.

    ``done`` is the step, None for what stands in a source or in a table of the spec; ``sentence``
    says its rule; ``inputs`` are the cells it was made of, with their roles; ``absent`` says what
    was not there.
    """

    cell: Cell
    done: Done | None
    sentence: str
    inputs: tuple[tuple[Cell, Role], ...] = ()
    choices: tuple[Choice, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass
class Inputs:
    """What is found of one cell, in order and each once."""

    cells: dict[tuple[Cell, Role], None] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def include(self, role: Role, identity: int, keys: Iterable[str], turn: int) -> None:
        for key in keys:
            self.cells[Cell(identity, key, turn), role] = None

    def of(self, cell: Cell, done: Done | None, sentence: str) -> Made:
        return Made(
            cell, done, sentence, tuple(self.cells), tuple(self.choices), tuple(self.absent)
        )


class Deaf(Listening):
    """A run that only answers: nothing it does is remembered."""

    def __init__(self, recorder: Recorder, done: Done) -> None:
        self.engine, self.done, self.name = recorder, done, ""

    @property
    def tracer(self) -> Tracer | None:
        return None
