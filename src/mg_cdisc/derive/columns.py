"""Steps that make or change columns: a variable, ``lookup``, ``revise``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import Field

from mg_cdisc.derive.assign import Assign, Hardcode, check_type
from mg_cdisc.derive.base import (
    Bound,
    BoundValue,
    Effect,
    Expr,
    Facts,
    Run,
    Scope,
    Step,
    Value,
    env_of,
    merge_consults,
    merge_reads,
)
from mg_cdisc.derive.clause import Clause, PairNames, bind_clause, bind_names, of_table
from mg_cdisc.derive.records import Keep
from mg_cdisc.derive.source_of import bind_trace
from mg_cdisc.derive.values import ValueMap, bind_when, refuse_also
from mg_cdisc.errors import Location, nearest
from mg_cdisc.expression import (
    ExpressionError,
    FollowUpError,
    Literal,
    Mistakes,
    Name,
    Node,
    Type,
    Typed,
    bind,
    bind_condition,
    english,
)
from mg_cdisc.expression.nodes import Call
from mg_cdisc.expression.values import read_number
from mg_cdisc.frame import Column, Frame, Mask, Text, choose, concat_columns


def bind_variable(name: str, value: Value, scope: Scope, where: Location) -> Bound:
    """A step that makes one variable (and what its value makes beside it)."""
    scope.check_new(name)
    facts = scope.catalog.facts(scope.dataset, name)
    bound = bind_when(value, scope, facts)
    for other in bound.also:
        scope.check_new(other)
    made: dict[str, BoundValue] = {name: bound, **bound.also}

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

    ``keep`` copies (``NEW: OLD``), ``set`` makes variables from the record taken; ``none`` says
    what a record gets that has no match: missing values, a finding, or exclusion. Missing: a
    key that is a missing number or date matches nothing.
    """

    keep: Keep = ()
    """The variables that are brought, `NEW: OLD` where the name changes."""
    list_: str | None = Field(None, alias="list")
    """A table that lists more variables to bring, such as those that every analysis dataset takes
    from ADSL: its first column holds their names, a second one, where there is one, the names that
    they get here (blank: the same)."""
    set: ValueMap = Field(default_factory=dict)
    """Variables made of the record taken: expressions and constants."""
    source_of: str | None = None
    """The variable whose source is told: SRCDOM, SRCVAR and SRCSEQ then name the record taken."""

    def bind(self, scope: Scope, where: Location) -> Bound:
        names = bind_names(self, scope)
        kept: dict[str, Typed] = {}
        mistakes = Mistakes()
        with mistakes.at():
            clause = bind_clause(self, scope)
        with mistakes.at("list"):
            if self.list_ is not None:  # a list that is there stands in keep by now
                raise ExpressionError(
                    f"there is no table {self.list_}",
                    nearest(self.list_, scope.catalog.names("table"))
                    or "Write tables/NAME.yaml, with a row for each variable.",
                    "unknown-table",
                )
        for new, old in self.keep:
            with mistakes.at("keep", new):
                scope.check_new(new)
                facts = scope.catalog.facts(scope.dataset, new)
                with of_table(names, old):
                    kept[new] = _bind_brought(Name(old), facts, names)
        for new, value in self.set.items():
            with mistakes.at("set", new):
                scope.check_new(new)
                facts = scope.catalog.facts(scope.dataset, new)
                kept[new] = _bind_brought(_simple(new, value, facts), facts, names)
        with mistakes.at("source_of"):
            trace = bind_trace(
                self.source_of, names.schema, scope, copies=dict(self.keep), values=self.set,
                unpivoted={}, own=self.from_ is None,
            )  # fmt: skip
            for new, node in trace.nodes().items():
                scope.check_new(new)
                kept[new] = bind(node, names)
        mistakes.done()

        def run_step(frame: Frame, run: Run) -> Frame:
            taken = clause.pick(frame, run)
            made: dict[str, Column] = {}
            for new, typed in kept.items():
                if run.tracer is not None:
                    run.tracer.making(new)
                made[new] = clause.value(typed, taken, frame, run)
            result = frame.with_columns(made)
            if self.none != "exclude":
                return result
            gone = (taken.rows < 0) & ~taken.several
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
        values |= trace.described(values[self.source_of]) if self.source_of is not None else {}
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


def _bind_brought(node: Node, facts: Facts | None, names: PairNames) -> Typed:
    """What is taken from the record, as its variable can hold it; text becomes a date by iso()."""
    typed = bind(node, names)
    if facts is None:
        check_type(facts, typed.type)
        return typed
    if facts.type is Type.PARTIAL and typed.type is Type.TEXT:
        return bind(Call("iso", (node,)), names)
    check_type(facts, typed.type)
    return typed


def _simple(new: str, value: Value, facts: Facts | None) -> Node:
    """The expression that a value stands for, its ``when`` as a condition."""
    node: Node | None = None
    if isinstance(value, Assign):
        node = value.assign
    elif isinstance(value, Hardcode):
        number = read_number(value.hardcode)
        numeric = facts is not None and facts.type is Type.NUMBER and not np.isnan(number)
        node = Literal(number, Type.NUMBER) if numeric else Literal(value.hardcode, Type.TEXT)
    if node is not None:
        return node if value.when is None else Call("if", (value.when, node))
    raise ExpressionError(
        f"{new}: in a lookup set: takes expressions and constants",
        "Keep what you need under a working name and make the variable in a step of its own.",
    )


class Revise(Step):
    """``revise``: changes existing variables where a condition holds (everywhere without one).

    Missing: where the condition cannot be decided nothing changes.
    """

    where: Expr | None = None
    """The records that change. Left out: all."""
    set: ValueMap
    """`NAME: value` for each variable that changes; it must be made already."""

    def bind(self, scope: Scope, where: Location) -> Bound:
        condition = None
        bound: dict[str, BoundValue] = {}
        mistakes = Mistakes()
        with mistakes.at("where"):
            condition = bind_condition(self.where, scope) if self.where is not None else None
        for name, value in self.set.items():
            with mistakes.at("set", name):
                _check_made(name, scope)
                bound[name] = bind_when(value, scope, _held(name, scope))
                refuse_also(bound[name])
        mistakes.done()

        def run_step(frame: Frame, run: Run) -> Frame:
            held = np.ones(frame.rows, bool)
            if condition is not None:
                held = condition.truth(env_of(frame, run)).true
            made: dict[str, Column] = {}
            changed = np.zeros(frame.rows, bool)
            for name, part in bound.items():
                if run.tracer is not None:
                    run.tracer.making(name)
                new = part.compute(frame, env_of(frame, run, held), run)
                old = frame[name]
                made[name] = choose(held, new, old)
                changed |= _differs(made[name], old)
            run.count("changed", int(changed.sum()))
            return frame.with_columns(made)

        words = f" where {english(self.where)}" if self.where is not None else ""
        parts = [f"{name}: {part.sentence.rstrip('.')}" for name, part in bound.items()]
        bound = {
            n: replace(v, sentence=f"{v.sentence.rstrip('.')}{words}.") for n, v in bound.items()
        }
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
            conditions=(condition,) if condition is not None else (),
        )


def _differs(one: Column, other: Column) -> Mask:
    if isinstance(one, Text) and isinstance(other, Text):
        both = concat_columns([one, other])
        assert isinstance(both, Text)
        return both.codes[: len(one)] != both.codes[len(one) :]
    assert not isinstance(one, Text)
    assert not isinstance(other, Text)
    return ~((one == other) | (np.isnan(one) & np.isnan(other)))


def _held(name: str, scope: Scope) -> Facts:
    """What a variable that is there can hold: what is known of it, else what it holds now."""
    facts = scope.catalog.facts(scope.dataset, name)
    return facts if facts is not None else Facts(name, scope.columns[name])


def _check_made(name: str, scope: Scope) -> None:
    """Only what is made already can be changed."""
    if name in scope.columns:
        return
    if name in scope.later:
        raise ExpressionError(
            f"{name} is made further down ({scope.later[name]}) and cannot be changed yet",
            "Move this step below that line.",
            "used-before-made",
        )
    if scope.open or name in scope.broken:
        raise FollowUpError(f"{name} has a mistake of its own")
    made = [each for each in scope.columns if not each.startswith(("source.", "@"))]
    raise ExpressionError(
        f"{name} is not made and cannot be changed",
        nearest(name, made) or "Make it with a step of its own.",
        "unknown-variable",
    )


__all__ = ["Lookup", "Revise", "Text", "bind_variable"]
