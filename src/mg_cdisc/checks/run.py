"""Running the rules: over what a build made, and over transport files of anybody's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mg_cdisc.checks.adam import AnalysisStudy, is_analysis, view_analysis
from mg_cdisc.checks.catalogue import all_rules
from mg_cdisc.checks.study import Declared, Study, view_package
from mg_cdisc.dataset import Package
from mg_cdisc.errors import Finding, Location, TransportError
from mg_cdisc.frame import Frame, Index
from mg_cdisc.standards import Standard
from mg_cdisc.terminology import Terminology
from mg_cdisc.transport import (
    Encoding,
    XptDataset,
    is_json,
    list_members,
    read_json,
    read_xpt,
)

OWN_TERMS = ("SD-TERM-SPONSOR", "AD-TERM-SPONSOR")


Given = tuple[str, str, Sequence[Declared], Frame]
"""A dataset: name, label, variables, records."""


@dataclass(frozen=True)
class Versions:
    """The standards and the terminologies that a study is judged by."""

    sdtm: Standard
    sdtm_terms: Terminology | None
    adam: Standard
    adam_terms: Terminology | None


def check_packages(
    packages: Sequence[Package],
    versions: Versions,
    *,
    partial: bool = False,
    given: Iterable[Given] = (),
) -> tuple[Finding, ...]:
    """What the rules find in packages that were just built, beyond what the build itself tells.

    Analysis datasets are compared with the tabulation that was built with them. In a ``partial``
    build nothing is said of what is absent; ``given`` datasets are there already: what was built is
    compared with them, and they are not judged.
    """
    tabulation = Study(versions.sdtm, versions.sdtm_terms, partial)
    beside: list[Given] = []
    for each in given:
        if is_analysis(each[0], each[3]):
            beside.append(each)
        else:
            tabulation.add(*each)
    found: list[Finding] = []
    for package in packages:
        study = view_package(package, versions.sdtm, versions.sdtm_terms, partial=partial)
        if study.datasets:
            tabulation = study
            found += check_study(study, built=True)
    for package in packages:
        analyses = view_analysis(
            package, versions.adam, versions.adam_terms, tabulation, partial=partial
        )
        own = tuple(analyses.datasets)
        for each in beside:
            if each[0] not in own:
                analyses.add(*each)
                analyses.beside[each[0]] = analyses.datasets.pop(each[0])
        analyses.given = frozenset(analyses.beside)
        if analyses.datasets:
            found += check_study(analyses, built=True)
    return tuple(sorted(found))


def check_study(
    study: Study,
    *,
    built: bool = False,
    described: bool = False,
    rows: dict[Finding, Index | None] | None = None,
) -> tuple[Finding, ...]:
    """What the rules find in a tabulation, or in analysis datasets, sorted.

    ``described`` marks one with a define.xml, in which the sponsor's own terms are declared. Where
    ``rows`` is given, the positions of each finding's records are put there.
    """
    found: list[Finding] = []
    for rule in all_rules():
        if (
            rule.of_analysis != isinstance(study, AnalysisStudy)
            or (built and rule.covers)
            or (described and rule.name in OWN_TERMS)
        ):
            continue
        for finding, records in rule.found(study):
            found.append(finding)
            if rows is not None:
                rows[finding] = records
    return tuple(sorted(found))


@dataclass(frozen=True)
class Folder:
    """Transport files that were read: tabulation, analysis datasets, and what is wrong with files.

    ``files`` holds every dataset of each folder by name, ``paths`` the file of each dataset that is
    judged.
    """

    study: Study
    analyses: AnalysisStudy
    files: dict[Path, dict[str, XptDataset]]
    findings: tuple[Finding, ...]
    paths: dict[str, Path] = field(default_factory=dict)


def read_folder(folder: Path, versions: Versions, encoding: Encoding = "ascii") -> Folder:
    """Read the transport and Dataset-JSON files of a folder and all below it, or a single one.

    A file that cannot be read is a finding, and the others are read. Of a dataset that stands in
    both formats in one folder, the transport file is read. Other JSON files are passed over. What
    begins with AD is an analysis dataset. Of a single file nothing absent is missed.
    """
    single = folder.is_file()
    study = Study(versions.sdtm, versions.sdtm_terms, partial=single)
    analyses = AnalysisStudy(
        versions.adam, versions.adam_terms, single, tabulation=study,
        sdtm_terminology=versions.sdtm_terms,
    )  # fmt: skip
    files: dict[Path, dict[str, XptDataset]] = {}
    findings: list[Finding] = []
    paths: dict[str, Path] = {}
    unread: set[str] = set()
    for path in [folder] if single else _listed(folder):
        try:
            findings += _of_file(path)
            for read in _read(path, encoding):
                here = files.setdefault(path.parent, {})
                if is_json(path) and read.name in here:
                    continue
                here[read.name] = read
                if not is_json(path) and path.stem.upper() != read.name:
                    findings.append(_other_name(path, read.name))
                into = analyses if is_analysis(read.name, read.frame) else study
                if read.name in into.datasets:
                    findings.append(_twice(path, read.name))
                    continue
                declared = [
                    Declared(each.name, each.label, each.is_text, each.length, each.format)
                    for each in read.variables
                ]
                into.add(read.name, read.label, declared, read.frame)
                paths[read.name] = path
        except TransportError as error:
            if single or error.findings[0].kind != "not-dataset-json":
                findings += error.findings
                unread.add(path.stem.upper())
    study.unread = analyses.unread = frozenset(unread)
    return Folder(study, analyses, files, tuple(findings), paths)


def _listed(folder: Path) -> list[Path]:
    """The transport files, and behind them those that may be Dataset-JSON."""
    return [
        *sorted(folder.rglob("*.xpt")),
        *sorted(path for path in folder.rglob("*") if is_json(path) and path.is_file()),
    ]


def _read(path: Path, encoding: Encoding) -> Iterator[XptDataset]:
    if is_json(path):
        yield read_json(path, encoding=encoding)
    else:
        for member in list_members(path):
            yield read_xpt(path, encoding=encoding, member=member)


def _of_file(path: Path) -> Iterator[Finding]:
    """What is wrong with a transport file as a whole, though it can be read."""
    if is_json(path):
        return
    with path.open("rb") as file:
        first = file.read(80)
    if first[20:].startswith(b"LIBV8"):
        yield Finding(
            Location(path.name), "transport-version",
            f"{path.name} is a transport file of version 8; agencies take version 5",
            "Write it as version 5.", "warning", dataset=path.stem.upper(),
        )  # fmt: skip
    names = list_members(path)
    if len(names) > 1:
        yield Finding(
            Location(path.name), "several-datasets",
            f"{path.name} holds {len(names)} datasets: {', '.join(names)}",
            "Write each dataset to a file of its own.", "warning", dataset=path.stem.upper(),
        )  # fmt: skip


def _other_name(path: Path, name: str) -> Finding:
    return Finding(
        Location(path.name), "file-name", f"{path.name} holds the dataset {name}",
        "Name the file after its dataset.", "warning", dataset=name,
    )  # fmt: skip


def _twice(path: Path, name: str) -> Finding:
    return Finding(
        Location(path.as_posix()),
        "duplicate-dataset",
        f"{name} stands in several files",
        "Leave one of them in the folder.",
        dataset=name,
    )
