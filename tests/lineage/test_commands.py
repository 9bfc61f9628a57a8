"""``why``, ``impact`` and ``lineage`` on the example, beside what its specs and sources say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mg_cdisc.cli.app import app
from mg_cdisc.cli.impact import source_cell
from mg_cdisc.errors import UseError
from mg_cdisc.lineage import Recorder
from mg_cdisc.pipeline import record_study

EXAMPLE = Path(__file__).parents[2] / "mapping_specs" / "hn2301"
WHO = "USUBJID = 'HN2301-02-001'"


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return record_study(EXAMPLE)


def run(*arguments: str) -> str:
    made = CliRunner().invoke(app, [*arguments, str(EXAMPLE)], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return made.output


def test_a_term_leads_to_the_collected_text_and_its_mapping() -> None:
    told = run("why", "AE.AEOUT", "--where", f"{WHO} and AESEQ = 1")
    lines = (EXAMPLE / "terminology.yaml").read_text(encoding="utf-8").splitlines()
    of_list = lines.index("OUT:")
    line = next(at for at, each in enumerate(lines, 1) if at > of_list and '"1":' in each)
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
