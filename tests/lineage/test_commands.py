"""``why``, ``impact`` and ``lineage`` on the example, beside what its specs and sources say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mg_cdisc.cli.app import app
from mg_cdisc.cli.impact import source_cell
from mg_cdisc.cli.lineage import find_cell
from mg_cdisc.errors import UseError
from mg_cdisc.lineage import Explainer, Recorder, Trace, lines
from mg_cdisc.pipeline import record_study

EXAMPLE = Path(__file__).parents[2] / "mapping_specs" / "hn2301"
WHO = "USUBJID = 'HN2301-02-001'"


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return record_study(EXAMPLE, shown=EXAMPLE.as_posix())


def run(*arguments: str) -> str:
    made = CliRunner().invoke(app, [*arguments, str(EXAMPLE)], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return made.output


def test_a_term_leads_to_the_collected_text_and_its_mapping() -> None:
    told = run("why", "AE.AEOUT", "--where", f"{WHO} and AESEQ = 1")
    held = (EXAMPLE / "terminology.yaml").read_text(encoding="utf-8").splitlines()
    of_list = held.index("OUT:")
    line = next(at for at, each in enumerate(held, 1) if at > of_list and '"1":' in each)
    assert f"'1' is mapped   {EXAMPLE.as_posix()}/terminology.yaml:{line}" in told
    assert "adverse_events.AEOUT = '1'" in told


def test_what_was_not_chosen_is_told_with_what_it_is_ordered_by() -> None:
    told = run("why", "ADTTE.AVAL", "--where", f"{WHO} and PARAMCD = 'TTMGADL'", "--depth", "1")
    assert "chosen among" in told
    away = [
        float(each.partition("_away ")[2].partition(",")[0])
        for each in told.splitlines()
        if "chosen" in each and "_away" in each
    ]
    assert len(away) > 1
    assert away[0] == min(away)


def test_json_is_the_same_tree() -> None:
    told = json.loads(run("why", "ADSL.SAFFL", "--where", WHO, "--json"))
    assert (told["name"], told["value"]) == ("ADSL.SAFFL", "'Y'")
    assert told["parts"][0]["name"] == "ADSL.NINFUS"


def test_a_vital_sign_reaches_its_own_record_alone() -> None:
    told = json.loads(run("impact", "vital_signs:2305:DIABP", "--json"))
    assert [each["dataset"] for each in told] == ["VS"]
    (record,) = told[0]["records"]
    assert record["keys"]["VSTESTCD"] == "DIABP"
    assert {"VSORRES", "VSSTRESN", "VSSTRESC"} <= set(record["variables"])


def test_a_cell_that_nothing_reads_reaches_nothing() -> None:
    assert "reaches nothing" in run("impact", "mgadl.csv:13:AUDIT_TIME")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("mgadl.csv", "names no source cell"),
        ("nosuch.csv:1:X", "there is no source file nosuch.csv"),
        ("mgadl.csv:13:MGADL_TALKS", "Did you mean MGADL_TALK?"),
        ("mgadl.csv:99999:MGADL_TALK", "has no row 99999"),
    ],
)
def test_a_wrong_cell_is_told(recorder: Recorder, cell: str, said: str) -> None:
    with pytest.raises(UseError) as raised:
        source_cell(recorder, cell)
    assert said in "\n".join(str(each) for each in raised.value.findings)


def test_variables_back_and_forward(tmp_path: Path) -> None:
    back = run("lineage", "VS.VSORRES")
    assert "vital_signs.DIABP" in back
    forward = run("lineage", "vital_signs.DIABP", "--forward")
    assert "VS.VSSTRESN" in forward
    assert "ADTTE.AVAL" not in forward
    page = tmp_path / "graph.html"
    CliRunner().invoke(app, ["lineage", "ADTTE.AVAL", str(EXAMPLE), "--html", str(page)])
    text = page.read_text(encoding="utf-8")
    assert "ADSL.TRTSDT" in text
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


def line_of(file: str, text: str, after: str = "") -> str:
    """Where a text stands in a file of the example, behind the first line that has another."""
    held = (EXAMPLE / file).read_text(encoding="utf-8").splitlines()
    start = next((at for at, each in enumerate(held) if after and after in each), 0)
    number = next(at for at, each in enumerate(held[start:], start + 1) if text in each)
    return f"{EXAMPLE.as_posix()}/{file}:{number}"


def told_of(recorder: Recorder, cell: str, where: str) -> str:
    """What ``why`` prints of a cell."""
    trace = Trace(recorder)
    dataset, _, variable = cell.partition(".")
    found = find_cell(recorder, trace, dataset, variable, where)
    return "\n".join(lines(Explainer(trace).explain(found)))


def test_a_row_of_a_table_of_the_study_is_named(recorder: Recorder) -> None:
    at = line_of("visits.yaml", "[Baseline,")
    told = told_of(recorder, "TV.VISIT", "VISITNUM = 2")
    assert f"schedule.VISIT = 'BASELINE'   {at}" in told


@pytest.mark.parametrize(
    ("parameter", "line"),
    [("ADDON", "ADDON:"), ("SDTIGVER", "sdtmig:"), ("DCUTDTC", "data_cut:")],
)
def test_a_parameter_of_the_trial_is_named(recorder: Recorder, parameter: str, line: str) -> None:
    """Also one that follows from another line of study.yaml."""
    told = told_of(recorder, "TS.TSVAL", f"TSPARMCD = '{parameter}'")
    assert f"   {line_of('study.yaml', line)}" in told


def test_an_item_and_an_answer_of_an_instrument_are_named(recorder: Recorder) -> None:
    told = told_of(recorder, "QS.QSSTRESN", f"{WHO} and QSTESTCD = 'MGADL02' and VISITNUM = 9")
    assert f"mgadl.tests = this row   {line_of('instruments/mgadl.yaml', '[MGADL02,')}" in told
    assert f"instruments.answers.score = '1'   {line_of('instruments/mgadl.yaml', 'MILD')}" in told


def test_a_unit_conversion_is_named(recorder: Recorder) -> None:
    at = line_of("sdtm/lb.yaml", "ALB:", "units:")
    told = told_of(recorder, "LB.LBSTRESN", f"{WHO} and LBTESTCD = 'ALB' and VISITNUM = 3")
    assert f"units.ALB.standard: g/L   {at}" in told


def test_of_a_text_that_was_cut_the_rest_is_named(recorder: Recorder) -> None:
    told = told_of(recorder, "CO.COVAL", "not missing(COVAL2)")
    first, *rest = told.splitlines()
    assert len(first.removeprefix("CO.COVAL = ").strip("'")) <= 200
    assert "cut, since it has more than 200 bytes: the rest is in COVAL1, COVAL2" in rest[1]
    assert "the rest is in SUPPDV.QVAL where QNAM is DVTERM1" in told_of(
        recorder, "DV.DVTERM", "length(DVTERM) > 200"
    )


def test_a_translation_is_named(recorder: Recorder) -> None:
    told = told_of(recorder, "CO.COVAL", "not missing(COVAL2)")
    collected = told.partition("comments.COMMENT = '")[2].partition("'")[0]
    assert f"translated   {line_of('translations.yaml', collected)}" in told


def test_as_of_a_day() -> None:
    """Before the visit of day 14 the time to it is not known, and its row is not there."""
    asked = ("ADTTE.AVAL", "--where", f"{WHO} and PARAMCD = 'TTMGADL'", "--depth", "1")
    told = run("why", *asked, "--cut-off", "2025-01-20")
    assert "chosen among 1 of its group" in told
    assert "chosen among 17 of its group" in run("why", *asked)
    cell = "mgadl.csv:13:MGADL_TALK"
    made = CliRunner().invoke(app, ["impact", cell, str(EXAMPLE), "--cut-off", "2025-01-20"])
    assert made.exit_code == 2
    assert "mgadl.csv has no row 13 that is read" in made.output
    earlier = run("impact", "mgadl.csv:12:MGADL_TALK", "--cut-off", "2025-01-20", "--json")
    later = run("impact", "mgadl.csv:12:MGADL_TALK", "--json")
    assert len(earlier) < len(later)


def test_an_end_after_the_cut_off_is_told() -> None:
    where = "USUBJID = 'HN2301-03-007' and AEENRTPT = 'ONGOING'"
    told = run("why", "AE.AEENRTPT", "--where", where, "--cut-off", "2025-06-30")
    assert "as of the cut-off 2025-06-30, and otherwise in the file" in told
