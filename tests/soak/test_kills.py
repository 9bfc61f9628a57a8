"""Whole builds against kills, full disks and each other: the outputs are the old or the new ones.

``make test`` runs a sample; ``make soak`` 100 kills and 20 pairs, of a tiny study and of the
example studies.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from mg_cdisc.errors import OutputError
from mg_cdisc.pipeline import Options, build_study

HERE = Path(__file__).parent
STUDIES = sorted(path.parent for path in (HERE.parents[1] / "mapping_specs").glob("*/study.yaml"))
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for it")
ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="processes are not forked here")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def run_alone(script: str, *arguments: str | Path, before: Sequence[str] = ()) -> str:
    """What a script of ``tests/soak`` prints in a process of its own."""
    ended = subprocess.run(
        [*before, sys.executable, str(HERE / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        # numpy's own threads have no work here, and processes with threads fork with a warning
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


# --- where the system refuses ----------------------------------------------------------------------


@ON_POSIX
def test_outputs_that_may_not_be_written(tmp_path: Path) -> None:
    """The folder of builds in progress, its gate, or the outputs belong to another user."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # a user without rights has to get in
        told = run_alone("hard_places.py", "no-rights", folder)
    if told == "not reachable\n":
        pytest.skip("the folder of temporary files is closed to users without rights")
    denied = "outputs/study: error[outputs-unwritable] may not be written to"
    assert told.splitlines() == [denied, denied, denied, "built whole"]


@ON_LINUX
def test_a_disk_that_fills_up_at_any_moment(tmp_path: Path) -> None:
    """Whole builds on disks in memory, each some pages larger; then on a read-only one."""
    space = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        tried = subprocess.run([*space, "true"], capture_output=True, check=False, timeout=30)
    except FileNotFoundError:
        pytest.skip("this machine has no unshare")
    if tried.returncode != 0:
        pytest.skip("disks may not be mounted here")
    told = run_alone("hard_places.py", "small-disks", tmp_path, HERE / "tiny", before=space)
    lines = told.splitlines()
    full = "outputs/tiny-01: error[outputs-unwritable] the disk is full"
    denied = "outputs/tiny-01: error[outputs-unwritable] may not be written to"
    assert lines == [full] * (len(lines) - 3) + ["built", denied, "whole"]
    assert len(lines) > 8


# --- whole builds ---------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A study that a test may change."""
    return Path(shutil.copytree(HERE / "tiny", tmp_path / "tiny"))


def test_a_build_that_stops_writes_only_its_findings_and_a_good_one_removes_them(
    tiny: Path, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs"
    built = build_study(tiny, outputs)
    assert built.folder == outputs / "tiny-01"
    before = content(built.folder)
    change(tiny / "source" / "subjects.csv", "01-001,F", "01-001,Milld")
    stopped = build_study(tiny, outputs)
    assert stopped.stopped
    assert stopped.folder == outputs / "tiny-01-stopped"
    assert "Milld" in (stopped.folder / "findings.json").read_text(encoding="utf-8")
    assert not (stopped.folder / "m5").exists()
    assert content(built.folder) == before
    change(tiny / "source" / "subjects.csv", "01-001,Milld", "01-001,M")
    assert not build_study(tiny, outputs).stopped
    assert names(outputs) == [".mg-cdisc", "tiny-01"]
    assert content(built.folder).keys() == before.keys()
    assert content(built.folder) != before


def test_a_partial_build_has_its_own_folders(tiny: Path, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    change(tiny / "source" / "subjects.csv", "01-001,F", "01-001,Milld")
    assert build_study(tiny, outputs).stopped
    whole = content(outputs / "tiny-01-stopped")
    some = Options(only=("DM",))
    assert build_study(tiny, outputs, some).folder == outputs / "tiny-01-partial-stopped"
    change(tiny / "source" / "subjects.csv", "01-001,Milld", "01-001,M")
    assert build_study(tiny, outputs, some).folder == outputs / "tiny-01-partial"
    assert names(outputs) == [".mg-cdisc", "tiny-01-partial", "tiny-01-stopped"]
    assert content(outputs / "tiny-01-stopped") == whole


def test_a_finding_in_a_file_being_written_names_the_spec(tiny: Path, tmp_path: Path) -> None:
    """Not a file that is never kept, in the folder of a build whose name is another each time."""
    source = tiny / "source" / "subjects.csv"
    header, *rows = source.read_text(encoding="utf-8").splitlines()
    wide = [f"{header},DAY", *(f"{row},1e80" for row in rows)]
    source.write_text("\n".join(wide), encoding="utf-8")
    change(tiny / "sdtm" / "dm.yaml", "  - COUNTRY:", "  - DMDY:    number(DAY)\n  - COUNTRY:")
    written = []
    for again in ("first", "second"):
        built = build_study(tiny, tmp_path / again)
        assert built.stopped
        assert built.folder is not None
        written.append((built.folder / "findings.json").read_bytes())
    files = {found["file"] for found in json.loads(written[0]) if found["class"] == "number-range"}
    assert files == {"sdtm/dm.yaml"}
    assert written[0] == written[1]


def test_outputs_that_cannot_be_written_are_told_before_the_work(
    tiny: Path, tmp_path: Path
) -> None:
    (tmp_path / "outputs").write_text("mine")
    (tiny / "source" / "subjects.csv").unlink()  # would be told next
    with pytest.raises(OutputError):
        build_study(tiny, tmp_path / "outputs")


def test_specs_are_not_taken_for_outputs(tiny: Path) -> None:
    specs = Path(shutil.move(tiny, tiny.with_name("tiny-01")))
    before = content(specs)
    with pytest.raises(OutputError) as caught:
        build_study(specs, specs.parent)
    assert [found.kind for found in caught.value.findings] == ["outputs-not-ours"]
    assert content(specs) == before


# --- kills ----------------------------------------------------------------------------------------


@ON_POSIX
@pytest.mark.parametrize("first", [(), ("--first",)], ids=["replacing", "first"])
@pytest.mark.parametrize("way", [(), ("--renames",)], ids=["exchange", "renames"])
def test_killed_before_any_step_of_publication(
    tmp_path: Path, way: tuple[str, ...], first: tuple[str, ...]
) -> None:
    told = json.loads(run_alone("crash_points.py", tmp_path, *way, *first))
    assert told["wrong"] == []
    assert told["points"] > 20
    absent = told["seen"].pop("absent until the next start", 0)
    assert absent == (1 if way and not first else 0)
    assert sorted(told["seen"]) == ["new", "old"]


@ON_POSIX
@pytest.mark.parametrize(
    ("way", "kills", "pairs"),
    [((), 6, 2), (("--renames",), 3, 1)],
    ids=["exchange", "renames"],
)
def test_a_sample_of_kills_and_pairs(
    tiny: Path, tmp_path: Path, way: tuple[str, ...], kills: int, pairs: int
) -> None:
    new = Path(shutil.copytree(tiny, tmp_path / "new"))
    change(new / "source" / "subjects.csv", "01-001,F", "01-001,M")
    numbers = ("--kills", str(kills), "--pairs", str(pairs))
    told = json.loads(run_alone("campaign.py", tiny, new, tmp_path / "o", *numbers, *way))
    assert told["wrong"] == []
    seen = told["seen"]
    assert sum(seen.get(f"killed, outputs {which}", 0) for which in ("old", "new")) == kills
    assert seen["pairs"] == pairs


# --- the long campaigns ---------------------------------------------------------------------------


def campaign(study: Path, work: Path, *options: str) -> None:
    """100 kills and 20 pairs between a study and itself with another data cut."""
    old = Path(shutil.copytree(study, work / "old"))
    new = Path(shutil.copytree(study, work / "new"))
    text = (new / "study.yaml").read_text(encoding="utf-8")
    moved, count = re.subn(r"(?m)^(data_cut: \d{4}-\d\d)-\d\d$", r"\1-27", text)
    assert count == 1
    (new / "study.yaml").write_text(moved, encoding="utf-8")
    told = json.loads(
        run_alone("campaign.py", old, new, work / "o", "--kills", "100", "--pairs", "20", *options)
    )
    assert told["wrong"] == []
    seen: dict[str, int] = told["seen"]
    assert seen["killed, outputs old"] + seen.get("killed, outputs new", 0) == 100
    assert seen["pairs"] + seen.get("pairs with one killed", 0) == 20


@ON_POSIX
@pytest.mark.soak
@pytest.mark.parametrize("way", [(), ("--renames",)], ids=["exchange", "renames"])
@pytest.mark.parametrize("start", [(), ("--fresh",)], ids=["forked", "fresh"])
def test_100_kills_and_20_pairs_of_a_tiny_study(
    tmp_path: Path, start: tuple[str, ...], way: tuple[str, ...]
) -> None:
    campaign(HERE / "tiny", tmp_path, *start, *way)


@ON_POSIX
@pytest.mark.soak
@pytest.mark.parametrize("study", STUDIES, ids=[study.name for study in STUDIES])
def test_100_kills_and_20_pairs_of_the_example_studies(tmp_path: Path, study: Path) -> None:
    campaign(study, tmp_path, "--fresh")
