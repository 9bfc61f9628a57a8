"""Dates and times: ISO 8601 from what was collected, and imputed dates with their flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BeforeValidator

from mg_cdisc import dates
from mg_cdisc.derive.assign import check_type
from mg_cdisc.derive.base import (
    BoundValue,
    Expr,
    Facts,
    Run,
    Scope,
    TextList,
    Value,
    merge_reads,
)
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    Mistakes,
    Node,
    Type,
    Typed,
    bind,
    english,
    names,
    parse,
)
from mg_cdisc.expression.moments import as_partial
from mg_cdisc.expression.values import across, combinations
from mg_cdisc.frame import Column, Frame, Index, Origins, Text, choose
from mg_cdisc.sources.table import FILE_SHIFT

FIRST_YEAR = "1850"
"""No one in a trial has a date before it: an earlier year is a slip, such as 0025 for 2025."""


def _parts(value: Any) -> Any:
    if isinstance(value, str):
        return (parse(value),)
    if isinstance(value, list | tuple):
        return tuple(parse(str(item)) for item in value)
    return value


class Iso8601(Value):
    """``iso8601``: a collected date as ISO 8601, as precise as it was collected.

    From one column in a declared ``format`` (or several, tried in order; the source's own where
    none is written), with a ``time`` column where there is one; or from a list of parts: year,
    month, day, hour, minute, second. An impossible date, and one before 1850, is a finding, never a
    guess. Missing: blank stays blank; unknown parts truncate the date from the right. Rule: SDTMIG 3.4 section 4.4.
    """

    iso8601: Annotated[
        tuple[Node, ...], BeforeValidator(_parts, json_schema_input_type=str | tuple[str, ...])
    ]
    """The column with the date, or a list of columns: year, month, day, hour, minute, second."""
    format: TextList = ()
    """The format, or several that are tried in turn. Left out: `dates:` of the source."""
    time: Expr | None = None
    """The column with the time of day."""
    time_format: TextList = ("HH:mm", "HH:mm:ss")
    """The format of the time, or several that are tried in turn."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        if target is not None:
            check_type(target, Type.TEXT)
        read: list[Typed] = []
        time: Typed | None = None
        declared: Mapping[int | None, tuple[str, ...]] = {None: self.format}
        mistakes = Mistakes()
        for position, node in enumerate(self.iso8601):
            with mistakes.at("iso8601", position):
                read.append(_bind_text(node, scope))
        with mistakes.at("time"):
            time = _bind_text(self.time, scope) if self.time is not None else None
        with mistakes.at("iso8601"):
            if len(self.iso8601) > 6:
                raise ExpressionError(
                    f"iso8601 takes year, month, day, hour, minute, second, not {len(self.iso8601)} parts",
                    "Join parts with concat() first.",
                )
        with mistakes.at("format"):
            if len(self.iso8601) == 1 and not self.format:
                declared = scope.catalog.date_formats(scope.dataset, read[0].reads if read else ())
            formats = {
                file: (_compile(listed, _try_dates), listed) for file, listed in declared.items()
            }
        with mistakes.at("time_format"):
            times = _compile(self.time_format, _try_times)
        mistakes.done()
        parts = tuple(read)
        shown, said = ", ".join(english(part.node) for part in parts), _named(parts)

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            texts = [_text_of(part, env) for part in parts]
            if len(texts) > 1:
                made = _from_parts(texts, env, said)
            else:
                made = _read_each(texts[0], formats, env, frame.origins, said)
            if time is None:
                return made
            return _add_time(made, _text_of(time, env), times, env, _named([time]))

        sentence = f"{shown} in ISO 8601 format"
        if time is not None:
            sentence += f", with the time {english(time.node)}"
        reads = merge_reads(*(part.reads for part in parts), time.reads if time else ())
        collected = all(key.startswith("source.") for key in reads)
        return BoundValue(
            Type.PARTIAL,
            compute,
            sentence[0].upper() + sentence[1:] + ".",
            reads,
            origin="Collected" if collected else "Derived",
        )


def _bind_text(node: Node, scope: Scope) -> Typed:
    typed = bind(node, scope)
    if not typed.type.stored_as_text:
        raise ExpressionError(f"iso8601 reads text, and this is a {typed.type}", "Use iso().")
    return typed


def _named(parts: Sequence[Typed]) -> str:
    """The columns that values are read from, for messages."""
    found = dict.fromkeys(each.name for part in parts for each in names(part.node))
    return ", ".join(found) or "the text"


def _text_of(typed: Typed, env: Env) -> Text:
    value = typed.column(env)
    assert isinstance(value, Text)
    return value


@lru_cache(maxsize=256)  # a study has a handful of formats, and many dates
def _compile(
    patterns: tuple[str, ...], read: Callable[[pa.Array, Sequence[dates.DateFormat]], object]
) -> tuple[dates.DateFormat, ...]:
    """Formats, tried once on nothing, so that what they cannot mean is said before any data."""
    try:
        made = tuple(dates.compile_format(pattern) for pattern in patterns)
        if made:
            read(pa.array([], pa.string()), made)
    except ValueError as error:
        raise ExpressionError(str(error), "Write it like yyyy-MM-dd.", "bad-format") from error
    return made


def _try_dates(texts: pa.Array, formats: Sequence[dates.DateFormat]) -> None:
    for form in formats:
        if not form.reads("y"):
            raise ValueError(f"{form.pattern}: the format of a date has no year in it")
    dates.read_dates(texts, formats)


def _try_times(texts: pa.Array, formats: Sequence[dates.DateFormat]) -> None:
    dates.join_date_time(texts, texts, formats)


def _report(env: Env, text: Text, ok: np.ndarray, what: str, todo: str) -> None:
    if not ok.all():
        env.notes.report("bad-date", text.spread(~ok) & env.wanted, text, what, todo)


def _in_our_time(iso: pa.StringArray) -> tuple[pa.StringArray, np.ndarray]:
    """Dates with those before ``FIRST_YEAR`` blank, and whether each is not one of these."""
    known = pc.match_substring_regex(iso, "^[0-9]{4}")
    early = pc.and_(known, pc.less(pc.utf8_slice_codeunits(iso, 0, 4), FIRST_YEAR))
    return pc.if_else(early, "", iso), ~early.to_numpy(zero_copy_only=False)


def _read_each(
    text: Text,
    formats: Mapping[int | None, tuple[tuple[dates.DateFormat, ...], tuple[str, ...]]],
    env: Env,
    origins: Origins,
    name: str,
) -> Text:
    """Dates in the one format, or in that of the file which each record comes from."""
    if None in formats:
        compiled, listed = formats[None]
        return _read(text, compiled, env, listed, name)
    made = Text.constant("", len(text))
    file = origins.first() >> FILE_SHIFT
    for each, (compiled, listed) in formats.items():
        rows = file == each
        part = choose(rows, _read(text, compiled, env.only(rows), listed, name), made)
        assert isinstance(part, Text)
        made = part
    return made


def _read(
    text: Text, formats: tuple[dates.DateFormat, ...], env: Env, listed: tuple[str, ...], name: str
) -> Text:
    iso, ok = dates.read_dates(text.values, formats)
    said = f"{name} = {{value!r}}"
    what = f"{said} is no date in the format {' or '.join(listed)}"
    _report(env, text, ok, what, "Correct the format, or query the site.")
    iso, ok = _in_our_time(iso)
    _report(env, text, ok, f"{said} is a date before {FIRST_YEAR}", "Query the site.")
    return Text.encode(iso).expand(text.codes)


def _from_parts(texts: list[Text], env: Env, name: str) -> Text:
    joint, picks = combinations(texts)
    arrays = [text.values.take(pa.array(pick)) for text, pick in zip(texts, picks, strict=True)]
    arrays += [None] * (6 - len(arrays))
    iso, ok = dates.join_parts(*arrays)
    shown = across(texts, lambda parts: pa.compute.binary_join_element_wise(*parts, "|"))
    if not ok.all():
        env.notes.report(
            "bad-date", ~ok[joint] & env.wanted, shown, f"{name} = {{value!r}} make no date",
            "Correct the parts, or query the site.",
        )  # fmt: skip
    iso, ok = _in_our_time(iso)
    if not ok.all():
        what = f"{name} = {{value!r}} make a date before {FIRST_YEAR}"
        env.notes.report("bad-date", ~ok[joint] & env.wanted, shown, what, "Query the site.")
    return Text.encode(iso).expand(joint)


def _add_time(
    date: Text, time: Text, formats: tuple[dates.DateFormat, ...], env: Env, name: str
) -> Text:
    joint, picks = combinations([date, time])
    arrays = [text.values.take(pa.array(p)) for text, p in zip([date, time], picks, strict=True)]
    iso, ok = dates.join_date_time(arrays[0], arrays[1], formats)
    if not ok.all():
        env.notes.report(
            "bad-date", ~ok[joint] & env.wanted, time,
            f"{name} = {{value!r}} is no time of that day",
            "Correct time_format:, or query the site.",
        )  # fmt: skip
    return Text.encode(iso).expand(joint)


def _bind_date(node: Node, scope: Scope) -> Typed:
    typed = bind(node, scope)
    if typed.type not in (Type.PARTIAL, Type.DATE, Type.DATETIME):
        raise ExpressionError(
            f"impute reads dates, and this is a {typed.type}", "Make it a date with iso()."
        )
    return typed


def _try_impute(date: str, time: str | None) -> None:
    """Refuse what dates and times cannot be imputed as."""
    try:
        dates.impute(pa.array(["2000"], pa.string()), date=date, time=time, highest="M")
    except ValueError as error:
        raise ExpressionError(
            str(error), "Write first, last, mid or MM-dd; first, last or HH:mm:ss for a time."
        ) from error


class Impute(Value):
    """``impute``: a numeric date (or date/time) from a partial one, with its imputation flag.

    ``date`` is ``first``, ``last``, ``mid`` or a ``MM-dd``; ``time`` is ``first``, ``last`` or a
    time (left out: the result is a date); ``highest`` is the highest level that may be imputed:
    ``D``, ``M`` or ``Y``, or ``none`` where only a time may be. ``not_before`` and ``not_after``
    keep an imputed date within a known one, where the known parts allow. ``date_flag`` and
    ``time_flag`` name the variables that get the imputation flags. Missing: a date of which more is unknown stays missing, and so does a blank.
    Rule: ADaMIG 1.3 section 3.1.3 (DTF and TMF).
    """

    impute: Expr
    """The date, which may be partial."""
    date: str = "first"
    """What unknown day and month become: `first`, `last`, `mid` or a `MM-dd`."""
    time: str | None = None
    """What unknown time becomes: `first`, `last` or a time such as `12:00`. Left out: the result
    is a date."""
    highest: Literal["none", "D", "M", "Y"] = "M"
    """The highest level that may be imputed: no part of the date, the day, the month too, or the
    year too. More unknown than that stays missing."""
    not_before: Expr | None = None
    """A known date that an imputed date does not precede, where its known parts allow."""
    not_after: Expr | None = None
    """A known date that an imputed date does not follow, where its known parts allow."""
    date_flag: str | None = None
    """The variable that gets the date imputation flag (--DTF), made by the same step."""
    time_flag: str | None = None
    """The variable that gets the time imputation flag (--TMF), made by the same step."""
    seconds_collected: bool = True
    """`false` where the source never collects seconds: seconds made up are then not flagged `S`."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        kind = Type.DATE if self.time is None else Type.DATETIME
        check_type(target, kind)
        limits: list[Typed | None] = [None, None]
        mistakes = Mistakes()
        with mistakes.at("impute"):
            value = _bind_date(self.impute, scope)
        with mistakes.at("not_before"):
            limits[0] = _bind_date(self.not_before, scope) if self.not_before else None
        with mistakes.at("not_after"):
            limits[1] = _bind_date(self.not_after, scope) if self.not_after else None
        with mistakes.at("date"):
            _try_impute(self.date, None)
        with mistakes.at("time"):
            _try_impute("first", self.time)
        with mistakes.at("time_flag"):
            if self.time_flag is not None and self.time is None:
                raise ExpressionError(
                    "time_flag: without time: would always be blank", "Add time:, or drop it."
                )
        with mistakes.at("highest"):
            if self.highest == "none" and self.time is None:
                raise ExpressionError(
                    "highest: none without time: imputes nothing",
                    "Add time:, or write date() for dates that are complete.",
                )
        mistakes.done()

        def all_parts(frame: Frame, env: Env) -> tuple[Index, dates.Imputed]:
            texts = [as_partial(value.column(env), value.type)]
            given = [limit for limit in limits if limit is not None]
            texts += [as_partial(limit.column(env), limit.type) for limit in given]
            joint, picks = combinations(texts)
            arrays = [t.values.take(pa.array(p)) for t, p in zip(texts, picks, strict=True)]
            edges: list[Any] = [None, None]
            position = 1
            for index, limit in enumerate(limits):
                if limit is not None:
                    edges[index] = arrays[position]
                    position += 1
            made = dates.impute(
                arrays[0], date=self.date, time=self.time,
                highest="" if self.highest == "none" else self.highest,
                not_before=edges[0], not_after=edges[1],
                seconds_collected=self.seconds_collected,
            )  # fmt: skip
            return joint, made

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            joint, made = all_parts(frame, env)
            return (made.date if self.time is None else made.datetime)[joint]

        def flag_of(part: str) -> Any:
            def compute_flag(frame: Frame, env: Env, run: Run) -> Column:
                joint, made = all_parts(frame, env)
                flags = made.date_flag if part == "date" else made.time_flag
                return Text.encode(flags).expand(joint)

            return compute_flag

        reads = merge_reads(value.reads, *(limit.reads for limit in limits if limit is not None))
        sentence = f"{english(value.node)}, with {self._rule()}"
        for limit, word in zip(limits, ("before", "after"), strict=True):
            if limit is not None:
                sentence += f", not {word} {english(limit.node)}"
        also = {
            name: BoundValue(
                Type.TEXT,
                flag_of(part),
                f"Imputation flag of {english(value.node)} ({self._flags(part)}).",
                reads,
            )
            for name, part in ((self.date_flag, "date"), (self.time_flag, "time"))
            if name
        }
        return BoundValue(kind, compute, sentence[0].upper() + sentence[1:] + ".", reads, also=also)

    def _flags(self, part: str) -> str:
        """What the letters of the imputation flag of the date or of the time say, in words."""
        if part == "time":
            second = ", S: the second" if self.seconds_collected else ""
            return f"H: the time is not known, M: minute and second{second}"
        letters = {"D": "", "M": ", M: month and day", "Y": ", M: month and day, Y: the whole date"}
        return f"D: the day is not known{letters.get(self.highest, '')}"

    def _rule(self) -> str:
        """What becomes of unknown parts, in words."""
        time = "" if self.time is None else f"an unknown time as {self.time}"
        if self.highest == "none":
            return time.replace(" as ", " imputed as ")
        level = {"D": "the day", "M": "day and month", "Y": "day, month and year"}[self.highest]
        become = {"first": "the first", "last": "the last", "mid": "the middle"}
        text = f"unknown parts ({level}) imputed as {become.get(self.date, self.date)}"
        return f"{text} and {time}" if time else text
