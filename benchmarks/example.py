"""The example study with 1,000 and 10,000 subjects: all its tabulation datasets."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.measure import ROOT, Cost, run, workplace
from benchmarks.table import Row

STUDY = ROOT / "mapping_specs" / "hn2301"
FEW, MANY = 1_000, 10_000
SECONDS, MEMORY = 180.0, 4000.0


def prepare(place: Path, subjects: int) -> Path:
    """The study's folder with a source of so many subjects, and without its analysis datasets."""
    study = place / "hn2301"
    shutil.copytree(STUDY, study, ignore=shutil.ignore_patterns("adam"))
    run([str(STUDY / "generate_source"), "--subjects", str(subjects), "--study", str(study)], place)
    return study


def measure(subjects: int) -> Cost:
    """What one build costs; modules were compiled by a build of the small example before."""
    with workplace() as place:
        study, outputs = prepare(place, subjects), place / "outputs"
        run(["-m", "mg_cdisc", "build", str(STUDY), "--outputs", str(outputs)], place)
        return run(["-m", "mg_cdisc", "build", str(study), "--outputs", str(outputs)], place)


def many_subjects() -> list[Row]:
    """The last row of the goals: time and memory, in proportion from few subjects to many."""
    few, many = measure(FEW), measure(MANY)
    return [
        Row(
            f"example study, {MANY:,} subjects, SDTM",
            f"{many.cpu:.0f} s, {many.memory:.0f} MB",
            f"{FEW:,} subjects {few.cpu:.1f} s, {few.memory:.0f} MB",
            many.cpu / few.cpu,
            f"<= {SECONDS:.0f} s, <= {MEMORY / 1000:.0f} GB",
            many.cpu <= SECONDS and many.memory <= MEMORY,
            "one build each; the ratio says how time grows from 1,000 to 10,000 subjects.",
        )
    ]
