"""A comparison as data for JSON, and as flat rows for tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mg_cdisc.compare.model import Causes, Comparison

Row = tuple[str | int | float, ...]

DATASETS = ("Dataset", "Records OLD", "Records NEW", "Matched", "Removed", "Added",
            "Changed records", "Changed values", "Attributes", "Keys", "Keys from",
            "Repeated OLD", "Repeated NEW")  # fmt: skip
ATTRIBUTES = ("Dataset", "Variable", "Attribute", "OLD", "NEW", "Because of")
RECORDS = ("Dataset", "Side", "Record", "Keys", "Because of")
VALUES = ("Dataset", "Variable", "Keys", "OLD", "NEW", "Record OLD", "Record NEW", "Because of")
GROUPS = ("Dataset", "Variable", "Difference", "Records", "Subjects", "Largest difference",
          "Largest relative difference", "Because of")  # fmt: skip
CHANGES = ("Kind", "Place", "What")


def as_data(found: Comparison) -> dict[str, Any]:
    """The whole comparison as JSON has it."""
    made = asdict(found)
    for dataset, held in zip(made["datasets"], found.datasets, strict=True):
        dataset["same"] = held.same
        for group in dataset["groups"]:
            for example in group["examples"]:
                example["keys"] = dict(zip(held.keys, example["keys"], strict=True))
    return {"same": found.same, **made}


def because(causes: Causes) -> str:
    """Causes as one text."""
    return "; ".join(f"{cause.kind}: {cause}" for cause in causes)


def dataset_rows(found: Comparison) -> Iterator[Row]:
    """A row for each dataset."""
    for each in found.datasets:
        yield (each.name, each.old_records, each.new_records, each.matched, each.count("removed"),
               each.count("added"), each.changed_records, each.count("changed"),
               len(each.attributes), ", ".join(each.keys), each.keys_from, *each.repeated)  # fmt: skip
    for lone in found.only_old:
        yield (lone.name, lone.records, "", "", "", "", "", "", "", "", "only in OLD", "", "")
    for lone in found.only_new:
        yield (lone.name, "", lone.records, "", "", "", "", "", "", "", "only in NEW", "", "")


def attribute_rows(found: Comparison) -> Iterator[Row]:
    """A row for each attribute that differs."""
    for dataset in found.datasets:
        for each in dataset.attributes:
            yield (dataset.name, each.variable, each.what, each.old, each.new, because(each.causes))


def group_rows(found: Comparison) -> Iterator[Row]:
    """A row for each group of differences."""
    for dataset in found.datasets:
        for group in dataset.groups:
            yield (dataset.name, group.variable, group.kind, group.records, group.subjects,
                   group.largest, group.largest_relative, because(group.causes))  # fmt: skip


def record_rows(found: Comparison) -> Iterator[Row]:
    """A row for each listed record that one side lacks."""
    for dataset in found.datasets:
        for group in dataset.groups:
            if group.kind == "changed":
                continue
            side = "only in OLD" if group.kind == "removed" else "only in NEW"
            for each in group.examples:
                number = each.old_record or each.new_record
                yield (dataset.name, side, number, named(dataset.keys, each.keys),
                       because(group.causes))  # fmt: skip


def value_rows(found: Comparison) -> Iterator[Row]:
    """A row for each listed value that changed."""
    for dataset in found.datasets:
        for group in dataset.of("changed"):
            for each in group.examples:
                yield (dataset.name, group.variable, named(dataset.keys, each.keys), each.old,
                       each.new, each.old_record, each.new_record, because(group.causes))  # fmt: skip


def change_rows(found: Comparison) -> Iterator[Row]:
    """A row for each input that differs between two builds."""
    for each in found.changes:
        yield (each.kind, each.where, each.what)


def named(keys: tuple[str, ...], values: tuple[str, ...]) -> str:
    """Keys with their values.

    >>> named(("USUBJID", "AESEQ"), ("S-1", "2"))
    'USUBJID S-1, AESEQ 2'
    """
    return ", ".join(f"{key} {value}" for key, value in zip(keys, values, strict=True))
