"""What the YAML files of a study may say: one model for each file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from mg_cdisc.derive import AnyValue, Model
from mg_cdisc.derive.base import Expr, TextList
from mg_cdisc.sources.declaration import SourceDeclaration

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
DatasetName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]


class Dictionary(Model):
    """A medical dictionary that coded terms come from."""

    name: str
    version: str
    label: str = ""
    variables: TextList = ()


class StandardsUsed(Model):
    """The versions of standards and terminology that the study follows."""

    sdtmig: str = "3.4"
    sdtm_ct: str
    adamig: str = "1.3"
    adam_ct: str | None = None
    define_ct: str | None = None


class Study(Model):
    """``study.yaml``: what holds for the whole study.

    ``data_cut`` dates every file of the package, so that two builds give the same bytes.
    ``subjects`` names the source that lists every subject.
    """

    study: str = Field(max_length=20)
    name: str = ""
    description: str
    protocol: str = ""
    originator: str = ""
    data_cut: date
    standards: StandardsUsed
    subjects: Name
    dictionaries: dict[str, Dictionary] = Field(default_factory=dict)
    encoding: Literal["ascii", "utf-8"] = "ascii"


class SourceSpec(SourceDeclaration):
    """One entry of ``sources.yaml``: a file, whose subjects it speaks of and how it writes dates.

    ``subject`` is an expression of the source's columns that gives the study's USUBJID; a source
    without one has no subjects (a list for the study). ``key`` are the columns that tell its rows
    apart. ``dates`` are its date formats. ``collected_by`` is Define-XML's origin source.
    """

    label: str = ""
    subject: Expr | None = None
    key: TextList = ()
    dates: TextList = ()
    collected_by: Literal["Investigator", "Subject", "Vendor", "Sponsor"] = "Investigator"
    pages: TextList = ()
    not_submitted: dict[str, str] = Field(default_factory=dict)


class Table(Model):
    """A small list written in place: ``columns`` (``NAME number`` for numbers) and ``rows``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    table: str = ""

    @model_validator(mode="after")
    def _even(self) -> Table:
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"row {number} ({', '.join(row)}) has {len(row)} cells, the table "
                    f"{len(self.columns)} columns"
                )
        return self


class TermMap(Model):
    """One codelist in ``terminology.yaml``.

    ``map`` is verbatim text to submission value. ``extend`` adds sponsor terms to an extensible
    published codelist. ``terms`` (with ``label``) makes a codelist of the sponsor's own: value to
    decode, empty where there is none.
    """

    map: dict[str, str] = Field(default_factory=dict)
    extend: dict[str, str] = Field(default_factory=dict)
    terms: dict[str, str] = Field(default_factory=dict)
    label: str = ""
    ordered: bool = False


class Range(Model):
    """The lowest and highest total."""

    low: float
    high: float


class Total(Model):
    """A total score: its codes, where it was collected, its items and the rule."""

    code: str = Field(max_length=8)
    name: str = Field(max_length=40)
    column: str = ""
    items: TextList = ("all",)
    missing_items: Literal["missing", "prorate", "ignore"] = "missing"


class Instrument(Model):
    """``instruments/NAME.yaml``: a questionnaire or rating scale, as data.

    ``direction`` says which way a score worsens, as published and as the registry has it; both
    ranges stand beside each other so that a disagreement can be reported and not picked silently.
    """

    instrument: str
    category: str
    domain: str = "QS"
    answers: dict[str, Table]
    items: Table
    totals: tuple[Total, ...] = ()
    direction: dict[
        Literal["published", "registered"], Literal["higher is worse", "lower is worse"]
    ]
    ranges: dict[Literal["published", "registered"], Range]
    copyright: str = ""


class VariableFacts(Model):
    """What only a person knows of a variable, or overrides of what the standard says."""

    label: str | None = Field(None, max_length=40)
    type: Literal["text", "number", "date", "datetime", "time"] | None = None
    comment: str = ""
    pages: TextList = ()
    origin: (
        Literal["Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available"]
        | None
    ) = None
    origin_source: Literal["Investigator", "Subject", "Vendor", "Sponsor"] | None = None
    statement: str = ""
    method: str = ""
    codelist: str | None = None
    format: str = ""
    length: int | None = Field(None, ge=1, le=200)
    role: str = ""
    mandatory: bool | None = None


class Supplemental(Model):
    """One supplemental qualifier of a dataset: QNAM, QLABEL and its value.

    A record is made only where the value is not blank. Rule: SDTMIG 3.4 section 8.4.
    """

    QNAM: str = Field(pattern=r"^[A-Z_][A-Z0-9_]{0,7}$")
    QLABEL: str = Field(max_length=40)
    value: AnyValue
    origin: Literal["Collected", "Derived", "Assigned", "collected", "derived", "assigned"] = (
        "Collected"
    )
    QEVAL: str = ""
    idvar: str | None = None
    comment: str = ""
    pages: TextList = ()

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        own = {"QNAM", "QLABEL", "origin", "QEVAL", "idvar", "comment", "pages", "value"}
        if isinstance(data, dict) and not isinstance(data.get("value"), dict | str):
            rest = {key: item for key, item in data.items() if key not in own}
            return {key: item for key, item in data.items() if key in own} | {"value": rest}
        if isinstance(data, dict) and "from" in data:
            rest = {key: item for key, item in data.items() if key not in own - {"value"}}
            return {key: item for key, item in data.items() if key in own} | {"value": rest}
        return data

    @field_validator("origin")
    @classmethod
    def _proper(cls, value: str) -> str:
        return value.capitalize()


class Work(Model):
    """A helper dataset that is never written."""

    steps: tuple[dict[str, Any], ...]
    tables: dict[str, Table] = Field(default_factory=dict)


class DatasetSpec(Model):
    """``sdtm/NAME.yaml`` or ``adam/NAME.yaml``: how one dataset is made.

    ``steps`` run top to bottom; ``keys`` sort the records and tell them apart. ``class`` and
    ``label`` are needed only for a custom domain.
    """

    dataset: DatasetName
    extends: TextList = ()
    domain: str | None = None
    class_: str | None = Field(None, alias="class")
    label: str | None = Field(None, max_length=40)
    structure: str | None = None
    keys: tuple[str, ...]
    steps: tuple[Any, ...]
    tables: dict[str, Table] = Field(default_factory=dict)
    work: dict[str, Work] = Field(default_factory=dict)
    units: dict[str, dict[str, str]] = Field(default_factory=dict)
    variables: dict[str, VariableFacts] = Field(default_factory=dict)
    supplemental: tuple[Supplemental, ...] = ()
    not_submitted: dict[str, str] = Field(default_factory=dict)
    comment: str = ""
    value_level: dict[str, TextList] = Field(default_factory=dict)


class Accepted(Model):
    """One entry of ``findings.yaml``: a class of findings, or a single one, with its reason.

    ``then`` says what happened to the value: ``kept``, ``blank``, ``supplemental`` or ``excluded``.
    """

    finding: str
    dataset: str | None = None
    variable: str | None = None
    file: str | None = None
    row: int | None = None
    containing: str | None = None
    then: Literal["kept", "blank", "supplemental", "excluded"]
    reason: str = Field(min_length=10)


__all__ = [
    "Accepted",
    "DatasetSpec",
    "Dictionary",
    "Instrument",
    "SourceSpec",
    "Study",
    "Supplemental",
    "Table",
    "TermMap",
    "Total",
    "VariableFacts",
    "Work",
]
