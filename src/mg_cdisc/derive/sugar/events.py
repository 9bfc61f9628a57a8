"""The short form ``time_to_event``: one parameter of time to event from ordered sources."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mg_cdisc.derive.base import Model
from mg_cdisc.derive.records import Keep
from mg_cdisc.derive.sugar.base import Sugar, SugarContext


class TimeSource(Model):
    """Where events, or dates of censoring, come from."""

    from_: str = Field(alias="from")
    """The dataset."""
    where: str = ""
    """Which of its records."""
    date: str
    """Their date."""
    take: Literal["first", "last"] | None = None
    """Which of several: the first of an event, the last of a censoring unless said otherwise."""
    CNSR: int | None = Field(None, ge=0)
    """0 for an event and 1 for a censoring unless said otherwise. A number above 0 among the events
    is something that ends the time before the event and is no event itself."""
    EVNTDESC: str = Field(min_length=1)
    """What the record tells: the event, or why the time is censored."""
    CNSDTDSC: str = ""
    """What the date of a censoring is."""
    SRCVAR: str = ""
    """The variable of the date, where `date` is an expression. Left out: the name in `date`."""
    SRCSEQ: str = ""
    """The variable that numbers its records. Left out: --SEQ, of an analysis dataset ASEQ, of ADSL
    none."""


def _one_or_more(value: Any) -> Any:
    """One source needs no list."""
    return [value] if isinstance(value, dict) else value


Sources = Annotated[
    tuple[TimeSource, ...],
    BeforeValidator(_one_or_more, json_schema_input_type=TimeSource | tuple[TimeSource, ...]),
]


class TimeStart(Model):
    """Where the time starts; a subject without a start has no record."""

    from_: str = Field(alias="from")
    """The dataset."""
    where: str = ""
    """Which of its records."""
    date: str
    """The date; of several records the earliest."""


class TimeToEvent(Sugar):
    """``time_to_event``: one record for each subject with the time to its first event.

    The earliest record of the sources under `event` counts; at the same date the source that is
    listed first. Where none has one, the first source under `censor` that has a record. What lies
    before the start does not count. The step makes PARAMCD, PARAM, STARTDT, ADT, CNSR, EVNTDESC,
    CNSDTDSC, SRCDOM, SRCVAR and SRCSEQ; AVAL is left to the steps below, which decide its unit.
    Missing: a record without a date counts for nothing, a subject without a start has no record,
    and one that no source speaks of has none either. Rule: ADaMIG 1.3 and ADaM BDS for
    Time-to-Event Analyses 1.0.
    """

    PARAMCD: str = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")
    """The parameter's code."""
    PARAM: str = Field(min_length=1, max_length=200)
    """The parameter in words."""
    start: TimeStart
    """Where the time starts."""
    event: Sources = Field(min_length=1)
    """The events, and what competes with them."""
    censor: Sources = ()
    """Where a time without an event ends, tried in order."""
    keep: Keep = (("STUDYID", "STUDYID"), ("USUBJID", "USUBJID"))
    """The variables that pass on from every source."""

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        made = [self._records(each, stage=0, place=place) for place, each in enumerate(self.event)]
        made += [
            self._records(each, stage=stage, place=0)
            for stage, each in enumerate(self.censor, start=1)
        ]
        mine = f"PARAMCD = '{self.PARAMCD}'"
        made.append(
            {
                "exclude": {
                    f"{self.PARAMCD}: the subject has no start": f"{mine} and missing(STARTDT)",
                    f"{self.PARAMCD}: without a date": f"{mine} and missing(ADT)",
                    f"{self.PARAMCD}: before the start": f"{mine} and ADT < STARTDT",
                }
            }
        )
        made.append(
            {
                "pick": {
                    "by": ["USUBJID", "PARAMCD"],
                    "where": mine,
                    "order": ["_stage", "_away", "_place", "SRCSEQ"],
                    "take": "first",
                    "reason": f"{self.PARAMCD}: not what the time ends with",
                }
            }
        )
        return made

    def _records(self, source: TimeSource, stage: int, place: int) -> dict[str, Any]:
        censors = stage > 0
        last = (source.take or ("last" if censors else "first")) == "last"
        status = source.CNSR if source.CNSR is not None else int(censors)
        start: dict[str, Any] = {"from": self.start.from_, "value": f"min({self.start.date})"}
        if self.start.where:
            start["where"] = self.start.where
        step: dict[str, Any] = {"from": source.from_}
        if source.where:
            step["where"] = source.where
        step["keep"] = [new if new == old else {new: old} for new, old in self.keep]
        step["set"] = {
            "PARAMCD": {"hardcode": self.PARAMCD},
            "PARAM": {"hardcode": self.PARAM},
            "STARTDT": start,
            "ADT": source.date,
            "CNSR": f"number('{status}')",
            "EVNTDESC": {"hardcode": source.EVNTDESC},
            "CNSDTDSC": {"hardcode": source.CNSDTDSC},
            "SRCDOM": {"hardcode": source.from_},
            "SRCVAR": {"hardcode": source.SRCVAR or _plain_name(source.date)},
            "SRCSEQ": _number(source),
            "_stage": f"number('{stage}')",
            "_place": f"number('{place}')",
            "_away": "STARTDT - ADT" if last else "ADT - STARTDT",
        }
        return {"records": step}


def _plain_name(date: str) -> str:
    """The variable that a date is, or the one that `date(...)` reads."""
    inner = date.removeprefix("date(").removesuffix(")")
    return inner if inner.isidentifier() else ""


def _number(source: TimeSource) -> str:
    if source.SRCSEQ:
        return source.SRCSEQ
    if source.from_ == "ADSL":
        return "number('')"
    return "ASEQ" if source.from_.startswith("AD") else f"{source.from_}SEQ"
