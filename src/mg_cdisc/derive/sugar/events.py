"""The short form ``time_to_event``: one parameter of time to event from ordered sources."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from mg_cdisc.derive.base import Model, checked_expression
from mg_cdisc.derive.records import Keep
from mg_cdisc.derive.sugar.base import MadePart, MadeText, Sugar, SugarContext
from mg_cdisc.derive.sugar.event_words import ONE_OF_A_SUBJECT, described
from mg_cdisc.expression import ExpressionError, Mistakes, names, parse

Written = Annotated[str, AfterValidator(checked_expression)]
"""An expression as it is written: it stands in the steps that the short form expands into."""


class TimeSource(Model):
    """Where events, or dates of censoring, come from."""

    from_: str = Field(alias="from")
    """The dataset."""
    where: Written = ""
    """Which of its records."""
    date: Written
    """Their date: a date variable such as `ASTDT`, or an expression such as `date(AESTDTC)`."""
    take: Literal["first", "last"] | None = None
    """Which of several: the first of an event, the last of a censoring unless said otherwise. It
    decides within this source; what each source took is then compared as above."""
    CNSR: int | None = Field(None, ge=0)
    """0 for an event and 1 for a censoring unless said otherwise. A number above 0 among the events
    is something that ends the time before the event and is no event itself."""
    EVNTDESC: str = Field(min_length=1)
    """What the record tells: the event, or why the time is censored."""
    CNSDTDSC: str = ""
    """What the date of a censoring is."""
    SRCVAR: str = ""
    """The variable of the date. Left out: the one name in `date`; where that reads several, such as
    `greatest(LSTALVDT, EOSDT)`, SRCVAR is said."""
    SRCSEQ: Written = ""
    """The variable that numbers its records, such as `AESEQ` of an ADAE without ASEQ. Left out:
    --SEQ, of an analysis dataset ASEQ, of DM and ADSL none."""

    def which(self, *, censors: bool) -> str:
        """Which of several records counts."""
        return self.take or ("last" if censors else "first")

    def status(self, *, censors: bool) -> int:
        """Its CNSR."""
        return self.CNSR if self.CNSR is not None else int(censors)

    def number(self) -> str:
        """The expression of SRCSEQ."""
        if self.SRCSEQ:
            return self.SRCSEQ
        if self.from_ in ONE_OF_A_SUBJECT:
            return "number('')"
        return "ASEQ" if self.from_.startswith("AD") else f"{self.from_}SEQ"

    def variable(self) -> str:
        """The variable that the date is of: the one that its expression reads."""
        read = list(dict.fromkeys(each.name for each in names(parse(self.date))))
        if self.SRCVAR or len(read) == 1:
            return self.SRCVAR or read[0]
        raise ExpressionError(
            f"needs SRCVAR:, as date: reads {' and '.join(read) or 'no variable'}",
            "Say the variable of the date under SRCVAR:.",
            "missing-key",
        )


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
    where: Written = ""
    """Which of its records."""
    date: Written
    """The date; of several records the earliest."""


class TimeToEvent(Sugar):
    """``time_to_event``: one record for each subject with the time to its first event.

    The earliest of what the sources under `event` take counts; at the same date the source that
    is listed first. Where none has one, the first source under `censor` that has a record, whatever
    the dates of the others. An event counts also after a date of censoring; what lies before the
    start does not count. The step makes PARAMCD, PARAM, STARTDT, ADT, CNSR, EVNTDESC,
    CNSDTDSC (where a source says it), SRCDOM, SRCVAR and SRCSEQ; AVAL is left to the steps below,
    which decide its unit: `ADT - STARTDT + 1`, `months(STARTDT, ADT + 1)`.
    Missing: a record without a date counts for nothing, a subject without a start has no record,
    and one that no source speaks of has none either. Rule: ADaMIG 1.3 and ADaM BDS for
    Time-to-Event Analyses 1.0.
    """

    PARAMCD: str = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")
    """The parameter's code: at most 8 capital letters and digits."""
    PARAM: str = Field(min_length=1, max_length=200)
    """The parameter in words."""
    start: TimeStart
    """Where the time starts."""
    event: Sources = Field(min_length=1)
    """The events, and what competes with them."""
    censor: Sources = ()
    """Where a time without an event ends, tried in order."""
    keep: Keep = (("STUDYID", "STUDYID"), ("USUBJID", "USUBJID"))
    """The variables that pass on from every source; each source has them. What one source alone has
    is brought by a `lookup` below."""

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        mistakes = Mistakes()
        for place, each in enumerate(self.event):
            with mistakes.at("event", place):
                made.append(self._records(each, 0, place, ("event", place)))
        for place, each in enumerate(self.censor):
            with mistakes.at("censor", place):
                made.append(self._records(each, place + 1, 0, ("censor", place)))
        mistakes.done()
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
        away = "_away"  # earliest first of events, and of a censoring as its source says
        if any(each.which(censors=False) == "last" for each in self.event):
            # A source of events that counts its last record has that one alone, before the sources
            # are compared by date.
            away = "_after"
            made.append(
                {
                    "pick": {
                        "by": ["USUBJID", "PARAMCD", "_stage", "_place"],
                        "where": mine,
                        "order": ["_away", "SRCSEQ"],
                        "take": "first",
                        "reason": f"{self.PARAMCD}: not the record that its source takes",
                    }
                }
            )
        made.append(
            {
                "pick": {
                    "by": ["USUBJID", "PARAMCD"],
                    "where": mine,
                    "order": ["_stage", away, "_place", "SRCSEQ"],
                    "take": "first",
                    "reason": f"{self.PARAMCD}: not what the time ends with",
                }
            }
        )
        return made

    def _records(
        self, source: TimeSource, stage: int, place: int, at: tuple[str | int, ...]
    ) -> dict[str, Any]:
        """The records of one source; ``at`` is where it stands."""
        censors = stage > 0
        start: dict[str, Any] = {"from": MadeText(self.start.from_, "start", "from")}
        if self.start.where:
            start["where"] = MadeText(self.start.where, "start", "where")
        start["value"] = MadeText(f"min({self.start.date})", "start", "date")
        step: dict[str, Any] = {"from": MadeText(source.from_, *at, "from")}
        if source.where:
            step["where"] = MadeText(source.where, *at, "where")
        step["keep"] = [
            MadeText(new, "keep") if new == old else MadePart({new: old}, "keep")
            for new, old in self.keep
        ]
        values: dict[str, dict[str, Any]] = {
            "STARTDT": MadePart(start, "start"),
            "ADT": MadePart({"assign": source.date}, *at, "date"),
            "CNSR": {"assign": f"number('{source.status(censors=censors)}')"},
            "EVNTDESC": {"hardcode": source.EVNTDESC},
            "CNSDTDSC": {"hardcode": source.CNSDTDSC},
            "SRCDOM": {"hardcode": source.from_},
            "SRCVAR": {"hardcode": source.variable()},
            "SRCSEQ": MadePart({"assign": source.number()}, *at, "SRCSEQ"),
        }
        if not any(each.CNSDTDSC for each in (*self.event, *self.censor)):
            del values["CNSDTDSC"]
        first = at == ("event", 0)  # says it for all sources of the parameter
        for name, value in values.items():
            value["method"] = described(self, name) if first else ""
        last = source.which(censors=censors) == "last"
        step["set"] = {
            "PARAMCD": {"hardcode": self.PARAMCD},
            "PARAM": {"hardcode": self.PARAM},
            **values,
            "_stage": f"number('{stage}')",
            "_place": f"number('{place}')",
            "_away": "STARTDT - ADT" if last else "ADT - STARTDT",
        }
        if any(each.which(censors=False) == "last" for each in self.event):
            step["set"]["_after"] = "ADT - STARTDT"
        return {"records": MadePart(step, *at)}
