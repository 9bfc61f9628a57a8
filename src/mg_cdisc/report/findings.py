"""Findings judged by ``findings.yaml``, as data and as a workbook."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from mg_cdisc.errors import Finding, Location, nearest
from mg_cdisc.spec.outcomes import OUTCOMES, outcome_of

_WORDS = {"kept": "kept", "blank": "blank", "excluded": "excluded",
          "supplemental": "in a supplemental qualifier"}  # fmt: skip
SHEET_ROWS = 1_000_000
FOUND_BY = "Found by"
"""A last column, where another program found some of the findings."""
HEADER = ("Level", "Class", "Dataset", "Variable", "File", "Line", "Row", "Subject", "Records",
          "What is wrong", "What to do", "Accepted because", "Value")  # fmt: skip


class Entry(Protocol):
    """An entry of ``findings.yaml``."""

    finding: str
    dataset: str | None
    variable: str | None
    file: str | None
    row: int | None
    containing: str | None
    then: Any
    reason: str


def accept(
    findings: Sequence[Finding],
    entries: Sequence[tuple[Any, Location]],
    *,
    known: Collection[str],
    supplemented: Callable[[str, str], bool],
    partial: bool,
) -> tuple[Finding, ...]:
    """Findings with the written reason of the entry that accepts them.

    An entry is itself a finding where it is of a class that is none of those ``known``; where it
    accepts nothing, but in a partial build; and where it says that something else happened to the
    value than did. ``supplemented`` says of a dataset and variable whether the text that is blank
    there stands in a supplemental qualifier.
    """
    judged = list(findings)
    made: list[Finding] = []
    of_class: dict[str, list[int]] = {}
    for number, (entry, at) in enumerate(entries):
        of_class.setdefault(entry.finding, []).append(number)
        if entry.finding not in known:
            made.append(
                Finding(at, "unknown-name", f"there is no class of findings {entry.finding} that can be "
                        "accepted",
                        nearest(entry.finding, known) or "Write the word that stands in brackets.")
            )  # fmt: skip
    used: set[int] = set()
    others: dict[tuple[int, str], int] = {}
    for position, finding in enumerate(judged):
        fitting = [
            each for each in of_class.get(finding.kind, ()) if _fits(entries[each][0], finding)
        ]
        if not fitting:
            continue
        used.update(fitting)
        then = finding.then or outcome_of(finding.kind)
        moved = then == "blank" and supplemented(finding.dataset, finding.variable)
        true = {then, "supplemental"} if moved else {then}
        agreeing = [each for each in fitting if entries[each][0].then in true]
        never = not OUTCOMES.get(finding.kind, ("kept",))
        if never:
            true, agreeing, then = set(), [], ""
        number = (agreeing or fitting)[-1]
        entry = entries[number][0]
        judged[position] = replace(finding, reason=f"{entry.then}: {entry.reason}")
        if not agreeing:
            others[number, then] = others.get((number, then), 0) + finding.count
    made += [_otherwise(*entries[each], then, others[each, then]) for each, then in sorted(others)]
    for number, (entry, at) in enumerate(entries):
        if number not in used and entry.finding in known and not partial:
            made.append(
                Finding(at, "unused-acceptance", f"findings.yaml accepts {entry.finding}, "
                        "and there is no such finding any more", "Remove the entry.",
                        dataset=entry.dataset or "", variable=entry.variable or "")
            )  # fmt: skip
    return tuple(sorted([*judged, *made]))


def without_following(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings but for ties of rows that have an open error in the same dataset: a value that
    is blank for its fault tells no records apart."""
    stops = {
        (each.dataset, each.where) for each in findings
        if each.level == "error" and not each.reason and each.where.row and each.kind != "tie"
    }  # fmt: skip
    return tuple(
        each for each in findings if each.kind != "tie" or (each.dataset, each.where) not in stops
    )


def _otherwise(entry: Entry, at: Location, then: str, count: int) -> Finding:
    """An entry that says of some findings what did not happen."""
    if not then:
        what = f"{entry.finding} cannot be accepted: a transport file holds no such value"
        return Finding(at, "other-outcome", what, "Correct the value or its step, and remove the "
                       "entry.", dataset=entry.dataset or "", variable=entry.variable or "")  # fmt: skip
    what = f"{entry.finding}.then: the value is not {_WORDS[entry.then]}"
    what += f", it is {_WORDS[then]} ({count} record{'s' if count > 1 else ''})"
    todo = f"Write then: {then}."
    if entry.then == "excluded":
        todo += " To leave such records out, name them under exclude: in the dataset's spec."
    elif entry.then == "supplemental":
        todo += " To keep the collected text, give it a supplemental qualifier."
    return Finding(at, "other-outcome", what, todo, dataset=entry.dataset or "",
                   variable=entry.variable or "")  # fmt: skip


def _fits(entry: Entry, finding: Finding) -> bool:
    wanted = (
        (entry.dataset, finding.dataset),
        (entry.variable, finding.variable),
        (entry.file, finding.where.file),
        (entry.row, finding.where.row),
    )
    if entry.finding != finding.kind:
        return False
    if any(asked is not None and asked != there for asked, there in wanted):
        return False
    return entry.containing is None or entry.containing in finding.what


def as_data(finding: Finding) -> dict[str, Any]:
    """A finding as JSON has it."""
    return {
        "level": finding.level,
        "class": finding.kind,
        "dataset": finding.dataset,
        "variable": finding.variable,
        "file": finding.where.file,
        "line": finding.where.line or None,
        "row": finding.where.row or None,
        "subject": finding.subject,
        "records": finding.count,
        "what": finding.what,
        "todo": finding.todo,
        "accepted": finding.reason or None,
        "identity": finding.identity,
        "listed": [
            {
                "dataset": each.dataset,
                "keys": dict(each.keys),
                "values": dict(each.values),
                "against": dict(each.against),
            }
            for each in finding.listed
        ],
    }


def write_workbook(path: Path, findings: Sequence[Finding], created: Any) -> None:
    """``findings.xlsx``: one row a finding, the text guarded against formulas.

    What found each stands in a last column, where some were found by another program.

    Errors: ``OSError`` as the system gives it.
    """
    many = len(findings) > 10_000
    # temporary files stand beside the workbook, so that a killed build's are cleared with its own
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
               "constant_memory": many, "in_memory": not many, "tmpdir": str(path.parent)}  # fmt: skip
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, options)
    book.set_properties({"title": "Findings", "created": created})
    sheet = book.add_worksheet("Findings")
    bold = book.add_format({"bold": True, "bottom": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.freeze_panes(1, 0)
    widths: tuple[int, ...] = (9, 20, 9, 10, 32, 6, 6, 16, 8, 60, 50, 40, 12)
    header: tuple[str, ...] = HEADER
    if any(finding.source or finding.agreeing for finding in findings):
        header, widths = (*HEADER, FOUND_BY), (*widths, 36)
    for column, (title, width) in enumerate(zip(header, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, bold)
    for row, finding in enumerate(findings[:SHEET_ROWS], 1):
        then, _, reason = finding.reason.partition(": ")
        by = "; ".join(filter(None, (finding.source or "mg-cdisc", finding.agreeing)))
        cells = (finding.level, finding.kind, finding.dataset, finding.variable, finding.where.file,
                 finding.where.line, finding.where.row, finding.subject, finding.count,
                 finding.what, finding.todo, reason, then, by)[: len(header)]  # fmt: skip
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                if cell:
                    sheet.write_number(row, column, cell)
            elif isinstance(cell, str) and cell:
                sheet.write_string(row, column, guard(cell), wrap if column > 8 else None)
    if findings:
        sheet.autofilter(0, 0, min(len(findings), SHEET_ROWS), len(header) - 1)
    try:
        book.close()
    except FileCreateError as error:  # the library's wrapping of what the system said
        raise OSError(*error.args[0].args) from error
    path.write_bytes(data.getvalue())


def guard(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
