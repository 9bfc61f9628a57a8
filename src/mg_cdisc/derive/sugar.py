"""Sugar: short forms for lines that come back, each of which expands into plain steps.

Sugar is YAML to YAML: ``mg-cdisc spec show`` prints what it expands into, and nothing else exists
of it afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import Field, model_validator

from mg_cdisc.derive.base import Model, TextList
from mg_cdisc.errors import nearest, one_of
from mg_cdisc.expression import ExpressionError, FollowUpError, Mistakes


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
    the known parts of its date do not settle that it is before (the same day, without a time).
    Rule:
    SDTMIG 3.4 section 4.5.9.
    """

    by: TextList
    """The variables that identify one measurement, beside the subject."""
    order: TextList = ()
    """In which order its records stand. Left out: --DTC, then --SEQ."""

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        domain = context.domain
        order = list(self.order) or [f"{domain}DTC", f"{domain}SEQ"]
        return [
            {"lookup": {"from": "DM", "keep": [{"_rfxstdtc": "RFXSTDTC"}]}},
            {
                f"{domain}LOBXFL": {
                    "flag": f"{domain}DTC < _rfxstdtc and not missing({domain}STRESC)",
                    "by": ["USUBJID", *self.by],
                    "order": order,
                    "take": "last",
                }
            },
        ]


class Instruments(Sugar):
    """``instruments``: questionnaires and rating scales from wide forms to findings.

    ``from`` names the form of each instrument (``{instrument: form}``). Every item and total of an
    instrument becomes a record: the result is the text of the chosen answer, the standardised
    result its score; a total is carried as collected. Missing: an item left blank is a record with
    blank results, for the spec to treat.
    """

    from_: dict[str, str] = Field(alias="from")
    """`{instrument: form}`: the file name in instruments/ and the source."""
    where: str | None = None
    """Only these rows of the forms."""

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        known = context.instruments()
        domain = context.domain
        made: list[dict[str, Any]] = []
        mistakes = Mistakes()
        for name in self.from_:
            with mistakes.at("from", name):
                _check_instrument(name, known, context)
        mistakes.done()
        for name, form in self.from_.items():
            records: dict[str, Any] = {
                "from": form,
                "unpivot": {"table": f"{name}.tests", "values": {"_answer": "column"}},
                "set": {f"{domain}CAT": {"hardcode": known[name].category}},
            }
            if self.where:
                records["where"] = self.where
            made.append({"records": records})
        keep = [{"_text": "text"}, {"_score": "score"}]
        by = [{f"{domain}TESTCD": "test"}, {"_answer": "answer"}]
        return [
            *made,
            {"lookup": {"from": "instruments.answers", "by": by, "keep": keep}},
            {
                "check": {
                    "must": {
                        "the answer is one that the instrument offers": (
                            "_kind = 'total' or _answer = '' or not missing(_score)"
                        )
                    },
                    "todo": "Correct the answer list of the instrument, or query the site.",
                }
            },
            {f"{domain}ORRES": "if(_kind = 'item', _text, _answer)"},
            {f"{domain}STRESC": "if(_kind = 'item', _score, _answer)"},
            {f"{domain}STRESN": f"number({domain}STRESC)"},
        ]


def _check_instrument(name: str, known: Mapping[str, Any], context: SugarContext) -> None:
    if f"instrument:{name}" in context.broken:
        raise FollowUpError(f"instrument {name} has a mistake of its own")
    if name not in known:
        raise ExpressionError(
            f"there is no instrument {name}",
            nearest(name, known) or f"Instruments: {one_of(list(known)) or 'none'}.",
            "unknown-name",
        )
    if known[name].domain != context.domain:
        raise ExpressionError(
            f"instrument {name} belongs to domain {known[name].domain}, this is {context.domain}",
            "Correct domain: in its file, or move it to that domain's spec.",
            "wrong-domain",
        )


SUGAR: dict[str, type[Sugar]] = {
    "study_day": StudyDay,
    "epoch": Epoch,
    "last_before_exposure": LastBeforeExposure,
    "instruments": Instruments,
}
