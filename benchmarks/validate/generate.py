"""DM, LB, ADSL and ADLB of a study with many laboratory records, as transport files.

``python -m benchmarks.validate.generate FOLDER RECORDS``: 1,000 records a subject, 10 tests at 100
visits. The records break no rule that looks at single records.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

EACH, VISITS = 1000, 100
TESTS = {
    "ALB": "Albumin", "ALT": "Alanine Aminotransferase", "AST": "Aspartate Aminotransferase",
    "BILI": "Bilirubin", "CA": "Calcium", "CL": "Chloride", "CREAT": "Creatinine",
    "GLUC": "Glucose", "K": "Potassium", "SODIUM": "Sodium",
}  # fmt: skip
FIRST, SAS_DAY = date(2024, 1, 1), 23376


def text(codes: np.ndarray, values: list[str]) -> Text:
    """A text column of these values."""
    return Text(codes.astype(np.int32), pa.array(values, pa.string()))


def write(folder: Path, name: str, columns: Mapping[str, Column]) -> None:
    """A dataset as a transport file."""
    variables = tuple(
        XptVariable(
            each,
            each,
            isinstance(column, Text),
            pc.max(pc.binary_length(column.values)).as_py() if isinstance(column, Text) else 8,
        )
        for each, column in columns.items()
    )
    dataset = XptDataset(name, name, variables, Frame.of(dict(columns)))
    write_xpt(folder / f"{name.lower()}.xpt", dataset, timestamp=datetime(1960, 1, 1))


def generate(folder: Path, records: int) -> None:
    """The four datasets."""
    folder.mkdir(parents=True)
    count = records // EACH
    subject = np.repeat(np.arange(count), EACH)
    within = np.tile(np.arange(EACH), count)
    visit, test = within // len(TESTS), within % len(TESTS)
    names = [f"S-{each:05d}" for each in range(count)]
    days = [str(FIRST + timedelta(days=each)) for each in range(300 + 5 * VISITS)]
    start = np.arange(count) % 300
    day = start[subject] + 5 * visit
    tenths = np.random.default_rng(1).integers(100, 500, len(subject))
    value = tenths / 10
    shown = [f"{each / 10:g}" for each in range(500)]
    same = np.zeros(len(subject))
    one = np.zeros(count)
    base = np.repeat(value.reshape(count, VISITS, -1)[:, :1], VISITS, axis=1).ravel()
    identity = {"STUDYID": text(same, ["S"]), "USUBJID": text(subject, names)}
    person = {"STUDYID": text(one, ["S"]), "USUBJID": text(np.arange(count), names)}
    about = {"SUBJID": text(np.arange(count), names), "AGE": np.full(count, 40.0),
             "SEX": text(one, ["F"])}  # fmt: skip
    timed = {"VISITNUM": visit + 1.0, "LBDTC": text(day, days)}
    write(folder, "DM", {**person, "DOMAIN": text(one, ["DM"]), **about,
                         "RFSTDTC": text(start, days)})  # fmt: skip
    write(folder, "LB", {
        **identity, "DOMAIN": text(same, ["LB"]), "LBSEQ": within + 1.0,
        "LBTESTCD": text(test, list(TESTS)), "LBTEST": text(test, list(TESTS.values())),
        "LBORRES": text(tenths, shown), "LBORRESU": text(same, ["g/L"]),
        "LBORNRLO": text(same, ["10"]), "LBORNRHI": text(same, ["50"]),
        "LBSTRESC": text(tenths, shown), "LBSTRESN": value, "LBSTRESU": text(same, ["g/L"]),
        "LBSTNRLO": same + 10.0, "LBSTNRHI": same + 50.0, "LBNRIND": text(same, ["NORMAL"]),
        "LBLOBXFL": text(visit == 0, ["", "Y"]), **timed, "LBDY": 5.0 * visit + 1,
    })  # fmt: skip
    write(folder, "ADSL", {**person, **about, "TRTSDT": start + float(SAS_DAY)})
    write(folder, "ADLB", {
        **identity, "PARAMCD": text(test, list(TESTS)), "PARAM": text(test, list(TESTS.values())),
        "AVISIT": text(visit, [f"Visit {each + 1}" for each in range(VISITS)]),
        "AVISITN": visit + 1.0, "ADT": day + float(SAS_DAY), "ADY": 5.0 * visit + 1, "AVAL": value,
        "BASE": base, "CHG": value - base, "PCHG": 100 * (value - base) / base,
        "ABLFL": text(visit == 0, ["", "Y"]), "ANRIND": text(same, ["NORMAL"]),
        "LBSEQ": within + 1.0, **timed,
    })  # fmt: skip


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(sys.argv[2]))
