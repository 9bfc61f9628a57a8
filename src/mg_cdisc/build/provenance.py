"""Where the values of variables come from, and how they are derived: what a spec's steps say of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

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
_COMPUTED = ("ORRES", "STRESC", "STRESN", "AVAL", "AVALC", "AVISIT")


class Provenance:
    """Origins and methods of the variables of one dataset."""

    def __init__(self, plan: Plan, dataset: BoundDataset) -> None:
        self.plan, self.dataset = plan, dataset
        self.values = dataset.values()
        self.spec = dataset.spec

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
        return kind

    def origins(self, name: str, forms: Iterable[str]) -> tuple[Origin, ...]:
        """Where the variable's values come from, one origin for each who collected them.

        ``forms`` are those that the records come from; a value that was taken from another form
        names that one.
        """
        name = name[:-1] if name[:-1] in CONTINUED else name
        kind = self.kind(name)
        predecessor = self._predecessor(name) if kind == "Predecessor" else ""
        return self._origins(kind, self._own(name), self.taken_from(name) or forms, predecessor)

    def _origins(
        self, kind: str, own: VariableFacts, forms: Iterable[str], predecessor: str = ""
    ) -> tuple[Origin, ...]:
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
        return tuple(self._collected(by, each, own) for by, each in collectors.items())

    def _collected(self, by: str, forms: list[str], own: VariableFacts) -> Origin:
        """Collected by one collector: on these pages, else said in words."""
        specs = [self.plan.files.sources[each] for each in forms]
        pages = own.pages or tuple(dict.fromkeys(page for each in specs for page in each.pages))
        statement = own.statement
        if not pages and not statement:
            shown = ", ".join(each.label or name for name, each in zip(forms, specs, strict=True))
            statement = f"Collected on: {shown}." if shown else "Collected in the source data."
        return Origin("Collected", _origin_source(by), pages, "", statement)

    def taken_from(self, name: str) -> tuple[str, ...]:
        """The forms that the steps look a value up in, where nothing of the record's own is in it."""
        looked: dict[str, None] = {}
        return () if self._reads_own(name, looked, {name}) else tuple(looked)

    def _reads_own(self, name: str, looked: dict[str, None], seen: set[str]) -> bool:
        """Whether a variable holds collected values of the record's own row; notes other forms."""
        own = False
        for step, value in self.dataset.makers(name):
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
        example: EX.EXSTDTC of EC.ECSTDTC), an analysis variable also where it is looked up. STUDYID
        and USUBJID of an analysis dataset are those of what its records are made of.
        """
        makers = [value for _, value in self.dataset.makers(name)]
        adam = self.dataset.kind == "adam"
        if not adam and (name in _OWN or any(e.sentence != f"{e.predecessor}." for e in makers)):
            return ""
        copied = {value.predecessor.replace(SUBJECT, "USUBJID") for value in makers}
        predecessor = copied.pop() if len(copied) == 1 else ""
        dataset, _, variable = predecessor.partition(".")
        found = self.plan.datasets.get(dataset)
        if found is not None and found.kind != "work" and not variable.startswith("_"):
            return predecessor
        if not adam or name not in ("STUDYID", "USUBJID"):
            return ""
        known = {key: each.types for key, each in self.plan.datasets.items()}
        parts = (each.name for step in self.dataset.steps[:1] for each in step.consults)
        return next((f"{part}.{name}" for part in parts if name in known.get(part, ())), "")

    def _made_origin(self, name: str) -> str:
        """The origin that all steps agree on which make the variable, else the least collected."""
        kinds = {self._value_origin(name, value) for _, value in self.dataset.makers(name)}
        found = next((kind for kind in _LEAST_COLLECTED if kind in kinds), "Derived")
        if found == "Derived" and name in _PLANNED:
            tables = self.plan.catalog.tables
            return _PLANNED[name] if self._taken(name, {name}) & set(tables) else found
        return found

    def _value_origin(self, name: str, value: BoundValue) -> str:
        """What a table of the spec says is planned in a trial design dataset, elsewhere assigned.

        A score is derived of its answer, and an analysis visit of its window, also where a table has
        them (CDISC's examples: AVISIT is Derived, its AVISITN, AWLO and AWTARGET are Assigned).
        """
        table = value.predecessor.partition(".")[0]
        if table not in self.plan.catalog.tables or name.endswith(_COMPUTED):
            return value.origin
        fact = self.plan.catalog.dataset_fact(self.dataset.name)
        if fact is not None and fact.cls == _TRIAL_DESIGN:
            return "Protocol"
        return _PLANNED.get(name, "Assigned")

    def _taken(self, name: str, seen: set[str]) -> set[str]:
        """What a variable takes values from, by whatever working variables, beside its own record.

        Tables, forms and datasets; its own dataset where it looks at other records of that.
        """
        found: set[str] = set()
        for step, value in self.dataset.makers(name):
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
        """The spec's comment; else how a visit that the schedule does not have gets its number.

        Such a number is assigned, and an assigned variable has no method to say it.
        """
        own = self._own(name)
        if own.comment or own.origin or name not in _PLANNED or self.kind(name) != _PLANNED[name]:
            return own.comment
        taken = self._taken(name, {name})
        tables = set(self.plan.catalog.tables)
        return self._sentence(name) if taken & tables and taken - tables else ""

    def _revised(self, name: str) -> bool:
        return bool(self.dataset.revisions(name))

    def method(self, name: str) -> Method | None:
        """The sentence of the steps that made (and changed) the variable, where it is derived.

        A collected text has one too where it was translated.
        """
        own = self._own(name)
        text = own.method or self._sentence(name)
        translated = self.plan.files.study.translated
        if self.kind(name) != "Derived" and not (translated and TRANSLATED in text):
            return None
        text = text if translated else text.replace(TRANSLATED, "")
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
            parts += working(self.values, step, f"{where}{value.sentence}", told)
        if not makers and name == "USUBJID":
            parts.append(self._subject_sentence())
        for step in self.dataset.revisions(name):
            parts.append(f"Changed: {step.values[name].sentence}")
            parts += working(self.values, step, step.values[name].sentence, {name})
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


def working(
    values: Mapping[str, tuple[Bound, BoundValue]], step: Bound, sentence: str, told: set[str]
) -> list[str]:
    """What the working variables are that a sentence names: they are written nowhere else."""
    parts: list[str] = []
    named = set(re.findall(r"\w+", sentence))
    for key in step.reads:
        made = values.get(key)
        if not key.startswith("_") or key in told or key not in named or made is None:
            continue
        told.add(key)
        if made[1].sentence:
            parts.append(f"Here {key} is: {uncapital(made[1].sentence)}")
        parts += working(values, made[0], made[1].sentence, told)
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
