"""Special missings: their letters survive what is done with columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from mg_cdisc.frame import Frame, choose, order_key, stack
from mg_cdisc.transport.missing import LETTERS, missing_letters, special_missing


def test_every_letter_is_a_nan_of_its_own() -> None:
    values = np.array([special_missing(letter) for letter in LETTERS])
    assert len(LETTERS) == 27
    assert np.isnan(values).all()
    assert bytes(missing_letters(values)) == LETTERS.encode()


@pytest.mark.parametrize("letter", ["", ".", "a", "AB", "1", "Ä"])
def test_other_letters_are_refused(letter: str) -> None:
    with pytest.raises(ValueError, match="is not a special missing"):
        special_missing(letter)


def test_letters_survive_filters_sorts_choices_and_stacking() -> None:
    values = np.array([1.0, special_missing("A"), np.nan, special_missing("Z")])
    frame = Frame.of({"X": values})
    taken = frame.take(np.array([3, 1, 0])).number("X")
    assert bytes(missing_letters(taken)) == b"ZA\0"
    chosen = choose(np.array([True, True, False, False]), values, values[::-1].copy())
    assert isinstance(chosen, np.ndarray)
    assert bytes(missing_letters(chosen)) == b"\0AA\0"
    assert bytes(missing_letters(stack([frame, frame]).number("X"))) == b"\0A\0Z" * 2
    assert len(set(order_key(values)[[1, 2, 3]])) == 1
    assert bytes(missing_letters(pa.array(values).to_numpy())) == b"\0A\0Z"


def test_numbers_and_plain_missings_have_no_letter() -> None:
    values = np.array([0.0, 65.0, np.nan, -np.nan, np.inf])
    assert missing_letters(values).tolist() == [0] * 5
