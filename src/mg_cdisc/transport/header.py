"""The header cards of a transport file of version 5 or 8: made from a dataset, and read back.

A file is a run of 80-byte cards: three for the library, then per member four for the dataset, one
with the number of variables, the variables' 140-byte descriptions (NAMESTR, padded to a whole
card), one that starts the records, and the records (padded to a whole card). Version 8 has other
words on its cards, room for longer names, the number of records, and, before the records, the
labels (and formats) that are too long for a description.

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format; SAS, Record
Layout of a SAS Version 8 or 9 Data Set in SAS Transport Format.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mg_cdisc.transport.xpt import (
    NUMBER_BYTES,
    Version,
    XptDataset,
    XptFormat,
    XptVariable,
    padded,
)

CARD = 80
FIRST_MEMBER = 3 * CARD
"""Where the first member of a library begins: behind its header."""
SAS_VERSION = b"9.4"
SYSTEM = b"mg_cdisc"

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# two digits are written: no transport file is older than 1960
FIRST_YEAR, LAST_YEAR = 1960, 2059

_ZEROS = b"0" * 30
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl")
_LONG_NAME = struct.Struct(">32sh")  # behind it, in version 8
_SHORT_LABEL = 40
_NAMESTR_BYTES = 140
_LABEL_ENTRY = 10 + 32 + 256  # numbers, name and label of version 8 or 9
_MEMBER_CARDS = 5  # MEMBER, DSCRPTR, two of data, NAMESTR
_TIME = re.compile(rb"(\d\d)([A-Z]{3})(\d\d):(\d\d):(\d\d):(\d\d)")


class HeaderError(ValueError):
    """The cards are not those of a member; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Words:
    """What tells the header cards of a version, and how long a dataset's name is there."""

    library: bytes
    member: bytes
    descriptor: bytes
    namestr: bytes
    records: bytes
    name_bytes: int


WORDS: Mapping[Version, Words] = {
    5: Words(b"LIBRARY", b"MEMBER", b"DSCRPTR", b"NAMESTR", b"OBS", 8),
    8: Words(b"LIBV8", b"MEMBV8", b"DSCPTV8", b"NAMSTV8", b"OBSV8", 32),
}
_LABELS = {b"LABELV8": 3, b"LABELV9": 5}
"""Cards before long labels of version 8, and how many numbers stand before each."""


@dataclass(frozen=True)
class Member:
    """A dataset's description in a file, without its records.

    ``positions`` are the variables' places in a record, ``header`` the bytes of the description.
    ``records`` is their number where the file says it: version 8 does, version 5 never.
    """

    name: str
    label: str
    created: datetime | None
    modified: datetime | None
    variables: tuple[XptVariable, ...]
    positions: tuple[int, ...]
    header: int
    records: int | None = None

    @property
    def width(self) -> int:
        """Bytes of one record."""
        return sum(variable.length for variable in self.variables)


def card(kind: bytes, numbers: bytes = _ZEROS) -> bytes:
    """A header card of this kind."""
    return b"HEADER RECORD*******%-8bHEADER RECORD!!!!!!!%-32b" % (kind, numbers)


LIBRARY = card(b"LIBRARY")
_MEMBER_NUMBERS = b"000000000000000001600000000140"


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


def header_bytes(
    dataset: XptDataset, moment: datetime, encoding: str = "ascii", version: Version = 5
) -> bytes:
    """Everything that stands before the first record of a file with this one dataset.

    The dataset's names and labels must be within the limits (``limits.check``). Every time in the
    headers is ``moment``, so that the same dataset gives the same bytes.
    """
    time, words, count = timestamp_text(moment), WORDS[version], len(dataset.variables)
    described, position = [], 0
    for number, variable in enumerate(dataset.variables, 1):
        described.append(_namestr(variable, number, position, encoding, version))
        position += variable.length
    namestrs = b"".join(described)
    label = _cut(dataset.label.encode(encoding), _SHORT_LABEL, encoding)
    if version == 5:
        named = b"%-8b%-8b%-8b%-8b%-8b%24b%16b" % (
            b"SAS", dataset.name.encode(), b"SASDATA", SAS_VERSION, SYSTEM, b"", time
        )  # fmt: skip
        counted = b"000000%04d00000000000000000000" % count
        start = card(words.records)
    else:
        named = b"%-8b%-32b%-8b%-8b%-8b%16b" % (
            b"SAS", dataset.name.encode(), b"SASDATA", SAS_VERSION, SYSTEM, time
        )  # fmt: skip
        counted = b"0000%06d00000000000000000000" % count
        start = card(words.records, b"%15d" % dataset.frame.rows)
    return b"".join(
        (
            card(words.library),
            b"%-8b%-8b%-8b%-8b%-8b%24b%16b"
            % (b"SAS", b"SAS", b"SASLIB", SAS_VERSION, SYSTEM, b"", time),
            time.ljust(CARD),
            card(words.member, _MEMBER_NUMBERS),
            card(words.descriptor),
            named,
            b"%16b%16b%-40b%8b" % (time, b"", label, b""),
            card(words.namestr, counted),
            namestrs.ljust(padded(len(namestrs))),
            _long_labels(dataset, encoding) if version == 8 else b"",
            start,
        )
    )


def _namestr(
    variable: XptVariable, number: int, position: int, encoding: str, version: Version
) -> bytes:
    shown = XptFormat.parse(variable.format) or XptFormat()
    read = XptFormat.parse(variable.informat) or XptFormat()
    name, label = variable.name.encode(), variable.label.encode(encoding)
    packed = _NAMESTR.pack(
        2 if variable.is_text else 1,
        0,  # hash of the name: always 0
        variable.length,
        number,
        name[:8].ljust(8),
        _cut(label, _SHORT_LABEL, encoding).ljust(_SHORT_LABEL),
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
    if version == 8:
        packed += _LONG_NAME.pack(name.ljust(32), len(label))
    return packed.ljust(_NAMESTR_BYTES, b"\0")


def _cut(label: bytes, most: int, encoding: str) -> bytes:
    """The first bytes of a label of version 8, as whole characters; the whole stands elsewhere."""
    if len(label) <= most:
        return label
    return label[:most].decode(encoding, "ignore").encode(encoding)


def _long_labels(dataset: XptDataset, encoding: str) -> bytes:
    """The labels of version 8 that are too long for a variable's description."""
    entries = []
    for number, variable in enumerate(dataset.variables, 1):
        name, label = variable.name.encode(), variable.label.encode(encoding)
        if len(label) > _SHORT_LABEL:
            entries.append(struct.pack(">hhh", number, len(name), len(label)) + name + label)
    if not entries:
        return b""
    listed = b"".join(entries)
    return card(b"LABELV8", b"%-30d" % len(entries)) + listed.ljust(padded(len(listed)))


def is_member(cards: bytes, version: Version) -> bool:
    """Whether a dataset's header of this version begins with these bytes."""
    return _begins(cards, WORDS[version].member)


def _version(cards: bytes) -> Version | None:
    """The version whose member begins with these bytes."""
    return next((v for v, words in WORDS.items() if _begins(cards, words.member)), None)


def _begins(cards: bytes, kind: bytes) -> bool:
    return cards.startswith(card(kind)[:48])


def check_library(cards: bytes) -> Version:
    """The version of the transport file that begins with these bytes."""
    for version, words in WORDS.items():
        if _begins(cards, words.library):
            return version
    if cards.startswith(b"**COMPRESSED**"):
        raise HeaderError("it was made by PROC CPORT, which only SAS can read")
    raise HeaderError("it is not a SAS transport file")


def name_of(cards: bytes) -> str:
    """The name in a dataset's header."""
    size = WORDS[_version(cards) or 5].name_bytes
    return cards[168 : 168 + size].rstrip(b" \0").decode("ascii", "replace")


def member_bytes(cards: bytes) -> int:
    """The bytes that a dataset's header has at most, from its first five cards.

    In version 8 long labels may follow the variables' descriptions.
    """
    version, stride, count = _described(cards)
    size = (_MEMBER_CARDS + 1) * CARD + padded(stride * count)
    return size if version == 5 else size + CARD + padded(count * (_LABEL_ENTRY + 2 * CARD))


def read_member(cards: bytes, encoding: str) -> Member:
    """A dataset's description from its whole header; labels are of the encoding."""
    version, stride, count = _described(cards)
    words = WORDS[version]
    first = _MEMBER_CARDS * CARD
    namestrs = cards[first : first + stride * count]
    end = first + padded(stride * count)
    variables, positions = [], []
    longer, after = _read_labels(cards, end, count, encoding) if version == 8 else ({}, end)
    if not _begins(cards[after:], words.records):
        raise HeaderError(f"the descriptions of its {count} variables are damaged or cut short")
    for number in range(count):
        namestr = namestrs[number * stride : (number + 1) * stride]
        variable, position = _variable(namestr, encoding, version, longer.get(number + 1))
        variables.append(variable)
        positions.append(position)
    _check_places(variables, positions)
    return Member(
        _decoded(cards[168 : 168 + words.name_bytes], "ascii", "the dataset's name"),
        _decoded(cards[272:312], encoding, "the dataset's label"),
        timestamp_of(cards[224:240]),
        timestamp_of(cards[240:256]),
        tuple(variables),
        tuple(positions),
        after + CARD,
        # some writers leave zeros: how many records there are then shows in the size
        (_whole(cards[after + 48 : after + 78]) or None) if version == 8 else None,
    )


def _described(cards: bytes) -> tuple[Version, int, int]:
    """The version, bytes of a variable's description, and how many there are.

    The bytes are 136 on VAX/VMS, lacking unused ones.
    """
    if len(cards) < _MEMBER_CARDS * CARD:
        raise HeaderError("it ends within the header of a dataset")
    version = _version(cards)
    stride, count = _whole(cards[74:78]), _whole(cards[372 if version == 8 else 374 : 378])
    sound = (
        version is not None
        and _begins(cards[80:], WORDS[version].descriptor)
        and _begins(cards[320:], WORDS[version].namestr)
        and stride in (136, _NAMESTR_BYTES)
        and count > 0
    )
    if not sound or version is None:
        raise HeaderError("the header of a dataset is damaged")
    return version, stride, count


_Longer = tuple[str, bytes, str, str]
"""A long name, the label, and the format and informat where they too stand there."""


def _read_labels(
    cards: bytes, start: int, count: int, encoding: str
) -> tuple[dict[int, _Longer], int]:
    """What stands behind the descriptions by the variables' numbers, and where it ends."""
    kind = next((kind for kind in _LABELS if _begins(cards[start:], kind)), None)
    if kind is None:
        return {}, start
    numbers = struct.Struct(f">{_LABELS[kind]}h")
    made: dict[int, _Longer] = {}
    at = start + CARD
    for _ in range(_whole(cards[start + 48 : start + 80])):
        if len(cards) < at + numbers.size:
            raise HeaderError("the long labels of its variables are damaged or cut short")
        number, *sizes = numbers.unpack_from(cards, at)
        at += numbers.size
        texts = []
        for size in sizes:
            texts.append(cards[at : at + max(size, 0)])
            at += max(size, 0)
        if not 1 <= number <= count or len(texts[-1]) < sizes[-1]:
            raise HeaderError("the long labels of its variables are damaged or cut short")
        name, label, shown, read = (*texts, b"", b"")[:4]
        what = "the long name of a variable"
        made[number] = (
            _decoded(name, "ascii", what), label,
            _decoded(shown, "ascii", what), _decoded(read, "ascii", what),
        )  # fmt: skip
    return made, start + CARD + padded(at - start - CARD)


def _whole(text: bytes) -> int:
    """A whole number of a header card; 0 where there is none."""
    return int(text) if text.strip().isdigit() else 0


def _variable(
    namestr: bytes, encoding: str, version: Version, longer: _Longer | None
) -> tuple[XptVariable, int]:
    kind, _, length, _, name, label, shown, w, d, _, _, read, iw, id_, position = (
        _NAMESTR.unpack_from(namestr)
    )
    if version == 8:
        name = _LONG_NAME.unpack_from(namestr, _NAMESTR.size)[0].rstrip(b" \0") or name
    text = _decoded(name, "ascii", "a variable's name")
    if longer is not None:
        text, label = longer[0] or text, longer[1]
    if kind not in (1, 2) or not text:
        raise HeaderError("the descriptions of its variables are damaged")
    if length < 1 or (kind == 1 and not 2 <= length <= NUMBER_BYTES):
        raise HeaderError(f"{text} has a stored length of {length}")
    what = f"the format of {text}"
    formats = _decoded(shown, "ascii", what), _decoded(read, "ascii", what)
    if longer is not None:
        formats = longer[2] or formats[0], longer[3] or formats[1]
    return XptVariable(
        text,
        _decoded(label, encoding, f"the label of {text}"),
        kind == 2,
        length,
        _format(formats[0], w, d, kind == 2),
        _format(formats[1], iw, id_, kind == 2),
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
