"""Text files to UTF-8: strictly, in the declared encoding, never guessed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

from mg_cdisc.errors import Finding, Location
from mg_cdisc.sources.declaration import ENCODINGS, Encoding
from mg_cdisc.sources.files import SourceFile

_CODECS: Final[dict[Encoding, str]] = {
    "utf-8": "utf-8",
    "gb18030": "gb18030",
    "windows-1252": "cp1252",
}
_CHUNK: Final = 1 << 22
_UTF8_MARK: Final = codecs.BOM_UTF8
_MARK: Final = "\ufeff".encode()
_REPLACEMENT: Final = "\ufffd".encode()
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_DECLARE: Final = f"Declare the encoding that the file was written in: {', '.join(ENCODINGS)}."

# So many characters beyond ASCII, all of them good UTF-8, prove that a file is UTF-8 and not
# what it was declared to be. One is proof against windows-1252, where it would be a pair such
# as "Ã©"; a few characters of Chinese in GB18030 can look like UTF-8 by accident (about one
# in seven does), eight cannot.
_PROOF: Final[dict[Encoding, int]] = {"windows-1252": 1, "gb18030": 8}


def line_of(data: bytes, position: int) -> int:
    """The line (the first is 1) that a byte stands on."""
    return 1 + sum(1 for _ in _LINE_END.finditer(data, 0, position))


def to_utf8(file: SourceFile, encoding: Encoding) -> tuple[bytes, tuple[Finding, ...]]:
    """The file's text as UTF-8 without a byte order mark, and a warning if it was damaged before.

    Raises SourceError for NUL bytes, for a byte that the declared encoding doesn't have (with
    its row), and for a file that is plainly UTF-8 but declared otherwise.
    """
    data = file.data
    if b"\0" in data:
        raise _not_text(file)
    if data.isascii():
        return data, ()
    marked = data.startswith(_UTF8_MARK)
    if encoding != "utf-8" and (marked or _is_utf8(data, _PROOF[encoding])):
        raise file.error(
            "source-encoding",
            f"the file is utf-8 but declared {encoding}",
            "Declare encoding: utf-8.",
        )
    try:
        if encoding == "utf-8":
            for _ in _decoded(data, encoding):
                pass
        else:
            data = b"".join(text.encode() for text in _decoded(data, encoding))
    except UnicodeDecodeError:
        raise _undecodable(file, encoding) from None
    data = data.removeprefix(_MARK)
    return data, _damage(file, data)


def _decoded(data: bytes, encoding: Encoding) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(_CODECS[encoding])("strict")
    for start in range(0, len(data), _CHUNK):
        yield decoder.decode(data[start : start + _CHUNK])
    yield decoder.decode(b"", final=True)


def _undecodable(file: SourceFile, encoding: Encoding) -> Exception:
    data = file.data
    try:
        data.decode(_CODECS[encoding])
    except UnicodeDecodeError as fault:
        row = line_of(data, fault.start)
        if fault.reason in ("unexpected end of data", "incomplete multibyte sequence"):
            return file.error(
                "source-truncated",
                "the file ends in the middle of a character",
                "It was cut short: export or copy it again.",
                row,
            )
        return file.error(
            "source-encoding",
            f"byte {data[fault.start]:02X} is not {encoding} (byte {fault.start + 1} of the file)",
            _DECLARE,
            row,
        )
    raise AssertionError("decoding in one piece and in parts disagree")


def _not_text(file: SourceFile) -> Exception:
    data = file.data
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return file.error(
            "source-encoding",
            'the file is utf-16 ("Unicode text" in Excel)',
            'Save it as utf-8 ("CSV UTF-8" in Excel).',
        )
    where = data.index(b"\0")
    return file.error(
        "source-damaged",
        f"the file holds {data.count(0)} NUL bytes, which no text has"
        if data.count(0) > 1
        else "the file holds a NUL byte, which no text has",
        "It is damaged or not a text file: export or copy it again.",
        line_of(data, where),
    )


def _is_utf8(data: bytes, proof: int) -> bool:
    count = 0
    try:
        for text in _decoded(data, "utf-8"):
            count += sum(map(len, re.findall(r"[^\x00-\x7f]+", text)))
    except UnicodeDecodeError:
        return False
    return count >= proof


def _damage(file: SourceFile, data: bytes) -> tuple[Finding, ...]:
    count = data.count(_REPLACEMENT)
    if not count:
        return ()
    row = line_of(data, data.index(_REPLACEMENT))
    return (
        Finding(
            Location(file.name, row=row),
            "source-damaged-text",
            "the text holds U+FFFD, which stands for a character that was lost before the export",
            "Export the file again in an encoding that has all its characters.",
            level="warning",
            count=count,
        ),
    )
