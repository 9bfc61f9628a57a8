"""Typed values to text: the shortest decimal that round-trips, and ISO 8601.

Everything here works on distinct values and spreads the result by code.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.frame import Mask, Numbers, Text

TRUE: Final = "TRUE"
FALSE: Final = "FALSE"
_EXACT: Final = 2.0**53
_SECOND: Final = 1_000_000


def number_text(values: npt.NDArray[np.floating[Any]]) -> Text:
    """Numbers as the shortest decimal that round-trips, without exponent; missing is blank.

    >>> number_text(np.array([1.0, 0.1, -0.0, np.nan, 1e16, 1e-7])).to_list()
    ['1', '0.1', '0', '', '10000000000000000', '0.0000001']
    """
    distinct = pa.array(values + values.dtype.type(0)).dictionary_encode()
    return spread_text(decimals(distinct.dictionary), distinct)


def decimals(values: pa.Array) -> pa.StringArray:
    """Each number of a float array as text; NaN and null are blank.

    A single-precision number has the digits that single precision needs.
    """
    numbers = values.to_numpy(zero_copy_only=False)
    wide = numbers.astype(np.float64)
    text = pc.fill_null(values.cast(pa.string()), "")
    whole = (np.abs(wide) < _EXACT) & (wide == np.floor(wide))
    if whole.any():
        safe = np.where(whole, wide, 0).astype(np.int64)
        text = pc.if_else(pa.array(whole), pa.array(safe).cast(pa.string()), text)
    # what Arrow spells with an exponent, or with the digits of another precision
    half = np.full(len(wide), values.type == pa.float16())
    unclear = (pc.match_substring(text, "e").to_numpy(zero_copy_only=False) | half) & ~whole
    if unclear.any():
        spelled = [np.format_float_positional(value, trim="-") for value in numbers[unclear]]
        text = pc.replace_with_mask(text, pa.array(unclear), pa.array(spelled, pa.string()))
    return pc.if_else(pa.array(np.isnan(wide)), "", text)


def moment_text(microseconds: npt.NDArray[np.int64], possible: Mask) -> pa.StringArray:
    """ISO 8601 date and time of moments counted from 1970-01-01; blank where not possible.

    Seconds are always written, a fraction only where there is one.
    """
    safe = np.where(possible, microseconds, 0).astype("datetime64[us]")
    written = pa.array(np.datetime_as_string(safe, unit="us").astype(object), pa.string())
    return pc.if_else(pa.array(possible), trimmed(written), "")


def day_text(microseconds: npt.NDArray[np.int64], possible: Mask) -> pa.StringArray:
    """ISO 8601 date of moments counted from 1970-01-01; blank where not possible."""
    return pc.utf8_slice_codeunits(moment_text(microseconds, possible), 0, 10)


def clock_text(seconds: Numbers) -> pa.StringArray:
    """Hours, minutes and seconds, as ISO 8601 writes a time of day.

    An elapsed time may have more than 24 hours or a minus sign; that is no ISO 8601 time, and
    what reads it as one says so.

    >>> clock_text(np.array([3723.0, 86399.5, 90000.0, -60.0])).to_pylist()
    ['01:02:03', '23:59:59.5', '25:00:00', '-00:01:00']
    """
    total = np.rint(np.abs(seconds) * _SECOND).astype(np.int64)
    whole, fraction = np.divmod(total, _SECOND)
    parts = [whole // 3600, whole // 60 % 60, whole % 60]
    pair = [pc.utf8_lpad(pa.array(part).cast(pa.string()), 2, "0") for part in parts]
    digits = pc.utf8_lpad(pa.array(fraction).cast(pa.string()), 6, "0")
    written = trimmed(
        pc.binary_join_element_wise(pc.binary_join_element_wise(*pair, ":"), digits, ".")
    )
    sign = pc.if_else(pa.array(seconds < 0), "-", "")
    return pc.binary_join_element_wise(sign, written, "")


def trimmed(written: pa.Array) -> pa.StringArray:
    """Times without the zeros that end a fraction of a second.

    >>> trimmed(pa.array(["08:30:00.000000", "08:30:00.250000", "08:30:10"])).to_pylist()
    ['08:30:00', '08:30:00.25', '08:30:10']
    """
    return pc.utf8_rtrim(pc.replace_substring_regex(written, r"(\.\d*?)0+$", r"\1"), ".")


def spread_text(values: pa.StringArray, encoded: pa.DictionaryArray) -> Text:
    """The rows of an encoded column, each with the text of its distinct value."""
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    return Text.encode(values).expand(codes.astype(np.int32, copy=False))
