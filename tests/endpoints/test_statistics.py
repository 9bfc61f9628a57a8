"""Statistics beside published values, closed forms, and slow plain computations."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.endpoints.statistics import kaplan_meier, proportion_limits, summarise


def tail(least: int, of: int, p: float) -> float:
    """P(X >= least) of a binomial, term by term."""
    return math.fsum(math.comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(least, of + 1))


def bisect(rises: bool, target: float, least: int, of: int) -> float:
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if (tail(least, of, middle) < target) is rises:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@settings(deadline=None)  # the first one loads scipy
@given(st.integers(1, 40).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_exact_limits_are_where_the_tails_have_half_the_error(case: tuple[int, int]) -> None:
    yes, of = case
    limits = proportion_limits(yes, of, 0.95)
    # the lower limit is the proportion for which so many or more are as rare as 0.025
    lower = 0.0 if yes == 0 else bisect(True, 0.025, yes, of)
    upper = 1.0 if yes == of else bisect(True, 0.975, yes + 1, of)
    assert limits.lower == pytest.approx(lower, abs=1e-9)
    assert limits.upper == pytest.approx(upper, abs=1e-9)


@pytest.mark.parametrize(
    ("yes", "of", "lower", "upper"),
    # tables of exact limits (Geigy): 0/10, 5/10, 10/10, 1/20
    [(0, 10, 0.0, 0.3085), (5, 10, 0.1871, 0.8129), (10, 10, 0.6915, 1.0), (1, 20, 0.0013, 0.2487)],
)
def test_exact_limits_of_the_tables(yes: int, of: int, lower: float, upper: float) -> None:
    limits = proportion_limits(yes, of, 0.95)
    assert (round(limits.lower, 4), round(limits.upper, 4)) == (lower, upper)


def test_no_limits_of_nobody() -> None:
    limits = proportion_limits(0, 0, 0.95)
    assert math.isnan(limits.lower)
    assert math.isnan(limits.upper)


def test_a_summary_by_closed_forms() -> None:
    made = summarise(np.array([4.0, np.nan, 1.0, 7.0]), 0.95)
    assert (made.n, made.mean, made.median, made.least, made.greatest) == (3, 4.0, 4.0, 1.0, 7.0)
    assert made.sd == 3.0
    # t with 2 degrees of freedom: t = (2p - 1) * sqrt(2 / (4p(1 - p)))
    t = 0.95 * math.sqrt(2 / (4 * 0.975 * 0.025))
    assert made.limits.lower == pytest.approx(4 - t * 3 / math.sqrt(3))
    assert made.limits.upper == pytest.approx(4 + t * 3 / math.sqrt(3))


def test_equal_values_have_no_deviation() -> None:
    made = summarise(np.full(21, 0.005), 0.95)
    assert (made.mean, made.sd, made.limits.lower, made.limits.upper) == (0.005, 0, 0.005, 0.005)


def test_what_one_value_and_none_do_not_have() -> None:
    one = summarise(np.array([5.0]), 0.95)
    assert (one.n, one.mean, one.median) == (1, 5.0, 5.0)
    assert math.isnan(one.sd)
    assert math.isnan(one.limits.lower)
    nothing = summarise(np.array([np.nan]), 0.95)
    assert nothing.n == 0
    assert math.isnan(nothing.mean)


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_a_summary_by_the_standard_library(values: list[float]) -> None:
    made = summarise(np.array(values), 0.9)
    assert made.mean == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert made.sd == pytest.approx(statistics.stdev(values), rel=1e-6, abs=1e-6)
    assert made.median == pytest.approx(statistics.median(values), abs=1e-6)


# Freireich 1963, weeks of remission in leukaemia, + censored: the example of most textbooks
MP6 = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def read(text: str) -> tuple[list[float], list[bool]]:
    words = text.split()
    return [float(word.rstrip("+")) for word in words], [word.endswith("+") for word in words]


def test_the_curve_of_the_textbook() -> None:
    times, censored = read(MP6)
    curve = kaplan_meier(np.array(times), np.array(censored), 0.95)
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for week, expected in published.items():
        assert curve.without_event(week)[0] == pytest.approx(expected, abs=0.0006)
    assert curve.median == 23
    # PROC LIFETEST with its log-log limits: 13 and none
    assert curve.median_limits.lower == 13
    assert math.isnan(curve.median_limits.upper)


def test_the_other_group_of_the_textbook() -> None:
    times, censored = read(PLACEBO)
    curve = kaplan_meier(np.array(times), np.array(censored), 0.95)
    assert curve.median == 8
    assert (curve.median_limits.lower, curve.median_limits.upper) == (4, 11)


def slow_curve(times: list[float], censored: list[bool]) -> dict[float, tuple[float, float, float]]:
    """At each event time: proportion without event and its limits, by product and Greenwood."""
    without, spread = 1.0, 0.0
    made = {}
    for time in sorted({t for t, c in zip(times, censored, strict=True) if not c}):
        risk = sum(t >= time for t in times)
        ended = sum(t == time and not c for t, c in zip(times, censored, strict=True))
        without *= 1 - ended / risk
        if without <= 0:
            made[time] = (0.0, math.nan, math.nan)
            continue
        spread += ended / (risk * (risk - ended))
        error = 1.959963984540054 * math.sqrt(spread) / abs(math.log(without))
        made[time] = (without, without ** math.exp(error), without ** math.exp(-error))
    return made


CASES = st.lists(st.tuples(st.integers(1, 12).map(float), st.booleans()), min_size=1, max_size=25)


@settings(deadline=None)
@given(CASES)
def test_curves_by_hand(case: list[tuple[float, bool]]) -> None:
    times, censored = [time for time, _ in case], [flag for _, flag in case]
    curve = kaplan_meier(np.array(times), np.array(censored), 0.95)
    slow = slow_curve(times, censored)
    for time, (without, lower, upper) in slow.items():
        found, limits, risk = curve.without_event(time)
        assert found == pytest.approx(without, abs=1e-9)
        assert risk == sum(each >= time for each in times)
        assert limits.lower == pytest.approx(lower, nan_ok=True, abs=1e-7)
        assert limits.upper == pytest.approx(upper, nan_ok=True, abs=1e-7)
    reached = [time for time, (without, _, _) in slow.items() if without < 0.5 - 1e-9]
    just = [time for time, (without, _, _) in slow.items() if abs(without - 0.5) < 1e-9]
    if just and reached:
        assert curve.median == (just[0] + reached[0]) / 2
    elif just or reached:
        assert curve.median == (just or reached)[0]
    else:
        assert math.isnan(curve.median)


def test_a_curve_that_comes_to_just_one_half() -> None:
    """As SAS and R have it: the middle of the times between which just half are without event."""
    curve = kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4, bool), 0.95)
    assert curve.median == 2.5


def test_before_the_first_and_behind_the_last_time() -> None:
    times, censored = read("2 4+ 6+")
    curve = kaplan_meier(np.array(times), np.array(censored), 0.95)
    assert curve.without_event(1)[0] == 1.0
    assert curve.without_event(6)[0] == pytest.approx(2 / 3)
    assert math.isnan(curve.without_event(7)[0])  # nobody was observed so long
    gone = kaplan_meier(np.array([1.0, 2.0]), np.zeros(2, bool), 0.95)
    assert gone.without_event(7)[0] == 0.0  # and here everybody has had the event


def test_nobody_has_the_event() -> None:
    curve = kaplan_meier(np.array([3.0, 5.0]), np.ones(2, bool), 0.95)
    assert math.isnan(curve.median)
    assert math.isnan(curve.median_limits.lower)
    assert curve.without_event(5)[0] == 1.0
