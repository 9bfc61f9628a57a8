"""The steps of a dataset as they were written, found again by where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from mg_cdisc.errors import Location
from mg_cdisc.spec.expand import repetitions
from mg_cdisc.spec.tree import Branch, Items, Tree

Written = dict[Location, list[Branch]]
"""The mapping at each place: one for each repetition where the place stands under ``each``."""


def places(steps: Tree) -> Written:
    """The mappings of the steps by each place that they may be called by: the outermost there."""
    known: Written = {}
    for repetition in _repeated(steps):
        inside: dict[Location, Branch] = {}
        for at, branch in _branches(repetition):
            inside.setdefault(at, branch)
        for at, branch in inside.items():
            known.setdefault(at, []).append(branch)
    return known


def _repeated(steps: Tree) -> Iterator[Tree]:
    """Each step, those under ``each`` once for every item of its list."""
    for step in steps.items if isinstance(steps, Items) else ():
        again = step.get("each") if isinstance(step, Branch) else None
        if again is None:
            yield step
        else:
            for filled in repetitions(again):
                yield from _repeated(filled)


def _branches(tree: Tree) -> Iterator[tuple[Location, Branch]]:
    """Every mapping in a step, with each place that it may be called by."""
    if isinstance(tree, Items):
        for item in tree.items:
            yield from _branches(item)
    elif isinstance(tree, Branch):
        for at in dict.fromkeys((tree.at, *tree.key_at.values())):
            yield at, tree
        for inner in tree.items.values():
            yield from _branches(inner)
