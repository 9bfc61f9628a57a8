"""Writes packages: transport files and their define.xml, each read back before it counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mg_cdisc.dataset import Dataset, Package
from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.render import render_define
from mg_cdisc.define.validate import validate_define
from mg_cdisc.errors import BuildError, Finding, TransportError
from mg_cdisc.report.manifest import OutputFile, sha256_of
from mg_cdisc.transport import Encoding, XptDataset, XptVariable, write_xpt
from mg_cdisc.transport.verify import verify_xpt

Progress = Callable[[str, str, int, int], None]
"""Told what begins: the phase (reading, building, writing), what, how much is done and of what."""


def write_package(
    work: Path,
    packages: Sequence[Package],
    encoding: Encoding,
    *,
    annotated_crf: bytes | None = None,
    verify_full: bool = False,
    progress: Progress | None = None,
    repeating_keys: Collection[str] = (),
) -> tuple[OutputFile, ...]:
    """Transport files and define.xml of each package below ``work``, each read back.

    ``annotated_crf`` is laid beside the define.xml of a package that points to it.
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
        for dataset in package.datasets:
            if not dataset.frame.rows:
                continue  # define.xml says def:HasNoData of it, and such a dataset has no file
            path = work / place / dataset.file_name
            if progress is not None:
                progress("writing", dataset.file_name, len(made), total)
            described = transport(dataset, package)
            with _named(path, (place / dataset.file_name).as_posix()):
                summary = write_xpt(path, described, timestamp=package.created, encoding=encoding)
                verify_xpt(path, described, encoding=encoding, full=verify_full)
            readable[dataset.name] = described
            made.append(
                OutputFile((place / dataset.file_name).as_posix(), summary.sha256, summary.bytes,
                           summary.records, len(dataset.variables))
            )  # fmt: skip
        if progress is not None:
            progress("writing", "define.xml", len(made), total)
        made.append(
            _write_define(
                work / place, place, package, readable, adam=bool(adam),
                repeating_keys=repeating_keys,
            )
        )  # fmt: skip
        if package.annotated_crf is not None and annotated_crf is not None:
            file = package.annotated_crf.file
            (work / place / file).write_bytes(annotated_crf)
            made.append(
                OutputFile((place / file).as_posix(), sha256_of(annotated_crf), len(annotated_crf))
            )
    return tuple(made)


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
) -> OutputFile:  # fmt: skip
    xml = render_define(package, "adam" if adam else "sdtm")
    findings: Sequence[Finding] = [*validate_define(xml), *compare_define(xml, written)]
    wrong = [
        finding for finding in findings if finding.level == "error"
        and not (finding.kind == "keys-not-unique" and finding.dataset in repeating_keys)
    ]  # fmt: skip
    if wrong:
        raise BuildError(wrong)
    (folder / "define.xml").write_bytes(xml)
    return OutputFile((place / "define.xml").as_posix(), sha256_of(xml), len(xml))


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
