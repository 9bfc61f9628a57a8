"""Makes the source of the laboratory job: three CSV files, the same bytes at every run.

3,847 subjects of at most 260 results (20 analytes at 13 visits), a million rows of 16 columns in
the order of an export: subject, visit, panel, analyte. One subject in seven is seen by a
laboratory that writes other units, one sample in fifty has no time, three results in a hundred
are not done, some are below the limit.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.subjects import (
    DAYS,
    VISITS,
    dates,
    draw_subjects,
    pick,
    times,
    write,
    write_subjects,
)

ROWS = 1_000_000

# analyte, panel, unit, middle, decimals, and the unit of sites that write others with its factor
ANALYTES = (
    ("Sodium", "C", "mmol/L", 140.0, 0, "", 1.0),
    ("Potassium", "C", "mmol/L", 4.2, 1, "", 1.0),
    ("Chloride", "C", "mmol/L", 102.0, 0, "", 1.0),
    ("Urea nitrogen", "C", "mmol/L", 5.2, 1, "mg/dL", 2.8),
    ("Creatinine", "C", "umol/L", 78.0, 0, "mg/dL", 0.0113),
    ("Glucose", "C", "mmol/L", 5.1, 1, "mg/dL", 18.0),
    ("Calcium", "C", "mmol/L", 2.35, 2, "mg/dL", 4.0),
    ("Protein total", "C", "g/L", 71.0, 0, "g/dL", 0.1),
    ("Albumin", "C", "g/L", 43.0, 0, "g/dL", 0.1),
    ("Bilirubin total", "C", "umol/L", 11.0, 0, "mg/dL", 0.0585),
    ("ALT (SGPT)", "C", "U/L", 25.0, 0, "", 1.0),
    ("AST (SGOT)", "C", "U/L", 24.0, 0, "", 1.0),
    ("Alkaline phosphatase", "C", "U/L", 75.0, 0, "", 1.0),
    ("White cells", "H", "10e9/L", 6.4, 2, "", 1.0),
    ("Red cells", "H", "10e12/L", 4.7, 2, "", 1.0),
    ("Haemoglobin", "H", "g/L", 141.0, 0, "g/dL", 0.1),
    ("Haematocrit", "H", "%", 42.0, 1, "", 1.0),
    ("Platelets", "H", "10e9/L", 251.0, 0, "", 1.0),
    ("Neutrophils", "H", "10e9/L", 3.8, 2, "", 1.0),
    ("Lymphocytes", "H", "10e9/L", 1.9, 2, "", 1.0),
)


def generate(folder: Path, rows: int = ROWS) -> None:
    """Write ``laboratory.csv``, ``demographics.csv`` and ``dosing.csv`` into ``folder``."""
    random = np.random.default_rng(20260101)
    per_subject = len(ANALYTES) * len(VISITS)
    count = -(-rows // per_subject)
    subjects = draw_subjects(random, count)
    sites, site, names, first = subjects.sites, subjects.site, subjects.names, subjects.first
    number = np.arange(count)
    write_subjects(folder, random, subjects)

    samples = count * len(VISITS)
    subject = np.repeat(number, len(VISITS))
    visit = np.tile(np.arange(len(VISITS)), count)
    shift = np.where(visit < 2, 0, random.integers(-3, 4, samples))
    date = first[subject] + DAYS[visit] + shift
    minute = random.integers(7 * 60, 11 * 60, samples)
    untimed = random.random(samples) < 0.02

    row = np.arange(rows)
    sample, analyte = row // len(ANALYTES), row % len(ANALYTES)
    in_sample = subject[sample]
    chemistry = np.array([each[1] == "C" for each in ANALYTES])[analyte]
    other = (in_sample % 7 == 3) & np.array([bool(each[5]) for each in ANALYTES])[analyte]
    result, low, high, mark = _results(random, analyte, other)
    gone = random.random(rows) < 0.03

    def unless_gone(values: pa.Array) -> pa.Array:
        return pc.if_else(pa.array(gone), "", values)

    units = [each[2] for each in ANALYTES] + [each[5] for each in ANALYTES]
    accession = pc.binary_join_element_wise(
        pc.utf8_lpad(pc.cast(pa.array(sample + 1), pa.string()), 7, "0"),
        pick(["H", "C"], chemistry.astype(int)),
        "",
    )
    columns = {
        "SITE": pick(sites, site[in_sample]),
        "SUBJECT": pick(names, in_sample),
        "VISIT": pick(VISITS, visit[sample]),
        "LABORATORY": pick(["CENTRAL", "LOCAL"], other.astype(int)),
        "PANEL": pick(["HAEM", "CHEM"], chemistry.astype(int)),
        "SPECIMEN": pick(["Whole blood", "Serum"], chemistry.astype(int)),
        "ACCESSION": accession,
        "COLLECT_DATE": dates(date).take(pa.array(sample)),
        "COLLECT_TIME": times(np.where(untimed, -1, minute)).take(pa.array(sample)),
        "FASTING": pick(["", "Yes", "No"], np.where(chemistry, 1 + (sample % 11 == 0), 0)),
        "ANALYTE": pick([each[0] for each in ANALYTES], analyte),
        "RESULT": unless_gone(result),
        "UNIT": unless_gone(pick(units, analyte + len(ANALYTES) * other)),
        "REF_LOW": unless_gone(low),
        "REF_HIGH": unless_gone(high),
        "ABNORMAL": unless_gone(mark),
    }
    write(folder / "laboratory.csv", columns)


def _results(random: np.random.Generator, analyte: Any, other: Any) -> tuple[pa.Array, ...]:
    """Result, lower and upper limit as the form writes them, and the mark beside the result."""
    spread = random.normal(1.0, 0.12, len(analyte))
    below = random.random(len(analyte)) < 0.002
    texts: list[pa.Array] = [pa.array([""] * len(analyte), pa.string()) for _ in range(4)]
    for number, (_, _, _, middle, decimals, unit, factor) in enumerate(ANALYTES):
        for converted in (False, True) if unit else (False,):
            rows = np.flatnonzero((analyte == number) & (other == converted))
            if not len(rows):
                continue
            digits = decimals if not converted else decimals + (2 if factor < 0.05 else 1)
            centre = middle * (factor if converted else 1.0)
            lower, upper = round(centre * 0.8, digits), round(centre * 1.2, digits)
            value = np.round(centre * spread[rows], digits)
            grid = np.unique(value)
            shown = [f"{each:.{digits}f}" for each in grid] + [f"<{lower / 2:.{digits}f}"]
            codes = np.where(below[rows], len(grid), np.searchsorted(grid, value))
            place = np.select([below[rows] | (value < lower), value > upper], [0, 1], 2)
            made = (
                pa.array(shown).take(pa.array(codes)),
                pa.array([f"{lower:.{digits}f}"] * len(rows)),
                pa.array([f"{upper:.{digits}f}"] * len(rows)),
                pa.array(["L", "H", "N"]).take(pa.array(place)),
            )
            mask = np.zeros(len(analyte), bool)
            mask[rows] = True
            texts = [
                pc.replace_with_mask(text, pa.array(mask), new)
                for text, new in zip(texts, made, strict=True)
            ]
    return tuple(texts)


if __name__ == "__main__":
    generate(Path(sys.argv[1]))
