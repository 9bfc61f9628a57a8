"""Conditions as Define-XML range checks: conjunctions of variable against constant."""

from __future__ import annotations

import numpy as np

from mg_cdisc.expression.nodes import Compare, Junction, Literal, Name, Node, Within
from mg_cdisc.expression.values import number_text

Check = tuple[str, str, tuple[str, ...]]

_COMPARATORS = {"=": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def range_checks(node: Node) -> tuple[tuple[Check, ...], ...] | None:
    """One tuple of checks (ANDed) for each where-clause, or None where checks cannot say it.

    Checks are of variables of the dataset against constants: a source column, ``this.X``, a blank
    or a function is no check. A numeric date is checked against its SAS number.

    >>> from mg_cdisc.expression.parse import parse
    >>> range_checks(parse("LBTESTCD = 'ALB' and VISITNUM in (1, 2)"))
    ((('LBTESTCD', 'EQ', ('ALB',)), ('VISITNUM', 'IN', ('1', '2'))),)
    """
    if isinstance(node, Junction) and node.operator == "or":
        parts = [range_checks(part) for part in node.operands]
        if any(part is None for part in parts):
            return None
        return tuple(clause for part in parts if part for clause in part)
    checks = _conjunction(node)
    return None if checks is None else (checks,)


def _conjunction(node: Node) -> tuple[Check, ...] | None:
    if isinstance(node, Junction) and node.operator == "and":
        parts = [_conjunction(part) for part in node.operands]
        if any(part is None for part in parts):
            return None
        return tuple(check for part in parts if part for check in part)
    check = _check(node)
    return None if check is None else (check,)


def _check(node: Node) -> Check | None:
    match node:
        case Compare(operator, Name() as name, Literal() as constant):
            items: tuple[Literal, ...] = (constant,)
            comparator = _COMPARATORS[operator]
        case Compare(operator, Literal() as constant, Name() as name):
            items = (constant,)
            comparator = _COMPARATORS[_TURNED.get(operator, operator)]
        case Within(Name() as name, items, negated):
            comparator = "NOTIN" if negated else "IN"
        case _:
            return None
    if name.scope or name.key.startswith("source."):
        return None
    values = tuple(_constant(item) for item in items)
    return (name.name, comparator, values) if all(values) else None


def _constant(node: Literal) -> str:
    if isinstance(node.value, str):
        return node.value
    return str(number_text(np.array([node.value])).values[0])
