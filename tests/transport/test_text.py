"""Text in bytes: lengths, encodings, padding."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.frame import Text
from mg_cdisc.transport.text import ENCODINGS, Encoding, decode, encode, fixed, measure_text

TEXTS = {
    "ascii": st.text(st.characters(max_codepoint=126, min_codepoint=1), max_size=12),
    "utf-8": st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=12),
    "gb18030": st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=12),
    "windows-1252": st.text("aé€µ ±ß0", max_size=12),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(deadline=None)  # machines may be busy
@given(data=st.data())
def test_text_goes_to_fixed_bytes_and_back(encoding: Encoding, data: st.DataObject) -> None:
    values = data.draw(st.lists(TEXTS[encoding], unique=True, max_size=8))
    encoded, bad = encode(pa.array(values, pa.string()), encoding)
    assert not bad.any()
    plain = [value.rstrip(" ").encode(encoding) for value in values]
    assert encoded.to_pylist() == plain
    length = max([1, *map(len, plain)]) + 2
    table = fixed(encoded, length)
    assert [bytes(item) for item in table] == [value.ljust(length) for value in plain]
    stored = pa.array([bytes(item) for item in table], pa.binary(length))
    read, bad, _ = decode(stored, encoding)
    assert not bad.any()
    assert read.to_pylist() == [value.rstrip(" ") for value in values]


def test_what_an_encoding_lacks_is_told_by_value() -> None:
    values = pa.array(["plain", "µg", "中文", "a\0b", ""], pa.string())
    lacking = {encoding: encode(values, encoding)[1].tolist() for encoding in ENCODINGS}
    assert lacking == {
        "ascii": [False, True, True, True, False],
        "utf-8": [False, False, False, True, False],
        "gb18030": [False, False, False, True, False],
        "windows-1252": [False, False, True, True, False],
    }


def test_bytes_that_are_not_of_the_encoding_are_told_by_value() -> None:
    stored = pa.array([b"ab  ", b"caf\xe9", b"\x81   ", b"    "], pa.binary(4))
    bad = {encoding: decode(stored, encoding)[1].tolist() for encoding in ENCODINGS}
    assert bad == {
        "ascii": [False, True, True, False],
        "utf-8": [False, True, True, False],
        "gb18030": [False, True, True, False],
        # 0x81 is one of five bytes that windows-1252 leaves undefined
        "windows-1252": [False, False, True, False],
    }
    assert decode(stored, "windows-1252")[0].to_pylist() == ["ab", "café", "\\x81", ""]


def test_values_cut_off_a_longer_array_are_encoded() -> None:
    part = pa.array(["long before", "b", "cé", "", "after it"], pa.string()).slice(1, 3)
    encoded, bad = encode(part, "utf-8")
    assert [bytes(item) for item in fixed(encoded, 4)] == [b"b   ", b"c\xc3\xa9 ", b"    "]
    assert bad.tolist() == [False] * 3


@pytest.mark.parametrize(
    ("values", "encoding", "length"),
    [
        ([], "ascii", 1),
        ([""], "ascii", 1),
        (["   "], "ascii", 1),
        (["ab", "abcd  ", " c"], "ascii", 4),
        (["±5"], "utf-8", 3),
        (["±5"], "windows-1252", 2),
        (["头痛"], "gb18030", 4),
        (["头痛"], "utf-8", 6),
        (["±5"], "ascii", 3),  # as in UTF-8: writing it will be refused
    ],
)
def test_the_length_of_a_variable_is_that_of_its_longest_value(
    values: list[str], encoding: Encoding, length: int
) -> None:
    assert measure_text(Text.of(values), encoding) == length


def test_values_that_do_not_occur_are_not_measured() -> None:
    column = Text.of(["a", "much longer", "bb"]).take(np.array([0, 2]))
    assert measure_text(column) == 2
