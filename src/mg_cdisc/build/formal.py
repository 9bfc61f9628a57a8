"""The formal expression of a method: the lines of the spec that make the variable.

What the English sentence says in words stands here in the mapping language, with the working
variables that it needs above it. Rule: Define-XML 2.1, FormalExpression of MethodDef.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from mg_cdisc.derive import Bound, BoundValue
from mg_cdisc.errors import Location
from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, plain

Makers = list[tuple[Bound, BoundValue]]


def formal_expression(plan: Plan, dataset: BoundDataset, name: str, makers: Makers) -> str:
    """The steps that make (and change) a variable, as the spec has them; '' where it has none."""
    loaded = plan.files.datasets.get(dataset.name)
    steps = loaded.tree.get("steps") if loaded is not None else None
    if steps is None:
        return ""
    made: dict[str, None] = {}
    _gather(dataset, list(_branches(steps)), name, makers, made, {name})
    return "\n".join(made)


def qualifier_expression(plan: Plan, parent: BoundDataset, qnam: str) -> str:
    """The entry of a supplemental qualifier under ``supplemental:``."""
    loaded = plan.files.datasets.get(parent.name)
    entries = loaded.tree.get("supplemental") if loaded is not None else None
    for entry in entries.items if isinstance(entries, Items) else ():
        named = entry.get("QNAM") if isinstance(entry, Branch) else None
        if isinstance(named, Leaf) and named.text == qnam:
            return f"supplemental: {_flow([plain(entry)])}"
    return ""


def _gather(
    dataset: BoundDataset, known: list[tuple[Location, Branch]], name: str, makers: Makers,
    made: dict[str, None], seen: set[str],
) -> None:  # fmt: skip
    """Adds the lines of a variable behind those of the working variables that it reads."""
    steps = [step for step, _ in makers] + list(dataset.revisions(name))
    for key in [key for _, value in makers for key in value.reads]:
        if key.startswith("_") and key not in seen:
            seen.add(key)
            _gather(dataset, known, key, list(dataset.makers(key)), made, seen)
    for step in steps:
        for at, branch in known:
            if at == step.where:
                line = _line(branch, name)
                made |= {line: None} if line else {}
                break


def _branches(tree: Tree) -> Iterator[tuple[Location, Branch]]:
    """Every mapping in the steps, with each place that it may be called by."""
    if isinstance(tree, Items):
        for item in tree.items:
            yield from _branches(item)
    elif isinstance(tree, Branch):
        for at in dict.fromkeys((tree.at, *tree.key_at.values())):
            yield at, tree
        for inner in tree.items.values():
            yield from _branches(inner)


def _line(step: Branch, name: str) -> str:
    """A step of one variable, or of several only that with the records that it is made in."""
    first, inner = next(iter(step.items.items()))
    chosen = inner.get("set") if isinstance(inner, Branch) else None
    if isinstance(inner, Branch) and isinstance(chosen, Branch) and name in chosen.items:
        rest = {key: plain(value) for key, value in inner.items.items() if key != "set"}
        return f"{first}: {_flow({**rest, 'set': {name: plain(chosen.items[name])}})}"
    if name in step.items:
        found = step.items[name]
        return f"{name}: {found.text if isinstance(found, Leaf) else _flow(plain(found))}"
    return f"{first}: {inner.text if isinstance(inner, Leaf) else _flow(plain(inner))}"


def _flow(value: object) -> str:
    """A value of the spec on one line."""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, width=1 << 30, sort_keys=False, allow_unicode=True
    )
    return text.strip().replace("? '' :", "'':")  # the same, as a person writes it
