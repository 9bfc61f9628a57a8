"""Medicines and procedures: before the study, for the disease, for events, as rescue."""

from dataclasses import dataclass
from datetime import date, timedelta

from chance import loud, month_first, pick, whole
from subject import Happened, Row, Subject, audit, log_keys
from told import HISTORY, MEDICINES, PROCEDURES, STUDY, Condition, Medicine, coded

PURPOSES = ("MG", "AE", "PREMED", "PROPHYLAXIS", "OTHER")  # boxes 1 to 5
WELL_KNOWN = ("day", "day", "month", "short", "year")
DISEASE = "重症肌无力"


@dataclass(frozen=True)
class Ill:
    """A condition of the medical history."""

    condition: Condition
    term: str
    start: date
    known: str
    end: date | None
    end_known: str


@dataclass(frozen=True)
class Taken:
    medicine: Medicine
    start: date
    end: date | None
    dose: str
    frequency: str
    what_for: list[str]
    why: str
    known: str = "day"
    end_known: str = "day"
    event: Happened | None = None
    rescue: bool = False


def illnesses(subject: Subject) -> list[Ill]:
    rng = subject.rng("illnesses")
    first = whole(rng, 0, len(HISTORY) - 1)
    found = []
    for step in range(whole(rng, 1, 3)):
        condition = HISTORY[(first + step * 3) % len(HISTORY)]
        start = date(whole(rng, 2005, 2022), whole(rng, 1, 12), whole(rng, 1, 28))
        end = start + timedelta(days=whole(rng, 30, 500)) if condition.over else None
        known = pick(rng, ("day", "month", "year", "bare", "nothing"))
        end_known = pick(rng, ("day", "month", "nothing"))
        found.append(Ill(condition, pick(rng, condition.verbatim), start, known, end, end_known))
    return found


def _before(subject: Subject) -> list[Taken]:
    """Medicines begun before the study: for the disease and for the history."""
    rng, consent = subject.rng("medicines before"), subject.consent
    found = []
    if rng.random() < 0.94:
        medicine = MEDICINES["PYRIDOSTIGMINE"]
        start = consent - timedelta(days=whole(rng, 400, 3000))
        known = pick(rng, (*WELL_KNOWN, "nothing"))
        given = medicine.given[2]
        found.append(Taken(medicine, start, None, medicine.dose, given, ["MG"], DISEASE, known))
    for name in subject.story.prior:
        medicine = MEDICINES[name]
        end = consent - timedelta(days=whole(rng, 90, 400))
        start = end - timedelta(days=5 if name == "IVIG BEFORE" else whole(rng, 100, 900))
        known = pick(rng, WELL_KNOWN)
        found.append(
            Taken(medicine, start, end, medicine.dose, medicine.given[2], ["MG"], DISEASE, known,
                  "month" if known == "year" else known)
        )  # fmt: skip
    for ill in illnesses(subject):
        if ill.condition.medicine:
            medicine = MEDICINES[ill.condition.medicine]
            start = ill.start + timedelta(days=whole(rng, 0, 200))
            found.append(
                Taken(medicine, start, None, medicine.dose, medicine.given[2], medicine.what_for,
                      medicine.why, pick(rng, ("year", "month", "nothing")))
            )  # fmt: skip
    return found


def _steroid(subject: Subject) -> list[Taken]:
    """One record for each dose: the next begins the day after the last ends."""
    name, first_dose, plan = subject.story.steroid
    rng, found = subject.rng("steroid"), []
    steps = [
        (subject.on(day + whole(rng, 0, 4)) if day else None, share, frequency)
        for day, share, frequency in STUDY["steroid_plans"][plan]
    ]
    steps = [step for step in steps if step[0] is None or step[0] <= subject.end]
    for place, (begins, share, frequency) in enumerate(steps):
        if not share:
            continue
        medicine = MEDICINES[name]
        dose = int(first_dose * share / medicine.step + 0.5) * medicine.step
        follows = steps[place + 1][0] if place + 1 < len(steps) else None
        start = begins or subject.consent - timedelta(days=whole(rng, 150, 1500))
        known = "day" if begins else pick(rng, WELL_KNOWN)
        end = follows - timedelta(days=1) if follows else subject.death
        found.append(Taken(medicine, start, end, f"{dose:g}", frequency, ["MG"], DISEASE, known))
    return found


def _with_infusions(subject: Subject) -> list[Taken]:
    found = []
    for number, visit in enumerate(subject.infusions_given()):
        day = subject.held[visit.label].day
        name = "METHYLPREDNISOLONE IV" if subject.site["code"] == "01" else "DIPHENHYDRAMINE"
        medicine = MEDICINES[name]
        if number == 0 or name != "DIPHENHYDRAMINE":
            found.append(
                Taken(medicine, day, day, medicine.dose, "ONCE", medicine.what_for, medicine.why)
            )
    if subject.treated and subject.story.dose_mg == 2:
        medicine = MEDICINES["COTRIMOXAZOLE"]
        stop = subject.on(180 + whole(subject.rng("prophylaxis"), 0, 9))
        end = stop if stop <= subject.end else subject.death
        given = medicine.given[2]
        start = subject.day1
        found.append(
            Taken(medicine, start, end, medicine.dose, given, medicine.what_for, medicine.why)
        )
    return found


def _for_events(subject: Subject) -> list[Taken]:
    rng, found = subject.rng("medicines for events"), []
    for event in subject.events:
        for name in event.event.treat:
            medicine, rescue = MEDICINES[name], subject.story.rescue
            rescued = rescue is not None and rescue[0] == name
            start = subject.on(rescue[1]) if rescue and rescued else event.start
            end: date | None = start + timedelta(days=whole(rng, *medicine.days) - 1)
            if event.event.fatal or (end is not None and end > subject.end):
                end = subject.death
            found.append(
                Taken(medicine, start, end, medicine.dose, medicine.given[2],
                      medicine.what_for or ["AE"], event.term, event=event, rescue=rescued)
            )  # fmt: skip
    return found


def taken(subject: Subject) -> list[Taken]:
    """All medicines; those whose record begins after the end of participation are not known."""
    found = [*_before(subject), *_steroid(subject), *_with_infusions(subject)]
    found += _for_events(subject)
    known = [each for each in found if each.start <= subject.end]
    return sorted(known, key=lambda each: each.start)


def conmeds(subject: Subject) -> list[Row]:
    rng, rows = subject.rng("conmeds"), []
    for number, each in enumerate(taken(subject), 1):
        unit, form, _, route = each.medicine.given
        name, drug_class, class_code = each.medicine.drug
        boxes = {
            f"cm_for___{box}": str(int(purpose in each.what_for))
            for box, purpose in enumerate(PURPOSES, 1)
        }
        rows.append(
            {
                "record_id": subject.label,
                "redcap_event_name": "logs_arm_1",
                "redcap_repeat_instrument": "concomitant_medication",
                "redcap_repeat_instance": str(number),
                "cm_no": str(number),
                "cmtrt": pick(rng, each.medicine.verbatim),
                "cmdecod": name,
                "cmclas": drug_class,
                "cmclascd": class_code,
                "cmindc": each.why,
                **boxes,
                "cm_aeno": str(each.event.number) if each.event else "",
                "cm_rescue": str(int(each.rescue)),
                "cmdose": each.dose,
                "cmdosu": unit,
                "cmdosfrm": form,
                "cmdosfrq": each.frequency,
                "cmroute": route,
                "cmstdat": loud(each.start, each.known),
                "cmendat": loud(each.end, each.end_known) if each.end else "",
                "cmongo": str(int(each.end is None)),
                "concomitant_medication_complete": "2",
            }
        )
    return rows


def medical_history(subject: Subject) -> list[Row]:
    rng, rows = subject.rng("medical_history"), []
    for number, ill in enumerate(illnesses(subject), 1):
        rows.append(
            {
                **log_keys(subject),
                "MH_NO": str(number),
                "MHTERM": ill.term,
                **coded(ill.condition.terms),
                "START_DATE": history_date(ill.start, ill.known),
                "END_DATE": history_date(ill.end, ill.end_known) if ill.end else "",
                "ONGOING": "N" if ill.end else "Y",
                **audit(subject, rng, subject.consent),
            }
        )
    return rows


def history_date(day: date, known: str) -> str:
    """Like 05-MAR-2019, but a bare year stands alone."""
    return str(day.year) if known == "bare" else loud(day, known)


def procedures(subject: Subject) -> list[Row]:
    rng, story = subject.rng("procedures"), subject.story
    done: list[tuple[date, date, str, str, Happened | None]] = []
    for name in story.procedures:
        start = date(whole(rng, *PROCEDURES[name].years), whole(rng, 1, 12), whole(rng, 1, 28))
        done.append((start, start, pick(rng, ("day", "month", "year")), name, None))
    if subject.index % 3 == 0:
        day = subject.assessed(subject.held["Screening"])
        done.append((day, day, "day", "CHEST CT", None))
    if story.rescue and story.rescue[0] in PROCEDURES:
        start = subject.on(story.rescue[1])
        worse = next(each for each in subject.events if each.event.grade == "3")
        done.append((start, start + timedelta(days=8), "day", story.rescue[0], worse))
    rows = []
    for number, (start, end, known, name, event) in enumerate(sorted(done, key=str), 1):
        known_procedure = PROCEDURES[name]
        rows.append(
            {
                **log_keys(subject),
                "PR_NO": str(number),
                "PRTERM": pick(rng, known_procedure.verbatim),
                "PR_NAME": known_procedure.decode[0],
                "PR_CODE": known_procedure.decode[1],
                "START_DATE": month_first(start, known),
                "END_DATE": month_first(end, known),
                "PR_FOR": known_procedure.what_for,
                "RESCUE": "Y" if event else "N",
                "AE_NO": str(event.number) if event else "",
                **audit(subject, rng, max(end, subject.consent)),
            }
        )
    return rows
