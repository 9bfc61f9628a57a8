"""--SEQ that stays the same from one data cut to the next.

A record is known again by its key: the identity of the source row that it comes from (the source's
name and the values of its ``key`` columns), and the values of those variables that tell apart
several records of one row (``--TESTCD`` and the like). Where several records of a subject still
have one key, the second in the step's order has ``#2`` behind it, and so on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.expression.values import across, number_text
from mg_cdisc.frame import (
    Column,
    Index,
    Numbers,
    Origins,
    Text,
    concat_columns,
    group_codes,
    match_codes,
)

APART = ("--MOOD", "--TESTCD", "--OBJ", "--BDAGNT", "--LOC", "--LAT", "--TPTNUM", "ETCD")
"""What tells apart several records of one source row, where the spec says nothing else."""
BETWEEN = "|"


@dataclass(frozen=True)
class Known:
    """The numbers given in one dataset up to now: of each subject and key the number."""

    subjects: Text
    keys: Text
    numbers: Numbers

    @classmethod
    def nothing(cls) -> Known:
        """No number was given yet."""
        return cls(Text.of([]), Text.of([]), np.zeros(0))


class Register(Protocol):
    """What is known of the numbers of one dataset, and who is told of those that are given."""

    @property
    def known(self) -> Known:
        """The numbers given before."""

    def source_keys(self, origins: Origins) -> Text:
        """For every source row of every record its identity in words."""

    def give(self, subjects: Text, keys: Text, numbers: Numbers, new: int) -> None:
        """These records have these numbers now, so many of them for the first time."""


def written(values: pa.StringArray) -> pa.Array:
    """Texts as they stand in a key, where ``|`` and ``#`` separate and a backslash shields."""
    for sign in ("\\", BETWEEN, "#"):
        values = pc.replace_substring(values, sign, f"\\{sign}")
    return values


def record_keys(base: Text, apart: Mapping[str, Column], subjects: Text, position: Index) -> Text:
    """A key for each record, different within the subject.

    ``base`` is the identity of its source row, ``apart`` what tells apart records of one row,
    ``position`` the records in the step's order.

    >>> base, one = Text.of(["ae|1", "ae|1", "ae|2"]), Text.constant("S", 3)
    >>> record_keys(base, {"X": Text.of(["a", "a", ""])}, one, np.arange(3))
    Text(['ae|1|X=a', 'ae|1|X=a#2', 'ae|2'])
    """
    texts = [
        column if isinstance(column, Text) else number_text(column) for column in apart.values()
    ]

    def join(parts: list[pa.StringArray]) -> pa.Array:
        made = parts[0]
        for name, values in zip(apart, parts[1:], strict=True):
            said = pc.binary_join_element_wise(f"{BETWEEN}{name}=", written(values), "")
            made = pc.binary_join_element_wise(made, pc.if_else(pc.equal(values, ""), "", said), "")
        return made

    keys = across([base, *texts], join)
    alike, count = group_codes([subjects, keys], len(keys))
    turn = _turns(alike, position, count)
    if not (turn > 0).any():
        return keys
    return across(
        [keys, number_text((turn + 1).astype(np.float64))],
        lambda parts: pc.binary_join_element_wise(
            parts[0],
            pc.if_else(pc.equal(parts[1], "1"), "", pc.binary_join_element_wise("#", parts[1], "")),
            "",
        ),
    )


def by_order(keys: Text) -> int:
    """How many keys have a number behind them, since nothing else tells the records apart.

    >>> by_order(Text.of(["ae|1", "ae|1#2", "ae|no \\\\#2"]))
    1
    """
    found = keys.where(lambda values: pc.match_substring_regex(values, r"[^\\](?:\\\\)*#[0-9]+$"))
    return int(np.count_nonzero(found))


def base_keys(origins: Origins, register: Register) -> Text:
    """The identity of the first source row of each record, blank where it has none."""
    every = register.source_keys(origins)
    if origins.offsets is None:
        return every
    bounds = origins.bounds
    place = np.where(np.diff(bounds) > 0, bounds[:-1], len(every))
    padded = concat_columns([every, Text.of([""])])
    assert isinstance(padded, Text)
    return padded.take(place)


def continue_numbers(
    subjects: Text, position: Index, keys: Text, origins: Origins, register: Register
) -> tuple[Numbers, int]:
    """The number of each record, and how many have one for the first time.

    A record has the number of its key again; one whose key is not known, that of the first of its
    other source rows that is known, unless another record has it. The others have the next numbers
    after the highest that the subject was ever given, in the step's order.
    """
    known, rows = register.known, len(subjects)
    rank = np.empty(rows, np.int64)
    rank[position] = np.arange(rows)
    numbers: Numbers = np.full(rows, np.nan)
    _settle(numbers, np.arange(rows), _look_up(subjects, keys, known), subjects, rank)
    bounds = origins.bounds
    several = np.isnan(numbers) & (np.diff(bounds) > 1)
    if several.any():
        record = np.repeat(np.arange(rows), np.diff(bounds))
        pairs = np.flatnonzero(several[record])
        found = _look_up(
            subjects.take(record[pairs]), register.source_keys(origins).take(pairs), known
        )
        _settle(numbers, record[pairs], found, subjects, rank)
    left, right, count = match_codes([subjects], [known.subjects], rows, len(known.subjects))
    highest = np.zeros(count)
    np.maximum.at(highest, right, known.numbers)
    fresh = position[np.isnan(numbers[position])]
    numbers[fresh] = highest[left[fresh]] + _turns(left[fresh], np.arange(len(fresh)), count) + 1
    return numbers, len(fresh)


def _turns(codes: Index, position: Index, count: int) -> Index:
    """For each record how many of its group stand before it in an order."""
    ordered = codes[position]
    grouped = np.argsort(ordered, kind="stable")
    sizes = np.bincount(ordered, minlength=count)
    starts = np.cumsum(sizes) - sizes
    turns = np.empty(len(codes), np.int64)
    turns[position[grouped]] = np.arange(len(codes)) - starts[ordered[grouped]]
    return turns


def _look_up(subjects: Text, keys: Text, known: Known) -> Numbers:
    """The number of each subject and key, missing where it is not known."""
    left, right, count = match_codes(
        [subjects, keys], [known.subjects, known.keys], len(keys), len(known.keys)
    )
    number: Numbers = np.full(count, np.nan)
    number[right] = known.numbers
    return number[left]


def _settle(numbers: Numbers, records: Index, found: Numbers, subjects: Text, rank: Index) -> None:
    """Give records the numbers found for them: of a subject each number once, each record one.

    A record's findings stand in the order in which they count; of several records that could have
    one number the first in the step's order has it.
    """
    taken = np.flatnonzero(~np.isnan(numbers))
    offers = np.flatnonzero(~np.isnan(found))
    offers = offers[np.argsort(rank[records[offers]], kind="stable")]
    both = np.concatenate([taken, records[offers]])
    named = np.concatenate([numbers[taken], found[offers]])
    codes, _ = group_codes([subjects.take(both), named], len(both))
    offers = offers[~np.isin(codes[len(taken) :], codes[: len(taken)])]
    offers = offers[_first(records[offers])]
    codes, _ = group_codes([subjects.take(records[offers]), found[offers]], len(offers))
    offers = offers[_first(codes)]
    numbers[records[offers]] = found[offers]


def _first(codes: Index) -> Index:
    """The positions at which each code stands first, in order."""
    return np.sort(np.unique(codes, return_index=True)[1])


def apart_of(domain: str, said: Sequence[str] | None, made: Mapping[str, object]) -> list[str]:
    """The variables that tell apart records of one source row: those said, or the usual ones."""
    if said is not None:
        return list(said)
    return [name for name in (each.replace("--", domain) for each in APART) if name in made]
