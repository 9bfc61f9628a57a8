"""``mg-cdisc preview``: records as one step left them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Cells = Callable[[str, str], list[list[str]]]


def test_after_a_line_the_step_and_what_it_read_come_first(
    study: Any, run: Run, cells: Cells
) -> None:
    made = run("preview", "AE", "--after", "9").stdout
    assert made.startswith("AE after step 6 of 9: AESTDTC (mapping_specs/abc01/sdtm/ae.yaml:9)\n")
    header = next(line for line in made.splitlines() if line.startswith("#"))
    assert header.split()[:4] == ["#", "source", "AESTDTC", "BEGIN"]
    assert [row[:4] for row in cells(made, "#")] == [
        ["1", "source/events.csv:2", "2025-02-05", "05.02.2025"],
        ["2", "source/events.csv:3", "2025-02-01", "01.02.2025"],
        ["3", "source/events.csv:5", "2025-02-10", "10.02.2025"],
    ]
    # made further down
    assert "AESEQ" not in header
    assert "AESTDY" not in header


def test_before_rows_are_excluded_they_are_there(study: Any, run: Run, cells: Cells) -> None:
    assert "\n4 records\n" in run("preview", "AE", "--after", "4").stdout
    assert "\n3 records\n" in run("preview", "AE", "--after", "5").stdout


def test_a_line_between_steps_means_the_step_above(study: Any, run: Run) -> None:
    study.change("sdtm/ae.yaml", "  - AEDECOD:", "\n# the term as coded\n  - AEDECOD:")
    assert ": AETERM (" in run("preview", "AE", "--after", "8").stdout.splitlines()[0]


def test_a_step_by_its_number_and_the_last_one(study: Any, run: Run) -> None:
    assert ": AETERM (" in run("preview", "ae", "--step", "3").stdout.splitlines()[0]
    assert ": AESEQ (" in run("preview", "AE").stdout.splitlines()[0]


def test_variables_rows_subjects_and_conditions_can_be_chosen(
    study: Any, run: Run, cells: Cells
) -> None:
    chosen = ["preview", "AE", "--columns", "AETERM,AESTDY", "--rows", "2"]
    # 3 February is day 1 of the first subject: 5 February is day 3, 1 February day -2
    assert cells(run(*chosen).stdout, "#") == [
        ["1", "source/events.csv:2", "Headache", "3"],
        ["2", "source/events.csv:3", "Cough", "-2"],
    ]
    where = run(*chosen, "--where", "AESTDY = 1 and source.SERIOUS = 'yes'").stdout
    assert cells(where, "#") == [["3", "source/events.csv:5", "Nausea", "1"]]
    assert len(cells(run(*chosen, "--subject", "003").stdout, "#")) == 1


def test_records_of_several_rows_name_the_first_and_how_many(
    study: Any, run: Run, cells: Cells
) -> None:
    study.write(
        "sdtm/ae.yaml",
        (study.path / "sdtm/ae.yaml").read_text(encoding="utf-8")
        + "work:\n  per_subject:\n    steps:\n"
        "      - records: {from: AE, by: USUBJID, set: {n: count()}}\n",
    )
    made = run("preview", "per_subject").stdout
    assert [row[1] + row[2] for row in cells(made, "#")] == [
        "source/events.csv:2 +1ABC01-001",
        "source/events.csv:5ABC01-003",
    ]


def test_findings_of_the_dataset_are_told(study: Any, run: Run) -> None:
    study.spoil()
    made = run("preview", "AE", "--after", "9").stdout
    assert "1 finding up to here" in made
    assert "source/events.csv row 6 (subject ABC01-003): error[bad-date]" in made
    assert "finding" not in run("preview", "AE", "--after", "8").stdout


def test_nothing_is_written(study: Any, run: Run) -> None:
    run("preview", "DM")
    assert not Path("outputs").exists()


WRONG = {
    "another dataset": (["AEE"], "no dataset AEE\n  Did you mean AE?"),
    "a line above the steps": (["AE", "--after", "2"], "Its first step is in line 4."),
    "a step too many": (["AE", "--step", "10"], "AE has the steps 1 to 9, and no step 10"),
    "a step of number 0": (["AE", "--step", "0"], "no step 0"),
    "a line and a step": (["AE", "--step", "1", "--after", "4"], "give one of them"),
    "a line that is none": (["AE", "--after", "x"], "--after"),
    "another subject": (["AE", "--subject", "9"], "there is no subject 9"),
    "another variable": (["AE", "--columns", "AETREM"], "Did you mean AETERM?"),
    "no variable at all": (["AE", "--columns", "FOO"], "Columns: USUBJID, STUDYID, DOMAIN, "),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_ends_with_2(study: Any, run: Run, name: str) -> None:
    arguments, told = WRONG[name]
    assert told in run("preview", *arguments, code=2).stderr


def test_a_spec_mistake_is_told(study: Any, run: Run) -> None:
    study.change("sdtm/ae.yaml", "trim(TERM)", "trim(TREM)")
    told = run("preview", "AE", code=1).stderr
    assert "sdtm/ae.yaml:6: error[unknown-variable]" in told
    assert "Did you mean TERM?" in told


def test_the_first_of_two_stacked_records_steps_shows_its_variables(
    study: Any, run: Run, cells: Cells
) -> None:
    """The second makes the same variables; they are there after the first."""
    study.write(
        "sdtm/ae.yaml",
        (study.path / "sdtm/ae.yaml").read_text(encoding="utf-8")
        + "work:\n  stacked:\n    steps:\n"
        "      - records: {from: AE, keep: [AETERM]}\n"
        "      - records: {from: DM, set: {AETERM: {hardcode: none}}}\n",
    )
    header = next(
        each for each in run("preview", "stacked", "--step", "1").stdout.splitlines()
        if each.startswith("#")
    )  # fmt: skip
    assert {"AETERM", "USUBJID"} <= set(header.split())
