"""Conditions as Define-XML range checks: conjunctions of variable against constant."""

from __future__ import annotations

from mg_cdisc.expression.english import english
from mg_cdisc.expression.nodes import Compare, Junction, Literal, Name, Node, Within

Check = tuple[str, str, tuple[str, ...]]

_COMPARATORS = {"=": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}


def range_checks(node: Node) -> tuple[tuple[Check, ...], ...] | None:
    """One tuple of checks (ANDed) for each where-clause, or None where checks cannot say it.

    >>> from mg_cdisc.expression.parse import parse
    >>> range_checks(parse("LBTESTCD = 'ALB' and VISITNUM in (1, 2)"))
    ((('LBTESTCD', 'EQ', ('ALB',)), ('VISITNUM', 'IN', ('1', '2'))),)
    """
    if isinstance(node, Junction) and node.operator == "or":
        parts = [range_checks(part) for part in node.operands]
        if any(part is None for part in parts):
            return None
        return tuple(clause for part in parts if part for clause in part)
    conjuncts = node.operands if isinstance(node, Junction) else (node,)
    checks: list[Check] = []
    for part in conjuncts:
        check = _check(part)
        if check is None:
            return None
        checks.append(check)
    return (tuple(checks),)


def _check(node: Node) -> Check | None:
    if (
        isinstance(node, Compare)
        and isinstance(node.left, Name)
        and isinstance(node.right, Literal)
    ):
        return node.left.name, _COMPARATORS[node.operator], (_constant(node.right),)
    if isinstance(node, Within) and isinstance(node.operand, Name):
        values = tuple(_constant(item) for item in node.items)
        return node.operand.name, "NOTIN" if node.negated else "IN", values
    return None


def _constant(node: Literal) -> str:
    return node.value if isinstance(node.value, str) else english(node)
