"""``mg-cdisc define check``: what is wrong in a define.xml, and between it and data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mg_cdisc.cli.judged import Wanted, conclude
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.terminal import say
from mg_cdisc.layout import finding_lines

if TYPE_CHECKING:
    from mg_cdisc.transport import Encoding


def check(
    file: Path,
    data: Path | None,
    *,
    encoding: Encoding,
    wanted: Wanted,
) -> int:
    """Print the findings by line; 1 where one is as bad as is ``wanted`` or worse."""
    start_arrow()
    from mg_cdisc.define.check import check_define

    findings = check_define(file, data, encoding)
    for each in findings:
        say(*finding_lines(each), wrapped=True)
    if findings:
        say("")
    return conclude(findings, f"in {file.as_posix()}", wanted)
