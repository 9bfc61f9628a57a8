"""The golden study, built once; ``--golden`` rewrites what is expected of it.

``make golden`` (``pytest tests/golden --golden``) writes ``expected/`` anew; without the option the
tests compare. What changed is reviewed as a diff.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

from mg_cdisc.pipeline import Built, Options, build_study

HERE = Path(__file__).parent
STUDY = HERE / "tiny2"
EXPECTED = HERE / "expected"
SHOWN = 60
"""Lines of a difference that a failed test prints."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--golden``: write the expected files instead of comparing with them."""
    parser.addoption("--golden", action="store_true", help="rewrite tests/golden/expected")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The golden study, built into a temporary folder."""
    made = build_study(STUDY, tmp_path_factory.mktemp("golden"), Options(), "tiny2")
    assert not made.stopped, "\n".join(map(str, made.findings))
    return made


@pytest.fixture(scope="session")
def package(built: Built) -> Path:
    """The folder of its transport files and define.xml."""
    assert built.folder is not None
    return built.folder / "m5/datasets/tiny2/tabulations/sdtm"


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the expected file of this name, or write it under ``--golden``."""

    def compare(name: str, text: str) -> None:
        path = EXPECTED / name
        if request.config.getoption("--golden", default=False):
            EXPECTED.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"{name} is not expected yet: make golden"
        expected = path.read_text(encoding="utf-8").splitlines()
        changed = list(difflib.unified_diff(expected, text.splitlines(), name, "built", n=1))
        if changed:
            shown = "\n".join(changed[:SHOWN])
            pytest.fail(
                f"{shown}\nIf this is meant: make golden, and review the diff.", pytrace=False
            )

    return compare
