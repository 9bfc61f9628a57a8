"""What a record that asked others may get otherwise, where something of them is in doubt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mg_cdisc.derive.consult import THIS, BoundClause
from mg_cdisc.expression import Typed, TypedOrder
from mg_cdisc.frame import Column, Index, Mask, group_codes, match_codes, order_key, rows_by_group
from mg_cdisc.lineage.doubt import View, beside, taken
from mg_cdisc.lineage.record import Grouped

MOST_PAIRS = 2_000_000
"""So many pairs of records are looked at one by one; of more each is taken to matter."""


def own_reads(*values: Typed | None) -> list[str]:
    """The variables of the record that asks, in expressions of a clause."""
    reads = (key for typed in values if typed is not None for key in typed.reads)
    return [key[len(THIS) :] for key in reads if key.startswith(THIS)]


def their_reads(*values: Typed | None) -> list[str]:
    """The variables of the records that are asked."""
    reads = (key for typed in values if typed is not None for key in typed.reads)
    return [key for key in reads if not key.startswith(THIS)]


def asking(clause: BoundClause, asked: View) -> Mask:
    """The records of which it is in doubt what they ask for."""
    ordered = [key.typed for key in clause.order]
    own = [*clause.mine, *own_reads(clause.late, *ordered)]
    if clause.before:
        own += their_reads(*ordered)
    return asked.doubt.of(own)


def choice_in_doubt(
    clause: BoundClause, asked: View, table: View, picked: Index | None, values: Sequence[Typed]
) -> Mask:
    """The records for which another candidate may be taken, or others aggregated.

    ``picked`` is the place in ``table`` of the one taken (-1: none), None for an aggregate of
    ``values``.
    """
    found = asking(clause, asked)
    found |= _further(clause, asked, table)
    doubt = table.doubt
    if not doubt.cells and not doubt.gone.any():
        return found
    member = np.ones(table.rows, bool)
    unsure = np.zeros(table.rows, bool)
    if clause.early is not None:
        member = table.truth(clause.early.node).true
        unsure = table.in_doubt(clause.early.node)
    ordered = [key.typed for key in clause.order]
    by_key = doubt.of(clause.theirs)
    late = doubt.of(their_reads(clause.late))
    placed = doubt.of(their_reads(*ordered))
    valued = doubt.of(their_reads(*values)) if picked is None else np.zeros(table.rows, bool)
    touched = by_key | unsure | late | placed | valued | doubt.gone
    touched &= member | unsure
    if picked is not None and clause.take != "only" and clause.late is None and not clause.pairwise:
        touched &= ~_losing(clause, asked, table, picked, member, by_key | unsure | doubt.gone)
    at = np.flatnonzero(touched)
    if not len(at):
        return found
    for unknown, rows in _patterns(table, clause.theirs, at):
        found |= _meets(clause, asked, table, rows, unknown)
    return found


def _further(clause: BoundClause, asked: View, table: View) -> Mask:
    """The records that further ones of their subject would matter to."""
    if not table.doubt.more:
        return np.zeros(asked.rows, bool)
    pairs = zip(clause.mine, clause.theirs, strict=True)
    if any(mine == "USUBJID" and theirs in ("USUBJID", "@subject") for mine, theirs in pairs):
        return asked.of_subjects(table.doubt.more)
    return np.ones(asked.rows, bool)


def _meets(clause: BoundClause, asked: View, table: View, at: Index, unknown: set[str]) -> Mask:
    """The records that have one of these candidates, some keys of which may be anything."""
    mine = clause._folded([asked.frame[key] for key in clause.mine])
    theirs = clause._folded([table.frame[key] for key in clause.theirs])
    known = [
        (m, t) for m, t, key in zip(mine, theirs, clause.theirs, strict=True) if key not in unknown
    ]
    if not known:
        left, right, count = np.zeros(asked.rows, np.int64), np.zeros(table.rows, np.int64), 1
    else:
        left, right, count = match_codes(
            [each for each, _ in known], [each for _, each in known], asked.rows, table.rows
        )
    hit = np.isin(left, right[at])
    if clause.late is None:
        return hit
    order, starts = rows_by_group(right[at], count)
    lengths = np.diff(starts)[left]
    if int(lengths.sum()) > MOST_PAIRS:
        return hit
    this = np.repeat(np.arange(asked.rows), lengths)
    ends = np.cumsum(lengths)
    within = np.arange(len(this)) - np.repeat(ends - lengths, lengths)
    there = at[order[np.repeat(starts[left], lengths) + within]]
    pairs = beside(table, there, asked, this, THIS)
    node = clause.late.node
    possible = pairs.truth(node).true | pairs.in_doubt(node)
    found = np.zeros(asked.rows, bool)
    found[this[possible]] = True
    return found


def _losing(
    clause: BoundClause, asked: View, table: View, picked: Index, member: Mask, unsure: Mask
) -> Mask:
    """Candidates that another one comes before, whatever is in doubt of them."""
    losing = np.zeros(table.rows, bool)
    left, right, count = clause.codes(asked.frame, table.frame)
    winner = np.full(count, -1, np.int64)
    winner[left] = picked
    best = winner[right]
    known = table.doubt.of(clause.theirs)
    has = (best >= 0) & ~known
    levels = _levels(clause.order, table)
    is_best = np.zeros(table.rows, bool)
    is_best[picked[picked >= 0]] = True
    behind = _behind(levels, table, clause.order, best, clause.take)
    losing[has & ~is_best & behind] = True
    # a loser that would only be gone changes nothing
    placed = table.doubt.of(their_reads(*(key.typed for key in clause.order)))
    quiet = member & ~known & ~placed & ~is_best
    if clause.early is not None:
        quiet &= ~table.in_doubt(clause.early.node)
    return losing | (quiet & table.doubt.gone)


def _levels(order: Sequence[TypedOrder], view: View) -> list[Index]:
    env = view._env()
    return [key.key(env) for key in order]


def _behind(
    levels: Sequence[Index], view: View, order: Sequence[TypedOrder], best: Index, take: str
) -> Mask:
    """Records that stand behind the best of their group by keys that are not in doubt."""
    behind = np.zeros(view.rows, bool)
    level_with = np.ones(view.rows, bool)
    for key, level in zip(order, levels, strict=True):
        level_with &= ~view.doubt.of(key.typed.reads)
        ahead = level > level[best] if take == "first" else level < level[best]
        behind |= level_with & ahead
        level_with &= level == level[best]
    return behind


# groups


def group_in_doubt(event: Grouped, view: View, further: Sequence[str], *, stays: bool) -> Mask:
    """The records that may be chosen or numbered otherwise.

    ``further`` are what else the step reads, that tells equal ones apart; ``stays`` says that one
    alone in its group is there as it is if it is no candidate.
    """
    groups, doubt = event.groups, view.doubt
    unsure = np.zeros(view.rows, bool)
    if groups.condition is not None:
        unsure = view.in_doubt(groups.condition.node)
    candidate = groups.candidates | unsure
    by = doubt.of(groups.by)
    placed = doubt.of([key for each in groups.order for key in each.typed.reads])
    touched = (by | unsure | placed | doubt.gone | doubt.of(further)) & candidate
    if event.chosen is None:
        return unsure | (by & candidate) | _renumbered(event, view, touched, by, further)
    if stays:
        touched &= _together(event, view, touched, candidate)
        return _rechosen(event, view, touched, by)
    return unsure | (by & candidate) | _rechosen(event, view, touched, by)


def _together(event: Grouped, view: View, touched: Mask, candidate: Mask) -> Mask:
    """Records that are not, and could not be, alone in their group."""
    found = np.zeros(view.rows, bool)
    by = view.doubt.of(event.groups.by)
    joining = np.zeros(view.rows, bool)
    for row in np.flatnonzero(by & candidate).tolist():  # whoever it could join
        known = [key for key in event.groups.by if not view.doubt.of([key])[row]]
        codes, _ = group_codes([view.frame[key] for key in known], view.rows)
        others = (codes == codes[row]) & candidate
        if np.count_nonzero(others) > 1:
            joining |= others
    sizes = np.bincount(event.codes[candidate], minlength=int(event.codes.max(initial=0)) + 1)
    found |= sizes[event.codes] > 1
    if view.doubt.more:
        among = view.of_subjects(view.doubt.more) if "USUBJID" in event.groups.by else ~found
        found |= among
    return (found | joining) & touched


def _keys(event: Grouped, view: View, unknown: set[str]) -> list[Column]:
    return [view.frame[key] for key in event.groups.by if key not in unknown]


def _patterns(view: View, keys: Sequence[str], rows: Index) -> list[tuple[set[str], Index]]:
    """Records by which of their keys are in doubt."""
    made: dict[frozenset[str], list[int]] = {}
    for row in rows.tolist():
        unknown = frozenset(
            key for key in keys if key in view.doubt.cells and view.doubt.cells[key][row]
        )
        made.setdefault(unknown, []).append(row)
    return [(set(unknown), np.array(held, np.int64)) for unknown, held in made.items()]


def _renumbered(
    event: Grouped, view: View, touched: Mask, by: Mask, further: Sequence[str]
) -> Mask:
    found = np.zeros(view.rows, bool)
    order = event.groups.order
    levels = _levels(order, view)
    subjects = view.of_subjects(view.doubt.more) if "USUBJID" in event.groups.by else None
    if view.doubt.more:
        found |= np.ones(view.rows, bool) if subjects is None else subjects
    for unknown, rows in _patterns(view, event.groups.by, np.flatnonzero(touched)):
        keys = _keys(event, view, unknown)
        if unknown:
            codes, _ = group_codes(keys, view.rows)
            found |= np.isin(codes, codes[rows])
            continue
        # a record only moves among those with which it shares the keys before the one in doubt
        depth = np.full(len(rows), len(order) + 1)
        for number in range(len(order) - 1, -1, -1):
            depth[view.doubt.of(order[number].typed.reads)[rows]] = number
        loose = depth <= len(order)
        more = view.doubt.of(further)[rows]
        for number in np.unique(depth[loose | more]).tolist():
            mine = rows[(depth == number) & (loose | more)]
            shared: list[Column] = [*keys, *(each.astype(np.float64) for each in levels[:number])]
            codes, _ = group_codes(shared, view.rows)
            found |= np.isin(codes, codes[mine])
        gone = rows[view.doubt.gone[rows]]
        if len(gone):
            found |= _after(event, levels, gone)
    return found


def _after(event: Grouped, levels: Sequence[Index], rows: Index) -> Mask:
    """The records of the groups from the first of these on."""
    position = np.lexsort((*reversed(levels), event.codes))
    place = np.empty(len(position), np.int64)
    place[position] = np.arange(len(position))
    # records equal in the order may stand either way
    first = np.full(int(event.codes.max()) + 1, len(position))
    np.minimum.at(first, event.codes[rows], place[rows])
    lowest = place.copy()
    same = np.ones(len(position) - 1 if len(position) else 0, bool)
    for level in (*levels, event.codes):
        same &= level[position][1:] == level[position][:-1]
    start = np.arange(len(position))
    for at in np.flatnonzero(same).tolist():
        start[at + 1] = start[at]
    lowest[position] = start
    np.minimum.at(first, event.codes[rows], lowest[rows])
    return place >= first[event.codes]


def _rechosen(event: Grouped, view: View, touched: Mask, by: Mask) -> Mask:
    """The one chosen of a group, its rivals in doubt, and all where the chosen one is in doubt."""
    assert event.chosen is not None
    found = np.zeros(view.rows, bool)
    groups, chosen = event.groups, event.chosen
    if view.doubt.more:
        among = view.of_subjects(view.doubt.more) if "USUBJID" in groups.by else ~found
        found |= among & (chosen | (touched & groups.candidates))
    if not touched.any():
        return found
    best = np.full(int(event.codes.max(initial=0)) + 1, -1, np.int64)
    best[event.codes[chosen]] = np.flatnonzero(chosen)
    of_row = best[event.codes]
    if groups.take != "only":
        levels = _levels(groups.order, view)
        behind = _behind(levels, view, groups.order, of_row, groups.take)
        touched = touched & ~((of_row >= 0) & ~by & ~chosen & behind)
        alone = view.doubt.gone & groups.candidates & ~chosen & ~by
        alone &= ~view.doubt.of([key for each in groups.order for key in each.typed.reads])
        if groups.condition is not None:
            alone &= ~view.in_doubt(groups.condition.node)
        touched = touched & ~alone
    for unknown, rows in _patterns(view, groups.by, np.flatnonzero(touched)):
        codes, _ = group_codes(_keys(event, view, unknown), view.rows)
        found[rows] = True
        same = np.isin(codes, codes[rows])
        found |= same & chosen
        lost = rows[chosen[rows]]
        found |= np.isin(codes, codes[lost]) & groups.candidates
    return found


__all__ = ["asking", "choice_in_doubt", "group_in_doubt", "order_key", "taken", "their_reads"]
