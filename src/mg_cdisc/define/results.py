"""Analysis Results Metadata of any define.xml: by itself, and beside the datasets it speaks of.

Rule: Analysis Results Metadata 1.0 for Define-XML 2. That each reference resolves is asked in
``references``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from lxml import etree

from mg_cdisc.define.comparison import About, Comparison
from mg_cdisc.define.read import DefineXml, attribute, child, children, elements, name_of, words
from mg_cdisc.define.value_lists import conditions_of
from mg_cdisc.define.where import match
from mg_cdisc.errors import Finding
from mg_cdisc.frame import Column

PARAMETER = "PARAMCD"


def check_results(define: DefineXml) -> Iterator[Finding]:
    """Findings about displays and results: their datasets, variables, parameters and texts."""
    for display in _of(define, "arm:ResultDisplay"):
        yield from _check_text(define, display)
        for result in children(display, "arm:AnalysisResult"):
            yield from _check_text(define, result)
            yield from _check_result(define, result)


def _of(define: DefineXml, name: str) -> list[etree._Element]:
    return [each for each in elements(define.version) if name_of(each) == name]


def _check_text(define: DefineXml, element: etree._Element) -> Iterator[Finding]:
    if child(element, "odm:Description") is not None and not words(element):
        yield define.finding(element, "empty-text", "has no description", "Say what it shows.")


def _check_result(define: DefineXml, result: etree._Element) -> Iterator[Finding]:
    used = child(result, "arm:AnalysisDatasets")
    datasets = children(used, "arm:AnalysisDataset") if used is not None else []
    known: set[str] = set()
    for dataset in datasets:
        group = define.find("odm:ItemGroupDef", attribute(dataset, "ItemGroupOID"))
        if group is None:
            continue
        own = {attribute(ref, "ItemOID") for ref in children(group, "odm:ItemRef")}
        known |= own
        yield from _check_where(define, result, dataset, own)
        for variable in children(dataset, "arm:AnalysisVariable"):
            oid = attribute(variable, "ItemOID")
            if oid not in own and define.find("odm:ItemDef", oid) is not None:
                yield define.finding(
                    result, "result-variable",
                    f"analyses {oid}, which is no variable of {attribute(group, 'Name')}",
                    "Name a variable of the dataset.",
                )  # fmt: skip
    parameter = define.find("odm:ItemDef", attribute(result, "ParameterOID"))
    if parameter is not None:
        oid = attribute(parameter, "OID")
        if attribute(parameter, "Name") != PARAMETER or (known and oid not in known):
            yield define.finding(
                result, "result-parameter",
                f"has ParameterOID {oid}, which is no {PARAMETER} of its datasets",
                f"Name {PARAMETER} of the dataset that is analysed, or leave it out.",
            )  # fmt: skip
    if used is not None and len(datasets) > 1 and not attribute(used, "def:CommentOID"):
        yield define.finding(
            result, "result-join", f"is of {len(datasets)} datasets and has no comment on them",
            "Add a comment that says how the datasets are joined.", "warning",
        )  # fmt: skip


def _check_where(
    define: DefineXml, result: etree._Element, dataset: etree._Element, own: Collection[str]
) -> Iterator[Finding]:
    """A where-clause speaks of variables of the dataset; of another's only with a comment."""
    where = child(dataset, "def:WhereClauseRef")
    oid = attribute(where, "WhereClauseOID") if where is not None else ""
    clause = define.find("def:WhereClauseDef", oid)
    if clause is None or attribute(clause, "def:CommentOID"):
        return
    for check in children(clause, "odm:RangeCheck"):
        item = attribute(check, "def:ItemOID")
        if item not in own and define.find("odm:ItemDef", item) is not None:
            yield define.finding(
                result, "result-where",
                f"has where-clause {oid}, which asks for {item} of another dataset",
                "Use the dataset's own variables, or say in a comment of the where-clause how the "
                "datasets are joined.",
            )  # fmt: skip


def compare_results(comparison: Comparison) -> Iterator[Finding]:
    """Each dataset that is analysed has a file, and records that meet the where-clause."""
    define = comparison.define
    names = {attribute(group, "OID"): name for name, group in comparison.groups.items()}
    for result in _of(define, "arm:AnalysisResult"):
        for element in elements(result):
            if name_of(element) != "arm:AnalysisDataset":
                continue
            name = names.get(attribute(element, "ItemGroupOID"), "")
            written = comparison.datasets.get(name)
            where = child(element, "def:WhereClauseRef")
            if where is None or written is None:
                continue
            about = About(name, level=attribute(result, "OID"))
            columns: dict[str, Column] = {}
            oid = attribute(where, "WhereClauseOID")
            conditions = conditions_of(comparison, oid, name, written.frame, columns)
            if conditions is None:
                yield comparison.finding(
                    element, "where-unknown", about, "has a where-clause that cannot be followed",
                    "Name variables of the datasets, with a comparator and values.", "warning",
                )  # fmt: skip
            elif not np.count_nonzero(match(columns, written.frame.rows, [conditions]).counts):
                yield comparison.finding(
                    element, "unused-where", about, "has a where-clause that no record satisfies",
                    "Correct the condition of the analysis.", "warning",
                )  # fmt: skip
