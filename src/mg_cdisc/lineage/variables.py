"""Lineage of variables: what each is made of, as the bound steps declare it, without any data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mg_cdisc.derive import SOURCE, SUBJECT, Bound
from mg_cdisc.derive.part import Part
from mg_cdisc.spec import Plan
from mg_cdisc.spec.plan import BoundDataset


@dataclass(frozen=True)
class Variable:
    """A variable of a dataset, or a column of a source or of a table of the spec."""

    dataset: str
    name: str

    def __str__(self) -> str:
        return f"{self.dataset}.{self.name}"


@dataclass(frozen=True)
class Made:
    """One step that makes or changes a variable: its sentence, its place, and what it reads."""

    sentence: str
    where: str
    reads: tuple[Variable, ...]


def variables(plan: Plan) -> dict[Variable, tuple[Made, ...]]:
    """Of every variable the steps that make or change it, in their order.

    ``DATASET.*`` are the records themselves: made of the records of others, and of what the
    conditions read that choose among them.
    """
    made: dict[Variable, dict[tuple[str, str], dict[Variable, None]]] = {}
    for dataset in plan.datasets.values():
        sources: dict[str, str] = {}
        for step in dataset.steps:
            for part in step.parts:
                if part.schema.is_source:
                    sources |= dict.fromkeys(part.schema.types, part.name)
            shown = [
                key for key in (*step.makes, *step.revises) if not key.startswith((SOURCE, "@"))
            ]
            for name in dict.fromkeys(("*", *shown) if step.changes_rows else shown):
                value = step.values.get(name)
                sentence = value.told if value is not None else step.sentence
                of = made.setdefault(Variable(dataset.name, name), {})
                reads = of.setdefault((sentence, str(step.where)), {})
                reads |= dict.fromkeys(_reads(dataset, step, name, sources))
    return {
        variable: tuple(Made(*told, tuple(reads)) for told, reads in steps.items())
        for variable, steps in made.items()
    }


def _reads(
    dataset: BoundDataset, step: Bound, name: str, sources: Mapping[str, str]
) -> Iterator[Variable]:
    def named(owner: str, key: str) -> Variable:
        if key.startswith(SOURCE):
            return Variable(
                sources.get(key, owner) if owner == dataset.name else owner, key[len(SOURCE) :]
            )
        return Variable(owner, "USUBJID" if key == SUBJECT else key)

    for part in step.parts:
        owner = part.name or dataset.name
        if name == "*":
            yield Variable(owner, "*")
            used = (part.where.reads if part.where is not None else (), part.by)
            keys = [key for reads in (*used, *(o.typed.reads for o in part.order)) for key in reads]
        else:
            keys = list(_made_of(part, name))
        for key in keys:
            yield named(owner if key in part.schema.types else dataset.name, key)
    value = step.values.get(name)
    if not step.parts:
        keys = list(value.reads if value is not None else step.reads)
        yield from (named(dataset.name, key) for key in keys)
        consults = value.consults if value is not None and value.consults else step.consults
    else:
        consults = value.consults if value is not None else ()
    for consult in consults:
        yield from (named(consult.name, key) for key in consult.columns)
    if value is not None and value.predecessor:
        owner, _, variable = value.predecessor.partition(".")
        yield Variable(owner, variable)


def _made_of(part: Part, name: str) -> tuple[str, ...]:
    """The columns of the source, or of the new rows, that a variable is made of."""
    unpivot = part.step.unpivot
    if name in part.values:
        return part.values[name].reads
    if name in part.aggregates:
        return part.aggregates[name].reads
    if name in part.kept:
        return (part.kept[name][0],)
    if name in part.trace.types:
        return part.trace.reads if name == "SRCSEQ" else ()
    if unpivot is not None and name in unpivot.values:
        keys = ((SOURCE + each, each) for each in part.named)
        return tuple(one if one in part.schema.types else other for one, other in keys)
    if name in part.by_names:
        return (dict(zip(part.by_names, part.by, strict=True))[name],)
    if name == "USUBJID" and name not in part.schema.types:
        return (SUBJECT,)
    return (name,) if name in part.schema.types and part.passes(name) else ()


def reached(
    made: Mapping[Variable, tuple[Made, ...]], asked: Variable, *, forward: bool
) -> dict[Variable, int]:
    """The variables that one goes back to, or on to, each with its distance."""
    following: dict[Variable, list[Variable]] = {}
    for variable, steps in made.items():
        for step in steps:
            for read in step.reads:
                if forward:
                    following.setdefault(read, []).append(variable)
                else:
                    following.setdefault(variable, []).append(read)
    found, open_ = {asked: 0}, [asked]
    while open_:
        each = open_.pop(0)
        for other in following.get(each, ()):
            if other not in found:
                found[other] = found[each] + 1
                open_.append(other)
    return found


__all__ = ["Made", "Variable", "reached", "variables"]
