"""The shipped terminology equals the published packages, cell by cell, where these are at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mg_cdisc.standards import import_terminology
from mg_cdisc.standards.import_terminology import convert_terminology
from mg_cdisc.terminology import Codelist, Terminology, load_terminology, read_terminology

DATE = "2025-03-28"
PACKAGES = [
    ("SDTM", "sdtm-ct-2025-03-28.txt"),
    ("ADaM", "adam-ct-2025-03-28.csv"),
    ("DEFINE-XML", "define-xml-ct-2025-03-28.csv"),
]


def read(file: Path) -> list[dict[str, str]]:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".txt":
        header, *rows = (line.split("\t") for line in text.splitlines())
        return [dict(zip(header, row, strict=True)) for row in rows]
    return list(csv.DictReader(text.splitlines()))


def all_codelists(terminology: Terminology) -> list[Codelist]:
    found = [terminology.codelist(code) for code in terminology.codes]
    return [codelist for codelist in found if codelist is not None]


@pytest.mark.parametrize(("kind", "name"), PACKAGES)
def test_every_cell_is_as_published(published: Path, kind: str, name: str) -> None:
    rows = read(published / name)
    shipped = all_codelists(load_terminology(kind, DATE))
    assert [(c.code, c.short_name, c.name, c.extensible) for c in shipped] == [
        (
            r["Code"],
            r["CDISC Submission Value"],
            r["Codelist Name"],
            r["Codelist Extensible (Yes/No)"] == "Yes",
        )
        for r in rows
        if not r["Codelist Code"]
    ]
    terms = [(c.code, t.code, t.value) for c in shipped for t in c.terms.values()]
    published_terms = [
        (r["Codelist Code"], r["Code"], r["CDISC Submission Value"])
        for r in rows
        if r["Codelist Code"]
    ]
    assert terms == published_terms
    # A codelist's decodes are preferred terms, or the submission values of its partner.
    value_of = {(of, code): value for of, code, value in published_terms}
    preferred = {r["Code"]: r["NCI Preferred Term"] for r in rows}
    for c in shipped:
        for t in c.terms.values():
            partner = value_of.get((c.decoded_by, t.code))
            assert t.decode == (preferred[t.code] if partner is None else partner)


@pytest.mark.parametrize(("kind", "name"), PACKAGES)
def test_importing_a_published_package_gives_the_shipped_one(
    published: Path, tmp_path: Path, kind: str, name: str
) -> None:
    imported_kind, version, text = convert_terminology(published / name)
    assert (imported_kind, version) == (kind, DATE)
    assert all_codelists(read_terminology(text, name)) == all_codelists(
        load_terminology(kind, DATE)
    )
    store = tmp_path / "store"
    assert import_terminology(published / name, store) == f"{kind} CT {DATE}"
    assert not store.exists(), "a shipped version needs no copy"


def test_a_package_of_another_date_goes_to_the_store(published: Path, tmp_path: Path) -> None:
    file = tmp_path / "SDTM Terminology.txt"
    file.write_bytes((published / "sdtm-ct-2025-03-28.txt").read_bytes())
    assert import_terminology(file, tmp_path, "2031-03-28") == "SDTM CT 2031-03-28"
    stored = load_terminology("SDTM", "2031-03-28", tmp_path)
    assert all_codelists(stored) == all_codelists(load_terminology("SDTM", DATE))
