"""Whether the files that a define.xml names are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from mg_cdisc.define.read import attribute, name_of, read_define
from mg_cdisc.errors import Finding

_ADDRESS = re.compile("[A-Za-z][A-Za-z0-9+.-]*:|#|/")


def check_files(path: Path) -> Iterator[Finding]:
    """Each document and dataset that a leaf names by a relative path stands beside the define.xml.

    A dataset that is not there under its own name either is told by the comparison with the data.
    """
    define, _ = read_define(path)
    if define is None:
        return
    for leaf in define.version.iter():
        if not isinstance(leaf.tag, str) or name_of(leaf) != "def:leaf":
            continue
        place = unquote(attribute(leaf, "xlink:href").partition("#")[0])
        if not place or _ADDRESS.match(place) or (path.parent / place).is_file():
            continue
        parent = leaf.getparent()
        if parent is not None and Path(place).stem.upper() == attribute(parent, "Name"):
            continue
        yield define.finding(
            leaf,
            "missing-document",
            f"{attribute(leaf, 'ID')} names {place}, which is not there",
            "Add the file, or correct def:leaf.",
            "warning",
        )
