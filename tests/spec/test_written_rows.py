"""Where the rows of tables are written: of every kind of table the line of each row."""

from __future__ import annotations

from datetime import date

from mg_cdisc.spec import tables
from mg_cdisc.spec.lists import Instrument
from mg_cdisc.spec.tables import Written, answers_rows, answers_table
from mg_cdisc.spec.tree import parse_yaml, plain
from mg_cdisc.spec.trial import TrialParameter, trial_rows, trial_table

SCALE = """
instrument: A scale
category: SCALE
domain: QS
direction: {published: higher is worse, registered: higher is worse}
ranges:
  published: {low: "0", high: "4"}
  registered: {low: "0", high: "4"}
answers:
  grade:
    columns: [code, text, score]
    rows:
      - ["0", NONE, "0"]
      - ["1", SOME, "1"]
items:
  columns: [code, name, column, answers]
  rows:
    - [SC01, First, S_1, grade]
    - [SC02, Not collected, "", grade]
    - [SC03, Third, S_3, grade]
totals:
  - {code: SCTOT, name: Total, column: S_TOT}
  - {code: SCSUM, name: Computed}
"""


def lines(written: Written, rows: int) -> list[int | None]:
    return [written.at(row).line for row in range(rows)]


def test_items_and_totals_of_an_instrument() -> None:
    """Only what was collected is a row; the line is that of the item or total, counted by hand."""
    tree = parse_yaml(SCALE, "scale.yaml")
    scale = Instrument.model_validate(plain(tree))
    table = tables.tests_table(scale)
    assert [row[0] for row in table.rows] == ["SC01", "SC03", "SCTOT"]
    assert lines(Written(tree, tables.tests_rows(scale)), 3) == [18, 20, 22]


def test_answers_of_every_item() -> None:
    tree = parse_yaml("scale:\n  " + SCALE.strip().replace("\n", "\n  "), "all.yaml")
    scale = Instrument.model_validate(plain(parse_yaml(SCALE, "scale.yaml")))
    table = answers_table([scale])
    assert [row[0] for row in table.rows] == ["SC01", "SC01", "SC02", "SC02", "SC03", "SC03"]
    # each item has the two answers of the grade, whose lines stand one further down here
    assert lines(Written(tree, answers_rows({"scale": scale})), 6) == [13, 14] * 3


def test_parameters_of_the_trial_and_what_they_follow_from() -> None:
    study = """
standards:
  sdtmig: "3.4"
data_cut: 2025-01-31
trial_summary:
  TITLE: A trial
  INDIC:
    - One
    - Other
"""
    tree = parse_yaml(study, "study.yaml")
    given = {
        "TITLE": (TrialParameter(value="A trial"),),
        "INDIC": (TrialParameter(value="One"), TrialParameter(value="Other")),
    }
    table = trial_table(given, "3.4", "2025-03-28", date(2025, 1, 31), lambda code: None)
    told = dict(
        zip(
            [(row[0], row[1]) for row in table.rows],
            lines(Written(tree, trial_rows(table, given)), len(table.rows)),
            strict=True,
        )
    )
    assert told[("TITLE", "1")] == 6
    assert [told[("INDIC", "1")], told[("INDIC", "2")]] == [8, 9]
    assert (told[("SDTIGVER", "1")], told[("DCUTDTC", "1")]) == (3, 4)
