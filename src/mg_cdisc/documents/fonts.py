"""The typefaces of documents, which are embedded: what a reader sees depends on no font of theirs.

A document whose characters Fira Sans has (Latin, Greek, signs) is set in it, as its files can be
used as they are. Any other is set in Noto Sans SC, which has Chinese, Latin and Greek in one file of
variable weight, and is cut to the characters of the document first. Both come with installed
packages, under the SIL Open Font License.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

WEIGHTS = {"": 400, "B": 700}
"""The styles, as the PDF library calls them, and how heavy each is."""
_LATIN = ("fontpkg_fira_sans", {"": "files/FiraSans-Regular.ttf", "B": "files/FiraSans-Bold.ttf"})
_CHINESE = ("justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf")
_UNUSED = ("BASE", "GDEF", "GPOS", "GSUB", "VORG", "VVAR", "vhea", "vmtx")
"""What shapes and vertical lines need, which no document has: reading it takes a tenth of a second."""
_ALWAYS = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])) + "\N{HORIZONTAL ELLIPSIS}"


def font_files(texts: Iterable[str]) -> Mapping[str, bytes]:
    """A font file for each style, with the characters of the texts.

    A character that neither typeface has is shown as an empty box. The same characters give the
    same bytes.
    """
    more = "".join(sorted(set().union(*texts) - set(_ALWAYS)))
    found, latin = _latin()
    return latin if all(ord(sign) in found for sign in more) else _cut(more)


@lru_cache(maxsize=1)
def _latin() -> tuple[frozenset[int], Mapping[str, bytes]]:
    """The characters that Fira Sans has in every style, and its files."""
    # imported only where a document is made: it takes longer than many a step of a build
    from fontTools.ttLib import TTFont

    package, names = _LATIN
    files = {style: _file(package, name).read_bytes() for style, name in names.items()}
    found: set[int] | None = None
    for content in files.values():
        with TTFont(io.BytesIO(content), lazy=True) as font:
            held = set(font.getBestCmap())
        found = held if found is None else found & held
    return frozenset(found or ()), files


@lru_cache(maxsize=4)  # several documents of one build, and of one after the other
def _cut(more: str) -> Mapping[str, bytes]:
    """Noto Sans SC with what every document may need, and more characters."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    options = Options(notdef_outline=True, layout_features=[], hinting=False)
    options.drop_tables += _UNUSED
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[ord(sign) for sign in _ALWAYS + more])
    with TTFont(_file(*_CHINESE), recalcTimestamp=False, lazy=True) as font:
        subsetter.subset(font)
        cut = _saved(font)
    made = {}
    for style, weight in WEIGHTS.items():
        with TTFont(io.BytesIO(cut), recalcTimestamp=False) as variable:
            made[style] = _saved(instantiateVariableFont(variable, {"wght": weight}))
    return made


def _saved(font: object) -> bytes:
    buffer = io.BytesIO()
    font.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def _file(package: str, name: str) -> Path:
    """A file of an installed package, which is not imported."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        distribution = package.replace("_", "-")
        raise ModuleNotFoundError(
            f"{distribution}, which holds a typeface of documents, is not installed"
        )
    return Path(spec.submodule_search_locations[0]) / name
