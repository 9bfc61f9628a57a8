"""The one clause: everywhere other records are consulted, it is spelled and means the same.

``from`` says whose records (omitted: this dataset's own, as they stood before the step), ``by``
which belong together, ``where`` and ``between`` which of them are candidates, ``order`` and
``take`` which one is taken, ``none`` what happens where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mg_cdisc.derive.base import (
    SUBJECT,
    Expr,
    Model,
    NamePairs,
    OrderKeys,
    Reach,
    Schema,
    Scope,
    written_name,
)
from mg_cdisc.derive.choose import Take
from mg_cdisc.derive.consult import THIS, BoundClause
from mg_cdisc.errors import nearest
from mg_cdisc.expression import (
    ExpressionError,
    FollowUpError,
    Mistakes,
    Name,
    Node,
    Type,
    Typed,
    TypedOrder,
    bind,
    bind_condition,
    bind_order,
    english,
    english_order,
    foreign,
    names,
)
from mg_cdisc.expression.functions import REPORTING
from mg_cdisc.expression.nodes import Call, Compare, Junction, Not, walk


def _keys(value: object) -> object:
    """``by`` as pairs (mine, theirs): a name, names, or names with renaming."""
    if isinstance(value, str | dict):
        value = [value]
    if not isinstance(value, list):
        return value
    pairs: list[tuple[str, str]] = []
    for item in value:
        if isinstance(item, dict):
            pairs.extend((str(mine), str(theirs)) for mine, theirs in item.items())
        else:
            pairs.append((str(item), str(item)))
    return tuple(pairs)


By = Annotated[
    tuple[tuple[str, str], ...], BeforeValidator(_keys, json_schema_input_type=NamePairs)
]


class Clause(Model):
    """Which other records are consulted, and which of them is taken.

    Missing: a candidate for which ``where`` cannot be decided is none. A key that is a missing
    number or date equals no other, as in a condition; a blank text equals a blank text.
    """

    from_: str | None = Field(None, alias="from")
    """Whose records: a dataset, source or table. Left out: this dataset's own, as they stood
    before the step."""
    by: By | None = None
    """Which records belong to this one: names with equal values on both sides, or `{MINE: THEIRS}`
    where the names differ. Left out: USUBJID; for a table without subjects, every row."""
    spelling: Literal["exact", "any"] = "exact"
    """`any`: texts of `by` are equal whatever their case and blanks (`DAY 14 ` and `Day14`), and a
    blank one equals none; USUBJID stays exact."""
    where: Expr | None = None
    """Which of them are candidates. A bare name is the candidate's variable, `this.X` the record's
    own."""
    between: dict[str, tuple[str, str]] | None = None
    """`{MINE: [low, high]}`: the candidate's `low` to `high` includes my value. Both ends count; a
    missing end is open; a missing value of mine fits nowhere."""
    order: OrderKeys = ()
    """In which order the candidates stand: expressions, each with `desc` and `missing first` or
    `missing last` behind it if wanted."""
    take: Take = "only"
    """Which of them is taken: `only` says that there is one at most, and several are a finding."""
    before: Literal["this"] | None = None
    """`this`: only this dataset's own records that stand before the record in the order."""
    none: Literal["missing", "error", "exclude"] = "missing"
    """What happens where there is no candidate: a missing value, a finding, or the record leaves
    the dataset."""


class PairNames:
    """In a clause a bare name is the candidate's, ``this.X`` the record's own."""

    def __init__(self, scope: Scope | None, schema: Schema, types: Mapping[str, Type]) -> None:
        self.scope = scope
        self.schema = schema
        self.types = types
        if scope is not None:
            self.data_cut = scope.data_cut

    def resolve(self, name: Name) -> tuple[str, Type]:
        """The candidate's column, or the record's own behind ``this.``."""
        if name.scope == "this":
            if self.scope is None:
                raise ExpressionError(
                    f"{name}: there is no record yet that this. could mean",
                    f"Write {name.name}, for the record looked at.",
                )
            key, kind = self.scope.resolve(Name(name.name))
            return THIS + key, kind
        if self.scope is not None and self.schema.name == self.scope.dataset:
            unready = name.name in self.scope.broken or name.name in self.scope.later
            if unready and name.name not in self.types:
                self.scope.resolve(name)
        return resolve_in(self.schema, self.types, name)


def resolve_in(schema: Schema, types: Mapping[str, Type], name: Name) -> tuple[str, Type]:
    """A column of a source, dataset or table by its name."""
    if name.scope != "source":
        # records of this dataset have a USUBJID whatever they were made of
        if name.name == "USUBJID" and SUBJECT in types and "USUBJID" not in types:
            return SUBJECT, Type.TEXT
        if name.name in types:
            return name.name, types[name.name]
    if f"source.{name.name}" in types:
        return f"source.{name.name}", types[f"source.{name.name}"]
    if schema.open or name.name in schema.broken:
        raise FollowUpError(f"{schema.name} has a mistake of its own")
    shown = [key.removeprefix("source.") for key in types if not key.startswith("@")]
    raise ExpressionError(
        f"{schema.name} has no variable {name}",
        foreign.name(name.name)
        or nearest(name.name, shown)
        or f"{schema.name} has {', '.join(shown[:12])}.",
        "unknown-variable",
    )


@contextmanager
def of_table(pairs: PairNames, *columns: str) -> Iterator[None]:
    """A mistake of types names the word that makes numbers of a table's columns, where it is that."""
    try:
        yield
    except ExpressionError as error:
        table, scope = pairs.schema.name, pairs.scope
        text = [each for each in columns if pairs.types.get(each) is Type.TEXT]
        own = "." not in table and table != "trial_summary"  # others are made, not written
        if scope is not None and text and own and table in scope.catalog.names("table"):
            for each in error.each():
                if "number()" in each.todo:
                    each.todo = number_columns(table, text)
        raise


def number_columns(table: str, columns: Sequence[str]) -> str:
    """What to do where columns of a table hold numbers and do not say so."""
    written = ", ".join(f"{each} number" for each in columns)
    return f"Write `{written}` in columns of the table {table}, if they are numbers."


def split_where(node: Node | None) -> tuple[Node | None, Node | None]:
    """The part that speaks of candidates alone, and the part that names ``this``."""
    if node is None:
        return None, None
    parts: Sequence[Node] = (
        node.operands if isinstance(node, Junction) and node.operator == "and" else (node,)
    )
    early: list[Node] = []
    late: list[Node] = []
    for part in parts:
        own = any(name.scope == "this" for name in names(part))
        # what stands behind a condition on pairs may be guarded by it, and must not fail before
        guarded = bool(late) and any(
            isinstance(each, Call) and each.function in REPORTING for each in walk(part)
        )
        (late if own or guarded else early).append(part)
    return _join(early), _join(late)


def _join(parts: list[Node]) -> Node | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))


def bind_clause(
    clause: Clause, scope: Scope, *, taken: bool = True, own: Schema | None = None
) -> BoundClause:
    """Resolve a clause's table, keys, conditions and order.

    ``own`` is what this dataset's own records have, where the record itself (``this``) differs.
    """
    pair_names = bind_names(clause, scope, own)
    schema, types = pair_names.schema, pair_names.types
    keys = clause.by
    if keys is None:
        has = SUBJECT in types or "USUBJID" in types
        keys = (("USUBJID", "USUBJID"),) if has and schema.by_subject else ()
    early, late = split_where(clause.where)
    early_typed = None
    order: list[TypedOrder] = []
    mistakes = Mistakes()
    with mistakes.at("by"):
        mine, theirs, dated = _bind_keys(keys, scope, pair_names)
    with mistakes.at("where"), of_table(pair_names, *_theirs(early)):
        early_typed = bind_condition(early, pair_names) if early is not None else None
    late_typed = None
    with mistakes.at("where"), of_table(pair_names, *_theirs(late)):
        late_typed = bind_condition(late, pair_names) if late is not None else None
    if clause.between and (late is None or late_typed is not None):
        edges = [edge for each in clause.between.values() for edge in each]
        with mistakes.at("between"), of_table(pair_names, *edges):
            late_typed = _bind_late(clause, late, pair_names)
    for position, key in enumerate(clause.order):
        with mistakes.at("order", position):
            order.append(bind_order(key, pair_names))
    _check_choice(clause, mistakes, taken=taken)
    mistakes.done()
    subject_key = any(
        own == "USUBJID" and their in ("USUBJID", SUBJECT)
        for own, their in zip(mine, theirs, strict=True)
    )
    reach = Reach.SUBJECT if subject_key else Reach.STUDY
    if not schema.by_subject:
        reach = Reach.ROW
    return BoundClause(
        clause.from_,
        clause.from_ or "this dataset",
        mine,
        theirs,
        dated,
        early_typed,
        late_typed,
        tuple(order),
        clause.take,
        clause.none,
        clause.before is not None,
        reach,
        clause_words(clause, keys),
        tuple(clause.spelling == "any" and key != "USUBJID" for key in mine),
    )


def _check_choice(clause: Clause, mistakes: Mistakes, *, taken: bool) -> None:
    """``before``, ``order``, ``take`` and ``none`` must have something to say."""
    with mistakes.at("before"):
        if clause.before and clause.from_ is not None:
            raise ExpressionError(
                "this looks at the records of this dataset, and from: names another",
                "Drop from:, or before:.",
            )
        if clause.before and not clause.order:
            raise ExpressionError("before: this needs an order:", "Say what is first.", "no-order")
    with mistakes.at("take"):
        if clause.take != "only" and not taken:
            raise ExpressionError(
                f"an aggregate reads every record, and take: {clause.take} says one",
                "Drop take: and order:.",
            )
        if clause.take != "only" and not clause.order:
            raise ExpressionError(
                f"{clause.take} in what order?", "Add order: and say what is first.", "no-order"
            )
    with mistakes.at("order"):
        if clause.take == "only" and clause.order and not clause.before:
            raise ExpressionError(
                "order: says nothing without take:",
                "Add take: first or take: last." if taken else "Drop order:.",
                "no-take",
            )
    with mistakes.at("none"):
        if clause.none != "missing" and not taken:
            raise ExpressionError(
                f"an aggregate of no records has a value, and none: {clause.none} never happens",
                "Drop none:.",
            )


def bind_names(clause: Clause, scope: Scope, own: Schema | None = None) -> PairNames:
    """What the names in a clause stand for; an error where the table of ``from`` is not there."""
    if clause.from_ is None and own is not None:
        schema = own
    elif clause.from_ is None:
        schema = Schema(scope.dataset, dict(scope.columns), by_subject=True, open=scope.open)
    else:
        mistakes = Mistakes()
        with mistakes.at("from"):
            schema = scope.catalog.schema(clause.from_)
        mistakes.done()
    return PairNames(scope, schema, schema.types)


def _bind_keys(
    keys: tuple[tuple[str, str], ...], scope: Scope, pair_names: PairNames
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[bool, ...]]:
    """The columns of both sides, and whether a missing value of a key equals nothing."""
    mine, theirs, dated = [], [], []
    for own, other in keys:
        key, kind = scope.resolve(written_name(own))
        their_key, their_kind = pair_names.resolve(Name(other))
        if kind is not their_kind and not (kind.stored_as_text and their_kind.stored_as_text):
            raise ExpressionError(
                f"{own} is a {kind} and {pair_names.schema.name}.{other} a {their_kind}",
                "Make a working variable of the same type and join by it.",
            )
        mine.append(key)
        theirs.append(their_key)
        dated.append(kind is not Type.TEXT or their_kind is not Type.TEXT)
    return tuple(mine), tuple(theirs), tuple(dated)


def _theirs(node: Node | None) -> tuple[str, ...]:
    """The candidate's names in a condition."""
    return () if node is None else tuple(each.name for each in names(node) if not each.scope)


def _bind_late(clause: Clause, late: Node | None, pair_names: PairNames) -> Typed | None:
    """Conditions on pairs: ``where`` with this., and ``between`` with open ends."""
    parts: list[Node] = [] if late is None else [late]
    for own, (low, high) in (clause.between or {}).items():
        value = Name(own, "this")
        for operator, edge in ((">=", low), ("<=", high)):
            bound = Name(edge)
            open_end = Call("missing", (bound,))
            parts.append(Junction("or", (open_end, Compare(operator, value, bound))))
        parts.append(Not(Call("missing", (value,))))
    joined = _join(parts)
    return None if joined is None else bind_condition(joined, pair_names)


def clause_words(clause: Clause, keys: tuple[tuple[str, str], ...]) -> str:
    """The clause in words: ``the last record of EX by EXSTDTC where ...``."""
    whose = f" of {clause.from_}" if clause.from_ else " of this dataset"
    one = {"only": "record", "first": "first record", "last": "last record"}[clause.take]
    subject = ("USUBJID", "USUBJID")
    text = ("the subject's " if subject in keys else "the ") + one + whose
    others = [pair for pair in keys if pair != subject]
    if others:
        shown = [
            mine if mine == theirs else f"{theirs} = {english(written_name(mine))}"
            for mine, theirs in others
        ]
        text += f" with the same {', '.join(shown)}"
        text += " (in whatever case and with whatever blanks)" if clause.spelling == "any" else ""
    if clause.where is not None:
        text += f" where {english(clause.where)}"
    for own, (low, high) in (clause.between or {}).items():
        text += f" whose {low} to {high} includes {own}"
    if clause.before:
        text += " that stands before"
    if clause.order:
        text += f", in order of {', '.join(english_order(order) for order in clause.order)}"
    return text


def bind_taken(value: Node, names_: PairNames, *, aggregates: bool) -> Typed:
    """An expression of the record taken, or of aggregates over all candidates."""
    if not aggregates:
        return bind(value, names_)
    return bind(value, _OuterNames(names_), aggregates=True)


class _OuterNames:
    """Beside an aggregate only the record's own variables have one value."""

    def __init__(self, inner: PairNames) -> None:
        self.inner = inner
        self.data_cut = inner.data_cut

    def resolve(self, name: Name) -> tuple[str, Type]:
        """One of the record's own variables."""
        found = self.inner.resolve(name)
        if name.scope == "this":
            return found
        raise ExpressionError(
            f"{name} can differ among the records that are aggregated",
            f"Aggregate it, or write this.{name.name} for the record's own.",
            "not-aggregated",
        )

    def resolve_row(self, name: Name) -> tuple[str, Type]:
        """A candidate's name inside an aggregate."""
        return self.inner.resolve(name)


__all__ = [
    "THIS",
    "BoundClause",
    "By",
    "Clause",
    "PairNames",
    "bind_clause",
    "bind_names",
    "bind_taken",
    "clause_words",
    "number_columns",
    "of_table",
    "resolve_in",
]
