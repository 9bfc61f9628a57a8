"""Names of tables and helper datasets that are one dataset's own.

A table in a dataset spec is named for the steps of that spec. Two specs may both have a table
``windows``, and one of them may stand beside a ``windows`` of the study: the steps of each spec then
mean their own. Inside the plan such a name is ``windows of DATASET``, which is how findings, methods
and lineage show it; a name that nothing else has stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mg_cdisc.spec.load import StudyFiles
from mg_cdisc.spec.models import DatasetSpec
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree

NAMING = ("from", "table")
"""The keys under which steps name a table or dataset."""


def local_names(files: StudyFiles) -> dict[str, dict[str, str]]:
    """For each dataset the names of its own that something else has too, and what they become."""
    said = {name: tuple(_own(loaded.spec)) for name, loaded in files.datasets.items()}
    count = Counter(own for owns in said.values() for own in dict.fromkeys(owns))
    count.update(list(files.tables))
    return {
        name: {own: f"{own} of {name}" for own in owns if count[own] > 1}
        for name, owns in said.items()
    }


def _own(spec: DatasetSpec) -> Iterator[str]:
    yield from spec.tables
    for name, work in spec.work.items():
        yield name
        yield from work.tables


def with_local_names(tree: Tree, names: Mapping[str, str]) -> Tree:
    """Steps in which these names are replaced wherever a table or dataset is named."""
    if not names:
        return tree
    match tree:
        case Branch():
            items = {
                key: _named(value, names) if key in NAMING else with_local_names(value, names)
                for key, value in tree.items.items()
            }
            return replace(tree, items=items)
        case Items():
            return replace(tree, items=tuple(with_local_names(each, names) for each in tree.items))
        case _:
            return tree


def _named(tree: Tree, names: Mapping[str, str]) -> Tree:
    match tree:
        case Leaf():
            return replace(tree, text=names.get(tree.text, tree.text))
        case Items():
            return replace(tree, items=tuple(_named(each, names) for each in tree.items))
        case _:
            return with_local_names(tree, names)
