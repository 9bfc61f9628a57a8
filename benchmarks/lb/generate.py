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

ROWS = 1_000_000
SITES = 60
PER_SITE = 65
VISITS = ("Screening", "Day 1", "Week 2", "Week 4", "Week 6", "Week 8", "Week 12", "Week 16",
          "Week 20", "Week 24", "Week 36", "Week 48", "End of study")  # fmt: skip
DAYS = np.array([-14, 0, 14, 28, 42, 56, 84, 112, 140, 168, 252, 336, 364])
DOSED = (1, 3, 5, 6, 7, 8, 9, 10, 11)
"""Visits at which the drug is given."""
RACES = ("ASIAN", "BLACK OR AFRICAN AMERICAN", "WHITE", "OTHER")

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
    subjects = -(-rows // per_subject)
    number = np.arange(subjects)
    site = number // PER_SITE
    sites = [f"{100 + i}" for i in range(SITES)]
    names = [f"{sites[s]}-{n % PER_SITE + 1:04}" for n, s in zip(number, site, strict=True)]
    first = np.datetime64("2023-01-09") + random.integers(0, 420, subjects)
    dosed_at = random.integers(9 * 60, 12 * 60, subjects)
    _write_subjects(folder, random, first, dosed_at, sites, site, names)

    samples = subjects * len(VISITS)
    subject = np.repeat(number, len(VISITS))
    visit = np.tile(np.arange(len(VISITS)), subjects)
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

    def pick(values: Any, codes: Any) -> pa.Array:
        return pa.array(values, pa.string()).take(pa.array(codes))

    def unless_gone(values: pa.Array) -> pa.Array:
        return pc.if_else(pa.array(gone), "", values)

    units = [each[2] for each in ANALYTES] + [each[5] for each in ANALYTES]
    dates, date_codes = np.unique(date, return_inverse=True)
    shown = [f"{str(d)[8:]}/{str(d)[5:7]}/{str(d)[:4]}" for d in dates]
    times = [f"{m // 60:02}:{m % 60:02}" for m in range(24 * 60)] + [""]
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
        "COLLECT_DATE": pick(shown, date_codes[sample]),
        "COLLECT_TIME": pick(times, np.where(untimed, len(times) - 1, minute)[sample]),
        "FASTING": pick(["", "Yes", "No"], np.where(chemistry, 1 + (sample % 11 == 0), 0)),
        "ANALYTE": pick([each[0] for each in ANALYTES], analyte),
        "RESULT": unless_gone(result),
        "UNIT": unless_gone(pick(units, analyte + len(ANALYTES) * other)),
        "REF_LOW": unless_gone(low),
        "REF_HIGH": unless_gone(high),
        "ABNORMAL": unless_gone(mark),
    }
    _write(folder / "laboratory.csv", columns)


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


def _write_subjects(
    folder: Path, random: np.random.Generator, first: Any, dosed_at: Any,
    sites: list[str], site: Any, names: list[str],
) -> None:  # fmt: skip
    def shown(days: Any) -> list[str]:
        return [f"{str(day)[8:]}/{str(day)[5:7]}/{str(day)[:4]}" for day in days]

    count = len(names)
    _write(
        folder / "demographics.csv",
        {
            "SITE": [sites[i] for i in site],
            "SUBJECT": names,
            "SEX": [("Female", "Male")[i] for i in random.integers(0, 2, count)],
            "RACE": [RACES[i] for i in random.integers(0, len(RACES), count)],
            "AGE": [str(i) for i in random.integers(18, 81, count)],
            "CONSENT_DATE": shown(first - 21),
            "END_DATE": shown(first + 380),
        },
    )
    subject = np.repeat(np.arange(count), len(DOSED))
    dose = np.tile(np.arange(len(DOSED)), count)
    days = first[subject] + DAYS[np.array(DOSED)][dose]
    _write(
        folder / "dosing.csv",
        {
            "SUBJECT": [names[i] for i in subject],
            "DOSE_NO": [str(i + 1) for i in dose],
            "DOSE": ["100"] * len(dose),
            "DOSE_DATE": shown(days),
            "DOSE_TIME": [f"{m // 60:02}:{m % 60:02}" for m in dosed_at[subject]],
        },
    )


def _write(path: Path, columns: dict[str, Any]) -> None:
    """Plain lines: nothing here needs quotes."""
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, pa.string())
        for column in columns.values()
    ]
    with path.open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        for start in range(0, len(arrays[0]), 1 << 17):
            parts = [array.slice(start, 1 << 17) for array in arrays]
            lines = pc.binary_join_element_wise(*parts, ",")
            lines = pc.binary_join_element_wise(lines, "\n", "")
            file.write(b"".join(lines.cast(pa.binary()).to_pylist()))


if __name__ == "__main__":
    generate(Path(sys.argv[1]))
