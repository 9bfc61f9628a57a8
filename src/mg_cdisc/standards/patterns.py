"""Completes the ADaMIG's name patterns: TRTxxP for TRT01P, *DTF for a sponsor's own date.

Lower-case letters in a name of the guide stand for numbers: ``xx`` (period) and ``zz`` (record
selection) for 01 to 99 with both digits, ``y`` and ``w`` for 1 to 99 without a leading zero. A
leading ``*`` stands for a sponsor's own stem. Rule: ADaMIG 1.3 section 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from mg_cdisc.standards.facts import VariableFact

_NUMBERS = {"xx": "0[1-9]|[1-9][0-9]", "y": "[1-9][0-9]?", "w": "[1-9][0-9]?"}
_NUMBERS["zz"] = _NUMBERS["xx"]
_PLACE = re.compile("xx|zz|y|w")
_LABEL_PLACE = re.compile(r"\b(xx|zz|y|w)\b")
_LONGEST_NAME = 8


@cache
def compile_pattern(name: str) -> re.Pattern[str]:
    """The names that a name of the guide stands for, each number as a group.

    >>> compile_pattern("TRxxPGy").fullmatch("TR02PG1").groupdict()
    {'xx': '02', 'y': '1'}
    """
    stem = "(?P<stem>[A-Z][A-Z0-9]*)" if name.startswith("*") else ""
    rest = _PLACE.sub(lambda m: f"(?P<{m[0]}>{_NUMBERS[m[0]]})", name.removeprefix("*"))
    return re.compile(stem + rest)


def is_pattern(name: str) -> bool:
    """Whether a name of the guide stands for several names."""
    return name != name.upper() or name.startswith("*")


@cache
def _pattern(name: str) -> re.Pattern[str] | None:
    return compile_pattern(name) if is_pattern(name) else None


def match_name(name: str, facts: Iterable[VariableFact]) -> VariableFact | None:
    """The fact that a variable's name falls under, completed, or ``None``.

    An exact name goes before a pattern, a pattern before a suffix fragment, and among these the
    one that leaves least open. The numbers are filled into the label; the label of a fragment
    stays open, in braces, since only the sponsor can complete it.
    """
    best: tuple[int, VariableFact, dict[str, str]] | None = None
    for fact in facts:
        if fact.name == name:
            return fact
        pattern = _pattern(fact.name)
        met = pattern.fullmatch(name) if pattern and len(name) <= _LONGEST_NAME else None
        if met is None:
            continue
        fixed = len(_PLACE.sub("", fact.name)) - 100 * fact.name.startswith("*")
        if best is None or fixed > best[0]:
            best = fixed, fact, met.groupdict()
    if best is None:
        return None
    _, fact, numbers = best
    label = _LABEL_PLACE.sub(lambda m: numbers.get(m[0], m[0]), fact.label)
    return replace(fact, name=name, label=label, pattern=fact.name)
