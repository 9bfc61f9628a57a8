"""REDCap's flat export: the rows and columns of one instrument out of a project's one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np

from mg_cdisc.errors import Finding, Location, nearest, one_of
from mg_cdisc.frame import Index, Mask, Text
from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.delimited import read_csv
from mg_cdisc.sources.files import SourceFile
from mg_cdisc.sources.forms import Form, FormField
from mg_cdisc.sources.redcap_dictionary import (
    CHECKBOX,
    CHECKED,
    STATUS,
    Dictionary,
    ReadCsv,
    read_dictionary,
)
from mg_cdisc.sources.table import Rows, listed, repeated

EVENT: Final = "redcap_event_name"
INSTRUMENT: Final = "redcap_repeat_instrument"
INSTANCE: Final = "redcap_repeat_instance"
SYSTEM: Final[Mapping[str, str]] = {
    EVENT: "Event Name",
    INSTRUMENT: "Repeat Instrument",
    INSTANCE: "Repeat Instance",
    "redcap_data_access_group": "Data Access Group",
    "redcap_survey_identifier": "Survey Identifier",
}
"""The columns, with REDCap's labels, that belong to no instrument."""

_RAW: Final = "Export raw data (codes and field names), not labels."


def read_redcap(file: SourceFile, declaration: SourceDeclaration, read: ReadCsv = read_csv) -> Rows:
    """Read one instrument of a flat export; a row's number is its line in the export.

    Rows of an instrument: those that name it as their repeating instrument, and those that name
    none and have a value in one of its fields or in its status. A box that is not checked is no
    value, since REDCap exports 0 for boxes of forms that nobody opened.

    Columns: the record's identifier, those of ``SYSTEM`` that the export has, then the fields in
    the dictionary's order (of a checkbox one column for each choice, and those that the export
    has for missing data codes), the time of a survey if the export has it, and the form's status.
    Values are the text that stands there; labels and choices are those of the dictionary.

    Raises SourceError for a form that the dictionary doesn't have, for fields of the form that
    the export lacks and columns that the dictionary lacks, for labels in place of codes, and for
    rows that are the same record, event, instrument and instance. ``read`` reads the two CSV
    files, where they are to be parsed once for many instruments.
    """
    dictionary = read_dictionary(
        file.folder,
        SourceDeclaration(
            file=declaration.dictionary,
            format="csv",
            encoding=declaration.encoding,
            delimiter=declaration.delimiter,
        ),
        read,
    )
    record_id = declaration.record_id or dictionary.record_id
    _check_declared(dictionary, declaration.form, record_id)
    forms = {form.oid: form for form in dictionary.forms(record_id)}
    form = forms[declaration.form]
    export = read(file, declaration)
    _check_columns(file, export, dictionary, list(forms.values()), form, record_id)
    fields = _fields(export, dictionary, form)
    _check_codes(file, export, fields, list(forms))
    here, findings = _rows_of(file, export, form.oid, fields)
    rows = np.flatnonzero(here)
    numbers = export.numbers[rows]
    system = {name: label for name, label in SYSTEM.items() if name in export.columns}
    labels = {
        record_id: next(each.label for each in dictionary.fields if each.name == record_id),
        **system,
        **{field.name: field.label for field in fields},
    }
    columns = {name: export.columns[name].take(rows) for name in labels}
    keys = [name for name in (record_id, EVENT, INSTRUMENT, INSTANCE) if name in columns]
    _check_keys(file, {name: columns[name] for name in keys}, numbers)
    return Rows(
        columns,
        numbers,
        {name: label for name, label in labels.items() if label},
        (*export.findings, *findings),
        {field.name: field.choices for field in fields if field.choices},
        {dictionary.file.name: dictionary.file.sha256()},
    )


def _check_declared(dictionary: Dictionary, form: str, record_id: str) -> None:
    """The declared form and record identifier are in the dictionary."""
    forms = list(dict.fromkeys(each.form for each in dictionary.fields))
    if form not in forms:
        raise dictionary.file.error(
            "source-form",
            f"the dictionary has no form {form}",
            nearest(form, forms) or f"It has {one_of(forms)}.",
        )
    names = [each.name for each in dictionary.fields]
    if record_id not in names:
        raise dictionary.file.error(
            "source-column",
            f"the dictionary has no field {record_id}, declared as record_id",
            nearest(record_id, names) or f"The identifier is usually the first: {names[0]}.",
        )


def _check_columns(
    file: SourceFile,
    export: Rows,
    dictionary: Dictionary,
    forms: Sequence[Form],
    form: Form,
    record_id: str,
) -> None:
    """The export has every field of the form, and no column that the dictionary doesn't explain."""
    if record_id not in export.columns:
        raise file.error(
            "source-column",
            f"the export has no column {record_id}, which identifies a record",
            _RAW,
            1,
        )
    lacking = [field.name for field in form.fields if field.name not in export.columns]
    if lacking:
        raise file.error(
            "source-column",
            f"the export lacks columns of the form {form.oid}: {listed(lacking)}",
            "Export all fields of the form, with the dictionary of the same day.",
            1,
        )
    known = {record_id, *SYSTEM, *(field.name for each in forms for field in each.fields)}
    known |= {f"{each.oid}_{what}" for each in forms for what in ("timestamp", "return_code")}
    boxes = tuple(f"{each.name}___" for each in dictionary.fields if each.field_type == CHECKBOX)
    strange = [name for name in export.columns if name not in known and not name.startswith(boxes)]
    if strange:
        raise file.error(
            "source-column",
            f"the dictionary lacks columns of the export: {listed(strange)}",
            "Download the dictionary of the same project on the same day.",
            1,
        )


def _fields(export: Rows, dictionary: Dictionary, form: Form) -> list[FormField]:
    """The form's columns: with those for missing data codes, and the time of a survey."""
    *own, status = form.fields
    named = {field.name for field in own}
    fields: list[FormField] = []
    for each in dictionary.fields:
        if each.form != form.oid:
            continue
        fields += [field for field in own if field.item == each.name]
        if each.field_type == CHECKBOX:
            prefix = f"{each.name}___"
            fields += [
                FormField(
                    name,
                    f"{each.label} (choice={name.removeprefix(prefix)})",
                    CHECKBOX,
                    CHECKED,
                    each.name,
                )
                for name in export.columns
                if name.startswith(prefix) and name not in named
            ]
    time = f"{form.oid}_timestamp"
    if time in export.columns:
        fields.append(FormField(time, "Survey Timestamp", "datetime", item=time))
    return [*fields, status]


def _check_codes(
    file: SourceFile, export: Rows, fields: Sequence[FormField], forms: Sequence[str]
) -> None:
    """Boxes, the form's status and the repeating instruments are told by codes, not by labels."""
    allowed: dict[str, Collection[str]] = {
        field.name: field.choices for field in fields if field.data_type == CHECKBOX
    }
    allowed[fields[-1].name] = STATUS
    if INSTRUMENT in export.columns:
        allowed[INSTRUMENT] = forms
    for name, codes in allowed.items():
        strange = [text for text in export.columns[name].used() if text and text not in codes]
        if strange:
            raise file.error(
                "source-labels",
                f"the column {name} holds {listed(map(repr, strange))} in place of "
                f"{one_of(list(codes))}",
                _RAW,
                int(export.numbers[export.columns[name].equals(strange[0])][0]),
            )


def _rows_of(
    file: SourceFile, export: Rows, form: str, fields: Sequence[FormField]
) -> tuple[Mask, tuple[Finding, ...]]:
    """Which rows belong to the instrument, and what is doubtful about them."""
    count = len(export.numbers)
    valued = np.zeros(count, bool)
    for field in fields[:-1]:
        text = export.columns[field.name]
        valued |= ~(text.blank | text.equals("0")) if field.data_type == CHECKBOX else ~text.blank
    status = export.columns[fields[-1].name]
    repeating = export.columns.get(INSTRUMENT, Text.constant("", count))
    own = repeating.equals(form)
    astray = np.flatnonzero(valued & ~own & ~repeating.blank)
    if len(astray):
        found = [f"row {row}" for row in export.numbers[astray].tolist()]
        raise file.error(
            "source-form",
            f"rows of other repeating instruments have values of the form {form}: {listed(found)}",
            "Export the file again: it was changed by hand or damaged.",
            int(export.numbers[astray[0]]),
        )
    here = own | (repeating.blank & (valued | ~status.blank))
    unopened = int(np.count_nonzero(here & ~own & ~valued & status.equals("0")))
    if not unopened:
        return here, ()
    note = Finding(
        Location(file.name),
        "source-status",
        f"rows of the form {form} hold no value but the status Incomplete, which REDCap also "
        "exports for forms that nobody opened",
        "Export blank values for gray form status, to have only forms that were opened.",
        level="note",
        count=unopened,
    )
    return here, (note,)


def _check_keys(file: SourceFile, keys: Mapping[str, Text], numbers: Index) -> None:
    again, first = repeated(list(keys.values()), len(numbers))
    if not len(again):
        return
    pairs = zip(numbers[again].tolist(), numbers[first].tolist(), strict=True)
    raise file.error(
        "source-duplicate",
        f"rows have the same {', '.join(keys)}: "
        + listed(f"row {row} as row {earlier}" for row, earlier in pairs),
        "Export the file again: REDCap has such a row once.",
        int(numbers[again[0]]),
    )
