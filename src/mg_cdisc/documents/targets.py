"""Where each column of each form goes: the tabulation variables that are made of it.

It follows from the steps: what a value reads, through working variables, tables and helper datasets,
back to the collected columns. What is made of variables of the tabulation is not followed: a study
day comes from a date, and the date from the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mg_cdisc.build.finish import written
from mg_cdisc.build.provenance import Provenance
from mg_cdisc.derive import SOURCE, Bound, BoundValue, Consult
from mg_cdisc.derive.records import keep_pairs
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.spec.catalog import SUPP_FIELD
from mg_cdisc.spec.tree import plain

Condition = tuple[str, str]
"""A variable and the value that it has."""

_TELLING = ("DECOD", "TERM", "SCAT", "CAT")
"""What tells records of one form apart that several steps make, by the ends of the variables."""
_RESULT = ("ORRES", "ORRESU")
_STANDARD = ("STRESC", "STRESN", "STRESU")
_LITERAL = re.compile(r"'[^']*'")


@dataclass(frozen=True)
class Target:
    """A variable that a column of a form goes into.

    ``when`` is which of its records; ``constant`` the value that it gets, where the column only
    decides about it. ``kind`` is Define-XML's type of origin.
    """

    dataset: str
    variable: str
    when: tuple[Condition, ...] = ()
    constant: str = ""
    kind: str = "Collected"
    decides: bool = False

    @property
    def place(self) -> str:
        """The variable with its dataset."""
        return f"{self.dataset}.{self.variable}"

    def __str__(self) -> str:
        text = f"{self.place} = '{self.constant}'" if self.constant else self.place
        if self.when:
            text += " when " + " and ".join(f"{name} = '{value}'" for name, value in self.when)
        return text


@dataclass(frozen=True)
class _Column:
    """A column of a form that a value is made of, and of which records; or that decides about it."""

    form: str
    name: str
    when: tuple[Condition, ...] = ()
    decides: bool = False


Targets = Mapping[tuple[str, str], tuple[Target, ...]]
"""For each form and column where it goes, in the order of datasets and variables."""


def targets(plan: Plan, tables: Mapping[str, SourceTable]) -> Targets:
    """Where each column of each form goes in the tabulation.

    A variable that is worked out stands only where nothing of its dataset is taken from the column
    as it is; one that the column only decides about, only where it goes nowhere else.
    """
    found: dict[tuple[str, str], dict[Target, None]] = {}
    for dataset in plan.datasets.values():
        if dataset.kind == "sdtm":
            for column, target in _Tracer(plan, tables, dataset).all():
                found.setdefault((column.form, column.name), {})[target] = None
    return {key: _shown(list(each)) for key, each in found.items()}


def _shown(found: list[Target]) -> tuple[Target, ...]:
    """Those of a column's targets that a reader needs."""
    kept = [each for each in found if not each.decides] or found
    original = {each.dataset for each in kept if each.variable.endswith(_RESULT)}
    kept = [e for e in kept if e.dataset not in original or not e.variable.endswith(_STANDARD)]
    plainly = {each.dataset for each in kept if each.kind != "Derived"}
    return tuple(each for each in kept if each.kind != "Derived" or each.dataset not in plainly)


class _Tracer:
    """Traces the variables of one dataset back to the columns of forms."""

    def __init__(
        self, plan: Plan, tables: Mapping[str, SourceTable], dataset: BoundDataset
    ) -> None:
        self.plan, self.tables, self.dataset = plan, tables, dataset
        self.written = dict(zip(map(id, dataset.steps), map(plain, dataset.expanded), strict=False))
        self.records = [step for step in dataset.steps if step.label == "records"]
        self.forms = tuple(dict.fromkeys(e for step in self.records for e in self._forms(step)))

    # the dataset's variables

    def all(self) -> Iterator[tuple[_Column, Target]]:
        """Every column with every variable that it goes into."""
        provenance = Provenance(self.plan, self.dataset)
        supplemental = [key for key in self.dataset.types if key.startswith(SUPP_FIELD)]
        for name in (*written(self.dataset), *supplemental):
            makers = (*self.dataset.makers(name),
                      *((step, step.values[name]) for step in self.dataset.revisions(name)))  # fmt: skip
            for step, value in makers:
                constant = self._constant(step, name)
                for column in self._columns(step, name, value, frozenset({name})):
                    yield column, self._target(name, column, constant, provenance)

    def _target(self, name: str, column: _Column, constant: str, provenance: Provenance) -> Target:
        dataset = self.dataset.name
        if name.startswith(SUPP_FIELD):
            qnam = name.removeprefix(SUPP_FIELD)
            return Target(f"SUPP{dataset}", "QVAL", (("QNAM", qnam),), decides=column.decides)
        kind = provenance.kind(name)
        # the schedule of visits is the protocol's, and numbers of records are made for them
        aside = kind == "Protocol" or name.endswith("SEQ")
        target = Target(dataset, name, column.when, "", kind, column.decides or aside)
        if column.decides and constant:
            return replace(target, constant=constant)
        if not target.when and name.endswith(_RESULT):
            return replace(target, when=self._only_test())
        return target

    def _only_test(self) -> tuple[Condition, ...]:
        """The test that all records of a findings dataset are of, where the spec says one."""
        test = f"{self.plan.catalog.domain(self.dataset.name)}TESTCD"
        said = {self._constant(step, test) for step, _ in self.dataset.makers(test)}
        only = said.pop() if len(said) == 1 else ""
        return ((test, only),) if only else ()

    # one value

    def _columns(
        self, step: Bound, name: str, value: BoundValue, seen: frozenset[str]
    ) -> Iterator[_Column]:
        """The columns that a step makes a variable of."""
        if step.label == "records":
            yield from self._of_records(step, name, value, seen)
            return
        consults = value.consults or (step.consults if step.label == "lookup" else ())
        deciding = self._deciding(step, name)
        yield from self._of_keys(value.reads, step, deciding, seen)
        for consult in consults:
            yield from self._of_consult(consult, step, value, seen)

    def _of_keys(
        self, keys: Iterable[str], step: Bound, deciding: set[str], seen: frozenset[str]
    ) -> Iterator[_Column]:
        forms = self._forms(step) if step.label == "records" else self.forms
        for key in keys:
            column = key.removeprefix(SOURCE)
            decides = column in deciding
            if key.startswith(SOURCE):
                yield from (
                    _Column(form, column, (), decides) for form in forms if self._has(form, column)
                )
            elif (key.startswith("_") or self.dataset.kind == "work") and key not in seen:
                for each in self._of_variable(key, seen):
                    yield replace(each, decides=each.decides or decides)

    def _of_variable(self, key: str, seen: frozenset[str]) -> Iterator[_Column]:
        for step, value in self.dataset.makers(key):
            yield from self._columns(step, key, value, seen | {key})

    def _of_consult(
        self, consult: Consult, step: Bound, value: BoundValue, seen: frozenset[str]
    ) -> Iterator[_Column]:
        """What a value takes from elsewhere: a form's column, or what finds a row of a table."""
        name = consult.name
        dataset, _, variable = value.predecessor.partition(".")
        if name in self.tables:
            taken = [variable] if dataset == name else [
                key.removeprefix(SOURCE) for key in consult.columns if key.startswith(SOURCE)
            ]  # fmt: skip
            yield from (_Column(name, each) for each in taken if self._has(name, each))
        elif name in self.plan.catalog.tables:
            yield from self._of_keys(step.reads, step, set(), seen)
        elif name in self.plan.datasets and self.plan.datasets[name].kind == "work":
            other = _Tracer(self.plan, self.tables, self.plan.datasets[name])
            for key in [variable] if dataset == name else consult.columns:
                yield from other._of_variable(key, frozenset({key}))
        elif step.label == "lookup":  # of another dataset's record, which the column finds
            for each in self._of_keys(step.reads, step, set(), seen):
                yield replace(each, decides=True)

    # records

    def _of_records(
        self, step: Bound, name: str, value: BoundValue, seen: frozenset[str]
    ) -> Iterator[_Column]:
        """What a records step makes of its form: by a table, by keeping it, or by a value."""
        said = self._records(step)
        table = said.get("unpivot", {})
        when = self._telling(step)
        if name in table.get("values", {}):
            for form in self._forms(step):
                for column, test in self._tests(table["table"], table["values"][name]):
                    yield _Column(form, column, test)
            return
        kept = {new: old for key in ("keep", "by") for new, old in keep_pairs(said.get(key, []))}
        reads = value.reads or ((SOURCE + kept[name].removeprefix(SOURCE),) if name in kept else ())
        found = [*self._of_keys(reads, step, self._deciding(step, name), seen)]
        for consult in step.consults if value.predecessor and not reads else ():
            if consult.name in self.plan.datasets:  # a variable of a helper dataset, as it is
                found += self._of_consult(consult, step, value, seen)
        # a constant that tells the records apart is none of the column's doing
        for each in found:
            own = each.when or tuple(pair for pair in when if pair[0] != name)
            yield replace(each, when=own)

    def _tests(self, table: str, naming: str) -> Iterator[tuple[str, tuple[Condition, ...]]]:
        """The columns that a table names, and what it says of the records made of each."""
        frame = self.plan.catalog.tables[table]
        own = [key for key in frame.columns if key in self.dataset.types and key != naming]
        test = f"{self.plan.catalog.domain(self.dataset.name)}TESTCD"
        telling = [test] if test in own else [
            key for key in own if len(set(frame.text(key).to_list())) == frame.rows
        ][:1]  # fmt: skip
        for row, column in enumerate(frame.text(naming).to_list()):
            if column:
                yield column, tuple((key, frame.text(key).to_list()[row]) for key in telling)

    def _telling(self, step: Bound) -> tuple[Condition, ...]:
        """Constants that tell the records of one step from those that others make of its form."""
        domain = self.plan.catalog.domain(self.dataset.name)
        test = self._constant(step, f"{domain}TESTCD")
        if test:
            return ((f"{domain}TESTCD", test),)
        forms = set(self._forms(step))
        others = [
            each for each in self.records if each is not step and forms & set(self._forms(each))
        ]
        for end in _TELLING if others else ():
            own = self._constant(step, domain + end)
            if own and all(self._constant(each, domain + end) != own for each in others):
                return ((domain + end, own),)
        return ()

    # what the spec says

    def _forms(self, step: Bound) -> tuple[str, ...]:
        return tuple(each.name for each in step.consults if each.name in self.tables)

    def _has(self, form: str, column: str) -> bool:
        return column in self.tables[form].columns

    def _records(self, step: Bound) -> dict[str, Any]:
        said = self.written.get(id(step), {}).get("records", {})
        return said if isinstance(said, dict) else {}

    def _said(self, step: Bound, name: str) -> object:
        """What the spec says of a variable."""
        if step.label == "records":
            made = self._records(step).get("set", {})
            return made.get(name) if isinstance(made, dict) else None
        said = self.written.get(id(step), {})
        return said.get(name) if isinstance(said, dict) else None

    def _constant(self, step: Bound, name: str) -> str:
        """The constant that a step gives a variable; '' where it gives none."""
        said = self._said(step, name)
        constant = said.get("hardcode", "") if isinstance(said, dict) else ""
        return constant if isinstance(constant, str) else ""

    def _deciding(self, step: Bound, name: str) -> set[str]:
        """The names that only the condition of a value has: they decide about it, and are not in it."""
        said = self._said(step, name)
        if not isinstance(said, dict) or "when" not in said:
            return set()
        content = {key: each for key, each in said.items() if key != "when"}
        return _words(said["when"]) - _words(content)


def _words(said: object) -> set[str]:
    """The names in whatever a spec says, without what stands in quotes."""
    if isinstance(said, dict):
        return {word for each in said.values() for word in _words(each)}
    if isinstance(said, list | tuple):
        return {word for each in said for word in _words(each)}
    text = _LITERAL.sub("", str(said))
    return {word.strip("`") for word in re.findall(r"`[^`]+`|\w+(?:\.\w+)*", text)} | set(
        re.findall(r"\w+", text)
    )
