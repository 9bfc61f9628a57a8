"""The tiny study of tests/bad_specs, changed by a test and built."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.dataset import Dataset
from mg_cdisc.errors import Finding
from mg_cdisc.frame import Text
from mg_cdisc.pipeline import Built, Options, build_study

BASE = Path(__file__).parent.parent / "bad_specs" / "base"


@dataclass(frozen=True)
class Study:
    """A copy of the tiny study."""

    folder: Path
    outputs: Path

    def write(self, name: str, text: str) -> None:
        """A file of the study, in the encoding that its name ends with or UTF-8."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Text of a file that stands there once."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.write(name, text.replace(old, new))

    def build(self, **options: Any) -> Built:
        """Build it."""
        return build_study(self.folder, self.outputs, Options(**options), shown="study")

    def open(self, built: Built) -> list[Finding]:
        """What the build found and nobody has accepted; the rules of conformance have their tests."""
        return [each for each in built.findings if not each.reason and each.kind.islower()]

    def output(self, name: str) -> Any:
        """A report of the last build."""
        return json.loads((self.outputs / "demo-01" / name).read_text(encoding="utf-8"))


Rows = list[dict[str, Any]]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """The tiny study in a folder of its own."""
    shutil.copytree(BASE, tmp_path / "study")
    return Study(tmp_path / "study", tmp_path / "outputs")


@pytest.fixture
def records() -> Callable[[Built, str], Rows]:
    """The records of a dataset that was built, in their order."""

    def rows(built: Built, name: str) -> Rows:
        dataset: Dataset = next(
            each for package in built.packages for each in package.datasets if each.name == name
        )
        columns = {
            key: column.to_list()
            if isinstance(column, Text)
            else [None if value != value else value for value in column.tolist()]
            for key, column in dataset.frame.columns.items()
        }
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    return rows
