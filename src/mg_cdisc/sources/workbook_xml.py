"""What the reader of workbooks doesn't tell: cells that hold an error or no result.

Calamine gives an error cell and a formula without a stored result as blanks, so they are sought
in the sheet's own XML. Source: ECMA-376 part 1, section 18.3.1.4 (``c``: cell type ``e``).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from typing import Final

from lxml import etree

_CELL: Final = re.compile(
    rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)",
    re.DOTALL,
)
_REFERENCE: Final = re.compile(rb'\br="([A-Z]+)(\d+)"')
_TYPE: Final = re.compile(rb'\bt="(\w+)"')
_VALUE: Final = re.compile(rb"<(?:\w+:)?(?:v|t)\b[^>]*>([^<]+)<")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f\b")
_OFFICE: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)


@dataclass(frozen=True)
class CellFault:
    """One cell that has no value to read: its name and row, and what stands there."""

    cell: str
    row: int
    text: str = ""


@dataclass(frozen=True)
class CellFaults:
    """The cells of a sheet that hold an error, and those whose formula has no stored result."""

    errors: tuple[CellFault, ...] = ()
    uncalculated: tuple[CellFault, ...] = ()


def cell_faults(workbook: bytes, sheet: str, first_row: int) -> CellFaults | None:
    """The faulty cells of a sheet of an xlsx workbook, from ``first_row`` on.

    None for other zipped workbooks (xlsb, ods), which have no such XML.
    """
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        part = _sheet_part(archive, sheet)
        if part is None:
            return None
        xml = archive.read(part)
    if all(mark not in xml for mark in (b't="e"', b"<f", b":f")):
        return CellFaults()  # neither errors nor formulas: the usual case, told quickly
    errors: list[CellFault] = []
    uncalculated: list[CellFault] = []
    for found in _CELL.finditer(xml):
        attributes, content = found[1], found[2] or b""
        kind = _TYPE.search(attributes)
        error = kind is not None and kind[1] == b"e"
        # an empty text is a result too: then the type says that it is text
        formula = kind is None and _FORMULA.search(content) and not _VALUE.search(content)
        reference = _REFERENCE.search(attributes)
        if not (error or formula) or reference is None or int(reference[2]) < first_row:
            continue
        value = _VALUE.search(content)
        fault = CellFault(
            (reference[1] + reference[2]).decode(),
            int(reference[2]),
            value[1].decode() if value else "",
        )
        (errors if error else uncalculated).append(fault)
    return CellFaults(tuple(errors), tuple(uncalculated))


def _sheet_part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The path of a sheet's XML inside the archive, through the workbook's relationships."""
    names = set(archive.namelist())
    book, links = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if book not in names or links not in names:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    identity = None
    for element in etree.fromstring(archive.read(book), parser).iter("{*}sheet"):
        if element.get("name") == sheet:
            identity = next(filter(None, (element.get(f"{{{name}}}id") for name in _OFFICE)), None)
    for element in etree.fromstring(archive.read(links), parser).iter("{*}Relationship"):
        if identity is not None and element.get("Id") == identity:
            target = posixpath.join("xl", element.get("Target", "")).lstrip("/")
            return target if target in names else None
    return None
