"""Running the rules: over what a build made, and over transport files of anybody's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mg_cdisc.checks.catalogue import all_rules
from mg_cdisc.checks.study import Declared, Study, view_package
from mg_cdisc.dataset import Package
from mg_cdisc.errors import Finding, Location, TransportError
from mg_cdisc.standards import Standard
from mg_cdisc.terminology import Terminology
from mg_cdisc.transport import Encoding, XptDataset, list_members, read_xpt

OWN_TERMS = "SD-TERM-SPONSOR"


def check_package(
    package: Package, standard: Standard, terminology: Terminology | None, *, partial: bool = False
) -> tuple[Finding, ...]:
    """What the rules find in a package that was just built, beyond what the build itself tells.

    In a ``partial`` one nothing is said of what is absent, in one of analysis datasets nothing.
    """
    study = view_package(package, standard, terminology, partial=partial)
    return check_study(study, built=True) if study.datasets else ()


def check_study(
    study: Study, *, built: bool = False, described: bool = False
) -> tuple[Finding, ...]:
    """What the rules find in a tabulation, sorted.

    ``described`` marks one with a define.xml, in which the sponsor's own terms are declared.
    """
    found = [
        finding
        for rule in all_rules()
        if not (built and rule.covers) and not (described and rule.name == OWN_TERMS)
        for finding in rule.findings(study)
    ]
    return tuple(sorted(found))


@dataclass(frozen=True)
class Folder:
    """Transport files that were read: the tabulation, all datasets by folder, and what is wrong.

    ``files`` holds every dataset of each folder by name, those of analysis too.
    """

    study: Study
    files: dict[Path, dict[str, XptDataset]]
    findings: tuple[Finding, ...]


def read_folder(
    folder: Path,
    standard: Standard,
    terminology: Terminology | None,
    encoding: Encoding = "ascii",
) -> Folder:
    """Read the transport files of a folder and all below it, or a single one.

    A file that cannot be read is a finding, and the others are read. Analysis datasets (what begins
    with AD and has no DOMAIN) are no part of the tabulation. Of a single file nothing absent is
    missed.
    """
    single = folder.is_file()
    study = Study(standard, terminology, partial=single)
    files: dict[Path, dict[str, XptDataset]] = {}
    findings: list[Finding] = []
    for path in [folder] if single else sorted(folder.rglob("*.xpt")):
        try:
            for member in list_members(path):
                read = read_xpt(path, encoding=encoding, member=member)
                files.setdefault(path.parent, {})[read.name] = read
                if read.name.startswith("AD") and "DOMAIN" not in read.frame:
                    continue
                if read.name in study.datasets:
                    findings.append(_twice(path, read.name))
                    continue
                declared = [
                    Declared(each.name, each.label, each.is_text, each.length)
                    for each in read.variables
                ]
                study.add(read.name, read.label, declared, read.frame)
        except TransportError as error:
            findings += error.findings
    return Folder(study, files, tuple(findings))


def _twice(path: Path, name: str) -> Finding:
    return Finding(
        Location(path.as_posix()),
        "duplicate-dataset",
        f"{name} stands in several files",
        "Leave one of them in the folder.",
        dataset=name,
    )
