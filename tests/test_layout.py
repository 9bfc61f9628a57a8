"""Text laid out: nothing wider than the space, nothing lost, nothing that moves the cursor."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.layout import (
    Column,
    Piece,
    cut,
    fitting,
    joined,
    line,
    pad,
    panels,
    safe,
    shown,
    table,
    width,
    within,
    wrap,
)

WORDS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)


def test_a_table_is_as_written_by_hand() -> None:
    made = table(
        [
            Column("Name", ["AE", "\u4e0d\u826f\u4e8b\u4ef6", ""]),
            Column("Rows", ["1", "1,000", ""], right=True),
            Column("Note", ["", "a\tb", ""]),
        ],
        indent="  ",
    )
    assert joined(made) == (
        "  Name       Rows  Note\n"
        "  AE            1\n"
        "  \u4e0d\u826f\u4e8b\u4ef6  1,000  a\\tb\n"
        "\n"
    )  # fmt: skip


def test_what_does_not_fit_follows_below_with_the_first_column_again() -> None:
    columns = [Column("#", ["1", "2"]), *(Column(name, ["xxxx", "y"]) for name in "ABC")]
    assert joined(panels(columns, 1, 13, None)) == (
        "#  A     B\n1  xxxx  xxxx\n2  y     y\n\n#  C\n1  xxxx\n2  y\n"
    )
    assert (
        joined(panels(columns, 1, None, 3)) == "#  A    B    C\n1  xx…  xx…  xx…\n2  y    y    y\n"
    )


def test_a_table_that_is_too_wide_loses_the_end_of_its_longest_text() -> None:
    columns = [
        Column("Name", ["AE"]),
        Column("Label", ["Adverse Events of all subjects"]),
        Column("Records", ["15"], right=True),
        Column("Variables", ["38"], right=True),
    ]
    assert joined(within(columns, 1, 45)) == (
        "Name  Label                Records  Variables\n"
        "AE    Adverse Events of …       15         38\n"
    )
    assert within(columns, 1, None) == table(columns)


def test_a_table_that_stays_too_wide_becomes_panels() -> None:
    columns = [
        Column("Name", ["AE"]),
        Column("Label", ["Adverse Events"]),
        Column("Records", ["15"], right=True),
        Column("Variables", ["38"], right=True),
    ]
    assert joined(within(columns, 1, 26)) == (
        "Name  Label\nAE    Adverse Events\n\nName  Records  Variables\nAE         15         38\n"
    )


@settings(deadline=None)
@given(
    st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=2, max_size=6),
    st.integers(24, 60),
    st.integers(1, 2),
)
def test_a_table_keeps_within_the_terminal(cells: list[list[str]], space: int, fixed: int) -> None:
    columns = [Column(f"V{n}", each, right=n == 1) for n, each in enumerate(cells)]
    made = within(columns, min(fixed, len(columns) - 1), space)
    assert all(width(shown(each)) <= space for each in made)
    assert {f"V{n}" for n in range(len(cells))} <= set(joined(made).split())


def test_blanks_that_do_not_fit_keep_apart_what_stood_apart() -> None:
    """The row of a table that a terminal is too narrow for: 15 and 38 must not become 1538."""
    made = wrap(line("AE  Adverse Events", "                  15", "         38"), 40)
    assert [word for each in made for word in shown(each).split()] == [
        "AE", "Adverse", "Events", "15", "38",
    ]  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=1, max_size=8), st.integers(20, 60)
)
def test_panels_keep_the_width_and_lose_nothing(cells: list[list[str]], space: int) -> None:
    columns = [Column("#", ["1", "2"]), *(Column(f"V{n}", each) for n, each in enumerate(cells))]
    made = panels(columns, 1, space, 12)
    assert all(width(shown(each)) <= space for each in made)
    titles = [word for each in made if shown(each)[:1] == "#" for word in shown(each).split()[1:]]
    assert titles == [f"V{n}" for n in range(len(cells))]
    assert len(shown(made[0]).split()) == fitting(columns, space, 12)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_safe_text_is_printable_and_plain_text_stays(text: str) -> None:
    made = safe(text)
    assert all(sign.isprintable() or sign == "\u3000" or sign.isspace() for sign in made)
    assert not set(made) & set("\n\r\t\x1b\x08\x7f\x9b\u2028\u202e")
    if text.isprintable():
        assert made == text


@settings(deadline=None)
@given(st.text(max_size=30), st.integers(1, 20))
def test_cut_and_pad_keep_to_the_width(text: str, most: int) -> None:
    made = cut(safe(text), most)
    assert width(made) <= most
    assert width(pad(made, 30)) == 30
    assert pad(made, 30, right=True).endswith(made)
    if width(safe(text)) <= most:
        assert made == safe(text)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, st.sampled_from(["", "bold"])), min_size=1, max_size=25))
def test_a_wrapped_line_keeps_its_words_and_their_styles(words: list[tuple[str, str]]) -> None:
    made = line(*(Piece(f"{word} ", style) for word, style in words))
    rows = wrap(made, 30)
    assert " ".join(map(shown, rows)).split() == [word for word, _ in words]
    styles = {word: style for row in rows for word, style in row if word.strip()}
    assert set(styles.values()) <= {style for _, style in words}
    for row in rows:
        assert width(shown(row)) <= 30 or len(shown(row).split()) == 1
