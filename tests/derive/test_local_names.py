"""Tables and helper datasets of one spec: names that several specs have."""

from __future__ import annotations

from harness import Study, refusals

TWO = """
dataset: ADAA
class: BDS
keys: [USUBJID]
tables:
  windows: {columns: [low number, AVISIT], rows: [["1", early], ["9", late]]}
work:
  first:
    steps:
      - records: {from: form, by: USUBJID, set: {day: min(number(DAY))}}
steps:
  - records: {from: first, keep: [USUBJID, ADY: day]}
  - lookup:  {from: windows, by: {ADY: low}, keep: AVISIT}
---
dataset: ADBB
class: BDS
keys: [USUBJID]
tables:
  windows: {columns: [low number, AVISIT], rows: [["1", Week 1], ["9", Week 2]]}
work:
  first:
    steps:
      - records: {from: form, by: USUBJID, set: {day: max(number(DAY))}}
steps:
  - records: {from: first, keep: [USUBJID, ADY: day]}
  - AVISIT:  {from: windows, by: {ADY: low}, value: AVISIT}
---
dataset: ADCC
class: BDS
keys: [USUBJID]
steps:
  - records: {from: form, by: USUBJID, set: {ADY: min(number(DAY))}}
  - lookup:  {from: windows, by: {ADY: low}, keep: AVISIT}
"""
STUDY_WIDE = 'table: windows\ncolumns: [low number, AVISIT]\nrows: [["1", "of the study"]]\n'


def test_each_spec_means_its_own_table_and_the_others_that_of_the_study() -> None:
    study = Study(TWO, tables={"windows": STUDY_WIDE}, form="SUBJ DAY")
    made = study.run(form=[["S1", "1"], ["S1", "9"]])
    assert made.table("USUBJID ADY AVISIT", "ADAA") == [["S1", "1", "early"]]
    assert made.table("USUBJID ADY AVISIT", "ADBB") == [["S1", "9", "Week 2"]]
    assert made.table("USUBJID ADY AVISIT", "ADCC") == [["S1", "1", "of the study"]]
    assert not made.findings


def test_a_mistake_names_the_spec_whose_table_it_is() -> None:
    wrong = TWO.replace("{ADY: low}, value: AVISIT", "{ADY: lwo}, value: AVISIT")
    assert refusals(wrong, tables={"windows": STUDY_WIDE}, form="SUBJ DAY") == [
        "[unknown-variable] AVISIT.by: windows of ADBB has no variable lwo | Did you mean low?"
    ]


def test_a_name_that_no_other_spec_has_stays_known_to_all() -> None:
    alone = TWO.split("---\n")
    study = Study("---\n".join([alone[0], alone[2]]), form="SUBJ DAY")
    made = study.run(form=[["S1", "1"]])
    assert made.table("AVISIT", "ADCC") == [["early"]]


def test_a_table_named_twice_in_one_spec_is_a_mistake() -> None:
    twice = TWO.split("---\n")[0].replace(
        "  first:\n    steps:",
        '  first:\n    tables: {windows: {columns: [a], rows: [["1"]]}}\n    steps:',
    )
    assert "name-taken" in refusals(twice, form="SUBJ DAY")[0]
