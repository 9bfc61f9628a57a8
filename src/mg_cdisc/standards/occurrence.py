"""The occurrence data structure (OCCDS), which has an implementation guide of its own.

``data/occds-1.1.tsv`` holds the variables that ADaM OCCDS 1.1 adds to those copied from SDTM.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from mg_cdisc.standards.form import read_form
from mg_cdisc.standards.standard import Standard
from mg_cdisc.standards.store import shipped_text

OCCDS = "OCCDS"
OCCURRENCE = "OCCURRENCE DATA STRUCTURE"
GUIDE, GUIDE_VERSION = "ADaM-OCCDSIG", "1.1"
"""Its guide, as controlled terminology of Define-XML (STDNAM) calls it."""
_FILE = f"occds-{GUIDE_VERSION}.tsv"


@cache
def _occurrences() -> Standard:
    return Standard.of(*read_form(shipped_text(_FILE) or "", f"mg_cdisc: {_FILE}"))


def with_occurrences(adam: Standard) -> Standard:
    """ADaMIG with the occurrence data structure beside its own structures.

    A version of the guide that brings facts of its own for OCCDS keeps them.
    """
    if adam.facts.get(OCCDS):
        return adam
    own = _occurrences()
    return replace(
        adam,
        datasets={**adam.datasets, **own.datasets},
        facts={**adam.facts, **own.facts},
    )
