"""``mg-cdisc endpoints``: the first results of the registered endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mg_cdisc.cli.guard import CLEAN, STOPPED
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.studies import study_folder
from mg_cdisc.cli.terminal import say, say_findings, space
from mg_cdisc.errors import Finding, Location, SpecError, UseError, nearest, one_of
from mg_cdisc.layout import Cell, Column, Line, Piece, counted, line, within, wrap

if TYPE_CHECKING:
    from mg_cdisc.endpoints import Result, Table

WIDE = 116
"""The widest that a table is where nobody says how much room there is."""
INDENT = "   "
NOT_REACHED = "NE"
MOST_DIGITS = 2


def endpoints(
    given: Path | None,
    *,
    outputs: Path,
    only: Sequence[str] = (),
    json_file: Path | None = None,
    csv_file: Path | None = None,
) -> int:
    """Print every result; 1 where one could not be computed."""
    start_arrow()
    from mg_cdisc.endpoints import compute_endpoints
    from mg_cdisc.endpoints.data import read_built
    from mg_cdisc.endpoints.write import write_csv, write_json
    from mg_cdisc.pipeline import output_folder
    from mg_cdisc.spec.analyses import review_endpoints
    from mg_cdisc.spec.endpoints import ENDPOINTS
    from mg_cdisc.spec.load import load_study

    folder = study_folder(given)
    files = load_study(folder)
    file = (folder / ENDPOINTS).as_posix()
    if files.endpoints is None:
        what, todo = "the study has no such file", "Write it: docs/language.md says how."
        raise UseError([Finding(Location(file), "missing-file", what, todo)])
    said = files.endpoints
    unknown = [each for each in only if each not in said.endpoints]
    if unknown:
        known = list(said.endpoints)
        raise UseError(
            Finding(Location("--only"), "unknown-name", f"there is no endpoint {each}",
                    nearest(each, known) or f"Endpoints: {one_of(known, 40)}.")
            for each in unknown
        )  # fmt: skip
    asked = [
        each for name, endpoint in said.endpoints.items() if not only or name in only
        for each in endpoint.results.values()
    ]  # fmt: skip
    names = [each.dataset for each in asked]
    names += [said.populations[each.population].dataset for each in asked
              if each.population in said.populations]  # fmt: skip
    study = files.study
    # a build for another agency may have written UTF-8, of which ASCII is a part
    encoding = "utf-8" if study.text_encoding == "ascii" else study.text_encoding
    built = read_built(output_folder(outputs, study.study), study.study, names, encoding)
    made = {name for name, loaded in files.datasets.items() if loaded.kind == "adam"}
    wrong = review_endpoints(said, files.endpoints_tree, built.types, made - set(built.types))
    if wrong:
        raise SpecError(wrong)
    results, findings = compute_endpoints(said, built, file, only)
    say(*_report(results, said.note, said.confidence, study.study))
    if findings:
        say_findings(sorted(set(findings)), err=True)
    if json_file is not None:
        write_json(json_file, results, said, study.study)
    if csv_file is not None:
        write_csv(csv_file, results, said)
    return STOPPED if findings else CLEAN


def _report(results: Sequence[Result], note: str, level: int, study: str) -> Iterator[Line]:
    from mg_cdisc.spec.analyses import written

    if results:
        yield line(Piece(f"Endpoints of {study}", "bold"))
        yield line(f"Confidence limits ({level}%): exact for proportions, Student's t for means, "
                   "log-log for times; NE: not reached.")  # fmt: skip
    last, number = "", 0
    for each in results:
        if each.endpoint != last:
            last, number = each.endpoint, number + 1
            told = ", ".join(part for part in (each.about.purpose, each.about.window) if part)
            yield ()
            yield from _wrapped(Piece(f"{number}. {each.about.title}", "bold"), Piece(f" ({told})"))
        yield ()
        yield from _wrapped(Piece(INDENT), Piece(each.analysis.title, "bold"))
        population = each.population
        of = ", ".join(
            f"{name} {size}" if name else counted(size, "subject")
            for name, size in each.sizes.items()
        )
        filters = (
            f"{each.analysis.dataset} where {written(each.analysis.where)}",
            f"{population.label}, {population.dataset} where {written(population.where)}: {of}",
        )
        for text in filters:
            yield from _wrapped(Piece(INDENT), Piece(text, "dim"))
        if note:
            yield from _wrapped(Piece(INDENT), Piece(note, "warning"))
        for table in each.tables:
            yield ()
            yield from _table(table, each, level)


def _wrapped(*pieces: Piece) -> list[Line]:
    return wrap(pieces, space() or WIDE)


def _table(table: Table, result: Result, level: int) -> Iterator[Line]:
    if table.across:
        columns = _side_by_side(table)
    else:
        columns = [
            Column(_heading(name, table, result), _without_repeats(table, number))
            for number, name in enumerate(table.keys)
        ]
        columns += _statistics(table, result, level)
    fixed = 1 if table.name == "reasons" else max(len(table.keys) - table.across, 1)
    for row in within(columns, fixed, (space() or WIDE) - len(INDENT)):
        yield (Piece(INDENT), *row) if row else ()


def _heading(name: str, table: Table, result: Result) -> str:
    if name == "Time":
        event = result.analysis.time_to_event
        return (event.unit if event is not None else "").capitalize() or name
    return name


def _without_repeats(table: Table, number: int) -> list[Cell]:
    """The texts of a column, blank where the line above says the same."""
    made: list[Cell] = []
    above: tuple[str, ...] = ()
    for row in table.rows:
        lead = row.keys[: number + 1]
        repeats = lead == above and number + 1 < len(table.keys)
        made.append("" if repeats else row.keys[number])
        above = lead
    return made


def _side_by_side(table: Table) -> list[Column]:
    """Lines by what is not across, and a column of subjects for each value across."""
    lead = len(table.keys) - table.across
    rows = list(dict.fromkeys(row.keys[:lead] for row in table.rows))
    across = list(dict.fromkeys(row.keys[lead] for row in table.rows))
    cells = {row.keys: row.numbers for row in table.rows}
    columns = [
        Column(name, [row[number] for row in rows]) for number, name in enumerate(table.keys[:lead])
    ]
    for text in across:
        shown = [_share(cells.get((*row, text), {})) for row in rows]
        columns.append(Column(text, shown, right=True))
    return columns


def _share(numbers: Mapping[str, float]) -> str:
    if not numbers.get("subjects"):
        return "0"
    return f"{numbers['subjects']:.0f} ({numbers['percent']:.1f}%)"


def _statistics(table: Table, result: Result, level: int) -> list[Column]:
    numbers = [row.numbers for row in table.rows]

    def plain(title: str, name: str, digits: int | None = 0) -> Column:
        return Column(title, [_number(each[name], digits) for each in numbers], right=True)

    def limits(digits: int, none: str = "") -> Column:
        shown = [_interval(each["lower"], each["upper"], digits, none) for each in numbers]
        return Column(f"{level}% limits", shown, right=True)

    match table.name:
        case "count" | "proportion":
            counts = table.name == "count"
            return [
                plain("n", "subjects"), plain("N", "of"), plain("%", "percent", 1), limits(1),
                plain("Records", "records") if counts else plain("No value", "missing"),
            ]  # fmt: skip
        case "summary":
            digits = _decimals(numbers)
            more = min(digits + 1, MOST_DIGITS)
            return [
                plain("n", "n"), plain("Mean", "mean", more), plain("SD", "sd", more),
                limits(more), plain("Median", "median", more), plain("Min", "least", digits),
                plain("Max", "greatest", digits),
            ]  # fmt: skip
        case "time_to_event":
            median = [_number(each["median"], 2, NOT_REACHED) for each in numbers]
            unit = result.analysis.time_to_event.unit if result.analysis.time_to_event else ""
            return [
                plain("n", "subjects"), plain("Events", "events"), plain("Censored", "censored"),
                Column(f"Median ({unit})" if unit else "Median", median, right=True),
                limits(2, NOT_REACHED),
            ]  # fmt: skip
        case "with event":
            shares = [_number(each["percent"], 1, NOT_REACHED) for each in numbers]
            return [
                Column("% with event", shares, right=True), limits(1, NOT_REACHED),
                plain("At risk", "at_risk"),
            ]  # fmt: skip
    return [plain("n", "subjects")]


def _decimals(numbers: Sequence[Mapping[str, float]]) -> int:
    """Decimals of the data, as the least and greatest values have them; at most two."""
    values = np.array([each[name] for each in numbers for name in ("least", "greatest")])
    for digits in range(MOST_DIGITS):
        if np.allclose(values, np.round(values, digits), atol=1e-9, rtol=0):
            return digits
    return MOST_DIGITS


def _number(value: float, digits: int | None, none: str = "") -> str:
    return none if np.isnan(value) else f"{value + 0.0:.{digits}f}"


def _interval(lower: float, upper: float, digits: int, none: str) -> str:
    if np.isnan(lower) and np.isnan(upper):
        return none
    return f"{_number(lower, digits, none)} to {_number(upper, digits, none)}"
