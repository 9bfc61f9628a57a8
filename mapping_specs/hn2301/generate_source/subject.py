"""A subject: who, which story, and what several forms must agree on."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TypeAlias

from chance import along, clock, iso, pick, whole, wobble
from told import (
    AFTER_BASELINE,
    BASELINE,
    CUT,
    DOSING,
    EARLY_TERMINATION,
    EVENTS,
    SCREENING,
    STARTS,
    STORIES,
    STUDY,
    UNSCHEDULED,
    Event,
    Story,
    Visit,
)

Row: TypeAlias = dict[str, str]

NEVER_TREATED = ("screen failure", "never eligible")


@dataclass(frozen=True)
class Held:
    """A visit that took place; `key` tells repeats and unscheduled visits apart."""

    visit: Visit
    key: str
    day: date
    reason: str = ""  # of an unscheduled visit

    @property
    def label(self) -> str:
        return self.visit.label


@dataclass(frozen=True)
class Happened:
    """An adverse event; without `minute` only a laboratory result tells that it began."""

    kind: str
    event: Event
    term: str  # as written on the form
    start: date
    minute: int | None
    end: datetime | None
    number: int = 0

    def covers(self, moment: datetime) -> bool:
        at = datetime.combine(self.start, time(*divmod(self.minute or 0, 60)))
        return at <= moment and (self.end is None or moment <= self.end)


@dataclass
class Subject:
    """Everything here is drawn from the seed and the subject's place among the subjects."""

    seed: int
    index: int
    site: dict[str, str] = field(init=False)
    label: str = field(init=False)
    story: Story = field(init=False)
    day1: date = field(init=False)  # of the first infusion; merely planned for a screen failure
    sex: str = field(init=False)
    leaves: int | None = field(init=False)  # study day on which a story ends early
    held: dict[str, Held] = field(init=False)  # in order of their dates
    end: date = field(init=False)  # last day of participation, or the cut
    events: list[Happened] = field(init=False)
    mgadl: dict[str, int] = field(init=False)  # total per visit held
    severity: dict[str, float] = field(init=False)  # what the other instruments see
    lymphocytes: dict[str, float] = field(init=False)  # 10^9/L per visit held

    def __post_init__(self) -> None:
        self.site = STUDY["sites"][self.index % 3]
        self.label = f"{self.site['code']}-{self.index // 3 + 1:03}"
        self.story = STORIES[self.index % len(STORIES)]
        rng = self.rng("plan")
        self.day1 = STARTS + timedelta(weeks=self.story.week)
        self.sex = pick(rng, ("1", "2", "2"))
        self.leaves = whole(rng, *self.story.leaves) if self.story.leaves else None
        self.held = self._held_visits(rng)
        self.end = self._end()
        self.events = self._events()
        self._scores(rng)
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
        return self.story.role not in NEVER_TREATED

    @property
    def consent(self) -> date:
        return self.held[SCREENING.label].day

    @property
    def last_visit(self) -> Held:
        return next(reversed(self.held.values()))

    @property
    def death(self) -> date | None:
        return self.end if self.story.role == "died" else None

    def infusions_given(self) -> list[Visit]:
        return DOSING[: self.story.stopped_after or len(DOSING)] if self.treated else []

    def assessed(self, held: Held) -> date:
        """Screening takes three days: consent on the first, assessments on the second."""
        return held.day + timedelta(days=held.visit is SCREENING)

    def infusion_minutes(self, visit: Visit) -> tuple[int, int]:
        """Start and end of an infusion in minutes since midnight."""
        rng = self.rng(f"minutes {visit.label}")
        start = whole(rng, 570, 660)
        return start, start + whole(rng, 60, 120)

    def event(self, kind: str) -> Happened | None:
        return next((happened for happened in self.events if happened.kind == kind), None)

    def _held_visits(self, rng: Random) -> dict[str, Held]:
        story = self.story
        found = [Held(SCREENING, SCREENING.label, self.on(whole(rng, *STUDY["consent_days"])))]
        for visit in (BASELINE, *AFTER_BASELINE) if self.treated else ():
            day = self.on(visit.day + whole(rng, -visit.drift, visit.drift))
            day = max(day, found[-1].day + timedelta(days=1))
            left = self.leaves is not None and day >= self.on(self.leaves)
            if left or day > CUT - timedelta(days=5) or visit.label == story.missed_visit:
                continue
            found.append(Held(visit, visit.label, day))
            if visit.label == story.repeated_visit:
                again = day + timedelta(days=1)
                found.append(Held(visit, f"{visit.label} again", again))
        if story.role == "withdrawn" and self.leaves is not None:
            found.append(Held(EARLY_TERMINATION, EARLY_TERMINATION.label, self.on(self.leaves)))
        known = {held.key: held for held in found}
        for number, (after, days, reason) in enumerate(story.unscheduled, 1):
            key = UNSCHEDULED.label + (f" {number}" if number > 1 else "")
            day = known[after].day + timedelta(days=days)
            found.append(Held(UNSCHEDULED, key, day, reason))
        return {held.key: held for held in sorted(found, key=lambda held: held.day)}

    def _end(self) -> date:
        last = self.last_visit.day
        match self.story.role:
            case "screen failure":  # a result that fails a subject is known four days later
                return last + timedelta(days=4)
            case "never eligible" | "lost":
                return last + timedelta(days=2 if self.story.role == "never eligible" else 90)
            case "died":
                return self.on(self.leaves or 0)
            case "ongoing":
                return CUT
        return last

    def _events(self) -> list[Happened]:
        found = []
        for kind in self.story.events:
            event, rng = EVENTS[kind], self.rng(f"event {kind}")
            first, last = event.between
            if first:
                if first not in self.held:
                    continue
                start, minute = self.held[first].day, None
                over = self.held[last].day if last else None
                end = datetime.combine(over, time()) if over else None
            else:
                start, minute = self.on(whole(rng, *event.onset)), whole(rng, 360, 1320)
                if start == self.day1:  # during the first infusion, before any interruption
                    minute = self.infusion_minutes(DOSING[0])[0] + whole(rng, 15, 25)
                end = datetime.combine(start, time(*divmod(minute, 60)))
                end += timedelta(hours=whole(rng, *event.hours))
            if event.fatal:
                end = datetime.combine(self.end, time(23, 59))
            if start > self.end:
                continue
            if end is not None and end.date() > self.end:
                end = None
            found.append(Happened(kind, event, pick(rng, event.verbatim), start, minute, end))
        found.sort(key=lambda each: (each.start, each.minute or 0))
        return [replace(each, number=number) for number, each in enumerate(found, 1)]

    def _scores(self, rng: Random) -> None:
        story, course = self.story, STUDY["courses"][self.story.course]
        self.mgadl, self.severity = {}, {}
        for held in self.held.values():
            if not held.visit.scores and held.visit is not UNSCHEDULED:
                continue
            share = along(course, self.study_day(held.day))
            chance = pick(rng, (-1, 0, 0, 0, 0, 1))
            steady = held.visit is BASELINE or story.course == "flat"
            total = int(story.mgadl - story.drop * share + 0.5) + (0 if steady else chance)
            self.mgadl[held.key] = max(0, total)
            other = story.other * (1 - 0.5 * share)
            self.severity[held.key] = other or self.mgadl[held.key]

    def _lymphocyte_counts(self, rng: Random) -> dict[str, float]:
        own = 1.75 + 0.2 * wobble(rng)
        lowest = 0.68 if "LYMPHOPENIA" in self.story.events else 1.0
        course = ((1, own), (3, lowest), (7, lowest + 0.05), (28, 0.8 * own), (90, own))
        return {
            key: along(course, self.study_day(held.day)) * (1 + 0.03 * wobble(rng))
            for key, held in self.held.items()
        }


def keys(subject: Subject, held: Held, written: str) -> Row:
    return {
        "SITE": subject.site["code"],
        "SUBJECT": subject.label,
        "VISIT": held.label,
        "VISIT_DATE": written,
    }


def log_keys(subject: Subject) -> Row:
    """Of forms that belong to no visit."""
    return {"SITE": subject.site["code"], "SUBJECT": subject.label}


def audit(subject: Subject, rng: Random, day: date) -> Row:
    """Who typed the row into the data capture system and when: within three days, local time."""
    typed = min(day + timedelta(days=whole(rng, 0, 3)), max(day, CUT))
    at = f"{iso(typed)}T{clock(whole(rng, 540, 1079))}:{whole(rng, 0, 59):02}+08:00"
    return {"AUDIT_USER": f"crc{subject.site['code']}{whole(rng, 1, 2)}", "AUDIT_TIME": at}
