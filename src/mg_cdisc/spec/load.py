"""A study's folder of files to one object: every file read, merged and modelled, nothing bound yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mg_cdisc.errors import Finding, Location, SpecError, nearest
from mg_cdisc.spec.inherit import resolve_extends
from mg_cdisc.spec.models import (
    Accepted,
    DatasetSpec,
    Instrument,
    SourceSpec,
    Study,
    Table,
    TermMap,
)
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, load_yaml

FOLDERS = ("sdtm", "adam")
M = TypeVar("M", SourceSpec, TermMap)


@dataclass(frozen=True)
class Loaded:
    """One dataset spec with the tree it was read from."""

    spec: DatasetSpec
    tree: Branch
    file: str
    kind: str


@dataclass(frozen=True)
class StudyFiles:
    """Everything that the files of a study say.

    ``shown`` is the folder's name in messages; ``texts`` are the bytes of every file read, by name,
    for the manifest.
    """

    folder: Path
    shown: str
    study: Study
    study_tree: Branch
    sources: Mapping[str, SourceSpec]
    sources_tree: Branch
    tables: Mapping[str, Table]
    terminology: Mapping[str, TermMap]
    terminology_tree: Branch
    instruments: Mapping[str, Instrument]
    datasets: Mapping[str, Loaded]
    accepted: tuple[tuple[Accepted, Location], ...]
    files: tuple[Path, ...] = ()
    locations: Mapping[str, Location] = field(default_factory=dict)


class _Reader:
    def __init__(self, folder: Path, shown: str) -> None:
        self.folder, self.shown = folder, shown
        self.findings: list[Finding] = []
        self.files: list[Path] = []

    def tree(self, path: Path) -> Tree | None:
        self.files.append(path)
        try:
            return load_yaml(path, self.name(path))
        except SpecError as error:
            self.findings += error.findings
            return None

    def name(self, path: Path) -> str:
        try:
            return f"{self.shown}/{path.relative_to(self.folder).as_posix()}"
        except ValueError:
            return f"{self.shown}/../{path.parent.name}/{path.name}"

    def branch(self, path: Path) -> Branch | None:
        tree = self.tree(path)
        if tree is None or isinstance(tree, Branch):
            return tree
        self.findings.append(
            Finding(tree.at, "bad-value", "the file must be a mapping", "Write key: value lines.")
        )
        return None

    def find(self, written: str, at: Location) -> Tree:
        """A file that a spec extends: in the study's folder, or in the library beside it."""
        library = self.folder.parent / "library"
        for root in (self.folder, library):
            path = (root / written).resolve()
            if not path.is_relative_to(root.resolve()):
                continue
            if path.is_file():
                self.files.append(path)
                return load_yaml(path, self.name(path))
        raise SpecError(
            [
                Finding(
                    at, "missing-file", f"{written} is neither in the study's folder nor in library/",
                    "Check the path: it starts at the study's folder or at library/ beside it.",
                )
            ]
        )  # fmt: skip


def load_study(folder: Path, shown: str | None = None) -> StudyFiles:
    """Read a study's folder; raises SpecError with every mistake of form found."""
    shown = shown if shown is not None else folder.as_posix()
    if not folder.is_dir():
        raise SpecError(
            [Finding(Location(shown), "missing-folder", "there is no such study folder",
                     "Give the folder that holds study.yaml.")]
        )  # fmt: skip
    reader = _Reader(folder, shown)
    study_tree = reader.branch(folder / "study.yaml")
    study = _model(reader, Study, study_tree)
    sources_tree = reader.branch(folder / "sources.yaml")
    sources = _models(reader, SourceSpec, sources_tree)
    terms_tree = _optional(reader, folder / "terminology.yaml")
    terminology = _models(reader, TermMap, terms_tree)
    tables = _tables(reader, folder)
    instruments = _instruments(reader, folder)
    datasets = _datasets(reader, folder)
    accepted = _accepted(reader, folder)
    if reader.findings or study is None or study_tree is None or sources_tree is None:
        raise SpecError(reader.findings)
    _subjects_known(study, study_tree, sources)
    return StudyFiles(
        folder,
        shown,
        study,
        study_tree,
        sources,
        sources_tree,
        tables,
        terminology,
        terms_tree,
        instruments,
        datasets,
        accepted,
        tuple(dict.fromkeys(reader.files)),
    )


def _subjects_known(study: Study, tree: Branch, sources: Mapping[str, SourceSpec]) -> None:
    at = tree.key_at["subjects"]
    if study.subjects not in sources:
        raise SpecError(
            [Finding(at, "unknown-name", f"subjects: there is no source {study.subjects}",
                     nearest(study.subjects, sources) or "Name an entry of sources.yaml.")]
        )  # fmt: skip
    if sources[study.subjects].subject is None:
        raise SpecError(
            [Finding(at, "no-subject", f"subjects: source {study.subjects} has no subject:",
                     "Say in sources.yaml how its columns make the subject.")]
        )  # fmt: skip


def _model(reader: _Reader, model: type[Study], tree: Branch | None) -> Study | None:
    return None if tree is None else read_model(model, tree, reader.findings)


def _models(reader: _Reader, model: type[M], tree: Branch | None) -> dict[str, M]:
    made: dict[str, M] = {}
    for name, each in (tree.items if tree else {}).items():
        read = read_model(model, each, reader.findings, name)
        if read is not None:
            made[name] = read
    return made


def _optional(reader: _Reader, path: Path) -> Branch:
    tree = reader.branch(path) if path.exists() else None
    return tree if tree is not None else Branch({}, Location(reader.name(path)), {})


def _tables(reader: _Reader, folder: Path) -> dict[str, Table]:
    made: dict[str, Table] = {}
    paths = [folder / "visits.yaml"] if (folder / "visits.yaml").exists() else []
    paths += sorted((folder / "tables").glob("*.yaml"))
    for path in paths:
        tree = reader.branch(path)
        table = read_model(Table, tree, reader.findings) if tree is not None else None
        if table is not None:
            made[table.table or path.stem] = table
    return made


def _instruments(reader: _Reader, folder: Path) -> dict[str, Instrument]:
    made: dict[str, Instrument] = {}
    for path in sorted((folder / "instruments").glob("*.yaml")):
        tree = reader.branch(path)
        if tree is None:
            continue
        try:
            merged = resolve_extends(tree, reader.find)
        except SpecError as error:
            reader.findings += error.findings
            continue
        read = read_model(Instrument, merged, reader.findings)
        if read is not None:
            made[path.stem] = read
    return made


def _datasets(reader: _Reader, folder: Path) -> dict[str, Loaded]:
    made: dict[str, Loaded] = {}
    for kind in FOLDERS:
        for path in sorted((folder / kind).glob("*.yaml")):
            tree = reader.branch(path)
            if tree is None:
                continue
            try:
                merged = resolve_extends(tree, reader.find)
            except SpecError as error:
                reader.findings += error.findings
                continue
            assert isinstance(merged, Branch)
            read = read_model(DatasetSpec, merged, reader.findings)
            if read is None:
                continue
            if read.dataset in made:
                reader.findings.append(
                    Finding(merged.at, "duplicate-dataset", f"{read.dataset} is specified twice",
                            f"It is also in {made[read.dataset].file}.")
                )  # fmt: skip
            made[read.dataset] = Loaded(read, merged, reader.name(path), kind)
    return made


def _accepted(reader: _Reader, folder: Path) -> tuple[tuple[Accepted, Location], ...]:
    path = folder / "findings.yaml"
    if not path.exists():
        return ()
    tree = reader.tree(path)
    if not isinstance(tree, Items):
        if tree is not None:
            reader.findings.append(
                Finding(
                    tree.at, "bad-value", "findings.yaml must be a list", "Begin items with - ."
                )
            )
        return ()
    made = []
    for each in tree.items:
        read = read_model(Accepted, each, reader.findings)
        if read is not None:
            made.append((read, each.at))
    return tuple(made)


__all__ = ["Leaf", "Loaded", "StudyFiles", "load_study"]
