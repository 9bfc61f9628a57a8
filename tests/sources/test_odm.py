"""ODM-XML: a hand-made file read as it stands, and random tables written by lxml and read back."""

from __future__ import annotations

import random
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mg_cdisc.errors import SourceError
from mg_cdisc.sources import (
    FormField,
    SourceDeclaration,
    SourceTable,
    odm_forms,
    odm_xml,
    read_source,
)
from mg_cdisc.sources.odm_clinical import KEYS

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
NO_KEYS = ["", "", ""]

METADATA = """
<MetaDataVersion OID="V" Name="V">
  <FormDef OID="F" Name="Form" Repeating="No">
    <ItemGroupRef ItemGroupOID="G" Mandatory="Yes"/>
  </FormDef>
  <ItemGroupDef OID="G" Name="Group" Repeating="No">
    <ItemRef ItemOID="A" Mandatory="No"/><ItemRef ItemOID="B" Mandatory="No"/>
  </ItemGroupDef>
  <ItemDef OID="A" Name="First" DataType="text"/>
  <ItemDef OID="B" Name="Second" DataType="float">
    <MeasurementUnitRef MeasurementUnitOID="M"/>
  </ItemDef>
</MetaDataVersion>"""


def odm(
    data: str,
    metadata: str = METADATA,
    root: str = 'FileType="Snapshot"',
    head: str = "",
    namespaces: str = "",
) -> bytes:
    """A file around some clinical data, which may be a form's or whole ``ClinicalData``."""
    if "<ClinicalData" not in data:
        if "<SubjectData" not in data:
            data = (
                '<SubjectData SubjectKey="1"><StudyEventData StudyEventOID="E"><FormData '
                f'FormOID="F">{data}</FormData></StudyEventData></SubjectData>'
            )
        data = f'<ClinicalData StudyOID="S" MetaDataVersionOID="V">{data}</ClinicalData>'
    return (
        f'{head}<ODM xmlns="{NAMESPACE}" {namespaces} ODMVersion="1.3.2" {root} FileOID="1" '
        f'CreationDateTime="2024-01-01T00:00:00">\n<Study OID="S">{metadata}</Study>\n{data}</ODM>'
    ).encode()


def rows_of(table: SourceTable) -> list[list[str]]:
    columns = [table.frame.text(name).to_list() for name in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def items_of(table: SourceTable) -> list[list[str]]:
    """The rows without the key columns."""
    return [row[len(KEYS) :] for row in rows_of(table)]


@pytest.fixture
def vitals(data: Path) -> Any:
    def read_form(**declared: Any) -> SourceTable:
        return read_source(SourceDeclaration(file="vitals.odm.xml", **declared), data)

    return read_form


def test_a_form(vitals: Any) -> None:
    table = vitals(form="F.VS")
    assert table.columns == (
        *("SubjectKey", "LocationOID", "StudyEventOID", "StudyEventRepeatKey"),
        *("FormRepeatKey", "ItemGroupRepeatKey"),
        *("I.POS", "I.WEIGHT", "I.WEIGHT.unit", "I.HEIGHT", "I.HEIGHT.unit", "I.BMI"),
    )
    assert rows_of(table) == [
        ["0001", "L.01", "SE.SCR", *NO_KEYS, "SITTING", "070.50", "MU.KG", "180", "MU.CM", ""],
        ["0001", "L.01", "SE.UNS", "1", "", "", "", "", "", "", "", " 21.7 "],
        ["0002", "", "SE.SCR", *NO_KEYS, "", "155", "MU.LB", "", "", ""],
    ]


def test_rows_are_the_lines_of_their_item_groups(vitals: Any, data: Path) -> None:
    text = (data / "vitals.odm.xml").read_text(encoding="utf-8")
    for form, group in (("F.VS", "IG.VS"), ("F.AE", "IG.AE")):
        lines = [
            number
            for number, line in enumerate(text.splitlines(), 1)
            if f'<ItemGroupData ItemGroupOID="{group}"' in line
        ]
        assert vitals(form=form, item_group=group).row_numbers.tolist() == lines


def test_one_of_several_item_groups(vitals: Any) -> None:
    table = vitals(form="F.AE", item_group="IG.AE")
    assert rows_of(table) == [
        ["0001", "L.01", "SE.UNS", "1", "", "1", 'a < b & "c"\n\u5934\u75db', "2"],
        ["0001", "L.01", "SE.UNS", "1", "", "2", "NA", ""],
    ]
    assert items_of(vitals(form="F.AE", item_group="IG.AEYN"))[0][1:] == ["Y"]


def test_metadata_come_along(vitals: Any) -> None:
    table = vitals(form="F.VS")
    assert table.labels == {
        "SubjectKey": "Subject",
        "LocationOID": "Site",
        "StudyEventOID": "Study event",
        "StudyEventRepeatKey": "Repeat of the study event",
        "FormRepeatKey": "Repeat of the form",
        "ItemGroupRepeatKey": "Repeat of the item group",
        "I.POS": "Position of the subject",
        "I.WEIGHT": "Body weight",
        "I.WEIGHT.unit": "Unit of Body weight",
        "I.HEIGHT": "How tall?",
        "I.HEIGHT.unit": "Unit of How tall?",
        "I.BMI": "Body mass index",
    }
    assert table.choices == {
        "LocationOID": {"L.01": "North", "L.02": "South"},
        "StudyEventOID": {"SE.SCR": "Screening", "SE.UNS": "Unscheduled"},
        "I.POS": {"SITTING": "SITTING", "SUPINE": "SUPINE"},
        "I.WEIGHT.unit": {"MU.KG": "kg", "MU.LB": "lb"},
        "I.HEIGHT.unit": {"MU.CM": "cm"},
    }
    severity = vitals(form="F.AE", item_group="IG.AE").choices["I.AESEV"]
    assert severity == {"1": "mild", "2": "m\u00e4\u00dfig"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("oid", ("I.AETERM", "I.AESEV")),
        ("name", ("Term", "Severity")),
        ("sas", ("AETERM", "AESEV")),
    ],
)
def test_names(vitals: Any, names: str, expected: tuple[str, ...]) -> None:
    assert vitals(form="F.AE", item_group="IG.AE", names=names).columns[6:] == expected


def test_what_is_declared_goes_before_what_the_file_says(vitals: Any) -> None:
    said = {"I.POS": {"label": "Posture", "choices": {"SITTING": "Sits"}}}
    table = vitals(form="F.VS", columns=said, missing=["155", "SITTING"])
    assert table.labels["I.POS"] == "Posture"
    assert table.choices["I.POS"] == {"SITTING": "Sits"}
    assert table.frame.text("I.POS").to_list() == ["", "", ""]
    assert table.frame.text("I.WEIGHT").to_list() == ["070.50", "", ""]


def test_annotations_are_told_and_not_read(vitals: Any) -> None:
    assert not vitals(form="F.VS").findings
    (found,) = vitals(form="F.AE", item_group="IG.AE").findings
    assert (found.kind, found.level, found.count) == ("source-annotations", "warning", 1)


def test_forms(data: Path) -> None:
    forms = odm_forms(data / "vitals.odm.xml", names="sas")
    assert [(form.oid, form.name, form.item_group, form.repeating) for form in forms] == [
        ("F.VS", "Vital Signs", "IG.VS", False),
        ("F.AE", "Adverse Events", "IG.AEYN", False),
        ("F.AE", "Adverse Events", "IG.AE", True),
    ]
    assert forms[2].fields == (
        FormField("AETERM", "Term", "text", {}, "I.AETERM"),
        FormField("AESEV", "Severity", "integer", {"1": "mild", "2": "m\u00e4\u00dfig"}, "I.AESEV"),
    )
    weight, unit = forms[0].fields[1:3]
    assert weight == FormField("WEIGHT", "Body weight", "float", {}, "I.WEIGHT")
    assert (unit.data_type, unit.choices) == ("unit", {"MU.KG": "kg", "MU.LB": "lb"})
    assert [field.name for field in forms[0].fields if field.calculated] == ["BMI"]


def test_forms_are_the_columns_of_their_sources(vitals: Any, data: Path) -> None:
    for form in odm_forms(data / "vitals.odm.xml"):
        table = vitals(form=form.oid, item_group=form.item_group)
        fields = {field.name: field for field in form.fields}
        assert table.columns[len(KEYS) + 1 :] == tuple(fields)
        assert {name: table.choices.get(name, {}) for name in fields} == {
            name: field.choices for name, field in fields.items()
        }


def test_the_files_of_these_tests_are_odm(data: Path) -> None:
    schema = files("defineutils") / "validate/schema/cdisc-odm-1.3.2/ODM1-3-2.xsd"
    rules = etree.XMLSchema(etree.parse(str(schema)))
    bad = Path(__file__).parent.parent / "bad_sources"
    sound = ["odm-form-unknown", "odm-item-removed", "odm-items-not-in-metadata", "odm-keys-twice"]
    for path in (data / "vitals.odm.xml", *(bad / case / "dm.odm.xml" for case in sound)):
        rules.assertValid(etree.parse(str(path)))


def test_forms_of_a_file_without_metadata(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_bytes(odm("<ItemGroupData/>", metadata=""))
    with pytest.raises(SourceError, match="the file defines no form"):
        odm_forms(tmp_path / "x.xml")


def test_typed_items(read: Any) -> None:
    data = """<ItemGroupData ItemGroupOID="G">
      <ItemDataString ItemOID="A"> 1 &lt; 2 <![CDATA[<b>]]>
 </ItemDataString>
      <ItemDataFloat ItemOID="B" MeasurementUnitOID="M">1.50</ItemDataFloat>
    </ItemGroupData>
    <ItemGroupData ItemGroupOID="G" ItemGroupRepeatKey="2">
      <ItemDataAny ItemOID="A"/><ItemDataFloat ItemOID="B">-INF</ItemDataFloat>
    </ItemGroupData>"""
    table = read("x.odm.xml", odm(data), form="F")
    assert items_of(table) == [[" 1 < 2 <b>\n ", "1.50", "M"], ["", "-INF", "M"]]


def test_every_typed_form(read: Any) -> None:
    schema = files("defineutils") / "validate/schema/cdisc-odm-1.3.2/ODM1-3-2-foundation.xsd"
    names = [
        element.get("name", "")
        for element in etree.parse(str(schema)).iter("{*}element")
        if element.get("name", "").startswith("ItemData")
    ]
    assert len(names) == 23
    for name in names:
        value = 'Value="7"/>' if name == "ItemData" else f">7</{name}>"
        data = f'<ItemGroupData ItemGroupOID="G"><{name} ItemOID="A" {value}</ItemGroupData>'
        assert items_of(read("x.odm.xml", odm(data), form="F")) == [["7", "", ""]]


def test_what_vendors_add_is_passed_over(read: Any) -> None:
    data = """<v:Note/><ItemGroupData ItemGroupOID="G" v:ItemGroupOID="H">
      <v:ItemData ItemOID="A" Value="x"/>
      <ItemDataString ItemOID="A" v:ItemOID="B">a<v:Old>b<v:C>c</v:C></v:Old>d</ItemDataString>
      <AuditRecord><UserRef UserOID="U"/></AuditRecord><!-- a comment --><?a word?>
    </ItemGroupData>
    <v:FormData FormOID="F"><ItemGroupData ItemGroupOID="G"/></v:FormData>"""
    content = odm(data, namespaces='xmlns:v="urn:vendor"')
    assert items_of(read("x.odm.xml", content, form="F")) == [["ad", "", ""]]


def test_a_prefix_is_no_difference(read: Any) -> None:
    data = odm('<ItemGroupData ItemGroupOID="G"><ItemData ItemOID="A" Value="1"/></ItemGroupData>')
    tree = etree.fromstring(data)
    prefixed = etree.Element(tree.tag, dict(tree.attrib), {"o": NAMESPACE})
    prefixed[:] = list(tree)
    etree.cleanup_namespaces(prefixed)
    content = etree.tostring(prefixed)
    assert b"<o:ItemData " in content
    assert items_of(read("x.odm.xml", content, form="F")) == [["1", "", ""]]


def test_rows_on_one_line_are_numbered_in_order(read: Any) -> None:
    group = '<ItemGroupData ItemGroupOID="G" ItemGroupRepeatKey="{}"/>'
    table = read("x.odm.xml", odm("".join(group.format(key) for key in "abc")), form="F")
    assert table.row_numbers.tolist() == [1, 2, 3]
    assert [(found.kind, found.level) for found in table.findings] == [("source-lines", "note")]


def test_lines_beyond_16_bits(read: Any) -> None:
    group = '<ItemGroupData ItemGroupOID="G"\n ItemGroupRepeatKey="{}"/>\r\n'
    gap = "\n" * 70_000
    data = gap + group.format(1) + gap + group.format(2)
    table = read("x.odm.xml", odm(data, head="<?xml version='1.0'?>\n"), form="F")
    first = 3 + METADATA.count("\n") + 1 + 70_000
    assert table.row_numbers.tolist() == [first, first + 70_002]


def test_a_file_without_rows_of_the_form(read: Any) -> None:
    table = read("x.odm.xml", odm(""), form="F")
    assert table.columns == (*KEYS, "A", "B", "B.unit")
    assert table.frame.rows == 0
    assert [str(found) for found in table.findings] == [
        "x.odm.xml: note[source-no-rows] the file has no rows of the form F"
    ]


def test_transactions_that_only_insert_are_a_state(read: Any) -> None:
    data = """<SubjectData SubjectKey="1" TransactionType="Insert">
    <StudyEventData StudyEventOID="E"><FormData FormOID="F" TransactionType="Insert">
    <ItemGroupData ItemGroupOID="G"><ItemData ItemOID="A" Value="1" TransactionType="Insert"/>
    </ItemGroupData></FormData>
    <FormData FormOID="OTHER" TransactionType="Remove"/></StudyEventData></SubjectData>"""
    table = read("x.odm.xml", odm(data, root='FileType="Transactional"'), form="F")
    assert items_of(table) == [["1", "", ""]]


@pytest.mark.parametrize("element", ["StudyEventData", "FormData", "ItemGroupData", "ItemData"])
@pytest.mark.parametrize("kind", ["Update", "Remove", "Upsert", "Context"])
def test_no_other_transaction_is_read(read: Any, element: str, kind: str) -> None:
    data = odm('<ItemGroupData ItemGroupOID="G"><ItemData ItemOID="A" Value="1"/></ItemGroupData>')
    changed = data.replace(
        f"<{element} ".encode(), f'<{element} TransactionType="{kind}" '.encode()
    )
    with pytest.raises(SourceError, match=rf"transaction\] the transaction of this .* is {kind}"):
        read("x.odm.xml", changed, form="F")


TWO_VERSIONS = """
<MetaDataVersion OID="V1" Name="1">
  <FormDef OID="F" Name="Old" Repeating="No"><ItemGroupRef ItemGroupOID="G" Mandatory="No"/></FormDef>
  <ItemGroupDef OID="G" Name="G" Repeating="No">
    <ItemRef ItemOID="GONE" Mandatory="No"/><ItemRef ItemOID="A" Mandatory="No"/>
  </ItemGroupDef>
  <ItemDef OID="A" Name="Old A" DataType="text"><CodeListRef CodeListOID="C"/></ItemDef>
  <ItemDef OID="GONE" Name="Gone" DataType="text"/>
  <CodeList OID="C" Name="C" DataType="text">
    <CodeListItem CodedValue="1"><Decode><TranslatedText>no</TranslatedText></Decode></CodeListItem>
    <CodeListItem CodedValue="9"><Decode><TranslatedText>unknown</TranslatedText></Decode></CodeListItem>
  </CodeList>
</MetaDataVersion>
<MetaDataVersion OID="V2" Name="2">
  <Include StudyOID="S" MetaDataVersionOID="V1"/>
  <ItemGroupDef OID="G" Name="G" Repeating="No">
    <ItemRef ItemOID="NEW" Mandatory="No"/><ItemRef ItemOID="A" Mandatory="No"/>
  </ItemGroupDef>
  <ItemDef OID="A" Name="New A" DataType="text"><CodeListRef CodeListOID="C"/></ItemDef>
  <ItemDef OID="NEW" Name="New" DataType="text"/>
  <CodeList OID="C" Name="C" DataType="text">
    <CodeListItem CodedValue="1"><Decode><TranslatedText>yes</TranslatedText></Decode></CodeListItem>
  </CodeList>
</MetaDataVersion>"""


def test_data_of_two_metadata_versions(read: Any, tmp_path: Path) -> None:
    clinical = """<ClinicalData StudyOID="S" MetaDataVersionOID="{}"><SubjectData SubjectKey="{}">
    <StudyEventData StudyEventOID="E"><FormData FormOID="F">
    <ItemGroupData ItemGroupOID="G">{}</ItemGroupData></FormData></StudyEventData></SubjectData>
    </ClinicalData>"""
    item = '<ItemData ItemOID="{}" Value="{}"/>'
    new = clinical.format("V2", 1, item.format("NEW", "n") + item.format("A", "1"))
    old = clinical.format("V1", 2, item.format("GONE", "g") + item.format("A", "9"))
    content = odm(new + old, TWO_VERSIONS)
    table = read("x.odm.xml", content, form="F")
    assert table.columns[len(KEYS) :] == ("NEW", "A", "GONE")
    assert items_of(table) == [["n", "1", ""], ["", "9", "g"]]
    assert table.labels["A"] == "New A"
    assert table.choices["A"] == {"1": "yes", "9": "unknown"}
    (found,) = table.findings
    assert str(found).splitlines()[0] == (
        "x.odm.xml: warning[source-metadata] codes of A change their meaning between metadata "
        "versions: 1 is no, then yes"
    )
    (tmp_path / "x.xml").write_bytes(content)
    (form,) = odm_forms(tmp_path / "x.xml")
    assert (form.name, [field.name for field in form.fields]) == ("Old", ["NEW", "A"])
    only_old = read("x.odm.xml", odm(old, TWO_VERSIONS), form="F")
    assert only_old.columns[len(KEYS) :] == ("GONE", "A")
    assert only_old.choices["A"]["1"] == "no"


@pytest.mark.parametrize("include", ["V2", "V0"])
def test_metadata_that_include_what_is_not_there(read: Any, include: str) -> None:
    metadata = TWO_VERSIONS.replace('MetaDataVersionOID="V1"', f'MetaDataVersionOID="{include}"')
    data = '<ClinicalData StudyOID="S" MetaDataVersionOID="V2"/>'
    with pytest.raises(SourceError, match=f"version {include} of the study S is not in the file"):
        read("x.odm.xml", odm(data, metadata), form="F")


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "GB18030", "GB2312", "windows-1252"])
def test_encodings(read: Any, encoding: str) -> None:
    value = "caf\u00e9" if encoding == "windows-1252" else "\u5934\u75db"
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    data = (
        f'<ItemGroupData ItemGroupOID="G"><ItemData ItemOID="A" Value="{value}"/></ItemGroupData>'
    )
    content = odm(data, head=head).decode().encode(encoding)
    assert items_of(read("x.odm.xml", content, form="F")) == [[value, "", ""]]


def test_a_mark_of_byte_order(read: Any) -> None:
    content = b"\xef\xbb\xbf" + odm('<ItemGroupData ItemGroupOID="G"/>')
    assert items_of(read("x.odm.xml", content, form="F")) == [["", "", ""]]


def test_the_suffix_or_the_declaration_tells_the_format(read: Any) -> None:
    assert SourceDeclaration(file="export/DM.ODM.XML", form="F").format == "odm"
    assert read("x.xml", odm(""), format="odm", form="F").frame.rows == 0


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_where_the_file_is_divided_makes_no_difference(
    read: Any, data: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    content = (data / "vitals.odm.xml").read_bytes()
    declared = {"form": "F.AE", "item_group": "IG.AE"}
    whole = read("whole.odm.xml", content, **declared)
    monkeypatch.setattr(odm_xml, "_CHUNK", chunk)
    parts = read("parts.odm.xml", content, **declared)
    assert rows_of(parts) == rows_of(whole)
    assert parts.row_numbers.tolist() == whole.row_numbers.tolist()
    assert parts.choices == whole.choices


# what XML 1.0 can hold; the names of things without blanks
TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
        lambda each: each >= " " or each in "\t\n\r"
    ),
    max_size=12,
)
NAME = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)
KEY = st.tuples(st.sampled_from(["1", "01", "2"]), NAME, st.sampled_from(["", "1", "2"]))


@st.composite
def tables(
    draw: st.DrawFn,
) -> tuple[list[str], list[tuple[tuple[str, ...], dict[str, str | None]]]]:
    """Items, and rows under a key of their own: a value, None for null, or no entry."""
    items = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    keys = draw(st.lists(KEY, max_size=5, unique=True))
    values = st.dictionaries(st.sampled_from(items), st.none() | TEXT)
    return items, [(key, draw(values)) for key in keys]


def written(
    items: list[str],
    rows: list[tuple[tuple[str, ...], dict[str, str | None]]],
    encoding: str,
    *,
    typed: bool,
    pretty: bool,
    shuffle: random.Random,
) -> bytes:
    """The table as ODM, element by element through lxml."""

    def add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
        return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)

    root = etree.Element(f"{{{NAMESPACE}}}ODM", {"FileType": "Snapshot"}, {None: NAMESPACE})
    version = add(add(root, "Study", OID="S"), "MetaDataVersion", OID="V")
    for form in ("other", "F"):
        add(add(version, "FormDef", OID=form), "ItemGroupRef", ItemGroupOID="G")
    group = add(version, "ItemGroupDef", OID="G")
    numbered = list(enumerate(items))
    shuffle.shuffle(numbered)
    for order, item in numbered:
        add(group, "ItemRef", ItemOID=item, OrderNumber=str(order))
    for item in items:
        add(version, "ItemDef", OID=item, Name=item, DataType="text")
    data = add(root, "ClinicalData", StudyOID="S", MetaDataVersionOID="V")
    for (subject, event, repeat), values in rows:
        visit = add(add(data, "SubjectData", SubjectKey=subject), "StudyEventData")
        visit.set("StudyEventOID", event)
        if repeat:
            visit.set("StudyEventRepeatKey", repeat)
        for form in ("other", "F"):
            row = add(add(visit, "FormData", FormOID=form), "ItemGroupData", ItemGroupOID="G")
            for item, value in shuffle.sample(sorted(values.items()), len(values)):
                if form == "other":
                    add(row, "ItemData", ItemOID=item, Value="other")
                elif value is None:
                    add(row, "ItemData", ItemOID=item, IsNull="Yes")
                elif typed:
                    add(row, "ItemDataString", ItemOID=item).text = value
                else:
                    add(row, "ItemData", ItemOID=item, Value=value)
    return etree.tostring(root, encoding=encoding, xml_declaration=True, pretty_print=pretty)


@settings(deadline=None, max_examples=60)
@given(
    table=tables(),
    encoding=st.sampled_from(["UTF-8", "UTF-16", "GB18030", "US-ASCII"]),
    typed=st.booleans(),
    pretty=st.booleans(),
    seed=st.integers(0, 9),
)
def test_what_lxml_writes_is_read_back(
    read: Any, table: Any, encoding: str, typed: bool, pretty: bool, seed: int
) -> None:
    items, rows = table
    content = written(
        items, rows, encoding, typed=typed, pretty=pretty, shuffle=random.Random(seed)
    )
    found = read("x.odm.xml", content, form="F")
    assert found.columns == (*KEYS, *items)
    assert rows_of(found) == [
        [*key, "", "", *(values.get(item) or "" for item in items)] for key, values in rows
    ]
    lines = content.decode(encoding).split("\n")
    if pretty and rows:
        starts = ["<ItemGroupData" in lines[row - 1] for row in found.row_numbers.tolist()]
        assert all(starts)


@settings(deadline=None, max_examples=60)
@given(given_data=st.data())
def test_damage_is_one_finding_or_a_table(read: Any, given_data: st.DataObject) -> None:
    item = '<ItemData ItemOID="A" Value="x&amp;y"/>'
    content = bytearray(
        odm(f'<ItemGroupData ItemGroupOID="G">{item}</ItemGroupData>', head="<?xml version='1.0'?>")
    )
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for place, byte in given_data.draw(st.lists(places, max_size=4)):
        content[place] = byte
    del content[given_data.draw(st.integers(0, len(content)) | st.just(len(content))) :]
    try:
        table = read("damaged.odm.xml", bytes(content), form="F")
    except SourceError as fault:
        findings = fault.findings
    else:
        assert table.frame.rows == len(table.row_numbers)
        return
    assert len(findings) == 1
    assert findings[0].where.file == "damaged.odm.xml"
