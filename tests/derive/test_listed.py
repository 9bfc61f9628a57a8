"""Variables that a lookup brings by a list of the study."""

from __future__ import annotations

from harness import Study, refusals

SPEC = """
dataset: ADSL
keys: [USUBJID]
steps:
  - records: {from: form}
  - SITEID:  SITE
  - TRT01P:  ARM
  - TRT01A:  ARM
---
- records: {from: form}
- lookup:  {from: ADSL, list: core, keep: [TRTA: TRT01A], none: error}
"""
CORE = "table: core\ncolumns: [variable, as]\nrows: [[SITEID, ''], [TRT01P, TRTP]]\n"
ROWS = [["S1", "07", "DRUG"], ["S2", "08", "PLACEBO"]]


def test_the_list_stands_for_names_in_keep() -> None:
    made = Study(SPEC, tables={"core": CORE}, form="SUBJ SITE ARM").run(form=ROWS)
    written = SPEC.replace("list: core, keep: [", "keep: [SITEID, TRTP: TRT01P, ")
    same = Study(written, form="SUBJ SITE ARM").run(form=ROWS)
    names = "USUBJID SITEID TRTP TRTA"
    assert made.table(names) == same.table(names) == [
        ["S1", "07", "DRUG", "DRUG"], ["S2", "08", "PLACEBO", "PLACEBO"],
    ]  # fmt: skip


def test_one_column_and_no_keep() -> None:
    core = "table: core\ncolumns: [variable]\nrows: [[SITEID], [TRT01P]]\n"
    spec = SPEC.replace(", keep: [TRTA: TRT01A]", "")
    made = Study(spec, tables={"core": core}, form="SUBJ SITE ARM").run(form=ROWS)
    assert made.table("SITEID TRT01P") == [["07", "DRUG"], ["08", "PLACEBO"]]


def test_a_list_that_is_not_there_is_told() -> None:
    wrong = SPEC.replace("list: core", "list: cor")
    assert refusals(wrong, tables={"core": CORE}, form="SUBJ SITE ARM") == [
        "[unknown-table] lookup.list: there is no table cor | Did you mean core?"
    ]


def test_a_variable_that_the_dataset_lacks_is_told() -> None:
    wrong = CORE.replace("TRT01P", "TRT01B")
    assert refusals(SPEC, tables={"core": wrong}, form="SUBJ SITE ARM") == [
        "[unknown-variable] lookup.keep: ADSL has no variable TRT01B | Did you mean TRT01P?"
    ]
