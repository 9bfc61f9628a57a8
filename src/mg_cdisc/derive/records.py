"""``records``: makes rows, from a source or dataset, unpivoted, summarised or copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mg_cdisc.derive.base import (
    Bound,
    Effect,
    Expr,
    NamePairs,
    OrderKeys,
    Run,
    Schema,
    Scope,
    Step,
    TextList,
    merge_consults,
    merge_reads,
)
from mg_cdisc.derive.choose import Take
from mg_cdisc.derive.newrows import stacked_type
from mg_cdisc.derive.part import Part
from mg_cdisc.derive.unpivot import Unpivot
from mg_cdisc.derive.values import ValueMap
from mg_cdisc.errors import Location
from mg_cdisc.expression import (
    ExpressionError,
    Mistakes,
    Type,
)
from mg_cdisc.frame import (
    Frame,
    stack,
)


def keep_pairs(value: Any) -> Any:
    """``keep`` as pairs (new name, name there)."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, Mapping):
        value = [{new: old} for new, old in value.items()]
    if not isinstance(value, list):
        return value
    pairs: list[tuple[str, str]] = []
    for item in value:
        if isinstance(item, Mapping):
            pairs += [(str(new), str(old)) for new, old in item.items()]
        else:
            pairs.append((str(item), str(item)))
    return tuple(pairs)


Keep = Annotated[
    tuple[tuple[str, str], ...], BeforeValidator(keep_pairs, json_schema_input_type=NamePairs)
]


class Records(Step):
    """``records``: rows from a source or dataset (several: stacked), or from the rows so far.

    ``where`` filters, ``unpivot`` makes findings of a wide form, ``keep`` passes columns on
    (``NEW: OLD``), ``set`` makes variables from what is there. With ``by`` and aggregates in
    ``set``, one row per group; with ``by``, ``order`` and ``take``, a copy of one row per group.
    Missing: a row for which ``where`` cannot be decided is left out; rows whose ``by`` values are
    missing make a group of their own.
    """

    from_: TextList = Field((), alias="from")
    """The source or dataset, or a list of them. Left out: copies of this dataset's own rows are
    added."""
    where: Expr | None = None
    """Only rows for which this is true."""
    reason: str = ""
    """Why the rows that `where` leaves out are not submitted; the account counts them under it."""
    unpivot: Unpivot | None = None
    """A wide row becomes one record for each row of a table."""
    by: Keep | None = None
    """The variables that make a group, `NEW: OLD` where the name changes; with aggregates in `set`
    one row for each group, with `take` a copy of one row of it."""
    order: OrderKeys = ()
    """In which order the rows of a group stand."""
    take: Take | None = None
    """Which row of each group."""
    keep: Keep = ()
    """Names that pass on, `NEW: OLD` where the name changes. A source's columns stay readable
    without it; variables of a dataset do not. Copies of own rows have every variable; where `keep`
    is written only these, USUBJID and those of `by`."""
    set: ValueMap = Field(default_factory=dict)
    """Variables made from what is there, by the names that it has there; each may use those above
    it."""
    source_of: str | None = None
    """The variable whose source is told: SRCDOM, SRCVAR and SRCSEQ then name the record of the
    dataset that it comes from (of SUPP-- the QNAM, and the parent record). SRCSEQ is --SEQ or ASEQ,
    and blank where the dataset has neither. Those of them that `set` or `keep` makes stay as they
    are."""

    def bind(self, scope: Scope, where: Location) -> Bound:
        parts: list[Part] = []
        mistakes = Mistakes()
        for name in self.from_ or (None,):
            with mistakes.at():
                parts.append(self._bind_part(name, scope))
        mistakes.done()
        makes: dict[str, Type] = {}
        for part in parts:
            for name, kind in part.makes.items():
                makes[name] = stacked_type(name, makes.get(name, scope.columns.get(name)), kind)
        _check_subjects(parts, scope)
        summarised = any(part.summarised for part in parts)

        def run_step(frame: Frame, run: Run) -> Frame:
            made = [part.make(frame, run) for part in parts]
            return stack([frame, *made])

        return Bound(
            "records",
            where,
            run_step,
            " ".join(part.sentence for part in parts),
            merge_reads(*(part.reads for part in parts)),
            merge_consults(*(part.consults for part in parts)),
            makes,
            effect=Effect.SUMMARISES if summarised else Effect.ADDS,
            reach=max(part.reach for part in parts),
            values={name: value for part in parts for name, value in part.described().items()},
            parts=tuple(parts),
        )

    def _bind_part(self, name: str | None, scope: Scope) -> Part:
        if name is None:
            schema = Schema(scope.dataset, dict(scope.columns), by_subject=True, open=scope.open)
        else:
            mistakes = Mistakes()
            with mistakes.at("from"):
                schema = scope.catalog.schema(name)
            mistakes.done()
        return Part(self, name, schema, scope)


def _check_subjects(parts: Sequence[Part], scope: Scope) -> None:
    """All records of a dataset are of subjects, or none is."""
    have = {bool("USUBJID" in part.makes) for part in parts}
    if scope.columns:
        have.add("USUBJID" in scope.columns)
    if len(have) > 1:
        raise ExpressionError(
            "some records of this dataset have a USUBJID and some have none",
            "Add USUBJID to by:, or make it under set:.",
            "no-subject",
        )
