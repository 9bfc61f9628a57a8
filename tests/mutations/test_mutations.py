"""Damaged studies give findings, never a traceback, and every source row stays accounted for.

200 seeded damages run always, 2,000 more with ``--soak``. A seed names the whole of what is done:
the study, the kind of damage (``kinds.KINDS``), the file and the place in it.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mg_cdisc import pipeline
from mg_cdisc.errors import Finding, MgCdiscError
from mg_cdisc.pipeline import Built

from .kinds import DROP, KINDS, Kind

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "bad_specs" / "base"
LARGE = tuple(sorted(path.parent for path in ROOT.glob("mapping_specs/*/study.yaml")))
EACH_LARGE = 20
"""One seed in so many damages a whole example study, the others the tiny one."""
BATCH = 10


def damage(study: Path, rng: random.Random, kind: Kind) -> str:
    """Damage one file of a study; says what was done."""
    suffix = {"yaml": "*.yaml", "csv": "*.csv", "any": "*.*"}[kind.of]
    files = sorted(
        path
        for path in study.rglob(suffix)
        if path.is_file() and path.suffix in (".yaml", ".csv", ".xlsx")
    )
    rng.shuffle(files)
    for path in files:
        if kind is DROP:
            path.unlink()
            return f"{kind.name}: {path.name}"
        made = kind.damage(path.read_bytes(), rng)
        if made is not None:
            path.write_bytes(made)
            return f"{kind.name}: {path.name}"
    return f"{kind.name}: nothing"


def campaign(seed: int, folder: Path) -> tuple[str, Path]:
    """A study damaged as the seed says, in one to three places."""
    rng = random.Random(seed)
    large = bool(LARGE) and seed % EACH_LARGE == 0
    study = folder / "study"
    shutil.copytree(LARGE[seed // EACH_LARGE % len(LARGE)] if large else TINY, study)
    first = KINDS[seed % len(KINDS)]
    more = [rng.choice(KINDS) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    done = [damage(study, rng, kind) for kind in (first, *more)]
    return "; ".join(done), study


@contextmanager
def unpublished(target: Path, **_: object) -> Iterator[Path]:
    """A folder to build in that goes away."""
    with tempfile.TemporaryDirectory() as work:
        yield Path(work)


def check_findings(findings: tuple[Finding, ...]) -> None:
    """Each says where and what, in words."""
    for finding in findings:
        assert finding.where.file, finding
        assert finding.what.strip(), finding
        for trace in ("Traceback", "<class", " object at 0x", "mg_cdisc.", "ValueError"):
            assert trace not in str(finding), finding


def check_accounts(built: Built) -> None:
    """Every row of every form is used, excluded, rejected, or told of."""
    for account in built.accounts:
        parts = account.used + sum(account.excluded.values()) + account.rejected
        assert account.rows == parts + account.unaccounted, account
        assert built.stopped or not account.unaccounted, account


def one(seed: int) -> str:
    """What a damaged study gives: ``built``, ``stopped`` or ``refused``."""
    with tempfile.TemporaryDirectory() as folder:
        done, study = campaign(seed, Path(folder))
        try:
            return outcome(study, Path(folder) / "outputs")
        except BaseException as error:
            error.add_note(f"seed {seed}: {done}")
            raise


def outcome(study: Path, outputs: Path) -> str:
    """Build a study and check what it says."""
    try:
        built = pipeline.build_study(study, outputs, shown="study")
    except MgCdiscError as refused:
        built, findings = None, refused.findings
    else:
        findings = built.findings
    check_findings(findings)
    if built is None:
        assert findings, "refused without a word"
        return "refused"
    check_accounts(built)
    return "stopped" if built.stopped else "built"


@pytest.fixture(autouse=True)
def nothing_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "building", unpublished)
    monkeypatch.setattr(pipeline, "prepare", lambda *_, **__: None)
    monkeypatch.setattr(pipeline, "write_reports", lambda *_, **__: None)


@pytest.mark.parametrize("batch", range(200 // BATCH))
def test_sample(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        one(seed)


@pytest.mark.soak
@pytest.mark.parametrize("hundred", range(2, 22))
def test_soak(hundred: int) -> None:
    for seed in range(hundred * 100, (hundred + 1) * 100):
        one(seed)


def test_every_kind_is_tried_and_changes_something() -> None:
    """Each kind finds a place for its damage in the tiny study."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert len(KINDS) <= 200
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder) / "study"
            shutil.copytree(TINY, study)
            done = damage(study, random.Random(1), kind)
            assert not done.endswith("nothing"), done
