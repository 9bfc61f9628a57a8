"""The faults of the campaign, written without sight of the checks: what a reviewer would hide."""

from __future__ import annotations

from . import (
    analysis,
    dates,
    defines,
    keys,
    results,
    structure,
    subject_level,
    subjects,
    terms,
    trial,
)
from .edits import Fault

KINDS = (terms, dates, keys, results, subjects, trial, structure, subject_level, analysis, defines)
FAULTS: tuple[Fault, ...] = tuple(each for kind in KINDS for each in kind.FAULTS)
