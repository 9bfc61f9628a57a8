"""``exclude``, ``pick`` and ``check``: steps that remove or question rows, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pyarrow.compute as pc
from pydantic import Field, model_validator

from mg_cdisc.derive.base import (
    SOURCE,
    Bound,
    Effect,
    Expr,
    OrderKeys,
    Reach,
    Reason,
    Run,
    Scope,
    Step,
    TextList,
    env_of,
    merge_reads,
    written_name,
)
from mg_cdisc.derive.choose import Take, choose_rows, report_ties
from mg_cdisc.derive.sequence import bind_groups, reach_of
from mg_cdisc.derive.tracer import Grouping
from mg_cdisc.errors import Location
from mg_cdisc.expression import (
    ExpressionError,
    Mistakes,
    Node,
    Type,
    Typed,
    TypedOrder,
    bind_condition,
    bind_order,
    english,
    english_order,
)
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Frame, Text, group_codes

CHECK_OPTIONS = ("level", "todo", "finding", "shows")


def _bind_named(conditions: Mapping[str, Node], key: str, scope: Scope) -> dict[str, Typed]:
    bound: dict[str, Typed] = {}
    mistakes = Mistakes()
    for name, node in conditions.items():
        with mistakes.at(key, name):
            bound[name] = bind_condition(node, scope)
    mistakes.done()
    return bound


class Exclude(Step):
    """``exclude``: removes the rows where a condition is true, under its written reason.

    Conditions are tried in order: a row leaves under the first that is true. The account of each
    form counts the rows by reason. Missing: a row for which no condition can be decided stays.
    """

    reasons: dict[str, Expr]
    """`reason: condition`, as many as needed; a row leaves under the first that is true."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        return {"reasons": data} if isinstance(data, dict) and "reasons" not in data else data

    def bind(self, scope: Scope, where: Location) -> Bound:
        bound = _bind_named(self.reasons, "reasons", scope)
        if not all(reason.strip() for reason in self.reasons):
            raise ExpressionError(
                "the reason is not said", "Write why the rows are left out.", "no-reason"
            )

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
            conditions=tuple(bound.values()),
        )


class Pick(Step):
    """``pick``: keeps one row of each group; the others leave under the ``reason``.

    ``where`` says which rows are candidates; rows that are not stay as they are. Missing: a row for
    which ``where`` cannot be decided is no candidate.
    """

    by: TextList
    """The variables that make a group."""
    where: Expr | None = None
    """Which rows are candidates; the others stay."""
    order: OrderKeys = ()
    """In which order the candidates of a group stand."""
    take: Take = "only"
    """Which of them stays: `only` says that there is one at most, and several are a finding."""
    reason: Reason
    """Why the others leave: the account of each form counts them under it."""

    def bind(self, scope: Scope, where: Location) -> Bound:
        condition = None
        groups: tuple[str, ...] = ()
        order: list[TypedOrder] = []
        mistakes = Mistakes()
        with mistakes.at("where"):
            condition = bind_condition(self.where, scope) if self.where is not None else None
        with mistakes.at("by"):
            groups = bind_groups(self.by, scope)
        for position, key in enumerate(self.order):
            with mistakes.at("order", position):
                order.append(bind_order(key, scope))
        with mistakes.at("take"):
            if self.take != "only" and not self.order:
                raise ExpressionError(
                    f"{self.take} in what order?", "Add order: and say what is first.", "no-order"
                )
        mistakes.done()

        def run_step(frame: Frame, run: Run) -> Frame:
            env = env_of(frame, run)
            candidate = np.ones(frame.rows, bool)
            if condition is not None:
                candidate = condition.truth(env).true
            rows = np.flatnonzero(candidate)
            codes, count = group_codes([frame[key] for key in groups], frame.rows)
            among = env.only(candidate)
            keys = [key.key(among)[rows] for key in order]
            choice = choose_rows(codes[rows], keys, count, self.take)
            report_ties(frame.take(rows), codes[rows], choice, self.take, run)
            if self.take == "only" and (choice.sizes > 1).any():
                run.notes(frame).report(
                    "several-matches", candidate & (choice.sizes > 1)[codes], None,
                    "several records of the group remain, and one is needed",
                    "Narrow where:, or give order: and take:.",
                )  # fmt: skip
            keep = ~candidate
            keep[rows[choice.held()]] = True
            if run.tracer is not None:
                told = Grouping(groups, candidate, tuple(order), condition, self.take)
                run.tracer.grouped(frame, codes, told, keep & candidate)
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

    Written ``name: condition``; with ``level`` error (stops), warning or note, and a class of its
    own where findings.yaml shall tell it from other checks. Missing: a record for which the
    condition cannot be decided is not at fault.
    """

    must: dict[str, Expr]
    """`name: condition`, as many as needed; written bare, without the word `must`, where no other
    option is needed."""
    level: Literal["error", "warning", "note"] = "error"
    """An error stops the build, a warning is reported, a note is only listed."""
    todo: str = Field("Query the site, or accept it in findings.yaml.")
    """What the finding tells the reader to do."""
    finding: str = Field("check", pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    """The class of the finding, such as `total-mismatch`."""
    shows: TextList = ()
    """Texts and numbers whose values the finding shows."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        if isinstance(data, dict) and "must" not in data:
            options = {key: data[key] for key in CHECK_OPTIONS if key in data}
            return {"must": {k: v for k, v in data.items() if k not in options}, **options}
        return data

    def bind(self, scope: Scope, where: Location) -> Bound:
        bound = _bind_named(self.must, "must", scope)
        shown: dict[str, str] = {}
        mistakes = Mistakes()
        for position, name in enumerate(self.shows):
            with mistakes.at("shows", position):
                key, kind = scope.resolve(written_name(name))
                if not (kind.stored_as_text or kind is Type.NUMBER):
                    raise ExpressionError(
                        f"{name} is a {kind}, and a finding shows texts and numbers",
                        "Make a text of it, with iso() for a date.",
                        "wrong-type",
                    )
                shown[name.removeprefix(SOURCE)] = key
        mistakes.done()

        def run_step(frame: Frame, run: Run) -> Frame:
            for name, condition in bound.items():
                wrong = condition.truth(env_of(frame, run)).false
                if wrong.any():
                    at_fault = frame.take(wrong)
                    values = _shown(at_fault, shown) if shown else None
                    what = f"does not hold: {name}" + (" ({value})" if shown else "")
                    run.notes(at_fault).report(
                        f"{self.finding}:{self.level}", np.ones(at_fault.rows, bool), values, what,
                        self.todo,
                    )  # fmt: skip
            return frame

        parts = [f"{name} ({english(c.node)})" for name, c in bound.items()]
        return Bound(
            "check",
            where,
            run_step,
            f"Checked: {'; '.join(parts)}.",
            merge_reads(*(condition.reads for condition in bound.values()), tuple(shown.values())),
            reach=Reach.ROW,
            kinds=(self.finding,),
        )


def _shown(frame: Frame, keys: Mapping[str, str]) -> Text:
    """The values of some variables in one text a record: ``LBORRES = '5', LBSTRESN = '5'``."""
    parts: list[Any] = []
    for name, key in keys.items():
        column = frame[key]
        text = column if isinstance(column, Text) else number_text(column)
        parts += [f", {name} = '" if parts else f"{name} = '", text.to_arrow(), "'"]
    return Text.encode(pc.binary_join_element_wise(*parts, ""))
