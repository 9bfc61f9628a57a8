"""Numbers of a transport file: IEEE doubles to and from IBM hexadecimal floats.

An IBM double is a sign bit, a 7-bit exponent of 16 in excess of 64 and a 56-bit fraction
``0.hhh``. An IEEE double has 53 significant bits and up to 3 leading zero bits in the first hex
digit make 56, so every double between 16**-65 (5.4e-79) and 16**63 (7.2e75) is stored exactly.
Outside of it nothing is stored: too large, too small (all subnormals) and infinite numbers are
reported, never turned into zero, a missing or the largest number. Minus zero is stored as zero.

Reading, a fraction may hold more than 53 bits; the surplus (at most 3 bits) is cut, not rounded,
as the conversion published in TS-140 does, so that every reader gets the same number; it is
reported. A missing is the letter's ASCII code, or that of ``.``, and seven zero bytes.

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format, "Numeric
Data Fields" and "Missing Values".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mg_cdisc.frame import Index, Mask, Numbers
from mg_cdisc.transport.missing import LETTERS, QUIET, missing_letters

Words = NDArray[np.uint64]

LARGEST_EXPONENT = 251  # below 2**252 = 16**63
SMALLEST_EXPONENT = -260  # 2**-260 = 16**-65

_ROWS = 32_768  # rows at a time: the arrays of one pass stay in the processor's cache
_U = np.uint64
_FRACTION = _U(2**52 - 1)
_IMPLICIT = _U(2**52)
_IBM_FRACTION = _U(2**56 - 1)

# By the leading 12 bits of a double (sign and exponent): the leading byte of the IBM number in
# its place, how far to shift the fraction, and whether the number needs a closer look.
_exponent = np.arange(4096) % 2048 - 1023
_fits = (_exponent >= SMALLEST_EXPONENT) & (_exponent <= LARGEST_EXPONENT)
_SPECIAL = ~_fits
_SHIFT = np.where(_fits, _exponent % 4, 0).astype(np.uint64)
_LEADING = np.where(_fits, _exponent // 4 + 65, 0).astype(np.uint64) << _U(56) | (
    np.arange(4096) // 2048
).astype(np.uint64) << _U(63)

# By the leading byte of an IBM number: the power of two that its whole fraction stands for.
_byte = np.arange(256)
_SCALE = np.where(_byte < 128, 1.0, -1.0) * np.exp2(4.0 * (_byte % 128 - 64) - 56)
# By the first hex digit of the fraction: the bits that a double of the same exponent has room for.
_ROOM = np.full(16, _IBM_FRACTION)
_ROOM[2:4] ^= _U(1)
_ROOM[4:8] ^= _U(3)
_ROOM[8:] ^= _U(7)
# By the leading byte of a word without a fraction: zero, a missing, or nothing known.
_WITHOUT_FRACTION = np.zeros(256)
_WITHOUT_FRACTION.view(np.uint64)[list(LETTERS.encode())] = [
    _U(QUIET | b) for b in LETTERS.encode()
]
_WITHOUT_FRACTION[ord(".")] = np.nan
_KNOWN = np.zeros(256, bool)
_KNOWN[[0x00, 0x80, ord("."), *LETTERS.encode()]] = True


class FromIbm(NamedTuple):
    """Numbers read; positions where bits were cut, and where the bytes mean nothing known."""

    values: Numbers
    cut: Index
    unknown: Index


def out_of_range(values: Numbers) -> Mask:
    """Where a number cannot be stored: infinite, 7.2e75 or larger, or smaller than 5.4e-79.

    Missings and zero can be stored.

    >>> out_of_range(np.array([1.0, 1e76, 1e-80, np.inf, np.nan, 0.0])).tolist()
    [False, True, True, True, False, False]
    """
    bad = np.zeros(len(values), bool)
    for start in range(0, len(values), _ROWS):
        size = np.abs(values[start : start + _ROWS])
        # comparisons with NaN are false
        bad[start : start + _ROWS] = (size >= 2.0**252) | ((size < 2.0**-260) & (size != 0))
    return bad


def ieee_to_ibm(values: Numbers) -> Words:
    """IBM hexadecimal floats of numbers and missings, as whole words in the machine's byte order.

    Exact for every number that can be stored; ``ValueError`` where one cannot (see
    ``out_of_range``).

    >>> [hex(word) for word in ieee_to_ibm(np.array([1.0, -118.625, 0.0, np.nan]))]
    ['0x4110000000000000', '0xc276a00000000000', '0x0', '0x2e00000000000000']
    """
    values = np.ascontiguousarray(values, np.float64)
    words = np.empty(len(values), np.uint64)
    for start in range(0, len(values), _ROWS):
        part = slice(start, start + _ROWS)
        _to_ibm(values[part], words[part])
    return words


def _to_ibm(values: Numbers, words: Words) -> None:
    bits = values.view(np.uint64)
    leading = (bits >> _U(52)).astype(np.intp)
    np.bitwise_and(bits, _FRACTION, out=words)
    words |= _IMPLICIT
    words <<= _SHIFT[leading]
    words |= _LEADING[leading]
    special = np.flatnonzero(_SPECIAL[leading])
    if len(special):
        found = values[special]
        missing = np.isnan(found)
        if not bool((missing | (found == 0)).all()):
            raise ValueError("a number is out of the range of IBM floating point")
        letters = missing_letters(found)
        letters[missing & (letters == 0)] = ord(".")
        words[special] = letters.astype(np.uint64) << _U(56)


def ibm_to_ieee(words: Words, out: Numbers | None = None) -> FromIbm:
    """Doubles of IBM hexadecimal floats, as whole words in either byte order.

    Unnormalised fractions are accepted. A word without a fraction is zero, a missing, or unknown
    (then its value is NaN and its position is in ``unknown``). The numbers are put into ``out``
    if it is given.

    >>> ibm_to_ieee(np.array([0xC276A00000000000, 0x2E00000000000000], np.uint64)).values.tolist()
    [-118.625, nan]
    """
    values = np.empty(len(words), np.float64) if out is None else out
    cut, unknown = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for start in range(0, len(words), _ROWS):
        part = slice(start, start + _ROWS)
        _to_ieee(words[part].astype(np.uint64), values[part], start, cut, unknown)
    return FromIbm(values, np.concatenate(cut), np.concatenate(unknown))


def _to_ieee(
    words: Words, values: Numbers, start: int, cut: list[Index], unknown: list[Index]
) -> None:
    leading = (words >> _U(56)).astype(np.intp)
    fraction = words & _IBM_FRACTION
    if int(np.bitwise_or.reduce(fraction)) & 7:
        room = _ROOM[(fraction >> _U(52)).astype(np.intp)]
        cut.append(np.flatnonzero(fraction & ~room) + start)
        fraction &= room
    # both factors and the product are doubles without rounding: 53 bits times a power of two
    np.multiply(fraction.view(np.int64), _SCALE[leading], out=values)
    empty = np.flatnonzero(fraction == 0)
    if len(empty):
        found = leading[empty]
        values[empty] = _WITHOUT_FRACTION[found]
        odd = empty[~_KNOWN[found]]
        if len(odd):
            values[odd] = np.nan
            unknown.append(odd + start)
