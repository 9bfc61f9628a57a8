"""The metadata of an ODM file: which items a form has, what they mean and how they are coded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from mg_cdisc.errors import SourceError, nearest
from mg_cdisc.sources.forms import Form, FormField, StudyEvent
from mg_cdisc.sources.odm_xml import LANGUAGE, Attributes, Node, Stream, elements

Names = Literal["oid", "name", "sas"]

UNIT: Final = "unit"
"""The ``data_type`` of a column that holds the unit of an item."""

_Definition = TypeVar("_Definition")


@dataclass
class _Group:
    """A FormDef or an ItemGroupDef: what it holds, each with its OrderNumber."""

    name: str
    repeating: bool
    refs: list[tuple[str, str]] = field(default_factory=list)
    calculated: set[str] = field(default_factory=set)

    def ordered(self) -> list[str]:
        """What it holds: by OrderNumber if every reference has one, else as they stand."""
        if all(order.lstrip("-").isdecimal() for _, order in self.refs):
            return [oid for oid, _ in sorted(self.refs, key=lambda ref: int(ref[1]))]
        return [oid for oid, _ in self.refs]


@dataclass
class _Item:
    """An ItemDef."""

    name: str
    sas_name: str
    data_type: str
    description: str = ""
    question: str = ""
    codelist: str = ""
    units: list[str] = field(default_factory=list)


@dataclass
class Version:
    """A MetaDataVersion, and by their OID the definitions in it."""

    study: str
    oid: str
    include: tuple[str, str] | None = None
    events: dict[str, str] = field(default_factory=dict)
    occasions: dict[str, StudyEvent] = field(default_factory=dict)
    protocol: dict[str, str] = field(default_factory=dict)
    """The study events that the protocol refers to, each with its OrderNumber."""
    forms: dict[str, _Group] = field(default_factory=dict)
    groups: dict[str, _Group] = field(default_factory=dict)
    items: dict[str, _Item] = field(default_factory=dict)
    codelists: dict[str, dict[str, str]] = field(default_factory=dict)


class Metadata:
    """Gathers the definitions of a file as its stream goes by.

    Where a text is given in several languages the English one is taken, else the first.
    """

    def __init__(self, stream: Stream) -> None:
        self.versions: dict[tuple[str, str], Version] = {}
        self.units: dict[str, str] = {}
        self.locations: dict[str, str] = {}
        self._stream = stream
        # what is being defined at this place of the stream
        self._study = self._unit = self._code = self._language = ""
        self._version = Version("", "")
        self._group = _Group("", False)
        self._item = _Item("", "", "")
        self._codes: dict[str, str] = {}
        self._texts: list[tuple[str, str]] = []

    def nodes(self) -> Mapping[str, Node]:
        """What is done with the children of the root that hold metadata."""
        text = elements({"TranslatedText": Node(self._enter_text, {}, self._leave_text, text=True)})

        def texts(leave: Callable[[str], None]) -> Node:
            return Node(self._enter_texts, text, leave)

        item = {
            "Description": texts(self._description),
            "Question": texts(self._question),
            "CodeListRef": Node(self._item_codelist),
            "MeasurementUnitRef": Node(self._item_unit),
        }
        codelist = {
            "CodeListItem": Node(self._enter_code, elements({"Decode": texts(self._decode)})),
            "EnumeratedItem": Node(self._enter_code),
        }
        version = {
            "Include": Node(self._include),
            "Protocol": Node(children=elements({"StudyEventRef": Node(self._event_ref)})),
            "StudyEventDef": Node(self._event),
            "FormDef": Node(self._form, elements({"ItemGroupRef": Node(self._group_ref)})),
            "ItemGroupDef": Node(self._item_group, elements({"ItemRef": Node(self._item_ref)})),
            "ItemDef": Node(self._enter_item, elements(item)),
            "CodeList": Node(self._codelist, elements(codelist)),
        }
        unit = Node(self._enter_unit, elements({"Symbol": texts(self._symbol)}))
        study = {
            "BasicDefinitions": Node(children=elements({"MeasurementUnit": unit})),
            "MetaDataVersion": Node(self._enter_version, elements(version)),
        }
        return {
            "Study": Node(self._enter_study, elements(study)),
            "AdminData": Node(children=elements({"Location": Node(self._location)})),
        }

    def version(self, study: str, oid: str) -> Version:
        """A metadata version together with what it includes.

        Raises SourceError if the file doesn't have it, or what it includes.
        """
        chain: list[Version] = []
        wanted: tuple[str, str] | None = (study, oid)
        while wanted is not None:
            found = self.versions.get(wanted)
            if found is None or found in chain:
                raise self._wrong(
                    f"the metadata version {wanted[1]} of the study {wanted[0]} is not in the file",
                    "Export the clinical data together with their metadata.",
                )
            chain.append(found)
            wanted = found.include
        merged = Version(study, oid)
        for part in reversed(chain):
            merged.events |= part.events
            merged.occasions |= part.occasions
            merged.protocol |= part.protocol
            merged.forms |= part.forms
            merged.groups |= part.groups
            merged.items |= part.items
            merged.codelists |= part.codelists
        return merged

    def forms(self, version: Version, form: str, names: Names) -> list[Form]:
        """A form of a metadata version: one entry for each of its item groups, in their order.

        An item with units has a column for its unit behind it. Raises SourceError for a reference
        to what is not defined, and for items that the declared ``names`` don't tell apart.
        """
        definition = version.forms[form]
        made = []
        for oid in definition.ordered():
            group = self._defined(version.groups, oid, f"form {form}", "item group")
            fields = [
                column
                for item in group.ordered()
                for column in self._columns(version, group, oid, item, names)
            ]
            self._check_names(oid, fields)
            repeating = definition.repeating or group.repeating
            made.append(Form(form, definition.name, tuple(fields), oid, repeating))
        return made

    def _columns(
        self, version: Version, group: _Group, group_oid: str, oid: str, names: Names
    ) -> list[FormField]:
        item = self._defined(version.items, oid, f"item group {group_oid}", "item")
        choices: Mapping[str, str] = {}
        if item.codelist:
            choices = self._defined(version.codelists, item.codelist, f"item {oid}", "codelist")
        name = {"oid": oid, "name": item.name, "sas": item.sas_name}[names]
        if not name.strip():
            raise self._wrong(
                f"the item {oid} has no {'SASFieldName' if names == 'sas' else 'Name'}",
                "Declare names: oid.",
            )
        label = item.description or item.question or item.name
        calculated = oid in group.calculated
        columns = [FormField(name, label, item.data_type, choices, oid, calculated)]
        if item.units:
            units = {unit: self.units.get(unit, unit) for unit in item.units}
            columns.append(FormField(f"{name}.unit", f"Unit of {label}", UNIT, units, oid))
        return columns

    def _defined(
        self, known: Mapping[str, _Definition], oid: str, user: str, what: str
    ) -> _Definition:
        if oid not in known:
            raise self._wrong(
                f"the {user} refers to the {what} {oid}, which is not defined",
                nearest(oid, known) or "Export the metadata again, complete.",
            )
        return known[oid]

    def _check_names(self, group: str, columns: list[FormField]) -> None:
        first: dict[str, str] = {}
        for column in columns:
            if column.name not in first:
                first[column.name] = column.item
            elif first[column.name] == column.item:
                raise self._wrong(
                    f"the item group {group} refers to the item {column.item} twice",
                    "Export the metadata again.",
                )
            else:
                raise self._wrong(
                    f"the items {first[column.name]} and {column.item} of the item group {group} "
                    f"both have the name {column.name}",
                    "Declare names: oid.",
                )

    def _wrong(self, what: str, todo: str) -> SourceError:
        return self._stream.error("source-metadata", what, todo, here=False)

    def _enter_study(self, attributes: Attributes) -> None:
        self._study = attributes.get("OID", "")

    def _enter_version(self, attributes: Attributes) -> None:
        self._version = Version(self._study, attributes.get("OID", ""))
        self.versions[self._study, self._version.oid] = self._version

    def _include(self, attributes: Attributes) -> None:
        study = attributes.get("StudyOID", self._study)
        self._version.include = (study, attributes.get("MetaDataVersionOID", ""))

    def _event(self, attributes: Attributes) -> None:
        oid, name = attributes.get("OID", ""), attributes.get("Name", "")
        self._version.events[oid] = name
        self._version.occasions[oid] = StudyEvent(
            oid, name, attributes.get("Type", ""), attributes.get("Repeating") == "Yes"
        )

    def _event_ref(self, attributes: Attributes) -> None:
        order = attributes.get("OrderNumber", "")
        self._version.protocol[attributes.get("StudyEventOID", "")] = order

    def _form(self, attributes: Attributes) -> None:
        self._version.forms[attributes.get("OID", "")] = self._enter_group(attributes)

    def _item_group(self, attributes: Attributes) -> None:
        self._version.groups[attributes.get("OID", "")] = self._enter_group(attributes)

    def _enter_group(self, attributes: Attributes) -> _Group:
        self._group = _Group(attributes.get("Name", ""), attributes.get("Repeating") == "Yes")
        return self._group

    def _group_ref(self, attributes: Attributes) -> None:
        order = attributes.get("OrderNumber", "")
        self._group.refs.append((attributes.get("ItemGroupOID", ""), order))

    def _item_ref(self, attributes: Attributes) -> None:
        oid = attributes.get("ItemOID", "")
        self._group.refs.append((oid, attributes.get("OrderNumber", "")))
        if "MethodOID" in attributes:
            self._group.calculated.add(oid)

    def _enter_item(self, attributes: Attributes) -> None:
        self._item = _Item(
            attributes.get("Name", ""),
            attributes.get("SASFieldName", ""),
            attributes.get("DataType", ""),
        )
        self._version.items[attributes.get("OID", "")] = self._item

    def _item_codelist(self, attributes: Attributes) -> None:
        self._item.codelist = attributes.get("CodeListOID", "")

    def _item_unit(self, attributes: Attributes) -> None:
        self._item.units.append(attributes.get("MeasurementUnitOID", ""))

    def _codelist(self, attributes: Attributes) -> None:
        self._codes = {}
        self._version.codelists[attributes.get("OID", "")] = self._codes

    def _enter_code(self, attributes: Attributes) -> None:
        self._code = attributes.get("CodedValue", "")
        self._codes[self._code] = self._code  # an EnumeratedItem has no decode

    def _enter_unit(self, attributes: Attributes) -> None:
        self._unit = attributes.get("OID", "")
        self.units[self._unit] = attributes.get("Name", "") or self._unit

    def _location(self, attributes: Attributes) -> None:
        self.locations[attributes.get("OID", "")] = attributes.get("Name", "")

    def _enter_texts(self, _attributes: Attributes) -> None:
        self._texts = []

    def _enter_text(self, attributes: Attributes) -> None:
        self._language = attributes.get(LANGUAGE, "").lower()

    def _leave_text(self, text: str) -> None:
        self._texts.append((self._language, " ".join(text.split())))

    def _chosen(self) -> str:
        english = [text for language, text in self._texts if language.split("-")[0] == "en"]
        return next(iter([*english, *(text for _, text in self._texts)]), "")

    def _description(self, _text: str) -> None:
        self._item.description = self._chosen()

    def _question(self, _text: str) -> None:
        self._item.question = self._chosen()

    def _decode(self, _text: str) -> None:
        self._codes[self._code] = self._chosen() or self._code

    def _symbol(self, _text: str) -> None:
        self.units[self._unit] = self._chosen() or self.units[self._unit]
