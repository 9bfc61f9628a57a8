"""The SDTM's own variables for the general observation classes, for trials in humans.

The SDTMIG's tables are a selection from the model. A domain may have any variable that the model
gives its class, unless the model keeps the variable to other domains. ``data/sdtm-2.0.tsv`` holds
these facts, kept by hand: classes, name, type, role, domains, label. ``domains`` lists the only
domains that may have the variable, or after ``not`` those that may not. Rule: SDTM 2.0 section
3.1, without what it excludes from human trials; TR's locations: SDTMIG 3.4, TR assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

from mg_cdisc.standards.facts import Type
from mg_cdisc.standards.store import shipped_text


@dataclass(frozen=True, slots=True)
class ModelVariable:
    """A variable of the model, under its generic name (``--STDTC``)."""

    name: str
    type: Type
    role: str
    label: str
    only: frozenset[str]
    never: frozenset[str]

    def allows(self, domain: str) -> bool:
        """Whether a domain of the variable's class may have it."""
        return domain not in self.never and (not self.only or domain in self.only)


@cache
def model_variables(cls: str) -> dict[str, ModelVariable]:
    """The model's variables for a class by generic name: identifiers, topic, qualifiers, timing.

    Findings About has the variables of Findings and --OBJ.
    """
    own = {"Any", cls, "Findings"} if cls == "Findings About" else {"Any", cls}
    found = {}
    for line in (shipped_text("sdtm-2.0.tsv") or "").splitlines():
        classes, name, type_, role, domains, label = line.split("\t")
        if own.isdisjoint(classes.split("; ")):
            continue
        listed = frozenset(filter(None, domains.removeprefix("not ").split("; ")))
        never = domains.startswith("not ")
        found[name] = ModelVariable(
            name=name,
            type=cast("Type", type_),
            role=role,
            label=label,
            only=frozenset() if never else listed,
            never=listed if never else frozenset(),
        )
    return found
