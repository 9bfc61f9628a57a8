"""What define.xml says of the variables that ``time_to_event`` makes: its rule, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mg_cdisc.expression import english, parse

if TYPE_CHECKING:
    from mg_cdisc.derive.sugar.events import TimeSource, TimeStart, TimeToEvent

ONE_OF_A_SUBJECT = ("ADSL", "DM")
"""Datasets with one record of a subject, of which none is the first or last."""


def described(short: TimeToEvent, name: str) -> str:
    """The method of one variable, for all sources of the parameter alike."""
    return _WORDS[name](short)


def _start(short: TimeToEvent) -> str:
    several = "" if short.start.from_ in ONE_OF_A_SUBJECT else "; of several the earliest"
    return f"{_date(short.start)}{several}."


def _date_of_end(short: TimeToEvent) -> str:
    events = [_source(each, censors=False) for each in short.event]
    if len(events) > 1:
        text = (
            f"The earliest of: {'; '.join(events)}. Of several on one day the first listed counts."
        )
    else:
        only = events[0].removeprefix("the ")
        text = f"The {only}." if only.startswith("last ") else f"The earliest {only}."
    censors = [_source(each, censors=True) for each in short.censor]
    if censors:
        text += f" Where there is none: {', else '.join(censors)}."
    return f"{text} Dates before STARTDT do not count."


def _status(short: TimeToEvent) -> str:
    numbers: dict[str, set[int]] = {}
    for source, censors in _sources(short):
        numbers.setdefault(source.EVNTDESC, set()).add(source.status(censors=censors))
    told: dict[int, dict[str, None]] = {}
    for source, censors in _sources(short):
        date = f" ({source.CNSDTDSC})" if len(numbers[source.EVNTDESC]) > 1 else ""
        text = f'"{source.EVNTDESC}"{date if source.CNSDTDSC else ""}'
        told.setdefault(source.status(censors=censors), {})[text] = None
    parts = [f"{number} for {_either(told[number])}" for number in sorted(told)]
    return f"By what the time ends with: {'; '.join(parts)}."


def _event(short: TimeToEvent) -> str:
    listed = _either(f'"{source.EVNTDESC}"' for source, _ in _sources(short))
    return f"What the time ends with, the event or why it is censored: {listed}."


def _censoring(short: TimeToEvent) -> str:
    texts: dict[str, dict[str, None]] = {}
    for source, _ in _sources(short):
        texts.setdefault(source.EVNTDESC, {})[source.CNSDTDSC] = None
    parts: dict[str, dict[str, None]] = {}
    for source, _ in _sources(short):
        if source.CNSDTDSC:
            whose = f" of {source.from_}" if len(texts[source.EVNTDESC]) > 1 else ""
            parts.setdefault(source.CNSDTDSC, {})[f'"{source.EVNTDESC}"{whose}'] = None
    told = "; ".join(f'"{text}" for {_either(of)}' for text, of in parts.items())
    return f"What the date of a censoring is: {told}; otherwise blank."


def _dataset(short: TimeToEvent) -> str:
    return "The dataset of the record that ADT is taken from."


def _variable(short: TimeToEvent) -> str:
    return "The variable of SRCDOM that ADT is taken from."


def _number(short: TimeToEvent) -> str:
    return (
        "The number (--SEQ or ASEQ) of the record in SRCDOM that ADT is taken from, if it has one."
    )


_WORDS: dict[str, Callable[[TimeToEvent], str]] = {
    "STARTDT": _start,
    "ADT": _date_of_end,
    "CNSR": _status,
    "EVNTDESC": _event,
    "CNSDTDSC": _censoring,
    "SRCDOM": _dataset,
    "SRCVAR": _variable,
    "SRCSEQ": _number,
}


def _sources(short: TimeToEvent) -> list[tuple[TimeSource, bool]]:
    """Every source with whether it censors."""
    return [*((each, False) for each in short.event), *((each, True) for each in short.censor)]


def _source(source: TimeSource, *, censors: bool) -> str:
    text = _date(source)
    if source.from_ not in ONE_OF_A_SUBJECT and source.which(censors=censors) == "last":
        text = f"the last {text.removeprefix('the ')}"
    status = source.status(censors=censors)
    told = f"CNSR {status}: {source.EVNTDESC}" if status else f"event: {source.EVNTDESC}"
    return f"{text} ({told})"


def _date(source: TimeSource | TimeStart) -> str:
    """``ASTDT of ADAE where ...``."""
    text = f"{english(parse(source.date))} of {source.from_}"
    return f"{text} where {english(parse(source.where))}" if source.where else text


def _either(texts: Iterable[str]) -> str:
    listed = list(dict.fromkeys(texts))
    return " or ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))
