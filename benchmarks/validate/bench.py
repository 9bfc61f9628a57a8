"""`mg-cdisc validate` of a million laboratory records, and how its time grows."""

from __future__ import annotations

from benchmarks.measure import compare, run, workplace
from benchmarks.table import Row

MANY, FEW = 1_000_000, 250_000
SECONDS, MEMORY = 60.0, 3000.0
GROWTH = 1.25
"""How much more than in proportion it may grow."""


def validation(times: int = 3) -> Row:
    """LB and ADLB of this many records each, with DM and ADSL: reading and judging them."""
    with workplace() as place:
        commands = {"start": ["-m", "mg_cdisc", "--help"]}
        for name, records in (("many", MANY), ("few", FEW)):
            run(["-m", "benchmarks.validate.generate", str(place / name), str(records)], place)
            file = str(place / f"{name}.json")
            judge = f"from mg_cdisc.cli.app import app; app(['validate', {str(place / name)!r}, '--json', {file!r}], standalone_mode=False)"
            commands[name] = ["-c", judge]
        cost = compare(commands, place, times)
    many, few, start = cost["many"], cost["few"], cost["start"]
    growth = (many.cpu - start.cpu) / (few.cpu - start.cpu) / (MANY / FEW)
    return Row(
        "validate, 1M laboratory records in SDTM and ADaM",
        f"{many.cpu:.2f} s, {many.memory:.0f} MB",
        f"{FEW:,} records {few.cpu:.2f} s",
        growth,
        f"<= {SECONDS:.0f} s, <= {MEMORY / 1000:.0f} GB, growth <= {GROWTH}",
        many.cpu <= SECONDS and many.memory <= MEMORY and growth <= GROWTH,
        "the ratio is the growth of time beside that of records, less what starting takes.",
    )
