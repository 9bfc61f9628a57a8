"""The reviewer's guides: their fixed words, and how they are drawn."""

from __future__ import annotations

import io
import string
import zipfile
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import pytest
import yaml
from pypdf import PdfReader

from mg_cdisc.define.render import templates_folder
from mg_cdisc.documents.content import Bullets, Guide, Heading, Paragraph, Table, parse
from mg_cdisc.documents.guide_docx import guide_docx
from mg_cdisc.documents.guide_pdf import guide_pdf
from mg_cdisc.documents.issues import LISTED, issues_of
from mg_cdisc.documents.prose import Prose
from mg_cdisc.errors import Finding, Location
from mg_cdisc.spec.guide import Guide as GuideTexts

FOLDER = templates_folder() / "guides"
LONG = (
    "A text that goes on for longer than any line has room for, and then for some more of it. " * 9
)
WORD = "concomitant_medication_complete_with_more"
ROWS = tuple((f"R{number}", LONG if number % 7 == 0 else "短文本", WORD) for number in range(60))


def guide(language: str = "en") -> Guide:
    blocks = (
        Heading(1, "1", "Introduction"),
        Paragraph(LONG),
        Heading(2, "1.1", "目的"),
        Paragraph("[To be written: something]"),
        Bullets(("first of the list", LONG)),
        Table(("Name", "What & why <it> is", "Word"), ROWS),
        *(Heading(2, f"1.{number}", f"Section {number}") for number in range(2, 70)),
    )
    return Guide("A Guide", ("Study X",), "Contents", "Page {page} of {pages}", language,
                 datetime(2026, 3, 31), "An author", ("[To be written",), blocks)  # fmt: skip


@pytest.fixture(scope="module")
def pdf() -> PdfReader:
    return PdfReader(io.BytesIO(guide_pdf(guide())))


def words(language: str) -> Mapping[str, str]:
    text = (FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    read: Mapping[str, str] = yaml.load(text, yaml.BaseLoader)
    return read


def test_both_languages_say_the_same_with_the_same_places() -> None:
    def places(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    english, chinese = words("en"), words("zh")
    assert list(english) == list(chinese)
    assert {key: places(text) for key, text in english.items()} == {
        key: places(text) for key, text in chinese.items()
    }
    latin = {key for key, text in chinese.items() if text.isascii() and text != english[key]}
    assert not latin


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_is_unused(language: str) -> None:
    used = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.j2")))
    source = Path(__file__).parents[2] / "src" / "mg_cdisc" / "documents"
    used += "".join(path.read_text(encoding="utf-8") for path in sorted(source.glob("*.py")))
    used = used.replace("'", '"')
    built = ("standard.", "level.", "then.", "outcome.", "need.", "acronym.")
    told = {key for key in words(language) if not key.startswith(built)}
    assert not {key for key in told if f'"{key}"' not in used} - {"csdrg", "adrg"}
    needed = {key.removeprefix("need.") for key in words(language) if key.startswith("need.")}
    assert not {key for key in needed if f'"{key}"' not in used}


def test_a_place_is_marked_until_the_study_fills_it() -> None:
    open_ = Prose(templates_folder(), "en", GuideTexts())
    said = open_.written("design", "design")
    assert said.startswith("[To be written: ")
    assert any(mark in said for mark in open_.marks)
    filled = Prose(templates_folder(), "en", GuideTexts(design="One arm.\n\nThree | doses."))
    assert parse(filled.written("design", "design")) == (
        Paragraph("One arm."), Paragraph("Three | doses."),
    )  # fmt: skip


def test_a_text_without_chinese_is_marked_in_a_chinese_guide() -> None:
    texts = GuideTexts(design="One arm.\nThree doses.", chinese={"One arm.": "单臂。"})
    prose = Prose(templates_folder(), "zh", texts)
    assert parse(prose.written("design", "design")) == (
        Paragraph("单臂。"), Paragraph("Three doses. [待翻译]"),
    )  # fmt: skip
    assert prose.own("") == ""


def test_findings_alike_stand_together() -> None:
    def finding(row: int, reason: str, level: Any = "warning", count: int = 1) -> Finding:
        return Finding(Location("a.csv", row=row), "odd", f"odd: {row} records: x", "", level, "AE",
                       count=count, reason=reason)  # fmt: skip

    many = [finding(row, "kept: because", count=2) for row in range(1, 26)]
    error = finding(99, "blank: it is no day", "error")
    first, second, third = issues_of([*many, finding(50, ""), error], str)
    assert (first.level, first.then, first.reason) == ("error", "blank", "it is no day")
    assert (second.reason, second.records, third.reason) == ("", 1, "because")
    assert (third.records, third.what, third.others) == (50, "odd", 0)
    assert (len(third.listed), third.unlisted) == (LISTED, 5)
    assert third.listed[0].what == "odd: 1 records: x"


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("VS, check: does not hold: a start is there (_no = '9')",
         "Not so: a start is there (no = '9')"),
        ("check: does not hold: a total is its sum (T = 'a_b', _sum = '5')",
         "Not so: a total is its sum (T = 'a_b', sum = '5')"),
        ("does not hold: one record", "Not so: one record"),
        ("VSDTC: x = '_1' is no date", "VSDTC: x = '_1' is no date"),
    ],
)  # fmt: skip
def test_a_check_is_told_without_the_words_of_the_spec(what: str, told: str) -> None:
    (only,) = issues_of([Finding(Location("a.csv"), "check", what, "", "error", "VS")], str)
    assert (only.what, only.listed[0].what) == (told, told)


# --- the files ------------------------------------------------------------------------------------


def test_the_pdf_holds_every_text(pdf: PdfReader) -> None:
    text = "".join("".join(page.extract_text().split()) for page in pdf.pages)
    for each in guide().texts:
        if "{" not in each and each != LONG and each != WORD:
            assert "".join(each.split()) in text, each
    cells = 1 + 1 + sum(LONG in row for row in ROWS)
    assert text.count("longer") == 9 * cells


def test_the_outline_and_the_contents_name_the_pages(pdf: PdfReader) -> None:
    found: list[tuple[str, int]] = []

    def walk(entries: Any) -> None:
        for each in entries:
            if isinstance(each, list):
                walk(each)
            else:
                number = pdf.get_destination_page_number(each)
                assert number is not None
                found.append((str(each.title), number + 1))

    walk(pdf.outline)
    assert [title for title, _ in found] == [each.shown for each in guide().headings]
    front = "\n".join(page.extract_text() for page in pdf.pages[:3])
    for title, number in found:
        assert title in pdf.pages[number - 1].extract_text(), title
        assert any(
            line.startswith(title) and line.endswith(str(number)) for line in front.splitlines()
        ) or f"{title}\n{number}\n" in front  # fmt: skip


def test_the_titles_of_a_table_stand_on_each_of_its_pages(pdf: PdfReader) -> None:
    pages = [page.extract_text() for page in pdf.pages]
    with_rows = [page for page in pages if "concomitant" in page]
    assert len(with_rows) > 2
    assert all("What & why <it> is" in page for page in with_rows)


def test_nothing_leaves_the_page_and_no_lines_overlap(pdf: PdfReader) -> None:
    for page in pdf.pages:
        placed: list[tuple[float, float]] = []

        def visit(
            text: str, _cm: Any, matrix: Any, _font: Any, _size: Any, at: Any = placed
        ) -> None:
            if text.strip():
                at.append((float(matrix[4]), float(matrix[5])))

        page.extract_text(visitor_text=visit)
        assert all(40 <= x <= 555 and 25 <= y <= 842 - 40 for x, y in placed)
        columns: dict[float, set[float]] = {}
        for x, y in placed:
            columns.setdefault(round(x, 1), set()).add(round(y, 2))
        for ys in columns.values():
            assert all(b - a > 7 for a, b in pairwise(sorted(ys)))


def test_the_document_has_the_same_text_with_styles_of_headings() -> None:
    content = guide_docx(guide())
    document = docx.Document(io.BytesIO(content))
    texts = [each.text for each in document.paragraphs]
    headings = [
        (str(each.style.name), each.text) for each in document.paragraphs
        if each.style is not None and str(each.style.name).startswith("Heading")
    ]  # fmt: skip
    assert headings == [(f"Heading {each.level}", each.shown) for each in guide().headings]
    assert {"A Guide", "[To be written: something]", LONG.strip()} <= {e.strip() for e in texts}
    (table,) = document.tables
    first = [cell.text for cell in table.rows[0].cells]
    assert first == ["Name", "What & why <it> is", "Word"]
    assert [row.cells[0].text for row in table.rows[1:]] == [row[0] for row in ROWS]
    marked = [
        run.text for each in document.paragraphs for run in each.runs
        if run.font.highlight_color is not None
    ]  # fmt: skip
    assert marked == ["[To be written: something]"]


def test_the_document_bears_the_dates_of_the_study_alone() -> None:
    content = guide_docx(guide())
    core = docx.Document(io.BytesIO(content)).core_properties
    dates = [
        each.replace(tzinfo=None) for each in (core.created, core.modified) if each is not None
    ]
    assert dates == [guide().created] * 2
    assert (core.author, core.title) == ("An author", "A Guide")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_content_gives_the_same_bytes() -> None:
    assert guide_docx(guide()) == guide_docx(guide())
    assert guide_pdf(guide()) == guide_pdf(guide())
