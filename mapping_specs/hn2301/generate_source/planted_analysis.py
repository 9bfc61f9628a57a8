"""What becomes of planted truths in the analysis datasets, by the rules of the study's brief."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeAlias

from becomes import day_first_iso, folded, iso_of, number_of
from measures import Cells
from subject import Subject

Told: TypeAlias = list[dict[str, Any]]
Analysis: TypeAlias = Callable[[Cells, Subject], Told]

ANALYSED = ("ADAE", "ADCM", "ADLB", "ADQS", "ADRS", "ADTTE")
# analysis visit of a planned visit, and the planned visit before it
VISITS = {"day 28": ("28", "DAY 14"), "month 2": ("60", "DAY 28"), "month 3": ("90", "MONTH 2"),
          "month 6": ("180", "MONTH 3"), "month 9": ("270", "MONTH 6")}  # fmt: skip
_LEFT = "Left the study without the event: "


def is_so(dataset: str, where: Cells, **are: Any) -> Analysis:
    """All records of the subject with these cells have those; {X} stands for a cell of the row."""

    def told(row: Cells, subject: Subject) -> Told:
        named = {"USUBJID": f"HN2301-{subject.label}", **filled(where, row)}
        return [{"dataset": dataset, "where": named, "are": filled(are, row)}]

    return told


def number(dataset: str, records: int, **where: Any) -> Analysis:
    """So many records of the subject have these cells."""

    def told(row: Cells, subject: Subject) -> Told:
        named = {"USUBJID": f"HN2301-{subject.label}", **filled(where, row)}
        return [{"dataset": dataset, "where": named, "records": records}]

    return told


def all_of(*parts: Analysis) -> Analysis:
    return lambda row, subject: [each for part in parts for each in part(row, subject)]


def filled(cells: Cells, row: Cells) -> Cells:
    made = {}
    for name, value in cells.items():
        text = value(row) if callable(value) else value
        made[name] = text.format(visit=row_visit(row), **row) if "{" in text else text
    return made


def row_visit(row: Cells) -> str:
    return number_of(row) if folded(row, "VISIT") in VISITS else ""


def corrected(column: str, points: int) -> Callable[[Cells], str]:
    """A collected total without what was added to it: the sum of its items."""
    return lambda row: str(int(str(row[column])) - points)


def summed(prefix: str) -> Callable[[Cells], str]:
    """The sum of the items of a form whose codes are the scores."""
    return lambda row: str(
        sum(int(str(value)) for name, value in row.items()
            if name.startswith(prefix) and not name.endswith("TOTAL"))
    )  # fmt: skip


def no_total(parameter: str, carried: bool = True) -> Analysis:
    """A form of which an item is missing has no total, and the visit gets the one before."""

    def told(row: Cells, subject: Subject) -> Told:
        day, before = VISITS[folded(row, "VISIT")]
        named = {"USUBJID": f"HN2301-{subject.label}", "PARAMCD": parameter}
        absent = {**named, "VISITNUM": number_of(row)}
        found: Told = [{"dataset": "ADQS", "where": absent, "records": 0}]
        if carried:
            are = {"DTYPE": "LOCF", "VISIT": before, "ANL01FL": "", "ANL02FL": "Y"}
            found.append({"dataset": "ADQS", "where": {**named, "AVISITN": day}, "are": are})
        return found

    return told


def totals(collected: str, computed: str, points: int, column: str) -> Analysis:
    """The collected total stays; the one that is analysed is the sum of the items."""
    return all_of(
        is_so("ADQS", {"PARAMCD": collected, "VISITNUM": "{visit}"}, AVAL=f"{{{column}}}"),
        is_so("ADQS", {"PARAMCD": computed, "VISITNUM": "{visit}"},
              AVAL=corrected(column, points)),
    )  # fmt: skip


def month_of_infusion(row: Cells, subject: Subject) -> Told:
    """The first infusion is in the month: the event counts from that day on."""
    where = {"USUBJID": f"HN2301-{subject.label}", "AESPID": row["AESPID"]}
    are = {"ASTDT": subject.day1.isoformat(), "ASTDTF": "D", "ASTDY": "1", "TRTEMFL": "Y"}
    return [{"dataset": "ADAE", "where": where, "are": are}]


def month_day_year(row: Cells) -> str:
    month, day, year = str(row["START_DATE"]).split("/")
    return f"{year}-{month}-{day}"


def died(row: Cells, subject: Subject) -> Told:
    named = {"USUBJID": f"HN2301-{subject.label}"}
    day = subject.end.isoformat()
    return [
        {"dataset": "ADSL", "where": named, "are": {
            "DTHDT": day, "LSTALVDT": day, "EOSSTT": "DISCONTINUED", "DCSREAS": "DEATH",
            "DTHCAUS": "Pneumonia"}},
        {"dataset": "ADTTE", "where": {**named, "PARAMCD": "TTMGADL"}, "are": {
            "CNSR": "3", "EVNTDESC": "Death before the event", "ADT": day}},
        {"dataset": "ADQS", "where": {**named, "PARAMCD": "MGADLT", "AVISITN": "180"},
         "records": 0},
        {"dataset": "ADRS", "where": {**named, "PARAMCD": "NOWORSE"}, "are": {"AVALC": ""}},
    ]  # fmt: skip


def end_of_year(row: Cells, subject: Subject) -> Told:
    """The last day of the year: the subject was known alive after it."""
    where = {"USUBJID": f"HN2301-{subject.label}", "AESPID": row["AESPID"]}
    last = date(int(str(row["AEENDAT"])), 12, 31)
    assert subject.end >= last + timedelta(days=1)
    are = {"AENDT": last.isoformat(), "AENDTF": "M"}
    return [{"dataset": "ADAE", "where": where, "are": are}]


_NOT_TREATED = {"TRT01P": "", "TRTSDT": "", "SAFFL": "N", "FASFL": "N", "EFFFL": "N", "KINFL": "N",
                "EOSSTT": ""}  # fmt: skip
ANALYSIS: dict[str, Analysis] = {
    "diagnosis-partial-date": is_so(
        "ADSL", {}, DIAGDT=lambda row: f"{iso_of(row['DIAG_DATE'])}-15", DIAGDTF="D"),
    "infusion-day-first": is_so("ADSL", {}, TRTSDT=day_first_iso),
    "infusion-interrupted": is_so("ADSL", {}, NINFUS="3", CUMDOSE="3"),
    "infusion-not-given": is_so("ADSL", {}, NINFUS="2", CUMDOSE="4", EOTSTT="DISCONTINUED",
                                DCTREAS="ADVERSE EVENT"),
    "lab-below-limit": is_so("ADLB", {"PARAMCD": "CRP", "VISITNUM": "1"}, AVAL="0.25",
                             AVALC="<0.5", DTYPE="HALFLLOQ"),
    "flow-below-limit": is_so("ADLB", {"PARAMCD": "TLSTLY", "VISITNUM": "2"}, AVAL="0.005",
                              AVALC="<0.01", DTYPE="HALFLLOQ", SRCDOM="CP"),
    "flow-spelling": number(
        "ADLB", 1, PARAMCD="BLYCE", AVAL=lambda row: f"{row['CD19+ B cells [cells/uL]']:g}"),
    "flow-insufficient": number("ADLB", 0, PARAMCD="BLYNBLY", VISITNUM="11"),
    "lab-unit-hgb": is_so("ADLB", {"PARAMCD": "HGB", "VISITNUM": "2"}, PARAM="Hemoglobin (g/L)",
                          AVAL=lambda row: f"{float(str(row['RESULT'])) * 10:g}"),
    "lab-unscheduled": is_so("ADLB", {"PARAMCD": "WBC", "VISITNUM": "9.1"}, AVAL="{RESULT}",
                             AVISIT="Day 28", ANL01FL=""),
    "lab-not-done": number("ADLB", 0, PARAMCD="ALB", VISITNUM=number_of),
    "lab-row-twice": number("ADLB", 1, PARAMCD="WBC", VISITNUM="10"),
    "lab-text-for-number": number("ADLB", 0, PARAMCD="CREAT", VISITNUM="10"),
    "lab-predose-without-time": is_so("ADLB", {"PARAMCD": "ALT", "VISITNUM": "3"}, ABLFL="Y",
                                      AVISIT="Baseline"),
    "lab-day-1-without-time": is_so("ADLB", {"PARAMCD": "ALT", "VISITNUM": "3"}, ABLFL="",
                                    AVISIT="", ANL01FL="", CHG=""),
    "ae-start-month": is_so("ADAE", {"AESPID": "{AESPID}"}, ASTDT="{AESTDAT}-01", ASTDTF="D",
                            TRTEMFL="Y"),
    "ae-start-month-of-infusion": month_of_infusion,
    "ae-end-year": end_of_year,
    "ae-entered-twice": is_so("ADAE", {"AESPID": "3"}, ANL01FL="", AOCCFL="", AOCCPFL=""),
    "ae-ends-before-start": is_so("ADAE", {"AESPID": "{AESPID}"}, ADURN="", ADURU=""),
    "ae-chinese": is_so("ADAE", {"AESPID": "{AESPID}"}, ATOXGRN="5", AOCCIFL="Y"),
    "cm-every-other-day": is_so("ADCM", {"AVISITN": "60"}, AVAL="10", BASE="20", CRIT1FL="Y"),
    "screen-failure": all_of(is_so("ADSL", {}, **_NOT_TREATED),
                             *(number(name, 0) for name in ANALYSED)),
    "mgadl-total-wrong": totals("MGADLTOT", "MGADLT", 1, "MGADL_TOTAL"),
    "qmg-total-wrong": totals("QMGTOT", "QMGT", 2, "QMG_TOTAL"),
    "mgc-total-wrong": totals("MGCTOT", "MGCT", 1, "MGC_TOTAL"),
    "mgqol15r-total-wrong": totals("MGQOLTOT", "MGQOLT", 3, "MGQOL_TOTAL"),
    "mgadl-total-27": all_of(
        is_so("ADQS", {"PARAMCD": "MGADLTOT", "VISITNUM": "12"}, AVAL="27"),
        is_so("ADQS", {"PARAMCD": "MGADLT", "VISITNUM": "12"}, AVAL=summed("MGADL_"))),
    "qmg-above-registered": is_so(
        "ADQS", {"PARAMCD": "QMGT", "ADT": "{ASSESS_DATE}", "DTYPE": ""}, AVAL="{QMG_TOTAL}"),
    "mgadl-item-missing": all_of(no_total("MGADLT"), number("ADQS", 0, PARAMCD="MGADL02",
                                                            VISITNUM=number_of)),
    "qmg-item-missing": no_total("QMGT"),
    "mgadl-answer-unknown": no_total("MGADLT"),
    "mgc-answer-unknown": no_total("MGCT"),
    "mgadl-not-done": all_of(
        is_so("ADSL", {}, BMGADL="", EFFFL="N"),
        is_so("ADTTE", {"PARAMCD": "TTMGADL"}, CNSR="5", EVNTDESC="Event not possible"),
        is_so("ADQS", {"PARAMCD": "MGADLT"}, BASE="", CHG="", CRIT1FL="")),
    "visit-missed": all_of(
        is_so("ADQS", {"PARAMCD": "MGADLT", "AVISITN": "270"}, DTYPE="LOCF", VISIT="MONTH 6",
              AVISIT="Month 9", ANL01FL=""),
        is_so("ADQS", {"PARAMCD": "MGADLRVN", "AVISITN": "270"}, AVALC="N", DTYPE="PHANTOM"),
        number("ADQS", 0, PARAMCD="MGADLRV", AVISITN="270"),
        is_so("ADRS", {"PARAMCD": "MGWORSE", "AVISITN": "270"}, AVALC=""),
        is_so("ADRS", {"PARAMCD": "NOWORSE"}, AVALC="")),
    "visit-unscheduled-first": is_so("ADCM", {"VISITNUM": "12.1"}, AVISIT="Month 6", ANL01FL=""),
    "death": died,
    "ongoing": all_of(
        is_so("ADSL", {}, EOSSTT="ONGOING", EOSDT="", DCSREAS=""),
        is_so("ADTTE", {"PARAMCD": "TTMINMAN"}, CNSR="7",
              EVNTDESC="Still in the study at the data cut without the event"),
        number("ADQS", 0, AVISITN="360"), number("ADRS", 0, AVISITN="360")),
    "withdrawn": all_of(
        is_so("ADSL", {}, EOSSTT="DISCONTINUED", DCSREAS="WITHDRAWAL BY SUBJECT"),
        is_so("ADTTE", {"PARAMCD": "TTMGADL"}, CNSR="6", CNSDTDSC="Last MG-ADL assessment",
              EVNTDESC=f"{_LEFT}WITHDRAWAL BY SUBJECT"),
        number("ADQS", 0, PARAMCD="MGADLT", AVISITN="180"),
        is_so("ADQS", {"PARAMCD": "MGADLRVN", "AVISITN": "180"}, AVALC="N", DTYPE="PHANTOM"),
        is_so("ADRS", {"PARAMCD": "NOWORSE"}, AVALC="")),
    "lost": is_so("ADTTE", {"PARAMCD": "TTWORSE"}, CNSR="6", EVNTDESC=f"{_LEFT}LOST TO FOLLOW-UP"),
    "rescue-before-response": is_so(
        "ADTTE", {"PARAMCD": "TTMGADL"}, CNSR="2", EVNTDESC="Rescue therapy before the event",
        CNSDTDSC="Start of rescue procedure", SRCDOM="PR", ADT=month_day_year),
    "rescue-after-response": is_so("ADTTE", {"PARAMCD": "TTMGADL"}, CNSR="0", CNSDTDSC="",
                                   SRCDOM="ADQS"),
}  # fmt: skip
"""By the identifier of what is planted. What is not here has no consequence of its own."""
