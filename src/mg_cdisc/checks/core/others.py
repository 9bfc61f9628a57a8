"""What a report tells beside issues: rules that did not run, and that it is of other data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mg_cdisc.checks.core.report import Report, RuleRun
from mg_cdisc.checks.study import Records
from mg_cdisc.errors import Finding, Location, one_of
from mg_cdisc.layout import counted

RAN = ("SUCCESS", "ISSUE REPORTED")
FAILED = "EXECUTION ERROR"
SAID = 500
"""So much of a failure's message is told: it may hold all that the engine was doing."""


def not_run(report: Report) -> Iterator[Finding]:
    """A note of the rules that were skipped, one of each rule that failed in CORE, and a warning
    where no rule ran at all."""
    place = Location(report.file)
    said: dict[str, list[str]] = {}
    for each in report.issues:
        if each.is_failure:
            told = ": ".join(filter(None, (each.dataset, each.message[:SAID])))
            said.setdefault(each.rule, []).append(told)
    by_status: dict[str, list[RuleRun]] = {}
    for run in report.rules:
        by_status.setdefault(run.status, []).append(run)
    if not any(status in by_status for status in RAN):
        yield Finding(
            place, "core-no-rules", f"{report.source} ran no rule of {_standard(report)}",
            "See with core list-rule-sets which standards it has, and renew them with core "
            "update-cache.", "warning", source=report.source,
        )  # fmt: skip
    failed = dict.fromkeys([*(each.name for each in by_status.get(FAILED, ())), *said])
    for rule in failed:
        told = "; ".join(dict.fromkeys(said.get(rule, ())))
        yield Finding(
            place, "core-rule-failed", f"{rule} failed in {report.source}{f': {told}' if told else ''}",
            "What it asks was not checked by CORE, at least of some datasets; tell CDISC of it.",
            "note", source=report.source, lasting=f"{rule} failed",
        )  # fmt: skip
    for status, runs in sorted(by_status.items()):
        if status in (*RAN, FAILED):
            continue
        what = "skipped" if status == "SKIPPED" else f"gave the status {status} to"
        many = f"{len(runs):,} of {counted(len(report.rules), 'rule')}"
        names = one_of([each.name for each in runs])
        yield Finding(
            place, "core-skipped", f"{report.source} {what} {many} of {_standard(report)}: {names}",
            "CORE skips rules of datasets and variables that are not there; --json lists all of them.",
            "note", count=len(runs), source=report.source,
            lasting=f"{what} rules of {_standard(report)}",
        )  # fmt: skip


def differing(report: Report, datasets: Mapping[str, Records]) -> dict[str, Finding]:
    """The datasets that are not those that CORE read: another number of records, or records of
    other subjects. What the report says of them is not compared with ours."""
    why: dict[str, str] = {}
    for name, length in report.lengths.items():
        held = datasets.get(name)
        if held is not None and held.rows != length:
            why[name] = f"it had {counted(length, 'record')} and has {held.rows:,}"
    subjects: dict[str, list[str]] = {}
    for each in report.issues:
        held = datasets.get(each.dataset)
        if held is None or not each.row or each.dataset in why or each.is_failure:
            continue
        if each.row > held.rows:
            why[each.dataset] = f"there is no record {each.row:,}"
            continue
        if not each.subject or (text := held.text("USUBJID")) is None:
            continue
        if each.dataset not in subjects:
            subjects[each.dataset] = text.to_list()
        if subjects[each.dataset][each.row - 1] != each.subject:
            why[each.dataset] = f"record {each.row:,} is not of subject {each.subject}"
    return {
        name: Finding(
            Location(report.file), "core-other-data",
            f"{report.source} read another {name} than is here: {told}",
            "Run CORE on the files that are here.", "warning", name, source=report.source,
        )
        for name, told in sorted(why.items())
    }  # fmt: skip


def absent(report: Report, datasets: Mapping[str, Records]) -> Iterator[Finding]:
    """A warning of datasets that CORE read and that are not here."""
    names = [name for name in report.lengths if name not in datasets]
    if names:
        yield Finding(
            Location(report.file), "core-other-data",
            f"{report.source} read datasets that are not here: {one_of(names)}",
            "Give the report that CORE made of these files.", "warning", source=report.source,
        )  # fmt: skip


def _standard(report: Report) -> str:
    return report.standard or "an unknown standard"
