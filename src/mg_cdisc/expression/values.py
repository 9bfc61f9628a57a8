"""What an expression evaluates to, and the vectorised helpers its functions share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.frame import Column, Index, Mask, Numbers, Text

NUMERIC = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"


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


class Notes(Protocol):
    """Takes what is wrong with single records while an expression is evaluated."""

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Records at fault; ``{value}`` in ``what`` stands for the text of each."""


class Silent:
    """Notes of no one: for evaluation that cannot fail, and for examples."""

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Refuse to lose a fault."""
        raise ValueError(f"{kind}: {what}")


def all_rows(rows: int) -> Mask:
    """A mask that is true everywhere, held once."""
    return np.broadcast_to(np.ones(1, bool), rows)


def across(texts: Sequence[Text], compute: Callable[[list[pa.StringArray]], pa.Array]) -> Text:
    """Apply a function of several texts to the distinct combinations that occur."""
    joint, picks = combinations(texts)
    arrays = [text.values.take(pa.array(pick)) for text, pick in zip(texts, picks, strict=True)]
    return Text.encode(compute(arrays)).expand(joint)


def combinations(texts: Sequence[Text]) -> tuple[Index, list[Index]]:
    """A code per row for the combination of texts, and per combination the code of each text."""
    rows = len(texts[0])
    sizes = [max(len(text.values), 1) for text in texts]
    span = 1
    combined: Index = np.zeros(1, np.int64)
    for text, size in zip(texts, sizes, strict=True):
        if span * size > 2**62:
            raise OverflowError("too many distinct texts in one function")
        span *= size
        combined = combined * size + (text.codes if size > 1 else np.int64(0))
    combined = np.broadcast_to(combined, rows) if len(combined) != rows else combined
    if span <= max(2 * rows, 64):
        seen = np.zeros(span, bool)
        seen[combined] = True
        uniques = np.flatnonzero(seen)
        number = np.cumsum(seen, dtype=np.int64) - 1
        joint = number[combined]
    else:
        joint, uniques = pd.factorize(np.ascontiguousarray(combined))
        joint = joint.astype(np.int64)
    picks: list[Index] = []
    rest = uniques.astype(np.int64)
    for size in reversed(sizes):
        picks.append(rest % size)
        rest = rest // size
    return joint, picks[::-1]


def number_text(values: Numbers) -> Text:
    """Numbers as the shortest decimal that reads back the same, never with an exponent.

    >>> number_text(np.array([1.0, 0.1, float("nan"), 1e-7]))
    Text(['1', '0.1', '', '0.0000001'])
    """
    codes, uniques = pd.factorize(values + 0.0, use_na_sentinel=True)
    texts = pc.cast(pa.array(uniques), pa.string())
    if pc.any(pc.match_substring(texts, "e")).as_py():
        texts = pa.array(
            [format(Decimal(repr(float(value))), "f").removesuffix(".0") for value in uniques],
            pa.string(),
        )
    texts = pa.concat_arrays([texts, pa.array([""], pa.string())])
    return Text.encode(texts).expand(np.where(codes < 0, len(uniques), codes))


def parse_numbers(values: pa.StringArray) -> tuple[Numbers, Mask]:
    """Numbers from distinct texts (NaN for blank), and where the text is no number."""
    stripped = pc.utf8_trim_whitespace(values)
    numeric = pc.match_substring_regex(stripped, NUMERIC)
    numbers = pc.cast(pc.if_else(numeric, stripped, None), pa.float64())
    bad = pc.and_(pc.invert(numeric), pc.not_equal(stripped, ""))
    return (
        numbers.to_numpy(zero_copy_only=False).astype(np.float64),
        bad.to_numpy(zero_copy_only=False),
    )


def read_number(text: str) -> float:
    """The number that a text of the spec is, NaN where it is none.

    >>> read_number("2.50"), read_number("1_0")
    (2.5, nan)
    """
    return float(parse_numbers(pa.array([text], pa.string()))[0][0])


def round_number(values: Numbers, digits: Numbers | int, mode: str) -> Numbers:
    """Round to ``digits`` decimals by a named mode, as if the numbers were decimals.

    ``half away`` (SAS's ROUND), ``half even``, ``up`` (away from zero), ``down`` (toward zero). A
    number whose nearest double lies a hair beside the tie counts as the tie.

    >>> round_number(np.array([2.675, -0.5, 1.5]), 0, "half away").tolist()
    [3.0, -1.0, 2.0]
    >>> float(round_number(np.array([2.675]), 2, "half away")[0])
    2.68
    """
    factor = np.power(10.0, digits)
    scaled = np.abs(values) * factor
    # one part in 10**13 is far wider than binary representation error and far narrower than data
    slack = np.maximum(scaled, 1.0) * 1e-13
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
    return np.sign(values) * result / factor
