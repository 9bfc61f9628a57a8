"""What Define-XML 2.1 asks of codelists and where-clauses beyond its schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from mg_cdisc.define.read import DefineXml, attribute, child, children, words
from mg_cdisc.errors import Finding


def check_term_rules(define: DefineXml) -> Iterator[Finding]:
    """Findings about where-clauses and codelists."""
    known: dict[str, frozenset[str] | None] = {}
    for clause in define.all("def:WhereClauseDef"):
        yield from _check_where(define, clause, known)
    for codelist in define.all("odm:CodeList"):
        yield from _check_codelist(define, codelist)


def _check_where(
    define: DefineXml, clause: etree._Element, known: dict[str, frozenset[str] | None]
) -> Iterator[Finding]:
    for check in children(clause, "odm:RangeCheck"):
        comparator = attribute(check, "Comparator")
        item_oid = attribute(check, "def:ItemOID")
        values = [each.text or "" for each in children(check, "odm:CheckValue")]
        if len(values) > 1 and comparator not in ("IN", "NOTIN"):
            yield define.finding(
                clause,
                "where-values",
                f"compares {item_oid} {comparator} with {len(values)} values",
                "Give one value, or use IN or NOTIN.",
            )
        if item_oid not in known:
            known[item_oid] = _texts(define, define.find("odm:ItemDef", item_oid))
        coded = known[item_oid]
        unknown = [] if coded is None else [each for each in values if each and each not in coded]
        if unknown and comparator in ("EQ", "NE", "IN", "NOTIN"):
            yield define.finding(
                clause,
                "where-value",
                f"asks {item_oid} for {', '.join(unknown)}, which its codelist does not have",
                "No record can have such a value.",
                "warning",
            )


def _texts(define: DefineXml, item: etree._Element | None) -> frozenset[str] | None:
    """The coded values of a text item, None where any is allowed."""
    if item is None or attribute(item, "DataType") in ("integer", "float"):
        return None
    coded = codes(define, item)
    return None if coded is None else frozenset(coded)


def codes(define: DefineXml, item: etree._Element) -> list[str] | None:
    """The coded values of an item's codelist; None where it has none, or a dictionary."""
    ref = child(item, "odm:CodeListRef")
    codelist = (
        define.find("odm:CodeList", attribute(ref, "CodeListOID")) if ref is not None else None
    )
    if codelist is None or child(codelist, "odm:ExternalCodeList") is not None:
        return None
    return [attribute(term, "CodedValue") for term in terms(codelist)]


def terms(codelist: etree._Element) -> Sequence[etree._Element]:
    return children(codelist, "odm:CodeListItem") + children(codelist, "odm:EnumeratedItem")


def _check_codelist(define: DefineXml, codelist: etree._Element) -> Iterator[Finding]:
    standard = attribute(codelist, "def:StandardOID")
    external = child(codelist, "odm:ExternalCodeList")
    if external is not None:
        missing = [name for name in ("Dictionary", "Version") if not attribute(external, name)]
        if missing:
            yield define.finding(
                codelist,
                "dictionary-version",
                f"is an external codelist without {' and '.join(missing)}",
                "Name the dictionary and its version.",
            )
    elif bool(standard) == (attribute(codelist, "def:IsNonStandard") == "Yes"):
        yield define.finding(
            codelist,
            "codelist-standard",
            "has both def:StandardOID and def:IsNonStandard"
            if standard
            else "has neither def:StandardOID nor def:IsNonStandard",
            "Say which terminology it is of, or that it is the sponsor's.",
            "error" if standard else "warning",
        )
    coded = _nci(codelist)
    for term in terms(codelist):
        value, extended = attribute(term, "CodedValue"), attribute(term, "def:ExtendedValue")
        if _nci(term) and extended == "Yes":
            yield define.finding(
                codelist,
                "extended-term",
                f"marks {value} as extended, though it has an NCI code",
                "A published term is not an extended one.",
            )
        if coded and not _nci(term) and extended != "Yes":
            yield define.finding(
                codelist,
                "unmarked-term",
                f"has {value}, with neither an NCI code nor def:ExtendedValue",
                "Add the code of a published term; mark a sponsor's term as extended.",
                "warning",
            )
        decode = child(term, "odm:Decode")
        if decode is not None and not words(term, "odm:Decode"):
            yield define.finding(
                codelist, "empty-text", f"has no decode for {value}", "Add the decode."
            )


def _nci(element: etree._Element) -> bool:
    return any(
        attribute(alias, "Context") == "nci:ExtCodeID" for alias in children(element, "odm:Alias")
    )
