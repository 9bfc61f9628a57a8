"""A comparison as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from mg_cdisc.compare.model import Causes, Compared, Comparison, Example, Group, Lone
from mg_cdisc.layout import Column, Line, Piece, counted, cut, line, safe, table

CAUSES = 8
"""So many causes of one difference are printed; the others are counted."""
WIDEST = 60
"""The widest that a value is printed."""
NEAR = 1e-9
"""Numbers that differ relatively by no more differ by how they were computed."""


def comparison_lines(found: Comparison, examples: int) -> Iterator[Line]:
    """Everything: the inputs that differ, a table of datasets, then each dataset that differs."""
    yield line(Piece("OLD ", "dim"), safe(found.old))
    yield line(Piece("NEW ", "dim"), safe(found.new))
    for note in found.notes:
        yield line(Piece("note: ", "note"), safe(note))
    if found.builds:
        yield ()
        yield from _changes(found)
    yield ()
    yield from _summary(found)
    for dataset in found.datasets:
        if not dataset.same or any(dataset.repeated) or dataset.notes:
            yield ()
            yield from _dataset(dataset, examples)
    for lone, side in ((found.only_old, "OLD"), (found.only_new, "NEW")):
        for each in lone:
            yield ()
            yield from _lone(each, side)
    yield ()
    yield _result(found)


def _changes(found: Comparison) -> Iterator[Line]:
    if not found.changes:
        yield line("Both are builds of the same inputs by the same program.")
        return
    yield line(Piece("What differs between the builds", "bold"))
    for cause in found.changes:
        yield line(f"  {cause.kind:<12}", safe(str(cause)))


def _summary(found: Comparison) -> list[Line]:
    if not found.datasets:
        return [line("No dataset is on both sides.")]
    rows = [each for each in found.datasets if not each.same]
    same = [each.name for each in found.datasets if each.same]
    told = [line(f"Nothing differs in {', '.join(same)}.")] if same else []
    if not rows:
        return told

    def cells(numbers: Sequence[int]) -> list[Piece]:
        return [Piece(f"{each:,}", "" if each else "dim") for each in numbers]

    made = table(
        [
            Column("Dataset", [each.name for each in rows]),
            Column("OLD", [f"{each.old_records:,}" for each in rows], right=True),
            Column("NEW", [f"{each.new_records:,}" for each in rows], right=True),
            Column("removed", cells([each.count("removed") for each in rows]), right=True),
            Column("added", cells([each.count("added") for each in rows]), right=True),
            Column("changed", cells([each.changed_records for each in rows]), right=True),
            Column("values", cells([each.count("changed") for each in rows]), right=True),
            Column("attributes", cells([len(each.attributes) for each in rows]), right=True),
        ]
    )
    return [*made, *told]


def _dataset(dataset: Compared, examples: int) -> Iterator[Line]:
    yield line(Piece(dataset.name, "bold"), f"  by {', '.join(dataset.keys) or 'order'}",
               Piece(f" ({dataset.keys_from})", "dim"))  # fmt: skip
    for note in dataset.notes:
        yield line(f"  {note}")
    if any(dataset.repeated) and dataset.keys:
        old, new = dataset.repeated
        yield line("  ", Piece("keys repeat", "warning"), f" in {counted(old, 'record')} of OLD and "
                   f"{new:,} of NEW: those with equal keys are matched in the order in which they "
                   "stand")  # fmt: skip
    if dataset.moved:
        yield line("  common records stand in another order, which is no difference")
    for variable, held in groupby(dataset.attributes, key=lambda each: each.variable):
        for each in held:
            name = variable or dataset.name
            shown = f"{_value(each.old)} -> {_value(each.new)}"
            if each.what == "variable":
                shown = "only in NEW" if each.new == "there" else "only in OLD"
            elif each.what == "order":
                shown = f"variable {each.old} -> {each.new}"
            told = "" if each.what in ("variable", "order") else f" {each.what}"
            yield line("  ", Piece(f"{name}{told}", "bold"), f"  {shown}")
            yield from _because(each.causes)
    for kind in ("removed", "added"):
        for group in dataset.of("removed" if kind == "removed" else "added"):
            where = "only in OLD" if kind == "removed" else "only in NEW"
            yield line(f"  {counted(group.records, 'record')} {where}{_of(group)}")
            yield from _because(group.causes)
            for example in group.examples[:examples]:
                yield line(f"    {_keys(dataset, example)}")
            yield from _more(group, examples)
    for group in dataset.of("changed"):
        yield line("  ", Piece(group.variable, "bold"),
                   f"  {counted(group.records, 'value')} changed{_of(group)}{_far(group)}")  # fmt: skip
        yield from _because(group.causes)
        for example in group.examples[:examples]:
            yield line(f"    {_keys(dataset, example)}: {_value(example.old)} -> "
                       f"{_value(example.new)}")  # fmt: skip
        yield from _more(group, examples)


def _lone(each: Lone, side: str) -> Iterator[Line]:
    yield line(Piece(each.name, "bold"), f"  only in {side}: {counted(each.records, 'record')}")
    yield from _because(each.causes)


def _because(causes: Causes) -> Iterator[Line]:
    for number, cause in enumerate(causes[:CAUSES]):
        lead = "because of " if not number else "       and "
        yield line(Piece(f"    {lead}", "dim"), f"{cause.kind}: {safe(str(cause))}")
    if len(causes) > CAUSES:
        yield line(Piece(f"           and {len(causes) - CAUSES} more", "dim"))


def _of(group: Group) -> str:
    return f" of {counted(group.subjects, 'subject')}" if group.subjects else ""


def _far(group: Group) -> str:
    """How far apart numbers are, and whether a tolerance would do."""
    if not group.largest:
        return ""
    told = f"; by {group.largest:.3g} at most"
    if group.largest_relative <= NEAR:
        told += f", relatively {group.largest_relative:.1e}: see --relative"
    return told


def _more(group: Group, examples: int) -> Iterator[Line]:
    left = group.records - min(examples, len(group.examples))
    if left and examples:
        yield line(Piece(f"    and {left:,} more", "dim"))


def _keys(dataset: Compared, example: Example) -> str:
    named = [
        f"{key} {_value(value)}"
        for key, value in zip(dataset.keys, example.keys, strict=True)
        if key not in ("STUDYID", "DOMAIN", "RDOMAIN") or len(dataset.keys) == 1
    ]
    if named:
        return ", ".join(named)
    return f"record {example.new_record or example.old_record}"


def _value(text: str) -> str:
    return cut(safe(text), WIDEST) if text else "(blank)"


def _result(found: Comparison) -> Line:
    if found.same:
        of = counted(len(found.datasets), "dataset")
        return line(Piece("Same", "good"), f": {of} compared, nothing differs")
    parts = [
        (sum(not each.same for each in found.datasets), "dataset differs", "datasets differ"),
        (len(found.only_old) + len(found.only_new), "dataset on one side alone",
         "datasets on one side alone"),
        (sum(each.count("removed") for each in found.datasets), "record only in OLD",
         "records only in OLD"),
        (sum(each.count("added") for each in found.datasets), "record only in NEW",
         "records only in NEW"),
        (sum(each.count("changed") for each in found.datasets), "value changed", "values changed"),
        (sum(len(each.attributes) for each in found.datasets), "attribute differs",
         "attributes differ"),
    ]  # fmt: skip
    told = ", ".join(counted(number, one, many) for number, one, many in parts if number)
    return line(Piece("Different", "error"), f": {told}")
