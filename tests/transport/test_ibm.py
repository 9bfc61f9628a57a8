"""IBM floats against an implementation of their own, in whole numbers and fractions."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.transport.ibm import ibm_to_ieee, ieee_to_ibm, out_of_range
from mg_cdisc.transport.missing import LETTERS, missing_letters, special_missing

LARGEST = math.nextafter(2.0**252, 0.0)
SMALLEST = 2.0**-260

in_range = st.floats(min_value=SMALLEST, max_value=LARGEST).flatmap(
    lambda size: st.sampled_from([size, -size])
)


def ibm_word(value: float) -> int:
    """The IBM word of a number, from its definition: sign, 64 + exponent of 16, 14 hex digits."""
    exact = Fraction(value)
    if exact == 0:
        return 0
    size, exponent = abs(exact), 0
    while size >= 1:
        size, exponent = size / 16, exponent + 1
    while size < Fraction(1, 16):
        size, exponent = size * 16, exponent - 1
    digits = size * 16**14
    assert digits.denominator == 1, "a double fits exactly"
    assert 0 <= exponent + 64 <= 127
    return (exact < 0) << 63 | (exponent + 64) << 56 | digits.numerator


def number_of(word: int) -> Fraction:
    """The number an IBM word stands for, by the same definition."""
    size = Fraction(word & (1 << 56) - 1, 16**14) * Fraction(16) ** ((word >> 56 & 127) - 64)
    return -size if word >> 63 else size


def truncated(number: Fraction) -> float:
    """The number cut to 53 significant bits, towards zero."""
    nearest = float(number)
    return math.nextafter(nearest, 0.0) if abs(Fraction(nearest)) > abs(number) else nearest


def words(*values: float) -> list[int]:
    return [int(word) for word in ieee_to_ibm(np.array(values, np.float64))]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        # worked out by hand: 1 = 1/16 * 16**1; 118.625 = 0x76.A; 0.1 = 0x0.1999... * 16**0
        (0.0, "0000000000000000"),
        (1.0, "4110000000000000"),
        (-1.0, "C110000000000000"),
        (15.9375, "41FF000000000000"),
        (16.0, "4210000000000000"),
        (-118.625, "C276A00000000000"),
        (0.0625, "4010000000000000"),
        (0.03125, "3F80000000000000"),
        (0.1, "401999999999999A"),
        # the largest and the smallest: 16**63 less the last of 53 bits, and 16**-65
        (LARGEST, "7FFFFFFFFFFFFFF8"),
        (SMALLEST, "0010000000000000"),
    ],
)
def test_numbers_worked_out_by_hand(value: float, stored: str) -> None:
    assert words(value) == [int(stored, 16)]
    assert ibm_to_ieee(np.array([int(stored, 16)], np.uint64)).values.tolist() == [value]


@settings(deadline=None)  # machines may be busy
@given(st.lists(in_range | st.just(0.0)))
def test_numbers_are_stored_as_defined_and_come_back_exactly(values: list[float]) -> None:
    stored = ieee_to_ibm(np.array(values, np.float64))
    assert [int(word) for word in stored] == [ibm_word(value) for value in values]
    read = ibm_to_ieee(stored)
    assert read.values.tolist() == values
    assert len(read.cut) == len(read.unknown) == 0


@settings(deadline=None)  # machines may be busy
@given(st.integers(0, 2**64 - 1))
def test_every_word_with_a_fraction_is_read_as_defined(word: int) -> None:
    if word & (1 << 56) - 1 == 0:
        word |= 1
    read = ibm_to_ieee(np.array([word], np.uint64))
    number = number_of(word)
    assert read.values[0] == truncated(number)
    assert read.cut.tolist() == ([] if Fraction(read.values[0]) == number else [0])


def test_a_million_doubles_come_back_bit_by_bit() -> None:
    bits = np.random.default_rng(5).integers(0, 2**64, 1_000_000, np.uint64)
    values = bits.view(np.float64)
    values = values[~np.isnan(values)]
    bad = out_of_range(values)
    assert bad.sum() > 100_000
    kept = values[~bad]
    assert (ibm_to_ieee(ieee_to_ibm(kept)).values.view(np.uint64) == kept.view(np.uint64)).all()


def test_bytes_may_be_in_either_order() -> None:
    stored = ieee_to_ibm(np.array([1.0, -118.625]))
    assert ibm_to_ieee(stored.astype(">u8")).values.tolist() == [1.0, -118.625]


def test_minus_zero_is_stored_as_zero_and_read_as_zero() -> None:
    assert words(-0.0) == [0]
    assert ibm_to_ieee(np.array([1 << 63], np.uint64)).values.tolist() == [0.0]


@pytest.mark.parametrize(
    "value",
    [
        math.inf,
        -math.inf,
        2.0**252,
        -(2.0**252),
        1.7e308,
        math.nextafter(SMALLEST, 0.0),
        -math.nextafter(SMALLEST, 0.0),
        5e-324,
        2.2250738585072014e-308,
    ],
)
def test_numbers_out_of_range_are_told_and_never_stored(value: float) -> None:
    assert out_of_range(np.array([1.0, value, math.nan, 0.0])).tolist() == [0, 1, 0, 0]
    with pytest.raises(ValueError, match="out of the range"):
        ieee_to_ibm(np.array([1.0, value]))


@settings(deadline=None)  # machines may be busy
@given(st.lists(st.floats(width=64)))
def test_the_range_is_where_the_definition_ends(values: list[float]) -> None:
    expected = [
        not math.isnan(v) and v != 0 and not (math.isfinite(v) and SMALLEST <= abs(v) < 2.0**252)
        for v in values
    ]
    assert out_of_range(np.array(values, np.float64)).tolist() == expected


def test_missings_are_a_letter_and_zeros() -> None:
    values = np.array([math.nan, *(special_missing(letter) for letter in LETTERS)])
    stored = ieee_to_ibm(values)
    assert stored.astype(">u8").tobytes() == b"".join(
        letter.encode() + bytes(7) for letter in f".{LETTERS}"
    )
    read = ibm_to_ieee(stored)
    assert np.isnan(read.values).all()
    assert bytes(missing_letters(read.values)) == b"\0" + LETTERS.encode()
    assert len(read.unknown) == 0


def test_a_nan_of_arithmetic_or_of_another_program_is_a_plain_missing() -> None:
    with np.errstate(invalid="ignore"):
        arithmetic = np.array([np.inf]) - np.inf
    foreign = struct.unpack("<d", struct.pack("<Q", 0x7FF00000000007A2))  # R's NA
    values = np.array([arithmetic[0], *foreign])
    assert words(*values) == [0x2E << 56] * 2


@pytest.mark.parametrize("leading", [0x01, 0x20, 0x2F, 0x40, 0x5B, 0x60, 0x61, 0x7A, 0xC1, 0xFF])
def test_bytes_without_a_fraction_that_mean_nothing_are_told(leading: int) -> None:
    read = ibm_to_ieee(np.array([0, leading << 56, 0x41 << 56], np.uint64))
    assert read.unknown.tolist() == [1]
    assert np.isnan(read.values[1])


def test_fractions_not_normalised_are_read() -> None:
    # 0x0.01 * 16**2 and 0x0.1 * 16**1 are one; the last has a single bit, 16**-14 * 16**14
    found = ibm_to_ieee(np.array([0x4201 << 48, 0x4110 << 48, 0x4E << 56 | 1], np.uint64))
    assert found.values.tolist() == [1.0, 1.0, 1.0]


def test_long_arrays_are_told_by_position() -> None:
    stored = ieee_to_ibm(np.ones(100_000))
    stored[[70_000, 99_999]] = [0x41 << 56 | 0xFFFFFFFFFFFFFF, 0x60 << 56]
    read = ibm_to_ieee(stored)
    assert (read.cut.tolist(), read.unknown.tolist()) == ([70_000], [99_999])
