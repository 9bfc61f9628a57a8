"""Define.xml never says other than the data: seeded edits of spec and source, each with a build.

A sample runs always, 200 edits with ``--soak``. A seed names the whole of what is done. What is
written is read by lxml and pyreadstat (``reader``), not by the package's own comparison.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
import yaml

from mg_cdisc.errors import MgCdiscError
from mg_cdisc.pipeline import Options, build_study

from .edits import EDITS
from .reader import Offered, differences

GOLDEN = Path(__file__).parents[1] / "golden"
FORMATS = Options(formats=("xpt", "dataset-json"))
SAMPLE, ALL = 24, 200
LEAST = 0.6
"""The share of edited studies that must build; the others are refused with findings."""


def edited(seed: int, folder: Path) -> tuple[Path, str]:
    """The golden study, edited as the seed says in one to three places."""
    rng = random.Random(seed)
    study = folder / "tiny2"
    shutil.copytree(GOLDEN / "tiny2", study)
    shutil.copytree(GOLDEN / "library", folder / "library")
    first = list(EDITS)[seed % len(EDITS)]
    names = [first, *rng.choices(list(EDITS), k=rng.choice((0, 0, 1, 1, 2)))]
    return study, "; ".join(f"{name}: {EDITS[name](study, rng)}" for name in names)


def offered(study: Path) -> Offered:
    """What the forms offer by the study's own words: maps and terms of terminology.yaml."""
    told = yaml.safe_load((study / "terminology.yaml").read_text(encoding="utf-8"))
    return Offered({
        name: {*each.get("map", {}).values(), *each.get("terms", {})} for name, each in told.items()
    })  # fmt: skip


def one(seed: int, folder: Path) -> bool:
    """Edit, build and compare; whether the study was built."""
    study, done = edited(seed, folder)
    try:
        built = build_study(study, folder / "outputs", FORMATS, "tiny2")
    except MgCdiscError:
        return False
    if built.stopped:
        assert built.findings, done
        return False
    assert built.folder is not None
    packages = sorted(path.parent for path in (built.folder / "m5").rglob("define.xml"))
    assert packages, done
    for package in packages:
        found = differences(package, offered(study))
        assert not found, f"seed {seed}: {done}\n" + "\n".join(found[:10])
    return True


def campaign(seeds: range, folder: Path) -> None:
    """Every seed of the range, and the share that was built."""
    built = 0
    for seed in seeds:
        place = folder / str(seed)
        place.mkdir()
        built += one(seed, place)
        shutil.rmtree(place)
    assert built >= LEAST * len(seeds), f"{built} of {len(seeds)} were built"


@pytest.mark.parametrize("quarter", range(4))
def test_sample(quarter: int, tmp_path: Path) -> None:
    rng = random.Random(2023)  # a sample over all kinds of edit
    seeds = sorted(rng.sample(range(ALL), SAMPLE))
    for seed in seeds[quarter::4]:
        place = tmp_path / str(seed)
        place.mkdir()
        one(seed, place)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(4))
def test_all(part: int, tmp_path: Path) -> None:
    size = ALL // 4
    campaign(range(part * size, (part + 1) * size), tmp_path)


def test_every_edit_is_made(tmp_path: Path) -> None:
    """Each kind finds a place in the untouched study, and changes it."""
    before = {path: path.read_bytes() for path in (GOLDEN / "tiny2").rglob("*") if path.is_file()}
    for number, (name, edit) in enumerate(EDITS.items()):
        study = tmp_path / str(number) / "tiny2"
        shutil.copytree(GOLDEN / "tiny2", study)
        assert any(edit(study, random.Random(seed)) for seed in range(3)), name
        after = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
        assert list(after.values()) != list(before.values()), name
