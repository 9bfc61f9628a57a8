"""A standard in one version: its datasets and variables, and what follows from them by rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mg_cdisc.standards.classes import ClassVariable, class_tables
from mg_cdisc.standards.facts import CONTINUED, DatasetFact, Kind, VariableFact
from mg_cdisc.standards.form import DatasetBlock
from mg_cdisc.standards.patterns import match_name

_SUPPQUAL = "SUPPQUAL"
_FURTHER = re.compile(f"({'|'.join(CONTINUED)})([1-9])")
_SUPP_NAME = re.compile("SUPP([A-Z][A-Z0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class Standard:
    """SDTMIG or ADaMIG in one version.

    ``datasets`` holds what the guide itself names, in its order; ``dataset`` and ``variables``
    also know what it gives by rule: SUPP-- datasets and, told the domain, split datasets.
    """

    name: str
    version: str
    kind: Kind
    datasets: Mapping[str, DatasetFact] = field(repr=False)
    facts: Mapping[str, Mapping[str, VariableFact]] = field(repr=False)
    classes: dict[str, dict[str, ClassVariable]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def of(cls, kind: Kind, name: str, version: str, blocks: list[DatasetBlock]) -> Standard:
        """The standard made of its dataset blocks, in their order."""
        datasets = {d.name: d for d, _ in blocks}
        facts = {d.name: {v.name: v for v in variables} for d, variables in blocks}
        return cls(name, version, kind, datasets, facts)

    def dataset(self, name: str, domain: str | None = None) -> DatasetFact | None:
        """The facts of a dataset, or ``None`` if the guide has no such dataset.

        ``SUPPxx`` is SUPPQUAL with its label completed. A split dataset (``QSMM``) has the facts
        of its ``domain`` (``QS``) under its own name; without ``domain`` nothing is guessed.
        """
        key = self._key(name, domain)
        if key is None:
            return None
        fact = self.datasets[key]
        if key == _SUPPQUAL != name:
            return replace(fact, name=name, label=f"Supplemental Qualifiers for {name[4:]}")
        return fact if key == name else replace(fact, name=name)

    def variables(self, dataset: str, domain: str | None = None) -> tuple[VariableFact, ...]:
        """The variables of a dataset in the standard's order; none if it has no such dataset.

        In ``SUPPxx`` RDOMAIN has the parent domain as its value. An ADaM structure without a
        table of its own (TTE) has that of the structure it is a subclass of (BDS).
        """
        key = self._table(dataset, domain)
        if key is None:
            return ()
        return tuple(self._named(v, key, dataset, domain) for v in self.facts[key].values())

    def variable(self, dataset: str, name: str, domain: str | None = None) -> VariableFact | None:
        """The facts of one variable by its exact name, or ``None``."""
        key = self._table(dataset, domain)
        if key is None:
            return None
        fact = self.facts[key].get(name)
        further = _FURTHER.fullmatch(name)
        if fact is None and further is not None and further[1] in self.facts[key]:
            first = self.facts[key][further[1]]
            fact = replace(first, name=name, label=f"{first.label} {further[2]}", core="Perm")
        return None if fact is None else self._named(fact, key, dataset, domain)

    def match(self, structure: str, name: str) -> VariableFact | None:
        """The ADaM variable that ``name`` falls under, patterns completed, or ``None``.

        ``TRT01P`` is TRTxxP with the label "Planned Treatment for Period 01". An exact name goes
        first. A structure that the guide gives no table for (OCCDS) has no facts here.
        """
        key = self._table(structure, None)
        if key is None:
            return None
        exact = self.facts[key].get(name)
        found = exact if exact is not None else match_name(name, self.facts[key].values())
        return None if found is None else self._named(found, key, structure, None)

    def class_variables(self, cls: str, prefix: str) -> tuple[VariableFact, ...]:
        """All variables that any domain of a general observation class has, for domain ``prefix``.

        Identifiers, topic, qualifiers, timing in the SDTM's order; ``order`` is the place in the
        whole class. What the SDTM keeps to other domains (AESINTV, CPGATE) is left out. For a
        class that is not a general observation class there are none.
        """
        variables = self._class(cls).values()
        return tuple(v.in_domain(prefix) for v in variables if v.listed and v.allows(prefix))

    def qualifier(self, cls: str, name: str) -> VariableFact | None:
        """A variable that the SDTM allows in a domain whose table in the guide lacks it.

        ``None`` if it does not. ``name`` is the full name (``AELAT``), whose first two letters are
        the domain, and may be a timing or identifier variable as well. It is Perm; ``order`` is
        its place in the whole class, the same as in ``class_variables``. Rule: SDTMIG 3.4 section
        2.5: variables of the class may be added to a domain, anything else belongs in SUPP--.
        """
        table = self._class(cls)
        generic = name if name in table else f"--{name[2:]}"
        found = table.get(generic)
        if found is None or not found.allows(name[:2]) or name.startswith("--"):
            return None
        dataset = name[:2] if generic != name else ""
        return replace(found.fact, dataset=dataset, name=name, core="Perm", values=())

    def _class(self, cls: str) -> dict[str, ClassVariable]:
        if not self.classes and self.kind == "SDTM":
            by_class: dict[str, dict[str, tuple[VariableFact, ...]]] = {}
            for d in self.datasets.values():
                by_class.setdefault(d.cls, {})[d.name] = tuple(self.facts[d.name].values())
            self.classes.update(class_tables(by_class))
        return self.classes.get(cls, {})

    def _table(self, name: str, domain: str | None) -> str | None:
        """The dataset of the guide whose table of variables a dataset follows."""
        key = self._key(name, domain)
        if key is None or self.facts[key]:
            return key
        cls = self.datasets[key].cls
        same = (d.name for d in self.datasets.values() if d.cls == cls and not d.subclass)
        return next(same, None)

    def _key(self, name: str, domain: str | None) -> str | None:
        """The guide's own dataset whose facts a dataset has."""
        if name in self.datasets:
            return name
        if _SUPPQUAL in self.datasets and _SUPP_NAME.fullmatch(name):
            return _SUPPQUAL
        return domain if domain in self.datasets else None

    def _named(
        self, fact: VariableFact, key: str, dataset: str, domain: str | None
    ) -> VariableFact:
        if key == dataset:
            return fact
        if key == _SUPPQUAL and fact.name == "RDOMAIN":
            return replace(fact, dataset=dataset, values=(domain or dataset[4:6],))
        return replace(fact, dataset=dataset)
