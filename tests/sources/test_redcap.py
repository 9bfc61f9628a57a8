"""REDCap: a hand-made project read form by form, and random projects flattened and read back."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.errors import SourceError
from mg_cdisc.sources import (
    FormField,
    SourceDeclaration,
    SourceTable,
    read_source,
    redcap_forms,
)
from mg_cdisc.sources.redcap_dictionary import plain_text

Read = Callable[..., SourceTable]

HEADER = [
    *("Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label"),
    *("Choices, Calculations, OR Slider Labels", "Field Note"),
    *("Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max"),
    *("Identifier?", "Branching Logic (Show field only if...)", "Required Field?"),
    *("Custom Alignment", "Question Number (surveys only)", "Matrix Group Name"),
    *("Matrix Ranking?", "Field Annotation"),
]
API_HEADER = [
    *("field_name", "form_name", "section_header", "field_type", "field_label"),
    *("select_choices_or_calculations", "field_note"),
    *("text_validation_type_or_show_slider_number", "text_validation_min", "text_validation_max"),
    *("identifier", "branching_logic", "required_field", "custom_alignment", "question_number"),
    *("matrix_group_name", "matrix_ranking", "field_annotation"),
]
FIELDS = [
    # name, form, type, label, choices, validation
    ("record_id", "demographics", "text", "Record ID", "", ""),
    ("welcome", "demographics", "descriptive", "<p>Please fill in</p>", "", ""),
    ("birth", "demographics", "text", "Date of birth", "", "date_dmy"),
    ("sex", "demographics", "radio", "Sex <i>at birth</i>", "1, Male | 2, Female", ""),
    ("race", "demographics", "checkbox", "Race", "1, Asian|2, White|-9, Not known, or other|", ""),
    ("consent", "demographics", "yesno", "Consent&nbsp;given?", "", ""),
    ("weight", "vitals", "text", "Weight (kg)", "", "number"),
    ("bmi", "vitals", "calc", "BMI", "round([weight] / 1.7^2, 1)", ""),
    ("pain", "vitals", "slider", "Pain", "none | some | worst", "number"),
    ("term", "adverse_events", "notes", "What happened?", "", ""),
    ("grade", "adverse_events", "dropdown", "Grade", "A, mild | b2, severe (> grade 2)", ""),
    ("drug", "adverse_events", "truefalse", "Due to the drug", "", ""),
]
COLUMNS = [
    *("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"),
    *("redcap_data_access_group", "birth", "sex", "race___1", "race___2", "race____9"),
    *("consent", "demographics_complete", "weight", "bmi", "pain", "vitals_complete"),
    *("term", "grade", "drug", "adverse_events_complete"),
]
EXPORT = """\
{header}
001,screening_arm_1,,,north,1950-02-01,1,0,1,0,1,2,070.50,24.4,,2,,,,
001,screening_arm_1,adverse_events,1,north,,,,,,,,,,,,"Head,
""ache"" again",A,1,2
001,screening_arm_1,adverse_events,2,north,,,,,,,,,,,,NA,b2,0,0
001,month_1_arm_1,,,north,,,0,0,0,,,71,,50,1,,,,
002,screening_arm_1,,,south,,,0,0,0,,0,,,,,,,,
002,month_1_arm_1,,2,south,,,,,,,,,,,0,,,,
""".format(header=",".join(COLUMNS)).encode()


def csv_bytes(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def dictionary(fields: list[tuple[str, ...]], header: list[str] = HEADER) -> bytes:
    return csv_bytes(
        [
            header,
            *(
                [name, form, "", kind, label, choices, "", check, *[""] * 10]
                for name, form, kind, label, choices, check in fields
            ),
        ]
    )


def rows_of(table: SourceTable) -> list[list[str]]:
    columns = [table.frame.text(name).to_list() for name in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Write an export and its dictionary, and read a form of it."""
    folder = tmp_path_factory.mktemp("project")

    def read_form(
        form: str,
        export: bytes = EXPORT,
        fields: bytes = dictionary(FIELDS),
        **declared: Any,
    ) -> SourceTable:
        (folder / "export.csv").write_bytes(export)
        (folder / "dictionary.csv").write_bytes(fields)
        said = {"file": "export.csv", "format": "redcap", "dictionary": "dictionary.csv"}
        return read_source(SourceDeclaration(**said, form=form, **declared), folder)

    return read_form


def test_a_form_that_does_not_repeat(project: Read) -> None:
    table = project("demographics")
    assert table.columns == (
        *("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"),
        *("redcap_data_access_group", "birth", "sex", "race___1", "race___2", "race____9"),
        *("consent", "demographics_complete"),
    )
    event = "screening_arm_1"
    assert rows_of(table) == [
        ["001", event, "", "", "north", "1950-02-01", "1", "0", "1", "0", "1", "2"],
        ["002", event, "", "", "south", "", "", "0", "0", "0", "", "0"],
    ]
    assert table.row_numbers.tolist() == [2, 7]


def test_rows_of_a_form_at_several_events(project: Read) -> None:
    table = project("vitals")
    assert [row[:2] + row[5:] for row in rows_of(table)] == [
        ["001", "screening_arm_1", "070.50", "24.4", "", "2"],
        ["001", "month_1_arm_1", "71", "", "50", "1"],
        ["002", "month_1_arm_1", "", "", "", "0"],
    ]
    assert table.row_numbers.tolist() == [2, 6, 8]


def test_a_repeating_instrument(project: Read) -> None:
    table = project("adverse_events")
    assert [row[:4] + row[5:] for row in rows_of(table)] == [
        ["001", "screening_arm_1", "adverse_events", "1", 'Head,\n"ache" again', "A", "1", "2"],
        ["001", "screening_arm_1", "adverse_events", "2", "NA", "b2", "0", "0"],
    ]
    assert table.row_numbers.tolist() == [3, 5]  # a value of row 3 goes on in row 4


def test_metadata_come_along(project: Read) -> None:
    demographics = project("demographics")
    assert demographics.labels == {
        "record_id": "Record ID",
        "redcap_event_name": "Event Name",
        "redcap_repeat_instrument": "Repeat Instrument",
        "redcap_repeat_instance": "Repeat Instance",
        "redcap_data_access_group": "Data Access Group",
        "birth": "Date of birth",
        "sex": "Sex at birth",
        "race___1": "Race (choice=Asian)",
        "race___2": "Race (choice=White)",
        "race____9": "Race (choice=Not known, or other)",
        "consent": "Consent given?",
        "demographics_complete": "Complete?",
    }
    checked = {"1": "Checked", "0": "Unchecked"}
    assert demographics.choices == {
        "sex": {"1": "Male", "2": "Female"},
        "race___1": checked,
        "race___2": checked,
        "race____9": checked,
        "consent": {"1": "Yes", "0": "No"},
        "demographics_complete": {"0": "Incomplete", "1": "Unverified", "2": "Complete"},
    }
    assert project("adverse_events").choices["grade"] == {
        "A": "mild",
        "b2": "severe (> grade 2)",
    }
    assert project("adverse_events").choices["drug"] == {"1": "True", "0": "False"}
    assert set(project("vitals").choices) == {"vitals_complete"}


def test_rows_without_a_value_are_noted(project: Read) -> None:
    (found,) = project("demographics").findings
    assert (found.kind, found.level, found.count) == ("source-status", "note", 1)
    assert not project("adverse_events").findings


def test_the_dictionary_is_an_input(project: Read) -> None:
    table = project("vitals")
    assert table.beside == {"dictionary.csv": hashlib.sha256(dictionary(FIELDS)).hexdigest()}
    assert table.sha256 == hashlib.sha256(EXPORT).hexdigest()


def test_both_headers_of_a_dictionary(project: Read) -> None:
    api = project("demographics", fields=dictionary(FIELDS, API_HEADER))
    assert (api.labels, api.choices) == (
        project("demographics").labels,
        project("demographics").choices,
    )


def test_a_project_without_events_or_repeats(project: Read) -> None:
    fields = [
        ("id", "one", "text", "", "", ""),
        ("a", "one", "text", "A", "", ""),
        ("b", "two", "text", "B", "", ""),
    ]
    export = b"id,a,one_complete,b,two_complete\n1,x,2,,\n2,,,y,0\n"
    one = project("one", export, dictionary(fields))
    assert (one.columns, rows_of(one)) == (("id", "a", "one_complete"), [["1", "x", "2"]])
    assert one.labels == {"a": "A", "one_complete": "Complete?"}
    assert rows_of(project("two", export, dictionary(fields))) == [["2", "y", "0"]]


def test_an_unchecked_box_is_no_value(project: Read) -> None:
    fields = [("id", "f", "text", "", "", ""), ("box", "f", "checkbox", "Box", "1, One", "")]
    export = b"id,box___1,f_complete\n1,0,\n2,1,\n3,,\n4,0,0\n"
    table = project("f", export, dictionary(fields))
    assert rows_of(table) == [["2", "1", ""], ["4", "0", "0"]]


def test_columns_of_surveys_and_missing_data_codes(project: Read) -> None:
    fields = [
        ("id", "f", "text", "", "", ""),
        ("box", "f", "checkbox", "Box", "1, One", ""),
        ("last", "f", "text", "Last", "", ""),
        ("x", "g", "text", "", "", ""),
    ]
    names = "id,redcap_survey_identifier,f_timestamp,box___1,box___nd,last,f_complete"
    export = f"{names},g_timestamp,x,g_complete\n1,who,2024-01-02,0,1,z,2,,,\n".encode()
    table = project("f", export, dictionary(fields))
    assert table.columns == (
        *("id", "redcap_survey_identifier", "box___1", "box___nd", "last", "f_timestamp"),
        "f_complete",
    )
    assert rows_of(table) == [["1", "who", "0", "1", "z", "2024-01-02", "2"]]
    assert table.labels["box___nd"] == "Box (choice=nd)"
    assert "f_timestamp" not in project("g", export, dictionary(fields)).columns


def test_another_identifier_of_records(project: Read) -> None:
    fields = [
        ("number", "f", "text", "Number", "", ""),
        ("subject", "f", "text", "Subject", "", ""),
        ("a", "g", "text", "A", "", ""),
    ]
    export = b"number,subject,f_complete,a,g_complete\n7,S-1,2,x,2\n"
    table = project("g", export, dictionary(fields), record_id="subject")
    assert rows_of(table) == [["S-1", "x", "2"]]
    assert project("f", export, dictionary(fields), record_id="subject").columns == (
        *("subject", "number", "f_complete"),
    )


def test_other_delimiters_and_encodings(project: Read) -> None:
    rename = {"Weight (kg)": "\u4f53\u91cd"}
    fields = dictionary([(*row[:3], rename.get(row[3], row[3]), *row[4:]) for row in FIELDS])
    table = project(
        "vitals",
        csv_text(EXPORT, ";").encode("gb18030"),
        csv_text(fields, ";").encode("gb18030"),
        delimiter="semicolon",
        encoding="gb18030",
    )
    assert rows_of(table) == rows_of(project("vitals"))
    assert table.labels["weight"] == "\u4f53\u91cd"


def csv_text(data: bytes, delimiter: str) -> str:
    out = io.StringIO(newline="")
    rows = csv.reader(io.StringIO(data.decode(), newline=""))
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def test_a_form_without_rows(project: Read) -> None:
    table = project("vitals", EXPORT.splitlines()[0])
    assert table.frame.rows == 0
    assert [str(found) for found in table.findings] == [
        "export.csv: note[source-no-rows] the file has no rows of the form vitals"
    ]


def test_what_is_declared_goes_before_the_dictionary(project: Read) -> None:
    said = {"sex": {"label": "Gender", "choices": {"1": "M"}}}
    table = project("demographics", columns=said, missing="north")
    assert table.labels["sex"] == "Gender"
    assert table.choices["sex"] == {"1": "M"}
    assert table.frame.text("redcap_data_access_group").to_list() == ["", "south"]


def test_forms(tmp_path: Path) -> None:
    path = tmp_path / "dictionary.csv"
    path.write_bytes(dictionary(FIELDS))
    forms = redcap_forms(path)
    assert [form.oid for form in forms] == ["demographics", "vitals", "adverse_events"]
    status = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
    assert forms[1].fields == (
        FormField("weight", "Weight (kg)", "number", {}, "weight"),
        FormField("bmi", "BMI", "calc", {}, "bmi", calculated=True),
        FormField("pain", "Pain", "slider", {}, "pain"),
        FormField("vitals_complete", "Complete?", "dropdown", status, "vitals_complete"),
    )
    assert [(field.name, field.item) for field in forms[0].fields[2:5]] == [
        ("race___1", "race"),
        ("race___2", "race"),
        ("race____9", "race"),
    ]


def test_forms_are_the_columns_of_their_sources(project: Read, tmp_path: Path) -> None:
    path = tmp_path / "dictionary.csv"
    path.write_bytes(dictionary(FIELDS))
    for form in redcap_forms(path):
        assert project(form.oid).columns[5:] == tuple(field.name for field in form.fields)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Age < 18 or > 65", "Age < 18 or > 65"),
        ("<b>Bold</b>text", "Boldtext"),
        ("line<br/>two\nthree", "line two three"),
        ('<span style="color:red">a &lt;b&gt; c</span>', "a <b> c"),
        ("x <5 and >3", "x <5 and >3"),
        ("<!-- hidden -->seen", "seen"),
    ],
)
def test_labels_lose_their_html(label: str, expected: str) -> None:
    assert plain_text(label) == expected


# values that stand in one CSV field; a form's value is not blank by accident
VALUE = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=5)
CODE = st.sampled_from(["0", "1", "-2", "A", "b c"])


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """Forms with fields of a kind each, and for every form its records.

    A record of a form is its key and the values of its columns; only what has a status is there.
    """
    forms: dict[str, list[tuple[str, str, list[str]]]] = {}
    for form in draw(st.lists(st.sampled_from("fgh"), min_size=1, unique=True)):
        kinds = draw(
            st.lists(st.sampled_from(["text", "radio", "checkbox"]), min_size=1, max_size=3)
        )
        forms[form] = [
            (f"{form}{place}", kind, draw(st.lists(CODE, min_size=1, max_size=3, unique=True)))
            for place, kind in enumerate(kinds)
        ]
    repeating = draw(st.sets(st.sampled_from(sorted(forms))))
    key = st.tuples(st.sampled_from(["1", "02"]), st.sampled_from(["a_arm_1", "b_arm_1"]))
    records: dict[str, dict[tuple[str, str, str], dict[str, str]]] = {}
    for form, fields in forms.items():
        records[form] = {}
        for subject, event in draw(st.lists(key, max_size=3, unique=True)):
            instances = draw(st.integers(1, 3)) if form in repeating else 1
            for instance in range(1, instances + 1):
                values = {f"{form}_complete": draw(st.sampled_from("012"))}
                for name, kind, codes in fields:
                    if kind == "checkbox":
                        values |= {box(name, code): draw(st.sampled_from("01")) for code in codes}
                    else:
                        values[name] = draw(VALUE)
                number = str(instance) if form in repeating else ""
                records[form][subject, event, number] = values
    return {"forms": forms, "repeating": repeating, "records": records}


def box(name: str, code: str) -> str:
    return name + {"0": "___0", "1": "___1", "-2": "____2", "A": "___a", "b c": "___b_c"}[code]


@settings(deadline=None, max_examples=60)
@given(made=projects())
def test_what_a_project_holds_is_read_back(project: Read, made: dict[str, Any]) -> None:
    forms, repeating, records = made["forms"], made["repeating"], made["records"]
    columns = {
        form: [
            *(
                column
                for name, kind, codes in fields
                for column in (
                    [box(name, code) for code in codes] if kind == "checkbox" else [name]
                )
            ),
            f"{form}_complete",
        ]
        for form, fields in forms.items()
    }
    every = [column for names in columns.values() for column in names]
    flat: dict[tuple[str, str, str, str], dict[str, str]] = {}
    for form in forms:
        for (subject, event, instance), values in records[form].items():
            row = (subject, event, form if form in repeating else "", instance)
            flat.setdefault(row, {}).update(values)
    rows = [[*key, *(flat[key].get(name, "") for name in every)] for key in sorted(flat)]
    system = ["id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    fields = [("id", next(iter(forms)), "text", "Id", "", "")]
    fields += [
        (name, form, kind, name, " | ".join(f"{code}, x" for code in codes), "")
        for form, listed in forms.items()
        for name, kind, codes in listed
    ]
    export = csv_bytes([[*system, *every], *rows])
    for form in forms:
        table = project(form, export, dictionary(fields))
        assert table.columns == (*system, *columns[form])
        named = form if form in repeating else ""
        assert rows_of(table) == [
            [subject, event, named, instance, *(values[name] for name in columns[form])]
            for (subject, event, instance), values in sorted(records[form].items())
        ]


@settings(deadline=None, max_examples=40)
@given(given_data=st.data())
def test_damage_is_findings_or_a_table(project: Read, given_data: st.DataObject) -> None:
    whole = [EXPORT, dictionary(FIELDS)]
    which = given_data.draw(st.integers(0, 1))
    damaged = bytearray(whole[which])
    places = st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255))
    for place, byte in given_data.draw(st.lists(places, max_size=4)):
        damaged[place] = byte
    del damaged[given_data.draw(st.integers(0, len(damaged)) | st.just(len(damaged))) :]
    whole[which] = bytes(damaged)
    try:
        table = project("adverse_events", *whole)
    except SourceError as fault:
        findings = fault.findings
    else:
        assert table.frame.rows == len(table.row_numbers)
        return
    assert len(findings) == 1
    assert findings[0].where.file in ("export.csv", "dictionary.csv")
