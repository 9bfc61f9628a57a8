"""Whether two values are the same: exactly, or within a tolerance; and how a value is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Column, Index, Mask, Numbers, Text, merge_values, take
from mg_cdisc.transport import MOMENTS, XptFormat, missing_letters
from mg_cdisc.transport.dataset_json import TO_NUMBER, TO_TEXT

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Two numbers are the same where they differ by no more than ``absolute``, or by no more than
    ``relative`` of the larger of them."""

    absolute: float = 0.0
    relative: float = 0.0


def differing(old: Column, new: Column, tolerance: Tolerance) -> Mask:
    """Where two columns of as many records differ.

    Missing equals missing; a special missing (``.A``) equals only itself. A text beside a number is
    compared with the number written out.

    >>> differing(np.array([1.0, np.nan, 2.0]), np.array([1.0, np.nan, 2.1]), Tolerance(0.2)).tolist()
    [False, False, False]
    >>> differing(Text.of(["1", "A"]), np.array([1.0, np.nan]), Tolerance()).tolist()
    [False, True]
    """
    if isinstance(old, Text) or isinstance(new, Text):
        one = old if isinstance(old, Text) else number_text(old)
        other = new if isinstance(new, Text) else number_text(new)
        if one.values is other.values:
            return np.asarray(one.codes != other.codes)
        _, (first, second) = merge_values([one, other])
        return np.asarray(first[one.codes] != second[other.codes])
    same = old == new
    if not same.all():
        gone = np.isnan(old) & np.isnan(new)
        if gone.any():
            gone[gone] = missing_letters(old[gone]) == missing_letters(new[gone])
        same |= gone
        left = np.flatnonzero(~same)
        if len(left) and (tolerance.absolute or tolerance.relative):
            one_, other_ = old[left], new[left]
            far = np.abs(one_ - other_)  # missing beside a number stays different
            largest = np.maximum(np.abs(one_), np.abs(other_))
            same[left] = (far <= tolerance.absolute) | (far <= tolerance.relative * largest)
    return np.asarray(~same)


def distances(old: Column, new: Column) -> tuple[float, float]:
    """The largest absolute and relative difference of numbers; 0 of text and of missings.

    >>> distances(np.array([1.0, 4.0]), np.array([2.0, np.nan]))
    (1.0, 0.5)
    """
    if isinstance(old, Text) or isinstance(new, Text):
        return 0.0, 0.0
    known = ~(np.isnan(old) | np.isnan(new))
    far = np.abs(old[known] - new[known])
    if not len(far):
        return 0.0, 0.0
    largest = np.maximum(np.abs(old[known]), np.abs(new[known]))
    relative = np.divide(far, largest, out=np.zeros_like(far), where=largest > 0)
    return float(far.max()), float(relative.max())


def as_written(column: Column, rows: Index, format_: str) -> list[str]:
    """Values as a person reads them: dates by their format as ISO 8601, special missings as .A.

    >>> as_written(np.array([0.0, 1.5]), np.array([0, 1]), "")
    ['0', '1.5']
    >>> as_written(np.array([0.0]), np.array([0]), "DATE9.")
    ['1960-01-01']
    """
    picked = take(column, rows)
    if isinstance(picked, Text):
        return picked.to_list()
    texts = _moments(picked, format_)
    if texts is None:
        texts = number_text(picked).to_list()
    letters = missing_letters(picked)
    return [
        f".{chr(letter)}" if letter else text
        for text, letter in zip(texts, letters.tolist(), strict=True)
    ]


def _moments(values: Numbers, format_: str) -> list[str] | None:
    parsed = XptFormat.parse(format_)
    kind = MOMENTS.get(parsed.name) if parsed is not None else None
    known = values[~np.isnan(values)]
    if kind is None or (known != np.trunc(known)).any():
        return None
    try:
        return list(TO_TEXT[kind](values).fill_null("").to_pylist())
    except ValueError:  # outside the years 1 to 9999
        return None


def as_column(text: Text, beside: Column, format_: str) -> Column:
    """A column of a file without types as the type that it has beside: numbers, or dates in ISO 8601.

    It stays text where a value is no such number. ``.`` and blank are missing.

    >>> as_column(Text.of(["1", "", "2.50"]), np.zeros(3), "").tolist()
    [1.0, nan, 2.5]
    """
    if isinstance(beside, Text):
        return text
    values = text.values
    gone = pc.or_(pc.equal(values, ""), pc.equal(values, "."))
    plain = pc.match_substring_regex(values, _NUMBER)
    if pc.all(pc.or_(gone, plain)).as_py():
        return _spread(pc.if_else(gone, "nan", values).cast(pa.float64()), text)
    parsed = XptFormat.parse(format_)
    kind = MOMENTS.get(parsed.name) if parsed is not None else None
    if kind is not None:
        numbers = TO_NUMBER[kind](values)
        if not (np.isnan(numbers) & ~np.asarray(gone)).any():
            return np.asarray(numbers[text.codes], np.float64)
    return text


def _spread(values: pa.Array, text: Text) -> Numbers:
    return np.asarray(values.to_numpy(zero_copy_only=False)[text.codes], np.float64)
