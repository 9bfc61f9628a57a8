"""``mg-cdisc endpoints`` on a study of three subjects, counted by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
ADSL = """\
dataset: ADSL
keys: [STUDYID, USUBJID]
steps:
  - records: {from: DM, keep: [STUDYID, USUBJID, SUBJID, SITEID, SEX, ARM, RFSTDTC]}
  - TRT01P: ARM
  - TRTSDT: date(RFSTDTC)
  - SAFFL: {hardcode: "Y"}
"""
ADAE = """\
dataset: ADAE
class: OCCDS
keys: [STUDYID, USUBJID, AESEQ]
steps:
  - records: {from: AE, keep: [STUDYID, USUBJID, AESEQ, AETERM, AEDECOD, AESER, AESTDTC]}
  - ASTDT: date(AESTDTC)
"""
ENDPOINTS = """\
note: Made for a test
populations:
  safety: {label: Safety population, where: SAFFL = 'Y'}
endpoints:
  events:
    title: Adverse events
    window: 3 months
    purpose: primary
    document: {file: plans/plan.pdf, title: Analysis plan, pages: ["4"]}
    results:
      serious:
        title: Subjects with a serious event
        dataset: ADAE
        where: AESER = 'Y'
        population: safety
        count: subjects
      terms:
        title: Subjects with an event
        dataset: ADAE
        where: AESER in ('Y', 'N')
        population: safety
        by: AEDECOD
        count: subjects
"""
PRINTED = """\
Endpoints of ABC01
Confidence limits (95%): exact for proportions, Student's t for means, log-log for times; NE: not reached.

1. Adverse events (primary, 3 months)

   Subjects with a serious event
   ADAE where AESER = 'Y'
   Safety population, ADSL where SAFFL = 'Y': 3 subjects
   Made for a test

   n  N     %   95% limits  Records
   1  3  33.3  0.8 to 90.6        1

   Subjects with an event
   ADAE where AESER in ('Y', 'N')
   Safety population, ADSL where SAFFL = 'Y': 3 subjects
   Made for a test

   AEDECOD   n  N     %   95% limits  Records
   Any       2  3  66.7  9.4 to 99.2        3
   COUGH     1  3  33.3  0.8 to 90.6        1
   HEADACHE  1  3  33.3  0.8 to 90.6        1
   NAUSEA    1  3  33.3  0.8 to 90.6        1
"""


@pytest.fixture
def analysed(study: Any) -> Any:
    """The study with two analysis datasets and endpoints."""
    study.write("adam/adsl.yaml", ADSL)
    study.write("adam/adae.yaml", ADAE)
    study.write("endpoints.yaml", ENDPOINTS)
    (study.path / "plans").mkdir()
    (study.path / "plans/plan.pdf").write_bytes(b"%PDF-1.4 nothing")
    return study


def test_results_of_a_build(analysed: Any, run: Run, tmp_path: Path) -> None:
    run("build", "--quiet")
    assert run("endpoints").stdout == PRINTED
    run("endpoints", "--json", "r.json", "--csv", "r.csv", "--only", "events")
    made = json.loads(Path("r.json").read_text())
    assert [each["result"] for each in made["results"]] == ["serious", "terms"]
    assert len(Path("r.csv").read_text().splitlines()) == 1 + 6 + 4 * 6
    # the same definitions in define.xml, with the document that they name beside it
    folder = Path("outputs/abc01/m5/datasets/abc01/analysis/adam/datasets")
    xml = (folder / "define.xml").read_text()
    assert 'AnalysisPurpose="PRIMARY OUTCOME MEASURE"' in xml
    assert '<def:PDFPageRef PageRefs="4" Type="PhysicalRef"/>' in xml
    assert (folder / "plan.pdf").read_bytes() == b"%PDF-1.4 nothing"
    assert "plan.pdf" in (Path("outputs/abc01/manifest.json")).read_text()


def test_before_a_build(analysed: Any, run: Run) -> None:
    told = run("endpoints", code=1)
    place = "outputs/abc01/m5/datasets/abc01/analysis/adam/datasets"
    todo = "Build the study first: mg-cdisc build. A dataset without records has no file."
    assert told.stdout == ""
    assert told.stderr == (
        f"{place}/adae.xpt: error[missing-file] ADAE is not built\n  {todo}\n"
        f"{place}/adsl.xpt: error[missing-file] ADSL is not built\n  {todo}\n"
    )


def test_a_study_without_endpoints(study: Any, run: Run) -> None:
    told = run("endpoints", code=2)
    assert "mapping_specs/abc01/endpoints.yaml: error[missing-file]" in told.stderr


def test_an_endpoint_that_is_not_there(analysed: Any, run: Run) -> None:
    told = run("endpoints", "--only", "event", code=2)
    assert "there is no endpoint event" in told.stderr
    assert "Did you mean events?" in told.stderr


def test_the_others_are_shown_where_one_filter_finds_nothing(analysed: Any, run: Run) -> None:
    analysed.change("endpoints.yaml", "AESER = 'Y'", "AESER = 'U'")
    run("build", "--quiet")
    told = run("endpoints", code=1)
    assert "Subjects with an event" in told.stdout
    assert "events.serious: no record of ADAE meets the filter: AESER = 'U'" in told.stderr


def test_specs_newer_than_the_datasets(analysed: Any, run: Run) -> None:
    run("build", "--quiet")
    analysed.change("endpoints.yaml", "by: AEDECOD", "by: AETOXGR")
    told = run("endpoints", code=1)
    assert "endpoints.yaml:22: error[unknown-variable]" in told.stderr
    assert "ADAE has no variable AETOXGR" in told.stderr


def test_a_build_of_some_datasets_describes_their_results(analysed: Any, run: Run) -> None:
    run("build", "--quiet", "--only", "ADSL")
    folder = Path("outputs/abc01-partial/m5/datasets/abc01/analysis/adam/datasets")
    assert "arm:" not in (folder / "define.xml").read_text()
