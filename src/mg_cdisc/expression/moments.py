"""How functions of dates and times are computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc import dates
from mg_cdisc.dates.civil import EARLIEST, EARLIEST_DAY, LATEST, LATEST_DAY
from mg_cdisc.dates.partial import parse as parse_moments
from mg_cdisc.expression.calls import Arguments, Compute
from mg_cdisc.expression.nodes import Type
from mg_cdisc.expression.values import Notes, Value, combinations, number_text, render_numbers
from mg_cdisc.frame import Mask, Numbers, Text

_RANGE = {
    Type.DATE: (EARLIEST_DAY, LATEST_DAY + 0.5),
    Type.DATETIME: (EARLIEST, LATEST - 1),
    Type.TIME: (0, 86399),
}


def as_partial(value: Value, kind: Type) -> Text:
    """Any moment as ISO 8601 text; blank where a number is no moment of the years 1 to 9999."""
    if isinstance(value, Text):
        return value
    numbers = cast("Numbers", value)
    low, high = _RANGE[kind]
    render = {Type.DATE: dates.from_date, Type.DATETIME: dates.from_datetime}.get(
        kind, dates.from_time
    )
    held = np.where((numbers >= low) & (numbers <= high), numbers, np.nan)
    return render_numbers(held, render)


def compute_date(call: Arguments) -> Value:
    if call.types[0] is Type.DATE:
        return call.number(0)
    if call.types[0] is Type.DATETIME:
        return np.floor(call.number(0) / 86400.0)
    return call.text(0).spread(dates.to_date(call.text(0).values))


def compute_datetime(call: Arguments) -> Value:
    if call.types[0] is Type.DATETIME:
        return call.number(0)
    if call.types[0] is Type.DATE:
        return call.number(0) * 86400.0
    return call.text(0).spread(dates.to_datetime(call.text(0).values))


def compute_time(call: Arguments) -> Value:
    if call.types[0] is Type.TIME:
        return call.number(0)
    if call.types[0] is Type.DATETIME:
        return np.mod(call.number(0), 86400.0)
    return call.text(0).spread(dates.to_time(call.text(0).values))


def compute_iso(call: Arguments) -> Value:
    text = as_partial(call.values[0], call.types[0])
    if not call.types[0].stored_as_text:
        lost = text.blank & ~np.isnan(call.number(0)) & call.active
        if lost.any():
            call.notes.report(
                "not-a-date", lost, number_text(call.number(0)),
                f"{{value}} is no SAS {call.types[0]} of the years 1 to 9999",
                "Correct what it is calculated from.",
            )  # fmt: skip
    return iso_text(text, call.notes, call.active) if call.types[0] is Type.TEXT else text


def iso_text(text: Text, notes: Notes, active: Mask) -> Text:
    """Text that must be ISO 8601 or blank: made blank, and a finding, where it is not."""
    good = dates.is_iso8601(text.values)
    good |= pc.equal(text.values, "").to_numpy(zero_copy_only=False)  # missing is no fault
    if good.all():
        return text
    notes.report(
        "not-iso8601", text.spread(~good) & active, text, "{value!r} is not an ISO 8601 date",
        "Read it with iso8601 and its format.",
    )  # fmt: skip
    return text.map(lambda values: pc.if_else(pa.array(good), values, ""))


def compute_date_part(call: Arguments) -> Value:
    text = as_partial(call.values[0], call.types[0])
    return text.map(lambda values: pc.replace_substring_regex(values, "(-----)?T.*$", ""))


def days_of(call: Arguments, index: int) -> Numbers:
    one = Arguments((call.values[index],), (call.types[index],), call.rows, call.active, call.notes)
    return cast("Numbers", compute_date(one))


def compute_study_day(call: Arguments) -> Value:
    return dates.study_day(days_of(call, 0), days_of(call, 1))


def compute_age(call: Arguments) -> Value:
    return per_pair(call, dates.age)


def per_pair(
    call: Arguments, compute: Callable[[pa.StringArray, pa.StringArray], Numbers]
) -> Numbers:
    texts = [as_partial(call.values[i], call.types[i]) for i in (0, 1)]
    joint, picks = combinations(texts)
    arrays = [text.values.take(pa.array(pick)) for text, pick in zip(texts, picks, strict=True)]
    return compute(*arrays)[joint]


def compute_months(call: Arguments) -> Value:
    divisor: Any = call.number(2) if len(call.values) > 2 else 30.4375
    return (days_of(call, 1) - days_of(call, 0)) / divisor


def compute_part(position: int) -> Compute:
    def compute(call: Arguments) -> Value:
        text = as_partial(call.values[0], call.types[0])
        part = parse_moments(text.values).fields[position].astype(np.float64)
        return text.spread(np.where(part < 0, np.nan, part))

    return compute


def compute_precision(call: Arguments) -> Value:
    text = as_partial(call.values[0], call.types[0])
    words = pa.array(["", *dates.PRECISIONS, "second"], pa.string())
    precision = dates.bounds(text.values)[2]
    return Text.encode(words.take(pa.array(precision.astype(np.int64)))).expand(text.codes)
