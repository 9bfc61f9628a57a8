"""Text columns: distinct values once, and a code per row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int32] | NDArray[np.int64]
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]


_LOOKED_AT = 1 << 16
_FEW = 64
"""So many texts are merged sooner by Python than Arrow is called."""
_MANY = 1 << 14
_ZERO = bytes(4)


def positions(rows: Index | Mask) -> Index:
    """Row positions, from positions or from a mask."""
    return np.flatnonzero(rows) if rows.dtype == bool else cast("Index", rows)


class Text:
    """A text column: ``values`` (distinct, no nulls) and one code per row.

    Equal codes mean equal text and different codes different text. Values need not be sorted and
    need not all be used.
    """

    __slots__ = ("__dict__", "codes", "values")

    def __init__(self, codes: Codes, values: pa.StringArray) -> None:
        self.codes = codes
        self.values = values

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        return f"Text({self.to_list()!r})" if len(self) <= 12 else f"Text(<{len(self)} rows>)"

    @classmethod
    def of(cls, values: Iterable[str]) -> Text:
        """From Python strings.

        >>> Text.of(["a", "", "a"])
        Text(['a', '', 'a'])
        """
        return cls.encode(pa.array(list(values), pa.string()))

    @classmethod
    def encode(cls, array: pa.Array | pa.ChunkedArray) -> Text:
        """From an Arrow text array, or a dictionary array of text; nulls become blank."""
        if isinstance(array, pa.ChunkedArray):
            array = array.unify_dictionaries() if pa.types.is_dictionary(array.type) else array
            array = array.combine_chunks()
            if isinstance(array, pa.ChunkedArray):  # no chunks at all
                array = pa.array([], pa.string())
        if not pa.types.is_dictionary(array.type):
            array = _as_string(array)
            if array.null_count:
                array = pc.fill_null(array, "")
            array = array.dictionary_encode()
        values = _as_string(array.dictionary)
        indices = array.indices
        if indices.null_count:
            blank = pc.index(values, "").as_py()
            if blank < 0:
                blank = len(values)
                values = pa.concat_arrays([values, pa.array([""], pa.string())])
            indices = pc.fill_null(indices.cast(pa.int32()), blank)
        codes = indices.to_numpy(zero_copy_only=False)
        return cls(np.asarray(codes, np.int32), values)

    @classmethod
    def constant(cls, value: str, rows: int) -> Text:
        """The same text in every row, held once."""
        return cls(_zeros(rows), _one(value))

    def take(self, rows: Index | Mask) -> Text:
        """The rows at these positions, or where the mask is true."""
        if len(self.values) == 1:  # a constant stays one
            count = int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows)
            return Text(_zeros(count), self.values)
        taken = self.codes[rows] if rows.dtype == bool else self.codes.take(rows)
        return Text(taken, self.values)

    def map(self, compute: Callable[[pa.StringArray], pa.Array]) -> Text:
        """Apply a function of the distinct values; the result may merge values."""
        return Text.encode(compute(self.values)).expand(self.codes)

    def expand(self, codes: Codes) -> Text:
        """This column's rows, picked by ``codes`` (one per row of the result).

        Where all rows are different, in order, their codes are ``codes`` as they stand: recoding
        one to one then costs nothing per row, and the columns made so share their codes.
        """
        if len(self.values) == 1:
            return Text(_zeros(len(codes)), self.values)
        if len(self.codes) == len(self.values) and _counts_up(self.codes):
            return Text(codes.astype(np.int32, copy=False), self.values)
        return Text(gather(self.codes, codes), self.values)

    def where(self, test: Callable[[pa.StringArray], pa.Array]) -> Mask:
        """A mask from a condition on the distinct values."""
        return self.spread(test(self.values))

    def spread(self, per_value: Any) -> NDArray[Any]:
        """One figure per distinct value (Arrow or NumPy) given to each row."""
        if isinstance(per_value, pa.Array):
            per_value = per_value.to_numpy(zero_copy_only=False)
        table = np.asarray(per_value)
        if table.dtype == np.bool_ and not table.any():  # most conditions hold for none
            return np.zeros(len(self.codes), bool)
        if len(table) == 1 and table.ndim == 1:
            return np.full(len(self.codes), table[0])
        return gather(table, self.codes)

    def equals(self, value: str) -> Mask:
        """Where the text is exactly this value."""
        code = pc.index(self.values, value).as_py()
        return self.codes == code

    @property
    def blank(self) -> Mask:
        """Where the text is empty."""
        return self.codes == self._blank_code

    @cached_property
    def _blank_code(self) -> int:
        """The code of the empty text, -1 where it is not among the values."""
        blank = np.flatnonzero(byte_lengths(self.values) == 0)
        return int(blank[0]) if len(blank) else -1

    @property
    def value_ranks(self) -> Index:
        """Per distinct value, its place in byte order (SAS's order), blank first."""
        order = pc.sort_indices(self.values.cast(pa.binary())).to_numpy(zero_copy_only=False)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank

    @property
    def ranks(self) -> Index:
        """Per row, the place of its text in byte order."""
        return gather(self.value_ranks, self.codes)

    @cached_property
    def occurs(self) -> Mask:
        """Per distinct value, whether some row has it."""
        return seen_codes(self.codes, len(self.values))

    @property
    def held(self) -> pa.StringArray:
        """The distinct values that occur, as they stand in ``values``."""
        return self.values if self.occurs.all() else self.values.filter(pa.array(self.occurs))

    def compact(self) -> Text:
        """The same rows with unused values dropped."""
        if self.occurs.all():
            return self
        new = np.cumsum(self.occurs, dtype=np.int32) - np.int32(1)
        return Text(gather(new, self.codes), self.held)

    def used(self) -> list[str]:
        """The distinct values that occur, in byte order."""
        return sorted(self.held.to_pylist())  # by code points, which is the order of UTF-8's bytes

    def to_arrow(self) -> pa.StringArray:
        """The rows as plain Arrow text."""
        return self.values.take(pa.array(self.codes))

    def to_list(self) -> list[str]:
        """The rows as Python strings."""
        return cast("list[str]", self.to_arrow().to_pylist())


def seen_codes(codes: Codes, span: int) -> Mask:
    """Of the codes below ``span``, which occur."""
    seen = np.zeros(span, bool)
    for start in range(0, len(codes), _LOOKED_AT):  # few codes soon have all occurred
        seen[codes[start : start + _LOOKED_AT]] = True
        if seen.all():
            break
    return seen


def gather(table: NDArray[Any], codes: Codes) -> NDArray[Any]:
    """The entries of a table by code: ``table[codes]``, of many rows by Arrow.

    NumPy turns codes of 32 bits into 64 first, which takes twice as long as the rest.

    >>> gather(np.array([0.5, 2.0]), np.array([1, 0, 1], np.int32)).tolist()
    [2.0, 0.5, 2.0]
    """
    kind = table.dtype
    if (
        len(codes) < _MANY
        or kind.char not in "?bBhHiIlLqQd"
        or table.ndim > 1
        or not codes.strides[0]
    ):
        return table[codes]
    plain = table.view(np.uint8) if kind.char == "?" else table
    taken = pc.take(pa.array(plain), pa.array(codes))
    return np.frombuffer(taken.buffers()[1], kind, len(codes))


def byte_lengths(values: pa.StringArray) -> Index:
    """Bytes of each text in UTF-8, read off where Arrow has each begin.

    >>> byte_lengths(pa.array(["a", "", "µg"])).tolist()
    [1, 0, 3]
    """
    if not len(values):
        return np.zeros(0, np.int64)
    starts = np.frombuffer(values.buffers()[1], np.int32, len(values) + 1, 4 * values.offset)
    return (starts[1:] - starts[:-1]).astype(np.int64)


def plain_ascii(values: pa.StringArray) -> bool:
    """Whether no text has anything but printable ASCII.

    >>> plain_ascii(pa.array(["a b"])), plain_ascii(pa.array(["a\\tb"])), plain_ascii(pa.array(["µg"]))
    (True, False, False)
    """
    if not len(values):
        return True
    _, starts, data = values.buffers()
    ends = np.frombuffer(starts, np.int32)[[values.offset, values.offset + len(values)]]
    if data is None or ends[0] == ends[1]:
        return True
    held = np.frombuffer(data, np.uint8)[ends[0] : ends[1]]
    return bool(held.min() >= 0x20 and held.max() < 0x7F)


def _as_string(array: pa.Array) -> pa.StringArray:
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def _zeros(rows: int) -> Codes:
    """Code 0 for every row, held once, and not to be written to."""
    return np.ndarray((rows,), np.int32, _ZERO, 0, (0,))


@lru_cache(maxsize=1 << 10)
def _one(value: str) -> pa.StringArray:
    """The values of a constant: the same text has the same ones."""
    return pa.array([value], pa.string())


def _counts_up(codes: Codes) -> bool:
    return bool((codes == np.arange(len(codes), dtype=codes.dtype)).all())


def merge_values(texts: Sequence[Text]) -> tuple[pa.StringArray, list[Codes]]:
    """The values of all texts, each once, and per text the new code of each of its values."""
    if sum(len(text.values) for text in texts) <= _FEW:
        known: dict[str, int] = {}
        codes: list[Codes] = [
            np.array(
                [known.setdefault(each, len(known)) for each in text.values.to_pylist()], np.int32
            )
            for text in texts
        ]
        return pa.array(list(known), pa.string()), codes
    merged = Text.encode(pa.concat_arrays([text.values for text in texts]))
    ends = np.cumsum([len(text.values) for text in texts])
    return merged.values, cast("list[Codes]", np.split(merged.codes, ends[:-1]))
