"""``python -m benchmarks``: measure, and print the table beside the goals."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from benchmarks.adam.bench import analysis
from benchmarks.bench_xpt import rows as transport_rows
from benchmarks.example import many_subjects
from benchmarks.jobs import ADVERSE_EVENTS, VITAL_SIGNS, build
from benchmarks.lb.bench import cold_start, laboratory
from benchmarks.table import Row, render
from benchmarks.validate.bench import validation

FOOT = """
CPU seconds, user plus system, of fresh processes run in turn; medians. Seconds differ from one
machine to the next and with what else it does; the ratio (ours to what stands beside it, in the
same run) hardly does. So goals are ratios where something stands beside: for transport files, the
goal in seconds beside what pyreadstat took on the machine for which the goal was set. A peer in
brackets did not run: its figure is one measured before.
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


# a process begins with the memory of the one that starts it, so the one that grows this one,
# transport files, comes last
JOBS: Mapping[str, Callable[[], list[Row]]] = {
    "lb": lambda: [laboratory()],
    "vs": lambda: [build(VITAL_SIGNS)],
    "ae": lambda: [build(ADVERSE_EVENTS)],
    "adam": analysis,
    "cold": lambda: [cold_start(3.0, analysis=False), cold_start(6.0, analysis=True)],
    "subjects": many_subjects,
    "validate": lambda: [validation()],
    "xpt": transport,
}
SHOWN = ("xpt", "lb", "vs", "ae", "adam", "cold", "subjects", "validate")


def main() -> None:
    """All jobs, or those asked for; a goal that is missed is said to be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=list(JOBS), metavar="NAME",
        help=f"measure this job alone, one of {', '.join(JOBS)} (may be given again)",
    )  # fmt: skip
    asked = parser.parse_args().only or list(JOBS)
    made = {name: job() for name, job in JOBS.items() if name in asked}
    rows = [row for name in sorted(made, key=SHOWN.index) for row in made[name]]
    print(render(rows))
    print(FOOT)
    missed = [row.job for row in rows if not row.met]
    print(f"Goals missed: {', '.join(missed)}." if missed else "All goals met.")


if __name__ == "__main__":
    main()
