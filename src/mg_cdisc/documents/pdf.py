"""A PDF file drawn by places: pages, text that is measured before it is set, boxes, bookmarks.

Lengths are in points, from the upper left corner of an A4 page. Nothing flows by itself: a document
asks how wide and high its text is, and says where it stands. The same calls give the same bytes.
"""

from __future__ import annotations

import io
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mg_cdisc.documents.fonts import font_files

if TYPE_CHECKING:
    from fpdf import FPDF

WIDTH, HEIGHT = 595.0, 842.0
"""An A4 page, upright."""
LEADING = 1.35
"""The height of a line, in sizes of its type."""
_CLOSING = "\u3001\u3002\u300b\u300d\u300f\u3011\uff01\uff09\uff0c\uff1a\uff1b\uff1f\u201d"
"""Chinese punctuation that does not begin a line."""
_PIECES = re.compile(rf"\s+|(?:[^\s\u2e80-\u9fff\uf900-\uffef]+|.)[{_CLOSING}]*")
_FAMILY = "text"
_SHAPES = ("GDEF", "GPOS", "GSUB")
"""How letters join, which the library leaves out when it cuts a font, but only after reading it."""

Colour = tuple[int, int, int]
BLACK: Colour = (0, 0, 0)
GREY: Colour = (110, 110, 110)


class Bookmark(NamedTuple):
    """An entry of the outline: its level (0 is the highest) and the page that it opens."""

    title: str
    level: int
    page: int


class Pdf:
    """One document.

    ``texts`` is everything that it will hold: the typeface is cut to it. ``created`` is a date of
    the study, never the clock's.
    """

    def __init__(
        self, texts: Iterable[str], *, title: str, created: datetime, language: str = "en"
    ) -> None:
        self._pdf = _document(title, created, language)
        self._advances: dict[bool, Any] = {}
        with tempfile.TemporaryDirectory() as folder:
            for style, content in font_files(texts).items():
                self._advances[style == "B"] = self._add_font(style, content, Path(folder))
        self.width_of = lru_cache(maxsize=20_000)(self._width_of)
        self.bookmarks: list[Bookmark] = []

    def _add_font(self, style: str, content: bytes, folder: Path) -> Any:
        """Take a font in; the advances of its characters."""
        path = folder / f"{_FAMILY}{style}.ttf"
        path.write_bytes(content)
        self._pdf.add_font(_FAMILY, style, path)
        font: Any = self._pdf.fonts[_FAMILY + style]
        # the library takes fonts from files alone, and goes on reading them until the end
        for table in _SHAPES:
            if table in font.ttfont:
                del font.ttfont[table]
        reader = font.ttfont.reader
        reader.file.close()
        reader.file = io.BytesIO(content)
        return font.cw

    # pages

    def add_page(self) -> int:
        """A new page at the end, on which to draw; its number."""
        self._pdf.add_page()
        return self._pdf.page

    def turn_to(self, page: int) -> None:
        """Draw on a page that is there already."""
        pdf = self._pdf
        pdf.page = page
        # the library writes a setting down where it changes, and knows only the last one of all
        # pages: these are nobody's, so that whatever comes next is written
        pdf.set_font(_FAMILY, "B", 1)
        pdf.set_line_width(99)
        pdf.set_dash_pattern(dash=99, gap=99)
        pdf.set_draw_color(1, 2, 3)
        pdf.set_fill_color(1, 2, 3)

    @property
    def page(self) -> int:
        """The page that is drawn on; the first is 1."""
        return self._pdf.page

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return self._pdf.pages_count

    # measuring

    def _width_of(self, text: str, size: float, bold: bool = False) -> float:
        advances = self._advances[bold]
        return sum(advances[ord(sign)] for sign in text) * size / 1000

    def wrap(self, text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
        """The lines of a text that are no wider than ``width``; at least one.

        Lines end at blanks, between Chinese characters, and inside a word only where the word alone
        is too wide.
        """
        lines: list[str] = []
        for paragraph in text.split("\n"):
            lines += self._wrap_line(" ".join(paragraph.split()), width, size, bold)
        return lines

    def _wrap_line(self, text: str, width: float, size: float, bold: bool) -> list[str]:
        lines, line = [], ""
        for piece in _PIECES.findall(text):
            if self.width_of(line + piece.rstrip(), size, bold) <= width:
                line += piece
                continue
            if line.strip():
                lines.append(line.rstrip())
            line = piece.lstrip()
            while self.width_of(line, size, bold) > width and len(line) > 1:
                fits = len(line) - 1
                while fits > 1 and self.width_of(line[:fits], size, bold) > width:
                    fits -= 1
                lines.append(line[:fits])
                line = line[fits:]
        return [*lines, line.rstrip()] if line.strip() or not lines else lines

    # drawing

    def text(
        self, x: float, y: float, text: str, size: float, *, bold: bool = False,
        colour: Colour = BLACK,
    ) -> None:  # fmt: skip
        """One line of text; ``y`` is the top of the line, which is ``LEADING`` times its size high."""
        self._pdf.set_font(_FAMILY, "B" if bold else "", size)
        self._pdf.set_text_color(*colour)
        shown = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
        if shown.strip():
            self._pdf.text(x, y + size * (LEADING + 0.72) / 2, shown)

    def lines(
        self, x: float, y: float, lines: Sequence[str], size: float, *, bold: bool = False,
        colour: Colour = BLACK,
    ) -> float:  # fmt: skip
        """Lines of text one below the other; where the next would begin."""
        for line in lines:
            self.text(x, y, line, size, bold=bold, colour=colour)
            y += size * LEADING
        return y

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: Colour | None = None,
        edge: Colour | None = BLACK, thick: float = 0.5, dashed: bool = False,
    ) -> None:  # fmt: skip
        """A rectangle."""
        if fill is not None:
            self._pdf.set_fill_color(*fill)
            self._pdf.rect(x, y, width, height, style="F")
        if edge is not None:
            self._pen(edge, thick, dashed)
            self._pdf.rect(x, y, width, height, style="D")

    def circle(self, x: float, y: float, size: float, *, edge: Colour = GREY) -> None:
        """A circle in a square of this size, as of an answer to be marked."""
        self._pen(edge, 0.6, False)
        self._pdf.ellipse(x, y, size, size, style="D")

    def rule(
        self, x: float, y: float, width: float, *, colour: Colour = GREY, thick: float = 0.4
    ) -> None:
        """A horizontal line."""
        self._pen(colour, thick, False)
        self._pdf.line(x, y, x + width, y)

    def _pen(self, colour: Colour, thick: float, dashed: bool) -> None:
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(thick)
        self._pdf.set_dash_pattern(dash=2 if dashed else 0, gap=1.5 if dashed else 0)

    def link(self, x: float, y: float, width: float, height: float, page: int) -> None:
        """An area that opens a page, which has to be there when the document is written."""
        self._pdf.link(x, y, width, height, self._pdf.add_link(page=page))

    # bookmarks, and the file

    def bookmark(self, title: str, level: int, page: int | None = None) -> None:
        """An entry at the end of the outline; of the page that is drawn on where none is said."""
        self.bookmarks.append(Bookmark(title, level, self.page if page is None else page))

    def finish(self) -> bytes:
        """The file."""
        for title, level, page in self.bookmarks:
            self._pdf.page = page
            self._pdf.set_y(0)
            self._pdf.start_section(title, level)
        self._pdf.page = self.pages
        return bytes(self._pdf.output())


def _document(title: str, created: datetime, language: str) -> FPDF:
    # imported only where a document is made
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=(WIDTH, HEIGHT))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_creation_date(created.replace(tzinfo=UTC))
    pdf.set_title(title)
    pdf.set_lang(language)
    pdf.set_creator("mg-cdisc")
    pdf.set_display_mode("fullpage")
    pdf.page_mode = "USE_OUTLINES"
    return pdf
