"""A study bound: its datasets with every step, and the order in which all steps run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mg_cdisc.derive import Bound, BoundValue
from mg_cdisc.errors import Location
from mg_cdisc.expression import Type
from mg_cdisc.spec.catalog import StudyCatalog
from mg_cdisc.spec.load import StudyFiles
from mg_cdisc.spec.models import DatasetSpec
from mg_cdisc.spec.tree import Branch


@dataclass(frozen=True)
class BoundDataset:
    """A dataset with every step bound.

    ``kind`` is sdtm, adam, supp or work. ``parent`` is the dataset that a supplemental one belongs
    to. ``types`` are the final columns by key.
    """

    name: str
    kind: str
    steps: tuple[Bound, ...]
    types: Mapping[str, Type]
    where: Location
    spec: DatasetSpec | None = None
    parent: str = ""
    expanded: tuple[Branch, ...] = ()

    @property
    def by_subject(self) -> bool:
        """Whether it has records of subjects: those of RELREC have a USUBJID that may be blank."""
        return "USUBJID" in self.types and any(
            "USUBJID" in step.makes for step in self.steps if step.changes_rows
        )

    def values(self) -> dict[str, tuple[Bound, BoundValue]]:
        """For each variable the step and value that made it (the last that revised it wins not)."""
        return dict(self._values)

    @cached_property
    def _values(self) -> dict[str, tuple[Bound, BoundValue]]:
        made: dict[str, tuple[Bound, BoundValue]] = {}
        for step in self.steps:
            for name, value in step.values.items():
                made.setdefault(name, (step, value))
        return made

    def makers(self, name: str) -> tuple[tuple[Bound, BoundValue], ...]:
        """Every step and value that makes a variable: several where records are stacked."""
        return self._makers.get(name, ())

    @cached_property
    def _makers(self) -> dict[str, tuple[tuple[Bound, BoundValue], ...]]:
        made: dict[str, tuple[tuple[Bound, BoundValue], ...]] = {}
        for step in self.steps:
            for name, value in step.values.items():
                if name not in step.revises:
                    made[name] = (*made.get(name, ()), (step, value))
        return made

    def made_at(self, name: str) -> Location:
        """Where a variable is made: its step, else the dataset's spec."""
        made = self.values().get(name)
        return made[0].where if made is not None else self.where

    def revisions(self, name: str) -> tuple[Bound, ...]:
        """The steps that change a variable after it was made."""
        return self._revisions.get(name, ())

    @cached_property
    def _revisions(self) -> dict[str, tuple[Bound, ...]]:
        made: dict[str, tuple[Bound, ...]] = {}
        for step in self.steps:
            for name in step.revises:
                made[name] = (*made.get(name, ()), step)
        return made

    @cached_property
    def steps_at(self) -> Mapping[Location, tuple[Bound, ...]]:
        """The steps that were made of what stands at a place of the spec."""
        made: dict[Location, tuple[Bound, ...]] = {}
        for step in self.steps:
            made[step.where] = (*made.get(step.where, ()), step)
        return made


CrfPages = Mapping[str, Mapping[str, tuple[str, ...]]]
"""For each form its pages in the annotated CRF that the build makes: all of them under '', and those
of one annotation under ``VS.VSORRES`` and ``VS.VSORRES|SYSBP`` (of one test, or qualifier)."""


@dataclass(frozen=True)
class Plan:
    """The whole study bound: datasets, and the order in which their steps run.

    ``crf_pages`` is empty until an annotated CRF is made, and where the study has one of its own.
    """

    files: StudyFiles
    catalog: StudyCatalog
    datasets: Mapping[str, BoundDataset]
    order: tuple[tuple[str, int], ...]
    subjects: Mapping[str, Any] = field(default_factory=dict)
    crf_pages: CrfPages = field(default_factory=dict)
