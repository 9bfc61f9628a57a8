"""A hundred labelled edits of the tiny study: what each changes, and what is to be named as cause."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from mg_cdisc import pipeline
from mg_cdisc.frame import Text
from mg_cdisc.pipeline import Options, number_study
from mg_cdisc.report import write

GOLDEN = Path(__file__).parents[1] / "golden"
ENCODING = "windows-1252"
SEPARATORS = {"randomisation.tsv": ("\t", 4), "contacts.txt": ("|", 1)}


@dataclass(frozen=True)
class Edit:
    """An edit: its kind, where its cause is to be named, and what it does to a study's folder.

    ``program`` is given for another version of the program: what it makes otherwise; ``options``
    are what the build is asked for; ``first`` is done to both sides.
    """

    kind: str
    where: str
    apply: Callable[[Path], None]
    program: tuple[str, str] | None = None
    options: Options = field(default_factory=Options)
    first: Edit | None = None

    @property
    def name(self) -> str:
        """For a test's report."""
        return f"{self.kind} {self.where or self.program}"


def copy_study(to: Path) -> Path:
    """The tiny study in a folder of its own, with the library that it extends."""
    shutil.copytree(GOLDEN / "tiny2", to / "tiny2")
    shutil.copytree(GOLDEN / "library", to / "library")
    # a qualifier that prints what published terminology says
    at(to / "tiny2" / "sdtm/dm.yaml", "supplemental:\n", "supplemental:\n"
       "  - {QNAM: ETHWORDS, QLABEL: Ethnicity in Words, decode: ETHNIC, origin: Assigned}\n")  # fmt: skip
    study = to / "tiny2"
    # sources say how they are cut, and TS has the day of it
    for source, column in CUT.items():
        at(study / "sources.yaml", f"\n{source}:\n", f"\n{source}:\n  cut: {column}\n")
    at(
        study / "study.yaml",
        "\nsubjects:",
        "\ntrial_summary: {TITLE: Cortenide or placebo}\nsubjects:",
    )
    (study / "sdtm/ts.yaml").write_text(TS, encoding="utf-8")
    return study


CUT = {
    "patients": "{date: Einwilligung}",
    "vitals": "{date: Datum}",
    "dosing": "{date: Beginn, ends: {Ende: {}}}",
    "completion": "{date: Datum}",
    "randomisation": "{date: Randomised}",
    "contacts": "{date: DATE}",
}
"""How the sources are cut."""
TS = """
dataset: TS
keys: [STUDYID, TSPARMCD, TSSEQ]
steps:
  - records: {from: trial_summary, keep: [TSPARMCD, TSSEQ, TSVAL, TSVALNF]}
  - TSPARM: {decode: TSPARMCD}
"""


def at(path: Path, old: str, new: str) -> None:
    """Replace a text that stands in a file once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path.name, old)
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def lines_of(path: Path) -> tuple[list[str], str, int]:
    """The lines of a source, what separates its columns, and the row of its header."""
    separator, header = SEPARATORS.get(path.name, (";", 1))
    encoding = "utf-8" if path.name in SEPARATORS else ENCODING
    return path.read_bytes().decode(encoding).splitlines(), separator, header


def put(path: Path, lines: list[str]) -> None:
    encoding = "utf-8" if path.name in SEPARATORS else ENCODING
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def cell(name: str, row: int, column: str, value: str | Callable[[str], str]) -> Edit:
    """Another value in a row of a source (the header of a CSV file is row 1)."""

    def apply(folder: Path) -> None:
        path = folder / "source" / name
        lines, separator, header = lines_of(path)
        place = lines[header - 1].split(separator).index(column)
        cells = lines[row - 1].split(separator)
        new = value(cells[place]) if callable(value) else value
        assert new != cells[place], (name, row, column)
        cells[place] = new
        lines[row - 1] = separator.join(cells)
        put(path, lines)

    return Edit("source", f"source/{name} row {row}", apply)


def drop(name: str, row: int) -> Edit:
    """A row of a source that is not there."""

    def apply(folder: Path) -> None:
        path = folder / "source" / name
        lines = lines_of(path)[0]
        del lines[row - 1]
        put(path, lines)

    return Edit("source", f"source/{name} row {row}", apply)


def add(name: str, row: int, line: str) -> Edit:
    """A row more."""

    def apply(folder: Path) -> None:
        path = folder / "source" / name
        lines = lines_of(path)[0]
        lines.insert(row - 1, line)
        put(path, lines)

    return Edit("source", f"source/{name} row {row}", apply)


def line(kind: str, name: str, old: str, new: str) -> Edit:
    """A line of the specs; its place is that of the first line that differs."""
    text = (GOLDEN / name if name.startswith("library") else GOLDEN / "tiny2" / name).read_text(
        encoding="utf-8"
    )
    assert text.count(old) == 1, (name, old)
    before, after = text.splitlines(), text.replace(old, new).splitlines()
    number = next(n for n, (a, b) in enumerate(zip(before, after, strict=False), 1) if a != b)
    if name == "sdtm/dm.yaml" and number > before.index("supplemental:") + 1:
        number += 1  # behind the line that copy_study adds
    shown = f"../{name}" if name.startswith("library") else name
    where = f"{shown}:{number}"
    return Edit(kind, where, lambda folder: at(folder / shown, old, new))


def plus(number: str) -> str:
    """A number one higher, with the decimal comma that it may have."""
    return str(float(number.replace(",", ".")) + 1).replace(".", ",").removesuffix(",0")


def source_edits() -> Iterator[Edit]:
    """Cells, rows that go and rows that come."""
    vitals = "vitalwerte.csv"
    lines = lines_of(GOLDEN / "tiny2/source" / vitals)[0]
    for row in range(2, len(lines) + 1):
        if row == 8:  # measured again in the next row, and so not submitted
            continue
        columns = ("Sys", "Puls", "Gewicht")
        held = dict(zip(lines[0].split(";"), lines[row - 1].split(";"), strict=True))
        column = columns[row % 3]
        column = column if held[column] not in ("", "n.d.") else "Puls"
        yield cell(vitals, row, column, plus)
    for row in (2, 3, 4, 6, 9, 11, 12, 15, 16, 17, 18, 19):
        yield cell(vitals, row, "Dia", plus)
    yield cell(vitals, 2, "Lage", "L")
    yield cell(vitals, 4, "Datum", "15.10.2024")
    yield cell(vitals, 14, "Temp", "37,1")
    yield cell("patienten.csv", 2, "Geburt", "04.1961")
    yield cell("patienten.csv", 3, "Herkunft", "1")
    yield cell("patienten.csv", 4, "Ethnie", "2")
    yield cell("patienten.csv", 5, "Größe", "182")
    yield cell("patienten.csv", 6, "Geschlecht", "M")
    yield cell("patienten.csv", 7, "Einwilligung", "10.09.2024")
    yield cell("dosierung.csv", 2, "Dosis", "20")
    yield cell("dosierung.csv", 2, "Zeit", "09:05")
    yield cell("dosierung.csv", 3, "Kit", "K109")
    yield cell("dosierung.csv", 4, "Zeit", "09:31")
    yield cell("dosierung.csv", 6, "Ende", "12.10.2024")
    yield cell("abschluss.csv", 2, "Datum", "13.11.2024")
    yield cell("abschluss.csv", 3, "Status", "L")
    yield cell("abschluss.csv", 6, "Grund", "Blutdruck zu niedrig")
    yield cell("randomisation.tsv", 5, "Number", "R0099")
    yield cell("randomisation.tsv", 6, "Randomised", "2024-09-17 09:03")
    yield cell("contacts.txt", 2, "TOPIC", "Dizziness")
    yield cell("contacts.txt", 3, "BY", "Office")
    yield cell("contacts.txt", 4, "KIND", "Phone")
    yield cell("contacts.txt", 5, "DATE", "2024-08-31")
    yield drop(vitals, 5)
    yield drop(vitals, 10)
    yield drop("contacts.txt", 6)
    yield drop("dosierung.csv", 5)
    yield add("contacts.txt", 3, "TINY2-101-001|2024-09-21|Phone|Another call|Nurse")
    yield add("abschluss.csv", 8, "202;3;L;26.09.2024;Umzug nach Übersee")
    yield add(vitals, 6, "101;1;U;30.10.2024;;L;133;85;79;;;;;Riester")


def spec_edits() -> Iterator[Edit]:
    """Steps, tables, units, attributes, what the library says."""
    for name, old, new in (
        ("sdtm/dm.yaml", '"101": AUT', '"101": DEU'),
        ("sdtm/dm.yaml", "A: Cortenide 10 mg", "A: Cortenide 20 mg"),
        ("sdtm/dm.yaml", "B: PBO", "B: PLAC"),
        ("sdtm/dm.yaml", "when: not missing(_randomised)}", "when: _arm = 'A'}"),
        ("sdtm/dm.yaml", "QLABEL: Randomisation Number", "QLABEL: Number of Randomisation"),
        ("sdtm/dm.yaml", "assign: text(_size)", "assign: concat('n=', text(_size))"),
        ("sdtm/dm.yaml", "concat(Zentrum, '-', pad(Pat_Nr, 3))", "concat(Zentrum, '-', pad(Pat_Nr, 4))"),
        ("sdtm/dm.yaml", "assign: text(_order)", "assign: text(_order + 1)"),
        ("sdtm/vs.yaml", "text(VISITNUM, 1)", "text(VISITNUM, 2)"),
        ("sdtm/vs.yaml", "VSSTRESC: text(VSSTRESN)", "VSSTRESC: text(VSSTRESN, 1)"),
        ("sdtm/vs.yaml", "date(_end)", "date(_end) + 30"),
        ("sdtm/ds.yaml", "DSTERM:  {hardcode: RANDOMIZED}", "DSTERM:  {hardcode: RANDOMISED}"),
        ("sdtm/ds.yaml", "BLOOD PRESSURE TOO LOW", "LOW BLOOD PRESSURE"),
        ("sdtm/ds.yaml", "- study_day: DSSTDTC", "- DSSTDY: {hardcode: \"1\"}"),
        ("sdtm/ex.yaml", "EXREFID:  Kit", "EXREFID:  concat('KIT ', Kit)"),
        ("sdtm/ex.yaml", "= 'PBO', 0", "= 'PBO', 1"),
        ("sdtm/ex.yaml", "value: TABLET", "value: CAPSULE"),
        ("sdtm/ex.yaml", "PBO: PLACEBO", "PBO: PLACEBO TABLET"),
        ("sdtm/ex.yaml", "{sequence: EXSTDTC}", "{sequence: EXSTDTC desc}"),
        ("sdtm/ex.yaml", "EXSTDTC:  {iso8601: Beginn, time: Zeit}", "EXSTDTC:  {iso8601: Beginn}"),
        ("sdtm/vs.yaml", "[PULSE, Pulse Rate, Puls", "[PULSE, Pulse, Puls"),
        ("sdtm/vs.yaml", "WEIGHT: {standard: kg, LB: x * 0.45359237, round: \"1\"}",
         "WEIGHT: {standard: kg, LB: x * 0.45359237, round: \"0\"}"),
        ("sdtm/vs.yaml", "F: (x - 32) / 1.8", "F: (x - 30) / 2"),
        ("sdtm/vs.yaml", "'DIABP', 'PULSE')\"}", "'DIABP')\"}"),
        ("sdtm/vs.yaml", "_planned + 0.1", "_planned + 0.5"),
        ("sdtm/vs.yaml", "'UNSCHEDULED '", "'UNPLANNED '"),
        ("sdtm/vs.yaml", "text(VSSTRESN, 2)", "text(VSSTRESN, 1)"),
        ("sdtm/vs.yaml", "take: last\n      reason", "take: first\n      reason"),
        ("sdtm/vs.yaml", "VSTEST:   {hardcode: Body Surface Area}", "VSTEST:   {hardcode: Body Area}"),
        ("sdtm/vs.yaml", "VSDRVFL:  {hardcode: \"Y\"}", "VSDRVFL:  {hardcode: \"\"}"),
        ("sdtm/vs.yaml", "{sequence: [VSTESTCD, VISITNUM]}", "{sequence: [VISITNUM, VSTESTCD]}"),
        ("sdtm/xc.yaml", "label: Contacted By,", "label: Contact Made By,"),
        ("sdtm/xc.yaml", "label: Contacts Between Visits", "label: Contacts"),
        ("sdtm/xc.yaml", "XCTERM:  TOPIC", "XCTERM:  upper(TOPIC)"),
        ("visits.yaml", "WEEK 4", "WEEK 04"),
        ("visits.yaml", '"57"', '"58"'),
        ("library/dm.yaml", "SITEID:   Zentrum", "SITEID:   concat('S', Zentrum)"),
        ("library/dm.yaml", "value: max(EXENDTC)", "value: max(EXSTDTC)"),
        ("library/dm.yaml", "ASSIGNED, NOT TREATED", "NOT TREATED"),
    ):  # fmt: skip
        yield line("spec", name, old, new)
    yield Edit(
        "spec", "functions.py",
        lambda folder: at(folder / "functions.py", "0.007184", "0.008"),
    )  # fmt: skip


def terminology_edits() -> Iterator[Edit]:
    """Maps of the study, and another state of what is published."""
    for old, new in (
        ("SEX:\n  map: {W: F, M: M}", "SEX:\n  map: {W: F, M: U}"),
        ('"2": ASIAN', '"2": WHITE'),
        ('"9": NOT REPORTED', '"9": UNKNOWN'),
        ("S: SITTING", "S: STANDING"),
        ("W: WITHDRAWAL BY SUBJECT", "W: PHYSICIAN DECISION"),
        ("Letter: LETTER", "Letter: VISIT"),
        ("Phone: PHONE CALL", "Phone: VISIT"),
        ("A: COMPLETED", "A: OTHER"),
    ):
        yield line("terminology", "terminology.yaml", old, new)
    for number, (old, new) in enumerate(
        (
            ("Not Hispanic or Latino", "Neither Hispanic nor Latino"),
            ("Hispanic or Latino", "Latino"),
        )
    ):
        yield Edit("terminology", "sdtm_ct", published(f"2025-04-0{number + 1}", old, new))


def published(version: str, old: str, new: str) -> Callable[[Path], None]:
    """Terminology of another date in the user's store, in which a decode is other."""

    def apply(folder: Path) -> None:
        data = files("mg_cdisc.standards").joinpath("data", "ct", "sdtm-2025-03-28.tsv")
        text = data.read_text(encoding="utf-8").replace("2025-03-28", version)
        assert f"\t{old}" in text
        store = Path(os.environ["MG_CDISC_STORE"]) / "ct"
        store.mkdir(parents=True, exist_ok=True)
        changed = text.replace(f"\t{old}", f"\t{new}")
        (store / f"sdtm-{version}.tsv").write_text(changed, encoding="utf-8", newline="\n")
        at(folder / "study.yaml", "sdtm_ct: 2025-03-28", f"sdtm_ct: {version}")

    return apply


def version_edits() -> Iterator[Edit]:
    """Another version of the program, which makes a variable otherwise."""
    for cell_ in (("VS", "VSSTRESN"), ("VS", "VSSEQ"), ("VS", "VSORRES"), ("DM", "RFSTDTC"), ("DM", "AGE"),
                  ("EX", "EXSTDY"), ("DS", "DSTERM"), ("XC", "XCCAT")):  # fmt: skip
        yield Edit("version", "", lambda folder: None, cell_)


def reading_edits() -> Iterator[Edit]:
    """What sources.yaml says of how a source is read: its file, and so its rows, are the same."""
    text = (GOLDEN / "tiny2/sources.yaml").read_text(encoding="utf-8").splitlines()
    for source, line_ in (("vitals", "missing: [n.d.]"), ("contacts", "missing: [Nurse]")):
        above = list(CUT).index(source)  # lines that copy_study adds
        number = text.index(f"{source}:") + above + 2

        def apply(folder: Path, begin: str = f"\n{source}:\n", new: str = line_) -> None:
            at(folder / "sources.yaml", begin, f"{begin}  {new}\n")

        yield Edit("spec", f"sources.yaml:{number}", apply)


def option_edits() -> Iterator[Edit]:
    """The same inputs, built as of a day, for another agency, or in another encoding."""
    for day in ("2024-09-05", "2024-09-20", "2024-10-05", "2024-10-20", "2024-11-05"):
        as_of = Options(cut_off=date.fromisoformat(day))
        yield Edit("option", "cut-off", lambda folder: None, options=as_of)
    labels, sign = Edit("", "", with_labels), Edit("", "", with_sign)
    nmpa, other = Options(agency="NMPA"), Options(encoding="gb18030")
    yield Edit("option", "agency", lambda folder: None, options=nmpa, first=labels)
    yield Edit("option", "encoding", lambda folder: None, options=other, first=sign)
    # the same said in study.yaml is no option
    yield Edit("spec", "study.yaml:3", said("agency: NMPA"), first=labels)
    yield Edit("spec", "study.yaml:3", said("encoding: gb18030"), first=sign)


def said(text: str) -> Callable[[Path], None]:
    """A line of study.yaml behind that of the study's name, or another in its place."""
    key = text.partition(":")[0]

    def apply(folder: Path) -> None:
        path = folder / "study.yaml"
        lines = path.read_text(encoding="utf-8").splitlines()
        lines = [each for each in lines if not each.startswith(f"{key}:")]
        lines.insert(next(n for n, each in enumerate(lines) if each.startswith("study:")), text)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return apply


def with_labels(folder: Path) -> None:
    """Chinese labels, which only a package for the NMPA has."""
    text = "datasets: {VS: 生命体征, DM: 人口学资料}\nvariables: {VSTESTCD: 检查代码}\n"
    (folder / "labels.zh.yaml").write_text(text, encoding="utf-8")


def with_sign(folder: Path) -> None:
    """Text of three bytes in UTF-8 and of two in GB18030, the longest of its variable."""
    said("encoding: utf-8")(folder)
    at(folder / "sdtm/xc.yaml", "XCTERM:  TOPIC", "XCTERM:  concat(TOPIC, ' \u20ac\u20ac\u20ac')")


def number_edits() -> Iterator[Edit]:
    """Numbers of records that were given earlier, and are other than those of a new build."""

    def numbered(folder: Path) -> None:
        sources = folder / "sources.yaml"  # a source without key cannot be numbered
        at(sources, "\ncontacts:\n", "\ncontacts:\n  key: [SUBJECT, DATE, TOPIC]\n")
        number_study(folder)
        path = folder / "numbering.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        for row, told in enumerate(lines):
            rest, _, number = told.rpartition(",")
            if told.startswith("EX,"):
                lines[row] = f"{rest},{int(number) + 10}"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    yield Edit("spec", "numbering.csv", numbered)


def every_edit() -> list[Edit]:
    """All of them, by kind."""
    return [
        *source_edits(), *spec_edits(), *terminology_edits(), *version_edits(), *reading_edits(), *option_edits(),
        *number_edits(),
    ]  # fmt: skip


@contextmanager
def program(otherwise: tuple[str, str] | None) -> Iterator[None]:
    """The program in another version, whose steps make one variable otherwise; None: as it is."""
    if otherwise is None:
        yield
        return
    dataset, variable = otherwise
    run = pipeline.run_engine

    def other(*given: Any, **named: Any) -> Any:
        plan, result, engine = run(*given, **named)
        frame = result.frames[dataset]
        column = frame[variable]
        rows = np.arange(frame.rows) == frame.rows - 1
        if isinstance(column, Text):
            values = column.to_list()
            values[-1] = {"RFSTDTC": "2024-12-31"}.get(variable, "VISIT")
            result.frames[dataset] = frame.with_columns({variable: Text.of(values)})
        else:
            result.frames[dataset] = frame.with_columns({variable: np.where(rows, 93.0, column)})
        return plan, result, engine

    with (
        mock.patch.object(pipeline, "run_engine", other),
        mock.patch.object(write, "__version__", "99.0"),
    ):
        yield
