"""The statistics of endpoints, by scipy: exact limits of a proportion, summaries, Kaplan-Meier.

A number that does not exist (the deviation of one value, a median that is not reached) is NaN.
scipy is loaded only when a statistic is asked for.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from mg_cdisc.frame import Mask, Numbers

_TIE = 1e-9  # a curve this near to one half has reached it


@dataclass(frozen=True, slots=True)
class Limits:
    """Lower and upper confidence limits."""

    lower: float
    upper: float


def proportion_limits(yes: int, of: int, level: float) -> Limits:
    """Exact (Clopper-Pearson) limits of a proportion.

    >>> limits = proportion_limits(0, 10, 0.95)
    >>> limits.lower, round(limits.upper, 4)
    (0.0, 0.3085)
    """
    if not of:
        return Limits(np.nan, np.nan)
    from scipy.stats import binomtest

    found = binomtest(yes, of).proportion_ci(confidence_level=level, method="exact")
    return Limits(float(found.low), float(found.high))


@dataclass(frozen=True, slots=True)
class Summarised:
    """A summary of numbers; limits are of the mean, by Student's t."""

    n: int
    mean: float
    sd: float
    limits: Limits
    median: float
    least: float
    greatest: float


def summarise(values: Numbers, level: float) -> Summarised:
    """The summary of the numbers that are not missing.

    >>> made = summarise(np.array([1.0, 2.0, 3.0, np.nan]), 0.95)
    >>> made.n, made.mean, made.sd, made.median
    (3, 2.0, 1.0, 2.0)
    """
    held = values[~np.isnan(values)]
    if not len(held):
        nothing = Limits(np.nan, np.nan)
        return Summarised(0, np.nan, np.nan, nothing, np.nan, np.nan, np.nan)
    alike = held.min() == held.max()  # rounding would make a mean and a deviation a hair off
    mean = float(held[0] if alike else held.mean())
    deviation = float(0.0 if alike else held.std(ddof=1)) if len(held) > 1 else np.nan
    limits = Limits(np.nan, np.nan)
    if len(held) > 1:
        from scipy.stats import t

        half = float(t.ppf((1 + level) / 2, len(held) - 1)) * deviation / len(held) ** 0.5
        limits = Limits(mean - half, mean + half)
    return Summarised(
        len(held), mean, deviation, limits, float(np.median(held)), float(held.min()),
        float(held.max()),
    )  # fmt: skip


@dataclass(frozen=True)
class Survival:
    """The Kaplan-Meier curve of times without event, with its limits on the log-log scale."""

    times: Numbers
    events: Numbers
    survival: Numbers
    lower: Numbers
    upper: Numbers
    observed: Numbers

    @property
    def median(self) -> float:
        """The first event time with at most half without event; NaN where it is not reached.

        Where just half are without event, it is the middle between that event time and the next.
        """
        at = np.flatnonzero(self.survival <= 0.5 + _TIE)
        if not len(at):
            return float("nan")
        first = int(at[0])
        later = np.flatnonzero(self.events[first + 1 :] > 0) + first + 1
        if abs(self.survival[first] - 0.5) <= _TIE and len(later):
            return float(self.times[first] + self.times[later[0]]) / 2
        return float(self.times[first])

    @property
    def median_limits(self) -> Limits:
        """The event times at which the limits of the curve come down to one half."""
        return Limits(_crossing(self.times, self.lower), _crossing(self.times, self.upper))

    def without_event(self, time: float) -> tuple[float, Limits, int]:
        """The proportion without event at a time, its limits, and how many are still at risk.

        Nothing is estimated beyond the last time observed, but for a curve that has come to 0.
        """
        risk = int(np.count_nonzero(self.observed >= time))
        over = time > self.observed.max() and self.survival[-1] > 0
        if over:
            return np.nan, Limits(np.nan, np.nan), risk
        at = int(np.searchsorted(self.times, time, side="right")) - 1
        if at < 0:
            return 1.0, Limits(np.nan, np.nan), risk
        return (
            float(self.survival[at]), Limits(float(self.lower[at]), float(self.upper[at])), risk,
        )  # fmt: skip


def _crossing(times: Numbers, curve: Numbers) -> float:
    at = np.flatnonzero(curve <= 0.5 + _TIE)
    return float(times[at[0]]) if len(at) else float("nan")


def kaplan_meier(times: Numbers, censored: Mask, level: float) -> Survival:
    """The curve of at least one time; an event comes before a censoring at the same time."""
    from scipy.stats import CensoredData, ecdf

    curve = ecdf(CensoredData.right_censored(times, censored)).sf
    at = np.asarray(curve.quantiles, np.float64)
    events = np.array([np.count_nonzero((times == each) & ~censored) for each in at], np.float64)
    survival = np.asarray(curve.probabilities, np.float64)
    lower, upper = np.full(len(at), np.nan), np.full(len(at), np.nan)
    inside = (survival > 0) & (survival < 1)
    if inside.any():
        with (
            warnings.catch_warnings()
        ):  # where the curve is 1 or 0 there are none, and none are taken
            warnings.simplefilter("ignore", RuntimeWarning)
            limits = curve.confidence_interval(confidence_level=level, method="log-log")
        lower[inside] = limits.low.probabilities[inside]
        upper[inside] = limits.high.probabilities[inside]
    return Survival(at, events, survival, lower, upper, times)
