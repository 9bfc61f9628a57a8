"""The example study, built once for all tests that look at it, and its source read independently."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from mg_cdisc.pipeline import Built, Options, build_study
from mg_cdisc.transport import XptDataset, read_xpt

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "mapping_specs" / "hn2301"
GB18030 = ("mg_history_02", "comments_02")
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
Row = dict[str, str]


@dataclass(frozen=True)
class Example:
    """What the build wrote, read back from disk."""

    built: Built
    folder: Path
    sdtm: Path
    datasets: dict[str, XptDataset]

    def frame(self, name: str) -> pd.DataFrame:
        """A dataset as pandas."""
        return self.datasets[name].frame.to_pandas()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example study built into a temporary folder."""
    outputs = tmp_path_factory.mktemp("outputs")
    built = build_study(STUDY, outputs, Options())
    assert not built.stopped, "\n".join(map(str, built.findings))
    folder = outputs / "hn2301"
    sdtm = folder / "m5/datasets/hn2301/tabulations/sdtm"
    datasets = {path.stem.upper(): read_xpt(path) for path in sorted(sdtm.glob("*.xpt"))}
    return Example(built, folder, sdtm, datasets)


@cache
def read_csv(name: str) -> list[Row]:
    """The rows of a CSV file of the source, with SUBJECT whatever the form calls it."""
    encoding = "gb18030" if name in GB18030 else "utf-8"
    with (STUDY / "source" / f"{name}.csv").open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


@cache
def read_odm(form: str) -> list[Row]:
    """The item groups of a form of the ODM file, with their keys and the units of their items."""
    found: list[Row] = []
    tree = ElementTree.parse(STUDY / "source/edc.odm.xml")
    names = {each.get("OID"): each.get("Name") for each in tree.iter(f"{ODM}ItemDef")}
    for subject in tree.iter(f"{ODM}SubjectData"):
        for event in subject.iter(f"{ODM}StudyEventData"):
            for data in event.iter(f"{ODM}FormData"):
                if data.get("FormOID") != form:
                    continue
                for group in data.iter(f"{ODM}ItemGroupData"):
                    row = dict.fromkeys((str(name) for name in names.values()), "")
                    row |= {"SUBJECT": str(subject.get("SubjectKey"))}
                    row |= {"EVENT": str(event.get("StudyEventOID"))}
                    for item in group:
                        name = str(names[item.get("ItemOID")])
                        row[name] = item.get("Value") or ""
                        unit = item.find(f"{ODM}MeasurementUnitRef")
                        if unit is not None:
                            row[f"{name}.unit"] = str(unit.get("MeasurementUnitOID"))
                    found.append(row)
    return found


@pytest.fixture(scope="session")
def source() -> Callable[[str], list[Row]]:
    """The rows of a form, by its name in sources.yaml."""

    def rows(form: str) -> list[Row]:
        odm = {"demographics": "DM", "adverse_events": "AE", "vital_signs": "VS"}
        if form in odm:
            return read_odm(odm[form])
        if form == "conmeds":
            return [row | {"SUBJECT": row["record_id"]} for row in read_csv("conmeds_redcap")]
        parts = [form, f"{form}_02"] if form in ("mg_history", "comments") else [form]
        return [row for part in parts for row in read_csv(part)]

    return rows


@pytest.fixture(scope="session")
def infusions(source: Callable[[str], list[Row]]) -> dict[str, list[tuple[datetime, datetime]]]:
    """Start and end of each infusion given, by subject and in order of time."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in source("infusion"):
        if row["GIVEN"] == "Y":
            moments = [
                datetime.strptime(f"{row['START_DATE']} {row[each]}", "%d/%m/%Y %H:%M")
                for each in ("START_TIME", "END_TIME")
            ]
            found.setdefault(f"HN2301-{row['SUBJECT']}", []).append((moments[0], moments[1]))
    return {subject: sorted(each) for subject, each in found.items()}


def study_day(when: date, first: date) -> int:
    """SDTMIG 3.4 section 4.4.4: no day 0."""
    return (when - first).days + (1 if when >= first else 0)
