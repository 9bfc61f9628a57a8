"""What a study writes as lists: small tables in place, and instruments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mg_cdisc.derive import Model
from mg_cdisc.derive.base import TextList
from mg_cdisc.spec.shapes import instrument_faults, refuse, table_faults


class Table(Model):
    """A small list written in place: ``columns`` (``NAME number`` for numbers) and ``rows``."""

    columns: tuple[str, ...]
    """The columns' names; `NAME number` holds numbers."""
    rows: tuple[tuple[str, ...], ...]
    """The rows, each a list with a cell for each column; `""` is missing."""
    table: str = ""
    """The table's name. Left out: the file's name."""

    @model_validator(mode="after")
    def _even(self) -> Table:
        refuse("bad-table", table_faults(self.columns, self.rows))
        return self


class Range(Model):
    """The lowest and highest total."""

    low: float
    """The lowest total."""
    high: float
    """The highest total."""


class Total(Model):
    """A total score: its codes, where it was collected, its items and the rule."""

    code: str = Field(max_length=8)
    """Its --TESTCD."""
    name: str = Field(max_length=40)
    """Its --TEST."""
    column: str = ""
    """The source column where it was collected; left out, the total is not a record."""
    items: TextList = ("all",)
    """The codes of the items that it sums, or `all`."""
    missing_items: Literal["missing", "prorate", "ignore"] = "missing"
    """What a missing item does to the total, as the manual says: the total is not to be computed,
    is the mean of the answered items times their number, or is the sum of the answered ones."""
    ranges: dict[Literal["published", "registered"], Range] = Field(default_factory=dict)
    """`published` and `registered`: its lowest and highest value. Left out: the instrument's, of a
    total of all items."""


class Instrument(Model):
    """``instruments/NAME.yaml``: a questionnaire or rating scale, as data.

    ``direction`` says which way a score worsens, as published and as the registry has it; both
    ranges stand beside each other so that a disagreement can be reported and not picked silently.
    """

    instrument: str
    """The instrument's full name."""
    category: str
    """The value of --CAT."""
    domain: str = "QS"
    """The domain that its records belong to."""
    answers: dict[str, Table]
    """Lists of answers, each under a name: a table with the columns `code`, `text`, `score`."""
    items: Table
    """A table with the columns `code` (--TESTCD), `name` (--TEST), `column` (in the source) and
    `answers` (which list)."""
    totals: tuple[Total, ...] = ()
    """The total scores."""
    direction: dict[
        Literal["published", "registered"], Literal["higher is worse", "lower is worse"]
    ]
    """`published` and `registered`: which way a score worsens. That they differ is reported."""
    ranges: dict[Literal["published", "registered"], Range]
    """`published` and `registered`: the lowest and highest total. That they differ is reported, and
    so is each total outside one of them."""
    copyright: str = ""
    """Who holds the rights (not used yet)."""

    @model_validator(mode="after")
    def _consistent(self) -> Instrument:
        answers = {name: table.columns for name, table in self.answers.items()}
        totals = {total.code: total.items for total in self.totals}
        items = (self.items.columns, self.items.rows)
        refuse("bad-instrument", instrument_faults(items, answers, totals))
        return self
