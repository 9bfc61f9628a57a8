"""A million laboratory rows from CSV to LB, and the example study's cold start."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from benchmarks.jobs import build_datasets, without_analysis
from benchmarks.measure import ROOT, compare, run, workplace
from benchmarks.table import Row

SPEC = Path(__file__).parent / "spec"
LB = Path("bench-lb-partial/m5/datasets/bench-lb/tabulations/sdtm/lb.xpt")
RATIO, MEMORY = 1.5, 1000.0
LIBRARIES = (
    "import numpy, pyarrow.csv, pyarrow.compute, pydantic, pyreadstat, lxml.etree, jinja2, "
    "xlsxwriter, yaml, typer, python_calamine"
)


def prepare(place: Path) -> Path:
    """The study's folder with its source, ready to be built."""
    study = place / "study"
    shutil.copytree(SPEC, study)
    (study / "source").mkdir()
    run(["-m", "benchmarks.lb.generate", str(study / "source")], place)
    return study


def laboratory(times: int = 5) -> Row:
    """Row 3 of the goals: the whole build by the product, beside hand-written code."""
    with workplace() as place:
        study = prepare(place)
        floor, outputs = place / "floor.xpt", place / "outputs"
        cost = compare(
            {
                "ours": build_datasets(study, outputs),
                "floor": ["-m", "benchmarks.lb.floor", str(study), str(floor)],
            },
            place,
            times,
        )
        same = _digest(outputs / LB) == _digest(floor)
        size = (study / "source" / "laboratory.csv").stat().st_size
    ours, beside = cost["ours"], cost["floor"]
    ratio = ours.cpu / beside.cpu
    if not same:
        raise RuntimeError("the floor and the product have written different files")
    return Row(
        "1M laboratory rows, CSV to LB",
        f"{ours.cpu:.2f} s, {ours.memory:.0f} MB",
        f"floor {beside.cpu:.2f} s, {beside.memory:.0f} MB",
        ratio,
        f"ratio <= {RATIO}, <= {MEMORY / 1000:.0f} GB",
        ratio <= RATIO and ours.memory <= MEMORY,
        f"{size / 1e6:.0f} MB of CSV; ours builds DM, EX and SE too, accounts for every row, checks, "
        "reads every file back by two readers, and writes define.xml; the floor does none of that. "
        "Both wrote the same LB, byte for byte.",
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cold_start(goal: float, *, analysis: bool, times: int = 5) -> Row:
    """The example study, from the start of Python to its end, and what of it imports take.

    Without ``analysis`` its tabulation datasets alone, and no documents.
    """
    with workplace() as place:
        study = ROOT / "mapping_specs" / "hn2301"
        command = ["-m", "mg_cdisc", "build", str(study), "--outputs", str(place / "out")]
        if not analysis:
            study = shutil.copytree(study, place / "hn2301")
            without_analysis(study)
            command = build_datasets(study, place / "out")
        cost = compare(
            {
                "build": command,
                "imports": ["-c", "import mg_cdisc.cli.build, mg_cdisc.pipeline"],
                "libraries": ["-c", LIBRARIES],
                "python": ["-c", "pass"],
            },
            place,
            times,
        )
    build, imports = cost["build"], cost["imports"]
    return Row(
        f"example study, cold start, {'whole package' if analysis else 'SDTM'}",
        f"{build.cpu:.2f} s, {build.memory:.0f} MB",
        f"imports {imports.cpu:.2f} s",
        build.cpu / imports.cpu,
        f"<= {goal:.0f} s",
        build.cpu <= goal,
        f"{imports.cpu / build.cpu:.0%} of it are imports; of these, other people's libraries "
        f"take {cost['libraries'].cpu:.2f} s, bare Python {cost['python'].cpu:.2f} s.",
    )
