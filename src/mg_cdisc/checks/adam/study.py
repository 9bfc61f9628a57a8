"""What rules of ADaM look at: analysis datasets, with the tabulation that they come from beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from mg_cdisc.checks.study import Declared, Records, Study, as_text, cell, matched
from mg_cdisc.dataset import Package
from mg_cdisc.frame import Column, Frame, Index, Mask, Text, group_codes
from mg_cdisc.standards import Standard
from mg_cdisc.standards.facts import VariableFact
from mg_cdisc.standards.occurrence import OCCURRENCE
from mg_cdisc.terminology import Codelist, Terminology

SUBJECTS = "SUBJECT LEVEL ANALYSIS DATASET"
BASIC = "BASIC DATA STRUCTURE"
EVENT_TIME = "TIME-TO-EVENT"
ADVERSE = "ADVERSE EVENT"
OTHER = "ADAM OTHER"
_SEQUENCE = re.compile("([A-Z][A-Z0-9])SEQ")
_TOPICS = ("TERM", "DECOD", "TRT")


@dataclass
class AnalysisRecords(Records):
    """One analysis dataset; ``cls`` is its class as Define-XML writes it, ``subclass`` likewise."""

    subclass: str = ""

    @property
    def prefix(self) -> str:
        """An analysis dataset's variables have no prefix."""
        return ""

    @property
    def analyses(self) -> AnalysisStudy:
        """The study, known to be one of analysis datasets."""
        assert isinstance(self.study, AnalysisStudy)
        return self.study

    @cached_property
    def about(self) -> frozenset[str]:
        """What a rule may call it by: its name, its class and its subclass."""
        return frozenset((self.name, self.cls, self.subclass))

    @property
    def structure(self) -> str:
        """The standard's name of its data structure, '' where it has none."""
        if self.cls == BASIC:
            return "BDS"
        return {SUBJECTS: "ADSL", OCCURRENCE: "OCCDS"}.get(self.cls, "")

    @cached_property
    def facts(self) -> dict[str, VariableFact]:
        """What the ADaMIG says of the variables that the dataset has, patterns completed."""
        found = {name: self.fact(name) for name in self.frame.columns}
        return {name: fact for name, fact in found.items() if fact is not None}

    def fact(self, name: str) -> VariableFact | None:
        """What the ADaMIG says of a variable: for its structure, then of ADSL's that are copied.

        A copy of SDTM (VSELTM) is no analysis variable, whatever its name ends in.
        """
        standard = self.study.standard
        sdtm = self.analyses.tabulation.standard
        domain = name[:2]
        if domain in sdtm.datasets and (
            sdtm.variable(domain, name) or sdtm.qualifier(sdtm.datasets[domain].cls, name)
        ):
            exact = standard.match("ADSL", name) or standard.match(self.structure, name)
            return exact if exact is not None and not exact.pattern else None
        if self.structure and (found := standard.match(self.structure, name)) is not None:
            # a sponsor's own date (*DT) goes behind a variable of ADSL that is named in full
            if not found.pattern.startswith("*"):
                return found
            return standard.match("ADSL", name) or found
        return standard.match("ADSL", name)

    @cached_property
    def sequences(self) -> list[tuple[str, str]]:
        """Its variables --SEQ of a domain that the tabulation has, with that domain."""
        found = []
        for name in self.frame.columns:
            met = _SEQUENCE.fullmatch(name)
            if met is not None and self.analyses.tabulation.of(met[1]):
                found.append((met[1], name))
        return found

    def keys(self, row: int) -> list[tuple[str, str]]:
        """What tells a record from others: subject, parameter, visit, and sequence number."""
        found = [
            (name, value) for name in ("USUBJID", *self.told_plain)
            if name in self.frame and (value := cell(self.frame[name], row))
        ]  # fmt: skip
        for name in ("ASEQ", *(name for _, name in self.sequences)):
            if name in self.frame and (value := cell(self.frame[name], row)):
                found.append((name, value))
                break
        return found

    @property
    def told_plain(self) -> tuple[str, ...]:
        """Keys beside the subject that are told without their names."""
        return ("PARAMCD", "AVISIT", "DTYPE")

    def origin_rows(self, other: Records, sequence: str) -> Index:
        """Per record the record of a tabulation dataset that its --SEQ names, -1 where none is."""
        key = f"origin {other.name} {sequence}"
        if key not in self.cache:
            mine = self.joint("USUBJID", sequence)
            self.cache[key] = matched(mine, other.joint("USUBJID", sequence))
        found: Index = self.cache[key]
        return found

    def groups(self, *names: str) -> tuple[Index, int] | None:
        """The group of each record by these variables, ``X?`` only where there is X."""
        key = "groups " + " ".join(names)
        if key not in self.cache:
            columns: list[Column] = []
            for name in names:
                if (plain := name.rstrip("?")) in self.frame:
                    columns.append(self.frame[plain])
                elif not name.endswith("?"):
                    return None
            self.cache[key] = group_codes(columns, self.rows)
        found: tuple[Index, int] = self.cache[key]
        return found


@dataclass
class AnalysisStudy(Study):
    """The analysis datasets of a study; ``tabulation`` is what they come from, empty where unknown.

    ``predecessors`` holds what define.xml gives as a variable's source: ``ADAE.TRTA`` from
    ``ADSL.TRT01A``.
    """

    tabulation: Study = field(kw_only=True)
    sdtm_terminology: Terminology | None = None
    predecessors: dict[tuple[str, str], str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    beside: dict[str, Records] = field(default_factory=dict)
    """The datasets that are there already and were not built."""

    def add(
        self, name: str, label: str, variables: Sequence[Declared], frame: Frame, cls: str = "",
        subclass: str = "",
    ) -> None:  # fmt: skip
        """An analysis dataset; where nobody says of which class, its variables do."""
        if not cls:
            cls, subclass = class_of(name, frame)
        self.known.clear()
        self.datasets[name] = AnalysisRecords(
            name, label, name, cls, tuple(variables), frame, self, subclass=subclass
        )

    def of(self, domain: str) -> list[Records]:
        """The dataset of this name, one beside, or the tabulation's of this domain."""
        beside = self.beside.get(domain)
        return super().of(domain) or ([beside] if beside else self.tabulation.of(domain))

    def codelist(self, code: str) -> Codelist | None:
        """A codelist of ADaM's terminology, or of SDTM's."""
        for terminology in (self.terminology, self.sdtm_terminology):
            found = terminology.codelist(code) if terminology is not None else None
            if found is not None:
                return found
        return None


def adsl_of(study: Study) -> Records | None:
    """ADSL of a study, judged with it or standing beside it."""
    assert isinstance(study, AnalysisStudy)
    return study.datasets.get("ADSL") or study.beside.get("ADSL")


def is_analysis(name: str, frame: Frame) -> bool:
    """Whether a dataset is one of analysis: its name begins with AD and is no domain AD's."""
    if not name.startswith("AD") or len(name) < 3:
        return False
    domain = frame.columns.get("DOMAIN")
    return not (isinstance(domain, Text) and domain.used() == ["AD"])


def class_of(name: str, frame: Frame) -> tuple[str, str]:
    """Class and subclass of an analysis dataset by its name and variables.

    ADSL is the subjects' own; what has PARAMCD is BDS, with CNSR time to event; what has a topic
    variable of an event or intervention (AETERM, CMDECOD, EXTRT) is an occurrence dataset.
    """
    if name.startswith("ADSL"):
        return SUBJECTS, ""
    if "PARAMCD" in frame or "PARAM" in frame:
        return BASIC, EVENT_TIME if "CNSR" in frame else ""
    for variable in frame.columns:
        if variable[2:] in _TOPICS and variable not in ("TRTTRT",):
            adverse = variable[:2] == "AE" and "AETERM" in frame
            return OCCURRENCE, ADVERSE if adverse else ""
    return OTHER, ""


def view_analysis(
    package: Package,
    standard: Standard,
    terminology: Terminology | None,
    tabulation: Study,
    *,
    partial: bool = False,
) -> AnalysisStudy:
    """The analysis datasets of a package that was built."""
    study = AnalysisStudy(
        standard, terminology, partial, tabulation=tabulation,
        sdtm_terminology=tabulation.terminology,
    )  # fmt: skip
    for dataset in package.datasets:
        if dataset.purpose != "Analysis":
            continue
        declared = []
        for each in dataset.variables:
            shown = each.format or each.facts.display_format
            declared.append(Declared(each.name, each.label, each.is_text, each.storage, shown))
            origins = {origin.predecessor for origin in each.facts.origins}
            if len(origins) == 1 and (source := origins.pop()):
                study.predecessors[dataset.name, each.name] = source
        cls, subclass = dataset.class_name, dataset.subclass
        study.add(dataset.name, dataset.label, declared, dataset.frame, cls, subclass)
    return study


def first_rows(groups: Index, count: int, rows: Index) -> Index:
    """Per group the first of these records, -1 where it has none."""
    found = np.full(count, -1, np.int64)
    found[groups[rows[::-1]]] = rows[::-1]
    return found


def differs(one: Column, other: Column) -> Mask:
    """Where two columns have not the same value; numbers may differ by rounding."""
    if isinstance(one, Text) and isinstance(other, Text):
        together = Text.encode(pa.concat_arrays([one.values, other.values]))
        left, right = np.split(together.codes, [len(one.values)])
        return np.asarray(left[one.codes] != right[other.codes])
    if isinstance(one, Text) or isinstance(other, Text):
        return differs(as_text(one), as_text(other))
    apart = one != other
    apart &= ~(np.isnan(one) & np.isnan(other))
    few = np.flatnonzero(apart)
    apart[few] = ~np.isclose(one[few], other[few], rtol=1e-9, atol=1e-9)
    return np.asarray(apart)
