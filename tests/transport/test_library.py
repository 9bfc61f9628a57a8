"""Files of others: several members, odd paddings, other versions, damage."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from mg_cdisc.errors import TransportError
from mg_cdisc.transport import (
    XptDataset,
    list_members,
    missing_letters,
    read_xpt,
    write_xpt,
)

Make = Callable[..., XptDataset]
LIBRARY = 240  # bytes of the library's three cards


@pytest.fixture
def written(tmp_path: Path, noon: datetime, make: Make) -> Path:
    """A file of two variables and three records of 11 bytes."""
    path = tmp_path / "ae.xpt"
    write_xpt(path, make({"X": ["aaa", "b", "cc"], "N": [1.0, 2.5, -3.0]}), timestamp=noon)
    return path


def rewrite(path: Path, change: Callable[[bytearray], Any]) -> None:
    """Change a file's bytes in place."""
    data = bytearray(path.read_bytes())
    changed = change(data)
    path.write_bytes(changed if isinstance(changed, bytes | bytearray) else data)


def fault(path: Path, **options: Any) -> tuple[str, str]:
    """Kind and text of the one error that reading the file gives."""
    with pytest.raises(TransportError) as caught:
        read_xpt(path, **options)
    (finding,) = caught.value.findings
    assert finding.where.file == str(path)
    assert finding.todo
    return finding.kind, finding.what


def patch(start: int, new: bytes) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[start : start + len(new)] = new

    return change


# of the written file: 5 cards of header, 4 of two descriptions, 1 before the records
MEMBER, NAMESTR, DESCRIBED, OBS, RECORDS = 240, 560, 640, 960, 1040


@pytest.mark.parametrize(
    ("change", "kind", "what"),
    [
        (lambda _: b"", "not-xpt", "it is not a SAS transport file"),
        (lambda _: b"STUDYID,USUBJID\n" * 50, "not-xpt", "it is not a SAS transport file"),
        (
            lambda _: b"**COMPRESSED** **COMPRESSED** ".ljust(800),
            "not-xpt",
            "it was made by PROC CPORT, which only SAS can read",
        ),
        (
            patch(20, b"LIBV8   "),  # and a member of version 5
            "damaged",
            "it holds no dataset",
        ),
        (lambda data: data[:-1], "damaged", "its 1119 bytes are not whole 80-byte cards"),
        (
            lambda data: bytes(data).replace(b"\0", b"\r\n"),
            "damaged",
            None,  # sent as text: bytes are lost or added, and cards no longer whole
        ),
        (lambda data: data[:80], "damaged", "it holds no dataset"),
        (lambda data: data[:240], "damaged", "it holds no dataset"),
        (lambda data: data[:400], "damaged", "it ends within the header of a dataset"),
        (
            lambda data: data[:880],
            "damaged",
            "the descriptions of its 2 variables are damaged or cut short",
        ),
        (patch(MEMBER + 80, b"X"), "damaged", "the header of a dataset is damaged"),
        (patch(MEMBER + 74, b"0150"), "damaged", "the header of a dataset is damaged"),
        (patch(NAMESTR + 54, b"abcd"), "damaged", "the header of a dataset is damaged"),
        (patch(NAMESTR + 54, b"0000"), "damaged", "the header of a dataset is damaged"),
        (
            patch(NAMESTR + 54, b"0009"),
            "damaged",
            "the descriptions of its 9 variables are damaged or cut short",
        ),
        (
            patch(OBS, b"X"),
            "damaged",
            "the descriptions of its 2 variables are damaged or cut short",
        ),
        (patch(DESCRIBED, b"\0\3"), "damaged", "the descriptions of its variables are damaged"),
        (patch(DESCRIBED + 4, b"\0\0"), "damaged", "X has a stored length of 0"),
        (patch(DESCRIBED + 140 + 4, b"\0\x09"), "damaged", "N has a stored length of 9"),
        (
            patch(DESCRIBED + 4, b"\0\4"),
            "damaged",
            "N starts at byte 3 of the record, not 4 where the variable before it ends",
        ),
        (patch(DESCRIBED + 140 + 8, b"X"), "damaged", "X is described twice"),
        (
            patch(DESCRIBED + 8, b"\xc4"),
            "damaged",
            "a variable's name is not ascii: b'\\xc4       '",
        ),
        (
            patch(DESCRIBED + 16, b"\xb5g"),
            "damaged",
            None,
        ),
        (patch(RECORDS + 79, b"x"), "damaged", "AE ends within record 4"),
    ],
)
def test_damage_is_one_clear_error(
    written: Path, change: Callable[[bytearray], Any], kind: str, what: str | None
) -> None:
    rewrite(written, change)
    found = fault(written)
    assert found[0] == kind
    assert what is None or found[1] == what


def test_a_file_cut_within_its_records_is_an_error(
    tmp_path: Path, noon: datetime, make: Make
) -> None:
    path = tmp_path / "ae.xpt"
    write_xpt(path, make({"X": ["abc" * 40] * 4}), timestamp=noon)  # 480 bytes
    rewrite(path, lambda data: data[:-80])
    assert fault(path) == ("damaged", "AE ends within record 4")
    rewrite(path, lambda data: data[:-80])
    assert fault(path) == ("damaged", "AE ends within record 3")


@pytest.mark.parametrize("cut", range(0, 1120, 7))
def test_no_cut_ends_in_another_kind_of_error(written: Path, cut: int) -> None:
    rewrite(written, lambda data: data[:cut])
    with pytest.raises(TransportError):
        read_xpt(written, records=3)


def test_bytes_that_are_no_number_are_told_by_record(written: Path) -> None:
    rewrite(written, patch(RECORDS + 14, b"\x60" + bytes(7)))
    with pytest.raises(TransportError) as caught:
        read_xpt(written)
    (finding,) = caught.value.findings
    assert (finding.where.row, finding.where.column) == (2, "N")
    assert finding.what == "N holds bytes that are neither a number nor a missing"


def test_text_not_of_the_encoding_is_told_by_record_and_subject(
    tmp_path: Path, noon: datetime, make: Make
) -> None:
    path = tmp_path / "ae.xpt"
    columns = {"AETERM": ["plain", "caf\u00e9", "caf\u00e9"], "USUBJID": ["S-1", "S-2", "S-3"]}
    meant = make(columns, encoding="windows-1252")
    write_xpt(path, meant, timestamp=noon, encoding="windows-1252")
    with pytest.raises(TransportError) as caught:
        read_xpt(path, encoding="utf-8")
    (finding,) = caught.value.findings
    assert (finding.where.row, finding.where.subject, finding.count) == (2, "S-2", 2)
    assert finding.what == "AETERM = 'caf\\xe9' is not utf-8 text"
    assert finding.todo == "Declare the encoding that the file was written in."


def test_labels_are_of_the_encoding_too(written: Path) -> None:
    rewrite(written, patch(DESCRIBED + 16, b"Dose (\xb5g)"))
    kind, what = fault(written)
    assert kind == "damaged"
    assert what.startswith("the label of X is not ascii: b'Dose (\\xb5g)")
    assert read_xpt(written, encoding="windows-1252").variables[0].label.startswith("Dose (µg)")


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    assert fault(tmp_path / "no.xpt") == (
        "unreadable",
        "it cannot be read: No such file or directory",
    )
    assert fault(tmp_path)[0] == "unreadable"


def test_an_unknown_encoding_is_an_error(written: Path) -> None:
    assert fault(written, encoding="utf8") == (
        "unknown-encoding",
        "'utf8' is not an encoding of transport files",
    )


def test_members_are_listed_and_read_by_name(tmp_path: Path, noon: datetime, make: Make) -> None:
    parts = []
    for name, values in (("DM", ["x"] * 3), ("AE", ["y"] * 20), ("VS", ["zz", ""])):
        path = tmp_path / f"{name}.xpt"
        write_xpt(path, make({"X": values}, name=name), timestamp=noon)
        parts.append(path.read_bytes())
    library = tmp_path / "all.xpt"
    library.write_bytes(parts[0] + parts[1][LIBRARY:] + parts[2][LIBRARY:])
    assert list_members(library) == ("DM", "AE", "VS")
    assert read_xpt(library, member="DM").frame.text("X").to_list() == ["x"] * 3
    assert read_xpt(library, member="AE").frame.text("X").to_list() == ["y"] * 20
    assert read_xpt(library, member="VS", records=2).frame.text("X").to_list() == ["zz", ""]
    assert fault(library) == ("several-members", "it holds 3 datasets: DM, AE, VS")
    assert fault(library, member="LB") == ("no-member", "it holds no dataset LB, but DM, AE, VS")


def test_text_that_looks_like_a_header_is_not_a_member(
    tmp_path: Path, noon: datetime, make: Make
) -> None:
    path = tmp_path / "x.xpt"
    values = ["HEADER RECORD*******OBS     HEADER RECORD!!!!!!!".ljust(79) + "x"] * 3
    write_xpt(path, make({"X": values}), timestamp=noon)
    assert list_members(path) == ("AE",)
    assert read_xpt(path).frame.text("X").to_list() == values


def test_a_file_of_another_writer_is_read(tmp_path: Path) -> None:
    data = pd.DataFrame(
        {"USUBJID": ["S-1", "S-2", ""], "AGE": [34.0, np.nan, -0.5], "D": [0.0, 22000.0, 1e10]}
    )
    path = tmp_path / "dm.xpt"
    pyreadstat.write_xport(
        data,
        str(path),
        file_label="Demographics",
        column_labels=["Subject", "Age", "Date"],
        table_name="DM",
        file_format_version=5,
        variable_format={"D": "DATE9."},
    )
    read = read_xpt(path)
    assert (read.name, read.label) == ("DM", "Demographics")
    assert [v.label for v in read.variables] == ["Subject", "Age", "Date"]
    assert [v.format for v in read.variables] == ["", "", "DATE9."]
    assert read.frame.text("USUBJID").to_list() == ["S-1", "S-2", ""]
    np.testing.assert_array_equal(read.frame.number("AGE"), data["AGE"])
    np.testing.assert_array_equal(read.frame.number("D"), data["D"])


def by_hand(variables: list[tuple[bytes, int, int]], records: bytes, stride: int = 140) -> bytes:
    """A file of (name, type, length) and records, with nothing of the writer's."""
    cards = [
        b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!".ljust(78, b"0"),
        b"SAS     SAS     SASLIB  6.06    VMS",
        b"",
        b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000%d" % stride,
        b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!".ljust(78, b"0"),
        b"SAS     OLD     SASDATA 6.06    VMS",
        b"",
        b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000%04d00000000000000000000"
        % len(variables),
    ]
    head = b"".join(card.ljust(80) for card in cards)
    described, position = b"", 0
    for number, (name, kind, length) in enumerate(variables, 1):
        one = struct.pack(">4h", kind, 0, length, number) + name.ljust(8, b"\0") + bytes(40 + 8)
        one += bytes(8) + bytes(8 + 4) + struct.pack(">l", position)
        described += one.ljust(stride, b"\0")
        position += length
    head += described.ljust(-(-len(described) // 80) * 80)
    head += b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!".ljust(78, b"0").ljust(80)
    return head + records.ljust(-(-len(records) // 80) * 80)


@pytest.mark.parametrize("stride", [140, 136])
def test_names_padded_with_nul_and_descriptions_of_vax_are_read(
    tmp_path: Path, stride: int
) -> None:
    path = tmp_path / "old.xpt"
    data = by_hand([(b"A", 2, 3), (b"B", 1, 8)], b"xyz\x41\x10" + bytes(6), stride)
    assert data.count(b"0000000002") == 1
    path.write_bytes(data.replace(b"0000000002", b"000000   2"))
    read = read_xpt(path)
    assert (read.name, read.created) == ("OLD", None)
    assert [(v.name, v.label, v.format, v.length) for v in read.variables] == [
        ("A", "", "", 3),
        ("B", "", "", 8),
    ]
    assert read.frame.text("A").to_list() == ["xyz"]
    assert read.frame.number("B").tolist() == [1.0]


@pytest.mark.parametrize("length", range(2, 9))
def test_numbers_of_fewer_bytes_are_read(tmp_path: Path, length: int) -> None:
    # 1, -118.625 (0x76.A) cut to the bytes there are, a missing .B
    stored = [b"\x41\x10" + bytes(6), b"\xc2\x76\xa0" + bytes(5), b"B" + bytes(7)]
    path = tmp_path / "old.xpt"
    records = b"".join(b"t" + word[:length] for word in stored)
    path.write_bytes(by_hand([(b"T", 2, 1), (b"N", 1, length)], records))
    read = read_xpt(path).frame.number("N")
    assert read[:2].tolist() == [1.0, -118.0 if length == 2 else -118.625]
    assert missing_letters(read).tolist() == [0, 0, ord("B")]


def test_text_padded_with_nul_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.xpt"
    path.write_bytes(by_hand([(b"T", 2, 4)], b"ab\0\0ab  \0\0\0\0    a\0b "))
    column = read_xpt(path).frame.text("T")
    assert column.to_list() == ["ab", "ab", "", "", "a\0b"]
    assert len(column.values) == 3
    assert column.blank.tolist() == [False, False, True, True, False]


def test_cards_padded_with_nul_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.xpt"
    path.write_bytes(by_hand([(b"T", 2, 70)], b"x" * 70 + bytes(10)))
    assert read_xpt(path).frame.rows == 1


def test_blank_records_that_may_be_padding_are_noted(tmp_path: Path) -> None:
    """Of 80 bytes one record of 20 is filled; up to three blank ones may follow it."""
    path = tmp_path / "old.xpt"
    path.write_bytes(by_hand([(b"T", 2, 20)], b"x".ljust(80)))
    read = read_xpt(path)
    (note,) = read.notes
    assert (read.frame.rows, note.kind, note.level, note.count) == (1, "blank-end", "note", 3)
    # the number that was written decides, and a number is never blank
    assert read_xpt(path, records=2).notes == ()
    path.write_bytes(
        by_hand([(b"N", 1, 8), (b"T", 2, 12)], (b"\x41\x10" + bytes(6) + b"x").ljust(80))
    )
    assert read_xpt(path).notes == ()


def test_numbers_of_56_bits_are_cut_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "old.xpt"
    # 15/16 of 16 and all bits below: cut, it is 16 less 2**-49; rounded, it would be 16
    records = b"\x41" + b"\xff" * 7 + b"\x41\x10" + bytes(6) + b"\xc1" + b"\xff" * 7
    path.write_bytes(by_hand([(b"N", 1, 8)], records))
    read = read_xpt(path)
    assert read.frame.number("N").tolist() == [16 - 2.0**-49, 1.0, -(16 - 2.0**-49)]
    (note,) = read.notes
    assert (note.level, note.count, note.where.row) == ("note", 2, 1)
    columns, _ = pyreadstat.read_xport(str(path), output_format="dict")
    assert columns["N"] == read.frame.number("N").tolist()


def test_text_longer_than_200_bytes_of_others_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.xpt"
    path.write_bytes(by_hand([(b"T", 2, 300)], b"y" * 300))
    assert read_xpt(path).frame.text("T").to_list() == ["y" * 300]
