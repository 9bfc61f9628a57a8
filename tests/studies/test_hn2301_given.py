"""Analysis datasets do not know whether their SDTM was built beside them or was given.

The law: the SDTM that the build of the example wrote, given to its adam/ specs alone, makes the very
files that the whole build made, define.xml included.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mg_cdisc.pipeline import Options, build_study

if TYPE_CHECKING:
    from conftest import Example

STUDY = Path(__file__).resolve().parents[2] / "mapping_specs" / "hn2301"
ADAM = "m5/datasets/hn2301/analysis/adam/datasets"
NEEDED = ("adam", "instruments", "tables")
OF_THE_SOURCE = ("sources.yaml", "findings.yaml")


@pytest.fixture(scope="module")
def given(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that is built from adam/ specs and given SDTM."""
    study = tmp_path_factory.mktemp("given") / "hn2301"
    for name in NEEDED:
        if (STUDY / name).is_dir():
            shutil.copytree(STUDY / name, study / name)
    for path in STUDY.glob("*.yaml"):
        if path.name not in OF_THE_SOURCE:
            shutil.copy(path, study)
    shutil.copytree(example.sdtm, study / "sdtm_given", ignore=lambda _, names: [
        each for each in names if not each.endswith(".xpt")
    ])  # fmt: skip
    text = (STUDY / "study.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^subjects:.*$", "subjects: DM\ntabulation: sdtm_given", text)
    # the annotated CRF is of the source
    text = re.sub(r"(?m)^annotated_crf:.*\n(  .*\n)*", "", text)
    (study / "study.yaml").write_text(text, encoding="utf-8")
    built = build_study(study, tmp_path_factory.mktemp("outputs"), Options())
    assert not built.stopped, "\n".join(map(str, built.findings))
    assert built.folder is not None
    return built.folder / ADAM


def test_analysis_datasets_are_the_same_bytes(example: Example, given: Path) -> None:
    whole = {path.name: path for path in (example.folder / ADAM).glob("*.xpt")}
    parts = {path.name: path for path in given.glob("*.xpt")}
    assert parts.keys() == whole.keys() != set()
    assert [n for n in whole if whole[n].read_bytes() != parts[n].read_bytes()] == []


def test_define_is_the_same(example: Example, given: Path) -> None:
    """Origins, methods, codelists and value levels do not depend on who made the SDTM."""
    whole, part = (each / "define.xml" for each in (example.folder / ADAM, given))
    assert part.read_text(encoding="utf-8") == whole.read_text(encoding="utf-8")
