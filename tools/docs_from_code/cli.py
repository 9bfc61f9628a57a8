"""Renders docs/cli.md: every command with its own help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from mg_cdisc.cli import app

HEAD = """\
# Commands

Written by `make docs` from the code: don't edit it. `mg-cdisc COMMAND --help` prints the same.

Where a study folder is left out, it is the only one in `mapping_specs/`.

| exit code | means |
|-----------|-------|
| 0 | done; of a build: no finding stops it |
| 1 | a finding stops it: in the specs, the sources or the data |
| 2 | wrong use: an unknown option, study, dataset or subject |
"""


def helps(command: Any, path: str, parent: Any = None) -> Iterator[tuple[str, str]]:
    """Every command that does something, with the words that call it and its help."""
    with command.make_context(path, [], parent=parent, resilient_parsing=True) as context:
        context.terminal_width = context.max_content_width = 96
        if not hasattr(command, "commands"):
            yield context.command_path, command.get_help(context)
            return
        for name, inner in command.commands.items():
            yield from helps(inner, name, context)


def render_cli() -> str:
    """docs/cli.md."""
    parts = [HEAD]
    for name, text in helps(typer.main.get_command(app), "mg-cdisc"):
        parts.append(f"## {name}\n\n```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)
