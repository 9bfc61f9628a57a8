"""The expression language: parse, type, evaluate on whole columns, print as English.

One tree filters rows, computes values, gives lineage, and prints as a sentence and as Define-XML
range checks.
"""

from mg_cdisc.expression.bind import bind, bind_condition, bind_order
from mg_cdisc.expression.english import english, english_order
from mg_cdisc.expression.functions import TRANSLATED
from mg_cdisc.expression.nodes import (
    ExpressionError,
    FollowUpError,
    Literal,
    Mistakes,
    Name,
    Node,
    Order,
    SeveralErrors,
    Type,
    names,
    walk,
)
from mg_cdisc.expression.parse import parse, parse_order
from mg_cdisc.expression.ranges import range_checks
from mg_cdisc.expression.typed import Env, Names, Typed, TypedOrder
from mg_cdisc.expression.values import Notes, Translations, Truth, Value

__all__ = [
    "TRANSLATED",
    "Env",
    "ExpressionError",
    "FollowUpError",
    "Literal",
    "Mistakes",
    "Name",
    "Names",
    "Node",
    "Notes",
    "Order",
    "SeveralErrors",
    "Translations",
    "Truth",
    "Type",
    "Typed",
    "TypedOrder",
    "Value",
    "bind",
    "bind_condition",
    "bind_order",
    "english",
    "english_order",
    "names",
    "parse",
    "parse_order",
    "range_checks",
    "walk",
]
