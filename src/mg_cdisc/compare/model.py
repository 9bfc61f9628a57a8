"""What a comparison found: by dataset, and within it attributes, records and values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

GroupKind = Literal["added", "removed", "changed"]
CauseKind = Literal["source", "spec", "terminology", "option", "version", "unknown"]


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """One thing that differs between two builds and reaches a difference.

    ``where`` is the place (file with line or row), ``what`` says what changed there.
    """

    kind: CauseKind
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


Causes = tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a variable (of the dataset where ``variable`` is blank) that differs."""

    variable: str
    what: str
    old: str
    new: str
    causes: Causes = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One record with its keys as text; ``old`` and ``new`` are the values of one variable.

    ``old_record`` and ``new_record`` count from 1 in each file; 0 where there is none.
    """

    keys: tuple[str, ...]
    old: str = ""
    new: str = ""
    old_record: int = 0
    new_record: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Differences of one kind, one variable and the same causes.

    ``records`` counts them all, ``subjects`` whom they are of; ``examples`` are the first of them.
    ``largest`` and ``largest_relative`` are of numbers, 0 where none can be subtracted.
    """

    kind: GroupKind
    variable: str
    records: int
    subjects: int
    examples: tuple[Example, ...]
    causes: Causes = ()
    largest: float = 0.0
    largest_relative: float = 0.0


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs in a dataset that both sides have.

    ``keys_from`` says where the keys were taken from; ``repeated`` counts in each file the records
    whose keys an earlier record has: they are matched in the order in which they stand.
    ``moved`` says that common records stand in another order, which is no difference.
    """

    name: str
    old_records: int
    new_records: int
    keys: tuple[str, ...]
    keys_from: str
    matched: int
    repeated: tuple[int, int] = (0, 0)
    moved: bool = False
    attributes: tuple[Attribute, ...] = ()
    groups: tuple[Group, ...] = ()
    changed_records: int = 0
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.attributes and not self.groups

    def count(self, kind: GroupKind) -> int:
        """Records added or removed, or values changed."""
        return sum(group.records for group in self.groups if group.kind == kind)

    def of(self, kind: GroupKind) -> Iterator[Group]:
        """The groups of one kind."""
        return (group for group in self.groups if group.kind == kind)


@dataclass(frozen=True, slots=True)
class Lone:
    """A dataset that one side lacks."""

    name: str
    records: int
    causes: Causes = ()


@dataclass(frozen=True)
class Comparison:
    """Two sides compared. ``changes`` are the inputs that differ between two builds, ``builds``
    whether both sides are builds that say what they were made of."""

    old: str
    new: str
    datasets: tuple[Compared, ...]
    only_old: tuple[Lone, ...] = ()
    only_new: tuple[Lone, ...] = ()
    notes: tuple[str, ...] = ()
    builds: bool = False
    changes: tuple[Cause, ...] = field(default=())

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return all(each.same for each in self.datasets) and not self.only_old and not self.only_new
