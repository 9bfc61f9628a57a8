"""YAML as a tree in which every value knows its file and line.

Scalars stay text exactly as written (no booleans, numbers or dates are guessed), equal keys are an
error, anchors and tags are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mg_cdisc.errors import Finding, Location, SpecError
from mg_cdisc.spec.syntax import explain_syntax

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK = re.compile(r"(?:^|[\s\[{,])[&*!][^\s=]", re.MULTILINE)
DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Leaf:
    """A piece of text; ``plain`` where it was written without quotes.

    ``bad`` stands in the place of what has a mistake already reported. ``said`` is the readable
    path of what a short form made this of.
    """

    text: str
    at: Location
    plain: bool = True
    bad: bool = False
    said: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A mapping; ``key_at`` is where each key stands."""

    items: dict[str, Tree]
    at: Location
    key_at: dict[str, Location] = field(default_factory=dict)
    said: str = ""

    def get(self, key: str) -> Tree | None:
        """The value of a key, if it is there."""
        return self.items.get(key)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Tree, ...]
    at: Location
    said: str = ""


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
    """Where the thing at ``path`` stands, as far as the tree has it, and its readable path.

    An item of a list is found by its place or its name, and shown by its name if it has one.
    """
    at, shown, current = tree.at, "", tree
    for part in path:
        if isinstance(current, Branch) and isinstance(part, str) and part in current.items:
            at = current.key_at.get(part, current.at)
            current = current.items[part]
            shown = current.said or (f"{shown}.{part}" if shown else part)
            continue
        item = _item(current, part)
        if item is not None:
            current, at = item, item.at
            name = name_of(item)
            if item.said:
                shown = item.said
            elif name and shown:
                shown += f".{name}"
    return at, shown


def _item(tree: Tree, part: str | int) -> Tree | None:
    if not isinstance(tree, Items):
        return None
    if isinstance(part, int):
        return tree.items[part] if part < len(tree.items) else None
    for item in tree.items:
        if isinstance(item, Leaf) and item.text == part:
            return item
        if isinstance(item, Branch) and part in item.items:
            return item
    return None


def name_of(tree: Tree) -> str:
    """What an item of a list is called: by its QNAM, its code or the finding it accepts."""
    for key in ("QNAM", "code", "finding", "var"):
        leaf = tree.items.get(key) if isinstance(tree, Branch) else None
        if isinstance(leaf, Leaf):
            return leaf.text
    return ""


def is_bad(tree: Tree) -> bool:
    """Whether something in it has a mistake already reported."""
    match tree:
        case Leaf():
            return tree.bad
        case Branch():
            return any(is_bad(value) for value in tree.items.values())
        case Items():
            return any(is_bad(value) for value in tree.items)


def load_yaml(path: Path, shown: str, findings: list[Finding] | None = None) -> Tree:
    """Read one file; ``shown`` is its name in messages.

    Raises SpecError for a file that is missing, no UTF-8 or no YAML. A key said twice, an
    expression split at a comma and the like go to ``findings`` where it is given, with the rest of
    the tree as it stands; else they are raised too.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SpecError(
            [Finding(Location(shown), "missing-file", "there is no such file", "Write it.")]
        ) from error
    except UnicodeDecodeError as error:
        line = _line_of_byte(path, error.start)
        raise SpecError(
            [Finding(Location(shown, line), "not-utf8", "is no UTF-8 text", "Save it as UTF-8.")]
        ) from error
    except OSError as error:
        raise SpecError(
            [Finding(Location(shown), "unreadable-file", f"cannot be opened: {error.strerror}",
                     "Put a text file there that may be read.")]
        ) from error  # fmt: skip
    return parse_yaml(text, shown, findings)


def _line_of_byte(path: Path, position: int) -> int:
    return path.read_bytes().count(b"\n", 0, position) + 1


def parse_yaml(text: str, shown: str, findings: list[Finding] | None = None) -> Tree:
    """The tree of a YAML text; ``findings`` as in ``load_yaml``."""
    try:
        node = yaml.compose(text, Loader=_Loader)
        refused = _refused(text, shown)
    except yaml.MarkedYAMLError as error:
        raise SpecError([explain_syntax(shown, error, text)]) from error
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise SpecError(
            [Finding(Location(shown), "yaml", f"is no YAML: {reason}", "Remove what is not text.")]
        ) from error
    if node is None:
        raise SpecError(
            [Finding(Location(shown), "empty-file", "the file says nothing", "Write it, or remove it.")]
        )  # fmt: skip
    if refused:
        raise SpecError(refused)
    found: list[Finding] = []
    tree = _convert(node, shown, found)
    if found and findings is None:
        raise SpecError(found)
    if findings is not None:
        findings += found
    return tree


def _refused(text: str, shown: str) -> list[Finding]:
    """Anchors with their aliases, and tags: what makes one line mean another."""
    if not _MARK.search(text):
        return []
    aliases: list[Finding] = []
    others: list[Finding] = []
    events: Iterable[Any] = yaml.parse(text, Loader=_Loader)
    for event in events:
        at = Location(shown, event.start_mark.line + 1)
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            what = f"*{anchor} stands for what is written elsewhere"
            aliases.append(Finding(at, "yaml-alias", what, "Write it out, or use extends:."))
        elif anchor is not None:
            what = f"&{anchor} marks an anchor"
            others.append(Finding(at, "yaml-alias", what, "Remove it, or quote text with &."))
        elif tag is not None:
            what = f"{str(tag).replace('tag:yaml.org,2002:', '!!')} is a type tag"
            others.append(Finding(at, "yaml-tag", what, "Remove it, or quote text with !."))
    return aliases or others


def _convert(node: yaml.Node, shown: str, findings: list[Finding], depth: int = 0) -> Tree:
    at = Location(shown, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return Leaf(str(node.value), at, not node.style)
    if depth > DEEPEST:
        findings.append(
            Finding(at, "yaml", f"is nested more than {DEEPEST} levels deep", "Check the brackets.")
        )
        return Leaf("", at, bad=True)
    if _is_split(node, shown, findings):
        return Leaf("", at, bad=True)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(each, shown, findings, depth + 1) for each in node.value), at)
    assert isinstance(node, yaml.MappingNode)
    items: dict[str, Tree] = {}
    key_at: dict[str, Location] = {}
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
        items[key] = _convert(value_node, shown, findings, depth + 1)
        key_at[key] = place
    return Branch(items, at, key_at)


def _is_split(node: yaml.Node, shown: str, findings: list[Finding]) -> bool:
    """An expression with commas inside ``{...}`` or ``[...]`` falls apart: say so, once."""
    if not isinstance(node, yaml.CollectionNode) or not node.flow_style:
        return False
    mapping = isinstance(node, yaml.MappingNode)
    parts = [each for pair in node.value for each in pair] if mapping else node.value
    for each in parts:
        if not isinstance(each, yaml.ScalarNode) or each.style:
            continue
        text = str(each.value)
        if text.count("(") != text.count(")") or (text.count("'") % 2 and _lone(node)):
            findings.append(
                Finding(
                    Location(shown, each.start_mark.line + 1),
                    "split-expression",
                    f"{text!r} was split at a comma inside {'braces' if mapping else 'brackets'}",
                    'Put the whole expression in double quotes: "...".',
                )
            )
            return True
    return False


def _lone(node: yaml.CollectionNode) -> bool:
    """Whether a mapping has a key without a value, as what is cut off by a comma is."""
    return isinstance(node, yaml.MappingNode) and any(
        isinstance(value, yaml.ScalarNode) and not value.style and not value.value
        for _, value in node.value
    )


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
    if len(_flow(tree)) > (100 if _only_leaves(tree) else 72):
        return False
    inside = tree.items.values() if isinstance(tree, Branch) else ()
    return all(isinstance(value, Leaf) or _only_leaves(value) for value in inside)


def _only_leaves(tree: Tree) -> bool:
    """Whether it is a list of texts, or of single pairs of texts (``keep: [NEW: OLD]``)."""
    return isinstance(tree, Items) and all(
        isinstance(leaf, Leaf)
        for each in tree.items
        for leaf in (each.items.values() if _one_key(each) else (each,))  # type: ignore[union-attr]
    )


def _one_key(tree: Tree) -> bool:
    return isinstance(tree, Branch) and len(tree.items) == 1


def _flow(tree: Tree) -> str:
    match tree:
        case Leaf():
            return quote(tree, flow=True)
        case Branch():
            inner = ", ".join(
                f"{quote_text(k, flow=True)}: {_flow(v)}" for k, v in tree.items.items()
            )
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
        or not text.isprintable()
        or (flow and any(sign in text for sign in ",[]{}"))
        # what would be taken for half an expression
        or (flow and (text.count("(") != text.count(")") or text.count("'") % 2 == 1))
    )
    if not risky:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    # YAML takes any sign by its number, and most that are not printable only so
    written = [sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in escaped]
    return f'"{"".join(written)}"'
