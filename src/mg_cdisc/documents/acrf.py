"""acrf.pdf: the annotated CRF, drawn; and the pages on which each annotation stands.

A form begins on a page of its own and goes on under its repeated title. On top stand the datasets
that its fields go to, each in a colour; a field's annotations are boxes in these colours beside it,
notes are boxes with a broken edge. Bookmarks are by form and by visit.
Source: SDTM Metadata Submission Guidelines 2.0, section on the annotated CRF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from mg_cdisc.dataset import CRF_TITLE
from mg_cdisc.documents.crf import Annotation, Crf, CrfField, CrfForm, crf_of, makes_crf
from mg_cdisc.documents.pdf import BLACK, GREY, HEIGHT, LEADING, WIDTH, Colour, Pdf
from mg_cdisc.frame import Frame
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.plan import Plan

_COLOURS: tuple[Colour, ...] = (
    (191, 255, 255), (255, 255, 150), (150, 255, 150), (255, 190, 155), (225, 200, 255),
    (255, 205, 225), (205, 220, 255), (225, 230, 170), (210, 235, 225), (240, 220, 190),
)  # fmt: skip
_LEFT, _RIGHT = 40.0, WIDTH - 40.0
_TOP, _BOTTOM = 44.0, HEIGHT - 48.0
_LABEL = (_LEFT, 172.0)
_ANSWER = (_LEFT + 180.0, 138.0)
_TARGET = (_LEFT + 328.0, _RIGHT - _LEFT - 328.0)
_SIZE, _SMALL, _TINY = 9.0, 8.0, 6.5
_INSIDE = 3.0
_GAP = 4.0
_LINE = 15.0
_ABOVE = 200.0
_ABOUT = (
    "This document is made from the description of the source data. It shows the fields of each "
    "form as they are exported, and is no picture of the screens of the data capture system.",
    "Beside each field stand the variables of the tabulation that it goes into. A box with a broken "
    "edge is a note; [NOT SUBMITTED] marks a field that goes into no variable, with the reason.",
    "Data transfers are no forms: they show the columns of files that vendors sent.",
)


def annotated_crf(
    plan: Plan, tables: Mapping[str, SourceTable], frames: Mapping[str, Frame]
) -> tuple[bytes | None, Plan]:
    """The study's annotated CRF, and the plan with its pages.

    A study that has one of its own names it, and its pages, in the specs: that file is the one, and
    the plan is as it was. There is none where no form becomes a tabulation.
    """
    if not makes_crf(plan):
        return plan.files.annotated_crf, plan
    drawn = draw_crf(crf_of(plan, tables, frames))
    return drawn.file, replace(plan, crf_pages=drawn.pages)


class Pages(NamedTuple):
    """The file, and the pages of each form: of all of it under '', and of each annotation."""

    file: bytes
    pages: Mapping[str, Mapping[str, tuple[str, ...]]]


class _Piece(NamedTuple):
    """A part of a cell that stays together."""

    height: float
    draw: Callable[[float, float], None]
    keys: tuple[str, ...] = ()


def draw_crf(crf: Crf) -> Pages:
    """The annotated CRF as a PDF file. The same content gives the same bytes."""
    pdf = Pdf(_texts(crf), title=f"{crf.study} {CRF_TITLE}", created=crf.created)
    for _ in range(_contents_pages(crf)):
        pdf.add_page()
    drawn = {form.name: _Drawn(pdf, crf, form) for form in crf.forms}
    first = {name: each.first for name, each in drawn.items()}
    _contents(pdf, crf, first)
    for number in range(1, pdf.pages + 1):
        pdf.turn_to(number)
        page = f"Page {number} of {pdf.pages}"
        pdf.text(_LEFT, HEIGHT - 34, f"{crf.study}  {CRF_TITLE}", _TINY, colour=GREY)
        pdf.text(_RIGHT - pdf.width_of(page, _TINY), HEIGHT - 34, page, _TINY, colour=GREY)
    _bookmarks(pdf, crf, first)
    return Pages(pdf.finish(), {name: each.index() for name, each in drawn.items()})


def _texts(crf: Crf) -> Iterator[str]:
    """Every text of the document."""
    yield from (crf.study, crf.description, crf.protocol)
    for form in crf.forms:
        yield form.title
        yield from (label for _, label in form.datasets)
        for field in form.fields:
            yield from (field.label, *field.names)
            yield from (text for choice in field.choices for text in choice)
            yield from (each.text for each in field.annotations)


# --- the first pages, and the outline -------------------------------------------------------------


def _entries(crf: Crf) -> list[tuple[str, str]]:
    """What the contents list: headings ('' for the form) and forms."""
    forms = [each for each in crf.forms if not each.transfer]
    transfers = [each for each in crf.forms if each.transfer]
    made = [("Forms", "")] if forms else []
    made += [(form.title, form.name) for form in forms]
    made += [("Data transfers", "")] if transfers else []
    return made + [(form.title, form.name) for form in transfers]


def _contents_pages(crf: Crf) -> int:
    rest = len(_entries(crf)) - _fitting(first=True)
    return 1 + max(0, -(-rest // _fitting(first=False)))


def _fitting(*, first: bool) -> int:
    """The entries that fit on a page of the contents."""
    return int((_BOTTOM - (_TOP + (_ABOVE if first else 40.0))) // _LINE)


def _contents(pdf: Pdf, crf: Crf, first: Mapping[str, int]) -> None:
    pdf.turn_to(1)
    width = _RIGHT - _LEFT
    y = pdf.lines(_LEFT, _TOP, pdf.wrap(f"{CRF_TITLE} of {crf.study}", width, 18, bold=True)[:2], 18,
                  bold=True)  # fmt: skip
    y = pdf.lines(_LEFT, y + 4, pdf.wrap(crf.description, width, 11)[:3], 11)
    facts = f"Protocol {crf.protocol}. Data cut {crf.created:%Y-%m-%d}."
    y = pdf.lines(_LEFT, y + 2, pdf.wrap(facts, width, _SIZE)[:2], _SIZE, colour=GREY)
    for said in _ABOUT:
        y = pdf.lines(_LEFT, y + 4, pdf.wrap(said, width, _SIZE), _SIZE)
    entries, page = _entries(crf), 1
    y = _TOP + _ABOVE
    left = _fitting(first=True)
    datasets = {form.name: form.datasets for form in crf.forms}
    for title, name in entries:
        if not left:
            page += 1
            pdf.turn_to(page)
            y, left = _TOP + 40.0, _fitting(first=False)
        left -= 1
        if name:
            _entry(pdf, y, title, [each for each, _ in datasets[name]], first[name])
        else:
            pdf.text(_LEFT, y, title, 10, bold=True)
        y += _LINE


def _entry(pdf: Pdf, y: float, title: str, datasets: Sequence[str], page: int) -> None:
    shown = pdf.wrap(title, 270, _SIZE)
    text = shown[0] + ("\N{HORIZONTAL ELLIPSIS}" if len(shown) > 1 else "")
    pdf.text(_LEFT + 8, y, text, _SIZE)
    codes = pdf.wrap(", ".join(datasets), 190, _SMALL)
    more = "\N{HORIZONTAL ELLIPSIS}" if len(codes) > 1 else ""
    pdf.text(_LEFT + 290, y, codes[0] + more, _SMALL, colour=GREY)
    number = str(page)
    pdf.text(_RIGHT - pdf.width_of(number, _SIZE), y, number, _SIZE)
    pdf.link(_LEFT, y, _RIGHT - _LEFT, _LINE, page)


def _bookmarks(pdf: Pdf, crf: Crf, first: Mapping[str, int]) -> None:
    """The outline: forms, data transfers, and visits with the forms of each."""
    titles = {form.name: form.title for form in crf.forms}
    section = ""
    for title, name in _entries(crf):
        if name:
            pdf.bookmark(title, 1, first[name])
            section = section or title
        else:
            following = next(form for form in crf.forms if form.transfer == (title != "Forms"))
            pdf.bookmark(title, 0, first[following.name])
    if crf.visits:
        pdf.bookmark("Visits", 0, first[crf.visits[0].forms[0]])
    for visit in crf.visits:
        pdf.bookmark(visit.title, 1, first[visit.forms[0]])
        for name in visit.forms:
            pdf.bookmark(titles[name], 2, first[name])


# --- a form ---------------------------------------------------------------------------------------


class _Box(NamedTuple):
    """An annotation with its size."""

    annotation: Annotation
    lines: tuple[str, ...]
    width: float
    height: float


@dataclass
class _Cells:
    """What is left to draw of a field: its label, its answers, its annotations."""

    label: list[_Piece]
    answer: list[_Piece]
    target: list[_Piece]

    @property
    def height(self) -> float:
        """The height of the highest cell."""
        return max(sum(p.height for p in each) for each in (self.label, self.answer, self.target))


class _Drawn:
    """Draws a form on new pages, and notes on which page each annotation comes to stand."""

    def __init__(self, pdf: Pdf, crf: Crf, form: CrfForm) -> None:
        self.pdf, self.crf, self.form = pdf, crf, form
        self.colours = _colours(form)
        self.on: dict[str, dict[int, None]] = {}
        self.first = pdf.pages + 1
        self.y = self.head()
        self.top = self.y
        for field in form.fields:
            self.field(field)

    def index(self) -> dict[str, tuple[str, ...]]:
        """The pages of the form (under '') and of each annotation."""
        return {key: tuple(str(page) for page in sorted(pages)) for key, pages in self.on.items()}

    def head(self) -> float:
        """A new page with the form's title and datasets; where its fields begin."""
        pdf, form = self.pdf, self.form
        page = pdf.add_page()
        self.on.setdefault("", {})[page] = None
        width = _RIGHT - _LEFT
        kind = "Data transfer" if form.transfer else "Form"
        pdf.text(_LEFT, _TOP - 14, kind, _TINY, colour=GREY)
        title = form.title if page == self.first else f"{form.title} (continued)"
        y = pdf.lines(_LEFT, _TOP, pdf.wrap(title, width, 14, bold=True), 14, bold=True) + 3
        y = self.legend(y) + 6
        pdf.rule(_LEFT, y, width, colour=BLACK, thick=0.8)
        return y

    def legend(self, y: float) -> float:
        """The datasets, each in its colour; below them."""
        x = _LEFT
        for name, label in self.form.datasets:
            text = f"{name} = {label}" if label else name
            lines = self.pdf.wrap(text, _RIGHT - _LEFT - 2 * _INSIDE, _SMALL, bold=True)
            width = max(self.pdf.width_of(e, _SMALL, True) for e in lines) + 2 * _INSIDE
            if x > _LEFT and x + width > _RIGHT:
                x, y = _LEFT, y + _SMALL * LEADING + 7
            height = len(lines) * _SMALL * LEADING + 3
            self.pdf.box(x, y, width, height, fill=self.colours[name])
            self.pdf.lines(x + _INSIDE, y + 1.5, lines, _SMALL, bold=True)
            if len(lines) > 1:
                y += height - _SMALL * LEADING - 3
            x += width + 6
        return y + (_SMALL * LEADING + 5 if self.form.datasets else 0)

    def field(self, field: CrfField) -> None:
        """A field; on a new page where it does not fit, and on several where it is too long."""
        cells = _Cells(self.label(field), self.answer(field), self.target(field))
        room = _BOTTOM - self.y
        if cells.height + 8 > room and (cells.height + 8 <= _BOTTOM - self.top or room < 120):
            self.y = self.head()
        self.part(cells)
        while cells.answer or cells.target or cells.label:
            self.y = self.head()
            if not cells.label:
                cells.label = self.label(field, again=True)
            self.part(cells)
        self.pdf.rule(_LEFT, self.y, _RIGHT - _LEFT)

    def part(self, cells: _Cells) -> None:
        """As much of a field as the page has room for."""
        begin, low = self.y + 3, self.y + 3
        for (x, _), pieces in ((_LABEL, cells.label), (_ANSWER, cells.answer),
                               (_TARGET, cells.target)):  # fmt: skip
            y = begin
            while pieces and (y + pieces[0].height <= _BOTTOM - 4 or y == begin):
                piece = pieces.pop(0)
                piece.draw(x, y)
                for key in piece.keys:
                    self.on.setdefault(key, {})[self.pdf.page] = None
                y += piece.height
            low = max(low, y)
        self.y = low + 2.5

    # the cells

    def label(self, field: CrfField, *, again: bool = False) -> list[_Piece]:
        """What the field is called; below it the name of its column."""
        pdf, width = self.pdf, _LABEL[1]
        text = field.label or field.names[0]
        made = [self._line(e, _SIZE) for e in pdf.wrap(text, width, _SIZE)]
        if again:
            return [*made[:2], self._line("(continued)", _TINY, GREY)]
        if field.label and len(field.names) == 1:
            made += [self._line(e, _TINY, GREY) for e in pdf.wrap(field.names[0], width, _TINY)]
        return made

    def _line(self, text: str, size: float, colour: Colour = BLACK) -> _Piece:
        def draw(x: float, y: float) -> None:
            self.pdf.text(x, y, text, size, colour=colour)

        return _Piece(size * LEADING, draw)

    def answer(self, field: CrfField) -> list[_Piece]:
        """The choices, each with its code; a line to write on where there are none."""
        if len(field.names) > 1 or (self.form.transfer and not field.choices):
            return []
        if not field.choices:
            return [_Piece(14.0, lambda x, y: self.pdf.box(x, y, _ANSWER[1], 12, edge=GREY))]
        return [self._choice(code, text) for code, text in field.choices]

    def _choice(self, code: str, text: str) -> _Piece:
        shown = text if text == code or not code else f"{code} = {text}"
        lines = self.pdf.wrap(shown, _ANSWER[1] - 12, _SMALL)

        def draw(x: float, y: float) -> None:
            self.pdf.circle(x, y + 2.4, 6)
            self.pdf.lines(x + 11, y, lines, _SMALL)

        return _Piece(len(lines) * _SMALL * LEADING + 1, draw)

    def target(self, field: CrfField) -> list[_Piece]:
        """The annotations, side by side as far as they have room."""
        rows: list[list[_Box]] = []
        used = 0.0
        for each in field.annotations:
            box = self._box(each)
            if not rows or used + box.width > _TARGET[1]:
                rows.append([])
                used = 0.0
            rows[-1].append(box)
            used += box.width + _GAP
        return [self._row(row) for row in rows]

    def _box(self, annotation: Annotation) -> _Box:
        bold = bool(annotation.keys)
        lines = self.pdf.wrap(annotation.text, _TARGET[1] - 2 * _INSIDE, _SMALL, bold=bold)
        width = max(self.pdf.width_of(each, _SMALL, bold) for each in lines) + 2 * _INSIDE
        return _Box(annotation, tuple(lines), width, len(lines) * _SMALL * LEADING + 3)

    def _row(self, boxes: Sequence[_Box]) -> _Piece:
        def draw(x: float, y: float) -> None:
            for annotation, lines, width, height in boxes:
                note = not annotation.keys
                self.pdf.box(x, y, width, height, fill=self.colours.get(annotation.dataset),
                             edge=GREY if note else BLACK, dashed=note)  # fmt: skip
                self.pdf.lines(x + _INSIDE, y + 1.5, lines, _SMALL, bold=not note)
                x += width + _GAP

        keys = tuple(key for box in boxes for key in box.annotation.keys)
        return _Piece(max(box.height for box in boxes) + 2.5, draw, keys)


def _colours(form: CrfForm) -> dict[str, Colour]:
    """A colour for each dataset of a form; qualifiers have that of their parent."""
    made: dict[str, Colour] = {}
    for name, _ in form.datasets:
        parent = name.removeprefix("SUPP")
        if parent not in made:
            made[parent] = _COLOURS[len(made) % len(_COLOURS)]
    return {name: made[name.removeprefix("SUPP")] for name, _ in form.datasets}
