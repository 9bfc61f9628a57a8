"""Records beside the candidates that they consult, and whom a fault of such a pair is told of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mg_cdisc.derive.base import Run
from mg_cdisc.frame import Frame, Index, Mask, Text, group_codes, positions, rows_by_group


@dataclass(frozen=True)
class Pairs:
    """Candidates of records: pair ``i`` joins record ``this[i]`` with candidate ``theirs[i]``."""

    this: Index
    theirs: Index

    @classmethod
    def none(cls) -> Pairs:
        """No pairs."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))


class PairNotes:
    """Faults of pairs, told of their records: of each once, however many its candidates are.

    Where one record was asked for all that are ``alike``, each of them is told of.
    """

    def __init__(self, run: Run, frame: Frame, this: Index, alike: Index | None) -> None:
        self.run, self.frame, self.this, self.alike = run, frame, this, alike
        self.translations = run.notes(frame).translations

    def report(
        self, kind: str, rows: Mask | Index, values: Text | None, what: str, todo: str
    ) -> None:
        places = positions(rows)
        if not len(places):
            return
        this = self.this[places].astype(np.float64)
        texts = values.take(places) if values is not None else Text.constant("", len(places))
        codes, count = group_codes([this, texts], len(places))
        once = np.zeros(count, np.int64)
        once[codes[::-1]] = np.arange(len(places))[::-1]
        asked, texts = self.this[places][once], texts.take(once)
        if self.alike is not None:
            records, starts = rows_by_group(self.alike, int(self.alike.max()) + 1)
            group = self.alike[asked]
            lengths = np.diff(starts)[group]
            ends = np.cumsum(lengths)
            within = np.arange(int(lengths.sum())) - np.repeat(ends - lengths, lengths)
            asked = records[np.repeat(starts[group], lengths) + within]
            texts = texts.take(np.repeat(np.arange(len(group)), lengths))
        shown = texts if values is not None else None
        notes = self.run.notes(self.frame.take(asked))
        notes.report(kind, np.arange(len(asked)), shown, what, todo)


@dataclass(frozen=True)
class Asked:
    """The records that some were asked for: ``rows`` are the places of those in ``frame``."""

    frame: Frame
    rows: Index
    alike: Index | None
