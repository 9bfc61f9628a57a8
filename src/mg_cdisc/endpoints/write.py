"""Results as files for programs: JSON, and CSV with one number in each row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from mg_cdisc.endpoints.compute import Result
from mg_cdisc.endpoints.rows import Number
from mg_cdisc.spec.analyses import written
from mg_cdisc.spec.endpoints import Endpoints

COLUMNS = (
    "endpoint", "result", "title", "dataset", "filter", "population", "population_filter", "table",
    "line", "statistic", "value", "note",
)  # fmt: skip


def as_data(result: Result) -> dict[str, Any]:
    """One result as JSON holds it; a number that does not exist is null."""
    return {
        "endpoint": result.endpoint,
        "result": result.name,
        "title": result.analysis.title,
        "purpose": result.about.purpose,
        "window": result.about.window,
        "dataset": result.analysis.dataset,
        "filter": written(result.analysis.where),
        "population": result.population.label,
        "population_filter": f"{result.population.dataset}: {written(result.population.where)}",
        "subjects": dict(result.sizes),
        "records": result.records,
        "tables": [
            {
                "table": table.name,
                "rows": [
                    dict(zip(table.keys, row.keys, strict=True))
                    | {name: number_or_none(row.numbers[name]) for name in table.statistics}
                    for row in table.rows
                ],
            }
            for table in result.tables
        ],
    }


def number_or_none(value: Number) -> Number | None:
    """The number, None where there is none."""
    return None if isnan(value) else value


def write_json(path: Path, results: Sequence[Result], said: Endpoints, study: str) -> None:
    """All results as JSON in UTF-8."""
    made = {
        "study": study,
        "note": said.note,
        "confidence": said.confidence,
        "results": [as_data(each) for each in results],
    }
    text = json.dumps(made, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def write_csv(path: Path, results: Sequence[Result], said: Endpoints) -> None:
    """All results as CSV in UTF-8, one number in each row; one that does not exist is blank."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in results:
        writer.writerows((*row, said.note) for row in _rows(each))
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")


def _rows(result: Result) -> Iterator[tuple[str, ...]]:
    data = as_data(result)
    lead = tuple(str(data[name]) for name in COLUMNS[:7])
    for table in result.tables:
        for row in table.rows:
            line = "; ".join(
                f"{name}={text}" for name, text in zip(table.keys, row.keys, strict=True)
            )
            for name in table.statistics:
                value = number_or_none(row.numbers[name])
                yield (*lead, table.name, line, name, "" if value is None else repr(value))
