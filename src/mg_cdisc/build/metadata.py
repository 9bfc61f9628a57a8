"""From the steps that made a variable to what Define-XML says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from mg_cdisc.build.codelists import Coded
from mg_cdisc.build.formal import qualifier_expression
from mg_cdisc.build.measure import NUMERIC_FORMATS, measure, measure_text_values
from mg_cdisc.build.provenance import ADAM_FILLED, Provenance
from mg_cdisc.build.sentences import constant
from mg_cdisc.dataset import (
    ItemFacts,
    Method,
    Origin,
    RangeCheck,
    ValueLevel,
    Variable,
)
from mg_cdisc.derive import Bound
from mg_cdisc.errors import Finding, Location
from mg_cdisc.expression import TRANSLATED
from mg_cdisc.frame import (
    Column,
    Frame,
    Index,
    Origins,
    Text,
    group_codes,
    missing,
    rows_by_group,
)
from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.spec.catalog import SUPP_FIELD
from mg_cdisc.spec.models import VariableFacts
from mg_cdisc.spec.tree import locate
from mg_cdisc.standards import VariableFact


class Describer(Coded):
    """Describes the variables of one dataset."""

    def __init__(
        self, plan: Plan, dataset: BoundDataset, frame: Frame, lengths: Mapping[str, int],
        findings: list[Finding], locate: Callable[[int], Location],
    ) -> None:  # fmt: skip
        super().__init__(plan, dataset)
        self.frame, self.lengths, self.findings = frame, lengths, findings
        self.locate = locate
        self.encoding = plan.files.study.text_encoding

    def variable(self, name: str, keys: tuple[str, ...]) -> Variable:
        """One variable with everything known of it."""
        fact = self._fact(name)
        own = self._own(name)
        column = self.frame[name]
        kind = self.dataset.types[name]
        lasting = "duration" in (fact.described if fact else "")
        measured = measure(column, kind, duration=lasting, encoding=self.encoding)
        label = own.label or (fact.label if fact and not fact.label_is_open else "")
        is_text = isinstance(column, Text)
        display = own.format or NUMERIC_FORMATS.get(kind, "")
        facts = ItemFacts(
            measured.data_type,
            measured.length if is_text is False or measured.length is None else self._storage(name),
            measured.significant_digits,
            display,
            self._codelist(name, column, self.frame),
            (),
            self.method(name),
            self.comment(name),
        )
        levels = self._value_levels(name)
        origins = self._variable_origins(name, levels)
        # a method of the whole is of no use where some levels are not derived
        facts = replace(facts, origins=origins, method=facts.method if origins else None)
        return Variable(
            name,
            label,
            is_text,
            self._storage(name) if is_text else 8,
            facts,
            own.role or (fact.role if fact else ""),
            own.mandatory if own.mandatory is not None else self._mandatory(name, fact),
            keys.index(name) + 1 if name in keys else None,
            fact is not None or self.dataset.kind == "supp",
            NUMERIC_FORMATS.get(kind, "") if not is_text else "",
            has_no_data=bool(self._blank(column)),
            value_levels=levels,
        )

    # origins

    def _variable_origins(self, name: str, levels: tuple[ValueLevel, ...]) -> tuple[Origin, ...]:
        """The origins of a variable; none where its value levels say it, and differ."""
        told = {tuple((each.type, each.source) for each in level.facts.origins) for level in levels}
        if len(told) > 1 or (levels and self.dataset.kind == "supp"):
            return ()
        return self.origins(name, self._forms(self.frame[name]))

    def _forms(self, column: Column, rows: Index | None = None) -> tuple[str, ...]:
        """The forms that the records with a value come from; all of the dataset where none has."""
        named = self.plan.catalog.dataset_sources.get(self.dataset.parent or self.dataset.name, ())
        if len(named) < 2:
            return tuple(named)
        records, numbers = self._row_forms
        held = ~missing(column)
        if rows is not None:
            here = np.zeros(len(held), bool)
            here[rows] = True
            held &= here
        found = np.flatnonzero(np.bincount(numbers[held[records]])).tolist()
        known = list(self.plan.files.sources)
        # datasets that are given are numbered behind the forms
        return tuple(known[each] for each in found if each < len(known)) or tuple(named)

    @cached_property
    def _row_forms(self) -> tuple[Index, Index]:
        """For each source row of a record, the record and the number of its form."""
        origins = self.frame.origins
        bounds = origins.bounds
        records = np.repeat(np.arange(self.frame.rows), bounds[1:] - bounds[:-1])
        return records, origins.ids >> Origins.SHIFT

    def _blank(self, column: Column) -> bool:
        if isinstance(column, Text):
            return not any(column.held.slice(0, 2).to_pylist())  # at most one value is blank
        return bool(np.isnan(column).all())

    def _mandatory(self, name: str, fact: VariableFact | None) -> bool:
        if self.dataset.kind == "adam":
            return name in ADAM_FILLED
        return fact is not None and fact.core == "Req"

    def _storage(self, name: str) -> int:
        own = self._own(name)
        measured = self.lengths.get(name, 1)
        if own.length is not None and own.length < measured:
            self.findings.append(
                Finding(self._said("variables", name, "length"), "too-short",
                        f"variables.{name}.length is {own.length} and a value has {measured} bytes",
                        "Raise it, or leave it out: lengths are measured.",
                        dataset=self.dataset.name, variable=name)
            )  # fmt: skip
        return max(measured, own.length or 1)

    def _said(self, *path: str) -> Location:
        """Where the dataset's spec says this."""
        loaded = self.plan.files.datasets.get(self.dataset.name)
        return locate(loaded.tree, path)[0] if loaded is not None else self.dataset.where

    def _value_levels(self, name: str) -> tuple[ValueLevel, ...]:
        """A value level for each of the keys' values, so that every record is in one of them.

        A variable without any value has none.
        """
        by = self._value_keys(name)
        held = ~missing(self.frame[name])
        if not by or not held.any():
            return ()
        groups = self._groups(by)
        # in the order of their values: a method is named after the first that has it
        return tuple(
            replace(
                self._level(name, by, values, groups[values]),
                has_no_data=not held[groups[values]].any(),
            )
            for values in sorted(groups)
        )

    def _groups(self, by: tuple[str, ...]) -> dict[tuple[str, ...], Index]:
        """The records of each combination of the keys' values."""
        if by not in self._grouped:
            keys = [self.frame.text(key) for key in by]
            codes, count = group_codes(keys, self.frame.rows)
            order, starts = rows_by_group(codes, count)
            groups: dict[tuple[str, ...], Index] = {}
            for group in range(count):
                rows = order[starts[group] : starts[group + 1]]
                values = tuple(str(key.values[int(key.codes[rows[0]])].as_py()) for key in keys)
                groups[values] = rows
            self._grouped[by] = groups
        return self._grouped[by]

    @cached_property
    def _grouped(self) -> dict[tuple[str, ...], dict[tuple[str, ...], Index]]:
        return {}

    def _level(
        self, name: str, by: tuple[str, ...], values: tuple[str, ...], rows: np.ndarray
    ) -> ValueLevel:
        column = self.frame[name].take(rows)
        measured = (
            measure_text_values(column, self.encoding)
            if isinstance(column, Text)
            else measure(column, self.dataset.types[name], encoding=self.encoding)
        )
        checks = tuple(
            RangeCheck(key, "EQ", (value,)) for key, value in zip(by, values, strict=True)
        )
        codelist = self._level_codelist(name, column, values[0])
        if codelist is not None and measured.data_type in ("integer", "float"):
            codelist = replace(codelist, data_type=measured.data_type)  # both have one type
        label, comment = "", ""
        if self.dataset.kind == "supp":
            label, origins, method, comment = self._qualifier(values[0], rows)
        else:
            method, origins = self._level_facts(name, by, values, rows)
        coded = by[0].endswith(("TESTCD", "PARAMCD", "PARMCD"))
        if self.dataset.kind != "supp" and coded and by[0][:-2] in self.frame:
            label = str(self.frame.text(by[0][:-2]).take(rows[:1]).to_list()[0])
        return ValueLevel(
            checks,
            ItemFacts(
                measured.data_type, measured.length, measured.significant_digits, "",
                codelist, origins, method, comment,
            ),
            label,
        )  # fmt: skip

    def _level_facts(
        self, name: str, by: tuple[str, ...], values: tuple[str, ...], rows: Index
    ) -> tuple[Method | None, tuple[Origin, ...]]:
        """Method and origins by the steps that make records of this level.

        A method that only some levels have is named after the first of them.
        """
        elsewhere = self._steps_elsewhere(by, values)
        forms = self._forms(self.frame[name], rows)
        if not elsewhere:
            return self.method(name), self.origins(name, forms, values[0])
        here = self._without(elsewhere)
        method = here.method(name)
        if method is not None and method != self.method(name):
            named = replace(method, name=".".join([method.name, *values]))
            method = self._level_methods.setdefault((name, method.text), named)
        return method, here.origins(name, forms, values[0])

    def method(self, name: str) -> Method | None:
        """As of any variable; many levels ask for the same."""
        if name not in self._methods:
            self._methods[name] = super().method(name)
        return self._methods[name]

    @cached_property
    def _methods(self) -> dict[str, Method | None]:
        return {}

    def _without(self, steps: tuple[Bound, ...]) -> Coded:
        """What is said of the dataset without some of its steps."""
        key = tuple(map(id, steps))
        if key not in self._partly:
            self._partly[key] = Coded(self.plan, self.dataset, steps)
        return self._partly[key]

    @cached_property
    def _partly(self) -> dict[tuple[int, ...], Coded]:
        return {}

    @cached_property
    def _level_methods(self) -> dict[tuple[str, str], Method]:
        return {}

    def _steps_elsewhere(self, by: tuple[str, ...], values: tuple[str, ...]) -> tuple[Bound, ...]:
        """The steps whose records are all of other value levels, by the constants that they set."""
        if any(self.dataset.revisions(key) for key in by):
            return ()
        others: list[Bound] = []
        unsaid: list[Bound] = []
        fits = False
        for step in self.dataset.steps:
            told = [constant(step.values[key]) if key in step.values else None for key in by]
            if any(one not in (None, other) for one, other in zip(told, values, strict=True)):
                others.append(step)
            elif None not in told:
                fits = True
            elif any(key in step.values for key in by):
                unsaid.append(step)
        return (*others, *unsaid) if fits else tuple(others)

    def _qualifier(
        self, qnam: str, rows: Index
    ) -> tuple[str, tuple[Origin, ...], Method | None, str]:
        parent = self.plan.datasets[self.dataset.parent]
        assert parent.spec is not None
        entry = next(each for each in parent.spec.supplemental if qnam == each.QNAM)
        _, value = parent.values()[SUPP_FIELD + qnam]
        own = VariableFacts(pages=entry.pages)
        forms = Provenance(self.plan, parent).taken_from(SUPP_FIELD + qnam)
        forms = forms or self._forms(self.frame["QVAL"], rows)
        place = f"{self.dataset.name}.QVAL"
        origins = self._origins(entry.origin, own, forms, place, level=qnam)
        method = None
        sentence = Provenance(self.plan, parent).spelled(value.sentence)
        translated = self.plan.files.study.translated
        if entry.origin == "Derived" or (translated and TRANSLATED in sentence):
            sentence = sentence if translated else sentence.replace(TRANSLATED, "")
            formal = qualifier_expression(self.plan, parent, qnam)
            method = Method(f"{self.dataset.name}.QVAL.{qnam}", sentence, formal)
        return entry.QLABEL, origins, method, entry.comment
