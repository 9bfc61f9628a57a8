"""What a document says, apart from how it is drawn: headings, paragraphs, lists, tables.

A template writes it as lines: ``#`` begins a heading (more of them a lower one, ``#!`` one without a
number), ``*`` an entry of a list, ``||`` the titles of a table's columns and ``|`` a row; any other
line is a paragraph. What is put into a template passes ``plain``, so that it can never be taken for
one of these marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mg_cdisc.layout import width

_SIGNS = "|#*"
_HIDDEN = {ord(sign): 0xE000 + place for place, sign in enumerate(_SIGNS)}
_SHOWN = {hidden: chr(sign) for sign, hidden in _HIDDEN.items()}
_HEADING = re.compile(r"(#+)(!?) (.*)")
_LEAST, _MOST = 6, 60
"""How narrow and how wide a column counts, in letters."""


@dataclass(frozen=True)
class Heading:
    """A heading with its number ('' where it has none); ``level`` 1 is the highest."""

    level: int
    number: str
    text: str

    @property
    def shown(self) -> str:
        """Number and text."""
        return f"{self.number} {self.text}" if self.number else self.text


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    entries: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table: titles of columns, and rows with as many cells."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """The columns, each with its title first."""
        return tuple(zip(self.titles, *self.rows, strict=True))

    def shares(self, least: Sequence[float]) -> tuple[float, ...]:
        """The part of the whole width that each column has, by its text.

        ``least`` are the parts that their longest words need: no column has less where all of them
        have room.
        """
        sizes = []
        for column in self.columns:
            usual = sorted(width(cell) for cell in column)[len(column) * 9 // 10]
            sizes.append(min(max(usual, _LEAST), _MOST))
        wished = [max(size / sum(sizes), low) for size, low in zip(sizes, least, strict=True)]
        over = sum(wished) - 1
        spare = sum(share - low for share, low in zip(wished, least, strict=True))
        if over <= 0 or spare <= over:
            return tuple(share / sum(wished) for share in wished)
        return tuple(
            share - (share - low) * over / spare for share, low in zip(wished, least, strict=True)
        )

    def longest(self, measure: Callable[[str, bool], float]) -> list[float]:
        """The longest word of each column; a title is set in bold."""
        return [
            max((measure(word, not row) for row, cell in enumerate(column) for word in cell.split()),
                default=0)
            for column in self.columns
        ]  # fmt: skip


Block = Heading | Paragraph | Bullets | Table


@dataclass(frozen=True)
class Guide:
    """A document: its title, what stands below it, and its blocks.

    ``marks`` begin a place that a person has to fill in.
    """

    title: str
    facts: tuple[str, ...]
    contents: str
    page: str
    language: str
    created: datetime
    author: str
    marks: tuple[str, ...]
    blocks: tuple[Block, ...]

    def open(self, text: str) -> bool:
        """Whether a text has a place that a person has to fill in."""
        return any(mark in text for mark in self.marks)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """All headings in order."""
        return tuple(each for each in self.blocks if isinstance(each, Heading))

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text, as a reader sees it."""
        made = [self.title, *self.facts, self.contents, self.page]
        for block in self.blocks:
            match block:
                case Heading():
                    made.append(block.shown)
                case Paragraph(text):
                    made.append(text)
                case Bullets(entries):
                    made += entries
                case Table(titles, rows):
                    made += [*titles, *(cell for row in rows for cell in row)]
        return tuple(made)


def plain(text: str) -> str:
    """A text in which nothing is a mark of the template's lines.

    >>> parse("| " + plain("a | b") + " | c")[0].rows
    (('a | b', 'c'),)
    """
    return " ".join(text.split()).translate(_HIDDEN)


def parse(text: str) -> tuple[Block, ...]:
    """Lines of a template as blocks; headings get their numbers."""
    blocks: list[Block] = []
    numbers: list[int] = []
    lines = [line.strip() for line in text.split("\n")]
    for place, line in enumerate(lines):
        heading = _HEADING.fullmatch(line)
        if not line:
            continue
        if heading is not None:
            level = len(heading[1])
            blocks.append(Heading(level, _number(numbers, level, heading[2]), _shown(heading[3])))
        elif line.startswith("||"):
            blocks.append(Table(_cells(line[2:]), ()))
        elif line.startswith("|"):
            _add_row(blocks, _cells(line[1:]))
        elif line.startswith("* "):
            last = blocks[-1] if blocks and lines[place - 1].startswith("* ") else None
            if isinstance(last, Bullets):
                blocks[-1] = Bullets((*last.entries, _shown(line[2:])))
            else:
                blocks.append(Bullets((_shown(line[2:]),)))
        else:
            blocks.append(Paragraph(_shown(line)))
    return tuple(blocks)


def _add_row(blocks: list[Block], cells: tuple[str, ...]) -> None:
    table = (
        blocks[-1] if blocks and isinstance(blocks[-1], Table) else Table(("",) * len(cells), ())
    )
    if table is not (blocks[-1] if blocks else None):
        blocks.append(table)
    blocks[-1] = Table(table.titles, (*table.rows, cells))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(_shown(cell.strip()) for cell in line.split("|"))


def _shown(text: str) -> str:
    return text.translate(_SHOWN)


def _number(numbers: list[int], level: int, mark: str) -> str:
    """The next number of a heading; ``numbers`` are those of the last one."""
    if mark:
        return ""
    del numbers[level:]
    numbers += [0] * (level - len(numbers))
    numbers[-1] += 1
    return ".".join(map(str, numbers))


def joined(texts: Sequence[str], by: str = ", ") -> str:
    """Texts as one, those that are blank left out."""
    return by.join(text for text in texts if text)
