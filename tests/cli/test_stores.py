"""``mg-cdisc ct`` and ``mg-cdisc standards``: versions, shipped and imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Cells = Callable[[str, str], list[list[str]]]

# TSPARMCD (C66738) is the codelist by which a package is known to be SDTM's
PACKAGE = """\
Code\tCodelist Code\tCodelist Extensible (Yes/No)\tCodelist Name\tCDISC Submission Value\t\
CDISC Synonym(s)\tCDISC Definition\tNCI Preferred Term\tStandard and Date
C66738\t\tYes\tTrial Summary Parameter Test Code\tTSPARMCD\t\t\tTerminology\tSDTM CT 2030-03-29
C98737\tC66738\t\tTrial Summary Parameter Test Code\tADAPT\t\t\tAdaptive Design\tSDTM CT 2030-03-29
"""
GUIDE = (
    "Version,Variable Order,Class,Dataset Name,Variable Name,Variable Label,Type,"
    "CDISC CT Codelist Code(s),Described Value Domain(s),Value List,Role,Core\n"
    "SDTMIG v9.9,1,Events,AE,STUDYID,Study Identifier,Char,,,,Identifier,Req\n"
)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the test's own."""
    monkeypatch.setenv("MG_CDISC_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def test_an_imported_package_can_be_chosen(
    tmp_path: Path, store: Path, run: Run, cells: Cells
) -> None:
    file = tmp_path / "terminology.txt"
    file.write_text(PACKAGE, encoding="utf-8")
    assert ["SDTM", "2030-03-29", "1", str(store)] not in cells(
        run("ct", "list").stdout, "Terminology"
    )
    told = run("ct", "import", str(file)).stdout
    assert "SDTM CT 2030-03-29" in told
    assert "sdtm_ct: 2030-03-29" in told
    listed = cells(run("ct", "list").stdout, "Terminology")
    assert ["SDTM", "2030-03-29", "1", str(store)] in listed
    shipped = [row for row in listed if row[-1] == "mg-cdisc"]
    assert sorted(row[0] for row in shipped) == ["ADaM", "DEFINE-XML", "SDTM"]


def test_an_imported_guide_can_be_chosen(
    tmp_path: Path, store: Path, run: Run, cells: Cells
) -> None:
    file = tmp_path / "guide.csv"
    file.write_text(GUIDE, encoding="utf-8")
    assert 'sdtmig: "9.9"' in run("standards", "import", str(file)).stdout
    listed = cells(run("standards", "list").stdout, "Standard")
    assert ["SDTMIG", "9.9", "1", str(store)] in listed
    assert {row[0] for row in listed if row[-1] == "mg-cdisc"} == {"SDTMIG", "ADaMIG"}


@pytest.mark.parametrize("command", ["ct", "standards"])
def test_a_file_that_is_none_is_told(tmp_path: Path, run: Run, command: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("nothing of the kind\n", encoding="utf-8")
    assert "error[" in run(command, "import", str(file), code=1).stderr
    assert "does not exist" in run(command, "import", str(tmp_path / "gone"), code=2).stderr


def test_a_version_given_must_be_that_of_the_file(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "terminology.txt"
    file.write_text(PACKAGE, encoding="utf-8")
    told = run("ct", "import", str(file), "--version", "2029-09-28", code=1).stderr
    assert "2030-03-29" in told


PUBLISHED = Path(__file__).parents[3] / "shared" / "standards"


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published files are not beside the repo")
@pytest.mark.parametrize(
    ("command", "file", "name"),
    [
        ("ct", "sdtm-ct-2025-03-28.txt", "SDTM CT 2025-03-28"),
        ("standards", "sdtmig-3.4-variables.csv", "SDTMIG 3.4"),
        ("standards", "adamig-1.3-variables.csv", "ADaMIG 1.3"),
    ],
)
def test_importing_what_is_shipped_writes_nothing_and_says_so(
    store: Path, run: Run, command: str, file: str, name: str
) -> None:
    told = run(command, "import", str(PUBLISHED / file)).stdout
    assert f"{name} comes with mg-cdisc; nothing was written." in told
    assert str(store) not in told
    assert not store.exists()
