"""What an expression evaluates to, and the vectorised helpers its functions share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.frame import Codes, Column, Index, Mask, Numbers, Text, distinct, group_codes

_TRUE = b"\1"
NUMERIC = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_NUMBER = re.compile(NUMERIC, re.ASCII)


@dataclass(frozen=True, slots=True)
class Truth:
    """A condition in three-valued logic: undecided where neither ``true`` nor ``false``."""

    true: Mask
    false: Mask

    @property
    def undecided(self) -> Mask:
        """Where it cannot be said."""
        return ~(self.true | self.false)

    @classmethod
    def known(cls, true: Mask) -> Truth:
        """A condition that is decided everywhere."""
        return cls(true, ~true)

    def negated(self) -> Truth:
        """The opposite; undecided stays undecided."""
        return Truth(self.false, self.true)


Value = Column | Truth


class Translations:
    """A study's texts and their English; it remembers what was asked for."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        self.entries = entries
        self.used: set[str] = set()
        self.lacking: set[str] = set()

    def english(self, text: str) -> str | None:
        """The English of a text, blanks around it aside; None where there is no entry."""
        bare = text.strip()
        (self.used if bare in self.entries else self.lacking).add(bare)
        return self.entries.get(bare)


class Notes(Protocol):
    """Takes what is wrong with single records while an expression is evaluated.

    ``translations`` are the study's, None where texts are to stay as they are.
    """

    translations: Translations | None

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Records at fault; ``{value}`` in ``what`` stands for the text of each."""


class Silent:
    """Notes of no one: for evaluation that cannot fail, and for examples."""

    translations: Translations | None = None

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Refuse to lose a fault."""
        raise ValueError(f"{kind}: {what}")


def all_rows(rows: int) -> Mask:
    """A mask that is true everywhere, held once."""
    return np.ndarray((rows,), bool, _TRUE, 0, (0,))


def across(texts: Sequence[Text], compute: Callable[[list[pa.StringArray]], pa.Array]) -> Text:
    """Apply a function of several texts to the distinct combinations that occur."""
    joint, picks = combinations(texts)
    arrays = [text.values.take(pa.array(pick)) for text, pick in zip(texts, picks, strict=True)]
    return Text.encode(compute(arrays)).expand(joint)


def combinations(texts: Sequence[Text]) -> tuple[Index, list[Codes]]:
    """A code per row for the combination of texts, and per combination the code of each text."""
    rows = len(texts[0])
    joint, count = group_codes(texts, rows)
    example = np.zeros(count, np.int64)
    example[joint] = np.arange(rows)  # any row with the combination will do
    return joint, [text.codes[example] for text in texts]


def number_text(values: Numbers) -> Text:
    """Numbers as the shortest decimal that reads back the same, never with an exponent.

    >>> number_text(np.array([1.0, 0.1, float("nan"), 1e-7]))
    Text(['1', '0.1', '', '0.0000001'])
    """
    return render_numbers(values, _shortest)


def render_numbers(values: Numbers, render: Callable[[Numbers], pa.Array]) -> Text:
    """Numbers as text by a function of the distinct ones; missing numbers are blank."""
    codes, found = distinct(values)
    gone = np.isnan(found)
    texts = render(np.where(gone, 0.0, found))
    if gone.any():
        texts = pc.if_else(pa.array(gone), "", texts)
    return Text.encode(texts).expand(codes)


def _shortest(values: Numbers) -> pa.Array:
    texts = pc.cast(pa.array(values), pa.string())
    if not pc.any(pc.match_substring(texts, "e")).as_py():
        return texts
    made = [format(Decimal(repr(float(value))), "f").removesuffix(".0") for value in values]
    return pa.array(made, pa.string())


def parse_numbers(values: pa.StringArray) -> tuple[Numbers, Mask]:
    """Numbers from distinct texts (NaN for blank), and where the text is no number."""
    stripped = pc.utf8_trim_whitespace(values)
    numeric = pc.match_substring_regex(stripped, NUMERIC)
    numbers = pc.cast(pc.if_else(numeric, stripped, None), pa.float64())
    bad = pc.and_(pc.invert(numeric), pc.not_equal(stripped, ""))
    made = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    beyond = np.isinf(made)  # written with an exponent that no number reaches
    return np.where(beyond, np.nan, made), bad.to_numpy(zero_copy_only=False) | beyond


def read_number(text: str) -> float:
    """The number that a text of the spec is, NaN where it is none.

    >>> read_number("2.50"), read_number("1_0")
    (2.5, nan)
    """
    bare = text.strip()
    number = float(bare) if _NUMBER.match(bare) else math.nan
    return math.nan if math.isinf(number) else number


def round_number(values: Numbers, digits: Numbers | int, mode: str) -> Numbers:
    """Round to ``digits`` decimals by a named mode, as if the numbers were decimals.

    ``half away`` (SAS's ROUND), ``half even``, ``up`` (away from zero), ``down`` (toward zero). A
    number whose nearest double lies a hair beside the tie counts as the tie.

    >>> round_number(np.array([2.675, -0.5, 1.5]), 0, "half away").tolist()
    [3.0, -1.0, 2.0]
    >>> float(round_number(np.array([2.675]), 2, "half away")[0])
    2.68
    """
    digits = np.asarray(digits, np.float64)
    up, down = np.power(10.0, np.maximum(digits, 0)), np.power(10.0, np.maximum(-digits, 0))
    size = np.abs(values)
    # beyond these sizes a scaled number says too little of its decimals, and at last nothing
    small, some = size < 2.0**43 * down / up, size < 2.0**52 * down / up
    scaled = np.where(small, size, 0.0) * up / down
    # wider than what binary representation and a short calculation lose, a difference of two
    # values of a transport file too; narrower than decimals of fourteen digits
    slack = scaled * 2.0**-47
    floor = np.floor(scaled)
    part = scaled - floor
    match mode:
        case "half away":
            result = floor + (part >= 0.5 - slack)
        case "half even":
            tie = np.abs(part - 0.5) <= slack
            result = floor + np.where(tie, np.mod(floor, 2) == 1, part > 0.5)
        case "up":
            result = np.where(part <= slack, floor, floor + 1)
        case "down":
            result = np.where(part >= 1 - slack, floor + 1, floor)
        case _:
            raise ValueError(f"unknown rounding mode {mode}")
    made = np.where(small, np.sign(values) * (result * down / up) + 0.0, values)
    if (some & ~small).any():
        rest = np.flatnonzero(some & ~small)
        each = np.broadcast_to(digits, np.shape(values))[rest]
        made[rest] = _round_decimals(values[rest], each, mode)
    return made


def round_significant(values: Numbers, digits: Numbers) -> Numbers:
    """Each number rounded half away from zero to decimals of its own.

    Powers of ten beyond 10**22 are not exact; the few numbers that need one are rounded as decimals.

    >>> round_significant(np.array([1234.0, 1.25e-24]), np.array([-2.0, 25.0])).tolist()
    [1200.0, 1.3e-24]
    """
    far = np.flatnonzero(np.abs(digits) > 22)
    made = round_number(values, np.where(np.abs(digits) > 22, 0, digits), "half away")
    if len(far):
        made[far] = _round_decimals(values[far], digits[far], "half away")
    return made


_DECIMAL_MODES = {
    "half away": ROUND_HALF_UP,
    "half even": ROUND_HALF_EVEN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
}


def _round_decimals(values: Numbers, digits: Numbers, mode: str) -> list[float]:
    """The few numbers that are very large in their units, each by decimal arithmetic."""
    return [
        float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-int(each)), _DECIMAL_MODES[mode]))
        for value, each in zip(values.tolist(), digits.tolist(), strict=True)
    ]
