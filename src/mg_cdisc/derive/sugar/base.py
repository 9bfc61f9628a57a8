"""What a short form is, and what it may know of where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mg_cdisc.derive.base import Model


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
