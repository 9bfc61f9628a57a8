"""Rules of ADaM about flags, and about variables that say one thing twice.

Rule: ADaMIG 1.3 section 3.1.4 (flags) and 3.2.4 (population indicators).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.build.one_to_one import check_pairs, pairs_in
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records, Study
from mg_cdisc.checks.tables import rarest_first, varies
from mg_cdisc.errors import Level, Location, one_of
from mg_cdisc.frame import Mask, Text, group_codes, missing

POPULATIONS = ("COMPLFL", "FASFL", "ITTFL", "PPROTFL", "SAFFL", "RANDFL", "ENRLFL")
PHARMACOKINETIC = (
    ("STUDYID", "STUDYIDN"), ("SUBJTYPC", "SUBJTYP"), ("USUBJID", "USUBJIDN"),
    ("SUBJID", "SUBJIDN"), ("SITEID", "SITEIDN"), ("FLGREASC", "FLGREAS"), ("DVID", "DVIDN"),
    ("BLQFL", "BLQFN"), ("ALQFL", "ALQFN"), ("FORM", "FORMN"), ("ROUTE", "ROUTEN"),
    ("ACYCLEC", "ACYCLE"), ("COHORTC", "COHORT"), ("COHORT", "COHORTN"), ("RACE", "RACEN"),
    ("SEX", "SEXN"), ("COUNTRY", "COUNTRYN"), ("COUNTRY", "COUNTRYL"),
)  # fmt: skip
"""Names and codes of population pharmacokinetic datasets, the name first."""
TWINS = (
    ("AESEV", "AESEVN"), ("ASEV", "ASEVN"), ("AREL", "ARELN"), ("AETOXGR", "AETOXGRN"),
    ("ATOXGR", "ATOXGRN"), *PHARMACOKINETIC,
)  # fmt: skip
"""Pairs beyond those of the ADaMIG's own tables."""


def flags_of(records: Records) -> Iterator[tuple[str, Text]]:
    """The variables of a dataset that are flags, by their name."""
    for name, column in records.frame.columns.items():
        if name.endswith("FL") and isinstance(column, Text):
            yield name, column


def check_populations(records: Records) -> Iterator[Fault]:
    """A population flag of ADSL is Y or N for every subject."""
    for name in POPULATIONS:
        flag = records.text(name)
        if flag is not None and (bad := _beyond(flag, ("Y", "N"))).any():
            yield Fault(records, bad, (name,))


def check_numeric_populations(records: Records) -> Iterator[Fault]:
    """The numeric twin of a population flag is 1 or 0."""
    for name in POPULATIONS:
        flag = records.number(f"{name[:-1]}N")
        if flag is not None and (bad := ~np.isin(flag, (0, 1))).any():
            yield Fault(records, bad, (f"{name[:-1]}N",))


def check_flags(records: Records) -> Iterator[Fault]:
    """Flags of a fixed value (Y, or Y and N) have it or are blank; a flag of one's own is Y or N."""
    for name, flag in flags_of(records):
        if records.cls.startswith("SUBJECT") and name in POPULATIONS:
            continue
        fact = records.fact(name)
        allowed = fact.values if fact is not None and fact.values else ("Y", "N")
        bad = _beyond(flag, ("", *allowed))
        if bad.any():
            wrong = one_of([repr(value) for value in flag.take(bad).used()], 3)
            yield Fault(records, bad, (), f"{wrong}, not {' or '.join(allowed)}", name)


def check_numeric_flags(records: Records) -> Iterator[Fault]:
    """A numeric flag (--FN) is 1, 0 or blank, and only 1 where its flag has Y only."""
    for name in records.frame.columns:
        number = records.number(name) if _is_flag_number(name) else None
        if number is None or f"{name[:-1]}L" in POPULATIONS:
            continue
        fact = records.fact(name)
        single = fact is not None and fact.values == ("1",)
        bad = ~np.isnan(number) & ~np.isin(number, (1,) if single else (0, 1))
        if bad.any():
            yield Fault(records, bad, (name,))


def _is_flag_number(name: str) -> bool:
    return name.endswith("FN") and len(name) > 2


def check_flag_twins(records: Records) -> Iterator[Fault]:
    """A flag and its numeric twin agree: Y is 1, N is 0, and blank is blank."""
    for name, flag in flags_of(records):
        twin = records.number(f"{name[:-1]}N")
        if twin is None:
            continue
        bad = flag.equals("Y") & (twin != 1)
        bad |= flag.equals("N") & (twin != 0)
        bad |= flag.blank & ~np.isnan(twin)
        if bad.any():
            yield Fault(records, bad, (name, f"{name[:-1]}N"))


def check_flag_number_alone(records: Records) -> Iterator[Fault]:
    """A numeric flag is there only beside its flag."""
    for name in records.frame.columns:
        alone = _is_flag_number(name) and f"{name[:-1]}L" not in records
        if alone and records.number(name) is not None:
            told = f"{records.name} has {name} and no {name[:-1]}L"
            yield Fault(records, None, (name,), told)


def _beyond(flag: Text, values: tuple[str, ...]) -> Mask:
    known = pa.array(values, pa.string())
    return flag.where(lambda distinct: pc.invert(pc.is_in(distinct, value_set=known)))


def _twins(records: Records) -> Iterator[tuple[str, str]]:
    """Name and code of what a dataset says twice, both there."""
    seen = set()
    for one, other, _ in pairs_in(records.frame.columns):
        # numbers that are no mere code of the text: AVAL of AVALC, ANRLO of ANRLOC
        if other.endswith(("N", "MN")) and not one.endswith(("FL", "ML")):
            seen.add((one, other))
            yield one, other
    for one, other in TWINS:
        if one in records and other in records and (one, other) not in seen:
            yield one, other


def check_filled_together(records: Records) -> Iterator[Fault]:
    """Where a code is filled, so is its name; of pharmacokinetic data the other way round too.

    The ADaMIG lets the code of its own pairs be blank: PARAMN of some parameters only.
    """
    for one, other in _twins(records):
        blank = missing(records[one]), missing(records[other])
        bad = blank[0] & ~blank[1]
        if (one, other) in PHARMACOKINETIC and records.cls.startswith("BASIC"):
            bad = blank[0] != blank[1]
        if bad.any():
            yield Fault(records, bad, (other, one))


def check_pairs_filled(records: Records) -> Iterator[Fault]:
    """A value of one variable of a pair that has its twin in some records and none in others.

    Of a number that most of a parameter's records have without its text (AVAL without AVALC) nothing
    is asked: the text is of a few only, as of a result below a limit.
    """
    for one, other, scope in pairs_in(records.frame.columns):
        within = [records.plain("PARAMCD")] if scope == "parameter" else []
        for left, right in ((one, other), (other, one)):
            blank, filled = missing(records[right]), ~missing(records[left])
            if not (blank & filled).any():
                continue
            rows = np.flatnonzero(filled)
            columns = [each.take(rows) for each in (*within, records.plain(left))]
            codes, count = group_codes(columns, len(rows))
            lacking = np.bincount(codes, weights=blank[rows], minlength=count)
            there = np.bincount(codes, minlength=count)
            partly = (lacking > 0) & (lacking < there)
            if not isinstance(records[left], Text):
                partly &= lacking < FEW * there
            bad = rows[partly[codes] & blank[rows]]
            if len(bad):
                yield Fault(records, bad, (left, right), f"{right} is blank", right)


FEW = 0.2
"""The share of records of a number that may lack its text by mistake."""


def check_code_alone(records: Records) -> Iterator[Fault]:
    """A code (TRTPN) is there only beside the name that it stands for (TRTP)."""
    names = list(records.frame.columns)
    for name in names:
        if not name.endswith("N") or name.endswith("FN") or records.number(name) is None:
            continue
        for one, other, _ in pairs_in([*names, *_likely(name)]):
            if other == name and one not in records:
                yield Fault(records, None, (name,), f"{records.name} has {name} and no {one}")
                break
    for one, other in TWINS:
        if other in records and one not in records and other not in ("SUBJTYP", "COHORT", "ACYCLE"):
            told = f"{records.name} has {other} and no {one}"
            yield Fault(records, None, (other,), told)


def _likely(name: str) -> list[str]:
    """What the name of a code's text may be: TRTP of TRTPN, AVALCAT1 of AVALCA1N."""
    found = [name[:-1]]
    if met := re.fullmatch(r"(.*CA)(\d)N", name):
        found.append(f"{met[1]}T{met[2]}")
    return found


def check_parameters(study: Study) -> Iterator[Fault]:
    """PARAMCD and PARAM are one-to-one within a dataset."""
    yield from _pairs(study, "error")


def check_one_to_one(study: Study) -> Iterator[Fault]:
    """Other variables that the ADaMIG has one-to-one: AVISIT and AVISITN, TRTP and TRTPN, ..."""
    yield from _pairs(study, "warning")


def _pairs(study: Study, level: Level) -> Iterator[Fault]:
    frames = {records.name: records.frame for records in study}
    for finding in check_pairs(frames, lambda name, _: Location(f"{name.lower()}.xpt")):
        if finding.level != level:
            continue
        records = study.datasets[finding.dataset]
        told = finding.what.removeprefix(f"{records.name}: ")
        yield Fault(records, None, (finding.variable,), told)


def check_code_pairs(study: Study) -> Iterator[Fault]:
    """Names and codes beyond the ADaMIG's own pairs: those of pharmacokinetics, AESEV and AESEVN."""
    for records in study:
        listed = {(one, other) for one, other, _ in pairs_in(records.frame.columns)}
        for one, other in TWINS:
            if one not in records or other not in records or (one, other) in listed:
                continue
            left, right = records.plain(one), records.plain(other)
            rows = np.flatnonzero(~left.blank & ~right.blank)
            if not len(rows):
                continue
            bad = varies(left, right, [], rows) | varies(right, left, [], rows)
            if bad.any():
                yield Fault(records, rarest_first([left, right], rows[bad]), (one, other))


def check_analysis_label(records: Records) -> Iterator[Fault]:
    """The label of ANLzzFL has its number."""
    for variable in records.variables:
        met = re.fullmatch(r"ANL(\d\d)FL", variable.name)
        if met is None or met[1] in variable.label or not variable.label.isascii():
            continue
        if str(int(met[1])) not in re.findall(r"\d+", variable.label):
            told = f"{variable.name} has the label '{variable.label}'"
            yield Fault(records, None, (variable.name,), told)
