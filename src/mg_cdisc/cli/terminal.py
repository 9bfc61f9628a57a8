"""Printing: lines with their styles to a terminal, without them to a file or pipe."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TextIO

from mg_cdisc.errors import Finding
from mg_cdisc.layout import Line, finding_lines, line, shown, wrap

_CODES = {
    "bold": "1",
    "dim": "2",
    "good": "1;32",
    "error": "1;31",
    "warning": "33",
    "note": "36",
}
CELL = 40
"""The widest that a cell of records is on a terminal."""


def stream(*, err: bool = False) -> TextIO:
    """Where to print; asked for each time, because tests exchange it."""
    return sys.stderr if err else sys.stdout


def on_terminal(*, err: bool = False) -> bool:
    """Whether a person is looking."""
    return stream(err=err).isatty()


def space() -> int | None:
    """The terminal's width; None where the text goes into a file and may be as wide as it is."""
    return shutil.get_terminal_size().columns if on_terminal() else None


def colourful(*, err: bool = False) -> bool:
    """Whether to colour: on a terminal that can, and where NO_COLOR does not forbid it."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and on_terminal(err=err)


def say(*lines: Line | str, err: bool = False, wrapped: bool = False) -> None:
    """Print lines; ``wrapped`` breaks long ones between words where a person looks on."""
    colour = colourful(err=err)
    room = shutil.get_terminal_size().columns if wrapped and on_terminal(err=err) else None
    out = stream(err=err)
    for each in lines:
        made = line(each) if isinstance(each, str) else each
        for row in [made] if room is None else wrap(made, room):
            out.write((_coloured(row) if colour else shown(row)) + "\n")


def say_findings(findings: Iterable[Finding], *, err: bool = False) -> None:
    """Print findings, each in its two parts."""
    for finding in findings:
        say(*finding_lines(finding), err=err, wrapped=True)


def _coloured(made: Line) -> str:
    return "".join(
        f"\x1b[{_CODES[piece.style]}m{piece.text}\x1b[0m" if piece.style in _CODES else piece.text
        for piece in made
    )


def lenient() -> None:
    """A sign that the terminal's encoding lacks is printed as an escape, and is no error."""
    for each in (sys.stdout, sys.stderr):
        reconfigure = getattr(each, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
