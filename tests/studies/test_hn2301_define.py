"""Both define.xml of the example say all of the data and nothing else, by an independent reader.

Codelists against values and against what the forms offer, value levels against records, terms
against the published terminology, and what every definition must have.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from ..drift.reader import NAMES, Offered, differences, read, shown, without_levels

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "mapping_specs" / "hn2301"
PUBLISHED = ROOT.parent / "shared" / "standards"
DEF = "{http://www.cdisc.org/ns/def/v2.1}"
PACKAGES = ("tabulations/sdtm", "analysis/adam/datasets")
Element = etree._Element


@pytest.fixture(scope="module", params=PACKAGES, ids=["sdtm", "adam"])
def package(example: Any, request: pytest.FixtureRequest) -> Path:
    """A folder with a define.xml."""
    found: Path = example.folder / "m5/datasets/hn2301" / request.param
    return found


@pytest.fixture(scope="module")
def define(package: Path) -> Element:
    """Its define.xml."""
    return etree.parse(package / "define.xml").getroot()


def find(element: Element, path: str) -> list[Any]:
    found = element.xpath(path, namespaces=NAMES)
    assert isinstance(found, list)
    return found


def words(element: Element) -> str:
    return " ".join(find(element, "./o:Description/o:TranslatedText/text()"))


def offered() -> Offered:
    """What the forms offer: maps and own terms of terminology.yaml, answers of instruments."""
    told = yaml.safe_load((STUDY / "terminology.yaml").read_text(encoding="utf-8"))
    terms = {
        name: {*each.get("map", {}).values(), *each.get("terms", {})} for name, each in told.items()
    }
    for path in (STUDY / "instruments").glob("*.yaml"):
        answers = yaml.safe_load(path.read_text(encoding="utf-8"))["answers"].values()
        terms[path.stem.upper()] = {
            str(cell) for table in answers for row in table["rows"] for cell in row
        }
    # the forms in English and in code take terms of the standard themselves
    columns = yaml.load((STUDY / "sources.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    codes = {
        str(code)
        for source in columns.values()
        for column in (source.get("columns") or {}).values()
        for code in (column.get("choices") or {})
    }
    form = (STUDY / "source/edc.odm.xml").read_text(encoding="utf-8")
    codes |= set(re.findall(r'CodedValue="([^"]*)"', form))
    with (STUDY / "source/conmeds_dictionary.csv").open(encoding="utf-8", newline="") as file:
        for cells in csv.reader(file):
            codes |= {part.split(",")[0].strip() for cell in cells for part in cell.split("|")}
    for name in terms.keys() | {"NY", "FREQ", "FRM", "ROUTE", "UNIT"}:
        terms[name] = terms.get(name, set()) | codes
    return Offered(terms)


def test_nothing_drifts(package: Path) -> None:
    """Values, types, lengths, codelists, keys, and each record in one value level of each list."""
    assert differences(package, offered()) == []


def test_every_result_and_qualifier_has_value_levels(package: Path) -> None:
    lacking, having = without_levels(package)
    assert lacking == []
    assert having >= 8


def test_terms_are_the_published_ones(define: Element) -> None:
    """NCI codes, extended values and decodes, against the files that NCI publishes."""
    if not PUBLISHED.is_dir():
        pytest.skip("the published terminology is not on this machine (../shared/standards)")
    codes: dict[str, dict[str, str]] = {}
    for path in sorted([*PUBLISHED.glob("sdtm-ct-*"), *PUBLISHED.glob("adam-ct-*")]):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t" if path.suffix == ".txt" else ","):
                codes.setdefault(row["Codelist Code"] or row["Code"], {})[
                    row["CDISC Submission Value"]
                ] = row["Code"]
    assert codes
    for codelist in find(define, "//o:CodeList"):
        code = find(codelist, "./o:Alias[@Context='nci:ExtCodeID']/@Name")
        assert bool(code) == bool(codelist.get(f"{DEF}StandardOID")), codelist.get("OID")
        for term in find(codelist, "./o:CodeListItem|./o:EnumeratedItem"):
            own = find(term, "./o:Alias/@Name")
            extended = term.get(f"{DEF}ExtendedValue") == "Yes"
            assert bool(own) != extended or not code, (codelist.get("OID"), term.get("CodedValue"))
            if code and own:
                assert codes[code[0]][term.get("CodedValue")] == own[0]


def test_every_definition_says_what_it_must(define: Element) -> None:
    """Methods in words and formally, dictionaries with versions, datasets with class and keys."""
    for method in find(define, "//o:MethodDef"):
        assert words(method).endswith((".", '"')), words(method)
        assert "_" not in re.sub(r'"[^"]*"', "", words(method)).split()[0]
        oid = method.get("OID")
        if not oid.endswith((".USUBJID", "TSVAL1")):  # the engine's own: no step of a spec
            assert find(method, "./o:FormalExpression[@Context]"), oid
    for dictionary in find(define, "//o:ExternalCodeList"):
        assert dictionary.get("Dictionary")
        assert dictionary.get("Version")
    for group in find(define, "//o:ItemGroupDef"):
        assert group.get(f"{DEF}Structure")
        assert find(group, "./d:Class/@Name")
        assert group.get(f"{DEF}StandardOID")
        assert group.get(f"{DEF}ArchiveLocationID")
        keys = find(group, "./o:ItemRef/@KeySequence")
        assert sorted(map(int, keys)) == list(range(1, len(keys) + 1))
        design = find(group, "./d:Class/@Name") == ["TRIAL DESIGN"]
        assert (group.get("IsReferenceData") == "Yes") == design
    for item in find(define, "//o:ItemDef"):
        kind, digits = item.get("DataType"), item.get("SignificantDigits")
        assert (kind == "float") == (digits is not None)
        assert words(item) or ".DSDECOD." in item.get("OID"), item.get("OID")
        assert len(words(item)) <= 40 or item.get("OID").count(".") > 2


def test_ranks_stand_where_there_is_an_order(define: Element) -> None:
    """Scores and classes are ordered; a codelist has a rank for each term or for none."""
    for codelist in find(define, "//o:CodeList"):
        terms = find(codelist, "./o:CodeListItem|./o:EnumeratedItem")
        ranks = [term.get("Rank") for term in terms if term.get("Rank") is not None]
        scored = re.search(r"\.(ANSWERS|SCORES)$|MGFACLAS$", codelist.get("OID"))
        assert len(ranks) == (len(terms) if scored else 0), codelist.get("OID")
        assert ranks == sorted(ranks, key=int)
        if codelist.get("OID").endswith(".SCORES"):
            assert [term.get("CodedValue") for term in terms] == ranks


def test_coding_is_assigned_and_dated(define: Element, package: Path) -> None:
    """What a dictionary says is assigned by the sponsor, and no page of the form has it."""
    if "tabulations" not in str(package):
        pytest.skip("analysis datasets copy the coded variables")
    for name in ("AEDECOD", "AEPTCD", "MHDECOD", "CMDECOD"):
        item = find(define, f"//o:ItemDef[@OID='IT.{name[:2]}.{name}']")[0]
        origin = find(item, "./d:Origin")[0]
        assert (origin.get("Type"), origin.get("Source")) == ("Assigned", "Sponsor")
        assert not find(origin, ".//d:PDFPageRef")
    assert find(define, "//o:ItemDef[@OID='IT.DM.COUNTRY']/o:CodeListRef/@CodeListOID") == [
        "CL.ISO3166"
    ]


def test_trial_summary_is_told_parameter_by_parameter(define: Element, package: Path) -> None:
    """A value of TS is of the protocol, or derived by the method of its own records."""
    if "tabulations" not in str(package):
        pytest.skip("analysis datasets have no trial summary")
    values = find(define, "//d:ValueListDef[@OID='VL.TS.TSVAL']/o:ItemRef")
    parameters = {shown(row["TSPARMCD"]) for row in read(package / "ts.xpt").rows}
    assert len(values) == len(parameters)
    derived = {ref.get("ItemOID").rpartition(".")[2] for ref in values if ref.get("MethodOID")}
    assert derived == {"ACTSUB", "NARMS", "SSTDTC"}
