"""Each rule passes and fails what was written by hand for it, and the catalogue is whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mg_cdisc.checks import all_rules, check_study
from mg_cdisc.checks.conditions import at_fault
from mg_cdisc.checks.published import drafts, other_drafts, other_published, published
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
    "relationships", "analysis")]  # fmt: skip


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


@pytest.mark.parametrize(("standard", "number"), [("ADaMIG 1.3", 181), ("SDTMIG 3.4", 104)])
def test_every_draft_is_implemented_or_has_a_reason(standard: str, number: int) -> None:
    implemented = {name for rule in RULES.values() for name in rule.published}
    listed, explained = drafts(standard), other_drafts(standard)
    assert len(listed) == len(set(listed)) == number
    assert set(listed) == (implemented & set(listed)) | set(explained)
    assert implemented & set(explained) == set()
    assert all(reason.endswith(".") for reason in explained.values())
    named = {
        name for reason in explained.values() for name in re.findall(r"`([A-Z0-9-]+)`", reason)
    }
    assert named <= set(RULES), "a reason names a rule that is not there"


def test_every_identifier_is_named_once_and_in_one_form() -> None:
    names = [rule.name for rule in all_rules()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"(SD|AD)(-[A-Z0-9]+)+", name) for name in names)
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


def test_a_finding_shows_dates_as_dates() -> None:
    """23815 days after 1960-01-01 is 2025-03-15; a number without a format of dates stays one."""
    line = "ADAE AETERM=X AESEQ=1 ASTDT=23815 AENDT=23801 ; format ADAE.ASTDT DATE9. ; format ADAE.AENDT DATE9."
    (found,) = RULES["AD-START-END"].findings(study_of(line))
    assert "ASTDT = '2025-03-15'" in found.what
    assert "AENDT = '2025-03-01'" in found.what
    (plain,) = RULES["AD-START-END"].findings(study_of(line.partition(" ; ")[0]))
    assert "ASTDT = '23815'" in plain.what
