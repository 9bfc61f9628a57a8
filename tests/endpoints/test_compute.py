"""Results of six subjects, counted by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mg_cdisc.endpoints import Result
from mg_cdisc.endpoints.data import Built, read_built
from mg_cdisc.endpoints.write import write_csv, write_json
from mg_cdisc.errors import TransportError
from mg_cdisc.spec.endpoints import Endpoints
from mg_cdisc.spec.tree import Branch

Compute = Callable[..., Result]
Refused = Callable[..., list[str]]
Read = Callable[..., tuple[Endpoints, Branch]]


def table(result: Result, *names: str, number: int = 0) -> list[tuple[object, ...]]:
    """The lines of a table with some of their numbers, rounded to 3 decimals."""
    made = result.tables[number]
    return [(*row.keys, *(round(row.numbers[name], 3) for name in names)) for row in made.rows]


def test_subjects_with_a_record(compute: Compute) -> None:
    result = compute("dataset: ADAE\nwhere: RELFL = 'Y'\ncount: subjects")
    # S1 three times, S3, S4; S6 is not in the population
    assert table(result, "subjects", "of", "percent", "records") == [(3, 5, 60.0, 5)]
    assert result.sizes == {"": 5}
    assert result.records == 5


def test_subjects_by_category(compute: Compute) -> None:
    result = compute("dataset: ADAE\nwhere: RELFL = 'Y'\nby: AEDECOD\ncount: subjects")
    assert table(result, "subjects", "of", "records") == [
        ("Any", 3, 5, 5), ("Headache", 2, 5, 3), ("Nausea", 2, 5, 2),
    ]  # fmt: skip


def test_listed_categories_are_shown_though_nobody_has_them(compute: Compute) -> None:
    result = compute(
        "dataset: ADAE\nwhere: RELFL = 'Y'\n"
        "by: {ATOXGRN: {'3': Grade 3, '2': Grade 2}}\ncount: subjects"
    )
    assert table(result, "subjects", "percent") == [
        ("Any", 3, 60.0), ("Grade 3", 0, 0.0), ("Grade 2", 2, 40.0),
    ]  # fmt: skip


def test_grades_side_by_side(compute: Compute) -> None:
    result = compute("dataset: ADAE\nwhere: RELFL = 'Y'\nby: AEDECOD\ncount: {across: ATOXGRN}")
    assert result.tables[0].across == 1
    assert table(result, "subjects") == [
        ("Any", "Any", 3), ("Any", "1", 2), ("Any", "2", 2),
        ("Headache", "Any", 2), ("Headache", "1", 2), ("Headache", "2", 1),
        ("Nausea", "Any", 2), ("Nausea", "1", 1), ("Nausea", "2", 1),
    ]  # fmt: skip


def test_groups_stand_in_the_order_of_their_number(compute: Compute, head: str) -> None:
    result = compute(
        "dataset: ADAE\nwhere: RELFL = 'Y'\ncount: subjects", f"groups: TRT01A\n{head}"
    )
    assert result.sizes == {"Control": 2, "Drug": 3}
    assert result.tables[0].keys == ("Group",)
    assert table(result, "subjects", "of") == [("Control", 1, 2), ("Drug", 2, 3)]


def test_a_proportion_of_those_with_a_value(compute: Compute) -> None:
    result = compute(
        "dataset: ADEFF\nwhere: ANL01FL = 'Y' and AVISITN > 0\nby: AVISIT\nproportion: AVALC"
    )
    # Week 2 before Week 12 by AVISITN; at Week 12 S3 has a record without a value
    assert table(result, "subjects", "of", "percent", "missing") == [
        ("Week 2", 2, 4, 50.0, 1), ("Week 12", 1, 1, 100.0, 4),
    ]  # fmt: skip


def test_a_missing_value_that_counts_as_no(compute: Compute) -> None:
    result = compute(
        "dataset: ADEFF\nwhere: ANL01FL = 'Y' and AVISITN = 12\n"
        "proportion: {of: AVALC, yes: Y, missing: [left out, no]}"
    )
    assert table(result, "subjects", "of", "percent") == [
        ("left out", 1, 1, 100.0), ("no", 1, 5, 20.0),
    ]  # fmt: skip


def test_a_summary_by_visit(compute: Compute) -> None:
    result = compute("dataset: ADEFF\nwhere: ANL01FL = 'Y'\nby: AVISIT\nsummary: [AVAL, CHG]")
    # Week 2: AVAL 8 7 12 10, CHG -2 -3 1 -1.5; the other record of S1 is not analysed
    assert table(result, "n", "mean", "sd", "median", "least", "greatest")[1:3] == [
        ("Week 2", "AVAL", 4, 9.25, 2.217, 9.0, 7.0, 12.0),
        ("Week 2", "CHG", 4, -1.375, 1.702, -1.75, -3.0, 1.0),
    ]
    assert [row.keys for row in result.tables[0].rows] == [
        ("Baseline", "AVAL"),  # a change that nobody has is no line
        ("Week 2", "AVAL"), ("Week 2", "CHG"), ("Week 12", "AVAL"), ("Week 12", "CHG"),
    ]  # fmt: skip


def test_a_time_to_event(compute: Compute) -> None:
    result = compute(
        "dataset: ADTTE\nwhere: PARAMCD = 'TTE'\n"
        "time_to_event: {at: [2, 4.5], reasons: [EVNTDESC, CNSDTDSC]}"
    )
    # 5 at risk: event at 1 -> 4/5; event at 3 of 3 -> 8/15; event at 5 of 1 -> 0
    assert table(result, "subjects", "events", "censored", "median") == [(5, 3, 2, 5.0)]
    assert table(result, "percent", "at_risk", number=1) == [("2", 20.0, 4), ("4.5", 46.667, 1)]
    assert table(result, "subjects", number=2) == [
        ("0", "Response", "", 3), ("1", "None", "Last visit", 1), ("2", "Rescue", "Rescue", 1),
    ]  # fmt: skip


def test_a_filter_that_finds_nothing(refused: Refused) -> None:
    assert refused("dataset: ADAE\nwhere: RELFL = 'X' and ATOXGRN in (1, 2)\ncount: subjects") == [
        "endpoints.yaml: error[endpoint-empty] one.first: no record of ADAE meets the filter: "
        "RELFL = 'X' and ATOXGRN in (1, 2)\n"
        "  Check the values of the filter, or build again if the datasets are older than the specs."
    ]


def test_records_of_others_only(refused: Refused) -> None:
    found = refused("dataset: ADEFF\nwhere: AVAL = 1\nsummary: AVAL")
    assert len(found) == 1
    assert "no record of ADEFF of a subject of the population all meets the filter" in found[0]


def test_a_population_of_nobody(refused: Refused, head: str) -> None:
    found = refused(
        "dataset: ADAE\nwhere: RELFL = 'Y'\ncount: subjects",
        head.replace("SAFFL = 'Y'", "SAFFL = 'U'"),
    )
    assert len(found) == 1
    assert "no subject of the population all meets the filter: SAFFL = 'U'" in found[0]


def test_a_filter_that_is_not_enough(refused: Refused) -> None:
    assert refused("dataset: ADEFF\nwhere: PARAMCD = 'SCORE'\nby: AVISIT\nsummary: AVAL") == [
        "endpoints.yaml: error[endpoint-repeats] one.first: 1 subject has several records of ADEFF "
        "by AVISIT\n"
        "  Add to the filter what chooses among them (ANL01FL = 'Y'), or to by: what tells them apart."
    ]


def test_a_population_with_several_records_of_a_subject(refused: Refused, head: str) -> None:
    head = head.replace("where: SAFFL = 'Y'", "dataset: ADAE, where: RELFL = 'Y'")
    found = refused("dataset: ADEFF\nwhere: AVISITN = 12\nsummary: AVAL", head)
    assert "ADAE has several records of a subject in the population all" in found[0]


def test_a_dataset_that_is_not_built(tmp_path: Path) -> None:
    built = read_built(tmp_path, "ABC", ["ADAE"], "ascii")
    place = f"{tmp_path.as_posix()}/m5/datasets/abc/analysis/adam/datasets/adae.xpt"
    assert str(built.absent("ADAE")).startswith(f"{place}: error[missing-file] ADAE is not built\n")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "m5/datasets/abc/analysis/adam/datasets"
    folder.mkdir(parents=True)
    (folder / "adae.xpt").write_bytes(b"nothing")
    with pytest.raises(TransportError):
        read_built(tmp_path, "ABC", ["ADAE"], "ascii")


def test_files_for_programs(compute: Compute, read: Read, head: str, tmp_path: Path) -> None:
    text = "dataset: ADTTE\nwhere: PARAMCD = 'TTE'\ntime_to_event: {at: [9]}"
    result = compute(text)
    endpoints, _ = read(text, f"note: 'Invented, all of it'\n{head}")
    write_json(tmp_path / "r.json", [result], endpoints, "ABC")
    made = json.loads((tmp_path / "r.json").read_text())
    assert made["note"] == "Invented, all of it"
    assert made["results"][0]["filter"] == "PARAMCD = 'TTE'"
    assert made["results"][0]["tables"][0]["rows"][0]["median"] == 5.0
    assert made["results"][0]["tables"][1]["rows"][0] == {
        "Time": "9", "percent": 100.0, "lower": None, "upper": None, "at_risk": 0,
    }  # fmt: skip
    write_csv(tmp_path / "r.csv", [result], endpoints)
    lines = (tmp_path / "r.csv").read_text().splitlines()
    assert lines[1] == (
        "one,first,A result,ADTTE,PARAMCD = 'TTE',Safety population,ADSL: SAFFL = 'Y',time_to_event,,"
        'subjects,5,"Invented, all of it"'
    )
    assert lines[8].endswith('with event,Time=9,lower,,"Invented, all of it"')


def test_the_built_study_is_as_it_stands_above(built: Built) -> None:
    assert built.frames["ADEFF"].rows == 9
