"""Lines of a template as blocks, and what must not be taken for a mark in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.documents.content import Bullets, Heading, Paragraph, Table, parse, plain

LINES = """
# First
## Part
A paragraph.
* one
* two

|| Name | Value
| a | 1
| b | 2
## Part two
# Second
### Deep
#! Appendix
"""


def test_lines_are_blocks() -> None:
    assert parse(LINES) == (
        Heading(1, "1", "First"),
        Heading(2, "1.1", "Part"),
        Paragraph("A paragraph."),
        Bullets(("one", "two")),
        Table(("Name", "Value"), (("a", "1"), ("b", "2"))),
        Heading(2, "1.2", "Part two"),
        Heading(1, "2", "Second"),
        Heading(3, "2.0.1", "Deep"),
        Heading(1, "", "Appendix"),
    )


def test_rows_without_titles_are_a_table() -> None:
    assert parse("| a | b\n| c | d") == (Table(("", ""), (("a", "b"), ("c", "d"))),)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Co", "Cs", "Zl", "Zp"))))
def test_what_is_put_in_is_never_a_mark(text: str) -> None:
    shown = " ".join(text.split())
    assert parse(f"|| {plain(text)} | x") == (Table((shown, "x"), ()),)
    if shown:
        assert parse(plain(text)) == (Paragraph(shown),)


@given(
    st.lists(
        st.tuples(st.text("ab c", max_size=90), st.text("ab", max_size=5), st.text("a ")),
        min_size=1, max_size=5,
    ),
    st.tuples(*[st.floats(0, 0.33)] * 3),
)  # fmt: skip
def test_columns_share_the_width(
    rows: list[tuple[str, ...]], least: tuple[float, float, float]
) -> None:
    shares = Table(("Title", "Other", "Third"), tuple(rows)).shares(least)
    assert abs(sum(shares) - 1) < 1e-9
    assert all(share >= low - 1e-9 for share, low in zip(shares, least, strict=True))


def test_the_longest_words_of_columns() -> None:
    table = Table(("Ab", "Cde"), (("a longword", "x"), ("", "yy")))
    assert table.longest(lambda word, bold: len(word) + (10 if bold else 0)) == [12, 13]
