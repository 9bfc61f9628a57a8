"""``exclude``, ``pick`` and ``check``: steps that remove or question rows, each with its reason."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from mg_cdisc.derive.base import (
    Bound,
    Effect,
    Expr,
    OrderKeys,
    Reach,
    Run,
    Scope,
    Step,
    TextList,
    env_of,
    merge_reads,
)
from mg_cdisc.derive.clause import Take, pick_edges
from mg_cdisc.derive.sequence import bind_groups, reach_of
from mg_cdisc.errors import Location
from mg_cdisc.expression import (
    ExpressionError,
    bind_condition,
    bind_order,
    english,
    english_order,
)
from mg_cdisc.frame import Frame, group_codes, sort_order


class Exclude(Step):
    """``exclude``: removes the rows where a condition is true, under its written reason.

    Conditions are tried in order: a row leaves under the first that is true. The account of each
    form counts the rows by reason.
    """

    reasons: dict[str, Expr]

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        return {"reasons": data} if isinstance(data, dict) and "reasons" not in data else data

    def bind(self, scope: Scope, where: Location) -> Bound:
        bound = {reason: bind_condition(node, scope) for reason, node in self.reasons.items()}

        def run_step(frame: Frame, run: Run) -> Frame:
            keep = np.ones(frame.rows, bool)
            for reason, condition in bound.items():
                gone = condition.truth(env_of(frame, run, keep)).true & keep
                run.excluded(reason, frame, gone)
                keep &= ~gone
            return frame if keep.all() else frame.take(keep)

        parts = [f"{english(c.node)} ({reason})" for reason, c in bound.items()]
        return Bound(
            "exclude",
            where,
            run_step,
            f"Records excluded where {'; or '.join(parts)}.",
            merge_reads(*(condition.reads for condition in bound.values())),
            effect=Effect.FILTERS,
        )


class Pick(Step):
    """``pick``: keeps one row of each group; the others leave under the ``reason``.

    ``where`` says which rows are candidates; rows that are not stay as they are.
    """

    by: TextList
    where: Expr | None = None
    order: OrderKeys = ()
    take: Take = "only"
    reason: str

    def bind(self, scope: Scope, where: Location) -> Bound:
        condition = bind_condition(self.where, scope) if self.where is not None else None
        groups = bind_groups(self.by, scope)
        order = tuple(bind_order(key, scope) for key in self.order)
        if self.take != "only" and not order:
            raise ExpressionError(
                f"take: {self.take} needs an order:", "Say what is first.", "no-order"
            )

        def run_step(frame: Frame, run: Run) -> Frame:
            env = env_of(frame, run)
            candidate = np.ones(frame.rows, bool)
            if condition is not None:
                candidate = condition.truth(env).true
            rows = np.flatnonzero(candidate)
            codes, count = group_codes([frame[key] for key in groups], frame.rows)
            keys = [codes[rows], *(key.key(env)[rows] for key in order)]
            chosen, sizes = pick_edges(codes[rows], sort_order(keys, len(rows)), count, self.take)
            if self.take == "only" and (sizes > 1).any():
                run.notes(frame).report(
                    "several-matches", candidate & (sizes > 1)[codes], None,
                    "several records of the group remain, and one is needed",
                    "Narrow where:, or give order: and take:.",
                )  # fmt: skip
            keep = ~candidate
            keep[rows[chosen[chosen >= 0]]] = True
            run.excluded(self.reason, frame, ~keep)
            return frame if keep.all() else frame.take(keep)

        orders = ", ".join(english_order(key) for key in self.order)
        text = f"One record kept within {', '.join(self.by)}: the {self.take}"
        text += f" in order of {orders}" if orders else ""
        text += f", among those where {english(self.where)}" if self.where is not None else ""
        return Bound(
            "pick",
            where,
            run_step,
            text + ".",
            merge_reads(
                condition.reads if condition else (), groups, *(k.typed.reads for k in order)
            ),
            effect=Effect.CHOOSES,
            reach=reach_of(self.by),
        )


class Check(Step):
    """``check``: a named condition that must hold of every record, else a finding.

    Written ``name: condition``; with ``level`` error (stops), warning or note. A record for which
    the condition cannot be decided is not at fault.
    """

    must: dict[str, Expr]
    level: Literal["error", "warning", "note"] = "error"
    todo: str = Field("Query the site, or accept it in findings.yaml.")

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        if isinstance(data, dict) and "must" not in data:
            options = {key: data[key] for key in ("level", "todo") if key in data}
            return {"must": {k: v for k, v in data.items() if k not in options}, **options}
        return data

    def bind(self, scope: Scope, where: Location) -> Bound:
        bound = {name: bind_condition(node, scope) for name, node in self.must.items()}

        def run_step(frame: Frame, run: Run) -> Frame:
            for name, condition in bound.items():
                wrong = condition.truth(env_of(frame, run)).false
                if wrong.any():
                    run.notes(frame).report(f"check:{self.level}", wrong, None, name, self.todo)
            return frame

        parts = [f"{name} ({english(c.node)})" for name, c in bound.items()]
        return Bound(
            "check",
            where,
            run_step,
            f"Checked: {'; '.join(parts)}.",
            merge_reads(*(condition.reads for condition in bound.values())),
            reach=Reach.ROW,
        )
