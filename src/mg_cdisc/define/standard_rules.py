"""What a define.xml says beside the guide and the terminology that it names.

Datasets and variables are compared with the SDTMIG's facts (class, role, core), codes of codelists
and of terms with the terminology's. A version that is not at hand is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from mg_cdisc.define.read import DefineXml, attribute, child, children
from mg_cdisc.define.term_rules import terms
from mg_cdisc.errors import Finding, SpecError
from mg_cdisc.standards import Standard, load_standard
from mg_cdisc.terminology import Codelist, Terminology, load_terminology

_ONE_RECORD = ("DM", "ADSL")


def check_standards(define: DefineXml) -> Iterator[Finding]:
    """Findings about classes, roles, mandatory variables, and NCI codes."""
    for group in define.all("odm:ItemGroupDef"):
        yield from _check_dataset(define, group)
    for codelist in define.all("odm:CodeList"):
        yield from _check_codes(define, codelist)


def _check_dataset(define: DefineXml, group: etree._Element) -> Iterator[Finding]:
    name = attribute(group, "Name")
    if name in _ONE_RECORD and attribute(group, "Repeating") == "Yes":
        yield define.finding(
            group, "repeating-subject", f"({name}) is Repeating, and has one record for a subject",
            "Describe it as not repeating.", "warning",
        )  # fmt: skip
    standard = _standard(define, attribute(group, "def:StandardOID"))
    if standard is None or standard.kind != "SDTM":
        return
    domain = "SUPPQUAL" if name.startswith("SUPP") else attribute(group, "Domain") or name
    fact = standard.dataset(domain)
    if fact is None:
        return
    cls = child(group, "def:Class")
    said = attribute(cls, "Name") if cls is not None else ""
    if said and fact.define_class and said != fact.define_class:
        yield define.finding(
            group, "wrong-class", f"({name}) is of the class {said}, in the guide {fact.define_class}",
            "Give the class of the guide.",
        )  # fmt: skip
    facts = {each.name: each for each in standard.variables(domain)}
    for ref in children(group, "odm:ItemRef"):
        item = define.find("odm:ItemDef", attribute(ref, "ItemOID"))
        known = facts.get(attribute(item, "Name")) if item is not None else None
        if known is None:
            continue
        role = attribute(ref, "Role")
        if role and known.role and role.casefold() != known.role.casefold():
            yield define.finding(
                ref, "wrong-role", f"({name}.{known.name}) has the role {role}, in the guide {known.role}",
                "Give the role of the guide.", "warning",
            )  # fmt: skip
        if known.core == "Req" and attribute(ref, "Mandatory") == "No":
            yield define.finding(
                ref, "required-not-mandatory",
                f"({name}.{known.name}) is not Mandatory, and the guide requires it in every record",
                "Say Mandatory Yes.", "warning",
            )  # fmt: skip


def _check_codes(define: DefineXml, codelist: etree._Element) -> Iterator[Finding]:
    """The NCI codes of a codelist and its terms are those of the terminology that it names."""
    terminology = _terminology(define, attribute(codelist, "def:StandardOID"))
    code = _nci(codelist)
    published = terminology.codelist(code) if terminology is not None and code else None
    if terminology is None or not code:
        return
    if published is None:
        yield define.finding(
            codelist, "codelist-code",
            f"has the code {code}, which {terminology.kind} terminology {terminology.version} has not",
            "Give the code of the codelist.",
        )  # fmt: skip
        return
    told = [(attribute(each, "CodedValue"), _nci(each)) for each in terms(codelist)]
    coded = [(value, its) for value, its in told if its]
    if coded and not any(value in published.terms for value, _ in coded):
        yield define.finding(
            codelist, "codelist-code",
            f"has the code {code} of {published.short_name}, which has none of its terms",
            "Give the code of the codelist.",
        )  # fmt: skip
        return
    for value, its in coded:
        yield from _check_code(define, codelist, published, value, its)


def _check_code(
    define: DefineXml, codelist: etree._Element, published: Codelist, value: str, code: str
) -> Iterator[Finding]:
    term = published.terms.get(value)
    if term is None or term.code != code:
        right = f"whose code is {term.code}" if term else f"which {published.short_name} has not"
        yield define.finding(
            codelist,
            "term-code",
            f"gives {value} the code {code}, {right}",
            "Give the term's NCI code.",
        )


def _nci(element: etree._Element) -> str:
    for alias in children(element, "odm:Alias"):
        if attribute(alias, "Context") == "nci:ExtCodeID":
            return attribute(alias, "Name")
    return ""


def _named(define: DefineXml, oid: str) -> etree._Element | None:
    return define.find("def:Standard", oid) if oid else None


def _standard(define: DefineXml, oid: str) -> Standard | None:
    said = _named(define, oid)
    if said is None or attribute(said, "Type") != "IG":
        return None
    try:
        return load_standard(attribute(said, "Name"), attribute(said, "Version"))
    except SpecError:  # another rule tells of versions that there are not
        return None


def _terminology(define: DefineXml, oid: str) -> Terminology | None:
    said = _named(define, oid)
    if said is None or attribute(said, "Type") != "CT":
        return None
    try:
        return load_terminology(attribute(said, "PublishingSet"), attribute(said, "Version"))
    except SpecError:
        return None
