"""What the parts of a comparison of define.xml and data have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from lxml import etree

from mg_cdisc.define.read import DefineXml, attribute, children, whole_number
from mg_cdisc.define.term_rules import codes
from mg_cdisc.define.values import Described, check_values
from mg_cdisc.errors import Finding, Level
from mg_cdisc.frame import Column, Frame


class WrittenVariable(Protocol):
    """A variable as a transport file has it; ``length`` is in bytes."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def is_text(self) -> bool: ...
    @property
    def length(self) -> int: ...


class WrittenDataset(Protocol):
    """A dataset as a transport file has it."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def variables(self) -> Sequence[WrittenVariable]: ...
    @property
    def frame(self) -> Frame: ...


@dataclass(frozen=True)
class Comparison:
    """A define.xml, the datasets by name, and the encoding of their files."""

    define: DefineXml
    datasets: Mapping[str, WrittenDataset]
    encoding: str

    @cached_property
    def groups(self) -> Mapping[str, etree._Element]:
        """The described datasets by name."""
        return {attribute(group, "Name"): group for group in self.define.all("odm:ItemGroupDef")}

    @cached_property
    def variables(self) -> Mapping[tuple[str, str], str]:
        """The name of a variable by dataset and item: datasets may share an item."""
        return {
            (name, attribute(ref, "ItemOID")): attribute(item, "Name")
            for name, group in self.groups.items()
            for ref, item in self.items(group)
        }

    def items(self, parent: etree._Element) -> list[tuple[etree._Element, etree._Element]]:
        """The references of a dataset or value list, each with its item."""
        refs = children(parent, "odm:ItemRef")
        found = [(ref, self.define.find("odm:ItemDef", attribute(ref, "ItemOID"))) for ref in refs]
        return [(ref, item) for ref, item in found if item is not None]

    def described(self, item: etree._Element) -> Described:
        """What an item says of its values."""
        return Described(
            attribute(item, "DataType"),
            whole_number(attribute(item, "Length")),
            whole_number(attribute(item, "SignificantDigits")),
            codes(self.define, item),
        )

    def check_values(self, item: etree._Element, about: About, column: Column) -> Iterator[Finding]:
        """The values of a column against an item."""
        for kind, what in check_values(column, self.described(item), self.encoding):
            yield self.finding(item, kind, about, what, "Correct the description, or the data.")

    def finding(
        self,
        element: etree._Element,
        kind: str,
        about: About,
        what: str,
        todo: str,
        level: Level = "error",
    ) -> Finding:
        """With the line of an element."""
        return Finding(
            self.define.where(element),
            kind,
            f"{about} {what}",
            todo,
            level=level,
            dataset=about.dataset,
            variable=about.variable,
        )


@dataclass(frozen=True, slots=True)
class About:
    """What a finding is about: a dataset, a variable, or one value level of it (by OID)."""

    dataset: str
    variable: str = ""
    level: str = ""

    def __str__(self) -> str:
        place = f"{self.dataset}.{self.variable}" if self.variable else self.dataset
        return f"{place} ({self.level})" if self.level else place
