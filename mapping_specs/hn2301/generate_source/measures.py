"""Forms on how the disease is, and what laboratories and nurses measure."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TypeAlias

from chance import Course, along, clock, iso, pick, whole, wobble, yes_no
from subject import Held, Row, Subject, audit, keys
from told import (
    ANALYTES,
    BASELINE,
    DOSING,
    FLOW,
    MEASURED,
    SCREENING,
    SITE_UNITS,
    TITRES,
    UNSCHEDULED,
    VITALS,
    Analyte,
    Instrument,
    Visit,
)

Rows: TypeAlias = Iterator[Row]
Cell: TypeAlias = str | float | date | datetime | None
Cells: TypeAlias = dict[str, Cell]

# ---------------------------------------------------------------- instruments and MG status


def walk(levels: list[int], target: int, most: Sequence[int], rng: Random) -> None:
    """Move item levels one step at a time, at random items, until they add up to the target."""
    while (now := sum(levels)) != target:
        step = 1 if now < target else -1
        movable = [i for i, at in enumerate(levels) if 0 <= at + step <= most[i]]
        levels[pick(rng, movable)] += step


NOT_DONE = {"qmg": "肺功能仪维修中", "mgadl": "未向受试者发放问卷"}


def instrument(name: str, form: Instrument, subject: Subject) -> Rows:
    rng = subject.rng(form.prefix)
    most = [len(scores) - 1 for scores in form.scores]
    levels = [0] * len(form.items)
    for key, severity in subject.severity.items():
        held = subject.held[key]
        if held.visit is UNSCHEDULED and name != "mgadl":
            continue
        target = subject.mgadl[key]
        if name != "mgadl":
            exact = severity / 24 * sum(most) * form.severity + 0.6 * wobble(rng)
            target = min(sum(most), max(0, int(exact + 0.5)))
        walk(levels, target, most, rng)
        answers = {
            item: (str(level + form.first_code), scores[level])
            for item, level, scores in zip(form.items, levels, form.scores, strict=True)
        }
        done = subject.story.done(name, held.label)
        day = subject.assessed(held)
        total = sum(score for _, score in answers.values())
        yield {
            **keys(subject, held, iso(held.day)),
            "DONE": yes_no(done),
            "NOT_DONE_REASON": "" if done else NOT_DONE[name],
            "ASSESS_DATE": iso(day) if done else "",
            **{f"{form.prefix}_{i}": code if done else "" for i, (code, _) in answers.items()},
            f"{form.prefix}_TOTAL": str(total) if done else "",
            **audit(subject, rng, day),
        }


def mg_status(subject: Subject) -> Rows:
    """The investigator's answers, here invented to fit the MG-ADL totals."""
    rng = subject.rng("mg_status")
    baseline = before = best = subject.mgadl.get(BASELINE.label, 0)
    for key, held in subject.held.items():
        if not held.visit.status:
            continue
        total = subject.mgadl[key]
        worse = total >= before + 2
        relapse = worse and best <= baseline - 3 and total >= best + 3
        yield {
            **keys(subject, held, iso(held.day)),
            "DONE": "Y",
            "NOT_DONE_REASON": "",
            "ASSESS_DATE": iso(held.day),
            "EVALUATOR": pick(rng, ("1", "1", "2")),
            "WORSENING": yes_no(worse),
            "RELAPSE": yes_no(relapse),
            "MIN_MANIFEST": yes_no(total <= 3 and subject.severity[key] <= 3),
            **audit(subject, rng, held.day),
        }
        before, best = total, min(best, total)


# ---------------------------------------------------------------- local laboratory


def course_of(analyte: Analyte, subject: Subject, own: float) -> Course:
    """The analyte's usual course, or the one that an adverse event of the subject asks for."""
    for other in MEASURED["laboratory"]["event_courses"]:
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
    if float(result) < analyte.lloq:
        result = f"<{analyte.lloq:g}"
    return {
        "RESULT": result,
        "UNIT": here["unit"],
        "REF_LOW": low,
        "REF_HIGH": high,
        "LLOQ": f"{analyte.lloq:g}" if analyte.lloq else "",
        "ABNORMAL": flag,
    }


def as_labelled(label: str, subject: Subject, rng: Random) -> str:
    """The laboratory of site 02 writes visits as it likes."""
    if subject.site["code"] != "02":
        return label
    return pick(rng, (label, label, label.upper(), label.lower(), f"{label} ", f" {label.upper()}"))


def lab_local(subject: Subject) -> Rows:
    rng, writing = subject.rng("lab_local"), subject.rng("lab labels")
    own, courses = {}, {}
    for analyte in ANALYTES:
        low, high = analyte.male if subject.sex == "1" else analyte.female
        own[analyte.code] = low + (high - low) * (analyte.level + 0.1 * wobble(rng))
        courses[analyte.code] = course_of(analyte, subject, own[analyte.code])
    own["CRP"] = max(0.15, own["CRP"])
    given = {visit.label for visit in subject.infusions_given()}
    for count, (key, held) in enumerate(subject.held.items(), 1):
        day = subject.assessed(held)
        study_day = subject.study_day(day)
        values = {
            code: level * along(courses[code], study_day) * (1 + 0.04 * wobble(rng))
            for code, level in own.items()
        }
        values["LYMPH"] = subject.lymphocytes[key]
        values["WBC"] = values["NEUT"] + values["LYMPH"] + 0.6 + 0.05 * wobble(rng)
        minute = clock(whole(rng, 440, 530))
        visit_keys = keys(subject, held, iso(held.day))
        visit_keys["VISIT"] = as_labelled(held.label, subject, writing)
        typed = audit(subject, rng, day)
        for analyte in ANALYTES:
            blood = analyte.panel == "HAEMATOLOGY"
            reported = as_reported(analyte, subject, values[analyte.code])
            done = subject.story.done(analyte.code, held.label)
            yield {
                **visit_keys,
                "PANEL": analyte.panel,
                "SPECIMEN": "WHOLE BLOOD" if blood else "SERUM",
                "ACCESSION": f"L{subject.label.replace('-', '')}{count:02}{'H' if blood else 'C'}",
                "COLLECT_DATE": iso(day),
                "COLLECT_TIME": minute,
                "PREDOSE": "Y" if held.label in given else "",
                "ANALYTE": analyte.code,
                "DONE": yes_no(done),
                "NOT_DONE_REASON": "" if done else "标本溶血",
                **(reported if done else dict.fromkeys(reported, "")),
                **typed,
            }


def antibodies(subject: Subject) -> Rows:
    rng = subject.rng("antibodies")
    own = {
        name: TITRES[name]["low"] + (TITRES[name]["high"] - TITRES[name]["low"]) * rng.random()
        for name in ("ACHR", "MUSK")
    }
    for held in subject.held.values():
        if not held.visit.titre:
            continue
        day = subject.assessed(held)
        left = along(TITRES["left"], subject.study_day(day)) * (1 + 0.05 * wobble(rng))
        written = {}
        for name, titre in own.items():
            value = titre * left if name == subject.story.antibody else 0.0
            lloq = TITRES[name]["lloq"]
            written[f"{name}_TITRE"] = f"<{lloq:g}" if value < lloq else f"{value:.2f}"
        yield {
            **keys(subject, held, iso(held.day)),
            "COLLECT_DATE": iso(day),
            **written,
            "TITRE_UNIT": "nmol/L",
            **audit(subject, rng, day),
        }


# ---------------------------------------------------------------- flow cytometry


def flow_spelling(subject: Subject, visit: Visit, rng: Random) -> tuple[str, str]:
    """Subject and visit as this laboratory happens to write them."""
    number = subject.label[3:]
    name = f"HN2301/{subject.site['code']}/{number}"
    if subject.site["code"] == "03":
        name = name.replace("/", "-")
    chance = rng.random()
    name = name.lower() if chance < 0.06 else f"{name} " if chance < 0.12 else name
    chance, code = rng.random(), visit.code
    if chance < 0.06:
        code = code.lower()
    elif chance < 0.12 and code[1:].isdigit() and code[0] == "D":
        code = f"Day {code[1:]}"
    return name, code


def flow_cytometry(subject: Subject) -> Iterator[Cells]:
    rng, spelling = subject.rng("flow_cytometry"), subject.rng("flow spelling")
    own_b, own_car = 190 + 45 * wobble(rng), 9 + 2.5 * wobble(rng)
    not_shipped = subject.story.repeated_visit
    for count, (key, held) in enumerate(subject.held.items(), 1):
        day = subject.assessed(held)
        study_day = subject.study_day(day)
        minute = whole(rng, 440, 530)
        lymphocytes = round(subject.lymphocytes[key] * 1000 * (1 + 0.03 * wobble(rng)))
        b_cells = max(0.6, own_b * along(FLOW["b_cells"], study_day) * (1 + 0.08 * wobble(rng)))
        naive = along(FLOW["naive"], study_day) + 3 * wobble(rng)
        memory = (100 - naive) * (0.7 + 0.03 * wobble(rng))
        car = round(own_car * along(FLOW["car"], study_day) * (1 + 0.1 * wobble(rng)), 2)
        absolute = round(lymphocytes * 0.0075 * car, 1)
        below, tested = car < FLOW["car_lloq"], study_day <= FLOW["car_until"]
        name, code = flow_spelling(subject, held.visit, spelling)
        if key == not_shipped:
            continue
        yield {
            "Subject ID": name,
            "Sample ID": f"FC{subject.label.replace('-', '')}{count:02}",
            "Visit": code,
            "Collected": datetime.combine(day, time(*divmod(minute, 60))),
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
            "CAR+ cells [% of T cells]": ("<0.01" if below else car) if tested else None,
            "CAR+ T cells [cells/uL]": ("<0.1" if below else absolute) if tested else None,
        }


# ---------------------------------------------------------------- vital signs

FEVERS = ("CRS GRADE 1", "CRS GRADE 2", "CRS GRADE 2 STOPS", "FEVER", "PNEUMONIA")


def vital_signs(subject: Subject) -> Rows:
    rng = subject.rng("vital_signs")
    own = {test: told["usual"] + told["own"] * wobble(rng) for test, told in VITALS.items()}
    tall = round((171 if subject.sex == "1" else 160) + 6 * wobble(rng))
    heavy = (22.5 + 2.2 * wobble(rng)) * tall * tall / 10000
    given = [visit.label for visit in subject.infusions_given()]
    repeats: dict[str, int] = {}
    for held in subject.held.values():
        repeats[held.visit.code] = repeats.get(held.visit.code, 0) + 1
        times = [("", whole(rng, 500, 560))]
        if held.label in given:
            start, end = subject.infusion_minutes(held.visit)
            end += 25 * (DOSING.index(held.visit) + 1 == subject.story.interrupted)
            times = [("PREDOSE", start - whole(rng, 15, 35)), ("1H POST", end + 60)]
        for number, (point, minute) in enumerate(times, 1):
            yield {
                "EVENT": held.visit.code,
                "EVENT_REPEAT": str(repeats[held.visit.code]),
                "GROUP_REPEAT": str(number),
                **_measured(subject, held, point, minute, (own, tall, heavy), rng),
            }


def _measured(
    subject: Subject,
    held: Held,
    point: str,
    minute: int,
    body: tuple[dict[str, float], int, float],
    rng: Random,
) -> Row:
    own, tall, heavy = body
    day = subject.assessed(held)
    moment = datetime.combine(day, time(*divmod(minute, 60)))
    hot = any(happened.kind in FEVERS and happened.covers(moment) for happened in subject.events)
    values = {}
    for test, told in VITALS.items():
        value = own[test] + told["daily"] * wobble(rng)
        if hot:
            value += {"TEMP": 1.7, "PULSE": 18}.get(test, 0)
        if test == "TEMP" and subject.site["code"] == "03":
            value = value * 9 / 5 + 32
        values[test] = f"{value:.{told['decimals']}f}"
    fahrenheit = subject.site["code"] == "03"
    done = subject.story.done("vital_signs", held.label)
    weighed = held.visit.weight and point in ("", "PREDOSE")
    weight = f"{heavy + 0.6 * wobble(rng):.1f}" if weighed else ""
    height = str(tall) if held.visit is SCREENING else ""
    position = pick(rng, ("1", "1", "2"))
    cells = {
        "VSTIM": clock(minute),
        "VSTPT": point,
        "VSPOS": position,
        **values,
        "WEIGHT": weight,
        "HEIGHT": height,
        "TEMP.unit": "F" if fahrenheit else "C",
    }
    return {
        "VSPERF": yes_no(done),
        "VSREASND": "" if done else "设备故障",
        "VSDAT": iso(day) if done else "",
        **(cells if done else dict.fromkeys(cells, "")),
        "AUDITU": audit(subject, rng, day)["AUDIT_USER"],
    }
