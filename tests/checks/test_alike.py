"""Rules that judge records that are alike once say of many what they say of each."""

from __future__ import annotations

import numpy as np
import pytest

from mg_cdisc.checks import alike, all_rules
from mg_cdisc.checks.rule import Rule
from mg_cdisc.checks.study import Study
from mg_cdisc.frame import Frame, Text

from .written import read_fixtures, study_of

RULES = {rule.name: rule for rule in all_rules()}
CASES = [
    pytest.param(RULES[name], text, id=f"{name}-{number}")
    for name, fixture in read_fixtures().items()
    if name in RULES and not RULES[name].of_analysis
    for number, text in enumerate((*fixture.passes, *fixture.fails))
]


def _repeated(text: str) -> Study:
    """What a fixture has, each record six times."""
    study: Study = study_of(text)
    for records in study:
        records.frame = records.frame.take(np.tile(np.arange(records.rows), 6))
    return study


@pytest.mark.parametrize(("rule", "text"), CASES)
def test_a_rule_says_the_same_of_records_that_are_alike(
    rule: Rule, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meant = list(rule.findings(_repeated(text)))
    monkeypatch.setattr(alike, "MANY", 1)
    assert list(rule.findings(_repeated(text))) == meant


def test_results_are_told_apart_by_what_a_result_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "MANY", 1)
    any_study: Study = study_of(str(CASES[0].values[1]))
    study = Study(any_study.standard)
    frame = Frame.of(
        {
            "DOMAIN": Text.constant("LB", 12),
            "LBTESTCD": Text.of(["ALT", "AST"] * 6),
            "LBSTRESN": np.array([1.0, 1.0, 2.0, 1.0] * 3),
            "LBSEQ": np.arange(12.0),
        }
    )
    study.add("LB", "Laboratory", (), frame)
    found = alike.alike(study.datasets["LB"], ("LBTESTCD", "LBSTRESN"))
    assert found is not None
    assert found.records.rows == 3
    assert "LBSEQ" not in found.records  # each record has its own
    told = found.records.frame
    spread = told.number("LBSTRESN")[found.codes]
    assert spread.tolist() == frame.number("LBSTRESN").tolist()
    assert alike.alike(study.datasets["LB"], ("LBSEQ",)) is None
