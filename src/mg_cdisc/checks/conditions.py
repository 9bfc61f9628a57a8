"""Conditions of rules: the project's expression language, and what a rule says beyond one record.

A rule's condition is written as in specs. To the language come, for a study as a whole:

========================== ======================================================================
``--STDTC``                the variable of the domain: AESTDTC in AE
``filled(X)``              not missing
``complete(X)``            a date known to the day at least
``DM.X``                   the value of the subject's only record in that dataset
``TS[STYPE]``              the value of a trial summary parameter
``earliest(EX.X)``         the earliest of the subject's dates in a dataset; ``latest`` likewise
``X in TV.X``              whether the value occurs in a dataset; ``not in`` likewise
``some[AE: AEOUT = 'Y']``  whether some record of the subject in a dataset satisfies a condition
========================== ======================================================================

A rule is left out where a variable or dataset that it names is absent; variables that it lists as
blank where absent are then taken as blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

import numpy as np

from mg_cdisc import dates
from mg_cdisc.checks.alike import alike
from mg_cdisc.checks.study import Records, as_text, held, matched, picked
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    Literal,
    Name,
    Node,
    Type,
    bind,
    bind_condition,
    names,
    parse,
    walk,
)
from mg_cdisc.expression.nodes import Compare
from mg_cdisc.expression.values import Translations, Truth
from mg_cdisc.frame import Column, Index, Mask, Text, concat_columns, missing

_SOME = re.compile(r"some\[(\w+): (.*?)\]")
_PARAMETER = re.compile(r"\bTS\[(\w+)\]")
_EXTREME = re.compile(r"\b(earliest|latest)\((\w+)\.([\w-]+)\)")
_AMONG = re.compile(r"(?<![\w.])([\w-]+(?:\.\w+)?) (not )?in (\w+)\.([\w-]+)")
_JOINED = re.compile(r"(?<![\w.`])([A-Z][A-Z0-9]{1,7})\.([A-Z][A-Z0-9-]*)")
_FILLED = re.compile(r"\bfilled\(([^()]*)\)")
_COMPLETE = re.compile(r"\bcomplete\(([^()]*)\)")
_QUOTED = re.compile(r"('(?:[^']|'')*'|`[^`]*`)")
_DATE_POINTS = ("STTPT", "ENTPT")


class AbsentError(Exception):
    """A variable or dataset that a condition speaks of is not there."""


@lru_cache(maxsize=1024)
def read_condition(text: str) -> Node:
    """The tree of a condition; ``--`` stands as two underscores, what is joined as one name."""
    text = _SOME.sub(lambda found: _name(f"some {found[1]}: {found[2].replace('`', '')}"), text)
    text = _outside(text, _PARAMETER, lambda found: _name(f"TS[{found[1]}]"))
    text = _outside(text, _EXTREME, lambda found: _name(f"{found[1]} {found[2]}.{found[3]}"))
    text = _outside(
        text,
        _AMONG,
        lambda found: f"{'not ' * bool(found[2])}{_name(f'{found[1]} in {found[3]}.{found[4]}')}",
    )
    text = _outside(text, _FILLED, lambda found: f"not missing({found[1]})")
    known = "('day', 'hour', 'minute', 'second')"
    text = _outside(text, _COMPLETE, lambda found: f"precision({found[1]}) in {known}")
    text = _outside(text, _JOINED, lambda found: _name(f"{found[1]}.{found[2]}"))
    return parse(_outside(text, re.compile("--"), lambda _: "__"))


def _name(text: str) -> str:
    return f"`{text}`"


def _outside(text: str, pattern: re.Pattern[str], made: Any) -> str:
    """Replaced outside of texts and quoted names."""
    parts = _QUOTED.split(text)
    return "".join(
        part if number % 2 else _replaced(part, pattern, made) for number, part in enumerate(parts)
    )


def _replaced(part: str, pattern: re.Pattern[str], made: Any) -> str:
    return pattern.sub(made, part)


@lru_cache(maxsize=1024)
def names_of(condition: str) -> tuple[str, ...]:
    """The names in a condition, each once, in reading order."""
    return tuple(name.name for name in names(read_condition(condition)))


def at_fault(records: Records, condition: str, blank: frozenset[str] = frozenset()) -> Mask | None:
    """The records for which a condition is true; None where it speaks of what is not there."""
    reduced = alike(records, read_by(records, condition))
    if reduced is not None:
        of_each = at_fault(reduced.records, condition, blank)
        return None if of_each is None else reduced.spread(of_each)
    known = _Names(records, blank)
    try:
        for name in names_of(condition):
            known.check(name)
        typed = bind_condition(read_condition(condition), known)
    except (AbsentError, ExpressionError):  # of another type than it should be: a rule of its own
        return None
    found = typed.true_rows(Env(_Values(records, known), records.rows, _Nobody()))
    for name in names_of(condition):
        if (other := known.joins(name)) is not None:
            # a subject who is not there is a fault of its own, and no rule's about its values
            found = found & (subject_rows(records, other) >= 0)
    return found


def joined_dataset(records: Records, name: str) -> Records | None:
    """The dataset that ``DM.X`` in a condition takes its value from; None of any other name."""
    return _Names(records, frozenset()).joins(name)


def value_of(records: Records, name: str, blank: frozenset[str]) -> Column:
    """The values that a name in a condition stands for."""
    value: Column = _Values(records, _Names(records, blank))[name]
    return value


def expected_of(
    records: Records, condition: str, blank: frozenset[str]
) -> Iterator[tuple[str, Column]]:
    """Where a condition says ``X != f(...)``: X and what the right side comes to."""
    known = _Names(records, blank)
    values = _Values(records, known)
    for node in walk(read_condition(condition)):
        if not isinstance(node, Compare) or node.operator != "!=":
            continue
        if not isinstance(node.left, Name) or isinstance(node.right, (Name, Literal)):
            continue
        name, typed = _full(records, node.left.name), bind(node.right, known)
        value = typed.column(Env(values, records.rows, _Nobody()))
        if name in records:
            yield name, value


def read_by(records: Records, condition: str) -> set[str]:
    """The variables of the dataset that a condition is about, that of its subject among them."""
    found = set()
    for name in names_of(condition) if condition else ():
        inner = name.partition(" in ")[0]
        if name.startswith(("some ", "earliest ", "latest ")) or "." in inner:
            found.add("USUBJID")
        elif not inner.startswith("TS["):
            found.add(_full(records, inner))
    return {name for name in found if name in records}


def variables(records: Records, condition: str) -> list[str]:
    """The variables of the dataset that a condition names, in reading order."""
    found: dict[str, None] = {}
    for name in names_of(condition):
        first = "" if name.startswith("some ") else name.split(" in ")[0]
        found.setdefault(_full(records, first))
    named = [name for name in found if name in records]
    return [name for name in named if name != "USUBJID"] or named


def _full(records: Records, name: str) -> str:
    return f"{records.prefix}{name[2:]}" if name[:2] in ("--", "__") else name


class _Nobody:
    """Takes notes of expressions for no one: form is for other rules to judge."""

    translations: Translations | None = None

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Nothing to do."""


class _Names:
    """What the names of a condition stand for in one dataset."""

    def __init__(self, records: Records, blank: frozenset[str]) -> None:
        self.records = records
        self.blank = frozenset(_full(records, name) for name in blank)

    def check(self, name: str) -> None:
        """Raise AbsentError for what is not there."""
        self.resolve(Name(name))

    def joins(self, name: str) -> Records | None:
        """The dataset that ``DM.X`` takes its value from."""
        domain, point, _ = name.partition(".")
        return self.records.study.one(domain) if point and " " not in name else None

    def resolve(self, name: Name) -> tuple[str, Type]:
        """The key of the value and its type."""
        text, records = name.name, self.records
        study = records.study
        if text.startswith("some "):
            domain, _, inner = text[5:].partition(": ")
            if not any(_speaks(each, inner) for each in study.of(domain)):
                raise AbsentError(text)
            return text, Type.CONDITION
        if " in " in text:
            inner, _, other = text.partition(" in ")
            domain, _, variable = other.partition(".")
            self.resolve(Name(inner))
            if study.values_of(domain, variable.replace("--", domain)) is None:
                raise AbsentError(text)
            return text, Type.CONDITION
        if text.startswith("TS["):
            if study.one("TS") is None:
                raise AbsentError(text)
            return text, Type.TEXT
        if text.startswith(("earliest ", "latest ")):
            domain, _, variable = text.partition(" ")[2].partition(".")
            if not any(variable in each and "USUBJID" in each for each in study.of(domain)):
                raise AbsentError(text)
            return text, Type.PARTIAL
        if "." in text:
            domain, _, variable = text.partition(".")
            other_records = study.one(domain)
            if other_records is None or variable not in other_records:
                raise AbsentError(text)
            if "USUBJID" not in records or "USUBJID" not in other_records:
                raise AbsentError(text)
            return text, _type(variable, other_records[variable])
        full = _full(records, text)
        if full in records:
            return full, _type(full, records[full])
        if full in self.blank:
            fact = records.fact(full)
            number = fact is not None and fact.type == "Num"
            return full, Type.NUMBER if number else _text_type(full)
        raise AbsentError(full)


def _speaks(records: Records, condition: str) -> bool:
    """Whether a dataset has all that a condition speaks of."""
    known = _Names(records, frozenset())
    try:
        for name in names_of(condition):
            known.check(name)
    except AbsentError:
        return False
    return True


def _type(name: str, column: Column) -> Type:
    return _text_type(name) if isinstance(column, Text) else Type.NUMBER


def _text_type(name: str) -> Type:
    return Type.PARTIAL if name.endswith(("DTC", *_DATE_POINTS)) else Type.TEXT


class _Values(Mapping[str, Any]):
    """The values that names stand for, each worked out once for a dataset."""

    def __init__(self, records: Records, known: _Names) -> None:
        self.records, self.known = records, known

    def __getitem__(self, key: str) -> Any:
        if key in self.records:
            return self.records[key]
        if key not in self.records.cache:
            self.records.cache[key] = self._made(key)
        return self.records.cache[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.records.frame.columns)

    def __len__(self) -> int:
        return len(self.records.frame.columns)

    def _made(self, key: str) -> Any:
        records = self.records
        study, rows = records.study, records.rows
        if " in " in key and not key.startswith("some "):
            inner, _, other = key.partition(" in ")
            domain, _, variable = other.partition(".")
            known = study.values_of(domain, variable.replace("--", domain))
            assert known is not None
            name = self.known.resolve(Name(inner))[0]
            value = records.plain(name) if name in records else self[name]
            return Truth.known(held(value, known))
        if key.startswith("some "):
            domain, _, condition = key[5:].partition(": ")
            return Truth.known(_some(records, domain, condition))
        if key.startswith("TS["):
            return Text.constant(parameter(records.study.one("TS"), key[3:-1]), rows)
        if key.startswith(("earliest ", "latest ")):
            word, _, other = key.partition(" ")
            domain, _, variable = other.partition(".")
            return _extreme(records, domain, variable, last=word == "latest")
        if "." in key:
            domain, _, variable = key.partition(".")
            other_records = study.one(domain)
            assert other_records is not None
            return joined(records, other_records, variable)
        kind = self.known.resolve(Name(key))[1]
        return np.full(rows, np.nan) if kind is Type.NUMBER else Text.constant("", rows)


def joined(records: Records, other: Records, variable: str) -> Column:
    """The value of the subject's first record in another dataset."""
    return picked(other[variable], subject_rows(records, other))


def subject_rows(records: Records, other: Records) -> Index:
    """Per record the subject's first record in another dataset, -1 where there is none."""
    key = f"rows {other.name}"
    if key not in records.cache:
        mine, theirs = records.text("USUBJID"), other.text("USUBJID")
        assert mine is not None
        assert theirs is not None
        records.cache[key] = matched(mine, theirs)
    found: Index = records.cache[key]
    return found


def parameter(summary: Records | None, code: str) -> str:
    """The value of the first record of a trial summary parameter; blank where it has none."""
    if summary is None:
        return ""
    codes, values = summary.text("TSPARMCD"), summary.text("TSVAL")
    if codes is None or values is None:
        return ""
    rows = np.flatnonzero(codes.equals(code))
    return str(values.values[int(values.codes[rows[0]])].as_py()) if len(rows) else ""


def _some(records: Records, domain: str, condition: str) -> Mask:
    found = np.zeros(records.rows, bool)
    mine = records.text("USUBJID")
    for other in records.study.of(domain):
        theirs = other.text("USUBJID")
        rows = at_fault(other, condition)
        if mine is not None and theirs is not None and rows is not None and rows.any():
            found |= held(mine, theirs.take(rows).held)
    return found


def _extreme(records: Records, domain: str, variable: str, *, last: bool) -> Text:
    """The earliest or latest of the subject's dates; a tie keeps the one that stands first."""
    mine = records.text("USUBJID")
    subjects, texts = [], []
    for other in records.study.of(domain):
        theirs = other.text("USUBJID")
        if theirs is not None and variable in other:
            subjects.append(theirs)
            texts.append(as_text(other[variable]))
    subject, text = cast("Text", concat_columns(subjects)), cast("Text", concat_columns(texts))
    here = ~missing(text)
    subject, text = subject.take(here), text.take(here)
    ranks = text.spread(dates.order_key(text.values))
    order = np.argsort(-ranks if last else ranks, kind="stable")
    subject, text = subject.take(order), text.take(order)
    if mine is None or not len(text):
        return Text.constant("", records.rows)
    made = picked(text, matched(mine, subject))
    assert isinstance(made, Text)
    return made
