"""Datasets to be written, made from plain lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np
import pytest

from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import Encoding, XptDataset, XptVariable, measure_text

Make = Callable[..., XptDataset]


def make_dataset(
    columns: Mapping[str, Sequence[str] | Sequence[float]],
    *,
    name: str = "AE",
    label: str = "Adverse Events",
    lengths: Mapping[str, int] | None = None,
    formats: Mapping[str, str] | None = None,
    encoding: Encoding = "ascii",
) -> XptDataset:
    """A dataset of these columns: text where a column's first value is text, else numbers."""
    made: dict[str, Column] = {}
    variables = []
    for variable, values in columns.items():
        is_text = len(values) == 0 or isinstance(values[0], str)
        column = Text.of([str(v) for v in values]) if is_text else np.array(values, np.float64)
        length = measure_text(column, encoding) if isinstance(column, Text) else 8
        made[variable] = column
        variables.append(
            XptVariable(
                variable,
                f"Label of {variable}",
                is_text,
                (lengths or {}).get(variable, length),
                (formats or {}).get(variable, ""),
            )
        )
    return XptDataset(name, label, tuple(variables), Frame.of(made))


@pytest.fixture
def make() -> Make:
    """Makes a dataset of lists."""
    return make_dataset


@pytest.fixture
def noon() -> datetime:
    """The time that stands in the headers."""
    return datetime(2026, 1, 31, 12, 0, 0)
