"""The numbers of a build's records: what is known of them before, and what they are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.build.sources import Prepared
from mg_cdisc.derive.numbering import BETWEEN, Known, written
from mg_cdisc.errors import Finding, Location
from mg_cdisc.expression.values import across
from mg_cdisc.frame import Column, Index, Numbers, Origins, Text, concat_columns, match_codes
from mg_cdisc.spec import StudyFiles
from mg_cdisc.spec.numbering import NUMBERING
from mg_cdisc.spec.tree import locate


@dataclass
class Registers:
    """Every dataset's numbers; ``positions`` gives the places of a source's rows."""

    files: StudyFiles
    sources: Mapping[str, Prepared]
    positions: Callable[[str, Index], Index]
    given: dict[str, list[Known]] = field(default_factory=dict)
    new: Counter[str] = field(default_factory=Counter)
    unkeyed: dict[tuple[str, str], None] = field(default_factory=dict)
    _identities: dict[str, Text] = field(default_factory=dict)

    def of(self, dataset: str) -> DatasetRegister:
        """The register of one dataset."""
        known = (self.files.numbering or {}).get(dataset, Known.nothing())
        return DatasetRegister(self, dataset, known)

    def key(self, name: str) -> tuple[str, ...]:
        """The columns that tell a source's rows apart; none of a dataset that is given."""
        source = self.files.sources.get(name)
        return source.key if source is not None else ()

    def identity(self, name: str) -> Text:
        """What each row of a source is called: the source and the values of its key columns."""
        if name not in self._identities:
            source, key = self.sources[name], self.key(name)
            title = written(pa.array([name], pa.string()))[0].as_py()
            texts = [source.table.frame.text(column) for column in key]
            self._identities[name] = (
                across(texts, lambda parts: _joined(title, parts))
                if texts
                else Text.constant(title, source.frame.rows)
            )
        return self._identities[name]

    def notes(self) -> list[Finding]:
        """A note for each dataset with records that numbering.csv does not have."""
        if self.files.numbering is None:
            return []
        at = Location(f"{self.files.shown}/{NUMBERING}")
        todo = "Run mg-cdisc number, so that they keep their numbers."
        return [
            Finding(at, "not-numbered", f"{name}: records that do not stand here yet: {count}; they "
                    "have the numbers after those given", todo, "note", dataset=name, count=count)
            for name, count in self.new.items() if count
        ]  # fmt: skip

    def faults(self) -> list[Finding]:
        """Sources whose rows cannot be known again, and the datasets that are made from them."""
        by_source: dict[str, list[str]] = {}
        for dataset, source in self.unkeyed:
            by_source.setdefault(source, []).append(dataset)
        return [
            Finding(
                locate(self.files.sources_tree, (source,))[0],
                "no-source-key",
                f"{source} has no key: its rows, and with them records of {', '.join(made)}, "
                "cannot be known again",
                "Say under key: which columns tell its rows apart.",
                dataset=source,
            )
            for source, made in by_source.items()
        ]

    def numbering(self) -> dict[str, Known]:
        """All numbers ever given: those of this build, and of records that it does not have."""
        before = self.files.numbering or {}
        made = {}
        for name in sorted({*before, *self.given}):
            now = _stacked(self.given.get(name, []))
            old = before.get(name, Known.nothing())
            left, right, _ = match_codes(
                [old.subjects, old.keys], [now.subjects, now.keys], len(old.keys), len(now.keys)
            )
            gone = np.flatnonzero(~np.isin(left, right))
            kept = Known(old.subjects.take(gone), old.keys.take(gone), old.numbers[gone])
            made[name] = _stacked([kept, now])
        return made


@dataclass(frozen=True)
class DatasetRegister:
    """What is known of the numbers of one dataset (see ``derive.numbering.Register``)."""

    all: Registers
    dataset: str
    known: Known

    def source_keys(self, origins: Origins) -> Text:
        """For every source row of every record its identity in words."""
        registers = self.all
        numbers, rows = origins.ids >> Origins.SHIFT, origins.ids & ((1 << Origins.SHIFT) - 1)
        place = np.zeros(len(rows), np.int64)
        first = np.unique(origins.first() >> Origins.SHIFT)
        parts: list[Column] = []
        end = 0
        for source in registers.sources.values():
            held = numbers == source.number
            if held.any():
                place[held] = end + registers.positions(source.name, rows[held])
                parts.append(registers.identity(source.name))
                end += len(parts[-1])
                if source.number in first and not registers.key(source.name):
                    registers.unkeyed[self.dataset, source.name] = None
        every = concat_columns(parts) if parts else Text.of([])
        assert isinstance(every, Text)
        return every.take(place)

    def give(self, subjects: Text, keys: Text, numbers: Numbers, new: int) -> None:
        """These records have these numbers now, so many of them for the first time."""
        self.all.given.setdefault(self.dataset, []).append(Known(subjects, keys, numbers))
        self.all.new[self.dataset] += new


def _joined(title: str, parts: list[pa.StringArray]) -> pa.Array:
    made = written(parts[0])
    for part in parts[1:]:
        made = pc.binary_join_element_wise(made, written(part), BETWEEN)
    return pc.binary_join_element_wise(title, made, BETWEEN)


def _stacked(parts: list[Known]) -> Known:
    if not parts:
        return Known.nothing()
    subjects = concat_columns([part.subjects for part in parts])
    keys = concat_columns([part.keys for part in parts])
    assert isinstance(subjects, Text)
    assert isinstance(keys, Text)
    return Known(subjects, keys, np.concatenate([part.numbers for part in parts]))
