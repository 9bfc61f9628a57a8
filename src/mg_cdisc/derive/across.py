"""A value from every dataset at once: the wildcard source."""

from __future__ import annotations

import fnmatch
from typing import Literal

import numpy as np

from mg_cdisc import dates
from mg_cdisc.derive.assign import check_type
from mg_cdisc.derive.base import (
    BoundValue,
    Consult,
    Facts,
    Reach,
    Run,
    Scope,
    TextList,
    Value,
)
from mg_cdisc.expression import Env, ExpressionError, Mistakes, Truth, Type
from mg_cdisc.expression import aggregate as groups
from mg_cdisc.frame import Column, Frame, Text, choose, match_codes


class Across(Value):
    """``across``: the earliest or latest of one kind of variable over every dataset.

    ``variables`` name the kinds (``--DTC`` stands for AEDTC, LBDTC ...; also exact names),
    ``datasets`` the datasets (all others with subjects, unless written), ``without`` those left
    out. Values are compared as dates where they are dates. Missing: missing values are passed over;
    where there is no value at all the result is missing. Rule: SDTMIG 3.4 section 5.2 (RFPENDTC
    needs the latest of every date).
    """

    across: TextList
    """The variables: `--DTC` stands for AEDTC, LBDTC and so on; or exact names."""
    take: Literal["earliest", "latest"]
    """Which value."""
    datasets: TextList = ()
    """The datasets that are searched. Left out: all others with subjects; for a tabulation dataset
    all other tabulation datasets."""
    without: TextList = ()
    """Datasets left out."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        mistakes = Mistakes()
        for key in ("datasets", "without"):
            for position, name in enumerate(getattr(self, key)):
                with mistakes.at(key, position):
                    scope.catalog.schema(name)
        mistakes.done()
        found = self._columns(scope)
        if not found:
            raise ExpressionError(
                f"no dataset makes a variable like {', '.join(self.across)}",
                "Write a pattern such as --DTC.",
            )
        kinds = {scope.catalog.schema(name).types[variable] for name, variable in found}
        if len(kinds) > 1:
            raise ExpressionError(
                f"across mixes {' and '.join(sorted(kinds))}", "Name variables of one type."
            )
        kind = kinds.pop()
        if kind is Type.TEXT:
            raise ExpressionError(
                f"{found[0][0]}.{found[0][1]} is text, which is neither early nor late",
                "Name variables that are dates or numbers.",
                "wrong-type",
            )
        check_type(target, kind)

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            best: Column | None = None
            for name, variable in found:
                one = _extreme(frame, run.table(name), variable, kind, self.take)
                best = one if best is None else _better(best, one, kind, self.take)
            assert best is not None
            return best

        listed = ", ".join(f"{name}.{variable}" for name, variable in found)
        by_table: dict[str, list[str]] = {}
        for name, variable in found:
            by_table.setdefault(name, ["USUBJID"]).append(variable)
        return BoundValue(
            kind,
            compute,
            f"The {self.take} of {listed} of the same subject.",
            ("USUBJID",),
            tuple(Consult(name, tuple(columns)) for name, columns in by_table.items()),
            Reach.SUBJECT,
        )

    def _columns(self, scope: Scope) -> list[tuple[str, str]]:
        tabulations = scope.catalog.names("tabulation")
        own = "tabulation" if scope.dataset in tabulations else "dataset"
        wanted = self.datasets or scope.catalog.names(own)
        found: list[tuple[str, str]] = []
        for name in wanted:
            if name == scope.dataset or name in self.without:
                continue
            for variable in scope.catalog.makes(name):
                if any(_fits(variable, pattern) for pattern in self.across):
                    schema = scope.catalog.schema(name)
                    if schema.by_subject and "USUBJID" in schema.types:
                        found.append((name, variable))
        return found


def _fits(variable: str, pattern: str) -> bool:
    if pattern.startswith("--"):
        return fnmatch.fnmatchcase(variable, f"[A-Z][A-Z]{pattern[2:]}")
    return variable == pattern


def _extreme(frame: Frame, records: Frame, variable: str, kind: Type, take: str) -> Column:
    left, right, count = match_codes(
        [frame["USUBJID"]], [records["USUBJID"]], frame.rows, records.rows
    )
    function = "min" if take == "earliest" else "max"
    made = groups.reduce(function, records[variable], kind, right, count)
    assert not isinstance(made, Truth)
    return made.take(left) if isinstance(made, Text) else made[left]


def _better(best: Column, other: Column, kind: Type, take: str) -> Column:
    if isinstance(best, Text) and isinstance(other, Text) and kind is Type.PARTIAL:
        one = best.spread(dates.order_key(best.values)).astype(np.int64)
        two = other.spread(dates.order_key(other.values)).astype(np.int64)
        wins = (two < one) if take == "earliest" else (two > one)
        return choose((wins | best.blank) & ~other.blank, other, best)
    assert not isinstance(best, Text)
    assert not isinstance(other, Text)
    return (np.fmin if take == "earliest" else np.fmax)(best, other)
