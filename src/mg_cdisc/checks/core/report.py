"""A report of CORE as it writes it with ``-of JSON`` or ``-of XLSX``.

The JSON report is an object of five sections: ``Conformance_Details`` (version of the engine,
standard), ``Dataset_Details`` (files and their numbers of records), ``Issue_Summary`` (issues of a
rule in a dataset), ``Issue_Details`` (one entry an issue) and ``Rules_Report`` (what became of each
rule). The workbook has a sheet for each, with the same columns in the same order.

Source: cdisc-org/cdisc-rules-engine, its reporting services and docs/cli-reference.md (0.15 to 0.17).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mg_cdisc.checks.core.workbook import workbook_sections
from mg_cdisc.errors import Finding, Location, UseError, one_of

SECTIONS = ("Conformance_Details", "Issue_Summary", "Issue_Details", "Rules_Report")
"""What every report has; Dataset_Details may be absent."""
MADE_WITH = "Make it with core validate ... -of JSON, without --raw-report."
_DAMAGED = "it is no JSON and no workbook"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: a rule's message about a record (``row`` counts from 1), or about a dataset (0)."""

    rule: str
    message: str
    dataset: str
    row: int = 0
    subject: str = ""
    sequence: str = ""
    variables: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    executability: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether it tells that the rule failed in the engine, and nothing of the data."""
        return self.message.casefold().startswith(("rule execution error", "rule evaluation error"))


@dataclass(frozen=True, slots=True)
class RuleRun:
    """What became of one rule: ``SUCCESS``, ``ISSUE REPORTED``, ``SKIPPED`` or ``EXECUTION ERROR``.

    ``published`` are the numbers of CDISC, the FDA and PMDA that the rule stands for.
    """

    name: str
    published: tuple[str, ...]
    message: str
    status: str


@dataclass(frozen=True)
class Report:
    """A report: ``counted`` is the number of issues of a rule in a dataset, listed or not, and
    ``lengths`` the number of records that CORE read of a dataset."""

    file: str
    version: str
    standard: str
    issues: tuple[Issue, ...]
    rules: tuple[RuleRun, ...]
    counted: Mapping[tuple[str, str], int]
    lengths: Mapping[str, int]

    @property
    def source(self) -> str:
        """What found it, as it is printed."""
        return f"CORE {self.version}" if self.version else "CORE of unknown version"


def read_report(path: Path, name: str = "") -> Report:
    """A report from its file; ``name`` is what it is called in findings.

    Errors: ``UseError`` of the kind ``core-report`` where the file cannot be read, is neither JSON
    nor a workbook, or has not the sections of a report.
    """
    name = name or path.as_posix()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unread(name, (error.strerror or str(error)).lower()) from error
    if data.startswith(b"PK"):
        sections = workbook_sections(data)
        if sections is None:
            raise _unread(name, "the workbook is damaged, or lacks a sheet of CORE's reports")
    else:
        sections = _sections(data, name)
    return _Reader(name).report(sections)


def _sections(data: bytes, name: str) -> dict[str, Any]:
    try:
        made = json.loads(data)
    except (ValueError, RecursionError) as error:  # also text that is no UTF-8, and endless numbers
        raise _unread(name, _DAMAGED) from error
    if not isinstance(made, dict):
        raise _unread(name, "its JSON is no object")
    found = {str(key).casefold(): value for key, value in made.items()}
    if "results_data" in found:
        raise _unread(name, "it is CORE's raw report")
    missing = [each for each in SECTIONS if each.casefold() not in found]
    if missing:
        raise _unread(name, f"it has no {one_of(missing)}")
    return {each: found.get(each.casefold()) for each in (*SECTIONS, "Dataset_Details")}


class _Reader:
    """Reads the sections of one report; what is not of their form is an error that says where."""

    def __init__(self, name: str) -> None:
        self.name = name

    def report(self, sections: Mapping[str, Any]) -> Report:
        about = sections["Conformance_Details"]
        if not isinstance(about, dict):
            raise _unread(self.name, "Conformance_Details is no object")
        version = _text(about.get("CORE_Engine_Version"))
        standard = f"{_text(about.get('Standard'))} {_text(about.get('Version')).lstrip('Vv')}"
        counted: dict[tuple[str, str], int] = {}
        for where, each in self.rows(sections, "Issue_Summary"):
            key = self.needed(each, "core_id", where), dataset_name(each.get("dataset"))
            counted[key] = counted.get(key, 0) + self.number(each.get("issues"), where)
        lengths = {
            dataset_name(each.get("filename")): self.number(each["length"], where)
            for where, each in self.rows(sections, "Dataset_Details")
            if each.get("length") not in (None, "")
        }
        issues = dict.fromkeys(
            self.issue(each, where) for where, each in self.rows(sections, "Issue_Details")
        )
        rules = tuple(self.rule(each, at) for at, each in self.rows(sections, "Rules_Report"))
        return Report(self.name, version, standard.strip(), tuple(issues), rules, counted, lengths)

    def rows(self, sections: Mapping[str, Any], section: str) -> list[tuple[str, dict[str, Any]]]:
        held = sections.get(section) or []
        if not isinstance(held, list) or not all(isinstance(each, dict) for each in held):
            raise _unread(self.name, f"{section} is no list of objects")
        return [(f"{section}, entry {number}", each) for number, each in enumerate(held, 1)]

    def issue(self, each: Mapping[str, Any], where: str) -> Issue:
        variables, values = _texts(each.get("variables")), _texts(each.get("values"))
        row = each.get("row")
        return Issue(
            self.needed(each, "core_id", where),
            _text(each.get("message")),
            dataset_name(each.get("dataset")),
            0 if row in (None, "") else self.number(row, where),
            _text(each.get("USUBJID")),
            _text(each.get("SEQ")),
            variables,
            values,
            _text(each.get("executability")),
        )

    def rule(self, each: Mapping[str, Any], where: str) -> RuleRun:
        numbers = [
            number.strip()
            for key in ("cdisc_rule_id", "fda_rule_id", "pmda_rule_id")
            for number in _text(each.get(key)).split(",")
        ]
        return RuleRun(
            self.needed(each, "core_id", where),
            tuple(dict.fromkeys(filter(None, numbers))),
            _text(each.get("message")),
            self.needed(each, "status", where).upper().replace("_", " "),
        )

    def needed(self, each: Mapping[str, Any], key: str, where: str) -> str:
        value = each.get(key)
        if not isinstance(value, str) or not value.strip():
            raise _unread(self.name, f"{where}: {key} is no text")
        return value.strip()

    def number(self, value: object, where: str) -> int:
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 19:
            return int(value)
        if isinstance(value, int | float) and math.isfinite(value) and 0 <= value == int(value):
            return int(value)
        raise _unread(self.name, f"{where}: {_text(value)[:40]} is no number of records")


def dataset_name(value: object) -> str:
    """A dataset from the name of its file.

    >>> dataset_name("ae.xpt"), dataset_name("AE"), dataset_name(None)
    ('AE', 'AE', '')
    """
    text = _text(value).replace("\\", "/")
    return PurePosixPath(text).name.partition(".")[0].upper() if text else ""


def _text(value: object) -> str:
    """A value in one line."""
    if value is None or isinstance(value, list | dict):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):  # a workbook has them in one cell
        return tuple(part.strip() for part in value.split(", "))
    held: Sequence[object] = value if isinstance(value, list) else ()
    return tuple(_text(each) for each in held)


def _unread(name: str, why: str) -> UseError:
    return UseError(
        [Finding(Location(name), "core-report", f"this is no report of CORE: {why}", MADE_WITH)]
    )
