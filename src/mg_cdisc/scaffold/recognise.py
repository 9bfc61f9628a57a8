"""Which domain a form is for, and which of its fields have names of SDTM or CDASH."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from mg_cdisc.scaffold.material import Material, plain
from mg_cdisc.sources import Form, FormField
from mg_cdisc.sources.odm_metadata import UNIT
from mg_cdisc.standards import Standard, VariableFact, load_standard
from mg_cdisc.standards.cdash import collected_field
from mg_cdisc.terminology import Terminology

CLASSES: Final = ("Interventions", "Events", "Findings")
_MADE: Final = ("STUDYID", "DOMAIN", "USUBJID")
# what any form may have, and tells no domain
_ANYWHERE: Final = ("VISIT", "VISITNUM", "VISITDY", "VISDAT", "SITEID", "SUBJID", "INVID", "INVNAM", "EPOCH",
                    "SPDEVID", "TAETORD", "FOCID")  # fmt: skip
_UNITS: Final = ("U", "_U", "_UNIT", "UNIT", "_UNITS", "ORRESU", "_ORRESU")


@dataclass(frozen=True)
class Mapped:
    """A field and the variable that it becomes, and the way: ``same`` or a way of CDASH.

    ``beside`` are the fields that the way takes with it.
    """

    field: FormField
    variable: str
    way: str = "same"
    beside: tuple[FormField, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Test:
    """A test of a wide form: its short name, the field of its result and that of its unit."""

    code: str
    result: FormField
    unit: FormField | None = None


@dataclass(frozen=True)
class Recognised:
    """A form of which a domain is made: fields mapped, tests, and fields that are still open."""

    material: Material
    domain: str
    cls: str
    mapped: tuple[Mapped, ...]
    tests: tuple[Test, ...]
    open: tuple[FormField, ...]
    score: int

    def get(self, variable: str) -> Mapped | None:
        """What becomes a variable."""
        return next((each for each in self.mapped if each.variable == variable), None)


def cdash_name(field: FormField) -> str:
    """A field's name as CDASH would have it: ``IT.AESTDAT`` and ``aestdat`` are ``AESTDAT``."""
    return field.name.rpartition(".")[2].strip().upper()


def recognise(material: Material, standard: Standard, terms: Terminology) -> Recognised | None:
    """The domain that most of a form's fields belong to, or ``None``.

    A domain is recognised by its topic (AETERM, CMTRT), a findings domain also by results of its
    tests, DM by two of its own fields. Equal chances fall to the domain that the form is called
    after, and then to the first in the guide's order.
    """
    best: Recognised | None = None
    for dataset in standard.datasets.values():
        if dataset.cls not in CLASSES and dataset.name != "DM":
            continue
        found = _in_domain(material, dataset.name, dataset.cls, standard, terms)
        if found is not None and (best is None or found.score > best.score):
            best = found
    return best


def known_names(forms: Iterable[Form]) -> int:
    """How many fields of forms have a name that some domain knows."""
    return sum(cdash_name(each) in _every_name() for form in forms for each in form.fields)


@cache
def _every_name() -> frozenset[str]:
    standard = load_standard("SDTMIG", "3.4")
    names: set[str] = set()
    for dataset in standard.datasets.values():
        if dataset.cls not in CLASSES and dataset.name != "DM":
            continue
        names |= {fact.name for fact in standard.variables(dataset.name)}
        for end in ("DAT", "TIM", "STDAT", "STTIM", "ENDAT", "ENTIM", "ONGO", "YN", "PERF"):
            names.add(dataset.name + end)
    return frozenset(names | {"BRTHDAT", "BRTHYY", "BRTHMO", "BRTHDD", "RFICDAT", "DTHDAT"})


def _in_domain(
    material: Material, domain: str, cls: str, standard: Standard, terms: Terminology
) -> Recognised | None:
    by_name: dict[str, FormField] = {}
    for field in material.fields:
        if field.data_type != UNIT:
            by_name.setdefault(cdash_name(field), field)
    mapped: list[Mapped] = []
    used: set[str] = set()
    for name, field in by_name.items():
        found = _variable(name, field, by_name, domain, cls, standard)
        if found is None or field.name in used:
            continue
        if found.variable and any(each.variable == found.variable for each in mapped):
            continue
        used |= {field.name, *(each.name for each in found.beside)}
        mapped.append(found)
    topic = _topic(domain, cls, standard)
    tests: tuple[Test, ...] = ()
    named = plain(domain) in _words(material) or _is_called(material, domain, standard)
    if cls == "Findings" and not any(each.variable == topic for each in mapped):
        tests = _tests(material, by_name, domain, used, standard, terms, named)
    own = [each for each in mapped if each.variable not in _ANYWHERE
           and cdash_name(each.field) not in _ANYWHERE]  # fmt: skip
    score = 2 * (len(own) + len(tests)) + named
    there = any(each.variable == topic for each in own) and domain != "DM"
    few = len(own) < 2 if domain in ("DM", "EX", "EC") else True
    if not tests and not there and few:
        return None
    columns = {each.result.name for each in tests} | {each.unit.name for each in tests if each.unit}
    spoken = used | columns
    open_ = tuple(each for each in material.fields if each.name not in spoken)
    return Recognised(material, domain, cls, tuple(mapped), tests, open_, score)


def _variable(
    name: str,
    field: FormField,
    by_name: dict[str, FormField],
    domain: str,
    cls: str,
    standard: Standard,
) -> Mapped | None:
    if "`" in field.name:  # no expression can name it
        return None
    collected = collected_field(name, domain, cls)
    if collected is not None:
        beside = [by_name[each] for each in collected.beside if each in by_name]
        if collected.way == "dose":
            return Mapped(field, collected.variable, "dose")
        return Mapped(field, collected.variable, collected.way, tuple(beside), collected.label)
    made = (*_MADE, f"{domain}SEQ", f"{domain}DY", f"{domain}STDY", f"{domain}ENDY", "DMDY")
    if name in made or (cls == "Findings" and name == "VISIT"):
        return None
    fact = fact_of(domain, cls, name, standard)
    return None if fact is None else Mapped(field, name)


def fact_of(domain: str, cls: str, name: str, standard: Standard) -> VariableFact | None:
    """What the standard says of a variable in a domain, its own or one of its class."""
    fact = standard.variable(domain, name)
    if fact is None and len(name) > 2 and (name.startswith(domain) or name == "VISITNUM"):
        fact = standard.qualifier(cls, name)
    return fact


def _topic(domain: str, cls: str, standard: Standard) -> str:
    facts = standard.variables(domain)
    return next((fact.name for fact in facts if fact.role == "Topic"), "")


def _words(material: Material) -> set[str]:
    """What the form is called, and the words of its identifier."""
    said = (
        material.declaration.form,
        material.declaration.item_group,
        material.label,
        material.name,
    )
    return {
        plain(part) for each in said for part in (each, *each.replace(".", "_").split("_")) if part
    }


def _is_called(material: Material, domain: str, standard: Standard) -> bool:
    fact = standard.dataset(domain)
    return fact is not None and plain(fact.label) in _words(material)


def _tests(
    material: Material,
    by_name: dict[str, FormField],
    domain: str,
    used: set[str],
    standard: Standard,
    terms: Terminology,
    named: bool,
) -> tuple[Test, ...]:
    """The results of a wide form: SYSBP_VSORRES, or SYSBP alone where the form tells its domain."""
    fact = standard.variable(domain, f"{domain}TESTCD")
    codelist = terms.codelist(fact.codelists[0]) if fact is not None and fact.codelists else None
    if codelist is None:
        return ()
    found: list[Test] = []
    hinted = named or bool([each for each in used if cdash_name_of(each).startswith(domain)])
    for name, field in by_name.items():
        code = name.removesuffix(f"_{domain}ORRES")
        if (code == name and not hinted) or field.name in used or "`" in field.name:
            continue
        if code in codelist.terms:
            found.append(Test(code, field, _unit(material, by_name, field, name, domain)))
    return tuple(found)


def cdash_name_of(column: str) -> str:
    """A column's name as CDASH would have it."""
    return cdash_name(FormField(column))


def _unit(
    material: Material, by_name: dict[str, FormField], field: FormField, name: str, domain: str
) -> FormField | None:
    """The field of a result's unit: that of the same item, or one named after it."""
    for each in material.fields:
        if each.data_type == UNIT and each.item == field.item:
            return each
    if name.endswith(f"_{domain}ORRES"):
        return by_name.get(f"{name}U")
    return next((by_name[name + end] for end in _UNITS if name + end in by_name), None)


def without(recognised: Recognised, names: Sequence[str]) -> Recognised:
    """The same with columns that are spoken of elsewhere left out of the open ones."""
    left = tuple(each for each in recognised.open if each.name not in names)
    return replace(recognised, open=left)
