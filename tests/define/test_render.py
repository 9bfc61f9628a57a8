"""define.xml of hand-made packages, asked by XPath for what the hand put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from mg_cdisc.dataset import (
    CLASS_ORDER,
    Codelist,
    Dataset,
    Document,
    ItemFacts,
    Method,
    Origin,
    Package,
    RangeCheck,
    Standard,
    Term,
    ValueLevel,
    Variable,
)
from mg_cdisc.define import render
from mg_cdisc.define.assemble import define_of
from mg_cdisc.define.read import NAMESPACES
from mg_cdisc.define.render import render_define, templates_folder
from mg_cdisc.define.validate import validate_define
from mg_cdisc.errors import BuildError
from mg_cdisc.frame import Frame

Ask = Callable[..., Any]


def asker(xml: bytes) -> Ask:
    """XPath on a define.xml; ``@x`` and ``text()`` give lists of text."""
    root = etree.fromstring(xml)

    def ask(path: str) -> Any:
        found = root.xpath(path, namespaces=NAMESPACES)
        if not isinstance(found, list):
            return found
        return [str(each) if isinstance(each, str) else each for each in found]

    return ask


@pytest.fixture
def ask(tabulations: Package) -> Ask:
    return asker(render_define(tabulations, "sdtm"))


def with_variable(package: Package, dataset: str, variable: str, **changes: Any) -> Package:
    """The package with one variable changed."""
    datasets = []
    for each in package.datasets:
        if each.name == dataset:
            variables = tuple(
                replace(old, **changes) if old.name == variable else old for old in each.variables
            )
            each = replace(each, variables=variables)
        datasets.append(each)
    return replace(package, datasets=tuple(datasets))


def with_dataset(package: Package, dataset: str, /, **changes: Any) -> Package:
    """The package with one dataset changed."""
    datasets = [
        replace(each, **changes) if each.name == dataset else each for each in package.datasets
    ]
    return replace(package, datasets=tuple(datasets))


def test_both_packages_are_valid(tabulations: Package, analysis: Package) -> None:
    assert validate_define(render_define(tabulations, "sdtm")) == ()
    assert validate_define(render_define(analysis, "adam")) == ()


def test_same_bytes_twice_whatever_the_order_of_datasets(tabulations: Package) -> None:
    xml = render_define(tabulations, "sdtm")
    assert render_define(tabulations, "sdtm") == xml
    turned = replace(tabulations, datasets=tuple(reversed(tabulations.datasets)))
    assert render_define(turned, "sdtm") == xml
    assert xml.endswith(b"</ODM>\n")
    assert b"\r" not in xml


def test_root_and_study(ask: Ask) -> None:
    assert ask("/odm:ODM/@ODMVersion") == ["1.3.2"]
    assert ask("/odm:ODM/@FileType") == ["Snapshot"]
    assert ask("/odm:ODM/@def:Context") == ["Submission"]
    assert ask("/odm:ODM/@CreationDateTime") == ["2025-06-30T12:00:00"]
    assert ask("/odm:ODM/@AsOfDateTime") == ["2025-06-30T12:00:00"]
    assert ask("//odm:GlobalVariables/*/text()") == ["ABC", "A study of nothing", "ABC-01"]
    assert ask("//odm:MetaDataVersion/@def:DefineVersion") == ["2.1.0"]


def test_standards(ask: Ask) -> None:
    assert ask("//def:Standard/@OID") == ["STD.SDTMIG.3.4", "STD.CT.SDTM.2025-03-28"]
    assert ask("//def:Standard/@Type") == ["IG", "CT"]
    assert ask("//def:Standard[@Type='CT']/@PublishingSet") == ["SDTM"]
    assert ask("//def:Standard[@Type='IG']/@PublishingSet") == []
    assert ask("//def:Standard/@Status") == ["Final", "Final"]
    assert set(ask("//odm:ItemGroupDef/@def:StandardOID")) == {"STD.SDTMIG.3.4"}


def test_datasets_stand_in_the_order_of_their_classes(ask: Ask) -> None:
    assert ask("//odm:ItemGroupDef/@Name") == ["DM", "AE", "LB", "SUPPDM"]
    assert ask("//odm:ItemGroupDef/def:Class/@Name") == [
        "SPECIAL PURPOSE",
        "EVENTS",
        "FINDINGS",
        "RELATIONSHIP",
    ]


def test_every_class_of_the_schema_has_its_place() -> None:
    spec = find_spec("defineutils")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "validate/schema/cdisc-define-2.1"
    schema = etree.parse(str(folder / "define-enumerations.xsd"))
    found = schema.xpath(
        "//xs:simpleType[@name='ItemGroupClass']//xs:enumeration/@value",
        namespaces={"xs": "http://www.w3.org/2001/XMLSchema"},
    )
    assert sorted(CLASS_ORDER) == sorted(map(str, found))


def test_a_dataset(ask: Ask) -> None:
    (group,) = ask("//odm:ItemGroupDef[@OID='IG.DM']")
    expected = {
        "Name": "DM",
        "Domain": "DM",
        "SASDatasetName": "DM",
        "Repeating": "No",
        "IsReferenceData": "No",
        "Purpose": "Tabulation",
        "Structure": "One record per subject",
        "ArchiveLocationID": "LF.DM",
        "CommentOID": "COM.DM",
    }
    found = {etree.QName(str(name)).localname: value for name, value in group.attrib.items()}
    assert expected.items() <= found.items()
    assert ask("//odm:ItemGroupDef[@OID='IG.DM']/def:leaf/@xlink:href") == ["dm.xpt"]
    assert ask("//odm:ItemGroupDef[@OID='IG.DM']/odm:Description//text()[normalize-space()]") == [
        "Demographics"
    ]
    assert ask("//def:CommentDef[@OID='COM.DM']//odm:TranslatedText/text()") == [
        "Screen failures are included."
    ]


def test_supplemental_qualifiers_belong_to_their_parent(ask: Ask) -> None:
    assert ask("//odm:ItemGroupDef[@Name='SUPPDM']/@Domain") == ["DM"]
    assert ask("//odm:ItemGroupDef[@Name='SUPPDM']/odm:Alias/@Name") == ["Demographics"]
    assert ask("//odm:ItemGroupDef[@Name='DM']/odm:Alias") == []


def test_variables_keys_roles_and_marks(ask: Ask) -> None:
    lb = "//odm:ItemGroupDef[@Name='LB']/odm:ItemRef"
    assert ask(f"{lb}/@OrderNumber") == [str(number) for number in range(1, 9)]
    keyed = dict(zip(ask(f"{lb}[@KeySequence]/@ItemOID"), ask(f"{lb}/@KeySequence"), strict=True))
    assert keyed == {
        "IT.LB.STUDYID": "1",
        "IT.LB.USUBJID": "2",
        "IT.LB.LBTESTCD": "3",
        "IT.LB.LBSEQ": "4",
    }
    dm = "//odm:ItemGroupDef[@Name='DM']/odm:ItemRef"
    assert ask(f"{dm}[@Role='Identifier']/@ItemOID") == [
        "IT.DM.STUDYID",
        "IT.DM.DOMAIN",
        "IT.DM.USUBJID",
    ]
    assert ask(f"{dm}[@def:IsNonStandard='Yes']/@ItemOID") == ["IT.DM.SCALE"]
    assert ask(f"{dm}[@Mandatory='Yes']/@ItemOID")[-1] == "IT.DM.SEX"
    assert ask("//odm:ItemRef[@def:HasNoData='Yes']/@ItemOID") == [
        "IT.SUPPDM.IDVAR",
        "IT.SUPPDM.IDVARVAL",
    ]


def test_items(ask: Ask) -> None:
    assert ask("//odm:ItemDef[@OID='IT.DM.AGE']/@DataType") == ["integer"]
    assert ask("//odm:ItemDef[@OID='IT.DM.AGE']/@Length") == ["2"]
    assert ask("//odm:ItemDef[@OID='IT.DM.AGE']/@SignificantDigits") == []
    assert ask("//odm:ItemDef[@OID='IT.DM.BRTHDTC']/@Length") == []
    assert ask("//odm:ItemDef[@OID='IT.LB.LBSTRESN']/@SignificantDigits") == ["1"]
    assert ask("//odm:ItemDef[@OID='IT.LB.LBSTRESN']/@def:DisplayFormat") == ["3.1"]
    assert ask("//odm:ItemDef[@OID='IT.DM.SEX']/@SASFieldName") == ["SEX"]


def test_origins(ask: Ask) -> None:
    sex = "//odm:ItemDef[@OID='IT.DM.SEX']/def:Origin"
    assert ask(f"{sex}/@Type") == ["Collected"]
    assert ask(f"{sex}/@Source") == ["Investigator"]
    assert ask(f"{sex}/def:DocumentRef/@leafID") == ["LF.acrf"]
    assert ask(f"{sex}//def:PDFPageRef/@PageRefs") == ["4 7"]
    assert ask(f"{sex}//def:PDFPageRef/@Type") == ["PhysicalRef"]
    assert ask("//odm:ItemDef[@OID='IT.AE.AEDECOD']/def:Origin//odm:TranslatedText/text()") == [
        "Coded with MedDRA."
    ]
    assert ask("//odm:ItemDef[@OID='IT.LB.LBORRES']/def:Origin") == []


def test_documents(ask: Ask, tabulations: Package) -> None:
    assert ask("//def:AnnotatedCRF/def:DocumentRef/@leafID") == ["LF.acrf"]
    assert ask("//def:SupplementalDoc/def:DocumentRef/@leafID") == ["LF.csdrg"]
    assert ask("//odm:MetaDataVersion/def:leaf/@xlink:href") == ["acrf.pdf", "csdrg.pdf"]
    odd = replace(tabulations, documents=(Document("a b", "Two words", "two words.pdf"),))
    other = asker(render_define(odd, "sdtm"))
    assert other("//def:leaf[def:title='Two words']/@xlink:href") == ["two%20words.pdf"]
    assert validate_define(render_define(odd, "sdtm")) == ()


def test_no_documents_no_elements(analysis: Package) -> None:
    ask = asker(render_define(analysis, "adam"))
    assert ask("//def:AnnotatedCRF | //def:SupplementalDoc | //odm:MetaDataVersion/def:leaf") == []


def test_value_lists_stand_beside_the_variable(ask: Ask) -> None:
    assert ask("//odm:ItemDef[@OID='IT.LB.LBORRES']/def:ValueListRef/@ValueListOID") == [
        "VL.LB.LBORRES"
    ]
    refs = "//def:ValueListDef[@OID='VL.LB.LBORRES']/odm:ItemRef"
    assert ask(f"{refs}/@ItemOID") == [
        "IT.LB.LBORRES.ALB",
        "IT.LB.LBORRES.ALT",
        "IT.LB.LBORRES.ZZTEST",
    ]
    assert ask(f"{refs}/def:WhereClauseRef/@WhereClauseOID") == [
        "WC.LB.LBTESTCD.ALB",
        "WC.LB.LBTESTCD.ALT",
        "WC.LB.LBTESTCD.ZZTEST",
    ]
    assert ask("//odm:ItemDef[@OID='IT.LB.LBORRES.ALB']/@DataType") == ["float"]
    # both result and unit of a test share its where-clause
    assert len(ask("//def:WhereClauseRef[@WhereClauseOID='WC.LB.LBTESTCD.ALB']")) == 2
    assert len(ask("//def:WhereClauseDef[@OID='WC.LB.LBTESTCD.ALB']")) == 1
    assert ask("//def:ValueListDef[@OID='VL.SUPPDM.QVAL']/odm:ItemRef/@ItemOID") == [
        "IT.SUPPDM.QVAL.RACEOTH",
        "IT.SUPPDM.QVAL.CONSENT",
    ]


def test_conditions_of_a_where_clause_stay_together(tabulations: Package) -> None:
    checks = (
        RangeCheck("LBTESTCD", "IN", ("ALB", "ALT")),
        RangeCheck("LBSEQ", "GE", ("1",)),
    )
    level = ValueLevel(checks, ItemFacts("text", 8, origins=(Origin("Assigned", "Sponsor"),)))
    package = with_variable(tabulations, "LB", "LBORRES", value_levels=(level,))
    ask = asker(render_define(package, "sdtm"))
    (clause,) = ask("//def:ValueListDef[@OID='VL.LB.LBORRES']//@WhereClauseOID")
    assert clause == "WC.LB.LBTESTCD.IN.ALB.ALT.LBSEQ.GE.1"
    checks_path = f"//def:WhereClauseDef[@OID='{clause}']/odm:RangeCheck"
    assert ask(f"{checks_path}/@def:ItemOID") == ["IT.LB.LBTESTCD", "IT.LB.LBSEQ"]
    assert ask(f"{checks_path}/@Comparator") == ["IN", "GE"]
    assert ask(f"{checks_path}[1]/odm:CheckValue/text()") == ["ALB", "ALT"]
    assert validate_define(render_define(package, "sdtm")) == ()


def test_a_condition_on_another_dataset_gets_a_comment(tabulations: Package) -> None:
    level = ValueLevel((RangeCheck("DM.SEX", "EQ", ("F",)),), ItemFacts("text", 4))
    package = with_variable(tabulations, "LB", "LBORRESU", value_levels=(level,))
    xml = render_define(package, "sdtm")
    ask = asker(xml)
    where = "//def:WhereClauseDef[@OID='WC.LB.DM.SEX.F']"
    assert ask(f"{where}/odm:RangeCheck/@def:ItemOID") == ["IT.DM.SEX"]
    (comment,) = ask(f"{where}/@def:CommentOID")
    assert ask(f"//def:CommentDef[@OID='{comment}']//odm:TranslatedText/text()") == [
        "LB is joined with DM by USUBJID."
    ]
    assert validate_define(xml) == ()
    said = replace(package, comments={"WC.LB.DM.SEX.F": "One DM record per subject."})
    ask = asker(render_define(said, "sdtm"))
    assert "One DM record per subject." in ask("//def:CommentDef//odm:TranslatedText/text()")


def test_codelists(ask: Ask) -> None:
    sex = "//odm:CodeList[@OID='CL.SEX']"
    assert ask(f"{sex}/@def:StandardOID") == ["STD.CT.SDTM.2025-03-28"]
    assert ask(f"{sex}/@def:IsNonStandard") == []
    assert ask(f"{sex}/odm:CodeListItem/@CodedValue") == ["F", "M"]
    assert ask(f"{sex}/odm:CodeListItem/odm:Decode/odm:TranslatedText/text()") == ["Female", "Male"]
    assert ask(f"{sex}/odm:CodeListItem/odm:Alias/@Name") == ["C16576", "C20197"]
    assert ask(f"{sex}/odm:Alias/@Name") == ["C66731"]
    assert set(ask(f"{sex}//odm:Alias/@Context")) == {"nci:ExtCodeID"}
    scale = "//odm:CodeList[@OID='CL.SCALE']"
    assert ask(f"{scale}/@def:IsNonStandard") == ["Yes"]
    assert ask(f"{scale}/odm:EnumeratedItem/@Rank") == ["1", "2", "3"]
    assert ask(f"{scale}/odm:EnumeratedItem/@OrderNumber") == ["1", "2", "3"]
    assert ask(f"{scale}//odm:Alias") == []
    extended = "//odm:CodeList[@OID='CL.LBTESTCD']/odm:CodeListItem[@def:ExtendedValue='Yes']"
    assert ask(f"{extended}/@CodedValue") == ["ZZTEST"]
    assert ask(f"{extended}/odm:Alias") == []


def test_an_external_dictionary_has_its_version_and_no_terms(ask: Ask) -> None:
    meddra = "//odm:CodeList[@OID='CL.MEDDRA']"
    assert ask(f"{meddra}/odm:ExternalCodeList/@Dictionary") == ["MedDRA"]
    assert ask(f"{meddra}/odm:ExternalCodeList/@Version") == ["27.1"]
    assert ask(f"count({meddra}/*)") == 1
    assert ask(f"{meddra}/@def:IsNonStandard | {meddra}/@def:StandardOID") == []
    assert ask("//odm:ItemDef[@OID='IT.AE.AEDECOD']/odm:CodeListRef/@CodeListOID") == ["CL.MEDDRA"]


def test_lists_of_one_name_and_different_terms_are_named_after_their_user(ask: Ask) -> None:
    whole, part = "CL.UNIT.LB.LBORRESU", "CL.UNIT.LB.LBORRESU.ALB"
    assert ask("//odm:CodeList[starts-with(@OID, 'CL.UNIT')]/@OID") == [whole, part]
    assert ask(f"//odm:CodeList[@OID='{part}']/*/@CodedValue") == ["g/dL"]
    assert ask("//odm:ItemDef[@OID='IT.LB.LBORRESU.ALB']//@CodeListOID") == [part]
    # the same terms are the same list, even at a value level
    assert ask("//odm:ItemDef[@OID='IT.LB.LBORRESU.ALT']//@CodeListOID") == [whole]
    names = ask("//odm:CodeList/@Name")
    assert len(set(names)) == len(names)


def test_a_list_that_several_variables_have_is_not_named_after_one_of_them(
    tabulations: Package,
) -> None:
    """Of three lists of one name two are shared: the plain name, and one named after its terms."""

    def units(*terms: Term) -> Codelist:
        return Codelist("UNIT", "Unit", terms=terms, code="C71620", ct=("SDTM", "2025-03-28"))

    grams, litres = Term("g/dL", code="C64783"), Term("U/L", code="C67456")
    both, one, other = units(grams, litres), units(grams), units(litres)
    changed = tabulations
    users = {
        "DM": {"STUDYID": both, "USUBJID": both, "BRTHDTC": one},
        "AE": {"STUDYID": one, "USUBJID": other},
        "LB": {"STUDYID": both, "LBORRESU": both},
    }
    for dataset, lists in users.items():
        for variable, codelist in lists.items():
            facts = replace(changed.dataset(dataset).variable(variable).facts, codelist=codelist)
            changed = with_variable(changed, dataset, variable, facts=facts, value_levels=())
    ask = asker(render_define(changed, "sdtm"))
    names = dict(zip(ask("//odm:CodeList/@OID"), ask("//odm:CodeList/@Name"), strict=True))
    found = {oid: name for oid, name in names.items() if oid.startswith("CL.UNIT")}
    assert list(found.values()) == ["Unit", "Unit (AE.USUBJID)", "Unit (g/dL)"]
    assert list(found)[:2] == ["CL.UNIT", "CL.UNIT.AE.USUBJID"]


def test_an_item_with_several_origins_says_all(tabulations: Package) -> None:
    facts = tabulations.dataset("DM").variable("SEX").facts
    two = (*facts.origins, Origin("Collected", "Vendor", statement="Collected on: Central reader."))
    xml = render_define(
        with_variable(tabulations, "DM", "SEX", facts=replace(facts, origins=two)), "sdtm"
    )
    assert validate_define(xml) == ()
    assert asker(xml)("//odm:ItemDef[@OID='IT.DM.SEX']/def:Origin/@Source") == [
        "Investigator", "Vendor",
    ]  # fmt: skip


def test_a_list_shared_by_datasets_is_one(tabulations: Package) -> None:
    sex = tabulations.dataset("DM").variable("SEX").facts.codelist
    facts = replace(tabulations.dataset("AE").variable("AETERM").facts, codelist=sex)
    ask = asker(render_define(with_variable(tabulations, "AE", "AETERM", facts=facts), "sdtm"))
    assert len(ask("//odm:CodeList[@Name='Sex']")) == 1
    assert len(ask("//odm:CodeListRef[@CodeListOID='CL.SEX']")) == 2


def test_a_list_without_terms_is_left_out(tabulations: Package) -> None:
    facts = replace(
        tabulations.dataset("AE").variable("AETERM").facts, codelist=Codelist("EMPTY", "Empty")
    )
    xml = render_define(with_variable(tabulations, "AE", "AETERM", facts=facts), "sdtm")
    assert b"EMPTY" not in xml
    assert validate_define(xml) == ()


def test_methods_are_shared_and_named_after_their_first_user(ask: Ask) -> None:
    assert ask("//odm:MethodDef/@OID") == ["MT.DM.USUBJID", "MT.DM.AGE", "MT.LB.LBSTRESN"]
    assert len(ask("//odm:ItemRef[@MethodOID='MT.DM.USUBJID']")) == 4
    method = "//odm:MethodDef[@OID='MT.LB.LBSTRESN']"
    assert ask(f"{method}/@Type") == ["Computation"]
    assert ask(f"{method}/odm:FormalExpression/text()") == ["number(LBORRES)"]
    assert ask(f"{method}/odm:FormalExpression/@Context") == ["mg-cdisc"]
    assert ask("//odm:MethodDef[@OID='MT.DM.AGE']/odm:FormalExpression") == []


def test_method_and_comment_may_both_be_present(tabulations: Package) -> None:
    facts = replace(tabulations.dataset("DM").variable("AGE").facts, comment="At consent.")
    ask = asker(render_define(with_variable(tabulations, "DM", "AGE", facts=facts), "sdtm"))
    assert ask("//odm:ItemRef[@ItemOID='IT.DM.AGE']/@MethodOID") == ["MT.DM.AGE"]
    assert ask("//odm:ItemDef[@OID='IT.DM.AGE']/@def:CommentOID") == ["COM.DM.AGE"]


def test_analysis_datasets(analysis: Package) -> None:
    ask = asker(render_define(analysis, "adam"))
    assert ask("//odm:ItemGroupDef/@Purpose") == ["Analysis"]
    assert ask("//odm:ItemGroupDef/@Domain") == []
    assert ask("//def:Class/@Name") == ["BASIC DATA STRUCTURE"]
    assert ask("//def:Class/def:SubClass/@Name") == ["TIME-TO-EVENT"]
    origin = "//odm:ItemDef[@OID='IT.ADTTE.USUBJID']/def:Origin"
    assert ask(f"{origin}/@Type") == ["Predecessor"]
    assert ask(f"{origin}//odm:TranslatedText/text()") == ["ADSL.USUBJID"]
    assert ask("//odm:ItemDef[@OID='IT.ADTTE.STARTDT']/@def:DisplayFormat") == ["DATE9."]
    assert ask("//def:WhereClauseDef/@OID") == [
        "WC.ADTTE.PARAMCD.TTDE",
        "WC.ADTTE.PARAMCD.NE.TTDE",
    ]
    assert ask("//def:ValueListDef/odm:ItemRef/@MethodOID") == [
        "MT.ADTTE.AVAL.TTDE",
        "MT.ADTTE.AVAL.NE.TTDE",
    ]


def test_a_dataset_without_records_has_no_file(tabulations: Package) -> None:
    ae = tabulations.dataset("AE")
    empty = with_dataset(tabulations, "AE", frame=ae.frame.take(ae.frame.number("AESEQ") > 9))
    xml = render_define(empty, "sdtm")
    ask = asker(xml)
    assert ask("//odm:ItemGroupDef[@Name='AE']/@def:HasNoData") == ["Yes"]
    assert ask("//odm:ItemGroupDef[@Name='AE']/def:leaf") == []
    assert ask("//odm:ItemGroupDef[@Name='AE']/@def:ArchiveLocationID") == []
    assert validate_define(xml) == ()


def test_a_dataset_of_no_standard_is_marked(tabulations: Package) -> None:
    ask = asker(render_define(with_dataset(tabulations, "DM", standard=False), "sdtm"))
    dm = "//odm:ItemGroupDef[@Name='DM']"
    assert ask(f"{dm}/@def:IsNonStandard") == ["Yes"]
    assert ask(f"{dm}/@def:StandardOID") == []
    assert ask(f"{dm}/odm:ItemRef/@def:IsNonStandard") == []


def test_a_split_dataset_keeps_its_domain(tabulations: Package) -> None:
    ask = asker(render_define(with_dataset(tabulations, "LB", name="LBCH"), "sdtm"))
    assert ask("//odm:ItemGroupDef[@Name='LBCH']/@Domain") == ["LB"]
    assert ask("//odm:ItemGroupDef[@Name='LBCH']/def:leaf/@xlink:href") == ["lbch.xpt"]


def test_pages_by_number_and_by_name(tabulations: Package) -> None:
    facts = replace(
        tabulations.dataset("DM").variable("SEX").facts,
        origins=(Origin("Collected", "Subject", pages=("3", "Visit1", "9")),),
    )
    ask = asker(render_define(with_variable(tabulations, "DM", "SEX", facts=facts), "sdtm"))
    pages = "//odm:ItemDef[@OID='IT.DM.SEX']//def:PDFPageRef"
    assert ask(f"{pages}/@PageRefs") == ["3 9", "Visit1"]
    assert ask(f"{pages}/@Type") == ["PhysicalRef", "NamedDestination"]


def test_the_stylesheet_is_named_only_when_there_is_one(tabulations: Package) -> None:
    assert b"xml-stylesheet" not in render_define(tabulations, "sdtm")
    xml = render_define(tabulations, "sdtm", stylesheet="define2-1.xsl")
    assert xml.splitlines()[1] == b'<?xml-stylesheet type="text/xsl" href="define2-1.xsl"?>'
    assert validate_define(xml) == ()


def test_comments_on_standards(tabulations: Package) -> None:
    said = replace(tabulations, comments={"STD.SDTMIG.3.4": "As published."})
    ask = asker(render_define(said, "sdtm"))
    assert ask("//def:Standard[@Name='SDTMIG']/@def:CommentOID") == ["COM.STD.SDTMIG.3.4"]


def test_templates_are_found_in_a_checkout() -> None:
    assert (templates_folder() / "define.xml.j2").is_file()


def test_templates_are_found_in_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path.resolve() / "site-packages" / "mg_cdisc" / "define"
    (installed / "templates").mkdir(parents=True)
    monkeypatch.setattr(render, "__file__", str(installed / "render.py"))
    assert templates_folder() == installed / "templates"
    (installed / "templates").rmdir()
    with pytest.raises(FileNotFoundError, match="templates of"):
        templates_folder()


def test_published_stylesheet_shows_every_variable(tabulations: Package) -> None:
    spec = find_spec("defineutils")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0])
    show = etree.XSLT(etree.parse(str(folder / "definehtml" / "define2-1.xsl")))
    page = str(show(etree.fromstring(render_define(tabulations, "sdtm"))))
    assert len(show.error_log) == 0
    for dataset in tabulations.datasets:
        for variable in dataset.variables:
            assert variable.name in page
            assert variable.label in page
    assert "Sponsor Test" in page


# --- texts -----------------------------------------------------------------------------------

LEGAL = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
        lambda char: char >= " " or char in "\t\n"
    ),
    min_size=1,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=LEGAL, decode=LEGAL, label=LEGAL)
def test_any_legal_text_comes_back(
    tabulations: Package, value: str, decode: str, label: str
) -> None:
    codelist = Codelist("ODD", "Odd", terms=(Term(value, decode),))
    variable = tabulations.dataset("AE").variable("AETERM")
    level = ValueLevel((RangeCheck("AETERM", "EQ", (value,)),), variable.facts, label)
    package = with_variable(
        tabulations,
        "AE",
        "AETERM",
        facts=replace(variable.facts, codelist=codelist),
        label=label,
        value_levels=(level,),
    )
    ask = asker(render_define(package, "sdtm"))
    assert ask("//odm:CodeList[@OID='CL.ODD']/*/@CodedValue") == [value]
    assert ask("string(//odm:CodeList[@OID='CL.ODD']//odm:TranslatedText)") == decode
    clause = "//def:ValueListDef[@OID='VL.AE.AETERM']//@WhereClauseOID"
    assert ask(f"string(//def:WhereClauseDef[@OID={clause}]//odm:CheckValue)") == value
    # a text for people loses the blanks around it, nothing else
    shown = ask("string(//odm:ItemDef[@OID='IT.AE.AETERM']/odm:Description/odm:TranslatedText)")
    assert shown == label.strip(" \t\n")


def test_hostile_strings_are_text(tabulations: Package) -> None:
    hostile = "\"><script>&lt;!-- ]]> {{ 7 * 7 }} {% raw %} ' </ODM>"
    package = replace(tabulations, study_description=hostile, originator=hostile)
    package = with_dataset(package, "DM", structure=hostile, comment=hostile)
    xml = render_define(package, "sdtm")
    ask = asker(xml)
    assert ask("string(//odm:StudyDescription)") == hostile
    assert ask("/odm:ODM/@Originator") == [hostile]
    assert ask("//odm:ItemGroupDef[@Name='DM']/@def:Structure") == [hostile]
    assert ask("string(//def:CommentDef[@OID='COM.DM']//odm:TranslatedText)") == hostile
    assert validate_define(xml) == ()


@pytest.mark.parametrize("char", ["\x00", "\x02", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_a_character_that_xml_cannot_carry_is_a_finding(tabulations: Package, char: str) -> None:
    package = with_variable(tabulations, "DM", "AGE", label=f"Age{char}")
    with pytest.raises(BuildError) as error:
        render_define(package, "sdtm")
    (finding,) = error.value.findings
    assert (finding.kind, finding.dataset, finding.variable) == ("illegal-character", "DM", "AGE")
    assert f"U+{ord(char):04X}" in finding.what
    str(finding).encode()


def test_line_ends_of_people_become_one_kind(tabulations: Package) -> None:
    ask = asker(render_define(with_dataset(tabulations, "DM", comment="One.\r\nTwo. "), "sdtm"))
    assert ask("string(//def:CommentDef[@OID='COM.DM']//odm:TranslatedText)") == "One.\nTwo."


# --- packages that cannot be described -----------------------------------------------------------


def _level(*checks: RangeCheck) -> ValueLevel:
    return ValueLevel(checks, ItemFacts("text", 8))


def _unknown_key(package: Package) -> Package:
    return with_dataset(package, "LB", keys=("STUDYID", "LBSEX"))


def _unknown_where(package: Package) -> Package:
    level = _level(RangeCheck("LBTSTCD", "EQ", ("ALB",)))
    return with_variable(package, "LB", "LBORRES", value_levels=(level,))


def _unknown_where_dataset(package: Package) -> Package:
    level = _level(RangeCheck("XX.LBTESTCD", "EQ", ("ALB",)))
    return with_variable(package, "LB", "LBORRES", value_levels=(level,))


def _two_values(package: Package) -> Package:
    level = _level(RangeCheck("LBTESTCD", "EQ", ("ALB", "ALT")))
    return with_variable(package, "LB", "LBORRES", value_levels=(level,))


def _no_condition(package: Package) -> Package:
    return with_variable(package, "LB", "LBORRES", value_levels=(_level(),))


def _no_terminology(package: Package) -> Package:
    return replace(package, standards=(Standard("SDTMIG", "3.4", "IG"),))


def _no_guide(package: Package) -> Package:
    return replace(package, standards=package.standards[1:])


def _no_crf(package: Package) -> Package:
    return replace(package, annotated_crf=None)


def _twice(package: Package) -> Package:
    return replace(package, datasets=(*package.datasets, package.datasets[0]))


def _comment_on_nothing(package: Package) -> Package:
    return replace(package, comments={"STD.SDTMIG.3.3": "Which?"})


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        (_unknown_key, "unknown-variable", "LBSEX is not a variable of LB"),
        (_unknown_where, "unknown-variable", "LBTSTCD is not a variable of LB"),
        (_unknown_where_dataset, "unknown-variable", "XX.LBTESTCD is not a variable"),
        (_two_values, "where-values", "LBTESTCD EQ has 2 values"),
        (_no_condition, "empty-where", "has no condition"),
        (_no_terminology, "missing-standard", "SDTM 2025-03-28"),
        (_no_guide, "missing-standard", "names no implementation guide"),
        (_no_crf, "missing-crf", "pages of an annotated CRF"),
        (_twice, "duplicate-dataset", "2 datasets are named LB"),
        (_comment_on_nothing, "unknown-comment", "STD.SDTMIG.3.3"),
    ],
)
def test_a_package_that_cannot_be_described(
    tabulations: Package, change: Callable[[Package], Package], kind: str, told: str
) -> None:
    with pytest.raises(BuildError) as error:
        render_define(change(tabulations), "sdtm")
    assert {finding.kind for finding in error.value.findings} == {kind}
    assert any(told in finding.what for finding in error.value.findings)
    assert all(finding.todo for finding in error.value.findings)


def test_a_mistyped_name_gets_a_suggestion(tabulations: Package) -> None:
    with pytest.raises(BuildError) as error:
        render_define(_unknown_where(tabulations), "sdtm")
    assert error.value.findings[0].todo == "Did you mean LBTESTCD?"


def test_clashing_names_get_distinct_identifiers() -> None:
    """A codelist A.DM.X, and one A named after its user DM.X, would both be CL.A.DM.X."""

    def listed(name: str, value: str) -> ItemFacts:
        codelist = Codelist(name, name, terms=(Term(value),))
        return ItemFacts("text", 1, codelist=codelist, method=Method("M", value))

    facts = {"X": listed("A", "1"), "Y": listed("A", "2"), "Z": listed("A.DM.X", "3")}
    variables = tuple(Variable(name, name, True, 1, fact) for name, fact in facts.items())
    dataset = Dataset("DM", "DM", "L", "SPECIAL PURPOSE", "S", (), variables, Frame.empty())
    package = Package(
        "S", "S", "S", "S", datetime(2025, 1, 1), (Standard("SDTMIG", "3.4", "IG"),), (dataset,)
    )
    define = define_of(package, "sdtm")
    oids = [each.oid for each in (*define.codelists, *define.methods)]
    assert len(set(oids)) == 6
