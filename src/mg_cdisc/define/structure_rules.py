"""What Define-XML 2.1 asks of standards, datasets and value levels beside one another.

A dataset's purpose, domain and class are those of the standard that it follows; a file is that of
one dataset; a value level describes a part of its variable's values, and no other kind of them.

Rule: Define-XML 2.1, sections 4.3 (value-level metadata), 5.3.5 (Standards) and 5.3.9 (ItemGroupDef).
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from mg_cdisc.define.read import DefineXml, attribute, child, children, whole_number
from mg_cdisc.define.term_rules import codes
from mg_cdisc.errors import Finding, one_of

_NUMERIC = ("integer", "float")
_TABULATION = ("SDTM", "SEND")
_CLASSES = {
    "Tabulation": (
        "TRIAL DESIGN", "SPECIAL PURPOSE", "INTERVENTIONS", "EVENTS", "FINDINGS", "FINDINGS ABOUT",
        "RELATIONSHIP", "STUDY REFERENCE", "GENERAL OBSERVATION CLASS",
    ),
    "Analysis": (
        "SUBJECT LEVEL ANALYSIS DATASET", "BASIC DATA STRUCTURE", "OCCURRENCE DATA STRUCTURE",
        "REFERENCE DATA STRUCTURE", "DEVICE LEVEL ANALYSIS DATASET",
        "MEDICAL DEVICE BASIC DATA STRUCTURE", "MEDICAL DEVICE OCCURRENCE DATA STRUCTURE",
        "ADAM OTHER",
    ),
}  # fmt: skip
_PARENTS = {
    "ADVERSE EVENT": ("OCCURRENCE DATA STRUCTURE", "MEDICAL DEVICE OCCURRENCE DATA STRUCTURE"),
    "TIME-TO-EVENT": ("BASIC DATA STRUCTURE", "MEDICAL DEVICE BASIC DATA STRUCTURE"),
    "NON-COMPARTMENTAL ANALYSIS": ("BASIC DATA STRUCTURE",),
    "POPULATION PHARMACOKINETIC ANALYSIS": ("BASIC DATA STRUCTURE",),
}
"""Classes of which a subclass can be, of the published subclasses."""


def check_structure(define: DefineXml) -> Iterator[Finding]:
    """Findings about standards, datasets of a wrong kind, shared files and value levels."""
    yield from _check_standards(define)
    names: dict[str, etree._Element] = {}
    files: dict[str, etree._Element] = {}
    for group in define.all("odm:ItemGroupDef"):
        yield from _check_kind(define, group)
        name = attribute(group, "Name")
        if name in names:
            what = f"is named {name}, as the dataset in line {define.line(names[name])}"
            yield define.finding(
                group, "duplicate-dataset", what, "Give each dataset its own name."
            )
        names.setdefault(name, group)
        leaf = child(group, "def:leaf")
        file = attribute(leaf, "xlink:href") if leaf is not None else ""
        if file and file in files:
            what = f"has the file {file}, as {attribute(files[file], 'OID')}"
            yield define.finding(group, "duplicate-file", what, "Name the file of each dataset.")
        files.setdefault(file, group)
        yield from _check_levels(define, group)


def _check_standards(define: DefineXml) -> Iterator[Finding]:
    standards = list(define.by_oid.get("def:Standard", {}).values())
    if not any(attribute(each, "Type") == "IG" for each in standards):
        yield define.finding(
            define.version, "missing-standard", "names no implementation guide",
            "Add the def:Standard of the guide that the datasets follow.",
        )  # fmt: skip
    for each in standards:
        if attribute(each, "Type") == "CT" and not attribute(each, "PublishingSet"):
            yield define.finding(
                each, "publishing-set", "is terminology without PublishingSet",
                "Say whose terminology it is: SDTM, ADaM, DEFINE-XML.",
            )  # fmt: skip
    for codelist in define.all("odm:CodeList"):
        standard = define.find("def:Standard", attribute(codelist, "def:StandardOID"))
        if standard is not None and attribute(standard, "Type") != "CT":
            yield define.finding(
                codelist, "codelist-standard",
                f"is said to be of {attribute(standard, 'OID')}, which is no terminology",
                "Name the terminology package that has the codelist.",
            )  # fmt: skip


def _check_kind(define: DefineXml, group: etree._Element) -> Iterator[Finding]:
    """Purpose, domain, class and reference data of a dataset."""
    purpose = attribute(group, "Purpose")
    standard = define.find("def:Standard", attribute(group, "def:StandardOID"))
    if standard is not None:
        guide = attribute(standard, "Name")
        if attribute(standard, "Type") != "IG":
            yield define.finding(
                group, "dataset-standard",
                f"is said to follow {attribute(standard, 'OID')}, which is no guide",
                "Name the implementation guide.",
            )  # fmt: skip
        else:
            meant = "Tabulation" if guide.startswith(_TABULATION) else "Analysis"
            if purpose != meant and purpose in _CLASSES:
                yield define.finding(
                    group, "dataset-purpose", f"follows {guide} and has the purpose {purpose}",
                    f"Its purpose is {meant}.",
                )  # fmt: skip
    if purpose == "Tabulation" and not attribute(group, "Domain"):
        yield define.finding(
            group, "missing-domain", "is a tabulation dataset without Domain", "Add the domain."
        )
    found = child(group, "def:Class")
    name = attribute(found, "Name") if found is not None else ""
    other = next((each for kind, each in _CLASSES.items() if kind != purpose), ())
    if purpose in _CLASSES and name in other and name not in _CLASSES[purpose]:
        yield define.finding(
            group, "dataset-class", f"has the purpose {purpose} and the class {name}",
            f"Classes of it: {one_of(_CLASSES[purpose])}.",
        )  # fmt: skip
    for sub in children(found, "def:SubClass") if found is not None else ():
        parents = _PARENTS.get(attribute(sub, "Name"), ())
        if parents and name not in parents:
            yield define.finding(
                group, "dataset-class",
                f"is of the class {name} with the subclass {attribute(sub, 'Name')}",
                f"It is a subclass of {one_of(parents)}.",
            )  # fmt: skip
    reference = attribute(group, "IsReferenceData") == "Yes"
    names = [attribute(item, "Name") for _, item in _items(define, group)]
    if name == "TRIAL DESIGN" and not reference:
        yield define.finding(
            group, "reference-data", "is of the class TRIAL DESIGN and not IsReferenceData",
            "The design of a trial is reference data.",
        )  # fmt: skip
    elif reference and "USUBJID" in names:
        yield define.finding(
            group, "reference-data", "is IsReferenceData and has USUBJID",
            "What is of subjects is no reference data.",
        )  # fmt: skip


def _items(
    define: DefineXml, parent: etree._Element
) -> list[tuple[etree._Element, etree._Element]]:
    refs = children(parent, "odm:ItemRef")
    found = [(ref, define.find("odm:ItemDef", attribute(ref, "ItemOID"))) for ref in refs]
    return [(ref, item) for ref, item in found if item is not None]


def _check_levels(define: DefineXml, group: etree._Element) -> Iterator[Finding]:
    """Value lists: where one is needed, and whether the levels suit their variable."""
    for ref, item in _items(define, group):
        listed = child(item, "def:ValueListRef")
        if listed is None:
            supplemental = attribute(group, "Name").startswith("SUPP")
            if supplemental and attribute(item, "Name") == "QVAL":
                yield define.finding(
                    ref, "missing-value-list", "is QVAL without a value list",
                    "Describe the values of each QNAM.",
                )  # fmt: skip
            continue
        values = define.find("def:ValueListDef", attribute(listed, "ValueListOID"))
        if values is not None:
            for _, level in _items(define, values):
                yield from _check_level(define, item, level)


def _check_level(
    define: DefineXml, item: etree._Element, level: etree._Element
) -> Iterator[Finding]:
    whole, part = attribute(item, "DataType"), attribute(level, "DataType")
    oid = attribute(item, "OID")
    if whole in _NUMERIC and (part not in _NUMERIC or (whole, part) == ("integer", "float")):
        yield define.finding(
            level, "level-type", f"is {part}, and its variable {oid} is {whole}",
            "A value level describes some of the variable's values: its type is the variable's, or"
            " narrower.",
        )  # fmt: skip
    length, room = (whole_number(attribute(each, "Length")) for each in (level, item))
    if whole == part == "text" and length is not None and room is not None and length > room:
        yield define.finding(
            level, "level-length", f"has Length {length}, and its variable {oid} has {room}",
            "No value is longer than the variable.",
        )  # fmt: skip
    coded, known = codes(define, level), codes(define, item)
    lacking = [each for each in coded or () if known is not None and each not in known]
    if lacking:
        yield define.finding(
            level, "level-term",
            f"has {one_of(lacking, 5)}, which the codelist of its variable {oid} lacks",
            "Add the term to the variable's codelist, or take it out here.",
        )  # fmt: skip
