"""Numbers that stay: against a plain walk over records, and what must hold of any of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.derive.numbering import (
    Known,
    base_keys,
    continue_numbers,
    record_keys,
    written,
)
from mg_cdisc.frame import Origins, Text


@dataclass
class Book:
    """A register whose source rows are called by their number."""

    known: Known
    given: list[Known] = field(default_factory=list)

    def source_keys(self, origins: Origins) -> Text:
        return Text.of([f"f|{row}" for row in origins.ids.tolist()])

    def give(self, subjects: Text, keys: Text, numbers: np.ndarray, new: int) -> None:
        self.given.append(Known(subjects, keys, numbers))


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C"]),  # subject
        st.lists(st.integers(0, 6), max_size=3),  # source rows
        st.sampled_from(["", "X", "Y"]),  # a test
        st.integers(0, 3),  # order
    ),
    max_size=14,
)
KNOWN = st.dictionaries(
    st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["f|0", "f|1", "f|2|T=X", "f|3", "z"])),
    st.integers(1, 9),
)


def run(rows: list[tuple[str, list[int], str, int]], known: dict[tuple[str, str], int]):  # type: ignore[no-untyped-def]
    ids = [row for _, sources, _, _ in rows for row in sources]
    ends = np.cumsum([0, *(len(sources) for _, sources, _, _ in rows)]).astype(np.int64)
    origins = Origins(np.array(ids, np.int64), ends)
    subjects = Text.of([subject for subject, *_ in rows])
    position = np.array(
        sorted(range(len(rows)), key=lambda at: (rows[at][0], rows[at][3], at)), np.int64
    )
    book = Book(
        Known(
            Text.of([subject for subject, _ in known]),
            Text.of([key for _, key in known]),
            np.array(list(known.values()), float),
        )
    )
    tests = Text.of([test for _, _, test, _ in rows])
    keys = record_keys(base_keys(origins, book), {"T": tests}, subjects, position)
    numbers, new = continue_numbers(subjects, position, keys, origins, book)
    return position, keys.to_list(), numbers.tolist(), new


def by_hand(
    rows: list[tuple[str, list[int], str, int]], known: dict[tuple[str, str], int]
) -> tuple[list[str], list[float], int]:
    """The same rules, one record after the other."""
    order = sorted(range(len(rows)), key=lambda at: (rows[at][0], rows[at][3], at))
    keys, seen = [""] * len(rows), {}
    for at in order:
        subject, sources, test, _ = rows[at]
        key = (f"f|{sources[0]}" if sources else "") + (f"|T={test}" if test else "")
        seen[subject, key] = seen.get((subject, key), 0) + 1
        keys[at] = key if seen[subject, key] == 1 else f"{key}#{seen[subject, key]}"
    numbers: dict[int, int] = {}
    for direct in (True, False):
        # what another record has by its own key is not offered
        gone = {(rows[at][0], number) for at, number in numbers.items()}
        for at in order:
            subject, sources, _, _ = rows[at]
            if at in numbers or (not direct and len(sources) < 2):
                continue
            asked = [keys[at]] if direct else [f"f|{row}" for row in sources]
            offers = [known[subject, key] for key in asked if (subject, key) in known]
            offers = [number for number in offers if (subject, number) not in gone][:1]
            held = {number for other, number in numbers.items() if rows[other][0] == subject}
            if offers and offers[0] not in held:
                numbers[at] = offers[0]
    new = 0
    for at in order:
        if at not in numbers:
            subject = rows[at][0]
            given = [number for (who, _), number in known.items() if who == subject]
            given += [numbers[other] for other in numbers if rows[other][0] == subject]
            numbers[at] = max(given, default=0) + 1
            new += 1
    return keys, [float(numbers[at]) for at in range(len(rows))], new


@settings(deadline=None, max_examples=300)
@given(ROWS, KNOWN)
def test_as_a_plain_walk_gives(
    rows: list[tuple[str, list[int], str, int]], known: dict[tuple[str, str], int]
) -> None:
    _, keys, numbers, new = run(rows, known)
    assert (keys, numbers, new) == by_hand(rows, known)


@settings(deadline=None)
@given(ROWS)
def test_without_any_known_they_count_from_one(
    rows: list[tuple[str, list[int], str, int]],
) -> None:
    position, _, numbers, new = run(rows, {})
    assert new == len(rows)
    for subject in "ABC":
        held = [numbers[at] for at in position.tolist() if rows[at][0] == subject]
        assert held == list(range(1, len(held) + 1))


@settings(deadline=None)
@given(ROWS, ROWS)
def test_what_is_numbered_stays_and_no_number_comes_twice(
    early: list[tuple[str, list[int], str, int]], more: list[tuple[str, list[int], str, int]]
) -> None:
    early = [row for row in early if row[1]]
    _, keys, numbers, _ = run(early, {})
    subjects = [row[0] for row in early]
    known = {
        (subject, key): int(number)
        for subject, key, number in zip(subjects, keys, numbers, strict=True)
    }
    # rows of later are of other source rows, and stand anywhere among the others
    later = [(who, [row + 100 for row in rows], test, order) for who, rows, test, order in more]
    mixed = [row for pair in zip(later, early, strict=False) for row in pair]
    mixed += later[len(early) :] + early[len(later) :]
    _, keys_now, numbers_now, new = run(mixed, known)
    now = {
        (row[0], key): number for row, key, number in zip(mixed, keys_now, numbers_now, strict=True)
    }
    assert {key: now[key] for key in known} == known
    for subject in "ABC":
        held = [number for (who, _), number in now.items() if who == subject]
        assert len(set(held)) == len(held)
    assert new == len(later)


@given(st.lists(st.text("ab|\\#", max_size=5), min_size=1, max_size=6))
def test_values_in_a_key_stay_apart(values: list[str]) -> None:
    shown = written(Text.of(values).values).to_pylist()
    assert len(set(shown)) == len(set(values))
    # no separator is left bare
    for text in shown:
        assert not any(sign in text.replace("\\\\", "").replace("\\|", "").replace("\\#", "")
                       for sign in "|#")  # fmt: skip
