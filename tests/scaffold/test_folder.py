"""A study begun from a folder of files: every format, and what is refused or asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter

from mg_cdisc.errors import SourceError, UseError
from mg_cdisc.frame import Frame, Text
from mg_cdisc.scaffold import Asked, Begun, begin_study
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

Begin = Callable[..., tuple[Path, Begun]]
Make = Callable[[dict[str, str | bytes]], Path]
Told = Callable[[Path], list[str]]

DM = "SUBJID,SITEID,SEX,RFICDAT,COUNTRY\n001,01,F,2025-01-02,FRA\n002,01,M,2025-01-03,FRA\n"
AE = """\
SUBJID,AENO,AETERM,AEDECOD,AESER,AESTDAT
001,1,Cough,Cough,No,05-JAN-2025
001,2,Fever,Pyrexia,Yes,06-JAN-2025
"""


def entry(study: Path, name: str) -> str:
    """One entry of sources.yaml."""
    text = (study / "sources.yaml").read_text(encoding="utf-8")
    return text.partition(f"\n{name}:\n")[2].partition("\n\n")[0]


def test_csv_files(begin: Begin, folder: Make, told: Told) -> None:
    study, begun = begin(folder({"dm.csv": DM, "ae.csv": AE}))
    assert begun.datasets == {"DM": "dm", "AE": "ae"}
    assert told(study) == []
    assert "key: [SUBJID, AENO]" in entry(study, "ae")
    assert "dates: dd-MMM-yyyy" in entry(study, "ae")
    assert 'map: {"No": "N", "Yes": "Y"}' in (study / "terminology.yaml").read_text()


def test_every_format(begin: Begin, tmp_path: Path, told: Told) -> None:
    """CSV with semicolons, two sheets, XPT with two datasets, Parquet and SAS: one entry each."""
    given = tmp_path / "given"
    given.mkdir()
    (given / "dm.csv").write_text(DM.replace(",", ";"))
    book = xlsxwriter.Workbook(given / "lab.xlsx")
    for name in ("Blood", "Urine"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["SUBJID", "Value (g/L)"])
        sheet.write_row(1, 0, ["001", 12.5])
    book.close()
    frame = Frame.of({"SUBJID": Text.of(["001"]), "AETERM": Text.of(["Cough"])})
    variables = [
        XptVariable("SUBJID", "Subject", True, 3),
        XptVariable("AETERM", "Reported term", True, 5),
    ]
    dataset = XptDataset("AE", "Adverse events", tuple(variables), frame)
    write_xpt(given / "ae.xpt", dataset, timestamp=dt.datetime(2025, 1, 1))
    pa.parquet.write_table(pa.table({"SUBJID": ["001"], "SCORE": [3]}), given / "scores.parquet")
    study, begun = begin(given)
    assert begun.datasets == {"DM": "dm", "AE": "ae"}
    assert begun.unmapped == ("lab_blood", "lab_urine", "scores")
    assert "delimiter: semicolon" in entry(study, "dm")
    assert "sheet: Urine" in entry(study, "lab_urine")
    assert "  # Reported term" in (study / "sdtm/ae.yaml").read_text()
    assert {each.split()[0] for each in told(study)} == {"form-unread"}


def test_the_order_of_day_and_month_is_asked(begin: Begin, folder: Make, told: Told) -> None:
    """Even where one order only reads every value, as here: a typing error would read so too."""
    slashed = AE.replace("05-JAN-2025", "05/01/2025").replace("06-JAN-2025", "31/01/2025")
    study, _ = begin(folder({"dm.csv": DM, "ae.csv": slashed}))
    assert "dates:" not in entry(study, "ae").replace("# TODO dates:", "")
    assert (
        "# TODO dates: AESTDAT: dd/MM/yyyy or MM/dd/yyyy? "
        "(1 of 2 values read only in the first, 0 only in the second)"
    ) in entry(study, "ae")
    assert "no-format AE" in told(study)


def test_an_encoding_is_asked_and_not_guessed(begin: Begin, folder: Make) -> None:
    """The finding shows what the place would read in each encoding; nothing is written."""
    chinese = AE.replace("Cough,", "\u8f7b\u5ea6\u5934\u75db,", 1).encode("gb18030")
    given = folder({"dm.csv": DM, "ae.csv": chinese})
    with pytest.raises(SourceError) as caught:
        begin(given)
    (finding,) = caught.value.findings
    assert str(finding) == (
        "ae.csv row 2: error[source-encoding] the file is not utf-8; this place reads in gb18030: "
        "'\u8f7b\u5ea6\u5934\u75db' and in windows-1252: "
        "'\u00c7\u00e1\u00b6\u00c8\u00cd\u00b7\u00cd\u00b4'\n"
        "  Say which it is: --encoding ae.csv=gb18030 or --encoding ae.csv=windows-1252."
    )
    assert not (given.parent / "studies/abc").exists()
    study, _ = begin(given, encodings={"ae.csv": "gb18030"})
    assert "encoding: gb18030" in entry(study, "ae")
    assert "encoding" not in entry(study, "dm")
    assert "- AETERM:  translate(source.AETERM)" in (study / "sdtm/ae.yaml").read_text()
    assert (study / "translations.yaml").read_text(encoding="utf-8") == (
        "# TODO the English of each text: write it behind the colon, and take the # away.\n"
        "## AE.AETERM\n"
        "# \u8f7b\u5ea6\u5934\u75db: \n"
    )


def test_chinese_that_looks_like_utf8_by_accident_is_asked(begin: Begin, folder: Make) -> None:
    """The four bytes of this word in GB18030 are two rare Greek signs in UTF-8."""
    given = folder(
        {"dm.csv": DM, "ae.csv": AE.replace("Cough,", "\u5934\u75db,", 1).encode("gb18030")}
    )
    with pytest.raises(SourceError, match=r"ae\.csv=utf-8 or --encoding ae\.csv=gb18030"):
        begin(given)
    study, _ = begin(given, "one", encodings={"": "gb18030"})
    assert "encoding: gb18030" in entry(study, "ae")
    study, _ = begin(given, "two", encodings={"": "utf-8"})
    assert "encoding" not in entry(study, "ae")


def test_utf8_is_not_asked_for(begin: Begin, folder: Make) -> None:
    given = folder(
        {"dm.csv": DM.replace("FRA", "F\u00dcR", 1), "ae.csv": AE.replace("Cough", "\u5934\u75db")}
    )
    study, _ = begin(given)
    assert "encoding" not in (study / "sources.yaml").read_text(encoding="utf-8")


def test_a_folder_that_is_not_empty_is_refused(begin: Begin, folder: Make, tmp_path: Path) -> None:
    given = folder({"dm.csv": DM})
    (tmp_path / "studies/abc").mkdir(parents=True)
    (tmp_path / "studies/abc/mine.txt").write_text("mine")
    with pytest.raises(UseError, match="folder-not-empty"):
        begin(given)
    assert [path.name for path in (tmp_path / "studies/abc").iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(
    begin: Begin, folder: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the one in which the user stands; the study is called after it."""
    (tmp_path / "studies/abc").mkdir(parents=True)
    given = folder({"dm.csv": DM})
    monkeypatch.chdir(tmp_path / "studies/abc")
    begun = begin_study(Path(), Asked(given))
    assert begun.study == "ABC"
    assert sorted(path.name for path in Path().iterdir()) == [
        "sdtm", "source", "sources.yaml", "study.yaml",
    ]  # fmt: skip
    assert [path.name for path in (tmp_path / "studies").iterdir()] == ["abc"]


def test_a_usubjid_is_taken_as_it_is(begin: Begin, folder: Make) -> None:
    study, _ = begin(folder({"dm.csv": DM.replace("SUBJID", "USUBJID")}))
    assert "  subject: USUBJID\n" in entry(study, "dm")
    study, _ = begin(folder({"dm.csv": DM.replace("001", "XY-001").replace("002", "XY-002")}), "xy")
    assert "  subject: SUBJID\n" in entry(study, "dm")


def test_sources_that_stand_there_stay(begin: Begin, tmp_path: Path, told: Told) -> None:
    """--from STUDY/source: used where they stand. A second call finds a spec there and refuses."""
    source = tmp_path / "studies/abc/source"
    source.mkdir(parents=True)
    (source / "dm.csv").write_text(DM)
    study, begun = begin(source)
    assert begun.copied == ("source/dm.csv",)
    assert sorted(path.name for path in study.rglob("*.*")) == [
        "dm.csv", "dm.yaml", "sources.yaml", "study.yaml",
    ]  # fmt: skip
    assert told(study) == []
    with pytest.raises(UseError, match="folder-not-empty"):
        begin(source)


def test_the_folder_is_there_whole_or_not_at_all(
    begin: Begin, folder: Make, tmp_path: Path
) -> None:
    given = folder({"notes.txt.pdf": "x"})
    with pytest.raises(SourceError, match="no-form"):
        begin(given)
    assert list((tmp_path / "studies").iterdir()) == []


def test_wrong_uses_are_told_together(begin: Begin, tmp_path: Path) -> None:
    with pytest.raises(UseError) as caught:
        begin(tmp_path / "nothing", study="A/B", encodings={"": "latin-1"})
    assert [each.kind for each in caught.value.findings] == [
        "unknown-name",
        "missing-file",
        "bad-value",
    ]


def test_a_link_out_of_the_folder_is_refused(begin: Begin, folder: Make, tmp_path: Path) -> None:
    given = folder({"dm.csv": DM})
    (tmp_path / "secret.csv").write_text("SUBJID\n001\n")
    (given / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(UseError, match="leads out of the folder given"):
        begin(given)


def test_a_subject_column_of_another_name_is_asked(begin: Begin, folder: Make, told: Told) -> None:
    text = DM.replace("SUBJID", "PROBAND")
    given = folder({"dm.csv": text})
    with pytest.raises(SourceError, match="--subject COLUMN"):
        begin(given)
    study, _ = begin(given, subject="PROBAND")
    assert "subject: concat(STUDYID, '-', PROBAND)" in entry(study, "dm")
    assert told(study) == []


def test_the_site_is_part_of_the_subject_where_numbers_come_back(
    begin: Begin, folder: Make
) -> None:
    text = DM + "001,02,F,2025-01-04,FRA\n"
    study, _ = begin(folder({"dm.csv": text}))
    assert "subject: concat(STUDYID, '-', SITEID, '-', SUBJID)" in entry(study, "dm")
    assert "key: [SUBJID" in entry(study, "dm") or "# TODO key" in entry(study, "dm")


def test_subjects_spelled_otherwise_are_told(begin: Begin, folder: Make) -> None:
    study, _ = begin(folder({"dm.csv": DM, "lab.csv": "SUBJECT,X\nAB/001,5\nAB/002,6\n"}))
    assert "# TODO subject: it writes AB/001, and dm writes 001" in entry(study, "lab")


def test_a_file_that_cannot_be_read_has_an_entry(begin: Begin, folder: Make, told: Told) -> None:
    study, begun = begin(folder({"dm.csv": DM, "lab.csv": "SUBJID,X\n001,5,6\n", "old.xls": b"x"}))
    assert begun.unmapped == ("lab", "old")
    assert "# TODO it was not read: 1 row does not have the 2 fields" in entry(study, "lab")
    assert {each.split()[0] for each in told(study)} <= {
        "source-ragged",
        "source-format",
        "form-unread",
    }


def test_a_long_findings_form_is_mapped_by_name(begin: Begin, folder: Make, told: Told) -> None:
    lab = "SUBJID,VISIT,LBTESTCD,LBTEST,LBORRES,LBORRESU,LBDAT\n001,Day 1,ALT,Alanine Aminotransferase,12,U/L,2025-01-02\n"
    study, begun = begin(
        folder(
            {"dm.csv": DM, "lab.csv": lab + lab.splitlines()[1].replace("Day 1", "Day 2") + "\n"}
        )
    )
    assert begun.datasets == {"DM": "dm", "LB": "lab"}
    spec = (study / "sdtm/lb.yaml").read_text()
    assert "  - LBTESTCD: {assign_ct: source.LBTESTCD}\n" in spec
    assert "lookup:   {from: schedule, by: {VISIT: form}, keep: [VISITNUM, VISIT]}" in spec
    assert told(study) == []


def test_a_question_whether_there_is_any_leaves_its_row_out(
    begin: Begin, folder: Make, told: Told
) -> None:
    text = (
        AE.replace("AENO", "AEYN")
        .replace(",1,Cough", ",Y,Cough")
        .replace(",2,Fever,Pyrexia,Yes,06-JAN-2025", ",N,,,,")
    )
    study, _ = begin(folder({"dm.csv": DM, "ae.csv": text}))
    spec = (study / "sdtm/ae.yaml").read_text()
    assert "exclude: {no AE record on the form: missing(source.AETERM) and AEYN = 'N'}" in spec
    assert told(study) == []


def test_two_forms_of_one_domain(begin: Begin, folder: Make, told: Told) -> None:
    """The one with more fields has the spec; the other says where it belongs."""
    more = "SUBJID,AETERM\n001,Rash\n"
    study, begun = begin(folder({"dm.csv": DM, "ae.csv": AE, "ae_old.csv": more}))
    assert begun.datasets == {"DM": "dm", "AE": "ae"}
    assert "# TODO it looks like AE: a second records step in sdtm/ae.yaml" in entry(
        study, "ae_old"
    )
    assert told(study) == ["form-unread ae_old"]


def test_text_over_200_bytes_goes_on_in_qualifiers(begin: Begin, folder: Make, told: Told) -> None:
    """SDTMIG 3.4 section 4.5.3.2."""
    long = "word " * 50
    text = AE.replace("AENO", "AEACNOTH").replace(",2,Fever", f",{long},Fever")
    study, _ = begin(folder({"dm.csv": DM, "ae.csv": text}))
    assert "variables:\n  AEACNOTH: {continues: true}\n" in (study / "sdtm/ae.yaml").read_text()
    assert "AEACNOTH: trim(source.AEACNOTH)" in (study / "sdtm/ae.yaml").read_text()
    assert told(study) == []


def test_one_form_in_two_files_is_told(begin: Begin, folder: Make) -> None:
    text = "SUBJID,NO,DATE,TEXT\n001,1,2025-01-01,{}\n"
    given = folder({"dm.csv": DM, "notes_1.csv": text.format("a"), "notes_2.csv": text.format("b")})
    study, _ = begin(given)
    assert "# TODO it has the columns of notes_1: one form in several files" in entry(
        study, "notes_2"
    )
    assert "it has the columns" not in entry(study, "notes_1")
