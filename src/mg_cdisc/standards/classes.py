"""Variables of a whole general observation class: for custom domains, and beyond a domain's table.

The SDTMIG gives tables for its own domains only. A custom domain, or a variable added to a
standard domain, follows the class: the SDTM says which variables there are and in which order,
the guide's domains of the class say how they are used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from mg_cdisc.standards.facts import CORES, GENERAL_CLASSES, Core, VariableFact
from mg_cdisc.standards.model import ModelVariable, model_variables

H = TypeVar("H", bound=Hashable)
Domains = Mapping[str, tuple[VariableFact, ...]]


@dataclass(frozen=True, slots=True)
class ClassVariable:
    """A variable of a class under its generic name.

    ``listed``: some domain of the class has it in the guide's table; otherwise only the SDTM
    gives it to the class. ``model`` is ``None`` for a variable that the SDTM does not know.
    """

    fact: VariableFact
    listed: bool
    model: ModelVariable | None

    def allows(self, domain: str) -> bool:
        """Whether a domain of the class may have it."""
        return self.model is None or self.model.allows(domain)

    def in_domain(self, prefix: str) -> VariableFact:
        """The variable in one domain; DOMAIN itself has the prefix as its only value."""
        values = (prefix,) if self.fact.name == "DOMAIN" else self.fact.values
        name = with_prefix(self.fact.name, prefix)
        return replace(self.fact, dataset=prefix, name=name, values=values)


def generic_name(name: str, domain: str) -> str:
    """A variable's name with the domain's prefix as two hyphens, as the SDTM writes it.

    >>> generic_name("AESTDTC", "AE"), generic_name("EPOCH", "AE")
    ('--STDTC', 'EPOCH')
    """
    return f"--{name[2:]}" if len(name) > 2 and name.startswith(domain) else name


def with_prefix(name: str, prefix: str) -> str:
    """A generic name in one domain.

    >>> with_prefix("--STDTC", "XX"), with_prefix("EPOCH", "XX")
    ('XXSTDTC', 'EPOCH')
    """
    return prefix + name[2:] if name.startswith("--") else name


def class_tables(by_class: Mapping[str, Domains]) -> dict[str, dict[str, ClassVariable]]:
    """For each general observation class its variables by generic name, in the SDTM's order.

    Label, type, role, codelists and described domain are those that most domains with the
    variable give; without a majority the label is the SDTM's, and there are no codelists
    (``--TESTCD``). ``core`` claims only what holds throughout: a variable that some domain of the
    class lacks is Perm, else it is the weakest core given. A variable that no domain of the class
    has draws on the codelists that it has in the other classes.
    """
    given: dict[str, dict[str, list[VariableFact]]] = {}
    everywhere: dict[str, list[VariableFact]] = {}
    orders: dict[str, list[str]] = {}
    for cls in GENERAL_CLASSES:
        given[cls] = {}
        orders[cls] = list(model_variables(cls))
        for domain, variables in by_class.get(cls, {}).items():
            before = 0
            for fact in variables:
                name = generic_name(fact.name, domain)
                if name not in given[cls] and name not in orders[cls]:
                    orders[cls].insert(before, name)
                before = orders[cls].index(name) + 1
                given[cls].setdefault(name, []).append(fact)
                everywhere.setdefault(name, []).append(fact)
    tables: dict[str, dict[str, ClassVariable]] = {}
    for cls, order in orders.items():
        known, count = model_variables(cls), len(by_class.get(cls, {}))
        tables[cls] = {}
        for place, name in enumerate(order, start=1):
            model, facts = known.get(name), given[cls].get(name, [])
            fact = _merged(name, place, facts, everywhere.get(name, []), model)
            if len(facts) < count:
                fact = replace(fact, core="Perm")
            tables[cls][name] = ClassVariable(fact, bool(facts), model)
    return tables


def _merged(
    name: str,
    place: int,
    given: list[VariableFact],
    everywhere: list[VariableFact],
    model: ModelVariable | None,
) -> VariableFact:
    label = _majority(f.label for f in given)
    if label is None:
        label = model.label if model else given[0].label
    used = given or everywhere
    return VariableFact(
        dataset="",
        order=place,
        name=name,
        label=label,
        type=_most(f.type for f in given) if given or model is None else model.type,
        core=_weakest(f.core for f in given),
        role=_most(f.role for f in given) if given or model is None else model.role,
        codelists=_majority(f.codelists for f in used) or (),
        values=_majority(f.values for f in given) or (),
        described=_majority(f.described for f in used) or "",
    )


def _majority(given: Iterable[H]) -> H | None:
    values = list(given)
    if not values:
        return None
    if values.count(values[0]) == len(values):  # as nearly always, and counting is slow
        return values[0]
    counts = Counter(values)
    value, count = counts.most_common(1)[0]
    return value if 2 * count > counts.total() else None


def _most(given: Iterable[H]) -> H:
    values = list(given)
    if values.count(values[0]) == len(values):
        return values[0]
    return Counter(values).most_common(1)[0][0]


def _weakest(given: Iterable[Core]) -> Core:
    return max(given, key=CORES.index, default="Perm")
