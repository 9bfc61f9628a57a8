"""What the sources of all jobs have in common: subjects, their visits, their doses, and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PER_SITE = 65
VISITS = ("Screening", "Day 1", "Week 2", "Week 4", "Week 6", "Week 8", "Week 12", "Week 16",
          "Week 20", "Week 24", "Week 36", "Week 48", "End of study")  # fmt: skip
DAYS = np.array([-14, 0, 14, 28, 42, 56, 84, 112, 140, 168, 252, 336, 364])
DOSED = (1, 3, 5, 6, 7, 8, 9, 10, 11)
"""Visits at which the drug is given."""
RACES = ("ASIAN", "BLACK OR AFRICAN AMERICAN", "WHITE", "OTHER")


@dataclass(frozen=True)
class Subjects:
    """Per subject the name, the site's number, the day of the first dose and its minute."""

    names: list[str]
    sites: list[str]
    site: Any
    first: Any
    dosed_at: Any


def draw_subjects(random: np.random.Generator, count: int) -> Subjects:
    """So many subjects, 65 a site, who begin within fourteen months."""
    number = np.arange(count)
    site = number // PER_SITE
    sites = [f"{100 + i}" for i in range(-(-count // PER_SITE))]
    names = [f"{sites[s]}-{n % PER_SITE + 1:04}" for n, s in zip(number, site, strict=True)]
    first = np.datetime64("2023-01-09") + random.integers(0, 420, count)
    return Subjects(names, sites, site, first, random.integers(9 * 60, 12 * 60, count))


def write_subjects(folder: Path, random: np.random.Generator, subjects: Subjects) -> None:
    """Write ``demographics.csv`` and ``dosing.csv``."""
    write(folder / "demographics.csv", draw_roster(random, subjects))
    names, first = subjects.names, subjects.first
    count = len(names)
    subject = np.repeat(np.arange(count), len(DOSED))
    dose = np.tile(np.arange(len(DOSED)), count)
    write(
        folder / "dosing.csv",
        {
            "SUBJECT": pick(names, subject),
            "DOSE_NO": pick([str(i + 1) for i in range(len(DOSED))], dose),
            "DOSE": pick(["100"], np.zeros(len(dose), int)),
            "DOSE_DATE": dates(first[subject] + DAYS[np.array(DOSED)][dose]),
            "DOSE_TIME": times(subjects.dosed_at[subject]),
        },
    )


def draw_roster(random: np.random.Generator, subjects: Subjects) -> dict[str, Any]:
    """The columns of ``demographics.csv``."""
    first = subjects.first
    count = len(first)
    return {
        "SITE": pick(subjects.sites, subjects.site),
        "SUBJECT": subjects.names,
        "SEX": pick(("Female", "Male"), random.integers(0, 2, count)),
        "RACE": pick(RACES, random.integers(0, len(RACES), count)),
        "AGE": pick([str(age) for age in range(81)], random.integers(18, 81, count)),
        "CONSENT_DATE": dates(first - 21),
        "END_DATE": dates(first + 380),
    }


def pick(values: Sequence[str], codes: Any) -> pa.Array:
    """A column of these values, by code."""
    return pa.array(values, pa.string()).take(pa.array(codes))


def dates(days: Any) -> pa.Array:
    """Days as dd/MM/yyyy."""
    distinct, codes = np.unique(days, return_inverse=True)
    return pick([f"{str(d)[8:]}/{str(d)[5:7]}/{str(d)[:4]}" for d in distinct], codes)


def times(minutes: Any) -> pa.Array:
    """Minutes of the day as HH:mm, blank for -1."""
    shown = ["", *(f"{m // 60:02}:{m % 60:02}" for m in range(24 * 60))]
    return pick(shown, minutes + 1)


def write(path: Path, columns: dict[str, Any]) -> None:
    """A CSV file of plain lines: nothing here needs quotes."""
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
