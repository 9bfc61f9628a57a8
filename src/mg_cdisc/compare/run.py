"""Two sides compared, dataset by dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from mg_cdisc.compare.keys import Asked, choose_keys, key_columns
from mg_cdisc.compare.match import Matched, match_records
from mg_cdisc.compare.model import (
    Attribute,
    Cause,
    Causes,
    Compared,
    Comparison,
    Example,
    Group,
    GroupKind,
    Lone,
)
from mg_cdisc.compare.read import Member, Side
from mg_cdisc.compare.values import Tolerance, as_column, as_written, differing, distances
from mg_cdisc.errors import Finding, Location, UseError, nearest, one_of
from mg_cdisc.frame import Frame, Index, Text, take
from mg_cdisc.transport import Encoding, XptFormat


class Attributor(Protocol):
    """Names the causes of differences between two builds."""

    @property
    def changes(self) -> tuple[Cause, ...]:
        """Everything that differs between what the builds were made of."""

    def of_records(
        self, dataset: str, variable: str, frame: Frame, old: Index | None, new: Index | None
    ) -> list[tuple[Causes, Index]]:
        """Positions of the given records in groups of equal causes.

        ``variable`` is the one whose value differs, or '' where the records themselves do; ``old``
        and ``new`` are their places in either file, None where they are in the other alone;
        ``frame`` is the file that has them, the new one of both.
        """

    def of_attribute(self, dataset: str, variable: str, what: str) -> Causes:
        """Why an attribute, or a whole variable or dataset, differs."""


@dataclass(frozen=True)
class Settings:
    """How to compare; ``listed`` is how many examples of each group are kept."""

    tolerance: Tolerance = field(default_factory=Tolerance)
    asked: Asked = field(default_factory=Asked)
    only: tuple[str, ...] = ()
    listed: int = 5
    encodings: tuple[Encoding, Encoding] = ("ascii", "ascii")


def compare(
    old: Side, new: Side, settings: Settings = Settings(), causes: Attributor | None = None
) -> Comparison:
    """What differs between two sides.

    Two single files of one dataset each are compared whatever their names. Raises UseError for a
    dataset asked for that neither has, for a key that is not in both, and for what cannot be read.
    """
    pairs = _pairs(old, new)
    known = {*old.members, *new.members}
    for name in settings.only:
        if name not in known:
            todo = nearest(name, sorted(known)) or f"Datasets: {one_of(sorted(known), 40)}."
            what = f"neither side has a dataset {name}"
            raise UseError([Finding(Location("--only"), "unknown-name", what, todo)])
    _check_asked(settings.asked, old, new)
    wanted = set(settings.only) or known
    datasets = [
        _compare(one, other, (old, new), settings, causes)
        for one, other in pairs
        if other.name in wanted or one.name in wanted
    ]
    paired = ({one.name for one, _ in pairs}, {other.name for _, other in pairs})
    lone = [
        tuple(
            Lone(
                name,
                member.read(settings.encodings[number]).rows,
                causes.of_attribute(name, "", "dataset") if causes is not None else (),
            )
            for name, member in side.members.items()
            if name not in paired[number] and name in wanted
        )
        for number, side in enumerate((old, new))
    ]
    return Comparison(
        old.shown, new.shown, tuple(datasets), lone[0], lone[1], (*old.notes, *new.notes),
        causes is not None, causes.changes if causes is not None else (),
    )  # fmt: skip


def _check_asked(asked: Asked, old: Side, new: Side) -> None:
    """Raise UseError for keys of a dataset that is nowhere, and for keys that no dataset has."""
    members = [*old.members.values(), *new.members.values()]
    names = sorted({each.name for each in members})
    variables = sorted({each.name for member in members for each in member.variables})
    wrong = [
        (f"there is no dataset {name}", nearest(name, names))
        for name in asked.given
        if name and name not in names
    ]
    wrong += [
        (f"no dataset has a variable {name}", nearest(name, variables))
        for name in asked.given.get("", ())
        if name not in variables
    ]
    if wrong:
        raise UseError(
            Finding(Location("--keys"), "unknown-name", what, todo or "Check the name.")
            for what, todo in wrong
        )


def _pairs(old: Side, new: Side) -> list[tuple[Member, Member]]:
    if len(old.members) == len(new.members) == 1:
        return [(next(iter(old.members.values())), next(iter(new.members.values())))]
    return [(old.members[name], new.members[name]) for name in old.members if name in new.members]


def _compare(
    one: Member, other: Member, sides: tuple[Side, Side], settings: Settings,
    causes: Attributor | None,
) -> Compared:  # fmt: skip
    name = other.name
    old, new = one.read(settings.encodings[0]), other.read(settings.encodings[1])
    told = [each for member in (one, other) for each in member.variables if each.format]
    formats = {each.name: each.format for each in told}
    old, new = _typed(one, old, new, formats), _typed(other, new, old, formats)
    keys = choose_keys(name, old, new, settings.asked, (sides[0].keys, sides[1].keys))
    matched = match_records(
        key_columns(old, new, keys.names), key_columns(new, old, keys.names), old.rows, new.rows
    )
    teller = _Teller(name, old, new, keys.names, formats, settings.listed, causes)
    groups = [
        *teller.lone("removed", matched.removed),
        *teller.lone("added", matched.added),
    ]
    touched = np.zeros(len(matched.old), bool)
    for variable in old.columns:
        if variable not in new or variable in keys.names:
            continue
        before, after = take(old[variable], matched.old), take(new[variable], matched.new)
        differs = differing(before, after, settings.tolerance)
        if differs.any():
            touched |= differs
            groups += teller.changed(variable, matched, np.flatnonzero(differs))
    attributes = tuple(_attributes(one, other, causes))
    notes = [] if one.name == name else [f"{one.name} of OLD is compared with {name} of NEW"]
    return Compared(
        name, old.rows, new.rows, keys.names, keys.whence, len(matched.old), matched.repeated,
        bool((np.diff(matched.old) < 0).any()), attributes, tuple(groups),
        int(np.count_nonzero(touched)), tuple(notes),
    )  # fmt: skip


def _typed(member: Member, frame: Frame, beside: Frame, formats: dict[str, str]) -> Frame:
    """The records of a file that states no types with the types of the other file."""
    if member.described:
        return frame
    return frame.with_columns(
        {
            name: as_column(frame.text(name), beside[name], formats.get(name, ""))
            for name in frame.columns
            if name in beside
        }
    )


class _Teller:
    """Makes groups of differences with their examples."""

    def __init__(
        self, dataset: str, old: Frame, new: Frame, keys: Sequence[str], formats: dict[str, str],
        listed: int, causes: Attributor | None,
    ) -> None:  # fmt: skip
        self.dataset, self.old, self.new, self.keys = dataset, old, new, keys
        self.formats, self.listed, self.causes = formats, listed, causes

    def lone(self, kind: GroupKind, rows: Index) -> Iterator[Group]:
        """Records that one dataset lacks."""
        frame = self.old if kind == "removed" else self.new
        old, new = (rows, None) if kind == "removed" else (None, rows)
        for causes, places in self._parts("", frame, old, new):
            held = rows[places]
            first = held[: self.listed]
            records = (first + 1).tolist()
            keys = self._keys(frame, first)
            examples = tuple(
                Example(key, old_record=number if kind == "removed" else 0,
                        new_record=number if kind == "added" else 0)
                for key, number in zip(keys, records, strict=True)
            )  # fmt: skip
            yield Group(kind, "", len(held), self._subjects(frame, held), examples, causes)

    def changed(self, variable: str, matched: Matched, places: Index) -> Iterator[Group]:
        """Values of a variable that differ; ``places`` are positions among the matched."""
        old, new = matched.old[places], matched.new[places]
        before, after = self.old[variable], self.new[variable]
        format_ = self.formats.get(variable, "")
        for causes, held_places in self._parts(variable, self.new, old, new):
            there, held = old[held_places], new[held_places]
            first, second = there[: self.listed], held[: self.listed]
            shown = zip(
                self._keys(self.new, second), as_written(before, first, format_),
                as_written(after, second, format_), (first + 1).tolist(), (second + 1).tolist(),
                strict=True,
            )  # fmt: skip
            far, relative = distances(take(before, there), take(after, held))
            yield Group(
                "changed", variable, len(held), self._subjects(self.new, held),
                tuple(Example(*each) for each in shown), causes, far, relative,
            )  # fmt: skip

    def _parts(
        self, variable: str, frame: Frame, old: Index | None, new: Index | None
    ) -> list[tuple[Causes, Index]]:
        """Positions of the records in groups of equal causes."""
        count = len(old if old is not None else new if new is not None else ())
        if not count:
            return []
        if self.causes is None:
            return [((), np.arange(count))]
        return self.causes.of_records(self.dataset, variable, frame, old, new)

    def _subjects(self, frame: Frame, rows: Index) -> int:
        subjects = frame.columns.get("USUBJID", frame.columns.get("SUBJID"))
        if subjects is None:
            return 0
        picked = take(subjects, rows)
        return len(np.unique(picked.codes if isinstance(picked, Text) else picked))

    def _keys(self, frame: Frame, rows: Index) -> list[tuple[str, ...]]:
        columns = [as_written(frame[key], rows, self.formats.get(key, "")) for key in self.keys]
        return list(zip(*columns, strict=True)) if columns else [()] * len(rows)


def _attributes(one: Member, other: Member, causes: Attributor | None) -> Iterator[Attribute]:
    for variable, what, old, new in _differing_attributes(one, other):
        why = causes.of_attribute(other.name, variable, what) if causes is not None else ()
        yield Attribute(variable, what, old, new, why)


def _differing_attributes(one: Member, other: Member) -> Iterator[tuple[str, str, str, str]]:
    """Variable, attribute, and what it is in each; a file without descriptions differs in none."""
    both = one.described and other.described
    if both and one.label != other.label:
        yield "", "label", one.label, other.label
    old = {each.name: each for each in one.variables}
    new = {each.name: each for each in other.variables}
    for name in old:
        if name not in new:
            yield name, "variable", "there", "not there"
    for name in new:
        if name not in old:
            yield name, "variable", "not there", "there"
    common = [name for name in old if name in new]
    for name in common if both else ():
        before, after = old[name], new[name]
        if before.label != after.label:
            yield name, "label", before.label, after.label
        if before.is_text != after.is_text:
            yield name, "type", _type(before.is_text), _type(after.is_text)
        elif before.is_text and before.length and after.length and before.length != after.length:
            yield name, "length", str(before.length), str(after.length)
        if _plain(before.format) != _plain(after.format):
            yield name, "format", before.format, after.format
    there = [name for name in new if name in old]
    for name in _moved(common, there):
        yield name, "order", str(list(old).index(name) + 1), str(list(new).index(name) + 1)


def _type(is_text: bool) -> str:
    return "text" if is_text else "number"


def _plain(format_: str) -> str:
    parsed = XptFormat.parse(format_)
    return format_ if parsed is None else str(parsed)


def _moved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The fewest names that, taken away, leave the others in one order.

    >>> _moved(["A", "B", "C"], ["C", "A", "B"])
    ['C']
    """
    place = {name: number for number, name in enumerate(old)}
    best: list[
        tuple[int, int]
    ] = []  # of each name the longest row that ends in it, and the one before
    for number, name in enumerate(new):
        before = [(best[each][0], each) for each in range(number) if place[new[each]] < place[name]]
        length, last = max(before, key=lambda each: (each[0], -each[1]), default=(0, -1))
        best.append((length + 1, last))
    at = max(range(len(best)), key=lambda each: best[each][0], default=-1)
    kept = set()
    while at >= 0:
        kept.add(new[at])
        at = best[at][1]
    return [name for name in new if name not in kept]
