"""What a build says that it was made of: its ``inputs.zip`` and ``manifest.json``."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mg_cdisc.compare.reach import Reach
from mg_cdisc.report.inputs import FORM, INPUTS

Array = NDArray[Any]


@dataclass(frozen=True)
class SourceRows:
    """The rows of a source: number, place of the subject, digest, and if kept key and cells."""

    name: str
    files: tuple[str, ...]
    columns: tuple[str, ...]
    row: Array
    subject: Array
    digest: Array
    key: Array | None
    cells: Array | None

    def place(self, position: int) -> str:
        """The file and row of a row."""
        return f"{self.file(position)} row {int(self.row[position]) & 0xFFFF_FFFF}"

    def file(self, position: int) -> str:
        """The file of a row."""
        return self.files[int(self.row[position]) >> 32]


@dataclass(frozen=True)
class Inputs:
    """What one build was made of."""

    plan: dict[str, Any]
    manifest: dict[str, Any]
    sources: dict[str, SourceRows]
    reach: Reach
    path: Path

    @property
    def subjects(self) -> list[str]:
        """The subjects that rows point at."""
        return list(self.plan["subjects"])

    def origins(self, dataset: str) -> tuple[Array, Array] | None:
        """The identities of the source rows of all records, and where those of each record begin."""
        with zipfile.ZipFile(self.path) as book:
            steps = _array(book, f"origins/{dataset}/steps.npy")
            count = _array(book, f"origins/{dataset}/count.npy")
        if steps is None:
            return None
        ids = np.cumsum(steps)
        if count is None:
            return ids, np.arange(len(ids) + 1)
        return ids, np.concatenate([np.zeros(1, np.int64), np.cumsum(count, dtype=np.int64)])


def read_inputs(folder: Path) -> Inputs | str:
    """The inputs of a build, or in words why they are not known."""
    path = folder / INPUTS
    if not path.is_file():
        return f"{folder.as_posix()} has no {INPUTS}: it was built by an earlier version"
    try:
        with zipfile.ZipFile(path) as book:
            plan = json.loads(book.read("plan.json"))
            if plan.get("form") != FORM:
                return f"{path.as_posix()} was written by another version of mg-cdisc"
            sources = {name: _rows(book, name, told) for name, told in plan["sources"].items()}
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        return f"{path.as_posix()} cannot be read: {error}"
    return Inputs(plan, manifest, sources, Reach(plan), path)


def _array(book: zipfile.ZipFile, member: str) -> Array | None:
    if member not in book.namelist():
        return None
    made: Array = np.load(io.BytesIO(book.read(member)), allow_pickle=False)
    return made


def _rows(book: zipfile.ZipFile, name: str, told: dict[str, Any]) -> SourceRows:
    row, subject, digest, key, cells = (
        _array(book, f"sources/{told['number']}/{what}.npy")
        for what in ("row", "subject", "digest", "key", "cells")
    )
    if row is None or subject is None or digest is None:
        raise ValueError(f"the rows of {name} are not there")
    return SourceRows(
        name, tuple(told["files"]), tuple(told["columns"]), row, subject, digest, key, cells
    )
