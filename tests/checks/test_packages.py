"""`mg-cdisc validate` over packages that others published finds what docs/packages.md explains."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mg_cdisc.cli.judged import Wanted
from mg_cdisc.cli.validate import validate

from .packages import write_package

PAGE = Path(__file__).parents[2] / "docs" / "packages.md"
COLUMN = {"cdiscpilot": 1, "pharmaverse": 2}


def explained(collection: str) -> dict[str, set[str]]:
    """The classes of findings that the page lists for a package, with their datasets."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 4 and re.fullmatch(r"`[A-Za-z-]+[A-Z0-9-]*`", cells[0]):
            where = set(cells[COLUMN[collection]].split())
            if where:
                found[cells[0].strip("`")] = where
    return found


@pytest.mark.parametrize("collection", ["cdiscpilot", "pharmaverse"])
def test_what_is_found_in_a_published_package_is_explained(
    collection: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    write_package(folder, f"{collection}sdtm", f"{collection}adam")
    told = tmp_path / "findings.json"
    validate(
        folder, guide=None, terminology=None, adam_guide=None, adam_terminology=None,
        encoding="utf-8", wanted=Wanted(json_file=told),
    )  # fmt: skip
    capsys.readouterr()
    found: dict[str, set[str]] = {}
    for each in json.loads(told.read_text(encoding="utf-8"))["findings"]:
        found.setdefault(each["class"], set()).add(each["dataset"] or "-")
    assert found == explained(collection)
