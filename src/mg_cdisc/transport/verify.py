"""Proof that a transport file holds what was meant: read back twice, by two programs.

Our reader reads everything and compares every value. Then pyreadstat, which shares no code with
us, reads the header, counts the records and reads the first, middle and last 10,000 of them, or
all. It gives special missings as plain ones; their letters are compared by our reader alone. It
drops blank records at the end of a dataset of text only (they cannot be told from padding), so
these are not expected of it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyreadstat

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Column, Frame, Index, Mask, Numbers, Text, take
from mg_cdisc.transport.dataset_json import JsonHeader
from mg_cdisc.transport.header import FIRST_MEMBER, Member
from mg_cdisc.transport.json_read import read_json
from mg_cdisc.transport.library import Library, Stored
from mg_cdisc.transport.missing import missing_letters
from mg_cdisc.transport.read import read_xpt
from mg_cdisc.transport.readback import different_letters, different_numbers, same_records
from mg_cdisc.transport.report import Report, shown
from mg_cdisc.transport.text import Encoding
from mg_cdisc.transport.xpt import XptDataset, XptFormat, XptVariable, padded

SAMPLE = 10_000
OURS, PEER = "our reader", "pyreadstat"
_TODO = "The file is not to be used; report this."


def verify_xpt(
    path: Path, dataset: XptDataset, *, encoding: Encoding = "ascii", full: bool = False
) -> None:
    """Prove that the file at ``path`` holds this dataset: header, count and every value.

    ``full`` lets pyreadstat, too, read every record (some 10 seconds a million).

    Errors: ``TransportError`` naming each variable that differs, with the first record at which
    it does, or what else is not as meant.
    """
    report = Report(str(path), dataset.name, dataset.frame.columns)
    meant = _trimmed(dataset.frame)
    # further members would be met among the records, which are all read
    with Library(path, encoding, (FIRST_MEMBER,)) as library:
        stored = library.member(None)
        library.count(stored, dataset.frame.rows)
        comparable = _compare_member(report, stored.member, dataset)
        if comparable and not same_records(library, stored, meant, encoding):
            read = read_xpt(path, encoding=encoding, records=dataset.frame.rows)
            _compare_frames(report, OURS, read.frame, meant, 0)
        peer = _Peer(report, library, stored, encoding)
        peer.verify(dataset, meant, full)
    if report.findings:
        raise TransportError(report.findings)


def verify_json(path: Path, dataset: XptDataset, header: JsonHeader) -> None:
    """Prove that the Dataset-JSON file at ``path`` holds this dataset with this header.

    Errors: ``TransportError`` as of ``verify_xpt``.
    """
    report = Report(str(path), dataset.name, dataset.frame.columns)
    read = read_json(path)
    _compare(report, OURS, "the dataset's name", read.name, dataset.name)
    _compare(report, OURS, "the dataset's label", read.label, dataset.label)
    _compare(report, OURS, "the number of records", read.frame.rows, dataset.frame.rows)
    if _compare(report, OURS, "the header", read.header, header) and not report.findings:
        _compare_frames(report, OURS, read.frame, _trimmed(dataset.frame), 0)
    if report.findings:
        raise TransportError(report.findings)


def _compare_member(report: Report, read: Member, dataset: XptDataset) -> bool:
    """Compare what our reader says of the dataset; whether its records can be compared."""
    _compare(report, OURS, "the dataset's name", read.name, dataset.name)
    _compare(report, OURS, "the dataset's label", read.label, dataset.label.rstrip(" "))
    names = [variable.name for variable in dataset.variables]
    found = [variable.name for variable in read.variables]
    if not _compare(report, OURS, "the list of variables", found, names):
        return False
    for meant, stored in zip(dataset.variables, read.variables, strict=True):
        _compare(report, OURS, f"the description of {meant.name}", stored, _canonical(meant))
    return True


def _canonical(variable: XptVariable) -> XptVariable:
    """The variable as a reader tells it."""
    return XptVariable(
        variable.name,
        variable.label.rstrip(" "),
        variable.is_text,
        variable.length,
        str(XptFormat.parse(variable.format)),
        str(XptFormat.parse(variable.informat)),
    )


def _trimmed(frame: Frame) -> Frame:
    """The frame without trailing blanks in its text: the format does not keep them."""
    columns: dict[str, Column] = {}
    for name, column in frame.columns.items():
        if isinstance(column, Text):
            values = pc.ascii_rtrim(column.values, characters=" ")
            if not values.equals(column.values):
                column = Text.encode(values).expand(column.codes)
        columns[name] = column
    return Frame(columns, frame.rows, frame.origins)


def _compare(report: Report, reader: str, what: str, found: object, meant: object) -> bool:
    if found == meant:
        return True
    report.add("verify", f"{what} is read by {reader} as {found!r}, not {meant!r}", _TODO)
    return False


def _compare_frames(report: Report, reader: str, read: Frame, meant: Frame, start: int) -> None:
    """Compare columns; ``start`` is the record at which these begin."""
    for name, column in meant.columns.items():
        found = read[name]
        if isinstance(column, Text) != isinstance(found, Text):
            report.add("verify", f"{name} is read by {reader} as another type", _TODO, name)
            continue
        different = np.flatnonzero(_different(reader, found, column))
        if len(different):
            _report_values(report, reader, name, found, column, different, start)


def _different(reader: str, found: Column, meant: Column) -> Mask:
    if isinstance(meant, Text) and isinstance(found, Text):
        known = pc.fill_null(pc.index_in(found.values, value_set=meant.values), -1)
        return known.to_numpy(zero_copy_only=False)[found.codes] != meant.codes
    one, other = _numbers(found), _numbers(meant)
    different = different_numbers(one, other)
    return different | different_letters(one, other) if reader == OURS else different


def _numbers(column: Column) -> Numbers:
    if isinstance(column, Text):
        raise TypeError("text where numbers were expected")
    return column


def _report_values(
    report: Report,
    reader: str,
    name: str,
    found: Column,
    meant: Column,
    records: Index,
    start: int,
) -> None:
    one, other = (_shown(take(column, records[:1])) for column in (found, meant))
    report.add(
        "verify",
        f"{name} is read by {reader} as {one}, not {other}",
        _TODO,
        name,
        int(records[0]) + start,
        len(records),
    )


def _shown(column: Column) -> str:
    if isinstance(column, Text):
        return shown(column.to_list()[0])
    letter = chr(missing_letters(column)[0]).strip("\0")
    return f".{letter}" if np.isnan(column[0]) else repr(float(column[0]))


@dataclass(frozen=True)
class _Peer:
    """Pyreadstat, as it reads the one member of a file."""

    report: Report
    library: Library
    stored: Stored
    encoding: Encoding

    def verify(self, dataset: XptDataset, meant: Frame, full: bool) -> None:
        """Compare header, count and records, in windows or all."""
        rows = meant.rows
        try:
            for number, (start, stop) in enumerate(_windows(rows, full)):
                columns, told = self._window(start, stop, last=stop == rows)
                if not number and not _compare_header(self.report, told, dataset):
                    return
                _compare_window(self.report, columns, meant.slice(start, stop), start)
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeError) as error:
            self.report.add("verify", f"{PEER} cannot read the file: {error}", _TODO)

    def _window(self, start: int, stop: int, *, last: bool) -> tuple[dict[str, list[Any]], Any]:
        """What it reads of some records, and of the header.

        It walks through all records before a window, slowly; so it is given the header and the
        window alone. The last one goes to the file's end, so that further records would be seen.
        """
        begin, width = self.stored.start, self.stored.member.width
        first, end = begin + start * width, self.stored.stop if last else begin + stop * width
        records = self.library.bytes_at(first, end - first)
        header = self.library.bytes_at(0, begin)
        return _peer_read(header + records.ljust(padded(end - first)), self.encoding)


def _compare_window(
    report: Report, columns: dict[str, list[Any]], window: Frame, start: int
) -> None:
    visible = _visible_rows(window)
    count = len(next(iter(columns.values())))
    if _compare(report, PEER, f"the number of records from {start + 1} on", count, visible):
        window = window.slice(0, visible)
        read = {
            name: _peer_column(data, window[name])
            for name, data in columns.items()
            if not _as_meant(data, window[name])
        }
        if read:
            _compare_frames(report, PEER, Frame.of(read), window.select(read), start)


def _peer_read(file: bytes, encoding: Encoding) -> tuple[dict[str, list[Any]], Any]:
    """What pyreadstat reads from bytes like a file's."""
    columns, header = pyreadstat.read_xport(
        io.BytesIO(file),
        encoding=None if encoding in ("ascii", "utf-8") else encoding.upper(),
        disable_datetime_conversion=True,
        output_format="dict",
    )
    return columns, header


def _as_meant(data: list[str | float | None], meant: Column) -> bool:
    if isinstance(meant, Text):
        few = meant.compact()  # each text made once, and not once a record
        return data == np.array(few.values.to_pylist(), object)[few.codes].tolist()
    return not different_numbers(np.array(data, np.float64), meant).any()


def _peer_column(data: list[str | float | None], meant: Column) -> Column:
    if isinstance(meant, Text):
        return Text.encode(pa.array(data, pa.string()))
    return np.asarray(pa.array(data, pa.float64()).fill_null(np.nan))


def _compare_header(report: Report, header: Any, dataset: XptDataset) -> bool:
    """Compare what pyreadstat says of the dataset; whether its columns can be compared."""
    label = header.file_label or ""
    _compare(report, PEER, "the dataset's name", header.table_name, dataset.name)
    _compare(report, PEER, "the dataset's label", label, dataset.label.rstrip(" "))
    names = [variable.name for variable in dataset.variables]
    if not _compare(report, PEER, "the list of variables", header.column_names, names):
        return False
    labels = dict(zip(names, header.column_labels, strict=True))
    comparable = True
    for variable in dataset.variables:
        name = variable.name
        found = XptVariable(
            name,
            labels[name] or "",
            header.readstat_variable_types[name] == "string",
            header.variable_storage_width[name],
            header.original_variable_types[name] or "",
            header.original_variable_informats[name] or "",
        )
        what = f"the description of {name}"
        _compare(report, PEER, what, _canonical(found), _canonical(variable))
        alike = (found.is_text, found.length) == (variable.is_text, variable.length)
        comparable = comparable and alike
    return comparable


def _visible_rows(frame: Frame) -> int:
    """The records without blank ones at the end of a frame of text only."""
    filled = np.zeros(frame.rows, bool)
    for column in frame.columns.values():
        if not isinstance(column, Text):
            return frame.rows
        filled |= ~column.blank
    return int(np.flatnonzero(filled)[-1]) + 1 if filled.any() else 0


def _windows(rows: int, full: bool) -> Iterator[tuple[int, int]]:
    """The records to be read: all in turn, or the first, middle and last if these are fewer."""
    if full or rows <= 3 * SAMPLE:
        starts = range(0, max(rows, 1), 3 * SAMPLE)
        yield from ((start, min(rows, start + 3 * SAMPLE)) for start in starts)
        return
    middle = (rows - SAMPLE) // 2
    yield 0, SAMPLE
    yield middle, middle + SAMPLE
    yield rows - SAMPLE, rows
