"""What is written is read: by our reader, by pyreadstat, and the same bytes each time."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import (
    Encoding,
    XptDataset,
    XptVariable,
    describe_xpt,
    measure_text,
    missing_letters,
    read_xpt,
    special_missing,
    write_xpt,
)
from mg_cdisc.transport import read as reading
from mg_cdisc.transport.missing import LETTERS
from mg_cdisc.transport.verify import verify_xpt

NOON = datetime(2026, 1, 31, 12, 0, 0)

names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,7}", fullmatch=True)
labels = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
numbers = st.one_of(
    st.floats(min_value=2.0**-260, max_value=2.0**251),
    st.floats(min_value=-(2.0**251), max_value=-(2.0**-260)),
    st.sampled_from([0.0, 1.0, 0.1, np.nan, *(special_missing(letter) for letter in LETTERS)]),
)
# few distinct values, so that they repeat; blanks before, within and after
texts = st.sampled_from(["", " ", "a", " a", "a b", "a ", "Zz9~!", "x" * 40, "y" * 7, "z" * 8])


@st.composite
def datasets(draw: st.DrawFn) -> XptDataset:
    """Any dataset of up to 30 records that the format holds."""
    rows = draw(st.integers(0, 30))
    columns: dict[str, Any] = {}
    variables = []
    for name in draw(st.lists(names, min_size=1, max_size=6, unique=True)):
        if draw(st.booleans()):
            values = draw(st.lists(texts, min_size=rows, max_size=rows))
            column = Text.of(values)
            columns[name] = column
            length = min(200, measure_text(column) + draw(st.integers(0, 3)))
            form = draw(st.sampled_from(["", "$5.", "$CHAR20."]))
            variables.append(XptVariable(name, draw(labels), True, length, form, form))
        else:
            found = draw(st.lists(numbers, min_size=rows, max_size=rows))
            columns[name] = np.array(found, np.float64)
            form = draw(st.sampled_from(["", "8.2", "DATE9.", "BEST12."]))
            variables.append(XptVariable(name, draw(labels), False, 8, form, form))
    label = draw(labels)
    return XptDataset(draw(names), label, tuple(variables), Frame.of(columns))


def same(read: Frame, meant: Frame) -> None:
    """That a frame has the values meant, without trailing blanks, letters of missings included."""
    assert list(read.columns) == list(meant.columns)
    assert read.rows == meant.rows
    for name, column in meant.columns.items():
        if isinstance(column, Text):
            assert read.text(name).to_list() == [value.rstrip(" ") for value in column.to_list()]
            assert len(set(read.text(name).values.to_pylist())) == len(read.text(name).values)
        else:
            found = read.number(name)
            np.testing.assert_array_equal(found, column)
            np.testing.assert_array_equal(missing_letters(found), missing_letters(column))


@settings(deadline=None)  # machines may be busy
@given(meant=datasets(), chunk=st.integers(1, 40))
def test_any_dataset_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, meant: XptDataset, chunk: int
) -> None:
    path = tmp_path_factory.mktemp("xpt") / "any.xpt"
    summary = write_xpt(path, meant, timestamp=NOON, chunk_rows=chunk)
    data = path.read_bytes()
    assert summary.records == meant.frame.rows
    assert summary.bytes == len(data)
    assert len(data) % 80 == 0
    assert summary.sha256 == hashlib.sha256(data).hexdigest()
    # neither the size of chunks nor a second run changes a byte
    assert write_xpt(path, meant, timestamp=NOON) == summary
    assert path.read_bytes() == data

    read = read_xpt(path, records=meant.frame.rows)
    assert (read.name, read.label) == (meant.name, meant.label.rstrip())
    assert [(v.name, v.label, v.is_text, v.length) for v in read.variables] == [
        (v.name, v.label.rstrip(), v.is_text, v.length) for v in meant.variables
    ]
    assert [(v.format, v.informat) for v in read.variables] == [
        (v.format, v.informat) for v in meant.variables
    ]
    assert read.created == read.modified == NOON
    assert read.notes == ()
    same(read.frame, meant.frame)
    verify_xpt(path, meant, full=True)


@settings(deadline=None)  # machines may be busy
@given(meant=datasets())
def test_any_dataset_is_read_by_pyreadstat_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, meant: XptDataset
) -> None:
    path = tmp_path_factory.mktemp("xpt") / "any.xpt"
    write_xpt(path, meant, timestamp=NOON)
    columns, header = pyreadstat.read_xport(
        str(path), disable_datetime_conversion=True, output_format="dict"
    )
    assert header.table_name == meant.name
    assert (header.file_label or "") == meant.label.rstrip()
    assert header.column_names == [v.name for v in meant.variables]
    assert [label or "" for label in header.column_labels] == [
        v.label.rstrip() for v in meant.variables
    ]
    for variable in meant.variables:
        name, column = variable.name, meant.frame[variable.name]
        assert header.variable_storage_width[name] == variable.length
        assert (header.original_variable_types[name] or "") == variable.format.rstrip(".")
        expected: list[Any]
        if isinstance(column, Text):
            expected = [value.rstrip(" ") for value in column.to_list()]
        else:
            expected = [None if np.isnan(number) else number for number in column.tolist()]
        seen = columns[name]
        # it drops blank records at the end of a dataset of text only
        if all(v.is_text for v in meant.variables):
            assert set(expected[len(seen) :]) <= {""}
            expected = expected[: len(seen)]
        assert seen == expected


def test_special_missings_keep_their_letters(tmp_path: Path) -> None:
    values = np.array([1.0, np.nan, *(special_missing(letter) for letter in LETTERS)])
    variables = (XptVariable("X", "", False, 8),)
    path = tmp_path / "x.xpt"
    write_xpt(path, XptDataset("X", "", variables, Frame.of({"X": values})), timestamp=NOON)
    read = read_xpt(path).frame.number("X")
    assert read[0] == 1.0
    assert np.isnan(read[1:]).all()
    assert bytes(missing_letters(read)) == b"\0\0" + LETTERS.encode()
    # pyreadstat reads transport files without their letters: all are missing to it
    columns, _ = pyreadstat.read_xport(str(path), output_format="dict")
    assert columns["X"] == [1.0] + [None] * 28


@pytest.mark.parametrize(
    ("encoding", "values"),
    [
        ("ascii", ["plain", ""]),
        ("utf-8", ["5 µg ± 1", "头痛", "", "plain"]),
        ("gb18030", ["头痛", "恶心和呕吐", "", "plain", "€"]),
        ("windows-1252", ["café", "5 µg ± 1", "€", "", "plain"]),
    ],
)
def test_values_keep_their_characters_in_each_encoding(
    tmp_path: Path, encoding: Encoding, values: list[str]
) -> None:
    column = Text.of(values)
    length = max(1, *(len(value.encode(encoding)) for value in values))
    assert measure_text(column, encoding) == length
    variables = (XptVariable("X", "Text", True, length), XptVariable("N", "", False, 8))
    meant = XptDataset(
        "AE", "", variables, Frame.of({"X": column, "N": np.arange(float(len(values)))})
    )
    path = tmp_path / "ae.xpt"
    write_xpt(path, meant, timestamp=NOON, encoding=encoding)
    assert all(value.encode(encoding) in path.read_bytes() for value in values)
    assert read_xpt(path, encoding=encoding).frame.text("X").to_list() == values
    verify_xpt(path, meant, encoding=encoding)


def test_text_of_many_values_and_blocks_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as small as blocks can be that they differ: known values put before a block, then too many
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 600)
    monkeypatch.setattr(reading, "_CACHE_BYTES", 100)
    monkeypatch.setattr(reading, "_KNOWN_VALUES", 8)
    random = np.random.default_rng(3)
    few = [f"v{i}" for i in random.integers(0, 5, 1000)]
    more = [f"value number {i}" for i in random.integers(0, 40, 1000)]
    unique = [f"{i:010}" for i in random.permutation(1000)]
    rising = [f"w{i // 100}" for i in range(1000)]
    columns = {
        "FEW": Text.of(few),
        "MORE": Text.of(more),
        "N": random.normal(size=1000),
        "UNIQUE": Text.of(unique),
        "RISING": Text.of(rising),
        "ONE": Text.constant("same", 1000),
    }
    variables = tuple(
        XptVariable(name, "", isinstance(c, Text), measure_text(c) if isinstance(c, Text) else 8)
        for name, c in columns.items()
    )
    meant = XptDataset("X", "", variables, Frame.of(columns))
    path = tmp_path / "x.xpt"
    write_xpt(path, meant, timestamp=NOON, chunk_rows=37)
    read = read_xpt(path).frame
    same(read, meant.frame)
    assert read.text("UNIQUE").to_list() == unique
    assert len(read.text("FEW").values) == 5


def test_a_column_with_more_values_than_records_is_written(tmp_path: Path) -> None:
    column = Text.of([f"v{i}" for i in range(100)]).take(np.array([50, 3, 50]))
    meant = XptDataset("X", "", (XptVariable("X", "", True, 3),), Frame.of({"X": column}))
    path = tmp_path / "x.xpt"
    write_xpt(path, meant, timestamp=NOON)
    assert read_xpt(path).frame.text("X").to_list() == ["v50", "v3", "v50"]


def test_a_dataset_without_records_is_read(tmp_path: Path) -> None:
    columns = {"X": Text.of([]), "N": np.zeros(0)}
    variables = (XptVariable("X", "", True, 1), XptVariable("N", "", False, 8))
    meant = XptDataset("X", "", variables, Frame.of(columns))
    path = tmp_path / "x.xpt"
    assert write_xpt(path, meant, timestamp=NOON).records == 0
    read = read_xpt(path)
    assert read.frame.rows == 0
    assert len(read.frame.text("X")) == len(read.frame.number("N")) == 0
    verify_xpt(path, meant, full=True)


def test_text_of_one_encoding_read_as_another_is_refused_or_told(tmp_path: Path) -> None:
    values = pa.array(["café"], pa.string())
    frame = Frame.of({"X": Text.encode(values)})
    meant = XptDataset("X", "", (XptVariable("X", "", True, 5),), frame)
    path = tmp_path / "x.xpt"
    write_xpt(path, meant, timestamp=NOON, encoding="windows-1252")
    for encoding in ("ascii", "utf-8"):
        with pytest.raises(TransportError) as caught:
            read_xpt(path, encoding=encoding)  # type: ignore[arg-type]
        (finding,) = caught.value.findings
        assert (finding.where.row, finding.where.column) == (1, "X")
        assert finding.what == f"X = 'caf\\xe9' is not {encoding} text"


def test_some_variables_are_read_as_among_all(tmp_path: Path) -> None:
    columns = {"A": Text.of(["x", "", "yy"]), "B": np.array([1.0, np.nan, -2.5]),
               "C": Text.of(["p", "q", "p"])}  # fmt: skip
    variables = tuple(XptVariable(name, "", name != "B", 8, "", "") for name in columns)
    path = tmp_path / "a.xpt"
    write_xpt(path, XptDataset("D", "", variables, Frame.of(columns)), timestamp=NOON)
    members, starts = describe_xpt(path)
    assert [member.name for member in members] == ["D"]
    some = read_xpt(path, columns={"B", "C", "NOWHERE"}, starts=starts).frame
    assert list(some.columns) == ["B", "C"]
    assert some.rows == 3
    assert np.array_equal(some.number("B"), [1.0, np.nan, -2.5], equal_nan=True)
    assert some.text("C").to_list() == ["p", "q", "p"]
    assert read_xpt(path, columns=()).frame.rows == 3


def test_text_that_is_not_asked_for_is_not_decoded(tmp_path: Path) -> None:
    columns = {"A": Text.of(["\u00e9"]), "B": Text.of(["b"])}
    variables = tuple(XptVariable(name, "", True, 2, "", "") for name in columns)
    path = tmp_path / "a.xpt"
    dataset = XptDataset("D", "", variables, Frame.of(columns))
    write_xpt(path, dataset, timestamp=NOON, encoding="windows-1252")
    with pytest.raises(TransportError, match="is not utf-8 text"):
        read_xpt(path, encoding="utf-8")
    assert read_xpt(path, encoding="utf-8", columns={"B"}).frame.text("B").to_list() == ["b"]
