"""The whole job on one screen: load, read, bind, build, describe, check, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mg_cdisc.build import Engine, FormAccount, Result, finish_package
from mg_cdisc.build.account import check_columns
from mg_cdisc.build.engine import StepLog
from mg_cdisc.dataset import Package
from mg_cdisc.deliver import Progress, write_package
from mg_cdisc.errors import (
    BuildError,
    Finding,
    Location,
    SourceError,
    SpecError,
    TransportError,
    UseError,
    nearest,
    one_of,
)
from mg_cdisc.publish import building, prepare
from mg_cdisc.report import accept, write_reports
from mg_cdisc.report.manifest import OutputFile
from mg_cdisc.sources.read import read_source
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec import Plan, StudyFiles, bind_study, read_study
from mg_cdisc.spec.assume import assume_source

PARTITION_ROWS = 1_000_000
"""Rows of the largest source in one partition, where the number of partitions is not given."""


@dataclass(frozen=True)
class Options:
    """What the command line may ask of a build; ``partitions`` 0 leaves their number to us."""

    partitions: int = 1
    only: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    verify_full: bool = False
    progress: Progress | None = None

    def tell(self, phase: str, what: str, done: int, of: int) -> None:
        """Say what begins."""
        if self.progress is not None:
            self.progress(phase, what, done, of)


@dataclass(frozen=True)
class Built:
    """What a build made, for the summary and the reports.

    ``folder`` holds what was written: the outputs, or only the findings of a build that stopped.
    ``partial`` marks a build of some datasets or subjects.
    """

    study: str
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    accounts: tuple[FormAccount, ...]
    log: tuple[StepLog, ...]
    folder: Path | None
    files: tuple[OutputFile, ...] = ()
    partial: bool = False

    @property
    def stopped(self) -> bool:
        """Whether a finding stops the build."""
        return any(finding.level == "error" and not finding.reason for finding in self.findings)


def check_study(folder: Path, shown: str | None = None, *, with_sources: bool = True) -> Plan:
    """Load and bind a study without running it; raises SpecError with every mistake found.

    A source that cannot be read is one of them, and what reads it is then checked as if it had
    every column that the specs name; so are all sources where ``with_sources`` is false.
    """
    files = read_study(folder, shown)
    tables, findings = read_sources(files) if with_sources else ({}, [])
    plan = _bind(files, tables, findings)
    findings += check_columns(plan, tables)
    judged = accept(findings, files.accepted, partial=True)
    open_ = [finding for finding in judged if finding.level == "error" and not finding.reason]
    if open_:
        raise SpecError(open_)
    return plan


def _bind(
    files: StudyFiles, tables: Mapping[str, SourceTable], unreadable: Sequence[Finding]
) -> Plan:
    """Bind a study; its mistakes are told together with those of sources that cannot be read."""
    assumed = {
        name: assume_source(files, name, number)
        for number, name in enumerate(files.sources)
        if name not in tables
    }
    try:
        return bind_study(files, {name: {**tables, **assumed}[name] for name in files.sources})
    except SpecError as error:
        raise SpecError([*unreadable, *error.findings]) from error


def read_sources(
    files: StudyFiles, options: Options = Options()
) -> tuple[dict[str, SourceTable], list[Finding]]:
    """Every source of the study in the order of sources.yaml, and why others cannot be read."""
    tables: dict[str, SourceTable] = {}
    findings: list[Finding] = []
    for number, (name, source) in enumerate(files.sources.items()):
        options.tell("reading", name, number, len(files.sources))
        try:
            tables[name] = read_source(source, files.folder, number)
        except SourceError as error:
            findings += error.findings
    return tables, findings


def run_engine(
    files: StudyFiles, options: Options, stop_at: Callable[[Plan], tuple[str, int]] | None = None
) -> tuple[Plan, Result, Engine]:
    """Bind and run the steps of a study, without writing anything.

    ``stop_at`` says of the plan the dataset and the position of its step to end at. Raises UseError for a dataset or
    subject that the study does not have.
    """
    tables, unreadable = read_sources(files, options)
    plan = _bind(files, tables, unreadable)
    if unreadable:
        raise SourceError(unreadable)
    check_asked(plan, "--only", options.only)
    largest = max((table.frame.rows for table in tables.values()), default=0)
    engine = Engine(
        plan,
        tables,
        partitions=options.partitions or max(1, -(-largest // PARTITION_ROWS)),
        only=options.only,
        subjects=options.subjects,
        stop_after=stop_at(plan) if stop_at is not None else None,
        progress=lambda name, step, done, of: options.tell("building", f"{name} {step}", done, of),
    )
    result = engine.run()
    extra = [finding for table in tables.values() for finding in table.findings]
    if not engine.partial:
        extra += check_columns(plan, tables)
    return plan, replace(result, findings=(*result.findings, *extra)), engine


def check_asked(plan: Plan, option: str, names: Sequence[str]) -> None:
    """Raise UseError for a dataset that the study does not have."""
    known = [name for name, dataset in plan.datasets.items() if dataset.kind != "supp"]
    wrong = [
        Finding(Location(option), "unknown-name", f"there is no dataset {name}",
                nearest(name, known) or f"Datasets: {one_of(known, 40)}.")
        for name in names if name not in plan.datasets
    ]  # fmt: skip
    if wrong:
        raise UseError(wrong)


def build_study(
    folder: Path, outputs: Path, options: Options = Options(), shown: str | None = None
) -> Built:
    """Build a study into ``outputs``; nothing there changes unless the build succeeds.

    A build with a finding that stops returns with ``stopped`` and writes only its findings, to a
    folder of its own. Raises SpecError for specs of which the study cannot even be loaded,
    UseError for a dataset or subject that the study does not have, and OutputError where the
    outputs cannot be written.
    """
    files = read_study(folder, shown)
    study = files.study.study
    built = Built(study, (), (), (), (), None, partial=bool(options.only or options.subjects))
    target = output_folder(outputs, study, partial=built.partial)
    prepare(target)
    try:
        plan, result, engine = run_engine(files, options)
    except (SpecError, SourceError) as error:
        return _stop(outputs, replace(built, findings=error.findings), files, None)
    findings = list(result.findings)
    packages: list[Package] = []
    for kind in ("sdtm", "adam"):
        if any(dataset.kind == kind for dataset in plan.datasets.values()):
            package, found = finish_package(plan, result, engine.sources, kind)
            packages.append(package)
            findings += found
    judged = accept(sorted(set(findings)), files.accepted, partial=engine.partial)
    built = replace(built, packages=tuple(packages), findings=judged, accounts=result.accounts,
                    log=result.log)  # fmt: skip
    if built.stopped:
        return _stop(outputs, built, files, engine)
    stopped = output_folder(outputs, study, partial=built.partial, stopped=True)
    try:
        with building(target, clears=stopped) as work:
            written = write_package(
                work, packages, files.study.encoding, annotated_crf=files.annotated_crf,
                verify_full=options.verify_full, progress=options.progress,
            )  # fmt: skip
            built = replace(built, files=written, folder=target)
            write_reports(work, built, files, engine.sources)
    except (TransportError, BuildError) as error:
        findings = sorted({*judged, *error.findings})
        return _stop(outputs, replace(built, findings=tuple(findings)), files, engine)
    return built


def output_folder(
    outputs: Path, study: str, *, partial: bool = False, stopped: bool = False
) -> Path:
    """Where a build of a study goes: whole, in part, or only its findings."""
    end = ("-partial" if partial else "") + ("-stopped" if stopped else "")
    return outputs / f"{study.lower()}{end}"


def _stop(outputs: Path, built: Built, files: StudyFiles, engine: Engine | None) -> Built:
    """Write the findings of a build that stops, and nothing else."""
    folder = output_folder(outputs, built.study, partial=built.partial, stopped=True)
    with building(folder) as work:
        write_reports(work, built, files, engine.sources if engine is not None else {})
    return replace(built, folder=folder)
