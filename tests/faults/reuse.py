"""What was read and judged once is not read and judged again: files are known by their inodes.

A damaged package links to the clean one what it leaves as it was, so most of ``validate``'s work is
that of the package before. ``test_faults`` shows that the findings are the same without.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from mg_cdisc import checks
from mg_cdisc.checks import run
from mg_cdisc.define import compare, read, validate

from .package import ADAM, SDTM

Files = tuple[tuple[str, int, int], ...]


def file_key(path: Path) -> tuple[str, int, int]:
    """What a file is known by."""
    stat = path.stat()
    return path.name, stat.st_ino, stat.st_mtime_ns


def data_key(folder: Path) -> Files:
    """What the datasets of a folder are known by."""
    return tuple(each for each in folder_key(folder) if each[0].endswith(".xpt"))


def folder_key(folder: Path) -> Files:
    """What the files of a folder are known by."""
    return tuple(file_key(path) for path in sorted(folder.iterdir()) if path.is_file())


class Reused:
    """The results of a function by key; the last ones, and the first, which are the clean package's."""

    def __init__(self, compute: Callable[..., Any], key: Callable[..., Hashable]) -> None:
        self.compute, self.key = compute, key
        self.held: dict[Hashable, Any] = {}

    def __call__(self, *given: Any, **named: Any) -> Any:
        """The result, computed at most once."""
        key = self.key(*given, **named)
        if key not in self.held:
            self.held[key] = self.compute(*given, **named)
            if len(self.held) > FIRST + 20:
                del self.held[list(self.held)[FIRST]]
        return self.held[key]


FIRST = 40


@contextmanager
def reuse() -> Iterator[None]:
    """Within it, nothing that is unchanged is read or judged twice."""
    folders: dict[int, Hashable] = {}

    def reading(folder: Path, *rest: Any) -> Any:
        made = original(folder, *rest)
        folders.clear()
        sdtm, adam = (data_key(folder / each) for each in (SDTM, ADAM))
        folders[id(made.study)] = sdtm
        folders[id(made.analyses)] = sdtm, adam
        return made

    def judged(study: Any, **named: Any) -> Hashable:
        said = getattr(study, "predecessors", {})
        terms = [getattr(study, each, None) for each in ("terminology", "sdtm_terminology")]
        return (
            folders[id(study)], tuple(sorted(said.items())), study.standard.version,
            tuple(each and each.version for each in terms), tuple(sorted(named.items())),
        )  # fmt: skip

    original = run.read_folder
    xpt = Reused(run.read_xpt, lambda path, **named: (file_key(path), *named.items()))
    define = Reused(read.read_define, lambda path, *rest: (file_key(path), *rest))
    with ExitStack() as stack:
        for module, name, made in (
            (run, "read_xpt", xpt),
            (checks, "read_folder", reading),
            (checks, "check_study", Reused(checks.check_study, judged)),
            (read, "read_define", define),
            (validate, "read_define", define),
            (compare, "read_define", define),
            (validate, "validate_define",
             Reused(validate.validate_define, lambda path: folder_key(path.parent))),
            (compare, "compare_define",
             Reused(compare.compare_define, lambda path, files, **_: folder_key(path.parent))),
        ):  # fmt: skip
            stack.enter_context(mock.patch.object(module, name, made))
        yield
