"""SAS7BDAT files, read by pyreadstat; formats tell which numbers are dates."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyreadstat

from mg_cdisc.frame import Text
from mg_cdisc.sources.declaration import SourceDeclaration
from mg_cdisc.sources.files import SourceFile
from mg_cdisc.sources.sas_values import kind_of, sas_text
from mg_cdisc.sources.table import Rows, check_header

_64_BIT: Final = 0x33
_ALIGNED: Final = 0x33
_LITTLE_ENDIAN: Final = 1


def read_sas7bdat(file: SourceFile, declaration: SourceDeclaration) -> Rows:
    """Read a SAS data set: text as stored without trailing blanks, numbers as SAS formats say.

    The first record is row 1. Labels are carried. The file states its encoding; a declared one
    overrides that. Special missing values are kept as ``.A``. Raises SourceError for a file that
    is cut short, that pyreadstat cannot read, or whose text is not in its encoding.
    """
    _check_length(file)
    try:
        columns, meta = pyreadstat.read_sas7bdat(
            file.path,
            encoding=declaration.encoding,
            user_missing=True,
            disable_datetime_conversion=True,
            output_format="dict",
        )
    except UnicodeDecodeError:
        raise _encoding_error(file) from None
    except pyreadstat.ReadstatError as fault:
        if "convert" in str(fault):
            raise _encoding_error(file) from None
        raise file.error(
            "source-format",
            f"the SAS data set cannot be read: {fault}",
            "It is damaged or of a kind that is not supported: export it again, or as XPT.",
        ) from None
    return rows_of(
        columns,
        meta.column_names,
        meta.column_labels,
        meta.original_variable_types,
        meta.readstat_variable_types,
        file.name,
    )


def rows_of(
    columns: Mapping[str, Sequence[Any]],
    names: Sequence[str],
    labels: Sequence[str | None],
    formats: Mapping[str, str | None],
    types: Mapping[str, str],
    file: str,
) -> Rows:
    """Rows from what pyreadstat hands over: lists of text, of numbers, and of missing letters."""
    check_header(names, file)
    made: dict[str, Text] = {}
    for name in names:
        values = columns[name]
        if types[name] == "string":
            made[name] = Text.encode(pa.array(values, pa.string()))
        else:
            numbers, special = _numbers(values)
            made[name] = sas_text(numbers, kind_of(formats.get(name)), special)
    count = len(made[names[0]]) if names else 0
    told = {name: label for name, label in zip(names, labels, strict=True) if label}
    return Rows(made, np.arange(1, count + 1, dtype=np.int64), told)


def _numbers(values: Sequence[Any]) -> tuple[np.ndarray[Any, np.dtype[np.float64]], Text | None]:
    """Numbers, and the special missings among them, which pyreadstat gives as letters."""
    if str not in set(map(type, values)):
        return np.array(values, np.float64), None
    letters = np.array([isinstance(value, str) for value in values])
    given = np.array(values, object)
    special, numbers = np.full(len(given), "", object), given.copy()
    special[letters], numbers[letters] = given[letters], None
    return numbers.astype(np.float64), Text.encode(pa.array(special, pa.string())).map(_with_point)


def _with_point(letters: pa.StringArray) -> pa.Array:
    return pa.array([f".{letter}" if letter else "" for letter in letters.to_pylist()], pa.string())


def _check_length(file: SourceFile) -> None:
    """The file is as long as its header says: pages of a stated size, and how many.

    Where pyreadstat meets the end of a file between pages, it can take it for the end of data.
    """
    with file.path.open("rb") as stream:
        head = stream.read(288)
    short = file.error(
        "source-truncated",
        "the SAS data set is shorter than its header says",
        "It was cut short: export or copy it again.",
    )
    if len(head) < 288:
        raise short
    shift = 4 if head[35] == _ALIGNED else 0
    order = "<" if head[37] == _LITTLE_ENDIAN else ">"
    header, page = struct.unpack_from(f"{order}II", head, 196 + shift)
    wide = "Q" if head[32] == _64_BIT else "I"
    (pages,) = struct.unpack_from(f"{order}{wide}", head, 204 + shift)
    if file.size < header + page * pages:
        raise short


def _encoding_error(file: SourceFile) -> Exception:
    return file.error(
        "source-encoding",
        "the data set holds text that is not in the encoding it states",
        "Declare the encoding that it was written in.",
    )
