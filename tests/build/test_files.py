"""A form in several files is one form: its account, its manifest, its records."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any

EVENTS = """\
adverse_events:
  file: source/adverse_events.csv
"""
FILES = """\
adverse_events:
  files:
    source/adverse_events.csv: {}
    source/ae_02.csv: {encoding: gb18030}
"""


def test_one_form_in_two_files(study: Any, records: Any) -> None:
    alone = records(study.build(), "AE")
    study.change("sources.yaml", EVENTS, FILES)
    text = "NUMBER,SUBJECT,TERM,PREFERRED,SEVERITY,SERIOUS,START,END\n1,02-001,Rash,Rash,1,0,2024-02,\n"
    data = text.encode("gb18030")
    (study.folder / "source" / "ae_02.csv").write_bytes(data)
    built = study.build()
    assert study.open(built) == []
    made = records(built, "AE")
    assert made[:3] == alone
    assert [(row["USUBJID"], row["AETERM"], row["AESTDTC"]) for row in made[3:]] == [
        ("DEMO-01-02-001", "Rash", "2024-02")
    ]
    form = next(
        each for each in study.output("build.json")["forms"] if each["form"] == "adverse_events"
    )
    assert (form["file"], form["rows"], form["used"]) == (
        "source/adverse_events.csv, source/ae_02.csv", 4, 4,
    )  # fmt: skip
    assert form["files"] == {"source/adverse_events.csv": 3, "source/ae_02.csv": 1}
    inputs = study.output("manifest.json")["inputs"]
    assert inputs["source/ae_02.csv"] == {"sha256": hashlib.sha256(data).hexdigest()}
    assert "source/adverse_events.csv" in inputs


def test_files_that_write_dates_in_different_orders(study: Any, records: Any) -> None:
    study.change(
        "sources.yaml",
        EVENTS,
        """\
adverse_events:
  files:
    source/adverse_events.csv: {}
    source/ae_02.csv: {dates: MM/dd/yyyy}
    source/ae_03.csv: {dates: [dd/MM/yyyy, dd-MMM-yyyy]}
  cut: {date: START, ends: {END: {}}}
""",
    )
    header = "NUMBER,SUBJECT,TERM,PREFERRED,SEVERITY,SERIOUS,START,END\n"
    study.write("source/ae_02.csv", f"{header}1,02-001,Rash,Rash,1,0,02/03/2024,03/04/2024\n")
    study.write(
        "source/ae_03.csv",
        f"{header}2,02-001,Fever,Fever,1,0,02/03/2024,03/04/2024\n"
        "3,02-001,Cough,Cough,1,0,UN-MAR-2024,2024-03-09\n",
    )
    built = study.build()
    assert [str(each.where) for each in study.open(built)] == [
        "source/ae_03.csv row 3 (subject DEMO-01-02-001)"
    ]
    study.change("source/ae_03.csv", "2024-03-09", "09-MAR-2024")
    dates = {
        row["AETERM"]: (row["AESTDTC"], row["AEENDTC"]) for row in records(study.build(), "AE")
    }
    assert dates == {
        "Headache": ("2024-01-07", "2024-01-08"),
        "Nausea": ("2024-01-09", ""),
        "Broken arm": ("2024-01", "2024-02-20"),
        "Rash": ("2024-02-03", "2024-03-04"),
        "Fever": ("2024-03-02", "2024-04-03"),
        "Cough": ("2024-03", "2024-03-09"),
    }
    cut = records(study.build(cut_off=date(2024, 2, 10)), "AE")
    assert {row["AETERM"]: row["AEENDTC"] for row in cut} == {
        "Headache": "2024-01-08", "Nausea": "", "Broken arm": "", "Rash": "",
    }  # fmt: skip


def test_a_build_in_part_has_no_annotated_crf(study: Any) -> None:
    """Its forms would be incomplete; collected values then name the form in words."""
    folder = study.outputs / "demo-01-partial/m5/datasets/demo-01/tabulations/sdtm"
    built = study.build(only=("DM",))
    assert not built.stopped
    assert not (folder / "acrf.pdf").exists()
    assert (folder / "define.html").is_file()
    xml = (folder / "define.xml").read_text(encoding="utf-8")
    assert "acrf" not in xml
    assert "Collected on: demographics." in xml


def test_the_study_s_own_annotated_crf_is_kept(study: Any) -> None:
    """A page that the specs name is of that file, and no other is made."""
    own = b"%PDF-1.7 made by hand"
    (study.folder / "own.pdf").write_bytes(own)
    study.change("study.yaml", "data_cut:", "annotated_crf: {file: own.pdf}\ndata_cut:")
    study.change("sources.yaml", "demographics:\n", 'demographics:\n  pages: "17"\n')
    assert not study.build().stopped
    folder = study.outputs / "demo-01/m5/datasets/demo-01/tabulations/sdtm"
    assert (folder / "acrf.pdf").read_bytes() == own
    xml = (folder / "define.xml").read_text(encoding="utf-8")
    assert set(re.findall(r'PageRefs="([^"]*)"', xml)) == {"17"}
