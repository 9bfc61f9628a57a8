"""A dataset as a Dataset-JSON file holds it: what its columns say beyond a transport file.

Numbers that are SAS dates or times stand there as ISO 8601 text with the target type ``integer``,
every other number as the shortest text from which the same double is read again. Missing numbers
and dates are ``null``, missing text is ``""``.

Rule: CDISC Dataset-JSON 1.1, "Dataset-JSON Attributes" and "Supported Column Data Type Combinations".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
import pyarrow as pa

from mg_cdisc import dates
from mg_cdisc.frame import Numbers
from mg_cdisc.transport.xpt import XptDataset, XptFormat

JsonType = Literal[
    "string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI"
]
Target = Literal["", "integer", "decimal"]
Moment = Literal["date", "datetime", "time"]
VERSION = "1.1.0"

_FORMATS: Mapping[Moment, tuple[str, ...]] = {
    "date": ("DATE", "YYMMDD", "E8601DA", "B8601DA", "DDMMYY", "MMDDYY"),
    "datetime": ("DATETIME", "E8601DT", "B8601DT", "DATEAMPM"),
    "time": ("TIME", "TOD", "HHMM", "E8601TM"),
}
MOMENTS: Mapping[str, Moment] = {name: kind for kind, names in _FORMATS.items() for name in names}
"""SAS's formats whose numbers are dates or times."""

TO_TEXT: Mapping[str, Callable[[Numbers], pa.StringArray]] = {
    "date": dates.from_date,
    "datetime": dates.from_datetime,
    "time": dates.from_time,
}
TO_NUMBER: Mapping[str, Callable[[pa.Array], Numbers]] = {
    "date": dates.to_date,
    "datetime": dates.to_datetime,
    "time": dates.to_time,
}


@dataclass(frozen=True, slots=True)
class JsonColumn:
    """What the file says of a variable; ``length`` None, ``target``, ``format`` blank: not said."""

    oid: str
    name: str
    label: str
    type: JsonType
    target: Target = ""
    length: int | None = None
    format: str = ""
    key: int | None = None

    @property
    def is_text(self) -> bool:
        """Whether the variable is text, in a transport file too."""
        return self.type in ("string", "URI") or (
            self.type in ("date", "datetime", "time") and not self.target
        )

    @property
    def moment(self) -> Moment | None:
        """The kind of moment of a number that is written as ISO 8601."""
        if self.target == "integer" and self.type in ("date", "datetime", "time"):
            return self.type
        return None


@dataclass(frozen=True, slots=True)
class JsonHeader:
    """What the file says of itself and of the dataset, beside name, label and number of records.

    What is blank is not written, ``study``, ``version`` and ``group`` are the OIDs of define.xml,
    which ``reference`` names. Moments are those of the study, as define.xml's.
    """

    group: str
    columns: tuple[JsonColumn, ...]
    created: str
    modified: str = ""
    file: str = ""
    originator: str = ""
    system: tuple[str, str] | None = None
    study: str = ""
    version: str = ""
    reference: str = ""


@dataclass(frozen=True, eq=False)
class JsonDataset(XptDataset):
    """A dataset that was read from Dataset-JSON: as one of a transport file, with its header.

    The stored length of a text whose length the file does not say is that of its longest value.
    """

    header: JsonHeader = field(default_factory=lambda: JsonHeader("", (), ""))


def moment_of(format_: str, numbers: Numbers) -> Moment | None:
    """What a number with this format is written as; None where some value is no such moment.

    >>> moment_of("DATE9.", np.array([0.0, np.nan])), moment_of("DATE9.", np.array([0.5]))
    ('date', None)
    """
    parsed = XptFormat.parse(format_)
    kind = MOMENTS.get(parsed.name) if parsed is not None else None
    if kind is None:
        return None
    known = numbers[~np.isnan(numbers)]
    if (known != np.trunc(known)).any():
        return None
    try:
        TO_TEXT[kind](known)
    except ValueError:  # outside the years 1 to 9999, or of the day
        return None
    return kind


def read_moment(text: str) -> datetime | None:
    """The moment that a header states, without its offset; None where it states none.

    >>> read_moment("2026-03-31T00:00:00Z")
    datetime.datetime(2026, 3, 31, 0, 0)
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
