"""Rules about results of findings that need the other results of the same test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mg_cdisc import dates
from mg_cdisc.checks.conditions import joined
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records
from mg_cdisc.frame import Text, group_codes


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
    low, high, _ = (part[date.codes] for part in dates.bounds(date.values))
    first = dates.bounds(exposure.values)[0][exposure.codes]
    before = ~result.blank & ~date.blank & ~exposure.blank & (high <= first)
    keys = [records[name] for each in TEST if (name := records.full(each)) in records]
    codes, count = group_codes(keys, records.rows)
    latest = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(latest, codes[before], low[before])
    rows = before & flag.equals("Y") & (latest[codes] >= high)
    if rows.any():
        yield Fault(records, rows, (records.full("--LOBXFL"), records.full("--DTC")))


TEST = (
    "USUBJID", "--TESTCD", "--OBJ", "--CAT", "--SCAT", "--SPEC", "--METHOD", "--LOC", "--LAT", "--DIR",
    "--POS", "--TPTREF", "--TPT", "--EVAL", "--EVALID", "--BDAGNT", "--SBMRKS", "--CELSTA",
    "--CSMRKS", "--TSTCND", "--TSTDTL", "--ANTREG",
)  # fmt: skip
"""What tells one test of a subject from another."""
