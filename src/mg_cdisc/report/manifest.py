"""``manifest.json``: a hash of every input and output, and the versions used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A written file; ``path`` is relative to the study's output folder."""

    path: str
    sha256: str
    bytes: int
    records: int | None = None
    variables: int | None = None


def sha256_of(data: bytes) -> str:
    """The hash of bytes, as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
