"""CDISC ODM-XML 1.3: the clinical data of one form, with labels and codelists from its metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import numpy as np

from mg_cdisc.errors import Finding, Location, SourceError
from mg_cdisc.frame import Index, Text, choose
from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.files import SourceFile, check_format, find
from mg_cdisc.sources.forms import Form, FormField, StudyEvent
from mg_cdisc.sources.odm_clinical import KEYS, WITH_METADATA, ClinicalData, Gathering
from mg_cdisc.sources.odm_metadata import UNIT, Metadata, Names
from mg_cdisc.sources.odm_xml import Attributes, Enough, Node, Stream
from mg_cdisc.sources.table import Rows, listed, repeated

FormKey = tuple[str, str, str]
SITE: Final = "LocationOID"
"""The column of the subject's site, there if the file refers to sites."""


def read_odm(file: SourceFile, declaration: SourceDeclaration) -> Rows:
    """Read one item group of one form; a row is an ItemGroupData, its number that element's line.

    Columns: those of ``KEYS``, ``LocationOID`` if the file refers to sites, then the items in the
    order of the metadata; an item with units is followed by the OID of its unit (``ITEM.unit``),
    which is implied where the metadata have only one. Values are the text that stands there,
    codes stay codes; an item that is null or not there is blank. Where clinical data were entered
    under several metadata versions, the last one says order, labels and choices, and columns that
    only earlier ones have follow. Elements of vendors, audit records and signatures are passed
    over; so are annotations, with a warning.

    Raises SourceError for a file that is no state of the data (any TransactionType but Insert, or
    a Transactional file that continues another), and for data that the metadata don't define.
    Rule: ODM 1.3.2 sections 2.7 (clinical data keys), 2.9 (transactions), 2.14 (typed items).
    """
    found = read_odm_forms(file, [declaration])[form_key(declaration)]
    if isinstance(found, SourceError):
        raise found
    return found


def form_key(declaration: SourceDeclaration) -> FormKey:
    """What tells apart the sources of one ODM file."""
    return declaration.form, declaration.item_group, declaration.names


def read_odm_forms(
    file: SourceFile, declared: Iterable[SourceDeclaration]
) -> dict[FormKey, Rows | SourceError]:
    """Several forms of one file in one pass: the rows of each, or why it cannot be read."""
    stream = Stream(file)
    metadata = Metadata(stream)
    gathered = {form_key(each): ClinicalData(stream, metadata, each) for each in declared}
    forms = Gathering(list(gathered.values()))
    made: dict[FormKey, Rows | SourceError] = {}
    try:
        stream.run({**metadata.nodes(), **forms.nodes()}, forms.root)
    except SourceError as error:
        return {key: forms.faults.get(id(data), error) for key, data in gathered.items()}
    for key, data in gathered.items():
        try:
            made[key] = _rows(file, metadata, data, forms.faults.get(id(data)))
        except SourceError as error:
            made[key] = error
    return made


def _rows(
    file: SourceFile, metadata: Metadata, data: ClinicalData, fault: SourceError | None
) -> Rows:
    """The rows of a form that was gathered."""
    if fault is not None:
        raise fault
    if not data.there:
        raise file.error(
            "source-empty",
            "the file has no ClinicalData: it holds metadata only",
            "Export the clinical data together with their metadata.",
        )
    if data.undefined:
        lacking = [f"{item} (row {line})" for item, line in data.undefined.items()]
        raise file.error(
            "source-metadata",
            f"the metadata of the item group {data.group} lack what its data have: "
            f"{listed(lacking)}",
            WITH_METADATA,
        )
    rows = len(data.lines)
    numbers, findings = _numbers(file, data)
    keys = {name: cells.text(rows) for name, cells in data.keys.items()}
    _check_keys(file, data.group, keys, numbers)
    fields, doubts = _merged(file, data.layouts())
    columns: dict[str, Text] = {"SubjectKey": keys["SubjectKey"]}
    if any(data.sites):
        columns[SITE] = Text.of(data.sites).expand(np.array(data.subjects, np.int64))
    columns |= keys
    for field in fields:
        if field.name in columns:
            raise file.error(
                "source-metadata",
                f"the item {field.item} has the name {field.name}, which another column has",
                "Declare other names: oid, name or sas.",
            )
        columns[field.name] = _column(data, field, rows)
    labels = {**KEYS, SITE: "Site", **{field.name: field.label for field in fields}}
    choices: dict[str, Mapping[str, str]] = {
        SITE: metadata.locations,
        "StudyEventOID": data.events,
        **{field.name: field.choices for field in fields},
    }
    return Rows(
        columns,
        numbers,
        {name: labels[name] for name in columns if labels[name]},
        (*findings, *doubts, *_annotated(file, data)),
        {name: choices[name] for name in columns if choices.get(name)},
    )


def odm_forms(path: Path, names: Names = "oid") -> list[Form]:
    """The forms of an ODM file by its metadata: an entry for each item group of each form.

    Their fields are the columns, behind those of ``KEYS`` and ``LocationOID``, of the source that
    reads that item group. Where the file has several metadata versions, the last that has a form
    says what is in it. Raises SourceError for a file that cannot be read or defines no form.
    """
    file, metadata = _metadata(path)
    found: dict[str, list[Form]] = {}
    for study, oid in metadata.versions:
        version = metadata.version(study, oid)
        found |= {form: metadata.forms(version, form, names) for form in version.forms}
    if not found:
        raise file.error(
            "source-metadata",
            "the file defines no form",
            "Export it together with its metadata.",
        )
    return [form for forms in found.values() for form in forms]


def odm_events(path: Path) -> list[StudyEvent]:
    """The study events of an ODM file by its metadata, in the order of the protocol.

    Those that the protocol gives no OrderNumber come behind the others, as they stand. Where the
    file has several metadata versions, the last that has an event says what it is.
    """
    _, metadata = _metadata(path)
    found: dict[str, StudyEvent] = {}
    order: dict[str, str] = {}
    for study, oid in metadata.versions:
        version = metadata.version(study, oid)
        found |= version.occasions
        order |= version.protocol
    last = len(found) + max((int(each) for each in order.values() if each.isdecimal()), default=0)

    def place(event: StudyEvent) -> int:
        said = order.get(event.oid, "")
        return int(said) if said.isdecimal() else last

    return sorted(found.values(), key=place)


def _metadata(path: Path) -> tuple[SourceFile, Metadata]:
    """The definitions of a file, which is read no further than to its first clinical data."""
    file = find(path.name, path.parent)
    check_format(file, "odm")
    stream = Stream(file)
    metadata = Metadata(stream)

    def enough(_attributes: Attributes) -> None:
        raise Enough

    stream.run({**metadata.nodes(), "ClinicalData": Node(enough)}, lambda _: None)
    return file, metadata


def _numbers(file: SourceFile, data: ClinicalData) -> tuple[Index, tuple[Finding, ...]]:
    """The lines of the rows, or where several rows share a line their own order."""
    lines = np.array(data.lines, np.int64)
    if (np.diff(lines) > 0).all():
        return lines, ()
    note = Finding(
        Location(file.name),
        "source-lines",
        f"several rows share a line: row n is the n-th ItemGroupData {data.group} of the file",
        "Export the file with line breaks, if rows are to be found by their line.",
        level="note",
    )
    return np.arange(1, len(lines) + 1, dtype=np.int64), (note,)


def _check_keys(file: SourceFile, group: str, keys: Mapping[str, Text], numbers: Index) -> None:
    again, first = repeated(list(keys.values()), len(numbers))
    if not len(again):
        return
    pairs = zip(numbers[again].tolist(), numbers[first].tolist(), strict=True)
    raise file.error(
        "source-duplicate",
        f"rows of the item group {group} repeat the keys of others: "
        + listed(f"row {row} those of row {earlier}" for row, earlier in pairs),
        "Export the file again: subject, event, form and item group, each with its repeat key, "
        "are one record.",
        int(numbers[again[0]]),
    )


def _merged(file: SourceFile, forms: list[Form]) -> tuple[list[FormField], list[Finding]]:
    """The columns of all versions, as the last one that has each says, the last one's first."""
    merged: dict[tuple[str, bool], FormField] = {}
    doubts: list[Finding] = []
    for form in reversed(forms):
        for field in form.fields:
            newer = merged.setdefault((field.item, field.data_type == UNIT), field)
            changed = [
                f"{code} is {text}, then {newer.choices[code]}"
                for code, text in field.choices.items()
                if newer.choices.get(code, text) != text
            ]
            if changed:
                doubts.append(
                    Finding(
                        Location(file.name, column=newer.name),
                        "source-metadata",
                        f"codes of {newer.name} change their meaning between metadata versions: "
                        f"{listed(changed, separator='; ')}",
                        "Ask which was meant, and declare the choices of the column.",
                        level="warning",
                        variable=newer.name,
                    )
                )
            if set(field.choices) - set(newer.choices):
                # keeps the newer order, and the newer text of a code that both have
                choices = {**newer.choices, **field.choices, **newer.choices}
                key = (field.item, field.data_type == UNIT)
                merged[key] = replace(newer, choices=choices)
    return list(merged.values()), doubts


def _column(data: ClinicalData, field: FormField, rows: int) -> Text:
    """An item's values, or its units: the only unit that the metadata have is implied."""
    text = data.cells[field.item, field.data_type == UNIT].text(rows)
    if field.data_type != UNIT or len(field.choices) != 1:
        return text
    value = data.cells[field.item, False].text(rows)
    implied = Text.constant(next(iter(field.choices)), rows)
    return cast("Text", choose(text.blank & ~value.blank, implied, text))


def _annotated(file: SourceFile, data: ClinicalData) -> tuple[Finding, ...]:
    if not data.annotations:
        return ()
    return (
        Finding(
            Location(file.name, row=data.annotations[0]),
            "source-annotations",
            f"annotations (comments and flags) of the form {data.form} are not read",
            "Export them as items, or as a source of their own, if they belong to the study.",
            level="warning",
            count=len(data.annotations),
        ),
    )
