"""Each thing that can be wrong in a define.xml gets its own finding, on its own line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mg_cdisc.dataset import Package
from mg_cdisc.define.render import render_define
from mg_cdisc.define.validate import validate_define

EXAMPLES = Path(__file__).resolve().parents[3] / "shared/standards/define-2.1-examples"


def cut(start: str, end: str) -> Callable[[str], str]:
    """Removes the first stretch of text from ``start`` to ``end``."""

    def edit(xml: str) -> str:
        begin = xml.index(start)
        return xml[:begin] + xml[xml.index(end, begin) + len(end) :]

    return edit


def swap(old: str, new: str) -> Callable[[str], str]:
    """Replaces the first occurrence."""

    def edit(xml: str) -> str:
        assert old in xml
        return xml.replace(old, new, 1)

    return edit


def moved(element: str, before: str) -> Callable[[str], str]:
    """Moves the first line that holds ``element`` before the first that holds ``before``."""

    def edit(xml: str) -> str:
        lines = xml.splitlines(keepends=True)
        line = lines.pop(next(n for n, line in enumerate(lines) if element in line))
        lines.insert(next(n for n, line in enumerate(lines) if before in line), line)
        return "".join(lines)

    return edit


CRF_REF = '<def:DocumentRef leafID="LF.acrf">'
# name: (edit, kind of the finding that it gets, a part of its text)
MUTATIONS: dict[str, tuple[Callable[[str], str], str, str]] = {
    "item gone": (
        cut('      <ItemDef OID="IT.DM.AGE"', "</ItemDef>\n"),
        "unresolved-reference",
        "ItemOID is IT.DM.AGE",
    ),
    "item of a value level gone": (
        cut('      <ItemDef OID="IT.LB.LBORRES.ALT"', "</ItemDef>\n"),
        "unresolved-reference",
        "ItemOID is IT.LB.LBORRES.ALT",
    ),
    "codelist gone": (
        cut('      <CodeList OID="CL.SEX"', "</CodeList>\n"),
        "unresolved-reference",
        "CodeListOID is CL.SEX",
    ),
    "method gone": (
        cut('      <MethodDef OID="MT.DM.AGE"', "</MethodDef>\n"),
        "unresolved-reference",
        "MethodOID is MT.DM.AGE",
    ),
    "comment gone": (
        cut('      <def:CommentDef OID="COM.DM"', "</def:CommentDef>\n"),
        "unresolved-reference",
        "def:CommentOID is COM.DM",
    ),
    "where-clause gone": (
        cut('      <def:WhereClauseDef OID="WC.SUPPDM.QNAM.CONSENT"', "</def:WhereClauseDef>\n"),
        "unresolved-reference",
        "WhereClauseOID is WC.SUPPDM.QNAM.CONSENT",
    ),
    "value list gone": (
        cut('      <def:ValueListDef OID="VL.SUPPDM.QVAL"', "</def:ValueListDef>\n"),
        "unresolved-reference",
        "ValueListOID is VL.SUPPDM.QVAL",
    ),
    "document gone": (
        cut('      <def:leaf ID="LF.acrf"', "</def:leaf>\n"),
        "unresolved-reference",
        "leafID is LF.acrf",
    ),
    "standard mistyped": (
        swap('def:StandardOID="STD.SDTMIG.3.4"', 'def:StandardOID="STD.SDTMIG.3.3"'),
        "unresolved-reference",
        "def:StandardOID is STD.SDTMIG.3.3",
    ),
    "item of a condition mistyped": (
        swap('def:ItemOID="IT.LB.LBTESTCD"', 'def:ItemOID="IT.LB.LBTEST"'),
        "unresolved-reference",
        "def:ItemOID is IT.LB.LBTEST",
    ),
    "leaf of a dataset mistyped": (
        swap('def:ArchiveLocationID="LF.DM"', 'def:ArchiveLocationID="LF.DMX"'),
        "unresolved-reference",
        "def:ArchiveLocationID is LF.DMX",
    ),
    "leaf of another dataset": (
        swap('def:ArchiveLocationID="LF.DM"', 'def:ArchiveLocationID="LF.AE"'),
        "missing-leaf",
        "IG.DM",
    ),
    "two items of one identifier": (
        swap('ItemDef OID="IT.DM.SCALE"', 'ItemDef OID="IT.DM.SEX"'),
        "duplicate-oid",
        "IT.DM.SEX",
    ),
    "a codelist named as an item": (
        swap('CodeList OID="CL.SCALE"', 'CodeList OID="IT.DM.SEX"'),
        "duplicate-oid",
        "IT.DM.SEX",
    ),
    "codelist no longer referred to": (
        cut('        <CodeListRef CodeListOID="CL.SCALE"', "/>\n"),
        "unused-definition",
        "CL.SCALE",
    ),
    "method no longer referred to": (
        swap(' MethodOID="MT.LB.LBSTRESN"', ""),
        "unused-definition",
        "MT.LB.LBSTRESN",
    ),
    "derived without a method": (
        swap(' MethodOID="MT.LB.LBSTRESN"', ""),
        "derived-without-method",
        "IT.LB.LBSTRESN",
    ),
    "condition on a value level": (
        swap('def:ItemOID="IT.LB.LBTESTCD"', 'def:ItemOID="IT.LB.LBORRES.ALB"'),
        "where-item",
        "IT.LB.LBORRES.ALB",
    ),
    "condition on another dataset without a comment": (
        swap('def:ItemOID="IT.LB.LBTESTCD"', 'def:ItemOID="IT.DM.SEX"'),
        "where-comment",
        "WC.LB.LBTESTCD.ALB",
    ),
    "condition on a term that is not in the codelist": (
        swap("<CheckValue>ALB</CheckValue>", "<CheckValue>Alb</CheckValue>"),
        "where-value",
        "Alb",
    ),
    "equal to two values": (
        swap(
            "<CheckValue>ALB</CheckValue>",
            "<CheckValue>ALB</CheckValue><CheckValue>ALT</CheckValue>",
        ),
        "where-values",
        "EQ with 2 values",
    ),
    "one where-clause twice in a value list": (
        swap('WhereClauseOID="WC.LB.LBTESTCD.ALT"', 'WhereClauseOID="WC.LB.LBTESTCD.ALB"'),
        "duplicate-where",
        "WC.LB.LBTESTCD.ALB",
    ),
    "value level without a where-clause": (
        cut('          <def:WhereClauseRef WhereClauseOID="WC.LB.LBTESTCD.ALT"', "/>\n"),
        "missing-where",
        "IT.LB.LBORRES.ALT",
    ),
    "no length": (
        swap(' Length="2" SASFieldName="AGE"', ' SASFieldName="AGE"'),
        "missing-length",
        "IT.DM.AGE",
    ),
    "a date with a length": (
        swap('DataType="partialDate"', 'DataType="partialDate" Length="10"'),
        "needless-length",
        "IT.DM.BRTHDTC",
    ),
    "float without decimals": (
        swap(' SignificantDigits="1" SASFieldName="LBSTRESN"', ' SASFieldName="LBSTRESN"'),
        "significant-digits",
        "IT.LB.LBSTRESN",
    ),
    "integer with decimals": (
        swap(
            'Length="2" SASFieldName="AGE"', 'Length="2" SignificantDigits="1" SASFieldName="AGE"'
        ),
        "significant-digits",
        "IT.DM.AGE",
    ),
    "text codelist on a number": (
        swap(
            '<TranslatedText xml:lang="en">Age</TranslatedText>\n        </Description>',
            '<TranslatedText xml:lang="en">Age</TranslatedText>\n        </Description>'
            '<CodeListRef CodeListOID="CL.SEX"/>',
        ),
        "codelist-type",
        "IT.DM.AGE",
    ),
    "no origin": (
        cut('        <def:Origin Type="Protocol"', "/>\n"),
        "missing-origin",
        "IT.DM.STUDYID",
    ),
    "collected nowhere": (
        cut(f"          {CRF_REF}", "</def:DocumentRef>\n"),
        "collected-without-page",
        "IT.DM.BRTHDTC",
    ),
    "predecessor without a source": (
        swap('<def:Origin Type="Protocol"', '<def:Origin Type="Predecessor"'),
        "predecessor-without-source",
        "IT.DM.STUDYID",
    ),
    "origin in the wrong case": (swap('Type="Protocol"', 'Type="protocol"'), "schema", "Type"),
    "origin of an older version": (swap('Type="Protocol"', 'Type="CRF"'), "schema", "CRF"),
    "unknown source": (swap('Source="Sponsor"', 'Source="Nobody"'), "schema", "Nobody"),
    "unknown class": (swap('Name="FINDINGS"', 'Name="Findings"'), "schema", "Findings"),
    "no class": (cut('        <def:Class Name="EVENTS"', "/>\n"), "missing-class", "IG.AE"),
    "no structure": (
        swap('def:Structure="One record per subject"', 'def:Structure=" "'),
        "missing-structure",
        "IG.DM",
    ),
    "structure attribute gone": (
        swap(' def:Structure="One record per subject"', ""),
        "schema",
        "Structure",
    ),
    "dataset of no stated standard": (
        swap(' def:StandardOID="STD.SDTMIG.3.4"', ""),
        "dataset-standard",
        "neither",
    ),
    "dataset standard and not": (
        swap(
            'def:StandardOID="STD.SDTMIG.3.4"',
            'def:StandardOID="STD.SDTMIG.3.4" def:IsNonStandard="Yes"',
        ),
        "dataset-standard",
        "both",
    ),
    "no label": (
        cut(
            '        <Description>\n          <TranslatedText xml:lang="en">Demographics',
            "</Description>\n",
        ),
        "missing-label",
        "IG.DM",
    ),
    "no keys": (lambda xml: re.sub(r' KeySequence="\d"', "", xml), "missing-keys", "IG.DM"),
    "a gap in the keys": (
        swap('KeySequence="4"/>', 'KeySequence="9"/>'),
        "key-sequence",
        "1, 2, 3, 9",
    ),
    "one key number twice": (
        swap('KeySequence="2"', 'KeySequence="1"'),
        "schema",
        "Duplicate key-sequence ['1']",
    ),
    "order of variables": (
        moved('ItemOID="IT.DM.SEX"', 'ItemOID="IT.DM.AGE"'),
        "order-number",
        "IG.DM",
    ),
    "one variable twice": (
        swap('Name="SCALE" DataType', 'Name="SEX" DataType'),
        "duplicate-variable",
        "SEX",
    ),
    "elements out of order": (
        moved('<def:Class Name="EVENTS"', 'ItemOID="IT.AE.AETERM"'),
        "schema",
        "not expected",
    ),
    "decode missing": (
        cut('          <Decode>\n            <TranslatedText xml:lang="en">Female', "</Decode>\n"),
        "schema",
        "Expected is ( Decode )",
    ),
    "decode empty": (swap(">Female<", "><"), "empty-text", "no decode for F"),
    "mixed terms": (
        swap(
            '<CodeListItem CodedValue="M"',
            '<EnumeratedItem CodedValue="U"/><CodeListItem CodedValue="M"',
        ),
        "schema",
        "EnumeratedItem",
    ),
    "one term twice": (
        swap('CodedValue="M"', 'CodedValue="F"'),
        "schema",
        "Duplicate key-sequence ['F']",
    ),
    "codelist of no stated terminology": (
        swap('DataType="text" def:StandardOID="STD.CT.SDTM.2025-03-28"', 'DataType="text"'),
        "codelist-standard",
        "neither",
    ),
    "sponsor's term not marked": (
        swap(' def:ExtendedValue="Yes"', ""),
        "unmarked-term",
        "ZZTEST",
    ),
    "published term marked": (
        swap(
            'CodedValue="ALT" OrderNumber="2"',
            'CodedValue="ALT" OrderNumber="2" def:ExtendedValue="Yes"',
        ),
        "extended-term",
        "ALT",
    ),
    "dictionary without a version": (
        swap(' Version="27.1"', ""),
        "dictionary-version",
        "CL.MEDDRA",
    ),
    "page that is no number": (
        swap('PageRefs="4 7"', 'PageRefs="4 vii"'),
        "page-reference",
        "4 vii",
    ),
    "no page": (swap('PageRefs="4 7" ', ""), "page-reference", "names no page"),
    "method without text": (
        swap(">Whole years from birth to consent.<", "><"),
        "empty-text",
        "MT.DM.AGE",
    ),
    "comment without text": (swap(">Screen failures are included.<", "><"), "empty-text", "COM.DM"),
    "blank file name": (swap('xlink:href="dm.xpt"', 'xlink:href=""'), "blank-attribute", "href"),
    "blank version": (swap('Version="3.4"', 'Version=""'), "blank-attribute", "Version"),
    "blank code": (swap('Name="C16576"', 'Name=""'), "blank-attribute", "Alias"),
    "field of another name": (
        swap('SASFieldName="AGE"', 'SASFieldName="AGEY"'),
        "field-name",
        "IT.DM.AGE",
    ),
    "no order number": (swap(' OrderNumber="2"', ""), "order-number", "VL.LB.LBORRES"),
    "no context": (swap(' def:Context="Submission"', ""), "schema", "Context"),
    "value list that is empty": (
        lambda xml: re.sub(
            r'(<def:ValueListDef OID="VL.SUPPDM.QVAL">).*?(</def:ValueListDef>)',
            r"\1\2",
            xml,
            flags=re.DOTALL,
        ),
        "schema",
        "ValueListDef",
    ),
}


def test_untouched_there_is_nothing_to_find(define_xml: str) -> None:
    assert validate_define(define_xml.encode()) == ()


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mutation_is_found(define_xml: str, name: str) -> None:
    edit, kind, told = MUTATIONS[name]
    mutated = edit(define_xml)
    assert mutated != define_xml
    findings = [each for each in validate_define(mutated.encode()) if each.kind == kind]
    assert any(told in each.what for each in findings), validate_define(mutated.encode())
    for finding in findings:
        assert finding.where.file == "define.xml"
        assert finding.where.line > 0
        assert finding.todo


def test_findings_name_the_line(define_xml: str) -> None:
    mutated = swap('CodeListOID="CL.SEX"', 'CodeListOID="CL.SXE"')(define_xml)
    line = next(n for n, text in enumerate(mutated.splitlines(), 1) if "CL.SXE" in text)
    finding = next(
        each for each in validate_define(mutated.encode()) if each.kind == "unresolved-reference"
    )
    assert finding.where.line == line
    assert finding.todo == "Did you mean CL.SEX?"


def test_one_mistake_is_one_finding(define_xml: str) -> None:
    mutated = swap('ItemDef OID="IT.DM.SCALE"', 'ItemDef OID="IT.DM.SEX"')(define_xml)
    mutated = mutated.replace('ItemRef ItemOID="IT.DM.SCALE"', 'ItemRef ItemOID="IT.DM.AGEX"')
    kinds = [each.kind for each in validate_define(mutated.encode())]
    assert kinds.count("duplicate-oid") == 1
    assert "schema" not in kinds


def test_lines_are_right_in_a_file_too_long_for_libxml2(define_xml: str) -> None:
    padding = "\n" * 70_000
    mutated = swap("<def:CommentDef", f"{padding}<def:CommentDef")(define_xml)
    mutated = swap(">Screen failures are included.<", "><")(mutated)
    mutated = mutated.replace('<def:leaf ID="LF.csdrg"', '<def:leaf Odd="" ID="LF.csdrg"')
    lines = mutated.splitlines()
    findings = {each.kind: each.where.line for each in validate_define(mutated.encode())}
    assert findings["empty-text"] == 1 + next(
        n for n, text in enumerate(lines) if "def:CommentDef OID" in text
    )
    assert findings["schema"] == 1 + next(n for n, text in enumerate(lines) if "Odd=" in text)


# --- files that are not read ---------------------------------------------------------------------

BOMB = """<?xml version="1.0"?>
<!DOCTYPE ODM [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" Description="&b;">&b;</ODM>
"""
EXTERNAL = """<?xml version="1.0"?>

<!DOCTYPE ODM SYSTEM "http://localhost:9/none.dtd">
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>
"""


@pytest.mark.parametrize(
    ("xml", "kind", "line"),
    [
        (BOMB.encode(), "document-type", 2),
        (EXTERNAL.encode(), "document-type", 3),
        (BOMB.encode("utf-16"), "document-type", 2),
        (b"", "not-xml", 0),
        (b"\x00\xff\x00", "not-xml", 0),
        (b"<ODM>\n<a></b></ODM>", "not-xml", 2),
        (b"<html/>", "not-define", 1),
        (b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>', "not-define", 1),
        (
            b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"><Study OID="S"><MetaDataVersion OID="M"'
            b' Name="N" xmlns:def="http://www.cdisc.org/ns/def/v2.0" def:DefineVersion="2.0.0"/>'
            b"</Study></ODM>",
            "not-define",
            1,
        ),
        (b"<a>" * 5000, "not-xml", 1),
    ],
)
def test_what_is_no_define_xml_gets_one_finding(xml: bytes, kind: str, line: int) -> None:
    (finding,) = validate_define(xml)
    assert finding.kind == kind
    if line:
        assert finding.where.line == line


def test_a_path_names_itself(tmp_path: Path, define_xml: str) -> None:
    (finding,) = validate_define(tmp_path / "none.xml")
    assert (finding.where.file, finding.kind) == ("none.xml", "missing-file")
    path = tmp_path / "define.xml"
    path.write_bytes(define_xml.encode())
    assert validate_define(path) == ()


def test_the_package_of_the_schema_is_not_imported(define_xml: str) -> None:
    validate_define(define_xml.encode())
    assert "defineutils" not in sys.modules


# --- the standard's own examples -----------------------------------------------------------------

needs_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="CDISC's examples are not beside the repository"
)


@needs_examples
def test_the_published_adam_example_is_clean() -> None:
    assert validate_define(EXAMPLES / "adam.xml") == ()


@needs_examples
def test_the_published_sdtm_example_has_two_faults() -> None:
    """Two variables of EC are derived, and neither says how."""
    findings = validate_define(EXAMPLES / "sdtm.xml")
    assert [(each.kind, each.what.split()[1]) for each in findings] == [
        ("derived-without-method", "IT.EC.EXDOSE"),
        ("derived-without-method", "IT.EC.EXDOSU"),
    ]


def test_analysis_package_without_results_uses_the_plain_schema(analysis: Package) -> None:
    xml = render_define(analysis, "adam").decode()
    results = '<arm:AnalysisResultDisplays xmlns:arm="http://www.cdisc.org/ns/arm/v1.0"/>'
    mutated = xml.replace("    </MetaDataVersion>", f"      {results}\n    </MetaDataVersion>")
    findings = validate_define(mutated.encode())
    # known to the schema of analysis results, which only misses what it should hold
    assert [each.kind for each in findings] == ["schema"]
    assert "Missing child element" in findings[0].what
