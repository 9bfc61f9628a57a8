"""``records``: makes rows, from a source or dataset, unpivoted, summarised or copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field

from mg_cdisc.derive.assign import Assign, check_type
from mg_cdisc.derive.base import (
    SOURCE,
    SUBJECT,
    Bound,
    BoundValue,
    Consult,
    Effect,
    Expr,
    Facts,
    Model,
    NamePairs,
    OrderKeys,
    Reach,
    Run,
    Schema,
    Scope,
    Step,
    TextList,
    Value,
    env_of,
    merge_consults,
    merge_reads,
)
from mg_cdisc.derive.choose import Take, choose_rows, report_ties
from mg_cdisc.derive.clause import resolve_in
from mg_cdisc.derive.values import FirstOf, Taken, ValueMap, bind_when, refuse_also
from mg_cdisc.errors import Location, nearest, one_of
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    FollowUpError,
    Mistakes,
    Name,
    Type,
    Typed,
    TypedOrder,
    bind,
    bind_condition,
    bind_order,
    english,
    english_order,
)
from mg_cdisc.expression.nodes import Call
from mg_cdisc.frame import (
    Column,
    Frame,
    Index,
    Text,
    by_appearance,
    concat_columns,
    group_codes,
    stack,
    take,
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


class Unpivot(Model):
    """A wide row becomes one record per row of a table.

    The table's upper-case columns become variables, its other columns working variables
    (``_name``); ``values`` says which variable receives the content of the source column that a
    column of the table names.
    """

    table: str
    """The table: each source row gives one record for each row of it."""
    values: dict[str, str]
    """`{VARIABLE: column}`: the variable gets the content of the source column that this column of
    the table names (blank where it names none)."""


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
    by: TextList | None = None
    """The variables that make a group; with aggregates in `set` one row for each group, with
    `take` a copy of one row of it."""
    order: OrderKeys = ()
    """In which order the rows of a group stand."""
    take: Take | None = None
    """Which row of each group."""
    keep: Keep = ()
    """Names that pass on, `NEW: OLD` where the name changes. A source's columns stay readable
    without it; variables of a dataset do not."""
    set: ValueMap = Field(default_factory=dict)
    """Variables made from what is there; each may use those above it."""

    def bind(self, scope: Scope, where: Location) -> Bound:
        parts: list[_Part] = []
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
        )

    def _bind_part(self, name: str | None, scope: Scope) -> _Part:
        if name is None:
            schema = Schema(scope.dataset, dict(scope.columns), by_subject=True, open=scope.open)
        else:
            mistakes = Mistakes()
            with mistakes.at("from"):
                schema = scope.catalog.schema(name)
            mistakes.done()
        return _Part(self, name, schema, scope)


class _Part:
    """One source of a ``records`` step, bound."""

    def __init__(self, step: Records, name: str | None, schema: Schema, scope: Scope) -> None:
        self.step, self.name, self.schema = step, name, schema
        self.constants = scope.constants
        columns = dict(schema.types)
        if SUBJECT in columns:
            columns.setdefault("USUBJID", Type.TEXT)
        self.named: tuple[str, ...] = ()
        self.unpivoted: Schema | None = None
        self.where: Typed | None = None
        self.by_names = step.by or ()
        self.kept: dict[str, tuple[str, Type]] = {}
        self.aggregates: dict[str, Typed] = {}
        self.values: dict[str, BoundValue] = {}
        inner = scope.inner(columns, open=schema.open)
        if name is None:
            inner.broken |= scope.broken
        self._bind_all(scope, inner)
        self.summarised = bool(self.aggregates) or (step.by is not None and step.take is None)
        self.makes = self._makes(scope)
        self.reads, self.consults = self._reads()
        self.reach = self._reach()
        self.sentence = self._sentence()

    def _bind_all(self, scope: Scope, inner: Scope) -> None:
        step, columns = self.step, inner.columns
        order: list[TypedOrder] = []
        by: list[str] = []
        mistakes = Mistakes()
        with mistakes.at("unpivot"):
            inner.open, known = True, inner.open
            self.unpivoted = self._bind_unpivot(scope, columns)
            inner.open = known
        with mistakes.at("where"):
            self.where = bind_condition(step.where, inner) if step.where is not None else None
        for position, key in enumerate(step.order):
            with mistakes.at("order", position):
                order.append(bind_order(key, inner))
        for position, each in enumerate(self.by_names):
            with mistakes.at("by", position):
                by.append(inner.resolve(Name(each))[0])
        self.order, self.by = tuple(order), tuple(by)
        for new, old in step.keep:
            with mistakes.at("keep", new):
                self.kept[new] = self._bind_kept(new, old, inner)
        if step.by is not None and step.take is None:
            self._bind_groups(inner, mistakes)
        else:
            self._bind_set(inner, columns, mistakes)
        with mistakes.at("take"):
            if step.take in ("first", "last") and not step.order:
                raise ExpressionError(
                    f"{step.take} in what order?", "Add order: and say what is first.", "no-order"
                )
            if step.take is not None and step.by is None:
                raise ExpressionError(
                    f"take: {step.take} needs by:", "Say of which groups it takes one.", "no-by"
                )
        with mistakes.at("order"):
            if step.order and step.take is None:
                raise ExpressionError(
                    "order: says nothing without take:",
                    "Add take: first or take: last.",
                    "no-take",
                )
        mistakes.done()
        self.columns = columns

    def _bind_kept(self, new: str, name: str, inner: Scope) -> tuple[str, Type]:
        if inner.open and name not in inner.columns and SOURCE + name not in inner.columns:
            raise FollowUpError(f"{self.schema.name} has a mistake of its own")
        if self.step.by is not None and self.step.take is None:
            raise ExpressionError(
                f"{name} can differ within a group",
                "Aggregate it, or add it to by:.",
                "not-aggregated",
            )
        key, kind = resolve_in(self.schema, inner.columns, Name(name))
        facts = inner.catalog.facts(inner.dataset, new)
        check_type(facts, kind)
        if facts is not None and facts.type is Type.PARTIAL and kind is Type.TEXT:
            raise ExpressionError(
                f"{new} is a date variable and {name} is text",
                "Make it under set: with iso() or iso8601.",
                "wrong-type",
            )
        return key, kind

    def _bind_unpivot(self, scope: Scope, columns: dict[str, Type]) -> Schema | None:
        unpivot = self.step.unpivot
        if unpivot is None:
            return None
        mistakes = Mistakes()
        with mistakes.at("table"):
            table = scope.catalog.schema(unpivot.table)
            if unpivot.table not in scope.catalog.names("table"):
                raise ExpressionError(
                    f"{unpivot.table} is no table", "Name an entry of tables:.", "unknown-table"
                )
        mistakes.done()
        for variable, column in unpivot.values.items():
            with mistakes.at("values", variable):
                if column not in table.types:
                    raise ExpressionError(
                        f"table {unpivot.table} has no column {column}",
                        nearest(column, table.types) or f"It has {one_of(list(table.types))}.",
                        "unknown-column",
                    )
                if not table.types[column].stored_as_text:
                    raise ExpressionError(
                        f"column {column} of table {unpivot.table} holds numbers, not column names",
                        f"Write {column} text in the table's columns.",
                        "wrong-type",
                    )
        mistakes.done()
        listed = scope.catalog.table_values(unpivot.table, tuple(unpivot.values.values()))
        self.named = tuple(dict.fromkeys(each for each in listed if each))
        for named in self.named:
            with mistakes.at("table"):
                held = columns.get(SOURCE + named, columns.get(named))
                if held is not None and not held.stored_as_text:
                    raise ExpressionError(
                        f"table {unpivot.table} names the column {named}, which is a {held}",
                        "Make text of it first, in a dataset under work:.",
                        "wrong-type",
                    )
                if held is None:
                    known = [key.removeprefix(SOURCE) for key in columns]
                    raise ExpressionError(
                        f"table {unpivot.table} names the column {named}, "
                        f"which {self.schema.name} lacks",
                        nearest(named, known) or "Check the spelling.",
                        "unknown-column",
                    )
        for name, kind in table.types.items():
            if name not in unpivot.values.values():
                columns[name if name.isupper() else f"_{name}"] = kind
        for variable in unpivot.values:
            columns[variable] = Type.TEXT
        mistakes.done()
        return table

    def _bind_set(self, inner: Scope, columns: dict[str, Type], mistakes: Mistakes) -> None:
        for name, value in self.step.set.items():
            with mistakes.at("set", name):
                inner.broken.add(name)
                self.values[name] = bind_new(name, value, inner)
                columns[name] = self.values[name].type
                inner.broken.discard(name)

    def _bind_groups(self, inner: Scope, mistakes: Mistakes) -> None:
        """What is set on a row for each group: aggregates, and values of keys and aggregates."""
        keys = dict(zip(self.by_names, self.by, strict=False))
        whole = inner.inner({name: inner.columns[key] for name, key in keys.items()})
        whole.broken |= set(self.by_names) - set(keys)
        for name, value in self.step.set.items():
            with mistakes.at("set", name):
                whole.broken.add(name)
                if isinstance(value, Assign):
                    self.aggregates[name] = self._bind_aggregate(name, value, inner, whole)
                    whole.columns[name] = self.aggregates[name].type
                else:
                    self.values[name] = bind_new(name, value, whole)
                    whole.columns[name] = self.values[name].type
                whole.broken.discard(name)

    def _bind_aggregate(self, name: str, value: Assign, inner: Scope, whole: Scope) -> Typed:
        node = value.assign if value.when is None else Call("if", (value.when, value.assign))
        facts = inner.catalog.facts(inner.dataset, name)
        typed = bind(node, _GroupNames(inner, whole), aggregates=True)
        if facts is not None and facts.type is Type.PARTIAL and typed.type is Type.TEXT:
            typed = bind(Call("iso", (node,)), _GroupNames(inner, whole), aggregates=True)
        check_type(facts, typed.type)
        return typed

    def _makes(self, scope: Scope) -> dict[str, Type]:
        makes = dict.fromkeys(self.constants, Type.TEXT)
        types = self.schema.types
        if self.name is None and not self.summarised:
            makes |= scope.columns
        elif self.schema.is_source:
            makes |= {key: kind for key, kind in types.items() if not self.summarised}
            makes["USUBJID"] = Type.TEXT
        elif "USUBJID" in types and not self.summarised:
            makes["USUBJID"] = Type.TEXT
        if self.step.unpivot is not None:
            table = self.unpivoted
            assert table is not None
            for name, kind in table.types.items():
                if name not in self.step.unpivot.values.values():
                    makes[name if name.isupper() else f"_{name}"] = kind
            makes |= dict.fromkeys(self.step.unpivot.values, Type.TEXT)
        if self.summarised:
            makes = dict.fromkeys(self.constants, Type.TEXT)
            makes |= {name: self.columns[key] for name, key in self._keys()}
        makes |= {new: kind for new, (_, kind) in self.kept.items()}
        makes |= {name: value.type for name, value in self.values.items()}
        makes |= {name: typed.type for name, typed in self.aggregates.items()}
        return makes

    def described(self) -> dict[str, BoundValue]:
        """How each variable that the rows bring comes by its values, for origins and methods."""

        def told(kind: Type, sentence: str, origin: str, predecessor: str = "") -> BoundValue:
            return BoundValue(kind, _never, sentence, origin=origin, predecessor=predecessor)

        made: dict[str, BoundValue] = {}
        unpivot = self.step.unpivot
        if unpivot is not None and self.unpivoted is not None:
            for name, kind in self.unpivoted.types.items():
                if name not in unpivot.values.values():
                    sentence = f"As table {unpivot.table} of the spec has it."
                    made[name if name.isupper() else f"_{name}"] = told(kind, sentence, "Assigned")
            for name, column in unpivot.values.items():
                sentence = (
                    f"The answer collected in the column that {unpivot.table} names ({column})."
                )
                made[name] = told(Type.TEXT, sentence, "Collected")
        for new, (key, kind) in self.kept.items():
            if key.startswith(SOURCE):
                made[new] = told(kind, f"The collected {key.removeprefix(SOURCE)}.", "Collected")
            elif self.name is not None:
                made[new] = told(kind, f"{self.name}.{key}.", "Derived", f"{self.name}.{key}")
        for new, typed in self.aggregates.items():
            sentence = f"{english(typed.node)} for each {', '.join(self.by_names)}."
            made[new] = told(typed.type, sentence, "Derived")
        return made | self.values

    def _keys(self) -> list[tuple[str, str]]:
        return list(zip(self.by_names, self.by, strict=True))

    def _reads(self) -> tuple[tuple[str, ...], tuple[Consult, ...]]:
        used = merge_reads(
            self.where.reads if self.where else (),
            *(key.typed.reads for key in self.order),
            self.by,
            tuple(key for key, _ in self.kept.values()),
            *(value.reads for value in self.values.values()),
            *(typed.reads for typed in self.aggregates.values()),
        )
        consults = merge_consults(*(value.consults for value in self.values.values()))
        if self.step.unpivot is not None:
            consults = merge_consults(
                consults,
                (Consult(self.step.unpivot.table, tuple(self.unpivoted.types)),),  # type: ignore[union-attr]
            )
        if self.name is None:
            return used, consults
        there = [key for key in used if key in self.schema.types]
        there += [
            SOURCE + each if SOURCE + each in self.schema.types else each for each in self.named
        ]
        if "USUBJID" in self.schema.types:
            there.append("USUBJID")
        if SUBJECT in self.schema.types:
            there.append(SUBJECT)
        return (), merge_consults((Consult(self.name, tuple(there)),), consults)

    def _reach(self) -> Reach:
        own = max((value.reach for value in self.values.values()), default=Reach.ROW)
        if self.name is not None and not self.schema.by_subject:
            return Reach.STUDY  # one list for the study: its rows are read once
        if self.step.by is None:
            return own
        return max(own, Reach.SUBJECT if "USUBJID" in self.by_names else Reach.STUDY)

    def make(self, frame: Frame, run: Run) -> Frame:
        """The new rows."""
        records = frame if self.name is None else run.table(self.name)
        if self.name is not None:
            records = _as_own(records)
        if self.step.unpivot is not None:
            records = unpivot(records, run.table(self.step.unpivot.table), self.step.unpivot)
        if self.where is not None and records.rows:
            wanted = self.where.truth(env_of(records, run)).true
            if self.step.reason:
                run.excluded(self.step.reason, records, ~wanted)
            records = records.take(wanted)
        if self.summarised:
            return self._constant(self._summarise(records, run))
        if self.step.take is not None:
            records = records.take(self._choose(records, run))
        # variables of another dataset pass on only by keep; collected columns stay readable
        passed = {
            key: column
            for key, column in records.columns.items()
            if self.name is None or self.schema.is_source or key == "USUBJID"
        }
        if self.step.unpivot is not None:
            passed |= {k: c for k, c in records.columns.items() if k in self.makes}
        made = Frame(passed, records.rows, records.origins)
        kept = {new: records[key] for new, (key, _) in self.kept.items()}
        working = records
        for name, value in self.values.items():
            column = value.compute(working, env_of(working, run), run)
            kept[name] = column
            working = working.with_columns({name: column})
        return self._constant(made.with_columns(kept))

    def _constant(self, frame: Frame) -> Frame:
        constants: dict[str, Column] = {
            name: Text.constant(value, frame.rows) for name, value in self.constants.items()
        }
        return frame.with_columns(constants)

    def _choose(self, records: Frame, run: Run) -> Index:
        env = env_of(records, run)
        codes, count = group_codes([records[key] for key in self.by], records.rows)
        keys = [key.key(env) for key in self.order]
        which = self.step.take or "only"
        choice = choose_rows(codes, keys, count, which)
        if which == "only" and (choice.sizes > 1).any():
            run.notes(records).report(
                "several-matches", (choice.sizes > 1)[codes], None,
                "several records make one group, and one is needed", "Give order: and take:.",
            )  # fmt: skip
        report_ties(records, codes, choice, which, run)
        return choice.held()

    def _summarise(self, records: Frame, run: Run) -> Frame:
        codes, count = group_codes([records[key] for key in self.by], records.rows)
        codes = by_appearance(codes, count)
        order = np.argsort(codes, kind="stable")
        ends = np.concatenate(
            [np.zeros(1, np.int64), np.cumsum(np.bincount(codes, minlength=count))]
        )
        first = order[ends[:-1]] if count else np.zeros(0, np.int64)
        keys: dict[str, Column] = {n: take(records[k], first) for n, k in self._keys()}
        env = Env(keys, count, run.notes(records.take(first)), None, env_of(records, run), codes)
        made = Frame(keys, count, records.origins.gather(order, ends))
        for name in self.step.set:
            if name in self.aggregates:
                column = self.aggregates[name].column(replace(env, columns=made.columns))
            else:
                column = self.values[name].compute(made, env_of(made, run), run)
            made = made.with_columns({name: column})
        return made

    def _sentence(self) -> str:
        step = self.step
        text = f"Records of {self.name}" if self.name else "Records of this dataset"
        if self.where is not None:
            text += f" where {english(self.where.node)}"
        if step.unpivot is not None:
            text += f", one for each row of table {step.unpivot.table}"
        if step.take is not None:
            orders = ", ".join(english_order(key) for key in step.order)
            text += f", the {step.take} within {', '.join(self.by_names)} in order of {orders}"
        elif step.by is not None:
            text += f", one for each {', '.join(self.by_names)}"
        return text + "."


class _GroupNames:
    """Beside an aggregate only the keys of the group have one value."""

    def __init__(self, inner: Scope, whole: Scope) -> None:
        self.inner, self.whole = inner, whole

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


def _check_subjects(parts: Sequence[_Part], scope: Scope) -> None:
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


def _as_own(records: Frame) -> Frame:
    """A source's subject key is its records' USUBJID."""
    if SUBJECT in records and "USUBJID" not in records:
        return records.with_columns({"USUBJID": records[SUBJECT]})
    return records


def unpivot(records: Frame, table: Frame, how: Unpivot) -> Frame:
    """Each record once for each row of the table, records first; values from the named columns."""
    tests, rows = table.rows, records.rows
    row_of = np.repeat(np.arange(rows), tests)
    test_of = np.tile(np.arange(tests), rows)
    columns: dict[str, Column] = {key: take(c, row_of) for key, c in records.columns.items()}
    for name, column in table.columns.items():
        if name not in how.values.values():
            columns[name if name.isupper() else f"_{name}"] = take(column, test_of)
    transposed = test_of * rows + row_of
    for variable, naming in how.values.items():
        named = table.text(naming).to_list()
        parts: list[Column] = [_named(records, each) for each in named]
        columns[variable] = take(concat_columns(parts), transposed) if parts else Text.of([])
    return Frame(columns, rows * tests, records.origins.take(row_of))


def _named(records: Frame, name: str) -> Column:
    if not name:
        return Text.constant("", records.rows)
    return records[SOURCE + name] if SOURCE + name in records else records[name]


def _never(frame: Frame, env: Env, run: Run) -> Column:
    raise AssertionError("what records bring is computed by the step itself")


def facts_of(scope: Scope, name: str) -> Facts | None:
    """What is known of a variable of this dataset."""
    return scope.catalog.facts(scope.dataset, name)
