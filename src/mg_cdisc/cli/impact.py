"""``mg-cdisc impact`` and ``mg-cdisc lineage``: on from a source cell, and variables alone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.studies import study_folder
from mg_cdisc.cli.terminal import say, stream
from mg_cdisc.errors import Finding, Location, UseError, nearest, one_of
from mg_cdisc.layout import safe

if TYPE_CHECKING:
    from mg_cdisc.lineage import Cell, Reached, Recorder

LISTED = 5
"""Records that are named of each dataset, unless all are asked for."""


def impact(
    cell: str, given: Path | None, *, everything: bool, as_json: bool, cut_off: date | None
) -> None:
    """Print what a source cell reaches; raises UseError for a cell that is not there."""
    start_arrow()
    from mg_cdisc.lineage import Explainer, Impact, Trace
    from mg_cdisc.pipeline import Options, record_study

    folder = study_folder(given)
    recorder = record_study(folder, Options(cut_off=cut_off), folder.as_posix())
    asked = source_cell(recorder, cell)
    explainer = Explainer(Trace(recorder))
    found = Impact(recorder, [asked]).reached()
    told = [_told(recorder, name, each) for name, each in found.items()]
    if as_json:
        stream().write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    value = explainer.shown(asked)
    if not told:
        say(safe(f"{cell} = {value} reaches nothing that is submitted."))
        return
    say(safe(f"{cell} = {value} reaches:"))
    for each in told:
        cells = sum(len(record["variables"]) for record in each["records"])
        say(safe(f"{each['dataset']}: {cells} cells of {len(each['records'])} records"))
        shown = each["records"] if everything else each["records"][:LISTED]
        for record in shown:
            keys = ", ".join(f"{key} {value}" for key, value in record["keys"].items())
            what = "may be gone" if record["gone"] else ", ".join(record["variables"])
            say(safe(f"  {keys}: {what}"))
        if len(shown) < len(each["records"]):
            say(f"  {len(each['records']) - len(shown)} more records (--all lists them)")
        if each["further"]:
            say(safe(f"  further records are possible of {one_of(each['further'])}"))


def _told(recorder: Recorder, name: str, found: Reached) -> dict:  # type: ignore[type-arg]
    """What is reached of one dataset, record by record."""
    from mg_cdisc.cli.cells import cells

    frame = recorder.steps[name][-1].frame
    types = recorder.plan.datasets[name].types
    spec = recorder.plan.datasets[name].spec
    keys = spec.keys if spec is not None else ("USUBJID", "IDVARVAL", "QNAM")
    variables = [key for key in frame.columns if not key.startswith(("_", "@", "source.", "supp."))]
    masks = {key: found.rows(key) for key in variables}
    any_ = np.logical_or.reduce([*masks.values(), found.gone])
    rows = np.flatnonzero(any_)
    shown = {
        key: cells(frame[key], rows, types.get(key))
        for key in keys
        if key in frame and key != "STUDYID"
    }
    records = [
        {
            "keys": {key: values[at] for key, values in shown.items() if values[at]},
            "gone": bool(found.gone[row]),
            "variables": [key for key in variables if masks[key][row]],
        }
        for at, row in enumerate(rows.tolist())
    ]
    further = sorted(each or "any subject" for each in found.more)
    return {"dataset": name, "records": records, "further": further}


def source_cell(recorder: Recorder, text: str) -> Cell:
    """The source cell that FILE:ROW:COLUMN names; a source's name stands for its file."""
    from mg_cdisc.derive import SOURCE
    from mg_cdisc.lineage import Cell

    at = Location("CELL")
    file, _, rest = text.partition(":")
    number, _, column = rest.partition(":")
    if not number.isdecimal() or not column:
        todo = "Write FILE:ROW:COLUMN, such as source/ae.csv:14:AETERM."
        raise UseError([Finding(at, "bad-value", f"{text!r} names no source cell", todo)])
    files = {
        part.file: (name, part.file)
        for name, source in recorder.sources.items()
        for part in source.table.files
    }
    fitting = [
        name
        for shown, (name, _) in files.items()
        if file in (shown, name, Path(shown).name) or shown.endswith(f"/{file}")
    ]
    fitting = [
        name for name in dict.fromkeys(fitting) if column in recorder.sources[name].table.columns
    ] or list(dict.fromkeys(fitting))
    if not fitting:
        known = list(dict.fromkeys([*recorder.sources, *(Path(each).name for each in files)]))
        todo = nearest(file, known) or f"Sources: {one_of(list(recorder.sources), 40)}."
        raise UseError([Finding(at, "unknown-name", f"there is no source file {file}", todo)])
    for name in fitting:
        source = recorder.sources[name]
        if column not in source.table.columns:
            continue
        for row in source.table.row_numbers.tolist():
            where = source.table.location(row)
            if (where.row == int(number) and file in (name, where.file, Path(where.file).name)) or (
                where.row == int(number) and where.file.endswith(f"/{file}")
            ):
                given = name in recorder.plan.files.given
                return Cell((source.number << 40) + row, column if given else SOURCE + column)
    name = fitting[0]
    columns = recorder.sources[name].table.columns
    if column not in columns:
        todo = nearest(column, columns) or f"Columns: {one_of(list(columns), 60)}."
        raise UseError([Finding(at, "unknown-column", f"{file} has no column {column}", todo)])
    raise UseError(
        [Finding(at, "no-match", f"{file} has no row {number} that is read", "Check the row.")]
    )


def lineage(
    variable: str | None, given: Path | None, *, forward: bool, as_json: bool, html: Path | None
) -> None:
    """Print what variables are made of; raises UseError for one that is not there."""
    start_arrow()
    from mg_cdisc.lineage.graph import page
    from mg_cdisc.lineage.variables import reached, variables
    from mg_cdisc.pipeline import check_study

    folder = study_folder(given)
    plan = check_study(folder, folder.as_posix())
    made = variables(plan)
    known = {*made, *(read for steps in made.values() for step in steps for read in step.reads)}
    levels = dict.fromkeys(made, 0)
    if variable is not None:
        owner, _, name = variable.partition(".")
        names = {str(each).casefold(): each for each in sorted(known, key=str, reverse=True)}
        asked = names.get(f"{owner}.{name}".casefold())
        if asked is None:
            todo = nearest(variable, [str(each) for each in known]) or "Write DATASET.VARIABLE."
            what = f"there is no variable or source column {variable}"
            raise UseError([Finding(Location("VARIABLE"), "unknown-variable", what, todo)])
        levels = reached(made, asked, forward=forward)
    elif html is not None:
        todo = "Name a variable: the graph of a whole study is too wide to read."
        raise UseError([Finding(Location("--html"), "bad-value", "of which variable?", todo)])
    if html is not None:
        turned = {each: max(levels.values()) - at for each, at in levels.items()}
        html.write_text(
            page(made, turned if forward else levels, f"Lineage of {variable}"), encoding="utf-8"
        )
        say(safe(f"{html} written: {len(levels)} variables"))
        return
    shown = [each for each in levels if each in made]
    if as_json:
        told = [
            {
                "variable": str(each),
                "steps": [
                    {"rule": step.sentence, "where": step.where,
                     "reads": [str(read) for read in step.reads]}
                    for step in made[each]
                ],
            }
            for each in shown
        ]  # fmt: skip
        stream().write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    for each in shown:
        for step in made[each]:
            say(safe(f"{each}   {step.where}"), safe(f"  {step.sentence}"))
            if step.reads:
                say(safe(f"  reads {', '.join(str(read) for read in step.reads)}"))


__all__ = ["impact", "lineage", "source_cell"]
