"""What operators mean: which types they join, and comparison in three-valued logic.

Comparing a missing number or date is undecided, a blank text is a text. Partial dates compare only
as far as their known parts settle it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from mg_cdisc import dates
from mg_cdisc.expression.moments import as_partial
from mg_cdisc.expression.nodes import ExpressionError, Type
from mg_cdisc.expression.values import Truth, Value
from mg_cdisc.frame import Mask, Numbers, Text, concat_columns


def a_kind(kind: Type) -> str:
    """A type with its article, for a message."""
    return f"a {kind}"


def check_need(kind: Type, wanted: Type, operator: str) -> None:
    """Refuse an operand of another type."""
    if kind is not wanted:
        hint = "Use number()." if kind is Type.TEXT and wanted is Type.NUMBER else ""
        raise ExpressionError(
            f"{operator} needs {a_kind(wanted)}, and this is {a_kind(kind)}", hint
        )


def arithmetic_type(operator: str, left: Type, right: Type) -> Type:
    """The type of a result; dates minus dates are days, a date plus days is a date."""
    if left is right is Type.NUMBER:
        return Type.NUMBER
    moments = (Type.DATE, Type.DATETIME, Type.TIME)
    if operator == "-" and left is right and left in moments:
        return Type.NUMBER
    if operator in "+-" and left in moments and right is Type.NUMBER:
        return left
    if operator == "+" and right in moments and left is Type.NUMBER:
        return right
    hint = ""
    if Type.PARTIAL in (left, right):
        hint = "Use date() to get a date you can calculate with, or study_day()."
    elif Type.TEXT in (left, right):
        hint = "Use number() for numbers, concat() to join text."
    raise ExpressionError(f"{a_kind(left)} {operator} {a_kind(right)} has no meaning", hint)


def _divide(left: Numbers, right: Numbers) -> Numbers:
    result: Numbers = np.full(len(left), np.nan)
    return np.divide(left, right, out=result, where=right != 0)


OPERATIONS: dict[str, Callable[..., Numbers]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _divide,
}


def comparison(operator: str, left: Type, right: Type) -> Callable[[Value, Value], Truth]:
    """How two types are compared; an error where they are not."""
    moments = {Type.PARTIAL, Type.DATE, Type.DATETIME}
    if left in moments and right in moments and (left is not right or left is Type.PARTIAL):
        return lambda a, b: _compare_partial(operator, as_partial(a, left), as_partial(b, right))
    if left is right is Type.TEXT:
        return lambda a, b: _compare_text(operator, cast("Text", a), cast("Text", b))
    if left is right and left is not Type.CONDITION:
        return lambda a, b: _compare_numbers(operator, cast("Numbers", a), cast("Numbers", b))
    hint = ""
    if {left, right} == {Type.TEXT, Type.NUMBER}:
        hint = "Use number() on the text, or put the number in quotes; missing() tests for missing."
    elif Type.TEXT in (left, right) and moments & {left, right}:
        hint = "Make the text a date with iso()."
    raise ExpressionError(f"{a_kind(left)} is compared with {a_kind(right)}", hint)


def _compare_text(operator: str, left: Text, right: Text) -> Truth:
    both = cast("Text", concat_columns([left, right]))
    rows = len(left)
    if operator in ("=", "!="):
        same = both.codes[:rows] == both.codes[rows:]
        return Truth.known(same if operator == "=" else ~same)
    ranks = both.ranks
    return Truth.known(_ORDERED[operator](ranks[:rows], ranks[rows:]))


_ORDERED: dict[str, Callable[..., Mask]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _compare_numbers(operator: str, left: Numbers, right: Numbers) -> Truth:
    known = ~(np.isnan(left) | np.isnan(right))
    result = _ORDERED[operator](left, right)
    return Truth(result & known, ~result & known)


def _compare_partial(operator: str, left: Text, right: Text) -> Truth:
    one, other = dates.bounds(left.values), dates.bounds(right.values)
    a = [left.spread(part) for part in one]
    b = [right.spread(part) for part in other]
    less, equal, known = dates.compare(*a, *b)
    result = {
        "=": equal,
        "!=": ~equal,
        "<": less,
        "<=": less | equal,
        ">": ~(less | equal),
        ">=": ~less,
    }[operator]
    return Truth(result & known, ~result & known)
