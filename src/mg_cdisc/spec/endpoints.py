"""``endpoints.yaml``: the study's endpoints, and how each is analysed from its datasets.

A result is taken from one analysis dataset with one filter: what more it needs is a variable of that
dataset. The same definitions give the first results (``mg-cdisc endpoints``) and the Analysis Results
Metadata of define.xml.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from mg_cdisc.derive import Model
from mg_cdisc.derive.base import Expr, TextList

ENDPOINTS = "endpoints.yaml"
Variable = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]{0,7}$")]
DatasetName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
Shown = dict[str, str]
"""Values in their order, each with the text that is printed for it."""


def _shown(values: Any) -> Any:
    """The values of a category, each with its text: itself, where only the values are listed."""
    if isinstance(values, str):
        return {values: values}
    if isinstance(values, list) and all(isinstance(each, str) for each in values):
        return {each: each for each in values}
    return values


def _categories(written: Any) -> Any:
    """``NAME``, ``[NAME, ...]`` or ``{NAME: values}`` as one mapping."""
    if isinstance(written, str):
        return {written: {}}
    if isinstance(written, list) and all(isinstance(each, str) for each in written):
        return {each: {} for each in written}
    if isinstance(written, dict):
        return {name: _shown(values) for name, values in written.items()}
    return written


Categories = Annotated[
    dict[Variable, Shown],
    BeforeValidator(
        _categories,
        json_schema_input_type=str
        | tuple[str, ...]
        | dict[str, str | tuple[str, ...] | dict[str, str]],
    ),
]


class Population(Model):
    """Subjects of which an analysis speaks: the denominator of its proportions."""

    label: str
    """What it is called."""
    dataset: DatasetName = "ADSL"
    """A dataset with one record per subject."""
    where: Expr
    """Which of its records: comparisons of variables with constants, joined by `and`."""


class Count(Model):
    """The number of subjects with a record, of all subjects of the population.

    Each line has the proportion with its exact (Clopper-Pearson) confidence limits and the number
    of records. `count: subjects` is the short form.
    """

    of: Literal["subjects"] = "subjects"
    """What is counted."""
    across: Categories = Field(default_factory=dict)
    """One variable whose values stand side by side, as grades do; `by` of the result says the
    lines."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"of": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one(self) -> Count:
        if len(self.across) > 1:
            raise PydanticCustomError(
                "bad-value", "across takes one variable", {"todo": "Put the others under by:."}
            )
        return self


class Proportion(Model):
    """The proportion of subjects whose value is one of `yes`, with exact confidence limits.

    A subject of the population without a value is missing. `left out`: the denominator is the
    subjects with a value. `no`: it is all subjects of the population. A subject has one record at
    most in each line.
    """

    of: Variable = "AVALC"
    """The variable that says yes or no."""
    yes: TextList = ("Y",)
    """The values that count as yes."""
    missing: tuple[Literal["left out", "no"], ...] = ("left out",)
    """What becomes of subjects without a value; of both, each is shown."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"of": data}
        if isinstance(data, dict) and isinstance(data.get("missing"), str):
            return {**data, "missing": [data["missing"]]}
        return data


class Summary(Model):
    """Number, mean with confidence limits (t), standard deviation, median, least and greatest value.

    A subject has one record at most in each line. `summary: [AVAL, CHG]` is the short form.
    """

    of: TextList
    """The numeric variables."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"of": data} if isinstance(data, str | list) else data


class TimeToEvent(Model):
    """The Kaplan-Meier estimate: subjects, events, and the median with its confidence limits.

    Limits are those of Brookmeyer and Crowley on the log-log scale. A time that is not reached is
    shown as NE. A subject has one record at most in each line.
    """

    time: Variable = "AVAL"
    """The time."""
    censor: Variable = "CNSR"
    """0 for an event, any other number for a censored time."""
    unit: str = ""
    """The unit of the time, for the heading."""
    at: tuple[float, ...] = ()
    """Times at which the proportion with the event is estimated."""
    reasons: TextList = ()
    """Variables that say why a time ended, to count subjects by: `[EVNTDESC, CNSDTDSC]`."""


KINDS = ("count", "proportion", "summary", "time_to_event")
"""The kinds of result; each is a key of a result."""


class Analysis(Model):
    """One result of an endpoint: one dataset, one filter, one of `count`, `proportion`, `summary`,
    `time_to_event`.
    """

    title: str
    """What it shows, in one line."""
    dataset: DatasetName
    """The analysis dataset."""
    where: Expr
    """The filter: comparisons of variables with constants, joined by `and`, as define.xml can say
    them. What cannot be said so is flagged in the dataset (ANLzzFL)."""
    population: str
    """One of `populations`."""
    by: Categories = Field(default_factory=dict)
    """The variables that make lines: `AVISIT`, `[PARAM, AVISIT]`. `{ATOXGRN: ["1", "2"]}` shows these
    values in this order, also where there is none; `{PARAMCD: {CODE: text}}` shows texts for them.
    Otherwise lines stand in the order of the variable's number (AVISITN of AVISIT), else of its
    values."""
    count: Count | None = None
    """Number of subjects with a record."""
    proportion: Proportion | None = None
    """Proportion of subjects with a yes."""
    summary: Summary | None = None
    """Summary of numbers."""
    time_to_event: TimeToEvent | None = None
    """Kaplan-Meier estimate."""
    documentation: str = ""
    """More about the analysis for define.xml, behind the sentence that follows from its kind."""

    @model_validator(mode="after")
    def _one_kind(self) -> Analysis:
        said = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(said) != 1:
            what = f"has {' and '.join(said)}" if said else "does not say what is computed"
            todo = f"Keep one of {', '.join(said)}." if said else f"Add one of {', '.join(KINDS)}."
            raise PydanticCustomError("bad-value", "{what}", {"what": what, "todo": todo})
        return self

    @property
    def kind(self) -> str:
        """Which kind of result it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def categories(self) -> Categories:
        """The variables that make lines and columns, with the values to show (none: those found)."""
        across = self.count.across if self.count is not None else {}
        return {**self.by, **across}

    @property
    def values(self) -> tuple[str, ...]:
        """The variables that are analysed."""
        match self:
            case Analysis(proportion=Proportion() as each):
                return (each.of,)
            case Analysis(summary=Summary() as each):
                return each.of
            case Analysis(time_to_event=TimeToEvent() as each):
                return (each.time, each.censor, *each.reasons)
        return ()

    @property
    def numeric(self) -> tuple[str, ...]:
        """Those of the variables that are analysed which must be numbers."""
        if self.time_to_event is not None:
            return (self.time_to_event.time, self.time_to_event.censor)
        return self.summary.of if self.summary is not None else ()


class Document(Model):
    """A document in which an endpoint is described or shown; it is copied beside define.xml."""

    file: str = Field(pattern=r"^[^/\\].*\.pdf$")
    """The PDF file, relative to the study's folder."""
    title: str
    """Its title in define.xml."""
    pages: TextList = ()
    """Its pages, or the names of places in it."""


class Endpoint(Model):
    """One endpoint, and the results that show it."""

    title: str
    """The endpoint, as it is registered."""
    window: str = ""
    """The time in which it is observed."""
    purpose: Literal["primary", "secondary", "exploratory"]
    """Which outcome measure it is."""
    reason: Literal["protocol", "SAP", "data", "agency"] = "protocol"
    """Why it is analysed: specified in the protocol or in the statistical analysis plan, driven by
    the data, requested by an agency."""
    display: str = ""
    """The name of the table that shows it (`Table 14-3.01`). Left out: the endpoint's own name."""
    document: Document | None = None
    """Where it is described or shown."""
    results: dict[str, Analysis] = Field(min_length=1)
    """Its results, each under a name of your own."""


class Endpoints(Model):
    """``endpoints.yaml``: the endpoints of a study and how each is analysed."""

    note: str = ""
    """A remark that stands at every result, such as that the data are invented."""
    groups: Variable | None = None
    """A variable of the populations' dataset by whose values subjects are told apart (TRT01A). Left
    out: all are one group."""
    confidence: int = Field(95, ge=50, le=99)
    """The level of the confidence limits, in percent."""
    populations: dict[str, Population] = Field(min_length=1)
    """Populations, each under a name of your own."""
    endpoints: dict[str, Endpoint] = Field(min_length=1)
    """Endpoints, each under a name of your own."""
