"""Faults of subjects: demographics, disposition, exposure, elements."""

from __future__ import annotations

from .edits import Fault, drop, every, fault, last_seq, later, one_subject, put, repeat, shift

NONE = float("nan")
TREATED = "ARMCD != ''"
FAILED = "ARMNRS == 'SCREEN FAILURE'"

# fmt: off
FAULTS: list[Fault] = [
    fault("arm-gone", "ARMCD without ARM", put("DM", TREATED, ARM="")),
    fault("armcd-gone", "ARM without ARMCD", put("DM", TREATED, ARMCD=""), names="ARMCD ARM"),
    fault("armcd-none", "ARMCD is no arm of TA", put("DM", TREATED, ARMCD="ARMX", ARM="Arm X"), names="ARMCD ARM"),
    fault("arm-name", "ARM is not the name of ARMCD in TA", put("DM", TREATED, ARM="HN 2301"), names="ARM ARMCD"),
    fault("actarm-none", "ACTARMCD is no arm of TA", put("DM", TREATED, ACTARMCD="ARMY", ACTARM="Arm Y"), names="ACTARMCD ACTARM"),
    fault("actarm-gone", "ACTARMCD without ACTARM", put("DM", TREATED, ACTARM="")),
    fault("armnrs-both", "a reason for no arm beside an arm", put("DM", TREATED, ARMNRS="NOT ASSIGNED")),
    fault("armnrs-gone", "neither an arm nor a reason", put("DM", FAILED, ARMNRS="")),
    fault("arm-failure", "a screen failure has an arm", put("DM", FAILED, ARMCD="HN2301", ARM="HN2301", ACTARMCD="HN2301", ACTARM="HN2301"), names="ARMNRS ARMCD ARM"),
    fault("armcd-long", "ARMCD of more than 20 letters", put("DM", TREATED, ARMCD="HN2301-COHORT-NUMBER-ONE"), names="ARMCD"),
    fault("rfst-gone", "a treated subject without RFSTDTC", put("DM", TREATED, RFSTDTC="")),
    fault("rfst-failure", "a screen failure with RFSTDTC", put("DM", FAILED, RFSTDTC="2025-02-01")),
    fault("rfxst-gone", "a treated subject without RFXSTDTC", put("DM", TREATED, RFXSTDTC="")),
    fault("rfxst-other", "RFXSTDTC is not the first infusion", put("DM", TREATED, RFXSTDTC=later("RFXSTDTC", 1))),
    fault("rfxen-other", "RFXENDTC is not the end of the last infusion", put("DM", TREATED, RFXENDTC=later("RFXENDTC", 2))),
    fault("rfxen-gone", "a treated subject without RFXENDTC", put("DM", TREATED, RFXENDTC="")),
    fault("rfen-before", "RFENDTC before RFSTDTC", put("DM", "RFENDTC != ''", RFENDTC=lambda r: shift(r.RFSTDTC[:10], -1))),
    fault("rfic-other", "RFICDTC is not the consent of DS", put("DM", RFICDTC=later("RFICDTC", -3)), dataset="DM DS", names="RFICDTC"),
    fault("rfic-late", "RFICDTC after RFSTDTC", put("DM", TREATED, RFICDTC=lambda r: shift(r.RFSTDTC[:10], 5))),
    fault("rfpen-before", "RFPENDTC before RFENDTC", put("DM", "RFENDTC != ''", RFPENDTC=lambda r: shift(r.RFENDTC[:10], -30))),
    fault("rfpen-gone", "no RFPENDTC though participation ended", put("DM", "RFENDTC != ''", RFPENDTC="")),
    fault("dthfl-gone", "a date of death and no flag", put("DM", "DTHFL == 'Y'", DTHFL="")),
    fault("dth-alive", "a death of a subject whose disposition is completion", put("DM", "RFENDTC > '2026' and DTHFL == ''", DTHFL="Y", DTHDTC=lambda r: r.RFENDTC), names="DTHFL DTHDTC"),
    fault("dthdtc-other", "DTHDTC is not the death of DS", put("DM", "DTHFL == 'Y'", DTHDTC=later("DTHDTC", -9)), dataset="DM DS", names="DTHDTC"),
    fault("dthdtc-before", "a death before the first dose", put("DM", "DTHFL == 'Y'", DTHDTC="2024-06-30"), names="DTHDTC"),
    fault("age-wrong", "AGE is not from birth to first dose", put("DM", "BRTHDTC.str.len() == 10", AGE=lambda r: r.AGE + 11), names="AGE BRTHDTC"),
    fault("age-negative", "AGE is negative", put("DM", AGE=lambda r: -r.AGE)),
    fault("age-gone", "no AGE though there is a birth date", put("DM", AGE=NONE), names="AGE AGEU"),
    fault("ageu-gone", "AGE without AGEU", put("DM", AGEU="")),
    fault("sex-gone", "no SEX", put("DM", SEX="")),
    fault("country-gone", "no COUNTRY", put("DM", COUNTRY="")),
    # disposition
    fault("ds-twice", "two ends of participation", repeat("DS", "DSSCAT == 'STUDY PARTICIPATION'", DSSEQ=last_seq("DSSEQ"), DSDECOD="LOST TO FOLLOW-UP", DSTERM="Lost", names="DSDECOD DSSCAT DSSEQ EPOCH")),
    fault("ds-death", "a disposition of death of a living subject", put("DS", "DSDECOD == 'COMPLETED' and DSSCAT == 'STUDY PARTICIPATION'", DSDECOD="DEATH", DSTERM="Death"), dataset="DS DM", names="DSDECOD DTHFL"),
    fault("ds-alive", "no disposition of death of a dead subject", put("DS", "DSDECOD == 'DEATH'", DSDECOD="COMPLETED", DSTERM="COMPLETED"), dataset="DS DM", names="DSDECOD DTHFL DTHDTC"),
    fault("ds-no-consent", "no record of the consent", drop("DS", "DSDECOD == 'INFORMED CONSENT OBTAINED'", names="RFICDTC DSDECOD"), dataset="DS DM"),
    fault("ds-term-gone", "no DSTERM", put("DS", DSTERM="")),
    fault("ds-decod-gone", "no DSDECOD", put("DS", DSDECOD="")),
    fault("ds-cat-gone", "no DSCAT", put("DS", DSCAT=""), names="DSCAT"),
    fault("ds-completed-term", "DSTERM is COMPLETED and DSDECOD is not", put("DS", "DSDECOD == 'LOST TO FOLLOW-UP'", DSTERM="COMPLETED"), names="DSTERM DSDECOD"),
    fault("ds-epoch-gone", "no EPOCH of a disposition event", put("DS", "DSCAT == 'DISPOSITION EVENT'", EPOCH="")),
    fault("ds-date-gone", "no date of a disposition", put("DS", "DSDECOD == 'COMPLETED'", DSSTDTC="", DSSTDY=NONE), names="DSSTDTC"),
    fault("ds-none", "a subject without disposition", drop("DS", "DSDECOD == 'COMPLETED'", subject=True, names="USUBJID RFICDTC DSDECOD"), dataset="DM DS", names="DS"),
    fault("ds-milestone", "a milestone with the term of a disposition event", put("DS", "DSDECOD == 'ELIGIBILITY CRITERIA MET'", DSDECOD="COMPLETED", DSTERM="COMPLETED"), names="DSDECOD DSCAT"),
    # exposure
    fault("ex-trt-gone", "no EXTRT", put("EX", EXTRT="")),
    fault("ex-dose-gone", "no EXDOSE", put("EX", EXDOSE=NONE)),
    fault("ex-dose-negative", "EXDOSE is negative", put("EX", EXDOSE=-2.0)),
    fault("ex-unit-gone", "EXDOSE without EXDOSU", put("EX", EXDOSU="")),
    fault("ex-start-gone", "no EXSTDTC", put("EX", EXSTDTC="", EXSTDY=NONE), names="EXSTDTC"),
    fault("ex-before", "an infusion before RFXSTDTC", put("EX", "EXSTDY == 1", EXSTDTC=later("EXSTDTC", -4), EXENDTC=later("EXENDTC", -4), EXSTDY=-4.0, EXENDY=-4.0), dataset="EX DM", names="EXSTDTC RFXSTDTC"),
    fault("ex-failure", "an infusion of a screen failure", put("EX", USUBJID="HN2301-02-002"), dataset="EX DM", names="USUBJID RFXSTDTC EXSTDTC ARMNRS ACTARMCD"),
    fault("ex-none", "a subject with RFXSTDTC and no infusion", drop("EX", subject=True, names="RFXSTDTC USUBJID EXSTDTC"), dataset="EX DM"),
    fault("ec-dose-no", "a dose that was not given", put("EC", "ECOCCUR == 'Y'", ECOCCUR="N"), names="ECOCCUR ECDOSE"),
    fault("ec-reason-yes", "a reason for no dose, and a dose", put("EC", "ECOCCUR == 'Y'", ECREASOC="PATIENT REFUSED")),
    fault("ec-presp-gone", "ECOCCUR without ECPRESP", put("EC", ECPRESP=""), names="ECPRESP ECOCCUR"),
    fault("ec-trt-gone", "no ECTRT", put("EC", ECTRT="")),
    # elements
    fault("se-none", "ETCD is no element of TE", put("SE", "ETCD == 'FU'", ETCD="FUP"), names="ETCD"),
    fault("se-element", "ELEMENT is not that of TE", put("SE", "ETCD == 'FU'", ELEMENT="Followup")),
    fault("se-taetord", "TAETORD is not that of TA", put("SE", "ETCD == 'FU'", TAETORD=4.0)),
    fault("se-start-gone", "no SESTDTC", put("SE", "ETCD == 'FU'", SESTDTC="", SESTDY=NONE), names="SESTDTC"),
    fault("se-gap", "days between two elements", put("SE", "ETCD == 'SCRN' and SEENDTC != '' and SESTDY < -8", SEENDTC=lambda r: shift(r.SEENDTC[:10], -3), SEENDY=-3.0), names="SEENDTC SESTDTC"),
    fault("se-overlap", "two elements overlap", put("SE", "ETCD == 'HN2301'", SEENDTC=lambda r: shift(r.SEENDTC, 20), SEENDY=lambda r: r.SEENDY + 20), names="SEENDTC SESTDTC"),
    fault("se-subject", "a subject without elements", drop("SE", "ETCD == 'FU'", subject=True, names="USUBJID"), dataset="DM SE", names="SE"),
    fault("se-end-gone", "no end of an element that another follows", put("SE", "ETCD == 'SCRN' and SESTDY < -1", SEENDTC="", SEENDY=NONE), names="SEENDTC"),
    fault("sv-subject", "a subject without visits", drop("SV", "VISITNUM == 12", subject=True, names="USUBJID"), dataset="DM SV LB VS", names="SV"),
    fault("visit-sv-gone", "a visit of results that SV has not", drop("SV", "VISITNUM == 9", names="VISITNUM VISIT USUBJID"), dataset="SV LB VS QS CP FA"),
    fault("dm-studyid", "another study in the whole of DM", every("DM", STUDYID="HN2302"), dataset="DM AE", names="STUDYID"),
    fault("dm-domain", "another domain in DM", put("DM", DOMAIN="DD")),
    fault("dm-actarmud", "a description of an unplanned arm beside a planned one", put("DM", TREATED, ACTARMUD="Two infusions only"), names="ACTARMUD"),
    fault("ae-subject", "the events of a subject under another study", one_subject("AE", STUDYID="XX2301")),
]
# fmt: on
