"""A study begun from a small ODM file: its specs as text, and DM and AE built from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.pipeline import Options, build_study
from mg_cdisc.scaffold import Begun
from mg_cdisc.sources import odm_events
from mg_cdisc.transport import XptDataset, read_xpt

HERE = Path(__file__).parent
EXPORT = HERE.parents[1] / "docs/first-export.odm.xml"

Begin = Callable[..., tuple[Path, Begun]]


def test_the_specs_are_as_expected(begin: Begin, expect: Callable[[str, Path], None]) -> None:
    study, begun = begin(EXPORT, "clinic")
    expect("clinic", study)
    assert begun.study == "CLINIC"
    assert begun.datasets == {
        "DM": "demographics",
        "VS": "vital_signs",
        "EX": "study_drug",
        "AE": "adverse_events",
    }
    assert (study / "source/first-export.odm.xml").read_bytes() == EXPORT.read_bytes()


def test_only_what_is_to_do_is_found(begin: Begin, told: Callable[[Path], list[str]]) -> None:
    study, _ = begin(EXPORT)
    assert told(study) == [
        "unmapped-column adverse_events AEDIARY",
        "unmapped-column demographics INITIALS",
        "unmapped-column demographics SMOKER",
    ]


@pytest.fixture
def built(begin: Begin, tmp_path: Path) -> Callable[[str], XptDataset]:
    """DM and AE as built once the three open fields are listed, and nothing else is changed."""
    study, _ = begin(EXPORT, "clinic")
    sources = (study / "sources.yaml").read_text()
    listed = "  not_submitted:\n    INITIALS: personal data\n    SMOKER: not needed\n"
    sources = sources.replace("\nvital_signs:", f"{listed}\nvital_signs:")
    sources += "    AEDIARY: not needed\n"
    (study / "sources.yaml").write_text(sources)
    made = build_study(study, tmp_path / "outputs", Options())
    errors = [str(each) for each in made.findings if each.level == "error"]
    assert errors == []
    assert made.folder is not None
    place = made.folder / "m5/datasets/clinic/tabulations/sdtm"
    return lambda name: read_xpt(place / f"{name.lower()}.xpt")


def rows(dataset: XptDataset, names: str) -> list[tuple[Any, ...]]:
    columns = []
    for name in names.split():
        column = dataset.frame[name]
        columns.append(column.to_list() if hasattr(column, "to_list") else list(column))
    return list(zip(*columns, strict=True))


def test_dm_is_built_at_once(built: Callable[[str], XptDataset]) -> None:
    """Ages by hand: 1980-05-17 to 2025-01-02 is 44, 1975-11-30 to 2025-01-09 is 49."""
    names = "USUBJID SUBJID SITEID SEX RACE COUNTRY BRTHDTC AGE AGEU RFICDTC RFSTDTC RFXENDTC"
    assert rows(built("DM"), names) == [
        ("CLINIC-01-001", "01-001", "01", "F", "WHITE", "FRA", "1980-05-17", 44.0, "YEARS",
         "2025-01-02", "2025-01-10T09:30", "2025-01-17T10:00"),
        ("CLINIC-01-002", "01-002", "01", "M", "BLACK OR AFRICAN AMERICAN", "FRA", "1975-11-30",
         49.0, "YEARS", "2025-01-09", "", ""),
        ("CLINIC-02-001", "02-001", "02", "F", "ASIAN", "CHE", "1991-02-01", 33.0, "YEARS",
         "2025-01-15", "2025-01-20T08:45", "2025-01-20T08:45"),
    ]  # fmt: skip


def test_ae_is_built_at_once(built: Callable[[str], XptDataset]) -> None:
    """The first dose of 01-001 is on 2025-01-10, so 2025-01-11 is day 2; a partial date has none."""
    names = "USUBJID AESEQ AETERM AESEV AESER AEREL AEOUT AESTDTC AEENDTC AEENRTPT"
    assert rows(built("AE"), names) == [
        ("CLINIC-01-001", 2.0, "bad headache", "MILD", "N", "RELATED", "RECOVERED/RESOLVED",
         "2025-01-11", "2025-01-12", ""),
        ("CLINIC-01-001", 1.0, "rash, left arm", "MODERATE", "N", "NOT RELATED",
         "NOT RECOVERED/NOT RESOLVED", "2025-01", "", "ONGOING"),
        ("CLINIC-02-001", 1.0, "Nausea", "MODERATE", "N", "RELATED", "RECOVERED/RESOLVED",
         "2025-01-21", "2025-01-21", ""),
    ]  # fmt: skip
    days = built("AE").frame.number("AESTDY").tolist()
    assert days[0] == 2.0
    assert days[1] != days[1]
    assert days[2] == 2.0


def test_vs_is_built_with_units_converted(built: Callable[[str], XptDataset]) -> None:
    """97.9 degrees Fahrenheit are 36.6 Celsius; a visit without measurements is NOT DONE."""
    made = rows(
        built("VS"), "USUBJID VSTESTCD VISIT VSORRES VSORRESU VSSTRESN VSSTRESU VSSTAT VSLOBXFL"
    )
    assert ("CLINIC-01-001", "TEMP", "DAY 1", "97.9", "F", 36.6, "C", "", "Y") in made
    assert ("CLINIC-01-001", "SYSBP", "SCREENING", "128", "mmHg", 128.0, "mmHg", "", "") in made
    missed = [row for row in made if row[7]]
    assert [(row[1], row[2], row[3], row[7]) for row in missed] == [
        ("DIABP", "DAY 8", "", "NOT DONE"),
        ("SYSBP", "DAY 8", "", "NOT DONE"),
        ("TEMP", "DAY 8", "", "NOT DONE"),
    ]


def test_study_events_come_in_the_order_of_the_protocol(tmp_path: Path) -> None:
    text = EXPORT.read_text(encoding="utf-8")
    start = "      <StudyEventDef "
    refs = "".join(
        f'<StudyEventRef StudyEventOID="{oid}" OrderNumber="{number}" Mandatory="No"/>'
        for oid, number in (("SE.D8", 1), ("SE.SCR", 2))
    )
    path = tmp_path / "a.odm.xml"
    path.write_text(
        text.replace(start, f"<Protocol>{refs}</Protocol>\n{start}", 1), encoding="utf-8"
    )
    events = odm_events(path)
    assert [(each.oid, each.name, each.kind, each.repeating) for each in events] == [
        ("SE.D8", "Day 8", "Scheduled", False),
        ("SE.SCR", "Screening", "Scheduled", False),
        ("SE.D1", "Day 1", "Scheduled", False),
        ("SE.LOG", "Log", "Common", False),
    ]


def test_a_site_is_not_read_from_the_subject(begin: Begin, tmp_path: Path) -> None:
    """Without SiteRef the site is asked for: the first part of 01-001 may be it."""
    text = EXPORT.read_text(encoding="utf-8")
    path = tmp_path / "b.odm.xml"
    path.write_text(re.sub(r"<SiteRef[^>]*/>", "", text), encoding="utf-8")
    study, _ = begin(path)
    spec = (study / "sdtm/dm.yaml").read_text()
    assert "- SITEID:" not in spec
    assert "# TODO SITEID: word(SubjectKey, '-', 1), if 01 of 01-001 is the site" in spec


def test_unit_codes_that_differ_by_test_are_mapped_by_test(begin: Begin, tmp_path: Path) -> None:
    """1 is Celsius for the temperature and kilogram for the weight."""
    items, codes = [], []
    for test, units in (("TEMP", ("Celsius", "Fahrenheit")), ("WEIGHT", ("kg", "LB"))):
        items.append(f'<ItemDef OID="{test}_VSORRES" Name="{test}" DataType="float"/>')
        items.append(
            f'<ItemDef OID="{test}_VSORRESU" Name="{test} unit" DataType="text">'
            f'<CodeListRef CodeListOID="CL.{test}"/></ItemDef>'
        )
        decodes = "".join(
            f'<CodeListItem CodedValue="{code}"><Decode><TranslatedText>{unit}</TranslatedText></Decode>'
            "</CodeListItem>"
            for code, unit in enumerate(units, 1)
        )
        codes.append(f'<CodeList OID="CL.{test}" Name="u" DataType="text">{decodes}</CodeList>')
    refs = "".join(
        f'<ItemRef ItemOID="{oid}" Mandatory="No"/>'
        for oid in re.findall(r'ItemDef OID="(\w+)"', "".join(items))
    )
    values = {
        "TEMP_VSORRES": "98.6",
        "TEMP_VSORRESU": "2",
        "WEIGHT_VSORRES": "70",
        "WEIGHT_VSORRESU": "1",
    }
    data = "".join(f'<ItemData ItemOID="{oid}" Value="{value}"/>' for oid, value in values.items())
    path = tmp_path / "u.odm.xml"
    path.write_text(
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="F" '
        'CreationDateTime="2025-01-01T00:00:00"><Study OID="S"><MetaDataVersion OID="V" Name="V">'
        '<StudyEventDef OID="E" Name="Day 1" Repeating="No" Type="Scheduled"><FormRef FormOID="VS" Mandatory="No"/></StudyEventDef>'
        '<FormDef OID="VS" Name="Vital Signs" Repeating="No"><ItemGroupRef ItemGroupOID="G" Mandatory="No"/></FormDef>'
        f'<ItemGroupDef OID="G" Name="G" Repeating="No">{refs}</ItemGroupDef>{"".join(items)}{"".join(codes)}'
        '</MetaDataVersion></Study><ClinicalData StudyOID="S" MetaDataVersionOID="V"><SubjectData SubjectKey="1">'
        '<StudyEventData StudyEventOID="E"><FormData FormOID="VS"><ItemGroupData ItemGroupOID="G">'
        f"{data}</ItemGroupData></FormData></StudyEventData></SubjectData></ClinicalData></ODM>",
        encoding="utf-8",
    )
    study, _ = begin(path)
    spec = (study / "sdtm/vs.yaml").read_text()
    assert (
        "- VSORRESU: {map: \"concat(VSTESTCD, ' ', _collected)\", "
        "to: {TEMP 1: C, TEMP 2: F, WEIGHT 1: kg, WEIGHT 2: LB}, when: not missing(VSORRES)}"
    ) in spec
    assert "TEMP:   {standard: C, F: (x - 32) / 1.8" in spec
    made = build_study(study, tmp_path / "outputs", Options())
    kinds = {each.kind for each in made.findings if each.level == "error"}
    assert kinds <= {"SD-NO-DM"}
    vs = {row[0]: row[1:] for row in _vs(made)}
    assert vs == {"TEMP": (37.0, "C"), "WEIGHT": (70.0, "kg")}


def _vs(made: Any) -> list[tuple[Any, ...]]:
    package = next(each for each in made.packages)
    frame = next(each.frame for each in package.datasets if each.name == "VS")
    names = ("VSTESTCD", "VSSTRESN", "VSSTRESU")
    columns = [
        frame[name].to_list() if hasattr(frame[name], "to_list") else frame[name].tolist()
        for name in names
    ]
    return list(zip(*columns, strict=True))
