"""How a command that checks ends: its summary, the files of its findings, its exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mg_cdisc.cli.guard import CLEAN, STOPPED
from mg_cdisc.cli.terminal import say
from mg_cdisc.errors import Finding, Level
from mg_cdisc.layout import Piece, counted, line

if TYPE_CHECKING:
    from mg_cdisc.checks.core import Merged

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
UNDATED = datetime(2000, 1, 1)
"""The time that a workbook bears: what it is made from has none, and the clock is never asked."""


@dataclass(frozen=True)
class Wanted:
    """What ends with exit code 1, and the files that are asked for."""

    fail_on: Level = "error"
    json_file: Path | None = None
    sarif_file: Path | None = None
    excel_file: Path | None = None


def conclude(
    findings: Sequence[Finding], where: str, wanted: Wanted, merged: Merged | None = None
) -> int:
    """Print how many findings there are, write the files, give the exit code.

    ``merged`` tells of CORE's rules and reports, where findings of CORE are among them.
    """
    told = [
        counted(number, level)
        for level in LEVELS
        if (number := sum(each.level == level for each in findings))
    ]
    style = findings[0].level if len(told) == 1 else "bold"
    shown = Piece(", ".join(told), style) if told else Piece("No findings", "good")
    say(line(shown, f" {where}"), wrapped=True)
    if wanted.json_file is not None:
        write_json(wanted.json_file, findings, merged)
    if wanted.sarif_file is not None:
        write_sarif(wanted.sarif_file, findings, merged)
    if wanted.excel_file is not None:
        from mg_cdisc.report.findings import write_workbook

        write_workbook(wanted.excel_file, findings, UNDATED)
    worst = LEVELS[: LEVELS.index(wanted.fail_on) + 1]
    return STOPPED if any(each.level in worst for each in findings) else CLEAN


def write_json(path: Path, findings: Sequence[Finding], merged: Merged | None = None) -> None:
    """The findings as JSON, each with the published rules that it stands for; where CORE was merged,
    also what found each, and what became of every rule of CORE's."""
    from mg_cdisc.checks import all_rules
    from mg_cdisc.report.findings import as_data

    published = {rule.name: rule.published for rule in all_rules()}
    published |= {rule.name: rule.published for rule in merged.rules} if merged else {}
    made = []
    for each in findings:
        data = {**as_data(each), "published": list(published.get(each.kind, ()))}
        if merged:
            data |= {"source": each.source or "mg-cdisc", "agreeing": each.agreeing or None}
        made.append(data)
    _write(path, {"findings": made, **({"core": _core(merged)} if merged else {})})


def _core(merged: Merged) -> list[dict[str, object]]:
    """Each report of CORE's: what it is of, its issues, and its rules by what became of them."""
    return [
        {
            "source": report.source,
            "standard": report.standard,
            "report": report.file,
            "issues": listed,
            "agreeing": agreed,
            "rules": {
                status: [each.name for each in report.rules if each.status == status]
                for status in sorted({each.status for each in report.rules})
            },
        }
        for report, listed, agreed in merged.agreed
    ]


def write_sarif(path: Path, findings: Sequence[Finding], merged: Merged | None = None) -> None:
    """The findings as SARIF 2.1.0."""
    from mg_cdisc.checks import all_rules
    from mg_cdisc.report.sarif import as_sarif

    _write(path, as_sarif(findings, (*all_rules(), *(merged.rules if merged else ()))))


def _write(path: Path, data: object) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")
