"""The example study with 1,000 and 10,000 subjects: its tabulation alone, and its whole package."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.jobs import without_analysis
from benchmarks.measure import ROOT, Cost, run, workplace
from benchmarks.table import Row

STUDY = ROOT / "mapping_specs" / "hn2301"
FEW, MANY = 1_000, 10_000
SECONDS, MEMORY, ANALYSIS = 180.0, 4000.0, 10.0
PROPORTION = 11.0
"""Ten times the subjects take no more than this many times the time and memory: what grows faster shows."""


def prepare(place: Path, subjects: int) -> Path:
    """The study's folder with a source of so many subjects."""
    study = place / "hn2301"
    shutil.copytree(STUDY, study)
    run([str(STUDY / "generate_source"), "--subjects", str(subjects), "--study", str(study)], place)
    return study


def measure(subjects: int) -> tuple[Cost, Cost]:
    """What a build costs, without analysis datasets and with them.

    Modules were compiled by a build of the small example before.
    """
    with workplace() as place:
        study, outputs = prepare(place, subjects), place / "outputs"
        run(["-m", "mg_cdisc", "build", str(STUDY), "--outputs", str(outputs)], place)
        build = ["-m", "mg_cdisc", "build", str(study), "--outputs", str(outputs)]
        whole = run(build, place)
        without_analysis(study)
        return run(build, place), whole


def many_subjects() -> list[Row]:
    """The last rows of the goals: time and memory, in proportion from few subjects to many."""
    few, few_whole = measure(FEW)
    many, many_whole = measure(MANY)
    analysis = few_whole.cpu - few.cpu
    note = "one build each; the ratio says how time grows from 1,000 to 10,000 subjects."
    return [
        Row(
            f"example study, {MANY:,} subjects, SDTM",
            _shown(many),
            f"{FEW:,} subjects {_shown(few)}",
            many.cpu / few.cpu,
            f"<= {SECONDS:.0f} s, <= {MEMORY / 1000:.0f} GB",
            many.cpu <= SECONDS and many.memory <= MEMORY,
            note,
        ),
        Row(
            f"example study, {MANY:,} subjects, whole package",
            _shown(many_whole),
            f"{FEW:,} subjects {_shown(few_whole)}",
            many_whole.cpu / few_whole.cpu,
            f"time, memory <= {PROPORTION:.0f} x",
            many_whole.cpu <= PROPORTION * few_whole.cpu
            and many_whole.memory <= PROPORTION * few_whole.memory,
        ),
        Row(
            f"example study, {FEW:,} subjects, ADaM alone",
            f"{analysis:.1f} s",
            f"SDTM {few.cpu:.1f} s",
            analysis / few.cpu,
            f"<= {ANALYSIS:.0f} s",
            analysis <= ANALYSIS,
            "the whole package less SDTM.",
        ),
    ]


def _shown(cost: Cost) -> str:
    return f"{cost.cpu:.1f} s, {cost.memory:.0f} MB"
