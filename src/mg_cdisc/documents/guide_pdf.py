"""A guide as a PDF file: a first page with contents, headings, paragraphs, lists and tables.

A table's titles stand again on each page that it goes on to, and a row that is higher than the rest
of a page goes on there too. Places that a person has to fill in have a coloured ground.
"""

from __future__ import annotations

from collections.abc import Sequence

from mg_cdisc.documents.content import Bullets, Guide, Heading, Paragraph, Table
from mg_cdisc.documents.pdf import BLACK, GREY, HEIGHT, LEADING, WIDTH, Colour, Pdf

_LEFT, _RIGHT = 48.0, WIDTH - 48.0
_TOP, _BOTTOM = 48.0, HEIGHT - 52.0
_SIZE, _CELL, _SMALL = 9.5, 7.5, 7.0
_HEADINGS = {1: 15.0, 2: 12.0, 3: 10.5}
_PAD = 2.5
_OPEN: Colour = (255, 240, 140)
_TITLES: Colour = (224, 232, 240)
_LINES: Colour = (150, 150, 150)
_ENTRY = 13.5
_BELOW = 170.0
"""Where the contents begin on the first page, from its top."""


def guide_pdf(guide: Guide) -> bytes:
    """The file. The same content gives the same bytes."""
    made = _Drawn(guide)
    made.draw()
    return made.pdf.finish()


class _Drawn:
    def __init__(self, guide: Guide) -> None:
        self.guide = guide
        self.pdf = Pdf(guide.texts, title=f"{guide.title} - {guide.facts[0]}",
                       created=guide.created, language=guide.language)  # fmt: skip
        self.y = _TOP
        self.places: list[tuple[Heading, int]] = []

    def draw(self) -> None:
        """All pages."""
        entries = self.guide.headings
        on_first = int((_BOTTOM - _TOP - _BELOW) // _ENTRY)
        on_next = int((_BOTTOM - _TOP - 30) // _ENTRY)
        for _ in range(1 + max(0, -(-(len(entries) - on_first) // on_next))):
            self.pdf.add_page()
        self.page()
        for place, block in enumerate(self.guide.blocks):
            match block:
                case Heading():
                    self.heading(block)
                case Paragraph(text):
                    follows = self.guide.blocks[place + 1 : place + 2]
                    self.paragraph(text, keep=bool(follows) and isinstance(follows[0], Table))
                case Bullets(texts):
                    for text in texts:
                        self.paragraph(text, bullet=True)
                case Table():
                    self.table(block)
        self.contents(on_first, on_next)
        self.footers()
        for heading, page in self.places:
            self.pdf.bookmark(heading.shown, heading.level - 1, page)

    def page(self) -> None:
        """A new page."""
        self.pdf.add_page()
        self.y = _TOP

    def need(self, height: float) -> None:
        """A new page where this much does not fit any more."""
        if self.y + height > _BOTTOM:
            self.page()

    def heading(self, heading: Heading) -> None:
        """A heading, with room for some of what follows."""
        size = _HEADINGS.get(heading.level, 10.0)
        lines = self.pdf.wrap(heading.shown, _RIGHT - _LEFT, size, bold=True)
        if heading.level == 1 and self.y > _TOP + (_BOTTOM - _TOP) * 0.75:
            self.page()
        self.need(len(lines) * size * LEADING + 70)
        self.y += 0 if self.y == _TOP else size * 0.7
        self.places.append((heading, self.pdf.page))
        self.y = self.pdf.lines(_LEFT, self.y, lines, size, bold=True) + 4

    def paragraph(self, text: str, *, bullet: bool = False, keep: bool = False) -> None:
        """A paragraph, or an entry of a list; ``keep`` leaves room for what follows it."""
        left = _LEFT + (14 if bullet else 0)
        lines = self.pdf.wrap(text, _RIGHT - left, _SIZE)
        step = _SIZE * LEADING
        if keep:
            self.need(min(len(lines), 12) * step + 60)
        fill = self.guide.open(text)
        for number, line in enumerate(lines):
            self.need(step)
            if fill:
                self.pdf.box(left - 2, self.y, _RIGHT - left + 4, step, fill=_OPEN, edge=None)
            if bullet and not number:
                self.pdf.box(_LEFT + 5, self.y + step / 2 - 1.2, 2.6, 2.6, fill=BLACK, edge=None)
            self.pdf.text(left, self.y, line, _SIZE)
            self.y += step
        self.y += 2 if bullet else 5

    def table(self, table: Table) -> None:
        """A table over the whole width."""
        widths = [share * (_RIGHT - _LEFT) for share in self.shares(table)]
        self.titles(table, widths)
        for row in table.rows:
            cells = [
                self.pdf.wrap(cell, width - 2 * _PAD, _CELL)
                for cell, width in zip(row, widths, strict=True)
            ]
            fills = [_OPEN if self.guide.open(cell) else None for cell in row]
            if self.y + self.height(cells) > _BOTTOM and self.height(cells) < 240:
                self.again(table, widths)
            while any(cells):
                room = max(int((_BOTTOM - self.y - 2 * _PAD) // (_CELL * LEADING)), 0)
                if not room:
                    self.again(table, widths)
                    continue
                self.row([cell[:room] for cell in cells], widths, fills)
                cells = [cell[room:] for cell in cells]
        self.y += 8

    def shares(self, table: Table) -> tuple[float, ...]:
        """The columns' parts of the width, each wide enough for its longest word where all can be."""
        whole = _RIGHT - _LEFT
        longest = table.longest(lambda word, bold: self.pdf.width_of(word, _CELL, bold))
        return table.shares([min(each + 2 * _PAD + 0.5, whole / 4) / whole for each in longest])

    def titles(self, table: Table, widths: Sequence[float]) -> None:
        """The titles of a table's columns."""
        if not any(table.titles):
            return
        cells = [
            self.pdf.wrap(title, width - 2 * _PAD, _CELL, bold=True)
            for title, width in zip(table.titles, widths, strict=True)
        ]
        self.need(self.height(cells) + 40)
        self.row(cells, widths, [_TITLES] * len(cells), bold=True)

    def again(self, table: Table, widths: Sequence[float]) -> None:
        """The next page of a table."""
        self.page()
        self.titles(table, widths)

    def row(
        self, cells: Sequence[Sequence[str]], widths: Sequence[float],
        fills: Sequence[Colour | None], *, bold: bool = False,
    ) -> None:  # fmt: skip
        """One row, or a part of it."""
        height, x = self.height(cells), _LEFT
        for lines, width, fill in zip(cells, widths, fills, strict=True):
            self.pdf.box(x, self.y, width, height, fill=fill, edge=_LINES, thick=0.4)
            self.pdf.lines(x + _PAD, self.y + _PAD, lines, _CELL, bold=bold)
            x += width
        self.y += height

    def height(self, cells: Sequence[Sequence[str]]) -> float:
        """How high a row is."""
        return max(map(len, cells)) * _CELL * LEADING + 2 * _PAD

    # the first pages, and what stands on all

    def contents(self, on_first: int, on_next: int) -> None:
        """The first page, and the contents on it and on the next ones."""
        pdf, guide = self.pdf, self.guide
        pdf.turn_to(1)
        y = pdf.lines(
            _LEFT, _TOP, pdf.wrap(guide.title, _RIGHT - _LEFT, 20, bold=True), 20, bold=True
        )
        for fact in guide.facts:
            y = pdf.lines(_LEFT, y + 3, pdf.wrap(fact, _RIGHT - _LEFT, 11)[:2], 11)
        pdf.text(_LEFT, _TOP + _BELOW - 24, guide.contents, 12, bold=True)
        y, left, page = _TOP + _BELOW, on_first, 1
        for heading, target in self.places:
            if not left:
                page += 1
                pdf.turn_to(page)
                y, left = _TOP + 30, on_next
            left -= 1
            self.entry(y, heading, target)
            y += _ENTRY

    def entry(self, y: float, heading: Heading, page: int) -> None:
        """One line of the contents."""
        x = _LEFT + 14 * (heading.level - 1)
        number = str(page)
        room = _RIGHT - x - 30
        lines = self.pdf.wrap(heading.shown, room, _SIZE, bold=heading.level == 1)
        more = "\N{HORIZONTAL ELLIPSIS}" if len(lines) > 1 else ""
        self.pdf.text(x, y, lines[0] + more, _SIZE, bold=heading.level == 1)
        self.pdf.text(_RIGHT - self.pdf.width_of(number, _SIZE), y, number, _SIZE)
        self.pdf.link(_LEFT, y, _RIGHT - _LEFT, _ENTRY, page)

    def footers(self) -> None:
        """What stands at the foot of each page."""
        for number in range(1, self.pdf.pages + 1):
            self.pdf.turn_to(number)
            said = self.guide.page.format(page=number, pages=self.pdf.pages)
            self.pdf.rule(_LEFT, HEIGHT - 42, _RIGHT - _LEFT)
            left = f"{self.guide.facts[0]}  {self.guide.title}"
            self.pdf.text(_LEFT, HEIGHT - 38, left, _SMALL, colour=GREY)
            x = _RIGHT - self.pdf.width_of(said, _SMALL)
            self.pdf.text(x, HEIGHT - 38, said, _SMALL, colour=GREY)
