"""Faults of dates, study days, epochs and visits."""

from __future__ import annotations

from .edits import Fault, fault, later, put, repeat, shift


def dated(name: str, stem: str) -> str:
    """Records whose date is complete and whose study day is given."""
    return f"{name}{stem}DTC.str.len() >= 10 and {name}{stem}DY == {name}{stem}DY"


# fmt: off
FAULTS: list[Fault] = [
    fault("dtc-sas", "a date as SAS writes it", put("AE", "AESTDTC.str.len() >= 10", AESTDTC="23JAN2025")),
    fault("dtc-slashes", "a date with slashes", put("AE", "AESTDTC.str.len() >= 10", AESTDTC=lambda r: r.AESTDTC[:10].replace("-", "/"))),
    fault("dtc-february", "the 30th of February", put("AE", "AEENDTC.str.len() >= 10", AEENDTC="2025-02-30")),
    fault("dtc-month", "the 13th month", put("CM", "CMSTDTC.str.len() >= 10", CMSTDTC="2025-13-01")),
    fault("dtc-blank", "a blank between date and time", put("LB", "LBDTC.str.len() > 10", LBDTC=lambda r: r.LBDTC.replace("T", " "))),
    fault("dtc-hour", "the hour 25", put("VS", "VSDTC.str.len() > 10", VSDTC=lambda r: r.VSDTC[:11] + "25:10")),
    fault("dtc-minute", "the minute 61", put("LB", "LBDTC.str.len() > 10", LBDTC=lambda r: r.LBDTC[:14] + "61")),
    fault("dtc-one-digit", "a month and a day of one digit", put("QS", QSDTC="2025-1-5")),
    fault("dtc-unknown", "UN for an unknown day", put("MH", "MHSTDTC.str.len() == 7", MHSTDTC=lambda r: r.MHSTDTC + "-UN")),
    fault("dtc-word", "UNK for an unknown date", put("SV", "SVENDTC != ''", SVENDTC="UNK")),
    fault("dtc-basic", "a date without hyphens", put("DM", "BRTHDTC.str.len() == 10", BRTHDTC=lambda r: r.BRTHDTC.replace("-", ""))),
    fault("dtc-order", "day before month", put("DS", DSSTDTC=lambda r: "/".join(reversed(r.DSSTDTC.split("-"))))),
    fault("dtc-time-only", "a time without a date", put("EX", EXSTDTC=lambda r: r.EXSTDTC[10:])),
    fault("dtc-no-colon", "a time without a colon", put("EX", EXENDTC=lambda r: r.EXENDTC[:13] + r.EXENDTC[14:])),
    fault("dtc-middle", "an unknown month with one hyphen", put("MH", "MHSTDTC.str.len() == 10", MHSTDTC=lambda r: r.MHSTDTC[:4] + "--" + r.MHSTDTC[8:])),
    fault("dtc-year", "a year of two digits", put("CM", "CMENDTC.str.len() == 10", CMENDTC=lambda r: r.CMENDTC[2:])),
    fault("dtc-trailing", "a hyphen after a partial date", put("CM", "CMSTDTC.str.len() == 7", CMSTDTC=lambda r: r.CMSTDTC + "-")),
    fault("dtc-rfic", "a consent date with words", put("DM", RFICDTC=lambda r: "ca. " + r.RFICDTC)),
    # study days
    fault("dy-ae", "AESTDY is a day too late", put("AE", dated("AE", "ST") + " and AESTDY > 0", AESTDY=lambda r: r.AESTDY + 1)),
    fault("dy-aeend", "AEENDY is a day too early", put("AE", dated("AE", "EN") + " and AEENDY > 3", AEENDY=lambda r: r.AEENDY - 1)),
    fault("dy-zero", "a study day 0", put("LB", "LBDY == -1", LBDY=0.0)),
    fault("dy-vs", "VSDY is a day off", put("VS", "VSDY > 5", VSDY=lambda r: r.VSDY - 1)),
    fault("dy-qs", "QSDY has the wrong sign", put("QS", "QSDY > 20", QSDY=lambda r: -r.QSDY)),
    fault("dy-cm", "CMSTDY counts without the first day", put("CM", dated("CM", "ST") + " and CMSTDY > 0", CMSTDY=lambda r: r.CMSTDY - 1)),
    fault("dy-dm", "DMDY is wrong", put("DM", "DMDY == DMDY", DMDY=lambda r: r.DMDY - 1)),
    fault("dy-ex", "EXSTDY is wrong", put("EX", EXSTDY=lambda r: r.EXSTDY + 1)),
    fault("dy-sv", "SVSTDY is wrong", put("SV", "SVSTDY > 10", SVSTDY=lambda r: r.SVSTDY - 7)),
    fault("dy-ds", "DSSTDY is wrong", put("DS", "DSSTDY > 10", DSSTDY=lambda r: r.DSSTDY + 10)),
    fault("dy-se", "SESTDY is wrong", put("SE", "SESTDY > 1", SESTDY=lambda r: r.SESTDY - 1)),
    fault("dy-pr", "PRSTDY is wrong", put("PR", "PRSTDY == PRSTDY", PRSTDY=lambda r: r.PRSTDY - 2)),
    fault("dy-cp", "CPDY is wrong", put("CP", "CPDY > 10", CPDY=lambda r: r.CPDY + 1)),
    fault("dy-co", "CODY is wrong", put("CO", "CODY == CODY", CODY=lambda r: r.CODY + 1)),
    fault("dy-fraction", "a study day with a half", put("FA", "FADY > 5", FADY=lambda r: r.FADY + 0.5)),
    fault("dy-gone", "no study day though both dates are complete", put("LB", "LBDY > 5", LBDY=float("nan"))),
    fault("dy-partial", "a study day from a partial date", put("CM", "CMSTDTC.str.len() == 7", CMSTDY=-100.0)),
    fault("dy-unstarted", "a study day of a subject without first dose", put("IE", "IESEQ == 1", IEDY=-3.0), dataset="IE DM", names="IEDY"),
    fault("dy-dateless", "a study day without a date", put("LB", "LBDY > 100", LBDTC="")),
    # order of dates
    fault("order-ae", "an event ends before it starts", put("AE", "AESTDTC.str.len() >= 10 and AEENDTC.str.len() == 10 and AEENDTC > AESTDTC and AESTDY > 9", AEENDTC=lambda r: shift(r.AESTDTC[:10], -3), AEENDY=lambda r: r.AESTDY - 3)),
    fault("order-cm", "a medication ends before it starts", put("CM", dated("CM", "ST") + " and CMENDTC.str.len() == 10 and CMSTDY > 9", CMENDTC=lambda r: shift(r.CMSTDTC[:10], -5), CMENDY=lambda r: r.CMSTDY - 5)),
    fault("order-ex-time", "an infusion ends before it starts, the same day", put("EX", "EXSTDTC.str[11:13] > '03'", EXENDTC=lambda r: r.EXSTDTC[:11] + "01:05")),
    fault("order-ec", "an administration ends the day before", put("EC", "ECSTDY > 1 and ECENDTC != ''", ECENDTC=later("ECSTDTC", -1), ECENDY=lambda r: r.ECSTDY - 1)),
    fault("order-mh", "a condition ends years before it starts", put("MH", "MHENDTC != '' and MHSTDTC != ''", MHENDTC="1960")),
    fault("order-sv", "a visit ends before it starts", put("SV", "SVSTDY > 20", SVENDTC=lambda r: shift(r.SVSTDTC, -2), SVENDY=lambda r: r.SVSTDY - 2)),
    fault("order-pr", "a procedure ends before it starts", put("PR", "PRSTDY < -3 and PRENDTC != ''", PRENDTC=lambda r: shift(r.PRSTDTC, -2), PRENDY=lambda r: r.PRSTDY - 2)),
    fault("order-se", "an element ends before it starts", put("SE", "ETCD == 'SCRN' and SESTDY < -5", SEENDTC=lambda r: shift(r.SESTDTC[:10], -2), SEENDY=lambda r: r.SESTDY - 2)),
    fault("after-death", "an event starts after the death", put("AE", "USUBJID == 'HN2301-03-003'", AESTDTC="2025-07-09", AESTDY=129.0, AEENDTC="", AEENDY=float("nan")), names="AESTDTC"),
    fault("lab-after-end", "a sample long after the end of participation", put("LB", "USUBJID == 'HN2301-01-003' and LBDY > 50", LBDTC="2027-02-17T08:00", LBDY=731.0), names="LBDTC"),
    fault("event-before-consent", "an event starts before the consent", put("AE", "AESTDY > 0", AESTDTC="2023-01-01", AESTDY=float("nan")), names="AESTDTC"),
    fault("birth-after-consent", "a birth after the consent", put("DM", BRTHDTC="2025-12-01"), names="BRTHDTC AGE"),
    # epochs
    fault("epoch-lb", "EPOCH is not the element's at that date", put("LB", "EPOCH == 'FOLLOW-UP' and LBDY > 30", EPOCH="SCREENING")),
    fault("epoch-vs", "EPOCH is not the element's at that date", put("VS", "EPOCH == 'SCREENING' and VSDY < -5", EPOCH="FOLLOW-UP")),
    fault("epoch-qs", "EPOCH is not the element's at that date", put("QS", "EPOCH == 'FOLLOW-UP' and QSDY > 30", EPOCH="TREATMENT")),
    fault("epoch-cm", "EPOCH is not the element's at that date", put("CM", "EPOCH == 'TREATMENT' and CMSTDY > 0 and CMSTDTC.str.len() == 10", EPOCH="SCREENING")),
    fault("epoch-se", "EPOCH of an element is not the arm's", put("SE", "ETCD == 'FU'", EPOCH="TREATMENT")),
    # visits
    fault("visit-lb", "VISIT is another visit's name", put("LB", "VISITNUM == 4", VISIT="DAY 5")),
    fault("visitnum-vs", "VISITNUM is another visit's number", put("VS", "VISITNUM == 9", VISITNUM=10.0)),
    fault("visit-case", "VISIT in mixed case", put("QS", "VISITNUM == 10", VISIT="Month 2")),
    fault("visitnum-gone", "VISIT without VISITNUM", put("LB", "VISITNUM == 6", VISITNUM=float("nan"))),
    fault("visitnum-none", "a planned visit that the plan has not", put("CP", "VISITNUM == 9", VISITNUM=55.0, VISIT="DAY 55", VISITDY=55.0), names="VISITNUM VISIT VISITDY"),
    fault("visitdy-sv", "VISITDY is not the planned day", put("SV", "VISITNUM == 11", VISITDY=91.0)),
    fault("visitdy-lb", "VISITDY is not the planned day", put("LB", "VISITNUM == 11", VISITDY=9.0)),
    fault("visit-not-held", "a result at a visit that the subject did not have", put("LB", "USUBJID == 'HN2301-01-003' and VISITNUM == 11", VISITNUM=14.0, VISIT="MONTH 12", VISITDY=360.0), names="VISITNUM VISIT VISITDY"),
    fault("visit-date", "a result months from its visit", put("VS", "VISITNUM == 9 and VSDY > 20", VSDTC=lambda r: shift(r.VSDTC, 99), VSDY=lambda r: r.VSDY + 99), names="VSDTC"),
    fault("svupdes-planned", "a planned visit described as unplanned", put("SV", "VISITNUM == 5", SVUPDES="Unplanned control")),
    fault("svpresp-unplanned", "an unplanned visit was planned", put("SV", "SVUPDES != ''", SVPRESP="Y")),
    fault("svoccur-dates", "a visit that did not occur has dates", put("SV", "VISITNUM == 10 and SVOCCUR == 'Y'", SVOCCUR="N"), names="SVOCCUR SVSTDTC"),
    fault("svreasoc-occurred", "a reason for a visit that occurred", put("SV", "VISITNUM == 10 and SVOCCUR == 'Y'", SVREASOC="HOLIDAY")),
    fault("sv-repeat", "a planned visit twice", repeat("SV", "VISITNUM == 10", names="VISITNUM")),
    fault("vstpt-other", "VSTPT is not that of VSTPTNUM", put("VS", "VSTPTNUM == 2", VSTPT="PRE-DOSE"), names="VSTPT VSTPTNUM"),
    fault("vstpt-gone", "VSTPTNUM without VSTPT", put("VS", "VSTPTNUM == 2", VSTPT=""), names="VSTPT VSTPTNUM"),
    fault("dtc-future", "a date after the data cut", put("CM", "CMSTDTC.str.len() == 10 and CMENDTC == ''", CMSTDTC="2031-05-05", CMSTDY=float("nan")), names="CMSTDTC"),
]
# fmt: on
