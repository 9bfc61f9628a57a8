"""Calling CORE where the user has it installed: one run for each standard, without a shell."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mg_cdisc.checks.core.report import Report, read_report
from mg_cdisc.errors import Finding, Location, UseError

WORDS = 3
"""Lines of what CORE printed that are told where it fails."""
_GIVE = "Give with --core the command that starts CORE, such as /opt/core/core or 'python core.py'."


@dataclass(frozen=True)
class Job:
    """One run: the datasets of one standard, the define.xml beside them, else the terminology."""

    standard: str
    version: str
    files: tuple[Path, ...]
    define: Path | None = None
    terminology: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What its report is called."""
        return f"core-{self.standard}.json"

    def arguments(self, output: Path, more: Sequence[str]) -> list[str]:
        """What CORE is called with; terminology is given only without a define.xml, which names
        its own and with which CORE refuses it."""
        made = ["validate", "-s", self.standard, "-v", self.version.replace(".", "-")]
        for file in self.files:
            made += ["-dp", str(file.resolve())]
        if self.define is not None:
            made += ["-dxp", str(self.define.resolve())]
        else:
            for package in self.terminology:
                made += ["-ct", package]
        return [*made, "-o", str(output), "-of", "JSON", "-p", "disabled", *more]


def run_core(command: str, job: Job, *, more: str = "", timeout: float | None = None) -> Report:
    """What CORE reports of the datasets of a job.

    ``command`` and ``more`` (options that follow ours) are divided as a shell does, and no shell
    sees them. Errors: ``UseError`` of the kind ``core-missing`` where there is no such program or it
    cannot be started, ``core-failed`` where it takes longer than ``timeout`` seconds, ends with an
    error or writes no report, ``core-report`` where its report has another form.
    """
    program = _divided(command, "--core")
    if not program:
        raise _refused("core-missing", "--core", "the command is blank", _GIVE)
    options = _divided(more, "--core-args")
    with tempfile.TemporaryDirectory(prefix="mg-cdisc-core-") as folder:
        output, log = Path(folder) / "report" / Path(job.name).stem, Path(folder) / "printed"
        output.parent.mkdir()
        code = _run([*program, *job.arguments(output, options)], log, timeout)
        words = _last_words(log)
        if code is None:
            raise _refused(
                "core-failed", command, f"CORE did not end within {timeout:g} seconds{words}",
                "Give more time with --core-timeout, or run CORE yourself and give its report with "
                "--core-report.",
            )  # fmt: skip
        if code:
            raise _refused(
                "core-failed", command, f"CORE ended with code {code}{words}",
                "Run the command yourself, or give a report with --core-report.",
            )  # fmt: skip
        written = [output.with_name(job.name), *sorted(output.parent.glob("*.json"))]
        report = next((each for each in written if each.is_file()), None)
        if report is None:
            raise _refused("core-failed", command, f"CORE wrote no report{words}", _GIVE)
        return read_report(report, job.name)


def _run(arguments: list[str], log: Path, timeout: float | None) -> int | None:
    """The exit code, None where the time ran out; what it started ends with it."""
    with log.open("wb") as out:
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own command, and no shell
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = (getattr(error, "strerror", "") or str(error)).lower()
            what = f"{arguments[0]} cannot be started: {why}"
            raise _refused("core-missing", "--core", what, _GIVE) from error
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:  # CORE divides its work among processes of its own
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # all of them have ended
            return
    process.wait()


def _last_words(log: Path) -> str:
    text = log.read_bytes()[-4000:].decode("utf-8", "replace")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    told = " / ".join(lines[-WORDS:])
    return f": {told if len(told) <= 400 else '...' + told[-400:]}" if told else ""


def _divided(text: str, option: str) -> list[str]:
    try:
        return shlex.split(text, posix=sys.platform != "win32")
    except ValueError as error:
        raise _refused("core-missing", option, f"{text} cannot be divided: {error}",
                       "Close the quotation marks.") from error  # fmt: skip


def _refused(kind: str, where: str, what: str, todo: str) -> UseError:
    return UseError([Finding(Location(where), kind, what, todo)])
