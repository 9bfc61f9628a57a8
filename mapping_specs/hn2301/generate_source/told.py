"""What is told about the study, read from the TOML files beside this module."""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from chance import Course

HERE = Path(__file__).parent


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


STUDY, HAPPENS, MEASURED = _read("study"), _read("events"), _read("measures")
TEXTS: dict[str, str] = _read("texts")


@dataclass(frozen=True)
class Visit:
    label: str
    code: str
    day: int
    drift: int = 0
    dosing: bool = False
    scores: bool = False  # the four instruments
    status: bool = False  # the investigator's MG status
    titre: bool = False  # antibody titres
    weight: bool = False


@dataclass(frozen=True)
class Story:
    role: str
    week: int
    dose_mg: int
    mgadl: int
    drop: int
    events: list[str]
    antibody: str
    steroid: tuple[str, int, str]
    other: int = 0
    course: str = "usual"
    interrupted: int = 0
    stopped_after: int = 0
    why_stopped: str = ""
    criterion: str = ""
    why: str = ""
    leaves: list[int] = field(default_factory=list)
    missed_visit: str = ""
    repeated_visit: str = ""
    not_done: list[list[str]] = field(default_factory=list)
    unscheduled: list[tuple[str, int, str]] = field(default_factory=list)
    procedures: list[str] = field(default_factory=list)
    prior: list[str] = field(default_factory=list)
    rescue: tuple[str, int] | None = None
    deviations: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    race_other: str = ""
    day_of_birth_unknown: bool = False

    def done(self, form: str, visit: str) -> bool:
        return [form, visit] not in self.not_done


@dataclass(frozen=True)
class Event:
    verbatim: list[str]
    terms: list[str]
    grade: str
    relation: str
    onset: tuple[int, int] = (0, 0)
    hours: tuple[int, int] = (0, 0)
    between: tuple[str, str] = ("", "")
    interest: str = "NONE"
    treat: list[str] = field(default_factory=list)
    other_action: list[str] = field(default_factory=list)
    action: str = ""
    hospital: bool = False
    fatal: bool = False


@dataclass(frozen=True)
class Medicine:
    verbatim: list[str]
    drug: tuple[str, str, str]  # name, class, class code
    given: tuple[str, str, str, str]  # unit, dose form, frequency, route
    dose: str = ""
    days: tuple[int, int] = (0, 0)
    step: float = 0.0
    what_for: list[str] = field(default_factory=list)
    why: str = ""


@dataclass(frozen=True)
class Condition:
    verbatim: list[str]
    terms: list[str]
    medicine: str = ""
    over: bool = False


@dataclass(frozen=True)
class Procedure:
    verbatim: list[str]
    decode: tuple[str, str]
    what_for: str
    years: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Instrument:
    prefix: str
    items: list[str]
    scores: list[list[int]]
    first_code: int
    severity: float


@dataclass(frozen=True)
class Analyte:
    code: str
    panel: str
    unit: str
    decimals: int
    male: tuple[float, float]
    female: tuple[float, float]
    level: float
    course: Course = ((1, 1.0),)
    lloq: float = 0.0


VISITS = [Visit(**visit) for visit in STUDY["visits"]]
SCREENING, BASELINE, *AFTER_BASELINE, EARLY_TERMINATION, UNSCHEDULED = VISITS
DOSING = [visit for visit in VISITS if visit.dosing]
STORIES = [Story(**story) for story in STUDY["stories"]]
STARTS: date = STUDY["enrolment_starts"]
CUT: date = STUDY["data_cut"]
EVENTS = {kind: Event(**event) for kind, event in HAPPENS["events"].items()}
MEDICINES = {name: Medicine(**medicine) for name, medicine in HAPPENS["medicines"].items()}
HISTORY = [Condition(**condition) for condition in HAPPENS["history"]]
PROCEDURES = {name: Procedure(**known) for name, known in HAPPENS["procedures"].items()}
INSTRUMENTS = {name: Instrument(**form) for name, form in MEASURED["instruments"].items()}
ANALYTES = [Analyte(**analyte) for analyte in MEASURED["laboratory"]["analytes"]]
SITE_UNITS = {
    (other["site"], other["code"]): other for other in MEASURED["laboratory"]["site_units"]
}
FLOW, TITRES, VITALS = (
    MEASURED[key] for key in ("flow_cytometry", "antibody_titres", "vital_signs")
)

# Codes of the invented dictionary count up within a level: 91000001 is the first LLT, 95000001 the
# first SOC. Real dictionaries use no such numbers, and new terms at the end leave old codes alone.
TERM_LEVELS = ("LLT", "PT", "HLT", "HLGT", "SOC")
TERM_CODES: dict[str, dict[str, str]] = {level: {} for level in TERM_LEVELS}
for _terms in (
    HAPPENS["diagnosis_terms"],
    *(event.terms for event in EVENTS.values()),
    *(condition.terms for condition in HISTORY),
):
    for _million, (_level, _name) in enumerate(zip(TERM_LEVELS, _terms, strict=True), 91):
        _known = TERM_CODES[_level]
        _known.setdefault(_name, f"{_million}{len(_known) + 1:06}")


def coded(terms: list[str]) -> dict[str, str]:
    """Name and code on the five levels of the dictionary."""
    cells = {}
    for level, name in zip(TERM_LEVELS, terms, strict=True):
        cells[f"{level}_NAME"] = name
        cells[f"{level}_CODE"] = TERM_CODES[level][name]
    return cells
