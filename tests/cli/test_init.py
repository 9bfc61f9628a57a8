"""``mg-cdisc init``: what it prints, its exit codes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

EXPORT = Path(__file__).parents[2] / "docs/first-export.odm.xml"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dm.csv").write_text("SUBJID,SEX,BRTHDAT\n01,F,2000-01-31\n")


def test_it_says_what_was_written_and_what_is_to_do(run: Callable[..., Any]) -> None:
    assert run("init", "mapping_specs/clinic", "--from", str(EXPORT)).stdout == (
        "CLINIC: first spec written to mapping_specs/clinic\n"
        "\n"
        "Form            Spec\n"
        "demographics    sdtm/dm.yaml\n"
        "vital_signs     sdtm/vs.yaml\n"
        "study_drug      sdtm/ex.yaml\n"
        "adverse_events  sdtm/ae.yaml\n"
        "\n"
        "1 file copied to mapping_specs/clinic/source\n"
        "11 places marked TODO in the files\n"
        "3 findings of mg-cdisc spec check mapping_specs/clinic, which lists what stops a build\n"
    )
    checked = run("spec", "check", "mapping_specs/clinic", code=1)
    assert "3 mistakes in 1 file" in checked.stdout


def test_files_in_place_are_not_copied(run: Callable[..., Any]) -> None:
    Path("abc/source").mkdir(parents=True)
    Path("dm.csv").rename("abc/source/dm.csv")
    said = run("init", "abc", "--from", "abc/source", "--study", "XYZ 1").stdout
    assert said.startswith("XYZ 1: first spec written to abc\n")
    assert "copied" not in said
    assert "file: source/dm.csv" in Path("abc/sources.yaml").read_text()


def test_a_folder_in_use_is_wrong_use(run: Callable[..., Any]) -> None:
    Path("abc").mkdir()
    Path("abc/study.yaml").write_text("mine")
    said = run("init", "abc", "--from", "dm.csv", code=2).stderr
    assert said == (
        "abc: error[folder-not-empty] the folder is not empty, and nothing in it is overwritten\n"
        "  Name a folder that is not there yet, or take out all but the files given with --from.\n"
    )
    assert Path("abc/study.yaml").read_text() == "mine"


def test_what_the_files_do_not_say_is_asked(run: Callable[..., Any]) -> None:
    text = "SUBJID,SEX,NOTE\n01,F,\u5934\u75db\u53d1\u70ed\u4e4f\u529b\n".encode("gb18030")
    Path("dm.csv").write_bytes(text)
    said = run("init", "abc", "--from", "dm.csv", code=1).stderr
    assert "dm.csv row 2: error[source-encoding]" in said
    assert not Path("abc").exists()
    run("init", "abc", "--from", "dm.csv", "--encoding", "dm.csv=gb18030")
    run("init", "abd", "--from", "dm.csv", "--encoding", "gb18030")
    assert "encoding: gb18030" in Path("abd/sources.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["--from", "nothing.csv"], "missing-file"),
        (["--from", "dm.csv", "--study", "A/B"], "bad-value"),
        (["--from", "dm.csv", "--encoding", "latin-1"], "unknown-name"),
        (["--from", "dm.csv", "--dictionary", "no.csv"], "missing-file"),
    ],
)
def test_wrong_uses(run: Callable[..., Any], arguments: list[str], kind: str) -> None:
    assert f"error[{kind}]" in run("init", "abc", *arguments, code=2).stderr
    assert not Path("abc").exists()


def test_from_is_needed(run: Callable[..., Any]) -> None:
    assert "--from" in run("init", "abc", code=2).stderr


def test_sdtm_that_exists_is_not_mapped_again(run: Callable[..., Any]) -> None:
    """Transport files of SDTM become tabulation:, and a first ADSL of DM that builds."""
    Path("sdtm").mkdir()
    demographics = {
        "STUDYID": ["S1", "S1"], "DOMAIN": ["DM", "DM"], "USUBJID": ["S1-1", "S1-2"],
        "SUBJID": ["1", "2"], "RFXSTDTC": ["2025-01-06", ""], "SITEID": ["01", "01"],
        "AGE": [71.0, 64.0], "AGEU": ["YEARS", "YEARS"], "SEX": ["F", "M"], "ARM": ["Drug", "Drug"],
    }  # fmt: skip
    events = {"STUDYID": ["S1"], "DOMAIN": ["AE"], "USUBJID": ["S1-1"], "AESEQ": [1.0]}
    for name, columns in (("dm", demographics), ("ae", events)):
        pyreadstat.write_xport(
            pd.DataFrame(columns),
            f"sdtm/{name}.xpt",
            table_name=name.upper(),
            file_format_version=5,
        )
    said = run("init", "abc", "--from", "sdtm").stdout
    assert said.startswith("S1: first spec written to abc\n")
    assert "2 datasets of SDTM that exists already" in said
    assert "adam/adsl.yaml" in said
    assert "0 findings of mg-cdisc spec check abc" in said
    assert {path.name for path in Path("abc").iterdir()} == {"study.yaml", "adam", "source"}
    about = Path("abc/study.yaml").read_text()
    assert "tabulation: source" in about
    assert "data_cut: 2025-01-06" in about
    adsl = Path("abc/adam/adsl.yaml").read_text()
    assert "keep: [SUBJID, SITEID, AGE, AGEU, SEX, ARM]" in adsl
    assert "set: {TRT01P: ARM, TRTSDT: date(RFXSTDTC)}" in adsl


def test_transport_files_of_sources_are_sources(run: Callable[..., Any]) -> None:
    """A DM without DOMAIN is a form, whatever its file is called."""
    Path("forms").mkdir()
    form = pd.DataFrame({"SUBJID": ["01"], "SEX": ["F"], "BRTHDAT": ["2000-01-31"]})
    pyreadstat.write_xport(form, "forms/dm.xpt", table_name="DM", file_format_version=5)
    assert "sdtm/dm.yaml" in run("init", "abc", "--from", "forms").stdout
    assert "tabulation" not in Path("abc/study.yaml").read_text()
