"""Columns and frames: the one shape that records take between reader and writer.

A text column is dictionary-encoded: distinct values once, and a code per row. Recoding, date
parsing and comparison work on the distinct values and are taken by code, which is what makes a
million rows cheap. Text is never null: a blank is the empty string. A number is a float64 with
NaN for missing; SAS's special missings ``.A`` to ``.Z`` and ``._`` are NaN with the letter in the
payload, so that they survive every copy, filter and sort.
"""

from mg_cdisc.frame.column import Column, blank_like, choose, concat_columns, missing, take
from mg_cdisc.frame.groups import (
    by_appearance,
    coded_numbers,
    distinct,
    distinct_numbers,
    group_codes,
    match_codes,
    rows_by_group,
)
from mg_cdisc.frame.order import merged_key, order_key, placed, sort_order
from mg_cdisc.frame.origins import Origins
from mg_cdisc.frame.records import Frame, stack, take_apart
from mg_cdisc.frame.text import (
    Codes,
    Index,
    Mask,
    Numbers,
    Text,
    byte_lengths,
    gather,
    merge_values,
    plain_ascii,
    positions,
)

__all__ = [
    "Codes",
    "Column",
    "Frame",
    "Index",
    "Mask",
    "Numbers",
    "Origins",
    "Text",
    "blank_like",
    "by_appearance",
    "byte_lengths",
    "choose",
    "coded_numbers",
    "concat_columns",
    "distinct",
    "distinct_numbers",
    "gather",
    "group_codes",
    "match_codes",
    "merge_values",
    "merged_key",
    "missing",
    "order_key",
    "placed",
    "plain_ascii",
    "positions",
    "rows_by_group",
    "sort_order",
    "stack",
    "take",
    "take_apart",
]
