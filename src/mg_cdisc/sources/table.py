"""What every reader hands on: a source's rows as text, and what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.errors import Finding, Location, SourceError, nearest, one_of
from mg_cdisc.frame import Frame, Index, Origins, Text, group_codes
from mg_cdisc.sources.declaration import SourceDeclaration

LISTED = 20
"""How many rows or cells one finding names before it only counts them."""


@dataclass(frozen=True)
class Rows:
    """What the reader of one format makes of a file: text columns and their row numbers."""

    columns: Mapping[str, Text]
    numbers: Index
    labels: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    """Other files that were read for it, by name, with the SHA-256 of each."""


@dataclass(frozen=True)
class SourceTable:
    """A source as read: every value as text, every row with the number a person would count.

    ``findings`` are warnings and notes about the file; whatever makes it unreadable is raised.
    ``beside`` are other files that were read for it, such as a data dictionary, and their SHA-256.
    """

    file: str
    frame: Frame
    columns: tuple[str, ...]
    labels: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]
    row_numbers: Index
    sha256: str
    size: int
    findings: tuple[Finding, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)


def finish(
    rows: Rows, declaration: SourceDeclaration, number: int, sha256: str, size: int
) -> SourceTable:
    """Apply what the declaration says of the columns and of blanks.

    Texts declared ``missing`` become blank; a declared label and declared choices go before the
    file's own; a declared column that the file lacks is an error.
    """
    name = declaration.file
    if not rows.columns:
        raise SourceError(
            [Finding(Location(name), "source-empty", "the file has no columns", "Export it again.")]
        )
    unknown = [column for column in declaration.columns if column not in rows.columns]
    if unknown:
        raise SourceError(
            Finding(
                Location(name, column=column),
                "source-column",
                f"the declared column {column} is not in the file",
                nearest(column, rows.columns) or f"It has {one_of(list(rows.columns))}.",
                variable=column,
            )
            for column in unknown
        )
    columns = {column: blanked(text, declaration.missing) for column, text in rows.columns.items()}
    declared = declaration.columns.items()
    findings = rows.findings
    if not len(rows.numbers):
        what = "the file has a header and no rows"
        if declaration.form:
            what = f"the file has no rows of the form {declaration.form}"
        findings += (Finding(Location(name), "source-no-rows", what, level="note"),)
    return SourceTable(
        file=name,
        frame=Frame.of(columns, Origins.of_source(number, rows.numbers)),
        columns=tuple(columns),
        labels={**rows.labels, **{column: told.label for column, told in declared if told.label}},
        choices={
            **rows.choices,
            **{column: told.choices for column, told in declared if told.choices},
        },
        row_numbers=rows.numbers,
        sha256=sha256,
        size=size,
        findings=findings,
        beside=rows.beside,
    )


def blanked(text: Text, missing: Sequence[str]) -> Text:
    """The column with the texts that mean a blank made blank."""
    if not missing or not len(text.values):
        return text
    gone = pc.is_in(text.values, pa.array(missing, pa.string()))
    if not pc.any(gone).as_py():
        return text
    return text.map(lambda values: pc.if_else(gone, "", values))


def check_header(
    names: Sequence[str], file: str, row: int = 0, place: Callable[[int], str] = str
) -> None:
    """Every column has a name, and one of its own; names differing in case are different.

    ``place`` says where a column is, from its number (the first is 1).
    """
    faults = []
    first: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if not name.strip():
            faults.append(f"column {place(position)} has no name")
        elif name in first:
            faults.append(
                f"column {place(position)} has the name {name} of column {place(first[name])}"
            )
        else:
            first[name] = position
    if faults:
        raise SourceError(
            [
                Finding(
                    Location(file, row=row),
                    "source-header",
                    listed(faults, separator="; "),
                    "Give every column a name of its own in the header.",
                )
            ]
        )


def repeated(keys: Sequence[Text], rows: int) -> tuple[Index, Index]:
    """The rows whose keys an earlier row has, and for each of them the first such row.

    >>> again, first = repeated([Text.of(["a", "b", "a", "a"])], 4)
    >>> again.tolist(), first.tolist()
    ([2, 3], [0, 0])
    """
    codes, count = group_codes(keys, rows)
    first = np.full(count, rows, np.int64)
    np.minimum.at(first, codes, np.arange(rows))
    again = np.flatnonzero(first[codes] != np.arange(rows))
    return again, first[codes[again]]


def listed(items: Iterable[str], count: int | None = None, separator: str = ", ") -> str:
    """The first of the items, and how many more there are.

    >>> listed(["row 3", "row 5"], count=7)
    'row 3, row 5 and 5 more'
    """
    shown = list(items)
    more = (len(shown) if count is None else count) - len(shown[:LISTED])
    text = separator.join(shown[:LISTED])
    return f"{text} and {more} more" if more else text
