"""Reading a define.xml safely, whoever wrote it.

No network, no document type, no entity: a file that declares any is refused, so that nothing is
fetched and nothing expands. Every element knows its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import cast
from xml.parsers import expat

from lxml import etree

from mg_cdisc.errors import Finding, Level, Location

ODM = "http://www.cdisc.org/ns/odm/v1.3"
DEF = "http://www.cdisc.org/ns/def/v2.1"
ARM = "http://www.cdisc.org/ns/arm/v1.0"
XLINK = "http://www.w3.org/1999/xlink"
NAMESPACES = {"odm": ODM, "def": DEF, "arm": ARM, "xlink": XLINK}
_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}
# libxml2 counts lines of elements in 16 bits
_LAST_COUNTED_LINE = 65535


@dataclass(frozen=True)
class DefineXml:
    """A parsed define.xml: ``by_oid`` finds definitions by element name, then by OID."""

    root: etree._Element
    version: etree._Element
    file: str
    by_oid: Mapping[str, Mapping[str, etree._Element]]
    lines: Mapping[etree._Element, int] = field(repr=False)

    def line(self, element: etree._Element) -> int:
        """The line on which an element begins."""
        return self.lines.get(element) or _line(element)

    def where(self, element: etree._Element) -> Location:
        """The place of an element."""
        return Location(self.file, line=self.line(element))

    def finding(
        self, element: etree._Element, kind: str, what: str, todo: str, level: Level = "error"
    ) -> Finding:
        """About an element, named by its OID (a reference by what it refers to)."""
        name = name_of(element).partition(":")[2]
        oid = attribute(element, "OID") or attribute(element, "ItemOID")
        named = f"{name} {oid}" if oid else name
        return Finding(self.where(element), kind, f"{named} {what}", todo, level=level)

    def find(self, name: str, oid: str) -> etree._Element | None:
        """The definition with this OID, for example ``find("odm:ItemDef", "IT.DM.AGE")``."""
        return self.by_oid.get(name, {}).get(oid)

    def all(self, name: str) -> list[etree._Element]:
        """The definitions of this name in their order."""
        return children(self.version, name)


def read_define(
    xml: bytes | Path | DefineXml, file: str = "define.xml"
) -> tuple[DefineXml | None, list[Finding]]:
    """A define.xml, or why it cannot be read.

    ``file`` names bytes in findings; a path names itself. What was read already is given back.
    """
    if isinstance(xml, DefineXml):
        return xml, []
    if isinstance(xml, Path):
        file = xml.name
        if not xml.is_file():
            return None, [_refusal(file, 0, "missing-file", "there is no such file")]
        try:
            xml = xml.read_bytes()
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
            return None, [_refusal(file, 0, "unreadable-file", what)]
    # Also found where the text is in 16-bit characters. Nothing has been expanded yet.
    plain = xml.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        line = plain[: max(plain.find(b"<!DOCTYPE"), plain.find(b"<!ENTITY"))].count(b"\n") + 1
        return None, [
            _refusal(
                file,
                line,
                "document-type",
                "the file declares a document type or entities, which is refused",
                "Remove the declaration: Define-XML needs none.",
            )
        ]
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        return None, [
            _refusal(file, error.lineno or 0, "not-xml", f"not well-formed XML: {error.msg}")
        ]
    version = root.find("odm:Study/odm:MetaDataVersion", NAMESPACES)
    if (
        root.tag != f"{{{ODM}}}ODM"
        or version is None
        or attribute(version, "def:DefineVersion") == ""
    ):
        return None, [
            _refusal(
                file,
                _line(root),
                "not-define",
                "not a Define-XML 2.1 file: the root is no ODM with a MetaDataVersion that has"
                " def:DefineVersion",
                "Other versions of Define-XML are not read.",
            )
        ]
    by_oid: dict[str, dict[str, etree._Element]] = {}
    for element in elements(root):
        oid = attribute(element, "OID") or (
            attribute(element, "ID") if name_of(element) == "def:leaf" else ""
        )
        if oid:
            by_oid.setdefault(name_of(element), {}).setdefault(oid, element)
    lines = _count_lines(xml, root) if xml.count(b"\n") >= _LAST_COUNTED_LINE else {}
    return DefineXml(root, version, file, by_oid, lines), []


def elements(parent: etree._Element) -> Iterator[etree._Element]:
    """An element and all below it, without comments and processing instructions."""
    for element in parent.iter():
        if isinstance(element.tag, str):
            yield element


def children(parent: etree._Element, name: str) -> list[etree._Element]:
    """The child elements of this name (``odm:ItemRef``)."""
    return list(parent.iterchildren(_full_name(name)))


def child(parent: etree._Element, name: str) -> etree._Element | None:
    """The first child element of this name."""
    return next(parent.iterchildren(_full_name(name)), None)


def words(parent: etree._Element, name: str = "odm:Description") -> str:
    """The text of a Description or Decode, or nothing."""
    texts = (child(each, "odm:TranslatedText") for each in children(parent, name))
    found = next((each for each in texts if each is not None), None)
    return (found.text or "").strip(" \t\n") if found is not None else ""


def attribute(element: etree._Element, name: str) -> str:
    """An attribute (``OID``, ``def:CommentOID``), or nothing."""
    value = element.get(_full_name(name))
    return "" if value is None else str(value)


def has_attribute(element: etree._Element, name: str) -> bool:
    """Whether an attribute is there, blank or not."""
    return element.get(_full_name(name)) is not None


@cache
def _full_name(name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local


def whole_number(text: str) -> int | None:
    """The number that an attribute says; None where it says none, or an absurd one.

    >>> whole_number("12"), whole_number(""), whole_number("-1")
    (12, None, None)
    """
    return int(text) if text.isdecimal() and len(text) < 10 else None


def name_of(element: etree._Element) -> str:
    """The name of an element with the customary prefix.

    >>> name_of(etree.Element("{http://www.cdisc.org/ns/def/v2.1}leaf"))
    'def:leaf'
    """
    return short_name(str(element.tag))


@cache
def short_name(name: str) -> str:
    """A name in the customary prefixed form."""
    uri, _, local = name.rpartition("}")
    prefix = _PREFIXES.get(uri[1:])
    return f"{prefix}:{local}" if prefix else name


def _line(element: etree._Element) -> int:
    return cast("int", element.sourceline or 0)


def _refusal(file: str, line: int, kind: str, what: str, todo: str = "") -> Finding:
    return Finding(Location(file, line=line), kind, what, todo or "Give a Define-XML 2.1 file.")


def _count_lines(xml: bytes, root: etree._Element) -> dict[etree._Element, int]:
    """The lines of all elements of a file too long for libxml2 to count."""
    counted: list[int] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        counted.append(parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.Parse(xml, True)
    return dict(zip(elements(root), counted, strict=True))
