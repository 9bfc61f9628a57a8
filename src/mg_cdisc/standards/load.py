"""Loads a standard by name and version: shipped with the package, else from the user's store."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from mg_cdisc.errors import Finding, Location, SpecError, one_of
from mg_cdisc.standards.form import read_form
from mg_cdisc.standards.standard import Standard
from mg_cdisc.standards.store import default_store, shipped_names, shipped_text, stored_names

FOLDER = "ig"


def file_name(name: str, version: str) -> str:
    """Where a standard lies, below the store: ``ig/sdtmig-3.4.tsv``."""
    return f"{FOLDER}/{name.lower().replace(' ', '-')}-{version}.tsv"


def known_standards(store: Path | None = None) -> tuple[str, ...]:
    """What can be loaded (``sdtmig-3.4``): the shipped standards, then the stored ones."""
    own = stored_names((default_store() if store is None else store) / FOLDER)
    return tuple(dict.fromkeys([*shipped_names(FOLDER), *own]))


def load_standard(
    name: str, version: str, store: Path | None = None, where: Location | None = None
) -> Standard:
    """The facts of a standard in a version: ``("SDTMIG", "3.4")``, ``("ADAMIG", "1.3")``.

    A shipped version is always the shipped one; others are looked for in ``store``
    (``default_store()`` if not given). The name may be in any case. An unknown one is a
    ``SpecError`` at ``where``, the place that chose the version.

    >>> load_standard("SDTMIG", "3.4").variable("DM", "SEX").codelists
    ('C66731',)
    """
    relative = file_name(name, version)
    shipped = _load_shipped(relative)
    if shipped is not None:
        return shipped
    store = default_store() if store is None else store
    if relative.removeprefix(f"{FOLDER}/").removesuffix(".tsv") not in known_standards(store):
        finding = Finding(
            where or Location(),
            "unknown-standard",
            f"the standard {name} {version} is not known",
            f"Known are {one_of(known_standards(store))}. Import its CDISC Library CSV export "
            "to use another.",
        )
        raise SpecError([finding])
    file = store / relative
    # bytes that are no text become characters that the form does not know, and are refused by it
    return Standard.of(*read_form(file.read_text(encoding="utf-8", errors="replace"), str(file)))


@lru_cache(maxsize=8)
def _load_shipped(relative: str) -> Standard | None:
    text = shipped_text(relative)
    return None if text is None else Standard.of(*read_form(text, f"mg_cdisc: {relative}"))
