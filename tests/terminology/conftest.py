"""Where the published files lie on a machine that has them, beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def published() -> Path:
    folder = Path(__file__).parents[3] / "shared" / "standards"
    if not folder.is_dir():
        pytest.skip("the published CDISC files are not on this machine (../shared/standards)")
    return folder
