"""Variables that a lookup brings by a list: ``list`` of a ``lookup`` becomes part of its ``keep``.

The first column of the table holds the names of the variables there, the second one, where there is
one, the names that they get here; blank means the same name. So the variables that every analysis
dataset takes from ADSL are listed once for the study.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mg_cdisc.spec.lists import Table
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree


def with_listed(tree: Tree, tables: Mapping[str, Table]) -> Tree:
    """Steps in which the lists of lookups are written out; an unknown list stays, to be reported."""
    match tree:
        case Branch():
            items = {
                key: _written_out(value, tables)
                if key == "lookup" and isinstance(value, Branch)
                else with_listed(value, tables)
                for key, value in tree.items.items()
            }
            return replace(tree, items=items)
        case Items():
            return replace(tree, items=tuple(with_listed(each, tables) for each in tree.items))
        case _:
            return tree


def _written_out(lookup: Branch, tables: Mapping[str, Table]) -> Branch:
    named = lookup.items.get("list")
    if not isinstance(named, Leaf) or named.text not in tables:
        return lookup
    listed = [_pair(tuple(row), named) for row in tables[named.text].rows]
    keep = lookup.items.get("keep")
    said = () if keep is None else keep.items if isinstance(keep, Items) else (keep,)
    items = {key: value for key, value in lookup.items.items() if key != "list"}
    items["keep"] = Items((*listed, *said), named.at)
    return replace(lookup, items=items)


def _pair(row: tuple[str, ...], at: Leaf) -> Tree:
    """A name, or ``{NEW: OLD}``."""
    old = Leaf(row[0], at.at)
    new = row[1] if len(row) > 1 else ""
    return Branch({new: old}, at.at, {new: at.at}) if new else old
