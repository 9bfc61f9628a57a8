"""Sources made ready for steps: columns named, subjects resolved, rows divided into partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.build.cut import Cut, cut_sources, without_rows
from mg_cdisc.derive import SOURCE, SUBJECT, Scope
from mg_cdisc.errors import Finding, Location, UseError, nearest, one_of
from mg_cdisc.expression import Env, Translations, Type, bind
from mg_cdisc.frame import Column, Frame, Index, Mask, Text, group_codes, positions
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.bind import Plan

LISTED = 50


@dataclass(frozen=True)
class Prepared:
    """A source whose rows know their subject; ``partition`` is -1 where the subject is unknown.

    ``cut`` says what a cut-off took out of it before.
    """

    name: str
    number: int
    table: SourceTable
    frame: Frame
    partition: Index | None
    cut: Cut = field(default_factory=Cut)

    def locate(self, row: int) -> Location:
        """The place of a row, with its subject."""
        position = int(np.searchsorted(self.table.row_numbers, row))
        subject, key = "", _subject_key(self.frame)
        if key and position < self.frame.rows:
            text = self.frame.text(key)
            subject = str(text.values[int(text.codes[position])].as_py())
        return self.table.location(row, subject)

    def part(self, number: int) -> Frame:
        """The rows of one partition (all of them, of a source without subjects)."""
        if self.partition is None:
            return self.frame
        rows = np.flatnonzero(self.partition == number)
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):  # as where a form is by subject
            return self.frame.slice(int(rows[0]), int(rows[-1]) + 1)
        return self.frame.take(rows)


@dataclass(frozen=True)
class Subjects:
    """The study's subjects in order, and the partition that each belongs to."""

    names: tuple[str, ...]
    partitions: int

    def partition_of(self, text: Text) -> Index:
        """Per row the partition of its subject, -1 for one that the study does not have."""
        rank = {name: position for position, name in enumerate(self.names)}
        count = max(len(self.names), 1)
        per_value = np.array(
            [
                rank[value] * self.partitions // count if value in rank else -1
                for value in text.values.to_pylist()
            ],
            np.int64,
        )
        return per_value[text.codes] if len(per_value) else np.zeros(len(text), np.int64)


def prepare(
    plan: Plan,
    tables: Mapping[str, SourceTable],
    partitions: int,
    only_subjects: tuple[str, ...],
    findings: list[Finding],
    translations: Translations | None = None,
) -> tuple[dict[str, Prepared], Subjects]:
    """Resolve the subject of every row; rows of subjects that the study lacks are findings."""
    study = plan.files.study
    tables, cuts = _as_of(plan, tables, findings)
    frames: dict[str, Frame] = {}
    faulty: dict[str, Mask] = {}
    for name, table in tables.items():
        notes = _SubjectNotes(name, table, findings, translations)
        frames[name] = _with_subject(plan, name, table, notes)
        faulty[name] = notes.faulty
    roster = frames[study.subjects]
    listed = roster.text(_subject_key(roster)).used()
    names = tuple(name for name in listed if name.strip())
    if only_subjects:
        names = _asked(names, only_subjects)
    if not listed or not any(name.strip() for name in listed):
        findings.append(
            Finding(Location(tables[study.subjects].file), "no-subjects",
                    f"{study.subjects} names no subject, and is the list of them", "Export it again.")
        )  # fmt: skip
    subjects = Subjects(names, max(1, min(partitions, max(len(names), 1))))
    known = {name for name in listed if name.strip()}
    prepared: dict[str, Prepared] = {}
    for number, (name, table) in enumerate(tables.items()):
        frame = frames[name]
        _check_key(plan, name, table, findings)
        key = _subject_key(frame)
        if not key or (name in plan.files.given and not plan.files.given[name].by_subject):
            prepared[name] = Prepared(name, number, table, frame, None, cuts[name])
            continue
        prepared[name] = Prepared(
            name, number, table, frame, subjects.partition_of(frame.text(key)), cuts[name]
        )
        if known:
            _report_unknown(prepared[name], known, study.subjects, findings, faulty[name])
    return prepared, subjects


def _as_of(
    plan: Plan, whole: Mapping[str, SourceTable], findings: list[Finding]
) -> tuple[dict[str, SourceTable], dict[str, Cut]]:
    """The sources as of the cut-off, without subjects of whom the roster has no row by then."""
    roster = plan.files.study.subjects
    tables, cuts = cut_sources(plan.files, whole, findings)
    if not cuts[roster].rows:
        return tables, cuts

    def subjects_of(name: str, table: SourceTable) -> Text:
        unheard = _SubjectNotes(name, table, [], None)
        frame = _with_subject(plan, name, table, unheard)
        return frame.text(_subject_key(frame))

    left = set(subjects_of(roster, tables[roster]).used())
    later = [each for each in subjects_of(roster, whole[roster]).used() if each not in left]
    reason = f"of a subject whom {roster} has only after the cut-off"
    for name, table in tables.items():
        given = plan.files.given.get(name)
        source = plan.files.sources.get(name)
        if later and (given.by_subject if given else source and source.subject is not None):
            gone = subjects_of(name, table).where(
                lambda values: pc.is_in(values, pa.array(later, pa.string()))
            )
            tables[name], cuts[name] = without_rows(table, cuts[name], gone, reason)
    return tables, cuts


def _asked(names: tuple[str, ...], asked: tuple[str, ...]) -> tuple[str, ...]:
    """The subjects that are asked for, whole or by the end; UseError where an end is not one's own."""
    wrong: list[Finding] = []
    at, wanted = Location("--subject"), set()
    for each in asked:
        found = [each] if each in names else [name for name in names if name.endswith(f"-{each}")]
        wanted.update(found)
        if not found:
            todo = "Give a subject as it stands in USUBJID, or the end of it behind a hyphen."
            todo = nearest(each, names) or todo
            wrong.append(Finding(at, "unknown-subject", f"there is no subject {each}", todo))
        elif len(found) > 1:
            what = f"{each} is the end of {len(found)} subjects"
            wrong.append(Finding(at, "several-subjects", what, f"Name one of {one_of(found)}."))
    if wrong:
        raise UseError(wrong)
    return tuple(name for name in names if name in wanted)


class _SubjectNotes:
    """Takes rows whose subject cannot be computed."""

    def __init__(
        self,
        name: str,
        table: SourceTable,
        findings: list[Finding],
        translations: Translations | None,
    ) -> None:
        self.name, self.table, self.findings = name, table, findings
        self.translations = translations
        self.faulty: Mask = np.zeros(table.frame.rows, bool)

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        places = positions(rows)
        self.faulty[places] = True
        for place in places[:LISTED].tolist():
            text = values.take(np.array([place])).to_list()[0] if values is not None else ""
            shown = what.replace("{value!r}", repr(text)).replace("{value}", text)
            at = self.table.location(int(self.table.row_numbers[place]))
            self.findings.append(
                Finding(at, kind, f"{self.name}.subject: {shown}", todo, dataset=self.name,
                        then="excluded")
            )  # fmt: skip
        if len(places) > LISTED:
            what = f"{len(places) - LISTED} more rows of {self.name} have no subject: {what}"
            at = Location(self.table.file)
            count = len(places) - LISTED
            self.findings.append(
                Finding(at, kind, what, todo, dataset=self.name, count=count, then="excluded")
            )


def _subject_key(frame: Frame) -> str:
    """The column with the subject: computed in a source, USUBJID in a given dataset; or none."""
    return next((key for key in (SUBJECT, "USUBJID") if key in frame), "")


def _with_subject(plan: Plan, name: str, table: SourceTable, notes: _SubjectNotes) -> Frame:
    if name in plan.files.given:  # a dataset: its variables are called by their names
        return table.frame
    columns: dict[str, Column] = {SOURCE + column: table.frame[column] for column in table.columns}
    expression = plan.files.sources[name].subject
    if expression is not None:
        rows = table.frame.rows
        given = {**columns, "STUDYID": Text.constant(plan.files.study.study, rows)}
        scope = Scope(name, dict.fromkeys(given, Type.TEXT), plan.catalog)
        made = bind(expression, scope).column(Env(given, rows, notes))
        assert isinstance(made, Text)
        columns[SUBJECT] = made
    return Frame(columns, table.frame.rows, table.frame.origins)


def _check_key(plan: Plan, name: str, table: SourceTable, findings: list[Finding]) -> None:
    """The record key that a source declares tells its rows apart."""
    source = plan.files.sources.get(name)
    key = source.key if source is not None else ()
    if not key:
        return
    codes, count = group_codes([table.frame[column] for column in key], table.frame.rows)
    if count == table.frame.rows:
        return
    first = np.zeros(count, np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    again = np.flatnonzero(first[codes] != np.arange(len(codes)))
    for row in again[:LISTED].tolist():
        at = table.location(int(table.row_numbers[row]))
        earlier = table.called(int(table.row_numbers[first[codes[row]]]))
        findings.append(
            Finding(at, "duplicate-source-key",
                    f"{name}: the key {', '.join(key)} is that of {earlier} again",
                    "Query the site, or declare a key that tells the rows apart.", dataset=name)
        )  # fmt: skip
    if len(again) > LISTED:
        findings.append(
            Finding(Location(table.file), "duplicate-source-key",
                    f"{len(again) - LISTED} more rows of {name} repeat a key",
                    dataset=name, count=len(again) - LISTED)
        )  # fmt: skip


def _report_unknown(
    source: Prepared, known: set[str], roster: str, findings: list[Finding], faulty: Mask
) -> None:
    text = source.frame.text(_subject_key(source.frame))
    wrong = np.array([value not in known for value in text.values.to_pylist()], bool)
    rows = np.flatnonzero(wrong[text.codes] & ~faulty) if len(wrong) else np.zeros(0, np.int64)
    for row in rows[:LISTED]:
        at = source.locate(int(source.table.row_numbers[row]))
        findings.append(
            Finding(at, "unknown-subject", f"subject {at.subject!r} is not among those of {roster}",
                    "Correct the subject's spelling, or add the subject.", dataset=source.name)
        )  # fmt: skip
    if len(rows) > LISTED:
        findings.append(
            Finding(Location(source.table.file), "unknown-subject",
                    f"{len(rows) - LISTED} more rows have a subject that {roster} lacks",
                    dataset=source.name, count=len(rows) - LISTED)
        )  # fmt: skip
