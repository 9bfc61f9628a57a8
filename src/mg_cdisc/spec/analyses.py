"""Whether endpoints.yaml speaks of datasets, variables and populations that are there, and as what.

A filter is a conjunction of variables compared with constants: define.xml can say no other in a
where-clause, and an analysis that needs more lacks a flag in its dataset.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mg_cdisc.errors import Finding, nearest, one_of
from mg_cdisc.expression import (
    ExpressionError,
    Name,
    Node,
    Type,
    Typed,
    bind_condition,
    range_checks,
)
from mg_cdisc.expression.nodes import Compare, Junction, Literal, Path, Within
from mg_cdisc.expression.ranges import Check
from mg_cdisc.spec.endpoints import Analysis, Endpoints, Population
from mg_cdisc.spec.tree import Tree, locate

SUBJECT = "USUBJID"
Types = Mapping[str, Type]
"""The types of a dataset's variables."""


@dataclass(frozen=True, slots=True)
class _Variables:
    """The variables of one dataset, to resolve the names of a filter."""

    dataset: str
    types: Types

    def resolve(self, name: Name) -> tuple[str, Type]:
        if not name.scope and name.name in self.types:
            return name.name, self.types[name.name]
        todo = nearest(name.name, self.types) or f"Variables: {one_of(list(self.types), 60)}."
        what = f"{self.dataset} has no variable {name}"
        raise ExpressionError(what, todo, "unknown-variable")


def bind_filter(node: Node, dataset: str, types: Types) -> tuple[Typed, tuple[Check, ...]]:
    """A filter on the variables of a dataset, and its checks as define.xml says them.

    Raises ExpressionError for an unknown variable, types that don't fit, and a filter that range
    checks cannot say.
    """
    typed = bind_condition(node, _Variables(dataset, types))
    checks = range_checks(typed.node)
    if checks is None or len(checks) != 1:
        raise ExpressionError(
            "this filter cannot be said in define.xml",
            "Compare variables with constants that are not blank, joined by and; for anything else "
            "make a flag in the dataset (ANLzzFL).",
            "endpoint-filter",
        )
    return typed, checks[0]


def written(where: Node) -> str:
    """A filter as it is written in the spec.

    >>> from mg_cdisc.expression import parse
    >>> written(parse("ANL01FL='Y' and AVISITN in (1,2.5)"))
    "ANL01FL = 'Y' and AVISITN in (1, 2.5)"
    """
    match where:
        case Junction():
            return f" {where.operator} ".join(map(written, where.operands))
        case Compare():
            return f"{written(where.left)} {where.operator} {written(where.right)}"
        case Within():
            word = "not in" if where.negated else "in"
            return f"{written(where.operand)} {word} ({', '.join(map(written, where.items))})"
        case Literal(value=str(text)):
            quoted = text.replace("'", "''")
            return f"'{quoted}'"
        case Literal(value=number):
            return f"{number:g}"
    return str(where)


def review_endpoints(
    endpoints: Endpoints,
    tree: Tree,
    datasets: Mapping[str, Types],
    broken: Collection[str],
) -> list[Finding]:
    """What is wrong with endpoints.yaml beside the datasets of the study.

    ``datasets`` are the analysis datasets; what a dataset in ``broken`` has is not asked.
    """
    review = _Review(tree, datasets, broken)
    for name, population in endpoints.populations.items():
        path: Path = ("populations", name)
        types = review.dataset(population.dataset, path)
        if types is None:
            continue
        review.condition(population.where, population.dataset, types, (*path, "where"))
        review.variable(SUBJECT, population.dataset, types, (*path, "dataset"))
        if endpoints.groups is not None:
            review.variable(endpoints.groups, population.dataset, types, ("groups",))
    for name, endpoint in endpoints.endpoints.items():
        for each, analysis in endpoint.results.items():
            review.analysis(analysis, ("endpoints", name, "results", each), endpoints.populations)
    return list(dict.fromkeys(review.findings))


class _Review:
    """Collects what is wrong, each at its line."""

    def __init__(self, tree: Tree, datasets: Mapping[str, Types], broken: Collection[str]) -> None:
        self.tree, self.datasets, self.broken = tree, datasets, broken
        self.findings: list[Finding] = []

    def add(self, path: Path, kind: str, what: str, todo: str) -> None:
        at, shown = locate(self.tree, path)
        self.findings.append(Finding(at, kind, f"{shown}: {what}", todo))

    def dataset(self, name: str, path: Path) -> Types | None:
        """The types of a dataset's variables; None where it is not known."""
        if name not in self.datasets and name not in self.broken:
            todo = nearest(name, self.datasets)
            todo = todo or f"Analysis datasets: {one_of(list(self.datasets)) or 'none'}."
            what = f"there is no analysis dataset {name}"
            self.add((*path, "dataset"), "unknown-name", what, todo)
        return self.datasets.get(name)

    def condition(self, node: Node, dataset: str, types: Types, path: Path) -> None:
        try:
            bind_filter(node, dataset, types)
        except ExpressionError as error:
            for each in error.each():
                self.add(path, each.kind, each.what, each.todo)

    def variable(self, name: str, dataset: str, types: Types, path: Path) -> bool:
        if name not in types:
            todo = nearest(name, types) or f"Variables: {one_of(list(types), 60)}."
            self.add(path, "unknown-variable", f"{dataset} has no variable {name}", todo)
        return name in types

    def analysis(
        self, analysis: Analysis, path: Path, populations: Mapping[str, Population]
    ) -> None:
        if analysis.population not in populations:
            known = list(populations)
            todo = nearest(analysis.population, known) or f"Populations: {one_of(known)}."
            what = f"there is no population {analysis.population}"
            self.add((*path, "population"), "unknown-name", what, todo)
        types = self.dataset(analysis.dataset, path)
        if types is None:
            return
        self.condition(analysis.where, analysis.dataset, types, (*path, "where"))
        self.variable(SUBJECT, analysis.dataset, types, (*path, "dataset"))
        across = analysis.count.across if analysis.count is not None else {}
        for names, place in ((analysis.by, ("by",)), (across, ("count", "across"))):
            for name in names:
                self.variable(name, analysis.dataset, types, (*path, *place, name))
        at = (*path, analysis.kind)
        for name in dict.fromkeys(analysis.values):
            known_here = self.variable(name, analysis.dataset, types, at)
            if known_here and name in analysis.numeric and types[name] is not Type.NUMBER:
                what = f"{name} of {analysis.dataset} is a {types[name]}, and a number is needed"
                self.add(at, "wrong-type", what, "Name a numeric variable.")
