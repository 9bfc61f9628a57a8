"""Whether two transport files hold the same values: ``python -m benchmarks.adam.compare ONE OTHER N``.

In a process of its own, so that the one that measures does not grow.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import read_xpt


def differing(one: Frame, other: Frame) -> list[str]:
    """The variables of which some value differs; numbers may differ in their last bits."""
    if one.rows != other.rows or list(one.columns) != list(other.columns):
        return ["the number of records, or the variables"]
    wrong = []
    for name, column in one.columns.items():
        found = other[name]
        if isinstance(column, Text) and isinstance(found, Text):
            mine, theirs = column.values.to_pylist(), found.values.to_pylist()
            place = {value: code for code, value in enumerate(mine)}
            codes = np.array([place.get(value, -1) for value in theirs])
            alike = bool((codes[found.codes] == column.codes).all())
        else:
            alike = np.allclose(column, found, rtol=1e-12, atol=1e-9, equal_nan=True)
        if not alike:
            wrong.append(name)
    return wrong


def main(one: Path, other: Path, records: int) -> None:
    """Exit with what differs."""
    mine, theirs = read_xpt(one).frame, read_xpt(other).frame
    wrong = differing(mine, theirs)
    if wrong or mine.rows != records:
        sys.exit(f"{one.name} of {mine.rows} records differs in {wrong}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
