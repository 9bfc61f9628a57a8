"""Tabulation datasets that exist already: read as built ones, and every mistake about them told.

The transport files are written by pyreadstat. Expected values are worked out by hand from the tables
below and the rules of the language.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from mg_cdisc.build.account import NOT_NEEDED
from mg_cdisc.dataset import Package
from mg_cdisc.errors import MgCdiscError
from mg_cdisc.frame import Text
from mg_cdisc.pipeline import Built, Options, build_study, check_study, run_engine
from mg_cdisc.spec import read_study

STUDY = """\
study: S1
description: a study whose SDTM is given
data_cut: 2025-06-30
subjects: DM
standards: {sdtm_ct: 2025-03-28, adam_ct: 2025-03-28}
"""
ADSL = """\
dataset: ADSL
keys: [STUDYID, USUBJID]
steps:
  - records: {from: DM, where: ARMCD != 'SCRNFAIL', keep: [SUBJID, AGE, SEX, RFSTDTC]}
  - TRTSDT: {from: EX, value: min(date(EXSTDTC))}
  - DTHDT:  {from: DM, value: date(DTHDTC)}
"""
DM = pd.DataFrame(
    {
        "STUDYID": "S1",
        "DOMAIN": "DM",
        "USUBJID": ["S1-1", "S1-2", "S1-3"],
        "SUBJID": ["1", "2", "3"],
        "AGE": [71.0, 64.0, None],
        "SEX": ["F", "M", "F"],
        "ARMCD": ["A", "A", "SCRNFAIL"],
        "RFSTDTC": ["2025-01-06", "2025-01", ""],
        "DTHDTC": ["", "2025-05-05", ""],
    }
)
LABELS = {"AGE": "Age at Consent", "SUBJID": "Subject Identifier for the Study"}
EX = pd.DataFrame(
    {
        "STUDYID": "S1",
        "DOMAIN": "EX",
        "USUBJID": ["S1-1", "S1-1", "S1-2"],
        "EXSEQ": [1.0, 2.0, 1.0],
        "EXTRT": "DRUG",
        "EXSTDTC": ["2025-02-03", "2025-01-06", "2025-01"],
    }
)


WHOLE = Options()
EPOCH = pd.Timestamp(1960, 1, 1)


def xpt(path: Path, data: pd.DataFrame, name: str = "", **formats: str) -> None:
    path.parent.mkdir(exist_ok=True)
    pyreadstat.write_xport(
        data,
        str(path),
        table_name=name or path.stem.upper(),
        column_labels=[LABELS.get(each, each) for each in data],
        variable_format=formats,
        file_format_version=5,
    )


class Given:
    """A study folder with given datasets and analysis specs."""

    def __init__(self, root: Path) -> None:
        self.root = root / "study"
        self.out = root / "out"
        (self.root / "adam").mkdir(parents=True)
        self.write("study.yaml", STUDY + "tabulation: given\n")
        self.write("adam/adsl.yaml", ADSL)
        xpt(self.root / "given/dm.xpt", DM)
        xpt(self.root / "given/ex.xpt", EX)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def build(self, options: Options = WHOLE) -> Built:
        return build_study(self.root, self.out, options, "study")

    def adam(self, options: Options = WHOLE) -> Package:
        built = self.build(options)
        assert not built.stopped, built.findings
        return built.packages[0]

    def told(self) -> list[str]:
        """What is wrong, each as its place, class and words."""
        try:
            findings = [*self.build().findings]
        except MgCdiscError as error:
            findings = [*error.findings]
        return [f"{each.where}: {each.kind}: {each.what}" for each in findings if not each.reason]


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(tmp_path)


def cells(package: Package, dataset: str, variable: str) -> list[object]:
    column = package.dataset(dataset).frame[variable]
    return column.to_list() if isinstance(column, Text) else column.tolist()


def test_analysis_specs_alone_read_given_datasets(given: Given) -> None:
    """No sources.yaml, no sdtm/: text, numbers and partial dates have their types."""
    package = given.adam()
    assert cells(package, "ADSL", "USUBJID") == ["S1-1", "S1-2"]
    assert cells(package, "ADSL", "AGE") == [71, 64]
    # 2025-01-06 and 2025-05-05 are days 23747 and 23866 after 1960-01-01; 2025-01 is no day
    assert cells(package, "ADSL", "TRTSDT")[0] == (pd.Timestamp(2025, 1, 6) - EPOCH).days
    assert pd.isna(cells(package, "ADSL", "TRTSDT")[1])
    assert cells(package, "ADSL", "DTHDT")[1] == (pd.Timestamp(2025, 5, 5) - EPOCH).days
    assert [(each.name, each.label) for each in given.adam().datasets] == [
        ("ADSL", "Subject-Level Analysis Dataset")
    ]


def test_a_copied_variable_has_its_predecessor_and_codelist(given: Given) -> None:
    given.write("adam/adsl.yaml", ADSL.replace("keep: [", "keep: [DTHDTC, "))
    adsl = given.adam().dataset("ADSL")
    age, sex = adsl.variable("AGE"), adsl.variable("SEX")
    assert [each.predecessor for each in age.facts.origins] == ["DM.AGE"]
    assert sex.facts.codelist is not None
    assert sex.facts.codelist.code == "C66731"
    # AGE is of ADaMIG and has its label there, DTHDTC is not and keeps that of the file
    assert adsl.variable("DTHDTC").label == "DTHDTC"
    assert [each.predecessor for each in adsl.variable("USUBJID").facts.origins] == ["DM.USUBJID"]


ADEG = """\
dataset: ADEG
class: BDS
keys: [STUDYID, USUBJID, EGSEQ]
steps:
  - records: {from: EG, keep: [STUDYID, EGSEQ, EGTESTCD, EGSTRESC], set: {PARAMCD: EGTESTCD}}
  - AVAL:    "if(is_number(EGSTRESC), number(EGSTRESC))"
label: ECG Analysis Dataset
"""


def ecg(given: Given, tests: list[str], results: list[str]) -> None:
    records = {"STUDYID": "S1", "DOMAIN": "EG", "USUBJID": "S1-1", "EGSEQ": [1.0, 2.0]}
    xpt(
        given.root / "given/eg.xpt",
        pd.DataFrame({**records, "EGTESTCD": tests, "EGSTRESC": results}),
    )
    given.write("adam/adeg.yaml", ADEG)


def test_of_several_codelists_the_one_that_has_the_terms_lacks_the_others(given: Given) -> None:
    """EGTESTCD has two codelists, and the terms of one are among the other's: RR is in neither."""
    ecg(given, ["INTP", "RR"], ["NORMAL", "812"])
    assert given.told() == [
        "study/adam/adeg.yaml:5: sponsor-term: ADEG.EGTESTCD = 'RR' is no published term of EGTESTCD"
    ]
    (told,) = [each for each in given.build().findings if each.kind == "sponsor-term"]
    # the value is another's: nothing is said of recoding it
    assert told.todo == (
        "It is copied from EG, which is given, so it stays as it is: add it under extend: in "
        "terminology.yaml, or accept it in findings.yaml."
    )
    given.write("terminology.yaml", "EGTESTCD: {extend: {RR: RR Duration}}\n")
    adeg = given.adam().dataset("ADEG")
    code = adeg.variable("EGTESTCD").facts.codelist
    assert code is not None
    assert [each.value for each in code.terms] == ["INTP", "RR"]
    # the three codelists of EGSTRESC speak of words, and one result is a number
    assert adeg.variable("EGSTRESC").facts.codelist is None


def test_terms_of_several_codelists_are_shown_with_what_helps(given: Given) -> None:
    ecg(given, ["INTP", "INTP"], ["1ST DEGREE AV BLOCK", "NOT EVALUABLE"])
    assert given.told() == [
        "study/adam/adeg.yaml:1: several-codelists: ADEG.EGSTRESC has terms of several codelists "
        "(EGSTRESC has 1ST DEGREE AV BLOCK; HESTRESC has 1ST DEGREE AV BLOCK; "
        "NORMABNM has NOT EVALUABLE)"
    ]
    given.write("terminology.yaml", "EGSTRESC: {extend: {NOT EVALUABLE: Not Evaluable}}\n")
    assert given.told() == []
    (given.root / "terminology.yaml").unlink()
    given.write("adam/adeg.yaml", ADEG + "value_level: {EGSTRESC: [PARAMCD]}\n")
    assert [each.split(": ")[1] for each in given.told()] == ["sponsor-term"]


def test_a_variable_outside_the_standard_keeps_label_and_type(given: Given) -> None:
    data = DM.assign(SITESIZE=[1.0, 2.0, 3.0], CENTRE="X", SEENDT=[0.0, 1.0, 2.0])
    xpt(given.root / "given/dm.xpt", data, SEENDT="DATE9.")
    given.write("adam/adsl.yaml", ADSL.replace("keep: [", "keep: [SITESIZE, CENTRE, SEENDT, "))
    adsl = given.adam().dataset("ADSL")
    kinds = {name: adsl.variable(name).facts.data_type for name in ("SITESIZE", "CENTRE")}
    assert kinds == {"SITESIZE": "integer", "CENTRE": "text"}
    assert adsl.variable("SEENDT").format == "DATE9."


def test_several_files_are_one_dataset_or_each_its_own(given: Given) -> None:
    common = {"STUDYID": "S1", "DOMAIN": "QS", "USUBJID": ["S1-1", "S1-2"]}
    xpt(
        given.root / "given/qsda.xpt",
        pd.DataFrame({**common, "QSTESTCD": "A", "QSSTRESN": [1.0, 2]}),
    )
    # the second file lacks a variable of the first and has one of its own
    xpt(
        given.root / "given/qsmm.xpt",
        pd.DataFrame({**common, "QSTESTCD": "B", "QSDTC": "2025-01-02"}),
    )
    counts = "  - _one: {from: QSDA, value: sum(QSSTRESN)}\n  - TRTDURD: _one\n"
    given.write("adam/adsl.yaml", ADSL + counts)
    assert cells(given.adam(), "ADSL", "TRTDURD") == [1, 2]
    stacked = "tabulation:\n  folder: given\n  datasets: {QS: [qsda.xpt, qsmm.xpt]}\n"
    given.write("study.yaml", STUDY + stacked)
    both = "  - _n: {from: QS, value: count()}\n  - _s: {from: QS, value: sum(QSSTRESN)}\n"
    both += "  - _d: {from: QS, value: max(QSDTC)}\n"
    both += "  - TRTDURD: _n * 10 + _s\n  - EOSDT: date(_d)\n"
    given.write("adam/adsl.yaml", ADSL + both)
    package = given.adam()
    assert cells(package, "ADSL", "TRTDURD") == [21, 22]
    assert cells(package, "ADSL", "EOSDT") == [(pd.Timestamp(2025, 1, 2) - EPOCH).days] * 2
    assert given.told() == []
    given.write("adam/adsl.yaml", ADSL + counts)
    assert any("there is no source, dataset or table QSDA" in each for each in given.told())


def test_supplemental_qualifiers_are_a_dataset(given: Given) -> None:
    qualifiers = {"STUDYID": "S1", "RDOMAIN": "EX", "USUBJID": ["S1-1", "S1-1"], "IDVAR": "EXSEQ"}
    qualifiers |= {"IDVARVAL": ["1", "2"], "QNAM": "BATCH", "QLABEL": "Batch", "QVAL": ["x", "y"]}
    xpt(given.root / "given/suppex.xpt", pd.DataFrame(qualifiers))
    given.write(
        "adam/adex.yaml",
        "dataset: ADEX\nclass: OCCDS\nkeys: [STUDYID, USUBJID, EXSEQ]\nsteps:\n"
        "  - records: {from: EX, keep: [EXSEQ, EXTRT]}\n"
        "  - _seq: text(EXSEQ)\n"
        "  - BATCH:\n"
        "      from: SUPPEX\n"
        "      by: [USUBJID, _seq: IDVARVAL]\n"
        "      where: QNAM = 'BATCH'\n"
        "      value: QVAL\n"
        "variables:\n  BATCH: {label: Batch, type: text}\n",
    )
    assert cells(given.adam(), "ADEX", "BATCH") == ["x", "y", ""]


def test_an_analysis_dataset_may_be_given_too(given: Given) -> None:
    adsl = pd.DataFrame({"STUDYID": "S1", "USUBJID": ["S1-1", "S1-2"], "TRT01A": ["A", "B"]})
    adsl["TRTSDT"] = [(pd.Timestamp(2025, 1, 6) - EPOCH).days, None]
    xpt(given.root / "given/adsl.xpt", adsl, TRTSDT="DATE9.")
    (given.root / "adam/adsl.yaml").unlink()
    given.write(
        "adam/adex.yaml",
        "dataset: ADEX\nclass: OCCDS\nkeys: [STUDYID, USUBJID, EXSEQ]\nsteps:\n"
        "  - records: {from: EX, keep: [EXSEQ, EXSTDTC]}\n"
        "  - lookup: {from: ADSL, keep: [TRT01A, TRTSDT]}\n"
        "  - ASTDT: date(EXSTDTC)\n"
        "  - ASTDY: study_day(ASTDT, TRTSDT)\n",
    )
    package = given.adam()
    assert cells(package, "ADEX", "TRT01A") == ["A", "A", "B"]
    # 2025-01-06 is day 1, and 2025-02-03 is 28 days later; the start of S1-2 is not known
    assert cells(package, "ADEX", "ASTDY")[:2] == [29, 1]
    trtsdt = package.dataset("ADEX").variable("TRTSDT")
    assert [each.predecessor for each in trtsdt.facts.origins] == ["ADSL.TRTSDT"]
    assert trtsdt.format == "DATE9."


@pytest.mark.parametrize("partitions", [2, 3])
def test_partitions_and_the_order_of_records_do_not_matter(given: Given, partitions: int) -> None:
    once = given.adam().dataset("ADSL").frame
    xpt(given.root / "given/ex.xpt", EX.iloc[::-1].reset_index(drop=True))
    again = given.adam(Options(partitions=partitions)).dataset("ADSL").frame
    for name, column in once.columns.items():
        other = again[name]
        if isinstance(column, Text):
            assert column.to_list() == again.text(name).to_list()
        else:
            assert pd.Series(column).equals(pd.Series(other))


def test_variables_stand_in_the_order_that_is_said(given: Given) -> None:
    """Those that are not named follow in the order of the steps."""
    given.write("adam/adsl.yaml", ADSL + "variable_order: [USUBJID, DTHDT, STUDYID]\n")
    names = [each.name for each in given.adam().dataset("ADSL").variables]
    assert names == ["USUBJID", "DTHDT", "STUDYID", "SUBJID", "AGE", "SEX", "RFSTDTC", "TRTSDT"]
    given.write("adam/adsl.yaml", ADSL + "variable_order: [USUBJID, DTHDTT, USUBJID]\n")
    assert sorted(each.split(": ")[1] for each in given.told()) == [
        "made-twice",
        "unknown-variable",
    ]


def test_a_build_of_one_subject_or_dataset(given: Given) -> None:
    package = given.adam(Options(subjects=("2",), only=("ADSL",)))
    assert cells(package, "ADSL", "USUBJID") == ["S1-2"]


def test_a_step_across_subjects_is_noted_in_a_build_of_some(given: Given) -> None:
    """The count of one sex over the study is not that of the subject asked for."""
    given.write("adam/adsl.yaml", ADSL + "  - TRTDURD: {by: SEX, value: count()}\n")
    assert given.told() == []
    built = given.build(Options(subjects=("S1-2",)))
    (found,) = built.findings
    assert (found.kind, found.level) == ("across-subjects", "note")
    assert found.what == "TRTDURD looks across subjects, and saw only those asked for"


def test_a_preview_shows_the_records_after_a_step(given: Given) -> None:
    files = read_study(given.root, "study")
    _, result, _ = run_engine(files, Options(), lambda plan: ("ADSL", 0))
    assert result.frames["ADSL"].text("SUBJID").to_list() == ["1", "2"]


def test_the_manifest_and_the_account_have_what_was_read(given: Given) -> None:
    xpt(given.root / "given/vs.xpt", EX)  # of which no spec reads
    built = given.build()
    assert built.folder is not None
    manifest = json.loads((built.folder / "manifest.json").read_text())
    data = [name for name in manifest["inputs"] if name.startswith("given/")]
    assert data == ["given/dm.xpt", "given/ex.xpt"]
    account = {each.name: each for each in built.accounts}
    assert (account["DM"].rows, account["DM"].used) == (3, 2)
    assert account["DM"].excluded == {NOT_NEEDED: 1}
    assert not (built.folder / "m5/datasets/s1/tabulations").exists()


def test_specs_are_checked_against_given_datasets(given: Given) -> None:
    assert check_study(given.root, "study").datasets.keys() == {"ADSL"}
    given.write("adam/adsl.yaml", ADSL.replace("SEX", "SXE").replace("EXSTDTC", "AGE"))
    places = [each.split(": ")[:2] for each in given.told()]
    assert places == [
        ["study/adam/adsl.yaml:4", "unknown-variable"],
        ["study/adam/adsl.yaml:5", "unknown-variable"],
    ]


def test_who_asks_to_build_a_given_dataset_is_told_where_it_is(given: Given) -> None:
    with pytest.raises(MgCdiscError) as raised:
        given.build(Options(only=("DM",)))
    (found,) = raised.value.findings
    assert found.todo == "It is given, not made: mg-cdisc show study/given/dm.xpt prints it."


def test_an_unknown_dataset_is_told_with_the_nearest(given: Given) -> None:
    given.write("adam/adsl.yaml", ADSL.replace("from: EX,", "from: EXX,"))
    (told,) = given.told()
    assert told.endswith("there is no source, dataset or table EXX")


@pytest.mark.parametrize(
    ("tabulation", "kind", "what"),
    [
        ("nowhere", "source-missing", "the folder is not there"),
        ("study.yaml", "source-missing", "this is a file, not a folder"),
        ("adam", "source-missing", "the folder holds no dataset"),
        ("../out", "source-path", "the path leads out of the study's folder"),
        ("{datasets: {DM: given/dmm.xpt}}", "source-missing", "the file is not there"),
        ("{datasets: {DM: study.yaml}}", "source-format", "suffix .yaml"),
        ("{encoding: utf-8}", "missing-key", "needs folder: or datasets:"),
        ("{folder: given, dataset: {}}", "unknown-key", "is not a key of tabulation"),
    ],
)
def test_what_is_not_there_is_told_once(
    given: Given, tabulation: str, kind: str, what: str
) -> None:
    given.write("study.yaml", STUDY + f"tabulation: {tabulation}\n")
    given.out.mkdir(exist_ok=True)
    (told,) = given.told()
    assert f": {kind}: " in told
    assert what in told


def test_a_file_that_is_no_transport_file(given: Given) -> None:
    (given.root / "given/ex.xpt").write_bytes(b"PAR1 and so on")
    (told,) = given.told()
    assert "given/ex.xpt: source-format: the file is a Parquet file" in told


def test_a_file_that_was_cut_short(given: Given) -> None:
    data = (given.root / "given/ex.xpt").read_bytes()
    (given.root / "given/ex.xpt").write_bytes(data[:-7])
    (told,) = given.told()
    assert "given/ex.xpt: source-truncated: " in told


def test_two_files_of_one_dataset(given: Given) -> None:
    xpt(given.root / "given/more.xpt", EX, "EX")
    (told,) = given.told()
    assert told == "given/more.xpt: duplicate-dataset: it holds EX, and so does given/ex.xpt"


def test_files_of_one_dataset_that_disagree(given: Given) -> None:
    xpt(given.root / "given/ex2.xpt", EX.assign(EXSEQ="1"))
    given.write(
        "study.yaml",
        STUDY + "tabulation: {folder: given, datasets: {EX: [ex.xpt, ex2.xpt]}}\n",
    )
    (told,) = given.told()
    assert told == (
        "given/ex2.xpt: source-columns: EXSEQ is a text here and a number in given/ex.xpt"
    )


def test_a_dataset_is_given_or_made(given: Given) -> None:
    xpt(given.root / "given/adsl.xpt", DM)
    (told,) = given.told()
    assert "duplicate-dataset: ADSL is among the datasets of tabulation, and is made here" in told


def test_a_source_of_the_same_name(given: Given) -> None:
    given.write("sources.yaml", "EX:\n  file: ex.csv\n")
    given.write("ex.csv", "A\n1\n")
    assert any("name-taken" in each for each in given.told())


@pytest.mark.parametrize(
    ("subjects", "what"),
    [("TS", "TS has no USUBJID"), ("DMM", "there is no source DMM and no dataset of tabulation")],
)
def test_the_list_of_subjects_is_a_dataset_of_subjects(
    given: Given, subjects: str, what: str
) -> None:
    xpt(given.root / "given/ts.xpt", pd.DataFrame({"STUDYID": ["S1"], "TSVAL": ["x"]}))
    text = STUDY.replace("subjects: DM", f"subjects: {subjects}") + "tabulation: given\n"
    given.write("study.yaml", text)
    (told,) = given.told()
    assert what in told


def test_records_of_a_subject_that_the_list_lacks(given: Given) -> None:
    xpt(given.root / "given/ex.xpt", EX.assign(USUBJID=["S1-1", "S1-9", "S1-2"]))
    (told,) = given.told()
    assert told.startswith("given/ex.xpt row 2 (subject S1-9): unknown-subject: ")


def test_given_datasets_beside_sources_and_built_ones(given: Given) -> None:
    """Forms, a built domain and given ones in one study: rows of all are told by their own file."""
    given.write("sources.yaml", "".join(
        f"{name}:\n  file: {name}.csv\n  subject: concat(STUDYID, '-', SUBJ)\n  dates: yyyy-MM-dd\n"
        for name in ("visits", "calls")
    ))  # fmt: skip
    given.write("visits.csv", "SUBJ,DAY\n1,2025-01-06\n2,2025-13-01\n")
    given.write("calls.csv", "SUBJ,DAY\n2,2025-02-01\n")
    (given.root / "sdtm").mkdir()
    given.write(
        "sdtm/sv.yaml",
        "dataset: SV\nkeys: [STUDYID, USUBJID, SVSTDTC]\nsteps:\n"
        "  - records: {from: [visits, calls]}\n  - SVSTDTC: {iso8601: DAY}\n"
        "  - VISITNUM: number('1')\n  - VISIT: {hardcode: V}\n  - SVPRESP: {hardcode: 'Y'}\n"
        "  - SVOCCUR: {hardcode: 'Y'}\n"
        "  - records: {from: EX, keep: [SVSTDTC: EXSTDTC], set: {VISITNUM: EXSEQ}}\n",
    )
    given.write("adam/adsl.yaml", ADSL + "  - TRTEDT: {from: SV, value: max(date(SVSTDTC))}\n")
    told = [each for each in given.told() if "bad-date" in each]
    assert [each.split(": ")[0] for each in told] == ["visits.csv row 3 (subject S1-2)"]
    given.write("visits.csv", "SUBJ,DAY\n1,2025-01-06\n2,2025-01-01\n")
    built = given.build()
    adsl = built.packages[-1]
    days = [pd.Timestamp(2025, 2, 3), pd.Timestamp(2025, 2, 1)]
    assert cells(adsl, "ADSL", "TRTEDT") == [(day - EPOCH).days for day in days]
    assert {each.name for each in built.accounts} == {"visits", "calls", "DM", "EX"}


def test_a_date_that_is_none_is_a_finding_and_missing(given: Given) -> None:
    xpt(given.root / "given/ex.xpt", EX.assign(EXSTDTC=["2025-02-03", "06JAN2025", "2025-01"]))
    given.write(
        "findings.yaml",
        "- {finding: not-iso8601, dataset: EX, then: blank, reason: asked of the vendor}\n",
    )
    built = given.build()
    assert not built.stopped
    (found,) = built.findings
    assert str(found.where) == "given/ex.xpt row 2"
    # the other date of the subject is left
    first = cells(built.packages[0], "ADSL", "TRTSDT")[0]
    assert first == (pd.Timestamp(2025, 2, 3) - EPOCH).days


@pytest.mark.parametrize("suffix", [".json", ".ndjson"])
def test_a_dataset_may_be_dataset_json(given: Given, suffix: str) -> None:
    """Written by hand after the standard: the start of treatment is the earlier date."""
    columns = [
        ("STUDYID", "string"), ("DOMAIN", "string"), ("USUBJID", "string"),
        ("EXSEQ", "integer"), ("EXSTDTC", "datetime"),
    ]  # fmt: skip
    header = {
        "datasetJSONCreationDateTime": "2025-06-30T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.EX",
        "records": 2,
        "name": "EX",
        "label": "Exposure",
        "columns": [
            {"itemOID": f"IT.{name}", "name": name, "label": name, "dataType": kind}
            for name, kind in columns
        ],
    }
    rows = [["S1", "EX", "S1-1", 1, "2025-02-03"], ["S1", "EX", "S1-1", 2, "2025-01-06T09:30"]]
    (given.root / "given/ex.xpt").unlink()
    whole = json.dumps({**header, "rows": rows})
    lines = "".join(json.dumps(each) + "\n" for each in (header, *rows))
    (given.root / f"given/ex{suffix}").write_text(whole if suffix == ".json" else lines)
    package = given.adam()
    assert cells(package, "ADSL", "TRTSDT")[0] == (pd.Timestamp(2025, 1, 6) - EPOCH).days
    (given.root / f"given/ex{suffix}").write_text('{"name": "EX"}')
    (told,) = given.told()
    assert told.startswith(f"given/ex{suffix}: source-format: ")


def test_text_in_another_encoding(given: Given) -> None:
    xpt(given.root / "given/ex.xpt", EX.assign(EXTRT="CAFE"))
    given.write(
        "adam/adsl.yaml", ADSL + "  - ITTFL: {from: EX, value: \"if(any(EXTRT != ''), 'Y')\"}\n"
    )
    path = given.root / "given/ex.xpt"
    path.write_bytes(path.read_bytes().replace(b"CAFE", "CAFÉ".encode("windows-1252")))
    assert ["source-encoding" in each for each in given.told()] == [True]
    folder = "tabulation: {folder: given, encoding: windows-1252}\n"
    given.write("study.yaml", STUDY + folder)
    assert given.told() == []


def test_a_study_of_another_name_than_its_data_is_told_once(given: Given) -> None:
    """STUDYID of every record is the study's: it does not change the data's without a word."""
    given.write("study.yaml", STUDY.replace("study: S1", "study: S2") + "tabulation: given\n")
    assert given.told() == [
        "study/study.yaml:1: other-study: study: S2 is not the STUDYID of the given datasets: "
        "'S1' in DM, EX"
    ]


def test_a_link_out_of_the_folder_is_told_at_its_line(given: Given, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (given.root / "linked").symlink_to(tmp_path / "elsewhere")
    given.write("study.yaml", STUDY + "tabulation: linked\n")
    assert given.told() == [
        "study/study.yaml:6: source-path: tabulation: linked: this link leads out of the study's folder"
    ]
    given.write("study.yaml", STUDY + "tabulation:\n  folder: ../elsewhere\n")
    assert given.told() == [
        "study/study.yaml:7: source-path: tabulation.folder: ../elsewhere: "
        "the path leads out of the study's folder"
    ]


def test_only_what_is_asked_for_is_written(given: Given) -> None:
    """ADEX needs the whole of ADSL, which is then built and not written."""
    given.write(
        "adam/adex.yaml",
        "dataset: ADEX\nclass: BDS\nkeys: [USUBJID, ASTDT]\nsteps:\n"
        "  - records: {from: EX, set: {ASTDT: date(EXSTDTC)}}\n"
        "  - PARAMCD: {hardcode: DOSE}\n  - PARAM: {hardcode: Dose}\n  - AVAL: number('1')\n"
        "  - lookup: {from: ADSL, keep: [TRTSDT, DTHDT], none: error}\n",
    )
    package = given.adam(Options(only=("ADEX",)))
    assert [each.name for each in package.datasets] == ["ADEX"]
    assert {each.name for each in given.adam().datasets} == {"ADSL", "ADEX"}


def test_the_data_cut_is_a_date_in_steps_and_told_in_the_method(given: Given) -> None:
    """An infection without end is followed to the data cut, or the earlier day asked for."""
    given.write(
        "adam/adsl.yaml",
        ADSL + "  - LSTALVDT: least(TRTSDT, data_cut())\n  - EOSDT: data_cut()\n"
        "  - TRTEDT: {from: EX, where: date(EXSTDTC) <= data_cut(), value: max(date(EXSTDTC))}\n",
    )
    adsl = given.adam().dataset("ADSL")
    assert adsl.frame["EOSDT"].tolist() == [(pd.Timestamp(2025, 6, 30) - EPOCH).days] * 2
    # TRTSDT of the second subject is missing: the least of what is there is the cut
    assert adsl.frame["LSTALVDT"].tolist() == [
        (pd.Timestamp(2025, 1, 6) - EPOCH).days, (pd.Timestamp(2025, 6, 30) - EPOCH).days,
    ]  # fmt: skip
    told = {each.name: each for each in adsl.variables}
    assert [each.type for each in told["EOSDT"].facts.origins] == ["Derived"]
    assert "the data cut (2025-06-30)" in str(told["EOSDT"].facts)
    early = given.adam(Options(cut_off=date(2025, 1, 31))).dataset("ADSL")
    assert early.frame["EOSDT"].tolist() == [(pd.Timestamp(2025, 1, 31) - EPOCH).days] * 2
    assert early.frame["TRTEDT"].tolist()[0] == (pd.Timestamp(2025, 1, 6) - EPOCH).days


def test_rules_read_what_steps_do_not(given: Given) -> None:
    """SEX of S1-2 is another one in DM, which no step reads it from."""
    text = ADSL.replace("SEX, RFSTDTC]", "RFSTDTC]") + "  - SEX: {hardcode: F}\n"
    given.write("adam/adsl.yaml", text)
    told = [each for each in given.build().findings if each.variable == "SEX"]
    assert [each.count for each in told if "DM" in each.what] == [1]
