"""Rules of ADaM about which variables a dataset has, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from mg_cdisc.checks.adam.study import ADVERSE, BASIC, EVENT_TIME, AnalysisRecords
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records, Study
from mg_cdisc.frame import group_codes, missing

EVENTS = ("AETERM", "AEDECOD", "AEBODSYS", "AESER", "AESEQ", "TRTEMFL")
HIERARCHY = (
    "AELLT", "AELLTCD", "AEPTCD", "AEHLT", "AEHLTCD", "AEHLGT", "AEHLGTCD", "AEBDSYCD", "AESOC",
    "AESOCCD",
)  # fmt: skip
NAME = 8


def required(records: Records) -> list[str]:
    """The variables that the guide requires of a dataset's structure; of TRTxxP the first."""
    assert isinstance(records, AnalysisRecords)
    structure = records.structure
    facts = records.study.standard.variables(structure) if structure else ()
    found = [fact.name.replace("xx", "01") for fact in facts if fact.core == "Req"]
    if records.cls == BASIC and records.subclass == EVENT_TIME:
        found.append("CNSR")
    return found


def check_required_absent(records: Records) -> Iterator[Fault]:
    """A variable that the guide requires and that is not there."""
    for name in required(records):
        if name not in records:
            yield Fault(records, None, (name,), f"{records.name} has no {name}")


def check_required_blank(records: Records) -> Iterator[Fault]:
    """A variable that identifies a record or its parameter and is blank."""
    for name in ("STUDYID", "USUBJID", "SUBJID", "PARAM", "PARAMCD"):
        if name in records and (gone := missing(records[name])).any():
            yield Fault(records, gone, (name,))


def check_value_absent(records: Records) -> Iterator[Fault]:
    """BDS has AVAL, AVALC or both."""
    if "AVAL" not in records and "AVALC" not in records:
        yield Fault(records, None, ("AVAL",), f"{records.name} has neither AVAL nor AVALC")


def _absent(records: Records, names: tuple[str, ...]) -> Iterator[Fault]:
    assert isinstance(records, AnalysisRecords)
    gone = [name for name in names if name not in records]
    if gone and records.subclass == ADVERSE:
        yield Fault(records, None, (gone[0],), f"{records.name} has no {', '.join(gone)}")


def check_event_variables(records: Records) -> Iterator[Fault]:
    """What an analysis dataset of adverse events has of AE."""
    yield from _absent(records, EVENTS)


def check_hierarchy(records: Records) -> Iterator[Fault]:
    """The levels of MedDRA and their codes in an analysis dataset of adverse events."""
    yield from _absent(records, HIERARCHY)


def check_parameter(records: Records) -> Iterator[Fault]:
    """An occurrence dataset has no parameters and no analysis values."""
    for name in ("AVAL", "AVALC", "PARAM", "PARAMCD"):
        if name in records:
            yield Fault(records, None, (name,), f"{records.name} has {name}")


def check_actual_treatment(records: Records) -> Iterator[Fault]:
    """TRTxxA is there only beside TRTxxP."""
    for name in records.frame.columns:
        if re.fullmatch(r"TRT\d\dA", name) and f"{name[:-1]}P" not in records:
            told = f"{records.name} has {name} and no {name[:-1]}P"
            yield Fault(records, None, (name,), told)


def check_name(records: Records) -> Iterator[Fault]:
    """A dataset's name begins with AD and has at most eight letters and digits."""
    if not re.fullmatch(rf"AD[A-Z0-9]{{1,{NAME - 2}}}", records.name):
        yield Fault(records)


def check_study(study: Study) -> Iterator[Fault]:
    """STUDYID is one value, that of the tabulation."""
    held: dict[str, str] = {}
    for records in (*study.of("DM"), *study):
        column = records.text("STUDYID")
        for value in column.used() if column is not None else ():
            held.setdefault(value, records.name)
    values = list(filter(None, held))
    if len(values) > 1:
        for records in study:
            column = records.text("STUDYID")
            if column is not None and (bad := ~column.equals(values[0]) & ~column.blank).any():
                yield Fault(records, bad, ("STUDYID",), f"{held[values[0]]} has '{values[0]}'")


def check_duplicates(records: Records) -> Iterator[Fault]:
    """Records that are alike in every variable."""
    if records.rows < 2:
        return
    # those that tell most records apart come first: the others then need not be looked at
    names = sorted(records.frame.columns, key=lambda name: not name.endswith(("USUBJID", "SEQ")))
    codes, count = group_codes([records[name] for name in names], records.rows)
    if count < records.rows:
        yield Fault(records, np.bincount(codes, minlength=count)[codes] > 1, ())
