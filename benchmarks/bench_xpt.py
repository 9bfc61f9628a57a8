"""Transport files: one million laboratory-like records of 24 variables, written and read.

Every figure is the median CPU time (user and system) of the call alone, each time in a fresh
process; the peer runs in the same session. ``rows()`` gives the lines of the table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, read_xpt, write_xpt

RECORDS = 1_000_000
GOAL = 0.5
NOON = datetime(2026, 1, 1, 12, 0, 0)


def laboratory(records: int) -> XptDataset:
    """A dataset like LB: 3,846 subjects of 260 records, 24 variables, 234 bytes a record."""
    random = np.random.default_rng(20260101)
    row = np.arange(records)
    subject, within = row // 260, row % 260
    test, visit = within % 20, within // 20
    value = np.round(random.gamma(9.0, 5.0, records), 1)
    value[random.random(records) < 0.03] = np.nan
    shown, values = np.unique(np.where(np.isnan(value), -1.0, value), return_inverse=True)
    results = ["" if number < 0 else f"{number:g}" for number in shown]
    day = subject % 400 + visit * 14
    days = np.datetime64("2023-01-02") + np.arange(1000)
    minutes = [f"T{8 + i // 60:02}:{i % 60:02}" for i in range(120)]
    stamps = [f"{date}{minute}" for date in days for minute in minutes]
    moment = day * 120 + random.integers(0, 120, records)
    low, high = test * 0.5, test * 0.5 + 40
    indicator = np.select([np.isnan(value), value < low, value > high], [0, 1, 2], 3)
    names = [f"Blood test {i:02}" + "x" * (i % 11) for i in range(20)]
    subjects = [f"STUDY-0001-{i // 40:03}-{i:05}" for i in range(int(subject[-1]) + 1)]

    def text(codes: Any, found: list[str]) -> Text:
        encoded = Text.encode(pa.array(found, pa.string()))
        return encoded.expand(np.asarray(codes, np.int32))

    columns: dict[str, tuple[Column, int]] = {
        "STUDYID": (Text.constant("STUDY-000001", records), 12),
        "DOMAIN": (Text.constant("LB", records), 2),
        "USUBJID": (text(subject, subjects), 20),
        "LBSEQ": (within + 1.0, 8),
        "LBTESTCD": (text(test, [f"TEST{i:04}" for i in range(20)]), 8),
        "LBTEST": (text(test, names), 31),
        "LBCAT": (text(test % 3, ["CHEMISTRY", "HEMATOLOGY", "URINALYSIS"]), 10),
        "LBORRES": (text(values, results), 8),
        "LBORRESU": (text(test % 5, ["mmol/L", "g/L", "U/L", "10^9/L", "%"]), 8),
        "LBORNRLO": (text(test, [f"{i * 0.5:g}" for i in range(20)]), 6),
        "LBORNRHI": (text(test, [f"{i * 0.5 + 40:g}" for i in range(20)]), 6),
        "LBSTRESC": (text(values, results), 8),
        "LBSTRESN": (value, 8),
        "LBSTRESU": (text(test % 5, ["mmol/L", "g/L", "U/L", "10^9/L", "%"]), 8),
        "LBSTNRLO": (low.astype(np.float64), 8),
        "LBSTNRHI": (high.astype(np.float64), 8),
        "LBNRIND": (text(indicator, ["", "LOW", "HIGH", "NORMAL"]), 6),
        "LBLOBXFL": (text(visit == 0, ["", "Y"]), 1),
        "VISITNUM": (visit + 1.0, 8),
        "VISIT": (text(visit, [f"VISIT {i + 1}" for i in range(13)]), 12),
        "VISITDY": (visit * 14 + 1.0, 8),
        "LBDTC": (text(moment, stamps), 16),
        "LBDY": (visit * 14 + 1.0, 8),
        "EPOCH": (text(visit > 0, ["SCREENING", "TREATMENT"]), 16),
    }
    variables = tuple(
        XptVariable(name, f"Label of {name}", isinstance(column, Text), length)
        for name, (column, length) in columns.items()
    )
    frame = Frame.of({name: column for name, (column, _) in columns.items()})
    return XptDataset("LB", "Laboratory Test Results", variables, frame)


def _write_ours(folder: Path) -> Callable[[], object]:
    dataset = laboratory(RECORDS)
    return lambda: write_xpt(folder / "written.xpt", dataset, timestamp=NOON)


def _read_ours(folder: Path) -> Callable[[], object]:
    return lambda: read_xpt(folder / "lb.xpt")


def _write_peer(folder: Path) -> Callable[[], object]:
    import pyreadstat

    dataset = laboratory(RECORDS)
    data = dataset.frame.to_pandas()
    for variable in dataset.variables:
        if variable.is_text:  # what it writes fastest
            data[variable.name] = data[variable.name].astype(object)
    return lambda: pyreadstat.write_xport(
        data, str(folder / "peer.xpt"), table_name="LB", file_format_version=5
    )


def _read_peer(folder: Path) -> Callable[[], object]:
    import pyreadstat

    return lambda: pyreadstat.read_xport(str(folder / "lb.xpt"))


JOBS = {
    "write": _write_ours,
    "read": _read_ours,
    "write-peer": _write_peer,
    "read-peer": _read_peer,
}


def _measured(job: str, folder: Path, times: int) -> float:
    """Median CPU seconds of a job in fresh processes."""
    command = [sys.executable, __file__, "--job", job, "--folder", str(folder)]
    seconds = []
    for _ in range(times):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds.append(json.loads(done.stdout))
    return statistics.median(seconds)


def rows(times: int = 5, peer_times: int = 3) -> list[dict[str, Any]]:
    """Rows 1 and 2 of the goals: CPU seconds of ours and of pyreadstat, their ratio, the goal."""
    made = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_xpt(folder / "lb.xpt", laboratory(RECORDS), timestamp=NOON)
        for job, label in (("write", "XPT write, 1M x 24"), ("read", "XPT read, 1M x 24")):
            ours = _measured(job, folder, times)
            peer = _measured(f"{job}-peer", folder, peer_times)
            made.append(
                {"job": label, "ours": ours, "peer": peer, "ratio": peer / ours, "goal": GOAL}
            )
    return made


def main() -> None:
    """Print the table, or do one job for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", choices=sorted(JOBS))
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.job:
        job = JOBS[asked.job](asked.folder)
        start = time.process_time()
        job()
        print(json.dumps(time.process_time() - start))
        return
    print(f"{'job':22} {'ours':>8} {'pyreadstat':>11} {'ratio':>7} {'goal':>6}")
    for row in rows():
        print(
            f"{row['job']:22} {row['ours']:7.2f}s {row['peer']:10.2f}s {row['ratio']:6.1f}x "
            f"{row['goal']:5.2f}s"
        )


if __name__ == "__main__":
    main()
