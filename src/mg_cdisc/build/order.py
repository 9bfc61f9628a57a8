"""The order of a tabulation dataset's variables."""

from __future__ import annotations

from collections.abc import Callable

from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.standards import CONTINUED, VariableFact


def sdtm_order(plan: Plan, dataset: BoundDataset, names: list[str]) -> list[str]:
    """The standard's order; a variable of the model stands where its class has it."""
    catalog = plan.catalog
    domain = catalog.domain(dataset.name)
    known = [fact.name for fact in catalog.sdtm.variables(dataset.name, domain)]
    spec = dataset.spec
    fact = catalog.dataset_fact(dataset.name)
    cls = (spec.class_ if spec and spec.class_ else None) or (fact.cls if fact else "")
    if cls in ("Interventions", "Events", "Findings", "Findings About"):
        model = [each.name for each in catalog.sdtm.class_variables(cls, domain)]
        known = _merge_order(known, [name for name in model if name in names])
        for name in names:
            if name not in known:
                known = _put_by_role(known, name, lambda n: catalog.variable_fact(dataset.name, n))
    place = {name: position for position, name in enumerate(known)}

    def key(name: str) -> tuple[int, int]:
        base = name[:-1] if name[:-1] in CONTINUED else name  # COVAL1 stands behind COVAL
        return place.get(base, len(place)), names.index(name)

    return sorted(names, key=key)


def _merge_order(base: list[str], more: list[str]) -> list[str]:
    """Names of ``more`` that ``base`` lacks, put behind the one that precedes them there."""
    merged = list(base)
    before = -1
    for name in more:
        if name in merged:
            before = merged.index(name)
        else:
            before += 1
            merged.insert(before, name)
    return merged


def _put_by_role(
    known: list[str], name: str, fact_of: Callable[[str], VariableFact | None]
) -> list[str]:
    """A variable that only the model has, behind those of its kind.

    Identifiers stand first, then topic and qualifiers, then timing. Rule: SDTMIG 3.4 section 4.1.4.
    """

    def kind(name: str) -> int:
        fact = fact_of(name)
        role = fact.role if fact else ""
        return 0 if role == "Identifier" else 2 if role == "Timing" else 1

    if fact_of(name) is None:
        return known
    before = [position for position, each in enumerate(known) if kind(each) <= kind(name)]
    position = before[-1] + 1 if before else 0
    return [*known[:position], name, *known[position:]]
