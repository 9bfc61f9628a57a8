"""Analysis datasets from a large tabulation that is given: time, memory, and the same values."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import compare, run, workplace
from benchmarks.table import Row

SPECS = Path(__file__).parent / "spec"
MADE = Path("cdiscpilot01/m5/datasets/cdiscpilot01/analysis/adam/datasets")
PART = Path("cdiscpilot01-partial", *MADE.parts[1:])
"""Where a build of one dataset puts it."""


@dataclass(frozen=True)
class Job:
    """What is made of which datasets, the peer's figures of before, and the goal."""

    name: str
    title: str
    dataset: str
    given: tuple[str, ...]
    records: int
    peer: str
    seconds: float
    megabytes: float


JOBS = (
    Job("bds", "BDS, 2.96M records", "ADVS", ("DM", "VS"), 2_964_300, "admiral 157 s, 8700 MB",
        12, 3000),
    Job("adsl", "ADSL, 30,600 subjects, 3.3M laboratory rows in", "ADSL",
        ("DM", "EX", "DS", "AE", "VS", "LB"), 30_600, "admiral 78 s, 8100 MB", 6, 2000),
    Job("tte", "time to event, 76k records", "ADTTE", ("DM", "AE", "DS"), 76_200, "admiral 20 s",
        2, 2000),
)  # fmt: skip


def analysis(times: int = 3) -> list[Row]:
    """The three rows of the goals, each beside pandas code for this one dataset."""
    return [_measured(job, times) for job in JOBS]


def _measured(job: Job, times: int) -> Row:
    with workplace() as place:
        study, outputs = place / "study", place / "outputs"
        shutil.copytree(SPECS / job.name, study)
        given = ["-m", "benchmarks.adam.generate", str(study / "sdtm"), *job.given]
        run(given, place)
        # the dataset, read back and judged, with define.xml; without the guides of a whole package
        build = ["-m", "mg_cdisc", "build", str(study), "--outputs", str(outputs)]
        build += ["--only", job.dataset]
        run(build, place)
        made, beside = outputs / PART / f"{job.dataset.lower()}.xpt", place / "beside"
        beside.mkdir()
        peer = beside / made.name
        floor = ["-m", "benchmarks.adam.floor", job.name, str(study), str(peer), str(made)]
        cost = compare({"ours": build, "floor": floor}, place, times)
        run(["-m", "benchmarks.adam.compare", str(made), str(peer), str(job.records)], place)
    ours, beside_it = cost["ours"], cost["floor"]
    return Row(
        job.title,
        f"{ours.cpu:.2f} s, {ours.memory:.0f} MB",
        f"pandas {beside_it.cpu:.2f} s ({job.peer})",
        ours.cpu / beside_it.cpu,
        f"<= {job.seconds:.0f} s, <= {job.megabytes / 1000:.0f} GB",
        ours.cpu <= job.seconds and ours.memory <= job.megabytes,
        "the pilot's SDTM 100 times over, given as transport files; the ratio is to pandas code for "
        "this dataset alone, which checks nothing and reads nothing back. Both have the same values "
        "in every variable.",
    )
