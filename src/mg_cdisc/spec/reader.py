"""Reading the YAML files of a study: every mistake is noted with its line, and the rest is read."""

from __future__ import annotations

from pathlib import Path

from mg_cdisc.errors import Finding, Location, SpecError
from mg_cdisc.spec.inherit import resolve_extends
from mg_cdisc.spec.places import as_typed, from_study, library_of
from mg_cdisc.spec.tree import Branch, Tree, is_bad, load_yaml


class Reader:
    """Reads the files of a study's folder; what is wrong in them is collected, never raised."""

    def __init__(self, folder: Path, shown: str) -> None:
        self.folder, self.shown = folder, shown
        self.findings: list[Finding] = []
        self.files: list[Path] = []
        self.trees: dict[str, Tree] = {}
        self.broken: set[str] = set()
        self.unread = False

    def tree(self, path: Path) -> Tree | None:
        self.files.append(path)
        try:
            return load_yaml(path, self.name(path), self.findings)
        except SpecError as error:
            self.findings += error.findings
            return None

    def name(self, path: Path) -> str:
        return as_typed(self.shown, from_study(self.folder, path))

    def branch(self, path: Path) -> Branch | None:
        tree = self.tree(path)
        if tree is None or isinstance(tree, Branch):
            return tree
        if not is_bad(tree):
            what = "the file must be a mapping"
            self.findings.append(Finding(tree.at, "bad-value", what, "Write key: value lines."))
        return None

    def merged(self, path: Path) -> Branch | None:
        """A file with everything it extends."""
        tree = self.branch(path)
        try:
            merged = resolve_extends(tree, self.find) if tree is not None else None
        except SpecError as error:
            self.findings += error.findings
            merged = None
        self.unread = self.unread or merged is None
        return merged if isinstance(merged, Branch) else None

    def find(self, written: str, at: Location) -> Tree:
        """A file that a spec extends: in the study's folder, or in the library beside it."""
        leaves = False
        for root in (self.folder, library_of(self.folder)):
            try:
                real, base = (root / written).resolve(), root.resolve()
                inside, there = real.is_relative_to(base), real.is_file()
            except (OSError, ValueError):  # a name that no file can have
                continue
            if inside and there:
                path = root / real.relative_to(base)
                self.files.append(path)
                return load_yaml(path, self.name(path), self.findings)
            leaves = leaves or not inside
        what = f"{written} is neither in the study's folder nor in library/"
        todo = "Check the path: it starts at the study's folder or at library/ beside it."
        if leaves:
            what = f"{written} leads out of the study's folder and of library/"
            todo = "Put the file itself into library/ beside the study's folder."
        raise SpecError([Finding(at, "missing-file", what, todo)])


def nothing(name: str) -> Branch:
    """The tree of a file that is not there."""
    return Branch({}, Location(name), {})
