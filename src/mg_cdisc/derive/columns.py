"""Steps that make or change columns: a variable, ``lookup``, ``revise``."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from mg_cdisc.derive.base import (
    Bound,
    BoundValue,
    Effect,
    Expr,
    Run,
    Scope,
    Step,
    Value,
    env_of,
    merge_consults,
    merge_reads,
)
from mg_cdisc.derive.clause import Clause, PairNames, bind_clause
from mg_cdisc.derive.records import Keep
from mg_cdisc.derive.values import ValueMap, bind_when
from mg_cdisc.errors import Location
from mg_cdisc.expression import (
    ExpressionError,
    Name,
    Type,
    Typed,
    bind,
    bind_condition,
    english,
)
from mg_cdisc.frame import Column, Frame, Text, choose


def bind_variable(name: str, value: Value, scope: Scope, where: Location) -> Bound:
    """A step that makes one variable (and what its value makes beside it)."""
    facts = scope.catalog.facts(scope.dataset, name)
    bound = bind_when(value, scope, facts)
    made: dict[str, BoundValue] = {name: bound, **bound.also}
    for other in made:
        if other in scope.columns:
            raise ExpressionError(
                f"{other} is made already",
                "Change it with revise:, or give one of them another name.",
                "made-twice",
            )

    def run_step(frame: Frame, run: Run) -> Frame:
        env = env_of(frame, run)
        columns = {each: part.compute(frame, env, run) for each, part in made.items()}
        return frame.with_columns(columns)

    return Bound(
        name,
        where,
        run_step,
        bound.sentence,
        bound.reads,
        bound.consults,
        {each: part.type for each, part in made.items()},
        reach=bound.reach,
        values=made,
    )


class Lookup(Step, Clause):
    """``lookup``: brings variables of the one record that matches, from another dataset or table.

    ``keep`` copies (``NEW: OLD``), ``set`` makes variables from the record taken; ``none`` says what
    a record gets that has no match: missing values, a finding, or exclusion.
    """

    keep: Keep = ()
    set: ValueMap = Field(default_factory=dict)

    def bind(self, scope: Scope, where: Location) -> Bound:
        clause = bind_clause(self, scope)
        kept: dict[str, Typed] = {new: bind(_name(old), clause.names) for new, old in self.keep}
        names = PairNames(scope, clause.names.schema, clause.names.types)
        for new, value in self.set.items():
            kept[new] = _bind_simple(new, value, names)
        for new, typed in kept.items():
            if new in scope.columns:
                raise ExpressionError(
                    f"{new} is made already", "Give it another name.", "made-twice"
                )
            facts = scope.catalog.facts(scope.dataset, new)
            if facts is not None and facts.type.stored_as_text != typed.type.stored_as_text:
                raise ExpressionError(f"{new} is a {facts.type} variable, {typed.type} is brought")

        def run_step(frame: Frame, run: Run) -> Frame:
            records, picked = clause.pick(frame, run)
            made: dict[str, Column] = {
                new: clause.value(typed, records, picked, frame, run) for new, typed in kept.items()
            }
            result = frame.with_columns(made)
            if self.none != "exclude":
                return result
            gone = picked < 0
            run.excluded(f"no matching record in {clause.title}", frame, gone)
            return result.take(~gone) if gone.any() else result

        values = {
            new: BoundValue(
                typed.type,
                _never,
                f"{english(typed.node)} of {clause.words}.",
                predecessor=f"{clause.title}.{typed.node.name}"
                if isinstance(typed.node, Name)
                else "",
                origin="Derived",
            )
            for new, typed in kept.items()
        }
        return Bound(
            "lookup",
            where,
            run_step,
            f"{', '.join(kept)} from {clause.words}.",
            clause.reads(*kept.values()),
            clause.consults(*kept.values()),
            {new: typed.type for new, typed in kept.items()},
            effect=Effect.FILTERS if self.none == "exclude" else Effect.KEEPS,
            reach=clause.reach,
            values=values,
        )


def _never(frame: Frame, env: Any, run: Run) -> Column:
    raise AssertionError("a looked-up value is computed by its lookup")


def _name(text: str) -> Name:
    return Name(text)


def _bind_simple(new: str, value: Value, names: PairNames) -> Typed:
    from mg_cdisc.derive.assign import Assign, Hardcode
    from mg_cdisc.expression import Literal

    if isinstance(value, Assign):
        return bind(value.assign, names)
    if isinstance(value, Hardcode):
        return bind(Literal(value.hardcode, Type.TEXT), names)
    raise ExpressionError(
        f"{new}: in a lookup set: takes expressions and constants",
        "Keep what you need under a working name and make the variable in a step of its own.",
    )


class Revise(Step):
    """``revise``: changes existing variables where a condition holds (everywhere without one)."""

    where: Expr | None = None
    set: ValueMap

    def bind(self, scope: Scope, where: Location) -> Bound:
        condition = bind_condition(self.where, scope) if self.where is not None else None
        bound: dict[str, BoundValue] = {}
        for name, value in self.set.items():
            if name not in scope.columns:
                raise ExpressionError(
                    f"{name} is not made yet and cannot be revised",
                    "Make it with a step of its own.",
                )
            bound[name] = bind_when(value, scope, scope.catalog.facts(scope.dataset, name))

        def run_step(frame: Frame, run: Run) -> Frame:
            held = np.ones(frame.rows, bool)
            if condition is not None:
                held = condition.truth(env_of(frame, run)).true
            made: dict[str, Column] = {}
            changed = np.zeros(frame.rows, bool)
            for name, part in bound.items():
                new = part.compute(frame, env_of(frame, run, held), run)
                made[name] = choose(held, new, frame[name])
                changed |= held
            run.count("changed", int(changed.sum()))
            return frame.with_columns(made)

        words = f" where {english(self.where)}" if self.where is not None else ""
        parts = [f"{name}: {part.sentence.rstrip('.')}" for name, part in bound.items()]
        return Bound(
            "revise",
            where,
            run_step,
            f"Changed{words}: {'; '.join(parts)}.",
            merge_reads(
                condition.reads if condition else (),
                *(part.reads for part in bound.values()),
                tuple(bound),
            ),
            merge_consults(*(part.consults for part in bound.values())),
            revises=tuple(bound),
            reach=max(part.reach for part in bound.values()),
            values=bound,
        )


__all__ = ["Lookup", "Revise", "Text", "bind_variable"]
