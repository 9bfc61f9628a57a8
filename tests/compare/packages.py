"""Small datasets written to files, for comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

Values = Sequence[str] | Sequence[float]


def dataset(
    name: str,
    columns: Mapping[str, Values],
    labels: Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
    label: str = "",
    lengths: Mapping[str, int] | None = None,
) -> XptDataset:
    """A dataset of texts and numbers."""
    made = {}
    variables = []
    for key, values in columns.items():
        is_text = isinstance(values[0], str)
        made[key] = Text.of(map(str, values)) if is_text else np.array(values, np.float64)
        width = max(max(len(str(each)) for each in values), 1) if is_text else 8
        width = (lengths or {}).get(key, width)
        shown = (labels or {}).get(key, key.title())
        variables.append(XptVariable(key, shown, is_text, width, (formats or {}).get(key, "")))
    return XptDataset(name, label, tuple(variables), Frame.of(made))


def write(folder: Path, *datasets: XptDataset) -> Path:
    """Each dataset as a transport file; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in datasets:
        write_xpt(folder / f"{each.name.lower()}.xpt", each, timestamp=datetime(2025, 1, 1),
                  encoding="ascii")  # fmt: skip
    return folder
