"""Reads the examples of the language reference and the texts of the kinds of findings.

The expected tables are worked out by hand from the rules, never pasted from what the engine gave;
tests/test_docs.py runs every example through the engine and compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from docs_from_code.run import Example

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Operation:
    """An expression of constants, what it gives ('undecided', or None for missing), what it shows."""

    expression: str
    gives: object
    says: str


@dataclass(frozen=True)
class Reading:
    """A text under a date format, and what it becomes (None: a finding)."""

    format: str
    text: str
    gives: str | None


@dataclass(frozen=True)
class Kind:
    """What a kind of finding means and what to do about it."""

    means: str
    todo: str


@dataclass(frozen=True)
class Group:
    """Kinds of findings that come from one place."""

    title: str
    kinds: dict[str, Kind]
    intro: str = ""


def _read(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


@cache
def examples(name: str) -> dict[str, tuple[Example, ...]]:
    """The examples of one file by what they show."""
    read = _read(f"examples/{name}.yaml")
    return {key: tuple(Example(**each) for each in listed) for key, listed in read.items()}


def every_example() -> dict[str, Example]:
    """Every example by a name of its own."""
    names = ("steps", "clause", "values", "short_forms", "parts", "analysis", "cookbook")
    groups = {key: listed for name in names for key, listed in examples(name).items()}
    return {
        f"{key}-{number}": example
        for key, listed in groups.items()
        for number, example in enumerate(listed, 1)
    }


def operations() -> tuple[Operation, ...]:
    """The examples of operators."""
    return tuple(Operation(**each) for each in _read("examples/operators.yaml"))


def readings() -> tuple[Reading, ...]:
    """The examples of date formats."""
    return tuple(Reading(**each) for each in _read("examples/dates.yaml"))


def groups() -> tuple[Group, ...]:
    """The kinds of findings with their texts."""
    made = []
    for each in _read("findings.yaml"):
        kinds = {kind: Kind(**texts) for kind, texts in each.pop("kinds").items()}
        made.append(Group(kinds=kinds, **each))
    return tuple(made)


def documented() -> dict[str, Kind]:
    """The texts of every kind."""
    return {kind: text for group in groups() for kind, text in group.kinds.items()}
