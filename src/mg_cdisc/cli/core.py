"""CORE in ``mg-cdisc validate``: calling it on each standard's datasets, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mg_cdisc.cli.terminal import on_terminal, say
from mg_cdisc.layout import Line, Piece, counted, line, safe

if TYPE_CHECKING:
    from mg_cdisc.checks import Folder, Versions
    from mg_cdisc.checks.core import Job, Merged, Report
    from mg_cdisc.terminology import Terminology


@dataclass(frozen=True)
class Asked:
    """How CORE is called, and reports that are there already."""

    command: str | None = None
    arguments: str = ""
    timeout: float | None = None
    reports: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return self.command is not None or bool(self.reports)


NOTHING = Asked()


def core_reports(asked: Asked, read: Folder, versions: Versions) -> list[Report]:
    """The reports that are given, then one run of CORE for each standard that has datasets."""
    from mg_cdisc.checks.core import read_report, run_core

    made = [read_report(path) for path in asked.reports]
    for job in _jobs(read, versions) if asked.command is not None else ():
        if on_terminal(err=True):
            files = counted(len(job.files), "file")
            say(f"CORE checks {files} by {job.standard} {job.version} ...", err=True)
        assert asked.command is not None
        made.append(run_core(asked.command, job, more=asked.arguments, timeout=asked.timeout))
    return made


def _jobs(read: Folder, versions: Versions) -> Iterator[Job]:
    from mg_cdisc.checks.core import Job

    sdtm, adam = _package(versions.sdtm_terms), _package(versions.adam_terms)
    for study, standard, terms in (
        (read.study, versions.sdtm, sdtm),
        (read.analyses, versions.adam, (*sdtm, *adam)),
    ):
        files = tuple(sorted({read.paths[name] for name in study.datasets}))
        defines = sorted({file.parent / "define.xml" for file in files})
        there = [each for each in defines if each.is_file()]
        if files:
            define = there[0] if len(there) == 1 else None
            yield Job(standard.name.lower(), standard.version, files, define, terms)


def _package(terms: Terminology | None) -> tuple[str, ...]:
    return () if terms is None else (f"{terms.kind.lower()}ct-{terms.version}",)


def core_lines(merged: Merged) -> Iterator[Line]:
    """One line a report: how many rules ran, and how many issues were already findings of ours."""
    for report, listed, agreed in merged.agreed:
        ran = sum(each.status in ("SUCCESS", "ISSUE REPORTED") for each in report.rules)
        told = f"{ran:,} of {counted(len(report.rules), 'rule')} ran, {counted(listed, 'issue')}"
        if agreed:
            told += f", of which {agreed:,} {'is a finding' if agreed == 1 else 'are findings'} of ours too"
        standard = f" ({safe(report.standard)})" if report.standard else ""
        yield line(Piece(f"{safe(report.source)}{standard}", "bold"), f": {told}")
