"""Findings as SARIF 2.1.0, the exchange format of checking tools that editors and forges show."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from mg_cdisc import __version__
from mg_cdisc.errors import Finding


class Described(Protocol):
    """A rule as SARIF tells it."""

    @property
    def name(self) -> str: ...
    @property
    def published(self) -> tuple[str, ...]: ...
    @property
    def level(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def todo(self) -> str: ...


def as_sarif(findings: Sequence[Finding], rules: Iterable[Described]) -> dict[str, Any]:
    """A run of each tool, ours first: the rules that found something, and what they found.

    A finding that no rule describes (of a file, of define.xml) has its class as a rule. The
    fingerprint is the finding's identity, the same from run to run while the fault is.
    """
    known = {rule.name: rule for rule in rules}
    others = sorted({finding.source for finding in findings} - {""})
    runs = []
    for source in ("", *others):
        held = [finding for finding in findings if finding.source == source]
        kinds = sorted({finding.kind for finding in held})
        name, _, version = source.partition(" ")
        driver = {"name": name, "version": version} if source else {
            "name": "mg-cdisc", "semanticVersion": __version__
        }  # fmt: skip
        told = [_rule(kind, known.get(kind)) for kind in kinds]
        results = [_result(each, kinds.index(each.kind)) for each in held]
        runs.append({"tool": {"driver": {**driver, "rules": told}}, "results": results})
    return {"version": "2.1.0", "runs": runs}


def _rule(kind: str, rule: Described | None) -> dict[str, Any]:
    if rule is None:
        return {"id": kind}
    return {
        "id": kind,
        "shortDescription": {"text": rule.what},
        "help": {"text": rule.todo},
        "defaultConfiguration": {"level": rule.level},
        "properties": {"published": list(rule.published)},
    }


def _result(finding: Finding, number: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": finding.where.file}}
    if finding.where.line:
        place["region"] = {"startLine": finding.where.line}
    made: dict[str, Any] = {
        "ruleId": finding.kind,
        "ruleIndex": number,
        "level": finding.level,
        "message": {"text": " ".join(filter(None, (f"{finding.what}.", finding.todo)))},
        "partialFingerprints": {
            "identity/v1": hashlib.sha256(finding.identity.encode()).hexdigest()
        },
        "properties": {
            "dataset": finding.dataset,
            "variable": finding.variable,
            "records": finding.count,
        },
    }
    if finding.source or finding.agreeing:
        made["properties"] |= {"source": finding.source or "mg-cdisc", "agreeing": finding.agreeing}
    if finding.where.file:
        made["locations"] = [{"physicalLocation": place}]
    return made
