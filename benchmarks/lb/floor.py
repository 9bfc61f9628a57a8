"""The floor of the laboratory job: the same LB, by code written for this one form and for speed.

``python -m benchmarks.lb.floor STUDY LB.XPT``. Everything that a person knows of this form is
written into the code: names, codes, formats, the order of variables, that nothing is quoted. It
works on codes and distinct values throughout, does no checking, keeps no account, reads nothing
back, and writes through the product's own transport writer, the fastest there is.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport.write import write_xpt
from mg_cdisc.transport.xpt import XptDataset, XptVariable

STUDY = "BENCH-LB"
TESTS = {
    "Albumin": ("ALB", "Albumin"),
    "Alkaline phosphatase": ("ALP", "Alkaline Phosphatase"),
    "ALT (SGPT)": ("ALT", "Alanine Aminotransferase"),
    "AST (SGOT)": ("AST", "Aspartate Aminotransferase"),
    "Bilirubin total": ("BILI", "Bilirubin"),
    "Calcium": ("CA", "Calcium"),
    "Chloride": ("CL", "Chloride"),
    "Creatinine": ("CREAT", "Creatinine"),
    "Glucose": ("GLUC", "Glucose"),
    "Haematocrit": ("HCT", "Hematocrit"),
    "Haemoglobin": ("HGB", "Hemoglobin"),
    "Lymphocytes": ("LYM", "Lymphocytes"),
    "Neutrophils": ("NEUT", "Neutrophils"),
    "Platelets": ("PLAT", "Platelets"),
    "Potassium": ("K", "Potassium"),
    "Protein total": ("PROT", "Protein"),
    "Red cells": ("RBC", "Erythrocytes"),
    "Sodium": ("SODIUM", "Sodium"),
    "Urea nitrogen": ("UREAN", "Urea Nitrogen"),
    "White cells": ("WBC", "Leukocytes"),
}
UNITS = {"10e9/L": "10^9/L", "10e12/L": "10^12/L"}
# test: standard unit, decimals (None: as collected), factor from the other unit
STANDARD: dict[str, tuple[str, int | None, float]] = {
    "ALB": ("g/L", 1, 10.0), "ALP": ("U/L", None, 1.0), "ALT": ("U/L", None, 1.0),
    "AST": ("U/L", None, 1.0), "BILI": ("umol/L", 1, 17.104), "CA": ("mmol/L", 2, 0.2495),
    "CL": ("mmol/L", None, 1.0), "CREAT": ("umol/L", 1, 88.42), "GLUC": ("mmol/L", 2, 0.05551),
    "HCT": ("%", None, 1.0), "HGB": ("g/L", 0, 10.0), "K": ("mmol/L", None, 1.0),
    "LYM": ("10^9/L", None, 1.0), "NEUT": ("10^9/L", None, 1.0), "PLAT": ("10^9/L", None, 1.0),
    "PROT": ("g/L", 1, 10.0), "RBC": ("10^12/L", None, 1.0), "SODIUM": ("mmol/L", None, 1.0),
    "UREAN": ("mmol/L", 1, 0.357), "WBC": ("10^9/L", None, 1.0),
}  # fmt: skip
VISITS = {
    "Screening": ("SCREENING", 1, -14), "Day 1": ("DAY 1", 2, 1), "Week 2": ("WEEK 2", 3, 15),
    "Week 4": ("WEEK 4", 4, 29), "Week 6": ("WEEK 6", 5, 43), "Week 8": ("WEEK 8", 6, 57),
    "Week 12": ("WEEK 12", 7, 85), "Week 16": ("WEEK 16", 8, 113), "Week 20": ("WEEK 20", 9, 141),
    "Week 24": ("WEEK 24", 10, 169), "Week 36": ("WEEK 36", 11, 253),
    "Week 48": ("WEEK 48", 12, 337), "End of study": ("END OF STUDY", 13, 365),
}  # fmt: skip
LABELS = {
    "STUDYID": "Study Identifier", "DOMAIN": "Domain Abbreviation",
    "USUBJID": "Unique Subject Identifier", "LBSEQ": "Sequence Number", "LBREFID": "Specimen ID",
    "LBTESTCD": "Lab Test or Examination Short Name", "LBTEST": "Lab Test or Examination Name",
    "LBCAT": "Category for Lab Test", "LBORRES": "Result or Finding in Original Units",
    "LBORRESU": "Original Units", "LBORNRLO": "Reference Range Lower Limit in Orig Unit",
    "LBORNRHI": "Reference Range Upper Limit in Orig Unit",
    "LBSTRESC": "Character Result/Finding in Std Format",
    "LBSTRESN": "Numeric Result/Finding in Standard Units", "LBSTRESU": "Standard Units",
    "LBSTNRLO": "Reference Range Lower Limit-Std Units",
    "LBSTNRHI": "Reference Range Upper Limit-Std Units", "LBNRIND": "Reference Range Indicator",
    "LBSTAT": "Completion Status", "LBSPEC": "Specimen Type",
    "LBLOBXFL": "Last Observation Before Exposure Flag", "LBFAST": "Fasting Status",
    "VISITNUM": "Visit Number", "VISIT": "Visit Name", "VISITDY": "Planned Study Day of Visit",
    "EPOCH": "Epoch", "LBDTC": "Date/Time of Specimen Collection",
    "LBDY": "Study Day of Specimen Collection",
}  # fmt: skip
USED = ("SUBJECT", "VISIT", "PANEL", "SPECIMEN", "ACCESSION", "COLLECT_DATE", "COLLECT_TIME",
        "FASTING", "ANALYTE", "RESULT", "UNIT", "REF_LOW", "REF_HIGH", "ABNORMAL")  # fmt: skip

Column = tuple[Any, list[str]]
"""A code per row, and the distinct values."""


def read(path: Path, names: tuple[str, ...]) -> dict[str, Column]:
    """The columns by code, text untouched."""
    table = pa.csv.read_csv(
        path,
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=1 << 22),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=list(names),
            strings_can_be_null=False,
        ),
    )
    columns = {}
    for name in names:
        encoded = table.column(name).combine_chunks().dictionary_encode()
        columns[name] = (encoded.indices.to_numpy(), encoded.dictionary.to_pylist())
        table = table.drop_columns([name])
    return columns


def days_of(dates: list[str]) -> Any:
    """Days since 1970 of dd/MM/yyyy."""
    return np.array([f"{d[6:]}-{d[3:5]}-{d[:2]}" for d in dates], "datetime64[D]").astype(np.int64)


def minutes_of(times: list[str]) -> Any:
    """Minutes of the day, -1 where there is no time."""
    return np.array([int(t[:2]) * 60 + int(t[3:]) if t else -1 for t in times])


def distinct(*columns: Any, spans: list[int]) -> tuple[Any, list[Any]]:
    """A code per row for the combination of codes, and the codes of each combination."""
    combined = columns[0].astype(np.int64)
    for codes, span in zip(columns[1:], spans[1:], strict=True):
        combined = combined * span + codes
    total = int(np.prod(spans))
    if total > 4 * len(combined):
        encoded = pa.array(combined).dictionary_encode()
        joint, uniques = encoded.indices.to_numpy(), encoded.dictionary.to_numpy()
    else:
        seen = np.zeros(total, bool)
        seen[combined] = True
        uniques = np.flatnonzero(seen)
        number = np.zeros(total, np.int32)
        number[uniques] = np.arange(len(uniques), dtype=np.int32)
        joint = number[combined]
    parts = []
    for span in reversed(spans):
        parts.append(uniques % span)
        uniques = uniques // span
    return joint, parts[::-1]


def merge(values: list[str]) -> tuple[Any, list[str]]:
    """Codes of a list of texts, and the distinct ones."""
    encoded = pa.array(values, pa.string()).dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()


def exposure(folder: Path) -> dict[str, tuple[int, int]]:
    """First and last dose of each subject, as minutes."""
    doses = read(folder / "dosing.csv", ("SUBJECT", "DOSE_DATE", "DOSE_TIME"))
    codes, subjects = doses["SUBJECT"]
    day, time = days_of(doses["DOSE_DATE"][1]), minutes_of(doses["DOSE_TIME"][1])
    moment = day[doses["DOSE_DATE"][0]] * 1440 + time[doses["DOSE_TIME"][0]]
    first = np.full(len(subjects), np.iinfo(np.int64).max)
    last = np.full(len(subjects), np.iinfo(np.int64).min)
    np.minimum.at(first, codes, moment)
    np.maximum.at(last, codes, moment)
    return {
        s: (int(a), int(b)) for s, a, b in zip(subjects, first.tolist(), last.tolist(), strict=True)
    }


def rounded(value: float, digits: int | None) -> float:
    """Half away from zero, as decimals."""
    if digits is None:
        return value
    scaled = abs(value) * 10.0**digits
    whole = np.floor(scaled)
    whole += scaled - whole >= 0.5 - max(scaled, 1.0) * 1e-13
    return float(np.copysign(whole / 10.0**digits, value))


def number_of(text: str, test: str, unit: str) -> float:
    """A result in the standard unit; NaN where it is no number."""
    if not text or text[0] == "<":
        return float("nan")
    standard, digits, factor = STANDARD[test]
    return rounded(float(text) * (1.0 if unit == standard else factor), digits)


def shortest(value: float) -> str:
    """The shortest decimal of a number."""
    return repr(value).removesuffix(".0")


def laboratory(folder: Path) -> Frame:
    """The records of LB, in the order of its keys."""
    raw = read(folder / "laboratory.csv", USED)
    rows = len(raw["SUBJECT"][0])
    columns: dict[str, Any] = {}

    subject, subjects = raw["SUBJECT"]
    doses = exposure(folder)
    first = np.array([doses[each][0] for each in subjects])
    last = np.array([doses[each][1] for each in subjects])
    columns["USUBJID"] = (subject, [f"{STUDY}-{each}" for each in subjects])
    columns["LBREFID"] = raw["ACCESSION"]

    analyte, analytes = raw["ANALYTE"]
    tests = [TESTS[each][0] for each in analytes]
    columns["LBTESTCD"] = (analyte, tests)
    columns["LBTEST"] = (analyte, [TESTS[each][1] for each in analytes])
    recodes = {
        "LBCAT": ("PANEL", {"CHEM": "CHEMISTRY", "HAEM": "HEMATOLOGY"}),
        "LBORRESU": ("UNIT", UNITS),
        "LBNRIND": ("ABNORMAL", {"H": "HIGH", "L": "LOW", "N": "NORMAL"}),
        "LBSPEC": ("SPECIMEN", {"Serum": "SERUM", "Whole blood": "BLOOD"}),
        "LBFAST": ("FASTING", {"Yes": "Y", "No": "N"}),
    }
    for name, (source, terms) in recodes.items():
        codes, values = raw[source]
        columns[name] = (codes, [terms.get(each, each) for each in values])
    columns["LBORRES"] = raw["RESULT"]
    columns["LBORNRLO"], columns["LBORNRHI"] = raw["REF_LOW"], raw["REF_HIGH"]

    unit, units = columns["LBORRESU"]
    result, results = raw["RESULT"]
    joint, (of_test, of_unit, of_result) = distinct(
        analyte, unit, result, spans=[len(tests), len(units), len(results)]
    )
    numbers = [
        number_of(results[r], tests[t], units[u])
        for t, u, r in zip(of_test, of_unit, of_result, strict=True)
    ]
    texts = [
        results[r] if number != number else shortest(number)
        for number, r in zip(numbers, of_result, strict=True)
    ]
    codes, texts = merge(texts)
    columns["LBSTRESN"] = np.array(numbers)[joint]
    columns["LBSTRESC"] = (codes[joint], texts)
    codes, standards = merge(
        [
            STANDARD[tests[t]][0] if results[r] else ""
            for t, r in zip(of_test, of_result, strict=True)
        ]
    )
    columns["LBSTRESU"] = (codes[joint], standards)
    for name, source in (("LBSTNRLO", "REF_LOW"), ("LBSTNRHI", "REF_HIGH")):
        limit, limits = raw[source]
        joint, parts = distinct(analyte, unit, limit, spans=[len(tests), len(units), len(limits)])
        made = [number_of(limits[v], tests[t], units[u]) for t, u, v in zip(*parts, strict=True)]
        columns[name] = np.array(made)[joint]
    empty = np.array([not each for each in results])
    columns["LBSTAT"] = (empty[result].view(np.int8), ["", "NOT DONE"])

    visit, visits = raw["VISIT"]
    columns["VISIT"] = (visit, [VISITS[each][0] for each in visits])
    columns["VISITNUM"] = np.array([float(VISITS[each][1]) for each in visits])[visit]
    columns["VISITDY"] = np.array([float(VISITS[each][2]) for each in visits])[visit]

    date, dates = raw["COLLECT_DATE"]
    time, times = raw["COLLECT_TIME"]
    moment, (of_date, of_time) = distinct(date, time, spans=[len(dates), len(times)])
    day, minute = days_of(dates)[of_date], minutes_of(times)[of_time]
    shown = [
        f"{d[6:]}-{d[3:5]}-{d[:2]}T{t}" if t else f"{d[6:]}-{d[3:5]}-{d[:2]}"
        for d, t in zip((dates[i] for i in of_date), (times[i] for i in of_time), strict=True)
    ]
    columns["LBDTC"] = (moment, shown)
    rank = np.empty(len(shown), np.int64)  # a date without a time stands before those with one
    rank[np.lexsort((minute, day))] = np.arange(len(shown))

    # date, epoch and study day of each subject's moments, and not of each row
    joint, (of_subject, of_moment) = distinct(subject, moment, spans=[len(subjects), len(shown)])
    first_day, last_day = first[of_subject] // 1440, last[of_subject] // 1440
    at, timed = day[of_moment], minute[of_moment] >= 0
    exact = at * 1440 + minute[of_moment]
    study_day = at - first_day
    columns["LBDY"] = (study_day + (study_day >= 0)).astype(np.float64)[joint]
    before = np.where(timed, exact < first[of_subject], at < first_day)
    followed = np.where(timed, exact >= last[of_subject], at >= last_day)
    epoch = np.where(followed, 2, np.where(before, 0, 1)).astype(np.int32)
    columns["EPOCH"] = (epoch[joint], ["SCREENING", "TREATMENT", "FOLLOW-UP"])

    place = np.empty(len(subjects), np.int64)
    place[np.argsort(np.array(subjects))] = np.arange(len(subjects))
    code = np.empty(len(tests), np.int64)
    code[np.argsort(np.array(tests))] = np.arange(len(tests))
    number = np.array([VISITS[each][1] for each in visits])
    group = place[subject] * len(tests) + code[analyte]
    order = np.argsort((group * 16 + number[visit]) * len(shown) + rank[moment], kind="stable")
    by_subject = np.bincount(place[subject])
    sequence = np.arange(rows) - np.repeat(np.cumsum(by_subject) - by_subject, by_subject) + 1.0

    # of the records before exposure with a result, the last of each test: in order by time
    eligible = before[joint] & ~empty[result]
    candidates = order[eligible[order]]
    by_time = candidates[np.lexsort((rank[moment[candidates]], group[candidates]))]
    groups = group[by_time]
    flagged = np.zeros(rows, np.int8)
    flagged[by_time[np.append(groups[1:] != groups[:-1], True)]] = 1
    columns["LBLOBXFL"] = (flagged, ["", "Y"])

    sorted_columns: dict[str, Any] = {}
    for name in LABELS:
        if name in ("STUDYID", "DOMAIN"):
            sorted_columns[name] = Text.constant(STUDY if name == "STUDYID" else "LB", rows)
        elif name == "LBSEQ":
            sorted_columns[name] = sequence
        else:
            column = columns.pop(name)
            if isinstance(column, tuple):
                values = pa.array(column[1], pa.string())
                sorted_columns[name] = Text(column[0][order], values)
            else:
                sorted_columns[name] = column[order]
    return Frame.of(sorted_columns)


def main(folder: Path, path: Path) -> None:
    """CSV to LB as a transport file."""
    frame = laboratory(folder / "source")
    variables = []
    for name, label in LABELS.items():
        column = frame[name]
        longest = 8
        if isinstance(column, Text):
            longest = pc.max(pc.binary_length(column.values)).as_py()
        variables.append(XptVariable(name, label, isinstance(column, Text), longest))
    dataset = XptDataset("LB", "Laboratory Test Results", tuple(variables), frame)
    write_xpt(path, dataset, timestamp=datetime(2026, 1, 1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
