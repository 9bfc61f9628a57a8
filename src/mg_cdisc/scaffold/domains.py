"""One draft for each kind of domain: demographics, records as collected, findings of a wide form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mg_cdisc.layout import safe
from mg_cdisc.scaffold.datasets import Draft, add_ends, add_fields, text_of
from mg_cdisc.scaffold.lines import Line, constant, flow, reference, remark, scalar, table
from mg_cdisc.scaffold.recognise import Recognised, Test
from mg_cdisc.scaffold.terms import Terms, term_of
from mg_cdisc.standards import Standard
from mg_cdisc.terminology import Codelist

# standard unit by other unit, of x in the other; facts of the SI and of the international pound
_CONVERSIONS: Final[Mapping[tuple[str, str], str]] = {
    ("F", "C"): "(x - 32) / 1.8",
    ("LB", "kg"): "x * 0.45359237",
    ("g", "kg"): "x / 1000",
    ("in", "cm"): "x * 2.54",
    ("m", "cm"): "x * 100",
    ("kPa", "mmHg"): "x * 7.50062",
}
_STANDARD: Final = ("C", "kg", "cm", "mmHg", "beats/min", "breaths/min")


@dataclass(frozen=True)
class Whole:
    """What the datasets of the study know of each other.

    ``exposure`` is the draft's domain of exposure with its start and end variables, where there is
    one; ``schedule`` says whether there is a table of planned visits, ``sources`` are all names of
    sources.
    """

    standard: Standard
    terms: Terms
    exposure: Mapping[str, Sequence[str]]
    schedule: bool
    sources: Sequence[str]

    @property
    def days(self) -> bool:
        """Whether DM has a reference date, from which study days are counted."""
        return "EXSTDTC" in self.exposure.get("EX", ())


def draft_of(found: Recognised, whole: Whole) -> tuple[str, Draft]:
    """The spec of a recognised form, and what became of its fields."""
    draft = Draft(found, whole.standard, whole.terms)
    if found.domain == "DM":
        return _demographics(draft, whole), draft
    if found.tests:
        return _wide(draft, whole), draft
    return _records(draft, whole), draft


def exposure_of(found: Sequence[Recognised]) -> dict[str, tuple[str, ...]]:
    """The variables that EX makes, where there is an EX."""
    return {
        each.domain: tuple(mapped.variable for mapped in each.mapped)
        for each in found
        if each.domain == "EX"
    }


def _demographics(draft: Draft, whole: Whole) -> str:
    """DM: collected fields, identifiers from the source, reference dates from EX, age."""
    material = draft.material
    draft.made += ["SUBJID"]
    collected = {each.variable for each in draft.found.mapped}
    derived = [("SITEID", material.site), ("AGE", ""), ("AGEU", ""), ("DTHFL", "")]
    draft.made += [name for name, _ in derived if name not in draft.made]
    add_fields(draft)
    made = {line.key for _, line in draft.lines}
    draft.lines.append((0.0, Line("records", flow({"from": material.name}))))
    if "SUBJID" not in made:
        draft.step("SUBJID", draft.read(material.subject))
    if "SITEID" not in made and material.site:
        draft.step("SITEID", draft.read(material.site))
        draft.open = [each for each in draft.open if each.name != material.site]
    elif "SITEID" not in made:
        _guess_site(draft)
    if whole.days:
        end = "EXENDTC" if "EXENDTC" in whole.exposure["EX"] else "EXSTDTC"
        draft.step("RFXSTDTC", {"from": "EX", "value": "min(EXSTDTC)"})
        draft.step("RFXENDTC", {"from": "EX", "value": f"max({end})"})
        draft.step("RFSTDTC", "RFXSTDTC", at=draft.place("RFXENDTC") + 0.5)
    if "DTHDTC" in made and "DTHFL" not in made:
        draft.step("DTHFL", {"flag": "not missing(DTHDTC)"})
    if "AGE" not in made and {"BRTHDTC", "RFICDTC"} <= made:
        # from two steps above it, wherever the standard has them
        place = max(draft.place("BRTHDTC"), draft.place("RFICDTC")) + 0.5
        draft.step("AGE", "age(BRTHDTC, RFICDTC)", "in years at informed consent", at=place)
        if "AGEU" not in collected:
            draft.step("AGEU", {"hardcode": "YEARS"}, at=place + 0.1)
    draft.made[:] = [each for each in draft.made if each in {line.key for _, line in draft.lines}]
    return text_of(draft, ("STUDYID", "USUBJID"))


def _guess_site(draft: Draft) -> None:
    """The first part of 01-001 may be the site: that is said, and not done."""
    subject = draft.material.subject
    values = draft.material.values(subject)
    for sign in "-/_":
        if values and all(each.count(sign) == 1 for each in values):
            step = f"word({reference(subject)}, {constant(sign)}, 1)"
            part = values[0].partition(sign)[0]
            draft.todo.append(safe(f"SITEID: {step}, if {part} of {values[0]} is the site"))
            return


def _records(draft: Draft, whole: Whole) -> str:
    """Interventions, events, and findings of a form that has a row for each test."""
    domain = draft.domain
    topic = next(f.name for f in whole.standard.variables(domain) if f.role == "Topic")
    add_fields(draft)
    draft.lines.append((0.0, Line("records", flow({"from": draft.material.name}))))
    _leave_out_no(draft, topic)
    made = {line.key for _, line in draft.lines}
    if draft.found.cls == "Findings":
        _visit(draft, whole, made)
    decoded = f"{domain}DECOD" if f"{domain}DECOD" in made else topic
    date = next((f"{domain}{end}" for end in ("STDTC", "DTC") if f"{domain}{end}" in made), "")
    natural = [name for name in (decoded, date) if name and name in {*made, *draft.made}]
    identifier = f"{domain}SPID" if f"{domain}SPID" in made else f"{domain}SEQ"
    ordered = [each for each in (date, topic, f"{domain}SPID") if each in {*made, *draft.made}]
    add_ends(draft, days=whole.days, keys=ordered)
    _seq_anyway(draft, natural)
    return text_of(draft, ("STUDYID", "USUBJID", *natural, identifier))


def _seq_anyway(draft: Draft, natural: Sequence[str]) -> None:
    """A dataset of which neither topic nor date is known is numbered as its form stands."""
    sequence = f"{draft.domain}SEQ"
    if sequence not in draft.made:
        keys = [each for each in draft.material.keys if "`" not in each] or list(natural)
        draft.lines.append(
            (901.0, Line(sequence, flow({"sequence": [draft.read(each) for each in keys]})))
        )
        draft.made.append(sequence)


def _leave_out_no(draft: Draft, topic: str) -> None:
    """A row that only says that there is nothing is no record: the question is on the same form."""
    domain = draft.domain
    asked = next((each.field for each in draft.found.mapped if each.way == "asked"), None)
    told = draft.found.get(topic)
    if asked is None or told is None:
        return
    answers = draft.material.answers(asked)
    codes = [code for code, meant in draft.terms.matches("NY", answers).items() if meant == "N"]
    if len(codes) != 1:
        return
    there = draft.read(told.field.name)
    holds = f"missing({there}) and {reference(asked.name)} = {constant(codes[0])}"
    draft.lines.append((0.5, Line("exclude", flow({f"no {domain} record on the form": holds}))))
    draft.told.pop(asked.name, None)


def _visit(draft: Draft, whole: Whole, made: set[str]) -> None:
    """The planned visit of the row, by the label or identifier that the form has."""
    event = draft.material.event
    if not event or not whole.schedule or "VISITNUM" in made or "`" in event:
        return
    by = {event: "form"}
    draft.lines.append(
        (800.0, Line("lookup", flow({"from": "schedule", "by": by, "keep": ["VISITNUM", "VISIT"]})))
    )
    draft.made += ["VISITNUM", "VISIT"]
    draft.todo.append(
        "visits that the schedule does not have (unscheduled ones) have no VISITNUM yet"
    )


def _wide(draft: Draft, whole: Whole) -> str:
    """Findings of a form with a column for each test: a table of tests makes rows of columns."""
    domain, tests = draft.domain, draft.found.tests
    draft.made += [
        f"{domain}{end}"
        for end in ("TESTCD", "TEST", "ORRES", "ORRESU", "STRESC", "STRESN", "STRESU")
    ]
    units = {test.code: _units(draft, test, _codelist(draft, f"{domain}ORRESU")) for test in tests}
    fixed = {
        test.code: units[test.code][0] for test in tests if test.unit is None and units[test.code]
    }
    with_unit = [test for test in tests if test.unit is not None]
    name = next(
        each
        for each in ("tests", f"{domain.lower()}_tests", f"{domain.lower()}_list")
        if each not in whole.sources
    )
    draft.head += _table(name, domain, tests, fixed, columns=bool(with_unit))
    known = all(units[test.code] for test in tests)
    if known:
        draft.head += _conversions(draft, units)
    add_fields(draft)
    values = {f"{domain}ORRES": "result"} | ({"_collected": "unit"} if with_unit else {})
    unpivot = {"table": name, "values": values}
    draft.lines.append(
        (0.0, Line("records", flow({"from": draft.material.name, "unpivot": unpivot})))
    )
    made = {line.key for _, line in draft.lines}
    stat = f"{domain}STAT" in made
    blank = f"missing({domain}ORRES)" + (f" and missing({domain}STAT)" if stat else "")
    at = draft.place(f"{domain}STAT") + 0.5
    draft.lines.append((at, Line("exclude", flow({"left blank on the form": blank}))))
    draft.step(f"{domain}TEST", {"decode": f"{domain}TESTCD"}, at=at + 0.1)
    _results(draft, with_unit, fixed, at, converted=known)
    _visit(draft, whole, made)
    more = [f"{domain}{end}" for end in ("DTC", "TPTNUM", "TPT") if f"{domain}{end}" in made]
    visit = ["VISITNUM"] if "VISITNUM" in draft.made else []
    keys = [f"{domain}TESTCD", *visit, *more[:2]]
    add_ends(draft, days=whole.days, keys=keys)
    if whole.days and f"{domain}DTC" in made:
        draft.lines.append((902.0, Line("last_before_exposure", flow({"by": f"{domain}TESTCD"}))))
        draft.made.append(f"{domain}LOBXFL")
    return text_of(draft, ("STUDYID", "USUBJID", *keys, f"{domain}SEQ"))


def _table(
    name: str, domain: str, tests: Sequence[Test], fixed: Mapping[str, str], *, columns: bool
) -> list[str]:
    """The table of tests: short name, column of the result, column of the unit, the unit said once."""
    names = [
        f"{domain}TESTCD",
        "result",
        *(["unit"] if columns else []),
        *(["fixed"] if fixed else []),
    ]
    rows = []
    for test in tests:
        cells = [test.code, test.result.name]
        cells += [test.unit.name if test.unit is not None else ""] if columns else []
        cells += [fixed.get(test.code, "")] if fixed else []
        label = f"# {remark(test.result.label, 70)}" if test.result.label else ""
        rows.append((f"- {flow(cells)}", label))
    made = ["tables:", f"  {name}:", f"    columns: {flow(names)}", "    rows:"]
    return [*made, *(f"      {row}" for row in table(rows))]


def _codelist(draft: Draft, variable: str) -> Codelist | None:
    fact = draft.fact(variable)
    codes = fact.codelists if fact is not None else ()
    return draft.terms.terminology.codelist(codes[0]) if codes else None


def _units(draft: Draft, test: Test, codelist: Codelist | None) -> tuple[str, ...]:
    """The units that a result can have: those of its unit's field, or one that its label says."""
    if codelist is None:
        return ()
    if test.unit is not None:
        answers = draft.material.answers(test.unit)
        found = [term_of(codelist, code, text) for code, text in answers.items()]
        return tuple(dict.fromkeys(found)) if all(found) else ()
    label = test.result.label
    for opened, closed in ("()", "[]"):
        inside = label.rpartition(opened)[2].partition(closed)[0] if opened in label else ""
        term = term_of(codelist, "", inside) if inside else ""
        if term:
            return (term,)
    return ()


def _conversions(draft: Draft, units: Mapping[str, Sequence[str]]) -> list[str]:
    rows = []
    for code, known in units.items():
        standard = next((each for each in _STANDARD if each in known), known[0])
        said: dict[str, str] = {"standard": standard}
        for other in known:
            if other == standard:
                continue
            if (other, standard) in _CONVERSIONS:
                said |= {other: _CONVERSIONS[other, standard], "round": "1"}
            else:
                draft.todo.append(f"units: {code} in {standard}, from x in {other}")
        rows.append((f"{scalar(code)}:", flow(said)))
    return ["units:", *(f"  {row}" for row in table(rows, " "))]


def _unit_step(
    draft: Draft, with_unit: Sequence[Test], fixed: Mapping[str, str], read: str
) -> dict[str, object]:
    """The collected unit as a term: by the codelist's map, or test by test where codes differ.

    On many forms 1 is Celsius in the field of one unit and kilogram in that of another.
    """
    domain = draft.domain
    codelist = _codelist(draft, f"{domain}ORRESU")
    if codelist is None:
        return {"assign": read}
    known = {each.code: draft.material.answers(each.unit) for each in with_unit if each.unit}
    merged = {code: text for answers in known.values() for code, text in answers.items()}
    if all(merged[code] == text for answers in known.values() for code, text in answers.items()):
        place = f"{draft.material.name}, units"
        made = draft.terms.assign((codelist.code,), read, merged, place)
        known_terms = made.get("to")
        if isinstance(known_terms, dict):  # a map of its own has to have the fixed units too
            made["to"] = {unit: unit for unit in fixed.values()} | known_terms
        return made
    pairs = {f"{test} {unit}": unit for test, unit in fixed.items()}
    for test, answers in known.items():
        terms = {code: term_of(codelist, code, text) for code, text in answers.items()}
        pairs |= {f"{test} {code}": term for code, term in terms.items() if term}
        left = ", ".join(answers[code] for code, term in terms.items() if not term)
        draft.todo += [f"{domain}ORRESU: the terms of the units of {test}: {left}"] if left else []
    return {"map": f"concat({domain}TESTCD, ' ', {read})", "to": pairs}


def _results(
    draft: Draft, with_unit: Sequence[Test], fixed: Mapping[str, str], at: float, *, converted: bool
) -> None:
    domain = draft.domain
    result, unit = f"{domain}ORRES", f"{domain}ORRESU"
    unknown = ", ".join(
        test.code for test in draft.found.tests if test.unit is None and test.code not in fixed
    )
    read = {(True, True): "coalesce(_collected, _fixed)", (True, False): "_collected"}.get(
        (bool(with_unit), bool(fixed)), "_fixed"
    )
    if with_unit or fixed:
        value = _unit_step(draft, with_unit, fixed, read)
        draft.step(unit, value | {"when": f"not missing({result})"}, at=at + 0.2)
    if unknown:
        draft.todo.append(f"{unit}: the unit of {unknown}, in a column fixed of the table of tests")
    if converted:
        convert = {
            "convert": result,
            "unit": unit,
            "test": f"{domain}TESTCD",
            "standard_unit": f"{domain}STRESU",
        }
        draft.step(f"{domain}STRESN", convert, at=at + 0.3)
        draft.step(f"{domain}STRESC", f"text({domain}STRESN)", at=at + 0.4)
        return
    draft.step(f"{domain}STRESC", result, at=at + 0.3)
    if draft.fact(f"{domain}STRESN") is not None:
        draft.step(f"{domain}STRESN", f"number({domain}STRESC)", at=at + 0.4)
    if (with_unit or fixed) and draft.fact(f"{domain}STRESU") is not None:
        draft.step(f"{domain}STRESU", unit, at=at + 0.5)
    draft.made[:] = [
        each
        for each in draft.made
        if each in {*(line.key for _, line in draft.lines), f"{domain}TESTCD", result}
    ]
