"""The example study, built once for all tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from mg_cdisc.pipeline import Built, Options, build_study
from mg_cdisc.transport import XptDataset, read_xpt

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "mapping_specs" / "hn2301"


@dataclass(frozen=True)
class Example:
    """What the build wrote, read back from disk."""

    built: Built
    folder: Path
    sdtm: Path
    datasets: dict[str, XptDataset]

    def frame(self, name: str) -> pd.DataFrame:
        """A dataset as pandas."""
        return self.datasets[name].frame.to_pandas()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example study built into a temporary folder."""
    outputs = tmp_path_factory.mktemp("outputs")
    built = build_study(STUDY, outputs, Options())
    assert not built.stopped, "\n".join(map(str, built.findings))
    folder = outputs / "hn2301"
    sdtm = folder / "m5/datasets/hn2301/tabulations/sdtm"
    datasets = {path.stem.upper(): read_xpt(path) for path in sorted(sdtm.glob("*.xpt"))}
    return Example(built, folder, sdtm, datasets)
