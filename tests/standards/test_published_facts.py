"""The shipped facts equal CDISC's published files, cell by cell, where these are at hand."""

from __future__ import annotations

import csv
from pathlib import Path

from mg_cdisc.standards import load_standard

Row = dict[str, str]


def read_csv(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def listed(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.replace(" ", "").split(";") if part)


def test_every_sdtmig_dataset_is_as_published(published: Path) -> None:
    rows = read_csv(published / "sdtmig-3.4-datasets.csv")
    standard = load_standard("SDTMIG", "3.4")
    assert [(r["Dataset Name"], r["Class"], r["Dataset Label"], r["Structure"]) for r in rows] == [
        (d.name, d.cls, d.label, d.structure) for d in standard.datasets.values()
    ]


def test_every_sdtmig_variable_is_as_published(published: Path) -> None:
    rows = read_csv(published / "sdtmig-3.4-variables.csv")
    standard = load_standard("SDTMIG", "3.4")
    expected = {}
    for r in rows:
        # One label of the export, GFSEQID's, ends with a stray escape of a line break.
        label = r["Variable Label"].replace("\\n", "").strip()
        assert label == r["Variable Label"] or r["Variable Name"] == "GFSEQID"
        expected[r["Dataset Name"], int(r["Variable Order"])] = (
            r["Variable Name"],
            label,
            r["Type"],
            listed(r["CDISC CT Codelist Code(s)"]),
            r["Described Value Domain(s)"],
            listed(r["Value List"]),
            r["Role"],
            r["Core"],
        )
    found = {
        (v.dataset, v.order): (
            v.name,
            v.label,
            v.type,
            v.codelists,
            v.described,
            v.values,
            v.role,
            v.core,
        )
        for d in standard.datasets
        for v in standard.variables(d)
    }
    assert found == expected


def test_every_adamig_variable_is_as_published(published: Path) -> None:
    rows = read_csv(published / "adamig-1.3-variables.csv")
    standard = load_standard("ADAMIG", "1.3")
    names = {"Subject-Level Analysis Dataset": "ADSL", "Basic Data Structure": "BDS"}
    expected = [
        (
            names[r["Data Structure Name"]],
            r["Variable Set"],
            r["Variable Name"],
            r["Variable Label"],
            r["Type"],
            listed(r["CDISC CT Codelist Code(s)"]),
            listed(r["Value List Value"]),
            r["Core"],
        )
        for r in rows
    ]
    found = [
        (v.dataset, v.variable_set, v.name, v.label, v.type, v.codelists, v.values, v.core)
        for d in ("ADSL", "BDS")
        for v in standard.variables(d)
    ]
    assert found == sorted(expected, key=lambda row: row[0])


def test_every_adamig_structure_is_as_published(published: Path) -> None:
    rows = read_csv(published / "adamig-1.3-structures.csv")
    datasets = load_standard("ADAMIG", "1.3").datasets
    assert [
        (r["Data Structure Name"], r["Data Structure Description"], r["Class"], r["Subclass"])
        for r in rows
    ] == [(d.name, d.label, d.cls, d.subclass) for d in datasets.values()]
