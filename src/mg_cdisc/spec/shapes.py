"""What the parts of a table or an instrument must have in common, beyond their single keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic_core import PydanticCustomError

from mg_cdisc.errors import nearest, one_of

Fault = tuple[tuple[str | int, ...], str, str]
"""Where in the file, what is wrong, what to do."""

ITEM_COLUMNS = ("code", "name", "column", "answers")
ANSWER_COLUMNS = ("code", "text", "score")
COLUMN_TYPES = ("number", "text")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,7}")


def refuse(kind: str, faults: Iterable[Fault]) -> None:
    """Raise the faults together, if there are any."""
    found = list(faults)
    if found:
        raise PydanticCustomError(kind, "several faults", {"faults": found})


def bare(column: str) -> str:
    """A table's column without the type written behind it."""
    return column.partition(" ")[0]


def table_faults(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[Fault]:
    """Rows as long as the header, columns told apart, types known."""
    for position, column in enumerate(columns):
        name, _, word = column.partition(" ")
        if not name:
            yield ("columns", position), "a column has no name", "Give it one."
        if name in [bare(each) for each in columns[:position]]:
            yield ("columns", position), f"two columns are called {name}", "Rename one of them."
        if word.strip() not in ("", *COLUMN_TYPES):
            todo = nearest(word.strip(), COLUMN_TYPES) or f"Write {name}, or {name} number."
            yield ("columns", position), f"{word.strip()!r} is no type of a column", todo
    for number, row in enumerate(rows):
        if len(row) != len(columns):
            shown = ", ".join(cell or '""' for cell in row[:4]) + (", ..." if len(row) > 4 else "")
            yield (
                ("rows", number),
                f"the row [{shown}] has {len(row)} cells, and there are {len(columns)} columns",
                'Give every row a cell for each column, "" where there is nothing.',
            )


def instrument_faults(
    items: tuple[Sequence[str], Sequence[Sequence[str]]],
    answers: Mapping[str, Sequence[str]],
    totals: Mapping[str, Sequence[str]],
) -> Iterable[Fault]:
    """Items with their columns, codes and lists of answers; totals of items that are there.

    ``items`` are the columns and rows of the items, ``answers`` the columns of each list,
    ``totals`` the items of each total.
    """
    lacking = list(_lacking(("items", "columns"), items[0], ITEM_COLUMNS))
    for name, columns in answers.items():
        lacking += _lacking(("answers", name, "columns"), columns, ANSWER_COLUMNS)
    yield from lacking
    if lacking:
        return
    place = {bare(column): position for position, column in enumerate(items[0])}
    codes: list[str] = []
    for number, row in enumerate(items[1]):
        code, used = row[place["code"]], row[place["answers"]]
        at = ("items", "rows", number)
        if not _CODE.fullmatch(code):
            yield at, f"{code!r} is no test code", "Use at most 8 upper-case letters, digits and _."
        if len(row[place["name"]]) > 40:
            yield at, f"the name of {code} has more than 40 characters", "Shorten it (--TEST)."
        if code in codes:
            yield at, f"two items have the code {code}", "Give each item a code of its own."
        if used not in answers:
            todo = nearest(used, answers) or f"Lists: {one_of(list(answers))}."
            yield at, f"there is no list of answers {used}", todo
        codes.append(code)
    for position, (code, listed) in enumerate(totals.items()):
        if code in codes:
            yield ("totals", position), f"an item has the code {code} too", "Give it its own code."
        for item in listed:
            if item not in ("all", *codes):
                todo = nearest(item, codes) or "Name items by their codes, or write all."
                yield ("totals", position, "items"), f"there is no item {item}", todo


def _lacking(
    path: tuple[str, ...], columns: Sequence[str], needed: Sequence[str]
) -> Iterable[Fault]:
    there = [bare(column) for column in columns]
    for name in needed:
        if name not in there:
            extra = [each for each in there if each not in needed]
            typo = next((each for each in extra if nearest(each, [name])), "")
            todo = f"Did you mean {name} where {typo} is written?" if typo else "Add it."
            yield path, f"the column {name} is missing", todo
