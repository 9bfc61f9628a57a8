"""Writes the parts of the documentation that come from code: `make docs`.

tests/test_docs.py fails if they drift from what this makes, or if an example does not give what the
reference says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs_from_code.cli import render_cli
from docs_from_code.reference import render_findings, render_language

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {
    "language.md": render_language,
    "findings.md": render_findings,
    "cli.md": render_cli,
}


def main() -> None:
    """Write every page."""
    DOCS.mkdir(exist_ok=True)
    for name, render in PAGES.items():
        (DOCS / name).write_text(render(), encoding="utf-8", newline="\n")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
