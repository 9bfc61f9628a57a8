"""What is wrong, where, and what to do: the one form every error and finding takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["error", "warning", "note"]
_CDISC = re.compile("[A-Z][A-Z0-9]{0,7}")


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place a person can open: a line of a text file, or a row of a source.

    ``row`` counts as the reader of that format counts for a person: in a CSV file the header is
    row 1 and the first record row 2; in a sheet it is the sheet's own row number; in SAS and
    Parquet files the first record is row 1; in an ODM file it is the line of the ItemGroupData.
    """

    file: str = ""
    line: int = 0
    row: int = 0
    subject: str = ""
    column: str = ""

    def __str__(self) -> str:
        text = self.file
        if self.line:
            text += f":{self.line}"
        if self.row:
            text += f" row {self.row}"
        if self.subject:
            text += f" (subject {self.subject})"
        return text or "study"


Named = tuple[tuple[str, str], ...]
"""Values by name, as a person reads them."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A record that a finding names: its keys, the values that matter, and what these were compared
    with: values of other records, or those expected."""

    dataset: str
    keys: Named
    values: Named = ()
    against: Named = ()


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong, in two parts: what and where, then what to do.

    ``kind`` is the stable class name in brackets (``unknown-key``); ``dataset`` and ``variable``
    say what it concerns. ``count`` is the number of records when one finding stands for many.
    An ``error`` stops the build, a ``warning`` is reported, a ``note`` is only listed. ``then`` is
    what happens to the value, where that is not what always happens with this class.
    """

    where: Location
    kind: str
    what: str
    todo: str = ""
    level: Level = "error"
    dataset: str = ""
    variable: str = ""
    count: int = 1
    reason: str = field(default="", compare=False)
    then: str = field(default="", compare=False)
    lasting: str = field(default="", compare=False)
    """What of the text stays where records come and go, in place of the text in the identity."""
    source: str = field(default="", compare=False)
    """What found it, where that is another program than this one."""
    agreeing: str = field(default="", compare=False)
    """What other program found the same, and for how many of the records."""
    listed: tuple[Listed, ...] = field(default=(), compare=False)
    """The first of the records, where it is of records of a dataset."""

    @property
    def subject(self) -> str:
        """The subject that it is about, or that of its first record."""
        first = self.listed[0].keys if self.listed else ()
        return self.where.subject or dict(first).get("USUBJID", "")

    @property
    def identity(self) -> str:
        """Stable between builds while the fault is the same: class, place by name, text."""
        place = self.where.file
        if self.where.row:
            place += f"#{self.where.row}"
        elif self.where.subject:  # of a record that comes from no row
            place += f"@{self.where.subject}"
        return "|".join((self.kind, self.dataset, self.variable, place, self.lasting or self.what))

    def __str__(self) -> str:
        text = f"{self.where}: {self.level}[{self.kind}] {self.what}"
        return f"{text}\n  {self.todo}" if self.todo else text


class MgCdiscError(Exception):
    """Carries every finding of one kind of input, sorted by file and line."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(sorted(set(findings)))
        super().__init__("\n".join(map(str, self.findings)))


class UseError(MgCdiscError):
    """What was asked for does not exist here: a study, dataset, subject or step."""


class SpecError(MgCdiscError):
    """The mapping spec is wrong; nothing was built."""


class SourceError(MgCdiscError):
    """A source file cannot be read as declared; nothing was built."""


class TransportError(MgCdiscError):
    """A dataset cannot be written to, or read from, a transport file."""


class BuildError(MgCdiscError):
    """The data met a rule that the spec says must hold."""


class OutputError(MgCdiscError):
    """The outputs cannot be written; what was there before is as it was."""


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """``Did you mean X?`` for the closest known name, or nothing.

    ``cutoff`` is how alike the names must be, from 0 to 1. Names of CDISC are short, and many are
    alike: one is meant by another only where a letter or two differ, or where one begins the other.

    >>> nearest("codlist", ["codelist", "when"])
    'Did you mean codelist?'
    >>> nearest("ADSL", ["ADVS", "ADLB"]), nearest("ADLS", ["ADSL"])
    ('', 'Did you mean ADSL?')
    """
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), list(by_folded), n=5, cutoff=cutoff)
    alike = [each for each in found if not _CDISC.fullmatch(name) or _meant(name.casefold(), each)]
    return f"Did you mean {by_folded[alike[0]]}?" if alike else ""


def _meant(name: str, known: str) -> bool:
    if name.startswith(known) or known.startswith(name):
        return True
    return _edits(name, known) <= max(1, max(len(name), len(known)) // 4)


def _edits(one: str, other: str) -> int:
    """How many letters are put in, left out, changed, or changed with their neighbour."""
    above, row = list(range(len(other) + 1)), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, above, row = above, row, [i]
        for j, its in enumerate(other, 1):
            least = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                least = min(least, before[j - 2] + 1)
            row.append(least)
    return row[-1]


def one_of(names: Sequence[str], limit: int = 12) -> str:
    """A short list for a message: the names, or the first of them and how many more.

    >>> one_of(["a", "b"])
    'a, b'
    """
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
