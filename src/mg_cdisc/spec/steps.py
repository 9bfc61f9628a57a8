"""From the steps as written to their models, and what each makes, before anything is bound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mg_cdisc.derive import STEPS, AnyValue, Model, Step
from mg_cdisc.derive.columns import Lookup
from mg_cdisc.derive.fill import Fill
from mg_cdisc.derive.records import Records
from mg_cdisc.derive.source_of import TRACED
from mg_cdisc.errors import Finding
from mg_cdisc.spec.catalog import SUPP_FIELD, StudyCatalog
from mg_cdisc.spec.expand import FAILED, Context, expand_steps
from mg_cdisc.spec.parse import read_model, read_value
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, plain

_VARIABLE = re.compile(r"^[A-Z][A-Z0-9_]{0,7}$")
_WORKING = re.compile(r"^_[A-Za-z0-9_]+$|^[a-z][a-z0-9_]*$")
NAME_TODO = "A variable has at most 8 upper-case letters, digits or _; a working one begins with _."


class _VariableStep(Model):
    value: AnyValue


@dataclass(frozen=True)
class ParsedStep:
    """One step: its key, its model (None: it has a mistake already reported) and its text."""

    key: str
    model: Any
    branch: Branch

    @property
    def clear(self) -> bool:
        """Whether it can be told which variables the step makes."""
        if self.model is not None or self.key not in (*STEPS, FAILED):
            return self.key.startswith(SUPP_FIELD) or self.key in STEPS or fits(self.key)
        value = self.branch.items[self.key]
        if self.key in (FAILED, "records", "fill") or isinstance(value, Leaf):
            return False
        if self.key != "lookup":
            return True
        fields = {info.alias or name for name, info in Lookup.model_fields.items()}
        return isinstance(value, Branch) and set(value.items) <= fields


def fits(name: str) -> bool:
    """Whether a variable can be called so."""
    return bool(_VARIABLE.match(name) or _WORKING.match(name))


def parse_steps(steps: Tree, context: Context, findings: list[Finding]) -> list[ParsedStep]:
    """Every step, sugar written out."""
    parsed = []
    for branch in expand_steps(steps, context, findings):
        key = next(iter(branch.items))
        model: Any = None
        if key in STEPS:
            model = read_model(STEPS[key], branch, findings, root=(key,))
        elif key != FAILED and not fits(key):
            what = f"{key} is no variable name"
            findings.append(Finding(branch.at, "bad-name", what, NAME_TODO))
        elif key != FAILED:
            read = read_value(_VariableStep, branch, key, findings)
            model = read.value if read is not None else None
        parsed.append(ParsedStep(key, model, branch))
    return parsed


def supplemental_steps(entries: Any, listed: Tree) -> list[ParsedStep]:
    """The values of supplemental qualifiers as steps of the parent dataset."""
    made: list[ParsedStep] = []
    for position, entry in enumerate(entries):
        tree = listed.items[position] if isinstance(listed, Items) else listed
        key = SUPP_FIELD + entry.QNAM
        if key in [step.key for step in made]:
            continue
        made.append(ParsedStep(key, entry.value, Branch({key: tree}, tree.at, {key: tree.at})))
    return made


def made_names(step: ParsedStep, catalog: StudyCatalog) -> tuple[str, ...]:
    """The variables that a step makes, as far as can be told before it is bound."""
    key, model = step.key, step.model
    if model is None:
        return tuple(_written_names(step))
    if isinstance(model, Records):
        names = [new for new, _ in model.keep] + list(model.set)
        if model.unpivot is not None:
            values = model.unpivot.values
            columns = catalog.table_types.get(model.unpivot.table, {})
            names += [
                each if each.isupper() else f"_{each}"
                for each in columns
                if each not in values.values()
            ]
            names += list(values)
            names += [model.unpivot.row] if model.unpivot.row is not None else []
        names += TRACED if model.source_of is not None else ()
        return (*(new for new, _ in model.by or ()), *dict.fromkeys(names))
    if isinstance(model, Lookup):
        traced = TRACED if model.source_of is not None else ()
        return tuple(dict.fromkeys([*(new for new, _ in model.keep), *model.set, *traced]))
    if isinstance(model, Fill):
        return (*model.grid.values, *(new for new, _ in model.grid.keep), *model.set)
    if isinstance(model, Step):
        return ()
    extra = [
        name
        for field_name in ("standard_unit", "date_flag", "time_flag")
        if isinstance(name := getattr(model, field_name, None), str)
    ]
    return (key, *extra)


def _written_names(step: ParsedStep) -> Iterator[str]:
    """What a step that could not be read seems to make."""
    if step.key not in (*STEPS, FAILED):
        yield step.key
    value = step.branch.items[step.key]
    for key in ("set", "keep"):
        part = plain(value.items[key]) if isinstance(value, Branch) and key in value.items else []
        for each in part if isinstance(part, list) else [part]:
            if step.key in ("records", "lookup", "fill"):
                yield from each if isinstance(each, dict) else [str(each)]
