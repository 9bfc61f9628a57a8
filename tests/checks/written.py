"""Studies written in one line: what the fixtures of rules consist of.

Clauses are parted by ``;``. ``AE AESER=Y AESTDTC=`` is a record of AE; ``raw AE ...`` one with just
these variables, in this order; ``empty AE AETERM`` a dataset without records; ``label AE.AETERM
'...'`` a label (of ``AE``: the dataset's); ``length AE.AETERM 200`` a stored length; ``format
ADLB.ADT DATE9.`` a display format; ``source ADAE.TRTA ADSL.TRT01A`` a predecessor. Datasets whose name
begins with AD are of analysis, the others their tabulation. A record that is not raw has STUDYID S, its DOMAIN, USUBJID S1 and its number within the subject as --SEQ, where it does
not say otherwise (of analysis: STUDYID and USUBJID). A variable is of the standard's type,
``AESEQ:text=1`` and ``X:number=1`` of that said.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mg_cdisc.checks.adam import AnalysisStudy, is_analysis
from mg_cdisc.checks.study import Declared, Study
from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.standards import load_standard, with_occurrences
from mg_cdisc.standards.facts import VariableFact
from mg_cdisc.terminology import load_terminology

FIXTURES = Path(__file__).parent / "fixtures"
NOT_BY_SUBJECT = ("TA", "TE", "TV", "TI", "TS", "TD", "TM", "OI")
WITHOUT_DOMAIN = ("RELREC", "RELSUB", "SUPP")
STANDARD = load_standard("SDTMIG", "3.4")
TERMINOLOGY = load_terminology("SDTM", "2025-03-28")
ANALYSIS = with_occurrences(load_standard("ADaMIG", "1.3"))
ANALYSIS_TERMS = load_terminology("ADaM", "2025-03-28")


@dataclass
class Fixture:
    """The studies that pass a rule and those that fail it."""

    passes: list[str] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)


def read_fixtures() -> dict[str, Fixture]:
    """The fixtures of every rule by its identifier."""
    found: dict[str, Fixture] = {}
    for path in sorted(FIXTURES.glob("*.txt")):
        name = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(" "):
                assert line not in found, f"{line} stands twice"
                name = line
                found[name] = Fixture()
            elif line:
                word, _, text = line.strip().partition(" ")
                {"pass": found[name].passes, "fail": found[name].fails}[word].append(text)
    return found


def study_of(text: str) -> Study:
    """The study that a line says."""
    records: dict[str, list[dict[str, str]]] = {}
    labels: dict[str, str] = {}
    lengths: dict[str, int] = {}
    formats: dict[str, str] = {}
    sources: dict[tuple[str, str], str] = {}
    for clause in clauses(text):
        match clause:
            case ["label", where, label]:
                labels[where] = label
            case ["length", where, length]:
                lengths[where] = int(length)
            case ["format", where, shown]:
                formats[where] = shown
            case ["source", where, source]:
                dataset, _, variable = where.partition(".")
                sources[dataset, variable] = source
            case ["empty", name, *variables]:
                records[name] = [dict.fromkeys(variables, "")]
                labels[f"{name} empty"] = "yes"
            case ["raw", name, *cells]:
                records.setdefault(name, []).append(dict(_cells(cells)))
            case [name, *cells]:
                held = records.setdefault(name, [])
                held.append({**_default(name, dict(_cells(cells)), held), **dict(_cells(cells))})
    study = Study(STANDARD, TERMINOLOGY)
    analyses = AnalysisStudy(
        ANALYSIS, ANALYSIS_TERMS, tabulation=study, sdtm_terminology=TERMINOLOGY,
        predecessors=sources,
    )  # fmt: skip
    for name, rows in records.items():
        titles = list(dict.fromkeys(key for row in rows for key in row))
        columns = {title.partition(":")[0]: column(name, title, rows) for title in titles}
        frame = Frame.of(columns)
        if f"{name} empty" in labels:
            frame = frame.slice(0, 0)
        declared = [
            Declared(
                each,
                labels.get(f"{name}.{each}") or getattr(fact_of(name, each), "label", ""),
                isinstance(made, Text),
                lengths.get(f"{name}.{each}", 8),
                formats.get(f"{name}.{each}", ""),
            )
            for each, made in columns.items()
        ]
        known = STANDARD.dataset(name, name[:2])
        into = analyses if is_analysis(name, frame) else study
        into.add(name, labels.get(name) or (known.label if known else ""), declared, frame)
    return analyses if analyses.datasets else study


def clauses(text: str) -> Iterator[list[str]]:
    """The words of each clause."""
    words: list[str] = []
    for word in shlex.split(text):
        if word == ";":
            yield words
            words = []
        else:
            words.append(word)
    yield words


def _cells(cells: list[str]) -> Iterator[tuple[str, str]]:
    for cell in cells:
        name, _, value = cell.partition("=")
        yield name, value


def _default(name: str, said: dict[str, str], before: list[dict[str, str]]) -> dict[str, str]:
    made = {"STUDYID": "S"}
    prefix = name[2:] if len(name) == 4 and name.startswith("AP") else name[:2]
    if name in NOT_BY_SUBJECT:
        return {**made, "DOMAIN": name}
    subject = said.get("USUBJID", "S1")
    if name.startswith(WITHOUT_DOMAIN) or (name.startswith("AD") and len(name) > 2):
        return {**made, "USUBJID": subject}
    made |= {"DOMAIN": name[:2], "USUBJID": subject}
    if name not in ("DM", "SV") and f"{prefix}SEQ:text" not in said:
        made[f"{prefix}SEQ"] = str(1 + sum(row.get("USUBJID") == subject for row in before))
    return made


def fact_of(dataset: str, name: str) -> VariableFact | None:
    """What the standard says of a variable."""
    if dataset.startswith("AD") and len(dataset) > 2:
        for structure in ("ADSL", "BDS", "OCCDS"):
            found = ANALYSIS.match(structure, name)
            if found is not None and not found.pattern.startswith("*"):
                return found
        copied = STANDARD.variable(name[:2], name) or STANDARD.variable("DM", name)
        return copied or ANALYSIS.match("BDS", name)
    domain = "SUPPQUAL" if dataset.startswith("SUPP") else dataset[:2]
    domain = dataset if dataset in STANDARD.datasets else domain
    fact = STANDARD.variable(domain, name)
    if fact is None and domain in STANDARD.datasets:
        fact = STANDARD.qualifier(STANDARD.datasets[domain].cls, name)
    return fact or STANDARD.variable("SE", name)


def column(dataset: str, title: str, rows: list[dict[str, str]]) -> Column:
    """A column of the type that its title or the standard says."""
    name, _, kind = title.partition(":")
    fact = fact_of(dataset, name)
    values = [row.get(title, "") for row in rows]
    number = fact.type == "Num" if fact is not None else name.endswith("SEQ")
    if kind == "text" or not (number or kind == "number"):
        return Text.of(values)
    return np.array([float(value) if value else np.nan for value in values])
