"""CSV and its relatives: every field as the text that stands there, under its line number."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv

from mg_cdisc.errors import SourceError
from mg_cdisc.frame import Index, Text
from mg_cdisc.sources.declaration import DELIMITERS, SourceDeclaration
from mg_cdisc.sources.encoding import line_of, to_utf8
from mg_cdisc.sources.files import SourceFile
from mg_cdisc.sources.records import (
    QuoteFault,
    Records,
    count_fields,
    count_lines,
    needs_scan,
    scan_records,
)
from mg_cdisc.sources.table import LISTED, Rows, check_header, listed

_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_BLOCK: Final = 1 << 20  # with what is made of it, it stays in the processor's cache
_ENCODED: Final = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class _Body:
    """UTF-8 text from the header's first byte on, and what the declaration says of it."""

    file: SourceFile
    data: bytes
    header: int
    delimiter: str
    quoted: bool
    header_row: int

    def scan(self) -> Records:
        """The header and the records; an ill quoted field is an error with its line."""
        try:
            return scan_records(
                self.data, self.header, self.header_row, self.delimiter, quoted=self.quoted
            )
        except QuoteFault as fault:
            raise _quote_error(self.file, self.data, fault) from None


def read_csv(file: SourceFile, declaration: SourceDeclaration) -> Rows:
    """Read a delimited text file; values keep leading zeros, blanks and texts such as ``NA``.

    The row number is the line on which the record begins (the header is line 1, or the declared
    ``header_row``). A quoted empty field and an empty one are both blank; empty lines are no
    rows. Raises SourceError for whatever would make a value doubtful: a byte that the encoding
    doesn't have, ragged rows, unfinished quotes, columns without a name of their own.
    """
    data, findings = to_utf8(file, declaration.encoding or "utf-8")
    if not data or data.isspace():
        raise file.error("source-empty", "the file holds nothing but blanks", "Export it again.")
    quoted = declaration.quote == "double"
    header = _header_start(file, data, declaration.header_row)
    body = _Body(file, data, header, declaration.delimiter, quoted, declaration.header_row)
    if needs_scan(data, header, quoted=quoted):
        records = body.scan()
        if not len(records.lines) or records.lines[0] != declaration.header_row:
            raise _no_header(file, declaration.header_row, "is blank")
        end = int(records.ends[0])
        numbers, multiline = records.lines[1:], records.multiline
        begin = int(records.starts[1]) if len(numbers) else len(data)
    else:
        found = _LINE_END.search(data, header)
        end, begin = found.span() if found else (len(data), len(data))
        numbers, multiline = None, False
    names = _names(body, end)
    columns = (
        _parse(body, begin, names, multiline=multiline) if begin < len(data) else _no_rows(names)
    )
    rows = len(columns[names[0]])
    if numbers is None:
        first = declaration.header_row + 1
        numbers = np.arange(first, first + rows, dtype=np.int64)
        if count_lines(data, begin) != rows:  # some are empty
            numbers = body.scan().lines[1:]
    if len(numbers) != rows:
        raise file.error(
            "source-format",
            f"{len(numbers)} records were counted but {rows} were read",
            "Report this with the file: the reader is at fault.",
        )
    return Rows(columns, numbers, {}, findings)


def _header_start(file: SourceFile, data: bytes, row: int) -> int:
    start = 0
    for line in range(1, row):
        found = _LINE_END.search(data, start)
        if found is None or found.end() == len(data):
            raise _no_header(file, row, f"is not there: the file has {line} lines")
        start = found.end()
    return start


def _no_header(file: SourceFile, row: int, why: str) -> SourceError:
    return file.error(
        "source-header",
        f"row {row}, which should be the header, {why}",
        "Declare as header_row the row that holds the column names.",
    )


def _names(body: _Body, end: int) -> list[str]:
    text = body.data[body.header : end].decode().removesuffix("\r")
    parsed = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=body.delimiter,
        quoting=csv.QUOTE_MINIMAL if body.quoted else csv.QUOTE_NONE,
        strict=True,
    )
    names = next(parsed, [])
    if not names:
        raise _no_header(body.file, body.header_row, "is blank")
    if len(names) == 1:
        for word, character in DELIMITERS.items():
            if character in names[0]:
                raise body.file.error(
                    "source-delimiter",
                    f"the header is a single column {names[0]!r}",
                    f"Declare delimiter: {word}, or header_row if this is a title.",
                    body.header_row,
                )
    check_header(names, body.file.name, body.header_row)
    return names


def _no_rows(names: list[str]) -> dict[str, Text]:
    return {name: Text.of([]) for name in names}


def _parse(body: _Body, begin: int, names: list[str], *, multiline: bool) -> dict[str, Text]:
    try:
        return _columns(body, begin, names, multiline=multiline, block_size=_BLOCK)
    except pa.ArrowInvalid:
        records = body.scan()
        counts = count_fields(body.data, records, body.delimiter, quoted=body.quoted)
        ragged = np.flatnonzero(counts != len(names))
        if len(ragged):
            raise _ragged(body, records, counts, ragged, len(names)) from None
        longest = int((records.ends - records.starts).max()) + 2
        try:  # a record longer than a block of pyarrow's
            return _columns(
                body, begin, names, multiline=multiline, block_size=2 * longest + _BLOCK
            )
        except pa.ArrowInvalid as fault:
            raise body.file.error("source-format", f"the file cannot be parsed: {fault}") from None


def _columns(
    body: _Body, begin: int, names: list[str], *, multiline: bool, block_size: int
) -> dict[str, Text]:
    """The columns, encoded block by block, so that the file's text is never there a second time."""
    source = pa.BufferReader(pa.py_buffer(body.data).slice(begin))
    parts: dict[str, list[pa.DictionaryArray]] = {name: [] for name in names}
    with pa.csv.open_csv(
        source,
        read_options=pa.csv.ReadOptions(column_names=names, block_size=block_size),
        parse_options=pa.csv.ParseOptions(
            delimiter=body.delimiter,
            quote_char='"' if body.quoted else False,
            double_quote=True,
            newlines_in_values=multiline,
            ignore_empty_lines=True,
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            strings_can_be_null=False,
            check_utf8=False,  # the whole file was decoded strictly before
        ),
    ) as reader:
        for batch in reader:
            for name, column in zip(names, batch.columns, strict=True):
                parts[name].append(column.dictionary_encode())
    return {name: Text.encode(pa.chunked_array(parts.pop(name), _ENCODED)) for name in names}


def _ragged(
    body: _Body, records: Records, counts: Index, ragged: Index, expected: int
) -> SourceError:
    last = len(counts) - 1
    rows = records.lines[ragged]
    if len(ragged) == 1 and ragged[0] == last and counts[last] < expected:
        end = int(records.ends[last])
        if end == len(body.data):
            return body.file.error(
                "source-truncated",
                f"the last row breaks off after {counts[last]} of {expected} fields",
                "The file was cut short: export or copy it again.",
                int(rows[0]),
            )
    shown = zip(rows[:LISTED].tolist(), counts[ragged[:LISTED]].tolist(), strict=True)
    told = listed([f"row {row} has {count}" for row, count in shown], len(ragged))
    many = f"{len(ragged)} rows do" if len(ragged) > 1 else "1 row does"
    return body.file.error(
        "source-ragged",
        f"{many} not have the {expected} fields of the header: {told}",
        "Quote values that hold the delimiter or a line end; declare delimiter or header_row if "
        "the file has others.",
        int(rows[0]),
    )


def _quote_error(file: SourceFile, data: bytes, fault: QuoteFault) -> SourceError:
    opened = line_of(data, fault.opened)
    if fault.closed < 0:
        return file.error(
            "source-truncated",
            "a quotation mark that opens a text here is never closed",
            "The file was cut short, or a closing mark is missing: export it again.",
            opened,
        )
    if fault.closed == fault.opened:
        return file.error(
            "source-quote",
            "a quotation mark stands inside a text that is not quoted",
            "Quote the text and double the mark inside it, or declare quote: none if the file "
            "quotes nothing.",
            opened,
        )
    closed = line_of(data, fault.closed)
    line = "here" if closed == opened else f"in row {closed}"
    return file.error(
        "source-quote",
        f"a text quoted from here goes on after its closing quotation mark {line}",
        "A closing mark is missing, or a mark inside the text is not doubled.",
        opened,
    )
