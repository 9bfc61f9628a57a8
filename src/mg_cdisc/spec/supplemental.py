"""Supplemental qualifiers: from values on the parent's records to records of SUPP--."""

from __future__ import annotations

import numpy as np

from mg_cdisc.derive import Bound, BoundValue, Consult, Effect, Reach, Run
from mg_cdisc.errors import Location
from mg_cdisc.expression import Type
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Column, Frame, Text, missing, stack, take
from mg_cdisc.spec.catalog import SUPP_FIELD, SUPPQUAL
from mg_cdisc.spec.models import DatasetSpec
from mg_cdisc.spec.plan import BoundDataset

_ORIGIN = {"Collected": "CRF", "Derived": "Derived", "Assigned": "Assigned"}


def bind_supplemental(
    parent: str, domain: str, spec: DatasetSpec, where: Location, study: str
) -> Bound:
    """The one step that makes SUPP-- of a parent dataset.

    IDVAR is --SEQ with its number as text (``1``, never ``1.0``), blank for DM; a blank value makes
    no record. Rule: SDTMIG 3.4 section 8.4.
    """
    sequence = f"{domain}SEQ"

    def idvar(entry_idvar: str | None) -> str:
        if entry_idvar is not None:
            return entry_idvar
        return "" if domain == "DM" else sequence

    used = tuple(
        dict.fromkeys(idvar(entry.idvar) for entry in spec.supplemental if idvar(entry.idvar))
    )

    def run_step(frame: Frame, run: Run) -> Frame:
        records = run.table(parent)
        parts = []
        for entry in spec.supplemental:
            value = records.text(SUPP_FIELD + entry.QNAM)
            rows = np.flatnonzero(~missing(value))
            key = idvar(entry.idvar)
            columns: dict[str, Column] = {
                "STUDYID": Text.constant(study, len(rows)),
                "RDOMAIN": Text.constant(domain, len(rows)),
                "USUBJID": take(records["USUBJID"], rows),
                "IDVAR": Text.constant(key, len(rows)),
                "IDVARVAL": _as_text(take(records[key], rows))
                if key
                else Text.constant("", len(rows)),
                "QNAM": Text.constant(entry.QNAM, len(rows)),
                "QLABEL": Text.constant(entry.QLABEL, len(rows)),
                "QVAL": value.take(rows),
                "QORIG": Text.constant(_ORIGIN[entry.origin], len(rows)),
                "QEVAL": Text.constant(entry.QEVAL, len(rows)),
            }
            parts.append(Frame(columns, len(rows), records.origins.take(rows)))
        return stack(parts)

    values = {name: BoundValue(Type.TEXT, _never, "", origin="Assigned") for name in SUPPQUAL}
    fields = tuple(SUPP_FIELD + entry.QNAM for entry in spec.supplemental)
    return Bound(
        "supplemental",
        where,
        run_step,
        f"Supplemental qualifiers of {parent}.",
        (),
        (Consult(parent, ("USUBJID", *used, *fields)),),
        dict.fromkeys(SUPPQUAL, Type.TEXT),
        effect=Effect.ADDS,
        reach=Reach.SUBJECT,
        values=values,
    )


def supplemental_dataset(parent: BoundDataset, domain: str, study: str) -> BoundDataset:
    """SUPP-- of a dataset that has supplemental qualifiers."""
    assert parent.spec is not None
    step = bind_supplemental(parent.name, domain, parent.spec, parent.where, study)
    types = dict.fromkeys(SUPPQUAL, Type.TEXT)
    name = f"SUPP{parent.name}"
    return BoundDataset(name, "supp", (step,), types, parent.where, None, parent.name)


def _never(frame: Frame, env: object, run: Run) -> Column:
    raise AssertionError("supplemental qualifiers are made by their one step")


def _as_text(column: Column) -> Text:
    return column if isinstance(column, Text) else number_text(column)
