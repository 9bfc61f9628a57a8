"""A dataset's steps with ``each`` repeated and sugar written out: what ``spec show`` prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mg_cdisc.derive import STEPS, SUGAR
from mg_cdisc.derive.sugar.base import MadePart, MadeText
from mg_cdisc.errors import Finding, Location, nearest, one_of
from mg_cdisc.expression import ExpressionError, FollowUpError
from mg_cdisc.spec.models import Instrument
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, is_bad, locate, plain

_PLACE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
LOWER_WORDS = (*STEPS, *SUGAR, "each")
FAILED = "?"
"""The key that stands in the place of a step that cannot be expanded."""


@dataclass(frozen=True)
class Context:
    """Where sugar stands (see ``derive.sugar.SugarContext``); ``broken`` are instruments that
    could not be read."""

    dataset: str
    domain: str
    known: Mapping[str, Instrument]
    broken: frozenset[str] = frozenset()

    def instruments(self) -> Mapping[str, Any]:
        """The instruments of the study by file name."""
        return self.known


def expand_steps(steps: Tree, context: Context, findings: list[Finding]) -> list[Branch]:
    """Every step as a branch with one key, in order; FAILED where it cannot be told."""
    if not isinstance(steps, Items):
        if not is_bad(steps):
            findings.append(
                Finding(steps.at, "bad-value", "steps: must be a list", "Begin each step with - .")
            )
        return [_failed(steps.at)]
    made: list[Branch] = []
    for step in steps.items:
        if not isinstance(step, Branch) or not step.items:
            if not is_bad(step):
                findings.append(
                    Finding(
                        step.at,
                        "bad-step",
                        "a step is a key and what it makes",
                        "Write NAME: value.",
                    )
                )
            made.append(_failed(step.at))
        elif len([key for key in step.items if key != "name"]) != 1:
            keys = one_of(list(step.items))
            findings.append(
                Finding(step.at, "bad-step", f"a step has one key, this has {keys}",
                        "Begin each step with its own - , or indent what belongs to the first.")
            )  # fmt: skip
            made.append(_failed(step.at))
        else:
            made += _expand(_unnamed(step), context, findings)
    return made


def _unnamed(step: Branch) -> Branch:
    """The step without its ``name:``, which only specs that extend this one use."""
    if "name" not in step.items:
        return step
    items = {key: value for key, value in step.items.items() if key != "name"}
    return Branch(items, step.at, step.key_at)


def _expand(step: Branch, context: Context, findings: list[Finding]) -> list[Branch]:
    (key, value), at = next(iter(step.items.items())), step.at
    if key == "each":
        return _expand_each(value, at, context, findings)
    if key in SUGAR:
        model = read_model(SUGAR[key], step, findings, root=(key,))
        if model is None:
            return [_failed(at)]
        try:
            expanded = model.expand(context)
        except ExpressionError as error:
            report(error, step, (key,), findings)
            return [_failed(at)]
        return [_branch(to_tree(each, at, step)) for each in expanded]
    if key.islower() and not key.startswith("_") and key not in STEPS:
        findings.append(
            Finding(at, "unknown-step", f"{key} is no step",
                    nearest(key, LOWER_WORDS) or f"Steps: {one_of(list(LOWER_WORDS), 20)}; a variable is upper case, a working one begins with _.")
        )  # fmt: skip
        return [_failed(at)]
    return [step]


def _failed(at: Location) -> Branch:
    return Branch({FAILED: Leaf("", at, bad=True)}, at, {FAILED: at})


def report(
    error: ExpressionError, tree: Tree, root: tuple[str | int, ...], findings: list[Finding],
    dataset: str = "",
) -> None:  # fmt: skip
    """A finding for each mistake, at the key it stands under; none for what follows from others."""
    for each in error.each():
        if not isinstance(each, FollowUpError):
            at, shown = locate(tree, (*root, *each.path))
            findings.append(
                Finding(at, each.kind, f"{shown}: {each.what}", each.todo, dataset=dataset)
            )


def _branch(tree: Tree) -> Branch:
    assert isinstance(tree, Branch)
    return tree


def _expand_each(
    value: Tree, at: Location, context: Context, findings: list[Finding]
) -> list[Branch]:
    of = value.get("of") if isinstance(value, Branch) else None
    do = value.get("do") if isinstance(value, Branch) else None
    if not isinstance(of, Items) or not isinstance(do, Items):
        findings.append(
            Finding(at, "bad-step", "each needs of: (a list) and do: (steps)",
                    "In the steps, $it is the item, or $KEY a key of it.")
        )  # fmt: skip
        return [_failed(at)]
    made: list[Branch] = []
    for item in of.items:
        names = _filling(item)
        missing = sorted({name for name in _places(do) if name not in names})
        if missing:
            findings.append(
                Finding(item.at, "bad-step", f"each: this item says nothing of ${missing[0]}",
                        _shorter(missing[0], names) or nearest(missing[0], names)
                        or "Give it in every item.")
            )  # fmt: skip
            made.append(_failed(item.at))
            continue
        made += expand_steps(_fill(do, names), context, findings)
    return made


def _shorter(place: str, names: Mapping[str, Any]) -> str:
    """What to write where the name of a key runs on into capitals, as in ``$nFL``."""
    inside = max((name for name in names if place.startswith(name)), key=len, default="")
    rest = place[len(inside) :]
    return f"Write ${{{inside}}}{rest} if {inside} is meant." if inside and rest.isupper() else ""


def repetitions(each: Tree) -> list[Tree]:
    """The steps of an ``each`` without mistakes, once for every item of its list."""
    of = each.get("of") if isinstance(each, Branch) else None
    do = each.get("do") if isinstance(each, Branch) else None
    if not isinstance(of, Items) or do is None:
        return []
    return [_fill(do, _filling(item)) for item in of.items]


def _filling(item: Tree) -> dict[str, Any]:
    """What stands for the names with a dollar sign."""
    data = plain(item)
    return data if isinstance(data, dict) else {"it": data}


def _named(written: str) -> set[str]:
    return {match.group(1) or match.group(2) for match in _PLACE.finditer(written)}


def _places(tree: Tree) -> set[str]:
    match tree:
        case Leaf():
            return _named(tree.text)
        case Branch():
            inside = {name for key in tree.items for name in _named(key)}
            return inside.union(*(_places(value) for value in tree.items.values()))
        case Items():
            return set().union(*(_places(value) for value in tree.items))


def _fill(tree: Tree, names: Mapping[str, Any]) -> Tree:
    def text(written: str) -> str:
        return _PLACE.sub(lambda match: str(names[match.group(1) or match.group(2)]), written)

    match tree:
        case Leaf():
            return Leaf(text(tree.text), tree.at, tree.plain)
        case Branch():
            return Branch(
                {text(key): _fill(value, names) for key, value in tree.items.items()},
                tree.at,
                {text(key): at for key, at in tree.key_at.items()},
            )
        case Items():
            return Items(tuple(_fill(value, names) for value in tree.items), tree.at)


def to_tree(data: Any, at: Location, short: Branch | None = None, said: str = "") -> Tree:
    """Plain data as a tree that stands where its short form stood, or the part of that (``MadeText``).

    ``said`` is how a mistake in it names that part.
    """
    if short is not None and isinstance(data, MadeText | MadePart):
        at, said = locate(short, (*short.items, *data.path))
    if isinstance(data, Mapping):
        items = {str(key): to_tree(value, at, short, said) for key, value in data.items()}
        return Branch(items, at, {key: each.at for key, each in items.items()}, said)
    if isinstance(data, list | tuple):
        return Items(tuple(to_tree(value, at, short, said) for value in data), at, said)
    return Leaf(str(data), at, plain=False, said=said)
