"""A comparison as one HTML page that needs nothing else; everything in it is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from mg_cdisc.compare import data
from mg_cdisc.compare.model import Comparison

_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin-top: 2em; }
table { border-collapse: collapse; } caption { text-align: left; font-weight: bold; }
th, td { text-align: left; padding: 2px 10px; border-bottom: 1px solid #ddd; vertical-align: top; }
td.n { text-align: right; } td { white-space: pre-wrap; }
.same { color: #0a6b2d; } .different { color: #a40000; }
"""


def write_page(path: Path, found: Comparison) -> None:
    """Write the page; no time, no script, nothing fetched."""
    path.write_text("\n".join(_page(found)) + "\n", encoding="utf-8", newline="\n")


def _page(found: Comparison) -> Iterator[str]:
    word = "same" if found.same else "different"
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
    yield "'unsafe-inline'\">"
    yield f"<title>Comparison</title><style>{_STYLE}</style></head><body>"
    yield f'<h1>Comparison: <span class="{word}">{word}</span></h1>'
    yield f"<p>OLD {escape(found.old)}<br>NEW {escape(found.new)}</p>"
    for note in found.notes:
        yield f"<p>{escape(note)}</p>"
    if found.builds:
        yield from _table("What differs between the builds", data.CHANGES, data.change_rows(found))
    yield from _table("Datasets", data.DATASETS, data.dataset_rows(found))
    yield from _table("Differences in groups", data.GROUPS, data.group_rows(found))
    yield from _table("Attributes", data.ATTRIBUTES, data.attribute_rows(found))
    yield from _table("Records on one side alone", data.RECORDS, data.record_rows(found))
    yield from _table("Values", data.VALUES, data.value_rows(found))
    yield "</body></html>"


def _table(title: str, header: Sequence[str], rows: Iterable[data.Row]) -> Iterator[str]:
    listed = list(rows)
    if not listed:
        return
    yield f"<h2>{escape(title)}</h2><table><thead><tr>"
    yield "".join(f'<th scope="col">{escape(each)}</th>' for each in header)
    yield "</tr></thead><tbody>"
    for row in listed:
        yield "<tr>" + "".join(_cell(cell) for cell in row) + "</tr>"
    yield "</tbody></table>"


def _cell(cell: str | int | float) -> str:
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    shown = f"{cell:,}" if isinstance(cell, int) else f"{cell:.6g}"
    return f'<td class="n">{shown}</td>'
