"""Rules about the trial summary (TS) as a whole: parameters that must be there, and together."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from mg_cdisc.checks.conditions import parameter
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records, held
from mg_cdisc.frame import missing

REQUIRED = (
    "ADDON", "AGEMAX", "AGEMIN", "LENGTH", "PLANSUB", "RANDOM", "SEXPOP", "STOPRULE", "TBLIND",
    "TCNTRL", "TITLE", "TPHASE", "TTYPE", "INDIC", "TRT", "OBJPRIM", "SPONSOR", "SSTDTC", "STYPE",
    "REGID", "OUTMSPRI", "ACTSUB", "NARMS", "ADAPT", "HLTSUBJI", "SDTMVER", "SDTIGVER", "TDIGRP",
    "THERAREA", "ONGOSIND", "DCUTDTC", "DCUTDESC", "FCNTRY", "TINDTP", "SENDTC",
)  # fmt: skip
"""Parameters that the guide (SDTMIG 3.4, appendix C) and agencies ask of every trial."""
INTERVENTIONAL = ("INTMODEL", "INTTYPE", "PCLAS")
WRONG_CODES = {"PCLASS": "PCLAS", "FDATCHS": "FDATCHSP", "SDTIGVR": "SDTIGVER"}
"""Codes seen in the field for which the terminology has another."""


def _codes(records: Records) -> set[str]:
    column = records.text("TSPARMCD")
    return set(column.used()) if column is not None else set()


def check_required(records: Records) -> Iterator[Fault]:
    """Parameters that every trial has."""
    yield from _lacking(records, REQUIRED)


def check_interventional(records: Records) -> Iterator[Fault]:
    """Parameters that a study of an intervention has."""
    if parameter(records, "STYPE") == "INTERVENTIONAL":
        yield from _lacking(records, INTERVENTIONAL)


def check_addon(records: Records) -> Iterator[Fault]:
    """A study that adds to a current treatment names it."""
    if parameter(records, "ADDON") == "Y":
        yield from _lacking(records, ("CURTRT",))


def _lacking(records: Records, wanted: tuple[str, ...]) -> Iterator[Fault]:
    lacking = [code for code in wanted if code not in _codes(records)]
    if lacking:
        yield Fault(records, None, ("TSPARMCD",), f"there is no {', '.join(lacking)}")


def check_age(records: Records) -> Iterator[Fault]:
    """Age is told as a number or as text, not as both."""
    if {"AGE", "AGETXT"} <= _codes(records):
        yield Fault(records, None, ("TSPARMCD",))


def check_healthy(records: Records) -> Iterator[Fault]:
    """A study of healthy subjects has no indication: TSVALNF NA."""
    names, flavors = records.text("TSPARMCD"), records.text("TSVALNF")
    if parameter(records, "HLTSUBJI") != "Y" or names is None:
        return
    indication = names.equals("INDIC")
    good = flavors is not None and (indication & flavors.equals("NA")).sum() == 1
    if not good:
        yield Fault(records, indication if indication.any() else None, ("TSPARMCD",))


def check_codes_of_old(records: Records) -> Iterator[Fault]:
    """Codes of parameters that the terminology spells otherwise."""
    names = records.text("TSPARMCD")
    for wrong, right in WRONG_CODES.items() if names is not None else ():
        assert names is not None
        rows = names.equals(wrong)
        if rows.any():
            yield Fault(records, rows, ("TSPARMCD",), f"the code is {right}")


def check_arms(records: Records) -> Iterator[Fault]:
    """NARMS is how many values ARMCD has in TA; a plan that TA does not tell is explained."""
    arms, names, values = records.study.one("TA"), records.text("TSPARMCD"), records.text("TSVAL")
    codes = arms.text("ARMCD") if arms is not None else None
    if codes is None or names is None or values is None:
        return
    number = len([code for code in codes.used() if code])
    rows = names.equals("NARMS") & ~values.blank & ~values.equals(str(number))
    if rows.any():
        yield Fault(records, rows, ("TSVAL",), f"TA has {number}")


def check_guide(records: Records) -> Iterator[Fault]:
    """SDTIGVER is the version of SDTMIG that the tabulation is judged by."""
    names, values = records.text("TSPARMCD"), records.text("TSVAL")
    if names is None or values is None:
        return
    version = records.study.standard.version
    rows = names.equals("SDTIGVER") & ~values.blank & ~values.equals(version)
    if rows.any():
        yield Fault(records, rows, ("TSVAL",), f"this is SDTMIG {version}")


def check_dose_units(records: Records) -> Iterator[Fault]:
    """EXTRT and EXDOSU are among the trial's treatments and units."""
    summary = records.study.one("TS")
    names = summary.text("TSPARMCD") if summary is not None else None
    values = summary.text("TSVAL") if summary is not None else None
    if names is None or values is None:
        return
    for code, variable in (("TRT", "EXTRT"), ("DOSU", "EXDOSU")):
        column = records.text(variable)
        known = values.take(names.equals(code))
        if column is None or not len(known):
            continue
        folded = pc.utf8_upper(known.held)
        raised = column.map(pc.utf8_upper)
        rows = ~column.blank & ~held(raised, folded)
        if rows.any():
            yield Fault(records, rows, (variable,))


def check_continuation(records: Records) -> Iterator[Fault]:
    """TSVAL1, TSVAL2 or COVAL1, COVAL2 without a gap: neither a variable nor a value is left out."""
    stem = "TSVAL" if records.domain == "TS" else "COVAL"
    numbers = sorted(
        int(name[5:]) for name in records.frame.columns if re.fullmatch(rf"{stem}[1-9][0-9]*", name)
    )
    if numbers != list(range(1, len(numbers) + 1)):
        yield Fault(
            records, None, (stem,), f"it has {', '.join(f'{stem}{each}' for each in numbers)}"
        )
        return
    before = missing(records[stem]) if stem in records else None
    for number in numbers:
        blank = missing(records[f"{stem}{number}"])
        if before is not None and (before & ~blank).any():
            yield Fault(records, np.flatnonzero(before & ~blank), (f"{stem}{number}",))
        before = blank
