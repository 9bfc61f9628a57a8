"""The example's reviewer's guides: what they say is what the build wrote."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import docx
import pytest
from lxml import etree
from pypdf import PdfReader

from mg_cdisc.transport import read_xpt

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
DEF = "{http://www.cdisc.org/ns/def/v2.1}"
XLINK = "{http://www.w3.org/1999/xlink}"
PLACES = {
    "csdrg": "m5/datasets/hn2301/tabulations/sdtm",
    "adrg": "m5/datasets/hn2301/analysis/adam/datasets",
}
GAP = "[To be written: "
SECTIONS = {
    "csdrg": [
        "1 Introduction", "1.1 Purpose", "1.2 Acronyms",
        "1.3 Study Data Standards and Dictionary Inventory",
        "2 Protocol Description", "2.1 Protocol Number and Title", "2.2 Protocol Design",
        "2.3 Trial Design Datasets", "3 Subject Data Description", "3.1 Overview",
        "3.2 Traceability Flow", "3.3 Annotated CRF", "3.4 SDTM Subject Domains",
        "4 Data Conformance Summary", "4.1 Conformance Inputs", "4.2 Issues Summary",
        "4.3 Additional Conformance Details", "Appendix I: Inclusion/Exclusion Criteria",
        "Appendix II: Conformance Issues Details",
        "Appendix III: Legacy Data Conversion Plan and Report",
    ],
    "adrg": [
        "1 Introduction", "1.1 Purpose", "1.2 Acronyms",
        "1.3 Study Data Standards and Dictionary Inventory",
        "1.4 Source Data Used for Analysis Dataset Creation",
        "2 Protocol Description", "2.1 Protocol Number and Title",
        "2.2 Protocol Design in Relation to ADaM Concepts",
        "3 Analysis Considerations Related to Multiple Analysis Datasets",
        "3.1 Core Variables", "3.2 Treatment Variables",
        "3.3 Subject Issues that Require Special Analysis Rules",
        "3.4 Use of Visit Windowing, Unscheduled Visits, and Record Selection",
        "3.5 Imputation/Derivation Methods", "4 Analysis Data Creation and Processing Issues",
        "4.1 Split Datasets", "4.2 Data Dependencies", "4.3 Intermediate Datasets",
        "5 Analysis Dataset Descriptions", "5.1 Overview", "5.2 Analysis Datasets",
        "6 Data Conformance Summary", "6.1 Conformance Inputs", "6.2 Issues Summary",
        "7 Submission of Programs", "7.1 Description", "7.2 ADaM Programs",
        "7.3 Analysis Output Programs", "7.4 Macro Programs",
        "Appendix I: Conformance Issues Details",
    ],
}  # fmt: skip


class Read:
    """A guide as other programs read it."""

    def __init__(self, folder: Path, kind: str) -> None:
        document = docx.Document(str(folder / f"{kind}.docx"))
        self.paragraphs = [each.text for each in document.paragraphs]
        self.headings = [
            each.text for each in document.paragraphs
            if each.style is not None and str(each.style.name).startswith("Heading")
        ]  # fmt: skip
        self.tables = [
            [[cell.text for cell in row.cells] for row in table.rows] for table in document.tables
        ]
        self.pdf = PdfReader(folder / f"{kind}.pdf")
        self.pages = "".join("".join(page.extract_text().split()) for page in self.pdf.pages)

    def table(self, *titles: str) -> list[list[str]]:
        """The rows of the one table whose titles begin so."""
        (found,) = [each for each in self.tables if each[0][: len(titles)] == list(titles)]
        return found[1:]

    @property
    def texts(self) -> list[str]:
        return [*self.paragraphs, *(cell for t in self.tables for row in t for cell in row)]


@pytest.fixture(scope="module")
def guides(example: Any) -> dict[str, Read]:
    return {kind: Read(example.folder / place, kind) for kind, place in PLACES.items()}


@pytest.fixture(scope="module")
def findings(example: Any) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads((example.folder / "findings.json").read_text("utf-8"))
    return read


def rows(folder: Path, kind: str) -> dict[str, int]:
    return {
        path.stem.upper(): read_xpt(path).frame.rows
        for path in (folder / PLACES[kind]).glob("*.xpt")
    }


@pytest.mark.parametrize("kind", PLACES)
def test_both_files_have_the_sections_in_their_order(guides: dict[str, Read], kind: str) -> None:
    read = guides[kind]
    titles: list[str] = []

    def walk(entries: Any) -> None:
        for each in entries:
            if isinstance(each, list):
                walk(each)
            else:
                titles.append(str(each.title))

    walk(read.pdf.outline)
    assert titles == read.headings
    assert [each for each in titles if each in SECTIONS[kind]] == SECTIONS[kind]
    for text in read.texts:
        assert "".join(text.split()) in read.pages or len(text) > 60, text


@pytest.mark.parametrize("kind", PLACES)
def test_each_dataset_is_named_with_its_records(
    example: Any, guides: dict[str, Read], kind: str
) -> None:
    told = guides[kind].table("Dataset", "Label", "Class", "Records")
    written = rows(example.folder, kind)
    main = {name: count for name, count in written.items() if not name.startswith("SUPP")}
    assert {row[0]: int(row[3]) for row in told} == main
    structures = {row[0] for row in guides[kind].table("Dataset", "Structure", "Keys")}
    assert structures == set(written)
    described = " ".join(guides[kind].headings)
    assert all(f"{name} - " in described for name in main)


def test_what_is_marked_of_each_dataset(example: Any, guides: dict[str, Read]) -> None:
    told = guides["csdrg"].table("Dataset", "Label", "Class", "Records")
    written = rows(example.folder, "csdrg")
    related = set(example.frame("RELREC")["RDOMAIN"])
    for name, _, _, _, _, _, supp, relrec in told:
        assert (supp == "X") == (f"SUPP{name}" in written), name
        assert (relrec == "X") == (name in related), name
    qualifiers = Counter(example.frame("SUPPAE")["QNAM"])
    (table,) = [
        each for each in guides["csdrg"].tables
        if each[0] == ["QNAM", "Label", "Records"] and {row[0] for row in each[1:]} == set(qualifiers)
    ]  # fmt: skip
    assert {row[0]: int(row[2]) for row in table[1:]} == qualifiers


def told_plainly(what: str) -> str:
    """A check as the guide words it: what is not so, its working variables without their mark."""
    _, failed, rule = what.partition("does not hold: ")
    return f"Not so: {rule}".replace("(_", "(").replace(", _", ", ") if failed else what


def test_each_finding_stands_with_its_reason(
    guides: dict[str, Read], findings: list[dict[str, Any]]
) -> None:
    words = {"kept": "kept as collected", "blank": "left blank", "excluded": "left out"}
    expected: Counter[tuple[str, ...]] = Counter()
    for each in findings:
        then, _, reason = (each["accepted"] or "").partition(": ")
        said = f"{words[then]}: {reason}" if then else f"{GAP}why this stays]"
        key = (each["dataset"], each["class"], each["level"], said)
        expected[key] += each["records"]
    told: Counter[tuple[str, ...]] = Counter()
    for read in guides.values():
        for table in read.tables:
            if table[0][:4] == ["Dataset", "Finding", "Level", "Records"]:
                told.update({(r[0], r[1], r[2], r[5]): int(r[3]) for r in table[1:]})
    assert told == expected
    listed = [
        row[3] for read in guides.values() for table in read.tables
        if table[0][:3] == ["Finding", "Dataset", "Place"] for row in table[1:]
    ]  # fmt: skip
    assert sorted(listed) == sorted(told_plainly(" ".join(e["what"].split())) for e in findings)


@pytest.mark.parametrize("kind", PLACES)
def test_each_disagreement_with_the_registry_is_named(guides: dict[str, Read], kind: str) -> None:
    assert guides[kind].table("Instrument", "Fact", "Published", "Registered") == [
        ["MG-QOL15R", "direction", "higher is worse", "lower is worse"],
        ["MG-QOL15R", "range of MGQOLTOT", "0 - 30", "0 - 100"],
        ["QMG", "range of QMGTOT", "0 - 39", "0 - 32"],
    ]


def test_rows_that_are_left_out(example: Any, guides: dict[str, Read]) -> None:
    forms = json.loads((example.folder / "build.json").read_text("utf-8"))["forms"]
    told = guides["csdrg"].table("Form", "File", "Rows", "Used")
    assert [(row[1], int(row[2]), int(row[3])) for row in told] == [
        (each["file"], each["rows"], each["used"]) for each in forms
    ]
    for row, form in zip(told, forms, strict=True):
        for reason, count in form["excluded"].items():
            assert f"{count}: {reason}" in row[4]
        assert bool(row[4]) == bool(form["excluded"] or form["rejected"])


def test_why_a_dataset_is_as_it_is_stands_in_both_places(
    example: Any, guides: dict[str, Read]
) -> None:
    root = etree.parse(str(example.sdtm / "define.xml")).getroot()
    group = next(each for each in root.iter(f"{ODM}ItemGroupDef") if each.get("Name") == "QS")
    comment = next(
        each for each in root.iter(f"{DEF}CommentDef")
        if each.get("OID") == group.get(f"{DEF}CommentOID")
    )  # fmt: skip
    said = " ".join("".join(str(text) for text in comment.itertext()).split())
    assert "QMG and MGC" in said
    assert said in guides["csdrg"].paragraphs


@pytest.mark.parametrize("kind", PLACES)
def test_places_that_a_person_fills_are_marked_in_both_files(
    guides: dict[str, Read], kind: str
) -> None:
    open_ = [text for text in guides[kind].texts if GAP in text]
    assert len(open_) > 2
    assert guides[kind].pages.count("".join(GAP.split())) == len(open_)
    assert f"{GAP}name of the sponsor]" in open_


@pytest.mark.parametrize("kind", PLACES)
def test_define_xml_and_the_manifest_name_the_guide(example: Any, kind: str) -> None:
    root = etree.parse(str(example.folder / PLACES[kind] / "define.xml")).getroot()
    refs = [
        each.get("leafID") for each in root.iterfind(f".//{DEF}SupplementalDoc/{DEF}DocumentRef")
    ]
    leaves = {each.get("ID"): each for each in root.iter(f"{DEF}leaf")}
    (leaf,) = [leaves[ref] for ref in refs if leaves[ref].get(f"{XLINK}href") == f"{kind}.pdf"]
    assert str(leaf.findtext(f"{DEF}title")).endswith("Reviewer's Guide")
    outputs = json.loads((example.folder / "manifest.json").read_text("utf-8"))["outputs"]
    assert {f"{PLACES[kind]}/{kind}.{end}" for end in ("docx", "pdf")} <= set(outputs)


def test_facts_of_the_analysis(example: Any, guides: dict[str, Read]) -> None:
    read = guides["adrg"]
    folder = example.folder / PLACES["adrg"]
    adsl = read_xpt(folder / "adsl.xpt").frame.to_pandas()
    for row in read.table("Variable", "Label", "Subjects with Y"):
        assert int(row[2]) == (adsl[row[0]] == "Y").sum(), row[0]
    adqs = read_xpt(folder / "adqs.xpt").frame.to_pandas()
    counts = adqs["PARAMCD"].value_counts().to_dict()
    tables = [
        {row[0]: int(row[2]) for row in each[1:]}
        for each in read.tables if each[0][:2] == ["PARAMCD", "PARAM"]
    ]  # fmt: skip
    assert counts in tables
    windows = {tuple(row[:5]) for row in read.table("AVISIT", "AVISITN")}
    assert ("Day 14", "14", "14", "11", "21") in windows
    assert ("Month 12", "360", "360", "316", "") in windows
    primary = [
        row[0] for row in read.table("Dataset", "Label", "Class", "Records") if row[6] == "X"
    ]
    assert primary == ["ADAE"]
