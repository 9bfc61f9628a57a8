"""A bound expression, and what it is evaluated on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol, cast, runtime_checkable

import numpy as np
import pyarrow.compute as pc

from mg_cdisc import dates
from mg_cdisc.expression.nodes import Call, Name, Node, Order, Type, walk
from mg_cdisc.expression.values import Notes, Silent, Truth, Value, all_rows
from mg_cdisc.frame import Codes, Column, Index, Mask, Text, order_key, placed


@dataclass(frozen=True, slots=True)
class Env:
    """What an expression is evaluated on.

    ``active`` marks the records that the result is wanted for: only they can be at fault. For a
    value of groups, ``inner`` is the records and ``codes`` the group of each of them.
    """

    columns: Mapping[str, Column]
    rows: int
    notes: Notes = field(default_factory=Silent)
    active: Mask | None = None
    inner: Env | None = None
    codes: Index | None = None

    @property
    def wanted(self) -> Mask:
        """The active records as a mask."""
        return all_rows(self.rows) if self.active is None else self.active

    def only(self, rows: Mask) -> Env:
        """The same, wanted only where the mask holds."""
        return replace(self, active=rows & self.wanted)


Compute = Callable[[Env], Value]


class Names(Protocol):
    """Knows which column a name stands for, and its type."""

    def resolve(self, name: Name) -> tuple[str, Type]:
        """The column's key and type; raises ExpressionError for an unknown name."""


@runtime_checkable
class KnowsCut(Protocol):
    """Names that are a study's: they know the day of its data cut, too."""

    @property
    def data_cut(self) -> date:
        """The day, of a study as of an earlier day that day."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A bound expression: its tree, type, the columns it reads, and how to compute it."""

    node: Node
    type: Type
    reads: tuple[str, ...]
    compute: Compute

    def column(self, env: Env) -> Column:
        """The value as a column."""
        return cast("Column", self.compute(env))

    def truth(self, env: Env) -> Truth:
        """The value as a condition."""
        return cast("Truth", self.compute(env))

    def true_rows(self, env: Env) -> Mask:
        """Where a condition is true, of which nothing is to be reported.

        Where it reads texts of few values alone, it is asked of each combination of these and not
        of each record.
        """
        texts = [env.columns[key] for key in self.reads]
        span = math.prod(len(text.values) if isinstance(text, Text) else env.rows for text in texts)
        if not texts or not 0 < span * 8 <= env.rows or self.aggregates:
            return self.truth(env).true
        each: dict[str, Column] = {}
        number: Codes = np.zeros(1, np.int32)
        place = 1
        for key, text in zip(self.reads, cast("list[Text]", texts), strict=True):
            size = len(text.values)
            each[key] = Text((np.arange(span) // place % size).astype(np.int32), text.values)
            number = number + text.codes * np.int32(place)
            place *= size
        return self.truth(replace(env, columns=each, rows=span, active=None)).true[number]

    @property
    def aggregates(self) -> bool:
        """Whether it reads whole groups."""
        return any(isinstance(part, Call) and part.aggregate for part in walk(self.node))


@dataclass(frozen=True, slots=True)
class TypedOrder:
    """A bound sort key."""

    typed: Typed
    order: Order

    def key(self, env: Env) -> Index:
        """Whole numbers that sort as asked."""
        descending = self.order.descending
        last = self.order.missing_last or (descending and not self.order.missing_first)
        column = self.typed.column(env)
        if self.typed.type is Type.PARTIAL:
            text = cast("Text", column)
            ranks = np.unique(dates.order_key(text.values), return_inverse=True)[1]
            blank = np.asarray(pc.equal(text.values, ""))
            return text.spread(placed(ranks, blank, descending=descending, missing_last=last))
        return order_key(column, descending=descending, missing_last=last)
