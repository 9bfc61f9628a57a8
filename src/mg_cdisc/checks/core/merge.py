"""Merging what CORE found with what our rules found, without counting the same fault twice.

The two agree on a record where a finding of ours and an issue of CORE's are of the same published rule,
the same dataset and the same record. Where one of them is about the dataset as a whole, they agree if
the issue names the variable of the finding. What they agree on stays our finding, marked; the rest of CORE's issues
become findings, one for each rule, dataset, message and variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mg_cdisc.checks.catalogue import all_rules
from mg_cdisc.checks.core.others import absent, differing, not_run
from mg_cdisc.checks.core.report import Issue, Report
from mg_cdisc.checks.study import NAMED, Records
from mg_cdisc.errors import Finding, Level, Location
from mg_cdisc.frame import Index

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
SHOWN = 40
_VARIABLE = re.compile("[A-Z][A-Z0-9]{0,7}")

Found = Mapping[Finding, Index | None]
"""Our findings with the positions of their records; None where a dataset as a whole is at fault."""


@dataclass(frozen=True)
class CoreRule:
    """A rule of CORE that found something, described as our own are."""

    name: str
    published: tuple[str, ...]
    level: Level
    what: str
    todo: str


@dataclass(frozen=True)
class Merged:
    """All findings, CORE's rules, and of each report the issues listed and those agreed on."""

    findings: tuple[Finding, ...]
    rules: tuple[CoreRule, ...]
    agreed: tuple[tuple[Report, int, int], ...]


def merge_reports(
    findings: Iterable[Finding],
    found: Found,
    reports: Sequence[Report],
    datasets: Mapping[str, Records],
) -> Merged:
    """Our findings and those of CORE's reports, sorted; ``datasets`` are those that were judged."""
    own = _Own(found)
    made: list[Finding] = []
    rules: dict[str, CoreRule] = {}
    agreed: list[tuple[Report, int, int]] = []
    for report in reports:
        other = differing(report, datasets)
        made += [*other.values(), *absent(report, datasets), *not_run(report)]
        listed = [each for each in report.issues if not each.is_failure]
        merger = _Merger(report, own, datasets, frozenset(other))
        left = [each for each in listed if not merger.agrees(each)]
        agreed.append((report, len(listed), len(listed) - len(left)))
        made += merger.findings(left)
        for each in merger.rules():
            rules[each.name] = each
    all_ = [*(own.marked(each) for each in findings), *made]
    return Merged(tuple(sorted(dict.fromkeys(all_))), tuple(rules.values()), tuple(agreed))


class _Own:
    """Our findings by published rule and dataset, and which of their records CORE found too."""

    def __init__(self, found: Found) -> None:
        published = {rule.name: rule.published for rule in all_rules()}
        self.levels: dict[str, Level] = {}
        for rule in all_rules():
            for number in rule.published:
                known = self.levels.get(number, rule.level)
                self.levels[number] = min(known, rule.level, key=LEVELS.index)
        self.found = found
        self.by_rule: dict[tuple[str, str], list[Finding]] = {}
        for finding in found:
            for number in published.get(finding.kind, ()):
                self.by_rule.setdefault((number, finding.dataset), []).append(finding)
        self.records: dict[Finding, frozenset[int]] = {}
        self.agreed: dict[Finding, dict[str, tuple[set[str], set[int]]]] = {}

    def agree(self, issue: Issue, numbers: Sequence[str], source: str) -> bool:
        """Whether a finding of ours says the same as an issue; it is marked."""
        found = False
        for number in numbers:
            for finding in self.by_rule.get((number, issue.dataset), ()):
                if self.same(finding, issue):
                    found = True
                    by, records = self.agreed.setdefault(finding, {}).setdefault(
                        source, (set(), set())
                    )
                    by.add(issue.rule)
                    records.add(issue.row)
        return found

    def same(self, finding: Finding, issue: Issue) -> bool:
        """Whether a finding of the issue's rule and dataset is of its record, else its variable."""
        rows = self.found[finding]
        if rows is None or not issue.row:
            return _same_variable(finding.variable, issue)
        if finding not in self.records:
            self.records[finding] = frozenset((rows + 1).tolist())
        return issue.row in self.records[finding]

    def marked(self, finding: Finding) -> Finding:
        """A finding with what agrees with it."""
        told = []
        for source, (by, records) in sorted(self.agreed.get(finding, {}).items()):
            rules = ", ".join(sorted(by))
            part = "" if 0 in records or len(records) >= finding.count else (
                f" on {len(records):,} of {finding.count:,} records"
            )  # fmt: skip
            told.append(f"{source} agrees{part} ({rules})")
        return replace(finding, agreeing="; ".join(told)) if told else finding


class _Merger:
    """Makes findings of what one report has beyond ours."""

    def __init__(
        self, report: Report, own: _Own, datasets: Mapping[str, Records], other: frozenset[str]
    ) -> None:
        self.report, self.own, self.datasets, self.other = report, own, datasets, other
        self.runs = {each.name: each for each in report.rules}
        self.used: dict[str, Level] = {}
        listed: dict[str, int] = {}
        for each in report.issues:
            listed[each.rule] = listed.get(each.rule, 0) + 1
        counted: dict[str, int] = {}
        for (rule, _), number in report.counted.items():
            counted[rule] = counted.get(rule, 0) + number
        self.cut = {rule for rule, number in counted.items() if number > listed.get(rule, 0)}

    def numbers(self, rule: str) -> tuple[str, ...]:
        """The published identifiers of a rule, CORE's own first."""
        run = self.runs.get(rule)
        return (rule, *(run.published if run is not None else ()))

    def agrees(self, issue: Issue) -> bool:
        if issue.dataset in self.other:
            return False
        return self.own.agree(issue, self.numbers(issue.rule), self.report.source)

    def findings(self, left: Sequence[Issue]) -> Iterator[Finding]:
        """One finding for each rule, dataset, message and variables."""
        groups: dict[tuple[str, str, str, tuple[str, ...]], list[Issue]] = {}
        for each in left:
            key = each.rule, each.dataset, each.message, each.variables
            groups.setdefault(key, []).append(each)
        for group in groups.values():
            yield self._finding(sorted(group, key=lambda each: (each.row, each.subject)))
        listed: dict[tuple[str, str], int] = {}
        for each in self.report.issues:
            key_ = each.rule, each.dataset
            listed[key_] = listed.get(key_, 0) + 1
        for (rule, dataset), number in self.report.counted.items():
            missing = number - listed.get((rule, dataset), 0)
            if rule in self.cut and missing > 0:
                yield self._unlisted(rule, dataset, missing)

    def rules(self) -> list[CoreRule]:
        """The rules of the findings that were made."""
        return [
            CoreRule(kind_of(name), self.numbers(name), level, self._says(name), self._todo(name))
            for name, level in sorted(self.used.items())
        ]

    def _finding(self, issues: Sequence[Issue]) -> Finding:
        first = issues[0]
        message = first.message or self._says(first.rule)
        records = [each for each in issues if each.row or each.subject]
        told = "; ".join(filter(None, (self._named(each) for each in issues[:NAMED])))
        if records:
            more = len(issues) - NAMED
            many = f"{len(issues):,} record{'' if len(issues) == 1 else 's'}"
            told = f"{many}: {told}{f' and {more:,} more' if more > 0 else ''}"
        held = self.datasets.get(first.dataset)
        names = [each for each in first.variables if _VARIABLE.fullmatch(each)]
        variable = next((each for each in names if held is not None and each in held), "")
        return self._made(
            first.rule, f"{message}: {told}" if told else message, first.dataset,
            variable or (names[0] if names else ""), len(issues), first.executability,
            f"{message} ({', '.join(first.variables)})",
        )  # fmt: skip

    def _unlisted(self, rule: str, dataset: str, number: int) -> Finding:
        message = self._says(rule)
        what = f"{message}: {number:,} more record{'' if number == 1 else 's'}, which the report does not list"
        return self._made(rule, what, dataset, "", number, "", f"{message}: not listed")

    def _made(
        self, rule: str, what: str, dataset: str, variable: str, count: int, can: str, lasting: str
    ) -> Finding:
        level = self._level(rule, can)
        known = self.used.get(rule, level)
        self.used[rule] = min(known, level, key=LEVELS.index)
        held = self.datasets.get(dataset)
        file = held.file if held is not None else dataset.lower() or "study"
        return Finding(
            Location(file), kind_of(rule), what, self._todo(rule), level, dataset, variable, count,
            lasting=lasting, source=self.report.source,
        )  # fmt: skip

    def _level(self, rule: str, executability: str) -> Level:
        """That of our rule for the same published rule; else a warning, and a note where CORE says
        that its rule reports too much."""
        known = [self.own.levels[each] for each in self.numbers(rule) if each in self.own.levels]
        if known:
            return min(known, key=LEVELS.index)
        return "note" if "overreporting" in executability.casefold() else "warning"

    def _says(self, rule: str) -> str:
        run = self.runs.get(rule)
        return (run.message if run is not None else "") or f"{rule} does not hold"

    def _todo(self, rule: str) -> str:
        return (
            f"Correct what makes it, or query the site; CDISC's catalogue of rules explains {rule}."
        )

    def _named(self, issue: Issue) -> str:
        """A record by its key, as our rules name it, with the values that CORE gives."""
        held = self.datasets.get(issue.dataset)
        if held is not None and issue.dataset not in self.other and 0 < issue.row <= held.rows:
            key = held.key(issue.row - 1)
        else:
            row = f"record {issue.row}" if issue.row else ""
            key = " ".join(filter(None, (issue.subject, issue.sequence))) or row
        told = [_cut(each) for each in (*issue.variables, *issue.values)]
        if len(issue.variables) == len(issue.values):
            told = [
                _valued(name, value)
                for name, value in zip(issue.variables, issue.values, strict=True)
                if name != "USUBJID"
            ]
        values = ", ".join(told)
        return f"{key} ({values})" if key and values else key or values


def _valued(name: str, value: str) -> str:
    """A variable with its value; what is missing stands as null in reports."""
    if value == "null":
        return f"{name} blank"
    return f"{name} = '{_cut(value)}'"


def _cut(value: str) -> str:
    return value if len(value) <= SHOWN else f"{value[:SHOWN]}..."


def kind_of(rule: str) -> str:
    """The class of a rule's findings; rules of a company's own have other names than CORE-000001."""
    return rule if rule.startswith("CORE-") else f"CORE-{rule}"


def _same_variable(variable: str, issue: Issue) -> bool:
    """Whether an issue names a variable: as one of its own, or in a value, which may be a list."""
    if not variable or not issue.variables:
        return True
    words = re.findall("[A-Za-z0-9_]+", " ".join((*issue.variables, *issue.values)))
    return variable in words
