"""A dataset as a transport file holds it: its variables, labels, stored lengths and records.

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format; SAS, Record
Layout of a SAS Version 8 or 9 Data Set in SAS Transport Format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mg_cdisc.errors import Finding
from mg_cdisc.frame import Frame

Version = Literal[5, 8]
NUMBER_BYTES = 8
FORMAT_NAME_BYTES = 8
DATASET_LABEL_BYTES = 40


@dataclass(frozen=True, slots=True)
class Room:
    """What a version of the format has room for: bytes of names, labels and text, and variables."""

    name: int
    label: int
    text: int
    variables: int


ROOM: Mapping[Version, Room] = {5: Room(8, 40, 200, 9999), 8: Room(32, 256, 32767, 32767)}

# a format's name cannot end in a digit: the digits are its width
_FORMAT = re.compile(r"(\$?(?:[A-Z_](?:[A-Z0-9_]*[A-Z_])?)?)(?:([0-9]{1,4})?(?:\.([0-9]{0,2}))?)")


@dataclass(frozen=True, slots=True)
class XptFormat:
    """A SAS format or informat: name (``$`` first for text), width and decimals; 0 is none."""

    name: str = ""
    width: int = 0
    decimals: int = 0

    @classmethod
    def parse(cls, text: str) -> XptFormat | None:
        """The parts of ``DATE9.``, ``8.2`` or ``$CHAR20.``; blank is no format, None is no sense.

        The final point may be left out; lower case is raised.

        >>> XptFormat.parse("E8601DT19.")
        XptFormat(name='E8601DT', width=19, decimals=0)
        >>> XptFormat.parse("8.2")
        XptFormat(name='', width=8, decimals=2)
        >>> XptFormat.parse("DATE 9") is None
        True
        """
        if not text:
            return cls()
        found = _FORMAT.fullmatch(text.upper())
        if found is None or text == "." or len(found[1]) > FORMAT_NAME_BYTES:
            return None
        return cls(found[1], int(found[2] or 0), int(found[3] or 0))

    def __str__(self) -> str:
        """As SAS writes it.

        >>> str(XptFormat("DATE", 9)), str(XptFormat("", 8, 2)), str(XptFormat())
        ('DATE9.', '8.2', '')
        """
        if self == XptFormat():
            return ""
        return f"{self.name}{self.width or ''}.{self.decimals or ''}"


@dataclass(frozen=True, slots=True)
class XptVariable:
    """A variable: name, label, type, stored length in bytes (8 for numbers) and formats."""

    name: str
    label: str
    is_text: bool
    length: int
    format: str = ""
    informat: str = ""


@dataclass(frozen=True, eq=False)
class XptDataset:
    """A dataset of a transport file.

    ``created`` and ``modified`` are those of the file that was read (None where it states no
    time); a writer is given its time separately. ``notes`` are what the reader has to say about
    values that a double cannot hold.
    """

    name: str
    label: str
    variables: tuple[XptVariable, ...]
    frame: Frame
    created: datetime | None = None
    modified: datetime | None = None
    notes: tuple[Finding, ...] = ()

    @property
    def width(self) -> int:
        """Bytes of one record."""
        return sum(variable.length for variable in self.variables)


@dataclass(frozen=True, slots=True)
class XptSummary:
    """What was written: records, bytes of the file, and its SHA-256 in hexadecimal."""

    records: int
    bytes: int
    sha256: str


def padded(size: int) -> int:
    """Bytes rounded up to whole 80-byte cards.

    >>> padded(0), padded(1), padded(80), padded(81)
    (0, 80, 80, 160)
    """
    return -(-size // 80) * 80
