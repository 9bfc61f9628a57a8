"""Consulting other records while a build runs: a bound clause, its candidates and its choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.derive.base import Consult, Reach, Run, merge_reads
from mg_cdisc.derive.choose import TIE, TIE_TODO, Take, choose_rows, matter
from mg_cdisc.derive.pairs import Asked, PairNotes, Pairs
from mg_cdisc.expression import Env, Typed, TypedOrder
from mg_cdisc.frame import (
    Column,
    Frame,
    Index,
    Mask,
    Text,
    blank_like,
    choose,
    group_codes,
    match_codes,
    missing,
    rows_by_group,
    sort_order,
    take,
)

THIS = "this."
Ranks = tuple[Index, Index]
"""The places of records and of candidates in one order."""


@dataclass(frozen=True)
class Picked:
    """The candidates, for each record the position of the one taken (-1: none), the records for
    which several candidates tie, each with all of them, and those for which several match where
    one is needed."""

    records: Frame
    rows: Index
    ties: Pairs
    several: Mask
    alike: Index | None = None
    """Per record a number that those share whose ties one of them stands for."""


@dataclass(frozen=True)
class BoundClause:
    """A clause whose names are resolved and typed."""

    table: str | None
    title: str
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
    folded: tuple[bool, ...]

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
        if run.tracer is not None:
            run.tracer.chose(self, asked, taken.records, taken.rows)
        if rows is None:
            return taken
        picked, several = np.full(frame.rows, -1, np.int64), np.zeros(frame.rows, bool)
        picked[rows], several[rows] = taken.rows, taken.several
        ties, alike = Pairs(rows[taken.ties.this], taken.ties.theirs), None
        if taken.alike is not None:
            alike = np.full(frame.rows, int(taken.alike.max(initial=0)) + 1)
            alike[rows] = taken.alike
        return Picked(records, picked, ties, several, alike)

    def pick_from(self, frame: Frame, records: Frame, run: Run) -> Picked:
        """As ``pick``, with the candidates given: records beside new rows that have none."""
        records, _ = self.candidates(records, run)
        taken = Picked(records, *_nothing(frame.rows))
        if records.rows and frame.rows:
            rows = np.arange(frame.rows)
            taken = self._pick_of(frame, records, rows, rows, None, run)
        self._report(frame, taken, run)
        if run.tracer is not None:
            run.tracer.chose(self, frame, taken.records, taken.rows)
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
        return Picked(records, picked, ties, several, self._shared(left))

    def _shared(self, alike: Index) -> Index | None:
        """Records that one was asked for: beyond a subject where the candidates have none.

        Each of them is then told of, as which is the first depends on the partition.
        """
        return alike if self.reach is Reach.ROW else None

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
        asked = Asked(frame, sample, self._shared(back))
        pairs = self.pairs(small, records, ranks, run, asked)
        env = self.pair_env(small, records, pairs, run, asked)
        keys = [key.key(env) for key in self.order]
        choice = choose_rows(pairs.this, keys, small.rows, self.take)
        several = choice.sizes > 1 if self.take == "only" else np.zeros(small.rows, bool)
        has = (choice.rows >= 0) & ~several
        picked = np.full(small.rows, -1, np.int64)
        picked[has] = pairs.theirs[choice.rows[has]]
        ties = Pairs(sample[pairs.this[choice.tied]], pairs.theirs[choice.tied])
        return Picked(records, picked[back], ties, several[back], asked.alike)

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
        mine = self._folded([frame[key] for key in self.mine])
        theirs = self._folded([records[key] for key in self.theirs])
        if not mine:
            return np.zeros(frame.rows, np.int64), np.zeros(records.rows, np.int64), 1
        left, right, count = match_codes(mine, theirs, frame.rows, records.rows)
        # a missing number or date equals nothing, as in a condition
        gone = np.zeros(frame.rows, bool)
        for column, dated, folded in zip(mine, self.dated, self.folded, strict=True):
            if dated or folded:
                gone |= missing(column)
        return np.where(gone, count, left), right, count + 1

    def _folded(self, keys: list[Column]) -> list[Column]:
        """Keys of which only letters and signs count, and neither case nor blanks."""
        return [
            key.map(spelling) if folded and isinstance(key, Text) else key
            for key, folded in zip(keys, self.folded, strict=True)
        ]

    def pairs(
        self, frame: Frame, records: Frame, ranks: Ranks | None, run: Run, asked: Asked
    ) -> Pairs:
        """Every record with every candidate that all conditions leave to it."""
        left, right, count = self.codes(frame, records)
        order, starts = rows_by_group(right, count)
        lengths = np.diff(starts)[left]
        this = np.repeat(np.arange(frame.rows), lengths)
        ends = np.cumsum(lengths)
        within = np.arange(len(this)) - np.repeat(ends - lengths, lengths)
        pairs = Pairs(this, order[np.repeat(starts[left], lengths) + within])
        if ranks is not None:
            held = ranks[1][pairs.theirs] < ranks[0][pairs.this]
            pairs = Pairs(pairs.this[held], pairs.theirs[held])
        if self.late is not None:
            env = self.pair_env(frame, records, pairs, run, asked)
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

    def pair_env(self, frame: Frame, records: Frame, pairs: Pairs, run: Run, asked: Asked) -> Env:
        """Candidates' columns by name and the record's own behind ``this.``, a row a pair."""
        columns: dict[str, Column] = {
            key: take(column, pairs.theirs) for key, column in records.columns.items()
        }
        columns |= {THIS + key: take(column, pairs.this) for key, column in frame.columns.items()}
        notes = PairNotes(run, asked.frame, asked.rows[pairs.this], asked.alike)
        return Env(columns, len(pairs.this), notes)

    def value(self, value: Typed, taken: Picked, frame: Frame, run: Run) -> Column:
        """An expression of the record taken; missing where there is none.

        Where several records tie for being taken and the value differs among them, that is a
        finding: the order does not say which is meant.
        """
        records, picked = taken.records, taken.rows
        if run.tracer is not None:
            run.tracer.took(value, frame)
        if len(taken.ties.this):
            asked = Asked(frame, np.arange(frame.rows), taken.alike)
            made = value.column(self.pair_env(frame, records, taken.ties, run, asked))
            self._report_differing([made], taken, frame, run)
        has = picked >= 0
        position = picked if has.all() else np.where(has, picked, 0)
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
        self._report_differing(pairs, taken, frame, run)

    def _report_differing(
        self, columns: Sequence[Column], taken: Picked, frame: Frame, run: Run
    ) -> None:
        this = taken.ties.this
        differ = matter(this, np.arange(len(this)), columns)
        if differ.any():
            rows: Index | Mask = np.unique(this[differ])
            if taken.alike is not None:
                rows = np.isin(taken.alike, taken.alike[rows])
            run.notes(frame).report(
                TIE,
                rows,
                None,
                f"several records of {self.title} tie for {self.take} and their values differ",
                TIE_TODO,
            )

    def aggregate(self, value: Typed, frame: Frame, run: Run) -> Column:
        """An aggregate over all candidates of each record."""
        table = frame if self.table is None else run.table(self.table)
        records, at = self.candidates(table, run)
        ranks = None
        if self.before:
            rank = self._ranks(frame, run)
            ranks = (rank, rank if at is None else rank[at])
        if run.tracer is not None:
            run.tracer.gathered(self, frame, records, value)
        outer = any(key.startswith(THIS) for key in value.reads)
        if self.pairwise or outer:
            back, sample = (np.arange(frame.rows),) * 2 if outer else self._distinct(frame)
            small = frame.take(sample)
            asked = Asked(frame, sample, self._shared(back))
            pairs = self.pairs(small, records, ranks, run, asked)
            has = np.bincount(pairs.this, minlength=small.rows) > 0
            run.count("matched", int(has[back].sum()))
            used = np.zeros(records.rows, bool)
            used[pairs.theirs] = True
            run.consulted(self.table, records, used)
            inner = self.pair_env(small, records, pairs, run, asked)
            columns = {THIS + key: column for key, column in small.columns.items()}
            notes = PairNotes(run, frame, sample, asked.alike)
            env = Env(columns, small.rows, notes, None, inner, pairs.this)
            return take(value.column(env), back)
        left, right, count = self.codes(frame, records)
        run.count("matched", int((np.bincount(right, minlength=count) > 0)[left].sum()))
        wanted = np.zeros(count, bool)
        wanted[left] = True
        run.consulted(self.table, records, wanted[right])
        inner = Env(records.columns, records.rows, run.notes(records))
        env = Env({}, count, run.notes(frame), None, inner, right)
        return take(value.column(env), left)


def spelling(texts: pa.StringArray) -> pa.StringArray:
    """Texts in lower case and without blanks: equal for what differs only in these."""
    return pc.replace_substring_regex(pc.utf8_lower(texts), r"[\s\p{Z}]+", "")


def _nothing(rows: int) -> tuple[Index, Pairs, Mask]:
    """No record taken, no ties, nowhere several."""
    return np.full(rows, -1, np.int64), Pairs.none(), np.zeros(rows, bool)
