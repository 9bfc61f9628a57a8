"""Which column names the subject, the site and the visit, and which columns tell rows apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

from mg_cdisc.frame import group_codes
from mg_cdisc.scaffold.material import plain
from mg_cdisc.sources import SourceTable

# fmt: off
SUBJECTS: Final = (
    "USUBJID", "SUBJID", "SUBJECT", "SUBJECTID", "SUBJECTKEY", "SUBJECTNO", "SUBJECTNUMBER", "SUBJNO",
    "PATIENT", "PATIENTID", "PATIENTNO", "PATIENTNUMBER", "PATNUM", "PATNO", "PATID", "RECORDID",
)
SITES: Final = ("SITEID", "SITE", "SITENO", "SITENUM", "SITENUMBER", "CENTER", "CENTRE", "LOCATIONOID")
VISITS: Final = ("VISIT", "VISITNAME", "STUDYEVENTOID", "REDCAPEVENTNAME")
# fmt: on
_COUNTERS: Final = ("NO", "NUM", "NUMBER", "SEQ", "SPID", "LINE", "INSTANCE", "REPEATKEY")
_WHEN: Final = ("DATE", "DAT", "DTC", "DT", "TIME", "TIM")
_SAMPLE: Final = 2_000
_TESTS: Final = ("TESTCD", "TEST", "ANALYTE", "PARAM", "PARAMETER", "TPT", "TIMEPOINT")


def find_column(columns: Sequence[str], known: Sequence[str]) -> str:
    """The column with one of the known names, the first known name first; blank if there is none."""
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(plain(column), column)
    return next((by_name[name] for name in known if name in by_name), "")


def guess_keys(table: SourceTable, subject: str, event: str) -> tuple[str, ...]:
    """The fewest columns that tell all rows apart, the subject's first; none where nothing does.

    Only columns that are keys by their name are tried: numbers of lines, the visit, tests, dates
    and times.
    """
    if table.frame.rows < 2:
        return ()
    start = [each for each in (subject,) if each]
    free = [column for column in table.columns if column not in start and "`" not in column]
    free = [column for column in free if plain(column) not in SITES]
    ranked: list[str] = [each for each in free if plain(each).endswith(_COUNTERS)]
    ranked += [event] if event in free and event not in ranked else []
    for ends in (_TESTS, _WHEN):
        ranked += [each for each in free if plain(each).endswith(ends) and each not in ranked]
    some = min(table.frame.rows, _SAMPLE)
    for count in range(5):
        for more in combinations(ranked[:10], count):
            keys = (*start, *more)
            # what does not tell the first rows apart is not asked about all
            if keys and is_key(table, keys, some) and is_key(table, keys):
                return keys
    return ()


def is_key(table: SourceTable, keys: Sequence[str], rows: int | None = None) -> bool:
    """Whether no two rows, or none of the first ``rows``, have the same values of these columns."""
    count = table.frame.rows if rows is None else rows
    frame = table.frame.slice(0, count)
    _, found = group_codes([frame.text(key) for key in keys], count)
    return found == count > 0
