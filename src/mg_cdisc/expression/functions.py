"""The functions of the expression language: one table, from name to meaning.

Each function says what it takes and gives, what it does with missing values, how it reads in
English, and an example that the tests run. ``if``, ``coalesce`` and the aggregates are evaluated
elsewhere, since they decide which records and groups are looked at; their entries stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from mg_cdisc.expression import calls, constants, moments, pieces
from mg_cdisc.expression.calls import Compute
from mg_cdisc.expression.constants import Constants
from mg_cdisc.expression.nodes import ExpressionError, Type

TEXT = frozenset({Type.TEXT, Type.PARTIAL})
NUMBER = frozenset({Type.NUMBER})
DATE = frozenset({Type.DATE})
DATES = frozenset({Type.DATE, Type.DATETIME, Type.PARTIAL})
MOMENT = frozenset({Type.DATE, Type.DATETIME, Type.TIME, Type.PARTIAL})
CONDITION = frozenset({Type.CONDITION})
COLUMN = frozenset(Type) - CONDITION
SORTED = frozenset({Type.NUMBER, Type.DATE, Type.DATETIME, Type.TIME, Type.PARTIAL, Type.TEXT})


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


TRANSLATED = ", translated into English by the study's list of translations"
"""What a sentence says of a text that is translated."""
DATA_CUT = "data_cut"
"""The function without arguments whose value is the study's."""
REPORTING = frozenset({"number", "iso", "translate"})
"""Functions that can find fault with a record."""
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
        (COLUMN,), C, "whether blank or missing", "{0} is missing", ("missing('')", True), calls.compute_missing
    ),
    "undecided": Function(
        (CONDITION,), C, "whether a condition cannot be decided for want of known parts",
        "it is not known whether {0}", ("undecided(iso('2025') < iso('2025-03'))", True),
        calls.compute_undecided,
    ),
    "concat": Function(
        (TEXT,), T, "texts joined; a blank adds nothing", "{all} concatenated",
        ("concat('a', '-', 'b')", "a-b"), calls.compute_concat, many=True,
    ),
    "upper": Function(
        (TEXT,), T, "upper case", "{0} in upper case", ("upper('aB')", "AB"), calls.of_text(pc.utf8_upper)
    ),
    "lower": Function(
        (TEXT,), T, "lower case", "{0} in lower case", ("lower('aB')", "ab"), calls.of_text(pc.utf8_lower)
    ),
    "propcase": Function(
        (TEXT,), T, "each word capitalised, the rest lower case", "{0} in proper case",
        ("propcase('HEAD-ACHE of o''hara')", "Head-Ache Of O'hara"), calls.of_text(calls.compute_propcase),
    ),
    "trim": Function(
        (TEXT,), T, "without blanks around", "{0} without surrounding blanks",
        ("trim('  a b ')", "a b"), calls.of_text(pc.utf8_trim_whitespace),
    ),
    "squeeze": Function(
        (TEXT,), T, "without blanks around, runs of blanks as one", "{0} with runs of blanks as one",
        ("squeeze(' a   b ')", "a b"),
        calls.of_text(lambda v: pc.replace_substring_regex(pc.utf8_trim_whitespace(v), r"\s+", " ")),
    ),
    "translate": Function(
        (TEXT,), T, "the English of a text, from the study's translations.yaml; ASCII stays as it is",
        "{0}" + TRANSLATED,
        ("translate('Cough')", "Cough"), calls.compute_translate,
    ),
    "substr": Function(
        (TEXT, NUMBER, NUMBER), T, "from a position (1 is the first), of a length",
        ("the characters of {0} from {1} on", "the characters of {0} from {1}, length {2}"),
        ("substr('abcdef', 2, 3)", "bcd"), calls.compute_substr, optional=1, constants=frozenset({1, 2}),
        check=constants.check_substr,
    ),
    "word": Function(
        (TEXT, TEXT, NUMBER), T, "the n-th part between separators, from the end if negative",
        "part {2} of {0} split at {1}", ("word('a-b-c', '-', -1)", "c"), calls.compute_word,
        constants=frozenset({1, 2}), check=constants.check_word,
    ),
    "piece": Function(
        (TEXT, NUMBER), T,
        "the n-th part of a text that is cut between words into parts of at most 200 bytes",
        "part {1} of {0}, cut between words into parts of at most 200 bytes",
        ("piece('short text', 1)", "short text"), pieces.compute_piece,
        constants=frozenset({1}), check=constants.check_whole(1, "the number of the part", 1, 99),
    ),
    "replace": Function(
        (TEXT, TEXT, TEXT), T, "one text replaced by another everywhere", "{0} with {1} replaced by {2}",
        ("replace('a.b', '.', '-')", "a-b"),
        lambda call: call.text(0).map(
            lambda v: pc.replace_substring(v, call.constant(1), call.constant(2))
        ),
        constants=frozenset({1, 2}), check=constants.check_replace,
    ),
    "extract": Function(
        (TEXT, TEXT), T, "the part that fits a pattern (RE2), blank where none does",
        "the part of {0} that fits {1}", ("extract('AE 012 x', '[0-9]+')", "012"), calls.compute_extract,
        constants=frozenset({1}), check=constants.check_extract,
    ),
    "pad": Function(
        (TEXT, NUMBER), T, "zeros added in front up to a width; blank stays blank",
        "{0} padded with zeros to {1} characters", ("pad('7', 3)", "007"), calls.compute_pad,
        constants=frozenset({1}), check=constants.check_whole(1, "the width", 1, 200),
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
        calls.of_test(lambda text, part: text.where(lambda v: pc.match_substring(v, part))),
        constants=frozenset({1}),
    ),
    "starts_with": Function(
        (TEXT, TEXT), C, "whether it begins so", "{0} begins with {1}",
        ("starts_with('abc', 'ab')", True),
        calls.of_test(lambda text, part: text.where(lambda v: pc.starts_with(v, part))),
        constants=frozenset({1}),
    ),
    "ends_with": Function(
        (TEXT, TEXT), C, "whether it ends so", "{0} ends with {1}", ("ends_with('abc', 'bc')", True),
        calls.of_test(lambda text, part: text.where(lambda v: pc.ends_with(v, part))),
        constants=frozenset({1}),
    ),
    "matches": Function(
        (TEXT, TEXT), C, "whether the whole text fits a pattern (RE2)", "{0} fits the pattern {1}",
        ("matches('A12', '[A-Z][0-9]+')", True), calls.of_test(calls.fits), constants=frozenset({1}),
        check=constants.check_pattern,
    ),
    "number": Function(
        (TEXT,), N, "the number a text holds, missing if blank; any other text is a finding",
        "{0} as a number", ("number('007.50')", 7.5), calls.compute_number,
    ),
    "is_number": Function(
        (TEXT,), C, "whether a text holds a number", "{0} is a number", ("is_number('<5')", False),
        calls.compute_is_number,
    ),
    "text": Function(
        (NUMBER, NUMBER), T, "a number as its shortest decimal, or with a number of decimals",
        ("{0} as text", "{0} as text with {1} decimals"), ("text(2.50)", "2.5"), calls.compute_to_text,
        optional=1, constants=frozenset({1}), check=constants.check_whole(1, "the number of decimals", 0, 12),
    ),
    "abs": Function((NUMBER,), N, "without its sign", "the absolute value of {0}", ("abs(-2)", 2.0),
                    calls.of_number(np.abs)),
    "floor": Function((NUMBER,), N, "the next whole number below", "{0} rounded down",
                      ("floor(-1.5)", -2.0), calls.of_number(np.floor)),
    "ceil": Function((NUMBER,), N, "the next whole number above", "{0} rounded up",
                     ("ceil(1.2)", 2.0), calls.of_number(np.ceil)),
    "round": Function(
        (NUMBER, NUMBER, TEXT), N,
        "rounded to decimals by a mode: 'half away' (SAS's), 'half even', 'up', 'down'",
        ("{0} rounded to a whole number (half away from zero)",
         "{0} rounded to {1} decimals (half away from zero)", "{0} rounded to {1} decimals ({2})"),
        ("round(2.675, 2)", 2.68), calls.compute_round, optional=2, constants=frozenset({1, 2}),
        check=constants.check_round,
    ),
    "signif": Function(
        (NUMBER, NUMBER), N, "rounded to a number of significant digits, half away from zero",
        "{0} rounded to {1} significant digits", ("signif(0.04567, 2)", 0.046),
        calls.compute_significant, constants=frozenset({1}),
        check=constants.check_whole(1, "the number of significant digits", 1, 15),
    ),
    "sqrt": Function((NUMBER,), N, "the square root; of a negative number missing",
                     "the square root of {0}", ("sqrt(9)", 3.0), calls.of_finite(np.sqrt)),
    "power": Function((NUMBER, NUMBER), N, "the first raised to the second; missing where it has no value",
                      "{0} to the power of {1}", ("power(2, 3)", 8.0), calls.of_finite(calls.raised)),
    "exp": Function((NUMBER,), N, "e raised to it", "e to the power of {0}", ("exp(0)", 1.0),
                    calls.of_finite(np.exp)),
    "log": Function((NUMBER,), N, "the natural logarithm; missing unless it is above 0",
                    "the natural logarithm of {0}", ("log(1)", 0.0), calls.of_finite(np.log)),
    "log10": Function((NUMBER,), N, "the logarithm to base 10; missing unless it is above 0",
                      "the logarithm to base 10 of {0}", ("log10(1000)", 3.0), calls.of_finite(np.log10)),
    "least": Function(
        (NUMBER | DATE | frozenset({Type.DATETIME}),), _one_type,
        "the smallest that is not missing", "the smallest of {all}", ("least(3, 2)", 2.0),
        calls.compute_extreme(np.fmin), many=True,
    ),
    "greatest": Function(
        (NUMBER | DATE | frozenset({Type.DATETIME}),), _one_type,
        "the largest that is not missing", "the largest of {all}", ("greatest(3, 2)", 3.0),
        calls.compute_extreme(np.fmax), many=True,
    ),
    "iso": Function(
        (MOMENT | TEXT,), P, "as ISO 8601 text; text that is no such date is a finding",
        "{0} in ISO 8601 format", ("iso('2025-03')", "2025-03"), moments.compute_iso,
    ),
    "date": Function(
        (DATES,), D, "the date, missing where day, month or year is unknown", "the date of {0}",
        ("text(date(iso('1960-01-02')) - date(iso('1960-01-01')))", "1"), moments.compute_date,
    ),
    "datetime": Function(
        (DATES,), Type.DATETIME, "the date and time, missing where either is incomplete",
        "the date/time of {0}",
        ("text(datetime(iso('1960-01-01T00:01')) - datetime(iso('1960-01-01T00:00')))", "60"),
        moments.compute_datetime,
    ),
    "time": Function(
        (frozenset({Type.TIME, Type.DATETIME, Type.PARTIAL}),), Type.TIME,
        "the time of day, missing where there is none", "the time of {0}",
        ("text(time(iso('1960-01-01T00:02:30')) - time(iso('2025-12-31T00:01')))", "90"), moments.compute_time,
    ),
    "date_part": Function(
        (DATES,), P, "the ISO 8601 text without its time", "the date part of {0}",
        ("date_part(iso('2025-03-01T10:00'))", "2025-03-01"), moments.compute_date_part,
    ),
    "study_day": Function(
        (DATES, DATES), N,
        "days from the reference, plus 1 on or after it: no day 0; missing unless both are complete",
        "the study day of {0} relative to {1} (day 1 on that date; no day 0)",
        ("study_day(iso('2025-03-01'), iso('2025-03-02'))", -1.0), moments.compute_study_day,
    ),
    "age": Function(
        (DATES, DATES), N, "completed years between two dates; missing where it cannot be decided",
        "the completed years from {0} to {1}", ("age(iso('2000-06'), iso('2025-03-01'))", 24.0), moments.compute_age,
    ),
    "months": Function(
        (DATES, DATES, NUMBER), N, "months between two dates: their difference in days by 30.4375 or a divisor",
        ("the months from {0} to {1} (days divided by 30.4375)",
         "the months from {0} to {1} (days divided by {2})"),
        ("months(iso('2025-01-01'), iso('2025-01-31'), 30)", 1.0),
        moments.compute_months, optional=1, constants=frozenset({2}), check=constants.check_divisor,
    ),
    DATA_CUT: Function(
        (), D, "the day of the study's data cut (`data_cut` in study.yaml), or the earlier day of --cut-off",
        ("the data cut", "the data cut ({0})"), ("iso(data_cut())", "2025-03-31"),
    ),
    "year": Function((DATES,), N, "the year", "the year of {0}", ("year(iso('2025-03'))", 2025.0),
                     moments.compute_part(0)),
    "month": Function((DATES,), N, "the month, missing where unknown", "the month of {0}",
                      ("month(iso('2025-03'))", 3.0), moments.compute_part(1)),
    "day": Function((DATES,), N, "the day of the month, missing where unknown", "the day of {0}",
                    ("day(iso('2025-03-09'))", 9.0), moments.compute_part(2)),
    "precision": Function(
        (MOMENT,), T, "'year', 'month', 'day', 'hour', 'minute', 'second', or blank",
        "the precision of {0}", ("precision(iso('2025-03'))", "month"), moments.compute_precision,
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
    "median": Function((NUMBER,), N, "the middle one of what is not missing, or the mean of the two",
                       "the median of {0}", aggregate=True),
    "std": Function((NUMBER,), N, "the standard deviation (n - 1) of what is not missing; missing of one",
                    "the standard deviation of {0}", aggregate=True),
    "min": Function((SORTED,), _first_type, "the smallest or earliest that is not missing",
                    "the earliest or smallest {0}", aggregate=True),
    "max": Function((SORTED,), _first_type, "the largest or latest that is not missing",
                    "the latest or largest {0}", aggregate=True),
    "list": Function((TEXT,), T, "the different texts that are not blank, in their order, as in 'T01, T02'",
                     "the list of the different {0}", aggregate=True),
    "any": Function((CONDITION,), C, "whether the condition is true for some record",
                    "{0} for at least one record", aggregate=True),
    "every": Function((CONDITION,), C, "whether it is true for every record (and there is one)",
                      "{0} for every record", aggregate=True),
}  # fmt: skip
