"""Runs an example of the language reference through the whole engine, as a study of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from docs_from_code.tables import TextTable
from mg_cdisc import dates
from mg_cdisc.build import Engine
from mg_cdisc.build.given import read_tabulation
from mg_cdisc.errors import MgCdiscError
from mg_cdisc.expression import Type
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.sources.read import read_source
from mg_cdisc.spec import bind_study, load_study
from mg_cdisc.standards import load_standard
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

STUDY = """\
study: S1
description: an example of the language reference
data_cut: 2025-06-30
subjects: roster
standards: {sdtmig: "3.4", sdtm_ct: 2025-03-28, adam_ct: 2025-03-28}
"""


@dataclass(frozen=True)
class Example:
    """A piece of a dataset spec with what goes in and what must come out (see examples/).

    ``forms`` are sources (their SUBJECT is ``01`` for the subject S1-01), ``given`` are datasets
    that another spec of the study makes, ``tabulation`` datasets that stand as transport files in the
    folder sdtm_given. ``result`` holds the variables shown, of the dataset
    ``shows`` (its own unless said otherwise); ``finding`` is the text of the one finding that there
    must be. ``files`` are other files of the study's folder.
    """

    says: str
    dataset: str
    spec: str
    result: str = ""
    forms: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    tabulation: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    finding: str = ""
    shows: str = ""

    @property
    def file(self) -> str:
        """The file that the spec stands in."""
        folder = "adam" if self.dataset.startswith("AD") else "sdtm"
        return f"{folder}/{self.dataset.lower()}.yaml"


@dataclass(frozen=True)
class Outcome:
    """What an example gave: the variables asked for as text, and its findings."""

    table: TextTable
    findings: tuple[str, ...]


def write_study(example: Example, folder: Path) -> None:
    """The study of an example: its form, the datasets given, its spec."""
    forms = {name: TextTable.read(text) for name, text in example.forms.items()}
    files = {"study.yaml": STUDY, **example.files, example.file: _spec(example)}
    for name, text in example.given.items():
        table = TextTable.read(text)
        files[f"sdtm/{name.lower()}.yaml"] = _given_spec(name, table)
        columns = ("SUBJECT", *table.columns)
        key = table.columns.index("USUBJID")
        rows = tuple((row[key].removeprefix("S1-"), *row) for row in table.rows)
        forms[f"given_{name.lower()}"] = TextTable(columns, rows)
    subjects = sorted({_subject(table, row) for table in forms.values() for row in table.rows})
    forms["roster"] = TextTable(("SUBJECT",), tuple((subject,) for subject in subjects if subject))
    files["sources.yaml"] = "".join(_source(name, table) for name, table in forms.items())
    files |= {f"source/{name}.csv": table.csv() for name, table in forms.items()}
    for name, text in example.tabulation.items():
        path = folder / "sdtm_given" / f"{name.lower()}.xpt"
        path.parent.mkdir(exist_ok=True)
        dataset = _transport(name, TextTable.read(text))
        write_xpt(path, dataset, timestamp=datetime(2025, 6, 30))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _transport(name: str, table: TextTable) -> XptDataset:
    """A dataset as a transport file has it; the standard says which variables are numbers."""
    standard = load_standard("SDTMIG", "3.4")
    variables, columns = [], {}
    for position, column in enumerate(table.columns):
        fact = standard.variable(name, column, name)
        assert fact is not None
        text = Text.of([row[position] for row in table.rows])
        is_text = fact.type == "Char"
        columns[column] = text if is_text else np.array([float(e or "nan") for e in text.to_list()])
        variables.append(XptVariable(column, fact.label, is_text, 40 if is_text else 8))
    return XptDataset(name, name, tuple(variables), Frame(columns, len(table.rows)))


def _subject(table: TextTable, row: tuple[str, ...]) -> str:
    return row[table.columns.index("SUBJECT")] if "SUBJECT" in table.columns else ""


def _source(name: str, table: TextTable) -> str:
    text = f"{name}:\n  file: source/{name}.csv\n  dates: yyyy-MM-dd\n"
    if "SUBJECT" in table.columns:
        text += "  subject: concat(STUDYID, '-', SUBJECT)\n"
    return text


def _spec(example: Example) -> str:
    """The spec as a file: what the reference leaves out stands at its end, so that lines agree."""
    tail = "" if "keys:" in example.spec else "keys: [STUDYID, USUBJID]\n"
    return f"dataset: {example.dataset}\n{example.spec}{tail}"


def _given_spec(name: str, table: TextTable) -> str:
    """A dataset as it stands: every column of the form under its own name."""
    standard = load_standard("SDTMIG", "3.4")
    lines = [f"dataset: {name}", "keys: [STUDYID, USUBJID]", "steps:"]
    lines.append(f"  - records: {{from: given_{name.lower()}}}")
    for column in table.columns:
        if column == "USUBJID":
            continue
        fact = standard.variable(name, column, name)
        number = fact is not None and fact.type != "Char"
        lines.append(
            f"  - {column}: {f'number(source.{column})' if number else f'source.{column}'}"
        )
    return "\n".join(lines) + "\n"


def run(example: Example, folder: Path) -> Outcome:
    """The example's outcome; a spec that cannot be bound gives findings and no records."""
    write_study(example, folder)
    wanted = TextTable.read(example.result).columns if example.result else ()
    try:
        files = load_study(folder, "study")
        named = enumerate(files.sources.items())
        tables = {name: read_source(each, folder, number) for number, (name, each) in named}
        plan = bind_study(files, tables)
        tables |= read_tabulation(plan)
        result = Engine(plan, tables, only=(example.dataset,)).run()
    except MgCdiscError as error:
        return Outcome(TextTable(wanted, ()), tuple(map(str, error.findings)))
    findings = tuple(str(finding) for finding in result.findings)
    shown = example.shows or example.dataset
    frame, types = result.frames[shown], plan.datasets[shown].types
    columns = [_cells(frame[name], types[name]) for name in wanted]
    return Outcome(TextTable(wanted, tuple(zip(*columns, strict=True))), findings)


def _cells(column: Column, kind: Type) -> list[str]:
    if isinstance(column, Text):
        return column.to_list()
    if kind in (Type.DATE, Type.DATETIME):
        render = dates.from_date if kind is Type.DATE else dates.from_datetime
        known = ~np.isnan(column)
        texts = iter(render(column[known]).to_pylist())
        return [str(next(texts)) if there else "" for there in known]
    return number_text(column).to_list()
