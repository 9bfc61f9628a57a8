"""``fill``: adds the missing rows of a grid, with what to copy from which record."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from mg_cdisc.derive.base import (
    Bound,
    Consult,
    Effect,
    Expr,
    Model,
    Reach,
    Run,
    Schema,
    Scope,
    Step,
    TextList,
    env_of,
    merge_consults,
    merge_reads,
)
from mg_cdisc.derive.clause import Clause, bind_clause
from mg_cdisc.derive.newrows import bind_new, stacked_type
from mg_cdisc.derive.records import Keep
from mg_cdisc.derive.sequence import reach_of
from mg_cdisc.derive.values import ValueMap
from mg_cdisc.errors import Location, nearest
from mg_cdisc.expression import (
    ExpressionError,
    FollowUpError,
    Mistakes,
    Name,
    Type,
    bind_condition,
)
from mg_cdisc.expression.values import read_number
from mg_cdisc.frame import (
    Column,
    Frame,
    Index,
    Origins,
    Text,
    by_appearance,
    group_codes,
    match_codes,
    stack,
    take,
)


class Grid(Model):
    """The rows of a group: constants per variable, or the rows of a table."""

    values: dict[str, TextList] = Field(default_factory=dict)
    """`{NAME: [value, ...]}`: every combination of the values."""
    from_: str | None = Field(None, alias="from")
    """A table whose rows are the cells of the grid."""
    where: Expr | None = None
    """Only these rows of the table."""
    keep: Keep = ()
    """The table's columns that become variables, `NEW: OLD`."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        if isinstance(data, dict) and "from" not in data and "values" not in data:
            return {"values": data}
        return data


class Fill(Step):
    """``fill``: one row for each group and each cell of the grid that has none yet.

    Groups are the distinct ``by`` values of this dataset, or of the dataset named in ``from``. A
    new row has the group's and the grid's values; ``copy`` is a clause that takes one of this
    dataset's own records for the rest (``this.X`` is the new row; where none is found no row is
    added); ``set`` makes variables of the new row. Missing: what none of these gives is missing in
    the new row.
    """

    by: TextList
    """The variables that make a group."""
    grid: Grid
    """The cells that each group must have: `{NAME: [value, ...]}`, or `{from: table, keep:
    [...]}`."""
    on: TextList = ()
    """The grid's variables that tell whether a cell is there already. Left out: all of them."""
    from_: str | None = Field(None, alias="from")
    """The dataset whose groups are filled. Left out: this dataset's own."""
    copy_: Clause | None = Field(None, alias="copy")
    """A clause without `from`: which of this dataset's own records the rest is copied from.
    `this.X` is the new row; where no record is found no row is added."""
    set: ValueMap = Field(default_factory=dict)
    """Variables of the new rows."""

    def bind(self, scope: Scope, where: Location) -> Bound:
        schema = Schema(scope.dataset, scope.columns, by_subject=True, open=scope.open)
        group_types: dict[str, Type] = {}
        mistakes = Mistakes()
        with mistakes.at("grid"):
            cells, cell_types, consults = self._bind_grid(scope)
        with mistakes.at("from"):
            schema = scope.catalog.schema(self.from_) if self.from_ else schema
        mistakes.done()
        groups_of = (
            scope if self.from_ is None else scope.inner(dict(schema.types), open=schema.open)
        )
        for position, name in enumerate(self.by):
            with mistakes.at("by", position):
                key, group_types[name] = groups_of.resolve(Name(name))
                if key != name:
                    raise ExpressionError(
                        f"{name} is a source column, and rows are added by variables",
                        "Make a variable of it.",
                        "unknown-variable",
                    )
        for position, name in enumerate(self.on):
            with mistakes.at("on", position):
                if name not in self.by and name not in cell_types:
                    raise ExpressionError(
                        f"{name} is neither in by: nor in the grid",
                        nearest(name, [*self.by, *cell_types]) or "Take it out of on:.",
                        "unknown-variable",
                    )
        mistakes.done()
        new_types = group_types | cell_types
        for name, kind in new_types.items():
            new_types[name] = stacked_type(name, scope.columns.get(name), kind)
        matched_on = self.by + (self.on or tuple(cell_types))
        for name in matched_on:
            with mistakes.at("grid", name):
                if name in scope.broken or (scope.open and name not in scope.columns):
                    raise FollowUpError(f"{name} has a mistake of its own")
                if name not in scope.columns:
                    raise ExpressionError(
                        f"no record has {name} yet, so none can be said to be missing",
                        nearest(name, scope.columns) or "Make it first, or name others with on:.",
                        "unknown-variable",
                    )
        mistakes.done()
        clause = None
        if self.copy_ is not None:
            inner = Scope(scope.dataset, dict(new_types), scope.catalog, {}, scope.constants)
            own = Schema(scope.dataset, dict(scope.columns), by_subject=True)
            given = self.copy_.model_copy(update={"by": self.copy_.by or _pairs(self.by)})
            with mistakes.at("copy"):
                if given.from_ is not None or given.before is not None:
                    key = "from:" if given.from_ is not None else "before:"
                    raise ExpressionError(
                        f"copy: takes one of this dataset's own records, and {key} means nothing",
                        "Say which under where:, with this.X for the new row.",
                    )
                clause = bind_clause(given, inner, own=own)
            mistakes.done()
        values = dict(scope.columns) | new_types if clause is not None else dict(new_types)
        set_scope = Scope(scope.dataset, values, scope.catalog, {}, scope.constants)
        bound = {}
        for name, value in self.set.items():
            with mistakes.at("set", name):
                set_scope.broken.add(name)
                bound[name] = bind_new(name, value, set_scope)
                set_scope.columns[name] = bound[name].type
                set_scope.broken.discard(name)
                new_types[name] = stacked_type(name, scope.columns.get(name), bound[name].type)
        mistakes.done()
        makes = new_types | dict.fromkeys(scope.constants, Type.TEXT)
        if "USUBJID" in scope.columns and clause is None and "USUBJID" not in makes:
            raise ExpressionError(
                "the new rows would have no USUBJID", "Add USUBJID to by:.", "no-subject"
            )

        def run_step(frame: Frame, run: Run) -> Frame:
            groups = run.table(self.from_) if self.from_ else frame
            new = _missing_cells(frame, groups, self.by, cells(run), matched_on)
            if run.tracer is not None:
                run.tracer.absent(new)
            if clause is not None:
                taken = clause.pick_from(new, frame, run)
                clause.report_ties(list(taken.records.columns.values()), taken, new, run)
                records, picked = taken.records, taken.rows
                held = picked >= 0
                new, picked = new.take(held), picked[held]
                copied = {key: take(column, picked) for key, column in records.columns.items()}
                new = Frame({**copied, **new.columns}, new.rows, records.origins.take(picked))
            for name, value in bound.items():
                if run.tracer is not None:
                    run.tracer.making(name)
                new = new.with_columns({name: value.compute(new, env_of(new, run), run)})
            constants: dict[str, Column] = {
                name: Text.constant(value, new.rows) for name, value in scope.constants.items()
            }
            run.count("added", new.rows)
            return stack([frame, new.with_columns(constants)])

        consults = merge_consults(
            consults,
            (Consult(self.from_, self.by),) if self.from_ else (),
            *(value.consults for value in bound.values()),
        )
        return Bound(
            "fill",
            where,
            run_step,
            f"Rows added for every {' and '.join([', '.join(self.by), *(self.on or cell_types)])} "
            f"that has none{f', copied from {clause.words}' if clause is not None else ''}.",
            merge_reads(
                matched_on,
                (*clause.own_reads, *clause.candidate_reads) if clause is not None else (),
                *(value.reads for value in bound.values()),
            ),
            consults,
            makes,
            effect=Effect.ADDS,
            reach=max(
                reach_of(self.by),
                clause.reach if clause is not None else Reach.ROW,
                *(v.reach for v in bound.values()),
            ),
            values=bound,
        )

    def _bind_grid(self, scope: Scope) -> tuple[Any, dict[str, Type], tuple[Consult, ...]]:
        grid = self.grid
        if grid.from_ is None:
            types: dict[str, Type] = {}
            for name in grid.values:
                facts = scope.catalog.facts(scope.dataset, name)
                types[name] = scope.columns.get(name) or (facts.type if facts else Type.TEXT)
            if not grid.values or not all(grid.values.values()):
                raise ExpressionError("the grid has no cells", "Write NAME: [value, value].")
            combos = list(itertools.product(*grid.values.values()))
            columns = dict(zip(grid.values, zip(*combos, strict=True), strict=True))
            fixed = Frame.of({name: _column(columns[name], kind) for name, kind in types.items()})
            return (lambda run: fixed), types, ()
        kept: dict[str, tuple[str, Type]] = {}
        mistakes = Mistakes()
        with mistakes.at("from"):
            schema = scope.catalog.schema(grid.from_)
        mistakes.done()
        inner = Scope(grid.from_, dict(schema.types), scope.catalog, open=schema.open)
        with mistakes.at("where"):
            condition = bind_condition(grid.where, inner) if grid.where is not None else None
        for new, old in grid.keep:
            with mistakes.at("keep", new):
                kept[new] = inner.resolve(Name(old))
        mistakes.done()

        def cells(run: Run) -> Frame:
            rows = run.table(str(grid.from_))
            if condition is not None:
                rows = rows.take(condition.truth(env_of(rows, run)).true)
            return Frame({new: rows[key] for new, (key, _) in kept.items()}, rows.rows)

        used = tuple(key for key, _ in kept.values()) + (condition.reads if condition else ())
        return cells, {new: kind for new, (_, kind) in kept.items()}, (Consult(grid.from_, used),)


def _pairs(by: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in by)


def _column(texts: tuple[str, ...], kind: Type) -> Column:
    if kind.stored_as_text:
        return Text.of(texts)
    numbers = [read_number(text) for text in texts]
    for text, number in zip(texts, numbers, strict=True):
        if text and np.isnan(number):
            raise ExpressionError(
                f"'{text}' in the grid is no number and its variable is numeric",
                "Write numbers.",
                "wrong-type",
            )
    return np.array(numbers)


def _missing_cells(
    frame: Frame, groups: Frame, by: tuple[str, ...], cells: Frame, on: tuple[str, ...]
) -> Frame:
    """Every group with every cell, less what the frame has already."""
    codes, count = group_codes([groups[name] for name in by], groups.rows)
    codes = by_appearance(codes, count)
    first: Index = np.zeros(count, np.int64)
    first[codes[::-1]] = np.arange(groups.rows)[::-1]
    row_of = np.repeat(first, cells.rows)
    cell_of = np.tile(np.arange(cells.rows), count)
    columns: dict[str, Column] = {name: take(groups[name], row_of) for name in by}
    columns |= {name: take(column, cell_of) for name, column in cells.columns.items()}
    rows = count * cells.rows
    full = Frame(columns, rows, Origins.none(rows))
    if not frame.rows:
        return full
    new, old, total = match_codes(
        [full[name] for name in on], [frame[name] for name in on], rows, frame.rows
    )
    present = np.zeros(total, bool)
    present[old] = True
    return full.take(~present[new])
