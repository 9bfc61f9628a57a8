"""``numbering.csv``: the number that each record was given, which it keeps in later builds."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.derive.numbering import Known
from mg_cdisc.errors import Finding, Location, SourceError
from mg_cdisc.frame import Index
from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.read import read_source
from mg_cdisc.sources.table import SourceTable, listed, repeated

NUMBERING = "numbering.csv"
COLUMNS = ("dataset", "subject", "key", "number")
_NUMBER = r"^[1-9][0-9]{0,8}$"
_TODO = "Restore the file as mg-cdisc number wrote it, or remove it and number anew."


def read_numbering(folder: Path, shown: str) -> dict[str, Known]:
    """The numbers given in each dataset; ``shown`` is the file's name in messages.

    Raises SourceError for a file with other columns, a number that is none, and a record that has
    two numbers.
    """
    try:
        table = read_source(SourceDeclaration(file=NUMBERING), folder)
    except SourceError as error:
        raise SourceError(
            replace(each, where=replace(each.where, file=shown)) for each in error.findings
        ) from error
    if table.columns != COLUMNS:
        raise _wrong(shown, f"its columns are not {', '.join(COLUMNS)}")
    frame = table.frame
    bad = frame.text("number").where(
        lambda values: pc.invert(pc.match_substring_regex(values, _NUMBER))
    )
    if bad.any():
        rows = np.flatnonzero(bad)
        raise _wrong(shown, f"a number is not a whole number from 1: {_rows(table, rows)}")
    again, _ = repeated([frame.text(name) for name in COLUMNS[:3]], frame.rows)
    if len(again):
        raise _wrong(shown, f"a record has two numbers: {_rows(table, again)}")
    datasets = frame.text("dataset")
    number = frame.text("number")
    values = number.spread(np.array([float(each) for each in number.values.to_pylist()], float))
    made = {}
    for name in datasets.used():
        held = np.flatnonzero(datasets.equals(name))
        made[name] = Known(
            frame.text("subject").take(held), frame.text("key").take(held), values[held]
        )
    return made


def numbering_of(folder: Path, shown: str, findings: list[Finding]) -> dict[str, Known] | None:
    """As ``read_numbering``; what is wrong with the file is added to the findings."""
    try:
        return read_numbering(folder, shown)
    except SourceError as error:
        findings += error.findings
        return None


def write_numbering(folder: Path, numbering: Mapping[str, Known]) -> None:
    """Write the file, by dataset, subject, number and key; it is replaced as a whole."""
    held = {
        "dataset": [pa.repeat(name, len(known.keys)) for name, known in numbering.items()],
        "subject": [known.subjects.to_arrow() for known in numbering.values()],
        "key": [known.keys.to_arrow() for known in numbering.values()],
        "number": [pa.array(known.numbers.astype(np.int64)) for known in numbering.values()],
    }
    kinds = [pa.string(), pa.string(), pa.string(), pa.int64()]
    columns = [
        pa.chunked_array(held[name], kind) for name, kind in zip(COLUMNS, kinds, strict=True)
    ]
    table = pa.table(dict(zip(COLUMNS, columns, strict=True)))
    ordered = table.sort_by(
        [(name, "ascending") for name in ("dataset", "subject", "number", "key")]
    )
    cells = [_cells(column.cast(pa.string())) for column in ordered.select(COLUMNS).columns]
    lines = pc.binary_join_element_wise(*cells, ",").to_pylist()
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".numbering-", delete=False) as work:
        work.write("".join(f"{line}\n" for line in (",".join(COLUMNS), *lines)).encode())
    Path(work.name).chmod(0o644)
    Path(work.name).replace(folder / NUMBERING)


def _cells(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as a CSV file has them, in quotes where they need them."""
    doubled = pc.replace_substring(texts, '"', '""')
    quoted = pc.binary_join_element_wise('"', doubled, '"', "")
    return pc.if_else(pc.match_substring_regex(texts, '[",\\r\\n]'), quoted, texts)


def _rows(table: SourceTable, rows: Index) -> str:
    return listed(f"row {row}" for row in table.row_numbers[rows].tolist())


def _wrong(shown: str, what: str) -> SourceError:
    return SourceError([Finding(Location(shown), "bad-numbering", what, _TODO)])
