"""The clinical data of an ODM file, gathered column by column as the stream goes by."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from mg_cdisc.errors import SourceError, nearest, one_of
from mg_cdisc.frame import Text
from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.forms import Form
from mg_cdisc.sources.odm_metadata import UNIT, Metadata, Version
from mg_cdisc.sources.odm_xml import Attributes, Node, Stream, elements

KEYS: Final[Mapping[str, str]] = {
    "SubjectKey": "Subject",
    "StudyEventOID": "Study event",
    "StudyEventRepeatKey": "Repeat of the study event",
    "FormRepeatKey": "Repeat of the form",
    "ItemGroupRepeatKey": "Repeat of the item group",
}
"""The columns, with their labels, that tell the rows of a source apart."""

Enter = Callable[[Attributes], None]

WITH_METADATA: Final = (
    "Export the clinical data together with the metadata that they were entered under."
)

# fmt: off
_TYPES: Final = (
    "Any", "Base64Binary", "Base64Float", "Boolean", "Date", "Datetime", "Double",
    "DurationDatetime", "Float", "HexBinary", "HexFloat", "IncompleteDate", "IncompleteDatetime",
    "IncompleteTime", "Integer", "IntervalDatetime", "PartialDate", "PartialDatetime",
    "PartialTime", "String", "Time", "URI",
)
# fmt: on


class Cells:
    """One column as it is gathered: for every value its row, and the code of its text."""

    def __init__(self) -> None:
        self._rows = array("q")
        self._codes = array("i")
        self._seen: dict[str, int] = {"": 0}

    def put(self, row: int, value: str) -> None:
        """Give a row its value; rows come in their order."""
        self._rows.append(row)
        self._codes.append(self._seen.setdefault(value, len(self._seen)))

    def has(self, row: int) -> bool:
        """Whether this row, the last one so far, has a value."""
        return bool(self._rows) and self._rows[-1] == row

    def text(self, rows: int) -> Text:
        """The column; blank in rows without a value."""
        codes = np.zeros(rows, np.int32)
        codes[np.array(self._rows, np.int64)] = np.array(self._codes, np.int32)
        return Text(codes, pa.array(list(self._seen), pa.string()))


@dataclass(frozen=True)
class _Layout:
    """The form under one metadata version, and its columns by the OID of their item."""

    form: Form
    values: Mapping[str, Cells]
    units: Mapping[str, Cells]


class ClinicalData:
    """Gathers the rows of one item group of one form."""

    def __init__(self, stream: Stream, metadata: Metadata, declaration: SourceDeclaration) -> None:
        self.form = declaration.form
        self.group = declaration.item_group
        self.there = False
        """Whether the file has any clinical data."""
        self.events: dict[str, str] = {}
        """The study events' names, by their OID."""
        self.cells: dict[tuple[str, bool], Cells] = {}
        """The columns: an item and whether it is the item's unit."""
        self.keys: Mapping[str, Cells] = {name: Cells() for name in KEYS}
        self.lines = array("q")
        """The line of each row's ItemGroupData."""
        self.subjects = array("q")
        """The SubjectData of each row, as a place in ``sites``."""
        self.sites: list[str] = []
        self.undefined: dict[str, int] = {}
        """Items that the metadata lack, and the line of the first of each."""
        self.annotations: list[int] = []
        """The lines of annotations."""
        self._stream = stream
        self._metadata = metadata
        self._names = declaration.names
        self._study = ""
        self._groups: list[str] = []
        self._layouts: dict[str, _Layout] = {}
        self._current: _Layout | None = None
        # where the stream is
        self._row = -1
        self._subject = self._event = self._event_repeat = self._form_repeat = self._item = ""

    def root(self, attributes: Attributes) -> None:
        """Refuse a file that holds changes only. Rule: ODM 1.3.2 section 2.9."""
        if attributes.get("FileType") == "Transactional" and "PriorFileOID" in attributes:
            raise self._stream.error(
                "source-transaction",
                "the file holds only what changed since the file "
                f"{attributes['PriorFileOID']} (PriorFileOID)",
                "Export a Snapshot, which holds all data.",
            )

    def layouts(self) -> list[Form]:
        """The form under each version that data were entered under, in the file's order."""
        order = [oid for study, oid in self._metadata.versions if study == self._study]
        return [self._layouts[oid].form for oid in order if oid in self._layouts]

    def enter_clinical(self, attributes: Attributes) -> None:
        study = attributes.get("StudyOID", "")
        oid = attributes.get("MetaDataVersionOID", "")
        if not self.there:
            self.there = True
            self._study = study
            self._check_declared()
        if study != self._study:
            raise self._stream.error(
                "source-format",
                f"the file holds clinical data of two studies, {self._study} and {study}",
                "Export each study to a file of its own.",
            )
        version = self._metadata.version(study, oid)
        self.events |= version.events
        if oid not in self._layouts and self.form in version.forms:
            self._add_layout(version)
        self._current = self._layouts.get(oid)

    def _check_declared(self) -> None:
        """The declared form and item group are in a metadata version of the study."""
        versions = [
            self._metadata.version(*both)
            for both in self._metadata.versions
            if both[0] == self._study
        ]
        if not versions:
            return  # which is told when the version is looked up
        forms = list(dict.fromkeys(form for version in versions for form in version.forms))
        if self.form not in forms:
            raise self._stream.error(
                "source-form",
                f"the file has no form {self.form}",
                nearest(self.form, forms) or f"It has {one_of(forms)}.",
                here=False,
            )
        having = [version for version in versions if self.form in version.forms]
        groups = [group for version in having for group in version.forms[self.form].ordered()]
        self._groups = list(dict.fromkeys(groups))
        if self.group and self.group not in self._groups:
            raise self._stream.error(
                "source-form",
                f"the form {self.form} has no item group {self.group}",
                nearest(self.group, self._groups) or f"It has {one_of(self._groups)}.",
                here=False,
            )
        if not self.group and len(self._groups) > 1:
            raise self._stream.error(
                "source-form",
                f"the form {self.form} has several item groups: {one_of(self._groups)}",
                "Say which with item_group, and declare a source for each that you need.",
                here=False,
            )
        self.group = self.group or next(iter(self._groups), "")

    def _add_layout(self, version: Version) -> None:
        for form in self._metadata.forms(version, self.form, self._names):
            if form.item_group == self.group:
                keys = [(field.item, field.data_type == UNIT) for field in form.fields]
                cells = {key: self.cells.setdefault(key, Cells()) for key in keys}
                self._layouts[version.oid] = _Layout(
                    form,
                    {item: cells[item, unit] for item, unit in keys if not unit},
                    {item: cells[item, unit] for item, unit in keys if unit},
                )

    @property
    def _layout(self) -> _Layout:
        assert self._current is not None, "an item group without a layout is refused"
        return self._current

    def _check_inserted(self, attributes: Attributes, element: str) -> None:
        if attributes.get("TransactionType", "Insert") != "Insert":
            raise self._stream.error(
                "source-transaction",
                f"the transaction of this {element} is {attributes['TransactionType']}: the file "
                "is a log of changes, not a state of the data",
                "Export a Snapshot; only transactions of the type Insert are read.",
            )

    def enter_subject(self, attributes: Attributes) -> None:
        self._check_inserted(attributes, "SubjectData")
        self._subject = attributes.get("SubjectKey", "")
        self.sites.append("")

    def site(self, attributes: Attributes) -> None:
        self.sites[-1] = attributes.get("LocationOID", "")

    def enter_event(self, attributes: Attributes) -> None:
        self._check_inserted(attributes, "StudyEventData")
        self._event = attributes.get("StudyEventOID", "")
        self._event_repeat = attributes.get("StudyEventRepeatKey", "")

    def enter_form(self, attributes: Attributes) -> bool:
        if attributes.get("FormOID") != self.form:
            return False
        self._check_inserted(attributes, "FormData")
        self._form_repeat = attributes.get("FormRepeatKey", "")
        return True

    def enter_group(self, attributes: Attributes) -> bool:
        oid = attributes.get("ItemGroupOID", "")
        if oid not in self._groups or (oid == self.group and self._current is None):
            raise self._stream.error(
                "source-metadata",
                f"the metadata of the form {self.form} lack the item group {oid} that its data "
                "have",
                WITH_METADATA,
            )
        if oid != self.group:
            return False
        self._check_inserted(attributes, "ItemGroupData")
        self._row += 1
        self.lines.append(self._stream.line)
        self.subjects.append(len(self.sites) - 1)
        repeat = attributes.get("ItemGroupRepeatKey", "")
        texts = (self._subject, self._event, self._event_repeat, self._form_repeat, repeat)
        for cells, text in zip(self.keys.values(), texts, strict=True):
            cells.put(self._row, text)
        return True

    def untyped(self, attributes: Attributes) -> None:
        value = attributes.get("Value", "")
        if value and attributes.get("IsNull") == "Yes":
            raise self._stream.error(
                "source-value",
                f"the item {attributes.get('ItemOID', '')} is null and has the value {value!r}",
                "Export the file again, or ask which of the two holds.",
            )
        self._enter_item(attributes)
        cells = self._layout.values.get(self._item)
        if cells is not None:
            cells.put(self._row, value)

    def enter_typed(self, attributes: Attributes) -> None:
        self._enter_item(attributes)
        if "MeasurementUnitOID" in attributes:
            self.unit(attributes)

    def leave_typed(self, text: str) -> None:
        cells = self._layout.values.get(self._item)
        if cells is not None:
            cells.put(self._row, text)

    def _enter_item(self, attributes: Attributes) -> None:
        if "TransactionType" in attributes:
            self._check_inserted(attributes, "item")
        self._item = attributes.get("ItemOID", "")
        cells = self._layout.values.get(self._item)
        if cells is None:
            self.undefined.setdefault(self._item, self._stream.line)
        elif cells.has(self._row):
            raise self._stream.error(
                "source-duplicate",
                f"the item {self._item} stands twice in the item group of row {self.lines[-1]}",
                "Export the file again: an item has one value in an item group.",
            )

    def unit(self, attributes: Attributes) -> None:
        cells = self._layout.units.get(self._item)
        if cells is not None:
            cells.put(self._row, attributes.get("MeasurementUnitOID", ""))
        elif self._item in self._layout.values:
            self.undefined.setdefault(f"the unit of {self._item}", self._stream.line)

    def annotation(self, _attributes: Attributes) -> None:
        self.annotations.append(self._stream.line)


class Gathering:
    """Gathers several forms while one stream goes by.

    A form with a fault is left at its first one, and the others go on; ``faults`` has it under the
    form's identity.
    """

    def __init__(self, forms: Sequence[ClinicalData]) -> None:
        self.faults: dict[int, SourceError] = {}
        self._forms = list(forms)
        # those whose form, and then item group, the stream is in
        self._open: list[ClinicalData] = []
        self._within: list[ClinicalData] = []

    def nodes(self) -> Mapping[str, Node]:
        """What is done with the children of the root that hold clinical data."""
        annotation = {"Annotation": Node(self._in_group(ClinicalData.annotation))}
        unit = {"MeasurementUnitRef": Node(self._in_group(ClinicalData.unit))}
        typed = Node(
            self._in_group(ClinicalData.enter_typed), {}, self._in_group(ClinicalData.leave_typed),
            text=True,
        )  # fmt: skip
        items = {
            "ItemData": Node(self._in_group(ClinicalData.untyped), elements(unit | annotation)),
            **{f"ItemData{kind}": typed for kind in _TYPES},
        }
        group = {"ItemGroupData": Node(self._enter_group, elements(items | annotation))}
        on_form = {"Annotation": Node(self._on_form)}
        form = {"FormData": Node(self._enter_form, elements(group | on_form))}
        event = {"StudyEventData": Node(self._in_all(ClinicalData.enter_event), elements(form))}
        site = {"SiteRef": Node(self._in_all(ClinicalData.site))}
        subject = Node(self._in_all(ClinicalData.enter_subject), elements(site | event))
        clinical = self._in_all(ClinicalData.enter_clinical)
        return {"ClinicalData": Node(clinical, elements({"SubjectData": subject}))}

    def root(self, attributes: Attributes) -> None:
        """Refuse a file that holds changes only."""
        for form in self._forms[:1]:
            form.root(attributes)

    def _fail(self, form: ClinicalData, error: SourceError) -> None:
        self.faults[id(form)] = error
        for going in (self._forms, self._open, self._within):
            if form in going:
                going.remove(form)

    def _in_all(self, enter: Callable[[ClinicalData, Attributes], None]) -> Enter:
        def enter_all(attributes: Attributes) -> None:
            for form in tuple(self._forms):
                try:
                    enter(form, attributes)
                except SourceError as error:
                    self._fail(form, error)

        return enter_all

    def _in_group(self, tell: Callable[[ClinicalData, Any], None]) -> Callable[[Any], None]:
        def tell_all(given: Any) -> None:
            for form in tuple(self._within):
                try:
                    tell(form, given)
                except SourceError as error:
                    self._fail(form, error)

        return tell_all

    def _enter_form(self, attributes: Attributes) -> bool:
        self._open = self._entered(self._forms, ClinicalData.enter_form, attributes)
        self._within = []
        return bool(self._open)

    def _enter_group(self, attributes: Attributes) -> bool:
        self._within = self._entered(self._open, ClinicalData.enter_group, attributes)
        return bool(self._within)

    def _entered(
        self,
        forms: Sequence[ClinicalData],
        enter: Callable[[ClinicalData, Attributes], bool],
        attributes: Attributes,
    ) -> list[ClinicalData]:
        """The forms that the stream has now entered."""
        entered = []
        for form in tuple(forms):
            try:
                if enter(form, attributes):
                    entered.append(form)
            except SourceError as error:
                self._fail(form, error)
        return entered

    def _on_form(self, attributes: Attributes) -> None:
        for form in self._open:
            form.annotation(attributes)
