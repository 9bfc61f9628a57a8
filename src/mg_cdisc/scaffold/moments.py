"""How the dates of a form are written: told where the data leave no doubt, never guessed.

Whether a day or a month stands first in ``03/04/2025`` is not in the data. Such a column is asked
about, even where other values of it could be read in one way only: a typing error reads so too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mg_cdisc.scaffold.material import Material
from mg_cdisc.sources import FormField

_ISO: Final = "yyyy-MM-dd"
_CLOCKS: Final = (
    (r"", ""),
    (r"T\d\d:\d\d", "'T'HH:mm"),
    (r"T\d\d:\d\d:\d\d", "'T'HH:mm:ss"),
    (r" \d\d:\d\d", " HH:mm"),
    (r" \d\d:\d\d:\d\d", " HH:mm:ss"),
)
_UNKNOWN: Final = r"(?:UN|UNK|XX|\?\?|--)"
_DATES: Final = (
    (r"\d{4}-\d\d-\d\d", _ISO),
    (r"\d{4}/\d\d/\d\d", "yyyy/MM/dd"),
    (r"\d{4}\.\d\d\.\d\d", "yyyy.MM.dd"),
    (rf"(?:\d\d|{_UNKNOWN})-[A-Za-z]{{3}}-\d{{4}}", "dd-MMM-yyyy"),
    (rf"(?:\d\d|{_UNKNOWN}) [A-Za-z]{{3}} \d{{4}}", "dd MMM yyyy"),
    (rf"(?:\d\d|{_UNKNOWN})/[A-Za-z]{{3}}/\d{{4}}", "dd/MMM/yyyy"),
    (rf"(?:\d\d|{_UNKNOWN})[A-Za-z]{{3}}\d{{4}}", "ddMMMyyyy"),
    (r"\d-[A-Za-z]{3}-\d{4}", "d-MMM-yyyy"),
    (r"\d [A-Za-z]{3} \d{4}", "d MMM yyyy"),
)
_FULL: Final = tuple(
    (re.compile(date + clock), form + end) for date, form in _DATES for clock, end in _CLOCKS
)
_ORDER: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T].*)?")
_SHORT_YEAR: Final = re.compile(r"\d{1,2}([/.-])(?:\d{1,2}|[A-Za-z]{3})\1\d{2}")
# a month of a year, of which the full format is plain
_MONTHS: Final = (
    (re.compile(r"\d{4}-\d\d"), _ISO),
    (re.compile(r"[A-Za-z]{3}-\d{4}"), "dd-MMM-yyyy"),
    (re.compile(r"[A-Za-z]{3} \d{4}"), "dd MMM yyyy"),
)
# a date of which less is known; it does not tell a format, and does not speak against one
_PARTIAL: Final = re.compile(
    r"\d{4}(?:-\d\d)?|[A-Za-z]{3}[-/ ]?\d{4}|\d\d[/.-]\d{4}|UN|UNK|UNKNOWN|NK|-", re.IGNORECASE
)
# the day's number of d-MMM also reads two digits
_COVERS: Final = {"d-MMM-yyyy": "dd-MMM-yyyy", "d MMM yyyy": "dd MMM yyyy"}

_SAMPLE: Final = 500
"""As many values tell whether a column is one of dates at all."""

# what ODM and REDCap call a date that they themselves write in ISO 8601
_TYPED: Final = {
    "date": (_ISO,),
    "partialDate": (_ISO,),
    "incompleteDate": (_ISO,),
    "datetime": (f"{_ISO}'T'HH:mm:ss", f"{_ISO}'T'HH:mm", _ISO),
    "partialDatetime": (f"{_ISO}'T'HH:mm:ss", f"{_ISO}'T'HH:mm", _ISO),
    "incompleteDatetime": (f"{_ISO}'T'HH:mm:ss", f"{_ISO}'T'HH:mm", _ISO),
}
_REDCAP: Final = (("datetime_seconds_", f"{_ISO} HH:mm:ss"), ("datetime_", f"{_ISO} HH:mm"),
                  ("date_", _ISO))  # fmt: skip


@dataclass(frozen=True)
class Dates:
    """A form's date formats, its columns that hold dates, and what has to be asked of the others.

    ``latest`` is the last full date in ISO 8601, blank where there is none.
    """

    formats: tuple[str, ...]
    columns: tuple[str, ...]
    asked: tuple[str, ...]
    latest: str = ""


def dates_of(material: Material) -> Dates:
    """The date formats of a form: by its own metadata, else by the shape of its values."""
    formats: dict[str, None] = {}
    columns: list[str] = []
    asked: list[str] = []
    latest = ""
    for field in material.fields:
        values = material.values(field.name)
        typed = _typed(field)
        if not typed and not _mostly_dates(values[:_SAMPLE]):
            continue
        found, doubt, last = _read(values)
        if not found and not doubt and not typed:
            continue
        if not typed and not _mostly_dates(values):
            continue
        columns.append(field.name)
        latest = max(latest, last)
        if doubt:
            asked.append(f"{field.name}: {doubt}")
        formats |= dict.fromkeys(found or (() if doubt else typed))
    wide = {_COVERS[each] for each in formats if each in _COVERS}
    kept = [each for each in formats if each not in wide]
    kept.sort(key=lambda each: -len(each))  # the time of day first, as the fuller format
    return Dates(tuple(kept), tuple(columns), tuple(asked), latest)


def _typed(field: FormField) -> tuple[str, ...]:
    if field.data_type in _TYPED:
        return _TYPED[field.data_type]
    for begin, form in _REDCAP:
        if field.data_type.startswith(begin):
            return (form,)
    return ()


def _mostly_dates(values: Sequence[str]) -> bool:
    dated = sum(1 for each in values if _is_date(each.strip()))
    return dated * 10 >= len(values) * 9


def _is_date(text: str) -> bool:
    shapes = (_ORDER, _SHORT_YEAR, _PARTIAL, *(shape for shape, _ in _FULL))
    return any(shape.fullmatch(text) for shape in shapes)


def _read(values: Sequence[str]) -> tuple[list[str], str, str]:
    """The formats that values are surely written in, what is doubtful, and the latest date."""
    found: dict[str, None] = {}
    orders: list[tuple[str, int, int]] = []
    short = ""
    latest = ""
    months: dict[str, None] = {}
    for each in values:
        text = each.strip()
        months |= {form: None for shape, form in _MONTHS if shape.fullmatch(text)}
        form = next((form for shape, form in _FULL if shape.fullmatch(text)), "")
        if form:
            found.setdefault(form)
            if form.startswith(_ISO):
                latest = max(latest, text[:10])
        elif match := _ORDER.fullmatch(text):
            orders.append((match[2], int(match[1]), int(match[3])))
        elif _SHORT_YEAR.fullmatch(text):
            short = short or text
    if found:  # a month alone is no proof of a date
        found |= months
    return list(found), _doubt(orders, short), latest


def _doubt(orders: Sequence[tuple[str, int, int]], short: str) -> str:
    if orders:
        sign = orders[0][0]
        day_first = sum(1 for _, one, two in orders if one > 12 >= two)
        month_first = sum(1 for _, one, two in orders if two > 12 >= one)
        forms = f"dd{sign}MM{sign}yyyy or MM{sign}dd{sign}yyyy"
        counts = f"{day_first} of {len(orders)} values read only in the first, {month_first} only in the second"
        return f"{forms}? ({counts})"
    return f"years of two digits, as in {short}: which century?" if short else ""
