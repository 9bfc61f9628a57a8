"""What a define.xml gives as the source of variables that are copies."""

from __future__ import annotations

from lxml import etree

from mg_cdisc.define.read import DefineXml, attribute, children, words


def predecessors(define: DefineXml) -> dict[tuple[str, str], str]:
    """The predecessor of each variable by dataset and variable: ``ADSL.TRT01A`` of ADAE's TRTA.

    Only of variables with one origin; what several value levels say of their own is not told.
    """
    found: dict[tuple[str, str], str] = {}
    for dataset in define.all("odm:ItemGroupDef"):
        for reference in children(dataset, "odm:ItemRef"):
            item = define.find("odm:ItemDef", attribute(reference, "ItemOID"))
            source = _source(item) if item is not None else ""
            if item is not None and source:
                found[attribute(dataset, "Name"), attribute(item, "Name")] = source
    return found


def _source(item: etree._Element) -> str:
    origins = children(item, "def:Origin")
    if len(origins) != 1 or attribute(origins[0], "Type") != "Predecessor":
        return ""
    return words(origins[0])
