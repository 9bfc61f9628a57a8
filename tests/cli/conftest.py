"""A study of three subjects and five rows of adverse events, written by hand, and the commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mg_cdisc.cli import app

STUDY = """\
study: ABC01
description: A study made for the tests of the command line
data_cut: 2026-01-31
subjects: patients
standards: {sdtmig: "3.4", sdtm_ct: 2025-03-28}
"""
SOURCES = """\
patients:
  label: Patients
  file: source/patients.csv
  subject: concat(STUDYID, '-', PAT)
  key: PAT
  dates: dd.MM.yyyy
events:
  label: Events
  file: source/events.csv
  subject: concat(STUDYID, '-', PAT)
  key: [PAT, NO]
  dates: dd.MM.yyyy
"""
TERMINOLOGY = """\
SEX:
  map: {male: M, female: F}
NY:
  map: {yes: Y, no: N}
"""
DM = """\
dataset: DM
keys: [STUDYID, USUBJID]
steps:
  - records: {from: patients}
  - SUBJID: PAT
  - SITEID: {hardcode: "01"}
  - RFSTDTC: {iso8601: START}
  - SEX: {assign_ct: GENDER}
  - COUNTRY: {hardcode: CHE}
  - ARMCD: {hardcode: A}
  - ARM: {hardcode: Drug A}
  - ACTARMCD: ARMCD
  - ACTARM: ARM
not_submitted:
  INITIALS: initials are personal data
"""
AE = """\
dataset: AE
keys: [STUDYID, USUBJID, AEDECOD, AESTDTC]
steps:
  - records: {from: events}
  - exclude: {no event on the line: TERM = ''}
  - AETERM: trim(TERM)
  - AEDECOD: upper(AETERM)
  - AESER: {assign_ct: SERIOUS}
  - AESTDTC: {iso8601: BEGIN}
  - study_day: AESTDTC
  - AESEQ: {sequence: [AESTDTC, NO]}
"""
PATIENTS = """\
PAT,GENDER,START,INITIALS
001,male,03.02.2025,AB
002,female,04.02.2025,CD
003,female,10.02.2025,EF
"""
EVENTS = """\
PAT,NO,TERM,SERIOUS,BEGIN
001,1,Headache ,no,05.02.2025
001,2,Cough,no,01.02.2025
002,1,,,
003,1,Nausea,yes,10.02.2025
003,2,Fever,no,31.02.2025
"""
FILES = {
    "study.yaml": STUDY,
    "sources.yaml": SOURCES,
    "terminology.yaml": TERMINOLOGY,
    "sdtm/dm.yaml": DM,
    "sdtm/ae.yaml": AE,
    "source/patients.csv": PATIENTS,
    # the last row of EVENTS has a date that cannot be; a clean study lacks it
    "source/events.csv": EVENTS.rsplit("003,2", 1)[0],
}
# 26 variables that the standard expects of DM and AE are left out, to keep the study small
EXPECTED = """\
- finding: expected-absent
  then: kept
  reason: this study exists to be small
- finding: SD-AE-CRITERIA
  then: kept
  reason: this study collects no criteria of seriousness
"""
FILES["findings.yaml"] = EXPECTED
PLACE = Path("mapping_specs") / "abc01"


class StudyFolder:
    """The study's files, and how a test changes them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Write a file of the study."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Replace one piece of a file."""
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def add(self, name: str, more: str) -> None:
        """Put lines at the end of a file."""
        self.write(name, (self.path / name).read_text(encoding="utf-8") + more)

    def spoil(self) -> None:
        """Give the events their last row, whose date cannot be: line 6."""
        self.write("source/events.csv", EVENTS)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFolder:
    """The study in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    return StudyFolder(tmp_path / PLACE)


@pytest.fixture
def run() -> Callable[..., Any]:
    """Calls ``mg-cdisc``; the result has exit_code, stdout and stderr."""

    def call(*arguments: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, list(arguments))
        told = f"{result.stdout}\n--\n{result.stderr}\n{result.exception!r}"
        assert result.exit_code == code, told
        assert "Traceback" not in told
        return result

    return call


@pytest.fixture
def cells() -> Callable[[str, str], list[Sequence[str]]]:
    """The rows of the table whose first title is given, split at wide gaps."""

    def read(text: str, title: str) -> list[Sequence[str]]:
        lines = text.splitlines()
        start = next(at for at, line in enumerate(lines) if line.strip().split("  ")[0] == title)
        rows = []
        for line in lines[start + 1 :]:
            if not line.strip() or line.startswith("..."):
                break
            rows.append([cell.strip() for cell in line.split("  ") if cell.strip()])
        return rows

    return read
