"""Builds of made-up studies whose peer is not installed here: its figure is one measured before."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.measure import compare, run, workplace
from benchmarks.table import Row

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Job:
    """A made-up study, the records it is to make, the peer's figures, and the goal.

    ``inherits`` says that DM, EX, SE and the visits are those of the laboratory job.
    """

    name: str
    title: str
    dataset: str
    records: int
    peer: str
    peer_seconds: float
    seconds: float
    megabytes: float | None
    inherits: bool
    note: str


VITAL_SIGNS = Job(
    "vs", "wide vital signs to VS, 2.96M records", "VS", 2_960_100, "sdtm.oak 411 s, 3600 MB", 411,
    12, 1200, True, "493,350 wide rows; ours builds DM, EX and SE too.",
)  # fmt: skip
ADVERSE_EVENTS = Job(
    "ae", "adverse events to AE, 119k records", "AE", 119_000, "sdtm.oak 8.9 s", 8.9,
    1.5, None, False, "ours builds DM too.",
)  # fmt: skip
DATASETS = "Datasets, define.xml, findings and manifest, without annotated CRF and guides. "
BEFORE = (
    "The peer's figure was measured before, on another day, for a source of the same size: "
    "compare its order of magnitude. "
)


def prepare(job: Job, place: Path) -> Path:
    """The study's folder with its source, ready to be built."""
    study = place / "study"
    if job.inherits:
        shutil.copytree(HERE / "lb" / "spec", study, ignore=shutil.ignore_patterns("lb.yaml"))
    shutil.copytree(HERE / job.name / "spec", study, dirs_exist_ok=True)
    (study / "source").mkdir()
    run(["-m", f"benchmarks.{job.name}.generate", str(study / "source")], place)
    return study


def build(job: Job, times: int = 3) -> Row:
    """One row of the goals: the datasets of a study, as the peer makes datasets alone."""
    with workplace() as place:
        study, outputs = prepare(job, place), place / "outputs"
        cost = compare({"ours": build_datasets(study, outputs)}, place, times)["ours"]
        made = _records(outputs / f"bench-{job.name}-partial", job.dataset)
    if made != job.records:
        raise RuntimeError(f"{job.dataset} has {made} records, not {job.records}")
    goal = f"<= {job.seconds} s"
    met = cost.cpu <= job.seconds
    if job.megabytes is not None:
        goal += f", <= {job.megabytes / 1000:.1f} GB"
        met = met and cost.memory <= job.megabytes
    return Row(
        job.title,
        f"{cost.cpu:.2f} s, {cost.memory:.0f} MB",
        f"({job.peer})",
        cost.cpu / job.peer_seconds,
        goal,
        met,
        DATASETS + BEFORE + job.note,
    )


def without_analysis(study: Path) -> None:
    """Leave a copy of the example with its tabulation alone, and what is said of that."""
    shutil.rmtree(study / "adam")
    for name in ("endpoints.yaml", "guide.yaml"):
        (study / name).unlink(missing_ok=True)
    reasons = study / "findings.yaml"
    said = yaml.safe_load(reasons.read_text(encoding="utf-8"))
    kept = [each for each in said if not each["finding"].startswith("AD-")]
    reasons.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")


def build_datasets(study: Path, outputs: Path) -> list[str]:
    """The command that builds every tabulation dataset of a study, and no documents.

    Source to transport files, all of them read back and judged by the conformance rules, define.xml,
    findings and manifest; without annotated CRF and reviewer's guides.
    """
    names = ",".join(sorted(each.stem.upper() for each in (study / "sdtm").glob("*.yaml")))
    command = ["-m", "mg_cdisc", "build", str(study), "--outputs", str(outputs)]
    return [*command, "--only", names]


def _records(folder: Path, dataset: str) -> int:
    """Records of a dataset as the manifest counts them."""
    outputs = json.loads((folder / "manifest.json").read_bytes())["outputs"]
    name = f"/{dataset.lower()}.xpt"
    return int(next(facts["records"] for file, facts in outputs.items() if file.endswith(name)))
