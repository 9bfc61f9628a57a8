"""References inside a define.xml: each resolves, each definition is used, each OID is unique."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from mg_cdisc.define.read import (
    DefineXml,
    attribute,
    child,
    children,
    elements,
    name_of,
    short_name,
)
from mg_cdisc.errors import Finding, nearest

# attribute that refers: element that it must name
REFERENCES: Mapping[str, str] = {
    "ItemOID": "odm:ItemDef",
    "def:ItemOID": "odm:ItemDef",
    "ItemGroupOID": "odm:ItemGroupDef",
    "CodeListOID": "odm:CodeList",
    "RoleCodeListOID": "odm:CodeList",
    "MethodOID": "odm:MethodDef",
    "ValueListOID": "def:ValueListDef",
    "WhereClauseOID": "def:WhereClauseDef",
    "def:CommentOID": "def:CommentDef",
    "def:StandardOID": "def:Standard",
    "def:ArchiveLocationID": "def:leaf",
    "leafID": "def:leaf",
    "ParameterOID": "odm:ItemDef",
}
# definitions that nothing needs to refer to
_FREE = frozenset(
    {
        "odm:Study",
        "odm:MetaDataVersion",
        "odm:ItemGroupDef",
        "def:Standard",
        "arm:ResultDisplay",
        "arm:AnalysisResult",
    }
)


def check_references(define: DefineXml) -> Iterator[Finding]:
    """Findings about OIDs: duplicate, unresolved, unused."""
    used: set[tuple[str, str]] = set()
    for element in elements(define.root):
        for key, value in element.attrib.items():
            target = REFERENCES.get(short_name(str(key)))
            if target is not None:
                oid = str(value)
                used.add((target, oid))
                if define.find(target, oid) is None:
                    yield _unresolved(define, element, short_name(str(key)), target, oid)
    yield from _check_definitions(define, used)
    yield from _check_where_items(define)


def _unresolved(
    define: DefineXml, element: etree._Element, key: str, target: str, oid: str
) -> Finding:
    named = attribute(element, "OID") or attribute(element, "ItemOID")
    user = f"{name_of(element).partition(':')[2]} {named}".strip()
    known = list(define.by_oid.get(target, {}))
    return Finding(
        define.where(element),
        "unresolved-reference",
        f"{user}: {key} is {oid}, and no {target.removeprefix('odm:')} has this identifier",
        nearest(oid, known) or f"Add the {target.removeprefix('odm:')}, or remove the reference.",
    )


def _check_definitions(define: DefineXml, used: set[tuple[str, str]]) -> Iterator[Finding]:
    seen: dict[str, etree._Element] = {}
    for element in elements(define.root):
        name = name_of(element)
        oid = attribute(element, "OID") or (attribute(element, "ID") if name == "def:leaf" else "")
        if not oid:
            continue
        if oid in seen:
            yield Finding(
                define.where(element),
                "duplicate-oid",
                f"{name.removeprefix('odm:')} {oid}: line {define.line(seen[oid])} already has"
                " this identifier",
                "Give each definition its own identifier.",
            )
            continue
        seen[oid] = element
        external = name == "odm:CodeList" and child(element, "odm:ExternalCodeList") is not None
        # a dictionary may be declared for its version alone
        if name not in _FREE and not external and (name, oid) not in used:
            yield Finding(
                define.where(element),
                "unused-definition",
                f"{name.removeprefix('odm:')} {oid} is not referred to",
                "Remove it, or refer to it where it applies.",
                level="warning",
            )


def _check_where_items(define: DefineXml) -> Iterator[Finding]:
    """A where-clause speaks of variables; of another dataset's only with a comment."""
    owners: dict[str, list[str]] = {}
    value_lists: dict[str, list[str]] = {}
    for group in define.all("odm:ItemGroupDef"):
        for ref in children(group, "odm:ItemRef"):
            oid = attribute(ref, "ItemOID")
            owners.setdefault(oid, []).append(attribute(group, "Name"))
            item = define.find("odm:ItemDef", oid)
            listed = child(item, "def:ValueListRef") if item is not None else None
            if listed is not None:
                value_lists.setdefault(attribute(listed, "ValueListOID"), []).append(oid)
    users: dict[str, set[str]] = {}
    for values in define.all("def:ValueListDef"):
        items = value_lists.get(attribute(values, "OID"), [])
        datasets = {name for oid in items for name in owners[oid]}
        for where in values.iterfind(".//{*}WhereClauseRef"):
            users.setdefault(attribute(where, "WhereClauseOID"), set()).update(datasets)
    for clause in define.all("def:WhereClauseDef"):
        oid = attribute(clause, "OID")
        foreign = False
        for check in children(clause, "odm:RangeCheck"):
            item_oid = attribute(check, "def:ItemOID")
            if item_oid not in owners and define.find("odm:ItemDef", item_oid) is not None:
                yield Finding(
                    define.where(check),
                    "where-item",
                    f"WhereClauseDef {oid}: {item_oid} is not a variable of any dataset",
                    "A condition names a variable, not a value level of it.",
                )
            elif oid in users and not users[oid] & set(owners.get(item_oid, users[oid])):
                foreign = True
        if foreign and not attribute(clause, "def:CommentOID"):
            yield Finding(
                define.where(clause),
                "where-comment",
                f"WhereClauseDef {oid} speaks of another dataset and has no comment",
                "Add a comment that says how the datasets are joined.",
            )
