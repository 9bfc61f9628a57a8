"""``mg-cdisc build``: a study's files, and a summary of what was made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mg_cdisc.cli.guard import CLEAN, STOPPED
from mg_cdisc.cli.progress import progress
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.studies import study_folder
from mg_cdisc.cli.terminal import say, say_findings, space
from mg_cdisc.errors import SpecError
from mg_cdisc.pipeline import Options, build_study, output_folder
from mg_cdisc.report.summary import step_log, stop_lines, summarise


def run_build(
    given: Path | None, outputs: Path, options: Options, *, quiet: bool, with_log: bool
) -> int:
    """Build, print the summary, and give the exit code."""
    start_arrow()
    folder = study_folder(given)
    try:
        with progress(quiet=quiet) as told:
            built = build_study(folder, outputs, replace(options, progress=told))
    except SpecError as error:
        say_findings(error.findings)
        say("", *stop_lines(folder.as_posix(), len(error.findings), outputs), wrapped=True)
        return STOPPED
    if with_log and built.log:
        say(*step_log(built.log), "")
    target = output_folder(outputs, built.study, partial=built.partial)
    say(*summarise(built, target, quiet=quiet, space=space()), wrapped=True)
    return STOPPED if built.stopped else CLEAN
