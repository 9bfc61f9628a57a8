"""What a function is called with: as many arguments as it takes, of its types, constant where so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from mg_cdisc.expression.functions import Function
from mg_cdisc.expression.nodes import Call, ExpressionError, Literal, Negative, Node, Type
from mg_cdisc.expression.operators import a_kind

Given = tuple[Node, Type, Any]
"""An argument: its tree, its type and how it is computed."""


def check_arguments(node: Call, function: Function, bound: Sequence[Given]) -> None:
    """Refuse a call with too few or many arguments, of wrong types, or with wrong constants."""
    least = len(function.takes) - function.optional
    most = 99 if function.many else len(function.takes)
    if not least <= len(bound) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        if function.many:
            wanted = f"{least} or more"
        raise ExpressionError(
            f"{node.function}() takes {wanted} argument{'' if wanted == '1' else 's'}, "
            f"not {len(bound)}",
            f"It gives {function.doc}.",
        )
    for position, (inner, kind, _) in enumerate(bound):
        allowed = function.takes[min(position, len(function.takes) - 1)]
        if kind not in allowed:
            hint = ""
            if kind is Type.TEXT and Type.PARTIAL in allowed:
                hint = "Make it a date with iso()."
            elif kind is Type.TEXT and Type.NUMBER in allowed:
                hint = "Use number()."
            elif kind is Type.NUMBER and Type.TEXT in allowed:
                hint = "Use text()."
            elif kind in (Type.DATE, Type.DATETIME, Type.TIME) and Type.TEXT in allowed:
                hint = "Use iso()."
            wanted = " or ".join(sorted(a_kind(each) for each in allowed))
            raise ExpressionError(
                f"{node.function}() takes {wanted} as argument {position + 1}, and this is {a_kind(kind)}",
                hint,
            )
        if position in function.constants and not _constant(inner):
            raise ExpressionError(
                f"argument {position + 1} of {node.function}() must be a constant",
                "Write the text or number itself.",
            )
    if function.check is not None:
        function.check(
            {at: _constant_of(bound[at][0]) for at in function.constants if at < len(bound)}
        )


def _constant(node: Node) -> bool:
    return isinstance(node, Literal) or (
        isinstance(node, Negative) and isinstance(node.operand, Literal)
    )


def _constant_of(node: Node) -> str | float:
    if isinstance(node, Negative):
        return -float(cast("Literal", node.operand).value)
    return cast("Literal", node).value
