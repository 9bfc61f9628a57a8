"""``mg-cdisc validate``: files of a build and of others, with and without define.xml."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

Run = Callable[..., Any]


def write(folder: Path, name: str, label: str, **columns: list[Any]) -> None:
    """A transport file of one dataset."""
    made = {
        key: Text.of(values) if isinstance(values[0], str) else np.array(values, np.float64)
        for key, values in columns.items()
    }
    variables = tuple(
        XptVariable(
            key, key.title(), isinstance(column, Text), 20 if isinstance(column, Text) else 8
        )
        for key, column in made.items()
    )
    folder.mkdir(parents=True, exist_ok=True)
    dataset = XptDataset(name, label, variables, Frame.of(made))
    write_xpt(folder / f"{name.lower()}.xpt", dataset, timestamp=datetime(2026, 1, 1))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Somebody's files: DM, and AE with a subject of whom DM knows nothing."""
    folder = tmp_path / "package"
    write(folder, "DM", "Demographics", STUDYID=["S"], DOMAIN=["DM"], USUBJID=["S1"], AGE=[-4.0])
    write(folder / "more", "AE", "Adverse Events", STUDYID=["S"], DOMAIN=["AE"], USUBJID=["S9"],
          AESEQ=[1.0], AETERM=["OTHER"])  # fmt: skip
    return folder


def test_findings_stand_under_their_rules_and_errors_end_with_1(package: Path, run: Run) -> None:
    told = run("validate", str(package), code=1).stdout
    assert (
        "error[SD-USUBJID-DM] USUBJID is a subject of DM (CORE-000201)\n  ae.xpt: 1 record: S9 AESEQ 1\n"
        in told
    )
    assert (
        "warning[SD-DM-AGE-NEGATIVE] AGE is not negative (CORE-000310)\n"
        "  dm.xpt: 1 record: S1 (AGE = '-4')\n"
        "  Correct the step that makes it, or query the site.\n"
    ) in told
    assert told.index("error[") < told.index("warning[")
    assert told.splitlines()[-1].endswith(" in 2 datasets")


def test_findings_go_to_a_file(package: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    run("validate", str(package), "--json", str(file), code=1)
    found = json.loads(file.read_text(encoding="utf-8"))["findings"]
    (age,) = [each for each in found if each["class"] == "SD-DM-AGE-NEGATIVE"]
    assert (age["level"], age["dataset"], age["records"]) == ("warning", "DM", 1)
    assert age["published"] == ["CORE-000310"]


def test_findings_go_to_sarif(package: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "found.sarif"
    run("validate", str(package), "--sarif", str(file), code=1)
    made = json.loads(file.read_text(encoding="utf-8"))
    assert made["version"] == "2.1.0"
    (one,) = made["runs"]
    rules, results = one["tool"]["driver"]["rules"], one["results"]
    (age,) = [each for each in results if each["ruleId"] == "SD-DM-AGE-NEGATIVE"]
    assert rules[age["ruleIndex"]]["id"] == "SD-DM-AGE-NEGATIVE"
    assert rules[age["ruleIndex"]]["properties"] == {"published": ["CORE-000310"]}
    assert age["level"] == "warning"
    assert age["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "dm.xpt"
    prints = [each["partialFingerprints"]["identity/v1"] for each in results]
    assert len(set(prints)) == len(results)


def test_findings_go_to_a_workbook(package: Path, run: Run, tmp_path: Path) -> None:
    file, again = tmp_path / "found.xlsx", tmp_path / "again.xlsx"
    run("validate", str(package), "--excel", str(file), code=1)
    run("validate", str(package), "--excel", str(again), code=1)
    assert file.read_bytes() == again.read_bytes()
    rows = list(openpyxl.load_workbook(file)["Findings"].iter_rows(values_only=True))
    assert ("warning", "SD-DM-AGE-NEGATIVE", "DM", "AGE") in [row[:4] for row in rows]


def test_what_ends_with_1_can_be_chosen(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "co.xpt"
    write(tmp_path, "CO", "Comments", STUDYID=["S"], DOMAIN=["CO"], RDOMAIN=[""], USUBJID=["S1"],
          COSEQ=[1.0], IDVAR=[""], IDVARVAL=[""], COREF=[""], COVAL=["x"], COEVAL=[""], CODTC=[""])  # fmt: skip
    told = run("validate", str(file)).stdout
    assert "warning[SD-LABEL]" in told
    assert "error[" not in told
    run("validate", str(file), "--fail-on", "warning", code=1)


def test_a_build_has_no_finding_that_it_did_not_tell(study: Any, run: Run) -> None:
    run("build", "--quiet")
    told = run("validate", "outputs/abc01", code=0).stdout
    kinds = {line.split("[")[1].split("]")[0] for line in told.splitlines() if "[SD-" in line}
    assert kinds == {"SD-AE-CRITERIA", "SD-EXPECTED-ABSENT", "SD-NO-TRIAL-SUMMARY"}
    assert "define.xml" not in told


def test_a_define_beside_other_files_is_compared(study: Any, run: Run) -> None:
    run("build", "--quiet")
    sdtm = next(Path("outputs").rglob("define.xml")).parent
    (sdtm / "ae.xpt").unlink()
    told = run("validate", "outputs/abc01", code=1).stdout
    assert "error[missing-dataset]" in told


def test_a_damaged_file_is_a_finding_and_the_others_are_judged(package: Path, run: Run) -> None:
    (package / "vs.xpt").write_bytes(b"no transport file at all" * 40)
    told = run("validate", str(package), code=1).stdout
    assert "vs.xpt: error[not-xpt]" in told
    assert "SD-DM-AGE-NEGATIVE" in told


def test_a_dataset_in_two_files_is_a_finding(package: Path, run: Run) -> None:
    write(package / "again", "DM", "Demographics", STUDYID=["S"], USUBJID=["S1"])
    assert (
        "error[duplicate-dataset] DM stands in several files"
        in run("validate", str(package), code=1).stdout
    )


def test_analysis_datasets_are_no_tabulation(tmp_path: Path, run: Run) -> None:
    write(
        tmp_path / "adam", "ADSL", "Subject-Level Analysis Dataset", STUDYID=["S"], USUBJID=["S1"]
    )
    told = run("validate", str(tmp_path / "adam"), code=1).stdout
    assert "error[AD-REQUIRED-ABSENT]" in told
    assert "[SD-" not in told


def test_datasets_stand_apart_and_what_is_of_few_records_stands_first(
    tmp_path: Path, run: Run
) -> None:
    write(tmp_path, "DM", "Demographics", USUBJID=["S1"])
    write(tmp_path, "AE", "Adverse Events", USUBJID=["S8", "S9"], AESEQ=[1.0, 1.0])
    write(tmp_path, "VS", "Vital Signs", USUBJID=["S9"], VSSEQ=[1.0])
    told = run("validate", str(tmp_path), code=1).stdout
    head = "error[SD-USUBJID-DM] USUBJID is a subject of DM (CORE-000201)\n"
    few, many = (
        f"{head}  vs.xpt: 1 record: S9 VSSEQ 1\n",
        f"{head}  ae.xpt: 2 records: S8 AESEQ 1; ",
    )
    assert told.index("error[") < told.index(few) < told.index(many) < told.index("warning[")


def test_analysis_datasets_are_compared_with_the_tabulation_beside_them(
    tmp_path: Path, run: Run
) -> None:
    write(tmp_path / "sdtm", "DM", "Demographics", USUBJID=["S1"], AGE=[40.0])
    write(tmp_path / "adam", "ADSL", "Subject-Level Analysis Dataset", USUBJID=["S1"], AGE=[41.0])
    told = run("validate", str(tmp_path), code=1).stdout
    assert "error[AD-ADSL-DM] A variable of ADSL with a name of DM equals it (AD0204)\n" in told
    assert "  adsl.xpt: 1 record: S1 (AGE = '41'; DM.AGE = '40')\n" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["."], "no transport file"),
        (["nowhere"], "nowhere"),
        ([".", "--sdtmig", "9.9"], "9.9"),
        ([".", "--ct", "1999-01-01"], "1999-01-01"),
        ([".", "--fail-on", "doubt"], "doubt"),
    ],
)
def test_wrong_use(
    arguments: list[str], told: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in run("validate", *arguments, code=2).stderr
