"""Short forms about dates: study days, epochs, the last result before the first exposure."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from mg_cdisc.derive.base import TextList
from mg_cdisc.derive.sugar.base import Sugar, SugarContext
from mg_cdisc.expression import ExpressionError, Mistakes


class StudyDay(Sugar):
    """``study_day``: the study day of each date variable, relative to RFSTDTC of DM.

    ``study_day: [AESTDTC, AEENDTC]`` makes AESTDY and AEENDY; there is no day 0. Missing: a study
    day is missing unless both dates are complete. Rule: SDTMIG 3.4 section 4.4.4.
    """

    of: TextList
    """The --DTC variables; written bare where no other option is needed."""
    reference: str = "RFSTDTC"
    """The variable of DM that is day 1."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        return {"of": data} if isinstance(data, str | list) else data

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        mistakes = Mistakes()
        for position, name in enumerate(self.of):
            with mistakes.at(position):
                if not name.endswith("DTC"):
                    raise ExpressionError(
                        f"study_day reads variables like --DTC, and {name} is not called so",
                        "Write a step that calls study_day(date, reference).",
                    )
        mistakes.done()
        made: list[dict[str, Any]] = []
        reference = self.reference
        if context.dataset != "DM":
            reference = f"_{self.reference.lower()}"
            made.append({"lookup": {"from": "DM", "keep": [{reference: self.reference}]}})
        made += [{name[:-3] + "DY": f"study_day({name}, {reference})"} for name in self.of]
        return made


class Epoch(Sugar):
    """``epoch``: the EPOCH of the element of SE that a date falls into.

    Where date and element boundary both have a time, the time decides; on the boundary day without
    times the later element is taken. Missing: a partial date has no epoch. Rule: SDTMIG 3.4 section
    4.1 (EPOCH), the boundary rule is this product's, stated in define.xml.
    """

    of: str
    """The date variable; written bare."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        return {"of": data} if isinstance(data, str) else data

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        began = f"this.{self.of} >= SESTDTC"
        ended = f"this.{self.of} > SEENDTC"
        where = (
            f"not missing(date(this.{self.of})) and not missing(SESTDTC)"
            f" and ({began} or undecided({began}))"
            f" and (missing(SEENDTC) or not ({ended}) or undecided({ended}))"
        )
        return [
            {
                "EPOCH": {
                    "from": "SE",
                    "where": where,
                    "order": ["SESTDTC", "SESEQ"],
                    "take": "last",
                    "value": "EPOCH",
                    "method": (
                        f"EPOCH of the element of SE that {self.of} falls into: by date and time "
                        "where both are known, else by date, and on the day on which one element "
                        "ends and the next begins the later one. Missing where the date is partial."
                    ),
                }
            }
        ]


class LastBeforeExposure(Sugar):
    """``last_before_exposure``: --LOBXFL on the last non-missing result before the first exposure.

    Strictly before RFXSTDTC. ``by`` are the keys of a measurement beside the subject, ``order`` how
    its records follow each other. Missing: a missing result does not count, nor does one of which
    the known parts of its date do not settle that it is before (the same day, without a time),
    unless ``predose`` says so. Rule: SDTMIG 3.4 section 4.5.9.
    """

    by: TextList
    """The variables that identify one measurement, beside the subject."""
    order: TextList = ()
    """In which order its records stand. Left out: --DTC, then --SEQ."""
    predose: str | None = None
    """What the form says of a record whose date does not settle it: it is before the exposure where
    this condition is true (`PREDOSE = 'Y'`)."""

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        domain = context.domain
        before = f"{domain}DTC < _rfxstdtc"
        if self.predose is not None:
            before = f"({before} or undecided({before}) and ({self.predose}))"
        order = list(self.order) or [f"{domain}DTC", f"{domain}SEQ"]
        return [
            {"lookup": {"from": "DM", "keep": [{"_rfxstdtc": "RFXSTDTC"}]}},
            {
                f"{domain}LOBXFL": {
                    "flag": f"{before} and not missing({domain}STRESC)",
                    "by": ["USUBJID", *self.by],
                    "order": order,
                    "take": "last",
                }
            },
        ]
