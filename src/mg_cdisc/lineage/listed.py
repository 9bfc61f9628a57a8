"""What lists of the specs say of a cell: terms, units, translations, and where its text goes on."""

from __future__ import annotations

import numpy as np

from mg_cdisc.derive import SOURCE
from mg_cdisc.errors import one_of
from mg_cdisc.expression import Env
from mg_cdisc.expression.pieces import pieces
from mg_cdisc.frame import Column, Frame, take
from mg_cdisc.lineage.cells import Cell, Made
from mg_cdisc.lineage.doubt import Quiet
from mg_cdisc.lineage.words import Words
from mg_cdisc.spec.continued import MOST, continuations, qualifiers_of
from mg_cdisc.spec.tree import Branch
from mg_cdisc.standards import CONTINUED


class Listed(Words):
    """Finds the lines of lists that a value went by."""

    def listed_for(self, cell: Cell, made: Made) -> list[str]:
        """Each such line, with its place."""
        return [
            *self._as_of(cell),
            *self._term(cell, made),
            *self._entries(cell, made),
            *self._translated(cell, made),
        ]

    def _as_of(self, cell: Cell) -> list[str]:
        """That a source cell is as it was on the day of the cut-off, and not as it was collected."""
        if self.recorder.sheets.get(cell.sheet) is not None:
            return []
        changed = self.recorder.sources[self.recorder.numbers[cell.sheet]].cut.changed
        if cell.row not in changed.get(cell.key.removeprefix(SOURCE), ()):
            return []
        return [f"as of the cut-off {self.plan.files.cut_off}, and otherwise in the file"]

    def cut(self, dataset: str, cell: Cell) -> tuple[str, str] | None:
        """Of a text that goes on elsewhere the part that is submitted here, and where the rest is."""
        if cell.key not in continuations(self.plan.datasets[dataset].spec):
            return None
        parts = pieces(str(self.trace.value(cell)))
        if not 1 < len(parts) <= MOST + 1:
            return None
        if cell.key in CONTINUED:
            return parts[0], ", ".join(f"{cell.key}{number}" for number in range(1, len(parts)))
        named = one_of(qualifiers_of(cell.key)[: len(parts) - 1])
        return parts[0], f"SUPP{dataset}.QVAL where QNAM is {named}"

    def _term(self, cell: Cell, made: Made) -> list[str]:
        """The line of terminology.yaml by which a collected text became a term."""
        value = made.done.step.values.get(cell.key) if made.done is not None else None
        if value is None or value.codelist is None:
            return []
        tree = self.plan.files.terminology_tree.items.get(value.codelist.short_name)
        mapped = tree.items.get("map") if isinstance(tree, Branch) else None
        if not isinstance(mapped, Branch):
            return []
        return [
            f"{each!r} is mapped   {mapped.key_at[each]}"
            for each in self._texts(made)
            if each in mapped.key_at
        ]

    def _texts(self, made: Made) -> list[str]:
        """The texts that entered a value."""
        read = [
            self.trace.value(other) for other, role in made.inputs if other.key and role == "value"
        ]
        return [each for each in dict.fromkeys(read) if isinstance(each, str)]

    def _translated(self, cell: Cell, made: Made) -> list[str]:
        """The line of the study's translations by which a collected text was translated."""
        files = self.plan.files
        if made.done is None or not files.translations:
            return []
        value = str(self.trace.value(cell))
        return [
            f"translated   {files.translations_tree.key_at[each]}"
            for each in map(str.strip, self._texts(made))
            if files.translations.get(each) and files.translations[each] in value
        ]

    def _entries(self, cell: Cell, made: Made) -> list[str]:
        """The lines of a list of the spec, such as its units, that the record went by."""
        value = made.done.step.values.get(cell.key) if made.done is not None else None
        if value is None or value.entries is None:
            return []
        columns: dict[str, Column] = {}
        for other, role in made.inputs:
            if role == "value" and other.key in value.reads:
                column, row = self.trace.column(other)
                columns.setdefault(other.key, take(column, np.array([row])))
        if len(columns) < len(value.reads):
            return []
        env = Env(columns, 1, Quiet(self.recorder.translations))
        (went_by,) = value.entries(Frame(columns, 1), env)
        return [f"{text}   {at}" for text, at in went_by]
