"""Inheritance between specs: a spec extends another and changes single keys.

Mappings are merged key by key, the nearer file winning. A step of the nearer spec that makes what a
step of the farther one makes takes its place there, or changes single keys of it; ``records`` does
where the farther spec has exactly one. Any other step may carry a ``name:`` by which the nearer spec
changes it. ``{drop: NAME}`` removes a step; what is new is added at the end, or behind the step that
its ``after:`` names.
"""

from __future__ import annotations

from collections.abc import Callable

from mg_cdisc.derive import VALUES
from mg_cdisc.errors import Finding, Location, SpecError, nearest
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree

Find = Callable[[str, Location], Tree]


def resolve_extends(tree: Tree, find: Find, seen: tuple[str, ...] = ()) -> Tree:
    """The tree with everything it extends merged in; ``find`` reads a file by its written name."""
    if not isinstance(tree, Branch) or "extends" not in tree.items:
        return tree
    named = tree.items["extends"]
    leaves = named.items if isinstance(named, Items) else (named,)
    merged: Tree | None = None
    for leaf in leaves:
        if not isinstance(leaf, Leaf):
            raise SpecError([Finding(named.at, "bad-value", "extends: takes file names")])
        if leaf.text in seen:
            chain = " -> ".join((*seen, leaf.text))
            raise SpecError(
                [
                    Finding(
                        leaf.at,
                        "extends-cycle",
                        f"a spec extends itself: {chain}",
                        "Cut the circle.",
                    )
                ]
            )
        parent = resolve_extends(find(leaf.text, leaf.at), find, (*seen, leaf.text))
        merged = parent if merged is None else merge(merged, parent)
    own = Branch(
        {key: value for key, value in tree.items.items() if key != "extends"}, tree.at, tree.key_at
    )
    return own if merged is None else merge(merged, own)


def merge(base: Tree, over: Tree) -> Tree:
    """``over`` on top of ``base``."""
    if isinstance(base, Branch) and isinstance(over, Branch):
        items, key_at = dict(base.items), dict(base.key_at)
        for key, value in over.items.items():
            if key == "steps" and key in items:
                items[key] = merge_steps(items[key], value)
            elif key == "supplemental" and key in items:
                items[key] = _merge_named(items[key], value, "QNAM")
            else:
                items[key] = merge(items[key], value) if key in items else value
            key_at[key] = over.key_at.get(key, over.at)
        return Branch(items, over.at, key_at)
    return over


BESIDE = ("name", "after", "drop")
"""Keys that may stand beside the one that says what a step does."""
UNNAMED = ("lookup", "check", "each", "exclude", "pick", "fill", "revise")
"""Steps that take the place of a farther one only under a ``name:``."""


def step_name(step: Tree) -> str:
    """What a step is known by: its ``name:``, else the variable it makes, else its word."""
    if isinstance(step, Branch):
        named = step.items.get("name")
        if isinstance(named, Leaf):
            return named.text
        for key in step.items:
            if key not in BESIDE:
                return key
    return ""


def merge_steps(base: Tree, over: Tree) -> Tree:
    """The farther spec's steps with the nearer one's put in place."""
    if not isinstance(base, Items) or not isinstance(over, Items):
        return over
    steps = list(base.items)
    findings: list[Finding] = []
    for step in over.items:
        names = [step_name(each) for each in steps]
        dropped = step.items.get("drop") if isinstance(step, Branch) else None
        if isinstance(dropped, Leaf):
            if names.count(dropped.text) != 1:
                findings.append(_no_step(dropped, names))
            else:
                del steps[names.index(dropped.text)]
            continue
        name = step_name(step)
        after = step.items.get("after") if isinstance(step, Branch) else None
        if isinstance(step, Branch) and isinstance(after, Leaf):
            if names.count(after.text) != 1:
                findings.append(_no_step(after, names))
                continue
            rest = {key: value for key, value in step.items.items() if key != "after"}
            steps.insert(names.index(after.text) + 1, Branch(rest, step.at, step.key_at))
        elif name in UNNAMED and "name" not in getattr(step, "items", {}):
            steps.append(step)  # a word that comes many times takes no other's place unasked
        elif names.count(name) == 1:
            place = names.index(name)
            old = steps[place]
            steps[place] = (
                _merge_variable(old, step, name) if is_variable(name) else merge(old, step)
            )
        elif names.count(name) > 1:
            findings.append(
                Finding(
                    step.at, "several-steps", f"the spec extended here has several {name} steps",
                    "Add a step with after:, or drop: and write anew.",
                )
            )  # fmt: skip
        else:
            steps.append(step)
    if findings:
        raise SpecError(findings)
    return Items(tuple(steps), over.at)


def is_variable(name: str) -> bool:
    """Whether a step of this name makes a variable."""
    return name.startswith("_") or name.isupper()


def _merge_variable(old: Tree, new: Tree, name: str) -> Tree:
    """A variable made in another way, or as before with single keys changed."""
    assert isinstance(old, Branch)
    assert isinstance(new, Branch)
    was, now = old.items[name], new.items[name]
    if not isinstance(now, Branch) or any(kind in now.items for kind in VALUES):
        return new
    if isinstance(was, Leaf):  # a bare expression
        was = Branch({"assign": was}, was.at, {"assign": was.at})
    return Branch({name: merge(was, now)}, new.at, new.key_at)


def _no_step(leaf: Leaf, names: list[str]) -> Finding:
    return Finding(
        leaf.at, "unknown-step", f"there is no one step {leaf.text} in the spec extended",
        nearest(leaf.text, names) or "Name a variable that it makes.",
    )  # fmt: skip


def _merge_named(base: Tree, over: Tree, key: str) -> Tree:
    if not isinstance(base, Items) or not isinstance(over, Items):
        return over

    def name(tree: Tree) -> str:
        leaf = tree.items.get(key) if isinstance(tree, Branch) else None
        return leaf.text if isinstance(leaf, Leaf) else ""

    merged = {name(each): each for each in base.items}
    for each in over.items:
        known = merged.get(name(each))
        merged[name(each)] = merge(known, each) if known is not None else each
    return Items(tuple(merged.values()), over.at)
