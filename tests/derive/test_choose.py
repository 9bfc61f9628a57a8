"""Choosing without a sort gives what an independent choice row by row gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.derive.choose import Take, choose_rows

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2), st.integers(0, 2)), min_size=1)


@pytest.mark.parametrize("which", ["first", "last"])
@given(rows=ROWS)
def test_the_first_and_the_last_of_each_group(
    rows: list[tuple[int, int, int]], which: Take
) -> None:
    groups, one, two = (np.array(column) for column in zip(*rows, strict=True))
    choice = choose_rows(groups, [one, two], 5, which)
    tied: list[int] = []
    for group in range(5):
        own = [row for row in range(len(rows)) if rows[row][0] == group]
        assert choice.sizes[group] == len(own)
        if not own:
            assert choice.rows[group] == -1
            continue
        best = (min if which == "first" else max)(rows[row][1:] for row in own)
        alike = [row for row in own if rows[row][1:] == best]
        assert choice.rows[group] == alike[0 if which == "first" else -1]
        tied += alike if len(alike) > 1 else []
    assert choice.tied.tolist() == tied
