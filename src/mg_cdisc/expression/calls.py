"""How functions of texts and numbers are computed: on distinct values where that saves work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.expression.nodes import Type
from mg_cdisc.expression.values import (
    Notes,
    Truth,
    Value,
    across,
    number_text,
    parse_numbers,
    render_numbers,
    round_number,
    round_significant,
)
from mg_cdisc.frame import Column, Mask, Numbers, Text, missing

Compute = Callable[["Arguments"], Value]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a function is called with: values, their types, the records it is asked for.

    ``names`` are the columns that the values are made from, for messages.
    """

    values: tuple[Value, ...]
    types: tuple[Type, ...]
    rows: int
    active: Mask
    notes: Notes
    names: tuple[str, ...] = ()

    def text(self, index: int) -> Text:
        """An argument that is text."""
        return cast("Text", self.values[index])

    def number(self, index: int) -> Numbers:
        """An argument that is numeric."""
        return cast("Numbers", self.values[index])

    def constant(self, index: int) -> str:
        """The text of an argument that the typing has checked to be a constant."""
        return str(self.text(index).values[0].as_py())


def of_text(compute: Callable[[pa.StringArray], pa.Array]) -> Compute:
    return lambda call: call.text(0).map(compute)


def of_test(compute: Callable[[Text, str], Mask]) -> Compute:
    return lambda call: Truth.known(compute(call.text(0), call.constant(1)))


def of_number(compute: Callable[[Numbers], Numbers]) -> Compute:
    return lambda call: compute(call.number(0))


def of_finite(compute: Callable[..., Numbers]) -> Compute:
    """A function of numbers that is missing where it has no value."""

    def made(call: Arguments) -> Value:
        with np.errstate(all="ignore"):
            result = compute(*(call.number(index) for index in range(len(call.values))))
        return np.where(np.isfinite(result), result, np.nan)

    return made


def raised(base: Numbers, exponent: Numbers) -> Numbers:
    """Powers; of a missing number none, where numpy has 1 for an exponent of 0."""
    return np.where(np.isnan(base) | np.isnan(exponent), np.nan, np.power(base, exponent))


def compute_concat(call: Arguments) -> Value:
    texts = [cast("Text", value) for value in call.values]
    return across(texts, lambda parts: pc.binary_join_element_wise(*parts, ""))


def compute_missing(call: Arguments) -> Value:
    return Truth.known(missing(cast("Column", call.values[0])))


def compute_undecided(call: Arguments) -> Value:
    return Truth.known(cast("Truth", call.values[0]).undecided)


def compute_substr(call: Arguments) -> Value:
    start = int(call.number(1)[0]) - 1 if call.rows else 0
    length = int(call.number(2)[0]) if len(call.values) > 2 and call.rows else None
    stop = None if length is None else start + length
    return call.text(0).map(lambda values: pc.utf8_slice_codeunits(values, start, stop))


def compute_word(call: Arguments) -> Value:
    number = int(call.number(2)[0]) if call.rows else 1
    separator = call.constant(1)

    def pick(values: pa.StringArray) -> pa.Array:
        parts = pc.split_pattern(values, separator)
        lengths = pc.list_value_length(parts).to_numpy(zero_copy_only=False)
        position = number - 1 if number > 0 else lengths + number
        has = (position >= 0) & (position < lengths)
        starts = parts.offsets.to_numpy(zero_copy_only=False)[:-1]
        index = pa.array(np.where(has, starts + position, 0), mask=~np.asarray(has))
        return pc.fill_null(parts.values.take(index), "")

    return call.text(0).map(pick)


def compute_extract(call: Arguments) -> Value:
    pattern = call.constant(1)

    def pick(values: pa.StringArray) -> pa.Array:
        found = pc.extract_regex(values, f"(?P<found>{pattern})")
        inner = pc.extract_regex(values, pattern) if "(?P<" in pattern else found
        return pc.fill_null(pc.struct_field(inner, [0]), "")

    return call.text(0).map(pick)


def compute_propcase(values: pa.StringArray) -> pa.Array:
    # SAS's PROPCASE capitalises after these characters, not after an apostrophe
    lowered = pc.utf8_lower(values)
    separators = " \t\n/-(."
    pieces = [str(text) for text in lowered.to_pylist()]
    made = [
        "".join(
            letter.upper() if i == 0 or text[i - 1] in separators else letter
            for i, letter in enumerate(text)
        )
        for text in pieces
    ]
    return pa.array(made, pa.string())


def compute_translate(call: Arguments) -> Value:
    """A text that is not ASCII as its entry has it; one without entry stays, and is a finding."""
    text, known = call.text(0), call.notes.translations
    foreign = ~pc.string_is_ascii(text.values).to_numpy(zero_copy_only=False)
    if known is None or not foreign.any():
        return text
    asked = np.bincount(text.codes[call.active], minlength=len(text.values)) > 0
    values = text.values.to_pylist()
    english = list(values)
    lacking = np.zeros(len(values), bool)
    for position in np.flatnonzero(foreign & asked).tolist():
        found = known.english(values[position])
        lacking[position] = found is None
        english[position] = values[position].strip() if found is None else found
    if lacking.any():
        call.notes.report(
            "untranslated",
            text.spread(lacking) & call.active,
            text,
            f"{', '.join(call.names) or 'the text'} = {{value!r}} has no translation",
            "Add its English to translations.yaml.",
        )
    return text.map(lambda _: pa.array(english, pa.string()))


def compute_pad(call: Arguments) -> Value:
    width = int(call.number(1)[0]) if call.rows else 1

    def pad(values: pa.StringArray) -> pa.Array:
        padded = pc.utf8_lpad(pc.utf8_trim_whitespace(values), width, "0")
        return pc.if_else(pc.equal(values, ""), "", padded)

    return call.text(0).map(pad)


def compute_number(call: Arguments) -> Value:
    text = call.text(0)
    numbers, bad = parse_numbers(text.values)
    if bad.any():
        call.notes.report(
            "not-a-number",
            text.spread(bad) & call.active,
            text,
            f"{', '.join(call.names) or 'the text'} = {{value!r}} is not a number",
            "Test it with is_number(), recode it, or query the site.",
        )
    return text.spread(numbers)


def compute_is_number(call: Arguments) -> Value:
    text = call.text(0)
    numbers, bad = parse_numbers(text.values)
    return Truth.known(text.spread(~bad & ~np.isnan(numbers)))


def compute_to_text(call: Arguments) -> Value:
    numbers = call.number(0)
    if len(call.values) == 1:
        return number_text(numbers)
    decimals = int(call.number(1)[0]) if call.rows else 0

    def render(values: Numbers) -> pa.Array:
        return pa.array([f"{value:.{decimals}f}" for value in values], pa.string())

    return render_numbers(round_number(numbers, decimals, "half away"), render)


def compute_round(call: Arguments) -> Value:
    digits: Any = call.number(1) if len(call.values) > 1 else 0
    mode = call.constant(2) if len(call.values) > 2 else "half away"
    return round_number(call.number(0), digits, mode)


def compute_significant(call: Arguments) -> Value:
    """Rounded to significant digits: decimals counted from the first digit that is not 0."""
    numbers = call.number(0)
    if not call.rows:
        return numbers
    size = np.abs(numbers)
    known = np.isfinite(numbers) & (size > 0)
    first = np.floor(np.log10(size, out=np.zeros(len(size)), where=known))
    return round_significant(numbers, int(call.number(1)[0]) - 1 - first)


def compute_extreme(pick: Callable[[Numbers, Numbers], Numbers]) -> Compute:
    def compute(call: Arguments) -> Value:
        result = call.number(0)
        for index in range(1, len(call.values)):
            result = pick(result, call.number(index))
        return result

    return compute


def fits(text: Text, pattern: str) -> Mask:
    return text.where(lambda values: pc.match_substring_regex(values, f"^(?:{pattern})$"))
