"""The trial summary of study.yaml: parameters of the trial as the small list that TS is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from mg_cdisc.derive import Model
from mg_cdisc.errors import nearest, one_of
from mg_cdisc.expression import ExpressionError, Mistakes
from mg_cdisc.spec.lists import Table
from mg_cdisc.standards.parameters import (
    CDISC_TERMS,
    ISO_PARAMETERS,
    PARAMETER_LISTS,
    SDTM_OF_GUIDE,
)
from mg_cdisc.terminology import Codelist

TABLE = "trial_summary"
PARAMETERS = "TSPARMCD"
COLUMNS = ("TSPARMCD", "TSSEQ number", "TSVAL", "TSVALNF", "TSVALCD", "TSVCDREF", "TSVCDVER")
_FOLLOWS_FROM: Mapping[str, tuple[str | int, ...]] = {
    "SDTMVER": ("standards", "sdtmig"),
    "SDTIGVER": ("standards", "sdtmig"),
    "DCUTDTC": ("data_cut",),
}
"""Where study.yaml says what parameters follow from."""
NullFlavor = Literal[
    "NI", "INV", "OTH", "PINF", "NINF", "UNC", "DER", "UNK", "ASKU", "NAV", "NASK", "TRC", "MSK",
    "NA", "QS",
]  # fmt: skip


class TrialParameter(Model):
    """One value of a parameter of the trial summary, or why there is none.

    A plain text is its value. The code of a value in controlled terminology is looked up; `code`,
    `reference` and `version` are for other terminologies. Rule: SDTMIG 3.4 section 7.4.2 (TS).
    """

    value: str = ""
    """TSVAL."""
    null_flavor: NullFlavor | None = None
    """TSVALNF, why there is no value: `UNK` unknown, `NA` not applicable, `NAV` not yet known, `PINF`
    no upper limit, and the other null flavors of ISO 21090."""
    code: str = ""
    """TSVALCD, the code of the value in the reference terminology."""
    reference: str = ""
    """TSVCDREF, the reference terminology: SNOMED, UNII, MED-RT."""
    version: str = ""
    """TSVCDVER, the version of the reference terminology."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one(self) -> TrialParameter:
        if bool(self.value.strip()) == (self.null_flavor is not None):
            what = "both a value and a null flavor" if self.value else "neither a value nor why"
            todo = {"todo": "Give the value, or null_flavor: with the reason why there is none."}
            raise PydanticCustomError("bad-value", "{what}", {"what": f"there is {what}"} | todo)
        return self


def _as_list(data: Any) -> Any:
    return data if isinstance(data, list) else [data]


TrialValues = Annotated[
    tuple[TrialParameter, ...],
    BeforeValidator(_as_list, json_schema_input_type=TrialParameter | tuple[TrialParameter, ...]),
]


def trial_table(
    given: Mapping[str, Sequence[TrialParameter]],
    guide: str,
    terminology: str,
    data_cut: date,
    find: Callable[[str], Codelist | None],
) -> Table:
    """The parameters that study.yaml gives, and those that follow from the rest of study.yaml.

    ``guide`` and ``terminology`` are versions; ``find`` finds a codelist by its code. Values of
    controlled terminology get their codes. Raises ExpressionError for parameters and values that
    the terminology does not have.
    """
    follows = {
        "SDTMVER": SDTM_OF_GUIDE.get(guide, ""),
        "SDTIGVER": guide,
        "DCUTDTC": data_cut.isoformat(),
    }
    every = dict(given)
    for name, value in follows.items():
        if value:
            every.setdefault(name, (TrialParameter(value=value),))
    rows: list[tuple[str, ...]] = []
    mistakes = Mistakes()
    known = find(PARAMETERS)
    for name, values in every.items():
        with mistakes.at(name):
            if known is not None and name not in known.terms:
                raise ExpressionError(
                    f"{name} is no parameter of codelist {PARAMETERS}",
                    nearest(name, known.terms) or "Add it under extend: in terminology.yaml.",
                    "unknown-term",
                )
        for number, each in enumerate(values, 1):
            with mistakes.at(name):
                rows.append((name, str(number), *_cells(name, each, terminology, find)))
    mistakes.done()
    return Table(columns=COLUMNS, rows=tuple(rows))


def trial_rows(
    table: Table, given: Mapping[str, Sequence[TrialParameter]]
) -> tuple[tuple[str | int, ...], ...]:
    """Where each row of ``trial_table`` is written in study.yaml."""
    return tuple(
        (TABLE, row[0], int(row[1]) - 1) if row[0] in given else _FOLLOWS_FROM[row[0]]
        for row in table.rows
    )


def _cells(
    name: str, each: TrialParameter, terminology: str, find: Callable[[str], Codelist | None]
) -> Iterator[str]:
    """TSVAL to TSVCDVER of one value."""
    code, reference, version = each.code, each.reference, each.version
    listed = find(PARAMETER_LISTS[name]) if name in PARAMETER_LISTS else None
    if each.value and not reference and listed is not None:
        term = listed.terms.get(each.value)
        if term is None:
            todo = nearest(each.value, listed.terms) or f"Terms: {one_of(list(listed.terms))}."
            raise ExpressionError(
                f"'{each.value}' is not a term of codelist {listed.short_name}",
                todo,
                "unknown-term",
            )
        if term.code:
            code, reference, version = term.code, CDISC_TERMS, terminology
    elif each.value and not reference:
        reference = ISO_PARAMETERS.get(name, "")
    yield from (each.value, each.null_flavor or "", code, reference, version)
