"""What an annotated CRF holds: forms with their fields and where these go, and visits with forms.

It follows from what the study says of its sources and from its steps; how it is drawn is elsewhere
(``acrf``).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import numpy as np

from mg_cdisc.build.account import readings
from mg_cdisc.derive import SOURCE
from mg_cdisc.documents.targets import Target, targets
from mg_cdisc.expression import names
from mg_cdisc.frame import Frame, Origins, Text
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.bind import Plan
from mg_cdisc.spec.models import SourceSpec

SUBJECT = "USUBJID"
NOT_SUBMITTED = "[NOT SUBMITTED]"
UNSCHEDULED = "Unscheduled"
NO_VISIT = "Not by visit"
MOST_VISITS = 1_000
"""A column with more different texts than this names no visits."""
_SELECTING = ("records", "exclude", "pick")


@dataclass(frozen=True)
class Annotation:
    """Where a field goes; or, without a dataset, a note about it."""

    text: str
    dataset: str = ""
    keys: tuple[str, ...] = ()
    """What a reader of define.xml looks for: ``VS.VSORRES``, and ``VS.VSORRES|SYSBP`` of one test."""


@dataclass(frozen=True)
class CrfField:
    """A field of a form; several columns that one reason keeps back stand together."""

    names: tuple[str, ...]
    label: str
    choices: tuple[tuple[str, str], ...]
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True)
class CrfForm:
    """A form, or a data transfer; ``datasets`` are those that its fields go to, each with its label."""

    name: str
    title: str
    transfer: bool
    fields: tuple[CrfField, ...]
    datasets: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CrfVisit:
    """A visit, and the names of the forms that are filled in at it."""

    title: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Crf:
    """The whole annotated CRF."""

    study: str
    description: str
    protocol: str
    created: datetime
    forms: tuple[CrfForm, ...]
    visits: tuple[CrfVisit, ...]


def makes_crf(plan: Plan) -> bool:
    """Whether an annotated CRF is made: the study makes tabulations, and has none of its own.

    A study whose specs name pages means those of its own.
    """
    files = plan.files
    own = files.study.annotated_crf is not None or any(e.pages for e in files.sources.values())
    for each in files.datasets.values():
        own = own or any(fact.pages for fact in each.spec.variables.values())
        own = own or any(qualifier.pages for qualifier in each.spec.supplemental)
    read = any(plan.catalog.dataset_sources.get(name) for name, dataset in plan.datasets.items()
               if dataset.kind == "sdtm")  # fmt: skip
    return read and not own


def crf_of(plan: Plan, tables: Mapping[str, SourceTable], frames: Mapping[str, Frame]) -> Crf:
    """The annotated CRF of a study; ``frames`` are the records that were built of its forms."""
    study = plan.files.study
    tables = {name: each for name, each in tables.items() if name not in plan.files.given}
    found = targets(plan, tables)
    forms = tuple(_Form(plan, name, table, found).form() for name, table in tables.items())
    # what vendors send is no form, and comes after those
    ordered = sorted(forms, key=lambda form: form.transfer)
    return Crf(
        study.study,
        study.description,
        study.protocol or study.study,
        datetime.combine(study.data_cut, time()),
        tuple(ordered),
        visits_of(plan, ordered, tables, frames),
    )


class _Form:
    """Makes the page of one source."""

    def __init__(
        self, plan: Plan, name: str, table: SourceTable,
        found: Mapping[tuple[str, str], tuple[Target, ...]],
    ) -> None:  # fmt: skip
        self.plan, self.name, self.table, self.found = plan, name, table, found
        self.source: SourceSpec = plan.files.sources[name]
        self.readers = readings(plan, [name])[1][name]
        self.withheld = self._withheld()
        self.of_instrument = dict(self._instrument_items())
        self.identifies = (
            {each.name for each in names(self.source.subject)} if self.source.subject else set()
        )

    def form(self) -> CrfForm:
        """The form with its fields in the order of the source's columns.

        Columns that a pattern keeps back come last, together.
        """
        fields: list[CrfField] = []
        back: dict[str, list[str]] = {}
        for column in self.table.columns:
            pattern = self._kept_back_by(column)
            if self._annotated(column) or pattern is None:
                fields.append(self._field(column))
            elif pattern == column:
                fields.append(self._field(column, self.withheld[pattern]))
            else:
                back.setdefault(self.withheld[pattern], []).append(column)
        for reason, columns in back.items():
            note = Annotation(f"{NOT_SUBMITTED} {reason}")
            fields.append(CrfField(tuple(columns), ", ".join(columns), (), (note,)))
        return CrfForm(
            self.name,
            self.source.label or self.name,
            self.source.collected_by == "Vendor",
            tuple(fields),
            tuple(_with_labels(self.plan, fields)),
        )

    def _annotated(self, column: str) -> bool:
        return column in self.identifies or bool(self.found.get((self.name, column)))

    def _field(self, column: str, reason: str = "") -> CrfField:
        label, choices = self.of_instrument.get(column, ("", {}))
        label = self.table.labels.get(column, "") or label
        choices = self.table.choices.get(column, {}) or choices
        made = [Annotation(SUBJECT, "", (SUBJECT,))] if column in self.identifies else []
        made += [_annotation(each) for each in self.found.get((self.name, column), ())]
        if not made:
            said = " ".join(part for part in (NOT_SUBMITTED, reason or self._use(column)) if part)
            made = [Annotation(said)]
        return CrfField((column,), label, tuple(choices.items()), tuple(made))

    def _withheld(self) -> dict[str, str]:
        """The reasons of columns, or patterns of them, that are not submitted."""
        said = dict(self.source.not_submitted)
        for reader in sorted(self.readers):
            loaded = self.plan.files.datasets.get(reader)
            said |= loaded.spec.not_submitted if loaded is not None else {}
        return said

    def _kept_back_by(self, column: str) -> str | None:
        if column in self.withheld:
            return column
        return next((e for e in self.withheld if fnmatch.fnmatchcase(column, e)), None)

    def _use(self, column: str) -> str:
        """What a column is read for that goes into no variable."""
        uses: dict[str, dict[str, None]] = {}
        key = SOURCE + column
        for name, dataset in self.plan.datasets.items():
            own = self.name in self.plan.catalog.dataset_sources.get(name, ())
            for step in dataset.steps:
                read = own and key in step.reads
                read = read or any(e.name == self.name and key in e.columns for e in step.consults)
                if read:
                    use = "selects" if step.label in _SELECTING else "is checked"
                    use = use if step.label in (*_SELECTING, "check") else "is read"
                    uses.setdefault(use, {})[name] = None
        words = {"selects": "selects the records of", "is checked": "is checked for",
                 "is read": "is read for"}  # fmt: skip
        told = [f"{words[use]} {', '.join(uses[use])}" for use in words if use in uses]
        if not told and column in self.source.key:
            told = ["tells the rows of the form apart"]
        if not told and self.source.cut is not None and column in self.source.cut.columns:
            told = ["is read for a data cut"]
        return "; ".join(told)

    def _instrument_items(self) -> Iterator[tuple[str, tuple[str, Mapping[str, str]]]]:
        """The names and answers of items, where the form is that of an instrument."""
        for dataset in self.plan.datasets.values():
            for step in dataset.steps:
                read = {each.name for each in step.consults}
                if step.label != "records" or self.name not in read:
                    continue
                for key, instrument in self.plan.files.instruments.items():
                    if f"{key}.tests" in read:
                        answers = {
                            name: {row["code"]: row["text"] for row in _rows(each)}
                            for name, each in instrument.answers.items()
                        }
                        for row in _rows(instrument.items):
                            told = answers.get(row.get("answers", ""), {})
                            yield row["column"], (row["name"], told)
                        for total in instrument.totals:
                            yield total.column, (total.name, {})


def _rows(table: object) -> list[dict[str, str]]:
    columns = [str(each).split(" ")[0] for each in getattr(table, "columns", ())]
    return [dict(zip(columns, map(str, row), strict=False)) for row in getattr(table, "rows", ())]


def _annotation(target: Target) -> Annotation:
    if target.decides and not target.constant:
        return Annotation(f"Used for {target.place}")
    keys = [target.place, *(f"{target.place}|{value}" for _, value in target.when)]
    return Annotation(str(target), target.dataset, tuple(keys))


def _with_labels(plan: Plan, fields: Sequence[CrfField]) -> Iterator[tuple[str, str]]:
    """The datasets of fields, in the order of first use, with their labels."""
    used = dict.fromkeys(a.dataset for field in fields for a in field.annotations if a.dataset)
    for name in used:
        spec = plan.catalog.spec(name)
        fact = plan.catalog.sdtm.dataset(name) if spec is None else plan.catalog.dataset_fact(name)
        label = (spec.label if spec is not None else None) or (fact.label if fact else "")
        yield name, label


def visits_of(
    plan: Plan, forms: Sequence[CrfForm], tables: Mapping[str, SourceTable],
    frames: Mapping[str, Frame],
) -> tuple[CrfVisit, ...]:  # fmt: skip
    """The visits in their order, each with the forms that records of it come from.

    Planned visits are those of the study's table with VISITNUM and VISIT; all others are
    unscheduled. A form whose records have no VISITNUM belongs to the visits that one of its columns
    names in the words of that table; one without such a column comes last, under no visit.
    """
    planned = _planned(plan)
    held: dict[str, set[float]] = {}
    listed = list(plan.files.sources)
    for name, frame in frames.items():
        dataset = plan.datasets.get(name)
        if dataset is None or dataset.kind != "sdtm" or "VISITNUM" not in frame.columns:
            continue
        numbers = np.asarray(frame["VISITNUM"], np.float64)
        bounds = frame.origins.bounds
        records = np.repeat(np.arange(frame.rows), bounds[1:] - bounds[:-1])
        sources = frame.origins.ids >> Origins.SHIFT
        for source in np.flatnonzero(np.bincount(sources)).tolist():
            if source >= len(listed):  # of a dataset that is given, which is no form
                continue
            found = np.unique(numbers[records[sources == source]])
            own = held.setdefault(listed[source], set())
            own.update(float(each) for each in found if not np.isnan(each))
    for form in forms:
        if not held.get(form.name):
            held[form.name] = _said(plan, tables[form.name])
    if not any(held.values()):
        return ()
    made = [
        CrfVisit(title, tuple(f.name for f in forms if number in held.get(f.name, ())))
        for number, title in planned.items()
    ]
    other = {name for name, own in held.items() if any(each not in planned for each in own)}
    made.append(CrfVisit(UNSCHEDULED, tuple(f.name for f in forms if f.name in other)))
    made.append(CrfVisit(NO_VISIT, tuple(f.name for f in forms if not held.get(f.name))))
    return tuple(visit for visit in made if visit.forms)


def _schedule(plan: Plan) -> Frame | None:
    """The study's table of planned visits."""
    found = (e for e in plan.catalog.tables.values() if {"VISITNUM", "VISIT"} <= set(e.columns))
    return next(found, None)


def _planned(plan: Plan) -> dict[float, str]:
    """The planned visits by their number."""
    frame = _schedule(plan)
    if frame is None:
        return {}
    titles = frame.text("VISIT").to_list()
    found = {n: t for n, t in zip(_numbers(frame), titles, strict=True) if n is not None}
    return {number: found[number] for number in sorted(found)}


def _said(plan: Plan, table: SourceTable) -> set[float]:
    """The numbers of the planned visits that a column of a form names."""
    frame = _schedule(plan)
    if frame is None:
        return set()
    numbers = _numbers(frame)
    for key, column in frame.columns.items():
        texts = frame.text(key).to_list() if isinstance(column, Text) and key != "VISITNUM" else []
        if len(set(texts)) < len(texts) or not texts:
            continue  # it tells no visits apart, as an epoch does not
        known = {t: n for t, n in zip(texts, numbers, strict=True) if t and n is not None}
        for name in table.columns:
            text = table.frame.text(name)
            if len(text.values) > MOST_VISITS:
                continue
            said = {each for each in text.used() if each}
            if said and said <= set(known):
                return {known[each] for each in said}
    return set()


def _numbers(frame: Frame) -> list[float | None]:
    column = frame["VISITNUM"]
    cells: Iterable[object] = column.to_list() if hasattr(column, "to_list") else np.asarray(column)
    made: list[float | None] = []
    for cell in cells:
        try:
            number = float(str(cell))
        except ValueError:  # the visit without a number
            made.append(None)
        else:
            made.append(None if np.isnan(number) else number)
    return made
