"""A source that is not there, as far as the specs speak of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from mg_cdisc.expression import names
from mg_cdisc.frame import Frame, Origins, Text
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.load import StudyFiles
from mg_cdisc.spec.tree import leaves

_WORD = re.compile(r"[^\W\d]\w*|`([^`]+)`")


def assume_source(files: StudyFiles, name: str, number: int) -> SourceTable:
    """A table without rows that has every column that any spec of the study could mean.

    With it the specs that read an unreadable source can be checked for everything but the names of
    its columns. ``number`` is the source's place in the study.
    """
    declared = files.sources[name]
    found: dict[str, None] = dict.fromkeys([*declared.columns, *declared.key])
    if declared.subject is not None:
        found |= dict.fromkeys(each.name for each in names(declared.subject))
    for loaded in files.datasets.values():
        found |= dict.fromkeys(_words(leaf.text for _, leaf in leaves(loaded.tree)))
    for table in files.tables.values():
        found |= dict.fromkeys(cell for row in table.rows for cell in row if cell)
    for instrument in files.instruments.values():
        found |= dict.fromkeys(cell for row in instrument.items.rows for cell in row if cell)
        found |= dict.fromkeys(total.column for total in instrument.totals if total.column)
    columns = {column: Text.of([]) for column in found}
    no_rows = np.empty(0, np.int64)
    return SourceTable(
        ", ".join(declared.paths),
        Frame(columns, 0, Origins.of_source(number, no_rows)),
        tuple(columns),
        {},
        {},
        no_rows,
        sha256="",
        size=0,
    )


def _words(texts: Iterable[str]) -> Iterable[str]:
    """Each text as a whole, and the names in it if it is an expression."""
    for text in texts:
        if text:
            yield text
        for word in _WORD.finditer(text):
            yield word[1] or word[0]
