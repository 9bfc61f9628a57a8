"""The whole job on one screen: load, read, bind, build, describe, check, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mg_cdisc.build import Engine, FormAccount, Result, finish_package
from mg_cdisc.build.account import check_columns
from mg_cdisc.build.engine import StepLog
from mg_cdisc.dataset import Dataset, Package
from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.render import render_define
from mg_cdisc.define.validate import validate_define
from mg_cdisc.errors import BuildError, Finding, Location, SourceError, SpecError
from mg_cdisc.publish import building
from mg_cdisc.report import accept, write_reports
from mg_cdisc.report.manifest import OutputFile, sha256_of
from mg_cdisc.sources.read import read_source
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec import Plan, StudyFiles, bind_study, load_study
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt
from mg_cdisc.transport.verify import verify_xpt

Progress = Callable[[str, str, int, int], None]


@dataclass(frozen=True)
class Options:
    """What the command line may ask of a build."""

    partitions: int = 1
    only: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    verify_full: bool = False
    progress: Progress | None = None


@dataclass(frozen=True)
class Built:
    """What a build made, for the summary and the reports."""

    study: str
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    accounts: tuple[FormAccount, ...]
    log: tuple[StepLog, ...]
    folder: Path | None
    files: tuple[OutputFile, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether a finding stops the build."""
        return any(finding.level == "error" and not finding.reason for finding in self.findings)


def check_study(folder: Path, shown: str | None = None) -> Plan:
    """Load and bind a study; raises SpecError or SourceError with every mistake found."""
    files = load_study(folder, shown)
    return bind_study(files, read_sources(files))


def read_sources(files: StudyFiles) -> dict[str, SourceTable]:
    """Every source of the study, in the order of sources.yaml; all unreadable ones are reported."""
    tables: dict[str, SourceTable] = {}
    findings: list[Finding] = []
    for number, (name, source) in enumerate(files.sources.items()):
        try:
            tables[name] = read_source(source, files.folder, number)
        except SourceError as error:
            findings += error.findings
    if findings:
        raise SourceError(findings)
    return tables


def run_engine(
    files: StudyFiles, options: Options, stop_after: tuple[str, int] | None = None
) -> tuple[Plan, Result, Engine]:
    """Bind and run the steps of a study, without writing anything."""
    tables = read_sources(files)
    plan = bind_study(files, tables)
    unknown = [name for name in options.only if name not in plan.datasets]
    if unknown:
        raise SpecError(
            [Finding(Location(files.shown), "unknown-name", f"there is no dataset {unknown[0]}",
                     f"Datasets: {', '.join(files.datasets)}.")]
        )  # fmt: skip
    engine = Engine(
        plan,
        tables,
        partitions=options.partitions,
        only=options.only,
        subjects=options.subjects,
        stop_after=stop_after,
        progress=options.progress,
    )
    result = engine.run()
    extra = [finding for table in tables.values() for finding in table.findings]
    if not engine.partial:
        extra += check_columns(plan, engine.sources)
    return plan, replace(result, findings=(*result.findings, *extra)), engine


def build_study(
    folder: Path, outputs: Path, options: Options = Options(), shown: str | None = None
) -> Built:
    """Build a study into ``outputs``; nothing there changes unless the build succeeds.

    Raises SpecError, SourceError or TransportError for input that cannot be built from at all. A
    build with a finding that stops returns with ``stopped`` and writes only its findings.
    """
    files = load_study(folder, shown)
    plan, result, engine = run_engine(files, options)
    findings = list(result.findings)
    packages: list[Package] = []
    for kind in ("sdtm", "adam"):
        if any(dataset.kind == kind for dataset in plan.datasets.values()):
            package, found = finish_package(plan, result, engine.sources, kind)
            packages.append(package)
            findings += found
    judged = accept(sorted(set(findings)), files.accepted, partial=engine.partial)
    study = files.study.study
    built = Built(study, tuple(packages), judged, result.accounts, result.log, None)
    target = outputs / study.lower()
    if built.stopped:
        stopped = outputs / f"{study.lower()}-stopped"
        with building(stopped) as work:
            write_reports(work, built, files, engine.sources)
        return replace(built, folder=stopped)
    if engine.partial:
        target = outputs / f"{study.lower()}-partial"
    with building(target) as work:
        written = write_package(work, built, files, options)
        built = replace(built, files=written, folder=target)
        write_reports(work, built, files, engine.sources)
    return built


def write_package(
    work: Path, built: Built, files: StudyFiles, options: Options
) -> tuple[OutputFile, ...]:
    """Transport files and define.xml, each read back before the build succeeds."""
    made: list[OutputFile] = []
    for package in built.packages:
        adam = package.datasets and package.datasets[0].purpose == "Analysis"
        place = Path("m5/datasets") / built.study.lower()
        place /= "analysis/adam/datasets" if adam else "tabulations/sdtm"
        (work / place).mkdir(parents=True)
        readable: dict[str, XptDataset] = {}
        for dataset in package.datasets:
            path = work / place / dataset.file_name
            described = transport(dataset, package)
            summary = write_xpt(
                path, described, timestamp=package.created, encoding=files.study.encoding
            )
            verify_xpt(path, described, encoding=files.study.encoding, full=options.verify_full)
            readable[dataset.name] = described
            made.append(
                OutputFile((place / dataset.file_name).as_posix(), summary.sha256, summary.bytes,
                           summary.records, len(dataset.variables))
            )  # fmt: skip
        made.append(_write_define(work / place, place, package, readable, adam=bool(adam)))
    return tuple(made)


def _write_define(
    folder: Path, place: Path, package: Package, written: Mapping[str, XptDataset], *, adam: bool
) -> OutputFile:
    xml = render_define(package, "adam" if adam else "sdtm")
    findings: Sequence[Finding] = [*validate_define(xml), *compare_define(xml, written)]
    wrong = [finding for finding in findings if finding.level == "error"]
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
