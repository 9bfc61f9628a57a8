"""Comparing a define.xml with the datasets it describes, whoever wrote either.

The two are read independently: the define.xml by its elements, the datasets by their transport
files. Every difference is a finding with the line of the definition that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from lxml import etree

from mg_cdisc.define.compare_json import compare_json
from mg_cdisc.define.comparison import About, Comparison, WrittenDataset, WrittenVariable
from mg_cdisc.define.read import DefineXml, attribute, child, read_define, words
from mg_cdisc.define.results import compare_results
from mg_cdisc.define.value_lists import compare_value_list
from mg_cdisc.errors import Finding, nearest
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Frame, Text, group_codes, missing

_Described = Mapping[str, tuple[etree._Element, etree._Element]]


def compare_define(
    xml: bytes | Path | DefineXml,
    datasets: Mapping[str, WrittenDataset],
    file: str = "define.xml",
    encoding: str = "utf-8",
) -> tuple[Finding, ...]:
    """Findings about differences between a define.xml and datasets (by name), by line.

    Compared are datasets, labels, variables and their order, labels, types and stored lengths,
    mandatory and empty variables, keys, every value against its type, length and codelist, and
    value lists: each record satisfies exactly one where-clause of each; and analyses: some record
    satisfies the where-clause of each. ``encoding`` is that of the transport files, in which lengths
    are counted. Whether the define.xml itself is well made is asked of ``validate_define``; a
    reference that does not resolve is passed over here.
    """
    define, findings = read_define(xml, file)
    if define is not None:
        findings = list(_compare(Comparison(define, datasets, encoding)))
    return tuple(sorted(set(findings)))


def _compare(comparison: Comparison) -> Iterator[Finding]:
    for name in comparison.datasets:
        if name not in comparison.groups:
            yield comparison.finding(
                comparison.define.version,
                "undescribed-dataset",
                About(name),
                "has a file and no ItemGroupDef",
                nearest(name, list(comparison.groups)) or "Describe the dataset, or leave it out.",
            )
    for name, group in comparison.groups.items():
        written = comparison.datasets.get(name)
        empty = attribute(group, "def:HasNoData") == "Yes"
        if written is not None:
            if empty and written.frame.rows:
                yield comparison.finding(
                    group,
                    "has-data",
                    About(name),
                    f"is marked def:HasNoData and has {written.frame.rows} records",
                    "Remove the mark.",
                )
            yield from _compare_dataset(comparison, group, written)
        elif not empty:
            yield comparison.finding(
                group, "missing-dataset", About(name), "has no file", "Add the file."
            )
    yield from compare_json(comparison)
    yield from compare_results(comparison)


def _compare_dataset(
    comparison: Comparison, group: etree._Element, written: WrittenDataset
) -> Iterator[Finding]:
    about = About(attribute(group, "Name"))
    if words(group) != written.label:
        yield comparison.finding(
            group,
            "dataset-label",
            about,
            f"is labelled '{words(group)}', its file '{written.label}'",
            "Give both the same label.",
        )
    if attribute(group, "SASDatasetName") not in ("", written.name):
        yield comparison.finding(
            group,
            "dataset-name",
            about,
            f"has SASDatasetName {attribute(group, 'SASDatasetName')},"
            f" its file holds {written.name}",
            "Give both the same name.",
        )
    yield from _compare_domain(comparison, group, written)
    described = {attribute(item, "Name"): (ref, item) for ref, item in comparison.items(group)}
    actual = {variable.name: variable for variable in written.variables}
    for name in actual:
        if name not in described:
            yield comparison.finding(
                group,
                "undescribed-variable",
                About(about.dataset, name),
                "is in the file and not described",
                nearest(name, list(described)) or "Describe the variable.",
            )
    for name, (ref, item) in described.items():
        if name in actual:
            yield from _compare_variable(comparison, about.dataset, ref, item, actual[name])
        else:
            yield comparison.finding(
                ref,
                "missing-variable",
                About(about.dataset, name),
                "is described and not in the file",
                nearest(name, list(actual)) or "Remove the description.",
            )
    order = [name for name in described if name in actual]
    for name, stored in zip(order, [name for name in actual if name in described], strict=True):
        if name != stored:
            yield comparison.finding(
                described[name][0],
                "variable-order",
                About(about.dataset, name),
                f"stands where the file has {stored}",
                "Put the variables in the order of the file.",
            )
            break
    yield from _compare_keys(comparison, group, described, written.frame)


def _compare_variable(
    comparison: Comparison,
    dataset: str,
    ref: etree._Element,
    item: etree._Element,
    written: WrittenVariable,
) -> Iterator[Finding]:
    about = About(dataset, written.name)
    described = comparison.described(item)
    said, stored = attribute(item, "def:DisplayFormat"), getattr(written, "format", "")
    if said and stored and said.rstrip(".").upper() != stored.rstrip(".").upper():
        yield comparison.finding(
            item, "display-format", about, f"has the display format {said}, in the file {stored}",
            "Give both the same format.", "warning",
        )  # fmt: skip
    if words(item) != written.label:
        yield comparison.finding(
            item,
            "variable-label",
            about,
            f"is labelled '{words(item)}', in the file '{written.label}'",
            "Give both the same label.",
        )
    if written.is_text == (described.data_type in ("integer", "float")):
        yield comparison.finding(
            item,
            "variable-type",
            about,
            f"is {described.data_type}, in the file {'text' if written.is_text else 'a number'}",
            "Correct the data type.",
        )
        return
    if described.data_type == "text" and described.length != written.length:
        yield comparison.finding(
            item,
            "variable-length",
            about,
            f"has Length {described.length}, in the file {written.length}",
            "Give the length that is stored.",
        )
    frame = comparison.datasets[dataset].frame
    column = frame[written.name]
    if attribute(ref, "Mandatory") == "Yes" and (blank := missing(column)).any():
        yield comparison.finding(
            ref,
            "mandatory-blank",
            about,
            f"is mandatory and blank in {np.count_nonzero(blank)} records",
            "Fill the values, or describe it as not mandatory.",
        )
    if attribute(ref, "def:HasNoData") == "Yes" and not missing(column).all():
        yield comparison.finding(
            ref, "has-data", about, "is marked def:HasNoData and has values", "Remove the mark."
        )
    yield from comparison.check_values(item, about, column)
    listed = child(item, "def:ValueListRef")
    if listed is not None:
        oid = attribute(listed, "ValueListOID")
        values = comparison.define.find("def:ValueListDef", oid)
        if values is not None:
            yield from compare_value_list(comparison, values, about, column, frame)


def _compare_domain(
    comparison: Comparison, group: etree._Element, written: WrittenDataset
) -> Iterator[Finding]:
    """Domain is the DOMAIN of the records, of SUPP-- their RDOMAIN; of analysis datasets nothing."""
    name, said = attribute(group, "Name"), attribute(group, "Domain")
    column = written.frame.columns.get("RDOMAIN" if name.startswith("SUPP") else "DOMAIN")
    used = column.used() if isinstance(column, Text) else []
    if said and len(used) == 1 and used[0] and said not in (used[0], name):
        yield comparison.finding(
            group, "group-domain", About(name), f"has Domain {said}, its records {used[0]}",
            "Give the domain of the records.",
        )  # fmt: skip


def _cell(frame: Frame, name: str, row: int) -> str:
    """A value as text."""
    column = frame[name]
    if isinstance(column, Text):
        return column.take(np.array([row])).to_list()[0]
    return number_text(column[[row]]).to_list()[0]


def _compare_keys(
    comparison: Comparison, group: etree._Element, described: _Described, frame: Frame
) -> Iterator[Finding]:
    about = About(attribute(group, "Name"))
    keys = [
        name
        for name, (ref, _) in described.items()
        if attribute(ref, "KeySequence") and name in frame
    ]
    if keys:
        codes, count = group_codes([frame[key] for key in keys], frame.rows)
        if count < frame.rows:
            # the first record whose key another has, as an example
            row = int(np.flatnonzero(np.bincount(codes, minlength=count)[codes] > 1)[0])
            told = ", ".join(
                f"{key} = '{_cell(frame, key, row)}'"
                for key in keys
                if key != "STUDYID" or len(keys) == 1
            )
            yield comparison.finding(
                group,
                "keys-not-unique",
                about,
                f"has {frame.rows} records and {count} different keys ({', '.join(keys)}): several "
                f"have {told}",
                "Name keys that tell records apart.",
            )
    reference = attribute(group, "IsReferenceData") == "Yes"
    if attribute(group, "Repeating") == "No" and not reference and "USUBJID" in frame:
        _, count = group_codes([frame["USUBJID"]], frame.rows)
        if count < frame.rows:
            yield comparison.finding(
                group,
                "repeating",
                about,
                f"is described as not repeating and has {frame.rows} records for {count} subjects",
                "Describe it as repeating.",
            )
