"""What a SAS format says of a number: a date, a time, a date and time, or just a number.

SAS counts dates in days and times in seconds from 1960-01-01, as plain numbers: only the format
tells which. Source: SAS 9.4 Formats and Informats, categories of formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.frame import Mask, Numbers, Text
from mg_cdisc.sources.values import (
    clock_text,
    day_text,
    decimals,
    moment_text,
    spread_text,
)

Kind = Literal["date", "datetime", "time", "number"]

# (letters that choose a separator or a length) follow many of the names
_DATE: Final = re.compile(
    r"""
    DATE | DAY | DOWNAME | MONNAME | MONTH | MONYY | YEAR | QTRR? | JULDAY | JULIAN
    | WEEKDAT[EX] | WEEKDAY | WEEK[UVW] | WORDDAT[EX] | YYMON | YYWEEK[UVW] | YYQR?[CDNPSZ]?
    | (DDMMYY|MMDDYY|YYMMDD)[BCDNPS]? | (MMYY|YYMM)[CDNPS]? | ([EB]|IS)8601DA
    | EURDF(DD|DE|DN|DWN|MN|MY|WDX|WKX) | HDATE | HEBDATE | MINGUO | NENGO | NLDATE[A-Z]*
    """,
    re.VERBOSE,
)
_DATETIME: Final = re.compile(
    r"""
    DATETIME | DATEAMPM | MDYAMPM | DTDATE | DTMONYY | DTWKDATX | DTYEAR | DTYYQC
    | ([EB]|IS)8601(DT|DN|DX|DZ|LX) | EURDFDT | NLDATM[A-Z]*
    """,
    re.VERBOSE,
)
_TIME: Final = re.compile(
    r"TIME | TIMEAMPM | TOD | HHMM | HOUR | MMSS | ([EB]|IS)8601(TM|TX|TZ|LZ) | NLTIM[A-Z]*",
    re.VERBOSE,
)

_EPOCH: Final = np.datetime64("1960-01-01")
_FIRST_DAY: Final = int((np.datetime64("0001-01-01") - _EPOCH).astype(np.int64))
_AFTER_DAY: Final = int((np.datetime64("9999-12-31") - _EPOCH).astype(np.int64)) + 1
_TO_UNIX: Final = int((np.datetime64("1970-01-01") - _EPOCH).astype(np.int64))
_DAY: Final = 86_400
_SECOND: Final = 1_000_000
_CLOCK_LIMIT: Final = 1e9
"""Seconds (30 years) from which a number under a time format is a moment, not a time."""


def kind_of(format_name: str | None) -> Kind:
    """What a number under this format is; a format without a date or time says number.

    >>> [kind_of(name) for name in ("DATE9.", "E8601DT19", "TIME5", "BEST12.", "8.2", None)]
    ['date', 'datetime', 'time', 'number', 'number', 'number']
    """
    name = re.sub(r"\d*(\.\d*)?$", "", (format_name or "").strip().upper())
    if _DATE.fullmatch(name):
        return "date"
    if _DATETIME.fullmatch(name):
        return "datetime"
    return "time" if _TIME.fullmatch(name) else "number"


def sas_text(values: Numbers, kind: Kind, special: Text | None = None) -> Text:
    """Numbers as text by the kind that their format gives; missing is blank.

    Nothing is cut off: a date with a part of a day is written with its time, and a moment under a
    time format (``TOD``) with its date. A value that no ISO 8601 date can express (a year after
    9999) is written as the number that it is, which whatever reads it as a date then refuses.
    ``special`` holds ``.A`` to ``.Z`` and ``._`` where a value is a special missing, blank
    elsewhere: those stay in sight, and a study that takes them for blanks declares them
    ``missing``.

    >>> sas_text(np.array([21915.0, -1, np.nan]), "date").to_list()
    ['2020-01-01', '1959-12-31', '']
    """
    encoded = pa.array(values + 0.0).dictionary_encode()
    numbers = encoded.dictionary.to_numpy(zero_copy_only=False)
    text = decimals(encoded.dictionary)
    if kind != "number":
        write, good = _WRITERS[kind], ~np.isnan(numbers)
        written, possible = write(np.where(good, numbers, 0.0))
        text = pc.if_else(pa.array(good & possible), written, text)
    made = spread_text(text, encoded)
    if special is None or special.blank.all():
        return made
    both = pa.concat_arrays([made.values, special.values])
    codes = np.where(special.blank, made.codes, special.codes + len(made.values))
    return Text.encode(both).expand(codes.astype(np.int32))


def _dates(days: Numbers) -> tuple[pa.StringArray, Mask]:
    possible = (days >= _FIRST_DAY) & (days < _AFTER_DAY)
    moments = _microseconds(np.where(possible, days, 0.0) * _DAY)
    whole = pa.array(days == np.floor(days))
    text = pc.if_else(whole, day_text(moments, possible), moment_text(moments, possible))
    return text, possible


def _datetimes(seconds: Numbers) -> tuple[pa.StringArray, Mask]:
    possible = (seconds >= _FIRST_DAY * _DAY) & (seconds < _AFTER_DAY * _DAY)
    return moment_text(_microseconds(np.where(possible, seconds, 0.0)), possible), possible


def _times(seconds: Numbers) -> tuple[pa.StringArray, Mask]:
    clock = np.abs(seconds) < _CLOCK_LIMIT
    moments, possible = _datetimes(seconds)
    text = pc.if_else(pa.array(clock), clock_text(np.where(clock, seconds, 0.0)), moments)
    return text, clock | possible


_Writer = Callable[[Numbers], tuple[pa.StringArray, Mask]]
_WRITERS: Final[dict[str, _Writer]] = {"date": _dates, "datetime": _datetimes, "time": _times}


def _microseconds(seconds: Numbers) -> npt.NDArray[np.int64]:
    """Microseconds from 1970-01-01; the fraction apart, so that whole seconds stay whole."""
    whole = np.floor(seconds)
    fraction = np.rint((seconds - whole) * _SECOND).astype(np.int64)
    return (whole.astype(np.int64) - _TO_UNIX * _DAY) * _SECOND + fraction
