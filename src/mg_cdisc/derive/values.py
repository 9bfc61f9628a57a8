"""The table of values, from the key that names one to its model; and values made of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Union

import numpy as np
from pydantic import Discriminator, Field, Tag

from mg_cdisc.derive.across import Across
from mg_cdisc.derive.assign import Assign, Hardcode, PythonFunction, check_type
from mg_cdisc.derive.base import (
    SOURCE,
    BoundValue,
    Expr,
    Facts,
    Reach,
    Run,
    Scope,
    Value,
    merge_consults,
    merge_reads,
)
from mg_cdisc.derive.clause import (
    Clause,
    bind_clause,
    bind_names,
    bind_taken,
    clause_words,
    of_table,
)
from mg_cdisc.derive.convert import Convert
from mg_cdisc.derive.moments import Impute, Iso8601
from mg_cdisc.derive.sequence import Flag
from mg_cdisc.derive.sequence import Sequence as SequenceNumber
from mg_cdisc.derive.terms import AssignCt, Decode, Map
from mg_cdisc.derive.tracer import Shape
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    Mistakes,
    Name,
    Type,
    Typed,
    bind_condition,
    english,
    parse,
)
from mg_cdisc.expression import names as names_in
from mg_cdisc.expression.moments import iso_text
from mg_cdisc.expression.values import read_number
from mg_cdisc.frame import Column, Frame, Mask, Text, blank_like, choose, missing


class Taken(Value, Clause):
    """``value``: an expression of other records, one chosen by a clause or all aggregated.

    Missing: where no record matches the value is missing, but a count is 0; aggregates pass over
    missing values.
    """

    value: Expr
    """An expression of the record taken, or of aggregates such as `count()` or `max(EXENDTC)` over
    all candidates."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        from mg_cdisc.expression.nodes import Call, walk

        aggregates = any(
            isinstance(part, Call) and _is_aggregate(part.function) for part in walk(self.value)
        )
        names = bind_names(self, scope)
        mistakes = Mistakes()
        with mistakes.at():
            clause = bind_clause(self, scope, taken=not aggregates)
        read = [each.name for each in names_in(self.value)]
        with mistakes.at("value"), of_table(names, *read):
            typed = bind_taken(self.value, names, aggregates=aggregates)
            check_type(target, typed.type)
        with mistakes.at("none"):
            if self.none == "exclude":
                raise ExpressionError(
                    "a value leaves no record out", "Use a lookup with none: exclude."
                )
        mistakes.done()

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            if aggregates:
                return clause.aggregate(typed, frame, run)
            return clause.value(typed, clause.pick(frame, run, env.wanted), frame, run)

        words = clause_words(self, self.by or ((("USUBJID", "USUBJID"),) if clause.theirs else ()))
        if aggregates:
            words = words.replace("record of", "records of", 1)
        shown = english(self.value)
        if shown == "the number of records":
            own = words.startswith("the subject's")
            sentence = f"the number of {words if own else words.removeprefix('the ')}."
        elif aggregates and shown.startswith("the number of records"):
            sentence = f"{shown} among {words}."
        else:
            sentence = f"{shown} of {words}."
        predecessor = ""
        if isinstance(self.value, Name) and self.from_ is not None:
            predecessor = f"{self.from_}.{self.value.name}"
        return BoundValue(
            typed.type,
            compute,
            sentence[0].upper() + sentence[1:],
            clause.reads(typed),
            clause.consults(typed),
            clause.reach,
            origin="Derived",
            predecessor=predecessor,
        )


def _is_aggregate(function: str) -> bool:
    from mg_cdisc.expression.functions import FUNCTIONS

    found = FUNCTIONS.get(function)
    return found is not None and found.aggregate


class Cases(Value):
    """``cases``: the first result whose condition holds; ``else`` as a condition takes the rest.

    Missing: a condition that cannot be decided leaves the result missing and is a finding, unless
    an ``else`` says what then holds.
    """

    cases: dict[str, str]
    """`result: condition`, tried from the top; `result: else` as the last takes the rest."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        numeric = target is not None and not target.type.stored_as_text
        kind = Type.NUMBER if numeric else Type.TEXT
        check_type(target, kind)
        bound = []
        otherwise: str | None = None
        mistakes = Mistakes()
        for result, condition in self.cases.items():
            with mistakes.at("cases", result):
                if otherwise is not None:
                    raise ExpressionError("nothing can follow else", "Move else to the end.")
                if numeric and result and np.isnan(read_number(result)):
                    assert target is not None
                    raise ExpressionError(
                        f"'{result}' is no number and {target.name} is numeric",
                        "Write a number, or make a text variable.",
                        "wrong-type",
                    )
                if condition.strip() == "else":
                    otherwise = result
                else:
                    bound.append((result, bind_condition(parse(condition), scope)))
        mistakes.done()
        reads = merge_reads(*(condition.reads for _, condition in bound))

        def constant(text: str, rows: int) -> Column:
            return np.full(rows, read_number(text)) if numeric else Text.constant(text, rows)

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            result = constant(otherwise if otherwise is not None else "", env.rows)
            open_: Mask = env.wanted.copy()
            unsure: Mask = np.zeros(env.rows, bool)
            for text, condition in bound:
                truth = condition.truth(env.only(open_))
                result = choose(open_ & truth.true, constant(text, env.rows), result)
                if otherwise is None:
                    unsure |= open_ & truth.undecided
                    open_ = open_ & truth.false
                else:
                    open_ = open_ & ~truth.true
            if unsure.any():
                env.notes.report(
                    "undecided-case", unsure, None,
                    f"{target.name if target else 'cases'}: no case can be decided, a value is missing",
                    "Write an else, or a case with missing().",
                )  # fmt: skip
            return result

        def said(result: str) -> str:
            none = "missing" if numeric else "blank"
            return (result if numeric else f'"{result}"') if result else none

        parts = [f"{said(result)} where {english(condition.node)}" for result, condition in bound]
        parts += [f"otherwise {said(otherwise)}"] if otherwise is not None else []
        shape = Shape(cases=tuple(condition for _, condition in bound))
        return BoundValue(kind, compute, "; ".join(parts) + ".", reads, shape=shape)


class FirstOf(Value):
    """``first_of``: the first of several values that is not missing.

    Missing: where all of them are missing, so is the value.
    """

    first_of: tuple[AnyValue, ...]
    """The values, tried from the top."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        bound: list[tuple[Value, BoundValue]] = []
        mistakes = Mistakes()
        for position, value in enumerate(self.first_of):
            with mistakes.at("first_of", position):
                bound.append((value, bind_when(value, scope, target)))
        mistakes.done()
        if not bound:
            raise ExpressionError("first_of names no value", "List the values to try.")
        for position, (_, part) in enumerate(bound):
            with mistakes.at("first_of", position):
                refuse_also(part)
        mistakes.done()
        kinds = {part.type for _, part in bound}
        if len(kinds) > 1 and kinds != {Type.TEXT, Type.PARTIAL}:
            mixed = " and ".join(dict.fromkeys(str(part.type) for _, part in bound))
            raise ExpressionError(f"first_of mixes {mixed}", "Give every value one type.")

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            result: Column | None = None
            for _, part in bound:
                open_ = env if result is None else env.only(missing(result))
                made = part.compute(frame, open_, run)
                result = made if result is None else choose(missing(result), made, result)
            assert result is not None
            return result

        parts = [part.sentence.rstrip(".").removeprefix("Set to ") for _, part in bound]
        kind = Type.TEXT if kinds == {Type.TEXT, Type.PARTIAL} else bound[0][1].type
        return BoundValue(
            kind,
            compute,
            "The first that is not missing: " + "; ".join(parts) + ".",
            merge_reads(*(part.reads for _, part in bound)),
            merge_consults(*(part.consults for _, part in bound)),
            max((part.reach for _, part in bound), default=Reach.ROW),
        )


def refuse_also(bound: BoundValue) -> None:
    """Only a step of its own can make a second variable beside its own."""
    if bound.also:
        raise ExpressionError(
            f"{', '.join(bound.also)} cannot be made here, beside another variable",
            "Make the variable with a step of its own.",
        )


def bind_when(value: Value, scope: Scope, target: Facts | None) -> BoundValue:
    """A value with its ``when``: missing where the condition is not true."""
    when: Typed | None = None
    mistakes = Mistakes()
    with mistakes.at():
        bound = value.bind(scope, target)
    with mistakes.at("when"):
        when = bind_condition(value.when, scope) if value.when is not None else None
    mistakes.done()
    if value.method is not None:
        # words of its own make a constant more than an assigned one
        origin = "Derived" if bound.origin == "Assigned" else bound.origin
        bound = replace(bound, sentence=value.method, origin=origin, rule=bound.sentence)
    if target is not None and target.type is Type.PARTIAL and bound.type is Type.TEXT:
        bound = _dated(bound)
    if when is None:
        return bound

    def guard(part: BoundValue) -> BoundValue:
        def compute(frame: Frame, env: Env, run: Run) -> Column:
            held = when.truth(env).true
            made = part.compute(frame, env.only(held), run)
            return choose(held, made, blank_like(made, env.rows))

        return BoundValue(
            part.type,
            compute,
            _limited(part.sentence, english(when.node)),
            merge_reads(part.reads, when.reads),
            part.consults,
            part.reach,
            part.origin,
            part.predecessor,
            part.formal,
            part.codelist,
            {name: guard(each) for name, each in part.also.items()},
            replace(
                part.shape,
                when=(*part.shape.when, when),
                inner=part.reads if part.shape.inner is None else part.shape.inner,
            ),
            _limited(part.rule, english(when.node)) if part.rule else "",
        )

    return guard(bound)


def _limited(sentence: str, condition: str) -> str:
    """The sentence of a value that is only where a condition holds.

    The condition stands in front of a sentence that has conditions of its own.
    """
    if " where " in sentence:
        return f"Only where {condition}: {sentence}"
    return f"{sentence.rstrip('.')} where {condition}."


def _dated(bound: BoundValue) -> BoundValue:
    """A value whose text must be a date, since its variable holds dates."""

    def compute(frame: Frame, env: Env, run: Run) -> Column:
        made = bound.compute(frame, env, run)
        assert isinstance(made, Text)
        return iso_text(made, env.notes, env.wanted)

    return replace(bound, compute=compute, type=Type.PARTIAL)


VALUES: dict[str, type[Value]] = {
    "assign": Assign,
    "hardcode": Hardcode,
    "assign_ct": AssignCt,
    "map": Map,
    "decode": Decode,
    "cases": Cases,
    "first_of": FirstOf,
    "value": Taken,
    "flag": Flag,
    "sequence": SequenceNumber,
    "convert": Convert,
    "iso8601": Iso8601,
    "impute": Impute,
    "across": Across,
    "python": PythonFunction,
}


def value_kind(data: Any) -> str | None:
    """Which value a piece of YAML is, by the key it has; plain text is an expression."""
    if isinstance(data, str):
        return "assign"
    if isinstance(data, Value):
        return next(key for key, model in VALUES.items() if isinstance(data, model))
    if not isinstance(data, Mapping):
        return None
    found = [key for key in VALUES if key in data]
    return found[0] if len(found) == 1 else None


if TYPE_CHECKING:
    AnyValue = Value
else:
    AnyValue = Annotated[
        Union[tuple(Annotated[model, Tag(key)] for key, model in VALUES.items())],  # noqa: UP007
        Discriminator(
            value_kind,
            custom_error_type="unknown-value",
            custom_error_message="is not one of the values that a variable can have",
            custom_error_context={
                "todo": "Write an expression, or one of " + ", ".join(VALUES) + "."
            },
        ),
    ]
ValueMap = dict[str, AnyValue]
FirstOf.model_rebuild()


def bind_set(values: Mapping[str, Value], scope: Scope, dataset: str) -> dict[str, BoundValue]:
    """The values of a ``set:``; each may use what stands before it."""
    return {
        name: bind_when(value, scope, scope.catalog.facts(dataset, name))
        for name, value in values.items()
    }


__all__ = ["SOURCE", "VALUES", "AnyValue", "Field", "Sequence", "ValueMap", "bind_set", "bind_when"]
