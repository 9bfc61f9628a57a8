"""Every test that is there is run: pytest leaves no folder of ours out."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("top", ["tests", "src"])
def test_no_folder_with_code_is_passed_over(top: str, request: pytest.FixtureRequest) -> None:
    assert top in request.config.getini("testpaths")
    patterns = request.config.getini("norecursedirs")
    folders = {
        part for path in (ROOT / top).rglob("*.py") for part in path.relative_to(ROOT).parts[:-1]
    }
    assert "build" in folders  # the one that pytest's own setting would pass over
    assert [each for each in sorted(folders) if any(fnmatch(each, p) for p in patterns)] == []
