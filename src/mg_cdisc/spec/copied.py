"""Variables of an analysis dataset that were copied under their own name from another dataset.

What is known of them there (label, type, codelist) holds here too.
Rule: ADaMIG 1.3 section 3.1: a variable that is copied from SDTM or another analysis dataset
without change keeps its name, label, type and values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from mg_cdisc.derive.columns import Lookup
from mg_cdisc.derive.records import Records
from mg_cdisc.spec.models import VariableFacts
from mg_cdisc.standards import VariableFact


def copied_from(steps: Sequence[object]) -> Mapping[str, str]:
    """The dataset, source or table that each variable is copied from under its own name, by steps.

    Where rows are stacked from several, the first of them; a working variable has no facts and is
    left out.
    """
    found: dict[str, str] = {}
    for model in steps:
        if isinstance(model, Records) and model.from_:
            whence = model.from_[0]
        elif isinstance(model, Lookup) and model.from_:
            whence = model.from_
        else:
            continue
        for new, old in model.keep:
            if new == old and not new.startswith("_"):
                found.setdefault(new, whence)
    return found


def copied_fact(dataset: str, fact: VariableFact | None, own: VariableFacts | None,
                variable: str) -> VariableFact | None:  # fmt: skip
    """What a copy is, from what the standard and the spec of its origin say; None if neither does.

    Core and role are those of the origin's structure and say nothing of the copy.
    """
    if fact is None:
        if own is None or own.type is None:
            return None
        kind: Literal["Char", "Num"] = "Char" if own.type == "text" else "Num"
        fact = VariableFact(dataset, 0, variable, own.label or "", kind, "Perm")
    if own is not None:
        fact = replace(fact, label=own.label or fact.label)
        if own.codelist is not None:
            fact = replace(fact, codelists=(own.codelist,))
    return replace(fact, dataset=dataset, core="Perm", role="")
