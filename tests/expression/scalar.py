"""An independent evaluator: random typed expressions, computed row by row in plain Python.

An expression is a nested tuple; ``write`` puts it into the language with only the parentheses that
the grammar needs, ``value`` computes it for one row with None for missing and undecided. Nothing
of the package is used.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

Tree = Any
Row = Mapping[str, Any]

# how tightly each operation binds: a part that binds less stands in parentheses
OR, AND, NOT, COMPARE, SUM, PRODUCT, MINUS, ATOM = range(8)
_BINDS = {
    "or": OR, "and": AND, "not": NOT, "=": COMPARE, "!=": COMPARE, "<": COMPARE, "<=": COMPARE,
    ">": COMPARE, ">=": COMPARE, "in": COMPARE, "not in": COMPARE, "+": SUM, "-": SUM,
    "*": PRODUCT, "/": PRODUCT, "minus": MINUS,
}  # fmt: skip


def write(tree: Tree, least: int = OR) -> str:
    """The expression as text."""
    binds, text = _write(tree)
    return text if binds >= least else f"({text})"


def _write(tree: Tree) -> tuple[int, str]:
    head, *parts = tree
    match head:
        case "name":
            return ATOM, parts[0]
        case "number":
            return ATOM, format(Decimal(repr(parts[0])), "f")
        case "text":
            return ATOM, "'" + parts[0].replace("'", "''") + "'"
        case "call":
            return ATOM, f"{parts[0]}({', '.join(write(part) for part in parts[1:])})"
        case "minus":
            return MINUS, "-" + write(parts[0], MINUS)
        case "not":
            return NOT, "not " + write(parts[0], NOT)
        case "in" | "not in":
            listed = ", ".join(write(item) for item in parts[1])
            return COMPARE, f"{write(parts[0], SUM)} {head} ({listed})"
    binds = _BINDS[head]
    # the right side of - and / stands in parentheses where it is an operation of the same kind
    return binds, f"{write(parts[0], _left(binds))} {head} {write(parts[1], binds + 1)}"


def _left(binds: int) -> int:
    return binds + 1 if binds in (OR, AND, COMPARE) else binds


def value(tree: Tree, row: Row) -> Any:
    """The value for one row."""
    head, *parts = tree
    if head in ("number", "text"):
        return parts[0]
    if head == "name":
        return row[parts[0]]
    if head == "call":
        return _call(parts[0], parts[1:], row)
    if head in ("and", "or"):
        left, right = value(parts[0], row), value(parts[1], row)
        decisive = head == "or"
        if left is decisive or right is decisive:
            return decisive
        return None if left is None or right is None else not decisive
    if head == "not":
        inner = value(parts[0], row)
        return None if inner is None else not inner
    if head == "minus":
        inner = value(parts[0], row)
        return None if inner is None else -inner
    left = value(parts[0], row)
    if head in ("in", "not in"):
        found = None if left is None else left in [item[1] for item in parts[1]]
        return found if found is None or head == "in" else not found
    right = value(parts[1], row)
    if head in "+-*/":
        return _arithmetic(head, left, right)
    return compare(head, left, right)


def _arithmetic(operator: str, left: Any, right: Any) -> Any:
    if left is None or right is None or (operator == "/" and right == 0):
        return None
    if isinstance(left, date) and isinstance(right, date):
        return float((left - right).days)
    if isinstance(left, date):
        step = timedelta(days=right)
        return left + step if operator == "+" else left - step
    return (
        {"+": left + right, "-": left - right, "*": left * right}.get(operator)
        if (operator != "/")
        else left / right
    )


class Partial(str):
    """A partial date; blank is missing."""


def compare(operator: str, left: Any, right: Any) -> bool | None:
    if isinstance(left, Partial) or isinstance(right, Partial):
        less, equal = compare_partial(_as_partial(left), _as_partial(right))
        if less is None:
            return None
    elif left is None or right is None:
        return None
    else:
        if isinstance(left, str):
            left, right = left.encode(), right.encode()
        less, equal = left < right, left == right
    return {
        "=": equal, "!=": not equal, "<": less, "<=": less or equal,
        ">": not less and not equal, ">=": not less,
    }[operator]  # fmt: skip


def _as_partial(given: Any) -> Partial:
    if given is None:
        return Partial("")
    return Partial(given.isoformat()) if isinstance(given, date) else Partial(given)


def span(text: str) -> tuple[datetime, datetime]:
    """First and last second that a partial date can be."""
    year, month, day, hour, minute = (
        int(part) if part else None
        for part in re.fullmatch(
            r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d))?(?::(\d\d))?", text
        ).groups()  # type: ignore[union-attr]
    )
    assert year is not None
    first = datetime(year, month or 1, day or 1, hour or 0, minute or 0)
    if month is None:
        after = datetime(year + 1, 1, 1)
    elif day is None:
        after = datetime(year + month // 12, month % 12 + 1, 1)
    else:
        step = timedelta(days=1) if hour is None else timedelta(hours=1)
        after = first + (step if minute is None else timedelta(minutes=1))
    return first, after - timedelta(seconds=1)


def compare_partial(left: Partial, right: Partial) -> tuple[bool | None, bool | None]:
    if not left or not right:
        return None, None
    (a, b), (c, d) = span(left), span(right)
    if len(left) == len(right) >= 10:
        return a < c, a == c
    if b < c:
        return True, False
    return (False, False) if d < a else (None, None)


def _call(name: str, arguments: Tree, row: Row) -> Any:
    if name == "if":
        if value(arguments[0], row) is True:
            return value(arguments[1], row)
        if value(arguments[0], row) is False and len(arguments) > 2:
            return value(arguments[2], row)
        return _blank_of(value(arguments[1], row), arguments[1])
    given = [value(argument, row) for argument in arguments]
    first = given[0]
    match name:
        case "coalesce":
            return next((each for each in given if each is not None and each != ""), given[-1])
        case "missing":
            return first is None or first == ""
        case "undecided":
            return first is None
        case "concat":
            return "".join(given)
        case "upper":
            return first.upper()
        case "lower":
            return first.lower()
        case "trim":
            return first.strip()
        case "length":
            return float(len(first))
        case "substr":
            start = int(given[1]) - 1
            return first[start:] if len(given) < 3 else first[start : start + int(given[2])]
        case "replace":
            return first.replace(given[1], given[2])
        case "contains":
            return given[1] in first
        case "starts_with":
            return first.startswith(given[1])
        case "ends_with":
            return first.endswith(given[1])
        case "text":
            return "" if first is None else format(Decimal(repr(first)).normalize() + 0, "f")
        case "iso":
            return Partial("" if first is None else first.isoformat())
        case "date":
            return date.fromisoformat(first[:10]) if len(first) >= 10 else None
        case "study_day":
            one, other = (
                each if isinstance(each, date) else _call("date", [("text", each or "")], row)
                for each in given
            )
            if one is None or other is None:
                return None
            days = (one - other).days
            return float(days + (days >= 0))
        case "year" | "month" | "day":
            at = {"year": 0, "month": 5, "day": 8}[name]
            piece = first[at : at + (4 if name == "year" else 2)]
            return float(piece) if piece else None
    if name in ("least", "greatest"):
        there = [each for each in given if each is not None]
        return (min if name == "least" else max)(there) if there else None
    if first is None:
        return None
    match name:
        case "abs":
            return abs(first)
        case "floor":
            return float(math.floor(first))
        case "ceil":
            return float(math.ceil(first))
        case "round":
            unit = Decimal(1).scaleb(-int(given[1])) if len(given) > 1 else Decimal(1)
            return float(Decimal(repr(first)).quantize(unit, ROUND_HALF_UP))
    raise AssertionError(name)


def _blank_of(sample: Any, tree: Tree) -> Any:
    if isinstance(sample, Partial):
        return Partial("")
    return "" if isinstance(sample, str) else None


NAMES = {
    "number": ["N", "M", "K"],
    "text": ["T", "U"],
    "partial": ["P", "Q"],
    "date": ["D", "E"],
}
# quarters are exact in binary, so that sums and products of a few are too
_NUMBERS = st.integers(-40, 40).map(lambda n: n / 4)
_TEXTS = st.text("aB é'-1.", max_size=4)
_DATES = st.dates(date(2023, 12, 25), date(2025, 3, 5))
_TIMES = st.sampled_from(["", "T09", "T09:30", "T10:00"])


def _partials() -> st.SearchStrategy[Partial]:
    cut = st.sampled_from([0, 4, 7, 10])
    whole = st.builds(lambda day, time: day.isoformat() + time, _DATES, _TIMES)
    return (st.builds(lambda day, at: day.isoformat()[:at], _DATES, cut) | whole).map(Partial)


def rows() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of the columns that expressions may name."""
    some = {
        "number": st.none() | _NUMBERS,
        "text": st.just("") | _TEXTS,
        "partial": _partials(),
        "date": st.none() | _DATES,
    }
    cells = {name: some[kind] for kind, names in NAMES.items() for name in names}
    return st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=6)


def _named(kind: str) -> st.SearchStrategy[Tree]:
    return st.sampled_from(NAMES[kind]).map(lambda name: ("name", name))


def _calls(name: str, *arguments: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.tuples(st.just("call"), st.just(name), *arguments)


def _joined(
    operators: list[str], left: st.SearchStrategy[Tree], right: st.SearchStrategy[Tree]
) -> st.SearchStrategy[Tree]:
    return st.tuples(st.sampled_from(operators), left, right)


_NUMBER = _NUMBERS.map(abs).map(lambda n: ("number", n))
_TEXT = _TEXTS.map(lambda t: ("text", t))
_WHOLE = st.integers(1, 5).map(lambda n: ("number", float(n)))
_COMPARISONS = ["=", "!=", "<", "<=", ">", ">="]


def exact(depth: int) -> st.SearchStrategy[Tree]:
    """Numbers that a double holds exactly, so that rounding them has one answer."""
    leaf = _named("number") | _NUMBER
    if not depth:
        return leaf
    inner = exact(depth - 1)
    return leaf | _joined(["+", "-", "*"], inner, inner) | st.tuples(st.just("minus"), inner)


def numbers(depth: int) -> st.SearchStrategy[Tree]:
    """Expressions that are a number."""
    leaf = _named("number") | _NUMBER
    if not depth:
        return leaf
    inner, other = numbers(depth - 1), conditions(depth - 1)
    moment = _named("partial") | _named("date")
    return st.one_of(
        leaf,
        _joined(["+", "-", "*", "/"], inner, inner),
        st.tuples(st.just("minus"), inner),
        _calls("abs", inner),
        _calls("floor", inner),
        _calls("ceil", inner),
        _calls("round", exact(depth - 1)),
        _calls("round", exact(depth - 1), st.integers(0, 3).map(lambda n: ("number", float(n)))),
        _calls("least", inner, inner),
        _calls("greatest", inner, inner, inner),
        _calls("length", texts(depth - 1)),
        _calls("if", other, inner),
        _calls("if", other, inner, inner),
        _calls("coalesce", inner, inner),
        _calls("study_day", moment, moment),
        _calls("year", _named("partial")),
        _calls("month", _named("partial")),
        _calls("day", _named("partial")),
        st.tuples(st.just("-"), dates(depth - 1), dates(depth - 1)),
    )


def texts(depth: int) -> st.SearchStrategy[Tree]:
    """Expressions that are a text."""
    leaf = _named("text") | _TEXT
    if not depth:
        return leaf
    inner = texts(depth - 1)
    return st.one_of(
        leaf,
        _calls("concat", inner, inner),
        _calls("upper", inner),
        _calls("lower", inner),
        _calls("trim", inner),
        _calls("substr", inner, _WHOLE),
        _calls("substr", inner, _WHOLE, _WHOLE),
        _calls("replace", inner, _TEXT.filter(lambda t: t[1] != ""), _TEXT),
        _calls("text", exact(depth - 1)),
        _calls("if", conditions(depth - 1), inner, inner),
        _calls("coalesce", inner, inner),
    )


def dates(depth: int) -> st.SearchStrategy[Tree]:
    """Expressions that are a date."""
    leaf = _named("date")
    if not depth:
        return leaf
    inner = dates(depth - 1)
    days = st.integers(0, 40).map(lambda n: ("number", float(n)))
    return st.one_of(
        leaf,
        _joined(["+", "-"], inner, days),
        _calls("date", _named("partial")),
        _calls("least", inner, inner),
        _calls("if", conditions(depth - 1), inner, inner),
    )


def partials(depth: int) -> st.SearchStrategy[Tree]:
    """Expressions that are a partial date."""
    leaf = _named("partial")
    if not depth:
        return leaf
    return st.one_of(
        leaf,
        _calls("iso", dates(depth - 1)),
        _calls("if", conditions(depth - 1), partials(depth - 1), partials(depth - 1)),
        _calls("coalesce", leaf, leaf),
    )


def conditions(depth: int) -> st.SearchStrategy[Tree]:
    """Expressions that are a condition."""
    if not depth:
        leaf = _named("number")
        return _joined(_COMPARISONS, leaf, leaf) | _calls("missing", leaf)
    inner, number, text = conditions(depth - 1), numbers(depth - 1), texts(depth - 1)
    date_, partial = dates(depth - 1), partials(depth - 1)
    listed = st.lists(_NUMBER, min_size=1, max_size=3).map(tuple)
    words = st.lists(_TEXT, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        _joined(["and", "or"], inner, inner),
        st.tuples(st.just("not"), inner),
        _joined(_COMPARISONS, number, number),
        _joined(_COMPARISONS, text, text),
        _joined(_COMPARISONS, date_, date_),
        _joined(_COMPARISONS, partial, partial),
        _joined(_COMPARISONS, partial, date_),
        st.tuples(st.sampled_from(["in", "not in"]), number, listed),
        st.tuples(st.sampled_from(["in", "not in"]), text, words),
        _calls("missing", number | text | date_ | partial),
        _calls("undecided", inner),
        _calls("contains", text, _TEXT),
        _calls("starts_with", text, _TEXT),
        _calls("ends_with", text, _TEXT),
    )
