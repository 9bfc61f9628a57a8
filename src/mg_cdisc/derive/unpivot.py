"""A wide row becomes one record for each row of a table."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from mg_cdisc.derive.base import SOURCE, Model, Schema, Scope
from mg_cdisc.errors import nearest, one_of
from mg_cdisc.expression import ExpressionError, Mistakes, Type
from mg_cdisc.frame import (
    Column,
    Frame,
    Text,
    concat_columns,
    take,
)


class Unpivot(Model):
    """A wide row becomes one record per row of a table.

    The table's upper-case columns become variables, its other columns working variables
    (``_name``); ``values`` says which variable receives the content of the source column that a
    column of the table names.
    """

    table: str
    """The table: each source row gives one record for each row of it."""
    values: dict[str, str] = Field(default_factory=dict)
    """`{VARIABLE: column}`: the variable gets the content of the source column that this column of
    the table names (blank where it names none). Left out: each row is copied for each of the table,
    such as an interval of exposure for each parameter made of it."""
    row: str | None = Field(None, pattern=r"^_[A-Za-z0-9_]+$")
    """A working variable that tells which wide row a record comes from: a number, the same in all
    records of that row and in no others."""


def bind_unpivot(
    unpivot: Unpivot, schema: Schema, scope: Scope, columns: dict[str, Type]
) -> tuple[Schema, tuple[str, ...]]:
    """The table, and the source columns that it names; ``columns`` get what it makes."""
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
    named_columns = tuple(dict.fromkeys(each for each in listed if each))
    for named in named_columns:
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
                    f"table {unpivot.table} names the column {named}, which {schema.name} lacks",
                    nearest(named, known) or "Check the spelling.",
                    "unknown-column",
                )
    for name, kind in table.types.items():
        if name not in unpivot.values.values():
            columns[name if name.isupper() else f"_{name}"] = kind
    for variable in unpivot.values:
        columns[variable] = Type.TEXT
    if unpivot.row is not None:
        columns[unpivot.row] = Type.NUMBER
    mistakes.done()
    return table, named_columns


def unpivot(records: Frame, table: Frame, how: Unpivot, *, is_source: bool) -> Frame:
    """Each record once for each row of the table, records first; values from the named columns.

    A source's rows are told apart by their identities, a dataset's records by their places.
    """
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
    if how.row is not None:
        told = records.origins.first() if is_source else np.arange(rows)
        columns[how.row] = told[row_of].astype(np.float64)
    return Frame(columns, rows * tests, records.origins.take(row_of))


def _named(records: Frame, name: str) -> Column:
    if not name:
        return Text.constant("", records.rows)
    return records[SOURCE + name] if SOURCE + name in records else records[name]
