"""Faults hidden in the example package are reported by findings that name them, and little else is.

A sample runs always, all of them with ``--soak``: the seed chooses the records. What is demanded is
that of the whole: 99 of 100 faults are named, and none has more than one spurious class of findings.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mg_cdisc.pipeline import build_study

from .edits import Fault
from .faults import FAULTS
from .judge import Found, apply, judge, validate
from .reuse import reuse

STUDY = Path(__file__).parents[2] / "mapping_specs" / "hn2301"
SAMPLE = 26
LEAST = 0.99
PARTS = 6
CHOSEN = random.Random(6).sample(FAULTS, SAMPLE)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package, built."""
    folder = tmp_path_factory.mktemp("faults")
    built = build_study(STUDY, folder, shown="hn2301").folder
    assert built is not None
    (datasets,) = (built / "m5" / "datasets").iterdir()
    return datasets


@pytest.fixture(scope="module")
def base(clean: Path) -> Iterator[list[Found]]:
    """What is found in it; for the module, what is unchanged is judged once."""
    with reuse():
        yield validate(clean)


def campaign(
    faults: Sequence[Fault], clean: Path, base: list[Found], folder: Path, seed: int
) -> None:
    """All of these faults, one after the other."""
    lost, noisy = [], []
    for number, fault in enumerate(faults):
        verdict = judge(fault, clean, base, folder / str(number), seed)
        if not verdict.caught:
            told = [each.text for each in (*verdict.following, *verdict.spurious)]
            lost.append((fault.id, fault.says, told))
        if verdict.spurious_kinds > 1:
            noisy.append((fault.id, [each.text for each in verdict.spurious]))
    assert len(lost) <= (1 - LEAST) * len(faults), lost
    assert noisy == []


@pytest.mark.parametrize("half", range(2))
def test_sample(half: int, clean: Path, base: list[Found], tmp_path: Path) -> None:
    campaign(CHOSEN[half::2], clean, base, tmp_path, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("part", range(PARTS))
def test_all(part: int, seed: int, clean: Path, base: list[Found], tmp_path: Path) -> None:
    campaign(FAULTS[part::PARTS], clean, base, tmp_path, seed)


def test_reuse_changes_nothing(clean: Path, base: list[Found], tmp_path: Path) -> None:
    """Findings of a damaged package are those that the command gives without reuse."""
    fault = CHOSEN[0]
    package = apply(fault, clean, tmp_path / "damaged", 1)
    again = validate(package.write(tmp_path / "again"))
    assert sorted(map(str, again)) == sorted(map(str, validate(tmp_path / "damaged")))


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({each.id for each in FAULTS}) == len(FAULTS) >= 300
