"""YAML as a tree in which every value knows its file and line.

Scalars stay text exactly as written (no booleans, numbers or dates are guessed), equal keys are an
error, anchors and tags are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mg_cdisc.errors import Finding, Location, SpecError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A piece of text; ``plain`` where it was written without quotes."""

    text: str
    at: Location
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Branch:
    """A mapping; ``key_at`` is where each key stands."""

    items: dict[str, Tree]
    at: Location
    key_at: dict[str, Location] = field(default_factory=dict)

    def get(self, key: str) -> Tree | None:
        """The value of a key, if it is there."""
        return self.items.get(key)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Tree, ...]
    at: Location


Tree = Leaf | Branch | Items


def plain(tree: Tree) -> Any:
    """The tree as dicts, lists and text."""
    match tree:
        case Leaf():
            return tree.text
        case Branch():
            return {key: plain(value) for key, value in tree.items.items()}
        case Items():
            return [plain(value) for value in tree.items]


def locate(tree: Tree, path: tuple[str | int, ...]) -> tuple[Location, str]:
    """Where the thing at ``path`` stands, as far as the tree has it, and its readable path."""
    at, shown, current = tree.at, "", tree
    for part in path:
        if isinstance(current, Branch) and isinstance(part, str) and part in current.items:
            at = current.key_at.get(part, current.at)
            current = current.items[part]
            shown += f".{part}" if shown else part
        elif isinstance(current, Items) and isinstance(part, int) and part < len(current.items):
            current = current.items[part]
            at = current.at
    return at, shown


def load_yaml(path: Path, shown: str) -> Tree:
    """Read one file; ``shown`` is its name in messages.

    Raises SpecError for a file that is missing, no UTF-8, no YAML, or says a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SpecError(
            [Finding(Location(shown), "missing-file", "there is no such file")]
        ) from error
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise SpecError(
            [Finding(Location(shown), "not-utf8", "is no UTF-8 text", "Save it as UTF-8.")]
        ) from error
    return parse_yaml(text, shown)


def parse_yaml(text: str, shown: str) -> Tree:
    """The tree of a YAML text."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise SpecError(
            [_syntax(shown, line, str(error.problem or error.context), text)]
        ) from error
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise SpecError(
            [Finding(Location(shown), "yaml", f"is no YAML: {reason}", "Remove what is not text.")]
        ) from error
    if node is None:
        raise SpecError([Finding(Location(shown), "empty-file", "the file says nothing")])
    findings: list[Finding] = []
    tree = _convert(node, shown, findings, set())
    if findings:
        raise SpecError(findings)
    return tree


def _syntax(shown: str, line: int, problem: str, text: str) -> Finding:
    lines = text.splitlines()
    current = lines[line - 1] if 0 < line <= len(lines) else ""
    todo = "Check indentation, quotes and brackets on this line and the one before."
    if "\t" in current:
        todo = "Indent with spaces: YAML allows no tabs."
    elif "`" in problem or "`" in current:
        todo = "Put an expression that begins with a backtick in double quotes."
    elif "mapping values" in problem:
        todo = "Put a value that holds a colon in quotes."
    return Finding(Location(shown, line), "yaml", f"is no YAML: {problem}", todo)


def _convert(node: yaml.Node, shown: str, findings: list[Finding], open_: set[int]) -> Tree:
    at = Location(shown, node.start_mark.line + 1)
    if id(node) in open_:
        findings.append(
            Finding(at, "yaml-alias", "an alias stands here", "Write it out, or use extends:.")
        )
        return Leaf("", at)
    open_.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return Leaf(str(node.value), at, node.style is None)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(each, shown, findings, open_) for each in node.value), at)
    assert isinstance(node, yaml.MappingNode)
    items: dict[str, Tree] = {}
    key_at: dict[str, Location] = {}
    _check_commas(node, shown, findings)
    for key_node, value_node in node.value:
        place = Location(shown, key_node.start_mark.line + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            findings.append(
                Finding(place, "yaml-key", "a key is a list or mapping", "Quote it if it is text.")
            )
            continue
        key = str(key_node.value)
        if key in items:
            findings.append(
                Finding(
                    place, "duplicate-key", f"{key} is said twice (first in line {key_at[key].line})",
                    "Keep one of them.",
                )
            )  # fmt: skip
            continue
        items[key] = _convert(value_node, shown, findings, open_)
        key_at[key] = place
    return Branch(items, at, key_at)


def _check_commas(node: yaml.MappingNode, shown: str, findings: list[Finding]) -> None:
    """An expression with commas inside ``{...}`` falls apart: say so, not what follows from it."""
    if not node.flow_style:
        return
    for key_node, value_node in node.value:
        texts = [
            str(part.value)
            for part in (key_node, value_node)
            if isinstance(part, yaml.ScalarNode) and part.style is None
        ]
        for text in texts:
            if text.count("(") != text.count(")"):
                findings.append(
                    Finding(
                        Location(shown, key_node.start_mark.line + 1),
                        "split-expression",
                        f"{text!r} was split at a comma inside braces",
                        'Put the whole expression in double quotes: "...".',
                    )
                )
                return


def leaves(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """Every piece of text with the path to it."""
    match tree:
        case Leaf():
            yield path, tree
        case Branch():
            for key, value in tree.items.items():
                yield from leaves(value, (*path, key))
        case Items():
            for index, value in enumerate(tree.items):
                yield from leaves(value, (*path, str(index)))


def render(tree: Tree, indent: int = 0) -> list[tuple[str, Location]]:
    """The tree as YAML lines, each with where it came from: what ``spec show`` prints."""
    pad = "  " * indent
    lines: list[tuple[str, Location]] = []
    match tree:
        case Leaf():
            lines.append((pad + quote(tree), tree.at))
        case Branch():
            for key, value in tree.items.items():
                at = tree.key_at.get(key, tree.at)
                if isinstance(value, Leaf):
                    lines.append((f"{pad}{quote_text(key)}: {quote(value)}", at))
                elif not value.items:
                    lines.append(
                        (
                            f"{pad}{quote_text(key)}: {'{}' if isinstance(value, Branch) else '[]'}",
                            at,
                        )
                    )
                elif _short(value):
                    lines.append((f"{pad}{quote_text(key)}: {_flow(value)}", at))
                else:
                    lines.append((f"{pad}{quote_text(key)}:", at))
                    lines += render(value, indent + 1)
        case Items():
            for value in tree.items:
                if isinstance(value, Leaf) or (_short(value) and not _one_key(value)):
                    lines.append((f"{pad}- {_flow(value)}", value.at))
                else:
                    inner = render(value, indent + 1)
                    first, at = inner[0]
                    lines.append((f"{pad}- {first.strip()}", at))
                    lines += inner[1:]
    return lines


def _short(tree: Tree) -> bool:
    """Whether it reads well on one line: a list, or a mapping to texts and lists of texts."""
    if len(_flow(tree)) > 72:
        return False
    inside = tree.items.values() if isinstance(tree, Branch) else ()
    return all(isinstance(value, Leaf) or _only_leaves(value) for value in inside)


def _only_leaves(tree: Tree) -> bool:
    return isinstance(tree, Items) and all(isinstance(each, Leaf) for each in tree.items)


def _one_key(tree: Tree) -> bool:
    return isinstance(tree, Branch) and len(tree.items) == 1


def _flow(tree: Tree) -> str:
    match tree:
        case Leaf():
            return quote(tree, flow=True)
        case Branch():
            inner = ", ".join(f"{quote_text(k, flow=True)}: {_flow(v)}" for k, v in tree.items.items())
            return "{" + inner + "}"
        case Items():
            return "[" + ", ".join(_flow(each) for each in tree.items) + "]"


def quote(leaf: Leaf, *, flow: bool = False) -> str:
    """A scalar as YAML, quoted where plain text would be read otherwise."""
    return quote_text(leaf.text, flow=flow)


def quote_text(text: str, *, flow: bool = False) -> str:
    """Text as a YAML scalar."""
    risky = (
        not text
        or text != text.strip()
        or text[0] in "!&*-?|>@`'\"%#[]{},:"
        or ": " in text
        or " #" in text
        or text.endswith(":")
        or "\n" in text
        or (flow and any(sign in text for sign in ",[]{}"))
    )
    if not risky:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
