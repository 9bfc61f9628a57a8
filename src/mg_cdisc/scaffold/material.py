"""What a first spec is made of: each form of the data with all that is known of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mg_cdisc.frame import Text
from mg_cdisc.sources import FormField, SourceDeclaration, SourceTable

MOST_VALUES: Final = 60
"""A column with more distinct values than this has no list of answers."""

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Material:
    """One source of the study to be: a form, a sheet or a file.

    ``fields`` are its columns but for those of the capture system. ``table`` is what was read of
    it, or ``None`` where it could not be read, for the reason in ``fault``. ``keys`` tell its rows
    apart; ``sure`` says that the format itself promises that. ``subject``, ``site`` and ``event``
    are the columns of subject, site and visit, blank where it has none. ``told`` are columns that
    by their nature are not submitted, each with the reason.
    """

    name: str
    label: str
    declaration: SourceDeclaration
    fields: tuple[FormField, ...]
    table: SourceTable | None
    fault: str = ""
    keys: tuple[str, ...] = ()
    sure: bool = False
    subject: str = ""
    site: str = ""
    event: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.table.frame.rows if self.table is not None else 0

    def column(self, name: str) -> Text | None:
        """A column as read, if it is there."""
        if self.table is None or name not in self.table.columns:
            return None
        return self.table.frame.text(name)

    def values(self, name: str) -> list[str]:
        """The distinct values of a column, blank left out, in the order of their first row."""
        column = self.column(name)
        return [] if column is None else [each for each in used_in_order(column) if each.strip()]

    def answers(self, field_: FormField) -> dict[str, str]:
        """What a field's answers mean: the form's choices, else the few values that it has."""
        if field_.choices:
            return dict(field_.choices)
        found = self.values(field_.name)
        return {each: each for each in found} if len(found) <= MOST_VALUES else {}


def used_in_order(column: Text) -> list[str]:
    """The distinct values of a column in the order of the first row that has each."""
    values = column.compact()
    first: dict[int, None] = dict.fromkeys(values.codes.tolist())
    texts = values.values.to_pylist()
    return [texts[code] for code in first]


def plain(name: str) -> str:
    """A name without case and signs, to know a column by: ``Subject ID`` is ``SUBJECTID``.

    >>> plain("Subject ID"), plain("redcap_event_name")
    ('SUBJECTID', 'REDCAPEVENTNAME')
    """
    return _NO_NAME.sub("", name).upper()


def source_name(wanted: tuple[str, ...], taken: set[str]) -> str:
    """A name for sources.yaml: the first of the wanted that has Latin letters, in lower case.

    >>> source_name(("Adverse Events",), set()), source_name(("\u4e0d\u826f", "F.AE"), set())
    ('adverse_events', 'f_ae')
    """
    made = "form"
    for each in wanted:
        folded = unicodedata.normalize("NFKD", each).encode("ascii", "ignore").decode()
        words = _NO_NAME.sub("_", _HUMP.sub("_", folded)).strip("_").lower()
        if words and any(sign.isalpha() for sign in words):
            made = words if words[0].isalpha() else f"form_{words}"
            break
    number, name = 1, made
    while name in taken:
        number += 1
        name = f"{made}_{number}"
    return name
