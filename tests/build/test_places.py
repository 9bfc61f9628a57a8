"""What a build writes does not depend on where the study's folder stands or how it was typed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.pipeline import Built, build_study
from mg_cdisc.spec import read_study

CHECK = """\
  - check: {every event is serious: AESER = 'Y', level: warning}
  - AESEQ:"""
OWN = "def number(data):\n    return data['NUMBER']\n"


@pytest.fixture
def shared(study: Any) -> Any:
    """The tiny study with a library beside it, an inner one, a function and findings of data."""
    ae = (study.folder / "sdtm/ae.yaml").read_text(encoding="utf-8")
    for folder in ("org", "ta"):
        (study.folder.parent / "library" / folder).mkdir(parents=True)
    (study.folder / "lib").mkdir()
    study.write("../library/org/ae.yaml", ae.replace("  - AESEQ:", CHECK))
    study.write("../library/ta/ae.yaml", "extends: org/ae.yaml\ndataset: AE\n")
    study.write("lib/ae.yaml", "extends: ta/ae.yaml\ndataset: AE\n")
    own = "{python: functions.py:number, inputs: [NUMBER], method: The number of the form.}"
    study.write("functions.py", OWN)
    study.write("sdtm/ae.yaml", f"extends: lib/ae.yaml\ndataset: AE\nsteps:\n  - AESPID: {own}\n")
    return study


def written(folder: Path, outputs: Path) -> dict[str, str]:
    """The hash of every file that a build of the folder writes."""
    built: Built = build_study(folder, outputs)
    assert not built.stopped, "\n".join(str(each) for each in built.findings if not each.reason)
    assert any(each.where.row for each in built.findings)
    assert built.folder is not None
    return {
        path.relative_to(built.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(built.folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_bytes_however_the_folder_is_typed(
    shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    absolute = written(shared.folder, shared.outputs / "absolute")
    monkeypatch.chdir(shared.folder.parent)
    assert written(Path("study"), shared.outputs / "relative") == absolute
    monkeypatch.chdir(shared.folder)
    assert written(Path(), shared.outputs / "here") == absolute
    monkeypatch.chdir(shared.folder / "sdtm")
    assert written(Path(".."), shared.outputs / "above") == absolute


def test_the_manifest_names_every_input_apart(shared: Any) -> None:
    """Two files of one name in the library, one in the study, and the study's own functions."""
    shared.build()
    inputs = shared.output("manifest.json")["inputs"]
    names = {"../library/org/ae.yaml", "../library/ta/ae.yaml", "lib/ae.yaml", "sdtm/ae.yaml"}
    assert names | {"functions.py", "study.yaml"} <= set(inputs)
    assert inputs["functions.py"] == {"sha256": hashlib.sha256(OWN.encode()).hexdigest()}


def test_what_is_written_names_files_from_the_study_and_what_is_printed_as_typed(
    shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.change("../library/org/ae.yaml", "is serious", "is grave")
    monkeypatch.chdir(shared.folder.parent)
    built = build_study(Path("study"), shared.outputs)
    assert built.folder is not None
    steps = shared.output("build.json")["steps"]
    check = next(each for each in steps if each["step"] == "check")
    assert check["spec"] == "../library/org/ae.yaml:13"
    loaded = read_study(Path("study")).datasets["AE"]
    assert str(loaded.tree.key_at["keys"]) == "library/org/ae.yaml:2"
    nested = read_study(shared.folder, "specs/study").datasets["AE"]
    assert str(nested.tree.key_at["keys"]) == "specs/library/org/ae.yaml:2"
