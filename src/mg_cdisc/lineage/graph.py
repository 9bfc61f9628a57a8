"""The graph of a variable's lineage as one HTML page with an SVG, which needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from mg_cdisc.lineage.variables import Made, Variable

WIDTH, HEIGHT, BETWEEN, GAP = 190, 26, 90, 10
_STYLE = """
body{font:14px system-ui,sans-serif;margin:1.5rem;color:#1b1f24;background:#fff}
svg text{font:12px system-ui,sans-serif;fill:#1b1f24}
rect{fill:#eef3fb;stroke:#6b87b5}rect.source{fill:#f3f6ea;stroke:#8a9a5b}
rect.asked{fill:#fdf0d5;stroke:#b58a2b}path{fill:none;stroke:#8b949e;stroke-width:1}
"""


def page(
    made: Mapping[Variable, tuple[Made, ...]], levels: Mapping[Variable, int], title: str
) -> str:
    """Columns from the sources at the left to what is made at the right."""
    deepest = max(levels.values(), default=0)
    columns: dict[int, list[Variable]] = {}
    for variable, level in levels.items():
        columns.setdefault(deepest - level, []).append(variable)
    place: dict[Variable, tuple[int, int]] = {}
    for column, held in columns.items():
        for row, variable in enumerate(sorted(held, key=str)):
            place[variable] = (column * (WIDTH + BETWEEN), row * (HEIGHT + GAP))
    tall = max((len(held) for held in columns.values()), default=1) * (HEIGHT + GAP)
    wide = (deepest + 1) * (WIDTH + BETWEEN)
    drawn: list[str] = []
    for variable, (x, y) in place.items():
        for step in made.get(variable, ()):
            for read in step.reads:
                if read in place and read != variable:
                    drawn.append(_line(place[read], (x, y)))
    for variable, (x, y) in place.items():
        kind = "asked" if not levels[variable] else "" if variable in made else "source"
        told = "\n".join(f"{step.sentence} ({step.where})" for step in made.get(variable, ()))
        drawn.append(
            f'<g><title>{escape(told or str(variable))}</title><rect class="{kind}" x="{x}" y="{y}"'
            f' width="{WIDTH}" height="{HEIGHT}" rx="4"/><text x="{x + 8}" y="{y + 17}">'
            f"{escape(_short(str(variable)))}</text></g>"
        )
    head = escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{head}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{head}</h1>"
        "<p>What a variable is made of stands to its left. Point at a box for its rule.</p>"
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" role="img" '
        f'aria-label="{head}">{"".join(dict.fromkeys(drawn))}</svg></body></html>\n'
    )


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + WIDTH, start[1] + HEIGHT // 2
    x2, y2 = end[0], end[1] + HEIGHT // 2
    half = (x1 + x2) // 2
    return f'<path d="M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}"/>'


def _short(text: str) -> str:
    return text if len(text) <= 27 else text[:26] + "…"


__all__ = ["page"]
