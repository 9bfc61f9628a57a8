"""From endpoints.yaml and built datasets to first results: one dataset and one filter for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mg_cdisc.endpoints.data import Built
from mg_cdisc.endpoints.kinds import Asked, tables_of
from mg_cdisc.endpoints.rows import Table, category
from mg_cdisc.errors import Finding, Location
from mg_cdisc.expression import Env, ExpressionError, Node
from mg_cdisc.frame import Frame, Index, Mask, Text, match_codes
from mg_cdisc.layout import counted
from mg_cdisc.spec.analyses import SUBJECT, bind_filter, written
from mg_cdisc.spec.endpoints import Analysis, Endpoint, Endpoints, Population


@dataclass(frozen=True)
class Result:
    """One computed result: what it is of, how many subjects each group has, and its tables.

    ``sizes`` are the subjects of the population by group (one group without name, where the study
    has none).
    """

    endpoint: str
    name: str
    about: Endpoint
    analysis: Analysis
    population: Population
    sizes: Mapping[str, int]
    records: int
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class _Subjects:
    """The subjects of a population: their identifiers, and the number of each one's group."""

    identifiers: Text
    groups: Index
    names: tuple[str, ...]

    def sizes(self) -> dict[str, int]:
        counts = np.bincount(self.groups, minlength=len(self.names)).tolist()
        return dict(zip(self.names, counts, strict=True))


def compute_endpoints(
    endpoints: Endpoints, built: Built, file: str, only: Sequence[str] = ()
) -> tuple[tuple[Result, ...], tuple[Finding, ...]]:
    """The results of all endpoints (or of those named), and why others could not be computed.

    ``file`` names endpoints.yaml in findings. A result whose filter finds no record of the
    population, or several of a subject where one is needed, is a finding.
    """
    computing = _Computing(endpoints, built, file)
    for name, endpoint in endpoints.endpoints.items():
        if not only or name in only:
            for each, analysis in endpoint.results.items():
                computing.add(name, endpoint, each, analysis)
    return tuple(computing.results), tuple(computing.findings)


class _Computing:
    def __init__(self, endpoints: Endpoints, built: Built, file: str) -> None:
        self.endpoints, self.built, self.file = endpoints, built, file
        self.results: list[Result] = []
        self.findings: list[Finding] = []
        self.populations: dict[str, _Subjects] = {}

    def add(self, key: str, endpoint: Endpoint, name: str, analysis: Analysis) -> None:
        """Compute one result, or say why not."""
        missing = [
            each for each in (analysis.dataset, self.population_of(analysis).dataset)
            if each not in self.built.frames
        ]  # fmt: skip
        if missing:
            self.findings += [self.built.absent(each) for each in dict.fromkeys(missing)]
            return
        try:
            self.results.append(self.result(key, endpoint, name, analysis))
        except ExpressionError as error:
            at = Location(self.file)
            self.findings += [
                Finding(at, each.kind, f"{key}.{name}: {each.what}", each.todo, dataset=analysis.dataset)
                for each in error.each()
            ]  # fmt: skip

    def population_of(self, analysis: Analysis) -> Population:
        return self.endpoints.populations[analysis.population]

    def result(self, key: str, endpoint: Endpoint, name: str, analysis: Analysis) -> Result:
        population = self.population_of(analysis)
        subjects = self.subjects(analysis.population)
        frame = self.built.frames[analysis.dataset]
        held = self.rows(analysis.where, analysis.dataset)
        chosen = frame.take(held)
        if not chosen.rows:
            raise _nothing(f"no record of {analysis.dataset}", analysis.where)
        members, number = _members(chosen, subjects)
        chosen = chosen.take(members)
        if not chosen.rows:
            what = f"no record of {analysis.dataset} of a subject of the population {analysis.population}"
            raise _nothing(what, analysis.where)
        asked = Asked(
            analysis, chosen, number[members], subjects.groups, subjects.names,
            tuple(category(chosen, each, shown) for each, shown in analysis.by.items()),
            tuple(
                category(chosen, each, shown)
                for each, shown in (analysis.count.across if analysis.count else {}).items()
            ),
            self.endpoints.confidence / 100,
        )  # fmt: skip
        if analysis.count is None:
            self.check_single(asked)
        return Result(
            key, name, endpoint, analysis, population, subjects.sizes(), chosen.rows,
            tuple(tables_of(asked)),
        )  # fmt: skip

    def rows(self, where: Node, dataset: str) -> Mask:
        frame, types = self.built.frames[dataset], self.built.types[dataset]
        typed, _ = bind_filter(where, dataset, types)
        return typed.truth(Env(frame.columns, frame.rows)).true

    def subjects(self, name: str) -> _Subjects:
        """The subjects of a population, computed once."""
        if name not in self.populations:
            population = self.endpoints.populations[name]
            frame = self.built.frames[population.dataset]
            held = frame.take(self.rows(population.where, population.dataset))
            if not held.rows:
                raise _nothing(f"no subject of the population {name}", population.where)
            identifiers = held.text(SUBJECT)
            if len(identifiers.used()) < held.rows:
                raise ExpressionError(
                    f"{population.dataset} has several records of a subject in the population {name}",
                    "Name a dataset with one record per subject.", "endpoint-repeats",
                )  # fmt: skip
            self.populations[name] = _Subjects(identifiers, *self.groups(held))
        return self.populations[name]

    def groups(self, held: Frame) -> tuple[Index, tuple[str, ...]]:
        if self.endpoints.groups is None:
            return np.zeros(held.rows, np.int64), ("",)
        found = category(held, self.endpoints.groups, {})
        return found.codes, found.texts

    def check_single(self, asked: Asked) -> None:
        """Refuse several records of a subject in one line: the filter is then not enough."""
        repeated = sum(each for each in _repeated(asked))
        if repeated:
            by = f" by {', '.join(asked.analysis.by)}" if asked.analysis.by else ""
            raise ExpressionError(
                f"{counted(repeated, 'subject has', 'subjects have')} several records of "
                f"{asked.analysis.dataset}{by}",
                "Add to the filter what chooses among them (ANL01FL = 'Y'), or to by: what tells them "
                "apart.",
                "endpoint-repeats",
            )


def _repeated(asked: Asked) -> Iterator[int]:
    for _, rows in asked.lines():
        counts = np.bincount(asked.subjects[rows])
        yield int(np.count_nonzero(counts > 1))


def _members(frame: Frame, subjects: _Subjects) -> tuple[Mask, Index]:
    """Which records are of a subject of the population, and of each its number there."""
    own, theirs, count = match_codes(
        [frame.text(SUBJECT)], [subjects.identifiers], frame.rows, len(subjects.identifiers)
    )
    number = np.full(count, -1, np.int64)
    number[theirs] = np.arange(len(theirs))
    found = number[own]
    return found >= 0, found


def _nothing(what: str, where: Node) -> ExpressionError:
    return ExpressionError(
        f"{what} meets the filter: {written(where)}",
        "Check the values of the filter, or build again if the datasets are older than the specs.",
        "endpoint-empty",
    )
