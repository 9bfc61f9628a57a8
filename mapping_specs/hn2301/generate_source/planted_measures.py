"""Planted into instruments and laboratories: problems that real data have, and plain truths."""

from becomes import (
    Becomes,
    adds,
    at,
    both,
    cells_of,
    english,
    finding,
    holding,
    lab,
    later,
    number_of,
    puts,
    score,
)
from measures import Cells
from plants import Must, Plant
from subject import Subject

# ---------------------------------------------------------------- instruments

_NOT_DONE = {"QSORRES": "", "QSSTAT": "NOT DONE", "QSREASND": ""}
_KEPT = {"QSORRES": "{}", "QSSTRESC": "{}"}
_UNKNOWN = {"QSORRES": "{}", "QSSTRESC": "{}", "QSSTRESN": ""}

SCORES = [
    Plant(
        "mgadl-item-missing", "mgadl", "chewing is empty although the form is done",
        at(VISIT="Month 3"), both(finding("item-missing"), score("MGADL02", "MGADL_CHEW",
                                                                 **_NOT_DONE)),
        "01-004", "MGADL_CHEW", puts(MGADL_CHEW=""),
    ),
    Plant(
        "qmg-item-missing", "qmg", "vital capacity is empty although the form is done",
        at(VISIT="Day 28"), both(finding("item-missing"), score("QMG08", "QMG_VC", **_NOT_DONE)),
        "03-004", "QMG_VC", puts(QMG_VC=""),
    ),
    Plant(
        "mgadl-total-wrong", "mgadl", "the total is one more than its items add up to",
        at(VISIT="Month 6"), both(finding("total-mismatch"), score("MGADLTOT", "MGADL_TOTAL",
                                                                   **_KEPT)),
        "02-006", "MGADL_TOTAL", adds("MGADL_TOTAL", 1),
    ),
    Plant(
        "qmg-total-wrong", "qmg", "the total is two more than its items add up to",
        at(VISIT="Month 2"), both(finding("total-mismatch"), score("QMGTOT", "QMG_TOTAL", **_KEPT)),
        "01-003", "QMG_TOTAL", adds("QMG_TOTAL", 2),
    ),
    Plant(
        "mgc-total-wrong", "mgc", "the total is one more than its items add up to",
        at(VISIT="Month 3"), both(finding("total-mismatch"), score("MGCTOT", "MGC_TOTAL", **_KEPT)),
        "03-002", "MGC_TOTAL", adds("MGC_TOTAL", 1),
    ),
    Plant(
        "mgqol15r-total-wrong", "mgqol15r", "the total is three more than its items add up to",
        at(VISIT="Month 2"), both(finding("total-mismatch"), score("MGQOLTOT", "MGQOL_TOTAL",
                                                                   **_KEPT)),
        "02-004", "MGQOL_TOTAL", adds("MGQOL_TOTAL", 3),
    ),
    Plant(
        "mgc-answer-unknown", "mgc", "talking has the answer 5, which the item does not have",
        at(VISIT="Day 28"), both(finding("answer-unknown"), score("MGC04", "MGC_TALK", **_UNKNOWN)),
        "01-008", "MGC_TALK", puts(MGC_TALK="5"),
    ),
    Plant(
        "mgadl-answer-unknown", "mgadl", "brushing has the answer 4, which the item does not have",
        at(VISIT="Month 2"), both(finding("answer-unknown"), score("MGADL05", "MGADL_BRUSH",
                                                                   **_UNKNOWN)),
        "03-007", "MGADL_BRUSH", puts(MGADL_BRUSH="4"),
    ),
    Plant(
        "mgadl-total-27", "mgadl", "the total is 27, and the most that it can be is 24",
        at(VISIT="Month 6"), both(finding("outside-range"), score("MGADLTOT", "MGADL_TOTAL",
                                                                  **_KEPT)),
        "02-008", "MGADL_TOTAL", puts(MGADL_TOTAL="27"),
    ),
    Plant(
        "qmg-above-registered", "qmg",
        "the total is above 32, the registry's most, but below 39, the published most",
        holding("QMG_TOTAL", lambda text: text != "" and int(text) > 32),
        both(finding("outside-registered-range"), score("QMGTOT", "QMG_TOTAL", **_KEPT)),
        "02-008", "QMG_TOTAL", each=True,
    ),
    Plant(
        "mgqol15r-visit-date", "mgqol15r", "the date on the form is a day after the visit's",
        at(VISIT="Month 9"), finding("check"), "02-001", "VISIT_DATE",
        lambda row: later(row, "VISIT_DATE", 1),
    ),
    Plant(
        "mgadl-not-done", "mgadl", "the whole form is not done, with a Chinese reason",
        at(VISIT="Baseline"),
        lambda row, subject: {"values": [
            cells_of(subject, "QS", {"QSCAT": "MG-ADL", "VISITNUM": "2"},
                     {"QSSTAT": "NOT DONE", "QSREASND": english(row["NOT_DONE_REASON"]),
                      "QSORRES": ""}),
        ]},
        "01-007", "NOT_DONE_REASON",
    ),
]  # fmt: skip

# ---------------------------------------------------------------- laboratories


def unit(test: str, visit: str, standard: str, factor: float, decimals: int) -> Becomes:
    def becomes(row: Cells, subject: Subject) -> Must:
        value = f"{float(str(row['RESULT'])) * factor:.{decimals}f}".rstrip("0").rstrip(".")
        where: Cells = {"LBTESTCD": test, "VISITNUM": visit}
        are: Cells = {"LBORRES": row["RESULT"], "LBSTRESN": value, "LBSTRESU": standard}
        return {"values": [cells_of(subject, "LB", where, are)]}

    return becomes


def messy(row: Cells) -> bool:
    label = str(row["VISIT"])
    return label != label.strip() and label.strip().isupper() and row["ANALYTE"] == "WBC"


def flow(test: str, visit: str, **are: str) -> Becomes:
    return lambda row, subject: {
        "values": [cells_of(subject, "CP", {"CPTESTCD": test, "VISITNUM": visit}, dict(are))]
    }


def strange_flow_row(row: Cells) -> None:
    row |= {"Subject ID": "HN2301/09/099", "Sample ID": "FC0909901", "Visit": "D14"}


_DATE_ONLY = {"LBDTC": "{COLLECT_DATE}"}
LABORATORIES = [
    Plant(
        "lab-row-twice", "lab_local", "the same row stands there twice",
        at(VISIT="Month 2", ANALYTE="WBC"),
        both(finding("duplicate-source-key"), lambda row, subject: {
            "excluded": "the same row twice"}),
        "01-003", again=True,
    ),
    Plant(
        "lab-text-for-number", "lab_local", "the result is a word although the test was done",
        at(VISIT="Month 2", ANALYTE="CREAT"),
        both(finding("not-a-number"), lab(LBORRES="haemolysed", LBSTRESC="haemolysed",
                                          LBSTRESN="")),
        "03-005", "RESULT", puts(RESULT="haemolysed", ABNORMAL=""),
    ),
    Plant(
        "lab-below-limit", "lab_local", "a result below the limit of quantification",
        at(ANALYTE="CRP", RESULT="<0.5"),
        lab(LBORRES="<0.5", LBSTRESC="<0.5", LBSTRESN=""), column="RESULT",
    ),
    Plant(
        "lab-unit-hgb", "lab_local", "site 02 reports g/dL", at(VISIT="Baseline", ANALYTE="HGB"),
        unit("HGB", "2", "g/L", 10, 0), "02-001", "UNIT",
    ),
    Plant(
        "lab-unit-igg", "lab_local", "site 02 reports mg/dL", at(VISIT="Baseline", ANALYTE="IGG"),
        unit("IGG", "2", "g/L", 0.01, 2), "02-001", "UNIT",
    ),
    Plant(
        "lab-unit-neut", "lab_local", "site 03 reports cells/uL",
        at(VISIT="Baseline", ANALYTE="NEUT"), unit("NEUT", "2", "10^9/L", 0.001, 3), "03-001",
        "UNIT",
    ),
    Plant(
        "lab-unit-creat", "lab_local", "site 03 reports mg/dL",
        at(VISIT="Baseline", ANALYTE="CREAT"), unit("CREAT", "2", "umol/L", 88.4, 1), "03-001",
        "UNIT",
    ),
    Plant(
        "lab-unit-spelling", "lab_local", "site 02 writes 10^9/l",
        at(VISIT="Baseline", ANALYTE="PLT"), lab(LBORRES="{RESULT}", LBSTRESU="10^9/L"), "02-001",
        "UNIT",
    ),
    Plant(
        "lab-visit-label", "lab_local", "the visit is in capitals with blanks around it", messy,
        lab(LBORRES="{RESULT}"), column="VISIT",
    ),
    Plant(
        "lab-unscheduled", "lab_local", "an unscheduled visit after Day 28",
        at(VISIT="Unscheduled", ANALYTE="WBC"),
        lambda row, subject: {"values": [
            cells_of(subject, "LB", {"LBTESTCD": "WBC", "VISITNUM": "9.1"},
                     {"LBORRES": row["RESULT"]}),
        ]},
        "02-001", "VISIT",
    ),
    Plant(
        "lab-not-done", "lab_local", "a test not done, with a Chinese reason",
        at(DONE="N"),
        lambda row, subject: {"values": [
            cells_of(subject, "LB", {"LBTESTCD": "ALB", "VISITNUM": number_of(row)},
                     {"LBSTAT": "NOT DONE", "LBREASND": english(row["NOT_DONE_REASON"])}),
        ]},
        "03-001", "NOT_DONE_REASON",
    ),
    Plant(
        "lab-predose-without-time", "lab_local",
        "Day 1 without a time, but the form says before the infusion: baseline",
        at(VISIT="Day 1", PANEL="CHEMISTRY"), lab(LBLOBXFL="Y", **_DATE_ONLY), "02-007",
        "COLLECT_TIME", puts(COLLECT_TIME=""), every=True,
    ),
    Plant(
        "lab-day-1-without-time", "lab_local",
        "Day 1 without a time, and the form does not say before the infusion: not baseline",
        at(VISIT="Day 1", PANEL="CHEMISTRY"), lab(LBLOBXFL="", **_DATE_ONLY), "01-008",
        "COLLECT_TIME", puts(COLLECT_TIME="", PREDOSE=""), every=True,
    ),
    Plant(
        "titre-below-limit", "antibodies", "a titre below the limit of quantification",
        at(VISIT="Month 3", ACHR_TITRE="<0.4"),
        lambda row, subject: {"values": [
            cells_of(subject, "IS", {"ISBDAGNT": "ACETYLCHOLINE RECEPTORS", "VISITNUM": "11"},
                     {"ISORRES": "<0.4", "ISSTRESC": "<0.4", "ISSTRESN": ""}),
        ]},
        column="ACHR_TITRE",
    ),
    Plant(
        "flow-below-limit", "flow_cytometry", "CAR-positive cells below the limit",
        at(Visit="D-1"), flow("TLSTLY", "2", CPORRES="<0.01", CPSTRESC="<0.01", CPSTRESN=""),
        "01-001", "CAR+ cells [% of T cells]",
    ),
    Plant(
        "flow-insufficient", "flow_cytometry", "a text where a number is expected",
        at(Visit="M3"),
        both(finding("not-a-number"),
             flow("BLYNBLY", "11", CPORRES="insufficient sample", CPSTRESN="")),
        "01-007", "Naive B cells [% of B cells]",
        lambda row: row.update({"Naive B cells [% of B cells]": "insufficient sample"}),
    ),
    Plant(
        "flow-unknown-subject", "flow_cytometry", "a sample of a subject that the study lacks",
        at(Visit="SCR"), finding("unknown-subject"), "03-006", "Subject ID", strange_flow_row,
        again=True,
    ),
    Plant(
        "flow-spelling", "flow_cytometry", "the subject is in lower case",
        holding("Subject ID", str.islower),
        lambda row, subject: {"values": [
            cells_of(subject, "LB", {"LBREFID": row["Sample ID"], "LBTESTCD": "BLYCE"},
                     {"LBORRES": f"{row['CD19+ B cells [cells/uL]']:g}"}),
        ]},
        column="Subject ID",
    ),
    Plant(
        "flow-visit-spelling", "flow_cytometry", "the visit is written otherwise",
        holding("Visit", lambda text: text.startswith("Day ")),
        lambda row, subject: {"values": [
            cells_of(subject, "LB", {"LBREFID": row["Sample ID"], "LBTESTCD": "BLYCE"},
                     {"VISIT": str(row["Visit"]).upper()}),
        ]},
        column="Visit",
    ),
]  # fmt: skip
