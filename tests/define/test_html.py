"""define.html: what the published stylesheet makes of a define.xml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html

from mg_cdisc.define.html import STYLESHEET, render_html, stylesheet, with_keys
from mg_cdisc.define.render import render_define

EXAMPLES = Path(__file__).resolve().parents[3] / "shared/standards/define-2.1-examples"


@pytest.fixture(scope="module")
def published() -> etree.XSLT:
    """The stylesheet as it is published."""
    return etree.XSLT(etree.fromstring(stylesheet()))


def test_the_index_changes_no_byte_of_the_page(published: etree.XSLT, tabulations: Any) -> None:
    xml = render_define(tabulations, "sdtm", STYLESHEET)
    assert render_html(xml) == bytes(published(etree.fromstring(xml)))
    assert with_keys(stylesheet()).count(b"key('") > 40


@pytest.mark.parametrize("name", ["sdtm.xml", "adam.xml"])
def test_cdisc_examples_look_as_the_stylesheet_has_them(published: etree.XSLT, name: str) -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("CDISC's examples are not beside the repository")
    xml = (EXAMPLES / name).read_bytes()
    assert render_html(xml) == bytes(published(etree.fromstring(xml)))


def test_every_link_within_the_page_has_its_place(tabulations: Any) -> None:
    page = html.fromstring(render_html(render_define(tabulations, "sdtm")))
    places = set(page.xpath("//@id")) | set(page.xpath("//a/@name"))
    links = [str(each)[1:] for each in page.xpath("//@href") if str(each).startswith("#")]
    assert links
    assert [each for each in links if each not in places] == []
    assert not page.xpath("//*[@class='unresolved']")


def test_text_of_the_study_stays_text(tabulations: Any) -> None:
    """A label that looks like a script is shown, not run."""
    xml = render_define(tabulations, "sdtm").replace(
        b"<StudyName>", b"<StudyName>&lt;script&gt;", 1
    )
    page = html.fromstring(render_html(xml))
    assert b"&lt;script&gt;" in render_html(xml)
    assert not [each for each in page.xpath("//script/text()") if "StudyName" in str(each)]


def test_the_stylesheet_opens_nothing(tmp_path: Path, tabulations: Any) -> None:
    """An entity is not followed, neither to a file nor to an address."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret words")
    xml = render_define(tabulations, "sdtm")
    head, rest = xml.split(b"\n", 1)
    entity = f'<!DOCTYPE ODM [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    rest = rest.replace(b"<StudyName>", b"<StudyName>&x;", 1)
    assert b"secret words" not in render_html(head + b"\n" + entity + b"\n" + rest)


def test_the_package_is_read_and_not_imported() -> None:
    code = (
        "import sys, mg_cdisc.define.html as h; h.stylesheet(); print('defineutils' in sys.modules)"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "False"
