"""What a column holds, measured: bytes, digits, Define-XML data types, terms used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.dataset import DataType
from mg_cdisc.expression import Type
from mg_cdisc.expression.values import number_text, parse_numbers
from mg_cdisc.frame import Column, Frame, Index, Numbers, Text, byte_lengths, distinct_numbers

NUMERIC_FORMATS: Mapping[Type, str] = {
    Type.DATE: "DATE9.",
    Type.DATETIME: "DATETIME20.",
    Type.TIME: "TIME8.",
}
_PLAIN = r"^[+-]?[0-9]+(\.[0-9]+)?$"
_WHOLE = 1e15
"""Doubles below it that are whole are written without exponent, each with its own digits."""
_NO_NUMBER = 308
"""A text of more digits may be larger than any double."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Define-XML's data type, length and significant digits of a set of values."""

    data_type: DataType
    length: int | None
    significant_digits: int | None = None


def text_bytes(column: Text, encoding: str = "utf-8") -> int:
    """The longest used value in bytes; at least 1."""
    values = column.held
    return max(int(encoded_lengths(values, encoding).max()), 1) if len(values) else 1


def encoded_lengths(values: pa.StringArray, encoding: str) -> Index:
    """Bytes of each value in an encoding; what ASCII lacks counts as in UTF-8."""
    if encoding in ("ascii", "utf-8"):
        return byte_lengths(values)
    return np.array(
        [len(text.encode(encoding, "replace")) for text in values.to_pylist()], np.int64
    )


def study_lengths(frames: Iterable[Frame], encoding: str = "utf-8") -> dict[str, int]:
    """For each text variable its longest value over all datasets that carry it.

    Rule: Study Data Technical Conformance Guide (a variable has one length across datasets).
    """
    longest: dict[str, int] = {}
    for frame in frames:
        for name, column in frame.columns.items():
            if isinstance(column, Text):
                longest[name] = max(longest.get(name, 1), text_bytes(column, encoding))
    return longest


def measure(
    column: Column, kind: Type, *, duration: bool = False, encoding: str = "utf-8"
) -> Measured:
    """The data type and length of a variable's values.

    Numbers: digits, counted on the shortest decimal that reads back the same; also of numeric dates
    and times, whose format says how they look (CDISC's examples: ADT is an integer of 5 digits).
    """
    if isinstance(column, Text):
        if duration:
            return Measured("durationDatetime", None)
        if kind is Type.PARTIAL:
            return Measured(_date_type(column.held), None)
        return Measured("text", text_bytes(column, encoding))
    return _measure_whole(column) or measure_numbers(number_text(distinct_numbers(column)).values)


def _measure_whole(column: Numbers) -> Measured | None:
    """The digits of numbers without decimals, which need not be written down to be counted."""
    held = column[~np.isnan(column)]
    most = float(np.abs(held).max()) if len(held) else 0.0
    if most >= _WHOLE or (held != np.trunc(held)).any():
        return None
    return Measured("integer", len(str(int(most))))


def is_number(text: str) -> bool:
    """Whether a text is a plain decimal number."""
    return bool(text) and text.lstrip("+-").replace(".", "", 1).isdecimal()


def measure_numbers(texts: pa.StringArray) -> Measured:
    """Digits of numbers given as plain decimals."""
    lengths = byte_lengths(texts)
    if not lengths.any():
        return Measured("integer", 1)
    signs = pc.count_substring_regex(texts, "^[+-]").to_numpy()
    dots = pc.find_substring(texts, ".").to_numpy()
    parted = dots >= 0
    whole = int((np.where(parted, dots, lengths) - signs).max()) or 1
    decimals = int(np.where(parted, lengths - dots - 1, 0).max())
    if decimals:
        return Measured("float", whole + decimals + 1, decimals)
    return Measured("integer", whole)


def measure_text_values(values: Text, encoding: str = "utf-8") -> Measured:
    """The data type of one value level: numbers where every value is one, else text."""
    used = values.held
    some = [text for text in used.slice(0, 2).to_pylist() if text]  # one at most is blank
    if all(re.search(_PLAIN, text) for text in some):
        held = used.filter(pc.not_equal(used, ""))
        plain = pc.match_substring_regex(held, _PLAIN)
        if len(held) and pc.all(plain).as_py() and not _beyond(held):
            return measure_numbers(held)
    return Measured("text", text_bytes(values, encoding))


def _beyond(texts: pa.StringArray) -> bool:
    """Whether some plain decimal is larger than any double."""
    long = byte_lengths(texts).max() > _NO_NUMBER
    return bool(long and parse_numbers(texts)[1].any())


def _date_type(values: pa.StringArray) -> DataType:
    held = values.filter(pc.not_equal(values, ""))
    if not len(held):
        return "date"

    def all_match(pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(held, pattern)).as_py())

    if all_match(r"^\d{4}-\d\d-\d\d$"):
        return "date"
    if all_match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"):
        return "datetime"
    if not all_match(r"^\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?$"):
        return "incompleteDatetime"
    if bool(pc.any(pc.match_substring(held, "T")).as_py()):
        return "partialDatetime"
    return "partialDate"
