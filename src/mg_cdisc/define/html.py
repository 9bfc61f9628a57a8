"""define.html: a define.xml as a browser shows it, by the published stylesheet.

Browsers no longer apply a stylesheet to an XML file that is opened from a disk, so the page is
written beside it. The stylesheet lies there too, under the name that define.xml refers to: it comes
with the installed package ``defineutils`` and is read from there.
"""

from __future__ import annotations

import re
from functools import cache

from lxml import etree

from mg_cdisc.define.cdisc_files import cdisc_file

STYLESHEET = "define2-1.xsl"
"""The stylesheet's name, beside define.xml and in it."""

_KEYS = {
    "ItemGroupDef": ("odm:ItemGroupDef", "@OID"),
    "ItemDef": ("odm:ItemDef", "@OID"),
    "CodeList": ("odm:CodeList", "@OID"),
    "ValueListDef": ("def:ValueListDef", "@OID"),
    "MethodDef": ("odm:MethodDef", "@OID"),
    "CommentDef": ("def:CommentDef", "@OID"),
    "WhereClauseDef": ("def:WhereClauseDef", "@OID"),
    "ItemRef": ("odm:ItemGroupDef/odm:ItemRef", "@ItemOID"),
    "ValueListRef": ("odm:ItemDef/def:ValueListRef", "@ValueListOID"),
}
"""What the stylesheet looks up, by which attribute."""
_DEFINITIONS = "ItemGroupDef|ItemDef|CodeList|ValueListDef|MethodDef|CommentDef|WhereClauseDef"
_WANTED = r"(\$[A-Za-z_]+(?:/[a-z]+:[A-Za-z]+)*(?:/@[A-Za-z]+)?)"
_LOOKUPS = (
    (rf"\$g_seq({_DEFINITIONS})s\[@OID\s*=\s*{_WANTED}\]", r"key('\1', \2)"),
    (rf"(?:\.\./\.\./|//|/odm:ODM/odm:Study/odm:MetaDataVersion/)[a-z]+:({_DEFINITIONS})"
     rf"\[@OID\s*=\s*{_WANTED}\]", r"key('\1', \2)"),
    (rf"\.\./\.\./odm:ItemDef/def:ValueListRef\[@ValueListOID\s*=\s*{_WANTED}\]",
     r"key('ValueListRef', \1)"),
    (rf"\$g_seqItemGroupDefs/odm:ItemRef\[@ItemOID\s*=\s*{_WANTED}\]", r"key('ItemRef', \1)"),
    (r"\./odm:ItemRef\[@ItemOID\s*=\s*\$g_seqItemDefsValueListRef/\.\./@OID\]",
     "odm:ItemRef[key('ItemDef', @ItemOID)/def:ValueListRef]"),
)  # fmt: skip


def stylesheet() -> bytes:
    """The published stylesheet, as it is."""
    return cdisc_file(f"definehtml/{STYLESHEET}").read_bytes()


def render_html(xml: bytes) -> bytes:
    """The page of a define.xml, in UTF-8; its links are relative, as those in define.xml are.

    The same bytes give the same page. Nothing else is read and nothing fetched: the stylesheet may
    open no file and no address.
    """
    return bytes(_transform()(etree.fromstring(xml, _parser())))


@cache
def _transform() -> etree.XSLT:
    return etree.XSLT(
        etree.fromstring(with_keys(stylesheet()), _parser()),
        access_control=etree.XSLTAccessControl.DENY_ALL,  # type: ignore[attr-defined]
    )


def _parser() -> etree.XMLParser:
    return etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)


def with_keys(published: bytes) -> bytes:
    """The stylesheet with its lookups through an index, which gives the same page.

    As published it goes through all definitions for each reference: a define.xml of four times the
    size takes more than twenty times as long. What a later version looks up in another way stays as
    it is there.
    """
    text = published.decode("utf-8")
    for old, new in _LOOKUPS:
        text = re.sub(old, new, text)
    keys = "".join(
        f'<xsl:key name="{name}" match="{match}" use="{use}"/>'
        for name, (match, use) in _KEYS.items()
    )
    return re.sub(r"(<xsl:output\b[^>]*/>)", rf"\1{keys}", text, count=1).encode("utf-8")
