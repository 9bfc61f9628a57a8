"""Ways to say which row is meant, what is changed in it, and what it must become."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from chance import MONTHS
from measures import Cells
from plants import Must
from subject import Subject
from told import TEXTS, VISITS

MONTH_NUMBERS = {name.upper(): f"{number:02}" for number, name in enumerate(MONTHS, 1)}
NUMBERS = {visit.label.casefold(): str(number) for number, visit in enumerate(VISITS, 1)}
Becomes = Callable[[Cells, Subject], Must]

# ---------------------------------------------------------------- ways to say it


def at(**cells: str) -> Callable[[Cells], bool]:
    """Rows with these cells, whatever their case and blanks."""
    wanted = {name: text.casefold() for name, text in cells.items()}
    return lambda row: all(folded(row, name) == text for name, text in wanted.items())


def folded(row: Cells, name: str) -> str:
    return str(row.get(name, "")).strip().casefold()


def holding(column: str, test: Callable[[str], bool]) -> Callable[[Cells], bool]:
    """Rows whose cell of that column passes a test."""
    return lambda row: test(str(row[column] or ""))


def puts(**cells: str) -> Callable[[Cells], None]:
    return lambda row: row.update(cells)


def adds(column: str, points: int) -> Callable[[Cells], None]:
    return lambda row: row.update({column: str(int(str(row[column])) + points)})


def finding(kind: str) -> Becomes:
    return lambda row, subject: {"finding": kind}


def cells_of(subject: Subject, dataset: str, where: Cells, are: Cells) -> Must:
    named = {"USUBJID": f"HN2301-{subject.label}", **where}
    return {"dataset": dataset, "where": named, "are": are}


def number_of(row: Cells) -> str:
    return NUMBERS[folded(row, "VISIT")]


def day_first_iso(row: Cells) -> str:
    return "-".join(reversed(str(row["START_DATE"]).split("/")))


def english(text: Any) -> str:
    return TEXTS.get(str(text), str(text))


def iso_of(text: Any) -> str:
    """05-MAR-2025, UN-MAR-2025, UN-UNK-2025, UNK, 2025 or 2025-03 as ISO 8601, as far as known."""
    parts = str(text).upper().split("-")
    if len(parts) != 3:
        return "" if text == "UNK" else str(text)
    day, month, year = parts
    known = [year, MONTH_NUMBERS.get(month, ""), day if day.isdigit() else ""]
    return "-".join(known[: known.index("")] if "" in known else known)


def score(test: str, item: str, **are: str) -> Becomes:
    """A record of QS, on the visit of the row; {} stands for the cell of the item."""

    def becomes(row: Cells, subject: Subject) -> Must:
        where: Cells = {"QSTESTCD": test, "VISITNUM": number_of(row)}
        told: Cells = {name: text.format(row[item]) for name, text in are.items()}
        return {"values": [cells_of(subject, "QS", where, told)]}

    return becomes


def lab(dataset: str = "LB", **are: str) -> Becomes:
    """A record of LB, on the visit and analyte of the row; {RESULT} stands for that cell."""
    codes = {"LYMPH": "LYM", "PLT": "PLAT"}

    def becomes(row: Cells, subject: Subject) -> Must:
        analyte = str(row["ANALYTE"])
        where: Cells = {"LBTESTCD": codes.get(analyte, analyte), "VISITNUM": number_of(row)}
        told: Cells = {name: text.format(**row) for name, text in are.items()}
        return {"values": [cells_of(subject, dataset, where, told)]}

    return becomes


def record(dataset: str, key: str, cell: str, **are: Any) -> Becomes:
    """A record of a log form, by its number; what it is, is a text or made from the row."""

    def becomes(row: Cells, subject: Subject) -> Must:
        told = {name: (made(row) if callable(made) else made) for name, made in are.items()}
        return {"values": [cells_of(subject, dataset, {key: row[cell]}, told)]}

    return becomes


def diagnosis(variable: str, column: str) -> Becomes:
    """A variable of the primary diagnosis, in English."""

    def becomes(row: Cells, subject: Subject) -> Must:
        where: Cells = {"MHCAT": "PRIMARY DIAGNOSIS"}
        are: Cells = {variable: english(row[column])}
        return {"values": [cells_of(subject, "MH", where, are)]}

    return becomes


def both(*parts: Becomes) -> Becomes:
    def becomes(row: Cells, subject: Subject) -> Must:
        merged: Must = {}
        for part in parts:
            merged |= part(row, subject)
        return merged

    return becomes


def long_text(dataset: str, variable: str, column: str, where: dict[str, str]) -> Becomes:
    """The whole English text is there, in the variable and its continuations."""

    def becomes(row: Cells, subject: Subject) -> Must:
        named: Cells = {"USUBJID": f"HN2301-{subject.label}"}
        named |= {key: str(row[cell]) for key, cell in where.items()}
        text = english(row[column])
        told = {"dataset": dataset, "where": named, "variable": variable, "text": text}
        return {"long_text": told}

    return becomes


def later(row: Cells, column: str, days: int) -> None:
    row[column] = (date.fromisoformat(str(row[column])) + timedelta(days=days)).isoformat()
