"""Facts of an implementation guide: what it says of one dataset and of one variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["SDTM", "ADaM"]
Type = Literal["Char", "Num"]
Core = Literal["Req", "Exp", "Perm", "Cond"]

TYPES: tuple[str, ...] = ("Char", "Num")
CORES: tuple[str, ...] = ("Req", "Exp", "Perm", "Cond")
GENERAL_CLASSES: tuple[str, ...] = ("Interventions", "Events", "Findings", "Findings About")
CONTINUED: tuple[str, ...] = ("COVAL", "TSVAL")
"""Variables whose text over 200 bytes goes on in variables of their own: COVAL1, COVAL2 ...
Rule: SDTMIG 3.4, CO assumption 3 and TS assumption 8."""


@dataclass(frozen=True, slots=True)
class DatasetFact:
    """A dataset of the SDTMIG, or a data structure of the ADaMIG.

    ``cls`` is the class as the guide writes it (``Special-Purpose``, ``BASIC DATA STRUCTURE``),
    ``subclass`` is filled in ADaM only, ``structure`` says what one record is.
    """

    name: str
    cls: str
    label: str
    structure: str = ""
    subclass: str = ""

    @property
    def define_class(self) -> str:
        """The class as Define-XML's codelist GNRLOBSC (C103329) writes it.

        >>> DatasetFact("DM", "Special-Purpose", "Demographics").define_class
        'SPECIAL PURPOSE'
        """
        return self.cls.upper().replace("-", " ")


@dataclass(frozen=True, slots=True)
class VariableFact:
    """A variable as the guide gives it for one dataset or data structure.

    ``order`` counts from 1 in the dataset. ``codelists`` are the C-codes of the codelists that it
    may draw on, ``values`` a fixed list of values, ``described`` a value domain in words
    (``ISO 8601 duration``). ``role`` is filled in SDTM, ``variable_set`` in ADaM. ``pattern`` is
    the guide's own name where ``name`` was completed from it (``TRTxxP`` for ``TRT01P``).
    """

    dataset: str
    order: int
    name: str
    label: str
    type: Type
    core: Core
    role: str = ""
    variable_set: str = ""
    codelists: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    described: str = ""
    pattern: str = ""

    @property
    def label_is_open(self) -> bool:
        """The guide leaves a part of the label to the sponsor: ``{Start Date}``."""
        return "{" in self.label
