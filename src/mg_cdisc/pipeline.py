"""The whole job on one screen: load, read, bind, build, describe, check, write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mg_cdisc.build import Engine, FormAccount, Result, finish_package
from mg_cdisc.build.account import check_columns
from mg_cdisc.build.displays import empty_filters
from mg_cdisc.build.given import read_tabulation
from mg_cdisc.build.running import StepLog
from mg_cdisc.build.translated import unused_translations
from mg_cdisc.checks import Declared, Given, Versions, check_packages, rule_names
from mg_cdisc.dataset import Package
from mg_cdisc.define.render import templates_folder
from mg_cdisc.deliver import Progress, write_package
from mg_cdisc.derive.numbering import by_order
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
from mg_cdisc.report import accept, without_following, write_reports
from mg_cdisc.report.inputs import write_inputs
from mg_cdisc.report.manifest import OutputFile
from mg_cdisc.report.write import programs, told_from_study
from mg_cdisc.sources.read import Shared, read_source
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec import Plan, StudyFiles, bind_study, read_study
from mg_cdisc.spec.assume import assume_source
from mg_cdisc.spec.instruments import registry_disagreements
from mg_cdisc.spec.models import Accepted
from mg_cdisc.spec.numbering import NUMBERING, write_numbering
from mg_cdisc.spec.outcomes import OUTCOMES, classes_of, supplemented

if TYPE_CHECKING:
    from mg_cdisc.documents.guides import Files
    from mg_cdisc.lineage import Recorder

PARTITION_ROWS = 4_000_000
"""Rows of the largest source in one partition, where the number of partitions is not given."""


@dataclass(frozen=True)
class Options:
    """What the command line may ask of a build.

    ``partitions`` 0 leaves their number to us; ``agency``, ``formats`` and
    ``encoding`` take the place of the study's own; ``cut_off`` builds as of a day before the study's data cut.
    """

    partitions: int = 1
    only: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    verify_full: bool = False
    agency: str = ""
    cut_off: date | None = None
    progress: Progress | None = None
    formats: tuple[str, ...] = ()
    encoding: str = ""

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
    judged = _accept(plan, findings, files.accepted, partial=True)
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
    shared = Shared(files.sources.values(), files.folder)
    for number, (name, source) in enumerate(files.sources.items()):
        options.tell("reading", name, number, len(files.sources))
        try:
            tables[name] = read_source(source, files.folder, number, shared)
        except SourceError as error:
            findings += error.findings
    return tables, findings


def _read_all(files: StudyFiles, options: Options) -> tuple[Plan, dict[str, SourceTable]]:
    """A study bound, and every source and given dataset; raises SourceError with all it cannot read."""
    tables, unreadable = read_sources(files, options)
    plan = _bind(files, tables, unreadable)
    try:
        tables |= read_tabulation(plan)
    except SourceError as error:
        unreadable += error.findings
    if unreadable:
        raise SourceError(unreadable)
    return plan, tables


def run_engine(
    files: StudyFiles,
    options: Options,
    stop_at: Callable[[Plan], tuple[str, int]] | None = None,
    *,
    numbering: bool = False,
) -> tuple[Plan, Result, Engine]:
    """Bind and run the steps of a study, without writing anything.

    ``numbering`` asks for the keys of records even where the study has no numbering.csv.
    ``stop_at`` says of the plan the dataset and the position of its step to end at. Raises UseError for a dataset or
    subject that the study does not have.
    """
    plan, tables = _read_all(files, options)
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
        numbering=numbering,
    )
    result = engine.run()
    extra = [finding for table in tables.values() for finding in table.findings]
    if not engine.partial:
        extra += check_columns(plan, tables)
        extra += registry_disagreements(files)
        extra += unused_translations(files, engine.translations) if not files.cut_off else []
    return plan, replace(result, findings=(*result.findings, *extra)), engine


def record_study(folder: Path, options: Options = Options(), shown: str | None = None) -> Recorder:
    """Run the steps of a study again with everything remembered, for lineage; nothing is written.

    Raises SpecError and SourceError as a build does.
    """
    from mg_cdisc.lineage import Recorder  # only here: a build needs none of it

    files = _asked(read_study(folder, shown), options)
    plan, tables = _read_all(files, options)
    recorder = Recorder(plan, tables)
    recorder.replay()
    return recorder


def check_asked(plan: Plan, option: str, names: Sequence[str]) -> None:
    """Raise UseError for a dataset that the study does not have."""
    known = [name for name, dataset in plan.datasets.items() if dataset.kind != "supp"]
    wrong = [
        Finding(Location(option), "unknown-name", f"there is no dataset {name}",
                plan.files.given_in(name) or nearest(name, known)
                or f"Datasets: {one_of(known, 40)}.")
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
    other = options.cut_off is not None or options.agency not in ("", files.study.agency)
    files = _asked(files, options)
    study = files.study.study
    built = Built(study, (), (), (), (), None, partial=bool(options.only or options.subjects))
    target = output_folder(outputs, study, partial=built.partial)
    prepare(target)
    try:
        plan, result, engine = run_engine(files, options)
    except (SpecError, SourceError) as error:
        return _stop(outputs, replace(built, findings=error.findings), files, None)
    engine.frames = {}  # those in the packages are sorted, and no longer the same
    crf = files.annotated_crf
    if not built.partial:
        from mg_cdisc.documents.acrf import annotated_crf  # only where documents are made

        tables = {name: source.table for name, source in engine.sources.items()}
        crf, plan = annotated_crf(plan, tables, result.frames)
    findings = list(result.findings)
    packages: list[Package] = []
    for kind in ("sdtm", "adam"):
        if any(dataset.kind == kind for dataset in plan.datasets.values()):
            package, found = finish_package(plan, result, engine.sources, kind, options.only)
            # a partial build may have made no whole dataset of this kind
            packages += [package] if package.datasets else []
            findings += found
            findings += empty_filters(plan, package) if not engine.partial else ()
    result = replace(result, frames={})
    # what findings.yaml accepts is of all data, for the study's own agency
    given = tuple(_given(plan, engine))
    judged = _judge(plan, packages, findings, given, partial=engine.partial, whole=not other)
    built = replace(built, packages=tuple(packages), findings=judged, accounts=result.accounts,
                    log=result.log)  # fmt: skip
    if built.stopped:
        return _stop(outputs, built, files, engine)
    guides: Files = {}
    if not built.partial:
        from mg_cdisc.documents.facts import Made
        from mg_cdisc.documents.guides import reviewers_guides

        told = tuple(told_from_study(judged, files))
        made = Made(plan, tuple(packages), told, result.accounts, programs(), len(rule_names()))
        whole, guides = reviewers_guides(made, templates_folder())
        packages = [*whole]
        built = replace(built, packages=whole)
    stopped = output_folder(outputs, study, partial=built.partial, stopped=True)
    try:
        with building(target, clears=stopped) as work:
            written = write_package(
                work, packages, files.study.text_encoding, formats=files.study.formats,
                annotated_crf=crf,
                documents=files.documents, guides=guides, verify_full=options.verify_full,
                progress=options.progress,
                repeating_keys={each.dataset for each in judged if each.kind == "duplicate-key"},
            )  # fmt: skip
            built = replace(built, files=written, folder=target)
            if not built.partial:  # two partial builds are not compared for causes
                write_inputs(work, plan, engine.sources, packages)
            write_reports(work, built, files, engine.sources)
    except (TransportError, BuildError) as error:
        findings = sorted({*judged, *_at_specs(plan, error.findings)})
        return _stop(outputs, replace(built, findings=tuple(findings)), files, engine)
    return built


def _at_specs(plan: Plan, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Findings of files that were not kept, told where the specs make what is wrong."""
    for finding in findings:
        dataset = plan.datasets.get(finding.dataset)
        if dataset is None:
            yield finding
            continue
        made = dataset.values().get(finding.variable)
        where = made[0].where if made is not None else dataset.where
        file = finding.where.file.rpartition("/")[2]
        yield replace(finding, where=where, what=f"{file}: {finding.what}")


def _judge(
    plan: Plan,
    packages: Sequence[Package],
    findings: Sequence[Finding],
    given: Sequence[Given],
    *,
    partial: bool,
    whole: bool,
) -> tuple[Finding, ...]:
    """The findings with what the conformance rules add, and the written reasons beside them.

    The rules judge only what could be built: of a build that something else stops they would
    repeat its mistakes in other words. What findings.yaml says of them then waits unjudged.
    """
    entries = plan.files.accepted
    other = [entry for entry in entries if entry[0].finding not in rule_names()]
    judged = _accept(plan, sorted(set(findings)), other, partial=partial or not whole)
    if any(each.level == "error" and not each.reason for each in judged):
        return without_following(judged)
    terms = {each.kind: each for each in plan.catalog.terminologies}
    versions = Versions(plan.catalog.sdtm, terms.get("SDTM"), plan.catalog.adam, terms.get("ADaM"))
    found = check_packages(packages, versions, partial=partial, given=given)
    return _accept(plan, sorted({*findings, *found}), entries, partial=partial or not whole)


def _given(plan: Plan, engine: Engine) -> Iterator[Given]:
    """The datasets that exist already and that steps read, for what rules compare."""
    for name, given in plan.files.given.items():
        frame = engine.sources[name].table.given if name in engine.sources else None
        if frame is not None:
            declared = [
                Declared(each, told.label, told.kind == "text", 0)
                for each, told in given.variables.items()
            ]
            yield given.name, given.label, declared, frame


def _accept(
    plan: Plan, findings: Sequence[Finding], entries: Sequence[tuple[Accepted, Location]], *,
    partial: bool,
) -> tuple[Finding, ...]:  # fmt: skip
    """The findings as findings.yaml judges them, and what is wrong in it."""
    known = {*OUTCOMES, *rule_names(), *classes_of(plan)}
    return accept(
        findings, entries, known=known,
        supplemented=lambda dataset, name: supplemented(plan, dataset, name), partial=partial,
    )  # fmt: skip


@dataclass(frozen=True)
class Numbered:
    """What ``number_study`` wrote: the file, and for each dataset how many records it has.

    The counts of a dataset are all records, the new ones, and those that are told apart from
    others of their source row only by their order.
    """

    file: Path
    datasets: Mapping[str, tuple[int, int, int]]


def number_study(folder: Path, options: Options = Options(), shown: str | None = None) -> Numbered:
    """Give every record of a build its number in numbering.csv, beside those that stand there.

    Raises SpecError and SourceError as a build does, and BuildError where a finding would stop the
    build or where records come from a source without key; the file is then as it was.
    """
    files = _asked(read_study(folder, shown), options)
    plan, result, engine = run_engine(files, options, numbering=True)
    judged = _accept(plan, sorted(set(result.findings)), files.accepted, partial=True)
    registers = engine.registers
    assert registers is not None
    stops = [each for each in judged if each.level == "error" and not each.reason]
    if stops or registers.faults():
        raise BuildError([*stops, *registers.faults()])
    write_numbering(folder, registers.numbering())
    counts = {
        name: (
            sum(len(part.keys) for part in parts),
            registers.new[name],
            sum(by_order(part.keys) for part in parts),
        )
        for name, parts in registers.given.items()
    }
    return Numbered(folder / NUMBERING, counts)


def _asked(files: StudyFiles, options: Options) -> StudyFiles:
    """The study for the agency and as of the day that are asked for.

    Raises UseError for a day that its data do not reach.
    """
    files = files.for_agency(options.agency or files.study.agency)
    files = files.in_formats(options.formats, options.encoding)
    day = options.cut_off
    if day is None:
        return files
    if day > files.study.data_cut:
        what = f"{day} is later than the study's data cut, {files.study.data_cut}"
        todo = "Give an earlier day, or correct data_cut in study.yaml."
        raise UseError([Finding(Location("--cut-off"), "bad-date", what, todo)])
    return files.as_of(day)


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
