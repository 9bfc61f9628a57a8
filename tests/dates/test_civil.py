"""The calendar against Python's own, and the shapes of texts."""

import datetime as dt
import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.dates.civil import EARLIEST, LATEST, civil, day_number, month_length
from mg_cdisc.dates.shapes import Shapes

EPOCH = dt.date(1960, 1, 1)


@settings(deadline=None)
@given(st.lists(st.dates()))
def test_day_numbers_are_python_s(days: list[dt.date]) -> None:
    parts = np.array([(day.year, day.month, day.day) for day in days], np.int64).reshape(-1, 3).T
    numbers = day_number(*parts)
    assert numbers.tolist() == [(day - EPOCH).days for day in days]
    assert np.array_equal(np.stack(civil(numbers)), parts)


def test_every_day_of_four_centuries_follows_the_one_before() -> None:
    days = np.arange((dt.date(1800, 1, 1) - EPOCH).days, (dt.date(2200, 1, 1) - EPOCH).days)
    year, month, day = civil(days)
    assert np.array_equal(day_number(year, month, day), days)
    assert (day <= month_length(year, month)).all()
    # 400 years of 365 days with 97 leap days
    assert len(days) == 400 * 365 + 97


def test_the_ends_of_time() -> None:
    assert (dt.date.min - EPOCH).days * 86_400 == EARLIEST
    assert ((dt.date.max - EPOCH).days + 1) * 86_400 == LATEST


@pytest.mark.parametrize("fold_case", [True, False])
def test_shapes_group_every_value_once(fold_case: bool) -> None:
    texts = ["1-Jan", "2-JAN", "", "12", "x年9", "30", "年"]
    shapes = Shapes.of(pa.array(["skipped", *texts]).slice(1), fold_case=fold_case)
    kinds = shapes.kinds.to_pylist()
    assert [kinds[code] for code in shapes.codes] == [
        *(["0-JAN", "0-JAN"] if fold_case else ["0-Jan", "0-JAN"]),
        *["", "00", "X年0" if fold_case else "x年0", "00", "年"],
    ]
    groups = {code: rows.tolist() for code, rows in shapes.groups(range(len(kinds)))}
    assert sorted(itertools.chain(*groups.values())) == list(range(len(texts)))
    assert all(shapes.codes[row] == code for code, rows in groups.items() for row in rows)


def test_numbers_and_pieces_come_from_the_bytes() -> None:
    shapes = Shapes.of(pa.array(["年07", "年42"]), fold_case=True)
    rows = np.array([0, 1])
    assert shapes.number(rows, 3, 2).tolist() == [7, 42]
    assert shapes.piece(rows, 0, 3).to_pylist() == ["年", "年"]
