"""Text columns: distinct values once, and a code per row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
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
            array = array.cast(pa.string())
            if array.null_count:
                array = pc.fill_null(array, "")
            array = array.dictionary_encode()
        values = array.dictionary.cast(pa.string())
        indices = array.indices
        if indices.null_count:
            blank = pc.index(values, "").as_py()
            if blank < 0:
                blank = len(values)
                values = pa.concat_arrays([values, pa.array([""], pa.string())])
            indices = pc.fill_null(indices.cast(pa.int32()), blank)
        codes = indices.cast(pa.int32()).to_numpy(zero_copy_only=False)
        return cls(np.asarray(codes, np.int32), values)

    @classmethod
    def constant(cls, value: str, rows: int) -> Text:
        """The same text in every row, held once."""
        codes = np.broadcast_to(np.zeros(1, np.int32), rows)
        return cls(codes, pa.array([value], pa.string()))

    def take(self, rows: Index | Mask) -> Text:
        """The rows at these positions, or where the mask is true."""
        if len(self.values) == 1:  # a constant stays one
            count = int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows)
            return Text(np.broadcast_to(np.zeros(1, np.int32), count), self.values)
        return Text(self.codes[rows], self.values)

    def map(self, compute: Callable[[pa.StringArray], pa.Array]) -> Text:
        """Apply a function of the distinct values; the result may merge values."""
        return Text.encode(compute(self.values)).expand(self.codes)

    def expand(self, codes: Codes) -> Text:
        """This column's rows, picked by ``codes`` (one per row of the result).

        Where all rows are different, in order, their codes are ``codes`` as they stand: recoding
        one to one then costs nothing per row, and the columns made so share their codes.
        """
        if len(self.values) == 1:
            return Text(np.broadcast_to(np.zeros(1, np.int32), len(codes)), self.values)
        if len(self.codes) == len(self.values) and _counts_up(self.codes):
            return Text(codes.astype(np.int32, copy=False), self.values)
        return Text(self.codes[codes], self.values)

    def where(self, test: Callable[[pa.StringArray], pa.Array]) -> Mask:
        """A mask from a condition on the distinct values."""
        return self.spread(test(self.values))

    def spread(self, per_value: Any) -> NDArray[Any]:
        """One figure per distinct value (Arrow or NumPy) given to each row."""
        if isinstance(per_value, pa.Array):
            per_value = per_value.to_numpy(zero_copy_only=False)
        return np.asarray(per_value)[self.codes]

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
        return int(pc.index(self.values, "").as_py())

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
        return self.value_ranks[self.codes]

    @cached_property
    def occurs(self) -> Mask:
        """Per distinct value, whether some row has it."""
        seen = np.zeros(len(self.values), bool)
        for start in range(0, len(self.codes), _LOOKED_AT):  # few values soon have all occurred
            seen[self.codes[start : start + _LOOKED_AT]] = True
            if seen.all():
                break
        return seen

    @property
    def held(self) -> pa.StringArray:
        """The distinct values that occur, as they stand in ``values``."""
        return self.values if self.occurs.all() else self.values.filter(pa.array(self.occurs))

    def compact(self) -> Text:
        """The same rows with unused values dropped."""
        if self.occurs.all():
            return self
        new = np.cumsum(self.occurs, dtype=np.int32) - np.int32(1)
        return Text(new[self.codes], self.held)

    def used(self) -> list[str]:
        """The distinct values that occur, in byte order."""
        values = self.held
        return cast("list[str]", values.take(pc.sort_indices(values.cast(pa.binary()))).to_pylist())

    def to_arrow(self) -> pa.StringArray:
        """The rows as plain Arrow text."""
        return self.values.take(pa.array(self.codes))

    def to_list(self) -> list[str]:
        """The rows as Python strings."""
        return cast("list[str]", self.to_arrow().to_pylist())


def _counts_up(codes: Codes) -> bool:
    return bool((codes == np.arange(len(codes), dtype=codes.dtype)).all())


def merge_values(texts: Sequence[Text]) -> tuple[pa.StringArray, list[Codes]]:
    """The values of all texts, each once, and per text the new code of each of its values."""
    merged = Text.encode(pa.concat_arrays([text.values for text in texts]))
    ends = np.cumsum([len(text.values) for text in texts])
    return merged.values, cast("list[Codes]", np.split(merged.codes, ends[:-1]))
