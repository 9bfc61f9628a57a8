"""Dataset-JSON 1.1 to a dataset, from one JSON object or from lines (NDJSON), whoever wrote it.

The header is read first, wherever it stands. Records are then parsed some thousand at a time: the
text is cut where one may end, and a cut inside a value shows because what is before it is no JSON.
So a file of any layout is read without a loop over its records, and with the memory of its columns.

Rule: CDISC Dataset-JSON 1.1; RFC 8259.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, cast, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.errors import Finding, Location, TransportError, one_of
from mg_cdisc.frame import Column, Frame, Origins, Text
from mg_cdisc.transport.dataset_json import (
    TO_NUMBER,
    TO_TEXT,
    JsonColumn,
    JsonDataset,
    JsonHeader,
    JsonType,
    read_moment,
)
from mg_cdisc.transport.text import Encoding, measure_text
from mg_cdisc.transport.xpt import NUMBER_BYTES, XptVariable

_BLOCK = 1 << 21  # characters of records that are parsed at once
_BETWEEN = re.compile(r"\]\s*,\s*(?=\[)")
_LINE = re.compile(r"\r?\n")
_BLANK = re.compile(r"[ \t\r\n]*")
_TYPES = get_args(JsonType)
_VERSION = re.compile(r"1\.1(\.\d+)?")


def read_json(path: Path, *, encoding: Encoding = "utf-8") -> JsonDataset:
    """Read a Dataset-JSON file; ``.ndjson`` in its name, or a second line, tells lines.

    Dates and times with the target type integer come as SAS numbers, with the display format as
    their format. ``encoding`` is that in which the length of a text is counted whose length the
    file does not say: JSON itself is UTF-8.

    Errors: ``TransportError`` if the file is no Dataset-JSON 1.1, lacks what the standard requires,
    has another number of records than it says, or holds a value of another type than its column
    (with record and variable).
    """
    return _Reader(path, encoding).dataset()


def describe_json(path: Path) -> tuple[str, str, tuple[JsonColumn, ...]]:
    """The name, label and columns of a Dataset-JSON file, without its records.

    Errors: ``TransportError`` as ``read_json``, of what stands before the records.
    """
    reader = _Reader(path, "utf-8")
    said, _ = reader.parts()
    name, label, _ = reader.known(said)
    columns = enumerate(said["columns"], 1)
    return name, label, tuple(reader.column(each, number) for number, each in columns)


def is_json(path: Path) -> bool:
    """Whether the name is that of a Dataset-JSON file."""
    return path.suffix.lower() in (".json", ".ndjson")


class _Reader:
    """Reads one file; what is wrong is a ``TransportError`` naming it."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.name = str(path)
        self.encoding = encoding
        try:
            raw = path.read_bytes()
        except OSError as error:
            self.stop("unreadable", f"it cannot be read: {error.strerror}", "Check the path.")
        try:
            self.text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.stop("text-encoding", f"byte {error.start + 1} is not UTF-8", "JSON is UTF-8.")
        self.decoder = json.JSONDecoder(parse_constant=_refuse)

    def stop(self, kind: str, what: str, todo: str = "Ask for the file again.") -> NoReturn:
        raise TransportError([Finding(Location(self.name), kind, what, todo)])

    def dataset(self) -> JsonDataset:
        """The whole file."""
        said, blocks = self.parts()
        name, label, records = self.known(said)
        columns = tuple(self.column(each, number) for number, each in enumerate(said["columns"], 1))
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            twice = sorted({each for each in names if names.count(each) > 1})
            self.stop("bad-json", f"{one_of(twice)} is described twice")
        made: list[list[pa.Array]] = [[] for _ in columns]
        rows = 0
        for block in blocks:
            rows += self.take(block, columns, made, rows)
        if rows != records:
            self.stop("records", f"it says that it has {records} records, and has {rows}",
                      "It was cut short, or is another file.")  # fmt: skip
        values = {
            column.name: self.values(column, parts)
            for column, parts in zip(columns, made, strict=True)
        }
        header = _header(said, columns)
        created = read_moment(header.created)
        return JsonDataset(
            name,
            label,
            tuple(self.variable(column, values[column.name]) for column in columns),
            Frame(values, rows, Origins.none(rows)),
            created,
            created,
            (),
            header,
        )

    def parts(self) -> tuple[dict[str, Any], Iterator[list[Any]]]:
        """The header, and the records in blocks."""
        start = self.blank(0)
        if self.text[start : start + 1] != "{":
            self.stop("not-dataset-json", "it is not a JSON object", "Give a Dataset-JSON file.")
        said: dict[str, Any] = {}
        found: tuple[int, int] | None = None
        at = self.blank(start + 1)
        while self.text[at : at + 1] != "}":
            key, at = self.value(at)
            at = self.blank(at)
            if not isinstance(key, str) or self.text[at : at + 1] != ":":
                self.stop("not-json", f"{self.place(at)}: a colon was expected")
            at = self.blank(at + 1)
            if key in said:
                self.stop("bad-json", f"{key} is said twice")
            if key == "rows" and self.text[at : at + 1] == "[":
                found = (at + 1, self.skip(at, last="columns" in said))
                said[key], at = True, found[1]
            else:
                said[key], at = self.value(at)
            at = self.blank(at)
            if self.text[at : at + 1] == ",":
                at = self.blank(at + 1)
            elif self.text[at : at + 1] != "}":
                self.stop("not-json", f"{self.place(at)}: a comma or a brace was expected")
        rest = self.blank(at + 1)
        if found is None and "rows" not in said:
            return said, self.blocks(rest, len(self.text), _LINE)
        if found is None or rest < len(self.text):
            self.stop("bad-json", "rows is not a list, or something follows the object")
        return said, self.blocks(found[0], found[1] - 1, _BETWEEN)

    def blank(self, at: int) -> int:
        """The next character that is not blank."""
        found = _BLANK.match(self.text, at)
        return found.end() if found else at

    def place(self, at: int) -> str:
        """A place of the text as a person counts."""
        line = self.text.count("\n", 0, at) + 1
        return f"line {line}, character {at - self.text.rfind(chr(10), 0, at)}"

    def value(self, at: int) -> tuple[Any, int]:
        """The JSON value that begins here, and where it ends."""
        try:
            return self.decoder.raw_decode(self.text, at)
        except (ValueError, RecursionError) as error:
            self.stop("not-json", f"{self.place(at)}: {_why(error)}")

    def skip(self, at: int, *, last: bool) -> int:
        """Where the list of records that begins here ends; ``last`` where nothing may follow it."""
        end = self.text.rfind("]")
        if last and end > at and self.text[end + 1 :].strip(" \t\r\n") == "}":
            return end + 1
        return self.value(at)[1]  # the whole at once: seldom, and slow

    def blocks(self, start: int, stop: int, between: re.Pattern[str]) -> Iterator[list[Any]]:
        """The records of this part of the text, some at a time."""
        text = self.text
        while self.blank(start) < stop:
            cut, following = stop, stop
            look = start + _BLOCK
            while True:
                found = between.search(text, look, stop) if look < stop else None
                if found is not None:
                    cut = found.start() + (1 if between is _BETWEEN else 0)
                    following = found.end()
                else:
                    cut = following = stop
                piece = text[start:cut]
                if between is _LINE:
                    piece = ",".join(each for each in _LINE.split(piece) if each.strip())
                try:
                    yield cast("list[Any]", self.decoder.decode(f"[{piece}]"))
                    break
                except (ValueError, RecursionError) as error:
                    if found is None:  # otherwise the cut may lie inside a value
                        self.stop("not-json", f"behind {self.place(start)}: {_why(error)}")
                    look = found.end()
            start = following

    def known(self, said: dict[str, Any]) -> tuple[str, str, int]:
        """Name, label and number of records, where everything required is there."""
        needed: dict[str, type] = {
            "datasetJSONCreationDateTime": str, "datasetJSONVersion": str, "itemGroupOID": str,
            "records": int, "name": str, "label": str, "columns": list,
        }  # fmt: skip
        wrong = [key for key, kind in needed.items() if type(said.get(key)) is not kind]
        if len(wrong) > len(needed) // 2:
            self.stop("not-dataset-json", f"it has no {one_of(wrong)}", "Give a Dataset-JSON file.")
        if wrong:
            self.stop("bad-json", f"{one_of(wrong)} is not there, or of the wrong type")
        if not _VERSION.fullmatch(said["datasetJSONVersion"]):
            self.stop("json-version", f"it is of version {said['datasetJSONVersion']}; 1.1 is read",
                      "Ask for the file in Dataset-JSON 1.1.")  # fmt: skip
        return said["name"], said["label"], said["records"]

    def column(self, said: Any, number: int) -> JsonColumn:
        """A column's description."""
        if not isinstance(said, dict):
            self.stop("bad-json", f"column {number} is not an object")
        texts = {key: said.get(key, "") for key in
                 ("itemOID", "name", "label", "dataType", "targetDataType", "displayFormat")}  # fmt: skip
        wrong = [key for key, value in texts.items() if not isinstance(value, str)]
        wrong += [key for key in ("itemOID", "name", "label", "dataType") if key not in said]
        whole = {key: said.get(key) for key in ("length", "keySequence")}
        wrong += [key for key, value in whole.items()
                  if value is not None and (type(value) is not int or value < 1)]  # fmt: skip
        named = f"column {texts['name'] or number}"
        if wrong:
            self.stop("bad-json", f"{one_of(wrong)} of {named} is not there, or of the wrong type")
        kind, target = texts["dataType"], texts["targetDataType"]
        fits = {"": _TYPES, "integer": ("date", "datetime", "time"), "decimal": ("decimal",)}
        if kind not in fits.get(target, ()):
            self.stop("bad-json", f"{named} has dataType '{kind}' and targetDataType '{target}'")
        return JsonColumn(
            texts["itemOID"], texts["name"], texts["label"], kind, target, whole["length"],
            texts["displayFormat"], whole["keySequence"],
        )  # fmt: skip

    def take(
        self,
        block: list[Any],
        columns: tuple[JsonColumn, ...],
        made: list[list[pa.Array]],
        done: int,
    ) -> int:
        """Put the values of some records behind those of their columns; how many records."""
        if not block:
            return 0
        if set(map(type, block)) != {list} or set(map(len, block)) != {len(columns)}:
            bad = next(
                (i for i, each in enumerate(block)
                 if not isinstance(each, list) or len(each) != len(columns)), 0
            )  # fmt: skip
            what = f"record {done + bad + 1} is not a list of {len(columns)} values"
            self.stop("bad-json", what)
        for column, values, parts in zip(columns, zip(*block, strict=True), made, strict=True):
            parts.append(self.array(column, values, done))
        return len(block)

    def array(self, column: JsonColumn, values: tuple[Any, ...], done: int) -> pa.Array:
        """The values of a column: text as distinct values with codes, numbers as doubles."""
        as_text = column.is_text or column.moment is not None or column.type == "decimal"
        kind = pa.string() if as_text else pa.bool_() if column.type == "boolean" else pa.float64()
        try:
            array = pa.array(values, kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
            bad = next(i for i, each in enumerate(values) if not _fits(each, kind))
            self.bad(column, done + bad, json.dumps(values[bad])[:60])
        if as_text:
            return array.dictionary_encode()
        if column.type == "integer":
            off = pc.not_equal(array, pc.trunc(array))
            if pc.any(off).as_py():
                bad = pc.index(off, True).as_py()
                self.bad(column, done + bad, str(array[bad].as_py()))
        return array.cast(pa.float64())

    def bad(self, column: JsonColumn, record: int, shown: str) -> NoReturn:
        where = Location(self.name, 0, record + 1, "", column.name)
        what = f"{column.name} = {shown} is not {column.type}"
        todo = "Correct the value, or the type of the column."
        raise TransportError([Finding(where, "json-value", what, todo, variable=column.name)])

    def values(self, column: JsonColumn, parts: list[pa.Array]) -> Column:
        """The whole column."""
        if column.is_text:
            text = Text.encode(pa.chunked_array(parts, pa.dictionary(pa.int32(), pa.string())))
            return text.map(lambda values: pc.ascii_rtrim(values, characters=" "))
        if column.moment is None and column.type != "decimal":
            if not parts:
                return np.empty(0, np.float64)
            array = pa.concat_arrays(parts)
            return np.array(pc.fill_null(array, np.nan).to_numpy(zero_copy_only=False), np.float64)
        text = Text.encode(pa.chunked_array(parts, pa.dictionary(pa.int32(), pa.string())))
        numbers = self.moments(column, text) if column.moment else self.decimals(column, text)
        return np.asarray(numbers[text.codes], np.float64)

    def moments(self, column: JsonColumn, text: Text) -> np.ndarray[Any, np.dtype[np.float64]]:
        """SAS numbers of distinct dates or times."""
        assert column.moment is not None
        numbers = TO_NUMBER[column.moment](text.values)
        blank = np.asarray(pc.equal(text.values, ""))
        whole = "T" if column.moment == "datetime" else ":" if column.moment == "time" else ""
        lacks = ~np.asarray(pc.match_substring(text.values, whole)) if whole else blank
        wrong = (np.isnan(numbers) | lacks) & ~blank
        if not wrong.any():
            again = TO_TEXT[column.moment](numbers)
            # what is not written as we would write it must at least be a moment of its kind
            wrong = np.asarray(pc.equal(again, "")) & ~blank
        if wrong.any():
            code = int(np.flatnonzero(wrong)[0])
            record = int(np.flatnonzero(text.codes == code)[0])
            self.bad(column, record, json.dumps(text.values[code].as_py()))
        return numbers

    def decimals(self, column: JsonColumn, text: Text) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Doubles of distinct decimals."""
        blank = pc.equal(text.values, "")
        try:
            read = pc.if_else(blank, "nan", text.values).cast(pa.float64())
        except pa.ArrowInvalid:
            number = pc.match_substring_regex(
                text.values, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
            )
            code = pc.index(pc.or_(number, blank), False).as_py()
            record = int(np.flatnonzero(text.codes == code)[0])
            self.bad(column, record, json.dumps(text.values[code].as_py()))
        return np.array(read, np.float64)

    def variable(self, column: JsonColumn, values: Column) -> XptVariable:
        """The variable as a transport file would have it."""
        length = NUMBER_BYTES
        if isinstance(values, Text):
            length = column.length or measure_text(values, self.encoding)
        return XptVariable(column.name, column.label, column.is_text, length, column.format)


def _header(said: dict[str, Any], columns: tuple[JsonColumn, ...]) -> JsonHeader:
    def text(key: str) -> str:
        value = said.get(key, "")
        return value if isinstance(value, str) else ""

    system = said.get("sourceSystem")
    named = isinstance(system, dict) and {"name", "version"} <= system.keys()
    return JsonHeader(
        text("itemGroupOID"),
        columns,
        text("datasetJSONCreationDateTime"),
        text("dbLastModifiedDateTime"),
        text("fileOID"),
        text("originator"),
        (str(system["name"]), str(system["version"])) if named and system else None,
        text("studyOID"),
        text("metaDataVersionOID"),
        text("metaDataRef"),
    )


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _fits(value: Any, kind: pa.DataType) -> bool:
    """Whether Arrow takes a single value."""
    try:
        pa.array([value], kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return False
    return True
