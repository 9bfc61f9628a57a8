"""Imports a controlled terminology package as NCI EVS publishes it into a store.

The text form in which a package is kept, read by ``mg_cdisc.terminology``, cells by tabs::

    mg-cdisc terminology  1  SDTM  2025-03-28  <codelists>  <terms>
    C65047  LBTESTCD  Yes  C67154  Laboratory Test Code
        C64433  ALT
    C67154  LBTEST  Yes  <blank>  Laboratory Test Name
        C64433  Alanine Aminotransferase  Alanine Aminotransferase Measurement

A codelist's line: C-code, submission value, extensible, the codelist that decodes it, name. A
term's line: C-code, submission value, preferred term; the last is left out where the decoding
codelist has the same concept, for its submission value is the decode there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from mg_cdisc.standards.published import AGAIN, Faults, PublishedRow, check_one_line, read_published
from mg_cdisc.standards.store import write_once

_CODE, _LIST, _EXTENSIBLE = "Code", "Codelist Code", "Codelist Extensible (Yes/No)"
_NAME, _VALUE, _TERM = "Codelist Name", "CDISC Submission Value", "NCI Preferred Term"
_STATED = "Standard and Date"
_COLUMNS = (_CODE, _LIST, _EXTENSIBLE, _NAME, _VALUE, _TERM)

# A codelist that only this package has: TSPARMCD, DTYPE, GNRLOBSC.
_TELLING = {"C66738": "SDTM", "C81224": "ADaM", "C103329": "DEFINE-XML"}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_C_CODE = re.compile("C[0-9]+")


@dataclass(slots=True)
class _Codelist:
    code: str
    short_name: str
    name: str
    extensible: str
    row: int
    # Submission value to C-code and preferred term, in the published order.
    terms: dict[str, tuple[str, str]] = field(default_factory=dict)


def import_terminology(file: Path, store: Path, version: str | None = None) -> str:
    """Import a terminology package into ``store``; gives its name, ``SDTM CT 2025-03-28``.

    ``file`` is the NCI EVS text (by tabs) or CSV. The kind is told by its codelists. The version
    is the one that the file states for each row (Standard and Date), else ``version``, else a
    date in the file's name. A fault in the file is a ``SourceError`` with a finding for each, and
    the store is left as it was.
    """
    kind, dated, text = convert_terminology(file, version)
    write_once(store, f"ct/{kind.lower()}-{dated}.tsv", text, f"{kind} CT {dated}")
    return f"{kind} CT {dated}"


def convert_terminology(file: Path, version: str | None = None) -> tuple[str, str, str]:
    """Kind, version and the project's own text form of a published terminology package."""
    faults = Faults(file)
    rows = read_published(file, _COLUMNS, faults, "a terminology package of NCI EVS")
    codelists = _codelists(rows, faults)
    _add_terms(rows, codelists, faults)
    kinds = [kind for code, kind in _TELLING.items() if code in codelists]
    if len(kinds) != 1:
        what = f"the file is not one package of SDTM, ADaM or Define-XML (found: {kinds or 'none'})"
        faults.add("unknown-terminology", what, "Import the text file of one package.")
    dated = _version(rows, file, version, faults)
    faults.stop()
    return kinds[0], dated, _write_form(kinds[0], dated, codelists)


def _codelists(rows: list[PublishedRow], faults: Faults) -> dict[str, _Codelist]:
    codelists: dict[str, _Codelist] = {}
    taken: dict[str, str] = {}
    for row in rows:
        for column in (_CODE, _NAME, _VALUE, _TERM):
            if not row[column]:
                faults.add("missing-value", f"{column} is blank", AGAIN, row=row.row, column=column)
        check_one_line(row, _COLUMNS, faults)
        for column in (_CODE, _LIST):
            if row[column] and not _C_CODE.fullmatch(row[column]):
                what = f"{column} is {row[column]!r}; a C-code was expected"
                faults.add("unknown-value", what, AGAIN, row=row.row, column=column)
        if row[_LIST]:
            continue
        code, short = row[_CODE], row[_VALUE]
        if row[_EXTENSIBLE] not in ("Yes", "No"):
            what = f"{short}: extensible is {row[_EXTENSIBLE]!r}; Yes or No was expected"
            faults.add("unknown-value", what, AGAIN, row=row.row, column=_EXTENSIBLE)
        if code in codelists or short in taken:
            what = f"the codelist {code} {short} stands there already"
            faults.add("duplicate-codelist", what, AGAIN, row=row.row)
        taken[short] = code
        codelists[code] = _Codelist(code, short, row[_NAME], row[_EXTENSIBLE], row.row)
    return codelists


def _add_terms(rows: list[PublishedRow], codelists: dict[str, _Codelist], faults: Faults) -> None:
    homeless: dict[str, list[int]] = {}
    for row in rows:
        if not row[_LIST]:
            continue
        codelist = codelists.get(row[_LIST])
        if codelist is None:
            homeless.setdefault(row[_LIST], []).append(row.row)
        elif row[_VALUE] in codelist.terms:
            what = f"{codelist.short_name} has the term {row[_VALUE]!r} twice"
            faults.add("duplicate-term", what, AGAIN, row=row.row, column=_VALUE)
        else:
            codelist.terms[row[_VALUE]] = (row[_CODE], row[_TERM])
    for code, at in homeless.items():
        what = f"the codelist {code} has {len(at)} terms, here the first, but no row of its own"
        faults.add("unknown-codelist", what, AGAIN, row=at[0], column=_LIST, count=len(at))
    for codelist in codelists.values():
        if not codelist.terms:
            what = f"the codelist {codelist.code} {codelist.short_name} has no terms"
            faults.add("empty-codelist", what, AGAIN, row=codelist.row)


def _version(rows: list[PublishedRow], file: Path, version: str | None, faults: Faults) -> str:
    """The package's date: stated in the rows, else given, else in the file's name."""
    stated = sorted({row[_STATED] for row in rows})
    if len(stated) > 1:
        what = f"{_STATED} names several packages: {', '.join(stated)}"
        faults.add("mixed-versions", what, "Import one package at a time.")
    found = _DATE.search(stated[0]) or _DATE.search(version or file.stem)
    if found is None or (version and found[0] != version):
        what = "the date of the package is not known"
        if found is not None:
            what = f"the package is of {found[0]}, not of {version}"
        elif version:
            what = f"the version {version!r} is not a date"
        todo = "Give the version as the date of the package, such as 2025-03-28."
        faults.add("unknown-version", what, todo)
        return ""
    return found[0]


def _write_form(kind: str, version: str, codelists: dict[str, _Codelist]) -> str:
    count = sum(len(codelist.terms) for codelist in codelists.values())
    lines = [f"mg-cdisc terminology\t1\t{kind}\t{version}\t{len(codelists)}\t{count}"]
    by_name = {codelist.name: codelist for codelist in codelists.values()}
    for codelist in codelists.values():
        decoding = _decoding(codelist, by_name)
        decoded: set[str] = set()
        if decoding is not None:
            decoded = {code for code, _ in decoding.terms.values()}
        other = decoding.code if decoding is not None else ""
        cells = (codelist.code, codelist.short_name, codelist.extensible, other, codelist.name)
        lines.append("\t".join(cells))
        for value, (code, term) in codelist.terms.items():
            lines.append(f"\t{code}\t{value}" + ("" if code in decoded else f"\t{term}"))
    return "\n".join(lines) + "\n"


def _decoding(codelist: _Codelist, by_name: dict[str, _Codelist]) -> _Codelist | None:
    """The codelist of names that goes with a codelist of codes: named alike, sharing concepts.

    "Laboratory Test Code" is decoded by "Laboratory Test Name", "PK Parameters Code" by "PK
    Parameters", "Device Identifier Short Name" by "Device Identifier Long Name".
    """
    concepts = {code for code, _ in codelist.terms.values()}
    for ending, others in ((" Code", (" Name", "")), (" Short Name", (" Long Name",))):
        if codelist.name.endswith(ending):
            stem = codelist.name.removesuffix(ending)
            for other in others:
                found = by_name.get(stem + other)
                if found and concepts.intersection(code for code, _ in found.terms.values()):
                    return found
    return None
