"""The order of all steps of a study, found by variable and not by dataset.

Within a dataset a step follows the steps above it that it has to do with: those that shape rows,
and those that make or change what it reads or changes. What it has nothing to do with does not hold
it up, so that EX can read an arm of DM while a variable of DM higher up reads dates of EX.
"""

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


def ready_after(steps: tuple[Bound, ...], columns: tuple[str, ...]) -> list[int]:
    """Every step that a reader elsewhere of these columns has to wait for."""
    shapers = [position for position, step in enumerate(steps) if step.changes_rows]
    wanted = set(columns)
    makers = [
        position
        for position, step in enumerate(steps)
        if wanted.intersection(step.makes) or wanted.intersection(step.revises)
    ]
    return sorted({*shapers[-1:], *makers} or {0})


def above(steps: tuple[Bound, ...]) -> list[list[int]]:
    """For each step of a dataset the steps above that it must follow."""
    made: list[list[int]] = []
    barrier = -1
    for position, step in enumerate(steps):
        before = [barrier] if barrier >= 0 else []
        if step.changes_rows:
            before = list(range(max(barrier, 0), position))
            barrier = position
        else:
            concerned = {*step.reads, *step.makes, *step.revises}
            before += [
                other
                for other in range(barrier + 1, position)
                if concerned.intersection(steps[other].makes)
                or concerned.intersection(steps[other].revises)
                or set(step.revises).intersection(steps[other].reads)
            ]
        made.append(before)
    return made


def schedule(datasets: Mapping[str, BoundDataset]) -> tuple[Node, ...]:
    """All steps in an order that satisfies every reader; a circle is a SpecError that names it."""
    waits: dict[Node, list[Node]] = {}
    for name, dataset in datasets.items():
        follows = above(dataset.steps)
        for position, step in enumerate(dataset.steps):
            before: list[Node] = [(name, other) for other in follows[position]]
            for consult in step.consults:
                other = datasets.get(consult.name)
                if other is not None:
                    ready = ready_after(other.steps, consult.columns)
                    before += [(consult.name, each) for each in ready]
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
