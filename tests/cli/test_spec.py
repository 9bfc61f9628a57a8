"""``mg-cdisc spec``: check, show, schema."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_a_study_without_mistakes_is_counted(study: Any, run: Run) -> None:
    # DM has 10 steps; AE has 8, of which study_day is two
    assert run("spec", "check").stdout == (
        "mapping_specs/abc01: no mistakes in 2 datasets of 19 steps from 2 sources\n"
    )


def test_every_mistake_is_told_sorted_and_counted(study: Any, run: Run) -> None:
    study.change("sdtm/ae.yaml", "assign_ct: SERIOUS", "assign_ct: SERIUOS")
    study.change("sdtm/ae.yaml", "[AESTDTC, NO]", "[AESTDTC, NUMBER]")
    study.change("sdtm/dm.yaml", "GENDER", "SEXX")
    made = run("spec", "check", code=1).stdout.splitlines()
    told = [line for line in made if line.startswith("mapping_specs")]
    assert [line.split(" ")[0] for line in told] == [
        "mapping_specs/abc01/sdtm/ae.yaml:8:",
        "mapping_specs/abc01/sdtm/ae.yaml:11:",
        "mapping_specs/abc01/sdtm/dm.yaml:8:",
    ]
    assert made[-1] == "3 mistakes in 2 files"


def test_a_column_that_nothing_maps_is_a_mistake(study: Any, run: Run) -> None:
    study.change("sdtm/dm.yaml", "  INITIALS: initials are personal data\n", "")
    study.change("sdtm/dm.yaml", "not_submitted:\n", "")
    assert (
        "error[unmapped-column] column INITIALS of patients" in run("spec", "check", code=1).stdout
    )


def test_a_source_that_is_not_there_is_one_mistake_and_the_rest_is_checked(
    study: Any, run: Run
) -> None:
    (study.path / "source/events.csv").unlink()
    study.change("sdtm/ae.yaml", "{sequence: [AESTDTC, NO]}", "{sequenze: [AESTDTC, NO]}")
    study.change("sdtm/ae.yaml", "upper(AETERM)", "uper(AETERM)")
    study.change("sdtm/dm.yaml", "GENDER", "SEXX")
    made = run("spec", "check", code=1).stdout
    assert made.splitlines()[-1].startswith("4 mistakes in 3 files")
    for told in ("sequenze", "Did you mean upper?", "SEXX", "source/events.csv: error["):
        assert told in made


def test_specs_can_be_checked_before_any_source_is_there(study: Any, run: Run) -> None:
    for path in (study.path / "source").iterdir():
        path.unlink()
    made = run("spec", "check", "--without-sources").stdout
    assert "no mistakes in 2 datasets" in made
    assert "the sources were not read" in made


def test_show_writes_out_sugar_and_says_where_each_line_came_from(study: Any, run: Run) -> None:
    made = run("spec", "show", "ae").stdout.splitlines()
    comments = {}
    for line in made:
        yaml, _, comment = line.partition("# ")
        comments[yaml.strip()] = comment
    assert comments["dataset: AE"] == "sdtm/ae.yaml:1"
    assert comments["- AETERM: trim(TERM)"] == "sdtm/ae.yaml:6"
    assert comments["- AESTDY: study_day(AESTDTC, _rfstdtc)"] == "sdtm/ae.yaml:10 (from study_day)"
    text = "\n".join(made)
    assert "#   STUDYID: {hardcode: ABC01}  study.yaml:1" in text
    assert "#   DOMAIN: {hardcode: AE}  sdtm/ae.yaml:1" in text
    assert "#   USUBJID: concat(STUDYID, '-', PAT)  sources.yaml:7 (records from events)" in text


def test_show_merges_what_a_spec_extends(study: Any, run: Run) -> None:
    library = study.path.parent / "library"
    library.mkdir()
    shared = "steps:\n  - records: {from: events}\n  - AETERM: TERM\n  - AEDECOD: AETERM\n"
    (library / "events.yaml").write_text(shared, encoding="utf-8")
    study.write(
        "sdtm/ae.yaml",
        "extends: events.yaml\ndataset: AE\nkeys: [USUBJID, AETERM]\n"
        "steps:\n  - AETERM: trim(TERM)\n",
    )
    steps = [line for line in run("spec", "show", "AE").stdout.splitlines() if " - " in line]
    assert [line.split() for line in steps] == [
        ["-", "records:", "{from:", "events}", "#", "../library/events.yaml:2"],
        ["-", "AETERM:", "trim(TERM)", "#", "sdtm/ae.yaml:5"],
        ["-", "AEDECOD:", "AETERM", "#", "../library/events.yaml:4"],
    ]


@pytest.mark.parametrize("more", [[], ["--plain"]])
def test_what_is_shown_builds_the_same(study: Any, run: Run, more: list[str]) -> None:
    xpt = Path("outputs/abc01/m5/datasets/abc01/tabulations/sdtm/ae.xpt")
    run("build")
    before = xpt.read_bytes()
    text = run("spec", "show", "AE", *more).stdout
    assert ("#" in text) is (not more)
    study.write("sdtm/ae.yaml", text)
    run("build")
    assert xpt.read_bytes() == before


def test_another_dataset_cannot_be_shown(study: Any, run: Run) -> None:
    assert "Did you mean AE?" in run("spec", "show", "AEE", code=2).stderr
    assert "supplemental: of AE" in run("spec", "show", "SUPPAE", code=2).stderr


def test_a_spec_with_mistakes_can_be_shown(study: Any, run: Run) -> None:
    study.change("sdtm/ae.yaml", "trim(TERM)", "trim(TREM)")
    assert "- AETERM: trim(TREM)" in run("spec", "show", "AE").stdout


def test_the_schema_is_printed_or_written(study: Any, run: Run) -> None:
    printed = json.loads(run("spec", "schema").stdout)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    made = run("spec", "schema", "--of", "sources", "--write", "sources.schema.json").stdout
    assert "# yaml-language-server: $schema=sources.schema.json" in made
    assert json.loads(Path("sources.schema.json").read_text(encoding="utf-8"))["title"].startswith(
        "sources.yaml"
    )
    assert "Kinds: dataset" in run("spec", "schema", "--of", "everything", code=2).stderr


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot be opened as a file there either")
def test_a_schema_that_cannot_be_written_is_told(study: Any, run: Run) -> None:
    told = run("spec", "schema", "--write", "mapping_specs", code=1).stderr
    assert "mapping_specs: error[not-a-file]" in told
