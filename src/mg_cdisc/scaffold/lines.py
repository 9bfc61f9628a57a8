"""Lines of spec files as a person would write them: aligned, quoted where it must be, remarked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mg_cdisc.layout import cut, pad, safe, width
from mg_cdisc.spec.tree import quote_text

_NAME: Final = re.compile(r"[^\W\d]\w*")
_WORDS: Final = frozenset(
    {"and", "or", "not", "in", "this", "source", "else", "desc", "asc", "missing"}
)
_REMARK: Final = 64
"""Remarks stand in this column at the latest, unless their line is longer."""
_KEY: Final = 10
"""Values stand in one column behind keys no longer than this."""


@dataclass(frozen=True)
class Line:
    """One step: what it makes, how, and a remark. Without a key it is a remark alone."""

    key: str = ""
    value: str = ""
    remark: str = ""


def scalar(text: str, *, inside: bool = False) -> str:
    """Text as a YAML scalar; digits alone are quoted, so that nobody takes them for a number."""
    if text and (text.replace(".", "", 1).isdecimal() or text.casefold() in _TRAPS):
        return f'"{text}"'
    return quote_text(text, flow=inside)


_TRAPS: Final = frozenset(
    {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "none"}
)


def flow(value: object) -> str:
    """A value on one line: mappings and lists in brackets, texts quoted where they must be."""
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{scalar(k, inside=True)}: {flow(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    return scalar(str(value), inside=True)


def reference(column: str, made: Sequence[str] = ()) -> str:
    """A source column in an expression; ``source.`` before it where a variable has its name.

    >>> reference("TERM"), reference("Subject ID"), reference("SEX", ["SEX"])
    ('TERM', '`Subject ID`', 'source.SEX')
    """
    plain = _NAME.fullmatch(column) is not None and column.lower() not in _WORDS
    written = column if plain else f"`{column}`"
    return f"source.{written}" if column in made else written


def constant(text: str) -> str:
    """A text in an expression."""
    return "'" + text.replace("'", "''") + "'"


def remark(text: str, most: int = 90) -> str:
    """A label as a remark: one line, safe to print, not too long."""
    return cut(safe(" ".join(text.split())), most)


def steps(lines: Sequence[Line], indent: str = "  ") -> list[str]:
    """Steps with their values and remarks aligned."""
    column = max((len(line.key) for line in lines if len(line.key) <= _KEY), default=0) + 2
    bodies = [
        f"{indent}- {pad(line.key + ':', max(column, len(line.key) + 2))}{line.value}"
        if line.key
        else ""
        for line in lines
    ]
    edge = max((width(body) for body in bodies if width(body) <= _REMARK), default=0)
    made = []
    for line, body in zip(lines, bodies, strict=True):
        if not line.key:
            made.append(f"{indent}# {line.remark}")
        elif line.remark:
            made.append(f"{pad(body, edge)}  # {line.remark}")
        else:
            made.append(body)
    return made


def table(rows: Sequence[Sequence[str]], gap: str = "   ") -> list[str]:
    """Rows of cells, each column as wide as its widest."""
    sizes = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    return [
        gap.join(pad(cell, size) for cell, size in zip(row, sizes, strict=True)).rstrip()
        for row in rows
    ]
