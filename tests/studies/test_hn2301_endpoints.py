"""The registered endpoints of the example: each has results, and each number follows from the files.

The transport files are read by pyreadstat, and every number is computed here in plain Python from
what the study brief says of the endpoint, not from endpoints.yaml.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyreadstat
import pytest

from mg_cdisc.endpoints import Result, compute_endpoints
from mg_cdisc.endpoints.data import read_built
from mg_cdisc.spec.load import load_study

Example = Any  # conftest.Example: tests are no package
Row = dict[str, Any]
Numbers = Mapping[tuple[str, ...], Mapping[str, float]]
Lines = Callable[..., Numbers]
Records = Callable[[str], list[Row]]
STUDY = Path(__file__).resolve().parents[2] / "mapping_specs/hn2301"
VISITS = ("Day 14", "Day 28", "Month 2", "Month 3", "Month 6", "Month 9", "Month 12")
ANALYSIS = "m5/datasets/hn2301/analysis/adam/datasets"
# row of the registry's table: what shows it
REGISTERED = {
    "related_events": ("primary", "3 months"),
    "car_t": ("secondary", "Day -28 to Day 14"),
    "b_cells": ("secondary", "Day -28 to Month 12"),
    "mg_adl": ("secondary", "Day -28 to Month 12"),
    "mgc": ("secondary", "Day -28 to Month 12"),
    "qmg": ("secondary", "Day -28 to Month 12"),
    "mg_qol15r": ("secondary", "Day -28 to Month 12"),
    "disease_status": ("secondary", "Day -28 to Month 12"),
    "steroids": ("secondary", "Day -28 to Month 12"),
    "time_to_response": ("secondary", "Day 14 to Month 12"),
}


@pytest.fixture(scope="module")
def results(example: Example) -> dict[tuple[str, str], Result]:
    """Every result, by endpoint and name."""
    said = load_study(STUDY).endpoints
    assert said is not None
    names = [
        "ADSL",
        *(each.dataset for one in said.endpoints.values() for each in one.results.values()),
    ]
    built = read_built(example.folder, "HN2301", names, "ascii")
    made, findings = compute_endpoints(said, built, "endpoints.yaml")
    assert findings == ()
    return {(each.endpoint, each.name): each for each in made}


@pytest.fixture(scope="module")
def lines(results: Mapping[tuple[str, str], Result]) -> Lines:
    """The lines of a table of a result."""

    def find(endpoint: str, name: str, number: int = 0) -> Numbers:
        table = results[endpoint, name].tables[number]
        return {row.keys: row.numbers for row in table.rows}

    return find


@pytest.fixture(scope="module")
def records(example: Example) -> Records:
    """The records of an analysis dataset as another program reads them."""
    read: dict[str, list[Row]] = {}

    def find(name: str) -> list[Row]:
        if name not in read:
            path = example.folder / ANALYSIS / f"{name.lower()}.xpt"
            data, _ = pyreadstat.read_xport(str(path))
            read[name] = data.to_dict("records")
        return read[name]

    return find


def subjects(rows: Iterable[Row]) -> set[str]:
    return {row["USUBJID"] for row in rows}


def population(records: Records, **flags: str) -> set[str]:
    return subjects(row for row in records("ADSL") if all(row[k] == v for k, v in flags.items()))


def same(found: float, expected: float) -> None:
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def check_share(found: Mapping[str, float], yes: int, of: int) -> None:
    assert (found["subjects"], found["of"]) == (yes, of)
    same(found["percent"], 100 * yes / of)
    # the exact limits, where the tails of the binomial have 0.025 each
    low, high = found["lower"] / 100, found["upper"] / 100

    def tail(least: int, p: float) -> float:
        return math.fsum(
            math.comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(least, of + 1)
        )

    assert low == 0 if yes == 0 else tail(yes, low) == pytest.approx(0.025, abs=1e-9)
    assert high == 1 if yes == of else tail(yes + 1, high) == pytest.approx(0.975, abs=1e-9)


def check_summary(found: Mapping[str, float], values: list[float]) -> None:
    held = [value for value in values if not math.isnan(value)]
    assert found["n"] == len(held)
    same(found["mean"], statistics.fmean(held))
    same(found["sd"], statistics.stdev(held))
    same(found["median"], statistics.median(held))
    assert (found["least"], found["greatest"]) == (min(held), max(held))
    # the limits are as far on both sides as t says: t of 2.5% with n - 1 degrees of freedom
    half = (found["upper"] - found["lower"]) / 2
    same((found["upper"] + found["lower"]) / 2, found["mean"])
    if found["sd"]:
        assert half * math.sqrt(len(held)) / found["sd"] == pytest.approx(
            T[len(held) - 1], abs=5e-4
        )


# t(0.975) by degrees of freedom, as tables print it
T = {14: 2.1448, 15: 2.1314, 16: 2.1199, 17: 2.1098, 18: 2.1009, 19: 2.0930, 20: 2.0860, 21: 2.0796}


def test_every_registered_endpoint_is_analysed() -> None:
    said = load_study(STUDY).endpoints
    assert said is not None
    assert {
        name: (each.purpose, each.window) for name, each in said.endpoints.items()
    } == REGISTERED
    assert "Example data" in said.note


def test_related_adverse_events(lines: Lines, records: Records) -> None:
    safety = population(records, SAFFL="Y")
    related = [
        row for row in records("ADAE")
        if row["USUBJID"] in safety and row["TRTEMFL"] == "Y" and row["AREL"] == "RELATED"
        and row["ASTDY"] <= 90 and row["ANL01FL"] == "Y"
    ]  # fmt: skip
    worst: dict[str, float] = {}
    by_term: dict[tuple[str, str], float] = {}
    for row in related:
        subject, grade = row["USUBJID"], row["ATOXGRN"]
        worst[subject] = max(worst.get(subject, 0), grade)
        key = (row["AEDECOD"], subject)
        by_term[key] = max(by_term.get(key, 0), grade)
    found = lines("related_events", "worst_grade")
    check_share(found["Any",], len(worst), len(safety))
    for grade in range(1, 6):
        yes = sum(each == grade for each in worst.values())
        check_share(found[f"Grade {grade}",], yes, len(safety))
    terms = lines("related_events", "by_term")
    assert {term for term, _ in terms} == {"Any", *(term for term, _ in by_term)}
    for term in sorted({term for term, _ in by_term}):
        check_share(terms[term, "Any"], sum(key[0] == term for key in by_term), len(safety))
        for grade in range(1, 6):
            yes = sum(key[0] == term and each == grade for key, each in by_term.items())
            assert terms[term, f"Grade {grade}"]["subjects"] == yes


def chosen(records: Records, dataset: str, members: set[str], **values: Any) -> list[Row]:
    return [
        row for row in records(dataset)
        if row["USUBJID"] in members and all(row[name] == value for name, value in values.items())
    ]  # fmt: skip


def check_visits(found: Numbers, rows: list[Row], visits: Iterable[str], *lead: str) -> None:
    for visit in visits:
        for name in ("AVAL", "CHG"):
            values = [row[name] for row in rows if row["AVISIT"] == visit]
            if all(math.isnan(value) for value in values):
                assert (*lead, visit, name) not in found
            else:
                check_summary(found[*lead, visit, name], values)


def test_car_t_cells(lines: Lines, records: Records) -> None:
    members = population(records, KINFL="Y")
    rows = chosen(records, "ADLB", members, PARAMCD="TLSTLY", ANL01FL="Y")
    days = ("Baseline", "Day 3", "Day 5", "Day 7", "Day 10", "Day 14")
    found = lines("car_t", "by_visit")
    assert {visit for visit, _ in found} == set(days)  # not beyond Day 14
    check_visits(found, rows, days)
    peaks = lines("car_t", "peak")
    post = [
        row for row in chosen(records, "ADLB", members, PARAMCD="TLSTLY")
        if row["ABLFL"] != "Y" and row["AVISITN"] <= 14
    ]  # fmt: skip
    highest: dict[str, float] = {}
    for row in post:
        highest[row["USUBJID"]] = max(highest.get(row["USUBJID"], 0), row["AVAL"])
    check_summary(peaks["Peak (% of T cells)",], list(highest.values()))
    for code, text in (("CARTMAX1", "first"), ("CARTMAX2", "last")):
        values = [row["AVAL"] for row in chosen(records, "ADLB", members, PARAMCD=code)]
        check_summary(peaks[f"Days from {text} infusion",], values)


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("count_ratio", "BLYCE", "Count (per uL)"),
        ("count_ratio", "BLYCELY", "Ratio (% of lymphocytes)"),
        ("subsets", "BLYNBLY", "Naive (% of B cells)"),
        ("subsets", "BLYMBLY", "Memory (% of B cells)"),
    ],
)
def test_b_cells(lines: Lines, records: Records, name: str, code: str, text: str) -> None:
    members = population(records, FASFL="Y")
    rows = chosen(records, "ADLB", members, PARAMCD=code, ANL01FL="Y")
    check_visits(lines("b_cells", name), rows, ("Baseline", *VISITS), text)


def test_depletion_and_recovery(lines: Lines, records: Records) -> None:
    members = population(records, FASFL="Y")
    rows = chosen(records, "ADLB", members, PARAMCD="BLYCE")
    for name, flag in (("depletion", "CRIT1FL"), ("recovery", "CRIT2FL")):
        check_share(
            lines("b_cells", name)[()],
            len(subjects(row for row in rows if row[flag] == "Y")),
            len(members),
        )


@pytest.mark.parametrize(
    ("endpoint", "total", "needed"),
    [("mg_adl", "MGADLT", 2), ("mgc", "MGCT", 3), ("qmg", "QMGT", 3), ("mg_qol15r", "MGQOLT", 0)],
)
def test_scores(lines: Lines, records: Records, endpoint: str, total: str, needed: int) -> None:
    members = population(records, FASFL="Y")
    rows = chosen(records, "ADQS", members, PARAMCD=total, ANL01FL="Y")
    check_visits(lines(endpoint, "change"), rows, ("Baseline", *VISITS))
    if not needed:
        return
    changed = {
        (row["USUBJID"], row["AVISIT"]): row["CHG"] for row in rows if not math.isnan(row["CHG"])
    }
    found = lines(endpoint, "response_visit")
    for visit in VISITS:
        at = [change for (_, each), change in changed.items() if each == visit]
        check_share(found["Observed", visit], sum(each <= -needed for each in at), len(at))
        counted = found["Missing = no", visit]
        assert counted["subjects"] == sum(each <= -needed for each in at)
        # all of the full analysis set but those whose visit was not due at the data cut
        assert len(at) <= counted["of"] <= len(members)
    post = [
        row for row in chosen(records, "ADQS", members, PARAMCD=total, DTYPE="")
        if not math.isnan(row["CHG"])
    ]  # fmt: skip
    ever = subjects(row for row in post if row["CHG"] <= -needed)
    overall = lines(endpoint, "response_overall")
    check_share(overall["Ever, observed",], len(ever), len(subjects(post)))
    check_share(overall["Ever, missing = no",], len(ever), len(members))
    same(overall["Sustained, missing = no",]["of"], len(members))


def test_the_state_of_the_disease(lines: Lines, records: Records) -> None:
    members = population(records, FASFL="Y")
    at_visit = chosen(records, "ADRS", members, ANL01FL="Y")
    for code, text in (
        ("MGWORSE", "Symptom worsening"), ("MGMINMAN", "Minimal manifestations"), ("MGRELAPS", "Relapse"),
    ):  # fmt: skip
        for visit in VISITS:
            answers = [
                row["AVALC"] for row in at_visit
                if row["PARAMCD"] == code and row["AVISIT"] == visit and row["AVALC"]
            ]  # fmt: skip
            found = lines("disease_status", "by_visit").get((text, visit))
            if found is None:
                assert not answers
            else:
                check_share(found, answers.count("Y"), len(answers))
    for name, code in (("worsening", "NOWORSE"), ("minimal_manifestations", "MINMAN")):
        answers = [row["AVALC"] for row in chosen(records, "ADRS", members, PARAMCD=code)]
        yes, said = answers.count("Y"), sum(map(bool, answers))
        found_ = lines("disease_status", name)
        check_share(found_["Every visit assessed", "left out"], yes, said)
        check_share(found_["Every visit assessed", "no"], yes, len(members))
    relapses = [row["AVALC"] for row in chosen(records, "ADRS", members, PARAMCD="NORELAPO")]
    found_ = lines("disease_status", "relapse")
    check_share(found_["Observed",], relapses.count("Y"), len(relapses))


def test_steroids(lines: Lines, records: Records) -> None:
    members = population(records, FASFL="Y", BSTERFL="Y")
    rows = chosen(records, "ADCM", members, PARAMCD="STERDD", ANL01FL="Y")
    check_visits(lines("steroids", "dose"), rows, ("Baseline", *VISITS))
    found = lines("steroids", "reduced_visit")
    for visit in VISITS:
        changes = [row["CHG"] for row in rows if row["AVISIT"] == visit]
        check_share(found[visit,], sum(change < 0 for change in changes), len(changes))
    ever = lines("steroids", "reduced_overall")["Ever", "no"]
    reduced = subjects(
        row for row in chosen(records, "ADCM", members, PARAMCD="STERDD")
        if row["CHG"] < 0 and row["AVISIT"]
    )  # fmt: skip
    assert ever["of"] == len(members)
    assert ever["subjects"] >= len(reduced)  # unscheduled visits count too


def test_time_to_the_reduction(lines: Lines, records: Records) -> None:
    members = population(records, FASFL="Y")
    rows = chosen(records, "ADTTE", members, PARAMCD="TTMGADL")
    assert len(rows) == len(members)
    without, median, lower, upper, spread = 1.0, math.nan, math.nan, math.nan, 0.0
    for time in sorted({row["AVAL"] for row in rows if row["CNSR"] == 0}):
        risk = sum(row["AVAL"] >= time for row in rows)
        ended = sum(row["AVAL"] == time and row["CNSR"] == 0 for row in rows)
        without *= 1 - ended / risk
        spread += ended / (risk * (risk - ended))
        error = 1.959963984540054 * math.sqrt(spread) / math.log(without)
        if without <= 0.5 and math.isnan(median):
            median = time
        if without ** math.exp(-error) <= 0.5 and math.isnan(lower):
            lower = time
        if without ** math.exp(error) <= 0.5 and math.isnan(upper):
            upper = time
    found = lines("time_to_response", "kaplan_meier")[()]
    assert found["events"] == sum(row["CNSR"] == 0 for row in rows)
    assert found["subjects"] == len(members)
    same(found["median"], median)
    same(found["lower"], lower)
    same(found["upper"], upper)
    reasons = lines("time_to_response", "kaplan_meier", 2)
    assert sum(each["subjects"] for each in reasons.values()) == len(members)
    for (mark, event, why), numbers in reasons.items():
        assert numbers["subjects"] == sum(
            row["CNSR"] == float(mark) and (row["EVNTDESC"], row["CNSDTDSC"]) == (event, why)
            for row in rows
        )


def test_define_xml_has_every_result(
    example: Example, results: Mapping[tuple[str, str], Result]
) -> None:
    xml = (example.folder / ANALYSIS / "define.xml").read_text(encoding="utf-8")
    for endpoint, name in results:
        assert xml.count(f'<arm:AnalysisResult OID="AR.{endpoint}.{name}"') == 1
    assert xml.count("<arm:AnalysisResult ") == len(results)
    assert xml.count("PRIMARY OUTCOME MEASURE") == 2
