"""What the define.xml of a built study says: origins and their forms, methods, codelists, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from lxml import etree
from pypdf import PdfReader

from mg_cdisc.pipeline import Built

NAMES = {
    "odm": "http://www.cdisc.org/ns/odm/v1.3",
    "def": "http://www.cdisc.org/ns/def/v2.1",
}
Define = Callable[..., "Described"]


@dataclass(frozen=True)
class Described:
    """A define.xml, asked by path."""

    root: etree._Element
    folder: Path

    def ask(self, path: str) -> Any:
        """What an XPath finds."""
        return self.root.xpath(path, namespaces=NAMES)

    def origins(self, path: str) -> list[tuple[str, str, str]]:
        """The type, source and words of each origin of an item (``LB.LBORRES.ALB``)."""
        found = self.ask(f"//odm:ItemDef[@OID='IT.{path}']/def:Origin")
        return [
            (each.get("Type"), each.get("Source", ""), " ".join(each.xpath("string()").split()))
            for each in found
        ]

    def forms(self, path: str) -> list[tuple[str, list[str]]]:
        """For each origin of an item its source, and the titles of the CRF's pages that it names."""
        with PdfReader(self.folder / "acrf.pdf") as reader:
            titles = [page.extract_text().splitlines()[1] for page in reader.pages]
        found = []
        for each in self.ask(f"//odm:ItemDef[@OID='IT.{path}']/def:Origin"):
            pages = each.xpath("string(.//def:PDFPageRef/@PageRefs)", namespaces=NAMES)
            found.append(
                (each.get("Source", ""), [titles[int(page) - 1] for page in pages.split()])
            )
        return found

    def method(self, path: str) -> str:
        """The sentence of the method of a variable, '' where it has none."""
        oids = self.ask(f"//odm:ItemRef[@ItemOID='IT.{path}']/@MethodOID")
        words = (
            self.ask(f"string(//odm:MethodDef[@OID='{oids[0]}']/odm:Description)") if oids else ""
        )
        return " ".join(str(words).split())

    def terms(self, codelist: str) -> list[str]:
        """The terms of a codelist, in their order."""
        path = f"//odm:CodeList[@OID='{codelist}']/*/@CodedValue"
        return [str(term) for term in self.ask(path)]

    def codelist(self, path: str) -> str:
        """The identifier of an item's codelist."""
        return str(
            self.ask(f"string(//odm:ItemDef[@OID='IT.{path}']/odm:CodeListRef/@CodeListOID)")
        )


def described(built: Built, place: str = "tabulations/sdtm") -> Described:
    """The define.xml of a build."""
    errors = [each for each in built.findings if each.level == "error" and not each.reason]
    assert not built.stopped, "\n".join(map(str, errors))
    assert built.folder is not None
    folder = built.folder / "m5/datasets/demo-01" / place
    return Described(etree.parse(str(folder / "define.xml")).getroot(), folder)


HOME = """\
SUBJECT,VISIT,DATE,WEIGHT,WEIGHT_UNIT,PULSE
02-001,V1,2024-01-06,70,kg,
"""
TWO_FORMS = """\
  - records: {from: vitals, unpivot: {table: tests, values: {VSORRES: column, VSORRESU: unit}}}
  - records: {from: home, unpivot: {table: tests, values: {VSORRES: column, VSORRESU: unit}}}
"""
ONE_FORM = """\
  - records:
      from: vitals
      unpivot: {table: tests, values: {VSORRES: column, VSORRESU: unit}}
"""


@pytest.fixture
def two_forms(study: Any) -> Any:
    """The tiny study whose subjects also weigh themselves, on a form of their own."""
    study.write("source/home.csv", HOME)
    study.change("sdtm/vs.yaml", ONE_FORM, TWO_FORMS)
    text = (study.folder / "sources.yaml").read_text(encoding="utf-8")
    home = (
        "home:\n  label: Home diary\n  file: source/home.csv\n  collected_by: Subject\n"
        "  subject: concat(STUDYID, '-', SUBJECT)\n  key: [SUBJECT, VISIT]\n  dates: yyyy-MM-dd\n"
    )
    study.write("sources.yaml", text + home)
    return study


def test_an_origin_names_only_the_forms_that_its_records_come_from(two_forms: Any) -> None:
    """PULSE is on the vitals form alone; VSDTC is on both, and two people collected it."""
    define = described(two_forms.build())
    vitals, home = ("Investigator", ["vitals"]), ("Subject", ["Home diary"])
    assert define.forms("VS.VSORRES.PULSE") == [vitals]
    assert define.forms("VS.VSORRES.WEIGHT") == [vitals, home]
    assert define.forms("VS.VSDTC") == [vitals, home]


def test_a_variable_whose_value_levels_differ_in_origin_has_none_of_its_own(two_forms: Any) -> None:
    """Define-XML: the origin is then that of each value level (CDISC's example: LB.LBORRES)."""
    define = described(two_forms.build())
    assert define.origins("VS.VSORRES") == []


def test_a_supplemental_qualifier_has_its_origin_at_value_level(study: Any) -> None:
    define = described(study.build())
    assert define.origins("SUPPDM.QVAL") == []
    assert define.origins("SUPPDM.QVAL.RACEOTH") == [("Collected", "Investigator", "")]
    assert define.forms("SUPPDM.QVAL.RACEOTH") == [("Investigator", ["demographics"])]


def test_a_value_looked_up_in_another_form_names_that_form(study: Any) -> None:
    study.change(
        "sdtm/dm.yaml",
        "  - RFICDTC:  {iso8601: CONSENT}\n",
        "  - _calm:    {from: mood, value: source.DATE}\n  - RFICDTC:  {iso8601: _calm, format: yyyy-MM-dd}\n",
    )
    study.change(
        "sdtm/dm.yaml", "supplemental:", "variables:\n  RFICDTC: {origin: Collected}\nsupplemental:"
    )
    study.change(
        "sources.yaml", '    "AUDIT_*"', '    CONSENT: as on the form of moods\n    "AUDIT_*"'
    )
    define = described(study.build())
    assert define.forms("DM.RFICDTC") == [("Investigator", ["mood"])]


ELEMENTS = """\
dataset: TE
keys: [STUDYID, ETCD]
steps:
  - records: {from: elements, keep: [ETCD, ELEMENT, TESTRL]}
tables:
  elements:
    columns: [ETCD, ELEMENT, TESTRL]
    rows:
      - [SCRN, Screening, Informed consent]
"""


def test_what_the_tables_of_the_spec_say_is_protocol_or_assigned_and_no_method(study: Any) -> None:
    """CDISC's example: VISITNUM and VISIT are Assigned, VISITDY and trial design Protocol."""
    study.write("sdtm/te.yaml", ELEMENTS)
    study.change("visits.yaml", "VISIT]", "VISIT, VISITDY]")
    study.change("visits.yaml", "VISIT 1]", 'VISIT 1, "1"]')
    study.change("visits.yaml", "VISIT 2]", 'VISIT 2, "8"]')
    study.change("sdtm/vs.yaml", "keep: [VISITNUM, ", "keep: [VISITNUM, VISITDY, ")
    define = described(study.build())
    sponsor = {
        "TE.ELEMENT": "Protocol",
        "TE.TESTRL": "Protocol",
        "VS.VISITNUM": "Assigned",
        "VS.VISIT": "Assigned",
        "VS.VISITDY": "Protocol",
    }
    for path, kind in sponsor.items():
        assert define.origins(path) == [(kind, "Sponsor", "")], path
        assert define.method(path) == "", path


def test_the_number_of_a_visit_that_the_schedule_lacks_is_told_in_a_comment(study: Any) -> None:
    """An assigned variable has no method; how it is numbered must stand somewhere."""
    study.change("sdtm/vs.yaml", "keep: [VISITNUM, _visit", "keep: [_planned: VISITNUM, _visit")
    before = (
        "{where: VSDTC < this.VSDTC, order: [VSDTC, _planned], take: last, value: _planned + 0.1}"
    )
    numbers = f"  - VISITNUM: {{first_of: [_planned, {before}]}}\n  - VSSEQ:"
    study.change("sdtm/vs.yaml", "  - VSSEQ:", numbers)
    define = described(study.build())
    assert define.origins("VS.VISITNUM") == [("Assigned", "Sponsor", "")]
    assert define.method("VS.VISITNUM") == ""
    comment = str(define.ask("string(//def:CommentDef[@OID='COM.VS.VISITNUM']/odm:Description)"))
    assert "[planned] + 0.1 of the subject's last record of this dataset" in comment


def test_when_a_fixed_text_is_assigned_is_told_in_a_comment(study: Any) -> None:
    """Define-XML 2.1: an assigned variable has no method; one text for all records needs no words."""
    study.change(
        "sdtm/vs.yaml", "  - VSSEQ:", "  - VSBLFL: {hardcode: Y, when: VSORRES != ''}\n  - VSSEQ:"
    )
    study.change("sdtm/vs.yaml", "  - VSSEQ:", "  - VSCAT: {hardcode: AT REST}\n  - VSSEQ:")
    define = described(study.build())
    comments = "string(//def:CommentDef[@OID='COM.VS.{}']/odm:Description)"
    for name, comment in {"VSBLFL": 'Set to "Y" where VSORRES is not blank.', "VSCAT": ""}.items():
        assert define.origins(f"VS.{name}") == [("Assigned", "Sponsor", "")]
        assert define.method(f"VS.{name}") == ""
        assert " ".join(str(define.ask(comments.format(name))).split()) == comment


def test_a_tabulation_made_of_another_names_its_predecessors(study: Any) -> None:
    """CDISC's example: EX.EXSTDTC is a Predecessor, EC.ECSTDTC, by the sponsor."""
    study.write("sdtm/ce.yaml", CLINICAL_EVENTS)
    define = described(study.build())
    for path, source in {"CE.CETERM": "AE.AETERM", "CE.CESTDTC": "AE.AESTDTC"}.items():
        assert define.origins(path) == [("Predecessor", "Sponsor", source)]
        assert define.method(path) == ""
    assert [kind for kind, _, _ in define.origins("CE.USUBJID")] == ["Derived"]
    assert [kind for kind, _, _ in define.origins("CE.CEDECOD")] == ["Derived"]


CLINICAL_EVENTS = """\
dataset: CE
keys: [STUDYID, USUBJID, CESEQ]
steps:
  - records: {from: AE, keep: [CETERM: AETERM, CESTDTC: AESTDTC, _term: AEDECOD]}
  - CEDECOD: upper(_term)
  - study_day: CESTDTC
  - CESEQ: {sequence: [CESTDTC, CETERM]}
"""


def test_methods_say_blank_and_of_whom(study: Any) -> None:
    study.change(
        "sdtm/dm.yaml",
        '{A: not missing(RFSTDTC), "": else}}',
        '{"": missing(RFSTDTC), A: else}}\n  - RFPENDTC: {across: [--STDTC], take: latest}',
    )
    define = described(study.build())
    assert define.method("DM.ARMCD") == 'Blank where RFSTDTC is missing; otherwise "A".'
    assert define.method("DM.RFPENDTC") == "The latest of AE.AESTDTC of the same subject."


def test_a_value_level_without_a_value_is_marked(study: Any) -> None:
    """Each record is in one value level, also where a test has no result at all."""
    study.change("sdtm/vs.yaml", "  - exclude: {not done: VSORRES = ''}\n", "")
    text = (study.folder / "source/vitals.csv").read_text(encoding="utf-8")
    study.write("source/vitals.csv", text.replace(",70\n", ",\n").replace(",64\n", ",\n"))
    built = study.build()
    vs = next(each for each in built.packages[0].datasets if each.name == "VS")
    levels = vs.variable("VSORRES").value_levels
    assert {each.name: each.has_no_data for each in levels} == {"PULSE": True, "WEIGHT": False}


def test_value_levels_of_a_number(study: Any) -> None:
    """Each level has the digits of its own values, and a number has no codelist."""
    study.change(
        "sdtm/vs.yaml",
        "steps:",
        "value_level: {VSSTRESN: [VSTESTCD]}\nsteps:",
    )
    built = study.build()
    vs = next(each for each in built.packages[0].datasets if each.name == "VS")
    levels = vs.variable("VSSTRESN").value_levels
    assert [level.name for level in levels] == sorted(set(vs.frame.text("VSTESTCD").to_list()))
    for level in levels:
        numbers = [
            repr(value).removesuffix(".0")
            for value, code in zip(
                vs.frame["VSSTRESN"].tolist(), vs.frame.text("VSTESTCD").to_list(), strict=True
            )
            if code == level.name and value == value
        ]
        assert level.facts.codelist is None
        decimals = max(len(each.partition(".")[2]) for each in numbers)
        assert (level.facts.significant_digits or 0) == decimals
        assert level.facts.data_type == ("float" if decimals else "integer")


def test_supplemental_qualifiers_belong_to_the_domain_of_their_parent(study: Any) -> None:
    """Define-XML 2.1 (CDISC's example): Domain="DM" Name="SUPPDM"."""
    define = described(study.build())
    assert define.ask("//odm:ItemGroupDef[@Name='SUPPDM']/@Domain") == ["DM"]
    aliases = define.ask("//odm:ItemGroupDef[@Name='SUPPDM']/odm:Alias/@Name")
    assert aliases == ["Demographics"]


def test_a_map_that_several_variables_share_offers_terms_to_none(study: Any) -> None:
    """The spelling of one unit on one form says nothing of the units on another."""
    study.change(
        "terminology.yaml", 'NY:\n  map: {"0": N, "1": Y}', 'NY:\n  map: {"0": N, "1": Y, "9": U}'
    )
    study.change("sdtm/ae.yaml", "  - AESTDTC:", "  - AECONTRT: {assign_ct: SERIOUS}\n  - AESTDTC:")
    define = described(study.build())
    assert define.terms(define.codelist("AE.AESER")) == ["N", "Y"]


def test_a_map_of_one_variable_is_what_its_form_offered(study: Any) -> None:
    text = (study.folder / "source/adverse_events.csv").read_text(encoding="utf-8")
    study.write("source/adverse_events.csv", text.replace("Fracture,3,", "Fracture,2,"))
    define = described(study.build())
    assert set(define.terms(define.codelist("AE.AESEV"))) == {"MILD", "MODERATE", "SEVERE"}


CRITERIA = """\
- finding: SD-AE-CRITERIA
  then: kept
  reason: a tiny study collects no criteria of seriousness
"""


def test_a_dataset_without_records_has_no_file(study: Any) -> None:
    """def:HasNoData, no leaf, and no transport file in the package or the manifest."""
    header = "SUBJECT,NUMBER,TERM,PREFERRED,SEVERITY,SERIOUS,START,END\n"
    study.write("source/adverse_events.csv", header)
    study.change("findings.yaml", CRITERIA, "")
    define = described(study.build())
    assert define.ask("//odm:ItemGroupDef[@Name='AE']/@def:HasNoData") == ["Yes"]
    assert not define.ask("//odm:ItemGroupDef[@Name='AE']/def:leaf")
    assert not (define.folder / "ae.xpt").exists()
    assert (define.folder / "dm.xpt").exists()
    assert not [name for name in study.output("manifest.json")["outputs"] if "ae.xpt" in name]


ADSL = """\
dataset: ADSL
keys: [STUDYID, USUBJID]
tables:
  arms:
    columns: [ARM, TRT01PN number]
    rows: [[Active, "1"]]
steps:
  - records: {from: DM, keep: [STUDYID, USUBJID, SUBJID, ARM, RFSTDTC]}
  - TRT01P:  ARM
  - lookup:  {from: arms, by: ARM, keep: TRT01PN}
  - TRTSDT:  date(RFSTDTC)
  - TRTSDTM: {assign: "datetime(iso(concat(RFSTDTC, 'T09:30:00')))", when: not missing(RFSTDTC)}
"""
ADVS = """\
dataset: ADVS
class: BDS
label: Vital Signs Analysis Dataset
keys: [STUDYID, USUBJID, PARAMCD]
steps:
  - records: {from: VS, by: [STUDYID, USUBJID, PARAMCD: VSTESTCD], set: {AVAL: max(VSSTRESN)}}
  - PARAM:   {map: PARAMCD, to: {PULSE: Pulse Rate (beats/min), WEIGHT: Weight (kg)}}
"""


@pytest.fixture
def analysis(study: Any) -> Described:
    """Analysis datasets of the tiny study, of which one subject has no arm."""
    (study.folder / "adam").mkdir()
    study.write("adam/adsl.yaml", ADSL)
    study.write("adam/advs.yaml", ADVS)
    return described(study.build(), "analysis/adam/datasets")


def test_analysis_variables_that_copy_name_their_predecessor(analysis: Described) -> None:
    for path, source in {
        "ADSL.STUDYID": "DM.STUDYID", "ADSL.USUBJID": "DM.USUBJID", "ADSL.ARM": "DM.ARM",
        "ADVS.STUDYID": "VS.STUDYID", "ADVS.USUBJID": "VS.USUBJID", "ADVS.PARAMCD": "VS.VSTESTCD",
    }.items():  # fmt: skip
        assert analysis.origins(path) == [("Predecessor", "", source)], path
    # what comes from a table of the spec is no copy of a dataset's variable
    assert analysis.origins("ADSL.TRT01PN") == [("Assigned", "Sponsor", "")]


def test_only_what_adam_always_fills_is_mandatory(analysis: Described) -> None:
    """Req of ADaMIG says that a variable is there; ADSL.ARM is blank where DM.ARM is."""
    refs = analysis.ask("//odm:ItemGroupDef[@Name='ADSL']/odm:ItemRef[@Mandatory='Yes']/@ItemOID")
    assert refs == ["IT.ADSL.STUDYID", "IT.ADSL.USUBJID"]


def test_the_length_of_a_numeric_date_holds_its_digits(analysis: Described) -> None:
    """2024-01-05 is day 23380 from 1960-01-01; its seconds are 2,020,066,200 at 09:30."""
    item = "//odm:ItemDef[@OID='IT.ADSL.{}']/@{}"
    assert analysis.ask(item.format("TRTSDT", "Length")) == ["5"]
    assert analysis.ask(item.format("TRTSDTM", "Length")) == ["10"]
    assert analysis.ask(item.format("TRTSDTM", "DataType")) == ["integer"]


SUBJECTS = """\
dataset: ADSL
keys: [STUDYID, USUBJID]
steps:
  - records: {from: DM, keep: [STUDYID, USUBJID, SUBJID, SITEID, AGE, AGEU, SEX]}
"""
NUMBERED = """\
dataset: ADVS
class: BDS
keys: [STUDYID, USUBJID, PARAMCD, AVISITN]
tables:
  windows:
    columns: [number number, AVISITN number, AVISIT]
    rows:
      - ["1", "10", First]
      - ["2", "20", ""]
steps:
  - records: {from: VS, keep: [STUDYID, USUBJID, PARAMCD: VSTESTCD, PARAM: VSTEST, AVAL: VSSTRESN, VISITNUM]}
  - lookup:  {from: windows, by: {VISITNUM: number}, keep: [AVISITN, AVISIT]}
  - SEX:     {from: ADSL, value: SEX}
  - UNITOF:  {from: ADSL, where: this.PARAMCD = 'PULSE', value: AGEU}
  - SITEOF:  {from: ADSL, value: SITEID, when: PARAMCD = 'PULSE'}
variables:
  AVISITN: {codelist: VISITS}
  SEX: {label: Sex, type: text}
  UNITOF: {label: Unit of Age at Pulse, type: text}
  SITEOF: {label: Site at Pulse, type: text}
"""
VISITS = """
VISITS:
  label: Visits
  terms: {"010": First visit, "20.0": Second visit, "30": Third visit}
"""


def analysed(study: Any, terms: str = VISITS) -> Built:
    """The tiny study with an analysis dataset whose visits have numbers of a codelist."""
    (study.folder / "adam").mkdir()
    study.write("adam/adsl.yaml", SUBJECTS)
    study.write("adam/advs.yaml", NUMBERED)
    own = (study.folder / "terminology.yaml").read_text(encoding="utf-8")
    study.write("terminology.yaml", own + terms)
    return cast("Built", study.build())


def test_a_number_has_its_codelist_and_decodes(study: Any) -> None:
    define = described(analysed(study), "analysis/adam/datasets")
    assert define.codelist("ADVS.AVISITN") == "CL.VISITS"
    assert define.terms("CL.VISITS") == ["10", "20"]
    (codelist,) = define.ask("//odm:CodeList[@OID='CL.VISITS']")
    assert codelist.get("DataType") == "integer"
    decodes = [text.strip() for text in codelist.itertext() if text.strip()]
    assert decodes == ["First visit", "Second visit"]


def test_a_number_that_its_codelist_lacks_is_a_finding(study: Any) -> None:
    built = analysed(study, VISITS.replace('"20.0"', '"25"'))
    told = [each for each in built.findings if each.variable == "AVISITN"]
    kinds = {(each.kind, each.what) for each in told}
    what = "ADVS.AVISITN = '20' is no published term of VISITS"
    assert ("sponsor-term", what) in kinds


def test_what_a_condition_limits_is_derived_and_a_plain_copy_has_its_predecessor(
    study: Any,
) -> None:
    define = described(analysed(study), "analysis/adam/datasets")
    assert define.origins("ADVS.SEX") == [("Predecessor", "", "ADSL.SEX")]
    for name in ("UNITOF", "SITEOF", "AVISIT", "AVISITN"):
        assert define.origins(f"ADVS.{name}") == [("Derived", "Sponsor", "")], name
        assert define.method(f"ADVS.{name}"), name
    assert "where the record's PARAMCD is" in define.method("ADVS.UNITOF")


def test_a_method_writes_out_a_small_table_of_the_spec(study: Any) -> None:
    define = described(analysed(study), "analysis/adam/datasets")
    assert define.method("ADVS.AVISIT").endswith(
        "Here windows is: a table of the specification, its columns number, AVISITN, AVISIT and "
        "its rows (1, 10, First); (2, 20, blank)."
    )
