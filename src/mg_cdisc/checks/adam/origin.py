"""Rules of ADaM about where records and values come from: subjects, copies, traceability.

Rule: ADaMIG 1.3 section 3.1.1: a variable with the name of an SDTM or ADSL variable is its copy;
section 3.3.9: SRCDOM, SRCVAR and SRCSEQ name what a value was taken from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from mg_cdisc import dates
from mg_cdisc.checks.adam.study import SUBJECTS, AnalysisRecords, AnalysisStudy, adsl_of, differs
from mg_cdisc.checks.against import against_record
from mg_cdisc.checks.conditions import subject_rows
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records, Study, matched, picked
from mg_cdisc.frame import Index, Mask, Numbers, Text, match_codes, missing

IDENTIFIERS = ("STUDYID", "USUBJID")
DAYS_OF_DM = (
    ("TRTSDT", "RFXSTDTC"), ("TRTEDT", "RFXENDTC"), ("DTHDT", "DTHDTC"), ("RFICDT", "RFICDTC"),
)  # fmt: skip
"""Dates of ADSL and what DM has them in."""
_ROOM = 16
"""So many places for each record are still cheaper than looking numbers up."""
_PREDECESSOR = re.compile(r"([A-Z][A-Z0-9]{1,7})\.([A-Z][A-Z0-9_]{0,7})")
_ROOM = 16
"""How many places a table of numbers may have for each record."""


def _tabulation(records: Records) -> Study:
    assert isinstance(records, AnalysisRecords)
    return records.analyses.tabulation


def check_subjects(study: Study) -> Iterator[Fault]:
    """A subject of an analysis dataset is one of ADSL."""
    subjects = adsl_of(study)
    known = subjects.text("USUBJID") if subjects is not None else None
    for records in study if known is not None else ():
        mine = records.text("USUBJID")
        if records is subjects or mine is None or known is None:
            continue
        bad = matched(mine, known) < 0
        if bad.any():
            yield Fault(records, bad, ("USUBJID",), _subjects(mine, bad))


def _subjects(column: Text, rows: Mask) -> str:
    count = len(column.take(rows).used())
    return f"{count:,} subject{'' if count == 1 else 's'}"


def check_treated(study: Study) -> Iterator[Fault]:
    """A subject who was treated (RFXSTDTC) is in ADSL."""
    subjects, demographics = study.datasets.get("ADSL"), study.one("DM")
    if subjects is None or demographics is None or study.partial:
        return
    known, mine = subjects.text("USUBJID"), demographics.text("USUBJID")
    start = demographics.text("RFXSTDTC")
    if known is None or mine is None or start is None:
        return
    bad = ~start.blank & (matched(mine, known) < 0)
    if bad.any():
        yield Fault(subjects, None, ("USUBJID",),
                    f"{int(bad.sum()):,} treated of DM, the first {mine.take(bad).used()[0]}")  # fmt: skip


def _copies(records: Records, other: Records, rows: Index, names: list[str]) -> Iterator[Fault]:
    """Variables of this name that differ from those of the records that they were copied from."""
    here = rows >= 0
    for name in names:
        bad = here & differs(records[name], picked(other[name], rows))
        if bad.any():
            yield Fault(records, bad, (name,), against=against_record(other, rows, (name,)))


def _shared(records: Records, other: Records, never: tuple[str, ...] = ()) -> list[str]:
    return [
        name for name in records.frame.columns
        if name in other and name not in (*IDENTIFIERS, "DOMAIN", *never)
    ]  # fmt: skip


def check_demographics(records: Records) -> Iterator[Fault]:
    """Variables of ADSL with the name of one of DM equal it."""
    other = _tabulation(records).one("DM")
    if other is None or "USUBJID" not in other or "USUBJID" not in records:
        return
    yield from _copies(records, other, subject_rows(records, other), _shared(records, other))


def check_subject_copies(records: Records) -> Iterator[Fault]:
    """Variables with the name of one of ADSL equal the subject's value there."""
    other = adsl_of(records.study)
    if other is None or other is records or "USUBJID" not in records or "USUBJID" not in other:
        return
    yield from _copies(records, other, subject_rows(records, other), _shared(records, other))


def check_record_copies(records: Records) -> Iterator[Fault]:
    """Variables with the name of one of the SDTM record that --SEQ names equal it.

    Of a derived record (DTYPE) nothing is asked.
    """
    assert isinstance(records, AnalysisRecords)
    for sequence, other in _origins(records):
        rows = records.origin_rows(other, sequence)
        if (derived := records.text("DTYPE")) is not None:
            rows = np.where(derived.blank, rows, -1)
        subjects = adsl_of(records.study)
        own = tuple(subjects.frame.columns) if subjects is not None else ()
        yield from _copies(records, other, rows, _shared(records, other, (sequence, *own)))


def _origins(records: Records) -> Iterator[tuple[str, Records]]:
    assert isinstance(records, AnalysisRecords)
    if "USUBJID" not in records:
        return
    for domain, sequence in records.sequences:
        for other in records.analyses.tabulation.of(domain):
            if sequence in other and "USUBJID" in other:
                yield sequence, other


def check_sequences(records: Records) -> Iterator[Fault]:
    """The record that --SEQ names is there in the tabulation."""
    assert isinstance(records, AnalysisRecords)
    if records.study.partial or "USUBJID" not in records:
        return
    found: dict[str, Mask] = {}
    for sequence, other in _origins(records):
        there = records.origin_rows(other, sequence) >= 0
        found[sequence] = found[sequence] | there if sequence in found else there
    for sequence, there in found.items():
        bad = ~missing(records[sequence]) & ~there
        if bad.any():
            yield Fault(records, bad, (sequence,))


def check_source_domain(records: Records) -> Iterator[Fault]:
    """SRCDOM is a dataset of the study, and SRCVAR one of its variables."""
    domain, variable = records.text("SRCDOM"), records.text("SRCVAR")
    if domain is None or records.study.partial or not _tabulation(records).datasets:
        return
    wrong = np.zeros(records.rows, bool)
    for name in domain.used():
        here = domain.equals(name)
        held = records.study.of(name)
        if name in _tabulation(records).unread:
            continue
        if name and not held:
            wrong |= here
        elif name and variable is not None:
            known = {column for each in held for column in each.frame.columns}
            names = [each for each in variable.take(here).used() if each and each not in known]
            for each in names:
                wrong |= here & variable.equals(each)
    if wrong.any():
        yield Fault(records, wrong, ("SRCDOM", "SRCVAR"))


def source_rows(records: Records) -> Iterator[tuple[Records, Index, Mask]]:
    """Per dataset that SRCDOM names, the record that SRCSEQ names and where SRCDOM names it."""
    if "source rows" not in records.cache:
        records.cache["source rows"] = list(_source_rows(records))
    yield from records.cache["source rows"]


def _source_rows(records: Records) -> Iterator[tuple[Records, Index, Mask]]:
    domain, number = records.text("SRCDOM"), records.number("SRCSEQ")
    if domain is None or number is None or "USUBJID" not in records:
        return
    for name in filter(None, domain.used()):
        here = domain.equals(name) & ~np.isnan(number)
        for other in records.study.of(name):
            sequence = next((each for each in (f"{name[:2]}SEQ", "ASEQ") if each in other), None)
            if sequence is None or "USUBJID" not in other:
                if other.name == "ADSL" and "USUBJID" in other:
                    yield other, subject_rows(records, other), domain.equals(name)
                continue
            numbered = other.number(sequence)
            if numbered is None:
                continue
            yield other, np.where(here, _numbered_rows(records, number, other, numbered), -1), here


def _numbered_rows(records: Records, number: Numbers, other: Records, numbered: Numbers) -> Index:
    """Per record the first of another dataset with its subject and this number, else -1.

    Where numbers are whole and small, as --SEQ is, each that a subject may have has a place of its
    own; nothing is then looked up.
    """
    keys = [records["USUBJID"], number], [other["USUBJID"], numbered]
    most = np.nanmax(numbered, initial=0)
    there = numbered == np.floor(numbered)
    small = bool((there | np.isnan(numbered)).all()) and np.nanmin(numbered, initial=0) >= 0
    mine, theirs, subjects = match_codes(keys[0][:1], keys[1][:1], records.rows, other.rows)
    if not small or subjects * (most + 1) > _ROOM * other.rows:
        mine, theirs, count = match_codes(*keys, records.rows, other.rows)
        first = np.full(count, -1, np.int64)
        first[theirs[::-1]] = np.arange(other.rows)[::-1]
        return first[mine]
    span = int(most) + 1
    asked = (number >= 0) & (number <= most) & (number == np.floor(number))
    at = np.flatnonzero(there)[::-1]
    first = np.full(subjects * span, -1, np.int64)
    first[theirs[at] * span + numbered[at].astype(np.int64)] = at
    place = mine * span + np.where(asked, number, 0).astype(np.int64)
    return np.where(asked, first[place], -1)


def check_source_record(records: Records) -> Iterator[Fault]:
    """The record that SRCDOM and SRCSEQ name is there."""
    if records.study.partial:
        return
    asked, there = np.zeros(records.rows, bool), np.zeros(records.rows, bool)
    for _, rows, here in source_rows(records):
        asked |= here
        there |= rows >= 0
    bad = asked & ~there
    if bad.any():
        yield Fault(records, bad, ("SRCSEQ", "SRCDOM"))


def check_source_date(records: Records) -> Iterator[Fault]:
    """Where SRCVAR is a date and its record is known, ADT is that date."""
    variable, date = records.text("SRCVAR"), records.number("ADT")
    if variable is None or date is None:
        return
    if not any(name.endswith(("DT", "DTC")) for name in variable.used()):
        return
    for other, rows, here in source_rows(records):
        for name in filter(None, variable.take(here).used()):
            if not name.endswith(("DT", "DTC")) or name not in other:
                continue
            column = picked(other[name], rows)
            day = (
                column.spread(dates.to_date(column.values)) if isinstance(column, Text) else column
            )
            bad = here & (rows >= 0) & variable.equals(name) & ~np.isnan(day) & (day != date)
            if bad.any():
                told = against_record(other, rows, (name,))
                yield Fault(records, bad, ("ADT", "SRCDOM", "SRCVAR", "SRCSEQ"), against=told)


def check_predecessors(study: Study) -> Iterator[Fault]:
    """A variable whose origin is Predecessor equals its source, under whatever name.

    One of ADSL or DM is compared by subject, one of another domain by --SEQ.
    """
    assert isinstance(study, AnalysisStudy)
    for (dataset, name), source in study.predecessors.items():
        records, met = study.datasets.get(dataset), _PREDECESSOR.fullmatch(source)
        if records is None or met is None or name not in records or met[2] == name:
            continue  # under the same name another rule tells it
        assert isinstance(records, AnalysisRecords)
        for other in study.of(met[1]):
            if met[2] not in other or name == "USUBJID" or other is records:
                continue
            if other.name in ("DM", "ADSL"):
                if "USUBJID" not in records or "USUBJID" not in other:
                    continue
                rows = subject_rows(records, other)
            elif f"{met[1][:2]}SEQ" in records and f"{met[1][:2]}SEQ" in other:
                rows = records.origin_rows(other, f"{met[1][:2]}SEQ")
                if (derived := records.text("DTYPE")) is not None:
                    rows = np.where(derived.blank, rows, -1)
            else:
                continue
            bad = (rows >= 0) & differs(records[name], picked(other[met[2]], rows))
            if bad.any():
                told = against_record(other, rows, (met[2],))
                yield Fault(records, bad, (name,), f"its predecessor is {source}", against=told)


def check_predecessors_there(study: Study) -> Iterator[Fault]:
    """A predecessor is a variable of a dataset that is there; of another dataset nothing is known."""
    assert isinstance(study, AnalysisStudy)
    for (dataset, name), source in study.predecessors.items():
        records, met = study.datasets.get(dataset), _PREDECESSOR.fullmatch(source)
        if records is None or met is None or name not in records:
            continue
        others = study.of(met[1])
        if others and not any(met[2] in other for other in others):
            yield Fault(records, None, (name,), f"{dataset}.{name} comes from {source}, and {met[1]} has no {met[2]}")  # fmt: skip


def check_treatment(records: Records) -> Iterator[Fault]:
    """TRTP and TRTA are one of the subject's treatments in ADSL (TRTxxP, TRTxxA, pooled, sequence)."""
    subjects = adsl_of(records.study)
    if subjects is None or "USUBJID" not in subjects or "USUBJID" not in records:
        return
    rows = subject_rows(records, subjects)
    for name, letter in (("TRTP", "P"), ("TRTA", "A")):
        value = records.text(name)
        pattern = re.compile(rf"TRT\d\d{letter}|TRTSEQ{letter}|TR\d\d{letter}G\d|TSEQ{letter}G\d")
        sources = [each for each in subjects.frame.columns if pattern.fullmatch(each)]
        if value is None or not sources:
            continue
        known = np.zeros(records.rows, bool)
        for each in sources:
            known |= ~differs(value, picked(subjects[each], rows))
        bad = (rows >= 0) & ~value.blank & ~known
        if bad.any():
            told = against_record(subjects, rows, sources)
            yield Fault(records, bad, (name,), against=told)


def check_labels(records: Records) -> Iterator[Fault]:
    """A variable copied from SDTM keeps its label; one of the ADaMIG has the guide's.

    A label in another script is a translation and is not compared.
    """
    tabulation = _tabulation(records)
    assert isinstance(records, AnalysisRecords)
    domains = {domain for domain, _ in records.sequences} | {"DM"}
    copied = {
        each.name: (each.label, other.name)
        for domain in sorted(domains) for other in tabulation.of(domain)
        for each in other.variables
    }  # fmt: skip
    for variable in records.variables:
        fact = records.fact(variable.name)
        if not variable.label.isascii():
            continue
        # of a flag that is the sponsor's own by its number (ANLzzFL, AOCCzzFL) so is the label
        if fact is not None and "zz" in fact.pattern:
            continue
        if fact is not None and not fact.label_is_open:
            wanted, of = fact.label, "the ADaMIG"
        elif variable.name in copied:
            wanted, of = copied[variable.name]
        else:
            continue
        if wanted and wanted.isascii() and wanted != variable.label:
            told = f"{variable.name} has the label '{variable.label}', {of} '{wanted}'"
            yield Fault(records, None, (variable.name,), told)


def check_adsl(study: Study) -> Iterator[Fault]:
    """Every study of analysis datasets has ADSL, made or given."""
    assert isinstance(study, AnalysisStudy)
    there = {*study.datasets, *study.given, *study.tabulation.unread}
    if "ADSL" not in there and not study.partial:
        yield Fault(None, detail="there is no ADSL")


def check_exposure_dates(study: Study) -> Iterator[Fault]:
    """Where there is EX, ADSL has the start of treatment."""
    subjects = study.datasets.get("ADSL")
    if subjects is None or not study.of("EX"):
        return
    if "TRTSDT" not in subjects and "TRTSDTM" not in subjects:
        yield Fault(subjects, None, ("TRTSDT",), "ADSL has no TRTSDT and no TRTSDTM")


def check_reference_dates(records: Records) -> Iterator[Fault]:
    """Dates of ADSL are those of DM where DM's is complete: exposure, death, and others of its names."""
    other = _tabulation(records).one("DM")
    if records.cls != SUBJECTS or other is None or "USUBJID" not in other:
        return
    for name, source in DAYS_OF_DM:
        date, text = records.number(name), other.text(source)
        if date is None or text is None or "USUBJID" not in records:
            continue
        days = text.spread(dates.to_date(text.values))
        day = np.asarray(picked(days, subject_rows(records, other)))
        bad = ~np.isnan(day) & ~np.isnan(date) & (day != date)
        if bad.any():
            told = against_record(other, subject_rows(records, other), (source,))
            yield Fault(records, bad, (name,), f"DM.{source} is another day", against=told)
