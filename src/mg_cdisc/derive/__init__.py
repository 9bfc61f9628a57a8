"""The derivation steps: one module per family, and the tables from a step's key to its model.

The tables are explicit: what is not listed here is not part of the language.
"""

from __future__ import annotations

from mg_cdisc.derive.base import (
    SOURCE,
    SUBJECT,
    Bound,
    BoundValue,
    Catalog,
    Consult,
    Effect,
    Facts,
    Model,
    Reach,
    Run,
    Schema,
    Scope,
    Step,
    Value,
    merge_consults,
    merge_reads,
)
from mg_cdisc.derive.columns import Lookup, Revise, bind_variable
from mg_cdisc.derive.fill import Fill
from mg_cdisc.derive.records import Records
from mg_cdisc.derive.rows import Check, Exclude, Pick
from mg_cdisc.derive.sugar import SUGAR, Sugar
from mg_cdisc.derive.values import VALUES, AnyValue, value_kind

STEPS: dict[str, type[Step]] = {
    "records": Records,
    "fill": Fill,
    "exclude": Exclude,
    "pick": Pick,
    "revise": Revise,
    "lookup": Lookup,
    "check": Check,
}

__all__ = [
    "SOURCE",
    "STEPS",
    "SUBJECT",
    "SUGAR",
    "VALUES",
    "AnyValue",
    "Bound",
    "BoundValue",
    "Catalog",
    "Consult",
    "Effect",
    "Facts",
    "Model",
    "Reach",
    "Run",
    "Schema",
    "Scope",
    "Step",
    "Sugar",
    "Value",
    "bind_variable",
    "merge_consults",
    "merge_reads",
    "value_kind",
]
