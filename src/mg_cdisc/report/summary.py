"""What a build says at its end: datasets, the account of every form, findings, where to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from mg_cdisc.build import FormAccount
from mg_cdisc.build.running import StepLog
from mg_cdisc.dataset import Package
from mg_cdisc.errors import Finding
from mg_cdisc.layout import (
    Cell,
    Column,
    Line,
    Piece,
    counted,
    finding_lines,
    line,
    pad,
    shown,
    table,
    width,
    within,
)
from mg_cdisc.report.manifest import OutputFile

FIRST = 5
"""Findings that the summary prints in full."""
LEVELS = ("error", "warning", "note")


class Outcome(Protocol):
    """What a build made (see ``pipeline.Built``)."""

    @property
    def study(self) -> str: ...
    @property
    def packages(self) -> tuple[Package, ...]: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def accounts(self) -> tuple[FormAccount, ...]: ...
    @property
    def log(self) -> tuple[StepLog, ...]: ...
    @property
    def folder(self) -> Path | None: ...
    @property
    def files(self) -> tuple[OutputFile, ...]: ...
    @property
    def partial(self) -> bool: ...
    @property
    def stopped(self) -> bool: ...


def summarise(
    built: Outcome, target: Path, *, quiet: bool = False, space: int | None = None
) -> list[Line]:
    """The whole summary; ``target`` is where the outputs of a build that does not stop stand.

    ``quiet`` leaves out what is well: tables and paths. ``space`` is the terminal's width.
    """
    parts: list[list[Line]] = []
    if not quiet:
        parts.append(datasets(built, space))
        parts.append(account(built.accounts, partial=built.partial, space=space))
    # where nothing was built, a person mends specs or sources and wants every mistake at once
    most = FIRST if built.packages else len(built.findings)
    parts += [findings_by_class(built.findings, space), first_findings(built.findings, most)]
    parts.append(verdict(built, target))
    if not quiet or built.stopped:
        parts[-1] += where_to_look(built)
    made: list[Line] = []
    for part in parts:
        if made and part:
            made.append(())
        made += part
    return made


def verdict(built: Outcome, target: Path) -> list[Line]:
    """Built or not, in one line; of a build that stopped also what became of the outputs."""
    if built.stopped:
        return stop_lines(built.study, sum(1 for each in built.findings if is_open(each)), target)
    words = "built in part" if built.partial else "built"
    return [line(Piece(f"{built.study} {words}", "good"), f" in {built.folder}")]


def stop_lines(study: str, number: int, target: Path) -> list[Line]:
    """What is said of a build that a finding stops."""
    kept = (
        f"{target} is as it was before." if target.exists() else f"Nothing was written to {target}."
    )
    stop = f"{counted(number, 'finding')} {'stops' if number == 1 else 'stop'} the build."
    return [line(Piece(f"{study} NOT built", "error"), f": {stop} {kept}")]


def datasets(built: Outcome, space: int | None = None) -> list[Line]:
    """Each dataset with its label, records and variables: by name, supplemental qualifiers last."""
    made = [
        dataset
        for package in built.packages
        for dataset in sorted(
            package.datasets, key=lambda each: (each.name.startswith("SUPP"), each.name)
        )
    ]
    if not made:
        return []
    laid = within(
        [
            Column("Dataset", [each.name for each in made]),
            Column("Label", [each.label for each in made]),
            Column("Records", [f"{each.frame.rows:,}" for each in made], right=True),
            Column("Variables", [str(len(each.variables)) for each in made], right=True),
        ],
        1,
        space,
    )
    return [line(Piece("made, but not written:", "dim")), *laid] if built.stopped else laid


def account(
    accounts: Sequence[FormAccount], *, partial: bool, space: int | None = None
) -> list[Line]:
    """Each form's rows as a sum: rows = used + excluded + rejected, and the reasons below it.

    On a terminal that is too narrow for the sum the reasons stand below the whole, by form.

    A row that nothing accounts for (the finding ``row-unaccounted``) has a column of its own, so
    that the sum still adds up. In a partial build the last column also holds the rows that other
    datasets and subjects would use.
    """
    if not accounts:
        return []
    last = "not asked for" if partial else "rejected"
    rows = [
        (
            each.rows,
            each.used,
            sum(each.excluded.values()),
            each.rejected + (each.unaccounted if partial else 0),
            0 if partial else each.unaccounted,
        )
        for each in accounts
    ]
    rows.append(tuple(map(sum, zip(*rows, strict=True))))  # type: ignore[arg-type]
    titles = ["Rows", "= used", "+ excluded", f"+ {last}", "+ unaccounted"]
    columns = [Column("Form", [*(each.name for each in accounts), Piece("total", "bold")])]
    for number, title in enumerate(titles):
        cells = [_number(row[number]) for row in rows]
        if title != "+ unaccounted":
            columns.append(Column(title, cells, right=True))
        elif rows[-1][number]:
            columns.append(Column(title, [Piece(cell, "error") for cell in cells], right=True))
    laid = table(columns)
    narrow = space is not None and any(width(shown(row)) > space for row in laid)
    made = within(columns, 1, space) if narrow else laid[:1]
    for each, row in zip(accounts, laid[1:], strict=False):
        told = _left_out(each)
        if narrow:
            made += [line(each.name, ":"), *told] if told else []
        else:
            made += [row, *told]
    return made if narrow else [*made, laid[-1]]


def _left_out(form: FormAccount) -> list[Line]:
    """Why rows of a form are in no record, and what a cut-off made blank."""
    told = [f"  {number:,} excluded: {reason}" for reason, number in form.excluded.items()]
    if form.ends_blanked:
        told.append(f"  {counted(form.ends_blanked, 'end date')} after the cut-off made blank")
    return [line(Piece(each, "dim")) for each in told]


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"


def is_open(finding: Finding) -> bool:
    """Whether a finding stops the build."""
    return finding.level == "error" and not finding.reason


def findings_by_class(findings: Sequence[Finding], space: int | None = None) -> list[Line]:
    """How many records each class of finding concerns, open and accepted."""
    if not findings:
        return [line("No findings.")]
    open_: Counter[tuple[str, str]] = Counter()
    accepted: Counter[tuple[str, str]] = Counter()
    for each in findings:
        (accepted if each.reason else open_)[each.level, each.kind] += each.count
    keys = sorted({*open_, *accepted}, key=lambda key: (LEVELS.index(key[0]), key[1]))
    return within(
        [
            Column("Findings", [Piece(key[0], key[0] if open_[key] else "dim") for key in keys]),
            Column("Class", [kind for _, kind in keys]),
            Column("Open", [_number(open_[key]) for key in keys], right=True),
            Column("Accepted", [_number(accepted[key]) for key in keys], right=True),
        ],
        2,
        space,
    )


def first_findings(findings: Sequence[Finding], most: int = FIRST) -> list[Line]:
    """The first findings that are not accepted, those that stop the build before the others.

    Each class gets a place before any gets a second one, and an example goes before a sum.
    """
    listed = [each for each in findings if not each.reason and each.level != "note"]
    seen: Counter[tuple[str, str]] = Counter()
    ranked: list[tuple[int, int, Finding]] = []
    for each in sorted(listed, key=lambda each: (LEVELS.index(each.level), _is_sum(each))):
        ranked.append((seen[each.level, each.kind], LEVELS.index(each.level), each))
        seen[each.level, each.kind] += 1
    ranked.sort(key=lambda entry: entry[:2])
    chosen = sorted((level, _is_sum(finding), finding) for _, level, finding in ranked[:most])
    made = [piece for _, _, finding in chosen for piece in finding_lines(finding)]
    if len(listed) > len(chosen):
        made.append(line(Piece(f"... and {len(listed) - len(chosen):,} more", "dim")))
    return made


def _is_sum(finding: Finding) -> bool:
    """Whether a finding only counts records that are not listed one by one."""
    return finding.count > 1 and not finding.where.row and not finding.where.subject


def where_to_look(built: Outcome) -> list[Line]:
    """The paths that a person opens next."""
    assert built.folder is not None
    rows = []
    if built.findings:
        rows.append(("findings", built.folder / "findings.xlsx"))
    rows += [
        (Path(each.path).name, built.folder / each.path)
        for each in built.files
        if each.path.endswith(("/define.html", "/acrf.pdf", "/csdrg.pdf", "/adrg.pdf"))
    ]
    folders = dict.fromkeys(Path(each.path).parent for each in built.files)
    rows += [("datasets", built.folder / each) for each in folders]
    if built.log and not built.stopped:
        rows.append(("steps", built.folder / "build.json"))
    return [line(f"  {pad(what, 12)}{path}") for what, path in rows]


def step_log(log: Iterable[StepLog]) -> list[Line]:
    """What every step did: records in and out, and its facts; one table a dataset."""
    grouped: dict[str, list[StepLog]] = {}
    for step in log:
        grouped.setdefault(step.dataset, []).append(step)
    made: list[Line] = []
    for name, steps in grouped.items():
        if made:
            made.append(())
        lines = [each.where.rpartition(":")[2] for each in steps]
        file = steps[0].where.rpartition(":")[0]
        made.append(line(Piece(name, "bold"), Piece(f"  {file}", "dim")))
        made += table(
            [
                Column("Line", lines, right=True),
                Column("Step", [each.step for each in steps]),
                Column("In", [f"{each.records_in:,}" for each in steps], right=True),
                Column("Out", [f"{each.records_out:,}" for each in steps], right=True),
                Column("What it did", [step_facts(each) for each in steps]),
            ],
            indent="  ",
        )
    return made


def step_facts(step: StepLog) -> Cell:
    """The facts of one step in words: ``matched 14 of 15``, ``mapped 15``, ``excluded 2 (reason)``."""
    words = []
    for fact, number in step.facts.items():
        of = f" of {step.records_in:,}" if fact == "matched" else ""
        words.append(f"{fact} {number:,}{of}")
    words += [f"excluded {number:,} ({reason})" for reason, number in step.excluded.items()]
    return ", ".join(words)
