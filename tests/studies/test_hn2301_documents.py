"""The example's define.html and acrf.pdf, as a reviewer has them: links, pages, annotations."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from lxml import etree, html
from pypdf import PdfReader

NAMES = {
    "odm": "http://www.cdisc.org/ns/odm/v1.3",
    "def": "http://www.cdisc.org/ns/def/v2.1",
}
PLACES = {
    "sdtm": "m5/datasets/hn2301/tabulations/sdtm",
    "adam": "m5/datasets/hn2301/analysis/adam/datasets",
}


@pytest.fixture(scope="module")
def reader(example: Any) -> PdfReader:
    return PdfReader(example.sdtm / "acrf.pdf")


@pytest.fixture(scope="module")
def pages(reader: PdfReader) -> list[str]:
    """The text of each page, in one line."""
    return [" ".join(page.extract_text().split()) for page in reader.pages]


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_every_link_of_define_html_leads_somewhere(example: Any, place: str) -> None:
    folder: Path = example.folder / place
    page = html.fromstring((folder / "define.html").read_bytes())
    there = set(page.xpath("//@id")) | set(page.xpath("//a/@name"))
    links = [str(each) for each in page.xpath("//@href | //@src")]
    files = 0
    for link in links:
        file, _, at = link.partition("#")
        if link.startswith("javascript:"):
            continue
        if not file:
            assert at in there, link
            continue
        files += 1
        assert (folder / unquote(file)).is_file(), link
        if at:
            number = re.fullmatch(r"page=(\d+)", at)
            assert number, link
            assert 1 <= int(number[1]) <= len(PdfReader(folder / file).pages)
    assert files > 5
    assert not page.xpath("//*[@class='unresolved']")
    assert {path.name for path in folder.glob("*.xpt")} <= set(links)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_define_xml_names_the_stylesheet_beside_it(example: Any, place: str) -> None:
    folder: Path = example.folder / place
    lines = (folder / "define.xml").read_text(encoding="utf-8").splitlines()
    assert lines[1] == '<?xml-stylesheet type="text/xsl" href="define2-1.xsl"?>'
    assert b"Lex Jansen" in (folder / "define2-1.xsl").read_bytes()


def test_the_pages_of_define_xml_are_those_that_bear_the_annotation(
    example: Any, pages: list[str]
) -> None:
    """Each page of each origin has the variable's annotation; of one test or qualifier its own."""
    root = etree.parse(str(example.sdtm / "define.xml")).getroot()
    told = 0
    for item in root.iterfind(".//odm:ItemDef", NAMES):
        dataset, variable, *level = str(item.get("OID")).removeprefix("IT.").split(".")
        for ref in item.iterfind(".//def:PDFPageRef", NAMES):
            text = "USUBJID" if variable == "USUBJID" else f"{dataset}.{variable}"
            text = CONTINUED.get(".".join([dataset, variable, *level]), text)
            shown = (
                re.search(rf"{text} when [A-Z]+ = '{level[0]}'", " ".join(pages)) if level else None
            )
            if shown:  # a test that a whole form is of has no condition of its own
                text += f" when [A-Z]+ = '{level[0]}'"
            for page in str(ref.get("PageRefs")).split():
                assert re.search(rf"\b{text}", pages[int(page) - 1]), (item.get("OID"), page)
                told += 1
    assert told > 200


CONTINUED = {
    "CO.COVAL1": "CO.COVAL",
    "CO.COVAL2": "CO.COVAL",
    "SUPPAE.QVAL.AEACNOT1": "AE.AEACNOTH",
    "SUPPDV.QVAL.DVTERM1": "DV.DVTERM",
}
"""What goes on in further variables stands on the page of the first."""


def test_every_collected_variable_has_its_page(example: Any) -> None:
    root = etree.parse(str(example.sdtm / "define.xml")).getroot()
    for origin in root.iterfind(".//def:Origin[@Type='Collected']", NAMES):
        assert origin.find(".//def:PDFPageRef", NAMES) is not None, origin.getparent().get("OID")


def test_every_annotation_names_a_variable_of_the_package(example: Any, pages: list[str]) -> None:
    named = {found for page in pages[1:] for found in re.findall(r"\b[A-Z]{2,8}\.[A-Z0-9]+", page)}
    known = {
        f"{name}.{variable.name}"
        for name, dataset in example.datasets.items()
        for variable in dataset.variables
    }
    assert len(named) > 150
    assert named - known == set()


def test_fields_are_annotated_as_by_hand(pages: list[str]) -> None:
    """Drawn from the forms and the specs by reading them."""
    text = " ".join(pages)
    for said in (
        "Sex SEX 1 = Male 2 = Female DM.SEX",
        "What is the adverse event? AETERM AE.AETERM",
        "Is the event ongoing? AEONGO Y = Yes N = No AE.AEENRTPT = 'ONGOING'",
        "Race, other RACEOTH SUPPDM.QVAL when QNAM = 'RACEOTH'",
        "Systolic blood pressure SYSBP VS.VSORRES when VSTESTCD = 'SYSBP'",
        "Initials INITIALS [NOT SUBMITTED] subject initials are personal data",
        "Date of informed consent (DD-MMM-YYYY) CONSENT_DATE DS.DSSTDTC when DSDECOD = "
        "'INFORMED CONSENT OBTAINED'",
        "CD19+ B cells [cells/uL] LB.LBORRES when LBTESTCD = 'BLYCE'",
        "MG-ADL Total Score MGADL_TOTAL QS.QSORRES when QSTESTCD = 'MGADLTOT'",
        "Was it interrupted? INTERRUPTED Y = Yes N = No [NOT SUBMITTED] selects the records of EC",
    ):
        assert said in text, said


def test_visits_stand_in_the_outline_in_their_order(example: Any, reader: PdfReader) -> None:
    top: list[Any] = reader.outline
    titles = [each.title for each in top if not isinstance(each, list)]
    assert titles == ["Forms", "Data transfers", "Visits"]
    visits = [each.title for each in top[5] if not isinstance(each, list)]
    planned = example.frame("TV").sort_values("VISITNUM")["VISIT"].tolist()
    assert visits == [*planned, "Unscheduled", "Not by visit"]
    screening = [each.title for each in top[5][1]]
    assert "Demographics" in screening  # by its study event alone: DM has no VISITNUM
    assert "HN2301 infusion" not in screening
