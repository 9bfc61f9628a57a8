"""Analysis Results Metadata: written, valid against their own schema, and every fault in them found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from mg_cdisc.dataset import (
    AnalysisDataset,
    AnalysisResult,
    Dataset,
    Document,
    Package,
    RangeCheck,
    ResultDisplay,
)
from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.render import render_define
from mg_cdisc.define.validate import validate_define
from mg_cdisc.errors import BuildError
from mg_cdisc.frame import Frame, Text

NAMES = {
    "arm": "http://www.cdisc.org/ns/arm/v1.0",
    "def": "http://www.cdisc.org/ns/def/v2.1",
    "odm": "http://www.cdisc.org/ns/odm/v1.3",
}
PARAMETER = RangeCheck("PARAMCD", "EQ", ("TTDE",))
RESULT = AnalysisResult(
    "median",
    "Median time to death & <more>",
    "SPECIFIED IN SAP",
    "PRIMARY OUTCOME MEASURE",
    (
        AnalysisDataset("ADTTE", (PARAMETER,), ("AVAL",)),
        AnalysisDataset("ADSL", (RangeCheck("SAFFL", "EQ", ("Y",)),)),
    ),
    "PARAMCD",
    "The Kaplan-Meier estimate.",
    "ADTTE is joined with ADSL by USUBJID.",
    "median of AVAL\nwhere PARAMCD = 'TTDE'",
)


def subjects(of: Dataset) -> Dataset:
    """A dataset of one subject, made of the parts of another."""
    identifier, flag = of.variables[0], replace(of.variables[1], name="SAFFL", label="Safety Flag")
    return replace(
        of,
        name="ADSL",
        domain="ADSL",
        label="Subjects",
        class_name="SUBJECT LEVEL ANALYSIS DATASET",
        subclass="",
        keys=("USUBJID",),
        repeating=False,
        variables=(identifier, flag),
        frame=Frame.of({"USUBJID": Text.of(["ABC-1"]), "SAFFL": Text.of(["Y"])}),
    )


@pytest.fixture
def package(analysis: Package) -> Package:
    """The analysis package with one display, which is on page 7 of a document."""
    display = ResultDisplay(
        "death", "Table 14.1", "Time to death (3 months)", (RESULT,),
        Document("sap", "Analysis Plan", "sap.pdf"), ("7",),
    )  # fmt: skip
    datasets = (subjects(analysis.datasets[0]), *analysis.datasets)
    return replace(analysis, datasets=datasets, displays=(display,))


@pytest.fixture
def xml(package: Package) -> str:
    """Its define.xml."""
    return render_define(package, "adam").decode()


def one(xml: str, path: str) -> Any:
    found = etree.fromstring(xml.encode()).xpath(f".//{path}", namespaces=NAMES)
    assert len(found) == 1
    return found[0]


def test_it_is_valid_against_the_schema_of_results(xml: str) -> None:
    assert validate_define(xml.encode()) == ()
    assert 'xmlns:arm="http://www.cdisc.org/ns/arm/v1.0"' in xml


def test_the_plain_schema_would_not_take_it(
    xml: str, analysis: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a file without results must be told from one with them."""
    from mg_cdisc.define import validate

    plain = validate._schema("define")
    assert not plain.validate(etree.fromstring(xml.encode()))
    assert plain.validate(etree.fromstring(render_define(analysis, "adam")))
    assert b"arm" not in render_define(analysis, "adam")


def test_what_it_says(xml: str) -> None:
    display = one(xml, "arm:ResultDisplay")
    assert dict(display.attrib) == {"OID": "RD.death", "Name": "Table 14.1"}
    result = one(xml, "arm:AnalysisResult")
    assert dict(result.attrib) == {
        "OID": "AR.death.median",
        "ParameterOID": "IT.ADTTE.PARAMCD",
        "AnalysisReason": "SPECIFIED IN SAP",
        "AnalysisPurpose": "PRIMARY OUTCOME MEASURE",
    }
    texts = [each.text for each in result.iter(f"{{{NAMES['odm']}}}TranslatedText")]
    assert texts == ["Median time to death & <more>", "The Kaplan-Meier estimate."]
    assert one(xml, "arm:Code").text == "median of AVAL\nwhere PARAMCD = 'TTDE'"
    assert one(xml, "arm:ProgrammingCode").get("Context") == "mg-cdisc"
    used = one(xml, "arm:AnalysisDatasets")
    assert [each.get("ItemGroupOID") for each in used] == ["IG.ADTTE", "IG.ADSL"]
    assert used.get(f"{{{NAMES['def']}}}CommentOID") == "COM.JOIN.ADTTE.ADSL"
    page = one(xml, "arm:ResultDisplay/def:DocumentRef/def:PDFPageRef")
    assert dict(page.attrib) == {"PageRefs": "7", "Type": "PhysicalRef"}


def test_a_where_clause_is_shared_with_the_value_level_of_the_same_condition(xml: str) -> None:
    clauses = etree.fromstring(xml.encode()).findall(".//def:WhereClauseDef", NAMES)
    assert [each.get("OID") for each in clauses].count("WC.ADTTE.PARAMCD.TTDE") == 1
    assert len(clauses) == 3  # EQ and NE of the value levels, and the population
    assert xml.count('WhereClauseOID="WC.ADTTE.PARAMCD.TTDE"') == 2


def test_names_do_not_depend_on_the_order_of_displays(package: Package) -> None:
    other = replace(package.displays[0], key="pain", results=(replace(RESULT, name="mean"),))
    xml = render_define(replace(package, displays=(other, *package.displays)), "adam").decode()
    assert validate_define(xml.encode()) == ()
    assert re.findall(r'(?:ResultDisplay|AnalysisResult) OID="([^"]+)"', xml) == [
        "RD.pain", "AR.pain.mean", "RD.death", "AR.death.median",
    ]  # fmt: skip


def swap(old: str, new: str) -> Callable[[str], str]:
    def edit(xml: str) -> str:
        place = xml.index("<arm:AnalysisResultDisplays>")
        assert old in xml[place:]
        return xml[:place] + xml[place:].replace(old, new, 1)

    return edit


FAULTS: dict[str, tuple[Callable[[str], str], str, str]] = {
    "dataset": (swap('ItemGroupOID="IG.ADTTE"', 'ItemGroupOID="IG.ADXX"'), "unresolved-reference",
                "ItemGroupOID is IG.ADXX"),
    "where-clause": (swap('"WC.ADTTE.PARAMCD.TTDE"', '"WC.NO"'), "unresolved-reference",
                     "WhereClauseOID is WC.NO"),
    "variable": (swap('ItemOID="IT.ADTTE.AVAL"', 'ItemOID="IT.ADTTE.AVALX"'),
                 "unresolved-reference", "ItemOID is IT.ADTTE.AVALX"),
    "parameter": (swap('ParameterOID="IT.ADTTE.PARAMCD"', 'ParameterOID="IT.X"'),
                  "unresolved-reference", "ParameterOID is IT.X"),
    "comment": (swap('"COM.JOIN.ADTTE.ADSL"', '"COM.NO"'), "unresolved-reference",
                "CommentOID is COM.NO"),
    "document": (swap('leafID="LF.sap"', 'leafID="LF.no"'), "unresolved-reference", "LF.no"),
    "variable of another dataset": (swap('ItemOID="IT.ADTTE.AVAL"', 'ItemOID="IT.ADSL.SAFFL"'),
                                    "result-variable", "analyses IT.ADSL.SAFFL"),
    "parameter that is none": (swap('ParameterOID="IT.ADTTE.PARAMCD"',
                                    'ParameterOID="IT.ADTTE.AVAL"'), "result-parameter", "AVAL"),
    "condition of another dataset": (swap('"WC.ADTTE.PARAMCD.TTDE"', '"WC.ADSL.SAFFL.Y"'),
                                     "result-where", "WC.ADSL.SAFFL.Y"),
    "no comment on the join": (swap(' def:CommentOID="COM.JOIN.ADTTE.ADSL"', ""), "result-join",
                               "2 datasets"),
    "two results of one identifier": (swap('OID="AR.death.median"', 'OID="RD.death"'),
                                      "duplicate-oid", "RD.death"),
    "no reason": (swap('"SPECIFIED IN SAP"', '" "'), "blank-attribute", "AnalysisReason"),
    "no purpose": (swap('"PRIMARY OUTCOME MEASURE"', '""'), "blank-attribute", "AnalysisPurpose"),
    "no name": (swap(' Name="Table 14.1"', ""), "schema", "Name"),
    "blank description": (swap("Median time to death &amp; &lt;more&gt;", " "), "empty-text",
                          "AR.death.median"),
    "no dataset": (swap("arm:AnalysisDatasets", "arm:AnalysisDataset_"), "not-xml", ""),
    "page that is none": (swap('PageRefs="7"', 'PageRefs="seven"'), "page-reference", "seven"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found(xml: str, name: str) -> None:
    edit, kind, part = FAULTS[name]
    found = validate_define(edit(xml).encode())
    assert any(each.kind == kind and part in each.what for each in found), found


def test_a_definition_that_only_results_used_is_unused_without_them(xml: str) -> None:
    without = re.sub(r"<arm:AnalysisResultDisplays>.*</arm:AnalysisResultDisplays>", "", xml,
                     flags=re.DOTALL)  # fmt: skip
    unused = [each.what for each in validate_define(without.encode())]
    assert [text.split()[1] for text in unused] == [
        "WC.ADSL.SAFFL.Y", "COM.JOIN.ADTTE.ADSL", "LF.sap",
    ]  # fmt: skip


def test_data_that_no_analysis_would_find(
    package: Package, xml: str, written: Callable[[Package], Mapping[str, Any]]
) -> None:
    assert compare_define(xml.encode(), written(package)) == ()
    frame = package.dataset("ADSL").frame
    none = replace(package.dataset("ADSL"), frame=frame.with_columns({"SAFFL": Text.of(["N"])}))
    changed = replace(package, datasets=(none, package.datasets[1]))
    found = compare_define(xml.encode(), written(changed))
    assert [(each.kind, each.level, each.dataset) for each in found] == [
        ("unused-where", "warning", "ADSL")
    ]
    assert "AR.death.median" in found[0].what


@pytest.mark.parametrize(
    ("used", "message"),
    [
        (AnalysisDataset("ADTT"), "death.median: there is no dataset ADTT"),
        (AnalysisDataset("ADTTE", (), ("AVALU",)), "death.median: AVALU is not a variable of ADTTE"),
        (AnalysisDataset("ADTTE", (RangeCheck("PARAM", "EQ", ("A",)),)),
         "death.median: PARAM is not a variable of ADTTE"),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_described(
    package: Package, used: AnalysisDataset, message: str
) -> None:
    wrong = replace(RESULT, datasets=(used,))
    display = replace(package.displays[0], results=(wrong,))
    with pytest.raises(BuildError) as caught:
        render_define(replace(package, displays=(display,)), "adam")
    assert [each.what for each in caught.value.findings] == [message]


def test_a_display_without_results(package: Package) -> None:
    display = replace(package.displays[0], results=())
    with pytest.raises(BuildError) as caught:
        render_define(replace(package, displays=(display,)), "adam")
    assert [each.what for each in caught.value.findings] == ["death: has no result"]


def test_a_text_that_xml_cannot_carry(package: Package) -> None:
    display = replace(package.displays[0], title="Bell \x07")
    with pytest.raises(BuildError) as caught:
        render_define(replace(package, displays=(display,)), "adam")
    assert [each.kind for each in caught.value.findings] == ["illegal-character"]
