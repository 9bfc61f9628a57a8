"""``mg-cdisc why``: the way from a cell back to the source."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mg_cdisc.cli.cells import filtered
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.studies import study_folder
from mg_cdisc.cli.terminal import say, stream
from mg_cdisc.errors import Finding, Location, UseError, nearest, one_of
from mg_cdisc.expression import Type
from mg_cdisc.frame import Text
from mg_cdisc.layout import safe

if TYPE_CHECKING:
    from mg_cdisc.lineage import Cell, Recorder, Trace

LISTED = 5
"""Records that are named where a condition fits several."""


def why(
    cell: str, given: Path | None, *, where: str | None, as_json: bool, depth: int,
    everything: bool, cut_off: date | None,
) -> None:  # fmt: skip
    """Print the tree of one cell; raises UseError where not exactly one record is meant."""
    start_arrow()
    from mg_cdisc.lineage import Explainer, Trace, lines
    from mg_cdisc.pipeline import Options, record_study

    dataset, _, variable = cell.partition(".")
    if not variable:
        todo = "Write DATASET.VARIABLE, such as ADTTE.AVAL."
        raise UseError(
            [Finding(Location("CELL"), "bad-value", f"{cell!r} names no variable", todo)]
        )
    folder = study_folder(given)
    recorder = record_study(folder, Options(cut_off=cut_off), folder.as_posix())
    trace = Trace(recorder)
    asked = find_cell(recorder, trace, dataset.upper(), variable, where)
    reason = Explainer(trace, depth=depth, everything=everything).explain(asked)
    if as_json:
        stream().write(json.dumps(asdict(reason), ensure_ascii=False, indent=2) + "\n")
    else:
        say(*(safe(each) for each in lines(reason)))


def find_cell(
    recorder: Recorder, trace: Trace, dataset: str, variable: str, where: str | None
) -> Cell:
    """The cell of the one record that is meant."""
    plan = recorder.plan
    known = [name for name, each in plan.datasets.items() if each.kind != "work"]
    if dataset not in known:
        todo = nearest(dataset, known) or f"Datasets: {one_of(known, 40)}."
        raise UseError(
            [Finding(Location("CELL"), "unknown-name", f"there is no dataset {dataset}", todo)]
        )
    frame = recorder.steps[dataset][-1].frame
    types = {
        key: plan.datasets[dataset].types.get(
            key, Type.TEXT if isinstance(column, Text) else Type.NUMBER
        )
        for key, column in frame.columns.items()
        if not key.startswith("@")
    }
    names = {name.casefold(): name for name in reversed(types)}
    name = variable if variable in types else names.get(variable.casefold())
    if name is None:
        todo = nearest(variable, types) or f"Variables: {one_of(list(types), 60)}."
        what = f"{dataset} has no variable {variable}"
        raise UseError([Finding(Location("CELL"), "unknown-variable", what, todo)])
    held, _ = filtered(frame, types, where)
    if len(held) != 1:
        raise UseError([_not_one(recorder, dataset, held, where)])
    return trace.last(dataset, int(held[0]), name)


def _not_one(recorder: Recorder, dataset: str, held: np.ndarray, where: str | None) -> Finding:
    """No record, or several: what tells the first of them apart."""
    at = Location("--where")
    if not len(held):
        return Finding(at, "no-match", f"no record of {dataset} satisfies {where}", "Widen it.")
    spec = recorder.plan.datasets[dataset].spec
    keys = [key for key in (spec.keys if spec is not None else ()) if key != "STUDYID"]
    frame = recorder.steps[dataset][-1].frame
    first = frame.take(held[:LISTED]).select(key for key in keys if key in frame)
    rows = zip(*(texts(column) for column in first.columns.values()), strict=True)
    told = "; ".join(
        ", ".join(f"{key} {value}" for key, value in zip(first.columns, row, strict=True) if value)
        for row in rows
    )
    what = f"{len(held)} records of {dataset} are meant: {told}"
    what += " ..." if len(held) > LISTED else ""
    return Finding(at, "several-matches", what, "Say which: --where \"USUBJID = '...' and ...\".")


def texts(column: object) -> list[str]:
    """A column as texts."""
    from mg_cdisc.expression.values import number_text

    return (column if isinstance(column, Text) else number_text(np.asarray(column))).to_list()
