"""Rules said as data: one line of ``rules/*.tsv`` is one rule.

Every table has the columns ``rule`` (our identifier), ``published`` (identifiers of published rules,
parted by blanks), ``level`` and ``where`` (see ``Scope``), and further:

=============== ==================================================================================
records-*.tsv   ``blank`` (variables that count as blank where absent), ``condition`` (true of a
                record at fault), ``what`` (what must hold), ``todo``
companions.tsv  ``variable``, ``needs``: where the variable is there, one of these must be too
forbidden.tsv   ``variables``: none of these may be there
unique.tsv      ``keys`` (``?`` behind those that may be absent), ``when`` (a condition), ``what``,
                ``todo``: no two records are alike in them
pairs.tsv       ``one``, ``other``, ``within``, ``when``, ``ways``: within a group, one value of the
                one has one value of the other (``both``: and the other way round)
=============== ==================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from typing import cast

import numpy as np

from mg_cdisc.checks.against import against_condition
from mg_cdisc.checks.alike import alike
from mg_cdisc.checks.conditions import at_fault, read_by, variables
from mg_cdisc.checks.rule import Against, Fault, Rule, Scope, each_dataset, some
from mg_cdisc.checks.study import Records, cell
from mg_cdisc.errors import Level
from mg_cdisc.frame import Column, Index, Mask, Text, group_codes, missing, take

Row = dict[str, str]
CONDITIONS = (
    "general", "timing", "demographics", "events", "interventions", "findings", "subjects",
    "trial", "relationships", "analysis",
)  # fmt: skip
COMPANY = {"DTHFL": ("DTHDTC",)}
"""What is shown beside a variable that a condition is about."""
SUSPECT = {
    "SD-STRESN-ORRES": "--STRESN",
    "SD-STRESN-FILLED": "--STRESN",
    "SD-VISIT-PAIR": "VISITNUM",
}
"""The variable that is most likely wrong, where it is not the first that a rule names."""
CORRECT = "Correct the step that makes it, or query the site."


def read_table(name: str) -> list[Row]:
    """The lines of a table as columns by name."""
    text = files("mg_cdisc.checks").joinpath("rules", f"{name}.tsv").read_text(encoding="utf-8")
    header, *lines = text.splitlines()
    titles = header.split("\t")
    return [dict(zip(titles, line.split("\t"), strict=True)) for line in lines]


def table_rules() -> list[Rule]:
    """Every rule that is said as data, table by table."""
    made = [_condition(row) for name in CONDITIONS for row in read_table(f"records-{name}")]
    made += [_companion(row) for row in read_table("companions")]
    made += [_forbidden(row) for row in read_table("forbidden")]
    made += [_unique(row) for row in read_table("unique")]
    made += [_pair(row) for row in read_table("pairs")]
    return made


def _rule(
    row: Row, what: str, todo: str, check: Callable[[Records], Iterator[Fault]], condition: str = ""
) -> Rule:
    return Rule(
        row["rule"],
        tuple(row["published"].split()),
        cast("Level", row["level"]),
        Scope.parse(row["where"]),
        what,
        todo,
        each_dataset(check),
        condition,
    )


def _condition(row: Row) -> Rule:
    blank = frozenset(row["blank"].split())
    suspect = SUSPECT.get(row["rule"], "")
    check = partial(_check_condition, condition=row["condition"], blank=blank, suspect=suspect)
    return _rule(row, row["what"], row["todo"] or CORRECT, check, row["condition"])


def _check_condition(
    records: Records, condition: str, blank: frozenset[str], suspect: str
) -> Iterator[Fault]:
    rows = at_fault(records, condition, blank)
    if rows is not None and rows.any():
        shown = variables(records, condition)
        shown += [each for name in shown for each in COMPANY.get(name, ()) if each in records]
        told = against_condition(records, condition, blank)
        yield Fault(records, rows, shown, variable=records.full(suspect), against=told)


def _companion(row: Row) -> Rule:
    needs = row["needs"].split()
    what = f"{row['variable']} comes with {' or '.join(needs)}"
    todo = f"Add {' or '.join(needs)}, or remove {row['variable']}."
    return _rule(row, what, todo, partial(_check_companion, name=row["variable"], needs=needs))


def _check_companion(records: Records, name: str, needs: list[str]) -> Iterator[Fault]:
    full = records.full(name)
    if full in records and not any(records.full(need) in records for need in needs):
        absent = " and no ".join(records.full(need) for need in needs)
        yield Fault(records, None, (full,), f"{records.name} has {full} and no {absent}")


def _forbidden(row: Row) -> Rule:
    names = row["variables"].split()
    what = row["what"] or f"{' or '.join(names)} does not belong here"
    todo = row["todo"] or "Remove it; what was collected belongs in a supplemental qualifier."
    return _rule(row, what, todo, partial(_check_forbidden, names=names))


def _check_forbidden(records: Records, names: list[str]) -> Iterator[Fault]:
    for name in names:
        full = records.full(name)
        if full in records:
            yield Fault(records, None, (full,), f"{records.name} has {full}")


def _unique(row: Row) -> Rule:
    check = partial(_check_unique, keys=row["keys"].split(), when=row["when"])
    return _rule(row, row["what"], row["todo"] or CORRECT, check)


def _check_unique(records: Records, keys: list[str], when: str) -> Iterator[Fault]:
    columns: dict[str, Column] = {}
    for key in keys:
        full = records.full(key.rstrip("?"))
        if full in records:
            columns[full] = records[full]
        elif not key.endswith("?"):
            return
    chosen = chosen_rows(records, when)
    if chosen is None:
        return
    # of a record that lacks the subject, or what stands last, nothing can be said
    first = next(iter(columns))
    gone = missing(columns[first])
    chosen = chosen[~gone[chosen]] if gone.any() else chosen
    repeated = chosen[repeats(list(columns.values()), chosen)]
    if len(repeated):
        yield Fault(records, repeated, tuple(columns))


def chosen_rows(records: Records, when: str) -> Index | None:
    """The records that a condition picks; None where it speaks of what is not there."""
    if not when:
        return np.arange(records.rows)
    found = at_fault(records, when)
    return None if found is None else np.flatnonzero(found)


def repeats(columns: list[Column], rows: Index) -> Mask:
    """Of these records, those that are like another one of them in all columns."""
    taken = columns
    if len(rows) < len(columns[0]):
        taken = [take(column, rows) for column in columns]
    codes, count = group_codes(taken, len(rows))
    if count == len(rows):
        return np.zeros(count, bool)
    return np.asarray(np.bincount(codes, minlength=count)[codes] > 1)


def _pair(row: Row) -> Rule:
    both = row["ways"] == "both"
    what = row["what"] or (
        f"{row['one']} has one {row['other']}"
        + (f", and {row['other']} one {row['one']}" if both else "")
        + (
            f", for each {' and '.join(row['within'].replace('?', '').split())}"
            if row["within"]
            else ""
        )
    )
    todo = f"One {row['one']} goes with one {row['other']}: correct the record that differs."
    suspect = SUSPECT.get(row["rule"], row["one"] if both else row["other"])
    check = partial(_check_pair, suspect=suspect, one=row["one"], other=row["other"],
                    within=row["within"].split(), when=row["when"], both=both)  # fmt: skip
    return _rule(row, what, row["todo"] or todo, check)


def _check_pair(
    records: Records,
    one: str,
    other: str,
    within: list[str],
    when: str,
    *,
    both: bool,
    suspect: str,
) -> Iterator[Fault]:
    names = records.full(one), records.full(other)
    groups = [name for each in within if (name := records.full(each.rstrip("?"))) in records]
    if any(name not in records for name in names):
        return
    few = alike(records, {*names, *groups, *read_by(records, when)})
    here, often = records, np.ones(records.rows, np.int64)
    if few is not None:
        here, often = few.records, np.bincount(few.codes, minlength=few.records.rows)
    for rows, told in _varying(here, names, within, when, often, both=both):
        at = rows
        if few is not None:
            bad = np.zeros(here.rows, bool)
            bad[rows] = True
            at = np.flatnonzero(few.spread(bad))
        columns = [records.plain(name) for name in (*groups, *names)]
        first = rarest_first(columns, at)
        kinds = None if few is None else few.codes
        yield Fault(records, first, names, variable=records.full(suspect),
                    against=_of_kinds(told, kinds))  # fmt: skip


def _of_kinds(told: Against, kinds: Index | None) -> Against:
    """What is told of kinds of records, told of the records."""
    return told if kinds is None else lambda rows: told(kinds[rows])


def _varying(
    records: Records, names: tuple[str, str], within: list[str], when: str, often: Index, *,
    both: bool,
) -> Iterator[tuple[Index, Against]]:  # fmt: skip
    """The records that differ from most others with their value, if there are any.

    ``often`` is how many records each stands for. What is told of each is what the others have.
    """
    groups = []
    for name in within:
        full = records.full(name.rstrip("?"))
        if full in records:
            groups.append(records.plain(full))
        elif not name.endswith("?"):
            return
    if any(name not in records for name in names):
        return
    rows = chosen_rows(records, when)
    if rows is None or not len(rows):
        return
    left, right = (records.plain(name) for name in names)
    ways = [(left, right, names)] + [(right, left, names[::-1])] * both
    bad = np.zeros(len(rows), bool)
    for one, other, _ in ways:
        bad |= differing(one, other, groups, rows, often[rows])
    if some(bad):

        def told(asked: Index) -> list[list[tuple[str, str]]]:
            return [
                [pair for one, other, called in ways
                 for pair in _others(row, one, other, called, groups, rows, often)]
                for row in asked.tolist()
            ]  # fmt: skip

        yield rows[bad], told


def _others(
    row: int, one: Text, other: Text, called: tuple[str, str], groups: list[Text], rows: Index,
    often: Index,
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """The value that most others like a record in the one have of the other, and how many they are."""
    like = np.ones(len(rows), bool)
    for column in (*groups, one):
        like &= column.codes[rows] == column.codes[row]
    like &= other.codes[rows] != other.codes[row]
    counts = np.bincount(other.codes[rows[like]], often[rows[like]], minlength=len(other.values))
    if like.any():
        most = int(np.argmax(counts))
        number, value = int(counts[most]), other.values[most].as_py()
        named = f"{called[1]} of {number:,} other{'' if number == 1 else 's'} with {called[0]}"
        yield f"{named} {cell(one, row)}", value or "blank"


def rarest_first(columns: list[Text], rows: Index) -> Index:
    """Records by how often their values stand together: what one record says otherwise stands first.

    Of a thousand records at fault for what one of them says, that one is to be named.
    """
    codes, count = group_codes([column.take(rows) for column in columns], len(rows))
    often = np.bincount(codes, minlength=count)
    return rows[np.argsort(often[codes], kind="stable")]


def differing(left: Text, right: Text, within: list[Text], rows: Index, often: Index) -> Mask:
    """Records whose value of the one goes with another value of the other than in most records.

    Where two are equally frequent, the records of both.
    """
    taken = [column.take(rows) for column in (*within, left, right)]
    full, count = group_codes(taken, len(rows))
    part, parts = group_codes(taken[:-1], len(rows))
    if count == parts:
        return np.zeros(len(rows), bool)
    times = np.bincount(full, often, minlength=count)
    whole = np.zeros(count, np.int64)
    whole[full] = part
    most = np.zeros(parts)
    np.maximum.at(most, whole, times)
    ties = np.bincount(whole[times == most[whole]], minlength=parts) > 1
    bad = (times < most[whole]) | ties[whole]
    return np.asarray(bad[full]) & ~missing(taken[-2])


def varies(left: Text, right: Text, within: list[Text], rows: Index) -> Mask:
    """Records of a value of the one that has several values of the other."""
    taken = [column.take(rows) for column in (*within, left, right)]
    full, count = group_codes(taken, len(rows))
    part, parts = group_codes(taken[:-1], len(rows))
    first = np.zeros(count, np.int64)
    first[full] = np.arange(len(rows))
    several = np.bincount(part[first], minlength=parts) > 1
    return np.asarray(several[part]) & ~missing(taken[-2])
