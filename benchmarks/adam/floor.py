"""The same analysis datasets in pandas, by code written for them alone: what stands beside ours.

``python -m benchmarks.adam.floor JOB STUDY XPT LIKE``. It reads the given transport files and writes one
through the product's own reader and writer, the fastest there are, checks nothing, keeps no account
and reads nothing back. It shares no rule with the specs but what they are to make.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import XptDataset, describe_xpt, read_xpt, write_xpt

EPOCH = pd.Timestamp("1960-01-01")
WINDOWS = [(2, 14, 2, 21), (4, 28, 22, 42), (8, 56, 43, 70), (12, 84, 71, 98), (16, 112, 99, 126),
           (20, 140, 127, 154), (24, 168, 155, 175), (26, 182, 176, np.nan)]  # fmt: skip


def read(study: Path, name: str, columns: list[str]) -> pd.DataFrame:
    """Some variables of a given dataset, text as categories."""
    frame = read_xpt(study / "sdtm" / f"{name.lower()}.xpt", columns=set(columns)).frame
    made: dict[str, Any] = {}
    for column in columns:
        values = frame[column]
        if isinstance(values, Text):
            texts = values.values.to_pylist()
            values = pd.Categorical.from_codes(values.codes, pd.Index(texts, dtype=object))
        made[column] = values
    return pd.DataFrame(made)


def days(column: pd.Series) -> pd.Series:
    """SAS dates of ISO 8601 texts, missing where the day is."""
    texts = column.cat.categories
    each = [(pd.Timestamp(text[:10]) - EPOCH).days if len(text) >= 10 else np.nan for text in texts]
    return pd.Series(np.array(each, float)[column.cat.codes], column.index)


def texts(column: pd.Series) -> pd.Series:
    """Categories as plain text."""
    return pd.Series(np.array(column.cat.categories)[column.cat.codes], column.index)


def per_subject(data: pd.DataFrame, values: pd.Series, how: str) -> pd.Series:
    """A statistic of each subject that has a value."""
    return values.groupby(data["USUBJID"], observed=True).agg(how).dropna()


def _study_day(day: pd.Series, start: pd.Series) -> pd.Series:
    return day - start + (day >= start)


def bds(study: Path) -> pd.DataFrame:
    """ADVS."""
    dm = read(study, "DM", ["USUBJID", "ARM", "ACTARM", "RFXSTDTC", "RFXENDTC"])
    dm["TRTSDT"], dm["TRTEDT"] = days(dm["RFXSTDTC"]), days(dm["RFXENDTC"])
    dm["TRTP"], dm["TRTA"] = texts(dm["ARM"]), texts(dm["ACTARM"])
    vs = read(study, "VS", ["STUDYID", "USUBJID", "VSSEQ", "VSTESTCD", "VSTEST", "VSTPTNUM", "VSTPT",
                            "VSSTRESN", "VSSTRESU", "VISITNUM", "VISIT", "VSDTC"])  # fmt: skip
    vs = vs.rename(columns={"VSTESTCD": "PARAMCD", "VSTPTNUM": "ATPTN", "VSTPT": "ATPT",
                            "VSSTRESN": "AVAL", "VSSEQ": "SRCSEQ"})  # fmt: skip
    few = vs[["PARAMCD", "VSTEST", "VSSTRESU"]].drop_duplicates().astype(str)
    few = few.sort_values("VSSTRESU").drop_duplicates("PARAMCD", keep="last")
    unit = few["VSSTRESU"]
    few["PARAM"] = few["VSTEST"] + np.where(unit == "", "", " (" + unit + ")")
    vs["PARAM"] = vs["PARAMCD"].map(dict(zip(few["PARAMCD"], few["PARAM"], strict=True)))
    vs["ADT"] = days(vs["VSDTC"])
    place = pd.Index(dm["USUBJID"]).get_indexer(pd.Index(vs["USUBJID"].cat.categories))
    row = place[vs["USUBJID"].cat.codes]
    for name in ("TRTSDT", "TRTEDT", "TRTP", "TRTA"):
        vs[name] = pd.Categorical(dm[name])[row] if name[3] in "PA" else dm[name].to_numpy()[row]
    vs["ADY"] = _study_day(vs["ADT"], vs["TRTSDT"])
    vs["_subject"] = np.argsort(np.argsort(vs["USUBJID"].cat.categories))[vs["USUBJID"].cat.codes]
    vs["_test"] = np.argsort(np.argsort(vs["PARAMCD"].cat.categories))[vs["PARAMCD"].cat.codes]
    vs["_time"] = vs["ATPTN"].fillna(-1)
    vs = vs.sort_values(["_subject", "_test", "_time", "ADT", "VISITNUM", "SRCSEQ"])
    vs = vs.reset_index(drop=True)
    group = vs.groupby(["_subject", "_test", "_time"], sort=False).ngroup().to_numpy()
    after = (vs["ADT"] > vs["TRTSDT"]).to_numpy()
    eligible = np.flatnonzero((vs["ADT"] <= vs["TRTSDT"]) & vs["AVAL"].notna())
    last = eligible[np.append(group[eligible][1:] != group[eligible][:-1], True)]
    baseline = np.zeros(len(vs), bool)
    baseline[last] = True
    vs["ABLFL"] = pd.Categorical.from_codes(baseline.astype(int), ["", "Y"])
    windows = np.array(WINDOWS, float)
    held = np.searchsorted(windows[:, 2], vs["ADY"].fillna(0), side="right") - 1
    held[~after] = -1
    vs["AVISITN"] = np.where(baseline, 0, np.append(windows[:, 0], np.nan)[held])
    names = [f"Week {each[0]}" for each in WINDOWS] + ["", "Baseline"]
    vs["AVISIT"] = pd.Categorical.from_codes(
        np.where(baseline, 9, np.where(held < 0, 8, held)), names
    )
    for number, name in enumerate(("AWTARGET", "AWLO", "AWHI"), 1):
        vs[name] = np.append(windows[:, number], np.nan)[held]
    vs["AWTDIFF"] = (vs["ADY"] - vs["AWTARGET"]).abs()
    rows = vs.loc[vs["AVISITN"].notna() & vs["AVAL"].notna(),
                  ["AVISITN", "AWTDIFF", "ADT", "VISITNUM", "SRCSEQ"]]  # fmt: skip
    rows["AWTDIFF"] = rows["AWTDIFF"].fillna(-1)
    rows["_group"] = group[rows.index]
    best = rows.sort_values(
        ["_group", "AVISITN", "AWTDIFF", "ADT", "VISITNUM", "SRCSEQ"],
        ascending=[True, True, True, False, False, False],
    ).drop_duplicates(["_group", "AVISITN"])
    chosen = np.zeros(len(vs), int)
    chosen[best.index] = 1
    vs["ANL01FL"] = pd.Categorical.from_codes(chosen, ["", "Y"])
    base = np.full(group.max() + 1, np.nan)
    base[group[last]] = vs["AVAL"].to_numpy()[last]
    vs["BASE"] = base[group]
    vs["CHG"] = np.where(after, vs["AVAL"] - vs["BASE"], np.nan)
    scaled = 1000 * vs["CHG"].abs() / vs["BASE"].where(vs["BASE"] != 0)
    vs["PCHG"] = np.copysign(np.floor(scaled + 0.5 + 1e-9) / 10, vs["CHG"])
    during = (vs["ADT"] >= vs["TRTSDT"]) & (vs["ADT"] <= vs["TRTEDT"])
    vs["ONTRTFL"] = pd.Categorical.from_codes(during.astype(int), ["", "Y"])
    systolic = (vs["PARAMCD"] == "SYSBP").to_numpy()
    vs["CRIT1"] = pd.Categorical.from_codes(
        systolic.astype(int), ["", "Systolic blood pressure of 160 mmHg or more"]
    )
    met = np.where(~systolic | vs["AVAL"].isna(), 0, np.where(vs["AVAL"] >= 160, 2, 1))
    vs["CRIT1FL"] = pd.Categorical.from_codes(met, ["", "N", "Y"])
    vs["ASEQ"] = vs.groupby("_subject", sort=False).cumcount() + 1.0
    vs["SRCDOM"], vs["SRCVAR"] = "VS", "VSSTRESN"
    return vs


def adsl(study: Path) -> pd.DataFrame:
    """ADSL."""
    dm = read(study, "DM", ["STUDYID", "USUBJID", "SUBJID", "SITEID", "AGE", "AGEU", "SEX", "RACE",
                            "ETHNIC", "ARM", "ACTARM", "DTHFL", "RFSTDTC", "RFENDTC",
                            "DTHDTC"])  # fmt: skip
    dm["USUBJID"] = texts(dm["USUBJID"])
    dm = dm.sort_values("USUBJID").reset_index(drop=True)
    who = dm["USUBJID"]
    arm = texts(dm["ARM"])
    dm["TRT01P"], dm["TRT01A"] = dm["ARM"], dm["ACTARM"]
    ex = read(study, "EX", ["USUBJID", "EXDOSE", "EXTRT", "EXSTDTC", "EXENDTC"])
    ex = ex[(ex["EXDOSE"] > 0) | (ex["EXTRT"] == "PLACEBO")]
    dm["TRTSDT"] = who.map(per_subject(ex, days(ex["EXSTDTC"]), "min")).astype(float)
    dm["TRTEDT"] = who.map(per_subject(ex, days(ex["EXENDTC"]), "max")).astype(float)
    dm["TRTDURD"] = dm["TRTEDT"] - dm["TRTSDT"] + 1
    ds = read(study, "DS", ["USUBJID", "DSSEQ", "DSCAT", "DSDECOD", "DSSTDTC"])
    ds = ds[ds["DSCAT"] == "DISPOSITION EVENT"].sort_values("DSSEQ")
    ds["EOSDT"], ds["DSDECOD"] = days(ds["DSSTDTC"]), texts(ds["DSDECOD"])
    ds = ds.drop_duplicates("USUBJID", keep="last").set_index("USUBJID")
    dm["EOSDT"] = who.map(ds["EOSDT"]).astype(float)
    how = who.map(ds["DSDECOD"].astype(object)).fillna("")
    dm["EOSSTT"] = np.select(
        [how == "COMPLETED", how.isin(["", "SCREEN FAILURE"])], ["COMPLETED", ""], "DISCONTINUED"
    )
    dm["DCSREAS"] = how.where(dm["EOSSTT"] == "DISCONTINUED", "")
    dm["DTHDT"] = days(dm["DTHDTC"])
    dm["SAFFL"] = np.where(dm["TRTSDT"].notna(), "Y", "N")
    dm["ITTFL"] = np.where((arm == "") | (arm == "Screen Failure"), "N", "Y")
    dm["AGEGR1"] = np.select([dm["AGE"] < 65, dm["AGE"] <= 80], ["<65", "65-80"], ">80")
    ae = read(study, "AE", ["USUBJID", "AESTDTC", "AEENDTC"])
    vs = read(study, "VS", ["USUBJID", "VSSEQ", "VSTESTCD", "VSSTRESN", "VSDTC"])
    lb = read(study, "LB", ["USUBJID", "LBSEQ", "LBTESTCD", "LBORRES", "LBSTRESN", "LBSTNRHI",
                            "LBDTC"])  # fmt: skip
    vs, lb["_day"] = vs[vs["VSSTRESN"].notna()], days(lb["LBDTC"])
    held = lb[lb["LBORRES"] != ""]
    last = pd.DataFrame({
        "ae": who.map(per_subject(ae, days(ae["AEENDTC"]), "max")),
        "started": who.map(per_subject(ae, days(ae["AESTDTC"]), "max")),
        "vs": who.map(per_subject(vs, days(vs["VSDTC"]), "max")),
        "lb": who.map(per_subject(held, held["_day"], "max")),
        "treated": dm["TRTEDT"],
    }).astype(float).max(axis=1)  # fmt: skip
    dm["LSTALVDT"] = dm["DTHDT"].fillna(last)
    first = dm.set_index("USUBJID")["TRTSDT"]
    for name, data, code, test in (
        ("ALBBL", lb, "LB", "ALB"), ("CREATBL", lb, "LB", "CREAT"), ("WEIGHTBL", vs, "VS", "WEIGHT"),
    ):  # fmt: skip
        rows = data[(data[f"{code}TESTCD"] == test) & data[f"{code}STRESN"].notna()]
        day = days(rows[f"{code}DTC"])
        rows = rows[day <= texts(rows["USUBJID"]).map(first)]
        rows = rows.assign(_at=texts(rows[f"{code}DTC"])).sort_values(["_at", f"{code}SEQ"])
        rows = rows.drop_duplicates("USUBJID", keep="last").set_index("USUBJID")
        dm[name] = who.map(rows[f"{code}STRESN"]).astype(float)
    rows = lb[lb["LBTESTCD"] == "ALT"]
    rows = rows[rows["_day"] > texts(rows["USUBJID"]).map(first)]
    worst = who.map(per_subject(rows, rows["LBSTRESN"] / rows["LBSTNRHI"], "max"))
    dm["ALTFL"] = np.where(dm["SAFFL"] == "N", "", np.where(worst.astype(float) > 3, "Y", "N"))
    return dm


def tte(study: Path) -> pd.DataFrame:
    """ADTTE."""
    dm = read(study, "DM", ["STUDYID", "USUBJID", "ARM", "ACTARM", "RFXSTDTC", "DTHDTC"])
    dm["USUBJID"] = texts(dm["USUBJID"])
    dm["STARTDT"], dm["_death"] = days(dm["RFXSTDTC"]), days(dm["DTHDTC"])
    dm = dm[dm["STARTDT"].notna()].sort_values("USUBJID")
    dm["TRTP"], dm["TRTA"] = texts(dm["ARM"]), texts(dm["ACTARM"])
    start = dm.set_index("USUBJID")["STARTDT"]
    ae = read(study, "AE", ["USUBJID", "AESEQ", "AETERM", "AESER", "AESTDTC"])
    ds = read(study, "DS", ["USUBJID", "DSSEQ", "DSCAT", "DSSTDTC"])
    for data, at in ((ae, "AESTDTC"), (ds, "DSSTDTC")):
        data["USUBJID"], data["_day"] = texts(data["USUBJID"]), days(data[at])
    ae = ae[ae["_day"] >= ae["USUBJID"].map(start)].sort_values(["_day", "AESEQ"])
    ds = ds[(ds["DSCAT"] == "DISPOSITION EVENT") & (ds["_day"] >= ds["USUBJID"].map(start))]
    end = ds.sort_values(["_day", "DSSEQ"]).drop_duplicates("USUBJID", keep="last")
    end = end.set_index("USUBJID")
    parts = []
    for code, param, rows, said in (
        ("TTAE", "Time to First Adverse Event (Days)", ae[ae["AETERM"] != ""], "Adverse event"),
        ("TTDEATH", "Time to Death (Days)", ae[:0], "Death"),
        ("TTSAE", "Time to First Serious Adverse Event (Days)", ae[ae["AESER"] == "Y"],
         "Serious adverse event"),
    ):  # fmt: skip
        part = dm.assign(PARAMCD=code, PARAM=param)
        first = rows.drop_duplicates("USUBJID").set_index("USUBJID")
        own, number = part["USUBJID"].map(first["_day"]), part["USUBJID"].map(first["AESEQ"])
        last, ended = part["USUBJID"].map(end["_day"]), part["USUBJID"].map(end["DSSEQ"])
        event = own.notna() & ~(own > part["_death"])
        death = part["_death"].notna() & ~event
        stays = last.notna()
        kinds = [event, death, stays]
        alone = code == "TTDEATH"
        part["ADT"] = np.select(kinds, [own, part["_death"], last], part["STARTDT"])
        part["CNSR"] = np.select(kinds, [0.0, 0.0 if alone else 2.0, 1.0], 1.0)
        without = "Alive" if alone else "Without the event"
        died = "Death" if alone else "Death before the event"
        part["EVNTDESC"] = np.select(kinds, [said, died, without], without)
        part["CNSDTDSC"] = np.select(
            kinds, ["", "" if alone else "Date of death", "End of study"], "Start of treatment"
        )
        part["SRCDOM"] = np.select(kinds, ["AE", "DM", "DS"], "DM")
        part["SRCVAR"] = np.select(kinds, ["AESTDTC", "DTHDTC", "DSSTDTC"], "RFXSTDTC")
        part["SRCSEQ"] = np.select(kinds, [number, np.nan, ended], np.nan)
        parts.append(part)
    made = pd.concat(parts).sort_values(["USUBJID", "PARAMCD"], kind="stable")
    made["AVAL"] = made["ADT"] - made["STARTDT"] + 1
    made["ASEQ"] = made.groupby("USUBJID", sort=False).cumcount() + 1.0
    return made


JOBS = {"bds": bds, "adsl": adsl, "tte": tte}


def main(job: str, study: Path, path: Path, like: Path) -> None:
    """Make the dataset and write it; ``like`` has the variables and lengths a person would type in."""
    data = JOBS[job](study)
    variables = describe_xpt(like)[0][0].variables
    frame = Frame.of({each.name: _column(data[each.name]) for each in variables})
    dataset = XptDataset(path.stem.upper(), "", variables, frame)
    write_xpt(path, dataset, timestamp=datetime(2026, 1, 1))


def _column(values: pd.Series) -> Column:
    if values.dtype == np.float64:
        return values.to_numpy()
    if isinstance(values.dtype, pd.CategoricalDtype):
        found = pa.array(values.cat.categories.astype(str), pa.string())
        return Text(values.cat.codes.to_numpy().astype(np.int32), found)
    return Text.encode(pa.array(values.astype(str), pa.string()))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
