"""What a short form is, and what it may know of where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

from mg_cdisc.derive.base import Model


class MadeText(str):
    """Text of an expansion that is made of the part of the short form at ``path``."""

    __slots__ = ("path",)
    path: tuple[str | int, ...]

    def __new__(cls, text: str, *path: str | int) -> Self:
        """The text, and where a mistake in it is told."""
        made = super().__new__(cls, text)
        made.path = path
        return made


class MadePart(dict[str, Any]):
    """A mapping of an expansion that is made of the part of the short form at ``path``."""

    __slots__ = ("path",)

    def __init__(self, data: Mapping[str, Any], *path: str | int) -> None:
        """The data, and where a mistake in what is no ``MadeText`` is told."""
        super().__init__(data)
        self.path = path


class SugarContext(Protocol):
    """What a short form may know of where it stands."""

    @property
    def dataset(self) -> str:
        """The dataset being made."""

    @property
    def domain(self) -> str:
        """Its domain code."""

    @property
    def broken(self) -> frozenset[str]:
        """Names of what could not be read: ``instrument:NAME``."""

    def instruments(self) -> Mapping[str, Any]:
        """The instruments of the study by file name."""


class Sugar(Model):
    """A short form: subclasses say what it may hold and what it expands into."""

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        """Plain steps, as YAML would say them."""
        raise NotImplementedError
