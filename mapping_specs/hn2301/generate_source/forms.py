"""Forms on who the subject is, what was given, and how the study went."""

from collections.abc import Iterator
from datetime import timedelta

from chance import clock, dashed, day_first, iso, pick, whole, yes_no
from subject import Happened, Held, Row, Subject, audit, keys, log_keys
from told import BASELINE, DOSING, HAPPENS, SCREENING, UNSCHEDULED, VISITS, coded

Rows = Iterator[Row]

# ---------------------------------------------------------------- ODM: demographics, events


def demographics(subject: Subject) -> Rows:
    rng, consent = subject.rng("demographics"), subject.consent
    year, month, day = whole(rng, 1955, 2000), whole(rng, 1, 12), whole(rng, 1, 28)
    # With the day unknown the age still is known, because the birthday's month is not consent's.
    day_unknown = subject.story.day_of_birth_unknown
    if day_unknown and month == consent.month:
        month = month % 12 + 1
    yield {
        **_place(SCREENING.code),
        "DMDAT": iso(consent),
        "SITENAME": subject.site["name"],
        "INITIALS": "".join(pick(rng, "ABCDEFGHJKLMNPQRSTWXYZ") for _ in range(3)),
        "RFICDAT": iso(consent),
        "BRTHYY": str(year),
        "BRTHMO": f"{month:02}",
        "BRTHDD": "" if day_unknown else f"{day:02}",
        "SEX": subject.sex,
        "RACE": "9" if subject.story.race_other else "1",
        "RACEOTH": subject.story.race_other,
        "ETHNIC": "2",
        "ETHNICGR": pick(rng, ("01", "01", "01", "03", "08", "11")),
        "COUNTRY": "CN",
        "AUDITU": audit(subject, rng, consent)["AUDIT_USER"],
    }


def _place(event: str, event_repeat: str = "1", group_repeat: str = "") -> Row:
    """Where in the ODM file an item group stands."""
    return {"EVENT": event, "EVENT_REPEAT": event_repeat, "GROUP_REPEAT": group_repeat}


def _action(subject: Subject, happened: Happened) -> str:
    """Dose not changed, interrupted, stopped; or after the last infusion, where it can't be."""
    if happened.event.action:
        return happened.event.action
    if happened.kind == "INFUSION" and subject.story.interrupted:
        return "2"
    last = subject.on(DOSING[-1].day)
    return "1" if subject.day1 <= happened.start <= last else "9"


def adverse_events(subject: Subject) -> Rows:
    rng = subject.rng("adverse_events")
    for happened in subject.events:
        event, end = happened.event, happened.end
        no = "N" if event.hospital else ""  # the criteria are asked of serious events only
        treated = bool(event.treat) or happened.kind == "MG WORSENING EARLY"
        terms = coded(event.terms)
        yield {
            **_place("LOG", "1", str(happened.number)),
            "AESPID": str(happened.number),
            "AETERM": happened.term,
            "AELLT": terms["LLT_NAME"],
            "AELLTCD": terms["LLT_CODE"],
            "AEDECOD": terms["PT_NAME"],
            "AEPTCD": terms["PT_CODE"],
            "AEHLT": terms["HLT_NAME"],
            "AEHLTCD": terms["HLT_CODE"],
            "AEHLGT": terms["HLGT_NAME"],
            "AEHLGTCD": terms["HLGT_CODE"],
            "AESOC": terms["SOC_NAME"],
            "AESOCCD": terms["SOC_CODE"],
            "AESTDAT": iso(happened.start),
            "AESTTIM": "" if happened.minute is None else clock(happened.minute),
            "AEENDAT": iso(end.date()) if end else "",
            "AEONGO": yes_no(end is None),
            "AETOXGR": event.grade,
            "AESER": yes_no(event.hospital),
            "AESDTH": "Y" if event.fatal else no,
            "AESLIFE": "Y" if event.fatal else no,
            "AESHOSP": "Y" if event.hospital else "",
            "AESDISAB": no,
            "AESCONG": no,
            "AESMIE": no,
            "AEREL": event.relation,
            "AEACN": _action(subject, happened),
            "AEACNOTH": pick(rng, event.other_action) if event.other_action else "",
            "AEOUT": "5" if event.fatal else "1" if end else "3",
            "AECONTRT": yes_no(treated),
            "AETRTEM": yes_no(happened.start >= subject.day1),
            "AEINTRST": event.interest,
            "AUDITU": audit(subject, rng, happened.start)["AUDIT_USER"],
        }


# ---------------------------------------------------------------- the disease


def mg_history(subject: Subject) -> Rows:
    rng = subject.rng("mg_history")
    screening = subject.held[SCREENING.label]
    sampled = subject.assessed(screening)
    since = f"{whole(rng, 2010, 2022)}-{whole(rng, 1, 12):02}-{whole(rng, 1, 28):02}"
    known = pick(rng, (10, 10, 7, 4))  # characters: the full date, its month, its year
    classes = ("IIa", "IIb", "IIIa", "IIIb") if subject.story.mgadl < 12 else ("IVa", "IVb")
    untested = rng.random() < 0.2 and subject.story.antibody != "LRP4"
    antibodies = {
        f"{name}_AB": str(int(name == subject.story.antibody)) for name in ("ACHR", "MUSK", "LRP4")
    }
    if untested:
        antibodies["LRP4_AB"] = "9"
    yield {
        **keys(subject, screening, iso(screening.day)),
        "DIAG_TERM": pick(rng, HAPPENS["diagnosis_verbatim"]),
        **coded(HAPPENS["diagnosis_terms"]),
        "DIAG_DATE": since[:known],
        "DIAG_ONGOING": "Y",
        "MGFA_CLASS": pick(rng, classes),
        "ANTIBODY_DATE": iso(sampled),
        **antibodies,
        **audit(subject, rng, sampled),
    }


# ---------------------------------------------------------------- treatment


def infusion(subject: Subject) -> Rows:
    rng = subject.rng("infusion")
    given = subject.infusions_given()
    blank = dict.fromkeys(("START_DATE", "START_TIME", "END_TIME"), "")
    for number, visit in enumerate(DOSING if subject.treated else (), 1):
        day = subject.held[visit.label].day
        start, end = subject.infusion_minutes(visit)
        done, interrupted = visit in given, number == subject.story.interrupted
        pause = start + 30, start + 55  # after an infusion reaction has begun
        end += (pause[1] - pause[0]) * interrupted
        times = {"START_DATE": day_first(day), "START_TIME": clock(start), "END_TIME": clock(end)}
        volume = 100 * subject.story.dose_mg
        yield {
            **keys(subject, subject.held[visit.label], day_first(day)),
            "INF_NO": str(number),
            "PLANNED_DAY": str(visit.day),
            "GIVEN": yes_no(done),
            "NOT_GIVEN_REASON": "" if done else subject.story.why_stopped,
            "DOSE": str(subject.story.dose_mg) if done else "",
            "DOSE_UNIT": "mg" if done else "",
            **(times if done else blank),
            "INTERRUPTED": yes_no(interrupted) if done else "",
            "INTERRUPT_START": clock(pause[0]) if interrupted else "",
            "INTERRUPT_END": clock(pause[1]) if interrupted else "",
            "REASON_INTERRUPTED": "输注反应" if interrupted else "",
            "VOLUME_PLANNED": str(volume),
            "VOLUME_GIVEN": str(volume) if done else "",
            "VOLUME_BEFORE_PAUSE": str(volume * 2 // 5) if interrupted else "",
            "VOLUME_UNIT": "mL",
            "LOT_NO": f"EXLOT{subject.site['code']}{day.month:02}" if done else "",
            **audit(subject, rng, day),
        }


def crs_icans(subject: Subject) -> Rows:
    rng = subject.rng("crs_icans")
    for happened in subject.events:
        event = happened.event.interest
        if event not in ("CRS", "ICANS"):
            continue
        day, grade = happened.start + timedelta(days=whole(rng, 0, 1)), happened.event.grade
        hot = 38 + whole(rng, 1, 12) / 10
        asked = {
            "FEVER": "Y",
            "MAX_TEMP": f"{hot:.1f}",
            "HYPOTENSION": "N",
            "HYPOXIA": yes_no(grade == "2"),
        }
        others = {
            "ICE_SCORE": str(whole(rng, 7, 9)),
            "CONFUSION": "Y",
            "TREMOR": pick(rng, ("Y", "N")),
        }
        crs = event == "CRS"
        yield {
            **log_keys(subject),
            "AE_NO": str(happened.number),
            "EVENT": event,
            "ASSESS_DATE": iso(day),
            "GRADE": grade,
            **(asked if crs else dict.fromkeys(asked, "")),
            **(dict.fromkeys(others, "") if crs else others),
            **audit(subject, rng, day),
        }


# ---------------------------------------------------------------- course of the study


def visits(subject: Subject) -> Rows:
    rng = subject.rng("visits")
    missed = subject.story.missed_visit
    rows: list[Held | None] = list(subject.held.values())
    if missed:
        order = [visit.label for visit in VISITS]
        later = (
            place
            for place, held in enumerate(rows)
            if held and held.visit is not UNSCHEDULED
            and order.index(held.label) > order.index(missed)
        )  # fmt: skip
        rows.insert(next(later, len(rows)), None)
    typed = subject.consent
    for held in rows:
        if held is None:
            yield {
                "SITE": subject.site["code"],
                "SUBJECT": subject.label,
                "VISIT": missed,
                "VISIT_DATE": "",
                "VISIT_END_DATE": "",
                "OCCURRED": "N",
                "MISSED_REASON": "因家庭原因外出",
                "UNSCHED_REASON": "",
                "CONTACT": "",
                **audit(subject, rng, typed),
            }
            continue
        typed = held.day + timedelta(days=2 if held.visit is SCREENING else 0)
        yield {
            **keys(subject, held, iso(held.day)),
            "VISIT_END_DATE": iso(typed),
            "OCCURRED": "Y",
            "MISSED_REASON": "",
            "UNSCHED_REASON": held.reason,
            "CONTACT": "1",
            **audit(subject, rng, typed),
        }


STATUSES = {
    "completed": "1", "withdrawn": "2", "died": "2", "lost": "2", "never eligible": "2",
    "screen failure": "3", "ongoing": "4",
}  # fmt: skip
REASONS = {"withdrawn": "1", "never eligible": "1", "lost": "3", "died": "6"}


def disposition(subject: Subject) -> Rows:
    rng, story, role = subject.rng("disposition"), subject.story, subject.story.role
    last = subject.last_visit
    given = subject.infusions_given()
    eligible = {"never eligible": "", "screen failure": "N"}.get(role, "Y")
    known = {"Y": subject.held[BASELINE.label].day if subject.treated else None, "N": subject.end}
    known_on = known.get(eligible)
    ended = "" if role == "ongoing" else dashed(subject.end)
    contact = last.day + timedelta(days=14) if role == "lost" else subject.end
    stopped = bool(story.stopped_after)
    yield {
        **keys(subject, last, dashed(last.day)),
        "CONSENT_DATE": dashed(subject.consent),
        "ELIGIBLE": eligible,
        "ELIGIBILITY_DATE": dashed(known_on) if known_on else "",
        "FAILED_CRITERION": story.criterion,
        "SCREEN_FAIL_DETAIL": story.why if story.criterion else "",
        "TRT_STATUS": ("2" if stopped else "1") if given else "0",
        "TRT_END_DATE": dashed(subject.held[given[-1].label].day) if given else "",
        "TRT_STOP_REASON": story.why_stopped,
        "STUDY_STATUS": STATUSES[role],
        "STUDY_END_DATE": ended,
        "WITHDRAW_REASON": REASONS.get(role, ""),
        "WITHDRAW_DETAIL": story.why if role in REASONS else "",
        "DEATH_DATE": dashed(subject.death) if subject.death else "",
        "LAST_CONTACT_DATE": dashed(last.day if role == "ongoing" else contact),
        **audit(subject, rng, last.day if role == "ongoing" else subject.end),
    }


def deviations(subject: Subject) -> Rows:
    rng, number = subject.rng("deviations"), 0
    for name in subject.story.deviations:
        told = HAPPENS["deviations"][name]
        held = subject.held.get(told["after"])
        if held is None:
            continue
        number += 1
        day = subject.end if told.get("at_end") else held.day
        yield {
            **log_keys(subject),
            "DV_NO": str(number),
            "DV_DATE": iso(day),
            "DV_CATEGORY": told["category"],
            "DV_CLASS": told["class"],
            "DV_TEXT": told["text"],
            **audit(subject, rng, day),
        }


def comments(subject: Subject) -> Rows:
    rng, number = subject.rng("comments"), 0
    for name in subject.story.comments:
        told = HAPPENS["comments"][name]
        held, about = subject.held.get(told["after"]), subject.event(told.get("event", ""))
        if held is None:
            continue
        number += 1
        day = max(held.day, about.start) if about else held.day
        if about and about.event.fatal:
            day = subject.end
        yield {
            **log_keys(subject),
            "COMMENT_NO": str(number),
            "COMMENT_DATE": iso(day),
            "FORM": told["form"],
            "RECORD_NO": str(about.number) if about else "",
            "COMMENT": told["text"],
            **audit(subject, rng, day),
        }
