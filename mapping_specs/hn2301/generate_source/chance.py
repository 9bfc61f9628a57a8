"""Chance that is the same on every machine, courses over study days, and ways to write dates."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from random import Random
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Course: TypeAlias = Sequence[tuple[float, float]]


def whole(rng: Random, low: int, high: int) -> int:
    """A whole number from low to high, both possible."""
    return low + int(rng.random() * (high - low + 1))


def pick(rng: Random, options: Sequence[T]) -> T:
    return options[whole(rng, 0, len(options) - 1)]


def wobble(rng: Random) -> float:
    """Roughly standard normal, never beyond 3.5; sums only, so equal on every machine."""
    return (rng.random() + rng.random() + rng.random() + rng.random() - 2) * 1.7320508


def along(course: Course, day: float) -> float:
    """The value of a course on a study day: straight between its points, level outside them."""
    if day <= course[0][0]:
        return course[0][1]
    for (left, low), (right, high) in pairwise(course):
        if day <= right:
            return low + (high - low) * (day - left) / (right - left)
    return course[-1][1]


# Written out because strftime's %b follows the machine's language.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def iso(day: date) -> str:
    return day.isoformat()


def dashed(day: date) -> str:
    return f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year}"


def loud(day: date, known: str = "day") -> str:
    """05-MAR-2025; with less known UN-MAR-2025, UN-UNK-2025 or UNK."""
    month = MONTHS[day.month - 1].upper()
    return {
        "day": f"{day.day:02}-{month}-{day.year}",
        "month": f"UN-{month}-{day.year}",
        "year": f"UN-UNK-{day.year}",
        "short": f"{day.year}-{day.month:02}",
        "nothing": "UNK",
    }[known]


def day_first(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"


def month_first(day: date, known: str = "day") -> str:
    """03/05/2025 is the fifth of March; with less known 03/UN/2025 or UN/UN/2025."""
    return {
        "day": f"{day.month:02}/{day.day:02}/{day.year}",
        "month": f"{day.month:02}/UN/{day.year}",
        "year": f"UN/UN/{day.year}",
    }[known]


def clock(minute: int) -> str:
    """Minutes since midnight as HH:mm."""
    return f"{minute // 60:02}:{minute % 60:02}"


def yes_no(condition: bool) -> str:
    return "Y" if condition else "N"
