"""What becomes of an error: its findings on stderr and an exit code, never a traceback.

0 built and clean, 1 findings that stop (and whatever the system refuses), 2 wrong use.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from mg_cdisc.cli.terminal import lenient, say, say_findings
from mg_cdisc.errors import Finding, Location, MgCdiscError, UseError

CLEAN, STOPPED, WRONG_USE = 0, 1, 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
BROKEN_PIPE = 141  # 128 + SIGPIPE

_REFUSED = {
    errno.ENOSPC: ("disk-full", "Free some space and run it again."),
    errno.EDQUOT: ("disk-full", "Free some space and run it again."),
    errno.EFBIG: ("disk-full", "The system allows no larger file here."),
    errno.EACCES: ("no-permission", "Choose a place that you may write to, or ask for the right."),
    errno.EPERM: ("no-permission", "Choose a place that you may write to, or ask for the right."),
    errno.EROFS: ("no-permission", "Choose a place that can be written to."),
    errno.ENOENT: ("missing-file", "Check the path."),
    errno.ENOTDIR: ("not-a-folder", "Choose another place."),
    errno.EISDIR: ("not-a-file", "Name a file, not a folder."),
}


class Guard(TyperGroup):
    """The group of all commands, under which every expected error is told and ends with a code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; SystemExit and typer's own errors pass."""
        lenient()
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # what cannot be printed is known here and not at the very end
        except UseError as error:
            say_findings(error.findings, err=True)
            raise typer.Exit(WRONG_USE) from error
        except MgCdiscError as error:
            say_findings(error.findings, err=True)
            raise typer.Exit(STOPPED) from error
        except KeyboardInterrupt as error:
            say("Interrupted; the outputs are as they were before.", err=True)
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            _be_quiet()
            raise typer.Exit(BROKEN_PIPE) from error
        except OSError as error:
            say_findings([refused(error)], err=True)
            _be_quiet()
            raise typer.Exit(STOPPED) from error
        except MemoryError as error:
            finding = Finding(Location("mg-cdisc"), "no-memory", "the memory does not suffice",
                              "Build with a larger --partitions.")  # fmt: skip
            say_findings([finding], err=True)
            raise typer.Exit(STOPPED) from error


def refused(error: OSError) -> Finding:
    """What the system refused, as a finding."""
    kind, todo = _REFUSED.get(error.errno or 0, ("system", ""))
    what = (error.strerror or str(error)).lower()
    return Finding(Location(str(error.filename or "mg-cdisc")), kind, what, todo)


def _be_quiet() -> None:
    """What is still to be printed goes nowhere, so that Python's own farewell cannot fail on it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        return  # no real file behind it
