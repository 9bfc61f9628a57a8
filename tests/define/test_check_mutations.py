"""Seeded mistakes, each stated as data, and each found by ``define check`` under its name.

Four kinds: of CDISC's own examples, of the data of a small package (as transport files and as
Dataset-JSON), of the description of that package, and of the spec from which a study is built again.
What a mistake is stands in Define-XML 2.1, Analysis Results Metadata 1.0 and Dataset-JSON 1.1.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from mg_cdisc.dataset import Dataset, Package
from mg_cdisc.define.assemble import define_of
from mg_cdisc.define.check import check_define
from mg_cdisc.define.json_header import json_header
from mg_cdisc.define.render import render_define
from mg_cdisc.deliver import transport
from mg_cdisc.errors import Finding
from mg_cdisc.frame import Column, Text
from mg_cdisc.pipeline import build_study
from mg_cdisc.transport import XptDataset, write_json, write_xpt

EXAMPLES = Path(__file__).resolve().parents[3] / "shared/standards/define-2.1-examples"
STUDY = Path(__file__).resolve().parents[1] / "golden/tiny2"
DERIVED_IN_EC = ("IT.EC.EXDOSE", "IT.EC.EXDOSU")
"""What is truly wrong in CDISC's SDTM example: of EC, unlike of EX, these are derived and say no
method."""


@dataclass(frozen=True)
class Xml:
    """A change of an XML text: the first match of ``old`` behind the definition ``at``."""

    name: str
    at: str
    old: str
    new: str
    kind: str
    words: str
    more: bool = False
    """A second mistake follows from it, and is found too."""


ADAM = (
    # references
    Xml("a method that is not there", "IG.ADSL", 'MethodOID="MT.ADSL.TRTSDT"', 'MethodOID="MT.NO"',
        "unresolved-reference", "MethodOID is MT.NO", more=True),
    Xml("a variable that is not there", "IG.ADSL", 'ItemOID="IT.ADSL.AGE"', 'ItemOID="IT.ADSL.AGES"',
        "unresolved-reference", "ItemOID is IT.ADSL.AGES", more=True),
    Xml("a codelist that is not there", "IT.ADSL.SEX", 'CodeListOID="[^"]*"', 'CodeListOID="CL.NO"',
        "unresolved-reference", "CodeListOID is CL.NO"),
    Xml("a value list that is not there", "IT.ADQSADAS.AVAL", 'ValueListOID="VL.ADQSADAS.AVAL"',
        'ValueListOID="VL.NO"', "unresolved-reference", "ValueListOID is VL.NO", more=True),
    Xml("a comment that is not there", "IG.ADSL", 'def:CommentOID="COM.ADSL"',
        'def:CommentOID="COM.NO"', "unresolved-reference", "def:CommentOID is COM.NO", more=True),
    Xml("a standard that is not there", "IG.ADSL", 'def:StandardOID="STD.01"',
        'def:StandardOID="STD.99"', "unresolved-reference", "def:StandardOID is STD.99"),
    Xml("a document that is not there", "", '<def:DocumentRef leafID="LF.ADRG"',
        '<def:DocumentRef leafID="LF.NO"', "unresolved-reference", "leafID is LF.NO"),
    Xml("a where-clause that is not there", "VL.ADQSADAS.AVAL",
        'WhereClauseOID="WC.ADQSADAS.AVAL.ACTOT"', 'WhereClauseOID="WC.NO"',
        "unresolved-reference", "WhereClauseOID is WC.NO", more=True),
    Xml("a condition on nothing", "WC.ADQSADAS.AVAL.ACTOT", 'def:ItemOID="IT.ADQSADAS.PARAMCD"',
        'def:ItemOID="IT.ADQSADAS.PARMCD"', "unresolved-reference",
        "def:ItemOID is IT.ADQSADAS.PARMCD"),
    Xml("a leaf that is not its own", "IG.ADSL", 'def:ArchiveLocationID="LF.ADSL"',
        'def:ArchiveLocationID="LF.ADAE"', "missing-leaf", "IG.ADSL", more=True),
    Xml("two definitions of one name", "CL.AGEGR1N", "", 'OID="CL.AGEGR1"', "duplicate-oid",
        "CL.AGEGR1", more=True),
    # analysis results
    Xml("a result of no dataset", "RD.Table_14-3.01", 'ItemGroupOID="IG.ADQSADAS"',
        'ItemGroupOID="IG.ADQS"', "unresolved-reference", "ItemGroupOID is IG.ADQS"),
    Xml("a result of a variable that is not there", "RD.Table_14-3.01",
        '<arm:AnalysisVariable ItemOID="IT.ADQSADAS.CHG"',
        '<arm:AnalysisVariable ItemOID="IT.ADQSADAS.CHANGE"', "unresolved-reference",
        "ItemOID is IT.ADQSADAS.CHANGE"),
    Xml("a result of another dataset's variable", "RD.Table_14-3.01",
        '<arm:AnalysisVariable ItemOID="IT.ADQSADAS.CHG"',
        '<arm:AnalysisVariable ItemOID="IT.ADSL.AGE"', "result-variable", "IT.ADSL.AGE"),
    Xml("a parameter of another dataset", "AR.Table_14-3.01.R.1",
        'ParameterOID="IT.ADQSADAS.PARAMCD"', 'ParameterOID="IT.ADSL.SEX"', "result-parameter",
        "IT.ADSL.SEX"),
    Xml("two datasets and not how they are joined", "AR.Table_14-5.02.R.1",
        'arm:AnalysisDatasets def:CommentOID="COM.JOIN-ADSL-ADAE"', "arm:AnalysisDatasets",
        "result-join", "2 datasets", more=True),
    Xml("a result without its reason", "AR.Table_14-3.01.R.1", 'AnalysisReason="SPECIFIED IN SAP"',
        "", "schema", "AnalysisReason"),
    # datasets
    Xml("a dataset that is not there", "", "<ItemGroupDef OID=\"IG.ADAE\"",
        "<ItemGroupDef OID=\"IG.ADAEX\"", "unresolved-reference", "IG.ADAE"),
    Xml("no label of a dataset", "IG.ADSL", "Subject-Level Analysis</TranslatedText>",
        "</TranslatedText>", "missing-label", "IG.ADSL"),
    Xml("no structure", "IG.ADSL", 'def:Structure="one record per subject"', 'def:Structure=" "',
        "missing-structure", "IG.ADSL"),
    Xml("no class", "IG.ADSL", '<def:Class Name="SUBJECT LEVEL ANALYSIS DATASET"/>', "",
        "missing-class", "IG.ADSL"),
    Xml("a class of tabulations", "IG.ADSL", 'Name="SUBJECT LEVEL ANALYSIS DATASET"',
        'Name="SPECIAL PURPOSE"', "dataset-class", "SPECIAL PURPOSE"),
    Xml("a class that nobody knows", "IG.ADSL", 'Name="SUBJECT LEVEL ANALYSIS DATASET"',
        'Name="ADSL"', "schema", "ADSL"),
    Xml("a subclass of another class", "IG.ADAE", 'SubClass Name="ADVERSE EVENT"',
        'SubClass Name="TIME-TO-EVENT"', "dataset-class", "TIME-TO-EVENT"),
    Xml("a purpose of tabulations", "IG.ADSL", 'Purpose="Analysis"', 'Purpose="Tabulation"',
        "dataset-purpose", "Tabulation", more=True),
    Xml("subjects as reference data", "IG.ADSL", 'IsReferenceData="No"', 'IsReferenceData="Yes"',
        "reference-data", "USUBJID"),
    Xml("two datasets of one name", "IG.ADAE", 'Name="ADAE"', 'Name="ADSL"', "duplicate-dataset",
        "ADSL", more=True),
    Xml("two datasets in one file", "IG.ADAE", 'xlink:href="adae.xpt"', 'xlink:href="adsl.xpt"',
        "duplicate-file", "adsl.xpt"),
    Xml("a dataset of terminology", "IG.ADSL", 'def:StandardOID="STD.01"',
        'def:StandardOID="STD.CT.01"', "dataset-standard", "no guide"),
    Xml("a gap in the keys", "IG.ADSL", 'KeySequence="2"', 'KeySequence="3"', "key-sequence",
        "1, 3"),
    Xml("variables out of order", "IG.ADSL", 'OrderNumber="3"', 'OrderNumber="30"', "order-number",
        "IG.ADSL"),
    Xml("a variable without order", "IG.ADSL", ' OrderNumber="3"', "", "order-number", "IG.ADSL"),
    Xml("derived and not how", "IG.ADSL", r'\s+MethodOID="MT.ADSL.SAFFL"', "",
        "derived-without-method", "IT.ADSL.SAFFL", more=True),
    # variables
    Xml("no length", "IT.ADSL.AGE", ' Length="2"', "", "missing-length", "IT.ADSL.AGE"),
    Xml("decimals of an integer", "IT.ADSL.AGE", ' Length="2"', ' Length="2" SignificantDigits="1"',
        "significant-digits", "IT.ADSL.AGE"),
    Xml("a type that nobody knows", "IT.ADSL.AGE", 'DataType="integer"', 'DataType="number"',
        "schema", "number", more=True),
    Xml("another name for SAS", "IT.ADSL.AGE", 'SASFieldName="AGE"', 'SASFieldName="AGEY"',
        "field-name", "AGEY"),
    Xml("two variables of one name", "IT.ADSL.AGE", 'Name="AGE"', 'Name="SEX"',
        "duplicate-variable", "SEX", more=True),
    Xml("a copy of nothing", "IT.ADSL.AGE", ">DM.AGE<", ">demographics<",
        "predecessor-without-source", "IT.ADSL.AGE"),
    Xml("an origin in the wrong case", "IT.ADSL.AGE", 'Type="Predecessor"', 'Type="predecessor"',
        "schema", "predecessor"),
    Xml("no origin", "IT.ADSL.AGE", r"<def:Origin.*?</def:Origin>", "", "missing-origin",
        "IT.ADSL.AGE"),
    Xml("a codelist of another type", "CL.SEX", 'DataType="text"', 'DataType="integer"',
        "codelist-type", "IT.ADSL.SEX", more=True),
    # value levels and conditions
    Xml("a level of another type", "IT.ADQSADAS.AVAL.ACTOT", 'DataType="integer"',
        'DataType="text"', "level-type", "IT.ADQSADAS.AVAL"),
    Xml("a level without condition", "VL.ADQSADAS.AVAL",
        '<def:WhereClauseRef WhereClauseOID="WC.ADQSADAS.AVAL.ACTOT"/>', "", "missing-where",
        "IT.ADQSADAS.AVAL.ACTOT", more=True),
    Xml("one condition for two levels", "VL.ADQSADAS.AVAL",
        'WhereClauseOID="WC.ADQSADAS.AVAL.ACTOT"',
        'WhereClauseOID="WC.ADQSADAS.AVAL.ACITM01-ACITM14"', "duplicate-where",
        "WC.ADQSADAS.AVAL.ACITM01-ACITM14",
        more=True),
    Xml("equal to many values", "WC.ADQSADAS.AVAL.ACITM01-ACITM14", 'Comparator="IN"',
        'Comparator="EQ"', "where-values", "14 values"),
    Xml("a parameter that is in no codelist", "WC.ADQSADAS.AVAL.ACTOT", ">ACTOT<", ">ACTOTAL<",
        "where-value", "ACTOTAL"),
    Xml("a comparison that nobody knows", "WC.ADQSADAS.AVAL.ACTOT", 'Comparator="EQ"',
        'Comparator="="', "schema", "Comparator"),
    # codelists, methods, comments
    Xml("one term twice", "CL.SEX", 'CodedValue="M"', 'CodedValue="F"', "schema", "'F'"),
    Xml("a term without code", "CL.SEX", '<Alias Context="nci:ExtCodeID" Name="C20197"/>', "",
        "unmarked-term", "M"),
    Xml("a published term as the sponsor's", "CL.SEX", 'CodedValue="M"',
        'CodedValue="M" def:ExtendedValue="Yes"', "extended-term", "M"),
    Xml("no decode", "CL.SEX", ">Male<", "><", "empty-text", "M"),
    Xml("terms of two kinds", "CL.SEX", '<CodeListItem CodedValue="F">',
        '<EnumeratedItem CodedValue="X"/><CodeListItem CodedValue="F">', "schema",
        "EnumeratedItem", more=True),
    Xml("a codelist of a guide", "CL.SEX", 'def:StandardOID="STD.CT.02"',
        'def:StandardOID="STD.01"', "codelist-standard", "no terminology"),
    Xml("a dictionary without version", "", '(<ExternalCodeList Dictionary="MedDRA") Version="8.0"',
        r"\1", "dictionary-version", "Version"),
    Xml("a method that says nothing", "MT.ADQSADAS.ADT", ">SAS date from QS.QSDTC<", "><",
        "empty-text", "MT.ADQSADAS.ADT"),
    Xml("a page that is no number", "", 'PageRefs="3" Type="PhysicalRef"',
        'PageRefs="iii" Type="PhysicalRef"', "page-reference", "iii"),
    # the whole
    Xml("terminology of nobody", "STD.CT.01", 'PublishingSet="ADaM"', "", "publishing-set",
        "STD.CT.01"),
    Xml("no guide", "STD.01", 'Type="IG"', 'Type="CT" PublishingSet="ADaM"', "missing-standard",
        "implementation guide", more=True),
    Xml("another version of Define-XML", "", 'def:DefineVersion="2.1.10"',
        'def:DefineVersion="2.0.0"', "schema", "2.0.0"),
    Xml("elements in another order", "CL.SEX", r'(<Alias Context="nci:ExtCodeID" Name="C66731"/>)',
        r"\1<Description/>", "schema", "Description", more=True),
    Xml("entities", "", r"<ODM ", '<!DOCTYPE ODM [<!ENTITY a "b">]><ODM ', "document-type",
        "refused"),
    Xml("cut short", "", r"</ODM>", "", "not-xml", "not well-formed"),
)  # fmt: skip

SDTM = (
    Xml("no domain", "IG.VS", ' Domain="VS"', "", "missing-domain", "IG.VS"),
    Xml("a design that is no reference data", "IG.TS", 'IsReferenceData="Yes"',
        'IsReferenceData="No"', "reference-data", "TRIAL DESIGN"),
    Xml("qualifiers without a value list", "IT.SUPPDM.QVAL",
        '<def:ValueListRef ValueListOID="VL.SUPPDM.QVAL"/>', "", "missing-value-list",
        "IT.SUPPDM.QVAL", more=True),
    Xml("a level longer than its variable", "IT.SUPPDM.QVAL.RACE1", 'Length="41"', 'Length="241"',
        "level-length", "241"),
    Xml("a date with a length", "IT.DM.BRTHDTC", 'DataType="date"', 'DataType="date" Length="10"',
        "needless-length", "IT.DM.BRTHDTC"),
    Xml("a float without decimals", "IT.LB.LBSTRESN", ' SignificantDigits="2"', "",
        "significant-digits", "IT.LB.LBSTRESN"),
    Xml("collected nowhere", "IT.DM.BRTHDTC", r"<def:DocumentRef.*?</def:DocumentRef>", "",
        "collected-without-page", "IT.DM.BRTHDTC"),
    Xml("no page", "IT.DM.SEX", 'PageRefs="6" ', "", "page-reference", "no page"),
    Xml("a dataset that names no file", "IG.VS", 'def:ArchiveLocationID="LF.VS"', "",
        "missing-leaf", "IG.VS", more=True),
    Xml("a standard and none", "IG.VS", 'def:StandardOID="STD.1"',
        'def:StandardOID="STD.1" def:IsNonStandard="Yes"', "dataset-standard", "both"),
    Xml("a class of analysis", "IG.VS", 'Name="FINDINGS"', 'Name="BASIC DATA STRUCTURE"',
        "dataset-class", "BASIC DATA STRUCTURE"),
    Xml("no keys", "IG.VS", r'KeySequence="1"', r'KeySequence="9"', "key-sequence", "IG.VS"),
)  # fmt: skip


def edited(text: str, change: Xml) -> str:
    start = text.index(f' OID="{change.at}"') if change.at else 0
    # the definition itself is what a change without a pattern names
    old = change.old or re.escape(f'OID="{change.at}"')
    made, count = re.compile(old, re.DOTALL).subn(change.new, text[start:], count=1)
    assert count == 1, f"{change.old} does not stand behind {change.at}"
    return text[:start] + made


def check_change(folder: Path, example: str, change: Xml) -> None:
    source = EXAMPLES / example
    if not source.is_file():
        pytest.skip("CDISC's examples are not here")
    text = source.read_text(encoding="utf-8")
    before = check_define(source)
    path = folder / "define.xml"
    path.write_text(edited(text, change), encoding="utf-8")
    findings = [
        each for each in check_define(path)
        if each.identity not in {old.identity.replace(example, "define.xml") for old in before}
    ]  # fmt: skip
    named = [each for each in findings if each.kind == change.kind and change.words in each.what]
    assert named, findings
    assert all(each.where.line > 0 for each in named)
    assert all(each.todo for each in findings)
    if not change.more:
        assert {each.kind for each in findings} == {change.kind}, findings


@pytest.mark.parametrize("change", ADAM, ids=lambda change: change.name)
def test_a_mistake_in_the_adam_example(tmp_path: Path, change: Xml) -> None:
    check_change(tmp_path, "adam.xml", change)


@pytest.mark.parametrize("change", SDTM, ids=lambda change: change.name)
def test_a_mistake_in_the_sdtm_example(tmp_path: Path, change: Xml) -> None:
    check_change(tmp_path, "sdtm.xml", change)


def test_nothing_more_is_found_in_the_examples() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("CDISC's examples are not here")
    assert check_define(EXAMPLES / "adam.xml") == ()
    found = check_define(EXAMPLES / "sdtm.xml")
    assert {each.kind for each in found} == {"derived-without-method"}
    assert [each.what.split()[1] for each in found] == list(DERIVED_IN_EC)


# --- data ---------------------------------------------------------------------------------------

Change = Callable[[XptDataset], XptDataset]


def values(**columns: Column) -> Change:
    """Other values of some variables."""
    return lambda old: replace(old, frame=old.frame.with_columns(columns))


def described(name: str, /, **facts: object) -> Change:
    """A variable that is described in another way."""

    def change(old: XptDataset) -> XptDataset:
        variables = tuple(
            replace(each, **facts) if each.name == name else each  # type: ignore[arg-type]
            for each in old.variables
        )
        return replace(old, variables=variables)

    return change


def without(name: str) -> Change:
    """A variable less."""

    def change(old: XptDataset) -> XptDataset:
        kept = tuple(each for each in old.variables if each.name != name)
        return replace(old, variables=kept, frame=old.frame.select([each.name for each in kept]))

    return change


def swapped(old: XptDataset) -> XptDataset:
    """The first two variables in the other order."""
    first, second, *rest = old.variables
    made = (second, first, *rest)
    return replace(old, variables=made, frame=old.frame.select([each.name for each in made]))


def renamed(old: XptDataset) -> XptDataset:
    """SCALE under another name."""
    columns = dict(old.frame.columns)
    columns["SCORE"] = columns.pop("SCALE")
    made = replace(old, frame=type(old.frame).of(columns))
    return described("SCALE", name="SCORE")(made)


@dataclass(frozen=True)
class Data:
    """A change of the data of a small package; ``None`` of a dataset that is left out."""

    name: str
    dataset: str
    change: Change | None
    kind: str
    words: str


DATA = (
    Data("a term that is in no codelist", "DM", values(SEX=Text.of(["F", "U"])),
         "value-not-in-codelist", "U"),
    Data("a term in the wrong case", "DM", values(SEX=Text.of(["F", "m"])),
         "value-not-in-codelist", "m"),
    Data("a unit of another test", "LB", values(LBORRESU=Text.of(["U/L", "U/L", "", "g/dL", "U/L"])),
         "value-not-in-codelist", "U/L"),
    Data("a required value that is blank", "DM", values(SEX=Text.of(["F", ""])),
         "mandatory-blank", "DM.SEX"),
    Data("a date that is none", "DM", values(BRTHDTC=Text.of(["1980-02-29", "1979-13"])),
         "value-type", "1979-13"),
    Data("a decimal of an integer", "DM", values(AGE=np.array([44.0, 44.5])), "value-type", "44.5"),
    Data("more digits than described", "DM", values(AGE=np.array([44.0, 144.0])), "value-length",
         "144"),
    Data("more decimals than described", "LB",
         values(LBSTRESN=np.array([4.125, 30, np.nan, 3.9, 28])), "value-type", "4.125"),
    Data("a word where the level is a number", "LB",
         values(LBORRES=Text.of(["HIGH", "30", "NEGATIVE", "3.9", "28"])), "value-type", "HIGH"),
    Data("a test that no level has", "LB",
         values(LBTESTCD=Text.of(["ALB", "ALT", "GLUC", "ALB", "ALT"])), "uncovered-record", "GLUC"),
    Data("a qualifier that no level has", "SUPPDM", values(QNAM=Text.of(["RACEOTH", "RACEOT2"])),
         "uncovered-record", "RACEOT2"),
    Data("a level that no record has", "SUPPDM", values(QNAM=Text.of(["RACEOTH", "RACEOTH"])),
         "unused-where", "CONSENT"),
    Data("one subject twice", "DM", values(USUBJID=Text.of(["ABC-1", "ABC-1"])),
         "keys-not-unique", "2 records"),
    Data("one record per subject, and two", "DM", values(USUBJID=Text.of(["ABC-1", "ABC-1"])),
         "repeating", "1 subjects"),
    Data("values where none are", "SUPPDM", values(IDVAR=Text.of(["", "X"])), "has-data", "IDVAR"),
    Data("another label of a variable", "DM", described("SEX", label="Gender"), "variable-label",
         "Gender"),
    Data("another label of a dataset", "DM", lambda old: replace(old, label="Demography"),
         "dataset-label", "Demography"),
    Data("another length", "DM", described("SCALE", length=9), "variable-length", "9"),
    Data("a variable that is not described", "DM", renamed,
         "undescribed-variable", "SCORE"),
    Data("a variable that is not there", "DM", without("SCALE"), "missing-variable", "SCALE"),
    Data("variables in another order", "DM", swapped, "variable-order", "STUDYID"),
    Data("a number as text", "DM",
         lambda old: replace(described("AGE", is_text=True, length=2)(old),
                             frame=old.frame.with_columns({"AGE": Text.of(["44", "45"])})),
         "variable-type", "AGE"),
    Data("a dataset that is not there", "AE", None, "missing-dataset", "AE"),
    Data("a dataset that is not described", "AE", lambda old: replace(old, name="AX"),
         "undescribed-dataset", "AX"),
)  # fmt: skip


def write_package(
    folder: Path, package: Package, format_: str, name: str = "", change: Change | None = None
) -> Path:
    """define.xml of a package and its datasets, one of them changed."""
    path = folder / "define.xml"
    path.write_bytes(render_define(package, "sdtm"))
    for document in ("csdrg.pdf", "acrf.pdf"):
        (folder / document).write_bytes(b"%PDF-1.4")
    for dataset in package.datasets:
        written = transport(dataset, package)
        if dataset.name == name:
            if change is None:
                continue
            written = change(written)
        write(folder, package, dataset, written, format_)
    return path


def write(
    folder: Path, package: Package, dataset: Dataset, written: XptDataset, format_: str
) -> None:
    file = folder / f"{dataset.name.lower()}.{format_}"
    if format_ == "xpt":
        write_xpt(file, written, timestamp=package.created)
        return
    header = json_header(define_of(package, "sdtm"), package, dataset)
    known = {column.name: column for column in header.columns}
    columns = []
    for each in written.variables:
        old = known.get(each.name, known.get("SCALE"))
        assert old is not None
        numbers = written.frame[each.name]
        decimals = not isinstance(numbers, Text) and (numbers % 1 > 0).any()
        kind = "string" if each.is_text and not old.is_text else "float" if decimals else old.type
        length = each.length if each.is_text and old.length else old.length
        columns.append(replace(old, name=each.name, label=each.label, type=kind, length=length))
    write_json(file, written, replace(header, columns=tuple(columns)))


@pytest.mark.parametrize("format_", ["xpt", "json"])
def test_nothing_is_found_in_the_package(
    tmp_path: Path, tabulations: Package, format_: str
) -> None:
    assert check_define(write_package(tmp_path, tabulations, format_), tmp_path) == ()


@pytest.mark.parametrize("format_", ["xpt", "json"])
@pytest.mark.parametrize("change", DATA, ids=lambda change: change.name)
def test_a_mistake_in_data(
    tmp_path: Path, tabulations: Package, change: Data, format_: str
) -> None:
    path = write_package(tmp_path, tabulations, format_, change.dataset, change.change)
    findings = check_define(path, tmp_path)
    named = [each for each in findings if each.kind == change.kind and change.words in each.what]
    assert named, findings
    assert {each.dataset for each in named} <= {change.dataset, "AX"}
    assert all(each.where.line > 0 for each in named)


JSON = (
    ("another identifier of the dataset", "itemGroupOID", "IG.X", "json-oid", "IG.X"),
    ("another study", "studyOID", "STDY.X", "json-oid", "STDY.X"),
    ("another version", "metaDataVersionOID", "MDV.X", "json-oid", "MDV.X"),
    ("a version that is not read", "datasetJSONVersion", "1.0.0", "json-version", "1.0.0"),
    ("a record too few", "records", 3, "records", "3 records"),
    ("no label", "label", None, "bad-json", "label"),
    ("rows that are no list", "rows", "none", "bad-json", "rows"),
)
COLUMNS = (
    ("another identifier of a variable", "itemOID", "IT.X", "json-oid", "IT.X"),
    ("another key", "keySequence", 4, "json-key", "keySequence 4"),
    ("another length", "length", 7, "variable-length", "7"),
    ("a type that nobody knows", "dataType", "number", "bad-json", "number"),
    ("a type that the values are not", "dataType", "string", "json-value", "not string"),
)


@pytest.mark.parametrize(("name", "key", "value", "kind", "words"), JSON)
def test_a_mistake_in_dataset_json(
    tmp_path: Path, tabulations: Package, name: str, key: str, value: object, kind: str, words: str
) -> None:
    path = write_package(tmp_path, tabulations, "json")
    change_json(tmp_path / "dm.json", lambda data: data.update({key: value}))
    assert found(check_define(path, tmp_path), kind, words), name


@pytest.mark.parametrize(("name", "key", "value", "kind", "words"), COLUMNS)
def test_a_mistake_in_a_column(
    tmp_path: Path, tabulations: Package, name: str, key: str, value: object, kind: str, words: str
) -> None:
    path = write_package(tmp_path, tabulations, "json")

    def change(data: dict[str, list[dict[str, object]]]) -> None:
        next(each for each in data["columns"] if each["name"] == "AGE")[key] = value

    change_json(tmp_path / "dm.json", change)
    assert found(check_define(path, tmp_path), kind, words), name


def change_json(path: Path, change: Callable[[dict[str, list[dict[str, object]]]], None]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    data = {key: value for key, value in data.items() if value is not None}
    path.write_text(json.dumps(data), encoding="utf-8")


def found(findings: tuple[Finding, ...], kind: str, words: str) -> bool:
    return any(each.kind == kind and words in each.what for each in findings)


def test_both_formats_are_compared(tmp_path: Path, tabulations: Package) -> None:
    """A Dataset-JSON file that is wrong beside a transport file that is right."""
    path = write_package(tmp_path, tabulations, "xpt")
    write_package(tmp_path, tabulations, "json", "DM", values(SEX=Text.of(["F", "U"])))
    assert [each.kind for each in check_define(path, tmp_path)] == ["value-not-in-codelist"]


# --- spec ---------------------------------------------------------------------------------------

SPEC = (
    ("a variable more", "sdtm/vs.yaml", "  - VSSTRESC: text(VSSTRESN)\n",
     "  - VSSTRESC: text(VSSTRESN)\n  - VSLOC: {hardcode: ARM}\n", "undescribed-variable", "VSLOC"),
    ("a variable less", "sdtm/vs.yaml", "  - study_day: VSDTC\n", "", "missing-variable", "VSDY"),
    ("another test code", "sdtm/vs.yaml", "VSTESTCD: {hardcode: BSA}", "VSTESTCD: {hardcode: BMI}",
     "value-not-in-codelist", "BMI"),
    ("more decimals", "sdtm/vs.yaml", "F: (x - 32) / 1.8, round: \"1\"",
     "F: (x - 32) / 1.8, round: \"3\"", "value-type", "VSSTRESN"),
    ("another qualifier", "sdtm/dm.yaml", "QNAM: RANDNO,", "QNAM: RANDNUM,", "uncovered-record",
     "RANDNUM"),
    ("other words for an arm", "sdtm/dm.yaml", "B: Placebo", "B: Placebo once each morning",
     "variable-length", "ARM"),
)  # fmt: skip


def built_from(folder: Path, outputs: Path) -> Path:
    made = build_study(folder, outputs, shown="tiny2")
    assert made.folder is not None
    assert not made.stopped, made.findings
    return made.folder / "m5/datasets/tiny2/tabulations/sdtm"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_from(STUDY, tmp_path_factory.mktemp("original"))


def errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in findings if each.level == "error"]


def test_nothing_is_wrong_in_what_is_built(original: Path) -> None:
    assert errors(check_define(original / "define.xml", original)) == []


@pytest.mark.parametrize(("name", "file", "old", "new", "kind", "words"), SPEC)
def test_a_change_of_the_spec_is_found_in_the_older_description(
    tmp_path: Path, original: Path, name: str, file: str, old: str, new: str, kind: str, words: str
) -> None:
    """The data of an edited spec beside the define.xml of the spec before."""
    study = tmp_path / "tiny2"
    shutil.copytree(STUDY, study)
    shutil.copytree(STUDY.parent / "library", tmp_path / "library")
    spec = study / file
    text = spec.read_text(encoding="utf-8")
    assert old in text
    spec.write_text(text.replace(old, new, 1), encoding="utf-8")
    data = built_from(study, tmp_path / "outputs")
    assert errors(check_define(data / "define.xml", data)) == []
    assert found(check_define(original / "define.xml", data), kind, words), name


# --- files --------------------------------------------------------------------------------------


def test_a_document_that_is_not_there(tmp_path: Path, tabulations: Package) -> None:
    path = write_package(tmp_path, tabulations, "xpt")
    (tmp_path / "acrf.pdf").unlink()
    assert found(check_define(path, tmp_path), "missing-document", "acrf.pdf")


def test_a_dataset_in_another_file(tmp_path: Path, tabulations: Package) -> None:
    path = write_package(tmp_path, tabulations, "xpt")
    (tmp_path / "ae.xpt").rename(tmp_path / "adverse.xpt")
    assert found(check_define(path, tmp_path), "leaf-file", "adverse.xpt")


def test_a_file_that_cannot_be_read(tmp_path: Path, tabulations: Package) -> None:
    path = write_package(tmp_path, tabulations, "xpt")
    (tmp_path / "ae.xpt").write_bytes(b"nothing")
    assert found(check_define(path, tmp_path), "not-xpt", "not a SAS transport file")


def test_one_dataset_in_two_files(tmp_path: Path, tabulations: Package) -> None:
    path = write_package(tmp_path, tabulations, "xpt")
    shutil.copy(tmp_path / "ae.xpt", tmp_path / "ae2.xpt")
    assert found(check_define(path, tmp_path), "duplicate-dataset", "AE")


def test_a_folder_without_data(tmp_path: Path, tabulations: Package) -> None:
    path = write_package(tmp_path, tabulations, "xpt")
    (tmp_path / "empty").mkdir()
    assert found(check_define(path, tmp_path / "empty"), "no-transport-files", "no transport file")


def test_other_json_is_passed_over(tmp_path: Path, tabulations: Package) -> None:
    path = write_package(tmp_path, tabulations, "xpt")
    (tmp_path / "manifest.json").write_text('{"study": "ABC"}', encoding="utf-8")
    assert check_define(path, tmp_path) == ()
