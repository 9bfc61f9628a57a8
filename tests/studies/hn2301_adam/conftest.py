"""The analysis datasets of the example study, and those of a copy with altered source data.

What is expected is computed from the SDTM transport files of the same build, record by record in
plain Python, by the rules of the study; nothing of the engine is used for it. That the SDTM files
agree with the source is for test_hn2301_build.py. The copy has laboratory results of every grade,
answers and totals that go up and down, partial dates of events and steroids, and missing items.
"""

from __future__ import annotations

import csv
import math
import random
import re
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import openpyxl
import pyreadstat
import pytest

from mg_cdisc.pipeline import Options, build_study

Example = Any  # conftest.Example of the folder above: tests are no package
Row = dict[str, Any]

STUDY = Path(__file__).resolve().parents[3] / "mapping_specs" / "hn2301"
ZERO = date(1960, 1, 1)
PLANNED = (14, 28, 60, 90, 180, 270, 360)
WINDOWS = {7: (2, 10), 14: (11, 21), 28: (22, 44), 60: (45, 75), 90: (76, 135), 180: (136, 225),
           270: (226, 315), 360: (316, 10**6)}  # fmt: skip
KEPT = ("2025-03-13", "2025-03-15", "2025-04-03", "2025-04-05")  # of events in findings.yaml
ITEMS = {"MG-ADL": 8, "QMG": 13, "MGC": 10, "MG-QOL15R": 15}
TOTAL = {"MG-ADL": "MGADLT", "QMG": "QMGT", "MGC": "MGCT", "MG-QOL15R": "MGQOLT"}


@dataclass
class Facts:
    """The transport files of one build, what follows from its SDTM, and how values are compared."""

    folder: Path
    kept: dict[str, list[Row]] = field(default_factory=dict)

    planned = PLANNED
    windows = WINDOWS
    total = TOTAL

    def table(self, name: str) -> list[Row]:
        """The records of a dataset, SDTM or ADaM; dates are days since 1960."""
        if name not in self.kept:
            (file,) = self.folder.rglob(f"{name.lower()}.xpt")
            frame, _ = pyreadstat.read_xport(str(file), disable_datetime_conversion=True)
            self.kept[name] = frame.to_dict("records")
        return self.kept[name]

    @cached_property
    def adsl(self) -> dict[str, Row]:
        return {row["USUBJID"]: row for row in self.table("ADSL")}

    @cached_property
    def infusions(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.table("EX"), key=lambda r: r["EXSTDTC"]):
            found[row["USUBJID"]].append(row)
        return dict(found)

    @cached_property
    def first(self) -> dict[str, str]:
        """The date and time of the first infusion of each treated subject."""
        return {subject: rows[0]["EXSTDTC"] for subject, rows in self.infusions.items()}

    @cached_property
    def start(self) -> dict[str, date]:
        return {subject: date.fromisoformat(when[:10]) for subject, when in self.first.items()}

    @cached_property
    def totals(self) -> dict[tuple[str, str], list[tuple[date, float, float]]]:
        """(day, VISITNUM, total) of each form with all items, by subject and instrument, in order."""
        forms: dict[tuple[str, str, str, float], list[float]] = defaultdict(list)
        for row in self.table("QS"):
            if not row["QSTESTCD"].endswith("TOT"):
                key = (row["USUBJID"], row["QSCAT"], row["QSDTC"], row["VISITNUM"])
                forms[key].append(row["QSSTRESN"])
        found: dict[tuple[str, str], list[tuple[date, float, float]]] = defaultdict(list)
        for (subject, instrument, when, visit), scores in forms.items():
            if not any(self.none(score) for score in scores):
                assert len(scores) == ITEMS[instrument]
                found[subject, instrument].append((date.fromisoformat(when), visit, sum(scores)))
        return {key: sorted(value) for key, value in found.items()}

    @cached_property
    def baselines(self) -> dict[tuple[str, str], float]:
        """The last total before the day of the first infusion."""
        return {
            (subject, instrument): before[-1][2]
            for (subject, instrument), each in self.totals.items()
            if subject in self.start
            and (before := [one for one in each if one[0] < self.start[subject]])
        }

    def reduced(self, subject: str, instrument: str, points: float) -> list[date]:
        """The days after that of the first infusion on which the total is lower by so much."""
        base = self.baselines.get((subject, instrument))
        return [
            when
            for when, _, score in self.totals.get((subject, instrument), ())
            if base is not None and when > self.start[subject] and base - score >= points
        ]

    def due(self, subject: str) -> list[int]:
        """The planned visits of efficacy that were due: of an ongoing subject up to the data cut."""
        (cut,) = [row["TSVAL"] for row in self.table("TS") if row["TSPARMCD"] == "DCUTDTC"]
        last = (date.fromisoformat(cut) - self.start[subject]).days + 1
        ongoing = self.adsl[subject]["EOSSTT"] == "ONGOING"
        return [each for each in PLANNED if not ongoing or each <= last]

    @staticmethod
    def none(value: Any) -> bool:
        return value == "" or value is None or (isinstance(value, float) and math.isnan(value))

    @staticmethod
    def sas(when: date | None) -> Any:
        return None if when is None else float((when - ZERO).days)

    @staticmethod
    def seconds(when: datetime | None) -> Any:
        return None if when is None else (when - datetime(1960, 1, 1)).total_seconds()

    @staticmethod
    def date_of(days: float) -> date:
        return ZERO + timedelta(days=int(days))

    @staticmethod
    def same(found: Any, expected: Any, *what: Any) -> None:
        if Facts.none(expected):
            assert Facts.none(found), (found, expected, what)
        elif isinstance(expected, str):
            assert found == expected, (found, expected, what)
        else:
            assert found == pytest.approx(float(expected), abs=1e-9), (found, expected, what)

    @staticmethod
    def rounded(value: float, decimals: int) -> float:
        """Half away from zero, as SAS's ROUND."""
        return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))

    @staticmethod
    def percent(change: float, base: float) -> float:
        """Of numbers as they are written, to one decimal: no float's last digit decides."""
        exact = 100 * Decimal(repr(round(change, 9))) / Decimal(repr(base))
        return float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))

    @staticmethod
    def day_of(text: str) -> date | None:
        return date.fromisoformat(text[:10]) if len(text) >= 10 and "--" not in text else None

    @staticmethod
    def moment(text: str) -> datetime | None:
        return datetime.fromisoformat(text) if "T" in text else None

    @staticmethod
    def span(text: str) -> tuple[date, date] | None:
        """The first and last day that a date truncated from the right can be."""
        known = re.match(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
        if known is None:  # nothing is known, or a time without a day
            return None
        parts = [int(part) for part in known.groups() if part]
        if len(parts) == 1:
            return date(parts[0], 1, 1), date(parts[0], 12, 31)
        if len(parts) == 2:
            after = date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
            return date(parts[0], parts[1], 1), after - timedelta(days=1)
        return date(*parts), date(*parts)

    @staticmethod
    def study_day(when: date, first: date) -> int:
        return (when - first).days + (1 if when >= first else 0)

    @staticmethod
    def window(day: float, windows: dict[int, tuple[int, int]] = WINDOWS) -> int | None:
        return next((name for name, (low, high) in windows.items() if low <= day <= high), None)


@pytest.fixture(scope="session")
def committed(example: Example) -> Facts:
    """The example study as it stands."""
    return Facts(example.folder)


@pytest.fixture(scope="session")
def altered(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A copy of the example study whose source data were changed at random, from a fixed seed."""
    folder = tmp_path_factory.mktemp("altered")
    copy = folder / "hn2301"
    shutil.copytree(STUDY, copy, ignore=shutil.ignore_patterns("generate_source", "__pycache__"))
    alter(copy, random.Random(2301))
    built = build_study(copy, folder / "outputs", Options())
    assert not built.stopped, "\n".join(str(each) for each in built.findings if not each.reason)
    return Facts(folder / "outputs" / "hn2301")


@pytest.fixture(scope="session", params=["committed", "altered"])
def facts(request: pytest.FixtureRequest) -> Facts:
    """One build after the other."""
    found: Facts = request.getfixturevalue(request.param)
    return found


def alter(study: Path, chance: random.Random) -> None:
    """Change source data so that the rules of analysis have more to decide."""
    source = study / "source"

    def rewrite(name: str, change: Callable[[Row, list[Row]], None]) -> None:
        path = source / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows: list[Row] = list(csv.DictReader(file))
        before = [dict(row) for row in rows]
        for row in rows:
            change(row, before)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)

    def laboratory(row: Row, before: list[Row]) -> None:
        if before.count(row) > 1:  # the same row twice stays so
            return
        if re.fullmatch(r"[0-9.]+", row["RESULT"]):
            factor = chance.choice([1, 1, 1, 1, 0.6, 0.4, 0.2, 0.1, 0.03, 1.4, 1.7, 2.5, 4, 8, 30])
            row["RESULT"] = f"{float(row['RESULT']) * factor:.2f}"
            if row["VISIT"].strip() == "Baseline" and chance.random() < 0.1:
                row["RESULT"] = "haemolysed"
        for limit in ("REF_LOW", "REF_HIGH"):
            if chance.random() < 0.1:
                row[limit] = ""

    def scores(row: Row, before: list[Row]) -> None:
        items = [name for name in row if "_" in name and name not in (
            "VISIT_DATE", "NOT_DONE_REASON", "ASSESS_DATE", "AUDIT_USER", "AUDIT_TIME")]  # fmt: skip
        planted = {"MGADL_BRUSH": "4", "MGC_TALK": "5", "MGADL_TOTAL": "27"}  # in findings.yaml
        if any(row.get(name) == cell for name, cell in planted.items()):
            return
        if row["DONE"] == "Y" and chance.random() < 0.6:
            other = chance.choice([each for each in before if each["DONE"] == "Y"])
            row |= {name: other[name] for name in items}
        scheduled = row["ASSESS_DATE"] and row["VISIT"].strip().casefold() != "unscheduled"
        if row["DONE"] == "Y" and scheduled and chance.random() < 0.4:
            moved = date.fromisoformat(row["ASSESS_DATE"]) + timedelta(days=chance.randint(-8, 8))
            row["ASSESS_DATE"] = moved.isoformat()
        if row["DONE"] == "Y" and chance.random() < 0.05:
            row[chance.choice(items[:-1])] = ""  # the last is the total

    def status(row: Row, _: list[Row]) -> None:
        for name in ("WORSENING", "RELAPSE", "MIN_MANIFEST"):
            if row[name] and chance.random() < 0.3:
                row[name] = chance.choice(["Y", "N", ""])

    def steroids(row: Row, _: list[Row]) -> None:
        if row["cmclascd"] != "EXC01" or row["cmroute"] != "ORAL":
            return
        row["cmdosfrq"] = chance.choice(["QD", "QD", "QOD", "BID"])
        for name in ("cmstdat", "cmendat"):
            if len(row[name]) == 11 and chance.random() < 0.3:
                row[name] = "UN" + row[name][2:]

    rewrite("lab_local", laboratory)
    for form in ("mgadl", "qmg", "mgc", "mgqol15r"):
        rewrite(form, scores)
    rewrite("mg_status", status)
    rewrite("conmeds_redcap", steroids)

    def partial(found: re.Match[str]) -> str:
        if found[2] in KEPT:
            return found[0]
        known = chance.choice([found[2], found[2], found[2][:7], found[2][:4], ""])
        return f'{found[1]}"{known}"'

    odm = source / "edc.odm.xml"
    text = odm.read_text(encoding="utf-8")
    text = re.sub(r'(ItemOID="AE\.AE(?:ST|EN)DAT" Value=)"(\d{4}-\d{2}-\d{2})"', partial, text)
    odm.write_text(text, encoding="utf-8")
    plant(source, rewrite)


# Of a test of the laboratory: its limits and baseline, and results at and beside the limit of each
# CTCAE grade; hemoglobin and creatinine are analysed in whole units. A row is for one subject.
EDGES: dict[str, list[tuple[float, float, float, list[float]]]] = {
    "WBC": [(3.5, 9.5, 5, [3.5, 3.49, 3, 2.99, 2, 1.99, 1, 0.99, 100, 100.01])],
    "NEUT": [(2, 7, 4, [1.5, 1.49, 1, 0.99, 0.5, 0.49])],
    "LYMPH": [(1.1, 3.2, 2, [0.8, 0.79, 0.5, 0.49, 0.2, 0.19, 4, 4.01, 20, 20.01])],
    "PLT": [(125, 350, 200, [75, 74.99, 50, 49.99, 25, 24.99])],
    "HGB": [(130, 160, 150, [100, 99, 80, 79, 160, 161, 180, 181, 200, 201])],
    "ALB": [(40, 55, 45, [30, 29.99, 20, 19.99])],
    "ALT": [(0, 40, 20, [40, 40.01, 120, 120.01, 200, 200.01, 800, 800.01]),
            (0, 40, 100, [149.99, 150, 300, 300.01, 500, 500.01, 2000, 2000.01])],
    "AST": [(0, 40, 20, [40, 40.01, 120, 120.01, 200, 200.01, 800, 800.01]),
            (0, 40, 100, [149.99, 150, 300, 300.01, 500, 500.01, 2000, 2000.01])],
    "BILI": [(0, 20, 10, [20, 20.01, 30, 30.01, 60, 60.01, 200, 200.01]),
             (0, 20, 30, [30, 30.01, 45, 45.01, 90, 90.01, 300, 300.01])],
    "CREAT": [(0, 100, 140, [100, 101, 150, 151, 300, 301, 600, 601]),
              (0, 100, 60, [90, 91, 180, 181])],
}  # fmt: skip
COMPLETED = ("01-002", "01-008")  # their laboratory reports in standard units


def plant(source: Path, rewrite: Callable[[str, Callable[[Row, list[Row]], None]], None]) -> None:
    """Cases that no source data have by chance, each of which one rule of the analysis decides."""
    used: dict[tuple[str, str], int] = defaultdict(int)

    def edges(row: Row, before: list[Row]) -> None:
        cases = EDGES.get(row["ANALYTE"], [])[: len(COMPLETED)]
        if row["SUBJECT"] not in COMPLETED[: len(cases)] or row["DONE"] != "Y":
            return
        assert before.count(row) == 1
        key = (row["SUBJECT"], row["ANALYTE"])
        low, high, base, values = cases[COMPLETED.index(row["SUBJECT"])]
        row |= {"REF_LOW": str(low), "REF_HIGH": str(high), "RESULT": str(base)}
        if row["VISIT"].strip() not in ("Screening", "Baseline", "Day 1"):
            row["RESULT"] = str(values[used[key] % len(values)])
            used[key] += 1

    def late_response(row: Row, _: list[Row]) -> None:
        if row["SUBJECT"] == "01-008" and row["DONE"] == "Y":  # at the last visit, and never before
            items = [name for name in row if name.startswith("MGADL_")]
            score = 0 if row["VISIT"].strip() == "Month 12" else 1
            row |= dict.fromkeys(items, str(score)) | {"MGADL_TOTAL": str(8 * score)}

    left: list[str] = []

    def seen_after_leaving(row: Row, _: list[Row]) -> None:
        if row["record_id"] == "01-003" and row["cmclascd"] != "EXC01" and not left:
            row |= {"cmstdat": "01-Sep-2025", "cmendat": "", "cmongo": "1"}
            left.append(row["cm_no"])

    def thymectomy_after_consent(row: Row, _: list[Row]) -> None:
        if row["SUBJECT"] == "01-006" and row["PR_NAME"] == "THYMECTOMY":
            row |= {"START_DATE": "04/10/2025", "END_DATE": "04/10/2025"}

    rewrite("lab_local", edges)
    rewrite("mgadl", late_response)
    rewrite("conmeds_redcap", seen_after_leaving)
    rewrite("procedures", thymectomy_after_consent)
    short = [key for key in used if used[key] < len(EDGES[key[1]][COMPLETED.index(key[0])][3])]
    assert left
    assert not short, short

    # B cells: a depletion on Day 28 and everything after it have a day and no time. CAR-T cells: the
    # highest ratio is on Day 28, which is too late for the peak.
    book = openpyxl.load_workbook(source / "flow_cytometry.xlsx")
    sheet = book["Results"]
    names = {str(cell.value): cell.column for cell in sheet[1]}
    cells, ratio = names["CD19+ B cells [cells/uL]"], names["CAR+ cells [% of T cells]"]
    for line in range(2, sheet.max_row + 1):
        subject = str(sheet.cell(line, names["Subject ID"]).value).strip().replace("/", "-")
        when = sheet.cell(line, names["Collected"])
        if not subject.endswith("01-002") or not isinstance(when.value, datetime):
            continue
        day = (when.value.date() - date(2025, 1, 20)).days + 1
        if 1 <= day < 22:
            sheet.cell(line, cells).value = 50
        elif day >= 22:
            when.value = when.value.replace(hour=0, minute=0)
            when.number_format = sheet.cell(line, names["Received"]).number_format
        if 22 <= day < 45:
            sheet.cell(line, cells).value = 5
            sheet.cell(line, ratio).value = 99
    book.save(source / "flow_cytometry.xlsx")

    # an event of which only the end is known, and that is before the first infusion
    odm = source / "edc.odm.xml"
    text = odm.read_text(encoding="utf-8")
    subject = text.index('SubjectKey="01-001"')
    begin = text.index('ItemGroupOID="AE"', subject)
    finish = text.index("</ItemGroupData>", begin)
    assert "SubjectKey" not in text[begin:finish]
    event = re.sub(r'(AE\.AESTDAT" Value=)"[^"]*"', r'\1""', text[begin:finish])
    event = re.sub(r'(AE\.AESTTIM" Value=)"[^"]*"', r'\1""', event)
    event = re.sub(r'(AE\.AEENDAT" Value=)"[^"]*"', r'\1"2025-01-04"', event)
    odm.write_text(text[:begin] + event + text[finish:], encoding="utf-8")
