"""Who is told how each record and value comes about, while a build is run again for lineage.

A normal build has no tracer and pays nothing for it. Records are told apart by their origins: the
build that is run again gives every record an identity of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mg_cdisc.derive.consult import BoundClause
    from mg_cdisc.derive.part import Part
    from mg_cdisc.expression import Typed, TypedOrder
    from mg_cdisc.frame import Frame, Index, Mask


@dataclass(frozen=True)
class Grouping:
    """What makes groups of records: variables, which records are candidates, and their order.

    ``condition`` is what makes a candidate, None where all of those are that ``candidates`` marks;
    ``take`` is '' where all are numbered.
    """

    by: tuple[str, ...]
    candidates: Mask
    order: tuple[TypedOrder, ...] = ()
    condition: Typed | None = None
    take: str = ""


@dataclass(frozen=True)
class Shape:
    """What a value depends on, as far as its conditions settle it.

    An ``expression``, or ``cases`` tried from the top; ``when`` are conditions without which the
    value is missing, and ``inner`` the variables that it reads besides (None: all).
    """

    expression: Typed | None = None
    cases: tuple[Typed, ...] = ()
    when: tuple[Typed, ...] = ()
    inner: tuple[str, ...] | None = None


class Tracer(Protocol):
    """Is told what a running step takes from where."""

    def making(self, name: str) -> None:
        """What is told next is of this variable alone."""

    def chose(self, clause: BoundClause, asked: Frame, records: Frame, picked: Index) -> None:
        """For each record that asked the place among ``records`` of the one taken (-1: none)."""

    def took(self, value: Typed, asked: Frame) -> None:
        """The expression of the records last chosen that gave a value."""

    def gathered(self, clause: BoundClause, asked: Frame, records: Frame, value: Typed) -> None:
        """An aggregate of all ``records`` that match each record that asked."""

    def grouped(self, frame: Frame, codes: Index, groups: Grouping, chosen: Mask | None) -> None:
        """Records by the number of their group, and which of the candidates were chosen."""

    def renewed(self, part: Part, records: Frame, tests: Index | None) -> Frame:
        """The records that one source of a step brings, with identities of their own.

        ``tests`` are the rows of the unpivoted table that they come from.
        """

    def absent(self, rows: Frame) -> None:
        """New rows of a grid, of which no record was there."""
