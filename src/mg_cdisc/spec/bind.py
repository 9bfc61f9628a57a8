"""From files to a plan: every step typed and bound, and the order in which all steps run.

Between datasets the order is found by variable: a step waits for the last step that changes the
rows of a dataset it reads, or makes or changes the variables that it reads there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from mg_cdisc.derive import SOURCE, Bound, Facts, Scope, Step, Value, bind_variable
from mg_cdisc.derive.assign import check_type
from mg_cdisc.derive.clause import number_columns
from mg_cdisc.derive.records import Records
from mg_cdisc.errors import Finding, Location, SpecError
from mg_cdisc.expression import ExpressionError, FollowUpError, Mistakes, Type, bind
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.analyses import review_endpoints
from mg_cdisc.spec.catalog import SUPP_FIELD, LazyTypes, StudyCatalog
from mg_cdisc.spec.continued import continue_text, with_origins
from mg_cdisc.spec.copied import copied_from
from mg_cdisc.spec.expand import FAILED, Context, report
from mg_cdisc.spec.listed import with_listed
from mg_cdisc.spec.load import Loaded, StudyFiles
from mg_cdisc.spec.local import local_names, with_local_names
from mg_cdisc.spec.plan import BoundDataset, Plan
from mg_cdisc.spec.review import review_dataset, review_dictionaries, review_names, review_study
from mg_cdisc.spec.schedule import schedule
from mg_cdisc.spec.steps import (
    NAME_TODO,
    ParsedStep,
    fits,
    made_names,
    parse_steps,
    supplemental_steps,
)
from mg_cdisc.spec.supplemental import supplemental_dataset
from mg_cdisc.spec.tree import Branch, Tree, locate

__all__ = ["BoundDataset", "Plan", "bind_study"]

CONSTANT = ("STUDYID", "DOMAIN", "USUBJID")
"""Variables that every record has without a step of its own."""


def bind_study(files: StudyFiles, sources: Mapping[str, SourceTable]) -> Plan:
    """Bind every dataset; raises SpecError with every mistake found."""
    binder = _Binder(files, sources)
    return binder.plan()


class _Binder:
    def __init__(self, files: StudyFiles, sources: Mapping[str, SourceTable]) -> None:
        self.datasets = dict(files.datasets)
        self.files = replace(files, datasets=self.datasets)
        self.findings: list[Finding] = []
        try:
            self.catalog = StudyCatalog(self.files, sources, self.findings)
        except SpecError as error:
            raise SpecError([*files.faults, *error.findings]) from error
        self.catalog.bound_types = self.types_of
        self.catalog.is_open = self.is_open
        self.parsed: dict[str, list[ParsedStep]] = {}
        self.expanded: dict[str, tuple[Branch, ...]] = {}
        self.owners: dict[str, str] = {}
        self.local = local_names(self.files)
        self.bound: dict[str, BoundDataset] = {}
        self.scopes: dict[str, Scope] = {}
        self.open: list[str] = []
        self.broken: set[str] = set()
        self.sources_of: dict[str, tuple[str, ...]] = {}
        self.catalog.dataset_sources = self.sources_of

    def plan(self) -> Plan:
        """Everything in turn."""
        for name, loaded in list(self.datasets.items()):
            self._parse_dataset(name, loaded)
        for name in self.parsed:
            self._names(name)
        self.findings += review_study(self.catalog)
        for name in self.files.datasets:
            self.catalog.find_meant(name)
        for name, loaded in self.files.datasets.items():
            self.findings += review_dataset(self.catalog, name, loaded)
        self._bind_subjects()
        for name in self.parsed:
            self._bind_dataset(name)
        for name, loaded in self.files.datasets.items():
            broken = self.scopes[name].broken
            self.findings += review_names(self.catalog, name, loaded, broken)
        self.findings += review_dictionaries(self.catalog)
        self._review_endpoints()
        self._check_order()
        findings = [*self.files.faults, *self.findings]
        if findings:
            raise SpecError(findings)
        assert not self.broken
        datasets = dict(self.bound)
        for name in list(datasets):
            spec = datasets[name].spec
            if spec is not None and spec.supplemental:
                datasets[name] = with_origins(datasets[name])
                domain, study = self.catalog.domain(name), self.files.study.study
                datasets[f"SUPP{name}"] = supplemental_dataset(datasets[name], domain, study)
        return Plan(self.files, self.catalog, datasets, schedule(datasets))

    def _review_endpoints(self) -> None:
        """The endpoints beside the analysis datasets that could be bound."""
        if self.files.endpoints is None:
            return
        adam = [name for name, loaded in self.files.datasets.items() if loaded.kind == "adam"]
        types = {
            name: {
                key: kind
                for key, kind in self.bound[name].types.items()
                if key[0].isalpha() and key.isupper()
            }
            for name in adam
            if name in self.bound and name not in self.broken
        }
        self.findings += review_endpoints(
            self.files.endpoints, self.files.endpoints_tree, types,
            {*adam, *self.files.broken} - set(types),
        )  # fmt: skip

    def _check_order(self) -> None:
        """A circle of steps is one more mistake, where the others leave it to be seen."""
        if not self.findings:
            return
        try:
            schedule(self.bound)
        except SpecError as error:
            self.findings += error.findings

    # reading steps

    def _parse_dataset(self, name: str, loaded: Loaded) -> None:
        spec, tree, own = loaded.spec, loaded.tree, self.local.get(name, {})
        for table_name, table in spec.tables.items():
            path = ("tables", table_name)
            self.catalog.try_table(own.get(table_name, table_name), table, tree, path)
        lists = {**self.files.tables, **spec.tables}
        steps = with_local_names(with_listed(tree.items["steps"], lists), own)
        self._parse_steps(name, name, steps)
        work = tree.items.get("work")
        for work_name, each in (work.items if isinstance(work, Branch) else {}).items():
            written = each.items.get("steps") if isinstance(each, Branch) else each
            helper = own.get(work_name, work_name)
            if written is not None and self._name_is_free(helper, tree):
                self.owners[helper] = name
                for table_name, table in spec.work[work_name].tables.items():
                    within = ("work", work_name, "tables", table_name)
                    self.catalog.try_table(own.get(table_name, table_name), table, tree, within)
                steps = with_local_names(with_listed(written, lists), own)
                self._parse_steps(helper, name, steps)
        made = tuple(each for step in self.parsed[name] for each in made_names(step, self.catalog))
        self.datasets[name], more = continue_text(name, loaded, made, self.catalog, self.findings)
        spec, tree = self.datasets[name].spec, self.datasets[name].tree
        self.parsed[name] += more
        if "supplemental" in tree.items:
            listed = with_local_names(tree.items["supplemental"], own)
            self.parsed[name] += supplemental_steps(spec.supplemental, listed)

    def _name_is_free(self, name: str, tree: Branch) -> bool:
        """A helper dataset has a name of its own."""
        taken = (self.parsed, self.files.datasets, self.files.sources, self.files.given,
                 self.catalog.table_types)  # fmt: skip
        if not any(name in names for names in taken):
            return True
        at = locate(tree, ("work", name))[0]
        what = f"the name {name} is taken by another dataset, source or table"
        self.findings.append(Finding(at, "name-taken", what, "Give it another name."))
        return False

    def _parse_steps(self, name: str, owner: str, steps: Tree) -> None:
        domain = self.catalog.domain(owner)
        context = Context(owner, domain, self.files.instruments, self.files.broken)
        self.parsed[name] = parse_steps(steps, context, self.findings)
        self.expanded[name] = tuple(each.branch for each in self.parsed[name])
        self.sources_of[name] = tuple(
            dict.fromkeys(
                each
                for step in self.parsed[name]
                if isinstance(step.model, Records)
                for each in step.model.from_
                if each in self.files.sources
            )
        )

    def _names(self, name: str) -> None:
        """Every variable that the steps of a dataset make, before anything is bound."""
        made = [each for step in self.parsed[name] for each in made_names(step, self.catalog)]
        given = ["STUDYID"] if name not in self.owners else []
        if given and self._has_domain(name):
            given.append("DOMAIN")
        if self._has_subjects(name, ()):
            given.append("USUBJID")
        self.catalog.made[name] = tuple(dict.fromkeys([*given, *made]))
        self.catalog.copies[name] = copied_from([step.model for step in self.parsed[name]])

    def _has_domain(self, name: str) -> bool:
        """Whether DOMAIN stands in every record: not in analysis datasets, nor in RELREC."""
        if self.files.datasets[self.owners.get(name, name)].kind != "sdtm":
            return False
        known = self.catalog.sdtm.variables(name, self.catalog.domain(name))
        return not known or any(fact.name == "DOMAIN" for fact in known)

    def _has_subjects(self, name: str, above: tuple[str, ...]) -> bool:
        """Whether the records of a source, dataset or table are of subjects, before binding."""
        if name in self.files.sources:
            return self.files.sources[name].subject is not None
        if name in self.files.given:
            return self.files.given[name].by_subject
        if name.startswith("SUPP") and name not in self.parsed:
            return name.removeprefix("SUPP") in self.parsed
        if name not in self.parsed or name in above:
            return name in above
        first = next(
            (each.model for each in self.parsed[name] if isinstance(each.model, Records)), None
        )
        if first is None or not first.from_:
            return False
        if first.by is not None and first.take is None:
            return any(new == "USUBJID" for new, _ in first.by)
        return any(self._has_subjects(each, (*above, name)) for each in first.from_)

    # binding

    def types_of(self, name: str) -> Mapping[str, Type]:
        """Types of a dataset's variables: from its binding, else from facts, else by binding it."""
        if name in self.bound:
            return self.bound[name].types

        def find(variable: str) -> Type:
            if variable in CONSTANT:
                return Type.TEXT
            facts = self._facts(name, variable)
            if facts is not None:
                return facts.type
            if name in self.broken:
                raise FollowUpError(f"{name} has a mistake of its own")
            if name in self.open:
                raise ExpressionError(
                    f"the type of {name}.{variable} is not known yet here",
                    f"Give it a type under variables: of {name}.",
                )
            self._bind_dataset(name)
            if name not in self.bound:
                raise FollowUpError(f"{name} has a mistake of its own")
            return self.bound[name].types[variable]

        if self.owners.get(name) and name not in self.open and name not in self.broken:
            self._bind_dataset(name)
            if name in self.bound:
                return self.bound[name].types
        if name in self.open:
            return self._known_so_far(name)
        return LazyTypes(self.catalog.made[name], find)

    def _facts(self, dataset: str, variable: str) -> Facts | None:
        """Facts for a reader elsewhere: that there are none is told where the variable is made."""
        try:
            return self.catalog.facts(dataset, variable)
        except ExpressionError as error:
            raise FollowUpError(error.what) from error

    def is_open(self, name: str) -> bool:
        """Whether a mistake leaves unknown what else a dataset has."""
        if name in self.scopes and self.scopes[name].open:
            return True
        steps = self.parsed.get(name)
        return steps == [] or any(not step.clear for step in steps or ())

    def _known_so_far(self, name: str) -> Mapping[str, Type]:
        """Of a dataset that is being bound: what a step above, or the standard, says of it."""
        scope = self.scopes[name]
        known = {key: kind for key, kind in scope.columns.items() if not key.startswith(SOURCE)}
        known |= dict.fromkeys(
            (each for each in CONSTANT if each in self.catalog.made[name]), Type.TEXT
        )
        for each in self.catalog.made[name]:
            fact = self.catalog.variable_fact(name, each) if each not in known else None
            facts = self._facts(name, each) if fact is not None else None
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
        if self._has_domain(owner):
            constants["DOMAIN"] = self.catalog.domain(owner)
        scope = Scope(name, {}, self.catalog, {}, constants if name == owner else {})
        scope.broken |= self.catalog.meant.get(name, frozenset())
        self.scopes[name] = scope
        steps: list[Bound] = []
        later = self._later(name)
        for position, step in enumerate(self.parsed[name]):
            scope.later = {each: at for each, (line, at) in later.items() if line > position}
            scope.made = {each: at for each, (line, at) in later.items() if line <= position}
            if position == 0:
                self._check_first(step, scope)
            bound = self._bind_step(step, scope) if step.model is not None else None
            if bound is not None:
                steps.append(bound)
                scope.columns.update(bound.makes)
            else:
                self._without(step, scope)
        self.open.remove(name)
        if not self.parsed[name]:
            at = locate(loaded.tree, ("steps",))[0]
            self.findings.append(
                Finding(at, "no-records", f"{name} has no steps", "Begin with a records step.")
            )
        if len(steps) < len(self.parsed[name]) or len(self.findings) > before:
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
        for position, step in enumerate(self.parsed[name]):
            for each in made_names(step, self.catalog):
                made.setdefault(each, (position, step.branch.at))
        return made

    def _check_first(self, step: ParsedStep, scope: Scope) -> None:
        """The first step makes records: all others look at those that are there."""
        if step.key in ("records", FAILED):
            return
        scope.open = True
        shown = step.key.removeprefix(SUPP_FIELD)
        what = f"{shown} stands before any records are made"
        self.findings.append(
            Finding(step.branch.at, "no-records", what, "Begin with a records step.")
        )

    def _without(self, step: ParsedStep, scope: Scope) -> None:
        """Go on after a step with a mistake: what it makes is there, and cannot be judged."""
        scope.broken.update(made_names(step, self.catalog))
        scope.open = scope.open or not step.clear
        if not isinstance(step.model, Records):
            return
        unpivot = step.model.unpivot
        if unpivot is not None and unpivot.table not in self.catalog.table_types:
            scope.open = True
        for name in step.model.from_ or ():
            table = self.catalog.sources.get(name)
            if table is None and name not in self.files.given:
                scope.open = scope.open or name not in self.catalog.made or self.is_open(name)
            elif table is not None:
                scope.columns |= dict.fromkeys((SOURCE + each for each in table.columns), Type.TEXT)
        scope.columns |= dict.fromkeys((*scope.constants, "USUBJID"), Type.TEXT)

    def _bind_step(self, step: ParsedStep, scope: Scope) -> Bound | None:
        key, model, branch = step.key, step.model, step.branch
        try:
            if isinstance(model, Step):
                bound = model.bind(scope, branch.at)
            else:
                assert isinstance(model, Value)
                bound = bind_variable(key, model, scope, branch.at)
                if key.startswith(SUPP_FIELD) and not bound.makes[key].stored_as_text:
                    raise ExpressionError(
                        f"a supplemental qualifier is text, and this is a {bound.makes[key]}",
                        "Use text(), or iso() for a date.",
                        "wrong-type",
                    )
        except ExpressionError as error:
            self._report(error, branch, key, scope)
            return None
        return bound if self._check_made(bound, step, scope) else None

    def _report(self, error: ExpressionError, branch: Branch, key: str, scope: Scope) -> None:
        shown = key.removeprefix(SUPP_FIELD)
        if shown != key:
            branch = Branch({shown: branch.items[key]}, branch.at, {shown: branch.at})
        report(error, branch, (shown,), self.findings, scope.dataset)

    def _check_made(self, bound: Bound, step: ParsedStep, scope: Scope) -> bool:
        """What a step makes beside its own variable can be called so, and has its type."""
        mistakes = Mistakes()
        for name, kind in bound.makes.items():
            if name == step.key or name in CONSTANT or name.startswith((SOURCE, "@")):
                continue
            if isinstance(step.model, Records) and name in scope.columns:
                continue
            with mistakes.at(*_place_of(step.branch, step.key, name)):
                if name[0].isupper() and not fits(name):
                    raise ExpressionError(f"{name} is no variable name", NAME_TODO, "bad-name")
                facts = self.catalog.facts(scope.dataset, name)
                if facts is not None:
                    with self._of_table(step, name):
                        check_type(facts, kind)
        for error in mistakes.found:
            self._report(error, step.branch, step.key, scope)
        return not mistakes.found

    @contextmanager
    def _of_table(self, step: ParsedStep, name: str) -> Iterator[None]:
        """Of a column of the table that rows are unpivoted by: say that it holds numbers."""
        try:
            yield
        except ExpressionError as error:
            how = step.model.unpivot if isinstance(step.model, Records) else None
            types = self.catalog.table_types.get(how.table, {}) if how is not None else {}
            if how is not None and types.get(name) is Type.TEXT and "number()" in error.todo:
                error.todo = number_columns(how.table, [name])
            raise

    def _bind_subjects(self) -> None:
        """Check that each source's subject is an expression of its own columns."""
        for name, source in self.files.sources.items():
            if source.subject is None or name not in self.catalog.sources:
                continue
            schema = self.catalog.source_schema(name)
            types = {key: kind for key, kind in schema.types.items() if key.startswith(SOURCE)}
            scope = Scope(name, {"STUDYID": Type.TEXT, **types}, self.catalog)
            try:
                typed = bind(source.subject, scope)
                if not typed.type.stored_as_text:
                    raise ExpressionError("the subject must be text", "Use text() or concat().")
            except ExpressionError as error:
                report(error, self.files.sources_tree, (name, "subject"), self.findings)


def _place_of(branch: Branch, key: str, name: str) -> tuple[str, ...]:
    """Where in a step a variable is named."""
    paths = (("set", name), ("keep", name), ("unpivot", "values", name), ("grid", name))
    return next((path for path in paths if locate(branch, (key, *path))[1].endswith(name)), ())
