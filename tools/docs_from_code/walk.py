"""Walks through a page as its reader would: makes the files it shows, runs its commands.

A page says what to do in a few fixed phrases, each before a block of text:

    Write `FILE`:                                   the block is the file
    Add to the end of `FILE`:
    In `FILE`, below the line `TEXT`, put:
    In `FILE`, below the line `TEXT` behind `TEXT`, put:
    In `FILE`, remove the line `TEXT`.              (no block)
    In `FILE`, change `TEXT` to `TEXT`.             (no block)

A block marked ``console`` holds commands after ``$`` and what they print. The page comes back with
what they print now; a line ``...`` in a block leaves out what is longer.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from mg_cdisc.cli import app

FILE = r"`([\w./-]+)`"
TEXT = r"`([^`]+)`"
PHRASES = re.compile(
    rf"^(?:(?P<write>Write {FILE}:)|(?P<append>Add to the end of {FILE}:)"
    rf"|(?P<insert>In {FILE}, below the line {TEXT}(?: behind {TEXT})?, put:)"
    rf"|(?P<remove>In {FILE}, remove the line {TEXT}\.)"
    rf"|(?P<change>In {FILE}, change {TEXT} to {TEXT}\.))$"
)
SAME = {"make build": "mg-cdisc build mapping_specs/hn2301 --outputs outputs"}
"""Commands of a page that stand for another."""


class PageError(ValueError):
    """A phrase of the page cannot be followed."""


def walk(page: str, folder: Path) -> str:
    """The page with what its commands print, run in ``folder`` (the working directory)."""
    lines = page.splitlines()
    made: list[str] = []
    todo: Callable[[str], None] | None = None
    at = 0
    while at < len(lines):
        line = lines[at]
        phrase = PHRASES.match(line)
        if phrase is not None:
            todo = _follow(phrase, folder)
        if not line.startswith("```"):
            made.append(line)
            at += 1
            continue
        end = lines.index("```", at + 1)
        block = lines[at + 1 : end]
        if todo is not None:
            todo("\n".join(block) + "\n")
            todo = None
        made += [line, *(_console(block) if line == "```console" else block), "```"]
        at = end + 1
    return "\n".join(made) + "\n"


def _follow(phrase: re.Match[str], folder: Path) -> Callable[[str], None] | None:
    """Does what a phrase says, or tells what is to be done with the block that follows."""
    groups = [group for group in phrase.groups() if group is not None]
    path = folder / groups[1]
    if phrase["write"]:
        return lambda block: _write(path, block)
    text = path.read_text(encoding="utf-8")
    if phrase["append"]:
        return lambda block: _write(path, text + block)
    if phrase["insert"]:
        place = _line_end(text, *groups[2:])
        return lambda block: _write(path, text[:place] + block + text[place:])
    if phrase["remove"]:
        end = _line_end(text, groups[2])
        _write(path, text[: text.rfind("\n", 0, end - 1) + 1] + text[end:])
    else:
        if text.count(groups[2]) != 1:
            raise PageError(f"{groups[2]!r} does not stand once in {path.name}")
        _write(path, text.replace(groups[2], groups[3]))
    return None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _line_end(text: str, line: str, behind: str = "") -> int:
    """Where the line of this content ends: the only one, or the first behind another."""
    lines = text.splitlines(keepends=True)
    places = [number for number, each in enumerate(lines) if each.strip() == line]
    if behind:
        first = next(n for n, each in enumerate(lines) if each.strip() == behind)
        places = [number for number in places if number > first][:1]
    if len(places) != 1:
        raise PageError(f"there is not one line {line!r}")
    return sum(map(len, lines[: places[0] + 1]))


def _console(block: list[str]) -> list[str]:
    """Each command with what it prints; ``...`` keeps as many lines around it as stood there."""
    made: list[str] = []
    starts = [number for number, line in enumerate(block) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block)], strict=True):
        command, before = block[start][2:], "\n".join(block[start + 1 : end]).rstrip().split("\n")
        words = shlex.split(SAME.get(command, command))
        if words[0] != "mg-cdisc":
            raise PageError(f"only mg-cdisc can be run, not {command}")
        printed = CliRunner().invoke(app, words[1:]).stdout.rstrip().splitlines()
        if "..." in before:
            cut = before.index("...")
            after = len(before) - cut - 1
            printed = [*printed[:cut], "...", *printed[len(printed) - after :]]
        made += [""] * bool(made) + [block[start], *printed]
    return made
