"""Tree to words: the sentence that define.xml and the reviewer's guides print."""

from __future__ import annotations

import numpy as np

from mg_cdisc import dates
from mg_cdisc.expression.functions import DATA_CUT, FUNCTIONS
from mg_cdisc.expression.nodes import (
    Arithmetic,
    Call,
    Compare,
    Junction,
    Literal,
    Name,
    Negative,
    Node,
    Not,
    Order,
    Type,
    Within,
)
from mg_cdisc.expression.values import number_text

_COMPARISON = {
    "=": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is greater than",
    ">=": "is at least",
}
_MOMENT = {"<": "is before", "<=": "is on or before", ">": "is after", ">=": "is on or after"}


def english(node: Node) -> str:
    """The expression in words.

    >>> from mg_cdisc.expression.parse import parse
    >>> english(parse("AGE >= 18 and not missing(SEX)"))
    'AGE is at least 18 and SEX is not missing'
    """
    match node:
        case Literal():
            return _literal(node)
        case Name():
            return _name(node)
        case Call():
            return _call(node)
        case Negative():
            number = isinstance(node.operand, Literal)
            return f"{'-' if number else 'minus '}{_operand(node.operand)}"
        case Arithmetic():
            left, right = _term(node, node.left), _term(node, node.right, right=True)
            return f"{left} {node.operator} {right}"
        case Compare():
            return _compare(node)
        case Within():
            listed = ", ".join(_literal(item) for item in node.items)
            return f"{english(node.operand)} is {'not ' if node.negated else ''}one of {listed}"
        case Not():
            if isinstance(node.operand, Call) and node.operand.function == "missing":
                return f"{english(node.operand.arguments[0])} is not missing"
            inside = english(node.operand)
            shown = f"({inside})" if isinstance(node.operand, Junction) else inside
            return f"it is not so that {shown}"
        case Junction():
            parts = [
                f"({english(part)})" if isinstance(part, Junction) else english(part)
                for part in node.operands
            ]
            return f" {node.operator} ".join(parts)


def english_order(order: Order) -> str:
    """A sort key in words."""
    text = english(order.node)
    if order.descending:
        text += " descending"
    if order.missing_last or order.missing_first:
        text += f" with missing {'last' if order.missing_last else 'first'}"
    return text


def _literal(node: Literal) -> str:
    if isinstance(node.value, str):
        return f'"{node.value}"' if node.value else "blank"
    if node.type in (Type.DATE, Type.DATETIME):
        render = dates.from_date if node.type is Type.DATE else dates.from_datetime
        return str(render(np.array([node.value]))[0])
    return str(number_text(np.array([node.value])).values[0])


def _name(node: Name) -> str:
    if node.scope == "this":
        return f"the record's {node.name}"
    if node.scope == "source" or node.key.startswith("source."):
        return f"the collected {node.name}"
    return node.name


def _operand(node: Node) -> str:
    text = english(node)
    return f"({text})" if isinstance(node, Arithmetic) or _chooses(node) else text


def _chooses(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "if"


def _term(whole: Arithmetic, node: Node, *, right: bool = False) -> str:
    """An operand of arithmetic, in parentheses where it would else be read otherwise."""
    if not isinstance(node, Arithmetic):
        return _operand(node)
    looser = node.operator in "+-" and whole.operator in "*/"
    after = right and (node.operator in "+-") == (whole.operator in "+-")
    return f"({english(node)})" if looser or after else english(node)


def _compare(node: Compare) -> str:
    dated = any(
        isinstance(side, Literal) and side.type in (Type.PARTIAL, Type.DATE, Type.DATETIME)
        for side in (node.left, node.right)
    ) or any(
        (isinstance(side, Name) and side.name.endswith(("DTC", "DT", "DTM")))
        or (isinstance(side, Call) and side.function == DATA_CUT)
        for side in (node.left, node.right)
    )
    words = _MOMENT.get(node.operator) if dated else None
    return f"{english(node.left)} {words or _COMPARISON[node.operator]} {english(node.right)}"


def _call(node: Call) -> str:
    parts = [_operand(argument) for argument in node.arguments]
    if node.function == "number" and parts == ["blank"]:
        return "missing"
    if node.function == "round" and len(parts) == 3:
        parts[2] = parts[2].strip('"')
    if node.function == "if":  # a choice that is left over needs no parentheses at the end
        parts[-1] = english(node.arguments[-1]) if len(parts) > 2 else parts[-1]
    if node.function == "count" and parts and _is_condition(node.arguments[0]):
        return f"the number of records where {parts[0]}"
    if node.function in ("min", "max") and parts:
        shown = english(node.arguments[0]).removeprefix("the ")
        if _chooses(node.arguments[0]) and len(node.arguments[0].arguments) == 2:  # type: ignore[union-attr]
            condition, value = (english(each) for each in node.arguments[0].arguments)  # type: ignore[union-attr]
            shown = f"{value.removeprefix('the ')} where {condition}"
        dated = shown.split(" where ")[0].endswith(("DTC", "DT", "DTM"))
        first, last = ("earliest", "latest") if dated else ("smallest", "largest")
        return f"the {first if node.function == 'min' else last} {shown}"
    function = FUNCTIONS.get(node.function)
    if function is None:
        return f"{node.function} of {', '.join(parts)}"
    return function.sentence(parts).replace(" 1 decimals", " 1 decimal")


def _is_condition(node: Node) -> bool:
    if isinstance(node, Call):
        function = FUNCTIONS.get(node.function)
        return function is not None and function.gives is Type.CONDITION
    return isinstance(node, Compare | Within | Not | Junction)
