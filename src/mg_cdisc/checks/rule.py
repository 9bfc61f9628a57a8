"""A rule: what it is called, where it applies, what must hold, and what finds the records at fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mg_cdisc.checks.study import NAMED, Records, Study
from mg_cdisc.errors import Finding, Level, Listed, Location
from mg_cdisc.frame import Index, Mask, positions

CLASSES = {
    "events": ("Events",),
    "interventions": ("Interventions",),
    "findings": ("Findings", "Findings About"),
    "special": ("Special-Purpose",),
    "trial": ("Trial Design",),
    "relationship": ("Relationship",),
    "adsl": ("SUBJECT LEVEL ANALYSIS DATASET",),
    "bds": ("BASIC DATA STRUCTURE",),
    "occurrence": ("OCCURRENCE DATA STRUCTURE",),
    "tte": ("TIME-TO-EVENT",),
    "other": ("ADAM OTHER",),
}
GENERAL = ("events", "interventions", "findings")


@dataclass(frozen=True, slots=True)
class Scope:
    """The datasets that a rule looks at.

    Written ``all``, classes in lower case and domains in upper case, then ``not`` and what is left
    out: ``events interventions not AE DS``. Of analysis datasets ``adsl``, ``bds``, ``tte``,
    ``occurrence`` and ``other`` are the classes. ``general`` is the three general observation classes;
    ``SUPP`` every SUPP--; ``study`` no dataset in particular.
    """

    text: str
    words: frozenset[str]
    never: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Scope:
        """The scope that a text says."""
        wanted, _, never = text.partition(" not ")
        return cls(text, _expanded(wanted.split()), _expanded(never.split()))

    def holds(self, records: Records) -> bool:
        """Whether a dataset is meant."""
        about = records.about
        return self.never.isdisjoint(about) and (
            "all" in self.words or not self.words.isdisjoint(about)
        )


def _expanded(words: Iterable[str]) -> frozenset[str]:
    found: list[str] = []
    for word in words:
        for part in GENERAL if word == "general" else (word,):
            found += CLASSES.get(part, (part,))
    return frozenset(found)


Against = Callable[[Index], list[list[tuple[str, str]]]]
"""What each of some records was compared with: names and values, as a person reads them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule found in one dataset.

    ``rows`` are the records at fault (none where the fault is of the dataset as a whole), ``shown``
    the variables whose values are printed, ``detail`` what else is to be said. ``against`` is asked
    only of the records that are listed.
    """

    records: Records | None
    rows: Index | Mask | None = None
    shown: Sequence[str] = ()
    detail: str = ""
    variable: str = ""
    against: Against | None = None


@dataclass(frozen=True)
class Rule:
    """A rule with the published rules that it implements.

    ``what`` is what must hold, ``--`` standing for the domain's prefix; ``todo`` what to do;
    ``run`` yields the faults of a study. ``condition`` is what is true of a record at fault, where
    the rule is said as data. ``covers`` is the finding by which a build tells the same.
    """

    name: str
    published: tuple[str, ...]
    level: Level
    scope: Scope
    what: str
    todo: str
    run: Callable[[Rule, Study], Iterator[Fault]]
    condition: str = ""
    covers: str = ""

    @property
    def of_analysis(self) -> bool:
        """Whether it is about analysis datasets; the others are about tabulations."""
        return self.name.startswith("AD-")

    def findings(self, study: Study) -> Iterator[Finding]:
        """What is wrong in a study, one finding a dataset and variable."""
        for finding, _ in self.found(study):
            yield finding

    def found(self, study: Study) -> Iterator[tuple[Finding, Index | None]]:
        """The findings with the positions of their records; None where a dataset as a whole, or
        the study, is at fault."""
        for fault in self.run(self, study):
            rows = None if fault.records is None or fault.rows is None else positions(fault.rows)
            yield self._finding(fault), rows

    def _finding(self, fault: Fault) -> Finding:
        records = fault.records
        variable = fault.variable or (fault.shown[0] if fault.shown else "")
        count, told = 1, fault.detail
        listed: tuple[Listed, ...] = ()
        if records is not None and fault.rows is not None:
            rows = positions(fault.rows)
            count = len(rows)
            listed = tuple(_listed(records, fault, rows[:NAMED]))
            told = "; ".join(filter(None, (fault.detail, _named(records, rows, listed))))
        prefix = records.prefix if records is not None else ""
        what = self.what.replace("--", prefix) if records is not None and prefix else self.what
        todo = self.todo.replace("--", prefix) if prefix else self.todo
        return Finding(
            Location(records.file if records is not None else "study"),
            self.name,
            f"{what}: {told}" if told else what,
            todo,
            self.level,
            records.name if records is not None else "",
            variable,
            count,
            lasting=f"{what}: {fault.detail}" if fault.rows is None and fault.detail else what,
            listed=listed,
        )


def _listed(records: Records, fault: Fault, rows: Index) -> Iterator[Listed]:
    """The records that are named, with their values and what these were compared with."""
    against = fault.against(rows) if fault.against is not None else [[] for _ in rows]
    suspect = fault.variable or (fault.shown[0] if fault.shown else "")
    names = dict.fromkeys((*fault.shown, *[fault.variable] * bool(fault.variable)))
    for row, other in zip(rows.tolist(), against, strict=True):
        keys = records.keys(row)
        # that the suspect is blank says something beside what it is compared with
        told = bool(other or fault.variable)
        values = [
            (name, text) for name in names
            if name != "USUBJID" and name in records
            and ((text := records.shown(name, row)) or (told and name == suspect))
        ]  # fmt: skip
        yield Listed(records.name, tuple(keys), tuple(values), tuple(other))


def _named(records: Records, rows: Index, listed: Sequence[Listed]) -> str:
    """How many records, and the first of them with their values."""
    told = []
    for row, each in zip(rows.tolist(), listed, strict=False):
        parts = [_values(each.values, 40), _values(each.against, 120)]
        shown = "; ".join(filter(None, parts))
        told.append(f"{records.key(row)} ({shown})" if shown else records.key(row))
    more = len(rows) - len(told)
    count = f"{len(rows):,} record{'' if len(rows) == 1 else 's'}"
    return f"{count}: {'; '.join(told)}{f' and {more:,} more' if more > 0 else ''}"


def _values(named: Sequence[tuple[str, str]], most: int) -> str:
    return ", ".join(
        f"{name} = '{text if len(text) <= most else text[:most] + '...'}'" for name, text in named
    )


def each_dataset(
    check: Callable[[Records], Iterator[Fault]],
) -> Callable[[Rule, Study], Iterator[Fault]]:
    """A check of one dataset, run on every dataset of a rule's scope that has records."""

    def run(rule: Rule, study: Study) -> Iterator[Fault]:
        for records in study:
            if records.rows and rule.scope.holds(records):
                yield from check(records)

    return run


def whole_study(
    check: Callable[[Study], Iterator[Fault]],
) -> Callable[[Rule, Study], Iterator[Fault]]:
    """A check of the study, run once."""

    def run(rule: Rule, study: Study) -> Iterator[Fault]:
        yield from check(study)

    return run


def some(mask: Any) -> bool:
    """Whether a mask has any record."""
    return bool(np.any(mask))
