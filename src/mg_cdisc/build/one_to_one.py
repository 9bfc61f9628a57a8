"""Variables of analysis datasets that say one thing twice: code and name, text and number.

Rule: ADaMIG 1.3 section 3: such variables are one-to-one within the study, the dataset or the
parameter, over the records in which both are filled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from mg_cdisc.errors import Finding, Level, Location
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Frame, Text, group_codes, missing, rows_by_group

_STUDY = (
    "SITEGRy SITEGRyN, REGIONy REGIONyN, AGEGRy AGEGRyN, RACEGRy RACEGRyN, TRTxxP TRTxxPN, "
    "TRTxxA TRTxxAN, TRTSEQP TRTSEQPN, TRTSEQA TRTSEQAN, TRxxPGy TRxxPGyN, TRxxAGy TRxxAGyN, "
    "TSEQPGy TSEQPGyN, TSEQAGy TSEQAGyN, TRCMPGy TRCMPGyN, DTHCAUS DTHCAUSN, DTHCGRy DTHCGRyN, "
    "STRATAR STRATARN, STRATyR STRATyRN, STRATAV STRATAVN, STRATyV STRATyVN, TRTP TRTPN, "
    "TRTA TRTAN, TRTPGy TRTPGyN, TRTAGy TRTAGyN, APHASE APHASEN, APERIODC APERIOD, RACE RACEN, "
    "SEX SEXN"
)
_DATASET = (
    "PARAMCD PARAM, PARAM PARAMN, PARCATy PARCATyN, ANLxxFL ANLxxFN, ONTRTFL ONTRTFN, LVOTFL LVOTFN"
)
_PARAMETER = (
    "AVALC AVAL, BASEC BASE, AVISIT AVISITN, ATPT ATPTN, AVALCATy AVALCAyN, BASECATy BASECAyN, "
    "CHGCATy CHGCATyN, PCHGCATy PCHGCAyN, BCHGCATy BCHGCAyN, PBCHGCAy PBCHGCyN, SHIFTy SHIFTyN, "
    "CRITyFL CRITyFN, MCRITyML MCRITyMN, ATOXGR ATOXGRN, BTOXGR BTOXGRN, ATOXGRL ATOXGRLN, "
    "ATOXGRH ATOXGRHN, BTOXGRL BTOXGRLN, BTOXGRH BTOXGRHN, ANRLOC ANRLO, ANRHIC ANRHI, "
    "AyLOC AyLO, AyHIC AyHI"
)
_SHOWN = 3


def _pairs(listed: str) -> list[tuple[str, str]]:
    return [(one, other) for one, other in (pair.split() for pair in listed.split(", "))]


PAIRS = [
    (one, other, scope)
    for scope, listed in (("study", _STUDY), ("dataset", _DATASET), ("parameter", _PARAMETER))
    for one, other in _pairs(listed)
]


def pairs_in(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """The pairs that a dataset has both variables of, and within what they are one-to-one."""
    names = list(names)
    for one, other, scope in PAIRS:
        pattern = re.compile(one.replace("xx", r"(\d\d)").replace("y", r"(\d)"))
        for name in names:
            found = pattern.fullmatch(name)
            if found is None:
                continue
            twin = other.replace("xx", "{}").replace("y", "{}").format(*found.groups())
            if twin in names and not (scope == "parameter" and "PARAMCD" not in names):
                yield name, twin, scope


def _combinations(frame: Frame, names: list[str]) -> Iterator[tuple[str, ...]]:
    """Each combination of values that some record has, all of them filled."""
    held = ~missing(frame[names[-1]]) & ~missing(frame[names[-2]])
    there = frame.select(names).take(held)
    codes, count = group_codes([there[name] for name in names], there.rows)
    order, starts = rows_by_group(codes, count)
    first = there.take(order[starts[:-1]])
    shown = [
        column if isinstance(column, Text) else number_text(column)
        for column in (first[name] for name in names)
    ]
    yield from zip(*(column.to_list() for column in shown), strict=True)


def check_pairs(
    frames: Mapping[str, Frame], made_at: Callable[[str, str], Location]
) -> Iterator[Finding]:
    """Where two variables are not one-to-one; ``made_at`` is where a dataset makes a variable.

    What is one-to-one within the study is compared over all datasets, each fault told once.
    """
    seen: dict[tuple[str, str], dict[tuple[str, ...], str]] = {}
    for dataset, frame in frames.items():
        for one, other, scope in pairs_in(frame.columns):
            names = (["PARAMCD"] if scope == "parameter" else []) + [one, other]
            combinations = dict.fromkeys(_combinations(frame, names), dataset)
            if scope == "study":
                combinations = {**combinations, **seen.get((one, other), {})}
                before = list(_several(seen.get((one, other), {})))
                seen[one, other] = combinations
            else:
                before = []
            faults = [each for each in _several(combinations) if each not in before]
            if faults:
                yield _finding(dataset, one, other, scope, faults, made_at(dataset, other))


def _several(
    combinations: Mapping[tuple[str, ...], str],
) -> Iterator[tuple[str, int, str, list[str]]]:
    """Within what, which of the two, the value, and the several values that stand with it."""
    for side in (0, 1):
        found: dict[tuple[str, ...], list[str]] = {}
        for each in combinations:
            *within, one, other = each
            value, twin = (one, other) if side == 0 else (other, one)
            found.setdefault((*within, value), []).append(twin)
        for key, twins in sorted(found.items()):
            if len(twins) > 1:
                yield (key[0] if len(key) > 1 else "", side, key[-1], sorted(twins))


def _finding(
    dataset: str, one: str, other: str, scope: str,
    faults: list[tuple[str, int, str, list[str]]], where: Location,
) -> Finding:  # fmt: skip
    told = []
    for within, side, value, twins in faults[:_SHOWN]:
        name, twin = (one, other) if side == 0 else (other, one)
        more = "" if len(twins) <= _SHOWN else f" and {len(twins) - _SHOWN} more"
        shown = ", ".join(repr(each) for each in twins[:_SHOWN])
        place = f" in {within}" if within else ""
        told.append(f"{name} {value!r}{place} stands with {twin} {shown}{more}")
    rest = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    level: Level = "error" if (one, other) == ("PARAMCD", "PARAM") else "warning"
    return Finding(
        where, "not-one-to-one",
        f"{dataset}: {one} and {other} are not one-to-one within the {scope}: "
        f"{'; '.join(told)}{rest}",
        f"Give each {one} one {other}, and each {other} one {one}.",
        level, dataset=dataset, variable=other,
    )  # fmt: skip
