"""Long text in parts of at most 200 bytes, cut between words and never within a character."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.expression.calls import Arguments
from mg_cdisc.frame import Text

LIMIT = 200
"""Bytes of a text variable in a transport file of version 5."""


def pieces(text: str, limit: int = LIMIT) -> list[str]:
    """A text in parts of at most ``limit`` bytes of UTF-8 (of which ASCII is a part).

    It is cut at the last blank that leaves a part short enough, and the blanks there go; where a
    part has none, as in Chinese text, it is cut between characters. Rule: SDTMIG 3.4 section
    4.5.3.2.

    >>> pieces("one two three", 7)
    ['one two', 'three']
    """
    made: list[str] = []
    rest = text
    while len(rest.encode()) > limit:
        head = rest.encode()[:limit].decode(errors="ignore")
        cut = len(head)
        if not rest[cut].isspace():
            cut = next((at for at in range(cut - 1, 0, -1) if head[at].isspace()), cut)
        made.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*made, rest]


def compute_piece(call: Arguments) -> Text:
    """The n-th part of each text, blank where there are fewer."""
    return piece_of(call.text(0), int(call.number(1)[0]) if call.rows else 1)


def piece_of(column: Text, number: int) -> Text:
    """The n-th part of each text of a column; a text that fits is its own first."""
    return column.map(lambda values: _parts(values, number))


def first_piece(column: Text, most: int) -> Text:
    """The first part of each text; a text that has more parts than ``most`` stays whole."""

    def part(values: pa.StringArray) -> pa.Array:
        whole = pa.array([len(pieces(text)) > most for text in values.to_pylist()], pa.bool_())
        return pc.if_else(whole, values, _parts(values, 1))

    return column.map(part)


def _parts(values: pa.StringArray, number: int) -> pa.Array:
    long = pc.greater(pc.binary_length(values), LIMIT)
    short = values if number == 1 else pa.array([""] * len(values), pa.string())
    if not pc.any(long).as_py():
        return short
    cut = [pieces(text) for text in values.filter(long).to_pylist()]
    parts = pa.array([each[number - 1] if len(each) >= number else "" for each in cut])
    return pc.replace_with_mask(short, long, parts)
