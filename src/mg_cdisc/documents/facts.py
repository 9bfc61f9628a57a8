"""What both reviewer's guides say of a study and its datasets, taken from the build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mg_cdisc.build import FormAccount
from mg_cdisc.dataset import Dataset, Package, class_rank
from mg_cdisc.documents.content import joined
from mg_cdisc.documents.issues import Issue, issues_of
from mg_cdisc.documents.prose import Prose
from mg_cdisc.errors import Finding
from mg_cdisc.frame import Frame, Text, group_codes
from mg_cdisc.spec import Plan
from mg_cdisc.spec.instruments import KIND as DISAGREEMENT
from mg_cdisc.spec.lists import Instrument

SUBJECT = "USUBJID"
_FORMATS = {"xpt": "SAS XPORT 5", "xpt8": "SAS XPORT 8", "dataset-json": "Dataset-JSON 1.1",
            "ndjson": "Dataset-JSON 1.1 (NDJSON)"}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A build, as far as the guides tell of it.

    ``programs`` are the names and versions of what made it, mg-cdisc first; ``rules`` the number
    of its conformance rules.
    """

    plan: Plan
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    accounts: tuple[FormAccount, ...]
    programs: Mapping[str, str]
    rules: int

    def of(self, purpose: str) -> tuple[Dataset, ...]:
        """The datasets of one purpose (Tabulation, Analysis), in the order of their classes."""
        found = (each for package in self.packages for each in package.datasets)
        return tuple(sorted((e for e in found if e.purpose == purpose), key=class_rank))

    def records(self, dataset: str, names: Sequence[str]) -> list[tuple[str, ...]]:
        """The records of a tabulation dataset as rows of texts; none where it is not made here."""
        found = [each.frame for each in self.of("Tabulation") if each.name == dataset]
        return rows_of(found[0], names) if found else []

    @property
    def trial_summary(self) -> list[tuple[str, ...]]:
        """The parameters of TS, each with its value or the null flavor in its place."""
        return self.records("TS", ("TSPARMCD", "TSVAL", "TSVALNF"))


class Version(NamedTuple):
    """A standard with its version; ``use`` is what it is used for."""

    use: str
    version: str


class Term(NamedTuple):
    """A dictionary, and the variables that are coded with it."""

    name: str
    version: str
    label: str
    variables: str


class Disagreement(NamedTuple):
    """A fact of an instrument that is registered otherwise than published."""

    instrument: str
    fact: str
    published: str
    registered: str


class Shown:
    """A dataset, as both guides describe it."""

    def __init__(self, dataset: Dataset, made: Made, prose: Prose) -> None:
        self.dataset, self.made = dataset, made
        self.name, self.label = dataset.name, dataset.label
        self.standard = dataset.standard
        self.cls, self.subclass = dataset.class_name, dataset.subclass
        self.structure, self.keys = dataset.structure, joined(dataset.keys)
        self.records, self.subjects = dataset.frame.rows, subjects_in(dataset.frame)
        texts = made.plan.files.guide
        self.efficacy, self.safety = self.name in texts.efficacy, self.name in texts.safety
        said = (dataset.comment, texts.datasets.get(self.name, ""))
        self.notes = tuple(prose.own(each) for each in said if each)

    @property
    def dictionaries(self) -> tuple[Term, ...]:
        """The dictionaries of the dataset with the variables that they code."""
        found: dict[tuple[str, str], list[str]] = {}
        for variable in self.dataset.variables:
            codelist = variable.facts.codelist
            if codelist is not None and codelist.dictionary:
                found.setdefault((codelist.dictionary, codelist.version), []).append(variable.name)
        return tuple(Term(*key, "", joined(names)) for key, names in found.items())


class Facts:
    """What the first sections and the conformance section of a guide say."""

    def __init__(self, made: Made, package: Package, prose: Prose) -> None:
        self.made, self.package, self.prose = made, package, prose
        self.texts = made.plan.files.guide

    @property
    def study(self) -> str:
        """The study's identifier."""
        return self.package.study_id

    @property
    def protocol(self) -> str:
        """The protocol's name."""
        return self.package.protocol_name

    @property
    def title(self) -> str:
        """The registered title where TS has it, else the study's description."""
        registered = [value for code, value, _ in self.made.trial_summary if code == "TITLE"]
        return " ".join(registered) or self.description

    @property
    def description(self) -> str:
        """What the study is, in one line."""
        return self.prose.own(self.package.study_description)

    @property
    def sponsor(self) -> str:
        """Who submits the study, where that is known."""
        return self.prose.own(self.texts.sponsor) or self.package.originator

    @property
    def cut(self) -> str:
        """The day of the data cut."""
        return f"{self.package.created:%Y-%m-%d}"

    @property
    def encoding(self) -> str:
        """The encoding of text in the datasets."""
        return self.package.encoding.upper()

    @property
    def formats(self) -> str:
        """The formats in which datasets are written."""
        return joined([_FORMATS[each] for each in self.made.plan.files.study.formats])

    @property
    def acronyms(self) -> list[tuple[str, str]]:
        """Those that every guide explains, and the study's."""
        own = {name: self.prose.own(text) for name, text in self.texts.acronyms.items()}
        return sorted({**self.prose.under("acronym."), **own}.items(), key=lambda e: e[0].lower())

    @property
    def standards(self) -> list[Version]:
        """The standards and terminologies of the package, with Define-XML and its results."""
        uses = {"SDTMIG": "sdtm", "ADaMIG": "adam"}
        found = [
            Version("ct", f"{each.name} {each.publishing_set} {each.version}")
            if each.type == "CT"
            else Version(uses.get(each.name, "adam"), f"{each.name} {each.version}")
            for each in self.package.standards
        ]
        found.append(Version("define", "Define-XML 2.1"))
        return found + ([Version("arm", "ARM 1.0")] if self.package.displays else [])

    @property
    def dictionaries(self) -> list[Term]:
        """The dictionaries of the study."""
        return [
            Term(each.name, each.version, each.label, joined(each.variables))
            for each in self.made.plan.files.study.dictionaries.values()
        ]

    @property
    def software(self) -> list[tuple[str, str]]:
        """What made the datasets: the program, and the language that it runs in."""
        return list(self.made.programs.items())[:2]

    @property
    def libraries(self) -> str:
        """The libraries that it uses, each with its version."""
        return joined(
            [f"{name} {version}" for name, version in list(self.made.programs.items())[2:]]
        )

    @property
    def version(self) -> str:
        """The program's version."""
        return next(iter(self.made.programs.values()))

    @property
    def rules(self) -> int:
        """The number of its conformance rules."""
        return self.made.rules

    @property
    def marked(self) -> bool:
        """Whether the study says which datasets hold data on efficacy and safety."""
        return bool(self.texts.efficacy or self.texts.safety)

    # findings

    def concerns(self, finding: Finding) -> bool:
        """Whether a finding is told in this guide: those of analysis datasets in that of analysis."""
        analysis = {each.name for each in self.made.of("Analysis")}
        other = {each.name for each in self.made.of("Tabulation")}
        mine = {each.name for each in self.package.datasets}
        return finding.dataset in mine or (
            finding.dataset not in analysis | other and (not other or bool(mine & other))
        )

    @property
    def _own_findings(self) -> list[Finding]:
        return [each for each in self.made.findings if self.concerns(each)]

    @property
    def findings(self) -> int:
        """How many findings there are."""
        return len(self._own_findings)

    @property
    def issues(self) -> tuple[Issue, ...]:
        """The findings, alike ones together."""
        return issues_of(self._own_findings, self.prose.own)

    # instruments

    @property
    def disagreements(self) -> list[Disagreement]:
        """Where the registry and the published instruments disagree."""
        return [
            each
            for instrument in self.made.plan.files.instruments.values()
            for each in self._compared(instrument)
        ]

    def _compared(self, instrument: Instrument) -> list[Disagreement]:
        told: dict[str, Mapping[str, str]] = {
            self.prose.say("registry.direction"): {
                str(k): str(v) for k, v in instrument.direction.items()
            }
        }
        ranges = {"": instrument.ranges, **{e.code: e.ranges for e in instrument.totals}}
        whole = [each.code for each in instrument.totals if each.items == ("all",)]
        for code, each in ranges.items():
            name = code or (whole[0] if len(whole) == 1 else instrument.category)
            shown: dict[str, str] = {k: f"{r.low:g} - {r.high:g}" for k, r in each.items()}
            told.setdefault(self.prose.say("registry.range", name=name), shown)
        return [
            Disagreement(instrument.category, fact, each["published"], each["registered"])
            for fact, each in told.items()
            if len(set(each.values())) > 1
        ]

    @property
    def disagreement_reasons(self) -> list[str]:
        """What the study says of it."""
        found = (e.reason.partition(": ")[2] for e in self.made.findings if e.kind == DISAGREEMENT)
        return [self.prose.own(each) for each in dict.fromkeys(found) if each]


def subjects_in(frame: Frame) -> int:
    """How many subjects have records."""
    if SUBJECT not in frame:
        return 0
    return sum(1 for each in frame.text(SUBJECT).used() if each)


def counted(frame: Frame, names: Sequence[str]) -> dict[tuple[str, ...], int]:
    """The distinct values of some variables, as texts and in their order, with their records.

    A variable that the dataset does not have is blank.
    """
    present = frame.select([name for name in names if name in frame])
    codes, groups = group_codes([*present.columns.values()], frame.rows)
    _, first = np.unique(codes, return_index=True)
    counts = np.bincount(codes, minlength=groups)
    few = present.take(first)
    rows = zip(*(_texts(few, name) for name in names), strict=True)
    found: dict[tuple[str, ...], int] = {}
    for row, code in zip(rows, codes[first].tolist(), strict=True):
        found[row] = found.get(row, 0) + int(counts[code])
    return dict(sorted(found.items()))


def rows_of(frame: Frame, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The records of a small dataset as rows of texts."""
    return list(zip(*(_texts(frame, name) for name in names), strict=True))


def _texts(frame: Frame, name: str) -> list[str]:
    """A column as texts, numbers as they are written; blank texts where there is none."""
    if name not in frame:
        return [""] * frame.rows
    column = frame[name]
    if isinstance(column, Text):
        return column.to_list()
    return ["" if np.isnan(each) else f"{each:.10g}" for each in column.tolist()]
