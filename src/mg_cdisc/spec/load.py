"""A study's folder of files to one object: every file read, merged and modelled, nothing bound yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from mg_cdisc.derive.numbering import Known
from mg_cdisc.errors import Finding, Location, SpecError, nearest, one_of
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
from mg_cdisc.spec.numbering import NUMBERING, numbering_of
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.places import as_typed, from_study, library_of, python_files
from mg_cdisc.spec.rescue import STUDY_NEEDS, rescue_dataset, rescue_entry, rescue_study
from mg_cdisc.spec.translations import only_remarks, translations_of
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, is_bad, load_yaml, name_of

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

    ``shown`` is the folder's name in messages; ``files`` are all that were read, for the manifest.
    ``trees`` are the trees of tables and instruments by name. ``faults`` are the mistakes of form;
    ``broken`` are the names of what could not be read for them (``codelist:SEX`` and
    ``instrument:x`` beside sources, datasets and tables), and ``unread`` says that a file could not
    be read at all, so that names may be missing.
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
    trees: Mapping[str, Tree] = field(default_factory=dict)
    faults: tuple[Finding, ...] = ()
    broken: frozenset[str] = frozenset()
    unread: bool = False
    annotated_crf: bytes | None = None
    translations: Mapping[str, str] = field(default_factory=dict)
    translations_tree: Branch = field(default_factory=lambda: Branch({}, Location(), {}))

    cut_off: date | None = None
    numbering: Mapping[str, Known] | None = None

    def named(self, path: Path) -> str:
        """A file that was read, as seen from the study's folder: ``../library/dm.yaml``."""
        return from_study(self.folder, path)

    def from_study(self, text: str) -> str:
        """A text that names files of the study, with their names as seen from its folder.

        What is written must not depend on how the folder was typed.
        """
        if text == self.shown:
            return "."
        for path in self.files:
            named = self.named(path)
            text = text.replace(as_typed(self.shown, named), named)
        return text

    def as_of(self, day: date) -> StudyFiles:
        """The same study with its data up to a day."""
        return replace(self, cut_off=day, study=self.study.model_copy(update={"data_cut": day}))

    def for_agency(self, agency: str) -> StudyFiles:
        """The same study for another agency than study.yaml says."""
        return replace(self, study=self.study.for_agency(agency))


class _Reader:
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


def load_study(folder: Path, shown: str | None = None) -> StudyFiles:
    """Read a study's folder; raises SpecError with every mistake of form found."""
    files = read_study(folder, shown)
    if files.faults:
        raise SpecError(files.faults)
    return files


def read_study(folder: Path, shown: str | None = None) -> StudyFiles:
    """Read a study's folder as far as its mistakes allow; they are in ``faults``.

    Raises SpecError where study.yaml, sources.yaml or terminology.yaml cannot be read at all, since
    the rest cannot be judged without them.
    """
    shown = shown if shown is not None else folder.as_posix()
    if not folder.is_dir():
        raise SpecError(
            [Finding(Location(shown), "missing-folder", "there is no such study folder",
                     "Give the folder that holds study.yaml.")]
        )  # fmt: skip
    reader = _Reader(folder, shown)
    study_tree = reader.branch(folder / "study.yaml")
    study: Study | None = None
    if study_tree is not None:
        study, faults = rescue_study(study_tree)
        reader.findings += faults
    sources_tree = reader.branch(folder / "sources.yaml")
    sources = _models(reader, SourceSpec, sources_tree)
    terms = folder / "terminology.yaml"
    terms_tree = reader.branch(terms) if terms.exists() else _nothing(reader.name(terms))
    terminology = _models(reader, TermMap, terms_tree, "codelist:")
    tables = _tables(reader)
    instruments = _instruments(reader)
    datasets = _datasets(reader)
    accepted = _accepted(reader)
    if study is None or study_tree is None or sources_tree is None or terms_tree is None:
        raise SpecError(reader.findings)
    if study.subjects not in reader.broken and study.subjects != STUDY_NEEDS["subjects"]:
        reader.findings += _subjects_known(study, study_tree, sources)
    if study.subjects in sources and sources[study.subjects].subject is None:
        reader.broken.add(study.subjects)
        del sources[study.subjects]
    if not datasets and not reader.broken and not reader.unread:
        what = "there is no dataset to make"
        todo = "Write sdtm/NAME.yaml or adam/NAME.yaml."
        reader.findings.append(Finding(Location(shown), "no-datasets", what, todo))
    annotated_crf = _annotated_crf(reader, study, study_tree)
    translations, translations_tree = _translations(reader)
    numbering = _numbering(reader)
    own = {reader.folder / name for each in datasets.values() for name in python_files(each.tree)}
    reader.files += sorted(path for path in own if path.is_file())
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
        reader.trees,
        tuple(reader.findings),
        frozenset(reader.broken),
        reader.unread,
        annotated_crf,
        translations,
        translations_tree,
        numbering=numbering,
    )


def _annotated_crf(reader: _Reader, study: Study, tree: Branch) -> bytes | None:
    """The study's annotated CRF, which is copied into the package as it is."""
    if study.annotated_crf is None:
        return None
    root = reader.folder.resolve()
    path = (root / study.annotated_crf.file).resolve()
    at = tree.key_at.get("annotated_crf", tree.at)
    if not path.is_relative_to(root) or not path.is_file():
        what = f"annotated_crf: there is no file {study.annotated_crf.file} in the study's folder"
        reader.findings.append(Finding(at, "missing-file", what, "Put the PDF there."))
        return None
    reader.files.append(reader.folder / path.relative_to(root))
    return path.read_bytes()


def _translations(reader: _Reader) -> tuple[dict[str, str], Branch]:
    """``translations.yaml``: texts of the source and their English."""
    path = reader.folder / "translations.yaml"
    there = path.exists() and not only_remarks(path)
    tree = reader.branch(path) if there else None
    tree = tree if tree is not None else _nothing(reader.name(path))
    return translations_of(tree, reader.findings), tree


def _numbering(reader: _Reader) -> dict[str, Known] | None:
    """``numbering.csv``: the numbers that records have from earlier builds."""
    path = reader.folder / NUMBERING
    if not path.exists():
        return None
    reader.files.append(path)
    return numbering_of(reader.folder, reader.name(path), reader.findings)


def _subjects_known(
    study: Study, tree: Branch, sources: Mapping[str, SourceSpec]
) -> Iterator[Finding]:
    at = tree.key_at["subjects"]
    if study.subjects not in sources:
        what = f"subjects: there is no source {study.subjects}"
        todo = nearest(study.subjects, sources) or f"Sources: {one_of(list(sources))}."
        yield Finding(at, "unknown-name", what, todo)
    elif sources[study.subjects].subject is None:
        what = f"subjects: source {study.subjects} has no subject:"
        yield Finding(at, "no-subject", what, "Say there how its columns make the subject.")


def _models(reader: _Reader, model: type[M], tree: Branch | None, kind: str = "") -> dict[str, M]:
    made: dict[str, M] = {}
    for name in tree.items if tree else {}:
        assert tree is not None
        read, faults, broken = rescue_entry(model, tree, name)
        reader.findings += faults
        reader.broken |= broken
        if read is not None:
            made[name] = read
        else:
            reader.broken.add(kind + name)
    return made


def _nothing(name: str) -> Branch:
    return Branch({}, Location(name), {})


def _tables(reader: _Reader) -> dict[str, Table]:
    made: dict[str, Table] = {}
    visits = reader.folder / "visits.yaml"
    paths = [visits] if visits.exists() else []
    paths += sorted((reader.folder / "tables").glob("*.yaml"))
    for path in paths:
        tree = reader.branch(path)
        table = read_model(Table, tree, reader.findings) if tree is not None else None
        name = _said(tree, "table", path.stem)
        reader.unread = reader.unread or tree is None
        if table is None:
            reader.broken.add(name)
            # a table that does not say its name may be any that is asked for
            reader.unread = reader.unread or tree is None or "table" not in tree.items
            continue
        if name in made:
            assert tree is not None
            what, todo = f"there are two tables {name}", "Rename one of them."
            reader.findings.append(Finding(tree.at, "name-taken", what, todo))
            continue
        made[name] = table
        reader.trees[name] = tree if tree is not None else _nothing(name)
    return made


def _said(tree: Branch | None, key: str, otherwise: str) -> str:
    leaf = tree.items.get(key) if tree is not None else None
    return leaf.text if isinstance(leaf, Leaf) and leaf.text else otherwise


def _instruments(reader: _Reader) -> dict[str, Instrument]:
    made: dict[str, Instrument] = {}
    for path in sorted((reader.folder / "instruments").glob("*.yaml")):
        merged = reader.merged(path)
        read = read_model(Instrument, merged, reader.findings) if merged is not None else None
        if read is None:
            reader.broken.add(f"instrument:{path.stem}")
        else:
            made[path.stem] = read
            reader.trees[path.stem] = merged if merged is not None else _nothing(path.stem)
    return made


def _datasets(reader: _Reader) -> dict[str, Loaded]:
    made: dict[str, Loaded] = {}
    for kind in FOLDERS:
        for path in sorted((reader.folder / kind).glob("*.yaml")):
            merged = reader.merged(path)
            if merged is None:
                continue
            name = _said(merged, "dataset", path.stem.upper())
            spec, tree, faults, broken = rescue_dataset(merged)
            reader.findings += faults
            reader.broken |= broken
            if name in made:
                at = merged.key_at.get("dataset", merged.at)
                first = made[name].tree.key_at["dataset"]
                what, todo = f"{name} is specified twice ({first})", "Remove one of the two files."
                reader.findings.append(Finding(at, "duplicate-dataset", what, todo))
            elif spec is None:
                reader.broken.add(name)
            else:
                made[name] = Loaded(spec, tree, reader.name(path), kind)
    return made


def _accepted(reader: _Reader) -> tuple[tuple[Accepted, Location], ...]:
    path = reader.folder / "findings.yaml"
    if not path.exists():
        return ()
    tree = reader.tree(path)
    if not isinstance(tree, Items):
        if tree is not None and not is_bad(tree):
            what, todo = "findings.yaml must be a list", "Begin each entry with - ."
            reader.findings.append(Finding(tree.at, "bad-value", what, todo))
        return ()
    made = []
    for each in tree.items:
        read = read_model(Accepted, each, reader.findings, name_of(each) or "entry")
        if read is not None:
            made.append((read, each.at))
    return tuple(made)


__all__ = ["Leaf", "Loaded", "StudyFiles", "load_study", "read_study"]
