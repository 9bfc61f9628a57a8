"""Makes the source of the adverse events job: the same bytes at every run.

119,000 events of 12,650 subjects, in the order of an export. One start in twenty has no day and one
in a hundred no month; one event in eight is ongoing. The dictionary's terms are made up.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.subjects import DAYS, DOSED, dates, draw_roster, draw_subjects, pick, write

SUBJECTS, ROWS = 12_650, 119_000
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
TERMS, CLASSES = 800, 26
SEVERITIES = ("Mild", "Moderate", "Severe")
ACTIONS = ("None", "Interrupted", "Stopped", "Reduced")
OUTCOMES = ("Recovered", "Recovering", "Not recovered", "Recovered with sequelae")
SERIOUS = ("SER_DEATH", "SER_LIFE", "SER_HOSP", "SER_DISAB", "SER_CONG", "SER_OTHER")


def generate(folder: Path, count: int = SUBJECTS, rows: int = ROWS) -> None:
    """Write ``events.csv`` and ``demographics.csv`` into ``folder``."""
    random = np.random.default_rng(20260103)
    subjects = draw_subjects(random, count)
    roster = draw_roster(random, subjects)
    roster["FIRST_DOSE"] = dates(subjects.first)
    roster["LAST_DOSE"] = dates(subjects.first + DAYS[DOSED[-1]])
    write(folder / "demographics.csv", roster)
    subject = np.sort(random.integers(0, count, rows))
    term = random.integers(0, TERMS, rows)
    begin = subjects.first[subject] + random.integers(-10, 330, rows)
    end = begin + random.integers(0, 40, rows)
    ongoing = random.random(rows) < 0.125
    known = np.select([random.random(rows) < 0.01, random.random(rows) < 0.05], [0, 1], 2)
    serious = random.random(rows) < 0.06
    begun = np.searchsorted(subject, subject)
    words = ["Verbatim wording of event", "Report of event", "event", "Worsening of event"]
    named = [f"{word} {number:03}" for word in words for number in range(TERMS)]
    columns: dict[str, Any] = {
        "SITE": pick(subjects.sites, subjects.site[subject]),
        "SUBJECT": pick(subjects.names, subject),
        "AE_NO": pc.cast(pa.array(np.arange(rows) - begun + 1), pa.string()),
        "TERM": pick(named, term + TERMS * random.integers(0, len(words), rows)),
        "PT_NAME": pick([f"Event {number:03}" for number in range(TERMS)], term),
        "PT_CODE": pick([f"{92_000_000 + number}" for number in range(TERMS)], term),
        "SOC_NAME": pick([f"Example class {number}" for number in range(CLASSES)], term % CLASSES),
        "SOC_CODE": pick([f"{95_000_000 + n}" for n in range(CLASSES)], term % CLASSES),
        "START": _shown(begin, known),
        "END": pc.if_else(pa.array(ongoing), "", _shown(end, np.full(rows, 2))),
        "ONGOING": pick(["No", "Yes"], ongoing.astype(int)),
        "SEVERITY": pick(SEVERITIES, random.integers(0, 3, rows)),
        "SERIOUS": pick(["No", "Yes"], serious.astype(int)),
        "RELATION": pick(["Not related", "Related"], random.integers(0, 2, rows)),
        "ACTION": pick(ACTIONS, random.integers(0, len(ACTIONS), rows)),
        "OUTCOME": pick(OUTCOMES, np.where(ongoing, 2, random.choice((0, 1, 3), rows))),
    }
    why = random.integers(1, len(SERIOUS), rows)  # nobody dies
    for place, name in enumerate(SERIOUS):
        reason = serious & (why == place)
        columns[name] = pick(["", "Yes"], reason.astype(int))
    write(folder / "events.csv", columns)


def _shown(days: Any, known: Any) -> pa.Array:
    """Days as dd-MMM-yyyy; of some only the month, or the year, is known."""
    distinct, codes = np.unique(days, return_inverse=True)
    texts: list[str] = []
    for day in distinct.astype(str):
        month = MONTHS[int(day[5:7]) - 1]
        texts += [f"UN-UNK-{day[:4]}", f"UN-{month}-{day[:4]}", f"{day[8:]}-{month}-{day[:4]}"]
    return pick(texts, codes * 3 + known)


if __name__ == "__main__":
    generate(Path(sys.argv[1]))
