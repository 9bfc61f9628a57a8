"""By which variables the records of two datasets are told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mg_cdisc.errors import Finding, Location, UseError, nearest, one_of
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Column, Frame, Text, group_codes

SUBJECT = ("USUBJID", "SUBJID")
USUAL = (
    "RDOMAIN", "IDVAR", "IDVARVAL", "QNAM",
    "PARAMCD", "PARAM", "{D}TESTCD", "{D}SPID", "{D}TRT", "{D}TERM", "{D}DECOD",
    "AVISITN", "AVISIT", "VISITNUM", "{D}TPTNUM", "ATPTN", "{D}CAT", "{D}SCAT",
    "{D}STDTC", "{D}DTC", "ADTM", "ADT", "ASTDTM", "ASTDT", "CNSR", "{D}SPEC", "{D}LOC", "{D}METHOD",
    "DTYPE", "BASETYPE", "ARMCD", "TAETORD", "ETCD", "ELEMENT", "TSPARMCD", "IETESTCD", "SESTDTC",
    "{D}REFID", "{D}GRPID", "{D}LNKID", "RELID", "STUDYID",
)  # fmt: skip
"""Variables that usually tell records apart, the likeliest first; ``{D}`` is the domain."""
NUMBERED = ("{D}SEQ", "ASEQ", "SRCSEQ", "POOLID")
"""Numbers that two programs may well give differently: taken only where nothing else does."""


@dataclass(frozen=True)
class Asked:
    """Keys that the user gives: for all datasets under '', else by dataset; and those of a spec."""

    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spec: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keys:
    """The chosen keys and whence they are."""

    names: tuple[str, ...]
    whence: str


def key_columns(frame: Frame, other: Frame, names: Sequence[str]) -> list[Column]:
    """The key columns of one frame; a number beside a text is written out."""
    made: list[Column] = []
    for name in names:
        column, beside = frame[name], other[name]
        mixed = isinstance(column, Text) != isinstance(beside, Text)
        made.append(number_text(column) if mixed and not isinstance(column, Text) else column)
    return made


def choose_keys(
    name: str,
    old: Frame,
    new: Frame,
    asked: Asked,
    defined: tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]],
) -> Keys:
    """The keys of a dataset: those given, else of define.xml, else of the spec, else found.

    Keys of define.xml or of the spec are taken only as far as both datasets have the variables.
    What is found is a set of usual keys that is unique in both datasets, of which none can be left
    out; where no set is unique, all of them. Raises UseError for a given key that a dataset lacks.
    """
    common = [each for each in old.columns if each in new]
    given = asked.given.get(name) or tuple(
        each for each in asked.given.get("", ()) if each in common
    )
    if given:
        lacking = [each for each in given if each not in common]
        if lacking:
            what = f"{lacking[0]} is not in both {name}"
            todo = nearest(lacking[0], common) or f"Common variables: {one_of(common, 40)}."
            raise UseError([Finding(Location("--keys"), "unknown-variable", what, todo)])
        return Keys(given, "--keys")
    for told, whence in (
        (defined[1].get(name), "define.xml of NEW"),
        (defined[0].get(name), "define.xml of OLD"),
        (asked.spec.get(name), "the spec"),
    ):
        here = tuple(each for each in told or () if each in common)
        if told and len(here) == len(told):
            whole = whence
            if defined[0].get(name) == defined[1].get(name) and whence != "the spec":
                whole = "define.xml"
            return Keys(here, whole)
    return _found(name, old, new, common)


def _found(name: str, old: Frame, new: Frame, common: Sequence[str]) -> Keys:
    """A smallest set of usual keys that tells all records apart in both datasets."""
    subject = [each for each in SUBJECT if each in common][:1]
    held = _there(USUAL, name, common)
    numbered = _there(NUMBERED, name, common)
    for pool in (held, [*held, *numbered]):
        names = [*subject, *pool]
        if names and _unique(old, new, names):
            for each in reversed(pool):  # the least likely goes first
                fewer = [key for key in names if key != each]
                if fewer and _unique(old, new, fewer):
                    names = fewer
            return Keys(tuple(names), "found: unique in both, none can be left out")
    if subject or held:
        return Keys((*subject, *held), "found: the usual keys, which repeat")
    return Keys((), "none found: records are matched in the order in which they stand")


def _there(names: Sequence[str], dataset: str, common: Sequence[str]) -> list[str]:
    """Of usual names those that are in both; ``{D}`` is what the dataset's own variables begin with."""
    made: dict[str, None] = {}
    starts = {dataset[:2], dataset[2:4]} if not dataset.startswith("AD") else {dataset[2:4]}
    for each in names:
        for start in sorted(starts) if "{D}" in each else [""]:
            full = each.replace("{D}", start)
            if full in common:
                made[full] = None
    return list(made)


def _unique(old: Frame, new: Frame, names: Sequence[str]) -> bool:
    return all(
        group_codes([frame[name] for name in names], frame.rows)[1] == frame.rows
        for frame in (old, new)
    )
