"""A study begun from a REDCap project: its export with the data dictionary, or the dictionary alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mg_cdisc.scaffold import Begun

Begin = Callable[..., tuple[Path, Begun]]
Make = Callable[[dict[str, str | bytes]], Path]

HEAD = (
    "Variable / Field Name,Form Name,Field Type,Field Label,"
    '"Choices, Calculations, OR Slider Labels",Text Validation Type OR Show Slider Number\n'
)
DICTIONARY = HEAD + (
    "record_id,demographics,text,Record,,\n"
    "rficdat,demographics,text,Date of consent,,date_dmy\n"
    'sex,demographics,radio,Sex,"1, Female | 2, Male | 3, Prefers not to say",\n'
    "siteid,demographics,text,Site,,\n"
    "country,demographics,text,Country,,\n"
    "race_note,demographics,notes,<b>Anything</b> about race,,\n"
    "cmtrt,medication,text,Medication,,\n"
    'cmroute,medication,dropdown,Route,"1, Oral | 2, IV | 3, By the ear",\n'
    "cmdstxt,medication,text,Dose,,\n"
    "cmstdat,medication,text,Start,,\n"
    "cmongo,medication,yesno,Ongoing?,,\n"
    'cmwhy,medication,checkbox,Why,"1, Disease | 2, Other",\n'
)
EXPORT = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,rficdat,sex,siteid,"
    "country,race_note,demographics_complete,cmtrt,cmroute,cmdstxt,cmstdat,cmongo,cmwhy___1,cmwhy___2,"
    "medication_complete\n"
    "P-01,screening_arm_1,,,2025-01-02,1,01,FRA,,2,,,,,,0,0,\n"
    "P-01,log_arm_1,medication,1,,,,,,,Aspirin,1,100,02-JAN-2025,1,1,0,2\n"
    "P-01,log_arm_1,medication,2,,,,,,,Heparin,2,5000,UN-FEB-2025,0,0,1,2\n"
    "P-02,screening_arm_1,,,2025-01-09,2,01,FRA,none,2,,,,,,0,0,\n"
)


def test_the_specs_are_as_expected(
    begin: Begin, folder: Make, expect: Callable[[str, Path], None]
) -> None:
    given = folder({"export.csv": EXPORT, "dictionary.csv": DICTIONARY})
    study, begun = begin(given / "export.csv", "redcap", dictionary=given / "dictionary.csv")
    expect("redcap", study)
    assert begun.datasets == {"DM": "demographics", "CM": "medication"}
    assert begun.copied == ("source/export.csv", "source/dictionary.csv")


def test_only_what_is_to_do_is_found(
    begin: Begin, folder: Make, told: Callable[[Path], list[str]]
) -> None:
    study, _ = begin(folder({"export.csv": EXPORT, "dictionary.csv": DICTIONARY}))
    assert told(study) == [
        "unmapped-column medication cmwhy___1",
        "unmapped-column medication cmwhy___2",
        "unmapped-column demographics race_note",
    ]


def test_a_dictionary_alone_waits_for_its_export(
    begin: Begin, folder: Make, told: Callable[[Path], list[str]]
) -> None:
    """The same specs but for what only the data say, as how a text field writes its dates."""
    given = folder({"dictionary.csv": DICTIONARY})
    study, begun = begin(given / "dictionary.csv")
    assert begun.datasets == {"DM": "demographics", "CM": "medication"}
    assert sorted(told(study)) == ["no-format CM", "source-missing"]
    (study / "source/redcap_export.csv").write_text(EXPORT)
    assert all(each.startswith(("unmapped-column", "no-format")) for each in told(study))


def test_the_dictionary_is_known_by_its_header(begin: Begin, folder: Make) -> None:
    """In a folder, and by the names that REDCap's API gives to its columns."""
    names = "field_name,form_name,field_type,field_label,select_choices_or_calculations,"
    head = names + "text_validation_type_or_show_slider_number\n"
    given = folder(
        {"a.csv": EXPORT, "b.csv": DICTIONARY.replace(HEAD, head), "c.csv": "SUBJ,X\n1,2\n"}
    )
    study, begun = begin(given)
    assert begun.datasets == {"DM": "demographics", "CM": "medication"}
    assert "file: source/a.csv\n  format: redcap\n" in (study / "sources.yaml").read_text()
    assert begun.unmapped == ("c",)
