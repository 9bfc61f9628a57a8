"""``mg-cdisc build``: what it prints, where it writes, how it ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Cells = Callable[[str, str], list[list[str]]]


ABSENT = ["warning", "expected-absent", "-", "26"]
ACCEPTED = [["warning", "SD-AE-CRITERIA", "-", "1"], ABSENT]


def digest(folder: Path) -> dict[str, str]:
    """The hash of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_clean_build_ends_with_0_and_tells_datasets_forms_and_places(
    study: Any, run: Run, cells: Cells
) -> None:
    made = run("build")
    # DM: the nine of the spec, STUDYID, DOMAIN and USUBJID; AE: six and the same three, AESTDY
    assert cells(made.stdout, "Dataset") == [
        ["AE", "Adverse Events", "3", "9"],
        ["DM", "Demographics", "3", "12"],
    ]
    assert cells(made.stdout, "Form") == [
        ["patients", "3", "3", "-", "-"],
        ["events", "4", "3", "1", "-"],
        ["1 excluded: no event on the line"],
        ["total", "7", "6", "1", "-"],
    ]
    assert cells(made.stdout, "Findings") == ACCEPTED
    assert "ABC01 built in outputs/abc01" in made.stdout
    assert "outputs/abc01/m5/datasets/abc01/tabulations/sdtm/define.html" in made.stdout
    assert Path("outputs/abc01/m5/datasets/abc01/tabulations/sdtm/ae.xpt").is_file()


def test_progress_is_a_line_a_dataset_where_no_terminal_is(study: Any, run: Run) -> None:
    assert sorted(run("build").stderr.splitlines()) == [
        "building AE", "building DM", "reading 2 sources", "writing and reading back",
    ]  # fmt: skip


def test_quiet_prints_only_findings_and_the_result(study: Any, run: Run, cells: Cells) -> None:
    made = run("build", "--quiet")
    assert made.stderr == ""
    assert made.stdout.splitlines()[4:] == ["ABC01 built in outputs/abc01"]
    assert cells(made.stdout, "Findings") == ACCEPTED


def test_the_step_log_tells_what_every_step_did(study: Any, run: Run) -> None:
    made = run("build", "--log").stdout
    log = made[: made.index("\nDataset")]
    rows = {
        row[1]: row for row in (line.split(maxsplit=4) for line in log.splitlines()) if len(row) > 3
    }
    assert rows["records"][2:4] == ["0", "3"] or rows["records"][2:4] == ["0", "4"]
    assert rows["exclude"] == ["5", "exclude", "4", "3", "excluded 1 (no event on the line)"]
    assert rows["AESER"] == ["8", "AESER", "3", "3", "mapped 3"]
    assert rows["lookup"] == ["10", "lookup", "3", "3", "matched 3 of 3"]
    steps = json.loads(Path("outputs/abc01/build.json").read_text(encoding="utf-8"))["steps"]
    assert {"dataset": "AE", "mapped": 3}.items() <= next(
        s for s in steps if s["step"] == "AESER"
    ).items()


def test_a_finding_that_stops_ends_with_1_and_leaves_the_outputs(
    study: Any, run: Run, cells: Cells
) -> None:
    run("build")
    before = digest(Path("outputs/abc01"))
    study.spoil()
    made = run("build", code=1)
    assert cells(made.stdout, "Findings") == [["error", "bad-date", "1", "-"], ABSENT]
    assert "source/events.csv row 6 (subject ABC01-003): error[bad-date]" in made.stdout
    assert "made, but not written:" in made.stdout
    assert (
        "ABC01 NOT built: 1 finding stops the build. outputs/abc01 is as it was before."
        in made.stdout
    )
    assert "outputs/abc01-stopped/findings.xlsx" in made.stdout
    assert digest(Path("outputs/abc01")) == before
    found = json.loads(Path("outputs/abc01-stopped/findings.json").read_text(encoding="utf-8"))
    assert [each["class"] for each in found].count("bad-date") == 1


def test_a_first_build_that_stops_says_that_nothing_is_there(study: Any, run: Run) -> None:
    study.spoil()
    assert "Nothing was written to outputs/abc01." in run("build", code=1).stdout
    assert not Path("outputs/abc01").exists()


def test_an_accepted_finding_does_not_stop_and_is_counted_apart(
    study: Any, run: Run, cells: Cells
) -> None:
    study.spoil()
    entry = "- {finding: bad-date, row: 6, then: blank, reason: the site cannot say the day}\n"
    study.add("findings.yaml", entry)
    made = run("build").stdout
    assert cells(made, "Findings") == [["error", "bad-date", "-", "1"], *ACCEPTED]
    assert "error[bad-date]" not in made
    assert "outputs/abc01/findings.xlsx" in made


def test_a_row_that_nothing_accounts_for_is_seen_in_the_sum(
    study: Any, run: Run, cells: Cells
) -> None:
    study.change("sdtm/ae.yaml", "{from: events}", "{from: events, where: NO = '1'}")
    made = run("build", code=1).stdout
    assert cells(made, "Form")[1] == ["events", "4", "2", "1", "-", "1"]
    assert "row-unaccounted" in made


def test_a_row_of_an_unknown_subject_is_rejected(study: Any, run: Run, cells: Cells) -> None:
    study.change("source/events.csv", "003,1,", "009,1,")
    made = run("build", code=1).stdout
    assert cells(made, "Form")[1] == ["events", "4", "2", "1", "1"]


def test_every_spec_mistake_is_printed_however_many(study: Any, run: Run) -> None:
    names = ("AEREFID", "AESPID", "AELOC", "AELAT", "AEDIR", "AEACN", "AEREL", "AEPATT")
    wrong = "".join(f"  - {name}: nowhere{number}\n" for number, name in enumerate(names))
    study.add("sdtm/ae.yaml", wrong)
    made = run("build", code=1).stdout
    assert [f"nowhere{number}" in made for number in range(8)] == [True] * 8
    assert "ABC01 NOT built" in made
    assert Path("outputs/abc01-stopped/findings.json").is_file()


def test_specs_that_cannot_be_loaded_are_told_too(study: Any, run: Run) -> None:
    study.change("study.yaml", "data_cut: 2026-01-31", "data_cut: soon")
    made = run("build", code=1)
    assert "mapping_specs/abc01/study.yaml:3: error[bad-date]" in made.stdout
    assert "NOT built: 1 finding stops the build." in made.stdout


def test_only_builds_what_is_asked_for_beside_the_outputs(
    study: Any, run: Run, cells: Cells
) -> None:
    made = run("build", "--only", "dm").stdout
    assert [row[0] for row in cells(made, "Dataset")] == ["DM"]
    assert cells(made, "Form") == [
        ["patients", "3", "3", "-", "-"],
        ["events", "4", "-", "-", "4"],
        ["total", "7", "3", "-", "4"],
    ]
    assert "+ not asked for" in made
    assert "ABC01 built in part in outputs/abc01-partial" in made
    assert not Path("outputs/abc01").exists()


@pytest.mark.parametrize("asked", ["ABC01-001", "001"])
def test_one_subject_is_named_whole_or_by_the_end(
    study: Any, run: Run, cells: Cells, asked: str
) -> None:
    made = run("build", "--subject", asked).stdout
    assert [row[:1] + row[2:3] for row in cells(made, "Dataset")] == [["AE", "2"], ["DM", "1"]]


def test_subjects_are_listed_with_commas_as_datasets_are(
    study: Any, run: Run, cells: Cells
) -> None:
    made = run("build", "--subject", "001,ABC01-002", "--subject", "003").stdout
    assert [row[:1] + row[2:3] for row in cells(made, "Dataset")] == [["AE", "3"], ["DM", "3"]]


def test_the_end_of_several_subjects_names_none_of_them(study: Any, run: Run, cells: Cells) -> None:
    """Of 01-001 and 02-001 the end 001 could mean either; 01-001 means one."""
    for name in ("patients", "events"):
        text = (study.path / "source" / f"{name}.csv").read_text(encoding="utf-8")
        study.write(
            f"source/{name}.csv", text.replace("\n00", "\n01-00").replace("01-003", "02-001")
        )
    told = run("build", "--subject", "001", code=2).stderr
    assert "error[several-subjects] 001 is the end of 2 subjects" in told
    assert "Name one of ABC01-01-001, ABC01-02-001." in told
    made = run("build", "--subject", "02-001").stdout
    assert [row[:1] + row[2:3] for row in cells(made, "Dataset")] == [["AE", "1"], ["DM", "1"]]


def test_the_number_of_partitions_changes_nothing(study: Any, run: Run) -> None:
    made = []
    for number in ("1", "3", "auto"):
        run("build", "--partitions", number, "--verify", "full")
        made.append(digest(Path("outputs/abc01")))
    assert made[0] == made[1] == made[2]


WRONG_USE = {
    "an unknown dataset": (
        ["build", "--only", "AEE"],
        "there is no dataset AEE\n  Did you mean AE?",
    ),
    "an unknown subject": (["build", "--subject", "777"], "there is no subject 777"),
    "no number of partitions": (["build", "--partitions", "some"], "whole number from 1, or auto"),
    "no partition": (["build", "--partitions", "0"], "whole number from 1, or auto"),
    "an unknown option": (["build", "--everything"], "--everything"),
    "an unknown way to verify": (["build", "--verify", "none"], "none"),
    "an unknown command": (["biuld"], "biuld"),
    "an unknown study": (["build", "mapping_specs/abc02"], "Did you mean mapping_specs/abc01?"),
    "a folder that is no study": (["build", "mapping_specs"], "has no study.yaml"),
}


@pytest.mark.parametrize("name", WRONG_USE)
def test_wrong_use_ends_with_2(study: Any, run: Run, name: str) -> None:
    arguments, told = WRONG_USE[name]
    assert told in run(*arguments, code=2).stderr
    assert not Path("outputs/abc01").exists()


def test_the_only_study_is_meant_where_none_is_named(study: Any, run: Run) -> None:
    other = study.path.parent / "abc02"
    other.mkdir()
    run("build", "--quiet")
    (other / "study.yaml").write_text("study: ABC02\n", encoding="utf-8")
    told = run("build", code=2).stderr
    assert "Studies here: mapping_specs/abc01, mapping_specs/abc02." in told
    run("build", "mapping_specs/abc01", "--quiet")


def test_without_any_study_the_error_says_what_to_name(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Name the folder that holds study.yaml." in run("build", code=2).stderr


def test_an_output_place_that_is_a_file_is_one_clear_line(study: Any, run: Run) -> None:
    Path("outputs").write_text("in the way", encoding="utf-8")
    told = run("build", code=1).stderr
    assert "outputs" in told
    assert "error[" in told


def test_a_build_that_is_interrupted_says_so(
    study: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mg_cdisc.cli.build.build_study", interrupted)
    assert "Interrupted" in run("build", code=130).stderr
