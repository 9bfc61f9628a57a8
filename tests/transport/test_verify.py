"""Whatever differs from what was meant is found, and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, special_missing, write_xpt
from mg_cdisc.transport import verify as verifying
from mg_cdisc.transport.verify import verify_xpt

Make = Callable[..., XptDataset]


@pytest.fixture
def meant(make: Make) -> XptDataset:
    """Fifty records."""
    numbers = [float(i) for i in range(50)]
    numbers[7] = special_missing("C")
    return make(
        {"USUBJID": [f"S-{i:02}" for i in range(50)], "X": ["a", "bb"] * 25, "N": numbers},
        formats={"N": "8.2"},
    )


def faults(path: Path, dataset: XptDataset, **options: Any) -> list[str]:
    """What is found to be wrong with a file."""
    with pytest.raises(TransportError) as caught:
        verify_xpt(path, dataset, **options)
    return [finding.what for finding in caught.value.findings]


def altered(dataset: XptDataset, name: str, record: int, value: Any) -> XptDataset:
    """The dataset with one value changed."""
    column = dataset.frame[name]
    if isinstance(column, Text):
        values = column.to_list()
        values[record] = value
        column = Text.of(values)
    else:
        column = column.copy()
        column[record] = value
    return replace(dataset, frame=dataset.frame.with_columns({name: column}))


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of five records for pyreadstat."""
    monkeypatch.setattr(verifying, "SAMPLE", 5)


@pytest.fixture
def only_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our reader finds nothing wrong."""
    compare = verifying._compare_frames

    def only(report: Any, reader: str, *rest: Any) -> None:
        if reader == verifying.PEER:
            compare(report, reader, *rest)

    monkeypatch.setattr(verifying, "_compare_frames", only)


@pytest.mark.parametrize("full", [False, True])
def test_a_good_file_passes(
    tmp_path: Path, noon: datetime, meant: XptDataset, sampled: None, full: bool
) -> None:
    path = tmp_path / "ae.xpt"
    write_xpt(path, meant, timestamp=noon)
    verify_xpt(path, meant, full=full)


@pytest.mark.parametrize(
    ("name", "record", "value", "what"),
    [
        ("X", 20, "c", "X is read by our reader as 'c', not 'a'"),
        ("X", 0, "A", "X is read by our reader as 'A', not 'a'"),
        ("X", 49, "", "X is read by our reader as '', not 'bb'"),
        ("N", 20, 20.000000000000004, "N is read by our reader as 20.000000000000004, not 20.0"),
        ("N", 20, np.nan, "N is read by our reader as ., not 20.0"),
        ("N", 7, np.nan, "N is read by our reader as ., not .C"),
        ("N", 7, special_missing("D"), "N is read by our reader as .D, not .C"),
        ("N", 0, special_missing("_"), "N is read by our reader as ._, not 0.0"),
    ],
)
def test_our_reader_finds_any_value_that_differs(
    tmp_path: Path,
    noon: datetime,
    meant: XptDataset,
    sampled: None,
    name: str,
    record: int,
    value: Any,
    what: str,
) -> None:
    path = tmp_path / "ae.xpt"
    write_xpt(path, altered(meant, name, record, value), timestamp=noon)
    with pytest.raises(TransportError) as caught:
        verify_xpt(path, meant)
    finding = next(f for f in caught.value.findings if f.what == what)
    assert (finding.where.row, finding.where.subject) == (record + 1, f"S-{record:02}")
    assert (finding.kind, finding.variable) == ("verify", name)


@pytest.mark.parametrize("record", [0, 4, 5, 21, 22, 26, 27, 44, 45, 49])
@pytest.mark.parametrize(("name", "value"), [("X", "c"), ("N", 99.0), ("N", np.nan)])
def test_pyreadstat_finds_values_in_the_first_middle_and_last_records(
    tmp_path: Path,
    noon: datetime,
    meant: XptDataset,
    sampled: None,
    only_peer: None,
    record: int,
    name: str,
    value: Any,
) -> None:
    path = tmp_path / "ae.xpt"
    write_xpt(path, altered(meant, name, record, value), timestamp=noon)
    if record in range(5) or record in range(22, 27) or record in range(45, 50):
        (what,) = faults(path, meant)
        assert what.startswith(f"{name} is read by pyreadstat as ")
    else:
        verify_xpt(path, meant)
    (what,) = faults(path, meant, full=True)
    assert what.startswith(f"{name} is read by pyreadstat as ")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"name": "AX"}, "the dataset's name"),
        ({"label": "Other"}, "the dataset's label"),
    ],
)
def test_both_readers_find_another_name_or_label(
    tmp_path: Path, noon: datetime, meant: XptDataset, change: dict[str, str], what: str
) -> None:
    path = tmp_path / "ae.xpt"
    write_xpt(path, replace(meant, **change), timestamp=noon)  # type: ignore[arg-type]
    found = faults(path, meant)
    assert len(found) == 2
    assert found[0].startswith(f"{what} is read by our reader as ")
    assert found[1].startswith(f"{what} is read by pyreadstat as ")


@pytest.mark.parametrize(
    "change", [{"label": "Other"}, {"length": 3}, {"format": "$9."}, {"informat": "$9."}]
)
def test_both_readers_find_another_description(
    tmp_path: Path, noon: datetime, meant: XptDataset, change: dict[str, Any]
) -> None:
    path = tmp_path / "ae.xpt"
    variables = tuple(replace(v, **change) if v.name == "X" else v for v in meant.variables)
    write_xpt(path, replace(meant, variables=variables), timestamp=noon)
    found = faults(path, meant)
    assert [what.split(" as ")[0] for what in found] == [
        "the description of X is read by our reader",
        "the description of X is read by pyreadstat",
    ]


def test_other_variables_are_found(tmp_path: Path, noon: datetime, meant: XptDataset) -> None:
    path = tmp_path / "ae.xpt"
    swapped = (meant.variables[0], meant.variables[2], meant.variables[1])
    write_xpt(path, replace(meant, variables=swapped), timestamp=noon)
    found = faults(path, meant)
    assert found[0].startswith("the list of variables is read by our reader as ['USUBJID', 'N'")
    assert found[1].startswith("the list of variables is read by pyreadstat as ['USUBJID', 'N'")


@pytest.mark.parametrize("rows", [49, 40, 10])
def test_missing_records_are_found(
    tmp_path: Path, noon: datetime, meant: XptDataset, rows: int
) -> None:
    path = tmp_path / "ae.xpt"
    frame = meant.frame.take(np.arange(rows))
    write_xpt(path, replace(meant, frame=frame), timestamp=noon)
    found = faults(path, meant)
    if rows == 49:  # 49 records of 14 bytes fill as many cards as 50
        assert "USUBJID is read by our reader as '', not 'S-49'" in found
        assert "the number of records from 1 on is read by pyreadstat as 49, not 50" in found
    else:
        assert len(found) == 1
        assert "room for" in found[0]


def test_further_records_in_the_last_card_are_found_by_both(
    tmp_path: Path, noon: datetime, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = make({"X": ["a", "b", "c"]})
    fewer = make({"X": ["a", "b"]})
    path = tmp_path / "ae.xpt"
    write_xpt(path, more, timestamp=noon)
    (what,) = faults(path, fewer)
    assert what == "AE ends within record 3"
    monkeypatch.setattr(verifying.Library, "count", lambda _, stored, written: written)
    assert faults(path, fewer) == [
        "the number of records from 1 on is read by pyreadstat as 3, not 2"
    ]


def test_values_merged_by_trimming_are_no_difference(
    tmp_path: Path, noon: datetime, make: Make
) -> None:
    path = tmp_path / "ae.xpt"
    dataset = make({"X": ["a ", "a", "a  ", " ", ""], "N": [0.0, -0.0, 1.0, 2.0, 3.0]})
    write_xpt(path, dataset, timestamp=noon)
    verify_xpt(path, dataset)


def test_unused_values_are_no_difference(tmp_path: Path, noon: datetime, make: Make) -> None:
    path = tmp_path / "ae.xpt"
    dataset = make({"X": ["a", "b", "c", "b"]})
    dataset = replace(dataset, frame=dataset.frame.take(np.array([3, 0])))
    write_xpt(path, dataset, timestamp=noon)
    verify_xpt(path, dataset)


def test_text_where_numbers_were_meant_is_found(tmp_path: Path, noon: datetime, make: Make) -> None:
    path = tmp_path / "ae.xpt"
    write_xpt(path, make({"X": ["12345678"]}), timestamp=noon)
    numbers = make({"X": [1.0]})
    found = faults(path, numbers)
    assert "X is read by our reader as another type" in found
    assert sum("the description of X" in what for what in found) == 2


def test_a_frame_of_many_windows_is_read_in_full(
    tmp_path: Path, noon: datetime, sampled: None, make: Make
) -> None:
    path = tmp_path / "ae.xpt"
    dataset = make({"X": ["", "", "x"] * 33 + [""] * 40})
    write_xpt(path, dataset, timestamp=noon)
    verify_xpt(path, dataset, full=True)
    assert Frame.of({"X": dataset.frame["X"]}).rows == 139
