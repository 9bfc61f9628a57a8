"""``python -m benchmarks``: measure, and print the table beside the goals."""

from __future__ import annotations

from benchmarks.bench_xpt import rows as transport_rows
from benchmarks.lb.bench import cold_start, laboratory
from benchmarks.table import Row, render

FOOT = """
CPU seconds, user plus system, of fresh processes run in turn; medians. Seconds differ from one
machine to the next and with what else it does; the ratio (ours to what stands beside it, in the
same run) hardly does. So goals are ratios where something stands beside: for transport files, the
goal in seconds beside what pyreadstat took on the machine for which the goal was set.
"""
PEER_THEN = {"XPT write, 1M x 24": 8.6, "XPT read, 1M x 24": 10.1}


def transport() -> list[Row]:
    """Rows 1 and 2 of the goals: transport files."""
    rows = []
    for each in transport_rows():
        ratio, then = each["ours"] / each["peer"], PEER_THEN[each["job"]]
        rows.append(
            Row(
                each["job"],
                f"{each['ours']:.2f} s",
                f"pyreadstat {each['peer']:.2f} s",
                ratio,
                f"ratio <= {each['goal'] / then:.3f} ({each['goal']} s of {then} s)",
                ratio <= each["goal"] / then,
            )
        )
    return rows


def main() -> None:
    """All jobs; a goal that is missed is said to be."""
    # a process begins with the memory of the one that starts it, so these two come first
    builds = [laboratory(), cold_start()]
    rows = [*transport(), *builds]
    print(render(rows))
    print(FOOT)
    missed = [row.job for row in rows if not row.met]
    print(f"Goals missed: {', '.join(missed)}." if missed else "All goals met.")


if __name__ == "__main__":
    main()
