"""A REDCap project's data dictionary: the instruments, their fields, and the columns of each."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.delimited import read_csv
from mg_cdisc.sources.files import SourceFile, check_format, find
from mg_cdisc.sources.forms import Form, FormField
from mg_cdisc.sources.table import Rows, listed

ReadCsv = Callable[[SourceFile, SourceDeclaration], Rows]

CHECKBOX: Final = "checkbox"
CHECKED: Final[Mapping[str, str]] = {"1": "Checked", "0": "Unchecked"}
STATUS: Final[Mapping[str, str]] = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}

# what is read of a dictionary: the column in the file that the Designer downloads, and in the API's
_NAME: Final = ("Variable / Field Name", "field_name")
_FORM: Final = ("Form Name", "form_name")
_TYPE: Final = ("Field Type", "field_type")
_LABEL: Final = ("Field Label", "field_label")
_CHOICES: Final = ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations")
_CHECK: Final = (
    "Text Validation Type OR Show Slider Number",
    "text_validation_type_or_show_slider_number",
)
_COLUMNS: Final = (_NAME, _FORM, _TYPE, _LABEL, _CHOICES)

_CODED: Final = ("dropdown", "radio", CHECKBOX)
_FIXED: Final[Mapping[str, Mapping[str, str]]] = {
    "yesno": {"1": "Yes", "0": "No"},
    "truefalse": {"1": "True", "0": "False"},
}
_BREAKS: Final = ("<br", "<p", "</p", "<div", "</div", "<li", "</li", "<td", "</td", "<tr", "</tr")
_TAG: Final = re.compile(r"<[A-Za-z/!][^>]*>")
_NOT_IN_NAME: Final = re.compile(r"[^a-z0-9_]")


@dataclass(frozen=True)
class DictionaryField:
    """One row of a dictionary: a field, and the choices that it defines itself."""

    name: str
    form: str
    field_type: str
    label: str
    validation: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)

    def columns(self) -> tuple[FormField, ...]:
        """The field's columns in an export: one for each choice of a checkbox, none for a text
        that is only shown."""
        if self.field_type == "descriptive":
            return ()
        if self.field_type == CHECKBOX:
            return tuple(
                FormField(
                    checkbox_column(self.name, code),
                    f"{self.label} (choice={text})",
                    CHECKBOX,
                    CHECKED,
                    self.name,
                )
                for code, text in self.choices.items()
            )
        data_type = self.validation if self.field_type == "text" else ""
        choices = _FIXED.get(self.field_type, self.choices)
        calculated = self.field_type == "calc"
        return (
            FormField(
                self.name,
                self.label,
                data_type or self.field_type,
                choices,
                self.name,
                calculated,
            ),
        )


@dataclass(frozen=True)
class Dictionary:
    """All fields of a project in the dictionary's order; the first identifies a record."""

    file: SourceFile
    fields: tuple[DictionaryField, ...]

    @property
    def record_id(self) -> str:
        """The field that identifies a record, which is always the first."""
        return self.fields[0].name

    def forms(self, record_id: str) -> list[Form]:
        """The instruments in the dictionary's order; the status of each is its last column.

        The field that identifies a record belongs to every instrument and is in none of them.
        """
        columns: dict[str, list[FormField]] = {}
        for each in self.fields:
            own = columns.setdefault(each.form, [])
            if each.name != record_id:
                own += each.columns()
        for form, own in columns.items():
            name = f"{form}_complete"
            own.append(FormField(name, "Complete?", "dropdown", STATUS, name))
        return [Form(form, form, tuple(own)) for form, own in columns.items()]


def redcap_forms(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> list[Form]:
    """The instruments of a REDCap project by its data dictionary.

    Their fields are the columns, behind the record's identifier and those that begin with
    ``redcap_``, of the source that reads that instrument. Raises SourceError for a file that
    cannot be read or is no data dictionary.
    """
    declared = {"file": path.name, "format": "csv", "delimiter": delimiter, "encoding": encoding}
    dictionary = read_dictionary(path.parent, SourceDeclaration.model_validate(declared))
    return dictionary.forms(dictionary.record_id)


def read_dictionary(
    folder: Path, declaration: SourceDeclaration, read: ReadCsv = read_csv
) -> Dictionary:
    """Read a data dictionary as downloaded from the Designer, or as REDCap's API gives it.

    ``declaration`` is that of a CSV file. Raises SourceError for columns that are not there, a
    field without a name or instrument, and choices that cannot be told apart.
    """
    file = find(declaration.file, folder)
    check_format(file, "csv")
    rows = read(file, declaration)
    texts: dict[str, list[str]] = {}
    for names in (*_COLUMNS, _CHECK):
        known = next((name for name in names if name in rows.columns), None)
        texts[names[0]] = rows.columns[known].to_list() if known else []
    missing = [names[0] for names in _COLUMNS if not set(names) & set(rows.columns)]
    if missing:
        raise file.error(
            "source-header",
            f"this is no data dictionary of REDCap: it has no column {listed(missing)}",
            "Download it anew (Designer, or Project Setup: data dictionary), and change nothing "
            "in its header.",
            1,
        )
    numbers = rows.numbers.tolist()
    count = len(numbers)
    checks = texts[_CHECK[0]] or [""] * count
    fields: list[DictionaryField] = []
    lines: dict[str, int] = {}
    for row, name, form, kind, label, choices, check in zip(
        numbers, *(texts[names[0]] for names in _COLUMNS), checks, strict=True
    ):
        if not name.strip() or not form.strip():
            raise file.error(
                "source-metadata",
                "a field has no name" if not name.strip() else f"the field {name} has no form name",
                "Download the dictionary anew.",
                row,
            )
        if name in lines:
            raise file.error(
                "source-metadata",
                f"the field {name} is also that of row {lines[name]}",
                "Download the dictionary anew: a field stands there once.",
                row,
            )
        lines[name] = row
        coded = _parse_choices(file, row, name, choices) if kind in _CODED else {}
        fields.append(DictionaryField(name, form, kind, plain_text(label), check, coded))
    if not fields:
        raise file.error("source-empty", "the dictionary has no fields", "Download it anew.")
    return Dictionary(file, tuple(fields))


def checkbox_column(name: str, code: str) -> str:
    """The column that REDCap exports for one choice of a checkbox.

    >>> checkbox_column("symptom", "2"), checkbox_column("symptom", "-9")
    ('symptom___2', 'symptom____9')
    """
    return f"{name}___{_NOT_IN_NAME.sub('_', code.lower())}"


def plain_text(text: str) -> str:
    """A label without HTML tags and entities, in one line.

    >>> plain_text('<div class="rich">Pulse<br>(<b>at rest</b>), &lt; 60 or > 100</div>')
    'Pulse (at rest), < 60 or > 100'
    """
    bare = _TAG.sub(lambda tag: " " if tag[0].lower().startswith(_BREAKS) else "", text)
    return " ".join(html.unescape(bare).split())


def _parse_choices(file: SourceFile, row: int, name: str, text: str) -> dict[str, str]:
    """``code, text | code, text``; a comma in the text is part of it."""
    found: dict[str, str] = {}
    for choice in text.split("|"):
        if not choice.strip():
            continue
        code, comma, label = choice.partition(",")
        code = code.strip()
        if not comma or not code:
            raise file.error(
                "source-metadata",
                f"the choice {choice.strip()!r} of the field {name} has no code",
                "Write choices as code, text | code, text.",
                row,
            )
        if code in found:
            raise file.error(
                "source-metadata",
                f"two choices of the field {name} have the code {code}",
                "Ask which of the two was collected, and give each a code of its own.",
                row,
            )
        found[code] = plain_text(label)
    return found
