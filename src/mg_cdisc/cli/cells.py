"""Records as a person reads them, and the filter and choice of columns asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from mg_cdisc import dates
from mg_cdisc.errors import Finding, Location, UseError, nearest, one_of
from mg_cdisc.expression import Env, ExpressionError, Name, Type, bind_condition, parse
from mg_cdisc.expression.values import Translations, number_text
from mg_cdisc.frame import Column as Values
from mg_cdisc.frame import Frame, Index, Mask, Numbers, Text, take
from mg_cdisc.layout import counted
from mg_cdisc.transport import MOMENTS, missing_letters

SOURCE = "source."
_TYPES = {"date": Type.DATE, "datetime": Type.DATETIME, "time": Type.TIME}
FORMATS: Mapping[str, Type] = {name: _TYPES[kind] for name, kind in MOMENTS.items()}
"""SAS's formats whose numbers are dates or times."""
_WRITERS: Mapping[Type, Callable[[Numbers], pa.StringArray]] = {
    Type.DATE: dates.from_date,
    Type.DATETIME: dates.from_datetime,
    Type.TIME: dates.from_time,
}


class _Asides:
    """Collects what an expression has to say of single records, instead of stopping at it."""

    def __init__(self) -> None:
        self.said: dict[str, int] = {}
        self.translations: Translations | None = None

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        """Count the records at fault."""
        number = int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows)
        text = what.replace("{value!r}", "a value").replace("{value}", "a value")
        self.said[text] = self.said.get(text, 0) + number


class _Names:
    """The columns of a frame, source columns by their own names where no variable has it."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        self.types = types

    def resolve(self, name: Name) -> tuple[str, Type]:
        for key in (name.name, SOURCE + name.name):
            if key in self.types and not (name.scope == "source" and key == name.name):
                return key, self.types[key]
        known = [key.removeprefix(SOURCE) for key in self.types]
        todo = nearest(name.name, known) or f"Columns: {one_of(known, 40)}."
        raise ExpressionError(f"there is no variable {name}", todo, "unknown-variable")


def filtered(
    frame: Frame, types: Mapping[str, Type], condition: str | None
) -> tuple[Index, list[str]]:
    """The records for which a condition of our language is true, and what it says on the way.

    Raises UseError for a condition that cannot be understood.
    """
    if condition is None:
        return np.arange(frame.rows), []
    asides = _Asides()
    try:
        typed = bind_condition(parse(condition), _Names(types))
        held = typed.truth(Env(frame.columns, frame.rows, asides)).true
    except ExpressionError as error:
        raise UseError(
            [Finding(Location("--where"), error.kind, error.what, error.todo)]
        ) from error
    return np.flatnonzero(held), [
        f"{text} ({counted(n, 'record')})" for text, n in asides.said.items()
    ]


def chosen(asked: Sequence[str], known: Iterable[str]) -> list[str]:
    """The columns asked for, by name (of variables in any case); raises UseError for another.

    >>> chosen(["AESEQ,aeterm"], ["AETERM", "AESEQ"])
    ['AESEQ', 'AETERM']
    """
    names = [name for name in known if not name.startswith("@")]
    names.sort(key=lambda name: name.startswith(SOURCE))  # variables first
    by_folded = {name.casefold(): name for name in reversed(names)}
    by_folded |= {
        name.removeprefix(SOURCE).casefold(): name
        for name in reversed(names)
        if name.removeprefix(SOURCE).casefold() not in by_folded
    }
    wanted = [each.strip() for text in asked for each in text.split(",") if each.strip()]
    wrong = [each for each in wanted if each not in names and each.casefold() not in by_folded]
    if wrong:
        raise UseError(
            Finding(Location("--columns"), "unknown-variable", f"there is no column {each}",
                    nearest(each, [name.removeprefix(SOURCE) for name in names])
                    or f"Columns: {one_of(names, 60)}.")
            for each in wrong
        )  # fmt: skip
    return [each if each in names else by_folded[each.casefold()] for each in wanted]


def cells(column: Values, rows: Index, kind: Type | None = None) -> list[str]:
    """The values of these rows as text: a missing number as ``.`` or ``.A``, a date as ISO 8601.

    >>> cells(np.array([1.0, np.nan, 0.5]), np.arange(3))
    ['1', '.', '0.5']
    >>> cells(np.array([0.0, 21915.0]), np.arange(2), Type.DATE)
    ['1960-01-01', '2020-01-01']
    """
    if isinstance(column, Text):
        return column.take(rows).to_list()
    values = np.asarray(take(column, rows))
    moments = kind is not None and kind in _WRITERS
    texts = _moments(values, kind) if moments and kind else number_text(values).to_list()
    letters = missing_letters(values)
    gone = np.isnan(values)
    return [
        f".{chr(letter)}".rstrip("\0") if missing else text
        for text, letter, missing in zip(texts, letters.tolist(), gone.tolist(), strict=True)
    ]


def _moments(values: Numbers, kind: Type) -> list[str]:
    """Dates and times as ISO 8601; the numbers themselves where one is no date of our years."""
    try:
        return list(map(str, _WRITERS[kind](values).to_pylist()))
    except ValueError:
        return number_text(values).to_list()
