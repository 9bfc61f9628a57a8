"""Why a cell is what it is: the tree from the cell to the source cells, in words.

A cell that only passes on what stands elsewhere is left out where nothing is said by it; what was
told already is not told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from mg_cdisc.derive import SOURCE
from mg_cdisc.derive.consult import THIS
from mg_cdisc.expression import Env, Node, bind_condition, english
from mg_cdisc.expression.nodes import Junction
from mg_cdisc.expression.pieces import LIMIT
from mg_cdisc.frame import Column, Frame, Origins, take
from mg_cdisc.lineage.doubt import ByKey, Quiet
from mg_cdisc.lineage.listed import Listed
from mg_cdisc.lineage.record import PLACE, Grouped
from mg_cdisc.lineage.trace import GROUP, Cell, Choice, Made, Trace

LISTED = 5
"""Records of a group that are told one by one."""
RIVALS = 3
"""Records that were not taken, of one choice, that are told one by one."""


@dataclass
class Reason:
    """One cell of the tree.

    ``name`` is ``DATASET.VARIABLE`` or ``source.COLUMN``, ``rule`` the sentence of the step,
    ``where`` the line of the spec or the row of the source file, ``record`` what tells the record
    apart. ``notes`` say which record was taken, which were not, and what was absent. ``again``
    marks a cell that is told above.
    """

    name: str
    value: str
    rule: str = ""
    where: str = ""
    record: str = ""
    notes: list[str] = field(default_factory=list)
    parts: list[Reason] = field(default_factory=list)
    again: bool = False


class Explainer(Listed):
    """Makes trees of reasons; of each tree no cell is told twice."""

    def __init__(self, trace: Trace, *, depth: int = 0, everything: bool = False) -> None:
        super().__init__(trace)
        self.depth, self.everything = depth, everything
        self.told: set[Cell] = set()
        self.listed: list[Reason] = []

    def explain(self, cell: Cell) -> Reason:
        """The tree of a cell, and below it of the record that it stands in."""
        reason = self.value(cell)
        sheet = self.recorder.sheets[cell.sheet]
        if (cut := self.cut(sheet.name, cell)) is not None:
            first, rest = cut
            reason.value = f"'{first}'"
            reason.notes.insert(
                0, f"cut, since it has more than {LIMIT} bytes: the rest is in {rest}"
            )
        reason.parts.append(self.existence(Cell(cell.identity, "", cell.turn)))
        return reason

    def existence(self, cell: Cell) -> Reason:
        """Why a record is there: the source rows it comes from, and the choices it came through."""
        made = self.trace.made(cell)
        while made.done is not None and not (self._chosen(made) or made.absent):
            if len(self._rows(made)) != 1:
                break
            if self._rows(made)[0].sheet not in self.recorder.sheets:
                break
            cell = self._rows(made)[0]
            made = self.trace.made(cell)
        sheet = self.recorder.sheets.get(cell.sheet)
        name = sheet.name if sheet is not None else self.recorder.numbers[cell.sheet]
        reason = Reason(
            name, "this row" if sheet is None or sheet.kind == "table" else "this record",
            "" if sheet is None else made.sentence, self.place(cell, made), self.record(cell),
        )  # fmt: skip
        if cell in self.told:
            reason.again = bool(made.inputs)
            return reason
        self.told.add(cell)
        if sheet is None:  # that the row is read is the last that is told
            return reason
        if sheet.kind == "table":
            self.listed.append(reason)
        reason.notes += [*self._chosen(made), *made.absent]
        rows = self._rows(made)
        parts = [self.existence(each) for each in rows]
        listed = [part for part in parts if self._is_listed(part)]
        held = [part for part in parts if not self._is_listed(part)]
        new = [part for part in held if not self._is_known(part)]
        reason.parts = (new or held[:1])[:LISTED]
        if len(held) > len(reason.parts):
            reason.notes.append(f"made of {len(held)} records; these are new here:")
        if new or not held:  # beside the row of a form that of the list it was unpivoted by
            reason.parts += listed[:LISTED]
        return reason

    def _is_listed(self, reason: Reason) -> bool:
        """Whether it tells of a row of a table of the specs."""
        return any(each is reason for each in self.listed)

    def _is_known(self, reason: Reason) -> bool:
        """Whether all that a record was made of is told above, but for rows of tables."""
        parts = [part for part in reason.parts if not self._is_listed(part)]
        return reason.again or (bool(parts) and all(self._is_known(each) for each in parts))

    def _rows(self, made: Made) -> list[Cell]:
        """The records that a record was made of."""
        return [other for other, role in made.inputs if role == "row"]

    def _chosen(self, made: Made) -> list[str]:
        """Of a record that was chosen from a group: those that were not."""
        notes = []
        for other, role in made.inputs:
            if role == "choice" and other.key.startswith(GROUP):
                event, turn = self.trace.group(other)
                if event.chosen is None:
                    continue
                ids = event.frame.origins.first()
                members = np.flatnonzero(event.codes == event.codes[self.trace.first(event, other)])
                told = self._ordered(event)
                lost = [
                    f"{self.record(Cell(int(ids[each]), '', turn)) or 'a record'}: {told(each)}"
                    for each in members.tolist()
                    if event.candidates[each] and not event.chosen[each]
                ]
                among = int(np.count_nonzero(event.candidates[members]))
                won = [each for each in members.tolist() if event.chosen[each]]
                notes.append(
                    f"chosen among {among} of its group" + (f": {told(won[0])}" if won else "")
                )
                notes += [f"not chosen: {each}" for each in dict.fromkeys(lost[:LISTED])]
                if len(lost) > LISTED:
                    notes.append(f"not chosen: {len(lost) - LISTED} more")
        return notes

    def _ordered(self, event: Grouped) -> Callable[[int], str]:
        """Of a record of a group what it is ordered by."""
        frame = event.frame
        env = Env(frame.columns, frame.rows, Quiet(self.recorder.translations))
        keys = [
            (english(key.typed.node), key.typed, key.typed.column(env))
            for key in event.groups.order
        ]

        def told(row: int) -> str:
            return ", ".join(
                f"{words} {self.in_words(column, row, typed.type)}" for words, typed, column in keys
            )

        return told

    def value(self, cell: Cell, level: int = 1) -> Reason:
        """The tree of a cell alone."""
        cell, made = self._skipped(cell)
        reason = Reason(self.name(cell), self.shown(cell), made.sentence, self.place(cell, made))
        if cell in self.told:
            reason.again = bool(made.inputs)
            return reason
        self.told.add(cell)
        reason.notes += [note for choice in made.choices for note in self._notes(choice)]
        reason.notes += [each for each in made.absent if not made.choices]
        reason.notes += self.listed_for(cell, made)
        roles = ("value", "choice") if self.everything else ("value",)
        followed = dict.fromkeys(each for each, role in made.inputs if role in roles)
        if self.depth and level >= self.depth:
            reason.notes += ["..."] if followed else []
            return reason
        for other in followed:
            if other.key and not other.key.startswith(GROUP):
                part = self.value(other, level + 1)
                if not self._is_of_same_record(other, cell):
                    part.record = self.record(other)
                reason.parts.append(part)
        return reason

    def _skipped(self, cell: Cell) -> tuple[Cell, Made]:
        """The first cell that says something: what merely passes on is followed."""
        made = self.trace.made(cell)
        while not made.sentence or made.sentence == self._carried(cell, made):
            values = [other for other, role in made.inputs if role == "value"]
            if len(values) != 1:
                break
            cell = values[0]
            made = self.trace.made(cell)
        return cell, made

    def _carried(self, cell: Cell, made: Made) -> str:
        """What is said of a column that a record brings along from its source row."""
        sheet = self.recorder.sheets.get(cell.sheet)
        if sheet is None or not cell.key.startswith((SOURCE, "@")):
            return ""
        return made.sentence

    def _is_of_same_record(self, one: Cell, other: Cell) -> bool:
        return one.identity == other.identity or one.sheet == other.sheet == -1

    # choices

    def _notes(self, choice: Choice) -> Iterator[str]:
        if choice.all:
            number = len(choice.taken)
            one = "1 record" if number == 1 else f"{number} records"
            yield f"{one}: {choice.clause.words}" if number else self._nothing(choice)
            for each in choice.taken[:LISTED]:
                if told := self.record(Cell(each, "", choice.there)):
                    yield f"among them: {told}"
        elif not choice.taken:
            yield self._nothing(choice)
        else:
            taken = self.record(Cell(choice.taken[0], "", choice.there))
            yield f"taken: {choice.clause.words}" + (f" ({taken})" if taken else "")
        rivals = list(self._rivals(choice))
        for rival, why in rivals[:RIVALS]:
            yield f"not taken: {rival}: {why}"
        if len(rivals) > RIVALS:
            yield f"not taken: {len(rivals) - RIVALS} more records"

    def _nothing(self, choice: Choice) -> str:
        return f"no record satisfies: {choice.clause.words}"

    def _rivals(self, choice: Choice) -> Iterator[tuple[str, str]]:
        """The other records with the same keys, each with the condition that it fails."""
        clause = choice.clause
        name, frame, sheet = self._table_of(choice)
        asked_sheet = self.recorder.sheets.get(choice.asked >> Origins.SHIFT)
        if frame is None or asked_sheet is None or not frame.rows:
            return
        own = self._frame_of(asked_sheet.number, choice.turn - 1)
        if own is None:
            return
        mine = own.take(np.array([choice.asked & PLACE]))
        if any(key not in frame for key in clause.theirs) or any(
            k not in mine for k in clause.mine
        ):
            return
        left, right, _ = clause.codes(mine, frame)
        ids = (sheet << Origins.SHIFT) + np.arange(frame.rows)
        rows = np.array(
            [row for row in np.flatnonzero(right == left[0]) if int(ids[row]) not in choice.taken],
            np.int64,
        )
        failed = self._failing(choice, name, frame.take(rows), mine, asked_sheet.name)
        for row, why in zip(rows.tolist(), failed, strict=True):
            told = self.record(Cell(int(ids[row]), "", choice.there))
            yield told or f"record {row + 1} of {name}", why

    def _failing(
        self, choice: Choice, table: str, rows: Frame, mine: Frame, dataset: str
    ) -> list[str]:
        """Of each record the first condition that it fails, else that another comes before it."""
        clause = choice.clause
        parts = [*_conjuncts(clause.early), *_conjuncts(clause.late)]
        if choice.all:
            why = "it differs"
        elif clause.take == "only":
            why = "several match and one is needed"
        else:
            order = ", ".join(english(key.typed.node) for key in clause.order)
            why = f"another comes {clause.take} in order of {order}"
        found = [why] * rows.rows
        if not rows.rows:
            return found
        columns: dict[str, Column] = dict(rows.columns)
        same = np.zeros(rows.rows, np.int64)
        columns |= {THIS + key: take(column, same) for key, column in mine.columns.items()}
        names = ByKey(
            self._types(table, rows)
            | {THIS + key: kind for key, kind in self._types(dataset, mine).items()}
        )
        env = Env(columns, rows.rows, Quiet(self.recorder.translations))
        if clause.order and not choice.all and clause.take != "only":
            keys = [
                (english(k.typed.node), k.typed.type, k.typed.column(env)) for k in clause.order
            ]
            for row in range(rows.rows):
                told = ", ".join(f"{w} {self.in_words(c, row, kind)}" for w, kind, c in keys)
                found[row] = f"{why} (its own: {told})"
        for part in reversed(parts):
            held = bind_condition(part, names).truth(env).true
            for row in np.flatnonzero(~held).tolist():
                found[row] = f"not {english(part)}"
        return found


def _conjuncts(typed: object) -> Sequence[Node]:
    node = getattr(typed, "node", None)
    if node is None:
        return ()
    return node.operands if isinstance(node, Junction) and node.operator == "and" else (node,)


def lines(reason: Reason) -> list[str]:
    """The tree as lines of text."""
    made: list[str] = []
    _write(reason, "", "", made)
    return made


def _write(reason: Reason, lead: str, rest: str, made: list[str]) -> None:
    text = f"{reason.name} = {reason.value}"
    text += f"   [{reason.record}]" if reason.record else ""
    at = f"   {reason.where}" if reason.where else ""
    if reason.again:
        made.append(f"{lead}{text}   (told above)")
        return
    bar = rest + ("│ " if reason.parts else "  ")
    if reason.parts or reason.notes or at:
        made.append(f"{lead}{text}" + ("" if reason.rule and reason.parts else at))
    else:
        made.append(f"{lead}{text}")
    if reason.rule and reason.rule != "as collected":
        made.append(f"{bar}{reason.rule}" + (at if reason.parts else ""))
    made.extend(f"{bar}{note}" for note in reason.notes)
    for number, part in enumerate(reason.parts):
        last = number == len(reason.parts) - 1
        _write(part, rest + ("└ " if last else "├ "), rest + ("  " if last else "│ "), made)


__all__ = ["GROUP", "Explainer", "Reason", "lines"]
