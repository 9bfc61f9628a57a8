"""A source read from bytes that a test makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.sources import SourceDeclaration, SourceTable, read_source

Read = Callable[..., SourceTable]


@pytest.fixture(scope="session")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Write the bytes under that name and read them with that declaration.

    One folder for the session, so that hypothesis can use it too.
    """
    folder = tmp_path_factory.mktemp("study")

    def read_bytes(name: str, data: bytes, *, number: int = 0, **declared: Any) -> SourceTable:
        (folder / name).write_bytes(data)
        return read_source(SourceDeclaration(file=name, **declared), folder, number)

    return read_bytes


@pytest.fixture(scope="session")
def data() -> Path:
    """Small files in formats that no library of the tests can write; see its README."""
    return Path(__file__).parent / "data"
