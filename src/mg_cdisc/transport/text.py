"""Text of a transport file: distinct values to fixed-width bytes of an encoding, and back.

A stored value is its bytes followed by blanks; so trailing blanks are not part of a value, and
leading ones are. Names and labels are not treated here: they are ASCII always.
"""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mg_cdisc.frame import Mask, Text

Encoding = Literal["ascii", "utf-8", "gb18030", "windows-1252"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)

Bytes = NDArray[np.uint8]


def encode(values: pa.StringArray, encoding: Encoding) -> tuple[pa.BinaryArray, Mask]:
    """The bytes of distinct values without trailing blanks, and which cannot be encoded.

    A value that cannot be encoded, or holds a NUL character, stands there as UTF-8.
    """
    trimmed = pc.ascii_rtrim(values, characters=" ")
    data = data_of(trimmed)
    bad = np.zeros(len(values), bool)
    encoded = trimmed.view(pa.binary())
    if len(data) and int(data.max()) >= 0x80 and encoding != "utf-8":
        plain = pc.string_is_ascii(trimmed).to_numpy(zero_copy_only=False)
        if encoding == "ascii":
            bad = ~plain
        else:
            made: list[bytes] = encoded.to_pylist()
            for i in np.flatnonzero(~plain):
                try:
                    made[i] = made[i].decode().encode(encoding)
                except UnicodeEncodeError:
                    bad[i] = True
            encoded = pa.array(made, pa.binary())
    if len(data) and int(data.min()) == 0:
        bad |= pc.match_substring(trimmed, "\0").to_numpy(zero_copy_only=False)
    return encoded, bad


def lengths(encoded: pa.BinaryArray) -> NDArray[np.int32]:
    """Bytes of each value."""
    return cast("NDArray[np.int32]", pc.binary_length(encoded).to_numpy(zero_copy_only=False))


def fixed(encoded: pa.BinaryArray, length: int) -> NDArray[np.void]:
    """The values padded with blanks to ``length`` bytes, as an array of that item size.

    Every value must fit.
    """
    # ascii_rpad counts bytes, whatever they mean
    padded = pc.ascii_rpad(encoded.view(pa.string()), length, " ")
    if len(padded) == 0:
        return np.empty(0, f"V{length}")
    return data_of(padded).view(f"V{length}")


def decode(
    values: pa.FixedSizeBinaryArray, encoding: Encoding
) -> tuple[pa.StringArray, Mask, bool]:
    """The text of distinct stored values, which are not of the encoding, whether some are alike.

    Trailing blanks go, and NULs among them: some writers pad with these. What cannot be decoded
    stands there with its odd bytes written out.
    """
    trimmed = pc.ascii_rtrim(values.cast(pa.binary()).view(pa.string()), characters=" \0")
    bad = np.zeros(len(values), bool)
    raw = data_of(values.cast(pa.binary()))
    alike = len(raw) > 0 and int(raw.min()) == 0
    data = data_of(trimmed)
    if len(data) == 0 or int(data.max()) < 0x80:
        return trimmed, bad, alike
    plain = pc.string_is_ascii(trimmed).to_numpy(zero_copy_only=False)
    made: list[Any] = trimmed.view(pa.binary()).to_pylist()
    for i in np.flatnonzero(~plain):
        try:
            made[i] = made[i].decode(encoding)
        except UnicodeDecodeError:
            made[i] = made[i].decode("ascii", "backslashreplace")
            bad[i] = True
    text = pa.array([value.decode() if isinstance(value, bytes) else value for value in made])
    return text.cast(pa.string()), bad, alike or encoding == "gb18030"


def measure_text(column: Text, encoding: Encoding = "ascii") -> int:
    """Bytes of the longest value that occurs, without trailing blanks; at least 1.

    This is the stored length of a variable, taken over all datasets of the study that carry it.
    A character that the encoding lacks counts as in UTF-8 (writing it is an error).

    Rule: FDA Study Data Technical Conformance Guide, "Dataset Column Length".

    >>> measure_text(Text.of(["MILD", "", "SEVERE  "])), measure_text(Text.of([""]))
    (6, 1)
    >>> measure_text(Text.of(["µg"]), "utf-8"), measure_text(Text.of(["µg"]), "windows-1252")
    (3, 2)
    """
    if len(column) == 0:
        return 1
    sizes = lengths(encode(column.compact().values, encoding)[0])
    return max(1, int(sizes.max()))


def data_of(values: Any) -> Bytes:
    """The bytes of an Arrow text or binary array, one value after the other; no copying."""
    if len(values) == 0:
        return np.empty(0, np.uint8)
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    if data is None:
        return np.empty(0, np.uint8)
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
