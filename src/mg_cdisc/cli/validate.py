"""``mg-cdisc validate``: what the rules find in transport files, ours or anybody's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from mg_cdisc.cli.core import NOTHING, Asked, core_lines, core_reports
from mg_cdisc.cli.judged import LEVELS, Wanted, conclude
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.terminal import say
from mg_cdisc.errors import Finding, Location, SpecError, UseError
from mg_cdisc.layout import Line, Piece, counted, finding_lines, line, safe

if TYPE_CHECKING:
    from mg_cdisc.checks import Folder
    from mg_cdisc.checks.core import CoreRule
    from mg_cdisc.frame import Index
    from mg_cdisc.report.sarif import Described
    from mg_cdisc.transport import Encoding

VERSIONS = {"SDTMIG": "3.4", "SDTM": "2025-03-28", "ADaMIG": "1.3", "ADaM": "2025-03-28"}
"""The guides and the terminologies where nobody says which."""


def validate(
    folder: Path,
    *,
    guide: str | None,
    terminology: str | None,
    adam_guide: str | None,
    adam_terminology: str | None,
    encoding: Encoding,
    wanted: Wanted,
    core: Asked = NOTHING,
) -> int:
    """Print what is wrong, rule by rule; 1 where it is as bad as is ``wanted`` or worse."""
    start_arrow()
    from mg_cdisc.checks import Versions, check_study, read_folder
    from mg_cdisc.standards import load_standard, with_occurrences
    from mg_cdisc.terminology import load_terminology

    said = _versions(folder)
    try:
        standard = load_standard("SDTMIG", guide or said["SDTMIG"], where=Location("--sdtmig"))
        terms = load_terminology("SDTM", terminology or said["SDTM"], where=Location("--ct"))
        adam = load_standard("ADaMIG", adam_guide or said["ADaMIG"], where=Location("--adamig"))
        adam_terms = load_terminology(
            "ADaM", adam_terminology or said["ADaM"], where=Location("--adam-ct")
        )
    except SpecError as error:
        raise UseError(error.findings) from error
    versions = Versions(standard, terms, with_occurrences(adam), adam_terms)
    read = read_folder(folder, versions, encoding)
    if not read.files and not read.findings:
        raise UseError(
            [Finding(Location(folder.as_posix()), "no-transport-files", "there is no transport file "
                     "and no Dataset-JSON file in this folder", "Name the folder that holds the "
                     ".xpt or .json files.")]
        )  # fmt: skip
    undescribed = [
        Finding(Location(str(path)), "no-define", "there is no define.xml beside these datasets, so "
                "nothing was compared with it", "Add the define.xml of the package.", "note")
        for path in read.files if not folder.is_file() and not (path / "define.xml").is_file()
    ]  # fmt: skip
    described = any((path / "define.xml").is_file() for path in read.files)
    read.analyses.predecessors |= _predecessors(folder)
    reports = core_reports(core, read, versions) if core else []
    rows: dict[Finding, Index | None] | None = {} if reports else None
    judged = [
        finding
        for study in (read.study, read.analyses)
        if study.datasets
        for finding in check_study(study, described=described, rows=rows)
    ]
    findings = sorted({*read.findings, *undescribed, *judged, *_define(folder, read, encoding)})
    merged = None
    if rows is not None:
        from mg_cdisc.checks.core import merge_reports

        both = {**read.study.datasets, **read.analyses.datasets}
        merged = merge_reports(findings, rows, reports, both)
        findings = list(merged.findings)
    say(*_by_rule(findings, merged.rules if merged else ()), wrapped=True)
    if merged:
        say(*core_lines(merged), wrapped=True)
    datasets = sum(len(held) for held in read.files.values())
    return conclude(findings, f"in {counted(datasets, 'dataset')}", wanted, merged)


def _versions(folder: Path) -> dict[str, str]:
    """The versions that a define.xml of the folder names, else the usual ones."""
    from mg_cdisc.define.read import attribute, children, elements, name_of, read_define

    found = dict(VERSIONS)
    for path in sorted(folder.rglob("define.xml")) if folder.is_dir() else ():
        define, _ = read_define(path)
        for standards in elements(define.version) if define is not None else ():
            if name_of(standards) != "def:Standards":
                continue
            for each in children(standards, "def:Standard"):
                name, version = attribute(each, "Name"), attribute(each, "Version")
                kind = attribute(each, "PublishingSet") or name
                if kind in found and version:
                    found[kind] = version
    return found


def _define(folder: Path, read: Folder, encoding: str) -> Iterator[Finding]:
    """What is wrong with each define.xml, by itself and beside the files of its folder."""
    for path in sorted(folder.rglob("define.xml")) if folder.is_dir() else ():
        from mg_cdisc.define.compare import compare_define
        from mg_cdisc.define.files import check_files
        from mg_cdisc.define.validate import validate_define

        yield from validate_define(path)
        yield from check_files(path)
        for each in compare_define(path, read.files.get(path.parent, {}), encoding=encoding):
            # a file that cannot be read has its finding
            if each.kind != "missing-dataset" or each.dataset not in read.study.unread:
                yield each


def _predecessors(folder: Path) -> dict[tuple[str, str], str]:
    """What the folder's define.xml files give as sources of variables."""
    from mg_cdisc.define.origins import predecessors
    from mg_cdisc.define.read import read_define

    found: dict[tuple[str, str], str] = {}
    for path in sorted(folder.rglob("define.xml")) if folder.is_dir() else ():
        define, _ = read_define(path)
        if define is not None:
            found |= predecessors(define)
    return found


def _by_rule(findings: Sequence[Finding], more: Sequence[CoreRule] = ()) -> Iterator[Line]:
    """The findings of each rule in a dataset under what the rule asks.

    The worst rules stand first, and of these what is of few records: it is a fault rather than a way.
    """
    from mg_cdisc.checks import all_rules

    rules: dict[str, Described] = {rule.name: rule for rule in all_rules()}
    rules |= {rule.name: rule for rule in more}

    def place(each: Finding) -> tuple[str, str, str]:
        return each.level, each.kind, each.dataset or each.where.file

    least: dict[tuple[str, str, str], int] = {}
    for each in findings:
        least[place(each)] = min(each.count, least.get(place(each), each.count))
    order = sorted(
        findings,
        key=lambda each: (LEVELS.index(each.level), least[place(each)], place(each), each.where),
    )
    for (level, kind, _), group in groupby(order, key=place):
        held, rule = list(group), rules.get(kind)
        if rule is None:
            for each in held:
                yield from finding_lines(each)
            yield ()
            continue
        also = f" ({', '.join(rule.published)})" if rule.published else ""
        yield line(Piece(f"{level}[{kind}]", level), f" {rule.what}", Piece(also, "dim"))
        for each in held:
            told = each.what[len(rule.what) :].removeprefix(": ")
            if each.source:  # a message of CORE may say the rule in other words
                told = each.what.removeprefix(rule.what).removeprefix(": ")
            by = " - ".join(filter(None, (each.source, each.agreeing)))
            shown = Piece(f" [{safe(by)}]", "dim") if by else ""
            yield line(f"  {each.where}{': ' if told else ''}{safe(told)}", shown)
        yield line(Piece(f"  {rule.todo}", "dim"))
        yield ()
