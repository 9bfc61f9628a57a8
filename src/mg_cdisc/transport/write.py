"""A dataset to a transport file of version 5 or 8.

Records are laid side by side in a matrix of bytes, some thousand at a time: a text variable takes
the fixed-width bytes of its distinct values by code, a number its IBM words. Nothing is written
unless everything can be (``limits``). The same dataset and time give the same bytes.

Rule: SAS TS-140, Record Layout of a Version 5 or 6 Data Set in SAS Transport Format.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mg_cdisc.errors import TransportError
from mg_cdisc.frame import Codes, Numbers, coded_numbers
from mg_cdisc.transport.header import header_bytes
from mg_cdisc.transport.ibm import ieee_to_ibm
from mg_cdisc.transport.limits import Encoded, check
from mg_cdisc.transport.text import Encoding, fixed
from mg_cdisc.transport.xpt import Version, XptDataset, XptSummary, padded

_CHUNK_BYTES = 1 << 21  # a matrix that stays in the processor's cache


def write_xpt(
    path: Path,
    dataset: XptDataset,
    *,
    timestamp: datetime,
    encoding: Encoding = "ascii",
    version: Version = 5,
    chunk_rows: int | None = None,
) -> XptSummary:
    """Write a dataset as a transport file with this one member.

    Text is stored in the variable's stored length, without trailing blanks; missing numbers,
    special ones too, keep their letter. ``timestamp`` stands in all headers. ``encoding`` is that
    of values and labels; names are ASCII. Version 8 has room for names of 32 characters, labels of
    256 bytes and longer text.

    Errors: ``TransportError`` with everything that the format cannot hold, before the file is
    created; ``OSError`` as the system gives it.
    """
    findings, encoded = check(str(path), dataset, timestamp, encoding, version)
    if findings:
        raise TransportError(findings)
    rows, width = dataset.frame.rows, dataset.width
    chunk = max(1, min(rows, chunk_rows or _CHUNK_BYTES // width))
    matrix = np.empty(chunk * width, np.uint8)
    fields = _fields(dataset, encoded, matrix, chunk)
    head = header_bytes(dataset, timestamp, encoding, version)
    digest = hashlib.sha256(head)
    with path.open("wb") as file:
        file.write(head)
        for start in range(0, rows, chunk):
            stop = min(rows, start + chunk)
            for field in fields:
                field.fill(start, stop)
            filled = matrix[: (stop - start) * width]
            digest.update(filled.data)
            file.write(filled.data)
        blanks = b" " * (padded(rows * width) - rows * width)
        digest.update(blanks)
        file.write(blanks)
    return XptSummary(rows, len(head) + rows * width + len(blanks), digest.hexdigest())


@dataclass(frozen=True)
class _CodedField:
    """The place in the matrix of a variable whose different values are laid out beforehand."""

    place: NDArray[np.void]
    codes: Codes
    table: NDArray[np.void]

    def fill(self, start: int, stop: int) -> None:
        self.place[: stop - start] = self.table.take(self.codes[start:stop])


@dataclass(frozen=True)
class _NumberField:
    """The place in the matrix of a number that is another one in most records."""

    place: NDArray[np.uint64]
    values: Numbers

    def fill(self, start: int, stop: int) -> None:
        self.place[: stop - start] = ieee_to_ibm(self.values[start:stop])


def _fields(
    dataset: XptDataset, encoded: dict[str, Encoded], matrix: NDArray[np.uint8], rows: int
) -> list[_CodedField | _NumberField]:
    fields: list[_CodedField | _NumberField] = []
    position, width = 0, dataset.width
    for variable in dataset.variables:
        place: NDArray[Any] = np.ndarray((rows,), f"V{variable.length}", matrix, position, (width,))
        position += variable.length
        if variable.is_text:
            ready = encoded[variable.name]
            codes, table = ready.text.codes, fixed(ready.values, variable.length)
        else:
            numbers = dataset.frame.number(variable.name)
            coded = coded_numbers(numbers)
            if coded is None:
                fields.append(_NumberField(place.view(">u8"), numbers))
                continue
            codes, table = coded[0], ieee_to_ibm(coded[1]).astype(">u8").view("V8")
        if len(table) == 1:
            place[:] = table[0]  # once for all: no chunk overwrites it
        else:
            fields.append(_CodedField(place, codes, table))
    return fields
