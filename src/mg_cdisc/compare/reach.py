"""What reaches a variable, as the steps of a build declare it: the way back to sources and specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Node = tuple[str, ...]
"""``("value", DATASET, VARIABLE)``, ``("rows", DATASET)``, ``("column", SOURCE, COLUMN)``,
``("source", SOURCE)`` for which rows there are, ``("table", T)``, ``("list", CODELIST)``,
``("units", DATASET)``, ``("python", FILE)``."""

SOURCE = "source."
_STUDY, _SUBJECT = 2, 1
_CHOOSING = ("chooses", "summarises")


class Reach:
    """The declared lineage of one build."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.datasets: Mapping[str, Any] = plan["datasets"]
        self.sources: Mapping[str, Any] = plan["sources"]
        self.tables: Mapping[str, Any] = plan["tables"]
        self._makers: dict[tuple[str, str], list[int]] = {}
        for name, dataset in self.datasets.items():
            for number, step in enumerate(dataset["steps"]):
                for key in dict.fromkeys([*step["makes"], *step.get("revises", ())]):
                    self._makers.setdefault((name, key), []).append(number)
        self._known: dict[tuple[bool, tuple[Node, ...]], dict[Node, bool]] = {}

    def of(self, starts: tuple[Node, ...], *, chosen: bool = True) -> Mapping[Node, bool]:
        """Every node that reaches one of these, and whether the way leads across subjects.

        ``chosen`` counts what decides which of several records was chosen among what reaches its
        values.
        """
        known = self._known.get((chosen, starts))
        if known is not None:
            return known
        found: dict[Node, bool] = {}
        waiting = [(start, False) for start in starts]
        while waiting:
            node, across = waiting.pop()
            if node in found and (found[node] or not across):
                continue
            found[node] = across
            waiting += [(each, across or wide) for each, wide in self._before(node, chosen)]
        self._known[chosen, starts] = found
        return found

    def _before(self, node: Node, chosen: bool) -> Iterator[tuple[Node, bool]]:
        if node[0] == "rows" and node[1] in self.datasets:
            for number, step in enumerate(self.datasets[node[1]]["steps"]):
                if step["effect"] != "keeps":
                    yield from self._step(node[1], number, None)
        elif node[0] == "value" and node[1] in self.datasets:
            dataset, name = node[1], node[2]
            for number in self._makers.get((dataset, name), ()):
                yield from self._step(dataset, number, name)
            steps = self.datasets[dataset]["steps"]
            if chosen and any(step["effect"] in _CHOOSING for step in steps):
                yield ("rows", dataset), False

    def _step(self, dataset: str, number: int, name: str | None) -> Iterator[tuple[Node, bool]]:
        """What one step reads to make a variable, or (None) to make, choose or leave out records."""
        step = self.datasets[dataset]["steps"][number]
        wide = step["reach"] == _STUDY if "reach" in step else False
        told = step.get("values", {}).get(name) if name is not None else None
        if name is not None and step["label"] == "records" and step["effect"] == "adds":
            passed = self._passed(dataset, step, name)
            if passed is not None:
                yield from ((each, wide) for each in passed)
                return
        if told is None or not _tells(step, name):
            told = step
        if name is not None and step.get("reach", 0) >= _SUBJECT and step["effect"] != "adds":
            yield ("rows", dataset), wide
        consults: Mapping[str, Sequence[str]] = {**told.get("consults", {})}
        new = name is not None and step["label"] == "fill" and told is step
        for key in () if new else told.get("reads", ()):
            yield from ((each, wide) for each in self._read(dataset, step, key))
        for there, columns in consults.items():
            # that a record is made of a row says nothing of other rows
            own = name is not None and step["effect"] == "adds"
            yield from ((each, wide) for each in self._consulted(there, columns, own))
        for each in step.get("lists", ()):
            yield ("list", each), wide
        if step.get("units"):
            yield ("units", dataset), wide
        for each in step.get("python", ()):
            yield ("python", each), wide

    def _passed(self, dataset: str, step: Mapping[str, Any], name: str) -> list[Node] | None:
        """What a variable is a copy of, where a records step only passes it on; None where not."""
        written = _said(step)
        given = written.get("from") or []
        begins: list[str] = [given] if isinstance(given, str) else given
        if name in written.get("set", {}):
            return None
        if not begins:  # copies of the dataset's own records
            return []
        kept = _pairs(written.get("keep"))
        if name not in kept and "unpivot" in written and not name.startswith(SOURCE):
            return None
        found: list[Node] = []
        for there in begins:
            key = kept.get(name, name)
            column = key.removeprefix(SOURCE)
            if there in self.sources:
                held = self.sources[there]
                names = [column] if column in held["columns"] else held["subject"]
                found += [("column", there, each) for each in names]
            elif there in self.datasets:
                found.append(("value", there, key))
        return found

    def _read(self, dataset: str, step: Mapping[str, Any], key: str) -> Iterator[Node]:
        """A column of the records themselves: a variable, or a column that they were made of."""
        if (dataset, key) in self._makers and not key.startswith(SOURCE):
            yield ("value", dataset, key)
        begins = [
            step,
            *(each for each in self.datasets[dataset]["steps"] if each["label"] == "records"),
        ]
        for there in dict.fromkeys(name for each in begins for name in each.get("consults", {})):
            if there in self.sources:
                column = key.removeprefix(SOURCE)
                if column in self.sources[there]["columns"]:
                    yield ("column", there, column)
            elif (there, key) in self._makers and step["label"] == "records":
                yield ("value", there, key)

    def _consulted(self, there: str, columns: Sequence[str], own: bool) -> Iterator[Node]:
        if there in self.sources:
            if not own:
                yield ("source", there)
            for column in columns:
                if column in ("@subject", "USUBJID"):
                    yield from (("column", there, each) for each in self.sources[there]["subject"])
                yield ("column", there, column.removeprefix(SOURCE))
        elif there in self.datasets:
            if not own:
                yield ("rows", there)
            for column in columns:
                yield ("value", there, column)
        else:
            yield ("table", there)


def _tells(step: Mapping[str, Any], name: str | None) -> bool:
    """Whether a step tells of this variable alone what it reads for it."""
    if step["label"] == "lookup":
        return False
    if step["label"] == "fill":
        return name in _said(step).get("set", {})
    if step["label"] != "records":
        return True
    return name in _said(step).get("set", {}) and step["effect"] != "summarises"


def _said(step: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a step says, under its key."""
    written = step["text"].get(step["label"]) if isinstance(step["text"], dict) else None
    return written if isinstance(written, dict) else {}


def _pairs(keep: Any) -> dict[str, str]:
    """``keep`` as new name and old."""
    listed = keep if isinstance(keep, list) else [keep] if keep else []
    made: dict[str, str] = {}
    for each in listed:
        made |= each if isinstance(each, dict) else {each: each}
    return made
