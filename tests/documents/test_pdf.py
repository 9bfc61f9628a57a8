"""A PDF file drawn by places: measured text, the outline, the same bytes."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from mg_cdisc.documents.pdf import Bookmark, Pdf

CHINESE = "重症肌无力患者夜间吞咽呛咳"
WORDS = "".join(map(chr, range(0x21, 0x7F))) + CHINESE
CREATED = datetime(2026, 3, 31)


@pytest.fixture(scope="module")
def pdf() -> Pdf:
    """A document that only measures."""
    return Pdf([CHINESE], title="Measures", created=CREATED)


@given(
    words=st.lists(st.text(alphabet=WORDS, min_size=1, max_size=30), max_size=8),
    width=st.floats(min_value=20, max_value=300),
    bold=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_wrapped_lines_fit_and_lose_nothing(
    pdf: Pdf, words: list[str], width: float, bold: bool
) -> None:
    lines = pdf.wrap(" ".join(words), width, 9, bold=bold)
    assert "".join(lines).replace(" ", "") == "".join(words)
    assert all(pdf.width_of(line, 9, bold) <= width for line in lines)


def test_lines_end_at_blanks_and_between_chinese_characters(pdf: Pdf) -> None:
    one = pdf.width_of("重", 10)
    assert pdf.wrap("重症肌无力", 3 * one, 10) == ["重症肌", "无力"]
    assert pdf.wrap("two words", pdf.width_of("words", 10) + 1, 10) == ["two", "words"]
    assert pdf.wrap("", 100, 10) == [""]
    assert pdf.wrap("one\ntwo", 100, 10) == ["one", "two"]


def test_text_is_read_back_in_latin_greek_and_chinese() -> None:
    text = "Größe ≥ 5 µg, β-carotene, 重症肌无力"
    made = Pdf([text], title="Text", created=CREATED)
    made.add_page()
    made.text(40, 40, text, 10)
    made.text(40, 60, text, 10, bold=True)
    page = PdfReader(io.BytesIO(made.finish())).pages[0].extract_text()
    assert page.splitlines() == [text, text]


def test_what_the_typeface_lacks_and_control_characters_break_nothing() -> None:
    made = Pdf(["\U0001f600\x07"], title="Odd", created=CREATED)
    made.add_page()
    made.text(40, 40, "a\U0001f600b\x07c", 10)
    assert made.wrap("a\U0001f600 b", 100, 10) == ["a\U0001f600 b"]
    assert PdfReader(io.BytesIO(made.finish())).pages[0].extract_text()


def test_bookmarks_are_a_tree_of_pages() -> None:
    made = Pdf([], title="Outline", created=CREATED)
    for _ in range(3):
        made.add_page()
    wanted = [
        Bookmark("Forms", 0, 1), Bookmark("One", 1, 1), Bookmark("Two", 1, 3),
        Bookmark("Visits", 0, 1), Bookmark("First", 1, 2), Bookmark("One", 2, 1),
        Bookmark("Last", 1, 3),
    ]  # fmt: skip
    for title, level, page in wanted:
        made.bookmark(title, level, page)
    reader = PdfReader(io.BytesIO(made.finish()))
    assert outline(reader) == wanted


def test_a_page_turned_back_to_has_settings_of_its_own() -> None:
    """What was set last on another page holds nothing here: each page is read for itself."""
    made = Pdf([], title="Pages", created=CREATED)
    for said in ("first", "second"):
        made.add_page()
        made.text(40, 40, f"{said} in bold", 14, bold=True)
    for page in (1, 2):
        made.turn_to(page)
        made.text(40, 80, f"foot of {page}", 7)
    pages = PdfReader(io.BytesIO(made.finish())).pages
    assert [page.extract_text().splitlines() for page in pages] == [
        ["first in bold", "foot of 1"],
        ["second in bold", "foot of 2"],
    ]


def test_the_same_calls_give_the_same_bytes() -> None:
    def once() -> bytes:
        made = Pdf([CHINESE], title="Same", created=CREATED)
        made.add_page()
        made.text(40, 40, f"Same {CHINESE}", 10)
        made.bookmark("Page", 0)
        return made.finish()

    first = once()
    assert first == once()
    assert str(PdfReader(io.BytesIO(first)).metadata["/CreationDate"]) == "D:20260331000000Z"  # type: ignore[index]


def outline(reader: PdfReader) -> list[Bookmark]:
    """The outline as it is read back."""

    def walk(entries: list[object], level: int) -> list[Bookmark]:
        found = []
        for entry in entries:
            if isinstance(entry, list):
                found += walk(entry, level + 1)
            else:
                page = reader.get_destination_page_number(entry)  # type: ignore[arg-type]
                assert page is not None
                found.append(Bookmark(str(entry.title), level, page + 1))  # type: ignore[attr-defined]
        return found

    return walk(reader.outline, 0)  # type: ignore[arg-type]


def test_chinese_punctuation_does_not_begin_a_line() -> None:
    made = Pdf(["一二三四，五（UNK）。"], title="T", created=datetime(2026, 1, 1), language="zh")
    wide = made.width_of("一二三四", 10) + 1
    assert made.wrap("一二三四，五", wide, 10) == ["一二三", "四，五"]
    assert made.wrap("一（UNK）。", made.width_of("一（UNK", 10) + 1, 10) == ["一（", "UNK）。"]
