"""The summary of a build: sums that add up, findings by class, the first of them, the step log."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.build import FormAccount
from mg_cdisc.build.running import StepLog
from mg_cdisc.errors import Finding, Location
from mg_cdisc.layout import Line, joined, shown
from mg_cdisc.pipeline import Built
from mg_cdisc.report.summary import (
    account,
    findings_by_class,
    first_findings,
    step_facts,
    step_log,
    stop_lines,
    summarise,
)

COUNTS = st.integers(0, 5000)


@st.composite
def accounts(draw: st.DrawFn) -> FormAccount:
    """A form whose rows are all used, excluded, rejected or unaccounted for."""
    excluded = draw(
        st.dictionaries(st.sampled_from(["left blank", "repeated"]), st.integers(1, 99))
    )
    used, rejected, lost = draw(COUNTS), draw(COUNTS), draw(COUNTS)
    rows = used + rejected + lost + sum(excluded.values())
    return FormAccount("form", "form.csv", rows, used, excluded, rejected, lost)


def numbers(made: Line) -> list[int]:
    """The numbers of a line of the account."""
    cells = shown(made).split()[1:]
    return [0 if cell == "-" else int(cell.replace(",", "")) for cell in cells]


@settings(deadline=None)
@given(st.lists(accounts(), min_size=1, max_size=6), st.booleans())
def test_every_line_of_the_account_adds_up(forms: list[FormAccount], partial: bool) -> None:
    lines = account(forms, partial=partial)
    told = [line for line in lines if not shown(line).startswith(" ")]
    assert len(told) == len(forms) + 2
    for line in told[1:]:
        rows, *parts = numbers(line)
        assert rows == sum(parts)
    assert numbers(told[-1])[0] == sum(form.rows for form in forms)
    reasons = sum(
        int(shown(line).split()[0].replace(",", "")) for line in lines if line not in told
    )
    assert reasons == sum(sum(form.excluded.values()) for form in forms)


def test_on_a_narrow_terminal_the_account_stands_in_panels_and_its_reasons_below() -> None:
    form = FormAccount("events", "e.csv", 1200, 1150, {"left blank": 48}, 2, 0)
    assert joined(account([form], partial=False, space=30)) == (
        "Form     Rows  = used\n"
        "events  1,200   1,150\n"
        "total   1,200   1,150\n"
        "\n"
        "Form    + excluded  + rejected\n"
        "events          48           2\n"
        "total           48           2\n"
        "events:\n"
        "  48 excluded: left blank\n"
    )


def finding(kind: str, level: Any = "error", number: int = 0, **more: Any) -> Finding:
    """A finding at a row."""
    return Finding(Location("ae.csv", row=number), kind, f"{kind} {number}", "", level, **more)


def test_the_account_of_one_form_is_as_written_by_hand() -> None:
    form = FormAccount("events", "e.csv", 1200, 1150, {"left blank": 48}, 2, 0)
    assert joined(account([form], partial=False)) == (
        "Form     Rows  = used  + excluded  + rejected\n"
        "events  1,200   1,150          48           2\n"
        "  48 excluded: left blank\n"
        "total   1,200   1,150          48           2\n"
    )


def test_findings_are_counted_by_records_open_and_accepted_errors_first() -> None:
    listed = [
        finding("term", number=1),
        finding("term", number=2, count=40),
        finding("term", number=3, reason="kept: known to the site"),
        finding("absent", "warning"),
        finding("cut", "note"),
        finding("date"),
    ]
    assert joined(findings_by_class(listed)) == (
        "Findings  Class   Open  Accepted\n"
        "error     date       1         -\n"
        "error     term      41         1\n"
        "warning   absent     1         -\n"
        "note      cut        1         -\n"
    )
    assert joined(findings_by_class([])) == "No findings.\n"


def test_an_example_is_printed_before_the_sum_of_the_others() -> None:
    """However the file of the spec is called beside that of the source."""
    listed = [finding("term", number=n) for n in range(1, 4)]
    at = Location("aa/sdtm/ae.yaml", 9)
    listed.append(Finding(at, "term", "476 more records have this fault", "", count=476))
    assert joined(first_findings(listed, 2)).splitlines() == [
        "ae.csv row 1: error[term] term 1",
        "ae.csv row 2: error[term] term 2",
        "... and 2 more",
    ]


def test_of_each_class_one_is_printed_before_any_gets_a_second() -> None:
    listed = [finding("term", number=n) for n in range(20)]
    listed += [finding("date", number=7), finding("absent", "warning", 9), finding("cut", "note")]
    made = joined(first_findings(listed, 4)).splitlines()
    assert made == [
        "ae.csv: error[term] term 0",
        "ae.csv row 1: error[term] term 1",
        "ae.csv row 7: error[date] date 7",
        "ae.csv row 9: warning[absent] absent 9",
        "... and 18 more",
    ]


def test_accepted_findings_and_notes_are_not_printed() -> None:
    listed = [finding("term", reason="kept: known to the site"), finding("cut", "note")]
    assert first_findings(listed) == []


def test_a_finding_is_printed_in_two_parts_and_cannot_move_the_cursor() -> None:
    wrong = Finding(Location("ae.csv", row=3, subject="A\x1b[2J"), "k", "is\nwrong", "Mend it.")
    assert joined(first_findings([wrong])) == (
        "ae.csv row 3 (subject A\\x1b[2J): error[k] is\\nwrong\n  Mend it.\n"
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50)), max_size=40), COUNTS)
def test_no_finding_is_lost_between_printed_and_counted(
    listed: list[tuple[str, int]], most: int
) -> None:
    findings = sorted({finding(kind, number=number) for kind, number in listed})
    made = joined(first_findings(findings, most)).splitlines()
    more = int(made.pop().split()[2].replace(",", "")) if made and made[-1][:3] == "..." else 0
    assert len(made) + more == len(findings)
    told = Counter(line.split("[")[1][0] for line in made)
    assert len(told) == min(most, len({kind for kind, _ in listed}))


def test_a_step_tells_its_facts() -> None:
    step = StepLog("AE", "lookup", "ae.yaml:7", 15, 12, {"matched": 12}, {"no visit": 3})
    assert step_facts(step) == "matched 12 of 15, excluded 3 (no visit)"


def test_the_log_has_a_table_for_each_dataset() -> None:
    log = [
        StepLog("AE", "records", "s/ae.yaml:4", 0, 1500),
        StepLog("AE", "AESER", "s/ae.yaml:12", 1500, 1500, {"mapped": 1400}),
        StepLog("DM", "records", "s/dm.yaml:3", 0, 8),
    ]
    assert joined(step_log(log)) == (
        "AE  s/ae.yaml\n"
        "  Line  Step        In    Out  What it did\n"
        "     4  records      0  1,500\n"
        "    12  AESER    1,500  1,500  mapped 1,400\n"
        "\n"
        "DM  s/dm.yaml\n"
        "  Line  Step     In  Out  What it did\n"
        "     3  records   0    8\n"
    )


def test_what_is_said_of_the_old_outputs_is_so(tmp_path: Path) -> None:
    place = tmp_path / "a"
    assert joined(stop_lines("A", 2, place)) == (
        f"A NOT built: 2 findings stop the build. Nothing was written to {place}.\n"
    )
    place.mkdir()
    assert joined(stop_lines("A", 1, place)) == (
        f"A NOT built: 1 finding stops the build. {place} is as it was before.\n"
    )


@pytest.mark.parametrize("quiet", [False, True])
def test_where_nothing_was_built_every_finding_is_printed(tmp_path: Path, quiet: bool) -> None:
    listed = tuple(finding("typo", number=number) for number in range(1, 31))
    built = Built("A", (), listed, (), (), tmp_path / "a-stopped")
    made = joined(summarise(built, tmp_path / "a", quiet=quiet))
    assert all(f"ae.csv row {number}: error[typo]" in made for number in range(1, 31))
    assert "A NOT built: 30 findings stop the build." in made
    assert "findings.xlsx" in made
