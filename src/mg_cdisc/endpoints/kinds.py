"""The kinds of result: counts of subjects, proportions, summaries, times to event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.endpoints.rows import Category, Number, Row, Table, as_text, category, lines
from mg_cdisc.endpoints.statistics import Limits, kaplan_meier, proportion_limits, summarise
from mg_cdisc.frame import Frame, Index, Mask, Numbers
from mg_cdisc.spec.endpoints import Analysis, Proportion, Summary, TimeToEvent

GROUP, ANY = "Group", "Any"
PROPORTION = ("subjects", "of", "percent", "lower", "upper")


@dataclass(frozen=True)
class Asked:
    """An analysis on the records that its filter found.

    ``subjects`` is the number of each record's subject in the population, ``groups`` the number of
    each subject's group, of which ``names`` are the texts.
    """

    analysis: Analysis
    frame: Frame
    subjects: Index
    groups: Index
    names: tuple[str, ...]
    by: tuple[Category, ...]
    across: tuple[Category, ...]
    level: float

    @property
    def grouping(self) -> tuple[str, ...]:
        """The column that tells groups apart, where there are any."""
        return () if self.names == ("",) else (GROUP,)

    def each_group(self) -> Iterator[tuple[tuple[str, ...], int, Mask]]:
        """Each group's keys, its subjects, and its records."""
        sizes = np.bincount(self.groups, minlength=len(self.names))
        for number, name in enumerate(self.names):
            keys = (name,) if self.grouping else ()
            yield keys, int(sizes[number]), self.groups[self.subjects] == number

    def lines(self) -> Iterator[tuple[tuple[str, ...], Mask]]:
        """Each line of all groups together."""
        return lines((*self.by, *self.across), np.ones(self.frame.rows, bool))

    def distinct(self, rows: Mask) -> int:
        """How many subjects have these records."""
        return len(np.unique(self.subjects[rows]))


def tables_of(asked: Asked) -> Iterator[Table]:
    """The tables of an analysis, by its kind."""
    match asked.analysis:
        case Analysis(proportion=Proportion() as proportion):
            yield _proportions(asked, proportion)
        case Analysis(summary=Summary() as summary):
            yield _summaries(asked, summary)
        case Analysis(time_to_event=TimeToEvent() as event):
            yield from _times(asked, event)
        case _:
            yield _counts(asked)


def _share(yes: int, of: int, level: float) -> dict[str, Number]:
    limits = proportion_limits(yes, of, level)
    percent = 100 * yes / of if of else np.nan
    return {
        "subjects": yes, "of": of, "percent": percent,
        "lower": 100 * limits.lower, "upper": 100 * limits.upper,
    }  # fmt: skip


def _counts(asked: Asked) -> Table:
    """Subjects with any record, then those of each line; side by side where that is asked for."""
    keys = tuple(each.name for each in (*asked.by, *asked.across))
    rows: list[Row] = []
    for group, size, own in asked.each_group():
        found = [((ANY,) * len(keys), own)] if keys else []
        if asked.across:
            found += [
                ((ANY,) * len(asked.by) + texts, held) for texts, held in lines(asked.across, own)
            ]
            for texts, held in lines(asked.by, own):
                found.append(((*texts, ANY), held))
                found += [((*texts, *more), inner) for more, inner in lines(asked.across, held)]
        else:
            found += lines(asked.by, own)
        for texts, held in found:
            share = _share(asked.distinct(held), size, asked.level)
            rows.append(Row((*group, *texts), {**share, "records": int(np.count_nonzero(held))}))
    return Table(
        "count", (*asked.grouping, *keys), (*PROPORTION, "records"), tuple(rows), len(asked.across)
    )


def _proportions(asked: Asked, kind: Proportion) -> Table:
    value = as_text(asked.frame[kind.of])
    yes = value.where(lambda texts: pc.is_in(texts, value_set=pa.array(kind.yes, pa.string())))
    said = ~value.blank
    both = len(kind.missing) > 1
    rows: list[Row] = []
    for group, size, own in asked.each_group():
        for texts, held in lines(asked.by, own):
            answered = asked.distinct(held & said)
            for way in kind.missing:
                of = size if way == "no" else answered
                numbers = _share(asked.distinct(held & said & yes), of, asked.level)
                keys = (*group, *texts, *((way,) if both else ()))
                rows.append(Row(keys, {**numbers, "missing": size - answered}))
    names = (*asked.grouping, *(each.name for each in asked.by), *(("Missing",) if both else ()))
    return Table("proportion", names, (*PROPORTION, "missing"), tuple(rows))


SUMMARY = ("n", "mean", "sd", "lower", "upper", "median", "least", "greatest")


def _summaries(asked: Asked, kind: Summary) -> Table:
    several = len(kind.of) > 1
    rows: list[Row] = []
    for group, _, own in asked.each_group():
        for texts, held in lines(asked.by, own):
            for name in kind.of:
                made = summarise(asked.frame.number(name)[held], asked.level)
                if not made.n:
                    continue
                numbers: dict[str, Number] = {
                    "n": made.n, "mean": made.mean, "sd": made.sd, "lower": made.limits.lower,
                    "upper": made.limits.upper, "median": made.median, "least": made.least,
                    "greatest": made.greatest,
                }  # fmt: skip
                rows.append(Row((*group, *texts, *((name,) if several else ())), numbers))
    names = (
        *asked.grouping,
        *(each.name for each in asked.by),
        *(("Variable",) if several else ()),
    )
    return Table("summary", names, SUMMARY, tuple(rows))


def _times(asked: Asked, kind: TimeToEvent) -> Iterator[Table]:
    times, marks = asked.frame.number(kind.time), asked.frame.number(kind.censor)
    usable = ~np.isnan(times) & ~np.isnan(marks)
    names = (*asked.grouping, *(each.name for each in asked.by))
    medians: list[Row] = []
    points: list[Row] = []
    for group, _, own in asked.each_group():
        for texts, held in lines(asked.by, own & usable):
            keys = (*group, *texts)
            if not held.any():
                continue
            row, more = _curve(times[held], marks[held] != 0, keys, kind, asked.level)
            medians.append(row)
            points += more
    yield Table(
        "time_to_event", names, ("subjects", "events", "censored", "median", "lower", "upper"),
        tuple(medians),
    )  # fmt: skip
    if kind.at:
        yield Table(
            "with event", (*names, "Time"), ("percent", "lower", "upper", "at_risk"), tuple(points)
        )
    if kind.reasons:
        yield _reasons(asked, kind, usable)


def _curve(
    times: Numbers, censored: Mask, keys: tuple[str, ...], kind: TimeToEvent, level: float
) -> tuple[Row, list[Row]]:
    curve = kaplan_meier(times, censored, level)
    limits = curve.median_limits
    ended = int(np.count_nonzero(~censored))
    numbers: dict[str, Number] = {
        "subjects": len(times), "events": ended, "censored": len(times) - ended,
        "median": curve.median, "lower": limits.lower, "upper": limits.upper,
    }  # fmt: skip
    points = []
    for time in kind.at:
        without, bounds, risk = curve.without_event(time)
        turned = Limits(100 * (1 - bounds.upper), 100 * (1 - bounds.lower))
        points.append(
            Row((*keys, f"{time:g}"), {"percent": 100 * (1 - without), "lower": turned.lower,
                                       "upper": turned.upper, "at_risk": risk})
        )  # fmt: skip
    return Row(keys, numbers), points


def _reasons(asked: Asked, kind: TimeToEvent, usable: Mask) -> Table:
    """How many subjects a time ended for each combination of reasons, events first."""
    told = tuple(category(asked.frame, name, {}, "") for name in (kind.censor, *kind.reasons))
    rows = [
        Row((*group, *texts), {"subjects": int(np.count_nonzero(held))})
        for group, _, own in asked.each_group()
        for texts, held in lines((*asked.by, *told), own & usable)
    ]
    names = tuple(each.name for each in (*asked.by, *told))
    return Table("reasons", (*asked.grouping, *names), ("subjects",), tuple(rows))
