"""Writes packages: transport files and their define.xml, each read back before it counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mg_cdisc.dataset import Dataset, Package
from mg_cdisc.define.assemble import define_of
from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.html import STYLESHEET, render_html, stylesheet
from mg_cdisc.define.json_header import json_header
from mg_cdisc.define.model import Define
from mg_cdisc.define.read import read_define
from mg_cdisc.define.render import render_define
from mg_cdisc.define.validate import validate_define
from mg_cdisc.errors import BuildError, Finding, TransportError
from mg_cdisc.report.manifest import OutputFile, sha256_of
from mg_cdisc.transport import Encoding, XptDataset, XptSummary, XptVariable, write_json, write_xpt
from mg_cdisc.transport.verify import verify_json, verify_xpt
from mg_cdisc.transport.xpt import Version

Progress = Callable[[str, str, int, int], None]
"""Told what begins: the phase (reading, building, writing), what, how much is done and of what."""

EXTENSIONS = {"xpt": "xpt", "xpt8": "xpt", "dataset-json": "json", "ndjson": "ndjson"}
"""The formats in which a dataset can be written, and how the names of their files end."""


def write_package(
    work: Path,
    packages: Sequence[Package],
    encoding: Encoding,
    *,
    formats: Sequence[str] = ("xpt",),
    annotated_crf: bytes | None = None,
    documents: Mapping[str, bytes] | None = None,
    guides: Mapping[str, Mapping[str, bytes]] | None = None,
    verify_full: bool = False,
    progress: Progress | None = None,
    repeating_keys: Collection[str] = (),
) -> tuple[OutputFile, ...]:
    """Datasets and define.xml of each package below ``work``, each read back.

    ``formats`` are keys of ``EXTENSIONS``: each dataset is written in each of them.

    Beside define.xml lie the published stylesheet and define.html, its page for a browser.

    ``annotated_crf`` is laid beside the define.xml of a package that points to it, and so are those
    of ``documents`` (by name) that its displays point to, and the files of ``guides`` (by the name
    of the document, then by file) of the documents that it has.
    ``repeating_keys`` are datasets of which it is known and accepted that their keys repeat.

    Errors: ``TransportError`` where records cannot be written or are not read back as they were,
    ``BuildError`` where define.xml is not valid or does not describe the written files.
    """
    made: list[OutputFile] = []
    total = sum(len(package.datasets) + 1 for package in packages)
    for package in packages:
        adam = package.datasets and package.datasets[0].purpose == "Analysis"
        place = Path("m5/datasets") / package.study_id.lower()
        place /= "analysis/adam/datasets" if adam else "tabulations/sdtm"
        (work / place).mkdir(parents=True)
        readable: dict[str, XptDataset] = {}
        with_json = any(EXTENSIONS[each] != "xpt" for each in formats)
        define = define_of(package, "adam" if adam else "sdtm") if with_json else None
        for dataset in package.datasets:
            if not dataset.frame.rows:
                continue  # define.xml says def:HasNoData of it, and such a dataset has no file
            if progress is not None:
                progress("writing", dataset.file_name, len(made), total)
            described = transport(dataset, package)
            for each in formats:
                to = place / f"{dataset.name.lower()}.{EXTENSIONS[each]}"
                with _named(work / to, to.as_posix()):
                    if define is not None and EXTENSIONS[each] != "xpt":
                        summary = _json(work / to, define, package, dataset, described)
                    else:
                        version: Version = 8 if each == "xpt8" else 5
                        summary = write_xpt(
                            work / to, described, timestamp=package.created, encoding=encoding,
                            version=version,
                        )  # fmt: skip
                        verify_xpt(work / to, described, encoding=encoding, full=verify_full)
                made.append(
                    OutputFile(to.as_posix(), summary.sha256, summary.bytes, summary.records,
                               len(dataset.variables))
                )  # fmt: skip
            readable[dataset.name] = described
        if progress is not None:
            progress("writing", "define.xml", len(made), total)
        made += _write_define(
            work / place, place, package, readable, adam=bool(adam), repeating_keys=repeating_keys
        )
        if package.annotated_crf is not None and annotated_crf is not None:
            file = package.annotated_crf.file
            made.append(_write(work / place, place, file, annotated_crf))
        shown = {each.document for each in package.displays if each.document is not None}
        for document in sorted(shown, key=lambda each: each.file):
            if documents is not None and document.name in documents:
                content = documents[document.name]
                made.append(_write(work / place, place, document.file, content))
        for document in package.documents:
            for file, content in (guides or {}).get(document.name, {}).items():
                made.append(_write(work / place, place, file, content))
    return tuple(made)


def _json(
    path: Path, define: Define, package: Package, dataset: Dataset, described: XptDataset
) -> XptSummary:
    """A Dataset-JSON file, read back."""
    header = json_header(define, package, dataset)
    summary = write_json(path, described, header, lines=path.suffix == ".ndjson")
    verify_json(path, described, header)
    return summary


def _write(folder: Path, place: Path, file: str, content: bytes) -> OutputFile:
    """A file beside the datasets; ``place`` is its folder as seen from the outputs."""
    (folder / file).write_bytes(content)
    return OutputFile((place / file).as_posix(), sha256_of(content), len(content))


@contextmanager
def _named(path: Path, name: str) -> Iterator[None]:
    """Findings name a file as it stands in the outputs, not where it is being written."""
    try:
        yield
    except TransportError as error:
        raise TransportError(
            replace(finding, where=replace(finding.where, file=name))
            if finding.where.file == str(path)
            else finding
            for finding in error.findings
        ) from error


def _write_define(
    folder: Path, place: Path, package: Package, written: Mapping[str, XptDataset], *, adam: bool,
    repeating_keys: Collection[str],
) -> list[OutputFile]:  # fmt: skip
    """define.xml once it is found right, the stylesheet that it names, and its page."""
    xml = render_define(package, "adam" if adam else "sdtm", STYLESHEET)
    read, _ = read_define(xml)  # once for both; what cannot be read, both say
    findings: Sequence[Finding] = [
        *validate_define(read or xml),
        *compare_define(read or xml, written, encoding=package.encoding),
    ]
    wrong = [
        finding for finding in findings if finding.level == "error"
        and not (finding.kind == "keys-not-unique" and finding.dataset in repeating_keys)
    ]  # fmt: skip
    if wrong:
        raise BuildError(wrong)
    beside = {"define.xml": xml, STYLESHEET: stylesheet(), "define.html": render_html(xml)}
    return [_write(folder, place, file, content) for file, content in beside.items()]


def transport(dataset: Dataset, package: Package) -> XptDataset:
    """A built dataset as a transport file holds it."""
    variables = tuple(
        XptVariable(
            variable.name,
            variable.label,
            variable.is_text,
            variable.storage,
            variable.format,
        )
        for variable in dataset.variables
    )
    return XptDataset(dataset.name, dataset.label, variables, dataset.frame)
