"""Text laid out for a terminal or a file: lines of styled pieces, aligned tables, panels.

Nothing here prints. A style is a word (``bold``, ``dim``, ``error`` ...) that the command line
turns into colour where a terminal shows it, and leaves out where the text goes into a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from mg_cdisc.errors import Finding

GAP = "  "
LEAST = 4
"""Columns of a terminal that a cell has at least, however narrow the terminal is."""
ENOUGH = 12
"""Columns in which a text can be told from others."""


class Piece(NamedTuple):
    """A piece of text with its style ('' for none)."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]
Cell = str | Piece


def line(*parts: Cell) -> Line:
    """A line of pieces, plain where they are bare text."""
    return tuple(part if isinstance(part, Piece) else Piece(part) for part in parts)


def shown(made: Line) -> str:
    """The line as plain text."""
    return "".join(piece.text for piece in made)


def safe(text: str) -> str:
    r"""Text that cannot move a terminal's cursor or break a line: control characters escaped.

    >>> safe("a\tb\x1b[2J")
    'a\\tb\\x1b[2J'
    """
    if text.isprintable():
        return text
    return "".join(
        sign
        if sign.isprintable() or unicodedata.category(sign) == "Zs"
        else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )


def width(text: str) -> int:
    """Columns that a text takes on a terminal: two for a wide sign, none for a combining one.

    >>> width("AE"), width("\u5934\u75db")
    (2, 4)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def cut(text: str, most: int) -> str:
    """The text within so many columns, with an ellipsis where something is left out.

    >>> cut("HEADACHE", 5)
    'HEAD\u2026'
    """
    if width(text) <= most:
        return text
    taken, used = [], 0
    for sign in text:
        used += width(sign)
        if used > most - 1:
            break
        taken.append(sign)
    return "".join(taken) + "\u2026"


def pad(text: str, to: int, *, right: bool = False) -> str:
    """The text filled with blanks, on its left where it is set ``right``."""
    blanks = " " * max(to - width(text), 0)
    return blanks + text if right else text + blanks


@dataclass(frozen=True)
class Column:
    """A column of a table: title, cells, and whether they stand to the right (numbers)."""

    title: str
    cells: Sequence[Cell]
    right: bool = False

    def texts(self, most: int | None) -> list[Piece]:
        """The cells, safe to print and cut to ``most`` columns."""
        pieces = [cell if isinstance(cell, Piece) else Piece(cell) for cell in self.cells]
        kept = [Piece(safe(text), style) for text, style in pieces]
        return kept if most is None else [Piece(cut(text, most), style) for text, style in kept]


def table(columns: Sequence[Column], *, indent: str = "", most: int | None = None) -> list[Line]:
    """Columns side by side under their titles; no blanks at the ends of lines."""
    laid = [_lay(column, most) for column in columns]
    return [_row(indent, [cells[number] for cells in laid]) for number in range(len(laid[0]))]


def panels(
    columns: Sequence[Column], fixed: int, space: int | None, most: int | None
) -> list[Line]:
    """A table as wide as the terminal; columns that do not fit follow below, as PROC PRINT has it.

    The first ``fixed`` columns are repeated in each panel. ``space`` is the terminal's width (None:
    no limit, one panel), ``most`` the widest that a cell may be.
    """
    laid = [_lay(column, most) for column in columns]
    made: list[Line] = []
    for group in _groups([width(cells[0].text) for cells in laid], fixed, space):
        if made:
            made.append(())
        made += [_row("", [laid[each][row] for each in group]) for row in range(len(laid[0]))]
    return made


def within(columns: Sequence[Column], fixed: int, space: int | None) -> list[Line]:
    """A table that fits the terminal: its widest text cut where that suffices, else panels.

    The first ``fixed`` columns name the row; in panels they are cut as far as the widest of the
    others needs, and the others to what then is left.
    """
    sizes = [width(_lay(column, None)[0].text) for column in columns]
    over = 0 if space is None else sum(sizes) + len(GAP) * (len(sizes) - 1) - space
    if space is None or over <= 0:
        return table(columns)
    texts = [number for number, each in enumerate(columns) if number >= fixed and not each.right]
    widest = max(texts, key=lambda number: sizes[number], default=0)
    if texts and sizes[widest] - over >= ENOUGH:
        held = columns[widest]
        kept = Column(held.title, held.texts(sizes[widest] - over))
        return table([*columns[:widest], kept, *columns[widest + 1 :]])
    rest = min(max(sizes[fixed:], default=0), space // 2)
    lead = max((space - rest) // fixed - len(GAP), LEAST)
    taken = sum(min(size, lead) + len(GAP) for size in sizes[:fixed])
    most = [lead] * fixed + [max(space - taken, LEAST)] * (len(columns) - fixed)
    slim = [
        Column(cut(column.title, room), column.texts(room), column.right)
        for column, room in zip(columns, most, strict=True)
    ]
    return panels(slim, fixed, space, None)


def fitting(columns: Sequence[Column], space: int | None, most: int | None) -> int:
    """How many of the columns stand side by side on the terminal; at least two."""
    if space is None:
        return len(columns)
    sizes = [width(_lay(column, most)[0].text) for column in columns]
    return len(_groups(sizes, 1, space)[0])


def _groups(sizes: Sequence[int], fixed: int, space: int | None) -> list[list[int]]:
    """The columns of each panel, from their widths."""
    lead = list(range(fixed))
    start = sum(size + len(GAP) for size in sizes[:fixed])
    groups, used = [list(lead)], start
    for number in range(fixed, len(sizes)):
        if space is not None and used + sizes[number] > space and len(groups[-1]) > fixed:
            groups.append(list(lead))
            used = start
        groups[-1].append(number)
        used += sizes[number] + len(GAP)
    return groups


def _lay(column: Column, most: int | None) -> list[Piece]:
    """Title and cells, all of one width."""
    pieces = [Piece(safe(column.title), "bold"), *column.texts(most)]
    size = max(width(piece.text) for piece in pieces)
    return [Piece(pad(text, size, right=column.right), style) for text, style in pieces]


def _row(indent: str, cells: Sequence[Piece]) -> Line:
    pieces = [Piece(indent)] if indent else []
    for number, cell in enumerate(cells):
        pieces.append(cell if number == 0 else Piece(GAP + cell.text, cell.style))
    pieces = list(_row_end(tuple(pieces)))
    if pieces:
        pieces[-1] = Piece(pieces[-1].text.rstrip(), pieces[-1].style)
    return tuple(pieces)


def finding_lines(finding: Finding) -> list[Line]:
    """A finding in the two parts it has everywhere: what is wrong and where, then what to do."""
    head = line(
        f"{safe(str(finding.where))}: ",
        Piece(f"{finding.level}[{finding.kind}]", finding.level),
        f" {safe(finding.what)}",
    )
    made = [head]
    if finding.todo:
        made.append(line(Piece(f"  {safe(finding.todo)}", "dim")))
    return made


def wrap(made: Line, space: int) -> list[Line]:
    """A line broken between words where it is wider than the terminal.

    What follows is indented by four more than the line itself. A word wider than the space stays
    whole: a terminal breaks it without adding anything, so that a path can still be copied.

    >>> [shown(each) for each in wrap(line("  a word too", Piece(" many", "bold")), 12)]
    ['  a word too', '      many']
    >>> [shown(each) for each in wrap(line("AE        15     38"), 12)]
    ['AE        15', '    38']
    """
    if width(shown(made)) <= space:
        return [made]
    text = shown(made)
    hang = " " * (len(text) - len(text.lstrip()) + 4)
    rows: list[list[Piece]] = [[]]
    used = 0
    broken = False  # blanks that do not fit end the row: what stood apart must not join
    for piece in made:
        for word in re.findall(r"\s+|\S+", piece.text):
            fits = not broken and (used + width(word) <= space or used <= len(hang))
            broken = not fits and word.isspace()
            if broken:
                continue
            if not fits:
                rows.append([Piece(hang)])
                used = len(hang)
            if word.isspace() and len(rows) > 1 and used == len(hang):
                continue
            rows[-1].append(Piece(word, piece.style))
            used += width(word)
    return [_together(_row_end(tuple(row))) for row in rows]


def _together(pieces: Sequence[Piece]) -> Line:
    """Neighbours of one style as one piece."""
    groups = groupby(pieces, key=lambda piece: piece.style)
    return tuple(Piece("".join(each.text for each in group), style) for style, group in groups)


def _row_end(made: Line) -> Line:
    """Without blanks at its end."""
    pieces = list(made)
    while pieces and not pieces[-1].text.strip():
        pieces.pop()
    return tuple(pieces)


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "record"), counted(1200, "record")
    ('1 record', '1,200 records')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(lines: Iterable[Line]) -> str:
    """Lines as one plain text."""
    return "".join(f"{shown(each)}\n" for each in lines)
