"""Whether the values of a column are as a define.xml describes them: type, length, codelist.

All work is on distinct values and whole columns. Blank text and missing numbers are never wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.errors import one_of
from mg_cdisc.frame import Column, Index, Numbers, Text, byte_lengths, distinct_numbers

_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_PARTIAL_DATE = rf"(\d{{4}}(-(0[1-9]|1[0-2]))?|{_DATE})"
_HOUR = r"([01]\d|2[0-3])"
_ZONE = r"(Z|[+-]\d{2}:\d{2})?"
_TIME = rf"{_HOUR}:[0-5]\d:[0-5]\d(\.\d+)?{_ZONE}"
_PARTIAL_TIME = rf"{_HOUR}(:[0-5]\d(:[0-5]\d(\.\d+)?)?)?{_ZONE}"
_PERIOD = (
    r"[+-]?P(\d+(\.\d+)?W|(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?D)?"
    r"(T(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?)"
)
# a hyphen stands for a part in the middle that is not known: 2025---15, -----T10:30
_INCOMPLETE = (
    r"(\d{4}|-)(-(0[1-9]|1[0-2]|-)(-(0[1-9]|[12]\d|3[01]|-)"
    r"(T([01]\d|2[0-3]|-)(:([0-5]\d|-)(:([0-5]\d(\.\d+)?|-))?)?" + _ZONE + r")?)?)?"
)
# Rule: ODM 1.3.2 section 2.14 (data formats); SDTMIG 3.4 section 4.4.1 to 4.4.4
PATTERNS = {
    "date": _DATE,
    "time": _TIME,
    "datetime": rf"{_DATE}T{_TIME}",
    "partialDate": _PARTIAL_DATE,
    "partialTime": _PARTIAL_TIME,
    "partialDatetime": rf"({_PARTIAL_DATE}|{_DATE}T{_PARTIAL_TIME})",
    "incompleteDatetime": _INCOMPLETE,
    "durationDatetime": _PERIOD,
    "integer": r"[+-]?\d+",
}
_SLACK = 1e-12
_DIGITS = 15  # of a double; more are not asked for


@dataclass(frozen=True, slots=True)
class Described:
    """What define.xml says of an item; ``codes`` is None without a codelist of terms."""

    data_type: str
    length: int | None
    significant_digits: int | None
    codes: Collection[str] | None


def check_values(column: Column, described: Described, encoding: str) -> Iterator[tuple[str, str]]:
    """Pairs of the kind of a finding and what is wrong."""
    if isinstance(column, Text):
        used = column.held
        blank = byte_lengths(used) == 0
        held = used.filter(pa.array(~blank)) if blank.any() else used
        yield from _check_text(held, described, encoding)
    else:
        numbers = np.sort(distinct_numbers(column))
        yield from _check_numbers(numbers[~np.isnan(numbers)], described)


def _check_text(
    used: pa.StringArray, described: Described, encoding: str
) -> Iterator[tuple[str, str]]:
    pattern = PATTERNS.get(described.data_type)
    if described.data_type == "float":
        digits = min(described.significant_digits or 0, 99)
        pattern = rf"[+-]?(\d+(\.\d{{0,{digits}}})?|\.\d{{1,{max(digits, 1)}}})"
    if pattern is not None:
        wrong = used.filter(pc.invert(pc.match_substring_regex(used, f"^({pattern})$")))
        if len(wrong):
            yield "value-type", f"{one_of(_sorted(wrong), 5)} is not {described.data_type}"
    if described.data_type == "text" and described.length is not None and len(used):
        sizes = _sizes(used, encoding)
        size = int(sizes.max())
        if size > described.length:
            longest = _sorted(used.filter(pa.array(sizes == size)))[0]
            yield "value-length", f"'{longest}' has {size} bytes, and Length is {described.length}"
    if described.codes is not None:
        yield from _unlisted(sorted(set(used.to_pylist()).difference(described.codes)))


def _sorted(values: pa.StringArray) -> list[str]:
    """In byte order."""
    return sorted(values.to_pylist())  # by code points, which is the order of UTF-8's bytes


def _sizes(values: pa.StringArray, encoding: str) -> Index:
    """Bytes of each value in an encoding; one that the encoding lacks counts as it is replaced."""
    if encoding == "utf-8" or pc.all(pc.string_is_ascii(values)).as_py():
        return byte_lengths(values)
    return np.array([len(text.encode(encoding, "replace")) for text in values.to_pylist()])


def _check_numbers(numbers: Numbers, described: Described) -> Iterator[tuple[str, str]]:
    if described.data_type not in ("integer", "float"):
        if len(numbers):
            yield "value-type", f"numbers, and the type is {described.data_type}"
        return
    digits = described.significant_digits or 0
    if described.data_type == "integer":
        wrong = numbers[numbers != np.trunc(numbers)]
    else:
        off = np.abs(np.round(numbers, min(digits, _DIGITS)) - numbers)
        wrong = numbers[off > _SLACK * np.abs(numbers)]
    if len(wrong):
        kind = "integer" if described.data_type == "integer" else f"float of {digits} decimals"
        yield "value-type", f"{one_of(_shown(wrong), 5)} is not {kind}"
    if described.length is not None and described.length <= _DIGITS:
        long = numbers[np.trunc(np.abs(numbers)) >= 10.0**described.length]
        if len(long):
            yield (
                "value-length",
                f"{one_of(_shown(long), 5)} has more digits than Length {described.length}",
            )
    if described.codes is not None:
        known = np.array(sorted(_numbers(described.codes)))
        yield from _unlisted(_shown(numbers[~np.isin(numbers, known)]))


def _unlisted(values: list[str]) -> Iterator[tuple[str, str]]:
    if values:
        yield "value-not-in-codelist", f"{one_of(values, 5)} is not in the codelist"


def _numbers(texts: Collection[str]) -> list[float]:
    """The texts that are numbers; a coded value that is none matches no number."""
    array = pa.array(list(texts), pa.string())
    fits = pc.match_substring_regex(array, r"^[+-]?(\d+\.?\d*|\.\d+)$").to_pylist()
    return [float(text) for text, fit in zip(texts, fits, strict=True) if fit]


def as_number(text: str) -> float:
    """The number that a check value says, NaN where it says none.

    >>> as_number("1.50")
    1.5
    """
    found = _numbers([text])
    return found[0] if found else float("nan")


def _shown(numbers: Numbers) -> list[str]:
    return [f"{number:.15g}" for number in numbers[:12]]
