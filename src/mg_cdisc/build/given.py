"""The records of datasets that exist already, as far as the steps of a study read them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc import dates
from mg_cdisc.errors import Finding, SourceError, one_of
from mg_cdisc.expression import Type
from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.sources.table import LISTED, SourceTable
from mg_cdisc.sources.tabulation import GivenDataset, read_given
from mg_cdisc.spec.bind import Plan
from mg_cdisc.spec.given import given_types


def read_tabulation(plan: Plan) -> dict[str, SourceTable]:
    """Every given dataset that a step reads, and that which lists the subjects, by name.

    Only the variables that steps read are kept. They are numbered behind the sources. ``given`` of
    each table is the whole dataset, which rules compare with: what else they ask for is read then.
    Raises SourceError for files that cannot be read.
    """
    wanted: dict[str, set[str]] = {name: set() for name in plan.files.given}
    roster = plan.files.study.subjects
    read = {roster} & set(wanted)
    for dataset in plan.datasets.values():
        for step in dataset.steps:
            for consult in step.consults:
                if consult.name in wanted:
                    read.add(consult.name)
                    wanted[consult.name].update(consult.columns)
    analysed = {
        each for made in plan.datasets.values() if made.kind == "adam" for each in made.types
    }
    tables: dict[str, SourceTable] = {}
    faults: list[Finding] = []
    for name in (each for each in plan.files.given if each in read):
        number = len(plan.files.sources) + len(tables) + len(faults)
        given = plan.files.given[name]
        columns = wanted[name] | ({"USUBJID"} if given.by_subject else set())
        columns |= {"STUDYID"} & set(given.variables)
        try:
            table = read_given(given, number, columns | _ASKED_ALWAYS)
        except SourceError as error:
            faults += error.findings
            continue
        whole = Frame(_Variables(given, table.frame.columns, analysed), table.frame.rows)
        read_for_steps = [each for each in table.columns if each in columns]
        table = replace(
            table, frame=table.frame.select(read_for_steps), columns=tuple(read_for_steps),
            labels={each: table.labels[each] for each in read_for_steps}, given=whole,
        )  # fmt: skip
        tables[name] = _dated(table, name, given_types(plan.catalog, name))
    if faults:
        raise SourceError(faults)
    for finding in _of_other_study(plan, tables):
        first = next(iter(tables))
        tables[first] = replace(tables[first], findings=(*tables[first].findings, finding))
    return tables


def _of_other_study(plan: Plan, tables: Mapping[str, SourceTable]) -> Iterator[Finding]:
    """Given datasets of a STUDYID that is not the study's: what is made of them would change it."""
    study = plan.files.study.study
    found: dict[str, list[str]] = {}
    for name, table in tables.items():
        column = table.frame.columns.get("STUDYID")
        for other in column.used() if isinstance(column, Text) else ():
            if other not in ("", study):
                found.setdefault(other, []).append(name)
    if found:
        told = "; ".join(f"'{other}' in {one_of(names, 5)}" for other, names in found.items())
        what = f"study: {study} is not the STUDYID of the given datasets: {told}"
        todo = f"Write study: {next(iter(found))}, or give the datasets of {study}."
        yield Finding(
            plan.files.study_tree.key_at["study"], "other-study", what, todo, variable="STUDYID"
        )


_ASKED_ALWAYS = frozenset({"DOMAIN"})
"""What rules ask of every dataset."""


class _Variables(Mapping[str, Column]):
    """The variables of a given dataset: those that were read, and the others once they are asked for.

    With the first of these come all that have the name of an analysis variable, as rules compare
    these: records lie side by side in a file, so that it takes as long to read one variable as many.
    """

    def __init__(
        self, given: GivenDataset, read: Mapping[str, Column], likely: Collection[str]
    ) -> None:
        self._given = given
        self._names = tuple(given.variables)
        self._read = dict(read)
        self._likely = {each for each in self._names if each in likely and each not in read}

    def __getitem__(self, name: str) -> Column:
        if name not in self._read:
            if name not in self._names:
                raise KeyError(name)
            table = read_given(self._given, 0, {name, *self._likely})
            self._read |= table.frame.columns
            self._likely.clear()
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _dated(table: SourceTable, name: str, types: Mapping[str, Type]) -> SourceTable:
    """The records with blanks in the place of dates that are none, each a finding."""
    columns: dict[str, Column] = dict(table.frame.columns)
    findings = list(table.findings)
    for variable in [each for each in columns if types[each] is Type.PARTIAL]:
        text = table.frame.text(variable)
        good = dates.is_iso8601(text.values)
        good |= pc.equal(text.values, "").to_numpy(zero_copy_only=False)
        if good.all():
            continue
        bad = np.flatnonzero(text.spread(~good))
        for place in bad[:LISTED].tolist():
            value = text.values[int(text.codes[place])].as_py()
            findings.append(
                Finding(table.location(int(table.row_numbers[place])), "not-iso8601",
                        f"{name}.{variable} = {value!r} is not an ISO 8601 date",
                        "Correct the dataset; until then the value is taken for missing.",
                        dataset=name, variable=variable, then="blank")
            )  # fmt: skip
        if len(bad) > LISTED:
            findings.append(
                Finding(replace(table.location(int(table.row_numbers[bad[0]])), row=0), "not-iso8601",
                        f"{len(bad) - LISTED} more values of {name}.{variable} are no ISO 8601 date",
                        "Correct the dataset.", dataset=name, variable=variable,
                        count=len(bad) - LISTED, then="blank")
            )  # fmt: skip
        columns[variable] = text.map(
            lambda values, good=good: pc.if_else(pa.array(good), values, "")  # type: ignore[misc]
        )
    frame = replace(table.frame, columns=columns)
    return replace(table, frame=frame, findings=tuple(findings))


__all__ = ["read_tabulation"]
