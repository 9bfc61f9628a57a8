"""Pyarrow is started without pandas, and the two meet again where a study needs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mg_cdisc

WITHOUT = """
import sys
from mg_cdisc.cli.start import start_arrow
start_arrow()
import pyarrow as pa
from mg_cdisc.frame import Frame, Text
frame = Frame.of({"X": Text.of(["a", ""])})
pa.array(["a"])
assert "pandas" not in sys.modules
data = frame.to_pandas()
assert data["X"].tolist() == ["a", ""]
import pandas as pd
assert pa.array(pd.Series(["a", None], dtype=object), pa.string()).null_count == 1
assert Frame.from_pandas(data).text("X").to_list() == ["a", ""]
"""


def test_without_pandas_until_it_is_needed() -> None:
    source = str(Path(mg_cdisc.__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r})\n{WITHOUT}"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
