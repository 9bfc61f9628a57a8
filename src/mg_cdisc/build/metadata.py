"""From the steps that made a variable to what Define-XML says of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mg_cdisc.build.measure import NUMERIC_FORMATS, is_number, measure, measure_text_values
from mg_cdisc.dataset import (
    Codelist,
    ItemFacts,
    Method,
    Origin,
    OriginSource,
    OriginType,
    RangeCheck,
    Term,
    ValueLevel,
    Variable,
)
from mg_cdisc.derive import Bound, BoundValue
from mg_cdisc.errors import Finding, Location, one_of
from mg_cdisc.expression import english
from mg_cdisc.frame import Column, Frame, Text, group_codes
from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.spec.catalog import SUPP_FIELD
from mg_cdisc.spec.models import VariableFacts
from mg_cdisc.spec.tree import locate
from mg_cdisc.standards import VariableFact
from mg_cdisc.terminology import Codelist as Published

_LEAST_COLLECTED = ("Derived", "Collected", "Assigned", "Protocol", "Predecessor", "Not Available")
_ASSIGNED = {"STUDYID": "Protocol", "DOMAIN": "Assigned", "RDOMAIN": "Assigned"}


class Describer:
    """Describes the variables of one dataset."""

    def __init__(
        self, plan: Plan, dataset: BoundDataset, frame: Frame, lengths: Mapping[str, int],
        findings: list[Finding],
    ) -> None:  # fmt: skip
        self.plan, self.dataset, self.frame = plan, dataset, frame
        self.lengths, self.findings = lengths, findings
        self.values = dataset.values()
        self.spec = dataset.spec

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
            self.origin(name),
            self.method(name),
            own.comment,
        )
        return Variable(
            name,
            label,
            is_text,
            self._storage(name) if is_text else 8,
            facts,
            own.role or (fact.role if fact else ""),
            own.mandatory if own.mandatory is not None else bool(fact and fact.core == "Req"),
            keys.index(name) + 1 if name in keys else None,
            fact is not None or self.dataset.kind == "supp",
            NUMERIC_FORMATS.get(kind, "") if not is_text else "",
            has_no_data=bool(self._blank(column)),
            value_levels=self._value_levels(name),
        )

    def _blank(self, column: Column) -> bool:
        if isinstance(column, Text):
            return not any(column.held.slice(0, 2).to_pylist())  # at most one value is blank
        return bool(np.isnan(column).all())

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

    def _own(self, name: str) -> VariableFacts:
        if self.spec is not None and name in self.spec.variables:
            return self.spec.variables[name]
        return VariableFacts()

    def _fact(self, name: str) -> VariableFact | None:
        if self.dataset.kind == "supp":
            return self.plan.catalog.sdtm.variable(self.dataset.name, name)
        return self.plan.catalog.variable_fact(self.dataset.name, name)

    # origins and methods

    def origin(self, name: str) -> Origin:
        """Where the variable's values come from."""
        own = self._own(name)
        made = self.values.get(name)
        kind = own.origin or _ASSIGNED.get(name) or self._made_origin(name)
        predecessor = made[1].predecessor if made else ""
        if self.dataset.kind == "adam" and predecessor and not own.origin:
            kind = "Predecessor"
        if self._revised(name) and kind in ("Collected", "Predecessor") and not own.origin:
            kind = "Derived"
        return self._origin(kind, own, predecessor if kind == "Predecessor" else "")

    def _origin(self, kind: str, own: VariableFacts, predecessor: str = "") -> Origin:
        source: str = own.origin_source or ""
        pages: tuple[str, ...] = own.pages
        statement = own.statement
        named = self.plan.catalog.dataset_sources.get(self.dataset.parent or self.dataset.name, ())
        specs = [self.plan.files.sources[each] for each in named]
        if kind == "Collected":
            source = source or (specs[0].collected_by if specs else "Investigator")
            pages = pages or tuple(dict.fromkeys(page for each in specs for page in each.pages))
            if not pages and not statement:
                shown = ", ".join(
                    each.label or name for name, each in zip(named, specs, strict=True)
                )
                statement = f"Collected on: {shown}." if shown else "Collected in the source data."
        elif kind in ("Derived", "Assigned", "Protocol"):
            source = source or "Sponsor"
        return Origin(_origin_type(kind), _origin_source(source), pages, predecessor, statement)

    def _made_origin(self, name: str) -> str:
        """The origin that all steps agree on which make the variable, else the least collected."""
        kinds = {value.origin for _, value in self.dataset.makers(name)}
        return next((kind for kind in _LEAST_COLLECTED if kind in kinds), "Derived")

    def _revised(self, name: str) -> bool:
        return bool(self.dataset.revisions(name))

    def method(self, name: str) -> Method | None:
        """The sentence of the steps that made (and changed) the variable, where it is derived."""
        own = self._own(name)
        if self.origin(name).type != "Derived":
            return None
        text = own.method or self._sentence(name)
        made = self.values.get(name)
        kind = "Imputation" if made and "imputed" in made[1].sentence else "Computation"
        return Method(
            f"{self.dataset.name}.{name}",
            text,
            made[1].formal if made else "",
            type="Imputation" if kind == "Imputation" else "Computation",
        )

    def _sentence(self, name: str) -> str:
        parts: list[str] = []
        makers = self.dataset.makers(name)
        told = {name}
        for step, value in makers:
            where = (
                f"{step.sentence.rstrip('.')}: " if len(makers) > 1 and name != step.label else ""
            )
            parts.append(
                f"{where}{uncapital(value.sentence) if where else capital(value.sentence)}"
            )
            parts += _working(self.values, step, told)
        if not makers and name == "USUBJID":
            parts.append(self._subject_sentence())
        for step in self.dataset.revisions(name):
            parts.append(f"Changed: {step.values[name].sentence}")
            parts += _working(self.values, step, {name})
        return (
            " ".join(part for part in parts if part)
            or f"Made by the records of {self.dataset.name}."
        )

    def _subject_sentence(self) -> str:
        """How each form that the dataset is made of spells the subject; else how the roster does."""
        sources = self.plan.files.sources
        forms: dict[str, list[str]] = {}
        for name in self.plan.catalog.dataset_sources.get(self.dataset.name, ()):
            subject = sources[name].subject
            if subject is not None:
                forms.setdefault(english(subject), []).append(sources[name].label or name)
        if not forms:
            roster = sources[self.plan.files.study.subjects].subject
            forms = {english(roster): []} if roster is not None else {}
        if len(forms) < 2:
            return "".join(capital(f"{sentence}.") for sentence in forms)
        return " ".join(f"{', '.join(each)}: {sentence}." for sentence, each in forms.items())

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

    def _level_codelist(self, name: str, column: Text, qnam: str) -> Codelist | None:
        """The codelist of one value level: a qualifier's own, or of several the one that fits."""
        if self.dataset.kind == "supp":
            parent = self.plan.datasets[self.dataset.parent]
            own = parent.values()[SUPP_FIELD + qnam][1].codelist
            return self.used_terms(own, column, name) if own is not None else None
        lists = self._lists(name)
        if len(lists) < 2 or self._holding(lists, self.frame[name]) is not None:
            return None  # the variable has a codelist of its own, or none at all
        return self.used_terms(self._holding(lists, column) or lists[0], column, name)

    def used_terms(self, published: Published, column: Text, name: str) -> Codelist:
        """The codelist cut to the terms used and those the form offered."""
        used = [value for value in column.used() if value]
        collected = used and self.origin(name).type == "Collected"
        mapped = self.plan.catalog.mapping(published.short_name).values() if collected else ()
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

    def _unknown_term(self, published: Published, name: str, value: str, column: Text) -> None:
        hint = published.nearest(value)
        self.findings.append(
            Finding(
                self._made_at(name), "unknown-term",
                f"{self.dataset.name}.{name} = {value!r} is not in codelist {published.short_name}",
                f"Did you mean {hint}?" if hint else "Recode it with assign_ct.",
                dataset=self.dataset.name, variable=name,
                count=int(column.equals(value).sum()),
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
        by = self._value_keys(name)
        if not by or not isinstance(self.frame[name], Text):
            return ()
        keys = [self.frame.text(key) for key in by]
        codes, count = group_codes(keys, self.frame.rows)
        first = np.zeros(count, np.int64)
        first[codes[::-1]] = np.arange(self.frame.rows)[::-1]
        levels = []
        for group in range(count):
            values = tuple(str(key.values[int(key.codes[first[group]])].as_py()) for key in keys)
            rows = np.flatnonzero(codes == group)
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
        column = self.frame.text(name).take(rows)
        measured = measure_text_values(column)
        checks = tuple(
            RangeCheck(key, "EQ", (value,)) for key, value in zip(by, values, strict=True)
        )
        label, origin, method, comment = "", self.origin(name), self.method(name), ""
        if self.dataset.kind == "supp":
            label, origin, method, comment = self._qualifier(values[0])
        elif by[0].endswith("TESTCD") and by[0][:-2] in self.frame:
            label = str(self.frame.text(by[0][:-2]).take(rows[:1]).to_list()[0])
        return ValueLevel(
            checks,
            ItemFacts(
                measured.data_type, measured.length, measured.significant_digits, "",
                self._level_codelist(name, column, values[0]), origin, method, comment,
            ),
            label,
        )  # fmt: skip

    def _qualifier(self, qnam: str) -> tuple[str, Origin, Method | None, str]:
        parent = self.plan.datasets[self.dataset.parent]
        assert parent.spec is not None
        entry = next(each for each in parent.spec.supplemental if qnam == each.QNAM)
        step, value = parent.values()[SUPP_FIELD + qnam]
        own = VariableFacts(pages=entry.pages)
        origin = self._origin(entry.origin, own)
        method = None
        if entry.origin == "Derived":
            working = _working(parent.values(), step, set())
            sentence = " ".join([capital(value.sentence), *working])
            method = Method(f"{self.dataset.name}.QVAL.{qnam}", sentence)
        return entry.QLABEL, origin, method, entry.comment


def _working(
    values: Mapping[str, tuple[Bound, BoundValue]], step: Bound, told: set[str]
) -> list[str]:
    """What the working variables are that a sentence names: they are written nowhere else."""
    parts: list[str] = []
    for key in step.reads:
        made = values.get(key)
        if not key.startswith("_") or key in told or made is None:
            continue
        told.add(key)
        if made[1].sentence:
            parts.append(f"Here {key} is: {uncapital(made[1].sentence)}")
        parts += _working(values, made[0], told)
    return parts


def capital(sentence: str) -> str:
    """The sentence with a capital letter in front."""
    return sentence[:1].upper() + sentence[1:]


def uncapital(sentence: str) -> str:
    """The sentence to go on with: a variable's name keeps its capitals."""
    first = sentence.split(" ", 1)[0].rstrip(".,")
    return sentence if first.isupper() and len(first) > 1 else sentence[:1].lower() + sentence[1:]


def _origin_type(kind: str) -> OriginType:
    known: dict[str, OriginType] = {
        "Collected": "Collected",
        "Derived": "Derived",
        "Assigned": "Assigned",
        "Protocol": "Protocol",
        "Predecessor": "Predecessor",
        "Not Available": "Not Available",
    }
    return known[kind]


def _origin_source(source: str) -> OriginSource:
    known: dict[str, OriginSource] = {
        "": "",
        "Subject": "Subject",
        "Investigator": "Investigator",
        "Vendor": "Vendor",
        "Sponsor": "Sponsor",
    }
    return known[source]
