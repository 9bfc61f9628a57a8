"""Missing numbers of SAS: the plain ``.`` and the special ones ``._`` and ``.A`` to ``.Z``.

In a float64 column every one of them is NaN. A special missing carries its letter as the payload
of a quiet NaN (the low bits hold the ASCII code), the plain one has an empty payload. Copies,
filters, sorts and Arrow keep the bits; arithmetic need not, and its result is meant to be plain.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from mg_cdisc.frame import Numbers

LETTERS = "_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
QUIET = 0x7FF8_0000_0000_0000
_PAYLOAD = np.uint64(0x0007_FFFF_FFFF_FFFF)
_IS_LETTER = np.zeros(256, bool)
_IS_LETTER[list(LETTERS.encode())] = True


def special_missing(letter: str) -> float:
    """The NaN that stands for ``.A`` to ``.Z`` or ``._``.

    >>> special_missing("A")
    nan
    >>> chr(missing_letters(np.array([special_missing("A")]))[0])
    'A'
    """
    if len(letter) != 1 or letter not in LETTERS:
        raise ValueError(f"{letter!r} is not a special missing: _ or A to Z")
    value: float = struct.unpack("<d", struct.pack("<Q", QUIET | ord(letter)))[0]
    return value


def missing_letters(values: Numbers) -> NDArray[np.uint8]:
    """The ASCII code of the letter of each special missing; 0 for plain missings and numbers.

    A NaN whose payload is no letter (another program's, or that of arithmetic) is plain.

    >>> missing_letters(np.array([1.0, np.nan, special_missing("_")])).tolist()
    [0, 0, 95]
    """
    letters = np.zeros(len(values), np.uint8)
    gone = np.flatnonzero(np.isnan(values))
    payload = np.asarray(values, np.float64)[gone].view(np.uint64) & _PAYLOAD
    low = payload.astype(np.uint8)
    letters[gone] = np.where((payload < 256) & _IS_LETTER[low], low, 0)
    return letters
