"""The table that ``python -m benchmarks`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One job: what it costs us, what stands beside it, and what is asked of it."""

    job: str
    ours: str
    beside: str
    ratio: float
    goal: str
    met: bool
    note: str = ""


HEADER = ("job", "ours", "peer or floor", "ratio", "goal", "met")


def render(rows: Sequence[Row]) -> str:
    """The rows as text, columns aligned, notes below."""
    cells = [HEADER] + [
        (
            row.job,
            row.ours,
            row.beside,
            f"{row.ratio:.3f}",
            row.goal,
            "yes" if row.met else "NO",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADER))]
    lines = ["  ".join(f"{c:{w}}" for c, w in zip(line, widths, strict=True)) for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{row.job}: {row.note}" for row in rows if row.note]
    return "\n".join(line.rstrip() for line in [*lines, "", *notes])
