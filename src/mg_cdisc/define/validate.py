"""Validating any define.xml: CDISC's schema, then its references, then its rules.

The schema files come with the installed package ``defineutils`` and are read from there without
importing it; nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import cast

from lxml import etree

from mg_cdisc.define.cdisc_files import cdisc_file
from mg_cdisc.define.read import ARM, DefineXml, attribute, name_of, read_define
from mg_cdisc.define.references import check_references
from mg_cdisc.define.results import check_results
from mg_cdisc.define.rules import check_rules
from mg_cdisc.define.standard_rules import check_standards
from mg_cdisc.define.structure_rules import check_structure
from mg_cdisc.define.term_rules import check_term_rules
from mg_cdisc.errors import Finding, Location

_SCHEMAS = {
    "define": "validate/schema/cdisc-define-2.1/define2-1-0.xsd",
    "arm": "validate/schema/cdisc-arm-1.0/arm1-0-0.xsd",
}
_NAMESPACE = re.compile(r"\{[^}]*\}")
# Uniqueness of identifiers, which check_references tells more plainly
_IDENTIFIERS = re.compile(r"UC-MDV-|UC-STD-1|UC-VLD-2|UC-IGD-2")


def validate_define(xml: bytes | Path | DefineXml, file: str = "define.xml") -> tuple[Finding, ...]:
    """Findings about a define.xml, in order of their lines.

    A file that is no Define-XML 2.1, or declares a document type or entities, gets one finding.
    A file with Analysis Results Metadata is validated against their schema, which includes the
    plain one. ``file`` names bytes in findings.
    """
    define, findings = read_define(xml, file)
    if define is not None:
        findings = [
            *check_schema(define),
            *check_references(define),
            *check_rules(define),
            *check_results(define),
            *check_term_rules(define),
            *check_structure(define),
            *check_standards(define),
        ]
    return tuple(sorted(set(findings)))


def check_schema(define: DefineXml) -> Iterator[Finding]:
    """What CDISC's schema finds."""
    results = define.root.find(f".//{{{ARM}}}AnalysisResultDisplays") is not None
    schema = _schema("arm" if results else "define")
    if schema.validate(define.root):
        return
    for error in cast("Iterable[etree._LogEntry]", schema.error_log):
        message = _NAMESPACE.sub("", error.message)
        if not _IDENTIFIERS.search(message):
            yield Finding(
                Location(define.file, line=_line(define, error)),
                "schema",
                message + _place(define, error),
                "Correct it as CDISC's schema of Define-XML 2.1 asks.",
            )


def _line(define: DefineXml, error: etree._LogEntry) -> int:
    """The line of an error: of its element, where the file is too long for libxml2 to count."""
    element = _element(define, error) if define.lines else None
    return error.line if element is None else define.line(element)


def _place(define: DefineXml, error: etree._LogEntry) -> str:
    """The nearest element around an error that has an identifier."""
    element = _element(define, error)
    while element is not None:
        oid = attribute(element, "OID") or attribute(element, "ItemOID")
        if oid:
            return f" ({name_of(element).partition(':')[2]} {oid})"
        element = element.getparent()
    return ""


def _element(define: DefineXml, error: etree._LogEntry) -> etree._Element | None:
    if not error.path:
        return None
    prefixes = {prefix: uri for prefix, uri in define.root.nsmap.items() if prefix}
    try:
        found = define.root.getroottree().xpath(error.path, namespaces=prefixes)
    except etree.XPathError:  # a prefix that the root does not declare
        return None
    if isinstance(found, list) and found and isinstance(found[0], etree._Element):
        return found[0]
    return None


@cache
def _schema(name: str) -> etree.XMLSchema:
    path = cdisc_file(_SCHEMAS[name])
    # The schemas include one another by relative path: local files only, never the network
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return etree.XMLSchema(etree.parse(str(path), parser))
