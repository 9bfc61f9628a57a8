"""Rules about results of findings that need the other results of the same test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mg_cdisc import dates
from mg_cdisc.checks.against import against_record
from mg_cdisc.checks.conditions import joined, subject_rows
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records
from mg_cdisc.frame import Index, Text, group_codes


def check_last_before(records: Records) -> Iterator[Fault]:
    """A result marked --LOBXFL with a later result of the same test before the first exposure.

    Only what is decided counts: both dates known as far as it takes to order them, and the later
    one before RFXSTDTC. Rule: SDTMIG 3.4, --LOBXFL.
    """
    flag, date, subject = (
        records.text(name) for name in (records.full("--LOBXFL"), records.full("--DTC"), "USUBJID")
    )
    result, demographics = records.text(records.full("--STRESC")), records.study.one("DM")
    if flag is None or date is None or subject is None or result is None or demographics is None:
        return
    if "RFXSTDTC" not in demographics or "USUBJID" not in demographics:
        return
    exposure = joined(records, demographics, "RFXSTDTC")
    if not isinstance(exposure, Text) or not flag.equals("Y").any():
        return
    low, high, _ = (date.spread(part) for part in dates.bounds(date.values))
    first = exposure.spread(dates.bounds(exposure.values)[0])
    before = ~result.blank & ~date.blank & ~exposure.blank & (high <= first)
    codes, count = _tests(records, TEST)
    latest = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(latest, codes[before], low[before])
    rows = before & flag.equals("Y") & (latest[codes] >= high)
    if rows.any():
        told = against_record(demographics, subject_rows(records, demographics), ("RFXSTDTC",))
        shown = (records.full("--LOBXFL"), records.full("--DTC"))
        yield Fault(records, rows, shown, against=told)


def check_none_before(records: Records) -> Iterator[Fault]:
    """A subject's test with a result before the first exposure and no --LOBXFL.

    Asked only of tests for which some subject has the flag. The last of the results is named.
    """
    flag, date, subject = (
        records.text(name) for name in (records.full("--LOBXFL"), records.full("--DTC"), "USUBJID")
    )
    result, demographics = records.text(records.full("--STRESC")), records.study.one("DM")
    test = records.text(records.full("--TESTCD"))
    if flag is None or date is None or subject is None or result is None or demographics is None:
        return
    if test is None or "RFXSTDTC" not in demographics or "USUBJID" not in demographics:
        return
    exposure = joined(records, demographics, "RFXSTDTC")
    marked = flag.equals("Y")
    if not isinstance(exposure, Text) or not marked.any():
        return
    _, high, _ = (date.spread(part) for part in dates.bounds(date.values))
    first = exposure.spread(dates.bounds(exposure.values)[0])
    before = ~result.blank & ~date.blank & ~exposure.blank & (high <= first)
    used = np.bincount(test.codes[marked], minlength=len(test.values)) > 0
    codes, count = _tests(records, BROAD)
    lacking = np.bincount(codes[marked], minlength=count) == 0
    rows = np.flatnonzero(before & lacking[codes] & used[test.codes])
    if len(rows):
        rows = rows[np.argsort(high[rows], kind="stable")]
        last = np.zeros(count, np.int64)
        last[codes[rows]] = rows
        told = against_record(demographics, subject_rows(records, demographics), ("RFXSTDTC",))
        shown = (records.full("--LOBXFL"), records.full("--DTC"))
        yield Fault(records, np.unique(last[codes[rows]]), shown, against=told)


def _tests(records: Records, names: tuple[str, ...]) -> tuple[Index, int]:
    """The number of each record's test of its subject, and how many there are."""
    keys = [name for each in names if (name := records.full(each)) in records]
    at = f"tests {' '.join(keys)}"
    if at not in records.cache:
        records.cache[at] = group_codes([records[name] for name in keys], records.rows)
    found: tuple[Index, int] = records.cache[at]
    return found


BROAD = ("USUBJID", "--TESTCD", "--OBJ", "--CAT", "--SCAT", "--SPEC", "--BDAGNT")
"""What tells one test of a subject from another at the least."""
TEST = (
    "USUBJID", "--TESTCD", "--OBJ", "--CAT", "--SCAT", "--SPEC", "--METHOD", "--LOC", "--LAT", "--DIR",
    "--POS", "--TPTREF", "--TPT", "--EVAL", "--EVALID", "--BDAGNT", "--SBMRKS", "--CELSTA",
    "--CSMRKS", "--TSTCND", "--TSTDTL", "--ANTREG",
)  # fmt: skip
"""What tells one test of a subject from another."""
