"""Values and types of records that a step makes, before they join the dataset."""

from __future__ import annotations

from mg_cdisc.derive.base import (
    SUBJECT,
    BoundValue,
    Scope,
    Value,
)
from mg_cdisc.derive.values import FirstOf, Taken, bind_when, refuse_also
from mg_cdisc.expression import (
    ExpressionError,
    Name,
    Type,
)
from mg_cdisc.frame import Frame


def bind_new(name: str, value: Value, scope: Scope) -> BoundValue:
    """A value of new rows, which have no records beside them that a clause could consult."""
    if _reads_own(value):
        raise ExpressionError(
            "a clause without from: reads this dataset's own records, and these are made just now",
            "Make the variable with a step of its own.",
        )
    bound = bind_when(value, scope, scope.catalog.facts(scope.dataset, name))
    refuse_also(bound)
    return bound


def _reads_own(value: Value) -> bool:
    if isinstance(value, FirstOf):
        return any(_reads_own(each) for each in value.first_of)
    return isinstance(value, Taken) and value.from_ is None


def as_own(records: Frame) -> Frame:
    """A source's subject key is its records' USUBJID."""
    if SUBJECT in records and "USUBJID" not in records:
        return records.with_columns({"USUBJID": records[SUBJECT]})
    return records


def stacked_type(name: str, one: Type | None, other: Type) -> Type:
    """The type of a column whose records come from two places."""
    if one is None or one is other:
        return other
    if one.stored_as_text and other.stored_as_text:
        return Type.TEXT
    raise ExpressionError(
        f"{name} is a {one} in some records and a {other} in others",
        "Give it one type in all, or another name in some.",
        "wrong-type",
    )


class GroupNames:
    """Beside an aggregate only the keys of the group have one value."""

    def __init__(self, inner: Scope, whole: Scope) -> None:
        self.inner, self.whole = inner, whole
        self.data_cut = inner.data_cut

    def resolve(self, name: Name) -> tuple[str, Type]:
        """A key of the group, or what is made of the group already."""
        if name.name in self.whole.columns or name.name in self.whole.broken:
            return self.whole.resolve(Name(name.name))
        self.inner.resolve(name)
        raise ExpressionError(
            f"{name} can differ within a group", "Aggregate it, or add it to by:.", "not-aggregated"
        )

    def resolve_row(self, name: Name) -> tuple[str, Type]:
        """A column of the records, inside an aggregate."""
        return self.inner.resolve(name)
