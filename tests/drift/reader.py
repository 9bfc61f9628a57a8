"""Define.xml against data, by readers of other people: lxml and pyreadstat, nothing of the package.

``differences`` gives every difference between a folder's define.xml and its transport files (and
Dataset-JSON files where they are there) in words; none for a package that does not drift.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyreadstat
from lxml import etree
from pypdf import PdfReader

ODM = "http://www.cdisc.org/ns/odm/v1.3"
DEF = "http://www.cdisc.org/ns/def/v2.1"
XLINK = "http://www.w3.org/1999/xlink"
NAMES = {"o": ODM, "d": DEF}
NUMERIC = ("integer", "float")
SHAPES = {
    "date": r"\d{4}-\d\d-\d\d",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "partialDate": r"\d{4}(-\d\d(-\d\d)?)?",
    "partialDatetime": r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?",
}
COMPARE = {
    "EQ": lambda value, checks: value == checks[0],
    "NE": lambda value, checks: value != checks[0],
    "IN": lambda value, checks: value in checks,
    "NOTIN": lambda value, checks: value not in checks,
    "LT": lambda value, checks: float(value) < float(checks[0]),
    "LE": lambda value, checks: float(value) <= float(checks[0]),
    "GT": lambda value, checks: float(value) > float(checks[0]),
    "GE": lambda value, checks: float(value) >= float(checks[0]),
}
RESULTS = ("ORRES", "STRESC", "STRESN")
"""Variables of a findings domain that hold a result."""
Row = dict[str, Any]
Element = etree._Element


@dataclass
class Table:
    """A transport file as read: its records and what it says of its variables."""

    names: list[str]
    labels: dict[str, str]
    types: dict[str, str]
    widths: dict[str, int]
    label: str
    rows: list[Row]
    encoding: str = "ascii"


@dataclass
class Offered:
    """What a study offers beside what is used: for each codelist name its terms."""

    terms: dict[str, set[str]] = field(default_factory=dict)


def read(path: Path) -> Table:
    """The records of a transport file; blank and missing as None."""
    frame, meta = pyreadstat.read_xport(str(path), disable_datetime_conversion=True)
    rows = [
        {name: _plain(value) for name, value in zip(meta.column_names, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]
    return Table(
        meta.column_names,
        {n: label or "" for n, label in meta.column_names_to_labels.items()},
        dict(meta.readstat_variable_types),
        dict(meta.variable_storage_width),
        meta.file_label or "",
        rows,
    )


@cache
def _variables(path: Path) -> list[str]:
    """The names of the variables of a transport file."""
    names: list[str] = pyreadstat.read_xport(str(path), metadataonly=True)[1].column_names
    return names


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value if value != "" else None


def without_levels(folder: Path) -> tuple[list[str], int]:
    """Results and qualifiers by test, parameter or QNAM that have no value levels; how many have."""
    root = etree.parse(folder / "define.xml").getroot()
    items = {each.get("OID"): each for each in root.xpath("//o:ItemDef", namespaces=NAMES)}
    lacking, having = [], 0
    for group in root.xpath("//o:ItemGroupDef", namespaces=NAMES):
        name = group.get("Name")
        table = read(folder / f"{name.lower()}.xpt")
        results = ["AVAL", "AVALC", "QVAL", *(f"{name}{each}" for each in RESULTS)]
        if not {"PARAMCD", f"{name}TESTCD", "QNAM"} & set(table.names):
            continue
        for ref in group.xpath("./o:ItemRef", namespaces=NAMES):
            item = items[ref.get("ItemOID")]
            variable = item.get("Name")
            if variable not in results or all(row[variable] is None for row in table.rows):
                continue
            if item.xpath("./d:ValueListRef", namespaces=NAMES):
                having += 1
            else:
                lacking.append(f"{name}.{variable}")
    return lacking, having


def shown(value: Any) -> str:
    """A value as define.xml writes it."""
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def differences(
    folder: Path, offered: Offered | None = None, given: Path | None = None
) -> list[str]:
    """Every difference between define.xml and the files beside it.

    ``given`` is the folder of tabulation datasets that were not built beside them.
    """
    return list(_Package(folder, offered, given or folder.parents[2] / "tabulations/sdtm").all())


class _Package:
    def __init__(self, folder: Path, offered: Offered | None, given: Path) -> None:
        self.folder, self.offered, self.given = folder, offered, given
        self.root = etree.parse(folder / "define.xml").getroot()
        self.items = self._by_oid("//o:ItemDef")
        self.lists = self._by_oid("//o:CodeList")
        self.methods = self._by_oid("//o:MethodDef")
        self.where = self._by_oid("//d:WhereClauseDef")
        self.value_lists = self._by_oid("//d:ValueListDef")
        self.comments = self._by_oid("//d:CommentDef")
        self.leaves = {each.get("ID"): each for each in self._find("//d:leaf")}
        self.tables: dict[str, Table] = {}
        self.used: dict[str, set[str]] = {}

    def _find(self, path: str, within: Element | None = None) -> list[Any]:
        found = (self.root if within is None else within).xpath(path, namespaces=NAMES)
        assert isinstance(found, list)
        return found

    def _by_oid(self, path: str) -> dict[str, Element]:
        return {each.get("OID"): each for each in self._find(path)}

    def _words(self, element: Element) -> str:
        return " ".join(self._find("./o:Description/o:TranslatedText/text()", element))

    def all(self) -> Iterator[str]:
        """Every difference."""
        yield from self.references()
        groups = self._find("//o:ItemGroupDef")
        for group in groups:
            leaf = self._find("./d:leaf", group)
            if leaf:
                self.tables[group.get("Name")] = read(self.folder / leaf[0].get(f"{{{XLINK}}}href"))
            elif group.get(f"{{{DEF}}}HasNoData") != "Yes":
                yield f"{group.get('Name')}: neither a file nor HasNoData"
        described = {
            group.get("Name").lower() for group in groups if group.get("Name") in self.tables
        }
        there = {path.stem for path in self.folder.glob("*.xpt")}
        if described != there:
            yield f"files {sorted(there)}, described {sorted(described)}"
        for group in groups:
            if group.get("Name") in self.tables:
                yield from self.dataset(group, self.tables[group.get("Name")])
        yield from self.lengths()
        yield from self.terms_used()

    # the file in itself

    def references(self) -> Iterator[str]:
        """Every reference finds what it names, and everything defined is named."""
        known = {"ItemOID": self.items, "MethodOID": self.methods, "CodeListOID": self.lists,
                 "WhereClauseOID": self.where, "ValueListOID": self.value_lists,
                 "CommentOID": self.comments, "ArchiveLocationID": self.leaves,
                 "leafID": self.leaves}  # fmt: skip
        standards = self._by_oid("//d:Standard")
        named: dict[str, set[str]] = {key: set() for key in known}
        for element in self.root.iter():
            for attribute, value in element.attrib.items():
                name = etree.QName(attribute).localname
                if name in known and isinstance(element.tag, str):
                    named[name].add(value)
                    if value not in known[name]:
                        yield f"{name} {value} is not defined"
                if name == "StandardOID" and value not in standards:
                    yield f"StandardOID {value} is not defined"
        for name, defined in known.items():
            if name not in ("ArchiveLocationID", "leafID"):
                for oid in sorted(set(defined) - named[name]):
                    yield f"{name} {oid} is named nowhere"
        crf = self._find("//d:AnnotatedCRF/d:DocumentRef/@leafID")
        if crf:
            path = self.folder / self.leaves[crf[0]].get(f"{{{XLINK}}}href")
            pages = len(PdfReader(path).pages)
            for refs in self._find("//d:PDFPageRef[@Type='PhysicalRef']/@PageRefs"):
                for page in refs.split():
                    if not 1 <= int(page) <= pages:
                        yield f"page {page} of {path.name}, which has {pages}"

    # define.xml against a file

    def dataset(self, group: Element, table: Table) -> Iterator[str]:
        """One dataset: its variables, keys, value levels and its Dataset-JSON file."""
        name = group.get("Name")
        refs = sorted(self._find("./o:ItemRef", group), key=lambda ref: int(ref.get("OrderNumber")))
        described = [self.items[ref.get("ItemOID")].get("Name") for ref in refs]
        if described != table.names:
            yield f"{name}: variables {described}, in the file {table.names}"
            return
        if self._words(group) != table.label:
            yield f"{name}: label {self._words(group)!r}, in the file {table.label!r}"
        if not table.rows:
            yield f"{name}: a file without records"
        for ref, variable in zip(refs, table.names, strict=True):
            item = self.items[ref.get("ItemOID")]
            yield from self.variable(f"{name}.{variable}", ref, item, table)
        keyed = sorted(
            (int(ref.get("KeySequence")), each)
            for ref, each in zip(refs, described, strict=True) if ref.get("KeySequence")
        )  # fmt: skip
        keys = [[_rank(row[key]) for _, key in keyed] for row in table.rows]
        if [number for number, _ in keyed] != list(range(1, len(keyed) + 1)) or not keyed:
            yield f"{name}: key sequence {keyed}"
        if any(one >= other for one, other in pairwise(keys)):
            yield f"{name}: records are not in order of {[key for _, key in keyed]}, or alike in it"
        for key in ("STUDYID", "USUBJID"):
            if key in table.names and key not in [each for _, each in keyed] and key == "STUDYID":
                yield f"{name}: {key} is no key"
        yield from self.dataset_json(group, refs, table)

    def variable(self, place: str, ref: Element, item: Element, table: Table) -> Iterator[str]:
        """One variable: label, type, storage, values, origin, and its value levels."""
        name = item.get("Name")
        values = [row[name] for row in table.rows]
        blank = all(value is None for value in values)
        if self._words(item) != table.labels[name]:
            yield f"{place}: label {self._words(item)!r}, in the file {table.labels[name]!r}"
        numeric = item.get("DataType") in NUMERIC
        if numeric != (table.types[name] == "double"):
            yield f"{place}: {item.get('DataType')}, in the file {table.types[name]}"
        if item.get("DataType") == "text" and int(item.get("Length")) != table.widths[name]:
            yield f"{place}: length {item.get('Length')}, in the file {table.widths[name]}"
        if (ref.get(f"{{{DEF}}}HasNoData") == "Yes") != blank:
            yield f"{place}: HasNoData is {ref.get(f'{{{DEF}}}HasNoData')}, blank {blank}"
        if ref.get("Mandatory") == "Yes" and any(value is None for value in values):
            yield f"{place}: mandatory, and blank in some record"
        yield from self.values(place, item, values)
        levels = self._find("./d:ValueListRef/@ValueListOID", item)
        yield from self.origin(place, ref, item, bool(levels))
        if levels:
            yield from self.levels(place, name, self.value_lists[levels[0]], table)

    def values(self, place: str, item: Element, values: list[Any]) -> Iterator[str]:
        """Values against type, length, digits and codelist."""
        kind, length = item.get("DataType"), item.get("Length")
        used = {shown(value) for value in values if value is not None}
        if kind in ("text", *NUMERIC) and not length:
            yield f"{place}: {kind} without a length"
            return
        for value in sorted(used):
            if kind == "text" and len(value.encode()) > int(length):
                yield f"{place}: {value!r} is longer than {length}"
            elif kind == "integer" and not re.fullmatch(rf"[+-]?\d{{1,{length}}}", value):
                yield f"{place}: {value!r} is no integer of {length} digits"
            elif kind == "float":
                number = re.fullmatch(r"[+-]?(\d*)\.?(\d*)", value)
                if not number or len(number[2]) > int(item.get("SignificantDigits")) or (
                    len(value.lstrip("+-")) > int(length)
                ):  # fmt: skip
                    yield f"{place}: {value!r} is no float of {length}"
            elif kind in SHAPES and not re.fullmatch(SHAPES[kind], value):
                yield f"{place}: {value!r} is no {kind}"
        for oid in self._find("./o:CodeListRef/@CodeListOID", item):
            self.used.setdefault(oid, set()).update(used)
            terms = self._terms(oid)
            if terms is not None:
                for value in sorted(used - set(terms)):
                    yield f"{place}: {value!r} is not in {oid}"

    def _terms(self, oid: str) -> list[str] | None:
        """The terms of a codelist; None of a dictionary."""
        if self._find("./o:ExternalCodeList", self.lists[oid]):
            return None
        return self._find(
            "./o:CodeListItem/@CodedValue|./o:EnumeratedItem/@CodedValue", self.lists[oid]
        )

    def terms_used(self) -> Iterator[str]:
        """No term of a codelist that is neither used nor offered."""
        for oid, element in self.lists.items():
            terms = self._terms(oid) or []
            if len(set(terms)) != len(terms):
                yield f"{oid}: a term stands twice"
            if self.offered is not None:
                name = oid.removeprefix("CL.").split(".")[0]
                offered = self.offered.terms.get(name, set())
                for term in terms:
                    if term not in self.used.get(oid, set()) | offered:
                        yield f"{oid}: {term!r} is neither used nor offered"
            ranks = self._find("./*/@Rank", element)
            if ranks and len(ranks) != len(terms):
                yield f"{oid}: a rank for some terms only"

    def lengths(self) -> Iterator[str]:
        """A text variable is as long as its longest value in any dataset that carries it.

        What a supplemental dataset says of its parent has nothing to do with that of another.
        """
        longest: dict[tuple[str, str], int] = {}
        for dataset, table in self.tables.items():
            for name in table.names:
                if table.types[name] == "string":
                    key = (_apart(dataset, table, name), name)
                    most = max(len(shown(row[name]).encode()) for row in table.rows)
                    longest[key] = max(longest.get(key, 1), most)
        for dataset, table in self.tables.items():
            for name in table.names:
                most = longest.get((_apart(dataset, table, name), name), table.widths[name])
                if table.widths[name] != most:
                    yield f"{dataset}.{name}: stored in {table.widths[name]} bytes, longest {most}"

    def origin(self, place: str, ref: Element, item: Element, has_levels: bool) -> Iterator[str]:
        """Origins say what they must, and a method stands where something is derived."""
        origins = self._find("./d:Origin", item)
        if not origins and not has_levels:
            yield f"{place}: no origin"
        for each in origins:
            kind, words = each.get("Type"), self._words(each)
            if kind == "Derived" and not ref.get("MethodOID"):
                yield f"{place}: derived without a method"
            if kind == "Collected" and not words and not self._find(".//d:PDFPageRef", each):
                yield f"{place}: collected, and neither a page nor words"
            if kind == "Predecessor":
                dataset, _, variable = words.partition(".")
                if variable not in self.names_of(dataset):
                    yield f"{place}: predecessor {words!r} is no variable"
        for oid in filter(None, [ref.get("MethodOID")]):
            if not self._words(self.methods[oid]).strip():
                yield f"{place}: a method without words"

    def names_of(self, dataset: str) -> list[str]:
        """The variables of a dataset of this package, or of the tabulations that it is made of."""
        if dataset in self.tables:
            return self.tables[dataset].names
        files = sorted(self.given.glob(f"{dataset.lower()}*.xpt"))  # several of a split one
        return _variables(files[0]) if dataset and files else []

    # value levels

    def levels(self, place: str, name: str, value_list: Element, table: Table) -> Iterator[str]:
        """Each record in exactly one value level, and every level with what it says of it."""
        refs = self._find("./o:ItemRef", value_list)
        meant: list[list[int]] = [[] for _ in table.rows]
        for number, ref in enumerate(refs):
            clause = self.where[self._find("./d:WhereClauseRef/@WhereClauseOID", ref)[0]]
            rows = []
            for at, row in enumerate(table.rows):
                if all(self.holds(check, row) for check in self._find("./o:RangeCheck", clause)):
                    meant[at].append(number)
                    rows.append(row)
            item = self.items[ref.get("ItemOID")]
            level = f"{place} {clause.get('OID')}"
            if not rows:
                yield f"{level}: no record"
            blank = all(row[name] is None for row in rows)
            if (ref.get(f"{{{DEF}}}HasNoData") == "Yes") != blank:
                yield f"{level}: HasNoData is {ref.get(f'{{{DEF}}}HasNoData')}, blank {blank}"
            yield from self.values(level, item, [row[name] for row in rows])
            yield from self.origin(level, ref, item, False)
        for at, found in enumerate(meant):
            if len(found) != 1:
                yield f"{place}: record {at + 1} is in {len(found)} value levels"
                return

    def holds(self, check: Element, row: Row) -> bool:
        """Whether a record meets a range check."""
        variable = self.items[check.get(f"{{{DEF}}}ItemOID")].get("Name")
        values = self._find("./o:CheckValue/text()", check) or [""]
        return COMPARE[check.get("Comparator")](shown(row[variable]), values)

    # Dataset-JSON

    def dataset_json(self, group: Element, refs: list[Element], table: Table) -> Iterator[str]:
        """The Dataset-JSON file of the same name says the same."""
        name = group.get("Name")
        path = self.folder / f"{name.lower()}.json"
        if not path.is_file():
            return
        made = json.loads(path.read_text(encoding="utf-8"))
        if made["records"] != len(made["rows"]) or len(made["rows"]) != len(table.rows):
            yield f"{path.name}: {made['records']} records, {len(table.rows)} in the transport file"
            return
        told = [(each["itemOID"], each["name"], each["label"]) for each in made["columns"]]
        wanted = [
            (ref.get("ItemOID"), item.get("Name"), self._words(item))
            for ref in refs for item in [self.items[ref.get("ItemOID")]]
        ]  # fmt: skip
        if told != wanted:
            yield f"{path.name}: columns {told}, described {wanted}"
            return
        for column in made["columns"]:
            item = self.items[column["itemOID"]]
            length = int(item.get("Length")) if item.get("Length") else None
            if not column["dataType"].startswith("date") and column.get("length") != length:
                yield f"{path.name}: length of {column['name']} {column.get('length')}"
        dated = {
            each["name"] for each in made["columns"] if each.get("targetDataType") == "integer"
        }
        for row, other in zip(made["rows"], table.rows, strict=True):
            for value, name_ in zip(row, table.names, strict=True):
                mine = other[name_]
                if name_ in dated and value:
                    value = _since_1960(value)
                if (value or None) != mine and not (value == 0 == mine):
                    yield f"{path.name}: {name_} {value!r}, in the transport file {mine!r}"


def _since_1960(text: str) -> float:
    """An ISO date as days, a date and time as seconds since 1960, as transport files count."""
    passed = datetime.fromisoformat(text) - datetime(1960, 1, 1)
    return passed.total_seconds() if "T" in text else float(passed.days)


def _apart(dataset: str, table: Table, name: str) -> str:
    return dataset if "QNAM" in table.names and name not in ("STUDYID", "USUBJID") else ""


def _rank(value: Any) -> tuple[int, float, bytes]:
    """Missing first, numbers by size, texts by their bytes."""
    if value is None:
        return (0, 0.0, b"")
    return (1, value, b"") if isinstance(value, float) else (1, 0.0, str(value).encode())
