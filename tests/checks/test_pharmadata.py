"""The rules over real packages: no crash, and nothing but what was looked at and is so.

The data are CDISC's pilot study (CDISC SDTM/ADaM Pilot Project) and pharmaverse's test data. What is
listed here was read in the data; a rule that finds more has a false alarm or a new true one.
"""

from __future__ import annotations

import pytest

from mg_cdisc.checks import check_study
from mg_cdisc.checks.adam import AnalysisStudy
from mg_cdisc.checks.study import Study

from .packages import datasets
from .written import ANALYSIS, ANALYSIS_TERMS, STANDARD, TERMINOLOGY

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
    "SD-STDTC-DTC", "SD-STDTC-STDY", "SD-STRESC-STRESN", "SD-SUPP-POPULATION",
    "SD-SV-PLANNED-DAY", "SD-SV-PRESP-TV",  # SV without SVPRESP
    "SD-TERM-SPONSOR", "SD-TS-REQUIRED", "SD-TS-VCDREF",
    "SD-TS-REFERENCE-FILLED", "SD-TS-VERSION-FILLED",  # the registry's number; codes without a date
    "SD-DOSU-DOSE",  # a unit and no dose, as collected
    "SD-DTC-SV",  # samples of other days than their visit's
    "SD-STRESU-FILLED",  # haematocrit as a number without unit
}  # fmt: skip


def study_of(collection: str, *, plain: bool) -> AnalysisStudy:
    """Both packages of a collection as a study; ``plain`` without the variants of datasets."""
    study = Study(STANDARD, TERMINOLOGY)
    analyses = AnalysisStudy(
        ANALYSIS, ANALYSIS_TERMS, tabulation=study, sdtm_terminology=TERMINOLOGY
    )
    for name, label, declared, frame in datasets(f"{collection}sdtm", plain=plain):
        study.add(name, label, declared, frame)
    for name, label, declared, frame in datasets(f"{collection}adam", plain=plain):
        analyses.add(name, label, declared, frame)
    return analyses


def test_the_pilot_has_what_was_read_in_it_and_no_more() -> None:
    found = {finding.kind for finding in check_study(study_of("cdiscpilot", plain=True).tabulation)}
    assert found - LABELS == PILOT


@pytest.mark.parametrize("plain", [True, False])
def test_pharmaverse_does_not_break_a_rule(plain: bool) -> None:
    study = study_of("pharmaverse", plain=plain)
    assert check_study(study)
    found = check_study(study.tabulation)
    assert found
    # what is known of them: leading blanks of DSSPID, study days of EG counted from 0
    kinds = {(finding.kind, finding.dataset) for finding in found}
    assert ("SD-LEADING-BLANK", "DS") in kinds
    assert (("SD-DY-VALUE", "EG") in kinds) == plain  # the variants have several DM
    assert ("SD-SEQ-UNIQUE", "AE") not in kinds
