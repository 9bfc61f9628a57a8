"""From the steps that made a variable to what Define-XML says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from mg_cdisc.build.measure import NUMERIC_FORMATS, is_number, measure, measure_text_values
from mg_cdisc.build.parameters import parameter_codelist
from mg_cdisc.build.provenance import ADAM_FILLED, Provenance, capital, working
from mg_cdisc.dataset import (
    Codelist,
    ItemFacts,
    Method,
    Origin,
    RangeCheck,
    Term,
    ValueLevel,
    Variable,
)
from mg_cdisc.errors import Finding, Location, one_of
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
from mg_cdisc.terminology import Codelist as Published


class Describer(Provenance):
    """Describes the variables of one dataset."""

    def __init__(
        self, plan: Plan, dataset: BoundDataset, frame: Frame, lengths: Mapping[str, int],
        findings: list[Finding], locate: Callable[[int], Location],
    ) -> None:  # fmt: skip
        super().__init__(plan, dataset)
        self.frame, self.lengths, self.findings = frame, lengths, findings
        self.locate = locate

    def variable(self, name: str, keys: tuple[str, ...]) -> Variable:
        """One variable with everything known of it."""
        fact = self._fact(name)
        own = self._own(name)
        column = self.frame[name]
        kind = self.dataset.types[name]
        measured = measure(column, kind, duration="duration" in (fact.described if fact else ""))
        label = own.label or (fact.label if fact else "")
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
        facts = replace(facts, origins=self._variable_origins(name, levels))
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
        return tuple(known[each] for each in found) or tuple(named)

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

    def _made_at(self, name: str) -> Location:
        """The step that makes a variable."""
        made = self.values.get(name)
        return made[0].where if made is not None else self.dataset.where

    # codelists

    def _codelist(self, name: str, column: Column, frame: Frame) -> Codelist | None:
        external = self._dictionary(name)
        if external is not None:
            return external
        given = [value.codelist for _, value in self.dataset.makers(name)]
        published = given[0] if given and all(each is given[0] for each in given) else None
        if published is None:
            lists = self._lists(name)
            published = lists[0] if len(lists) == 1 else self._holding(lists, column)
            if published is None and lists and isinstance(column, Text):
                self._need_levels(name, lists)
        if published is None and name == "PARAMCD" and self.dataset.kind == "adam":
            return parameter_codelist(frame, self.dataset.name)
        if published is None or not isinstance(column, Text):
            return None
        if name.endswith("STRESC") and any(is_number(value) for value in column.used()):
            return None  # a codelist of results speaks of results in words alone
        return self.used_terms(published, column, name)

    def _lists(self, name: str) -> tuple[Published, ...]:
        if self.dataset.kind == "supp":
            fact = self._fact(name)
            found = [self.plan.catalog.codelist(code) for code in fact.codelists] if fact else []
            return tuple(each for each in found if each is not None)
        return self.plan.catalog.codelists_of(self.dataset.name, name)

    def _holding(self, lists: tuple[Published, ...], column: Column) -> Published | None:
        """Of several codelists the first that has every value used; None where no one list has."""
        if not lists or not isinstance(column, Text):
            return None
        used = [value for value in column.used() if value]
        for each in lists:
            if all(value in each.terms for value in used):
                return each
        return None

    def _need_levels(self, name: str, lists: tuple[Published, ...]) -> None:
        """Terms of several codelists can be described only at value level."""
        if self._value_keys(name):
            return
        shown = one_of([each.short_name for each in lists])
        self.findings.append(
            Finding(
                self.dataset.where, "several-codelists",
                f"{self.dataset.name}.{name} has terms of several codelists ({shown})",
                f"Say by which variable they differ: value_level: {{{name}: [...]}}, "
                "or extend one list in terminology.yaml.",
                dataset=self.dataset.name, variable=name,
            )
        )  # fmt: skip

    def _level_codelist(self, name: str, column: Column, qnam: str) -> Codelist | None:
        """The codelist of one value level: a qualifier's own, or of several the one that fits."""
        if not isinstance(column, Text):
            return None
        if self.dataset.kind == "supp":
            parent = self.plan.datasets[self.dataset.parent]
            own = parent.values()[SUPP_FIELD + qnam][1].codelist
            return self.used_terms(own, column, name) if own is not None else None
        lists = self._lists(name)
        if len(lists) < 2 or self._holding(lists, self.frame[name]) is not None:
            return None  # the variable has a codelist of its own, or none at all
        return self.used_terms(self._holding(lists, column) or lists[0], column, name)

    def used_terms(self, published: Published, column: Text, name: str) -> Codelist:
        """The codelist cut to the terms used and those the form offered.

        What the map of a codelist makes was offered on the form where one variable alone has the
        list; of several, each offers only some of it.
        """
        used = [value for value in column.used() if value]
        mapped: Iterable[str] = ()
        if used and self.kind(name) == "Collected" and self._recoded[published.short_name] == 1:
            mapped = self.plan.catalog.mapping(published.short_name).values()
        offered = [value for value in mapped if value in published.terms]
        present = dict.fromkeys([*used, *offered])
        terms: list[Term] = []
        listed = [value for value in published.terms if value in present]
        for value in [*listed, *(each for each in used if each not in published.terms)]:
            term = published.terms.get(value)
            own = term is None or not term.code
            if term is None and published.code and not published.extensible:
                self._unknown_term(published, name, value, column)
            elif term is None:
                self._unlisted_term(published, name, value, column)
            terms.append(
                Term(
                    value,
                    term.decode if term else "",
                    term.code if term else "",
                    extended=own and bool(published.code),
                )
            )
        decoded = all(term.decode for term in terms)
        if not decoded:
            terms = [Term(t.value, "", t.code, t.extended, t.rank) for t in terms]
        ct = None
        if published.code:
            ct = next(
                ((each.kind, each.version) for each in self.plan.catalog.terminologies
                 if published.code in each), None,
            )  # fmt: skip
        return Codelist(
            published.short_name, published.name, "text", tuple(terms), published.code, ct
        )

    @cached_property
    def _recoded(self) -> Counter[str]:
        """For each codelist the number of variables that collected text is recoded to."""
        found = {
            (dataset.name, name, value.codelist.short_name)
            for dataset in self.plan.datasets.values()
            for step in dataset.steps
            for name, value in step.values.items()
            if value.codelist is not None and value.origin == "Collected"
        }
        return Counter(short_name for _, _, short_name in found)

    def _unknown_term(self, published: Published, name: str, value: str, column: Text) -> None:
        hint = published.nearest(value)
        first = self.frame.origins.first()[self.frame.text(name).equals(value)]
        first = first[first >= 0]
        seen = f" It is first in {self.locate(int(first.min()))}." if len(first) else ""
        self.findings.append(
            Finding(
                self._made_at(name), "unknown-term",
                f"{self.dataset.name}.{name} = {value!r} is not in codelist {published.short_name}",
                (f"Did you mean {hint}?" if hint else "Recode it with assign_ct.") + seen,
                dataset=self.dataset.name, variable=name,
                count=int(column.equals(value).sum()), then="kept",
            )
        )  # fmt: skip

    def _unlisted_term(self, published: Published, name: str, value: str, column: Text) -> None:
        self.findings.append(
            Finding(
                self._made_at(name), "sponsor-term",
                f"{self.dataset.name}.{name} = {value!r} is no published term of "
                f"{published.short_name}",
                "Recode it, or add it under extend: in terminology.yaml.",
                dataset=self.dataset.name, variable=name,
                count=int(column.equals(value).sum()),
            )
        )  # fmt: skip

    def _dictionary(self, name: str) -> Codelist | None:
        for key, each in self.plan.files.study.dictionaries.items():
            if name in each.variables or f"{self.dataset.name}.{name}" in each.variables:
                return Codelist(
                    key, each.label or each.name, dictionary=each.name, version=each.version
                )
        return None

    # value level

    def _value_levels(self, name: str) -> tuple[ValueLevel, ...]:
        """The value levels that have a value; of others there is nothing to say."""
        by = self._value_keys(name)
        if not by:
            return ()
        held = ~missing(self.frame[name])
        keys = [self.frame.text(key) for key in by]
        codes, count = group_codes(keys, self.frame.rows)
        order, starts = rows_by_group(codes, count)
        levels = []
        for group in range(count):
            rows = order[starts[group] : starts[group + 1]]
            values = tuple(str(key.values[int(key.codes[rows[0]])].as_py()) for key in keys)
            if held[rows].any():
                levels.append((values, self._level(name, by, values, rows)))
        return tuple(level for _, level in sorted(levels, key=lambda pair: pair[0]))

    def _value_keys(self, name: str) -> tuple[str, ...]:
        if self.dataset.kind == "supp":
            return ("QNAM",) if name == "QVAL" else ()
        if self.spec is None:
            return ()
        if name in self.spec.value_level:
            keys: tuple[str, ...] = self.spec.value_level[name]
            return keys
        domain = self.plan.catalog.domain(self.dataset.name)
        test = f"{domain}TESTCD"
        return (test,) if name == f"{domain}ORRES" and test in self.frame else ()

    def _level(
        self, name: str, by: tuple[str, ...], values: tuple[str, ...], rows: np.ndarray
    ) -> ValueLevel:
        column = self.frame[name].take(rows)
        measured = (
            measure_text_values(column)
            if isinstance(column, Text)
            else measure(column, self.dataset.types[name])
        )
        checks = tuple(
            RangeCheck(key, "EQ", (value,)) for key, value in zip(by, values, strict=True)
        )
        label, method, comment = "", self.method(name), ""
        if self.dataset.kind == "supp":
            label, origins, method, comment = self._qualifier(values[0], rows)
        else:
            origins = self.origins(name, self._forms(self.frame[name], rows))
        coded = by[0].endswith("TESTCD") or by[0] == "PARAMCD"
        if self.dataset.kind != "supp" and coded and by[0][:-2] in self.frame:
            label = str(self.frame.text(by[0][:-2]).take(rows[:1]).to_list()[0])
        return ValueLevel(
            checks,
            ItemFacts(
                measured.data_type, measured.length, measured.significant_digits, "",
                self._level_codelist(name, column, values[0]), origins, method, comment,
            ),
            label,
        )  # fmt: skip

    def _qualifier(
        self, qnam: str, rows: Index
    ) -> tuple[str, tuple[Origin, ...], Method | None, str]:
        parent = self.plan.datasets[self.dataset.parent]
        assert parent.spec is not None
        entry = next(each for each in parent.spec.supplemental if qnam == each.QNAM)
        step, value = parent.values()[SUPP_FIELD + qnam]
        own = VariableFacts(pages=entry.pages)
        forms = Provenance(self.plan, parent).taken_from(SUPP_FIELD + qnam)
        origins = self._origins(entry.origin, own, forms or self._forms(self.frame["QVAL"], rows))
        method = None
        told = working(parent.values(), step, value.sentence, set())
        sentence = " ".join([capital(value.sentence), *told])
        translated = self.plan.files.study.translated
        if entry.origin == "Derived" or (translated and TRANSLATED in sentence):
            sentence = sentence if translated else sentence.replace(TRANSLATED, "")
            method = Method(f"{self.dataset.name}.QVAL.{qnam}", sentence)
        return entry.QLABEL, origins, method, entry.comment
