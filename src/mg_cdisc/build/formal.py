"""The formal expression of a method: the lines of the spec that make the variable.

What the English sentence says in words stands here in the mapping language, with the working
variables that it needs above it. Rule: Define-XML 2.1, FormalExpression of MethodDef.
"""

from __future__ import annotations

from functools import lru_cache

import yaml

from mg_cdisc.derive import Bound, BoundValue
from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.spec.tree import Branch, Items, Leaf, plain
from mg_cdisc.spec.written import Written

Makers = list[tuple[Bound, BoundValue]]


def formal_expression(plan: Plan, dataset: BoundDataset, name: str, makers: Makers) -> str:
    """The steps that make (and change) a variable, as the spec has them; '' where it has none."""
    loaded = plan.files.datasets.get(dataset.name)
    if loaded is None:
        return ""
    made: dict[str, None] = {}
    _gather(dataset, loaded.written, name, makers, made, {name})
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
    dataset: BoundDataset, known: Written, name: str, makers: Makers,
    made: dict[str, None], seen: set[str],
) -> None:  # fmt: skip
    """Adds the lines of a variable behind those of the working variables that it reads."""
    steps = [step for step, _ in makers] + list(dataset.revisions(name))
    for key in [key for _, value in makers for key in value.reads]:
        if key.startswith("_") and key not in seen:
            seen.add(key)
            _gather(dataset, known, key, list(dataset.makers(key)), made, seen)
    for step in steps:
        lines = (_line(branch, name) for branch in _written(dataset, known, step, name))
        made |= {line: None for line in lines if line}


def _written(dataset: BoundDataset, known: Written, step: Bound, name: str) -> list[Branch]:
    """What was written of a step: of several that ``each`` repeats, its own repetition.

    Where a short form in the repetition made several steps at the same place, those repetitions
    that name the variable, else all of them.
    """
    branches = known.get(step.where, [])
    here = dataset.steps_at[step.where]
    if len(branches) == len(here):
        return [branch for branch, other in zip(branches, here, strict=True) if other is step]
    return [branch for branch in branches if _names(branch, name)] or branches


def _names(step: Branch, name: str) -> bool:
    inner = next(iter(step.items.values()))
    chosen = inner.get("set") if isinstance(inner, Branch) else None
    return name in step.items or (isinstance(chosen, Branch) and name in chosen.items)


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
    if isinstance(value, dict):
        inside = (f"{_flow_text(str(key))}: {_flow(each)}" for key, each in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return _flow_text(str(value))


@lru_cache(maxsize=1 << 14)
def _flow_text(text: str) -> str:
    """One text, with quotes where YAML needs them within braces and brackets."""
    dumped: str = yaml.safe_dump([text], default_flow_style=True, width=1 << 30, allow_unicode=True)
    return dumped.strip()[1:-1]
