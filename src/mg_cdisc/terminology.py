"""Controlled terminology of CDISC in a version: codelists, their terms, and hints for typos.

A study chooses its versions; the loader is given them. Only the codelists that are asked for are
taken apart, so loading a package of forty thousand terms costs a few milliseconds.
The stored text form is described in ``mg_cdisc.standards.import_terminology``, which writes it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from mg_cdisc.errors import Finding, Location, SourceError, SpecError, nearest, one_of

_MAGIC = ["mg-cdisc terminology", "1"]


@dataclass(frozen=True, slots=True)
class Term:
    """A term: its NCI concept code, its submission value and what it means in words.

    ``decode`` is the value of the paired codelist where there is one (``--TESTCD`` is decoded by
    ``--TEST``), else the NCI preferred term.
    """

    code: str
    value: str
    decode: str


@dataclass(frozen=True, slots=True)
class Codelist:
    """A codelist with its terms by submission value, case-sensitive, in the published order.

    ``short_name`` is its submission value (``SEX``), ``decoded_by`` the C-code of the codelist
    whose values decode this one's, or blank.
    """

    code: str
    short_name: str
    name: str
    extensible: bool
    terms: Mapping[str, Term]
    decoded_by: str = ""

    def find_case_insensitive(self, value: str) -> tuple[Term, ...]:
        """The terms that equal a value but for case, in the published order.

        Only for hints, since terms are case-sensitive; there can be several (units).
        """
        folded = value.casefold()
        return tuple(term for known, term in self.terms.items() if known.casefold() == folded)

    def nearest(self, value: str) -> str | None:
        """The submission value that was likely meant, or ``None``.

        The same value in another case; else the term that a decode spells out (``Male``); else
        the term whose value or decode is most similar.
        """
        same = self.find_case_insensitive(value)
        if same:
            return same[0].value
        folded = value.casefold()
        by_folded: dict[str, str] = {}
        for known, term in self.terms.items():
            if term.decode.casefold() == folded:
                return known
            by_folded.setdefault(known.casefold(), known)
            by_folded.setdefault(term.decode.casefold(), known)
        close = difflib.get_close_matches(folded, list(by_folded), n=1, cutoff=0.6)
        return by_folded[close[0]] if close else None


@dataclass(frozen=True, slots=True)
class Terminology:
    """A terminology package (SDTM, ADaM or DEFINE-XML) in one version."""

    kind: str
    version: str
    blocks: Mapping[str, str] = field(repr=False)
    short_names: Mapping[str, str] = field(repr=False)
    parsed: dict[str, Codelist] = field(default_factory=dict, repr=False, compare=False)

    def __contains__(self, key: object) -> bool:
        return key in self.blocks or key in self.short_names

    def codelist(self, key: str) -> Codelist | None:
        """The codelist with this C-code or submission value (``C66731``, ``SEX``), or ``None``.

        >>> load_terminology("SDTM", "2025-03-28").codelist("SEX").terms["F"].code
        'C16576'
        """
        code = key if key in self.blocks else self.short_names.get(key)
        if code is None:
            return None
        if code not in self.parsed:
            self.parsed[code] = self._parse(code)
        return self.parsed[code]

    def nearest(self, key: str) -> str:
        """``Did you mean SEX?`` for a codelist's name that is not known, or nothing."""
        return nearest(key, self.short_names)

    @property
    def codes(self) -> tuple[str, ...]:
        """The C-codes of all codelists in the published order."""
        return tuple(self.blocks)

    def _parse(self, code: str) -> Codelist:
        first, *rows = self.blocks[code].split("\n")
        head = first.split("\t")
        if len(head) != 5:
            raise _damaged(f"{self.kind} {self.version}")
        _, short_name, extensible, decoded_by, name = head
        partner = self.codelist(decoded_by) if decoded_by else None
        decodes: dict[str, str] = {}
        for term in partner.terms.values() if partner else ():
            decodes.setdefault(term.code, term.value)
        terms = {}
        for row in rows:
            # Blank, C-code, value and, unless the partner gives the decode, the preferred term.
            cells = row.split("\t")
            if len(cells) not in (3, 4) or (len(cells) == 3 and cells[1] not in decodes):
                raise _damaged(f"{self.kind} {self.version}")
            decode = cells[3] if len(cells) == 4 else decodes[cells[1]]
            terms[cells[2]] = Term(cells[1], cells[2], decode)
        return Codelist(code, short_name, name, extensible == "Yes", terms, decoded_by)


def load_terminology(
    kind: str, version: str, store: Path | None = None, where: Location | None = None
) -> Terminology:
    """A package by kind (SDTM, ADaM, DEFINE-XML) and date: ``("SDTM", "2025-03-28")``.

    A shipped version is always the shipped one; others are looked for in ``store`` (the user's
    own if not given: ``MG_CDISC_STORE``, else the XDG data folder). The kind may be in any case.
    An unknown one is a ``SpecError`` at ``where``, the place that chose the version; a stored
    file that was cut short or changed is a ``SourceError``.
    """
    name = f"{kind.lower()}-{version}"
    shipped = _load_shipped(name)
    if shipped is not None:
        return shipped
    folder = (_default_store() if store is None else store) / "ct"
    known = known_terminologies(store)
    if name not in known:
        finding = Finding(
            where or Location(),
            "unknown-terminology",
            f"the controlled terminology {kind} {version} is not known",
            f"Known are {one_of(known)}. For another run mg-cdisc ct import FILE, with the "
            "package's text file of NCI EVS.",
        )
        raise SpecError([finding])
    file = folder / f"{name}.tsv"
    # bytes that are no text become characters that the form does not know, and are refused by it
    return read_terminology(file.read_text(encoding="utf-8", errors="replace"), str(file))


def known_terminologies(store: Path | None = None) -> tuple[str, ...]:
    """What can be loaded (``sdtm-2025-03-28``): the shipped packages, then the stored ones."""
    folder = (_default_store() if store is None else store) / "ct"
    shipped = [f.name for f in files("mg_cdisc.standards").joinpath("data", "ct").iterdir()]
    stored = [f.name for f in folder.glob("*.tsv")] if folder.is_dir() else []
    names = [name for name in (*sorted(shipped), *sorted(stored)) if name.endswith(".tsv")]
    return tuple(dict.fromkeys(name.removesuffix(".tsv") for name in names))


def read_terminology(text: str, file: str) -> Terminology:
    """The terminology that a text in the project's own form holds; ``file`` is for messages."""
    head, _, body = text.partition("\n")
    cells = head.split("\t")
    # A codelist's line starts with its C-code, a term's line with a tab.
    parts = body.removesuffix("\n").split("\nC")
    blocks: dict[str, str] = {}
    short_names: dict[str, str] = {}
    for number, part in enumerate(parts):
        block = f"C{part}" if number else part
        code, short_name, _ = (*block.split("\t", 2), "", "")[:3]
        blocks[code] = block
        short_names[short_name] = code
    counts = [str(len(blocks)), str(body.count("\n") - len(blocks))]
    if cells[:2] != _MAGIC or cells[4:] != counts or not body.endswith("\n"):
        raise _damaged(file)
    return Terminology(cells[2], cells[3], blocks, short_names)


def _damaged(file: str) -> SourceError:
    what = "the stored terminology is incomplete or was changed by hand"
    todo = "Remove the file and import the package again."
    return SourceError([Finding(Location(file), "damaged-file", what, todo)])


@lru_cache(maxsize=8)
def _load_shipped(name: str) -> Terminology | None:
    resource = files("mg_cdisc.standards").joinpath("data", "ct", f"{name}.tsv")
    if not resource.is_file():
        return None
    return read_terminology(resource.read_text(encoding="utf-8"), resource.name)


def _default_store() -> Path:
    # The same rule as mg_cdisc.standards.default_store, which this level may not import.
    chosen = os.environ.get("MG_CDISC_STORE", "")
    if chosen:
        return Path(chosen)
    data_home = Path(os.environ.get("XDG_DATA_HOME", ""))
    if not data_home.is_absolute():
        data_home = Path.home() / ".local" / "share"
    return data_home / "mg-cdisc"
