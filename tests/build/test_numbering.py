"""--SEQ of a record is the same in two cuts of the data, by numbering.csv."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pytest

from mg_cdisc.errors import BuildError, SpecError
from mg_cdisc.pipeline import Options, number_study

CUT = "key: [SUBJECT, NUMBER]\n  dates: yyyy-MM-dd"


@pytest.fixture
def growing(study: Any) -> Any:
    """Adverse events of which one, entered late, sorts between two that were known before."""
    study.change("sources.yaml", CUT, f"{CUT}\n  cut: {{date: ENTERED}}")
    study.write(
        "source/adverse_events.csv",
        "SUBJECT,NUMBER,TERM,PREFERRED,SEVERITY,SERIOUS,START,END,ENTERED\n"
        "01-001,1,Headache,Headache,1,0,2024-01-07,,2024-01-10\n"
        "01-001,2,Nausea,Nausea,2,0,2024-01-20,,2024-01-20\n"
        "01-001,3,Cough,Cough,1,0,2024-01-12,,2024-02-20\n"
        "01-002,1,Rash,Rash,1,1,2024-02-11,,2024-02-11\n",
    )
    return study


def number(study: Any, day: date | None = None) -> dict[str, tuple[int, int, int]]:
    made = number_study(study.folder, Options(cut_off=day), shown="study")
    return dict(made.datasets)


def sequences(records: Any, built: Any, name: str, *keys: str) -> dict[Any, int]:
    return {
        tuple(row[key] for key in ("USUBJID", *keys)): int(row[f"{name}SEQ"])
        for row in records(built, name)
    }


def test_a_record_of_both_cuts_keeps_its_number(growing: Any, records: Any) -> None:
    early, late = date(2024, 1, 31), date(2024, 5, 31)
    first = sequences(records, growing.build(cut_off=early), "AE", "AESPID")
    assert first == {("DEMO-01-01-001", "1"): 1, ("DEMO-01-01-001", "2"): 2}
    unnumbered = sequences(records, growing.build(cut_off=late), "AE", "AESPID")
    assert unnumbered["DEMO-01-01-001", "2"] == 3  # the late one sorts between
    assert number(growing, early)["AE"] == (2, 2, 0)
    built = growing.build(cut_off=late)
    second = sequences(records, built, "AE", "AESPID")
    assert second == first | {("DEMO-01-01-001", "3"): 3, ("DEMO-01-01-002", "1"): 1}
    notes = [each for each in growing.open(built) if each.kind == "not-numbered"]
    assert [(each.dataset, each.count) for each in notes] == [("AE", 2)]
    # in the datasets too whose rows the early cut had all of, every number is as it was
    for name in ("QS", "VS"):
        key = f"{name}TESTCD"
        more = ("VISITNUM",) if name == "VS" else ()
        assert sequences(records, built, name, key, *more) == sequences(
            records, growing.build(cut_off=early), name, key, *more
        )


def test_the_file(growing: Any) -> None:
    number(growing, date(2024, 1, 31))
    text = (growing.folder / "numbering.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[:4] == [
        "dataset,subject,key,number",
        "AE,DEMO-01-01-001,adverse_events|01-001|1,1",
        "AE,DEMO-01-01-001,adverse_events|01-001|2,2",
        "QS,DEMO-01-01-001,mood|01-001|QSTESTCD=MOOD01,1",
    ]
    assert "VS,DEMO-01-01-001,vitals|01-001|V1|VSTESTCD=PULSE,1" in lines
    assert number(growing, date(2024, 1, 31))["AE"] == (2, 0, 0)
    assert (growing.folder / "numbering.csv").read_text(encoding="utf-8") == text
    assert [path.name for path in growing.folder.iterdir() if path.name.startswith(".")] == []
    growing.build()
    digest = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
    assert growing.output("manifest.json")["inputs"]["numbering.csv"] == digest


def test_a_number_of_a_record_that_is_gone_is_not_given_again(growing: Any, records: Any) -> None:
    number(growing)
    gone = "01-001,3,Cough,Cough,1,0,2024-01-12,,2024-02-20\n"
    new = "01-001,4,Fever,Fever,1,0,2024-01-01,,2024-03-01\n"
    growing.change("source/adverse_events.csv", gone, new)
    kept = {("DEMO-01-01-001", "1"): 1, ("DEMO-01-01-001", "2"): 3, ("DEMO-01-01-002", "1"): 1}
    assert sequences(records, growing.build(), "AE", "AESPID") == kept | {
        ("DEMO-01-01-001", "4"): 4
    }
    assert number(growing)["AE"] == (4, 1, 0)
    growing.change("source/adverse_events.csv", new, gone + new)
    assert sequences(records, growing.build(), "AE", "AESPID") == kept | {
        ("DEMO-01-01-001", "3"): 2, ("DEMO-01-01-001", "4"): 4,
    }  # fmt: skip


def test_supplemental_qualifiers_follow(growing: Any, records: Any) -> None:
    text = (growing.folder / "sdtm" / "ae.yaml").read_text(encoding="utf-8")
    growing.write(
        "sdtm/ae.yaml",
        text + "supplemental:\n  - {QNAM: ENTERED, QLABEL: Entered, assign: source.ENTERED}\n",
    )
    number(growing, date(2024, 1, 31))
    built = growing.build()
    wanted = {
        (subject, str(seq)): records(built, "AE")
        for (subject, _), seq in sequences(records, built, "AE", "AESPID").items()
    }
    supp = {(row["USUBJID"], row["IDVARVAL"]): row["QVAL"] for row in records(built, "SUPPAE")}
    assert supp.keys() == wanted.keys()
    assert supp["DEMO-01-01-001", "3"] == "2024-02-20"


def test_the_result_is_the_same_in_partitions(growing: Any, records: Any) -> None:
    number(growing, date(2024, 1, 31))
    whole = records(growing.build(), "AE")
    assert records(growing.build(partitions=3), "AE") == whole


def test_a_source_without_key_cannot_be_numbered(growing: Any) -> None:
    growing.change("sources.yaml", "key: [SUBJECT, NUMBER]\n  dates", "dates")
    with pytest.raises(BuildError) as raised:
        number(growing)
    assert str(raised.value) == (
        "study/sources.yaml:8: error[no-source-key] adverse_events has no key: its rows, and with "
        "them records of AE, cannot be known again\n"
        "  Say under key: which columns tell its rows apart."
    )
    assert not (growing.folder / "numbering.csv").exists()


def test_a_damaged_file_stays_as_it_is(growing: Any) -> None:
    growing.write("numbering.csv", "dataset,subject,key,number\nAE,S,k,1\nAE,S,k,2\n")
    with pytest.raises(SpecError, match="bad-numbering"):
        number(growing)
    text = (growing.folder / "numbering.csv").read_text(encoding="utf-8")
    assert text.count("\n") == 3


def test_define_says_that_numbers_are_kept(growing: Any) -> None:
    number(growing)
    built = growing.build()
    assert not built.stopped
    (path,) = (growing.outputs / "demo-01").rglob("define.xml")
    assert "a record of an earlier data cut keeps its number" in path.read_text(encoding="utf-8")


def test_records_of_one_row_by_what_the_spec_names_or_by_their_order(growing: Any) -> None:
    text = (growing.folder / "sdtm" / "ae.yaml").read_text(encoding="utf-8")
    twice = text.replace(
        "  - AESPID:   NUMBER\n",
        "  - AESPID:   NUMBER\n  - AECAT:    {hardcode: FIRST}\n"
        "  - records:  {by: [AESPID, USUBJID], order: AESPID, take: first, set: {AECAT: {hardcode: SECOND}}}\n",
    ).replace("keys: [STUDYID, USUBJID,", "keys: [STUDYID, USUBJID, AECAT,")
    growing.write("sdtm/ae.yaml", twice)
    assert number(growing)["AE"] == (8, 8, 4)
    keys = (growing.folder / "numbering.csv").read_text(encoding="utf-8")
    assert "AE,DEMO-01-01-001,adverse_events|01-001|1#2,2\n" in keys
    (growing.folder / "numbering.csv").unlink()
    growing.change(
        "sdtm/ae.yaml", "sequence: [AESTDTC, AESPID]", "sequence: [AESTDTC, AESPID], apart: AECAT"
    )
    assert number(growing)["AE"] == (8, 8, 0)
    keys = (growing.folder / "numbering.csv").read_text(encoding="utf-8")
    assert "AE,DEMO-01-01-001,adverse_events|01-001|1|AECAT=SECOND,2\n" in keys
