"""What Define-XML 2.1 asks of datasets, variables and their origins beyond its schema.

The level is ``error`` where a reviewer or a program is misled, ``warning`` where something
expected is not said. What is asked of codelists and conditions stands in ``term_rules``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from mg_cdisc.define.read import (
    DefineXml,
    attribute,
    child,
    children,
    elements,
    has_attribute,
    name_of,
    short_name,
    whole_number,
    words,
)
from mg_cdisc.errors import Finding

_SIZED = ("text", "integer", "float")
# texts that the schema lets be blank, and that say something wherever they are said
_NEVER_BLANK = frozenset(
    {
        "AnalysisPurpose",
        "AnalysisReason",
        "CodedValue",
        "Domain",
        "Purpose",
        "Role",
        "Status",
        "def:DisplayFormat",
        "xlink:href",
    }
)
_NEVER_BLANK_IN = frozenset({("def:Standard", "Version"), ("odm:Alias", "Name")})
_SOURCE_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]{0,7}\.[A-Z_][A-Z0-9_]{0,7}\b")


def check_rules(define: DefineXml) -> Iterator[Finding]:
    """Findings about datasets, items, origins, value lists, codelists, methods and pages."""
    above = _said_above(define)
    if define.root.get("FileType", "Snapshot") != "Snapshot":
        what = f"has the FileType {define.root.get('FileType')}"
        yield define.finding(define.root, "file-type", what, "Define-XML is a Snapshot.")
    for group in define.all("odm:ItemGroupDef"):
        yield from _check_dataset(define, group, above)
    for values in define.all("def:ValueListDef"):
        yield from _check_refs(define, values, above)
    for item in define.all("odm:ItemDef"):
        yield from _check_item(define, item, above)
    for method in define.all("odm:MethodDef"):
        if not words(method):
            yield define.finding(method, "empty-text", "has no text", "Say how it is derived.")
    for comment in define.all("def:CommentDef"):
        if not words(comment):
            yield define.finding(comment, "empty-text", "has no text", "Say what is meant.")
    for element in elements(define.version):
        yield from _check_blank(define, element)
        if name_of(element) == "def:PDFPageRef":
            yield from _check_pages(define, element)


def _check_dataset(define: DefineXml, group: etree._Element, above: _Above) -> Iterator[Finding]:
    standard = attribute(group, "def:StandardOID")
    if bool(standard) == (attribute(group, "def:IsNonStandard") == "Yes"):
        yield define.finding(
            group,
            "dataset-standard",
            "has both def:StandardOID and def:IsNonStandard"
            if standard
            else "has neither def:StandardOID nor def:IsNonStandard",
            "Say which standard the dataset follows, or that it follows none.",
        )
    if child(group, "def:Class") is None:
        yield define.finding(group, "missing-class", "has no def:Class", "Add the class.")
    # where it is wholly absent, the schema says so
    if has_attribute(group, "def:Structure") and not attribute(group, "def:Structure").strip():
        yield define.finding(
            group, "missing-structure", "has no def:Structure", "Say what a record is."
        )
    if not words(group):
        yield define.finding(group, "missing-label", "has no description", "Add the label.")
    items = [
        define.find("odm:ItemDef", attribute(ref, "ItemOID"))
        for ref in children(group, "odm:ItemRef")
    ]
    for item in items:
        if item is not None and attribute(item, "SASFieldName") not in (
            "",
            attribute(item, "Name"),
        ):
            yield define.finding(
                item,
                "field-name",
                f"is {attribute(item, 'Name')} with SASFieldName {attribute(item, 'SASFieldName')}",
                "Give both the name of the variable.",
            )
    names = Counter(attribute(item, "Name") for item in items if item is not None)
    for name, count in names.items():
        if count > 1:
            yield define.finding(
                group,
                "duplicate-variable",
                f"has {count} variables named {name}",
                "Name each variable once.",
            )
    location = attribute(group, "def:ArchiveLocationID")
    empty = attribute(group, "def:HasNoData") == "Yes"
    leaf = child(group, "def:leaf")
    if not empty and (not location or leaf is None or attribute(leaf, "ID") != location):
        yield define.finding(
            group,
            "missing-leaf",
            "does not point at its own def:leaf with def:ArchiveLocationID",
            "Name the file of the dataset, or mark it def:HasNoData.",
        )
    yield from _check_refs(define, group, above)
    numbers = [
        whole_number(attribute(ref, "KeySequence")) for ref in children(group, "odm:ItemRef")
    ]
    keys = sorted(number for number in numbers if number is not None)
    if not keys:
        yield define.finding(
            group, "missing-keys", "has no KeySequence", "Name the keys.", "warning"
        )
    elif keys != list(range(1, len(keys) + 1)):
        yield define.finding(
            group,
            "key-sequence",
            f"has key numbers {', '.join(map(str, keys))}",
            "Number the keys 1, 2, 3 without gaps.",
            "warning",
        )


def _before(said: Sequence[str], at: int) -> int:
    """The number before that at a place."""
    return (whole_number(said[at - 1]) or 0) if at else 0


def _check_refs(define: DefineXml, parent: etree._Element, above: _Above) -> Iterator[Finding]:
    """Order numbers and methods of a dataset's or value list's references."""
    refs = children(parent, "odm:ItemRef")
    # references without a number stand where they stand; a number that is none is out of order
    said = [attribute(ref, "OrderNumber") for ref in refs]
    numbers = [whole_number(text) or 0 for text in said if text]
    if numbers != sorted(set(numbers)) or 0 in numbers or len(numbers) not in (0, len(refs)):
        wrong = next(
            (at for at, text in enumerate(said) if (whole_number(text) or 0) <= _before(said, at)),
            0,
        )
        yield define.finding(
            parent,
            "order-number",
            "has ItemRefs without OrderNumbers, or not in their order: the first is "
            f"{attribute(refs[wrong], 'ItemOID')}, with '{said[wrong]}'",
            "Number them 1, 2, 3 in the order of the file.",
        )
    listed = name_of(parent) == "def:ValueListDef"
    clauses: set[str] = set()
    for ref in refs:
        wheres = [attribute(each, "WhereClauseOID") for each in children(ref, "def:WhereClauseRef")]
        if listed and not wheres:
            yield define.finding(
                ref, "missing-where", "has no def:WhereClauseRef", "Say when it applies."
            )
        for oid in wheres:
            if oid in clauses:
                yield define.finding(
                    ref,
                    "duplicate-where",
                    f"repeats where-clause {oid} within its value list",
                    "One where-clause tells one value level.",
                )
            clauses.add(oid)
        item = define.find("odm:ItemDef", attribute(ref, "ItemOID"))
        if item is not None:
            yield from _check_method(define, ref, item, above)


def _check_method(
    define: DefineXml, ref: etree._Element, item: etree._Element, above: _Above
) -> Iterator[Finding]:
    types = {attribute(origin, "Type") for origin in children(item, "def:Origin")}
    if attribute(ref, "MethodOID") or types != {"Derived"}:
        return
    values = _value_list(define, item)
    if attribute(item, "OID") in above.methods or (
        values is not None
        and all(attribute(each, "MethodOID") for each in children(values, "odm:ItemRef"))
    ):
        return
    yield define.finding(
        ref,
        "derived-without-method",
        "is derived and has no MethodOID",
        "Say how it is derived.",
    )


@dataclass(frozen=True, slots=True)
class _Above:
    """Value levels (by OID) whose variable has an origin, or a method, that they inherit."""

    origins: frozenset[str]
    methods: frozenset[str]


def _said_above(define: DefineXml) -> _Above:
    origins: set[str] = set()
    methods: set[str] = set()
    for group in define.all("odm:ItemGroupDef"):
        for ref in children(group, "odm:ItemRef"):
            item = define.find("odm:ItemDef", attribute(ref, "ItemOID"))
            values = _value_list(define, item) if item is not None else None
            if item is None or values is None:
                continue
            levels = {attribute(each, "ItemOID") for each in children(values, "odm:ItemRef")}
            origins |= levels if children(item, "def:Origin") else set()
            methods |= levels if attribute(ref, "MethodOID") else set()
    return _Above(frozenset(origins), frozenset(methods))


def _value_list(define: DefineXml, item: etree._Element) -> etree._Element | None:
    ref = child(item, "def:ValueListRef")
    return None if ref is None else define.find("def:ValueListDef", attribute(ref, "ValueListOID"))


def _check_item(define: DefineXml, item: etree._Element, above: _Above) -> Iterator[Finding]:
    data_type = attribute(item, "DataType")
    length = attribute(item, "Length")
    if data_type in _SIZED and not length:
        yield define.finding(
            item, "missing-length", f"is {data_type} and has no Length", "Add the length."
        )
    if data_type not in _SIZED and length:
        yield define.finding(
            item,
            "needless-length",
            f"is {data_type} and has a Length",
            "Dates and times have no length.",
            "warning",
        )
    if (data_type == "float") != bool(attribute(item, "SignificantDigits")):
        yield define.finding(
            item,
            "significant-digits",
            f"is {data_type} and has "
            + ("no SignificantDigits" if data_type == "float" else "SignificantDigits"),
            "Count the decimals of floats, and of floats only.",
        )
    codelist_ref = child(item, "odm:CodeListRef")
    if codelist_ref is not None:
        codelist = define.find("odm:CodeList", attribute(codelist_ref, "CodeListOID"))
        numeric = data_type in ("integer", "float")
        if codelist is not None and numeric != (
            attribute(codelist, "DataType") in ("integer", "float")
        ):
            yield define.finding(
                item,
                "codelist-type",
                f"is {data_type} and its codelist {attribute(codelist, 'DataType')}",
                "Give both the same type.",
            )
    origins = children(item, "def:Origin")
    inherits = attribute(item, "OID") in above.origins
    if not origins and not inherits and child(item, "def:ValueListRef") is None:
        yield define.finding(
            item,
            "missing-origin",
            "has no def:Origin",
            "Say where it comes from.",
            "warning",
        )
    for origin in origins:
        yield from _check_origin(define, item, origin)


def _check_origin(
    define: DefineXml, item: etree._Element, origin: etree._Element
) -> Iterator[Finding]:
    kind, said = attribute(origin, "Type"), words(origin)
    if kind == "Predecessor" and not _SOURCE_VARIABLE.search(said):
        yield define.finding(
            item,
            "predecessor-without-source",
            "has a predecessor that is not named",
            "Name it as DATASET.VARIABLE in the description of the origin.",
        )
    if (
        kind == "Collected"
        and attribute(origin, "Source") != "Vendor"
        and not said
        and child(origin, "def:DocumentRef") is None
    ):
        yield define.finding(
            item,
            "collected-without-page",
            "is collected, with neither a page of the CRF nor a statement",
            "Name the page, or state how it was collected.",
            "warning",
        )


def _check_blank(define: DefineXml, element: etree._Element) -> Iterator[Finding]:
    for name, value in element.attrib.items():
        if not str(value).strip():
            key = short_name(str(name))
            if key in _NEVER_BLANK or (name_of(element), key) in _NEVER_BLANK_IN:
                yield define.finding(
                    element, "blank-attribute", f"has a blank {key}", "Fill it, or leave it out."
                )


def _check_pages(define: DefineXml, page: etree._Element) -> Iterator[Finding]:
    refs = attribute(page, "PageRefs").split()
    ends = [attribute(page, "FirstPage"), attribute(page, "LastPage")]
    numbered = attribute(page, "Type") == "PhysicalRef"
    if not refs and not all(ends):
        yield Finding(
            define.where(page),
            "page-reference",
            "PDFPageRef names no page",
            "Fill PageRefs, or FirstPage and LastPage.",
        )
    elif numbered and not all(whole_number(ref) for ref in refs):
        yield Finding(
            define.where(page),
            "page-reference",
            f"PDFPageRef names the physical pages {' '.join(refs)}, which are not all numbers",
            "Give page numbers separated by blanks, or use NamedDestination.",
        )
