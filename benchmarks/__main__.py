"""``python -m benchmarks``: measure, and print the table beside the goals."""

from __future__ import annotations

from benchmarks.bench_xpt import rows as transport_rows
from benchmarks.lb.bench import cold_start, laboratory
from benchmarks.table import Row, render

FOOT = """
CPU seconds, user plus system, of fresh processes run in turn; medians. Seconds differ from one
machine to the next and with what else it does. The ratio (ours to what stands beside it, in the
same run) hardly does: compare that. Goals: those of the project's performance page.
"""


def transport() -> list[Row]:
    """Rows 1 and 2 of the goals: transport files."""
    return [
        Row(
            each["job"],
            f"{each['ours']:.2f} s",
            f"pyreadstat {each['peer']:.2f} s",
            each["ours"] / each["peer"],
            f"<= {each['goal']:.1f} s",
            each["ours"] <= each["goal"],
        )
        for each in transport_rows()
    ]


def main() -> None:
    """All jobs; a goal that is missed is said to be."""
    rows = [*transport(), laboratory(), cold_start()]
    print(render(rows))
    print(FOOT)
    missed = [row.job for row in rows if not row.met]
    print(f"Goals missed: {', '.join(missed)}." if missed else "All goals met.")


if __name__ == "__main__":
    main()
