"""CSV: values as they stand, rows under their line; Python's own csv module as the reference."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mg_cdisc.errors import SourceError
from mg_cdisc.frame import Origins
from mg_cdisc.sources import SourceTable, records

ENCODINGS = {"utf-8": "utf-8", "gb18030": "gb18030", "windows-1252": "cp1252"}


def rows_of(table: SourceTable) -> list[list[str]]:
    columns = [table.frame.text(name).to_list() for name in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def reference(text: str, delimiter: str = ",") -> list[tuple[int, list[str]]]:
    """Line and fields of every record that is not an empty line, row by row, strictly."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found, line = [], 0
    for fields in reader:
        if fields:
            found.append((line + 1, fields))
        line = reader.line_num
    return found


def test_values_enter_as_they_stand(read: Any) -> None:
    table = read("a.csv", b'ID,ANSWER,NOTE\n0012,NA, two  blanks \n1.50,,""\nnull,TRUE,1e5\n')
    assert table.columns == ("ID", "ANSWER", "NOTE")
    assert rows_of(table) == [
        ["0012", "NA", " two  blanks "],
        ["1.50", "", ""],
        ["null", "TRUE", "1e5"],
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(read: Any, end: str, last: bool) -> None:
    text = end.join(["A,B", "1,2", "3,4"]) + (end if last else "")
    table = read("a.csv", text.encode())
    assert rows_of(table) == [["1", "2"], ["3", "4"]]
    assert table.row_numbers.tolist() == [2, 3]


def test_row_numbers_are_lines(read: Any) -> None:
    text = 'A,B\n1,"x\ny\n"\n\n2,z\n"3",""\n\n\n4,"\r\n"'
    table = read("a.csv", text.encode())
    assert rows_of(table) == [["1", "x\ny\n"], ["2", "z"], ["3", ""], ["4", "\r\n"]]
    assert table.row_numbers.tolist() == [2, 6, 7, 10]


def test_origins_carry_the_source_and_the_row(read: Any) -> None:
    table = read("a.csv", b'A\n"x\ny"\nz\n', number=7)
    assert table.frame.origins.ids.tolist() == [(7 << Origins.SHIFT) + 2, (7 << Origins.SHIFT) + 4]
    assert table.row_numbers.dtype == np.int64


def test_header_row_below_titles(read: Any) -> None:
    text = 'Study "ABC, export\n\nA,B\n1,2\n'
    table = read("a.csv", text.encode(), header_row=3)
    assert rows_of(table) == [["1", "2"]]
    assert table.row_numbers.tolist() == [4]


def test_header_of_several_lines_and_empty_lines_below(read: Any) -> None:
    table = read("a.csv", b'"Systolic\n(mmHg)",B\n\n120,x\n')
    assert table.columns == ("Systolic\n(mmHg)", "B")
    assert table.row_numbers.tolist() == [4]


@pytest.mark.parametrize("delimiter", ["comma", "tab", "semicolon", "pipe"])
def test_delimiters(read: Any, delimiter: str) -> None:
    character = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}[delimiter]
    others = ",\t;|".replace(character, "")
    text = f'A{character}B\n1{character}"{others}{character}"\n'
    assert rows_of(read("a.csv", text.encode(), delimiter=delimiter)) == [["1", others + character]]


def test_without_quoting_a_quotation_mark_is_a_character(read: Any) -> None:
    table = read("a.txt", b'A|B\n5" wound|"\n"x"|y\n', delimiter="pipe", quote="none")
    assert rows_of(table) == [['5" wound', '"'], ['"x"', "y"]]


def test_declared_missing_label_and_choices(read: Any) -> None:
    table = read(
        "a.csv",
        b"SEX,VAL\n1,.\n2,ND\n.,0\n",
        missing=[".", "ND"],
        columns={"SEX": {"label": "Sex", "choices": {"1": "Male"}}, "VAL": {"label": "Value"}},
    )
    assert rows_of(table) == [["1", ""], ["2", ""], ["", "0"]]
    assert table.labels == {"SEX": "Sex", "VAL": "Value"}
    assert table.choices == {"SEX": {"1": "Male"}}


def test_digest_and_size_are_those_of_the_file(read: Any) -> None:
    data = b"\xef\xbb\xbfA\r\n1\r\n"
    table = read("a.csv", data)
    assert table.sha256 == hashlib.sha256(data).hexdigest()
    assert (table.size, table.file, table.columns) == (9, "a.csv", ("A",))


@pytest.mark.parametrize("data", [b"A,B", b"A,B\n", b"A,B\r\n\r\n", b'"A","B"\n'])
def test_a_header_alone_is_no_rows_and_a_note(read: Any, data: bytes) -> None:
    table = read("a.csv", data)
    assert (table.columns, table.frame.rows) == (("A", "B"), 0)
    assert [(found.kind, found.level) for found in table.findings] == [("source-no-rows", "note")]
    assert table.frame.text("A").to_list() == []


def test_a_lost_character_is_a_warning(read: Any) -> None:
    table = read("a.csv", "A\nCaf\ufffd\nx\ufffdy\ufffd\n".encode())
    (found,) = table.findings
    assert (found.kind, found.level, found.count) == ("source-damaged-text", "warning", 3)
    assert found.where.row == 2


def test_marks_of_byte_order_are_not_part_of_the_first_name(read: Any) -> None:
    for encoding in ("utf-8", "gb18030"):
        data = "\ufeffA\n\u5934\u75db\n".encode(encoding)
        assert read("a.csv", data, encoding=encoding).columns == ("A",)


def test_a_few_chinese_characters_are_not_taken_for_utf_8(read: Any) -> None:
    # the bytes of this word in GB18030 happen to be good UTF-8
    data = "A\n\u5934\u75db\n".encode("gb18030")
    assert data.decode("utf-8")
    assert rows_of(read("a.csv", data, encoding="gb18030")) == [["\u5934\u75db"]]


def test_a_record_longer_than_a_block_is_read(read: Any) -> None:
    long = "x,\n" * 3_000_000
    table = read("a.csv", f'A,B\n1,"{long}"\n2,y\n'.encode())
    assert rows_of(table) == [["1", long], ["2", "y"]]
    assert table.row_numbers.tolist() == [2, 3_000_003]


def test_many_blocks(read: Any) -> None:
    text = "A,B\n" + "".join(f'{i:06d},"v{i % 7},\n"\n' for i in range(400_000))
    table = read("a.csv", text.encode())
    assert table.frame.rows == 400_000
    assert (table.row_numbers == 2 + 2 * np.arange(400_000)).all()
    assert table.frame.text("A").to_list() == [f"{i:06d}" for i in range(400_000)]
    assert table.frame.text("B").to_list() == [f"v{i % 7},\n" for i in range(400_000)]


def characters(encoding: str) -> st.SearchStrategy[str]:
    return st.characters(codec=ENCODINGS[encoding], exclude_characters="\0\ufeff\ufffd")


@st.composite
def tables(draw: st.DrawFn, encoding: str) -> tuple[list[list[str]], str, str]:
    """Rows of any text under a header, a delimiter, and the file that RFC 4180 makes of them."""
    text = st.text(characters(encoding) | st.sampled_from(list(',;\t|"\r\n 0A')), max_size=6)
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(text, min_size=width, max_size=width), max_size=6))
    header = [f"C{number}" for number in range(width)]
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    everything = draw(st.booleans())

    def written(field: str) -> str:
        needed = set(field) & set(f'{delimiter}\r\n"') or (width == 1 and not field)
        return '"' + field.replace('"', '""') + '"' if needed or everything else field

    made = "".join(delimiter.join(map(written, row)) + end for row in [header, *rows])
    return rows, delimiter, made if draw(st.booleans()) else made.removesuffix(end)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(deadline=None)
@given(given_data=st.data())
def test_any_text_makes_the_round_trip(read: Any, encoding: str, given_data: st.DataObject) -> None:
    rows, delimiter, text = given_data.draw(tables(encoding))
    data = text.encode(ENCODINGS[encoding])
    if encoding != "utf-8" and not data.isascii():
        # what is good UTF-8 in full is refused under another declaration: that has its own test
        try:
            data.decode()
        except UnicodeDecodeError:
            pass
        else:
            assume(False)
    table = read("r.csv", data, encoding=encoding, delimiter=delimiter)
    assert rows_of(table) == rows
    lines = [line for line, _ in reference(text, delimiter)]
    assert table.row_numbers.tolist() == lines[1:]


FIELDS = st.sampled_from(
    ["", "a", '""', '"b"', '"c,d"', '"e\nf"', '"g\r"', '"h""i"', '""""', '"j"k', 'l"m', '"', " n "]
)
LINES = st.builds("".join, st.tuples(FIELDS, st.just(","), FIELDS, st.sampled_from(["\n", "\r\n"])))


@settings(deadline=None)
@given(
    st.text(alphabet='ab,"\n\r ', max_size=40)
    | st.lists(LINES | st.just("\r\n"), max_size=6).map("".join),
    st.sampled_from([1, 2, 3, 5, 1 << 22]),
)
def test_what_is_read_is_what_a_strict_reader_reads(read: Any, body: str, block: int) -> None:
    """Whatever text: either both readers see the same rows on the same lines, or it is refused."""
    text = "C1,C2\n" + body
    with mock.patch.object(records, "_BLOCK", block):
        try:
            table = read("d.csv", text.encode())
        except SourceError as fault:
            (found,) = fault.findings
            assert found.kind in {"source-quote", "source-truncated", "source-ragged"}
            refused = found
        else:
            found = reference(text)[1:]
            assert rows_of(table) == [fields for _, fields in found]
            assert table.row_numbers.tolist() == [line for line, _ in found]
            return
    try:
        strict = reference(text)
    except csv.Error:
        assert refused.kind in {"source-quote", "source-truncated"}
        return
    ragged = [line for line, fields in strict if len(fields) != 2]
    if refused.kind == "source-quote":
        return  # Python takes a mark inside an unquoted text as it stands
    assert refused.where.row == ragged[0]
    if refused.kind == "source-ragged":
        assert refused.what.startswith(f"{len(ragged)} row")
    else:
        assert (ragged, len(strict[-1][1])) == ([strict[-1][0]], 1)


@settings(deadline=None)
@given(st.text(alphabet='a,\n\r"', max_size=30))
def test_without_quotes_only_delimiters_and_lines_count(read: Any, body: str) -> None:
    text = "C1,C2\n" + body
    expected = [
        (line, fields.split(","))
        for line, fields in enumerate(io.StringIO(text, newline=None).read().split("\n"), 1)
        if fields
    ][1:]
    assume(all(len(fields) == 2 for _, fields in expected))
    table = read("q.csv", text.encode(), quote="none")
    assert rows_of(table) == [fields for _, fields in expected]
    assert table.row_numbers.tolist() == [line for line, _ in expected]
