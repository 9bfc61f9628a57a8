"""What the table of functions says, for a person; and the value of an expression of constants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mg_cdisc.expression import Env, Name, Truth, Type, bind, parse
from mg_cdisc.expression.functions import FUNCTIONS, Function
from mg_cdisc.frame import Text


@dataclass(frozen=True)
class Row:
    """One function of the reference."""

    call: str
    doc: str
    example: str
    gives: str


class _NoNames:
    def resolve(self, name: Name) -> tuple[str, Type]:
        raise LookupError(f"an example of the reference names {name}")


def value_of(expression: str) -> object:
    """The value of an expression of constants; None where missing or undecided."""
    made = bind(parse(expression), _NoNames()).compute(Env({}, 1))
    if isinstance(made, Truth):
        return bool(made.true[0]) if not made.undecided[0] else None
    if isinstance(made, Text):
        return made.to_list()[0]
    return None if np.isnan(made[0]) else float(made[0])


def shown(value: object) -> str:
    """A value as the reference prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "missing"
    return f"{value:g}" if isinstance(value, float) else f"`'{value}'`"


def functions(*, aggregates: bool) -> list[Row]:
    """The functions of single records, or the aggregates, in the order of the table."""
    rows = []
    for name, function in FUNCTIONS.items():
        if function.aggregate is aggregates:
            example = function.example
            made = (f"`{example[0]}`", shown(example[1])) if example else ("", "")
            rows.append(Row(f"`{_call(name, function)}`", function.doc, *made))
    return rows


def _call(name: str, function: Function) -> str:
    count = len(function.takes)
    words = [_words(kinds) for kinds in function.takes]
    for position in range(count - function.optional, count):
        words[position] = f"[{words[position]}]"
    if function.many:
        words.append("...")
    return f"{name}({', '.join(words)})"


def _words(kinds: frozenset[Type]) -> str:
    moments = {Type.DATE, Type.DATETIME, Type.PARTIAL}
    if kinds >= moments | {Type.TEXT} and Type.NUMBER not in kinds:
        return "date or text"
    if len(kinds) > 4:
        return "any"
    if kinds >= moments:
        return "date"
    if kinds == {Type.TEXT, Type.PARTIAL}:
        return "text"
    if len(kinds) == 1:
        return str(next(iter(kinds)))
    return " or ".join(sorted(kinds))
