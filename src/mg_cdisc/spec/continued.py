"""Text over 200 bytes: what does not fit a variable goes on in qualifiers or in numbered variables.

A variable with ``continues`` keeps the first part of its text, cut between words. The other parts
are supplemental qualifiers AEACNOT1, AEACNOT2 ... of AEACNOTH; in CO and TS they are the variables
COVAL1 ... and TSVAL1 ... Rule: SDTMIG 3.4 section 4.5.3.2, CO assumption 3, TS assumption 8.
"""

from __future__ import annotations

from dataclasses import replace

from mg_cdisc.derive import Facts
from mg_cdisc.derive.assign import Assign
from mg_cdisc.errors import Finding
from mg_cdisc.expression import ExpressionError, Type
from mg_cdisc.spec.catalog import StudyCatalog
from mg_cdisc.spec.expand import to_tree
from mg_cdisc.spec.load import Loaded
from mg_cdisc.spec.models import DatasetSpec, Supplemental
from mg_cdisc.spec.plan import BoundDataset
from mg_cdisc.spec.steps import ParsedStep
from mg_cdisc.spec.tree import Branch, Items, Tree, locate
from mg_cdisc.standards import CONTINUED, GENERAL_CLASSES

MOST = 9
"""Parts beyond the first: their numbers have one digit."""
_ORIGINS = ("Collected", "Derived")


def continuations(spec: DatasetSpec | None) -> tuple[str, ...]:
    """The variables of a dataset whose text goes on elsewhere."""
    named = spec.variables.items() if spec is not None else ()
    return tuple(name for name, own in named if own.continues)


def qualifiers_of(variable: str) -> tuple[str, ...]:
    """The QNAMs of the parts beyond the first.

    >>> qualifiers_of("AEACNOTH")[:2]
    ('AEACNOT1', 'AEACNOT2')
    """
    return tuple(f"{variable[:7]}{number}" for number in range(1, MOST + 1))


def continue_text(
    name: str, loaded: Loaded, made: tuple[str, ...], catalog: StudyCatalog, findings: list[Finding]
) -> tuple[Loaded, list[ParsedStep]]:
    """The spec with the qualifiers of its continued variables, and steps for numbered variables.

    A variable that the dataset does not make is a mistake told elsewhere.
    """
    steps: list[ParsedStep] = []
    entries: list[Supplemental] = []
    trees: list[Tree] = []
    for variable in continuations(loaded.spec):
        at = locate(loaded.tree, ("variables", variable, "continues"))[0]
        facts = _facts(name, variable, catalog)
        if variable not in made or facts is None:
            continue
        fault = _fault(name, loaded, facts, catalog)
        if fault:
            what, todo = fault
            what = f"variables.{variable}.continues: {what}"
            findings.append(Finding(at, "bad-value", what, todo, dataset=name, variable=variable))
            continue
        for number, qnam in enumerate(qualifiers_of(variable), 1):
            value = f"piece({variable}, {number + 1})"
            if variable in CONTINUED:
                key = f"{variable}{number}"
                branch = Branch({key: to_tree(value, at)}, at, {key: at})
                steps.append(ParsedStep(key, Assign.model_validate(value), branch))
                continue
            label = f"{facts.label[:38].rstrip()} {number}"
            entries.append(_qualifier(loaded.spec, variable, qnam, label, value))
            trees.append(to_tree({"QNAM": qnam, "QLABEL": label, "assign": value}, at))
    return (_with(loaded, entries, trees) if entries else loaded), steps


def _facts(name: str, variable: str, catalog: StudyCatalog) -> Facts | None:
    try:
        return catalog.facts(name, variable)
    except ExpressionError:  # told where the variable is made
        return None


def _fault(
    name: str, loaded: Loaded, facts: Facts, catalog: StudyCatalog
) -> tuple[str, str] | None:
    known = catalog.dataset_fact(name)
    cls = loaded.spec.class_ or (known.cls if known is not None else "")
    if facts.type is not Type.TEXT:
        return f"it is a {facts.type}, and only text is cut", "Drop it."
    if loaded.kind == "adam" or not (
        cls in GENERAL_CLASSES or cls == "Special-Purpose" or facts.name in CONTINUED
    ):
        return f"{name} has no supplemental qualifiers", "Shorten the text with a step."
    return None


def _qualifier(spec: DatasetSpec, variable: str, qnam: str, label: str, value: str) -> Supplemental:
    given = {"QNAM": qnam, "QLABEL": label, "assign": value}
    pages = list(spec.variables[variable].pages)
    return Supplemental.model_validate({**given, "pages": pages})


def _with(loaded: Loaded, entries: list[Supplemental], trees: list[Tree]) -> Loaded:
    tree = loaded.tree
    listed = tree.items.get("supplemental")
    there = listed.items if isinstance(listed, Items) else ()
    at = listed.at if listed is not None else trees[0].at
    items = {**tree.items, "supplemental": Items((*there, *trees), at)}
    key_at = {**tree.key_at, "supplemental": tree.key_at.get("supplemental", at)}
    spec = loaded.spec.model_copy(update={"supplemental": (*loaded.spec.supplemental, *entries)})
    return replace(loaded, spec=spec, tree=Branch(items, tree.at, key_at))


def with_origins(dataset: BoundDataset) -> BoundDataset:
    """The qualifiers of a continued variable have its origin, known once its steps are bound."""
    spec = dataset.spec
    if spec is None or not continuations(spec):
        return dataset
    origin_of = {
        qnam: _origin(dataset, variable)
        for variable in continuations(spec)
        for qnam in qualifiers_of(variable)
        if variable not in CONTINUED
    }
    entries = tuple(
        entry.model_copy(update={"origin": origin_of[entry.QNAM]})
        if entry.QNAM in origin_of
        else entry
        for entry in spec.supplemental
    )
    return replace(dataset, spec=spec.model_copy(update={"supplemental": entries}))


def _origin(dataset: BoundDataset, variable: str) -> str:
    assert dataset.spec is not None
    given = dataset.spec.variables[variable].origin
    made = {value.origin for _, value in dataset.makers(variable)}
    if given is None and dataset.revisions(variable):
        given = "Derived"
    origin = given or (made.pop() if len(made) == 1 else "Derived")
    return origin if origin in _ORIGINS else "Assigned"
