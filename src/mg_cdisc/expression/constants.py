"""Constants that functions take: what has no meaning is refused before any data is seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.errors import nearest
from mg_cdisc.expression.nodes import ExpressionError

Constants = Mapping[int, str | float]
ROUNDING = ("half away", "half even", "up", "down")


def check_whole(position: int, what: str, low: int, high: int) -> Callable[[Constants], None]:
    """Refuses a constant that is no whole number between two limits."""

    def check(constants: Constants) -> None:
        value = constants.get(position, low)
        if not isinstance(value, float | int) or value != int(value) or not low <= value <= high:
            raise ExpressionError(
                f"{what} is {value:g}, which has no meaning",
                f"Write a whole number from {low} to {high}.",
            )

    return check


def check_substr(constants: Constants) -> None:
    check_whole(1, "the position", 1, 32767)(constants)
    check_whole(2, "the length", 0, 32767)(constants)


def check_word(constants: Constants) -> None:
    if constants[1] == "":
        raise ExpressionError("the separator is blank", "Write the text that parts are split at.")
    if constants[2] == 0:
        raise ExpressionError("there is no part 0", "The first part is 1, the last is -1.")
    check_whole(2, "the number of the part", -99, 99)(constants)


def check_replace(constants: Constants) -> None:
    if constants[1] == "":
        raise ExpressionError("the text to replace is blank", "Write the text that is replaced.")


def check_round(constants: Constants) -> None:
    check_whole(1, "the number of decimals", -12, 12)(constants)
    mode = str(constants.get(2, ROUNDING[0]))
    if mode not in ROUNDING:
        listed = ", ".join(f"'{each}'" for each in ROUNDING)
        raise ExpressionError(
            f"there is no rounding mode '{mode}'", nearest(mode, ROUNDING) or f"Modes: {listed}."
        )


def check_divisor(constants: Constants) -> None:
    if float(constants.get(2, 1)) <= 0:
        raise ExpressionError("the divisor must be above 0", "Write the days of a month.")


def check_pattern(constants: Constants) -> None:
    pattern = str(constants[1])
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).partition(": ")[2] or str(error)
        raise ExpressionError(
            f"'{pattern}' is no pattern: {reason}", "Patterns are written as in RE2."
        ) from error


def check_extract(constants: Constants) -> None:
    check_pattern(constants)
    if re.search(r"(?<!\\)(?:\\\\)*\((?!\?)", str(constants[1])):
        raise ExpressionError(
            f"'{constants[1]}' has a group without a name",
            "Write (?P<name>...) for the part that is wanted, (?:...) for any other group.",
        )
