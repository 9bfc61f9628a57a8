"""Results in standard units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mg_cdisc.derive.assign import check_type
from mg_cdisc.derive.base import (
    BoundValue,
    Entry,
    Expr,
    Facts,
    Run,
    Scope,
    Value,
    merge_reads,
)
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
    parse,
)
from mg_cdisc.expression.values import combinations, number_text, parse_numbers, round_number
from mg_cdisc.frame import Column, Frame, Index, Mask, Numbers, Text

RESERVED = ("standard", "round")


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one unit of one test becomes its standard unit; no expression: it is the standard."""

    standard: str
    expression: Typed | None
    digits: int | None


class Convert(Value):
    """``convert``: a collected result as a number in the standard unit of its test.

    ``unit`` and ``test`` name the collected unit and the test; the dataset's ``units:`` say, per
    test, the ``standard`` unit and how each other unit becomes it (an expression of ``x``), and may
    ``round`` the result. ``standard_unit`` names the variable that gets the standard unit (of
    results that are there). A unit that is not listed is a finding. Missing: a text that is no
    number gives a missing number. Rule: SDTMIG 3.4 section 6.3 (--STRESN, --STRESU).
    """

    convert: Expr
    """The collected result, as text or number."""
    unit: Expr
    """The collected unit."""
    test: Expr
    """The test whose entry of `units:` holds."""
    standard_unit: str | None = None
    """The variable that gets the standard unit (--STRESU), made by the same step."""
    round: int | None = None
    """Decimals of the result; `round:` under `units:` goes before it."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        if target is not None:
            check_type(target, Type.NUMBER)
        mistakes = Mistakes()
        with mistakes.at("convert"):
            result = _bind_value(self.convert, scope)
        with mistakes.at("unit"):
            unit = _bind_value(self.unit, scope)
        with mistakes.at("test"):
            test = _bind_value(self.test, scope)
        with mistakes.at():
            rules = compile_units(scope.catalog.units(scope.dataset), self.round)
        mistakes.done()
        reads = merge_reads(result.reads, unit.reads, test.reads)

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            column, units = result.column(env), _texts(test, unit, env)
            if isinstance(column, Text):  # each result of a test in a unit is converted once
                joint, picks = combinations([column, *units])
                numbers = parse_numbers(column.values)[0][picks[0]]
                units = [Text(p, each.values) for p, each in zip(picks[1:], units, strict=True)]
                made, unknown = _converted(numbers, units, rules, env)
                made, unknown = made[joint], unknown[joint]
            else:
                made, unknown = _converted(column, units, rules, env)
            unknown &= env.wanted
            if unknown.any():
                shown = _pair_text(test, unit, env)
                env.notes.report(
                    "unknown-unit", unknown, shown,
                    f"units: say nothing of {{value}} ({scope.dataset})",
                    "Add the unit under units:, or correct it.",
                )  # fmt: skip
            return made

        def standard(frame: Frame, env: Env, run: Run) -> Column:
            keys, codes = _keys(_texts(test, unit, env))
            units = [rules[key].standard if key in rules else "" for key in keys]
            made = Text.of([*units, ""])
            present = np.asarray(_present(result.column(env)))
            return made.expand(np.where(present, codes, len(units)))

        def entries(frame: Frame, env: Env) -> list[tuple[Entry, ...]]:
            keys, codes = _keys(_texts(test, unit, env))
            listed = scope.catalog.units(scope.dataset)
            told = [_entries(scope, listed.get(name, {}), name, each) for name, each in keys]
            gone = ~_present(result.column(env))
            return [() if no else told[code] for code, no in zip(codes, gone, strict=True)]

        shown = english(result.node)
        also = {}
        if self.standard_unit:
            also[self.standard_unit] = BoundValue(
                Type.TEXT, standard, f"The standard unit of {english(test.node)}.", reads,
                origin="Assigned", entries=entries,
            )  # fmt: skip
        sentence = (
            f"{shown} converted from {english(unit.node)} to the standard unit of "
            f"{english(test.node)}; missing where {shown} is not a number."
        )
        return BoundValue(
            Type.NUMBER, compute, sentence, reads, formal=_formal(rules), also=also, entries=entries
        )


class _OnlyX:
    def resolve(self, name: Name) -> tuple[str, Type]:
        if name.name != "x":
            raise ExpressionError(
                f"a conversion speaks of x alone, not of {name}",
                "Write x for the collected number.",
            )
        return "x", Type.NUMBER


def compile_units(
    units: Mapping[str, Mapping[str, str]], digits: int | None = None
) -> dict[tuple[str, str], _Rule]:
    """(test, unit) to rule, from a dataset's ``units:``."""
    rules: dict[tuple[str, str], _Rule] = {}
    mistakes = Mistakes()
    for test, listed in units.items():
        before = len(mistakes.found)
        with mistakes.at(test):
            standard = _standard(listed)
        with mistakes.at(test, "round"):
            own = _digits(listed["round"]) if "round" in listed else digits
        if len(mistakes.found) == before:
            rules[test, standard] = _Rule(standard, None, own)
        for unit, text in listed.items():
            with mistakes.at(test, unit):
                if unit not in RESERVED and "standard" in listed:
                    rules[test, unit] = _Rule(standard, _conversion(text), own)
    mistakes.done()
    return rules


def _entries(scope: Scope, listed: Mapping[str, str], test: str, unit: str) -> tuple[Entry, ...]:
    """The lines of ``units:`` by which results of a test in a unit are converted."""
    at = scope.catalog.place
    keys = [key for key in (unit, *RESERVED) if key in listed]
    return tuple(
        (f"units.{test}.{key}: {listed[key]}", at(scope.dataset, "units", test, key))
        for key in keys
    )


def _standard(listed: Mapping[str, str]) -> str:
    """The standard unit; a key spelled nearly so is taken for a typo."""
    if "standard" not in listed:
        typo = next((key for key in listed if nearest(key, RESERVED)), "")
        raise ExpressionError(
            "the standard unit is not said" + (f", but {typo}: is" if typo else ""),
            "Did you mean standard?" if typo else "Write standard: UNIT.",
            "no-standard-unit",
        )
    return listed["standard"]


def _digits(text: str) -> int:
    if not (text.isdecimal() and len(text) < 3):
        raise ExpressionError(
            f"{text!r} is no number of decimals", "Write 0, 1, 2 ...", "bad-value"
        )
    return int(text)


def _conversion(text: str) -> Typed:
    typed = bind(parse(text), _OnlyX())
    if not typed.reads:
        raise ExpressionError("a conversion speaks of x, and this does not", "Calculate with x.")
    if typed.type is not Type.NUMBER:
        raise ExpressionError(
            f"a conversion gives a number, and this is a {typed.type}", "Calculate with x."
        )
    return typed


def _bind_value(node: Node, scope: Scope) -> Typed:
    typed = bind(node, scope)
    if not typed.type.stored_as_text and typed.type is not Type.NUMBER:
        raise ExpressionError(
            f"convert reads texts and numbers, and this is a {typed.type}",
            "Name a result or a unit.",
        )
    return typed


def _formal(rules: dict[tuple[str, str], _Rule]) -> str:
    parts = [
        f"{test} [{unit}]: {english(rule.expression.node)} -> {rule.standard}"
        for (test, unit), rule in rules.items()
        if rule.expression is not None
    ]
    return "; ".join(parts)


def _converted(
    numbers: Numbers, units: list[Text], rules: Mapping[tuple[str, str], _Rule], env: Env
) -> tuple[Numbers, Mask]:
    """Numbers by the rules of their tests and units, and which have no rule."""
    keys, codes = _keys(units)
    made = np.full(len(numbers), np.nan)
    unknown = np.zeros(len(numbers), bool)
    for number, key in enumerate(keys):
        rows = codes == number
        rule = rules.get(key)
        if rule is None:
            unknown |= rows
            continue
        values = numbers[rows]
        if rule.expression is not None:
            inner = Env({"x": values}, len(values), env.notes)
            values = np.asarray(rule.expression.column(inner))
        digits = rule.digits
        made[rows] = values if digits is None else round_number(values, digits, "half away")
    return made, unknown & ~np.isnan(numbers)


def _present(column: Column) -> np.ndarray:
    return ~column.blank if isinstance(column, Text) else ~np.isnan(column)


def _texts(test: Typed, unit: Typed, env: Env) -> list[Text]:
    columns = [test.column(env), unit.column(env)]
    return [c if isinstance(c, Text) else number_text(c) for c in columns]


def _keys(texts: list[Text]) -> tuple[list[tuple[str, str]], Index]:
    codes, picks = combinations(texts)
    names = [
        [str(text.values[int(i)].as_py()) for i in pick]
        for text, pick in zip(texts, picks, strict=True)
    ]
    return list(zip(*names, strict=True)), codes


def _pair_text(test: Typed, unit: Typed, env: Env) -> Text:
    import pyarrow as pa
    import pyarrow.compute as pc

    from mg_cdisc.expression.values import across

    def join(parts: list[pa.StringArray]) -> pa.Array:
        with_unit = pc.binary_join_element_wise(*parts, " in unit ")
        without = pc.binary_join_element_wise(parts[0], "without a unit", " ")
        return pc.if_else(pc.equal(parts[1], ""), without, with_unit)

    return across(_texts(test, unit, env), join)
