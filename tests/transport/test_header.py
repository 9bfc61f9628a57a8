"""The header's bytes against the layout of TS-140, written out by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptFormat, XptVariable, read_xpt, write_xpt
from mg_cdisc.transport.header import timestamp_of, timestamp_text

STAMP = "09MAR26:08:05:01"
BLANK = " "
RUN = "HEADER RECORD*******{}HEADER RECORD!!!!!!!{}  "
ZEROS = "0" * 30


def namestr(fields: dict[str, bytes]) -> bytes:
    """A variable's description from its fields, in TS-140's order, with TS-140's sizes."""
    sizes = {
        "ntype": 2, "nhfun": 2, "nlng": 2, "nvar0": 2, "nname": 8, "nlabel": 40,
        "nform": 8, "nfl": 2, "nfd": 2, "nfj": 2, "nfill": 2, "niform": 8,
        "nifl": 2, "nifd": 2, "npos": 4, "rest": 52,
    }  # fmt: skip
    assert sum(sizes.values()) == 140
    texts = {"nname", "nlabel", "nform", "niform"}
    return b"".join(
        fields.get(name, b"").ljust(size, b" ")
        if name in texts
        else fields.get(name, b"").rjust(size, b"\0")
        for name, size in sizes.items()
    )


EXPECTED = b"".join(
    [
        RUN.format("LIBRARY ", ZEROS).encode(),
        b"SAS     SAS     SASLIB  9.4     mg_cdisc" + b" " * 24 + STAMP.encode(),
        STAMP.encode() + b" " * 64,
        RUN.format("MEMBER  ", "000000000000000001600000000140").encode(),
        RUN.format("DSCRPTR ", ZEROS).encode(),
        b"SAS     VS      SASDATA 9.4     mg_cdisc" + b" " * 24 + STAMP.encode(),
        STAMP.encode() + b" " * 16 + b"Vital Signs".ljust(40) + b" " * 8,
        RUN.format("NAMESTR ", "000000000300000000000000000000").encode(),
        namestr(
            {
                "ntype": b"\x02",
                "nlng": b"\x05",
                "nvar0": b"\x01",
                "nname": b"VSTESTCD",
                "nlabel": b"Vital Signs Test Short Name",
                "nform": b"$CHAR",
                "nfl": b"\x05",
            }
        ),
        namestr(
            {
                "ntype": b"\x01",
                "nlng": b"\x08",
                "nvar0": b"\x02",
                "nname": b"VSSTRESN",
                "nlabel": b"Numeric Result/Finding in Standard Units",
                "nfl": b"\x08",
                "nfd": b"\x02",
                "niform": b"BEST",
                "nifl": b"\x0c",
                "npos": b"\x05",
            }
        ),
        namestr(
            {
                "ntype": b"\x01",
                "nlng": b"\x08",
                "nvar0": b"\x03",
                "nname": b"ADT",
                "nform": b"E8601DA",
                "nfl": b"\x0a",
                "npos": b"\x0d",
            }
        ),
        b" " * 60,  # 3 * 140 = 420, to 480
        RUN.format("OBS     ", ZEROS).encode(),
        # 70.5 = 0x46.8; 24000 = 0x5DC0; a missing; 24001
        b"PULSE" + b"\x42\x46\x80\0\0\0\0\0" + b"\x44\x5d\xc0\0\0\0\0\0",
        b"HR   " + b".\0\0\0\0\0\0\0" + b"\x44\x5d\xc1\0\0\0\0\0",
        b" " * 38,  # 2 * 21 = 42, to 80
    ]
)


@pytest.fixture
def dataset() -> XptDataset:
    return XptDataset(
        "VS",
        "Vital Signs",
        (
            XptVariable("VSTESTCD", "Vital Signs Test Short Name", True, 5, "$CHAR5."),
            XptVariable(
                "VSSTRESN", "Numeric Result/Finding in Standard Units", False, 8, "8.2", "BEST12."
            ),
            XptVariable("ADT", "", False, 8, "E8601DA10."),
        ),
        Frame.of(
            {
                "VSTESTCD": Text.of(["PULSE", "HR"]),
                "VSSTRESN": np.array([70.5, np.nan]),
                "ADT": np.array([24000.0, 24001.0]),
            }
        ),
    )


def test_a_file_is_byte_by_byte_as_ts_140_lays_it_out(tmp_path: Path, dataset: XptDataset) -> None:
    path = tmp_path / "vs.xpt"
    summary = write_xpt(path, dataset, timestamp=datetime(2026, 3, 9, 8, 5, 1))
    assert path.read_bytes() == EXPECTED
    assert (summary.records, summary.bytes) == (2, len(EXPECTED))


def test_a_file_laid_out_by_hand_is_read(tmp_path: Path, dataset: XptDataset) -> None:
    path = tmp_path / "vs.xpt"
    path.write_bytes(EXPECTED)
    read = read_xpt(path)
    assert (read.name, read.label) == ("VS", "Vital Signs")
    assert read.variables == dataset.variables
    assert read.created == read.modified == datetime(2026, 3, 9, 8, 5, 1)
    assert read.frame.text("VSTESTCD").to_list() == ["PULSE", "HR"]
    np.testing.assert_array_equal(read.frame.number("VSSTRESN"), [70.5, np.nan])
    assert read.frame.number("ADT").tolist() == [24000.0, 24001.0]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 12, 31, 23, 59, 59), b"31DEC26:23:59:59"),
        (datetime(1999, 5, 1), b"01MAY99:00:00:00"),
        (datetime(1960, 1, 1), b"01JAN60:00:00:00"),
        (datetime(2059, 2, 28, 1, 2, 3), b"28FEB59:01:02:03"),
    ],
)
def test_timestamps_are_two_digit_years_from_1960(moment: datetime, text: bytes) -> None:
    assert timestamp_text(moment) == text
    assert timestamp_of(text) == moment


@pytest.mark.parametrize("text", [b" " * 16, b"\0" * 16, b"31FEB26:00:00:00", b"01XXX26:00:00:00"])
def test_what_is_no_timestamp_is_none(text: bytes) -> None:
    assert timestamp_of(text) is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("", 0, 0)),
        ("8.", ("", 8, 0)),
        ("8.2", ("", 8, 2)),
        ("DATE9.", ("DATE", 9, 0)),
        ("date9", ("DATE", 9, 0)),
        ("E8601DT19.", ("E8601DT", 19, 0)),
        ("$20.", ("$", 20, 0)),
        ("$CHAR200.", ("$CHAR", 200, 0)),
        ("BEST.", ("BEST", 0, 0)),
        ("TIME20.3", ("TIME", 20, 3)),
        ("YESNO_F.", ("YESNO_F", 0, 0)),
    ],
)
def test_formats_are_taken_apart(text: str, parts: tuple[str, int, int]) -> None:
    assert XptFormat.parse(text) == XptFormat(*parts)


@pytest.mark.parametrize("text", [".", "DATE 9.", "8.2.", "DATETIMEX9.", "$$5.", "Größe8.", "-8."])
def test_what_is_no_format_is_none(text: str) -> None:
    assert XptFormat.parse(text) is None
