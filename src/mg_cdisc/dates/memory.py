"""What has been found out of an array is kept for as long as the array is there.

The distinct values of one --DTC are asked for again and again: for a study day, an epoch, an order,
each comparison. An array of Arrow cannot change, so its identity is enough.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import pyarrow as pa

T = TypeVar("T")


def remembered(find: Callable[[pa.Array], T]) -> Callable[[pa.Array], T]:
    """The function, computed once for an array. Its results are shared and must not be changed."""
    found: dict[int, tuple[weakref.ref[pa.Array], T]] = {}

    @wraps(find)
    def recall(values: pa.Array) -> T:
        key = id(values)
        known = found.get(key)
        if known is not None and known[0]() is values:
            return known[1]
        made = find(values)
        found[key] = weakref.ref(values, lambda _: found.pop(key, None)), made
        return made

    return recall
