"""Writes the parts of the documentation that come from code: `make docs`.

The reference pages are written whole. In the pages that a person wrote, what the commands print is
brought up to date. tests/test_docs.py fails where a page is not what this makes of it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from docs_from_code.cli import render_cli
from docs_from_code.reference import (
    render_cookbook,
    render_findings,
    render_language,
    render_rules,
)
from docs_from_code.walk import walk

ROOT = Path(__file__).resolve().parents[1]
WRITTEN: dict[str, Callable[[], str]] = {
    "docs/language.md": render_language,
    "docs/adam-cookbook.md": render_cookbook,
    "docs/findings.md": render_findings,
    "docs/rules.md": render_rules,
    "docs/cli.md": render_cli,
}
WALKED = ("README.md", "docs/first-study.md", "docs/first-export.md")
EXAMPLE = "mapping_specs/hn2301"
EXPORT = "docs/first-export.odm.xml"


def walked(page: str) -> str:
    """A page with what its commands print, run on a copy of the example study."""
    text = (ROOT / page).read_text(encoding="utf-8")
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / EXAMPLE, Path(folder) / EXAMPLE)
        (Path(folder) / EXPORT).parent.mkdir()
        shutil.copyfile(ROOT / EXPORT, Path(folder) / EXPORT)
        os.chdir(folder)
        try:
            return walk(text, Path(folder))
        finally:
            os.chdir(before)


def main() -> None:
    """Write every page."""
    pages = {name: render() for name, render in WRITTEN.items()}
    pages |= {name: walked(name) for name in WALKED}
    for name, text in pages.items():
        (ROOT / name).write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
