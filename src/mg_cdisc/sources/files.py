"""A source's file on disk: found inside the study's folder, and known by its first bytes."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from mg_cdisc.errors import Finding, Location, SourceError, nearest
from mg_cdisc.sources.declaration import Format

SAS_MAGIC: Final = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")

# first bytes, the formats that begin so, and what to call such a file
_KNOWN: Final[tuple[tuple[bytes, tuple[Format, ...], str], ...]] = (
    (ZIP_MAGIC, ("excel",), "an Excel workbook or another zip archive"),
    (OLE_MAGIC, ("excel",), "an Excel 97 workbook or another Office file"),
    (SAS_MAGIC, ("sas7bdat",), "a SAS7BDAT file"),
    (b"HEADER RECORD*******", ("xpt",), "a SAS transport file"),
    (b"PAR1", ("parquet",), "a Parquet file"),
    (b"PARE", ("parquet",), "an encrypted Parquet file"),
    (b"\x1f\x8b", (), "compressed with gzip"),
    (b"%PDF-", (), "a PDF document"),
    (b"version https://git-lfs", (), "the stand-in that Git LFS leaves for a file not fetched"),
)
_MARKUP: Final = (b"<html", b"<!doctype html", b"<table", b"<?xml")
_NOUNS: Final[dict[str, str]] = {
    "csv": "a CSV file",
    "excel": "an Excel workbook",
    "sas7bdat": "a SAS7BDAT file",
    "xpt": "a SAS transport file",
    "parquet": "a Parquet file",
    "odm": "an ODM-XML file",
    "redcap": "a CSV file",
}
_ODM: Final = re.compile(rb"<(\w+:)?odm\b")


@dataclass(frozen=True)
class SourceFile:
    """A file that is there and not empty, under the name that the declaration gives it."""

    name: str
    path: Path
    size: int

    @property
    def folder(self) -> Path:
        """The study's folder, which the name is relative to."""
        return self.path.parents[len(PurePosixPath(self.name).parts) - 1]

    @cached_property
    def data(self) -> bytes:
        """All bytes, read once."""
        return self.path.read_bytes()

    @property
    def head(self) -> bytes:
        """The first bytes, which tell the format."""
        with self.path.open("rb") as stream:
            return stream.read(512)

    def sha256(self) -> str:
        """The digest of the very bytes that were read, or of the file if a library read it."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        if "data" in self.__dict__:
            return hashlib.sha256(self.data).hexdigest()
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def told(self, digest: str) -> None:
        """The digest as whoever has read the whole file has found it."""
        self.__dict__["_digest"] = digest

    @property
    def digested(self) -> bool:
        """Whether the digest is known already."""
        return "_digest" in self.__dict__

    def error(self, kind: str, what: str, todo: str = "", row: int = 0) -> SourceError:
        """The one error that says why this file cannot be read."""
        return SourceError([Finding(Location(self.name, row=row), kind, what, todo)])


def find(name: str, folder: Path) -> SourceFile:
    """The file of that name in the study's folder; it is there, inside, readable, not empty."""
    path = folder / name

    def wrong(kind: str, what: str, todo: str) -> SourceError:
        return SourceError([Finding(Location(name), kind, what, todo)])

    if not path.resolve().is_relative_to(folder.resolve()):
        raise wrong(
            "source-path",
            "the path leads out of the study's folder",
            "Put the file itself into the study's folder, not a link to it.",
        )
    if not path.exists():
        raise wrong("source-missing", "the file is not there", _hint(name, folder))
    if not path.is_file():
        raise wrong("source-path", "this is a folder, not a file", "Name the file in it.")
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as fault:
        raise wrong(
            "source-unreadable",
            f"the file cannot be opened: {fault.strerror}",
            "Ask for permission to read it, or close the program that holds it.",
        ) from None
    size = path.stat().st_size
    if not size:
        raise wrong("source-empty", "the file is empty", "Export it again.")
    return SourceFile(name, path, size)


def _hint(name: str, folder: Path) -> str:
    """The nearest file, and first of all one whose name differs in case only."""
    parent = PurePosixPath(name).parent
    beside = folder / parent
    if not beside.is_dir():
        return f"There is no folder {parent} in the study's folder."
    known = sorted((parent / found.name).as_posix() for found in beside.iterdir())
    same = [found for found in known if found.casefold() == name.casefold()]
    if same:
        return f"Did you mean {same[0]}? Upper and lower case differ."
    return nearest(name, known) or "Put it there, or correct its path in sources.yaml."


def check_format(file: SourceFile, declared: Format) -> None:
    """The file's first bytes agree with the declared format.

    A CSV file has no such mark, so anything that is known to be something else is refused.
    """
    head = file.head
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, formats, noun in _KNOWN:
        if head.startswith(magic):
            if declared in formats:
                return
            raise file.error(
                "source-format",
                f"the file is {noun}, not {_NOUNS[declared]}",
                f"Declare format: {formats[0]}."
                if formats
                else "Put the source file itself there.",
            )
    if declared == "odm" and (
        text.startswith(b"<") or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    ):
        return  # its reader tells what kind of XML it is
    if text.startswith(b"<") and _ODM.search(text):
        raise file.error(
            "source-format",
            f"the file is ODM-XML, not {_NOUNS[declared]}",
            "Declare format: odm, and the form.",
        )
    if text.startswith(_MARKUP):
        raise file.error(
            "source-format",
            f"the file is a web page or XML, not {_NOUNS[declared]}",
            "Open it in Excel and save it as .xlsx, or export it as CSV.",
        )
    if declared not in ("csv", "redcap"):
        raise file.error(
            "source-format",
            f"the file is not {_NOUNS[declared]}",
            "Export it again, or declare the format that it has.",
        )
