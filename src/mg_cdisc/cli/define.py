"""``mg-cdisc define check``: what is wrong in a define.xml, and between it and data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mg_cdisc.cli.guard import CLEAN, STOPPED
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.terminal import say
from mg_cdisc.cli.validate import LEVELS, UNDATED, write_json, write_sarif
from mg_cdisc.errors import Finding, Level
from mg_cdisc.layout import Line, Piece, counted, finding_lines, line

if TYPE_CHECKING:
    from mg_cdisc.transport import Encoding


def check(
    file: Path,
    data: Path | None,
    *,
    encoding: Encoding,
    fail_on: Level,
    json_file: Path | None = None,
    sarif_file: Path | None = None,
    excel_file: Path | None = None,
) -> int:
    """Print the findings by line; 1 where one is as bad as ``fail_on`` or worse."""
    start_arrow()
    from mg_cdisc.define.check import check_define

    findings = check_define(file, data, encoding)
    for each in findings:
        say(*finding_lines(each), wrapped=True)
    say(*_summary(findings, file), wrapped=True)
    if json_file is not None:
        write_json(json_file, findings)
    if sarif_file is not None:
        write_sarif(sarif_file, findings)
    if excel_file is not None:
        from mg_cdisc.report.findings import write_workbook

        write_workbook(excel_file, findings, UNDATED)
    worst = LEVELS[: LEVELS.index(fail_on) + 1]
    return STOPPED if any(each.level in worst for each in findings) else CLEAN


def _summary(findings: Sequence[Finding], file: Path) -> list[Line]:
    if not findings:
        return [line(Piece("No findings", "good"), f" in {file.as_posix()}")]
    told = [
        counted(number, level)
        for level in LEVELS
        if (number := sum(each.level == level for each in findings))
    ]
    return [(), line(Piece(", ".join(told), "bold"), f" in {file.as_posix()}")]
