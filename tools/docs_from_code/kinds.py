"""Finds every kind of finding that the code can make, by reading the code.

A kind is the text given to one of the known makers of findings at a known place; a function that
hands its own argument on to a maker is a maker too, and is found the same way. Kinds may also stand
in tables: any text that is spelled like one (``words-with-hyphens``) counts as one, unless it is
listed here as something else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Maker:
    """Where the kind stands in a call: its positions (without self) and its name."""

    positions: tuple[int, ...]
    keyword: str


MAKERS = {
    "Finding": Maker((1,), "kind"),
    "ExpressionError": Maker((2,), "kind"),
    "PydanticCustomError": Maker((0,), "error_type"),
    "report": Maker((0, 1), "kind"),  # notes of a step, and of finished records
}

SPELLED = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
NOT_KINDS = frozenset(
    {"a-b", "c-d", "mg-cdisc", "utf-8", "utf-8-sig", "utf-16-le", "windows-1252", "read-only"}
    | {"source_declaration"}  # becomes bad-value where it is reported
)


def kinds_of(folder: Path) -> dict[str, tuple[str, ...]]:
    """Every kind made in the Python files of a folder, with the files that make it."""
    trees = {
        path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))
    }
    makers = dict(MAKERS)
    while found := _more_makers(trees.values(), makers):
        makers |= found
    constants = {name: text for tree in trees.values() for name, text in _constants(tree)}
    kinds: dict[str, dict[str, None]] = {}
    for path, tree in trees.items():
        for node, maker, _ in _calls(tree, makers):
            for kind in (
                text for each in _arguments(node, maker) for text in _texts(each, constants)
            ):
                kinds.setdefault(kind, {})[path.relative_to(folder).as_posix()] = None
        for kind in (*_defaults(tree, makers), *_spelled(tree)):
            kinds.setdefault(kind, {})[path.relative_to(folder).as_posix()] = None
    return {kind: tuple(files) for kind, files in sorted(kinds.items()) if kind not in NOT_KINDS}


def texts_of(folder: Path) -> frozenset[str]:
    """Every text constant of the code: a kind that is none of them is made nowhere."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py")))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return frozenset(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _spelled(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if SPELLED.fullmatch(text):
                yield text


def _calls(tree: ast.AST, makers: dict[str, Maker]) -> Iterator[tuple[ast.Call, Maker, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = (
                function.attr
                if isinstance(function, ast.Attribute)
                else getattr(function, "id", "")
            )
            if name in makers:
                yield node, makers[name], name


def _arguments(node: ast.Call, maker: Maker) -> list[ast.expr]:
    named = [keyword.value for keyword in node.keywords if keyword.arg == maker.keyword]
    return named or [node.args[each] for each in maker.positions if len(node.args) > each]


def _texts(node: ast.expr, constants: dict[str, str]) -> list[str]:
    """The texts that an argument can be; of ``f"check:{level}"`` the part before the colon."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return [*_texts(one, constants), *_texts(other, constants)]
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if text.endswith(":"):
            return [text[:-1]]
        case ast.Name(id=name) if name in constants:
            return [constants[name]]
    return []


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
                yield name, text


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def _more_makers(trees: object, makers: dict[str, Maker]) -> dict[str, Maker]:
    """Functions that hand one of their arguments on to a maker as the kind."""
    found: dict[str, Maker] = {}
    for tree in trees:  # type: ignore[attr-defined]
        for function in _functions(tree):
            names = [argument.arg for argument in function.args.args]
            names = [name for name in names if name not in ("self", "cls")]
            for node, maker, _ in _calls(function, makers):
                for given in _arguments(node, maker):
                    if isinstance(given, ast.Name) and given.id in names and _new(function, makers):
                        found[function.name] = Maker((names.index(given.id),), given.id)
    return found


def _new(function: ast.FunctionDef, makers: dict[str, Maker]) -> bool:
    return function.name not in makers and not function.name.startswith("__")


def _defaults(tree: ast.AST, makers: dict[str, Maker]) -> Iterator[str]:
    """The kind that a maker gives where none is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in makers:
            for function in _functions(node):
                names = [argument.arg for argument in function.args.args]
                given = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
                default = given.get(makers[node.name].keyword)
                if function.name == "__init__" and isinstance(default, ast.Constant):
                    yield str(default.value)
