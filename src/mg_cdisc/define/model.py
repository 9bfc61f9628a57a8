"""What a define.xml says, as plain objects in the order and with the identifiers it has there.

The objects mirror the elements of Define-XML 2.1, so that the template only writes them down. An
empty text or None means that the attribute or element is absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mg_cdisc.dataset import Term

Kind = Literal["sdtm", "adam"]


@dataclass(frozen=True, slots=True)
class StandardDef:
    """def:Standard: an implementation guide or a terminology package."""

    oid: str
    name: str
    type: str
    version: str
    status: str
    publishing_set: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """def:leaf: a file beside define.xml."""

    id: str
    href: str
    title: str


@dataclass(frozen=True, slots=True)
class PageRef:
    """def:PDFPageRef: pages of a document, by number or by named destination."""

    pages: str
    type: Literal["PhysicalRef", "NamedDestination"]


def pages_of(pages: Sequence[str]) -> tuple[PageRef, ...]:
    """Pages by number, then by named destination.

    >>> pages_of(["3", "Table1", "4"])[0]
    PageRef(pages='3 4', type='PhysicalRef')
    """
    numbered = [page for page in pages if page.isdecimal()]
    named = [page for page in pages if not page.isdecimal()]
    made = [PageRef(" ".join(numbered), "PhysicalRef")] if numbered else []
    made += [PageRef(" ".join(named), "NamedDestination")] if named else []
    return tuple(made)


@dataclass(frozen=True, slots=True)
class OriginDef:
    """def:Origin of an item; ``leaf`` and ``pages`` point into the annotated CRF."""

    type: str
    source: str = ""
    description: str = ""
    leaf: str = ""
    pages: tuple[PageRef, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemRef:
    """A variable in its dataset, or one value level in its value list (then with ``where``)."""

    item: str
    order: int
    mandatory: bool
    key_sequence: int | None = None
    role: str = ""
    method: str = ""
    non_standard: bool = False
    has_no_data: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class ItemDef:
    """A variable, or one value level of a variable."""

    oid: str
    name: str
    data_type: str
    length: int | None
    significant_digits: int | None
    sas_field: str
    display_format: str
    comment: str
    label: str
    codelist: str
    origins: tuple[OriginDef, ...]
    value_list: str = ""


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """ItemGroupDef: a dataset. ``standard`` is empty for a dataset of no standard."""

    oid: str
    name: str
    domain: str
    label: str
    repeating: bool
    reference_data: bool
    purpose: str
    structure: str
    class_name: str
    subclass: str
    standard: str
    comment: str
    leaf: Leaf | None
    domain_label: str
    items: tuple[ItemRef, ...]


@dataclass(frozen=True, slots=True)
class ValueList:
    """def:ValueListDef: the value levels of one variable."""

    oid: str
    items: tuple[ItemRef, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """RangeCheck of a where-clause."""

    item: str
    comparator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhereClause:
    """def:WhereClauseDef: all of its checks hold together."""

    oid: str
    checks: tuple[Check, ...]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class CodeListDef:
    """CodeList: terms with decodes, enumerated terms, or an external dictionary."""

    oid: str
    name: str
    data_type: str
    standard: str
    comment: str
    code: str
    decoded: bool
    terms: tuple[Term, ...]
    dictionary: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class MethodDef:
    """MethodDef: the sentence, and the formal expression of the same steps."""

    oid: str
    name: str
    type: str
    text: str
    expression: str
    context: str


@dataclass(frozen=True, slots=True)
class CommentDef:
    """def:CommentDef."""

    oid: str
    text: str


@dataclass(frozen=True, slots=True)
class AnalysisDatasetDef:
    """arm:AnalysisDataset."""

    item_group: str
    where: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResultDef:
    """arm:AnalysisResult; ``comment`` is of its AnalysisDatasets."""

    oid: str
    description: str
    parameter: str
    reason: str
    purpose: str
    comment: str
    datasets: tuple[AnalysisDatasetDef, ...]
    documentation: str
    code: str
    context: str


@dataclass(frozen=True, slots=True)
class DisplayDef:
    """arm:ResultDisplay."""

    oid: str
    name: str
    description: str
    leaf: str
    pages: tuple[PageRef, ...]
    results: tuple[ResultDef, ...]


@dataclass(frozen=True, slots=True)
class Define:
    """A whole define.xml; the fields stand in the order of the elements."""

    file_oid: str
    created: str
    originator: str
    language: str
    study_oid: str
    study_name: str
    study_description: str
    protocol_name: str
    version_oid: str
    version_name: str
    comment: str
    standards: tuple[StandardDef, ...]
    annotated_crf: str
    documents: tuple[str, ...]
    value_lists: tuple[ValueList, ...]
    where_clauses: tuple[WhereClause, ...]
    item_groups: tuple[ItemGroup, ...]
    items: tuple[ItemDef, ...]
    codelists: tuple[CodeListDef, ...]
    methods: tuple[MethodDef, ...]
    comments: tuple[CommentDef, ...]
    leaves: tuple[Leaf, ...]
    displays: tuple[DisplayDef, ...] = ()
