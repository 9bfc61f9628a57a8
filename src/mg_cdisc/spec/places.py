"""Names of a study's files: as seen from its folder, and as the person who typed it can open them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree


def library_of(folder: Path) -> Path:
    """The folder of what several studies extend, beside that of a study."""
    return (folder / ".." if folder.name in ("", "..") else folder.parent) / "library"


def from_study(folder: Path, path: Path) -> str:
    """A file's name as seen from the study's folder; the library stands beside it.

    >>> from_study(Path("specs/one"), Path("specs/one/sdtm/ae.yaml"))
    'sdtm/ae.yaml'
    >>> from_study(Path("specs/one"), Path("specs/library/org/ae.yaml"))
    '../library/org/ae.yaml'
    """
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return f"../{path.relative_to(folder.parent).as_posix()}"


def as_typed(shown: str, named: str) -> str:
    """A name as seen from the study's folder, as a person who typed that folder can open it.

    >>> as_typed("specs/one", "sdtm/ae.yaml"), as_typed("specs/one", "../library/ae.yaml")
    ('specs/one/sdtm/ae.yaml', 'specs/library/ae.yaml')
    >>> as_typed(".", "../library/ae.yaml")
    './../library/ae.yaml'
    """
    beside = named.removeprefix("../")
    if beside == named or Path(shown).name in ("", ".."):
        return f"{shown}/{named}"
    return (Path(shown).parent / beside).as_posix()


def python_files(tree: Tree) -> Iterator[str]:
    """The files of the study's own functions that a spec names (``python: file.py:function``)."""
    if isinstance(tree, Items):
        for each in tree.items:
            yield from python_files(each)
    if isinstance(tree, Branch):
        for key, each in tree.items.items():
            if key == "python" and isinstance(each, Leaf):
                yield each.text.partition(":")[0]
            yield from python_files(each)
