"""Plants errors and other truths into the source, and writes down where and what must follow.

`planted.yaml` is written from what was planted, with rows as they were counted while writing. Only
the first 24 subjects hold any. What is planted is in garden.py.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from measures import Cells
from subject import Subject

Must: TypeAlias = dict[str, Any]
Analysis: TypeAlias = Callable[[Cells, Subject], list[dict[str, Any]]]


@dataclass(frozen=True)
class Plant:
    """One truth: which row holds it, what is changed there, and what must become of it."""

    id: str
    form: str
    wrong: str  # what is wrong, or what is told
    where: Callable[[Cells], bool]
    must: Callable[[Cells, Subject], Must]
    subject: str = ""  # the first that has such a row, if not said
    column: str = ""
    change: Callable[[Cells], None] | None = None
    again: bool = False  # a copy of the row behind it holds it
    every: bool = False  # all such rows of the subject are changed; the first is written down
    each: bool = False  # all such rows are written down


@dataclass
class Found:
    plant: Plant
    subject: Subject
    row: Cells
    number: str
    file: str = ""
    line: int = 0


class Planting:
    """Goes through the rows as they are written."""

    def __init__(self, plants: Iterable[Plant], subjects: int) -> None:
        self.plants: dict[tuple[str, str], list[Plant]] = {}
        self.subjects = subjects
        for plant in plants:
            self.plants.setdefault((plant.form, plant.subject), []).append(plant)
        self.found: list[Found] = []
        self.counts: dict[str, int] = {}

    def rows(
        self, form: str, subject: Subject, rows: Iterable[Cells]
    ) -> Iterator[tuple[Cells, list[Found]]]:
        """Each row, changed where something is planted into it, and what it then holds."""
        here = (form, subject.label), (form, "")
        plants = [plant for key in here for plant in self.plants.get(key, ())]
        if subject.index >= self.subjects or not plants:
            for row in rows:
                yield row, []
            return
        for row in rows:
            matching = [plant for plant in plants if self._takes(plant, subject, row)]
            held = [plant for plant in matching if not plant.again]
            for plant in held:
                if plant.change:
                    plant.change(row)
            yield row, self._note(held, subject, row)
            for plant in matching:
                if plant.again:
                    copy = dict(row)
                    if plant.change:
                        plant.change(copy)
                    yield copy, self._note([plant], subject, copy)

    def _takes(self, plant: Plant, subject: Subject, row: Cells) -> bool:
        known = self.counts.get(plant.id, 0)
        if known and not (plant.every or plant.each):
            return False
        return plant.where(row)

    def _note(self, plants: list[Plant], subject: Subject, row: Cells) -> list[Found]:
        notes = []
        for plant in plants:
            count = self.counts[plant.id] = self.counts.get(plant.id, 0) + 1
            if count == 1 or plant.each:
                notes.append(Found(plant, subject, row, f"-{count}" if count > 1 else ""))
        self.found += notes
        return notes

    def write(self, path: Path, analysis: Mapping[str, Analysis]) -> None:
        """What was planted, as YAML; ``analysis`` says what follows of it in analysis datasets."""
        lines = [
            "# What the example source holds on purpose, and what must become of it. INVENTED.",
            "# Written by generate_source. row counts from the header, which is 1; in edc.odm.xml",
            "# it is the line of the item group. must: finding (its class), excluded (the reason),",
            "# values (cells of datasets), long_text (a text with its continuations), not_submitted.",
            "# analysis: cells of analysis datasets, or how many records there are.",
        ]
        for found in self.found:
            plant = found.plant
            lines += [
                f"- id: {plant.id}{found.number}",
                f"  file: source/{found.file}",
                f"  form: {plant.form}",
                f"  subject: {quoted(found.subject.label)}",
                f"  row: {found.line}",
            ]
            lines += [f"  column: {quoted(plant.column)}"] if plant.column else []
            lines += [f"  wrong: {quoted(plant.wrong)}", "  must:"]
            for key, value in plant.must(found.row, found.subject).items():
                lines += [f"    {key}: {_flow(value)}"] if key != "values" else ["    values:"]
                if key == "values":
                    lines += [f"      - {_flow(part)}" for part in value]
            if plant.id in analysis:
                told = analysis[plant.id](found.row, found.subject)
                lines += ["  analysis:", *(f"    - {_flow(each)}" for each in told)]
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _flow(value: object) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    """A text as YAML in double quotes, which JSON's are."""
    return json.dumps(text, ensure_ascii=False)
