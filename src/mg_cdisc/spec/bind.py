"""From files to a plan: every step typed and bound, and the order in which all steps run.

Between datasets the order is found by variable: a step waits for the last step that changes the
rows of a dataset it reads, or makes or changes the variables that it reads there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mg_cdisc.derive import (
    SOURCE,
    STEPS,
    AnyValue,
    Bound,
    BoundValue,
    Model,
    Scope,
    Step,
    Value,
    bind_variable,
)
from mg_cdisc.derive.columns import Lookup
from mg_cdisc.derive.fill import Fill
from mg_cdisc.derive.records import Records
from mg_cdisc.errors import Finding, Location, SpecError
from mg_cdisc.expression import ExpressionError, Type, bind
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.catalog import SUPP_FIELD, SUPPQUAL, LazyTypes, StudyCatalog
from mg_cdisc.spec.expand import Context, expand_steps
from mg_cdisc.spec.load import Loaded, StudyFiles
from mg_cdisc.spec.models import DatasetSpec
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.schedule import schedule
from mg_cdisc.spec.supplemental import bind_supplemental
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree

_VARIABLE = re.compile(r"^[A-Z][A-Z0-9_]{0,7}$")
_WORKING = re.compile(r"^_[A-Za-z0-9_]+$|^[a-z][a-z0-9_]*$")

CONSTANT = ("STUDYID", "DOMAIN", "USUBJID")
"""Variables that every record has without a step of its own."""


class _VariableStep(Model):
    value: AnyValue


@dataclass(frozen=True)
class BoundDataset:
    """A dataset with every step bound.

    ``kind`` is sdtm, adam, supp or work. ``parent`` is the dataset that a supplemental one belongs
    to. ``types`` are the final columns by key.
    """

    name: str
    kind: str
    steps: tuple[Bound, ...]
    types: Mapping[str, Type]
    where: Location
    spec: DatasetSpec | None = None
    parent: str = ""
    expanded: tuple[Branch, ...] = ()

    @property
    def by_subject(self) -> bool:
        """Whether it has records of subjects."""
        return "USUBJID" in self.types

    def values(self) -> dict[str, tuple[Bound, BoundValue]]:
        """For each variable the step and value that made it (the last that revised it wins not)."""
        made: dict[str, tuple[Bound, BoundValue]] = {}
        for step in self.steps:
            for name, value in step.values.items():
                made.setdefault(name, (step, value))
        return made

    def makers(self, name: str) -> tuple[tuple[Bound, BoundValue], ...]:
        """Every step and value that makes a variable: several where records are stacked."""
        return tuple(
            (step, step.values[name])
            for step in self.steps
            if name in step.values and name not in step.revises
        )

    def revisions(self, name: str) -> tuple[Bound, ...]:
        """The steps that change a variable after it was made."""
        return tuple(step for step in self.steps if name in step.revises)


@dataclass(frozen=True)
class Plan:
    """The whole study bound: datasets, and the order in which their steps run."""

    files: StudyFiles
    catalog: StudyCatalog
    datasets: Mapping[str, BoundDataset]
    order: tuple[tuple[str, int], ...]
    subjects: Mapping[str, Any] = field(default_factory=dict)


def bind_study(files: StudyFiles, sources: Mapping[str, SourceTable]) -> Plan:
    """Bind every dataset; raises SpecError with every mistake found."""
    binder = _Binder(files, sources)
    return binder.plan()


class _Binder:
    def __init__(self, files: StudyFiles, sources: Mapping[str, SourceTable]) -> None:
        self.files = files
        self.findings: list[Finding] = []
        try:
            self.catalog = StudyCatalog(files, sources)
        except ExpressionError as error:
            at = Location(files.shown)
            raise SpecError([Finding(at, error.kind, error.what, error.todo)]) from error
        self.catalog.bound_types = self.types_of
        self.parsed: dict[str, list[tuple[str, Any, Branch]]] = {}
        self.expanded: dict[str, tuple[Branch, ...]] = {}
        self.owners: dict[str, str] = {}
        self.bound: dict[str, BoundDataset] = {}
        self.scopes: dict[str, Scope] = {}
        self.open: list[str] = []
        self.broken: set[str] = set()
        self.sources_of: dict[str, tuple[str, ...]] = {}
        self.catalog.dataset_sources = self.sources_of

    def plan(self) -> Plan:
        """Everything in turn."""
        for name, loaded in self.files.datasets.items():
            self._parse_dataset(name, loaded)
        for name in self.parsed:
            self._names(name)
        self._bind_subjects()
        for name in self.parsed:
            self._bind_dataset(name)
        if self.findings:
            raise SpecError(self.findings)
        datasets = dict(self.bound)
        for name in list(datasets):
            spec = datasets[name].spec
            if spec is not None and spec.supplemental:
                supp = self._supplemental(datasets[name], spec)
                datasets[supp.name] = supp
        return Plan(self.files, self.catalog, datasets, schedule(datasets))

    # reading steps

    def _parse_dataset(self, name: str, loaded: Loaded) -> None:
        spec, tree = loaded.spec, loaded.tree
        for table_name, table in spec.tables.items():
            self._add_table(table_name, table, tree)
        self._parse_steps(name, name, tree.items["steps"], loaded)
        work = tree.items.get("work")
        for work_name, each in (work.items if isinstance(work, Branch) else {}).items():
            steps = each.items.get("steps") if isinstance(each, Branch) else None
            if steps is not None:
                self.owners[work_name] = name
                self._parse_steps(work_name, name, steps, loaded)
        for position, entry in enumerate(spec.supplemental):
            listed = tree.items["supplemental"]
            at = listed.items[position].at if isinstance(listed, Items) else listed.at
            branch = Branch({SUPP_FIELD + entry.QNAM: Leaf("", at)}, at, {})
            self.parsed[name].append((SUPP_FIELD + entry.QNAM, entry.value, branch))
        self._names(name)

    def _add_table(self, name: str, table: Any, tree: Branch) -> None:
        try:
            self.catalog.add_table(name, table)
        except ExpressionError as error:
            at = tree.key_at.get("tables", tree.at)
            self.findings.append(Finding(at, error.kind, error.what, error.todo))

    def _parse_steps(self, name: str, owner: str, steps: Tree, loaded: Loaded) -> None:
        context = Context(owner, self.catalog.domain(owner), self.files.instruments)
        branches = expand_steps(steps, context, self.findings)
        self.expanded[name] = tuple(branches)
        parsed = []
        for branch in branches:
            key, value = next(iter(branch.items.items()))
            if key in STEPS:
                model: Any = read_model(STEPS[key], value, self.findings, key)
            elif self._name_fits(key, branch, name):
                wrapped = Branch({"value": value}, branch.at, {"value": branch.at})
                read = read_model(_VariableStep, wrapped, self.findings, key)
                model = read.value if read is not None else None
            else:
                model = None
            parsed.append((key, model, branch))
        self.parsed[name] = parsed
        self.sources_of[name] = tuple(
            dict.fromkeys(
                each
                for _, model, _ in parsed
                if isinstance(model, Records)
                for each in model.from_
                if each in self.files.sources
            )
        )
        self._names(name)

    def _name_fits(self, key: str, branch: Branch, dataset: str) -> bool:
        if _VARIABLE.match(key) or _WORKING.match(key):
            return True
        todo = (
            "A variable has at most 8 upper-case letters, digits or _; a working one begins with _."
        )
        self.findings.append(Finding(branch.at, "bad-name", f"{key} is no variable name", todo))
        return False

    def _names(self, name: str) -> None:
        """Every variable that the steps of a dataset make, before anything is bound."""
        made: dict[str, Location] = {}
        for key, model, branch in self.parsed[name]:
            for each in made_names(key, model, self.catalog):
                made.setdefault(each, branch.at)
        given = ["STUDYID"] if name not in self.owners else []
        if self.files.datasets[self.owners.get(name, name)].kind == "sdtm" and given:
            given.append("DOMAIN")
        if self._has_subjects(name, ()):
            given.append("USUBJID")
        self.catalog.made[name] = tuple(dict.fromkeys([*given, *made]))

    def _has_subjects(self, name: str, above: tuple[str, ...]) -> bool:
        """Whether the records of a source, dataset or table are of subjects, before binding."""
        if name in self.files.sources:
            return self.files.sources[name].subject is not None
        if name not in self.parsed or name in above:
            return name in above
        first = next((m for _, m, _ in self.parsed[name] if isinstance(m, Records)), None)
        if first is None or not first.from_:
            return False
        if first.by is not None and first.take is None:
            return "USUBJID" in first.by
        return any(self._has_subjects(each, (*above, name)) for each in first.from_)

    # binding

    def types_of(self, name: str) -> Mapping[str, Type]:
        """Types of a dataset's variables: from its binding, else from facts, else by binding it."""
        if name in self.bound:
            return self.bound[name].types

        def find(variable: str) -> Type:
            if variable in CONSTANT:
                return Type.TEXT
            facts = self.catalog.facts(name, variable)
            if facts is not None:
                return facts.type
            if name in self.open or name in self.broken:
                raise ExpressionError(
                    f"the type of {name}.{variable} is not known yet here",
                    f"Give it a type under variables: of {name}.",
                )
            self._bind_dataset(name)
            if name not in self.bound:
                raise ExpressionError(f"{name} has a mistake of its own", "Mend that first.")
            return self.bound[name].types[variable]

        if self.owners.get(name) and name not in self.open and name not in self.broken:
            self._bind_dataset(name)
            if name in self.bound:
                return self.bound[name].types
        if name in self.open:
            return self._known_so_far(name)
        return LazyTypes(self.catalog.made[name], find)

    def _known_so_far(self, name: str) -> Mapping[str, Type]:
        """Of a dataset that is being bound: what a step above, or the standard, says of it."""
        scope = self.scopes[name]
        known = {key: kind for key, kind in scope.columns.items() if not key.startswith(SOURCE)}
        known |= dict.fromkeys(
            (each for each in CONSTANT if each in self.catalog.made[name]), Type.TEXT
        )
        for each in self.catalog.made[name]:
            fact = self.catalog.variable_fact(name, each) if each not in known else None
            facts = self.catalog.facts(name, each) if fact is not None else None
            if facts is not None:
                known[each] = facts.type
        return known

    def _bind_dataset(self, name: str) -> None:
        if name in self.bound or name in self.open or name in self.broken:
            return
        self.open.append(name)
        before = len(self.findings)
        owner = self.owners.get(name, name)
        loaded = self.files.datasets[owner]
        constants = {"STUDYID": self.files.study.study}
        if loaded.kind == "sdtm":
            constants["DOMAIN"] = self.catalog.domain(owner)
        scope = Scope(name, {}, self.catalog, {}, constants if name == owner else {})
        self.scopes[name] = scope
        steps: list[Bound] = []
        parsed = self.parsed[name]
        later = self._later(name)
        for position, (key, model, branch) in enumerate(parsed):
            if model is None:
                continue
            scope.later = {each: at for each, (line, at) in later.items() if line > position}
            bound = self._bind_step(key, model, branch, scope, steps)
            if bound is not None:
                steps.append(bound)
                for made, kind in bound.makes.items():
                    scope.columns[made] = kind
        self.open.remove(name)
        if len(self.findings) > before:
            self.broken.add(name)
            return
        types = {key: each for key, each in scope.columns.items() if not key.startswith(SOURCE)}
        self.bound[name] = BoundDataset(
            name,
            loaded.kind if name == owner else "work",
            tuple(steps),
            types,
            loaded.tree.at,
            loaded.spec if name == owner else None,
            expanded=self.expanded[name],
        )

    def _later(self, name: str) -> dict[str, tuple[int, Location]]:
        made: dict[str, tuple[int, Location]] = {}
        for position, (key, model, branch) in enumerate(self.parsed[name]):
            for each in made_names(key, model, self.catalog):
                made.setdefault(each, (position, branch.at))
        return made

    def _bind_step(
        self, key: str, model: Any, branch: Branch, scope: Scope, steps: list[Bound]
    ) -> Bound | None:
        at = branch.at
        try:
            if not steps and not isinstance(model, Records):
                raise ExpressionError(
                    f"{key} stands before any records are made",
                    "Begin with a records step.",
                    "no-records",
                )
            if isinstance(model, Step):
                for name in made_names(key, model, self.catalog):
                    if not isinstance(model, Records) and not _fits(name):
                        raise ExpressionError(f"{name} is no variable name", "", "bad-name")
                return model.bind(scope, at)
            assert isinstance(model, Value)
            return bind_variable(key, model, scope, at)
        except ExpressionError as error:
            shown = key.removeprefix(SUPP_FIELD)
            self.findings.append(
                Finding(at, error.kind, f"{shown}: {error.what}", error.todo, dataset=scope.dataset)
            )
            return None

    def _bind_subjects(self) -> None:
        """Check that each source's subject is an expression of its own columns."""
        for name, source in self.files.sources.items():
            if source.subject is None or name not in self.catalog.sources:
                continue
            schema = self.catalog.schema(name)
            types = {key: kind for key, kind in schema.types.items() if key.startswith(SOURCE)}
            scope = Scope(name, {"STUDYID": Type.TEXT, **types}, self.catalog)
            at = self.files.sources_tree.key_at.get(name, Location(self.files.shown))
            try:
                typed = bind(source.subject, scope)
                if not typed.type.stored_as_text:
                    raise ExpressionError("the subject must be text")
            except ExpressionError as error:
                self.findings.append(
                    Finding(at, error.kind, f"{name}.subject: {error.what}", error.todo)
                )

    def _supplemental(self, parent: BoundDataset, spec: DatasetSpec) -> BoundDataset:
        name = f"SUPP{parent.name}"
        step = bind_supplemental(parent.name, self.catalog.domain(parent.name), spec, parent.where,
                                 self.files.study.study)  # fmt: skip
        return BoundDataset(
            name,
            "supp",
            (step,),
            dict.fromkeys(SUPPQUAL, Type.TEXT),
            parent.where,
            None,
            parent.name,
        )


def _fits(name: str) -> bool:
    return bool(_VARIABLE.match(name) or _WORKING.match(name))


def made_names(key: str, model: Any, catalog: StudyCatalog) -> tuple[str, ...]:
    """The variables that a step makes, before it is bound."""
    if model is None:
        return () if key in STEPS else (key,)
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
        return (*(model.by or ()), *names)
    if isinstance(model, Lookup):
        return (*(new for new, _ in model.keep), *model.set)
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
