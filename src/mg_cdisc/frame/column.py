"""Columns of either type: text, or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from mg_cdisc.frame.text import Codes, Index, Mask, Numbers, Text, merge_values

Column = Text | Numbers


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
    if condition.all():
        return yes
    # np.where keeps the payload of special missings: it copies bits
    return np.where(condition, yes, no)
