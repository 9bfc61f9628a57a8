"""Rules of ADaM about the records that SRCDOM and SRCSEQ name, and events that are left out.

Rule: ADaMIG 1.3 section 3.3.9 (data point traceability variables).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mg_cdisc.checks.adam.origin import source_rows
from mg_cdisc.checks.adam.study import AnalysisRecords, AnalysisStudy, adsl_of, differs
from mg_cdisc.checks.against import against_record
from mg_cdisc.checks.conditions import subject_rows
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records, Study, matched, picked
from mg_cdisc.frame import Index, Mask, missing

NEARLY_ALL = 0.9
"""The share of a parameter's records of which the others are told to differ."""


def check_source_copies(records: Records) -> Iterator[Fault]:
    """Variables with the name of one of the record that SRCDOM and SRCSEQ name equal it.

    Asked are those of the record's visit and time, where they are filled and nothing was derived
    (DTYPE, PARAMTYP).
    """
    plain = _as_collected(records)
    for other, rows, here in source_rows(records):
        for name in ("VISIT", "VISITNUM", other.full("--TPT"), other.full("--TPTNUM")):
            if name not in records or name not in other:
                continue
            bad = here & plain & (rows >= 0) & ~missing(records[name])
            bad &= differs(records[name], picked(other[name], rows))
            if bad.any():
                told = against_record(other, rows, (name,))
                yield Fault(records, bad, (name, "SRCDOM", "SRCSEQ"), against=told)


def check_source_value(records: Records) -> Iterator[Fault]:
    """AVAL is not the number that SRCVAR of its record holds, where nearly all of a parameter are.

    A parameter that was converted or recoded has another number throughout and is passed over.
    """
    assert isinstance(records, AnalysisRecords)
    value, variable, groups = (
        records.number("AVAL"),
        records.text("SRCVAR"),
        records.groups("PARAMCD"),
    )
    if value is None or variable is None or groups is None:
        return
    plain = _as_collected(records)
    same, told = np.zeros(records.rows, bool), np.zeros(records.rows, bool)
    for other, rows, here in source_rows(records):
        for name in filter(None, variable.take(here).used()):
            source = other.number(name)
            if source is None:
                continue
            theirs = np.asarray(picked(source, rows))
            asked = here & plain & variable.equals(name) & ~np.isnan(theirs) & ~np.isnan(value)
            told |= asked
            same |= asked & np.isclose(value, theirs, rtol=1e-6, atol=1e-9)
    codes, count = groups
    asked_of, alike = (np.bincount(codes[each], minlength=count) for each in (told, same))
    bad = told & ~same & (alike >= NEARLY_ALL * asked_of)[codes]
    if bad.any():

        def held(rows: Index) -> list[list[tuple[str, str]]]:
            return [
                [(f"{other.name}.{name}", other.shown(name, int(at[row])))
                 for other, at, here in source_rows(records)
                 if here[row] and at[row] >= 0 and (name := records.shown("SRCVAR", row)) in other]
                for row in rows.tolist()
            ]  # fmt: skip

        yield Fault(records, bad, ("AVAL", "SRCDOM", "SRCVAR", "SRCSEQ"), against=held)


def check_source_test(records: Records) -> Iterator[Fault]:
    """The named record is of another test than nearly all others of the parameter."""
    parameter = records.text("PARAMCD")
    for other, rows, here in source_rows(records) if parameter is not None else ():
        assert parameter is not None
        test = other.text(other.full("--TESTCD"))
        asked = np.flatnonzero(here & (rows >= 0) & ~parameter.blank)
        if test is None or not len(asked):
            continue
        codes = test.codes[rows[asked]]
        pairs = parameter.codes[asked].astype(np.int64) * len(test.values) + codes
        of_pair, of_parameter = np.bincount(pairs), np.bincount(parameter.codes[asked])
        share = of_pair[pairs] / of_parameter[parameter.codes[asked]]
        # where a parameter is made of several tests, none has nearly all of its records
        most = np.zeros(len(parameter.values))
        np.maximum.at(most, parameter.codes[asked], share)
        bad = asked[(share < 1 - NEARLY_ALL) & (most[parameter.codes[asked]] >= NEARLY_ALL)]
        if len(bad):
            yield Fault(records, bad, ("SRCSEQ", "SRCDOM"), f"nearly all others name another {other.full('--TESTCD')}")  # fmt: skip


def _as_collected(records: Records) -> Mask:
    """Records that neither DTYPE nor PARAMTYP says are derived."""
    plain = np.ones(records.rows, bool)
    for name in ("DTYPE", "PARAMTYP"):
        if (text := records.text(name)) is not None:
            plain &= text.blank
    return plain


def check_all_events(study: Study) -> Iterator[Fault]:
    """An event of AE of a treated subject that ADAE has not, where ADAE takes its number over."""
    assert isinstance(study, AnalysisStudy)
    analysed, subjects = study.datasets.get("ADAE"), adsl_of(study)
    if analysed is None or subjects is None or study.partial:
        return
    start = subjects.number("TRTSDT")
    if "AESEQ" not in analysed or "USUBJID" not in analysed or start is None:
        return
    for events in study.tabulation.of("AE"):
        if "AESEQ" not in events or "USUBJID" not in events or "USUBJID" not in subjects:
            continue
        rows = subject_rows(events, subjects)
        treated = (rows >= 0) & ~np.isnan(np.asarray(picked(start, rows)))
        lost = matched(events.joint("USUBJID", "AESEQ"), analysed.joint("USUBJID", "AESEQ")) < 0
        bad = np.flatnonzero(treated & lost)
        if len(bad):
            first = events.key(int(bad[0]))
            yield Fault(analysed, None, ("AESEQ",), f"{len(bad):,} of AE, the first {first}")
