"""The golden study's values computed a second time, in plain Python over the same CSV text.

Nothing of the package is used here but its output, read by another library. Every value of every
dataset is compared, so that the expected texts are more than what the code said once.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyreadstat
import pytest

SOURCE = Path(__file__).parent / "tiny2" / "source"
Row = dict[str, str]


def rows(
    name: str, encoding: str = "windows-1252", delimiter: str = ";", skip: int = 0
) -> list[Row]:
    """The records of a form."""
    lines = (SOURCE / name).read_text(encoding=encoding).splitlines()[skip:]
    return list(csv.DictReader(lines, delimiter=delimiter))


def subject(row: Row) -> str:
    return f"TINY2-{row['Zentrum']}-{int(row['Pat_Nr']):03d}"


def iso(text: str) -> str:
    """dd.MM.yyyy, MM.yyyy or yyyy in ISO 8601 order."""
    return "-".join(reversed(text.split(".")))


def day(moment: str, first: str) -> float | None:
    """The study day, where both dates are complete."""
    if len(moment) < 10 or len(first) < 10:
        return None
    days = (date.fromisoformat(moment[:10]) - date.fromisoformat(first[:10])).days
    return float(days + 1 if days >= 0 else days)


def to_places(value: Decimal, places: str) -> float:
    return float(value.quantize(Decimal(places), ROUND_HALF_UP))


PATIENTS = {subject(row): row for row in rows("patienten.csv")}
LIST = {
    f"TINY2-{row['Patient'].replace('/', '-')}": row
    for row in rows("randomisation.tsv", "utf-8", "\t", skip=3)
}
DOSES = [(subject(row), row) for row in rows("dosierung.csv") if row["Ausgegeben"] == "J"]
ENDS = {subject(row): row for row in rows("abschluss.csv")}
FIRST = {
    who: min(
        iso(row["Beginn"]) + (f"T{row['Zeit']}" if row["Zeit"] else "")
        for each, row in DOSES
        if each == who
    )
    for who in {who for who, _ in DOSES}
}
VISITS = {"V1": (1, "SCREENING", -14), "V2": (2, "BASELINE", 1), "V3": (3, "WEEK 4", 29),
          "V4": (4, "WEEK 8", 57)}  # fmt: skip
ARMS = {"A": ("COR10", "Cortenide 10 mg"), "B": ("PBO", "Placebo")}


def written(package: Path, name: str, columns: str) -> list[tuple[Any, ...]]:
    """The records of a written dataset: these variables, blank and missing as None."""
    frame, _ = pyreadstat.read_xport(str(package / f"{name}.xpt"))

    def plain(value: Any) -> Any:
        if isinstance(value, float) and math.isnan(value):
            return None
        return value or None if isinstance(value, str) else value

    chosen = frame[columns.split()]
    return [tuple(map(plain, row)) for row in chosen.itertuples(index=False, name=None)]


def same(made: list[tuple[Any, ...]], wanted: Iterator[tuple[Any, ...]]) -> None:
    """The same records, each as often; a blank stands for None."""
    blanked = Counter(tuple(None if cell == "" else cell for cell in row) for row in wanted)
    assert Counter(made) == blanked


def test_dm(package: Path) -> None:
    sex = {"W": "F", "M": "M"}
    race = {"1": "WHITE", "2": "ASIAN", "3": "BLACK OR AFRICAN AMERICAN"}
    ethnic = {"1": "HISPANIC OR LATINO", "2": "NOT HISPANIC OR LATINO", "9": "NOT REPORTED"}

    def wanted() -> Iterator[tuple[Any, ...]]:
        for who, row in PATIENTS.items():
            born, consent = iso(row["Geburt"]), iso(row["Einwilligung"])
            age = row["Alter"] and float(row["Alter"])
            if not age:  # the month is known and is not that of consent
                years, months = (
                    int(c) - int(b)
                    for b, c in zip(born.split("-"), consent.split("-"), strict=False)
                )
                age = float(years - (months < 0))
            code, name = ARMS[LIST[who]["Arm"]] if who in LIST else ("", "")
            treated = who in FIRST
            reason = "" if treated else "ASSIGNED, NOT TREATED" if code else "SCREEN FAILURE"
            number = f"{row['Zentrum']}-00{row['Pat_Nr']}"
            country = {"101": "AUT", "202": "CHE"}[row["Zentrum"]]
            yield (who, number, row["Zentrum"], FIRST.get(who, ""), FIRST.get(who, ""),
                   iso(ENDS[who]["Datum"]) if treated else "", consent, born, age, "YEARS",
                   sex[row["Geschlecht"]], race[row["Herkunft"]], ethnic[row["Ethnie"]], code, name,
                   code if treated else "", name if treated else "", reason, country)  # fmt: skip

    columns = "USUBJID SUBJID SITEID RFSTDTC RFXSTDTC RFENDTC RFICDTC BRTHDTC AGE AGEU SEX RACE ETHNIC " \
              "ARMCD ARM ACTARMCD ACTARM ARMNRS COUNTRY"  # fmt: skip
    same(written(package, "dm", columns), wanted())


def test_dm_last_dates(package: Path) -> None:
    """The last dose (partly unknown for one), and the last date of any kind."""
    made = {row[0]: row[1:] for row in written(package, "dm", "USUBJID RFXENDTC RFPENDTC")}
    for who in PATIENTS:
        last = max((iso(row["Ende"]) for each, row in DOSES if each == who), default=None)
        dates = [iso(ENDS[who]["Datum"])]
        if who in LIST:
            dates.append(LIST[who]["Randomised"].replace(" ", "T"))
        dates += [iso(row["Datum"]) for row in rows("vitalwerte.csv") if subject(row) == who]
        assert made[who] == (last, max(dates))


def test_suppdm(package: Path) -> None:
    in_order = sorted(LIST, key=lambda who: LIST[who]["Randomised"])
    site = Counter(row["Zentrum"] for row in PATIENTS.values())

    def wanted() -> Iterator[tuple[Any, ...]]:
        for who, row in PATIENTS.items():
            if who in LIST:
                yield who, "RANDNO", LIST[who]["Number"], "Assigned"
                yield who, "RANDORD", str(in_order.index(who) + 1), "Derived"
            yield who, "SITESIZE", str(site[row["Zentrum"]]), "Derived"

    same(written(package, "suppdm", "USUBJID QNAM QVAL QORIG"), wanted())
    assert set(written(package, "suppdm", "RDOMAIN IDVAR IDVARVAL QEVAL")) == {
        ("DM", None, None, None)
    }


def test_ex(package: Path) -> None:
    def wanted() -> Iterator[tuple[Any, ...]]:
        for who in FIRST:
            taken = [row for each, row in DOSES if each == who]
            for number, row in enumerate(sorted(taken, key=lambda row: iso(row["Beginn"])), 1):
                placebo = LIST[who]["Arm"] == "B"
                start = iso(row["Beginn"]) + (f"T{row['Zeit']}" if row["Zeit"] else "")
                yield (who, float(number), row["Kit"], "PLACEBO" if placebo else "CORTENIDE",
                       0.0 if placebo else float(row["Dosis"]), "mg", "TABLET", "QD", "ORAL", start,
                       iso(row["Ende"]), day(start, FIRST[who]), day(iso(row["Ende"]), FIRST[who]))  # fmt: skip

    columns = "USUBJID EXSEQ EXREFID EXTRT EXDOSE EXDOSU EXDOSFRM EXDOSFRQ EXROUTE EXSTDTC EXENDTC " \
              "EXSTDY EXENDY"  # fmt: skip
    same(written(package, "ex", columns), wanted())


def test_ds(package: Path) -> None:
    status = {"A": "COMPLETED", "S": "SCREEN FAILURE", "W": "WITHDRAWAL BY SUBJECT"}
    reason = {
        "Blutdruck zu niedrig": "BLOOD PRESSURE TOO LOW",
        "Umzug nach Übersee": "MOVED OVERSEAS",
        "Rücknahme der Einwilligung": "WITHDREW CONSENT",
    }

    def wanted() -> Iterator[tuple[Any, ...]]:
        for who, row in PATIENTS.items():
            consent, given = "INFORMED CONSENT OBTAINED", iso(row["Einwilligung"])
            events = [(given, consent, consent, "PROTOCOL MILESTONE")]
            if who in LIST:
                when = LIST[who]["Randomised"].replace(" ", "T")
                events.append((when, "RANDOMIZED", "RANDOMIZED", "PROTOCOL MILESTONE"))
            end = ENDS[who]
            code = status[end["Status"]]
            term = reason[end["Grund"]] if end["Grund"] else code
            events.append((iso(end["Datum"]), code, term, "DISPOSITION EVENT"))
            for number, (when, decoded, term, category) in enumerate(sorted(events), 1):
                yield (
                    who,
                    float(number),
                    term,
                    decoded,
                    category,
                    when,
                    day(when, FIRST.get(who, "")),
                )

    same(written(package, "ds", "USUBJID DSSEQ DSTERM DSDECOD DSCAT DSSTDTC DSSTDY"), wanted())


def test_xc(package: Path) -> None:
    def wanted() -> Iterator[tuple[Any, ...]]:
        for row in rows("contacts.txt", "utf-8", "|"):
            if row["SUBJECT"] in PATIENTS:
                kind = {"Phone": "PHONE CALL", "Letter": "LETTER"}[row["KIND"]]
                yield (row["SUBJECT"], row["TOPIC"], kind, row["BY"], row["DATE"],
                       day(row["DATE"], FIRST.get(row["SUBJECT"], "")))  # fmt: skip

    same(written(package, "xc", "USUBJID XCTERM XCCAT XCPARTY XCSTDTC XCSTDY"), wanted())


UNITS = {"°C": "C", "°F": "F", "lb": "LB", "kg": "kg", "cm": "cm", "in": "in"}
TESTS = {
    "SYSBP": ("Sys", "mmHg"), "DIABP": ("Dia", "mmHg"), "PULSE": ("Puls", "beats/min"),
    "TEMP": ("Temp", "Temp_Einheit"), "WEIGHT": ("Gewicht", "Gew_Einheit"),
}  # fmt: skip
Result = dict[str, Any]


def standard(value: str, unit: str) -> tuple[float, str]:
    """A result in the standard unit, to one decimal where it was converted or may have decimals."""
    number = Decimal(value)
    match unit:
        case "F":
            return to_places((number - 32) / Decimal("1.8"), "0.1"), "C"
        case "LB":
            return to_places(number * Decimal("0.45359237"), "0.1"), "kg"
        case "in":
            return to_places(number * Decimal("2.54"), "0.1"), "cm"
    return float(number), unit


def collected() -> Iterator[Result]:
    """Every result on the forms that is not blank, the later of two of one planned visit."""
    kept: dict[tuple[str, str, str], Result] = {}
    for row in rows("vitalwerte.csv"):
        who = subject(row)
        moment = iso(row["Datum"]) + (f"T{row['Uhrzeit']}" if row["Uhrzeit"] else "")
        for test, (column, unit) in TESTS.items():
            if row[column]:
                made = result(who, test, row["Visite"], moment, row[column], row.get(unit, unit))
                if test in ("SYSBP", "DIABP", "PULSE"):
                    made["pos"] = {"S": "SITTING", "L": "SUPINE"}[row["Lage"]]
                key = (who, test, row["Visite"])
                if key not in kept or kept[key]["moment"] < moment:
                    kept[key] = made
    for who, row in PATIENTS.items():
        if row["Größe"]:
            moment = iso(row["Einwilligung"])
            kept[who, "HEIGHT", "V1"] = result(
                who, "HEIGHT", "V1", moment, row["Größe"], row["Größe_Einheit"]
            )
    yield from kept.values()


def result(who: str, test: str, visit: str, moment: str, value: str, unit: str) -> Result:
    done = value != "n.d."
    value, unit = (value.replace(",", "."), UNITS.get(unit, unit)) if done else ("", "")
    number, standard_unit = standard(value, unit) if done else (None, "")
    return {"who": who, "test": test, "visit": visit, "moment": moment, "value": value, "unit": unit,
            "number": number, "standard": standard_unit, "pos": "", "derived": ""}  # fmt: skip


def surface(results: list[Result]) -> Iterator[Result]:
    """Body surface area beside each weight of a subject whose height is known."""
    height = {each["who"]: each["number"] for each in results if each["test"] == "HEIGHT"}
    for each in results:
        if each["test"] == "WEIGHT" and each["who"] in height:
            area = 0.007184 * math.pow(each["number"], 0.425) * math.pow(height[each["who"]], 0.725)
            yield each | {"test": "BSA", "value": "", "unit": "", "number": round(area, 2),
                          "standard": "m2", "derived": "Y"}  # fmt: skip


@pytest.fixture(scope="module")
def vital_signs() -> list[Result]:
    """All results with their visits; missed visits of treated subjects; the last before dosing."""
    results = list(collected())
    results += list(surface(results))
    for each in results:
        each["VISITNUM"], each["VISIT"], each["VISITDY"] = visit_of(each, results)
    for who in FIRST:
        seen = {each["VISITNUM"] for each in results if each["who"] == who}
        for number, name, planned in VISITS.values():
            due = date.fromisoformat(FIRST[who][:10]).toordinal() + planned - 1
            if (
                number not in seen
                and due <= date.fromisoformat(iso(ENDS[who]["Datum"])).toordinal()
            ):
                missed = result(who, "VSALL", "", "", "n.d.", "")
                results.append(missed | {"VISITNUM": number, "VISIT": name, "VISITDY": planned})
    for each in results:
        before = [
            r["moment"] for r in results if is_before(r, each["who"]) and r["test"] == each["test"]
        ]
        each["last"] = "Y" if is_before(each, each["who"]) and each["moment"] == max(before) else ""
    return results


def visit_of(each: Result, results: list[Result]) -> tuple[float, str, int | None]:
    if each["visit"] != "U":
        return VISITS[each["visit"]]
    before = [
        VISITS[r["visit"]][0]
        for r in results
        if r["who"] == each["who"] and r["visit"] != "U" and r["moment"] < each["moment"]
    ]
    return max(before) + 0.1, f"UNSCHEDULED {max(before)}.1", None


def is_before(each: Result, who: str) -> bool:
    """A result there is, surely before the first dose: on its day only where both have a time."""
    first, moment = FIRST.get(who, ""), each["moment"]
    if each["who"] != who or each["number"] is None or not first:
        return False
    if moment[:10] != first[:10]:
        return moment[:10] < first[:10]
    both = len(moment) > 10 and len(first) > 10
    return both and datetime.fromisoformat(moment) < datetime.fromisoformat(first)


def test_vs(package: Path, vital_signs: list[Result]) -> None:
    def wanted() -> Iterator[tuple[Any, ...]]:
        for each in vital_signs:
            yield (each["who"], each["test"], each["pos"], each["value"], each["unit"], each["number"],
                   each["standard"], "" if each["number"] is not None else "NOT DONE", each["last"],
                   each["derived"], float(each["VISITNUM"]), each["VISIT"], each["VISITDY"],
                   each["moment"], day(each["moment"], FIRST.get(each["who"], "")))  # fmt: skip

    columns = "USUBJID VSTESTCD VSPOS VSORRES VSORRESU VSSTRESN VSSTRESU VSSTAT VSLOBXFL VSDRVFL " \
              "VISITNUM VISIT VISITDY VSDTC VSDY"  # fmt: skip
    same(written(package, "vs", columns), wanted())


def test_vs_standard_text_is_its_number(package: Path) -> None:
    for text, number in written(package, "vs", "VSSTRESC VSSTRESN"):
        assert (text is None) == (number is None)
        assert text is None or float(text) == number


@pytest.mark.parametrize("name", ["ds", "ex", "vs", "xc"])
def test_sequence_counts_within_a_subject(package: Path, name: str) -> None:
    numbers: dict[str, list[float]] = {}
    for who, number in written(package, name, f"USUBJID {name.upper()}SEQ"):
        numbers.setdefault(who, []).append(number)
    for each in numbers.values():
        assert sorted(each) == [float(count + 1) for count in range(len(each))]


def test_what_the_study_was_made_to_show(package: Path, vital_signs: list[Result]) -> None:
    """The special cases are there: else the comparison above would say little."""
    tests = Counter(each["test"] for each in vital_signs)
    assert tests["VSALL"] == 1  # one due visit was missed; another was planned after withdrawal
    assert {each["unit"] for each in vital_signs} >= {"LB", "F", "in"}
    assert sum(each["visit"] == "U" for each in vital_signs) == 3
    assert sum(each["number"] is None for each in vital_signs) == 3  # two not done, one visit
    reasons = {row[0] for row in written(package, "dm", "ARMNRS")}
    assert reasons == {None, "SCREEN FAILURE", "ASSIGNED, NOT TREATED"}
