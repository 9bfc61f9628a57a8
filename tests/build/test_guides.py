"""What guide.yaml says in the reviewer's guides of a build, and what is told of its mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docx
import pytest

from mg_cdisc.pipeline import Built

OPEN = "[To be written: "


def folder(built: Built) -> Path:
    assert built.folder is not None
    return next(built.folder.glob("m5/datasets/*/tabulations/sdtm"))


def texts(built: Built) -> list[str]:
    """Every text of the guide of the tabulations."""
    document = docx.Document(str(folder(built) / "csdrg.docx"))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [*(each.text for each in document.paragraphs), *cells]


def findings(built: Built) -> list[tuple[str, str]]:
    return [(each.kind, each.what) for each in built.findings if each.level == "error"]


def test_what_the_study_says_takes_the_place_of_the_mark(study: Any) -> None:
    before = texts(study.build())
    assert (
        f"{OPEN}design of the study, with periods, treatments and a schedule of assessments]"
        in before
    )
    assert f"{OPEN}which datasets hold data on efficacy, and which on safety]" in before
    study.write(
        "guide.yaml",
        "sponsor: Sponsor | Ltd\ndesign: |\n  One arm.\n\n  # Three doses.\n"
        "safety: [VS]\ndatasets: {VS: Measured at rest.}\nacronyms: {BP: Blood pressure}\n",
    )
    after = texts(study.build())
    said = {"Sponsor | Ltd", "One arm.", "# Three doses.", "Measured at rest.", "Blood pressure"}
    assert said <= set(after)
    assert sum(OPEN in each for each in after) == sum(OPEN in each for each in before) - 3


def test_a_finished_guide_takes_the_place_of_the_draft(study: Any) -> None:
    (study.folder / "final.pdf").write_bytes(b"%PDF-1.7 finished")
    study.write("guide.yaml", "csdrg: final.pdf\n")
    built = study.build()
    assert (folder(built) / "csdrg.pdf").read_bytes() == b"%PDF-1.7 finished"
    assert not (folder(built) / "csdrg.docx").exists()
    assert built.folder is not None
    manifest = json.loads((built.folder / "manifest.json").read_text(encoding="utf-8"))
    assert "final.pdf" in manifest["inputs"]
    assert b'href="csdrg.pdf"' in (folder(built) / "define.xml").read_bytes()


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("safety: [XX]\n", "unknown-name", "safety: there is no dataset XX"),
        ("datasets: {VZ: text}\n", "unknown-name", "datasets.VZ: there is no dataset VZ"),
        ("csdrg: nowhere.pdf\n", "missing-file",
         "csdrg: there is no file nowhere.pdf in the study's folder"),
        ("desing: text\n", "unknown-key", "desing: is not a key of guide"),
    ],
)  # fmt: skip
def test_mistakes_are_told(study: Any, text: str, kind: str, what: str) -> None:
    study.write("guide.yaml", text)
    assert (kind, what) in findings(study.build())


def rows(built: Built) -> list[list[str]]:
    """Every row of the tables of the guide of the tabulations."""
    document = docx.Document(str(folder(built) / "csdrg.docx"))
    return [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]


def test_what_a_dataset_reads_beside_its_forms_is_told(study: Any) -> None:
    """A form and a dataset that steps look into; the records are of another form."""
    study.change(
        "sdtm/vs.yaml", "  - VSSEQ:",
        "  - _sex: {from: DM, value: SEX}\n  - _mood: {from: mood, value: source.DATE}\n  - VSSEQ:",
    )  # fmt: skip
    assert ["VS", "vitals", "mood, DM"] in rows(study.build())


def test_a_column_that_a_dataset_keeps_back_is_told_of_the_forms_that_have_it(study: Any) -> None:
    """VS is made of two forms, and only one of them has a column NURSE."""
    study.write("source/home.csv", "SUBJECT,VISIT,DATE,WEIGHT,WEIGHT_UNIT,PULSE,NURSE\n")
    text = (study.folder / "sources.yaml").read_text(encoding="utf-8")
    home = "home:\n  file: source/home.csv\n  subject: concat(STUDYID, '-', SUBJECT)\n"
    study.write("sources.yaml", text + home + "  key: [SUBJECT, VISIT]\n  dates: yyyy-MM-dd\n")
    unpivot = "unpivot: {table: tests, values: {VSORRES: column, VSORRESU: unit}}"
    study.change(
        "sdtm/vs.yaml", f"      from: vitals\n      {unpivot}\n",
        f"      from: vitals\n      {unpivot}\n  - records: {{from: home, {unpivot}}}\n",
    )  # fmt: skip
    study.change(
        "sdtm/vs.yaml",
        "steps:\n",
        "not_submitted: {NURSE: who measured is personal data}\nsteps:\n",
    )
    told = [row for row in rows(study.build()) if row[0] == "NURSE"]
    assert told == [["NURSE", "who measured is personal data", "home"]]


def test_an_empty_file_is_no_mistake(study: Any) -> None:
    study.write("guide.yaml", "# nothing yet\n")
    assert not study.build().stopped


def test_a_build_of_some_datasets_has_no_guide(study: Any) -> None:
    built = study.build(only=("VS",))
    assert not list(folder(built).glob("csdrg.*"))
    assert b"csdrg" not in (folder(built) / "define.xml").read_bytes()


def test_the_guide_of_a_cut_study_has_the_day_of_the_cut(study: Any) -> None:
    day = study.build().packages[0].created.date()
    assert f"Data cut {day}" in texts(study.build())
