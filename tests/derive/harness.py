"""Steps written as YAML, run on small tables written as text, through the real binder and engine.

A table is written aligned: a cell stands under the first letter of its column's name and reaches
to the next column; ``.`` is blank. ``Study`` binds once and runs on as many tables as wanted, so
that a property test does not bind again for every example.
"""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mg_cdisc import dates
from mg_cdisc.build.engine import Engine, Result
from mg_cdisc.errors import Finding, MgCdiscError
from mg_cdisc.expression import Type
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Column, Frame, Origins, Text
from mg_cdisc.sources.read import read_source
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec import bind_study, load_study

Rows = list[list[str]]
Table = Sequence[Sequence[str]]

_STUDY = """\
study: S1
description: A study for tests
data_cut: 2025-06-30
subjects: roster
standards: {sdtm_ct: 2025-03-28, adam_ct: 2025-03-28}
"""
# of the study and its sources as a whole, which these tests are not about
_OF_THE_STUDY = ("form-unread", "row-unaccounted", "unmapped-column", "no-subjects")


def cells(text: str) -> tuple[list[str], Rows]:
    """The header and the rows of an aligned table."""
    lines = [line for line in text.splitlines() if line.strip()]
    header = lines[0]
    starts = [i for i, c in enumerate(header) if c != " " and (i == 0 or header[i - 1] == " ")]
    ends = [*starts[1:], None]
    rows: Rows = []
    for line in lines[1:]:
        for start in starts[1:]:
            if len(line) > start and line[start - 1] != " ":
                raise ValueError(f"not aligned: {line!r} under {header!r}")
        row = [line[a:b].strip() for a, b in zip(starts, ends, strict=True)]
        rows.append(["" if cell == "." else cell for cell in row])
    return header.split(), rows


def table(text: str) -> Rows:
    """The rows of an aligned table that is expected."""
    return cells(text)[1]


class Study:
    """A study of a few sources and datasets, bound and ready to run.

    ``spec`` holds dataset specs, parted by lines of ``---``; a part that is a list of steps is the
    dataset ADXX (of class BDS). ``sources`` name the columns of each source; one with a column
    SUBJ has subjects.
    """

    def __init__(
        self,
        spec: str,
        *,
        tables: Mapping[str, str] | None = None,
        terminology: str = "",
        functions: str = "",
        instruments: Mapping[str, str] | None = None,
        dates: Mapping[str, str] | None = None,
        **sources: str,
    ) -> None:
        self.columns = {"roster": ["SUBJ"], **{n: c.split() for n, c in sources.items()}}
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            self._write(root, spec, tables or {}, terminology, functions, instruments or {})
            self._write_sources(root, dates or {})
            files = load_study(root, "study")
            self.tables = {
                name: read_source(source, root, number)
                for number, (name, source) in enumerate(files.sources.items())
            }
            self.plan = bind_study(files, self.tables)

    def _write(
        self,
        root: Path,
        spec: str,
        tables: Mapping[str, str],
        terminology: str,
        functions: str,
        instruments: Mapping[str, str],
    ) -> None:
        (root / "study.yaml").write_text(_STUDY)
        if terminology:
            (root / "terminology.yaml").write_text(terminology)
        if functions:
            (root / "functions.py").write_text(functions)
        for kind, given in (("tables", tables), ("instruments", instruments)):
            (root / kind).mkdir()
            for name, text in given.items():
                (root / kind / f"{name}.yaml").write_text(text)
        for kind in ("sdtm", "adam"):
            (root / kind).mkdir()
        for part in spec.split("---\n"):
            text = part.strip("\n")
            if not text.strip().startswith("dataset:"):
                text = "dataset: ADXX\nclass: BDS\nkeys: [USUBJID]\nsteps:\n" + text
            name = text.strip().splitlines()[0].split(":")[1].strip()
            kind = "adam" if name.startswith("AD") else "sdtm"
            (root / kind / f"{name.lower()}.yaml").write_text(text + "\n")

    def _write_sources(self, root: Path, formats: Mapping[str, str]) -> None:
        lines = []
        for name, columns in self.columns.items():
            (root / f"{name}.csv").write_text(",".join(columns) + "\n")
            lines += [f"{name}:", f"  file: {name}.csv"]
            if "SUBJ" in columns:
                lines.append("  subject: SUBJ")
            if name in formats:
                lines.append(f"  dates: {formats[name]}")
        (root / "sources.yaml").write_text("\n".join(lines) + "\n")

    def run(self, *, partitions: int = 1, **data: str | Table) -> Outcome:
        """Run all steps on these rows; sources that are not given have none."""
        given = {name: self._rows(name, rows) for name, rows in data.items()}
        if "roster" not in given:
            given["roster"] = [[subject] for subject in self._subjects(given)]
        made = {
            name: _source(number, name, columns, given.get(name, []), self.tables[name])
            for number, (name, columns) in enumerate(self.columns.items())
        }
        engine = Engine(self.plan, made, partitions=partitions)
        return Outcome(self, engine.run())

    def _rows(self, name: str, rows: str | Table) -> Rows:
        if isinstance(rows, str):
            header, found = cells(rows)
            if header != self.columns[name]:
                raise ValueError(f"{name} has {self.columns[name]}, not {header}")
            return found
        return [list(row) for row in rows]

    def _subjects(self, given: Mapping[str, Rows]) -> list[str]:
        found = {
            row[self.columns[name].index("SUBJ")]
            for name, rows in given.items()
            if "SUBJ" in self.columns[name]
            for row in rows
        }
        return sorted(found - {""})


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run made."""

    study: Study
    result: Result

    def table(self, columns: str, dataset: str = "ADXX") -> Rows:
        """These columns of a dataset as text, in the order of its records."""
        frame = self.result.frames[dataset]
        types = self.study.plan.datasets[dataset].types
        names = columns.split()
        shown = [_shown(frame[name], types[name]) for name in names]
        return [list(row) for row in zip(*shown, strict=True)]

    def column(self, name: str, dataset: str = "ADXX") -> list[str]:
        """One column of a dataset as text."""
        return [row[0] for row in self.table(name, dataset)]

    def origins(self, dataset: str = "ADXX") -> list[list[str]]:
        """For each record its source rows as ``name:row``, the first row of a source being 1."""
        origins = self.result.frames[dataset].origins
        names = list(self.study.columns)
        named = [f"{names[i >> Origins.SHIFT]}:{i & (1 << Origins.SHIFT) - 1}" for i in origins.ids]
        bounds = origins.bounds.tolist()
        return [named[a:b] for a, b in itertools.pairwise(bounds)]

    @property
    def findings(self) -> list[Finding]:
        """What was found, but for the account of forms."""
        found = [each for each in self.result.findings if each.kind not in _OF_THE_STUDY]
        return sorted(found)

    @property
    def kinds(self) -> list[str]:
        """The class and source row of each finding."""
        return [f"{each.kind} {each.where.file}:{each.where.row}" for each in self.findings]


def run(spec: str, *, partitions: int = 1, **tables: str) -> Outcome:
    """Bind and run once; the columns of the sources are those of their tables."""
    study = Study(spec, **{name: " ".join(cells(text)[0]) for name, text in tables.items()})
    return study.run(partitions=partitions, **tables)


def refusals(spec: str, **options: object) -> list[str]:
    """What binding says of a wrong spec: class, what is wrong, what to do."""
    try:
        Study(spec, **options)  # type: ignore[arg-type]
    except MgCdiscError as error:
        return [f"[{each.kind}] {each.what} | {each.todo}" for each in error.findings]
    return []


def _source(
    number: int, name: str, columns: Sequence[str], rows: Rows, read: SourceTable
) -> SourceTable:
    numbers = np.arange(1, len(rows) + 1)
    made: dict[str, Column] = {
        column: Text.of([row[place] for row in rows]) for place, column in enumerate(columns)
    }
    frame = Frame.of(made, Origins.of_source(number, numbers))
    return dataclasses.replace(read, file=name, frame=frame, row_numbers=numbers)


def _shown(column: Column, kind: Type) -> list[str]:
    if isinstance(column, Text):
        return column.to_list()
    render = {Type.DATE: dates.from_date, Type.DATETIME: dates.from_datetime}.get(kind)
    if kind is Type.TIME:
        render = dates.from_time
    if render is not None:
        return [str(text) for text in render(column).to_pylist()]
    return number_text(column).to_list()
