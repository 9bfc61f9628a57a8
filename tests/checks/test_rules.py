"""Each rule passes and fails what was written by hand for it, and the catalogue is whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mg_cdisc.checks import all_rules, check_study
from mg_cdisc.checks.conditions import at_fault
from mg_cdisc.checks.published import other_published, published
from mg_cdisc.checks.rule import Rule
from mg_cdisc.checks.tables import read_table
from mg_cdisc.errors import Finding

from .written import FIXTURES, Fixture, read_fixtures, study_of

RULES = {rule.name: rule for rule in all_rules()}
WRITTEN = read_fixtures()
CASES = [
    pytest.param(RULES[name], word, text, id=f"{name}-{word}-{number}")
    for name, fixture in WRITTEN.items()
    if name in RULES
    for word, texts in (("pass", fixture.passes), ("fail", fixture.fails))
    for number, text in enumerate(texts)
]


@pytest.mark.parametrize(("rule", "word", "text"), CASES)
def test_a_rule_tells_right_from_wrong(rule: Rule, word: str, text: str) -> None:
    study = study_of(text)
    found = list(rule.findings(study))
    if word == "fail":
        assert found
        assert all(finding.kind == rule.name for finding in found)
        return
    assert [finding.what for finding in found] == []
    if rule.condition:  # and not for want of a variable
        judged = [each for each in study if rule.scope.holds(each)]
        row = next(row for name in TABLES for row in read_table(name) if row["rule"] == rule.name)
        blank = frozenset(row["blank"].split())
        assert any(at_fault(each, rule.condition, blank) is not None for each in judged)


TABLES = [f"records-{name}" for name in (
    "general", "timing", "demographics", "events", "interventions", "findings", "subjects", "trial",
    "relationships")]  # fmt: skip


def test_every_rule_has_what_passes_and_what_fails() -> None:
    assert set(RULES) - set(WRITTEN) == set()
    assert set(WRITTEN) - set(RULES) == set(), "fixtures of rules that are not there"
    lacking = [name for name, each in WRITTEN.items() if not (each.passes and each.fails)]
    assert lacking == []


def test_every_published_rule_is_implemented_or_has_a_reason() -> None:
    implemented = {name for rule in RULES.values() for name in rule.published}
    listed = published()
    assert len(listed) == 435
    assert len(set(listed)) == 435
    explained = other_published()
    assert set(listed) == (implemented & set(listed)) | set(explained)
    assert implemented & set(explained) == set()
    assert all(reason.endswith(".") for reason in explained.values())


def test_every_identifier_is_named_once_and_in_one_form() -> None:
    names = [rule.name for rule in all_rules()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"SD(-[A-Z0-9]+)+", name) for name in names)
    named = [each for rule in all_rules() for each in rule.published]
    assert len(set(named)) == len(named), "a published rule is implemented twice"


def test_every_rule_says_what_must_hold_and_what_to_do() -> None:
    for rule in all_rules():
        assert rule.what[0].isupper() or rule.what.startswith("--") or rule.what[0].isalpha()
        assert not rule.what.endswith(".")
        assert rule.todo.endswith(".")
        assert rule.level in ("error", "warning", "note")


@pytest.mark.parametrize("name", WRITTEN)
def test_no_rule_breaks_on_the_fixtures_of_another(name: str) -> None:
    fixture: Fixture = WRITTEN[name]
    for text in (*fixture.passes, *fixture.fails):
        for finding in check_study(study_of(text)):
            assert isinstance(finding, Finding)
            assert "--" not in finding.what.replace("2025---15", "")


def test_fixtures_stand_in_their_folder() -> None:
    assert {path.suffix for path in Path(FIXTURES).iterdir()} == {".txt"}
