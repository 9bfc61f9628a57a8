"""Reading values that stand in a row, and the digest of a file that is read."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import numpy as np

from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, read_xpt, write_xpt


def test_values_in_a_row_and_mixed_ones_over_several_blocks(tmp_path: Path) -> None:
    rows = 400_000
    number = np.arange(rows)
    texts = {
        "SUBJECT": [f"S-{n // 9:017}" for n in number.tolist()],
        "SHORT": [("ALT", "", "AST")[n // 1000 % 3] for n in number.tolist()],
        "MIXED": [("A", "LONGER THAN A WORD", "")[n % 3] for n in number.tolist()],
        "WIDE": ["w" * (50 + n // 5000 % 4) for n in number.tolist()],
    }
    variables = tuple(
        XptVariable(name, name, True, max(len(text) for text in values))
        for name, values in texts.items()
    )
    frame = Frame.of({name: Text.of(values) for name, values in texts.items()})
    file = tmp_path / "x.xpt"
    write_xpt(file, XptDataset("X", "X", variables, frame), timestamp=datetime(2026, 1, 1))
    digest = hashlib.sha256()
    read = read_xpt(file, seen=digest.update)
    for name, values in texts.items():
        assert read.frame.text(name).to_list() == values
    assert digest.hexdigest() == hashlib.sha256(file.read_bytes()).hexdigest()
