"""Value-level metadata against data: which level each record belongs to, and whether it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from lxml import etree

from mg_cdisc.define.comparison import About, Comparison
from mg_cdisc.define.read import attribute, children
from mg_cdisc.define.where import ANY_NUMBER_OF_VALUES, ONE_VALUE, Condition, joined, match
from mg_cdisc.errors import Finding, Level, one_of
from mg_cdisc.frame import Column, Frame, Index, Mask, Text, group_codes, missing, take


@dataclass(frozen=True, slots=True)
class _Levels:
    """The value levels of a list, one entry for each of their where-clauses, and the columns."""

    refs: Sequence[tuple[etree._Element, etree._Element]]
    clauses: Sequence[Sequence[Condition]]
    columns: Mapping[str, Column]


def compare_value_list(
    comparison: Comparison, values: etree._Element, about: About, column: Column, frame: Frame
) -> Iterator[Finding]:
    """Each record satisfies exactly one where-clause, and its value is as that level says.

    A condition on another dataset is followed where that has one record per subject. A list with
    a condition that cannot be followed is not compared, and that is a finding.
    """
    levels = _levels(comparison, values, about.dataset, frame)
    if levels is None:
        yield comparison.finding(
            values,
            "where-unknown",
            about,
            "has a where-clause that cannot be followed",
            "Name variables of the datasets, with a comparator and values.",
            "warning",
        )
        return
    matches = match(levels.columns, frame.rows, levels.clauses)
    yield from _check_coverage(comparison, values, about, column, levels, matches.counts)
    for number, (ref, item) in enumerate(levels.refs):
        level = replace(about, level=attribute(item, "OID"))
        rows = matches.rows(number)
        part = take(column, rows)
        blank = missing(part)
        if not len(rows):
            yield comparison.finding(
                ref,
                "unused-where",
                level,
                "has a where-clause that no record satisfies",
                "Remove the value level, or correct its condition.",
                "warning",
            )
        if attribute(ref, "Mandatory") == "Yes" and blank.any():
            yield comparison.finding(
                ref,
                "mandatory-blank",
                level,
                f"is mandatory and blank in {np.count_nonzero(blank)} records",
                "Fill the values, or describe it as not mandatory.",
            )
        yield from comparison.check_values(item, level, part)


def _levels(
    comparison: Comparison, values: etree._Element, dataset: str, frame: Frame
) -> _Levels | None:
    refs: list[tuple[etree._Element, etree._Element]] = []
    clauses: list[list[Condition]] = []
    columns: dict[str, Column] = {}
    for ref, item in comparison.items(values):
        for where in children(ref, "def:WhereClauseRef"):
            oid = attribute(where, "WhereClauseOID")
            conditions = conditions_of(comparison, oid, dataset, frame, columns)
            if conditions is None:
                return None
            refs.append((ref, item))
            clauses.append(conditions)
    return _Levels(refs, clauses, columns)


def conditions_of(
    comparison: Comparison, oid: str, dataset: str, frame: Frame, columns: dict[str, Column]
) -> list[Condition] | None:
    """The conditions of a where-clause, their columns put into ``columns``.

    None where it cannot be followed.
    """
    clause = comparison.define.find("def:WhereClauseDef", oid)
    conditions: list[Condition] = []
    for check in [] if clause is None else children(clause, "odm:RangeCheck"):
        found = _column(comparison, attribute(check, "def:ItemOID"), dataset, frame)
        texts = tuple(each.text or "" for each in children(check, "odm:CheckValue"))
        comparator = attribute(check, "Comparator")
        if found is None or not (
            (comparator in ANY_NUMBER_OF_VALUES and texts)
            or (comparator in ONE_VALUE and len(texts) == 1)
        ):
            return None
        columns[found[0]] = found[1]
        conditions.append(Condition(found[0], comparator, texts))
    return conditions or None


def _column(
    comparison: Comparison, oid: str, dataset: str, frame: Frame
) -> tuple[str, Column] | None:
    """The column that an item of a condition means, in this dataset or by joining another."""
    name = comparison.variables.get((dataset, oid))
    if name is not None:
        return (name, frame[name]) if name in frame else None
    for (other, item), variable in comparison.variables.items():
        if item == oid and other in comparison.datasets:
            column = joined(frame, comparison.datasets[other].frame, variable)
            if column is not None:
                return f"{other}.{variable}", column
    return None


def _check_coverage(
    comparison: Comparison,
    values: etree._Element,
    about: About,
    column: Column,
    levels: _Levels,
    counts: Index,
) -> Iterator[Finding]:
    blank = missing(column)
    none = counts == 0
    cases: tuple[tuple[Mask, str, str, Level], ...] = (
        (counts > 1, "ambiguous-record", "satisfy more than one", "error"),
        (none & ~blank, "uncovered-record", "satisfy none", "error"),
        (none & blank, "uncovered-blank", "are blank and satisfy none", "warning"),
    )
    for rows, kind, what, level in cases:
        count = int(np.count_nonzero(rows))
        if count:
            yield comparison.finding(
                values,
                kind,
                about,
                f"has {count} of {len(counts)} records that {what} of its where-clauses"
                f" ({one_of(_combinations(levels.columns, rows), 3)})",
                "Each record satisfies exactly one.",
                level,
            )


def _combinations(columns: Mapping[str, Column], rows: Mask) -> list[str]:
    """The different values of the conditions' variables in these records, for a message."""
    names = sorted(columns)
    picked = np.flatnonzero(rows)
    groups, _ = group_codes([take(columns[name], picked) for name in names], len(picked))
    _, first = np.unique(groups, return_index=True)
    shown = picked[np.sort(first)]
    texts = [_texts(take(columns[name], shown)) for name in names]
    return [
        " and ".join(f"{name} '{text}'" for name, text in zip(names, row, strict=True))
        for row in zip(*texts, strict=True)
    ]


def _texts(column: Column) -> list[str]:
    if isinstance(column, Text):
        return column.to_list()
    return [f"{number:.15g}" for number in column.tolist()]
