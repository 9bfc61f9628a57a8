"""Records read back byte by byte: no byte of a record may be another.

But for the last three bits of a number, which no reader keeps.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import XptDataset, special_missing, write_xpt
from mg_cdisc.transport.header import FIRST_MEMBER
from mg_cdisc.transport.library import Library
from mg_cdisc.transport.readback import same_records
from mg_cdisc.transport.xpt import XptVariable

ROWS = 7001
SEED = np.random.default_rng(20261122)


def _dataset() -> XptDataset:
    rows = np.arange(ROWS)
    few = SEED.integers(0, 3, ROWS)
    missing = np.array([np.nan, special_missing("A"), 0.0, -0.0, 12.5, 1e-70])
    columns: dict[str, Column] = {
        "STUDYID": Text.constant("S", ROWS),
        "USUBJID": Text.of([f"S-{row // 9}" for row in rows.tolist()]),
        "SEQ": rows % 9 + 1.0,
        "CODE": Text.of([["A", "BB", ""][each] for each in few.tolist()]),
        "TERM": Text.of([["Alpha", "Beta", ""][each] for each in few.tolist()]),
        "ID": Text.of([f"X{row}" for row in rows.tolist()]),
        "VALUE": SEED.normal(size=ROWS) * 1e6,
        "LETTER": missing[rows % len(missing)],
    }
    variables = [
        XptVariable(name, "", isinstance(each, Text), 10 if isinstance(each, Text) else 8)
        for name, each in columns.items()
    ]
    return XptDataset("LB", "", tuple(variables), Frame.of(columns))


@pytest.fixture(scope="module")
def dataset() -> XptDataset:
    return _dataset()


def _same(path: Path, dataset: XptDataset) -> bool:
    with Library(path, "ascii", (FIRST_MEMBER,)) as library:
        return same_records(library, library.member(None), dataset.frame, "ascii")


def test_any_byte_that_differs_is_found(
    tmp_path: Path, noon: datetime, dataset: XptDataset
) -> None:
    path = tmp_path / "lb.xpt"
    write_xpt(path, dataset, timestamp=noon)
    assert _same(path, dataset)
    with Library(path, "ascii") as library:
        start = library.member(None).start
    places = [*range(dataset.width), *SEED.integers(0, ROWS * dataset.width, 60).tolist()]
    for place in places:
        with path.open("r+b") as file:
            file.seek(start + place)
            was = file.read(1)[0]
            file.seek(start + place)
            file.write(bytes([was ^ 16]))
        assert not _same(path, dataset), place
        with path.open("r+b") as file:
            file.seek(start + place)
            file.write(bytes([was]))
    assert _same(path, dataset)


def test_any_value_that_differs_is_found(
    tmp_path: Path, noon: datetime, dataset: XptDataset
) -> None:
    path = tmp_path / "lb.xpt"
    write_xpt(path, dataset, timestamp=noon)
    for name, column in dataset.frame.columns.items():
        other: Text | np.ndarray
        if isinstance(column, Text):
            texts = column.to_list()
            texts[-1] = "other"
            other = Text.of(texts)
        else:
            other = column.copy()
            other[-1] = 77.0
        frame = dataset.frame.with_columns({name: other})
        assert not _same(path, XptDataset("LB", "", dataset.variables, frame)), name


def test_a_missing_with_another_letter_is_found(
    tmp_path: Path, noon: datetime, dataset: XptDataset
) -> None:
    path = tmp_path / "lb.xpt"
    write_xpt(path, dataset, timestamp=noon)
    other = dataset.frame.number("LETTER").copy()
    other[1] = special_missing("B")
    frame = dataset.frame.with_columns({"LETTER": other})
    assert not _same(path, XptDataset("LB", "", dataset.variables, frame))
