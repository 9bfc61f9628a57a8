"""Checking a define.xml as a reviewer holds it: the file, and the datasets and documents beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.read import DefineXml, attribute, child, elements, name_of, read_define
from mg_cdisc.define.validate import validate_define
from mg_cdisc.errors import Finding, Location, TransportError
from mg_cdisc.transport import Encoding, XptDataset, is_json, list_members, read_json, read_xpt

_ENDINGS = (".xpt", ".json", ".ndjson")


@dataclass(frozen=True)
class DataFolder:
    """Datasets by the ending of their files and by name, the files, and what is wrong with them."""

    read: Mapping[str, Mapping[str, XptDataset]]
    files: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def formats(self) -> list[Mapping[str, XptDataset]]:
        """The datasets once for each format that is there; what one lacks stands there from another."""
        whole: dict[str, XptDataset] = {}
        for held in list(self.read.values())[::-1]:
            whole |= held
        return [{**whole, **held} for held in self.read.values() if held]


def check_define(
    file: Path, data: Path | None = None, encoding: Encoding = "utf-8"
) -> tuple[Finding, ...]:
    """Findings about a define.xml, by line; with ``data`` also about the files of that folder.

    The files are the transport files and Dataset-JSON files that lie in the folder, and those that
    define.xml names. A file that cannot be read is a finding, and the others are compared.
    ``encoding`` is that of the transport files.
    """
    findings = list(validate_define(file))
    define, refused = read_define(file)
    if data is None or define is None:
        return tuple(sorted({*findings, *refused}))
    held = read_data(data, encoding, _named_files(define, data))
    findings += held.findings
    if held.formats:
        for datasets in held.formats:
            findings += compare_define(file, datasets, encoding=encoding)
    elif not held.findings:
        what = "there is no transport file and no Dataset-JSON file in this folder"
        findings.append(
            Finding(Location(data.as_posix()), "no-transport-files", what,
                    "Name the folder that holds the datasets.")
        )  # fmt: skip
    findings += _check_leaves(define, file, held)
    return tuple(sorted(set(findings)))


def read_data(folder: Path, encoding: Encoding, also: tuple[Path, ...] = ()) -> DataFolder:
    """The datasets of the files in a folder, and of ``also``."""
    made: dict[str, dict[str, XptDataset]] = {ending: {} for ending in _ENDINGS}
    files: dict[str, str] = {}
    findings: list[Finding] = []
    listed = [path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS]
    for path in sorted({*listed, *also}):
        try:
            held = made[path.suffix.lower()]
            for read in _read(path, encoding):
                if read.name in held:
                    findings.append(_twice(path, read.name))
                held[read.name] = read
                files.setdefault(read.name, path.name)
        except TransportError as error:
            if not any(each.kind == "not-dataset-json" for each in error.findings):
                findings += error.findings
    return DataFolder(made, files, tuple(findings))


def _read(path: Path, encoding: Encoding) -> Iterator[XptDataset]:
    if is_json(path):
        yield read_json(path, encoding=encoding)
    else:
        for member in list_members(path):
            yield read_xpt(path, encoding=encoding, member=member)


def _twice(path: Path, name: str) -> Finding:
    what, todo = f"{name} stands in several files", "Leave one of them in the folder."
    return Finding(Location(path.as_posix()), "duplicate-dataset", what, todo, dataset=name)


def _named_files(define: DefineXml, folder: Path) -> tuple[Path, ...]:
    """The files of datasets that define.xml names and that are there, in folders below too."""
    leaves = [child(group, "def:leaf") for group in define.all("odm:ItemGroupDef")]
    named = [folder / _file(attribute(leaf, "xlink:href")) for leaf in leaves if leaf is not None]
    inside = folder.resolve()
    return tuple(
        path for path in named
        if path.suffix.lower() in _ENDINGS and path.is_file()
        and path.resolve().is_relative_to(inside) and path.parent != folder
    )  # fmt: skip


def _file(href: str) -> str:
    """The file that a reference names, without the place in it."""
    return unquote(href.partition("#")[0])


def _check_leaves(define: DefineXml, file: Path, held: DataFolder) -> Iterator[Finding]:
    """Files that define.xml names: those of datasets hold them, documents are there."""
    own: set[str] = set()
    for group in define.all("odm:ItemGroupDef"):
        leaf = child(group, "def:leaf")
        if leaf is None:
            continue
        own.add(attribute(leaf, "ID"))
        name, href = attribute(group, "Name"), attribute(leaf, "xlink:href")
        found = held.files.get(name)
        if found is not None and Path(found).stem != Path(_file(href)).stem:
            yield define.finding(
                group, "leaf-file", f"names the file {href}, and {name} stands in {found}",
                "Name the file that holds the dataset.",
            )  # fmt: skip
    for leaf in elements(define.version):
        if name_of(leaf) != "def:leaf" or attribute(leaf, "ID") in own:
            continue
        href = attribute(leaf, "xlink:href")
        if not href or "://" in href:
            continue
        if not (file.parent / _file(href)).is_file():
            yield Finding(
                define.where(leaf), "missing-document",
                f"def:leaf {attribute(leaf, 'ID')} names {href}, which is not there",
                "Lay the document beside define.xml as it says, or remove the reference.",
                level="warning",
            )  # fmt: skip
