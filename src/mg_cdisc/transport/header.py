"""The header cards of a version 5 transport file: made from a dataset, and read back.

A file is a run of 80-byte cards: three for the library, then per member four for the dataset, one
with the number of variables, the variables' 140-byte descriptions (NAMESTR, padded to a whole
card), one that starts the records, and the records (padded to a whole card).

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from mg_cdisc.transport.xpt import (
    NUMBER_BYTES,
    XptDataset,
    XptFormat,
    XptVariable,
    padded,
)

CARD = 80
SAS_VERSION = b"9.4"
SYSTEM = b"mg_cdisc"

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# two digits are written: no transport file is older than 1960
FIRST_YEAR, LAST_YEAR = 1960, 2059

_ZEROS = b"0" * 30
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl")
_NAMESTR_BYTES = 140
_MEMBER_CARDS = 5  # MEMBER, DSCRPTR, two of data, NAMESTR
_TIME = re.compile(rb"(\d\d)([A-Z]{3})(\d\d):(\d\d):(\d\d):(\d\d)")


class HeaderError(ValueError):
    """The cards are not those of a version 5 member; the message says which and why."""


@dataclass(frozen=True)
class Member:
    """A dataset's description in a file, without its records.

    ``positions`` are the variables' places in a record.
    """

    name: str
    label: str
    created: datetime | None
    modified: datetime | None
    variables: tuple[XptVariable, ...]
    positions: tuple[int, ...]

    @property
    def width(self) -> int:
        """Bytes of one record."""
        return sum(variable.length for variable in self.variables)


def card(kind: bytes, numbers: bytes = _ZEROS) -> bytes:
    """A header card of this kind."""
    return b"HEADER RECORD*******%-8bHEADER RECORD!!!!!!!%-32b" % (kind, numbers)


LIBRARY = card(b"LIBRARY")
MEMBER = card(b"MEMBER", b"000000000000000001600000000140")
DESCRIPTOR = card(b"DSCRPTR")
RECORDS = card(b"OBS")
_MEMBER_START = MEMBER[:48]
_NAMESTR_START = card(b"NAMESTR")[:48]


def timestamp_text(moment: datetime) -> bytes:
    """``ddMMMyy:hh:mm:ss``, whatever the locale.

    >>> timestamp_text(datetime(2026, 3, 9, 8, 5, 1))
    b'09MAR26:08:05:01'
    """
    return (
        f"{moment.day:02}{MONTHS[moment.month - 1]}{moment.year % 100:02}"
        f":{moment.hour:02}:{moment.minute:02}:{moment.second:02}"
    ).encode()


def timestamp_of(text: bytes) -> datetime | None:
    """The moment of a header card; None where there is none. Two-digit years are 1960 to 2059."""
    found = _TIME.fullmatch(text.strip(b" \0").upper())
    if found is None or found[2].decode() not in MONTHS:
        return None
    day, year, hour, minute, second = (int(found[i]) for i in (1, 3, 4, 5, 6))
    year += 1900 if year + 1900 >= FIRST_YEAR else 2000
    try:
        return datetime(year, MONTHS.index(found[2].decode()) + 1, day, hour, minute, second)
    except ValueError:
        return None


def header_bytes(dataset: XptDataset, moment: datetime) -> bytes:
    """Everything that stands before the first record of a file with this one dataset.

    The dataset's names and labels must be within the limits (``limits.check``). Every time in the
    headers is ``moment``, so that the same dataset gives the same bytes.
    """
    time = timestamp_text(moment)
    described, position = [], 0
    for number, variable in enumerate(dataset.variables, 1):
        described.append(_namestr(variable, number, position))
        position += variable.length
    namestrs = b"".join(described)
    return b"".join(
        (
            LIBRARY,
            b"%-8b%-8b%-8b%-8b%-8b%24b%16b"
            % (b"SAS", b"SAS", b"SASLIB", SAS_VERSION, SYSTEM, b"", time),
            time.ljust(CARD),
            MEMBER,
            DESCRIPTOR,
            b"%-8b%-8b%-8b%-8b%-8b%24b%16b"
            % (b"SAS", dataset.name.encode(), b"SASDATA", SAS_VERSION, SYSTEM, b"", time),
            b"%16b%16b%-40b%8b" % (time, b"", dataset.label.encode(), b""),
            card(b"NAMESTR", b"000000%04d00000000000000000000" % len(dataset.variables)),
            namestrs.ljust(padded(len(namestrs))),
            RECORDS,
        )
    )


def _namestr(variable: XptVariable, number: int, position: int) -> bytes:
    shown = XptFormat.parse(variable.format) or XptFormat()
    read = XptFormat.parse(variable.informat) or XptFormat()
    packed = _NAMESTR.pack(
        2 if variable.is_text else 1,
        0,  # hash of the name: always 0
        variable.length,
        number,
        variable.name.encode().ljust(8),
        variable.label.encode().ljust(40),
        shown.name.encode().ljust(8),
        shown.width,
        shown.decimals,
        0,  # left-justified
        b"\0\0",
        read.name.encode().ljust(8),
        read.width,
        read.decimals,
        position,
    )
    return packed.ljust(_NAMESTR_BYTES, b"\0")


def is_member(cards: bytes) -> bool:
    """Whether a dataset's header begins with these bytes."""
    return cards.startswith(_MEMBER_START)


def check_library(cards: bytes) -> None:
    """That a version 5 transport file begins with these bytes."""
    if cards.startswith(LIBRARY[:48]):
        return
    if cards.startswith(card(b"LIBV8")[:28]):
        raise HeaderError("it is a version 8 transport file; only version 5 is read")
    if cards.startswith(b"**COMPRESSED**"):
        raise HeaderError("it was made by PROC CPORT, which only SAS can read")
    raise HeaderError("it is not a SAS transport file")


def name_of(cards: bytes) -> str:
    """The name in a dataset's header."""
    return cards[168:176].rstrip(b" \0").decode("ascii", "replace")


def member_bytes(cards: bytes) -> int:
    """How long a dataset's header is, from its first five cards."""
    stride, count = _described(cards)
    return (_MEMBER_CARDS + 1) * CARD + padded(stride * count)


def read_member(cards: bytes, encoding: str) -> Member:
    """A dataset's description from its whole header; labels are of the encoding."""
    stride, count = _described(cards)
    first = _MEMBER_CARDS * CARD
    namestrs = cards[first : first + stride * count]
    if not cards[first + padded(stride * count) :].startswith(RECORDS[:48]):
        raise HeaderError(f"the descriptions of its {count} variables are damaged or cut short")
    variables, positions = [], []
    for i in range(0, stride * count, stride):
        variable, position = _variable(namestrs[i : i + stride], encoding)
        variables.append(variable)
        positions.append(position)
    _check_places(variables, positions)
    return Member(
        _decoded(cards[168:176], "ascii", "the dataset's name"),
        _decoded(cards[272:312], encoding, "the dataset's label"),
        timestamp_of(cards[224:240]),
        timestamp_of(cards[240:256]),
        tuple(variables),
        tuple(positions),
    )


def _described(cards: bytes) -> tuple[int, int]:
    """Bytes of a variable's description (136 on VAX/VMS, lacking unused ones), and how many."""
    if len(cards) < _MEMBER_CARDS * CARD:
        raise HeaderError("it ends within the header of a dataset")
    stride, count = _whole(cards[74:78]), _whole(cards[374:378])
    sound = (
        is_member(cards)
        and cards[80:128] == DESCRIPTOR[:48]
        and cards[320:368] == _NAMESTR_START
        and stride in (136, _NAMESTR_BYTES)
        and count > 0
    )
    if not sound:
        raise HeaderError("the header of a dataset is damaged")
    return stride, count


def _whole(text: bytes) -> int:
    """A whole number of a header card; 0 where there is none."""
    return int(text) if text.strip().isdigit() else 0


def _variable(namestr: bytes, encoding: str) -> tuple[XptVariable, int]:
    kind, _, length, _, name, label, shown, w, d, _, _, read, iw, id_, position = (
        _NAMESTR.unpack_from(namestr)
    )
    text = _decoded(name, "ascii", "a variable's name")
    if kind not in (1, 2) or not text:
        raise HeaderError("the descriptions of its variables are damaged")
    if length < 1 or (kind == 1 and not 2 <= length <= NUMBER_BYTES):
        raise HeaderError(f"{text} has a stored length of {length}")
    what = f"the format of {text}"
    return XptVariable(
        text,
        _decoded(label, encoding, f"the label of {text}"),
        kind == 2,
        length,
        _format(_decoded(shown, "ascii", what), w, d, kind == 2),
        _format(_decoded(read, "ascii", what), iw, id_, kind == 2),
    ), position


def _format(name: str, width: int, decimals: int, is_text: bool) -> str:
    # some writers leave out the $ of a text format
    if is_text and (name or width) and not name.startswith("$"):
        name = f"${name}"
    return str(XptFormat(name, width, decimals))


def _decoded(raw: bytes, encoding: str, what: str) -> str:
    try:
        return raw.rstrip(b" \0").decode(encoding)
    except UnicodeDecodeError:
        raise HeaderError(f"{what} is not {encoding}: {raw!r}") from None


def _check_places(variables: list[XptVariable], positions: list[int]) -> None:
    expected = 0
    for variable, position in zip(variables, positions, strict=True):
        if position != expected:
            raise HeaderError(
                f"{variable.name} starts at byte {position} of the record, "
                f"not {expected} where the variable before it ends"
            )
        expected += variable.length
    times = Counter(variable.name for variable in variables)
    twice = [name for name, count in times.items() if count > 1]
    if twice:
        raise HeaderError(f"{twice[0]} is described twice")
