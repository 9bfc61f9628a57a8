"""Columns and frames: the one shape that records take between reader and writer.

A text column is dictionary-encoded: distinct values once, and a code per row. Recoding, date
parsing and comparison work on the distinct values and are taken by code, which is what makes a
million rows cheap. Text is never null: a blank is the empty string. A number is a float64 with
NaN for missing; SAS's special missings ``.A`` to ``.Z`` and ``._`` are NaN with the letter in the
payload, so that they survive every copy, filter and sort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Codes = NDArray[np.int32] | NDArray[np.int64]
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]


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
        """This column's rows, picked by ``codes`` (one per row of the result)."""
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
        return self.equals("")

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
        return np.bincount(self.codes, minlength=len(self.values)) > 0

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


Column = Text | Numbers


@dataclass(frozen=True)
class Origins:
    """For every record, the identities of its primary source records.

    ``ids`` holds ``source number * 2**40 + row``; the ids of record ``i`` are
    ``ids[offsets[i]:offsets[i + 1]]``. ``offsets`` is None where every record has exactly one.
    """

    ids: Index
    offsets: Index | None = None

    SHIFT = 40

    @classmethod
    def none(cls, rows: int) -> Origins:
        """Records that come from no source row."""
        return cls(np.empty(0, np.int64), np.zeros(rows + 1, np.int64))

    @classmethod
    def of_source(cls, number: int, rows: Index) -> Origins:
        """One source row per record; ``rows`` are the row numbers a person would count."""
        return cls((np.int64(number) << cls.SHIFT) + rows.astype(np.int64))

    def __len__(self) -> int:
        return len(self.ids) if self.offsets is None else len(self.offsets) - 1

    @property
    def bounds(self) -> Index:
        """The offsets, written out where they are implied."""
        return np.arange(len(self.ids) + 1) if self.offsets is None else self.offsets

    def take(self, rows: Index | Mask) -> Origins:
        """The origins of the picked records."""
        if self.offsets is None:
            return Origins(self.ids[rows])
        picked = positions(rows)
        return self.gather(picked, np.arange(len(picked) + 1))

    def slice(self, start: int, stop: int) -> Origins:
        """The origins of the records from one position up to another."""
        if self.offsets is None:
            return Origins(self.ids[start:stop])
        offsets = self.offsets[start : stop + 1]
        return Origins(self.ids[offsets[0] : offsets[-1]], offsets - offsets[0])

    def gather(self, rows: Index, groups: Index) -> Origins:
        """Origins of new records, record ``g`` made from ``rows[groups[g]:groups[g + 1]]``."""
        bounds = self.bounds
        starts, lengths = bounds[rows], bounds[rows + 1] - bounds[rows]
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        positions = np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])
        return Origins(self.ids[positions], ends[groups])

    @staticmethod
    def stack(parts: Sequence[Origins]) -> Origins:
        """Origins of records stacked in this order."""
        ids = np.concatenate([part.ids for part in parts])
        if all(part.offsets is None for part in parts):
            return Origins(ids)
        shifted = [np.zeros(1, np.int64)]
        total = 0
        for part in parts:
            shifted.append(part.bounds[1:] + total)
            total += len(part.ids)
        return Origins(ids, np.concatenate(shifted))

    def first(self) -> Index:
        """The first source id of each record, -1 where it has none."""
        if self.offsets is None:
            return self.ids
        has = self.offsets[1:] > self.offsets[:-1]
        result = np.full(len(self), -1, np.int64)
        result[has] = self.ids[self.offsets[:-1][has]]
        return result


@dataclass(frozen=True)
class Frame:
    """Records: named columns of equal length, and where each record comes from."""

    columns: Mapping[str, Column]
    rows: int
    origins: Origins = field(repr=False, compare=False, default=Origins(np.empty(0, np.int64)))

    def __post_init__(self) -> None:
        if len(self.origins) != self.rows:
            if len(self.origins):
                raise ValueError(f"{len(self.origins)} origins for {self.rows} records")
            object.__setattr__(self, "origins", Origins.none(self.rows))

    @classmethod
    def of(cls, columns: Mapping[str, Column], origins: Origins | None = None) -> Frame:
        """From columns of one length (at least one column)."""
        lengths = {len(column) for column in columns.values()}
        if len(lengths) != 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")
        rows = lengths.pop()
        return cls(dict(columns), rows, origins if origins is not None else Origins.none(rows))

    @classmethod
    def empty(cls) -> Frame:
        """No records, no columns."""
        return cls({}, 0, Origins.none(0))

    @classmethod
    def from_pandas(cls, data: pd.DataFrame) -> Frame:
        """From pandas: numeric columns become numbers, all others text (missing: blank)."""
        pd = _pandas()
        columns: dict[str, Column] = {}
        for name, series in data.items():
            if pd.api.types.is_numeric_dtype(series.dtype):
                columns[str(name)] = series.to_numpy(np.float64, na_value=np.nan)
            else:
                values = pa.array(series.astype("str").where(series.notna(), ""), pa.string())
                columns[str(name)] = Text.encode(values)
        return cls(columns, len(data), Origins.none(len(data)))

    def to_pandas(self) -> pd.DataFrame:
        """As pandas: text as ``str``, numbers as float64."""
        pd = _pandas()
        made: dict[str, Any] = {
            name: pd.Series(column.to_arrow().to_pandas(), dtype="str")
            if isinstance(column, Text)
            else column
            for name, column in self.columns.items()
        }
        return pd.DataFrame(made, index=pd.RangeIndex(self.rows))

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def text(self, name: str) -> Text:
        """A column that must be text."""
        column = self.columns[name]
        if not isinstance(column, Text):
            raise TypeError(f"{name} is a number")
        return column

    def number(self, name: str) -> Numbers:
        """A column that must be numbers."""
        column = self.columns[name]
        if isinstance(column, Text):
            raise TypeError(f"{name} is text")
        return column

    def select(self, names: Iterable[str]) -> Frame:
        """Only these columns, in this order; no copying."""
        return Frame({name: self.columns[name] for name in names}, self.rows, self.origins)

    def with_columns(self, columns: Mapping[str, Column]) -> Frame:
        """These columns added, or put in the place of those of the same name."""
        for name, column in columns.items():
            if len(column) != self.rows:
                raise ValueError(f"{name} has {len(column)} rows, the frame {self.rows}")
        return Frame({**self.columns, **columns}, self.rows, self.origins)

    def slice(self, start: int, stop: int) -> Frame:
        """The records from one position up to another; no copying."""
        columns: dict[str, Column] = {
            name: Text(column.codes[start:stop], column.values)
            if isinstance(column, Text)
            else column[start:stop]
            for name, column in self.columns.items()
        }
        return Frame(columns, stop - start, self.origins.slice(start, stop))

    def rename(self, names: Mapping[str, str]) -> Frame:
        """Columns under other names; those not named keep theirs."""
        renamed = {names.get(name, name): column for name, column in self.columns.items()}
        return Frame(renamed, self.rows, self.origins)

    def take(self, rows: Index | Mask) -> Frame:
        """The records at these positions, or where the mask is true."""
        count = int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows)
        columns = {name: take(column, rows) for name, column in self.columns.items()}
        return Frame(columns, count, self.origins.take(rows))


def _pandas() -> Any:
    """Pandas, and pyarrow knowing of it (the command line starts pyarrow without)."""
    import pandas as pd

    pa.array([""]).to_pandas()
    return pd


def take(column: Column, rows: Index | Mask) -> Column:
    """Rows of a column, by position or mask."""
    return column.take(rows) if isinstance(column, Text) else column[rows]


def missing(column: Column) -> Mask:
    """Where a text is blank or a number missing."""
    return column.blank if isinstance(column, Text) else np.isnan(column)


def blank_like(column: Column, rows: int) -> Column:
    """A wholly missing column of the same type."""
    return Text.constant("", rows) if isinstance(column, Text) else np.full(rows, np.nan)


def concat_columns(parts: Sequence[Column]) -> Column:
    """One column from parts of one type, in order."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, Text) for part in parts):
        texts = cast("Sequence[Text]", parts)
        first = texts[0].values
        if all(part.values is first for part in texts):
            return Text(np.concatenate([part.codes for part in texts]), first)
        values, new = merge_values(texts)
        codes = [each[part.codes] for each, part in zip(new, texts, strict=True)]
        return Text(cast("Codes", np.concatenate(codes)), values)
    if any(isinstance(part, Text) for part in parts):
        raise TypeError("text and numbers cannot be stacked")
    return np.concatenate(cast("Sequence[Numbers]", parts))


def merge_values(texts: Sequence[Text]) -> tuple[pa.StringArray, list[Codes]]:
    """The values of all texts, each once, and per text the new code of each of its values."""
    merged = Text.encode(pa.concat_arrays([text.values for text in texts]))
    ends = np.cumsum([len(text.values) for text in texts])
    return merged.values, cast("list[Codes]", np.split(merged.codes, ends[:-1]))


def stack(frames: Sequence[Frame]) -> Frame:
    """Frames one under the other; a column that one of them lacks is missing there."""
    frames = [frame for frame in frames if frame.rows or frame.columns]
    if not frames:
        return Frame.empty()
    if len(frames) == 1:
        return frames[0]
    samples: dict[str, Column] = {}
    for frame in frames:
        for name, column in frame.columns.items():
            samples.setdefault(name, column)
    columns = {
        name: concat_columns(
            [
                frame.columns[name] if name in frame else blank_like(sample, frame.rows)
                for frame in frames
            ]
        )
        for name, sample in samples.items()
    }
    rows = sum(frame.rows for frame in frames)
    return Frame(columns, rows, Origins.stack([frame.origins for frame in frames]))


def choose(condition: Mask, yes: Column, no: Column) -> Column:
    """``yes`` where the condition holds, else ``no``; both of one type."""
    if isinstance(yes, Text) and isinstance(no, Text):
        if condition.all():
            return yes
        # the first text's values come first, so its codes stay what they are
        values, (_, new) = merge_values([yes, no])
        other = new[0] if len(no.values) == 1 else new[no.codes]
        return Text(cast("Codes", np.where(condition, yes.codes, other)), values)
    if isinstance(yes, Text) or isinstance(no, Text):
        raise TypeError("text and numbers cannot be mixed")
    # np.where keeps the payload of special missings: it copies bits
    return np.where(condition, yes, no)


def order_key(
    column: Column, *, descending: bool = False, missing_last: bool | None = None
) -> Index:
    """Whole numbers that sort as the column does.

    Missing sorts first ascending and last descending, unless ``missing_last`` says where. Special
    missings sort as missing.
    """
    last = descending if missing_last is None else missing_last
    if isinstance(column, Text):
        blank = np.asarray(pc.equal(column.values, ""))
        key = placed(column.value_ranks, blank, descending=descending, missing_last=last)
        return key[column.codes]
    gone = np.isnan(column)
    key = _number_key(np.where(gone, 0.0, column) if gone.any() else column)
    return placed(key, gone, descending=descending, missing_last=last)


def placed(key: Index, gone: Mask, *, descending: bool, missing_last: bool) -> Index:
    """A sort key turned round if it is to descend, and what is missing put at its end."""
    key = -key if descending else key
    if not gone.any():
        return key
    held = key[~gone]
    edge = (held.max() + 1 if missing_last else held.min() - 1) if len(held) else 0
    return np.where(gone, edge, key)


def _number_key(values: Numbers) -> Index:
    """Whole numbers in the order of the values, none of which is NaN.

    Whole values are their own keys, as keys that lie close together are sorted quicker.
    """
    if len(values) and -(2.0**53) < values.min() <= values.max() < 2.0**53:
        whole = values.astype(np.int64)
        if bool((whole == values).all()):
            return whole
    bits = (values + 0.0).view(np.int64)  # minus zero equals zero
    return np.where(bits < 0, np.int64(-(2**63)) - bits, bits)


def sort_order(keys: Sequence[Index], rows: int) -> Index:
    """Positions that put the rows in order of the keys, equal rows as they stood."""
    merged = _merge_keys(keys, rows)
    if not merged:
        return np.arange(rows)
    if len(merged) > 1:
        return np.lexsort(tuple(reversed(merged)))
    key = merged[0]
    if bool((key[1:] >= key[:-1]).all()):
        return np.arange(rows)
    return np.argsort(key, kind="stable")


def _merge_keys(keys: Sequence[Index], rows: int) -> list[Index]:
    """Keys that sort as the given ones do: as few as fit into whole numbers of 64 bits.

    One sort of a million rows by one number takes 10 to 100 ms, by four numbers 400.
    """
    merged: list[Index] = []
    span = 0
    for key in keys if rows > 1 else ():
        low, high = int(key.min()), int(key.max())
        size = high - low + 1
        if size == 1:
            continue
        if span and span * size < 2**62:
            merged[-1] *= np.int64(size)
            merged[-1] += key
            merged[-1] -= np.int64(low)
            span *= size
        elif size < 2**62:
            merged.append(key - low)
            span = size
        else:
            merged.append(key)
            span = 0
    return merged


def distinct(values: NDArray[Any]) -> tuple[Index, NDArray[Any]]:
    """A code per value and the distinct values, in order of first appearance.

    Zeros of both signs are one value, and so are all missings. Hashing by Arrow is as quick as by
    pandas, which need not be imported for it.
    """
    encoded = pa.array(values).dictionary_encode()
    codes, found = encoded.indices.to_numpy(), encoded.dictionary.to_numpy()
    if found.dtype == np.float64:
        again = pa.array(_plain(found)).dictionary_encode()
        if len(again.dictionary) < len(found):
            codes = again.indices.to_numpy()[codes]
        found = again.dictionary.to_numpy()
    return codes.astype(np.int64), found


def distinct_numbers(values: Numbers) -> Numbers:
    """The distinct numbers, in order of first appearance; all missings are one."""
    found = pc.unique(pa.array(values)).to_numpy()
    return cast("Numbers", pc.unique(pa.array(_plain(found))).to_numpy())


def _plain(values: Numbers) -> Numbers:
    """One zero and one missing, whatever their bits."""
    return np.where(np.isnan(values), np.nan, values + 0.0)


def group_codes(columns: Sequence[Column], rows: int) -> tuple[Index, int]:
    """A group number per row and the number of groups.

    The numbers have no gaps; their order means nothing (``by_appearance`` gives them one).
    """
    combined: Index | None = None
    span = 1
    for column in columns:
        if isinstance(column, Text):
            part, size = column.codes, len(column.values)
        else:
            part, found = distinct(column)
            size = len(found)
        if size < 2:
            continue
        if combined is None:
            combined, span = part.astype(np.int64), size
            continue
        if span * size > _room(rows):
            combined, span = _numbered(combined, span)
            if span == rows:  # no two rows are alike as it is
                return combined, rows
        combined *= np.int64(size)
        combined += part
        span *= size
    if combined is None:
        return np.zeros(rows, np.int64), min(rows, 1)
    return _numbered(combined, span)


def by_appearance(groups: Index, count: int) -> Index:
    """Group numbers in the order in which the groups first appear."""
    first = np.zeros(count, np.int64)
    first[groups[::-1]] = np.arange(len(groups) - 1, -1, -1)  # of equal indices the last one stays
    number = np.empty(count, np.int64)
    number[np.argsort(first)] = np.arange(count)
    return number[groups]


def _room(rows: int) -> int:
    """How many codes are still counted in a table with a place for each."""
    return 2 * rows + 64


def _numbered(codes: Index, span: int) -> tuple[Index, int]:
    """Codes below ``span`` as numbers without gaps, and how many there are."""
    if span > _room(len(codes)):
        number, values = distinct(codes)
        return number, len(values)
    seen = np.zeros(span, bool)
    seen[codes] = True
    places = np.cumsum(seen, dtype=np.int32)
    count = int(places[-1]) if span else 0
    places -= np.int32(1)
    return places[codes].astype(np.int64), count


def match_codes(
    left: Sequence[Column], right: Sequence[Column], left_rows: int, right_rows: int
) -> tuple[Index, Index, int]:
    """Group numbers that are equal across two frames where the key columns are equal."""
    both = [concat_columns([one, other]) for one, other in zip(left, right, strict=True)]
    codes, count = group_codes(both, left_rows + right_rows)
    return codes[:left_rows], codes[left_rows:], count
