"""Names of collected fields by CDASH, and the SDTM variable that each becomes.

Most fields have the name of their SDTM variable already; ``data/cdash.tsv`` holds the others, kept by
hand. Source: CDASHIG 2.x, domain metadata.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal, cast

from mg_cdisc.standards.store import shipped_text

Way = Literal["date", "parts", "ongoing", "performed", "dose", "asked", "qualifier"]

EVERYWHERE: Final = "*"


@dataclass(frozen=True, slots=True)
class CollectedField:
    """A field under its CDASH name, and the way in which it becomes its variable.

    ``where`` is a domain, a class of domains, or ``*``. ``beside`` is what the way needs beside the
    field: the field of the time, those of all parts, or the label of a qualifier.
    """

    where: str
    field: str
    variable: str
    way: Way
    beside: tuple[str, ...] = ()
    label: str = ""

    def in_domain(self, domain: str) -> CollectedField:
        """The field as a domain names it: ``--STDAT`` is ``AESTDAT`` in AE."""
        return replace(
            self,
            field=self.field.replace("--", domain),
            variable=self.variable.replace("--", domain),
            beside=tuple(each.replace("--", domain) for each in self.beside),
        )


def collected_field(name: str, domain: str, cls: str) -> CollectedField | None:
    """What a form's field is by its CDASH name in a domain, where that is not its variable's name.

    ``cls`` is the domain's class. A domain's own name goes before its class's, and that before
    those of all domains; ``None`` for any other name.

    >>> collected_field("AESTDAT", "AE", "Events").variable
    'AESTDTC'
    """
    for where in (domain, cls, EVERYWHERE):
        for known in _fields():
            if known.where == where and known.field.replace("--", domain) == name:
                return known.in_domain(domain)
    return None


@cache
def _fields() -> tuple[CollectedField, ...]:
    found = []
    for line in (shipped_text("cdash.tsv") or "").splitlines():
        if line.startswith("#"):
            continue
        where, name, variable, way, beside = line.split("\t")
        label = beside if way == "qualifier" else ""
        others = () if label else tuple(beside.split())
        found.append(CollectedField(where, name, variable, cast("Way", way), others, label))
    return tuple(found)


def term_of_word(codelist: str, word: str) -> str:
    """The term that a form's word means in a codelist, by ``data/words.tsv``; blank if none is known.

    >>> term_of_word("OUT", "Recovered")
    'RECOVERED/RESOLVED'
    """
    return _words().get((codelist, word.casefold()), "")


@cache
def _words() -> dict[tuple[str, str], str]:
    found = {}
    for line in (shipped_text("words.tsv") or "").splitlines():
        if not line.startswith("#"):
            codelist, word, term = line.split("\t")
            found[codelist, word.casefold()] = term
    return found
