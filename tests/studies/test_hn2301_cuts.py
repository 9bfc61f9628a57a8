"""Two cuts of the example: the data up to a day, and numbers of records that stay."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from typer.testing import CliRunner

from mg_cdisc.cli import app

STUDY = Path(__file__).resolve().parents[2] / "mapping_specs" / "hn2301"
EARLY = "2025-03-08"
# what tells a record of a subject from another, and none of it changes between the cuts
IDENTITY = {
    "AE": ["AESPID"], "CM": ["CMSPID"], "MH": ["MHSPID"], "EC": ["ECSPID"], "PR": ["PRSPID"],
    "DS": ["DSDECOD", "DSSCAT"], "LB": ["LBREFID", "LBTESTCD"], "CP": ["CPREFID", "CPTESTCD"],
    "VS": ["VSTESTCD", "VSDTC", "VSTPT"], "QS": ["QSCAT", "QSTESTCD", "QSDTC"],
    "FA": ["FATESTCD", "FADTC", "FALNKID"], "IS": ["ISCAT", "ISBDAGNT", "ISDTC"],
}  # fmt: skip


def read(folder: Path, dataset: str) -> pd.DataFrame:
    place = folder / "hn2301/m5/datasets/hn2301/tabulations/sdtm" / f"{dataset.lower()}.xpt"
    return pyreadstat.read_xport(place)[0]


def run(*arguments: str) -> None:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The early cut, numbered, and the whole study built with those numbers."""
    place = tmp_path_factory.mktemp("cuts")
    study = place / "hn2301"
    shutil.copytree(STUDY, study)
    early, late = place / "early", place / "late"
    run("number", str(study), "--cut-off", EARLY)
    assert (study / "numbering.csv").exists()
    run("build", str(study), "--outputs", str(early), "--cut-off", EARLY, "-q")
    run("build", str(study), "--outputs", str(late), "-q")
    return early, late


@pytest.mark.parametrize("dataset", sorted(IDENTITY))
def test_a_record_of_both_cuts_has_the_same_number(dataset: str, cuts: tuple[Path, Path]) -> None:
    keys, sequence = ["USUBJID", *IDENTITY[dataset]], f"{dataset}SEQ"
    early, late = (read(folder, dataset).set_index(keys)[sequence] for folder in cuts)
    assert early.index.is_unique
    assert late.index.is_unique
    assert set(early.index) <= set(late.index)
    assert (late[early.index] == early).all()
    assert late.reset_index().duplicated(["USUBJID", sequence]).sum() == 0
    assert len(late) > len(early)
    # a new record stands behind those that were numbered at the early cut
    highest = early.groupby("USUBJID").max()
    new = late[~late.index.isin(early.index)]
    for key, number in new.items():
        assert number > highest.get(key[0], 0)


def test_nothing_is_known_after_the_cut(cuts: tuple[Path, Path]) -> None:
    early, _ = cuts
    cut = date.fromisoformat(EARLY)
    for dataset, variables in {
        "AE": ["AESTDTC", "AEENDTC"], "CM": ["CMSTDTC", "CMENDTC"], "LB": ["LBDTC"], "VS": ["VSDTC"],
        "QS": ["QSDTC"], "SV": ["SVSTDTC"], "DS": ["DSSTDTC"], "DM": ["RFENDTC", "DTHDTC"],
    }.items():  # fmt: skip
        frame = read(early, dataset)
        for variable in variables:
            for text in frame[variable]:
                known = (str(text)[:10] + "-01-01")[:10] if len(str(text)) < 10 else str(text)[:10]
                assert text in ("", None) or date.fromisoformat(known) <= cut, (dataset, text)
    ae, whole = read(early, "AE"), read(cuts[1], "AE")
    later = whole[whole.AEENDTC > EARLY].set_index(["USUBJID", "AESPID"]).index
    known = ae.set_index(["USUBJID", "AESPID"])
    both = known[known.index.isin(later)]
    assert len(both)
    assert set(both.AEENDTC) == {""}
    assert set(both.AEENRTPT) == {"ONGOING"}
    assert set(both.AEOUT) == {"NOT RECOVERED/NOT RESOLVED"}
