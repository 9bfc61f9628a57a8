"""What every reader hands on: a source's rows as text, and what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.errors import Finding, Location, SourceError, nearest, one_of
from mg_cdisc.frame import Frame, Index, Origins, Text, concat_columns, group_codes
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


FILE_SHIFT = 32
"""In a row's identity, the bits below the number of its file within the source."""


@dataclass(frozen=True)
class SourceTable:
    """A source as read: every value as text, every row with the number a person would count.

    ``findings`` are warnings and notes about the file; whatever makes it unreadable is raised.
    ``beside`` are other files that were read for it, such as a data dictionary, and their SHA-256.
    A source of several files has them in ``parts``; ``row_numbers`` then tell the rows of all of
    them apart, and ``location`` says which file a row stands in.
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
    parts: tuple[SourceTable, ...] = ()
    given: Frame | None = field(default=None, repr=False)
    """Of a dataset that is given, all its records and variables as the files have them."""

    @property
    def files(self) -> tuple[SourceTable, ...]:
        """One table for each file."""
        return self.parts or (self,)

    def location(self, number: int, subject: str = "") -> Location:
        """The file and row of an entry of ``row_numbers``."""
        file = self.files[number >> FILE_SHIFT].file
        return Location(file, 0, number & ((1 << FILE_SHIFT) - 1), subject)

    def number_of(self, where: Location) -> int | None:
        """The entry of ``row_numbers`` of a place, None where it is in no file of this source."""
        for position, part in enumerate(self.files):
            if part.file == where.file:
                return (position << FILE_SHIFT) + where.row
        return None

    def called(self, number: int) -> str:
        """A row in words, with its file where there are several."""
        at = self.location(number)
        return f"row {at.row} of {at.file}" if self.parts else f"row {at.row}"


def together(parts: Sequence[SourceTable], number: int) -> SourceTable:
    """One source of several files, rows in the order of the files.

    Columns have the same names in all files; they stand in the order of the first. What a column
    means is told by the first file that tells it. Raises SourceError for every file whose columns
    are not those of the first.
    """
    first = parts[0]
    faults = [
        Finding(
            Location(part.file),
            "source-columns",
            f"its columns are not those of {first.file}: {_differing(first, part)}",
            "Export both files with the same columns, or declare them as two sources.",
        )
        for part in parts[1:]
        if set(part.columns) != set(first.columns)
    ]
    if faults:
        raise SourceError(faults)
    numbers = np.concatenate(
        [(position << FILE_SHIFT) + part.row_numbers for position, part in enumerate(parts)]
    )
    columns = {name: concat_columns([part.frame[name] for part in parts]) for name in first.columns}
    told = tuple(reversed(parts))
    return SourceTable(
        file=", ".join(part.file for part in parts),
        frame=Frame.of(columns, Origins.of_source(number, numbers)),
        columns=first.columns,
        labels={name: label for part in told for name, label in part.labels.items()},
        choices={name: known for part in told for name, known in part.choices.items()},
        row_numbers=numbers,
        sha256="",
        size=sum(part.size for part in parts),
        findings=tuple(finding for part in parts for finding in part.findings),
        beside={name: digest for part in parts for name, digest in part.beside.items()},
        parts=tuple(parts),
    )


def _differing(first: SourceTable, other: SourceTable) -> str:
    lacks = [name for name in first.columns if name not in other.columns]
    more = [name for name in other.columns if name not in first.columns]
    words = [f"lacks {one_of(lacks)}"] if lacks else []
    return "it " + " and ".join(words + ([f"has {one_of(more)} besides"] if more else []))


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
