"""Types: what is refused, with what is said, and the types of what is allowed."""

from __future__ import annotations

import re

import pytest
from calculator import Known, refusal, typed

from mg_cdisc.expression import ExpressionError, Name, Type, bind, bind_condition, foreign, parse
from mg_cdisc.expression.functions import FUNCTIONS

NUMBER_HINT = "Use number() on the text, or put the number in quotes; missing() tests for missing."
JOIN_HINT = "Use number() for numbers, concat() to join text."
DATE_HINT = "Use date() to get a date you can calculate with, or study_day()."
CLAUSE_HINT = "Give the clause: from, by, where; or use least() and greatest() within a record."
MODES = "'half away', 'half even', 'up', 'down'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # text and number never meet
        ("T = 1", f"a text is compared with a number | {NUMBER_HINT}"),
        ("1 < T", f"a number is compared with a text | {NUMBER_HINT}"),
        ("N = '1'", f"a number is compared with a text | {NUMBER_HINT}"),
        ("N = T", f"a number is compared with a text | {NUMBER_HINT}"),
        ("N in (1, 'a')", "'a' is a text and is compared with a number | List constants of one type."),
        ("T in ('a', 1)", "1 is a number and is compared with a text | List constants of one type."),
        ("T + 1", f"a text + a number has no meaning | {JOIN_HINT}"),
        ("T + U", f"a text + a text has no meaning | {JOIN_HINT}"),
        ("-T", "minus needs a number, and this is a text | Use number()."),
        ("-D", "minus needs a number, and this is a date | "),
        # '' where missing() is meant
        ("N = ''", f"a number is compared with a text | {NUMBER_HINT}"),
        ("D = ''", "a date is never equal to '' | Use missing()."),
        ("P != ''", "a date is never equal to '' | Use missing()."),
        ("'' = P", "a date is never equal to '' | Use missing()."),
        ("P in ('2025', '')", "a date is never equal to '' | Use missing()."),
        ("DTM = ''", "a date is never equal to '' | Use missing()."),
        # text and dates
        ("T = P", "a text is compared with a partial date | Make the text a date with iso()."),
        ("D > T", "a date is compared with a text | Make the text a date with iso()."),
        ("concat(P, 'x') = P", "a text is compared with a partial date | Make the text a date with iso()."),
        ("P = 5", "a partial date is compared with a number | "),
        ("D = 5", "a date is compared with a number | "),
        ("TM = D", "a time is compared with a date | "),
        (
            "D = 'yesterday'",
            "'yesterday' is compared with a date and is not an ISO 8601 date | "
            "Write it as 'yyyy-MM-dd'.",
        ),
        (
            "P >= '2025-02-30'",
            "'2025-02-30' is compared with a date and is not an ISO 8601 date | "
            "Write it as 'yyyy-MM-dd'.",
        ),
        (
            "D > '2025-03'",
            "'2025-03' is no complete date | Write all of it, or compare with iso('2025-03').",
        ),
        (
            "DTM > '2025-03-01'",
            "'2025-03-01' is no complete datetime | "
            "Write all of it, or compare with iso('2025-03-01').",
        ),
        # arithmetic of dates
        ("P + 1", f"a partial date + a number has no meaning | {DATE_HINT}"),
        ("P - P", f"a partial date - a partial date has no meaning | {DATE_HINT}"),
        ("D + E", "a date + a date has no meaning | "),
        ("D * 2", "a date * a number has no meaning | "),
        ("1 - D", "a number - a date has no meaning | "),
        ("D - DTM", "a date - a datetime has no meaning | "),
        # conditions are no values
        ("(N = 1) = (M = 1)", "a condition is compared with a condition | "),
        ("(N = 1) + 1", "a condition + a number has no meaning | "),
        ("not N", "not needs a condition, and this is a number | "),
        ("N = 1 and M", "and needs a condition, and this is a number | "),
        ("T or N = 1", "or needs a condition, and this is a text | "),
        (
            "missing(N = 1)",
            "missing() takes a date or a datetime or a number or a partial date or a text or a time"
            " as argument 1, and this is a condition | ",
        ),
        ("undecided(N)", "undecided() takes a condition as argument 1, and this is a number | "),
        # functions: name, number and types of arguments
        ("uper(T)", "there is no function uper | Did you mean upper?"),
        ("UPPER(T)", "there is no function UPPER | Did you mean upper?"),
        ("propercase(T)", "there is no function propercase | Did you mean propcase?"),
        ("upper()", "upper() takes 1 argument, not 0 | It gives upper case."),
        ("upper(T, U)", "upper() takes 1 argument, not 2 | It gives upper case."),
        (
            "substr(T)",
            "substr() takes 2 to 3 arguments, not 1 | "
            "It gives from a position (1 is the first), of a length.",
        ),
        ("concat()", "concat() takes 1 or more arguments, not 0 | It gives texts joined; a blank adds nothing."),
        ("upper(N)", "upper() takes a partial date or a text as argument 1, and this is a number | Use text()."),
        ("concat(T, D)", "concat() takes a partial date or a text as argument 2, and this is a date | Use iso()."),
        ("abs(T)", "abs() takes a number as argument 1, and this is a text | Use number()."),
        ("number(N)", "number() takes a partial date or a text as argument 1, and this is a number | Use text()."),
        (
            "study_day(T, P)",
            "study_day() takes a date or a datetime or a partial date as argument 1, "
            "and this is a text | Make it a date with iso().",
        ),
        ("time(D)", "time() takes a datetime or a partial date or a time as argument 1, and this is a date | "),
        ("if(N, 1, 2)", "if() takes a condition as argument 1, and this is a number | "),
        ("if(N = 1, 1, 'x')", "if() mixes number and text | Give every branch one type."),
        ("if(N = 1, D, P)", "if() mixes date and partial date | Give every branch one type."),
        ("coalesce(D, N)", "coalesce() mixes date and number | Give every branch one type."),
        ("least(D, N)", "the arguments mix a date and a number | Give every argument one type."),
        ("greatest(DTM, D)", "the arguments mix a datetime and a date | Give every argument one type."),
        # constants that must be constants, and have a meaning
        ("substr(T, N)", "argument 2 of substr() must be a constant | Write the text or number itself."),
        ("contains(T, U)", "argument 2 of contains() must be a constant | Write the text or number itself."),
        ("round(N, 1 + 1)", "argument 2 of round() must be a constant | Write the text or number itself."),
        ("substr(T, 0)", "the position is 0, which has no meaning | Write a whole number from 1 to 32767."),
        ("substr(T, 1.5)", "the position is 1.5, which has no meaning | Write a whole number from 1 to 32767."),
        ("substr(T, 1, -1)", "the length is -1, which has no meaning | Write a whole number from 0 to 32767."),
        ("word(T, '', 1)", "the separator is blank | Write the text that parts are split at."),
        ("word(T, '-', 0)", "there is no part 0 | The first part is 1, the last is -1."),
        ("replace(T, '', 'x')", "the text to replace is blank | Write the text that is replaced."),
        ("pad(T, -3)", "the width is -3, which has no meaning | Write a whole number from 1 to 200."),
        ("text(N, 2.5)", "the number of decimals is 2.5, which has no meaning | Write a whole number from 0 to 12."),
        ("round(N, 'a')", "round() takes a number as argument 2, and this is a text | Use number()."),
        ("round(N, 1, 'bankers')", f"there is no rounding mode 'bankers' | Modes: {MODES}."),
        ("round(N, 1, 'half-even')", "there is no rounding mode 'half-even' | Did you mean half even?"),
        ("months(D, E, 0)", "the divisor must be above 0 | Write the days of a month."),
        (
            "extract(T, 'x([0-9]+)')",
            "'x([0-9]+)' has a group without a name | "
            "Write (?P<name>...) for the part that is wanted, (?:...) for any other group.",
        ),
        # aggregates only where many records are read
        ("count()", f"count() reads many records and can stand only in the value of a clause | {CLAUSE_HINT}"),
        ("N - mean(N)", f"mean() reads many records and can stand only in the value of a clause | {CLAUSE_HINT}"),
    ],
)  # fmt: skip
def test_refused(text: str, message: str) -> None:
    assert refusal(text) == message


def test_a_pattern_that_is_none_is_refused() -> None:
    said = refusal("matches(T, '[a')")
    assert said.startswith("'[a' is no pattern: ")
    assert said.endswith("| Patterns are written as in RE2.")
    assert refusal("extract(T, '(?P<x>a')").startswith("'(?P<x>a' is no pattern: ")


def test_groups_in_patterns_that_are_escaped_or_listed_are_no_groups() -> None:
    assert refusal(r"extract(T, '\([0-9]+\)')") == ""
    assert refusal("extract(T, 'x(?:a|b)(?P<n>[0-9]+)')") == ""


def test_an_unknown_function_like_no_other_lists_all() -> None:
    said = refusal("zzzzzz(T)")
    assert said.startswith("there is no function zzzzzz | Functions: if, coalesce, missing,")


@pytest.mark.parametrize(
    ("text", "todo"),
    [
        (
            "intck('MONTH', D, E)",
            "Subtract dates for days (ADT - STARTDT); months(FROM, TO) and age(FROM, TO) count.",
        ),
        ("intnx('DAY', D, 30)", "Add days to a date: STARTDT + 30."),
        ("input(T, best.)", "Use number(X) for a number, date(iso(X)) for a date."),
        ("input(T, 8)", "Use number(X) for a number, date(iso(X)) for a date."),
        ("put(N, 8)", "Use text(X) for a number, iso(X) for a date, map: or decode: for a format."),
        ("catx('-', T, U)", "Use concat(A, ' ', B): a blank adds nothing."),
        ("SCAN(T, 1)", "Use word(X, ' ', 1): the separator, then which part."),
        (
            "compress(T)",
            "Use replace(X, ' ', '') to take a text out, squeeze(X) or trim(X) for blanks.",
        ),
        ("today()", "There is no clock here: data_cut() is the day of the study's data cut."),
        ("MISSING(T)", "Did you mean missing?"),
        ("SUBSTR(T, 1)", "Did you mean substr?"),
    ],
)
def test_functions_of_sas_name_those_of_this_language(text: str, todo: str) -> None:
    assert refusal(text).partition(" | ")[2] == todo


def test_the_functions_named_are_there() -> None:
    named = {each for told in foreign._TOLD.values() for each in re.findall(r"([a-z_]+)\(", told)}
    assert named <= set(FUNCTIONS)
    assert not set(foreign._FUNCTIONS) & set(FUNCTIONS)


@pytest.mark.parametrize(
    ("order", "meant"),
    [
        ("descending N", "N desc"),
        ("N descending", "N desc"),
        ("N DESC", "N desc"),
        ("desc N", "N desc"),
    ],
)
def test_descending_is_called_desc(order: str, meant: str) -> None:
    assert refusal(order, order=True) == f"{order!r} is no sort key | Write {meant}."


def test_the_data_cut_is_known_where_a_study_is() -> None:
    assert refusal("data_cut(1)") == (
        "data_cut() takes 0 arguments, not 1 | It gives the day of the study's data cut "
        "(`data_cut` in study.yaml), or the earlier day of --cut-off."
    )

    class Elsewhere:
        def resolve(self, name: Name) -> tuple[str, Type]:
            return name.name, Type.DATE

    with pytest.raises(ExpressionError, match="only in steps of a dataset"):
        bind(parse("D <= data_cut()"), Elsewhere())


def test_a_condition_is_no_sort_key() -> None:
    said = "a condition cannot be sorted by | Use if(condition, 1, 0)."
    assert refusal("N = 1", order=True) == said


def test_a_condition_must_be_one() -> None:
    with pytest.raises(ExpressionError) as caught:
        bind_condition(parse("N + 1"), Known())
    assert caught.value.what == "a condition is needed here, and this is a number"
    assert caught.value.todo == "Compare it with something, or use missing()."


@pytest.mark.parametrize("text", ["sum(mean(N))", "max(count())"])
def test_an_aggregate_does_not_read_an_aggregate(text: str) -> None:
    with pytest.raises(ExpressionError, match="reads many records"):
        bind(parse(text), Known(), aggregates=True)


@pytest.mark.parametrize("text", ["sum(T)", "mean(D)", "any(N)", "every(T)", "max(N = 1)", "min()"])
def test_aggregates_check_their_arguments(text: str) -> None:
    with pytest.raises(ExpressionError, match="takes"):
        bind(parse(text), Known(), aggregates=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("T", Type.TEXT),
        ("N + 1", Type.NUMBER),
        ("D - E", Type.NUMBER),
        ("D + 7", Type.DATE),
        ("7 + D", Type.DATE),
        ("DTM - 60", Type.DATETIME),
        ("TM + 60", Type.TIME),
        ("D = P", Type.CONDITION),
        ("D < DTM", Type.CONDITION),
        ("D = '2025-01-01'", Type.CONDITION),
        ("iso(T)", Type.PARTIAL),
        ("iso(D)", Type.PARTIAL),
        ("if(N = 1, P, '')", Type.PARTIAL),
        ("if(N = 1, P, 'UNKNOWN')", Type.TEXT),
        ("coalesce(P, '')", Type.PARTIAL),
        ("coalesce(T, P)", Type.TEXT),
        ("least(D, E)", Type.DATE),
        ("concat(P, 'x')", Type.TEXT),
        ("upper(P)", Type.TEXT),
        ("date(DTM)", Type.DATE),
    ],
)
def test_types_of_results(text: str, kind: Type) -> None:
    assert typed(text).type is kind


def test_reads_are_the_columns_in_order_once() -> None:
    assert typed("if(N > M, T, concat(U, T)) = 'x' and N = 1").reads == ("N", "M", "T", "U")
