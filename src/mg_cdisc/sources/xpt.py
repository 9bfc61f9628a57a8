"""SAS transport files, read by our own transport reader; formats tell which numbers are dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from mg_cdisc.errors import Finding, Location, SourceError, TransportError
from mg_cdisc.frame import Numbers, Text
from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.files import SourceFile
from mg_cdisc.sources.sas_values import kind_of, sas_text
from mg_cdisc.sources.table import Rows, check_header
from mg_cdisc.transport import missing_letters, read_xpt

_KINDS: Final[Mapping[str, str]] = {
    "text-encoding": "source-encoding",
    "several-members": "source-member",
    "no-member": "source-member",
    "damaged": "source-truncated",
    "not-xpt": "source-format",
}


def read_transport(file: SourceFile, declaration: SourceDeclaration) -> Rows:
    """Read a dataset of a version 5 transport file: text as stored, numbers as SAS formats say.

    The first record is row 1. Labels are carried. The encoding is the declared one, utf-8 if none
    is. Special missing values are kept as ``.A``. Raises SourceError for a file that is damaged,
    of another version or encoding, and for a file of several datasets if ``member`` doesn't say
    which.
    """
    try:
        dataset = read_xpt(
            file.path, encoding=declaration.encoding or "utf-8", member=declaration.member
        )
    except TransportError as fault:
        raise source_error(file, fault) from None
    names = [variable.name for variable in dataset.variables]
    check_header(names, file.name)
    columns: dict[str, Text] = {}
    for variable in dataset.variables:
        column = dataset.frame[variable.name]
        if not isinstance(column, Text):
            column = sas_text(column, kind_of(variable.format), special_texts(column))
        columns[variable.name] = column
    labels = {variable.name: variable.label for variable in dataset.variables if variable.label}
    numbers = np.arange(1, dataset.frame.rows + 1, dtype=np.int64)
    notes = tuple(
        replace(note, where=replace(note.where, file=file.name)) for note in dataset.notes
    )
    return Rows(columns, numbers, labels, notes)


def special_texts(values: Numbers) -> Text | None:
    """``.A`` to ``.Z`` and ``._`` where a number is a special missing, blank elsewhere."""
    letters = missing_letters(values)
    if not letters.any():
        return None
    used, codes = np.unique(letters, return_inverse=True)
    texts = [f".{chr(letter)}" if letter else "" for letter in used.tolist()]
    return Text(codes.astype(np.int32), pa.array(texts, pa.string()))


def source_error(file: SourceFile, fault: TransportError) -> SourceError:
    """The first thing that is wrong, in the words of a source; how often, if it is the same."""
    first = fault.findings[0]
    same = [finding for finding in fault.findings if finding.kind == first.kind]
    what = first.what + (f", and {len(same) - 1} more values" if len(same) > 1 else "")
    where = Location(file.name, row=first.where.row, column=first.where.column)
    kind = _KINDS.get(first.kind, "source-format")
    todo = "Say which with member." if first.kind == "several-members" else first.todo
    count = sum(finding.count for finding in same)
    return SourceError([Finding(where, kind, what, todo, variable=first.variable, count=count)])
