"""Writing define.xml: the objects of a package through the templates in ``define_xml/``.

The same package gives the same bytes, on any machine and at any time: every date comes from the
package and every order from the objects.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mg_cdisc import __version__
from mg_cdisc.dataset import Package
from mg_cdisc.define.assemble import define_of
from mg_cdisc.define.model import Kind
from mg_cdisc.define.package_checks import check_texts, illegal_characters
from mg_cdisc.errors import BuildError

_IN_CONTENT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A parser turns a line end or tab in an attribute into a blank: as a reference it survives.
_IN_ATTRIBUTE = _IN_CONTENT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def render_define(package: Package, kind: Kind, stylesheet: str = "") -> bytes:
    """The define.xml of a package: Define-XML 2.1 in UTF-8 with ``\\n`` line ends.

    ``kind`` says whether the package holds tabulations (``sdtm``) or analysis datasets
    (``adam``). ``stylesheet`` is the name of an XSL file beside define.xml, if there is one.
    Raises BuildError with every finding if the package cannot be described, or holds a text that
    XML cannot carry.
    """
    template = _environment().get_template("define.xml.j2")
    text = template.render(
        define=define_of(package, kind), stylesheet=stylesheet, version=__version__
    )
    if illegal_characters(text):
        raise BuildError(check_texts(package))
    return text.encode("utf-8")


def templates_folder() -> Path:
    """The folder of the templates: in the installed package, or beside ``src`` in a checkout."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "templates", here.parents[3] / "define_xml"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the templates of define.xml are missing beside {here.parent}")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_attribute,
    )
    environment.filters["content"] = _content
    return environment


def _attribute(value: object) -> Markup:
    """A value between double quotes; text made by a macro is left as it is."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"not a text or a whole number: {value!r}")
    return _escaped(str(value))


@lru_cache(maxsize=1 << 14)
def _escaped(value: str) -> Markup:
    return Markup(value.translate(_IN_ATTRIBUTE))  # noqa: S704 - escaped just here


def _content(value: str) -> Markup:
    """A text between tags."""
    return Markup(value.translate(_IN_CONTENT))  # noqa: S704 - escaped just here
