"""What happens to the value that a finding is about, and which findings can be accepted.

The one table of it. An entry of ``findings.yaml`` that says otherwise is a mistake; where the table
has several outcomes, the entry chooses; where it has none, the finding cannot be accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mg_cdisc.derive import SOURCE
from mg_cdisc.spec.plan import Plan

Then = Literal["kept", "blank", "supplemental", "excluded"]

_BLANK: tuple[Then, ...] = ("blank",)
_KEPT: tuple[Then, ...] = ("kept",)
_EXCLUDED: tuple[Then, ...] = ("excluded",)

OUTCOMES: Mapping[str, tuple[Then, ...]] = {
    # made by a step of a value that it cannot use
    "unmapped-term": ("blank", "kept"),
    "unmapped-value": ("blank", "kept"),
    "bad-date": _BLANK,
    "no-match": _BLANK,
    "not-a-date": _BLANK,
    "not-a-number": _BLANK,
    "not-iso8601": _BLANK,
    "several-matches": _BLANK,
    "undecided-case": _BLANK,
    "unknown-term": _BLANK,
    "unknown-unit": _BLANK,
    # rows and columns of sources
    "form-unread": _EXCLUDED,
    "row-unaccounted": _EXCLUDED,
    "unknown-subject": _EXCLUDED,
    "unmapped-column": _EXCLUDED,
    # no file can hold the value: these cannot be accepted
    "infinite": (),
    "not-ascii": (),
    "over-200-bytes": (),
    # the value is as it was found
    **dict.fromkeys(
        (
            "across-subjects", "answer-unknown", "blank-edge", "check", "control-character", "cut-off",
            "cut-undeclared", "duplicate-key", "duplicate-source-key", "endpoint-empty", "expected-absent",
            "item-missing", "mapped-not-submitted", "no-label", "no-source-key", "no-subjects",
            "not-numbered", "not-one-to-one", "other-study", "outside-range", "outside-registered-range",
            "registry-disagreement", "required-absent", "required-missing", "several-codelists",
            "source-annotations", "source-columns", "source-damaged-text", "source-format", "source-labels",
            "source-lines", "source-metadata", "source-no-rows", "source-status",
            "source-transaction", "source-unchecked", "source-value", "sponsor-term", "tie",
            "total-mismatch", "unknown-column", "unknown-key-variable", "unknown-visit",
            "untranslated", "unused-translation",
        ),
        _KEPT,
    ),
}  # fmt: skip


def outcome_of(kind: str) -> Then:
    """What happens to the value unless an entry asks for something else."""
    return (OUTCOMES.get(kind) or _KEPT)[0]


def classes_of(plan: Plan) -> frozenset[str]:
    """The classes of findings that the steps of a study have beside those of the table."""
    steps = (step for dataset in plan.datasets.values() for step in dataset.steps)
    return frozenset(kind for step in steps for kind in step.kinds)


def supplemented(plan: Plan, dataset: str, variable: str) -> bool:
    """Whether what a variable is made from also stands in a supplemental qualifier."""
    bound = plan.datasets.get(dataset)
    if bound is None:
        return False
    label = "supp."
    collected = {
        key for step in bound.steps if step.label == variable for key in step.reads
        if key.startswith(SOURCE)
    }  # fmt: skip
    return any(
        step.label.startswith(label) and collected.intersection(step.reads) for step in bound.steps
    )
