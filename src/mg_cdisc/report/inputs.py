"""``inputs.zip``: what a build was made of, as far as a later ``diff`` needs it to name causes.

Of the specs the steps as they were bound, with their lines and what each reads and makes; of the
sources no value, but a digest of every row and of its key, and, unless they are large, eight bits of
a digest of every cell; and of each record which source rows it comes from. What is written depends on nothing but the inputs.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mg_cdisc.build.sources import Prepared
from mg_cdisc.dataset import Package
from mg_cdisc.derive import SOURCE, SUBJECT, Bound, Consult
from mg_cdisc.expression import names
from mg_cdisc.frame import Frame, Origins, Text
from mg_cdisc.report.digests import row_digests, text_digests
from mg_cdisc.spec import Plan, StudyFiles
from mg_cdisc.spec.catalog import SUPP_FIELD
from mg_cdisc.spec.tree import Branch, Items, Tree, leaves, name_of, plain
from mg_cdisc.terminology import Codelist

INPUTS = "inputs.zip"
FORM = 1
"""Raised when what is written can no longer be read as before."""
CELLS = 3_000_000
"""Of a source with more cells only rows have digests."""
_WHEN = (1980, 1, 1, 0, 0, 0)
_STEPS = ("steps", "supplemental", "work", "tables", "extends", "dataset")


def write_inputs(
    folder: Path, plan: Plan, sources: Mapping[str, Prepared], packages: Sequence[Package]
) -> None:
    """Write ``inputs.zip`` into the build's own folder."""
    subjects: dict[str, int] = {}
    arrays = {
        f"sources/{source.number}/{name}.npy": array
        for source in sources.values()
        for name, array in _rows_of(plan, source, subjects)
    }
    for package in packages:
        for dataset in package.datasets:
            for name, array in _origins_of(dataset.frame.origins):
                arrays[f"origins/{dataset.name}/{name}.npy"] = array
    told = describe(plan, sources, tuple(subjects))
    with zipfile.ZipFile(folder / INPUTS, "w") as book:
        _put(
            book, "plan.json", json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        )
        for name, array in arrays.items():
            held = io.BytesIO()
            np.save(held, array, allow_pickle=False)
            # digests cannot be made smaller
            random = name.endswith(("digest.npy", "key.npy"))
            _put(book, name, held.getvalue(), 0 if random else 1)


def _put(book: zipfile.ZipFile, name: str, data: bytes, level: int = 6) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
    book.writestr(entry, data, compresslevel=level or None)


def _rows_of(
    plan: Plan, source: Prepared, subjects: dict[str, int]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """The rows of a source: their numbers, subjects, keys and digests."""
    table = source.table
    columns = {
        name: column for name in table.columns if isinstance(column := table.frame[name], Text)
    }
    rows = table.frame.rows
    yield "row", np.asarray(table.row_numbers, np.int64)
    yield "subject", _subjects_of(source.frame, subjects)
    yield "digest", row_digests(columns, rows).astype(np.uint32)
    declared = plan.files.sources.get(source.name)
    if declared is not None and declared.key:
        yield "key", row_digests({name: columns[name] for name in declared.key}, rows)
    if rows * len(columns) <= CELLS:
        cells = np.zeros((len(columns), rows), np.uint8)
        for number, text in enumerate(columns.values()):
            cells[number] = text_digests(text.values).astype(np.uint8)[text.codes]
        yield "cells", cells


def _origins_of(origins: Origins) -> Iterator[tuple[str, NDArray[Any]]]:
    """The source rows of each record, as the steps from one to the next, which are mostly small."""
    ids = origins.ids
    if origins.offsets is not None:  # of one record in order: partitions find them in another
        record = np.repeat(np.arange(len(origins)), np.diff(origins.offsets))
        ids = ids[np.lexsort((ids, record))]
    yield "steps", np.diff(ids, prepend=np.int64(0))
    if origins.offsets is not None:
        yield "count", np.diff(origins.offsets).astype(np.int32)


def _subjects_of(frame: Frame, subjects: dict[str, int]) -> NDArray[np.int32]:
    """Per row the place of its subject among all subjects, -1 where it has none."""
    key = next((key for key in (SUBJECT, "USUBJID") if key in frame), "")
    if not key:
        return np.full(frame.rows, -1, np.int32)
    text = frame.text(key)
    places = [
        subjects.setdefault(name, len(subjects)) if name else -1 for name in text.values.to_pylist()
    ]
    return np.asarray(np.array(places, np.int32)[text.codes], np.int32)


def describe(
    plan: Plan, sources: Mapping[str, Prepared], subjects: tuple[str, ...]
) -> dict[str, Any]:
    """What stands in ``plan.json``."""
    files = plan.files
    used: dict[str, Codelist] = {}
    datasets = {
        name: {
            "kind": dataset.kind,
            "parent": dataset.parent,
            "keys": list(dataset.spec.keys) if dataset.spec is not None else [],
            "steps": [
                _step(plan, name, step, dataset.expanded[number : number + 1], used)
                for number, step in enumerate(dataset.steps)
            ],
        }
        for name, dataset in plan.datasets.items()
    }
    return {
        "form": FORM,
        "code": code_digest(),
        "options": {
            "agency": files.study.agency,
            "cut-off": files.cut_off.isoformat() if files.cut_off is not None else "",
            "encoding": files.study.text_encoding,
        },
        "datasets": datasets,
        "entries": {group: dict(_entries(files, tree)) for group, tree in _groups(files)},
        "accepted": [
            [entry.finding, entry.dataset or "", entry.variable or "", entry.then,
             files.from_study(str(at))]
            for entry, at in files.accepted
        ],
        "tables": {name: _table(plan, name, frame) for name, frame in plan.catalog.tables.items()},
        "lists": {name: _terms(codelist) for name, codelist in sorted(used.items())},
        "sources": {
            name: {
                "number": source.number,
                "files": [each.file for each in source.table.files],
                "columns": list(source.table.columns),
                "subject": _subject_columns(files, name),
            }
            for name, source in sources.items()
        },
        "subjects": list(subjects),
    }  # fmt: skip


def _subject_columns(files: StudyFiles, source: str) -> list[str]:
    """The columns that say whose a row is."""
    declared = files.sources.get(source)
    if declared is None or declared.subject is None:
        return []
    return list(dict.fromkeys(each.name for each in names(declared.subject)))


def _step(
    plan: Plan, dataset: str, step: Bound, written: tuple[Branch, ...], used: dict[str, Codelist]
) -> dict[str, Any]:
    written = written or _qualifier(plan, dataset, step.label)
    text = plain(written[0]) if written else {}
    lists = dict.fromkeys(_lists_of(plan, dataset, step, text, used))
    values = {
        name: _without_blanks({"reads": list(value.reads), "consults": _consults(value.consults)})
        for name, value in step.values.items()
    }
    return _without_blanks({
        "label": step.label,
        "at": plan.files.from_study(str(step.where)),
        "text": text,
        "lines": _lines(plan.files, step, written),
        "reads": list(step.reads),
        "consults": _consults(step.consults),
        "makes": list(step.makes),
        "revises": list(step.revises),
        "effect": step.effect.value,
        "reach": int(step.reach),
        "values": values,
        "lists": list(lists),
        "units": _says(text, "convert"),
        "python": sorted(_python(text)),
    })  # fmt: skip


def _qualifier(plan: Plan, dataset: str, label: str) -> tuple[Branch, ...]:
    """What the spec says of a supplemental qualifier."""
    if not label.startswith(SUPP_FIELD) or dataset not in plan.files.datasets:
        return ()
    listed = plan.files.datasets[dataset].tree.items.get("supplemental")
    for each in listed.items if isinstance(listed, Items) else ():
        if name_of(each) == label.removeprefix(SUPP_FIELD):
            return (Branch({label: each}, each.at),)
    return ()


def _lines(files: StudyFiles, step: Bound, written: tuple[Branch, ...]) -> dict[str, str]:
    """Where the parts of a step stand that begin below its own line."""
    if not written:
        return {}
    return {
        "/".join(path): files.from_study(str(leaf.at))
        for path, leaf in leaves(written[0])
        if leaf.at != step.where
    }


def _without_blanks(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if value or key in ("text", "makes")}


def _consults(consults: tuple[Consult, ...]) -> dict[str, list[str]]:
    return {each.name: list(each.columns) for each in consults}


def _lists_of(
    plan: Plan, dataset: str, step: Bound, text: Any, used: dict[str, Codelist]
) -> Iterator[str]:
    """The codelists on whose terms the values of a step depend, or which check them."""
    found: list[Codelist] = []
    for value in step.values.values():
        if value.codelist is not None and not _is_constant(text, step.label):
            found.append(value.codelist)
    if _says(text, "decode") or _says(text, "decode_of"):
        for read in step.reads:
            if not read.startswith((SOURCE, "@", "_")):
                found += plan.catalog.codelists_of(dataset, read)
    for codelist in found:
        used.setdefault(codelist.short_name, codelist)
        yield codelist.short_name


def _is_constant(text: Any, label: str) -> bool:
    """Whether a step writes a constant, which no codelist changes."""
    value = text.get(label.removeprefix("supp.")) if isinstance(text, dict) else None
    return isinstance(value, dict) and "hardcode" in value


def _says(text: Any, key: str) -> bool:
    """Whether a key stands somewhere in a step."""
    if isinstance(text, dict):
        return key in text or any(_says(each, key) for each in text.values())
    return isinstance(text, list) and any(_says(each, key) for each in text)


def _python(text: Any) -> Iterator[str]:
    """The files whose functions a step calls."""
    if isinstance(text, dict):
        for key, value in text.items():
            if key == "python" and isinstance(value, str):
                yield value.partition(":")[0]
            else:
                yield from _python(value)
    elif isinstance(text, list):
        for each in text:
            yield from _python(each)


def _groups(files: StudyFiles) -> Iterator[tuple[str, Tree]]:
    """The parts of the specs that are no steps, each with its tree."""
    study = {key: each for key, each in files.study_tree.items.items() if key != "trial_summary"}
    yield "study", Branch(study, files.study_tree.at)
    yield "sources", files.sources_tree
    yield "terminology", files.terminology_tree
    yield "translations", files.translations_tree
    yield "labels", files.labels_tree
    for name, loaded in files.datasets.items():
        items = {key: each for key, each in loaded.tree.items.items() if key not in _STEPS}
        yield f"spec:{name}", Branch(items, loaded.tree.at)
        yield f"each:{name}", Items(tuple(_repeated(loaded.tree)), loaded.tree.at)


def _repeated(tree: Tree) -> Iterator[Tree]:
    """What ``each`` puts into its steps, whose lines are those of the steps."""
    if isinstance(tree, Items):
        for item in tree.items:
            yield from _repeated(item)
    elif isinstance(tree, Branch):
        for key, value in tree.items.items():
            of = value.get("of") if key == "each" and isinstance(value, Branch) else None
            if of is not None:
                yield of
            yield from _repeated(value)


def _entries(files: StudyFiles, tree: Tree) -> Iterator[tuple[str, list[str]]]:
    for path, leaf in leaves(tree):
        yield "/".join(path), [leaf.text, files.from_study(str(leaf.at))]


def _table(plan: Plan, name: str, frame: Frame) -> list[list[str]]:
    """The rows of a table of the specs as texts, each with its place."""
    written = plan.catalog.written[name]
    columns = [
        column.to_list() if isinstance(column, Text) else [repr(each) for each in column.tolist()]
        for column in frame.columns.values()
    ]
    made = []
    for number, row in enumerate(zip(*columns, strict=True)):
        told = ", ".join(
            f"{key} {value}" for key, value in zip(frame.columns, row, strict=True) if value
        )
        made.append([told, plan.files.from_study(str(written.at(number)))])
    return made


def _terms(codelist: Codelist) -> dict[str, str]:
    """Each term with a checksum of what is published of it."""
    head = f"{codelist.code}|{codelist.extensible}"
    return {
        value: f"{crc32(f'{head}|{term}'.encode()):08x}" for value, term in codelist.terms.items()
    }


@cache
def code_digest() -> str:
    """A digest of the program itself: two states of it may bear one version."""
    total = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        total.update(path.relative_to(root).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]
