"""A guide as a document that can be edited: Office Open XML (docx).

Headings have the styles of headings, so that an editor finds them; places that a person has to fill
in are highlighted. The same content gives the same bytes: every date is the guide's.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from mg_cdisc.documents.content import Bullets, Guide, Heading, Paragraph, Table

_WIDTH = 9864
"""The width of text in twentieths of a point: A4 less margins of 1.8 cm."""
_MARGIN = 1021
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LATIN, _CHINESE = "Arial", "SimSun"
_DATE = (1980, 1, 1, 0, 0, 0)
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="969696"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def guide_docx(guide: Guide) -> bytes:
    """The file."""
    # imported only where a document is made
    from docx import Document
    from docx.oxml import parse_xml

    document: Any = Document()
    _properties(document, guide)
    _styles(document)
    section = document.sections[0]
    section.page_width, section.page_height = 11906 * 635, 16838 * 635
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, _MARGIN * 635)
    body = document.element.body
    xml = "".join(_body(guide))
    made = parse_xml(f'<w:body xmlns:w="{_MAIN}">{xml}</w:body>')
    for place, element in enumerate(list(made)):
        body.insert(place, element)
    footer = section.footer.paragraphs[0]
    for run in parse_xml(f'<w:p xmlns:w="{_MAIN}">{_footer(guide)}</w:p>'):
        footer._p.append(run)
    buffer = io.BytesIO()
    document.save(buffer)
    return _same_bytes(buffer)


def _body(guide: Guide) -> Iterator[str]:
    yield _paragraph(guide, guide.title, "Title")
    for fact in guide.facts:
        yield _paragraph(guide, fact)
    yield _contents(guide)
    for number, block in enumerate(guide.blocks):
        match block:
            case Heading():
                yield _heading(block, number)
            case Paragraph(text):
                yield _paragraph(guide, text)
            case Bullets(entries):
                for entry in entries:
                    yield _paragraph(guide, entry, "ListBullet")
            case Table():
                yield _table(guide, block)


def _run(text: str, properties: str = "") -> str:
    shown = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cc", "Cs", "Cn"))
    inner = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{inner}<w:t xml:space="preserve">{escape(shown)}</w:t></w:r>'


def _paragraph(guide: Guide, text: str, style: str = "") -> str:
    said = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{said}{_run(text, _highlight(guide, text))}</w:p>"


def _highlight(guide: Guide, text: str) -> str:
    return '<w:highlight w:val="yellow"/>' if guide.open(text) else ""


def _heading(heading: Heading, number: int) -> str:
    name = f"_guide{number}"
    return (
        f'<w:p><w:pPr><w:pStyle w:val="Heading{min(heading.level, 3)}"/></w:pPr>'
        f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{_run(heading.shown)}'
        f'<w:bookmarkEnd w:id="{number}"/></w:p>'
    )


def _contents(guide: Guide) -> str:
    """A table of contents as a field: an editor fills in pages when it updates fields."""
    found = [(n, each) for n, each in enumerate(guide.blocks) if isinstance(each, Heading)]
    lines = [
        f'<w:hyperlink w:anchor="_guide{number}">{_run(each.shown)}</w:hyperlink>'
        for number, each in found
    ]
    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> TOC \\o "1-3" \\h \\z \\u </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    made = [f"<w:p>{_run(guide.contents, '<w:b/>')}</w:p>"]
    for place, ((_, heading), line) in enumerate(zip(found, lines, strict=True)):
        first, last = begin if place == 0 else "", end if place == len(lines) - 1 else ""
        indent = f'<w:spacing w:after="0"/><w:ind w:left="{280 * (heading.level - 1)}"/>'
        made.append(f"<w:p><w:pPr>{indent}</w:pPr>{first}{line}{last}</w:p>")
    return "".join(made)


def _table(guide: Guide, table: Table) -> str:
    longest = table.longest(lambda word, bold: sum(map(_letter, word)) * (1.06 if bold else 1))
    least = [min((each + 140) / _WIDTH, 0.25) for each in longest]
    widths = [round(share * _WIDTH) for share in table.shares(least)]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = [_row(guide, table.titles, widths, titles=True)] if any(table.titles) else []
    rows += [_row(guide, row, widths) for row in table.rows]
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblBorders>{_BORDERS}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
        '<w:p><w:pPr><w:spacing w:after="60"/></w:pPr></w:p>'
    )


def _letter(sign: str) -> int:
    """About how wide a letter of a cell is, in twentieths of a point."""
    return 160 if ord(sign) > 0x2E80 else 118 if sign.isupper() else 92


def _row(guide: Guide, cells: tuple[str, ...], widths: list[int], *, titles: bool = False) -> str:
    made = []
    for text, width in zip(cells, widths, strict=True):
        shade = '<w:shd w:val="clear" w:color="auto" w:fill="E0E8F0"/>' if titles else ""
        properties = ("<w:b/>" if titles else "") + '<w:sz w:val="16"/>' + _highlight(guide, text)
        made.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr>'
            f'<w:p><w:pPr><w:spacing w:before="20" w:after="20"/></w:pPr>'
            f"{_run(text, properties)}</w:p></w:tc>"
        )
    head = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>" if titles else ""
    return f"<w:tr>{head}{''.join(made)}</w:tr>"


def _footer(guide: Guide) -> str:
    before, _, rest = guide.page.partition("{page}")
    between, _, after = rest.partition("{pages}")
    small = '<w:color w:val="6E6E6E"/><w:sz w:val="14"/>'
    said = [_run(f"{guide.facts[0]}  {guide.title}    {before}", small)]
    for name, following in (("PAGE", between), ("NUMPAGES", after)):
        said.append(f'<w:fldSimple w:instr=" {name} ">{_run("1", small)}</w:fldSimple>')
        said.append(_run(following, small) if following else "")
    return "".join(said)


def _properties(document: Any, guide: Guide) -> None:
    core = document.core_properties
    core.title, core.subject = guide.title, guide.facts[0]
    core.author = core.last_modified_by = guide.author
    core.created = core.modified = guide.created
    core.language, core.comments, core.keywords, core.revision = guide.language, "", "", 1


def _styles(document: Any) -> None:
    """Typefaces by name, for Latin and for Chinese letters, and quiet colours."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    sizes = {"Normal": 10, "Title": 20, "Heading 1": 15, "Heading 2": 12, "Heading 3": 10.5,
             "List Bullet": 10}  # fmt: skip
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size)
        fonts = style.element.rPr.rFonts
        for key in list(fonts.attrib):
            if "heme" in key:
                del fonts.attrib[key]
        for key in ("ascii", "hAnsi", "cs"):
            fonts.set(qn(f"w:{key}"), _LATIN)
        fonts.set(qn("w:eastAsia"), _CHINESE)
        if name not in ("Normal", "List Bullet"):
            style.font.color.rgb = RGBColor(0x1F, 0x2F, 0x46)


def _same_bytes(written: io.BytesIO) -> bytes:
    """The archive again, with one date for all of its parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, _DATE)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o600 << 16
            part.create_system = 0
            new.writestr(part, old.read(name))
    return made.getvalue()
