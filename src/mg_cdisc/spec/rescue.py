"""Of a file with mistakes, what can still be judged: so that all mistakes are told at once.

What has a mistake is left out, where the rest means the same without it. What is left out and could
be missed elsewhere is named ``broken``, so that nobody is blamed for missing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TypeVar

from pydantic import BaseModel

from mg_cdisc.errors import Finding
from mg_cdisc.spec.models import DatasetSpec, Study
from mg_cdisc.spec.parse import Path, faults_of, meant_by
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, is_bad

DATASET_ASIDE = frozenset(
    {"keys", "label", "structure", "units", "supplemental", "not_submitted", "comment", "value_level",
     "variable_order"}
)  # fmt: skip
"""Keys of a dataset without which its steps can still be judged."""
DATASET_PARTS = frozenset({"variables", "tables", "supplemental", "work"})
"""Keys of a dataset whose entries stand each for itself."""
SOURCE_ASIDE = frozenset({"key", "label", "pages", "collected_by", "not_submitted", "dates", "cut"})
"""Keys of a source without which its columns can still be judged."""
STUDY_NEEDS = {
    "study": "STUDY",
    "description": "-",
    "data_cut": "2000-01-01",
    "subjects": "nowhere",
}
"""What stands in for a study's own while its mistakes keep it from being known."""

M = TypeVar("M", bound=BaseModel)


def rescue_study(tree: Branch) -> tuple[Study | None, list[Finding]]:
    """What study.yaml says; with a mistake beside the standards, something to judge by."""
    study, faults, wrong = faults_of(Study, tree)
    if study is not None or "standards" in _meant(Study, wrong):
        return study, faults
    rest = _without(tree, {path[:1] for path in wrong})
    needs = {key: Leaf(text, tree.at) for key, text in STUDY_NEEDS.items() if key not in rest.items}
    made = faults_of(Study, Branch({**rest.items, **needs}, tree.at, rest.key_at))[0]
    return made, faults


def rescue_entry(
    model: type[M], tree: Branch, name: str
) -> tuple[M | None, list[Finding], set[str]]:
    """One entry of a file of many: a source or a codelist."""
    entry = tree.items[name]
    if is_bad(entry):
        return None, [], set()
    placed = Branch({name: entry}, tree.key_at[name], {name: tree.key_at[name]})
    made, faults, wrong = faults_of(model, placed, (name,))
    meant = _meant(model, wrong)
    if made is not None or not isinstance(entry, Branch) or not meant <= SOURCE_ASIDE:
        return made, faults, set()
    made = faults_of(model, _without(entry, {path[:1] for path in wrong}))[0]
    return made, faults, {f"dates:{name}"} if "dates" in meant else set()


def rescue_dataset(tree: Branch) -> tuple[DatasetSpec | None, Branch, list[Finding], set[str]]:
    """A dataset's spec and tree; with a mistake beside its steps, as much as the steps need."""
    bad = {
        key for key, value in tree.items.items() if key not in ("steps", "work") and is_bad(value)
    }
    tree = _without(tree, {(key,) for key in bad})
    spec, found, wrong = faults_of(DatasetSpec, tree)
    faults = [each for each in found if not _misses(each, bad)]
    if spec is not None and not bad:
        return spec, tree, faults, set()
    leaf = tree.items.get("dataset")
    name = leaf.text if isinstance(leaf, Leaf) else ""
    parts = {path[:2] for path in wrong if path[0] in DATASET_PARTS and len(path) > 1}
    broken = {f"facts:{name}.{part}" if key == "variables" else str(part) for key, part in parts}
    whole = {path[:1] for path in wrong if path[:2] not in parts}
    if _meant(DatasetSpec, [*whole, *((key,) for key in bad)]) - DATASET_ASIDE:
        return None, tree, faults, broken
    rest = _without(tree, whole | parts)
    if "keys" not in rest.items:
        rest = Branch({**rest.items, "keys": Items((), tree.at)}, tree.at, rest.key_at)
    return faults_of(DatasetSpec, rest)[0], rest, faults, broken


def _meant(model: type[BaseModel], paths: Iterable[Path]) -> set[str]:
    """The keys of a model that paths begin with, or were likely meant to."""
    known = [info.alias or name for name, info in model.model_fields.items()]
    return {meant_by(str(path[0]), known) if path else "?" for path in paths} - {""}


def _misses(finding: Finding, names: Iterable[str]) -> bool:
    return finding.kind == "missing-key" and any(
        finding.what == f"the file needs {name}:" for name in names
    )


def _without(tree: Branch, paths: Set[Path]) -> Branch:
    """The tree without some of its keys, or of what stands right below them."""
    items: dict[str, Tree] = {}
    for key, value in tree.items.items():
        if (key,) in paths:
            continue
        if isinstance(value, Branch):
            inner = {k: each for k, each in value.items.items() if (key, k) not in paths}
            value = Branch(inner, value.at, value.key_at)
        elif isinstance(value, Items):
            kept = (each for i, each in enumerate(value.items) if (key, i) not in paths)
            value = Items(tuple(kept), value.at)
        items[key] = value
    return Branch(items, tree.at, tree.key_at)
