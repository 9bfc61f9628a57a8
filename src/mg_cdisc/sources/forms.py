"""What a source's own metadata say of its forms: the start of a spec that is still to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FormField:
    """One column that a form gives to its source, beside those that tell rows apart.

    ``data_type`` is in the words of the format. ``choices`` are code to text, in the order of the
    form. ``item`` is the name in the metadata that the column comes from, which several columns
    share where a question has a unit or several answers.
    """

    name: str
    label: str = ""
    data_type: str = "text"
    choices: Mapping[str, str] = field(default_factory=dict)
    item: str = ""
    calculated: bool = False


@dataclass(frozen=True)
class Form:
    """What one source reads: a form, or one item group of an ODM form.

    ``fields`` are the source's columns in their order. ``repeating`` is what an ODM file says of
    the form or item group; a data dictionary of REDCap doesn't say it.
    """

    oid: str
    name: str
    fields: tuple[FormField, ...]
    item_group: str = ""
    repeating: bool = False


@dataclass(frozen=True)
class StudyEvent:
    """A study event of an ODM file: a planned visit, or another occasion to fill in forms.

    ``kind`` is the standard's word: ``Scheduled``, ``Unscheduled`` or ``Common``, blank where the
    file does not say it.
    """

    oid: str
    name: str
    kind: str = ""
    repeating: bool = False
