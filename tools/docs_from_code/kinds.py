"""Finds every kind of finding that the code can make, by reading the code.

A kind is two or more words with hyphens: any text of the code that is spelled so counts as one, unless
it is listed here as something else. The few kinds of one word are found where findings are made.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SPELLED = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
ONE_WORD = re.compile(r"[a-z]+")
NOT_KINDS = frozenset(
    {
        "a-b",
        "c-d",
        "core-timeout",
        "dataset-json",
        "log-log",
        "mg-cdisc",
        "utf-8",
        "utf-8-sig",
        "utf-16-le",
        "windows-1252",
        "read-only",
    }
)
MAKERS = {
    "Finding": (1,),
    "ExpressionError": (2,),
    "report": (0, 1),
    "add": (0,),
    "fail": (0,),
    "error": (0,),
    "_error": (0,),
}
"""What makes findings, and at which place of its arguments the kind may stand."""


def kinds_of(folder: Path) -> dict[str, tuple[str, ...]]:
    """Every kind made in the Python files of a folder, with the files that make it."""
    found: dict[str, list[str]] = {}
    for path, tree in _trees(folder):
        for kind in {*_spelled(tree), *_made(tree)} - NOT_KINDS:
            found.setdefault(kind, []).append(path.relative_to(folder).as_posix())
    return {kind: tuple(sorted(files)) for kind, files in sorted(found.items())}


def texts_of(folder: Path) -> frozenset[str]:
    """Every text constant of the code: a kind that is none of them is made nowhere."""
    return frozenset(text for _, tree in _trees(folder) for text in _texts(tree))


@cache
def _trees(folder: Path) -> tuple[tuple[Path, ast.Module], ...]:
    files = sorted(folder.rglob("*.py"))
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in files)


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                yield text


def _spelled(tree: ast.AST) -> Iterator[str]:
    yield from (text for text in _texts(tree) if SPELLED.fullmatch(text))


def _made(tree: ast.AST) -> Iterator[str]:
    """One-word kinds: the text given to a maker, also as ``f"check:{level}"``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for place in MAKERS.get(name, ()):
            given = node.args[place] if len(node.args) > place else None
            match given:
                case ast.Constant(value=str(text)) if ONE_WORD.fullmatch(text):
                    yield text
                case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                    yield text.partition(":")[0]
