"""Names the causes of each difference between two builds: the changed inputs that reach it.

A change reaches a value where the steps of either build declare that its variable is made, directly
or through others, from what changed; a changed row of a source only values of its own subject,
unless a step on the way looks across subjects. What nothing else explains, the program does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mg_cdisc.compare.changes import Change, changes_of, program_of
from mg_cdisc.compare.inputs import Inputs, read_inputs
from mg_cdisc.compare.model import Cause, Causes
from mg_cdisc.compare.reach import Node
from mg_cdisc.compare.rows import RowChange, RowChanges, Side
from mg_cdisc.frame import Frame, Index, Text

NAMED = 10
"""So many rows of a source are named one by one; more are counted."""
APART = 50
"""For so many subjects groups are made one by one; for more they are put together."""
_ANYWHERE: Node = ("anywhere",)
UNKNOWN = Cause("unknown", "", "no input that reaches it differs, nor does the program")


class BuildCauses:
    """Attributes differences between two builds."""

    def __init__(self, old: Inputs, new: Inputs) -> None:
        self.old, self.new = old, new
        self.rows = RowChanges(old, new)
        shared = changes_of(old, new, self.rows.differing)
        self.shared: tuple[Change, ...] = tuple(dict.fromkeys(shared))
        self.program = program_of(old, new)
        self._by_source: dict[str, list[RowChange]] = {}
        for each in self.rows.all:
            self._by_source.setdefault(each.source, []).append(each)
        self._sides: dict[str, tuple[Side | None, Side | None]] = {}

    @cached_property
    def changes(self) -> tuple[Cause, ...]:
        """Everything that differs, rows of sources in short."""
        told = [each.cause for each in self.shared]
        for rows in self._by_source.values():
            told += _shortened([each.cause for each in rows])
        return tuple(dict.fromkeys([*told, *([self.program] if self.program else ())]))

    def of_records(
        self, dataset: str, variable: str, frame: Frame, old: Index | None, new: Index | None
    ) -> list[tuple[Causes, Index]]:
        """Positions of the given records in groups of equal causes.

        ``variable`` is the one whose value differs, or '' where the records themselves do; ``old``
        and ``new`` are their places in either file, None where they are in the other alone;
        ``frame`` is the file that has them, the new one of both.
        """
        rows = new if new is not None else old
        assert rows is not None
        parent = dataset.removeprefix("SUPP")
        if parent == dataset or "QNAM" not in frame:
            return self._of(dataset, (dataset, variable), frame, old, new, np.arange(len(rows)))
        qualifiers = frame.text("QNAM")
        codes = qualifiers.codes[rows]
        made: list[tuple[Causes, Index]] = []
        for code in np.unique(codes).tolist():
            name = f"supp.{qualifiers.values[code].as_py()}"
            places = np.flatnonzero(codes == code)
            made += self._of(dataset, (parent, name), frame, old, new, places)
        return _joined(made)

    def _of(
        self, dataset: str, value: tuple[str, str], frame: Frame, old: Index | None,
        new: Index | None, places: Index,
    ) -> list[tuple[Causes, Index]]:  # fmt: skip
        """First what reaches the value itself or the record's own source rows, then what decides
        which records there are, then what may reach anything."""
        owner, variable = value
        lone = old is None or new is None
        own: tuple[Node, ...] = (("value", owner, variable),)
        wider: tuple[Node, ...] = (*own, ("rows", owner))
        if not variable:
            own = (("rows", owner), *(("value", owner, key) for key in self._keys(owner)))
            wider = own
        changed, moved = self._own_rows(dataset, old, new, places)
        rows = new if new is not None else old
        assert rows is not None
        close = _Way(self, self._nodes(own, chosen=lone), frame)
        far = _Way(self, self._nodes(wider, chosen=True), frame)
        found: dict[tuple[object, ...], tuple[Causes, list[int]]] = {}
        codes = far.subjects.codes[rows[places]].tolist() if far.subjects is not None else None
        for number, place in enumerate(places.tolist()):
            subject = codes[number] if codes is not None else -1
            mark = (subject if close.has(subject) or far.has(subject) else -1, changed[number],
                    bool(moved[number]))  # fmt: skip
            if mark not in found:
                found[mark] = (self._causes(close, far, mark, lone), [])
            found[mark][1].append(place)
        return _few(_joined([(causes, np.array(held)) for causes, held in found.values()]))

    def _causes(
        self, close: _Way, far: _Way, mark: tuple[int, tuple[int, ...], bool], lone: bool
    ) -> Causes:
        subject, changed, moved = mark
        mine = [self.rows.all[each] for each in changed]
        if lone:
            gone = [each.cause for each in mine if not each.columns]
            if gone:  # the row that the record is made of is not there on the other side
                return tuple(_shortened(gone))
        told = [each.cause for each in mine if each.columns & close.columns(each.source)]
        if lone and told:
            return tuple(_shortened(told)) + close.shared
        told += close.rows_of(subject, everywhere=lone)
        found = tuple(_shortened(told)) + close.shared
        if moved or not found:
            found += tuple(_shortened(far.rows_of(subject, everywhere=True))) + far.shared
        return tuple(dict.fromkeys(found)) or self._last()

    def _own_rows(
        self, dataset: str, old: Index | None, new: Index | None, places: Index
    ) -> tuple[list[tuple[int, ...]], NDArray[np.bool_]]:
        """The changes of the records' own source rows, and whether they come from others now."""
        if dataset not in self._sides:
            self._sides[dataset] = self.rows.of_records(dataset)
        one, other = self._sides[dataset]
        made: list[tuple[int, ...]] = [()] * len(places)
        for side, rows in ((one, old), (other, new)):
            if side is not None and rows is not None and len(side.same) > rows.max(initial=-1):
                also = side.changed(rows[places])
                made = [tuple(dict.fromkeys((*a, *b))) for a, b in zip(made, also, strict=True)]
        moved = np.zeros(len(places), bool)
        if one is not None and other is not None and old is not None and new is not None:
            moved = one.same[old[places]] != other.same[new[places]]
        return made, moved

    def _keys(self, dataset: str) -> list[str]:
        keys: dict[str, None] = {}
        for side in (self.old, self.new):
            keys |= dict.fromkeys(side.plan["datasets"].get(dataset, {}).get("keys", ()))
        return list(keys)

    def _nodes(self, starts: tuple[Node, ...], *, chosen: bool) -> Mapping[Node, bool]:
        """What reaches these in either build."""
        one = self.old.reach.of(starts, chosen=chosen)
        other = self.new.reach.of(starts, chosen=chosen)
        return {node: one.get(node, False) or other.get(node, False) for node in {**one, **other}}

    def reaching(self, reach: Mapping[Node, bool]) -> Causes:
        """Changes that are the same for all subjects and reach by this way."""
        numbering = any(node[0] == "value" and node[2].endswith("SEQ") for node in reach)
        return tuple(
            each.cause
            for each in self.shared
            if any(node in reach for node in each.touches)
            or (numbering and ("numbering",) in each.touches)
        )

    def rows_reaching(
        self, reach: Mapping[Node, bool], *, everywhere: bool
    ) -> tuple[list[Cause], dict[str, list[Cause]]]:
        """Changed rows that concern everyone, and those of one subject each.

        Without ``everywhere`` rows of a source count only where the way leads over its other rows.
        """
        everyone: dict[Cause, None] = {}
        by_subject: dict[str, list[Cause]] = {}
        for source, changed in self._by_source.items():
            there = reach.get(("source", source))
            if there is None and not everywhere:
                continue
            columns = {node[2]: wide for node, wide in reach.items()
                       if node[0] == "column" and node[1] == source}  # fmt: skip
            for each in changed:
                hit = [columns[name] for name in each.columns if name in columns]
                if not each.columns:
                    hit = [*columns.values(), *([there] if there is not None else [])]
                if any(hit) or (hit and not each.subjects):
                    everyone[each.cause] = None
                elif hit:
                    for subject in each.subjects:
                        by_subject.setdefault(subject, []).append(each.cause)
        return list(everyone), by_subject

    def _last(self) -> Causes:
        """What is named where no declared way leads to a difference."""
        weak = tuple(each.cause for each in self.shared if _ANYWHERE in each.touches)
        if weak:
            return weak
        return (self.program,) if self.program is not None else (UNKNOWN,)

    def of_attribute(self, dataset: str, variable: str, what: str) -> Causes:
        """Why an attribute, a whole variable or a whole dataset differs."""
        found = tuple(self._describing(dataset, variable, what))
        if found:
            return tuple(dict.fromkeys(found))
        if what == "length":
            found = tuple(self._lengthening(dataset, variable))
        elif what in ("dataset", "variable"):
            starts = [("rows", dataset)] if what == "dataset" else [("value", dataset, variable)]
            found = tuple(self._all_that_reach(starts))
        return tuple(dict.fromkeys(found)) or self._last()

    def _describing(self, dataset: str, variable: str, what: str) -> Iterator[Cause]:
        """Lines of the specs that say it of the variable, else of the dataset, else of all."""
        if what == "length":
            return
        for names in ({(dataset, variable)}, {(dataset, "*")}, {("*", "*")}):
            found = [each.cause for each in self.shared if names & each.attributes]
            if what == "order" and not found:
                named = {(dataset, "")}
                found = [
                    each.cause
                    for each in self.shared
                    if any(name == dataset for name, _ in each.attributes - named)
                ]
            if found:
                yield from found
                return

    def _lengthening(self, dataset: str, variable: str) -> Iterator[Cause]:
        """What reaches the texts of a variable in any dataset: its length is one for the study."""
        names = {*self.old.plan["datasets"], *self.new.plan["datasets"]}
        alone = dataset.startswith("SUPP") and variable not in ("STUDYID", "USUBJID")
        starts: list[Node] = [
            ("value", name, variable) for name in ([dataset] if alone else sorted(names))
        ]
        if alone:
            starts = [("rows", dataset), ("rows", dataset[4:])]
        yield from self._all_that_reach(starts)

    def _all_that_reach(self, starts: Sequence[Node]) -> Iterator[Cause]:
        reach = self._nodes(tuple(starts), chosen=True)
        everyone, by_subject = self.rows_reaching(reach, everywhere=True)
        yield from _shortened([*everyone, *(each for told in by_subject.values() for each in told)])
        yield from self.reaching(reach)


class _Way:
    """One way to look for causes: the nodes that reach, and what of the changes is among them."""

    def __init__(self, causes: BuildCauses, reach: Mapping[Node, bool], frame: Frame) -> None:
        self.shared = causes.reaching(reach)
        self._columns: dict[str, set[str]] = {}
        for node in reach:
            if node[0] == "column":
                self._columns.setdefault(node[1], set()).add(node[2])
        subjects = frame.columns.get("USUBJID")
        self.subjects = subjects if isinstance(subjects, Text) else None
        self._found = {
            everywhere: causes.rows_reaching(reach, everywhere=everywhere)
            for everywhere in (False, True)
        }
        concerned = self._found[True][1]
        names = self.subjects.values.to_pylist() if self.subjects is not None else []
        self._names = {code: name for code, name in enumerate(names) if name in concerned}

    def columns(self, source: str) -> set[str]:
        """The columns of a source that reach."""
        return self._columns.get(source, set())

    def has(self, subject: int) -> bool:
        """Whether a row of this subject reaches."""
        return subject in self._names

    def rows_of(self, subject: int, *, everywhere: bool) -> list[Cause]:
        """The changed rows that reach values of a subject."""
        everyone, by_subject = self._found[everywhere]
        if self.subjects is None:
            return [*everyone, *(each for told in by_subject.values() for each in told)]
        return [*everyone, *by_subject.get(self._names.get(subject, ""), ())]


def _few(made: list[tuple[Causes, Index]]) -> list[tuple[Causes, Index]]:
    """The groups; as one where they are too many to be read one by one."""
    if len(made) <= APART:
        return made
    rows = [each for causes, _ in made for each in causes if each.kind == "source"]
    others = [each for causes, _ in made for each in causes if each.kind != "source"]
    causes = (*_shortened(rows), *dict.fromkeys(others))
    return [(causes, np.sort(np.concatenate([held for _, held in made])))]


def _shortened(causes: Sequence[Cause]) -> list[Cause]:
    """Rows of sources one by one where they are few, else counted by file."""
    told = list(dict.fromkeys(causes))
    if len(told) <= NAMED:
        return told
    files: dict[str, list[Cause]] = {}
    for each in told:
        files.setdefault(each.where.rpartition(" row ")[0], []).append(each)
    return [
        Cause("source", file, f"{len(held):,} rows differ, the first is row "
              f"{held[0].where.rpartition(' row ')[2]}")
        if len(held) > 1
        else held[0]
        for file, held in files.items()
    ]  # fmt: skip


def _joined(made: Sequence[tuple[Causes, Index]]) -> list[tuple[Causes, Index]]:
    """Groups of the same causes as one."""
    together: dict[Causes, list[Index]] = {}
    for causes, rows in made:
        if len(rows):
            together.setdefault(causes, []).append(rows)
    return [(causes, np.sort(np.concatenate(parts))) for causes, parts in together.items()]


def causes_between(
    old: Path | None, new: Path | None
) -> tuple[BuildCauses | None, tuple[str, ...]]:
    """Who attributes differences where both sides are builds, else None, and notes that say why."""
    if old is None or new is None:
        return None, ()
    one, other = read_inputs(old), read_inputs(new)
    if isinstance(one, Inputs) and isinstance(other, Inputs):
        return BuildCauses(one, other), ()
    notes = [each for each in (one, other) if isinstance(each, str)]
    return None, (*notes, "so causes cannot be named; build again")
