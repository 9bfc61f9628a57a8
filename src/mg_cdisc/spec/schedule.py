"""The order of all steps of a study, found by variable and not by dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mg_cdisc.derive import Bound
from mg_cdisc.errors import Finding, SpecError

if TYPE_CHECKING:
    from mg_cdisc.spec.bind import BoundDataset

Node = tuple[str, int]


def ready_at(steps: tuple[Bound, ...], columns: tuple[str, ...]) -> int:
    """The last step after which a reader elsewhere may read these columns.

    A variable is readable once no later step changes its rows or its value.
    """
    last = 0
    for position, step in enumerate(steps):
        touched = step.changes_rows or any(
            column in step.makes or column in step.revises for column in columns
        )
        if touched:
            last = position
    return last


def schedule(datasets: Mapping[str, BoundDataset]) -> tuple[Node, ...]:
    """All steps in an order that satisfies every reader; a circle is a SpecError that names it."""
    waits: dict[Node, list[Node]] = {}
    for name, dataset in datasets.items():
        for position, step in enumerate(dataset.steps):
            before: list[Node] = [(name, position - 1)] if position else []
            for consult in step.consults:
                other = datasets.get(consult.name)
                if other is not None:
                    before.append((consult.name, ready_at(other.steps, consult.columns)))
            waits[name, position] = before
    order: list[Node] = []
    state: dict[Node, int] = {}
    for start in waits:
        _visit(start, waits, state, order, datasets)
    return tuple(order)


def _visit(
    start: Node,
    waits: Mapping[Node, list[Node]],
    state: dict[Node, int],
    order: list[Node],
    datasets: Mapping[str, BoundDataset],
) -> None:
    """Depth first without recursion: 1 is being visited, 2 done."""
    if state.get(start) == 2:
        return
    path: list[tuple[Node, int]] = [(start, 0)]
    state[start] = 1
    while path:
        node, following = path[-1]
        if following < len(waits[node]):
            path[-1] = (node, following + 1)
            other = waits[node][following]
            if state.get(other) == 1:
                raise SpecError([_cycle([each for each, _ in path], other, datasets)])
            if state.get(other) != 2:
                state[other] = 1
                path.append((other, 0))
            continue
        state[node] = 2
        order.append(node)
        path.pop()


def _cycle(path: list[Node], back: Node, datasets: Mapping[str, BoundDataset]) -> Finding:
    circle = path[path.index(back) :]
    shown = " -> ".join(
        f"{name}.{datasets[name].steps[position].label} ({datasets[name].steps[position].where})"
        for name, position in [*circle, back]
    )
    name, position = back
    return Finding(
        datasets[name].steps[position].where,
        "cycle",
        f"steps wait for each other: {shown}",
        "Split one of the steps so that what the other needs is final before it.",
        dataset=name,
    )
