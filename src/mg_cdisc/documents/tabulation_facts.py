"""What the clinical study data reviewer's guide says of a study, taken from the build."""

from __future__ import annotations

import fnmatch
from functools import cached_property
from typing import NamedTuple

from mg_cdisc.build.account import readings
from mg_cdisc.dataset import Dataset, Package
from mg_cdisc.documents.content import joined
from mg_cdisc.documents.facts import Facts, Made, Shown, counted
from mg_cdisc.documents.prose import Prose

TRIAL = ("TA", "TE", "TV", "TI", "TS", "TD", "TM")
"""The datasets of the trial's design that the guide describes in a section of their own."""
_FAILURE = ("SCREEN FAILURE", "SCRNFAIL")
_TERMS = 15


class Element(NamedTuple):
    """A planned element of an arm."""

    arm: str
    order: str
    element: str
    epoch: str


class Visit(NamedTuple):
    """A planned visit."""

    number: str
    name: str
    day: str


class Form(NamedTuple):
    """A form with the account of its rows."""

    label: str
    file: str
    rows: int
    used: int
    excluded: str


class Kept(NamedTuple):
    """Columns of forms that go into no dataset."""

    columns: str
    reason: str
    forms: str


class Criterion(NamedTuple):
    """A criterion of eligibility."""

    code: str
    text: str
    category: str


class Qualifier(NamedTuple):
    """A supplemental qualifier."""

    name: str
    label: str
    records: int


class Measured(NamedTuple):
    """An instrument in a dataset, with its ranges."""

    name: str
    category: str
    items: int
    published: str
    registered: str


class Terms(NamedTuple):
    """Terms that a published codelist does not have."""

    variable: str
    terms: str


class Tabulated(Shown):
    """A tabulation dataset as the guide describes it."""

    def __init__(self, dataset: Dataset, facts: TabulationFacts) -> None:
        super().__init__(dataset, facts.made, facts.prose)
        self.facts = facts
        self.supp = f"SUPP{self.name}" in facts.supplemental
        self.related = self.name in facts.related

    @property
    def sources(self) -> str:
        """The forms that its records come from, else the datasets that they are made of."""
        return joined(self.facts.made_from(self.name))

    @property
    def looked_up(self) -> str:
        """The other forms and datasets that its steps read."""
        return joined(self.facts.also_read(self.name))

    @property
    def qualifiers(self) -> list[Qualifier]:
        """Its supplemental qualifiers."""
        found = self.facts.supplemental.get(f"SUPP{self.name}")
        if found is None:
            return []
        counts = counted(found.frame, ("QNAM", "QLABEL"))
        return [Qualifier(name, label, count) for (name, label), count in counts.items()]

    @property
    def instruments(self) -> list[Measured]:
        """The instruments whose items it has."""
        made = []
        for each in self.made.plan.files.instruments.values():
            if each.domain == self.name:
                told = {key: f"{r.low:g} - {r.high:g}" for key, r in each.ranges.items()}
                made.append(
                    Measured(each.instrument, each.category, len(each.items.rows),
                             told.get("published", ""), told.get("registered", ""))
                )  # fmt: skip
        return made

    @property
    def unlisted(self) -> list[Terms]:
        """Terms that it adds to published codelists."""
        made = []
        for variable in self.dataset.variables:
            codelist = variable.facts.codelist
            added = [e.value for e in codelist.terms if e.extended] if codelist is not None else []
            if added:
                more = f" (+{len(added) - _TERMS})" if len(added) > _TERMS else ""
                made.append(Terms(variable.name, joined(added[:_TERMS]) + more))
        return made


class TabulationFacts(Facts):
    """Everything that the template of the guide asks for."""

    def __init__(self, made: Made, package: Package, prose: Prose) -> None:
        super().__init__(made, package, prose)
        files = made.plan.files
        self.tables = {each.name: each for each in made.of("Tabulation")}
        self.supplemental = {
            name: each for name, each in self.tables.items() if name.startswith("SUPP")
        }
        _, self.readers = readings(made.plan, files.sources)
        self.crf = package.annotated_crf.file if package.annotated_crf else ""
        self.crf_own = not made.plan.crf_pages

    # the trial's design

    @cached_property
    def datasets(self) -> list[Tabulated]:
        """Every dataset of the package."""
        return [Tabulated(each, self) for each in self.tables.values()]

    @property
    def main(self) -> list[Tabulated]:
        """The datasets but the supplemental ones."""
        return [each for each in self.datasets if each.name not in self.supplemental]

    @property
    def trial_design(self) -> list[Tabulated]:
        """The datasets of the trial's design, in the order of the guide."""
        found = {each.name: each for each in self.datasets}
        return [found[name] for name in TRIAL if name in found]

    @property
    def trial_names(self) -> tuple[str, ...]:
        """Their names."""
        return TRIAL

    @property
    def arms(self) -> list[Element]:
        """The planned elements of the arms."""
        found = self.made.records("TA", ("ARM", "TAETORD", "ELEMENT", "EPOCH"))
        return [Element(*each) for each in found]

    @property
    def visits(self) -> list[Visit]:
        """The planned visits."""
        found = self.made.records("TV", ("VISITNUM", "VISIT", "VISITDY"))
        return list(dict.fromkeys(Visit(*each) for each in found))

    @property
    def null_flavors(self) -> str:
        """The parameters of TS without a value, each with its null flavor."""
        return joined(
            [f"{code} ({flavor})" for code, _, flavor in self.made.trial_summary if flavor]
        )

    @property
    def criteria(self) -> list[Criterion]:
        """The criteria of eligibility."""
        return [Criterion(*e) for e in self.made.records("TI", ("IETESTCD", "IETEST", "IECAT"))]

    # subjects and rows

    @property
    def ongoing(self) -> str:
        """Whether the study goes on, where TS says it."""
        told = [value for code, value, _ in self.made.trial_summary if code == "ONGOSIND"]
        return (
            self.prose.say("answer.ongoing" if told[0] == "Y" else "answer.ended") if told else ""
        )

    @property
    def subjects(self) -> int:
        """Records of DM."""
        return self.tables["DM"].frame.rows if "DM" in self.tables else 0

    @property
    def failures(self) -> str:
        """How many subjects failed screening, where DM says it."""
        if "DM" not in self.tables:
            return ""
        told: dict[str, int] = {}
        for values, count in counted(self.tables["DM"].frame, ("ARMNRS", "ARMCD", "ARM")).items():
            reason = next((value for value in values if value.upper() in _FAILURE), "")
            told[reason] = told.get(reason, 0) + count
        failed = {reason: count for reason, count in told.items() if reason}
        if not failed:
            return self.prose.say("answer.no_failures")
        return self.prose.say(
            "answer.failures", count=sum(failed.values()), subjects=self.subjects,
            reasons=joined(sorted(failed)),
        )  # fmt: skip

    @property
    def analysis(self) -> tuple[Dataset, ...]:
        """The analysis datasets of the build."""
        return self.made.of("Analysis")

    @property
    def empty(self) -> str:
        """The datasets without records."""
        return joined([each.name for each in self.datasets if not each.records])

    @property
    def rows(self) -> int:
        """Rows of all forms."""
        return sum(each.rows for each in self.made.accounts)

    @property
    def used(self) -> int:
        """Rows that are in a dataset."""
        return sum(each.used for each in self.made.accounts)

    @property
    def excluded(self) -> int:
        """Rows that are left out under a reason."""
        return sum(sum(each.excluded.values()) for each in self.made.accounts)

    @property
    def rejected(self) -> int:
        """Rows that are not taken for a finding."""
        return sum(each.rejected for each in self.made.accounts)

    @property
    def forms(self) -> list[Form]:
        """The forms with their accounts."""
        say = self.prose.say
        made = []
        for each in self.made.accounts:
            told = [(count, self.prose.own(reason)) for reason, count in each.excluded.items()]
            told += [
                (each.rejected, say("left_out.rejected")),
                (each.ends_blanked, say("left_out.ends")),
            ]
            shown = joined([f"{count}: {what}" for count, what in told if count], "; ")
            made.append(Form(self.form(each.name), each.file, each.rows, each.used, shown))
        return made

    def form(self, name: str) -> str:
        """What a form is called."""
        source = self.made.plan.files.sources.get(name)
        return source.label or name if source is not None else name

    @property
    def not_submitted(self) -> list[Kept]:
        """Columns that go into no dataset, each with the forms that have them."""
        files = self.made.plan.files
        found: dict[tuple[str, str], list[str]] = {}
        for name, source in files.sources.items():
            reasons = dict(source.not_submitted)
            for reader in sorted(self.readers[name] & set(files.datasets)):
                reasons |= files.datasets[reader].spec.not_submitted
            by_reason: dict[str, list[str]] = {}
            table = self.made.plan.catalog.sources.get(name)
            for column, reason in reasons.items():
                # what a dataset keeps back stands in some of its forms alone
                if table is None or fnmatch.filter(table.columns, column):
                    by_reason.setdefault(reason, []).append(column)
            for reason, columns in by_reason.items():
                found.setdefault((joined(columns), reason), []).append(self.form(name))
        return [
            Kept(columns, self.prose.own(reason), joined(forms))
            for (columns, reason), forms in found.items()
        ]

    # where datasets come from

    def made_from(self, dataset: str) -> list[str]:
        """Forms of a dataset's records, else the datasets that they are made of."""
        plan = self.made.plan
        forms = [self.form(each) for each in plan.catalog.dataset_sources.get(dataset, ())
                 if each in plan.files.sources]  # fmt: skip
        if forms or dataset not in plan.datasets:
            return forms
        first = [step for step in plan.datasets[dataset].steps if step.label == "records"]
        named = [each.name for step in first for each in step.consults]
        return [name for name in dict.fromkeys(named) if name in plan.datasets and name != dataset]

    def also_read(self, dataset: str) -> list[str]:
        """Forms and tabulation datasets that a dataset's steps read, but its records are not of."""
        plan = self.made.plan
        own = {dataset, *self.made_from(dataset)}
        steps = plan.datasets[dataset].steps if dataset in plan.datasets else ()
        named = dict.fromkeys(
            each.name
            for step in steps
            for each in (*step.consults, *(e for v in step.values.values() for e in v.consults))
        )
        forms = [self.form(name) for name in named if name in plan.files.sources]
        made = [name for name in named if name in self.tables]
        return [name for name in (*forms, *made) if name not in own]

    @cached_property
    def related(self) -> frozenset[str]:
        """The datasets whose records RELREC relates."""
        found = self.tables.get("RELREC")
        return frozenset(found.frame.text("RDOMAIN").used()) if found is not None else frozenset()
