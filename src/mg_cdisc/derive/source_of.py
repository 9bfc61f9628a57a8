"""``source_of``: SRCDOM, SRCVAR and SRCSEQ, which name the record that an analysis value comes from.

Rule: ADaMIG 1.3 section 3.3 (datapoint traceability): SRCDOM is the domain or analysis dataset,
SRCVAR the variable in it, SRCSEQ the --SEQ or ASEQ of the record; blank where a value has no one
source record. Of a supplemental qualifier they are RDOMAIN, QNAM and the --SEQ of the parent record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow.compute as pc

from mg_cdisc.derive.base import BoundValue, Model, Schema, Scope, Value
from mg_cdisc.errors import nearest
from mg_cdisc.expression import ExpressionError, Literal, Name, Node, Type
from mg_cdisc.expression.nodes import Call, children
from mg_cdisc.expression.values import parse_numbers
from mg_cdisc.frame import Column, Frame, Text, take

TRACED = {"SRCDOM": Type.TEXT, "SRCVAR": Type.TEXT, "SRCSEQ": Type.NUMBER}
NAMED = "@named"
"""The variable that a table of an unpivot names, of each record made by it."""
_QUALIFIER = ("RDOMAIN", "QNAM", "IDVAR", "IDVARVAL")


@dataclass(frozen=True)
class Trace:
    """What names the source of a record; ``number`` is '' where its dataset numbers no records.

    ``variable`` is NAMED and the name of an unpivoted variable where the table of the unpivot says
    it; ``kept`` are those of the three that the spec makes itself.
    """

    of: str = ""
    dataset: str = ""
    domain: str = ""
    variable: str = ""
    number: str = ""
    kept: frozenset[str] = field(default=frozenset())
    qualifier: bool = False

    @property
    def types(self) -> dict[str, Type]:
        """The variables made here."""
        return {n: t for n, t in TRACED.items() if self.of and n not in self.kept}

    @property
    def reads(self) -> tuple[str, ...]:
        """The variables of the source that say which record it is."""
        if self.qualifier:
            return _QUALIFIER
        return (self.number,) if self.number and "SRCSEQ" not in self.kept else ()

    def nodes(self) -> dict[str, Node]:
        """The three as expressions of the one record that is taken."""
        made: dict[str, Node]
        if self.qualifier:
            numbered = Call("ends_with", (Name("IDVAR"), Literal("SEQ", Type.TEXT)))
            number = Call("if", (numbered, Call("number", (Name("IDVARVAL"),))))
            made = {"SRCDOM": Name("RDOMAIN"), "SRCVAR": Name("QNAM"), "SRCSEQ": number}
            return {name: made[name] for name in self.types}
        made = {
            "SRCDOM": Literal(self.domain, Type.TEXT),
            "SRCVAR": Literal(self.variable, Type.TEXT),
            "SRCSEQ": Name(self.number) if self.number else Literal(np.nan, Type.NUMBER),
        }
        return {name: made[name] for name in self.types}

    def naming(self, records: Frame, table: Frame, values: Mapping[str, str]) -> Frame:
        """Unpivoted records, each with the variable that its row of the table names."""
        if not self.variable.startswith(NAMED) or not table.rows:
            return records
        column = table[values[self.variable.removeprefix(NAMED)]]
        each = np.tile(np.arange(table.rows), records.rows // table.rows)
        return records.with_columns({NAMED: take(column, each)})

    def columns(self, records: Frame) -> dict[str, Column]:
        """The three for records that come from the source one by one."""
        rows = records.rows
        if self.qualifier:
            made: dict[str, Column] = {"SRCDOM": records["RDOMAIN"], "SRCVAR": records["QNAM"]}
            numbered = records.text("IDVAR").where(lambda names: pc.ends_with(names, pattern="SEQ"))
            value = records.text("IDVARVAL")
            made["SRCSEQ"] = np.where(numbered, parse_numbers(value.values)[0][value.codes], np.nan)
            return {name: made[name] for name in self.types}
        named = records[NAMED] if NAMED in records else Text.constant(self.variable, rows)
        number = records[self.number] if self.reads else np.full(rows, np.nan)
        made = {"SRCDOM": Text.constant(self.domain, rows), "SRCVAR": named, "SRCSEQ": number}
        return {name: made[name] for name in self.types}

    def described(self, told: BoundValue) -> dict[str, BoundValue]:
        """How the three come by their values, on the pattern of ``told``."""
        number = f"{self.dataset}.{self.number}" if self.number else ""
        if self.qualifier:
            said = ("RDOMAIN", "QNAM", "IDVARVAL, the number of the record in RDOMAIN")
            return {
                name: BoundValue(kind, told.compute, f"{word} of {self.dataset}.")
                for (name, kind), word in zip(TRACED.items(), said, strict=True)
                if name in self.types
            }
        from_table = self.variable.startswith(NAMED)
        named = "the one that the table names" if from_table else self.variable
        words = {
            "SRCDOM": f"{self.domain}, where the record with {self.of} stands.",
            "SRCVAR": f"The variable that {self.of} comes from: {named}.",
            "SRCSEQ": f"{number}." if number else "Left missing: one record for each subject.",
        }
        return {
            name: BoundValue(
                kind, told.compute, words[name],
                origin="Derived" if name == "SRCSEQ" and number else "Assigned",
                predecessor=number if name == "SRCSEQ" else "",
            )
            for name, kind in self.types.items()
        }  # fmt: skip


def bind_trace(
    of: str | None,
    schema: Schema,
    scope: Scope,
    *,
    copies: Mapping[str, str],
    values: Mapping[str, Value],
    unpivoted: Mapping[str, str],
    own: bool = False,
    grouped: bool = False,
) -> Trace:
    """The source of one variable: ``copies`` of names there, ``values`` made of them, or unpivoted.

    ``own`` says that the records are copies of this dataset's own, ``grouped`` that each is made of
    several. Raises ExpressionError then, where the records are not of a dataset, and where the
    value does not come from one variable of them.
    """
    if of is None:
        return Trace()
    if own:
        raise ExpressionError(
            "a copy of an own record has the source of that record already",
            "Take source_of: out; make SRCVAR under set: where the value is another.",
            "no-source-record",
        )
    if grouped:
        raise ExpressionError(
            "what is made of a group has no one source record", "Take source_of: out.",
            "no-source-record",
        )  # fmt: skip
    made = frozenset([*copies, *values, *unpivoted])
    qualifier = schema.name.startswith("SUPP") and all(each in schema.types for each in _QUALIFIER)
    if schema.name not in scope.catalog.names("dataset") and not qualifier:
        raise ExpressionError(
            f"{schema.name} is no dataset whose records have --SEQ or ASEQ",
            "Say source_of: where the records of a dataset are taken; of a helper dataset keep "
            "SRCDOM, SRCVAR and SRCSEQ.",
            "no-source-record",
        )
    if of not in made:
        raise ExpressionError(
            f"{of} is not made here", nearest(of, made) or "Name a variable of keep: or set:.",
            "unknown-variable",
        )  # fmt: skip
    kept = frozenset(TRACED) & made
    variable = ""
    if "SRCVAR" not in kept:
        found = dict.fromkeys(_variables(of, copies, values, unpivoted, frozenset()))
        if len(found) != 1:
            shown = " and ".join(found) if found else f"no variable of {schema.name}"
            raise ExpressionError(
                f"{of} is made of {shown}, and SRCVAR names one",
                "Say which under set: {SRCVAR: {hardcode: NAME}}.",
                "no-source-record",
            )
        variable = next(iter(found))
    if qualifier:
        return Trace(of, schema.name, variable=variable, kept=kept, qualifier=True)
    domain = scope.catalog.domain(schema.name)
    numbers = (each for each in (f"{domain}SEQ", "ASEQ") if each in schema.types)
    return Trace(of, schema.name, domain, variable, next(numbers, ""), kept)


def _variables(
    name: str,
    copies: Mapping[str, str],
    values: Mapping[str, Value],
    unpivoted: Mapping[str, str],
    above: frozenset[str],
) -> Iterator[str]:
    """The variables of the source that a name takes its value from."""
    if name in copies:
        yield copies[name]
    elif name in unpivoted:
        yield NAMED + name
    elif name in values and name not in above:
        for each in _taken(values[name]):
            yield from _variables(each, {}, values, unpivoted, above | {name})
    else:
        yield name


def _taken(value: Value) -> Iterator[str]:
    """The names in a value, but for those of conditions that only choose among them."""
    if getattr(value, "from_", None) is not None:
        raise ExpressionError(
            "the value is taken from other records",
            "Bring it with a lookup that says source_of:.",
            "no-source-record",
        )
    for key in type(value).model_fields:
        if key in ("when", "method"):
            continue
        yield from _in(getattr(value, key))


def _in(part: object) -> Iterator[str]:
    match part:
        case Name():
            yield part.name
        case Call(function="if"):
            for each in part.arguments[1:]:
                yield from _in(each)
        case tuple():
            for each in part:
                yield from _in(each)
        case Value():
            yield from _taken(part)
        case Model() | str() | dict() | None:
            return
        case _ if isinstance(part, Node):
            for each in children(part):
                yield from _in(each)
