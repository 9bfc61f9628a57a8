"""Tree to typed, computable expression: names resolved, types checked, nothing converted silently.

Comparison is three-valued: comparing a missing number or date is undecided, a blank text is a
text. Partial dates compare only as far as their known parts settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc import dates
from mg_cdisc.errors import nearest, one_of
from mg_cdisc.expression import aggregate
from mg_cdisc.expression.arguments import check_arguments
from mg_cdisc.expression.calls import Arguments
from mg_cdisc.expression.functions import DATA_CUT, FUNCTIONS, Function
from mg_cdisc.expression.nodes import (
    Arithmetic,
    Call,
    Compare,
    ExpressionError,
    Junction,
    Literal,
    Mistakes,
    Name,
    Negative,
    Node,
    Not,
    Order,
    Type,
    Within,
)
from mg_cdisc.expression.nodes import (
    names as names_in,
)
from mg_cdisc.expression.operators import (
    OPERATIONS,
    a_kind,
    arithmetic_type,
    check_need,
    comparison,
)
from mg_cdisc.expression.typed import Compute, Env, KnowsCut, Names, Typed, TypedOrder
from mg_cdisc.expression.values import Truth, Value
from mg_cdisc.frame import (
    Column,
    Numbers,
    Text,
    blank_like,
    choose,
    missing,
)


def bind(node: Node, names: Names, *, aggregates: bool = False) -> Typed:
    """Resolve and type an expression; ``aggregates`` allows functions of groups."""
    binder = _Binder(names, aggregates)
    bound, kind, compute = binder.node(node)
    return Typed(bound, kind, tuple(binder.reads), compute)


def bind_condition(node: Node, names: Names) -> Typed:
    """As ``bind``, and the result must be a condition."""
    typed = bind(node, names)
    if typed.type is not Type.CONDITION:
        raise ExpressionError(
            f"a condition is needed here, and this is a {typed.type}",
            "Compare it with something, or use missing().",
        )
    return typed


def bind_order(order: Order, names: Names) -> TypedOrder:
    """A sort key that may not be a condition."""
    typed = bind(order.node, names)
    if typed.type is Type.CONDITION:
        raise ExpressionError("a condition cannot be sorted by", "Use if(condition, 1, 0).")
    return TypedOrder(typed, order)


_Bound = tuple[Node, Type, Compute]


class _Binder:
    def __init__(self, names: Names, aggregates: bool) -> None:
        self.names = names
        self.aggregates = aggregates
        self.reads: dict[str, None] = {}

    def node(self, node: Node) -> _Bound:
        match node:
            case Literal():
                return node, node.type, _literal(node)
            case Name():
                return self.name(node)
            case Call():
                return self.call(node)
            case Negative():
                inner, kind, compute = self.node(node.operand)
                check_need(kind, Type.NUMBER, "minus")
                return Negative(inner), kind, lambda env: -cast("Numbers", compute(env))
            case Arithmetic():
                return self.arithmetic(node)
            case Compare():
                return self.compare(node)
            case Within():
                return self.within(node)
            case Not():
                inner, kind, compute = self.node(node.operand)
                check_need(kind, Type.CONDITION, "not")
                return Not(inner), kind, lambda env: cast("Truth", compute(env)).negated()
            case Junction():
                return self.junction(node)

    def each(self, nodes: Sequence[Node]) -> list[_Bound]:
        """Several operands, the mistakes of all of them found together."""
        bound: list[_Bound] = []
        mistakes = Mistakes()
        for node in nodes:
            with mistakes.at():
                bound.append(self.node(node))
        mistakes.done()
        return bound

    def name(self, node: Name) -> _Bound:
        key, kind = self.names.resolve(node)
        self.reads[key] = None
        return replace(node, key=key), kind, lambda env: env.columns[key]

    def junction(self, node: Junction) -> _Bound:
        bound = self.each(node.operands)
        for _, kind, _ in bound:
            check_need(kind, Type.CONDITION, node.operator)
        computes = [compute for _, _, compute in bound]
        both = node.operator == "and"

        def compute(env: Env) -> Value:
            # the right side is wanted only where the left has not settled it
            result = cast("Truth", computes[0](env))
            for part in computes[1:]:
                rest = ~result.false if both else ~result.true
                if not rest.any():  # everything is settled
                    break
                other = cast("Truth", part(env.only(rest)))
                result = (
                    Truth(result.true & other.true, result.false | other.false)
                    if both
                    else Truth(result.true | other.true, result.false & other.false)
                )
            return result

        operands = tuple(inner for inner, _, _ in bound)
        return Junction(node.operator, operands), Type.CONDITION, compute

    def arithmetic(self, node: Arithmetic) -> _Bound:
        (left, left_type, left_compute), (right, right_type, right_compute) = self.each(
            (node.left, node.right)
        )
        kind = arithmetic_type(node.operator, left_type, right_type)
        operation = OPERATIONS[node.operator]

        def compute(env: Env) -> Value:
            return operation(
                cast("Numbers", left_compute(env)), cast("Numbers", right_compute(env))
            )

        return Arithmetic(node.operator, left, right), kind, compute

    def compare(self, node: Compare) -> _Bound:
        (left, left_type, left_compute), (right, right_type, right_compute) = self.each(
            (node.left, node.right)
        )
        if isinstance(right, Literal):
            right, right_type, right_compute = _fit_literal(right, left_type, right_compute)
        if isinstance(left, Literal):
            left, left_type, left_compute = _fit_literal(left, right_type, left_compute)
        compare = comparison(node.operator, left_type, right_type)
        wanted = right.value if isinstance(right, Literal) else None
        equal, unlike = node.operator == "=", node.operator == "!="
        if left_type is right_type is Type.TEXT and isinstance(wanted, str) and (equal or unlike):

            def compute_constant(env: Env) -> Value:
                same = cast("Text", left_compute(env)).equals(wanted)
                return Truth.known(same if equal else ~same)

            return Compare(node.operator, left, right), Type.CONDITION, compute_constant

        def compute(env: Env) -> Value:
            return compare(left_compute(env), right_compute(env))

        return Compare(node.operator, left, right), Type.CONDITION, compute

    def within(self, node: Within) -> _Bound:
        inner, kind, compute_operand = self.node(node.operand)
        items = tuple(
            cast("Literal", _fit_literal(item, kind, _literal(item))[0]) for item in node.items
        )
        for item in items:
            if item.type is not kind and not (item.type.stored_as_text and kind.stored_as_text):
                shown = repr(item.value) if isinstance(item.value, str) else f"{item.value:g}"
                raise ExpressionError(
                    f"{shown} is {a_kind(item.type)} and is compared with {a_kind(kind)}",
                    "List constants of one type.",
                )
        wanted = [item.value for item in items]
        if kind is Type.PARTIAL:
            # equal to one of them, decided only as far as known parts settle it
            one_of_them = [Compare("=", node.operand, item) for item in node.items]
            either = self.node(Junction("or", tuple(one_of_them)))[2]

            def compute_partial(env: Env) -> Value:
                truth = cast("Truth", either(env))
                return truth.negated() if node.negated else truth

            return Within(inner, items, node.negated), Type.CONDITION, compute_partial

        def compute(env: Env) -> Value:
            value = cast("Column", compute_operand(env))
            if isinstance(value, Text):
                listed = pc.is_in(value.values, value_set=pa.array(wanted, pa.string()))
                result = Truth.known(value.spread(listed))
            else:
                found, gone = np.isin(value, wanted), missing(value)
                result = Truth(found & ~gone, ~found & ~gone)
            return result.negated() if node.negated else result

        return Within(inner, items, node.negated), Type.CONDITION, compute

    def call(self, node: Call) -> _Bound:
        function = FUNCTIONS.get(node.function)
        if function is None:
            raise ExpressionError(
                f"there is no function {node.function}",
                nearest(node.function, FUNCTIONS) or f"Functions: {one_of(list(FUNCTIONS), 99)}.",
                "unknown-function",
            )
        if function.aggregate:
            return self.aggregate(node, function)
        if node.function == DATA_CUT:
            return self.data_cut(node, function)
        bound = self.each(node.arguments)
        check_arguments(node, function, bound)
        arguments = tuple(inner for inner, _, _ in bound)
        if node.function in ("if", "coalesce"):
            kind = _common_type(node.function, bound[1:] if node.function == "if" else bound)
            compute = _if(bound) if node.function == "if" else _coalesce(bound)
            return Call(node.function, arguments), kind, compute
        types = tuple(kind for _, kind, _ in bound)
        computes = [compute for _, _, compute in bound]
        own = function.compute
        assert own is not None
        read = tuple(dict.fromkeys(each.name for each in names_in(node)))

        def compute_call(env: Env) -> Value:
            values = tuple(part(env) for part in computes)
            return own(Arguments(values, types, env.rows, env.wanted, env.notes, read))

        return Call(node.function, arguments), function.result(types), compute_call

    def data_cut(self, node: Call, function: Function) -> _Bound:
        """The study's day, which the bound tree holds: sentences print it."""
        names = self.names
        known = node.arguments  # of a tree that is bound again
        if not (len(known) == 1 and isinstance(known[0], Literal) and known[0].type is Type.DATE):
            check_arguments(node, function, self.each(known))
            if not isinstance(names, KnowsCut):
                raise ExpressionError(
                    "data_cut() is known only in steps of a dataset", "Write the date itself."
                )
            days = dates.to_date(pa.array([names.data_cut.isoformat()]))[0]
            known = (Literal(float(days), Type.DATE),)
        return Call(node.function, known), Type.DATE, _literal(cast("Literal", known[0]))

    def aggregate(self, node: Call, function: Function) -> _Bound:
        if not self.aggregates:
            raise ExpressionError(
                f"{node.function}() reads many records and can stand only in the value of a clause",
                "Give the clause: from, by, where; or use least() and greatest() within a record.",
            )
        rows = _Binder(_RowNames(self.names), aggregates=False)
        bound = rows.each(node.arguments)
        self.reads.update(rows.reads)
        check_arguments(node, function, bound)
        kind = function.result([kind for _, kind, _ in bound]) if bound else Type.NUMBER
        argument = bound[0] if bound else None

        def compute(env: Env) -> Value:
            inner, codes = env.inner, env.codes
            assert inner is not None
            assert codes is not None
            value = argument[2](inner) if argument else None
            of_type = argument[1] if argument else None
            return aggregate.reduce(node.function, value, of_type, codes, env.rows)

        return Call(node.function, tuple(b[0] for b in bound), aggregate=True), kind, compute


class _RowNames:
    """Names inside an aggregate: those of the candidate records."""

    def __init__(self, names: Names) -> None:
        self.inner = names
        if isinstance(names, KnowsCut):
            self.data_cut = names.data_cut

    def resolve(self, name: Name) -> tuple[str, Type]:
        resolver = getattr(self.inner, "resolve_row", self.inner.resolve)
        return cast("tuple[str, Type]", resolver(name))


def _literal(node: Literal) -> Compute:
    if isinstance(node.value, str):
        text = node.value
        return lambda env: Text.constant(text, env.rows)
    number = np.float64(node.value)
    return lambda env: np.broadcast_to(np.full(1, number), env.rows)


def _fit_literal(node: Literal, other: Type, compute: Compute) -> _Bound:
    """A text constant beside a date is that date; anything else stays what it is."""
    if node.type is not Type.TEXT or other not in (Type.PARTIAL, Type.DATE, Type.DATETIME):
        return node, node.type, compute
    text = str(node.value)
    values = pa.array([text], pa.string())
    if not text:
        raise ExpressionError("a date is never equal to ''", "Use missing().")
    if not dates.is_iso8601(values)[0]:
        raise ExpressionError(
            f"'{text}' is compared with a date and is not an ISO 8601 date",
            "Write it as 'yyyy-MM-dd'.",
        )
    if other is Type.PARTIAL:
        fitted = Literal(text, Type.PARTIAL)
    else:
        number = (dates.to_date if other is Type.DATE else dates.to_datetime)(values)[0]
        if np.isnan(number):
            raise ExpressionError(
                f"'{text}' is no complete {other}",
                f"Write all of it, or compare with iso('{text}').",
            )
        fitted = Literal(float(number), other)
    return fitted, fitted.type, _literal(fitted)


def _common_type(function: str, bound: Sequence[_Bound]) -> Type:
    kinds = {kind for _, kind, _ in bound}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {Type.TEXT, Type.PARTIAL}:
        blank = all(isinstance(n, Literal) and n.value == "" for n, k, _ in bound if k is Type.TEXT)
        return Type.PARTIAL if blank else Type.TEXT
    listed = " and ".join(sorted(kinds))
    raise ExpressionError(f"{function}() mixes {listed}", "Give every branch one type.")


def _if(bound: Sequence[_Bound]) -> Compute:
    condition, yes = bound[0][2], bound[1][2]
    no = bound[2][2] if len(bound) > 2 else None

    def compute(env: Env) -> Value:
        truth = cast("Truth", condition(env))
        one = cast("Column", yes(env.only(truth.true)))
        gone = blank_like(one, env.rows)
        other = gone if no is None else cast("Column", no(env.only(truth.false)))
        return choose(truth.true, one, choose(truth.false, other, gone))

    return compute


def _coalesce(bound: Sequence[_Bound]) -> Compute:
    computes = [compute for _, _, compute in bound]

    def compute(env: Env) -> Value:
        result = cast("Column", computes[0](env))
        for part in computes[1:]:
            gone = missing(result)
            if not gone.any():
                break
            result = choose(gone, cast("Column", part(env.only(gone))), result)
        return result

    return compute
