"""A transport file as it lies on disk: its members, and how many records each has.

How many records there are, version 5 does not say: they end in blanks up to a whole 80-byte
card. Where the count that was written is known, it decides; version 8 states it. Otherwise:

- A record with a number is never blank (no number is stored as blanks), so blank records at the
  end are padding.
- A dataset of text only may end in blank records. As padding is shorter than a card, a file of
  its size must hold at least a certain number of records; so many are read, and further ones up
  to the last that is not blank. Blank last records are lost only where records are shorter than a
  card, and then no reader can tell them from padding.

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from mg_cdisc.errors import Finding, Location, TransportError, nearest, one_of
from mg_cdisc.transport.header import (
    CARD,
    LIBRARY,
    HeaderError,
    Member,
    check_library,
    is_member,
    member_bytes,
    name_of,
    read_member,
)
from mg_cdisc.transport.text import ENCODINGS, Bytes, Encoding
from mg_cdisc.transport.xpt import padded

_BLANK = b" "
_BEGINS = np.frombuffer(LIBRARY[:8], np.uint64)[0]
_SCANNED_CARDS = 1 << 13
_PASSED_BYTES = 1 << 18


@dataclass(frozen=True)
class Stored:
    """A member, and where its records' bytes (with the padding) begin and end in the file."""

    member: Member
    start: int
    stop: int


class Library:
    """An opened transport file; whatever is wrong with it is a ``TransportError`` naming it."""

    def __init__(
        self, path: Path, encoding: Encoding, starts: tuple[int, ...] | None = None
    ) -> None:
        """``starts`` is where members begin, as an earlier opening told: to find them it is all read."""
        self._name = str(path)
        self._encoding = encoding
        if encoding not in ENCODINGS:
            raise self._error(
                "unknown-encoding",
                f"{encoding!r} is not an encoding of transport files",
                nearest(encoding, ENCODINGS) or f"Choose one of {one_of(ENCODINGS)}.",
            )
        try:
            # every read is large or rare: no buffer between
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise self._error(
                "unreadable", f"it cannot be read: {error.strerror}", "Check the path."
            ) from None
        try:
            self._open(starts)
        except TransportError:
            self._file.close()
            raise

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _open(self, starts: tuple[int, ...] | None) -> None:
        try:
            self.version = check_library(self.bytes_at(0, CARD))
        except HeaderError as error:
            raise self._error(
                "not-xpt", str(error), "Give a SAS transport file of version 5 or 8."
            ) from None
        self._size = self._file.seek(0, 2)
        if self._size % CARD:
            raise self._error(
                "damaged",
                f"its {self._size} bytes are not whole 80-byte cards",
                "It was cut short, or sent as text; ask for it again.",
            )
        self.starts = tuple(self._members()) if starts is None else starts
        if not self.starts:
            raise self._error("damaged", "it holds no dataset", "Ask for it again.")
        self.names = tuple(name_of(self.bytes_at(start, 3 * CARD)) for start in self.starts)

    def member(self, name: str | None) -> Stored:
        """The member of this name; None is the only one."""
        if name is None and len(self.names) > 1:
            raise self._error(
                "several-members",
                f"it holds {len(self.names)} datasets: {one_of(self.names)}",
                "Name the one that is meant.",
            )
        if name is not None and name not in self.names:
            raise self._error(
                "no-member",
                f"it holds no dataset {name}, but {one_of(self.names)}",
                nearest(name, self.names) or "Name one of these.",
            )
        at = 0 if name is None else self.names.index(name)
        start, stop = self.starts[at], [*self.starts[1:], self._size][at]
        try:
            size = member_bytes(self.bytes_at(start, stop - start, 5 * CARD))
            member = read_member(self.bytes_at(start, stop - start, size), self._encoding)
        except HeaderError as error:
            raise self._error(
                "damaged", str(error), "Declare its encoding, or ask for it again."
            ) from None
        return Stored(member, start + member.header, stop)

    def count(self, stored: Stored, written: int | None) -> int:
        """How many records a member has; ``written`` is the count if it is known."""
        member, size, width = stored.member, stored.stop - stored.start, stored.member.width
        written = member.records if written is None else written
        fits = size // width
        if written is not None:
            if padded(written * width) != size:
                raise self._error(
                    "records",
                    f"{member.name} has room for {fits} records, not for the {written} written",
                    "It was cut short, or is another file.",
                )
            fits = written
        else:
            only_text = all(variable.is_text for variable in member.variables)
            fewest = (size - CARD) // width + 1 if size and only_text else 0
            while fits > fewest and self._is_blank(stored.start + (fits - 1) * width, width):
                fits -= 1
        rest = self.bytes_at(stored.start + fits * width, size - fits * width)
        # NULs in the place of blanks were seen
        if rest.strip(_BLANK) and rest.strip(b"\0"):
            raise self._error(
                "damaged", f"{member.name} ends within record {fits + 1}", "Ask for it again."
            )
        return fits

    def perhaps_blank(self, stored: Stored, read: int) -> int:
        """How many blank records may stand behind those read, where nothing tells them from padding."""
        member = stored.member
        if member.records or not all(variable.is_text for variable in member.variables):
            return 0
        return (stored.stop - stored.start) // stored.member.width - read

    def read(self, start: int, buffer: Bytes) -> None:
        """Fill the buffer from byte ``start`` of the file."""
        self._file.seek(start)
        view, done = buffer.data, 0
        while done < len(view):
            got = self._file.readinto(view[done:])
            if not got:
                raise self._error("damaged", "it was cut short while it was read", "Try again.")
            done += got

    def bytes_at(self, start: int, size: int, most: int | None = None) -> bytes:
        """Up to ``size`` (and ``most``) bytes from byte ``start`` of the file."""
        self._file.seek(start)
        return self._file.read(size if most is None else min(size, most))

    def pass_bytes(
        self, start: int, stop: int | None, to: Callable[[bytes | memoryview], object]
    ) -> None:
        """Give the bytes from one place up to another, or to the end, a part at a time."""
        stop = self._size if stop is None else stop
        for first in range(start, stop, _PASSED_BYTES):
            to(self.bytes_at(first, min(stop - first, _PASSED_BYTES)))

    def may_begin(self, part: Bytes) -> bool:
        """Whether a member may begin in these bytes of the file, which begin with a whole card."""
        words = np.ndarray((len(part) // CARD,), np.uint64, part, 0, (CARD,))
        return bool((words == _BEGINS).any())

    def _is_blank(self, start: int, size: int) -> bool:
        return not self.bytes_at(start, size).strip(_BLANK)

    def _members(self) -> list[int]:
        """The bytes at which members begin: cards with the words of a member's header."""
        starts: list[int] = []
        buffer = np.empty(_SCANNED_CARDS * CARD, np.uint8)
        for first in range(0, self._size, len(buffer)):
            part = buffer[: self._size - first]
            self.read(first, part)
            words = np.ndarray((len(part) // CARD,), np.uint64, part, 0, (CARD,))
            for at in np.flatnonzero(words == _BEGINS) * CARD:
                if is_member(part[at : at + CARD].tobytes(), self.version):
                    starts.append(first + int(at))
        return starts

    def _error(self, kind: str, what: str, todo: str) -> TransportError:
        return TransportError([Finding(Location(self._name), kind, what, todo)])
