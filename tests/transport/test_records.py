"""How many records a file has: blank ones at the end, and padding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, read_xpt, write_xpt
from mg_cdisc.transport.verify import verify_xpt

Make = Callable[..., XptDataset]
WIDTHS = [1, 7, 8, 30, 40, 79, 80, 81, 160, 200]


def of_text(width: int, filled: int, blank: int) -> XptDataset:
    """Records of one text variable: some filled, then blank ones."""
    column = Text.of(["a"] * filled + [""] * blank)
    return XptDataset("X", "", (XptVariable("X", "", True, width),), Frame.of({"X": column}))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("rows", [1, 2, 3, 10, 11, 79, 80, 81])
def test_padding_never_becomes_a_record(
    tmp_path: Path, noon: datetime, width: int, rows: int
) -> None:
    path = tmp_path / "x.xpt"
    write_xpt(path, of_text(width, rows, 0), timestamp=noon)
    assert read_xpt(path).frame.rows == rows


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("filled", "blank"), [(0, 1), (1, 1), (2, 3), (9, 1), (5, 100), (0, 40)])
def test_blank_last_records_are_read_where_their_number_is_known(
    tmp_path: Path, noon: datetime, width: int, filled: int, blank: int
) -> None:
    path, meant = tmp_path / "x.xpt", of_text(width, filled, blank)
    summary = write_xpt(path, meant, timestamp=noon)
    read = read_xpt(path, records=summary.records)
    assert read.frame.text("X").to_list() == ["a"] * filled + [""] * blank
    verify_xpt(path, meant)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("filled", "blank"), [(0, 1), (1, 1), (2, 3), (9, 1), (5, 100), (0, 40)])
def test_blank_last_records_are_kept_as_far_as_padding_does_not_explain_them(
    tmp_path: Path, noon: datetime, width: int, filled: int, blank: int
) -> None:
    path, rows = tmp_path / "x.xpt", filled + blank
    write_xpt(path, of_text(width, filled, blank), timestamp=noon)
    cards = -(-rows * width // 80)
    # the fewest records that fill as many cards
    fewest = next(n for n in range(rows + 1) if -(-n * width // 80) == cards)
    assert read_xpt(path).frame.rows == max(fewest, filled)
    if width >= 80:
        assert max(fewest, filled) == rows


@pytest.mark.parametrize("width", [1, 64, 71, 72, 73, 200])
def test_a_record_with_a_missing_number_is_not_blank(
    tmp_path: Path, noon: datetime, make: Make, width: int
) -> None:
    meant = make({"X": ["", "", ""], "N": [np.nan] * 3}, lengths={"X": width})
    path = tmp_path / "x.xpt"
    write_xpt(path, meant, timestamp=noon)
    assert read_xpt(path).frame.rows == 3
    verify_xpt(path, meant, full=True)


def test_blank_records_before_the_last_are_kept(tmp_path: Path, noon: datetime, make: Make) -> None:
    meant = make({"X": ["", "", "a", "", "", "b"]})
    path = tmp_path / "x.xpt"
    write_xpt(path, meant, timestamp=noon)
    assert read_xpt(path).frame.text("X").to_list() == ["", "", "a", "", "", "b"]


@pytest.mark.parametrize("records", [0, 1, 2, 9])
def test_a_number_of_records_that_the_file_has_no_room_for_is_an_error(
    tmp_path: Path, noon: datetime, make: Make, records: int
) -> None:
    path = tmp_path / "x.xpt"
    write_xpt(path, make({"X": ["a", "b", "c"]}, lengths={"X": 80}), timestamp=noon)
    with pytest.raises(TransportError) as caught:
        read_xpt(path, records=records)
    (finding,) = caught.value.findings
    assert finding.kind == "records"
    assert finding.what == f"AE has room for 3 records, not for the {records} written"


def test_records_counted_short_are_found_by_what_follows(
    tmp_path: Path, noon: datetime, make: Make
) -> None:
    path = tmp_path / "x.xpt"
    write_xpt(path, make({"X": ["a", "b", "c"]}), timestamp=noon)
    with pytest.raises(TransportError, match="AE ends within record 3"):
        read_xpt(path, records=2)


def test_numbers_may_be_padded_by_more_than_a_card_of_blanks(
    tmp_path: Path, noon: datetime, make: Make
) -> None:
    path = tmp_path / "x.xpt"
    write_xpt(path, make({"X": ["a", "b"], "N": [1.0, 2.0]}), timestamp=noon)
    path.write_bytes(path.read_bytes() + b" " * 800)
    assert read_xpt(path).frame.rows == 2
