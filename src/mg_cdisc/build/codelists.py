"""The codelists of one dataset's variables: cut to the terms that are used and those offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from mg_cdisc.build.measure import is_number
from mg_cdisc.build.parameters import parameter_codelist
from mg_cdisc.build.provenance import Provenance
from mg_cdisc.dataset import Codelist, Term
from mg_cdisc.derive import SOURCE, Bound, BoundValue
from mg_cdisc.errors import Finding, Location, one_of
from mg_cdisc.expression.values import number_text, read_number
from mg_cdisc.frame import Column, Frame, Numbers, Text
from mg_cdisc.spec.catalog import SUPP_FIELD
from mg_cdisc.terminology import Codelist as Published

Makers = Iterable[tuple[Bound, BoundValue]]
YES_NO = "C66742"
COUNTRIES = Codelist(
    "ISO3166", "ISO 3166-1 alpha-3 country codes", dictionary="ISO 3166-1 alpha-3", version="2020"
)
"""What COUNTRY holds. Rule: SDTMIG 3.4, DM (ISO 3166-1 alpha-3)."""

SDTM_RESULTS = ("ORRES", "STRESC", "STRESN")
ADAM_RESULTS = ("AVAL", "AVALC")
"""Results, which are described test by test and parameter by parameter."""


class Coded(Provenance):
    """Describes the codelists of one dataset."""

    frame: Frame
    findings: list[Finding]
    locate: Callable[[int], Location]

    def _codelist(self, name: str, column: Column, frame: Frame) -> Codelist | None:
        external = self._dictionary(name, isinstance(column, Text))
        if external is not None:
            return external
        if name == "COUNTRY" and self._own(name).codelist is None:
            return COUNTRIES
        given = [value.codelist for _, value in self.dataset.makers(name)]
        published = given[0] if given and all(each is given[0] for each in given) else None
        if _results_in_numbers(name, column):
            return None
        if published is None:
            lists = self._lists(name)
            published = lists[0] if len(lists) == 1 else self._holding(lists, column)
            if published is None and lists and isinstance(column, Text):
                published = self._one_of_several(name, lists, column)
        if published is None and name == "PARAMCD" and self.dataset.kind == "adam":
            return parameter_codelist(frame, self.dataset.name)
        if isinstance(column, Text):
            return self.used_terms(published, column, name) if published is not None else None
        # what the standard has for a number, such as a duration, is no list of its values
        if published is None or self._own(name).codelist is None:
            return None
        return self._numbers(published, column, name)

    def _numbers(self, published: Published, column: Numbers, name: str) -> Codelist:
        """The codelist of a numeric variable, whose terms are compared as numbers."""
        used = self.used_terms(in_numbers(published), number_text(column), name)
        decimals = any("." in term.value for term in used.terms)
        return replace(used, data_type="float" if decimals else "integer")

    def _lists(self, name: str) -> tuple[Published, ...]:
        fact = self._fact(name)
        if self.dataset.kind == "supp":
            named = [self.plan.catalog.codelist(code) for code in fact.codelists] if fact else []
            return tuple(each for each in named if each is not None)
        found = self.plan.catalog.codelists_of(self.dataset.name, name)
        if found or fact is None or not fact.values or not set(fact.values) <= {"Y", "N"}:
            return found
        column = self.frame[name]
        answers = self.plan.catalog.codelist(YES_NO)
        held = {value for value in column.used() if value} if isinstance(column, Text) else {""}
        return (answers,) if answers is not None and held <= set(fact.values) else ()

    def _holding(self, lists: tuple[Published, ...], column: Column) -> Published | None:
        """Of several codelists the first that has every value used; None where no one list has."""
        if not lists or not isinstance(column, Text):
            return None
        used = [value for value in column.used() if value]
        for each in lists:
            if all(value in each.terms for value in used):
                return each
        return None

    def _one_of_several(
        self, name: str, lists: tuple[Published, ...], column: Text
    ) -> Published | None:
        """Of several codelists the one that has terms used where the others have none, else None.

        Terms of two codelists can be described only at value level. Terms that stand in none of
        them are named one by one against the list that is taken, the first where none has a term.
        """
        if self._value_keys(name):
            return None
        used = [value for value in column.used() if value]
        known = [value for value in used if any(value in each.terms for each in lists)]
        for each in lists:
            if all(value in each.terms for value in known):
                return each
        shown = "; ".join(
            f"{each.short_name} has {one_of(only[:3])}"
            for each in lists
            if (only := [value for value in known if value in each.terms])
        )
        self.findings.append(
            Finding(
                self.dataset.where, "several-codelists",
                f"{self.dataset.name}.{name} has terms of several codelists ({shown})",
                f"Name one, under variables: {{{name}: {{codelist: ...}}}}, extended in "
                "terminology.yaml by the terms that it lacks; or say by which variable they "
                f"differ: value_level: {{{name}: [...]}}.",
                dataset=self.dataset.name, variable=name,
            )
        )  # fmt: skip
        return None

    def _level_codelist(self, name: str, column: Column, qnam: str) -> Codelist | None:
        """The codelist of one value level: a qualifier's own, or of several the one that fits."""
        if not isinstance(column, Text):
            return None
        if self.dataset.kind == "supp":
            parent = self.plan.datasets[self.dataset.parent]
            own = parent.values()[SUPP_FIELD + qnam][1].codelist
            makers = parent.makers(SUPP_FIELD + qnam)
            return self.used_terms(own, column, name, makers) if own is not None else None
        answers = self._answers(name, column, qnam)
        if answers is not None:
            return answers
        lists = self._lists(name)
        if len(lists) < 2 or self._holding(lists, self.frame[name]) is not None:
            return None  # the variable has a codelist of its own, or none at all
        if _results_in_numbers(name, column):
            return None
        return self.used_terms(self._holding(lists, column) or lists[0], column, name)

    def used_terms(
        self, published: Published, column: Text, name: str, makers: Makers | None = None
    ) -> Codelist:
        """The codelist cut to the terms used and those the form offered."""
        used = [value for value in column.used() if value]
        offered = self._offered(published, name, makers) if used else ()
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
            terms = [replace(term, decode="") for term in terms]
        terms = self._ranked(published, terms)
        ct = None
        if published.code:
            ct = next(
                ((each.kind, each.version) for each in self.plan.catalog.terminologies
                 if published.code in each), None,
            )  # fmt: skip
        return Codelist(
            published.short_name, published.name, "text", tuple(terms), published.code, ct
        )

    def _offered(self, published: Published, name: str, makers: Makers | None) -> tuple[str, ...]:
        """The terms that the form has choices for.

        Where the form's choices are not known, what the map of a codelist makes was offered if one
        variable alone has the list; of several, each offers only some of it.
        """
        chosen: dict[str, None] = {}
        known = False
        mapping = self.plan.catalog.mapping(published.short_name)
        for step, value in self.dataset.makers(name) if makers is None else makers:
            recodes = (
                value.codelist is not None and value.codelist.short_name == published.short_name
            )
            if not recodes or self._value_origin(name, value) != "Collected":
                continue
            for choices in self._choices(step, value):
                known = True
                chosen |= dict.fromkeys(mapping.get(code, code) for code in choices)
        if (
            not known
            and self.kind(name) == "Collected"
            and self._recoded[published.short_name] == 1
        ):
            chosen = dict.fromkeys(mapping.values())
        return tuple(term for term in chosen if term in published.terms)

    def _choices(self, step: Bound, value: BoundValue) -> Iterator[tuple[str, ...]]:
        """The codes of each field of a form that a value is taken from and that has choices."""
        catalog = self.plan.catalog
        consulted = [each.name for each in (*step.consults, *value.consults)]
        dataset = self.dataset.parent or self.dataset.name
        forms = [each for each in consulted if each in catalog.sources]
        for form in forms or catalog.dataset_sources.get(dataset, ()):
            for key in value.reads:
                column = key.removeprefix(SOURCE)
                if key.startswith(SOURCE) and column in catalog.sources[form].choices:
                    yield tuple(catalog.sources[form].choices[column])

    def _ranked(self, published: Published, terms: list[Term]) -> list[Term]:
        """Terms with their place in an order, where terminology.yaml says that there is one."""
        entry = self.plan.files.terminology.get(published.short_name)
        if entry is None or not entry.ordered:
            return terms
        order = list(dict.fromkeys([*entry.terms, *entry.map.values(), *entry.extend]))
        if any(term.value not in order for term in terms):
            return terms
        return [replace(term, rank=order.index(term.value) + 1) for term in terms]

    def _answers(self, name: str, column: Text, test: str) -> Codelist | None:
        """What the item of an instrument offers: answers as collected, scores as standard result.

        None where a value is none of them. The score is the rank.
        """
        domain = self.plan.catalog.domain(self.dataset.name)
        if name not in (f"{domain}ORRES", f"{domain}STRESC"):
            return None
        for key, instrument in self.plan.files.instruments.items():
            items = [
                dict(zip(instrument.items.columns, row, strict=True))
                for row in instrument.items.rows
            ]
            found = [each for each in items if each["code"] == test]
            if instrument.domain == domain and found:
                table = instrument.answers[found[0]["answers"]]
                offered = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
                return _answer_list(
                    f"{key}.{found[0]['answers']}".upper(), instrument.category, offered,
                    column, scored=name.endswith("STRESC"),
                )  # fmt: skip
        return None

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
        held = self.frame[name]
        held = held if isinstance(held, Text) else number_text(held)
        first = self.frame.origins.first()[held.equals(value)]
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
                self._unlisted_todo(name),
                dataset=self.dataset.name, variable=name,
                count=int(column.equals(value).sum()),
            )
        )  # fmt: skip

    def _unlisted_todo(self, name: str) -> str:
        """A predecessor has the values of where it is copied from: no step may recode them here."""
        catalog = self.plan.catalog
        whence = catalog.copies.get(self.dataset.name, {}).get(name, self.dataset.name)
        if whence in self.plan.files.given:
            return (f"It is copied from {whence}, which is given, so it stays as it is: add it under "
                    "extend: in terminology.yaml, or accept it in findings.yaml.")  # fmt: skip
        recoded = "Recode it" if whence == self.dataset.name else f"Recode it in {whence}"
        return f"{recoded}, or add it under extend: in terminology.yaml."

    def _made_at(self, name: str) -> Location:
        """The step that makes a variable."""
        made = self.values.get(name)
        return made[0].where if made is not None else self.dataset.where

    # value level

    def _value_keys(self, name: str) -> tuple[str, ...]:
        if self.dataset.kind == "supp":
            return ("QNAM",) if name == "QVAL" else ()
        if self.spec is None:
            return ()
        if name in self.spec.value_level:
            keys: tuple[str, ...] = self.spec.value_level[name]
            return keys
        domain = self.plan.catalog.domain(self.dataset.name)
        adam = self.dataset.kind == "adam"
        key = "PARAMCD" if adam else f"{domain}TESTCD"
        results = ADAM_RESULTS if adam else [f"{domain}{each}" for each in SDTM_RESULTS]
        return (key,) if name in results and key in self.frame else ()

    def kind(self, name: str) -> str:
        """The type of the variable's origin: what a dictionary says was assigned in coding.

        Rule: Define-XML 2.1 (Assigned: determined by individual judgement, such as coding).
        """
        kind = super().kind(name)
        coded = kind == "Collected" and not self._own(name).origin
        return "Assigned" if coded and self._dictionary(name, True) is not None else kind

    def _dictionary(self, name: str, is_text: bool) -> Codelist | None:
        places = {name, f"{self.dataset.name}.{name}", self._predecessor(name)}
        for key, each in self.plan.files.study.dictionaries.items():
            if not places.isdisjoint(each.variables):
                label = each.label or each.name
                return Codelist(
                    key if is_text else f"{key}.CODES",
                    label if is_text else f"{label}: codes",
                    "text" if is_text else "integer",
                    dictionary=each.name,
                    version=each.version,
                )
        return None


def in_numbers(published: Published) -> Published:
    """A codelist with its terms as numbers are written: ``1.0`` and ``01`` are ``1``."""
    texts = number_text(np.array([read_number(value) for value in published.terms], np.float64))
    named = zip(texts.to_list(), published.terms.values(), strict=True)
    return replace(published, terms={text: replace(term, value=text) for text, term in named})


def _results_in_numbers(name: str, column: Column) -> bool:
    """Whether some result (--STRESC) is a number: codelists of results speak of words alone."""
    if not name.endswith("STRESC") or not isinstance(column, Text):
        return False
    return any(is_number(value) for value in column.used())


def _answer_list(
    name: str, category: str, offered: list[dict[str, str]], column: Text, scored: bool
) -> Codelist | None:
    """Answers (``text``) or their scores, which the answers decode; ranked by score."""
    if scored and len({each["score"] for each in offered}) < len(offered):
        return None  # of two answers with one score it has no decode
    terms = tuple(
        Term(
            each["score"] if scored else each["text"],
            each["text"] if scored else "",
            rank=int(each["score"]) if each["score"].isdecimal() else None,
        )
        for each in offered
    )
    if not {value for value in column.used() if value} <= {term.value for term in terms}:
        return None
    if any(term.rank is None for term in terms):
        terms = tuple(replace(term, rank=None) for term in terms)
    kind = "scores" if scored else "answers"
    return Codelist(
        f"{name}.{kind.upper()}", f"{category} {kind} ({name.partition('.')[2]})", terms=terms
    )
