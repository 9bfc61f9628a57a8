"""Records: named columns of one length, and the source rows that they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from mg_cdisc.frame.column import Column, blank_like, concat_columns, take
from mg_cdisc.frame.origins import Origins
from mg_cdisc.frame.text import Codes, Index, Mask, Numbers, Text

if TYPE_CHECKING:
    import pandas as pd


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
        taken: dict[int, Codes] = {}  # columns recoded one to one share their codes, here too
        columns = {name: _take(column, rows, taken) for name, column in self.columns.items()}
        return Frame(columns, count, self.origins.take(rows))


def _take(column: Column, rows: Index | Mask, taken: dict[int, Codes]) -> Column:
    if not isinstance(column, Text) or len(column.values) == 1:
        return take(column, rows)
    codes = taken.get(id(column.codes))
    if codes is None:
        codes = taken[id(column.codes)] = column.codes[rows]
    return Text(codes, column.values)


def take_apart(columns: dict[str, Column], rows: Index) -> None:
    """Put the records of columns at these positions in their place, one column after the other.

    Whoever holds the columns nowhere else needs memory for little more than one copy of them.
    """
    shared: dict[int, list[str]] = {}  # those recoded one to one are taken together
    for name, column in columns.items():
        shared.setdefault(id(column.codes if isinstance(column, Text) else column), []).append(name)
    for names in shared.values():
        taken: dict[int, Codes] = {}
        for name in names:
            columns[name] = _take(columns[name], rows, taken)


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


def _pandas() -> Any:
    """Pandas, and pyarrow knowing of it (the command line starts pyarrow without)."""
    import pandas as pd

    pa.array([""]).to_pandas()
    return pd
