"""What a command costs: each run in a process of its own, which the kernel measures.

CPU is user plus system time, of all threads: on a machine that others use, too, it says more than
the clock. Memory is the largest resident set. Commands that are compared run in turn, so that
whatever else the machine does meets them alike, and the median is given.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import mg_cdisc

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SOURCE = Path(mg_cdisc.__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds, and megabytes at most."""

    cpu: float
    memory: float


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for one measurement; below it, compiled modules, as an installed package has them."""
    with TemporaryDirectory(prefix="mg-cdisc-bench-") as name:
        yield Path(name)


def run(command: Sequence[str], place: Path) -> Cost:
    """Run a Python command (``-m module ...``) and measure it; it has to succeed."""
    environment = {key: value for key, value in os.environ.items() if key != _NOT_COMPILED}
    environment |= {
        "PYTHONPATH": os.pathsep.join((str(SOURCE), str(ROOT))),
        "PYTHONPYCACHEPREFIX": str(place / "compiled"),
    }
    with (place / "said").open("w+b") as said:
        process = subprocess.Popen(
            [sys.executable, *command], env=environment, cwd=ROOT, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}\n{said.read().decode()}")
    # Linux counts in kilobytes, macOS in bytes
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6)


_NOT_COMPILED = "PYTHONDONTWRITEBYTECODE"


def compare(commands: Mapping[str, Sequence[str]], place: Path, times: int) -> dict[str, Cost]:
    """The median cost of each command, run in turn; a first round that compiles is not counted."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for count in range(times + 1):
        for name, command in commands.items():
            cost = run(command, place)
            if count:
                costs[name].append(cost)
    return {
        name: Cost(
            statistics.median(each.cpu for each in measured),
            statistics.median(each.memory for each in measured),
        )
        for name, measured in costs.items()
    }
