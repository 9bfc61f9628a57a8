"""Merging reports of CORE: nothing is lost, and nothing counted twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.checks import check_study
from mg_cdisc.checks.core import Issue, Report, RuleRun, merge_reports
from mg_cdisc.checks.core.report import dataset_name
from mg_cdisc.errors import Finding
from mg_cdisc.frame import Index

from .written import study_of

AGE, STRANGER = "CORE-000310", "CORE-999999"
STUDY = study_of(" ; ".join(f"DM USUBJID=S{each} AGE={each - 3}" for each in range(6)))
ROWS: dict[Finding, Index | None] = {}
OURS = check_study(STUDY, rows=ROWS)
NEGATIVE = {1, 2, 3}
"""The records whose AGE is -3, -2, -1."""


def issues() -> st.SearchStrategy[tuple[Issue, ...]]:
    """Issues of a rule that we have and of one that we have not, each at most once."""
    one = st.builds(
        Issue, st.sampled_from([AGE, STRANGER]), st.sampled_from(["one", "two"]), st.just("DM"),
        st.integers(1, 6), variables=st.sampled_from([("AGE",), ("AGE", "SEX"), ()]),
    )  # fmt: skip
    return st.lists(one, unique=True, max_size=12).map(
        lambda made: tuple(replace(each, subject=f"S{each.row - 1}") for each in made)
    )


def report(made: tuple[Issue, ...], version: str = "0.17.1") -> Report:
    rules = (RuleRun(AGE, ("CG1",), "", "ISSUE REPORTED"), RuleRun(STRANGER, (), "", "SUCCESS"))
    return Report("core.json", version, "SDTMIG 3.4", made, rules, {}, {"DM": 6})


@given(issues())
def test_every_issue_is_a_finding_of_core_or_agrees_with_one_of_ours(
    made: tuple[Issue, ...],
) -> None:
    merged = merge_reports(OURS, ROWS, [report(made)], STUDY.datasets)
    ours = [each for each in merged.findings if not each.source]
    cores = [each for each in merged.findings if each.source]
    assert sorted(ours) == sorted(OURS)
    agreeing = [each for each in made if each.rule == AGE and each.row in NEGATIVE]
    assert merged.agreed[0][1:] == (len(made), len(agreeing))
    assert sum(each.count for each in cores) == len(made) - len(agreeing)
    (negative,) = [each for each in ours if each.kind == "SD-DM-AGE-NEGATIVE"]
    rows = {each.row for each in agreeing}
    assert bool(negative.agreeing) == bool(rows)
    assert (" records " in negative.agreeing) == (0 < len(rows) < len(NEGATIVE))
    assert len({each.identity for each in cores}) == len(cores)


@given(issues())
def test_a_report_given_twice_is_merged_once(made: tuple[Issue, ...]) -> None:
    once = merge_reports(OURS, ROWS, [report(made)], STUDY.datasets)
    twice = merge_reports(OURS, ROWS, [report(made), report(made)], STUDY.datasets)
    assert once.findings == twice.findings
    assert [each.agreeing for each in once.findings] == [each.agreeing for each in twice.findings]


@given(issues(), st.randoms())
def test_the_order_of_issues_changes_nothing(made: tuple[Issue, ...], luck: object) -> None:
    mixed = list(made)
    luck.shuffle(mixed)  # type: ignore[attr-defined]
    one = merge_reports(OURS, ROWS, [report(made)], STUDY.datasets).findings
    other = merge_reports(OURS, ROWS, [report(tuple(mixed))], STUDY.datasets).findings
    assert one == other


def test_two_versions_of_core_are_both_named() -> None:
    made = (Issue(AGE, "m", "DM", 1, "S0"),)
    merged = merge_reports(OURS, ROWS, [report(made), report(made, "0.18.0")], STUDY.datasets)
    (negative,) = [each for each in merged.findings if each.agreeing]
    assert negative.agreeing == (
        "CORE 0.17.1 agrees on 1 of 3 records (CORE-000310); "
        "CORE 0.18.0 agrees on 1 of 3 records (CORE-000310)"
    )


def test_a_dataset_is_told_by_its_file() -> None:
    names = ["ae.xpt", "AE", "AE.json", "/data/sdtm/ae.xpt", r"C:\data\ae.xpt", "", None, ["AE"]]
    assert [dataset_name(each) for each in names] == ["AE"] * 5 + [""] * 3
