"""A study's folder of files to one object: every file read, merged and modelled, nothing bound yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from mg_cdisc.derive.numbering import Known
from mg_cdisc.errors import Finding, Location, SpecError
from mg_cdisc.sources.tabulation import GivenDataset
from mg_cdisc.spec.endpoints import Endpoints
from mg_cdisc.spec.guide import Guide
from mg_cdisc.spec.labels import Labels
from mg_cdisc.spec.models import (
    Accepted,
    DatasetSpec,
    Instrument,
    SourceSpec,
    Study,
    Table,
    TermMap,
)
from mg_cdisc.spec.optional import (
    read_annotated_crf,
    read_endpoints,
    read_guide,
    read_labels,
    read_numbering,
    read_translations,
)
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.places import as_typed, from_study, python_files
from mg_cdisc.spec.reader import Reader, nothing
from mg_cdisc.spec.rescue import STUDY_NEEDS, rescue_dataset, rescue_entry, rescue_study
from mg_cdisc.spec.tabulation import given_datasets, made_too, subjects_known
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, is_bad, name_of
from mg_cdisc.spec.written import Written, places

FOLDERS = ("sdtm", "adam")
M = TypeVar("M", SourceSpec, TermMap)


@dataclass(frozen=True)
class Loaded:
    """One dataset spec with the tree it was read from."""

    spec: DatasetSpec
    tree: Branch
    file: str
    kind: str

    @cached_property
    def written(self) -> Written:
        """Its steps by where they stand."""
        steps = self.tree.get("steps")
        return {} if steps is None else places(steps)


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
    given: Mapping[str, GivenDataset] = field(default_factory=dict)
    endpoints: Endpoints | None = None
    endpoints_tree: Branch = field(default_factory=lambda: Branch({}, Location(), {}))
    documents: Mapping[str, bytes] = field(default_factory=dict)
    labels: Labels = field(default_factory=Labels)
    labels_tree: Branch = field(default_factory=lambda: Branch({}, Location(), {}))
    guide: Guide = field(default_factory=Guide)
    guides: Mapping[str, bytes] = field(default_factory=dict)

    def named(self, path: Path) -> str:
        """A file that was read, as seen from the study's folder: ``../library/dm.yaml``."""
        return from_study(self.folder, path)

    def from_study(self, text: str) -> str:
        """A text that names files of the study, with their names as seen from its folder.

        What is written must not depend on how the folder was typed.
        """
        if text == self.shown:
            return "."
        for typed, named in self._named_files:
            text = text.replace(typed, named)
        return text

    @cached_property
    def _named_files(self) -> tuple[tuple[str, str], ...]:
        """Every file as it was typed, and as seen from the study's folder."""
        named = [self.named(path) for path in self.files]
        return tuple((as_typed(self.shown, each), each) for each in named)

    def given_in(self, dataset: str) -> str:
        """Where to look at a dataset that is given, as a hint; blank of any other."""
        if dataset not in self.given:
            return ""
        paths = [f"{self.shown}/{each.file.name}" for each in self.given[dataset].files]
        return f"It is given, not made: mg-cdisc show {paths[0]} prints it."

    def as_of(self, day: date) -> StudyFiles:
        """The same study with its data up to a day."""
        return replace(self, cut_off=day, study=self.study.model_copy(update={"data_cut": day}))

    def for_agency(self, agency: str) -> StudyFiles:
        """The same study for another agency than study.yaml says."""
        return replace(self, study=self.study.for_agency(agency))

    def in_formats(self, formats: Sequence[str], encoding: str) -> StudyFiles:
        """The same study in other formats, or with text in another encoding; blank: as it says."""
        return replace(self, study=self.study.in_formats(formats, encoding))


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
    reader = Reader(folder, shown)
    study_tree = reader.branch(folder / "study.yaml")
    study: Study | None = None
    if study_tree is not None:
        study, faults = rescue_study(study_tree)
        reader.findings += faults
    told = study_tree is not None and "tabulation" in study_tree.items
    given: dict[str, GivenDataset] = {}
    if study is not None and study.tabulation is not None:
        assert study_tree is not None
        given, unread = given_datasets(study.tabulation, folder, study_tree, reader.findings)
        reader.broken |= unread
    # where nothing is known of it, any name may be of a dataset that is meant to be there
    reader.unread = reader.unread or (told and not given)
    declared = folder / "sources.yaml"
    needless = told and not declared.exists()
    sources_tree = nothing(reader.name(declared)) if needless else reader.branch(declared)
    sources = _models(reader, SourceSpec, sources_tree)
    terms = folder / "terminology.yaml"
    terms_tree = reader.branch(terms) if terms.exists() else nothing(reader.name(terms))
    terminology = _models(reader, TermMap, terms_tree, "codelist:")
    tables = _tables(reader)
    instruments = _instruments(reader)
    datasets = _datasets(reader)
    reader.findings += made_too(given, {name: each.tree for name, each in datasets.items()})
    accepted = _accepted(reader)
    if study is None or study_tree is None or sources_tree is None or terms_tree is None:
        raise SpecError(reader.findings)
    meant = study.subjects not in reader.broken and study.subjects != STUDY_NEEDS["subjects"]
    if meant and (given or not told):
        with_subjects = {name: each.subject is not None for name, each in sources.items()}
        reader.findings += subjects_known(study.subjects, study_tree, with_subjects, given)
    if study.subjects in sources and sources[study.subjects].subject is None:
        reader.broken.add(study.subjects)
        del sources[study.subjects]
    if not datasets and not reader.broken and not reader.unread:
        what = "there is no dataset to make"
        todo = "Write sdtm/NAME.yaml or adam/NAME.yaml."
        reader.findings.append(Finding(Location(shown), "no-datasets", what, todo))
    annotated_crf = read_annotated_crf(reader, study, study_tree)
    translations, translations_tree = read_translations(reader)
    numbering = read_numbering(reader)
    endpoints, endpoints_tree, documents = read_endpoints(reader)
    labels, labels_tree = read_labels(reader)
    guide, guides = read_guide(reader, {*datasets, *given})
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
        given=given,
        endpoints=endpoints,
        endpoints_tree=endpoints_tree,
        documents=documents,
        labels=labels,
        labels_tree=labels_tree,
        guide=guide,
        guides=guides,
    )


def _models(reader: Reader, model: type[M], tree: Branch | None, kind: str = "") -> dict[str, M]:
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


def _tables(reader: Reader) -> dict[str, Table]:
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
        reader.trees[name] = tree if tree is not None else nothing(name)
    return made


def _said(tree: Branch | None, key: str, otherwise: str) -> str:
    leaf = tree.items.get(key) if tree is not None else None
    return leaf.text if isinstance(leaf, Leaf) and leaf.text else otherwise


def _instruments(reader: Reader) -> dict[str, Instrument]:
    made: dict[str, Instrument] = {}
    for path in sorted((reader.folder / "instruments").glob("*.yaml")):
        merged = reader.merged(path)
        read = read_model(Instrument, merged, reader.findings) if merged is not None else None
        if read is None:
            reader.broken.add(f"instrument:{path.stem}")
        else:
            made[path.stem] = read
            reader.trees[path.stem] = merged if merged is not None else nothing(path.stem)
    return made


def _datasets(reader: Reader) -> dict[str, Loaded]:
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


def _accepted(reader: Reader) -> tuple[tuple[Accepted, Location], ...]:
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
