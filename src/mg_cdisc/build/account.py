"""The account of every form: each source row and column used, excluded by a reason, or rejected."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from mg_cdisc.build.sources import LISTED, Prepared
from mg_cdisc.derive import SOURCE
from mg_cdisc.errors import Finding, Location, nearest
from mg_cdisc.expression import names
from mg_cdisc.frame import Codes, Index, Mask, Origins
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.bind import Plan
from mg_cdisc.spec.tree import Tree, locate

NOT_NEEDED = "needed by no dataset that is made"
"""What the account says of records of a given dataset that nothing took."""


@dataclass(frozen=True)
class FormAccount:
    """One form's rows: ``rows`` = ``used`` + the sum of ``excluded`` + ``rejected``, or a finding.

    ``files`` are the rows of each file, where a form stands in several; ``ends_blanked`` the end
    dates that a cut-off made blank.
    """

    name: str
    file: str
    rows: int
    used: int
    excluded: Mapping[str, int]
    rejected: int
    unaccounted: int
    files: Mapping[str, int] = field(default_factory=dict)
    ends_blanked: int = 0


@dataclass
class Ledger:
    """What happened to the rows of one source."""

    source: Prepared
    used: Mask
    reason: Codes
    reasons: list[str] = field(default_factory=list)
    read: bool = True
    """Whether any spec reads the source."""

    @classmethod
    def of(cls, source: Prepared, *, read: bool = True) -> Ledger:
        """Nothing has happened yet."""
        rows = source.frame.rows
        return cls(source, np.zeros(rows, bool), np.full(rows, -1, np.int32), read=read)

    def positions(self, rows: Index) -> Index:
        """Row numbers to positions."""
        numbers = self.source.table.row_numbers
        if len(numbers) and numbers[-1] - numbers[0] + 1 == len(numbers):  # none is left out
            first: int = numbers[0]
            return rows - first
        return np.searchsorted(numbers, rows)

    def use(self, rows: Index) -> None:
        """These rows are in a record, or were consulted."""
        self.used[self.positions(rows)] = True

    def exclude(self, rows: Index, reason: str) -> None:
        """These rows left under this reason."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        places = self.positions(rows)
        free = places[self.reason[places] < 0]
        self.reason[free] = self.reasons.index(reason)


def split_ids(ids: Index) -> dict[int, Index]:
    """Source ids by source number."""
    if not len(ids):
        return {}
    rows = ids & ((1 << Origins.SHIFT) - 1)
    first, last = int(ids.min()) >> Origins.SHIFT, int(ids.max()) >> Origins.SHIFT
    if first == last:  # as where a dataset is made of one form
        return {first: rows}
    numbers = ids >> Origins.SHIFT
    return {int(number): rows[numbers == number] for number in np.unique(numbers)}


def close(
    ledgers: Mapping[str, Ledger],
    only: bool,
    findings: list[Finding],
    given: Container[str] = (),
) -> tuple[FormAccount, ...]:
    """The account per form; a row that nothing accounts for is a finding (not in a partial build).

    ``given`` are the datasets that exist already: their other records are just not needed.
    """
    accounts = []
    for name, ledger in ledgers.items():
        source = ledger.source
        table = source.table
        rejected = (
            source.partition < 0
            if source.partition is not None
            else np.zeros(source.frame.rows, bool)
        )
        rejected = rejected & ~ledger.used
        excluded = (ledger.reason >= 0) & ~ledger.used & ~rejected
        lost = ~(ledger.used | excluded | rejected)
        not_needed: dict[str, int] = {}
        if name in given and lost.any():  # an analysis need not take every record of a dataset
            not_needed[NOT_NEEDED] = int(lost.sum())
            lost = np.zeros(source.frame.rows, bool)
        counts = np.bincount(ledger.reason[excluded], minlength=len(ledger.reasons))
        accounts.append(
            FormAccount(
                name,
                table.file,
                source.frame.rows + source.cut.rows,
                int(ledger.used.sum()),
                {
                    **source.cut.left_out,
                    **{r: int(n) for r, n in zip(ledger.reasons, counts, strict=True) if n},
                    **not_needed,
                },
                int(rejected.sum()),
                int(lost.sum()),
                {part.file: part.frame.rows for part in table.parts},
                source.cut.ends,
            )
        )
        if only:
            continue
        rows = np.flatnonzero(lost)
        if not ledger.read:
            continue  # told of the form as a whole, by check_columns
        if len(rows) == source.frame.rows > 1:
            findings.append(
                Finding(Location(table.file), "form-unread",
                        f"no record comes from any of the {len(rows)} rows of {name}",
                        "Map the form, or remove it from sources.yaml.", dataset=name)
            )  # fmt: skip
            continue
        for row in rows[:LISTED]:
            findings.append(
                Finding(source.locate(int(table.row_numbers[row])), "row-unaccounted",
                        f"no record comes from this row of {name}, and no reason excludes it",
                        "Map it, or exclude it under a reason.", dataset=name)
            )  # fmt: skip
        if len(rows) > LISTED:
            findings.append(
                Finding(Location(table.file), "row-unaccounted",
                        f"{len(rows) - LISTED} more rows of {name} are not accounted for",
                        dataset=name, count=len(rows) - LISTED)
            )  # fmt: skip
    return tuple(accounts)


def readings(plan: Plan, sources: Iterable[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """For each source the columns that steps read, and the datasets that read it."""
    read: dict[str, set[str]] = {name: set() for name in sources}
    readers: dict[str, set[str]] = {name: set() for name in read}
    for name, dataset in plan.datasets.items():
        own = set(plan.catalog.dataset_sources.get(name, ())) & set(read)
        owner = dataset.parent or name
        for step in dataset.steps:
            for source in own:
                keys = (key for key in step.reads if key.startswith(SOURCE))
                read[source].update(key.removeprefix(SOURCE) for key in keys)
                readers[source].add(owner)
            for consult in step.consults:
                if consult.name in read:
                    keys = (key for key in consult.columns if key.startswith(SOURCE))
                    read[consult.name].update(key.removeprefix(SOURCE) for key in keys)
                    readers[consult.name].add(owner)
    return read, readers


def check_columns(plan: Plan, tables: Mapping[str, SourceTable]) -> list[Finding]:
    """Every source column is read by a step or listed under ``not_submitted``, and not both."""
    tables = {name: table for name, table in tables.items() if name in plan.files.sources}
    read, readers = readings(plan, tables)
    findings: list[Finding] = []
    for name, table in tables.items():
        declared = plan.files.sources[name]
        if not readers[name] and table.frame.rows:
            findings.append(unread(plan, name))
            continue
        used = read[name] & set(table.columns)
        if declared.subject is not None:
            used |= {each.name for each in names(declared.subject)}
        used |= {*declared.key, *(declared.cut.columns if declared.cut is not None else ())}
        listed = _not_submitted(plan, name, readers[name])
        findings += _columns(name, table, used, listed)
    told = {each.todo for each in findings}
    idle = _idle(plan, tables, readers)
    # where it is a column misspelt, that is told of the column
    return findings + [each for each in idle if f"Did you mean {each.variable}?" not in told]


def _idle(
    plan: Plan, tables: Mapping[str, SourceTable], readers: Mapping[str, set[str]]
) -> Iterator[Finding]:
    """Columns listed as not submitted that no form has; a pattern may meet none."""
    lists: list[tuple[Tree, tuple[str, ...], Mapping[str, str], list[str]]] = [
        (plan.files.sources_tree, (name, "not_submitted"), source.not_submitted, [name])
        for name, source in plan.files.sources.items()
    ]
    for name, loaded in plan.files.datasets.items():
        forms = [each for each in tables if name in readers[each]]
        lists.append((loaded.tree, ("not_submitted",), loaded.spec.not_submitted, forms))
    for tree, path, listed, forms in lists:
        columns = {each for form in forms if form in tables for each in tables[form].columns}
        for each in listed:
            if each in columns or glob.has_magic(each) or not forms:
                continue
            at, shown = locate(tree, (*path, each))
            yield Finding(
                at, "unknown-column", f"{shown}: {' and '.join(forms)} has no column {each}",
                nearest(each, columns) or "Remove it.", "warning", forms[0], each,
            )  # fmt: skip


def unread(plan: Plan, source: str) -> Finding:
    """A form that no spec reads; its rows and columns are not told one by one."""
    at = locate(plan.files.sources_tree, (source,))[0]
    return Finding(
        at, "form-unread", f"no spec reads the form {source}",
        "Map the form, or remove it from sources.yaml.", dataset=source,
    )  # fmt: skip


def _not_submitted(plan: Plan, source: str, readers: set[str]) -> dict[str, Location]:
    tree = plan.files.sources_tree
    path = (source, "not_submitted")
    listed = {
        each: locate(tree, (*path, each))[0] for each in plan.files.sources[source].not_submitted
    }
    for reader in sorted(readers):
        loaded = plan.files.datasets.get(reader)
        if loaded is not None:
            for each in loaded.spec.not_submitted:
                listed[each] = locate(loaded.tree, ("not_submitted", each))[0]
    return listed


def _columns(
    name: str, table: SourceTable, used: set[str], listed: Mapping[str, Location]
) -> list[Finding]:
    findings: list[Finding] = []
    # a name listed that no column has may be a column misspelt
    idle = [each for each in listed if not fnmatch.filter(table.columns, each)]
    for column in table.columns:
        pattern = next((each for each in listed if fnmatch.fnmatchcase(column, each)), None)
        if column in used and pattern == column:
            findings.append(
                Finding(listed[pattern], "mapped-not-submitted",
                        f"{column} of {name} is listed as not submitted and is used",
                        "Remove it from not_submitted:; where it is meant of another form, list it "
                        "there in sources.yaml.", dataset=name, variable=column)
            )  # fmt: skip
        if column not in used and pattern is None:
            findings.append(
                Finding(Location(table.file, column=column), "unmapped-column",
                        f"column {column} of {name} is neither mapped nor listed as not submitted",
                        nearest(column, idle)
                        or "Map it, or list it with a reason under not_submitted: of the form in "
                        "sources.yaml or of a dataset that reads the form.",
                        dataset=name, variable=column)
            )  # fmt: skip
    return findings
