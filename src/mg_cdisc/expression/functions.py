"""The functions of the expression language: one table, from name to meaning.

Each function says what it takes and gives, what it does with missing values, how it reads in
English, and an example that the tests run. ``if``, ``coalesce`` and the aggregates are evaluated
elsewhere, since they decide which records and groups are looked at; their entries stand here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc import dates
from mg_cdisc.dates.civil import EARLIEST, EARLIEST_DAY, LATEST, LATEST_DAY
from mg_cdisc.dates.partial import parse as parse_moments
from mg_cdisc.errors import nearest
from mg_cdisc.expression.nodes import ExpressionError, Type
from mg_cdisc.expression.values import (
    Notes,
    Truth,
    Value,
    across,
    combinations,
    number_text,
    parse_numbers,
    render_numbers,
    round_number,
)
from mg_cdisc.frame import Column, Mask, Numbers, Text, missing

TEXT = frozenset({Type.TEXT, Type.PARTIAL})
NUMBER = frozenset({Type.NUMBER})
DATE = frozenset({Type.DATE})
DATES = frozenset({Type.DATE, Type.DATETIME, Type.PARTIAL})
MOMENT = frozenset({Type.DATE, Type.DATETIME, Type.TIME, Type.PARTIAL})
CONDITION = frozenset({Type.CONDITION})
COLUMN = frozenset(Type) - CONDITION
SORTED = frozenset({Type.NUMBER, Type.DATE, Type.DATETIME, Type.TIME, Type.PARTIAL, Type.TEXT})

Compute = Callable[["Arguments"], Value]
Constants = Mapping[int, str | float]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a function is called with: values, their types, the records it is asked for."""

    values: tuple[Value, ...]
    types: tuple[Type, ...]
    rows: int
    active: Mask
    notes: Notes

    def text(self, index: int) -> Text:
        """An argument that is text."""
        return cast("Text", self.values[index])

    def number(self, index: int) -> Numbers:
        """An argument that is numeric."""
        return cast("Numbers", self.values[index])

    def constant(self, index: int) -> str:
        """The text of an argument that the typing has checked to be a constant."""
        return str(self.text(index).values[0].as_py())


@dataclass(frozen=True, slots=True)
class Function:
    """One entry of the table.

    ``takes`` lists the types allowed for each argument; the last repeats where ``many``;
    ``optional`` of the last arguments may be left out; ``constants`` are the positions that must
    be constants, and ``check`` refuses constants without meaning. ``gives`` is the result's type,
    or a function of the arguments' types. ``english`` has one wording for each number of optional
    arguments where they differ.
    """

    takes: tuple[frozenset[Type], ...]
    gives: Type | Callable[[Sequence[Type]], Type]
    doc: str
    english: str | tuple[str, ...]
    example: tuple[str, object] | None = None
    compute: Compute | None = None
    many: bool = False
    optional: int = 0
    constants: frozenset[int] = frozenset()
    aggregate: bool = False
    check: Callable[[Constants], None] | None = None

    def sentence(self, parts: Sequence[str]) -> str:
        """How a call with these arguments reads."""
        wording = self.english
        if not isinstance(wording, str):
            wording = wording[len(parts) - (len(self.takes) - self.optional)]
        return wording.format(*parts, all=", ".join(parts))

    def result(self, types: Sequence[Type]) -> Type:
        """The result's type for these arguments."""
        return self.gives if isinstance(self.gives, Type) else self.gives(types)


def _first_type(types: Sequence[Type]) -> Type:
    return types[0]


def _one_type(types: Sequence[Type]) -> Type:
    if len(set(types)) > 1:
        mixed = " and ".join(f"a {kind}" for kind in dict.fromkeys(types))
        raise ExpressionError(f"the arguments mix {mixed}", "Give every argument one type.")
    return types[0]


def _whole(position: int, what: str, low: int, high: int) -> Callable[[Constants], None]:
    """Refuses a constant that is no whole number between two limits."""

    def check(constants: Constants) -> None:
        value = constants.get(position, low)
        if not isinstance(value, float | int) or value != int(value) or not low <= value <= high:
            raise ExpressionError(
                f"{what} is {value:g}, which has no meaning",
                f"Write a whole number from {low} to {high}.",
            )

    return check


def _check_substr(constants: Constants) -> None:
    _whole(1, "the position", 1, 32767)(constants)
    _whole(2, "the length", 0, 32767)(constants)


def _check_word(constants: Constants) -> None:
    if constants[1] == "":
        raise ExpressionError("the separator is blank", "Write the text that parts are split at.")
    if constants[2] == 0:
        raise ExpressionError("there is no part 0", "The first part is 1, the last is -1.")
    _whole(2, "the number of the part", -99, 99)(constants)


def _check_replace(constants: Constants) -> None:
    if constants[1] == "":
        raise ExpressionError("the text to replace is blank", "Write the text that is replaced.")


def _check_round(constants: Constants) -> None:
    _whole(1, "the number of decimals", -12, 12)(constants)
    mode = str(constants.get(2, ROUNDING[0]))
    if mode not in ROUNDING:
        listed = ", ".join(f"'{each}'" for each in ROUNDING)
        raise ExpressionError(
            f"there is no rounding mode '{mode}'", nearest(mode, ROUNDING) or f"Modes: {listed}."
        )


def _check_divisor(constants: Constants) -> None:
    if float(constants.get(2, 1)) <= 0:
        raise ExpressionError("the divisor must be above 0", "Write the days of a month.")


def _check_pattern(constants: Constants) -> None:
    pattern = str(constants[1])
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).partition(": ")[2] or str(error)
        raise ExpressionError(
            f"'{pattern}' is no pattern: {reason}", "Patterns are written as in RE2."
        ) from error


def _check_extract(constants: Constants) -> None:
    _check_pattern(constants)
    if re.search(r"(?<!\\)(?:\\\\)*\((?!\?)", str(constants[1])):
        raise ExpressionError(
            f"'{constants[1]}' has a group without a name",
            "Write (?P<name>...) for the part that is wanted, (?:...) for any other group.",
        )


def _text(compute: Callable[[pa.StringArray], pa.Array]) -> Compute:
    return lambda call: call.text(0).map(compute)


def _test(compute: Callable[[Text, str], Mask]) -> Compute:
    return lambda call: Truth.known(compute(call.text(0), call.constant(1)))


def _numeric(compute: Callable[[Numbers], Numbers]) -> Compute:
    return lambda call: compute(call.number(0))


def _concat(call: Arguments) -> Value:
    texts = [cast("Text", value) for value in call.values]
    return across(texts, lambda parts: pc.binary_join_element_wise(*parts, ""))


def _missing(call: Arguments) -> Value:
    return Truth.known(missing(cast("Column", call.values[0])))


def _substr(call: Arguments) -> Value:
    start = int(call.number(1)[0]) - 1 if call.rows else 0
    length = int(call.number(2)[0]) if len(call.values) > 2 and call.rows else None
    stop = None if length is None else start + length
    return call.text(0).map(lambda values: pc.utf8_slice_codeunits(values, start, stop))


def _word(call: Arguments) -> Value:
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


def _extract(call: Arguments) -> Value:
    pattern = call.constant(1)

    def pick(values: pa.StringArray) -> pa.Array:
        found = pc.extract_regex(values, f"(?P<found>{pattern})")
        inner = pc.extract_regex(values, pattern) if "(?P<" in pattern else found
        return pc.fill_null(pc.struct_field(inner, [0]), "")

    return call.text(0).map(pick)


def _propcase(values: pa.StringArray) -> pa.Array:
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


def _pad(call: Arguments) -> Value:
    width = int(call.number(1)[0]) if call.rows else 1

    def pad(values: pa.StringArray) -> pa.Array:
        padded = pc.utf8_lpad(pc.utf8_trim_whitespace(values), width, "0")
        return pc.if_else(pc.equal(values, ""), "", padded)

    return call.text(0).map(pad)


def _number(call: Arguments) -> Value:
    text = call.text(0)
    numbers, bad = parse_numbers(text.values)
    if bad.any():
        call.notes.report(
            "not-a-number",
            text.spread(bad) & call.active,
            text,
            "{value!r} is not a number",
            "Test it with is_number(), recode it, or query the site.",
        )
    return text.spread(numbers)


def _is_number(call: Arguments) -> Value:
    text = call.text(0)
    numbers, bad = parse_numbers(text.values)
    return Truth.known(text.spread(~bad & ~np.isnan(numbers)))


def _to_text(call: Arguments) -> Value:
    numbers = call.number(0)
    if len(call.values) == 1:
        return number_text(numbers)
    decimals = int(call.number(1)[0]) if call.rows else 0

    def render(values: Numbers) -> pa.Array:
        return pa.array([f"{value:.{decimals}f}" for value in values], pa.string())

    return render_numbers(round_number(numbers, decimals, "half away"), render)


def _round(call: Arguments) -> Value:
    digits: Any = call.number(1) if len(call.values) > 1 else 0
    mode = call.constant(2) if len(call.values) > 2 else "half away"
    return round_number(call.number(0), digits, mode)


def _extreme(pick: Callable[[Numbers, Numbers], Numbers]) -> Compute:
    def compute(call: Arguments) -> Value:
        result = call.number(0)
        for index in range(1, len(call.values)):
            result = pick(result, call.number(index))
        return result

    return compute


def as_partial(value: Value, kind: Type) -> Text:
    """Any moment as ISO 8601 text; blank where a number is no moment of the years 1 to 9999."""
    if isinstance(value, Text):
        return value
    numbers = cast("Numbers", value)
    low, high = _RANGE[kind]
    render = {Type.DATE: dates.from_date, Type.DATETIME: dates.from_datetime}.get(
        kind, dates.from_time
    )
    held = np.where((numbers >= low) & (numbers <= high), numbers, np.nan)
    return render_numbers(held, render)


def _date(call: Arguments) -> Value:
    if call.types[0] is Type.DATE:
        return call.number(0)
    if call.types[0] is Type.DATETIME:
        return np.floor(call.number(0) / 86400.0)
    return call.text(0).spread(dates.to_date(call.text(0).values))


def _datetime(call: Arguments) -> Value:
    if call.types[0] is Type.DATETIME:
        return call.number(0)
    if call.types[0] is Type.DATE:
        return call.number(0) * 86400.0
    return call.text(0).spread(dates.to_datetime(call.text(0).values))


def _time(call: Arguments) -> Value:
    if call.types[0] is Type.TIME:
        return call.number(0)
    if call.types[0] is Type.DATETIME:
        return np.mod(call.number(0), 86400.0)
    return call.text(0).spread(dates.to_time(call.text(0).values))


def _iso(call: Arguments) -> Value:
    text = as_partial(call.values[0], call.types[0])
    if not call.types[0].stored_as_text:
        lost = text.blank & ~np.isnan(call.number(0)) & call.active
        if lost.any():
            call.notes.report(
                "not-a-date", lost, number_text(call.number(0)),
                f"{{value}} is no SAS {call.types[0]} of the years 1 to 9999",
                "Correct what it is calculated from.",
            )  # fmt: skip
    return iso_text(text, call.notes, call.active) if call.types[0] is Type.TEXT else text


def iso_text(text: Text, notes: Notes, active: Mask) -> Text:
    """Text that must be ISO 8601 or blank: made blank, and a finding, where it is not."""
    good = dates.is_iso8601(text.values)
    good |= pc.equal(text.values, "").to_numpy(zero_copy_only=False)  # missing is no fault
    if good.all():
        return text
    notes.report(
        "not-iso8601", text.spread(~good) & active, text, "{value!r} is not an ISO 8601 date",
        "Read it with iso8601 and its format.",
    )  # fmt: skip
    return text.map(lambda values: pc.if_else(pa.array(good), values, ""))


def _date_part(call: Arguments) -> Value:
    text = as_partial(call.values[0], call.types[0])
    return text.map(lambda values: pc.replace_substring_regex(values, "(-----)?T.*$", ""))


def _days(call: Arguments, index: int) -> Numbers:
    one = Arguments((call.values[index],), (call.types[index],), call.rows, call.active, call.notes)
    return cast("Numbers", _date(one))


def _study_day(call: Arguments) -> Value:
    return dates.study_day(_days(call, 0), _days(call, 1))


def _age(call: Arguments) -> Value:
    return _per_pair(call, dates.age)


def _per_pair(
    call: Arguments, compute: Callable[[pa.StringArray, pa.StringArray], Numbers]
) -> Numbers:
    texts = [as_partial(call.values[i], call.types[i]) for i in (0, 1)]
    joint, picks = combinations(texts)
    arrays = [text.values.take(pa.array(pick)) for text, pick in zip(texts, picks, strict=True)]
    return compute(*arrays)[joint]


def _months(call: Arguments) -> Value:
    divisor: Any = call.number(2) if len(call.values) > 2 else 30.4375
    return (_days(call, 1) - _days(call, 0)) / divisor


def _part(position: int) -> Compute:
    def compute(call: Arguments) -> Value:
        text = as_partial(call.values[0], call.types[0])
        part = parse_moments(text.values).fields[position].astype(np.float64)
        return text.spread(np.where(part < 0, np.nan, part))

    return compute


def _precision(call: Arguments) -> Value:
    text = as_partial(call.values[0], call.types[0])
    words = pa.array(["", *dates.PRECISIONS, "second"], pa.string())
    precision = dates.bounds(text.values)[2]
    return Text.encode(words.take(pa.array(precision.astype(np.int64)))).expand(text.codes)


def _matches(text: Text, pattern: str) -> Mask:
    return text.where(lambda values: pc.match_substring_regex(values, f"^(?:{pattern})$"))


REPORTING = frozenset({"number", "iso"})
"""Functions that can find fault with a record."""
ROUNDING = ("half away", "half even", "up", "down")
_RANGE = {
    Type.DATE: (EARLIEST_DAY, LATEST_DAY + 0.5),
    Type.DATETIME: (EARLIEST, LATEST - 1),
    Type.TIME: (0, 86399),
}
T, N, D, P, C = Type.TEXT, Type.NUMBER, Type.DATE, Type.PARTIAL, Type.CONDITION

FUNCTIONS: dict[str, Function] = {
    "if": Function(
        (CONDITION, COLUMN, COLUMN),
        lambda types: types[1],
        "the second where the condition holds, else the third (or missing); undecided gives missing",
        ("{1} if {0}, otherwise missing", "{1} if {0}, otherwise {2}"),
        ("if(1 < 2, 'a', 'b')", "a"),
        optional=1,
    ),
    "coalesce": Function(
        (COLUMN,),
        _first_type,
        "the first that is not missing",
        "the first non-missing of {all}",
        ("coalesce('', 'b')", "b"),
        many=True,
    ),
    "missing": Function(
        (COLUMN,), C, "whether blank or missing", "{0} is missing", ("missing('')", True), _missing
    ),
    "undecided": Function(
        (CONDITION,), C, "whether a condition cannot be decided for want of known parts",
        "it is not known whether {0}", ("undecided(iso('2025') < iso('2025-03'))", True),
        lambda call: Truth.known(cast("Truth", call.values[0]).undecided),
    ),
    "concat": Function(
        (TEXT,), T, "texts joined; a blank adds nothing", "{all} concatenated",
        ("concat('a', '-', 'b')", "a-b"), _concat, many=True,
    ),
    "upper": Function(
        (TEXT,), T, "upper case", "{0} in upper case", ("upper('aB')", "AB"), _text(pc.utf8_upper)
    ),
    "lower": Function(
        (TEXT,), T, "lower case", "{0} in lower case", ("lower('aB')", "ab"), _text(pc.utf8_lower)
    ),
    "propcase": Function(
        (TEXT,), T, "each word capitalised, the rest lower case", "{0} in proper case",
        ("propcase('HEAD-ACHE of o''hara')", "Head-Ache Of O'hara"), _text(_propcase),
    ),
    "trim": Function(
        (TEXT,), T, "without blanks around", "{0} without surrounding blanks",
        ("trim('  a b ')", "a b"), _text(pc.utf8_trim_whitespace),
    ),
    "squeeze": Function(
        (TEXT,), T, "without blanks around, runs of blanks as one", "{0} with runs of blanks as one",
        ("squeeze(' a   b ')", "a b"),
        _text(lambda v: pc.replace_substring_regex(pc.utf8_trim_whitespace(v), r"\s+", " ")),
    ),
    "substr": Function(
        (TEXT, NUMBER, NUMBER), T, "from a position (1 is the first), of a length",
        ("the characters of {0} from {1} on", "the characters of {0} from {1}, length {2}"),
        ("substr('abcdef', 2, 3)", "bcd"), _substr, optional=1, constants=frozenset({1, 2}),
        check=_check_substr,
    ),
    "word": Function(
        (TEXT, TEXT, NUMBER), T, "the n-th part between separators, from the end if negative",
        "part {2} of {0} split at {1}", ("word('a-b-c', '-', -1)", "c"), _word,
        constants=frozenset({1, 2}), check=_check_word,
    ),
    "replace": Function(
        (TEXT, TEXT, TEXT), T, "one text replaced by another everywhere", "{0} with {1} replaced by {2}",
        ("replace('a.b', '.', '-')", "a-b"),
        lambda call: call.text(0).map(
            lambda v: pc.replace_substring(v, call.constant(1), call.constant(2))
        ),
        constants=frozenset({1, 2}), check=_check_replace,
    ),
    "extract": Function(
        (TEXT, TEXT), T, "the part that fits a pattern (RE2), blank where none does",
        "the part of {0} that fits {1}", ("extract('AE 012 x', '[0-9]+')", "012"), _extract,
        constants=frozenset({1}), check=_check_extract,
    ),
    "pad": Function(
        (TEXT, NUMBER), T, "zeros added in front up to a width; blank stays blank",
        "{0} padded with zeros to {1} characters", ("pad('7', 3)", "007"), _pad,
        constants=frozenset({1}), check=_whole(1, "the width", 1, 200),
    ),
    "length": Function(
        (TEXT,), N, "the number of characters", "the length of {0}", ("length('abc')", 3.0),
        lambda call: call.text(0).spread(
            pc.utf8_length(call.text(0).values).to_numpy(zero_copy_only=False).astype(np.float64)
        ),
    ),
    "contains": Function(
        (TEXT, TEXT), C, "whether a text occurs in it", "{0} contains {1}",
        ("contains('abc', 'bc')", True),
        _test(lambda text, part: text.where(lambda v: pc.match_substring(v, part))),
        constants=frozenset({1}),
    ),
    "starts_with": Function(
        (TEXT, TEXT), C, "whether it begins so", "{0} begins with {1}",
        ("starts_with('abc', 'ab')", True),
        _test(lambda text, part: text.where(lambda v: pc.starts_with(v, part))),
        constants=frozenset({1}),
    ),
    "ends_with": Function(
        (TEXT, TEXT), C, "whether it ends so", "{0} ends with {1}", ("ends_with('abc', 'bc')", True),
        _test(lambda text, part: text.where(lambda v: pc.ends_with(v, part))),
        constants=frozenset({1}),
    ),
    "matches": Function(
        (TEXT, TEXT), C, "whether the whole text fits a pattern (RE2)", "{0} fits the pattern {1}",
        ("matches('A12', '[A-Z][0-9]+')", True), _test(_matches), constants=frozenset({1}),
        check=_check_pattern,
    ),
    "number": Function(
        (TEXT,), N, "the number a text holds, missing if blank; any other text is a finding",
        "{0} as a number", ("number('007.50')", 7.5), _number,
    ),
    "is_number": Function(
        (TEXT,), C, "whether a text holds a number", "{0} is a number", ("is_number('<5')", False),
        _is_number,
    ),
    "text": Function(
        (NUMBER, NUMBER), T, "a number as its shortest decimal, or with a number of decimals",
        ("{0} as text", "{0} as text with {1} decimals"), ("text(2.50)", "2.5"), _to_text,
        optional=1, constants=frozenset({1}), check=_whole(1, "the number of decimals", 0, 12),
    ),
    "abs": Function((NUMBER,), N, "without its sign", "the absolute value of {0}", ("abs(-2)", 2.0),
                    _numeric(np.abs)),
    "floor": Function((NUMBER,), N, "the next whole number below", "{0} rounded down",
                      ("floor(-1.5)", -2.0), _numeric(np.floor)),
    "ceil": Function((NUMBER,), N, "the next whole number above", "{0} rounded up",
                     ("ceil(1.2)", 2.0), _numeric(np.ceil)),
    "round": Function(
        (NUMBER, NUMBER, TEXT), N,
        "rounded to decimals by a mode: 'half away' (SAS's), 'half even', 'up', 'down'",
        ("{0} rounded to a whole number", "{0} rounded to {1} decimals",
         "{0} rounded to {1} decimals by the rule {2}"),
        ("round(2.675, 2)", 2.68), _round, optional=2, constants=frozenset({1, 2}),
        check=_check_round,
    ),
    "least": Function(
        (NUMBER | DATE | frozenset({Type.DATETIME}),), _one_type,
        "the smallest that is not missing", "the smallest of {all}", ("least(3, 2)", 2.0),
        _extreme(np.fmin), many=True,
    ),
    "greatest": Function(
        (NUMBER | DATE | frozenset({Type.DATETIME}),), _one_type,
        "the largest that is not missing", "the largest of {all}", ("greatest(3, 2)", 3.0),
        _extreme(np.fmax), many=True,
    ),
    "iso": Function(
        (MOMENT | TEXT,), P, "as ISO 8601 text; text that is no such date is a finding",
        "{0} in ISO 8601 format", ("iso('2025-03')", "2025-03"), _iso,
    ),
    "date": Function(
        (DATES,), D, "the date, missing where day, month or year is unknown", "the date of {0}",
        ("text(date(iso('1960-01-02')) - date(iso('1960-01-01')))", "1"), _date,
    ),
    "datetime": Function(
        (DATES,), Type.DATETIME, "the date and time, missing where either is incomplete",
        "the date/time of {0}",
        ("text(datetime(iso('1960-01-01T00:01')) - datetime(iso('1960-01-01T00:00')))", "60"),
        _datetime,
    ),
    "time": Function(
        (frozenset({Type.TIME, Type.DATETIME, Type.PARTIAL}),), Type.TIME,
        "the time of day, missing where there is none", "the time of {0}",
        ("text(time(iso('1960-01-01T00:02:30')) - time(iso('2025-12-31T00:01')))", "90"), _time,
    ),
    "date_part": Function(
        (DATES,), P, "the ISO 8601 text without its time", "the date part of {0}",
        ("date_part(iso('2025-03-01T10:00'))", "2025-03-01"), _date_part,
    ),
    "study_day": Function(
        (DATES, DATES), N,
        "days from the reference, plus 1 on or after it: no day 0; missing unless both are complete",
        "the study day of {0} relative to {1} (day 1 on that date; no day 0)",
        ("study_day(iso('2025-03-01'), iso('2025-03-02'))", -1.0), _study_day,
    ),
    "age": Function(
        (DATES, DATES), N, "completed years between two dates; missing where it cannot be decided",
        "the completed years from {0} to {1}", ("age(iso('2000-06'), iso('2025-03-01'))", 24.0), _age,
    ),
    "months": Function(
        (DATES, DATES, NUMBER), N, "months between two dates: days divided by 30.4375 or a divisor",
        ("the months from {0} to {1} (days divided by 30.4375)",
         "the months from {0} to {1} (days divided by {2})"),
        ("months(iso('2025-01-01'), iso('2025-01-31'), 30)", 1.0),
        _months, optional=1, constants=frozenset({2}), check=_check_divisor,
    ),
    "year": Function((DATES,), N, "the year", "the year of {0}", ("year(iso('2025-03'))", 2025.0),
                     _part(0)),
    "month": Function((DATES,), N, "the month, missing where unknown", "the month of {0}",
                      ("month(iso('2025-03'))", 3.0), _part(1)),
    "day": Function((DATES,), N, "the day of the month, missing where unknown", "the day of {0}",
                    ("day(iso('2025-03-09'))", 9.0), _part(2)),
    "precision": Function(
        (MOMENT,), T, "'year', 'month', 'day', 'hour', 'minute', 'second', or blank",
        "the precision of {0}", ("precision(iso('2025-03'))", "month"), _precision,
    ),
    "count": Function(
        (COLUMN | CONDITION,), N,
        "records of the group, or those where it is not missing, or where a condition is true",
        ("the number of records", "the number of records with {0}"), optional=1, aggregate=True,
    ),
    "count_distinct": Function((COLUMN,), N, "different values that are not missing",
                               "the number of different values of {0}", aggregate=True),
    "sum": Function((NUMBER,), N, "the sum of what is not missing; missing where nothing is",
                    "the sum of {0}", aggregate=True),
    "mean": Function((NUMBER,), N, "the mean of what is not missing", "the mean of {0}",
                     aggregate=True),
    "min": Function((SORTED,), _first_type, "the smallest or earliest that is not missing",
                    "the earliest or smallest {0}", aggregate=True),
    "max": Function((SORTED,), _first_type, "the largest or latest that is not missing",
                    "the latest or largest {0}", aggregate=True),
    "any": Function((CONDITION,), C, "whether the condition is true for some record",
                    "{0} for at least one record", aggregate=True),
    "every": Function((CONDITION,), C, "whether it is true for every record (and there is one)",
                      "{0} for every record", aggregate=True),
}  # fmt: skip
