"""The named modes of rounding, by hand: ties, signs, what binary numbers cannot hold, zero divisors."""

from __future__ import annotations

import pytest
from calculator import one

MODES = ("half away", "half even", "up", "down")


@pytest.mark.parametrize(
    ("value", "decimals", "half_away", "half_even", "up", "down"),
    [
        ("0.285", 2, 0.29, 0.28, 0.29, 0.28),  # the double is 0.284999...
        ("1.005", 2, 1.01, 1.0, 1.01, 1.0),
        ("2.675", 2, 2.68, 2.68, 2.68, 2.67),
        ("-0.285", 2, -0.29, -0.28, -0.29, -0.28),
        ("2.5", 0, 3, 2, 3, 2),
        ("3.5", 0, 4, 4, 4, 3),
        ("-2.5", 0, -3, -2, -3, -2),
        ("0.5", 0, 1, 0, 1, 0),
        ("-0.4", 0, 0, 0, -1, 0),
        ("2.4", 0, 2, 2, 3, 2),
        ("0.1 + 0.2", 1, 0.3, 0.3, 0.3, 0.3),  # 0.30000000000000004
        ("(0.1 + 0.7) * 10", 0, 8, 8, 8, 8),  # 7.999999999999999
        ("1 / 3", 2, 0.33, 0.33, 0.34, 0.33),
        ("1250", -2, 1300, 1200, 1300, 1200),
        ("0", 2, 0, 0, 0, 0),
    ],
)
def test_each_mode(
    value: str, decimals: int, half_away: float, half_even: float, up: float, down: float
) -> None:
    expected = (half_away, half_even, up, down)
    for mode, wanted in zip(MODES, expected, strict=True):
        assert one(f"round({value}, {decimals}, '{mode}')") == wanted, mode
    assert one(f"round({value}, {decimals})") == half_away


@pytest.mark.parametrize("mode", MODES)
def test_a_missing_number_stays_missing(mode: str) -> None:
    assert one(f"round(number(''), 2, '{mode}')") is None
    assert one(f"round(1 / (2 - 2), 2, '{mode}')") is None
    assert one(f"round(0 / (2 - 2), 2, '{mode}')") is None


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no rounding mode 'half up'"):
        one("round(2.5, 0, 'half up')")
