"""``mg-cdisc number``: the numbers of records, kept for later builds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.studies import study_folder
from mg_cdisc.cli.terminal import say
from mg_cdisc.layout import Column, Piece, counted, line, table
from mg_cdisc.pipeline import Options, number_study


def run_number(given: Path | None, cut_off: date | None) -> None:
    """Number a study's records, and say how many were new."""
    start_arrow()
    made = number_study(study_folder(given), Options(cut_off=cut_off))
    counts = list(made.datasets.values())
    columns = [
        Column("Dataset", list(made.datasets)),
        Column("Records", [f"{each[0]:,}" for each in counts], right=True),
        Column("New", [f"{each[1]:,}" for each in counts], right=True),
    ]
    ordered = sum(each[2] for each in counts)
    if ordered:
        columns.append(Column("By order", [f"{each[2]:,}" for each in counts], right=True))
    say(*table(columns), "")
    if ordered:
        what = "By order: only their order tells these records from others of their source row."
        todo = "Name the variables that do under apart: of the dataset's sequence."
        say(line(Piece(what, "warning")), f"  {todo}", "", wrapped=True)
    new = sum(each[1] for each in counts)
    say(line(Piece(str(made.file), "good"), f": {counted(new, 'record')} numbered anew"))
