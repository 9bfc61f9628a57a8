"""Records that are alike in what a rule reads: each is judged once.

A million results have some ten thousand different ones, and stand on some ten thousand occasions: a
subject at a moment. What a rule says of a result, or of an occasion, is asked of these.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from mg_cdisc.checks.study import Records
from mg_cdisc.frame import Index, Mask, Text, coded_numbers, gather, group_codes

MANY = 50_000
"""Records of which it pays to look for those that are alike."""
RESULT = (
    "--TESTCD", "--TEST", "--OBJ", "--CAT", "--SCAT", "--SPEC", "--METHOD", "--ORRES", "--ORRESU",
    "--ORNRLO", "--ORNRHI", "--STRESC", "--STRESN", "--STRESU", "--STNRLO", "--STNRHI", "--STNRC",
    "--NRIND", "--STAT", "--REASND",
)  # fmt: skip
"""What a result of a test is."""
OCCASION = (
    "USUBJID", "--DTC", "--STDTC", "--ENDTC", "--DY", "--STDY", "--ENDY", "EPOCH", "VISITNUM",
    "VISIT", "VISITDY", "--LOBXFL", "--BLFL",
)  # fmt: skip
"""Whose it is, and when it was; whether it is a baseline goes with that."""


@dataclass(frozen=True)
class Alike:
    """One record of each kind, and the kind of each record."""

    records: Records
    codes: Index

    def spread(self, of_each: Mask) -> Mask:
        """What is so of each kind, given to the records."""
        if not of_each.any():
            return np.zeros(len(self.codes), bool)
        return gather(of_each, self.codes)


def alike(records: Records, names: Collection[str]) -> Alike | None:
    """The records that differ in what stands for all of these variables; None where most do."""
    if records.rows < MANY or not names:
        return None
    for family in (RESULT, OCCASION):
        key = f"alike {family[0]}"
        if key not in records.cache:
            records.cache[key] = _alike(records, family)
        found: Alike | None = records.cache[key]
        if found is not None and all(name in found.records for name in names):
            return found
    return None


def _alike(records: Records, family: tuple[str, ...]) -> Alike | None:
    """The different records of some variables, of which those left out that differ everywhere."""
    rows = records.rows
    kept = []
    for name in dict.fromkeys(records.full(each) for each in family):
        if name in records:
            column = records[name]
            coded = (
                (column.codes, column.values) if isinstance(column, Text) else coded_numbers(column)
            )
            if coded is not None and 4 * len(coded[1]) <= rows:
                kept.append(name)
    # what is the same in all records is of every family
    kept += [
        name for name, column in records.frame.columns.items()
        if name not in kept and isinstance(column, Text) and len(column.values) == 1
    ]  # fmt: skip
    frame = records.frame.select(kept)
    codes, count = group_codes(list(frame.columns.values()), rows)
    if 4 * count > rows:
        return None
    example = np.zeros(count, np.int64)
    example[codes] = np.arange(rows)  # any record of a kind will do
    few = replace(records, frame=frame.take(example), cache={})
    return Alike(few, codes)
