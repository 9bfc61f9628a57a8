"""``mg-cdisc show`` and ``mg-cdisc preview``: records in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mg_cdisc.cli.cells import FORMATS, SOURCE, cells, chosen, filtered
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.studies import study_folder
from mg_cdisc.cli.terminal import CELL, say, say_findings, space
from mg_cdisc.errors import Finding, Location, TransportError, UseError, nearest, one_of
from mg_cdisc.expression import Type
from mg_cdisc.frame import Frame, Index, Text
from mg_cdisc.layout import Column, Piece, counted, fitting, line, panels, table

if TYPE_CHECKING:
    from mg_cdisc.build import Engine, Result
    from mg_cdisc.derive import Bound
    from mg_cdisc.spec import Plan
    from mg_cdisc.transport import Encoding, XptDataset


def show(
    file: Path,
    *,
    where: str | None,
    rows: int | None,
    columns: Sequence[str],
    encoding: Encoding,
    member: str | None,
) -> None:
    """Print a file's variables and its first records, or those of a condition."""
    start_arrow()
    from mg_cdisc.transport import XptFormat, is_json, read_json, read_xpt

    try:
        if is_json(file):
            read: XptDataset = read_json(file)
        else:
            read = read_xpt(file, encoding=encoding, member=member)
    except TransportError as error:
        raise TransportError(map(_with_option, error.findings)) from error
    frame = read.frame
    types = {}
    for each in read.variables:
        form = XptFormat.parse(each.format)
        types[each.name] = (
            Type.TEXT if each.is_text else FORMATS.get(form.name if form else "", Type.NUMBER)
        )
    names = chosen([] if list(columns) == ["all"] else columns, frame.columns)
    names = names or list(frame.columns)
    held, asides = filtered(frame, types, where)
    say(
        line(Piece(read.name, "bold"), f"  {read.label}"),
        f"{counted(frame.rows, 'record')}, {counted(len(read.variables), 'variable')}",
        "",
    )
    listed = [each for each in read.variables if each.name in names]
    say(
        *table(
            [
                Column("Variable", [each.name for each in listed]),
                Column("Type", ["Char" if each.is_text else "Num" for each in listed]),
                Column("Length", [str(each.length) for each in listed], right=True),
                Column("Format", [each.format for each in listed]),
                Column("Label", [each.label for each in listed]),
            ]
        )
    )
    _say_records(frame, held, rows, names, types, [], where)
    _say_asides(asides)
    if read.notes:
        say("")
        say_findings(read.notes)


def _with_option(finding: Finding) -> Finding:
    """The finding, which of a wrong encoding names the option that declares another."""
    if finding.kind != "text-encoding":
        return finding
    return replace(finding, todo=f"{finding.todo[:-1]}: --encoding utf-8, or another.")


def preview(
    dataset: str,
    given: Path | None,
    *,
    after: int | None,
    step: int | None,
    where: str | None,
    rows: int | None,
    columns: Sequence[str],
    subjects: tuple[str, ...],
) -> None:
    """Print a dataset's records as they stand behind one of its steps."""
    start_arrow()
    from mg_cdisc.pipeline import Options, run_engine
    from mg_cdisc.spec.load import load_study

    files = load_study(study_folder(given))
    name = dataset.upper() if dataset.upper() in files.datasets else dataset
    plan, result, engine = run_engine(
        files,
        Options(subjects=subjects),
        stop_at=lambda plan: (name, step_position(plan, name, after, step)),
    )
    position = step_position(plan, name, after, step)
    bound = plan.datasets[name].steps[position]
    # other datasets may have needed variables that are made further down
    steps = plan.datasets[name].steps
    below = {each for later in steps[position + 1 :] for each in later.makes}
    below -= {each for above in steps[: position + 1] for each in above.makes}
    made = result.frames[name]
    frame = made.select(key for key in made.columns if key not in below)
    types = _types(plan, name, frame)
    every = list(columns) == ["all"]
    names = chosen([] if every else columns, frame.columns) or _in_order(frame, bound)
    held, asides = filtered(frame, types, where)
    say(
        line(
            Piece(name, "bold"),
            f" after step {position + 1} of {len(steps)}: ",
            Piece(bound.label, "bold"),
            f" ({bound.where})",
        ),
        bound.sentence,
        counted(frame.rows, "record"),
        wrapped=True,
    )
    places = Column("source", _places(engine, frame, held[:rows]))
    left = _say_records(frame, held, rows, names, types, [places], where, one_panel=not columns)
    if left:
        what = f"... and {counted(left, 'more column')} (--columns all, or their names)"
        say(line(Piece(what, "dim")))
    _say_asides(asides)
    _say_open(result, name)


def step_position(plan: Plan, dataset: str, after: int | None, step: int | None) -> int:
    """Which step is meant: by its number from 1, by a line of its file, or the last.

    A line between two steps means the one above it. Raises UseError where there is none.
    """
    found = plan.datasets.get(dataset)
    if found is None:
        known = list(plan.datasets)
        todo = nearest(dataset, known) or f"Datasets: {one_of(known, 40)}."
        todo = plan.files.given_in(dataset) or todo
        raise UseError(
            [Finding(Location("preview"), "unknown-name", f"no dataset {dataset}", todo)]
        )
    if step is not None:
        if not 1 <= step <= len(found.steps):
            what = f"{dataset} has the steps 1 to {len(found.steps)}, and no step {step}"
            raise UseError([Finding(Location("--step"), "unknown-step", what)])
        return step - 1
    if after is None:
        return len(found.steps) - 1
    file = found.where.file
    above = [
        position
        for position, each in enumerate(found.steps)
        if each.where.file == file and each.where.line <= after
    ]
    if not above:
        lines = [each.where.line for each in found.steps if each.where.file == file]
        what = f"no step of {dataset} stands in or above line {after} of {file}"
        todo = f"Its first step is in line {min(lines)}." if lines else "Use --step."
        raise UseError([Finding(Location("--after"), "unknown-step", what, todo)])
    return above[-1]


def _types(plan: Plan, name: str, frame: Frame) -> dict[str, Type]:
    final = plan.datasets[name].types
    return {
        key: final.get(key, Type.TEXT if isinstance(column, Text) else Type.NUMBER)
        for key, column in frame.columns.items()
        if not key.startswith("@")
    }


def _in_order(frame: Frame, step: Bound) -> list[str]:
    """What the step made or changed, what it made that from, and then all else.

    All else: variables, working variables, and columns of the source.
    """
    first = [] if step.changes_rows else [*step.makes, *step.revises, *step.reads]
    known = [key for key in frame.columns if not key.startswith("@")]
    rest = sorted(known, key=lambda key: (key.startswith(SOURCE), key.startswith("_")))
    return [key for key in dict.fromkeys([*first, *rest]) if key in frame]


def _places(engine: Engine, frame: Frame, rows: Index) -> list[str]:
    """For each record its source row, and how many more it has; blank where it has none."""
    made = []
    taken = frame.origins.take(rows)
    bounds = taken.bounds
    for number, identity in enumerate(taken.first().tolist()):
        if identity < 0:
            made.append("")
            continue
        at = engine.locate(identity)
        more = int(bounds[number + 1] - bounds[number]) - 1
        made.append(f"{at.file}:{at.row}" + (f" +{more}" if more else ""))
    return made


def _say_records(
    frame: Frame,
    held: Index,
    rows: int | None,
    names: Sequence[str],
    types: dict[str, Type],
    lead: list[Column],
    where: str | None,
    *,
    one_panel: bool = False,
) -> int:
    """Print records; gives how many columns were left out for want of room."""
    listed = held[:rows]
    if where is not None:
        say("", f"{len(held):,} of {counted(frame.rows, 'record')} where {where}")
    if not len(listed):
        return 0
    made = [
        Column(
            name.removeprefix(SOURCE) if name.removeprefix(SOURCE) not in frame else name,
            cells(frame[name], listed, types.get(name)),
            right=not isinstance(frame[name], Text) and types.get(name) is Type.NUMBER,
        )
        for name in names
    ]
    numbered = Column("#", [str(row + 1) for row in listed.tolist()], right=True)
    room = space()
    most = None if room is None else CELL
    printed = [numbered, *lead, *made]
    if one_panel:
        printed = printed[: fitting(printed, room, most)]
    say("", *panels(printed, 1, room, most))
    if len(held) > len(listed):
        left = len(held) - len(listed)
        say(line(Piece(f"... and {counted(left, 'more record')} (--rows all)", "dim")))
    return len(made) + len(lead) + 1 - len(printed)


def _say_asides(asides: Sequence[str]) -> None:
    for each in asides:
        say(line(Piece(f"--where: {each}", "warning")))


def _say_open(result: Result, dataset: str) -> None:
    """Findings of the dataset on the way to the step."""
    from mg_cdisc.report.summary import FIRST, first_findings

    found = sorted({finding for finding in result.findings if finding.dataset == dataset})
    if found:
        say("", line(Piece(counted(len(found), "finding"), "warning"), " up to here"))
        say(*first_findings(found, FIRST), wrapped=True)
