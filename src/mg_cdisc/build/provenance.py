"""Where the values of variables come from, and how they are derived: what a spec's steps say of it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import replace

from mg_cdisc.build.formal import formal_expression
from mg_cdisc.build.sentences import (
    definition,
    explain_helpers,
    label_of,
    merged,
    spell_out,
    table_in_words,
    told_once,
    uncapital,
)
from mg_cdisc.dataset import Method, Origin, OriginSource, OriginType
from mg_cdisc.derive import SOURCE, SUBJECT, Bound, BoundValue, Reach
from mg_cdisc.expression import TRANSLATED, english
from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.spec.models import VariableFacts
from mg_cdisc.standards import CONTINUED, VariableFact

_LEAST_COLLECTED = ("Derived", "Collected", "Assigned", "Protocol", "Predecessor", "Not Available")
_ASSIGNED = {"STUDYID": "Protocol", "DOMAIN": "Assigned", "RDOMAIN": "Assigned"}
_PLANNED = {"VISITNUM": "Assigned", "VISIT": "Assigned", "VISITDY": "Protocol"}
"""Origins of what the schedule of visits says, as CDISC's own examples have them."""
_OWN = ("STUDYID", "DOMAIN", "USUBJID", "RDOMAIN")
"""What a tabulation dataset has of its own, whatever its records are made of."""
_TRIAL_DESIGN = "Trial Design"
ADAM_FILLED = ("STUDYID", "USUBJID", "PARAMCD", "PARAM")
"""Variables that every record of an analysis dataset has a value of, if the dataset has them: for
others Req says that the variable is there, not that it is filled."""
_COMPUTED = ("ORRES", "STRESC", "STRESN", "AVAL", "AVALC", "AVISIT", "AVISITN")
_LIMITED = re.compile(r"\b(where|whose)\b", re.IGNORECASE)
_CONDITIONAL = re.compile(r'Set to "[^"]*" where ')


class Provenance:
    """Origins and methods of the variables of one dataset."""

    def __init__(self, plan: Plan, dataset: BoundDataset, without: tuple[Bound, ...] = ()) -> None:
        """``without`` are steps that make none of the records that are spoken of."""
        self.plan, self.dataset, self.without = plan, dataset, without
        self.values = dataset.values()
        self.spec = dataset.spec

    def makers(self, name: str) -> list[tuple[Bound, BoundValue]]:
        """Every step and value that makes the variable in the records that are spoken of."""
        return [
            (step, value)
            for step, value in self.dataset.makers(name)
            if not any(step is each for each in self.without)
        ]

    def _own(self, name: str) -> VariableFacts:
        if self.spec is not None and name in self.spec.variables:
            return self.spec.variables[name]
        return VariableFacts()

    def _fact(self, name: str) -> VariableFact | None:
        if self.dataset.kind == "supp":
            return self.plan.catalog.sdtm.variable(self.dataset.name, name)
        return self.plan.catalog.variable_fact(self.dataset.name, name)

    # origins and methods

    def kind(self, name: str) -> str:
        """The type of the variable's origin; of COVAL1 that of COVAL."""
        name = name[:-1] if name[:-1] in CONTINUED else name
        own = self._own(name)
        if own.origin:
            return own.origin
        kind = _ASSIGNED.get(name) or self._made_origin(name)
        if self._predecessor(name):
            kind = "Predecessor"
        if self._revised(name) and kind in ("Collected", "Predecessor"):
            kind = "Derived"
        return self._parent.kind(name) if self._parent and name == "USUBJID" else kind

    @property
    def _parent(self) -> Provenance | None:
        """The parent of a supplemental dataset."""
        found = self.plan.datasets.get(self.dataset.parent)
        return Provenance(self.plan, found) if found and self.dataset.kind == "supp" else None

    def origins(self, name: str, forms: Iterable[str], level: str = "") -> tuple[Origin, ...]:
        """Where the variable's values come from, one origin for each who collected them.

        ``forms`` are those that the records come from; a value that was taken from another form
        names that one. ``level`` is the test, where only its records are meant.
        """
        name = name[:-1] if name[:-1] in CONTINUED else name
        kind = self.kind(name)
        predecessor = self._predecessor(name) if kind == "Predecessor" else ""
        place = "USUBJID" if name == "USUBJID" else f"{self.dataset.name}.{name}"
        return self._origins(
            kind, self._own(name), self.taken_from(name) or forms, place, predecessor, level
        )

    def _origins(
        self, kind: str, own: VariableFacts, forms: Iterable[str], place: str,
        predecessor: str = "", level: str = "",
    ) -> tuple[Origin, ...]:  # fmt: skip
        if kind != "Collected":
            # CDISC's examples: the predecessor of a tabulation variable is the sponsor's, that of an
            # analysis variable has no source
            by_sponsor = kind in ("Derived", "Assigned", "Protocol") or (
                kind == "Predecessor" and self.dataset.kind != "adam"
            )
            sponsor = "Sponsor" if by_sponsor else ""
            source = _origin_source(own.origin_source or sponsor)
            return (Origin(_origin_type(kind), source, own.pages, predecessor, own.statement),)
        collectors: dict[str, list[str]] = {}
        for form in forms:
            by = own.origin_source or self.plan.files.sources[form].collected_by
            collectors.setdefault(by, []).append(form)
        collectors = collectors or {own.origin_source or "Investigator": []}
        return tuple(
            self._collected(by, each, own, (f"{place}|{level}", place, ""))
            for by, each in collectors.items()
        )

    def _collected(
        self, by: str, forms: list[str], own: VariableFacts, places: tuple[str, ...]
    ) -> Origin:
        """Collected by one collector: on these pages, else said in words.

        Of the annotated CRF that the build makes these are the pages of the first of ``places``
        that stands in one of the forms. What vendors send is said in words too.
        """
        specs = [self.plan.files.sources[each] for each in forms]
        pages = own.pages or tuple(dict.fromkeys(page for each in specs for page in each.pages))
        pages = pages or self._crf_pages(forms, places)
        statement = own.statement
        if (not pages or by == "Vendor") and not statement:
            shown = ", ".join(each.label or name for name, each in zip(forms, specs, strict=True))
            statement = f"Collected on: {shown}." if shown else "Collected in the source data."
        return Origin("Collected", _origin_source(by), pages, "", statement)

    def _crf_pages(self, forms: list[str], places: tuple[str, ...]) -> tuple[str, ...]:
        index = [self.plan.crf_pages.get(form, {}) for form in forms]
        for place in places:
            found = {page for pages in index for page in pages.get(place, ())}
            if found:
                return tuple(sorted(found, key=int))
        return ()

    def taken_from(self, name: str) -> tuple[str, ...]:
        """The forms that the steps look a value up in, where nothing of the record's own is in it."""
        looked: dict[str, None] = {}
        return () if self._reads_own(name, looked, {name}) else tuple(looked)

    def _reads_own(self, name: str, looked: dict[str, None], seen: set[str]) -> bool:
        """Whether a variable holds collected values of the record's own row; notes other forms."""
        own = False
        for step, value in self.makers(name):
            consults = value.consults or (step.consults if step.label == "lookup" else ())
            forms = [each.name for each in consults if each.name in self.plan.files.sources]
            looked |= dict.fromkeys(forms)
            if consults:
                continue  # what it is looked up by is of the record, and not what it holds
            if any(key.startswith(SOURCE) for key in value.reads) or step.label == "records":
                own = True
            for key in value.reads:
                if not key.startswith(SOURCE) and key not in seen:
                    seen.add(key)
                    own = self._reads_own(key, looked, seen) or own
        return own

    def _predecessor(self, name: str) -> str:
        """The variable of another dataset that a variable copies; '' where it does not.

        A tabulation variable copies where its records are made of those of another dataset (CDISC's
        example: EX.EXSTDTC of EC.ECSTDTC), an analysis variable also where it is looked up, but not
        where a condition says of which records: that is derived, and its method says it. STUDYID
        and USUBJID of an analysis dataset are those of what its records are made of.
        """
        makers = [value for _, value in self.makers(name)]
        adam = self.dataset.kind == "adam"
        if not adam and (name in _OWN or any(e.sentence != f"{e.predecessor}." for e in makers)):
            return ""
        if any(_LIMITED.search(each.sentence) for each in makers):
            return ""
        copied = {value.predecessor.replace(SUBJECT, "USUBJID") for value in makers}
        predecessor = copied.pop() if len(copied) == 1 else ""
        dataset, _, variable = predecessor.partition(".")
        given = self.plan.files.given
        found = self.plan.datasets.get(dataset)
        stands = dataset in given or (found is not None and found.kind != "work")
        if stands and not variable.startswith("_"):
            return predecessor
        if not adam or name not in ("STUDYID", "USUBJID"):
            return ""
        known: dict[str, Container[str]] = {key: each.variables for key, each in given.items()}
        known |= {key: each.types for key, each in self.plan.datasets.items()}
        parts = (each.name for step in self.dataset.steps[:1] for each in step.consults)
        return next((f"{part}.{name}" for part in parts if name in known.get(part, ())), "")

    def _made_origin(self, name: str) -> str:
        """The origin that all steps agree on which make the variable, else the least collected."""
        kinds = {self._value_origin(name, value) for _, value in self.makers(name)}
        found = next((kind for kind in _LEAST_COLLECTED if kind in kinds), "Derived")
        if found == "Derived" and name in _PLANNED:
            tables = self.plan.catalog.tables
            return _PLANNED[name] if self._taken(name, {name}) & set(tables) else found
        return found

    def _value_origin(self, name: str, value: BoundValue) -> str:
        """What a table of the spec says is planned in a trial design dataset, elsewhere assigned.

        A score is derived of its answer, and an analysis visit and its number of its window, also
        where a table has them (CDISC's examples: AVISIT is Derived, AWLO and AWTARGET are Assigned).
        """
        if value.codelist is not None and value.origin == "Derived":
            return "Collected" if self._recoded_as_collected(value) else "Derived"
        table = value.predecessor.partition(".")[0]
        if table not in self.plan.catalog.tables or name.endswith(_COMPUTED):
            return value.origin
        fact = self.plan.catalog.dataset_fact(self.dataset.name)
        if fact is not None and fact.cls == _TRIAL_DESIGN:
            return "Protocol"
        return _PLANNED.get(name, "Assigned")

    def _recoded_as_collected(self, value: BoundValue) -> bool:
        """Whether the term of a codelist is that of a collected text, by way of working variables.

        What a table has beside it, such as the one unit that a form prints, is part of the form.
        """
        kinds = set()
        for key in value.reads:
            if key.startswith("_"):
                kinds |= {each.origin for _, each in self.makers(key)}
            elif key.startswith(SOURCE):
                kinds.add("Collected")
        return "Collected" in kinds and kinds <= {"Collected", "Assigned", "Protocol"}

    def _taken(self, name: str, seen: set[str]) -> set[str]:
        """What a variable takes values from, by whatever working variables, beside its own record.

        Tables, forms and datasets; its own dataset where it looks at other records of that.
        """
        found: set[str] = set()
        for step, value in self.makers(name):
            consults = value.consults or (step.consults if step.label == "lookup" else ())
            found.update(each.name for each in consults)
            if value.reach > Reach.ROW and not consults:
                found.add(self.dataset.name)
            for key in value.reads:
                if key.startswith("_") and key not in seen:
                    seen.add(key)
                    found |= self._taken(key, seen)
        return found

    def comment(self, name: str) -> str:
        """The spec's comment; else what no method says of an assigned variable, which has none.

        Of a fixed text that stands under a condition (ONGOING where the form says so) this is the
        condition; of a visit that the schedule does not have it is how it gets its number.
        """
        own = self._own(name)
        if own.comment:
            return own.comment
        said = [value.sentence for _, value in self.makers(name)]
        assigned = self.kind(name) == "Assigned" and not self._revised(name)
        if assigned and len(said) == 1 and _CONDITIONAL.match(said[0]):
            return self._sentence(name)
        if own.origin or name not in _PLANNED or self.kind(name) != _PLANNED[name]:
            return ""
        taken = self._taken(name, {name})
        tables = set(self.plan.catalog.tables)
        return self._sentence(name) if taken & tables and taken - tables else ""

    def _revised(self, name: str) -> bool:
        return bool(self.dataset.revisions(name))

    def method(self, name: str) -> Method | None:
        """The sentence of the steps that made (and changed) the variable, where it is derived.

        A collected text has one too where it was translated.
        """
        if self._parent and name == "USUBJID":
            return self._parent.method(name)
        own = self._own(name)
        text = own.method or self._sentence(name)
        translated = self.plan.files.study.translated
        if self.kind(name) != "Derived" and not (translated and TRANSLATED in text):
            return None
        text = text if translated else text.replace(TRANSLATED, "")
        made = next(iter(self.makers(name)), None) or self.values.get(name)
        formal = formal_expression(self.plan, self.dataset, name, self.makers(name))
        kind = "Imputation" if made and "imputed" in made[1].sentence else "Computation"
        return Method(
            f"{self.dataset.name}.{name}",
            text,
            "\n".join(filter(None, (formal, made[1].formal if made else ""))),
            type="Imputation" if kind == "Imputation" else "Computation",
        )

    def _sentence(self, name: str) -> str:
        makers = [(step, self._through(value)) for step, value in self.makers(name)]
        steps = [step for step, _ in self.dataset.makers(name)]
        parts = [told_once([value for _, value in makers])] if len(makers) > 1 else []
        if not any(parts):
            told = []
            for step, value in makers:
                labelled = len(steps) > 1 and name != step.label
                label = step.sentence.rstrip(".") if name == "PARAMCD" else label_of(step, steps)
                told.append((label if labelled else "", value.sentence))
            told = [(label, sentence) for label, sentence in told if sentence]
            if len({sentence for _, sentence in told}) == 1 and self._every_record(makers):
                told = [("", told[0][1])]
            parts = merged(told)
        if not makers and name == "USUBJID":
            parts.append(self._subject_sentence())
        parts += [
            f"Changed: {uncapital(step.values[name].sentence)}"
            for step in self.dataset.revisions(name)
        ]
        return self.spelled(
            " ".join(part for part in parts if part)
            or f"Made by the records of {self.dataset.name}."
        )

    def _every_record(self, makers: list[tuple[Bound, BoundValue]]) -> bool:
        """Whether all steps that make the records spoken of are among these."""
        steps = [step for step in self.dataset.steps if step.label == "records"]
        known = [*self.without, *(step for step, _ in makers)]
        return all(any(step is each for each in known) for step in steps)

    def spelled(self, sentence: str) -> str:
        """The sentence without working variables, which are written nowhere else."""
        return capital(
            explain_helpers(spell_out(capital(sentence), self._definition), self._helper)
        )

    def _helper(self, name: str) -> str | None:
        """What the records of a helper dataset or table of the spec are; None of what is neither."""
        table = self.plan.catalog.tables.get(name)
        if table is not None:
            return table_in_words(table)
        found = self.plan.datasets.get(name)
        if found is None or found.kind != "work":
            return None
        told = [step.sentence for step in found.steps if step.label in ("records", "exclude")]
        return Provenance(self.plan, found).spelled(" ".join(told))

    def _through(self, value: BoundValue) -> BoundValue:
        """A copy of a helper dataset's variable as what that is."""
        dataset, _, variable = value.predecessor.partition(".")
        found = self.plan.datasets.get(dataset)
        if found is None or found.kind != "work" or value.sentence != f"{value.predecessor}.":
            return value
        made = definition([each for _, each in found.makers(variable)])
        return (
            replace(value, sentence=Provenance(self.plan, found).spelled(made)) if made else value
        )

    def _definition(self, name: str) -> str | None:
        makers = [self._through(value) for _, value in self.makers(name)]
        return definition(makers) if makers else None

    def _subject_sentence(self) -> str:
        """How each form that the dataset is made of spells the subject; else how the roster does."""
        sources = self.plan.files.sources
        forms: dict[str, list[str]] = {}
        for name in self.plan.catalog.dataset_sources.get(self.dataset.name, ()):
            subject = sources[name].subject
            if subject is not None:
                forms.setdefault(english(subject), []).append(sources[name].label or name)
        if not forms:
            roster = sources.get(self.plan.files.study.subjects)
            spelt = roster.subject if roster is not None else None
            forms = {english(spelt): []} if spelt is not None else {}
        if len(forms) < 2:
            return "".join(capital(f"{sentence}.") for sentence in forms)
        return " ".join(f"{', '.join(each)}: {sentence}." for sentence, each in forms.items())


def capital(sentence: str) -> str:
    """The sentence with a capital letter in front."""
    return sentence[:1].upper() + sentence[1:]


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
