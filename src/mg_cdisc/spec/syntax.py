"""A YAML parser's complaint in words that say what to mend, at the line where it is."""

from __future__ import annotations

import re

import yaml

from mg_cdisc.errors import Finding, Location

CHECK = "Check indentation, quotes and brackets on this line and the one before."


def _swallowing(lines: list[str], stopped: int) -> int | None:
    """The line whose open quote was closed by the next one, in the line where the parser stopped."""
    for sign in "\"'":
        if stopped < len(lines) and sign in lines[stopped]:
            above = [number for number in range(stopped) if sign in lines[number]]
            opened = f"[:,-] *{sign}[^{sign}]*$"
            if above and re.search(opened, lines[above[-1]]):
                return above[-1]
    return None


def explain_syntax(shown: str, error: yaml.MarkedYAMLError, text: str) -> Finding:
    """The one finding for a text that is no YAML.

    What is not closed is shown where it was opened, all else where the parser stopped.
    """
    problem, context = str(error.problem or ""), str(error.context or "")
    stopped = error.problem_mark or error.context_mark
    opened = error.context_mark or stopped
    lines = text.splitlines()
    line = stopped.line if stopped else 0
    current = lines[line] if line < len(lines) else ""
    what, todo = f"is no YAML: {problem or context}", CHECK
    swallowed = _swallowing(lines, line)
    if swallowed is not None:
        what, todo, line = "a quote opened here is not closed in its line", "Close it.", swallowed
    elif "quoted scalar" in context and "end of stream" in problem:
        what, todo = "a quote opened here is not closed", "Close it."
        line = opened.line if opened else line
    elif "escape" in problem:
        what = "a backslash in double quotes means something else"
        todo = "Use single quotes around it, or double the backslash."
    elif context.startswith("while parsing a flow"):
        line = opened.line if opened else line
        what, todo = "a bracket or brace opened here is not closed where it should be", CHECK
        if "{" in current or "[" in current:
            todo = "Close it, put commas between its parts, and quote text that holds any of [ ] { } , :"
    elif "\t" in current[: len(current) - len(current.lstrip())] or "'\\t'" in problem:
        what, todo = "a tab indents this line", "Indent with spaces: YAML allows no tabs."
    elif "cannot start any token" in problem:
        column = stopped.column if stopped else 0
        sign = current[column : column + 1]
        what = f"a text cannot begin with {sign}"
        todo = "Put it in double quotes."
        if sign == "\t":
            what, todo = "a tab stands here", "Use spaces: YAML allows no tabs."
    elif "mapping values" in problem:
        what = "a second colon stands here, or the line is indented too far"
        todo = "Put a value that holds a colon in quotes."
    elif "single document" in context:
        what, todo = "a second document begins here (---)", "Keep one document in a file."
    elif "did not find expected" in problem or "expected <block end>" in problem:
        what, todo = "the indentation does not fit the lines above", CHECK
    return Finding(Location(shown, line + 1), "yaml", what, todo)
