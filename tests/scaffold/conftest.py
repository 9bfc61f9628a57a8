"""Studies begun from small files, and the specs expected of them.

``make golden`` writes ``expected/`` anew; what changed is reviewed as a diff.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

from mg_cdisc.errors import Finding, SpecError
from mg_cdisc.pipeline import check_study
from mg_cdisc.scaffold import Asked, Begun, begin_study

ROOT = Path(__file__).parents[2]
EXPORT = ROOT / "docs/first-export.odm.xml"
EXPECTED = Path(__file__).parent / "expected"

Begin = Callable[..., tuple[Path, Begun]]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """Begins a study from a file or folder; its folder and what was written."""

    def call(given: Path, name: str = "abc", **more: object) -> tuple[Path, Begun]:
        target = tmp_path / "studies" / name
        return target, begin_study(target, Asked(given, **more))  # type: ignore[arg-type]

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, str | bytes]], Path]:
    """A folder of files as they are handed over."""

    def make(files: dict[str, str | bytes]) -> Path:
        path = tmp_path / f"given{len(list(tmp_path.glob('given*')))}"
        path.mkdir()
        for name, text in files.items():
            (path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


def findings(study: Path) -> list[Finding]:
    """What ``spec check`` says."""
    try:
        check_study(study, study.name)
    except SpecError as error:
        return list(error.findings)
    return []


@pytest.fixture
def told() -> Callable[[Path], list[str]]:
    """The findings of ``spec check``: their kinds, and the form and column that they speak of."""
    return lambda study: [
        f"{each.kind} {each.dataset} {each.variable}".strip() for each in findings(study)
    ]


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Callable[[str, Path], None]:
    """Compare every spec file of a study with those expected, or write them under ``--golden``."""

    def compare(name: str, study: Path) -> None:
        made = {
            path.relative_to(study).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(study.rglob("*.yaml"))
        }
        kept = EXPECTED / name
        if request.config.getoption("--golden", default=False):
            for file, text in made.items():
                path = kept / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
        expected = {
            path.relative_to(kept).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(kept.rglob("*.yaml"))
        }
        assert list(made) == list(expected)
        for file, text in made.items():
            lines = expected[file].splitlines()
            changed = list(difflib.unified_diff(lines, text.splitlines(), file, "written", n=1))
            assert not changed, "\n".join(changed)

    return compare
