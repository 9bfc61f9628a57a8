"""Words of SAS and R that are none here, and what is written in their place.

Whoever comes from there writes them by habit: a message then names the way of this language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_CLOCK: Final = "There is no clock here: data_cut() is the day of the study's data cut."
_DAYS: Final = "Subtract dates for days (ADT - STARTDT); months(FROM, TO) and age(FROM, TO) count."
_BEFORE: Final = (
    "Take it from the record before with a clause: {before: this, take: last, value: ...}."
)
_TOLD: Final[Mapping[str, str]] = {
    "put putn putc as_character format": "Use text(X) for a number, iso(X) for a date, map: or decode: for a format.",
    "input inputn inputc as_numeric": "Use number(X) for a number, date(iso(X)) for a date.",
    "catx cats catt cat paste paste0 str_c": "Use concat(A, ' ', B): a blank adds nothing.",
    "listagg group_concat string_agg str_flatten": "Use the aggregate list(X), with by: or in a clause.",
    "scan str_split": "Use word(X, ' ', 1): the separator, then which part.",
    "compress str_remove_all": "Use replace(X, ' ', '') to take a text out, squeeze(X) or trim(X) for blanks.",
    "compbl str_squish": "Use squeeze(X).",
    "strip left right trimn trimws str_trim": "Use trim(X).",
    "substrn substring str_sub char": "Use substr(X, FIRST, LENGTH).",
    "upcase toupper": "Use upper(X).",
    "lowcase tolower": "Use lower(X).",
    "index indexw indexc find findw grepl str_detect like": "Use contains(X, 'text'), or matches(X, 'pattern').",
    "prxmatch": "Use matches(X, 'pattern').",
    "prxchange tranwrd transtrn gsub str_replace str_replace_all": "Use replace(X, 'old', 'new').",
    "today now sysdate sysdate9 sys_date": _CLOCK,
    "intck datdif yrdif difftime interval": _DAYS,
    "intnx": "Add days to a date: STARTDT + 30.",
    "mdy ymd dmy as_date to_date": "Use date(iso('2026-03-31')), or date(X) of a --DTC variable.",
    "datepart": "Use date(X).",
    "timepart": "Use time(X).",
    "dhms": "Use datetime(iso('2026-03-31T10:00')), or datetime(X) of a --DTC variable.",
    "int trunc": "Use floor(X), below zero ceil(X).",
    "ceiling": "Use ceil(X).",
    "mod": "Use X - 10 * floor(X / 10).",
    "ln": "Use log(X).",
    "lag lag1 lag2 dif dif1 retain": _BEFORE,
    "ifn ifc ifelse if_else iif": "Use if(CONDITION, YES, NO).",
    "case_when select": "Use cases:.",
    "coalescec nvl": "Use coalesce(A, B).",
    "nmiss cmiss is_na isnull is_missing": "Use missing(X).",
    "n_distinct": "Use count_distinct(X) in the value of a clause.",
    "n avg nobs": "Use count(X), mean(X) in the value of a clause.",
    "lengthn lengthc nchar str_length": "Use length(X).",
    "desc descending": "Write desc behind it: AVAL desc.",
}  # fmt: skip
_FUNCTIONS: Final = {word: told for words, told in _TOLD.items() for word in words.split()}
_NAMES: Final = {
    **dict.fromkeys(("data_cut", "datacut", "data_cutoff", "cutoff", "cut_off"), "Write data_cut()."),
    **dict.fromkeys(("today", "sysdate", "sysdate9"), _CLOCK),
}  # fmt: skip
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_DATE: Final = re.compile(r"(\d{1,2})([A-Za-z]{3})(\d{4})(?::(\d\d(?::\d\d){0,2}))?")
_ORDER: Final = re.compile(
    r"(?:desc(?:ending)?\s+(?P<after>\S.*)|(?P<before>.*\S)\s+(?:descending|(?!desc$)(?i:desc)))\s*"
)


def function(name: str) -> str:
    """What is written in the place of a function of another language; '' of a name not known.

    >>> function("SCAN")
    "Use word(X, ' ', 1): the separator, then which part."
    """
    return _FUNCTIONS.get(name.casefold(), "")


def name(word: str) -> str:
    """What is written in the place of a name that many expect to be there; else ''."""
    return _NAMES.get(word.casefold(), "")


def constant(text: str) -> str:
    """The ISO 8601 text of what stands in a date constant of SAS; '' where that is none.

    >>> constant("31MAR2026"), constant("1jan2026:10:30")
    ('2026-03-31', '2026-01-01T10:30')
    """
    found = _DATE.fullmatch(text.strip())
    if found is None or found[2].casefold() not in _MONTHS:
        return ""
    month = _MONTHS.index(found[2].casefold()) + 1
    day = f"{found[3]}-{month:02}-{int(found[1]):02}"
    return f"{day}T{found[4]}" if found[4] else day


def descending(key: str) -> str:
    """The sort key as it is written here, of one with ``descending``; '' of any other.

    >>> descending("descending AVAL"), descending("AVAL desc")
    ('AVAL desc', '')
    """
    found = _ORDER.fullmatch(key.strip())
    return f"{found['after'] or found['before']} desc" if found is not None else ""
