"""Faults of the trial's design and summary, and of events and interventions."""

from __future__ import annotations

from .edits import Fault, drop, fault, put

NONE = float("nan")


def summary(code: str, says: str, value: str) -> Fault:
    """Another value of a parameter of TS."""
    return fault(f"ts-{code.lower()}", says, put("TS", f"TSPARMCD == '{code}'", TSVAL=value))


def lacking(code: str) -> Fault:
    """A parameter of TS that is not there."""
    return fault(f"ts-no-{code.lower()}", f"{code} is not in TS",
                 drop("TS", f"TSPARMCD == '{code}' and TSSEQ == 1", names=code), dataset="TS")  # fmt: skip


# fmt: off
FAULTS: list[Fault] = [
    fault("ta-element", "ETCD of an arm is no element of TE", put("TA", "ETCD == 'FU'", ETCD="FUP"), dataset="TA SE TE", names="ETCD"),
    fault("ta-epoch-gone", "no EPOCH of an arm's element", put("TA", EPOCH="")),
    fault("ta-arm", "two names of one arm", put("TA", ARM="HN2301 Arm"), dataset="TA DM", names="ARM ARMCD"),
    fault("ta-element-name", "ELEMENT of an arm is not that of TE", put("TA", "ETCD == 'FU'", ELEMENT="Follow up"), dataset="TA TE SE", names="ELEMENT"),
    fault("te-start-gone", "no rule for the start of an element", put("TE", TESTRL="")),
    fault("te-end-gone", "neither a rule for the end nor a duration", put("TE", TEENRL="")),
    fault("te-long", "ETCD of more than 8 letters", put("TE", "ETCD == 'SCRN'", ETCD="SCREENING"), names="ETCD"),
    fault("te-name", "one name of two elements", put("TE", "ETCD == 'FU'", ELEMENT="Screening"), names="ELEMENT"),
    fault("ti-category-gone", "no IECAT", put("TI", IECAT="")),
    fault("ti-text-gone", "no IETEST", put("TI", IETEST="")),
    fault("ti-text-same", "one text of two criteria", put("TI", "IETESTCD == 'EXCL02'", IETEST="Active infection"), names="IETEST IETESTCD"),
    fault("ti-code-long", "IETESTCD of ten letters", put("TI", "IETESTCD == 'INCL01'", IETESTCD="INCLUSION1")),
    fault("tv-start-gone", "no rule for the start of a visit", put("TV", TVSTRL="")),
    fault("tv-name", "two visits of one name", put("TV", "VISITNUM == 12", VISIT="MONTH 9"), names="VISIT VISITNUM"),
    fault("tv-number-gone", "no VISITNUM of a planned visit", put("TV", "VISITNUM == 12", VISITNUM=NONE), names="VISITNUM"),
    fault("tv-arm", "a visit of an arm that TA has not", put("TV", ARMCD="ARMX", where="VISITNUM == 3"), names="ARMCD"),
    fault("tv-day-same", "VISITDY is 0", put("TV", "VISITNUM == 12", VISITDY=0.0), names="VISITDY"),
    *map(lacking, ("TITLE", "SSTDTC", "STYPE", "TPHASE", "SPONSOR", "TBLIND", "AGEMIN", "PLANSUB", "ADDON", "SDTMVER", "SDTIGVER", "OUTMSPRI", "ACTSUB", "SEXPOP")),
    fault("ts-value-gone", "neither a value nor a null flavour", put("TS", "TSVAL != '' and TSPARMCD == 'TITLE'", TSVAL=""), names="TSVAL TSVALNF"),
    fault("ts-flavour-value", "a value and a null flavour", put("TS", "TSPARMCD == 'TRT'", TSVALNF="UNK"), names="TSVAL TSVALNF"),
    fault("ts-seq-gone", "no TSSEQ", put("TS", TSSEQ=NONE)),
    summary("SSTDTC", "the study's start is no ISO date", "19DEC2024"),
    summary("LENGTH", "the study's length is no ISO duration", "12 MONTHS"),
    summary("ACTSUB", "the number of subjects is a word", "TWENTY-TWO"),
    summary("NARMS", "the number of arms is not that of TA", "3"),
    summary("SDTIGVER", "the version of the guide is another than define.xml's", "3.3"),
    summary("DCUTDTC", "the data cut is no ISO date", "2026-02-31"),
    summary("HLTSUBJI", "HLTSUBJI is no term", "NO"),
    summary("PDSTIND", "PDSTIND is no term", "FALSE"),
    summary("ROUTE", "ROUTE is no term", "Intravenous"),
    summary("DOSU", "DOSU is no term", "MG"),
    summary("DOSFRM", "DOSFRM is no term", "INJECT"),
    summary("TCNTRL", "TCNTRL is no term", "No control"),
    summary("INTTYPE", "INTTYPE is no term", "MEDICINE"),
    summary("TINDTP", "TINDTP is no term", "HEALING"),
    summary("DOSE", "the dose is a word", "one"),
    fault("ts-code", "TSVALCD is the code of another term", put("TS", "TSPARMCD == 'TBLIND'", TSVALCD="C49488"), names="TSVALCD"),
    fault("ts-code-gone", "no TSVALCD of a term", put("TS", "TSPARMCD == 'STYPE'", TSVALCD=""), names="TSVALCD"),
    fault("ts-ref-gone", "TSVALCD without TSVCDREF", put("TS", "TSPARMCD == 'STYPE'", TSVCDREF=""), names="TSVCDREF"),
    fault("ts-ver-gone", "TSVALCD without the terminology's version", put("TS", "TSPARMCD == 'STYPE'", TSVCDVER=""), names="TSVCDVER"),
    fault("ts-age", "the least age is no ISO duration", put("TS", "TSPARMCD == 'AGEMIN'", TSVAL="18", TSVALNF=""), names="TSVAL"),
    fault("ts-plansub", "the planned number of subjects is a word", put("TS", "TSPARMCD == 'PLANSUB'", TSVAL="about 20", TSVALNF=""), names="TSVAL"),
    fault("ts-sexpop", "the population's sex is no term", put("TS", "TSPARMCD == 'SEXPOP'", TSVAL="MALE AND FEMALE", TSVALNF=""), names="TSVAL"),
    # events
    fault("ae-serious-why", "a serious event without a criterion", put("AE", "AESER == 'N'", AESER="Y"), names="AESER"),
    fault("ae-not-serious", "a criterion of an event that is not serious", put("AE", "AESER == 'N'", AESHOSP="Y"), names="AESER AESHOSP"),
    fault("ae-serious-no", "AESER is N with criteria of Y", put("AE", "AESER == 'Y'", AESER="N"), names="AESER AESHOSP AESLIFE AESDTH AESMIE"),
    fault("ae-death-outcome", "a deadly event whose outcome is recovery", put("AE", "AESDTH == 'Y'", AEOUT="RECOVERED/RESOLVED"), names="AEOUT AESDTH"),
    fault("ae-fatal-alive", "a fatal event of a living subject", put("AE", "AEOUT == 'RECOVERED/RESOLVED' and USUBJID != 'HN2301-03-003'", AEOUT="FATAL"), names="AEOUT AESDTH"),
    fault("ae-fatal-flag", "a fatal event whose AESDTH is N", put("AE", "AESDTH == 'Y'", AESDTH="N"), names="AESDTH AEOUT"),
    fault("ae-grade-five", "grade 5 of an event that was not fatal", put("AE", "AETOXGR == '1'", AETOXGR="5"), names="AETOXGR AEOUT AESDTH"),
    fault("ae-term-gone", "no AETERM", put("AE", AETERM="")),
    fault("ae-decod-gone", "no AEDECOD", put("AE", AEDECOD="")),
    fault("ae-class-gone", "no AEBODSYS", put("AE", AEBODSYS=""), names="AEBODSYS"),
    fault("ae-code", "two codes of one preferred term", put("AE", AEPTCD=lambda r: r.AEPTCD + 7), names="AEPTCD AEDECOD"),
    fault("ae-class", "two classes of one preferred term", put("AE", AESOC="Example class: other", AEBODSYS="Example class: other"), names="AEBODSYS AESOC AEDECOD"),
    fault("ae-ongoing-end", "an ongoing event with an end", put("AE", "AEENDTC != '' and AEENRTPT == ''", AEENRTPT="ONGOING", AEENTPT="END OF STUDY"), names="AEENRTPT AEENDTC"),
    fault("ae-point-gone", "AEENRTPT without AEENTPT", put("AE", "AEENTPT != ''", AEENTPT=""), names="AEENTPT AEENRTPT"),
    fault("ae-unresolved-end", "an event not resolved has an end", put("AE", "AEENDTC != '' and AEOUT == 'RECOVERED/RESOLVED'", AEOUT="NOT RECOVERED/NOT RESOLVED"), names="AEOUT AEENDTC"),
    fault("ae-resolved-open", "an event resolved has no end", put("AE", "AEENDTC.str.len() == 10 and AEOUT == 'RECOVERED/RESOLVED'", AEENDTC="", AEENDY=NONE), names="AEOUT AEENDTC"),
    fault("ae-ser-gone", "no AESER", put("AE", AESER="")),
    fault("ae-after-end", "an event after the end of participation", put("AE", "USUBJID == 'HN2301-01-003' and AESTDY > 0", AESTDTC="2026-12-01", AESTDY=653.0, AEENDTC="", AEENDY=NONE), names="AESTDTC"),
    # interventions and history
    fault("cm-trt-gone", "no CMTRT", put("CM", CMTRT="")),
    fault("cm-unit-gone", "CMDOSE without CMDOSU", put("CM", "CMDOSE == CMDOSE", CMDOSU="")),
    fault("cm-point-gone", "CMENRTPT without CMENTPT", put("CM", "CMENTPT != ''", CMENTPT=""), names="CMENTPT CMENRTPT"),
    fault("cm-ongoing-end", "an ongoing medication with an end", put("CM", "CMENDTC != '' and CMENRTPT == ''", CMENRTPT="ONGOING", CMENTPT="END OF STUDY"), names="CMENRTPT CMENDTC"),
    fault("cm-dose-negative", "CMDOSE is negative", put("CM", "CMDOSE > 0", CMDOSE=lambda r: -r.CMDOSE)),
    fault("cm-class-code", "two codes of one class", put("CM", CMCLASCD="EXC99"), names="CMCLASCD CMCLAS"),
    fault("cm-unit-only", "CMDOSU without CMDOSE", put("CM", "CMDOSE == CMDOSE", CMDOSE=NONE), names="CMDOSE CMDOSU"),
    fault("mh-term-gone", "no MHTERM", put("MH", MHTERM="")),
    fault("mh-ongoing-end", "an ongoing condition with an end", put("MH", "MHENDTC != ''", MHENRTPT="ONGOING", MHENTPT="SCREENING"), names="MHENRTPT MHENDTC"),
    fault("mh-point-gone", "MHENRTPT without MHENTPT", put("MH", "MHENTPT != ''", MHENTPT=""), names="MHENTPT MHENRTPT"),
    fault("pr-trt-gone", "no PRTRT", put("PR", PRTRT="")),
    fault("dv-term-gone", "no DVTERM", put("DV", DVTERM="")),
    fault("text-null", "the word NULL for nothing", put("AE", AEACNOTH="NULL", where="AEACNOTH == ''"), names="AEACNOTH"),
    fault("text-point", "a point for nothing", put("CM", "CMINDC != ''", CMINDC="."), names="CMINDC"),
    fault("text-leading", "blanks before a term", put("AE", AETERM=lambda r: "  " + r.AETERM)),
    fault("text-break", "a line break within a term", put("MH", MHTERM=lambda r: "line one\nline two")),
    fault("text-tab", "a tab within a term", put("CM", CMTRT=lambda r: "Predni\tsone")),
]
# fmt: on
