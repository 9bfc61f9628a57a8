"""What a partial date can mean, by listing every moment it can mean; comparison; order."""

import calendar
import datetime as dt
import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.dates import EARLIEST, LATEST, bounds, compare, order_key

EPOCH = dt.datetime(1960, 1, 1)


def seconds(moment: dt.datetime) -> int:
    return (moment - EPOCH) // dt.timedelta(seconds=1)


def span(text: str) -> tuple[str, str, int]:
    low, high, precision = bounds(pa.array([text]))
    first, last = (EPOCH + dt.timedelta(seconds=int(side[0])) for side in (low, high))
    return first.isoformat(), last.isoformat(), int(precision[0])


@pytest.mark.parametrize(
    ("text", "first", "end", "precision"),
    [
        ("2025", "2025-01-01T00:00:00", "2026-01-01T00:00:00", 1),
        ("2025-12", "2025-12-01T00:00:00", "2026-01-01T00:00:00", 2),
        ("2024-02", "2024-02-01T00:00:00", "2024-03-01T00:00:00", 2),
        ("2024-02-29", "2024-02-29T00:00:00", "2024-03-01T00:00:00", 3),
        ("2025-12-31", "2025-12-31T00:00:00", "2026-01-01T00:00:00", 3),
        ("2025-12-31T23", "2025-12-31T23:00:00", "2026-01-01T00:00:00", 4),
        ("2025-12-31T23:59", "2025-12-31T23:59:00", "2026-01-01T00:00:00", 5),
        ("2025-12-31T23:59:59", "2025-12-31T23:59:59", "2026-01-01T00:00:00", 6),
        ("2025-12-31T23:59:59.5", "2025-12-31T23:59:59", "2026-01-01T00:00:00", 7),
        ("2025---15", "2025-01-15T00:00:00", "2025-12-16T00:00:00", 1),
        ("2025---31", "2025-01-31T00:00:00", "2026-01-01T00:00:00", 1),
        ("2025-03-15T-:30", "2025-03-15T00:30:00", "2025-03-15T23:31:00", 3),
        ("2025-03-15T13:-:17", "2025-03-15T13:00:17", "2025-03-15T13:59:18", 4),
        ("2025-03--T13:15", "2025-03-01T13:15:00", "2025-03-31T13:16:00", 2),
        ("--12-15", "0001-12-15T00:00:00", "9999-12-16T00:00:00", 0),
        ("--02-29", "0004-02-29T00:00:00", "9996-03-01T00:00:00", 0),
        ("2003-12-15T10:00/2003-12-15T10:30", "2003-12-15T10:00:00", "2003-12-15T10:31:00", 0),
        ("2003-01-01/2003-06-30", "2003-01-01T00:00:00", "2003-07-01T00:00:00", 0),
        ("2003/2004-02", "2003-01-01T00:00:00", "2004-03-01T00:00:00", 0),
        ("P3D/2003-12-15", "0001-01-01T00:00:00", "2003-12-16T00:00:00", 0),
    ],
)
def test_first_instant_end_and_precision(text: str, first: str, end: str, precision: int) -> None:
    assert span(text) == (first, end, precision)


@pytest.mark.parametrize(
    "text", ["", "UNK", "2025-02-30", "2004/2003", "-----T07:15/x", "2003-12-15/x", "2003/2004/5"]
)
def test_what_tells_nothing_is_open_on_both_sides(text: str) -> None:
    low, high, precision = bounds(pa.array([text]))
    assert (low[0], high[0], precision[0]) == (EARLIEST, LATEST, 0)


def test_a_duration_leaves_its_side_open() -> None:
    low, high, precision = bounds(pa.array(["2003-12-15/P3D"]))
    first = seconds(dt.datetime(2003, 12, 15))
    assert (low[0], high[0], precision[0]) == (first, LATEST, 0)


def test_the_last_year_has_an_end() -> None:
    _, high, _ = bounds(pa.array(["9999", "9999-12-31T23:59:59"]))
    assert high.tolist() == [LATEST, LATEST]


Partial = tuple[int | None, int | None, int | None, int | None, int | None]


def written(partial: Partial) -> str:
    """A partial value as SDTMIG 4.4.2 writes it: year, month, day, hour, minute."""
    year, month, day, hour, minute = partial
    shown = [
        "-" if part is None else f"{part:0{width}}"
        for part, width in zip((year, month, day, hour, minute), (4, 2, 2, 2, 2), strict=True)
    ]
    while shown and shown[-1] == "-":
        shown.pop()
    separators = ["", "-", "-", "T", ":"]
    return "".join(itertools.chain(*zip(separators, shown, strict=False)))


def meanings(partial: Partial) -> list[tuple[dt.datetime, dt.datetime]]:
    """Every date it can be, with the first and last second of the day that it can be."""
    year, month, day, hour, minute = partial
    assert year is not None
    days = [
        dt.datetime(year, in_month, in_day)
        for in_month in range(1, 13)
        for in_day in range(1, calendar.monthrange(year, in_month)[1] + 1)
        if month in (None, in_month) and day in (None, in_day)
    ]
    first = dt.timedelta(hours=hour or 0, minutes=minute or 0)
    last = dt.timedelta(
        hours=23 if hour is None else hour, minutes=59 if minute is None else minute, seconds=59
    )
    return [(day + first, day + last) for day in days]


partials: st.SearchStrategy[Partial] = st.tuples(
    st.integers(1990, 2030),
    st.none() | st.integers(1, 12),
    st.none() | st.integers(1, 31),
    st.none() | st.integers(0, 23),
    st.none() | st.integers(0, 59),
).filter(lambda partial: bool(meanings(partial)))


@settings(deadline=None)
@given(st.lists(partials, min_size=1, max_size=20))
def test_bounds_hold_all_meanings_and_no_more(drawn: list[Partial]) -> None:
    low, high, precision = bounds(pa.array([written(partial) for partial in drawn]))
    for place, partial in enumerate(drawn):
        every = meanings(partial)
        assert low[place] == min(seconds(first) for first, _ in every)
        assert high[place] == max(seconds(last) for _, last in every) + 1
        known = list(itertools.takewhile(lambda part: part is not None, partial))
        assert precision[place] == len(known)


ORDER = {"less": (True, False, True), "equal": (False, True, True), "greater": (False, False, True)}
OPPOSITE = {"less": "greater", "greater": "less"}
TRUTH = [
    ("2025-03-15", "2025-03-15", "equal"),
    ("2025-03-15", "2025-03-16", "less"),
    ("2025-12-31", "2026-01-01", "less"),
    ("2024-02-28", "2024-02-29", "less"),
    ("2025-03-15T10", "2025-03-15T10", "equal"),
    ("2025-03-15T10", "2025-03-15T11", "less"),
    ("2025-03-15T10:30", "2025-03-15T10:30", "equal"),
    ("2025-03-15T10:30", "2025-03-15T10:31", "less"),
    ("2025-03-15T10:30:05", "2025-03-15T10:30:05", "equal"),
    ("2025-03-15T10:30:05.1", "2025-03-15T10:30:06.1", "less"),
    ("2025-03-15T10:30:05.1", "2025-03-15T10:30:05.1", "undecided"),
    ("2025-03-15", "2025-03-15T10:30", "undecided"),
    ("2025-03-15", "2025-03-15T00:00", "undecided"),
    ("2025-03-14", "2025-03-15T00:00", "less"),
    ("2025-03-15T23:59:59", "2025-03-16", "less"),
    ("2025-03-15T10", "2025-03-15T10:30", "undecided"),
    ("2025-03-15T10", "2025-03-15T11:00", "less"),
    ("2025-03", "2025-03", "undecided"),
    ("2025", "2025", "undecided"),
    ("2025-02", "2025-03", "less"),
    ("2025-02", "2025-03-01", "less"),
    ("2025-03", "2025-03-01", "undecided"),
    ("2025-03", "2025-03-31", "undecided"),
    ("2025", "2025-06", "undecided"),
    ("2025", "2026", "less"),
    ("2025", "2026-01-01T00:00", "less"),
    ("2025---15", "2025-01-14", "greater"),
    ("2025---15", "2025-01-15", "undecided"),
    ("2025---15", "2025-06-01", "undecided"),
    ("2025---15", "2025---15", "undecided"),
    ("2025---15", "2025-12-16", "less"),
    ("2025-03-15T-:30", "2025-03-15", "undecided"),
    ("2025-03-15T-:00", "2025-03-15", "undecided"),
    ("2025-03-15T-:30", "2025-03-15T-:30", "undecided"),
    ("2025-03-15T-:30", "2025-03-15T00:29", "greater"),
    ("2025-03-15T-:30", "2025-03-16", "less"),
    ("--12-15", "2025-01-01", "undecided"),
    ("2025-01-01/2025-01-31", "2025-02-01", "less"),
    ("2025-01-01/2025-01-31", "2025-01-15", "undecided"),
    ("2025-01-01/2025-01-01", "2025-01-01", "undecided"),
    ("", "2025-01-01", "undecided"),
    ("", "", "undecided"),
    ("UNK", "2025", "undecided"),
]


def test_truth_table() -> None:
    both = TRUTH + [(other, one, OPPOSITE.get(answer, answer)) for one, other, answer in TRUTH]
    sides = [bounds(pa.array([row[side] for row in both])) for side in (0, 1)]
    less, equal, known = compare(*sides[0], *sides[1])
    for place, (one, other, answer) in enumerate(both):
        found = (bool(less[place]), bool(equal[place]), bool(known[place]))
        assert found == ORDER.get(answer, (False, False, False)), (one, other)


@settings(deadline=None)
@given(st.lists(st.tuples(partials, partials), min_size=1, max_size=20))
def test_what_is_decided_holds_for_every_meaning(drawn: list[tuple[Partial, Partial]]) -> None:
    sides = [bounds(pa.array([written(pair[side]) for pair in drawn])) for side in (0, 1)]
    less, equal, known = compare(*sides[0], *sides[1])
    for place, (one, other) in enumerate(drawn):
        ones, others = meanings(one), meanings(other)
        before = max(last for _, last in ones) < min(first for first, _ in others)
        after = max(last for _, last in others) < min(first for first, _ in ones)
        # complete to the same part, day or finer: the same text is the same point
        point = one == other and None not in one[:3] and one[3:] != (None, one[4] or 0)
        answer = (less[place], equal[place], known[place])
        assert answer == (before, point, before or after or point)


def test_order_puts_the_less_precise_first() -> None:
    ordered = [
        "",
        "--12-15",
        "2024-12-31T23:59:59",
        "2025",
        "2025-01",
        "2025-01-01",
        "2025-01-01T00",
        "2025-01-01T00:00",
        "2025-01-01T00:00:00",
        "2025-01-01T00:00:00.000001",
        "2025-01-01T00:00:00.2",
        "2025-01-01T00:00:01",
        "2025---15",
        "2025-01-15",
        "9999-12-31T23:59:59.999999",
    ]
    key = order_key(pa.array(ordered))
    assert (np.diff(key) > 0).all()


@settings(deadline=None)
@given(st.lists(st.datetimes(), min_size=1))
def test_moments_sort_in_time(moments: list[dt.datetime]) -> None:
    texts = pa.array([moment.isoformat(timespec="microseconds") for moment in moments])
    places = np.argsort(order_key(texts), kind="stable")
    assert [moments[place] for place in places] == sorted(moments)
