"""Constants, copies and expressions: the plainest ways to make a variable."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from mg_cdisc.derive.base import (
    SOURCE,
    BoundValue,
    Expr,
    Facts,
    Scope,
    Value,
    env_of,
)
from mg_cdisc.derive.tracer import Shape
from mg_cdisc.errors import nearest
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    Mistakes,
    Name,
    Node,
    Type,
    Typed,
    bind,
    english,
    names,
    walk,
)
from mg_cdisc.expression.functions import DATA_CUT
from mg_cdisc.expression.nodes import Call
from mg_cdisc.expression.values import read_number
from mg_cdisc.frame import Column, Frame, Numbers, Text
from mg_cdisc.terminology import Codelist


class Assign(Value):
    """``assign``: the value of an expression; a bare text in the YAML means the same.

    An ISO 8601 text given to a --DTC variable is checked. Missing: as the expression says (below);
    arithmetic with a missing number is missing. Rule: SDTMIG 3.4 section 4.1 (collected values are
    carried as collected).
    """

    assign: Expr
    """The expression."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        return {"assign": data} if isinstance(data, str) else data

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        typed = bind_value(self.assign, scope, target)

        def compute(frame: Frame, env: Env, run: object) -> Column:
            return typed.column(env)

        return BoundValue(
            typed.type,
            compute,
            sentence_of(typed.node),
            typed.reads,
            origin=origin_of(typed),
            formal="",
            shape=Shape(typed),
        )


class Hardcode(Value):
    """``hardcode``: the same constant in every record.

    A constant for a variable with controlled terminology must be one of its terms. Missing: an
    empty text leaves the variable missing throughout, as an expected variable that was not
    collected is.
    """

    hardcode: str
    """The constant."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        codelist = None
        kind = Type.TEXT
        if target is not None:
            kind = target.type
            codelist = term_list(self.hardcode, target)
        if kind.stored_as_text:
            kind = Type.TEXT
        elif kind is not Type.NUMBER and self.hardcode:
            raise ExpressionError(
                f"'{self.hardcode}' is hardcoded into a {kind} variable",
                f"Write {kind}(iso('{self.hardcode}')).",
                "wrong-type",
            )
        number = np.nan if kind.stored_as_text else _number(self.hardcode)

        def compute(frame: Frame, env: Env, run: object) -> Column:
            if kind.stored_as_text:
                return Text.constant(self.hardcode, env.rows)
            made: Numbers = np.full(env.rows, number)
            return made

        words = f'Set to "{self.hardcode}".' if self.hardcode else "Left missing."
        return BoundValue(kind, compute, words, origin="Assigned", codelist=codelist)


def _number(text: str) -> float:
    number = read_number(text)
    if text and np.isnan(number):
        raise ExpressionError(
            f"'{text}' is no number and the variable is numeric", "Write a number.", "wrong-type"
        )
    return number


def term_list(value: str, target: Facts) -> Codelist | None:
    """The codelist of the variable that has this term; an error where none of them has."""
    if not target.codelists or not value:
        return target.codelists[0] if target.codelists else None
    for codelist in target.codelists:
        if value in codelist.terms:
            return codelist
    first = target.codelists[0]
    raise ExpressionError(
        f"'{value}' is not a term of codelist {first.short_name}",
        nearest(value, first.terms)
        or (
            "Extend the codelist in terminology.yaml."
            if first.extensible
            else "Use one of its terms."
        ),
        "unknown-term",
    )


def bind_value(node: Node, scope: Scope, target: Facts | None) -> Typed:
    """An expression typed for its target: no silent conversion between text and number."""
    typed = bind(node, scope)
    dated = (Type.TEXT, Type.DATE, Type.DATETIME)
    if target is not None and target.type is Type.PARTIAL and typed.type in dated:
        return bind(Call("iso", (node,)), scope)
    check_type(target, typed.type)
    return typed


def check_type(target: Facts | None, kind: Type) -> None:
    """Refuse a value whose type the variable cannot hold; a working variable holds any value."""
    if kind is Type.CONDITION:
        raise ExpressionError(
            "a condition is no value", "Use flag: or if(condition, 'Y', 'N').", "wrong-type"
        )
    if target is None:
        return
    moments = (Type.DATE, Type.DATETIME, Type.TIME)
    if target.type is kind or (target.type.stored_as_text and kind.stored_as_text):
        return
    # a date may stand in a variable for numbers, such as AVAL, but no number in one for dates
    if target.type is Type.NUMBER and kind in moments:
        return
    hint = "Use text()." if target.type.stored_as_text else "Use number()."
    if target.type in moments:
        hint = f"Use {target.type}(), or impute: for a partial date."
    elif kind in moments:
        hint = "Use iso()."
    raise ExpressionError(
        f"{target.name} is a {target.type} variable and its value here is a {kind}",
        hint,
        "wrong-type",
    )


def sentence_of(node: Node) -> str:
    """What define.xml prints of an expression."""
    words = english(node)
    return "Left missing." if words == "missing" else f"Set to {words}."


def origin_of(typed: Typed) -> str:
    """Collected where every part is a column as collected, or a constant; else derived."""
    parts = names(typed.node)
    if not parts:
        cut = any(isinstance(part, Call) and part.function == DATA_CUT for part in walk(typed.node))
        return "Derived" if cut else "Assigned"
    if isinstance(typed.node, Name) and typed.node.key.startswith(SOURCE):
        return "Collected"
    collected = all(part.key.startswith(SOURCE) for part in parts)
    return "Collected" if collected and len(parts) == 1 else "Derived"


class PythonFunction(Value):
    """``python``: a function in the study's own folder, given its declared inputs and no more.

    ``python: functions.py:compute_x`` with ``inputs``, ``method`` (the sentence for define.xml) and
    ``gives`` (text or number). The function takes a pandas DataFrame of the inputs, with text as
    ``str`` and numbers as float64, and returns one value per row. Missing: the function sees a
    missing text as '' and a missing number as NaN, and returns either (or None) for missing.
    """

    python: str
    """`file.py:function`, in the study's folder."""
    inputs: tuple[str, ...]
    """The variables and columns that the function is given, and no others."""
    method: str
    """The sentence that define.xml prints as the method."""
    gives: str = Field("text", pattern="^(text|number|date|datetime)$")
    """What it returns: `text`, `number`, `date` or `datetime`."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        kind = Type(self.gives)
        resolved: dict[str, str] = {}
        mistakes = Mistakes()
        with mistakes.at("gives"):
            if target is not None:
                check_type(target, kind)
        for position, name in enumerate(self.inputs):
            with mistakes.at("inputs", position):
                resolved[name] = scope.resolve(Name(name))[0]
        with mistakes.at("python"):
            function = scope.catalog.function(self.python)
        mistakes.done()

        def compute(frame: Frame, env: Env, run: object) -> Column:
            given = Frame({name: frame[key] for name, key in resolved.items()}, frame.rows)
            return call_python(function, given, kind, self.python)

        return BoundValue(kind, compute, self.method, tuple(resolved.values()))


def call_python(function: Callable[..., Any], given: Frame, kind: Type, reference: str) -> Column:
    """What a study's own function makes of its inputs; any fault of it is a mistake of the spec."""
    import pandas as pd  # only here: most studies have no function of their own

    with python_faults(reference):
        series = pd.Series(function(given.to_pandas()))
        if len(series) != given.rows:
            raise ExpressionError(
                f"{reference} returned {len(series)} values for {given.rows} records",
                "Return one value for each row.",
                "python",
            )
        if kind.stored_as_text:
            return Text.of(series.astype("str").where(series.notna(), "").tolist())
        try:
            made: Numbers = series.to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError) as fault:
            raise ExpressionError(
                f"{reference} returned something that is no number: {fault}",
                "Return numbers, or write gives: text.",
                "python",
            ) from fault
        return made


@contextmanager
def python_faults(reference: str) -> Iterator[None]:
    """Whatever a study's own Python raises, told with its line in the study's file."""
    try:
        yield
    except ExpressionError:
        raise
    except (Exception, SystemExit) as fault:  # foreign code may raise anything; its author is told
        words = fault.msg if isinstance(fault, SyntaxError) else fault
        raise ExpressionError(
            f"{reference} fails{_line_of(fault, reference)}: {type(fault).__name__}: {words}",
            "Correct the function.",
            "python",
        ) from fault


def _line_of(fault: BaseException, reference: str) -> str:
    """The last line of the study's own file on the way to a fault."""
    if isinstance(fault, SyntaxError):
        return f" in line {fault.lineno}"
    name = Path(reference.partition(":")[0]).name
    steps = traceback.extract_tb(fault.__traceback__)
    lines = [step.lineno for step in steps if Path(step.filename).name == name]
    return f" in line {lines[-1]}" if lines else ""


__all__ = ["Assign", "Hardcode", "PythonFunction", "bind_value", "check_type", "env_of"]
