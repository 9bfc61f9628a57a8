"""What the analysis data reviewer's guide says of a study, taken from the build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from mg_cdisc.dataset import AnalysisDataset, Dataset, Package, Variable
from mg_cdisc.documents.content import joined
from mg_cdisc.documents.facts import Facts, Made, Shown, counted, subjects_in
from mg_cdisc.documents.prose import Prose
from mg_cdisc.frame import missing

_TREATMENT = re.compile(r"(ACT)?ARM(CD)?|TRT(\d\d)?[PA]N?|TRTSEQ[PA]N?|TR\d\d[PA]G\dN?")
_FLAG = re.compile(r"[A-Z0-9]+FL")
_SELECTING = re.compile(r"AVISIT|ABLFL|ANL\d\dFL")
_DATE_FLAG = re.compile(r"[A-Z0-9]+(DTF|TMF)")
_IDENTIFIERS = frozenset({"STUDYID", "USUBJID"})
_WINDOW = ("AVISIT", "AVISITN", "AWTARGET", "AWLO", "AWHI")
_COMPARISONS = {"EQ": "=", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}


class Read(NamedTuple):
    """A dataset, and the analysis datasets that read it."""

    name: str
    label: str
    readers: str


class Named(NamedTuple):
    """A variable, and the datasets that have it."""

    name: str
    label: str
    datasets: str = ""


class Same(NamedTuple):
    """Two variables, and in how many subjects they are the same."""

    one: str
    other: str
    same: int
    subjects: int


class Flag(NamedTuple):
    """A flag of ADSL."""

    name: str
    label: str
    yes: int
    rule: str


class Rule(NamedTuple):
    """A variable with the rule that makes it."""

    name: str
    values: str
    rule: str


class Goal(NamedTuple):
    """An endpoint, and where it is analysed."""

    title: str
    window: str
    purpose: str
    datasets: str


class Derived(NamedTuple):
    """A dataset, what it is made of, and what reads it."""

    name: str
    sources: str
    readers: str = ""


class Window(NamedTuple):
    """An analysis window, and the datasets that have it."""

    visit: str
    number: str
    target: str
    low: str
    high: str
    datasets: str


class Result(NamedTuple):
    """An analysis of a dataset."""

    title: str
    where: str
    population: str


class Parameter(NamedTuple):
    """A parameter of a dataset."""

    code: str
    text: str
    records: int


class Spec(NamedTuple):
    """A specification file, and the dataset that it makes."""

    file: str
    output: str


class Analysed(Shown):
    """An analysis dataset as the guide describes it."""

    def __init__(self, dataset: Dataset, facts: AnalysisFacts) -> None:
        super().__init__(dataset, facts.made, facts.prose)
        self.facts = facts
        self.primary = any(
            result.datasets[0].dataset == self.name
            for display in facts.package.displays
            for result in display.results
            if facts.purposes.get(display.key) == "primary"
        )

    @property
    def parameters(self) -> list[Parameter]:
        """Its parameters with the number of their records."""
        if "PARAMCD" not in self.dataset.frame:
            return []
        counts = counted(self.dataset.frame, ("PARAMCD", "PARAM"))
        return [Parameter(code, text, count) for (code, text), count in counts.items()]

    @property
    def results(self) -> list[Result]:
        """The analyses of its records."""
        endpoints = self.made.plan.files.endpoints
        labels = {} if endpoints is None else {
            (key, name): endpoints.populations[each.population].label
            for key, endpoint in endpoints.endpoints.items()
            for name, each in endpoint.results.items()
            if each.population in endpoints.populations
        }  # fmt: skip
        return [
            Result(
                self.facts.prose.own(result.title),
                _filter(result.datasets[0]),
                self.facts.prose.own(labels.get((display.key, result.name.rpartition(".")[2]), "")),
            )
            for display in self.facts.package.displays
            for result in display.results
            if result.datasets[0].dataset == self.name
        ]


class AnalysisFacts(Facts):
    """Everything that the template of the guide asks for."""

    def __init__(self, made: Made, package: Package, prose: Prose) -> None:
        super().__init__(made, package, prose)
        self.tables = made.of("Analysis")
        self.plan = made.plan
        self.given = bool(self.plan.files.given)
        endpoints = self.plan.files.endpoints
        self.purposes = {} if endpoints is None else {
            key: each.purpose for key, each in endpoints.endpoints.items()
        }  # fmt: skip

    @cached_property
    def main(self) -> list[Analysed]:
        """The analysis datasets."""
        return [Analysed(each, self) for each in self.tables]

    @property
    def _adsl(self) -> Dataset | None:
        return next((each for each in self.tables if each.name == "ADSL"), None)

    @property
    def subjects(self) -> int:
        """The subjects of ADSL."""
        return subjects_in(self._adsl.frame) if self._adsl is not None else 0

    # what datasets are made of

    def _reads(self, name: str) -> list[str]:
        """The datasets that a dataset is made of, also by way of helper datasets."""
        found: dict[str, None] = {}
        for each in self._consulted(name):
            if each in self.plan.datasets and self.plan.datasets[each].kind == "work":
                found |= dict.fromkeys(self._reads(each))
            elif each != name and (each in self.plan.datasets or each in self.plan.files.given):
                found[each] = None
        return sorted(found)

    def _consulted(self, name: str) -> Iterator[str]:
        for step in self.plan.datasets[name].steps:
            yield from (each.name for each in step.consults)

    @property
    def read(self) -> list[Read]:
        """The tabulation datasets that the analysis datasets are made of."""
        labels = {each.name: each.label for each in self.made.of("Tabulation")}
        own = {each.name for each in self.tables}
        readers: dict[str, list[str]] = {}
        for dataset in self.tables:
            for each in self._reads(dataset.name):
                readers.setdefault(each, []).append(dataset.name)
        return [
            Read(name, labels.get(name, self._given_label(name)), joined(readers[name]))
            for name in sorted(set(readers) - own)
        ]

    def _given_label(self, name: str) -> str:
        fact = self.plan.catalog.dataset_fact(name)
        return fact.label if fact is not None else ""

    @property
    def dependencies(self) -> list[Derived]:
        """The datasets in the order in which they are finished."""
        last = {name: place for place, (name, _) in enumerate(self.plan.order)}
        order = sorted((each.name for each in self.tables), key=lambda name: last.get(name, 0))
        return [Derived(name, joined(self._reads(name))) for name in order]

    @property
    def intermediate(self) -> list[Derived]:
        """Helper datasets."""
        return [
            Derived(
                name,
                joined(self._reads(name)),
                joined([each.name for each in self.tables if name in set(self._consulted(each.name))]),
            )
            for name, each in self.plan.datasets.items()
            if each.kind == "work"
        ]  # fmt: skip

    # variables

    @property
    def core(self) -> list[Named]:
        """Variables of ADSL that every other analysis dataset has."""
        adsl = self._adsl
        others = [each.frame for each in self.tables if each is not adsl]
        if adsl is None or not others:
            return []
        return [
            Named(each.name, each.label)
            for each in adsl.variables
            if each.name not in _IDENTIFIERS and all(each.name in frame for frame in others)
        ]

    @property
    def treatment(self) -> list[Named]:
        """Variables of treatment, and the datasets that have them."""
        found: dict[str, tuple[str, list[str]]] = {}
        for dataset in self.tables:
            for each in dataset.variables:
                if _TREATMENT.fullmatch(each.name):
                    found.setdefault(each.name, (each.label, []))[1].append(dataset.name)
        return [Named(name, label, joined(datasets)) for name, (label, datasets) in found.items()]

    @property
    def same(self) -> list[Same]:
        """Whether the treatments of ADSL are the arms of DM."""
        adsl = self._adsl
        made = []
        for pair in (("ARM", "TRT01P"), ("ACTARM", "TRT01A")):
            if adsl is not None and all(name in adsl.frame for name in pair):
                counts = counted(adsl.frame, pair)
                same = sum(count for (one, other), count in counts.items() if one == other)
                made.append(Same(*pair, same, adsl.frame.rows))
        return made

    @property
    def flags(self) -> list[Flag]:
        """The flags of ADSL with the number of subjects who have them."""
        adsl = self._adsl
        if adsl is None:
            return []
        return [
            Flag(
                each.name,
                each.label,
                int(adsl.frame.text(each.name).equals("Y").sum()),
                _rule(each),
            )
            for each in adsl.variables
            if _FLAG.fullmatch(each.name) and each.is_text
        ]

    # visits, records, imputation

    @property
    def windows(self) -> list[Window]:
        """The analysis windows that records have, and the datasets that have them."""
        found: dict[tuple[str, ...], list[str]] = {}
        for dataset in self.tables:
            if all(name in dataset.frame for name in ("AWTARGET", "AWLO", "AWHI")):
                for row in counted(dataset.frame, _WINDOW):
                    if row[2]:
                        found.setdefault(row, []).append(dataset.name)
        ordered = sorted(found, key=lambda row: (float(row[2]), row))
        return [Window._make((*row, joined(found[row]))) for row in ordered]

    @property
    def selection(self) -> list[Rule]:
        """How visits, baselines and records are chosen."""
        return [each for each in self._rules(_SELECTING) if each.rule]

    def _rules(self, names: re.Pattern[str]) -> list[Rule]:
        return [
            Rule(f"{dataset.name}.{each.name}", "", _rule(each))
            for dataset in self.tables
            for each in dataset.variables
            if names.fullmatch(each.name)
        ]

    @property
    def imputed(self) -> list[Rule]:
        """Records made for others, dates and values that are imputed."""
        made = []
        for dataset in self.tables:
            for each in dataset.variables:
                place = f"{dataset.name}.{each.name}"
                method = each.facts.method
                if each.name == "DTYPE":
                    counts = counted(dataset.frame, ("DTYPE",))
                    shown = joined([f"{of} ({n})" for (of,), n in counts.items() if of])
                    made.append(Rule(place, self.prose.say("dtype", values=shown), _rule(each)))
                elif _DATE_FLAG.fullmatch(each.name):
                    filled = int((~missing(dataset.frame[each.name])).sum())
                    made.append(Rule(place, self.prose.say("filled", count=filled), _rule(each)))
                elif method is not None and method.type == "Imputation":
                    made.append(Rule(place, "", _rule(each)))
        return made

    # endpoints and programs

    @property
    def endpoints(self) -> list[Goal]:
        """The endpoints, and the datasets in which they are analysed."""
        endpoints = self.plan.files.endpoints
        if endpoints is None:
            return []
        return [
            Goal(self.prose.own(each.title), self.prose.own(each.window), each.purpose,
                 joined(list(dict.fromkeys(result.dataset for result in each.results.values()))))
            for each in endpoints.endpoints.values()
        ]  # fmt: skip

    @property
    def specs(self) -> list[Spec]:
        """The specification files of the analysis datasets."""
        files = self.plan.files
        return [
            Spec(files.from_study(files.datasets[each.name].file), each.file_name)
            for each in self.tables
        ]

    @property
    def functions(self) -> str:
        """The Python files of the study."""
        files = self.plan.files
        return joined([files.named(path) for path in files.files if path.suffix == ".py"])


def _rule(variable: Variable) -> str:
    """What define.xml says of how a variable is made."""
    facts = variable.facts
    method = facts.method.text if facts.method is not None else ""
    return joined([method, facts.comment], " ")


def _filter(dataset: AnalysisDataset) -> str:
    """The conditions of an analysis as one text."""
    shown = []
    for check in dataset.checks:
        if check.comparator in ("IN", "NOTIN"):
            word = "in" if check.comparator == "IN" else "not in"
            shown.append(f"{check.variable} {word} ({joined(check.values)})")
        else:
            shown.append(f"{check.variable} {_COMPARISONS[check.comparator]} {check.values[0]}")
    return joined(shown, " and ")
