"""Makes the source of the vital signs job: wide rows, the same bytes at every run.

12,650 subjects at 13 visits, before the dose and one and two hours after it: 493,350 rows, which
hold 2,960,100 measurements. One site in seven measures temperature in Fahrenheit, two values in a
hundred are not done, one time in fifty is missing.
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

SUBJECTS = 12_650
POINTS = ("Before dose", "1 hour", "2 hours")
# column, middle, standard deviation, decimals
MEASURES = (
    ("SYS_BP", 124.0, 12.0, 0),
    ("DIA_BP", 78.0, 8.0, 0),
    ("PULSE", 71.0, 9.0, 0),
    ("RESP_RATE", 16.0, 2.0, 0),
    ("OXY_SAT", 97.0, 1.0, 0),
)


def generate(folder: Path, count: int = SUBJECTS) -> None:
    """Write ``vitals.csv``, ``demographics.csv`` and ``dosing.csv`` into ``folder``."""
    random = np.random.default_rng(20260102)
    subjects = draw_subjects(random, count)
    write_subjects(folder, random, subjects)
    per_subject = len(VISITS) * len(POINTS)
    rows = count * per_subject
    subject = np.repeat(np.arange(count), per_subject)
    visit = np.tile(np.repeat(np.arange(len(VISITS)), len(POINTS)), count)
    point = np.tile(np.arange(len(POINTS)), count * len(VISITS))
    minute = subjects.dosed_at[subject] - 20 + 60 * point + random.integers(0, 15, rows)
    fahrenheit = subjects.site[subject] % 7 == 3
    celsius = np.round(random.normal(36.7, 0.4, rows), 1)

    def unless_gone(values: pa.Array) -> pa.Array:
        return pc.if_else(pa.array(random.random(rows) < 0.02), "", values)

    columns = {
        "SITE": pick(subjects.sites, subjects.site[subject]),
        "SUBJECT": pick(subjects.names, subject),
        "VISIT": pick(VISITS, visit),
        "EXAM_DATE": dates(subjects.first[subject] + DAYS[visit]),
        "EXAM_TIME": times(np.where(random.random(rows) < 0.02, -1, minute)),
        "TIME_POINT": pick(POINTS, point),
        "POSITION": pick(["Sitting", "Supine"], random.integers(0, 2, rows)),
    }
    for name, middle, spread, decimals in MEASURES:
        columns[name] = unless_gone(_shown(random.normal(middle, spread, rows), decimals))
    columns["TEMP"] = unless_gone(_shown(np.where(fahrenheit, celsius * 1.8 + 32, celsius), 1))
    columns["TEMP_UNIT"] = pick(["C", "F"], fahrenheit.astype(int))
    write(folder / "vitals.csv", columns)


def _shown(values: Any, decimals: int) -> pa.Array:
    distinct, codes = np.unique(np.round(values, decimals), return_inverse=True)
    return pick([f"{value:.{decimals}f}" for value in distinct], codes)


if __name__ == "__main__":
    generate(Path(sys.argv[1]))
