"""The one clause: everywhere other records are consulted, it is spelled and means the same.

``from`` says whose records (omitted: this dataset's own, as they stood before the step), ``by``
which belong together, ``where`` and ``between`` which of them are candidates, ``order`` and
``take`` which one is taken, ``none`` what happens where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from mg_cdisc.derive.base import (
    SUBJECT,
    Consult,
    Expr,
    Model,
    NamePairs,
    OrderKeys,
    Reach,
    Run,
    Schema,
    Scope,
    merge_reads,
    written_name,
)
from mg_cdisc.derive.choose import TIE, TIE_TODO, Take, choose_rows, matter
from mg_cdisc.errors import nearest
from mg_cdisc.expression import (
    Env,
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
    names,
)
from mg_cdisc.expression.functions import REPORTING
from mg_cdisc.expression.nodes import Call, Compare, Junction, Not, walk
from mg_cdisc.frame import (
    Column,
    Frame,
    Index,
    Mask,
    blank_like,
    choose,
    group_codes,
    match_codes,
    missing,
    sort_order,
    take,
)

THIS = "this."
Ranks = tuple[Index, Index]
"""The places of records and of candidates in one order."""


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


@dataclass(frozen=True)
class Pairs:
    """Candidates of records: pair ``i`` joins record ``this[i]`` with candidate ``theirs[i]``."""

    this: Index
    theirs: Index

    @classmethod
    def none(cls) -> Pairs:
        """No pairs."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Picked:
    """The candidates, for each record the position of the one taken (-1: none), the records for
    which several candidates tie, each with all of them, and those for which several match where
    one is needed."""

    records: Frame
    rows: Index
    ties: Pairs
    several: Mask


class PairNames:
    """In a clause a bare name is the candidate's, ``this.X`` the record's own."""

    def __init__(self, scope: Scope | None, schema: Schema, types: Mapping[str, Type]) -> None:
        self.scope = scope
        self.schema = schema
        self.types = types

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
        if name.name == "USUBJID" and SUBJECT in types:
            return SUBJECT, Type.TEXT
        if name.name in types:
            return name.name, types[name.name]
    if f"source.{name.name}" in types:
        return f"source.{name.name}", types[f"source.{name.name}"]
    if schema.open:
        raise FollowUpError(f"{schema.name} has a mistake of its own")
    shown = [key.removeprefix("source.") for key in types if not key.startswith("@")]
    raise ExpressionError(
        f"{schema.name} has no variable {name}",
        nearest(name.name, shown) or f"{schema.name} has {', '.join(shown[:12])}.",
        "unknown-variable",
    )


@dataclass(frozen=True)
class BoundClause:
    """A clause whose names are resolved and typed."""

    table: str | None
    title: str
    names: PairNames
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    dated: tuple[bool, ...]
    early: Typed | None
    late: Typed | None
    order: tuple[TypedOrder, ...]
    take: Take
    none: str
    before: bool
    reach: Reach
    words: str

    @property
    def own_reads(self) -> tuple[str, ...]:
        """Columns of the record itself."""
        keys = list(self.mine)
        for typed in self._typed():
            keys += [key[len(THIS) :] for key in typed.reads if key.startswith(THIS)]
        if self.table is None:
            keys += list(self.candidate_reads)
        return merge_reads(keys)

    @property
    def candidate_reads(self) -> tuple[str, ...]:
        """Columns of the candidates."""
        keys = list(self.theirs)
        for typed in self._typed():
            keys += [key for key in typed.reads if not key.startswith(THIS)]
        return merge_reads(keys)

    def consults(self, *values: Typed) -> tuple[Consult, ...]:
        """What is read in the other table, for this clause and the values taken from it."""
        if self.table is None:
            return ()
        extra = [key for typed in values for key in typed.reads if not key.startswith(THIS)]
        return (Consult(self.table, merge_reads(self.candidate_reads, extra)),)

    def reads(self, *values: Typed) -> tuple[str, ...]:
        """What is read in this dataset, for this clause and the values taken from it."""
        extra = [key[len(THIS) :] for t in values for key in t.reads if key.startswith(THIS)]
        if self.table is None:
            extra += [key for t in values for key in t.reads if not key.startswith(THIS)]
        return merge_reads(self.own_reads, extra)

    def _typed(self) -> list[Typed]:
        conditions = [typed for typed in (self.early, self.late) if typed is not None]
        return conditions + [key.typed for key in self.order]

    def candidates(self, records: Frame, run: Run) -> tuple[Frame, Index | None]:
        """The candidates that pass what can be said of them alone, and their positions."""
        if self.early is None or not records.rows:
            return records, None
        truth = self.early.truth(Env(records.columns, records.rows, run.notes(records)))
        at = np.flatnonzero(truth.true)
        return records.take(at), at

    @property
    def pairwise(self) -> bool:
        """Whether candidates differ from record to record of one group."""
        if self.late is not None or self.before:
            return True
        return any(key.startswith(THIS) for o in self.order for key in o.typed.reads)

    def pick(self, frame: Frame, run: Run, wanted: Mask | None = None) -> Picked:
        """For each record (of those ``wanted``) the candidate taken (-1: none)."""
        table = frame if self.table is None else run.table(self.table)
        records, at = self.candidates(table, run)
        rows = None if wanted is None or wanted.all() else np.flatnonzero(wanted)
        asked = frame if rows is None else frame.take(rows)
        ranks = None
        if self.before:
            rank = self._ranks(frame, run)
            ranks = (rank if rows is None else rank[rows], rank if at is None else rank[at])
        taken = self._pick(asked, records, ranks, run)
        self._report(asked, taken, run)
        run.consulted(self.table, records, taken.rows[taken.rows >= 0])
        if rows is None:
            return taken
        picked, several = np.full(frame.rows, -1, np.int64), np.zeros(frame.rows, bool)
        picked[rows], several[rows] = taken.rows, taken.several
        return Picked(records, picked, Pairs(rows[taken.ties.this], taken.ties.theirs), several)

    def pick_from(self, frame: Frame, records: Frame, run: Run) -> Picked:
        """As ``pick``, with the candidates given: records beside new rows that have none."""
        records, _ = self.candidates(records, run)
        taken = Picked(records, *_nothing(frame.rows))
        if records.rows and frame.rows:
            rows = np.arange(frame.rows)
            taken = self._pick_of(frame, records, rows, rows, None, run)
        self._report(frame, taken, run)
        return taken

    def _pick(self, frame: Frame, records: Frame, ranks: Ranks | None, run: Run) -> Picked:
        if not (records.rows and frame.rows):
            return Picked(records, *_nothing(frame.rows))
        if self.pairwise:
            return self._pick_of(frame, records, *self._distinct(frame), ranks, run)
        return self._pick_groups(frame, records, run)

    def _report(self, frame: Frame, taken: Picked, run: Run) -> None:
        """Findings for records that have several matches, or none where there must be one."""
        if taken.several.any():
            run.notes(frame).report(
                "several-matches",
                taken.several,
                None,
                f"several records of {self.title} match, and one is needed",
                "Narrow where:, add a key to by:, or give order: and take:.",
            )
        if self.none == "error" and (taken.rows < 0).any():
            run.notes(frame).report(
                "no-match",
                (taken.rows < 0) & ~taken.several,
                None,
                f"no record of {self.title} matches",
                "Correct the data or the keys, or write what happens with none:.",
            )
        run.count("matched", int((taken.rows >= 0).sum()))

    def _pick_groups(self, frame: Frame, records: Frame, run: Run) -> Picked:
        left, right, count = self.codes(frame, records)
        env = Env(records.columns, records.rows, run.notes(records))
        choice = choose_rows(right, [key.key(env) for key in self.order], count, self.take)
        several = (choice.sizes > 1)[left] if self.take == "only" else np.zeros(frame.rows, bool)
        picked = choice.rows[left]
        picked[several] = -1
        ties = Pairs.none()
        if len(choice.tied):
            of_group = np.full(count, -1, np.int64)
            of_group[left[::-1]] = np.arange(frame.rows)[::-1]
            this = of_group[right[choice.tied]]
            ties = Pairs(this[this >= 0], choice.tied[this >= 0])
        return Picked(records, picked, ties, several)

    def _pick_of(
        self,
        frame: Frame,
        records: Frame,
        back: Index,
        sample: Index,
        ranks: Ranks | None,
        run: Run,
    ) -> Picked:
        small = frame.take(sample)
        pairs = self.pairs(small, records, ranks, run)
        env = self.pair_env(small, records, pairs, run)
        keys = [key.key(env) for key in self.order]
        choice = choose_rows(pairs.this, keys, small.rows, self.take)
        several = choice.sizes > 1 if self.take == "only" else np.zeros(small.rows, bool)
        has = (choice.rows >= 0) & ~several
        picked = np.full(small.rows, -1, np.int64)
        picked[has] = pairs.theirs[choice.rows[has]]
        ties = Pairs(sample[pairs.this[choice.tied]], pairs.theirs[choice.tied])
        return Picked(records, picked[back], ties, several[back])

    def _distinct(self, frame: Frame) -> tuple[Index, Index]:
        """Records alike in all that the clause reads of them are answered once."""
        if self.before or self.table is None:
            rows = np.arange(frame.rows)
            return rows, rows
        used = [frame[key] for key in self.own_reads]
        codes, count = group_codes(used, frame.rows)
        sample = np.zeros(count, np.int64)
        sample[codes[::-1]] = np.arange(frame.rows)[::-1]
        return codes, sample

    def codes(self, frame: Frame, records: Frame) -> tuple[Index, Index, int]:
        """Group numbers of records and of candidates, equal where their keys are."""
        mine = [frame[key] for key in self.mine]
        theirs = [records[key] for key in self.theirs]
        if not mine:
            return np.zeros(frame.rows, np.int64), np.zeros(records.rows, np.int64), 1
        left, right, count = match_codes(mine, theirs, frame.rows, records.rows)
        # a missing number or date equals nothing, as in a condition
        gone = np.zeros(frame.rows, bool)
        for column, dated in zip(mine, self.dated, strict=True):
            if dated:
                gone |= missing(column)
        return np.where(gone, count, left), right, count + 1

    def pairs(self, frame: Frame, records: Frame, ranks: Ranks | None, run: Run) -> Pairs:
        """Every record with every candidate that all conditions leave to it."""
        left, right, count = self.codes(frame, records)
        order = np.argsort(right, kind="stable")
        sizes = np.bincount(right, minlength=count)
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])[:-1]
        lengths = sizes[left]
        this = np.repeat(np.arange(frame.rows), lengths)
        ends = np.cumsum(lengths)
        within = np.arange(len(this)) - np.repeat(ends - lengths, lengths)
        pairs = Pairs(this, order[np.repeat(starts[left], lengths) + within])
        if ranks is not None:
            held = ranks[1][pairs.theirs] < ranks[0][pairs.this]
            pairs = Pairs(pairs.this[held], pairs.theirs[held])
        if self.late is not None:
            env = self.pair_env(frame, records, pairs, run)
            held = self.late.truth(env).true
            pairs = Pairs(pairs.this[held], pairs.theirs[held])
        return pairs

    def _ranks(self, frame: Frame, run: Run) -> Index:
        """The place of each of this dataset's own records in the order; equal ones share one."""
        env = Env(frame.columns, frame.rows, run.notes(frame))
        keys = [key.key(env) for key in self.order]
        position = sort_order(keys, frame.rows)
        later = np.zeros(frame.rows, bool)
        for key in keys:
            later[1:] |= key[position][1:] != key[position][:-1]
        rank = np.empty(frame.rows, np.int64)
        rank[position] = np.cumsum(later)
        return rank

    def pair_env(self, frame: Frame, records: Frame, pairs: Pairs, run: Run) -> Env:
        """Candidates' columns by name and the record's own behind ``this.``, a row a pair."""
        columns: dict[str, Column] = {
            key: take(column, pairs.theirs) for key, column in records.columns.items()
        }
        columns |= {THIS + key: take(column, pairs.this) for key, column in frame.columns.items()}
        return Env(columns, len(pairs.this), run.notes(frame.take(pairs.this)))

    def value(self, value: Typed, taken: Picked, frame: Frame, run: Run) -> Column:
        """An expression of the record taken; missing where there is none.

        Where several records tie for being taken and the value differs among them, that is a
        finding: the order does not say which is meant.
        """
        records, picked = taken.records, taken.rows
        if len(taken.ties.this):
            made = value.column(self.pair_env(frame, records, taken.ties, run))
            self._report_differing([made], taken.ties, frame, run)
        has = picked >= 0
        position = np.where(has, picked, 0)
        if not records.rows:
            empty = Env(
                dict(records.columns)
                | {THIS + k: take(c, np.zeros(0, np.int64)) for k, c in frame.columns.items()},
                0,
                run.notes(records),
            )
            return blank_like(value.column(empty), frame.rows)
        columns = {k: take(records[k], position) for k in value.reads if not k.startswith(THIS)}
        columns |= {k: frame[k[len(THIS) :]] for k in value.reads if k.startswith(THIS)}
        made = value.column(Env(columns, frame.rows, run.notes(frame), has))
        return choose(has, made, blank_like(made, frame.rows))

    def report_ties(self, columns: Sequence[Column], taken: Picked, frame: Frame, run: Run) -> None:
        """A finding where tied candidates differ in one of these columns of theirs."""
        ties = taken.ties
        if not len(ties.this):
            return
        pairs = [take(column, ties.theirs) for column in columns]
        self._report_differing(pairs, ties, frame, run)

    def _report_differing(
        self, columns: Sequence[Column], ties: Pairs, frame: Frame, run: Run
    ) -> None:
        differ = matter(ties.this, np.arange(len(ties.this)), columns)
        if differ.any():
            run.notes(frame).report(
                TIE,
                np.unique(ties.this[differ]),
                None,
                f"several records of {self.title} tie for {self.take} and their values differ",
                TIE_TODO,
            )

    def aggregate(self, value: Typed, frame: Frame, run: Run) -> Column:
        """An aggregate over all candidates of each record."""
        table = frame if self.table is None else run.table(self.table)
        records, at = self.candidates(table, run)
        run.consulted(self.table, records, np.arange(records.rows))
        ranks = None
        if self.before:
            rank = self._ranks(frame, run)
            ranks = (rank, rank if at is None else rank[at])
        outer = any(key.startswith(THIS) for key in value.reads)
        if self.pairwise or outer:
            back, sample = (np.arange(frame.rows),) * 2 if outer else self._distinct(frame)
            small = frame.take(sample)
            pairs = self.pairs(small, records, ranks, run)
            inner = self.pair_env(small, records, pairs, run)
            columns = {THIS + key: column for key, column in small.columns.items()}
            env = Env(columns, small.rows, run.notes(small), None, inner, pairs.this)
            return take(value.column(env), back)
        left, right, count = self.codes(frame, records)
        inner = Env(records.columns, records.rows, run.notes(records))
        env = Env({}, count, run.notes(frame), None, inner, right)
        return take(value.column(env), left)


def _nothing(rows: int) -> tuple[Index, Pairs, Mask]:
    """No record taken, no ties, nowhere several."""
    return np.full(rows, -1, np.int64), Pairs.none(), np.zeros(rows, bool)


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
    with mistakes.at("where"):
        early_typed = bind_condition(early, pair_names) if early is not None else None
    late_typed = None
    with mistakes.at("where"):
        late_typed = bind_condition(late, pair_names) if late is not None else None
    if clause.between and (late is None or late_typed is not None):
        with mistakes.at("between"):
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
        pair_names,
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
    which = {"only": "the record", "first": "the first record", "last": "the last record"}
    text = which[clause.take] + whose
    if keys:
        shown = [mine if mine == theirs else f"{theirs} = {mine}" for mine, theirs in keys]
        text += f" with the same {', '.join(shown)}"
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
    "resolve_in",
]
