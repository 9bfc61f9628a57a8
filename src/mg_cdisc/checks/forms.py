"""Rules about the form of values: ISO 8601 dates, times and durations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc import dates
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records
from mg_cdisc.frame import Mask, Text

DURATIONS = ("--DUR", "--PDUR", "TEDUR", "TDMINPAI", "TDMAXPAI")
DURATION_PARAMETERS = ("AGEMAX", "AGEMIN", "CRMDUR", "LENGTH", "PLNTRDUR", "SDMDUR", "TRGFUDUR")
DATE_PARAMETERS = ("SSTDTC", "SENDTC", "DCUTDTC")


def check_dates(records: Records) -> Iterator[Fault]:
    """Variables --DTC that are no ISO 8601 date, partial date, or interval."""
    for name, column in records.frame.columns.items():
        if name.endswith("DTC") and isinstance(column, Text):
            yield from _check(records, name, column, dates.is_iso8601)


def check_durations(records: Records) -> Iterator[Fault]:
    """Durations that are none."""
    for generic in DURATIONS:
        name = records.full(generic)
        if (column := records.text(name)) is not None:
            yield from _check(records, name, column, dates.is_duration)


def check_elapsed(records: Records) -> Iterator[Fault]:
    """Planned elapsed times, which may lie before their reference."""
    name = records.full("--ELTM")
    if (column := records.text(name)) is not None:
        yield from _check(
            records, name, column, lambda values: dates.is_duration(values, signed=True)
        )


def check_offset(records: Records) -> Iterator[Fault]:
    """TDSTOFF is 0 or a duration."""
    if (column := records.text("TDSTOFF")) is not None:
        yield from _check(
            records, "TDSTOFF", column,
            lambda values: dates.is_duration(values) | np.asarray(pc.equal(values, "0")),
        )  # fmt: skip


def check_parameter_durations(records: Records) -> Iterator[Fault]:
    """Trial summary parameters that are durations."""
    yield from _check_parameters(records, DURATION_PARAMETERS, dates.is_duration)


def check_parameter_dates(records: Records) -> Iterator[Fault]:
    """Trial summary parameters that are dates."""
    yield from _check_parameters(records, DATE_PARAMETERS, dates.is_iso8601)


def _check_parameters(
    records: Records, codes: tuple[str, ...], good: Callable[[pa.Array], Mask]
) -> Iterator[Fault]:
    names, values = records.text("TSPARMCD"), records.text("TSVAL")
    if names is not None and values is not None:
        asked = names.where(lambda known: pc.is_in(known, value_set=pa.array(codes)))
        rows = asked & _bad(values, good)
        if rows.any():
            yield Fault(records, rows, ("TSVAL",))


def _check(
    records: Records, name: str, column: Text, good: Callable[[pa.Array], Mask]
) -> Iterator[Fault]:
    rows = _bad(column, good)
    if rows.any():
        yield Fault(records, rows, (name,))


def _bad(column: Text, good: Callable[[pa.Array], Mask]) -> Mask:
    return column.where(lambda values: ~good(values) & ~np.asarray(pc.equal(values, "")))
