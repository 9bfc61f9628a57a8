"""One source of a ``records`` step, bound: the rows that it brings and what is known of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mg_cdisc.derive.assign import Assign, check_type
from mg_cdisc.derive.base import (
    SOURCE,
    SUBJECT,
    BoundValue,
    Consult,
    Reach,
    Run,
    Schema,
    Scope,
    env_of,
    merge_consults,
    merge_reads,
)
from mg_cdisc.derive.choose import choose_rows, report_ties
from mg_cdisc.derive.clause import resolve_in
from mg_cdisc.derive.newrows import GroupNames, as_own, bind_new
from mg_cdisc.derive.source_of import bind_trace
from mg_cdisc.derive.tracer import Grouping
from mg_cdisc.derive.unpivot import bind_unpivot, unpivot
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
    group_codes,
    take,
)

if TYPE_CHECKING:
    from mg_cdisc.derive.records import Records


class Part:
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
        self.by_names = tuple(new for new, _ in step.by or ())
        self.shown_by = ", ".join(each for each in self.by_names if not each.startswith("_"))
        self.kept: dict[str, tuple[str, Type]] = {}
        self.aggregates: dict[str, Typed] = {}
        self.values: dict[str, BoundValue] = {}
        inner = scope.inner(columns, open=schema.open)
        if name is None:
            inner.broken |= scope.broken
        self._bind_all(scope, inner)
        self.summarised = bool(self.aggregates) or (step.by is not None and step.take is None)
        self.picks = name is None and bool(step.keep) and not self.summarised
        """Whether copies of own rows have only what ``keep``, ``by`` and ``set`` name."""
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
            if step.unpivot is not None:
                bound = bind_unpivot(step.unpivot, self.schema, scope, columns)
                self.unpivoted, self.named = bound
            inner.open = known
        with mistakes.at("where"):
            self.where = bind_condition(step.where, inner) if step.where is not None else None
        for position, key in enumerate(step.order):
            with mistakes.at("order", position):
                order.append(bind_order(key, inner))
        for new, old in step.by or ():
            with mistakes.at("by", new):
                by.append(inner.resolve(Name(old))[0])
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
        with mistakes.at("source_of"):
            self.trace = bind_trace(
                step.source_of, self.schema, scope, copies=dict(step.keep), values=step.set,
                unpivoted=step.unpivot.values if step.unpivot is not None else {},
                own=self.name is None, grouped=step.by is not None and step.take is None,
            )  # fmt: skip
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
        try:
            check_type(facts, kind)
        except ExpressionError as error:
            todo = error.todo.replace("Use ", "Make it under set:, with ", 1)
            raise ExpressionError(error.what, todo, error.kind) from error
        if facts is not None and facts.type is Type.PARTIAL and kind is Type.TEXT:
            raise ExpressionError(
                f"{new} is a date variable and {name} is text",
                "Make it under set: with iso() or iso8601.",
                "wrong-type",
            )
        return key, kind

    def _bind_set(self, inner: Scope, columns: dict[str, Type], mistakes: Mistakes) -> None:
        for name, value in self.step.set.items():
            with mistakes.at("set", name):
                inner.broken.add(name)
                try:
                    self.values[name] = bind_new(name, value, inner)
                except ExpressionError as error:
                    self._tell_renamed(error, columns)
                    raise
                columns[name] = self.values[name].type
                inner.broken.discard(name)

    def _tell_renamed(self, error: ExpressionError, columns: dict[str, Type]) -> None:
        """What to write for a name that ``keep`` gives: ``set`` reads the names that are there."""
        for each in error.each():
            for new, old in self.step.keep:
                if new != old and new not in columns and each.what.endswith(f" {new}"):
                    each.todo = f"keep: makes it of {old}; set: reads {old}."

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
        typed = bind(node, GroupNames(inner, whole), aggregates=True)
        if facts is not None and facts.type is Type.PARTIAL and typed.type is Type.TEXT:
            typed = bind(Call("iso", (node,)), GroupNames(inner, whole), aggregates=True)
        check_type(facts, typed.type)
        return typed

    def _makes(self, scope: Scope) -> dict[str, Type]:
        makes = dict.fromkeys(self.constants, Type.TEXT)
        types = self.schema.types
        if self.name is None and not self.summarised:
            makes |= {key: kind for key, kind in scope.columns.items() if self.passes(key)}
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
            if self.step.unpivot.row is not None:
                makes[self.step.unpivot.row] = Type.NUMBER
        if self.summarised:
            makes = dict.fromkeys(self.constants, Type.TEXT)
            makes |= {name: self.columns[key] for name, key in self._keys()}
        makes |= {new: kind for new, (_, kind) in self.kept.items()}
        makes |= {name: value.type for name, value in self.values.items()}
        makes |= {name: typed.type for name, typed in self.aggregates.items()}
        return makes | self.trace.types

    def passes(self, key: str) -> bool:
        """Whether a copy of an own row has this variable without being told."""
        hidden = key.startswith((SOURCE, "@"))  # a source's columns stay readable
        return not self.picks or hidden or key in ("USUBJID", *self.by)

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
                    if not name.isupper():
                        name, sentence = f"_{name}", f"Column {name} of table {unpivot.table}."
                    made[name] = told(kind, sentence, "Assigned")
            for name, column in unpivot.values.items():
                sentence = (
                    f"The answer collected in the column that {unpivot.table} names ({column})."
                )
                made[name] = told(Type.TEXT, sentence, "Collected")
            if unpivot.row is not None:
                sentence = "The row of the form that the record comes from."
                made[unpivot.row] = told(Type.NUMBER, sentence, "Assigned")
        for new, (key, kind) in self.kept.items():
            if key.startswith(SOURCE):
                made[new] = told(kind, f"The collected {key.removeprefix(SOURCE)}.", "Collected")
            elif self.name is not None:
                made[new] = told(kind, f"{self.name}.{key}.", "Derived", f"{self.name}.{key}")
        if self.summarised and self.name is not None:
            for new, key in self._keys():
                if key.startswith(SOURCE):
                    sentence = f"The collected {key.removeprefix(SOURCE)}."
                    made[new] = told(self.columns[key], sentence, "Collected")
                elif new != "USUBJID":
                    sentence = f"{self.name}.{key}."
                    made[new] = told(self.columns[key], sentence, "Derived", sentence[:-1])
        for new, typed in self.aggregates.items():
            whole = f" for each {self.shown_by}" if self.shown_by else " of all of them"
            sentence = f"{english(typed.node)}{whole}."
            made[new] = told(typed.type, sentence, "Derived")
        return made | self.values | self.trace.described(told(Type.TEXT, "", ""))

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
            self.trace.reads,
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

    def gather(self, frame: Frame, run: Run) -> tuple[Frame, Index | None]:
        """The rows that the source has, unpivoted, before any is left out; the test of each."""
        records = frame if self.name is None else run.table(self.name)
        if self.name is not None:
            records = as_own(records)
        tests: Index | None = None
        if self.step.unpivot is not None:
            table = run.table(self.step.unpivot.table)
            records = unpivot(records, table, self.step.unpivot, is_source=self.schema.is_source)
            records = self.trace.naming(records, table, self.step.unpivot.values)
            if run.tracer is not None:
                tests = np.tile(np.arange(table.rows), records.rows // max(table.rows, 1))
        return records, tests

    def make(self, frame: Frame, run: Run) -> Frame:
        """The new rows."""
        records, tests = self.gather(frame, run)
        if self.where is not None and records.rows:
            wanted = self.where.truth(env_of(records, run)).true
            if self.step.reason:
                run.excluded(self.step.reason, records, ~wanted)
            records = records.take(wanted)
            tests = tests[wanted] if tests is not None else None
        if run.tracer is not None:
            records = run.tracer.renewed(self, records, tests)
        if self.summarised:
            return self._constant(self._summarise(records, run))
        if self.step.take is not None:
            records = records.take(self._choose(records, run))
        # variables of another dataset pass on only by keep, and so do those of own rows where it is
        # written; collected columns stay readable
        passed = {
            key: column
            for key, column in records.columns.items()
            if (self.name is None and self.passes(key)) or self.schema.is_source or key == "USUBJID"
        }
        if self.step.unpivot is not None:
            passed |= {k: c for k, c in records.columns.items() if k in self.makes}
        made = Frame(passed, records.rows, records.origins)
        kept = {new: records[key] for new, (key, _) in self.kept.items()}
        working = records
        for name, value in self.values.items():
            if run.tracer is not None:
                run.tracer.making(name)
            column = value.compute(working, env_of(working, run), run)
            kept[name] = column
            working = working.with_columns({name: column})
        kept |= self.trace.columns(records)
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
        if run.tracer is not None:
            chosen = np.zeros(records.rows, bool)
            chosen[choice.held()] = True
            told = Grouping(self.by, np.ones(records.rows, bool), self.order, take=which)
            run.tracer.grouped(records, codes, told, chosen)
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
            text += f", one for each {self.shown_by}" if self.shown_by else " as one"
        return text + "."


def _never(frame: Frame, env: Env, run: Run) -> Column:
    raise AssertionError("what records bring is computed by the step itself")
