"""Planted into events, medicines and the course of the study: problems, and plain truths."""

from becomes import (
    Becomes,
    at,
    both,
    cells_of,
    day_first_iso,
    diagnosis,
    english,
    finding,
    holding,
    iso_of,
    later,
    long_text,
    puts,
    record,
)
from measures import Cells
from plants import Must, Plant
from subject import Subject

# ---------------------------------------------------------------- events, medicines, procedures


def twin(row: Cells) -> None:
    row |= {"AESPID": "3", "GROUP_REPEAT": "3", "AUDITU": "crc022"}


def before_start(row: Cells) -> None:
    later(row, "AEENDAT", -3)


EVENTS = [
    Plant(
        "ae-entered-twice", "AE", "the event before, under another number",
        at(AEDECOD="Diarrhoea"), finding("check"), "02-003", "AESPID", twin, again=True,
    ),
    Plant(
        "ae-ends-before-start", "AE", "the end is before the start", at(AEDECOD="Headache"),
        both(finding("check"), record("AE", "AESPID", "AESPID", AEENDTC=lambda row: row["AEENDAT"])),
        "01-004", "AEENDAT", before_start,
    ),
    Plant(
        "ae-start-month", "AE", "only the month of the start is known",
        at(AEDECOD="Upper airway infection"),
        record("AE", "AESPID", "AESPID", AESTDTC=lambda row: row["AESTDAT"], AESTDY=""),
        "01-001", "AESTDAT",
        lambda row: row.update({"AESTDAT": str(row["AESTDAT"])[:7], "AESTTIM": ""}),
    ),
    Plant(
        "ae-start-month-of-infusion", "AE", "only the month of the start is known, that of Day 1",
        at(AEDECOD="Headache"),
        record("AE", "AESPID", "AESPID", AESTDTC=lambda row: row["AESTDAT"], AESTDY=""),
        "02-006", "AESTDAT",
        lambda row: row.update({"AESTDAT": str(row["AESTDAT"])[:7], "AESTTIM": ""}),
    ),
    Plant(
        "ae-end-year", "AE", "only the year of the end is known", at(AEDECOD="Herpes zoster"),
        record("AE", "AESPID", "AESPID", AEENDTC="2025", AEENDY=""),
        "03-008", "AEENDAT", puts(AEENDAT="2025"),
    ),
    Plant(
        "ae-chinese", "AE", "the event is written in Chinese", at(AETOXGR="5"),
        record("AE", "AESPID", "AESPID", AETERM=lambda row: english(row["AETERM"]),
               AEOUT="FATAL", AESDTH="Y"),
        "03-003", "AETERM",
    ),
    Plant(
        "ae-long-text", "AE", "the other action is longer than 200 bytes", at(AEDECOD="Pneumonia"),
        long_text("AE", "AEACNOTH", "AEACNOTH", {"AESPID": "AESPID"}), "01-002", "AEACNOTH",
    ),
    Plant(
        "vs-not-done", "VS", "vital signs not measured, with a Chinese reason", at(VSPERF="N"),
        lambda row, subject: {"values": [
            cells_of(subject, "VS", {"VISITNUM": "7"},
                     {"VSSTAT": "NOT DONE", "VSREASND": english(row["VSREASND"])}),
        ]},
        "03-007", "VSREASND",
    ),
    Plant(
        "vs-fahrenheit", "VS", "site 03 measures in F", at(EVENT="D-1"),
        lambda row, subject: {"values": [
            cells_of(subject, "VS", {"VISITNUM": "2", "VSTESTCD": "TEMP"},
                     {"VSORRES": row["TEMP"], "VSORRESU": "F", "VSSTRESU": "C"}),
        ]},
        "03-001", "TEMP",
    ),
]  # fmt: skip
MEDICINES = [
    Plant(
        "cm-start-month", "conmeds_redcap", "only month and year of the start are known",
        holding("cmstdat", lambda text: text.startswith("UN-") and "UNK" not in text),
        record("CM", "CMSPID", "cm_no", CMSTDTC=lambda row: iso_of(row["cmstdat"]), CMSTDY=""),
        column="cmstdat",
    ),
    Plant(
        "cm-start-year", "conmeds_redcap", "only the year of the start is known",
        holding("cmstdat", lambda text: text.startswith("UN-UNK")),
        record("CM", "CMSPID", "cm_no", CMSTDTC=lambda row: iso_of(row["cmstdat"]), CMSTDY=""),
        column="cmstdat",
    ),
    Plant(
        "cm-start-short", "conmeds_redcap", "the start is written yyyy-MM",
        holding("cmstdat", lambda text: len(text) == 7),
        record("CM", "CMSPID", "cm_no", CMSTDTC=lambda row: row["cmstdat"], CMSTDY=""),
        column="cmstdat",
    ),
    Plant(
        "cm-start-unknown", "conmeds_redcap", "nothing of the start is known",
        at(cmstdat="UNK"), record("CM", "CMSPID", "cm_no", CMSTDTC=""), column="cmstdat",
    ),
    Plant(
        "cm-impossible-end", "conmeds_redcap", "there is no 31 June", at(cmdecod="PARACETAMOL"),
        both(finding("bad-date"), record("CM", "CMSPID", "cm_no", CMENDTC="")), "02-006",
        "cmendat", puts(cmendat="31-JUN-2025"),
    ),
    Plant(
        "cm-event-unknown", "conmeds_redcap", "given for event 9, which the subject does not have",
        at(cmdecod="LEVOFLOXACIN"),
        both(finding("no-match"), record("CM", "CMSPID", "cm_no", CMLNKID="")), "03-004",
        "cm_aeno", puts(cm_aeno="9"),
    ),
    Plant(
        "cm-every-other-day", "conmeds_redcap", "a steroid taken every other day",
        at(cmdosfrq="QOD"), record("CM", "CMSPID", "cm_no", CMDOSFRQ="QOD"), "03-001", "cmdosfrq",
    ),
    Plant(
        "rescue-after-response", "conmeds_redcap", "rescue medication after a response and relapse",
        at(cm_rescue="1"), record("CM", "CMSPID", "cm_no", CMCAT="RESCUE MEDICATION"), "01-002",
        "cm_rescue",
    ),
    Plant(
        "cm-chinese", "conmeds_redcap", "the medicine is written in Chinese",
        holding("cmtrt", lambda text: not text.isascii()),
        record("CM", "CMSPID", "cm_no", CMTRT=lambda row: english(row["cmtrt"])), "03-005",
        "cmtrt",
    ),
    Plant(
        "mh-start-unknown", "medical_history", "nothing of the start is known",
        at(START_DATE="UNK"), record("MH", "MHSPID", "MH_NO", MHSTDTC=""), column="START_DATE",
    ),
    Plant(
        "mh-start-month", "medical_history", "only month and year of the start are known",
        holding("START_DATE", lambda text: text.startswith("UN-") and "UNK" not in text),
        record("MH", "MHSPID", "MH_NO", MHSTDTC=lambda row: iso_of(row["START_DATE"])),
        column="START_DATE",
    ),
    Plant(
        "mh-start-year", "medical_history", "only the year of the start is known",
        holding("START_DATE", lambda text: len(text) == 4),
        record("MH", "MHSPID", "MH_NO", MHSTDTC=lambda row: row["START_DATE"]),
        column="START_DATE",
    ),
    Plant(
        "diagnosis-partial-date", "mg_history", "the day of the diagnosis is not known",
        holding("DIAG_DATE", lambda text: len(text) < 10),
        diagnosis("MHSTDTC", "DIAG_DATE"),
        column="DIAG_DATE",
    ),
    Plant(
        "diagnosis-gb18030", "mg_history", "Chinese in GB18030",
        holding("DIAG_TERM", lambda text: not text.isascii()),
        diagnosis("MHTERM", "DIAG_TERM"), "02-004",
        "DIAG_TERM",
    ),
    Plant(
        "pr-impossible-end", "procedures", "there is no 30 February",
        at(PR_NAME="COMPUTED TOMOGRAPHY OF CHEST"),
        both(finding("bad-date"), record("PR", "PRSPID", "PR_NO", PRENDTC="")), "01-006",
        "END_DATE", puts(END_DATE="02/30/2025"),
    ),
    Plant(
        "pr-partial", "procedures", "the day of the operation is not known",
        at(PR_NAME="THYMECTOMY"),
        record("PR", "PRSPID", "PR_NO", PRSTDY="", PRSTDTC=lambda row: "-".join(
            part for part in (str(row["START_DATE"])[-4:], str(row["START_DATE"])[:2])
            if part.isdigit())), "02-003", "START_DATE",
    ),
    Plant(
        "rescue-before-response", "procedures", "rescue treatment before any response",
        at(RESCUE="Y"),
        record("PR", "PRSPID", "PR_NO", PRDECOD="PLASMA EXCHANGE", PRCAT="RESCUE TREATMENT"),
        "03-005", "RESCUE",
    ),
    Plant(
        "pr-month-first", "procedures", "the month comes first", at(RESCUE="Y"),
        record("PR", "PRSPID", "PR_NO", PRENDTC=lambda row: "-".join(
            str(row["END_DATE"]).split("/")[place] for place in (2, 0, 1))), "03-005", "END_DATE",
    ),
]  # fmt: skip

# ---------------------------------------------------------------- infusions, visits, the rest


def interrupted(row: Cells, subject: Subject) -> Must:
    day = day_first_iso(row)
    parts = (("START_TIME", "INTERRUPT_START"), ("INTERRUPT_END", "END_TIME"))
    values = [
        cells_of(
            subject, "EC", {"ECSTDTC": f"{day}T{row[start]}"}, {"ECENDTC": f"{day}T{row[end]}"}
        )
        for start, end in parts
    ]
    whole_one = {"EXENDTC": f"{day}T{row['END_TIME']}", "EXDOSE": row["DOSE"]}
    values.append(cells_of(subject, "EX", {"EXSTDTC": f"{day}T{row['START_TIME']}"}, whole_one))
    return {"values": values}


def unscheduled(number: str) -> Becomes:
    return lambda row, subject: {
        "values": [cells_of(subject, "SV", {"SVSTDTC": row["VISIT_DATE"]}, {"VISITNUM": number})]
    }


def held_twice(row: Cells, subject: Subject) -> Must:
    days = [held.day.isoformat() for held in subject.held.values() if held.label == "Day 7"]
    are: Cells = {"SVSTDTC": days[0], "SVENDTC": days[1]}
    return {"values": [cells_of(subject, "SV", {"VISITNUM": "6"}, are)]}


def ended(reason: str) -> Becomes:
    where = {"DSSCAT": "STUDY PARTICIPATION"}
    return lambda row, subject: {"values": [cells_of(subject, "DS", where, {"DSDECOD": reason})]}


COURSE = [
    Plant(
        "infusion-interrupted", "infusion", "the infusion was paused and went on",
        at(INTERRUPTED="Y"), interrupted, "02-001", "INTERRUPT_START",
    ),
    Plant(
        "infusion-day-first", "infusion", "the day comes first", at(INF_NO="1"),
        lambda row, subject: {"values": [
            cells_of(subject, "EX", {"EXSEQ": "1"},
                     {"EXSTDTC": f"{day_first_iso(row)}T{row['START_TIME']}"}),
        ]},
        "01-001", "START_DATE",
    ),
    Plant(
        "infusion-not-given", "infusion", "an infusion was not given", at(GIVEN="N"),
        lambda row, subject: {"values": [
            cells_of(subject, "EC", {"ECSPID": row["INF_NO"]},
                     {"ECOCCUR": "N", "ECREASOC": english(row["NOT_GIVEN_REASON"])}),
        ]},
        "01-005", "GIVEN",
    ),
    Plant(
        "visit-missed", "visits", "a visit that was due was not held", at(OCCURRED="N"),
        lambda row, subject: {"values": [
            cells_of(subject, "SV", {"VISITNUM": "13"},
                     {"SVOCCUR": "N", "SVSTDTC": "", "SVREASOC": english(row["MISSED_REASON"])}),
        ]},
        "02-003", "OCCURRED",
    ),
    Plant(
        "audit-column", "visits", "who typed the row; so in every form", at(VISIT="Screening"),
        lambda row, subject: {"not_submitted": "audit trail of the data capture system"},
        "01-001", "AUDIT_USER",
    ),
    Plant("visit-twice", "visits", "Day 7 was held on two days", at(VISIT="Day 7"), held_twice,
          "02-004", "VISIT_DATE"),
    Plant(
        "visit-unscheduled-first", "visits", "unscheduled, the first after Month 6",
        at(VISIT="Unscheduled"), unscheduled("12.1"), "02-008", "VISIT",
    ),
    Plant(
        "visit-unscheduled-second", "visits", "unscheduled, the second after Month 6",
        at(VISIT="Unscheduled", UNSCHED_REASON="症状加重"), unscheduled("12.2"), "02-008", "VISIT",
    ),
    Plant(
        "screen-failure", "disposition", "a criterion was not met; never treated",
        at(FAILED_CRITERION="EXCL04"),
        lambda row, subject: {"values": [
            cells_of(subject, "DM", {}, {"ARMNRS": "SCREEN FAILURE", "ARMCD": "", "RFXSTDTC": ""}),
            cells_of(subject, "IE", {"IETESTCD": "EXCL04"}, {"IEORRES": "Y"}),
        ]},
        "02-002", "FAILED_CRITERION",
    ),
    Plant(
        "death", "disposition", "the subject died", at(WITHDRAW_REASON="6"),
        lambda row, subject: {"values": [
            cells_of(subject, "DM", {}, {"DTHFL": "Y", "DTHDTC": subject.end.isoformat()}),
        ]},
        "03-003", "DEATH_DATE",
    ),
    Plant(
        "withdrawn", "disposition", "the subject withdrew, without a response",
        at(WITHDRAW_REASON="1"), ended("WITHDRAWAL BY SUBJECT"), "01-003", "WITHDRAW_REASON",
    ),
    Plant(
        "lost", "disposition", "the subject was lost to follow-up", at(WITHDRAW_REASON="3"),
        ended("LOST TO FOLLOW-UP"), "01-004", "WITHDRAW_REASON",
    ),
    Plant(
        "ongoing", "disposition", "still in the study at the cut", at(STUDY_STATUS="4"),
        lambda row, subject: {"values": [cells_of(subject, "DM", {}, {"RFENDTC": ""})]},
        "02-004", "STUDY_STATUS",
    ),
    Plant(
        "dv-long-text", "deviations", "the deviation is longer than 200 bytes",
        at(DV_CATEGORY="1"), long_text("DV", "DVTERM", "DV_TEXT", {"DVSPID": "DV_NO"}), "01-005",
        "DV_TEXT",
    ),
    Plant(
        "co-long-text", "comments", "the comment is longer than 200 bytes", at(FORM="AE"),
        long_text("CO", "COVAL", "COMMENT", {}), "01-002", "COMMENT",
    ),
    Plant(
        "co-gb18030", "comments", "Chinese in GB18030", at(FORM="AE"),
        long_text("CO", "COVAL", "COMMENT", {}), "02-001", "COMMENT",
    ),
]  # fmt: skip
