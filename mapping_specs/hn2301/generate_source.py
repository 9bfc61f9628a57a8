"""Write the example source data of study HN2301. Every value in it is INVENTED.

No person, hospital, dose, date, result or dictionary term in it is real. `source/README.md`
describes each file; `generate_source.toml` holds the facts and stories that are told here.

    python generate_source.py [--seed 2301] [--subjects 8] [--out DIR]

The same seed gives the same files on every machine: all randomness comes from `Random.random()`
(the one method whose sequence Python guarantees), seeded by text per subject and form; the clock
is never read. The first subjects are the same people however many are asked for, and a change to
one form leaves the others as they were. Subjects are written one after the other, so memory does
not grow with their number. Nothing here is shared with the mg_cdisc package, so the package
cannot agree with its own mistakes.
"""

import argparse
import csv
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TypeAlias, TypeVar

import xlsxwriter

T = TypeVar("T")
Row: TypeAlias = dict[str, str]
Rows: TypeAlias = Iterator[Row]
Cell: TypeAlias = str | float | date | datetime | None
Course: TypeAlias = Sequence[tuple[int, float]]

# ---------------------------------------------------------------- what is told


@dataclass(frozen=True)
class Visit:
    label: str
    lab_code: str
    day: int
    drift: int = 0
    dosing: bool = False
    scores: bool = False  # the four instruments
    status: bool = False  # the investigator's MG status


@dataclass(frozen=True)
class Story:
    role: str
    dose_mg: int
    mgadl: int
    drop: int
    events: list[str]
    relapses: bool = False
    missed_visit: str = ""
    qmg_not_done: str = ""
    albumin_not_done: str = ""
    race_other: str = ""


@dataclass(frozen=True)
class Event:
    verbatim: list[tuple[str, str]]
    terms: list[str]
    grade: str
    relation: str
    onset: tuple[int, int] = (0, 0)
    hours: tuple[int, int] = (0, 0)
    between: tuple[str, str] = ("", "")
    interest: str = "NONE"
    conmed: str = "N"
    other_action: str = ""
    hospital: bool = False


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


TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
VISITS = [Visit(**visit) for visit in TOLD["visits"]]
SCREENING, BASELINE, *AFTER_BASELINE, EARLY_TERMINATION = VISITS
DOSING = [visit for visit in VISITS if visit.dosing]
STORIES = [Story(**story) for story in TOLD["stories"]]
EVENTS = {kind: Event(**event) for kind, event in TOLD["events"].items()}
INSTRUMENTS = {name: Instrument(**form) for name, form in TOLD["instruments"].items()}
ANALYTES = [Analyte(**analyte) for analyte in TOLD["laboratory"]["analytes"]]
SITE_UNITS = {(other["site"], other["code"]): other for other in TOLD["laboratory"]["site_units"]}
FLOW = TOLD["flow_cytometry"]

# Codes of the invented dictionary count up within a level: 91000001 is the first LLT, 95000001 the
# first SOC. Real dictionaries use no such numbers, and new terms at the end leave old codes alone.
TERM_LEVELS = ("LLT", "PT", "HLT", "HLGT", "SOC")
TERM_CODES: dict[str, dict[str, str]] = {level: {} for level in TERM_LEVELS}
for _terms in (TOLD["diagnosis_terms"], *(event.terms for event in EVENTS.values())):
    for _million, (_level, _name) in enumerate(zip(TERM_LEVELS, _terms, strict=True), 91):
        _known = TERM_CODES[_level]
        _known.setdefault(_name, f"{_million}{len(_known) + 1:06}")

# ---------------------------------------------------------------- chance, courses, dates


def whole(rng: Random, low: int, high: int) -> int:
    """A whole number from low to high, both possible."""
    return low + int(rng.random() * (high - low + 1))


def pick(rng: Random, options: Sequence[T]) -> T:
    return options[whole(rng, 0, len(options) - 1)]


def wobble(rng: Random) -> float:
    """Roughly standard normal, never beyond 3.5; sums only, so equal on every machine."""
    return (rng.random() + rng.random() + rng.random() + rng.random() - 2) * 1.7320508


def along(course: Course, day: int) -> float:
    """The value of a course on a study day: straight between its points, level outside them."""
    if day <= course[0][0]:
        return course[0][1]
    for (left, low), (right, high) in pairwise(course):
        if day <= right:
            return low + (high - low) * (day - left) / (right - left)
    return course[-1][1]


# Written out because strftime's %b follows the machine's language.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def iso(day: date) -> str:
    return day.isoformat()


def dashed(day: date) -> str:
    return f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year}"


def day_first(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"


def year_first(day: date) -> str:
    return f"{day.year}/{day.month:02}/{day.day:02}"


def clock(minute: int) -> str:
    """Minutes since midnight as HH:mm."""
    return f"{minute // 60:02}:{minute % 60:02}"


def yes_no(condition: bool) -> str:
    return "Y" if condition else "N"


# ---------------------------------------------------------------- a subject


@dataclass
class Subject:
    """Who, which story, and what several forms must agree on: visits held, scores, lymphocytes."""

    seed: int
    index: int
    site: dict[str, str] = field(init=False)
    label: str = field(init=False)
    story: Story = field(init=False)
    day1: date = field(init=False)  # of the first infusion; merely planned for a screen failure
    sex: str = field(init=False)
    visits: dict[str, date] = field(init=False)  # first day of each visit held, in order
    mgadl: dict[str, int] = field(init=False)  # total per visit
    lymphocytes: dict[str, float] = field(init=False)  # 10^9/L per visit

    def __post_init__(self) -> None:
        self.site = TOLD["sites"][self.index % 3]
        self.label = f"{self.site['code']}-{self.index // 3 + 1:03}"
        self.story = STORIES[self.index % len(STORIES)]
        rng = self.rng("plan")
        self.day1 = date(2025, 1, 6) + timedelta(days=self.index * 11 % 84)
        self.sex = pick(rng, ("1", "2", "2"))
        self.visits = self._held_visits(rng)
        self.mgadl = self._mgadl_totals(rng)
        self.lymphocytes = self._lymphocyte_counts(rng)

    def rng(self, topic: str) -> Random:
        return Random(f"{self.seed}/{self.index}/{topic}")

    def on(self, study_day: int) -> date:
        return self.day1 + timedelta(days=study_day - (study_day > 0))

    def study_day(self, day: date) -> int:
        away = (day - self.day1).days
        return away + (away >= 0)

    @property
    def treated(self) -> bool:
        return self.story.role != "screen failure"

    @property
    def last_visit(self) -> str:
        return next(reversed(self.visits))

    def assessed(self, label: str) -> date:
        """Screening takes three days: consent on the first, assessments on the second."""
        return self.visits[label] + timedelta(days=label == SCREENING.label)

    def _held_visits(self, rng: Random) -> dict[str, date]:
        visits = {SCREENING.label: self.on(whole(rng, -24, -8))}
        if not self.treated:
            return visits
        leaves = whole(rng, 110, 130) if self.story.role == "withdrawn" else None
        for visit in (BASELINE, *AFTER_BASELINE):
            day = visit.day + whole(rng, -visit.drift, visit.drift)
            if (leaves is None or day < leaves) and visit.label != self.story.missed_visit:
                visits[visit.label] = self.on(day)
        if leaves is not None:
            visits[EARLY_TERMINATION.label] = self.on(leaves)
        return visits

    def _mgadl_totals(self, rng: Random) -> dict[str, int]:
        course = [(1, 0.0), (7, 0.3), (14, 0.6), (28, 0.8), (60, 1.0), (200, 1.0)]
        if self.story.relapses:
            course.append((260, 0.25))
        totals = {}
        for visit in VISITS:
            if visit.scores and visit.label in self.visits:
                better = self.story.drop * along(course, self.study_day(self.visits[visit.label]))
                jitter = 0 if visit is BASELINE else pick(rng, (-1, 0, 0, 0, 0, 1))
                totals[visit.label] = max(0, int(self.story.mgadl - better + 0.5) + jitter)
        return totals

    def _lymphocyte_counts(self, rng: Random) -> dict[str, float]:
        own = 1.75 + 0.2 * wobble(rng)
        lowest = 0.68 if "LYMPHOPENIA" in self.story.events else 1.0
        course = ((1, own), (3, lowest), (7, lowest + 0.05), (28, 0.8 * own), (90, own))
        return {
            label: along(course, self.study_day(day)) * (1 + 0.03 * wobble(rng))
            for label, day in self.visits.items()
        }


def keys(subject: Subject, label: str, day: str) -> Row:
    return {
        "SITE": subject.site["code"],
        "SUBJECT": subject.label,
        "VISIT": label,
        "VISIT_DATE": day,
    }


def audit(subject: Subject, rng: Random, day: date) -> Row:
    """Who typed the row into the data capture system and when: within three days, local time."""
    typed = day + timedelta(days=whole(rng, 0, 3))
    at = f"{iso(typed)}T{clock(whole(rng, 540, 1079))}:{whole(rng, 0, 59):02}+08:00"
    return {"AUDIT_USER": f"crc{subject.site['code']}{whole(rng, 1, 2)}", "AUDIT_TIME": at}


def coded(names: Sequence[str]) -> Row:
    """Name and code on the five levels of the dictionary."""
    cells = {}
    for level, name in zip(TERM_LEVELS, names, strict=True):
        cells[f"{level}_NAME"] = name
        cells[f"{level}_CODE"] = TERM_CODES[level][name]
    return cells


# ---------------------------------------------------------------- forms: who the subject is


def demographics(subject: Subject) -> Rows:
    rng = subject.rng("demographics")
    consent = subject.visits[SCREENING.label]
    year, month, day = whole(rng, 1955, 2000), whole(rng, 1, 12), whole(rng, 1, 28)
    # With the day unknown the age still is known, because the birthday's month is not consent's.
    day_unknown = subject.index % 4 == 1
    if day_unknown and month == consent.month:
        month = month % 12 + 1
    yield {
        **keys(subject, SCREENING.label, dashed(consent)),
        "SITE_NAME": subject.site["name"],
        "SITE_NAME_CN": subject.site["name_cn"],
        "INITIALS": "".join(pick(rng, "ABCDEFGHJKLMNPQRSTWXYZ") for _ in range(3)),
        "CONSENT_DATE": dashed(consent),
        "BIRTH_YEAR": str(year),
        "BIRTH_MONTH": f"{month:02}",
        "BIRTH_DAY": "" if day_unknown else f"{day:02}",
        "SEX": subject.sex,
        "RACE": "9" if subject.story.race_other else "1",
        "RACE_OTHER": subject.story.race_other,
        "ETHNIC": "2",
        "ETHNIC_GROUP": pick(rng, ("01", "01", "01", "03", "08", "11")),
        "COUNTRY": "CN",
        **audit(subject, rng, consent),
    }


def mg_history(subject: Subject) -> Rows:
    rng = subject.rng("mg_history")
    day = subject.visits[SCREENING.label]
    sampled = subject.assessed(SCREENING.label)
    term, term_cn = pick(rng, TOLD["diagnosis_verbatim"])
    since = f"{whole(rng, 2010, 2022)}-{whole(rng, 1, 12):02}-{whole(rng, 1, 28):02}"
    known = (10, 7, 4)[subject.index % 3]  # characters: the full date, its month, its year
    antibody = pick(rng, ("ACHR_AB", "ACHR_AB", "ACHR_AB", "MUSK_AB", "LRP4_AB", ""))
    yield {
        **keys(subject, SCREENING.label, iso(day)),
        "DIAG_TERM": term,
        "DIAG_TERM_CN": term_cn,
        **coded(TOLD["diagnosis_terms"]),
        "DIAG_DATE": since[:known],
        "DIAG_ONGOING": "Y",
        "MGFA_CLASS": pick(rng, ("IIa", "IIb", "IIIa", "IIIb", "IVa", "IVb")),
        "ANTIBODY_DATE": iso(sampled),
        **{name: str(int(name == antibody)) for name in ("ACHR_AB", "MUSK_AB", "LRP4_AB")},
        **audit(subject, rng, sampled),
    }


# ---------------------------------------------------------------- forms: treatment and events


def infusion_minutes(subject: Subject, visit: Visit) -> tuple[int, int]:
    """Start and end of an infusion in minutes since midnight."""
    rng = subject.rng(f"minutes {visit.label}")
    start = whole(rng, 570, 660)
    return start, start + whole(rng, 60, 120)


def infusion(subject: Subject) -> Rows:
    rng = subject.rng("infusion")
    for number, visit in enumerate(DOSING if subject.treated else (), 1):
        day = subject.visits[visit.label]
        start, end = infusion_minutes(subject, visit)
        yield {
            **keys(subject, visit.label, year_first(day)),
            "INF_NO": str(number),
            "PLANNED_DAY": str(visit.day),
            "GIVEN": "Y",
            "NOT_GIVEN_REASON": "",
            "DOSE": str(subject.story.dose_mg),
            "DOSE_UNIT": "mg",
            "START_DATE": year_first(day),
            "START_TIME": clock(start),
            "END_TIME": clock(end),
            "INTERRUPTED": "N",
            "LOT_NO": f"EXLOT{subject.site['code']}{day.month:02}",
            **audit(subject, rng, day),
        }


def event_times(subject: Subject, event: Event, rng: Random) -> tuple[date, str, date | None]:
    """Start date, start time (blank where only a laboratory result tells) and end date if over."""
    first, last = event.between
    if first:
        return subject.visits[first], "", subject.visits[last] if last else None
    day = subject.on(whole(rng, *event.onset))
    minute = whole(rng, 360, 1320)
    if day == subject.day1:  # during the first infusion
        minute = infusion_minutes(subject, DOSING[0])[0] + whole(rng, 15, 50)
    over = datetime.combine(day, time(minute // 60, minute % 60))
    over += timedelta(hours=whole(rng, *event.hours))
    return day, clock(minute), over.date()


def adverse_events(subject: Subject) -> Rows:
    rng = subject.rng("adverse_events")
    kinds = [EVENTS[kind] for kind in subject.story.events]
    timed = [(*event_times(subject, event, rng), event) for event in kinds]
    for number, (start, at, end, event) in enumerate(sorted(timed, key=lambda t: t[:2]), 1):
        later = (label for label, day in subject.visits.items() if day >= start)
        reported = next(later, subject.last_visit)
        visited = subject.visits[reported]
        term, term_cn = pick(rng, event.verbatim)
        no = "N" if event.hospital else ""  # the criteria are asked of serious events only
        yield {
            **keys(subject, reported, day_first(visited)),
            "AE_NO": str(number),
            "AETERM": term,
            "AETERM_CN": term_cn,
            **coded(event.terms),
            "START_DATE": day_first(start),
            "START_TIME": at,
            "END_DATE": day_first(end) if end else "",
            "ONGOING": yes_no(end is None),
            "CTC_GRADE": event.grade,
            "SERIOUS": yes_no(event.hospital),
            "SER_DEATH": no,
            "SER_LIFE": no,
            "SER_HOSP": "Y" if event.hospital else "",
            "SER_DISAB": no,
            "SER_CONG": no,
            "SER_OTHER": no,
            "RELATION": event.relation,
            "ACTION": "1" if subject.day1 <= start <= subject.on(DOSING[-1].day) else "9",
            "OTHER_ACTION": event.other_action,
            "OUTCOME": "1" if end else "3",
            "CONMED_GIVEN": event.conmed,
            "TREATMENT_EMERGENT": yes_no(start >= subject.day1),
            "INTEREST": event.interest,
            **audit(subject, rng, max(visited, end or visited)),
        }


# ---------------------------------------------------------------- forms: how the disease is


def walk(levels: list[int], target: int, most: Sequence[int], rng: Random) -> None:
    """Move item levels one step at a time, at random items, until they add up to the target."""
    while (now := sum(levels)) != target:
        step = 1 if now < target else -1
        movable = [i for i, at in enumerate(levels) if 0 <= at + step <= most[i]]
        levels[pick(rng, movable)] += step


def instrument(form: Instrument, subject: Subject) -> Rows:
    rng = subject.rng(form.prefix)
    most = [len(scores) - 1 for scores in form.scores]
    levels = [0] * len(form.items)
    for label, mgadl in subject.mgadl.items():
        target = mgadl
        if form.prefix != "MGADL":
            exact = mgadl / 24 * sum(most) * form.severity + 0.6 * wobble(rng)
            target = min(sum(most), max(0, int(exact + 0.5)))
        walk(levels, target, most, rng)
        answers = {
            item: (str(level + form.first_code), scores[level])
            for item, level, scores in zip(form.items, levels, form.scores, strict=True)
        }
        done = not (form.prefix == "QMG" and label == subject.story.qmg_not_done)
        day = subject.assessed(label)
        total = sum(score for _, score in answers.values())
        yield {
            **keys(subject, label, iso(subject.visits[label])),
            "DONE": yes_no(done),
            "NOT_DONE_REASON": "" if done else "Spirometer being repaired",
            "ASSESS_DATE": iso(day) if done else "",
            **{f"{form.prefix}_{i}": code if done else "" for i, (code, _) in answers.items()},
            f"{form.prefix}_TOTAL": str(total) if done else "",
            **audit(subject, rng, day),
        }


def mg_status(subject: Subject) -> Rows:
    """The investigator's answers, here invented to fit the MG-ADL totals."""
    rng = subject.rng("mg_status")
    baseline = before = best = subject.mgadl.get(BASELINE.label, 0)
    for visit in VISITS:
        if not visit.status or visit.label not in subject.visits:
            continue
        day, total = subject.visits[visit.label], subject.mgadl[visit.label]
        worse = total >= before + 2
        relapse = worse and best <= baseline - 3 and total >= best + 3
        yield {
            **keys(subject, visit.label, iso(day)),
            "DONE": "Y",
            "NOT_DONE_REASON": "",
            "ASSESS_DATE": iso(day),
            "EVALUATOR": pick(rng, ("1", "1", "2")),
            "WORSENING": yes_no(worse),
            "RELAPSE": yes_no(relapse),
            "MIN_MANIFEST": yes_no(total <= 3),
            **audit(subject, rng, day),
        }
        before, best = total, min(best, total)


# ---------------------------------------------------------------- forms: laboratories


def course_of(analyte: Analyte, subject: Subject, own: float) -> Course:
    """The analyte's usual course, or the one that an adverse event of the subject asks for."""
    for other in TOLD["laboratory"]["event_courses"]:
        if other["code"] == analyte.code and other["event"] in subject.story.events:
            if "factor" in other:
                return [(day, factor) for day, factor in other["factor"]]
            return [(1, 1.0), *((day, value / own) for day, value in other["value"])]
    return analyte.course


def as_reported(analyte: Analyte, subject: Subject, value: float) -> Row:
    """Result, unit, reference limits and flag in the unit that the subject's site reports in."""
    usual = {"unit": analyte.unit, "divide_by": 1, "decimals": analyte.decimals}
    here = SITE_UNITS.get((subject.site["code"], analyte.code), usual)
    limits = analyte.male if subject.sex == "1" else analyte.female
    result, low, high = (
        f"{number / here['divide_by']:.{here['decimals']}f}" for number in (value, *limits)
    )
    flag = "L" if float(result) < float(low) else "H" if float(result) > float(high) else "N"
    return {
        "RESULT": result,
        "UNIT": here["unit"],
        "REF_LOW": low,
        "REF_HIGH": high,
        "ABNORMAL": flag,
    }


def lab_local(subject: Subject) -> Rows:
    rng = subject.rng("lab_local")
    own, courses = {}, {}
    for analyte in ANALYTES:
        low, high = analyte.male if subject.sex == "1" else analyte.female
        own[analyte.code] = low + (high - low) * (analyte.level + 0.1 * wobble(rng))
        courses[analyte.code] = course_of(analyte, subject, own[analyte.code])
    dosing = {visit.label for visit in DOSING}
    for count, label in enumerate(subject.visits, 1):
        day = subject.assessed(label)
        study_day = subject.study_day(day)
        values = {
            code: level * along(courses[code], study_day) * (1 + 0.04 * wobble(rng))
            for code, level in own.items()
        }
        values["LYMPH"] = subject.lymphocytes[label]
        values["WBC"] = values["NEUT"] + values["LYMPH"] + 0.6 + 0.05 * wobble(rng)
        minute = clock(whole(rng, 440, 530))
        visit_keys = keys(subject, label, iso(subject.visits[label]))
        typed = audit(subject, rng, day)
        for analyte in ANALYTES:
            blood = analyte.panel == "HAEMATOLOGY"
            reported = as_reported(analyte, subject, values[analyte.code])
            done = not (analyte.code == "ALB" and label == subject.story.albumin_not_done)
            yield {
                **visit_keys,
                "PANEL": analyte.panel,
                "SPECIMEN": "WHOLE BLOOD" if blood else "SERUM",
                "ACCESSION": f"L{subject.label.replace('-', '')}{count:02}{'H' if blood else 'C'}",
                "COLLECT_DATE": iso(day),
                "COLLECT_TIME": minute,
                "PREDOSE": "Y" if label in dosing else "",
                "ANALYTE": analyte.code,
                "DONE": yes_no(done),
                "NOT_DONE_REASON": "" if done else "Sample haemolysed",
                **(reported if done else dict.fromkeys(reported, "")),
                **typed,
            }


def flow_cytometry(subject: Subject) -> Iterator[dict[str, Cell]]:
    rng = subject.rng("flow_cytometry")
    own_b, own_car = 190 + 45 * wobble(rng), 9 + 2.5 * wobble(rng)
    lab_codes = {visit.label: visit.lab_code for visit in VISITS}
    for count, label in enumerate(subject.visits, 1):
        day = subject.assessed(label)
        study_day = subject.study_day(day)
        minute = whole(rng, 440, 530)
        lymphocytes = round(subject.lymphocytes[label] * 1000 * (1 + 0.03 * wobble(rng)))
        b_cells = max(0.6, own_b * along(FLOW["b_cells"], study_day) * (1 + 0.08 * wobble(rng)))
        naive = along(FLOW["naive"], study_day) + 3 * wobble(rng)
        memory = (100 - naive) * (0.7 + 0.03 * wobble(rng))
        car = round(own_car * along(FLOW["car"], study_day) * (1 + 0.1 * wobble(rng)), 2)
        tested = study_day <= FLOW["car_until"]
        yield {
            "Subject ID": f"HN2301/{subject.site['code']}/{subject.label[3:]}",
            "Sample ID": f"FC{subject.label.replace('-', '')}{count:02}",
            "Visit": lab_codes[label],
            "Collected": datetime.combine(day, time(minute // 60, minute % 60)),
            "Received": day + timedelta(days=1),
            "Lymphocytes [cells/uL]": lymphocytes,
            "CD19+ B cells [cells/uL]": round(b_cells, 1),
            "CD19+ B cells [% of lymphocytes]": round(b_cells / lymphocytes * 100, 2),
            "B cells ref low [cells/uL]": 90,
            "B cells ref high [cells/uL]": 560,
            "B cells ref low [%]": 5,
            "B cells ref high [%]": 20,
            "Naive B cells [% of B cells]": round(naive, 1),
            "Memory B cells [% of B cells]": round(memory, 1),
            "CAR+ cells [% of T cells]": car if tested else None,
            "CAR+ T cells [cells/uL]": round(lymphocytes * 0.0075 * car, 1) if tested else None,
        }


# ---------------------------------------------------------------- forms: course of the study


def visits(subject: Subject) -> Rows:
    rng = subject.rng("visits")
    for visit in VISITS:
        missed = visit.label == subject.story.missed_visit
        if not missed and visit.label not in subject.visits:
            continue  # not due: the subject had left
        day = subject.visits[subject.last_visit if missed else visit.label]
        end = day + timedelta(days=2 if visit is SCREENING else 0)
        yield {
            **keys(subject, visit.label, "" if missed else iso(day)),
            "VISIT_END_DATE": "" if missed else iso(end),
            "OCCURRED": yes_no(not missed),
            "MISSED_REASON": "Travelling for family reasons" if missed else "",
            "CONTACT": "" if missed else "1",
            **audit(subject, rng, end),
        }


def disposition(subject: Subject) -> Rows:
    rng = subject.rng("disposition")
    role, attended = subject.story.role, subject.visits
    visited = attended[subject.last_visit]
    # A screening result that fails a subject is known four days after the sample.
    left = visited + timedelta(days=0 if subject.treated else 4)
    yield {
        **keys(subject, subject.last_visit, dashed(visited)),
        "CONSENT_DATE": dashed(attended[SCREENING.label]),
        "ELIGIBLE": yes_no(subject.treated),
        "ELIGIBILITY_DATE": dashed(attended[BASELINE.label] if subject.treated else left),
        "FAILED_CRITERION": "" if subject.treated else "EXCL04",
        "SCREEN_FAIL_DETAIL": "" if subject.treated else "Active hepatitis B at screening",
        "TRT_STATUS": "1" if subject.treated else "0",
        "TRT_END_DATE": dashed(attended[DOSING[-1].label]) if subject.treated else "",
        "TRT_STOP_REASON": "",
        "STUDY_STATUS": {"completed": "1", "withdrawn": "2", "screen failure": "3"}[role],
        "STUDY_END_DATE": dashed(left),
        "WITHDRAW_REASON": "1" if role == "withdrawn" else "",
        "WITHDRAW_DETAIL": "Subject moved to another city" if role == "withdrawn" else "",
        "DEATH_DATE": "",
        "LAST_CONTACT_DATE": dashed(left),
        **audit(subject, rng, left),
    }


# ---------------------------------------------------------------- writing

FORMS: dict[str, Callable[[Subject], Rows]] = {
    "demographics": demographics,
    "mg_history": mg_history,
    "infusion": infusion,
    "adverse_events": adverse_events,
    **{name: partial(instrument, form) for name, form in INSTRUMENTS.items()},
    "mg_status": mg_status,
    "lab_local": lab_local,
    "visits": visits,
    "disposition": disposition,
}
ENCODINGS = {"adverse_events": "gb18030"}  # the others are utf-8
ABOUT = (
    "All data in this file are INVENTED example data for study HN2301.",
    "They describe no person and no laboratory. See README.md beside this file.",
)


class FlowBook:
    """The flow laboratory's workbook, written a row at a time, with fixed properties."""

    def __init__(self, path: Path) -> None:
        self.book = xlsxwriter.Workbook(path, {"constant_memory": True})
        self.book.set_properties(
            {
                "title": "Invented example data",
                "comments": ABOUT[0],
                "created": datetime(2025, 1, 1),
            }
        )
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.sheet = self.book.add_worksheet("Results")
        self.book.add_worksheet("About").write_column(0, 0, ABOUT)
        self.rows = 0

    def write(self, row: dict[str, Cell]) -> None:
        if self.rows == 0:
            self.sheet.write_row(0, 0, row)
        self.rows += 1
        for column, cell in enumerate(row.values()):
            if isinstance(cell, datetime):
                self.sheet.write_datetime(self.rows, column, cell, self.moment)
            elif isinstance(cell, date):
                self.sheet.write_datetime(self.rows, column, cell, self.day)
            elif cell is not None:
                self.sheet.write(self.rows, column, cell)

    def close(self) -> None:
        self.book.close()


def generate(out: Path, subjects: int, seed: int) -> None:
    """Write all source files for that many subjects into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        flow = stack.enter_context(closing(FlowBook(out / "flow_cytometry.xlsx")))
        writers = {}
        for name in FORMS:
            encoding = ENCODINGS.get(name, "utf-8")
            file = (out / f"{name}.csv").open("w", encoding=encoding, newline="")
            writers[name] = csv.writer(stack.enter_context(file), lineterminator="\n")
        for index in range(subjects):
            subject = Subject(seed, index)
            for name, form in FORMS.items():
                rows = form(subject)
                if index == 0:  # the first subject has a row on every form: its keys are the header
                    first = next(rows)
                    writers[name].writerows([first.keys(), first.values()])
                writers[name].writerows(row.values() for row in rows)
            for row in flow_cytometry(subject):
                flow.write(row)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the INVENTED example source of HN2301.")
    parser.add_argument("--seed", type=int, default=2301, help="default 2301")
    parser.add_argument("--subjects", type=int, default=8, help="how many are screened; default 8")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "source", help="folder to write to"
    )
    chosen = parser.parse_args()
    if chosen.subjects < 1:
        parser.error("--subjects must be 1 or more")
    generate(chosen.out, chosen.subjects, chosen.seed)
    print(f"Wrote {len(FORMS) + 1} files for {chosen.subjects} subjects. All data are invented.")


if __name__ == "__main__":
    main()
