"""Numbering and flagging within groups."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from mg_cdisc.derive.assign import check_type
from mg_cdisc.derive.base import (
    BoundValue,
    Expr,
    Facts,
    OrderKeys,
    Reach,
    Run,
    Scope,
    TextList,
    Value,
    merge_reads,
)
from mg_cdisc.derive.clause import Take, pick_edges
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    Name,
    Type,
    bind_condition,
    bind_order,
    english,
    english_order,
)
from mg_cdisc.frame import Column, Frame, Mask, Text, choose, group_codes, sort_order


class Sequence(Value):
    """``sequence``: 1, 2, 3 ... within a group, in an order; --SEQ within the subject.

    Records equal in the whole order keep the order in which they stand. Rule: SDTMIG 3.4 section
    4.1 (--SEQ is unique within USUBJID in a dataset).
    """

    sequence: OrderKeys
    by: TextList = ("USUBJID",)

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        if target is not None:
            check_type(target, Type.NUMBER)
        groups = bind_groups(self.by, scope)
        order = tuple(bind_order(key, scope) for key in self.sequence)

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            codes, count = group_codes([frame[key] for key in groups], frame.rows)
            position = sort_order([codes, *(key.key(env) for key in order)], frame.rows)
            sizes = np.bincount(codes, minlength=count)
            starts = np.cumsum(sizes) - sizes
            number = np.empty(frame.rows)
            number[position] = np.arange(frame.rows) - np.repeat(starts, sizes) + 1
            return number

        words = ", ".join(english_order(key) for key in self.sequence)
        return BoundValue(
            Type.NUMBER,
            compute,
            f"Sequential number within {' and '.join(self.by) or 'the dataset'}, in order of {words}.",
            merge_reads(groups, *(key.typed.reads for key in order)),
            reach=reach_of(self.by),
        )


class Flag(Value):
    """``flag``: Y where a condition holds, or on one record of each group.

    With ``take`` the condition says which records are candidates, and the first or last of them in
    ``order`` within ``by`` gets the flag. ``else`` is what the others get (blank unless written),
    ``undecided`` what a record gets whose condition cannot be decided.
    """

    flag: Expr
    by: TextList = ()
    order: OrderKeys = ()
    take: Take | None = None
    yes: str = "Y"
    else_: str = Field("", alias="else")
    undecided: str | None = None

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        if target is not None:
            check_type(target, Type.TEXT)
        condition = bind_condition(self.flag, scope)
        groups = bind_groups(self.by, scope)
        order = tuple(bind_order(key, scope) for key in self.order)
        if self.take in ("first", "last") and not order:
            raise ExpressionError(
                f"take: {self.take} needs an order:", "Say what is first.", "no-order"
            )
        if self.take is None and (self.by or self.order):
            raise ExpressionError("by: and order: need take: first or last", "", "no-take")
        undecided = self.else_ if self.undecided is None else self.undecided

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            truth = condition.truth(env)
            yes: Mask = truth.true & env.wanted
            if self.take is not None:
                rows = np.flatnonzero(yes)
                codes, count = group_codes([frame[key] for key in groups], frame.rows)
                keys = [codes[rows], *(key.key(env)[rows] for key in order)]
                chosen, size = pick_edges(
                    codes[rows], sort_order(keys, len(rows)), count, self.take
                )
                if self.take == "only" and (size > 1).any():
                    run.notes(frame).report(
                        "several-matches", yes & (size > 1)[codes], None,
                        "several records of the group meet the condition, and one is needed",
                        "Narrow flag:, or give order: and take:.",
                    )  # fmt: skip
                yes = np.zeros(frame.rows, bool)
                yes[rows[chosen[chosen >= 0]]] = True
            made = choose(
                yes, Text.constant(self.yes, frame.rows), Text.constant(self.else_, frame.rows)
            )
            return choose(truth.undecided, Text.constant(undecided, frame.rows), made)

        return BoundValue(
            Type.TEXT,
            compute,
            self._sentence(),
            merge_reads(condition.reads, groups, *(key.typed.reads for key in order)),
            reach=reach_of(self.by) if self.take else Reach.ROW,
        )

    def _sentence(self) -> str:
        text = f'"{self.yes}" '
        if self.take is None:
            text += f"where {english(self.flag)}"
        else:
            which = "the only" if self.take == "only" else f"the {self.take}"
            text += f"on {which} record where {english(self.flag)}"
            text += f" within {', '.join(self.by)}" if self.by else ""
            if self.order:
                text += f", in order of {', '.join(english_order(key) for key in self.order)}"
        return text + (f'; otherwise "{self.else_}".' if self.else_ else "; otherwise blank.")


def bind_groups(by: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
    """The columns that a group is made of."""
    return tuple(scope.resolve(Name(name))[0] for name in by)


def reach_of(by: tuple[str, ...]) -> Reach:
    """Groups within a subject stay within a partition; others look across the study."""
    return Reach.SUBJECT if "USUBJID" in by else Reach.STUDY
